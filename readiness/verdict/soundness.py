"""Whether what was found of the rows holds, and every answer keeps to it; recomputed by host and verifier alike."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from readiness.core.errors import InvalidReport
from readiness.core.findings import Criterion, Finding, Status, recompute
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.core.withholding import TOUCHED, Kind, Soundness, is_touched, kind_of
from readiness.spec.inputs import vouched_kinds
from readiness.spec.schema import Spec
from readiness.verdict.record import Record

# ----------------------------------------------------------------------------------------------------
# By which bars are rows judged, and which kinds of doubt may stand aside? For host and verifier alike.

_COUNTED = (("<=", 0.0),)
"""No claim, column or row may be like that."""

BARS: tuple[tuple[re.Pattern[str], tuple[tuple[str, float], ...]], ...] = tuple(
    (re.compile(pattern), bars)
    for pattern, bars in (
        (r"EVID-SEEN(-COPIES|-EQUAL|-UNITS)?", (("<=", 0.10),)),
        (r"EVID-SEEN-NEAR", (("<=", 0.015),)),
        (r"EVID-LEAK", _COUNTED),
        (r"EVID-LEAK-\d+", (("<", 1.0), ("<=", 0.0), (">=", -1.0))),
        (r"EVID-ORDER", (("<=", 0.01),)),
        (r"EVID-GROUPS(-SHARED-\d+)?", _COUNTED),
        (r"EVID-GROUPS-\d+", (("<", 1.5),)),
        (r"EVID-REPEATS(-COPIES)?", (("<=", 0.01),)),
        (r"EVID-REPEATS-UNITS", (("<=", 0.05),)),
        (r"EVID-(MISSING|MIX|MIX-WEIGHTS)", _COUNTED),
        (r"EVID-MIX-LABELS", (("<=", 0.05), (">=", SOUNDNESS_ALPHA))),
        (r"EVID-ABSENT(-\d+|-CLASSES)?", (("<=", 0.10),)),
        (r"EVID-RECENT", (("<=", 1.0),)),
        (r"EVID-RECENT-SCORES", (("<=", 0.10),)),
        (r"EVID-RECENT-OVERLAP", ((">=", 0.10),)),
    )
)
"""By code the loosest bars that a finding may be judged by: sign and threshold. Bars of single claims are those of the
claims, or follow from them, and are not among them.
"""


def has_looser_bar(finding: Finding) -> bool:
    """Whether a finding on the rows is judged by a looser bar than its rule sets."""
    if finding.criterion is None:
        return False
    bars = next((bars for pattern, bars in BARS if pattern.fullmatch(finding.code)), None)
    return bars is not None and not any(_is_as_strict(finding.criterion, op, bar) for op, bar in bars)


def _is_as_strict(criterion: Criterion, op: str, bar: float) -> bool:
    beyond = criterion.threshold if criterion.refuted_beyond is None else criterion.refuted_beyond
    if criterion.op.rstrip("=") != op.rstrip("="):
        return False
    return max(criterion.threshold, beyond) <= bar if op.startswith("<") else min(criterion.threshold, beyond) >= bar


def may_stand_aside(kind: Kind, spec: Spec, task: Task) -> bool:
    """Whether a kind of doubt cannot exist for this spec, so that its first finding need not count.

    Whom the test rows lack, and what recent rows are like, only the tables tell; a review says why it does not ask.
    """
    data = spec.data
    if kind is Kind.ORDER:
        return data.time is None or data.train is None
    if kind is Kind.GROUPS:
        return data.train is None
    if kind is Kind.MIX:
        return task is not Task.BINARY or not spec.about.prevalences
    return kind in (Kind.ABSENT, Kind.RECENT)


# ----------------------------------------------------------------------------------------------------


def check_soundness(record: Record, spec: Spec) -> None:
    """Recompute the findings on the rows, and hold every yes against them.

    Raises:
        InvalidReport: a kind was not looked for, a finding does not follow from its numbers, a claim is met that rests
            on rows in doubt, or the decision relies on a word that nobody gave.
    """
    soundness = record.soundness
    if soundness is None:
        raise InvalidReport("The record does not say what was found of the rows themselves.")
    codes = [finding.code for finding in soundness.findings]
    if twice := next((code for code in codes if codes.count(code) > 1), None):
        raise InvalidReport(f"Finding {twice} stands in the record twice.")
    if lacking := [kind.code for kind in Kind if kind.code not in codes]:
        raise InvalidReport(f"The record does not say whether there is a doubt of the kind {lacking[0]}.")
    for finding in soundness.findings:
        _check_finding(finding, spec, Task(record.gathered.data.task))
        _check_touches(finding, soundness, record)
    vouched = _vouched(record, spec)
    given = [words for words in vouched if record.decision.vouched == soundness.relied_on(words)]
    if not given:
        raise InvalidReport("The decision rests on other words than those of the persons whom the spec names.")
    if all(_first_broken(record, soundness, words) is not None for words in given):
        broken = _first_broken(record, soundness, given[0])
        assert broken is not None
        raise InvalidReport(f"Finding {broken[0].code} is met, and rests on rows in doubt: {broken[1].code}.")


def check_presumed(record: Record) -> None:
    """No claim about the candidate is presumed to hold.

    Raises:
        InvalidReport: one is.
    """
    for answer in record.answers:
        for finding in answer.findings:
            if finding.criterion is not None and finding.criterion.presumed:
                raise InvalidReport(f"Finding {finding.code} is presumed to be met; only what is asked of rows may be.")


def _check_finding(finding: Finding, spec: Spec, task: Task) -> None:
    """Raises: InvalidReport."""
    kind = kind_of(finding.code)
    if kind is None:
        raise InvalidReport(f"Finding {finding.code} is about no kind of doubt.")
    if has_looser_bar(finding):
        raise InvalidReport(f"Finding {finding.code} is judged by a looser bar than its rule sets.")
    if finding.code == kind.code and not finding.blocking and not may_stand_aside(kind, spec, task):
        raise InvalidReport(f"Finding {finding.code} stands aside, and by the spec it has to be asked.")
    if recompute(finding) is not finding.status:
        raise InvalidReport(
            f"Finding {finding.code} says {finding.status.words}; its bounds and criterion say "
            f"{recompute(finding).words}."
        )
    bounds, measured = finding.bounds, finding.measured
    if bounds is None:
        return
    if bounds.alpha != SOUNDNESS_ALPHA or bounds.claims > 1:
        raise InvalidReport(f"Finding {finding.code} is judged at another chance of error than {SOUNDNESS_ALPHA:g}.")
    if measured is None or not _encloses(bounds.lower, measured.value, bounds.upper):
        raise InvalidReport(f"The bounds of finding {finding.code} leave out what was measured.")


def _encloses(low: float | None, value: float, high: float | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _check_touches(finding: Finding, soundness: Soundness, record: Record) -> None:
    """A doubt withholds the claims of all its questions, or names single ones, as only some kinds may.

    Raises:
        InvalidReport: it does neither.
    """
    if not finding.blocking:
        if finding.status is not Status.MET:
            raise InvalidReport(f"Finding {finding.code} is a doubt, and withholds nothing.")
        return
    kind = kind_of(finding.code)
    assert kind is not None
    found = soundness.touches.get(finding.code, ())
    whole = tuple(question.value for question in TOUCHED[kind])
    known = {each.code for answer in record.answers for each in answer.findings} | set(whole)
    single = kind in ONE_BY_ONE and found and set(found) <= known
    if found != whole and not single:
        raise InvalidReport(f"Finding {finding.code} does not withhold what a doubt of its kind does.")


ONE_BY_ONE = (Kind.MISSING, Kind.MIX, Kind.ABSENT, Kind.RECENT)
"""Kinds whose findings may be about single claims."""


def _vouched(record: Record, spec: Spec) -> list[tuple[str, ...]]:
    """What counts as vouched for on the day on which the review began, and on that on which it ended."""
    moments = dict.fromkeys(_day(moment) for moment in (record.run.started, record.run.finished))
    return [vouched_kinds(spec.soundness, spec.data, spec.about, day) for day in moments]


def _day(moment: str) -> datetime.date:
    try:
        return datetime.datetime.fromisoformat(moment).date()
    except ValueError as error:
        raise InvalidReport("The record does not tell on which day the review was made.") from error


def _first_broken(record: Record, soundness: Soundness, vouched: tuple[str, ...]) -> tuple[Finding, Finding] | None:
    return next(_broken(record, soundness, vouched), None)


def _broken(record: Record, soundness: Soundness, vouched: tuple[str, ...]) -> Iterator[tuple[Finding, Finding]]:
    """Claims that are met although rows in doubt carry them, each with the doubt."""
    doubts = soundness.withholding(vouched)
    for answer in record.answers:
        for finding in answer.findings:
            if not finding.blocking or finding.status is not Status.MET:
                continue
            for doubt in doubts:
                if is_touched(doubt, soundness.touches.get(doubt.code, ()), answer.question, finding):
                    yield finding, doubt
