"""A model in a process of its own: started, isolated, asked over a pipe, ended, and started again where it was lost.

Nothing of the model is ever loaded into the process of the review. What comes back is read with limits, and held
against what was asked: rows, types, names. A process that ends, hangs, or speaks out of turn is ended and tells of it.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.canonical import decode
from readiness.core.missing import Missing
from readiness.evidence.models.load import PinnedFile
from readiness.evidence.workers.isolation import Cell, Start
from readiness.evidence.workers.line import LOADING_SECONDS, Apart
from readiness.evidence.workers.replies import UNREADABLE, missing_of, read_description, read_outcome, read_times
from readiness.evidence.workers.wire import (
    Message,
    WireError,
    join_messages,
    pack_array,
    pack_frame,
    pack_value,
    part_of,
    unpack_answer,
)
from readiness.evidence.workers.worker import (
    Footprint,
    Inputs,
    InsideProbe,
    ModelDescription,
    ModelRaised,
    Outcome,
    RefitJob,
    Split,
    TimeRequest,
    Times,
    WorkerLost,
)
from readiness.spec.schema import ModelFile

CALL_SECONDS = 120.0
"""How long an answer to a few rows may take, and how much longer for each further batch of rows."""
BATCH_ROWS = 2**16
"""Rows that are sent at once: each batch is sent while nothing else of the table lies in the pipe."""


class ProcessWorker(Apart):
    """A model file, loaded and asked in a process of its own."""

    def __init__(
        self, spec: ModelFile, folder: Path, cell: Cell, *, takes_arrays: bool = False, start: Start | None = None
    ) -> None:
        """Nothing is started yet; `cell` is what the process may see, and `start` how it is isolated where known."""
        super().__init__(spec.environment, folder, cell, start)
        self._spec = spec
        self._file = PinnedFile(str(spec.path), str(spec.sha256), spec.loader)
        self._takes_arrays = takes_arrays
        self._about: ModelDescription | None = None
        self._footprint: Footprint | Missing | None = None
        self._helpers: list[ProcessWorker] = []

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
            while not failed:
                try:
                    number, split = waiting.popleft()
                except IndexError:  # another one took the last
                    return
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
        if (missing := missing_of(reply)) is not None:
            return missing
        try:
            return read_times(reply, outside, request)
        except UNREADABLE:
            raise self._lose("the times that it tells cannot be read, or contradict what was asked") from None

    def footprint(self, row: Inputs) -> Footprint | Missing:
        """Memory of the process, and the time of its first call: measured once, when it is first asked about a row."""
        if self._footprint is None:
            for method in self.about.methods[:1]:
                self._measure_first(method, row)
        return self._footprint or Missing("the model was not asked about a single row")

    def probe(self, name: str, inputs: Inputs) -> InsideProbe | Missing:
        """What a look into the model's process shows while it answers."""
        reply = self._ask({"do": "probe", "name": name}, CALL_SECONDS, join_messages({}, _inputs_of(inputs)))
        if (missing := missing_of(reply)) is not None:
            return missing
        try:
            return decode(InsideProbe, reply.values["inside"])
        except UNREADABLE:
            raise self._lose("its replies cannot be read") from None

    def close(self) -> None:
        """End all processes of the model."""
        self.end_refits()
        super().close()

    def _first_request(self) -> Mapping[str, Any]:
        return {
            "do": "load",
            "model": asdict(self._file),
            "folder": str(self._folder),
            "takes_arrays": self._takes_arrays,
        }

    def _read_first_reply(self, reply: Message) -> None:
        try:
            about = read_description(reply)
            digest = reply.values["sha256"]
        except UNREADABLE:
            raise self._lose("it does not say what the model is") from None
        if digest != self._file.sha256:
            raise self._lose("it loaded another file than the one that was hashed")
        if self._about is not None and about != self._about:
            raise self._lose("loaded again, it describes itself in another way")
        self._about = about

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
            if min(found.libraries, found.loaded, found.predicted, found.peak, found.first_call) < 0:
                raise ValueError("less than nothing")
        except UNREADABLE:
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
            return read_outcome(reply, job, split)
        except UNREADABLE:
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
# Requests


def _batches(inputs: Inputs) -> Iterator[Inputs]:
    n = len(inputs)
    for start in range(0, max(n, 1), BATCH_ROWS):
        stop = min(n, start + BATCH_ROWS)
        yield inputs.iloc[start:stop] if isinstance(inputs, pd.DataFrame) else inputs[start:stop]


def _inputs_of(inputs: Inputs) -> dict[str, Message]:
    if isinstance(inputs, pd.DataFrame):
        return {"frame": pack_frame(inputs)}
    array = np.asarray(inputs)
    if array.ndim == 2 and array.strides[0] < array.strides[1]:  # column by column, as it comes out of a table
        return {"columns": pack_array(array.T)}  # libraries add up in another order where numbers lie in another
    return {"array": pack_array(array)}


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


def _lost_refit(error: WorkerLost) -> Missing:
    return Missing(f"a refit was not completed: {error.message.rstrip('.')}")
