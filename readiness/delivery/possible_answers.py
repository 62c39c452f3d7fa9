"""Which of the six questions can this spec and this data answer yes at all? Told before a model is loaded."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from readiness import criteria as policy
from readiness.answers import Outcome, Question, Status
from readiness.checklist import BOXES, Proofs, Source, attested_outcome, this_day
from readiness.delivery.feasibility import Chance, Feasible
from readiness.evidence.models.kinds import Kind, kind_of
from readiness.narrative import topic
from readiness.numbers import listed
from readiness.spec import Spec
from readiness.spec.proofs import proofs_of
from readiness.spec.reading import LoadedSpec
from readiness.verdict.expected_bars import unstated_codes

CANNOT, UNLIKELY, CAN = "cannot be a yes", "unlikely to be a yes", "can be a yes"
NOT_REFITTED = (Kind.ONNX, Kind.ONNX_FOLDER)
"""Kinds of files that hold no training procedure."""
MOST_NAMED = 4
_LIMITS = {
    "PROD-LATENCY-LIMIT": "production.latency_p99_ms",
    "PROD-THROUGHPUT-LIMIT": "production.throughput_per_second",
    "PROD-SIZE-LIMIT": "production.size_mb",
    "PROD-MEMORY-LIMIT": "production.memory_mb",
}


@dataclass(frozen=True, slots=True)
class Possible:
    """Whether one question can be answered yes."""

    question: Question
    obstacles: tuple[str, ...] = ()
    """What rules a yes out."""
    doubts: tuple[str, ...] = ()
    """What makes a yes unlikely."""

    @property
    def words(self) -> str:
        """One line: "4 Errors: cannot be a yes: no costs are stated (errors.costs)"."""
        said = CANNOT if self.obstacles else UNLIKELY if self.doubts else CAN
        why = "; ".join(self.obstacles or self.doubts)
        return f"{self.question.number} {topic(self.question)}: {said}" + (f": {why}" if why else "")


def possible_answers(
    loaded: LoadedSpec, entries: tuple[Feasible, ...], day: datetime.date | None = None
) -> tuple[Possible, ...]:
    """The six questions in their order; `entries` say what the rows can prove. Today, unless a day is given."""
    obstacles: dict[Question, Callable[[], Iterator[str]]] = {
        Question.BASELINE: lambda: _baseline(loaded.spec),
        Question.BUSINESS: lambda: _business(loaded.spec, entries),
        Question.SEGMENTS: lambda: _possible_segments(loaded.spec),
        Question.ERRORS: lambda: _errors(loaded.spec),
        Question.STABILITY: lambda: _stability(loaded),
        Question.PRODUCTION: lambda: _production(loaded.spec, day or this_day(), proofs_of(loaded)),
    }
    return tuple(Possible(question, tuple(obstacles[question]()), _doubts(question, entries)) for question in Question)


def _doubts(question: Question, entries: tuple[Feasible, ...]) -> tuple[str, ...]:
    keys = {Question.SEGMENTS: "data.segments", Question.STABILITY: "stability.windows"}
    begins = keys.get(question)
    unlikely = [e for e in entries if begins and e.key.startswith(begins) and e.chance is Chance.UNLIKELY]
    names = dict.fromkeys(entry.key.removeprefix("data.segments, ") for entry in unlikely)
    return (f"too few rows for {_few(list(names))}",) if names else ()


def _baseline(spec: Spec) -> Iterator[str]:
    human = spec.baseline.human
    if human is not None and human.n is None and spec.evidence == "interval":
        yield "how sure the human figure is, nobody says (baseline.human.n)"


def _business(spec: Spec, entries: tuple[Feasible, ...]) -> Iterator[str]:
    if not spec.business.requirements:
        yield "no requirement is stated (business.requirements)"
    hopeless = [e for e in entries if e.chance is Chance.NOT_POSSIBLE and e.key.startswith("business.requirements, ")]
    if hopeless and spec.evidence == "interval":
        yield f"too few rows for {_few([entry.key.removeprefix('business.requirements, ') for entry in hopeless])}"


def _possible_segments(spec: Spec) -> Iterator[str]:
    if not spec.data.segments:
        yield "no segment column is named (data.segments)"


def _errors(spec: Spec) -> Iterator[str]:
    if spec.errors.costs is None:
        yield "no costs are stated (errors.costs)"


def _stability(loaded: LoadedSpec) -> Iterator[str]:
    spec = loaded.spec
    if spec.data.train is None:
        yield "there are no training rows to refit on (data.train)"
    elif spec.supplied.folds is None and spec.model.path is None:
        yield "predictions cannot be refitted (supplied.folds)"
    elif spec.supplied.folds is None and spec.model.loader is None and spec.model.path is not None:
        kind = kind_of(loaded.resolve(spec.model.path))
        if kind in NOT_REFITTED:
            yield f"{kind.article} cannot be refitted (supplied.folds)"


def _production(spec: Spec, day: datetime.date, proofs: Proofs) -> Iterator[str]:

    def is_attested(code: str) -> bool:
        return _is_attested(spec, code, day, proofs)

    limits = [_LIMITS[code] for code in unstated_codes(spec) if code in _LIMITS and not is_attested(code)]
    if limits:
        yield f"no limit is stated for {_few(limits)}"
    if spec.data.train is None and not is_attested("PROD-DRIFT"):
        yield "drift needs the training rows (data.train)"
    if spec.model.path is None and (missing := [p for p in policy.MUST_PROBES if p not in spec.supplied.probes]):
        yield f"predictions cannot be probed ({_few([f'supplied.probes.{name}' for name in missing])})"
    asked = [box for box in BOXES if box.source is Source.ATTESTED]
    outcomes = [attested_outcome(spec.checklist.get(box.key), day, proofs) for box in asked]
    left = [outcome for outcome in outcomes if outcome.status is not Status.MET]
    if left:
        yield f"{len(left)} of {len(asked)} boxes are not attested (checklist)"


def _is_attested(spec: Spec, code: str, day: datetime.date, proofs: Proofs) -> bool:
    """Whether the measured box of this finding is closed by a person in place of a measurement.

    What will be measured lacks its limit alone, which nobody can attest; but the box may not apply.
    """
    box = next(box for box in BOXES if box.code and code.startswith(box.code) and box.source is Source.MEASURED)
    outcome = attested_outcome(spec.checklist.get(box.key), day, proofs)
    if code in _LIMITS and spec.model.path is not None:
        return outcome is Outcome.NOT_APPLICABLE
    return outcome.status is Status.MET


def _few(names: list[str]) -> str:
    return listed(names, most=MOST_NAMED)
