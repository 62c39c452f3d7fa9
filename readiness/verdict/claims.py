"""The one list of what a spec demands of a candidate: every judged claim with its bar, in the order of the questions.

The questions measure what stands here and judge it by the bars that stand here; the host holds a record against it;
`plan` and `check` say what each entry needs. Which groups, windows, classes and columns there are, only data tell:
of those the list holds a family with the rule that gives the claim. To add a judged criterion: an entry in the function
of its question below, and its measurement in the question.

Nothing here computes with rows, so that the host may ask without loading what does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from readiness.core import policy
from readiness.core.checklist import BOXES, NO_LIMIT, Source
from readiness.core.claims import Claims, Entry, Family
from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_level
from readiness.core.keys import FindingKey, Topic
from readiness.core.metrics import METRICS, Metric
from readiness.core.policy import Task
from readiness.core.probes import SERVED, probe_kind
from readiness.spec.checks import GUESSES
from readiness.spec.schema import Spec
from readiness.verdict.margins import gain_name, required_margin

Lister = Callable[[Spec, Task], Iterator[Entry]]


def claims_of(spec: Spec, task: Task) -> Claims:
    """The list for one spec."""
    return Claims(tuple(entry for lister in LISTERS for entry in lister(spec, task)))


# ----------------------------------------------------------------------------------------------------
# 1: a gain over every alternative

GUESS_NAMES = {
    "uniform": "a random guess",
    "majority": "always the largest class",
    "stratified": "a random guess in proportion to the classes",
    "minority": "always the smaller class",
    "mean": "always the mean",
    "median": "always the median",
    "random": "a random order",
}


def list_gains(spec: Spec, task: Task) -> Iterator[Entry]:
    """Over each guess of the task, each rule, the current model and people."""

    def gain(key: FindingKey, _subject: str = "") -> Claim:
        method = key.part("method")
        metric, name = compared_metric(spec, task, method), alternatives(spec, task).get(method, method)
        margin = required_margin(metric, spec.baseline, method)
        owner = spec.baseline.owner
        return Claim(key, gain_name(metric, margin, name), margin.criterion, source=f"baseline, {method}", owner=owner)

    yield from (gain(Topic.LIFT.key(method)) for method in alternatives(spec, task))
    yield Family(Topic.LIFT, gain)


def alternatives(spec: Spec, task: Task) -> dict[str, str]:
    """What the candidate is compared with: key ("rule-1", "current") and name, as far as the spec tells it."""
    given = spec.baseline
    return {
        **{guess: GUESS_NAMES[guess] for guess in GUESSES[task]},
        **{f"rule-{k}": rule.name for k, rule in enumerate(given.rules, 1)},
        **({} if given.current is None else {"current": given.current.name}),
        **({} if given.human is None else {"human": "people"}),
    }


def compared_metric(spec: Spec, task: Task, method: str) -> Metric:
    """The metric of a gain: that of the study for people, else the primary one."""
    human = spec.baseline.human
    return spec.metric(human.metric) if method == "human" and human is not None else spec.primary_metric(task)


# ----------------------------------------------------------------------------------------------------
# 2: every stated requirement


def list_requirements(spec: Spec, task: Task) -> Iterator[Entry]:  # noqa: ARG001  # alike for all tasks
    """One for each sentence of the business; an empty list is not a yes."""
    if not spec.business.requirements:
        yield Claim(
            Topic.NO_REQUIREMENTS.key(),
            "Stated requirements",
            needs="state at least one requirement under business.requirements",
            source="business.requirements",
            lacking="no requirement is stated, so there is nothing to meet",
        )
    for k, wanted in enumerate(spec.business.requirements, 1):
        place = f"business.requirements, number {k}"
        # a relative gain is in the contrast m - (1 + r) · b, so that its bar is 0
        limit, unit = 0.0 if wanted.lift_over else wanted.limit, spec.metric(wanted.metric).unit
        bar = Criterion(wanted.op, limit, unit, f"set in the spec: {place}")
        owner = wanted.owner or spec.business.owner
        yield Claim(Topic.REQUIREMENT.key(k), wanted.says, bar, source=place, owner=owner)


# ----------------------------------------------------------------------------------------------------
# 3: every segment against all other rows, in segments that can be judged; comparisons of groups

CALENDAR = ("hour", "weekday", "month of the year")
"""Parts of `data.time` by which weak spots are searched, and which count as if `data.segments` named them."""


def calendar_names(time: str | None) -> tuple[str, ...]:
    """What the parts of `data.time` are called where they stand beside columns: "opened (hour)"."""
    return () if time is None else tuple(f"{time} ({part})" for part in CALENDAR)


def segment_metrics(spec: Spec, task: Task) -> tuple[str, ...]:
    """Names of the metrics that are judged for every segment."""
    return spec.segments.metrics or policy.SEGMENT_METRICS[task]


def deficit_criterion(metric: Metric, limit: float, source: str) -> Criterion:
    """The bar of a deficit against all other rows: points of a share, else the unit of the metric.

    Errors are compared by ratio, where the limit is in the contrast (Fieller 1954) and zero is the bar.
    """
    if metric.is_share:
        return Criterion("<", limit, "points", source)
    return Criterion("<", limit if metric.greater_is_better else 0.0, metric.unit, source)


def list_segments(spec: Spec, task: Task) -> Iterator[Entry]:
    """That enough rows are in segments that can be judged; the segments themselves, and weak slices, are families."""
    criteria, entries, owner = spec.segments, spec.data.segments, spec.segments.owner
    metrics, place = segment_metrics(spec, task), "data.segments"
    share = Criterion(">=", criteria.coverage, "share", criteria.origin("coverage"), refutable=False)
    none_small = Criterion("<=", 0, "segments", "set in the spec: critical", refutable=False)

    def coverage(key: FindingKey, _subject: str = "") -> Claim:
        return Claim(key, f"Rows in assessable segments, for {key.metric}", share, source=place, owner=owner)

    def critical(key: FindingKey, _subject: str = "") -> Claim:
        return Claim(
            key, f"Critical segments that are too small, for {key.metric}", none_small, source=place, owner=owner
        )

    def deficit(key: FindingKey, subject: str) -> Claim | None:
        name = key.metric or subject
        if name not in spec.metrics and name not in METRICS:
            return None
        metric = spec.metric(name)
        bar = deficit_criterion(metric, criteria.limit, criteria.origin("limit"))
        return Claim(key, f"Deficit in {metric.title}", bar, source=place, owner=owner)

    if not entries:
        yield Claim(
            Topic.NO_SEGMENTS.key(),
            "Segments",
            needs="name the columns that tell groups apart under data.segments",
            source=place,
            lacking="no segment column is named, so nobody knows for whom the model fails",
        )
    numbered = list(enumerate(entries, 1))
    yield from (coverage(Topic.SEGMENT_COVERAGE.key(i, metric=name)) for i, _ in numbered for name in metrics)
    named = [i for i, entry in numbered if getattr(entry, "critical", ())]
    yield from (critical(Topic.CRITICAL_SEGMENTS.key(i, metric=name)) for i in named for name in metrics)
    compared = [
        _group_comparison(spec, i, name) for i, _ in numbered if task is Task.BINARY for name in criteria.fairness
    ]
    yield from (claim for claim in compared if claim is not None)
    yield Family(Topic.SEGMENT_COVERAGE, coverage)
    yield Family(Topic.CRITICAL_SEGMENTS, critical)
    yield Family(Topic.FAIRNESS, lambda key, _subject: _group_comparison(spec, key.number("segmentation"), key.metric))
    for kind in (Topic.DEFICIT, Topic.SMALL_DEFICIT, Topic.SLICE):
        yield Family(kind, deficit, scaled=True)


def _group_comparison(spec: Spec, i: int, measure: str) -> Claim | None:
    limit = {str(name): limit for name, limit in spec.segments.fairness.items()}.get(measure)
    if limit is None:
        return None
    is_ratio = measure.endswith("_ratio")
    op, unit = (">=", "ratio") if is_ratio else ("<=", "points")
    bar = Criterion(op, limit, unit, spec.segments.origin("fairness"))
    name = measure.replace("_", " ").capitalize()
    return Claim(
        Topic.FAIRNESS.key(i, metric=measure), name, bar, source="segments.fairness", owner=spec.segments.owner
    )


# ----------------------------------------------------------------------------------------------------
# 4: errors that cost less than answers without a model; classes that are told apart, and found

PER_CLASS_COVERAGE = (Topic.CLASS_COVERAGE, Topic.CLASS_COST_COVERAGE)


NO_COSTS = Claim(
    Topic.SAVINGS.key(),
    "Savings against doing nothing",
    needs="state what each kind of error costs under errors.costs",
    source="errors.costs",
    lacking="the spec states no costs, so nobody knows whether these errors are acceptable",
)
"""What is left to say of question 4 where no costs fit the task."""


def list_costs(spec: Spec, task: Task) -> Iterator[Entry]:
    """Savings against each answer that needs no model, the current model, and what a prediction is worth."""
    errors, costs = spec.errors, spec.errors.costs
    place, owner, nothing = "errors.costs", errors.owner, "Savings for each row against doing nothing"
    if costs is None:
        yield NO_COSTS
        return
    saved = Criterion(">", policy.SAVINGS_PER_ROW, costs.currency)
    instead = (Topic.SAVINGS.key(),)

    def against(topic: Topic, words: str) -> Claim:
        name = f"Savings for each row against {words}"
        return Claim(topic.key(), name, saved, source=f"{place}, {words}", owner=owner, instead=instead)

    yield Claim(Topic.SAVINGS.key(), nothing, saved, source=place, owner=owner)
    if task in (Task.BINARY, Task.RANKING):
        yield against(Topic.SAVINGS_CONSTANT, "the other constant answer")
    if task is Task.REGRESSION and errors.do_nothing is not None:
        yield against(Topic.SAVINGS_MEDIAN, "always the median")
    if task is Task.REGRESSION and costs.under != costs.over:
        yield against(Topic.SAVINGS_QUANTILE, "always the cheapest number")
    current = spec.baseline.current
    bar = Criterion(">=", 0.0, costs.currency, errors.origin("dearer"))
    name = no_dearer_name("the current model" if current is None else current.name, errors.dearer)
    cheaper = Claim(Topic.CURRENT_COST.key(), name, bar, source="errors.dearer", owner=owner, instead=instead)
    yield cheaper if current is not None else Family.of_one(cheaper)
    if errors.value_per_prediction is not None:
        bar = Criterion("<", errors.value_per_prediction, costs.currency, "set in the spec")
        name = "Cost of errors for each prediction"
        yield Claim(Topic.COST.key(), name, bar, source="errors.value_per_prediction", owner=owner)
    for topic in (Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS, Topic.SAVINGS_MEDIAN, Topic.SAVINGS_QUANTILE):
        yield Family(topic, lambda key, _subject: Claim(key, "Savings for each row", saved, source=place, owner=owner))


def no_dearer_name(other: str, share: float) -> str:
    """What it is called that errors cost no more than those of another model, and a share of them."""
    return f"Errors cost no more than those of {other}" + (f" and {format_level(share)}" if share else "")


def list_errors(spec: Spec, task: Task) -> Iterator[Entry]:  # noqa: ARG001  # classes are data
    """Given intervals that hold what they claim; classes told apart and found, large ones that hold most rows."""
    errors, given = spec.errors, spec.errors.interval

    def found(key: FindingKey, name: str) -> Claim:
        origin = "floors" if name in errors.floors or name.lower() in errors.floors else "class_floor"
        bar = Criterion(">=", class_floor(spec, name), "share", errors.origin(origin))
        return Claim(key, f"Rows of {name} that are found", bar, source=f"errors.{origin}", owner=errors.owner)

    def told_apart(key: FindingKey, name: str) -> Claim:
        words = f"Rows of {name} are called so more often than others"
        return Claim(key, words, Criterion(">", 0.0, "points"), source="errors.class_coverage", owner=errors.owner)

    if given is not None and given.at_least is not None:
        bar = Criterion(">=", given.at_least, "share", "set in the spec")
        name = "Share of true values inside the given intervals"
        yield Claim(Topic.INTERVAL_COVERAGE.key(), name, bar, source="errors.interval", owner=errors.owner)
    for topic in (Topic.CLASS_TOLD_APART, Topic.SMALL_CLASSES_TOLD_APART):
        yield Family(topic, told_apart)
    for topic in (Topic.CLASS_FOUND, Topic.SMALL_CLASSES_FOUND):
        yield Family(topic, found)
    share = Criterion(">=", errors.class_coverage, "share", errors.origin("class_coverage"), refutable=False)
    names = ("Rows of classes that are large enough to be judged", "The same of what is at stake")
    for topic, name in zip(PER_CLASS_COVERAGE, names, strict=True):
        yield Family.of_one(Claim(topic.key(), name, share, source="errors.class_coverage", owner=errors.owner))


def class_floor(spec: Spec, name: str) -> float:
    """The least share of a class's rows that must be found, where its errors cost something."""
    floors = spec.errors.floors
    return floors.get(name, floors.get(name.lower(), spec.errors.class_floor))


