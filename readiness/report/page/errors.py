"""Tables of question 4: how the candidate fails, and what its errors cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from readiness.core.findings import Finding, Question
from readiness.core.format import format_count, format_share
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
    table,
)
from readiness.report.sentences.language import Language
from readiness.report.sentences.numbers import Scale, percent, write_alike
from readiness.report.sentences.phrases import with_unit
from readiness.report.sentences.words import number, section

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


def tables(findings: Sequence[Finding], language: Language) -> tuple[Table, ...]:
    """The judged claims and what each kind of error costs; in the appendix all that may be asked next."""
    judged = [f for f in findings if f.blocking or _is_small_class(f)]
    cells = [f for f in findings if f.key.kind in _BINARY or f.key.kind is Topic.CELL]
    worst = [f for f in findings if f.key.kind is Topic.WORST_ROW]
    others, probabilities, bins = (_of(findings, family, judged) for family in (_WHAT_IF, _TRUST, _BINS))
    classes = _of(findings, _CLASSES, judged)
    taken = {f.code for f in (*judged, *cells, *worst, *others, *probabilities, *bins, *classes)}
    costs = [f for f in findings if f.key.kind in _COSTS and f.code not in taken]
    rates = [f for f in findings if f.code not in taken and f not in costs and f.key.question is Question.ERRORS]
    return (
        *(
            [claims_table(closest_first(judged), "What the errors may cost", language, most=MOST_OPEN)]
            if judged
            else []
        ),
        *_priced(findings, language),
        *([_matrix(cells, language)] if cells else []),
        *([facts_table(costs, f"Costs and savings in {len(costs)} figures", language)] if costs else []),
        *([facts_table(others, _WHAT_IF_TITLE, language)] if others else []),
        *([_by_class(classes, language)] if classes else []),
        *([facts_table(probabilities, _TRUST_TITLE, language)] if probabilities else []),
        *([_diagram(bins, language)] if bins else []),
        *([facts_table(rates, "How often, and how far off", language)] if rates else []),
        *([_worst(worst, language)] if worst else []),
    )


def lines(language: Language) -> list[str]:
    """What the savings hang on besides prices: how many rows somebody can act on."""
    capacity = number(section(language.words.spec, "errors").get("capacity"))
    many = language.words.row.many
    return [] if capacity is None else [f"It is taken that only {percent(capacity)} of the {many} can be acted on."]


_WHAT_IF_TITLE = "If prices or the threshold were others"
_TRUST_TITLE = "How far its probabilities can be trusted"
_KINDS = ((Topic.FALSE_NEGATIVES, "false_negative"), (Topic.FALSE_POSITIVES, "false_positive"))


def _priced(findings: Sequence[Finding], language: Language) -> list[Table]:
    """Count times cost for each of the two kinds of error; where a cost is a column, the rest of the total is its."""
    found = {f.key.kind: f.measured for f in findings if f.measured is not None}
    total, costs = found.get(Topic.TOTAL_COST), section(section(language.words.spec, "errors"), "costs")
    if total is None or not all(kind in found for kind, _ in _KINDS):
        return []
    counts = {key: found[kind].value for kind, key in _KINDS}
    prices = {key: number(costs.get(key)) for key in counts}
    sums = {key: None if price is None else counts[key] * price for key, price in prices.items()}
    unknown = [key for key, value in sums.items() if value is None]
    if len(unknown) == 1:
        sums[unknown[0]] = total.value - sum(value for value in sums.values() if value is not None)
    words = language.words
    named = {"false_negative": f"{words.positives.many} missed", "false_positive": f"{words.negatives.many} flagged"}
    rows = [
        Row((
            Cell(f"{named[key][:1].upper()}{named[key][1:]}"), Cell(format_count(counts[key])),
            Cell(_price(prices[key], counts[key], sums[key], costs, key, total.unit)),
            Cell(_money(sums[key], total.unit)),
        ))
        for key in counts
    ]  # fmt: skip
    weight, known = str(section(words.spec, "data").get("weight") or ""), [x for x in sums.values() if x is not None]
    uneven = total.value - sum(known)
    if weight and not unknown and abs(uneven) >= _LEAST_AMOUNT:  # counts are of rows, the total of what they weigh
        many = f"{words.row.many[:1].upper()}{words.row.many[1:]} count differently"
        by = Cell(f"by the column {words.vocabulary.column(weight)}")
        rows.append(Row((Cell(many), Cell(), by, Cell(_money(uneven, total.unit)))))
    both = Row((Cell("Both"), Cell(format_count(sum(counts.values()))), Cell(), Cell(_money(total.value, total.unit))))
    columns = (Column("Error"), Column("Count", "number"), Column("Cost of each"), Column("Sum", "number"))
    return [table("What the errors cost", columns, [*rows, replace(both, strong=True)], most=4)]


_LEAST_AMOUNT = 0.005
"""Smaller amounts of money are not written."""


def _price(
    price: float | None, count: float, total: float | None, costs: Mapping[str, object], key: str, unit: str
) -> str:
    """The price that the spec states, or what an error of this kind cost on average."""
    if price is not None:
        return _money(price, unit)
    given = costs.get(key)
    column = str(given.get("column") or "") if isinstance(given, Mapping) else ""
    if total is None or not count:
        return f"by the column {column}" if column else "–"
    average = f"on average {_money(total / count, unit)}"
    return f"{average}, by the column {column}" if column else average


def _money(value: float | None, unit: str) -> str:
    return "–" if value is None else with_unit(write_alike([value], Scale.MONEY)[0], Scale.MONEY, unit)


def _is_small_class(finding: Finding) -> bool:
    """Whether a class has too few rows to be judged, and stands beside those that are."""
    return finding.key.kind in _EACH_CLASS and finding.criterion is not None


def _of(findings: Sequence[Finding], family: frozenset[Topic], judged: Sequence[Finding]) -> list[Finding]:
    return [f for f in findings if f.key.kind in family and f not in judged]


def _diagram(bins: Sequence[Finding], language: Language) -> Table:
    columns = [Column("Probability given"), Column("Share that came true"), Column("In numbers")]
    rows = [
        Row(
            (Cell(f.segment.get("predicted", "–")), Cell(language.measured(f)), Cell(language.sentence(f))),
            anchor(f.code),
        )
        for f in bins
    ]
    return table(f"What was given, and what came true: {len(bins)} steps", columns, rows, bins, folds=True)


def _by_class(findings: Sequence[Finding], language: Language) -> Table:
    names = dict.fromkeys(f.segment.get("class", "–") for f in findings)
    columns = [Column("Class, the worst first"), Column("Found"), Column("Right when named")]
    found = {(f.segment.get("class", "–"), f.metric): f for f in findings}
    rows = [
        Row(
            (
                Cell(language.words.vocabulary.outcome(name)),
                *(_share(found.get((name, metric)), language) for metric in ("recall", "precision")),
            )
        )
        for name in names
    ]
    return table(
        f"Each class by itself: {len(names)} classes", columns, rows, findings, folds=len(names) > _MOST_CLASSES
    )


def _share(finding: Finding | None, language: Language) -> Cell:
    if finding is None or finding.measured is None:
        return Cell("–")
    return Cell(language.measured(finding), anchor=anchor(finding.code))


def _matrix(cells: Sequence[Finding], language: Language) -> Table:
    if all(f.key.kind in _BINARY for f in cells):
        return _binary(cells, language)
    truths = list(dict.fromkeys(f.segment.get("true", "") for f in cells))
    guesses = list(dict.fromkeys(f.segment.get("predicted", "") for f in cells))
    if max(len(truths), len(guesses)) > _MOST_CLASSES:
        return _listed_cells(cells)
    found = {(f.segment.get("true", ""), f.segment.get("predicted", "")): f for f in cells}
    outcome = language.words.vocabulary.outcome
    columns = [Column("In truth"), *(Column(f"answered {outcome(name)}", "number") for name in guesses)]
    rows = [Row((Cell(outcome(t)), *(_count(found.get((t, g)), strong=t == g) for g in guesses))) for t in truths]
    note = "Right answers stand on the diagonal."
    return table("Right and wrong answers", columns, rows, cells, note=note, folds=True)


def _binary(cells: Sequence[Finding], language: Language) -> Table:
    found = {_BINARY[f.key.kind]: f for f in cells}
    total = sum(f.measured.value for f in cells if f.measured is not None)
    words = language.words
    columns = [
        Column("In truth"),
        Column(f"answered {words.positives.one}", "number"),
        Column(f"answered {words.negatives.one}", "number"),
    ]
    rows = [
        Row((Cell(name), *(_count(found.get((line, column)), total=total) for column in (0, 1))))
        for line, name in enumerate((words.positives.many, words.negatives.many))
    ]
    note = f"{words.row.counted(round(total))} in all."
    return table("Right and wrong answers", columns, rows, cells, note=note, folds=True)


def _count(finding: Finding | None, *, total: float = 0, strong: bool = False) -> Cell:
    if finding is None or finding.measured is None:
        return Cell("–")
    share = f"{format_share(finding.measured.value / total)} of all" if total else ("right" if strong else "")
    return Cell(format_count(finding.measured.value), share, anchor=anchor(finding.code))


def _listed_cells(cells: Sequence[Finding]) -> Table:
    wrong_first = sorted(cells, key=lambda f: (_is_right(f), -(f.measured.value if f.measured else 0)))
    rows = [
        Row((Cell(f.segment.get("true", "")), Cell(f.segment.get("predicted", "")), _count(f)), anchor(f.code))
        for f in wrong_first
    ]
    columns = [Column("In truth"), Column("Answered"), Column("Count", "number")]
    return table("Right and wrong answers, the most frequent confusions first", columns, rows, cells, folds=True)


def _is_right(finding: Finding) -> bool:
    return finding.segment.get("true") == finding.segment.get("predicted")


def _worst(findings: Sequence[Finding], language: Language) -> Table:
    names = list(dict.fromkeys(column for finding in findings for column in finding.segment))
    names = [*(n for n in names if n not in ("true", "predicted")), *(n for n in ("true", "predicted") if n in names)]
    vocabulary = language.words.vocabulary
    columns = [Column("Case"), Column("Cost or error"), *(Column(vocabulary.column(name)) for name in names)]
    rows = [
        Row(
            (
                Cell(language.title(f), f.reason),
                Cell(language.measured(f)),
                *(Cell(f.segment.get(name, "–")) for name in names),
            ),
            anchor(f.code),
        )
        for f in findings
    ]
    return table(f"The {len(findings)} costliest or largest errors", columns, rows, findings, folds=True)
