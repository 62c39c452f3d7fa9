"""Phrases for question 3, and for windows of time: a group of rows against all other rows."""

from __future__ import annotations

from collections.abc import Mapping

from readiness.core import policy
from readiness.core.findings import Finding, Status
from readiness.core.keys import Topic
from readiness.report.sentences.counts import Hits, Sides, hits_of, sides_of, value_of
from readiness.report.sentences.numbers import Scale, limit_text, percent, with_days, write_alike, write_estimate
from readiness.report.sentences.phrases import (
    Said,
    bar_words,
    counting,
    direction_words,
    measured_words,
    pair,
    plain,
    shift_estimate,
    thing,
    unit_of,
    upper,
    value_and_range,
    value_clause,
    with_unit,
)
from readiness.report.sentences.words import Words, number, section

_MISSES = {"recall": "missed", "accuracy": "judged wrong", "precision": "wrong"}
"""The bad side of a share that should be high."""


def deficit(words: Words, finding: Finding) -> Said:
    """How a group does beside all others."""
    finding = _judged_twin(words, finding)
    return _beside_others(words, finding, words.among(finding.segment))


def small_deficit(words: Words, finding: Finding) -> Said:
    """How the rows of all small groups together do."""
    name = f"small groups of {words.segmentation(finding.key.number('segmentation'))} together"
    return _beside_others(words, finding, f"among {name}")


def window(words: Words, finding: Finding) -> Said:
    """How a window of time does beside the others."""
    period = with_days(" ".join(finding.segment.values()))
    return _beside_others(words, finding, f"from {period}", limit_key="window_limit")


def _beside_others(words: Words, finding: Finding, where: str, limit_key: str = "") -> Said:
    metric = finding.metric
    title = f"{upper(thing(words, metric))} {where}"
    failing = _failing(words, finding, where)
    remedy = f"Find out why {_trouble(words, metric)} {where}, mend it, and run the review again"
    if finding.status is Status.NOT_ASSESSED and is_alone(words, finding):
        remedy = "Name a column that tells at least two groups apart"
    sides = sides_of(finding, more_is_better=words.more_is_better(metric))
    factor = _factor(words, finding, sides, limit_key)
    if factor != 1.0:
        return _by_ratio(words, finding, (title, failing, remedy), sides, factor)
    scale = words.difference_scale(metric)
    limit = finding.criterion.threshold if finding.criterion is not None else policy.SEGMENT_LIMIT
    op = "at most" if finding.criterion is not None and finding.criterion.op == "<=" else "less than"
    bar = f"{op} {_limit_words(finding, limit, scale)} behind"
    measured = "" if finding.measured is None else direction_words(finding.measured, scale, "behind", "ahead", limit)
    fact = _fact(words, finding, sides, where)
    return Said(
        title, bar, f"{bar} all others", measured, fact, _tolerated(finding, scale, limit), failing, remedy, scale
    )


def is_alone(words: Words, finding: Finding) -> bool:
    """Whether a group has no others to compare it with: it is the only one of its grouping."""
    number = finding.key.number("segmentation")
    deficits = (f for f in words.findings.values() if f.key.kind is Topic.DEFICIT)
    same = [f for f in deficits if f.key.number("segmentation") == number]
    return (
        bool(number)
        and finding.key.kind is Topic.DEFICIT
        and {f.key.number("segment") for f in same} == {finding.key.number("segment")}
    )


def _tolerated(finding: Finding, scale: Scale, limit: float) -> str:
    """As "A gap of 15 points is tolerated; this one is 54 (47 to 62)"; empty where there is no gap to speak of."""
    if finding.measured is None:
        return ""
    if finding.measured.value <= 0:
        return f"it is not behind; a gap below {_limit_words(finding, limit, scale)} is tolerated"
    written = write_estimate(finding.measured, scale, limit)
    gap = f"{written.value} ({written.ends})" if written.ends else written.value
    return f"a gap below {_limit_words(finding, limit, scale)} is tolerated; this one is {gap}"


def _limit_words(finding: Finding, limit: float, scale: Scale) -> str:
    """A limit, beside the numbers that it is held against."""
    measured = finding.measured
    return limit_text(limit, scale, "", *(() if measured is None else (measured.value, measured.low, measured.high)))


