"""Sections of a comparison: sentences and tables, the same for the page and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from readiness.core.errors import InputError
from readiness.core.files import is_folder
from readiness.core.findings import Question
from readiness.core.format import format_count, format_estimate, format_interval, format_level, listed
from readiness.core.provenance import Reuse
from readiness.core.sanitize import presentable, visible
from readiness.report.compare import differences
from readiness.report.compare.cautions import cautions
from readiness.report.compare.differences import NONE, Aspect, Change
from readiness.report.compare.pairing import HOW_TO, Paired, Pairing, headline
from readiness.report.compare.read import Report
from readiness.report.compare.tables import (
    answer_given,
    aspects_table,
    columns,
    criteria_table,
    fact_tables,
    finding_tables,
    reservation_words,
    result_given,
)
from readiness.report.page.tables import Cell, Column, Row, Table, table
from readiness.report.sentences import approval_words, asked
from readiness.verdict.record import Record, supplied_words

MOST_MOVED = 10
"""Claims of the same status whose numbers merely moved, unless everything is wanted."""
EVIDENCE = "What reports say is evidence, not permission to deploy."
_HOW_TO_READ = (
    "A gain says how much better the second one is on the same rows, in the good direction of the metric: more recall, "
    "less error. One is called better only where the interval of the gain leaves out zero. Each interval stands for "
    "itself: of twenty metrics that do not differ, about one looks as if it did."
)
_CHANGED = "Claims that were judged, the weightiest changes before the others."
_GROUNDS = (
    "What is not the same in all reports is marked “differs”. Whole digests are compared, their beginnings shown."
)


def pairings(reports: Sequence[Report], folder: Path | None) -> tuple[Pairing, ...]:
    """Every report against the first one, row by row; `folder` is the cache, None for none."""
    if folder is not None and _is_there(folder):
        from readiness.evidence.cache.store import Store
        from readiness.report.compare.pairs import paired_rows  # loads libraries of numbers

        store = Store.open(folder)
        if store is not None:
            return paired_rows(reports, store)
    problem = f"Nothing is kept on this machine; {HOW_TO}. So there is no comparison row by row."
    return tuple(Pairing((reports[0].letter, other.letter), problem=problem) for other in reports[1:])


def _is_there(folder: Path) -> bool:
    try:
        return is_folder(folder)
    except InputError:  # a cache that nobody may look at holds nothing for us
        return False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a comparison."""

    anchor: str
    title: str
    lead: str
    points: tuple[str, ...]
    """Sentences that are listed below the lead."""
    tables: tuple[Table, ...]


def sections(reports: Sequence[Report], pairings: Sequence[Pairing], *, everything: bool = True) -> tuple[Section, ...]:
    """The comparison, in the order in which it is read; unless `everything`, only claims that were judged and what the
    reports were made from as far as it differs.
    """
    changes = differences.changes([report.record for report in reports])
    return (
        _results(reports, pairings),
        _paired(pairings),
        _findings(reports, changes, everything=everything),
        _grounds(reports, changes, everything=everything),
    )


def _results(reports: Sequence[Report], pairings: Sequence[Pairing]) -> Section:
    compared = f"{reports[0].letter} is what the others are compared with."
    lead = " ".join((*_turned(reports), compared, *map(headline, pairings), EVIDENCE))
    made = (_answers(reports), _standing(reports))
    return Section("results", "Results side by side", lead, (*cautions(reports), *_reservations(reports)), made)


def _turned(reports: Sequence[Report]) -> Iterator[str]:
    """What became of the result and of each answer: "Question 3 is no in A and yes in B."."""
    found = [result_given(report.record).word for report in reports]
    if len(set(found)) == 1:
        yield (
            f"The test result is {found[0]} in all of them."
            if len(found) > 2
            else f"The test result is {found[0]} in both."
        )
    for question in Question:
        asking = [report for report in reports if question in asked(report.record)]
        words = [(answer_given(report.record, question).word, report.letter) for report in asking]
        if len({word for word, _ in words}) > 1:
            told = listed([f"{word} in {letter}" for word, letter in words], most=len(words))
            yield f"Question {question.number} is {told}."


def _reservations(reports: Sequence[Report]) -> tuple[str, ...]:
    """What undermines the result of each report."""
    told = ((report.letter, reservation_words(report.record)) for report in reports)
    return tuple(f"What undermines the result of {letter}: {words}." for letter, words in told if words)


def _answers(reports: Sequence[Report]) -> Table:
    records = [report.record for report in reports]
    answers = [
        Row((Cell(f"{question.number} {question.words}"), *(_answer(record, question) for record in records)))
        for question in Question
    ]
    result = Row((Cell("Test result"), *(Cell(mark=result_given(record)) for record in records)), strong=True)
    approval = Row((Cell("Approval"), *(Cell(approval_words(presentable(record))[0]) for record in records)))
    return table("Test result, the six answers, approval", columns(reports, "Question"), [result, *answers, approval])


