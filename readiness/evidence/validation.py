"""Validation of what a model returned: shapes, missing values and class names, put in the review's order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import ScoringError
from readiness.core.sanitize import shown

ROUNDING = 1e-6
"""How far a probability in single precision may lie outside [0, 1]."""
LISTED = 6


def one_per_row(raw: Any, n: int, method: str) -> NDArray[Any]:
    """`raw` as an array of shape (n,); a single column is taken as such.

    Raises:
        ScoringError: another number of rows, or several values for each row.
    """
    values = _array(raw, n, method)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ScoringError(
            f"{method} returned {values.shape[1]} values for each row; expected one.",
            remedy="Give a model with a single output.",
        )
    return values


def numbers(raw: Any, n: int, method: str) -> NDArray[np.float64]:
    """`raw` as finite floats of shape (n,).

    Raises:
        ScoringError: as `one_per_row`, and values that are not numbers, missing or infinite.
    """
    return _finite(one_per_row(raw, n, method), method)


def table_of_numbers(raw: Any, n: int, method: str) -> NDArray[np.float64]:
    """`raw` as finite floats of shape (n,) or (n, k).

    Raises:
        ScoringError: another shape, and values that are not numbers, missing or infinite.
    """
    values = _array(raw, n, method)
    if values.ndim > 2:
        raise ScoringError(f"{method} returned {values.ndim} dimensions; expected rows and classes.")
    return _finite(values, method)


def probabilities(raw: Any, n: int) -> NDArray[np.float64]:
    """(n, k) numbers in [0, 1]; one column of a binary model is completed by its complement.

    Raises:
        ScoringError: as `table_of_numbers`, and values outside [0, 1].
    """
    values = table_of_numbers(raw, n, "predict_proba")
    outside = (values < -ROUNDING) | (values > 1 + ROUNDING)
    if outside.any():
        raise ScoringError(
            f"predict_proba returned {float(values[outside][0]):.6g} among its values; probabilities lie in [0, 1].",
            remedy="A model with its own objective returns raw scores: wrap it so that it returns probabilities.",
        )
    values = np.clip(values, 0.0, 1.0)
    return np.column_stack([1 - values, values]) if values.ndim == 1 else values


def codes(raw: Any, n: int, classes: Sequence[Any]) -> NDArray[np.int64]:
    """Predicted labels as positions in `classes`, shape (n,).

    Raises:
        ScoringError: as `one_per_row`, and labels that are missing or none of `classes`.
    """
    labels = pd.Series(one_per_row(raw, n, "predict"))
    places, uniques = pd.factorize(labels, use_na_sentinel=True)
    if (places < 0).any():
        row = int(np.argmax(places < 0)) + 1
        raise ScoringError(f"predict returned no label for {int((places < 0).sum()):,} rows, first row {row:,}.")
    known = positions(list(uniques), classes)
    if unknown := [label for label, code in zip(uniques, known, strict=True) if code < 0]:
        raise ScoringError(
            f"predict returned {_list_values(unknown)}; the classes are {_list_values(classes)}.",
            remedy="If these are scores, set model.threshold; if they are coded classes, save the model together "
            "with its label encoder, or name all labels in data.classes.",
        )
    return np.asarray(known, dtype=np.int64)[places]


def positions(labels: Sequence[Any], classes: Sequence[Any]) -> list[int]:
    """For each label its place in `classes`, -1 for none: equal values first, then equal spelling ("1" and 1)."""
    return [_position(_plain(label), [_plain(each) for each in classes]) for label in labels]


def class_columns(own: Sequence[Any] | None, width: int, classes: Sequence[Any]) -> tuple[NDArray[np.int64], str]:
    """For each of the model's `width` score columns the place of its class in `classes`, and a note; `own` are the
    classes that it names itself.

    Raises:
        ScoringError: columns of classes that nobody knows, or a model that names none and returns another number.
    """
    if own is None or len(own) != width:
        if width != len(classes):
            raise ScoringError(
                f"The model returns {width} scores for each row; the review knows {len(classes)} classes: "
                f"{_list_values(classes)}.",
                remedy="Name all labels in data.classes, in the order of the model's columns.",
            )
        order = ", ".join(shown(each) for each in classes)
        return np.arange(width), f"The model does not name its classes; its scores are taken in the order {order}."
    known = positions(list(own), classes)
    if unknown := [label for label, code in zip(own, known, strict=True) if code < 0]:
        raise ScoringError(
            f"The model knows the class {_list_values(unknown)}, the data does not: it has {_list_values(classes)}.",
            remedy="Name all labels in data.classes; if the model was trained on coded classes, save it together "
            "with its label encoder.",
        )
    return np.asarray(known, dtype=np.int64), ""


def _array(raw: Any, n: int, method: str) -> NDArray[Any]:
    if isinstance(raw, list) and raw and np.ndim(raw[0]) == 2:
        raise ScoringError(f"{method} returned {len(raw)} tables; expected one.", remedy="Give a model of one target.")
    raw = raw.toarray() if hasattr(raw, "toarray") else raw
    try:
        _refuse_masked(raw, method)
        values = np.asarray(raw)
    except ScoringError:
        raise
    except Exception as error:
        raise ScoringError(
            f"{method} returned {type(raw).__name__}, which is no array: {error}."
        ) from None  # a cause is kept for failures of the model itself
    if values.ndim == 0 or values.shape[0] != n:
        found = "one value" if values.ndim == 0 else f"{values.shape[0]:,} rows"
        raise ScoringError(
            f"{method} returned {found} for {n:,} rows.", remedy="It must return one result for each row it is given."
        )
    return values


def _refuse_masked(raw: Any, method: str) -> None:
    """A masked value is a missing one; the number under the mask means nothing."""
    if not isinstance(raw, np.ma.MaskedArray):
        return
    masked = np.atleast_1d(np.ma.getmaskarray(raw))
    rows = np.asarray(masked.reshape(len(masked), -1).any(axis=1))
    if rows.any():
        raise ScoringError(
            f"{method} returned masked values for {int(rows.sum()):,} of {len(rows):,} rows, "
            f"first row {int(np.argmax(rows)) + 1:,}.",
            remedy="Look at that row: the model may not take missing values.",
        )


def _finite(values: NDArray[Any], method: str) -> NDArray[np.float64]:
    try:
        floats = values.astype(np.float64)
    except (TypeError, ValueError):
        example = shown(_plain(values.ravel()[0]))
        raise ScoringError(f"{method} returned {example}, which is no number.") from None
    rows = np.asarray(~np.isfinite(floats).all(axis=tuple(range(1, floats.ndim))))
    if rows.any():
        raise ScoringError(
            f"{method} returned missing or infinite values for {int(rows.sum()):,} of {len(rows):,} rows, "
            f"first row {int(np.argmax(rows)) + 1:,}.",
            remedy="Look at that row: the model may not take missing values.",
        )
    return floats


def _position(label: Any, classes: list[Any]) -> int:
    for place, each in enumerate(classes):
        if each == label:
            return place
    spelt = [place for place, each in enumerate(classes) if _spelling(each) == _spelling(label)]
    return spelt[0] if len(spelt) == 1 else -1


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _spelling(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole else str(value)
    return text.lower() if text in ("True", "False") else text  # a spec spells them in small letters


def _list_values(values: Sequence[Any]) -> str:
    more = len(values) - LISTED
    words = ", ".join(shown(_plain(each)) for each in list(values)[:LISTED])
    return f"{words} and {more} more" if more > 0 else words
