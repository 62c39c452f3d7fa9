"""Question 3: weak spots in the hours, weekdays and months of `data.time`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Answer, Question, Status
from readiness.core.policy import Task
from readiness.questions import segments
from readiness.questions.slice_columns import ENOUGH_ROWS, calendar_parts, slice_columns
from readiness.verdict.comparison import missing_segments
from tests.questions.conftest import evidence_of

HOURLY = pd.Series(pd.date_range("2025-11-03", periods=6000, freq="h"))
"""Two hundred and fifty days."""


def reviewed(when, weak=None, *, named=("region",), wrong=0.5, seed=1, **parts):
    """Evidence whose rows were at `when`, with one feature; wrong with chance `wrong` where `weak`, else 5 %."""
    n = len(when)
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"at": when, "region": rng.choice(["north", "south"], n), "amount": rng.lognormal(3, 1, n)})
    truth = rng.integers(0, 2, n)
    chance = np.full(n, 0.05) if weak is None else np.where(weak, wrong, 0.05)
    said = np.where(rng.random(n) < chance, 1 - truth, truth)
    data = {"segments": list(named), "features": ["amount"], "time": "at"}
    judged = {"metrics": ["accuracy"], **parts.pop("segments", {})}
    made = evidence_of(truth, said, frame=frame, data=data, segments=judged, more={"rows": frame}, **parts)
    return replace(made, cases=replace(made.cases, time=np.arange(n)))


def ask(evidence):
    return segments.ask(evidence, evidence.spec.segments)


def names(when):
    """The parts that would be searched."""
    return [name for name, *_ in calendar_parts(reviewed(when))]


@pytest.mark.parametrize(
    ("weak", "expected"),
    [
        (HOURLY.dt.hour.between(2, 4), {"at (hour)": "2 to 4"}),
        (HOURLY.dt.hour == 13, {"at (hour)": "13"}),
        (HOURLY.dt.day_of_week >= 5, {"at (weekday)": "Saturday to Sunday"}),
        (HOURLY.dt.month.isin([3, 4]), {"at (month of the year)": "March to April"}),
    ],
)
def test_a_weak_part_of_the_calendar_counts(found, weak, expected):
    """Confirmed and judged, though only the region was named."""
    answer = ask(reviewed(HOURLY, weak))
    worst = found(answer, "SEGM-SLICE-1")

    assert expected == worst.segment
    assert (True, Status.NOT_MET, Status.NOT_MET) == (worst.blocking, worst.status, answer.status)


@pytest.mark.parametrize(("judged", "counts"), [("named", True), ("all", True), ("none", False)])
def test_whether_it_counts_is_the_specs(found, judged, counts):
    """As for named columns."""
    answer = ask(reviewed(HOURLY, HOURLY.dt.hour < 4, segments={"judged_slices": judged}))
    assert counts is found(answer, "SEGM-SLICE-1").blocking


def test_a_part_crossed_with_a_feature_does_not_count(found):
    """Nights with large amounts: the amount is not named."""
    made = reviewed(HOURLY)
    weak = (HOURLY.dt.hour < 8) & (made.rows["amount"] > made.rows["amount"].quantile(0.6))
    worst = found(ask(reviewed(HOURLY, weak)), "SEGM-SLICE-1")

    assert {"at (hour)", "amount"} == set(worst.segment)
    assert (False, Status.NOT_MET) == (worst.blocking, worst.status)


@pytest.mark.parametrize("named", [("region",), ()])
def test_a_record_in_which_it_does_not_count_is_refused(named):
    """By who reads the record, with named segments and without."""
    made = reviewed(HOURLY, HOURLY.dt.hour < 4, named=named)
    answer = ask(made)

    def lacking(findings):
        recorded = Answer(Question.SEGMENTS, findings)
        return missing_segments([recorded], made.spec, Task.BINARY, len(HOURLY))

    silenced = [replace(f, blocking=f.blocking and f.code != "SEGM-SLICE-1") for f in answer.findings]
    assert () == lacking(answer.findings)
    assert ("SEGM-SLICE-1",) == lacking(tuple(silenced))
    assert ("SEGM-SLICES",) == lacking(tuple(f for f in answer.findings if f.code != "SEGM-SLICES"))


def test_nothing_wrong_is_nothing_found(found):
    """And the search says which parts were looked at."""
    answer = ask(reviewed(HOURLY))
    said = found(answer, "SEGM-SLICES").reason

    assert [] == [f.code for f in answer.findings if f.code.startswith("SEGM-SLICE-")]
    assert "2 columns, at (hour), at (weekday) and at (month of the year) were searched" in said


def test_only_what_varies_is_searched():
    """Days have no hours, one week has no months, one moment has nothing."""
    days = pd.Series(pd.date_range("2026-01-01", periods=3000, freq="D"))
    assert ["at (weekday)", "at (month of the year)"] == names(days)
    assert ["at (hour)", "at (weekday)"] == names(pd.Series(pd.date_range("2026-01-05", periods=1440, freq="5min")))
    assert [] == names(pd.Series([pd.Timestamp("2026-01-05")] * 500))


def test_values_need_rows():
    """Two hours with enough rows, or none is searched."""
    few, many = (pd.Series(pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(n) % 2, unit="h"))
                 for n in (2 * ENOUGH_ROWS - 2, 2 * ENOUGH_ROWS))  # fmt: skip
    assert [] == names(few)
    assert ["at (hour)"] == names(many)


@pytest.mark.parametrize(
    "when",
    [
        HOURLY.dt.strftime("%Y-%m-%dT%H:%M"),
        HOURLY.dt.strftime("%Y-%m-%dT%H:%M").astype("string[pyarrow]"),
        HOURLY.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        HOURLY.astype("timestamp[ns][pyarrow]"),
        HOURLY.dt.to_period("h"),
        HOURLY.dt.strftime("%Y-%m-%dT%H:%M").astype("category"),
        HOURLY.dt.to_pydatetime(),
        HOURLY.where(HOURLY.index % 7 > 0),
        HOURLY.astype("timestamp[ns][pyarrow]").where(HOURLY.index % 7 > 0),
    ],
)
def test_dates_of_all_kinds_have_parts(when):
    """Text, zones, arrow, periods, categories, objects, gaps."""
    parts = {name: (codes, words, ordered) for name, codes, words, ordered in calendar_parts(reviewed(pd.Series(when)))}
    codes, words, ordered = parts["at (hour)"]

    assert ["at (hour)", "at (weekday)", "at (month of the year)"] == list(parts)
    assert (tuple(map(str, range(24))), 24) == (words[:24], ordered)
    assert (("missing",) if pd.isna(pd.Series(when)).any() else ()) == words[24:]
    assert (0, len(words) - 1, len(HOURLY)) == (codes.min(), codes.max(), len(codes))


@pytest.mark.parametrize("when", [np.arange(3000), np.arange(3000) * 0.5, [None] * 3000, [pd.NaT] * 3000])
def test_times_that_are_no_dates_have_none(when):
    """Numbers count something, and nobody knows what."""
    assert [] == names(pd.Series(when))


def test_hours_are_those_that_are_written():
    """Eleven at night in Tokyo is eleven, whatever it is in UTC."""
    local = HOURLY.dt.tz_localize("Asia/Tokyo")
    (_, codes, words, _), *_ = calendar_parts(reviewed(local))
    assert [str(hour) for hour in HOURLY.dt.hour[:30]] == [words[code] for code in codes[:30]]


def test_a_part_that_is_a_named_segment_is_there_once():
    """`data.segments` cuts the time by hour: that is judged by itself."""
    made = reviewed(HOURLY, named=({"column": "at", "by": "hour"},))
    columns, _ = slice_columns(made)

    assert ["at (hour)", "at (weekday)", "at (month of the year)", "amount"] == [column.name for column in columns]
    assert [True, True, True, False] == [column.is_named for column in columns]
