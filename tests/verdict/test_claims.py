"""The list of claims, and a record held against it: what must be there follows from the spec alone."""

from __future__ import annotations

from typing import Any

import pytest

from readiness.core.checklist import conclusion
from readiness.core.findings import (
    Answer,
    Bounds,
    Criterion,
    Estimate,
    Finding,
    Outcome,
    Question,
    Status,
    not_assessed,
)
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.spec.schema import Attestation, Spec
from readiness.verdict.attestations import false_attestations
from readiness.verdict.claims import TOPICS, claims_of
from readiness.verdict.comparison import lower_bars, missing_codes, missing_drift, missing_trend


def make_spec(**parts: object) -> Spec:
    given = {
        "model": {"name": "m", "version": "1", "path": "m.joblib"},
        "data": {"test": "t.csv", "target": "y", "segments": ["a", "b"]},
    }
    return Spec.model_validate(given | parts)


def codes(spec: Spec, question: Question, task: Task = Task.BINARY) -> list[str]:
    return [claim.code for claim in claims_of(spec, task).of(question) if claim.blocking]


def test_every_baseline_is_compared() -> None:
    """The trivial ones of the task, and each that the spec names."""
    rules = [{"name": "r", "when": "x > 1"}, {"name": "s", "column": "s"}]
    human = {"metric": "f1", "value": 0.5}
    current = {"name": "old", "path": "old.joblib"}
    spec = make_spec(baseline={"rules": rules, "human": human, "current": current})
    trivial = [f"BASE-LIFT-{key}" for key in ("UNIFORM", "MAJORITY", "STRATIFIED", "MINORITY")]
    named = [f"BASE-LIFT-{key}" for key in ("RULE-1", "RULE-2", "CURRENT", "HUMAN")]
    assert trivial + named == codes(spec, Question.BASELINE)
    assert ["BASE-LIFT-MEAN", "BASE-LIFT-MEDIAN"] == codes(make_spec(), Question.BASELINE, Task.REGRESSION)


def test_every_requirement_has_its_number() -> None:
    """BUSI-1 to BUSI-n; an empty list must say that it is one."""
    requirement = {"says": "s", "metric": "recall", "at_least": 0.9}
    spec = make_spec(business={"requirements": [requirement] * 3})
    assert ["BUSI-1", "BUSI-2", "BUSI-3"] == codes(spec, Question.BUSINESS)
    assert ["BUSI-NONE"] == codes(make_spec(), Question.BUSINESS)


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


def test_a_time_column_asks_for_windows() -> None:
    """One at least, or as many as the spec names; windows that cannot be cut stand in for all of them."""
    data = {"test": "t.csv", "target": "y", "time": "day"}
    assert ["STAB-WINDOW-1"] == codes(make_spec(data=data), Question.STABILITY)[2:]
    three = make_spec(data=data, stability={"windows": 3})
    assert [f"STAB-WINDOW-{k}" for k in (1, 2, 3)] == codes(three, Question.STABILITY)[2:]
    refits = [not_assessed("STAB-REFITS", "refits", "no model")]
    uncut = not_assessed("STAB-WINDOWS", "windows", "one day only")
    answers = [Answer(Question.STABILITY, tuple(refits))]
    assert ("STAB-WINDOW-1", "STAB-WINDOW-2", "STAB-WINDOW-3") == missing_codes(answers, three, Task.BINARY)
    answers = [Answer(Question.STABILITY, (*refits, uncut))]
    assert () == missing_codes(answers, three, Task.BINARY)


def test_stated_comparisons_of_groups_and_intervals_are_wanted() -> None:
    """One for each segmentation and limit of a binary task; the share that given intervals cover."""
    fairness = {"demographic_parity_ratio": 0.8}
    spec = make_spec(segments={"metrics": ["recall"], "fairness": fairness})
    expected = [f"SEGM-{i}-FAIR-DEMOGRAPHIC_PARITY_RATIO" for i in (1, 2)]
    assert expected == codes(spec, Question.SEGMENTS)[2:]
    assert [] == codes(spec, Question.SEGMENTS, Task.MULTICLASS)[2:]
    given = {"low": "l", "high": "h", "level": 0.9}
    assert ["ERRO-SAVINGS"] == codes(make_spec(errors={"interval": given}), Question.ERRORS)
    stated = make_spec(errors={"interval": given | {"at_least": 0.88}})
    assert ["ERRO-SAVINGS", "ERRO-COVERAGE"] == codes(stated, Question.ERRORS)


