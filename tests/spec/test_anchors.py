"""Anchors and keys beginning with x- save writing, and leave no trace in the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from readiness.core.errors import SpecError
from readiness.spec.load import load_spec, normalised, set_keys

MODEL = 'model: {name: fraud, version: "1.4", path: m.joblib}\n'
MINIMUM = f"{MODEL}data: {{test: test.csv, target: y}}\n"
ANCHORS = """\
x-done: &done {done: true, by: Ann, on: 2026-10-01, evidence: wiki}
x-columns: &columns [region, age]
x-anything: {at: [all, 1, true]}
"""
USED = """\
checklist:
  monitoring: *done
  rollback_plan: {<<: *done, by: Bob}
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_anchors_may_stand_under_keys_of_their_own(tmp_path: Path) -> None:
    """As in a Compose file: written once, used in several boxes, one part of it replaced."""
    text = f"{ANCHORS}{MODEL}data: {{test: t.csv, target: y, segments: *columns}}\n{USED}"
    spec = load_spec(write(tmp_path / "readiness.yaml", text)).spec
    assert ("region", "age") == spec.data.segments
    assert ("Ann", "Bob") == (spec.checklist["monitoring"].by, spec.checklist["rollback_plan"].by)
    assert "wiki" == spec.checklist["rollback_plan"].evidence


def test_they_never_come_into_the_record(tmp_path: Path) -> None:
    """The spec of the record is that of a file that spells everything out."""
    short = load_spec(write(tmp_path / "a.yaml", f"{ANCHORS}{MINIMUM}{USED}"))
    box = "{done: true, by: %s, on: 2026-10-01, evidence: wiki}"
    spelt = f"{MINIMUM}checklist: {{monitoring: {box % 'Ann'}, rollback_plan: {box % 'Bob'}}}\n"
    long = load_spec(write(tmp_path / "b.yaml", spelt))
    assert normalised(long.spec) == normalised(short.spec)
    assert set_keys(long.spec) == set_keys(short.spec)
    assert not [key for key in short.places if key and str(key[0]).startswith("x-")]


def test_extended_files_and_checklists_may_have_them(tmp_path: Path) -> None:
    """Each file its own; an anchor does not reach into another file."""
    write(tmp_path / "base.yaml", f"{ANCHORS}{MINIMUM}")
    write(tmp_path / "team.yaml", f"{ANCHORS}monitoring: *done\n")
    top = write(tmp_path / "readiness.yaml", "x-a: 1\nextends: base.yaml\nchecklist: {from: team.yaml}\n")
    assert "Ann" == load_spec(top).spec.checklist["monitoring"].by
    write(top, "extends: base.yaml\nchecklist: {monitoring: *done}\n")
    with pytest.raises(SpecError, match="an alias needs its anchor"):
        load_spec(top)


@pytest.mark.parametrize("text", [f"{MINIMUM}x_a: 1\n", f"{MINIMUM}X-a: 1\n", f"{MINIMUM}about: {{x-a: 1}}\n"])
def test_other_keys_are_still_unknown(tmp_path: Path, text: str) -> None:
    """Only at the top, and only with a small x and a dash."""
    with pytest.raises(SpecError, match="unknown key"):
        load_spec(write(tmp_path / "readiness.yaml", text))


def test_a_fault_beside_an_anchor_has_its_line(tmp_path: Path) -> None:
    """A value that is used through an alias is told where it is used."""
    text = f"x-b: &b {{done: 5}}\n{MINIMUM}checklist:\n  monitoring: *b\n"
    with pytest.raises(SpecError, match=r"readiness.yaml line \d+, checklist.monitoring.done: found the number 5"):
        load_spec(write(tmp_path / "readiness.yaml", text))
