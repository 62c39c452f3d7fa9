"""What attestations rest on, for the page: each file with its digest, and the text of those that are short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from readiness.core.checklist import BOXES
from readiness.core.files import Role
from readiness.core.sanitize import shorten, visible
from readiness.verdict.record import Record


@dataclass(frozen=True, slots=True)
class EvidenceText:
    """One file, folder or address that attestations name as their evidence."""

    boxes: tuple[str, ...]
    """Titles of the boxes that rest on it, in the order of the report."""
    file: str
    """Path or address as the spec writes it, made visible."""
    size: int | None
    """Bytes; None for what is at an address, or is not there."""
    sha256: str
    """Empty for what was not seen."""
    text: str
    """The whole text with its line ends, every other character that acts or hides shown by its number; empty where it
    is not quoted. To be escaped like everything else."""


def evidence_texts(record: Record) -> tuple[EvidenceText, ...]:
    """The evidence of the checklist, each once, in the order of its first box."""
    artifacts = {each.file: each for each in record.gathered.inputs if each.role is Role.EVIDENCE}
    quotes = {quote.file: quote.text for quote in record.quotes}
    found = []
    for file, boxes in _named(record).items():
        artifact = artifacts.get(file)
        found.append(
            EvidenceText(
                boxes,
                shorten(visible(file)),
                None if artifact is None else artifact.size,
                "" if artifact is None else artifact.sha256,
                visible(quotes.get(file, "").replace("\r\n", "\n"), keep="\n\t"),
            )
        )
    return tuple(found)


def _named(record: Record) -> dict[str, tuple[str, ...]]:
    """The titles of boxes that somebody answers, by the evidence that they name."""
    checklist = record.gathered.spec.get("checklist")
    said = checklist if isinstance(checklist, Mapping) else {}
    found: dict[str, tuple[str, ...]] = {}
    for box in BOXES:
        attestation = said.get(box.key)
        if not isinstance(attestation, Mapping) or attestation.get("done") is None:
            continue
        evidence = attestation.get("evidence")
        if isinstance(evidence, str) and evidence.strip():
            found[evidence] = (*found.get(evidence, ()), box.title)
    return found
