"""Question 5 over time: windows that name their dates, the trend, and what cannot be judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.questions import stability
from readiness.statistics.cases import Cases
from tests.questions.conftest import evidence_of

YEAR = pd.Series(pd.date_range("2026-01-01", "2026-12-31 23:00", periods=3000))


def timed(times, y_true, y_pred, *, groups=None, task=Task.BINARY, **parts):
    """Evidence of rows with a time, judged by accuracy (classes) or the mean absolute error (values)."""
    data = {"time": "at", **parts.pop("data", {})}
    named = {} if task is Task.REGRESSION else {"baseline": {"metric": "accuracy"}}
    evidence = evidence_of(y_true, y_pred, task=task, data=data, **{**named, **parts})
    ranks = pd.factorize(times, sort=True)[0].astype(np.int64)
    ranks = np.where(ranks < 0, ranks.max(initial=0) + 1, ranks)
    cases = replace(evidence.cases, time=ranks, groups=groups)
    return replace(evidence, cases=cases, rows=pd.DataFrame({"at": times}))


def asked(*given, **parts):
    """The answer of question 5; the candidate itself was not refitted."""
    evidence = timed(*given, **parts)
    return stability.ask(evidence, evidence.spec.stability)


def windows(answer):
    """The findings of single windows."""
    return [f for f in answer.findings if f.code.startswith("STAB-WINDOW-")]


def answers(times, wrong, seed=0, usual=0.05):
    """Truths and predictions: where `wrong` holds, 60 % are wrong, elsewhere `usual`."""
    random = np.random.default_rng(seed)
    y_true = random.integers(0, 2, len(times))
    miss = random.random(len(times)) < np.where(wrong, 0.6, usual)
    return y_true, np.where(miss, 1 - y_true, y_true)


def test_a_decay_in_the_last_month_is_not_met_and_dated(found):
    """The last of ten windows is refuted, and its finding names its days; the other nine stand."""
    answer = asked(YEAR, *answers(YEAR, (YEAR >= "2026-12-01").to_numpy()))
    last = found(answer, "STAB-WINDOW-10")

    assert Status.NOT_MET == answer.status
    assert {"at": "2026-11-25 to 2026-12-31"} == dict(last.segment)
    assert "Deficit in accuracy from 2026-11-25 to 2026-12-31" == last.name
    assert [10] == [int(f.code.rpartition("-")[2]) for f in windows(answer) if f.status is Status.NOT_MET]
    assert "(304 rows, " in last.reason


def test_christmas_is_found(found):
    """Two bad weeks at the turn of two years: the window that holds them is refuted, the windows beside it are not."""
    times = pd.Series(pd.date_range("2025-07-01", "2026-06-30", periods=6000))
    bad = ((times >= "2025-12-20") & (times <= "2026-01-06")).to_numpy()
    answer = asked(times, *answers(times, bad), stability={"windows": 24})
    refuted = [f for f in windows(answer) if f.status is Status.NOT_MET]

    assert [True] * len(refuted) == [
        "2025-12-2" in f.segment["at"] or "2025-12-3" in f.segment["at"] or "2026-01-0" in f.segment["at"]
        for f in refuted
    ]
    assert 1 <= len(refuted) <= 3


def test_a_steady_candidate_raises_no_alarm():
    """In 20 drawn years without any decay not one window and not one trend is refuted, and nearly all are met."""
    statuses = []
    for seed in range(20):
        answer = asked(YEAR, *answers(YEAR, np.zeros(len(YEAR), dtype=bool), seed, 0.1))
        statuses += [f.status for f in answer.findings if f.code.startswith(("STAB-WINDOW-", "STAB-TREND"))]

    assert 0 == statuses.count(Status.NOT_MET)
    assert statuses.count(Status.MET) > 0.8 * 20 * 10


def test_a_window_counts_as_many_rows_as_the_others_and_covers_all_of_them():
    """Ten windows of 296 to 304 rows, because days stay whole."""
    table = asked(YEAR, *answers(YEAR, YEAR.isna().to_numpy())).tables["windows"]

    assert (10, 3000) == (len(table), int(table["rows"].sum()))
    assert table["rows"].between(290, 310).all()


def test_errors_are_compared_by_ratio(found):
    """A mean error twice that of all other rows: 2 - 1.1 · 1 = 0.9 above the limit of 0."""
    random = np.random.default_rng(0)
    size = np.where(YEAR >= "2026-12-01", 2.0, 1.0) * random.choice([-1, 1], len(YEAR)) * random.uniform(0.5, 1.5, 3000)
    y_true = random.normal(100, 10, len(YEAR))
    answer = asked(YEAR, y_true, y_true + size, task=Task.REGRESSION, stability={"windows": 12})
    last = found(answer, "STAB-WINDOW-12")

    assert (Status.NOT_MET, "<", 0.0) == (last.status, last.criterion.op, last.criterion.threshold)
    assert 0.9 == pytest.approx(last.measured.value, abs=0.1)


def test_a_proven_decline_blocks_and_an_unproven_one_is_a_fact(found):
    """From 2 % wrong to 30 % wrong along the year, against no change at all."""
    random = np.random.default_rng(0)
    y_true = random.integers(0, 2, len(YEAR))
    growing = random.random(len(YEAR)) < np.linspace(0.02, 0.30, len(YEAR))
    declining = found(asked(YEAR, y_true, np.where(growing, 1 - y_true, y_true)), "STAB-TREND")
    steady = found(asked(YEAR, *answers(YEAR, YEAR.isna().to_numpy())), "STAB-TREND")

    assert (True, Status.NOT_MET, "it gets worse over time") == (
        declining.blocking,
        declining.status,
        declining.warning,
    )
    assert 0.28 == pytest.approx(declining.measured.value, abs=0.04)
    assert (False, "") == (steady.blocking, steady.warning)


def test_without_a_time_there_are_no_windows():
    """Nothing is claimed of what nobody named."""
    evidence = evidence_of([0, 1] * 50, [0, 1] * 50)
    answer = stability.ask(evidence, evidence.spec.stability)

    assert [] == [f.code for f in answer.findings if "WINDOW" in f.code or "TREND" in f.code]
    assert {} == dict(answer.tables)


def test_one_moment_is_too_few(found):
    """All times equal: one part of the rows cannot be compared with another."""
    times = pd.Series([pd.Timestamp("2026-01-01")] * 1000)
    answer = asked(times, *answers(times, times.isna().to_numpy()))
    finding = found(answer, "STAB-WINDOWS")

    assert (Status.NOT_ASSESSED, True) == (finding.status, finding.blocking)
    assert "too few different times" in finding.reason
    assert "rows of at least two different times" == finding.needs


def test_too_few_rows_say_how_many_would_do(found):
    """60 rows cannot exclude a deficit of 10 points in even one half of the time."""
    times = pd.Series(pd.date_range("2026-01-01", periods=60))
    finding = found(asked(times, *answers(times, times.isna().to_numpy(), usual=0.2)), "STAB-WINDOWS")

    assert Status.NOT_ASSESSED == finding.status
    assert "60 rows count for accuracy; that is too few" in finding.reason
    assert finding.needs.startswith("about ")
    assert finding.needs.endswith(" rows (now 60)")


def test_rows_without_a_time_are_in_no_window_and_counted():
    """A hundred gaps among 3,000 times leave 2,900 rows in the windows, and every window says so."""
    times = YEAR.copy()
    times.iloc[::30] = pd.NaT
    answer = asked(times, *answers(times, np.zeros(len(times), dtype=bool)))

    assert 2900 == int(answer.tables["windows"]["rows"].sum())
    assert all("100 rows without a time are in no window" in f.reason for f in windows(answer))


def test_rows_of_one_moment_stay_together():
    """Three different months give three windows at most; more of them cannot be cut, and nothing is assessed."""
    times = pd.Series(np.repeat(pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"]), 700))
    answer = asked(times, *answers(times, times.isna().to_numpy()), stability={"windows": 3})
    too_many = asked(times, *answers(times, times.isna().to_numpy()), stability={"windows": 9})
    (uncut,) = [finding for finding in too_many.findings if finding.code == "STAB-WINDOWS"]

    assert "only 3 of 9 windows can be cut" in uncut.reason
    assert ["2026-01-01", "2026-02-01", "2026-03-01"] == [f.segment["at"] for f in windows(answer)]
    assert "Deficit in accuracy on 2026-01-01" == windows(answer)[0].name


@pytest.mark.parametrize(
    ("times", "first"),
    [
        (pd.Series(np.arange(2000)), "0 to 199"),
        (pd.Series([f"2026-{1 + k // 200:02d}-{1 + k % 28:02d}" for k in range(2000)]), "2026-01-01 to 2026-01-28"),
        (pd.Series(pd.date_range("2026-01-01", periods=2000, freq="min")), "2026-01-01 00:00 to 2026-01-01 03:19"),
        (
            pd.Series(pd.date_range("2026-01-01", periods=2000, freq="h", tz="Europe/Berlin")),
            "2026-01-01 to 2026-01-08",
        ),
    ],
    ids=["numbers", "text", "minutes", "zone"],
)
def test_times_of_any_kind_are_named(times, first):
    """Numbers stay numbers, text of dates becomes dates, and hours are said only where days would overlap."""
    assert first == windows(asked(times, *answers(times, times.isna().to_numpy())))[0].segment["at"]


def test_groups_make_a_window_less_certain(found):
    """Twenty users in every window, all or nothing each: wider than with independent rows."""
    users = np.arange(3000) % 100
    y_true = np.ones(3000, dtype=int)
    y_pred = np.where(users % 10 == 0, 0, 1)
    alone = found(asked(YEAR, y_true, y_pred, stability={"windows": 5}), "STAB-WINDOW-1")
    grouped = found(asked(YEAR, y_true, y_pred, groups=users, stability={"windows": 5}), "STAB-WINDOW-1")

    assert grouped.measured.high - grouped.measured.low > 1.5 * (alone.measured.high - alone.measured.low)


def test_the_point_rule_compares_the_measured_deficit(found):
    """Under the point rule a window 11 points worse is not met, however few its rows."""
    times = pd.Series(pd.date_range("2026-01-01", periods=100))
    y_true = np.ones(100, dtype=int)
    y_pred = np.r_[np.ones(50), np.ones(44), np.zeros(6)].astype(int)
    answer = asked(times, y_true, y_pred, stability={"windows": 2}, evidence="point")

    assert (Status.NOT_MET, 0.12) == (
        found(answer, "STAB-WINDOW-2").status,
        pytest.approx(found(answer, "STAB-WINDOW-2").measured.value),
    )


def test_f1_is_judged_in_windows_as_well(found):
    """The default metric of two classes: counts of positives stand in the reason."""
    answer = asked(YEAR, *answers(YEAR, (YEAR >= "2026-12-01").to_numpy()), baseline={"metric": "f1"})
    last = windows(answer)[-1]

    assert (Status.NOT_MET, "f1") == (last.status, last.metric)
    assert "with y = 1" in last.reason


def test_cases_keep_their_order():
    """Nothing was changed in the evidence itself."""
    evidence = timed(YEAR, *answers(YEAR, YEAR.isna().to_numpy()))
    before = evidence.cases.time.copy()
    stability.ask(evidence, evidence.spec.stability)

    assert isinstance(evidence.cases, Cases)
    assert np.array_equal(before, evidence.cases.time)


def test_windows_of_few_dated_rows_prove_nothing():
    """Nine of ten rows have no time: what the tenth says is not said of all."""
    times = pd.Series(pd.date_range("2026-01-01", periods=4000, freq="h"))
    undated = times.where(np.arange(4000) % 10 == 0)
    wrong = np.zeros(4000, dtype=bool)
    kept = windows(asked(times, *answers(times, wrong), stability={"windows": 2}))
    lost = windows(asked(undated, *answers(times, wrong), stability={"windows": 2}))

    assert {Status.MET} == {finding.status for finding in kept}
    assert {Status.NOT_PROVEN} == {finding.status for finding in lost}
    assert "only 400 of 4,000 rows have a time" == lost[0].withheld


@pytest.mark.parametrize("seed", range(8))
def test_no_decline_is_claimed_that_may_be_none(seed, found):
    """The warning only where the interval beside it lies above 0; what is counted stands in the name."""
    times = pd.Series(pd.date_range("2026-01-01", periods=1500, freq="h"))
    later = np.linspace(0, 0.12, 1500)
    random = np.random.default_rng(seed)
    y_true = random.integers(0, 2, 1500)
    y_pred = np.where(random.random(1500) < 0.1 + later, 1 - y_true, y_true)
    trend = found(asked(times, y_true, y_pred), "STAB-TREND")

    assert ("gets worse" in trend.warning) == (trend.measured.low > 0)
    assert trend.name.endswith(", in points")


def test_a_decline_of_an_error_is_a_share_of_it(found):
    """And no end of an interval of an error lies below 0, however alike neighbours are."""
    random = np.random.default_rng(3)
    times = pd.Series(pd.date_range("2026-01-01", periods=400, freq="h"))
    y_true = random.normal(size=400)
    error = np.repeat(random.exponential(size=20), 20) + 0.01 * random.random(400)
    evidence = timed(times, y_true, y_true + error, task=Task.REGRESSION, stability={"windows": 4})
    answer = stability.ask(evidence, evidence.spec.stability)

    assert "as a share of its value" in found(answer, "STAB-TREND").name
    assert answer.tables["windows"]["low"].min() >= 0
