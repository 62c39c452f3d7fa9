"""What the sections hold, before any HTML is made of it."""

from __future__ import annotations

import pytest

from readiness.core.findings import Answer, Finding, Outcome, Question, Status
from readiness.report.page import errors, production
from readiness.report.page.baseline import tables as baseline_tables
from readiness.report.page.decision import decision_edition, facts, format_time, valid_until
from readiness.report.page.sections import Section, sections, unmeasured
from readiness.report.page.tables import Table, anchor, claims_table, facts_table
from readiness.report.sentences import Language
from readiness.verdict.record import Record
from tests.report.page import records

LANGUAGE = Language.of(records.ready())


def every_table(section: Section) -> list[Table]:
    return [*section.tables, *(table for fold in section.folds for table in fold.tables)]


@pytest.mark.parametrize("make", [records.not_ready, records.ready, records.not_proven, records.regression])
def test_every_finding_is_in_a_table(make) -> None:
    """The codes that the tables of a section and of its folds show are those of its answer."""
    record: Record = make()
    for section in sections(record, {}, {}):
        shown = frozenset().union(*(table.codes for table in every_table(section)))
        assert {finding.code for finding in record.answer(section.question).findings} == shown


def test_rows_are_as_wide_as_their_table() -> None:
    """Every row has a cell for each column, or is the heading of a group."""
    for section in sections(records.not_ready(), {}, {}):
        for table in every_table(section):
            widths = {len(row.cells) for row in (*table.rows, *table.more) if not row.group}
            assert widths == {len(table.columns)}


def test_methods_meet_metrics_and_costs() -> None:
    """One row for each method, one column for each metric, the cost last."""
    table = baseline_tables(records.baseline().findings, LANGUAGE)[1]
    assert ["Method", "Accuracy", "F1", "Recall", "Cost per prediction"] == [column.title for column in table.columns]
    assert ["the model", "0.996", "0.612", "0.692", "0.0040 EUR"] == [cell.text for cell in table.rows[0].cells]
    assert "–" == table.rows[1].cells[-1].text


def test_a_confusion_of_many_classes_becomes_a_list() -> None:
    """Up to twelve classes make a matrix; beyond that the wrong cells are listed, the largest first."""

    def cell(true: int, guess: int) -> Finding:
        where = {"true": f"c{true}", "predicted": f"c{guess}"}
        return records.fact(f"ERRO-CELL-{true}-{guess}", "rows", float(true + guess), unit="rows", segment=where)

    small = [cell(i, j) for i in range(3) for j in range(3)]
    (matrix,) = errors.tables(small, LANGUAGE)
    assert (3, 4) == (len(matrix.rows), len(matrix.columns))
    large = [cell(i, j) for i in range(13) for j in range(13)]
    (listed,) = errors.tables(large, LANGUAGE)
    assert ["c11", "c12", "23"] == [cell.text for cell in listed.rows[0].cells]
    assert 169 == len(listed.rows) + len(listed.more)


def test_a_failed_question_still_has_its_section() -> None:
    """A crash leaves one finding, and it is shown."""
    for question in Question:
        failed = Finding(f"{question.prefix}-FAILED", question.words, Status.NOT_ASSESSED, reason="it crashed")
        answers = [Answer(q, (failed,)) if q is question else a for q, a in _answers().items()]
        section = sections(records.record(answers), {}, {})[question.number - 1]
        assert f"{question.prefix}-FAILED" in frozenset().union(*(table.codes for table in section.tables))
        assert "not assessed" == section.mark.word


def _answers() -> dict[Question, Answer]:
    record = records.ready()
    return {question: record.answer(question) for question in Question}


def test_boxes_without_findings_are_not_passed_over() -> None:
    """A box that nothing speaks for is not assessed, and the page says so."""
    answers = [a if q is not Question.PRODUCTION else Answer(q, ()) for q, a in _answers().items()]
    record = records.record(answers)
    made = production.tables((), record, LANGUAGE)
    boxes = next(table for table in made if table.folds and table.caption.startswith("Checklist"))
    row = next(row for row in boxes.rows if row.cells[0].text == "Latency")
    assert "nobody" == row.cells[1].text
    assert "Nobody has looked at it, and nobody has vouched for it" == row.cells[2].text
    assert row.cells[3].mark is not None
    assert Status.NOT_ASSESSED is row.cells[3].mark.status


