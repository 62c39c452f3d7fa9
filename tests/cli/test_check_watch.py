"""A watched check runs again whenever one of its files changes, and only Ctrl-C ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from readiness.cli.reviews import keep_checking
from readiness.core.errors import InputError
from readiness.run import watch as watching
from readiness.run.watch import stamps, wait_for_change, watched_files

SPEC = """\
extends: base.yaml
checklist: {from: team.yaml, ab_test: {done: true, by: A, on: 2026-01-01, evidence: proof.txt}}
data: {test: test.csv, target: y, positive: 1, train: train.csv}
"""
BASE = 'model: {name: m, version: "1", path: models/m.joblib}\n'


def write(folder: Path) -> Path:
    (folder / "models").mkdir()
    for name in ("models/m.joblib", "test.csv", "train.csv", "proof.txt"):
        (folder / name).write_text("x")
    (folder / "base.yaml").write_text(BASE)
    (folder / "team.yaml").write_text("monitoring: {not_applicable: batch}\n")
    path = folder / "readiness.yaml"
    path.write_text(SPEC)
    return path


def names(spec: Path, *settings: str) -> set[str]:
    return {path.name for path in watched_files(spec, settings)}


class TestWatched:
    def test_the_spec_and_everything_it_names(self, tmp_path: Path) -> None:
        """Also what it extends, its checklist, and what is named as evidence or on the command line."""
        files = {"readiness.yaml", "base.yaml", "team.yaml", "m.joblib", "test.csv", "train.csv", "proof.txt"}
        spec = write(tmp_path)
        assert files == names(spec)
        assert "other.csv" in names(spec, "data.test=other.csv")

    @pytest.mark.parametrize("broken", ["a: [\n", "", "extends: [a]\ndata: 5\n", SPEC + "zzz: 1\n"])
    def test_a_broken_spec_is_watched_itself(self, tmp_path: Path, broken: str) -> None:
        """It is about to be mended."""
        spec = write(tmp_path)
        spec.write_text(broken)
        assert "readiness.yaml" in names(spec)

    def test_a_broken_base_is_watched_with_what_the_spec_says(self, tmp_path: Path) -> None:
        """What could be read is watched."""
        spec = write(tmp_path)
        (tmp_path / "base.yaml").write_text("a: [\n")
        assert {"readiness.yaml", "team.yaml", "base.yaml", "test.csv"} <= names(spec)

    def test_a_spec_that_is_not_there_yet(self, tmp_path: Path) -> None:
        """Its name is enough."""
        assert (tmp_path / "none.yaml",) == watched_files(tmp_path / "none.yaml")


class Clock:
    """Stands in for sleep: each look does the next thing to the files; too many looks fail the test."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps: Iterator[Callable[[], object]] = iter(steps)
        self.looks = 0

    def __call__(self, _: float) -> None:
        self.looks += 1
        assert self.looks < 20
        next(self.steps, lambda: None)()


