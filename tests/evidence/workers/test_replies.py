"""What is believed of a reply: what was asked for, in the form in which it was asked for, and nothing else."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness.core.canonical import encode
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.workers.line import read_raised
from readiness.evidence.workers.replies import (
    UNREADABLE,
    missing_of,
    read_description,
    read_outcome,
    read_times,
)
from readiness.evidence.workers.wire import Message, join_messages, pack_array, pack_value
from readiness.evidence.workers.worker import Form, ModelDescription, Outcome, RefitJob, Split, TimeRequest, Times
from tests.sampling import examples

FRAME = pd.DataFrame({"a": np.arange(6.0)})
SPLIT = Split(0, 0, np.arange(4), np.arange(4, 6))

# ----------------------------------------------------------------------------------------------------
# Times

ASKED = TimeRequest("predict", FRAME, calls=3, memory_every=1)
GOOD: dict[str, Any] = {"began": [0, 10, 20], "ended": [9, 10, 30], "resident": [5, 5, 6, 6], "failed": [1]}


def timed(arrays: dict[str, Any] = GOOD, **values: Any) -> Times:
    told = {"raised_in_calls": [], "numbers": {"prepared": 4}, **values}
    parts = {name: pack_array(np.asanyarray(array)) for name, array in arrays.items()}
    return read_times(join_messages(told, parts), 1000, ASKED)


def test_times_as_they_were_asked_for() -> None:
    """Also none at all, where the seconds were over at once."""
    found = timed(raised_in_calls=[["ValueError", "no", ["Exception"], ""]])
    assert ([9, 0, 10], 1000, 4) == (found.service.tolist(), found.outside, found.prepared)
    assert ([5, 5, 6, 6], [1]) == (found.resident.tolist(), found.failed.tolist())
    assert ["no"] == [each.words for each in found.raised]
    none = timed({"began": np.empty(0, np.int64), "ended": np.empty(0, np.int64)})
    assert (0, 0) == (len(none.began), len(none.resident))
    assert 20 == len(timed(raised_in_calls=[["E", "", [], ""]] * 900).raised)


@pytest.mark.parametrize(
    "changes",
    [
        {"began": [0, 10]},
        {"began": [0, 10, 20, 40], "ended": [9, 10, 30, 50]},
        {"ended": [9, 9, 30]},
        {"began": [0, 8, 20]},
        {"began": [-1, 10, 20]},
        {"began": [0.0, 10.0, 20.0]},
        {"began": ["0", "10", "20"]},
        {"began": [[0, 10, 20]]},
        {"ended": np.ma.array([9, 10, 30], mask=[True, False, False])},
        {"resident": [5] * 5},
        {"resident": [-5]},
        {"failed": [3]},
        {"failed": [1, 1]},
        {"failed": [0, 1, 2, 2]},
    ],
    ids=str,
)
def test_times_that_contradict_themselves(changes: dict[str, Any]) -> None:
    """Other calls than were asked for, backwards, below nothing, of another form."""
    with pytest.raises(UNREADABLE):
        timed({**GOOD, **changes})


@pytest.mark.parametrize(
    "values",
    [
        {"numbers": {"prepared": -1}},
        {"numbers": {"prepared": 2**62}},
        {"numbers": {"prepared": 1.5}},
        {"numbers": {"prepared": True}},
        {"numbers": {}},
        {"numbers": 4},
        {"raised_in_calls": 4},
        {"raised_in_calls": None},
    ],
    ids=str,
)
def test_numbers_beside_the_times(values: dict[str, Any]) -> None:
    """Whole, from 0, and not without end."""
    with pytest.raises(UNREADABLE):
        timed(**values)


# ----------------------------------------------------------------------------------------------------
# Refits

FORMS = {
    "binary": Form(("a",), True, Task.BINARY, ("no", "yes")),
    "multiclass": Form(("a",), True, Task.MULTICLASS, ("x", "y", "z")),
    "regression": Form(("a",), True, Task.REGRESSION),
}
SAID: dict[str, dict[str, Any]] = {
    "binary": {"predicted": np.array([0, 1]), "scores": np.array([0.2, 0.9])},
    "multiclass": {"predicted": np.array([2, 0]), "scores": np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])},
    "regression": {"predicted": np.array([0.5, -3.0])},
}


def refitted(task: str, changes: dict[str, Any] | None = None, **values: Any) -> Outcome:
    said = {**SAID[task], **(changes or {})}
    told = {"is_probability": task != "regression", "method": "predict_proba", "notes": ["a note"]}
    facts = {"seconds": 1.5, "converged": True, "failure": "", "said": {"scores": told, "held": None}, **values}
    parts = {f"scores.{name}": pack_array(array) for name, array in said.items() if array is not None}
    job = RefitJob(FORMS[task], FRAME, np.zeros(6), [SPLIT])
    return read_outcome(join_messages(json.loads(json.dumps(facts)), parts), job, SPLIT)


@pytest.mark.parametrize("task", FORMS)
def test_a_refit_as_it_was_asked_for(task: str) -> None:
    """Labels, scores, and what was noted."""
    found = refitted(task)
    assert found.scores is not None
    assert SAID[task]["predicted"].tolist() == found.scores.predicted.tolist()
    assert (1.5, True, ("a note",)) == (found.seconds, found.converged, found.scores.notes)
    assert (task != "regression") is found.scores.is_probability
    assert FORMS[task].classes == found.scores.classes
    assert ("of memory", None) == (refitted(task, failure="of memory").error, refitted(task, failure="x").scores)


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("binary", {"predicted": None}),
        ("binary", {"predicted": np.array([0, 1, 1])}),
        ("binary", {"predicted": np.array([[0], [1]])}),
        ("binary", {"predicted": np.array([0, 2])}),
        ("binary", {"predicted": np.array([0, -1])}),
        ("binary", {"predicted": np.array([0.0, 1.0])}),
        ("binary", {"predicted": np.array(["no", "yes"])}),
        ("binary", {"predicted": np.array([0, 1], dtype=np.uint64)}),
        ("binary", {"scores": np.array([0.2, 1.1])}),
        ("binary", {"scores": np.array([0.2, -0.1])}),
        ("binary", {"scores": np.array([0.2, np.nan])}),
        ("binary", {"scores": np.array([0.2, np.inf])}),
        ("binary", {"scores": np.array([[0.8, 0.2], [0.1, 0.9]])}),
        ("binary", {"scores": np.array([0, 1])}),
        ("multiclass", {"scores": np.array([0.2, 0.9])}),
        ("multiclass", {"scores": np.full((2, 4), 0.25)}),
        ("multiclass", {"scores": np.full((2, 3), 0.25)}),
        ("regression", {"scores": np.array([0.2, 0.9])}),
        ("regression", {"predicted": np.array([0.5, np.nan])}),
        ("regression", {"predicted": np.array([1, 2])}),
        ("regression", {"predicted": np.array([0.5, 1j])}),
    ],
    ids=str,
)
def test_a_refit_of_another_form(task: str, changes: dict[str, Any]) -> None:
    """Other rows, classes that there are not, and numbers that are none."""
    with pytest.raises(UNREADABLE):
        refitted(task, changes)


TOLD = {"is_probability": True, "method": "predict", "notes": []}


@pytest.mark.parametrize(
    "values",
    [
        {"seconds": -1},
        {"seconds": "nan"},
        {"seconds": None},
        {"seconds": 1e400},
        {"converged": 1},
        {"failure": None},
        {"failure": ["x"]},
        {"said": None},
        {"said": {}},
        {"said": {"scores": None}},
        {"said": {"scores": {**TOLD, "method": 3}}},
        {"said": {"scores": {**TOLD, "notes": [3]}}},
        {"said": {"scores": {"method": "predict", "notes": []}}},
    ],
    ids=str,
)
def test_facts_of_a_refit_of_another_form(values: dict[str, Any]) -> None:
    """Each is looked at."""
    with pytest.raises(UNREADABLE):
        refitted("binary", **{name: math.inf if value == 1e400 else value for name, value in values.items()})


# ----------------------------------------------------------------------------------------------------
# What a model is

ABOUT = ModelDescription("a kind", "sklearn", ("predict_proba", "predict"), ("a", "b"), 2, refits=Missing("no", "that"))
LABELS = (0.5, "x", True)


def described(changes: dict[str, Any], classes: Any = ()) -> ModelDescription:
    packed = [pack_value(label) for label in LABELS] if classes == () else classes
    return read_description(Message({"about": {**encode(ABOUT), **changes}, "classes": packed}))


def test_a_description_with_its_labels() -> None:
    """Of the very types that they have there; none where it names none."""
    found = described({})
    assert LABELS == found.classes
    assert [*map(type, LABELS)] == [*map(type, found.classes or ())]
    assert ABOUT == described({}, None)
    assert ("w" * 500,) == described({"notes": ["w" * 9_000]}).notes


@pytest.mark.parametrize(
    ("changes", "classes"),
    [
        ({"kind": 3}, ()),
        ({"kind": "k" * 501}, ()),
        ({"package": "p" * 501}, ()),
        ({"methods": ["predict", "__reduce__"]}, ()),
        ({"methods": "predict"}, ()),
        ({"feature_names": [1]}, ()),
        ({"n_features": "2"}, ()),
        ({"regressor": "yes"}, ()),
        ({"refits": "no"}, ()),
        ({"notes": ["n"] * 101}, ()),
        ({"more": 1}, ()),
        ({}, 3),
        ({}, "ab"),
        ({}, [["str"]]),
        ({}, [["code", "import os"]]),
        ({}, [["int", "1"]] * 100_001),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_description_of_another_form(changes: dict[str, Any], classes: Any) -> None:
    """Nothing is taken but what it may say, and not without end."""
    with pytest.raises(UNREADABLE):
        described(changes, classes)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(encode(ABOUT), JSON)), JSON)
@settings(max_examples=examples(300), deadline=None)
def test_any_description_at_all(changes: dict[str, Any], classes: Any) -> None:
    """A description, or an error that is expected."""
    try:
        found = described(changes, classes)
    except UNREADABLE:
        return
    assert isinstance(found, ModelDescription)


@given(JSON)
@settings(max_examples=examples(300), deadline=None)
def test_any_exception_or_reason_at_all(value: Any) -> None:
    """What is none, is none."""
    raised, missing = read_raised(value), missing_of(Message({"missing": value}))
    assert raised is None or (raised.kind.isidentifier() and isinstance(raised.words, str))
    assert missing is None or isinstance(missing.reason, str)


def test_a_reason_with_what_is_needed() -> None:
    """One text, or two, and no longer than one reads."""
    assert Missing("why") == missing_of(Message({"missing": ["why"]}))
    assert Missing("why", "that") == missing_of(Message({"missing": ["why", "that", "more"]}))
    assert missing_of(Message({})) is None
    found = missing_of(Message({"missing": ["w" * 9_000]}))
    assert found is not None
    assert 500 == len(found.reason)
