"""A model in a process of its own: started, isolated, asked over a pipe, ended, and started again where it was lost.

Nothing of the model is ever loaded into the process of the review. What comes back is read with limits, and held
against what was asked: rows, types, names. A process that ends, hangs, or speaks out of turn is ended and tells of it.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.canonical import decode
from readiness.core.environment import candidate_environment
from readiness.core.errors import ModelError
from readiness.core.missing import Missing
from readiness.core.provenance import Isolation
from readiness.evidence.models.own_modules import add_used_modules
from readiness.evidence.workers.isolation import Cell, Start, isolate, search_environment
from readiness.evidence.workers.wire import (
    Message,
    WireError,
    join_messages,
    names_of,
    pack_array,
    pack_frame,
    pack_value,
    part_of,
    read_message,
    unpack_answer,
    unpack_array,
    write_message,
)
from readiness.evidence.workers.worker import (
    Footprint,
    Form,
    Inputs,
    InsideProbe,
    ModelDescription,
    ModelRaised,
    Outcome,
    RefitJob,
    Scores,
    Split,
    TimeRequest,
    Times,
    WorkerLost,
)
from readiness.spec.schema import ModelFile

LOADING_SECONDS = 600.0
"""How long loading may take."""
CALL_SECONDS = 120.0
"""How long an answer to a few rows may take, and how much longer for each further batch of rows."""
BATCH_ROWS = 2**16
"""Rows that are sent at once: each batch is sent while nothing else of the table lies in the pipe."""
MOST_LOSSES = 12
"""Processes of one model that may be lost before no other one is started."""
LAST_WORDS = 400
NOTHING = Message({})


class ProcessWorker:
    """A model file, loaded and asked in a process of its own."""

    def __init__(
        self, spec: ModelFile, folder: Path, cell: Cell, *, takes_arrays: bool = False, start: Start | None = None
    ) -> None:
        """Nothing is started yet; `cell` is what the process may see, and `start` how it is isolated where known."""
        self._spec = ModelFile(path=spec.path, sha256=spec.sha256, loader=spec.loader, environment=spec.environment)
        self._folder = folder
        self._cell = cell
        self._takes_arrays = takes_arrays
        self._start = start
        self._process: _Process | None = None
        self._about: ModelDescription | None = None
        self._footprint: Footprint | Missing | None = None
        self._losses = 0
        self._helpers: list[ProcessWorker] = []

    @property
    def isolation(self) -> Isolation:
        """What stands between the model and this process."""
        return self._started().isolation

    @property
    def about(self) -> ModelDescription:
        """What the model is.

        Raises:
            ModelError: it could not be loaded.
            WorkerLost: its process ended, or did not answer.
        """
        if self._about is None:
            self._ready()
        assert self._about is not None
        return self._about

    def begin(self) -> None:
        """Start the process, and do not wait until it has loaded the model."""
        if self._process is None:
            if self._losses >= MOST_LOSSES:
                raise WorkerLost(f"The model's process was lost {self._losses} times; no other one is started.")
            self._process = _Process(self._started(), self._spec, self._folder)
            self._process.send(
                {
                    "do": "load",
                    "model": self._spec.model_dump(mode="json"),
                    "folder": str(self._folder),
                    "takes_arrays": self._takes_arrays,
                },
                LOADING_SECONDS,
            )

    def call(self, method: str, inputs: Inputs) -> Any:
        """The raw answer of a method to n rows; a large table is asked about in batches.

        Raises:
            ModelRaised: what the model itself raised.
            WorkerLost: its process ended, or did not answer.
        """
        self._measure_first(method, inputs)
        answers = [self._call_batch(method, part) for part in _batches(inputs)]
        if len(answers) == 1:
            return answers[0]
        whole = all(isinstance(answer, np.ndarray) and np.ndim(answer) for answer in answers)
        join: Any = (
            np.ma.concatenate if any(isinstance(each, np.ma.MaskedArray) for each in answers) else np.concatenate
        )
        return join(answers) if whole else answers[0]

    def refit(self, job: RefitJob) -> list[Outcome] | Missing:
        """What clones say, each fitted in one of as many processes as the job has workers."""
        if not job.splits:
            return []
        workers = [self, *self._with_helpers(min(job.workers, len(job.splits)) - 1)]
        table = _table_of(job)
        waiting, done = deque(enumerate(job.splits)), dict[int, Outcome]()
        failed: list[Missing] = []

        def work(worker: ProcessWorker) -> None:
            worker._ask({"do": "table"}, LOADING_SECONDS, table)
            while waiting and not failed:
                with contextlib.suppress(IndexError):
                    number, split = waiting.popleft()
                    done[number] = worker._refit_one(job, split)

        with ThreadPoolExecutor(len(workers)) as pool:
            for future in [pool.submit(work, worker) for worker in workers]:
                try:
                    future.result()
                except WorkerLost as error:
                    failed.append(_lost_refit(error))
        return failed[0] if failed else [done[number] for number in range(len(job.splits))]

    def end_refits(self) -> None:
        """End the further processes that refits needed."""
        for helper in self._helpers:
            helper.close()
        self._helpers = []

    def time(self, request: TimeRequest) -> Times | Missing:
        """Times of calls, by the clock of the model's process; bounded by this one's."""
        self._measure_first(request.method, request.inputs)
        about = {"method": request.method, "batch": request.batch, "calls": request.calls}
        about |= _further_fields(request)
        about["seconds"] = None if math.isinf(request.seconds) else request.seconds
        parts = _inputs_of(request.inputs)
        if request.arrivals is not None:
            parts["arrivals"] = pack_array(request.arrivals)
        patience = CALL_SECONDS + (min(request.seconds, 3600.0) if math.isfinite(request.seconds) else 3600.0)
        began = time.perf_counter_ns()
        reply = self._ask({"do": "time", "request": about}, patience, join_messages({}, parts))
        outside = time.perf_counter_ns() - began
        if (missing := _missing_of(reply)) is not None:
            return missing
        return _read_times(reply, outside, request)

    def footprint(self, row: Inputs) -> Footprint | Missing:
        """Memory of the process, and the time of its first call: measured once, when it is first asked about a row."""
        if self._footprint is None:
            for method in self.about.methods[:1]:
                self._measure_first(method, row)
        return self._footprint or Missing("the model was not asked about a single row")

    def probe(self, name: str, inputs: Inputs) -> InsideProbe | Missing:
        """What a look into the model's process shows while it answers."""
        reply = self._ask({"do": "probe", "name": name}, CALL_SECONDS, join_messages({}, _inputs_of(inputs)))
        if (missing := _missing_of(reply)) is not None:
            return missing
        try:
            return decode(InsideProbe, reply.values["inside"])
        except (KeyError, TypeError, ValueError):
            raise self._lose("its replies cannot be read") from None

    def close(self) -> None:
        """End all processes of the model."""
        self.end_refits()
        if self._process is not None:
            self._process.stop()
            self._process = None

    # ------------------------------------------------------------------------------------------------
    # What is asked, and what is lost

    def _started(self) -> Start:
        if self._start is None:
            self._start = isolate(self._cell)
        return self._start

    def _ready(self) -> _Process:
        """The process, with the model loaded."""
        self.begin()
        process = self._process
        assert process is not None
        if not process.loaded:
            reply = self._receive(process)
            about = self._read_description(reply)
            if self._about is not None and about != self._about:
                raise self._lose("loaded again, it describes itself in another way")
            self._about = about
            process.loaded = True
        return process

    def _read_description(self, reply: Message) -> ModelDescription:
        try:
            about = decode(ModelDescription, reply.values["about"])
            digest = reply.values["sha256"]
        except (KeyError, TypeError, ValueError):
            raise self._lose("it does not say what the model is") from None
        if self._spec.sha256 is not None and digest != self._spec.sha256:
            raise self._lose("it loaded another file than the one that was hashed")
        return about

    def _ask(self, values: Mapping[str, Any], seconds: float, body: Message = NOTHING) -> Message:
        """The reply to one request.

        Raises:
            ModelRaised: the model itself did.
            WorkerLost: the process ended, did not answer in time, or what it says cannot be read.
        """
        process = self._ready()
        process.send({**body.values, **values}, seconds, body.buffers)
        return self._receive(process)

    def _receive(self, process: _Process) -> Message:
        try:
            reply = process.receive()
        except (WireError, OSError, ValueError) as error:
            raise self._lose(str(error) if isinstance(error, WireError) else "") from None
        if reply is None:
            raise self._lose("")
        self._note_modules(reply)
        if (raised := reply.values.get("raised")) is not None:
            raise _read_raised(raised) or self._lose("its replies cannot be read")
        if (told := reply.values.get("error")) is not None:
            kind, words, remedy = _three_texts(told) or ("", "", "")
            self.close()
            raise ModelError(words, remedy=remedy) if kind == "ModelError" else WorkerLost(words, remedy=remedy)
        return reply

    def _note_modules(self, reply: Message) -> None:
        if "modules" not in reply.values:
            return
        try:
            pairs = [names_of(pair) for pair in reply.values["modules"]]
            add_used_modules([(name, Path(path)) for name, path in pairs], names_of(reply.values["served"]))
        except (WireError, TypeError, ValueError, KeyError):
            raise self._lose("it does not say which code it ran") from None

    def _lose(self, why: str) -> WorkerLost:
        """End the process, and say how it came to that."""
        process, self._process = self._process, None
        self._losses += 1
        how = why if process is None else process.stop(why)
        return WorkerLost(f"The model's process was lost: {how}.", remedy="Load and score it in a plain script to see.")

    def _measure_first(self, method: str, inputs: Inputs) -> None:
        """The first call of a fresh process: memory and time, once."""
        if self._footprint is not None or not len(inputs):
            return
        fresh = self._ready()
        if fresh.asked:
            return
        fresh.asked = True
        row = inputs.iloc[:1] if isinstance(inputs, pd.DataFrame) else inputs[:1]
        try:
            reply = self._ask({"do": "first", "method": method}, CALL_SECONDS, join_messages({}, _inputs_of(row)))
        except ModelRaised as error:
            said = f"{error.kind}: {error.words[:200]}".rstrip(": ")
            self._footprint = Missing(f"the model does not answer a single row: {said}")
            return
        try:
            found = decode(Footprint, reply.values["footprint"])
        except (KeyError, TypeError, ValueError):
            raise self._lose("its replies cannot be read") from None
        self._footprint = found

    def _call_batch(self, method: str, inputs: Inputs) -> Any:
        reply = self._ask({"do": "call", "method": method}, CALL_SECONDS, join_messages({}, _inputs_of(inputs)))
        try:
            answer = part_of(reply, "answer")
            if answer is None:
                raise WireError("an answer is lacking")
            return unpack_answer(answer)
        except WireError as error:
            raise self._lose(str(error)) from None

    def _refit_one(self, job: RefitJob, split: Split) -> Outcome:
        form = asdict(job.form)
        form |= {"classes": [pack_value(label) for label in job.form.classes], "task": job.form.task.value}
        about = {"repeat": split.repeat, "fold": split.fold, "reseeded": split.reseeded}
        arrays = {"train": split.train, "test": split.test, "labels": job.labels[split.train]}
        body = join_messages({}, {name: pack_array(array) for name, array in arrays.items()})
        reply = self._ask({"do": "refit", "form": form, "split": about}, min(job.patience, 86_400.0), body)
        try:
            return _read_outcome(reply, job, split)
        except (WireError, KeyError, TypeError, ValueError):
            raise self._lose("what it says of a refit cannot be read") from None

    def another(self) -> ProcessWorker:
        """A further process of the same model, apart in the same way, which begins to load it; its caller closes it."""
        helper = ProcessWorker(
            self._spec, self._folder, self._cell, takes_arrays=self._takes_arrays, start=self._started()
        )
        helper._footprint = Missing("a further process of the model")
        helper.begin()
        return helper

    def _with_helpers(self, count: int) -> list[ProcessWorker]:
        while len(self._helpers) < count:
            self._helpers.append(self.another())
        return self._helpers[:count]


