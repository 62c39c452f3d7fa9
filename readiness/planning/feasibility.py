"""Whether the data can prove the stated criteria at all, told from target and segment columns, without a model."""

from __future__ import annotations

import datetime
import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core import policy
from readiness.core.checklist import (
    BOXES,
    NO_LIMIT,
    Proofs,
    Source,
    attestation_faults,
    attested_outcome,
    expires_soon,
    last_day,
    this_day,
)
from readiness.core.claims import Claims
from readiness.core.findings import Outcome, Question, Status
from readiness.core.format import format_against, format_threshold, listed
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.core.sanitize import escaped, shown
from readiness.evidence import tables
from readiness.evidence.columns import columns_of
from readiness.evidence.models.kinds import kind_of
from readiness.evidence.segments import Segmentation, cut_segments
from readiness.evidence.target import Target, amounts, find_target, usable
from readiness.planning import rows_needed as parts
from readiness.planning.assumptions import Assumptions, likely_task
from readiness.planning.rows_needed import size_windows
from readiness.report.sentences import topic
from readiness.spec.load import LoadedSpec
from readiness.spec.proofs import proof_fault, proofs_of
from readiness.spec.schema import Attestation, CostColumn, Requirement, Spec
from readiness.statistics.estimators import METRICS
from readiness.statistics.ranking import MINIMUM_QUERIES
from readiness.statistics.sample_size import POWER, TYPICAL_LEVEL, least_provable, minimum_rows, rows_without_slip
from readiness.verdict.claims import claims_of, segment_metrics

DENOMINATORS = {
    "recall": 1,
    "false_negative_rate": 1,
    "specificity": 0,
    "false_positive_rate": 0,
}
"""Class code of the rows that a metric counts; all rows for accuracy."""


SLIPS = {
    "recall": ("miss", "hit"),
    "false_negative_rate": ("hit", "miss"),
    "specificity": ("false alarm", "row left alone"),
    "false_positive_rate": ("row left alone", "false alarm"),
    "accuracy": ("wrong answer", "right answer"),
}
"""What must not happen once where a share is to be large, and where it is to be small."""


class Chance(StrEnum):
    """What the data can prove of a criterion, the worst first; the words are those of the terminal."""

    NOT_POSSIBLE = parts.NOT_POSSIBLE
    UNLIKELY = "UNLIKELY"
    """By a rule of thumb, where only the model could tell."""
    OPEN = "open"
    """Depends on the model, or on the machine."""
    POSSIBLE = "possible"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class Feasible:
    """What the data can prove of one criterion."""

    key: str
    text: str
    chance: Chance


def feasible(loaded: LoadedSpec) -> tuple[Feasible, ...]:
    """One entry for each criterion that rests on rows.

    Raises:
        DataError: the target or a segment column is not usable.
    """
    data = loaded.spec.data
    test = _table(loaded, "test", data.test)
    train = None if data.train is None else _table(loaded, "train", data.train)
    target = find_target(data, test[data.target], None if train is None else train[data.target], regressor=None)
    rows = usable(loaded, "test", test, target)
    # bins are cut at the quantiles of the training rows, as in the review
    reference = None if train is None else usable(loaded, "train", train, target).frame
    cuts = [cut_segments(rows.frame, entry, reference) for entry in data.segments]
    for key, cost in _cost_columns(loaded).items():
        amounts(rows.frame[cost], f"errors.costs.{key}")
    return (
        _rows(loaded, target, rows.target),
        *_names(data.id, {"test": test, **({} if train is None else {"train": train})}),
        *(() if data.query is None else (_queries(rows.target, rows.frame[data.query]),)),
        *_requirements(loaded, target, rows.target),
        *_segments(loaded, target, rows.target, cuts),
        *_windows(loaded, target, rows.target),
        *_pairs(loaded, target, rows.target),
    )


