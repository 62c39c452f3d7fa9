"""Six answers in, one verdict out: pure, so that anyone can recompute it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.policy import ROLLOUT


class Verdict(StrEnum):
    """What the six answers come to."""

    READY = "ready"
    READY_BY_POINT_ESTIMATE = "ready_by_point_estimate"
    NOT_READY = "not_ready"
    NOT_PROVEN = "not_proven"

    @property
    def words(self) -> str:
        """The verdict as people read it."""
        return _WORDS[self]


_WORDS = {
    Verdict.READY: "READY",
    Verdict.READY_BY_POINT_ESTIMATE: "READY BY POINT ESTIMATE (chance not excluded)",
    Verdict.NOT_READY: "NOT READY",
    Verdict.NOT_PROVEN: "NOT PROVEN (do not approve on this report)",
}

ON_VOUCHED = "on vouched evidence"

FLOWCHART = (
    Question.BASELINE,
    Question.BUSINESS,
    Question.SEGMENTS,
    Question.STABILITY,
    Question.ERRORS,
    Question.PRODUCTION,
)
"""The order in which a "no" is acted on; stability comes before errors."""

ADVICE = {
    Question.BASELINE: "Stop: a simpler alternative does as well or better",
    Question.BUSINESS: "Tune the model further; if a requirement was wrong, only its owner may change it",
    Question.SEGMENTS: "Investigate the segment and fix the cause",
    Question.STABILITY: "Get more data, or choose a simpler model",
    Question.ERRORS: "Move the decision threshold, or have the cost accepted by those who bear it",
    Question.PRODUCTION: "Fix what failed, or limit how the model is used",
}


def advice_on(question: Question, status: Status) -> str:
    """What to do where the path stops, whole and short; the particulars stand under the question. Empty for a yes.

    Only what is shown not to hold gets the advice on a no: what is merely not proven may well be true.
    """
    if status is Status.MET:
        return ""
    if status is Status.NOT_MET:
        return ADVICE[question]
    missing = "Bring the evidence that is missing" if status is Status.NOT_PROVEN else "Have looked at what nobody saw"
    return f"{missing}: question {question.number}"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do before go-live."""

    question: Question
    text: str
    required: bool
    """True: mends a *not met*. False: would settle a *not proven* or *not assessed*."""


@dataclass(frozen=True, slots=True)
class Step:
    """One fork of the flowchart on the way that was taken."""

    question: Question
    status: Status
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the rollout."""

    percent: int
    condition: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict and what follows from it."""

    verdict: Verdict
    actions: tuple[Action, ...] = ()
    path: tuple[Step, ...] = ()
    rollout: tuple[Stage, ...] = ()
    vouched: tuple[str, ...] = ()
    """Kinds of doubt about the rows that were found, and set aside because somebody vouches for them."""

    @property
    def words(self) -> str:
        """The verdict as people read it, with what it rests on: "READY on vouched evidence"."""
        if not self.vouched:
            return self.verdict.words
        word, _, qualifier = self.verdict.words.partition(" (")
        return f"{word} {ON_VOUCHED}" + (f" ({qualifier}" if qualifier else "")


def decide(answers: Sequence[Answer], *, rule: str = "interval", vouched: Sequence[str] = ()) -> Decision:
    """The decision that follows from six answers.

    Args:
        answers: As they stand, with what the rows cannot carry withheld.
        rule: "interval" or "point".
        vouched: Kinds of doubt that somebody's word sets aside; told with the verdict, and no part of it.

    Raises:
        ValueError: when the answers are not exactly the six questions.
    """
    by_question = {answer.question: answer for answer in answers}
    if len(answers) != len(Question) or set(by_question) != set(Question):
        raise ValueError(f"decide takes the six answers, each once; got {len(answers)}")
    verdict = verdict_of([answer.status for answer in answers], rule)
    return Decision(
        verdict,
        tuple(_action(by_question[q]) for q in Question if by_question[q].status is not Status.MET),
        _path(by_question),
        _rollout() if verdict in (Verdict.READY, Verdict.READY_BY_POINT_ESTIMATE) else (),
        tuple(vouched),
    )


def verdict_of(statuses: Sequence[Status], rule: str) -> Verdict:
    """What the statuses of six answers come to; `rule` is "interval" or "point"."""
    if Status.NOT_MET in statuses:
        return Verdict.NOT_READY
    if any(status is not Status.MET for status in statuses):
        return Verdict.NOT_PROVEN
    return Verdict.READY if rule == "interval" else Verdict.READY_BY_POINT_ESTIMATE


def _action(answer: Answer) -> Action:
    worst = [f for f in answer.findings if f.blocking and f.status is answer.status]
    if answer.status is Status.NOT_MET:
        return Action(answer.question, f"{ADVICE[answer.question]}: {_list_texts(worst, 'reason')}", required=True)
    return Action(answer.question, f"To settle it: {_list_texts(worst, 'needs')}", required=False)


def _list_texts(findings: Sequence[Finding], attribute: str, most: int = 3) -> str:
    """What the findings say, the first few by name and the rest counted."""
    texts = list(dict.fromkeys(_words_of(finding, attribute) for finding in findings))
    rest = f"; and {len(texts) - most} more" if len(texts) > most else ""
    return "; ".join(texts[:most]) + rest + "."


def _words_of(finding: Finding, attribute: str) -> str:
    text = (getattr(finding, attribute) or finding.reason).rstrip(".")
    if text and finding.withheld_by:
        return text  # of all claims that the same rows cannot carry it is the same
    said = f"{finding.name}: {text}" if text else finding.name
    cure = None if finding.example is None or finding.status is not Status.NOT_MET else finding.example.cure
    return said if cure is None else f"{said}. {cure.advice}"


def _path(answers: dict[Question, Answer]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for question in FLOWCHART:
        status = answers[question].status
        steps.append(Step(question, status, "" if status is Status.MET else ADVICE[question]))
        if status is not Status.MET:
            break
    return tuple(steps)


def _rollout() -> tuple[Stage, ...]:
    first, second, last = ROLLOUT
    return (
        Stage(first, "start, with monitoring and alerts on and the rollback plan at hand"),
        Stage(second, f"when monitoring at {first} % shows no alert"),
        Stage(last, f"when monitoring at {second} % shows no alert"),
    )


# ----------------------------------------------------------------------------------------------------
# What is to be done where the way through the questions ended: for a no the advice, else what would settle it

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
