"""Whether supplied measurements fit the rest of the spec: what can be told before any file is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from readiness.core.policy import PRIMARY_METRIC, Task
from readiness.core.sanitize import nearest, shown
from readiness.spec.schema import FoldColumns, PredictionColumns, Spec, label_text
from readiness.spec.yaml import KeyPath

# ----------------------------------------------------------------------------------------------------
# Columns with ready-made predictions: whether they fit the task and the classes

Fault = tuple[KeyPath, str]


def prediction_faults(where: KeyPath, columns: PredictionColumns, spec: Spec, task: Task | None) -> Iterator[Fault]:
    """What is wrong with these columns; `where` is their key, and `task` None when nobody states it."""
    score, key = columns.score, (*where, "score")
    if task is Task.REGRESSION and score is not None:
        yield key, "a regression has no scores; name the predicted value in label"
    if task is Task.MULTICLASS and isinstance(score, str):
        yield key, "more than two classes need one score column for each: {class: column}"
    if score is not None and not isinstance(score, str):
        yield from _each_class(key, list(score), spec)


def _each_class(key: KeyPath, scored: list[str], spec: Spec) -> Iterator[Fault]:
    labels, positive = [label_text(label) for label in spec.data.classes or ()], spec.data.positive
    if len(scored) < 2 and positive is None:
        yield key, "names fewer than two classes; name one column for each class"
    if positive is not None and label_text(positive) not in scored:
        yield key, f"has no column for the positive class {shown(positive)}"
    if len(labels) > 2 and (missing := [label for label in labels if label not in scored]):
        yield key, f"has no column for {', '.join(map(shown, missing))}"
    for label in scored:
        if labels and label not in labels:
            yield (*key, label), f"{shown(label)} is not in data.classes" + nearest(label, labels)


# ----------------------------------------------------------------------------------------------------

PARQUET = (".parquet", ".pq")
ORDER_REMEDY = "Only a column that both tables have tells whether their rows are in the same order."


def supplied_misfits(spec: Spec, task: Task | None) -> Iterator[Fault]:
    """A key under `supplied` and what is wrong there, for the task as far as it is known."""
    folds, latency = spec.supplied.folds, spec.supplied.latency
    if folds is not None and spec.data.train is None:
        yield ("supplied", "folds"), "needs data.train, the rows that were predicted, whose targets are the truth"
    if latency is not None and latency.column is not None and not latency.path.lower().endswith(PARQUET):
        yield ("supplied", "latency", "column"), "belongs to a Parquet file; a text file has one number in each line"
    for key, columns in entries(spec):
        yield from prediction_faults(key, columns, spec, task)
        if task is Task.RANKING and isinstance(columns.score, Mapping):
            yield (*key, "score"), "a ranking has one score for each row; name one column"
        if columns.score is None and _needs_scores(spec, task):
            yield (
                key,
                f"names no score, which {spec.baseline.metric}, the metric of questions 1 and 5, is computed from",
            )
    yield from _columns(spec)


def entries(spec: Spec) -> Iterator[tuple[KeyPath, PredictionColumns]]:
    """The columns of each supplied refit with their key: repeats of folds first, then seeds."""
    folds, seeds = spec.supplied.folds, spec.supplied.seeds
    for i, repeat in enumerate(() if folds is None else folds.repeats):
        yield ("supplied", "folds", "repeats", i), repeat
    for i, refit in enumerate(() if seeds is None else seeds.refits):
        yield ("supplied", "seeds", "refits", i), refit


def column_names(columns: PredictionColumns) -> Mapping[str, str]:
    """The columns of one refit by their key: label, score (or score.<class>), fold."""
    scores = columns.score if isinstance(columns.score, Mapping) else {}
    named = {
        "label": columns.label,
        "score": columns.score if isinstance(columns.score, str) else None,
        **{f"score.{label}": column for label, column in scores.items()},
        "fold": columns.fold if isinstance(columns, FoldColumns) else None,
    }
    return {key: column for key, column in named.items() if column is not None}


def supplied_columns(spec: Spec, table: str) -> tuple[str, ...]:
    """Columns that supplied predictions take from "test" (seeds) or "train" (folds), each once."""
    return tuple(dict.fromkeys(column for _, column in _named(spec, table)))


def supplied_key(spec: Spec, table: str, column: str) -> KeyPath | None:
    """The key under `supplied` that names a column of "test" or "train"; None when none does."""
    return next((key for key, name in _named(spec, table) if name == column), None)


def _named(spec: Spec, table: str) -> Iterator[tuple[KeyPath, str]]:
    folds = spec.supplied.folds
    wanted = {"test": "seeds", "train": "folds" if folds is not None and folds.table is None else None}.get(table)
    for key, columns in entries(spec):
        if key[1] == wanted:
            yield from (((*key, *part.split(".", 1)), name) for part, name in column_names(columns).items())


def order_unknown(spec: Spec) -> str:
    """What a table of folds lacks that shares neither the target nor the column of data.id with data.train."""
    names = [shown(name) for name in (spec.data.target, spec.data.id) if name is not None]
    lacks = f"does not hold {names[0]}" if len(names) == 1 else f"shares neither {' nor '.join(names)} with data.train"
    return f"{lacks}, so nobody knows whether its rows are in the right order"


def _needs_scores(spec: Spec, task: Task | None) -> bool:
    name = spec.baseline.metric or (None if task is None else PRIMARY_METRIC[task])
    if name is not None and name in spec.metrics:
        return spec.metrics[name].takes == "scores" and task is not Task.REGRESSION
    try:
        return name is not None and spec.metric(name).needs in ("scores", "probabilities")
    except KeyError:  # an unknown metric is told where it is named
        return False


def _columns(spec: Spec) -> Iterator[Fault]:
    """No column has another role, or says the same of two refits."""
    taken: set[tuple[KeyPath, str]] = set()
    for key, columns in entries(spec):
        is_apart = key[1] == "folds" and spec.supplied.folds is not None and spec.supplied.folds.table is not None
        for part, column in column_names(columns).items():
            where = (*key, *part.split(".", 1))
            for role in _other_roles(spec, column, only_target=is_apart):
                yield where, f"{shown(column)} is {role}, and can have no other role"
            if (key[:2], column) in taken:
                yield where, f"{shown(column)} is named twice; each refit has columns of its own"
            taken.add((key[:2], column))


def _other_roles(spec: Spec, column: str, *, only_target: bool) -> Iterator[str]:
    """What the column is besides; a table of its own shares only the name of the target."""
    if column == spec.data.target:
        yield "the target, which holds the truth"
    if only_target:
        return
    yield from (f"data.{role}" for role in ("id", "time", "group", "weight", "query")
                if getattr(spec.data, role) == column)  # fmt: skip
    if column in (spec.data.features or ()):
        yield "one of data.features"
