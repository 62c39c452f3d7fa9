"""A READY on boxes that nobody stands behind: whole reviews that try it, and what they get instead."""

from __future__ import annotations

import datetime
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import IncompleteRecord, ReviewError, SpecError
from readiness.core.files import sha256_path
from readiness.core.findings import Outcome, Status
from readiness.run.host_checks import Digests
from readiness.spec.load import load_spec
from readiness.spec.proofs import proof_fault, proofs_of
from tests.sampling import sampled
from tests.walking import Walked, walk

BOX = "PROD-BOX-MONITORING"
TODAY = datetime.datetime.now(datetime.UTC).date()
SIGNED = {"done": True, "by": "Ann", "on": str(TODAY), "evidence": "runbook.md"}
Write = Callable[..., Path]


def reviewed(review_files: Write, edit: Callable[[Any], None] | None = None, **said: object) -> Walked:
    path = review_files({"checklist": {"monitoring": {**SIGNED, **said}}})
    return walk(path, figures=False, edit=edit)


def inputs(walked: Walked) -> Mapping[str, str]:
    return {each.name: each.sha256 for each in walked.record.gathered.inputs}


@pytest.mark.slow
@pytest.mark.parametrize(
    "evidence",
    sampled(["runbook.md", "we looked at it", "OPS-17", "link.md", "pipe", "."], 0, always=["we looked at it", "pipe"]),
)
def test_evidence_that_is_not_there_fills_no_box(review_files: Write, tmp_path: Path, evidence: str) -> None:
    """A file that nobody wrote, a sentence, a ticket, a link to itself, a pipe, and the folder of the review."""
    (tmp_path / "link.md").symlink_to("link.md")
    os.mkfifo(tmp_path / "pipe")
    walked = reviewed(review_files, evidence=evidence)
    finding = walked.findings[BOX]
    assert (Outcome.MISSING, Status.NOT_ASSESSED, True) == (finding.outcome, finding.status, finding.blocking)
    assert "it does not count: " in finding.reason
    assert not any(name.startswith("evidence: ") for name in inputs(walked))
    assert "it does not count: " in walked.page


@pytest.mark.slow
def test_evidence_that_is_there_is_recorded_with_its_digest(review_files: Write, tmp_path: Path) -> None:
    """And the box says the beginning of it."""
    (tmp_path / "runbook.md").write_text("one switch")
    walked = reviewed(review_files)
    sha256 = sha256_path(tmp_path / "runbook.md")
    finding = walked.findings[BOX]
    assert (Outcome.ATTESTED, Status.MET, "") == (finding.outcome, finding.status, finding.warning)
    assert f"runbook.md (SHA-256 {sha256[:12]})" in finding.reason
    assert sha256 == inputs(walked)["evidence: runbook.md"]
    assert sha256[:12] in walked.page


@pytest.mark.slow
def test_a_folder_of_documents_is_evidence(review_files: Write, tmp_path: Path) -> None:
    """By the digest of its list of files."""
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "one.md").write_text("one")
    walked = reviewed(review_files, evidence="runbooks")
    assert Status.MET is walked.findings[BOX].status
    assert sha256_path(tmp_path / "runbooks") == inputs(walked)["evidence: runbooks"]


@pytest.mark.slow
def test_an_address_is_marked_as_not_seen(review_files: Write) -> None:
    """It counts, and the page says that nobody here saw it."""
    walked = reviewed(review_files, evidence="https://wiki.example.com/runbook")
    finding = walked.findings[BOX]
    assert (Outcome.ATTESTED, Status.MET) == (finding.outcome, finding.status)
    assert "its evidence is at a web address, not seen by us" == finding.warning
    assert "not seen by us" in walked.page


@pytest.mark.slow
def test_a_signature_of_last_year_is_none(review_files: Write, tmp_path: Path) -> None:
    """More than a year ago, and nobody said that it would hold longer."""
    (tmp_path / "runbook.md").write_text("one switch")
    long_ago = str(TODAY - datetime.timedelta(days=400))
    finding = reviewed(review_files, on=long_ago).findings[BOX]
    assert Outcome.MISSING is finding.outcome
    assert "is more than a year ago" in finding.reason
    until = str(TODAY + datetime.timedelta(days=90))
    assert Outcome.ATTESTED is reviewed(review_files, on=long_ago, valid_until=until).findings[BOX].outcome


