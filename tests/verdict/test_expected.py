"""What must be in a record follows from the spec alone."""

from __future__ import annotations

import pytest

from readiness.answers import Bounds, Criterion, Finding, Outcome, Question, Status, not_assessed
from readiness.criteria import Task
from readiness.spec import Spec
from readiness.verdict.expected import missing_codes, required_codes
from readiness.verdict.expected_bars import lower_bars, stated_limits
from readiness.verdict.record import RecordedAnswer


def make_spec(**parts: object) -> Spec:
    given = {
        "model": {"name": "m", "version": "1", "path": "m.joblib"},
        "data": {"test": "t.csv", "target": "y", "segments": ["a", "b"]},
    }
    return Spec.model_validate(given | parts)


def codes(spec: Spec, question: Question, task: Task = Task.BINARY) -> list[str]:
    return [alternatives[0] for alternatives in required_codes(spec, task)[question]]


def test_every_baseline_is_compared() -> None:
    """The trivial ones of the task, and each that the spec names."""
    rules = [{"name": "r", "when": "x > 1"}, {"name": "s", "column": "s"}]
    human = {"metric": "f1", "value": 0.5}
    current = {"name": "old", "path": "old.joblib"}
    spec = make_spec(baseline={"rules": rules, "human": human, "current": current})
    trivial = [f"BASE-LIFT-{key}" for key in ("UNIFORM", "MAJORITY", "STRATIFIED")]
    named = [f"BASE-LIFT-{key}" for key in ("RULE-1", "RULE-2", "CURRENT", "HUMAN")]
    assert trivial + named == codes(spec, Question.BASELINE)
    assert ["BASE-LIFT-MEAN", "BASE-LIFT-MEDIAN"] == codes(make_spec(), Question.BASELINE, Task.REGRESSION)


def test_every_requirement_has_its_number() -> None:
    """BUSI-1 to BUSI-n; none for an empty list, which is not assessed anyway."""
    requirement = {"says": "s", "metric": "recall", "at_least": 0.9}
    spec = make_spec(business={"requirements": [requirement] * 3})
    assert ["BUSI-1", "BUSI-2", "BUSI-3"] == codes(spec, Question.BUSINESS)
    assert [] == codes(make_spec(), Question.BUSINESS)


def test_every_segmentation_is_covered_for_every_judged_metric() -> None:
    """Two segmentations with two metrics of the spec's own."""
    spec = make_spec(segments={"metrics": ["recall", "precision"]})
    expected = [f"SEGM-{i}-COVERAGE-{metric}" for i in (1, 2) for metric in ("RECALL", "PRECISION")]
    assert expected == codes(spec, Question.SEGMENTS)
    assert ["SEGM-1-COVERAGE-MAE", "SEGM-2-COVERAGE-MAE"] == codes(make_spec(), Question.SEGMENTS, Task.REGRESSION)


def test_stability_depends_on_task_and_rule() -> None:
    """Churn only for labels, the standard deviation only under the point rule."""
    assert ["STAB-HALF-WIDTH", "STAB-CHURN"] == codes(make_spec(), Question.STABILITY)
    assert ["STAB-HALF-WIDTH", "STAB-STD"] == codes(make_spec(evidence="point"), Question.STABILITY, Task.REGRESSION)


def test_production_wants_boxes_probes_and_stated_limits() -> None:
    """A limit may also be stated as a business requirement."""
    spec = make_spec(
        production={"latency_p99_ms": 50, "must_handle": ["empty_frame"]},
        business={"requirements": [{"says": "small", "metric": "size_mb", "at_most": 100}]},
    )
    found = codes(spec, Question.PRODUCTION)
    for code in ("PROD-LATENCY-P99", "PROD-SIZE", "PROD-PROBE-EMPTY-FRAME", "PROD-PROBE-ONE-ROW", "PROD-BOX-AB-TEST"):
        assert code in found
    assert "PROD-BOX-STAKEHOLDER-SIGN-OFF" not in found
    assert {"PROD-LATENCY-P99": (("<=", 50),), "PROD-SIZE": (("<=", 100),)} == stated_limits(spec)


def answered(*findings: Finding) -> list[RecordedAnswer]:
    return [RecordedAnswer(Question.STABILITY, Status.NOT_ASSESSED, findings)]


def test_a_question_that_could_not_be_asked_lacks_nothing() -> None:
    """It says so in one blocking finding, and can never be met."""
    failed = not_assessed("STAB-FAILED", "n", "r")
    assert () == missing_codes(answered(failed), make_spec(), Task.BINARY)


@pytest.mark.parametrize(
    "excuse",
    [
        Finding("STAB-FAILED", "n", Status.MET, outcome=Outcome.PASSED),
        not_assessed("STAB-FAILED", "n", "r", blocking=False),
        Finding("STAB-REFITS", "n", Status.MET, outcome=Outcome.PASSED),
    ],
)
def test_an_excuse_must_be_not_assessed_and_count(excuse: Finding) -> None:
    """Otherwise one made-up finding would answer a question with yes."""
    assert ("STAB-HALF-WIDTH", "STAB-CHURN") == missing_codes(answered(excuse), make_spec(), Task.BINARY)


def test_refits_that_could_not_run_excuse_what_rests_on_them() -> None:
    """STAB-REFITS stands in for half-width and churn."""
    assert () == missing_codes(answered(not_assessed("STAB-REFITS", "n", "r")), make_spec(), Task.BINARY)


def test_a_code_is_not_another_one_that_begins_alike() -> None:
    """BUSI-1 is not answered by BUSI-10."""
    spec = make_spec(business={"requirements": [{"says": "s", "metric": "f1", "at_least": 0.9}]})
    answers = [RecordedAnswer(Question.BUSINESS, Status.MET, (Finding("BUSI-10", "n", Status.MET),))]
    assert ("BUSI-1",) == missing_codes(answers, spec, Task.BINARY)


@pytest.mark.parametrize(
    ("code", "bar", "is_fine"),
    [
        ("STAB-HALF-WIDTH", ("<=", 0.05), True),
        ("STAB-HALF-WIDTH", ("<=", 0.5), False),
        ("STAB-CHURN", ("<", 0.1), False),
        ("BASE-LIFT-MAJORITY", (">", 0.02), True),
        ("BASE-LIFT-MAJORITY", (">", -1.0), False),
        ("SEGM-1-COVERAGE-RECALL", (">=", 0.9), True),
        ("SEGM-1-COVERAGE-RECALL", (">=", 0.0), False),
        ("SEGM-1-2-RECALL", ("<", 0.15), True),
        ("SEGM-1-SMALL-RECALL", ("<", 0.9), False),
        ("ERRO-SAVINGS", (">", -5.0), False),
        ("SHOP-1", (">", 7.0), True),
    ],
)
def test_bars_are_those_of_the_spec(code: str, bar: tuple[str, float], is_fine: bool) -> None:
    """Own findings of a template may have any bar; those the spec speaks of have the spec's."""
    finding = Finding(code, "n", Status.MET, bounds=Bounds(0, 1, 0.05), criterion=Criterion(*bar))
    assert (() if is_fine else (code,)) == lower_bars(answered(finding), make_spec(), Task.BINARY)
