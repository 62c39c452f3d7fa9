"""The draft that `readiness.review` returns: six answers that are computed when they are looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readiness.core.errors import InputError
from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.sanitize import nearest, shown
from readiness.core.terminal import write
from readiness.core.withholding import Soundness, withhold
from readiness.evidence.evidence import Evidence
from readiness.evidence.measure_refits import refitted
from readiness.evidence.measure_runtime import is_required
from readiness.report.sentences import answer_sentence, answer_word, verdict_sentence
from readiness.reviews import display
from readiness.reviews.display import FIGURES, Pictures, findings_frame
from readiness.reviews.model_file import probed
from readiness.reviews.notebook import ask, gathered_text
from readiness.soundness.assessment import assessed
from readiness.verdict.decision import Action, Decision, Stage, Step, Verdict, decide
from readiness.verdict.record import SCHEMA, Record, Run, Template

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from readiness.reviews.to_spec import DraftSource
    from readiness.spec.schema import Spec


# ----------------------------------------------------------------------------------------------------
# When is what measured? Each question is asked when it is first looked at, and only then is measured what it needs.

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
            tuple(self.answers),
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


# ----------------------------------------------------------------------------------------------------


class Shown:
    """Reads as text in a terminal and as HTML in a notebook."""

    def text(self) -> str:
        """For a terminal."""
        raise NotImplementedError

    def _short(self) -> str:
        """In a few words, without computing anything."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        # beside _repr_pretty_: IPython takes whichever of the two stands in the nearer class
        return f"<DRAFT, unsigned: {self._short()}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows where there is no HTML."""
        printer.text("…" if cycle else self.text().rstrip("\n"))


class DraftAnswer(Shown):
    """The answer to one question. Unsigned; nothing can be approved on it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        """The answer as every review computes it."""
        self._pictures = Pictures(answer.question.value, FIGURES[answer.question], answer)

    @property
    def question(self) -> str:
        """The question in words."""
        return self.answer.question.words

    @property
    def status(self) -> Status:
        """`met` is yes, `not_met` is no; else `not_proven` or `not_assessed`."""
        return self.answer.status

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every claim and fact; those that are `blocking` decide."""
        return self.answer.findings

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        return answer_sentence(self.answer)

    @property
    def table(self) -> pd.DataFrame:
        """(findings, columns): claim, status, measured, low, high, op, required, n … code; see `findings_frame`."""
        return findings_frame([self.answer])

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures that have something to show; see `plot`."""
        return self._pictures.names

    def plot(self, name: str, ax: Axes | None = None) -> Axes:
        """Draw one of `figures` on `ax`, else on a new figure.

        Raises:
            InputError: there is no such figure.
            NothingToDraw: a `ValueError`; the answer holds nothing that this figure shows.
        """
        return self._pictures.plot(name, ax)

    def text(self) -> str:
        """For a terminal."""
        return display.answer_text(self.answer, f"review.{self.answer.question.value}.table")

    def _short(self) -> str:
        return f"{self.question} {answer_word(self.status)}"

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        return display.answer_html(self.answer, self._pictures.drawn)


class DraftDecision(Shown):
    """What the six answers come to. Unsigned; nothing can be approved on it."""

    def __init__(self, decision: Decision, answers: tuple[Answer, ...]) -> None:
        self.decision = decision
        """The decision as every review computes it."""
        self._pictures = Pictures("decision", ("flowchart",), decision, answers)

    @property
    def verdict(self) -> Verdict:
        """`ready`, `not_ready`, `not_proven`, or `ready_by_point_estimate`."""
        return self.decision.verdict

    @property
    def actions(self) -> tuple[Action, ...]:
        """What must happen before go-live."""
        return self.decision.actions

    @property
    def path(self) -> tuple[Step, ...]:
        """The way through the flowchart."""
        return self.decision.path

    @property
    def rollout(self) -> tuple[Stage, ...]:
        """Stages of a rollout, once a signed report was approved."""
        return self.decision.rollout

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the flowchart on `ax`, else on a new figure."""
        return self._pictures.plot("flowchart", ax)

    def text(self) -> str:
        """For a terminal."""
        return display.decision_text(self.decision)

    def _short(self) -> str:
        return self.verdict.words

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        return display.decision_html(self.decision, self._pictures.drawn)


