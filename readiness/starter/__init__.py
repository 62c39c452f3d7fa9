"""The first spec of a review, written from a table and a model file."""
