"""Tallies and titles of the page for one, two and all of a thing, and tables whose rows add up."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.core.withholding import Soundness
from readiness.questions import errors
from readiness.report.page.baseline import tables as baseline_tables
from readiness.report.page.decision import decision_edition
from readiness.report.page.errors import tables as error_tables
from readiness.report.page.sections import _lede
from readiness.report.page.segments import tables as segment_tables
from readiness.report.page.stability import tables as stability_tables
from readiness.report.page.tables import claims_table
from readiness.report.sentences import Language, headline
from readiness.report.sentences.phrases import lower
from readiness.verdict.decision import Verdict
from readiness.verdict.reservations import looser_bars, reservations
from tests.questions.conftest import evidence_of
from tests.report.page import records
from tests.report.sentences import cases

LANGUAGE = Language.from_spec({"data": {"target": "y", "segments": ["grp"]}}, Task.BINARY, None)


def unknown(k: int) -> Finding:
    return cases.unknown(Topic.REQUIREMENT.key(k), "nobody measured it")


def deficit(segment: int, metric: str = "recall", **changes: Any) -> Finding:
    made = cases.judged(Topic.DEFICIT.key(1, segment, metric=metric), (0.01, -0.02, 0.04), ("<", 0.15), metric=metric)
    return dataclasses.replace(made, segment={"grp": "abc"[segment - 1]}, **changes)


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "The one requirement is not assessed."), (2, "Both requirements are not assessed."),
     (22, "All 22 requirements are not assessed.")],
)  # fmt: skip
def test_an_answer_without_any_result_counts_as_people_do(count: int, said: str) -> None:
    """Not "of 22 requirements, 22 are not assessed"."""
    findings = tuple(unknown(k) for k in range(1, count + 1))
    assert _lede(Answer(Question.BUSINESS, findings), LANGUAGE).startswith(said)


def test_two_that_hold_are_both() -> None:
    """Not "all 2 requirements"."""
    met = [
        cases.judged(Topic.REQUIREMENT.key(k), (0.9, 0.88, 0.92), (">=", 0.8), metric="recall", n=1000) for k in (1, 2)
    ]
    assert _lede(Answer(Question.BUSINESS, tuple(met)), LANGUAGE).startswith("Both requirements are met.")


def test_one_group_one_test_and_one_figure_are_singular() -> None:
    """Titles of folds."""
    test = cases.fact(Topic.MCNEMAR.key("current"), cases.exact(0.031), metric="p_value")
    assert "One test as it is usually reported" in {table.caption for table in baseline_tables([test], LANGUAGE)}
    (group,) = segment_tables([deficit(1)], LANGUAGE)
    assert group.caption.startswith("grp: 1 group, ")
    seeds = cases.fact(Topic.SEEDS.key(), cases.exact(0.01), metric="f1")
    assert ["The refits in one figure that is not judged"] == [t.caption for t in stability_tables([seeds], LANGUAGE)]


def test_rows_of_one_table_are_told_apart() -> None:
    """The share of rows in large groups is judged for each metric, and says for which."""
    made = [
        cases.judged(Topic.SEGMENT_COVERAGE.key(1, metric=metric), cases.exact(0.95), (">=", 0.9), metric="share")
        for metric in ("accuracy", "recall")
    ]
    titles = [LANGUAGE.title(finding) for finding in made]
    assert ["Rows in groups large enough to judge, by grp: accuracy", "Rows in groups large enough to judge, by grp: recall"] == titles  # fmt: skip


def test_a_group_that_failed_has_no_warning_of_another_metric_beside_it() -> None:
    """ "Not met" and "its size uncertain" in one cell would be of two numbers."""
    failed = cases.judged(Topic.DEFICIT.key(1, 1, metric="recall"), (0.5, 0.45, 0.55), ("<", 0.15), metric="recall")
    failed = dataclasses.replace(failed, segment={"grp": "a"})
    unsure = deficit(1, "accuracy", status=Status.NOT_PROVEN, warning="a real difference, its size uncertain")
    opened = segment_tables([failed, unsure, deficit(2), deficit(2, "accuracy")], LANGUAGE)[0]
    (cell,) = [cell for cell in opened.rows[0].cells if cell.mark is not None and cell.mark.status is Status.NOT_MET][
        -1:
    ]
    assert "" == cell.warning


def test_a_group_that_fails_by_a_metric_without_a_column_is_not_called_met() -> None:
    """Two metrics stand open; the result is that of all of them."""
    sizes = {"recall": 0.6, "accuracy": 0.5, "precision": 0.4}
    findings = [
        dataclasses.replace(
            cases.judged(Topic.DEFICIT.key(1, k, metric=metric), (size, size - 0.05, size + 0.05), ("<", 0.15),
                         metric=metric),
            segment={"grp": "abc"[k - 1]},
        )
        for k, (metric, size) in enumerate(sizes.items(), 1)
    ]  # fmt: skip
    opened = segment_tables(findings, LANGUAGE)[0]
    assert [Status.NOT_MET] * 3 == [row.cells[-1].mark.status for row in opened.rows]
    assert ["", "", "Precision: 40 points behind (35 to 45)"] == [row.cells[-1].note for row in opened.rows]


def test_the_only_group_is_not_asked_about_three_times() -> None:
    """With nobody to compare it with, another column is what helps, once for all metrics."""
    alone = [
        dataclasses.replace(cases.unknown(Topic.DEFICIT.key(1, 1, metric=metric), "all rows are in this one segment"),
                            segment={"grp": "a"}, metric=metric)
        for metric in ("recall", "accuracy")
    ]  # fmt: skip
    language = Language.from_spec({"data": {"segments": ["grp"]}}, Task.BINARY, None, tuple(alone))
    assert {"Name a column that tells at least two groups apart."} == {language.to_settle(f) for f in alone}


def test_what_is_too_small_to_be_judged_says_so_among_claims() -> None:
    """It is not one of those that an answer counts as not proven."""
    small = cases.judged(Topic.SMALL_CLASSES_FOUND.key(), (0.5, 0.1, 0.9), (">=", 0.2), metric="recall",
                         withheld="not assessable: 13 rows, 19 are needed")  # fmt: skip
    (row,) = claims_table([dataclasses.replace(small, blocking=False)], "Claims", LANGUAGE).rows
    assert "too few to judge" == row.cells[-1].mark.word
    assert "13 rows, 19 are needed" in row.cells[0].note


def test_what_the_errors_cost_adds_up_where_rows_have_weights() -> None:
    """Counts are of rows and the total is of their weights: a row of its own holds the difference."""
    rng = np.random.default_rng(5)
    y, given = rng.integers(0, 2, 400), rng.integers(0, 2, 400)
    costs = {"false_positive": 3, "false_negative": 7, "currency": "EUR"}
    spec = {"data": {"target": "y", "weight": "w"}, "errors": {"costs": costs}}
    evidence = evidence_of(y, given, errors={"costs": costs})
    weighted = dataclasses.replace(evidence.cases, weight=rng.integers(1, 6, 400).astype(float))
    evidence = dataclasses.replace(evidence, cases=weighted)
    found = errors.ask(evidence, evidence.spec.errors).findings
    made = {t.caption: t for t in error_tables(found, Language.from_spec(spec, Task.BINARY, None))}
    *parts, total = [row.cells[-1].text for row in made["What the errors cost"].rows]
    amounts = [float(text.removesuffix(" EUR").replace(",", "").replace("−", "-")) for text in (*parts, total)]
    assert 3 == len(parts)
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1.01)


def test_an_approver_that_nobody_names_is_asked_for() -> None:
    """Not "approval by not stated"."""
    record = records.ready()
    nameless = dataclasses.replace(record, about={**record.about, "owner": ""})
    assert "Name the model's owner, who has to approve." == decision_edition(nameless).steps[0].text


def test_the_note_on_margins_fits_the_rule() -> None:
    """By the point rule a value within its margin of error counts, so that nothing says it does not."""
    assert "not proven" in decision_edition(records.ready()).scorecard.note
    assert "not proven" not in decision_edition(records.ready("point")).scorecard.note


@pytest.mark.parametrize(
    ("text", "said"), [("A missing value", "a missing value"), ("A/B test", "A/B test"), ("B is out", "B is out")]
)
def test_an_article_is_small_within_a_sentence(text: str, said: str) -> None:
    """A single letter is a name unless it is the article."""
    assert said == lower(text)


def test_somebodys_word_is_dated_as_everything_else() -> None:
    """Not as a spec writes dates."""
    record = records.ready()
    spec = {**record.gathered.spec, "soundness": {"seen": {"by": "somebody else", "on": "2026-11-05", "why": "seen"}}}
    vouched = dataclasses.replace(
        record,
        gathered=dataclasses.replace(record.gathered, spec=spec),
        decision=dataclasses.replace(record.decision, vouched=("seen",)),
    )
    told = {each.label: each.text for each in reservations(vouched)}
    assert told["Vouched"].endswith("; somebody else vouches (5 November 2026): seen")


def test_a_group_with_too_few_rows_for_a_metric_says_so_beside_its_number() -> None:
    """A large gap of few rows is not judged, so that "met" is not said of it."""
    thin = dataclasses.replace(
        cases.judged(Topic.DEFICIT.key(1, 1, metric="recall"), (0.35, 0.13, 0.48), ("<", 0.15), metric="recall"),
        segment={"grp": "a"}, blocking=False, status=Status.NOT_PROVEN,
    )  # fmt: skip
    unsure = deficit(2, status=Status.NOT_PROVEN)
    opened = segment_tables([thin, deficit(1, "accuracy"), unsure, deficit(2, "accuracy")], LANGUAGE)[0]
    assert "too few to judge by Recall" == opened.rows[0].cells[-1].note
    assert "" == opened.rows[1].cells[-1].note


def test_an_interval_of_everything_rules_nothing_out() -> None:
    """Not "only values above 100.0 points"."""
    wide = cases.judged(Topic.FAIRNESS.key(1, metric="equal_opportunity_difference"), (0.36, 0.0, 1.0), ("<=", 0.1),
                        metric="equal_opportunity_difference")  # fmt: skip
    assert LANGUAGE.sentence(wide).endswith("the data rule nothing out.")


def test_what_is_counted_is_not_called_unproven() -> None:
    """A count has no margin of error: it is below the limit, and that is all."""
    coverage = cases.judged(Topic.SEGMENT_COVERAGE.key(1, metric="recall"), cases.exact(0.5), (">=", 0.9),
                            metric="share")  # fmt: skip
    coverage = dataclasses.replace(coverage, status=Status.NOT_PROVEN)
    assert LANGUAGE.sentence(coverage).endswith("At least 90 % is required.")


def test_a_model_that_need_not_be_beaten_is_named_as_elsewhere() -> None:
    """By what it is, not by the name that the spec gives it."""
    record = records.ready()
    rules = [{"name": "ask twice", "column": "c", "test": "non_inferiority"}]
    current = {"name": "v7", "test": "non_inferiority"}
    spec = {**record.gathered.spec, "baseline": {"rules": rules, "current": current, "margin": "0"}}
    told = looser_bars(dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, spec=spec)))
    assert {"need not be better than today's model", "need not be better than the rule “ask twice”"} <= set(told)


def test_metrics_called_after_somebody_keep_their_capital() -> None:
    """A Brier score within a sentence."""
    assert "Brier score is 0.08" == lower("Brier score is 0.08")
    assert "recall is 0.08" == lower("Recall is 0.08")


def test_rows_that_carry_some_answers_are_not_said_to_carry_none() -> None:
    """Where other questions are yes on the same rows, the headline does not deny it."""
    record = records.ready()
    doubt = dataclasses.replace(
        cases.judged(Topic.DOUBT.key("mix"), cases.exact(1.0), ("<=", 0.0), metric="claims"), status=Status.NOT_PROVEN
    )
    answers = tuple(
        Answer(
            answer.question,
            tuple(
                dataclasses.replace(
                    f, status=Status.NOT_PROVEN, withheld="withheld: mixed otherwise", withheld_by=("mix",)
                )
                if f.blocking and answer.question in withheld
                else f
                for f in answer.findings
            ),
        )
        for answer in record.answers
        for withheld in [(Question.ERRORS,)]
    )
    some = dataclasses.replace(
        record, answers=answers, soundness=Soundness((doubt,), {doubt.code: ("errors",)}), verdict=Verdict.NOT_PROVEN
    )
    assert "These rows cannot carry a yes to every question." == headline(some).lead


def test_a_difference_of_costs_has_its_currency() -> None:
    """In a comparison of two reports as in each of them."""
    before, now = (
        cases.judged(
            Topic.CURRENT_COST.key(), (value, value - 0.1, value + 0.1), (">=", 0.0), metric="cost", unit="GBP"
        )
        for value in (-0.25, 0.13)
    )
    assert "0.38 GBP better" == LANGUAGE.change(before, now)


def test_groups_too_small_to_judge_are_not_counted_among_those_that_are_met() -> None:
    """Title of the fold of a column."""
    thin = deficit(2, status=Status.NOT_PROVEN, blocking=False)
    (whole,) = [t for t in segment_tables([deficit(1), thin, deficit(3)], LANGUAGE) if t.caption.startswith("grp: 3")]
    assert whole.caption.startswith("grp: 3 groups, 1 of 3 comparisons on too few rows, of the others all met; ")
    (whole,) = [t for t in segment_tables([deficit(1), deficit(2)], LANGUAGE) if t.caption.startswith("grp: 2")]
    assert whole.caption.startswith("grp: 2 groups, all met; ")
