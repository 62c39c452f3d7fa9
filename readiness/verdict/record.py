"""What does a signature cover? The record of one review, its plain form, and its recomputation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from readiness.answers import Answer, Finding, Question, Status
from readiness.codec import decode, encode
from readiness.exceptions import InvalidReport
from readiness.facts import Gathered, Reuse, Uses
from readiness.verdict.decision import Decision, Verdict
from readiness.withholding import Soundness

SCHEMA = "readiness/v1"


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """An answer as it stands in the record."""

    question: Question
    status: Status
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, answer: Answer) -> RecordedAnswer:
        """The signed part of an answer: all but its tables."""
        return cls(answer.question, answer.status, answer.findings)

    def answer(self) -> Answer:
        """The answer that follows from the findings."""
        return Answer(self.question, self.findings)


@dataclass(frozen=True, slots=True)
class Template:
    """The notebook that was walked."""

    name: str
    sha256: str
    stock: bool


@dataclass(frozen=True, slots=True)
class Run:
    """The only place for clock values; ISO 8601, UTC."""

    started: str
    finished: str


@dataclass(frozen=True, slots=True)
class Record:
    """One review, whole."""

    schema: str
    verdict: Verdict
    rule: str
    """"interval" or "point"."""
    gathered: Gathered
    answers: tuple[RecordedAnswer, ...]
    decision: Decision
    seed: int
    template: Template
    notebook_sha256: str
    """Digest of the executed notebook in its normal form."""
    run: Run
    tool: str
    """Name and version of this program."""
    prepared_by: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    """Names of the questions that a partial review asked; empty: all six. A partial review cannot be signed."""
    reused: tuple[Reuse, ...] = ()
    """What was not measured in this run."""
    tool_sha256: str = ""
    """Of this program's own sources and templates, the same before and after the run; see `tool_source`."""
    soundness: Soundness | None = None
    """What was found of the rows themselves; None only in records of before it was looked for."""
    uses: Uses | None = None
    """Which candidate on these test rows this is; None: nobody counted, as where no host ran the review."""

    def answer(self, question: Question) -> Answer:
        """The answer to one question."""
        return next(recorded.answer() for recorded in self.answers if recorded.question is question)


def to_plain(record: Record) -> dict[str, Any]:
    """The predicate: plain values, ready for canonical JSON. What was gathered stands at the top level."""
    plain: dict[str, Any] = encode(record)
    gathered: dict[str, Any] = plain.pop("gathered")
    return plain | gathered


def from_plain(plain: Mapping[str, Any]) -> Record:
    """The record in a predicate.

    Raises:
        InvalidReport: when it is not one.
    """
    top = {key: value for key, value in plain.items() if key != "signer"}
    if top.get("schema") != SCHEMA:
        raise InvalidReport(f"The record's schema is {str(top.get('schema'))[:60]!r}; this version reads {SCHEMA!r}.")
    gathered = {
        key: top.pop(key)
        for key in ("model", "inputs", "data", "environment", "spec", "set_keys", "settings")
        if key in top
    }
    return decode(Record, top | {"gathered": gathered})
