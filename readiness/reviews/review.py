"""Review as a notebook works with it: six answers, each of which is computed once, shown, recorded, tabulated and
plotted by one object. What `open_review` opens and what `readiness.review` drafts are the same.
"""

from __future__ import annotations

import datetime
import hashlib
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readiness.core.canonical import dumps, encode
from readiness.core.errors import InputError
from readiness.core.findings import Question
from readiness.core.program import tool_digest
from readiness.core.sanitize import nearest, shown, visible
from readiness.evidence.cache.fingerprint import loaded_elsewhere
from readiness.evidence.evidence import Evidence
from readiness.evidence.models.own_modules import served_modules
from readiness.report.sentences import verdict_sentence
from readiness.reviews import display
from readiness.reviews.answering import Answering, Listener
from readiness.reviews.frames import findings_frame
from readiness.reviews.parts import Part, ReviewAnswer, ReviewData, ReviewDecision, ReviewSoundness, language_of
from readiness.reviews.texts import BANNER, gathered_text, review_text
from readiness.verdict.record import SCHEMA, Record, Run, Template

if TYPE_CHECKING:
    import pandas as pd

    from readiness.reviews.to_spec import DraftSource
    from readiness.spec.schema import Spec


def to_stderr(words: str) -> None:
    """Say it to whoever waits, beside the output of the program."""
    if words and sys.stderr is not None:
        sys.stderr.write(visible(f"readiness: {words}") + "\n")
        sys.stderr.flush()


