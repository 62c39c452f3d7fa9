"""Rows as JSON and back: what each type becomes, and what a reply may not be."""

from __future__ import annotations

import datetime
import json
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.evidence.workers.protocols import (
    BadReply,
    Tensor,
    UnsendableValue,
    decode_metadata,
    decode_open_inference,
    decode_predictions,
    encode_json,
    encode_mlflow,
    encode_open_inference,
    json_values,
)

# ----------------------------------------------------------------------------------------------------
# Rows


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([1, -2, 2**62], [1, -2, 2**62]),
        ([1.0, 0.1, math.nan], [1.0, 0.1, None]),
        (np.array([0.1], dtype=np.float32), [0.10000000149011612]),
        ([True, False], [True, False]),
        (pd.array([1, None], dtype="Int64"), [1, None]),
        (pd.array([True, None], dtype="boolean"), [True, None]),
        (["ü", "", None], ["ü", "", None]),
        (pd.Categorical(["b", None, "a"], categories=["a", "b"]), ["b", None, "a"]),
        (pd.Categorical([3, 1]), [3, 1]),
        (pd.to_datetime(["2026-11-29 13:45:00.5", None]), ["2026-11-29T13:45:00.500000", None]),
        (pd.to_datetime(["2026-11-29"]).tz_localize("Europe/Berlin"), ["2026-11-29T00:00:00+01:00"]),
        ([datetime.date(2026, 11, 29)], ["2026-11-29"]),
        ([Decimal("0.1")], [0.1]),
        (np.array([1, "a", None], dtype=object), [1, "a", None]),
    ],
)
def test_what_a_value_becomes(column: object, expected: list[object]) -> None:
    """Gaps are null, categories their labels, dates ISO 8601."""
    found = json_values(column, "x")
    assert expected == found
    assert [type(value) for value in expected] == [type(value) for value in found]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([math.inf], "infinite"),
        (pd.to_timedelta(["1 D"]), "durations"),
        ([b"a"], "bytes"),
        ([[1, 2]], "list"),
        ([object()], "object"),
        (np.array(["\ud800"], dtype=object), "no Unicode"),
    ],
)
def test_what_json_has_no_room_for_is_refused_by_name(column: object, said: str) -> None:
    """A clean error names the column."""
    with pytest.raises(UnsendableValue, match=f'"x" holds.*{said}'):
        json_values(column, "x")


