"""The questions that a partial review asks, and its name, which never reads like a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.errors import InputError
from readiness.core.findings import Question
from readiness.core.sanitize import nearest, shown

PARTIAL = "PARTIAL"
NOT_ASKED = "not asked"


def questions_of(names: str) -> tuple[Question, ...]:
    """The questions in a list such as "segments,errors", in their order; empty for an empty list.

    Raises:
        InputError: one of them is none.
    """
    given = [name.strip().lower() for name in names.split(",") if name.strip()]
    known = [question.value for question in Question]
    for name in given:
        if name not in known:
            near = nearest(name, known) if "did you mean" in nearest(name, known) else "."
            raise InputError(
                f"There is no question {shown(name)}{near}", remedy=f"The six questions are {', '.join(known)}."
            )
    return tuple(question for question in Question if question.value in given)


def choose_questions(names: Sequence[str]) -> tuple[str, ...]:
    """The questions that a review is told to ask, in their order; empty when nobody chose, or chose all six.

    Raises:
        InputError: something is named that is no question, or nothing at all.
    """
    questions = questions_of(",".join(names))
    if names and not questions:
        raise InputError(
            "--only names no question.",
            remedy=f"Name some of {', '.join(Question)}, separated by commas; or leave it out.",
        )
    return () if len(questions) == len(Question) else tuple(question.value for question in questions)


def partial_words(only: Sequence[str]) -> str:
    """What a partial review is: "asks 2 of the six questions; cannot be signed or approved"."""
    return f"asks {len(only)} of the six questions; cannot be signed or approved"