@pytest.mark.parametrize(
    ("errors", "task", "expected"),
    [
        ({"costs": {"false_positive": 1, "false_negative": 2}}, Task.BINARY, ["SAVINGS-CONSTANT"]),
        ({"costs": {"false_positive": 1, "false_negative": 2}}, Task.RANKING, ["SAVINGS-CONSTANT"]),
        ({"costs": {"under": 1, "over": 2}}, Task.REGRESSION, ["SAVINGS-QUANTILE"]),
        ({"costs": {"under": 2, "over": 2}}, Task.REGRESSION, []),
        ({"costs": {"under": 2, "over": 1}, "do_nothing": 0}, Task.REGRESSION, ["SAVINGS-MEDIAN", "SAVINGS-QUANTILE"]),
        ({}, Task.BINARY, []),
    ],
)
def test_savings_are_judged_against_each_answer_without_a_model(errors: Any, task: Task, expected: list[str]) -> None:
    """And the costs against those of the current model, where there is one."""
    spec = make_spec(errors=errors)
    assert ["ERRO-SAVINGS", *(f"ERRO-{code}" for code in expected)] == codes(spec, Question.ERRORS, task)
    replaced = make_spec(errors=errors, baseline={"current": {"name": "old", "path": "old.joblib"}})
    added = ["ERRO-CURRENT"] if errors else []
    assert ["ERRO-SAVINGS", *(f"ERRO-{code}" for code in expected), *added] == codes(replaced, Question.ERRORS, task)


def test_of_several_classes_each_is_a_constant_answer() -> None:
    """All but that of doing nothing, of the classes that the matrix shows; where no costs were found, none."""
    spec = make_spec(errors={"costs": {"matrix": {a: {b: float(a != b) for b in "xyz"} for a in "xyz"}}})
    cells = [
        Finding(f"ERRO-CELL-{i}-{j}", "n", Status.NOT_ASSESSED, blocking=False) for i in (1, 2, 3) for j in (1, 2, 3)
    ]
    savings = [Finding(f"ERRO-SAVINGS{end}", "n", Status.MET) for end in ("", "-CLASS-1", "-CLASS-3")]

    def lacking(*findings: Finding) -> tuple[str, ...]:
        return missing_codes([Answer(Question.ERRORS, findings)], spec, Task.MULTICLASS)

    assert () == lacking(*cells, *savings)
    assert ("ERRO-SAVINGS-CLASS-… (2 of them)",) == lacking(*cells, *savings[:2])
    assert () == lacking(*cells, not_assessed("ERRO-SAVINGS", "n", "r"))


@pytest.mark.parametrize(
    ("code", "threshold", "is_lower"),
    [
        ("STAB-WINDOW-2", 0.10, False),
        ("STAB-WINDOW-2", 0.30, True),
        ("SEGM-1-FAIR-EQUAL_OPPORTUNITY_DIFFERENCE", 0.05, False),
        ("SEGM-1-FAIR-EQUAL_OPPORTUNITY_DIFFERENCE", 0.20, True),
    ],
)
def test_windows_and_comparisons_have_their_bars(code: str, threshold: float, is_lower: bool) -> None:
    """A record that judges them by another bar than the spec's is refused."""
    spec = make_spec(segments={"fairness": {"equal_opportunity_difference": 0.05}})
    op = "<" if code.startswith("STAB") else "<="
    finding = Finding(code, "n", Status.MET, bounds=Bounds(0.0, 0.01, 0.05), criterion=Criterion(op, threshold))
    question = Question.STABILITY if code.startswith("STAB") else Question.SEGMENTS
    wrong = lower_bars([Answer(question, (finding,))], spec, Task.BINARY)
    assert ((code,) if is_lower else ()) == wrong


