"""Records that hide a class nobody finds: left out, counted otherwise, or held against a lower floor."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import InvalidReport, SpecError
from readiness.core.findings import Basis, Finding, Question, Status, recompute
from readiness.core.policy import Task
from readiness.spec.load import load_spec
from readiness.verdict.checks import check
from readiness.verdict.comparison import missing_codes
from readiness.verdict.recomputation.shapes import recorded_spec
from readiness.verdict.record import Record
from readiness.verdict.reservations import looser_bars
from tests.attacks.test_bounds import basis, computed, forged, found
from tests.walking import walk

pytestmark = pytest.mark.slow

SPEC: dict[str, Any] = {
    "model": {"name": "Tiny Model", "version": "1.0", "predictions": {"label": "pred"}},
    "data": {"test": "test.csv", "target": "y", "classes": ["a", "b", "c", "d", "e"], "segments": ["region"]},
    "business": {"requirements": [{"says": "Often right", "metric": "accuracy", "at_least": 0.6}]},
    "errors": {"costs": {"matrix": {t: {s: float(t != s) for s in "abcde"} for t in "abcde"}}, "floors": {"b": 0.5}},
}
ROWS = {"aa": 300, "ab": 20, "bb": 90, "ba": 10, "ca": 60, "cb": 10, "dd": 9, "da": 1, "ee": 12}
"""By true and predicted class: c is never named, d and e have fewer than the 19 rows that are needed."""


def write(folder: Path, **errors: Any) -> Path:
    lines = [f"{true},{said},{'nsw'[i % 3]}" for (true, said), n in ROWS.items() for i in range(n)]
    (folder / "test.csv").write_text("\n".join(["y,pred,region", *lines]) + "\n")
    (folder / "readiness.yaml").write_text(json.dumps({**SPEC, "errors": {**SPEC["errors"], **errors}}))
    return folder / "readiness.yaml"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return walk(write(tmp_path_factory.mktemp("classes")), figures=False).record


def refused(record: Record, *words: str) -> None:
    with pytest.raises(InvalidReport) as caught:
        check(record, counted=True)
    for word in words:
        assert word in caught.value.message


def without(record: Record, code: str) -> Record:
    answers = tuple(replace(a, findings=tuple(f for f in a.findings if f.code != code)) for a in record.answers)
    return replace(record, answers=answers)


def lacking(record: Record) -> tuple[str, ...]:
    return missing_codes(record.answers, recorded_spec(record), Task.MULTICLASS)


def test_an_honest_record_holds(honest: Record) -> None:
    check(honest, counted=True)
    assert () == lacking(honest)
    assert Status.NOT_MET is found(honest, "ERRO-FOUND-3").status
    assert Status.NOT_PROVEN is found(honest, "ERRO-APART-3").status
    assert [False, True] == [found(honest, f"ERRO-APART-{end}").blocking for end in ("4", "SMALL")]


@pytest.mark.parametrize(
    "code",
    ["ERRO-APART-3", "ERRO-FOUND-2", "ERRO-FOUND-3", "ERRO-APART-4", "ERRO-APART-SMALL", "ERRO-FOUND-SMALL",
     "ERRO-CLASSES-COVERAGE", "ERRO-CLASSES-COVERAGE-COST"],
)  # fmt: skip
def test_no_class_can_be_left_out(honest: Record, code: str) -> None:
    assert (code,) == lacking(without(honest, code))


def test_only_small_classes_stand_aside(honest: Record) -> None:
    assert ("ERRO-APART-3",) == lacking(forged(honest, "ERRO-APART-3", lambda f: replace(f, blocking=False)))


def _with_hits(more: int) -> Callable[[Finding], Finding]:
    """Other hits in the first share of a basis."""

    def edited(part: Basis) -> tuple[Basis, bool]:
        if part.form == "share":
            hits = (part.numbers["successes"] or 0) + more
            return replace(part, numbers={**part.numbers, "successes": hits}), True
        for place, inner in enumerate(part.parts):
            made, is_done = edited(inner)
            if is_done:
                return replace(part, parts=(*part.parts[:place], made, *part.parts[place + 1 :])), True
        return part, False

    return lambda finding: computed(finding, edited(basis(finding))[0])


@pytest.mark.parametrize("code", ["ERRO-APART-3", "ERRO-FOUND-3", "ERRO-APART-SMALL"])
def test_counts_are_those_of_the_matrix(honest: Record, code: str) -> None:
    refused(forged(honest, code, _with_hits(8 if code.endswith("SMALL") is False else -1)), code, "confusion matrix")


def test_a_floor_is_that_of_its_class(honest: Record) -> None:
    """The floor of b is 0.5 and nobody else's; another class's name does not help."""

    def lower(finding: Finding) -> Finding:
        assert finding.criterion is not None
        edited = replace(finding, criterion=replace(finding.criterion, threshold=0.2))
        return replace(edited, status=recompute(edited))

    refused(forged(honest, "ERRO-FOUND-2", lower), "ERRO-FOUND-2 is judged by another bar")
    renamed = forged(honest, "ERRO-FOUND-2", lambda f: replace(lower(f), segment={"class": "c"}))
    refused(renamed, "ERRO-FOUND-2 names another class")


def test_coverage_follows_from_the_matrix(honest: Record) -> None:
    def all_rows(finding: Finding) -> Finding:
        assert finding.measured is not None
        assert finding.bounds is not None
        measured = replace(finding.measured, value=1.0, low=1.0, high=1.0)
        return replace(finding, measured=measured, bounds=replace(finding.bounds, lower=1.0, upper=1.0))

    refused(forged(honest, "ERRO-CLASSES-COVERAGE", all_rows), "ERRO-CLASSES-COVERAGE does not hold")


def test_floors_have_an_end_and_lower_ones_are_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="one time in twenty"):
        load_spec(write(tmp_path, floors={"b": 0.01}))
    with pytest.raises(SpecError, match=r"is not in data\.classes"):
        load_spec(write(tmp_path, floors={"z": 0.3}))
    record = walk(write(tmp_path, floors={"b": 0.1}, class_floor=0.15), figures=False).record
    told = "; ".join(looser_bars(record))
    assert "of b only 10 % must be found instead of 20 %" in told
    assert "how often a class that costs something must be found 15 % instead of 20 %" in told
    assert Question.ERRORS in {answer.question for answer in record.answers}
