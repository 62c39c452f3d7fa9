"""What is to be done where the way through the questions ended? For a no the advice, else what would settle it."""

from __future__ import annotations

from readiness.answers import Question, Status
from readiness.verdict.decision import Decision

_LEAD = "To settle it: "
_LONGEST = 84


def next_step(decision: Decision, question: Question) -> str:
    """One short sentence without its full stop; empty where the way went on, or did not come by."""
    step = next((step for step in decision.path if step.question is question), None)
    if step is None or step.status is Status.MET:
        return ""
    action = next((action for action in decision.actions if action.question is question), None)
    if step.status is Status.NOT_MET or action is None:
        return step.advice
    return _cut(action.text.partition("; ")[0].rstrip("."))


def _cut(text: str) -> str:
    """As much as fits beside a fork, first without the claim's name, then cut between words; the whole stands in the
    list of what must happen.
    """
    name, _, needs = text.removeprefix(_LEAD).partition(": ")
    text = f"{_LEAD}{needs}" if len(text) > _LONGEST and needs and name else text
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0].rstrip(',:;')} …"
