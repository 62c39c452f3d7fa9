"""The inside of a model's process: reads requests, asks the model, writes replies.

It is started with a pipe for requests and one for replies. Before anything of the model is loaded both are moved to
where nothing that is printed can reach them. It is told no label of a test row, no requirement and no key.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import math
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from numbers import Real
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil

from readiness.core.canonical import encode
from readiness.core.errors import ReadinessError
from readiness.core.missing import Missing
from readiness.evidence.cache.fingerprint import loaded_modules
from readiness.evidence.models.libraries import libraries_named
from readiness.evidence.models.load import PinnedFile, find_function, load_model
from readiness.evidence.models.own_modules import serve, served_modules
from readiness.evidence.workers.in_process import InProcess, refit_once
from readiness.evidence.workers.isolation import limit_process
from readiness.evidence.workers.wire import (
    Message,
    join_messages,
    pack_answer,
    pack_array,
    pack_value,
    part_of,
    read_message,
    unpack_array,
    unpack_frame,
    write_message,
)
from readiness.evidence.workers.worker import Form, Inputs, ModelRaised, Scores, Split, TimeRequest
from readiness.statistics.custom import real_or_nan, takes_weights

Reply = Message | dict[str, Any]


class Served:
    """The model of this process, and what it was handed to be refitted on."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self.worker: InProcess | None = None
        self.functions: dict[str, Callable[..., Any]] = {}
        self.memory: dict[str, int] = {}
        self.tables: dict[str, Any] = {}
        self.reported: tuple[int, int] = (0, 0)
        self.named: set[tuple[str, str]] = set()

    @property
    def model(self) -> InProcess:
        """The model, once it is loaded."""
        assert self.worker is not None
        return self.worker

    def answer(self, request: Message) -> Message:
        """The reply to a request."""
        do: Callable[[Message], Reply] = _REQUESTS[request.values["do"]].__get__(self)
        try:
            reply = do(request)
        except ModelRaised as error:
            reply = {"raised": [error.kind, error.words[:2000], list(error.bases), error.module]}
        except ReadinessError as error:
            reply = {"error": [type(error).__name__, error.message, error.remedy or ""]}
        except (Exception, SystemExit) as error:
            reply = {"error": ["WorkerLost", f"{type(error).__name__}: {error}"[:2000], ""]}
        message = reply if isinstance(reply, Message) else Message(reply)
        return replace(message, values={**message.values, **self._modules()})

    def _modules(self) -> dict[str, Any]:
        """What was imported, where that is news."""
        served = served_modules()
        now = (len(sys.modules), len(served))
        if now == self.reported:
            return {}
        self.reported = now
        loaded = [(name, str(path)) for name, path in loaded_modules()]
        new = [pair for pair in loaded if pair not in self.named]
        self.named.update(new)
        return {
            "modules": [[name, path] for name, path in new],
            "served": [each.name for each in served],
        }

    def load(self, request: Message) -> Reply:
        """Import the libraries that the file or its loader names, load the model, and say what it is."""
        spec, folder = PinnedFile(**request.values["model"]), Path(request.values["folder"])
        serve(folder, spec.loader)
        loader = [] if spec.loader is None else [spec.loader.partition(":")[0]]
        gc.disable()  # an import makes no garbage, and looking for some takes a seventh of its time
        for name in (*libraries_named(folder / str(spec.path)), *loader):
            with contextlib.suppress(Exception, SystemExit):  # loading will say why, in better words
                importlib.import_module(name)
        gc.enable()
        self.memory = {"libraries": _resident_bytes()}
        loaded = load_model(spec, folder)
        self.memory["loaded"] = _resident_bytes()
        about = replace(loaded.about, takes_arrays=loaded.about.takes_arrays or request.values["takes_arrays"])
        self.worker = InProcess(loaded.estimator, about)
        classes = None if about.classes is None else [_pack_label(label) for label in about.classes]
        told = encode(replace(about, classes=None))
        return {"about": told, "classes": classes, "sha256": loaded.artifact.sha256, "pid": os.getpid()}

    def first(self, request: Message) -> Reply:
        """Ask about one row, for the first time: how long it takes, and what memory it takes."""
        method, inputs = request.values["method"], _inputs(request)
        start = time.perf_counter_ns()
        self.model.call(method, inputs)
        took = time.perf_counter_ns() - start
        return {"footprint": {**self.memory, "predicted": _resident_bytes(), "peak": peak_bytes(), "first_call": took}}

    def call(self, request: Message) -> Reply:
        """Ask about n rows."""
        return join_messages({}, {"answer": pack_answer(self.model.call(request.values["method"], _inputs(request)))})

    def table(self, request: Message) -> Reply:
        """Keep rows for refits: those to be fitted on, and those that are held out."""
        held = part_of(request, "held")
        rows = part_of(request, "frame")
        assert rows is not None
        self.tables = {"frame": unpack_frame(rows), "held": None if held is None else unpack_frame(held)}
        return {}

    def refit(self, request: Message) -> Reply:
        """Fit a clone to rows of the table, with their labels, and ask it about others."""
        frame, held = self.tables["frame"], self.tables["held"]
        train, test, labels = (unpack_array(_part(request, name)) for name in ("train", "test", "labels"))
        about = request.values["split"]
        split = Split(about["repeat"], about["fold"], train, test, about["reseeded"])
        form = _form(request)
        done = refit_once(self.model.estimator, form, frame.iloc[train], labels, split, (frame.iloc[test], held))
        parts = {**_pack_scores("scores", done.scores), **_pack_scores("held", done.held)}
        told = {name: _about_scores(said) for name, said in (("scores", done.scores), ("held", done.held))}
        facts = {"seconds": done.seconds, "converged": done.converged, "failure": done.error}
        return join_messages({**facts, "said": told}, parts)

    def time(self, request: Message) -> Reply:
        """Time calls."""
        about, arrivals = dict(request.values["request"]), part_of(request, "arrivals")
        seconds = about.pop("seconds")
        wanted = TimeRequest(
            inputs=_inputs(request),
            seconds=float("inf") if seconds is None else seconds,
            arrivals=None if arrivals is None else unpack_array(arrivals),
            **about,
        )
        found = self.model.time(wanted)
        if isinstance(found, Missing):
            return {"missing": [found.reason, found.needs]}
        raised = [[each.kind, each.words[:300], list(each.bases), each.module] for each in found.raised[:20]]
        arrays = {name: pack_array(value) for name, value in _arrays_of(found)}
        numbers = {"prepared": int(found.prepared)}
        return join_messages({"raised_in_calls": raised, "numbers": numbers}, arrays)

    def functions_named(self, request: Message) -> Reply:
        """Find the functions of the user's own metrics."""
        named = dict(request.values["metrics"])
        serve(Path(request.values["folder"]), *named.values())
        for name, use in named.items():
            role = f"function {use} of the metric {name}"
            self.functions[name] = find_function(use, role, f"metrics.{name}.use")
        return {"weighed": {name: takes_weights(function) for name, function in self.functions.items()}}

    def measure(self, request: Message) -> Reply:
        """Call such a function; what it raises is told under its name."""
        arrays = [np.array(unpack_array(_part(request, str(place)))) for place in range(request.values["count"])]
        weights = part_of(request, "weights")
        keywords = {} if weights is None else {"sample_weight": np.array(unpack_array(weights))}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = self.functions[request.values["name"]](*arrays, **keywords)
                number = real_or_nan(found)
        except (Exception, SystemExit) as error:
            raise ModelRaised.of(error) from error
        if isinstance(found, Real) or math.isfinite(number):
            return {"number": number.hex()}
        return {"type": type(found).__name__}

    def probe(self, request: Message) -> Reply:
        """Look into this process while the model answers."""
        found = self.model.probe(request.values["name"], _inputs(request))
        return {"missing": [found.reason, found.needs]} if isinstance(found, Missing) else {"inside": asdict(found)}


