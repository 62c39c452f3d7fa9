"""When do rows say too little of chance for a *met*, however good the limits look?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from readiness.core.findings import Claim, Criterion, Status
from readiness.core.policy import Task
from readiness.statistics.basis import basis_of
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import compare
from readiness.statistics.estimators import measure, reason_to_withhold
from readiness.statistics.inference import linear
from readiness.statistics.intervals import Binomial, Mover
from readiness.statistics.judge_claims import FEWEST_GROUPS, Measurement, few_groups, judge_claims, reservation
from readiness.statistics.means import mean_of
from readiness.statistics.parity import Group, Spread

FEW = Binomial(940.0, 1000, 1.5, 10.0, 98.0, 12.0)
"""60 misses that come from 12 equal groups."""
ENOUGH = replace(FEW, miss_groups=31.0)


def said(inference, *, wants_more=True):
    return reservation(basis_of(inference), wants_more=wants_more)


def judged(inference, criterion):
    claim = Measurement(Claim("X", "x", criterion), "accuracy", inference)
    return judge_claims([claim], alpha=0.05, level=0.95)[0]


def test_few_groups_with_misses_withhold_a_lower_limit():
    """Twelve equal groups hold the misses: 20 / 12, rounded up, times as many are needed."""
    words = said(FEW)
    assert "60 rows that count against it come from few groups, no more than about 12 equal ones" in words
    assert "about 1.7 times as many groups" in words
    assert said(ENOUGH) == ""
    assert said(FEW, wants_more=False) == ""  # for an upper limit the hits would count, and they are not rare


def test_a_false_positive_rate_is_endangered_by_its_hits():
    """Turned round: the hits are rare, and the upper limit is what a *met* rests on."""
    rate = Binomial(60.0, 1000, 1.5, 10.0, 12.0, 98.0)
    assert said(rate, wants_more=False)
    assert said(rate) == ""


def test_the_outcome_that_is_not_rare_needs_no_groups():
    """700 misses of 1,000 in 12 groups: a lower limit of 30 % is not flattered by groups that happened to be left out."""
    assert said(Binomial(300.0, 1000, 1.5, 10.0, 12.0, 12.0)) == ""


def test_no_miss_at_all_is_bounded_by_its_groups_alone():
    """Nothing to learn a dependence from; the limit takes it to be whole."""
    assert said(Binomial(1000.0, 1000, 20.0, math.inf, 50.0, 0.0)) == ""


def test_independent_rows_have_no_groups():
    """Nor have rows in time order, which have rules of their own."""
    assert said(Binomial(999, 1000)) == said(Binomial(990, 1000, 1.5, 9.0)) == ""


def test_differences_look_at_the_side_that_counts():
    """Outside less inside < limit: the lower limit of the inside, and the upper one of the outside."""
    assert said(Mover(ENOUGH, FEW), wants_more=False)
    assert said(Mover(FEW, ENOUGH), wants_more=False) == ""
    assert said(linear(Mover(ENOUGH, FEW), scale=-1))
    assert said(Spread((Group("a", ENOUGH), Group("b", FEW))), wants_more=False)


def test_what_is_withheld_may_still_be_not_met():
    """Met becomes not proven, with the words; not met stays."""
    withheld_, refused = judged(FEW, Criterion(">=", 0.8)), judged(FEW, Criterion(">=", 0.99))
    assert (Status.NOT_PROVEN, Status.NOT_MET) == (withheld_.status, refused.status)
    assert "as many groups" in withheld_.needs
    assert Status.MET is judged(ENOUGH, Criterion(">=", 0.8)).status


@pytest.mark.parametrize(("groups", "words"), [(1.0, "a single group"), (19.0, "about 19 equal"), (20.0, "")])
def test_the_words_on_groups(groups, words):
    """20 are enough."""
    assert words in few_groups(groups, 30.0)
    assert bool(few_groups(groups, 30.0)) is (groups < FEWEST_GROUPS)


def test_a_heavy_tail_withholds_the_mean_of_squares_and_what_is_made_of_it():
    """One error of 100 among 200 of 1, which decides both means; of ordinary errors neither is withheld at 400 rows."""
    y = np.zeros(200)
    y[:2] = 1
    heavy = Cases(Task.REGRESSION, y, y + np.where(np.arange(200) == 7, 100.0, np.linspace(0.9, 1.1, 200)))
    normal = np.random.default_rng(0).normal(size=(2, 400))
    plain = Cases(Task.REGRESSION, normal[0], normal[0] + normal[1])
    for metric, more in (("mae", False), ("mse", False), ("rmse", False), ("r2", True), ("explained_variance", True)):
        assert "about" in said(measure(metric, heavy), wants_more=more)
        assert said(measure(metric, plain), wants_more=more) == ""


def test_rows_needed_are_25_times_the_squared_skewness():
    """Cochran's rule at its bar: skewness 2 needs 100 rows."""
    values = np.r_[np.zeros(80), np.ones(20)] + 1e-6 * np.arange(100)
    skewness = 0.6 / math.sqrt(0.16)
    assert 25 * skewness**2 < 100
    assert said(mean_of(values)) == ""
    assert f"about {math.ceil(25 * skewness**2)} are needed" in said(mean_of(values[::2]), wants_more=False)
    assert "50 rows are too few" in said(mean_of(values[::2]))


def test_losses_hide_nothing_below():
    """A mean absolute error is never better than it looks by an error that was not seen; savings may be worse."""
    y = np.zeros(100)
    cases = Cases(Task.REGRESSION, y, np.exp(np.random.default_rng(1).normal(size=100)))
    assert said(measure("mae", cases), wants_more=False)
    assert said(measure("mae", cases)) == ""
    nothing = Cases(Task.REGRESSION, y, np.linspace(0.4, 0.6, 100))
    assert said(compare("mae", nothing, cases))


def test_rare_amounts_of_a_known_range_hold_with_any_number_of_rows():
    """What could be lost at most is known; where it is not, few events are believed as little as any few rows."""
    values = np.zeros(300)
    values[:5] = 50.0
    assert said(mean_of(values, least=0.0, most=80.0), wants_more=False) == ""
    assert "300 rows are too few" in said(mean_of(values), wants_more=False)


def test_metrics_of_several_shares_count_wrong_rows_by_their_pull():
    """All wrong rows of 1,000 in five of 100 groups: kappa, F2 and the means over classes are withheld, too."""
    rng, groups = np.random.default_rng(0), np.repeat(np.arange(100), 10)
    y = rng.integers(0, 2, 1000)
    few = np.where((groups < 5) & (rng.random(1000) < 0.6), 1 - y, y)
    many = np.where(rng.random(1000) < 0.1, 1 - y, y)
    for metric in ("f2", "matthews_corrcoef", "cohen_kappa"):
        assert "groups" in reason_to_withhold(metric, Cases(Task.BINARY, y, few, groups=groups))
        assert reason_to_withhold(metric, Cases(Task.BINARY, y, many, groups=groups)) == ""
        assert reason_to_withhold(metric, Cases(Task.BINARY, y, few)) == ""
    assert "groups" in reason_to_withhold("f1_macro", Cases(Task.MULTICLASS, y, few, groups=groups))
    assert said(measure("f1", Cases(Task.BINARY, y, few, groups=groups)))
    assert said(measure("balanced_accuracy", Cases(Task.BINARY, y, few, groups=groups)))
