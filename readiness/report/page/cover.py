"""The first screen: about fifteen lines that an approver can stop reading after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from readiness.core.findings import Question, Status
from readiness.core.format import format_count, format_count_of, format_share, listed
from readiness.core.sanitize import shorten
from readiness.core.selection import NOT_ASKED
from readiness.core.withholding import Kind, can_never_be_vouched, kind_of
from readiness.report.page.sections import positive_words, unmeasured
from readiness.report.sentences import (
    actions,
    answer_word,
    approval_words,
    asked,
    model_names,
    result_words,
    topic,
    verdict_sentence,
    yes_words,
)
from readiness.spec.layers import keys_of
from readiness.spec.load import spec_digest
from readiness.verdict.decision import ADVICE, Action, Verdict
from readiness.verdict.imitation import as_name
from readiness.verdict.record import Record, last_day, supplied_words
from readiness.verdict.reservations import Reservation, open_doubts, reservations, warnings

_CRITERIA = ("baseline", "business", "segments", "errors", "stability", "production", "checklist", "confidence")
_MOST_STEPS = 3
_STEP_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line; `target` is the anchor of the place that says more."""

    label: str
    text: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the six questions in the strip."""

    question: Question
    topic: str
    status: Status
    word: str


@dataclass(frozen=True, slots=True)
class Cover:
    """The first screen."""

    name: str
    version: str
    purpose: str
    verdict: str
    """The word of the pill: READY, NOT READY …"""
    qualifier: str
    """What stands behind the word: "do not approve on this report"; often empty."""
    status: Status
    reason: str
    reservations: tuple[Reservation, ...]
    """What undermines trust in the result, directly under it."""
    warnings: tuple[Reservation, ...]
    """What changes no answer and still has to be known."""
    approval: str
    required: str
    answered: str
    tiles: tuple[Tile, ...]
    lines: tuple[Line, ...]
    steps: tuple[Line, ...]
    """What must happen before go-live, the first few."""


def cover(record: Record) -> Cover:
    """The first screen of a report."""
    approval = approval_words(record)
    name, version = model_names(record)
    word, _, qualifier = result_words(record).partition(" (")
    return Cover(
        name=name,
        version=version,
        purpose=as_name(str(record.about.get("purpose") or "")),
        verdict=word,
        qualifier=qualifier.rstrip(")"),
        status=Status.NOT_ASSESSED if record.only else VERDICT_STATUS[record.verdict],
        reason=verdict_sentence(record),
        reservations=reservations(record),
        warnings=warnings(record),
        approval=approval[0],
        required=approval[1],
        answered=_answered(record),
        tiles=tuple(_tile(record, question) for question in Question),
        lines=_lines(record),
        steps=_steps(record),
    )


VERDICT_STATUS = {
    Verdict.READY: Status.MET,
    Verdict.READY_BY_POINT_ESTIMATE: Status.NOT_PROVEN,
    Verdict.NOT_READY: Status.NOT_MET,
    Verdict.NOT_PROVEN: Status.NOT_PROVEN,
}


def _tile(record: Record, question: Question) -> Tile:
    status = record.answer(question).status
    return Tile(question, topic(question), status, answer_word(status) if question in asked(record) else NOT_ASKED)


def _answered(record: Record) -> str:
    names = [
        f"{question.number} {topic(question)} ({answer_word(record.answer(question).status)})"
        for question in asked(record)
        if record.answer(question).status is not Status.MET
    ]
    count = yes_words(record)
    return f"{count}; not yes: {listed(names, most=6)}" if names else count


def _lines(record: Record) -> tuple[Line, ...]:
    return (
        Line("Tested on", _tested_on(record), "provenance"),
        Line("Criteria", _criteria(record), "criteria"),
        Line("Prepared", _prepared(record), "provenance"),
        Line("Not measured", _not_measured(record), "not-measured"),
    )


def _tested_on(record: Record) -> str:
    data = record.gathered.data
    queries = "" if data.queries is None else f"{format_count(data.queries)} queries with "
    parts = [f"{queries}{format_count(data.rows_scored)} rows{_period(data.first, data.last)}"]
    if data.positives is not None:
        parts.append(f"{positive_words(record)} in {format_count_of(data.positives, data.rows_scored)}")
        parts.append(_declared(record.about))
    elif data.classes:
        parts.append(f"{len(data.classes)} classes of {data.target}")
    else:
        parts.append(f"target {data.target}")
    dropped = sum(drop.rows for drop in data.dropped)
    return "; ".join([*parts, *([f"{format_count(dropped)} rows left out"] if dropped else [])])


def _period(first: str, last: str) -> str:
    return f", {first[:10]} to {last[:10]}" if first and last else ", period not stated"


def _declared(about: Mapping[str, Any]) -> str:
    share = about.get("production_prevalence")
    if share is None:
        return "share in production not stated"
    return f"declared in production: {declared_share(share)}"


def declared_share(value: Any) -> str:
    """One share or two in words: "2.4 %", "1 % to 3 %"."""
    ends = value if isinstance(value, list | tuple) else (value,)
    return " to ".join(format_share(float(end)) for end in ends)


def _criteria(record: Record) -> str:
    keys = [key for key in record.gathered.set_keys if key.split(".")[0] in _CRITERIA]
    names = list(dict.fromkeys(key.split(".")[0] for key in keys))
    count = len(keys_of(record.gathered.settings))
    over = f"; {count} key{'s' if count > 1 else ''} set on the command line" if count else ""
    own = f"The spec sets its own for {listed(names, most=6)}; all others are defaults" if names else "All defaults"
    spec = spec_digest(record.gathered.inputs)
    digest = f"; spec {spec[:12]}" if spec else ""
    rule = "; judged by point estimate" if record.rule == "point" else ""
    return f"{own}{rule}{over}{digest}"


def _prepared(record: Record) -> str:
    by = f"By {listed(map(as_name, record.prepared_by), most=3)}" if record.prepared_by else "By whom is not stated"
    where = record.gathered.environment.hardware or record.gathered.environment.platform
    until = valid_until(record)
    cached = " (in part taken from the cache)" if record.reused else ""
    said = f"{by}; computed {format_time(record.run.finished)} on {where}{cached}"
    return said + (f"; valid until {until}" if until else "")


def format_time(text: str) -> str:
    """Write an ISO 8601 time as "22 November 2026, 20:11 UTC"; anything else stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def valid_until(record: Record) -> str:
    """The last day on which the report holds by its own spec, in words; empty when it says nothing."""
    end = last_day(record)
    return f"{end.day} {end:%B %Y}" if end else ""