def test_a_measurement_that_fails_decides_its_box() -> None:
    """One drifting column is enough for its box."""
    drifted = records.claim("PROD-DRIFT-9", "Drift of x", (0.6, 0.5, 0.7, 900), ("<", 0.25), (0.52, 0.68))
    answer = records.production().plus(drifted)
    made = production.tables(answer.findings, records.ready(), LANGUAGE)
    boxes = next(table for table in made if table.folds and table.caption.startswith("Checklist"))
    row = boxes.rows[1]
    assert "Training distribution matches production" == row.cells[0].text
    assert "measurement" == row.cells[1].text
    assert row.cells[3].mark is not None
    assert Status.NOT_MET is row.cells[3].mark.status
    assert row.cells[2].text.startswith("Measured: 0.6")
    assert "0.25" in row.cells[2].text
    assert "#PROD-DRIFT-9" == row.cells[2].link


def test_facts_are_not_unmeasured() -> None:
    """A fact has no bar, so its status says little; only what could be settled is listed."""
    fact = records.text_fact("STAB-NOTE", "A note", "as seen")
    gap = records.outcome("STAB-GAP", "A gap", Outcome.UNAVAILABLE, "not there", blocking=False, needs="a table")
    answers = [a.plus(fact, gap) if q is Question.STABILITY else a for q, a in _answers().items()]
    found = dict(unmeasured(records.record(answers)))
    assert ["STAB-GAP"] == [finding.code for finding in found[Question.STABILITY]]


def test_only_met_claims_may_be_folded() -> None:
    """A table of claims stays open as soon as one of them is not met."""
    met, not_met = records.stability().findings[0], records.business().findings[0]
    assert claims_table([met], "x", LANGUAGE, folds=True).folds
    assert not claims_table([met, not_met], "x", LANGUAGE, folds=True).folds
    assert facts_table([], "x", LANGUAGE).folds


def test_what_is_not_met_stands_open_however_few_rows_do() -> None:
    """Beside the claims that are not met only so many others stand open."""
    met, not_met = records.stability().findings[0], records.business().findings[0]
    made = claims_table([not_met, not_met, met, met, met], "x", LANGUAGE, most=1)
    assert (3, 2) == (len(made.rows), len(made.more))


@pytest.mark.parametrize(("code", "id_"), [("BUSI-1", "BUSI-1"), ("a b", ""), ('x"', ""), ("", ""), ("1", "")])
def test_a_code_is_an_id_only_when_it_can_be_one(code: str, id_: str) -> None:
    """Codes of users are not trusted to be ids."""
    assert id_ == anchor(code)


def test_the_decision_tells_what_was_set() -> None:
    """Which limits the team set itself, with the spec's digest, and on which rows was tested."""
    lines = {line.label: line.text for line in facts(records.ready(), LANGUAGE)}
    assert (
        "Limits set by the team, but for questions 1, 5 and 6 (defaults). Specification 3fa9c01be8d2"
        == lines["Criteria"]
    )
    assert lines["Tested on"].startswith("24,000 rows, 1 March 2026 to 31 August 2026; 120 ")
    assert "(0.5 %); in production 0.4 % are expected; 12 rows left out" in lines["Tested on"]


def test_the_decision_tells_what_is_first_to_do() -> None:
    """What failed comes first, and a ready model needs approval."""
    steps = decision_edition(records.not_ready()).steps
    assert [True, False] == list(dict.fromkeys(step.required for step in steps))
    assert decision_edition(records.ready()).steps[0].text.startswith("Approval by the model's owner")


def test_times_are_written_for_people() -> None:
    """Known forms are written out, others left alone."""
    assert "22 November 2026, 20:04 UTC" == format_time("2026-11-22T20:04:12Z")
    assert "22 November 2026, 18:04 UTC" == format_time("2026-11-22T20:04:12+02:00")
    assert "soon" == format_time("soon")
    assert "21 May 2027" == valid_until(records.ready())
    assert "" == valid_until(records.regression())


def test_the_usual_tests_are_folded_and_said_not_to_count() -> None:
    """McNemar and DeLong stand in a table of their own, below what is judged."""
    from readiness.core.findings import Estimate, Finding, Status

    given = [
        Finding(code, "n", Status.NOT_ASSESSED, blocking=False, measured=Estimate(0.04, 0.04, 0.04, 1.0, 100))
        for code in ("BASE-MCNEMAR-RULE-1", "BASE-DELONG-CURRENT")
    ]
    (shown,) = baseline_tables(given, LANGUAGE)

    assert ("2 tests as they are usually reported", True) == (shown.caption, shown.folds)
    assert {"BASE-MCNEMAR-RULE-1", "BASE-DELONG-CURRENT"} == shown.codes
    assert "what counts is the gain" in shown.note
