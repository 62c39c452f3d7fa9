"""The files that a report gives to whoever runs the model: the monitoring plan in YAML, and a schema of its columns.

Both follow from the record alone and are the same, byte for byte, whenever they are made from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from readiness.core.findings import Estimate
from readiness.core.profile import ColumnKind, ColumnProfile
from readiness.core.sanitize import visible
from readiness.report.monitoring.inputs import BEYOND, MISSING, PSI, SHARE, UNSEEN
from readiness.report.monitoring.plan import Plan, StagePlan, monitoring_plan
from readiness.report.monitoring.service import SLOW
from readiness.report.monitoring.signals import Family, Limit, Signal
from readiness.statistics.alarms import FALSE_ALARM
from readiness.statistics.sample_size import POWER
from readiness.verdict.record import Record

FORMAT = "readiness/monitoring/v1"
TITLE = "Columns of the model, as far as its readiness report has seen them"
MARKS = (FORMAT, TITLE)
"""By which the files that are made here are known again, near their beginning."""
DIGITS = 6
"""Significant digits of what is computed here; what the report has measured keeps its own."""
LINE = 120

Plain = dict[str, Any]


# ----------------------------------------------------------------------------------------------------
# monitoring.yaml


def monitoring_yaml(record: Record) -> str | None:
    """The plan as YAML 1.1, keys in the order in which somebody on call reads them; None for a partial review."""
    plan = monitoring_plan(record)
    if plan is None:
        return None
    text = _dump(_plan(record, plan), as_they_are=True)
    if visible(text, keep="\n") != text:  # what hides or turns the text around is written by its number
        text = _dump(_plan(record, plan), as_they_are=False)
    return _head(record) + text


def _dump(plan: Plain, *, as_they_are: bool) -> str:
    return yaml.safe_dump(plan, sort_keys=False, allow_unicode=as_they_are, width=LINE, default_flow_style=None)


def _head(record: Record) -> str:
    name = f"{record.gathered.model.name} {record.gathered.model.version}"
    first = visible(f"Monitoring of {name}, as it follows from its readiness report. Made by {record.tool}.")
    return f"# {first}\n# Keys and formulas: docs/monitoring.md. What holds is the signed report, not this file.\n"


def _plan(record: Record, plan: Plan) -> Plain:
    return {
        "format": FORMAT,
        "model": {"name": record.gathered.model.name, "version": record.gathered.model.version},
        "report": {
            "verdict": record.verdict.value,
            "release": plan.is_released,
            "finished": record.run.finished,
            "notebook_sha256": record.notebook_sha256,
        },
        "chances": {"false_alarm": FALSE_ALARM, "of": "each family in each window", "seen": POWER},
        "assumes": list(plan.assumes),
        "stages": [_stage(stage) for stage in plan.stages],
        "signals": {
            family.value: list(_columns(plan.of(family)) if family is Family.INPUTS else map(_signal, plan.of(family)))
            for family in Family
            if plan.of(family)
        },
        "not_watched": [{"what": what, "why": why} for what, why in plan.unwatched],
    }


def _stage(stage: StagePlan) -> Plain:
    days = {} if stage.days is None else {"days_at_least": _plain(stage.days)}
    windows = {
        family.value: {"rows": rows, "of_all_traffic": stage.traffic(family), "truth_needed": family.needs_truth}
        for family, rows in stage.rows.items()
    }
    return {
        "share": _plain(stage.share),
        **days,
        "windows": windows,
        "go_on": "when every window was full without an alarm",
    }


def _signal(signal: Signal) -> Plain:
    """One signal; what is not known of it is left out, and why there is no limit is said."""
    whole = {
        "watch": signal.watch,
        "statistic": signal.statistic,
        "metric": signal.metric if signal.statistic not in (PSI, SHARE) else "",
        "column": signal.column,
        "segment": dict(signal.segment),
        "from": list(signal.sources),
        "measured": None if signal.measured is None else _measured(signal.measured, signal),
        "expected": _expected(signal),
        "required": _required(signal),
        "window": _window(signal),
        "alarm": [_limit(limit, signal.slower_than[0]) for limit in signal.alarms],
        "roll_back": None if signal.roll_back is None else _limit(signal.roll_back, signal.slower_than[1]),
        "chances": _chances(signal),
        "no_limit": signal.why_not,
        "bins": None if signal.profile is None or signal.why_not else _bins(signal.profile),
    }
    return {key: value for key, value in whole.items() if value not in (None, "", [], {})}


def _columns(signals: Sequence[Signal]) -> Iterator[Plain]:
    """The signals of each column under its name."""
    names = dict.fromkeys(signal.column for signal in signals)
    for name in names:
        own = {signal.statistic: signal for signal in signals if signal.column == name}
        checks = {key: _check(own[key]) for key in (MISSING, UNSEEN, BEYOND) if key in own}
        profile = next((signal.profile for signal in own.values() if signal.profile is not None), None)
        if BEYOND in checks and profile is not None:
            checks[BEYOND]["range"] = [_plain(profile.low), _plain(profile.high)]
        if UNSEEN in checks and profile is not None:
            checks[UNSEEN]["known"] = list(profile.listed)
        drift = {} if PSI not in own else {PSI: _without(_signal(own[PSI]), "column", "statistic", "watch")}
        yield {"column": name, **drift, **checks}


def _check(signal: Signal) -> Plain:
    return _without(_signal(signal), "column", "statistic", "watch", "bins", "window")


def _without(whole: Plain, *names: str) -> Plain:
    return {key: value for key, value in whole.items() if key not in names}


def _measured(measured: Estimate, signal: Signal) -> Plain:
    """The value of the report, its interval, and the limit that the report compared with its bar."""
    found: Plain = {"value": _plain(measured.value)}
    if measured.level < 1:
        found |= {"interval": [_plain(measured.low), _plain(measured.high)], "level": _plain(measured.level)}
    bounds = None if signal.finding is None else signal.finding.bounds
    if bounds is not None and signal.criterion is not None:
        found["compared"] = _plain(bounds.lower if signal.criterion.wants_more else bounds.upper)
    return found | {"n": measured.n} | ({"unit": measured.unit} if measured.unit else {})


def _expected(signal: Signal) -> Plain | None:
    if signal.expected is None:
        return None
    low, value, high = signal.expected
    return {"value": _round(value), "usual": [_round(low), _round(high)]}


def _required(signal: Signal) -> Plain | None:
    bar = signal.criterion
    return None if bar is None else {"is": bar.op, "value": _round(bar.threshold), "set_by": bar.source}


def _window(signal: Signal) -> Plain | None:
    if signal.cases is None:
        return None
    rows = {} if signal.rows is None else {"rows": signal.rows}
    return {"cases": signal.cases, "of": signal.noun, **rows}


def _limit(limit: Limit, slower_than: float | None) -> Plain:
    name = "at_or_above" if limit.above else "at_or_below"
    slower = {} if slower_than is None else {"slower_than_ms": _round(slower_than)}
    return {name: _round(limit.value), **slower}


def _chances(signal: Signal) -> Plain | None:
    """How often it sounds where nothing has changed, and what is seen."""
    false = [limit.chance for limit in signal.alarms if limit.chance is not None]
    if not false:
        return None
    seen = {"share": _round(signal.sees)} if signal.sees is not None and signal.statistic == SLOW else (
        {} if signal.sees is None else {"value": _round(signal.sees)}
    )  # fmt: skip
    worst = {} if signal.at_worst is None else {"false_alarm_at_worst_end": _round(signal.at_worst)}
    return {"false_alarm": _round(sum(false)), **worst, **({"sees": seen} if seen else {})}


def _bins(profile: ColumnProfile) -> Plain:
    places = (
        {"edges": [_plain(edge) for edge in profile.edges]}
        if profile.kind.is_number
        else {"values": list(profile.values)}
    )
    return {**places, "counts": list(profile.counts)}


def _plain(number: float | None) -> float | int | None:
    """A whole number as one."""
    if number is None:
        return None
    return int(number) if float(number).is_integer() and abs(number) < 2**53 else float(number)


def _round(number: float) -> float | int | None:
    return _plain(float(f"{number:.{DIGITS}g}"))


# ----------------------------------------------------------------------------------------------------
# schema.json


PANDERA = "0.24.0"
"""Release of pandera from which on its readers know what is written here."""
_TYPES = {
    ColumnKind.NUMBER: "float64",
    ColumnKind.WHOLE: "int64",
    ColumnKind.BOOLEAN: "bool",
    ColumnKind.DATE: "datetime64[ns]",
    ColumnKind.CATEGORY: "str",
    ColumnKind.TEXT: "str",
}
_COERCED = frozenset({ColumnKind.NUMBER, ColumnKind.WHOLE, ColumnKind.DATE, ColumnKind.CATEGORY, ColumnKind.TEXT})
"""Read into their type first: a column of prices without a cent in it holds integers."""


def schema_json(record: Record) -> str | None:
    """The columns as `pandera.DataFrameSchema.from_json` reads them; None where the record has no profile."""
    profile = record.gathered.profile
    if profile is None:
        return None
    whole = {
        "schema_type": "dataframe",
        "version": PANDERA,
        "title": TITLE,
        "name": visible(f"{record.gathered.model.name} {record.gathered.model.version}"),
        "description": f"From the report of {record.run.finished}, notebook {record.notebook_sha256}.",
        "columns": {each.name: _column(each) for each in profile.columns},
        "checks": None,
        "index": None,
        "coerce": False,
        "strict": False,
    }
    return json.dumps(whole, indent=1, ensure_ascii=True) + "\n"


def _column(profile: ColumnProfile) -> Plain:
    return {
        "title": None,
        "description": _untold(profile),
        "dtype": _TYPES.get(profile.kind),
        "nullable": not profile.is_gapless,
        "checks": _checks(profile),
        "unique": False,
        "coerce": profile.kind in _COERCED,
        "required": True,
        "regex": False,
    }


def _checks(profile: ColumnProfile) -> Plain | None:
    if profile.listed:
        return {"isin": list(profile.listed)}
    if profile.low is not None and profile.high is not None:
        return {"in_range": {"min_value": _plain(profile.low), "max_value": _plain(profile.high)}}
    return None


def _untold(profile: ColumnProfile) -> str | None:
    """Why nothing but type and gaps is checked."""
    return {
        ColumnKind.CATEGORY: None if profile.listed else "its categories are many, or so rare that they are not told",
        ColumnKind.TEXT: "free text: its values are not told",
        ColumnKind.DATE: "dates move on: no range is told",
        ColumnKind.OTHER: "values of several types: none is told",
        ColumnKind.NUMBER: None if profile.low is not None else "infinite values, or none: no range is told",
    }.get(profile.kind)


__all__ = ["monitoring_yaml", "schema_json"]
