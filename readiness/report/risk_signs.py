"""Signs of risk that fit the task: what whoever reads the answer to a question looks out for besides its claims."""

from __future__ import annotations

from collections.abc import Mapping

from readiness.core.findings import Question
from readiness.core.policy import Task

_CLASSES = frozenset({Task.BINARY, Task.MULTICLASS})
_ALL = frozenset(Task)

SIGNS: Mapping[Question, tuple[tuple[frozenset[Task], str], ...]] = {
    Question.BASELINE: (
        (_CLASSES, "An accuracy close to the share of the largest class."),
        (frozenset({Task.REGRESSION}), "An error close to that of always saying the mean or the median."),
        (frozenset({Task.RANKING}), "An order hardly better than by popularity or by date."),
        (_ALL, "A gain over today's model that chance alone could make."),
    ),
    Question.BUSINESS: (
        (_ALL, "A good average with one requirement missed."),
        (_ALL, "Requirements that were stated, or moved, after the results were known."),
    ),
    Question.SEGMENTS: (
        (_CLASSES, "One group whose cases are found far less often, most of all one that was rare in training."),
        (
            frozenset({Task.REGRESSION}),
            "One group with a larger error, or whose numbers are always too high or too low.",
        ),
        (frozenset({Task.RANKING}), "One group of queries with worse lists, such as rare or long ones."),
        (_ALL, "Groups by which people are usually told apart, and by which nobody looked."),
    ),
    Question.ERRORS: (
        (_CLASSES, "Firm answers that are wrong: probabilities that promise more than they hold."),
        (
            frozenset({Task.REGRESSION}),
            "A few very large errors behind a small average; errors that grow with the number.",
        ),
        (frozenset({Task.RANKING}), "Lists whose first places are wrong while the rest is right."),
        (_ALL, "Savings that hang on a few costly rows."),
    ),
    Question.STABILITY: (
        (_CLASSES, "Rows whose answer changes from refit to refit while the average stays the same."),
        (frozenset({Task.REGRESSION}), "Numbers that move from refit to refit while the average error stays the same."),
        (frozenset({Task.RANKING}), "Lists whose first places change from refit to refit."),
        (_ALL, "A decline from one stretch of time to the next."),
    ),
    Question.PRODUCTION: (
        (_ALL, "A slow tail behind a fast average."),
        (_ALL, "A column that has moved since training; an attestation without evidence."),
    ),
}
"""By question the signs, each with the tasks that it fits."""


def risk_signs(question: Question, task: Task) -> tuple[str, ...]:
    """Signs of risk of one question for one task, in the order in which they are looked for."""
    return tuple(sign for tasks, sign in SIGNS[question] if task in tasks)
