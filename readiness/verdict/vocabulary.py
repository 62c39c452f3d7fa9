"""The words of a record: what it calls rows, classes, columns and groups."""

from __future__ import annotations

from readiness.core.vocabulary import Vocabulary
from readiness.spec.words import vocabulary_in
from readiness.verdict.record import Record


def vocabulary_of(record: Record) -> Vocabulary:
    """The vocabulary of the spec that a record holds; plain words where it has none, as in records of before."""
    return vocabulary_in(record.gathered.spec.get("data"), record.gathered.data.positive)
