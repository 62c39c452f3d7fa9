"""Whether what was found of the rows holds, and every answer keeps to it; recomputed by host and verifier alike."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping

from readiness.core.errors import InvalidReport
from readiness.core.findings import Criterion, Finding, Outcome, Question, Status, recompute
from readiness.core.metrics import TECHNICAL
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.core.withholding import OVERLAP, SCORES, TOUCHED, Kind, Soundness, is_touched, kind_of
from readiness.spec.inputs import is_about_periods, vouched_kinds
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

    Whether segments are stretches of time, and whether recent rows can be compared at all, only the tables tell; a
    review says why it does not ask.
    """
    data = spec.data
    if kind is Kind.ORDER:
        return data.time is None or data.train is None
    if kind is Kind.GROUPS:
        return data.train is None
    if kind is Kind.MIX:
        return task is not Task.BINARY or not (spec.about.prevalences or data.sampled)
    if kind is Kind.ABSENT:
        has_others = data.train is not None or data.recent is not None
        return not has_others or data.time is not None or all(map(is_about_periods, data.segments))
    return kind is Kind.RECENT


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
    task = Task(record.gathered.data.task)
    claims = _claims(record)
    for finding in soundness.findings:
        _check_finding(finding, spec, task)
        _check_touches(finding, soundness, claims)
    if lacking_code := next(missing_findings(record, spec), ""):
        raise InvalidReport(f"The record lacks finding {lacking_code}, which a review of such rows always has.")
    vouched = _vouched(record, spec)
    given = [words for words in vouched if record.decision.vouched == soundness.relied_on(words)]
    if not given:
        raise InvalidReport("The decision rests on other words than those of the persons whom the spec names.")
    if all(_first_broken(record, spec, words) is not None for words in given):
        broken = _first_broken(record, spec, given[0])
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
    if finding.outcome is not None and not _is_rightly_aside(finding, kind):
        raise InvalidReport(f"Finding {finding.code} has an outcome instead of numbers; rows are judged by numbers.")
    if finding.measured is not None and not _can_be_measured(finding.code, spec, task):
        raise InvalidReport(f"Finding {finding.code} holds numbers, and by the spec nothing can have been measured.")
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


def _is_rightly_aside(finding: Finding, kind: Kind) -> bool:
    """Whether a finding without numbers is one that does not apply: the first of its kind, or a fact."""
    is_aside = finding.outcome is Outcome.NOT_APPLICABLE and not finding.blocking and finding.bounds is None
    return is_aside and finding.code in (kind.code, UNUSED_TRAINING)


UNUSED_TRAINING = f"{Kind.MISSING.code}-TRAINING"
"""Training rows that could not be used: a fact, never judged."""
_FAILED = f"{Kind.SEEN.code}-RULE-1"
"""Stands for the search for copies where that failed; it withholds what any of its findings would."""


def _can_be_measured(code: str, spec: Spec, task: Task) -> bool:
    """Whether the spec gives what a number of this code is measured on."""
    data, two, declared = spec.data, task is Task.BINARY, spec.about.prevalences
    trained, recent = data.train is not None, data.recent is not None
    needed: tuple[tuple[str, bool], ...] = (
        (r"EVID-SEEN", trained or spec.supplied.training_rows is not None),
        (r"EVID-SEEN-.+|EVID-GROUPS(-SHARED-\d+)?", trained),
        (r"EVID-ORDER", trained and data.time is not None),
        (r"EVID-MIX", two and bool(declared or data.sampled)),
        (r"EVID-MIX-CARRIED-\d+", two and bool(declared)),
        (r"EVID-MIX-(LABELS|SHARE)", two and bool(declared) and recent),
        (r"EVID-MIX-WEIGHTS", data.weight is not None),
        (r"EVID-ABSENT(-\d+)?", bool(data.segments) and (trained or recent)),
        (r"EVID-ABSENT-CLASSES", task.has_classes and (trained or recent)),
        (r"EVID-RECENT(-.+)?", recent),
    )
    return all(holds for pattern, holds in needed if re.fullmatch(pattern, code))


# Which single claims may a doubt name? ---------------------------------------------------------------------------

_ONE = re.compile(r"EVID-(MISSING-\d+|MIX-CARRIED-\d+|RECENT-(WEIGHTED|KNOWN)-\d+)")
"""Findings about one claim each."""
_SAME_BAR = re.compile(r"EVID-(MIX-CARRIED-\d+|RECENT-(WEIGHTED|KNOWN)-\d+)")
"""Those of them that measure that claim once more, by its own bar."""
_COUNTED_CLAIMS = re.compile(r"EVID-(MISSING|MIX|MIX-WEIGHTS)")
"""Findings whose number is that of the claims which they name."""
_LISTED = re.compile(r"EVID-(MIX-LABELS|MIX-SHARE|ABSENT-CLASSES)")
"""Findings that name claims without counting them; see `_names`."""
_ON_ROWS = re.compile(r"BASE-LIFT-.+|BUSI-\d+|ERRO-(SAVINGS|SAVINGS-.+|COST|CURRENT)")
"""Claims of questions 1, 2 and 4 that are measured on the test rows."""


