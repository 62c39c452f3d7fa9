"""From a spec to evidence: everything is read once, and the candidate scores every row once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import DataError, ReadinessError, ScoringError
from readiness.core.files import Artifact, Role
from readiness.core.findings import Question
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.provenance import DataFacts, Gathered, Isolation, ModelFacts, weakest
from readiness.core.selection import questions_of
from readiness.evidence import baselines, tables
from readiness.evidence.cache.cache import TEST, UNUSED, Cache, CacheSetup
from readiness.evidence.cache.entries import cached_scores
from readiness.evidence.cache.scored_rows import keep_rows
from readiness.evidence.candidate import Candidate
from readiness.evidence.columns import (
    Needed,
    columns_of,
    features_of,
    keep_shared,
    needed_columns,
    with_same_spare,
    with_spare,
    without_features,
)
from readiness.evidence.copies import Asked, Copies, Table, asked_of, check_recent, copies_if_any
from readiness.evidence.drift import drift_tables
from readiness.evidence.environment import environment
from readiness.evidence.evidence import Evidence, Recent, Training, Unused
from readiness.evidence.limits import check_threshold
from readiness.evidence.preflight import fit_target
from readiness.evidence.recent import recent_rows
from readiness.evidence.segments import as_dates, cut_segments, moments
from readiness.evidence.sources import Origin, file_origins
from readiness.evidence.supplied.read import read_supplied
from readiness.evidence.target import Rows, Target, amounts, find_target, interval_columns, usable, without_copies
from readiness.evidence.workers.cells import check_isolation
from readiness.evidence.workers.metrics import own_functions
from readiness.evidence.workers.model import Model
from readiness.evidence.workers.prepared import Prepared, prepare
from readiness.evidence.workers.worker import Scores
from readiness.spec.load import LoadedSpec, normalised, set_keys
from readiness.spec.proofs import proof_paths
from readiness.spec.registry import local_name
from readiness.spec.schema import CostColumn, Spec
from readiness.spec.usual_segments import unsegmented
from readiness.statistics.cases import Cases

# ----------------------------------------------------------------------------------------------------
# What was found before the first question: files, rows, classes, and where the review runs.


def describe_evidence(
    loaded: LoadedSpec,
    model: Model | None,
    target: Target,
    test: Rows,
    train: Rows | None,
    features: tuple[str, ...],
    scores: Scores,
    tables: Sequence[Artifact],
    others: Sequence[Isolation] = (),
) -> Gathered:
    """Candidate, files (`tables` among them), rows and surroundings, as they stand in the record; `others` is how
    further models were kept apart.
    """
    spec = loaded.spec
    return Gathered(
        model=ModelFacts(
            spec.model.name,
            spec.model.version,
            "predictions only" if model is None else model.kind,
            () if model is None or model.is_served else (model.artifact,),
            (*(() if model is None else model.notes), *scores.notes),
        ),
        inputs=_inputs(loaded, tables),
        data=_facts(loaded, target, test, train, features),
        environment=environment(),
        spec=normalised(spec),
        set_keys=set_keys(spec),
        settings=loaded.settings,
        isolation=weakest((*(() if model is None else (model.isolation,)), *others)),
    )


def _inputs(loaded: LoadedSpec, tables: Sequence[Artifact]) -> tuple[Artifact, ...]:
    """Every file that the review reads besides the model, by role; tables with rows and columns."""
    files = [*loaded.inputs, *tables]
    current = loaded.spec.baseline.current
    if current is not None and current.path is not None and loaded.resolve(current.path).exists():
        files.append(Artifact.of(loaded.resolve(current.path), Role.CURRENT, file=local_name(current.path)))
    files += [Artifact.of(loaded.resolve(given), role) for role, given in loaded.spec.supplied.files.items()]
    files += [Artifact.of(path, Role.EVIDENCE, file=text) for text, path in proof_paths(loaded).items()]
    return tuple(files)


def _facts(loaded: LoadedSpec, target: Target, test: Rows, train: Rows | None, features: tuple[str, ...]) -> DataFacts:
    data = loaded.spec.data
    counts = () if not target.task.has_classes else tuple(np.bincount(test.target, minlength=len(target.classes)))
    binary = target.task is Task.BINARY
    first, last = _period(test.frame, data.time)
    return DataFacts(
        task=target.task.value,
        target=data.target,
        rows_read=test.read,
        rows_scored=len(test.target),
        dropped=test.dropped,
        classes=target.texts,
        class_rows=tuple(int(count) for count in counts),
        positive=target.texts[1] if binary else "",
        positives=int(counts[1]) if binary else None,
        train_rows=None if train is None else len(train.target),
        features=len(features),
        first=first,
        last=last,
        queries=None if data.query is None else int(test.frame[data.query].nunique()),
    )


def _period(frame: pd.DataFrame, column: str | None) -> tuple[str, str]:
    if column is None:
        return "", ""
    dates = as_dates(frame[column])
    known = (frame[column] if dates is None else dates).dropna()  # any sortable mark of time, such as a period number
    if known.empty:
        return "", ""
    first, last = known.min(), known.max()
    return (str(first), str(last)) if dates is None else (first.isoformat(), last.isoformat())


# ----------------------------------------------------------------------------------------------------


def gather(
    spec_path: str | Path,
    sha256: str | None = None,
    *,
    settings: str = "",
    only: str = "",
    cache: str = "",
    candidate_number: int = 1,
) -> Evidence:
    """Read the spec and its tables, load the candidate, and score every test row once.

    Args:
        spec_path: The review's `readiness.yaml`.
        sha256: Digest of the spec as the host read it; empty or None: any.
        settings: Keys of the spec that are set from outside, one KEY=VALUE in each line.
        only: Names of the questions to ask, separated by commas; empty: all six.
        cache: Folder in which measurements are kept and found again; empty: everything is measured now.
        candidate_number: Which candidate on these test rows this is; it counts where the spec asks for a correction.

    Raises:
        InputError: the spec, a table or the model file is not usable.
        ScoringError: the candidate could not score the test rows.
    """
    prepared = prepare(spec_path, sha256, settings=settings).counted(candidate_number)
    return gather_prepared(prepared, only=only, cache=cache)


def gather_prepared(prepared: Prepared, *, only: str = "", cache: str = "") -> Evidence:
    """The same of a spec that was read, and whose candidate may be loaded from now on.

    Raises:
        InputError: a table or the model file is not usable.
        ScoringError: the candidate could not score the test rows.
    """
    loaded, model = prepared.loaded, prepared.model
    if model is not None:
        model.worker.begin()
    asked = questions_of(only)
    origins = file_origins(loaded)
    setup = CacheSetup.open(cache, tuple(origin.head.path for origin in origins.values()))
    return gather_from(loaded, model, origins, setup, asked)


def gather_from(
    loaded: LoadedSpec,
    model: Model | None,
    origins: Mapping[str, Origin],
    setup: CacheSetup | None = None,
    only: tuple[Question, ...] = (),
) -> Evidence:
    """The evidence about a candidate that is loaded already; `origins` are its tables by key: test, train, recent.

    `setup` leads to what was measured earlier; without one, everything is measured now. `only` are the questions that a
    partial review asks: what none of them looks at is not read.

    Raises:
        InputError: a table is not usable, or does not fit the spec.
        ScoringError: the candidate could not score the test rows.
    """
    if model is not None:
        check_isolation(model.isolation, loaded.spec)
    heads = {key: origin.head for key, origin in origins.items()}
    named = () if model is None else model.worker.about.feature_names
    features = features_of(loaded.spec, heads["test"].columns, named)
    columns = needed_columns(loaded, features, {key: head.columns for key, head in heads.items()})
    if _looks(only, Question.BASELINE):
        columns["test"] = with_spare(loaded, columns["test"], features, heads["test"], origins["test"].size)
        if "train" in columns:
            columns["train"] = with_same_spare(columns["train"], columns["test"], heads["train"], origins["train"].size)
    if "train" in columns and not _looks(only, Question.BASELINE, Question.STABILITY, Question.PRODUCTION):
        columns["train"] = without_features(loaded.spec, columns["train"])
    test = _read(loaded, "test", origins["test"], columns)
    train = _read(loaded, "train", origins["train"], columns) if "train" in origins else None
    newest = None
    if "recent" in columns:
        columns["recent"] = keep_shared(columns["test"], columns["recent"], heads["recent"].columns)
        newest = _read(loaded, "recent", origins["recent"], columns)
    target = _target(loaded, test, train, model)
    fit_target(loaded, target.task, target.classes)
    tested = usable(loaded, "test", test, target)
    trained = None if train is None else usable(loaded, "train", train, target)
    asked = asked_of(loaded.spec, features, tested.frame)
    tested, copies = _without_copies(loaded.spec, tested, trained, asked)
    recent = None if newest is None else recent_rows(newest, target, loaded.spec.data.target)
    if newest is not None:
        others = {"test": test} if train is None else {"test": test, "train": train}
        check_recent(newest, others, asked, loaded.spec.data.time)
    elsewhere = read_supplied(loaded, target, tested, trained)
    inputs = {key: origin.artifact(Role(key)) for key, origin in origins.items()}
    cache = _cache_for_rows(Cache() if setup is None else setup.cache_for(loaded, inputs), copies)
    assembled = _assemble(loaded, model, features, target, tested, trained, recent, inputs, cache, only)
    _check_folds(loaded, assembled.gathered.inputs, elsewhere.folds_sha256)
    facts = replace(assembled.gathered.data, unsegmented=unsegmented(loaded.spec, heads["test"].columns))
    evidence = replace(assembled, elsewhere=elsewhere, copies=copies, gathered=replace(assembled.gathered, data=facts))
    if cache.store is not None:
        keep_rows(evidence, cache.store)
    return evidence


def _without_copies(spec: Spec, test: Rows, train: Rows | None, asked: Asked) -> tuple[Rows, Copies | None]:
    """The test rows without a few copies, and which of them are copies; None where that cannot be told."""
    there = None if train is None else Table(train.frame, train.target)
    copies = copies_if_any(Table(test.frame, test.target), there, asked)
    return (test, copies) if copies is None or spec.data.query is not None else without_copies(test, copies)


def _cache_for_rows(cache: Cache, copies: Copies | None) -> Cache:
    """The same about the test rows that are left, where copies were left out."""
    if copies is None or copies.stay.all():
        return cache
    left = hashlib.sha256(np.packbits(copies.stay).tobytes()).hexdigest()
    return replace(cache, about={**cache.about, "left": left})


def _check_folds(loaded: LoadedSpec, inputs: Sequence[Artifact], digest: str) -> None:
    """The table of the supplied folds lies there as it was parsed."""
    folds = loaded.spec.supplied.folds
    if folds is None or folds.table is None or not digest:
        return
    path = loaded.resolve(folds.table)
    if digest not in {each.sha256 for each in inputs if each.role is Role.SUPPLIED_FOLDS}:
        raise DataError(f"{path} changed while it was being read.", remedy="Run again on a file at rest.")


def _read(loaded: LoadedSpec, key: str, origin: Origin, columns: dict[str, Needed]) -> pd.DataFrame:
    data = loaded.spec.data
    try:
        frame = origin.read((*columns[key].all, *columns[key].spare))
    except DataError:
        if not columns[key].spare:
            raise
        frame = origin.read(columns[key].all)  # a column that nobody asked for is no fault
    for name in (data.target, data.group, data.time, data.query, *columns_of(data.segments)):
        if name is not None and name in frame and tables.holds_many(frame[name]):
            raise DataError(
                f"The column {name!r} of data.{key} holds lists or records; expected one value for each row.",
                remedy="Turn it into one value for each row, or name another column.",
            )
    if key in ("test", "train") and data.time is not None and data.time in frame:
        _times(loaded, key, frame)  # told before anything is computed
    return frame


def _times(loaded: LoadedSpec, key: str, frame: pd.DataFrame) -> pd.Series[Any]:
    name = loaded.spec.data.time
    return moments(frame[name], f"data.time names the column {name!r} of data.{key}, which")


def _target(loaded: LoadedSpec, test: pd.DataFrame, train: pd.DataFrame | None, model: Model | None) -> Target:
    data = loaded.spec.data
    regressor = None if model is None else model.worker.about.regressor
    return find_target(data, test[data.target], None if train is None else train[data.target], regressor=regressor)


def _score(
    loaded: LoadedSpec,
    candidate: Candidate | None,
    frame: pd.DataFrame,
    target: Target,
    cache: Cache,
    part: str = TEST,
) -> Scores:
    if candidate is not None:
        return cached_scores(cache, part, candidate, frame)
    predictions = loaded.spec.model.predictions
    if predictions is None:
        raise ScoringError("The spec names neither a model file nor predictions.")
    return baselines.from_columns(predictions, frame, target, loaded.spec.model.threshold)


def _score_unused(
    loaded: LoadedSpec, candidate: Candidate | None, rows: Rows, target: Target, cache: Cache
) -> Unused | None:
    """The rows that cannot be judged, scored like the others; what fails there is not fatal."""
    if rows.unused is None:
        return None
    frame, truth = rows.unused
    said: Scores | Missing
    try:
        said = _score(loaded, candidate, frame, target, cache, UNUSED)
    except ReadinessError as error:
        said = Missing(error.message, error.remedy)
    return Unused(frame, truth, said)


def _assemble(
    loaded: LoadedSpec,
    model: Model | None,
    features: tuple[str, ...],
    target: Target,
    test: Rows,
    train: Rows | None,
    recent: Recent | None,
    inputs: Mapping[str, Artifact],
    cache: Cache,
    only: tuple[Question, ...],
) -> Evidence:
    spec = loaded.spec
    candidate = None if model is None else _candidate(loaded, model, features, target)
    own = Cache() if model is None or candidate is None else cache.for_model(spec.model, model, candidate)
    reference = None if train is None else train.frame
    cuts = tuple(cut_segments(test.frame, entry, reference) for entry in spec.data.segments)  # told before scoring
    scores = _score(loaded, candidate, test.frame, target, own)
    check_threshold(spec.model.threshold, "model.threshold", is_probability=scores.is_probability)
    cases = _cases(loaded, test, target, scores)
    unused = _score_unused(loaded, candidate, test, target, own)
    rivals = _looks(only, Question.BASELINE, Question.BUSINESS, Question.ERRORS)
    current = baselines.current(loaded, test.frame, features, cases, target, cache) if rivals else baselines.NO_MODEL
    others = (
        *baselines.trivial(cases, None if train is None else train.target),
        *baselines.rules(spec, test.frame, cases, target),
        *current.alternatives,
    )
    training = None if train is None else _training(loaded, train, features)
    return Evidence(
        spec=spec,
        gathered=describe_evidence(
            loaded, model, target, test, train, features, scores, tuple(inputs.values()), current.ran
        ),
        cases=cases,
        alternatives=others,
        segmentations=cuts,
        costs=_costs(loaded, test.frame),
        shown=_frame_to_show(loaded, test.frame),
        given_interval=interval_columns(spec.errors.interval, test.frame),
        drift=drift_tables(spec.seed, test.frame, reference, features, None if recent is None else recent.frame),
        candidate=candidate,
        model=model,
        rows=test.frame,
        unused=unused,
        training=training,
        recent=recent,
        folder=loaded.folder,
        only=only,
        reused=cache.summarize_hits(),
        cache=replace(own, objects=(candidate, test.frame, cases, training)),
    )


def _looks(only: tuple[Question, ...], *questions: Question) -> bool:
    """Whether one of the questions is asked."""
    return not only or not set(only).isdisjoint(questions)


def _candidate(loaded: LoadedSpec, model: Model, features: tuple[str, ...], target: Target) -> Candidate:
    return Candidate.of(
        model.worker,
        features,
        task=target.task,
        classes=target.classes,
        threshold=loaded.spec.model.threshold,
        seed=loaded.spec.seed,
        query=loaded.spec.data.query,
    )


def _cases(loaded: LoadedSpec, rows: Rows, target: Target, scores: Scores) -> Cases:
    data = loaded.spec.data
    return Cases(
        target.task,
        rows.target,
        scores.predicted,
        scores.scores,
        max(2, len(target.classes)),
        scores.is_probability,
        None if data.weight is None else rows.frame[data.weight].to_numpy(dtype=np.float64),
        None if data.group is None else pd.factorize(rows.frame[data.group])[0].astype(np.int64),
        None if data.time is None else _ranks(_times(loaded, "test", rows.frame)),
        queries=None if data.query is None else _codes(rows.frame[data.query]),
        own=own_functions(loaded, target),
    )


def _codes(values: pd.Series[Any]) -> NDArray[np.int64]:
    return pd.factorize(values)[0].astype(np.int64)


def _ranks(times: pd.Series[Any]) -> NDArray[np.int64]:
    """Ranks of the rows in time; rows without a time come last."""
    codes = pd.factorize(times, sort=True)[0].astype(np.int64)
    return np.where(codes < 0, codes.max(initial=0) + 1, codes)


def _costs(loaded: LoadedSpec, frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Per-row costs by the spec's key."""
    costs = loaded.spec.errors.costs
    found = {}
    for key in ("false_positive", "false_negative"):
        given = getattr(costs, key, None)
        if not isinstance(given, CostColumn):
            continue
        found[key] = amounts(frame[given.column], f"errors.costs.{key}")
    return found


def _frame_to_show(loaded: LoadedSpec, frame: pd.DataFrame) -> pd.DataFrame:
    data, errors = loaded.spec.data, loaded.spec.errors
    return frame[list(dict.fromkeys((*((data.id,) if data.id else ()), *errors.show)))]


def _training(loaded: LoadedSpec, train: Rows, features: tuple[str, ...]) -> Training:
    data = loaded.spec.data

    def column(name: str | None) -> pd.Series[Any] | None:
        return train.frame[name] if name is not None and name in train.frame else None

    groups, weight, queries = column(data.group), column(data.weight), column(data.query)
    return Training(
        train.frame,
        train.target,
        features,
        None if groups is None else pd.factorize(groups)[0],
        None if column(data.time) is None else _times(loaded, "train", train.frame),
        None if weight is None else weight.to_numpy(dtype=np.float64),
        None if queries is None else _codes(queries),
        train.read - len(train.target),
    )
