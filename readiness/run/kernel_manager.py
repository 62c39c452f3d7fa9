"""The kernel of a review: this interpreter, an environment that is a list, and a launcher that outlives it.

Always the interpreter that runs the command, whatever kernels are installed, and no start-up files of whoever runs it.
It looks for no module in the folder that it works in. When it has ended, the launcher ends all that descended from it
and reports that nothing is left; see `launcher` for where that holds. Without that report the review is not completed.

It is started before all else: while the host checks spec and files and imports what it will need, the kernel imports
this program, and then waits for the word to go.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psutil
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from readiness.core.environment import GO_VARIABLE, candidate_environment
from readiness.core.errors import KernelError
from readiness.run.launcher import GO, PAUSE

if TYPE_CHECKING:
    from readiness.spec.load import LoadedSpec
    from readiness.spec.schema import Spec

KERNEL_NAME = "python3"

LAUNCHER = Path(__file__).with_name("launcher.py")

KERNEL = "import sys; sys.modules['debugpy'] = None; from ipykernel.kernelapp import launch_new_instance as run; run()"
"""As the module `ipykernel_launcher` does; without the debugger, which would load as much as the kernel itself."""
NO_HISTORY = "--HistoryManager.hist_file=:memory:"
POLITE_SECONDS = 0.5
"""How long a kernel may take to end by itself. All that counts has been shown by then."""
ENDING_SECONDS = 60.0
"""How long the launcher may take to end all processes; it gives up before."""


class ThisInterpreter(KernelSpecManager):
    """Knows one kernel: the Python that is running now."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002  # any name means the one kernel
        """The one kernel, whatever it is called, behind the launcher."""
        known = get_kernel_dict()
        connection = [part for part in known["argv"] if part in ("-f", "{connection_file}")]
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER)]
        command = [*launcher, sys.executable, "-P", "-c", KERNEL, *connection, "--InteractiveShellApp.ignore_cwd=True"]
        return KernelSpec(resource_dir=RESOURCES, **known | {"argv": command})


@dataclass(frozen=True, slots=True)
class Setting:
    """What a kernel is started with."""

    folder: Path | None = None
    """The spec's, which the kernel works in and imports nothing from."""
    named: tuple[str, ...] = ()
    """Environment variables that the spec names."""
    waits: bool = False
    """Whether it waits for `go` before it touches the candidate."""

    @classmethod
    def of(cls, loaded: LoadedSpec) -> Setting:
        """For the review of a spec."""
        return cls(loaded.folder, variables(loaded.spec), waits=True)


def variables(spec: Spec) -> tuple[str, ...]:
    """The environment variables that the models of a spec need by its own words."""
    current = spec.baseline.current
    headers = (source.from_environment for source in (spec.model.headers or {}).values())
    return tuple(dict.fromkeys((*spec.model.environment, *headers, *(current.environment if current else ()))))


