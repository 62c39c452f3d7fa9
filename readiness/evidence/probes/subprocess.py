"""The candidate in a process of its own: memory first, then the probes, so that a crash harms nobody.

The process inherits no environment but the few variables that programs need to start, so a model finds no
keys or passwords there. It is no jail: it may still read files and reach the network.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import pandas as pd

import readiness
from readiness.core.canonical import decode, encode
from readiness.core.environment import candidate_environment
from readiness.core.errors import ReadinessError
from readiness.core.files import Artifact
from readiness.core.missing import Missing
from readiness.evidence.candidate import Candidate
from readiness.evidence.models.load import load_model, loading_modules
from readiness.evidence.models.own_modules import add_served, served_modules
from readiness.evidence.probes.memory import Memory, measure_memory, needed_modules
from readiness.evidence.probes.robustness import PROBES, ProbeResult, sample_rows
from readiness.spec.schema import ModelFile

HALF = 0.5
SECONDS = 120.0
"""How long the process may be silent before it is taken to hang."""
STARTING = 120.0
"""The same, for importing the libraries and loading the model."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What the process is told."""

    model: ModelFile
    folder: Path
    candidate: Candidate
    """Without its estimator, which the process loads itself."""
    modules: tuple[str, ...]
    rows: pd.DataFrame

    @classmethod
    def of(cls, model: ModelFile, folder: Path, candidate: Candidate, frame: pd.DataFrame) -> Request:
        """A request about a model file, with a few rows of `frame` to try it on."""
        rows = sample_rows(frame[list(candidate.features)], candidate.seed)
        modules = (*needed_modules(candidate.estimator), *loading_modules(model, folder))
        plain = ModelFile(path=model.path, sha256=model.sha256, loader=model.loader, environment=model.environment)
        # What is found does not hang on where a threshold lies, so it is found again when that is moved.
        form = replace(candidate, estimator=None, threshold=None if candidate.threshold is None else HALF)
        return cls(plain, folder, form, modules, rows)


@dataclass(frozen=True, slots=True)
class SubprocessResult:
    """What came of it."""

    memory: Memory | Missing
    probes: tuple[ProbeResult, ...] | Missing
    completed: bool = True
    """Whether the process came to its end by itself."""


@dataclass(slots=True)
class _Messages:
    """What the process said so far."""

    memory: Memory | None = None
    probes: list[ProbeResult] = field(default_factory=list)
    modules: tuple[Artifact, ...] = ()
    """The user's own that it was served."""
    error: str = ""

    def add(self, line: bytes) -> None:
        message = json.loads(line)
        if "memory" in message:
            self.memory = Memory(**message["memory"])
        elif "probe" in message:
            self.probes.append(ProbeResult(**message["probe"]))
        elif "modules" in message:
            self.modules = tuple(decode(Artifact, each) for each in message["modules"])
        else:
            self.error = str(message["error"])


def measure_in_subprocess(request: Request, *, seconds: float = SECONDS) -> SubprocessResult:
    """Load the model in a fresh process, measure its memory there, and run all probes.

    A process that crashes or is silent for `seconds` fails the probe that it was at; what it said before counts.
    """
    messages = _Messages()
    process = _start(pickle.dumps(request), request.model.environment, request.folder)
    try:
        for line in _read_lines(process, seconds):
            messages.add(line)
        end = _describe_end(process.wait(timeout=seconds))
    except (TimeoutError, subprocess.TimeoutExpired):
        end = f"it did not answer for {seconds:g} seconds"
    finally:
        _stop(process)
        add_served(messages.modules)
    return _conclude(messages, end)


def main() -> None:
    """What the process does: one line of JSON for each thing that it finds out."""
    request: Request = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # what the model prints must not mix with what is reported
        try:
            for message in _measure(request):
                out.write(json.dumps(message) + "\n")
                out.flush()
        except (Exception, SystemExit) as error:
            words = error.message if isinstance(error, ReadinessError) else f"{type(error).__name__}: {error}"
            out.write(json.dumps({"error": words}) + "\n")


def _measure(request: Request) -> Iterator[dict[str, Any]]:
    loaded: list[Candidate] = []

    def load() -> Candidate:
        model = load_model(request.model, request.folder)
        loaded.append(request.candidate.with_estimator(model.estimator))
        return loaded[0]

    first = request.rows.iloc[:1]
    memory = measure_memory(request.modules, request.folder, load, lambda it: it.call(it.inputs(first)))
    yield {"memory": asdict(memory)}
    yield {"modules": [encode(each) for each in served_modules()]}
    for probe in PROBES.values():
        yield {"probe": asdict(probe(loaded[0], request.rows))}
        yield {"modules": [encode(each) for each in served_modules()]}


def _start(request: bytes, named: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    root = str(Path(readiness.__file__).resolve().parent.parent)
    environment = candidate_environment(os.environ, named=named, folder=folder)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    code = "from readiness.evidence.probes.subprocess import main; main()"
    process = subprocess.Popen(  # noqa: S603  # this interpreter and a fixed text
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        process.stdin.write(request)
        process.stdin.close()
    except BrokenPipeError:
        pass  # it died at once; its exit code will tell
    return process


def _read_lines(process: subprocess.Popen[bytes], seconds: float) -> Iterator[bytes]:
    """Lines as they come.

    Raises:
        TimeoutError: none came for `seconds`.
    """
    assert process.stdout is not None
    patience = max(seconds, STARTING)
    waiting: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_pump, args=(process.stdout, waiting), daemon=True).start()
    while True:
        try:
            line = waiting.get(timeout=patience)
        except queue.Empty:
            raise TimeoutError from None
        if line is None:
            return
        patience = seconds
        yield line


def _pump(stream: IO[bytes], waiting: queue.Queue[bytes | None]) -> None:
    with stream:
        for line in stream:
            waiting.put(line)
    waiting.put(None)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if hasattr(os, "killpg"):  # with whatever it started itself
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _describe_end(code: int) -> str:
    if code == 0:
        return ""
    if code > 0:
        return f"its process ended with exit code {code}"
    names = {each.value: each.name for each in signal.Signals}
    return f"its process was killed by {names.get(-code, f'signal {-code}')}"


def _conclude(messages: _Messages, end: str) -> SubprocessResult:
    why = messages.error or end
    if messages.memory is None:
        missing = Missing(f"The model could not be tried in a process of its own: {why or 'it said nothing'}.")
        return SubprocessResult(missing, missing, completed=False)
    done = {probe.name for probe in messages.probes}
    open_ = [name for name in PROBES if name not in done]
    results = list(messages.probes)
    for place, name in enumerate(open_):
        if place == 0:
            results.append(ProbeResult(name, "failed", f"The model did not survive this: {why or 'it stopped'}."))
        else:
            results.append(ProbeResult(name, "unavailable", f"Not tried, because {open_[0]} ended the process."))
    return SubprocessResult(messages.memory, tuple(results), completed=not why and not open_)