_REQUESTS: dict[str, Any] = {
    "load": Served.load,
    "first": Served.first,
    "call": Served.call,
    "table": Served.table,
    "refit": Served.refit,
    "time": Served.time,
    "probe": Served.probe,
    "functions": Served.functions_named,
    "measure": Served.measure,
}


def _pack_label(label: Any) -> list[str]:
    """A class label as a table holds it; one of a type that none does, as a text."""
    try:
        return pack_value(label)
    except TypeError:
        return pack_value(str(label))


def _arrays_of(times: Any) -> Iterator[tuple[str, np.ndarray]]:
    for name, value in ((name, getattr(times, name)) for name in type(times).__dataclass_fields__):
        if isinstance(value, np.ndarray):
            yield name, value


def _part(request: Message, name: str) -> Message:
    found = part_of(request, name)
    assert found is not None
    return found


def _inputs(request: Message) -> Inputs:
    if (frame := part_of(request, "frame")) is not None:
        return unpack_frame(frame)
    if (columns := part_of(request, "columns")) is not None:
        return np.array(unpack_array(columns).T)
    return np.array(unpack_array(_part(request, "array")))  # its own memory, which a model may write to


def _form(request: Message) -> Form:
    from readiness.core.policy import Task
    from readiness.evidence.workers.wire import unpack_value

    about = dict(request.values["form"])
    classes = tuple(unpack_value(value) for value in about.pop("classes"))
    return Form(features=tuple(about.pop("features")), classes=classes, task=Task(about.pop("task")), **about)


def _about_scores(said: Scores | None) -> dict[str, Any] | None:
    if said is None:
        return None
    return {"is_probability": bool(said.is_probability), "method": said.method, "notes": list(said.notes)}


def _pack_scores(name: str, said: Scores | None) -> dict[str, Message]:
    if said is None:
        return {}
    parts = {f"{name}.predicted": pack_array(said.predicted)}
    return parts if said.scores is None else {**parts, f"{name}.scores": pack_array(said.scores)}


def _resident_bytes() -> int:
    return int(psutil.Process().memory_info().rss)


def peak_bytes() -> int:
    """The most memory that this process ever held."""
    # Not getrusage: on Linux its maximum survives exec and so may be that of the parent process.
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) * 1024
    on_windows = getattr(psutil.Process().memory_info(), "peak_wset", 0)
    return int(on_windows) or _resident_bytes()


def serve_requests(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer until there are no more requests."""
    served = Served()
    while (request := read_message(requests, is_believed=True)) is not None:
        write_message(replies, served.answer(request))


def main() -> None:
    """What the process does."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # what the model prints must not mix with what is replied
    limit_process()
    serve_requests(requests, replies)


__all__ = ["main", "peak_bytes", "serve_requests"]
