"""The verdict: pure, monotone, and never green without six yes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.counterexamples import Change, Counterexample, Cure
from readiness.core.findings import Answer, Finding, Question, Status
from readiness.verdict.decision import ADVICE, FLOWCHART, Verdict, advice_on, decide


def answers(statuses):
    return [
        Answer(question, (Finding(f"{question.prefix}-1", "claim", status, reason="reason", needs="rows"),))
        for question, status in zip(Question, statuses, strict=True)
    ]


def test_six_yes_are_ready_with_a_staged_rollout():
    """All six met: ready, and 5, 25, 100 per cent."""
    decision = decide(answers([Status.MET] * 6))

    assert Verdict.READY == decision.verdict
    assert (5, 25, 100) == tuple(stage.percent for stage in decision.rollout)
    assert () == decision.actions
    assert FLOWCHART == tuple(step.question for step in decision.path)


def test_the_point_rule_never_says_ready():
    """Under the point rule the good verdict has its own name."""
    decision = decide(answers([Status.MET] * 6), rule="point")

    assert Verdict.READY_BY_POINT_ESTIMATE == decision.verdict
    assert "chance not excluded" in decision.verdict.words


def test_every_combination_follows_the_rule():
    """Ready only for six yes; not ready as soon as one is not met; else not proven."""
    for statuses in itertools.product([Status.MET, Status.NOT_MET, Status.NOT_PROVEN], repeat=6):
        verdict = decide(answers(statuses)).verdict

        if Status.NOT_MET in statuses:
            assert Verdict.NOT_READY == verdict, statuses
        elif set(statuses) == {Status.MET}:
            assert Verdict.READY == verdict
        else:
            assert Verdict.NOT_PROVEN == verdict, statuses


@given(st.lists(st.sampled_from(Status), min_size=6, max_size=6))
def test_whatever_is_not_a_yes_has_an_action_and_no_rollout(statuses):
    """One action for each question that is not met or not settled."""
    decision = decide(answers(statuses))
    open_questions = [q for q, status in zip(Question, statuses, strict=True) if status is not Status.MET]

    assert open_questions == [action.question for action in decision.actions]
    assert bool(open_questions) != bool(decision.rollout)
    assert [status is Status.NOT_MET for status in statuses if status is not Status.MET] == [
        action.required for action in decision.actions
    ]


def test_the_path_stops_at_the_first_fork_that_is_not_a_yes():
    """Stability is asked before errors, so a "no" to both stops at stability."""
    statuses = [Status.MET, Status.MET, Status.MET, Status.NOT_MET, Status.NOT_MET, Status.MET]

    path = decide(answers(statuses)).path

    assert [Question.BASELINE, Question.BUSINESS, Question.SEGMENTS, Question.STABILITY] == [s.question for s in path]
    assert "more data" in path[-1].advice


@pytest.mark.parametrize("status", [Status.NOT_PROVEN, Status.NOT_ASSESSED])
def test_what_is_not_shown_gets_no_advice_on_a_no(status):
    """Nobody knows that a simpler alternative does as well; evidence is missing, and that is said."""
    said = advice_on(Question.BASELINE, status)
    assert ADVICE[Question.BASELINE] != said
    assert said.endswith(": question 1")
    assert ADVICE[Question.BASELINE] == advice_on(Question.BASELINE, Status.NOT_MET)
    assert "" == advice_on(Question.BASELINE, Status.MET)


@pytest.mark.parametrize("wrong", [[], slice(0, 5), "twice"])
def test_anything_but_the_six_answers_is_refused(wrong):
    """No answers, five answers or one answer twice decide nothing."""
    six = answers([Status.MET] * 6)
    given_answers = [*six[:5], six[0]] if wrong == "twice" else six[wrong] if isinstance(wrong, slice) else []

    with pytest.raises(ValueError, match="six answers"):
        decide(given_answers)


def test_many_findings_are_listed_and_counted():
    """The first three by name, the rest as a number."""
    findings = tuple(Finding(f"BUSI-{k}", f"claim {k}", Status.NOT_MET, reason="r") for k in range(1, 6))
    others = [Answer(q, (Finding("X-1", "x", Status.MET),)) for q in Question if q is not Question.BUSINESS]

    (action,) = decide([*others, Answer(Question.BUSINESS, findings)]).actions

    assert "claim 3" in action.text
    assert "claim 4" not in action.text
    assert action.text.endswith("and 2 more.")


def test_what_failed_is_told_with_what_mends_it():
    """The cure of a counterexample ends the advice on a no, and on nothing else."""
    example = Counterexample(Change.GAP, ("age",), cure=Cure.FILL_GAPS)
    for status, code in ((Status.NOT_MET, True), (Status.NOT_PROVEN, False)):
        finding = Finding("PROD-PROBE-MISSING-VALUE", "Gaps", status, reason="refused in age", example=example)
        whole = [*answers([Status.MET] * 5 + [status])[:5], Answer(Question.PRODUCTION, (finding,))]
        text = decide(whole).actions[0].text

        assert code is text.endswith(f"Gaps: refused in age. {Cure.FILL_GAPS.advice}.")
