"""The papermill engine `readiness`: cells walked in this interpreter's own kernel, whatever kernels are installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.log import logger

from readiness.run.kernel_manager import KERNEL_NAME, ReadinessKernelManager, Setting

IOPUB_SECONDS = 60
"""How long a cell's last output may take to arrive; the customary 4 s are too few on a busy machine."""


class KernelDied(DeadKernelError):
    """The kernel's process ended while a cell was running, or before the first."""

    def __init__(self, status: int | None, last_words: str) -> None:
        """`status` is the exit status, negative for a signal, None when unknown."""
        super().__init__(f"the kernel died with the exit status {status}: {last_words}")
        self.status = status
        self.last_words = last_words


class NotAllEnded(DeadKernelError):
    """Processes that the candidate started may still be running."""


class ReadinessEngine(NBClientEngine):  # type: ignore[misc]  # published without types
    """The papermill engine `readiness`: papermill's own, on this interpreter with an environment that is a list."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,  # noqa: ARG003  # there is one kernel
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        kernel_cwd: str | None = None,
        kernel: ReadinessKernelManager | None = None,
        ready: Callable[[Callable[[], None]], None] | None = None,
        **options: Any,
    ) -> Any:
        """Run the cells of `nb_man.nb` in a fresh kernel that works in the folder `kernel_cwd`.

        `kernel` is one that was started before, and ends with the last cell. `ready` is handed the function that lets
        a waiting kernel go, before the first cell is run.

        Raises:
            KernelDied: its process ended by itself.
            NotAllEnded: it cannot be told whether all that it started has ended.
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
        kernel = kernel or ReadinessKernelManager(Setting(None if kernel_cwd is None else Path(kernel_cwd)))
        client = PapermillNotebookClient(nb_man, km=kernel, **traits | options)
        folder = {} if kernel_cwd is None else {"cwd": kernel_cwd}
        if ready is not None:
            ready(kernel.go)
        try:
            done = client.execute(cleanup_kc=True, **folder)
        except (DeadKernelError, RuntimeError) as error:
            if isinstance(error, DeadKernelError) or "Kernel died" in str(error):
                raise KernelDied(kernel.exit_status, kernel.last_words) from error
            raise
        finally:
            kernel.end_family()  # also when the way out was not the usual one
        if not kernel.all_ended:
            raise NotAllEnded
        return done
