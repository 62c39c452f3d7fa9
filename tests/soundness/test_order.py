"""Training rows after the first test row: dates of every kind, random splits, and what cannot be compared."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Status
from readiness.soundness.assessment import judge_examined
from readiness.soundness.order import examine
from tests.soundness.rows import tables_of

DAYS = pd.date_range("2026-01-01", periods=300, freq="D")


def judged(train, test, *, column="day", **data):
    """The finding for these times of training and test rows."""
    frame = pd.DataFrame({column: test})
    table = None if train is None else pd.DataFrame({column: train})
    (found,) = examine(tables_of(frame, table, data={"time": "day", **data}))
    return judge_examined(found)


def test_test_rows_that_come_later_are_sound():
    """All training days before all test days."""
    finding = judged(DAYS[:200], DAYS[200:])

    assert finding.status is Status.MET
    assert "0 of 200 training rows (0.0 %) lie after 2026-07-20, the time of the first test row" in finding.reason
    assert "the last training row is of 2026-07-19" in finding.reason


def test_an_overlap_is_not_met():
    """A quarter of the training rows after the first test row: both dates are said, and what would help."""
    finding = judged(DAYS[:200], DAYS[150:])

    assert finding.status is Status.NOT_MET
    assert "49 of 200 training rows" in finding.reason
    assert "2026-05-31" in finding.reason
    assert "2026-07-19" in finding.reason
    assert "soundness.order" in finding.needs


def test_a_random_split_is_not_proven():
    """The same months on both sides: nobody knows, rather than a proven fault."""
    rng = np.random.default_rng(0)
    mixed = rng.permutation(np.repeat(DAYS.to_numpy(), 5))
    finding = judged(mixed[:1000], mixed[1000:])

    assert finding.status is Status.NOT_PROVEN
    assert "as after a random split" in finding.reason


@pytest.mark.parametrize(("late", "status"), [(2, Status.MET), (3, Status.NOT_MET)])
def test_one_in_a_hundred_may_lie_after(late, status):
    """Exactly 1 % is tolerated."""
    train = [*DAYS[: 200 - late], *DAYS[250 : 250 + late]]

    assert status is judged(train, DAYS[200:]).status


def test_rows_of_the_same_day_are_not_apart():
    """A training row at noon of the first test day, where test rows have no time of day."""
    noon = pd.DatetimeIndex([*DAYS[:200], *[DAYS[200] + pd.Timedelta(hours=12)] * 50])

    assert judged(noon, DAYS[200:]).status is Status.MET
    assert judged(noon, DAYS[200:] + pd.Timedelta(hours=1)).status is Status.NOT_MET
    assert judged(DAYS[:201].repeat(9), DAYS[200:] + pd.Timedelta(hours=1)).status is Status.MET


def test_the_delay_of_the_truth_is_added():
    """A truth that takes a month was not known when the first test row came."""
    finding = judged(DAYS[:200], DAYS[200:], label_horizon="30 d")

    assert finding.status is Status.NOT_MET
    assert "29 of 200 training rows" in finding.reason
    assert "counting 30 d until their truth is known" in finding.reason
    assert judged(DAYS[:200], DAYS[229:], label_horizon="30 d").status is Status.MET


def test_a_few_odd_early_dates_are_pointed_out():
    """Three of 300 test rows carry 1970: the definition holds, and the sentence says where to look."""
    test = pd.DatetimeIndex([*[pd.Timestamp("1970-01-01")] * 3, *DAYS[200:].repeat(3)])
    finding = judged(DAYS[:200], test)

    assert finding.status is Status.NOT_MET
    assert "lie after 1970-01-01" in finding.reason
    assert "only 3 of 303 test rows (1.0 %) lie before 2026-07-20, and 0 training rows lie after that" in finding.reason


NAMES = [f"d{number:03}" for number in range(1, 301)]
WAYS = {
    "text": lambda days: days.strftime("%Y-%m-%d"),
    "text with times": lambda days: days.strftime("%Y-%m-%dT08:30"),
    "dates of Python": lambda days: pd.Series(days.date, dtype=object),
    "zones": lambda days: days.tz_localize("Europe/Zurich"),
    "numbers": lambda days: days.day_of_year.astype(float),
    "gaps": lambda days: pd.Series(days).mask(np.arange(len(days)) % 20 == 0),
    "periods": lambda days: days.to_period("D"),
    "periods of Python": lambda days: pd.Series(days.to_period("D"), dtype=object),
    "durations": lambda days: days - days[0] + pd.Timedelta(days=days[0].day_of_year),
    "pyarrow": lambda days: pd.Series(days.strftime("%Y-%m-%d"), dtype="string[pyarrow]"),
    "decimals": lambda days: pd.Series([Decimal(int(day)) for day in days.day_of_year], dtype=object),
    "ordered": lambda days: pd.Categorical([NAMES[day - 1] for day in days.day_of_year], NAMES, ordered=True),
}


@pytest.mark.parametrize("way", WAYS)
def test_times_of_every_kind_are_compared(way):
    """Sound and unsound, however times are written."""
    written = WAYS[way]

    assert judged(written(DAYS[:200]), written(DAYS[200:])).status is Status.MET
    assert judged(written(DAYS[:200]), written(DAYS[100:])).status is Status.NOT_MET


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (DAYS[:200].tz_localize("UTC"), DAYS[200:], "with a zone and the other without"),
        (np.arange(200), DAYS[200:], "of different kinds"),
        (["soon"] * 200, DAYS[200:], "no date"),
        ([None] * 200, DAYS[200:], "no training row has a time"),
        (DAYS[:200], [np.nan] * 100, "no test row has a time"),
    ],
)
def test_what_cannot_be_compared_is_not_known(train, test, words):
    """It withholds, with its cure."""
    finding = judged(train, test)

    assert finding.status is Status.NOT_ASSESSED
    assert finding.blocking
    assert words in finding.reason
    assert finding.needs


def test_zones_are_compared_in_one_time():
    """09:00 in Zurich is before 08:30 in London."""
    train = pd.DatetimeIndex(["2026-06-01 09:00"] * 50).tz_localize("Europe/Zurich")
    test = pd.DatetimeIndex(["2026-06-01 08:30"] * 50).tz_localize("Europe/London")

    assert judged(train, test).status is Status.MET
    assert judged(test, train).status is Status.NOT_MET


def test_a_delay_cannot_be_added_to_numbers():
    """Nobody knows what 1 to 200 count."""
    finding = judged(np.arange(200), np.arange(200, 300), label_horizon="30 d")

    assert finding.status is Status.NOT_ASSESSED
    assert "30 d" in finding.reason


def test_many_rows_without_a_time_prove_nothing():
    """A fifth of the training rows could lie anywhere."""
    finding = judged(pd.Series(DAYS[:200]).mask(np.arange(200) % 5 == 0), DAYS[200:])

    assert finding.status is Status.NOT_PROVEN
    assert "40 of 200 training rows (20 %) have no time" in finding.withheld


def test_without_a_training_table_nothing_is_asked():
    """`seen` says it already."""
    finding = judged(None, DAYS)

    assert finding.status is Status.MET
    assert not finding.blocking
    assert "no training table" in finding.reason


def test_without_times_nothing_is_asked():
    """No order can exist."""
    (finding,) = examine(tables_of(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]})))

    assert not finding.blocking


def test_a_training_table_without_the_column_is_not_known():
    """It may be that it was left out on purpose."""
    (found,) = examine(tables_of(pd.DataFrame({"day": DAYS}), pd.DataFrame({"a": np.arange(9)}), data={"time": "day"}))
    finding = judge_examined(found)

    assert finding.status is Status.NOT_ASSESSED
    assert "no column day" in finding.reason
    assert "soundness.order" in finding.needs


@pytest.mark.parametrize("written", ["dates", "text", "objects", "with a zone"])
def test_dates_that_nobody_names_are_told_where_a_split_is_random(written):
    """It decides nothing: a day of birth looks the same. A split by time, and words, are not told."""
    rng = np.random.default_rng(1)
    mixed = pd.Series(rng.permutation(np.repeat(DAYS.to_numpy(), 5)))
    in_order = pd.Series(np.sort(mixed))

    def told(days):
        forms = {
            "text": days.dt.strftime("%Y-%m-%d"),
            "objects": days.dt.date,
            "with a zone": days.dt.tz_localize("UTC"),
        }
        frame = pd.DataFrame({"applied": forms.get(written, days), "note": "2026 was good", "n": np.arange(len(days))})
        (finding,) = examine(tables_of(frame.iloc[1000:], frame.iloc[:1000]))
        return finding

    assert "applied holds dates, spread alike in both tables" in told(mixed).warning
    assert "data.time" in told(mixed).warning
    assert not told(mixed).blocking
    assert "" == told(in_order).warning
