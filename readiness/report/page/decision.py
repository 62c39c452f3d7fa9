"""Decision edition: what an approver reads first, and may stop reading after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from readiness.core.findings import Question, Status
from readiness.core.format import format_count, format_day, format_share, listed
from readiness.core.selection import NOT_ASKED
from readiness.core.vocabulary import Noun
from readiness.report import rollout
from readiness.report.history import changes
from readiness.report.page.figure import PageFigure
from readiness.report.page.tables import Cell, Column, Mark, Row, Table, answer_mark, table
from readiness.report.sentences import (
    Headline,
    Language,
    Step,
    also_look_at,
    approval_words,
    asked,
    headline,
    model_names,
    result_words,
    scorecard,
    steps,
)
from readiness.report.sentences.decision import SHORT_QUESTIONS
from readiness.spec.layers import keys_of
from readiness.spec.load import sets_limit, spec_digest
from readiness.verdict.decision import Verdict
from readiness.verdict.imitation import as_name
from readiness.verdict.isolation import isolation_words
from readiness.verdict.record import Record, last_day, supplied_words
from readiness.verdict.reservations import Reservation, reservations

_CRITERIA = ("baseline", "business", "segments", "errors", "stability", "production", "checklist", "confidence")


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line; `target` is the anchor of the place that says more."""

    label: str
    text: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class DecisionEdition:
    """The first screen and what belongs to it, without figures."""

    name: str
    version: str
    purpose: str
    verdict: str
    """The word of the pill: READY, NOT READY …"""
    qualifier: str
    """What stands behind the word: "do not approve on this report"; often empty."""
    status: Status
    headline: Headline
    approval: str
    required: str
    steps: tuple[Step, ...]
    """What must happen before go-live, whole."""
    also: tuple[Step, ...]
    """What changes no answer and is worth an approver's eye."""
    trust: tuple[Reservation, ...]
    """What undermines trust in the result; empty when nothing does."""
    scorecard: Table
    stages: tuple[rollout.Stage, ...]
    """The rollout, also as a plan where the model is not ready; empty on the page of a partial review."""
    rollout_title: str
    """How many stages there are: "release in three stages"."""
    rollout_note: str
    is_released: bool
    """Whether the verdict lets the rollout begin, once approved."""
    facts: tuple[Line, ...]


VERDICT_STATUS = {
    Verdict.READY: Status.MET,
    Verdict.READY_BY_POINT_ESTIMATE: Status.NOT_PROVEN,
    Verdict.NOT_READY: Status.NOT_MET,
    Verdict.NOT_PROVEN: Status.NOT_PROVEN,
}


def decision_edition(record: Record) -> DecisionEdition:
    """The decision edition of a report."""
    language = Language.of(record)
    approval, stages = approval_words(record), rollout.stages(record)
    name, version = model_names(record)
    word, _, qualifier = result_words(record).partition(" (")
    return DecisionEdition(
        name=name,
        version=version,
        purpose=as_name(str(record.about.get("purpose") or "")),
        verdict=word,
        qualifier=qualifier.rstrip(")"),
        status=Status.NOT_ASSESSED if record.only else VERDICT_STATUS[record.verdict],
        headline=headline(record, language),
        approval=approval[0] if record.only else f"{approval[0]} · to sign: {', '.join(_signers(record))}",
        required=approval[1],
        steps=_steps(record, language),
        also=also_look_at(record, language),
        trust=reservations(record),
        scorecard=_scorecard(record, language),
        stages=stages,
        rollout_title=rollout.title(len(stages)),
        rollout_note=rollout.note(record),
        is_released=bool(record.decision.rollout),
        facts=facts(record, language),
    )


def _signers(record: Record) -> list[str]:
    """Roles that are still to sign."""
    return ["owner", *(["validator"] if record.about.get("validator") else [])]


def _steps(record: Record, language: Language) -> tuple[Step, ...]:
    """What must happen; where nothing is left to mend, approval and rollout."""
    found = steps(record, language)
    if found or record.only:
        return found
    owner = as_name(str(record.about.get("owner") or ""))
    approval = f"Approval by {approval_words(record)[1]}." if owner else "Name the model's owner, who has to approve."
    return (
        Step(approval, "", "", None, "", required=True),
        Step("Then release in stages, under monitoring.", "", "", None, "", required=True),
    )


# ----------------------------------------------------------------------------------------------------
# The six questions, a row each


def _scorecard(record: Record, language: Language) -> Table:
    """One row for each question: what decides it, its bar, what was measured, and how far it is from the bar."""
    columns = (
        Column("Question"),
        Column("Closest call"),
        Column("Minimum bar"),
        Column("Measured"),
        Column("Margin", "number"),
        Column("Answer", "status"),
    )
    scores = {score.question: score for score in scorecard(record, language)}
    rows = []
    for question in Question:
        head = Cell(f"{question.number} {SHORT_QUESTIONS[question]}", link=f"#{question.value}")
        score = scores.get(question)
        if score is None or question not in asked(record):
            rows.append(Row((head, Cell(), Cell(), Cell(), Cell(), Cell(mark=Mark(Status.NOT_ASSESSED, NOT_ASKED)))))
            continue
        cells = (Cell(score.check), Cell(score.minimum_bar), Cell(score.measured), Cell(score.margin))
        loud = score.status.value if score.status is Status.NOT_MET else ""
        rows.append(Row((head, *cells, Cell(mark=answer_mark(score.status))), status=loud))
    within = "Within 1 × chance is not excluded" if record.rule == "point" else "1 × or less is not proven"
    note = f"Margin: the distance to the bar in margins of error. {within}; below 0 the bar is missed."
    return table("The six questions", columns, rows, note=note)


