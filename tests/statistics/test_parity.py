"""Groups compared with each other: values by hand as fairlearn defines them, and intervals that hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.spec.questions import Segments
from readiness.statistics.cases import Cases
from readiness.statistics.intervals import Binomial, Mover
from readiness.statistics.parity import MEASURES, Group, LeastRatio, Spread, Widest, compare_groups, group_shares


def of_cells(*groups):
    """Cases and group codes from (tp, fn, fp, tn) of each group."""
    truth, said, codes = [], [], []
    for code, (tp, fn, fp, tn) in enumerate(groups):
        truth += [1] * (tp + fn) + [0] * (fp + tn)
        said += [1] * tp + [0] * fn + [1] * fp + [0] * tn
        codes += [code] * (tp + fn + fp + tn)
    return Cases(Task.BINARY, np.array(truth), np.array(said)), np.array(codes)


def shares_of(*groups, least_rows=1, **more):
    """Shares of groups a, b, c … with these cells."""
    cases, codes = of_cells(*groups)
    cases = Cases(Task.BINARY, cases.y_true, cases.y_pred, **{key: make(cases) for key, make in more.items()})
    return group_shares(cases, codes, "abcdef"[: len(groups)], least_rows=least_rows)


def groups(*pairs):
    """Groups with k of n."""
    return tuple(Group(str(i), Binomial(k, n)) for i, (k, n) in enumerate(pairs))


A, B, C = (30, 10, 10, 50), (15, 15, 30, 40), (40, 10, 0, 50)
"""Selected 40, 45 and 40 of 100; found .75, .5 and .8; false alarms 1/6, 3/7 and 0."""


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("demographic_parity_difference", 0.45 - 0.40),
        ("demographic_parity_ratio", 0.40 / 0.45),
        ("equal_opportunity_difference", 0.8 - 0.5),
        ("equalized_odds_difference", 30 / 70),
    ],
)
def test_values_are_those_of_fairlearn(measure, expected):
    """Worked by hand from the counts of three groups."""
    assert expected == pytest.approx(compare_groups(measure, shares_of(A, B, C)).value)


def test_every_measure_of_the_spec_is_there():
    """The names that a spec may give a limit for."""
    for name in MEASURES:
        assert {name: 0.5} == Segments(fairness={name: 0.5}).fairness


def test_odds_are_the_wider_of_two():
    """False alarms are farther apart than recall: 3/7 - 0 against .8 - .5."""
    odds = compare_groups("equalized_odds_difference", shares_of(A, B, C))

    assert isinstance(odds, Widest)
    assert ("c", "b") == (odds.widest.lowest.name, odds.widest.highest.name)
    assert 150 + 170 - 20 - 0 == odds.n
    assert odds.upper(0.05) == max(spread.upper(0.05) for spread in odds.spreads)
    assert odds.lower(0.05) == max(spread.lower(0.025) for spread in odds.spreads)


def test_two_groups_are_as_wide_as_their_difference_by_mover():
    """The side that excludes a wide gap is MOVER's own limit; the other knows that either may be the higher one."""
    spread = Spread(groups((90, 300), (50, 250)))
    mover = Mover(Binomial(90, 300), Binomial(50, 250))

    assert mover.upper(0.05) == pytest.approx(spread.upper(0.05))
    assert mover.lower(0.025) == pytest.approx(spread.lower(0.05))


def test_the_ratio_of_large_groups_is_near_its_normal_limits():
    """With 10,000 rows each, MOVER-R is what the delta method on the logarithm gives."""
    ratio = LeastRatio(groups((2000, 10_000), (2500, 10_000)))
    error = math.sqrt(0.8 / 2000 + 0.75 / 2500)

    assert 0.8 == ratio.value
    assert 0.8 * math.exp(-1.645 * error) == pytest.approx(ratio.lower(0.05), abs=0.002)
    assert 0.8 * math.exp(1.960 * error) == pytest.approx(ratio.upper(0.05), abs=0.002)


