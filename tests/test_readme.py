"""The README tells the truth: its spec loads, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from readiness.cli import app
from readiness.spec.load import load_spec

ROOT = Path(__file__).parent.parent
MINIMAL = """
model: {name: m, version: "1", predictions: {score: p}}
data: {train: train.parquet, test: test.parquet, target: y, positive: 1}
"""
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("block", blocks("yaml"))
def test_every_yaml_block_is_a_spec(block, tmp_path):
    """What a reader copies must load; a part of a spec, together with the rest of it."""
    whole = block if "model:" in block else f"{MINIMAL}{block}"
    (tmp_path / "readiness.yaml").write_text(whole, encoding="utf-8")

    assert load_spec(tmp_path / "readiness.yaml").spec.model.name


def test_there_is_a_yaml_block():
    """The example spec is there."""
    assert 1 <= len(blocks("yaml"))


@pytest.mark.slow
def test_the_example_in_a_notebook_runs(tmp_path, monkeypatch, capsys):
    """All Python that a reader copies, as it stands there: the draft, and what is asked of an opened review."""
    example, opened = blocks("python")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "readme"}
    exec(compile(example, "README.md", "exec"), names)  # executed as a cell would be

    assert "DRAFT" in capsys.readouterr().out
    assert load_spec(tmp_path / "review" / "readiness.yaml").spec.business.requirements[0].limit == 0.9
    first, rest = opened.split("\n", 1)
    assert 'review = readiness.open_review("readiness.yaml")' == first
    exec(compile(rest, "README.md", "exec"), names)  # of the draft, which is the same object
    assert "Complaints in the pilot" in set(names["review"].segments.table()["claim"])


@pytest.mark.parametrize(
    "command",
    sorted(set(re.findall(r"^(?:.*uv run --locked )?readiness ([a-z-]+)", "\n".join(blocks("sh")), re.MULTILINE))),
)
def test_every_command_exists(command):
    """Each command of the README answers to --help."""
    assert 0 == CliRunner().invoke(app, [command, "--help"]).exit_code


@pytest.mark.parametrize("option", sorted(set(re.findall(r"readiness ([a-z-]+)[^\n`]*? (--[a-z-]+)", README))))
def test_every_option_exists(option):
    """Each option that is shown with a command is one of that command's."""
    command, flag = option

    assert flag in CliRunner().invoke(app, [command, "--help"]).output


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_every_relative_link_leads_to_a_file(link):
    """No dead ends."""
    assert (ROOT / link).exists()


def test_ci_runs_the_command_of_the_readme():
    """One test command, written down once."""
    assert 1 == README.count("<!-- test command -->")
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
