"""What became of the open findings of an earlier report: by record, on the page, in the terminal."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import InputError, InvalidReport
from readiness.core.findings import Answer, Outcome, Question, Status
from readiness.core.provenance import ModelFacts
from readiness.report.compare.history import EarlierReport, history, read_earlier
from readiness.report.history import NOT_VERIFIED, UNSIGNED, change_lines, changes
from readiness.run.runner import review
from readiness.verdict.checks import check
from readiness.verdict.decision import decide
from readiness.verdict.history import Course, history_fault, open_findings
from readiness.verdict.record import Record, from_plain, to_plain
from tests.report.compare.files import report_file
from tests.report.page import records
from tests.report.page.records import claim


def with_findings(record: Record, question: Question, *findings: Any, version: str = "") -> Record:
    """The record with other findings of one question, and the decision that follows."""
    answers = tuple(Answer(question, findings) if a.question is question else a for a in record.answers)
    decision = decide(answers, rule=record.rule)
    model = dataclasses.replace(record.gathered.model, version=version or record.gathered.model.version)
    gathered = dataclasses.replace(record.gathered, model=model)
    return dataclasses.replace(record, answers=answers, decision=decision, verdict=decision.verdict, gathered=gathered)


def drift(number: int, column: str, *, open_: bool) -> Any:
    limit = 0.4 if open_ else 0.1
    measured = (limit, limit, limit, 100)
    more = {"metric": "psi", "segment": {"column": column}}
    return claim(f"PROD-DRIFT-{number}", f"Drift of {column}", measured, ("<=", 0.25), (limit, limit), **more)


def probe(name: str, came: Outcome) -> Any:
    return records.outcome(f"PROD-PROBE-{name.upper()}", f"A {name}", came)


def reviewed(version: str, *findings: Any) -> Record:
    return with_findings(records.not_ready(), Question.PRODUCTION, *findings, version=version)


def earlier(record: Record, *, signed: bool = True) -> EarlierReport:
    return EarlierReport(record, "0" * 64, signed)


def courses(record: Record, before: Record) -> dict[str, tuple[Course, str]]:
    """By the name of a finding of question 6 what became of it, and since when it is open."""
    found = history(record, earlier(before)).findings
    return {each.name: (each.course, each.since) for each in found if each.question is Question.PRODUCTION}


def test_findings_are_opened_closed_and_stay_open() -> None:
    """A finding is open while it is judged and not met; what was met before and after is not told."""
    before = reviewed(
        "1.0", drift(1, "age", open_=True), drift(2, "pay", open_=False), drift(3, "km", open_=True),
        drift(4, "day", open_=False),
    )  # fmt: skip
    now = reviewed(
        "1.1", drift(1, "age", open_=True), drift(2, "pay", open_=True), drift(3, "km", open_=False),
        drift(4, "day", open_=False),
    )  # fmt: skip
    assert {
        "Drift of pay": (Course.OPENED, ""),
        "Drift of age": (Course.OPEN, "1.0"),
        "Drift of km": (Course.CLOSED, "1.0"),
    } == courses(now, before)


def test_renumbered_columns_are_paired_by_their_name() -> None:
    """The same code is about another column once a column is put before it."""
    before = reviewed("1.0", drift(1, "age", open_=True), drift(2, "pay", open_=False))
    now = reviewed("1.1", drift(1, "new", open_=False), drift(2, "age", open_=True), drift(3, "pay", open_=False))
    assert {"Drift of age": (Course.OPEN, "1.0")} == courses(now, before)
    assert history_fault(history(now, earlier(before)), now.answers, now.soundness) == ""


def test_what_is_judged_no_more_is_not_closed() -> None:
    """A claim that was taken out, or that only shows, was not met."""
    before = reviewed("1.0", drift(1, "age", open_=True), drift(2, "pay", open_=True), drift(3, "km", open_=False))
    shown = dataclasses.replace(drift(2, "pay", open_=True), blocking=False)
    found = courses(reviewed("1.1", shown, drift(3, "km", open_=False)), before)
    assert {"Drift of age": (Course.DROPPED, "1.0"), "Drift of pay": (Course.DROPPED, "1.0")} == found


def test_open_since_goes_back_through_earlier_reports() -> None:
    """The third report knows in which version a finding was first open, and that another was opened by the second."""
    first = reviewed("1.0", drift(1, "age", open_=True), drift(2, "pay", open_=False))
    second = reviewed("1.1", drift(1, "age", open_=True), drift(2, "pay", open_=True))
    second = dataclasses.replace(second, previous=history(second, earlier(first)))
    third = reviewed("1.2", drift(1, "age", open_=True), drift(2, "pay", open_=True))
    assert {"Drift of age": (Course.OPEN, "1.0"), "Drift of pay": (Course.OPEN, "1.1")} == courses(third, second)


def test_outcomes_are_traced_like_numbers() -> None:
    """A box that nobody vouched for is open; attested, it is closed."""
    before = reviewed("1.0", probe("outlier", Outcome.MISSING), drift(1, "age", open_=False))
    now = reviewed("1.1", probe("outlier", Outcome.PASSED), drift(1, "age", open_=False))
    assert {"An extreme number": (Course.CLOSED, "1.0")} == courses(now, before)


def test_every_open_finding_is_accounted_for() -> None:
    """Whatever the two records hold: opened and still open are what is open now, each once."""
    before, now = records.not_ready(), records.not_ready()
    found = history(now, earlier(before))
    assert [f.code for f in open_findings(now.answers, now.soundness)] == [each.code for each in found.of(Course.OPEN)]
    assert () == found.of(Course.OPENED, Course.CLOSED, Course.DROPPED)


def traced(record: Record, before: Record) -> Record:
    return dataclasses.replace(record, previous=history(record, earlier(before)))


def test_a_record_keeps_its_history() -> None:
    """It is written and read as it was."""
    now = traced(reviewed("1.1", drift(1, "age", open_=True)), reviewed("1.0", drift(1, "age", open_=True)))
    assert now.previous == from_plain(to_plain(now)).previous


@pytest.mark.parametrize("lie", ["leaves out", "closes", "invents"])
def test_a_history_that_its_findings_contradict_is_refused(lie: str) -> None:
    """Nobody hides an open finding, or closes one, in the list of changes."""
    record = traced(reviewed("1.1", drift(1, "age", open_=True)), reviewed("1.0", drift(1, "age", open_=True)))
    assert record.previous is not None
    (drifted,) = [each for each in record.previous.findings if each.question is Question.PRODUCTION]
    others = tuple(each for each in record.previous.findings if each is not drifted)
    instead = {
        "leaves out": (),
        "closes": (dataclasses.replace(drifted, course=Course.CLOSED, now=Status.MET),),
        "invents": (drifted, dataclasses.replace(drifted, code="PROD-DRIFT-9")),
    }[lie]
    check(record)
    false = dataclasses.replace(record, previous=dataclasses.replace(record.previous, findings=(*others, *instead)))
    with pytest.raises(InvalidReport, match="earlier report"):
        check(false)


def test_page_and_terminal_say_what_was_not_verified() -> None:
    """Counts first; which report that was; that its signature was not looked at, or that there is none."""
    before = reviewed("1.0", drift(1, "age", open_=True), drift(2, "pay", open_=True), drift(3, "km", open_=False))
    now = reviewed("1.1", drift(1, "age", open_=True), drift(2, "pay", open_=False), drift(3, "km", open_=True))
    record = traced(now, before)
    said = changes(record)
    assert said is not None
    others = sum(f.code not in {"PROD-DRIFT-1"} for f in open_findings(before.answers, before.soundness)) - 1
    assert f"1 closed, {1 + others} still open, 1 opened." in said.headline
    assert NOT_VERIFIED in said.earlier
    assert "another model" not in said.earlier
    assert ["Drift of km"] == [each.name for each in said.opened]
    lines = change_lines(record)
    assert any("Opened: Drift of km." in line for line in lines)
    assert any("Drift of age (since 1.0)" in line for line in lines)
    unsigned = dataclasses.replace(now, previous=history(now, earlier(before, signed=False)))
    assert UNSIGNED in change_lines(unsigned)[1]
    assert change_lines(now) == ()
    assert changes(now) is None


def test_another_model_is_said_to_be_one() -> None:
    """A report of another model can be named, and reads so."""
    before = reviewed("1.0", drift(1, "age", open_=True))
    other = dataclasses.replace(before.gathered, model=ModelFacts("something else", "1.0"))
    record = traced(reviewed("1.1", drift(1, "age", open_=True)), dataclasses.replace(before, gathered=other))
    assert "another model" in change_lines(record)[1]


@pytest.mark.parametrize("content", [b"", b"<html>no report</html>", b"\xff" * 100])
def test_only_an_intact_report_is_taken(tmp_path: Path, content: bytes) -> None:
    """Anything else ends the command as any other wrong input does."""
    path = tmp_path / "report.html"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a readable report"):
        read_earlier(path)
    with pytest.raises(InputError):
        read_earlier(tmp_path / "missing.html")


def test_a_review_reads_the_earlier_report_before_anything_else(tmp_path: Path) -> None:
    """A slip in its name costs no review; the spec was not even looked for."""
    with pytest.raises(InputError, match=r"old\.html"):
        review(tmp_path / "none.yaml", tmp_path / "out", previous=tmp_path / "old.html")
    assert not (tmp_path / "out").exists()


def test_an_earlier_report_is_read_with_its_digest(tmp_path: Path) -> None:
    """The digest is that of the file."""
    path = report_file(tmp_path / "report.html", records.not_ready())
    found = read_earlier(path)
    assert (hashlib.sha256(path.read_bytes()).hexdigest(), False) == (found.sha256, found.signed)
