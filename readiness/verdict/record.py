"""What does a signature cover? The record of one review, its plain form, and its recomputation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from readiness.answers import Answer, Finding, Question, Status, recompute
from readiness.codec import decode, encode
from readiness.exceptions import InvalidReport
from readiness.facts import Gathered, Reuse, Uses
from readiness.verdict.decision import Decision, Verdict, decide
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


def check(record: Record, *, counted: bool = False) -> None:
    """Recompute every number that can be, every status, answer and the decision from the findings.

    Args:
        record: whole.
        counted: whether shares must come with their counts, and all numbers from what this program computes for them
            by the recorded spec, as in whatever the host lets pass; so has every record that names `tool_sha256`.

    Raises:
        InvalidReport: at the first thing that does not follow.
    """
    from readiness.verdict.numbers import check_all  # loads libraries of numbers

    if record.rule not in ("interval", "point"):
        raise InvalidReport(f"The record's rule is {record.rule!r}; expected 'interval' or 'point'.")
    for answer in record.answers:
        for finding in answer.findings:
            if recompute(finding) is not finding.status:
                raise InvalidReport(
                    f"Finding {finding.code} says {finding.status.words}; its bounds and criterion say "
                    f"{recompute(finding).words}."
                )
        if answer.answer().status is not answer.status:
            raise InvalidReport(f"The answer to {answer.question} does not follow from its findings.")
    _check_codes(record)
    _check_decision(record)
    _check_counts(record)
    check_all(record, counted=counted)


def _check_counts(record: Record) -> None:
    """The cells of the confusion matrix add up to the rows that were scored, and to the positives."""
    data = record.gathered.data
    own = [f for f in record.answer(Question.ERRORS).findings if f.code.startswith("ERRO-")]
    rows = {f.code.removeprefix("ERRO-"): f.measured.value for f in own if f.measured}
    cells = [value for code, value in rows.items() if code in ("TP", "FP", "FN", "TN") or code.startswith("CELL-")]
    if cells and sum(cells) != data.rows_scored:
        raise InvalidReport(
            f"The counts of right and wrong rows are {sum(cells):,.0f}; scored were {data.rows_scored:,}."
        )
    if data.positives is not None and {"TP", "FN"} <= rows.keys() and rows["TP"] + rows["FN"] != data.positives:
        raise InvalidReport(f"The record counts {rows['TP'] + rows['FN']:,.0f} positives, and {data.positives:,}.")


def _check_codes(record: Record) -> None:
    codes = [finding.code for answer in record.answers for finding in answer.findings]
    if len(codes) != len(set(codes)):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise InvalidReport(f"Finding {twice} stands in the record twice.")
    for answer in record.answers:
        for finding in answer.findings:
            _check_prefix(finding.code, answer.question)


def _check_prefix(code: str, question: Question) -> None:
    """A finding of the user's own may have any prefix but that of another question."""
    if any(code.startswith(f"{other.prefix}-") for other in Question if other is not question):
        raise InvalidReport(f"Finding {code} stands under the question {question.value}.")


def _check_decision(record: Record) -> None:
    try:
        decision = decide(
            [answer.answer() for answer in record.answers], rule=record.rule, vouched=record.decision.vouched
        )
    except ValueError as error:
        raise InvalidReport(f"The record does not hold the six answers, each once: {error}.") from error
    if decision != record.decision or decision.verdict is not record.verdict:
        raise InvalidReport(
            f"The record says {record.verdict.words}; its findings say {decision.verdict.words}, or other actions."
        )
