"""The page made again from the signed record and the executed notebook, and compared byte for byte.

A signature proves who signed a page, not that the page says what its record says: a candidate that rewrites the page's
template while it is reviewed, or whoever edits the page before signing, would be signed as well. Made again by an
untouched program of the same version, such a page differs.
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat

from readiness.core.errors import InputError, InvalidReport, ReadinessError
from readiness.core.files import open_regular as open_file
from readiness.core.program import tool_digest
from readiness.core.sanitize import shorten, visible
from readiness.evidence.environment import OF_THE_PAGE
from readiness.report.page import render_page
from readiness.run.executed import code, figures, normal_form_digest, prose
from readiness.signing.verify import Opened
from readiness.verdict.record import Record

LARGEST_NOTEBOOK = 400_000_000
"""Bytes."""
_MALFORMED = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError)
"""What reading values of the wrong kind ends in."""
_DIGITS = 12


def check_page(report: Opened, notebook: Path) -> None:
    """Make the page of a verified report again, and compare it.

    Args:
        report: As `verify` returned it.
        notebook: The executed notebook that `readiness run` kept beside the report.

    Raises:
        InputError: the notebook cannot be read, or this is another program than the one that made the page, so that a
            difference would mean nothing.
        InvalidReport: the notebook is of another run, or the page is not what its record and notebook give.
    """
    executed = _read(notebook)
    if _digest(executed, notebook) != report.record.notebook_sha256:
        raise InvalidReport(
            f"{notebook} is not the notebook that the report was made from.",
            remedy="Name the notebook.ipynb that `readiness run` left beside the report, as it was left there.",
        )
    _check_same_program(report.record)
    if _render(report.record, executed) != report.content:
        raise InvalidReport(
            f"The page is not what this program makes of the signed record and {notebook}: it was altered before it "
            "was signed, or an altered program made it.",
            remedy="Do not believe the page, and ask who ran the review; `readiness show` says what the record says.",
        )


def _read(path: Path) -> Any:
    try:
        with open_file(path) as file:
            data = file.read(LARGEST_NOTEBOOK + 1)
    except OSError as error:
        raise InputError(f"The notebook {path} cannot be read: {error.strerror}.", remedy="Check the path.") from error
    if len(data) > LARGEST_NOTEBOOK:
        raise InputError(f"The notebook {path} has more than {LARGEST_NOTEBOOK:,} bytes.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of missing cell ids, which count for nothing here
            return nbformat.reads(data.decode("utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    except Exception as error:  # nbformat raises whatever its readers of old formats trip over
        raise _notebook_error(path) from error


def _digest(executed: Any, path: Path) -> str:
    try:
        return normal_form_digest(executed)
    except _MALFORMED as error:
        raise _notebook_error(path) from error


def _notebook_error(path: Path) -> InputError:
    return InputError(f"{path} is not a notebook.", remedy="Name the notebook.ipynb that lies beside the report.")


def _check_same_program(record: Record) -> None:
    needs = list(_needs(record))
    if needs:
        raise InputError(
            f"The page cannot be compared here: that needs {', '.join(needs)}.",
            remedy="All else about the report holds. Verify it with --render where these are installed.",
        )


def _needs(record: Record) -> Iterator[str]:
    """What would have to be installed here, and is not."""
    here = f"readiness {metadata.version('readiness')}"
    sources = tool_digest()
    if not record.tool_sha256:
        yield f"{_name(record.tool)}, of whose sources the report does not say which"
    elif (record.tool, record.tool_sha256) != (here, sources):
        yield (
            f"{_name(record.tool)} (sources {_name(record.tool_sha256[:_DIGITS])}…; "
            f"here is {here} with sources {sources[:_DIGITS]}…)"
        )
    there, python = record.gathered.environment.python, platform.python_version()
    if _minor_version(there) != _minor_version(python):
        yield f"Python {_name(_minor_version(there))} (here is {_minor_version(python)})"
    for package in OF_THE_PAGE:
        needed = record.gathered.environment.packages.get(package, "")
        installed = metadata.version(package)
        if needed != installed:
            yield f"{package} {_name(needed) or 'of a version that the report does not say'} (here is {installed})"


def _minor_version(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _name(text: str) -> str:
    return shorten(visible(text), 60)


def _render(record: Record, executed: Any) -> bytes:
    try:
        return render_page(record, prose(executed), figures(executed), code(executed))
    except (*_MALFORMED, ReadinessError) as error:
        raise InvalidReport(
            "No page can be made of the signed record and the notebook, so the page is not theirs."
        ) from error
