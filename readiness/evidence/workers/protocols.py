"""Bodies of requests to a served model, and what its replies say: pure functions from rows to bytes and back.

Three protocols: the Open Inference Protocol, version 2 (docs.kserve.io, "Open Inference Protocol"; Triton and MLServer
speak it), the scoring server of MLflow, and instances for predictions, as TensorFlow Serving. All of them carry JSON,
so the types of a table have to become JSON's: see `json_values`. Nothing that comes back is trusted: each reply is held
against the number of rows that was sent, before anybody looks at a value.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.sanitize import shown
from readiness.evidence.workers.worker import Inputs
from readiness.spec.served import ServiceProtocol

PREDICTIONS = "predictions"
"""What MLflow and TensorFlow Serving call their one output."""


class UnsendableValue(ValueError):
    """A value that JSON, or the type that a server declares, has no room for."""


class BadReply(ValueError):
    """A reply that is not what the protocol says; the text tells what was found, and what was expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """One output of a served model about n rows."""

    name: str
    values: NDArray[Any]
    """(n,) or (n, k): floats where all values are numbers, whole numbers where all are whole, else objects."""


# ----------------------------------------------------------------------------------------------------
# Values of a table as JSON has them


def json_values(values: Any, name: str) -> list[Any]:
    """(n,) values of one column as JSON has them.

    A gap (NaN, NaT, None, NA) becomes null; a category its label; a date or time its ISO 8601 text, with its offset
    where it has one; a float the shortest text that reads back to the same double, single precision widened exactly;
    a decimal number the nearest double.

    Raises:
        UnsendableValue: what JSON has no room for: infinite numbers, durations, bytes, lists, objects.
    """
    as_is = object if isinstance(values, np.ndarray) and values.dtype == object else None  # no guess at its types
    series = pd.Series(values, dtype=as_is)
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        raise UnsendableValue(f"the column {shown(name)} holds durations, which JSON has no way to write")
    gaps = series.isna().to_numpy()
    plain = series.astype(object).tolist()  # Python's own numbers and texts
    return [None if gap else _json_value(each, name) for each, gap in zip(plain, gaps, strict=True)]


