"""Candidates whose numbers are good and whose evidence is not."""
