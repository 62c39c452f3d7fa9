"""Execution of the notebook in a fresh kernel; whatever goes wrong is said in plain words.

Papermill's own marks are no evidence: after a timeout or a killed kernel they call every cell completed, and a
cell that calls `sys.exit` raises nothing at all. So the exceptions are caught here and the outputs looked at.
"""

from __future__ import annotations

import copy
import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from readiness.core import errors
from readiness.core.errors import InputError, KernelError, ReadinessError, ReviewError
from readiness.core.findings import Question, Status, left_out_code
from readiness.core.sanitize import shorten, visible
from readiness.run.executed import PARAMETERS_TAG, Walkthrough, headings
from readiness.run.kernel_manager import KERNEL_NAME, ReadinessKernelManager
from readiness.run.kernels import IOPUB_SECONDS, KernelDied, NotAllEnded, ReadinessEngine
from readiness.run.progress import Progress

ANSWER_MIME = "application/vnd.readiness.answer+json"
ENGINE = "readiness"
INJECTED_ID = "injected-parameters"
PREPARING_TAGS = frozenset({PARAMETERS_TAG, INJECTED_ID, "setup"})
"""Cells that hand over and import; progress does not speak of them."""

_QUIET = logging.getLogger("readiness.notebook")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False  # what goes wrong is raised, once, in words for people

papermill_engines.register(ENGINE, ReadinessEngine)  # also where the package was not installed


@dataclass(frozen=True, slots=True)
class Execution:
    """An executed notebook, whole or as far as it got."""

    notebook: Any
    failure: ReadinessError | None = None

    def content(self) -> bytes:
        """The notebook as the bytes of an .ipynb file."""
        text: str = nbformat.writes(self.notebook)  # type: ignore[no-untyped-call]
        return (text + "\n").encode("utf-8", "replace")


def execute(
    walkthrough: Walkthrough,
    parameters: Mapping[str, Any],
    *,
    kernel: ReadinessKernelManager,
    seconds: float,
    progress: Progress,
    prepare: Callable[[], None] | None = None,
) -> Execution:
    """Execute a template in a kernel that was started for it; all cells together may take `seconds`.

    When this returns, the kernel has ended with all its descendants; see `launcher` for what that leaves out.

    Args:
        walkthrough: The template.
        parameters: What it is handed.
        kernel: Started, and used by nobody yet.
        seconds: How long all cells together may take.
        progress: Is told how far it is.
        prepare: What must be done before the candidate is loaded. The stock template waits for it after its imports,
            so it is done meanwhile; any other is not started before.
    """
    prepared = _Prepared(prepare or _prepare_nothing, parallel=walkthrough.template.stock)
    watch = _Watch(progress, copy.deepcopy(walkthrough.notebook))
    deadline = time.monotonic() + seconds
    failure: ReadinessError | None = None
    ended = False
    progress.begin("Starting")
    try:
        papermill.execute_notebook(
            walkthrough.notebook,
            None,
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name=KERNEL_NAME,
            language="python",
            progress_bar=False,
            kernel=kernel,
            ready=prepared.before,
            log=_QUIET,
            timeout_func=lambda _cell: max(1.0, deadline - time.monotonic()),
            on_notebook_start=watch.notebook_starts,
            on_cell_start=watch.cell_starts,
            on_cell_executed=watch.cell_executed,
        )
        failure = prepared.failure() or _silent_stop(watch)
        ended = failure is None
    except Exception as error:  # whatever happens in there must end in words
        failure = prepared.failure() or _failure_of(error, watch, seconds)
    finally:
        progress.end(failed=not ended)
    return Execution(_remove_injected(watch.notebook, walkthrough.template.name), failure)


def _prepare_nothing() -> None:
    """Nothing to prepare."""


@dataclass(slots=True)
class _Prepared:
    """What the host does before the candidate may be loaded."""

    prepare: Callable[[], None]
    parallel: bool
    _thread: threading.Thread | None = None
    _error: Exception | None = None

    def before(self, go: Callable[[], None]) -> None:
        """Prepare, and let the kernel go; in parallel where it waits for that by itself."""
        self._thread = threading.Thread(target=self._run, args=(go,), daemon=True)
        self._thread.start()
        if not self.parallel:
            self._thread.join()

    def _run(self, go: Callable[[], None]) -> None:
        try:
            self.prepare()
        except Exception as error:  # told when the kernel has ended; nothing of the review is used then
            self._error = error
        go()

    def failure(self) -> ReadinessError | None:
        """What went wrong meanwhile."""
        if self._thread is not None:
            self._thread.join()
        if self._error is None or isinstance(self._error, ReadinessError):
            return self._error
        said = f"{type(self._error).__name__}: {shorten(visible(str(self._error)))}"
        return ReviewError(f"This program could not be loaded whole: {said}", remedy="Install the package again.")


