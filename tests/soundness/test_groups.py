"""Units on both sides, and errors that go together: named or not, in columns of every kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.checklist import this_day
from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.evidence.collect import gather
from readiness.evidence.evidence import Training
from readiness.soundness import units
from readiness.soundness.assessment import judge_examined
from readiness.soundness.groups import errors_by_unit, examine
from readiness.statistics.cases import Cases
from tests.conftest import make_rows
from tests.questions.conftest import evidence_of
from tests.soundness.rows import tables_of

N, CUSTOMERS = 2_000, 250
WORD = {"by": "somebody else", "on": str(this_day()), "why": "each order is a case of its own"}


def names(seed: int, start: int = 0, n: int = N):
    """Customers of eight rows each."""
    return np.random.default_rng([1, seed]).integers(start, start + CUSTOMERS, n)


def hit(customer, seed: int = 0, share: float = 0.25):
    """Which rows are of customers whom everything goes wrong with, in four of five cases; of others one in twenty."""
    bad = np.random.default_rng([2, seed]).random(5 * CUSTOMERS)[customer] < share
    return np.random.default_rng([3, seed, len(customer)]).random(len(customer)) < np.where(bad, 0.8, 0.05)


def found(test, train, **more):
    """Findings of the rule that needs no model."""
    return {
        finding.code: finding for finding in map(judge_examined, examine(tables_of(pd.DataFrame(test), train, **more)))
    }


def errors_found(frame, wrong, train=None, *, features=(), truth=None, cases=None, **data):
    """Findings about errors that go together."""
    rows = pd.DataFrame(frame)
    truth = np.arange(len(rows)) % 2 if truth is None else truth
    training = (
        None
        if train is None
        else Training(pd.DataFrame(train), np.arange(len(next(iter(train.values())))) % 2, features)
    )
    parts = data.pop("parts", {})
    evidence = evidence_of(
        truth, np.where(wrong, 1 - truth, truth), more={"rows": rows, "training": training}, data=data, **parts
    )
    evidence = replace(evidence, cases=replace(evidence.cases, **(cases or {})))
    return [judge_examined(one) for one in errors_by_unit(evidence)]


# Named


def test_named_units_on_both_sides_are_not_met():
    """Half of the customers were there in training."""
    test, train = {"c": names(0, 125)}, pd.DataFrame({"c": names(1)})
    finding = found(test, train, data={"group": "c"})["EVID-GROUPS"]

    shared = int(np.isin(test["c"], train["c"]).sum())
    assert finding.status is Status.NOT_MET
    assert f"{shared:,} of 2,000 test rows" in finding.reason
    assert "of 250 values of c that stand in the training table" in finding.reason
    assert "soundness.groups" in finding.needs


def test_named_units_that_are_kept_apart_are_sound():
    """None of them."""
    finding = found({"c": names(0, 250)}, pd.DataFrame({"c": names(1)}), data={"group": "c"})["EVID-GROUPS"]

    assert finding.status is Status.MET
    assert "0 of 2,000 test rows (0.0 %) belong to 0 of 250 values of c" in finding.reason
    assert not finding.needs


def test_a_single_unit_on_both_sides_is_named():
    """Such as "unknown"."""
    test = {"c": ["unknown", *(f"t{k}" for k in range(99))]}
    finding = found(test, pd.DataFrame({"c": ["unknown", "r1"]}), data={"group": "c"})["EVID-GROUPS"]

    assert finding.status is Status.NOT_MET
    assert "1 of 100 test rows (1.0 %) belong to 1 of 100 values of c (unknown)" in finding.reason


@pytest.mark.parametrize(
    ("test", "train"),
    [
        ([17, 18], [17.0, np.nan]),
        ([17, 18], ["17", "A4"]),
        (pd.Categorical(["x", "y"]), ["x", "z"]),
        (pd.Series([17, None], dtype="Int64"), [17, 3]),
        (pd.Series(["x", "y"], dtype="string[pyarrow]"), pd.Series(["x", None], dtype=object)),
        ([2**60 + 1, 5], [2**60 + 1, 6]),
        (pd.Series([(1, 2), "b"], dtype=object), pd.Series([(1, 2), "c"], dtype=object)),
    ],
)
def test_units_are_the_same_however_they_are_written(test, train):
    """Numbers with gaps, words, categories; and numbers too large for floats stay apart."""
    assert found({"c": test}, pd.DataFrame({"c": train}), data={"group": "c"})["EVID-GROUPS"].measured.value == 0.5


def test_large_numbers_that_differ_in_the_last_digit_are_different():
    """As floats they would be one."""
    finding = found({"c": [2**60 + 1, 5]}, pd.DataFrame({"c": [2**60, 6]}), data={"group": "c"})["EVID-GROUPS"]

    assert finding.status is Status.MET


def test_the_same_units_later_are_spoken_of():
    """A panel: customers are scored again; somebody may vouch for it."""
    day = pd.Timestamp("2026-01-01")
    test, train = {"c": [1, 2], "day": day}, pd.DataFrame({"c": [1, 3], "day": day})
    finding = found(test, train, data={"group": "c", "time": "day"})["EVID-GROUPS"]

    assert "met again later" in finding.reason
    assert "production meets the same units again" in finding.needs


def test_a_training_table_without_the_named_column_is_not_known():
    """It withholds, with its cure."""
    finding = found({"c": [1, 2]}, pd.DataFrame({"a": [1]}), data={"group": "c"})["EVID-GROUPS"]

    assert finding.status is Status.NOT_ASSESSED
    assert finding.blocking
    assert "add c to the training table" in finding.needs


def test_without_a_training_table_nothing_is_asked():
    """`seen` says it already."""
    assert not found({"c": [1, 2]}, None, data={"group": "c"})["EVID-GROUPS"].blocking


def test_queries_that_both_tables_number_anew_are_not_the_same():
    """0 to 49 in both; words, and numbers with gaps, are names."""
    numbers = np.repeat(np.arange(50), 5)

    def status(test, train):
        more = {"task": Task.RANKING, "classes": (), "data": {"query": "q"}}
        return found({"q": test}, pd.DataFrame({"q": train}), **more)["EVID-GROUPS"].status

    assert status(numbers, numbers) is Status.MET
    assert status(numbers.astype(str), numbers.astype(str)) is Status.NOT_MET
    assert status(numbers * 7, numbers * 7) is Status.NOT_MET


# Not named, on both sides


def table_of(seed, start=0, **more):
    customer = names(seed, start)
    return pd.DataFrame({"customer": customer, **more}), hit(customer).astype(np.int64)


@pytest.mark.parametrize("kind", ["numbers", "text", "category"])
def test_unnamed_units_on_both_sides_are_not_proven(kind):
    """Customers whose answers go together, half of whom were there in training."""
    (test, y_test), (train, y_train) = table_of(0, 125), table_of(1)
    for table in (test, train):
        if kind != "numbers":
            table["customer"] = [f"c{k}" for k in table["customer"]]
        if kind == "category":
            table["customer"] = table["customer"].astype("category")
    finding = found(test, train, y_test=y_test, y_train=y_train)["EVID-GROUPS"]

    assert finding.status is Status.NOT_PROVEN
    assert "customer looks like it" in finding.reason
    assert "data.independent" in finding.needs
    assert 0.4 < finding.measured.value < 0.6


UNUSUAL_NAMES = {
    "card numbers": lambda k: f"4000-{k:04d}-77",
    "account numbers that begin as a date": lambda k: f"{2000 + k % 20}-0{1 + k % 9}{k:04d}",
    "days of birth": lambda k: pd.Timestamp("1950-01-01") + pd.Timedelta(days=(k * 7_919) % 20_011),
    "days of birth in words": lambda k: str(pd.Timestamp("1950-01-01") + pd.Timedelta(days=(k * 7_919) % 20_011))[:10],
    "days at even distances": lambda k: pd.Timestamp("1950-01-01") + pd.Timedelta(days=17 * k),
    "numbers and a half": lambda k: (k * 7_919) % 10_007 + 1_000.5,
}


@pytest.mark.parametrize("kind", UNUSUAL_NAMES)
def test_units_with_unusual_names_are_found(kind):
    """Numbers that begin like dates, the day on which somebody was born, numbers that are not whole."""
    (test, y_test), (train, y_train) = table_of(0, 125), table_of(1)
    for table in (test, train):
        table["customer"] = [UNUSUAL_NAMES[kind](k) for k in table["customer"]]
    finding = found(test, train, y_test=y_test, y_train=y_train)["EVID-GROUPS"]

    assert finding.status is Status.NOT_PROVEN
    assert "customer looks like it" in finding.reason


CALENDARS = {
    "every day": lambda days: days,
    "working days": lambda days: days[days.day_of_week < 5],
    "Tuesdays and Thursdays": lambda days: days[np.isin(days.day_of_week, (1, 3))],
    "weeks": lambda days: days[days.day_of_week == 0],
    "starts of months": lambda days: days[days.day == 1],
    "ends of months": lambda days: days[days.is_month_end],
    "ends of quarters": lambda days: days[days.is_quarter_end],
    "every other day": lambda days: days[::2],
}


@pytest.mark.parametrize("written", ["dates", "words", "in another order", "months"])
@pytest.mark.parametrize("kind", CALENDARS)
def test_dates_are_no_units(kind, written):
    """Rows of one day are alike, as there are good days and bad ones; still a day says when, not who."""
    every = CALENDARS[kind](pd.date_range("2012-01-01", "2024-12-31"))
    rng = np.random.default_rng([len(every), 3])
    good = rng.random(len(every)) < 0.4
    tables = []
    for _ in range(2):
        day = rng.integers(0, len(every), N)
        dates = pd.Series(every[day])
        form = {"words": "%Y-%m-%d", "in another order": "%d/%m/%Y", "months": "%Y-%m"}.get(written)
        tables.append(
            (pd.DataFrame({"day": dates if form is None else dates.dt.strftime(form)}), good[day].astype(int))
        )
    (test, y_test), (train, y_train) = tables
    finding = found(test, train, y_test=y_test, y_train=y_train)["EVID-GROUPS"]

    assert finding.status is Status.MET


@pytest.mark.parametrize("digits", [1, 2])
def test_rounded_amounts_are_no_units(digits):
    """Prices go together by amount."""
    rng = np.random.default_rng(digits)
    amounts = np.round(rng.lognormal(2, 0.7, 2 * N), digits)
    y = (rng.random(2 * N) < (amounts % 1 < 0.3) * 0.8).astype(int)
    test, train = pd.DataFrame({"amount": amounts[:N]}), pd.DataFrame({"amount": amounts[N:]})

    assert found(test, train, y_test=y[:N], y_train=y[N:])["EVID-GROUPS"].status is Status.MET


def test_a_panel_that_is_scored_again_later_is_no_fault():
    """The same 300 shops in later months, all of them known: production meets them again, too. At random it is one."""
    rng = np.random.default_rng(8)
    chance = rng.random(300)
    tables, targets = [], []
    for year in ("2025", "2026"):
        months = pd.date_range(f"{year}-01-01", periods=12, freq="MS")
        tables.append(pd.DataFrame({"shop": np.repeat(np.arange(300), 12), "month": np.tile(months, 300)}))
        targets.append((rng.random(3_600) < chance[tables[-1]["shop"]]).astype(int))

    def status(**data):
        return found(tables[1], tables[0], y_test=targets[1], y_train=targets[0], data=data)["EVID-GROUPS"].status

    assert status(time="month") is Status.MET
    assert status() is Status.NOT_PROVEN


def test_units_that_say_nothing_of_the_answer_do_no_harm():
    """The same customers, answers by chance."""
    (test, _), (train, _) = table_of(0, 125), table_of(1)
    finding = found(test, train)["EVID-GROUPS"]

    assert finding.status is Status.MET
    assert "the one column without a role hardly names units of both tables" in finding.reason


def test_a_closed_column_is_a_stratum():
    """A hundred branches of which all stand in both tables, whatever their answers are."""
    rng = np.random.default_rng(5)
    chance = rng.random(100)
    tables = [pd.DataFrame({"branch": rng.integers(0, 100, 5_000)}) for _ in range(2)]
    targets = [(rng.random(5_000) < chance[table["branch"]]).astype(int) for table in tables]

    assert found(*tables, y_test=targets[0], y_train=targets[1])["EVID-GROUPS"].status is Status.MET
    assert [] == errors_found(
        tables[0], rng.random(5_000) < chance[tables[0]["branch"]], {"branch": tables[1]["branch"]}
    )


def test_a_measure_is_no_unit():
    """Amounts in whole numbers, of which many stand in both tables: answers and errors grow with them."""
    rng = np.random.default_rng(6)
    tables = [pd.DataFrame({"amount": np.exp(rng.normal(6, 1, 4_000)).astype(int)}) for _ in range(2)]
    ranks = [table["amount"].rank().to_numpy() / 4_000 for table in tables]
    targets = [(rng.random(4_000) < rank).astype(int) for rank in ranks]

    assert found(*tables, y_test=targets[0], y_train=targets[1])["EVID-GROUPS"].status is Status.MET
    assert [] == errors_found(tables[0], rng.random(4_000) < ranks[0], {"amount": tables[1]["amount"]})


def test_a_word_from_outside_settles_it():
    """Whoever prepared the review cannot give it, and after a year it counts no more."""
    (test, y_test), (train, y_train) = table_of(0, 125), table_of(1)

    def finding(word, prepared=("the builder",)):
        parts = {"data": {"independent": {"customer": word}}, "about": {"prepared_by": list(prepared)}}
        return found(test, train, y_test=y_test, y_train=y_train, **parts)["EVID-GROUPS"]

    assert finding(WORD).status is Status.MET
    assert finding(WORD, ["Somebody  else"]).status is Status.NOT_PROVEN
    stale = finding({**WORD, "on": "2020-01-01"})
    assert stale.status is Status.NOT_PROVEN
    assert "the word of somebody else under data.independent does not count" in stale.reason


def test_units_inside_named_ones_are_looked_at_row_by_row():
    """A group that is the row itself hides nothing: customers are still found on both sides."""
    (test, y_test), (train, y_train) = table_of(0, 125), table_of(1)
    test["row"], train["row"] = np.arange(N), np.arange(N, 2 * N)
    findings = found(test, train, y_test=y_test, y_train=y_train, data={"group": "row"})

    assert findings["EVID-GROUPS"].status is Status.MET
    assert findings["EVID-GROUPS-SHARED-1"].status is Status.NOT_PROVEN


# Errors


@pytest.mark.parametrize("kind", ["numbers", "text", "category", "with gaps", "pyarrow"])
@pytest.mark.parametrize("is_feature", [True, False])
def test_errors_that_go_together_make_intervals_too_narrow(kind, is_feature):
    """Customers kept apart: the counts, the width and the key to name; also where the model is given the column."""
    customer = names(0, 250)
    column = (
        pd.Series(customer, dtype=float).mask(np.arange(N) % 50 == 0) if kind == "with gaps" else pd.Series(customer)
    )
    if kind not in ("numbers", "with gaps"):
        column = pd.Series(
            [f"c{k}" for k in customer], dtype={"category": "category", "pyarrow": "string[pyarrow]"}.get(kind, object)
        )
    (finding,) = errors_found(
        {"customer": column}, hit(customer), {"customer": names(1)}, features=("customer",) if is_feature else ()
    )

    assert "EVID-GROUPS-1" == finding.code
    assert finding.status is Status.NOT_PROVEN
    assert finding.measured.value > 2
    assert "of 250 values say no more than about" in finding.reason
    assert "stands in the training table" not in finding.reason
    assert "name customer under data.group;" in finding.needs


def test_the_sentence_says_that_units_stand_on_both_sides():
    """Ten of eleven values of a few rows each are no stratum, though training has them all."""
    customer = names(0)
    (finding,) = errors_found({"customer": customer}, hit(customer), {"customer": np.arange(CUSTOMERS)})

    assert "2,000 of 2,000 test rows (100.0 %) carry a value that stands in the training table" in finding.reason
    assert "test on values that training did not see" in finding.needs


def test_errors_by_chance_are_passed_over():
    """The same customers, errors that have nothing to do with them."""
    wrong = np.random.default_rng(4).random(N) < 0.2

    assert [] == errors_found({"customer": names(0, 250), "row": np.arange(N)}, wrong, {"customer": names(1)})


def test_a_column_that_training_lacks_is_open_where_many_values_are_met_once():
    """Of three rows each: nearly all are met once or twice. Of 60 values of 33 rows each none is."""
    few = np.random.default_rng(5).integers(0, 60, N)
    many = np.random.default_rng(5).integers(0, 650, N)

    assert 1 == len(errors_found({"customer": many}, hit(many, share=0.3)))
    assert [] == errors_found({"customer": few}, hit(few))


@pytest.mark.parametrize("role", ["group", "query", "time"])
def test_a_column_with_a_role_is_not_searched(role):
    """The spec speaks of it already."""
    customer = names(0, 250)

    assert [] == errors_found({"customer": customer}, hit(customer), {"customer": names(1)}, **{role: "customer"})


def test_segments_are_strata_by_the_users_own_word():
    """They are judged in question 3."""
    customer = names(0, 250)

    assert [] == errors_found({"customer": customer}, hit(customer), {"customer": names(1)}, segments=["customer"])


def test_stretches_of_time_are_no_units_where_time_is_known():
    """Batches of twenty rows in a row; how rows near in time depend on each other is in every interval."""
    batch = np.arange(N) // 8
    wrong = hit(batch)

    assert 1 == len(errors_found({"batch": batch}, wrong, {"batch": [-1, -2]}))
    assert [] == errors_found({"batch": batch}, wrong, {"batch": [-1, -2]}, cases={"time": np.arange(N)})
    shuffled = np.random.default_rng(0).permutation(N)
    assert 1 == len(errors_found({"batch": batch}, wrong, {"batch": [-1, -2]}, cases={"time": shuffled}))


def test_at_most_three_columns_are_named():
    """Five copies of the same names."""
    customer = names(0, 250)
    findings = errors_found(
        {f"copy {k}": customer for k in range(5)}, hit(customer), {f"copy {k}": names(1) for k in range(5)}
    )

    assert ["EVID-GROUPS-1", "EVID-GROUPS-2", "EVID-GROUPS-3"] == [finding.code for finding in findings]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "column",
    [
        [[1]] * N,
        [{"a": 1}] * N,
        pd.date_range("2026-01-01", periods=N),
        [f"2026-0{1 + k % 9}-{1 + k % 28:02}" for k in range(N)],
        np.random.default_rng(0).random(N),
        [None] * N,
        [np.nan] * N,
        [np.inf] * N,
        np.arange(N) % 2 == 0,
        pd.Series([1, "1", 1.5, None] * (N // 4), dtype=object),
        pd.Series([b"x", "x", 3, pd.NaT] * (N // 4), dtype=object),
        pd.interval_range(0, N),
        np.arange(N) * 1j,
        pd.Series(names(2), dtype="uint64") + 2**63,
        ["\x00\u202e\n" * 3] * N,
    ],
)
def test_odd_columns_do_no_harm(column):
    """Neither a crash nor an alarm."""
    wrong = np.random.default_rng(4).random(N) < 0.2
    test = pd.DataFrame({"x": column})
    target = np.random.default_rng(5).integers(0, 2, 2 * N)

    assert found(test, test.copy(), y_test=target[:N], y_train=target[N:])["EVID-GROUPS"].status is Status.MET
    assert [] == errors_found({"x": column}, wrong, {"x": column})


def test_one_row_does_no_harm():
    """Nothing goes together."""
    test = pd.DataFrame({"x": [1]})

    assert found(test, test.copy())["EVID-GROUPS"].status is Status.MET
    assert [] == errors_found(test, np.array([True]), {"x": [1]})


def test_numbers_to_predict_have_errors_that_go_together_too():
    """Customers for whom every prediction is far too high."""
    customer = names(0, 250)
    truth = np.random.default_rng(1).normal(size=N)
    said = truth + np.where(hit(customer), 5.0, 0.1)
    rows = pd.DataFrame({"customer": customer})
    evidence = evidence_of(truth, said, task=Task.REGRESSION, classes=(), more={"rows": rows})

    assert 1 == len(errors_by_unit(evidence))


def test_a_sample_of_a_large_table_says_so(monkeypatch):
    """A quarter of the rows give nearly the same width; chance is looked at on whole customers."""
    customer = np.random.default_rng(1).integers(0, 1_000, 8_000)
    bad = np.random.default_rng(2).random(1_000) < 0.3
    wrong = np.random.default_rng(3).random(8_000) < np.where(bad[customer], 0.6, 0.05)
    (whole,) = errors_found({"customer": customer}, wrong, {"customer": [-1]})
    monkeypatch.setattr(units, "LOOKED_AT", 2_000)
    (part,) = errors_found({"customer": customer}, wrong, {"customer": np.arange(-9_000, 0)})

    assert whole.measured.value == pytest.approx(part.measured.value, rel=0.15)
    assert "by 2,000 of the rows" in part.reason
    assert "8,000 rows" in part.reason


def test_the_same_rows_give_the_same_findings():
    """Byte for byte."""
    customer = names(0, 250)

    assert errors_found({"c": customer}, hit(customer), {"c": [1]}) == errors_found(
        {"c": customer}, hit(customer), {"c": [1]}
    )


def test_columns_that_nobody_asked_for_are_read_on_both_sides(review_files):
    """A spare column of both tables is compared."""
    test, train = make_rows(800, 2), make_rows(600, 1)
    path = review_files(test=test.assign(customer=np.arange(800) % 300))
    train.assign(customer=np.arange(600) % 300).to_parquet(path.parent / "train.parquet")
    evidence = gather(path)

    assert "customer" in evidence.rows
    assert evidence.training is not None
    assert "customer" in evidence.training.frame
    assert isinstance(evidence.cases, Cases)
