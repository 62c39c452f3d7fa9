"""A process apart from the review: started, asked over two pipes, ended, and started again where it was lost.

What it runs is somebody else's code. Nothing that it says is believed but in the form that was asked for, and nothing
that it does to itself, such as hanging or dying, does more than lose its answer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from readiness.core.environment import candidate_environment
from readiness.core.errors import ModelError
from readiness.core.provenance import Isolation
from readiness.evidence.models.own_modules import add_used_modules
from readiness.evidence.workers.isolation import Cell, Start, isolate, search_environment
from readiness.evidence.workers.wire import Message, WireError, names_of, read_message, write_message
from readiness.evidence.workers.worker import ModelRaised, WorkerLost

LOADING_SECONDS = 600.0
"""How long the first reply may take."""
MOST_LOSSES = 12
"""Processes that may be lost before no other one is started."""
ENDING_SECONDS = 5.0
"""How long a process that closed its end of the line may take to end."""
LAST_WORDS = 400
NOTHING = Message({})


class Apart(ABC):
    """Somebody else's code in a process apart."""

    whose = "model"
    remedy = "Load and score it in a plain script to see."

    def __init__(self, named: Sequence[str], folder: Path, cell: Cell, start: Start | None = None) -> None:
        """Nothing is started yet; `cell` is what the process may see, and `start` how it is isolated where known."""
        self._named = tuple(named)
        self._folder = folder.resolve()  # links that lead to it are not there in a sandbox
        self._cell = cell
        self._start = start
        self._line: Line | None = None
        self._losses = 0

    @property
    def isolation(self) -> Isolation:
        """What stands between it and this process."""
        return self._started().isolation

    def spawn(self) -> None:
        """Start the process, which imports what it will need, and is not asked anything yet.

        Raises:
            WorkerLost: it was lost too often.
        """
        if self._line is None:
            if self._losses >= MOST_LOSSES:
                raise WorkerLost(
                    f"The process of the {self.whose} was lost {self._losses} times; no other one is started.",
                    remedy=self.remedy,
                )
            self._line = Line(self._started(), self._named, self._folder)

    def begin(self) -> None:
        """Let the process do the first that it is asked, started if need be, and do not wait for its reply.

        Raises:
            WorkerLost: it was lost too often.
        """
        self.spawn()
        if self._line is not None and not self._line.begun:
            self._line.begun = True
            self._line.send(self._first_request(), LOADING_SECONDS)

    @abstractmethod
    def _first_request(self) -> Mapping[str, Any]:
        """What a fresh process is asked to do."""

    @abstractmethod
    def _read_first_reply(self, reply: Message) -> None:
        """Look at what a fresh process replies."""

    def _started(self) -> Start:
        if self._start is None:
            self._start = isolate(self._cell)
        return self._start

    def _ready(self) -> Line:
        """The process, once it has done the first that it was asked."""
        self.begin()
        line = self._line
        assert line is not None
        if not line.greeted:
            self._read_first_reply(self._receive(line))
            line.greeted = True
        return line

    def _ask(self, values: Mapping[str, Any], seconds: float, body: Message = NOTHING) -> Message:
        """The reply to one request.

        Raises:
            ModelRaised: the code there did.
            WorkerLost: the process ended, did not answer in time, or what it says cannot be read.
        """
        line = self._ready()
        line.send({**body.values, **values}, seconds, body.buffers)
        return self._receive(line)

    def _receive(self, line: Line) -> Message:
        try:
            reply = line.receive()
        except (WireError, OSError, ValueError) as error:
            raise self._lose(str(error) if isinstance(error, WireError) else "") from None
        if reply is None:
            raise self._lose("")
        self._note_modules(reply)
        if (raised := reply.values.get("raised")) is not None:
            raise read_raised(raised) or self._lose("its replies cannot be read")
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
        line, self._line = self._line, None
        self._losses += 1
        how = why if line is None else line.stop(why)
        return WorkerLost(f"The process of the {self.whose} was lost: {how}.", remedy=self.remedy)

    def close(self) -> None:
        """End the process."""
        if self._line is not None:
            self._line.stop("it was not needed any more")
            self._line = None


def _three_texts(value: Any) -> tuple[str, str, str] | None:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(each, str) for each in value):
        return None
    return value[0][:100], value[1][:2000], value[2][:1000]


def read_raised(value: Any) -> ModelRaised | None:
    """An exception of the code there; None for what is none."""
    try:
        kind, words, bases, module = value
        names_of([kind, words, module, *bases])
    except (TypeError, ValueError, WireError):
        return None
    kind = kind[:100] if kind.isidentifier() else "Exception"
    words = words[:2000].encode("utf-8", "replace").decode()  # half a surrogate pair is no character
    return ModelRaised(kind, words, bases=bases[:20], module=module[:200])


# ----------------------------------------------------------------------------------------------------
# One process, its pipes, and its end


class Line:
    """A started process and the pipes to it; whoever waits for it too long ends it."""

    def __init__(self, start: Start, named: Sequence[str], folder: Path) -> None:
        """`named` are environment variables that the spec hands through; `folder` is where it works."""
        environment = candidate_environment(os.environ, named=named, folder=folder)
        environment = search_environment({**environment, "PYTHONPATH": os.pathsep.join(_search_path(environment))})
        environment["HOME"] = "/tmp" if start.prefix else environment.get("HOME", "/nonexistent")  # noqa: S108
        self.begun = False
        self.greeted = False
        self.asked = False
        self.late = False
        self._words = deque[bytes](maxlen=40)
        self._timer: threading.Timer | None = None
        self._seconds = 0.0
        self._ended = threading.Lock()
        self._isolated = bool(start.prefix)
        code = "import gc; gc.disable(); from readiness.evidence.workers.child import main; gc.enable(); main()"
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
        self._listener = threading.Thread(target=_listen, args=(self._popen.stderr, self._words), daemon=True)
        self._listener.start()
        self._forgotten = weakref.finalize(self, _end, self._popen)

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
        with self._ended:
            _kill(self._popen)

    def stop(self, why: str = "") -> str:
        """End it, and say how it ended: `why`, where something else was the reason."""
        if self._timer is not None:
            self._timer.cancel()
        has_ended = not why and not self.late and _await_end(self._popen, ENDING_SECONDS)
        self._kill()
        for stream in (self._popen.stdin, self._popen.stdout):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()
        code = self._popen.wait()
        self._forgotten.detach()
        self._listener.join(1)
        if self.late:
            return f"it did not answer for {self._seconds:g} seconds"
        return why or _describe_end(code if has_ended else None, self._last_words(), isolated=self._isolated)

    def _last_words(self) -> str:
        lines = b"".join(self._words).decode("utf-8", "replace").splitlines()
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _listen(stream: IO[bytes], words: deque[bytes]) -> None:
    """Keep the last that is printed, whatever it is and however much."""
    with contextlib.suppress(OSError, ValueError), stream:
        while piece := stream.read1(2**16):  # type: ignore[attr-defined]  # buffered
            words.append(piece[-LAST_WORDS:])


def _await_end(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether it ends in so many seconds. Its number stays taken, so that the group of that number is its own."""
    if not hasattr(os, "waitid"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        return process.returncode is not None
    latest = time.monotonic() + seconds
    while (ended := os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)) is None:
        if time.monotonic() > latest:
            break
        time.sleep(0.01)
    return ended is not None


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if process.returncode is None:  # it may have ended, and what it started goes on
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that nobody asks any more."""
    _kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.close()


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
