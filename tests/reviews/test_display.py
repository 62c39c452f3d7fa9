"""What a cell shows of an answer: the worst first, ten open, the rest in a fold, and what it does not tell."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from readiness.core.findings import Answer, Bounds, Criterion, Estimate, Finding, Question, Status, judge
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.report.sentences import limits
from readiness.report.sentences.language import Language
from readiness.report.sentences.words import Words
from readiness.reviews.display import MOST_FOLDED, MOST_SHOWN, answer_html


def claim(number: int, value: float = 0.9) -> Finding:
    bounds, criterion = Bounds(value - 0.01, value + 0.01, 0.05), Criterion(">=", 0.5)
    measured = Estimate(value, value - 0.02, value + 0.02, 0.95, 100)
    key = Topic.OWN.key(f"BUSI-OWN-{number}")
    return Finding(
        key, f"claim {number}", judge(bounds, criterion), measured=measured, bounds=bounds, criterion=criterion
    )


def page_of(*findings: Finding, **more: Any) -> Any:
    language = Language(Words(task=Task.BINARY))
    page = answer_html(Answer(Question.BUSINESS, findings), (), language, **{"is_draft": False} | more)
    return BeautifulSoup(page, "html.parser")


def pills(page: Any) -> list[str]:
    return [each.get_text() for each in page.find_all("span")]


def test_the_worst_comes_first_and_the_rest_is_folded() -> None:
    """One of 46 is not met: it is the first of ten, and the fold says what it holds."""
    page = page_of(*map(claim, range(45)), claim(45, 0.1))
    table, folded = page.find("table"), page.find("details")

    assert ["✕ no", "✕ not met", *["✓ met"] * 9] == pills(page)[: MOST_SHOWN + 1]
    assert "claim 45" in table.find("tbody").find("tr").get_text()
    assert MOST_SHOWN == len(table.find("tbody").find_all("tr"))
    assert "36 more met" == folded.find("summary").get_text()
    assert 36 == len(folded.find("tbody").find_all("tr"))
    assert not folded.has_attr("open")


def test_a_fold_says_all_that_it_holds() -> None:
    """Nothing bad hides behind "more"."""
    page = page_of(*(claim(number, 0.1) for number in range(12)), *map(claim, range(12, 15)))
    assert "3 more met, 2 more not met" == page.find("details").find("summary").get_text()


def test_thousands_of_claims_stay_bearable() -> None:
    """The fold has an end, and says where the rest is."""
    page = page_of(*map(claim, range(3_000)))
    folded = page.find("details")

    assert MOST_FOLDED == len(folded.find("tbody").find_all("tr"))
    assert "and 2,890 more: review.business.table()" in folded.get_text()
    assert len(str(page)) < 150_000


def test_few_claims_have_no_fold() -> None:
    """But the signs of risk and what the answer does not tell, each in its own."""
    page = page_of(claim(1))
    summaries = [each.get_text() for each in page.find_all("summary")]

    assert ["Signs of risk to look out for", "What this does not tell"] == summaries
    assert all(limit in page.get_text() for limit in limits(Question.BUSINESS))


@pytest.mark.parametrize("is_draft", [True, False])
def test_only_a_draft_is_called_one(is_draft: bool) -> None:
    """What was opened from a spec is no draft, and has no banner."""
    assert ("DRAFT" in page_of(claim(1), is_draft=is_draft).get_text()) is is_draft


def test_an_open_claim_says_why_and_what_would_settle_it() -> None:
    """In the words of who works on it."""
    finding = Finding(
        Topic.OWN.key("BUSI-OWN-X"), "x", Status.NOT_ASSESSED, reason="no column day", needs="name it under data.time"
    )
    words = page_of(finding).get_text().lower()

    assert "no column day" in words
    assert "name it under data.time" in words
