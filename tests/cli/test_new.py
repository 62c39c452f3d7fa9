"""What `new` says at the terminal: what it guessed, what it cannot know, and how its arguments are ordered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readiness import cli


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run `new` beside a table of loans and two models: exit code, what it said, what it complained."""
    rows = np.arange(200)
    frame = pd.DataFrame({"when": pd.date_range("2026-01-01", periods=200), "customer": rows % 60, "late": rows % 2})
    frame.to_parquet(tmp_path / "loans.parquet")
    for name in ("loan.joblib", "network.keras"):
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.app(["new", *words, "--target", "late"], prog_name="readiness")
        captured = capsys.readouterr()
        return (ended.value.code if isinstance(ended.value.code, int) else 0), captured.out, captured.err

    return command


def test_guesses_that_change_what_is_judged_are_told(run):
    """A column of time is switched on; a column of owners only offered."""
    code, said, _ = run("loan.joblib", "loans.parquet")
    assert 0 == code
    assert "Guessed: data.time: when." in said
    assert "Values of customer come again: should data.group name it?" in said
    assert "# group: customer  # TODO" in Path("readiness.yaml").read_text()
    assert "loader" not in said


def test_a_model_that_needs_a_loader_says_so(run):
    """Only its owner can name it."""
    assert "needs a loader" in run("network.keras", "loans.parquet")[1]


def test_the_wrong_order_is_told_with_the_right_one(run):
    """And nothing is written."""
    code, _, complained = run("loans.parquet", "loan.joblib")
    assert 2 == code
    assert "Give the model first, then the table: readiness new loan.joblib loans.parquet" in complained
    assert not Path("readiness.yaml").exists()
