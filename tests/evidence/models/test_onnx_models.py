# ruff: noqa: E402  # imported after what may be missing
"""ONNX files: they say what the model says that they were made of, and nothing in them is taken on trust."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")

from readiness.core.errors import ModelError, ScoringError, SpecError
from readiness.core.files import sha256_path
from readiness.core.findings import Question
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.provenance import Isolation, IsolationForm
from readiness.evidence.candidate import Candidate
from readiness.evidence.collect import gather
from readiness.evidence.environment import environment
from readiness.evidence.models import kinds
from readiness.evidence.models.description import unfit_for_cloning
from readiness.evidence.models.load import LoadedModel, load_model
from readiness.evidence.models.onnx import PIECE
from readiness.evidence.models.typed_columns import convert
from readiness.evidence.preflight import preflight
from readiness.evidence.probes.trial import try_candidate
from readiness.evidence.workers.in_process import InProcess
from readiness.evidence.workers.isolation import Cell, Start
from readiness.evidence.workers.process import ProcessWorker
from readiness.evidence.workers.worker import Scores
from readiness.spec.load import load_spec
from readiness.spec.schema import ModelFile
from readiness.starter.starter import starter
from tests.walking import walk

NUMBERS = ["age", "visits"]
SINGLE = 2e-6
"""How far single precision may lie from double here."""
FLOAT, INT64, STRING, BOOL = (getattr(onnx.TensorProto, name) for name in ("FLOAT", "INT64", "STRING", "BOOL"))


def people(n: int = 500, seed: int = 3) -> pd.DataFrame:
    """Two columns of numbers, one of text, and three targets that follow them."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"age": rng.normal(50, 12, n).astype(np.float32), "visits": rng.integers(0, 9, n)})
    frame["city"] = rng.choice(["Bonn", "Köln", "Ulm"], n)
    drive = (frame["age"] - 50) / 12 + (frame["city"] == "Ulm") + rng.normal(size=n)
    frame["answer"] = np.where(drive > 0.3, "yes", "no")
    frame["grade"] = np.digitize(drive, [-0.5, 0.8])
    frame["amount"] = 10 * drive
    return frame


FRAME = people()


def pipeline(model: Any) -> Pipeline:
    columns = [("n", StandardScaler(), NUMBERS), ("c", OneHotEncoder(handle_unknown="ignore"), ["city"])]
    return make_pipeline(ColumnTransformer(columns), model)


def save(graph: Any, folder: Path, name: str = "model.onnx") -> LoadedModel:
    (folder / name).write_bytes(graph.SerializeToString())
    return load_model(ModelFile(path=name), folder)


def converted(model: Any, folder: Path, rows: Any, **options: Any) -> LoadedModel:
    given = {id(model): options} if options else None
    return save(skl2onnx.to_onnx(model, rows[:1], options=given), folder)


def columns_of(frame: pd.DataFrame) -> pd.DataFrame:
    """As the graph was made for: whole numbers stay whole, so single precision is asked for where it is meant."""
    return frame[[*NUMBERS, "city"]].astype({"visits": np.float32})


def graph_of(nodes: Sequence[Any], ends: tuple[Sequence[Any], Sequence[Any]], weights: Sequence[Any] = ()) -> Any:
    """A model of a graph; ends are (name, type, shape) of inputs and outputs."""
    values = [[onnx.helper.make_tensor_value_info(*each) for each in side] for side in ends]
    graph = onnx.helper.make_graph(list(nodes), "g", *values, list(weights))
    opsets = [onnx.helper.make_opsetid("", 18), onnx.helper.make_opsetid("acme.ops", 1)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9)


def node(operator: str, given: str, out: str, **attributes: Any) -> Any:
    return onnx.helper.make_node(operator, given.split(), out.split(), **attributes)


def weights(table: Any, name: str = "w") -> Any:
    return onnx.numpy_helper.from_array(np.asarray(table, dtype=np.float32), name)


