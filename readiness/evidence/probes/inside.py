"""Looks into the process of a model while it answers: what it is handed, the program around it, threads, a copy of it.

These run where the model lives. They take the estimator and rows in the form that it takes, and give plain data.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import locale
import logging
import os
import pickle
import random
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from readiness.evidence.workers.worker import METHODS, Inputs, InsideProbe

TOLERANCE = 1e-6
"""Two scores nearer than this, absolutely or relatively, are the same: libraries add in varying order."""
THREADS = 4
ROUNDS = 3
"""Calls that each thread makes of its own rows."""
SWITCH_SECONDS = 1e-5
"""How soon threads give way to one another meanwhile, so that they meet inside of a call; 5 ms is usual."""
LONGEST = 200
"""Characters of a text that is told."""

Look = Callable[[Any, Inputs], InsideProbe]
Reshape = Callable[[Any], Any]


def answer(estimator: Any, rows: Any) -> Any:
    """The raw answer of the most telling method that an estimator has."""
    method = next((name for name in METHODS if callable(getattr(estimator, name, None))), METHODS[-1])
    return getattr(estimator, method)(rows)


def are_close(first: object, second: object) -> bool:
    """Whether two answers agree: numbers within the tolerance, anything else to the letter."""
    if first is None or second is None:
        return first is second
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape:
        return False
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        return bool(np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))
    return bool(np.array_equal(a, b))


def _guard(look: Look) -> Look:
    """The same look, which tells of a model that does not answer plain rows in place of failing with it."""

    @functools.wraps(look)
    def guarded(estimator: Any, rows: Inputs) -> InsideProbe:
        try:
            return look(estimator, rows)
        except (Exception, SystemExit) as error:
            return InsideProbe("failed", f"the rows are not answered: {describe_error(error)}")

    return guarded


# ----------------------------------------------------------------------------------------------------


@_guard
def look_at_input(estimator: Any, rows: Inputs) -> InsideProbe:
    """What it is handed must stay as it was: values, types, columns, index, order."""
    given = copy.deepcopy(rows)
    answer(estimator, given)
    if not isinstance(rows, pd.DataFrame):
        is_same = pd.DataFrame(given).equals(pd.DataFrame(rows))
        return InsideProbe("passed") if is_same else InsideProbe("failed", "the array is changed")
    if not isinstance(given, pd.DataFrame) or list(given.columns) != list(rows.columns):
        return InsideProbe("failed", "its columns are changed")
    if not given.index.equals(rows.index):
        return InsideProbe("failed", "its index is changed")
    for name in rows.columns:
        before, after = rows[name], given[name]
        if before.dtype != after.dtype or not before.equals(after):
            return InsideProbe("failed", "values are changed", {"column": str(name)})
    return InsideProbe("passed")


# ----------------------------------------------------------------------------------------------------


@_guard
def look_at_state(estimator: Any, rows: Inputs) -> InsideProbe:
    """What all of a program shares must stay as it was. It is disturbed first, as a model that sets it to the same at
    every call has done so before.
    """
    answer(estimator, copy.deepcopy(rows))  # libraries may load more of themselves at the first call
    with _disturbed_state():
        before = _state()
        answer(estimator, copy.deepcopy(rows))
        after = _state()
    changed = [name for name, value in before.items() if after[name] != value]
    if not changed:
        return InsideProbe("passed")
    return InsideProbe("failed", f"it changes {' and '.join(changed[:3])}")


@contextmanager
def _disturbed_state() -> Iterator[None]:
    """Other settings of what all of a program shares, as far as that harms nobody; as it was, afterwards."""
    errors, level, depth = np.geterr(), logging.getLogger().level, sys.getrecursionlimit()
    patience, filters = socket.getdefaulttimeout(), list(warnings.filters)
    np.random.random()  # noqa: NPY002  # the one that others share
    random.random()
    np.seterr(over="warn" if errors["over"] == "ignore" else "ignore")
    logging.getLogger().setLevel(level + 1)
    sys.setrecursionlimit(depth + 1)
    socket.setdefaulttimeout(61.0 if patience is None else patience + 1)
    warnings.filterwarnings("default", message="readiness looks at the filters of warnings")
    try:
        yield
    finally:
        np.seterr(over=errors["over"])
        logging.getLogger().setLevel(level)
        sys.setrecursionlimit(depth)
        socket.setdefaulttimeout(patience)
        warnings.filters[:] = filters  # type: ignore[index]  # a list, whatever its stub says


def _state() -> dict[str, Any]:
    """What all of a program shares, by what people call it."""
    return {
        "the random numbers of NumPy": _digest(np.random.get_state()),  # noqa: NPY002  # the one that others share
        "the random numbers of Python": _digest(random.getstate()),
        "the filters of warnings": tuple(map(repr, warnings.filters)),
        "the variables of the environment": _digest(sorted(os.environ.items())),
        "the working folder": str(Path.cwd()),
        "how NumPy treats errors": tuple(sorted(np.geterr().items())),
        "the locale": locale.setlocale(locale.LC_ALL),
        "where modules are looked for": tuple(map(str, sys.path)),
        "the level of logging": logging.getLogger().level,
        "the patience of sockets": socket.getdefaulttimeout(),
        "the depth of recursion": sys.getrecursionlimit(),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "backslashreplace") + pickle.dumps(value)).hexdigest()


# ----------------------------------------------------------------------------------------------------


@_guard
def look_at_threads(estimator: Any, rows: Inputs) -> InsideProbe:
    """Calls from several threads at once must get the answers of calls one after another."""
    parts = [rows[start::THREADS] for start in range(THREADS) if len(rows[start::THREADS])]
    serial = [answer(estimator, copy.deepcopy(part)) for part in parts]
    barrier, usual = threading.Barrier(len(parts)), sys.getswitchinterval()

    def call(part: Inputs) -> list[Any]:
        copies = [copy.deepcopy(part) for _ in range(ROUNDS)]
        barrier.wait(timeout=30)
        return [answer(estimator, each) for each in copies]

    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        # threads of threads show nothing more, and on a busy machine wait long for each other
        pool_of_calls = ThreadPoolExecutor(len(parts), initializer=threadpool_limits, initargs=(1,))
        with warnings.catch_warnings(), pool_of_calls as pool:
            warnings.simplefilter("ignore")  # libraries warn of settings that they do not hand on to threads
            together = list(pool.map(call, parts))
    except Exception as error:  # whatever the model raises, it raises it only where calls meet
        return InsideProbe("failed", f"it fails: {describe_error(error)}", {"error": describe_error(error)})
    finally:
        sys.setswitchinterval(usual)
    if all(are_close(alone, each) for alone, told in zip(serial, together, strict=True) for each in told):
        return InsideProbe("passed")
    return InsideProbe("failed", "it gives other answers")


# ----------------------------------------------------------------------------------------------------


@_guard
def look_at_pickling(estimator: Any, rows: Inputs) -> InsideProbe:
    """A pickled copy must answer like the model itself; formats of their own are saved in other ways."""
    usual = answer(estimator, copy.deepcopy(rows))
    try:
        packed = pickle.dumps(estimator, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # what cannot be pickled may raise anything
        return InsideProbe("not_applicable", f"it is not saved as a pickle ({describe_error(error)})")
    try:
        again = answer(pickle.loads(packed), copy.deepcopy(rows))  # noqa: S301  # made a line above
    except Exception as error:
        return InsideProbe("failed", f"its copy fails: {describe_error(error)}", {"error": describe_error(error)})
    return InsideProbe("passed") if are_close(usual, again) else InsideProbe("failed", "its copy gives other answers")


# ----------------------------------------------------------------------------------------------------


@_guard
def look_at_forms(estimator: Any, rows: Inputs) -> InsideProbe:
    """The same rows in another form of table: the same answers, or a clean error. A list instead of a table may be
    refused without a word of it.
    """
    usual = answer(estimator, copy.deepcopy(rows))
    refused: InsideProbe | None = None
    for change, reshape in _forms(rows):
        try:
            told = answer(estimator, reshape(copy.deepcopy(rows)))
        except Exception as error:  # whatever the model raises
            said = describe_error(error)
            if change != "records":
                refused = refused or InsideProbe("clean_error", said, {"change": change, "error": said})
            continue
        if not are_close(usual, told):
            return InsideProbe("failed", "other answers", {"change": change})
    return refused or InsideProbe("passed")


def _forms(rows: Inputs) -> Iterator[tuple[str, Reshape]]:
    """By the name of the change, what makes another form of a table or of an array."""
    if isinstance(rows, pd.DataFrame):
        yield "index", lambda frame: frame.set_axis([f"r{k}" for k in range(len(frame), 0, -1)], axis=0)
        yield "repeated_index", lambda frame: frame.set_axis([7] * len(frame), axis=0)
        yield "read_only", _lock_frame
        yield "records", lambda frame: frame.to_dict("records")
        return
    yield "columnwise", np.asfortranarray
    yield "scattered", lambda array: np.repeat(array, 2, axis=0)[::2]
    yield "read_only", _lock
    yield "records", lambda array: array.tolist()


def _lock(array: Any) -> Any:
    array.flags.writeable = False
    return array


def _lock_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table on arrays that cannot be written, as shared memory and Arrow bring them."""
    columns = {}
    for name in frame.columns:
        values = frame[name].array
        if isinstance(values, pd.arrays.NumpyExtensionArray):
            columns[name] = pd.Series(_lock(values.to_numpy().copy()), index=frame.index, copy=False)
        else:
            columns[name] = frame[name]
    return pd.DataFrame(columns, copy=False)


def describe_error(error: BaseException) -> str:
    """The kind of an error and its first sentence."""
    said = " ".join(str(error).split()).split(". ")[0][:LONGEST].rstrip(".")
    return f"{type(error).__name__}: {said or 'without a word'}"


INSIDE: Mapping[str, Look] = {
    "table_forms": look_at_forms,
    "input_not_mutated": look_at_input,
    "global_state": look_at_state,
    "threads": look_at_threads,
    "pickling": look_at_pickling,
}
"""By the name of the probe."""