@pytest.mark.slow
def test_a_signature_for_ever_is_refused(review_files: Write, tmp_path: Path) -> None:
    """Nobody can have seen that a runbook will hold until the end of the calendar."""
    (tmp_path / "runbook.md").write_text("one switch")
    for day in ("2000-01-01", str(TODAY)):
        with pytest.raises(SpecError, match="is valid until 9999-12-31, more than 1,096 days after"):
            reviewed(review_files, on=day, valid_until="9999-12-31")


@pytest.mark.parametrize("kind", ["pipe", "socket", "empty", "nothing", "pipe and file"])
def test_a_folder_without_a_document_is_no_evidence(review_files: Write, tmp_path: Path, kind: str) -> None:
    """Files without a byte show nothing; pipes and sockets hold nothing, and no digest covers them."""
    folder = tmp_path / "proofs" / "inner"
    folder.mkdir(parents=True)
    if "pipe" in kind:
        os.mkfifo(folder / "pipe")
    if kind == "socket":
        os.mknod(folder / "socket", stat.S_IFSOCK | 0o600)
    if kind == "empty":
        (folder / "one.md").touch()
    if kind == "pipe and file":
        (folder / "one.md").write_text("one switch")
    loaded = load_spec(review_files({"checklist": {"monitoring": {**SIGNED, "evidence": "proofs"}}}))
    said = "neither files nor folders" if kind in ("pipe", "socket", "pipe and file") else "folder without a file that"
    assert said in proof_fault("proofs", loaded)
    assert not proofs_of(loaded)


@pytest.mark.slow
def test_a_folder_with_nothing_but_a_pipe_fills_no_box(review_files: Write, tmp_path: Path) -> None:
    """In a whole review, whatever the spec says."""
    (tmp_path / "proofs").mkdir()
    os.mkfifo(tmp_path / "proofs" / "pipe")
    walked = reviewed(review_files, evidence="proofs")
    finding = walked.findings[BOX]
    assert (Outcome.MISSING, Status.NOT_ASSESSED) == (finding.outcome, finding.status)
    assert "evidence: proofs" not in inputs(walked)


@pytest.mark.slow
def test_a_notebook_cannot_say_that_evidence_was_there(review_files: Write) -> None:
    """One that puts a digest of its own among the inputs contradicts what the host sees."""

    def forge(notebook: Any) -> None:
        (data,) = [cell for cell in notebook.cells if cell.id == "data"]
        data.source = data.source.replace(
            "\nreview.data",
            "\nimport dataclasses\nfrom readiness.core.files import Artifact, Role"
            "\nheld = review._answering.measurements\nevidence = held.evidence"
            "\ninputs = (*evidence.gathered.inputs, Artifact('evidence: runbook.md', 'a' * 64, 1, role=Role.EVIDENCE))"
            "\nfound = dataclasses.replace(evidence.gathered, inputs=inputs)"
            "\nheld.evidence = dataclasses.replace(evidence, gathered=found)\nreview.data",
        )

    with pytest.raises(IncompleteRecord, match=f"fills boxes otherwise than this spec attests: {BOX}"):
        reviewed(review_files, forge)


@pytest.mark.slow
def test_a_notebook_cannot_drop_the_mark_of_what_was_not_seen(review_files: Write) -> None:
    """The warning is part of the yes."""

    def drop(notebook: Any) -> None:
        (cell,) = [cell for cell in notebook.cells if cell.id == "production"]
        lines = (
            "import dataclasses",
            "from readiness.core.findings import Question",
            "answer = review.production.answer",
            "plain = tuple(dataclasses.replace(f, warning='') for f in answer.findings)",
            "changed, honest = dataclasses.replace(answer, findings=plain), review._answering.answer",
            "review._answering.answer = lambda q, *more: changed if q is Question.PRODUCTION else honest(q, *more)",
            "review.production",
        )
        cell.source = "\n".join(lines)

    with pytest.raises(IncompleteRecord, match=f"fills boxes otherwise than this spec attests: .*{BOX}"):
        reviewed(review_files, drop, evidence="https://wiki.example.com/runbook")


def test_evidence_that_changes_during_the_review_stops_it(review_files: Write, tmp_path: Path) -> None:
    """As any other file of the review."""
    (tmp_path / "runbook.md").write_text("one switch")
    digests = Digests.of(load_spec(review_files({"checklist": {"monitoring": SIGNED}})))
    digests.check_unchanged()
    (tmp_path / "runbook.md").write_text("another")
    with pytest.raises(ReviewError, match=r"runbook.md changed while the review was running"):
        digests.check_unchanged()