def network(last: str, table: Any = ((-1, 1), (0, 0)), **more: Any) -> Any:
    """A layer and `last`, as networks are exported: scores alone."""
    nodes = [node("MatMul", "x w", "z"), node(last, "z", "out")]
    width = np.shape(table)[1]
    return graph_of(nodes, ([("x", FLOAT, ["n", 2])], [("out", FLOAT, ["n", width])]), [weights(table)], **more)


def scored(loaded: LoadedModel, task: Task, classes: Sequence[Any] = (), frame: pd.DataFrame = FRAME) -> Scores:
    return Candidate.of(InProcess(loaded.estimator), NUMBERS, task=task, classes=classes).score(frame)


def refusal(folder: Path, **spec: Any) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(ModelFile(**spec), folder)
    return str(caught.value)


@pytest.mark.parametrize("options", [{}, {"zipmap": False}, {"zipmap": "columns"}])
def test_binary_pipeline_of_text_and_numbers(tmp_path: Path, options: dict[str, Any]) -> None:
    """Labels, probabilities and columns are the pipeline's, in each of the forms in which converters return them."""
    rows = columns_of(FRAME)
    model = pipeline(LogisticRegression()).fit(rows, FRAME["answer"])
    loaded = converted(model, tmp_path, rows, **options)
    assert ["age", "visits", "city"] == list(loaded.estimator.feature_names_in_)
    assert ["no", "yes"] == list(loaded.estimator.classes_)
    shuffled = rows.iloc[:, ::-1]
    assert list(model.predict(rows)) == list(loaded.estimator.predict(shuffled))
    assert np.abs(model.predict_proba(rows) - loaded.estimator.predict_proba(shuffled)).max() < SINGLE
    assert loaded.about.kind.startswith("ONNX model (producer skl2onnx 1.")


@pytest.mark.parametrize("options", [{}, {"zipmap": False}])
def test_multiclass_forest_with_whole_labels(tmp_path: Path, options: dict[str, Any]) -> None:
    """Whole numbers as labels stay whole numbers, in the order of the model's classes."""
    rows = FRAME[NUMBERS].to_numpy(dtype=np.float32)
    model = RandomForestClassifier(5, max_depth=4, random_state=0).fit(rows, FRAME["grade"])
    loaded = converted(model, tmp_path, rows, **options)
    assert 2 == loaded.estimator.n_features_in_
    assert [0, 1, 2] == loaded.estimator.classes_.tolist()
    scores = scored(loaded, Task.MULTICLASS, (0, 1, 2))
    assert np.array_equal(model.predict(rows), scores.predicted)
    assert np.abs(model.predict_proba(rows) - scores.scores).max() < SINGLE


@pytest.mark.parametrize(("target", "classes"), [("answer", ("no", "yes")), ("grade", (0, 1, 2))])
def test_margins_are_not_taken_for_probabilities(tmp_path: Path, target: str, classes: tuple[Any, ...]) -> None:
    """A support vector machine returns distances under the name "probabilities"; they rank, and no more."""
    rows = FRAME[NUMBERS].to_numpy(dtype=np.float32)
    model = LinearSVC().fit(rows, FRAME[target])
    task = Task.BINARY if len(classes) == 2 else Task.MULTICLASS
    scores = scored(converted(model, tmp_path, rows), task, classes)
    assert ("decision_function", False) == (scores.method, scores.is_probability)
    assert list(model.predict(rows)) == list(scores.labels)
    assert np.abs(model.decision_function(rows) - scores.scores).max() < 1e-4


