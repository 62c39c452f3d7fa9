"""What is left to do before a review can end in six yes, told before a model is loaded."""

from __future__ import annotations

import datetime

import pytest

from readiness.core.findings import Question
from readiness.planning.feasibility import Chance, feasible, left_to_do, possible_answers
from readiness.spec.load import load_spec

DAY = datetime.date(2026, 11, 22)
SIGNED = {"done": True, "by": "Ann", "on": "2026-01-02", "evidence": "https://wiki.example.com/runbook"}


def words(path):
    loaded = load_spec(path)
    return [possible.words for possible in possible_answers(loaded, feasible(loaded), DAY)]


def test_each_question_says_whether_it_can_be_a_yes(review_files):
    """Four can; without limits and boxes the last cannot."""
    said = words(review_files())

    assert ["1 Alternatives: can be a yes", "2 Requirements: can be a yes", "3 Segments: can be a yes"] == said[:3]
    assert ["4 Errors: can be a yes", "5 Stability: can be a yes"] == said[3:5]
    assert said[5].startswith("6 Production: cannot be a yes: no limit is stated for production.latency_p99_ms, ")
    assert said[5].endswith("; 11 of 11 boxes are not attested (checklist)")


@pytest.mark.parametrize(
    ("changes", "question", "why"),
    [
        ({"business": {"requirements": []}}, Question.BUSINESS, "no requirement is stated (business.requirements)"),
        ({"data": {"segments": []}}, Question.SEGMENTS, "no segment column is named (data.segments)"),
        ({"errors": None}, Question.ERRORS, "no costs are stated (errors.costs)"),
        ({"data": {"train": None}}, Question.STABILITY, "there are no training rows to refit on (data.train)"),
        ({"baseline": {"human": {"metric": "recall", "value": 0.8, "source": "study"}}}, Question.BASELINE,
         "how sure the human figure is, nobody says (baseline.human.n)"),
    ],
)  # fmt: skip
def test_what_is_missing_rules_a_yes_out(review_files, changes, question, why):
    """The key that is missing is named."""
    line = words(review_files(changes))[question.number - 1]

    assert line.endswith(f": cannot be a yes: {why}")


def test_a_requirement_that_the_rows_cannot_prove_rules_a_yes_out(review_files):
    """800 rows never prove a recall of 99.9 %."""
    line = words(review_files({"business": {"requirements": [{"says": "a", "metric": "recall", "at_least": 0.999}]}}))[
        1
    ]

    assert "2 Requirements: cannot be a yes: too few rows for number 1" == line


def test_what_is_said_of_a_column_takes_a_model_and_rows(review_files):
    """299 rows without a break where none is tolerated; predictions alone are never asked again."""
    stated = {"monotonic": [{"column": "a", "direction": "increasing", "share": 0.001}], "invariant": [{"column": "b"}]}
    enough = feasible(load_spec(review_files({"production": stated})))
    told = {entry.key: entry for entry in enough if entry.key.startswith("production.")}
    assert [
        ("production.monotonic, number 1", Chance.NOT_POSSIBLE),
        ("production.invariant, number 1", Chance.POSSIBLE),
    ] == [(key, entry.chance) for key, entry in told.items()]
    assert "2,995 rows without a break; there are 800 here" in told["production.monotonic, number 1"].text
    assert "; too few rows for monotonic, number 1" in words(review_files({"production": stated}))[5]

    alone = {"name": "small", "version": "1", "predictions": {"label": "b"}, "path": None, "sha256": None}
    line = words(review_files({"model": alone, "production": {**stated, "must_handle": ["threads"]}}))[5]
    assert "supplied.probes.threads" in line
    assert "predictions cannot be asked again with other values (production.monotonic and production.invariant)" in line


def test_boxes_that_expired_expire_soon_or_wait_are_counted(review_files):
    """By the day it is; a box that holds for long is not spoken of."""
    boxes = {
        "monitoring": {**SIGNED, "valid_until": "2026-11-21"},
        "ab_test": {**SIGNED, "valid_until": "2026-12-01"},
        "bias_audit": {**SIGNED, "valid_until": "2027-12-01"},
    }
    said = left_to_do(load_spec(review_files({"checklist": boxes})), DAY)

    assert "checklist, expired: monitoring (2026-11-21)" in said
    assert "checklist, expires soon: ab_test (2026-12-01)" in said
    assert any(line.startswith("checklist, pending: 8 of 11 boxes (") for line in said)


def test_evidence_that_is_not_there_is_told_before_the_review(review_files, tmp_path):
    """Which box, why, and what was written; a file that is there says nothing."""
    (tmp_path / "runbook.md").write_text("one switch")
    (tmp_path / "empty.md").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "all").symlink_to("/")
    (tmp_path / "loop.md").symlink_to("loop.md")
    wanted = {
        "monitoring": ("runbok.md", 'its evidence was not found beside the spec; did you mean "runbook.md" ("runbok.md")'),
        "rollback_plan": ("runbook.md", ""),
        "ab_test": ("T-17", 'its evidence is neither a file beside the spec nor a web address (https://…) ("T-17")'),
        "bias_audit": ("empty.md", 'its evidence is an empty file ("empty.md")'),
        "documentation": ("folder", 'its evidence is a folder without a file that holds anything ("folder")'),
        "legal_review": (".", 'its evidence is a folder that holds the spec itself; name one document (".")'),
        "drift_detection": ("readiness.yaml",
                            'its evidence is the spec itself, which is what has to be shown ("readiness.yaml")'),
        "alert_thresholds": (
            "linked",
            'its evidence is a folder that holds symbolic links, which may lead anywhere ("linked")',
        ),
        "real_pipeline": ("https://example.com/x", ""),
    }  # fmt: skip
    boxes = {box: {**SIGNED, "evidence": evidence} for box, (evidence, _) in wanted.items()}
    boxes["model_versioning"] = {**SIGNED, "on": "2024-01-02"}
    boxes["graceful_degradation"] = {**SIGNED, "evidence": "loop.md"}
    said = left_to_do(load_spec(review_files({"checklist": boxes})), DAY)

    told = [line for line in said if line.startswith("checklist.")]
    assert [f"checklist.{box} does not count: {why}" for box, (_, why) in wanted.items() if why] == told[:7]
    assert told[7].startswith("checklist.model_versioning does not count: its date 2024-01-02 is more than a year ago")
    assert told[8].startswith("checklist.graceful_degradation does not count: its evidence cannot be used: ")
    assert not any(line.startswith("checklist, pending") for line in said)


def test_todos_and_empty_texts_are_counted(review_files):
    """Lines that only explain are none."""
    path = review_files({"about": {"owner": "Ann"}})
    path.write_text(f"## TODO marks what is missing\n{path.read_text()}# TODO: one\nseed: 0  # TODO: two\n")
    said = left_to_do(load_spec(path), DAY)

    assert any(line.startswith("readiness.yaml: 2 lines with TODO (lines ") for line in said)
    assert any(line.startswith("about: 9 of 10 texts are empty (purpose, ") for line in said)