def _claims(record: Record) -> Mapping[str, Finding]:
    """The claims by code that rows in doubt could carry: whatever is judged in questions that rest on test rows."""
    return {
        finding.code: finding
        for answer in record.answers
        if answer.question in TOUCHED[Kind.SEEN]
        for finding in answer.findings
        if finding.blocking and finding.criterion is not None
    }


def _check_touches(finding: Finding, soundness: Soundness, claims: Mapping[str, Finding]) -> None:
    """A doubt withholds the claims of all its questions, or names single ones, as only some findings may.

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
    if found != tuple(question.value for question in TOUCHED[kind]) and not _names_rightly(finding, found, claims):
        raise InvalidReport(f"Finding {finding.code} does not withhold what a doubt of its kind does.")
    if finding.code in (Kind.MISSING.code, Kind.MIX.code) and found and set(found) <= claims.keys():
        numbered = (f for f in soundness.of(kind) if _ONE.fullmatch(f.code) and f.blocking)
        if any(not set(soundness.touches.get(f.code, ())) <= set(found) for f in numbered):
            raise InvalidReport(f"Finding {finding.code} does not withhold what those do that it counts.")


def _names_rightly(finding: Finding, found: tuple[str, ...], claims: Mapping[str, Finding]) -> bool:
    """Whether a finding may name single claims, and names claims: as many, and of the bar, as its own numbers say."""
    if not found or len(set(found)) < len(found) or not set(found) <= claims.keys():
        return False
    if _ONE.fullmatch(finding.code):
        return len(found) == 1 and (not _SAME_BAR.fullmatch(finding.code) or _is_same(finding, claims[found[0]]))
    if _COUNTED_CLAIMS.fullmatch(finding.code):
        return finding.measured is not None and finding.measured.value == len(found)
    return _LISTED.fullmatch(finding.code) is not None


def _is_same(finding: Finding, claim: Finding) -> bool:
    """Whether a finding is judged by the metric and the bar of a claim."""
    mine, theirs = finding.criterion, claim.criterion
    if mine is None or theirs is None:
        return False
    return (mine.op, mine.threshold) == (theirs.op, theirs.threshold) and finding.metric == claim.metric


def _names(doubt: Finding, claim: Finding, spec: Spec) -> bool:
    """Whether a doubt that lists claims has to list this one, whatever it says."""
    if not _ON_ROWS.fullmatch(claim.code) or claim.metric in TECHNICAL:
        return False
    if doubt.code == f"{Kind.ABSENT.code}-CLASSES":
        return True
    from readiness.statistics.label_shift import UNCHANGED  # loads libraries of numbers

    is_of_mix = doubt.code in (f"{Kind.MIX.code}-LABELS", f"{Kind.MIX.code}-SHARE")
    is_chosen = doubt.code == Kind.MIX.code and spec.data.sampled
    return (is_of_mix or is_chosen) and claim.metric not in UNCHANGED


# Which findings are there in every review of such a spec? ---------------------------------------------------------

_TOLD_APART = 0.65
"""Above this bar recent rows may lie only where the answers to them are judged in its place."""
_MOST_COPIES = 0.01
"""Share of test rows that may be copies of other test rows."""
_MOST_NAMED = 3
"""Columns that may give the answer away are named up to so many, and further ones counted."""


def missing_findings(record: Record, spec: Spec) -> Iterator[str]:
    """Codes that the findings on the rows lack by the spec, by the facts of the record, and by what others of them
    say. A rule that failed says so in its first finding, and withholds everything.
    """
    soundness = record.soundness
    assert soundness is not None
    found = {finding.code: finding for finding in soundness.findings if finding.blocking}
    failed = {kind for kind in Kind if (first := found.get(kind.code)) is not None and first.criterion is None}
    for kind, codes in _demanded(record, spec, found):
        if not found.keys() & set(codes) and (kind is Kind.SEEN or kind not in failed):
            yield codes[0]
    for kind, code in _numbered(found, spec):
        if code not in found and kind not in failed:
            yield code


def _demanded(record: Record, spec: Spec, found: Mapping[str, Finding]) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """Codes with those that may stand for them, as (kind, alternatives)."""
    if spec.data.train is not None:
        yield Kind.SEEN, (f"{Kind.SEEN.code}-COPIES", _FAILED)
        if Task(record.gathered.data.task) in (Task.BINARY, Task.MULTICLASS):
            yield Kind.ABSENT, (f"{Kind.ABSENT.code}-CLASSES",)
    if spec.data.weight is not None:
        yield Kind.MIX, (f"{Kind.MIX.code}-WEIGHTS",)
    for number in _timeless(record, spec):
        yield Kind.ABSENT, (f"{Kind.ABSENT.code}-{number}",)
    yield from _of_copies(spec, found)
    recent = found.get(Kind.RECENT.code)
    if recent is not None and recent.criterion is not None and recent.criterion.threshold > _TOLD_APART:
        yield Kind.RECENT, (SCORES,)
        yield Kind.RECENT, (OVERLAP,)
    if _value(found, Kind.LEAK.code) >= 0:
        for number in range(1, min(_MOST_NAMED, len(_known_after(record, spec))) + 1):
            yield Kind.LEAK, (f"{Kind.LEAK.code}-{number}",)


def _of_copies(spec: Spec, found: Mapping[str, Finding]) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """What is told of names and copies under two kinds, once for either table."""
    if spec.data.train is not None and f"{Kind.REPEATS.code}-UNITS" in found:
        yield Kind.SEEN, (f"{Kind.SEEN.code}-UNITS", _FAILED)
    if f"{Kind.SEEN.code}-UNITS" in found:
        yield Kind.REPEATS, (f"{Kind.REPEATS.code}-UNITS",)
    if _value(found, Kind.REPEATS.code) > _MOST_COPIES:  # nobody can vouch for these
        yield Kind.REPEATS, (f"{Kind.REPEATS.code}-COPIES",)


def _value(found: Mapping[str, Finding], code: str) -> float:
    """What was measured; -1 where nothing was."""
    finding = found.get(code)
    return -1.0 if finding is None or finding.measured is None else finding.measured.value


def _timeless(record: Record, spec: Spec) -> list[int]:
    """Numbers, from 1, of the segment columns that surely name no stretches of time, but the first of them: that one is
    told under the first code of its kind. Two values at most are no stretches, however they follow each other.
    """
    data = spec.data
    if data.train is None and data.recent is None:
        return []
    rows = [f.code for f in record.answer(Question.SEGMENTS).findings if re.fullmatch(r"SEGM-\d+-\d+-ROWS", f.code)]
    numbers = [k for k, entry in enumerate(data.segments, 1) if not is_about_periods(entry)]
    if data.time is not None:
        numbers = [k for k in numbers if 0 < sum(code.startswith(f"SEGM-{k}-") for code in rows) <= 2]
    return numbers[1:]


def _known_after(record: Record, spec: Spec) -> set[str]:
    """Features that are known only after the decision, by the spec's own word; the drift of each feature names it."""
    drift = record.answer(Question.PRODUCTION).findings
    drifting = {f.segment.get("column", "") for f in drift if re.fullmatch(r"PROD-DRIFT-\d+", f.code)}
    after = {name for name, known in spec.data.known_at.items() if known.when == "after"}
    return after & (set(spec.data.features or ()) | drifting)