def test_both_ends():
    """A group of which nobody is selected, and one of which everybody is."""
    ratio, spread = (kind(groups((0, 50), (50, 50))) for kind in (LeastRatio, Spread))

    assert (0.0, 0.0) == (ratio.value, ratio.lower(0.05))
    assert 0 < ratio.upper(0.05) < 0.2
    assert (1.0, 1.0) == (spread.value, spread.upper(0.05))
    assert 0.8 < spread.lower(0.05) < 1


def test_equal_groups_are_never_proven_apart():
    """The same share in each: the lower limit of the gap is 0, the upper one of the ratio is 1."""
    same = groups((30, 100), (60, 200), (15, 50))
    assert (0.0, 1.0) == (Spread(same).lower(0.05), LeastRatio(same).upper(0.05))


def test_nobody_selected_anywhere_has_no_ratio():
    """0 over 0 is no number; nor is a comparison of one group."""
    nobody = shares_of((0, 10, 0, 10), (0, 10, 0, 10))

    assert isinstance(compare_groups("demographic_parity_ratio", nobody), Missing)
    assert 0.0 == compare_groups("demographic_parity_difference", nobody).value
    for measure in MEASURES:
        assert isinstance(compare_groups(measure, shares_of(A)), Missing)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(40, 90)), min_size=2, max_size=5))
def test_values_lie_between_their_limits(pairs):
    """For any counts, and wider for a smaller error."""
    made = groups(*pairs)
    for kind in (Spread, *((LeastRatio,) if any(k for k, _ in pairs) else ())):
        found = kind(made)
        low, high = found.interval(0.95)
        assert 0 <= found.lower(0.005) <= low <= found.value + 1e-12
        assert found.value - 1e-12 <= high <= found.upper(0.005) <= 1


@pytest.mark.parametrize(
    ("shares", "rows"),
    [
        ((0.2, 0.2), (100, 100)),
        ((0.1, 0.2, 0.3), (200, 50, 50)),
        ((0.03, 0.03, 0.3), (40, 40, 400)),
        ((0.2,) * 5, (80,) * 5),
    ],
)
def test_limits_hold(shares, rows):
    """Each one-sided 5 % limit misses the true gap and ratio of the extremes in no more than 5 % of samples."""
    rng = np.random.default_rng(0)
    gap, ratio = max(shares) - min(shares), min(shares) / max(shares)
    missed = np.zeros(4)
    for drawn in rng.binomial(rows, shares, (300, len(rows))):
        made = groups(*zip(drawn.tolist(), rows, strict=True))
        spread, least = Spread(made), LeastRatio(made)
        missed += [
            spread.upper(0.05) < gap - 1e-12,
            spread.lower(0.05) > gap + 1e-12,
            least.lower(0.05) > ratio + 1e-12,
            least.upper(0.05) < ratio - 1e-12,
        ]
    assert max(missed / 300) <= 0.05


def test_small_groups_are_left_out_by_their_own_denominator():
    """Group b has 100 rows and 20 with the label: it is compared by selection, not by recall."""
    found = shares_of(A, (10, 10, 20, 60), C, least_rows=30)

    assert ["a", "b", "c"] == [group.name for group in found.selection]
    assert ["a", "c"] == [group.name for group in found.recall]


def test_equal_weights_change_nothing():
    """Weights of 2 on every row."""
    plain, weighted = shares_of(A, B), shares_of(A, B, weight=lambda cases: np.full(cases.n, 2.0))
    values = [[group.share.value for group in s.selection + s.recall] for s in (plain, weighted)]

    assert values[0] == pytest.approx(values[1])
    assert compare_groups(MEASURES[0], plain).lower(0.05) == pytest.approx(
        compare_groups(MEASURES[0], weighted).lower(0.05)
    )


def test_rows_that_come_in_tens_say_less():
    """Ten equal rows of each user widen the limits."""
    plain, tens = shares_of(A, B), shares_of(A, B, groups=lambda cases: np.arange(cases.n) // 10)

    assert compare_groups(MEASURES[1], plain).upper(0.05) < compare_groups(MEASURES[1], tens).upper(0.05)
