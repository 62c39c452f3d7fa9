"""Question 4: what if the costs were different, or the threshold?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.questions import errors
from readiness.questions.costs import cost_parts, prices
from tests.questions.conftest import evidence_of, of_cells
from tests.questions.test_errors import KNOWN, asked


def codes(answer) -> set[str]:
    return {finding.code for finding in answer.findings}


def test_break_even_is_true_alarms_for_each_false_one(found):
    """138 right alarms and 45 false ones: a false alarm may cost 138 / 45 times what a miss costs; stated is a tenth."""
    finding = found(asked(KNOWN, {"false_positive": 10, "false_negative": 100}), "ERRO-BREAK-EVEN")

    assert 138 / 45 == pytest.approx(finding.measured.value)
    assert finding.measured.low < 138 / 45 < finding.measured.high
    assert "138 of 183 alarms were right; as stated it is 0.100 times as dear" == finding.reason
    assert not finding.blocking
    assert Status.NOT_ASSESSED == finding.status


def test_break_even_against_always_yes_counts_all_clears(found):
    """805 rightly left alone, 12 missed."""
    finding = found(asked(KNOWN, {"false_positive": 10, "false_negative": 100}, do_nothing=1), "ERRO-BREAK-EVEN")

    assert 805 / 12 == pytest.approx(finding.measured.value)
    assert "all-clears were right; as stated it is 10 times as dear" in finding.reason


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ((0, 20, 5, 75), "no alarm was right"),
        ((0, 20, 0, 80), "no alarm was right"),
        ((9, 11, 0, 80), "none of the 9 alarms was wrong"),
    ],
)
def test_break_even_without_a_ratio_says_why(found, cells, words):
    """No right alarm, no alarm at all, no false alarm."""
    finding = found(asked(of_cells(*cells), {"false_positive": 1, "false_negative": 2}), "ERRO-BREAK-EVEN")

    assert finding.measured is None
    assert words in finding.reason


def test_costs_that_differ_from_row_to_row_have_no_break_even():
    """There is no one ratio."""
    answer = asked(
        KNOWN,
        {"false_positive": 10, "false_negative": {"column": "amount"}},
        more={"costs": {"false_negative": np.arange(1000.0)}},
    )

    assert "ERRO-BREAK-EVEN" not in codes(answer)
    assert {"ERRO-FLIP-FP", "ERRO-FLIP-FN"} <= codes(answer)


@pytest.mark.parametrize("column", [False, True])
def test_the_answer_flips_at_the_factor_and_nowhere_before(found, column):
    """With a false alarm just below the factor savings are proven, just above they are not."""
    costs = {"false_positive": 10, "false_negative": {"column": "amount"} if column else 100}
    more = {"costs": {"false_negative": np.linspace(20, 200, 1000)}} if column else None
    factor = found(asked(KNOWN, costs, more=more), "ERRO-FLIP-FP").measured.value

    below, above = (asked(KNOWN, {**costs, "false_positive": 10 * factor * by}, more=more) for by in (0.995, 1.005))
    assert Status.MET == found(below, "ERRO-SAVINGS").status
    assert Status.NOT_PROVEN == found(above, "ERRO-SAVINGS").status


def test_only_the_ratio_of_the_costs_counts(found):
    """The factor on a miss is one over the factor on a false alarm, and the point flips where the break-even says."""
    answer = asked(KNOWN, {"false_positive": 10, "false_negative": 100})
    alarm, miss = found(answer, "ERRO-FLIP-FP"), found(answer, "ERRO-FLIP-FN")

    assert 1.0 == pytest.approx(alarm.measured.value * miss.measured.value, rel=1e-6)
    assert "savings stay proven as long as a false alarm costs less than" in alarm.reason
    assert "savings stay proven as long as a miss costs more than" in miss.reason
    assert "the measured savings are 0 at 30.7 times" in alarm.reason


def test_flipped_costs_say_what_would_mend_them(found):
    """A false alarm at 100 and a miss at 10: lost, unless an alarm cost much less."""
    finding = found(asked(of_cells(138, 12, 60, 790), {"false_positive": 100, "false_negative": 10}), "ERRO-FLIP-FP")

    assert finding.measured.value < 0.23
    assert finding.reason.startswith("savings would be proven if a false alarm cost less than")


def test_an_answer_that_hangs_on_a_cost_bears_a_warning(found):
    """A quarter more would do."""
    finding = found(asked(KNOWN, {"false_positive": 230, "false_negative": 100}), "ERRO-FLIP-FP")

    assert 1 < finding.measured.value < 1.25
    assert "hangs on this cost" == finding.warning


def test_no_factor_helps_a_model_that_finds_nothing(found):
    """Without any right alarm nothing is saved, whatever the costs."""
    answer = asked(of_cells(0, 20, 5, 975), {"false_positive": 1, "false_negative": 2})

    assert found(answer, "ERRO-FLIP-FP").measured is None
    assert "savings are not proven" in found(answer, "ERRO-FLIP-FP").reason
    assert "ERRO-FLIP-FN" not in codes(answer)


def test_the_point_rule_flips_where_the_point_does(found):
    """By the point rule the measured savings decide: 138 · 100 / (45 · 10) times."""
    evidence = evidence_of(*KNOWN, evidence="point", errors={"costs": {"false_positive": 10, "false_negative": 100}})
    finding = found(errors.ask(evidence, evidence.spec.errors), "ERRO-FLIP-FP")

    assert 138 * 100 / 450 == pytest.approx(finding.measured.value, rel=1e-3)
    assert "stay above 0" in finding.reason


def test_the_parts_add_up_to_the_savings():
    """For every kind of costs."""
    three = {"a": {"a": 0, "b": 5, "c": 9}, "b": {"a": 4, "b": 0, "c": 4}, "c": {"a": 7, "b": 2, "c": 1}}
    rng = np.random.default_rng(0)
    binary = rng.integers(0, 2, (2, 60))
    given = {"false_positive": 3, "false_negative": {"column": "x"}}
    made = [
        evidence_of(*binary, errors={"costs": {"false_positive": 3, "false_negative": 7}}),
        evidence_of(*binary, errors={"costs": {"false_positive": 3, "false_negative": 7}, "do_nothing": 1}),
        evidence_of(*binary, errors={"costs": given}, more={"costs": {"false_negative": rng.random(60)}}),
        evidence_of(
            *rng.integers(0, 3, (2, 60)), task=Task.MULTICLASS, classes=("a", "b", "c"),
            data={"classes": ["a", "b", "c"]}, errors={"costs": {"matrix": three}},
        ),
        evidence_of(*rng.normal(size=(2, 60)), task=Task.REGRESSION, errors={"costs": {"under": 3, "over": 1}}),
    ]  # fmt: skip

    for evidence in made:
        first, second = cost_parts(evidence)
        priced = prices(evidence)
        assert (priced.nothing - priced.candidate).tolist() == pytest.approx((first.savings + second.savings).tolist())
        if first.cells is not None:
            assert priced.savings_cells == tuple((first.cells + second.cells).tolist())


def test_a_matrix_scales_its_dearest_pair(found):
    """Ten rows of c taken for a cost most in all."""
    truth, said = [0] * 100 + [1] * 100 + [2] * 100, [0] * 100 + [1] * 95 + [0] * 5 + [0] * 10 + [2] * 90
    matrix = {t: {p: 0 if t == p else 4 for p in "abc"} for t in "abc"}
    evidence = evidence_of(
        truth, said, task=Task.MULTICLASS, classes=("a", "b", "c"), data={"classes": ["a", "b", "c"]},
        errors={"costs": {"matrix": matrix}},
    )  # fmt: skip
    answer = errors.ask(evidence, evidence.spec.errors)

    assert "Factor on the cost of c taken for a at which the answer on savings changes" == (
        found(answer, "ERRO-FLIP-CELL").name
    )
    assert not {code for code in codes(answer) if code.startswith("ERRO-FLIP-")} - {"ERRO-FLIP-CELL"}


def scored(threshold: float, n: int = 2000):
    rng = np.random.default_rng(0)
    p = 1 / (1 + np.exp(-rng.normal(-2, 2, n)))
    y = (rng.random(n) < p).astype(int)
    costs = {"false_positive": 1, "false_negative": 9, "currency": "EUR"}
    evidence = evidence_of(y, (p >= threshold).astype(int), score=p, errors={"costs": costs})
    return errors.ask(evidence, evidence.spec.errors)


def test_a_threshold_far_off_leaves_money_on_the_table(found):
    """0.9 where 0.1 is best."""
    answer = scored(0.9)
    regret, best = found(answer, "ERRO-REGRET"), found(answer, "ERRO-THRESHOLD")

    assert regret.measured.low > 0
    assert "a cheaper threshold exists" == regret.warning
    assert regret.reason.endswith("money is left on the table")
    assert 0.03 < best.measured.value < 0.25
    assert "EUR" == regret.measured.unit


def test_the_best_threshold_leaves_nothing(found):
    """0.1 is what costs of 1 and 9 ask for (Elkan 2001)."""
    regret = found(scored(0.1), "ERRO-REGRET")

    assert regret.measured.low <= 0
    assert "" == regret.warning


def test_labels_alone_have_no_threshold():
    """Nothing could be moved."""
    answer = asked(KNOWN, {"false_positive": 10, "false_negative": 100})

    assert not {"ERRO-THRESHOLD", "ERRO-REGRET", "ERRO-CONCENTRATION"} & codes(answer)


def test_few_rows_carry_most_of_the_costs(found):
    """Twelve misses at 1 to 12 and one of them at 1,000."""
    amounts = np.ones(1000)
    amounts[138:150] = [*range(1, 12), 1000]
    evidence = evidence_of(*KNOWN, errors={"costs": {"false_positive": 0, "false_negative": {"column": "amount"}}})
    evidence = replace(evidence, costs={"false_negative": amounts})
    finding = found(errors.ask(evidence, evidence.spec.errors), "ERRO-CONCENTRATION")

    assert (1000 + sum(range(3, 12))) / (1000 + 66) == pytest.approx(finding.measured.value)
    assert "the dearest 10 % of the rows carry 100.0 %" == finding.reason


@pytest.mark.parametrize("cells", [(20, 0, 0, 80), (0, 20, 0, 80), (0, 0, 0, 100), (0, 0, 5, 95), (100, 0, 0, 0)])
def test_no_errors_no_alarms_and_one_class_are_no_trouble(cells):
    """The question is answered whatever is missing."""
    truth, said = of_cells(*cells)
    score = np.where(np.asarray(said) == 1, 0.8, 0.2)
    evidence = evidence_of(truth, said, score=score, errors={"costs": {"false_positive": 1, "false_negative": 2}})

    answer = errors.ask(evidence, evidence.spec.errors)

    assert {"ERRO-SAVINGS", "ERRO-BREAK-EVEN", "ERRO-CALIBRATION", "ERRO-CONFIDENT"} <= codes(answer)
