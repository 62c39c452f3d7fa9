"""The columns of each table that a review needs; nothing else is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from readiness.evidence.tables import TableHeader
from readiness.spec.load import LoadedSpec
from readiness.spec.rules import parse_rule
from readiness.spec.schema import CostColumn, PredictionColumns, SegmentColumn, SegmentEntry, Spec
from readiness.spec.supplied_checks import supplied_columns

MOST_SPARE = 20
SPARE_WIDTH, SPARE_ROWS, SPARE_BYTES = 200, 2_000_000, 500_000_000
"""Columns, rows and bytes of a test table from which on no column is read that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Needed:
    """Columns of one table."""

    required: tuple[str, ...]
    """Must exist."""
    useful: tuple[str, ...] = ()
    """Read where they exist: segment columns of the training table."""
    spare: tuple[str, ...] = ()
    """Read where they can be: columns without a role, which may tell that rows belong together."""

    @property
    def all(self) -> tuple[str, ...]:
        """Each once, in order."""
        return tuple(dict.fromkeys((*self.required, *self.useful)))


def features_of(spec: Spec, columns: Sequence[str], named: Sequence[str]) -> tuple[str, ...]:
    """The candidate's features: those it names itself, else `data.features`, else every column without a role."""
    if named:
        return tuple(named)
    if spec.data.features is not None:
        return spec.data.features
    roles = {*_roles(spec), *supplied_columns(spec, "train")}
    return tuple(column for column in columns if column not in roles)


def _roles(spec: Spec) -> Iterable[str]:
    data = spec.data
    given = (data.target, data.id, data.time, data.group, data.weight, data.query)
    yield from (name for name in given if name is not None)
    yield from _prediction_columns(spec.model.predictions)
    if spec.baseline.current is not None:
        yield from _prediction_columns(spec.baseline.current.predictions)
    yield from (rule.column for rule in spec.baseline.rules if rule.column is not None)
    if spec.errors.interval is not None:
        yield from (spec.errors.interval.low, spec.errors.interval.high)
    yield from supplied_columns(spec, "test")


def _prediction_columns(predictions: PredictionColumns | None) -> Iterable[str]:
    if predictions is None:
        return
    if predictions.label is not None:
        yield predictions.label
    if isinstance(predictions.score, str):
        yield predictions.score
    elif predictions.score is not None:
        yield from predictions.score.values()


def needed_columns(
    loaded: LoadedSpec, features: Sequence[str], found: Mapping[str, Sequence[str]]
) -> dict[str, Needed]:
    """For each table that the spec names ("test", "train", "recent"), the columns to read."""
    spec = loaded.spec
    # without a model the features serve drift and rules only, so a missing one is no fault
    own = tuple(features) if spec.model.can_be_asked else ()
    spare = () if spec.model.can_be_asked else tuple(f for f in features if f in found["test"])
    everything = tuple(dict.fromkeys((*_test_columns(spec), *own)))
    current = _features_of_current(spec, found["test"])
    result = {"test": Needed(everything, tuple(dict.fromkeys((*spare, *current))))}
    if "train" in found:
        useful = [*own, *spare, *columns_of(spec.data.segments), *_optional_roles(spec)]
        present = [name for name in useful if name is not None and name in found["train"]]
        result["train"] = Needed((spec.data.target, *supplied_columns(spec, "train")), tuple(present))
    if "recent" in found:
        result["recent"] = Needed(tuple(name for name in (*own, *spare) if name in found["recent"]))
    return result


def keep_shared(test: Needed, recent: Needed, columns: Sequence[str]) -> Needed:
    """Of the recent rows' `columns` also those that are read of the test rows: segments, time, and truth if known."""
    others = (name for name in (*test.all, *test.spare) if name in columns and name not in recent.all)
    return replace(recent, spare=tuple(dict.fromkeys(others)))


def _optional_roles(spec: Spec) -> tuple[str | None, ...]:
    """Of the training table; by their names rows are known again in other tables."""
    return spec.data.group, spec.data.time, spec.data.weight, spec.data.query, spec.data.id


