"""Question 4: the threshold in use, and when another one is recommended."""

from __future__ import annotations

import numpy as np
import pytest

from readiness.core.findings import Status
from readiness.questions import errors
from tests.questions.conftest import evidence_of, of_cells
from tests.questions.test_errors import KNOWN, asked


def scored(threshold, n=3000, costs=None, stated=None, requirements=(), **given):
    """Honest probabilities; 0.1 costs least where a miss costs nine false alarms (Elkan 2001)."""
    rng = np.random.default_rng(0)
    p = 1 / (1 + np.exp(-rng.normal(-2, 2, n)))
    y = (rng.random(n) < p).astype(int)
    prices = {"false_positive": 1, "false_negative": 9} if costs is None else costs
    model = {"name": "m", "version": "1", "path": "m.joblib", "threshold": stated}
    evidence = evidence_of(
        y, (p >= threshold).astype(int), score=p, model=model, errors={"costs": prices, **given},
        business={"requirements": list(requirements)},
    )  # fmt: skip
    return errors.ask(evidence, evidence.spec.errors)


def wanted(metric, least, **more):
    return {"says": f"Enough {metric}", "metric": metric, "at_least": least, **more}


def test_the_stated_threshold_is_printed(found):
    finding = found(scored(0.3, stated=0.3), "ERRO-THRESHOLD-IN-USE")
    assert (0.3, False) == (finding.measured.value, finding.blocking)
    assert finding.reason.startswith("set in the spec; ")
    assert "are called y = 1" in finding.reason


@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_the_candidates_own_rule_is_found_in_its_scores(threshold, found):
    """A half where that gives the labels, else midway between the last score above and the first below."""
    finding = found(scored(threshold), "ERRO-THRESHOLD-IN-USE")
    assert threshold == pytest.approx(finding.measured.value, abs=0.002 if threshold != 0.5 else 0)
    assert "the candidate's own rule" in finding.reason


def test_labels_that_no_threshold_gives_are_told(found):
    answer = errors.ask(
        evidence_of([0, 1, 0, 1], [1, 0, 0, 1], score=[0.2, 0.3, 0.4, 0.9]), evidence_of([0], [0]).spec.errors
    )
    finding = found(answer, "ERRO-THRESHOLD-IN-USE")
    assert finding.measured is None
    assert "different answers" in finding.reason


def test_labels_alone_have_none():
    assert not [f for f in asked(KNOWN, None).findings if f.code.startswith("ERRO-THRESHOLD")]


@pytest.mark.parametrize("said", [0, 1])
def test_one_answer_for_all_rows_is_a_threshold_beyond_all_scores(said, found):
    truth, _ = of_cells(5, 5, 5, 5)
    evidence = evidence_of(truth, [said] * 20, score=np.linspace(0.1, 0.9, 20))
    finding = found(errors.ask(evidence, evidence.spec.errors), "ERRO-THRESHOLD-IN-USE")
    assert (0.1 if said else 0.9) == pytest.approx(finding.measured.value)


def test_a_better_threshold_is_recommended_with_what_it_does(found):
    """Requirements that hold either way: about a third of the rows are flagged in place of a tenth."""
    advice = found(scored(0.9, requirements=[wanted("recall", 0.5)]), "ERRO-THRESHOLD-ADVICE")
    assert 0.03 < advice.measured.value < 0.25
    assert "would be called y = 1 in place of" in advice.reason
    assert "of them would be right in place of" in advice.reason
    assert "review again" in advice.needs


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"requirements": [wanted("precision", 0.7)]}, "with the cheapest one “Enough precision” is missed"),
        ({"requirements": [wanted("precision", 0.7), wanted("recall", 0.5)]}, "“Enough precision”"),
        ({"requirements": [wanted("f1", 0.2, gain_over="majority")], "floors": {"0": 0.9}}, "y = 0"),
        ({"capacity": 0.2}, "would be acted on, and only 600 can be"),
        ({"capacity": 600}, "would be acted on, and only 600 can be"),
    ],
)
def test_what_breaks_a_requirement_is_not_recommended(given, words, found):
    answer = scored(0.9, **given)
    advice = found(answer, "ERRO-THRESHOLD-ADVICE")
    assert advice.measured is None
    assert Status.NOT_ASSESSED is advice.status
    assert advice.reason.startswith("none: ")
    assert words in advice.reason
    assert "" == found(answer, "ERRO-REGRET").warning


def test_what_chance_explains_is_not_recommended(found):
    assert "chance alone" in found(scored(0.1), "ERRO-THRESHOLD-ADVICE").reason


def test_requirements_that_hang_on_no_threshold_do_not_speak_against_it(found):
    """A rank cannot be moved, and is missed either way."""
    advice = found(scored(0.9, requirements=[wanted("roc_auc", 0.999)]), "ERRO-THRESHOLD-ADVICE")
    assert advice.measured is not None
