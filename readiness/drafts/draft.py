"""What does `readiness.review` give back? Six answers that are computed when they are looked at, all of them drafts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readiness.answers import Answer, Finding, Question, Status
from readiness.drafts import display, words
from readiness.drafts.answering import Answering, to_stderr
from readiness.drafts.frames import findings_frame
from readiness.drafts.pictures import FIGURES, Pictures
from readiness.exceptions import InputError
from readiness.hints import nearest, shown
from readiness.narrative import answer_sentence, answer_word, verdict_sentence
from readiness.notebook import gathered_text
from readiness.verdict.decision import Action, Decision, Stage, Step, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from readiness.drafts.to_spec import DraftSource
    from readiness.spec import Spec


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
        return words.answer_text(self.answer, f"review.{self.answer.question.value}.table")

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
        return words.decision_text(self.decision)

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
        return words.review_text(*self._head, answers, self._answering.decision)

    def to_spec(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write `model.joblib`, the tables and `readiness.yaml` into `folder`, and return the path of the spec.

        `readiness run` of that spec finds the same, and its report can be signed. The file pins the model: by writing
        it you vouch for it.

        Raises:
            InputError: files of these names exist (unless `overwrite`), or the model cannot be loaded from a file.
        """
        from readiness.drafts.to_spec import write_spec

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
