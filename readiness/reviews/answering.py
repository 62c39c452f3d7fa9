"""Six answers about one candidate: each question is asked when it is first looked at, and what was measured is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from readiness.core.findings import Answer, Finding, Question, not_assessed
from readiness.core.keys import Topic
from readiness.core.withholding import Soundness, withhold
from readiness.evidence.evidence import Evidence
from readiness.evidence.measure_refits import measure_refits
from readiness.evidence.measure_runtime import is_required, probe
from readiness.reviews.model_file import probed
from readiness.soundness.assessment import assess_soundness
from readiness.verdict.decision import Decision, decide

Listener = Callable[[str], None]
"""Hears beforehand of what takes long."""

PROBES = "usually 10 to 30 s"
"""What calls, batches and the other process take together on a usual machine."""


def ignore(words: str) -> None:
    """Keep silent, as where a page is displayed, which would keep the words."""


class AllAtOnce:
    """Everything is measured before the first question, so that no answer changes afterwards: for what is recorded."""

    is_draft = False

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._whole: Evidence | None = None

    def for_question(self, question: Question, listener: Listener) -> Evidence:
        """The same for each: a yes that the rows cannot carry is withheld from the start."""
        del question
        return self.for_rows(listener)

    def for_rows(self, listener: Listener) -> Evidence:
        """Timed first, while the process is still small; then refitted; then the rows are looked at."""
        if self._whole is None:
            self._whole = assess_soundness(measure_refits(probe(self.evidence), listener))
        return self._whole

    @property
    def soundness(self) -> Soundness | None:
        """Known as soon as anything was asked."""
        return None if self._whole is None else self._whole.soundness

    @property
    def latest(self) -> Evidence:
        """The evidence as far as it was measured."""
        return self.evidence if self._whole is None else self._whole


class WhenNeeded:
    """Each question measures no more than it needs, and the rows are looked at last: for drafts, where time counts."""

    is_draft = True

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.soundness: Soundness | None = None
        self._refitted: Evidence | None = None
        self._probed: Evidence | None = None

    def for_question(self, question: Question, listener: Listener) -> Evidence:
        """Refits for stability; times for production, and for requirements on them."""
        if question is Question.STABILITY:
            return self._refit(listener)
        timed = question is Question.BUSINESS and is_required(self.evidence.spec)
        if not timed and question is not Question.PRODUCTION:
            return self.evidence
        if self._probed is None:
            listener(f"timing the model, and trying it in a process of its own: {PROBES}.")
            self._probed = probed(self.evidence)
        return self._probed

    def for_rows(self, listener: Listener) -> Evidence:
        """Refits tell whether the candidate has seen the test rows."""
        found = assess_soundness(self._refit(listener))
        self.soundness = found.soundness
        return found

    @property
    def latest(self) -> Evidence:
        """The evidence as it was gathered: what is measured for one answer is kept beside it."""
        return self.evidence

    def _refit(self, listener: Listener) -> Evidence:
        if self._refitted is None:
            self._refitted = measure_refits(self.evidence, listener)
        return self._refitted


class Answering:
    """Six answers, the findings of a user's own among them."""

    def __init__(self, measurements: AllAtOnce | WhenNeeded) -> None:
        self.measurements = measurements
        self._asked: dict[Question, Answer] = {}
        self._own: dict[Question, dict[str, Finding]] = {}

    @property
    def evidence(self) -> Evidence:
        """As it was gathered."""
        return self.measurements.evidence

    @property
    def is_draft(self) -> bool:
        """Whether nothing of it may be recorded."""
        return self.measurements.is_draft

    def answer(self, question: Question, listener: Listener = ignore) -> Answer:
        """The answer to a question, computed now unless it is known; `listener` hears of what takes long.

        What the rows cannot carry is withheld as soon as they were looked at.
        """
        if question not in self._asked:
            self._asked[question] = ask(question, self.measurements.for_question(question, listener))
        found = self._asked[question].plus(*self._own.get(question, {}).values())
        soundness = self.measurements.soundness
        return found if soundness is None else withhold(found, soundness, self.evidence.vouched)

    def add(self, question: Question, finding: Finding) -> None:
        """Put a finding of a user's own beside those of a question; one of the same code is replaced."""
        self._own.setdefault(question, {})[finding.code] = finding
        self.__dict__.pop("decision", None)

    def ask_all(self, listener: Listener = ignore) -> tuple[Answer, ...]:
        """All six, computed now unless they are known."""
        left = len(Question) - len(self._asked)
        if left and self.is_draft:
            listener(f"computing {left} of {len(Question)} answers; refits and timing take longest.")
        self.soundness(listener)
        return tuple(self.answer(question, listener) for question in Question)

    def soundness(self, listener: Listener = ignore) -> Soundness:
        """What is found of the rows themselves, looked at now unless it is known."""
        found = self.measurements.soundness
        if found is None:
            found = self.measurements.for_rows(listener).soundness
        assert found is not None
        return found

    @property
    def count(self) -> int:
        """How many of the six are computed."""
        return len(self._asked)

    @cached_property
    def decision(self) -> Decision:
        """What the six answers come to."""
        answers, vouched = self.ask_all(), self.evidence.vouched
        return decide(answers, rule=self.evidence.spec.evidence, vouched=self.soundness().relied_on(vouched))


def ask(which: Question, evidence: Evidence) -> Answer:
    """Ask one of the six questions; a failing analysis makes only its own question *not assessed*."""
    from readiness import questions

    if not evidence.asks(which):
        return Answer(which, (_left_out(which),))
    try:
        answer: Answer = getattr(questions, which.value).ask(evidence, getattr(evidence.spec, which.value))
    except Exception as error:  # whatever an analysis trips over, the other five questions stand
        words = (str(error).splitlines() or [""])[0][:300]
        reason = f"the analysis failed with {type(error).__name__}" + (f": {words}" if words else "")
        failed = not_assessed(
            Topic.FAILED.key(question=which), which.words, reason, needs="mend what failed and run again"
        )
        return Answer(which, (failed,))
    return answer


def _left_out(question: Question) -> Finding:
    reason = "this partial review does not ask it"
    return not_assessed(
        Topic.LEFT_OUT.key(question=question), question.words, reason, needs="a review of all six questions"
    )
