"""Which Python computes a review, and what does it get to see?

Always the interpreter that runs the command, whatever kernels are installed. Its environment is ours without
what looks like a secret and without personal start-up files, so the candidate's own code meets no key and two
runs start alike. When it has ended, its process group and all that still descended from it are ended, too. A process
that cut itself loose before, by a second fork in a session of its own, is not found and may live on: this keeps a
review tidy, and is no wall around code that nobody trusts.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from typing import IO, Any

import psutil
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger

KERNEL_NAME = "python3"

IOPUB_SECONDS = 60
"""How long a cell's last output may take to arrive; the customary 4 s are too few on a busy machine."""

SHUTDOWN_SECONDS = 1.0
"""Half of it politely, half after a first signal. All that counts has been shown by then, and a kernel that used
worker processes never ends politely: it waits for their trackers, which ignore it.
"""

_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|PASSPHRASE|PASSFILE|CREDENTIAL|COOKIE|^(AWS|AZURE|GOOGLE|GCP|GCLOUD|CLOUDSDK|VAULT)_"
    r"|^(SSH|GPG)_|^KUBECONFIG$|^NETRC$|^DOCKER_CONFIG$|_DSN$|_PAT$|_AUTH$"
)
_SECRET_VALUE = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
"""A password inside an address, as in `https://user:password@host`."""

_PERSONAL = frozenset({"MPLBACKEND", "PYTHONSTARTUP", "IPYTHONDIR", "JPY_SESSION_NAME"})
"""These change what a kernel does; MPLBACKEND would make every figure vanish without a word."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """A copy without whatever looks like a secret, and with a fixed hash seed."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _PERSONAL and not _SECRET_NAME.search(name.upper()) and not _SECRET_VALUE.search(value)
    }
    return kept | {"PYTHONHASHSEED": "0"}


class ThisInterpreter(KernelSpecManager):
    """Knows one kernel: the Python that is running now."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002  # any name means the one kernel
        """The one kernel, whatever it is called."""
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class ReadinessKernelManager(AsyncKernelManager):
    """Starts this interpreter with a clean environment, and ends it with its group and its descendants."""

    def __init__(self, **traits: Any) -> None:
        """As the base class; the connection is encrypted where both ends can."""
        traits.setdefault("kernel_spec_manager", ThisInterpreter())
        traits.setdefault("kernel_name", KERNEL_NAME)
        traits.setdefault("shutdown_wait_time", SHUTDOWN_SECONDS)
        if "transport_encryption" in self.class_trait_names():
            traits.setdefault("transport_encryption", "auto")
        super().__init__(**traits)
        self._said: IO[bytes] | None = None
        self._profile: tempfile.TemporaryDirectory[str] | None = None
        self._group: int | None = None
        self._descendants: list[psutil.Process] = []
        self.exit_status: int | None = None
        """Of the kernel, once it has ended; negative: the signal that ended it."""
        self.last_words = ""
        """The last line that the kernel's process wrote to its own standard error."""

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # published as not async
        """Start it; `cwd` is the folder it works in."""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the kernel has ended
        self._profile = tempfile.TemporaryDirectory(prefix="readiness-ipython-")
        environment = clean_environment(options.pop("env", os.environ)) | {"IPYTHONDIR": self._profile.name}
        await super().start_kernel(env=environment, stdout=subprocess.DEVNULL, stderr=self._said, **options)
        self._group = getattr(self.provisioner, "pgid", None)

    async def shutdown_kernel(  # type: ignore[override]  # published as not async
        self, now: bool = False, restart: bool = False
    ) -> None:
        """End it, politely first; who its descendants are can only be asked while it lives."""
        with contextlib.suppress(psutil.Error):
            self._descendants = psutil.Process(getattr(self.provisioner, "pid", None)).children(recursive=True)
        await super().shutdown_kernel(now=now, restart=restart)

    async def cleanup_resources(  # type: ignore[override]  # published as not async
        self, restart: bool = False
    ) -> None:
        """Leave no file behind, and no process of its group or descent."""
        process = getattr(self.provisioner, "process", None)
        self.exit_status = process.poll() if process is not None else self.exit_status
        await super().cleanup_resources(restart=restart)
        self.end_family()
        if self._said is not None and not self._said.closed:
            self.last_words = _last_line(self._said)
            self._said.close()
        if self._profile is not None:
            self._profile.cleanup()

    def end_family(self) -> None:
        """Kill its group and the descendants it had when it was told to end; a daemon of its making is neither."""
        if self._group is not None and hasattr(os, "killpg") and self._group != os.getpgrp():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)
        self._group = None
        for process in self._descendants:
            with contextlib.suppress(psutil.Error):
                process.kill()  # psutil makes sure that the number still means the same process
        self._descendants = []


def _last_line(stream: IO[bytes], most: int = 4096) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - most))
    lines = stream.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


class KernelDied(DeadKernelError):
    """The kernel's process ended while a cell was running, or before the first."""

    def __init__(self, status: int | None, last_words: str) -> None:
        """`status` is the exit status, negative for a signal, None when unknown."""
        super().__init__(f"the kernel died with the exit status {status}: {last_words}")
        self.status = status
        self.last_words = last_words


class ReadinessEngine(NBClientEngine):  # type: ignore[misc]  # published without types
    """The papermill engine `readiness`: papermill's own, on this interpreter with a clean environment."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,  # noqa: ARG003  # there is one kernel
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        kernel_cwd: str | None = None,
        **options: Any,
    ) -> Any:
        """Run the cells of `nb_man.nb` in a fresh kernel that works in the folder `kernel_cwd`.

        Raises:
            KernelDied: its process ended by itself.
            CellTimeoutError: a cell took longer than allowed.
        """
        for unused in ("input_path", "timeout", "startup_timeout", "kernel_manager_class"):
            options.pop(unused, None)
        traits = {
            "log": logger,
            "record_timing": False,  # clock values have one place, and it is not here
            "iopub_timeout": IOPUB_SECONDS,
            "timeout": execution_timeout,
            "startup_timeout": start_timeout,
            "kernel_name": KERNEL_NAME,
        }
        kernel = ReadinessKernelManager()
        client = PapermillNotebookClient(nb_man, km=kernel, **traits | options)
        folder = {} if kernel_cwd is None else {"cwd": kernel_cwd}
        try:
            return client.execute(cleanup_kc=True, **folder)
        except (DeadKernelError, RuntimeError) as error:
            if isinstance(error, DeadKernelError) or "Kernel died" in str(error):
                raise KernelDied(kernel.exit_status, kernel.last_words) from error
            raise
        finally:
            kernel.end_family()  # also when the way out was not the usual one