def where_of(words: Words, finding: Finding) -> str:
    """Among whom a finding was measured: empty where among all."""
    if finding.key.kind is Topic.SMALL_DEFICIT:
        return f"among small groups of {words.segmentation(finding.key.number('segmentation'))}"
    return words.among(finding.segment)


def _judged_twin(words: Words, finding: Finding) -> Finding:
    """The judged finding on the same group and metric, of a fact that says no more than which group is worst."""
    if finding.key.kind is not Topic.WORST_SEGMENT:
        return finding
    twins = (f for f in words.findings.values() if f.key.kind is Topic.DEFICIT and f.metric == finding.metric)
    return next((twin for twin in twins if dict(twin.segment) == dict(finding.segment)), finding)


def _trouble(words: Words, metric: str) -> str:
    """What goes wrong, as the subject of "why …": "frauds are missed", "the average error is larger"."""
    how = counting(words, metric)
    if how is None:
        return f"the {words.metric(metric)} is {'lower' if words.more_is_better(metric) else 'higher'}"
    if metric in _MISSES:
        return f"more {how.noun} are {_MISSES[metric]}"
    verb = how.verb.removeprefix("were ")
    return f"{'fewer' if words.more_is_better(metric) else 'more'} {how.noun} {verb}"


def _failing(words: Words, finding: Finding, where: str) -> str:
    """As "It misses most frauds among people of 65 and over"."""
    metric, how = finding.metric, counting(words, finding.metric)
    sides = sides_of(finding, more_is_better=words.more_is_better(metric))
    here = None if sides is None else value_of(sides.here)
    if metric == "recall" and how is not None:
        if here == 0:
            return f"It misses all {how.noun} {where}"
        return f"It misses {'most' if here is not None and here < 0.5 else 'more'} {how.noun} {where}"
    if metric == "false_positive_rate" and how is not None:
        return f"It raises more false alarms {where}"
    if metric == "accuracy":
        return f"It is wrong more often {where}"
    if not words.more_is_better(metric):
        return f"Its errors are larger {where}"
    return f"It does worse {where}"


def _fact(words: Words, finding: Finding, sides: Sides | None, where: str) -> str:
    """Counts here before rates, and the rate of all others: the bad side where the group is behind."""
    metric, how = finding.metric, counting(words, finding.metric)
    hits = None if sides is None else hits_of(sides.here)
    rest = None if sides is None else value_of(sides.rest)
    if how is None or hits is None or rest is None:
        return _values(words, finding, sides, where)
    is_behind = finding.measured is not None and finding.measured.value > 0
    if is_behind and metric in _MISSES:
        hits, rest, verb = Hits(hits.misses, hits.total), 1 - rest, f"were {_MISSES[metric]}"
    else:
        verb = how.verb
    texts = write_alike([hits.share, rest], Scale.PERCENT, hits.share, rest)
    others = "at all other times" if finding.key.kind is Topic.WINDOW else "among all others"
    here = f"{hits.hits:,} of {hits.total:,} {how.noun} {where} {verb} ({texts[0]} %)"
    if finding.key.kind is Topic.SLICE:  # two conditions, each with its numbers, make a sentence by themselves
        return f"{here}. {upper(others)} it was {texts[1]} %"
    return f"{here}, and {texts[1]} % {others}"


def _values(words: Words, finding: Finding, sides: Sides | None, where: str) -> str:
    """Values of a metric behind which no counts stand: "average error is 3.14 …, against 1.58 among all others"."""
    if finding.measured is None:
        return ""
    here = None if sides is None else value_of(sides.here)
    rest = None if sides is None else value_of(sides.rest)
    if here is None or rest is None:
        return ""
    scale, unit = words.scale(finding.metric), unit_of(words, finding)
    texts = [with_unit(text, scale, unit) for text in pair(here, rest, scale)]
    others = "at all other times" if finding.key.kind is Topic.WINDOW else "among all others"
    return f"{value_clause(words, finding.metric, texts[0], where)}, against {texts[1]} {others}"


def _factor(words: Words, finding: Finding, sides: Sides | None, limit_key: str) -> float:
    """By how much errors may be larger here, as a factor; 1 where differences are judged."""
    if sides is not None:
        return sides.factor
    metric = words.known(finding.metric)
    if metric is None or metric.is_share or metric.greater_is_better:
        return 1.0
    name = "stability" if limit_key else "segments"
    given = number(section(words.spec, name).get(limit_key or "limit"))
    usual = policy.WINDOW_LIMIT if limit_key else policy.SEGMENT_LIMIT
    return 1.0 + (usual if given is None else given)


