"""Question 4, class by class: told apart, found at a floor, too few to say; hand-worked counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.questions import errors
from tests.questions.conftest import evidence_of, of_cells

NAMES = ("a", "b", "c")
MATRIX = {true: {said: float(true != said) for said in NAMES} for true in NAMES}


def labels(table):
    """True and predicted codes with these counts, (true, predicted)."""
    pairs = [(i, j) for i, line in enumerate(table) for j, n in enumerate(line) for _ in range(n)]
    return [i for i, _ in pairs], [j for _, j in pairs]


def asked(table, names=NAMES, task=Task.MULTICLASS, **given):
    evidence = evidence_of(*labels(table), task=task, classes=names, data={"classes": list(names)}, errors=given)
    return errors.ask(evidence, evidence.spec.errors)


GOOD = [[180, 10, 10], [10, 80, 10], [5, 5, 40]]


def test_each_class_is_judged_by_what_names_it_and_what_does_not(found):
    """80 of 100 rows of b are called b, and 15 of the 250 others: 0.8 - 0.06."""
    answer = asked(GOOD, costs={"matrix": MATRIX})
    apart = found(answer, "ERRO-APART-2")
    assert 0.74 == pytest.approx(apart.measured.value)
    assert (Status.MET, True) == (apart.status, apart.blocking)
    assert "80 of 100 rows of y = b were called so, and 15 of 250 others" == apart.reason
    floor = found(answer, "ERRO-FOUND-3")
    assert (Status.MET, 0.2, 0.8) == (floor.status, floor.criterion.threshold, floor.measured.value)
    assert 1 == found(answer, "ERRO-CLASSES-COVERAGE").measured.value


def test_limits_are_those_of_newcombe_with_exact_limits_of_both_shares(found):
    """The lower one: 0.74 less the length of both arms, each from Clopper and Pearson (scipy's beta quantiles)."""
    from scipy.stats import beta

    bounds = found(asked(GOOD), "ERRO-APART-2").bounds
    low, high = beta.ppf(0.05, 80, 21), beta.ppf(0.95, 16, 235)
    assert 0.74 - np.hypot(0.8 - low, high - 0.06) == pytest.approx(bounds.lower, rel=1e-8)
    assert "counts" == bounds.recomputable


def test_a_class_that_is_never_named_is_not_proven_whatever_the_accuracy(found):
    answer = asked([[900, 20, 0], [20, 500, 0], [10, 30, 0]])
    finding = found(answer, "ERRO-APART-3")
    assert (Status.NOT_PROVEN, True) == (finding.status, finding.blocking)
    assert "no row at all was called y = c, which 40 rows are" == finding.reason
    assert "more rows alone will not help" in finding.needs


def test_a_class_that_others_are_taken_for_is_refuted(found):
    """5 of 100 rows of c are called c, and 300 of 600 others."""
    finding = found(asked([[200, 0, 100], [50, 50, 200], [95, 0, 5]]), "ERRO-APART-3")
    assert (Status.NOT_MET, True) == (finding.status, finding.blocking)


def test_a_class_that_costs_something_must_be_found_one_time_in_five(found):
    """10 of 200: refuted. Without costs nothing is asked, and where an error with a costs nothing, not of a."""
    table = [[300, 0, 0], [0, 300, 0], [100, 90, 10]]
    finding = found(asked(table, costs={"matrix": MATRIX}), "ERRO-FOUND-3")
    assert (Status.NOT_MET, "default") == (finding.status, finding.criterion.source)
    assert "10 of 200 rows of y = c were found" == finding.reason
    assert not [f for f in asked(table).findings if f.code.startswith("ERRO-FOUND")]
    free = MATRIX | {"a": dict.fromkeys(NAMES, 0.0)}
    codes = [f.code for f in asked(table, costs={"matrix": free}).findings if f.code.startswith("ERRO-FOUND")]
    assert ["ERRO-FOUND-2", "ERRO-FOUND-3"] == codes


def test_a_stated_floor_holds_for_its_class_however_small_it_is(found):
    """All 6 rows are found, which shows no more than 0.607 (0.05^(1/6))."""
    table = [[300, 0, 0], [0, 300, 0], [0, 0, 6]]
    finding = found(asked(table, floors={"c": 0.7}), "ERRO-FOUND-3")
    assert (Status.NOT_PROVEN, True) == (finding.status, finding.blocking)
    assert 0.05 ** (1 / 6) == pytest.approx(finding.bounds.lower)
    assert "set in the spec" in finding.criterion.source
    assert Status.MET is found(asked(table, floors={"c": 0.6}), "ERRO-FOUND-3").status


def test_of_two_classes_only_stated_floors_are_judged(found):
    """Savings against both constant answers ask whether they are told apart."""
    cells = of_cells(90, 10, 20, 180)
    evidence = evidence_of(*cells, errors={"floors": {"0": 0.8, "1": 0.98}})
    answer = errors.ask(evidence, evidence.spec.errors)
    assert [Status.MET, Status.NOT_MET] == [found(answer, f"ERRO-FOUND-{k}").status for k in (1, 2)]
    assert 0.9 == found(answer, "ERRO-FOUND-1").measured.value
    assert not [f for f in answer.findings if f.code.startswith(("ERRO-APART", "ERRO-CLASSES"))]


def many(small, size, right):
    """One large class and small ones of `size` rows, of which `right` are found and the others called the large one."""
    table = np.zeros((small + 1, small + 1), dtype=int)
    table[0, 0] = 1000
    for k in range(1, small + 1):
        table[k, k], table[k, 0] = right, size - right
    return table.tolist(), tuple(f"k{k}" for k in range(small + 1))


def test_small_classes_are_listed_and_judged_together(found):
    """19 rows are needed; five classes of 10 hold 4.8 % of the rows, and 45 of their 50 rows are found."""
    answer = asked(*many(5, 10, 9))
    alone, together = found(answer, "ERRO-APART-2"), found(answer, "ERRO-APART-SMALL")
    assert (Status.NOT_PROVEN, False) == (alone.status, alone.blocking)
    assert "10 rows of y = k1, 19 are needed" in alone.reason
    assert (Status.MET, True, 0.9) == (together.status, together.blocking, together.measured.value)
    coverage = found(answer, "ERRO-CLASSES-COVERAGE")
    assert (Status.MET, 1000 / 1050) == (coverage.status, pytest.approx(coverage.measured.value))
    assert "k1 (10)" in coverage.reason


def test_small_classes_may_not_hold_more_than_a_tenth(found):
    """Fifteen classes of 10 are 150 of 1,150 rows."""
    coverage = found(asked(*many(15, 10, 9)), "ERRO-CLASSES-COVERAGE")
    assert (Status.NOT_PROVEN, True) == (coverage.status, coverage.blocking)
    assert "more rows of k1 (10)" in coverage.needs


def test_small_classes_may_not_hold_more_than_a_tenth_of_what_is_at_stake(found):
    """50 rows at 100 against 1,000 rows at 1: five sixths."""
    table, names = many(5, 10, 9)
    matrix = {t: {s: 0.0 if t == s else 1.0 if t == "k0" else 100.0 for s in names} for t in names}
    answer = asked(table, names, costs={"matrix": matrix})
    cost = found(answer, "ERRO-CLASSES-COVERAGE-COST")
    assert (Status.NOT_PROVEN, pytest.approx(1000 / 6000)) == (cost.status, cost.measured.value)
    assert Status.MET is found(answer, "ERRO-CLASSES-COVERAGE").status


def test_a_confusion_among_small_classes_counts_as_wrong(found):
    """All 50 rows of five small classes are called another small class."""
    table, names = many(5, 10, 0)
    for k in range(1, 6):
        table[k][0], table[k][1 + k % 5] = 0, 10
    together = found(asked(table, names), "ERRO-APART-SMALL")
    assert (0.0, Status.NOT_PROVEN) == (together.measured.value, together.status)


def test_a_class_without_rows_is_listed_and_does_not_block(found):
    answer = asked([[300, 5, 0], [5, 300, 0], [0, 0, 0]])
    assert (Status.NOT_ASSESSED, False) == tuple(
        getattr(found(answer, "ERRO-APART-3"), k) for k in ("status", "blocking")
    )
    assert "c (0)" in found(answer, "ERRO-CLASSES-COVERAGE").reason


@pytest.mark.parametrize("what", ["groups", "time", "weight"])
def test_rows_that_depend_on_each_other_widen_the_limits(what, found):
    """The same counts in 50 groups, or moments, of seven, and with weights of 1 and 3."""
    evidence = evidence_of(*labels(GOOD), task=Task.MULTICLASS, classes=NAMES, data={"classes": list(NAMES)})
    order = np.random.default_rng(1).permutation(350)
    array = {"groups": order // 7, "time": order // 7, "weight": 1.0 + 2 * (order % 2)}[what]
    cases = replace(evidence.cases, **{what: array})
    finding = found(errors.ask(replace(evidence, cases=cases), evidence.spec.errors), "ERRO-APART-2")
    plain = found(errors.ask(evidence, evidence.spec.errors), "ERRO-APART-2")
    assert finding.measured.value == pytest.approx(0.74, abs=0.1)
    assert finding.bounds.upper - finding.bounds.lower > 0.9 * (plain.bounds.upper - plain.bounds.lower)
    assert finding.bounds.basis is not None
