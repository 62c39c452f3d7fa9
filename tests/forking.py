"""Processes of models forked from one that has loaded the libraries already.

Code, pipes, messages and ends are those of a review; what is spared is starting an interpreter and a sandbox for each.
What a sandbox keeps from a model is looked at by the tests of isolation, which start real ones, as whole reviews do.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

LIBRARIES = ("sklearn.compose", "sklearn.ensemble", "sklearn.linear_model", "sklearn.pipeline", "sklearn.preprocessing")
LONGEST = 2**18
"""Bytes of a request to the process that forks."""


@contextlib.contextmanager
def forked_workers(*, really: bool = True) -> Iterator[None]:
    """Meanwhile models run in forked processes, said to be isolated as by bubblewrap; not `really`: in real ones."""
    before = _chosen.forks
    _install()
    _chosen.forks = really
    try:
        yield
    finally:
        _chosen.forks = before


def choose(*, forks: bool) -> None:
    """Whether models run in forked processes from now on."""
    _install()
    _chosen.forks = forks


_chosen = SimpleNamespace(forks=False)


@functools.cache
def _install() -> None:
    """Stand in front of the two doors through which a model's process is started."""
    from readiness.core.provenance import Isolation, IsolationForm
    from readiness.evidence.workers import cells, line
    from readiness.evidence.workers.isolation import Start

    if sys.platform != "linux":
        return
    isolate, start = line.isolate, Start(Isolation(IsolationForm.BUBBLEWRAP, network=False, labels=False))

    def chosen_start(cell: Any) -> Start:
        return start if _chosen.forks else isolate(cell)

    def started(words: Any, **options: Any) -> Any:
        forks = _chosen.forks and words[0] == sys.executable and options.get("user") is None
        return Forked(**options) if forks else subprocess.Popen(words, **options)

    cells.isolate = line.isolate = chosen_start
    line.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": started})


class Forked:
    """What `subprocess.Popen` would give for a model's process, in the parts that a review uses."""

    def __init__(self, *, cwd: Path, env: Mapping[str, str], bufsize: int, **_: Any) -> None:
        (their_in, our_in), (our_out, their_out), (our_err, their_err) = (os.pipe() for _ in range(3))
        theirs = [their_in, their_out, their_err]
        self.pid: int = nursery().ask({"cwd": str(cwd), "env": dict(env)}, theirs)
        for each in theirs:
            os.close(each)
        self.stdin = os.fdopen(our_in, "wb", bufsize)
        self.stdout, self.stderr = os.fdopen(our_out, "rb", bufsize), os.fdopen(our_err, "rb", bufsize)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = nursery().ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("a forked process", timeout or 0)
            time.sleep(0.002)
        return code


class Nursery:
    """The process that forks, and the line to it."""

    def __init__(self) -> None:
        from readiness.evidence.workers.isolation import search_environment

        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = [sys.executable, "-P", __file__, str(theirs.fileno())]
        self._process = subprocess.Popen(
            words,
            pass_fds=[theirs.fileno()],
            env=search_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        self._lock = threading.Lock()
        self._asked = 0

    def ask(self, request: Mapping[str, Any], files: list[int] | None = None) -> Any:
        with self._lock:
            self._asked += 1
            mine = self._asked
            socket.send_fds(self._line, [json.dumps({**request, "number": mine}).encode()], files or [])
            while True:  # a test that was interrupted at its limit may have left a reply behind
                number, reply = json.loads(self._line.recv(LONGEST))
                if number == mine:
                    return reply


@functools.cache
def nursery() -> Nursery:
    """The one of this process; it ends with it."""
    return Nursery()


# ----------------------------------------------------------------------------------------------------
# The process that forks


def serve(line: socket.socket) -> None:
    """Fork for each request with three files, and say of a child how it ended, until nobody asks any more."""
    child = importlib.import_module("readiness.evidence.workers.child")
    for name in LIBRARIES:
        importlib.import_module(name)
    list(importlib.import_module("readiness.evidence.cache.fingerprint").loaded_modules())  # remembers where each lies
    while True:
        words, files, _, _ = socket.recv_fds(line, LONGEST, 3)
        if not words:
            return
        request = json.loads(words)
        if "ended" in request:
            line.send(json.dumps([request["number"], _exit_code(request["ended"])]).encode())
            continue
        number = os.fork()
        if not number:
            line.close()
            _become(child, request, files)
        with contextlib.suppress(OSError):  # the child does it, too: whoever asks may end its group at once
            os.setpgid(number, number)
        for each in files:
            os.close(each)
        line.send(json.dumps([request["number"], number]).encode())


def _exit_code(number: int) -> int | None:
    done, status = os.waitpid(number, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def _become(child: Any, request: Mapping[str, Any], files: list[int]) -> None:
    """What an interpreter with this environment, folder and pipes does; never returns."""
    import random
    import traceback

    import numpy as np

    code = 1
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        for number, each in enumerate(files):
            os.dup2(each, number)
            os.close(each)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        places = [place for place in request["env"].get("PYTHONPATH", "").split(os.pathsep) if place]
        sys.path[:] = [*places, *(place for place in sys.path if place not in places)]
        random.seed()
        np.random.seed()  # noqa: NPY002  # the old generator, which models may use unseeded
        child.main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(socket.socket(fileno=int(sys.argv[1])))
