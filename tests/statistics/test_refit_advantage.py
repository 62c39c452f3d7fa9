"""The lead of a model over its refits, beside what memory gains: by hand, and by what it promises."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.metrics import brier_score_loss

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.dependence import INDEPENDENT, Dependence
from readiness.statistics.refit_advantage import (
    RefitAdvantage,
    RefitLosses,
    dependence_of_losses,
    guess_error,
    is_proper,
    refit_advantage,
    row_losses,
)

RANDOM = np.random.default_rng(0)


def drawn(n: int, *, seen: float = 0.0, copies: int = 8, noise: float = 0.1, level: float = 0.0) -> RefitLosses:
    """Losses of 0.2 on average, 0.05 where a row was seen; every fit has its own noise, on rows and on all of them."""
    base, inside = RANDOM.uniform(0, 0.4, n), RANDOM.uniform(0, 0.1, n)
    on_test = base + noise * RANDOM.normal(size=(copies, n)) + level * RANDOM.normal(size=(copies, 1))
    own = base + noise * RANDOM.normal(size=n) + level * RANDOM.normal()
    known = np.arange(n) < seen * n
    own[known] = RANDOM.uniform(0, 0.1, int(known.sum()))
    on_train = inside + 0.01 * RANDOM.normal(size=(copies, n))
    return RefitLosses(own, on_test, on_train, on_train[0], 0.25)


def found(losses: RefitLosses, dependence: Dependence = INDEPENDENT) -> RefitAdvantage:
    advantage = refit_advantage(losses, dependence)
    assert isinstance(advantage, RefitAdvantage)
    return advantage


def test_brier_losses() -> None:
    """Two classes as scikit-learn has it; of three, half the sum of squares."""
    y, p = np.array([0, 1, 1, 0]), np.array([0.1, 0.8, 0.3, 0.6])
    binary = Cases(Task.BINARY, y, (p > 0.5).astype(int), p, 2, is_probability=True)
    losses = row_losses(binary, proper=True)
    assert isinstance(losses, np.ndarray)
    assert brier_score_loss(y, p) == pytest.approx(losses.mean())
    assert [0, 0, 1, 1] == list(row_losses(binary, proper=False))  # type: ignore[arg-type]
    three = Cases(Task.MULTICLASS, np.array([2]), np.array([0]), np.array([[0.5, 0.2, 0.3]]), 3, is_probability=True)
    assert [(0.5**2 + 0.2**2 + 0.7**2) / 2] == pytest.approx(row_losses(three, proper=True))
    assert is_proper(three)
    assert not is_proper(replace(three, is_probability=False))


def test_losses_of_numbers_and_queries() -> None:
    """Absolute errors; of each query what it lacks of the best order."""
    numbers = Cases(Task.REGRESSION, np.array([1.0, 2.0]), np.array([3.0, 1.5]))
    assert [2.0, 0.5] == list(row_losses(numbers, proper=False))  # type: ignore[arg-type]
    queries, groups = np.array([0, 0, 1, 1]), np.array([5, 5, 6, 6])
    ranked = Cases(Task.RANKING, np.array([1, 0, 0, 1]), np.array([2.0, 1.0, 2.0, 1.0]), queries=queries, groups=groups)
    losses = row_losses(ranked, proper=False, metric="mrr")
    assert [0.0, 0.5] == pytest.approx(losses)
    assert [5, 6] == list(dependence_of_losses(ranked, "mrr").groups)  # type: ignore[arg-type]
    nothing = replace(ranked, y_true=np.zeros(4))
    assert isinstance(row_losses(nothing, proper=False), Missing)


def test_the_error_of_a_guess() -> None:
    """One positive in ten: p (1 - p), or the one that is always missed."""
    cases = Cases(Task.BINARY, np.arange(10) // 9, np.zeros(10, dtype=int))
    assert (0.09, 0.1) == pytest.approx((guess_error(cases, proper=True), guess_error(cases, proper=False)))
    assert guess_error(Cases(Task.REGRESSION, np.ones(2), np.ones(2)), proper=False) is None


def test_the_share_by_hand() -> None:
    """Copies lose 0.4 on test rows and 0.2 on training rows, the model 0.3: half of the rows."""
    advantage = found(RefitLosses(np.full(4, 0.3), np.full((2, 4), 0.4), np.full((2, 4), 0.2), np.full(4, 0.2), 0.25))
    assert 0.5 == pytest.approx(advantage.value)
    assert (0.5, 0.5) == pytest.approx((advantage.lower(0.002), advantage.upper(0.002)))
    assert (0.8, 0.0, 2, 4) == pytest.approx((advantage.room, advantage.excess, advantage.copies, advantage.n))


def test_limits_are_fiellers() -> None:
    """At its limits, λ is just refuted: (lead - λ gain)² = q² · variance of (lead - λ gain)."""
    advantage = found(drawn(400, seen=0.3))
    for alpha, limit in ((0.002, advantage.lower(0.002)), (0.05, advantage.upper(0.05))):
        off = advantage.lead - limit * advantage.gain
        variance = advantage.lead_variance - 2 * limit * advantage.covariance + limit**2 * advantage.gain_variance
        assert abs(off) == pytest.approx(student.isf(alpha, advantage.df) * math.sqrt(variance))
    assert advantage.lower(0.002) < advantage.lower(0.05) < advantage.value < advantage.upper(0.05)


def test_the_variance_by_hand() -> None:
    """Paired rows plus s² (1 + 1/J) of the copies' means; or other training rows in place of the pairs."""
    losses = drawn(100, level=0.05)
    test = losses.on_test.mean(axis=0)
    seeds = losses.on_test.mean(axis=1).var(ddof=1) * (1 + 1 / 8)
    paired = np.var(test - losses.own, ddof=1) / 100
    advantage = found(losses)
    assert paired + seeds == pytest.approx(advantage.lead_variance)
    assert (paired + seeds) ** 2 / (paired**2 / 99 + seeds**2 / 7) == pytest.approx(advantage.df)
    redrawn = 10.0 * RANDOM.normal(size=(8, 1)) + np.zeros((8, 100))
    other = found(replace(losses, redrawn=redrawn))
    assert redrawn[:, 0].var(ddof=1) + seeds == pytest.approx(other.lead_variance)


