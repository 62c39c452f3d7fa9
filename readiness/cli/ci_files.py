"""Files that a review leaves behind for a CI service: test results and a summary, whatever becomes of the review.

Before the review starts the files say that there is no result yet, so that a review that is killed never leaves an
earlier one's results in its place. Only the summary of a step on GitHub is added to: other commands write there, too.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from readiness.cli.terminal import describe_error
from readiness.core.errors import InputError, ReviewError
from readiness.core.files import LONGEST_BEGINNING, check_writable, is_of_a_review, sha256_file, write_whole
from readiness.report.junit import Source, Unfinished, junit, junit_unfinished
from readiness.report.markdown import HEADING, NO_VERDICT, markdown, markdown_unfinished
from readiness.run.watch import watched_files

if TYPE_CHECKING:
    from readiness.run.runner import ReviewResult

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""GitHub's name, in the environment, of the file that holds the summary of a step."""
LARGEST_STEP_SUMMARY = 1 << 20
"""Bytes; GitHub shows nothing of a larger one."""

_TEST_RESULTS = re.compile(rb"<\?xml [^>]*\?>\s*<testsuites[\s/>]")
_NOT_ENDED = "The review has not ended, or was ended from outside; there is no result."


@dataclass(frozen=True, slots=True)
class CiFiles:
    """Where the files of one review go; None for one that nobody asked for."""

    spec: Path
    junit: Path | None = None
    summary: Path | None = None

    @classmethod
    def prepare(
        cls,
        spec: Path,
        settings: Sequence[str] = (),
        *,
        junit: Path | None,
        summary: Path | None,
        besides: Iterable[Path | None] = (),
    ) -> CiFiles:
        """The files, which now say that there is no result yet.

        None of them is a file that the spec names under these settings, one of `besides`, or of the report to come.

        Raises:
            InputError: one of them cannot be written, or something else would be lost.
        """
        taken = (*watched_files(spec, settings), *filter(None, besides)) if junit or summary else ()
        results = None if junit is None else _results_path(junit, taken)
        told = None if summary is None else _summary_path(summary, taken)
        if results is not None and results == told:
            raise InputError(f"--junit and --summary both name {junit}.", remedy="Name two files.")
        files = cls(spec, results, told)
        try:
            files._write_unfinished(Unfinished(str(spec), _NOT_ENDED), at_the_end=False)
        except ReviewError as error:
            raise InputError(error.message, remedy="Name another file.") from error
        return files

    @contextlib.contextmanager
    def record_failure(self) -> Iterator[None]:
        """The files tell of every error in here, which goes its way."""
        try:
            yield
        except (Exception, KeyboardInterrupt) as error:
            said, code = describe_error(error)
            with contextlib.suppress(ReviewError):  # what stands there already says that there is no result
                self._write_unfinished(Unfinished(str(self.spec), said, code))
            raise

    def write_result(self, result: ReviewResult, note: str) -> None:
        """Write what the review found; `note` is what its reader must know besides.

        Raises:
            ReviewError: a file could not be written.
        """
        source = Source(_relative_path(result.report), sha256_file(result.report), result.keyid, note)
        self._write(junit(result.record, source), markdown(result.record, source))

    def _write_unfinished(self, unfinished: Unfinished, *, at_the_end: bool = True) -> None:
        self._write(junit_unfinished(unfinished), markdown_unfinished(unfinished), at_the_end=at_the_end)

    def _write(self, results: bytes, summary: str, *, at_the_end: bool = True) -> None:
        if self.junit is not None:
            write_whole(self.junit, results)
        if self.summary is None:
            return
        if not _is_step_summary(self.summary):
            write_whole(self.summary, summary.encode("utf-8", "replace"))
        elif at_the_end:  # what was added cannot be taken back
            _add(self.summary, summary.encode("utf-8", "replace"))


def _results_path(path: Path, taken: Iterable[Path]) -> Path:
    target = _check_free(check_writable(path, "--junit", b"<?xml "), path, "--junit", taken)
    with contextlib.suppress(FileNotFoundError), target.open("rb") as stream:
        beginning = stream.read(LONGEST_BEGINNING)
        if beginning and not _TEST_RESULTS.match(beginning):
            raise InputError(
                f"{path} is XML of another kind, which would be lost.", remedy="Name another file with --junit."
            )
    return target


def _summary_path(path: Path, taken: Iterable[Path]) -> Path:
    kinds = () if _is_step_summary(path) else (HEADING.encode(), NO_VERDICT.encode())
    return _check_free(check_writable(path, "--summary", *kinds), path, "--summary", taken)


def _check_free(target: Path, path: Path, option: str, taken: Iterable[Path]) -> Path:
    """`target`, to which `path` leads, if the review has no other use for it."""
    if is_of_a_review(target.name):
        found = "has the name of a file that a review itself writes"
    elif any(_is_same(target, other) for other in taken):
        found = "is a file that the review reads"
    else:
        return target
    raise InputError(f"{path} {found}.", remedy=f"Name another file with {option}.")


def _is_same(target: Path, other: Path) -> bool:
    try:
        return target == other.resolve() or target.samefile(other)
    except (OSError, RuntimeError, ValueError):  # one of them is not there, or can be nowhere
        return False


def _is_step_summary(path: Path) -> bool:
    named = os.environ.get(STEP_SUMMARY)
    return bool(named) and os.path.realpath(named or "") == os.path.realpath(path)


def _add(path: Path, text: bytes) -> None:
    try:
        with path.open("ab") as stream:
            before = stream.tell()
            if before + len(text) + 2 <= LARGEST_STEP_SUMMARY:  # beyond, GitHub would drop what others wrote, too
                stream.write((b"\n\n" if before else b"") + text)
    except OSError as error:
        raise ReviewError(f"{path} could not be written: {error.strerror}.") from error


def _relative_path(report: Path) -> str:
    """The path of the report as a job's log shows files: from the working folder, if it lies below."""
    try:
        return report.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(report)