# ----------------------------------------------------------------------------------------------------
# 5: refits that agree, and windows of time


def list_refits(spec: Spec, task: Task) -> Iterator[Entry]:
    """How closely the mean over refits is known, and how many labels change; spread only under the point rule."""
    stability, metric, owner = spec.stability, spec.primary_metric(task), spec.stability.owner
    instead = (Topic.REFITS.key(),)
    relative = task is Task.REGRESSION or metric.needs == "own"
    unit = "share of the mean" if relative else "points"
    bar = Criterion("<=", stability.half_width, unit, stability.origin("half_width"), refutable=False)
    name = f"Half-width of the interval of the average {metric.title}"
    yield Claim(Topic.HALF_WIDTH.key(), name, bar, source="stability.half_width", owner=owner, instead=instead)
    bar = Criterion(
        "<=", stability.churn_met, "share", stability.origin("churn_met"), refuted_beyond=stability.churn_not_met
    )
    name = "Share of rows whose answer changes between refits (churn)"
    churn = Claim(Topic.CHURN.key(), name, bar, source="stability.churn_met", owner=owner, instead=instead)
    yield churn if task.has_classes else Family.of_one(churn)
    of_mean = spread_is_relative(metric)
    unit, words = ("share of the mean", " as a share of the mean") if of_mean else (metric.unit, "")
    name = f"Standard deviation of the fold {metric.title}{words}"
    bar = Criterion("<", stability.std, unit, stability.origin("std"))
    std = Claim(Topic.FOLD_STD.key(), name, bar, source="stability.std", owner=owner, instead=instead)
    yield std if spec.evidence == "point" else Family.of_one(std)


