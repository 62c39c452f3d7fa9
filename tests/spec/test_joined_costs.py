"""Costs of two kinds that come from two files: both are named, and the way out works."""

from __future__ import annotations

from pathlib import Path

import pytest

from readiness.core.errors import SpecError
from readiness.spec.load import load_spec

TOP = (
    'extends: team.yaml\nmodel: {name: a, version: "1", predictions: {label: p}}\n'
    "data: {test: t.csv, target: y, task: regression}\n"
)


@pytest.fixture
def write(tmp_path: Path):
    """Write the team's costs of two classes, and a spec with `errors` over it."""

    def written(errors: str) -> Path:
        (tmp_path / "team.yaml").write_text("errors:\n  costs: {false_positive: 1, false_negative: 5}\n")
        path = tmp_path / "readiness.yaml"
        path.write_text(f"{TOP}errors: {errors}\n")
        return path

    return written


def test_the_file_with_the_other_half_is_named(write):
    """Where it stands, and how to be rid of it."""
    with pytest.raises(SpecError) as caught:
        load_spec(write("{costs: {under: 2, over: 1}}"))

    (problem,) = caught.value.problems
    assert "readiness.yaml line 4, errors.costs: has both false_positive and under" in problem
    assert "false_positive (team.yaml line 2), false_negative (team.yaml line 2)" in problem
    assert "costs: {false_positive:, false_negative:, …}" in problem


def test_what_the_message_says_helps(write):
    """Keys with nothing behind them take the place of the team's."""
    costs = load_spec(write("{costs: {false_positive:, false_negative:, under: 2, over: 1}}")).spec.errors.costs

    assert costs is not None
    assert (None, 2.0) == (costs.false_positive, costs.under)


def test_a_contradiction_within_one_file_names_no_other(tmp_path: Path):
    """There is nothing to replace."""
    path = tmp_path / "readiness.yaml"
    path.write_text(f"{TOP.removeprefix('extends: team.yaml')}errors: {{costs: {{under: 2, matrix: {{}}}}}}\n")

    with pytest.raises(SpecError) as caught:
        load_spec(path)

    assert "another file" not in str(caught.value)