@dataclass(slots=True)
class _Watch:
    """Looks on while the cells run: where are we, and what was answered?"""

    progress: Progress
    notebook: Any
    parts: tuple[str, ...] = ()
    part: str = ""

    def notebook_starts(self, notebook: Any) -> None:
        self.notebook = notebook  # papermill's own copy, which receives the outputs
        self.parts = headings(notebook.cells)

    def cell_starts(self, cell: Any, cell_index: int) -> None:
        part = self.parts[cell_index]
        if cell.cell_type != "code" or part == self.part:
            return
        self.part = part
        if part and not set(cell.metadata.get("tags", [])) & PREPARING_TAGS:
            self.progress.begin(part)

    def cell_executed(self, cell: Any, cell_index: int, execute_reply: Any) -> None:  # noqa: ARG002  # nbclient's names
        for output in cell.get("outputs", []):
            recorded = output.get("data", {}).get(ANSWER_MIME, {})
            status = recorded.get("status")
            if status in tuple(Status):
                self.progress.answer(None if _is_left_out(recorded) else Status(status))

    @property
    def where(self) -> str:
        """The place for a message: 'The notebook stopped in the part "3. Does it work for everyone?"'."""
        return f'The notebook stopped in the part "{visible(self.part)}"' if self.part else "The notebook did not start"


def _is_left_out(recorded: Mapping[str, Any]) -> bool:
    """Whether an answer says that a partial review does not ask its question."""
    findings = recorded.get("findings")
    codes = {each.get("code") for each in findings if isinstance(each, dict)} if isinstance(findings, list) else set()
    return not codes.isdisjoint(map(left_out_code, Question))


def _failure_of(error: Exception, watch: _Watch, seconds: float) -> ReadinessError:
    if isinstance(error, PapermillExecutionError):
        return _error_of_cell(error.ename, error.evalue, watch)
    if isinstance(error, CellTimeoutError):
        return _too_slow(error, watch, seconds)
    if isinstance(error, NotAllEnded):
        return KernelError(
            "Not every process that the candidate started could be ended; nothing of this review is used.",
            remedy="Find out what it starts, and end it by hand. Review a model that you do not trust in a container.",
        )
    if isinstance(error, KernelDied):
        said = f' Its last words: "{shorten(visible(error.last_words))}".' if error.last_words else ""
        return KernelError(f"{watch.where}: {_describe_death(error.status)}.{said}", remedy=_death_remedy(error.status))
    return KernelError(
        f"{watch.where}: {type(error).__name__}: {shorten(visible(str(error)))}",
        remedy=f"Check that a kernel starts on this machine at all: jupyter console --kernel {KERNEL_NAME}",
    )


def _error_of_cell(name: str, text: str, watch: _Watch) -> ReadinessError:
    """What a cell raised. Errors of input and of the review keep their kind, and with it the exit code; about a
    report, which is not there yet, a cell can say nothing.
    """
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, InputError | ReviewError):
        message, _, remedy = text.rpartition("\n  ")
        if not message or remedy.startswith("- "):  # the last line is a listed problem, no remedy
            message, remedy = text, ""
        error = kind(message)
        error.message = visible(message, keep="\n")  # problems of a spec have a line each
        error.remedy = visible(remedy)
        return error
    if name == "MemoryError":
        return KernelError(
            f"{watch.where}: the machine has too little memory for it.",
            remedy="Review on a machine with more memory, or give fewer test rows.",
        )
    if name == "SystemExit":
        return KernelError(f"{watch.where}: something in it called sys.exit({text}).", remedy=_LOOK)
    said = next((line for line in reversed(text.splitlines()) if line.strip()), "")
    return KernelError(f"{watch.where}: {visible(name)}: {shorten(visible(said.strip()))}", remedy=_LOOK)


_LOOK = "The notebook shows the cell and the whole traceback."


def _silent_stop(watch: _Watch) -> ReadinessError | None:
    """The error output that papermill passes over: `sys.exit(0)`."""
    for cell in watch.notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return _error_of_cell(output.get("ename", ""), output.get("evalue", ""), watch)
    return None


def _too_slow(error: Exception, watch: _Watch, seconds: float) -> ReadinessError:
    if "IOPub" in str(error):
        return KernelError(
            f"{watch.where}: its output did not arrive within {IOPUB_SECONDS} seconds.",
            remedy="Run again when the machine is less busy.",
        )
    return KernelError(
        f"{watch.where}: the review took longer than the {seconds / 60:,.3g} minutes that it may take.",
        remedy="Allow more with --timeout, or ask for less: stability.budget_seconds, production.call_seconds.",
    )


def _describe_death(status: int | None) -> str:
    if status is None or status == 0:
        return "the process that computes the review ended by itself"
    if status > 0:
        return f"the process that computes the review ended with the exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"the process that computes the review was ended by {name}"


def _death_remedy(status: int | None) -> str:
    if status == -getattr(signal, "SIGKILL", 9):
        return "That is what the system does when memory runs out: give more memory, or fewer test rows."
    return "The candidate or a library that it uses ended the process; try to load and score it in a plain script."


def _remove_injected(notebook: Any, name: str) -> Any:
    """Drop what papermill copied in: the whole template under `input_path`, and a random cell id."""
    if "papermill" in notebook.metadata:
        notebook.metadata.papermill["input_path"] = name
    for cell in notebook.cells:
        if INJECTED_ID in cell.metadata.get("tags", []):
            cell["id"] = INJECTED_ID
    return notebook
