"""The rows that each criterion of a spec needs, told before anybody trains a model or gathers data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from readiness.core import policy
from readiness.core.checklist import NO_LIMIT
from readiness.core.claims import Family
from readiness.core.errors import InputError
from readiness.core.findings import Claim
from readiness.core.format import format_count, format_level, format_share, format_threshold
from readiness.core.keys import Topic
from readiness.core.metrics import QUANTILES, RESPONSE_QUANTILES, Metric
from readiness.core.policy import Task
from readiness.core.sanitize import shown
from readiness.planning.assumptions import (
    CORRELATION,
    STATED,
    Assumed,
    Assumptions,
    baseline_key,
    candidate_table,
    level_of,
    read_assumptions,
    row_spread,
)
from readiness.planning.limits import (
    latency_calls,
    size_churn,
    size_constant,
    size_cost,
    size_drift,
    size_half_width,
    size_latency,
    size_pair,
    size_savings,
)
from readiness.planning.rows_needed import (
    NOT_POSSIBLE,
    RULED_OUT,
    Planned,
    ProofTarget,
    RowsNeeded,
    by_normal_formula,
    countable,
    planned,
    rows_of,
    size_segments,
    size_windows,
    unplanned,
)
from readiness.spec.checks import GUESSES
from readiness.spec.schema import Requirement, Spec
from readiness.statistics.inference import normal_quantile
from readiness.statistics.labels import BINARY_LABEL_METRICS, label_influence, label_metric_values
from readiness.statistics.sample_size import POWER, contrast_rows, quantiles
from readiness.verdict.claims import TOPICS, alternatives, claims_of, compared_metric
from readiness.verdict.margins import required_margin

# ----------------------------------------------------------------------------------------------------
# Rows that prove a gain over another method, if both truly have the assumed values


@dataclass(frozen=True, slots=True)
class Gain:
    """The contrast s · (m - factor · b) > bar with s = +1 where more is better, else -1."""

    metric: Metric
    key: str
    """Key of the other method: "rule-1", "current", "human", "majority"."""
    factor: float
    bar: float

    @property
    def sign(self) -> float:
        """+1 where more of the metric is better."""
        return 1.0 if self.metric.greater_is_better else -1.0


@dataclass(frozen=True, slots=True)
class PlannedGain:
    """What a gain needs, or why nobody can tell; with what was assumed."""

    needed: RowsNeeded | str
    assumed: tuple[str, ...] = ()


def gain_rows(a: Assumptions, gain: Gain, alpha: float, power: float) -> PlannedGain:
    """Rows that prove a gain, by the normal formula for the paired contrast of row influences."""
    metric, name = gain.metric, gain.metric.name
    mine, theirs = level_of(a, name), rival_level(a, metric, gain.key)
    lacking = [
        f"--assume {word}=…"
        for word, known in ((name, mine), (_rival_word(a, gain), theirs))
        if known is None
    ]  # fmt: skip
    if mine is None or theirs is None:
        return PlannedGain(f"open: state {' and '.join(dict.fromkeys(lacking))}")
    assumed = (mine.words(metric.label, metric.unit), theirs.words("the other's", metric.unit))
    distance = gain.sign * (mine.value - gain.factor * theirs.value) - gain.bar
    if distance <= 0:
        return PlannedGain("cannot be proven: the assumed values do not hold such a gain", assumed)
    if gain.key == "human":
        return PlannedGain(_over_people(a, gain, mine, distance, alpha, power), assumed)
    spread, note = _paired_spread(a, gain, mine.value, theirs.value)
    if spread is None:
        return PlannedGain(f"cannot be planned: {note}", assumed)
    rows = contrast_rows(distance, spread, alpha=alpha, power=power)
    return PlannedGain(by_normal_formula(a, rows), (*assumed, *([note] if note else [])))


def _rival_word(a: Assumptions, gain: Gain) -> str:
    needs_share = gain.key in GUESSES[Task.BINARY] and a.task is Task.BINARY and a.prevalence is None
    return "prevalence" if needs_share else f"{gain.key}.{gain.metric.name}"


def rival_level(a: Assumptions, metric: Metric, key: str) -> Assumed | None:
    """The other method's value: stated as KEY.METRIC, the human figure, or the exact expectation of a guess."""
    if f"{key}.{metric.name}" in a.stated:
        return Assumed(a.stated[f"{key}.{metric.name}"], STATED)
    human = a.spec.baseline.human
    if key == "human" and human is not None and human.metric == metric.name:
        return Assumed(human.value, "baseline.human")
    positive = guess_probability(a, key)
    if metric.name == "roc_auc" and key in GUESSES[Task.BINARY]:
        return Assumed(0.5, "any guess")
    if metric.name == "accuracy" and key == "uniform" and a.task is Task.MULTICLASS and a.spec.data.classes:
        return Assumed(1 / len(a.spec.data.classes), "one class in so many")
    if positive is None or a.prevalence is None:
        return None
    if metric.name == "average_precision":
        return Assumed(a.prevalence.value, "the share of positives")
    if metric.name not in BINARY_LABEL_METRICS:
        return None
    table = _guess_table(a.prevalence.value, positive)
    value = float(np.nan_to_num(label_metric_values(metric.name, table, binary=True)))
    return Assumed(value, "exact expectation of guessing")