class ReadinessKernelManager(AsyncKernelManager):
    """Starts this interpreter behind a launcher, and knows afterwards whether anything is left of it."""

    def __init__(self, setting: Setting = Setting(), **traits: Any) -> None:
        """As the base class; the connection is encrypted where both ends can."""
        traits.setdefault("kernel_spec_manager", ThisInterpreter())
        traits.setdefault("kernel_name", KERNEL_NAME)
        if "transport_encryption" in self.class_trait_names():
            traits.setdefault("transport_encryption", "auto")
        super().__init__(**traits)
        self.setting = setting
        self._said: IO[bytes] | None = None
        self._profile: tempfile.TemporaryDirectory[str] | None = None
        self._ends: list[int] = [*os.pipe()]
        """Where the launcher hears of us, and where we speak; open from the first, so that nothing said is lost."""
        self._speaking = threading.Lock()
        self._report: IO[bytes] | None = None
        self._launcher: subprocess.Popen[bytes] | None = None
        self._descendants: list[psutil.Process] = []
        self.exit_status: int | None = None
        """Of the kernel, once it has ended; negative: the signal that ended it."""
        self.last_words = ""
        """The last line that the kernel's process wrote to its own standard error."""
        self.all_ended = False
        """Whether the launcher reported that nothing is left of the kernel and its descendants."""

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # published as not async
        """Start it; `cwd` is the folder it works in."""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the kernel has ended
        self._profile = tempfile.TemporaryDirectory(prefix="readiness-ipython-")
        environment = self._environment(options.pop("env", os.environ), self._profile.name)
        reading, telling = os.pipe()
        self._report = os.fdopen(reading, "rb")
        try:
            await super().start_kernel(
                env=environment, stdin=self._ends[0], stdout=telling, stderr=self._said, **options
            )
        finally:
            os.close(self._ends.pop(0))
            os.close(telling)
            self._launcher = getattr(self.provisioner, "process", None)

    def _environment(self, given: Mapping[str, str], private: str) -> dict[str, str]:
        passed = candidate_environment(given, named=self.setting.named, folder=self.setting.folder)
        passed["IPYTHONDIR"] = private
        if not _has_home():
            passed["HOME"] = private  # who has no entry among the users has no home without this
        if self.setting.waits:
            passed[GO_VARIABLE] = "1"
        return passed

    def go(self) -> None:
        """Let the kernel load the candidate."""
        with self._speaking, contextlib.suppress(OSError):  # it has died; waiting for it will tell
            if self._ends:
                os.write(self._ends[-1], GO)

    async def shutdown_kernel(  # type: ignore[override]  # published as not async
        self, now: bool = False, restart: bool = False
    ) -> None:
        """End it, politely first, and wait until the launcher has ended all that is left."""
        with contextlib.suppress(psutil.Error):
            self._descendants = psutil.Process(getattr(self.provisioner, "pid", None)).children(recursive=True)
        if not now:
            with contextlib.suppress(Exception):  # a kernel that cannot be asked is told
                await self.request_shutdown()
                await self._wait_for_end(POLITE_SECONDS)
        self._let_end()
        await self._wait_for_end(ENDING_SECONDS)
        await super().shutdown_kernel(now=True, restart=restart)

    async def _wait_for_end(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and await self.is_alive():
            await asyncio.sleep(PAUSE)

    def _let_end(self) -> None:
        """The launcher ends everything when it hears nothing of us any more."""
        with self._speaking:
            while self._ends:
                os.close(self._ends.pop())

    async def cleanup_resources(  # type: ignore[override]  # published as not async
        self, restart: bool = False
    ) -> None:
        """Leave no file behind, and no process of its descent."""
        process = getattr(self.provisioner, "process", None)
        self.exit_status = process.poll() if process is not None else self.exit_status
        await super().cleanup_resources(restart=restart)
        self.end_family()
        self._leave_no_file()

    def _leave_no_file(self) -> None:
        self.cleanup_connection_file()
        if self._said is not None and not self._said.closed:
            self.last_words = _last_line(self._said)
            self._said.close()
        if self._profile is not None:
            self._profile.cleanup()

    async def discard(self) -> None:
        """End it at once and clean up, whether it was used or not, and whether somebody has done so or not."""
        if self.has_kernel:
            await self.shutdown_kernel(now=True)
            await self.cleanup_resources()
        self.end_family()
        self._leave_no_file()

    def end_family(self) -> None:
        """Make sure that the launcher has ended all, and read its report; kill the descendants that were known."""
        self._let_end()
        if self._launcher is not None:
            try:
                self._launcher.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:  # somebody stopped it; it will give no report
                self._launcher.kill()
                self._launcher.wait()
            self._launcher = None
        for process in self._descendants:
            with contextlib.suppress(psutil.Error):
                process.kill()  # psutil makes sure that the number still means the same process
        self._descendants = []
        if self._report is not None:
            with self._report:
                self.all_ended = _has_all_ended(_read_to_end(self._report))
            self._report = None


@contextlib.contextmanager
def started_kernel(setting: Setting, loaded: LoadedSpec | None = None) -> Iterator[ReadinessKernelManager]:
    """A kernel that starts while the block goes on, and has ended with all its descendants when that is left.

    Before it is asked for anything it imports this program and starts the process of the candidate of `loaded`, which
    loads nothing before the kernel is let go.

    Raises:
        KernelError: no process can be started.
    """
    kernel = ReadinessKernelManager(setting)
    first = f"--InteractiveShellApp.exec_lines={_first_lines(loaded)}"
    try:
        try:
            run_sync(kernel.start_kernel)(cwd=str(setting.folder), extra_arguments=[NO_HISTORY, first])
        except OSError as error:
            raise KernelError(
                f"The process that computes the review could not be started: {error.strerror or error}.",
                remedy="Look at limits of memory, processes and open files, and at the room for temporary files.",
            ) from error
        yield kernel
    finally:
        run_sync(kernel.discard)()


def _first_lines(loaded: LoadedSpec | None) -> str:
    given = () if loaded is None else (str(loaded.path), loaded.digest, "\n".join(loaded.settings))
    # nothing of what an import makes is garbage, and looking for some takes a seventh of its time
    begin = f"import readiness.reviews.opening; readiness.reviews.opening.begin{given!r}"
    return f"import gc; gc.disable(); {begin}; gc.enable(); gc.freeze(); del gc, readiness"


def _read_to_end(stream: IO[bytes]) -> bytes:
    """What the launcher, which has ended, left in a pipe; nothing where somebody else still holds the other end."""
    if os.name == "nt":
        return stream.read()
    os.set_blocking(stream.fileno(), False)
    said = b""
    try:
        while piece := os.read(stream.fileno(), 4096):
            said += piece
    except BlockingIOError:  # not at its end, so there is another writer
        return b""
    return said


def _has_home() -> bool:
    """Whether the home folder is known without the variable HOME."""
    try:
        import pwd

        pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    except ImportError:  # Windows, which has other variables for it
        return True
    return True


def _has_all_ended(report: bytes) -> bool:
    try:
        return bool(json.loads(report)["left"] == 0)
    except (ValueError, KeyError, TypeError):
        return False


def _last_line(stream: IO[bytes], most: int = 4096) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - most))
    lines = stream.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
