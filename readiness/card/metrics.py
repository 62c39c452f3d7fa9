"""Which numbers speak for a model on its card? The primary metric, and those that the business's requirements name.

Times and sizes are left out: they belong to a machine, not to a data set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from readiness.answers import Estimate, Finding, Question
from readiness.catalogue import METRICS, TECHNICAL
from readiness.criteria import PRIMARY_METRIC
from readiness.numbers import format_count, format_interval, format_level
from readiness.verdict.record import Record

_AVERAGED = re.compile(r"(f1|precision|recall|jaccard)_(macro|weighted|micro)")
_MANY_CLASSES = re.compile(r"roc_auc_(ovr|ovo)(_weighted)?")
_OTHER_NAMES = {
    "r2": "r_squared",
    "matthews_corrcoef": "matthews_correlation",
    "brier": "brier_score",
    "median_absolute_error": "medae",
}
"""Where Hugging Face has another name for the same metric."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One measured number of the candidate."""

    metric: str
    """As this program calls it."""
    type: str
    """As Hugging Face calls it."""
    title: str
    """For people: "recall of colour = gold"."""
    measured: Estimate
    settings: Mapping[str, str] = field(default_factory=dict)
    """What the type alone does not say: {"average": "macro"}."""

    @property
    def words(self) -> str:
        """Title, interval and size in one line."""
        title = f"{self.title[:1].upper()}{self.title[1:]}"
        interval = format_interval(self.measured)
        level = f"{format_level(self.measured.level)} interval {interval}, " if interval else ""
        return f"{title} ({level}n = {format_count(self.measured.n)})"


def headlines(record: Record) -> tuple[Headline, ...]:
    """The primary metric, then those of the requirements, each once; what was not measured is not there."""
    found: dict[tuple[str, str], Headline] = {}
    for made in _all(record):
        found.setdefault((made.metric, made.settings.get("of_class", "")), made)
    return tuple(found.values())


def _all(record: Record) -> Iterator[Headline]:
    values = {
        finding.metric: finding.measured
        for finding in record.answer(Question.BASELINE).findings
        if finding.code.startswith("BASE-VALUE-CANDIDATE-") and finding.measured is not None
    }
    primary = _primary(record)
    if primary in values:
        yield _headline(primary, values[primary])
    stated = {finding.code: finding for finding in record.answer(Question.BUSINESS).findings}
    for number, requirement in enumerate(_requirements(record), 1):
        metric = str(requirement.get("metric", ""))
        finding = stated.get(f"BUSI-{number}")
        if metric in TECHNICAL or finding is None or finding.metric != metric:
            continue
        if made := _of_requirement(record, metric, requirement, finding, values.get(metric)):
            yield made


def _of_requirement(
    record: Record, metric: str, requirement: Mapping[str, Any], finding: Finding, value: Estimate | None
) -> Headline | None:
    """A gain over a baseline is no value of the metric; there the candidate's own value speaks, if it is recorded."""
    wanted = requirement.get("of_class")
    of_class = "" if wanted is None else str(wanted)
    if requirement.get("lift_over") or requirement.get("gain_over"):
        return None if value is None or of_class else _headline(metric, value)
    if finding.measured is None:
        return None
    return _headline(metric, finding.measured, of_class, record.gathered.data.target)


def _headline(metric: str, measured: Estimate, of_class: str = "", target: str = "") -> Headline:
    known = METRICS.get(metric)
    title = metric.replace("_", " ") if known is None else known.label
    kind, settings = hub_name(metric)
    if of_class:
        return Headline(metric, kind, f"{title} of {target} = {of_class}", measured, settings | {"of_class": of_class})
    return Headline(metric, kind, title, measured, settings)


def hub_name(metric: str) -> tuple[str, dict[str, str]]:
    """Hugging Face's name of a metric, and its settings: "f1_macro" is "f1" with the average "macro"."""
    if averaged := _AVERAGED.fullmatch(metric):
        return averaged[1], {"average": averaged[2]}
    if many := _MANY_CLASSES.fullmatch(metric):
        return "roc_auc", {"multi_class": many[1], "average": "weighted" if many[2] else "macro"}
    return _OTHER_NAMES.get(metric, metric), {}


def _primary(record: Record) -> str:
    baseline = record.gathered.spec.get("baseline")
    own = baseline.get("metric") if isinstance(baseline, Mapping) else None
    default = {task.value: metric for task, metric in PRIMARY_METRIC.items()}.get(record.gathered.data.task, "")
    return str(own) if own else default


def _requirements(record: Record) -> list[Mapping[str, Any]]:
    business = record.gathered.spec.get("business")
    stated = business.get("requirements") if isinstance(business, Mapping) else None
    return [part if isinstance(part, Mapping) else {} for part in stated] if isinstance(stated, list | tuple) else []
