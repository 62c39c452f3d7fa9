"""Findings are matched by what they are about, not by a code that counts."""

from __future__ import annotations

import dataclasses

import pytest

from readiness.core.findings import Answer, Finding, Question
from readiness.report.compare.differences import Matched, matched
from readiness.verdict.record import Record
from tests.report.page import records


def record_with(*findings: Finding, question: Question = Question.PRODUCTION) -> Record:
    """A record in which one question has exactly these findings."""
    answers = {a.question: a for a in records.ready().answers} | {question: Answer(question, findings)}
    return records.record(list(answers.values()))


def rows(*made: Record, question: Question = Question.PRODUCTION) -> list[tuple[str, ...]]:
    """The codes that stand in one row; "-" where a report lacks the finding."""
    found = [row for row in matched(made) if row.question is question]
    return [tuple("-" if f is None else f.code for f in row.findings) for row in found]


def fact(code: str, name: str, **more: object) -> Finding:
    return records.fact(code, name, 1.0, **more)


def test_a_code_that_counts_is_matched_by_its_name() -> None:
    """The drift of a column is that of the same column, wherever it stands in the list."""
    first = record_with(fact("PROD-DRIFT-1", "Drift of amount"), fact("PROD-DRIFT-2", "Drift of age"))
    second = record_with(fact("PROD-DRIFT-1", "Drift of age"), fact("PROD-DRIFT-2", "Drift of country"))

    assert [("PROD-DRIFT-1", "-"), ("PROD-DRIFT-2", "PROD-DRIFT-1"), ("-", "PROD-DRIFT-2")] == rows(first, second)


def test_a_requirement_may_be_said_in_other_words() -> None:
    """The words of a requirement may change while it stays the same one: its place and its metric tell."""
    first = record_with(fact("BUSI-1", "Don't miss fraud", metric="recall"), question=Question.BUSINESS)
    same = record_with(fact("BUSI-1", "Find the frauds", metric="recall"), question=Question.BUSINESS)
    other = record_with(fact("BUSI-1", "No false alarms", metric="precision"), question=Question.BUSINESS)

    assert [("BUSI-1", "BUSI-1")] == rows(first, same, question=Question.BUSINESS)
    assert [("BUSI-1", "-"), ("-", "BUSI-1")] == rows(first, other, question=Question.BUSINESS)


def test_another_rule_with_the_same_number_is_another_rule() -> None:
    """The gain over rule 1 of one spec says nothing of rule 1 of another."""
    first = record_with(fact("BASE-LIFT-RULE-1", "Gain over big amounts", metric="f1"), question=Question.BASELINE)
    second = record_with(fact("BASE-LIFT-RULE-1", "Gain over weekends", metric="f1"), question=Question.BASELINE)

    found = rows(first, second, question=Question.BASELINE)
    assert [("BASE-LIFT-RULE-1", "-"), ("-", "BASE-LIFT-RULE-1")] == found


def test_the_candidate_is_the_candidate_whatever_its_name() -> None:
    """A value of the candidate carries its name; the code says that it is the candidate's."""
    first = record_with(fact("BASE-VALUE-CANDIDATE-F1", "fraud 1", metric="f1"), question=Question.BASELINE)
    second = record_with(fact("BASE-VALUE-CANDIDATE-F1", "fraud 2", metric="f1"), question=Question.BASELINE)

    assert 1 == len(rows(first, second, question=Question.BASELINE))


def test_the_worst_segment_may_be_another_one() -> None:
    """Which segment is the worst is what the finding says, not what it is about."""
    worst = [
        fact("SEGM-1-WORST", "Largest deficit over region", segment={"region": name}) for name in ("north", "east")
    ]
    first, second = (record_with(finding, question=Question.SEGMENTS) for finding in worst)

    assert [("SEGM-1-WORST", "SEGM-1-WORST")] == rows(first, second, question=Question.SEGMENTS)


