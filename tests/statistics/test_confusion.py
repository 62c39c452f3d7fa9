"""Confusion matrices of many groups."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import measure
from readiness.statistics.parity import confusion_by_group, measure_by_group

RNG = np.random.default_rng(0)
Y, PREDICTED, CODES = RNG.integers(0, 3, 500), RNG.integers(0, 3, 500), RNG.integers(0, 4, 500)
CASES = Cases(Task.MULTICLASS, Y, PREDICTED, n_classes=3)


def test_each_group_has_its_own_matrix():
    """As counted group by group; an empty group is all 0."""
    tables = confusion_by_group(CASES, CODES, 5)
    for g in range(4):
        assert CASES.subset(CODES == g).counts.tolist() == tables[g].tolist()
    assert 0 == tables[4].sum()


def test_weights_are_summed():
    """All groups together are the weighted matrix of all rows."""
    cases = Cases(Task.MULTICLASS, Y, PREDICTED, n_classes=3, weight=RNG.random(500))
    assert cases.cells == pytest.approx(confusion_by_group(cases, CODES, 4).sum(axis=0))


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro"])
def test_inside_and_outside_are_what_subsets_give(metric):
    """Without cutting the rows apart."""
    pairs = measure_by_group(metric, CASES, CODES, 5)
    for g in range(4):
        inside, outside = (measure(metric, CASES.subset(rows)) for rows in (CODES == g, CODES != g))
        assert inside.interval(0.95) == pytest.approx(pairs[g][0].interval(0.95))
        assert outside.interval(0.95) == pytest.approx(pairs[g][1].interval(0.95))
    assert isinstance(pairs[4][0], Missing)


def test_dependent_rows_are_refused():
    """Counts alone know nothing of groups."""
    with pytest.raises(ValueError, match="subset"):
        measure_by_group("accuracy", Cases(Task.MULTICLASS, Y, PREDICTED, n_classes=3, groups=CODES), CODES, 4)


@pytest.mark.parametrize("metric", ["accuracy", "recall", "false_positive_rate"])
def test_many_rows_in_fifty_segments_are_counted_once(metric, monkeypatch):
    """One bincount over all rows, not one for each segment."""
    n, counted = 100_000, []
    y, codes = RNG.integers(0, 2, n), RNG.integers(0, 50, n)
    cases = Cases(Task.BINARY, y, y)
    count = np.bincount
    monkeypatch.setattr(
        np, "bincount", lambda rows, *more, **named: counted.append(len(rows)) or count(rows, *more, **named)
    )
    measure_by_group(metric, cases, codes, 50)
    assert [n] == [size for size in counted if size > 1_000]