def test_production_wants_boxes_probes_and_stated_limits() -> None:
    """A limit may also be stated as a business requirement."""
    spec = make_spec(
        production={"latency_p99_ms": 50, "must_handle": ["empty_frame"]},
        business={"requirements": [{"says": "small", "metric": "size_mb", "at_most": 100}]},
    )
    found = codes(spec, Question.PRODUCTION)
    for code in (
        "PROD-LATENCY-P99",
        "PROD-SIZE",
        "PROD-PROBE-EMPTY-FRAME",
        "PROD-PROBE-ONE-ROW",
        "PROD-BOX-AB-TEST",
        "PROD-MEMORY-LIMIT",
        "PROD-THROUGHPUT-LIMIT",
    ):
        assert code in found
    for code in ("PROD-BOX-STAKEHOLDER-SIGN-OFF", "PROD-LATENCY-LIMIT", "PROD-SIZE-LIMIT", "PROD-LATENCY"):
        assert code not in found
    limits = claims_of(spec, Task.BINARY).of_kind(*TOPICS.values())
    bars = {claim.code: (claim.criterion.op, claim.criterion.threshold) for claim in limits if claim.criterion}
    assert {"PROD-LATENCY-P99": ("<=", 50), "PROD-SIZE": ("<=", 100)} == bars


def answered(*findings: Finding) -> list[Answer]:
    return [Answer(Question.STABILITY, findings)]


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
    """BUSI-1 is not answered by BUSI-10, nor by BUSI-1-SHOP."""
    spec = make_spec(business={"requirements": [{"says": "s", "metric": "f1", "at_least": 0.9}]})
    others = (Finding("BUSI-10", "n", Status.MET), Finding("BUSI-1-SHOP", "n", Status.MET))
    answers = [Answer(Question.BUSINESS, others)]
    assert ("BUSI-1",) == missing_codes(answers, spec, Task.BINARY)


@pytest.mark.parametrize(
    ("code", "bar", "is_fine"),
    [
        ("STAB-HALF-WIDTH", ("<=", 0.05, "", "", None, False), True),
        ("STAB-HALF-WIDTH", ("<=", 0.5, "", "", None, False), False),
        ("STAB-HALF-WIDTH", ("<=", 0.05), False),
        ("STAB-CHURN", ("<=", 0.1, "", "", 0.2), True),
        ("STAB-CHURN", ("<=", 0.1, "", "", 0.9), False),
        ("STAB-CHURN", ("<=", 0.1, "", "", 0.2, False), False),
        ("STAB-CHURN", ("<", 0.1, "", "", 0.2), False),
        ("PROD-DRIFT-3", ("<=", 0.25), True),
        ("PROD-DRIFT-3", ("<=", 2.5), False),
        ("PROD-DRIFT-3", ("<=", 0.25, "", "", None, False), False),
        ("BASE-LIFT-MAJORITY", (">", 0.02), True),
        ("BASE-LIFT-MAJORITY", (">", -1.0), False),
        ("SEGM-1-COVERAGE-RECALL", (">=", 0.9, "", "", None, False), True),
        ("SEGM-1-COVERAGE-RECALL", (">=", 0.9), False),
        ("SEGM-1-CRITICAL-RECALL", ("<=", 0, "", "", None, False), True),
        ("SEGM-1-CRITICAL-RECALL", ("<=", 9, "", "", None, False), False),
        ("SEGM-1-2-MAE", ("<", 0.0), True),
        ("SEGM-1-2-MAE", ("<", 0.15), False),
        ("SEGM-1-2-VALUE-MAE", ("<", 7.0), True),
        ("SEGM-1-COVERAGE-RECALL", (">=", 0.0), False),
        ("SEGM-1-2-RECALL", ("<", 0.15), True),
        ("SEGM-1-SMALL-RECALL", ("<", 0.9), False),
        ("ERRO-SAVINGS", (">", 0.0), False),  # the spec states no costs
        ("SHOP-1", (">", 7.0), True),
    ],
)
def test_bars_are_those_of_the_spec(code: str, bar: tuple[Any, ...], is_fine: bool) -> None:
    """Own findings of a template may have any bar; those the spec speaks of have the spec's."""
    finding = Finding(code, "n", Status.MET, bounds=Bounds(0, 1, 0.05), criterion=Criterion(*bar))
    assert (() if is_fine else (code,)) == lower_bars(answered(finding), make_spec(), Task.BINARY)


