"""Are the columns that a spec names there, and of a kind that a review can read? Each fault with its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from readiness.evidence.columns import features_of, is_nested, needed
from readiness.evidence.readable_text import unreadable_columns
from readiness.evidence.tables import TableHeader
from readiness.hints import nearest, shown
from readiness.spec.reading import LoadedSpec
from readiness.spec.supplied_checks import supplied_key
from readiness.spec.yaml_reading import KeyPath

Fault = tuple[KeyPath, str]


def column_faults(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    """Columns that are not there, hold more than one value in each row, or text that nothing can show."""
    yield from _missing(loaded, heads)
    yield from _nested(loaded, heads)
    yield from _unreadable(loaded, heads)


def _missing(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    found = {key: head.columns for key, head in heads.items()}
    features = features_of(loaded.spec, found["test"], ())
    listed = features if loaded.spec.data.features is not None else ()
    for table, columns in needed(loaded, listed, found).items():
        for name in columns.required:
            if name not in found[table]:
                where = supplied_key(loaded.spec, table, name) or _where(loaded, name)
                yield (
                    where,
                    f"the table {heads[table].path.name} has no column {shown(name)}{nearest(name, found[table])}",
                )


def _nested(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    """Columns of lists or records where a review needs one value for each row."""
    found = {key: head.columns for key, head in heads.items()}
    seen: set[KeyPath] = set()
    for table, columns in needed(loaded, (), found).items():
        head = heads[table]
        types = dict(zip(head.columns, head.types, strict=True))
        for name in columns.required if table == "test" else columns.all:
            where = supplied_key(loaded.spec, table, name) or _where(loaded, name)
            if is_nested(types.get(name, "")) and where not in (*_MAY_BE_NESTED, *seen):
                seen.add(where)
                text = f"the column {shown(name)} of {head.path.name} holds lists or records ({shown(types[name], 40)})"
                yield where, f"{text}, expected one value for each row"


def _unreadable(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    """Columns that a review reads and whose text nothing could show."""
    found = {key: head.columns for key, head in heads.items()}
    for table, columns in needed(loaded, loaded.spec.data.features or (), found).items():
        try:
            faults = tuple(unreadable_columns(heads[table], columns.all))
        except (OSError, pa.ArrowException):  # a damaged file is told where its rows are read
            continue
        for name, text in faults:
            role = supplied_key(loaded.spec, table, name) or _where(loaded, name)
            yield (("data", table) if role == ("model", "predictions") else role), text


_MAY_BE_NESTED: tuple[KeyPath, ...] = (("data", "id"), ("errors", "show"), ("data", "features"))
"""Keys whose columns are only shown, or are the model's own affair."""


def _where(loaded: LoadedSpec, column: str) -> KeyPath:
    """The key of the spec that names the column."""
    data = loaded.spec.data
    for role in ("target", "id", "time", "group", "weight", "query"):
        if getattr(data, role) == column:
            return ("data", role)
    for i, entry in enumerate(data.segments):
        parts = entry if isinstance(entry, tuple) else (entry,)
        if column in [part if isinstance(part, str) else part.column for part in parts]:
            return ("data", "segments", i)
    for i, rule in enumerate(loaded.spec.baseline.rules):
        if rule.column == column or (rule.when is not None and column in rule.when):
            return ("baseline", "rules", i)
    if column in loaded.spec.errors.show:
        return ("errors", "show")
    costs = loaded.spec.errors.costs
    if costs is not None and column in (
        getattr(getattr(costs, k), "column", None) for k in ("false_positive", "false_negative")
    ):
        return ("errors", "costs")
    return ("data", "features") if column in (data.features or ()) else ("model", "predictions")
