"""Files are written whole or not at all, and an earlier report is never lost."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from readiness.core import files
from readiness.core.errors import InputError, ReviewError
from readiness.core.files import output_folder, publish, slug, write_whole


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def refuse_to_replace(monkeypatch: pytest.MonkeyPatch, name: str, *, links: bool) -> None:
    """A new file cannot take the place of `name`, as when another program holds it open."""
    replace = Path.replace

    def refusing(self: Path, target: Path) -> Path:
        if target.name == name and self.name.endswith(".tmp"):
            raise PermissionError(errno.EACCES, "held open")
        return replace(self, target)

    def no_links(*paths: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "replace", refusing)
    if not links:
        monkeypatch.setattr(files.os, "link", no_links)


class TestSlug:
    @pytest.mark.parametrize("text", ["fraud", "1.0.3", "a_b-c.d", "x" * 60])
    def test_a_name_that_is_fine_stays(self, text: str) -> None:
        """Nothing is added where nothing had to be changed."""
        assert text == slug(text)

    @pytest.mark.parametrize(
        ("text", "head"), [("Fraud Model", "fraud-model"), ("../etc", "etc"), ("a/b", "a-b"), ("Größe", "gr-e")]
    )
    def test_a_changed_name_gets_a_digest(self, text: str, head: str) -> None:
        """The digest is that of the text as it was."""
        assert f"{head}-{hashlib.sha256(text.encode()).hexdigest()[:8]}" == slug(text)

    @given(st.text(max_size=90))
    @example("..")
    @example(".")
    @example("")
    @example("\ud800")
    @example("X" * 300)
    def test_every_text_gives_a_safe_name(self, text: str) -> None:
        """Whatever somebody calls a model, the folder stays inside its parent."""
        assert re.fullmatch(r"[a-z0-9._-]{1,60}", slug(text))
        assert slug(text) not in (".", "..")

    @given(st.text(max_size=70), st.text(max_size=70))
    @example("Fraud", "fraud")
    @example("x" * 61, "x" * 62)
    def test_different_names_stay_different(self, one: str, other: str) -> None:
        """Two models never share a folder by the accident of their names."""
        assert (one == other) == (slug(one) == slug(other))


class TestOutputFolder:
    def test_the_default_is_below_outputs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without --out it is outputs/<name>/<version> where the command runs."""
        monkeypatch.chdir(tmp_path)
        assert tmp_path / "outputs" / "fraud" / "1.0" == output_folder(None, "fraud", "1.0")
        assert (tmp_path / "outputs" / "fraud" / "1.0").is_dir()

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        """--out that is a file is bad input, and the file stays."""
        file = tmp_path / "report"
        file.write_text("mine")
        with pytest.raises(InputError, match="is a file"):
            output_folder(file, "n", "v")
        with pytest.raises(InputError, match="is a file"):
            output_folder(file / "below", "n", "v")
        assert "mine" == file.read_text()

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_without_rights_is_told_before_the_review(self, tmp_path: Path) -> None:
        """Nobody waits for a review whose report cannot be written."""
        tmp_path.chmod(0o500)
        with pytest.raises(InputError, match="cannot be written"):
            output_folder(tmp_path, "n", "v")


class TestPublish:
    def test_a_first_report_is_just_written(self, tmp_path: Path) -> None:
        """Report and notebook, and nothing else is left."""
        assert publish(tmp_path, b"page", b"book") is None
        assert {"report.html", "notebook.ipynb"} == names(tmp_path)
        assert b"page" == (tmp_path / "report.html").read_bytes()

    def test_an_earlier_report_moves_aside_with_its_notebook(self, tmp_path: Path) -> None:
        """The name says the first twelve digits of its SHA-256."""
        publish(tmp_path, b"old", b"old book")
        aside = publish(tmp_path, b"new", b"new book")
        digest = hashlib.sha256(b"old").hexdigest()[:12]
        assert tmp_path / f"report.{digest}.html" == aside
        assert b"old" == aside.read_bytes()
        assert b"old book" == (tmp_path / f"notebook.{digest}.ipynb").read_bytes()
        assert b"new" == (tmp_path / "report.html").read_bytes()
        assert b"new book" == (tmp_path / "notebook.ipynb").read_bytes()

    def test_a_file_system_without_links_does_too(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there are no hard links the file is copied, and stays in its place until the new one is there."""

        def refuse(*paths: object) -> None:
            raise PermissionError(errno.EPERM, "no links here")

        publish(tmp_path, b"old", b"old book")
        monkeypatch.setattr(files.os, "link", refuse)
        aside = publish(tmp_path, b"new", b"new book")
        assert aside is not None
        assert b"old" == aside.read_bytes()
        assert b"new" == (tmp_path / "report.html").read_bytes()
        assert (
            b"old book"
            == aside.with_name(aside.name.replace("report", "notebook").replace("html", "ipynb")).read_bytes()
        )
        assert 4 == len(names(tmp_path))

    @pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
    @pytest.mark.parametrize("fails", ["report.html", "notebook.ipynb"])
    def test_both_are_old_or_both_are_new(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, links: bool
    ) -> None:
        """Whichever of the two cannot be replaced, the earlier report stands beside its own notebook."""
        publish(tmp_path, b"old", b"old book")
        refuse_to_replace(monkeypatch, fails, links=links)
        with pytest.raises(ReviewError, match="could not be written"):
            publish(tmp_path, b"new", b"new book")
        assert b"old" == (tmp_path / "report.html").read_bytes()
        assert b"old book" == (tmp_path / "notebook.ipynb").read_bytes()
        assert not [name for name in names(tmp_path) if name.endswith(".tmp")]

    def test_a_first_report_without_its_notebook_is_taken_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """There was nothing, and after the failure there is nothing."""
        refuse_to_replace(monkeypatch, "notebook.ipynb", links=True)
        with pytest.raises(ReviewError, match="could not be written"):
            publish(tmp_path, b"new", b"new book")
        assert set() == names(tmp_path)

    def test_a_full_disk_changes_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The earlier report and its notebook stay in place; no half-written file is left."""
        publish(tmp_path, b"old", b"old book")
        calls = []

        def full(descriptor: int) -> None:
            calls.append(descriptor)
            if len(calls) == 2:  # the report was written, the notebook finds no room
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(files.os, "fsync", full)
        with pytest.raises(ReviewError, match="nothing was left half-written") as caught:
            publish(tmp_path, b"new", b"new book")
        assert 4 == caught.value.exit_code
        assert {"report.html", "notebook.ipynb"} == names(tmp_path)
        assert b"old" == (tmp_path / "report.html").read_bytes()
        assert b"old book" == (tmp_path / "notebook.ipynb").read_bytes()

    def test_success_removes_the_notebook_of_an_earlier_failure(self, tmp_path: Path) -> None:
        """A failed notebook beside a good report would only confuse."""
        write_whole(tmp_path / "notebook.failed.ipynb", b"failed")
        publish(tmp_path, b"page", b"book")
        assert {"report.html", "notebook.ipynb"} == names(tmp_path)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """write_whole leaves the new bytes and no temporary file."""
    path = tmp_path / "notebook.failed.ipynb"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert b"two" == path.read_bytes()
    assert {"notebook.failed.ipynb"} == names(tmp_path)


def test_a_folder_that_went_away_is_told_in_words(tmp_path: Path) -> None:
    """Any other trouble with the folder ends in a ReviewError as well."""
    with pytest.raises(ReviewError, match="could not be written"):
        write_whole(tmp_path / "gone" / "file", b"x")