def spread_is_relative(metric: Metric) -> bool:
    """Whether a spread means something only beside the mean: nothing but the target's unit gives it a scale."""
    return not metric.is_share and math.isinf(metric.high)


def list_windows(spec: Spec, task: Task) -> Iterator[Entry]:
    """With a column of time: as many windows as the spec asks for, and no proven decline."""
    stability, metric, owner = spec.stability, spec.primary_metric(task), spec.stability.owner
    bar = deficit_criterion(metric, stability.window_limit, stability.origin("window_limit"))
    whole = Topic.WINDOWS.key()

    def window(key: FindingKey, _subject: str = "") -> Claim:
        name = f"Deficit in {metric.title} in a window of time"
        return Claim(key, name, bar, source="stability.windows", owner=owner, instead=(whole,))

    count = 0 if spec.data.time is None else stability.windows or 1
    yield from (window(Topic.WINDOW.key(k)) for k in range(1, count + 1))
    yield Family(Topic.WINDOW, window, scaled=True)
    name = f"{metric.title[:1].upper()}{metric.title[1:]} in windows of {spec.data.time}"
    yield Family.of_one(Claim(whole, name, bar, source="stability.windows", owner=owner))
    unit = bar.unit if metric.is_share or metric.greater_is_better else "share"
    slope = Criterion("<=", stability.trend_limit, unit, stability.origin("trend_limit"))
    name = f"Decline in {metric.title} from the first row to the last"
    yield Family.of_one(Claim(Topic.TREND.key(), name, slope, source="stability.trend_limit", owner=owner))