def with_spare(loaded: LoadedSpec, test: Needed, features: Sequence[str], head: TableHeader, size: int) -> Needed:
    """The columns of the test table, and some that the spec does not speak of, where reading its bytes costs little."""
    too_large = len(head.columns) > SPARE_WIDTH or size > SPARE_BYTES
    if too_large or (head.rows is not None and head.rows > SPARE_ROWS):
        return test
    unread = [name for name in unspoken(loaded.spec, head.columns, features) if name not in test.all]
    return replace(test, spare=tuple(unread[:MOST_SPARE]))


def with_same_spare(train: Needed, test: Needed, head: TableHeader, size: int) -> Needed:
    """The columns of the training table, and those spare ones of the test table that it has, too: so that what they
    name can be found on both sides.
    """
    if size > SPARE_BYTES or (head.rows is not None and head.rows > SPARE_ROWS):
        return train
    return replace(train, spare=tuple(name for name in test.spare if name in head.columns and name not in train.all))


def without_features(spec: Spec, train: Needed) -> Needed:
    """The columns of the training table for questions that look at no feature of it: target, segments and roles."""
    kept = {*columns_of(spec.data.segments), *_optional_roles(spec)}
    return replace(train, useful=tuple(name for name in train.useful if name in kept))


def unspoken(spec: Spec, columns: Sequence[str], features: Sequence[str]) -> tuple[str, ...]:
    """Columns that the spec gives no role but that of a name or of being shown, and that the model is not given."""
    given = features if spec.model.can_be_asked else ()
    named = {spec.data.id, *spec.errors.show, *_columns_of_pairs(spec)}
    named -= {spec.data.target, spec.data.group, spec.data.query, spec.data.time}
    taken = ({*_test_columns(spec)} - named) | {*given, *columns_of(spec.data.segments)}
    taken |= {*supplied_columns(spec, "train")}
    return tuple(column for column in columns if column not in taken)


def further_columns(spec: Spec, features: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Columns that are neither features nor the truth nor said by a model: by them equal rows may be told apart."""
    kept = {spec.data.time, spec.data.group} - {spec.data.target, spec.data.query, spec.data.id}
    taken = ({*_roles(spec), *supplied_columns(spec, "train")} - kept) | {*features}
    return tuple(column for column in columns if column not in taken)


def _features_of_current(spec: Spec, columns: Sequence[str]) -> tuple[str, ...]:
    """The current model may have been fitted on other columns: all that have no role are read for it."""
    if spec.baseline.current is None or spec.baseline.current.path is None:
        return ()
    roles = {*_roles(spec), *supplied_columns(spec, "train")}
    return tuple(column for column in columns if column not in roles)


def _test_columns(spec: Spec) -> Iterable[str]:
    yield from _roles(spec)
    yield from columns_of(spec.data.segments)
    for rule in spec.baseline.rules:
        if rule.when is not None:
            yield from sorted(parse_rule(rule.when).columns)
    for key in ("false_positive", "false_negative"):
        cost = getattr(spec.errors.costs, key, None)
        if isinstance(cost, CostColumn):
            yield cost.column
    yield from spec.errors.show
    yield from _columns_of_pairs(spec)


def _columns_of_pairs(spec: Spec) -> Iterable[str]:
    """Columns of which the spec says how the answer moves with them; features or not."""
    yield from (pair.column for pair in spec.production.monotonic)
    yield from (pair.column for pair in spec.production.invariant)


def is_nested(kind: str) -> bool:
    """Whether a type, in Arrow's words, holds more than one value in each row: lists, records, maps."""
    return re.match(r"(large_|fixed_size_)?list|struct|map|(dense_|sparse_)union", kind) is not None


def columns_of(entries: Sequence[SegmentEntry]) -> tuple[str, ...]:
    """Columns that the entries need, each once, in order."""
    parts = [part for entry in entries for part in (entry if isinstance(entry, tuple) else (entry,))]
    return tuple(dict.fromkeys(as_column(part).column for part in parts))


def as_column(part: str | SegmentColumn) -> SegmentColumn:
    """A segment column given by its name alone, in full."""
    return SegmentColumn(column=part) if isinstance(part, str) else part