def test_three_reports_share_rows() -> None:
    """What only the second and the third have, stands in one row."""
    a, b = fact("PROD-1", "a"), fact("PROD-2", "b")
    first, second, third = record_with(a), record_with(a, b), record_with(b)

    assert [("PROD-1", "PROD-1", "-"), ("-", "PROD-2", "PROD-2")] == rows(first, second, third)


def test_no_finding_is_lost_or_doubled() -> None:
    """Every finding of every report stands in exactly one row."""
    made = [records.not_ready(), records.ready(), records.many_segments(20)]
    found = matched(made)
    for place, record in enumerate(made):
        there = [id(row.findings[place]) for row in found if row.findings[place] is not None]
        assert sorted(id(f) for answer in record.answers for f in answer.findings) == sorted(there)


def test_only_questions_that_all_ask_are_matched() -> None:
    """A partial report says nothing of a question that it does not ask, and so nothing of it changed."""
    partial = dataclasses.replace(records.ready(), only=("business", "errors"))

    found: tuple[Matched, ...] = matched([records.ready(), partial])
    assert {Question.BUSINESS, Question.ERRORS} == {row.question for row in found}


def requirements(*made: tuple[str, str, float]) -> Record:
    """A record with these requirements: words, metric, and what it must at least be."""
    findings = (
        records.claim(f"BUSI-{k}", words, (0.8, 0.7, 0.9, 500), (">=", limit), (0.7, 0.9), metric=metric)
        for k, (words, metric, limit) in enumerate(made, 1)
    )
    return record_with(*findings, question=Question.BUSINESS)


SIX, NINE, FINDS = ("six", "accuracy", 0.6), ("nine", "accuracy", 0.9), ("finds", "recall", 0.6)
REQUIREMENTS = {
    "one comes before": ((SIX,), (NINE, SIX), [("BUSI-1", "BUSI-2"), ("-", "BUSI-1")]),
    "one comes before, and both are said in other words": (
        (SIX,),
        (("nine in ten", "accuracy", 0.9), ("6 of 10", "accuracy", 0.6)),
        [("BUSI-1", "BUSI-2"), ("-", "BUSI-1")],
    ),
    "one comes before, and nothing tells which is the old one": (
        (SIX,),
        (NINE, ("seven", "accuracy", 0.7)),
        [("BUSI-1", "-"), ("-", "BUSI-1"), ("-", "BUSI-2")],
    ),
    "another limit, the same words": (
        (SIX, FINDS),
        (FINDS, ("six", "accuracy", 0.65)),
        [("BUSI-1", "BUSI-2"), ("BUSI-2", "BUSI-1")],
    ),
    "other words and another limit in the same place": (
        (SIX, FINDS),
        (("seven", "accuracy", 0.7), FINDS),
        [("BUSI-1", "BUSI-1"), ("BUSI-2", "BUSI-2")],
    ),
    "two of the same words": (
        (("ok", "accuracy", 0.6), ("ok", "accuracy", 0.8)),
        (("x", "accuracy", 0.7), ("ok", "accuracy", 0.6), ("ok", "accuracy", 0.8)),
        [("BUSI-1", "BUSI-2"), ("BUSI-2", "BUSI-3"), ("-", "BUSI-1")],
    ),
    "the same words for two metrics": (
        (("ok", "accuracy", 0.6), ("ok", "recall", 0.6)),
        (("ok", "recall", 0.6), ("ok", "accuracy", 0.6)),
        [("BUSI-1", "BUSI-2"), ("BUSI-2", "BUSI-1")],
    ),
}


@pytest.mark.parametrize("case", REQUIREMENTS)
def test_a_requirement_is_known_by_its_words_and_its_limit_before_its_place(case: str) -> None:
    """Which number a requirement has tells least, and nothing where others came or went."""
    first, second, expected = REQUIREMENTS[case]

    assert expected == rows(requirements(*first), requirements(*second), question=Question.BUSINESS)
