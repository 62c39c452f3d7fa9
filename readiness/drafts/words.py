"""How does a draft read in a terminal? Marked first and last, so that nobody takes it for a report."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.answers import Answer, Finding, Outcome, Status
from readiness.checklist import BOXES
from readiness.drafts.settings import reworded
from readiness.narrative import answer_sentence, answer_word, finding_sentence, worst_first
from readiness.numbers import MINUS
from readiness.verdict.decision import Decision
from readiness.visible import presentable, visible

BANNER = "DRAFT · unsigned · computed in memory; nothing here can be approved"
NEXT = "For a report that can be signed: .to_spec(FOLDER), then readiness run"
MOST_CLAIMS = 20
_WAITING = (Outcome.PENDING, Outcome.MISSING)
_BOXES = frozenset(box.code for box in BOXES if box.code)


def review_text(head: str, reason: str, answers: Sequence[Answer], decision: Decision) -> str:
    """Six answers and what to do, in lines."""
    shown = presentable(tuple(answer.findings for answer in answers))
    yes = sum(answer.status is Status.MET for answer in answers)
    lines = [BANNER, "", visible(head), f"Test result (draft): {decision.words}", f"  {visible(reason)}"]
    lines += ["", f"{yes} of 6 questions are answered yes:"]
    for answer, findings in zip(answers, shown, strict=True):
        lines += [_head(answer), f"      {reworded(answer_sentence(Answer(answer.question, findings)))}"]
    lines += _what_to_do(decision)
    return _joined([*lines, "", BANNER, NEXT])


def answer_text(answer: Answer, table: str) -> str:
    """One answer with its claims, the worst first; `table` is where to find all of them."""
    answer = Answer(answer.question, presentable(answer.findings))
    judged, pending = claims(answer)
    lines = [BANNER, "", _head(answer), f"      {reworded(answer_sentence(answer))}"]
    lines += [
        f"    - {finding.status.words}: {reworded(finding_sentence(finding))}" for finding in judged[:MOST_CLAIMS]
    ]
    lines += [f"    - {line}" for line in closing_lines(len(judged) - MOST_CLAIMS, pending, table)]
    return _joined(lines)


def claims(answer: Answer) -> tuple[list[Finding], int]:
    """The claims that were judged, the worst first, without boxes that nobody has filled in; and how many those are."""
    judged = [finding for finding in answer.findings if finding.blocking]
    waiting = [finding for finding in judged if finding.outcome in _WAITING and finding.code in _BOXES]
    return worst_first([finding for finding in judged if finding not in waiting]), len(waiting)


def closing_lines(more: int, pending: int, table: str) -> list[str]:
    """What stands below the claims: how many are left out, and how many boxes wait."""
    lines = [f"and {more} more {'claim' if more == 1 else 'claims'}: {table}"] if more > 0 else []
    boxes = "1 box of the checklist is" if pending == 1 else f"{pending} boxes of the checklist are"
    return [*lines, f"{boxes} pending; fill them in with review(…, checklist=…)"] if pending else lines


def decision_text(decision: Decision) -> str:
    """The result and what follows from it."""
    return _joined([BANNER, "", f"Test result (draft): {decision.words}", *_what_to_do(decision)])


def _head(answer: Answer) -> str:
    question = answer.question
    return f"  {question.number} {question.words} {answer_word(answer.status).upper()}"


def _what_to_do(decision: Decision) -> list[str]:
    actions = presentable(decision.actions)
    if actions:
        return ["", "Before go-live:", *(f"  {action.question.number} {reworded(action.text)}" for action in actions)]
    return ["", "Nothing that was asked is left open."]


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).replace(MINUS, "-") + "\n"