def _by_ratio(words: Words, finding: Finding, texts: tuple[str, str, str], sides: Sides | None, factor: float) -> Said:
    """Errors as a multiple of those of all others.

    What is judged is here - factor * rest, so that it over the rest is the ratio less the factor: at the limit exactly,
    elsewhere as if the error of the rest were known for sure.
    """
    title, failing, remedy = texts
    limit = limit_text(factor, Scale.TIMES)
    bar = f"less than {limit}"
    rest = None if sides is None else value_of(sides.rest)
    requirement = f"less than {limit} the {words.metric(finding.metric)} of all others"
    where = words.among(finding.segment)
    fact = _values(words, finding, sides, where)
    if finding.measured is None or rest is None or rest <= 0:
        return Said(title, bar, requirement, "", fact, "", failing, remedy, Scale.TIMES)
    ratio = shift_estimate(finding.measured, 1 / rest, factor)
    written = write_estimate(ratio, Scale.TIMES, factor, 1.0)
    measured = value_and_range(written, Scale.TIMES)
    against = f"that is {measured} that of all others; {bar} is tolerated"
    return Said(title, bar, requirement, measured, fact, against, failing, remedy, Scale.TIMES)


def slice_found(words: Words, finding: Finding) -> Said:
    """A weak spot that was searched for, not named in advance."""
    said = deficit(words, finding)
    if finding.blocking:
        return said
    return Said(
        said.title, said.bar, said.requirement, said.measured, said.fact,
        "found by search; not part of the verdict", said.failing, said.remedy, said.scale,
    )  # fmt: skip


def slices_searched(words: Words, finding: Finding) -> Said:
    """How many groups were searched, and how many proved worse."""
    title = "Weak spots that nobody named"
    if finding.measured is None:
        return Said(title, fact="No weak spots were searched for")
    found = [f for f in words.findings.values() if f.key.kind is Topic.SLICE]
    worse = sum(f.bounds is not None and f.criterion is not None and _is_proven(f) for f in found)
    half = "groups were searched in half of the rows"
    proved = f"{worse:,} of them proved worse in the other half" if worse else "none proved worse in the other half"
    return Said(title, measured=f"{finding.measured.value:,.0f} searched, {worse:,} worse",
                fact=f"{finding.measured.value:,.0f} {half}; {proved}")  # fmt: skip


def _is_proven(finding: Finding) -> bool:
    assert finding.bounds is not None
    assert finding.criterion is not None
    lower = finding.bounds.lower
    return lower is not None and finding.criterion.refuted_by(lower)


def segment_rows(words: Words, finding: Finding) -> Said:
    """How many rows a group has."""
    group = words.group(finding.segment)
    if finding.measured is None:
        return Said(group)
    count = f"{finding.measured.value:,.0f}"
    noun = words.row.form(finding.measured.value)
    return Said(f"{upper(words.row.many)} {words.among(finding.segment)}", measured=count,
                fact=f"{count} {noun} {words.among(finding.segment)}")  # fmt: skip


def segment_value(words: Words, finding: Finding) -> Said:
    """A metric within one group."""
    return plain(words, finding, f"{upper(thing(words, finding.metric))} {words.among(finding.segment)}")


def segment_gap(words: Words, finding: Finding) -> Said:
    """Best less worst group."""
    name = words.segmentation(finding.key.number("segmentation"))
    scale = words.difference_scale(finding.metric)
    measured = "" if finding.measured is None else measured_words(finding.measured, scale, "", None)
    title = f"{upper(words.metric(finding.metric))}: best less worst group by {name}"
    return Said(title, measured=measured, fact=f"groups by {name} differ by {measured}", scale=scale)


def coverage(words: Words, finding: Finding) -> Said:
    """Rows in groups that are large enough."""
    name = words.segmentation(finding.key.number("segmentation"))
    rows, metric = words.row.many, finding.key.metric
    title = f"{upper(rows)} in groups large enough to judge, by {name}"
    title = f"{title}: {words.metric(metric)}" if metric else title
    bar = bar_words(finding.criterion, Scale.PERCENT)
    remedy = f"Test on more {rows}, or name groups by {name} that are larger"
    if finding.measured is None:
        return Said(title, bar, "", "", "", "", f"Too many {rows} are in groups too small to judge", remedy)
    counted = round(finding.measured.value * finding.measured.n)
    fact = f"{counted:,} of {finding.measured.n:,} {rows} are in groups by {name} that are large enough to judge"
    failing = f"Too many {rows} are in groups by {name} that are too small to judge"
    return Said(title, bar, f"{bar} of {rows}", percent(finding.measured.value, _limit(finding)), fact, "", failing,
                remedy, Scale.PERCENT)  # fmt: skip


