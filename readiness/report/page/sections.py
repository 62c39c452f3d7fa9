"""Evidence edition: one section for each question, with the one picture and the tables that carry its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from markupsafe import Markup

from readiness.core.findings import Answer, Bounds, Criterion, Finding, Question, Status, left_out_code
from readiness.core.format import format_level, format_range, is_exact, listed
from readiness.core.selection import NOT_ASKED
from readiness.report.page import baseline, errors, production, segments, stability
from readiness.report.page.decision import Line
from readiness.report.page.figure import PageFigure
from readiness.report.page.tables import (
    Cell,
    Column,
    Mark,
    Row,
    Table,
    anchor,
    answer_mark,
    claims_table,
    facts_table,
    table,
    without_chance,
)
from readiness.report.sentences import Language, asked, limits, topic
from readiness.report.sentences.margins import deciding
from readiness.verdict.record import Record

POINT = "The spec chose the point rule: measured values were compared and chance was not excluded."


_NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Prose:
    """The template's words on a question: what stands above the answer, and what is folded."""

    first: Markup = _NOTHING
    rest: Markup = _NOTHING


@dataclass(frozen=True, slots=True)
class Quote:
    """A text that somebody else wrote, word by word."""

    name: str
    text: Markup
    """Escaped, with its line ends."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One part of the appendix, named by what a reader finds in it."""

    anchor: str
    title: str
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    figures: tuple[PageFigure, ...] = ()
    prose: Markup = _NOTHING
    quotes: tuple[Quote, ...] = ()
    pairs: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One question on the page."""

    question: Question
    topic: str
    mark: Mark
    sentence: str
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()
    pictures: tuple[PageFigure, ...] = ()
    folds: tuple[Fold, ...] = ()

    @property
    def anchor(self) -> str:
        """The id of the section."""
        return self.question.value


_NOT_ASKED = Mark(Status.NOT_ASSESSED, NOT_ASKED)
_LEFT_OUT = frozenset(map(left_out_code, Question))
_UNASKED = "This review is partial and does not ask it."


def sections(
    record: Record, prose: Mapping[Question, Prose], figures: Mapping[str, Sequence[PageFigure]]
) -> tuple[Section, ...]:
    """The six sections in the order of the questions."""
    language = Language.of(record)
    return tuple(
        _section(record, question, language, prose.get(question, Prose()), figures.get(question.value, ()))
        for question in Question
    )


def _section(
    record: Record, question: Question, language: Language, prose: Prose, figures: Sequence[PageFigure]
) -> Section:
    if question not in asked(record):
        return Section(question, topic(question), _NOT_ASKED, _UNASKED)
    answer = record.answer(question)
    made = _with_rest(_tables(record, answer, language), answer.findings, language)
    opened = [each for each in made if not each.folds]
    pictures, more = _chosen(figures, answer)
    folds = [
        *_folds(question, [each for each in made if each.folds or each.more]),
        *([Fold(f"{question.value}-pictures", _pictures_title(more), figures=tuple(more))] if more else []),
        _method_fold(answer, record, prose.rest),
    ]
    return Section(
        question,
        topic(question),
        answer_mark(answer.status),
        _lede(answer, language),
        tuple(_shortened(each) for each in opened),
        tuple(_lines(answer, language)),
        tuple(pictures),
        tuple(folds),
    )


_NONE = {Status.NOT_MET: "not met", Status.NOT_PROVEN: "not proven", Status.NOT_ASSESSED: "not assessed"}


def _lede(answer: Answer, language: Language) -> str:
    """How many requirements hold, and the one that decides in a sentence of its own."""
    judged = [finding for finding in answer.findings if finding.blocking]
    worst = deciding(judged)
    if worst is None:
        return "Nothing was judged."
    if answer.status is Status.MET:
        if len(judged) == 1:
            return f"The one requirement is met. {language.sentence(worst)}"
        closest = f" The closest to its limit: {language.sentence(worst)}" if worst.measured is not None else ""
        every = "Both requirements" if len(judged) == 2 else f"All {len(judged):,} requirements"
        return f"{every} are met.{closest}"
    counts = [(word, sum(finding.status is status for finding in judged)) for status, word in _NONE.items()]
    told = listed([f"{count:,} {'is' if count == 1 else 'are'} {word}" for word, count in counts if count])
    if len(judged) > 1 and any(count == len(judged) for _word, count in counts):
        every = "Both" if len(judged) == 2 else f"All {len(judged):,}"
        return f"{every} requirements {told.partition(' ')[2]}. {language.sentence(worst)}"
    of = "Of" if len(judged) > 1 else "The"
    many = f"{len(judged):,} requirements" if len(judged) > 1 else "one requirement"
    head = f"{of} {many}, {told}." if len(judged) > 1 else f"{of} {many} {told.removeprefix('1 ')}."
    return f"{head} {language.sentence(worst)}"


def _tables(record: Record, answer: Answer, language: Language) -> tuple[Table, ...]:
    findings = answer.findings
    match answer.question:
        case Question.BASELINE:
            return baseline.tables(findings, language)
        case Question.SEGMENTS:
            return segments.tables(findings, language)
        case Question.ERRORS:
            return errors.tables(findings, language)
        case Question.STABILITY:
            return stability.tables(findings, language)
        case Question.PRODUCTION:
            return production.tables(findings, record, language)
        case _:
            judged = [f for f in findings if f.blocking]
            return (claims_table(judged, "Required and measured", language, strips=False),) if judged else ()


def _lines(answer: Answer, language: Language) -> list[str]:
    if answer.question is Question.STABILITY:
        return stability.lines(answer.findings, language)
    if answer.question is Question.ERRORS:
        return errors.lines(language)
    if answer.question is Question.PRODUCTION:
        return production.lines(answer.findings, language)
    return []


def _with_rest(made: tuple[Table, ...], findings: Sequence[Finding], language: Language) -> tuple[Table, ...]:
    """No finding is dropped: what no table shows, such as a user's own finding, gets a table of its own."""
    shown = frozenset().union(*(each.codes for each in made))
    rest = [finding for finding in findings if finding.code not in shown]
    judged, facts = [f for f in rest if f.blocking], [f for f in rest if not f.blocking]
    further = [claims_table(judged, "Further requirements", language)] if judged else []
    further += [facts_table(facts, f"Further figures: {len(facts)}", language)] if facts else []
    return (*made, *further)