def _numbered(found: Mapping[str, Finding], spec: Spec) -> Iterator[tuple[Kind, str]]:
    """Codes with numbers: as many as the first finding counts, and none left out between others."""
    counts = {Kind.MISSING: f"{Kind.MISSING.code}-"} | (
        {} if spec.data.sampled else {Kind.MIX: f"{Kind.MIX.code}-CARRIED-"}
    )
    for kind, code in counts.items():
        for number in range(1, int(_value(found, kind.code)) + 1):
            yield kind, f"{code}{number}"
    if _value(found, Kind.LEAK.code) > 0:  # further ones are counted only after three that are named
        yield from ((Kind.LEAK, f"{Kind.LEAK.code}-{number}") for number in (1, 2, 3))
    for kind, code in ((Kind.LEAK, "EVID-LEAK-"), (Kind.GROUPS, "EVID-GROUPS-"), (Kind.GROUPS, "EVID-GROUPS-SHARED-")):
        numbers = [int(one[len(code) :]) for one in found if re.fullmatch(rf"{code}\d+", one)]
        first = 2 if code.endswith("SHARED-") and spec.data.group is None and spec.data.query is None else 1
        yield from ((kind, f"{code}{number}") for number in range(first, max(numbers, default=0) + 1))


def _vouched(record: Record, spec: Spec) -> list[tuple[str, ...]]:
    """What counts as vouched for on the day on which the review began, and on that on which it ended."""
    moments = dict.fromkeys(_day(moment) for moment in (record.run.started, record.run.finished))
    return [vouched_kinds(spec.soundness, spec.data, spec.about, day) for day in moments]


def _day(moment: str) -> datetime.date:
    try:
        return datetime.datetime.fromisoformat(moment).date()
    except ValueError as error:
        raise InvalidReport("The record does not tell on which day the review was made.") from error


def _first_broken(record: Record, spec: Spec, vouched: tuple[str, ...]) -> tuple[Finding, Finding] | None:
    return next(_broken(record, spec, vouched), None)


def _broken(record: Record, spec: Spec, vouched: tuple[str, ...]) -> Iterator[tuple[Finding, Finding]]:
    """Claims that are met although rows in doubt carry them, each with the doubt."""
    soundness = record.soundness
    assert soundness is not None
    doubts = soundness.withholding(vouched)
    for answer in record.answers:
        for finding in answer.findings:
            if not finding.blocking or finding.status is not Status.MET:
                continue
            for doubt in doubts:
                touches = soundness.touches.get(doubt.code, ())
                if is_touched(doubt, touches, answer.question, finding) or _names(doubt, finding, spec):
                    yield finding, doubt
