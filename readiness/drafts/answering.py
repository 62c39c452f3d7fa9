"""When is what measured? Each question is asked when it is first looked at, and only then is measured what it needs."""

from __future__ import annotations

from functools import cached_property

from readiness.answers import Answer, Question
from readiness.drafts.model_file import probed
from readiness.evidence.evidence import Evidence
from readiness.evidence.probing import is_required
from readiness.evidence.refitting import refitted
from readiness.notebook import ask
from readiness.verdict.decision import Decision, decide
from readiness.verdict.record import SCHEMA, Record, RecordedAnswer, Run, Template


class Answering:
    """Six answers about one candidate; what was measured once is kept."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._answers: dict[Question, Answer] = {}

    def answer(self, question: Question) -> Answer:
        """The answer to a question, computed now unless it is known."""
        if question not in self._answers:
            from readiness import questions

            module = getattr(questions, question.value)
            self._answers[question] = ask(module, self._measured_for(question))
        return self._answers[question]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All six."""
        return tuple(self.answer(question) for question in Question)

    @property
    def known(self) -> int:
        """How many are computed."""
        return len(self._answers)

    @cached_property
    def decision(self) -> Decision:
        """What the six answers come to."""
        return decide(self.answers, rule=self.evidence.spec.evidence)

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
        )

    def _measured_for(self, question: Question) -> Evidence:
        if question is Question.STABILITY:
            return self._refitted
        timed = question is Question.BUSINESS and is_required(self.evidence.spec)
        return self._probed if timed or question is Question.PRODUCTION else self.evidence

    @cached_property
    def _refitted(self) -> Evidence:
        return refitted(self.evidence)

    @cached_property
    def _probed(self) -> Evidence:
        return probed(self.evidence)
