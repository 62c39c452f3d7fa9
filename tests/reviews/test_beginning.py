"""What a kernel does before its first cell: the candidate's process is started once, and faults wait for the cell."""

from __future__ import annotations

import pytest

from readiness.core.errors import InputError
from readiness.reviews import opening

GIVEN = ("readiness.yaml", "0" * 64, "model.version=2")


def test_what_was_begun_is_taken_once(monkeypatch):
    """By the very spec and settings alone; any other is prepared by itself."""
    made = []
    monkeypatch.setattr(opening, "prepare", lambda *given, **settings: made.append((given, settings)) or object())
    opening.begin(*GIVEN)
    assert made == [((GIVEN[0], GIVEN[1]), {"settings": GIVEN[2]})]

    other = opening._prepared(GIVEN[0], GIVEN[1], "")
    first = opening._prepared(*GIVEN)
    again = opening._prepared(*GIVEN)
    assert len(made) == 3
    assert len({other, first, again}) == 3


def test_a_fault_is_told_by_the_first_cell(monkeypatch):
    """Nobody reads what a kernel says before it."""

    def refuse(*_, **__):
        raise InputError("no such file")

    monkeypatch.setattr(opening, "prepare", refuse)
    opening.begin(*GIVEN)
    with pytest.raises(InputError, match="no such file"):
        opening._prepared(*GIVEN)


def test_without_a_spec_nothing_is_started(monkeypatch):
    """As where the spec of a demo is being built."""
    monkeypatch.setattr(opening, "prepare", lambda *_, **__: pytest.fail("nothing to prepare"))
    opening.begin()
