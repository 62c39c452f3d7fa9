"""Nobody may take a partial review for a whole one, on no part of its page and in no text."""

from __future__ import annotations

import dataclasses
import re

import pytest
from bs4 import BeautifulSoup

from readiness.core.findings import Question, left_out_code, not_assessed
from readiness.report.page import render_page
from readiness.report.page.decision import decision_edition
from readiness.report.sentences import result_words, text_report, verdict_sentence, yes_words
from readiness.verdict.checks import check
from readiness.verdict.decision import Verdict, decide
from readiness.verdict.record import Record, from_plain, to_plain
from tests.report.page import records

VERDICTS = re.compile(r"\b(READY|NOT READY|NOT PROVEN)\b")


def partial(*asked: Question, base: Record | None = None) -> Record:
    """A record as a review of these questions leaves it."""
    whole = records.ready() if base is None else base
    answers = tuple(
        answer
        if answer.question in asked
        else dataclasses.replace(
            answer, findings=(not_assessed(left_out_code(answer.question), "n", "not asked", needs="all"),)
        )
        for answer in whole.answers
    )
    decision = decide(answers, rule=whole.rule)
    only = tuple(question.value for question in Question if question in asked)
    return dataclasses.replace(whole, answers=answers, decision=decision, verdict=decision.verdict, only=only)


def page_of(record: Record) -> BeautifulSoup:
    content = render_page(record, records.PROSE, records.FIGURES, records.CODE)
    return BeautifulSoup(content.decode("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def two() -> Record:
    return partial(Question.SEGMENTS, Question.ERRORS)


@pytest.fixture(scope="module")
def page(two: Record) -> BeautifulSoup:
    return page_of(two)


def test_the_record_keeps_its_verdict_and_says_what_was_asked(two: Record) -> None:
    """Six answers, of which four were not asked; it survives being written and read."""
    check(two)
    assert (Verdict.NOT_PROVEN, ("segments", "errors")) == (two.verdict, two.only)
    assert two == from_plain(to_plain(two))


def test_the_banner_comes_first(page: BeautifulSoup) -> None:
    """Before anything else on the page, in words and not by colour alone."""
    assert page.body is not None
    shown = [tag for tag in page.body.find_all(recursive=False) if "skip" not in tag.get("class", [])]
    assert "PARTIAL: asks 2 of the six questions; cannot be signed or approved" == " ".join(shown[0].text.split())
    assert page.title is not None
    assert page.title.text.startswith("PARTIAL: ")


def test_it_has_no_word_that_reads_like_a_verdict(page: BeautifulSoup) -> None:
    """The pill, the title and the decision say PARTIAL."""
    assert page.body is not None
    for tag in page.find_all(["style", "pre"]):
        tag.extract()
    assert [] == VERDICTS.findall(page.body.get_text(" "))
    pills = [" ".join(pill.text.split()) for pill in page.select(".pill")]
    assert ["Test result: – PARTIAL", "Approval: not possible"] == pills


def test_every_question_that_was_not_asked_says_so(two: Record) -> None:
    """In the scorecard and in its section; without tables, figures, prose and folds; nothing is planned."""
    page = page_of(two)
    rows = page.select("#decision tbody tr")
    assert ["not asked", "not asked", "yes", "yes", "not asked", "not asked"] == [
        row.find_all("td")[-1].text.strip() for row in rows
    ]
    for question in Question:
        section = page.select_one(f"#{question.value}")
        assert section is not None
        unasked = question.value not in two.only
        assert unasked == ("This review is partial and does not ask it." in section.text)
        if unasked:
            assert [] == section.select("table, figure, .more, .prose")
    assert page.select_one(".rollout") is None


def test_how_to_verify_it(page: BeautifulSoup) -> None:
    """Not at all."""
    assert "a partial report cannot be signed" in page.text
    assert "readiness verify" not in page.text


def test_a_whole_page_has_nothing_of_it() -> None:
    """Neither the banner nor its style."""
    content = render_page(records.ready(), {}, [], {}).decode("utf-8")
    assert "partial" not in content.lower()


def test_what_must_happen_is_of_the_asked_questions() -> None:
    """And a review of all six."""
    shown = decision_edition(partial(Question.SEGMENTS, base=records.not_ready()))
    assert {Question.SEGMENTS, None} == {step.question for step in shown.steps}
    assert "Run the whole review" in shown.steps[-1].text


def test_the_text_report_says_it_instead_of_a_verdict(two: Record) -> None:
    """For the terminal and for `show`."""
    text = text_report(two)
    assert "Test result: PARTIAL (asks 2 of the six questions; cannot be signed or approved)\n" in text
    assert "Cannot be approved. First run the whole review.\n" in text
    assert [] == VERDICTS.findall(text)
    assert "2 of the 2 questions that were asked are answered yes:" in text
    assert "not asked yet: questions 1, 2, 5 and 6." in text
    assert "Does it beat the alternatives?" not in text


@pytest.mark.parametrize(
    ("base", "words", "sentence"),
    [
        (records.ready(), "The one question that was asked is answered yes",
         "Only question 3 was asked. All 6 requirements hold, even at the worse end of their margin of error."),
        (records.not_ready(), "The one question that was asked is not answered yes", "Only question 3 was asked. Nothing failed, but 2 of 6 requirements are not shown to hold."),
    ],
)  # fmt: skip
def test_one_question_is_told_in_the_singular(base: Record, words: str, sentence: str) -> None:
    """Whatever came of it; a whole record is told as ever."""
    record = partial(Question.SEGMENTS, base=base)
    assert words == yes_words(record)
    assert verdict_sentence(record).startswith(sentence)
    assert base.verdict.words == result_words(base)


def test_what_was_set_on_the_command_line_is_shown() -> None:
    """On the cover how many keys, under provenance which, in the table of settings in a column of their own."""
    record = records.ready()
    settings = ("model.path=<b>m.joblib", "business.requirements[0].at_least=0.9", "model.sha256=" + "0" * 64)
    spec = {"model": {"path": "<b>m.joblib"}, "business": {"requirements": [{"at_least": "0.9", "metric": "f1"}]}}
    gathered = dataclasses.replace(record.gathered, settings=settings, spec=spec, set_keys=())
    page = page_of(dataclasses.replace(record, gathered=gathered))
    assert "3 settings changed on the command line" in page.select_one("header .facts").text
    pairs = {row.dt.text: row.dd.text for row in page.select("#facts .pairs > div")}
    assert "; ".join(settings) == pairs["Set on the command line"]
    head, *rows = page.select("#criteria tr")
    assert ["Section", "Set", "On the command line", "Default"] == [cell.text.strip() for cell in head]
    found = {row.th.text.strip(): [cell.text.strip() for cell in row.find_all("td")] for row in rows}
    assert ["–", "path: <b>m.joblib", "–"] == found["model"]
    assert ["–", "requirements[1] (at_least: 0.9)", "requirements[1] (metric: f1)"] == found["business"]
