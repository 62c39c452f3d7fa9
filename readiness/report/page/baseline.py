"""Tables of question 1: the gain over the alternatives."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.findings import Finding
from readiness.core.keys import Topic
from readiness.report.page.tables import (
    MOST_OPEN,
    Cell,
    Column,
    Row,
    Table,
    anchor,
    claims_table,
    closest_first,
    facts_table,
    measured_cell,
    table,
    title_of,
)
from readiness.report.sentences.language import Language

_TESTS = frozenset({Topic.MCNEMAR, Topic.DELONG})
_NOT_JUDGED = (
    "A p-value is the chance of so large a difference if there were none. "
    "These tests ask for any difference at all; what counts is the gain above with its margin."
)


def tables(findings: Sequence[Finding], language: Language) -> tuple[Table, ...]:
    """The judged gains; in the appendix every method with its metrics and its cost, and the usual tests."""
    gains = [f for f in findings if f.blocking]
    values = [f for f in findings if f.key.kind is Topic.METHOD_VALUE and not f.blocking]
    costs = [f for f in findings if f.key.kind is Topic.METHOD_COST and not f.blocking]
    shown = (
        [claims_table(closest_first(gains), "Better than each alternative", language, most=MOST_OPEN, strips=False)]
        if gains
        else []
    )
    if values:
        shown.append(_methods(values, costs, language))
    tests = [f for f in findings if f.key.kind in _TESTS and not f.blocking]
    if tests:
        caption = "One test as it is usually reported"
        caption = caption if len(tests) == 1 else f"{len(tests)} tests as they are usually reported"
        shown.append(facts_table(tests, caption, language, note=_NOT_JUDGED))
    return tuple(shown)


def _methods(values: Sequence[Finding], costs: Sequence[Finding], language: Language) -> Table:
    metrics = list(dict.fromkeys(finding.metric for finding in values))
    keys = dict.fromkeys(finding.key.part("method") for finding in values)
    cells = {(finding.key.part("method"), finding.metric): finding for finding in values}
    prices = {finding.key.part("method"): finding for finding in costs}
    shown = [*values, *(finding for key, finding in prices.items() if key in keys)]
    columns = [Column("Method"), *(Column(title_of(metric), "number") for metric in metrics)]
    if prices:
        columns.append(Column("Cost per prediction", "number"))
    rows = []
    for key in keys:
        row = [Cell(language.words.method(key)), *(_value(cells.get((key, metric))) for metric in metrics)]
        if prices:
            row.append(_value(prices.get(key)))
        rows.append(Row(tuple(row), strong=key == "candidate"))
    caption = f"Every method: {len(keys)} of them by {len(metrics)} metrics"
    note = "The range below each number is its two-sided interval."
    return table(caption, columns, rows, shown, note=note, folds=True)


def _value(finding: Finding | None) -> Cell:
    if finding is None:
        return Cell("–")
    cell = measured_cell(finding)
    return Cell(cell.text, cell.note, anchor=anchor(finding.code))
