"""Projects that try to win a READY that they have not earned; each loses, or is told of on the first screen."""
