"""Progress of a review, as whoever starts it is told: part by part, and where a part answers, the answer."""

from __future__ import annotations

from typing import Protocol

from readiness.core.findings import Status


class Progress(Protocol):
    """What a running review tells; every call is quick and none raises."""

    def begin(self, part: str) -> None:
        """A part of the notebook begins; the one before is done."""

    def answer(self, status: Status | None) -> None:
        """The running part holds the answer to a question; None: a partial review does not ask it."""

    def end(self, *, failed: bool = False) -> None:
        """The notebook has ended, or stopped."""


class Silent:
    """Tells nothing."""

    def begin(self, part: str) -> None:
        """Nothing."""

    def answer(self, status: Status | None) -> None:
        """Nothing."""

    def end(self, *, failed: bool = False) -> None:
        """Nothing."""
