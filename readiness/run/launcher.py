"""The process between host and kernel: it starts the kernel, and ends every descendant before it ends itself.

On Linux it is the child subreaper: a process that cuts itself loose by a second fork, in a session of its own, becomes
its child, and is ended with all others. It then reports that none is left. A host that gets no such report trusts
nothing of the review: whoever killed this process may still be running. Elsewhere only the kernel's process group is
ended. What no process can end is what runs outside its descent: jobs of cron or systemd, other machines.

Standard library only, and run as a file of its own by an interpreter without site-packages, so that it starts at once.
Standard input is the host's: a byte is passed on to the kernel as the signal to go; its end means that all must end.
Standard output takes the report, one line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

GO = b"g"
PATIENCE = 30.0
"""Seconds in which killed processes must be gone."""
PAUSE = 0.01
UNKNOWN = -1
"""What is left, where this system could have told and does not."""
SET_CHILD_SUBREAPER, SET_DUMPABLE = 36, 4
"""Numbers of prctl(2)."""


def main(command: list[str]) -> int:
    """Run `command` to its end, end what it left, report, and end as it ended."""
    adopts = _become_subreaper()
    reading, writing = os.pipe()
    environment = os.environ | {"JPY_PARENT_PID": str(os.getpid())}  # a kernel whose parent is another one ends itself
    group = None if os.name == "nt" else 0  # 0: a group of its own
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # the launcher loads no more than it needs
        kernel = subprocess.Popen(command, stdin=reading, stdout=nowhere, env=environment, process_group=group)  # noqa: S603
    os.close(reading)
    _pass_signals_on(kernel)
    threading.Thread(target=_listen, args=(kernel, writing), daemon=True).start()
    status = _wait_for(kernel)
    _end_group(kernel.pid)
    left = _end_descendants() if adopts else UNKNOWN if _is_linux() else 0
    sys.stdout.write(json.dumps({"status": status, "left": left}) + "\n")
    sys.stdout.flush()
    return _end_like(status)


def _is_linux() -> bool:
    return sys.platform.startswith("linux")


def _become_subreaper() -> bool:
    """Adopt orphans, and let no process of the same user look into this one; False where that cannot be."""
    if not _is_linux():
        return False
    import ctypes

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    # not dumpable: no process of the same user may attach to this one or read its memory and /proc entries (prctl(2)).
    # Subreaper: what a candidate starts and detaches becomes a child of ours once its parent is gone, and can be ended.
    prctl(SET_DUMPABLE, 0, 0, 0, 0)
    return int(prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0


def _pass_signals_on(kernel: subprocess.Popen[bytes]) -> None:
    """An interrupt is meant for the kernel; a request to end is meant for all."""
    signal.signal(signal.SIGINT, lambda *_: _send(kernel.pid, signal.SIGINT))
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, lambda *_: kernel.kill())


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def _listen(kernel: subprocess.Popen[bytes], writing: int) -> None:
    """What the host says; its silence, too, when it has ended."""
    while True:
        said = os.read(0, 1)
        if said == GO:
            with contextlib.suppress(OSError):
                os.write(writing, GO)
        elif not said:
            kernel.kill()
            return


def _wait_for(kernel: subprocess.Popen[bytes]) -> int:
    """The kernel's exit status, negative for a signal; orphans that end meanwhile are laid to rest."""
    if os.name == "nt":
        return kernel.wait()
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == kernel.pid:
            kernel.returncode = os.waitstatus_to_exitcode(status)  # so that nobody signals a number that is free again
            return kernel.returncode


def _end_group(group: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def _end_descendants() -> int:
    """Kill until no child is left; those of a killed child become ours. Returns how many would not end."""
    deadline = time.monotonic() + PATIENCE
    # a killed process hands its children to us, so one round is not enough; whoever keeps forking wins until the
    # deadline
    while children := _children():
        for pid in children:
            _send(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if time.monotonic() > deadline:
            return len(_children())
        time.sleep(PAUSE)
    return 0


def _children() -> list[int]:
    """Children of this process, living or not yet laid to rest, by what the kernel of the system says."""
    own, found = str(os.getpid()), []
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208  # as above
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stream:  # noqa: PTH123  # as above
                parent = stream.read().rpartition(")")[2].split()[1]
        except (OSError, IndexError):  # it has ended meanwhile
            continue
        if parent == own:
            found.append(int(name))
    return found


def _end_like(status: int) -> int:
    """End by the same signal, so that whoever waits for this process learns what ended the kernel."""
    if status >= 0 or os.name == "nt":
        return max(status, 0)
    signal.signal(-status, signal.SIG_DFL) if -status not in (signal.SIGKILL, signal.SIGSTOP) else None
    os.kill(os.getpid(), -status)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
