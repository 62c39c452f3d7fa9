"""Several reports side by side, and one page over all reports of a folder."""
