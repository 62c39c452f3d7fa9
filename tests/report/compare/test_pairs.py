"""Two candidates are compared on the very same rows, and one is called better only where chance is excluded."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t
from sklearn.metrics import f1_score, recall_score

from readiness.core.findings import Answer, Estimate, Question
from readiness.evidence.collect import gather
from readiness.evidence.evidence import Evidence
from readiness.questions import baseline
from readiness.report.compare.pairing import Paired, Pairing, headline, outcome_words
from readiness.report.compare.read import Report
from readiness.report.compare.sections import pairings
from readiness.verdict.decision import decide
from readiness.verdict.record import Record, from_plain, to_plain
from tests.report.compare.files import as_reports
from tests.report.page import records

Write = Callable[..., Path]
ROWS = 400


def table(seed: int = 0, n: int = ROWS) -> pd.DataFrame:
    """Ids, a truth, and two candidates of which the second misses half as many of the positives."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.5).astype(int)
    one, two = (np.where(rng.random(n) < wrong, 1 - y, y) for wrong in (0.30, 0.10))
    group = rng.choice(["north", "south"], n)
    return pd.DataFrame({"case": np.arange(n), "y": y, "one": one, "two": two, "group": group})


@pytest.fixture
def review(review_files: Write, tmp_path: Path) -> Callable[..., Record]:
    """Review ready-made predictions and give what stands in the report; the rows stay in the cache of this test."""

    def made(rows: pd.DataFrame, label: str, metric: str = "recall", **data: Any) -> Record:
        changes = {
            "model": {"path": None, "sha256": None, "predictions": {"label": label}},
            "data": {"train": None, "id": "case", "segments": []} | data,
            "errors": None,
            "business": {
                "requirements": [
                    {"says": "do well", "metric": metric, "above": 0.5},
                    {"says": "be quick", "metric": "latency_p99_ms", "at_most": 100},
                ]
            },
        }
        path = without_nothing(review_files(changes, test=rows))
        return recorded(gather(path, cache=str(tmp_path / "cache")))

    return made


def without_nothing(path: Path) -> Path:
    """The same spec without the keys that were set to nothing."""
    import yaml

    spec = yaml.safe_load(path.read_text())
    for section in ("model", "data"):
        spec[section] = {key: value for key, value in spec[section].items() if value is not None}
    path.write_text(yaml.safe_dump(spec))
    return path


def recorded(evidence: Evidence) -> Record:
    """The record of a review, read back from its signed form; only question 1 is asked of the evidence."""
    answers = list(records.regression().answers)
    first = baseline.ask(evidence, evidence.spec.baseline)
    answers = [Answer(a.question, first.findings) if a.question is Question.BASELINE else a for a in answers]
    decision = decide(answers)
    whole = dataclasses.replace(records.record(answers), gathered=evidence.gathered, decision=decision, seed=0)
    return from_plain(to_plain(whole))


@pytest.fixture
def pair(tmp_path: Path) -> Callable[..., Pairing]:
    def compared(*made: Record) -> Pairing:
        reports: tuple[Report, ...] = as_reports(*made)
        (found,) = pairings(reports, tmp_path / "cache")
        return found

    return compared


Review, Pair = Callable[..., Record], Callable[..., Pairing]


def test_the_numbers_are_those_of_scikit_learn(review: Review, pair: Pair) -> None:
    """Values and gains of the primary metric and of the shared requirement, on the same rows; no clock is compared."""
    rows = table()
    found = pair(review(rows, "one"), review(rows, "two"))
    expected = {
        "F1": [f1_score(rows.y, rows[name]) for name in ("one", "two")],
        "recall": [recall_score(rows.y, rows[name]) for name in ("one", "two")],
    }

    assert list(expected) == [each.title for each in found.metrics]
    for each in found.metrics:
        mine, theirs = expected[each.title]
        assert None not in (each.mine, each.theirs, each.gain)
        assert [mine, theirs, theirs - mine] == pytest.approx([each.mine.value, each.theirs.value, each.gain.value])
        assert each.gain.low is not None
        assert each.gain.low > 0
        assert "B is better" == each.outcome
    assert (ROWS, "") == (found.rows, found.problem)