def test_regression_of_a_tensor_and_of_columns(tmp_path: Path) -> None:
    """One number for each row, whether the graph takes one table or a column each."""
    rows = columns_of(FRAME)
    by_place = LinearRegression().fit(rows[NUMBERS].to_numpy(), FRAME["amount"])
    loaded = converted(by_place, tmp_path, rows[NUMBERS].to_numpy())
    assert np.allclose(by_place.predict(rows[NUMBERS].to_numpy()), scored(loaded, Task.REGRESSION).predicted, atol=1e-4)
    by_name = pipeline(LinearRegression()).fit(rows, FRAME["amount"])
    loaded = converted(by_name, tmp_path, rows)
    assert np.allclose(by_name.predict(rows), scored(loaded, Task.REGRESSION, frame=rows).predicted, atol=1e-4)
    assert not hasattr(loaded.estimator, "predict_proba")


def test_scores_alone_behind_a_sigmoid_and_a_softmax(tmp_path: Path) -> None:
    """Networks name no classes: their scores are taken in the review's order, and the page says so."""
    rows = FRAME.assign(age=FRAME["age"] - 50)
    expected = 1 / (1 + np.exp(-rows["age"].to_numpy(dtype=float)))
    for last, table in (("Sigmoid", [[1], [0]]), ("Softmax", [[0, 1], [0, 0]])):
        scores = scored(save(network(last, table), tmp_path), Task.BINARY, ("no", "yes"), rows)
        assert np.abs(expected - scores.scores).max() < SINGLE
        assert list(np.where(expected > 0.5, "yes", "no")) == list(scores.labels)
        assert "The model does not name its classes" in scores.notes[0]


def test_scores_alone_without_either(tmp_path: Path) -> None:
    """Logits of two or three classes decide by the largest; a single one is a number that needs a threshold."""
    rows = FRAME.assign(age=FRAME["age"] - 50)
    positive = rows["age"] > 0
    two = scored(save(network("Identity", [[0, 2], [0, 0]]), tmp_path), Task.BINARY, ("no", "yes"), rows)
    assert ("decision_function", False) == (two.method, two.is_probability)
    assert list(np.where(positive, "yes", "no")) == list(two.labels)
    three = scored(save(network("Identity", [[0, 2, 1], [0, 0, 0]]), tmp_path), Task.MULTICLASS, "abc", rows)
    assert list(np.where(positive, "b", "a")) == list(three.labels)
    one = save(network("Identity", [[1], [0]]), tmp_path)
    with pytest.raises(ScoringError, match=r"set model\.threshold"):
        scored(one, Task.BINARY, ("no", "yes"), rows)
    cut = Candidate.of(InProcess(one.estimator), NUMBERS, task=Task.BINARY, classes=("no", "yes"), threshold=0.0).score(
        rows
    )
    assert list(np.where(positive, "yes", "no")) == list(cut.labels)
    with pytest.raises(ScoringError, match="2 columns for 3 classes"):
        scored(save(network("Identity"), tmp_path), Task.MULTICLASS, "abc", rows)
    with pytest.raises(ScoringError, match="2 values for each row"):
        scored(save(network("Identity"), tmp_path), Task.REGRESSION, frame=rows)


def test_labels_alone(tmp_path: Path) -> None:
    """A graph may return labels and nothing else."""
    nodes = [node("MatMul", "x w", "z"), node("ArgMax", "z", "label", axis=1, keepdims=0)]
    ends = ([("x", FLOAT, ["n", 2])], [("label", INT64, ["n"])])
    loaded = save(graph_of(nodes, ends, [weights([[-1, 1], [50, 0]])]), tmp_path)
    scores = scored(loaded, Task.BINARY, (0, 1))
    assert (None, "predict") == (scores.scores, scores.method)
    assert list((FRAME["age"] > 50 * FRAME["visits"] - FRAME["age"]).astype(int)) == list(scores.labels)


