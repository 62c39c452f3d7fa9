"""When is what measured? Each question is asked when it is first looked at, and only then is measured what it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property

from readiness.answers import Answer, Question
from readiness.drafts.model_file import probed
from readiness.evidence.evidence import Evidence
from readiness.evidence.probing import is_required
from readiness.evidence.refitting import refitted
from readiness.notebook import ask
from readiness.soundness.assessment import assessed
from readiness.terminal import write
from readiness.verdict.decision import Decision, decide
from readiness.verdict.record import SCHEMA, Record, RecordedAnswer, Run, Template
from readiness.withholding import Soundness, withhold

Told = Callable[[str], None]
"""Hears beforehand of what takes long."""

PROBES = "usually 10 to 30 s"
"""What calls, batches and the other process take together on a usual machine."""


def to_stderr(words: str) -> None:
    """Say it to whoever waits, beside the output of the program."""
    if words and sys.stderr is not None:
        write(f"readiness: {words}", sys.stderr)
        sys.stderr.flush()


def to_nobody(words: str) -> None:
    """Keep silent, as where a page is displayed, which would keep the words."""


class Answering:
    """Six answers about one candidate; what was measured once is kept."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._answers: dict[Question, Answer] = {}
        self._soundness: Soundness | None = None
        self._refitted: Evidence | None = None
        self._probed: Evidence | None = None

    def answer(self, question: Question, told: Told = to_nobody) -> Answer:
        """The answer to a question, computed now unless it is known; `told` hears of what takes long.

        What the rows cannot carry is withheld as soon as they were looked at: when all six are asked.
        """
        if question not in self._answers:
            from readiness import questions

            module = getattr(questions, question.value)
            self._answers[question] = ask(module, self._measured_for(question, told))
        found = self._answers[question]
        return found if self._soundness is None else withhold(found, self._soundness, self.evidence.vouched)

    def ask_all(self, told: Told = to_nobody) -> tuple[Answer, ...]:
        """All six, computed now unless they are known."""
        if left := len(Question) - self.known:
            told(f"computing {left} of {len(Question)} answers; refits and timing take longest.")
        self.soundness(told)
        return tuple(self.answer(question, told) for question in Question)

    def soundness(self, told: Told = to_nobody) -> Soundness:
        """What is found of the rows themselves, looked at now unless it is known."""
        if self._soundness is None:
            found = assessed(self._refit(told)).soundness
            assert found is not None
            self._soundness = found
        return self._soundness

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All six."""
        return self.ask_all()

    @property
    def known(self) -> int:
        """How many are computed."""
        return len(self._answers)

    @cached_property
    def decision(self) -> Decision:
        """What the six answers come to."""
        answers, vouched = self.answers, self.evidence.vouched
        return decide(answers, rule=self.evidence.spec.evidence, vouched=self.soundness().relied_on(vouched))

    @property
    def record(self) -> Record:
        """The answers in the form that sentences are made from; it has no digests, and no report is made of it."""
        spec = self.evidence.spec
        return Record(
            SCHEMA,
            self.decision.verdict,
            spec.evidence,
            self.evidence.gathered,
            tuple(map(RecordedAnswer.of, self.answers)),
            self.decision,
            spec.seed,
            Template("", "", stock=False),
            "",
            Run("", ""),
            "draft",
            soundness=self.soundness(),
        )

    def _refit(self, told: Told) -> Evidence:
        if self._refitted is None:
            self._refitted = refitted(self.evidence, told)
        return self._refitted

    def _measured_for(self, question: Question, told: Told) -> Evidence:
        if question is Question.STABILITY:
            return self._refit(told)
        timed = question is Question.BUSINESS and is_required(self.evidence.spec)
        if not timed and question is not Question.PRODUCTION:
            return self.evidence
        if self._probed is None:
            told(f"timing the model, and trying it in a process of its own: {PROBES}.")
            self._probed = probed(self.evidence)
        return self._probed
