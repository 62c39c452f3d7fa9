"""A path that nobody may look at, or that can be none, ends in plain words wherever a person can name one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from readiness.core.errors import DataError, InputError, KeyFileError
from readiness.core.files import (
    exists,
    is_file,
    is_folder,
    is_utf8,
    manifest,
    nearby_hint,
    open_regular,
    sha256_file,
    sha256_path,
)
from readiness.evidence.tables import header
from readiness.report.compare.page import OVERVIEW, check_place
from readiness.report.compare.sections import pairings
from readiness.run.executed import read_template
from readiness.signing.keys import load_public
from readiness.spec.load import load_spec
from readiness.starter.starter import copy_template, starter, write_starter
from tests.report.compare.files import as_reports
from tests.report.page import records

LONG = Path("a" * 300)
UNSEEN = "cannot be looked at"
posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


@pytest.fixture
def circle(tmp_path: Path) -> Path:
    """A link that leads to itself."""
    path = tmp_path / "circle"
    path.symlink_to(path)
    return path


def test_what_lies_there_is_told(tmp_path: Path) -> None:
    """A file, a folder, nothing, and nothing below a file."""
    file = tmp_path / "f.txt"
    file.write_bytes(b"x")
    asked = [(exists(path), is_file(path), is_folder(path)) for path in (file, tmp_path, tmp_path / "g", file / "h")]
    assert [(True, True, False), (True, False, True), (False, False, False), (False, False, False)] == asked
    assert '; did you mean "f.txt"?' == nearby_hint(tmp_path / "f.tx")
    assert "" == nearby_hint(LONG / "x")


@pytest.mark.parametrize("question", [exists, is_file, is_folder, sha256_path])
def test_what_cannot_be_told_is_said(question, circle: Path) -> None:
    """A name that is too long, a NUL, and links in a circle are bad input; a very long name is cut."""
    for path, why in ((LONG, "too long"), (Path("a\0b"), "null byte"), (circle, "symbolic links")):
        with pytest.raises(InputError, match=rf"{UNSEEN}.*{why}"):
            question(path)
    with pytest.raises(InputError, match=r"\(5,000 characters\) cannot"):
        question(Path("b" * 5000))


def test_names_that_are_no_text_are_known() -> None:
    """Linux allows any bytes; "ä" of another century is no UTF-8."""
    assert (True, False) == (is_utf8(Path("ä")), is_utf8(Path(os.fsdecode(b"\xe4"))))


@posix
@pytest.mark.parametrize("read", [sha256_file, load_public, read_template, header])
def test_a_pipe_is_refused_at_once(read, tmp_path: Path) -> None:
    """Nobody writes to it, so reading it would wait for ever; a device without end would be read for ever."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(InputError, match="is not a regular file"):
            read(path)


def test_a_file_is_opened_and_read(tmp_path: Path) -> None:
    """What is regular is read to its end."""
    (tmp_path / "f").write_bytes(b"all of it")
    with open_regular(tmp_path / "f") as stream:
        assert b"all of it" == stream.read()


def test_a_folder_that_cannot_be_listed_has_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left out silently, its files could be anything."""
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refused(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(InputError, match="closed cannot be read: Permission denied"):
        manifest(tmp_path)


def test_tables_and_pages_are_refused_in_words(tmp_path: Path, circle: Path) -> None:
    """The places of a command where a path is looked at before anything is read."""
    table = tmp_path / "t.csv"
    table.write_text("a,y\n1,0\n2,1\n")
    for attempt in (
        lambda: header(LONG),
        lambda: check_place(LONG, OVERVIEW),
        lambda: check_place(LONG / "page.html", OVERVIEW),
        lambda: write_starter(LONG, None, table),
        lambda: copy_template(LONG),
        lambda: starter(LONG, table),
    ):
        with pytest.raises(InputError, match=UNSEEN):
            attempt()


def test_a_cache_that_nobody_may_look_at_is_none(circle: Path) -> None:
    """The comparison goes on without it."""
    reports = as_reports(records.ready(), records.not_ready())
    for folder in (LONG, circle):
        (pairing,) = pairings(reports, folder)
        assert pairing.problem.startswith("Nothing is kept on this machine")


def test_a_spec_names_only_what_is_text(tmp_path: Path) -> None:
    """A path that is not UTF-8 would be a spec that cannot be read; nothing is written."""
    folder = tmp_path / os.fsdecode(b"d\xe4")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system wants UTF-8")
    (folder / "t.csv").write_text("a,y_pred,y\n1,0,0\n2,1,1\n")
    with pytest.raises(InputError, match="not UTF-8"):
        write_starter(tmp_path / "readiness.yaml", None, folder / "t.csv")
    assert not (tmp_path / "readiness.yaml").exists()
    assert "test: t.csv" in write_starter(folder / "readiness.yaml", None, folder / "t.csv").read_text()
    (folder / "readiness.yaml").rename(folder / os.fsdecode(b"s\xe4.yaml"))
    with pytest.raises(InputError, match="a name that is not UTF-8"):
        load_spec(folder / os.fsdecode(b"s\xe4.yaml"))


def test_errors_keep_their_kind(tmp_path: Path) -> None:
    """A table is a table's error and a key a key's, also where they are no regular files."""
    with pytest.raises(DataError):
        header(Path("/dev/null"))
    with pytest.raises(KeyFileError):
        load_public(Path("/dev/null"))