class TestWaiting:
    def test_a_change_of_the_content_is_seen(self, tmp_path: Path) -> None:
        """Once the file has kept still for a look."""
        path = tmp_path / "a"
        path.write_text("1")
        clock = Clock(lambda: None, lambda: path.write_text("12"), lambda: path.write_text("123"))
        wait_for_change(stamps([path]), sleep=clock)
        assert 4 == clock.looks

    def test_the_same_size_at_another_time_is_a_change(self, tmp_path: Path) -> None:
        """A digit was altered."""
        path = tmp_path / "a"
        path.write_text("1")
        before = stamps([path])
        clock = Clock(lambda: os.utime(path, ns=(5, 5)))
        wait_for_change(before, sleep=clock)
        assert 2 == clock.looks

    def test_an_editor_replaces_the_file(self, tmp_path: Path) -> None:
        """It is gone for a moment, and comes back as another one of the same size and time."""
        path, other = tmp_path / "a", tmp_path / "b"
        for each in (path, other):
            each.write_text("1")
            os.utime(each, ns=(5, 5))
        before = stamps([path])
        clock = Clock(path.unlink, lambda: other.rename(path))
        wait_for_change(before, sleep=clock)
        assert 3 == clock.looks

    def test_a_file_that_vanishes_and_one_that_appears(self, tmp_path: Path) -> None:
        """Both are changes; a file that comes back just as it was is none."""
        path, other = tmp_path / "a", tmp_path / "b"
        path.write_text("1")
        back = path.stat()
        before = stamps([path, other])

        def same_again() -> None:
            (tmp_path / "c").rename(path)
            os.utime(path, ns=(back.st_atime_ns, back.st_mtime_ns))

        clock = Clock(lambda: path.rename(tmp_path / "c"), same_again, lambda: None, lambda: other.write_text("2"))
        wait_for_change(before, sleep=clock)
        assert 5 == clock.looks

    def test_a_file_in_a_model_folder_changes(self, tmp_path: Path) -> None:
        """A folder is all that is in it."""
        folder = tmp_path / "model"
        (folder / "deep").mkdir(parents=True)
        clock = Clock(lambda: (folder / "deep" / "w").write_text("1"))
        wait_for_change(stamps([folder]), sleep=clock)
        assert 2 == clock.looks

    def test_a_path_that_cannot_be_is_only_absent(self) -> None:
        """Evidence may be any text."""
        assert [(), ()] == list(stamps([Path("a\0b"), Path("x" * 5_000)]).values())


class TestKeepChecking:
    def test_errors_are_shown_and_do_not_end_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither those of the spec nor our own; Ctrl-C does, with 0."""
        ends: Iterator[BaseException | None] = iter([InputError("A.", remedy="B."), ValueError("c"), None])

        def check() -> None:
            said = next(ends)
            if said is not None:
                raise said

        def wait(_: object) -> None:
            waits.append(1)
            if len(waits) == 3:
                raise KeyboardInterrupt

        waits: list[int] = []
        monkeypatch.setattr(watching, "wait_for_change", wait)
        assert 0 == keep_checking(check, lambda: [tmp_path])
        said = capsys.readouterr().out
        assert 3 == said.count("-- checked at ")
        assert "Error: A.\n  B.\n" in said
        assert "a fault of readiness itself: ValueError: c" in said
        assert said.endswith("Stopped watching.\n")

    def test_a_reader_that_has_gone_ends_it(self, tmp_path: Path) -> None:
        """Nobody would see what it says."""

        def check() -> None:
            raise BrokenPipeError

        with pytest.raises(BrokenPipeError):
            keep_checking(check, lambda: [tmp_path])


@pytest.mark.slow
def test_the_command_goes_on_until_ctrl_c(tmp_path: Path) -> None:
    """A spec that is missing, then wrong, then right; the exit code is 0."""
    spec = tmp_path / "readiness.yaml"
    words = [sys.executable, "-m", "readiness", "check", "readiness.yaml", "--watch"]
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores Ctrl-C
    ) as process:
        assert process.stdout is not None
        said = ""

        def until(text: str) -> None:
            nonlocal said
            for line in process.stdout:
                said += line
                if text in line:
                    return
            pytest.fail(said)

        try:
            until("Watching 1 file;")
            assert "there is no such file" in said
            spec.write_text(
                'model: {name: m, version: "1", predictions: {label: p}}\ndata: {test: t.csv, targt: y, positive: 1}\n'
            )
            until('did you mean "target"?')
            until("Watching 2 files;")
            (tmp_path / "t.csv").write_text("y,p\n" + "0,0\n1,1\n" * 30)
            spec.write_text(spec.read_text().replace("targt", "target"))
            until("readiness.yaml and its files fit each other: m 1.")
            until("Watching 2 files;")
            process.send_signal(signal.SIGINT)
            until("Stopped watching.")
            assert 0 == process.wait()
        finally:
            process.kill()