# ----------------------------------------------------------------------------------------------------
# 6: limits, probes, drift and the boxes of the checklist

TOPICS = {
    "latency_p50_ms": Topic.LATENCY_P50,
    "latency_p95_ms": Topic.LATENCY_P95,
    "latency_p99_ms": Topic.LATENCY_P99,
    "latency_p999_ms": Topic.LATENCY_P999,
    "response_p95_ms": Topic.RESPONSE_P95,
    "response_p99_ms": Topic.RESPONSE_P99,
    "throughput_per_second": Topic.THROUGHPUT,
    "size_mb": Topic.SIZE,
    "memory_mb": Topic.MEMORY,
}
"""What findings about the technical metrics are about, in the order of the page."""
CLOCKS_AGREE = "Times agree with a clock outside the model's process"
"""What a finding is called that says they do not."""
SIDE_LIMITS = {
    "load_errors": (Topic.LOAD_ERRORS, "Requests without an answer under load", "share"),
    "memory_growth_mb": (Topic.MEMORY_GROWTH, "Growth of memory in a thousand calls", "MB"),
}
"""Limits of `production` that are about no metric."""
LIMITED = {
    Topic.LATENCY_LIMIT: "latency_p99_ms",
    Topic.THROUGHPUT_LIMIT: "throughput_per_second",
    Topic.SIZE_LIMIT: "size_mb",
    Topic.MEMORY_LIMIT: "memory_mb",
}
"""The limit of `production` that would fill a technical box for which none is stated."""


