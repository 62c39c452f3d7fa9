"""From an inference to its recorded basis and back: the same value, the same limits."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.canonical import decode, encode
from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Recomputable
from readiness.core.policy import Task
from readiness.statistics.basis import basis_of, flatten, inference_of, recomputable_from
from readiness.statistics.cases import Cases
from readiness.statistics.drift import StabilityIndex
from readiness.statistics.estimators import measure
from readiness.statistics.inference import Exact, Mapped, linear
from readiness.statistics.intervals import Binomial, Draws, Mover, Normal, OrderStatistic, Unvaried, f1_of_share
from readiness.statistics.labels import measure_labels
from readiness.statistics.means import mean_of
from readiness.statistics.parity import Group, LeastRatio, Spread, Widest
from readiness.statistics.stability import Widened, Widening

RNG = np.random.default_rng(3)
SHARE, OTHER = Binomial(58, 120), Binomial(700.0, 900)
GROUPS = tuple(Group(name, Binomial(k, 100)) for name, k in (("a", 80), ("b", 71), ("c", 77)))
TRUE = (RNG.random(400) < 0.3).astype(int)
SCORE = TRUE * 0.4 + RNG.random(400)
CASES = Cases(Task.BINARY, TRUE, (SCORE > 0.7).astype(int), SCORE)
GROUPED = Cases(Task.BINARY, TRUE, (SCORE > 0.7).astype(int), SCORE, groups=np.arange(400) // 5)
VALUES = Cases(Task.REGRESSION, RNG.normal(10, 2, 300), RNG.normal(10, 2, 300))

COUNTED = {
    "share": SHARE,
    "all": Binomial(120, 120),
    "none": Binomial(0, 120),
    "share with a design": Binomial(58.4, 120, 1.7, 23.0),
    "f1": f1_of_share(Binomial(58, 71)),
    "difference": Mover(SHARE, OTHER),
    "tolerant difference": linear(Mover(SHARE, OTHER, 1.15), scale=-1),
    "balanced accuracy": measure_labels("balanced_accuracy", CASES),
    "balanced accuracy of groups": measure_labels("balanced_accuracy", GROUPED),
    "recall of groups": measure_labels("recall", GROUPED),
    "widened": Widened(Mover(SHARE, OTHER), Widening(1.4, 12.0), -1.0, 1.0),
    "spread": Spread(GROUPS),
    "ratio": LeastRatio(GROUPS),
    "widest": Widest((Spread(GROUPS), Spread(GROUPS[:2]))),
}
BY_MOMENTS = {
    "logit": Normal(0.8, 0.02, 99.0, 100, "logit", "delta", 0.0, 1.0),
    "log": Normal(3.0, 0.2, 99.0, 100, "log"),
    "plain": Normal(-0.2, 0.1, 20.0, 100),
    "unvaried": Unvaried(1.0, 30, 30),
    "roc auc": measure("roc_auc", CASES),
    "average precision": measure("average_precision", CASES),
    "mae": measure("mae", VALUES),
    "rmse": measure("rmse", VALUES),
    "r2": measure("r2", VALUES),
    "rare amounts": mean_of(np.where(RNG.random(200) < 0.05, 40.0, 0.0)),
    "drift": StabilityIndex(0.08, 10, 4000, 900),
    "calibration": measure(
        "calibration_error", Cases(Task.BINARY, TRUE, TRUE, np.clip(SCORE / 2, 0, 1), is_probability=True)
    ),
}


@pytest.mark.parametrize("inference", [*COUNTED.values(), *BY_MOMENTS.values()], ids=[*COUNTED, *BY_MOMENTS])
def test_there_and_back(inference):
    """Through the plain form of the record, at every level; no limit moves by a bit."""
    basis = basis_of(inference)
    assert basis is not None
    again = inference_of(decode(Basis, encode(basis)))
    assert (again.value, again.n) == (inference.value, inference.n)
    for level in (0.8, 0.95, 0.999):
        assert again.interval(level) == inference.interval(level)
    for alpha in (0.2, 0.05, 0.05 / 7):
        assert (again.lower(alpha), again.upper(alpha)) == (inference.lower(alpha), inference.upper(alpha))


@pytest.mark.parametrize("inference", [*COUNTED.values(), *BY_MOMENTS.values()], ids=[*COUNTED, *BY_MOMENTS])
def test_limits_enclose_and_move_outwards(inference):
    """What the check of a record takes for granted of every method."""
    alphas = (0.2, 0.1, 0.05, 0.025, 0.05 / 9, 1e-6)
    lower, upper = [inference.lower(a) for a in alphas], [inference.upper(a) for a in alphas]
    assert lower[0] <= inference.value <= upper[0]
    assert sorted(lower, reverse=True) == lower
    assert sorted(upper) == upper
    low, high = inference.interval(0.95)
    assert low <= inference.value <= high


@pytest.mark.parametrize(
    "inference",
    [
        Draws(0.5, np.sort(RNG.normal(0.5, 0.1, 2000)), 100, "draws"),
        OrderStatistic(np.sort(RNG.exponential(size=900)), 0.95),
        OrderStatistic(np.sort(RNG.exponential(size=900)), 0.5),
    ],
)
def test_what_has_no_basis_keeps_the_same_laws(inference):
    """Drawn and ranked limits, which are held to the interval beside them."""
    assert basis_of(inference) is None
    test_limits_enclose_and_move_outwards(inference)
    assert inference.interval(0.95) == (inference.lower(0.025), pytest.approx(inference.upper(0.025)))


def test_who_can_recompute():
    """Counts alone, the rows behind moments, or nobody."""
    assert {recomputable_from(basis_of(each), Recomputable.NO) for each in COUNTED.values()} == {Recomputable.COUNTS}
    for otherwise in (Recomputable.EVIDENCE, Recomputable.NO):
        assert {recomputable_from(basis_of(each), otherwise) for each in BY_MOMENTS.values()} == {otherwise}
    own = basis_of(Normal(0.4, 0.1, 19.0, 100, method="resamples", correction="johnson"))
    assert Recomputable.NO is recomputable_from(own, Recomputable.EVIDENCE)
    assert Recomputable.EVIDENCE is recomputable_from(None, Recomputable.EVIDENCE)
    assert Recomputable.NO is recomputable_from(basis_of(Exact(3.0)), Recomputable.NO)


def test_other_functions_have_no_basis():
    """A function that no name stands for cannot be written down."""
    assert basis_of(Mapped(SHARE, lambda p: p * p)) is None


def test_flat_lists_every_part():
    """Outer first."""
    basis = basis_of(Mover(SHARE, f1_of_share(Binomial(5, 7))))
    assert basis is not None
    assert ["mover", "share", "f1", "share"] == [part.form for part in flatten(basis)]


@pytest.mark.parametrize(
    "numbers",
    [
        {"successes": 121.0},
        {"successes": -1.0},
        {"n": 0.0},
        {"n": 2.5},
        {"n": None},
        {"deff": 0.5},
        {"df": 0.0},
    ],
)
def test_impossible_counts(numbers):
    """No rows give them."""
    basis = basis_of(SHARE)
    assert basis is not None
    with pytest.raises(InvalidReport, match="no rows can give"):
        inference_of(Basis("share", {**basis.numbers, **numbers}))
