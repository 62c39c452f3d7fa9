"""Opening of a review from a spec: the first step of a review's notebook."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import os
import tempfile
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

from readiness.core.environment import GO_VARIABLE
from readiness.core.errors import ReadinessError
from readiness.evidence.workers.prepared import Prepared, prepare

if TYPE_CHECKING:
    from readiness.reviews.review import Review


def open_review(
    spec_path: str | Path = "",
    *,
    version: str = "",
    sha256: str = "",
    settings: str = "",
    only: str = "",
    cache: str = "",
    candidate_number: int = 1,
    nonce: str = "",
) -> Review:
    """Read the spec and its tables, load the candidate, and score every test row once.

    Args:
        spec_path: The review's `readiness.yaml`; empty: the fraud demo, built in a new temporary folder.
        version: Of this program, for which the notebook was written; empty: any.
        sha256: Digest of the spec as the host read it; empty: any.
        settings: Keys of the spec that are set from outside, one KEY=VALUE in each line.
        only: Names of the questions to ask, separated by commas; empty: all six.
        cache: Folder in which measurements are kept and found again; empty: everything is measured now.
        candidate_number: Which candidate on these test rows this is; it counts where the spec asks for a correction.
        nonce: Handed over by `readiness run`; without it the page stays unsigned.

    Raises:
        RuntimeError: the kernel has another version of this program.
        InputError: the spec, a table or the model file is not usable.
        ScoringError: the candidate could not score the test rows.
    """
    if version:
        require(version)
    prepared = _prepared(str(spec_path or _demo_spec()), sha256, settings).counted(candidate_number)
    # The candidate's process imports its libraries while this one imports what else it needs.
    from readiness.evidence.collect import gather_prepared
    from readiness.evidence.profile import with_profile
    from readiness.reviews.answering import AllAtOnce, Answering
    from readiness.reviews.review import Review

    wait_for_host()
    started = datetime.datetime.now(datetime.UTC)
    evidence = gather_prepared(prepared, only=only, cache=cache)
    return Review(Answering(AllAtOnce(with_profile(evidence))), nonce=nonce, started=started, listener=display_words)


_begun: dict[tuple[str, str, str], Prepared] = {}
"""What `begin` prepared, by what it was handed; at most one."""


def begin(spec_path: str = "", sha256: str = "", settings: str = "") -> None:
    """Do beforehand what `open_review` begins with, as far as it is known: start the candidate's process, which loads
    nothing yet, and import all that a review needs. What is wrong with the spec `open_review` says.
    """
    if spec_path:
        with contextlib.suppress(ReadinessError):
            _begun[spec_path, sha256, settings] = prepare(spec_path, sha256, settings=settings)
    for name in ("evidence.collect", "evidence.profile", "reviews.answering", "reviews.review"):
        importlib.import_module(f"readiness.{name}")


def _prepared(spec_path: str, sha256: str, settings: str) -> Prepared:
    """What was prepared for this very spec, else prepared now."""
    begun = _begun.pop((spec_path, sha256, settings), None)
    return prepare(spec_path, sha256, settings=settings) if begun is None else begun


def require(expected: str) -> None:
    """Stop unless the kernel's readiness is the version that this notebook was written for.

    Raises:
        RuntimeError: with the remedy.
    """
    found = installed("readiness")
    if found != expected:
        raise RuntimeError(
            f"This kernel has readiness {found}; the notebook needs {expected}. "
            f"Install that version in the kernel, choose another kernel, or copy this version's own template."
        )


def wait_for_host() -> None:
    """Where the host asked for it: until it has loaded all that it will use after the candidate has run."""
    if os.environ.pop(GO_VARIABLE, "") and not os.read(0, 1):
        raise RuntimeError("The process that started this kernel has ended.")


def _demo_spec() -> Path:
    from readiness.demo.cases import build

    return build("fraud", Path(tempfile.mkdtemp(prefix="readiness-demo-")))


def display_words(words: str) -> None:
    """Show in the cell what takes long, before it does."""
    from IPython import display

    if words:
        display.display({"text/plain": words}, raw=True)  # type: ignore[no-untyped-call]


__all__ = ["open_review"]