# ----------------------------------------------------------------------------------------------------
# What the result rests on


def facts(record: Record, language: Language) -> tuple[Line, ...]:
    """On which rows, by which criteria, and by whom."""
    return (
        Line("Tested on", tested_on(record, language), "provenance"),
        Line("Criteria", _criteria(record), "criteria"),
        Line("Prepared", _prepared(record), "provenance"),
        Line("Model ran", _ran(record), "facts"),
        *([Line("Changes", found.headline, "changes")] if (found := changes(record)) else []),
        *([Line("Supplied", f"{supplied_words(record)}.", "not-measured")] if supplied_words(record) else []),
    )


def tested_on(record: Record, language: Language) -> str:
    """The rows in words: how many, from when, how many of the class that is looked for."""
    data, row = record.gathered.data, language.words.row
    queries = "" if data.queries is None else f"{format_count(data.queries)} queries with "
    found = [f"{queries}{row.counted(data.rows_scored)}{_period(data.first, data.last)}"]
    if data.positives is not None:
        found.append(_share_of(data.positives, data.rows_scored, language.words.positives, record.about))
    elif data.classes:
        found.append(f"{len(data.classes)} classes of {language.words.vocabulary.column(data.target)}")
    else:
        found.append(f"what is predicted: {language.words.vocabulary.column(data.target)}")
    dropped = sum(drop.rows for drop in data.dropped)
    return "; ".join([*found, *([f"{row.counted(dropped)} left out"] if dropped else [])])


def _share_of(positives: int, rows: int, noun: Noun, about: Mapping[str, Any]) -> str:
    said = f"{noun.counted(positives)} ({format_share(positives / rows)})" if rows else noun.counted(positives)
    share = about.get("production_prevalence")
    return f"{said}; in production {declared_share(share)} are expected" if share is not None else (
        f"{said}; how many are expected in production is not stated"
    )  # fmt: skip


def _period(first: str, last: str) -> str:
    return f", {_day(first)} to {_day(last)}" if first and last else ", period not stated"


def _day(text: str) -> str:
    try:
        return format_day(datetime.fromisoformat(text).date())
    except ValueError:
        return text[:10]


def declared_share(value: Any) -> str:
    """One share or two in words: "2.4 %", "1 % to 3 %"."""
    ends = value if isinstance(value, list | tuple) else (value,)
    return " to ".join(format_share(float(end)) for end in ends)


def _criteria(record: Record) -> str:
    """Which limits the team set itself, and by which rule was judged."""
    limits = (key.split(".")[0] for key in record.gathered.set_keys if sets_limit(key))
    own = list(dict.fromkeys(section for section in limits if section in _CRITERIA))
    rest = [name for name in _CRITERIA[:6] if name not in own]
    if not own:
        said = "All limits are defaults"
    elif rest:
        numbers = [str(Question(name).number) for name in rest]
        asked_by = f"question{'s' if len(numbers) > 1 else ''} {listed(numbers, most=6)}"
        said = f"Limits set by the team, but for {asked_by} (defaults)"
    else:
        said = "Limits set by the team for all six questions"
    count = len(keys_of(record.gathered.settings))
    over = f"; {count} setting{'s' if count > 1 else ''} changed on the command line" if count else ""
    rule = "; judged by point estimate" if record.rule == "point" else ""
    digest = spec_digest(record.gathered.inputs)
    return f"{said}{rule}{over}" + (f". Specification {digest[:12]}" if digest else "")


def _ran(record: Record) -> str:
    words = isolation_words(record.gathered.isolation)
    return f"{words[:1].upper()}{words[1:]}"


def _prepared(record: Record) -> str:
    by = f"By {listed(map(as_name, record.prepared_by), most=3)}" if record.prepared_by else "By whom is not stated"
    until = valid_until(record)
    cached = " (in part taken from the cache)" if record.reused else ""
    return f"{by}, {format_time(record.run.finished)}{cached}" + (f"; valid until {until}" if until else "")


def format_time(text: str) -> str:
    """Write an ISO 8601 time as "22 November 2026, 20:11 UTC"; anything else stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    return f"{format_day(moment.date())}, {moment:%H:%M} UTC"


def valid_until(record: Record) -> str:
    """The last day on which the report holds by its own spec, in words; empty when it says nothing."""
    end = last_day(record)
    return format_day(end) if end else ""


# ----------------------------------------------------------------------------------------------------
# The pictures of the decision

_REASON = {Question.SEGMENTS: "segments.groups"}
"""By the question that decides, the figure that shows the reason at a glance, in its narrow drawing."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The figures of the decision edition."""

    reason: PageFigure | None
    """What decided, beside the steps; None where no picture tells it better than the sentence."""
    others: tuple[PageFigure, ...]


def pictures(record: Record, figures: Mapping[str, Sequence[PageFigure]]) -> Pictures:
    """The figures of the decision, and the one of the question that was answered no."""
    refused = next((q for q in asked(record) if record.answer(q).status is Status.NOT_MET), None)
    wanted = _REASON.get(refused, "") if refused is not None else ""
    own = figures.get(refused.value, ()) if refused is not None else ()
    reason = next((figure for figure in own if wanted and figure.name == wanted), None)
    small = reason and replace(reason, svg=reason.narrow or reason.svg, narrow=b"", reading="")
    return Pictures(small, tuple(figures.get("decision", ())))