def test_metadata_names_classes_and_columns(tmp_path: Path) -> None:
    """What a graph cannot say, its metadata can; with named columns their order does not matter."""
    graph = network("Softmax", [[0, 1], [0, 0]])
    named = {"classes": json.dumps(["low", "high"]), "feature_names": json.dumps(["age", "visits"])}
    onnx.helper.set_model_props(graph, named)
    loaded = save(graph, tmp_path).estimator
    rows = pd.DataFrame({"visits": [9, 9], "age": [1.0, -1.0]})
    assert ["high", "low"] == list(loaded.predict(rows))
    assert not hasattr(loaded, "n_features_in_")
    onnx.helper.set_model_props(graph, {"classes": "no JSON", "feature_names": json.dumps(["age"])})
    loaded = save(graph, tmp_path).estimator
    assert 2 == loaded.n_features_in_
    assert not hasattr(loaded, "classes_")


def test_many_rows_are_scored_in_pieces_with_the_same_answers(tmp_path: Path) -> None:
    """Pieces on several threads give what one call gives, in the same order."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2 * PIECE + 7, 2)).astype(np.float32)
    loaded = converted(LogisticRegression().fit(rows, rows[:, 0] > 0), tmp_path, rows).estimator
    parts = [loaded.predict_proba(rows[start : start + 5_000]) for start in range(0, len(rows), 5_000)]
    assert np.array_equal(np.concatenate(parts), loaded.predict_proba(rows))


def test_a_graph_for_one_row_is_asked_row_by_row(tmp_path: Path) -> None:
    """A first dimension that is fixed to one is no obstacle; one that is fixed to more is."""
    nodes = [node("MatMul", "x w", "out")]
    one = graph_of(nodes, ([("x", FLOAT, [1, 2])], [("out", FLOAT, [1, 1])]), [weights([[1], [0]])])
    loaded = save(one, tmp_path)
    assert np.allclose(FRAME["age"], scored(loaded, Task.REGRESSION).predicted)
    eight = graph_of(nodes, ([("x", FLOAT, [8, 2])], [("out", FLOAT, [8, 1])]), [weights([[1], [0]])])
    (tmp_path / "model.onnx").write_bytes(eight.SerializeToString())
    assert 'takes exactly 8 rows at a time in "x"' in refusal(tmp_path, path="model.onnx")


def test_columns_of_any_number_are_taken_by_their_place(tmp_path: Path) -> None:
    """A graph that does not say how many columns it takes gets an array."""
    nodes = [node("ReduceSum", "x", "out", keepdims=1, noop_with_empty_axes=0)]
    nodes[0].input.append("axes")
    axes = onnx.numpy_helper.from_array(np.array([1], dtype=np.int64), "axes")
    loaded = save(graph_of(nodes, ([("x", FLOAT, ["n", "k"])], [("out", FLOAT, ["n", 1])]), [axes]), tmp_path)
    assert loaded.about.takes_arrays
    assert [6.0] == loaded.estimator.predict(np.array([[1.0, 2, 3]])).ravel().tolist()


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2], "float", np.array([1, 2], np.float32)),
        ([True, None], "double", np.array([1, np.nan])),
        ([1.0, 2.0], "int64", np.array([1, 2])),
        ([2**53 + 1], "int64", np.array([2**53 + 1])),
        (pd.array([2**53 + 1, 3], dtype="Int64"), "int64", np.array([2**53 + 1, 3])),
        (pd.array([1, None], dtype="Int64"), "float", np.array([1, np.nan], np.float32)),
        (pd.Categorical([3, 1]), "int32", np.array([3, 1], np.int32)),
        (pd.Categorical(["b", "a"]), "string", np.array(["b", "a"], object)),
        ([0, 1.0], "bool", np.array([False, True])),
        ([1e39, -1e39], "float", np.array([np.inf, -np.inf], np.float32)),
    ],
)
def test_columns_become_what_the_graph_declares(values: Any, kind: str, expected: Any) -> None:
    """Numbers, truth values, gaps and categories become the declared type, without loss where it has room."""
    found = convert(pd.Series(values, dtype=object if isinstance(values[-1], type(None)) else None), kind, "a")
    assert expected.dtype == found.dtype
    assert np.array_equal(expected, found, equal_nan=expected.dtype.kind == "f")


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ([1.0, np.nan], "int64", 'the column "a" holds missing values; the ONNX model takes int64 there'),
        ([1.5], "int64", "holds fractions"),
        ([3e9], "int32", "holds values outside -2,147,483,648 to 2,147,483,647"),
        ([np.inf], "int64", "holds values outside"),
        ([-1], "uint8", "holds values outside 0 to 255"),
        ([2], "bool", "holds values outside 0 to 1"),
        (["1"], "float", "holds text; the ONNX model takes numbers (float)"),
        (["x", None], "string", "holds missing values; the ONNX model takes text"),
        ([1, 2], "string", "the ONNX model takes text"),
        ([0, "b"], "string", "the ONNX model takes text"),
        ([[1], [2]], "float", "holds values that are no numbers"),
        (pd.to_datetime(["2026-01-01"]), "float", "holds dates"),
    ],
)
def test_columns_that_cannot_are_clean_errors(values: Any, kind: str, words: str) -> None:
    """Nothing is guessed: the column, what it holds, and what the model takes are named."""
    with pytest.raises(ValueError, match="the column") as caught:
        convert(pd.Series(values), kind, "a")
    assert words in str(caught.value)


def test_another_width_and_no_rows_are_clean_errors(tmp_path: Path) -> None:
    """An array of another width, and no rows at all, are refused in words."""
    model = save(network("Softmax"), tmp_path).estimator
    with pytest.raises(ValueError, match="takes 2 columns"):
        model.predict(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="was given none"):
        model.predict(np.zeros((0, 2)))


def test_refits_say_what_to_supply_instead(tmp_path: Path) -> None:
    """A graph cannot be fitted again, and the reason names what would do."""
    found = unfit_for_cloning(save(network("Softmax"), tmp_path).estimator)
    assert isinstance(found, Missing)
    assert "not how to fit it" in found.reason
    assert "the estimator" in found.needs


@pytest.mark.parametrize("content", [b"", b"x", b"hello world", b"\x80\x04K\x01.", b"PK\x03\x04" + 100 * b"\0"])
def test_what_is_no_onnx_file_is_told(tmp_path: Path, content: bytes) -> None:
    """Empty, damaged and other files are told before onnxruntime sees them."""
    (tmp_path / "model.onnx").write_bytes(content)
    assert "it is cut off, damaged, or no ONNX file" in refusal(tmp_path, path="model.onnx")


def test_graphs_inside_graphs_without_end_are_told(tmp_path: Path) -> None:
    """Nothing follows them so deep that it would overflow."""
    content = b""
    for tag in (*3000 * (0x32, 0x2A, 0x0A), 0x3A):  # the graph of an attribute of a node of the graph of a model
        size = len(content)
        content = bytes([tag, size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + content
    test_what_is_no_onnx_file_is_told(tmp_path, content)


def test_a_truncated_file_is_told(tmp_path: Path) -> None:
    """Whatever is cut off at the end is missed."""
    completed = network("Softmax").SerializeToString()
    (tmp_path / "model.onnx").write_bytes(completed[: len(completed) // 2])
    assert "cut off" in refusal(tmp_path, path="model.onnx")


def test_a_pin_is_checked_where_there_is_one(tmp_path: Path) -> None:
    """No pin is asked for, since nothing in the file is run; one that is given counts."""
    loaded = save(network("Softmax"), tmp_path)
    digest = hashlib.sha256((tmp_path / "model.onnx").read_bytes()).hexdigest()
    assert (digest, (tmp_path / "model.onnx").stat().st_size) == (loaded.artifact.sha256, loaded.artifact.size)
    assert loaded.artifact == load_model(ModelFile(path="model.onnx", sha256=digest), tmp_path).artifact
    assert "is not the file that the spec pins" in refusal(tmp_path, path="model.onnx", sha256="0" * 64)


def outside(folder: Path, location: str | None = None) -> Path:
    """A model whose weights lie in another file; `location` replaces the name under which it looks for them."""
    folder.mkdir(exist_ok=True)
    graph = network("Softmax", np.ones((2, 2)))
    onnx.save_model(graph, folder / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    if location is not None:
        graph = onnx.load_model(folder / "net.onnx", load_external_data=False)
        graph.graph.initializer[0].external_data[0].value = location
        (folder / "net.onnx").write_bytes(graph.SerializeToString())
    return folder


def test_weights_in_another_file_are_loaded_from_a_folder_only(tmp_path: Path) -> None:
    """A digest must cover what is loaded: of a file it would not, of a folder it does."""
    folder = outside(tmp_path / "model")
    assert 'keeps weights in another file ("net.data")' in refusal(folder, path="net.onnx")
    loaded = load_model(ModelFile(path="model"), tmp_path)
    assert sha256_path(folder) == loaded.artifact.sha256
    assert np.allclose(0.5, loaded.estimator.predict_proba(np.ones((1, 2))))


@pytest.mark.parametrize("location", ["../net.data", "/etc/hostname", "..\\net.data", "*/_ORT_MEM_ADDR_/*", "", "gone"])
def test_weights_elsewhere_are_refused(tmp_path: Path, location: str) -> None:
    """No file outside the folder is read, nor an address in memory."""
    (tmp_path / "net.data").write_bytes(16 * b"\0")
    outside(tmp_path / "model", location)
    assert "which is no file in its own folder" in refusal(tmp_path, path="model")


@pytest.mark.parametrize("place", ["initializer", "attribute", "subgraph", "sparse", "function", "training"])
def test_weights_elsewhere_are_found_wherever_they_hide(tmp_path: Path, place: str) -> None:
    """A tensor may stand in many places; each is looked into."""
    tensor = onnx.TensorProto(name="t", data_type=FLOAT, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="hidden.bin")
    constant = onnx.helper.make_node("Constant", [], ["c"], value=tensor)
    graph = network("Softmax")
    if place == "initializer":
        graph.graph.initializer.append(tensor)
    elif place == "attribute":
        graph.graph.node.append(constant)
    elif place == "subgraph":
        branch = onnx.helper.make_graph([constant], "b", [], [])
        graph.graph.node.append(onnx.helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))
    elif place == "sparse":
        graph.graph.sparse_initializer.add().values.CopyFrom(tensor)
    elif place == "training":
        graph.training_info.add().initialization.initializer.append(tensor)
    else:
        made = onnx.helper.make_function("own", "F", [], ["c"], [constant], [onnx.helper.make_opsetid("", 18)])
        graph.functions.append(made)
    (tmp_path / "model.onnx").write_bytes(graph.SerializeToString())
    assert '("hidden.bin")' in refusal(tmp_path, path="model.onnx")


def test_custom_operators_are_refused_by_name(tmp_path: Path) -> None:
    """Operators of others are code, and no library of them is loaded; those that the file defines itself are fine."""
    ends = ([("x", FLOAT, ["n", 2])], [("out", FLOAT, ["n", 2])])
    graph = graph_of([node("Magic", "x", "out", domain="acme.ops")], ends)
    (tmp_path / "model.onnx").write_bytes(graph.SerializeToString())
    assert 'needs the operators of "acme.ops"' in refusal(tmp_path, path="model.onnx")
    opsets = [onnx.helper.make_opsetid("", 18)]
    graph.functions.append(
        onnx.helper.make_function("acme.ops", "Magic", ["x"], ["y"], [node("Softmax", "x", "y")], opsets)
    )
    assert (1, 2) == save(graph, tmp_path).estimator.predict(np.ones((1, 2))).shape


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (([("x", FLOAT, ["n", 3, 8, 8])], [("x2", FLOAT, ["n", 3, 8, 8])]), "of the shape n × 3 × 8 × 8"),
        (([("x", FLOAT, ["n", 2]), ("y", FLOAT, ["n", 1])], [("x2", FLOAT, ["n", 2])]), 'which "x" holds several'),
        (([("x", FLOAT, ["n", 2])], [("x2", FLOAT, ["n", 2]), ("x3", FLOAT, ["n", 2])]), 'returns "x2", "x3"'),
    ],
)
def test_other_inputs_and_outputs_ask_for_a_loader(tmp_path: Path, ends: Any, words: str) -> None:
    """Images, several tables and several outputs are told at once, with what to do."""
    nodes = [node("Identity", "x", name) for name, *_ in ends[1]]
    (tmp_path / "model.onnx").write_bytes(graph_of(nodes, ends).SerializeToString())
    message = refusal(tmp_path, path="model.onnx")
    assert words in message
    assert "loader" in message


def test_long_lists_hide_nothing(tmp_path: Path) -> None:
    """The thousands of numbers and words of a forest hide neither the classes nor what follows them."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(1000, 4)).astype(np.float32)
    model = RandomForestClassifier(10, random_state=0).fit(rows, rng.choice(["left", "right"], 1000))
    graph = skl2onnx.to_onnx(model, rows[:1], options={id(model): {"zipmap": False}})
    assert len(graph.SerializeToString()) > 100_000
    assert ["left", "right"] == list(save(graph, tmp_path).estimator.classes_)
    tensor = graph.graph.initializer.add(name="t", data_type=FLOAT, dims=[1])
    tensor.float_data.extend([0.0] * 5000)
    tensor.external_data.add(key="location", value="behind.bin")
    (tmp_path / "model.onnx").write_bytes(graph.SerializeToString())
    assert '("behind.bin")' in refusal(tmp_path, path="model.onnx")