def _limit(finding: Finding) -> float:
    return finding.criterion.threshold if finding.criterion is not None else 0.0


def critical(words: Words, finding: Finding) -> Said:
    """Groups that must be large enough."""
    name, metric = words.segmentation(finding.key.number("segmentation")), finding.key.metric
    by = f": {words.metric(metric)}" if metric else ""
    count = 0 if finding.measured is None else round(finding.measured.value)
    fact = (
        "every group that must be judged is large enough"
        if not count
        else (
            f"{count:,} {'group' if count == 1 else 'groups'} by {name} that must be judged "
            f"{'is' if count == 1 else 'are'} too small"
        )
    )
    return Said(
        f"Groups by {name} that must be judged{by}", "none too small", "none too small",
        f"{count:,} too small" if count else "none too small", fact, "no such group may be too small",
        f"A group by {name} that must be judged is too small", f"Test on more {words.row.many} of each group by {name}",
    )  # fmt: skip


def no_segments(_words: Words, _finding: Finding) -> Said:
    """No groups were named."""
    return Said(
        "Groups of people or cases",
        fact="No groups are named, so nobody was compared with anybody",
        failing="Nobody looked at groups",
        remedy="Name the columns that tell groups apart, such as age or region",
    )


def fairness(words: Words, finding: Finding) -> Said:
    """A comparison of all groups of one column: of alarms, or of errors."""
    name = words.segmentation(finding.key.number("segmentation"))
    is_ratio = finding.measured is not None and finding.measured.unit == "ratio"
    what = _FAIRNESS.get(finding.metric, words.metric(finding.metric))
    title = f"{what}, by {name}"
    scale = Scale.SCORE if is_ratio else Scale.POINTS
    bar = bar_words(finding.criterion, scale)
    limit = FOUR_FIFTHS if finding.criterion is None else finding.criterion.threshold
    measured = "" if finding.measured is None else measured_words(finding.measured, scale, "", finding.criterion)
    if finding.measured is not None and is_ratio:  # a ratio below the customary mark is not rounded to it
        measured = value_and_range(write_estimate(finding.measured, scale, limit), scale)
    fact = f"{title}: {measured}" if measured else ""
    if is_ratio and finding.criterion is None and fact:
        fact += f"; {FOUR_FIFTHS} is the customary mark"
    return Said(title, bar, "", measured, fact, "", f"Groups by {name} are treated too differently",
                f"Find out why groups by {name} are treated differently", scale)  # fmt: skip


FOUR_FIFTHS = 0.8
"""Lowest ratio of selection rates that is customarily taken without question (29 CFR 1607.4 D)."""
_FAIRNESS: Mapping[str, str] = {
    "demographic_parity_ratio": "Ratio of alarm rates, lowest to highest group",
    "demographic_parity_difference": "Difference of alarm rates, highest to lowest group",
    "equalized_odds_difference": "Largest difference of error rates between groups",
    "equalized_odds_ratio": "Smallest ratio of error rates between groups",
    "equal_opportunity_difference": "Difference in what is found, highest to lowest group",
    "equal_opportunity_ratio": "Ratio of what is found, lowest to highest group",
}

TELLERS = {
    Topic.DEFICIT: deficit,
    Topic.SMALL_DEFICIT: small_deficit,
    Topic.WORST_SEGMENT: deficit,
    Topic.WINDOW: window,
    Topic.SLICE: slice_found,
    Topic.SLICES_SEARCHED: slices_searched,
    Topic.SEGMENT_ROWS: segment_rows,
    Topic.SEGMENT_VALUE: segment_value,
    Topic.SEGMENT_GAP: segment_gap,
    Topic.SEGMENT_COVERAGE: coverage,
    Topic.CRITICAL_SEGMENTS: critical,
    Topic.NO_SEGMENTS: no_segments,
    Topic.FAIRNESS: fairness,
}
