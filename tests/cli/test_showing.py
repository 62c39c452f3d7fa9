"""A report is read once, so that its digest is that of what was shown; whatever a spec in it holds, it is shown."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from tests.cli.test_ci_outputs import NOT_READY, Run_, elsewhere, report_of

__all__ = ["elsewhere"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
@pytest.mark.parametrize("form", ["markdown", "junit"])
def test_a_pipe(form: str, run: Run_, elsewhere: Path) -> None:
    """The digest is that of all that came through the pipe, not of the nothing behind it."""
    content = report_of(NOT_READY)
    os.mkfifo("pipe")

    def feed() -> None:
        Path("pipe").write_bytes(content)
        Path("pipe").unlink()  # before a second reader can wait for it
        Path("pipe").write_bytes(b"")

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    code, said, _ = run("show", "pipe", "--format", form)
    feeder.join(10)
    assert (0, True) == (code, hashlib.sha256(content).hexdigest() in said)


@pytest.mark.parametrize("about", [[], ["x"], "text", 1, True])
def test_a_spec_of_any_shape(about: object, run: Run_, elsewhere: Path) -> None:
    """A report that somebody wrote by hand is still ordinary JSON."""
    gathered = dataclasses.replace(NOT_READY.gathered, spec={"about": about})
    Path("r.html").write_bytes(report_of(dataclasses.replace(NOT_READY, gathered=gathered)))
    code, said, _ = run("show", "r.html", "--json")
    assert (0, about) == (code, json.loads(said)["spec"]["about"])
