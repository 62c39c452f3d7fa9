"""Question 4 against answers that need no model: known sums, and what can be carried out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.baselines import with_predictions
from readiness.evidence.evidence import Alternative, Training
from readiness.questions import errors
from readiness.questions.costs import constants, prices
from tests.questions.conftest import evidence_of, of_cells

KNOWN = of_cells(138, 12, 45, 805)
"""A thousand rows: 150 positives, 12 missed, 45 false alarms."""
COSTS = {"false_positive": 10, "false_negative": 100}


def asked(evidence):
    return errors.ask(evidence, evidence.spec.errors)


def test_calling_every_row_positive_costs_850_false_alarms(found):
    """8,500 less the 1,650 of the candidate, in the words of the data."""
    answer = asked(evidence_of(*KNOWN, errors={"costs": COSTS | {"currency": "USD"}}))
    savings = found(answer, "ERRO-SAVINGS-CONSTANT")
    assert (8500 - 1650) / 1000 == pytest.approx(savings.measured.value)
    assert (Status.MET, True) == (savings.status, savings.blocking)
    assert "always y = 1 would cost 8,500 USD on these 1,000 rows" in savings.reason
    assert savings.name == "Savings for each row against always y = 1"


def test_where_everybody_is_handled_today_the_other_answer_is_to_handle_nobody(found):
    """Doing nothing is always 1, so that always 0 is the other answer: 15,000."""
    savings = found(asked(evidence_of(*KNOWN, errors={"costs": COSTS, "do_nothing": 1})), "ERRO-SAVINGS-CONSTANT")
    assert 13.35 == pytest.approx(savings.measured.value)
    assert "always y = 0" in savings.name


@pytest.mark.parametrize("amounts", [False, True])
def test_a_coin_that_flags_nine_of_ten_saves_nothing(found, amounts):
    """Against doing nothing it does: 90 of 100 positives found for 810 false alarms. Also with costs from a column."""
    cells = of_cells(90, 10, 810, 90)
    costs = {"false_positive": 1, "false_negative": {"column": "amount"} if amounts else 50}
    more = {"costs": {"false_negative": np.full(1000, 50.0)}}
    answer = asked(evidence_of(*cells, errors={"costs": costs}, more=more))
    assert Status.MET == found(answer, "ERRO-SAVINGS").status
    assert Status.NOT_MET == found(answer, "ERRO-SAVINGS-CONSTANT").status
    assert Status.NOT_MET == answer.status


@pytest.mark.parametrize("capacity", [0.05, 50, 0.95, 899])
def test_what_cannot_be_acted_on_is_drawn_at_random(found, capacity):
    """A coin flags 900 of 1,000: as many drawn at random cost the same, so that no capacity makes it worth a thing."""
    cells = of_cells(90, 10, 810, 90)
    given = {"costs": {"false_positive": 1, "false_negative": 50}, "capacity": capacity}
    savings = found(asked(evidence_of(*cells, errors=given)), "ERRO-SAVINGS-CONSTANT")
    assert savings.status is not Status.MET
    assert "rows can be acted on" in savings.reason
    is_over = capacity != 0.95
    assert ("acts on more rows than can be acted on" if is_over else "") == savings.warning
    assert not is_over or savings.measured.value == pytest.approx(0, abs=1e-9)


def test_a_small_capacity_leaves_a_good_model_its_savings(found):
    """It flags 183 rows; of 200 drawn at random 30 are positive: 12,000 + 1,700 against 1,650."""
    savings = found(asked(evidence_of(*KNOWN, errors={"costs": COSTS, "capacity": 0.2})), "ERRO-SAVINGS-CONSTANT")
    assert (12_000 + 1_700 - 1_650) / 1000 == pytest.approx(savings.measured.value)
    assert "y = 1 for 20 % of the rows at random would cost" in savings.reason
    assert "only 20 % of the rows can be acted on" in savings.reason
    assert (Status.MET, "") == (savings.status, savings.warning)


def test_a_share_that_was_measured_adds_its_own_chance():
    """Where as many are drawn as the candidate acts on, another sample would draw another number of them."""
    truth, predicted = of_cells(138, 12, 45, 805)
    rng = np.random.default_rng(1)

    def pulls(y, said):
        evidence = evidence_of(y, said, errors={"costs": COSTS, "capacity": 0.01})
        (constant,) = constants(evidence, priced := prices(evidence))
        saved = constant.cost - priced.candidate
        return saved.mean(), (saved + constant.pull).std() / len(saved) ** 0.5

    truth, predicted = np.array(truth), np.array(predicted)
    means = [pulls(truth[i], predicted[i])[0] for i in rng.integers(1000, size=(400, 1000))]
    assert np.std(means) == pytest.approx(pulls(truth, predicted)[1], rel=0.1)


def test_every_class_is_an_answer(found):
    """Three classes; what is always b costs less than what is always the largest, a."""
    truth, predicted = [0] * 500 + [1] * 300 + [2] * 200, [0] * 450 + [1] * 550
    matrix = {"a": {"a": 0, "b": 1, "c": 9}, "b": {"a": 9, "b": 0, "c": 9}, "c": {"a": 9, "b": 9, "c": 0}}
    evidence = evidence_of(
        truth, predicted, task=Task.MULTICLASS, classes=("a", "b", "c"), data={"classes": ["a", "b", "c"]},
        errors={"costs": {"matrix": matrix}},
    )  # fmt: skip
    answer = asked(evidence)
    assert (500 + 1800 - 50 - 1800) / 1000 == pytest.approx(found(answer, "ERRO-SAVINGS-CLASS-2").measured.value)
    assert "always y = b" in found(answer, "ERRO-SAVINGS-CLASS-2").reason
    assert {"ERRO-SAVINGS-CLASS-2", "ERRO-SAVINGS-CLASS-3"} == {
        f.code for f in answer.findings if f.code.startswith("ERRO-SAVINGS-CLASS")
    }


def test_of_many_classes_the_cheapest_answers_are_looked_at():
    """Thirty classes, each wrong one as dear as its number: doing nothing is the first."""
    names = tuple(f"c{k:02}" for k in range(30))
    matrix = {t: {p: float(j + 1) * (p != t) for j, p in enumerate(names)} for t in names}
    truth = np.tile(np.arange(30), 10)
    evidence = evidence_of(
        truth, truth, task=Task.MULTICLASS, classes=names, data={"classes": list(names)},
        errors={"costs": {"matrix": matrix}},
    )  # fmt: skip
    assert [f"ERRO-SAVINGS-CLASS-{k}" for k in range(2, 22)] == [
        c.key.code for c in constants(evidence, prices(evidence))
    ]


def of_numbers(predicted, training=None, **settings):
    errors = {"costs": {"under": 9, "over": 1}, **settings}
    evidence = evidence_of(np.arange(100.0), predicted, task=Task.REGRESSION, errors=errors)
    if training is None:
        return evidence
    return replace(evidence, training=Training(evidence.rows, np.asarray(training, dtype=float), ()))


def test_a_quantile_of_the_training_rows_is_the_cheapest_number(found):
    """Where too little costs nine times as much, nine in ten rows should not exceed it."""
    finding = found(asked(of_numbers(np.full(100, 50.0), np.arange(1000.0))), "ERRO-SAVINGS-QUANTILE")
    assert "always 899 (90 % of the training rows do not exceed it) would cost" in finding.reason
    (best,) = constants(of_numbers(np.zeros(100)), prices(of_numbers(np.zeros(100))))
    assert "of the test rows" in best.name
    costs = [9 * np.maximum(np.arange(100.0) - x, 0).sum() + np.maximum(x - np.arange(100.0), 0).sum()
             for x in range(100)]  # fmt: skip
    assert best.cost.sum() == min(costs)


def test_the_median_stays_where_doing_nothing_is_something_else():
    """And the quantile is left out where both sides cost the same: it is the median."""
    moved = of_numbers(np.zeros(100), do_nothing=3.0)
    assert ["ERRO-SAVINGS-MEDIAN", "ERRO-SAVINGS-QUANTILE"] == [c.key.code for c in constants(moved, prices(moved))]
    even = of_numbers(np.zeros(100), costs={"under": 2, "over": 2})
    assert () == constants(even, prices(even))


def with_current(said, rows=KNOWN, **settings):
    evidence = evidence_of(*rows, errors={"costs": COSTS, **settings})
    theirs = said if isinstance(said, Missing) else with_predictions(evidence.cases, np.asarray(said))
    return replace(evidence, alternatives=(*evidence.alternatives, Alternative("current", "old rules", theirs)))


def test_a_candidate_that_answers_alike_is_not_dearer(found):
    """It need not be cheaper; of few rows, though, nobody knows whether they always answer alike."""
    many = of_cells(2760, 240, 900, 16100)
    assert Status.MET == found(asked(with_current(many[1], rows=many)), "ERRO-CURRENT").status
    finding = found(asked(with_current(KNOWN[1])), "ERRO-CURRENT")
    assert (Status.NOT_PROVEN, True) == (finding.status, finding.blocking)
    assert 0.05 * 1.65 == pytest.approx(finding.measured.value)
    assert finding.name == "Errors cost no more than those of old rules and 5 %"
    assert "1.05 of theirs" in finding.reason


def test_a_candidate_that_misses_more_is_dearer(found):
    """The current model misses none of the twelve: 450 against 1,650."""
    better = [1] * 150 + KNOWN[1][150:]
    answer = asked(with_current(better))
    finding = found(answer, "ERRO-CURRENT")
    assert (Status.NOT_MET, Status.NOT_MET) == (finding.status, answer.status)
    assert "its errors cost 450 on these 1,000 rows, the candidate's 1,650" in finding.reason


def test_the_margin_is_the_spec_s_to_set(found):
    """One more miss than the current model, 1,650 against 1,550: a fifth is far more than that, nothing is not."""
    better = [1] * 139 + KNOWN[1][139:]
    bar = found(asked(with_current(better, dearer=0.2)), "ERRO-CURRENT")
    assert bar.measured.value == pytest.approx(1.2 * 1.55 - 1.65)
    assert "set in the spec" == bar.criterion.source
    strict = found(asked(with_current(better, dearer=0)), "ERRO-CURRENT")
    assert strict.status is not Status.MET
    assert strict.name == "Errors cost no more than those of old rules"


def test_a_current_model_that_could_not_be_scored_leaves_its_costs_open(found):
    """Nobody knows whether the candidate is dearer."""
    answer = asked(with_current(Missing("the file is gone", "bring it back")))
    finding = found(answer, "ERRO-CURRENT")
    assert (Status.NOT_ASSESSED, "the file is gone", "bring it back") == (finding.status, finding.reason, finding.needs)
    assert Status.NOT_ASSESSED == answer.status
