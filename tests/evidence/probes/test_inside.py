"""Looks into the process of a model: its input, the program around it, threads, a copy of it, forms of a table."""

from __future__ import annotations

import copy
import logging
import os
import random
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from readiness.core.counterexamples import Change, Cure
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.inside import INSIDE
from readiness.evidence.probes.robustness import PROBES
from readiness.evidence.workers.in_process import InProcess
from readiness.evidence.workers.worker import Inputs, InsideProbe

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame({"age": RNG.integers(18, 90, 20), "income": RNG.normal(3000, 500, 20)})


class Rule:
    """A regression by a plain function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.predict = function


def looked(name: str, function: Callable[[Any], Any], rows: Inputs = ROWS) -> InsideProbe:
    return INSIDE[name](Rule(function), rows)


@pytest.fixture(autouse=True)
def _program() -> Iterator[None]:
    """What these models change is put back."""
    kept = np.random.get_state(), random.getstate(), dict(np.geterr()), warnings.filters[:], os.environ.copy()  # noqa: NPY002
    level, patience, depth = logging.getLogger().level, socket.getdefaulttimeout(), sys.getrecursionlimit()
    yield
    logging.getLogger().setLevel(level)
    socket.setdefaulttimeout(patience)
    sys.setrecursionlimit(depth)
    np.random.set_state(kept[0])  # noqa: NPY002
    random.setstate(kept[1])
    np.seterr(**kept[2])
    warnings.filters[:] = kept[3]
    os.environ.clear()
    os.environ.update(kept[4])


@pytest.mark.parametrize("rows", [ROWS, ROWS.to_numpy()], ids=["table", "array"])
@pytest.mark.parametrize("name", INSIDE)
def test_ordinary_models_pass_every_look(name: str, rows: Inputs) -> None:
    """A linear model and a tree, of tables and of arrays."""
    labels = ROWS["income"] > 3000
    for model in (LogisticRegression(max_iter=1000), DecisionTreeClassifier(max_depth=3)):
        assert INSIDE[name](model.fit(rows, labels), rows) == InsideProbe("passed")


def test_input_that_is_changed_is_named() -> None:
    """Values, types, columns and index, of tables and arrays; what was handed to the look itself stays as it was."""

    def change(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def predict(rows: Any) -> Any:
            step(rows)
            return np.zeros(len(rows))

        return predict

    before = ROWS.copy(deep=True)
    for step, words in (
        (lambda rows: rows.insert(0, "new", 1), "its columns are changed"),
        (lambda rows: rows.__delitem__("age"), "its columns are changed"),
        (lambda rows: rows.insert(0, "index", rows.index), "its columns are changed"),
        (lambda rows: setattr(rows, "index", range(1, 21)), "its index is changed"),
    ):
        assert looked("input_not_mutated", change(step)) == InsideProbe("failed", words)
    for column, value in (("income", 0.0), ("age", 1.5)):
        found = looked("input_not_mutated", change(lambda rows, c=column, v=value: rows.__setitem__(c, v)))
        assert found == InsideProbe("failed", "values are changed", {"column": column})
    array = looked("input_not_mutated", change(lambda rows: rows.fill(0)), ROWS.to_numpy())
    assert array == InsideProbe("failed", "the array is changed")
    pd.testing.assert_frame_equal(ROWS, before)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (lambda: np.random.seed(0), "it changes the random numbers of NumPy"),  # noqa: NPY002
        (lambda: random.seed(0), "it changes the random numbers of Python"),
        (lambda: warnings.simplefilter("ignore"), "it changes the filters of warnings"),
        (lambda: np.seterr(all="ignore"), "it changes how NumPy treats errors"),
        (lambda: logging.getLogger().setLevel("ERROR"), "it changes the level of logging"),
        (lambda: socket.setdefaulttimeout(5), "it changes the patience of sockets"),
        (lambda: sys.setrecursionlimit(9999), "it changes the depth of recursion"),
        (
            lambda: os.environ.update(SEEN=str(time.perf_counter_ns())),
            "it changes the variables of the environment",
        ),
    ],
)
def test_changes_of_what_a_program_shares_are_named(step: Callable[[], Any], words: str) -> None:
    """Also where every call sets it to the same; what the look itself disturbs is put back."""

    def predict(rows: Any) -> Any:
        step()
        return np.zeros(len(rows))

    before = dict(np.geterr()), logging.getLogger().level, socket.getdefaulttimeout(), sys.getrecursionlimit()
    assert looked("global_state", lambda rows: np.zeros(len(rows))) == InsideProbe("passed")
    assert before == (np.geterr(), logging.getLogger().level, socket.getdefaulttimeout(), sys.getrecursionlimit())
    assert looked("global_state", predict) == InsideProbe("failed", words)


def test_an_answer_that_is_put_together_in_the_model_fails_with_threads() -> None:
    """State that one call writes and another reads is found; a lock mends it."""

    class Shared:
        def __init__(self, lock: Any) -> None:
            self.rows, self.lock = pd.DataFrame(), lock

        def predict(self, rows: Any) -> Any:
            with self.lock:
                self.rows = rows
                time.sleep(0.001)
                return self.rows["income"].to_numpy(float)

    class NoLock:
        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    assert INSIDE["threads"](Shared(NoLock()), ROWS) == InsideProbe("failed", "it gives other answers")
    assert INSIDE["threads"](Shared(threading.Lock()), ROWS) == InsideProbe("passed")


def test_an_error_of_threads_is_told() -> None:
    main = threading.get_ident()

    def only_here(rows: Any) -> Any:
        if threading.get_ident() != main:
            raise RuntimeError("no event loop in this thread")
        return np.zeros(len(rows))

    found = looked("threads", only_here)
    assert found.outcome == "failed"
    assert found.facts == {"error": "RuntimeError: no event loop in this thread"}


class Forgetful:
    """Answers by what is not saved with it."""

    def __init__(self) -> None:
        self.shift: float | None = 1.0

    def __getstate__(self) -> dict[str, Any]:
        return {"shift": None}

    def predict(self, rows: Any) -> Any:
        return np.full(len(rows), self.shift or 0.0)


def test_a_copy_that_answers_otherwise_is_found() -> None:
    """What cannot be pickled is saved in other ways, and is no failure."""
    assert INSIDE["pickling"](Forgetful(), ROWS) == InsideProbe("failed", "its copy gives other answers")
    found = looked("pickling", lambda rows: np.zeros(len(rows)))
    assert found.outcome == "not_applicable"
    assert found.words.startswith("it is not saved as a pickle (")


def test_other_forms_of_a_table() -> None:
    """Joining by the index changes answers; memory that cannot be written is refused; lists may be refused."""

    def joined(rows: pd.DataFrame) -> Any:
        return rows["income"].groupby(level=0).transform("mean").to_numpy(float)

    def writing(rows: Any) -> Any:
        values = np.asarray(rows)
        values[0, 0] = values[0, 0]
        return values[:, 1].copy()

    def strict(rows: Any) -> Any:
        if not isinstance(rows, pd.DataFrame | np.ndarray):
            raise TypeError("a table is needed")
        return np.zeros(len(rows))

    assert looked("table_forms", joined) == InsideProbe("failed", "other answers", {"change": "repeated_index"})
    refused = looked("table_forms", writing, ROWS.to_numpy())
    assert (refused.outcome, refused.facts["change"]) == ("clean_error", "read_only")
    assert looked("table_forms", strict) == InsideProbe("passed")


@pytest.mark.parametrize("name", INSIDE)
def test_models_that_do_not_answer_plain_rows_have_failed(name: str) -> None:
    """Whatever they raise, the end of the program included."""

    def raising(_rows: Any) -> Any:
        raise ValueError("no licence")

    def ending(_rows: Any) -> Any:
        raise SystemExit(1)

    assert looked(name, raising) == InsideProbe("failed", "the rows are not answered: ValueError: no licence")
    assert looked(name, ending) == InsideProbe("failed", "the rows are not answered: SystemExit: 1")


# ----------------------------------------------------------------------------------------------------
# What is made of a reply, which comes from a process of others


class Replying(InProcess):
    """A worker that gives this reply to every look."""

    def __init__(self, reply: InsideProbe | Missing) -> None:
        super().__init__(Rule(lambda rows: np.zeros(len(rows))))
        self.reply = reply

    def probe(self, name: str, inputs: Inputs) -> InsideProbe | Missing:
        return copy.copy(self.reply)


def told(name: str, reply: InsideProbe | Missing) -> ProbeResult:
    candidate = Candidate.of(Replying(reply), list(ROWS), task=Task.REGRESSION)
    return PROBES[name](candidate, ROWS)


def test_a_reply_becomes_an_example_with_a_cure() -> None:
    found = told("input_not_mutated", InsideProbe("failed", "values are changed", {"column": "income"}))
    assert found.example is not None
    assert (found.example.change, found.example.columns) == (Change.INPUT, ("income",))
    assert found.example.cure is Cure.WORK_ON_COPY
    found = told("table_forms", InsideProbe("failed", "other answers", {"change": "read_only"}))
    assert found.example is not None
    assert (found.example.change, found.example.cure) == (Change.READ_ONLY, Cure.COPY_ARRAY)


def test_hostile_replies_are_no_pass() -> None:
    """An outcome that nobody knows, texts without end, and changes of other probes."""
    assert told("threads", InsideProbe("well done")).outcome == "unavailable"
    assert told("threads", Missing("the model is elsewhere")).outcome == "unavailable"
    long = told("threads", InsideProbe("failed", "x" * 10_000, {"error": "y" * 10_000, "change": "gap"}))
    assert long.example is not None
    assert long.example.change is Change.THREADS
    assert len(long.reason) < 300
    assert len(long.example.error) <= 200
