"""The record of one review, which a signature covers, and its plain form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from readiness.core.canonical import decode, encode
from readiness.core.errors import InvalidReport
from readiness.core.findings import Answer, Origin, Question
from readiness.core.provenance import Gathered, Quote, Reuse, Uses
from readiness.core.withholding import Soundness
from readiness.spec.schema import NOT_HERE
from readiness.verdict.decision import Decision, Verdict
from readiness.verdict.history import Previous
from readiness.verdict.old_records import upgraded
from readiness.verdict.written_record import restore_record, shorten_record

SCHEMA = "readiness/v1"


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
class Assessment:
    """What those who prepared a review say about one answer, in their own words; it changes no answer."""

    question: Question
    text: str
    """Markdown as it was written, to be escaped like everything else; at most `LONGEST_ASSESSMENT` characters."""


LONGEST_ASSESSMENT = 4_000
"""Characters; about a printed page, so that no assessment buries what was measured."""


@dataclass(frozen=True, slots=True)
class Record:
    """One review, whole."""

    schema: str
    verdict: Verdict
    rule: str
    """"interval" or "point"."""
    gathered: Gathered
    answers: tuple[Answer, ...]
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
    assessments: tuple[Assessment, ...] = ()
    """At most one on each question, in their order, under the names of `prepared_by`; empty: nobody wrote one."""

    quotes: tuple[Quote, ...] = ()
    """Short texts that attestations rest on, each once; empty where no host ran the review."""
    previous: Previous | None = None
    """The earlier report that this one was compared with; None: nobody named one."""

    def answer(self, question: Question) -> Answer:
        """The answer to one question."""
        return next(answer for answer in self.answers if answer.question is question)


def to_predicate(record: Record) -> dict[str, Any]:
    """The record as it is signed: plain values, ready for canonical JSON, each said once."""
    return shorten_record(to_plain(record))


def to_plain(record: Record) -> dict[str, Any]:
    """The record whole, as plain values. What was gathered stands at the top level."""
    plain: dict[str, Any] = encode(record)
    gathered: dict[str, Any] = plain.pop("gathered")
    return plain | gathered


def from_plain(plain: Mapping[str, Any]) -> Record:
    """The record in a predicate, whether that was written short or whole.

    Raises:
        InvalidReport: when it is not one.
    """
    top = {key: value for key, value in plain.items() if key != "signer"}
    if top.get("schema") != SCHEMA:
        raise InvalidReport(f"The record's schema is {str(top.get('schema'))[:60]!r}; this version reads {SCHEMA!r}.")
    top = upgraded(restore_record(top))
    gathered = {
        key: top.pop(key)
        for key in ("model", "inputs", "data", "environment", "spec", "set_keys", "settings", "profile", "isolation")
        if key in top
    }
    return decode(Record, top | {"gathered": gathered})


# ----------------------------------------------------------------------------------------------------
# The last day on which a report holds by its own spec; one rule for the page, the overview and `verify`.


def last_day(record: Record) -> date | None:
    """The day, in UTC, or None when the spec sets no end: `about.valid_days` after the review was finished.

    Raises:
        InvalidReport: the record sets an end that cannot be told. It must not pass for a report without one.
    """
    days = record.about.get("valid_days")
    if days is None:
        return None
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise InvalidReport("The record says for how many days it is valid, and not as a whole number above 0.")
    try:
        finished = datetime.fromisoformat(record.run.finished)
        moment = finished.astimezone(UTC) if finished.tzinfo else finished
        return (moment + timedelta(days=days)).date()
    except (ValueError, OverflowError) as error:
        raise InvalidReport("The record is valid for some days, and its last day cannot be told from it.") from error


def has_ended(record: Record, now: datetime) -> bool:
    """Whether the last day is over at `now`, a time with its zone.

    Raises:
        InvalidReport: as `last_day`.
    """
    end = last_day(record)
    return end is not None and now.astimezone(UTC).date() > end


# ----------------------------------------------------------------------------------------------------
# The record as whoever verifies it will read it. The signed text keeps the keys of its objects sorted, and no other
# order, so whatever is to be made again from it must be made from this form.


def signed_form(record: Record) -> Record:
    """The same record after it was written and read."""
    return from_plain(_sorted(to_predicate(record)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(part) for part in value] if isinstance(value, list) else value


# ----------------------------------------------------------------------------------------------------
# How much of a record rests on what others measured


def supplied_words(record: Record) -> str:
    """In words: "3 figures were supplied, not measured here"; empty when everything was measured here."""
    count = sum(finding.origin is Origin.SUPPLIED for answer in record.answers for finding in answer.findings)
    return f"{count} figure{'s were' if count > 1 else ' was'} {NOT_HERE}" if count else ""