def list_production(spec: Spec, task: Task) -> Iterator[Entry]:  # noqa: ARG001  # alike for all tasks
    """What a person attests, what a probe must show, and each stated limit; a box without its limit is no yes."""
    yield from _boxes()
    both = (SERVED,) if spec.model.url is not None and spec.model.path is not None else ()
    must = dict.fromkeys((*policy.MUST_PROBES, *spec.production.must_handle, *both))
    filled = {box.finding for box in BOXES if box.source is Source.MEASURED}
    yield from (_probe(name) for name in must if Topic.PROBE.key(name) not in filled)
    yield Family(Topic.PROBE, lambda key, _subject: _probe(key.part("probe"), blocking=False))
    yield from _pairs(spec)
    limits = [claim for metric in TOPICS if (claim := _limit(spec, metric)) is not None]
    yield from limits
    yield from (claim for key in SIDE_LIMITS if (claim := _side_limit(spec, key)) is not None)
    yield Family.of_one(Claim(Topic.CLOCKS.key(), CLOCKS_AGREE, source="production"))
    for box in BOXES:
        for topic in box.topics:
            if topic in NO_LIMIT and not any(box.holds(limit.key) for limit in limits):
                yield _no_limit(topic)
    yield from _drift(spec)


def _boxes() -> Iterator[Claim]:
    """Those that a probe fills, then those that a person answers; limits and drift have claims of their own."""
    named = [(box, box.finding) for box in BOXES if box.finding is not None]
    for box, key in named:
        if key is not None and box.source is Source.MEASURED:
            yield _probe(box.subject)
    for box, key in named:
        if key is not None and box.source is not Source.MEASURED:
            is_attested = box.source is Source.ATTESTED
            needs = f"attest checklist.{box.key}: who, when, and which evidence" if is_attested else ""
            yield Claim(key, box.title, blocking=is_attested, needs=needs, source=f"checklist.{box.key}")


def _probe(name: str, *, blocking: bool = True) -> Claim:
    return Claim(Topic.PROBE.key(name), probe_kind(name).title, blocking=blocking, source="production.must_handle")


