"""Where the way through the questions ended stands what to do: the advice for a no, else what would settle it."""

from __future__ import annotations

from readiness.core.findings import Question, Status
from readiness.verdict.decision import ADVICE, Action, Decision, Step, Verdict, next_step

SEGMENTS = Question.SEGMENTS


def ended(status: Status, text: str) -> Decision:
    """A way that ended at question 3."""
    path = (Step(Question.BASELINE, Status.MET), Step(SEGMENTS, status, ADVICE[SEGMENTS]))
    return Decision(Verdict.NOT_PROVEN, (Action(SEGMENTS, text, required=status is Status.NOT_MET),), path)


def test_a_no_gets_the_advice() -> None:
    """The advice belongs to a proven deficit."""
    assert ADVICE[SEGMENTS] == next_step(ended(Status.NOT_MET, "Investigate: recall of 65+."), SEGMENTS)


def test_what_is_not_assessed_gets_what_would_settle_it() -> None:
    """Nobody is told to mend a segment that nobody named; the first of several things is enough."""
    decision = ended(Status.NOT_ASSESSED, "To settle it: Segments: name the columns; Recall: more rows.")

    assert "To settle it: Segments: name the columns" == next_step(decision, SEGMENTS)


def test_a_long_text_loses_the_name_of_its_claim_first() -> None:
    """What is to be done matters more than the name of the claim, and a cut falls between words."""
    name = "Deficit in recall of age_group = 65+ and region = north"
    short, long = "about 1,450 rows would settle it", "rows " * 40

    assert f"To settle it: {short}" == next_step(ended(Status.NOT_PROVEN, f"To settle it: {name}: {short}."), SEGMENTS)
    cut = next_step(ended(Status.NOT_PROVEN, f"To settle it: {name}: {long}."), SEGMENTS)
    assert cut.endswith("rows …")
    assert 86 > len(cut)


def test_where_the_way_went_on_nothing_is_to_be_done() -> None:
    """Neither for a yes nor for what was not reached."""
    decision = ended(Status.NOT_MET, "x")

    assert ["", ""] == [next_step(decision, question) for question in (Question.BASELINE, Question.PRODUCTION)]
