"""Several reviews may end in one folder at the same time: no report is lost, and none stops another."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from readiness.core import files
from readiness.core.files import publish, write_whole

fcntl = pytest.importorskip("fcntl", reason="no locks on folders")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def test_every_report_is_kept_beside_its_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look for an earlier report and its replacement nobody else replaces it."""
    move = files._move_aside

    def slowly(folder: Path) -> Path | None:
        aside = move(folder)
        threading.Event().wait(0.005)
        return aside

    monkeypatch.setattr(files, "_move_aside", slowly)
    pages = [f"page {number}".encode() for number in range(24)]
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda page: publish(tmp_path, page, b"book of " + page), pages))
    kept = {path.read_bytes(): path for path in tmp_path.glob("report*.html")}
    assert set(pages) == set(kept)
    for page, path in kept.items():
        named = "notebook.ipynb" if path.name == "report.html" else f"notebook.{digest(page)}.ipynb"
        assert b"book of " + page == (tmp_path / named).read_bytes()
    assert 2 * len(pages) == len(list(tmp_path.iterdir()))


def test_the_same_process_number_in_two_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each container counts its processes from 1, so a number tells nobody apart."""
    monkeypatch.setattr(files.os, "getpid", lambda: 1)
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda number: write_whole(tmp_path / "f", bytes([number]) * 50_000), range(80)))
    content = (tmp_path / "f").read_bytes()
    assert ({content[0]}, 50_000, ["f"]) == (set(content), len(content), [path.name for path in tmp_path.iterdir()])


@pytest.mark.slow
def test_a_review_in_another_process_waits(tmp_path: Path) -> None:
    """The lock is the system's, and it goes with the process that holds it."""
    script = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); print(flush=True); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin is not None
    assert other.stdout is not None
    other.stdout.readline()
    ours = threading.Thread(target=publish, args=(tmp_path, b"page", b"book"))
    ours.start()
    ours.join(0.3)
    waited = ours.is_alive() and not (tmp_path / "report.html").exists()
    other.communicate(b"\n")
    ours.join(10)
    assert (True, b"page") == (waited, (tmp_path / "report.html").read_bytes())


@pytest.mark.parametrize("missing", ["system", "drive"])
def test_where_there_are_no_locks(missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is written nevertheless."""

    class Refusing:
        LOCK_EX = fcntl.LOCK_EX

        @staticmethod
        def flock(*_: object) -> None:
            raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(files, "fcntl", None if missing == "system" else Refusing)
    publish(tmp_path, b"page", b"book")
    assert b"page" == (tmp_path / "report.html").read_bytes()


def test_the_rights_are_those_of_any_new_file(tmp_path: Path) -> None:
    """A colleague who may read the folder's other files may read the report."""
    before = os.umask(0o027)
    try:
        publish(tmp_path, b"page", b"book")
    finally:
        os.umask(before)
    assert 0o640 == (tmp_path / "report.html").stat().st_mode & 0o777