def _pairs(spec: Spec) -> Iterator[Claim]:
    """Columns that must move the answer in one direction, and columns that must not matter."""
    given, owner = spec.production, spec.production.owner
    for k, rise in enumerate(given.monotonic, 1):
        place = f"production.monotonic, number {k}"
        way = "raises" if rise.direction == "increasing" else "lowers"
        other = "lowers" if rise.direction == "increasing" else "raises"
        name = rise.says or f"A larger {rise.column} {way} the answer and never {other} it"
        yield Claim(Topic.MONOTONIC.key(k), name, _broken_at_most(rise.share, place), source=place, owner=owner)
    for k, same in enumerate(given.invariant, 1):
        place = f"production.invariant, number {k}"
        name = same.says or f"Another {same.column} changes no answer"
        yield Claim(Topic.INVARIANT.key(k), name, _broken_at_most(same.share, place), source=place, owner=owner)


def _broken_at_most(share: float, place: str) -> Criterion:
    """The bar on the share of rows that break an expectation. Where none may, one that does refutes it, and breaks must
    be proven to be rare.
    """
    source = f"set in the spec: {place}"
    if share > 0:
        return Criterion("<=", share, "share", source)
    return Criterion("<=", policy.PAIR_PROVEN, "share", source, refuted_beyond=0.0)


def _limit(spec: Spec, metric: str) -> Claim | None:
    """The limit in `production`, else the one of a business requirement on the same metric."""
    entry, given = METRICS[metric], getattr(spec.production, metric)
    stated: tuple[str, float, str, str] | None = None
    if given is not None:
        op = ">=" if entry.greater_is_better else "<="
        stated = op, given, f"production.{metric}", spec.production.owner
    else:
        for k, wanted in enumerate(spec.business.requirements, 1):
            if wanted.metric == metric and stated is None:
                stated = wanted.op, wanted.limit, f"business.requirements, number {k}", wanted.owner
    if stated is None:
        return None
    op, limit, place, owner = stated
    bar = Criterion(op, limit, entry.unit, f"set in the spec: {place}")
    name = f"{entry.title[:1].upper()}{entry.title[1:]}"
    return Claim(TOPICS[metric].key(), name, bar, source=place, owner=owner)


def _side_limit(spec: Spec, key: str) -> Claim | None:
    topic, name, unit = SIDE_LIMITS[key]
    limit, place = getattr(spec.production, key), f"production.{key}"
    if limit is None:
        return None
    bar = Criterion("<=", limit, unit, f"set in the spec: {place}")
    return Claim(topic.key(), name, bar, source=place, owner=spec.production.owner)


def _no_limit(topic: Topic) -> Claim:
    metric = LIMITED[topic]
    place = f"production.{metric}"
    return Claim(
        topic.key(),
        f"Limit for {METRICS[metric].title}",
        needs=f"state {place}",
        source=place,
        lacking="no limit is stated",
    )


def _drift(spec: Spec) -> Iterator[Family]:
    """Of each column; where none could be looked at, one claim stands for all of them."""
    criteria, whole, place = spec.production, Topic.DRIFT_SUMMARY.key(), "production.drift_limit"
    bar = Criterion("<=", criteria.drift_limit, "PSI", criteria.origin("drift_limit"))
    steady = Criterion("<=", criteria.drift_warning, "PSI", criteria.origin("drift_warning"))

    def column(key: FindingKey, name: str) -> Claim:
        return Claim(key, f"Drift of {name}", bar, source=place, owner=criteria.owner, instead=(whole,))

    yield Family(Topic.DRIFT, column)
    lacking = "the rows of training and of production could not be compared"
    name = "Training distribution matches production"
    yield Family.of_one(Claim(whole, name, bar, source=place, owner=criteria.owner, lacking=lacking))
    name = "Drift of the answers, test against recent rows"
    yield Family.of_one(
        Claim(Topic.DRIFT_OF_ANSWERS.key(), name, steady, source="production.drift_warning", owner=criteria.owner)
    )


LISTERS: tuple[Lister, ...] = (
    list_gains,
    list_requirements,
    list_segments,
    list_costs,
    list_errors,
    list_refits,
    list_windows,
    list_production,
)
"""By whom the list is made, in the order of the questions."""