def _json_value(value: Any, name: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return _checked_text(value, name)
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if math.isinf(value):
            raise UnsendableValue(f"the column {shown(name)} holds an infinite number, which JSON has no way to write")
        return value
    if isinstance(value, Decimal):
        return _json_value(float(value), name)
    if isinstance(value, datetime.date | datetime.time):  # pandas' own moments are dates, too
        return value.isoformat()
    raise UnsendableValue(
        f"the column {shown(name)} holds a value of the type {type(value).__name__}, which JSON has no way to write"
    )


def _checked_text(text: str, name: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnsendableValue(f"the column {shown(name)} holds a text that is no Unicode") from None
    return text


def _dump(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _columns_of(inputs: Inputs) -> list[tuple[str, list[Any]]]:
    """Every column with its name; those of an array are called by their places, from 0."""
    if isinstance(inputs, pd.DataFrame):
        names = [str(name) for name in inputs.columns]
        if len(set(names)) < len(names):
            raise UnsendableValue("two columns have the same name, which JSON cannot tell apart")
        return [(name, json_values(inputs.iloc[:, k], name)) for k, name in enumerate(names)]
    return [(str(k), json_values(inputs[:, k], str(k))) for k in range(inputs.shape[1])]


# ----------------------------------------------------------------------------------------------------
# Requests


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output that an Open Inference server declares."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    """-1: any size."""

    @property
    def width(self) -> int | None:
        """How many values it has for each row; None where any number will do."""
        sizes = self.shape[1:]
        return None if any(size < 0 for size in sizes) else math.prod(sizes)


def encode_mlflow(inputs: Inputs) -> bytes:
    """`dataframe_split` of n named columns; `inputs` of an array without names."""
    columns = _columns_of(inputs)
    rows = [list(row) for row in zip(*(values for _, values in columns), strict=True)]
    if isinstance(inputs, pd.DataFrame):
        return _dump({"dataframe_split": {"columns": [name for name, _ in columns], "data": rows}})
    return _dump({"inputs": rows})


def encode_json(inputs: Inputs) -> bytes:
    """`instances`: an object for each row of a table, a list for each row of an array."""
    columns = _columns_of(inputs)
    rows: Iterable[tuple[Any, ...]] = zip(*(values for _, values in columns), strict=True)
    if isinstance(inputs, pd.DataFrame):
        names = [name for name, _ in columns]
        return _dump({"instances": [dict(zip(names, row, strict=True)) for row in rows]})
    return _dump({"instances": [list(row) for row in rows]})


def encode_open_inference(
    inputs: Inputs, declared: Mapping[str, Tensor], outputs: Sequence[str] = (), tensor: str = ""
) -> bytes:
    """One tensor for each column, or one with all features where `tensor` names it.

    Columns take the type that the server declares for them, else BOOL, INT64, FP64 or BYTES by their values. `outputs`
    are asked for by name.

    Raises:
        UnsendableValue: values that the declared type has no room for, besides what JSON has none for.
    """
    columns, n = _columns_of(inputs), len(inputs)
    if tensor:
        tensors = [_feature_tensor(columns, n, declared.get(tensor), tensor)]
    else:
        tensors = [_column_tensor(name, values, declared.get(name)) for name, values in columns]
    body: dict[str, Any] = {"inputs": tensors}
    if outputs:
        body["outputs"] = [{"name": name} for name in outputs]
    return _dump(body)


def _feature_tensor(columns: list[tuple[str, list[Any]]], n: int, declared: Tensor | None, name: str) -> dict[str, Any]:
    kinds = {datatype_of(values) for _, values in columns}
    guessed = next(iter(kinds)) if len(kinds) == 1 else "FP64" if "BYTES" not in kinds else "BYTES"
    datatype = guessed if declared is None else declared.datatype
    fitted = [fit_datatype(values, datatype, column) for column, values in columns]
    flat = [value for row in zip(*fitted, strict=True) for value in row]
    return {"name": name, "shape": [n, len(columns)], "datatype": datatype, "data": flat}


def _column_tensor(name: str, values: list[Any], declared: Tensor | None) -> dict[str, Any]:
    datatype = datatype_of(values) if declared is None else declared.datatype
    flat = declared is not None and len(declared.shape) == 1
    shape = [len(values)] if flat else [len(values), 1]
    return {"name": name, "shape": shape, "datatype": datatype, "data": fit_datatype(values, datatype, name)}


def datatype_of(values: Sequence[Any]) -> str:
    """The type of the protocol for a column of JSON values: BOOL, INT64, FP64 or BYTES."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "BOOL"
    if kinds == {int} and None not in values:
        return "INT64"
    return "FP64" if kinds <= {int, float} else "BYTES"


_WHOLE = {f"{sign}INT{bits}": (0 if sign else -(2 ** (bits - 1)), 2 ** (bits - (not sign)) - 1)
          for sign in ("", "U") for bits in (8, 16, 32, 64)}  # fmt: skip
_FLOATS = ("FP16", "FP32", "FP64", "BF16")
DATATYPES = ("BOOL", *_WHOLE, *_FLOATS, "BYTES")


def fit_datatype(values: Sequence[Any], datatype: str, name: str) -> list[Any]:
    """JSON values as a type of the protocol takes them: exactly or, of floats, rounded by the server. Gaps stay null,
    which the protocol knows nothing of: servers read it as NaN, or refuse it.

    Raises:
        UnsendableValue: text where numbers are taken, fractions or large numbers where whole numbers are, and so on.
    """
    fit = _fit_of(datatype)
    try:
        return [None if value is None else fit(value) for value in values]
    except (TypeError, ValueError) as error:
        raise UnsendableValue(f"the column {shown(name)} holds {error}; the server takes {datatype} there") from None


def _fit_of(datatype: str) -> Callable[[Any], Any]:
    if datatype in _WHOLE:
        low, high = _WHOLE[datatype]
        return lambda value: _as_whole(value, low, high)
    return {"BOOL": _as_truth, "BYTES": _as_text}.get(datatype, _as_float)


def _as_whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, str):
        raise TypeError("text")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f"the fraction {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{value!r}, which is too large")
    return int(value)


def _as_float(value: Any) -> Any:
    if isinstance(value, str):
        raise TypeError("text")
    return int(value) if isinstance(value, bool) else value


def _as_truth(value: Any) -> bool:
    if isinstance(value, str) or value not in (0, 1):
        raise TypeError(f"{shown(value)}, which is neither true nor false")
    return bool(value)


def _as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shown(value)}, which is no text")
    return value