# ----------------------------------------------------------------------------------------------------
# One process, its pipes, and its end


class _Process:
    """A started process; whoever waits for it too long ends it."""

    def __init__(self, start: Start, spec: ModelFile, folder: Path) -> None:
        environment = candidate_environment(os.environ, named=spec.environment, folder=folder)
        environment = search_environment({**environment, "PYTHONPATH": os.pathsep.join(_search_path(environment))})
        environment.setdefault("HOME", "/nonexistent")
        self.loaded = False
        self.asked = False
        self.late = False
        self._words = deque[bytes](maxlen=40)
        self._timer: threading.Timer | None = None
        self._seconds = 0.0
        self._ended = threading.Lock()
        self._isolated = bool(start.prefix)
        code = "from readiness.evidence.workers.child import main; main()"
        self._popen = subprocess.Popen(  # noqa: S603  # this interpreter and a fixed text
            [*start.prefix, sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=None if start.prefix else folder,
            env=environment,
            start_new_session=True,
            bufsize=2**20,
            **start.options(),
        )
        assert self._popen.stderr is not None
        self._listener = threading.Thread(target=self._listen, args=(self._popen.stderr,), daemon=True)
        self._listener.start()

    def _listen(self, stream: IO[bytes]) -> None:
        """Keep the last that is printed, whatever it is and however much."""
        with contextlib.suppress(OSError, ValueError), stream:
            while piece := stream.read1(2**16):  # type: ignore[attr-defined]  # buffered
                self._words.append(piece[-LAST_WORDS:])

    def send(self, values: Mapping[str, Any], seconds: float, buffers: Sequence[Any] = ()) -> None:
        """Send a request, whose reply may take so many seconds."""
        assert self._popen.stdin is not None
        self._seconds = seconds
        self._timer = threading.Timer(seconds, self._end_late)
        self._timer.daemon = True
        self._timer.start()
        with contextlib.suppress(OSError, ValueError):  # it died; waiting for its reply will tell
            write_message(self._popen.stdin, Message(values, buffers))

    def receive(self) -> Message | None:
        """The reply; None where the process has ended.

        Raises:
            WireError: what came is no reply.
        """
        assert self._popen.stdout is not None
        try:
            return read_message(self._popen.stdout)
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _end_late(self) -> None:
        self.late = True
        self._kill()

    def _kill(self) -> None:
        with self._ended, contextlib.suppress(ProcessLookupError, PermissionError):
            if self._popen.poll() is None:
                if hasattr(os, "killpg"):  # with whatever it started itself
                    os.killpg(self._popen.pid, signal.SIGKILL)
                else:
                    self._popen.kill()

    def stop(self, why: str = "") -> str:
        """End it, and say how it ended: `why`, where something else was the reason."""
        if self._timer is not None:
            self._timer.cancel()
        if not why and not self.late:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(5)
        code = self._popen.poll()
        self._kill()
        for stream in (self._popen.stdin, self._popen.stdout):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()
        self._popen.wait()
        self._listener.join(1)
        if self.late:
            return f"it did not answer for {self._seconds:g} seconds"
        return why or _describe_end(code, self._last_words(), isolated=self._isolated)

    def _last_words(self) -> str:
        lines = b"".join(self._words).decode("utf-8", "replace").splitlines()
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _search_path(environment: Mapping[str, str]) -> list[str]:
    """Where this process looks for modules, as far as its child may look there, too."""
    return [place for place in environment.get("PYTHONPATH", "").split(os.pathsep) if place]


def _describe_end(code: int | None, words: str, *, isolated: bool) -> str:
    """How a process ended, in words; a sandbox turns signals into exit codes above 128."""
    said = f" ({words})" if words else ""
    if code is None:
        return "it closed its end of the line"
    number = -code if code < 0 else code - 128 if isolated and code > 128 else 0
    if number:
        names = {each.value: each.name for each in signal.Signals}
        return f"it was killed by {names.get(number, f'signal {number}')}"
    return f"it ended with exit code {code}{said}"


# ----------------------------------------------------------------------------------------------------
# Requests and replies


def _batches(inputs: Inputs) -> Iterator[Inputs]:
    n = len(inputs)
    for start in range(0, max(n, 1), BATCH_ROWS):
        stop = min(n, start + BATCH_ROWS)
        yield inputs.iloc[start:stop] if isinstance(inputs, pd.DataFrame) else inputs[start:stop]


def _inputs_of(inputs: Inputs) -> dict[str, Message]:
    if isinstance(inputs, pd.DataFrame):
        return {"frame": pack_frame(inputs)}
    return {"array": pack_array(np.asarray(inputs))}


def _table_of(job: RefitJob) -> Message:
    """The training rows without their labels, and the rows that are held out."""
    parts = {"frame": pack_frame(job.frame)}
    if job.held is not None:
        parts["held"] = pack_frame(job.held)
    return join_messages({}, parts)


def _further_fields(request: TimeRequest) -> dict[str, Any]:
    """Fields of a request that are plain values and not named above."""
    known = {"method", "inputs", "batch", "calls", "seconds", "arrivals"}
    return {name: getattr(request, name) for name in type(request).__dataclass_fields__ if name not in known}


def _missing_of(reply: Message) -> Missing | None:
    told = reply.values.get("missing")
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        return None
    return Missing(*(text[:500] for text in told[:2]))


def _three_texts(value: Any) -> tuple[str, str, str] | None:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(each, str) for each in value):
        return None
    return value[0][:100], value[1][:2000], value[2][:1000]


