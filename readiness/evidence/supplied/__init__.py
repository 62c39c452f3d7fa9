"""What was measured elsewhere: read, checked, and used only where nothing could be measured here."""
