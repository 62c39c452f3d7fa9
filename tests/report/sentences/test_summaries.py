"""The same words in notebook, page and terminal: counts, limit and interval in one sentence."""

from __future__ import annotations

import re

import pytest

from readiness.core.findings import Answer, Basis, Finding, Outcome, Question, Status, not_assessed
from readiness.core.keys import Topic
from readiness.report.sentences import (
    Language,
    answer_sentence,
    answer_word,
    approval_words,
    finding_sentence,
    limits,
    metric_title,
    text_report,
    verdict_sentence,
    yes_count,
)
from tests.report.page import records
from tests.report.sentences import cases

FORBIDDEN = re.compile(r"\b(article|inconclusive|compliant|fair|fairly|pass|passes)\b", re.IGNORECASE)


def test_a_no_is_said_with_range_and_limit() -> None:
    """The worst finding stands in the answer's sentences."""
    made = records.not_ready()
    expected = (
        "No: 1 of 3 requirements is not met. 69 % (60 to 76) of rows with is_fraud = 1 were found. At least 95 % is "
        "required."
    )
    assert expected == answer_sentence(made.answer(Question.BUSINESS), Language.of(made))


def test_a_yes_names_the_closest_claim() -> None:
    """Of all claims that hold, the one with the least room is told."""
    expected = (
        "Yes: all 5 requirements hold. The closest to its limit: F1 is 0.61, against 0.47 for today's model. More than "
        "0.02 better is required."
    )
    assert expected == answer_sentence(records.baseline())


def test_not_proven_says_that_the_margin_of_error_reaches_beyond() -> None:
    said = answer_sentence(records.segments())
    assert said.startswith(
        "Not proven: 2 of 6 requirements are not proven. The worst: positive rows found where age_group"
    )
    assert said.endswith("this one is 38 (9 to 67); the margin of error reaches beyond it.")


def test_other_open_claims_are_counted() -> None:
    """A no does not hide that something else was not assessed."""
    missing = records.outcome("BUSI-9", "Something else", Outcome.UNAVAILABLE, "it was not there")
    said = answer_sentence(records.business().plus(missing))
    assert said.startswith("No: 1 of 4 requirements is not met, 1 not assessed. 69 % (60 to 76) of")


def test_an_answer_without_claims_says_so() -> None:
    """Nothing judged is not a yes."""
    assert "Not assessed: nothing was judged." == answer_sentence(Answer(Question.BUSINESS, ()))


def test_a_number_stands_once_with_its_range() -> None:
    """The value is not said again behind its own sentence."""
    said = finding_sentence(records.stability().findings[1])
    assert (
        "When it is refitted, 0.21 % (0.17 to 0.26) of 24,000 rows get another answer. At most 10 % is required."
        == said
    )


def test_a_finding_without_anything_says_its_status() -> None:
    """No reason and no number still make a sentence."""
    assert "A claim is not known." == finding_sentence(Finding("X-1", "A claim", Status.NOT_ASSESSED))


def test_why_a_met_is_withheld_is_said() -> None:
    """A claim whose bounds hold but may not be trusted gives the reason."""
    finding = records.claim(
        "X-1", "A claim", (0.99, 0.97, 1.0, 50), (">=", 0.9), (0.98, 1.0), withheld="fewer than 10 groups"
    )
    assert Status.NOT_PROVEN is finding.status
    assert finding_sentence(finding).endswith("Fewer than 10 groups.")


def test_the_verdict_begins_with_its_reason() -> None:
    """Short, in the reader's words; the numbers follow."""
    assert verdict_sentence(records.not_ready()).startswith(
        "It misses a requirement: “Don't miss fraud”. 69 % (60 to 76) of rows with is_fraud = 1 were found."
    )
    assert verdict_sentence(records.regression()).startswith("Nothing failed, but 3 of 31 requirements are not shown")
    assert verdict_sentence(records.ready()).startswith("All 40 requirements hold, even at the worse end")