def test_hostile_words_of_a_file_are_shown_harmlessly(tmp_path: Path) -> None:
    """A producer may call itself anything; nothing of it acts, and it does not fill the page."""
    graph = network("Softmax")
    graph.producer_name = "\x1b[31m<b>" + 500 * "x"
    kind = save(graph, tmp_path).about.kind
    assert kind.startswith("ONNX model (producer ⟨U+001B⟩[31m<b>xxx")
    assert len(kind) < 120
    graph.producer_name = ""
    assert "ONNX model" == save(graph, tmp_path).about.kind


def without(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    found: Callable[..., Any] = kinds.find_spec
    monkeypatch.setattr(kinds, "find_spec", lambda name: None if name in packages else found(name))


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        (("onnx",), "onnx is not installed here"),
        (("onnxruntime",), "onnxruntime is not installed here"),
        (("onnx", "onnxruntime"), "onnx and onnxruntime are not installed here"),
    ],
)
def test_without_its_packages_the_remedy_is_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages: tuple[str, ...], words: str
) -> None:
    """The error says what to install; its exit code is that of bad input."""
    without(monkeypatch, *packages)
    (tmp_path / "model.onnx").write_bytes(network("Softmax").SerializeToString())
    message = refusal(tmp_path, path="model.onnx")
    assert f"is an ONNX file, and {words}" in message
    assert 'pip install "readiness[onnx]"' in message
    assert 2 == ModelError.exit_code