def _shortened(made: Table) -> Table:
    """The first rows of a long table; the others stand in the appendix."""
    if not made.more:
        return made
    note = f"{len(made.rows)} of {len(made.rows) + len(made.more)} rows; the others stand in the appendix. {made.note}"
    return replace(made, more=(), note=note.strip())


def _remainder(made: Table) -> Table:
    """The rows of a long table that its section does not show; a table that is folded as a whole is whole."""
    return made if made.folds else replace(made, rows=made.more, more=())


def _folds(question: Question, hidden: Sequence[Table]) -> Iterator[Fold]:
    """One fold for each table, or for those next to each other that share one."""
    groups = groupby(hidden, key=lambda each: each.fold or _title(each))
    for number, (title, tables) in enumerate(groups, 1):
        yield Fold(f"{question.value}-more-{number}", title, tables=tuple(map(_remainder, tables)))


def _title(made: Table) -> str:
    return made.caption if made.folds else f"{made.caption}: {_others(len(made.more))}"


def _others(count: int) -> str:
    return "the other row" if count == 1 else f"the other {count} rows"


def _chosen(figures: Sequence[PageFigure], answer: Answer) -> tuple[Sequence[PageFigure], Sequence[PageFigure]]:
    """The one picture that carries the answer, and the others: what was deciding is shown, else the first."""
    if not figures:
        return (), ()
    wanted = stability.deciding_figure(answer.findings) if answer.question is Question.STABILITY else ""
    first = next((figure for figure in figures if wanted and figure.name.endswith(wanted)), figures[0])
    others = [figure for figure in figures if figure is not first and figure.name not in _IN_TABLES]
    return (first,), [replace(figure, narrow=b"") for figure in others]


