"""The cache from outside: the same report as without it, which says what was taken; and none where none was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from readiness.cli.options import cache_folder
from readiness.core.errors import IncompleteRecord
from readiness.evidence.cache import cache as caches
from readiness.evidence.cache.fingerprint import Code
from readiness.report.sentences import reused_words, text_report
from readiness.run.runner import _report
from readiness.verdict.record import Record, to_plain
from tests import walking
from tests.walking import Walked, walk

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def steady_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own modules, which somebody may be writing, count as unchanged."""
    monkeypatch.setattr(caches, "program_digests", lambda: {"readiness": "the same"})
    monkeypatch.setattr(caches, "local_code", lambda *_, **__: Code({}, own=False))
    monkeypatch.setattr(caches, "list_code", lambda known: {**known})


def with_cache(spec: Path, folder: Path) -> Walked:
    """A walk that is handed a cache."""

    def edit(notebook: Any) -> None:
        (cell,) = (cell for cell in notebook.cells if cell.source.startswith("review = "))
        cell.source = f"options |= {{'cache': {str(folder)!r}}}\n{cell.source}"

    return walk(spec, figures=False, edit=edit)


def told(record: Record) -> dict[str, Any]:
    """All of a record but clock values, what was taken from the cache, and the digest of cells that say such things."""
    plain = to_plain(record)
    for answer in plain["answers"]:
        answer["findings"] = [finding for finding in answer["findings"] if not finding.get("measured_time")]
    return {key: value for key, value in plain.items() if key not in ("run", "reused", "notebook_sha256")}


@pytest.mark.slow
def test_a_report_from_the_cache_says_the_same_and_says_so(
    review_files: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Record for record the same; the page names what was taken, under Provenance and on the first screen."""
    monkeypatch.setattr(walking, "_report", lambda done, order: _report(done, replace(order, cache=tmp_path)))
    spec = review_files()
    plain, first, again = walk(spec, figures=False), *(with_cache(spec, tmp_path / "cache") for _ in range(2))
    assert told(plain.record) == told(first.record) == told(again.record)
    assert () == first.record.reused
    parts = [reuse.part for reuse in again.record.reused]
    assert {"scores of the test rows", "10 refits"} <= set(parts)
    for walked, is_there in ((plain, False), (first, False), (again, True)):
        assert is_there == ("Taken from the cache" in walked.page)
        assert is_there == ("(in part taken from the cache)" in walked.page)
        assert is_there == ("Taken from the cache: " in text_report(walked.record))
    assert len(again.page) - len(plain.page) < 700


@pytest.mark.slow
def test_a_record_that_took_from_a_cache_that_it_was_not_given(review_files: Write, tmp_path: Path) -> None:
    """The host refuses it: who asked for no cache gets what was measured now."""
    spec = review_files()
    with_cache(spec, tmp_path / "cache")
    with pytest.raises(IncompleteRecord, match="took scores of the test rows from a cache, and it was given none"):
        with_cache(spec, tmp_path / "cache")


def test_what_was_taken_in_words() -> None:
    """Parts of one minute and place together; other times and places apart; nothing for nothing."""
    from readiness.core.provenance import Reuse

    here, there = "2 processors; Linux", "8 processors; Linux"
    reused = [
        Reuse("scores", "2026-11-23T02:10:05+00:00", here),
        Reuse("50 refits", "2026-11-23T02:10:55+00:00", here),
        Reuse("times", "2026-11-23T02:10:55+00:00", there),
    ]
    expected = (
        "scores and 50 refits, measured 2026-11-23 02:10 UTC on 2 processors; Linux; "
        "times, measured 2026-11-23 02:10 UTC on 8 processors; Linux"
    )
    assert (expected, "") == (reused_words(reused), reused_words([]))


def test_where_the_cache_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the user's cache folder; in the folder of READINESS_CACHE, which may be relative; nowhere when it is off."""
    usual = cache_folder({})
    assert usual is not None
    assert ("measurements", "readiness") == (usual.name, usual.parent.name)
    assert tmp_path == cache_folder({"READINESS_CACHE": str(tmp_path)})
    monkeypatch.chdir(tmp_path)
    assert tmp_path / "here" == cache_folder({"READINESS_CACHE": "here"})
    assert [None, None] == [cache_folder({"READINESS_CACHE": word}) for word in ("off", "OFF")]
    assert usual == cache_folder({"READINESS_CACHE": ""})


@pytest.mark.parametrize("option", [[], ["--no-cache"]])
def test_the_command_hands_the_cache_over(
    option: list[str], review_files: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run` gives the review the folder of the environment, and none with --no-cache."""
    from typer.testing import CliRunner

    from readiness.cli import app
    from readiness.run import runner

    given: list[Path | None] = []

    def review(*_: Any, cache: Path | None, **__: Any) -> None:
        given.append(cache)
        raise IncompleteRecord("enough")

    monkeypatch.setattr(runner, "review", review)
    monkeypatch.setenv("READINESS_CACHE", str(tmp_path / "cache"))
    CliRunner().invoke(app, ["run", str(review_files()), *option])
    assert [None if option else tmp_path / "cache"] == given
