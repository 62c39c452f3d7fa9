"""Hand-worked: which repeats cannot be refits on folds drawn anew, and which settings keep supplied ones out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from readiness.core.errors import DataError
from readiness.core.missing import Missing
from readiness.core.policy import BUDGET_SECONDS, Task
from readiness.evidence.evidence import SuppliedRepeat
from readiness.evidence.refit_jobs import Plan
from readiness.evidence.refits import RefitEstimate, too_slow
from readiness.evidence.supplied.instead import CHOSEN, with_supplied_refits
from readiness.evidence.supplied.read import ROWS_COMPARED, check_repeats, find_copied_labels, overlap
from readiness.evidence.workers.worker import Scores
from readiness.questions.supplied import NOT_OF_IT, SEEN, _too_far
from readiness.statistics.estimators import METRICS
from readiness.statistics.inference import Exact
from tests.evidence.supplied.test_supplied import Files, files  # noqa: F401

FIRST = np.array([0, 0, 0, 0, 1, 1, 1, 1])
SECOND = np.array([0, 1, 0, 1, 0, 1, 0, 1])
LABELS = np.array([0, 1, 1, 0, 1, 0, 1, 0])


def repeat(fold: NDArray[np.int64], labels: NDArray[np.int64], scores: object = None) -> SuppliedRepeat:
    return SuppliedRepeat(fold, Scores(labels, None if scores is None else np.asarray(scores, dtype=float)))


def test_folds_are_compared_by_the_rows_they_share() -> None:
    """Names make no difference; two rows of eight that change places leave six; folds drawn anew share one in k."""
    swapped = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    assert [1.0, 0.75, 0.5] == [overlap(FIRST, other) for other in (1 - FIRST, swapped, SECOND)]
    rng = np.random.default_rng(0)
    many = rng.permutation(np.arange(5 * ROWS_COMPARED) % 5)
    assert 1.0 == overlap(many, (many + 2) % 5)
    assert abs(overlap(many, rng.permutation(many)) - 0.2) < 0.02


def test_two_rows_that_change_places_make_no_new_folds() -> None:
    """Of a thousand rows 998 are where they were."""
    folds = np.arange(1000) % 5
    other = folds.copy()
    other[[0, 1]] = other[[1, 0]]
    labels = np.arange(1000) // 3 % 2
    with pytest.raises(DataError, match=r"repeats 1 and 2 have the same folds in 99\.8 % of the rows"):
        check_repeats([repeat(folds, labels), repeat(other, labels)])


def test_a_constant_is_refused() -> None:
    """By its scores where there are some: a rare class may leave all labels the same."""
    rare, scores = np.zeros(8, dtype=np.int64), np.linspace(0.1, 0.4, 8)
    check_repeats([repeat(FIRST, rare, scores), repeat(SECOND, rare, scores + 0.01)])
    with pytest.raises(DataError, match="repeat 1: all rows have the same prediction"):
        check_repeats([repeat(FIRST, rare), repeat(SECOND, LABELS)])
    with pytest.raises(DataError, match="repeat 2: all rows have the same prediction"):
        check_repeats([repeat(FIRST, rare, scores), repeat(SECOND, LABELS, np.full(8, 0.3))])


def test_the_same_scores_are_refused_and_the_same_labels_doubted() -> None:
    """Labels may agree by chance; scores and values to the last digit are a copy."""
    scores = np.linspace(0.1, 0.9, 8)
    with pytest.raises(DataError, match="repeats 1 and 2 hold the same predictions"):
        check_repeats([repeat(FIRST, LABELS, scores), repeat(SECOND, LABELS, scores)])
    values = [SuppliedRepeat(fold, Scores(scores)) for fold in (FIRST, SECOND)]
    with pytest.raises(DataError, match="repeats 1 and 2 hold the same predictions"):
        check_repeats(values)
    copies = [repeat(FIRST, LABELS), repeat(SECOND, LABELS)]
    check_repeats(copies)
    assert find_copied_labels(copies).startswith("repeats 1 and 2 give every row the same label")
    assert "" == find_copied_labels([repeat(FIRST, LABELS), repeat(SECOND, 1 - LABELS)])
    assert "" == find_copied_labels([repeat(FIRST, LABELS, scores), repeat(SECOND, LABELS, scores / 2)])


@pytest.mark.parametrize(
    ("metric", "average", "tested", "cause"),
    [
        ("accuracy", 0.86, 0.90, ""),
        ("accuracy", 0.84, 0.90, NOT_OF_IT),
        ("accuracy", 0.56, 0.50, SEEN),
        ("accuracy", 0.97, 0.95, ""),
        ("accuracy", 0.98, 0.95, SEEN),
        ("false_positive_rate", 0.01, 0.04, SEEN),
        ("false_positive_rate", 0.10, 0.04, NOT_OF_IT),
        ("mae", 104.0, 100.0, ""),
        ("mae", 106.0, 100.0, NOT_OF_IT),
        ("mae", 94.0, 100.0, SEEN),
    ],
)
def test_an_average_may_lie_so_far_from_the_test_value(metric: str, average: float, tested: float, cause: str) -> None:
    """0.05 points of shares, 5 % of errors; and no less than half as far from perfect."""
    assert cause == _too_far(Exact(average), Exact(tested), METRICS[metric], 0.05, 0.95).split(" (")[0]


def plan(**changes: int) -> Plan:
    rows = np.array([0, 1] * 20)
    return replace(Plan(rows, Task.BINARY, 5, 2, 0), **changes)


def test_settings_that_rule_refits_out_are_told_apart() -> None:
    """A budget below the default, one repeat, more folds than by default: chosen. A slow candidate is not."""
    cost = RefitEstimate(10, 1000.0, 1)
    tight, usual = (too_slow(cost, plan(), budget) for budget in (0.001, BUDGET_SECONDS))
    assert tight is not None
    assert usual is not None
    assert [True, False] == [tight.chosen, usual.chosen]
    problems = [plan(repeats=1).problem(), plan(folds=30).problem(), replace(plan(), y=np.array([0, 1] * 3)).problem()]
    assert [True, True, False] == [problem.chosen for problem in problems if problem is not None]


def test_supplied_folds_do_not_replace_refits_that_a_setting_rules_out(files: Files) -> None:  # noqa: F811
    """They stay out, and the reason says why."""
    why = Missing("the budget is 0.001 s", "a budget of at least 2", chosen=True)
    refits = with_supplied_refits(replace(files.gathered(), refits=why)).refits
    assert Missing(f"the budget is 0.001 s; {CHOSEN}", "a budget of at least 2", chosen=True) == refits
