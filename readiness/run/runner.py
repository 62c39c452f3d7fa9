"""A review from the spec to the written report: notebook walked, record checked, page made, and only then signed.

The host never loads the model. It hashes every file before and after, its own sources among them, has loaded all that
it uses later before the candidate may run, reads the record out of the executed notebook, holds it against the spec,
and opens the signing key when the kernel and all its descendants are gone.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from readiness.core.errors import IncompleteRecord, InputError, InvalidReport, ReadinessError, ReviewError
from readiness.core.files import (
    FAILED_NOTEBOOK,
    NOTEBOOK,
    PARTIAL_NOTEBOOK,
    PARTIAL_REPORT,
    REPORT,
    output_folder,
    publish,
    publish_partial,
    write_whole,
)
from readiness.core.format import listed
from readiness.core.program import ToolSource, tool_digest
from readiness.core.provenance import Quote, Uses
from readiness.core.sanitize import visible
from readiness.core.selection import choose_questions
from readiness.evidence.models.registry import fetch_registered
from readiness.evidence.preflight import preflight
from readiness.report.compare.history import EarlierReport, read_earlier
from readiness.run.beside import write_beside
from readiness.run.executed import Walkthrough, check_parameters, read_record, read_template
from readiness.run.execution import Execution, execute
from readiness.run.export import export_page, preload
from readiness.run.host_checks import Digests, check_record
from readiness.run.kernel_manager import ReadinessKernelManager, Setting, started_kernel, variables
from readiness.run.progress import Progress, Silent
from readiness.run.uses import Ledger, Use, ledger_path, place, take_place, use_of
from readiness.signing.keys import PrivateKey
from readiness.signing.reports import Subject, sign_report, statement, unsigned_report
from readiness.spec.load import LoadedSpec, load_spec
from readiness.spec.proofs import quotes_of
from readiness.spec.schema import Spec
from readiness.verdict.decision import Verdict
from readiness.verdict.record import Record, Run, to_predicate

PARAMETERS = {"spec_path": 'spec_path: str = ""', "options": "options: dict = {}"}
"""What every template declares, to hand it on to `open_review`, and how."""
GRACE_SECONDS = 1800.0
"""What a review may take besides the time that the spec grants to refits and timed calls."""

_EXIT_CODES = {
    Verdict.READY: 0,
    Verdict.READY_BY_POINT_ESTIMATE: 0,
    Verdict.NOT_READY: 1,
    Verdict.NOT_PROVEN: 3,
}


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """A review that was completed."""

    record: Record
    report: Path
    notebook: Path
    keyid: str = ""
    """Of the key that signed the report; empty when nobody did."""
    aside: Path | None = None
    """Where an earlier report of the same folder lies now."""
    beside: tuple[Path, ...] = ()
    """What else was written, for whoever runs the model."""

    @property
    def exit_code(self) -> int:
        """0 ready, 1 not ready, 3 not proven."""
        return _EXIT_CODES[self.record.verdict]


def review(
    spec_path: Path,
    out: Path | None = None,
    *,
    template: Path | None = None,
    signer: Callable[[], PrivateKey] | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
    settings: Sequence[str] = (),
    only: Sequence[str] = (),
    cache: Path | None = None,
    previous: Path | None = None,
    kernel: ReadinessKernelManager | None = None,
) -> ReviewResult:
    """Review the model that a spec describes, and write report and notebook into `out`.

    Args:
        spec_path: The review's `readiness.yaml`.
        out: Folder of the report; else `outputs/<name>/<version>`.
        template: The notebook to walk; else the package's own.
        signer: Gives the key that signs. It is called when the kernel has ended, so the key is never open
            while the candidate's code runs. None leaves the report unsigned.
        seconds: How long all cells together may take; else the spec's own budgets and half an hour.
        progress: Is told how far the review is.
        settings: Keys of the spec that are set from outside, each as KEY=VALUE.
        only: Names of the questions that a partial review asks, in their order; empty: all six.
        cache: Folder in which measurements are kept and found again; None: everything is measured now.
        previous: The report of an earlier review; what became of its open findings is recorded.
        kernel: One that was started for this spec and is used by nobody yet; else one is started here.

    Raises:
        InputError: spec, data, model, template, folder, key or earlier report are not usable; nothing was written.
        ReviewError: the review could not be completed; its notebook is kept, and an earlier report stays as it is.
    """
    source = ToolSource.now()
    only = choose_questions(only)
    if only and signer is not None:
        raise InputError("A partial review cannot be signed.", remedy="Leave out --only, or --key.")
    earlier = None if previous is None else read_earlier(previous)
    loaded = load_spec(spec_path, settings=settings)
    fetch_registered(loaded)
    with _fitting(kernel, loaded) as started:
        order = replace(_Order.of(loaded, read_template(template), only, cache, out), earlier=earlier)
        order.parameters("\n".join(settings))  # told before anything is written
        folder = output_folder(out, loaded.spec.model.name, loaded.spec.model.version)
        order = order.with_place()
        execution = execute(
            order.walkthrough,
            order.parameters("\n".join(settings)),
            kernel=started,
            seconds=seconds or _seconds(loaded),
            progress=progress or Silent(),
            prepare=functools.partial(preload, supplied=bool(loaded.spec.supplied.files)),
        )
    try:
        source.check_unchanged()
        record, unsigned = _report(execution, order)
    except ReadinessError as error:
        raise _with_notebook(error, execution, folder) from error
    return _write_review(folder, record, unsigned, execution, signer)


@dataclass(frozen=True, slots=True)
class _Order:
    """What the host asks of the kernel, and knows of the files before the kernel starts."""

    loaded: LoadedSpec
    walkthrough: Walkthrough
    only: tuple[str, ...]
    cache: Path | None
    digests: Digests
    nonce: str
    started: str
    uses: Uses | None = None
    ledger: Ledger | None = None
    use: Use | None = None
    quotes: tuple[Quote, ...] = ()
    earlier: EarlierReport | None = None

    @classmethod
    def of(
        cls, loaded: LoadedSpec, walkthrough: Walkthrough, only: tuple[str, ...], cache: Path | None, out: Path | None
    ) -> _Order:
        """Check the spec, hash all files, and look up how often the test rows were used.

        Raises:
            InputError: it does not fit its files.
        """
        preflight(loaded)
        check_variables(loaded.spec)
        digests = Digests.of(loaded)
        use = use_of(loaded, digests.model, digests.test)
        ledger = Ledger.at(ledger_path(out))
        uses = place(ledger, use, corrected=loaded.spec.reuse == "corrected")
        nonce, quotes = secrets.token_hex(16), quotes_of(loaded)
        return cls(loaded, walkthrough, only, cache, digests, nonce, _timestamp(), uses, ledger, use, quotes)

    def with_place(self) -> _Order:
        """The same with its place in the ledger, which is taken before the candidate is judged.

        Raises:
            InputError: the spec asks for a correction, and the ledger does not hold any more.
            ReviewError: the ledger cannot be written.
        """
        if self.ledger is None or self.use is None:
            return self
        spec = self.loaded.spec
        corrected = spec.reuse == "corrected"
        uses = take_place(self.ledger.path, self.use, spec.model, self.started, corrected=corrected)
        return replace(self, uses=uses)

    def parameters(self, settings: str) -> dict[str, str | dict[str, str | int]]:
        """What the template is handed: the spec, and what else `open_review` has to know.

        Raises:
            InputError: the template does not declare what it would have to be handed.
        """
        number = 1 if self.uses is None or self.loaded.spec.reuse != "corrected" else self.uses.number
        options: dict[str, str | int] = {"sha256": self.loaded.digest, "nonce": self.nonce}
        asked = {
            "settings": settings,
            "only": ",".join(self.only),
            "cache": "" if self.cache is None else str(self.cache),
        }
        options |= {name: value for name, value in asked.items() if value}
        options |= {"candidate_number": number} if number > 1 else {}
        check_parameters(self.walkthrough, PARAMETERS)
        return {"spec_path": str(self.loaded.path), "options": options}


def _fitting(
    kernel: ReadinessKernelManager | None, loaded: LoadedSpec
) -> AbstractContextManager[ReadinessKernelManager]:
    """The kernel that was started, unless the spec was changed since and asks for another; else a new one."""
    setting = Setting.of(loaded)
    return contextlib.nullcontext(kernel) if kernel and kernel.setting == setting else started_kernel(setting, loaded)


def _report(execution: Execution, order: _Order) -> tuple[Record, bytes]:
    """The unsigned report of an executed notebook, if it holds a whole and true record."""
    if execution.failure is not None:
        raise execution.failure
    order.digests.check_unchanged()
    mark = read_record(execution.notebook).completion
    if not secrets.compare_digest(mark.nonce.encode(), order.nonce.encode()):
        raise IncompleteRecord(
            "The notebook's completion mark is not of this run.",
            remedy="A template opens the review with readiness.open_review(spec_path, **options), as handed over.",
        )
    if mark.tool_sha256 != tool_digest():
        raise ReviewError(
            "The review was computed by another copy of this program than the one that makes the report.",
            remedy="Install it once, or make sure that PYTHONPATH leads every process to the same copy.",
        )
    run = Run(order.started, _timestamp())
    record, content = export_page(
        execution.notebook,
        template=order.walkthrough.template,
        run=run,
        uses=order.uses,
        quotes=order.quotes,
        earlier=order.earlier,
    )
    check_record(record, order.loaded, order.digests, order.only, cached=order.cache is not None)
    subjects = [Subject("report", hashlib.sha256(content).hexdigest())]
    if order.digests.model is not None:
        subjects.append(Subject("model", order.digests.model))
    try:
        return record, unsigned_report(content, statement(subjects, to_predicate(record)))
    except InvalidReport as error:  # our own page or record breaks a rule of the file format
        raise ReviewError(f"The report could not be put together. {error.message}", remedy=error.remedy) from error


def _write_review(
    folder: Path, record: Record, unsigned: bytes, execution: Execution, signer: Callable[[], PrivateKey] | None
) -> ReviewResult:
    """Sign, and write report and notebook. A key that does not open costs the signature, not the review."""
    if record.only:
        publish_partial(folder, unsigned, execution.content())
        return ReviewResult(record, folder / PARTIAL_REPORT, folder / PARTIAL_NOTEBOOK)
    try:
        key = None if signer is None else signer()
        report = unsigned if key is None else sign_report(unsigned, key)
    except ReadinessError as error:
        publish(folder, unsigned, execution.content())
        write_beside(folder, record)
        error.message += visible(f" The report was written without a signature: {folder / REPORT}")
        raise
    aside = publish(folder, report, execution.content())
    keyid = "" if key is None else key.public.keyid
    return ReviewResult(record, folder / REPORT, folder / NOTEBOOK, keyid, aside, write_beside(folder, record))


def _with_notebook(error: ReadinessError, execution: Execution, folder: Path) -> ReadinessError:
    """Keep the notebook of a failed run for a look, under a name that belongs to no report."""
    path = folder / FAILED_NOTEBOOK
    try:
        write_whole(path, execution.content())
    except ReadinessError as other:
        said = f"The notebook could not be kept: {other.message}"
    else:
        said = visible(f"The notebook as far as it got: {path}")
    error.remedy = f"{error.remedy}\n  {said}" if error.remedy else said
    return error


def check_variables(spec: Spec) -> None:
    """Say whether the environment variables that a spec names are set here.

    Raises:
        InputError: one is not.
    """
    unset = [name for name in variables(spec) if name not in os.environ]
    if unset:
        raise InputError(
            f"The spec names environment variables that are not set here: {listed(unset, most=6)}.",
            remedy="Set them, or take them out of model.environment.",
        )


def _seconds(loaded: LoadedSpec) -> float:
    spec = loaded.spec
    return GRACE_SECONDS + 3 * spec.stability.budget_seconds + spec.production.call_seconds


def _timestamp() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