ONE = {"requirements": [{"says": "s", "metric": "recall", "at_least": 0.9}]}
COSTS = {"costs": {"false_positive": 1, "false_negative": 2}}
BAR = Criterion(">=", 0.9)


@pytest.mark.parametrize(
    ("finding", "is_fine"),
    [
        (Finding("BUSI-1", "n", Status.MET, bounds=Bounds(0.95, 1, 0.05), criterion=BAR), True),
        (Finding("BUSI-1", "n", Status.MET, bounds=Bounds(0.95, 1, 0.5), criterion=BAR), False),
        (Finding("BUSI-1", "n", Status.MET, criterion=BAR, outcome=Outcome.PASSED), False),
        (Finding("BUSI-1", "n", Status.MET, outcome=Outcome.PASSED), False),
        (Finding("BUSI-1", "n", Status.MET, outcome=Outcome.ATTESTED), False),
        (not_assessed("BUSI-1", "n", "r"), True),
        (Finding("ERRO-SAVINGS", "n", Status.MET, bounds=Bounds(1, 2, 0.05), criterion=Criterion(">", 0)), True),
        (Finding("ERRO-SAVINGS", "n", Status.MET, bounds=Bounds(1, 2, 0.05), criterion=Criterion(">", -5)), False),
        (not_assessed("ERRO-SAVINGS", "n", "r"), True),
    ],
)
def test_a_stated_bar_needs_bounds_at_the_confidence_of_the_spec(finding: Finding, is_fine: bool) -> None:
    """A word instead of a number, or bounds of another confidence, are no judgement by this spec."""
    spec = make_spec(business=ONE, errors=COSTS)
    assert (() if is_fine else (finding.code,)) == lower_bars(answered(finding), spec, Task.BINARY)


@pytest.mark.parametrize("code", ["BUSI-NONE", "ERRO-SAVINGS", "PROD-LATENCY-LIMIT", "PROD-DRIFT-SUMMARY"])
def test_what_the_spec_does_not_state_cannot_be_met(code: str) -> None:
    """Neither by a word nor by a bar of the template's own."""
    by_word = Finding(code, "n", Status.MET, outcome=Outcome.PASSED)
    assert (code,) == lower_bars(answered(by_word), make_spec(), Task.BINARY)
    assert () == lower_bars(answered(not_assessed(code, "n", "r")), make_spec(), Task.BINARY)


DONE = {"done": True, "by": "Ann", "on": "2026-11-01", "evidence": "https://wiki.example.com/t-1"}
ATTESTATIONS = [
    (None, Outcome.MISSING),
    (DONE, Outcome.ATTESTED),
    ({"done": False}, Outcome.FAILED),
    ({"done": None}, Outcome.PENDING),
    ({"not_applicable": "no users"}, Outcome.NOT_APPLICABLE),
]


def produced(*findings: Finding) -> list[Answer]:
    return [Answer(Question.PRODUCTION, findings)]


def boxed(code: str, outcome: Outcome, given: dict[str, object] | None = None) -> list[Answer]:
    said = conclusion(None if given is None else Attestation.model_validate(given))
    return produced(Finding(code, "n", outcome.status, outcome=outcome, reason=said.reason, warning=said.warning))


@pytest.mark.parametrize(("given", "outcome"), ATTESTATIONS)
def test_a_box_is_filled_as_the_spec_attests(given: dict[str, object] | None, outcome: Outcome) -> None:
    """Host and question read an attestation alike, and every other outcome is false."""
    spec = make_spec(checklist={} if given is None else {"monitoring": given})
    assert outcome is conclusion(None if given is None else Attestation.model_validate(given)).outcome
    for said in Outcome:
        expected = () if said is outcome else ("PROD-BOX-MONITORING",)
        assert expected == false_attestations(boxed("PROD-BOX-MONITORING", said, given), spec)


