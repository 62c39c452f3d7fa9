"""Metrics of the user's own, in a process of their own: they are given true labels, and no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readiness.evidence.models.needed_code import needed_code, record_code
from readiness.evidence.target import Target
from readiness.evidence.workers.cells import hidden_paths
from readiness.evidence.workers.isolation import Cell
from readiness.evidence.workers.line import Apart
from readiness.evidence.workers.wire import Message, join_messages, pack_array
from readiness.evidence.workers.worker import ModelRaised, WorkerLost
from readiness.spec.load import LoadedSpec
from readiness.spec.schema import OwnMetric
from readiness.statistics.cases import OwnFunction

CALL_SECONDS = 120.0
"""How long one number may take."""


class MetricWorker(Apart):
    """Functions of the user's own, found and called in a process apart."""

    whose = "metrics"
    remedy = "Call the function in a plain script to see."

    def __init__(self, metrics: Mapping[str, OwnMetric], folder: Path, cell: Cell) -> None:
        """Nothing is started yet; the functions of `metrics` are found when the first is asked for."""
        super().__init__((), folder, cell)
        self._metrics = metrics
        self._weighed: dict[str, bool] = {}

    def takes_weights(self, name: str) -> bool:
        """Whether a function takes `sample_weight`.

        Raises:
            ModelError: one cannot be imported, or is not there.
        """
        if not self._weighed:
            self._ready()
        return self._weighed[name]

    def measure(self, name: str, arrays: Sequence[NDArray[Any]], weights: NDArray[Any] | None) -> Any:
        """What the function gives: a number, else an object whose class is called as what it gave.

        Raises:
            ModelRaised: what the function raised.
            WorkerLost: its process ended, or did not answer.
        """
        given = {str(place): pack_array(array) for place, array in enumerate(arrays)}
        if weights is not None:
            given["weights"] = pack_array(weights)
        reply = self._ask({"do": "measure", "name": name, "count": len(arrays)}, CALL_SECONDS, join_messages({}, given))
        number, kind = reply.values.get("number"), reply.values.get("type")
        try:
            return float.fromhex(str(number)) if kind is None else type(kind[:80], (), {})()
        except (TypeError, ValueError, AttributeError):
            raise self._lose("its replies cannot be read") from None

    def _first_request(self) -> Mapping[str, Any]:
        named = [[name, own.use] for name, own in self._metrics.items()]
        return {"do": "functions", "metrics": named, "folder": str(self._folder)}

    def _read_first_reply(self, reply: Message) -> None:
        told = reply.values.get("weighed")
        if not isinstance(told, dict) or set(told) != set(self._metrics):
            raise self._lose("it does not say which functions it found")
        self._weighed = {name: told[name] is True for name in self._metrics}


class RemoteFunction:
    """A function that is called in the process of its worker, like one that is here."""

    def __init__(self, worker: MetricWorker, name: str) -> None:
        """`name` is the metric's."""
        self._worker = worker
        self._name = name
        self.takes_weights = worker.takes_weights(name)

    def __call__(self, *arrays: NDArray[Any], sample_weight: NDArray[Any] | None = None) -> Any:
        """What the function gives for these rows; it raises under the names that it raised there."""
        try:
            return self._worker.measure(self._name, [np.asarray(array) for array in arrays], sample_weight)
        except ModelRaised as error:
            raise type(error.kind, (Exception,), {})(error.words) from None
        except WorkerLost as error:
            raise type("Lost", (Exception,), {})(error.message) from None


def own_functions(loaded: LoadedSpec, target: Target) -> dict[str, OwnFunction]:
    """By name; modules are looked for among the installed ones, then in the spec's folder.

    Raises:
        ModelError: a module that cannot be imported, or that holds no such function.
    """
    spec = loaded.spec
    if not spec.metrics:
        return {}
    code = needed_code(loaded.folder, [own.use for own in spec.metrics.values()], None)
    model = () if spec.model.path is None else (loaded.resolve(spec.model.path),)
    record_code(loaded.folder, code)
    cell = Cell(code, (*hidden_paths(loaded), *model), loaded.folder.resolve(), code)
    worker = MetricWorker(spec.metrics, loaded.folder, cell)
    return {
        name: OwnFunction(spec.metric(name), RemoteFunction(worker, name), target.classes, own.takes == "scores")
        for name, own in spec.metrics.items()
    }