def _read_raised(value: Any) -> ModelRaised | None:
    try:
        kind, words, bases, module = value
        names_of([kind, words, module, *bases])
    except (TypeError, ValueError, WireError):
        return None
    return ModelRaised(kind[:100], words[:2000], bases=bases[:20], module=module[:200])


def _read_times(reply: Message, outside: int, request: TimeRequest) -> Times:
    try:
        arrays: dict[str, Any] = {}
        for name in type_fields(Times):
            if (part := part_of(reply, name)) is not None:
                arrays[name] = unpack_array(part).astype(np.int64)
        raised = tuple(filter(None, map(_read_raised, reply.values["raised_in_calls"])))
        prepared = int(reply.values["numbers"]["prepared"])
    except (WireError, KeyError, TypeError, ValueError):
        raise WorkerLost("The model's process was lost: the times that it tells cannot be read.") from None
    lengths = {len(arrays.get(name, ())) for name in ("began", "ended")}
    if len(lengths) != 1 or lengths.pop() > request.calls:  # none of no calls, and where the seconds were over at once
        raise WorkerLost("The model's process was lost: the times that it tells contradict what was asked.")
    return Times(arrays.pop("began"), arrays.pop("ended"), outside, raised, max(0, prepared), **arrays)


def type_fields(kind: type) -> tuple[str, ...]:
    """Names of the fields of a dataclass."""
    return tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def _read_outcome(reply: Message, job: RefitJob, split: Split) -> Outcome:
    values = reply.values
    seconds, converged, error = float(values["seconds"]), values["converged"], values["failure"]
    if not isinstance(error, str) or not isinstance(converged, bool) or not 0 <= seconds < math.inf:
        raise WireError("an outcome of another form")
    if error:
        return Outcome(split, None, seconds, error=error[:300])
    scores = _read_scores(reply, "scores", job.form, len(split.test)) if len(split.test) else None
    held = None if job.held is None else _read_scores(reply, "held", job.form, len(job.held))
    return Outcome(split, scores, seconds, converged, held=held)


