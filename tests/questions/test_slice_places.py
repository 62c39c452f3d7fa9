"""Question 3: where confirmed weak spots lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.questions.slice_columns import slice_columns
from readiness.questions.weak_slices import CONFIRMED, with_places
from tests.questions.test_weak_slices import ask, evidence_with, slices, table


def confirmed(answer):
    return [finding for finding in slices(answer) if finding.status is Status.NOT_MET]


def test_a_weak_spot_of_an_unnamed_column_is_a_warning():
    """Red rows are wrong more often than not; no named group fails."""
    frame = table()
    answer = ask(evidence_with(frame, frame["colour"] == "red"))
    first = confirmed(answer)[0]
    assert {"colour": "red"} == dict(first.segment)
    assert not first.blocking
    assert CONFIRMED == first.warning


def test_inside_a_named_group_that_fails_it_is_said():
    """Among those of 65+ two of five are wrong, the red ones nearly always."""
    frame = table(9000)
    weak = (frame["age"] == "65+") & ((frame["colour"] == "red") | (np.arange(9000) % 10 < 2))
    answer = ask(evidence_with(frame, weak, wrong=0.95))
    assert any(f.status is Status.NOT_MET and dict(f.segment) == {"age": "65+"} for f in answer.findings)
    inside = [f for f in confirmed(answer) if {"age": "65+", "colour": "red"} == dict(f.segment)]
    assert inside, [dict(f.segment) for f in confirmed(answer)]
    assert "of age = 65+, which fails by itself" in inside[0].reason
    assert f"{CONFIRMED} inside age = 65+, which fails by itself" == inside[0].warning


def test_counts_are_those_of_the_rows():
    """A made-up weak spot of the blue rows, half of which are of the failing group; and one of the others alone."""
    frame = table(2000)
    evidence = evidence_with(frame, frame["age"] == "65+", wrong=0.9)
    answer = ask(evidence)
    named = [f for f in answer.findings if f.code.startswith("SEGM-2-") and f.criterion is not None]
    pattern = next(f for f in answer.findings if f.status is Status.NOT_MET)
    made = replace(pattern, key="SEGM-SLICE-1", segment={"colour": "blue"}, blocking=False, reason="wrong: many")
    (placed,) = with_places(evidence, [made], named)
    blue = frame["colour"] == "blue"
    both, all_blue = int((blue & (frame["age"] == "65+")).sum()), int(blue.sum())
    assert f"wrong: many; {both:,} of its {all_blue:,} rows are of age = 65+, which fails by itself" == placed.reason
    (elsewhere,) = with_places(evidence, [replace(made, segment={"age": "18-65"})], named)
    assert f"{CONFIRMED}, in no named group that fails" == elsewhere.warning


@pytest.mark.parametrize("segment", [{"nowhere": "x"}, {"colour": "no such colour"}, {}])
def test_rows_that_cannot_be_told_say_nothing(segment):
    frame = table(2000)
    evidence = evidence_with(frame, frame["age"] == "65+", wrong=0.9)
    answer = ask(evidence)
    pattern = next(f for f in answer.findings if f.status is Status.NOT_MET)
    made = replace(pattern, key="SEGM-SLICE-1", segment=segment, blocking=False)
    (placed,) = with_places(evidence, [made], answer.findings)
    assert (CONFIRMED, pattern.reason) == (placed.warning, placed.reason)


def test_runs_of_bins_are_known_by_their_words():
    """Each run of amounts in words is that run."""
    from readiness.questions.weak_slices import _part

    frame = table(2000)
    columns = slice_columns(evidence_with(frame))[0]
    amount = next(column for column in columns if column.name == "amount")
    for first, last in [(0, 0), (0, 3), (2, 5), (4, 9)]:
        rows = _part(columns, "amount", amount.text(first, last))
        assert np.array_equal(rows, (amount.codes >= first) & (amount.codes <= last))


def test_what_is_not_confirmed_stays_as_it_is():
    frame = table()
    evidence = evidence_with(frame)
    found = slices(ask(evidence))
    assert tuple(found) == with_places(evidence, found, [])