def test_bounds_do_not_fill_a_box() -> None:
    """A status that comes from bounds of the template's own is not what the spec attests."""
    bounds, criterion = Bounds(1, 1, 0.05), Criterion(">", 0)
    finding = Finding(
        "PROD-BOX-MONITORING", "n", Status.MET, bounds=bounds, criterion=criterion, outcome=Outcome.MISSING
    )
    assert ("PROD-BOX-MONITORING",) == false_attestations(produced(finding), make_spec())


def test_approvals_are_pending_until_they_are_given() -> None:
    """No notebook signs for the stakeholders."""
    code = "PROD-BOX-STAKEHOLDER-SIGN-OFF"
    assert (code,) == false_attestations(boxed(code, Outcome.ATTESTED), make_spec())
    assert () == false_attestations(boxed(code, Outcome.PENDING), make_spec())


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("PROD-PROBE-OUTLIER", "outliers"),
        ("PROD-MEMORY-LIMIT", "memory"),
        ("PROD-DRIFT-SUMMARY", "training_matches_production"),
    ],
)
def test_a_measured_box_is_attested_by_the_spec_only(code: str, key: str) -> None:
    """What could not be measured may be attested, by the checklist and not by the notebook."""
    answers, spec = boxed(code, Outcome.ATTESTED, DONE), make_spec(checklist={key: DONE})
    assert (code,) == false_attestations(answers, make_spec())
    assert () == false_attestations(answers, spec)
    assert () == lower_bars(answers, spec, Task.BINARY)


def test_drift_is_told_for_every_feature() -> None:
    """One finding for each, whatever came of it; a feature left out is missed."""
    first, last = not_assessed("PROD-DRIFT-1", "n", "r"), not_assessed("PROD-DRIFT-3", "n", "r")
    shown = not_assessed("PROD-DRIFT-2", "n", "r", blocking=False)
    assert ("PROD-DRIFT-2",) == missing_drift(produced(first, last), make_spec(), 3)
    assert ("PROD-DRIFT-2",) == missing_drift(produced(first, shown, last), make_spec(), 3)
    assert () == missing_drift(produced(first, last, not_assessed("PROD-DRIFT-2", "n", "r")), make_spec(), 3)


def test_drift_that_nobody_could_look_at_has_a_summary() -> None:
    """It stands in for all features while it is not assessed, or attested by the spec; not when it passed."""
    assert () == missing_drift(produced(not_assessed("PROD-DRIFT-SUMMARY", "n", "r")), make_spec(), 2)
    assert () == missing_drift(produced(not_assessed("PROD-FAILED", "n", "r")), make_spec(), 2)
    passed = boxed("PROD-DRIFT-SUMMARY", Outcome.PASSED)
    assert ("PROD-DRIFT-1", "PROD-DRIFT-2") == missing_drift(passed, make_spec(), 2)
    assert ("PROD-DRIFT-SUMMARY",) == missing_drift(produced(), make_spec(), 0)
    attested_one = boxed("PROD-DRIFT-SUMMARY", Outcome.ATTESTED, DONE)
    assert () == missing_drift(attested_one, make_spec(checklist={"training_matches_production": DONE}), 2)
    assert 2 == len(missing_drift(attested_one, make_spec(), 2))


def test_critical_segments_are_looked_at() -> None:
    """Where the spec names critical values, their size is judged for every metric."""
    data = {"test": "t.csv", "target": "y", "segments": ["a", {"column": "b", "critical": ["x"]}]}
    spec = make_spec(data=data, segments={"metrics": ["recall"]})
    expected = ["SEGM-1-COVERAGE-RECALL", "SEGM-2-COVERAGE-RECALL", "SEGM-2-CRITICAL-RECALL"]
    assert expected == codes(spec, Question.SEGMENTS)


