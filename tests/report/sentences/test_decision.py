"""The reason of a verdict, what must happen, what else to look at, and one row a question."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import pytest

from readiness.core.checklist import BOXES
from readiness.core.findings import Answer, Finding, Outcome, Question, Status
from readiness.core.keys import Topic
from readiness.report.sentences import (
    also_look_at,
    four_mistakes,
    headline,
    not_looked_at,
    scorecard,
    steps,
)
from readiness.report.sentences.decision import check_word, checks_tally
from readiness.verdict.record import Record
from tests.report.page import records
from tests.report.sentences import cases

ABBREVIATION = re.compile(r"(?<=[.?!])\s+(?=[A-Z“±+−0-9])")
VERDICTS = {
    "not ready": records.not_ready,
    "ready": records.ready,
    "by point estimate": lambda: records.ready("point"),
    "not proven": records.not_proven,
    "regression": records.regression,
    "partial": lambda: dataclasses.replace(records.not_ready(), only=("business", "segments")),
    "fraud": lambda: payments(),
}


def payments(*more: Finding, words: bool = True, **sections: Mapping[str, Any]) -> Record:
    """A review of payments that fails people of 65 and over, with the findings of the golden table."""
    of_question: dict[Question, list[Finding]] = {question: [] for question in Question}
    found = (*cases.lifts(), *cases.requirements(), *cases.groups(), *cases.losses(), *cases.steadiness(), *more)
    for finding in found:
        is_kept = finding.status in (Status.MET, Status.NOT_MET) or not finding.blocking
        if finding.key.question is not None and is_kept and finding.key not in {
            each.key for each in of_question[finding.key.question]
        }:  # fmt: skip
            of_question[finding.key.question].append(finding)
    for finding in cases.groups():
        if finding.key == Topic.DEFICIT.key(1, 5, metric="recall") and finding.status is Status.NOT_MET:
            kept = of_question[Question.SEGMENTS]
            of_question[Question.SEGMENTS] = [finding, *(each for each in kept if each.key != finding.key)]
    answers = [Answer(question, tuple(findings)) for question, findings in of_question.items()]
    spec = {**(cases.PAYMENTS if words else cases.PLAIN), **sections}
    made = records.record(answers)
    return dataclasses.replace(made, gathered=dataclasses.replace(made.gathered, spec=spec))


def sentences(text: str) -> list[str]:
    return ABBREVIATION.split(text)


@pytest.mark.parametrize("name", VERDICTS)
class TestEveryVerdict:
    def test_the_lead_is_one_short_sentence(self, name: str) -> None:
        told = headline(VERDICTS[name]())
        assert 1 == len(sentences(told.lead)), told.lead
        assert len(told.lead.split()) <= 15

    def test_no_sentence_is_long_cut_or_holds_a_key(self, name: str) -> None:
        record = VERDICTS[name]()
        told = headline(record)
        texts = [told.lead, told.detail, *(step.text for step in (*steps(record), *also_look_at(record)))]
        texts += [mistake.checked for mistake in four_mistakes(record)]
        for text in filter(None, texts):
            assert "…" not in text
            assert re.search(r"\b(?:checklist|errors|business|segments|data|baseline)\.[a-z_]+", text) is None, text
            assert all(len(sentence.split()) <= 30 for sentence in sentences(text)), text

    def test_the_scorecard_has_a_row_for_each_question_that_was_asked(self, name: str) -> None:
        record = VERDICTS[name]()
        rows = scorecard(record)
        assert [row.question for row in rows] == [q for q in Question if not record.only or q.value in record.only]
        assert [row.status for row in rows] == [record.answer(row.question).status for row in rows]
        assert all(row.check and row.minimum_bar and row.measured and row.margin for row in rows)

    def test_every_question_that_is_not_a_yes_has_a_step(self, name: str) -> None:
        record = VERDICTS[name]()
        rows = scorecard(record)
        open_ones = {row.question for row in rows if row.status is not Status.MET}
        assert open_ones == {step.question for step in steps(record) if step.question is not None}
        assert len({step.text for step in steps(record)}) == len(steps(record))


def test_the_reason_is_said_in_the_readers_words_with_counts_first() -> None:
    told = headline(payments())
    assert "It misses most frauds among people of 65 and over." == told.lead
    assert told.detail.startswith(
        "97 of 170 frauds among people of 65 and over were missed (57 %), and 3 % among all others. A gap below 15 points "
        "is tolerated; this one is 54 (46 to 62)."
    )
    assert Question.SEGMENTS.value == told.target


def test_without_words_the_columns_stand_in() -> None:
    told = headline(payments(words=False))
    assert "It misses most rows with is_fraud = 1 where age_group = 65+." == told.lead


def test_a_yes_counts_what_holds() -> None:
    count = sum(finding.blocking for answer in records.ready().answers for finding in answer.findings)
    assert (
        headline(records.ready()).lead
        == f"All {count} requirements hold, even at the worse end of their margin of error."
    )
    assert headline(records.ready("point")).lead.endswith("by the measured values alone; chance is not excluded.")


def test_a_partial_review_says_first_what_it_asked() -> None:
    record = dataclasses.replace(records.ready(), only=("business",))
    told = headline(record)
    assert "Only question 2 was asked." == told.lead
    assert told.detail.endswith("The other questions are open.")
    assert "Run the whole review; not asked yet: questions 1, 3, 4, 5 and 6." == steps(record)[-1].text


def test_checks_without_anybodys_word_are_one_step_that_names_all() -> None:
    """No condition is left out."""
    record = records.not_ready()
    missing = [f for f in record.answer(Question.PRODUCTION).findings if f.outcome is Outcome.MISSING]
    step = next(step for step in steps(record) if step.items)
    assert len(missing) == len(step.items)
    assert step.text.startswith(f"For {len(missing)} checks, name who vouches for each")


def test_what_failed_stands_before_what_is_open() -> None:
    required = [step.required for step in steps(records.not_ready())]
    assert required == sorted(required, reverse=True)


def test_a_step_names_who_answers_for_it_and_by_when() -> None:
    """The owner of the criteria before the owner of the model."""
    by_model = next(step for step in steps(payments()) if step.question is Question.SEGMENTS)
    owned = {"owner": "fraud desk", "due": "2026-12-12"}
    by_criteria = next(step for step in steps(payments(segments=owned)) if step.question is Question.SEGMENTS)
    assert ("R. Okafor, Head of Payments", "") == (by_model.owner, by_model.due)
    assert ("fraud desk", "12 December 2026") == (by_criteria.owner, by_criteria.due)


def test_what_changes_no_answer_is_pointed_at_once() -> None:
    texts = [step.text for step in also_look_at(payments())]
    assert len(texts) == len(set(texts))
    assert any(text.startswith("38 of 38 frauds where km = up to 51 were missed (100 %)") for text in texts)
    assert any("overconfident" in text and "105 of 137 errors" in text for text in texts)
    assert any("0.46 (0.35 to 0.71); 0.8 is the customary mark" in text for text in texts)


def test_a_ratio_above_the_customary_mark_is_not_pointed_at() -> None:
    even = cases.fact(Topic.FAIRNESS.key(2, metric="demographic_parity_ratio"), (0.92, 0.85, 0.98), unit="ratio",
                      metric="demographic_parity_ratio")  # fmt: skip
    assert not any("0.92" in step.text for step in also_look_at(payments(even)))


def test_a_threshold_is_only_pointed_at_where_one_is_recommended() -> None:
    """Where the cheapest breaks a requirement, none is."""
    record = payments()
    assert any("decision threshold, 0.16" in step.text for step in also_look_at(record))
    errors = record.answer(Question.ERRORS)
    none = dataclasses.replace(cases.fact(Topic.THRESHOLD_ADVICE.key(), cases.exact(0.16)), measured=None)
    findings = tuple(none if f.key == none.key else f for f in errors.findings)
    without = dataclasses.replace(
        record,
        answers=tuple(Answer(a.question, findings) if a.question is errors.question else a for a in record.answers),
    )
    assert not any("threshold" in step.text for step in also_look_at(without))


def test_the_25_checks_add_up() -> None:
    """Each check is counted once, whatever became of it; those of the other answers by these."""
    for record in (records.ready(), records.not_ready(), records.not_proven()):
        words = [check_word(box, record) for box in BOXES]
        assert set(words) <= {"measured", "attested", "no", "does not apply", "open"}
        tally = checks_tally(record)
        assert tally.startswith(f"{words.count('measured') + words.count('attested')} of 25 ticked")
        counted = [int(number) for number in re.findall(r"(\d+) (?:measured|attested|no|does not apply|open)", tally)]
        assert 25 == sum(counted)
    assert "2 of 25" not in checks_tally(records.ready())
    assert "1 no" in checks_tally(records.not_ready())


def test_the_usual_groups_are_named_as_looked_at_or_not() -> None:
    said = not_looked_at(payments())
    looked, not_looked = said.split(". Not looked at: ")
    assert looked == "Looked at: age, region and time"
    assert not_looked.startswith("gender, income, device")
    nobody = payments(data={**cases.PAYMENTS["data"], "segments": []})
    assert not_looked_at(nobody).startswith("No groups were compared. Not looked at: age, gender, region")


def test_four_mistakes_each_have_a_place() -> None:
    told = four_mistakes(payments())
    assert ["baseline", "baseline", "soundness", "decision"] == [mistake.target for mistake in told]
    assert "Always answering “0” is right 90 % of the time" in told[0].checked.replace("honest payment", "0")
    assert (
        "Against today's model, F1: 0.04 better (0.01 to 0.07)." in told[1].checked
        or "No model of today" in told[1].checked
    )
