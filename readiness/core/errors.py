"""What can go wrong, said so that a person can act on it.

ReadinessError                 what was found, what was expected, where, and what to do next
├── InputError            (2)  the command line, the spec, a table, a model file or a key is not usable
│   ├── SpecError              the spec; carries every problem found, not only the first
│   ├── DataError              a table: missing column, wrong type, nothing to score
│   ├── ModelError             a model file: not pinned, not readable, not what the pin says
│   └── KeyFileError           a key file or passphrase
├── ReviewError           (4)  the review could not be completed; there is no page
│   ├── ScoringError           the candidate could not score the test rows
│   ├── KernelError            a cell failed or timed out, or the kernel died
│   └── IncompleteRecord       the executed notebook lacks an answer, a finding or its completion mark
└── ReportError                a report file
    ├── InvalidReport     (5)  altered, damaged, signed by another key, or not recomputable
    └── UnsignedReport    (6)  intact, and nobody has signed it

The number is the exit code of the command that meets the error.
"""

from __future__ import annotations

from readiness.core.sanitize import visible


class ReadinessError(Exception):
    """Base of all errors that are meant for the person at the keyboard."""

    exit_code = 4

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """`message` says what, expected and where; `remedy` says what to do next. Each is made one line, so that no
        name in it, such as that of a file, can add lines of its own.
        """
        super().__init__(message)
        self.message = visible(message)
        self.remedy = visible(remedy)

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}" if self.remedy else self.message


class InputError(ReadinessError):
    """Something the user gave is not usable."""

    exit_code = 2


class SpecError(InputError):
    """The spec is not usable; `problems` holds one line for each thing to fix."""

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), remedy: str = "") -> None:
        """`problems` are complete sentences, each naming its file, line and key."""
        super().__init__(message, remedy=remedy)
        self.message = "\n".join((self.message, *(f"  - {problem}" for problem in problems)))
        self.problems = problems


class DataError(InputError):
    """A table is not usable."""


class ModelError(InputError):
    """A model file is not usable."""


class KeyFileError(InputError):
    """A key file or its passphrase is not usable."""


class ReviewError(ReadinessError):
    """The review could not be completed, so there is no page."""

    exit_code = 4


class ScoringError(ReviewError):
    """The candidate could not score the test rows."""


class WorkerLost(ScoringError):
    """The process of a model ended, or did not answer in time; the message says how."""


class KernelError(ReviewError):
    """A notebook cell failed or timed out, or the kernel died."""


class IncompleteRecord(ReviewError):
    """The executed notebook does not hold a complete record."""


class ReportError(ReadinessError):
    """A report file is not what it should be."""

    exit_code = 5


class InvalidReport(ReportError):
    """The report was altered or damaged, or its signature does not hold."""

    exit_code = 5


class UnsignedReport(ReportError):
    """The report is intact, and nobody has signed it."""

    exit_code = 6