class Review(Part):
    """Six answers about one candidate, as attributes, by name, or one after the other.

    Nothing but the scores of the test rows is computed before it is looked at, and what was computed is kept. A review
    that was opened from a spec is measured whole before its first answer, so that no answer changes afterwards, and
    each part is recorded by being shown; a draft measures for each answer what it needs, and nothing of it is recorded.
    """

    def __init__(
        self,
        answering: Answering,
        *,
        source: DraftSource | None = None,
        nonce: str = "",
        started: datetime.datetime | None = None,
        listener: Listener = to_stderr,
    ) -> None:
        """`source` is what a draft was made from; `nonce` is what the host of a review handed over."""
        super().__init__(is_draft=answering.is_draft)
        self._answering, self._source, self._nonce, self._listener = answering, source, nonce, listener
        self._started = started or datetime.datetime.now(datetime.UTC)
        self._data: ReviewData | None = None
        self._soundness: ReviewSoundness | None = None
        self._answers: dict[Question, ReviewAnswer] = {}
        self._decision: ReviewDecision | None = None

    @property
    def data(self) -> ReviewData:
        """The candidate and the rows, before anything is asked."""
        if self._data is None:
            self._data = ReviewData(self._answering)
        return self._data

    @property
    def soundness(self) -> ReviewSoundness:
        """Can these rows carry an answer? Refits the model, for at most `stability.budget_seconds`."""
        if self._soundness is None:
            self._soundness = ReviewSoundness(self._answering, self._listener)
        return self._soundness

    @property
    def baseline(self) -> ReviewAnswer:
        """1. Does it beat the alternatives?"""
        return self.answer("baseline")

    @property
    def business(self) -> ReviewAnswer:
        """2. Does it meet the stated requirements?"""
        return self.answer("business")

    @property
    def segments(self) -> ReviewAnswer:
        """3. Does it work for everyone?"""
        return self.answer("segments")

    @property
    def errors(self) -> ReviewAnswer:
        """4. Are the failure modes acceptable?"""
        return self.answer("errors")

    @property
    def stability(self) -> ReviewAnswer:
        """5. Is performance consistent? Refits the model, for at most `stability.budget_seconds`."""
        return self.answer("stability")

    @property
    def production(self) -> ReviewAnswer:
        """6. Will it work in the real world? Times the model, and tries it in a process of its own."""
        return self.answer("production")

    @property
    def decision(self) -> ReviewDecision:
        """What the six answers come to; asks all of them."""
        if self._decision is None or self._decision.decision is not self._answering.decision:  # a finding was added
            self._decision = ReviewDecision(self._answering, self._mark, self._listener)
        return self._decision

    def answer(self, question: str) -> ReviewAnswer:
        """The answer to the question of this name.

        Raises:
            InputError: there is no such question.
        """
        names = [each.value for each in Question]
        if question not in names:
            raise InputError(f"There is no question {shown(question)}{nearest(str(question), names)}")
        which = Question(question)
        if which not in self._answers:
            self._answers[which] = ReviewAnswer(self._answering, which, self._listener)
        return self._answers[which]

    def __getitem__(self, question: str) -> ReviewAnswer:
        return self.answer(question)

    def __iter__(self) -> Iterator[ReviewAnswer]:
        self._answering.ask_all(self._listener)  # what the rows cannot carry is known with all six
        return (self.answer(question.value) for question in Question)

    def __len__(self) -> int:
        return len(Question)

    def table(self) -> pd.DataFrame:
        """(findings, columns): the tables of all six answers, one below the other."""
        return findings_frame(self._answering.ask_all(self._listener), note=BANNER if self._is_draft else "")

    @property
    def evidence(self) -> Evidence:
        """Everything that the questions are asked about, as far as it was measured."""
        return self._answering.measurements.latest

    @property
    def spec(self) -> Spec:
        """The spec, defaults included."""
        return self._answering.evidence.spec

    def text(self) -> str:
        """For a terminal; asks all six questions."""
        answers = self._answering.ask_all(self._listener)
        language = language_of(self._answering, *answers)
        return review_text(*self._head, answers, self._answering.decision, language, is_draft=self._is_draft)

    def to_spec(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write `model.joblib`, the tables and `readiness.yaml` into `folder`, and return the path of the spec.

        `readiness run` of that spec finds the same, and its report can be signed. The file pins the model: by writing
        it you vouch for it.

        Raises:
            InputError: files of these names exist (unless `overwrite`), the model cannot be loaded from a file, or the
                review was opened from a spec.
        """
        from readiness.reviews.to_spec import write_spec

        if self._source is None:
            raise InputError("This review was opened from a spec, which lies there already.", remedy="Copy that file.")
        return write_spec(self._source, self._answering.evidence, Path(folder), overwrite=overwrite)

    def _short(self) -> str:
        name, count = self._answering.evidence.gathered.model.name, self._answering.count
        return f"review of {shown(name)}, {count} of 6 questions asked so far; print(…) asks and shows all six"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows where there is no HTML; asks all six questions, and a notebook keeps no word of it."""
        self._answering.ask_all()
        super()._repr_pretty_(printer, cycle)

    def _repr_html_(self) -> str:
        """What Jupyter shows; asks all six questions."""
        answering = self._answering
        answering.ask_all()
        drawn = [self.answer(question.value)._figures.drawn for question in Question]
        flowchart = self.decision.drawn
        return display.review_html(
            *self._head,
            answering.ask_all(),
            answering.decision,
            drawn,
            flowchart,
            language_of(answering, *answering.ask_all()),
            is_draft=self._is_draft,
        )

    @property
    def _head(self) -> tuple[str, str]:
        record = self._record()
        return gathered_text(self._answering.evidence.gathered), verdict_sentence(
            record, language_of(self._answering, *record.answers)
        )

    def _record(self) -> Record:
        """The answers in the form that sentences are made from; it has no digests, and no report is made of it."""
        answering, spec = self._answering, self.spec
        return Record(
            SCHEMA,
            answering.decision.verdict,
            spec.evidence,
            answering.evidence.gathered,
            answering.ask_all(),
            answering.decision,
            spec.seed,
            Template("", "", stock=False),
            "",
            Run("", ""),
            "draft" if self._is_draft else "",
            only=tuple(answering.evidence.only),
            soundness=answering.soundness(),
        )

    def _mark(self) -> Mapping[str, Any]:
        """The end of the walk: with what it was computed, when, and what was not measured now."""
        evidence = self.evidence
        return {
            "nonce": self._nonce,
            "tool": f"readiness {version('readiness')}",
            "tool_sha256": tool_digest(),
            "answers": self._answering.count,
            "shown": self._digests(),
            "started": self._started.isoformat(timespec="seconds"),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "only": evidence.only,
            "reused": evidence.reused,
            "modules": (*served_modules(), *loaded_elsewhere()),
        }

    def _digests(self) -> dict[str, str]:
        """Of each part as it is now, so that nothing else can have been shown in its place."""
        answering = self._answering
        parts = {answer.question.value: answer for answer in answering.ask_all()}
        whole: dict[str, Any] = {"gathered": answering.evidence.gathered, "soundness": answering.soundness(), **parts}
        whole["decision"] = answering.decision
        return {name: hashlib.sha256(dumps(encode(part))).hexdigest() for name, part in whole.items()}
