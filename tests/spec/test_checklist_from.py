"""What is attested once per system is kept in one file, and no spec can hide where it came from."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from readiness.core.errors import SpecError
from readiness.spec.json_schema import checklist_schema, spec_schema
from readiness.spec.layers import MAX_BYTES, MAX_FILES
from readiness.spec.load import LoadedSpec, load_spec, looked_at

MINIMUM = 'model: {name: fraud, version: "1.4", path: m.joblib}\ndata: {test: test.csv, target: y}\n'
TEAM = "monitoring: {done: true, by: Ann, on: 2026-10-01, evidence: wiki/monitoring}\nab_test: {not_applicable: internal}\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, checklist: str, extra: str = "", team: str = TEAM) -> LoadedSpec:
    write(folder / "team.yaml", team)
    return load_spec(write(folder / "readiness.yaml", f"{MINIMUM}{extra}checklist: {checklist}\n"))


def names(spec: LoadedSpec) -> tuple[str, ...]:
    return tuple(artifact.name for artifact in spec.inputs)


def problems(folder: Path, checklist: str, team: str = TEAM) -> list[str]:
    with pytest.raises(SpecError) as caught:
        loaded(folder, checklist, team=team)
    return [*str(caught.value).splitlines()[:1], *caught.value.problems]


def test_boxes_come_from_the_file(tmp_path: Path) -> None:
    """They are attestations as if they stood in the spec, each with its own file and line."""
    spec = loaded(tmp_path, "{from: team.yaml}")
    assert {"monitoring", "ab_test"} == set(spec.spec.checklist)
    assert ("Ann", datetime.date(2026, 10, 1)) == (
        spec.spec.checklist["monitoring"].by,
        spec.spec.checklist["monitoring"].on,
    )
    assert ("team.yaml", 2) == (spec.place(("checklist", "ab_test")).file, spec.place(("checklist", "ab_test")).line)


def test_a_box_of_the_spec_wins_whole(tmp_path: Path) -> None:
    """Nobody is made to vouch for the evidence of another."""
    spec = loaded(tmp_path, "{from: team.yaml, monitoring: {by: Bob}}").spec
    assert ("Bob", None, "") == (
        spec.checklist["monitoring"].by,
        spec.checklist["monitoring"].done,
        spec.checklist["monitoring"].evidence,
    )
    assert "internal" == spec.checklist["ab_test"].not_applicable


def test_an_attestation_of_an_extended_spec_is_replaced_whole(tmp_path: Path) -> None:
    """Its date and evidence do not pass to the person who is named above it."""
    write(
        tmp_path / "base.yaml",
        f"{MINIMUM}checklist:\n  monitoring: {{done: true, by: Ann, on: 2026-10-01, evidence: e}}\n",
    )
    top = write(tmp_path / "readiness.yaml", "extends: base.yaml\nchecklist: {monitoring: {done: true, by: Bob}}\n")
    with pytest.raises(SpecError, match=r"line 2, checklist.monitoring: says done: true, but `on` and `evidence` are"):
        load_spec(top)


def test_the_file_counts_among_the_files_of_the_spec(tmp_path: Path) -> None:
    """It has a name in the record, and a change of it is a change of the spec."""
    spec = loaded(tmp_path, "{from: team.yaml}")
    assert ("spec: readiness.yaml", "checklist: team.yaml") == names(spec)
    assert tmp_path / "team.yaml" == spec.files[1][0]
    write(tmp_path / "team.yaml", TEAM + "legal_review: {}\n")
    with pytest.raises(SpecError, match="changed since it was read"):
        load_spec(spec.path, sha256=spec.digest)


def test_it_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    """A base in another folder brings its own checklist along; what the spec itself says lies over it."""
    write(tmp_path / "org" / "boxes.yaml", TEAM)
    write(tmp_path / "org" / "base.yaml", f"{MINIMUM}checklist: {{from: boxes.yaml}}\n")
    write(tmp_path / "own" / "boxes.yaml", "ab_test: {not_applicable: batch}\n")
    top = write(tmp_path / "own" / "readiness.yaml", "extends: ../org/base.yaml\nchecklist: {from: boxes.yaml}\n")
    spec = load_spec(top)
    assert ("batch", "Ann") == (spec.spec.checklist["ab_test"].not_applicable, spec.spec.checklist["monitoring"].by)
    assert (
        "spec: readiness.yaml",
        "checklist: boxes.yaml",
        "spec: base.yaml",
        "checklist: boxes.yaml (2)",
    ) == names(spec)


def test_two_specs_of_a_chain_may_share_a_checklist(tmp_path: Path) -> None:
    """It is one file in the record."""
    write(tmp_path / "team.yaml", TEAM)
    write(tmp_path / "base.yaml", f"{MINIMUM}checklist: {{from: team.yaml}}\n")
    top = write(tmp_path / "readiness.yaml", "extends: base.yaml\nchecklist: {from: team.yaml}\n")
    assert ("spec: readiness.yaml", "checklist: team.yaml", "spec: base.yaml") == names(load_spec(top))


@pytest.mark.parametrize(
    ("team", "said"),
    [
        ("monitorng: {done: true}\n", 'team.yaml line 1, checklist.monitorng: unknown key; did you mean "monitoring"?'),
        ("# a\nab_test: {done: yes}\n",
         'team.yaml line 2, checklist.ab_test.done: found the text "yes", expected true or false; write true'),
        ("ab_test: {}\nab_test: {}\n",
         "team.yaml line 2, checklist.ab_test: this key stands here twice; the first time on line 1"),
        ("checklist: {}\n", "team.yaml line 1, checklist.checklist: unknown key"),
        ("from: other.yaml\n", "team.yaml line 1, checklist.from: "),
    ],
)  # fmt: skip
def test_faults_in_it_name_it(tmp_path: Path, team: str, said: str) -> None:
    """As strictly as in a spec, with its own name and line."""
    assert said in problems(tmp_path, "{from: team.yaml}", team)[1]


@pytest.mark.parametrize(
    ("team", "said"),
    [
        ("", "is empty, expected boxes such as monitoring"),
        ("- a\n", "found a list at the top, expected boxes such as monitoring"),
        ("a: [\n", "not valid YAML"),
        ("# " + "x" * MAX_BYTES, "holds more than 5 MB"),
    ],
)
def test_a_file_that_is_no_checklist_is_refused(tmp_path: Path, team: str, said: str) -> None:
    """Empty, no mapping, no YAML, too large."""
    assert said in problems(tmp_path, "{from: team.yaml}", team)[-1]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.yaml", "checklist.from: the file that it names cannot be used"),
        (".", "found a folder"),
        ("readiness.yaml", "leads back to a file that was read already"),
        ("[a]", "expected the name of a YAML file with boxes"),
        ("5", "found 5, expected the name of a YAML file with boxes"),
        ('""', "expected the name of a YAML file with boxes"),
        ('"a\\0b"', "is no usable path"),
    ],
)
def test_from_must_name_a_file(tmp_path: Path, name: str, said: str) -> None:
    """Anything else is told at its line, never a traceback."""
    assert any(said in line for line in problems(tmp_path, f"{{from: {name}}}"))


def test_an_empty_from_counts_as_left_out(tmp_path: Path) -> None:
    """Like every key with nothing behind it."""
    assert {} == loaded(tmp_path, "{from: }").spec.checklist


def test_checklists_count_towards_the_most_files(tmp_path: Path) -> None:
    """A chain of specs, each with a checklist, is no way around it."""
    for index in range(MAX_FILES):
        write(tmp_path / f"c{index}.yaml", TEAM)
        write(tmp_path / f"{index}.yaml", f"extends: {index + 1}.yaml\nchecklist: {{from: c{index}.yaml}}\n")
    with pytest.raises(SpecError, match="more than 10 files"):
        load_spec(tmp_path / "0.yaml")


def test_valid_until_comes_after_on(tmp_path: Path) -> None:
    """An attestation that ended before it was given is a slip of the pen; the same day is none."""
    box = "ab_test: {done: true, by: A, on: 2026-10-01, evidence: e, valid_until: %s}\n"
    said = problems(tmp_path, "{from: team.yaml}", box % "2026-09-30")[1]
    assert "team.yaml line 1, checklist.ab_test: is valid until 2026-09-30, which is before 2026-10-01" in said
    assert loaded(tmp_path, "{from: team.yaml}", team=box % "2026-10-01").spec.checklist["ab_test"].valid_until


def test_an_attestation_holds_for_three_years_at_most(tmp_path: Path) -> None:
    """What was seen once is not true for ever; the last day that is accepted is."""
    box = "ab_test: {done: true, by: A, on: 2026-10-01, evidence: e, valid_until: %s}\n"
    assert loaded(tmp_path, "{from: team.yaml}", team=box % "2029-10-01").spec.checklist["ab_test"].valid_until
    for late in ("2029-10-02", "9999-12-31"):
        said = problems(tmp_path, "{from: team.yaml}", box % late)[1]
        assert f"is valid until {late}, more than 1,096 days after 2026-10-01, the day it was given" in said
        assert "looked at again within three years" in said


def test_what_was_looked_for_is_known_also_when_it_fails(tmp_path: Path) -> None:
    """So that a watch sees the file appear."""
    top = write(tmp_path / "readiness.yaml", f"{MINIMUM}checklist: {{from: none.yaml}}\n")
    assert (top, tmp_path / "none.yaml") == looked_at(top)


def test_the_schemas_know_both_files(tmp_path: Path) -> None:
    """Editors accept `from` and anchors, and find a misspelt box in either file."""
    spec, checklist = Draft202012Validator(spec_schema()), Draft202012Validator(checklist_schema())
    good = yaml.safe_load(f"{MINIMUM}x-me: &me {{by: Ann}}\nchecklist: {{from: team.yaml, monitoring: {{<<: *me}}}}\n")
    assert [] == list(spec.iter_errors(good))
    assert 1 == len(list(spec.iter_errors({**good, "checklist": {"from": 5}})))
    assert [] != list(spec.iter_errors({**good, "checklist": {"form": "a"}}))
    team = {"x-a": 1, "monitoring": {"done": True, "by": "Ann", "on": "2026-10-01", "evidence": "e"}}
    assert [] == list(checklist.iter_errors(team))
    assert 1 == len(list(checklist.iter_errors({**team, "monitorng": {}})))
    Draft202012Validator.check_schema(checklist_schema())