# ----------------------------------------------------------------------------------------------------
# Replies


def read_json(body: bytes) -> Any:
    """What a body of JSON holds; NaN and Infinity, which many servers write, are read as such.

    Raises:
        BadReply: no JSON, or nested too deeply.
    """
    try:
        return json.loads(body.decode("utf-8"))
    except RecursionError:
        raise BadReply("the reply is nested too deeply") from None
    except ValueError as error:  # also of digits without end
        start = body[:80].decode("utf-8", errors="replace")
        raise BadReply(f"the reply is no JSON ({type(error).__name__}); it begins with {shown(start)}") from None


Decoded = tuple[tuple["Output", ...], str]
"""Outputs, and the version of the model that gave them; empty where the protocol does not tell it."""


def decode_predictions(body: bytes, n: int) -> Decoded:
    """`predictions` about n rows: one value for each, a list of numbers for each, or an object with either by name.

    A list of rows alone, as some servers answer, is taken for the predictions.

    Raises:
        BadReply: another form, or another number of rows.
    """
    said = read_json(body)
    rows = said.get(PREDICTIONS) if isinstance(said, dict) else said
    if not isinstance(rows, list):
        keys = ", ".join(shown(key, 40) for key in list(said)[:6]) if isinstance(said, dict) else type(said).__name__
        raise BadReply(f"the reply holds {keys or 'nothing'}; expected predictions, a list with one entry for each row")
    _check_count(len(rows), n)
    if rows and isinstance(rows[0], dict):
        names = list(rows[0])
        if any(not isinstance(row, dict) or row.keys() != rows[0].keys() for row in rows):
            raise BadReply("the predictions of some rows have other names than those of the first row")
        return tuple(Output(name, _array([row[name] for row in rows], name)) for name in names), ""
    return (Output(PREDICTIONS, _array(rows, PREDICTIONS)),), ""


def _check_count(found: int, n: int) -> None:
    if found != n:
        raise BadReply(f"the reply has {found:,} results for {n:,} rows; expected one for each")


def _array(rows: Sequence[Any], name: str) -> NDArray[Any]:
    """(n,) or (n, k) values; rows of one value each become (n,)."""
    if any(isinstance(row, list) for row in rows):
        width = len(rows[0]) if isinstance(rows[0], list) else 0
        if any(not isinstance(row, list) or len(row) != width for row in rows):
            raise BadReply(f"the output {shown(name)} has rows of different lengths")
        flat = scalars((value for row in rows for value in row), name)
        table = flat.reshape(len(rows), width)
        return table[:, 0] if width == 1 else table
    return scalars(rows, name)


def scalars(values: Iterable[Any], name: str) -> NDArray[Any]:
    """(n,) JSON values: int64 where all are whole, float64 where all are numbers or gaps, else objects.

    Raises:
        BadReply: lists or objects among them.
    """
    found = list(values)
    kinds = {type(value) for value in found}
    if strange := kinds - {str, int, float, bool, type(None)}:
        raise BadReply(f"the output {shown(name)} holds a {next(iter(strange)).__name__} in place of a value")
    if kinds == {int} and all(abs(value) < 2**63 for value in found):
        return np.array(found, dtype=np.int64)
    if kinds <= {int, float, type(None)}:
        try:
            return np.array([math.nan if value is None else float(value) for value in found], dtype=np.float64)
        except OverflowError:
            raise BadReply(f"the output {shown(name)} holds a number beyond all bounds") from None
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array


def decode_open_inference(body: bytes, n: int) -> Decoded:
    """The outputs of an Open Inference reply about n rows.

    Raises:
        BadReply: another form, a shape that does not fit its data, or another number of rows.
    """
    said = read_json(body)
    outputs = said.get("outputs") if isinstance(said, dict) else None
    if not isinstance(outputs, list) or not all(isinstance(each, dict) for each in outputs):
        raise BadReply("the reply holds no outputs; expected a list of tensors with name, shape, datatype and data")
    if len({str(each.get("name", "")) for each in outputs}) < len(outputs):
        raise BadReply("two outputs have the same name")
    return tuple(_output(each, n) for each in outputs), str(said.get("model_version") or "")