def _table(loaded: LoadedSpec, key: str, given: str) -> pd.DataFrame:
    """The columns of a table that say what it can prove; training rows may lack all but the target."""
    data, path = loaded.spec.data, loaded.resolve(given)
    wanted = (data.target, data.weight, data.group, data.query, data.id, *columns_of(data.segments))
    if key == "test":
        wanted = (*wanted, *_cost_columns(loaded).values())
    there = {data.target, *tables.header(path).columns} if key == "train" else set(wanted)
    return tables.read_table(path, list(dict.fromkeys(name for name in wanted if name is not None and name in there)))


def _cost_columns(loaded: LoadedSpec) -> dict[str, str]:
    """Columns that hold what an error costs in each row, by their key."""
    given = {key: getattr(loaded.spec.errors.costs, key, None) for key in ("false_positive", "false_negative")}
    return {key: cost.column for key, cost in given.items() if isinstance(cost, CostColumn)}


def _names(name: str | None, found: dict[str, pd.DataFrame]) -> Iterator[Feasible]:
    """Names of rows that do not tell rows apart, or that are in the training table, too."""
    ids = {key: frame[name].map(str) for key, frame in found.items() if name in frame}
    for key, values in ids.items():
        again = int(values.duplicated().sum())
        if again:
            text = f"{again:,} of the {len(values):,} rows of data.{key} repeat the name of an earlier row"
            yield Feasible("data.id", f"{text}; if they are one case, name it in data.group", Chance.FACT)
    both = int(ids["test"].isin(set(ids["train"])).sum()) if len(ids) == 2 else 0
    if both:
        text = f"{both:,} rows of data.test have the name of a row of data.train; the model may have seen them"
        yield Feasible("data.id", text, Chance.FACT)


def provable(entries: tuple[Feasible, ...]) -> tuple[str, ...]:
    """The same as lines for people, problems first: a word, then what and why."""
    ordered = sorted(entries, key=lambda entry: list(Chance).index(entry.chance))
    return tuple(f"{entry.chance:<14}{entry.key}: {entry.text}" for entry in ordered)


