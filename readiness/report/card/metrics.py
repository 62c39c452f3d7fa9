"""Numbers that speak for a model on its card: the primary metric, and those that requirements name.

Times and sizes are left out: they belong to a machine, not to a data set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from readiness.core.findings import Criterion, Estimate, Finding, Question, Status
from readiness.core.format import format_count, format_interval, format_level
from readiness.core.keys import Topic
from readiness.core.metrics import METRICS, TECHNICAL
from readiness.core.policy import PRIMARY_METRIC
from readiness.report.card.content import (
    EVIDENCE_ONLY,
    Source,
    claims,
    digest_command,
    known_limitations,
    not_measured,
    stock_command,
    tested_on,
    verify_command,
    withheld,
)
from readiness.report.sentences import Language, answer_word, approval_words, rank, verdict_sentence
from readiness.verdict.isolation import unproven
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
    found: dict[tuple[str, str, str], Headline] = {}
    for made in _all(record):
        found.setdefault((made.metric, made.settings.get("of_class", ""), made.settings.get("group", "")), made)
    return tuple(found.values())


def _all(record: Record) -> Iterator[Headline]:
    values = {
        finding.metric: finding.measured
        for finding in record.answer(Question.BASELINE).findings
        if finding.key.kind is Topic.METHOD_VALUE
        and finding.key.part("method") == "candidate"
        and finding.measured is not None
    }
    primary = _primary(record)
    if primary in values:
        yield _headline(primary, values[primary])
    stated = {finding.key.number("requirement"): finding for finding in record.answer(Question.BUSINESS).findings}
    for number, requirement in enumerate(_requirements(record), 1):
        metric = str(requirement.get("metric", ""))
        finding = stated.get(number)
        if metric in TECHNICAL or finding is None or finding.metric != metric:
            continue
        if made := _of_requirement(record, metric, requirement, finding, values.get(metric)):
            yield made
    yield from _of_failing_groups(record)


_MOST_GROUPS = 3
"""Groups that fail, whose own value stands beside that of all rows: an average alone would hide them."""


def _of_failing_groups(record: Record) -> Iterator[Headline]:
    language, findings = Language.of(record), record.answer(Question.SEGMENTS).findings
    failing = sorted(
        (f for f in findings if f.key.kind is Topic.DEFICIT and f.blocking and f.status is Status.NOT_MET), key=rank
    )
    for finding in failing[:_MOST_GROUPS]:
        key = Topic.SEGMENT_VALUE.key(
            finding.key.number("segmentation"), finding.key.number("segment"), metric=finding.key.metric
        )
        value = next((f.measured for f in findings if f.key == key), None)
        if value is not None:
            made, group = _headline(finding.metric, value), language.words.group(finding.segment)
            title = f"{made.title} of {group}"
            yield replace(made, title=title, settings={**made.settings, "group": group})


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


# ----------------------------------------------------------------------------------------------------
# The card for programs: the same content for any registry, under keys that stay.

SCHEMA = "urn:model-readiness:card:v1"


def card_json(source: Source) -> dict[str, Any]:
    """Strings, numbers, lists and objects; a value that is not known is null, never left out."""
    record, signed = source.record, source.opened.signed
    state, required = approval_words(record)
    return {
        "schema": SCHEMA,
        "tool": record.tool,
        "evidence_only": EVIDENCE_ONLY,
        "model": _model(record),
        "report": {
            "name": source.name,
            "sha256": source.sha256,
            "url": source.url or None,
            "signed": signed,
            "verified": source.verified,
            "keyids": list(source.opened.keyids),
        },
        "verdict": {
            "code": record.verdict.value,
            "words": record.decision.words,
            "reason": verdict_sentence(record),
            "rule": record.rule,
        },
        "approval": {"state": state, "required": required},
        "answers": [_answer(record, question) for question in Question],
        "metrics": [
            {"name": made.metric, "type": made.type, "settings": dict(made.settings)} | _estimate(made.measured)
            for made in headlines(record)
        ],
        "actions": [
            {"question": action.question.value, "text": action.text, "required": action.required}
            for action in record.decision.actions
        ],
        "rollout": [{"percent": stage.percent, "condition": stage.condition} for stage in record.decision.rollout],
        "tested_on": _tested_on(record),
        "not_measured": list(not_measured(record)),
        "withheld": [{"name": name, "reason": reason} for name, reason in withheld(record)],
        "limitations": list(known_limitations(record)),
        "signature_does_not_prove": list(unproven(record)),
        "verify": {
            "digest": digest_command(source),
            "readiness": verify_command(source) if signed else None,
            "stock_tools": stock_command(source) if signed else None,
        },
    }


def _model(record: Record) -> dict[str, Any]:
    model = record.gathered.model
    files = [{"name": file.name, "sha256": file.sha256, "size": file.size} for file in model.files]
    return {"name": model.name, "version": model.version, "kind": model.kind, "files": files}


def _answer(record: Record, question: Question) -> dict[str, Any]:
    answer = record.answer(question)
    parted = claims(answer)
    return {
        "question": question.value,
        "number": question.number,
        "title": question.words,
        "status": answer.status.value,
        "answer": answer_word(answer.status),
        "claims": {status.value: sum(f.status is status for f in parted.judged) for status in Status},
        "findings": [_finding(finding) for finding in parted.shown],
        "more": len(parted.rest),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "status": finding.status.value,
        "metric": finding.metric or None,
        "measured": None if finding.measured is None else _estimate(finding.measured),
        "required": None if finding.criterion is None else _criterion(finding.criterion),
        "outcome": None if finding.outcome is None else finding.outcome.value,
        "reason": finding.reason,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "level": estimate.level,
        "n": estimate.n,
        "unit": estimate.unit,
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {"op": criterion.op, "threshold": criterion.threshold, "unit": criterion.unit}


def _tested_on(record: Record) -> dict[str, Any]:
    data = record.gathered.data
    return {
        "words": tested_on(record),
        "task": data.task,
        "target": data.target,
        "rows": data.rows_scored,
        "positive": data.positive or None,
        "positives": data.positives,
        "classes": list(data.classes),
        "first": data.first or None,
        "last": data.last or None,
    }