def _answer(record: Record, question: Question) -> Cell:
    if question not in asked(record):
        return Cell(mark=answer_given(record, question))
    answer = record.answer(question)
    judged = [finding for finding in answer.findings if finding.blocking]
    count = sum(finding.status is answer.status for finding in judged)
    claims = "claim" if len(judged) == 1 else "claims"
    note = f"{count} of {len(judged)} {claims} {answer.status.words}" if judged else "nothing was judged"
    return Cell(mark=answer_given(record, question), note=note)


def _standing(reports: Sequence[Report]) -> Table:
    records = [report.record for report in reports]
    aspects = (
        Aspect("Signature", tuple(report.signature for report in reports)),
        Aspect("Questions asked", tuple(_asked(record) for record in records)),
        *differences.dates(records),
        Aspect("Taken from an earlier run", tuple(_reused(record.reused) for record in records)),
        Aspect("Measured elsewhere", tuple(supplied_words(record) or "nothing" for record in records)),
        Aspect("File", tuple(str(report.path) for report in reports)),
    )
    keys = ", ".join(f"{report.letter} {visible(report.keyids[0])}" for report in reports if report.keyids)
    note = f"Keys in full: {keys}." if keys else ""
    return aspects_table(reports, "The reports themselves", aspects, marks=False, note=note)


def _asked(record: Record) -> str:
    return f"PARTIAL: only {listed(map(visible, record.only), most=6)}" if record.only else "all six"


def _reused(parts: Sequence[Reuse]) -> str:
    return differences.several(f"{part.part}, measured {part.measured[:10]}" for part in parts) or "nothing"


def _paired(pairings: Sequence[Pairing]) -> Section:
    made = tuple(_pairing(each) for each in pairings if each.metrics)
    points = []
    for each in pairings:
        first, second = each.letters
        words = each.problem or ("" if each.metrics else "No metric that both ask for can be compared.")
        points += [f"{second} against {first}: {words}"] if words else []
    return Section("paired", "The same rows, row by row", _HOW_TO_READ if made else "", tuple(points), made)


def _pairing(pairing: Pairing) -> Table:
    first, second = pairing.letters
    level = next((m.gain.level for m in pairing.metrics if m.gain is not None and m.gain.level < 1), 0.95)
    heads = (
        Column("Metric"),
        Column(first, "number"),
        Column(second, "number"),
        Column(f"Gain of {second} over {first}, {format_level(level)} interval", "number"),
        Column("What that says"),
    )
    caption = f"{second} against {first}, on {format_count(pairing.rows)} rows"
    return table(caption, heads, map(_metric, pairing.metrics), note=" ".join(pairing.notes))


def _metric(paired: Paired) -> Row:
    numbers = (
        Cell(NONE) if each is None else Cell(format_estimate(each), format_interval(each))
        for each in (paired.mine, paired.theirs, paired.gain)
    )
    return Row((Cell(paired.title, paired.note), *numbers, Cell(paired.outcome)))


def _findings(reports: Sequence[Report], changes: Sequence[Change], *, everything: bool) -> Section:
    made = finding_tables(reports, changes, most=None if everything else MOST_MOVED)
    facts = fact_tables(reports, changes)
    count = sum(not change.matched.is_judged for change in changes)
    lead = _CHANGED if made else "No claim that was judged differs."
    if count and not everything:
        differ = "1 fact that is" if count == 1 else f"{format_count(count)} facts that are"
        verb = "differs" if count == 1 else "differ"
        lead += f" {differ} shown and not judged {verb}, too: add --all."
    return Section("findings", "Findings that changed", lead, (), (*made, *(facts if everything else ())))


def _grounds(reports: Sequence[Report], changes: Sequence[Change], *, everything: bool) -> Section:
    records = [report.record for report in reports]
    places = differences.environment(records)
    others = [place for place in places if place.differs]
    same = f"{len(places) - len(others)} of {len(places)} entries (Python, machine, packages) are the same in all."

    def shown(aspects: Sequence[Aspect]) -> Sequence[Aspect]:
        return [aspect for aspect in aspects if everything or aspect.differs]

    made = (
        aspects_table(reports, "Candidate", shown(differences.candidate(records))),
        aspects_table(reports, "Data", shown(differences.data(records))),
        criteria_table(reports, changes),
        aspects_table(reports, "How the reviews were made", shown(differences.review(records))),
        aspects_table(reports, "Where they were computed", others, note=same),
        aspects_table(reports, "Settings that differ", differences.settings(records), marks=False),
    )
    return Section("grounds", "What they were made from", _GROUNDS, (), made)