def test_one_copy_that_is_the_same() -> None:
    """Nothing is left to chance."""
    base = RANDOM.uniform(size=50)
    advantage = found(RefitLosses(base, base[None], base[None] / 2, base / 2, 0.25))
    assert (0.0, 0.0, 0.0) == (advantage.value, advantage.lower(0.002), advantage.upper(0.002))
    assert (0.10, True, False) == (advantage.detectable, advantage.is_one_of_them, advantage.stands_out)


def test_rows_of_one_group() -> None:
    """A model that is its copy needs no chance error; of any other it cannot be known."""
    base, one = RANDOM.uniform(size=50), Dependence(np.zeros(50, dtype=np.int64))
    same = RefitLosses(base, base[None], base[None] / 2, base / 2, 0.25)
    assert (0.0, 0.0) == (found(same, one).value, found(same, one).upper(0.002))
    other = found(replace(same, own=base * 0.9), one)
    assert (-math.inf, math.inf, 1.0) == (other.lower(0.002), other.upper(0.002), other.most)


def test_where_memory_may_gain_nothing_limits_are_wide() -> None:
    """A gain that could be none bounds no share from above; the lower limit stays a number."""
    losses = drawn(30, level=0.3)
    flat = replace(losses, on_train=losses.on_test + 0.2 * RANDOM.normal(size=losses.on_test.shape))
    advantage = found(flat)
    assert math.inf == advantage.upper(0.002)
    assert math.isfinite(advantage.lower(0.002))
    assert 1.0 == advantage.most


def test_sound_models_are_not_alarmed() -> None:
    """Of 400 sound ones with luck of rows and of fits none is taken for one that has seen a tenth."""
    lower = [found(drawn(200, level=0.03)).lower(0.002) for _ in range(400)]
    assert max(lower) <= 0.10


def test_seen_rows_are_found_and_measured() -> None:
    """Three rows in ten, on average, and in nearly all samples."""
    all_found = [found(drawn(1_000, seen=0.3, level=0.002)) for _ in range(60)]
    assert 0.3 == pytest.approx(np.mean([one.value for one in all_found]), abs=0.02)
    assert np.mean([one.lower(0.002) > 0.10 for one in all_found]) > 0.95
    assert not any(one.is_one_of_them for one in [found(drawn(1_000, seen=0.9, noise=0.02)) for _ in range(5)])


def test_what_is_detectable_is_detected_in_four_of_five() -> None:
    """As promised of sound models, where that share was seen."""
    promised = float(np.median([found(drawn(600, level=0.003)).detectable for _ in range(60)]))
    assert 0.2 < promised < 0.4
    share = np.mean([found(drawn(600, seen=promised, level=0.003)).lower(0.002) > 0.10 for _ in range(200)])
    assert 0.7 < share < 0.92


def test_rows_of_a_group_count_together() -> None:
    """Each row five times over is no more evidence than once."""
    losses = drawn(100, seen=0.3)
    groups = np.repeat(np.arange(100), 5)
    five = replace(losses, own=np.repeat(losses.own, 5), on_test=np.repeat(losses.on_test, 5, axis=1))
    once, together = found(losses), found(five, Dependence(groups))
    apart = found(five)
    assert once.lead_variance == pytest.approx(together.lead_variance, rel=0.01)
    assert apart.lead_variance < 0.9 * together.lead_variance


def test_errors_without_an_end() -> None:
    """One row that is off by a million decides nothing, and zeros do no harm."""
    errors = np.abs(RANDOM.normal(size=(3, 200)))
    own = np.abs(RANDOM.normal(size=200))
    plain = RefitLosses(own, errors, errors / 2, errors[0] / 2, bounded=True)
    wild = replace(plain, own=np.r_[1e6, own[1:]])
    assert found(plain).value == pytest.approx(found(wild).value, abs=0.05)
    nothing = RefitLosses(np.zeros(5), np.zeros((1, 5)), np.zeros((1, 5)), np.zeros(5), bounded=True)
    assert isinstance(refit_advantage(nothing), Missing)


@pytest.mark.parametrize(
    "change",
    [
        {"own": np.array([np.nan] * 50)},
        {"on_test": np.zeros((0, 50))},
        {"on_train": np.zeros((8, 1))},
        {"guess": 0.0},
    ],
    ids=["nan", "no copies", "one training row", "one class"],
)
def test_what_cannot_be_compared(change: dict[str, Any]) -> None:
    """Is said, and is no number."""
    assert isinstance(refit_advantage(replace(drawn(50), **change)), Missing)
