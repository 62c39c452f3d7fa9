"""The monitoring plan on the page: in the appendix, in the words of the report, and never longer than a reader bears."""

from __future__ import annotations

import dataclasses

import pytest
from bs4 import BeautifulSoup

from readiness.core.profile import ColumnKind, ColumnProfile
from readiness.report.page import render_page
from readiness.report.page.monitoring import monitoring_tables
from readiness.report.page.tables import SHOWN_ROWS
from readiness.report.sentences import Language
from tests.report.monitoring.reviewed import TASKS, review_of
from tests.report.page import records


@pytest.mark.parametrize("task", TASKS)
def test_it_stands_in_one_fold_of_the_appendix(task: str) -> None:
    """Samples, signals and columns under question 6, with a link that leads there."""
    soup = BeautifulSoup(render_page(review_of(task), {}, (), {}), "html.parser")
    (fold,) = [each for each in soup.select("#appendix details") if "Monitoring that follows" in each.summary.text]
    captions = [caption.text for caption in fold.select("caption")]
    assert captions == ["Sample of each stage", "What is watched", "Columns: where alarms sound"]
    anchor = fold.find("div", class_="fold")["id"]
    assert soup.select_one(f'#production a[href="#{anchor}"]') is not None
    assert "nan" not in fold.text.casefold().split()


def test_an_engineer_reads_alarm_and_rollback_in_the_scale_of_the_requirement() -> None:
    """60 % of recall: the alarm lies above it, the rollback below, both in per cent."""
    record = review_of("binary")
    _, signals, columns = monitoring_tables(record, Language.of(record))
    (row,) = [row for row in signals.rows if row.cells[0].text == "find them"]
    _, window, alarm, back = (cell.text for cell in row.cells)
    assert window.endswith("rows with y = 1")
    above, below = (float(text.removeprefix("≤ ").removesuffix(" %")) for text in (alarm, back))
    assert below < 60 < above
    assert {"income", "age", "channel", "is_new", "note"} < {row.cells[0].text for row in columns.rows}


def test_a_long_list_is_cut_and_says_so() -> None:
    """Hundreds of columns stand in monitoring.yaml, not on the page."""
    record = review_of("binary")
    profile = record.gathered.profile
    assert profile is not None
    many = tuple(ColumnProfile(f"c{k}", ColumnKind.TEXT, 100, 1) for k in range(SHOWN_ROWS + 7))
    gathered = dataclasses.replace(record.gathered, profile=dataclasses.replace(profile, columns=many))
    *_, columns = monitoring_tables(dataclasses.replace(record, gathered=gathered), Language.of(record))
    assert len(columns.rows) == SHOWN_ROWS
    assert columns.note.startswith("7 more columns stand in monitoring.yaml.")


def test_a_partial_review_shows_none() -> None:
    record = dataclasses.replace(records.ready(), only=("production",))
    assert monitoring_tables(record, Language.of(record)) == ()
