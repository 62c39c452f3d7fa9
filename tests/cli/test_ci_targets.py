"""Results for a CI service never take the place of a report, or of what a review reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_ci_outputs import NOT_READY, Run_, elsewhere, reviewed

pytestmark = pytest.mark.slow

__all__ = ["elsewhere", "reviewed"]

SPEC = "## Test result: none yet\nmodel: {name: n, version: v, path: m.pkl}\ndata: {test: t.csv, target: y}\n"


def refused(run: Run_, option: str, path: str, *more: str) -> bool:
    """Whether the command says no, with nothing written."""
    before = Path(path).read_bytes() if Path(path).is_file() else None
    code, _, complained = run("run", "r.yaml", option, path, *more)
    assert before == (Path(path).read_bytes() if Path(path).is_file() else None)
    return code == 2 and f"Name another file with {option}." in complained


@pytest.mark.parametrize("option", ["--junit", "--summary"])
@pytest.mark.parametrize(
    "name",
    [
        "report.html",
        "notebook.ipynb",
        "partial.html",
        "partial.ipynb",
        "notebook.failed.ipynb",
        "report.0123456789ab.html",
        "notebook.0123456789ab.ipynb",
        "Report.HTML",
    ],
)
def test_the_report_to_come_keeps_its_place(
    name: str, option: str, run: Run_, reviewed: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also as the summary of a step, and behind a link."""
    reviewed(AssertionError("it started"))
    assert refused(run, option, f"c1/{name}")
    Path("link").symlink_to(f"c1/{name}")
    assert refused(run, option, "link")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", f"c1/{name}")
    assert refused(run, option, f"c1/{name}")


@pytest.mark.parametrize("name", ["r.yaml", "base.yaml", "m.pkl", "t.csv", "other.csv", "k.pem", "own.ipynb", "hard"])
def test_what_the_review_reads_stays(
    name: str, run: Run_, reviewed: Callable[[object], None], monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    """Whatever it looks like: spec, what it extends, model, table, one that is set, key, template, by any name."""
    reviewed(AssertionError("it started"))
    Path("base.yaml").write_text(SPEC)
    Path("r.yaml").write_text("## Test result: here\nextends: base.yaml\n")
    for each in ("m.pkl", "t.csv", "other.csv", "k.pem", "own.ipynb"):
        Path(each).write_text("## Test result: looks like ours")
    Path("hard").hardlink_to("m.pkl")
    more = ("--key", "k.pem", "--template", "own.ipynb", "--set", "data.recent=other.csv")
    assert refused(run, "--summary", name, *more)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", name)
    assert refused(run, "--summary", f"../{elsewhere.name}/{name}", *more)


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ('<?xml version="1.0"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0"/>', False),
        ('<?xml version="1.0"?><PMML version="4.4"/>', False),
        ('<?xml version="1.0"?><testsuitesque/>', False),
        ('<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="pytest">', True),
        ("<?xml version='1.0'?><testsuites/>", True),
        ("", True),
    ],
)
def test_only_test_results_are_written_over(
    text: str, lost: bool, run: Run_, reviewed: Callable[[object], None]
) -> None:
    """Much of what people have begins like XML."""
    reviewed(NOT_READY)
    Path("x.xml").write_text(text)
    assert (1 if lost else 2) == run("run", "r.yaml", "--junit", "x.xml")[0]
    assert lost == (Path("x.xml").read_text() != text)