def test_the_bar_of_a_gain_follows_the_test_that_the_spec_chose() -> None:
    """Not worse by 0.02 for the current model and people, better by 0.02 for everything else."""
    as_good = {"test": "non_inferiority"}
    current = {"name": "old", "path": "old.joblib", **as_good}
    human = {"metric": "recall", "value": 0.5, "n": 10, **as_good}
    rules = [{"name": "r", "when": "x > 1"}]
    spec = make_spec(baseline={"current": current, "human": human, "rules": rules})
    bounds = Bounds(0.0, 0.1, 0.05)

    def lift(key: str, bar: float) -> Finding:
        return Finding(f"BASE-LIFT-{key}", "n", Status.MET, bounds=bounds, criterion=Criterion(">", bar))

    right = [lift("CURRENT", -0.02), lift("HUMAN", -0.02), lift("RULE-1", 0.02), lift("MAJORITY", 0.02)]
    wrong = [lift("CURRENT", 0.02), lift("RULE-1", -0.02), lift("MAJORITY", -0.02)]
    for findings, expected in ((right, ()), (wrong, ("BASE-LIFT-CURRENT", "BASE-LIFT-RULE-1", "BASE-LIFT-MAJORITY"))):
        answers = [Answer(Question.BASELINE, tuple(findings))]
        assert expected == lower_bars(answers, spec, Task.BINARY)


def test_windows_without_gaps_and_a_trend_are_wanted() -> None:
    """A window in the middle cannot be cut out, nor the trend; a refuted trend must count."""
    spec = make_spec(data={"test": "t.csv", "target": "y", "time": "day"})

    def missing(*found: Finding) -> tuple[str, ...]:
        return missing_trend([Answer(Question.STABILITY, found)], spec)

    one, three = (Finding(f"STAB-WINDOW-{k}", "n", Status.MET) for k in (1, 3))
    trend = Finding("STAB-TREND", "n", Status.NOT_PROVEN, blocking=False)
    assert ("STAB-WINDOW-2",) == missing(one, three, trend)
    assert ("STAB-TREND",) == missing(one)
    assert () == missing(one, trend)
    assert ("STAB-TREND",) == missing(one, Finding("STAB-TREND", "n", Status.NOT_MET, blocking=False))
    assert () == missing(one, Finding("STAB-TREND", "n", Status.NOT_MET))


def test_a_measured_box_is_not_attested() -> None:
    """The host refuses an attestation beside a measurement of the same box."""
    spec = make_spec(checklist={"memory": DONE})
    (said,) = boxed("PROD-MEMORY-LIMIT", Outcome.ATTESTED, DONE)[0].findings
    measured = Finding("PROD-MEMORY", "n", Status.NOT_ASSESSED, False, measured=Estimate(200.0, 200.0, 200.0, 1.0, 1))
    assert () == false_attestations(produced(said), spec)
    assert ("PROD-MEMORY-LIMIT",) == false_attestations(produced(said, measured), spec)


@pytest.mark.parametrize(
    ("code", "outcome", "production", "is_false"),
    [
        ("PROD-PROBE-ONE-ROW", Outcome.NOT_APPLICABLE, {}, True),
        ("PROD-PROBE-OUTLIER", Outcome.NOT_APPLICABLE, {}, False),
        ("PROD-DRIFT-SUMMARY", Outcome.NOT_APPLICABLE, {}, True),
        ("PROD-MEMORY-LIMIT", Outcome.NOT_APPLICABLE, {}, True),
        ("PROD-PROBE-OUTLIER", Outcome.ACCEPTED_ERROR, {}, True),
        ("PROD-PROBE-OUTLIER", Outcome.ACCEPTED_ERROR, {"clean_error_accepted": ["outlier"]}, False),
        ("PROD-PROBE-COLUMN-ORDER", Outcome.ACCEPTED_ERROR, {}, False),
        ("PROD-PROBE-OTHER-COLUMNS", Outcome.ACCEPTED_ERROR, {"clean_error_accepted": ["outlier"]}, False),
        ("PROD-PROBE-THREADS", Outcome.ACCEPTED_ERROR, {}, True),
        ("PROD-PROBE-THREADS", Outcome.NOT_APPLICABLE, {}, True),
        ("PROD-PROBE-PICKLING", Outcome.NOT_APPLICABLE, {}, False),
        ("PROD-DRIFT-1", Outcome.ACCEPTED_ERROR, {}, True),
    ],
)
def test_outcomes_of_probes_follow_from_the_spec(
    code: str, outcome: Outcome, production: dict[str, Any], is_false: bool
) -> None:
    """Not applicable without an entry in the checklist only where a probe may find nothing to change; a clean error is
    accepted only where the spec accepts it.
    """
    finding = Finding(code, "n", outcome.status, outcome=outcome)
    wrong = false_attestations(produced(finding), make_spec(production=production))
    assert ((code,) if is_false else ()) == wrong


