"""The digest on the first screen names the whole spec: what it extends, its checklist, and the command line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from readiness.core.files import Artifact, Role
from readiness.report.page.decision import facts
from readiness.report.sentences import Language
from readiness.spec.load import load_spec, spec_digest
from tests.report.page import records
from tests.walking import walk

A, B = "a" * 64, "b" * 64


def on_the_cover(page: str) -> str:
    (found,) = re.findall(r"Specification ([0-9a-f]{12})", page)
    return str(found)


@pytest.mark.slow
def test_a_lower_bar_in_the_file_that_is_extended_shows(review_files: Callable[..., Path]) -> None:
    """The named file is the same byte for byte, and asks for half as much; the digest on the first screen tells."""
    path = review_files({"business": None, "extends": "team.yaml"})
    shown = []
    for recall in (0.8, 0.4):
        need = f"[{{says: find them, metric: recall, at_least: {recall}}}]"
        (path.parent / "team.yaml").write_text(f"business: {{requirements: {need}}}\n")
        shown.append(on_the_cover(walk(path, figures=False).page))
        assert shown[-1] == load_spec(path).digest[:12]
    assert shown[0] != shown[1]


def test_checklist_and_command_line_are_part_of_it(review_files: Callable[..., Path]) -> None:
    """A box that somebody else fills in, or a bar that is set from outside, is another spec."""
    path = review_files({"checklist": {"from": "team.yaml"}})
    (path.parent / "team.yaml").write_text("ab_test: {not_applicable: batch}\n")
    first = load_spec(path)
    assert spec_digest(first.inputs) == first.digest
    (path.parent / "team.yaml").write_text("ab_test: {not_applicable: none}\n")
    others = [load_spec(path), load_spec(path, settings=["seed=1"]), load_spec(path, settings=["seed=2"])]
    assert 4 == len({first.digest, *(each.digest for each in others)})


def test_of_a_single_file_it_is_what_sha256sum_prints(review_files: Callable[..., Path]) -> None:
    """And of more, what anybody can compute from the table of files."""
    path = review_files()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == load_spec(path).digest
    both = [
        Artifact("spec: a.yaml", A, 9, role=Role.SPEC),
        Artifact("test: t.csv", B, 9, role=Role.TEST),
        Artifact("evidence: spec: x", B, 9, role=Role.EVIDENCE),
        Artifact("checklist: c.yaml", B, 9, role=Role.CHECKLIST),
    ]
    lines = f"{A}  spec: a.yaml\n{B}  checklist: c.yaml\n"
    assert hashlib.sha256(lines.encode()).hexdigest() == spec_digest(both)
    assert (A, "") == (spec_digest(both[:3]), spec_digest(both[1:2]))


@pytest.mark.parametrize(
    ("role", "file"), [(Role.SPEC, "base.yaml"), (Role.CHECKLIST, "team.yaml"), (Role.SPEC, "command line")]
)
def test_the_cover_counts_every_part(role: Role, file: str) -> None:
    """Whatever the record lists as a part of the spec."""
    record = records.ready()
    inputs = (*record.gathered.inputs, Artifact(role.name_of(file), B, 9, role=role))
    expected = spec_digest(inputs)
    changed = replace(record, gathered=replace(record.gathered, inputs=inputs))
    said = " ".join(line.text for line in facts(changed, Language.of(changed)))
    assert f"Specification {expected[:12]}" in said
