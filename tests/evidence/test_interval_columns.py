"""Intervals that come with the predictions are read from the test table."""

from __future__ import annotations

from pathlib import Path

import pytest

from readiness.core.errors import InputError
from readiness.evidence.collect import gather

SPEC = """\
model: {name: m, version: "1", predictions: {label: said}}
data: {test: test.csv, target: y, task: regression}
errors: {interval: {low: lo, high: hi, level: 0.9}}
"""


def gathered(tmp_path: Path, *rows: str):
    (tmp_path / "test.csv").write_text("y,said,lo,hi\n" + "\n".join(rows) + "\n")
    (tmp_path / "readiness.yaml").write_text(SPEC)
    return gather(tmp_path / "readiness.yaml")


def test_both_ends_are_read_for_each_row(tmp_path):
    """They are no features, and an end may be infinite."""
    evidence = gathered(tmp_path, "1.5,1,0,2", "2.5,2,1,inf", "3.5,3,2,4")

    assert [[0, 1, 2], [2, float("inf"), 4]] == [ends.tolist() for ends in evidence.given_interval]


@pytest.mark.parametrize(
    ("row", "words"),
    [("2.5,2,,3", "1 scored rows lack an end, first in row 2"), ("2.5,2,3,1", "low end above the high one")],
)
def test_rows_without_an_interval_are_refused(tmp_path, row, words):
    """Missing ends and ends that changed places would change the share without a word."""
    with pytest.raises(InputError, match=words):
        gathered(tmp_path, "1.5,1,0,2", row, "3.5,3,2,4")


def test_a_column_that_is_not_there_is_named(tmp_path):
    """As any other column that the spec names."""
    (tmp_path / "test.csv").write_text("y,said,lo\n1.5,1,0\n2.5,2,1\n")
    (tmp_path / "readiness.yaml").write_text(SPEC)

    with pytest.raises(InputError, match="hi"):
        gather(tmp_path / "readiness.yaml")
