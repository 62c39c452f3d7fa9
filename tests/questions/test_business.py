"""Question 2: every stated requirement, judged by its less favourable limit."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Technical
from readiness.questions import business
from readiness.statistics.intervals import OrderStatistic
from tests.questions.conftest import evidence_of, of_cells


def asked(cells, *requirements, more=None):
    evidence = evidence_of(*of_cells(*cells), business={"requirements": list(requirements)}, more=more)
    return business.ask(evidence, evidence.spec.business)


def test_nothing_stated_is_not_assessed():
    """An empty list is not a yes."""
    assert Status.NOT_ASSESSED == asked((90, 10, 10, 890)).status


@pytest.mark.parametrize(
    ("cells", "expected"),
    [((990, 10, 0, 10), Status.MET), ((96, 4, 0, 10), Status.NOT_PROVEN), ((800, 200, 0, 10), Status.NOT_MET)],
)
def test_recall_is_met_not_proven_or_not_met(cells, expected):
    """0.99 of 1,000 proves 0.95; 0.96 of 100 does not; 0.80 of 1,000 disproves it."""
    assert expected == asked(cells, {"says": "find them", "metric": "recall", "at_least": 0.95}).status


def test_fifty_eight_without_a_miss_do_not_prove_95_per_cent_and_59_do():
    """0.05^(1/59) is the first above 0.95 (exact bound)."""
    requirement = {"says": "find them", "metric": "recall", "at_least": 0.95}

    assert Status.NOT_PROVEN == asked((58, 0, 0, 10), requirement).status
    assert Status.MET == asked((59, 0, 0, 10), requirement).status


def test_the_known_example_is_not_ready_whatever_its_f1(found):
    """Recall 92.3 % under a required 95 % is not met with 3,000 positives; precision 87.5 % of 80 % is."""
    answer = asked(
        (2769, 231, 396, 6604),
        {"says": "don't miss fraud", "metric": "recall", "at_least": 0.95},
        {"says": "don't annoy customers", "metric": "precision", "at_least": 0.80},
        {"says": "good overall", "metric": "f1", "at_least": 0.85},
    )

    assert Status.NOT_MET == answer.status
    assert [Status.NOT_MET, Status.MET, Status.MET] == [found(answer, f"BUSI-{k}").status for k in (1, 2, 3)]
    assert "2,769 of 3,000 rows with y = 1 were found" in found(answer, "BUSI-1").reason


def test_latency_is_judged_like_any_requirement(found):
    """A thousand calls of 5 ms prove a p99 below 100 ms; without a measurement it is not assessed."""
    requirement = {"says": "respond quickly", "metric": "latency_p99_ms", "at_most": 100}
    fast = {"technical": Technical({"latency_p99_ms": OrderStatistic(np.full(1000, 5.0), 0.99)})}
    missing = {"technical": Technical({"latency_p99_ms": Missing("there is no model file", "give it")})}

    met = asked((90, 10, 10, 890), requirement, more=fast)
    open_answer = asked((90, 10, 10, 890), requirement, more=missing)

    assert (Status.MET, True) == (met.status, found(met, "BUSI-1").measured_time)
    assert (Status.NOT_ASSESSED, "give it") == (open_answer.status, found(open_answer, "BUSI-1").needs)


def test_a_lift_is_a_contrast_and_not_a_ratio(found):
    """F1 0.8 against 0.18 for guessing: 0.8 - 1.1 · 0.167 is above 0."""
    answer = asked(
        (80, 20, 20, 880), {"says": "beat guessing", "metric": "f1", "lift_over": "uniform", "at_least": 0.10}
    )
    expected = 0.8 - 1.1 * (2 * 50 / (2 * 50 + 450 + 50))

    assert Status.MET == answer.status
    assert expected == pytest.approx(found(answer, "BUSI-1").measured.value, abs=1e-9)


def test_a_gain_is_absolute(found):
    """At least 0.5 more than guessing."""
    answer = asked(
        (80, 20, 20, 880), {"says": "beat guessing", "metric": "f1", "gain_over": "uniform", "at_least": 0.5}
    )

    assert 0.5 == found(answer, "BUSI-1").criterion.threshold
    assert Status.MET == answer.status


def test_a_metric_that_needs_scores_is_not_assessed_without_them():
    """ROC AUC cannot be computed from labels."""
    answer = asked((80, 20, 20, 880), {"says": "rank well", "metric": "roc_auc", "at_least": 0.9})

    assert Status.NOT_ASSESSED == answer.status


def test_no_positives_is_not_assessed_and_says_so(found):
    """A recall without positives does not exist."""
    answer = asked((0, 0, 5, 95), {"says": "find them", "metric": "recall", "at_least": 0.9})

    assert Status.NOT_ASSESSED == answer.status
    assert found(answer, "BUSI-1").reason


@pytest.mark.parametrize(("n", "expected"), [(None, Status.NOT_PROVEN), (2000, Status.MET)])
def test_a_gain_over_people_is_compared_unpaired(n, expected):
    """The human figure serves as a baseline of a requirement, too, with the interval that its n allows."""
    human = {"metric": "recall", "value": 0.5, **({"n": n} if n else {})}
    evidence = evidence_of(
        *of_cells(80, 20, 20, 880),
        baseline={"human": human},
        business={
            "requirements": [{"says": "beat people", "metric": "recall", "gain_over": "human", "at_least": 0.05}]
        },
    )

    assert expected == business.ask(evidence, evidence.spec.business).status


COLOURS = ("blue", "gold", "red")


def asked_of_colours(requirement, *, classes=COLOURS, **parts):
    """500 rows: 300 blue, all but 20 said so; 150 gold, 120 found; 50 red, all found; the misses go round."""
    truth = np.repeat([0, 1, 2], [300, 150, 50])
    said = truth.copy()
    said[:20], said[300:330] = 1, 2
    score = np.full((500, 3), 0.1) + 0.7 * np.eye(3)[said]
    evidence = evidence_of(
        truth, said, task=Task.MULTICLASS, score=score, classes=classes,
        business={"requirements": [{"says": "find gold", **requirement}]}, **parts,
    )  # fmt: skip
    return business.ask(evidence, evidence.spec.business)


@pytest.mark.parametrize(
    ("metric", "expected", "words"),
    [
        ("recall", 120 / 150, "recall of y = gold is 0.800: 120 of 150 rows with y = gold were found"),
        ("precision", 120 / 140, "120 of 140 rows predicted as y = gold are right"),
        ("specificity", 330 / 350, "330 of 350 other rows were not taken for y = gold"),
        ("false_positive_rate", 20 / 350, "20 of 350 other rows were taken for y = gold"),
        ("negative_predictive_value", 330 / 360, "330 of 360 rows not predicted as y = gold are right"),
        ("f1", 240 / 290, "F1 of y = gold"),
        ("roc_auc", None, "ROC AUC of y = gold"),
    ],
)
def test_one_class_is_looked_for_among_many(found, metric, expected, words):
    """The binary metric of that class against all others, told in the data's words."""
    answer = asked_of_colours({"metric": metric, "of_class": "gold", "at_least": 0.5})
    claim = found(answer, "BUSI-1")

    assert words in claim.reason
    assert claim.measured is not None
    if expected is not None:
        assert expected == pytest.approx(claim.measured.value)