def _output(given: Mapping[str, Any], n: int) -> Output:
    name, shape, datatype = str(given.get("name", "")), given.get("shape"), given.get("datatype")
    if datatype not in DATATYPES:
        raise BadReply(f"the output {shown(name)} has the datatype {shown(datatype)}; expected one of the protocol's")
    if not isinstance(shape, list) or not shape or not all(type(size) is int and size >= 0 for size in shape):
        raise BadReply(f"the output {shown(name)} has the shape {shown(shape)}; expected a list of sizes")
    if "data" not in given:
        raise BadReply(f"the output {shown(name)} has no data; binary tensors are not asked for")
    flat = scalars(_flatten(given["data"], len(shape), name), name)
    if len(flat) != math.prod(shape):
        raise BadReply(
            f"the output {shown(name)} has {len(flat):,} values; its shape {shape} says {math.prod(shape):,}"
        )
    _check_count(shape[0], n)
    table = flat.reshape(n, -1) if n else flat.reshape(0, 1)
    return Output(name, table[:, 0] if table.shape[1] == 1 else table)


def _flatten(given: Any, depth: int, name: str) -> list[Any]:
    """The values of a tensor in row-major order; the protocol allows them flat or nested."""
    if not isinstance(given, list):
        raise BadReply(f"the output {shown(name)} holds data that is no list")
    data: list[Any] = given
    for _ in range(depth - 1):
        if not data or not isinstance(data[0], list):
            break
        if not all(isinstance(part, list) for part in data):
            raise BadReply(f"the output {shown(name)} has rows of different depths")
        data = [value for part in data for value in part]
    return data


# ----------------------------------------------------------------------------------------------------
# What an Open Inference server says of its model


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a server says of a model, none of it verified."""

    name: str = ""
    versions: tuple[str, ...] = ()
    platform: str = ""
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()


def decode_metadata(body: bytes) -> Metadata:
    """What the address of an Open Inference model answers.

    Raises:
        BadReply: no object, or inputs and outputs without name, type and shape.
    """
    said = read_json(body)
    if not isinstance(said, dict):
        raise BadReply("the model's metadata is no object")
    versions = said.get("versions") or []
    listed = versions if isinstance(versions, list) else []
    return Metadata(
        str(said.get("name", "")),
        tuple(str(each) for each in listed),
        str(said.get("platform", "")),
        tuple(_tensors(said, "inputs")),
        tuple(_tensors(said, "outputs")),
    )


def _tensors(said: Mapping[str, Any], key: str) -> Iterable[Tensor]:
    given = said.get(key) or []
    for each in given if isinstance(given, list) else [given]:
        tensor = _tensor(each) if isinstance(each, dict) else None
        if tensor is None:
            raise BadReply(f"the model's metadata has {key} without name, datatype and shape")
        yield tensor


def _tensor(given: Mapping[str, Any]) -> Tensor | None:
    name, datatype, shape = (given.get(key) for key in ("name", "datatype", "shape"))
    sizes = [_size(size) for size in shape] if isinstance(shape, list) else []
    if not isinstance(name, str) or datatype not in DATATYPES or not sizes or None in sizes:
        return None
    return Tensor(name, str(datatype), tuple(size for size in sizes if size is not None))


def _size(given: Any) -> int | None:
    """A size of a shape; Triton's -1 stands for any, and comes as a text now and then."""
    return int(given) if type(given) is int or given == "-1" else None


ENCODERS: Mapping[ServiceProtocol, Callable[[Inputs], bytes]] = {
    ServiceProtocol.MLFLOW: encode_mlflow,
    ServiceProtocol.JSON: encode_json,
}
"""What makes a request of rows, where nothing else needs to be known."""
DECODERS: Mapping[ServiceProtocol, Callable[[bytes, int], Decoded]] = {
    ServiceProtocol.OPEN_INFERENCE: decode_open_inference,
    ServiceProtocol.MLFLOW: decode_predictions,
    ServiceProtocol.JSON: decode_predictions,
}
