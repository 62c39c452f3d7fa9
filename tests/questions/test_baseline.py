"""Question 1: the gain over every alternative."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.baselines import with_predictions
from readiness.evidence.evidence import Alternative
from readiness.questions import baseline
from tests.questions.conftest import evidence_of, of_cells


def with_rule(evidence, y_pred, key="rule-1"):
    from dataclasses import replace

    rule = Alternative(key, "rule", with_predictions(evidence.cases, np.asarray(y_pred)))
    return replace(evidence, alternatives=(*evidence.alternatives, rule))


def test_a_model_equal_to_its_baseline_is_not_met(found):
    """The gain is exactly 0, and 0 is not above 0.02."""
    truth, predicted = of_cells(80, 20, 20, 880)
    evidence = with_rule(evidence_of(truth, predicted), predicted)

    answer = baseline.ask(evidence, evidence.spec.baseline)

    assert 0 == pytest.approx(found(answer, "BASE-LIFT-RULE-1").measured.value)
    assert Status.NOT_MET == answer.status


def test_a_good_model_beats_every_guess(found):
    """F1 0.8 against 0, 0.17, 0.1 and, always positive, 0.18 on a thousand rows."""
    evidence = evidence_of(*of_cells(80, 20, 20, 880))

    answer = baseline.ask(evidence, evidence.spec.baseline)

    assert Status.MET == answer.status
    guesses = ("UNIFORM", "MAJORITY", "STRATIFIED", "MINORITY")
    assert [f"BASE-LIFT-{guess}" for guess in guesses] == [f.code for f in answer.findings if f.blocking]
    assert 200 / 1100 == pytest.approx(found(answer, "BASE-VALUE-MINORITY-F1").measured.value)
    assert "that is y = 1 for every row" in found(answer, "BASE-LIFT-MINORITY").reason
    assert 0.8 == pytest.approx(found(answer, "BASE-VALUE-CANDIDATE-F1").measured.value)
    assert 0.9 == pytest.approx(found(answer, "BASE-VALUE-MAJORITY-ACCURACY").measured.value)


def test_ten_perfect_rows_prove_nothing_over_a_close_rule(found):
    """A perfect score on ten rows is no proof of a gain of 0.02 over a rule that is nearly as good."""
    truth, predicted = of_cells(5, 0, 0, 5)
    evidence = with_rule(evidence_of(truth, predicted), [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])

    assert Status.NOT_PROVEN == found(baseline.ask(evidence, evidence.spec.baseline), "BASE-LIFT-RULE-1").status


def test_imbalance_is_pointed_out(found):
    """Nine in ten rows of one class: accuracy alone misleads, and the counts are said."""
    answer = baseline.ask(evidence := evidence_of(*of_cells(80, 20, 20, 880)), evidence.spec.baseline)

    assert "900 of 1,000 rows" in found(answer, "BASE-IMBALANCE").reason


def test_an_alternative_that_could_not_be_scored_is_not_assessed(found):
    """A current model that cannot be loaded leaves its own claim open, with the reason."""
    from dataclasses import replace

    evidence = evidence_of(*of_cells(80, 20, 20, 880))
    gone = Alternative("current", "old", Missing("the file is gone"))
    answer = baseline.ask(replace(evidence, alternatives=(*evidence.alternatives, gone)), evidence.spec.baseline)

    assert Status.NOT_ASSESSED == answer.status
    assert "the file is gone" == found(answer, "BASE-LIFT-CURRENT").reason


@pytest.mark.parametrize(("n", "expected"), [(None, Status.NOT_PROVEN), (2000, Status.MET)])
def test_a_human_figure_needs_its_number_of_cases(found, n, expected):
    """Without n the comparison with people is not proven, with enough cases it can be met."""
    human = {"metric": "recall", "value": 0.5, **({"n": n} if n else {})}
    evidence = evidence_of(*of_cells(80, 20, 20, 880), baseline={"human": human})

    assert expected == found(baseline.ask(evidence, evidence.spec.baseline), "BASE-LIFT-HUMAN").status


def test_a_regression_must_be_below_95_per_cent_of_the_trivial_error(found):
    """0.95 · 1.0 - 0.5 = 0.45 for a model with half the error of the median."""
    rng = np.random.default_rng(0)
    truth = rng.choice([-1.0, 1.0], 500)
    evidence = evidence_of(truth, truth - 0.5 * np.sign(truth) * rng.uniform(0.9, 1.1, 500), task=Task.REGRESSION)

    answer = baseline.ask(evidence, evidence.spec.baseline)
    median = found(answer, "BASE-LIFT-MEDIAN")

    assert Status.MET == answer.status
    assert 0.45 == pytest.approx(median.measured.value, abs=0.1)


def test_costs_per_prediction_are_shown_and_not_judged(found):
    """A model that costs more to run is shown beside the rule that costs less."""
    costs = {"model": 0.02, "majority": 0.0}
    evidence = evidence_of(*of_cells(80, 20, 20, 880), baseline={"cost_per_prediction": costs})
    answer = baseline.ask(evidence, evidence.spec.baseline)

    assert 0.02 == found(answer, "BASE-COST-CANDIDATE").measured.value
    assert not found(answer, "BASE-COST-MAJORITY").blocking


def test_a_perfect_score_is_pointed_out(found):
    """Not one error in a thousand rows is more often a leak than a wonder; one error is enough to be silent."""
    perfect, nearly = (evidence_of(*of_cells(100 - k, k, 0, 900)) for k in (0, 1))

    assert "gives the answer away" in found(baseline.ask(perfect, perfect.spec.baseline), "BASE-PERFECT").reason
    assert "BASE-PERFECT" not in [f.code for f in baseline.ask(nearly, nearly.spec.baseline).findings]


AS_GOOD = {"current": {"name": "old", "path": "old.joblib", "test": "non_inferiority"}}


def with_current(evidence, y_pred, score=None):
    from dataclasses import replace

    rival = replace(evidence.cases, y_pred=np.asarray(y_pred), y_score=None if score is None else np.asarray(score))
    return replace(evidence, alternatives=(*evidence.alternatives, Alternative("current", "old", rival)))


def test_not_worse_is_less_than_better(found):
    """100 rows differ from the current model evenly: no gain of 0.02, and no loss of 0.02 either."""
    truth = [1] * 2000 + [0] * 2000
    mine = [1] * 1900 + [0] * 1900 + [0] * 200  # 100 misses; 100 negatives right on top
    theirs = [0] * 5 + [1] * 1900 + [0] * 95 + [0] * 2000
    better = with_current(evidence_of(truth, theirs), theirs)
    not_worse = with_current(evidence_of(truth, theirs, baseline=AS_GOOD), theirs)
    worse = with_current(evidence_of(truth, mine[:1700] + [0] * 2300, baseline=AS_GOOD), theirs)

    assert Status.NOT_MET == found(baseline.ask(better, better.spec.baseline), "BASE-LIFT-CURRENT").status
    equal = found(baseline.ask(not_worse, not_worse.spec.baseline), "BASE-LIFT-CURRENT")
    assert (Status.MET, -0.02) == (equal.status, equal.criterion.threshold)
    assert "F1 not worse than that of old by more than 0.02" == equal.name
    assert equal.reason.endswith("; tested: not worse by more than 0.02")
    assert Status.NOT_MET == found(baseline.ask(worse, worse.spec.baseline), "BASE-LIFT-CURRENT").status


def test_an_error_may_be_five_per_cent_larger_and_no_more(found):
    """1.05 times the error of the current model: an equal model is met, one with 10 % more is not."""
    rng = np.random.default_rng(1)
    truth, noise = rng.normal(size=2000), rng.normal(size=2000)
    for factor, status in ((1.0, Status.MET), (1.1, Status.NOT_MET)):
        evidence = evidence_of(truth, truth + factor * noise, task=Task.REGRESSION, baseline=AS_GOOD)
        evidence = with_current(evidence, truth + noise)
        lift = found(baseline.ask(evidence, evidence.spec.baseline), "BASE-LIFT-CURRENT")
        assert status == lift.status
        assert "Mean absolute error not worse than that of old by more than 5 %" == lift.name


@pytest.mark.parametrize(("test", "expected"), [("superiority", Status.NOT_PROVEN), ("non_inferiority", Status.MET)])
def test_people_may_be_matched_instead_of_beaten(found, test, expected):
    """0.8 of 1,000 against 0.8 of 4,000 cases: not better, but not worse by 0.05."""
    human = {"metric": "recall", "value": 0.8, "n": 4000, "test": test}
    evidence = evidence_of(
        *of_cells(800, 200, 20, 880), baseline={"human": human, "margin": 0.05 if test != "superiority" else 0.01}
    )

    lift = found(baseline.ask(evidence, evidence.spec.baseline), "BASE-LIFT-HUMAN")

    assert expected == lift.status
    assert ("not worse than that of people" in lift.name) == (test == "non_inferiority")


def test_mcnemar_counts_where_the_two_differ(found):
    """12 rows only the candidate, 3 rows only the rule: p = 2 P(X <= 3 of 15) = 2 · 576 / 32768."""
    truth = [1] * 50 + [0] * 50
    mine = [0] * 3 + [1] * 47 + [0] * 50
    rule = [1] * 38 + [0] * 12 + [0] * 50
    evidence = with_rule(evidence_of(truth, mine), rule)

    fact = found(baseline.ask(evidence, evidence.spec.baseline), "BASE-MCNEMAR-RULE-1")

    assert 2 * 576 / 32768 == pytest.approx(fact.measured.value)
    assert "right where rule is wrong: 12 rows; the other way round: 3 rows" in fact.reason
    assert not fact.blocking


def test_the_usual_tests_are_silent_where_rows_depend_on_each_other(found):
    """Neither knows of groups, so neither is shown."""
    from dataclasses import replace

    evidence = with_rule(evidence_of(*of_cells(80, 20, 20, 880)), of_cells(70, 30, 20, 880)[1])
    grouped = replace(evidence, cases=replace(evidence.cases, groups=np.arange(1000) // 2))

    assert "BASE-MCNEMAR-RULE-1" in [f.code for f in baseline.ask(evidence, evidence.spec.baseline).findings]
    assert not [f for f in baseline.ask(grouped, grouped.spec.baseline).findings if "MCNEMAR" in f.code]


def test_delong_needs_scores_on_both_sides(found):
    """With scores the difference of ROC AUC stands there with its interval and p; with labels alone it does not."""
    rng = np.random.default_rng(2)
    truth = np.repeat([1, 0], 300)
    good, bad = truth + rng.normal(size=600), truth + 3 * rng.normal(size=600)
    evidence = evidence_of(truth, good > 0.5, score=good)
    scored, labelled = with_current(evidence, bad > 0.5, bad), with_current(evidence, bad > 0.5)

    fact = found(baseline.ask(scored, scored.spec.baseline), "BASE-DELONG-CURRENT")
    assert 0 < fact.measured.low < fact.measured.value
    assert "p-value below 0.0001" in fact.reason
    assert not [f for f in baseline.ask(labelled, labelled.spec.baseline).findings if "DELONG" in f.code]


@pytest.mark.parametrize(
    "metric", ["f1", "accuracy", "recall", "roc_auc", "log_loss", "average_precision", "balanced_accuracy"]
)
@pytest.mark.parametrize("test", ["superiority", "non_inferiority"])
def test_a_candidate_that_is_its_rival_is_judged_and_never_better(metric, test, found):
    """Difference 0 on every row: never a proven gain, never a crash, and p = 1."""
    rng = np.random.default_rng(3)
    truth = np.repeat([1, 0], 200)
    score = np.clip(0.5 * truth + 0.5 * rng.random(400), 0.01, 0.99)
    given = {"metric": metric, "current": {"name": "old", "path": "old.joblib", "test": test}}
    evidence = evidence_of(truth, score > 0.5, score=score, baseline=given)
    answer = baseline.ask(evidence := with_current(evidence, evidence.cases.y_pred, score), evidence.spec.baseline)

    lift = found(answer, "BASE-LIFT-CURRENT")
    assert (lift.status is not Status.MET) if test == "superiority" else (lift.status is not Status.NOT_MET)
    assert 1.0 == found(answer, "BASE-MCNEMAR-CURRENT").measured.value
    assert not [finding for finding in answer.findings if finding.code == "BASE-DELONG-CURRENT"]
