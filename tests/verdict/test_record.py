"""The record: plain and back unchanged, and nothing in it that does not follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from readiness.core.canonical import dumps, loads
from readiness.core.errors import InvalidReport
from readiness.core.findings import Question, Status
from readiness.core.keys import Topic
from readiness.verdict.checks import check
from readiness.verdict.decision import Verdict
from readiness.verdict.record import from_plain, to_plain
from tests.report.page import records


@pytest.mark.parametrize("make", [records.ready, records.not_ready])
def test_a_record_comes_back_unchanged_and_holds(make):
    """To canonical bytes and back is the identity, and everything in it follows."""
    record = make()

    assert record == from_plain(loads(dumps(to_plain(record))))
    check(record)


def test_another_schema_is_not_read():
    """A record of another version is named as such."""
    with pytest.raises(InvalidReport, match="readiness/v9"):
        from_plain(to_plain(records.ready()) | {"schema": "readiness/v9"})


def edited(record, question, change):
    """The record with one answer replaced by what `change` makes of it."""
    answers = tuple(change(answer) if answer.question is question else answer for answer in record.answers)
    return replace(record, answers=answers)


def with_findings(answer, findings):
    return replace(answer, findings=tuple(findings))


def refused(record, words):
    with pytest.raises(InvalidReport, match=words):
        check(record)


def test_a_status_that_does_not_follow_is_refused():
    """A finding turned to met by hand contradicts its own bounds."""

    def lie(answer):
        first = next(f for f in answer.findings if f.status is Status.NOT_MET)
        lied = replace(first, status=Status.MET)
        return with_findings(answer, [lied if f is first else f for f in answer.findings])

    refused(edited(records.not_ready(), Question.BUSINESS, lie), "its bounds and criterion say not met")


def test_a_finding_that_was_taken_out_is_refused():
    """Without the finding that is not met the recorded answer no longer follows, and the record cannot be read."""
    plain = to_plain(records.not_ready())
    answer = next(each for each in plain["answers"] if each["question"] == "business")
    answer["findings"] = [finding for finding in answer["findings"] if finding["status"] != "not_met"]

    with pytest.raises(InvalidReport, match=r"status is 'not_met'; the other fields give 'met'"):
        from_plain(plain)


def test_what_follows_from_findings_stands_in_the_record():
    """An answer without its status, or a finding without its code, is not complete; tables are no part of an answer."""
    for edit in (
        lambda answer: answer.pop("status"),
        lambda answer: answer["findings"][0].pop("code"),
        lambda answer: answer.update(tables={}),
    ):
        plain = to_plain(records.ready())
        edit(plain["answers"][0])
        with pytest.raises(InvalidReport, match=r"not complete|unknown key 'tables'"):
            from_plain(plain)


def test_an_edited_verdict_is_refused():
    """READY over answers that say otherwise."""
    record = records.not_ready()

    refused(replace(record, verdict=Verdict.READY), "its findings say NOT READY")
    refused(replace(record, decision=replace(record.decision, actions=())), "or other actions")


def test_six_answers_each_once():
    """A dropped question and one that stands twice are no record."""
    record = records.ready()

    refused(replace(record, answers=record.answers[:5]), "six answers")
    refused(replace(record, answers=(*record.answers[:5], record.answers[0])), "six answers|stands in the record twice")


def test_a_code_stands_once_and_under_its_question():
    """Two findings of one code, or one under the wrong question, are refused."""
    record = records.ready()
    twice = edited(record, Question.BASELINE, lambda a: with_findings(a, [*a.findings, a.findings[0]]))
    astray = edited(
        record, Question.BUSINESS, lambda a: with_findings(a, [*a.findings, replace(a.findings[0], key="SEGM-1-1-X")])
    )

    refused(twice, "twice")
    refused(astray, "stands under the question business")


def test_counts_must_add_up():
    """TP + FP + FN + TN is the number of rows that were scored."""

    def one_more(answer):
        return with_findings(
            answer,
            [
                replace(f, measured=replace(f.measured, value=f.measured.value + 1)) if f.code == "ERRO-TN" else f
                for f in answer.findings
            ],
        )

    refused(edited(records.ready(), Question.ERRORS, one_more), "scored were")


def test_an_unknown_rule_is_refused():
    """Only the interval and the point rule exist."""
    refused(replace(records.ready(), rule="vote"), "'vote'")


def test_segments_of_which_none_was_compared_are_no_yes():
    """However good the coverage: deficits that all stand aside have shown nothing."""
    record = records.ready()
    segments = record.answer(Question.SEGMENTS)
    aside = [replace(f, blocking=f.blocking and f.key.kind is not Topic.DEFICIT) for f in segments.findings]
    assert aside != list(segments.findings)
    with pytest.raises(InvalidReport, match="no segment was compared"):
        check(edited(record, Question.SEGMENTS, lambda answer: with_findings(answer, aside)))
