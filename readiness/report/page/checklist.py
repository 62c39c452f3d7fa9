"""The 25 checks before go-live as a table of evidence: who or what answers each, where that is to be seen, a tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from readiness.core.checklist import BOXES, Box, Source
from readiness.core.findings import Finding, Origin, Outcome, Status, overall
from readiness.core.keys import Topic
from readiness.report.evidence_texts import evidence_texts
from readiness.report.page.tables import Cell, Column, Mark, Row, Table, anchor, answer_mark, mark, outcome_mark, table
from readiness.report.sentences import worst_first
from readiness.report.sentences.decision import checks_tally, findings_of_check
from readiness.report.sentences.language import Language
from readiness.verdict.record import Record

GROUPS = tuple(dict.fromkeys(box.group for box in BOXES))
QUOTES = "quotes"
"""The place on the page where texts are quoted that attestations rest on."""
_SOURCES = ("answer", "measured", "supplied", "attested", "approval", "nobody")
_SAID = {
    "answer": "this report",
    "measured": "measurement",
    "supplied": "supplied figure",
    "attested": "attestation",
    "approval": "approval",
    "nobody": "nobody",
}
_IN_WORDS = tuple(Status)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A check, and what came of it."""

    box: Box
    source: str
    mark: Mark
    grounds: Cell
    code: str = ""
    """Of the finding that stands nowhere else on the page."""


def checklist_tables(findings: Sequence[Finding], record: Record, language: Language) -> list[Table]:
    """The checks that are not a yes, open; in the appendix the tally, and all 25 with their evidence.

    Answers of this report stand in sections of their own, and approval on the first page: by themselves they open none.
    """
    checked = [_look_up(box, findings, record, language) for box in BOXES]
    title = f"Checklist: {checks_tally(record)}"
    own = [f for box in BOXES for f in findings_of_check(box, findings) if f.key.kind is Topic.BOX]
    columns = (Column("Check"), Column("Answered by"), Column("Evidence"), Column("Result", "status"))
    rows = [row for group in GROUPS for row in _group_rows(group, checked)]
    whole = table(title, columns, rows, own, most=len(rows), folds=True, fold=title)
    still = [each for each in checked if _is_open(each) and each.source != "answer"]
    if all(each.source == "approval" for each in still):
        return [_tally(checked, title), whole]
    few = (Column("Check"), Column("Evidence"), Column("Result", "status"))
    open_rows = [_row(each, with_source=False).without_anchors() for each in still]
    return [table(title, few, open_rows, most=len(open_rows)), _tally(checked, title), whole]


def _is_open(checked: _Checked) -> bool:
    return checked.mark.status is not Status.MET


def _group_rows(group: str, checked: Sequence[_Checked]) -> list[Row]:
    of = [each for each in checked if each.box.group == group]
    met = sum(not _is_open(each) for each in of)
    return [Row((Cell(f"{group}: {met} of {len(of)} met"),), group=True), *(_row(each) for each in of)]


def _row(checked: _Checked, *, with_source: bool = True) -> Row:
    source = (Cell(_SAID[checked.source]),) if with_source else ()
    return Row((Cell(checked.box.title), *source, checked.grounds, Cell(mark=checked.mark)), anchor(checked.code))


def _tally(checked: Sequence[_Checked], fold: str) -> Table:
    """How many checks of each source came to which result."""
    counts = Counter((each.source, each.mark.status) for each in checked)
    columns = (Column("Answered by"), *(Column(status.words.capitalize(), "number") for status in _IN_WORDS))
    rows = [
        Row((Cell(_SAID[source]), *(Cell(str(counts[source, status])) for status in _IN_WORDS)))
        for source in _SOURCES
        if any(counts[source, status] for status in _IN_WORDS)
    ]
    totals = (Cell(str(sum(counts[source, status] for source in _SOURCES))) for status in _IN_WORDS)
    rows.append(Row((Cell(f"All {len(checked)}"), *totals), strong=True))
    return table("Tally of the 25 checks", columns, rows, folds=True, fold=fold)


# ----------------------------------------------------------------------------------------------------
# One check


def _look_up(box: Box, findings: Sequence[Finding], record: Record, language: Language) -> _Checked:
    if box.question is not None:
        words = Cell(f"Answer to question {box.question.number}", link=f"#{box.question.value}")
        return _Checked(box, "answer", answer_mark(record.answer(box.question).status), words)
    own = findings_of_check(box, findings)
    code = next((f.code for f in own if f.key.kind is Topic.BOX), "")
    grounds = _grounds(box, own, record, language)
    return _Checked(box, _source(box, own), _box_mark(own), grounds, code)


def _source(box: Box, findings: Sequence[Finding]) -> str:
    """Who or what answers it, as far as anything does."""
    judged = [f for f in findings if f.blocking] or list(findings)
    if box.source is Source.APPROVAL:
        return "approval"
    if not judged or all(f.outcome is Outcome.MISSING for f in judged):
        return "nobody"
    if any(f.origin is Origin.SUPPLIED for f in judged):
        return "supplied"
    is_said = all(f.measured is None and f.outcome in _OF_PEOPLE for f in judged)
    return "attested" if box.source is Source.ATTESTED or is_said else "measured"


_OF_PEOPLE = frozenset({Outcome.ATTESTED, Outcome.NOT_APPLICABLE, Outcome.EXPIRED, Outcome.PENDING})


def _box_mark(findings: Sequence[Finding]) -> Mark:
    """A single outcome in its own word; else the status of the findings together."""
    if len(findings) == 1 and findings[0].outcome is not None:
        return outcome_mark(findings[0].outcome)
    return mark(overall(tuple(findings)))


def _grounds(box: Box, findings: Sequence[Finding], record: Record, language: Language) -> Cell:
    """What answers it in words, leading to where the whole is."""
    judged = worst_first([f for f in findings if f.blocking]) or worst_first(findings)
    if not judged:
        return Cell("Nobody has looked at it, and nobody has vouched for it")
    worst, warning = judged[0], next((f.warning for f in findings if f.warning), "")
    return Cell(_words(box, judged, language), warning=warning, link=_place(box, worst, record))


def _words(box: Box, judged: Sequence[Finding], language: Language) -> str:
    how = "Supplied" if any(f.origin is Origin.SUPPLIED for f in judged) else "Measured"
    if len(judged) > 1 and all(f.status is Status.MET for f in judged):
        return f"{how}: {len(judged)} claims, all met"
    worst = judged[0]
    if box.source is Source.MEASURED and worst.measured is not None and worst.criterion is not None:
        return f"{how}: {language.measured(worst)}; required: {language.requirement(worst)}"
    if worst.key.kind is Topic.BOX:  # who, when and on what grounds, or why that does not count, as it was written
        return worst.reason or language.sentence(worst)
    return language.sentence(worst)


def _place(box: Box, finding: Finding, record: Record) -> str:
    """Where its evidence stands on this page: the row of the finding, or the text that is quoted."""
    if finding.key.kind is not Topic.BOX:
        code = anchor(finding.code)
        return f"#{code}" if code else ""
    is_quoted = any(each.text and box.title in each.boxes for each in evidence_texts(record))
    return f"#{QUOTES}" if is_quoted else ""