def _read_scores(reply: Message, name: str, form: Form, n: int) -> Scores:
    """Scores as the form asks for them, each number looked at.

    Raises:
        WireError: other rows, classes or values.
    """
    about, predicted = reply.values["said"][name], part_of(reply, f"{name}.predicted")
    if predicted is None or not isinstance(about, dict):
        raise WireError("no predictions")
    labels = _check_predictions(unpack_array(predicted), form, n)
    part = part_of(reply, f"{name}.scores")
    scores = (
        None if part is None else _check_scores(unpack_array(part), form, n, proper=about["is_probability"] is True)
    )
    method, notes = names_of([about["method"]])[0], tuple(text[:500] for text in names_of(about["notes"])[:20])
    proper = about["is_probability"] is True and scores is not None
    classes = form.classes if form.task.has_classes else ()
    return Scores(labels, scores, proper, classes, method[:40], notes)


def _check_predictions(labels: NDArray[Any], form: Form, n: int) -> NDArray[Any]:
    wanted = "i" if form.task.has_classes else "f"
    if labels.shape != (n,) or labels.dtype.kind != wanted:
        raise WireError("predictions of another form")
    if wanted == "i" and n and (labels.min() < 0 or labels.max() >= len(form.classes)):
        raise WireError("a class that does not exist")
    if wanted == "f" and not np.isfinite(labels).all():
        raise WireError("a prediction that is no number")
    return labels.astype(np.int64 if wanted == "i" else np.float64)


def _check_scores(scores: NDArray[Any], form: Form, n: int, *, proper: bool) -> NDArray[np.float64]:
    shapes = {(n,), (n, len(form.classes))}
    if scores.shape not in shapes or scores.dtype.kind != "f" or not np.isfinite(scores).all():
        raise WireError("scores of another form")
    if proper and n and (scores.min() < 0 or scores.max() > 1):
        raise WireError("a probability outside of 0 and 1")
    return np.ascontiguousarray(scores, dtype=np.float64)


def _lost_refit(error: WorkerLost) -> Missing:
    return Missing(f"a refit was not completed: {error.message.rstrip('.')}")
