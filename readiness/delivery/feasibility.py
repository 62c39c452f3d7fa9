"""Can this data prove the stated criteria at all? Told from the target and the segment columns, without a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness import criteria as policy
from readiness.criteria import Task
from readiness.evidence import tables
from readiness.evidence.columns import columns_of
from readiness.evidence.segmentation import Segmentation, segmented
from readiness.evidence.targets import Target, find_target
from readiness.exceptions import DataError
from readiness.numbers import format_against, format_threshold
from readiness.spec import Requirement
from readiness.spec.reading import LoadedSpec
from readiness.statistics.metrics import METRICS
from readiness.statistics.power import TYPICAL_LEVEL, least_provable, minimum_rows
from readiness.statistics.queries import MINIMUM_QUERIES

DENOMINATORS = {
    "recall": 1,
    "false_negative_rate": 1,
    "specificity": 0,
    "false_positive_rate": 0,
}
"""Class code of the rows that a metric counts; all rows for accuracy."""


@dataclass(frozen=True, slots=True)
class Feasible:
    """What the data can prove of one criterion."""

    key: str
    text: str
    possible: bool | None
    """None: cannot be told without the model."""


def feasible(loaded: LoadedSpec) -> tuple[Feasible, ...]:
    """One entry for each criterion that rests on rows.

    Raises:
        DataError: the target or a segment column is not usable.
    """
    spec = loaded.spec
    query = () if spec.data.query is None else (spec.data.query,)
    wanted = (spec.data.target, *columns_of(spec.data.segments), *query)
    frame = tables.read_table(loaded.resolve(spec.data.test), wanted)
    train = None
    if spec.data.train is not None:
        train = tables.read_table(loaded.resolve(spec.data.train), (spec.data.target,))[spec.data.target]
    target = find_target(spec.data, frame[spec.data.target], train, regressor=None)
    coded = target.coded(frame[spec.data.target], f"The target {spec.data.target!r} of data.test")
    known = coded >= 0 if target.task.has_classes else np.isfinite(coded)
    if not known.any():
        raise DataError(f"No row of data.test has a value in {spec.data.target!r}.", remedy="Give labelled rows.")
    frame, coded = frame.loc[known].reset_index(drop=True), coded[known]
    cuts = [segmented(frame, entry) for entry in spec.data.segments]
    return (
        _rows(loaded, target, coded),
        *(_queries(coded, frame[name]) for name in query),
        *_requirements(loaded, target, coded),
        *_segments(loaded, target, coded, cuts),
    )


def provable(loaded: LoadedSpec) -> tuple[str, ...]:
    """The same as lines for people: "possible", "not possible" or "open", then what and why."""
    words = {True: "possible", False: "NOT POSSIBLE", None: "open"}
    return tuple(f"{words[entry.possible]:<13}{entry.key}: {entry.text}" for entry in feasible(loaded))


def _rows(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Feasible:
    if not target.task.has_classes:
        return Feasible("data.test", f"{len(coded):,} rows with a target", None)
    counts = np.bincount(coded.astype(np.int64), minlength=len(target.classes))
    listed = ", ".join(
        f"{count:,} {loaded.spec.data.target} = {text}" for count, text in zip(counts, target.texts, strict=True)
    )
    missing = [text for count, text in zip(counts, target.texts, strict=True) if not count]
    return Feasible("data.test", f"{len(coded):,} rows: {listed}", False if missing else None)


def _queries(coded: NDArray[np.float64], queries: pd.Series[Any]) -> Feasible:
    """Only queries with a relevant row say whether an order is right."""
    ordered = int(queries[coded > 0].nunique())
    text = f"{queries.nunique():,} queries, of which {ordered:,} have a relevant row; {MINIMUM_QUERIES} are needed"
    return Feasible("data.query", text, False if ordered < MINIMUM_QUERIES else None)


def _requirements(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Iterator[Feasible]:
    if not loaded.spec.business.requirements:
        yield Feasible("business.requirements", "none is stated, so question 2 cannot be a yes", False)
    for k, requirement in enumerate(loaded.spec.business.requirements, 1):
        yield _requirement(k, requirement, loaded, target, coded)


def _requirement(
    k: int, requirement: Requirement, loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]
) -> Feasible:
    key, metric = f"business.requirements, number {k}", loaded.spec.metric(requirement.metric)
    words = f"{metric.title} {requirement.op} {format_threshold(requirement.limit)}"
    n, noun = _denominator(requirement.metric, loaded, target, coded)
    if n is None or requirement.lift_over or requirement.gain_over:
        return Feasible(key, f"{words} depends on the model's predictions", None)
    share = requirement.limit if requirement.op in (">=", ">") else 1 - requirement.limit
    if not 0 < share < 1:
        return Feasible(
            key, f"{words}: a share cannot be proven to be {'all' if share >= 1 else 'at least nothing'}", share <= 0
        )
    alpha = loaded.spec.alpha
    best = least_provable(n, alpha) if n else 0.0
    limit = best if requirement.op in (">=", ">") else 1 - best
    fewest = int(np.ceil(np.log(alpha) / np.log(share) - 1e-9))
    today = f"provable today: {format_against(limit, requirement.limit, digits=3)}"
    text = f"{n:,} {noun}: {words} needs {fewest:,} without a miss; {today}"
    return Feasible(key, text, n >= fewest)


def _denominator(metric: str, loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> tuple[int | None, str]:
    if metric == "accuracy":
        return len(coded), "rows"
    if target.task is not Task.BINARY or metric not in DENOMINATORS:
        return None, ""
    code = DENOMINATORS[metric]
    return int((coded == code).sum()), f"rows with {loaded.spec.data.target} = {target.texts[code]}"


def _segments(
    loaded: LoadedSpec, target: Target, coded: NDArray[np.float64], cuts: list[Segmentation]
) -> Iterator[Feasible]:
    if not cuts:
        yield Feasible("data.segments", "no segment column is named, so question 3 cannot be a yes", False)
    for metric in loaded.spec.segments.metrics or policy.SEGMENT_METRICS[target.task]:
        if metric in ("accuracy", *DENOMINATORS) and (metric == "accuracy" or target.task is Task.BINARY):
            yield from (_cut(loaded, metric, coded, cut) for cut in cuts)


def _cut(loaded: LoadedSpec, metric: str, coded: NDArray[np.float64], cut: Segmentation) -> Feasible:
    """Whether enough rows lie in segments of a size that could be assessed at a typical level of the metric."""
    criteria, alpha = loaded.spec.segments, loaded.spec.alpha
    counted = np.ones(len(coded), dtype=bool) if metric == "accuracy" else coded == DENOMINATORS[metric]
    needed = (
        minimum_rows(TYPICAL_LEVEL, criteria.limit, alpha=loaded.spec.alpha, power=criteria.power) or len(coded) + 1
    )
    rows = np.bincount(cut.codes[counted], minlength=len(cut.labels))
    large = rows >= needed
    covered = float(cut.counts[large].sum() / cut.counts.sum())
    small = [f"{cut.text(code)} ({rows[code]:,})" for code in np.flatnonzero(~large).tolist()]
    listed = f"; too small: {', '.join(small[:4])}" + (f" and {len(small) - 4} more" if len(small) > 4 else "")
    text = f"{METRICS[metric].title} needs about {needed:,} rows of its own denominator in each segment; "
    text += f"segments that have them hold {covered:.0%} of the rows" + (listed if small else "")
    if covered >= criteria.coverage and all(large[code] for code in cut.critical):
        return Feasible(f"data.segments, {cut.name}", text, possible=True)
    fewest = minimum_rows(1.0, criteria.limit, alpha=alpha, power=criteria.power) or len(coded) + 1
    enough = rows >= fewest  # even a model without an error needs so many
    hopeless = cut.counts[enough].sum() < criteria.coverage * cut.counts.sum() or any(
        not enough[c] for c in cut.critical
    )
    return Feasible(f"data.segments, {cut.name}", text, False if hopeless else None)