@given(st.lists(st.floats(allow_infinity=False) | st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_numbers_come_back_as_they_were_sent(values: list[float | int]) -> None:
    """To the last bit; a gap as null."""
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    (rows,) = (json.loads(encode_mlflow(frame))["dataframe_split"]["data"],)
    back = [row[0] for row in rows]
    assert [None if isinstance(v, float) and math.isnan(v) else v for v in values] == back


FRAME = pd.DataFrame({"a": [1.5, math.nan], "n": [1, 2], "w": ["x", None], "t": [True, False]})


def test_each_protocol_has_its_form() -> None:
    """As its documentation shows it."""
    split = json.loads(encode_mlflow(FRAME))["dataframe_split"]
    assert {"columns": ["a", "n", "w", "t"], "data": [[1.5, 1, "x", True], [None, 2, None, False]]} == split
    instances = json.loads(encode_json(FRAME))["instances"]
    assert [{"a": 1.5, "n": 1, "w": "x", "t": True}, {"a": None, "n": 2, "w": None, "t": False}] == instances
    assert {"instances": [[1.0, 2.0]]} == json.loads(encode_json(np.array([[1.0, 2.0]])))
    assert {"inputs": [[1.0, 2.0]]} == json.loads(encode_mlflow(np.array([[1.0, 2.0]])))


def test_columns_are_tensors_of_their_types() -> None:
    """Of values where nothing is declared, else of what the server declares."""
    body = json.loads(encode_open_inference(FRAME, {}, outputs=("label",)))
    assert [{"name": "label"}] == body["outputs"]
    assert ["FP64", "INT64", "BYTES", "BOOL"] == [tensor["datatype"] for tensor in body["inputs"]]
    assert {"name": "a", "shape": [2, 1], "datatype": "FP64", "data": [1.5, None]} == body["inputs"][0]
    declared = {"n": Tensor("n", "FP32", (-1,)), "t": Tensor("t", "INT8", (-1, 1))}
    n, t = json.loads(encode_open_inference(FRAME[["n", "t"]], declared))["inputs"]
    assert {"name": "n", "shape": [2], "datatype": "FP32", "data": [1, 2]} == n
    assert {"name": "t", "shape": [2, 1], "datatype": "INT8", "data": [1, 0]} == t


def test_one_tensor_takes_all_features() -> None:
    """Row by row."""
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    (tensor,) = json.loads(encode_open_inference(rows, {}, tensor="x"))["inputs"]
    assert {"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1.0, 2.0, 3.0, 4.0]} == tensor


@pytest.mark.parametrize(
    ("column", "datatype", "said"),
    [
        ([1.5], "INT64", "the fraction 1.5"),
        ([300], "INT8", "300, which is too large"),
        ([-1], "UINT32", "-1, which is too large"),
        (["a"], "FP32", "text"),
        ([1], "BYTES", "1, which is no text"),
        ([2], "BOOL", "2, which is neither true nor false"),
    ],
)
def test_a_declared_type_is_met_or_refused(column: list[object], datatype: str, said: str) -> None:
    """Nothing is rounded or guessed on the way."""
    declared = {"x": Tensor("x", datatype, (-1, 1))}
    with pytest.raises(UnsendableValue, match=f'"x" holds {said}; the server takes {datatype} there'):
        encode_open_inference(pd.DataFrame({"x": column}), declared)


def test_columns_of_one_name_are_refused() -> None:
    """JSON could not tell them apart."""
    with pytest.raises(UnsendableValue, match="same name"):
        encode_json(pd.DataFrame([[1, 2]], columns=["a", "a"]))


# ----------------------------------------------------------------------------------------------------
# Replies


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"predictions": [0, 1]}', {"predictions": [0, 1]}),
        ("[0.5, 1]", {"predictions": [0.5, 1.0]}),
        ('{"predictions": [[0.25, 0.75], [1, 0]]}', {"predictions": [[0.25, 0.75], [1, 0]]}),
        ('{"predictions": [["a"], ["b"]]}', {"predictions": ["a", "b"]}),
        (
            '{"predictions": [{"l": "a", "p": [0, 1]}, {"p": [1, 0], "l": "b"}]}',
            {"l": ["a", "b"], "p": [[0, 1], [1, 0]]},
        ),
    ],
)
def test_predictions_of_each_form_are_read(body: str, expected: dict[str, object]) -> None:
    """Values, lists, objects, with and without their key."""
    outputs, version = decode_predictions(body.encode(), 2)
    assert expected == {output.name: output.values.tolist() for output in outputs}
    assert not version


def test_gaps_and_infinite_numbers_are_handed_on_for_the_review_to_refuse() -> None:
    """A model may say such things, and the validation of scores names the rows."""
    ((output,), _) = decode_predictions(b'{"predictions": [null, NaN, Infinity]}', 3)
    assert [True, True, False] == np.isnan(output.values).tolist()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>not found</html>", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "nested too deeply|no JSON"),
        (b'{"error": "x"}', 'holds "error"; expected predictions'),
        (b"3", "expected predictions"),
        (b'{"predictions": [1]}', "1 results for 2 rows"),
        (b'{"predictions": [1, 2, 3]}', "3 results for 2 rows"),
        (b'{"predictions": [[1, 2], [1]]}', "rows of different lengths"),
        (b'{"predictions": [[1, 2], 1]}', "rows of different lengths"),
        (b'{"predictions": [{"a": 1}, {"b": 1}]}', "other names"),
        (b'{"predictions": [{"a": 1}, 2]}', "other names"),
        (b'{"predictions": [[[1]], [[1]]]}', "a list in place of a value"),
        (b'{"predictions": [' + b"9" * 400 + b".0, 1]}", ""),
        (b'{"predictions": [' + b"9" * 5000 + b", 1]}", "no JSON"),
    ],
)
def test_a_reply_of_another_form_is_refused(body: bytes, said: str) -> None:
    """Never a traceback of ours, and never a row taken for another."""
    if not said:
        assert math.isinf(
            decode_predictions(body, 2)[0][0].values[0]
        )  # a number beyond all doubles is read as infinite
        return
    with pytest.raises(BadReply, match=said):
        decode_predictions(body, 2)