def guess_probability(a: Assumptions, key: str) -> float | None:
    """With which probability a trivial baseline says "positive"; None for other methods and other tasks."""
    if a.task is not Task.BINARY or a.prevalence is None:
        return None
    share = a.prevalence.value
    guesses = {"uniform": 0.5, "majority": float(share > 0.5), "minority": float(share <= 0.5), "stratified": share}
    return guesses.get(key)


def _guess_table(share: float, positive: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.outer([1 - share, share], [1 - positive, positive])


def _paired_spread(a: Assumptions, gain: Gain, mine: float, theirs: float) -> tuple[float | None, str]:
    """Standard deviation of a row's part in the contrast, and the assumption about pairing; None with the reason."""
    metric = gain.metric
    own = row_spread(a, metric, mine)
    if own is None:
        return None, f"nobody knows how {metric.title} would spread from row to row"
    positive = guess_probability(a, gain.key)
    if gain.key in GUESSES[a.task] and a.task is Task.BINARY and metric.name in BINARY_LABEL_METRICS:
        spread = None if positive is None else _against_guess(a, gain, mine, positive)
        return spread, "" if spread is not None else "the share of positives is not known"
    if metric.needs == "scores" and gain.key in GUESSES[Task.BINARY]:
        return own, ""
    other = row_spread(a, metric, theirs)
    if other is None:
        return None, f"nobody knows how {metric.title} of the other method would spread from row to row"
    alike = a.number("correlation", CORRELATION, "a default; --assume correlation=…")
    joint = own**2 + (gain.factor * other) ** 2 - 2 * alike.value * own * gain.factor * other
    return math.sqrt(max(0.0, joint)), alike.words("errors of both correlate by")


def _against_guess(a: Assumptions, gain: Gain, mine: float, positive: float) -> float | None:
    """Exact: a guess's influence depends on nothing but the true class."""
    name, table = gain.metric.name, candidate_table(a, gain.metric.name, mine)
    if table is None or a.prevalence is None:
        return None
    guessed = _guess_table(a.prevalence.value, positive)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.nan_to_num(label_influence(name, guessed, binary=True)) @ np.array([1 - positive, positive])
    contrast = label_influence(name, table, binary=True) - gain.factor * pull[:, None]
    mean = float((table * contrast).sum())
    return math.sqrt(max(0.0, float((table * contrast**2).sum()) - mean**2))


def _over_people(
    a: Assumptions, gain: Gain, mine: Assumed, distance: float, alpha: float, power: float
) -> RowsNeeded | str:
    """Unpaired: the human figure's own chance error stays, however many rows the candidate is tested on."""
    human, spread = a.spec.baseline.human, row_spread(a, gain.metric, mine.value)
    if human is None or human.n is None or not 0 <= human.value <= 1:
        return "cannot be proven: state baseline.human.n, the number of cases of the human study"
    if spread is None:
        return f"cannot be planned: nobody knows how {gain.metric.title} would spread from row to row"
    theirs = gain.factor**2 * human.value * (1 - human.value) / human.n
    left = (distance / quantiles(alpha, power)) ** 2 - theirs
    if left <= 0:
        reach = normal_quantile(alpha) * math.sqrt(theirs)
        return f"cannot be planned: {human.n:,} human cases alone leave a chance error of {reach:.2g}, too much for it"
    rows = contrast_rows(math.sqrt(left) * quantiles(alpha, power), spread, alpha=alpha, power=power)
    return by_normal_formula(a, rows)


# ----------------------------------------------------------------------------------------------------

ADVISED = 0.95
"""Six questions with 80 % each are met together in one of four cases, with 95 % in three of four."""
_WIDTH = 12


def plan(spec: Spec, assume: Iterable[str] = (), *, power: float = POWER) -> tuple[str, ...]:
    """Lines for people: for each criterion the rows that prove it with chance `power`, and what that assumes.

    Nothing but the spec is read: neither tables nor a model need exist.

    Raises:
        InputError: an assumption that cannot be used, or a power outside of 0.5 to below 1.
    """
    if not 0.5 <= power < 1:
        raise InputError(f"Found {power:g} for --power; expected a chance from 0.5 to below 1, such as 0.95.")
    a = read_assumptions(spec, assume)
    entries = criteria_of(a, power)
    body = [line for entry in entries for line in _lines(entry)]
    return (*_head(a, power), "", *body, "", *_sums(entries, power))


def criteria_of(a: Assumptions, power: float) -> tuple[Planned, ...]:
    """What each claim that the spec demands needs, in the order of the list; those that need no rows are left out."""
    with np.errstate(all="ignore"):  # what leaves the numbers is said in words
        return tuple(_size_all(a, power))


def _size_all(a: Assumptions, power: float) -> Iterator[Planned]:
    for entry in claims_of(a.spec, a.task).entries:
        if isinstance(entry, Family):
            if entry.kind is Topic.DRIFT:
                yield from countable("production.drift_limit", size_drift(a, power))
        elif entry.key.kind not in WITHOUT_ROWS:
            yield from countable(entry.source, SIZERS.get(entry.key.kind, _size_unknown)(a, entry, power))


def _size_unknown(_a: Assumptions, claim: Claim, _power: float) -> Iterator[Planned]:
    yield unplanned(claim.source, shown(claim.name), "cannot be planned: only a review tells what it needs")


def _head(a: Assumptions, power: float) -> Iterator[str]:
    spec = a.spec
    chance, confidence = format_level(power), format_level(spec.confidence)
    yield f"Rows that prove each criterion with a chance of {chance}, at {confidence} confidence. Task: {a.task.value}."
    yield "Every row is taken as independent; groups and an order in time need more."
    if a.prevalence is not None:
        yield f"Share of positives: {format_share(a.prevalence.value)} ({a.prevalence.source})."
    elif a.task is policy.Task.BINARY:
        yield "The share of positives is not known: state about.production_prevalence or --assume prevalence=…"
    if spec.evidence == "point":
        yield "This spec compares measured values as they are (evidence: point); the plan is for evidence: interval."


def _size_gain(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    method = claim.key.part("method")
    metric = compared_metric(a.spec, a.task, method)
    margin = required_margin(metric, a.spec.baseline, method)
    name = shown(alternatives(a.spec, a.task)[method])
    is_rule = method not in GUESSES[a.task] and method not in ("current", "human")
    name = f"the rule {name}" if is_rule else name
    wanted = f"better than {name} by more than {margin.words}"
    if margin.test == "non_inferiority":
        wanted = f"not worse than {name} by more than {margin.words}"
    found = gain_rows(a, Gain(metric, method, margin.factor, margin.criterion.threshold), a.spec.alpha, power)
    yield planned(claim.source, f"{metric.title} {wanted}", found.needed, found.assumed)


def _rule_out(_a: Assumptions, claim: Claim, _power: float) -> Iterator[Planned]:
    assert claim.key.question is not None
    noun = "none is named" if claim.key.kind is Topic.NO_SEGMENTS else "none is stated"
    text = f"{noun}, so question {claim.key.question.number} cannot be a yes"
    yield unplanned(claim.source, text, RULED_OUT)


def _size_requirement(a: Assumptions, claim: Claim, power: float) -> Iterator[Planned]:
    wanted = a.spec.business.requirements[claim.key.number("requirement") - 1]
    yield _requirement(a, claim.source, wanted, power)


def _requirement(a: Assumptions, key: str, wanted: Requirement, power: float) -> Planned:
    metric, spec = a.spec.metric(wanted.metric), a.spec
    words = f"{shown(wanted.says)}: {metric.title} {wanted.op} {format_threshold(wanted.limit)} {metric.unit}".rstrip()
    if metric.needs == "measurement":
        return latency_calls(a, key, words, metric.name, power)
    if wanted.lift_over or wanted.gain_over:
        return _relative(a, key, words, wanted, power)
    truth = a.against(metric, wanted.op, wanted.limit)
    target = ProofTarget(truth.value, wanted.limit, spec.alpha, power)
    needed = rows_of(a, metric, target, wants_more=wanted.op in (">=", ">"))
    return planned(key, words, needed, (truth.words(metric.label, metric.unit),))


def _relative(a: Assumptions, key: str, words: str, wanted: Requirement, power: float) -> Planned:
    """The same contrast as in question 1, with the requirement's own share or gain."""
    metric, name = a.spec.metric(wanted.metric), wanted.lift_over or wanted.gain_over or ""
    share = wanted.limit if wanted.lift_over else 0.0
    factor = 1 + share if metric.greater_is_better else 1 - share
    bar = 0.0 if wanted.lift_over else wanted.limit
    found = gain_rows(a, Gain(metric, baseline_key(a.spec, name) or name, factor, bar), a.spec.alpha, power)
    how = "as a share of it" if wanted.lift_over else "in points"
    return planned(key, f"{words} better than {shown(name)}, {how}", found.needed, found.assumed)


def _lines(entry: Planned) -> Iterator[str]:
    count = NOT_POSSIBLE if entry.is_hopeless else "open" if entry.rows is None else format_count(entry.rows)
    yield f"{count:>{_WIDTH}}  {entry.key}: {entry.text}"
    detail = "; ".join(part for part in (entry.own, *entry.assumed) if part and part != RULED_OUT)
    if detail:
        yield f"{'':{_WIDTH}}  {detail}"


def _sums(entries: tuple[Planned, ...], power: float) -> Iterator[str]:
    """What all need together, which asks for most, and the chance that all are met."""
    counted = sum(entry.rows is not None for entry in entries)
    hopeless = sum(entry.is_hopeless for entry in entries)
    still_open = len(entries) - counted - hopeless
    together = "All criteria together" if counted == len(entries) else "All criteria that have a number"
    for kind in dict.fromkeys(entry.kind for entry in entries if entry.rows is not None):
        most = max((e for e in entries if e.kind == kind and e.rows is not None), key=lambda e: e.rows or 0)
        yield f"{together} need {format_count(most.rows or 0)} {kind}; {most.key} asks for most."
    if still_open:
        yield f"{still_open} of {len(entries)} criteria are open: what they need in total cannot be told yet."
    if hopeless:
        yield f"{hopeless} of {len(entries)} criteria cannot be proven by any number of rows; see why above."
    yield (
        f"If each is proven with {format_level(power)} chance, all six questions succeed in only "
        f"{format_share(power**6)} of cases."
    )
    if power < ADVISED:
        better = format_share(ADVISED**6)
        yield f"Plan for {format_level(ADVISED)} each, with --power {ADVISED}: all six then succeed in {better}."


# ----------------------------------------------------------------------------------------------------

Sizer = Callable[[Assumptions, Claim, float], Iterator[Planned]]
SIZERS: Mapping[Topic, Sizer] = {
    Topic.LIFT: _size_gain,
    Topic.NO_REQUIREMENTS: _rule_out,
    Topic.REQUIREMENT: _size_requirement,
    Topic.NO_SEGMENTS: _rule_out,
    Topic.SEGMENT_COVERAGE: size_segments,
    Topic.SAVINGS: size_savings,
    Topic.SAVINGS_CONSTANT: size_constant,
    Topic.COST: size_cost,
    Topic.CHURN: size_churn,
    Topic.HALF_WIDTH: size_half_width,
    Topic.WINDOW: size_windows,
    Topic.MONOTONIC: size_pair,
    Topic.INVARIANT: size_pair,
    **{TOPICS[name]: size_latency for name in (*QUANTILES, *RESPONSE_QUANTILES)},
}
"""What a claim of each topic needs; of the others only a review tells."""
WITHOUT_ROWS = frozenset(
    {
        Topic.PROBE,
        Topic.BOX,
        Topic.SIZE,
        Topic.MEMORY,
        Topic.MEMORY_GROWTH,
        Topic.THROUGHPUT,
        Topic.LOAD_ERRORS,
        Topic.CRITICAL_SEGMENTS,
        *NO_LIMIT,
    }
)
"""What no number of rows settles; critical segments are sized with all segments."""
