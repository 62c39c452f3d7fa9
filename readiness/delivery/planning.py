"""How many rows does each criterion of a spec need? Told before anybody trains a model or gathers data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from readiness import criteria as policy
from readiness.delivery.assumptions import Assumptions, baseline_key, read_assumptions
from readiness.delivery.planned_gains import Gain, gain_rows
from readiness.delivery.planned_limits import latency_calls, planned_production, planned_stability
from readiness.delivery.planned_parts import NOT_POSSIBLE, RULED_OUT, Planned, countable, planned, unplanned
from readiness.delivery.planned_rows import Aim, rows_of
from readiness.delivery.planned_savings import planned_costs
from readiness.delivery.planned_segments import planned_segments, planned_windows
from readiness.exceptions import InputError
from readiness.hints import shown
from readiness.numbers import format_count, format_level, format_share, format_threshold
from readiness.required import required_margin
from readiness.spec import Requirement, Spec
from readiness.spec.checks import GUESSES
from readiness.statistics.power import POWER

ADVISED = 0.95
"""Six questions with 80 % each are met together in one of four cases, with 95 % in three of four."""
_WIDTH = 12
_GUESS_NAMES = {
    "uniform": "a random guess",
    "majority": "always the largest class",
    "stratified": "a random guess in proportion to the classes",
    "minority": "always the smaller class",
    "mean": "always the mean",
    "median": "always the median",
    "random": "a random order",
}


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
    """What each criterion of the spec needs, in the order of the questions."""
    parts = {
        "baseline": _baselines,
        "business.requirements": _requirements,
        "data.segments": planned_segments,
        "errors.costs": planned_costs,
        "stability": planned_stability,
        "stability.windows": planned_windows,
        "production": planned_production,
    }
    with np.errstate(all="ignore"):  # what leaves the numbers is said in words
        return tuple(entry for key, entries in parts.items() for entry in countable(key, entries(a, power)))


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


def _baselines(a: Assumptions, power: float) -> Iterator[Planned]:
    spec, metric = a.spec, a.spec.primary_metric(a.task)
    given = spec.baseline
    named = {guess: _GUESS_NAMES[guess] for guess in GUESSES[a.task]}
    named |= {f"rule-{k}": f"the rule {shown(rule.name)}" for k, rule in enumerate(given.rules, 1)}
    named |= {"current": shown(given.current.name)} if given.current is not None else {}
    named |= {"human": "people"} if given.human is not None else {}
    for key, name in named.items():
        own = spec.metric(given.human.metric) if key == "human" and given.human is not None else metric
        margin = required_margin(own, given, key)
        wanted = f"better than {name} by more than {margin.words}"
        if margin.test == "non_inferiority":
            wanted = f"not worse than {name} by more than {margin.words}"
        found = gain_rows(a, Gain(own, key, margin.factor, margin.criterion.threshold), spec.alpha, power)
        yield planned(f"baseline, {key}", f"{own.title} {wanted}", found.needed, found.assumed)


def _requirements(a: Assumptions, power: float) -> Iterator[Planned]:
    if not a.spec.business.requirements:
        yield unplanned("business.requirements", "none is stated, so question 2 cannot be a yes", RULED_OUT)
    for k, requirement in enumerate(a.spec.business.requirements, 1):
        yield _requirement(a, f"business.requirements, number {k}", requirement, power)


def _requirement(a: Assumptions, key: str, wanted: Requirement, power: float) -> Planned:
    metric, spec = a.spec.metric(wanted.metric), a.spec
    words = f"{shown(wanted.says)}: {metric.title} {wanted.op} {format_threshold(wanted.limit)} {metric.unit}".rstrip()
    if metric.needs == "measurement":
        return latency_calls(a, key, words, metric.name, power)
    if wanted.lift_over or wanted.gain_over:
        return _relative(a, key, words, wanted, power)
    truth = a.against(metric, wanted.op, wanted.limit)
    aim = Aim(truth.value, wanted.limit, spec.alpha, power)
    needed = rows_of(a, metric, aim, wants_more=wanted.op in (">=", ">"))
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
