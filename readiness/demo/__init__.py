"""Candidates that show what a review looks like: small ones, made on the spot from seeds and from scikit-learn."""

from __future__ import annotations
