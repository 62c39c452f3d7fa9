"""What is claimed, and about which files: the in-toto Statement v1 of a report.

Format: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md. Tools match subjects by digest
and ignore their names, so only two things may ever be subjects: the page itself and the model file. A data
set among them would let "the training data is ready" verify.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from readiness.core import canonical
from readiness.core.errors import InvalidReport

PREDICATE_TYPE = "urn:model-readiness:attestation:readiness/v1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

LARGEST_PAYLOAD = 8_000_000
"""Bytes of one Statement."""

REPORT = "report"
MODEL = "model"

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Subject:
    """A file the claim is about: `name` is "report" or "model", `sha256` is 64 lower-case hex digits."""

    name: str
    sha256: str


def statement(subjects: Sequence[Subject], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Put a claim together.

    Args:
        subjects: "report" (the digest of the page), and "model" when there is a model file.
        predicate: The record, in values that canonical JSON can hold.

    Raises:
        InvalidReport: a subject is missing, unknown, named twice or has no proper digest.
    """
    claim = _claim(subjects, dict(predicate))
    check(claim)
    return claim


def check(claim: Any) -> None:
    """Refuse whatever is not exactly a readiness Statement; a key more or less, anywhere, is an error.

    Raises:
        InvalidReport: naming what does not fit.
    """
    try:
        subjects = [Subject(entry["name"], entry["digest"]["sha256"]) for entry in claim["subject"]]
        predicate_type, predicate = claim["predicateType"], claim["predicate"]
    except (KeyError, TypeError) as error:
        raise InvalidReport("The record is not an in-toto Statement with subjects and a predicate.") from error
    if predicate_type != PREDICATE_TYPE:
        raise InvalidReport(f"The record is of the type {str(predicate_type)[:80]!r}, expected {PREDICATE_TYPE!r}.")
    if not isinstance(predicate, dict) or claim != _claim(subjects, predicate):  # rebuilt, it must be the same
        raise InvalidReport("The record is a Statement with other fields than a readiness record has.")
    _check_subjects(subjects)


def encode(claim: Mapping[str, Any]) -> bytes:
    """Write a claim as the bytes that are signed.

    Raises:
        InvalidReport: not a readiness Statement, too large, or holding a value that canonical JSON cannot.
    """
    check(claim)
    try:
        payload = canonical.dumps(claim)
    except ValueError as error:
        raise InvalidReport(f"The record cannot be written: {error}.") from error
    _check_size(payload)
    return payload


def decode(payload: bytes) -> dict[str, Any]:
    """Read a claim from exactly the bytes that `encode` writes.

    Raises:
        InvalidReport: in every other case.
    """
    _check_size(payload)
    claim: dict[str, Any] = canonical.loads(payload)
    check(claim)
    return claim


def check_page(claim: Mapping[str, Any], content: bytes) -> None:
    """Refuse a claim that is about another page than this one.

    Raises:
        InvalidReport: the digest of `content` is not the one the claim names.
    """
    named = next(entry["digest"]["sha256"] for entry in claim["subject"] if entry["name"] == REPORT)
    actual = hashlib.sha256(content).hexdigest()
    if named != actual:
        raise InvalidReport(
            f"The page is not the one the record is about: it has the SHA-256 {actual}, the record names {named}.",
            remedy="The page was altered after the review, or the record was taken from another report.",
        )


def _claim(subjects: Sequence[Subject], predicate: dict[str, Any]) -> dict[str, Any]:
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": subject.name, "digest": {"sha256": subject.sha256}} for subject in subjects],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def _check_subjects(subjects: Sequence[Subject]) -> None:
    names = [subject.name for subject in subjects]
    if sorted(map(str, names)) not in ([REPORT], [MODEL, REPORT]):
        raise InvalidReport(f"The record is not about one {REPORT!r} and at most one {MODEL!r}, but other subjects.")
    for subject in subjects:
        if not isinstance(subject.sha256, str) or not _SHA256.fullmatch(subject.sha256):
            raise InvalidReport(f"The subject {subject.name!r} has no SHA-256 digest of 64 lower-case hex digits.")


def _check_size(payload: bytes) -> None:
    if len(payload) > LARGEST_PAYLOAD:
        raise InvalidReport(f"The record has {len(payload)} bytes; at most {LARGEST_PAYLOAD} are accepted.")