def _not_measured(record: Record) -> str:
    names = [finding.name for _, findings in unmeasured(record) for finding in findings]
    said = f"{len(names)}: {listed([shorten(n, 80) for n in names], most=3)}" if names else "Nothing that was asked for"
    return "; ".join(filter(None, [said, supplied_words(record)]))


def _steps(record: Record) -> tuple[Line, ...]:
    doubts = [Line("Rows", words, "soundness") for words in _cures(record)]
    todo = sorted((a for a in actions(record) if not _hangs_on_rows(record, a)), key=lambda action: not action.required)
    lines = [_step(action, record) for action in todo[:_MOST_STEPS]]
    if len(todo) == _MOST_STEPS + 1:
        lines.append(_step(todo[-1], record))
    elif len(todo) > _MOST_STEPS:
        lines.append(Line("", f"and {len(todo) - _MOST_STEPS} more", "decision"))
    if record.only:
        lines.append(Line("", "A review of all six questions", "decision"))
    elif not todo and not doubts:
        lines.append(Line("", "Approval by those required, then a staged rollout under monitoring", "decision"))
    return (*doubts, *lines)


def _cures(record: Record) -> list[str]:
    """What would settle the doubts about the rows, a line for each kind; the section says more."""
    found = [(kind, doubt.key) for doubt in open_doubts(record) if (kind := kind_of(doubt.key))]
    kinds = dict.fromkeys(kind for kind, _ in found)
    never = {kind for kind, key in found if can_never_be_vouched(key)}
    return [_cure(kind, is_for_words=kind not in never) for kind in kinds]


def _cure(kind: Kind, *, is_for_words: bool) -> str:
    words = f"{kind.cure[:1].upper()}{kind.cure[1:]}"
    return f"{words}; or have somebody who did not prepare this review answer for it" if is_for_words else words


def _hangs_on_rows(record: Record, action: Action) -> bool:
    """Whether nothing but the doubts about the rows keeps a question from a yes."""
    judged = [f for f in record.answer(action.question).findings if f.blocking and f.status is not Status.MET]
    return bool(open_doubts(record)) and all(f.withheld_by for f in judged)


def _brief(text: str) -> str:
    """As much as fits on the first screen, cut between words; the whole stands in the section it links to."""
    return text if len(text) <= _STEP_LENGTH else f"{text[:_STEP_LENGTH].rsplit(' ', 1)[0].rstrip(',:;')} …"


def _step(action: Action, record: Record) -> Line:
    question = action.question
    text = _brief(action.text.split("; ")[0].rstrip("."))
    if action.required:
        failed = [f.name for f in record.answer(question).findings if f.blocking and f.status is Status.NOT_MET]
        text = f"{ADVICE[question]}: {listed([shorten(name, 90) for name in failed], most=1)}"
    return Line(f"{question.number} {topic(question)}", text, question.value)
