"""Tables of question 4: how the candidate fails, and what its errors cost."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.findings import Finding, Question
from readiness.core.format import format_count, format_share
from readiness.core.keys import Topic
from readiness.report.page.tables import (
    Cell,
    Column,
    Row,
    Table,
    anchor,
    claims_table,
    facts_table,
    measured_cell,
    table,
)

_BINARY = {
    Topic.TRUE_POSITIVES: (0, 0),
    Topic.FALSE_NEGATIVES: (0, 1),
    Topic.FALSE_POSITIVES: (1, 0),
    Topic.TRUE_NEGATIVES: (1, 1),
}
_COSTS = frozenset({
    Topic.COST, Topic.TOTAL_COST, Topic.NOTHING_COST, Topic.SAVINGS, Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS,
    Topic.SAVINGS_MEDIAN, Topic.SAVINGS_QUANTILE, Topic.TOTAL_SAVINGS, Topic.SAVINGS_SHARE, Topic.CURRENT_SAVINGS,
})  # fmt: skip
_WHAT_IF = frozenset({
    Topic.BREAK_EVEN, Topic.FLIP, Topic.CHEAPEST_THRESHOLD, Topic.THRESHOLD_IN_USE, Topic.THRESHOLD_ADVICE,
    Topic.REGRET, Topic.CONCENTRATION,
})  # fmt: skip
_TRUST = frozenset({
    Topic.CALIBRATION_ERROR, Topic.CALIBRATION_IN_THE_LARGE, Topic.CALIBRATION_SLOPE, Topic.SPIEGELHALTER,
    Topic.CONFIDENT_ERRORS,
})  # fmt: skip
_BINS = frozenset({Topic.CALIBRATION_BIN})
_CLASSES = frozenset({Topic.CLASS_VALUE})
_EACH_CLASS = frozenset(
    {Topic.CLASS_TOLD_APART, Topic.SMALL_CLASSES_TOLD_APART, Topic.CLASS_FOUND, Topic.SMALL_CLASSES_FOUND}
)
_MOST_CLASSES = 12
"""Classes beyond which a matrix is too wide to be read; its cells are listed then."""


def tables(findings: Sequence[Finding], positive: str) -> tuple[Table, ...]:
    """The judged claims, the confusion matrix, costs, what if they were others, probabilities, rates, worst errors."""
    judged = [f for f in findings if f.blocking or _is_small_class(f)]
    cells = [f for f in findings if f.key.kind in _BINARY or f.key.kind is Topic.CELL]
    worst = [f for f in findings if f.key.kind is Topic.WORST_ROW]
    others, trusted, bins = (_of(findings, family, judged) for family in (_WHAT_IF, _TRUST, _BINS))
    classes = _of(findings, _CLASSES, judged)
    taken = {f.code for f in (*judged, *cells, *worst, *others, *trusted, *bins, *classes)}
    costs = [f for f in findings if f.key.kind in _COSTS and f.code not in taken]
    rates = [f for f in findings if f.code not in taken and f not in costs and f.key.question is Question.ERRORS]
    what_if = "What if the costs or the threshold were different"
    return (
        *([claims_table(judged, "What the errors may cost")] if judged else []),
        *([_matrix(cells, positive)] if cells else []),
        *([facts_table(costs, "Costs")] if costs else []),
        *([facts_table(others, what_if, folds=_calm(others))] if others else []),
        *([_by_class(classes)] if classes else []),
        *([facts_table(trusted, "How far its probabilities can be trusted", folds=_calm(trusted))] if trusted else []),
        *([_diagram(bins)] if bins else []),
        *([facts_table(rates, "How often, and how far off")] if rates else []),
        *([_worst(worst)] if worst else []),
    )


def _is_small_class(finding: Finding) -> bool:
    """Whether a class has too few rows to be judged, and stands beside those that are."""
    return finding.key.kind in _EACH_CLASS and finding.criterion is not None


def _of(findings: Sequence[Finding], family: frozenset[Topic], judged: Sequence[Finding]) -> list[Finding]:
    return [f for f in findings if f.key.kind in family and f not in judged]


def _calm(findings: Sequence[Finding]) -> bool:
    """Nothing here that a reader must see."""
    return not any(finding.warning for finding in findings)


def _diagram(bins: Sequence[Finding]) -> Table:
    columns = [Column("Probability given"), Column("Share that came true", "number"), Column("Rows")]
    rows = [
        Row((Cell(f.segment.get("predicted", "–")), measured_cell(f), Cell(f.reason)), anchor(f.code)) for f in bins
    ]
    return table("What was given, and what came true", columns, rows, bins, folds=True)


def _by_class(findings: Sequence[Finding]) -> Table:
    names = dict.fromkeys(f.segment.get("class", "–") for f in findings)
    columns = [Column("Class, the worst first"), Column("Found", "number"), Column("Right when named", "number")]
    found = {(f.segment.get("class", "–"), f.metric): f for f in findings}
    rows = [Row((Cell(n), *(_share(found.get((n, metric))) for metric in ("recall", "precision")))) for n in names]
    return table("Each class by itself", columns, rows, findings)


def _share(finding: Finding | None) -> Cell:
    if finding is None or finding.measured is None:
        return Cell("–")
    cell = measured_cell(finding)
    return Cell(cell.text, f"{cell.note}: {finding.reason}", anchor=anchor(finding.code))


def _matrix(cells: Sequence[Finding], positive: str) -> Table:
    if all(f.key.kind in _BINARY for f in cells):
        return _binary(cells, positive)
    truths = list(dict.fromkeys(f.segment.get("true", "") for f in cells))
    guesses = list(dict.fromkeys(f.segment.get("predicted", "") for f in cells))
    if max(len(truths), len(guesses)) > _MOST_CLASSES:
        return _listed_cells(cells)
    found = {(f.segment.get("true", ""), f.segment.get("predicted", "")): f for f in cells}
    columns = [Column("True class"), *(Column(f"predicted {name}", "number") for name in guesses)]
    rows = [Row((Cell(t), *(_count(found.get((t, g)), strong=t == g) for g in guesses))) for t in truths]
    return table("Confusion matrix, in rows", columns, rows, cells, note="Right answers stand on the diagonal.")


def _binary(cells: Sequence[Finding], positive: str) -> Table:
    found = {_BINARY[f.key.kind]: f for f in cells}
    total = sum(f.measured.value for f in cells if f.measured is not None)
    yes = positive or "the positive class"
    columns = [Column("In truth"), Column("model says yes", "number"), Column("model says no", "number")]
    rows = [
        Row((Cell(name), *(_count(found.get((line, column)), total=total) for column in (0, 1))))
        for line, name in enumerate((yes, f"not {yes}"))
    ]
    note = f"{format_count(total)} rows in all. “Yes” is {yes}."
    return table("Right and wrong answers, in rows", columns, rows, cells, note=note)


def _count(finding: Finding | None, *, total: float = 0, strong: bool = False) -> Cell:
    if finding is None or finding.measured is None:
        return Cell("–")
    share = f"{format_share(finding.measured.value / total)} of all rows" if total else ("right" if strong else "")
    note = f"{finding.name}, {share}" if total else share
    return Cell(format_count(finding.measured.value), note, anchor=anchor(finding.code))


def _listed_cells(cells: Sequence[Finding]) -> Table:
    wrong_first = sorted(cells, key=lambda f: (_is_right(f), -(f.measured.value if f.measured else 0)))
    rows = [
        Row((Cell(f.segment.get("true", "")), Cell(f.segment.get("predicted", "")), _count(f)), anchor(f.code))
        for f in wrong_first
    ]
    columns = [Column("True class"), Column("Predicted"), Column("Rows", "number")]
    return table("Confusions, the most frequent first", columns, rows, cells)


def _is_right(finding: Finding) -> bool:
    return finding.segment.get("true") == finding.segment.get("predicted")


def _worst(findings: Sequence[Finding]) -> Table:
    names = list(dict.fromkeys(column for finding in findings for column in finding.segment))
    names = [*(n for n in names if n not in ("true", "predicted")), *(n for n in ("true", "predicted") if n in names)]
    columns = [Column("Case"), Column("Cost or error", "number"), *(Column(name) for name in names)]
    rows = [
        Row(
            (
                Cell(f.name or str(rank), f.reason),
                Cell(measured_cell(f).text),
                *(Cell(f.segment.get(name, "–")) for name in names),
            ),
            anchor(f.code),
        )
        for rank, f in enumerate(findings, 1)
    ]
    return table("The worst errors", columns, rows, findings, note="The dearest or largest errors of the test rows.")
