"""What whole runs of commands take: seconds by the clock and of the processor, and memory of all their processes."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Reading:
    """One whole run of one or more commands, from its start to its end."""

    seconds: float
    processor: float
    """Seconds of the processor, of all its processes, as far as was seen before each ended."""
    memory: int
    """The most bytes that all its processes held together at one moment; what they share is counted once (PSS)."""

    def __add__(self, other: Reading) -> Reading:
        """One run after the other."""
        return Reading(self.seconds + other.seconds, self.processor + other.processor, max(self.memory, other.memory))


def middle_of(readings: Sequence[Reading]) -> Reading:
    """The middle of several runs, each number by itself."""
    middle = statistics.median
    return Reading(
        middle(each.seconds for each in readings),
        middle(each.processor for each in readings),
        int(middle(each.memory for each in readings)),
    )


def timed(command: Sequence[str], folder: Path, *, codes: Sequence[int] = (0,)) -> Reading:
    """Run a command to its end and look now and then on what it and all below it hold.

    Raises:
        RuntimeError: it ended with another exit code than `codes`.
    """
    before, start = _waited_for(), time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = psutil.Popen(list(command), cwd=folder, stdout=said, stderr=said)
        memory, spent = 0, dict[psutil.Process, float]()
        while process.poll() is None:
            family = _family(process)
            memory = max(memory, sum(map(_share_of, family)))
            spent |= {member: seconds for member in family if (seconds := _spent_by(member)) is not None}
            try:
                process.wait(POLL_SECONDS)
            except psutil.TimeoutExpired:
                continue
        seconds = time.perf_counter() - start
        if process.returncode not in codes:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command[:6])} ended with {process.returncode}:\n{said.read().decode()}")
    # what a process spent that nobody waits for, such as one in a container of its own, is in no sum of its parents
    return Reading(seconds, max(_waited_for() - before, sum(spent.values())), memory)


def in_turn(runs: int, works: dict[str, Callable[[], Reading]]) -> dict[str, Reading]:
    """The middle of several runs of each, all in turn, so that whatever else the machine does falls on all."""
    found: dict[str, list[Reading]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            found[name].append(work())
    return {name: middle_of(readings) for name, readings in found.items()}


def _waited_for() -> float:
    """Seconds of the processor of all processes that this one and its children waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all below it."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _spent_by(process: psutil.Process) -> float | None:
    try:
        times = process.cpu_times()
    except psutil.Error:  # it has ended meanwhile
        return None
    return float(times.user + times.system)


def _share_of(process: psutil.Process) -> int:
    """Bytes that a process holds; each page that it shares with others in part."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.AccessDenied, AttributeError):  # another user's, or a system that does not tell
        try:
            return int(process.memory_info().rss)
        except psutil.Error:
            return 0
    except psutil.Error:  # it has ended meanwhile
        return 0


def describe_machine() -> str:
    """Processor, memory, Python, and how busy the machine is before anything is measured."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    busy = f"; BUSY: {load:.1f} processes wanted to run in the last minute" if load > 0.5 else ""
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}{busy}"
    )


def version_in(python: Path, package: str) -> str:
    """The version of a package in another environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()
