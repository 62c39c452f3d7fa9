"""What a doubt about the rows takes from an answer: every yes that rests on them, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from readiness.core.findings import Answer, Bounds, Criterion, Estimate, Finding, Question, Status, judge, recompute
from readiness.core.keys import Topic, key_of
from readiness.core.withholding import (
    TOUCHED,
    Kind,
    Soundness,
    can_never_be_vouched,
    is_touched,
    is_vouched,
    kind_of,
    withhold,
)

BAR = Criterion(">=", 0.8)
PRESUMED = Criterion("<=", 0.1, presumed=True)


def claim(code: str, low: float, high: float, *, blocking: bool = True) -> Finding:
    bounds = Bounds(low, high, 0.05)
    measured = Estimate((low + high) / 2, low, high, 0.95, 100)
    return Finding(
        code, code, judge(bounds, BAR), blocking, "recall", measured=measured, bounds=bounds, criterion=BAR,
        reason="as measured",
    )  # fmt: skip


def doubt(code: str = "EVID-SEEN", status: Status = Status.NOT_MET, **segment: str) -> Finding:
    return Finding(code, code, status, criterion=PRESUMED, needs="fresh rows", reason="31 of 100", segment=segment)


def soundness(*doubts: Finding, touches: tuple[str, ...] | None = None) -> Soundness:
    questions = {d.code: tuple(q.value for q in TOUCHED[kind_of(d.key) or Kind.SEEN]) for d in doubts}
    return Soundness(doubts, questions if touches is None else dict.fromkeys(questions, touches))


def answer(question: Question = Question.BUSINESS) -> Answer:
    prefix = question.prefix
    return Answer(
        question,
        (claim(f"{prefix}-1", 0.85, 0.95), claim(f"{prefix}-2", 0.5, 0.6), claim(f"{prefix}-3", 0.75, 0.9),
         claim(f"{prefix}-FACT", 0.85, 0.95, blocking=False)),
    )  # fmt: skip


@pytest.mark.parametrize("status", [Status.NOT_MET, Status.NOT_PROVEN, Status.NOT_ASSESSED])
def test_only_a_yes_is_withheld(status):
    """Met becomes not proven, in the recomputation as well; a proven no, an open claim and a fact stay as they are."""
    found = withhold(answer(), soundness(doubt(status=status)), ())
    assert [Status.NOT_PROVEN, Status.NOT_MET, Status.NOT_PROVEN, Status.MET] == [f.status for f in found.findings]
    assert list(answer().findings[1:]) == list(found.findings[1:])
    first = found.findings[0]
    assert recompute(first) is Status.NOT_PROVEN
    assert first.withheld == f"withheld: {Kind.SEEN.doubt}"
    assert ("as measured", "fresh rows") == (first.reason, first.needs)


def test_a_yes_stays_where_nothing_is_in_doubt():
    """Sound rows change nothing, to the byte."""
    assert answer() == withhold(answer(), soundness(doubt(status=Status.MET)), ())


def test_a_doubt_about_segments_leaves_the_other_questions():
    """Whom the rows lack is asked of question 3 alone."""
    absent = soundness(doubt("EVID-ABSENT"))
    assert answer() == withhold(answer(), absent, ())
    assert Status.NOT_PROVEN is withhold(answer(Question.SEGMENTS), absent, ()).findings[0].status


def test_a_doubt_about_one_claim_leaves_the_others():
    """Where a finding names the claims one by one, only those are withheld."""
    two = Answer(Question.BUSINESS, (claim("BUSI-1", 0.85, 0.95), claim("BUSI-2", 0.85, 0.95)))
    found = withhold(two, soundness(doubt("EVID-MIX"), touches=("BUSI-2",)), ())
    assert [Status.MET, Status.NOT_PROVEN] == [f.status for f in found.findings]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("seen", [Status.MET, Status.NOT_PROVEN, Status.NOT_PROVEN]), ("leak", [Status.NOT_PROVEN] * 3)],
)
def test_refits_keep_their_answer_unless_the_training_rows_are_in_doubt(kind, expected):
    """What rests on training rows alone is not touched by seen test rows; a leak or shared units reach it, too."""
    findings = tuple(claim(code, 0.85, 0.95) for code in ("STAB-HALF-WIDTH", "STAB-WINDOW-1", "STAB-TREND"))
    found = withhold(Answer(Question.STABILITY, findings), soundness(doubt(f"EVID-{kind.upper()}")), ())
    assert expected == [f.status for f in found.findings]


def test_production_is_asked_of_other_rows():
    """No doubt about the test rows touches question 6."""
    for kind in Kind:
        assert Question.PRODUCTION not in TOUCHED[kind]


def test_a_word_sets_its_own_kind_aside():
    """And no other; what is set aside is told with the verdict."""
    both = soundness(doubt("EVID-SEEN"), doubt("EVID-ORDER"))
    assert ["EVID-ORDER"] == [f.code for f in both.withholding(("seen",))]
    assert ("seen",) == both.relied_on(("seen", "mix"))
    assert answer() == withhold(answer(), both, ("seen", "order"))


@pytest.mark.parametrize(
    "code", ["EVID-SEEN-COPIES", "EVID-SEEN-NEAR", "EVID-REPEATS-COPIES", "EVID-RECENT", "EVID-RECENT-2"]
)
def test_nobody_vouches_for_copies_or_recent_rows(code):
    """What is there for everybody to see stays in doubt."""
    assert not is_vouched(doubt(code), tuple(kind.value for kind in Kind))


@pytest.mark.parametrize("kind", Kind)
def test_keys_of_a_kind_are_its_own(kind):
    """The first finding, and any further one; a text that only begins like it is about no kind."""
    assert f"EVID-{kind.value.upper()}" == kind.code == kind.key().code
    assert (
        kind is kind_of(kind.key()) is kind_of(kind.key(Topic.DOUBT_PART, 3)) is kind_of(key_of(f"{kind.code}-UNITS"))
    )
    assert kind_of(key_of(f"{kind.code}-INVENTED")) is None
    assert kind_of(Topic.LIFT.key(kind.value)) is None


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("EVID-SEEN-RULE-1", True),
        ("EVID-GROUPS-RULE-1", False),
        ("EVID-MIX-CARRIED-2", True),
        ("EVID-MIX", False),
        ("EVID-RECENT-SCORES", True),
        ("EVID-SEEN-EQUAL", False),
        ("EVID-REPEATS-UNITS", False),
    ],
)
def test_what_no_word_sets_aside(code, never):
    """By kind and topic together: a failed search for copies is none of units."""
    assert never is can_never_be_vouched(key_of(code))
    assert never is not is_vouched(doubt(code), tuple(kind.value for kind in Kind))


@pytest.mark.parametrize(
    ("code", "expected"),
    [("STAB-WINDOW-2", True), ("STAB-TREND", True), ("STAB-WINDOWS", False), ("STAB-SEEDS", False)],
)
def test_what_of_question_5_rests_on_test_rows(code, expected):
    """Single windows of time and their trend."""
    assert expected is is_touched(doubt(), ("stability",), Question.STABILITY, claim(code, 0.85, 0.95))


def test_words_on_columns_cover_all_columns_of_a_finding():
    """A sum of two columns is set aside only when both are known beforehand."""
    pair = replace(doubt("EVID-LEAK-1"), segment={"column": "a", "column 2": "b"})
    assert not is_vouched(pair, ("leak/a",))
    assert is_vouched(pair, ("leak/a", "leak/b"))
    assert not is_vouched(doubt("EVID-LEAK-1"), ("leak/a",))


def test_what_is_presumed_holds_until_the_opposite_is_proven():
    """And is not proven where a limit is missing, or where a side condition fails."""
    assert Status.MET is judge(Bounds(0.05, 0.5, 0.002), PRESUMED)
    assert Status.NOT_MET is judge(Bounds(0.11, 0.5, 0.002), PRESUMED)
    assert Status.NOT_PROVEN is judge(Bounds(0.11, 0.5, 0.002), replace(PRESUMED, refutable=False))
    assert Status.NOT_PROVEN is judge(Bounds(None, None, 0.002), PRESUMED)
    assert Status.NOT_PROVEN is judge(Bounds(0.05, 0.5, 0.002), PRESUMED, withheld="the test has no power")
