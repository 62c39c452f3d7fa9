"""Times of rows: dates, numbers, or plainly refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from readiness.core.errors import DataError
from readiness.evidence.collect import gather
from readiness.evidence.segments import moments


def test_text_becomes_dates_and_missing_stays_missing() -> None:
    """ISO 8601 of different length sorts in time, not by letters."""
    found = moments(pd.Series(["2026-11-22T08:30", None, "2026-11-22"]), "t")

    assert [pd.Timestamp("2026-11-22 08:30"), pd.NaT, pd.Timestamp("2026-11-22")] == found.tolist()


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([3, 1, 2]),
        pd.Series([1.5, None]),
        pd.Series([None, None], dtype=object),
        pd.Series(pd.to_datetime(["2026-11-22", None])),
        pd.Series(pd.to_datetime(["2026-11-22"], utc=True)),
        pd.Series(pd.period_range("2026-01", periods=2, freq="M")),
    ],
)
def test_what_sorts_in_time_stays_as_it_is(values: pd.Series) -> None:
    """Numbers, dates and periods need no reading."""
    assert moments(values, "t") is values


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["2026-11-22", "23.11.2026"], '"23.11.2026" in row 2'),
        (["2026-11-22", "now"], '"now" in row 2'),
        (["2026-11-22", ""], "in row 2"),
        (["2026-10-25T01:00+02:00", "2026-10-25T03:00+01:00"], "different offsets"),
        (["2026-10-25T01:00+02:00", "2026-10-25T03:00"], "different offsets"),
        ([1, "2026-11-22"], "more than one kind"),
    ],
)
def test_what_cannot_be_sorted_is_refused_with_a_remedy(values: list[object], words: str) -> None:
    """Sorted as text, 01.12. would come before 22.11."""
    with pytest.raises(DataError, match="holds") as caught:
        moments(pd.Series(values), "data.time")
    assert words in caught.value.message
    assert "2026-11-22" in caught.value.remedy


@pytest.mark.parametrize("table", ["test", "train"])
def test_both_tables_are_looked_at(tmp_path: Path, table: str) -> None:
    """The training rows are sorted, too, where they have the column."""
    for name in ("test", "train"):
        day = "22.11.2026" if name == table else "2026-11-22"
        (tmp_path / f"{name}.csv").write_text(f"y,said,day\n1,1,{day}\n0,0,{day}\n1,0,{day}\n")
    spec = tmp_path / "readiness.yaml"
    spec.write_text(
        'model: {name: m, version: "1", predictions: {label: said}}\n'
        "data: {test: test.csv, train: train.csv, target: y, positive: 1, time: day}\n"
    )
    with pytest.raises(DataError, match=f"'day' of data.{table}"):
        gather(spec)
