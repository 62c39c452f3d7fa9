"""A result that rests on figures which nobody measured here says so wherever it is listed."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import pytest

from readiness.core.findings import Origin, Question
from readiness.report.compare.page import overview_page
from readiness.report.compare.read import overview
from readiness.report.compare.text import overview_text
from readiness.spec.schema import NOT_HERE
from readiness.verdict.record import Record
from tests.report.compare.files import report_file
from tests.report.page import records

TODAY = datetime.date(2026, 11, 22)
WORDS = "2 figures were supplied, not measured here"


def vendors(only: tuple[str, ...] = ()) -> Record:
    """READY, with two figures of the production answer supplied."""
    ready = records.ready()
    answers = tuple(
        dataclasses.replace(
            answer,
            findings=(
                *(
                    dataclasses.replace(f, warning=f"{NOT_HERE}: data sheet", origin=Origin.SUPPLIED)
                    for f in answer.findings[:2]
                ),
                *answer.findings[2:],
            ),
        )
        if answer.question is Question.PRODUCTION
        else answer
        for answer in ready.answers
    )
    return dataclasses.replace(ready, answers=answers, only=only)


@pytest.mark.parametrize("only", [(), ("production",)])
def test_the_overview_says_what_was_supplied(tmp_path: Path, only: tuple[str, ...]) -> None:
    """On the page and on the terminal, beside the result; a partial review still says what it asks."""
    report_file(tmp_path / "vendor" / "report.html", vendors(only))
    found = overview(tmp_path, today=TODAY)
    page = overview_page(found, tmp_path, tmp_path / "index.html").decode()

    assert 1 == page.count(WORDS)
    assert 1 == overview_text(found, "here").count(WORDS)
    assert bool(only) == ("asks 1 of the six questions" in page)


def test_a_report_without_supplied_figures_says_nothing_of_them(tmp_path: Path) -> None:
    """What was measured here needs no word."""
    report_file(tmp_path / "own" / "report.html", records.ready())
    found = overview(tmp_path, today=TODAY)

    assert "supplied" not in overview_page(found, tmp_path, tmp_path / "index.html").decode()
    assert "supplied" not in overview_text(found, "here")
