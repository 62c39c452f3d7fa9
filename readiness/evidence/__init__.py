"""The only floor that touches tables and models: reading, scoring, probing, refitting."""
