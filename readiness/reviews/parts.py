"""Parts of a review as a notebook works with them: each shows itself, is tabulated and plotted, and by being shown is
recorded, unless it is of a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import isfunction, signature
from types import ModuleType
from typing import TYPE_CHECKING, Any

from readiness.core.canonical import encode
from readiness.core.errors import InputError
from readiness.core.findings import Answer, Bounds, Criterion, Estimate, Finding, Question, Status, judge, rounded
from readiness.core.keys import Topic
from readiness.core.sanitize import nearest, shown
from readiness.core.withholding import Soundness
from readiness.evidence.first_look import look_at
from readiness.report import plots
from readiness.report.pictures import NotDrawn, Picture, draw
from readiness.report.plots.style import house_style
from readiness.report.sentences import answer_sentence, answer_word, soundness_sentence
from readiness.report.sentences.language import Language
from readiness.report.sentences.words import Words
from readiness.reviews import display
from readiness.reviews.answering import Answering, Listener
from readiness.reviews.frames import findings_frame
from readiness.reviews.texts import BANNER, answer_text, decision_text, gathered_text
from readiness.statistics.first_look import FirstLook
from readiness.verdict.decision import Action, Decision, Stage, Step, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MIME = "application/vnd.readiness.{kind}+json"
"""Under which a shown part lies in the notebook for the machine."""
Bundle = tuple[dict[str, Any], dict[str, Any]]
Drawing = Callable[..., "Axes"]


class Part:
    """Reads as text in a terminal and as HTML in a notebook."""

    def __init__(self, *, is_draft: bool) -> None:
        self._is_draft = is_draft

    def text(self) -> str:
        """For a terminal."""
        raise NotImplementedError

    def _short(self) -> str:
        """In a few words, without computing anything."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        raise NotImplementedError

    def _recorded(self) -> Mapping[str, Any]:
        """What goes into the record, by kind; empty of what is only looked at."""
        return {}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        """Text and HTML for the reader and the recorded form for the machine, in one output. A draft has no recorded
        form, so that nothing of it can end up in a report.
        """
        del include, exclude
        recorded = {} if self._is_draft else self._recorded()
        if not recorded:
            return {}, {}  # Jupyter asks for text and HTML by themselves
        data = {MIME.format(kind=kind): encode(value) for kind, value in recorded.items()}
        return {**data, "text/plain": self.text().rstrip("\n"), "text/html": self._repr_html_()}, {}

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        # beside _repr_pretty_: IPython takes whichever of the two stands in the nearer class
        return f"<{'DRAFT, unsigned: ' if self._is_draft else ''}{self._short()}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows where there is no HTML."""
        printer.text("…" if cycle else self.text().rstrip("\n"))


def names_of_figures(module: ModuleType) -> tuple[str, ...]:
    """The figures of a module: its own public functions that draw on `ax`, in the order in which they stand there."""
    own = [f for f in vars(module).values() if isfunction(f) and f.__module__ == module.__name__]
    return tuple(f.__name__ for f in own if f.__name__[0] != "_" and "ax" in signature(f).parameters)