def test_the_point_rule_is_never_called_ready_alone() -> None:
    """Chance not excluded stands beside the words."""
    text = text_report(records.ready("point"))
    assert "READY BY POINT ESTIMATE (chance not excluded)" in text
    assert "by the measured values alone; chance is not excluded." in text


@pytest.mark.parametrize("make", [records.not_ready, records.ready, records.not_proven, records.regression])
def test_the_terminal_shows_six_answers_and_two_things_apart(make) -> None:
    """Test result and approval are two lines; every question has its number and its answer."""
    made = make()
    lines = text_report(made).splitlines()
    assert f"Test result: {made.verdict.words}" in lines
    assert any(line.startswith("Approval: none yet; required: ") for line in lines)
    for question in Question:
        word = answer_word(made.answer(question).status).upper()
        assert f"  {question.number} {question.words} {word}" in lines
    assert f"{yes_count(made)} of 6 questions are answered yes:" in lines


def test_a_ready_model_gets_its_rollout_and_others_their_actions() -> None:
    """What follows is at the end."""
    assert "Rollout, once approved:\n  5 % start" in text_report(records.ready())
    assert "Before go-live:\n  2 Improve the model until it meets “Don't miss fraud”." in text_report(
        records.not_ready()
    )


def test_the_terminal_gets_no_control_characters() -> None:
    """A column name cannot colour or overwrite the terminal."""
    text = text_report(records.hostile())
    assert text.replace("\n", "").isprintable()


def test_no_forbidden_word_is_used() -> None:
    """Words that promise too much, or nothing, are not ours."""
    texts = [text_report(make()) for make in (records.not_ready, records.ready, records.not_proven)]
    texts += [" ".join(limits(question)) for question in Question]
    assert [] == [found for text in texts for found in FORBIDDEN.findall(text)]


def test_every_question_has_its_limits() -> None:
    """Two or three sentences each."""
    assert all(2 <= len(limits(question)) <= 4 for question in Question)


def test_metrics_are_written_as_people_do() -> None:
    """Known ones have a title, others lose their underscores."""
    assert ("ROC AUC", "false positive rate", "our own") == tuple(
        map(metric_title, ("roc_auc", "false_positive_rate", "our_own"))
    )


def test_approval_names_who_is_required() -> None:
    """The owner is named, or that nobody is."""
    assert ("none yet", "the model's owner, R. Okafor, Head of Payments") == approval_words(records.ready())
    assert ("none yet", "not stated; the spec names no owner") == approval_words(records.regression())


def test_one_claim_that_could_not_be_assessed_is_said_by_its_reason() -> None:
    """The heading of the finding adds nothing."""
    alone = Answer(Question.SEGMENTS, (not_assessed("SEGM-NONE", "Segments", "no segment column is named"),))
    assert "Not assessed: no groups are named, so nobody was compared with anybody." == answer_sentence(alone)


def test_claims_of_which_none_could_be_assessed_are_not_counted_twice() -> None:
    """None of three, not three of three."""
    several = Answer(Question.BUSINESS, tuple(not_assessed(f"BUSI-{k}", "Recall", "no rows") for k in (1, 2, 3)))
    assert answer_sentence(several).startswith(
        "Not assessed: none of the 3 requirements could be assessed. The worst: "
    )


def test_numbers_that_no_rows_can_give_do_not_stop_the_sentences() -> None:
    """A record that nobody has verified may hold a basis of any form."""
    for basis in (
        Basis("unheard of", {"n": 3.0}),
        Basis("share", {"successes": 9.0, "n": 3.0, "deff": 1.0, "df": None}),
    ):
        finding = cases.judged(Topic.REQUIREMENT.key(1), (0.81, 0.77, 0.84), (">=", 0.8), metric="recall", basis=basis)
        assert Language.over((finding,)).to_settle(finding).startswith("Probably met. It takes many more")