class DraftReview(Shown):
    """Six answers about a model in memory, as attributes, by name, or one after the other.

    Nothing but the scores of the test rows is computed before it is looked at: refits with `stability`, times with
    `production`; a line on standard error says so beforehand, unless a notebook displays it. What was computed is
    kept. Unsigned; nothing can be approved on it.
    """

    def __init__(self, answering: Answering, source: DraftSource) -> None:
        self._answering, self._source = answering, source
        self._shown: dict[Question, DraftAnswer] = {}

    @property
    def baseline(self) -> DraftAnswer:
        """1. Does it beat the alternatives?"""
        return self.answer("baseline")

    @property
    def business(self) -> DraftAnswer:
        """2. Does it meet the stated requirements?"""
        return self.answer("business")

    @property
    def segments(self) -> DraftAnswer:
        """3. Does it work for everyone?"""
        return self.answer("segments")

    @property
    def errors(self) -> DraftAnswer:
        """4. Are the failure modes acceptable?"""
        return self.answer("errors")

    @property
    def stability(self) -> DraftAnswer:
        """5. Is performance consistent? Refits the model, for at most `stability.budget_seconds`."""
        return self.answer("stability")

    @property
    def production(self) -> DraftAnswer:
        """6. Will it work in the real world? Times the model, and tries it in a process of its own."""
        return self.answer("production")

    def answer(self, question: str) -> DraftAnswer:
        """The answer to the question of this name.

        Raises:
            InputError: there is no such question.
        """
        names = [each.value for each in Question]
        if question not in names:
            raise InputError(f"There is no question {shown(question)}{nearest(str(question), names)}")
        which = Question(question)
        found = self._answering.answer(which, to_stderr)
        known = self._shown.get(which)
        if known is None or known.answer.findings != found.findings:  # the rows were looked at since
            self._shown[which] = DraftAnswer(found)
        return self._shown[which]

    def __getitem__(self, question: str) -> DraftAnswer:
        return self.answer(question)

    def __iter__(self) -> Iterator[DraftAnswer]:
        self._answering.ask_all(to_stderr)  # what the rows cannot carry is known with all six
        return (self.answer(question.value) for question in Question)

    def __len__(self) -> int:
        return len(Question)

    @cached_property
    def decision(self) -> DraftDecision:
        """What the six answers come to; asks all of them."""
        answers = self._answering.ask_all(to_stderr)
        return DraftDecision(self._answering.decision, answers)

    @property
    def table(self) -> pd.DataFrame:
        """(findings, columns): the tables of all six answers, one below the other."""
        return findings_frame(self._answering.ask_all(to_stderr))

    @property
    def spec(self) -> Spec:
        """The spec that the settings came to, defaults included."""
        return self._answering.evidence.spec

    def text(self) -> str:
        """For a terminal; asks all six questions."""
        answers = self._answering.ask_all(to_stderr)
        return display.review_text(*self._head, answers, self._answering.decision)

    def to_spec(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write `model.joblib`, the tables and `readiness.yaml` into `folder`, and return the path of the spec.

        `readiness run` of that spec finds the same, and its report can be signed. The file pins the model: by writing
        it you vouch for it.

        Raises:
            InputError: files of these names exist (unless `overwrite`), or the model cannot be loaded from a file.
        """
        from readiness.reviews.to_spec import write_spec

        return write_spec(self._source, self._answering.evidence, Path(folder), overwrite=overwrite)

    def _short(self) -> str:
        name, known = self._answering.evidence.gathered.model.name, self._answering.known
        return f"review of {shown(name)}, {known} of 6 questions asked so far; print(…) asks and shows all six"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows where there is no HTML; asks all six questions, and a notebook keeps no word of it."""
        self._answering.ask_all()
        super()._repr_pretty_(printer, cycle)

    def _repr_html_(self) -> str:
        """What Jupyter shows; asks all six questions."""
        answering = self._answering
        answering.ask_all()
        drawn = [self.answer(question.value)._pictures.drawn for question in Question]
        flowchart = self.decision._pictures.drawn
        return display.review_html(*self._head, answering.answers, answering.decision, drawn, flowchart)

    @property
    def _head(self) -> tuple[str, str]:
        return gathered_text(self._answering.evidence.gathered), verdict_sentence(self._answering.record)