class Figures:
    """The figures of one part; each is drawn when it is first looked at."""

    def __init__(self, module: ModuleType, names: Sequence[str], words: Words, *drawn_from: Any) -> None:
        """`names` are functions of `module`; `drawn_from` is what they are called with."""
        self._functions: Mapping[str, Drawing] = {name: getattr(module, name) for name in names}
        self._words, self.drawn_from = words, drawn_from
        self._drawn: dict[str, Picture | NotDrawn] = {}

    def picture(self, name: str) -> Picture | NotDrawn:
        """One of them, ready to be displayed, or why there is none."""
        if name not in self._drawn:
            self._drawn[name] = draw(self._functions[name], *self.drawn_from, words=self._words)
        return self._drawn[name]

    @property
    def drawn(self) -> tuple[Picture | NotDrawn, ...]:
        """All of them."""
        return tuple(map(self.picture, self._functions))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of those that have something to show."""
        return tuple(name for name in self._functions if isinstance(self.picture(name), Picture))

    def plot(self, figure: str | Drawing, ax: Axes | None) -> Any:
        """A picture, None where it has nothing to show, or the axes that were given, drawn upon.

        Raises:
            InputError: there is no figure of that name.
            NothingToDraw: `ax` is given, and there is nothing to show on it.
        """
        if isinstance(figure, str) and figure not in self._functions:
            raise InputError(f"There is no figure {shown(figure)}{nearest(figure, self._functions)}")
        if ax is not None:
            function = self._functions[figure] if isinstance(figure, str) else figure
            with house_style():
                return function(*self.drawn_from, ax=ax)
        found = self.picture(figure) if isinstance(figure, str) else draw(figure, *self.drawn_from, words=self._words)
        return found if isinstance(found, Picture) or found.failed else None


def language_of(answering: Answering, *answers: Answer) -> Language:
    """What is said of the findings of these answers, in the words of the spec."""
    gathered = answering.evidence.gathered
    findings = tuple(finding for answer in answers for finding in answer.findings)
    return Language.from_spec(gathered.spec, answering.evidence.task, gathered.data, findings)


# ----------------------------------------------------------------------------------------------------


class ReviewData(Part):
    """The candidate and the rows, looked at before anything is asked."""

    def __init__(self, answering: Answering) -> None:
        super().__init__(is_draft=answering.is_draft)
        self._answering = answering
        self.look: FirstLook = look_at(answering.evidence)
        """Rows by month, classes or spread of the target, gaps, and scores."""
        self._figures = Figures(plots.first_look, ("rows", "scores"), language_of(answering).words, self.look)

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures that have something to show; see `plot`."""
        return self._figures.names

    def plot(self, figure: str | Drawing, ax: Axes | None = None) -> Any:
        """A picture of one of `figures`, or by a function of your own that takes `look`; with `ax`, drawn there."""
        return self._figures.plot(figure, ax)

    def text(self) -> str:
        """For a terminal."""
        return f"{gathered_text(self._answering.evidence.gathered)}\n"

    def _short(self) -> str:
        return self.text().strip()

    def _recorded(self) -> Mapping[str, Any]:
        return {"gathered": self._answering.evidence.gathered}

    def _repr_html_(self) -> str:
        return display.data_html(gathered_text(self._answering.evidence.gathered), self.look, is_draft=self._is_draft)


class ReviewSoundness(Part):
    """What was found of the rows themselves: whether they can carry an answer at all."""

    def __init__(self, answering: Answering, listener: Listener) -> None:
        super().__init__(is_draft=answering.is_draft)
        self._language = language_of(answering)
        self.soundness: Soundness = answering.soundness(listener)
        """Findings, and which claims each of them withholds."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every doubt that was looked into."""
        return self.soundness.findings

    def text(self) -> str:
        """For a terminal."""
        return f"{soundness_sentence(self.soundness)}\n"

    def _short(self) -> str:
        return self.text().strip()

    def _recorded(self) -> Mapping[str, Any]:
        return {"soundness": self.soundness}

    def _repr_html_(self) -> str:
        return display.soundness_html(self.soundness, self._language, is_draft=self._is_draft)


