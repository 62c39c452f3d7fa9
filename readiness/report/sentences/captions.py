"""Captions of figures: each states what the figure shows, not what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from readiness.core.findings import Finding, Status
from readiness.core.keys import Topic
from readiness.report.sentences.language import Language
from readiness.report.sentences.margins import deciding, margin_of
from readiness.report.sentences.numbers import write_alike
from readiness.report.sentences.phrases import sentence, several, with_unit

Findings = Sequence[Finding]


def caption(figure: str, findings: Findings, language: Language) -> str:
    """What a figure states, in a sentence or two; empty where the findings hold nothing of it.

    Args:
        figure: its name, "segments.values", or "claims" for all judged claims in one picture.
        findings: those of the question that it belongs to, or of all.
        language: of the record.
    """
    tell = CAPTIONS.get(figure)
    return "" if tell is None else tell(findings, language)


def _of(findings: Findings, *topics: Topic) -> list[Finding]:
    return [finding for finding in findings if finding.key.kind in topics]


def _judged(findings: Findings, *topics: Topic) -> list[Finding]:
    return [finding for finding in _of(findings, *topics) if finding.blocking]


def _tally(findings: Findings, things: str, holds: str, hold: str) -> str:
    """How many of so many hold, and what became of the others: "5 of 7 requirements hold, 2 are not proven"."""
    total, good = len(findings), sum(finding.status is Status.MET for finding in findings)
    if total == 1:
        return f"the one {things.removesuffix('s')} {holds if good else f'is {findings[0].status.words}'}"
    if good == total:
        return f"{'both' if total == 2 else f'all {total:,}'} {things} {hold}"
    others = [
        f"{count:,} {'is' if count == 1 else 'are'} {status.words}"
        for status in (Status.NOT_MET, Status.NOT_PROVEN, Status.NOT_ASSESSED)
        if (count := sum(finding.status is status for finding in findings))
    ]
    if not good:
        return f"none of the {total:,} {things} {holds}: {several(others)}"
    return f"{good:,} of {total:,} {things} {hold if good != 1 else holds}, {several(others)}"


def _lifts(findings: Findings, language: Language) -> str:
    lifts = _judged(findings, Topic.LIFT)
    worst = deciding(lifts)
    if worst is None or worst.measured is None:
        return ""
    head = _tally(lifts, "comparisons", "is won by the margin", "are won by the margin")
    title = language.title(worst)
    return sentence(head, f"The closest: {title[:1].lower()}{title[1:]}, {language.measured(worst)}")


def _requirements(findings: Findings, language: Language) -> str:
    stated = _judged(findings, Topic.REQUIREMENT)
    worst = deciding(stated)
    if worst is None:
        return ""
    head = _tally(stated, "requirements", "is met", "are met")
    return sentence(head, f"The closest to its limit: “{language.title(worst)}”, {language.measured(worst)}")


def _groups(findings: Findings, language: Language) -> str:
    deficits = _judged(findings, Topic.DEFICIT, Topic.SMALL_DEFICIT)
    measured = [finding for finding in deficits if finding.measured is not None]
    worst = deciding(measured)
    if worst is None:
        return ""
    head = _tally(deficits, "comparisons of groups", "holds", "hold")
    said = language.said(worst)
    return sentence(head, f"The most telling: {said.fact or said.title}")


def _slices(findings: Findings, language: Language) -> str:
    searched = _of(findings, Topic.SLICES_SEARCHED)
    return sentence(*(language.said(finding).fact for finding in searched))


def _confusion(findings: Findings, language: Language) -> str:
    missed, alarms = (_of(findings, topic) for topic in (Topic.FALSE_NEGATIVES, Topic.FALSE_POSITIVES))
    if missed and alarms:
        return sentence(f"{language.said(missed[0]).fact}, and {language.said(alarms[0]).fact}")
    cells = [f for f in _of(findings, Topic.CELL) if f.segment.get("true") != f.segment.get("predicted")]
    most = max(cells, key=lambda f: f.measured.value if f.measured is not None else 0.0, default=None)
    return "" if most is None else sentence(f"The most frequent error: {language.said(most).fact}")


def _costs(findings: Findings, language: Language) -> str:
    savings = _judged(findings, Topic.SAVINGS)
    return sentence(*(language.said(finding).fact for finding in savings if finding.measured is not None))


def _calibration(findings: Findings, language: Language) -> str:
    found = _of(findings, Topic.CALIBRATION_SLOPE, Topic.CALIBRATION_ERROR)
    return sentence(*(language.said(finding).fact for finding in found if finding.measured is not None))


def _residuals(findings: Findings, language: Language) -> str:
    half, most = (next(iter(_of(findings, topic)), None) for topic in (Topic.MEDIAN_ERROR, Topic.P95_ERROR))
    if half is None or most is None:
        return ""
    rows = language.words.row.many
    return sentence(
        f"Half of the {rows} have an error below {language.measured(half)}, "
        f"95 of 100 one below {language.measured(most)}"
    )


def _folds(findings: Findings, language: Language) -> str:
    width = _of(findings, Topic.HALF_WIDTH)
    low, high = (language.words.value(topic) for topic in (Topic.FOLD_MIN, Topic.FOLD_MAX))
    said = [language.said(finding).fact for finding in width if finding.measured is not None]
    if low is None or high is None or not width:
        return sentence(*said)
    scale = language.words.scale(width[0].metric)
    texts = write_alike([low, high], scale)
    return sentence(*said, f"Single refits lie between {texts[0]} and {with_unit(texts[1], scale)}")


def _over_time(findings: Findings, language: Language) -> str:
    windows = _judged(findings, Topic.WINDOW)
    worst = deciding([finding for finding in windows if finding.measured is not None])
    trend = [language.said(f).fact for f in _of(findings, Topic.TREND) if f.measured is not None]
    if worst is None:
        return sentence(*trend)
    head = _tally(windows, "periods", "holds", "hold")
    return sentence(head, language.said(worst).fact, *trend)


def _latency(findings: Findings, language: Language) -> str:
    found = [
        f for f in _of(findings, Topic.LATENCY_P99, Topic.LATENCY_P95, Topic.LATENCY_P50) if f.measured is not None
    ]
    return sentence(*(language.said(finding).fact for finding in found[:1]))


def _drift(findings: Findings, language: Language) -> str:
    columns = [f for f in _judged(findings, Topic.DRIFT) if f.measured is not None]
    worst = deciding(columns)
    if worst is None:
        return ""
    head = (
        "no column has moved too far"
        if all(f.status is Status.MET for f in columns)
        else (_tally(columns, "columns", "is where it was", "are where they were"))
    )
    return sentence(head, f"The most: {language.said(worst).fact}")


def _claims(findings: Findings, _language: Language) -> str:
    judged = [finding for finding in findings if finding.blocking]
    drawn = sum(margin_of(finding) is not None for finding in judged)
    others = len(judged) - drawn
    if not judged:
        return ""
    head = _tally(judged, "requirements", "holds", "hold")
    rest = f"{others:,} of them have no margin of error and are not drawn" if others else ""
    return sentence(head, rest)


CAPTIONS: Mapping[str, Callable[[Findings, Language], str]] = {
    "baseline.lifts": _lifts,
    "baseline.methods": _lifts,
    "business.requirements": _requirements,
    "segments.deficits": _groups,
    "segments.values": _groups,
    "segments.slices": _slices,
    "errors.confusion": _confusion,
    "errors.costs": _costs,
    "errors.calibration": _calibration,
    "errors.residuals": _residuals,
    "stability.folds": _folds,
    "stability.over_time": _over_time,
    "production.latency": _latency,
    "production.drift": _drift,
    "decision.claims": _claims,
    "claims": _claims,
}