def test_the_interval_is_that_of_paired_rows(review: Review, pair: Pair) -> None:
    """Accuracy gained: McNemar's cells give mean and standard error of the paired difference by hand."""
    rows = table()
    asked = [review(rows, name) for name in ("one", "two")]
    requirement = {"business": {"requirements": [{"says": "be right", "metric": "accuracy", "at_least": "0.5"}]}}
    changed = [
        dataclasses.replace(r, gathered=dataclasses.replace(r.gathered, spec={**r.gathered.spec, **requirement}))
        for r in asked
    ]
    gain = next(each for each in pair(*changed).metrics if each.title == "accuracy").gain
    difference = (rows.two == rows.y).astype(float) - (rows.one == rows.y).astype(float)
    half = t.ppf(0.975, ROWS - 1) * difference.std(ddof=1) / np.sqrt(ROWS)

    assert gain is not None
    assert [difference.mean(), difference.mean() - half, difference.mean() + half] == pytest.approx(
        [gain.value, gain.low, gain.high], abs=0.004
    )


def test_swapping_reports_turns_the_gain_round(review: Review, pair: Pair) -> None:
    """A against B is the negative of B against A."""
    rows = table()
    one, two = review(rows, "one"), review(rows, "two")
    there, back = pair(one, two).metrics[0], pair(two, one).metrics[0]

    assert there.gain is not None
    assert back.gain is not None
    assert there.gain.value == pytest.approx(-back.gain.value)
    assert ("B is better", "A is better") == (there.outcome, back.outcome)


@pytest.mark.parametrize("data", [{}, {"group": "case"}])
def test_identical_answers_have_no_interval(review: Review, pair: Pair, data: dict[str, str]) -> None:
    """No row tells the two apart, so there is no chance in the difference; with dependent rows neither."""
    rows = table()
    found = pair(review(rows, "one", **data), review(rows.assign(twin=rows.one), "twin", **data))

    assert ["the same answer on all 400 rows"] * 2 == [each.outcome for each in found.metrics]
    assert [(0.0, 1.0)] * 2 == [(each.gain.value, each.gain.level) for each in found.metrics if each.gain]
    assert "B gives the same answer as A on all 400 rows." == headline(found)


def test_one_row_that_differs_has_a_narrow_interval(review: Review, pair: Pair) -> None:
    """The interval is that of the difference: far narrower than those of the two numbers."""
    rows = table()
    nearly = rows.assign(near=np.where(rows.case == 0, 1 - rows.one, rows.one))
    gain = pair(review(rows, "one"), review(nearly, "near")).metrics[0].gain

    assert gain is not None
    assert None not in (gain.low, gain.high)
    assert 0 < gain.high - gain.low < 0.03  # that of one F1 on 400 rows is about 0.08


def test_the_headline_names_only_what_is_proven() -> None:
    """Better and worse by the words of the outcome, the rest as not told apart or not measured."""
    outcomes = {"F1": "B is better", "recall": "A is better", "cost": "not told apart", "AUC": "not measured"}
    metrics = tuple(Paired(name, None, None, None, outcome) for name, outcome in outcomes.items())

    assert (
        "On the same 1,200 rows, B is better than A on F1; worse than A on recall; not told apart from A on cost; "
        "not measured on AUC."
    ) == headline(Pairing(("A", "B"), 1200, metrics=metrics))
    assert headline(Pairing(("A", "B"), problem="x")).startswith("Whether B is better than A is not known")


def test_other_files_in_another_order_are_matched_by_id(review: Review, pair: Pair) -> None:
    """Half of the rows are in both tables, shuffled: only they count, and how many they are is said."""
    rows = table()
    first, second = rows.iloc[:300], rows.iloc[100:].sample(frac=1, random_state=1)
    found = pair(review(first, "one"), review(second, "two"))
    both = rows.iloc[100:300]

    assert 200 == found.rows
    assert found.metrics[0].mine is not None
    assert f1_score(both.y, both.one) == pytest.approx(found.metrics[0].mine.value)
    assert "200 of 300 rows of A (67 %) and 200 of 300 rows of B (67 %)" in found.notes[0]


def test_repeated_and_missing_ids_are_not_paired(review: Review, pair: Pair) -> None:
    """An id that stands twice in a table names no row."""
    rows = table()
    twice = rows.assign(case=rows.case.astype(float))
    twice.loc[1, "case"] = 0.0
    twice.loc[2, "case"] = np.nan
    found = pair(review(rows, "one"), review(twice, "two"))

    assert ROWS - 2 == found.rows  # the row whose name an earlier one has was left out of the review
    assert "1 rows without an id, or with one that their table repeats, are not paired." == found.notes[1]


