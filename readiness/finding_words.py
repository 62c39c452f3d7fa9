"""How is one finding said in a sentence? What was measured, with its interval, and what was required."""

from __future__ import annotations

from readiness.answers import Finding, Status
from readiness.numbers import (
    format_bound,
    format_criterion,
    format_estimate,
    format_interval,
    format_level,
    is_exact,
)


def finding_sentence(finding: Finding) -> str:
    """One sentence on one finding: the claim, its counts, its interval, what was required."""
    said = finding.reason.rstrip(". ") or _measured_words(finding)
    details = "; ".join(_details(finding, said))
    sentence = f"{finding.name} – {said}" if said else f"{finding.name}: {finding.status.words}"
    return f"{sentence} ({details})." if details else f"{sentence}."


def _measured_words(finding: Finding) -> str:
    if finding.measured is None:
        return ""
    return format_estimate(finding.measured, finding.criterion)


def _details(finding: Finding, said: str) -> list[str]:
    """Value, interval and requirement, each only where the sentence has not said it yet."""
    parts: list[str] = []
    if finding.measured is not None:
        value = _measured_words(finding)
        parts += [] if value in said else [f"measured {value}"]
        interval = format_interval(finding.measured, finding.criterion)
        parts += [f"{format_level(finding.measured.level)} interval {interval}"] if interval else []
    if finding.criterion is not None:
        parts.append(f"required {format_criterion(finding.criterion)}")
    if finding.status is Status.NOT_PROVEN:
        parts += _unproven(finding)
    return parts


def _unproven(finding: Finding) -> list[str]:
    if finding.withheld:
        return [finding.withheld.rstrip(".")]
    if finding.bounds is None or finding.criterion is None or finding.measured is None or is_exact(finding.measured):
        return []
    bound = format_bound(finding.bounds, finding.criterion, favourable=False)
    return [f"proven is only {bound}"] if bound.startswith("at ") else []  # the interval has said it already
