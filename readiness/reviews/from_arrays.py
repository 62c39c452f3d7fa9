"""A review of a model in memory, from what a notebook holds anyway: a fitted model, rows and their truth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from readiness.core.errors import InputError, ModelError, ReadinessError
from readiness.core.files import Artifact, Role
from readiness.core.sanitize import shown
from readiness.evidence.collect import gather_from
from readiness.evidence.models.description import describe, feature_names_of, says_regressor
from readiness.evidence.sources import Origin
from readiness.evidence.tables import whole_numbers
from readiness.evidence.workers.model import in_memory
from readiness.evidence.workers.worker import ModelRaised
from readiness.reviews import inputs
from readiness.reviews.answering import Answering, WhenNeeded
from readiness.reviews.model_file import MODEL
from readiness.reviews.review import Review
from readiness.reviews.settings import (
    ABOUT_THE_ROWS,
    SECTIONS,
    Settings,
    check_keywords,
    checked,
    in_words_of_the_call,
    joined,
    plain,
    stated_costs,
    stated_requirements,
)
from readiness.reviews.to_spec import DraftSource

# ----------------------------------------------------------------------------------------------------
# What the spec has to say of the classes: what the model knows of them, and which of two is the positive one.

POSITIVES = ((0, 1), (-1, 1))
"""Labels of which 1 is the positive one unless somebody says otherwise, as in scikit-learn."""


def classes_and_positive(
    model: Any, y_test: pd.Series[Any], y_train: pd.Series[Any] | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What the spec has to say of the classes: those that the model was fitted on where no training rows tell them,
    and which of two is the positive one.

    Raises:
        InputError: two classes, and nothing says which is the positive one.
    """
    read = whole_numbers(y_test if y_train is None else y_train)
    said = {"task": given.get("task"), "classes": given.get("classes"), "positive": given.get("pos_label")}
    said = {key: _as_read(plain(value), read) for key, value in said.items() if value is not None}
    regressor = says_regressor(model)
    if regressor or said.get("task", "binary") not in ("binary", "multiclass") or given.get("query") is not None:
        return said
    labels = said.get("classes")
    if labels is None and y_train is None and (labels := _own_classes(model, y_test)) is not None:
        said["classes"] = labels = _as_read(labels, read)
    if labels is None:
        labels = [plain(value) for value in pd.unique(read)]
        if regressor is None and any(isinstance(label, float) for label in labels):
            return said  # numbers that are measured, not classes
    if len(labels) == 2 and "positive" not in said and said.get("task") != "multiclass":
        said["positive"] = _positive(labels)
    return said


def _as_read(given: Any, read: pd.Series[Any]) -> Any:
    """A label as it comes out of a table: of a column of whole numbers, 1.0 is 1."""
    if isinstance(given, list):
        return [_as_read(label, read) for label in given]
    whole = isinstance(given, float) and given.is_integer() and pd.api.types.is_integer_dtype(read.dtype)
    return int(given) if whole else given


def _positive(labels: list[Any]) -> Any:
    for pair in POSITIVES:
        if all(isinstance(label, int | float) for label in labels) and sorted(labels) == list(pair):
            return max(labels)
    names = " and ".join(map(shown, labels))
    raise InputError(
        f"The labels are {names}; which of them is the positive one is not stated.",
        remedy=f"Set pos_label to the one that the model is to find, such as pos_label={labels[-1]!r:.60}.",
    )


def _own_classes(model: Any, y_test: pd.Series[Any]) -> list[Any] | None:
    known = getattr(model, "classes_", None)
    if known is None or np.ndim(known) != 1:
        return None
    labels = [plain(label) for label in known]
    tested = {plain(value) for value in pd.unique(whole_numbers(y_test))}
    return labels if tested <= set(labels) and len(labels) > 1 else None


# ----------------------------------------------------------------------------------------------------

_NAMED = (
    "X_test", "y_test", "X_train", "y_train", "segments", "costs", "requirements", "pos_label", "sample_weight",
    "groups", "time",
)  # fmt: skip
FILES = {"test": "test.parquet", "train": "train.parquet", "recent": "recent.parquet"}
"""What the tables are called once they are written."""


