"""An attestation holds up to its last day; kernel and host say the same of every day."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from readiness.answers import Finding, Outcome, Question, Status, not_assessed
from readiness.checklist import attested_outcome
from readiness.criteria import Task
from readiness.page.tables import outcome_mark, said
from readiness.questions.attestations import attested, attested_instead, box_findings
from readiness.spec import Attestation, Spec
from readiness.verdict.expected import false_attestations, missing_drift
from readiness.verdict.expected_bars import lower_bars
from readiness.verdict.record import RecordedAnswer
from tests.questions.conftest import evidence_of, of_cells

LAST = datetime.date(2026, 11, 22)
DONE = {"done": True, "by": "Ann", "on": "2026-01-02", "evidence": "runbook", "valid_until": str(LAST)}
CODE = "PROD-BOX-MONITORING"


def on(day: datetime.date, **boxes: Any) -> Any:
    return replace(evidence_of(*of_cells(80, 20, 20, 880), checklist=boxes), day=day)


def box(day: datetime.date, **said: Any) -> Finding:
    return next(f for f in box_findings(on(day, monitoring={**DONE, **said})) if f.code == CODE)


def answered(finding: Finding) -> list[RecordedAnswer]:
    return [RecordedAnswer(Question.PRODUCTION, Status.NOT_ASSESSED, (finding,))]


def days(count: int) -> datetime.date:
    return LAST + datetime.timedelta(days=count)


@pytest.mark.parametrize(
    ("said", "before", "after"),
    [
        ({}, Outcome.ATTESTED, Outcome.EXPIRED),
        ({"done": None, "not_applicable": "batch"}, Outcome.NOT_APPLICABLE, Outcome.EXPIRED),
        ({"done": False}, Outcome.FAILED, Outcome.FAILED),
        ({"done": None}, Outcome.PENDING, Outcome.PENDING),
        ({"valid_until": None}, Outcome.ATTESTED, Outcome.ATTESTED),
    ],
)
def test_what_is_good_expires_after_its_last_day(said: dict[str, Any], before: Outcome, after: Outcome) -> None:
    """On the last day it still holds; what is no yes does not become anything milder."""
    attestation = Attestation.model_validate({**DONE, **said})
    assert [before, before, after] == [attested_outcome(attestation, days(count)) for count in (-400, 0, 1)]
    assert before is attested_outcome(attestation)


def test_who_attests_is_named_as_written() -> None:
    """The reason begins with a word of ours, so that no address of a person gets a capital letter."""
    finding = box(LAST, by="ana@example.com", valid_until=None)
    assert "by ana@example.com, 2026-01-02; evidence: runbook" == finding.reason
    assert "By ana@example.com, 2026-01-02; evidence: runbook." == said(finding)


def test_an_expired_attestation_says_who_and_when() -> None:
    """And that it takes a new one; on the page it has a word of its own."""
    finding = box(days(1))
    assert (Outcome.EXPIRED, Status.NOT_ASSESSED, True) == (finding.outcome, finding.status, finding.blocking)
    assert "attested by Ann, 2026-01-02; evidence: runbook; expired on 2026-11-22" == finding.reason
    assert "attest checklist.monitoring anew: who, when, and which evidence" == finding.needs
    assert "expired" == outcome_mark(Outcome.EXPIRED).word
    reason = box(days(1), done=None, not_applicable="batch").reason
    assert "does not apply: batch; expired on 2026-11-22" == reason


@pytest.mark.parametrize(("ahead", "warning"), [(0, True), (30, True), (31, False), (-1, False)])
def test_thirty_days_before_it_is_marked(ahead: int, warning: bool) -> None:
    """A label, not another status."""
    assert ("holds only until 2026-11-22" if warning else "") == box(days(-ahead)).warning


def test_two_warnings_stand_side_by_side() -> None:
    """The evidence is not there, and it expires soon."""
    assert "the evidence was not found; holds only until 2026-11-22" == box(LAST, evidence="docs/nope.md").warning


def test_kernel_and_host_agree_on_every_day() -> None:
    """What the question says on a day, the host finds right on that day and wrong on the other side of the last one."""
    spec = on(LAST, monitoring=DONE).spec
    for day, other in ((LAST, days(1)), (days(1), LAST)):
        assert () == false_attestations(answered(box(day)), spec, day)
        assert (CODE,) == false_attestations(answered(box(day)), spec, other)


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("PROD-MEMORY-LIMIT", "memory"),
        ("PROD-PROBE-OUTLIER", "outliers"),
        ("PROD-DRIFT-SUMMARY", "training_matches_production"),
    ],
)
def test_an_expired_one_does_not_stand_in_for_a_measurement(code: str, key: str) -> None:
    """The box stays not assessed and says why; a record that says otherwise is refused."""
    unmeasured = not_assessed(code, "n", "nobody looked")
    (held,) = attested_instead((unmeasured,), on(LAST, **{key: DONE}))
    (gone,) = attested_instead((unmeasured,), on(days(1), **{key: DONE}))
    assert (Outcome.ATTESTED, "holds only until 2026-11-22") == (held.outcome, held.warning)
    assert Status.NOT_ASSESSED is gone.status
    assert "nobody looked; attested by Ann, 2026-01-02; evidence: runbook; expired on 2026-11-22" == gone.reason
    spec: Spec = on(LAST, **{key: DONE}).spec
    assert () == false_attestations(answered(held), spec, LAST)
    assert (code,) == false_attestations(answered(held), spec, days(1))
    unstated = code != "PROD-PROBE-OUTLIER"
    assert ((code,) if unstated else ()) == lower_bars(answered(held), spec, Task.BINARY, days(1))
    assert () == lower_bars(answered(gone), spec, Task.BINARY, days(1))


def test_expired_words_for_drift_do_not_hide_the_features() -> None:
    """Once expired, drift has to be told feature by feature again."""
    summary = Finding("PROD-DRIFT-SUMMARY", "n", Status.MET, outcome=Outcome.ATTESTED)
    spec = on(LAST, training_matches_production=DONE).spec
    assert () == missing_drift(answered(summary), spec, 2, LAST)
    assert ("PROD-DRIFT-1", "PROD-DRIFT-2") == missing_drift(answered(summary), spec, 2, days(1))


def test_without_a_day_nothing_has_expired() -> None:
    """For those who only ask what is attested."""
    assert Outcome.ATTESTED is attested(Attestation.model_validate(DONE))[0]
