"""How a metric is taken apart by segments."""

from __future__ import annotations

import numpy as np

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.segments import Segmentation
from readiness.questions.deficits import CUT_QUERIES, Split, difference, split_by
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import measure
from readiness.statistics.inference import Exact

LABELS = ({"place": "a"}, {"place": "b"})


def test_lists_are_compared_whole_or_not_at_all():
    """A third of a list is easier to put in order than two thirds, so a segment must not cut through queries."""
    rng = np.random.default_rng(0)
    queries = np.repeat(np.arange(40), 5)
    cases = Cases(Task.RANKING, rng.integers(0, 2, 200).astype(float), rng.normal(size=200), queries=queries)
    cut = split_by("ndcg", cases, Segmentation("place", np.arange(200) % 2, LABELS))
    whole = split_by("ndcg", cases, Segmentation("place", queries % 2, LABELS))
    assert (Split(CUT_QUERIES, CUT_QUERIES),) * 2 == cut
    assert measure("ndcg", cases.subset(queries % 2 == 1)).value == whole[1].inside.value


def test_mean_errors_are_measured_as_everywhere():
    """From sums of powers the same limits as from the rows themselves."""
    rng = np.random.default_rng(1)
    y, codes = rng.normal(size=300), np.arange(300) % 2
    cases = Cases(Task.REGRESSION, y, y + rng.lognormal(size=300))
    split = split_by("mae", cases, Segmentation("place", codes, LABELS))[1]
    expected = measure("mae", cases.subset(codes == 1)).interval(0.95)
    np.testing.assert_allclose(split.inside.interval(0.95), expected)


def test_nothing_is_a_share_of_an_error_below_0():
    """Where errors are compared by ratio; in points any number will do."""
    split = Split(Exact(-3.0), Exact(-1.0))
    assert isinstance(difference(split, greater_is_better=False, factor=1.15), Missing)
    assert -2.0 == difference(split, greater_is_better=False).value
