"""Whether what was found of the rows holds, and every answer keeps to it; recomputed by host and verifier alike."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

from readiness.core.errors import InvalidReport
from readiness.core.findings import Criterion, Finding, Outcome, Question, Status, recompute
from readiness.core.keys import FindingKey, Topic
from readiness.core.metrics import TECHNICAL
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.core.withholding import TOUCHED, Kind, Soundness, is_touched, kind_and_topic, kind_of
from readiness.spec.inputs import is_about_periods, vouched_kinds
from readiness.spec.schema import Spec
from readiness.verdict.record import Record

# ----------------------------------------------------------------------------------------------------
# The bars by which rows are judged, and the kinds of doubt that may stand aside; for host and verifier alike.

_COUNTED = (("<=", 0.0),)
"""No claim, column or row may be like that."""

_A_TENTH = (("<=", 0.10),)

BARS: Mapping[tuple[Kind, Topic], tuple[tuple[str, float], ...]] = {
    (Kind.SEEN, Topic.DOUBT): _A_TENTH,
    (Kind.SEEN, Topic.DOUBT_COPIES): _A_TENTH,
    (Kind.SEEN, Topic.DOUBT_EQUAL): _A_TENTH,
    (Kind.SEEN, Topic.DOUBT_UNITS): _A_TENTH,
    (Kind.SEEN, Topic.DOUBT_NEAR): (("<=", 0.015),),
    (Kind.LEAK, Topic.DOUBT): _COUNTED,
    (Kind.LEAK, Topic.DOUBT_PART): (("<", 1.0), ("<=", 0.0), (">=", -1.0)),
    (Kind.ORDER, Topic.DOUBT): (("<=", 0.01),),
    (Kind.GROUPS, Topic.DOUBT): _COUNTED,
    (Kind.GROUPS, Topic.DOUBT_SHARED): _COUNTED,
    (Kind.GROUPS, Topic.DOUBT_PART): (("<", 1.5),),
    (Kind.REPEATS, Topic.DOUBT): (("<=", 0.01),),
    (Kind.REPEATS, Topic.DOUBT_COPIES): (("<=", 0.01),),
    (Kind.REPEATS, Topic.DOUBT_UNITS): (("<=", 0.05),),
    (Kind.MISSING, Topic.DOUBT): _COUNTED,
    (Kind.MIX, Topic.DOUBT): _COUNTED,
    (Kind.MIX, Topic.DOUBT_WEIGHTS): _COUNTED,
    (Kind.MIX, Topic.DOUBT_LABELS): (("<=", 0.05), (">=", SOUNDNESS_ALPHA)),
    (Kind.ABSENT, Topic.DOUBT): _A_TENTH,
    (Kind.ABSENT, Topic.DOUBT_PART): _A_TENTH,
    (Kind.ABSENT, Topic.DOUBT_CLASSES): _A_TENTH,
    (Kind.RECENT, Topic.DOUBT): (("<=", 1.0),),
    (Kind.RECENT, Topic.DOUBT_SCORES): _A_TENTH,
    (Kind.RECENT, Topic.DOUBT_OVERLAP): ((">=", 0.10),),
}
"""The loosest bars that a finding may be judged by, by its kind and topic: sign and threshold. Bars of single claims
are those of the claims, or follow from them, and are not among them.
"""


def has_looser_bar(finding: Finding) -> bool:
    """Whether a finding on the rows is judged by a looser bar than its rule sets."""
    if finding.criterion is None:
        return False
    kind = kind_of(finding.key)
    bars = None if kind is None else BARS.get((kind, finding.key.kind))
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
    kind = kind_of(finding.key)
    if kind is None:
        raise InvalidReport(f"Finding {finding.code} is about no kind of doubt.")
    if has_looser_bar(finding):
        raise InvalidReport(f"Finding {finding.code} is judged by a looser bar than its rule sets.")
    if finding.key == kind.key() and not finding.blocking and not may_stand_aside(kind, spec, task):
        raise InvalidReport(f"Finding {finding.code} stands aside, and by the spec it has to be asked.")
    if finding.outcome is not None and not _is_rightly_aside(finding, kind):
        raise InvalidReport(f"Finding {finding.code} has an outcome instead of numbers; rows are judged by numbers.")
    if finding.measured is not None and not _can_be_measured(finding.key, spec, task):
        raise InvalidReport(f"Finding {finding.code} holds numbers, and by the spec nothing can have been measured.")
    if recompute(finding) is not finding.status:
        raise InvalidReport(
            f"Finding {finding.code} says {finding.status.words}; its bounds and criterion say "
            f"{recompute(finding).words}."
        )
    _check_measured(finding)


def _check_measured(finding: Finding) -> None:
    """Raises: InvalidReport: interval or bounds cannot be those of what was measured."""
    bounds, measured = finding.bounds, finding.measured
    if measured is not None:
        is_confidence = 0 < measured.level <= 1
        if not is_confidence or not _encloses(measured.low, measured.value, measured.high):
            raise InvalidReport(f"The interval of finding {finding.code} is none of what was measured.")
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
    return is_aside and finding.key in (kind.key(), UNUSED_TRAINING)


UNUSED_TRAINING = Kind.MISSING.key(Topic.DOUBT_TRAINING)
"""Training rows that could not be used: a fact, never judged."""
_FAILED = Kind.SEEN.key(Topic.DOUBT_RULE, 1)
"""Stands for the search for copies where that failed; it withholds what any of its findings would."""


def _can_be_measured(key: FindingKey, spec: Spec, task: Task) -> bool:
    """Whether the spec gives what a number of this finding is measured on."""
    data, two, declared = spec.data, task is Task.BINARY, spec.about.prevalences
    trained, recent = data.train is not None, data.recent is not None
    carried, among_others = two and bool(declared), bool(data.segments) and (trained or recent)
    whole: Mapping[Kind | None, bool] = {Kind.SEEN: trained, Kind.RECENT: recent}
    needed: Mapping[tuple[Kind | None, Topic], bool] = {
        (Kind.SEEN, Topic.DOUBT): trained or spec.supplied.training_rows is not None,
        (Kind.GROUPS, Topic.DOUBT): trained,
        (Kind.GROUPS, Topic.DOUBT_SHARED): trained,
        (Kind.ORDER, Topic.DOUBT): trained and data.time is not None,
        (Kind.MIX, Topic.DOUBT): two and bool(declared or data.sampled),
        (Kind.MIX, Topic.DOUBT_CARRIED): carried,
        (Kind.MIX, Topic.DOUBT_LABELS): carried and recent,
        (Kind.MIX, Topic.DOUBT_SHARE): carried and recent,
        (Kind.MIX, Topic.DOUBT_WEIGHTS): data.weight is not None,
        (Kind.ABSENT, Topic.DOUBT): among_others,
        (Kind.ABSENT, Topic.DOUBT_PART): among_others,
        (Kind.ABSENT, Topic.DOUBT_CLASSES): task.has_classes and (trained or recent),
    }
    return needed.get(kind_and_topic(key), whole.get(kind_of(key), True))


# The single claims that a doubt may name ---------------------------------------------------------------------------

_SAME_BAR = frozenset({
    (Kind.MIX, Topic.DOUBT_CARRIED), (Kind.RECENT, Topic.DOUBT_WEIGHTED), (Kind.RECENT, Topic.DOUBT_KNOWN),
})  # fmt: skip
"""Findings that measure one claim once more, by its own bar."""
_ONE = _SAME_BAR | {(Kind.MISSING, Topic.DOUBT_PART)}
"""Findings about one claim each."""
_COUNTED_CLAIMS = frozenset({
    (Kind.MISSING, Topic.DOUBT), (Kind.MIX, Topic.DOUBT), (Kind.MIX, Topic.DOUBT_WEIGHTS),
})  # fmt: skip
"""Findings whose number is that of the claims which they name."""
_LISTED = frozenset({
    (Kind.MIX, Topic.DOUBT_LABELS), (Kind.MIX, Topic.DOUBT_SHARE), (Kind.ABSENT, Topic.DOUBT_CLASSES),
})  # fmt: skip
"""Findings that name claims without counting them; see `_names`."""
_ON_ROWS = frozenset({
    Topic.LIFT, Topic.REQUIREMENT, Topic.SAVINGS, Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS, Topic.SAVINGS_MEDIAN,
    Topic.SAVINGS_QUANTILE, Topic.TOTAL_SAVINGS, Topic.SAVINGS_SHARE, Topic.CURRENT_SAVINGS, Topic.COST,
    Topic.CURRENT_COST,
})  # fmt: skip
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
    kind = kind_of(finding.key)
    assert kind is not None
    found = soundness.touches.get(finding.code, ())
    if found != tuple(question.value for question in TOUCHED[kind]) and not _names_rightly(finding, found, claims):
        raise InvalidReport(f"Finding {finding.code} does not withhold what a doubt of its kind does.")
    if finding.key in (Kind.MISSING.key(), Kind.MIX.key()) and found and set(found) <= claims.keys():
        numbered = (f for f in soundness.of(kind) if kind_and_topic(f.key) in _ONE and f.blocking)
        if any(not set(soundness.touches.get(f.code, ())) <= set(found) for f in numbered):
            raise InvalidReport(f"Finding {finding.code} does not withhold what those do that it counts.")


def _names_rightly(finding: Finding, found: tuple[str, ...], claims: Mapping[str, Finding]) -> bool:
    """Whether a finding may name single claims, and names claims: as many, and of the bar, as its own numbers say."""
    if not found or len(set(found)) < len(found) or not set(found) <= claims.keys():
        return False
    about = kind_and_topic(finding.key)
    if about in _ONE:
        return len(found) == 1 and (about not in _SAME_BAR or _is_same(finding, claims[found[0]]))
    if about in _COUNTED_CLAIMS:
        return finding.measured is not None and finding.measured.value == len(found)
    return about in _LISTED


def _is_same(finding: Finding, claim: Finding) -> bool:
    """Whether a finding is judged by the metric and the bar of a claim."""
    mine, theirs = finding.criterion, claim.criterion
    if mine is None or theirs is None:
        return False
    return (mine.op, mine.threshold) == (theirs.op, theirs.threshold) and finding.metric == claim.metric


def _names(doubt: Finding, claim: Finding, spec: Spec) -> bool:
    """Whether a doubt that lists claims has to list this one, whatever it says."""
    if claim.key.kind not in _ON_ROWS or claim.metric in TECHNICAL:
        return False
    if doubt.key == Kind.ABSENT.key(Topic.DOUBT_CLASSES):
        return True
    from readiness.statistics.label_shift import UNCHANGED  # loads libraries of numbers

    is_of_mix = doubt.key in (Kind.MIX.key(Topic.DOUBT_LABELS), Kind.MIX.key(Topic.DOUBT_SHARE))
    is_chosen = doubt.key == Kind.MIX.key() and spec.data.sampled
    return (is_of_mix or is_chosen) and claim.metric not in UNCHANGED


# The findings of every review of such a spec ---------------------------------------------------------

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
    found = {finding.key: finding for finding in soundness.findings if finding.blocking}
    failed = {kind for kind in Kind if (first := found.get(kind.key())) is not None and first.criterion is None}
    for keys in _demanded(record, spec, found):
        kind = kind_of(keys[0])
        if not found.keys() & set(keys) and (kind is Kind.SEEN or kind not in failed):
            yield keys[0].code
    looked_for = {key: finding for key, finding in found.items() if kind_of(key) not in failed}
    yield from (key.code for key in _numbered(looked_for, spec) if key not in looked_for)


def _demanded(record: Record, spec: Spec, found: Mapping[FindingKey, Finding]) -> Iterator[tuple[FindingKey, ...]]:
    """Keys, each with those of its kind that may stand for it."""
    if spec.data.train is not None:
        yield Kind.SEEN.key(Topic.DOUBT_COPIES), _FAILED
        if Task(record.gathered.data.task) in (Task.BINARY, Task.MULTICLASS):
            yield (Kind.ABSENT.key(Topic.DOUBT_CLASSES),)
    if spec.data.weight is not None:
        yield (Kind.MIX.key(Topic.DOUBT_WEIGHTS),)
    for number in _timeless(record, spec):
        yield (Kind.ABSENT.key(Topic.DOUBT_PART, number),)
    yield from _of_copies(spec, found)
    recent = found.get(Kind.RECENT.key())
    if recent is not None and recent.criterion is not None and recent.criterion.threshold > _TOLD_APART:
        yield (Kind.RECENT.key(Topic.DOUBT_SCORES),)
        yield (Kind.RECENT.key(Topic.DOUBT_OVERLAP),)
    if _value(found, Kind.LEAK.key()) >= 0:
        for number in range(1, min(_MOST_NAMED, len(_known_after(record, spec))) + 1):
            yield (Kind.LEAK.key(Topic.DOUBT_PART, number),)


def _of_copies(spec: Spec, found: Mapping[FindingKey, Finding]) -> Iterator[tuple[FindingKey, ...]]:
    """What is told of names and copies under two kinds, once for either table."""
    seen, repeats = Kind.SEEN.key(Topic.DOUBT_UNITS), Kind.REPEATS.key(Topic.DOUBT_UNITS)
    if spec.data.train is not None and repeats in found:
        yield seen, _FAILED
    if seen in found:
        yield (repeats,)
    if _value(found, Kind.REPEATS.key()) > _MOST_COPIES:  # nobody can vouch for these
        yield (Kind.REPEATS.key(Topic.DOUBT_COPIES),)


def _value(found: Mapping[FindingKey, Finding], key: FindingKey) -> float:
    """What was measured; -1 where nothing was."""
    finding = found.get(key)
    return -1.0 if finding is None or finding.measured is None else finding.measured.value


def _timeless(record: Record, spec: Spec) -> list[int]:
    """Numbers, from 1, of the segment columns that surely name no stretches of time, but the first of them: that one is
    told under the first code of its kind. Two values at most are no stretches, however they follow each other.
    """
    data = spec.data
    if data.train is None and data.recent is None:
        return []
    keys = [f.key for f in record.answer(Question.SEGMENTS).findings if f.key.kind is Topic.SEGMENT_ROWS]
    rows = [key.number("segmentation") for key in keys]
    numbers = [k for k, entry in enumerate(data.segments, 1) if not is_about_periods(entry)]
    if data.time is not None:
        numbers = [k for k in numbers if 0 < rows.count(k) <= 2]
    return numbers[1:]


def _known_after(record: Record, spec: Spec) -> set[str]:
    """Features that are known only after the decision, by the spec's own word; the drift of each feature names it."""
    drift = record.answer(Question.PRODUCTION).findings
    drifting = {f.segment.get("column", "") for f in drift if f.key.kind is Topic.DRIFT}
    after = {name for name, known in spec.data.known_at.items() if known.when == "after"}
    return after & (set(spec.data.features or ()) | drifting)


def _numbered(found: Mapping[FindingKey, Finding], spec: Spec) -> Iterator[FindingKey]:
    """Keys with numbers: as many as the first finding counts, and none left out between others."""
    part, shared = Topic.DOUBT_PART, Topic.DOUBT_SHARED
    counts = {Kind.MISSING: part} | ({} if spec.data.sampled else {Kind.MIX: Topic.DOUBT_CARRIED})
    for kind, topic in counts.items():
        yield from (kind.key(topic, number) for number in range(1, int(_value(found, kind.key())) + 1))
    if _value(found, Kind.LEAK.key()) > 0:  # further ones are counted only after three that are named
        yield from (Kind.LEAK.key(part, number) for number in (1, 2, 3))
    for kind, topic in ((Kind.LEAK, part), (Kind.GROUPS, part), (Kind.GROUPS, shared)):
        numbers = [key.number("number") for key in found if kind_and_topic(key) == (kind, topic)]
        first = 2 if topic is shared and spec.data.group is None and spec.data.query is None else 1
        yield from (kind.key(topic, number) for number in range(first, max(numbers, default=0) + 1))


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
