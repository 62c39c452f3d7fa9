"""Question 5, what is shown beside the verdict: the common hold-out, other seeds, small changes, fewer rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.perturb import Perturbed
from readiness.evidence.retraining import Retrained, Retraining
from readiness.evidence.workers.worker import Scores
from readiness.questions import stability
from tests.questions.conftest import evidence_of
from tests.questions.test_stability import STEADY, refits

ROWS = np.arange(1000)
TRUE = np.tile([0, 1], 500)


def binary(**more):
    """Evidence of a candidate that is right in 900 of 1,000 rows, judged by accuracy."""
    predicted = TRUE.copy()
    predicted[:100] = 1 - predicted[:100]
    return replace(evidence_of(TRUE, predicted, baseline={"metric": "accuracy"}), **more)


def asked(evidence):
    return stability.ask(evidence, evidence.spec.stability)


def retrained(wrong, n_train=800, rows=ROWS):
    """A refit that is wrong in the first so many test rows."""
    said = TRUE[rows].copy()
    said[:wrong] = 1 - said[:wrong]
    return Retrained(n_train, Scores(said), 1 - wrong / len(rows))


def test_the_spread_on_the_common_rows_is_graded_and_not_judged(found):
    """Scores of 0.87 and 0.93 in turn: standard deviation 0.0316, "good", and the range in words."""
    done = refits(0.9 + 0.01 * np.random.default_rng(0).standard_normal((5, 2)), STEADY[:5])
    held = tuple(replace(fold, held=0.87 + 0.06 * (k % 2)) for k, fold in enumerate(done.folds))
    finding = found(asked(binary(refits=replace(done, folds=held), retraining=Retraining(ROWS))), "STAB-HOLDOUT")

    assert (False, None) == (finding.blocking, finding.criterion)
    assert 0.03 * np.sqrt(10 / 9) == pytest.approx(finding.measured.value)
    assert "grade: good; 10 refits on the same 1,000 test rows score 0.870 to 0.930" == finding.reason


def test_no_hold_out_no_spread():
    """Refits of which nobody asked the same rows."""
    done = refits(np.full((5, 2), 0.9) + 0.001 * np.arange(2), STEADY[:5])

    assert "STAB-HOLDOUT" not in [f.code for f in asked(binary(refits=done)).findings]


def test_seeds_that_disagree_are_a_warning(found):
    """Three seeds of which the first is right, the others wrong in 300 rows: two of three pairs differ there, 20 %."""
    done = refits(np.full((5, 2), 0.9) + 0.001 * np.arange(2), STEADY[:5])
    seeds = (retrained(0), retrained(300), retrained(330))
    answer = asked(binary(refits=done, retraining=Retraining(ROWS, seeds)))
    spread, churn = found(answer, "STAB-SEEDS"), found(answer, "STAB-SEEDS-CHURN")

    assert 0.33 == pytest.approx(spread.measured.value)
    assert "1.000, 0.700, 0.670" == spread.reason
    assert (0.3 + 0.33 + 0.03) / 3 == pytest.approx(churn.measured.value)
    assert "answers hang on the luck of training" == churn.warning
    assert (False, False) == (spread.blocking, churn.blocking)


def test_seeds_of_a_regression_are_compared_with_its_error(found):
    """Two seeds 1 apart everywhere, mean absolute error 4: a quarter."""
    y_true = np.linspace(0, 100, 200)
    evidence = evidence_of(y_true, y_true + np.tile([3, -5], 100), task=Task.REGRESSION)
    rows = np.arange(200)
    pair = tuple(Retrained(800, Scores(y_true + by), 4.0 + by) for by in (0.0, 1.0))
    done = replace(refits(np.full((5, 2), 4.0) + 0.1 * np.arange(2), np.zeros((5, 200))), predicted=np.zeros((5, 200)))
    answer = asked(replace(evidence, refits=done, retraining=Retraining(rows, pair)))

    assert 0.25 == pytest.approx(found(answer, "STAB-SEEDS-CHURN").measured.value)
    assert 1.0 == pytest.approx(found(answer, "STAB-SEEDS").measured.value)


def test_what_was_left_out_stands_beside_the_mean(found):
    """The note of the retraining is kept."""
    done = refits(np.full((5, 2), 0.9) + 0.001 * np.arange(2), STEADY[:5])
    answer = asked(binary(refits=done, retraining=Retraining(ROWS, notes=("no time was left for 3 refits",))))

    assert "no time was left for 3 refits" == found(answer, "STAB-MEAN").reason


def test_flips_are_counted(found):
    """80 of 1,000 answers flip: 8 %, above 5 %."""
    before, after = TRUE, TRUE.copy()
    after[:80] = 1 - after[:80]
    finding = found(asked(binary(perturbed=Perturbed(ROWS, before, after, 3, 1))), "STAB-PERTURBED")

    assert (0.08, False) == (finding.measured.value, finding.blocking)
    assert finding.measured.low < 0.08 < finding.measured.high
    assert "small changes flip answers" == finding.warning
    assert finding.reason.startswith("80 of 1,000 answers flip; 3 columns of numbers")
    assert "1 % of the entries of 1 column redrawn" in finding.reason


def test_few_flips_are_no_warning(found):
    """5 of 1,000."""
    after = TRUE.copy()
    after[:5] = 1 - after[:5]
    finding = found(asked(binary(perturbed=Perturbed(ROWS, TRUE, after, 3, 0))), "STAB-PERTURBED")

    assert (0.005, "") == (finding.measured.value, finding.warning)


def test_changes_of_a_number_are_compared_with_its_error(found):
    """A change of 1 everywhere, mean absolute error 4."""
    y_true = np.linspace(0, 100, 200)
    evidence = evidence_of(y_true, y_true + 4, task=Task.REGRESSION)
    shaken = Perturbed(np.arange(200), y_true + 4, y_true + 5, 1, 0)

    assert 0.25 == found(asked(replace(evidence, perturbed=shaken)), "STAB-PERTURBED").measured.value


def test_changes_that_could_not_be_tried_are_a_note(found):
    """Not assessed, with the reason, and nothing is blocked by it."""
    finding = found(asked(binary(perturbed=Missing("scoring rows failed"))), "STAB-PERTURBED")

    assert (Status.NOT_ASSESSED, False, "scoring rows failed") == (finding.status, finding.blocking, finding.reason)


def test_a_curve_that_still_rises_says_that_more_rows_would_help(found):
    """300, 200 and 100 wrong of 1,000: the last doubling gained 0.1, well beyond chance. The refits stay missing."""
    curve = (retrained(300, 200), retrained(200, 400), retrained(100, 800))
    slow = Missing("2 repeats need too long", "more time")
    answer = asked(binary(refits=slow, retraining=Retraining(ROWS, curve=curve)))

    assert [0.7, 0.8, 0.9] == pytest.approx([found(answer, f"STAB-CURVE-{k}").measured.value for k in (25, 50, 100)])
    assert "more rows would help: the last doubling gained 0.100" in found(answer, "STAB-CURVE-100").reason
    assert "200 training rows" == found(answer, "STAB-CURVE-25").reason
    assert (Status.NOT_ASSESSED, True) == (found(answer, "STAB-REFITS").status, found(answer, "STAB-REFITS").blocking)


def test_a_flat_curve_proves_nothing(found):
    """100 and 101 wrong."""
    curve = (retrained(110, 200), retrained(101, 400), retrained(100, 800))
    answer = asked(binary(refits=Missing("slow"), retraining=Retraining(ROWS, curve=curve)))

    assert "not proven that more rows would help" in found(answer, "STAB-CURVE-100").reason


def test_a_curve_that_was_cut_short_says_so(found):
    """One point only: no doubling to speak of, and the note stands beside it."""
    retraining = Retraining(ROWS, curve=(retrained(110, 200),), notes=("no time was left for a fit on 50 %",))
    answer = asked(binary(refits=Missing("slow"), retraining=retraining))

    assert "200 training rows; no time was left for a fit on 50 %" == found(answer, "STAB-CURVE-25").reason
    assert "STAB-CURVE-50" not in [f.code for f in answer.findings]
