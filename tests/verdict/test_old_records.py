"""Records that were written before findings had keys and files had roles are read as if they had them."""

from __future__ import annotations

from typing import Any

import pytest

from readiness.core.errors import InvalidReport
from readiness.core.files import Role
from readiness.core.findings import Finding, Flag, Origin
from readiness.core.withholding import WITHHELD, Kind
from readiness.questions.deficits import UNCERTAIN
from readiness.spec.schema import NOT_HERE
from readiness.verdict import old_records
from readiness.verdict.record import Record, from_plain, to_plain
from tests.report.page import records

NEW = ("key", "flags", "origin", "withheld_by")


def first(plain: dict[str, Any]) -> dict[str, Any]:
    """The first finding of question 2."""
    finding: dict[str, Any] = plain["answers"][1]["findings"][0]
    return finding


def old(record: Record) -> dict[str, Any]:
    """The record as it was written before."""
    plain = to_plain(record)
    for answer in plain["answers"]:
        answer["findings"] = [{k: v for k, v in f.items() if k not in NEW} for f in answer["findings"]]
    return plain


def read(plain: dict[str, Any]) -> Finding:
    return from_plain(plain).answers[1].findings[0]


@pytest.mark.parametrize("make", [records.ready, records.not_ready])
def test_keys_follow_from_codes(make: Any) -> None:
    record = make()
    found = [f.key for answer in from_plain(old(record)).answers for f in answer.findings]

    assert [f.key for answer in record.answers for f in answer.findings] == found


def test_what_was_a_word_is_a_field() -> None:
    """Labels, doubts and uncertain sizes stood in texts."""
    assert UNCERTAIN == old_records.UNCERTAIN
    plain = old(records.ready())
    first(plain)["warning"] = f"above the mark; {NOT_HERE}"
    assert Origin.SUPPLIED is read(plain).origin
    first(plain)["warning"] = f"above the mark; {UNCERTAIN}"
    assert (Flag.UNCERTAIN,) == read(plain).flags
    first(plain)["withheld"] = f"{WITHHELD}{Kind.LEAK.doubt}; {Kind.MIX.doubt}"
    assert ("leak", "mix") == read(plain).withheld_by
    first(plain)["withheld"] = f"{WITHHELD}something else"
    assert ("unknown",) == read(plain).withheld_by


def test_a_key_counts_for_more_than_a_text() -> None:
    """A finding with a key is taken as it is; a code that does not follow from it is refused."""
    plain = to_plain(records.ready())
    first(plain)["warning"] = NOT_HERE
    assert Origin.HERE is read(plain).origin
    first(plain)["code"] = "BUSI-7"
    with pytest.raises(InvalidReport, match="BUSI-7"):
        from_plain(plain)


@pytest.mark.parametrize("findings", ["text", [1], [{"code": 1}], [{}], None])
def test_odd_shapes_are_refused_as_ever(findings: Any) -> None:
    plain = to_plain(records.ready())
    plain["answers"][1]["findings"] = findings
    with pytest.raises(InvalidReport):
        from_plain(plain)


NAMES = {
    "test: cases.csv": Role.TEST,
    "spec: command line": Role.SPEC,
    "supplied training rows: a: b.txt": Role.SUPPLIED_TRAINING_ROWS,
    "evidence: runbooks/spec: x.md": Role.EVIDENCE,
    "module: own/loader.py": Role.MODULE,
    "module elsewhere: own.loader": Role.MODULE_ELSEWHERE,
    "Test: cases.csv": Role.OTHER,
    "test:cases.csv": Role.OTHER,
    "model: m.joblib": Role.OTHER,
}


def of_files(inputs: Any, files: Any = ()) -> Record:
    plain = to_plain(records.ready())
    plain["inputs"] = inputs
    plain["model"]["files"] = list(files)
    return from_plain(plain)


def test_roles_follow_from_names() -> None:
    """The model's files are those of the model, whatever they are called."""
    rest = {"sha256": "a" * 64, "size": 5}
    read = of_files([{"name": name} | rest for name in NAMES], [{"name": "test: m.joblib"} | rest]).gathered

    assert NAMES == {artifact.name: artifact.role for artifact in read.inputs}
    assert [(Role.MODEL, "test: m.joblib")] == [(artifact.role, artifact.file) for artifact in read.model.files]


def test_a_recorded_role_counts_for_more_than_a_name() -> None:
    """It stands beside a name that it gives; another is refused, whoever it would mislead."""
    artifact = {"name": "test: cases.csv", "sha256": "a" * 64, "size": 5}
    assert Role.OTHER is of_files([artifact | {"role": "other"}]).gathered.inputs[0].role
    for role in ("train", "evidence", "unheard of"):
        with pytest.raises(InvalidReport, match="role"):
            of_files([artifact | {"role": role}])


@pytest.mark.parametrize("inputs", ["text", [1], [{"name": 1}], [{}], None])
def test_odd_files_are_refused_as_ever(inputs: Any) -> None:
    with pytest.raises(InvalidReport):
        of_files(inputs)


def test_a_role_is_recorded() -> None:
    """With the name as it always was."""
    plain = to_plain(records.ready())

    assert [("test: test.parquet", "test"), ("train: train.parquet", "train"), ("spec: readiness.yaml", "spec")] == [
        (artifact["name"], artifact["role"]) for artifact in plain["inputs"]
    ]
    assert ["model"] == [artifact["role"] for artifact in plain["model"]["files"]]