_IN_TABLES = frozenset({"baseline.methods", "segments.slices", "errors.costs"})
"""Figures of the notebook that show what a table of the page shows."""


def _pictures_title(figures: Sequence[PageFigure]) -> str:
    return "One more picture" if len(figures) == 1 else f"{len(figures)} more pictures"


def _method_fold(answer: Answer, record: Record, prose: Markup) -> Fold:
    audit = _audit(answer)
    return Fold(
        f"{answer.question.value}-method",
        "How this was judged, and what it does not tell you",
        tables=(audit,) if audit else (),
        lines=_method(answer, record),
        bullets=limits(answer.question),
        prose=prose,
    )


def _method(answer: Answer, record: Record) -> tuple[str, ...]:
    judged = [f for f in answer.findings if f.blocking and f.bounds is not None]
    shown = dict.fromkeys(f.measured.method for f in answer.findings if f.measured is not None and f.measured.method)
    bounds = dict.fromkeys(f.bounds.method for f in judged if f.bounds is not None and f.bounds.method)
    adjusted = dict.fromkeys(f.bounds.adjustment for f in judged if f.bounds and f.bounds.adjustment != "none")
    lines = [
        f"Intervals: {'; '.join(shown)}." if shown else "",
        f"Limits that were compared, one-sided at {_levels(judged)}: {'; '.join(bounds)}." if bounds else "",
        f"The side that says “not met” is adjusted for the number of claims: {'; '.join(adjusted)}."
        if adjusted
        else "",
        POINT if judged and record.rule == "point" else "",
    ]
    return tuple(line for line in lines if line)


def _levels(judged: Sequence[Finding]) -> str:
    return " and ".join(dict.fromkeys(format_level(1 - f.bounds.alpha) for f in judged if f.bounds is not None))


def _audit(answer: Answer) -> Table | None:
    """Every judged number with the limit that was compared, and what the point rule would say."""
    judged = [f for f in answer.findings if f.blocking and f.bounds is not None and f.criterion is not None]
    if not judged:
        return None
    columns = (Column("Code"), Column("Limits that were compared"), Column("If only the estimate counted"))
    note = "Where nothing stands in the last column, the estimate alone gives the same result."
    return table("Every judged number", columns, map(_audit_row, judged), (), most=len(judged), note=note)


def _audit_row(finding: Finding) -> Row:
    criterion, bounds = finding.criterion, finding.bounds
    if criterion is None or bounds is None:  # the caller has filtered; this tells the type checker
        return Row(())
    by_estimate = "" if finding.point_status is finding.status else finding.point_status.words
    return Row((Cell(finding.code), Cell(_compared(finding, bounds, criterion)), Cell(by_estimate)))


def _compared(finding: Finding, bounds: Bounds, criterion: Criterion) -> str:
    """Both limits, the lower one first: "−0.016 to −0.0054"; what has none in its own words."""
    if finding.measured is not None and is_exact(finding.measured):
        return without_chance(finding)
    return format_range(bounds.lower, bounds.upper, criterion.unit, criterion.threshold)


def unmeasured(record: Record) -> tuple[tuple[Question, tuple[Finding, ...]], ...]:
    """Everything that was to be looked at and was not, question by question."""
    found = ((q, tuple(f for f in record.answer(q).findings if _is_unmeasured(f))) for q in Question)
    return tuple((question, findings) for question, findings in found if findings)


def _is_unmeasured(finding: Finding) -> bool:
    """A fact without a bar also has the status *not assessed*; it counts only when something would settle it."""
    if finding.status is not Status.NOT_ASSESSED or finding.code in _LEFT_OUT:
        return False
    return finding.blocking or (finding.measured is None and bool(finding.needs))


__all__ = ["Fold", "Prose", "Quote", "Section", "anchor", "sections", "unmeasured"]
