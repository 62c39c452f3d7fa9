"""Another share of positives: metrics by hand, limits of the corners, mixtures of scores, the share from answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess
from readiness.statistics.estimators import number
from readiness.statistics.inference import Exact
from readiness.statistics.intervals import Binomial, Mover
from readiness.statistics.label_shift import (
    carry_mean,
    carry_metric,
    mean_of_two_amounts,
    mixture_distance,
    share_positive,
    shift_of_log_odds,
    table_of,
)

RECALL, ALARMS = Binomial(80, 100), Binomial(90, 900)
"""80 of 100 positives are found, 90 of 900 negatives are called positive."""


@pytest.mark.parametrize(
    ("metric", "share", "expected"),
    [
        ("precision", 0.1, 80 / 170),
        ("precision", 0.01, 0.008 / (0.008 + 0.099)),
        ("accuracy", 0.01, 0.99 * 0.9 + 0.01 * 0.8),
        ("f1", 0.5, 2 * 0.4 / (2 * 0.4 + 0.05 + 0.1)),
        ("recall", 0.01, 0.8),
        ("precision", 0.0, 0.0),
    ],
)
def test_values_by_hand(metric: str, share: float, expected: float) -> None:
    assert expected == pytest.approx(carry_metric(metric, RECALL, ALARMS, share).value)


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 40), st.integers(1, 40))
def test_the_same_share_gives_the_same_number(tp: int, fn: int, fp: int, tn: int) -> None:
    cases = Cases(Task.BINARY, np.repeat([1, 1, 0, 0], [tp, fn, fp, tn]), np.repeat([1, 0, 1, 0], [tp, fn, fp, tn]))
    share = (tp + fn) / cases.n
    for metric in ("precision", "f1", "f2", "accuracy", "matthews_corrcoef", "cohen_kappa", "balanced_accuracy"):
        there = carry_metric(metric, Binomial(tp, tp + fn), Binomial(fp, fp + tn), share).value
        assert number(metric, cases) == pytest.approx(there, abs=1e-9)


def test_limits_are_the_arms_of_both_rates() -> None:
    """Precision at 0.01: one arm down to the lower limit of recall, one to the upper of the false positive rate."""
    found = carry_metric("precision", RECALL, ALARMS, 0.01)

    def precision(r: float, f: float) -> float:
        return 0.01 * r / (0.01 * r + 0.99 * f)

    value = precision(0.8, 0.1)
    down = math.hypot(value - precision(RECALL.lower(0.05), 0.1), value - precision(0.8, ALARMS.upper(0.05)))
    up = math.hypot(precision(RECALL.upper(0.05), 0.1) - value, precision(0.8, ALARMS.lower(0.05)) - value)
    assert (value - down, value + up) == pytest.approx((found.lower(0.05), found.upper(0.05)))
    assert 1_000 == found.n


def test_accuracy_is_the_mover_of_two_shares() -> None:
    """Where the function is a sum, the corners are Zou and Donner's interval."""
    found = carry_metric("accuracy", RECALL, ALARMS, 0.2)
    both = carry_mean(RECALL, Binomial(810, 900), 0.2)
    assert isinstance(both, Mover)
    assert (both.value, both.lower(0.05), both.upper(0.05)) == pytest.approx(
        (found.value, found.lower(0.05), found.upper(0.05))
    )


def test_a_guess_is_carried_alike() -> None:
    """Always positive has an F1 of 2 · 0.01 / 1.01 where one row in a hundred is."""
    gain = carry_metric("f1", RECALL, ALARMS, 0.01, guess=Guess((0.0, 1.0)), factor=1.5)
    alone = carry_metric("f1", RECALL, ALARMS, 0.01)
    assert alone.value - 1.5 * 0.02 / 1.01 == pytest.approx(gain.value)
    assert alone.lower(0.05) - alone.value == pytest.approx(gain.lower(0.05) - gain.value)


def test_means_at_the_ends_are_those_of_one_class() -> None:
    assert carry_mean(RECALL, ALARMS, 1.0) is RECALL
    assert carry_mean(RECALL, ALARMS, 0.0) is ALARMS
    assert isinstance(carry_mean(RECALL, Missing("none"), 0.5), Missing)


def test_amounts_of_two_kinds() -> None:
    assert -2.0 == mean_of_two_amounts(RECALL, -10.0, 0.0).value
    assert isinstance(mean_of_two_amounts(RECALL, 3.0, 3.0), Exact)
    assert math.log(9) == pytest.approx(shift_of_log_odds(0.1, 0.5))
    assert [[0.81, 0.09], [0.02, 0.08]] == [[round(cell, 12) for cell in row] for row in table_of(0.8, 0.1, 0.1)]


def scores(rng: np.random.Generator, n: int, share: float, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    y = rng.random(n) < share
    return rng.normal(size=n) + 2.0 * y + shift * ~y, y


@pytest.mark.parametrize(("there", "shares", "fits"), [(0.1, (0.1, 0.1), True), (0.1, (0.05, 0.3), True),
                                                       (0.2, (0.1, 0.1), False), (0.2, (0.0, 1.0), True)])  # fmt: skip
def test_mixtures(there: float, shares: tuple[float, float], fits: bool) -> None:
    rng = np.random.default_rng(1)
    known, y = scores(rng, 20_000, 0.4)
    apart = mixture_distance(scores(rng, 20_000, there)[0], known[y], known[~y], shares)
    assert fits == (apart.p > 0.002)
    assert shares[0] <= apart.share <= shares[1]
    if fits:
        assert there == pytest.approx(apart.share, abs=0.02)


def test_other_negatives_are_no_mixture() -> None:
    rng = np.random.default_rng(2)
    known, y = scores(rng, 20_000, 0.4)
    apart = mixture_distance(scores(rng, 20_000, 0.4, shift=-1.0)[0], known[y], known[~y], (0.0, 1.0))
    assert apart.largest > 0.1
    assert apart.p < 1e-6


def test_fewer_units_than_rows_prove_less() -> None:
    rng = np.random.default_rng(3)
    known, y = scores(rng, 4_000, 0.4)
    recent = scores(rng, 4_000, 0.5)[0]
    rows = mixture_distance(recent, known[y], known[~y], (0.4, 0.4))
    groups = mixture_distance(recent, known[y], known[~y], (0.4, 0.4), units=(40, 16, 24))
    assert rows.largest == groups.largest
    assert rows.p < 0.01 < groups.p


def test_the_share_from_answers_by_hand() -> None:
    """170 of 1,000 answered positive with recall 0.8 and false positive rate 0.1 speak for 0.07 / 0.7 = 0.1."""
    found = share_positive(Binomial(170, 1_000), RECALL, ALARMS)
    assert 0.1 == pytest.approx(found.value)
    assert 0.0 <= found.lower(0.002) < found.lower(0.05) < 0.1 < found.upper(0.05) < found.upper(0.002) < 0.3


def test_answers_that_tell_nothing_leave_the_share_open() -> None:
    found = share_positive(Binomial(50, 100), Binomial(5, 10), Binomial(49, 100))
    assert (0.0, 1.0) == (found.lower(0.05), found.upper(0.05))