WHOLE: dict[str, Any] = {
    "baseline": {"current": {"name": "old", "path": "old.joblib"}, "human": {"metric": "f1", "value": 0.5, "n": 9}},
    "business": {
        "owner": "risk",
        "requirements": [
            {"says": "s", "metric": "recall", "at_least": 0.9, "owner": "fraud desk"},
            {"says": "t", "metric": "f1", "at_least": 0.1, "lift_over": "old"},
        ],
    },
    "segments": {"fairness": {"demographic_parity_ratio": 0.8}},
    "errors": {"costs": {"false_positive": 1, "false_negative": 2}, "value_per_prediction": 3},
    "production": {"latency_p99_ms": 50, "must_handle": ["outlier"]},
}


@pytest.mark.parametrize("parts", [{}, WHOLE, {"evidence": "point"}])
@pytest.mark.parametrize("task", Task)
def test_every_demanded_claim_is_whole(parts: dict[str, Any], task: Task) -> None:
    """Each stands once, under a place of the spec, with a bar, an outcome of probe or box, or why there is none."""
    if task is Task.REGRESSION and parts is WHOLE:
        parts = WHOLE | {"errors": {"costs": {"under": 1, "over": 2}}}
    demanded = claims_of(make_spec(**parts), task).demanded
    assert len(demanded) == len({claim.key for claim in demanded})
    for claim in demanded:
        is_outcome = claim.key.kind in (Topic.PROBE, Topic.BOX)
        assert claim.name
        assert claim.source
        assert 1 == (claim.criterion is not None) + bool(claim.lacking) + is_outcome, claim.code
        assert not claim.lacking or claim.needs


def test_who_answers_for_a_bar_is_the_nearest_that_the_spec_names() -> None:
    """The owner of a requirement, else that of its section."""
    first, second = claims_of(make_spec(**WHOLE), Task.BINARY).of_kind(Topic.REQUIREMENT)
    assert ("fraud desk", "risk") == (first.owner, second.owner)
    assert 0.0 == second.criterion.threshold  # type: ignore[union-attr]  # a relative gain is in the contrast


def test_a_claim_of_a_family_has_the_bar_of_the_spec() -> None:
    """The class and the metric of a weak slice are told beside the key; what is of no topic of the list has no claim."""
    claims = claims_of(make_spec(errors={"floors": {"gold": 0.7}}), Task.MULTICLASS)
    found = Topic.CLASS_FOUND.key(2)
    assert 0.7 == claims.claim(found, "gold").criterion.threshold  # type: ignore[union-attr]
    assert 0.7 > claims.claim(found, "tin").criterion.threshold  # type: ignore[union-attr]
    assert "<" == claims.claim(Topic.SLICE.key(1), "accuracy").criterion.op  # type: ignore[union-attr]
    assert claims.find(Topic.SLICE.key(1), "no metric") is None
    with pytest.raises(KeyError, match="ERRO-RATE"):
        claims.claim(Topic.ERROR_RATE.key())


def test_a_column_called_class_hides_no_bar() -> None:
    """A weak slice of a column with that name is held against the limit of segments all the same."""
    slice_of = Finding(
        "SEGM-SLICE-1", "n", Status.MET, metric="mae", segment={"class": "3"}, bounds=Bounds(0.0, 0.1, 0.05),
        criterion=Criterion("<", 5.0),
    )  # fmt: skip
    assert ("SEGM-SLICE-1",) == lower_bars([Answer(Question.SEGMENTS, (slice_of,))], make_spec(), Task.REGRESSION)