def test_no_common_row(review: Review, pair: Pair) -> None:
    """Two samples that share nobody cannot be paired."""
    rows = table()
    found = pair(review(rows.iloc[:200], "one"), review(rows.iloc[200:], "two"))
    assert "Matched by their id: 0 of 200 rows of A (0.0 %) and 0 of 200 rows of B (0.0 %)" in found.problem
    assert () == found.metrics


def test_other_truths_are_refused(review: Review, pair: Pair) -> None:
    """The same id with another truth is not the same case."""
    rows = table()
    other = rows.assign(y=np.where(rows.case < 3, 1 - rows.y, rows.y))
    found = pair(review(rows, "one"), review(other, "two"))
    assert "The true values differ in 3 of 400 rows with the same id (0.8 %)" in found.problem


def test_one_file_without_ids_is_paired_by_its_order(review: Review, pair: Pair) -> None:
    """The very same bytes hold the same rows; another file does not, whatever it holds."""
    rows = table()
    found = pair(review(rows, "one", id=None), review(rows, "two", id=None))
    assert "Paired by their order: both reviews scored the same 400 rows of one file." == found.notes[0]
    assert "B is better" == found.metrics[0].outcome

    elsewhere = pair(review(rows, "one", id=None), review(rows.assign(more=1), "two", id=None))
    assert "Not both reviews name data.id" in elsewhere.problem


def test_groups_are_respected(review: Review, pair: Pair) -> None:
    """With two groups, nothing is proven by 400 rows; without, the reader is told what was taken for granted."""
    rows = table()
    grouped = pair(review(rows, "one", group="group"), review(rows, "two", group="group"))
    plain = pair(review(rows, "one"), review(rows, "two"))

    assert {"not told apart"} == {each.outcome for each in grouped.metrics}
    assert "at least 10 are needed" in grouped.metrics[0].note
    assert "Rows of one group are treated as dependent." in " ".join(grouped.notes)
    assert "The intervals take rows as independent" in " ".join(plain.notes)


def test_rows_that_do_not_give_the_numbers_of_the_report_are_refused(review: Review, pair: Pair) -> None:
    """Should other rows ever lie under a report's key, its own numbers tell."""
    rows = table()
    one, two = review(rows, "one"), review(rows, "two")
    mixed = dataclasses.replace(two, answers=one.answers)
    assert "The rows that are kept for B do not give the numbers of its report" in pair(one, mixed).problem


def test_what_is_not_kept_is_told(review: Review, pair: Pair) -> None:
    """Which report lacks its rows, and what to do."""
    found = pair(review(table(), "one"), records.ready())
    assert found.problem.startswith(
        "The scored rows of B are not kept on this machine; run both reviews on this machine"
    )


def test_regressions_are_compared_in_the_good_direction(review: Review, pair: Pair) -> None:
    """A smaller error is a gain."""
    rng = np.random.default_rng(1)
    rows = table().assign(y=rng.normal(50, 9, ROWS))
    rows["one"], rows["two"] = rows.y + rng.normal(0, 4, ROWS), rows.y + rng.normal(0, 1, ROWS)
    roles = {"positive": None, "task": "regression", "metric": "mae"}
    found = pair(review(rows, "one", **roles), review(rows, "two", **roles)).metrics[0]

    assert None not in (found.mine, found.theirs, found.gain)
    assert found.mine.value - found.theirs.value == pytest.approx(found.gain.value)
    assert ("mean absolute error", "B is better") == (found.title, found.outcome)


limits = st.none() | st.floats(-1, 1)


@given(low=limits, high=limits)
def test_nobody_is_better_while_chance_is_not_excluded(low: float | None, high: float | None) -> None:
    """Only an interval that leaves out zero names a winner, and only the right one."""
    said = outcome_words(Estimate(0.0, low, high, 0.95, 9), ("A", "B"))
    holds_zero = (low is None or low <= 0) and (high is None or high >= 0)
    assert ("not told apart" == said) is holds_zero
    assert "not told apart" == outcome_words(Estimate(0.0, low, high, 0.95, 9), ("A", "B"), "too few groups")
