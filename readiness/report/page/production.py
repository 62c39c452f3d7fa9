"""Tables of question 6: latency, drift, probes and attestations."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.findings import Finding, Question, Status
from readiness.core.keys import Topic
from readiness.report.page.checklist import checklist_tables
from readiness.report.page.tables import (
    Cell,
    Column,
    Row,
    Table,
    anchor,
    claims_table,
    facts_table,
    status_cell,
    summary,
    table,
)
from readiness.report.sentences import worst_first
from readiness.report.sentences.counterexamples import answers_words, change_words
from readiness.report.sentences.language import Language
from readiness.verdict.record import Record

_DRIFT = frozenset({Topic.DRIFT, Topic.DRIFT_SUMMARY, Topic.DRIFT_OF_ANSWERS})


def tables(findings: Sequence[Finding], record: Record, language: Language) -> tuple[Table, ...]:
    """What is not a yes and what has a limit; in the appendix the 25 checks, probes, drift, monitoring and more."""
    from readiness.report.page.monitoring import monitoring_tables  # loads what computes numbers

    probes = [f for f in findings if f.key.kind is Topic.PROBE]
    drift = _worst_drift([f for f in findings if f.key.kind in _DRIFT])
    boxes = [f for f in findings if f.key.kind is Topic.BOX]
    taken = {f.code for f in (*probes, *drift, *boxes)}
    technical = [f for f in findings if f.blocking and f.code not in taken]
    facts = [f for f in findings if not f.blocking and f.code not in taken and f.key.question is Question.PRODUCTION]
    moved = [f for f in drift if f.blocking and f.status is not Status.MET]
    still = [f for f in drift if f not in moved]
    return (
        *([claims_table(technical, "Speed and size", language)] if technical else []),
        *([claims_table(moved, "Columns that moved", language)] if moved else []),
        *checklist_tables(findings, record, language),
        *([_probes(probes, language)] if probes else []),
        *_examples([f for f in findings if f.example is not None], language),
        *(
            [claims_table(still, f"Drift of {len(still)} columns: {summary(still, language)}", language, folds=True)]
            if still
            else []
        ),
        *monitoring_tables(record, language),
        *([facts_table(facts, f"{len(facts)} further readings", language)] if facts else []),
    )


def lines(findings: Sequence[Finding], language: Language) -> list[str]:
    """What moved most, where nothing moved beyond its limit."""
    drift = [f for f in _worst_drift([f for f in findings if f.key.kind in _DRIFT]) if f.measured is not None]
    if not drift or any(f.status is not Status.MET for f in drift if f.blocking):
        return []
    return [language.sentence(max(drift, key=lambda f: f.measured.value if f.measured else 0.0))]


def _worst_drift(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(worst_first(findings), key=lambda f: not f.blocking)


def _probes(findings: Sequence[Finding], language: Language) -> Table:
    rows = [
        Row((Cell(language.title(f)), Cell(language.sentence(f)), status_cell(f)), anchor(f.code)) for f in findings
    ]
    columns = (Column("What was tried"), Column("What happened"), Column("Result", "status"))
    caption = f"Unusual input: {len(findings)} tries"
    return table(caption, columns, rows, findings, folds=all(f.status is Status.MET for f in findings if f.blocking))


def _examples(findings: Sequence[Finding], language: Language) -> list[Table]:
    """The smallest input that shows each failure, what came back before and after, and what mends it."""
    failing = [f for f in worst_first(findings) if f.status is not Status.MET]
    rows = []
    for finding in failing:
        example = finding.example
        assert example is not None
        before, after = answers_words(language.words, example)
        cure = Cell("") if example.cure is None else Cell(example.cure.words, example.cure.code)
        changed = Cell(change_words(language.words, example))
        rows.append(Row((Cell(language.title(finding)), changed, Cell(before or "–"), Cell(after), cure)))
    columns = tuple(map(Column, ("What fails", "Smallest input that shows it", "Before", "After", "What mends it")))
    caption = f"Smallest examples: {len(failing)} failure{'s' if len(failing) != 1 else ''}"
    folds = not any(f.blocking for f in failing)
    return [table(caption, columns, rows, folds=folds)] if rows else []
