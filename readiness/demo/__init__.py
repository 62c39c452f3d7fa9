"""Which candidates show what a review looks like? Small ones, made on the spot from seeds and from scikit-learn."""

from __future__ import annotations