@pytest.fixture
def review(review_files: Callable[..., Path]) -> Path:
    """A spec about an ONNX file of the same pipeline that the other tests review."""
    spec = review_files({"stability": None})
    train = pd.read_parquet(spec.parent / "train.parquet")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train[["a", "b"]], train["y"])
    rows = train[["a", "b"]].astype(np.float32)
    (spec.parent / "model.onnx").write_bytes(skl2onnx.to_onnx(model, rows[:1]).SerializeToString())
    content = yaml.safe_load(spec.read_text())
    content["model"] = {"name": "small", "version": "1.0", "path": "model.onnx"}
    spec.write_text(yaml.safe_dump(content))
    return spec


def test_check_tells_it_before_a_kernel_starts(review: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The missing package is a problem of the spec's line, told with all others."""
    without(monkeypatch, "onnxruntime")
    with pytest.raises(SpecError, match=r"model\.path.*onnxruntime is not installed here.*readiness\[onnx\]"):
        preflight(load_spec(review))


@pytest.mark.slow
def test_a_whole_review_of_an_onnx_file(review: Path) -> None:
    """It answers every question but the one that fits anew, from the same answers as the pipeline's own review."""
    as_onnx = walk(review, figures=False)
    assert {} == as_onnx.failed
    assert "not_assessed" == as_onnx.answer(Question.STABILITY).status.value
    assert "supplied.folds" in " ".join(finding.needs or "" for finding in as_onnx.answer(Question.STABILITY).findings)
    assert as_onnx.record.gathered.model.kind.startswith("ONNX model (producer skl2onnx")
    assert "onnxruntime" in as_onnx.record.gathered.environment.packages
    content = yaml.safe_load(review.read_text())
    digest = hashlib.sha256((review.parent / "model.joblib").read_bytes()).hexdigest()
    content["model"] |= {"path": "model.joblib", "sha256": digest}
    review.write_text(yaml.safe_dump(content))
    mine, own = as_onnx.evidence.cases, gather(review).cases
    assert (own.y_pred.tolist(), own.y_true.tolist()) == (mine.y_pred.tolist(), mine.y_true.tolist())
    assert np.abs(own.y_score - mine.y_score).max() < SINGLE


@pytest.mark.slow
def test_probes_and_memory_in_a_process_of_its_own(tmp_path: Path) -> None:
    """The graph is loaded once more elsewhere, and behaves: the library is not counted as the model's memory."""
    rows = columns_of(FRAME)
    model = pipeline(LogisticRegression()).fit(rows, FRAME["answer"])
    loaded = converted(model, tmp_path, rows)
    candidate = Candidate.of(InProcess(loaded.estimator), [*NUMBERS, "city"], task=Task.BINARY, classes=("no", "yes"))
    spec = ModelFile(path="model.onnx", sha256=loaded.artifact.sha256)
    start = Start(Isolation(IsolationForm.PROCESS))
    worker = ProcessWorker(spec, tmp_path, Cell((tmp_path / "model.onnx",), folder=tmp_path), start=start)
    there = Candidate.of(worker, [*NUMBERS, "city"], task=Task.BINARY, classes=("no", "yes"))
    said, expected = there.score(FRAME), candidate.score(FRAME)
    assert said.scores is not None
    assert expected.scores is not None
    assert np.allclose(expected.scores, said.scores, atol=SINGLE)
    assert loaded.about == worker.about
    result = try_candidate(there, FRAME)
    worker.close()
    assert not isinstance(result.probes, Missing)
    outcomes = {probe.name: probe.outcome for probe in result.probes}
    passed = dict.fromkeys(("one_row", "column_order", "determinism", "unseen_category", "input_not_mutated"), "passed")
    assert passed == {name: outcomes[name] for name in passed}
    assert "clean_error" == outcomes["empty_frame"]
    assert "failed" == outcomes["missing_value"]  # the graph itself hands a gap on, where scikit-learn would refuse it
    assert not isinstance(result.memory, Missing)
    assert result.memory.model < 30e6 < result.memory.libraries


def test_a_starter_spec_pins_it_and_asks_for_no_loader(tmp_path: Path) -> None:
    """`readiness new` hashes the file, and knows that nothing else is needed."""
    (tmp_path / "net.onnx").write_bytes(b"never opened")
    FRAME.to_csv(tmp_path / "test.csv", index=False)
    text = starter(tmp_path / "net.onnx", tmp_path / "test.csv", target="answer", folder=tmp_path)
    assert f"sha256: {hashlib.sha256(b'never opened').hexdigest()}" in text
    assert "loader" not in text


def test_the_environment_names_the_library(tmp_path: Path) -> None:
    """What computed the scores stands among the packages."""
    save(network("Softmax"), tmp_path)
    assert "onnxruntime" in environment().packages