def tensor(**changes: object) -> bytes:
    given = {"name": "p", "shape": [2, 2], "datatype": "FP64", "data": [0.1, 0.9, 0.8, 0.2], **changes}
    return json.dumps({"model_version": "7", "outputs": [given]}).encode()


@pytest.mark.parametrize(
    "changes", [{}, {"data": [[0.1, 0.9], [0.8, 0.2]]}, {"shape": [2, 1, 2]}], ids=["flat", "nested", "deep"]
)
def test_a_tensor_is_read_flat_and_nested(changes: dict[str, object]) -> None:
    """Both are allowed by the protocol."""
    ((output,), version) = decode_open_inference(tensor(**changes), 2)
    assert [[0.1, 0.9], [0.8, 0.2]] == output.values.tolist()
    assert "7" == version


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shape": [2, 3]}, "4 values; its shape"),
        ({"shape": [4], "data": [1, 2, 3, 4]}, "4 results for 2 rows"),
        ({"shape": [-2, -2]}, "expected a list of sizes"),
        ({"shape": [True, 4]}, "expected a list of sizes"),
        ({"shape": None}, "expected a list of sizes"),
        ({"datatype": "FLOAT"}, "datatype"),
        ({"datatype": ["FP64"]}, "datatype"),
        ({"data": {"a": 1}}, "no list"),
        ({"data": [[0.1, 0.9], 0.8]}, "different depths"),
        ({"data": [{}, 1, 2, 3]}, "dict in place of a value"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(changes: dict[str, object], said: str) -> None:
    """Shape, type and rows are held against each other."""
    with pytest.raises(BadReply, match=said):
        decode_open_inference(tensor(**changes), 2)


@pytest.mark.parametrize("body", [b"[]", b'{"outputs": 3}', b'{"outputs": [3]}', b'{"outputs": [{"name": "p"}]}'])
def test_a_reply_without_tensors_is_refused(body: bytes) -> None:
    """As is one whose data are binary, which nobody asked for."""
    with pytest.raises(BadReply):
        decode_open_inference(body, 1)


def test_two_outputs_of_one_name_are_refused() -> None:
    """One of them would be lost."""
    one = {"name": "p", "shape": [1], "datatype": "FP64", "data": [1]}
    with pytest.raises(BadReply, match="same name"):
        decode_open_inference(json.dumps({"outputs": [one, one]}).encode(), 1)


def test_metadata_are_read_and_no_more() -> None:
    """As Triton and MLServer tell them; sizes may come as texts."""
    said = {
        "name": "fraud",
        "versions": ["1", "2"],
        "inputs": [{"name": "a", "datatype": "FP32", "shape": ["-1", 3]}],
        "outputs": [],
        "surprise": {},
    }
    found = decode_metadata(json.dumps(said).encode())
    assert ("fraud", ("1", "2"), (Tensor("a", "FP32", (-1, 3)),)) == (found.name, found.versions, found.inputs)
    assert 3 == found.inputs[0].width


@pytest.mark.parametrize(
    "said",
    [
        "[]",
        '{"inputs": [3]}',
        '{"inputs": [{"name": "a"}]}',
        '{"outputs": [{"name": 1, "datatype": "FP64", "shape": [1]}]}',
    ],
)
def test_metadata_of_another_form_are_refused(said: str) -> None:
    """What declares nothing usable is another protocol."""
    with pytest.raises(BadReply):
        decode_metadata(said.encode())
