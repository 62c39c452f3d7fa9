"""How does a draft read in a terminal? Marked first and last, so that nobody takes it for a report."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.answers import Answer, Status
from readiness.drafts.settings import reworded
from readiness.narrative import answer_sentence, answer_word, finding_sentence, worst_first
from readiness.numbers import MINUS
from readiness.verdict.decision import Decision
from readiness.visible import presentable, visible

BANNER = "DRAFT · unsigned · computed in memory; nothing here can be approved"
NEXT = "For a report that can be signed: .to_spec(FOLDER), then readiness run"
MOST_CLAIMS = 20


def review_text(head: str, reason: str, answers: Sequence[Answer], decision: Decision) -> str:
    """Six answers and what to do, in lines."""
    shown = presentable(tuple(answer.findings for answer in answers))
    yes = sum(answer.status is Status.MET for answer in answers)
    lines = [BANNER, "", visible(head), f"Test result (draft): {decision.verdict.words}", f"  {visible(reason)}"]
    lines += ["", f"{yes} of 6 questions are answered yes:"]
    for answer, findings in zip(answers, shown, strict=True):
        lines += [_head(answer), f"      {reworded(answer_sentence(Answer(answer.question, findings)))}"]
    lines += _what_to_do(decision)
    return _joined([*lines, "", BANNER, NEXT])


def answer_text(answer: Answer) -> str:
    """One answer with its claims, the worst first."""
    answer = Answer(answer.question, presentable(answer.findings))
    judged = worst_first([finding for finding in answer.findings if finding.blocking])
    lines = [BANNER, "", _head(answer), f"      {reworded(answer_sentence(answer))}"]
    lines += [
        f"    - {finding.status.words}: {reworded(finding_sentence(finding))}" for finding in judged[:MOST_CLAIMS]
    ]
    if len(judged) > MOST_CLAIMS:
        lines.append(f"    and {len(judged) - MOST_CLAIMS} more claims: .table")
    return _joined(lines)


def decision_text(decision: Decision) -> str:
    """The result and what follows from it."""
    return _joined([BANNER, "", f"Test result (draft): {decision.verdict.words}", *_what_to_do(decision)])


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