class ReviewAnswer(Part):
    """The answer to one question."""

    def __init__(self, answering: Answering, question: Question, listener: Listener) -> None:
        super().__init__(is_draft=answering.is_draft)
        self._answering, self._question = answering, question
        self._drawn: Figures | None = None
        answering.answer(question, listener)

    @property
    def answer(self) -> Answer:
        """The answer as it is recorded, with tables that are not."""
        return self._answering.answer(self._question)

    @property
    def question(self) -> str:
        """The question in words."""
        return self._question.words

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
        return answer_sentence(self.answer, language_of(self._answering, self.answer))

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that figures are drawn from; see `table`."""
        return tuple(self.answer.tables)

    def table(self, name: str | None = None) -> pd.DataFrame:
        """(findings, columns): claim, status, measured, low, high, op, required, n … code; see `findings_frame`. With a
        name, one of `tables`.

        Raises:
            InputError: there is no such table.
        """
        if name is None:
            return findings_frame([self.answer], note=BANNER if self._is_draft else "")
        if name not in self.answer.tables:
            raise InputError(f"There is no table {shown(name)}{nearest(name, self.answer.tables)}")
        found: pd.DataFrame = self.answer.tables[name]
        return found

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures that have something to show; see `plot`."""
        return self._figures.names

    def plot(self, figure: str | Drawing, ax: Axes | None = None) -> Any:
        """A picture of one of `figures`, or by a function of your own `(answer, *, ax=None) -> Axes`; None where it
        does not apply. With `ax` it is drawn there, and the axes come back.

        Raises:
            InputError: there is no such figure.
            NothingToDraw: a `ValueError`; `ax` is given, and the answer holds nothing that this figure shows.
        """
        return self._figures.plot(figure, ax)

    def add(
        self,
        name: str,
        value: float,
        *,
        low: float | None = None,
        high: float | None = None,
        n: int = 0,
        unit: str = "",
        at_least: float | None = None,
        at_most: float | None = None,
        reason: str = "",
    ) -> ReviewAnswer:
        """Put a finding of your own beside the others. It is recorded, marked as your own, and shown on the page.

        Args:
            name: The claim in words.
            value: What was measured, in `unit`.
            low: Lower end of its interval, at the confidence of the spec; None: no limit can be given.
            high: Upper end; equal to `low` and `value` for an exact number.
            n: How many rows it rests on.
            unit: Of `value` and of what is required.
            at_least: What is required; a finding without a requirement is shown and not judged.
            at_most: The same from above.
            reason: More words.

        Returns:
            The answer itself, so that a cell shows it.

        Raises:
            InputError: both `at_least` and `at_most` are given, or the interval leaves out the value.
        """
        if at_least is not None and at_most is not None:
            raise InputError(f"{shown(name)} has two limits.", remedy="Give at_least or at_most, or add two findings.")
        if (low is not None and low > value) or (high is not None and high < value):
            raise InputError(f"The interval of {shown(name)} leaves out its value.")
        spec = self._answering.evidence.spec
        exact = low == high == value
        measured = Estimate(value, low, high, 1.0 if exact else round(1 - spec.alpha, 10), n, unit, "stated by a cell")
        key = Topic.OWN.key(f"{self._question.prefix}-OWN-{_slug(name)}")
        finding = Finding(key, name, Status.NOT_ASSESSED, blocking=False, measured=measured, reason=reason)
        limit = at_least if at_least is not None else at_most
        if limit is not None:
            criterion = Criterion(">=" if at_least is not None else "<=", limit, unit, "set by a cell of the notebook")
            ends = (None if low is None else rounded(low), None if high is None else rounded(high))
            bounds = Bounds(*ends, spec.alpha, "ends of the stated interval")
            finding = Finding(
                key,
                name,
                judge(bounds, criterion),
                measured=measured,
                bounds=bounds,
                criterion=criterion,
                reason=reason,
            )
        self._answering.add(self._question, finding)
        return self

    @property
    def _figures(self) -> Figures:
        answer = self.answer
        if self._drawn is None or self._drawn.drawn_from != (
            answer,
        ):  # the rows were looked at since, or one was added
            module: ModuleType = getattr(plots, self._question.value)
            self._drawn = Figures(module, names_of_figures(module), self._language.words, answer)
        return self._drawn

    def text(self) -> str:
        """For a terminal."""
        table = f"review.{self._question.value}.table()"
        return answer_text(self.answer, table, self._language, is_draft=self._is_draft)

    def _short(self) -> str:
        return f"{self.question} {answer_word(self.status)}"

    def _recorded(self) -> Mapping[str, Any]:
        return {"answer": self.answer}

    def _repr_html_(self) -> str:
        """What Jupyter shows; of a draft, whose figures have no cells of their own, with them."""
        drawn = self._figures.drawn if self._is_draft else ()
        return display.answer_html(self.answer, drawn, self._language, is_draft=self._is_draft)

    @property
    def _language(self) -> Language:
        return language_of(self._answering, self.answer)


class ReviewDecision(Part):
    """What the six answers come to."""

    def __init__(self, answering: Answering, mark: Callable[[], Mapping[str, Any]], listener: Listener) -> None:
        super().__init__(is_draft=answering.is_draft)
        self._answers = answering.ask_all(listener)
        self._mark = mark
        self.decision: Decision = answering.decision
        """The decision as every review computes it."""
        words = language_of(answering, *self._answers).words
        self._margins = Figures(plots.decision, ("margins",), words, self._answers)
        self._path = Figures(plots.decision, ("flowchart",), words, self.decision, self._answers)

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

    @property
    def drawn(self) -> tuple[Picture | NotDrawn, ...]:
        """All judged claims with their distance to the limit, and the way through the questions."""
        return (*self._margins.drawn, *self._path.drawn)

    def plot(self, figure: str | Drawing = "flowchart", ax: Axes | None = None) -> Any:
        """The flowchart as a picture, or "margins", every judged claim beside its limit; with `ax`, drawn there."""
        return (self._margins if figure == "margins" else self._path).plot(figure, ax)

    def text(self) -> str:
        """For a terminal."""
        return decision_text(self.decision, is_draft=self._is_draft)

    def _short(self) -> str:
        return self.verdict.words

    def _recorded(self) -> Mapping[str, Any]:
        """The decision, and the mark that the walk was completed: no answer that is shown later counts."""
        return {"decision": self.decision, "complete": self._mark()}

    def _repr_html_(self) -> str:
        drawn = self.drawn if self._is_draft else ()
        return display.decision_html(self.decision, drawn, is_draft=self._is_draft)


def _slug(name: str) -> str:
    """A part of a code: capital letters, digits and hyphens."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.upper())
    return "-".join(filter(None, letters.split("-")))[:40] or "FINDING"