def _rows(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Feasible:
    if not target.task.has_classes:
        return Feasible("data.test", f"{len(coded):,} rows with a target", Chance.FACT)
    counts = np.bincount(coded.astype(np.int64), minlength=len(target.classes))
    listed = ", ".join(
        f"{count:,} {loaded.spec.data.target} = {text}" for count, text in zip(counts, target.texts, strict=True)
    )
    missing = [text for count, text in zip(counts, target.texts, strict=True) if not count]
    return Feasible("data.test", f"{len(coded):,} rows: {listed}", Chance.NOT_POSSIBLE if missing else Chance.FACT)


def _queries(coded: NDArray[np.float64], queries: pd.Series[Any]) -> Feasible:
    """Only queries with a relevant row say whether an order is right."""
    ordered = int(queries[coded > 0].nunique())
    text = f"{queries.nunique():,} queries, of which {ordered:,} have a relevant row; {MINIMUM_QUERIES} are needed"
    return Feasible("data.query", text, Chance.NOT_POSSIBLE if ordered < MINIMUM_QUERIES else Chance.FACT)


def _requirements(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Iterator[Feasible]:
    claims = claims_of(loaded.spec, target.task)
    for claim in claims.of_kind(Topic.NO_REQUIREMENTS):
        yield Feasible(claim.source, "none is stated, so question 2 cannot be a yes", Chance.NOT_POSSIBLE)
    stated = loaded.spec.business.requirements
    for claim, requirement in zip(claims.of_kind(Topic.REQUIREMENT), stated, strict=True):
        yield _requirement(claim.source, requirement, loaded, target, coded)


def _requirement(
    key: str, requirement: Requirement, loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]
) -> Feasible:
    metric = loaded.spec.metric(requirement.metric)
    words = f"{metric.title} {requirement.op} {format_threshold(requirement.limit)}"
    n, noun = _denominator(requirement.metric, loaded, target, coded)
    if metric.needs == "measurement":
        where = "the machine on which it is measured" if metric.name != "size_mb" else "the model file"
        return Feasible(key, f"{words} depends on {where}", Chance.OPEN)
    if n is None or requirement.lift_over or requirement.gain_over:
        return Feasible(key, f"{words} depends on the model's predictions", Chance.OPEN)
    wants_more = requirement.op in (">=", ">")
    share = requirement.limit if wants_more else 1 - requirement.limit
    if not 0 < share < 1:
        chance = Chance.POSSIBLE if share <= 0 else Chance.NOT_POSSIBLE
        end = "all" if share >= 1 else "at least nothing"
        return Feasible(key, f"{words}: a share cannot be proven to be {end}", chance)
    alpha = loaded.spec.alpha
    best = least_provable(n, alpha) if n else 0.0
    limit = format_against(best if wants_more else 1 - best, requirement.limit, digits=3)
    fewest = int(np.ceil(np.log(alpha) / np.log(share) - 1e-9))
    slip = SLIPS[metric.name][0 if wants_more else 1]
    reach = f"{metric.title} of at {'least' if wants_more else 'most'} {limit} could be proven"
    text = f"{words} needs {fewest:,} {noun} without a {slip}; with the {n:,} here and no {slip}, {reach}"
    return Feasible(key, text, Chance.POSSIBLE if n >= fewest else Chance.NOT_POSSIBLE)


def _denominator(metric: str, loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> tuple[int | None, str]:
    if metric == "accuracy":
        return len(coded), "rows"
    if target.task is not Task.BINARY or metric not in DENOMINATORS:
        return None, ""
    code = DENOMINATORS[metric]
    return int((coded == code).sum()), f"rows with {loaded.spec.data.target} = {target.texts[code]}"


def _segments(
    loaded: LoadedSpec, target: Target, coded: NDArray[np.float64], cuts: list[Segmentation]
) -> Iterator[Feasible]:
    if not cuts:
        yield Feasible(
            "data.segments", "no segment column is named, so question 3 cannot be a yes", Chance.NOT_POSSIBLE
        )
    for metric in segment_metrics(loaded.spec, target.task):
        if metric in ("accuracy", *DENOMINATORS) and (metric == "accuracy" or target.task is Task.BINARY):
            yield from (_cut(loaded, target, metric, coded, cut) for cut in cuts)


def _cut(loaded: LoadedSpec, target: Target, metric: str, coded: NDArray[np.float64], cut: Segmentation) -> Feasible:
    """Whether enough rows lie in segments of a size that could be assessed at a typical level of the metric."""
    criteria = loaded.spec.segments
    counted = np.ones(len(coded), dtype=bool) if metric == "accuracy" else coded == DENOMINATORS[metric]
    needed = (
        minimum_rows(TYPICAL_LEVEL, criteria.limit, alpha=loaded.spec.alpha, power=criteria.power) or len(coded) + 1
    )
    rows = np.bincount(cut.codes[counted], minlength=len(cut.labels))
    large = rows >= needed
    covered = float(cut.counts[large].sum() / cut.counts.sum())
    small = [f"{cut.text(code)} ({rows[code]:,})" for code in np.flatnonzero(~large).tolist()]
    listed = f"; too few: {', '.join(small[:4])}" + (f" and {len(small) - 4} more" if len(small) > 4 else "")
    noun = "rows" if metric == "accuracy" else _denominator(metric, loaded, target, coded)[1]
    text = f"for {METRICS[metric].title} each segment needs about {needed:,} {noun}; the segments with enough hold "
    text += f"{_percent(covered)} of the rows" + (listed if small else "")
    enough = covered >= criteria.coverage and all(large[code] for code in cut.critical)
    # Never NOT POSSIBLE: how many rows are enough depends on the level that the model will have.
    return Feasible(f"data.segments, {cut.name}", text, Chance.POSSIBLE if enough else Chance.UNLIKELY)


def _percent(share: float) -> str:
    """In whole percent; all and nothing are said of nothing less."""
    return f"{min(max(round(100 * share), 1), 99) if 0 < share < 1 else round(100 * share)} %"


def _windows(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Iterator[Feasible]:
    """By the rule of plan and review, at the level that a plan would assume."""
    spec, windows = loaded.spec, list[parts.Planned]()
    share = float((coded == 1).mean()) if target.task is Task.BINARY else 0.0
    stated = {"prevalence": share} if 0 < share < 1 else {}
    a = Assumptions(spec, target.task, stated)
    for claim in claims_of(spec, target.task).of_kind(Topic.WINDOW):
        windows += parts.countable(claim.source, size_windows(a, claim, POWER))
    for entry in windows:
        there = f"there are {len(coded):,} here"
        if entry.rows is None:
            yield Feasible(entry.key, f"{entry.text}: {entry.own or 'depends on the model'}; {there}", Chance.OPEN)
            continue
        text = f"{entry.text} needs about {entry.rows:,} rows; {there}"
        few = len(coded) < entry.rows
        way = "; with fewer, question 5 cannot be a yes: give more rows, or leave out data.time" if few else ""
        yield Feasible(entry.key, text + way, Chance.UNLIKELY if few else Chance.POSSIBLE)


def _pairs(loaded: LoadedSpec, target: Target, coded: NDArray[np.float64]) -> Iterator[Feasible]:
    spec = loaded.spec
    for claim in claims_of(spec, target.task).of_kind(Topic.MONOTONIC, Topic.INVARIANT):
        assert claim.criterion is not None
        fewest = rows_without_slip(claim.criterion.threshold, spec.alpha)
        text = f"{shown(claim.name)} needs {fewest:,} rows without a break; there are {len(coded):,} here"
        yield Feasible(claim.source, text, Chance.POSSIBLE if len(coded) >= fewest else Chance.NOT_POSSIBLE)


# ----------------------------------------------------------------------------------------------------
# The questions that this spec and this data can answer yes at all; told before a model is loaded.

CANNOT, UNLIKELY, CAN = "cannot be a yes", "unlikely to be a yes", "can be a yes"
MOST_NAMED = 4


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
    claims = claims_of(loaded.spec, likely_task(loaded.spec))
    obstacles: dict[Question, Callable[[], Iterable[str]]] = {
        Question.BASELINE: lambda: _baseline(loaded.spec),
        Question.BUSINESS: lambda: _too_few(loaded.spec, entries, "business.requirements, "),
        Question.SEGMENTS: lambda: (),
        Question.ERRORS: lambda: (),
        Question.STABILITY: lambda: _stability(loaded),
        Question.PRODUCTION: lambda: _production(loaded, entries, day or this_day()),
    }
    return tuple(
        Possible(question, (*_unstated(claims, question), *obstacles[question]()), _doubts(question, entries))
        for question in Question
    )


def _doubts(question: Question, entries: tuple[Feasible, ...]) -> tuple[str, ...]:
    keys = {Question.SEGMENTS: "data.segments", Question.STABILITY: "stability.windows"}
    begins = keys.get(question)
    unlikely = [e for e in entries if begins and e.key.startswith(begins) and e.chance is Chance.UNLIKELY]
    names = dict.fromkeys(entry.key.removeprefix("data.segments, ") for entry in unlikely)
    return (f"too few rows for {_few(list(names))}",) if names else ()


_UNSTATED = {
    Topic.NO_REQUIREMENTS: "no requirement is stated",
    Topic.NO_SEGMENTS: "no segment column is named",
    Topic.SAVINGS: "no costs are stated",
}


def _unstated(claims: Claims, question: Question) -> Iterator[str]:
    """What the spec demands without a bar; technical limits are told together, and may be attested."""
    for claim in claims.of(question):
        if claim.lacking and claim.key.kind in _UNSTATED:
            yield f"{_UNSTATED[claim.key.kind]} ({claim.source})"


def _baseline(spec: Spec) -> Iterator[str]:
    human = spec.baseline.human
    if human is not None and human.n is None and spec.evidence == "interval":
        yield "how sure the human figure is, nobody says (baseline.human.n)"


def _too_few(spec: Spec, entries: tuple[Feasible, ...], part: str) -> Iterator[str]:
    hopeless = [e.key.removeprefix(part) for e in entries if e.chance is Chance.NOT_POSSIBLE and e.key.startswith(part)]
    if hopeless and spec.evidence == "interval":
        yield f"too few rows for {_few(hopeless)}"


def _stability(loaded: LoadedSpec) -> Iterator[str]:
    spec = loaded.spec
    if spec.data.train is None:
        yield "there are no training rows to refit on (data.train)"
    elif spec.supplied.folds is None and spec.model.path is None:
        what = "a served model" if spec.model.can_be_asked else "predictions"
        yield f"{what} cannot be refitted (supplied.folds)"
    elif spec.supplied.folds is None and spec.model.loader is None and spec.model.path is not None:
        kind = kind_of(loaded.resolve(spec.model.path))
        if kind.refits_unavailable is not None:
            yield f"{kind.article} cannot be refitted (supplied.folds)"


def _production(loaded: LoadedSpec, entries: tuple[Feasible, ...], day: datetime.date) -> Iterator[str]:
    spec, proofs = loaded.spec, proofs_of(loaded)

    def is_attested(topic: Topic) -> bool:
        return _is_attested(spec, topic, day, proofs)

    unlimited = claims_of(spec, likely_task(spec)).of_kind(*NO_LIMIT)
    limits = [claim.source for claim in unlimited if not is_attested(claim.key.kind)]
    if limits:
        yield f"no limit is stated for {_few(limits)}"
    if spec.data.train is None and not is_attested(Topic.DRIFT):
        yield "drift needs the training rows (data.train)"
    if not spec.model.can_be_asked:
        yield from _unasked(spec)
    yield from _too_few(spec, entries, "production.")
    asked = [box for box in BOXES if box.source is Source.ATTESTED]
    outcomes = [attested_outcome(spec.checklist.get(box.key), day, proofs) for box in asked]
    left = [outcome for outcome in outcomes if outcome.status is not Status.MET]
    if left:
        yield f"{len(left)} of {len(asked)} boxes are not attested (checklist)"


def _unasked(spec: Spec) -> Iterator[str]:
    """What takes a model that can be asked, where there are predictions alone."""
    must = (*policy.MUST_PROBES, *spec.production.must_handle)
    if missing := [name for name in must if name not in spec.supplied.probes]:
        yield f"predictions cannot be probed ({_few([f'supplied.probes.{name}' for name in missing])})"
    if stated := [f"production.{key}" for key in ("monotonic", "invariant") if getattr(spec.production, key)]:
        yield f"predictions cannot be asked again with other values ({_few(stated)})"


def _is_attested(spec: Spec, topic: Topic, day: datetime.date, proofs: Proofs) -> bool:
    """Whether the measured box of this finding is closed by a person in place of a measurement.

    What will be measured lacks its limit alone, which nobody can attest; but the box may not apply.
    """
    box = next(box for box in BOXES if topic in box.topics and box.source is Source.MEASURED)
    outcome = attested_outcome(spec.checklist.get(box.key), day, proofs)
    if topic in NO_LIMIT and spec.model.can_be_asked:
        return outcome is Outcome.NOT_APPLICABLE
    return outcome.status is Status.MET


def _few(names: list[str]) -> str:
    return listed(names, most=MOST_NAMED)


# ----------------------------------------------------------------------------------------------------
# What the writer of a spec has left to do: TODOs, empty texts, boxes that are pending, expired or soon to expire.

TEXTS = (
    "purpose",
    "out_of_scope",
    "owner",
    "prepared_by",
    "risk",
    "population",
    "labels",
    "changes",
    "limitations",
    "oversight",
)
"""Of `about`, those that the first page of a report lists as "not provided" where they are empty."""
LIBRARIES: Mapping[str, str] = {".keras": "keras", ".h5": "keras", ".pt": "torch", ".pth": "torch"}
"""What a loader of such a file most likely imports."""


def left_to_do(loaded: LoadedSpec, day: datetime.date | None = None) -> tuple[str, ...]:
    """One line for each kind of thing that is left; none where nothing is. Today, unless a day is given."""
    return (*_boxes(loaded, day or this_day()), *_loader(loaded), *_threshold(loaded), *_todos(loaded), *_texts(loaded))


def _boxes(loaded: LoadedSpec, day: datetime.date) -> Iterator[str]:
    given, proofs = loaded.spec.checklist, proofs_of(loaded)
    asked = dict.fromkeys((*(box.key for box in BOXES if box.source is Source.ATTESTED), *given))
    outcomes = {key: attested_outcome(given.get(key), day, proofs) for key in asked}
    expired = [key for key, outcome in outcomes.items() if outcome is Outcome.EXPIRED]
    soon = [key for key, each in given.items() if outcomes[key].status is Status.MET and expires_soon(each, day)]
    unfounded = [key for key, each in given.items() if each.done and outcomes[key] is Outcome.MISSING]
    open_ones = (Outcome.PENDING, Outcome.MISSING)
    pending = [key for key, outcome in outcomes.items() if outcome in open_ones and key not in unfounded]
    for keys, said in ((expired, "expired"), (soon, "expires soon")):
        if keys:
            yield f"checklist, {said}: {_few([f'{key} ({last_day(given[key])})' for key in keys])}"
    for key in unfounded:
        yield f"checklist.{key} does not count: {_faults(given[key], day, loaded)}"
    if pending:
        yield f"checklist, pending: {len(pending)} of {len(outcomes)} boxes ({_few(pending)})"


def _faults(attestation: Attestation, day: datetime.date, loaded: LoadedSpec) -> str:
    """Why what is attested as done does not count, with what lies at the path of its evidence."""
    fault = proof_fault(attestation.evidence, loaded)
    named = f"{fault} ({shown(attestation.evidence)})" if fault and attestation.evidence.strip() else fault
    return "; ".join(attestation_faults(attestation, day, named))


def _loader(loaded: LoadedSpec) -> Iterator[str]:
    model = loaded.spec.model
    library = LIBRARIES.get(Path(model.path or "").suffix.lower())
    if model.loader is not None and library is not None and importlib.util.find_spec(library) is None:
        yield f'model.loader: {library} is not installed here; pip install "readiness[{library}]"'


def _threshold(loaded: LoadedSpec) -> Iterator[str]:
    threshold = loaded.spec.model.threshold
    if threshold is not None and not 0 <= threshold <= 1:
        alike = "no row" if threshold > 1 else "every row"
        why = f"where the model gives probabilities, {alike} would be positive, and the review refuses it"
        yield f"model.threshold: {threshold:g} lies outside of 0 to 1; {why}"


def _todos(loaded: LoadedSpec) -> Iterator[str]:
    for path, _ in loaded.files:
        # lines that only explain begin with ##
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [str(n) for n, line in enumerate(lines, 1) if re.search(r"\bTODO\b", line) and line.strip()[:2] != "##"]
        if found:
            which = f"line{'s' if len(found) > 1 else ''} {_few(found)}"
            yield f"{escaped(path.name)}: {len(found)} line{'s' if len(found) > 1 else ''} with TODO ({which})"


def _texts(loaded: LoadedSpec) -> Iterator[str]:
    empty = [name for name in TEXTS if not getattr(loaded.spec.about, name)]
    if empty:
        yield f"about: {len(empty)} of {len(TEXTS)} texts are empty ({_few(empty)})"
