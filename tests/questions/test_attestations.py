"""An attestation holds up to its last day; kernel and host say the same of every day."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from readiness.core.checklist import attested_outcome
from readiness.core.files import Artifact, Role
from readiness.core.findings import Answer, Finding, Outcome, Question, Status, not_assessed
from readiness.core.policy import Task
from readiness.questions.production import attest_instead, box_findings
from readiness.report.page.production import tables as checklist
from readiness.report.page.tables import outcome_mark
from readiness.report.sentences import Language
from readiness.spec.schema import Attestation, Spec
from readiness.verdict.attestations import false_attestations
from readiness.verdict.comparison import lower_bars, missing_drift
from tests.questions.conftest import evidence_of, of_cells
from tests.report.page import records

LAST = datetime.date(2026, 11, 22)
DONE = {"done": True, "by": "Ann", "on": "2026-01-02", "evidence": "runbook.md", "valid_until": str(LAST)}
CODE = "PROD-BOX-MONITORING"
SHA256 = "0123456789abcdef" * 4
PROOFS = {"runbook.md": SHA256}
RUNBOOK = "runbook.md (SHA-256 0123456789ab)"


def on(day: datetime.date, **boxes: Any) -> Any:
    evidence = evidence_of(*of_cells(80, 20, 20, 880), checklist=boxes)
    files = tuple(Artifact(f"evidence: {name}", sha256, 9, role=Role.EVIDENCE) for name, sha256 in PROOFS.items())
    return replace(evidence, day=day, gathered=replace(evidence.gathered, inputs=files))


def box(day: datetime.date, **said: Any) -> Finding:
    return next(f for f in box_findings(on(day, monitoring={**DONE, **said})) if f.code == CODE)


def answered(finding: Finding) -> list[Answer]:
    return [Answer(Question.PRODUCTION, (finding,))]


def days(count: int) -> datetime.date:
    return LAST + datetime.timedelta(days=count)


@pytest.mark.parametrize(
    ("said", "before", "after"),
    [
        ({}, Outcome.ATTESTED, Outcome.EXPIRED),
        ({"done": None, "not_applicable": "batch"}, Outcome.NOT_APPLICABLE, Outcome.EXPIRED),
        ({"done": False}, Outcome.FAILED, Outcome.FAILED),
        ({"done": None}, Outcome.PENDING, Outcome.PENDING),
        ({"valid_until": None, "on": "2025-11-22"}, Outcome.ATTESTED, Outcome.MISSING),
    ],
)
def test_what_is_good_expires_after_its_last_day(said: dict[str, Any], before: Outcome, after: Outcome) -> None:
    """On the last day it still holds; what is no yes does not become anything milder."""
    attestation = Attestation.model_validate({**DONE, **said})
    assert [before, before, after] == [attested_outcome(attestation, days(count), PROOFS) for count in (-30, 0, 1)]
    assert before is attested_outcome(attestation, proofs=PROOFS)


def test_who_attests_is_named_as_written() -> None:
    """On the page, too, no address of a person gets a capital letter."""
    finding = box(LAST, by="ana@example.com", valid_until=None)
    assert "by ana@example.com, 2026-01-02; evidence: runbook.md (SHA-256 0123456789ab)" == finding.reason
    tables = checklist((finding,), records.ready(), Language())
    row = next(row for table in tables for row in table.rows if row.anchor == CODE)
    assert finding.reason in [cell.text for cell in row.cells]


def test_an_expired_attestation_says_who_and_when() -> None:
    """And that it takes a new one; on the page it has a word of its own."""
    finding = box(days(1))
    assert (Outcome.EXPIRED, Status.NOT_ASSESSED, True) == (finding.outcome, finding.status, finding.blocking)
    assert f"attested by Ann, 2026-01-02; evidence: {RUNBOOK}; expired on 2026-11-22" == finding.reason
    assert "attest checklist.monitoring anew: who, when, and which evidence" == finding.needs
    assert "expired" == outcome_mark(Outcome.EXPIRED).word
    reason = box(days(1), done=None, not_applicable="batch").reason
    assert "does not apply: batch; expired on 2026-11-22" == reason


@pytest.mark.parametrize(("ahead", "warning"), [(0, True), (30, True), (31, False), (-1, False)])
def test_thirty_days_before_it_is_marked(ahead: int, warning: bool) -> None:
    """A label, not another status."""
    assert ("holds only until 2026-11-22" if warning else "") == box(days(-ahead)).warning


def test_two_warnings_stand_side_by_side() -> None:
    """The evidence is nothing that was seen here, and it expires soon."""
    warning = "its evidence is at a web address, not seen by us; holds only until 2026-11-22"
    assert warning == box(LAST, evidence="https://wiki.example.com/runbook").warning


def test_kernel_and_host_agree_on_every_day() -> None:
    """What the question says on a day, the host finds right on that day and wrong on the other side of the last one."""
    spec = on(LAST, monitoring=DONE).spec
    for day, other in ((LAST, days(1)), (days(1), LAST)):
        assert () == false_attestations(answered(box(day)), spec, day, PROOFS)
        assert (CODE,) == false_attestations(answered(box(day)), spec, other, PROOFS)


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
    (held,) = attest_instead((unmeasured,), on(LAST, **{key: DONE}))
    (gone,) = attest_instead((unmeasured,), on(days(1), **{key: DONE}))
    assert (Outcome.ATTESTED, "holds only until 2026-11-22") == (held.outcome, held.warning)
    assert Status.NOT_ASSESSED is gone.status
    assert f"nobody looked; attested by Ann, 2026-01-02; evidence: {RUNBOOK}; expired on 2026-11-22" == gone.reason
    spec: Spec = on(LAST, **{key: DONE}).spec
    assert () == false_attestations(answered(held), spec, LAST, PROOFS)
    assert (code,) == false_attestations(answered(held), spec, days(1), PROOFS)
    unstated = code != "PROD-PROBE-OUTLIER"
    assert ((code,) if unstated else ()) == lower_bars(answered(held), spec, Task.BINARY, days(1), PROOFS)
    assert () == lower_bars(answered(gone), spec, Task.BINARY, days(1), PROOFS)


def test_expired_words_for_drift_do_not_hide_the_features() -> None:
    """Once expired, drift has to be told feature by feature again."""
    (summary,) = attest_instead(
        (not_assessed("PROD-DRIFT-SUMMARY", "n", "r"),), on(LAST, training_matches_production=DONE)
    )
    spec = on(LAST, training_matches_production=DONE).spec
    assert () == missing_drift(answered(summary), spec, 2, LAST, PROOFS)
    assert ("PROD-DRIFT-1", "PROD-DRIFT-2") == missing_drift(answered(summary), spec, 2, days(1), PROOFS)


def test_without_a_day_nothing_has_expired() -> None:
    """For those who only ask what is attested."""
    assert Outcome.ATTESTED is attested_outcome(Attestation.model_validate(DONE), proofs=PROOFS)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"evidence": "runbooks/fraud.md"}, "its evidence was not found beside the spec"),
        ({"evidence": "T-1234"}, "its evidence is neither a file beside the spec nor a web address (https://…)"),
        ({"evidence": "we looked at it"}, "its evidence is neither a file beside the spec nor a web address (https://…)"),
        ({"evidence": "ftp://example.com/a.md"},
         "its evidence is neither a file beside the spec nor a web address (https://…)"),
        ({"evidence": "https://"}, "its evidence is neither a file beside the spec nor a web address (https://…)"),
        ({"evidence": " "}, "it names no evidence"),
        ({"by": " "}, "it names nobody under `by`"),
        ({"on": "2025-11-21"}, "its date 2025-11-21 is more than a year ago, and it names no valid_until"),
        ({"on": "2026-11-24"}, "its date 2026-11-24 lies in the future"),
        ({"on": "1999-12-31"}, "its date 1999-12-31 lies before 2000-01-01"),
    ],
)  # fmt: skip
def test_what_nobody_can_look_up_is_missing(said: dict[str, Any], why: str) -> None:
    """A done that nobody is behind, or no evidence, or no plausible day, is no yes, and says why; so says the host."""
    spec = on(LAST, monitoring={**DONE, "valid_until": None, **said}).spec
    found = box(LAST, **{"valid_until": None, **said})
    assert (Outcome.MISSING, Status.NOT_ASSESSED, True) == (found.outcome, found.status, found.blocking)
    assert found.reason.endswith(f"; it does not count: {why}")
    assert "attest checklist.monitoring: who, when, and which evidence" == found.needs
    assert () == false_attestations(answered(found), spec, LAST, PROOFS)
    claimed = replace(found, outcome=Outcome.ATTESTED, status=Status.MET)
    assert (CODE,) == false_attestations(answered(claimed), spec, LAST, PROOFS)


def test_whoever_lives_where_the_day_begins_first_may_sign_on_it() -> None:
    """A date is that of the place where it is written; by UTC it may still be the day before."""
    assert Outcome.ATTESTED is box(LAST, on=str(days(1)), valid_until=None).outcome


def test_a_year_of_a_leap_day_ends_on_the_first_of_march() -> None:
    """There is no such day a year later."""
    said = Attestation.model_validate({**DONE, "on": "2024-02-29", "valid_until": None})
    last = datetime.date(2025, 3, 1)
    assert Outcome.ATTESTED is attested_outcome(said, last, PROOFS)
    assert Outcome.MISSING is attested_outcome(said, last + datetime.timedelta(days=1), PROOFS)


def test_a_yes_is_said_to_the_word() -> None:
    """Neither the digest of the evidence nor the mark of what was not seen can be left out by a notebook."""
    for evidence in ("runbook.md", "https://wiki.example.com/runbook"):
        spec = on(LAST, monitoring={**DONE, "evidence": evidence}).spec
        found = box(LAST, evidence=evidence)
        assert () == false_attestations(answered(found), spec, LAST, PROOFS)
        for other in (replace(found, reason="by Ann"), replace(found, warning="")):
            assert (CODE,) == false_attestations(answered(other), spec, LAST, PROOFS)


def test_what_is_wrong_about_a_box_that_could_not_be_measured_is_said() -> None:
    """The box stays not assessed, with both reasons."""
    unmeasured = not_assessed("PROD-PROBE-OUTLIER", "n", "nobody looked")
    (gone,) = attest_instead((unmeasured,), on(LAST, outliers={**DONE, "evidence": "T-1"}))
    assert Status.NOT_ASSESSED is gone.status
    assert gone.reason.startswith("nobody looked; attested by Ann, 2026-01-02; evidence: T-1; it does not count: ")
