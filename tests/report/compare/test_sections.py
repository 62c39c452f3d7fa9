"""A comparison says what differs and whether like is compared with like, the same on the page and on the terminal."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from readiness.core.files import Artifact, Role
from readiness.core.findings import Estimate, Question
from readiness.report.compare.cautions import cautions
from readiness.report.compare.page import comparison_page
from readiness.report.compare.pairing import Paired, Pairing
from readiness.report.compare.read import Report
from readiness.report.compare.sections import Section, pairings, sections
from readiness.report.compare.text import comparison_text
from readiness.report.page.tables import Row, Table
from readiness.verdict.record import Record
from tests.report.compare.files import as_reports, with_facts
from tests.report.page import records

bs4 = pytest.importorskip("bs4")

NO_ROWS = Path("there-is-no-such-folder")


def compared(*made: Record, pairs: tuple[Pairing, ...] | None = None) -> tuple[tuple[Report, ...], tuple[Section, ...]]:
    reports = as_reports(*made)
    return reports, sections(reports, pairings(reports, NO_ROWS) if pairs is None else pairs)


def table(parts: tuple[Section, ...], caption: str) -> Table:
    return next(each for part in parts for each in part.tables if each.caption.startswith(caption))


def row(found: Table, head: str) -> Row:
    return next(each for each in (*found.rows, *found.more) if each.cells[0].text.startswith(head))


def words(made: Row) -> list[str]:
    return [cell.mark.word if cell.mark else cell.text for cell in made.cells[1:]]


def test_verdicts_and_answers_stand_side_by_side() -> None:
    """One column for each report, one row for the result and for each question."""
    _, parts = compared(records.not_ready(), records.ready(), records.not_proven())
    found = table(parts, "Test result")

    assert ["NOT READY", "READY", "NOT PROVEN"] == words(row(found, "Test result"))
    assert ["no", "yes", "yes"] == words(row(found, "2 "))
    assert ["yes", "yes", "not assessed"] == words(row(found, "4 "))
    assert ["none yet"] * 3 == words(row(found, "Approval"))


def test_a_partial_report_has_no_result() -> None:
    """A question that was not asked is not answered, and nothing can be approved."""
    partial = dataclasses.replace(records.ready(), only=("baseline",))
    _, parts = compared(records.ready(), partial)
    found = table(parts, "Test result")

    assert ["READY", "PARTIAL"] == words(row(found, "Test result"))
    assert ["yes", "not asked"] == words(row(found, "2 "))
    assert "PARTIAL: only baseline" == words(row(table(parts, "The reports themselves"), "Questions asked"))[1]


def test_a_claim_that_changed_shows_value_and_interval() -> None:
    """The requirement that is missed in one and met in the other."""
    _, parts = compared(records.not_ready(), records.ready())
    found = table(parts, "Status changed")
    *cells, change = row(found, "Don't miss fraud").cells[1:]

    assert ["not met", "met"] == [cell.mark.word for cell in cells if cell.mark]
    assert ["69 % (60 to 76)", "91 % (82 to 98)"] == [cell.text for cell in cells]
    assert ("Change", "22 points better") == (found.columns[-1].title, change.text)


def test_the_worst_change_comes_first() -> None:
    """Among claims of the same status, those that got worse stand above those that got better."""
    worse = records.baseline(shift=0.03)
    answers = [worse if a.question is Question.BASELINE else a for a in records.ready().answers]
    _, parts = compared(records.ready(), records.record(answers))
    texts = [each.cells[-1].text for each in table(parts, "Value moved").rows]
    assert any(text.endswith("worse") for text in texts)
    is_worse = [text.endswith("worse") for text in texts]
    assert is_worse == sorted(is_worse, reverse=True)


def test_three_reports_have_no_column_for_a_change() -> None:
    """There would be two of them for each row."""
    reports = as_reports(records.not_ready(), records.ready(), records.not_proven())
    made = [each for part in sections(reports, ()) for each in part.tables if each.caption.startswith("Status")]
    assert made
    assert all("Change" not in [column.title for column in each.columns] for each in made)


def test_every_cell_of_a_judged_claim_has_a_word() -> None:
    """Where a report merely shows a claim, it says so and why; where it lacks it, that."""
    one = records.not_ready()
    answer = one.answer(Question.BUSINESS)
    fact = dataclasses.replace(
        answer.findings[0], blocking=False, criterion=None, bounds=None, reason="12 rows are too few"
    )
    answers = [dataclasses.replace(a, findings=(fact,)) if a.question is Question.BUSINESS else a for a in one.answers]
    _, parts = compared(one, dataclasses.replace(one, answers=tuple(answers)))
    made = row(table(parts, "Judged in only some"), fact.name)

    assert ["not met", "not judged"] == words(made)[:2]
    assert "12 rows are too few" in made.cells[2].note
    assert {"not in this report"} == {words(each)[1] for each in table(parts, "Only in some of the reports").rows}
    assert not any("criteri" in caution for caution in cautions(as_reports(one, records.not_ready())))


def test_only_judged_claims_unless_asked() -> None:
    """Facts that merely moved are counted, and shown when everything is wanted."""
    reports = as_reports(records.not_ready(), records.hostile())
    brief, whole = (sections(reports, (), everything=everything) for everything in (False, True))

    assert not [each for part in brief for each in part.tables if each.caption.startswith("Facts")]
    assert [each for part in whole for each in part.tables if each.caption.startswith("Facts")]
    assert "add --all" in brief[2].lead
    assert "add --all" not in whole[2].lead


def test_a_partial_report_has_no_primary_metric_to_differ() -> None:
    """Question 1 was not asked there, so there is no second half of the sentence."""
    one = records.ready()
    empty = [dataclasses.replace(a, findings=()) if a.question is Question.BASELINE else a for a in one.answers]
    partial = dataclasses.replace(one, only=("business",), answers=tuple(empty))

    assert "primary metrics" not in " ".join(cautions(as_reports(one, partial)))


def test_the_file_names_of_nobody_are_needed_to_know_that_rows_differ() -> None:
    """Like is compared with like only on the same test table."""
    one = records.ready()
    other = with_facts(one, inputs=(Artifact("test: test.parquet", "00" * 32, 1, role=Role.TEST),))

    assert "All rest on the very same test table." in cautions(as_reports(one, one))
    assert "All are about the very same model file." in cautions(as_reports(one, one))
    assert any("The test tables differ" in text for text in cautions(as_reports(one, other)))


def test_other_rules_metrics_machines_and_versions_are_told() -> None:
    """Each of them makes results differ that the candidates do not."""
    one = records.ready()
    place = dataclasses.replace(one.gathered.environment, hardware="another one")
    other = dataclasses.replace(with_facts(records.ready("point"), environment=place), tool="readiness 9")
    said = " ".join(cautions(as_reports(one, other)))

    assert "The rules differ: B compared measured values alone" in said
    assert "different machines" in said
    assert "different versions of this program" in said
    assert "The primary metrics differ: A by F1, B by MAE" in " ".join(cautions(as_reports(one, records.regression())))


def test_signatures_that_nobody_checked_are_told() -> None:
    """Signed is not verified."""
    first, second = as_reports(records.ready(), records.ready())
    signed = dataclasses.replace(second, signed=True, keyids=("SHA256:abc",))
    proven = dataclasses.replace(signed, proven=True)

    assert "Nobody has signed A, and who signed B is not verified here." == cautions((first, signed))[0]
    assert "Nobody has signed A." == cautions((first, proven))[0]
    assert ("says to be signed with SHA256:abc…, not verified here", "signed with SHA256:abc…, verified") == (
        signed.signature,
        proven.signature,
    )


def paired(low: float, high: float, outcome: str) -> Pairing:
    gain = Estimate((low + high) / 2, low, high, 0.95, 500)
    value = Estimate(0.9, 0.88, 0.92, 0.95, 500)
    return Pairing(("A", "B"), 500, ("Matched by their id.",), (Paired("recall", value, value, gain, outcome),))


def test_a_paired_difference_is_shown_with_its_interval() -> None:
    """Gain, interval, what it says, and on how many rows."""
    _, parts = compared(records.ready(), records.ready(), pairs=(paired(0.01, 0.05, "B is better"),))
    found = table(parts, "B against A, on 500 rows")

    assert ["0.900", "0.900", "0.030", "B is better"] == words(row(found, "recall"))
    assert "0.010 to 0.050" == row(found, "recall").cells[3].note
    assert "Matched by their id." == found.note


def test_without_rows_it_says_what_to_do() -> None:
    """No rows, no comparison row by row, and how to have one."""
    _, parts = compared(records.ready(), records.ready())
    (point,) = parts[1].points

    assert point.startswith(
        "B against A: Nothing is kept on this machine; run both reviews on this machine with data.id"
    )


def cells(parts: tuple[Section, ...]) -> list[str]:
    """Every text of every table."""
    every = [each for part in parts for made in part.tables for each in (*made.rows, *made.more)]
    return [text for made in every for cell in made.cells for text in (cell.text, cell.note, cell.warning) if text]


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("−", "-").split())


@pytest.mark.parametrize("other", [records.ready, records.not_proven, records.hostile, records.regression])
def test_page_and_terminal_say_the_same(other: object) -> None:
    """Whatever stands in a cell of the page, stands in the text."""
    reports, parts = compared(records.not_ready(), other())  # type: ignore[operator]
    said = plain(comparison_text(reports, parts))
    page = plain(bs4.BeautifulSoup(comparison_page(reports, parts), "html.parser").get_text(" "))
    for text in cells(parts):
        assert plain(text) in said
        assert plain(text) in page


def test_the_same_reports_give_the_same_bytes() -> None:
    """Nothing of the clock or of hashing is in a comparison."""
    pages = [comparison_page(*compared(records.not_ready(), records.hostile())) for _ in range(2)]
    assert pages[0] == pages[1]


def test_what_undermines_a_result_is_told_of_each_report() -> None:
    """In words of the first screen, in the terminal, too; of a report without anything no word."""
    ready = records.ready()
    odd = dataclasses.replace(ready, template=dataclasses.replace(ready.template, stock=False))
    reports, parts = compared(odd, ready)

    told = [point for point in parts[0].points if "undermines" in point]
    assert 1 == len(told)
    assert told[0].startswith("What undermines the result of A: Template: the questions were asked by an altered")
    assert told[0] in comparison_text(reports, parts)