def test_one_class_is_judged_by_its_own_rows(found):
    """120 of 150 prove 0.7 and disprove 0.9; the denominator is that of the class."""
    met = asked_of_colours({"metric": "recall", "of_class": "gold", "at_least": 0.7})
    not_met = asked_of_colours({"metric": "recall", "of_class": "gold", "at_least": 0.9})

    assert (Status.MET, Status.NOT_MET) == (met.status, not_met.status)
    assert 150 == found(met, "BUSI-1").measured.n


def test_a_class_that_is_true_or_false_is_found_by_its_word(found):
    """The spec spells it in small letters, the data in Python's."""
    answer = asked_of_colours(
        {"metric": "recall", "of_class": True, "at_least": 0.5}, classes=("False", "True", "unknown")
    )

    assert 0.8 == pytest.approx(found(answer, "BUSI-1").measured.value)


def test_a_class_that_nobody_knows_is_not_assessed(found):
    """No silent measuring of something else."""
    answer = asked_of_colours({"metric": "recall", "of_class": "green", "at_least": 0.5})

    assert Status.NOT_ASSESSED == answer.status
    assert "green" in found(answer, "BUSI-1").reason


def test_a_gain_of_one_class_over_guessing(found):
    """A guess that takes every class with equal chance finds a third of the gold."""
    answer = asked_of_colours({"metric": "recall", "of_class": "gold", "gain_over": "uniform", "at_least": 0.3})

    assert 0.8 - 1 / 3 == pytest.approx(found(answer, "BUSI-1").measured.value)
    assert "recall of y = gold is 0.800 against 0.333 of" in found(answer, "BUSI-1").reason
    assert Status.MET == answer.status
