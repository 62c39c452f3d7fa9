"""Can this data prove the stated criteria at all? Told from the target and the segment columns, without a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness import criteria as policy
from readiness.criteria import Task
from readiness.delivery import planned_parts as parts
from readiness.delivery.assumptions import Assumptions
from readiness.delivery.planned_segments import planned_windows
from readiness.evidence import tables
from readiness.evidence.columns import columns_of
from readiness.evidence.segmentation import Segmentation, segmented
from readiness.evidence.targets import Target, find_target
from readiness.evidence.usable_rows import amounts, usable
from readiness.numbers import format_against, format_threshold
from readiness.spec import CostColumn, Requirement
from readiness.spec.reading import LoadedSpec
from readiness.statistics.metrics import METRICS
from readiness.statistics.power import POWER, TYPICAL_LEVEL, least_provable, minimum_rows
from readiness.statistics.queries import MINIMUM_QUERIES

DENOMINATORS = {
    "recall": 1,
    "false_negative_rate": 1,
    "specificity": 0,
    "false_positive_rate": 0,
}
"""Class code of the rows that a metric counts; all rows for accuracy."""


SLIPS = {
    "recall": ("miss", "hit"),
    "false_negative_rate": ("hit", "miss"),
    "specificity": ("false alarm", "row left alone"),
    "false_positive_rate": ("row left alone", "false alarm"),
    "accuracy": ("wrong answer", "right answer"),
}
"""What must not happen once where a share is to be large, and where it is to be small."""


class Chance(StrEnum):
    """What the data can prove of a criterion, the worst first; the words are those of the terminal."""

    NOT_POSSIBLE = parts.NOT_POSSIBLE
    UNLIKELY = "UNLIKELY"
    """By a rule of thumb, where only the model could tell."""
    OPEN = "open"
    """Depends on the model, or on the machine."""
    POSSIBLE = "possible"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class Feasible:
    """What the data can prove of one criterion."""

    key: str
    text: str
    chance: Chance


def feasible(loaded: LoadedSpec) -> tuple[Feasible, ...]:
    """One entry for each criterion that rests on rows.

    Raises:
        DataError: the target or a segment column is not usable.
    """
    data = loaded.spec.data
    test = _table(loaded, "test", data.test)
    train = None if data.train is None else _table(loaded, "train", data.train)
    target = find_target(data, test[data.target], None if train is None else train[data.target], regressor=None)
    rows = usable(loaded, "test", test, target)
    # bins are cut at the quantiles of the training rows, as in the review
    reference = None if train is None else usable(loaded, "train", train, target).frame
    cuts = [segmented(rows.frame, entry, reference) for entry in data.segments]
    for key, cost in _cost_columns(loaded).items():
        amounts(rows.frame[cost], f"errors.costs.{key}")
    return (
        _rows(loaded, target, rows.target),
        *_names(data.id, {"test": test, **({} if train is None else {"train": train})}),
        *(() if data.query is None else (_queries(rows.target, rows.frame[data.query]),)),
        *_requirements(loaded, target, rows.target),
        *_segments(loaded, target, rows.target, cuts),
        *_windows(loaded, target, rows.target),
    )


def _table(loaded: LoadedSpec, key: str, given: str) -> pd.DataFrame:
    """The columns of a table that say what it can prove; training rows may lack all but the target."""
    data, path = loaded.spec.data, loaded.resolve(given)
    wanted = (data.target, data.weight, data.group, data.query, data.id, *columns_of(data.segments))
    if key == "test":
        wanted = (*wanted, *_cost_columns(loaded).values())
    there = {data.target, *tables.header(path).columns} if key == "train" else set(wanted)
    return tables.read_table(path, list(dict.fromkeys(name for name in wanted if name is not None and name in there)))


def _cost_columns(loaded: LoadedSpec) -> dict[str, str]:
    """Columns that hold what an error costs in each row, by their key."""
    given = {key: getattr(loaded.spec.errors.costs, key, None) for key in ("false_positive", "false_negative")}
    return {key: cost.column for key, cost in given.items() if isinstance(cost, CostColumn)}


def _names(name: str | None, found: dict[str, pd.DataFrame]) -> Iterator[Feasible]:
    """Names of rows that do not tell rows apart, or that are in the training table, too."""
    ids = {key: frame[name].map(str) for key, frame in found.items() if name in frame}
    for key, values in ids.items():
        again = int(values.duplicated().sum())
        if again:
            text = f"{again:,} of the {len(values):,} rows of data.{key} repeat the name of an earlier row"
            yield Feasible("data.id", f"{text}; if they are one case, name it in data.group", Chance.FACT)
    both = int(ids["test"].isin(set(ids["train"])).sum()) if len(ids) == 2 else 0
    if both:
        text = f"{both:,} rows of data.test have the name of a row of data.train; the model may have seen them"
        yield Feasible("data.id", text, Chance.FACT)


def provable(entries: tuple[Feasible, ...]) -> tuple[str, ...]:
    """The same as lines for people, problems first: a word, then what and why."""
    ordered = sorted(entries, key=lambda entry: list(Chance).index(entry.chance))
    return tuple(f"{entry.chance:<14}{entry.key}: {entry.text}" for entry in ordered)


def _rows(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Feasible:
    if not target.task.has_classes:
        return Feasible("data.test", f"{len(coded):,} rows with a target", Chance.FACT)
    counts = np.bincount(coded.astype(np.int64), minlength=len(target.classes))
    listed = ", ".join(
        f"{count:,} {loaded.spec.data.target} = {text}" for count, text in zip(counts, target.texts, strict=True)
    )
    missing = [text for count, text in zip(counts, target.texts, strict=True) if not count]
    return Feasible("data.test", f"{len(coded):,} rows: {listed}", Chance.NOT_POSSIBLE if missing else Chance.FACT)


def _queries(coded: NDArray[np.float64], queries: pd.Series[Any]) -> Feasible:
    """Only queries with a relevant row say whether an order is right."""
    ordered = int(queries[coded > 0].nunique())
    text = f"{queries.nunique():,} queries, of which {ordered:,} have a relevant row; {MINIMUM_QUERIES} are needed"
    return Feasible("data.query", text, Chance.NOT_POSSIBLE if ordered < MINIMUM_QUERIES else Chance.FACT)


def _requirements(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Iterator[Feasible]:
    if not loaded.spec.business.requirements:
        yield Feasible("business.requirements", "none is stated, so question 2 cannot be a yes", Chance.NOT_POSSIBLE)
    for k, requirement in enumerate(loaded.spec.business.requirements, 1):
        yield _requirement(k, requirement, loaded, target, coded)


def _requirement(
    k: int, requirement: Requirement, loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]
) -> Feasible:
    key, metric = f"business.requirements, number {k}", loaded.spec.metric(requirement.metric)
    words = f"{metric.title} {requirement.op} {format_threshold(requirement.limit)}"
    n, noun = _denominator(requirement.metric, loaded, target, coded)
    if metric.needs == "measurement":
        where = "the machine on which it is measured" if metric.name != "size_mb" else "the model file"
        return Feasible(key, f"{words} depends on {where}", Chance.OPEN)
    if n is None or requirement.lift_over or requirement.gain_over:
        return Feasible(key, f"{words} depends on the model's predictions", Chance.OPEN)
    wants_more = requirement.op in (">=", ">")
    share = requirement.limit if wants_more else 1 - requirement.limit
    if not 0 < share < 1:
        chance = Chance.POSSIBLE if share <= 0 else Chance.NOT_POSSIBLE
        end = "all" if share >= 1 else "at least nothing"
        return Feasible(key, f"{words}: a share cannot be proven to be {end}", chance)
    alpha = loaded.spec.alpha
    best = least_provable(n, alpha) if n else 0.0
    limit = format_against(best if wants_more else 1 - best, requirement.limit, digits=3)
    fewest = int(np.ceil(np.log(alpha) / np.log(share) - 1e-9))
    slip = SLIPS[metric.name][0 if wants_more else 1]
    reach = f"{metric.title} of at {'least' if wants_more else 'most'} {limit} could be proven"
    text = f"{words} needs {fewest:,} {noun} without a {slip}; with the {n:,} here and no {slip}, {reach}"
    return Feasible(key, text, Chance.POSSIBLE if n >= fewest else Chance.NOT_POSSIBLE)


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
        yield Feasible(
            "data.segments", "no segment column is named, so question 3 cannot be a yes", Chance.NOT_POSSIBLE
        )
    for metric in loaded.spec.segments.metrics or policy.SEGMENT_METRICS[target.task]:
        if metric in ("accuracy", *DENOMINATORS) and (metric == "accuracy" or target.task is Task.BINARY):
            yield from (_cut(loaded, target, metric, coded, cut) for cut in cuts)


def _cut(loaded: LoadedSpec, target: Target, metric: str, coded: NDArray[np.float64], cut: Segmentation) -> Feasible:
    """Whether enough rows lie in segments of a size that could be assessed at a typical level of the metric."""
    criteria = loaded.spec.segments
    counted = np.ones(len(coded), dtype=bool) if metric == "accuracy" else coded == DENOMINATORS[metric]
    needed = (
        minimum_rows(TYPICAL_LEVEL, criteria.limit, alpha=loaded.spec.alpha, power=criteria.power) or len(coded) + 1
    )
    rows = np.bincount(cut.codes[counted], minlength=len(cut.labels))
    large = rows >= needed
    covered = float(cut.counts[large].sum() / cut.counts.sum())
    small = [f"{cut.text(code)} ({rows[code]:,})" for code in np.flatnonzero(~large).tolist()]
    listed = f"; too few: {', '.join(small[:4])}" + (f" and {len(small) - 4} more" if len(small) > 4 else "")
    noun = "rows" if metric == "accuracy" else _denominator(metric, loaded, target, coded)[1]
    text = f"for {METRICS[metric].title} each segment needs about {needed:,} {noun}; the segments with enough hold "
    text += f"{_percent(covered)} of the rows" + (listed if small else "")
    enough = covered >= criteria.coverage and all(large[code] for code in cut.critical)
    # Never NOT POSSIBLE: how many rows are enough depends on the level that the model will have.
    return Feasible(f"data.segments, {cut.name}", text, Chance.POSSIBLE if enough else Chance.UNLIKELY)


def _percent(share: float) -> str:
    """In whole percent; all and nothing are said of nothing less."""
    return f"{min(max(round(100 * share), 1), 99) if 0 < share < 1 else round(100 * share)} %"


def _windows(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Iterator[Feasible]:
    """By the rule of plan and review, at the level that a plan would assume."""
    spec = loaded.spec
    share = float((coded == 1).mean()) if target.task is Task.BINARY else 0.0
    stated = {"prevalence": share} if 0 < share < 1 else {}
    windows = planned_windows(Assumptions(spec, target.task, stated), POWER)
    for entry in parts.countable("stability.windows", windows):
        there = f"there are {len(coded):,} here"
        if entry.rows is None:
            yield Feasible(entry.key, f"{entry.text}: {entry.own or 'depends on the model'}; {there}", Chance.OPEN)
            continue
        text = f"{entry.text} needs about {entry.rows:,} rows; {there}"
        few = len(coded) < entry.rows
        way = "; with fewer, question 5 cannot be a yes: give more rows, or leave out data.time" if few else ""
        yield Feasible(entry.key, text + way, Chance.UNLIKELY if few else Chance.POSSIBLE)
