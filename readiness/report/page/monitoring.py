"""Tables of the monitoring that follows from a report: samples of each stage, and what is watched with its limits."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.format import format_count
from readiness.report.monitoring.inputs import BEYOND, MISSING, PSI, UNSEEN
from readiness.report.monitoring.labelled import GAIN
from readiness.report.monitoring.plan import Plan, monitoring_plan
from readiness.report.monitoring.service import RATE, SLOW
from readiness.report.monitoring.signals import Family, Limit, Signal
from readiness.report.page.tables import SHOWN_ROWS, Cell, Column, Row, Table, table
from readiness.report.sentences.language import Language
from readiness.report.sentences.numbers import Scale, limit_text, percent
from readiness.report.sentences.phrases import upper
from readiness.verdict.record import Record

_MOST_GAPS = 1
"""Gaps of groups that the page shows, those with the least room; monitoring.yaml has the others."""
_TITLES = {
    Family.PERFORMANCE: "Metric and requirements",
    Family.GROUPS: "Gaps of groups",
    Family.ANSWERS: "Answers",
    Family.INPUTS: "Columns",
    Family.SERVICE: "Service",
}


def monitoring_tables(record: Record, language: Language) -> tuple[Table, ...]:
    """All in one fold of the appendix; none for a partial review."""
    plan = monitoring_plan(record)
    if plan is None:
        return ()
    limited = sum(len(plan.with_limit(family)) for family in Family)
    if not limited:
        return ()
    title = f"Monitoring that follows: {limited} signals"
    made = [*_stages(plan, language, title), _signals(plan, language, title), *_columns(plan, language, title)]
    return tuple(each for each in made if each.rows)


def _stages(plan: Plan, language: Language, fold: str) -> list[Table]:
    """How many rows fill a window of each family, and how much of all traffic that takes."""
    many = language.words.row.many
    families = [family for family in Family if plan.stages and family in plan.stages[0].rows]
    if not families:
        return []
    columns = (Column("Share of the traffic"), *(Column(_TITLES[family], "number") for family in families))
    rows = [
        Row(
            (
                Cell(percent(stage.share)),
                *(
                    Cell(
                        format_count(stage.rows[f]), "" if stage.share == 1 else f"of {format_count(stage.traffic(f))}"
                    )
                    for f in families
                ),
            )
        )
        for stage in plan.stages
    ]
    note = (
        f"{upper(many)} that fill a window, of all traffic. Requirements and gaps need the truth. An alarm is false in "
        "one window of a hundred, and shows what has come down to its limit in 80."
    )
    return [table("Sample of each stage", columns, rows, note=note, folds=True, fold=fold)]


def _signals(plan: Plan, language: Language, fold: str) -> Table:
    """Everything but columns, a row each."""
    columns = (Column("What is watched"), Column("Window"), Column("Alarm"), Column("Roll back"))
    rows: list[Row] = []
    left = 0
    for family in (Family.PERFORMANCE, Family.GROUPS, Family.ANSWERS, Family.SERVICE):
        signals = plan.of(family)
        if not signals:
            continue
        shown = _shown(family, signals)
        left += len(signals) - len(shown)
        rows.append(Row((Cell(_TITLES[family]),), group=True))
        rows += [_signal_row(signal, language) for signal in shown]
    rows += [Row((Cell(what), Cell(), Cell(f"Not watched: {why}"), Cell())) for what, why in plan.unwatched]
    more = f"{left:,} more, with more room or without a limit of the spec, stand in monitoring.yaml. " if left else ""
    note = f"{more}Roll back where a window proves, as this report would, that the limit is missed."
    return table("What is watched", columns, rows, most=len(rows), note=note, folds=True, fold=fold)


def _shown(family: Family, signals: Sequence[Signal]) -> Sequence[Signal]:
    """The gaps with the least room, and of the service what has a limit, or why it has none."""
    if family is Family.GROUPS:
        return signals[:_MOST_GAPS]
    if family is Family.SERVICE:
        return [signal for signal in signals if signal.roll_back is not None or signal.why_not]
    return signals


def _signal_row(signal: Signal, language: Language) -> Row:
    window = "" if signal.cases is None else f"{format_count(signal.cases)} {signal.noun}"
    alarm = f"No limit: {signal.why_not}" if signal.why_not else _limits(signal, signal.alarms, language, 0)
    back = "" if signal.roll_back is None else _limits(signal, (signal.roll_back,), language, 1)
    return Row((Cell(signal.watch), Cell(window), Cell(alarm), Cell(back)))


def _limits(signal: Signal, limits: Sequence[Limit], language: Language, of: int) -> str:
    """As "≤ 85 %", "≤ 4 %, or ≥ 16 %", "≥ 2 % of calls slower than 100 ms"."""
    said = [f"{'≥' if each.above else '≤'} {_value(signal, each.value, language)}" for each in limits]
    slower = signal.slower_than[of]
    tail = (
        f" of calls slower than {limit_text(_round(slower), Scale.AMOUNT, signal.unit)}" if slower is not None else ""
    )
    head = "offered: " if signal.statistic == RATE else ""
    return f"{head}{', or '.join(said)}{tail}"


def _value(signal: Signal, value: float, language: Language) -> str:
    if signal.statistic == PSI:
        return f"{_round(value):g}"
    if signal.unit == "share" or signal.statistic == SLOW:
        return percent(value)
    if signal.finding is None:
        return f"{_round(value):g}"
    said = language.said(signal.finding)
    scale = language.words.difference_scale(signal.metric) if signal.statistic == GAIN else said.scale
    return limit_text(_round(value), scale, said.unit)


def _round(value: float) -> float:
    """Three significant digits, as a limit that was computed has them."""
    return float(f"{value:.3g}")


def _columns(plan: Plan, language: Language, fold: str) -> list[Table]:
    """A row for each column: drift, missing values, new ones or those out of range."""
    signals = plan.of(Family.INPUTS)
    names = list(dict.fromkeys(signal.column for signal in signals))
    columns = (Column("Column"), Column("Drift (PSI)"), Column("Missing"), Column("New, or out of range"))
    rows = []
    for name in names[:SHOWN_ROWS]:
        own = {signal.statistic: signal for signal in signals if signal.column == name}
        cells = (_column_cell(own, language, PSI), _column_cell(own, language, MISSING))
        rows.append(
            Row((Cell(language.words.vocabulary.column(name)), *cells, _column_cell(own, language, UNSEEN, BEYOND)))
        )
    left = len(names) - len(rows)
    more = f"{left:,} more columns stand in monitoring.yaml. " if left else ""
    note = f"{more}From these values on an alarm sounds."
    return [table("Columns: where alarms sound", columns, rows, note=note, folds=True, fold=fold)] if rows else []


def _column_cell(own: dict[str, Signal], language: Language, *statistics: str) -> Cell:
    signal = next((own[each] for each in statistics if each in own), None)
    if signal is None:
        return Cell("not watched")
    return Cell(signal.why_not or _limits(signal, signal.alarms, language, 0))
