"""What does the spec have to say of the classes? What the model knows of them, and which of two is the positive one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from readiness.drafts.settings import plain
from readiness.evidence.gathering import says_regressor
from readiness.evidence.tables import whole_numbers
from readiness.exceptions import InputError
from readiness.hints import shown

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