def review(
    model: Any,
    X_test: Any,  # noqa: N803  # as in scikit-learn
    y_test: Any,
    *,
    X_train: Any = None,  # noqa: N803
    y_train: Any = None,
    segments: Any = (),
    costs: Mapping[str, Any] | None = None,
    requirements: Any = (),
    pos_label: Any = None,
    sample_weight: Any = None,
    groups: Any = None,
    time: Any = None,
    **settings: Unpack[Settings],
) -> Review:
    """Ask the six questions about a fitted model, in memory. The answers are a draft: unsigned, not to be approved.

    Args:
        model: Anything fitted with a method `predict`; its `predict_proba` or `decision_function` gives the scores.
        X_test: (n, features) rows that the model never saw: a DataFrame, an array, lists, a table of Arrow or Polars.
        y_test: (n,) the truth.
        X_train: (m, features) the rows that the model was fitted on; without them stability and drift are not assessed.
        y_train: (m,) their truth.
        segments: Groups to compare: names of columns of X_test, mappings such as `{"column": "age", "bins": 4}`, or
            further columns that are no features (a Series, a DataFrame, a mapping of names to values).
        costs: `{"false_positive": 10, "false_negative": 200, "currency": "EUR"}`; a cost may be an array, or the name
            of a column. More classes: `matrix`; regression: `under` and `over`.
        requirements: `[{"says": "Miss few", "metric": "recall", "at_least": 0.9}]`, or in short `{"recall": 0.9}`.
        pos_label: The class that the model is to find; 1 where the labels are 0 and 1, or -1 and 1.
        sample_weight: How many cases a test row stands for; (n,) or the name of a column.
        groups: Which rows belong together, such as a customer's; (n,) or the name of a column.
        time: When a row happened; (n,) or the name of a column.
        **settings: See `readiness.reviews.settings.Settings`: task, threshold, columns …, and the sections of
            `readiness.yaml` in its own words: baseline, errors, stability, production, checklist, about …

    Returns:
        A `Review`: display or print it, or look at one answer: `review.segments`.

    Raises:
        InputError: something given is not usable, or does not fit the rest.
        ScoringError: the model could not score the test rows.

    Example:
        >>> from sklearn.dummy import DummyClassifier
        >>> X, y = [[0.5], [1.5], [2.5], [3.5]] * 25, [0, 0, 0, 1] * 25
        >>> draft = review(DummyClassifier().fit(X, y), X, y)
        >>> draft.baseline
        <DRAFT, unsigned: Does it beat the alternatives? no>
        >>> draft.baseline.table().query("status == 'not_met'")["claim"].tolist()[:2]
        ['Gain in F1 over a random guess', 'Gain in F1 over a random guess in proportion to the classes']
    """
    given = {"segments": segments, "costs": costs, "requirements": requirements, "pos_label": pos_label, **settings}
    check_keywords(settings, ("model", *_NAMED))
    roles = {"sample_weight": sample_weight, "groups": groups, "time": time}
    return _review(model, {"X_test": X_test, "y_test": y_test, "X_train": X_train, "y_train": y_train}, roles, given)


def _review(model: Any, rows: Mapping[str, Any], roles: Mapping[str, Any], given: Mapping[str, Any]) -> Review:
    try:
        origins, data, costs = _tables(model, rows, roles, given)
        document = _document(model, data, costs, given)
        loaded = checked(document)
        takes_arrays = (
            "features" in data and getattr(model, "n_features_in_", None) is None and not _named(rows["X_test"])
        )
        artifact = Artifact("model in memory", "", 0, role=Role.MODEL)
        candidate = in_memory(model, Path(MODEL), artifact, takes_arrays=takes_arrays)
        evidence = gather_from(loaded, candidate, origins)
    except ReadinessError as error:
        if isinstance(error.__cause__, ModelRaised) and error.__cause__.is_a("NotFittedError"):
            raise ModelError(
                f"This {type(model).__name__} is not fitted.", remedy="Call its fit method first."
            ) from None
        raise in_words_of_the_call(error) from error.__cause__
    return Review(Answering(WhenNeeded(evidence)), source=DraftSource(document, origins))


def _tables(
    model: Any, rows: Mapping[str, Any], roles: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[Mapping[str, Origin], dict[str, Any], Any]:
    """The tables with all their columns, the section `data` of the spec, and the costs."""
    test = inputs.test_rows(model, rows["X_test"])
    train = inputs.train_rows(test, rows["X_train"], rows["y_train"], feature_names_of(model))
    inputs.check_rows(test, train)
    target = inputs.add_target(model, test, rows["y_test"], train, rows["y_train"])
    inputs.add_columns(test, given.get("columns"), "columns")
    inputs.add_columns(train, given.get("columns_train"), "columns_train")
    data: dict[str, Any] = {
        "target": target,
        "segments": inputs.add_segments(test, given["segments"]),
        "time": inputs.add_role(test, roles["time"], "time", "time"),
        "group": inputs.add_role(test, roles["groups"], "groups", "group"),
        "weight": inputs.add_role(test, roles["sample_weight"], "sample_weight", "weight"),
        "query": inputs.add_role(test, given.get("query"), "query", "query"),
        "id": inputs.add_role(test, given.get("id"), "id", "id"),
    }
    roles_in_data = ("time", "group", "weight", "query", "id")
    data["features"] = inputs.features_of(model, test, [data[role] for role in roles_in_data])
    data |= {key: plain(given[key]) for key in ABOUT_THE_ROWS if given.get(key) is not None}
    truths = (test.column(target), None if train is None else train.column(target))
    data |= classes_and_positive(model, *truths, given)
    costs = stated_costs(
        given["costs"], lambda key, cost: inputs.add_role(test, cost, f"costs.{key}", f"cost_of_{key}") or ""
    )
    tables = {"test": test, "train": train, "recent": inputs.recent_rows(test, given.get("X_recent"))}
    origins: dict[str, Origin] = {key: table.origin() for key, table in tables.items() if table is not None}
    data |= {key: FILES[key] for key in origins}
    return origins, {key: value for key, value in data.items() if value not in (None, [])}, costs


def _document(model: Any, data: dict[str, Any], costs: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What would stand in `readiness.yaml`, without the pin."""
    sections = {key: plain(given[key]) for key in SECTIONS if given.get(key) is not None}
    requirements = stated_requirements(given["requirements"], sections.get("metrics") or {}) or None
    sections["business"] = joined("business", given.get("business"), "requirements", requirements, "requirements")
    sections["errors"] = joined("errors", given.get("errors"), "costs", costs, "costs")
    sections["segments"] = plain(given.get("segment_settings"))
    name = str(plain(given.get("name")) or describe(model).rpartition(" ")[2])
    candidate = {"name": name, "version": str(plain(given.get("version", "draft"))), "path": MODEL}
    if given.get("threshold") is not None:
        candidate["threshold"] = plain(given["threshold"])
    return {"model": candidate, "data": data} | {key: part for key, part in sections.items() if part is not None}


def _named(values: Any) -> bool:
    """Whether the columns came with names."""
    return isinstance(values, Mapping) or hasattr(values, "columns") or hasattr(values, "column_names")
