"""The candidate's answers to recent rows, scored once for every rule that asks; of very many, a seeded sample."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import DataError, ReadinessError
from readiness.core.findings import Finding
from readiness.core.format import format_value
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.sanitize import shorten
from readiness.core.withholding import Kind
from readiness.evidence import baselines
from readiness.evidence.baselines import from_columns
from readiness.evidence.evidence import Alternative, Evidence, Recent
from readiness.evidence.segments import moments
from readiness.evidence.target import Target, amounts, as_numbers
from readiness.evidence.workers.worker import Scores
from readiness.soundness.rejudging import Priced, Scored, met_findings, priced_claims, reweigh, scored_claims
from readiness.soundness.tables import Aimed
from readiness.spec.inputs import seconds_of
from readiness.spec.schema import CostColumn
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.judge_claims import Measurement

MOST_ROWS = 20_000
"""Of more rows a random sample is scored: a share is then known to 0.7 percentage points."""
SALT = 0x726563
"""Keeps this sample apart from others that follow from the same seed."""
_KEY = "soundness: recent scores"


@dataclass(frozen=True, slots=True, eq=False)
class RecentScores:
    """m recent rows as the candidate sees them."""

    said: Scores
    """Labels and scores, (m,), coded like those of the test rows."""
    rows: NDArray[np.int64]
    """(m,): their positions in `Evidence.recent.frame`, rising."""
    total: int
    """How many recent rows there are."""
    target: NDArray[Any] | None = None
    """(m,): coded truth, -1 or nan where not known yet; None: the table has no truth."""

    @property
    def sampled(self) -> str:
        """How many rows were looked at, when not all."""
        few = len(self.rows) < self.total
        return f"a random sample of {len(self.rows):,} of {self.total:,} recent rows" if few else ""


def recent_scores(evidence: Evidence) -> RecentScores | Missing:
    """What the candidate says of the recent rows; computed once for the same scored test rows.

    At most `MOST_ROWS` rows, drawn without replacement by the seed of the spec.
    """
    memory = evidence.cases.remembered
    known = memory.get(_KEY)
    if known is None or known[0] is not evidence.recent:
        known = memory[_KEY] = (evidence.recent, _score_rows(evidence))
    found: RecentScores | Missing = known[1]
    return found


def _score_rows(evidence: Evidence) -> RecentScores | Missing:
    recent = evidence.recent
    if recent is None or not len(recent.frame):
        return Missing("no recent rows are given", "name recent production rows under data.recent")
    rows = _sample(recent, evidence.spec.seed)
    frame = recent.frame.iloc[rows].reset_index(drop=True)
    try:
        said = _predict(evidence, frame)
    except ReadinessError as error:
        return Missing(f"the candidate could not score the recent rows: {error.message}", error.remedy)
    if isinstance(said, Missing):
        return said
    return RecentScores(said, rows, len(recent.frame), None if recent.target is None else recent.target[rows])


def _sample(recent: Recent, seed: int) -> NDArray[np.int64]:
    n = len(recent.frame)
    if n <= MOST_ROWS:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, SALT]).choice(n, MOST_ROWS, replace=False))


def _predict(evidence: Evidence, frame: Any) -> Scores | Missing:
    """From the model, else from the columns that hold ready-made predictions, where recent rows have them, too."""
    if evidence.candidate is not None:
        return evidence.candidate.score(frame)
    columns = evidence.spec.model.predictions
    if columns is None:
        return Missing("there is neither a model nor a column of predictions")
    of_classes = [columns.score] if isinstance(columns.score, str) else list((columns.score or {}).values())
    wanted = [name for name in (columns.label, *of_classes) if name is not None]
    lacking = [name for name in wanted if name not in frame]
    if lacking:
        return Missing(
            f"the recent rows have no column {lacking[0]!r} with predictions",
            "give the candidate's predictions of the recent rows in the same columns as those of the test rows",
        )
    return from_columns(columns, frame, Target(evidence.task, evidence.classes), evidence.spec.model.threshold)


# ----------------------------------------------------------------------------------------------------
# The claims that hold on the test rows, held against recent ones: on test rows weighed like them, and on recent rows
# whose truth is known.

FEWEST_KNOWN = 10
"""Recent rows whose truth is known, below which nothing is measured on them."""
_WEIGHED = "with test rows weighed like recent rows"
_LATELY = "on recent rows"
_MET = "soundness: claims of recent rows"


def rejudge_weighed(evidence: Evidence, rows: Integers, weights: Floats) -> list[Aimed]:
    """Every claim that is met on the test rows, measured with these `rows` of them weighed, shape (n,) each.

    The rows are mixed as in production already, by whatever weights the table holds.
    """
    weighed = reweigh(_subset_evidence(evidence, rows), weights)
    needs = "test on rows like the recent ones, or fit the model anew on such rows"
    return [*_rejudge(evidence, weighed, Topic.DOUBT_WEIGHTED, _WEIGHED, needs)]


def rejudge_on_recent_truth(evidence: Evidence, scores: RecentScores) -> tuple[list[Aimed], str]:
    """Every claim that is met on the test rows, measured on the recent rows whose truth is known; and how many these
    are, in words.
    """
    if evidence.recent is None or scores.target is None:
        return [], ""
    rows = _known_rows(evidence, scores)
    words = f"the truth of {len(rows):,} of {len(scores.rows):,} recent rows is known"
    if len(rows) < FEWEST_KNOWN:
        return [], f"{words}, too few to judge by"
    try:
        labelled = _replace_by_recent(evidence, scores, rows)
    except (ReadinessError, TypeError, ValueError) as error:
        return [], f"{words}, and nothing can be measured on them: {str(error).splitlines()[0][:200]}"
    needs = "find out what has changed, and fit the model anew or test it on rows like these"
    found = [*_rejudge(evidence, labelled, Topic.DOUBT_KNOWN, _LATELY, needs)]
    return found, f"{words}, and {len(found)} claims that hold on the test rows were measured on them"


def _rejudge(evidence: Evidence, other: Evidence, topic: Topic, words: str, needs: str) -> Iterator[Aimed]:
    """The claims that are met on `evidence`, as measured on `other` rows, presumed to hold there."""
    before = _met_claims(evidence)
    priced = priced_claims(other) if evidence.costs.keys() <= other.costs.keys() else ()
    claims: tuple[Scored | Priced, ...] = (*scored_claims(other), *priced)
    stated = {each.code: each for each in claims}
    for k, (name, finding) in enumerate(before.items(), 1):
        claim = stated[name].claim(other) if name in stated else None
        if claim is None or isinstance(claim.inference, Missing) or not np.isfinite(claim.inference.value):
            continue
        yield Aimed(_presume(claim, finding, Kind.RECENT.key(topic, k), words, needs), (name,))


def _met_claims(evidence: Evidence) -> dict[str, Finding]:
    """The claims that are met on the test rows; computed once for the same rows."""
    memory = evidence.cases.remembered
    if _MET not in memory:
        memory[_MET] = met_findings(evidence)
    known: dict[str, Finding] = memory[_MET]
    return known


def _presume(claim: Measurement, before: Finding, key: FindingKey, words: str, needs: str) -> Measurement:
    assert claim.criterion is not None
    assert before.measured is not None
    assert not isinstance(claim.inference, Missing)
    now, then = (format_value(value, claim.unit) for value in (claim.inference.value, before.measured.value))
    misses = not claim.criterion.holds(claim.inference.value)
    bar = f"{claim.criterion.op} {format_value(claim.criterion.threshold, claim.unit)}"
    name = claim.claim.name
    presumed = claim.with_claim(
        key=key, name=f"{name}, {words}", criterion=replace(claim.criterion, presumed=True), needs=""
    )
    return replace(
        presumed,
        withheld="",
        reason=f"{now} {words}, {then} on the test rows as they are; required is {bar}",
        needs=needs,
        warning=f"{name}: {words} it is {now}, and required is {bar}" if misses else "",
        from_scores=False,
    )


def _subset_evidence(evidence: Evidence, rows: Integers) -> Evidence:
    """The evidence of some test rows."""
    if len(rows) == evidence.cases.n:
        return evidence
    others = tuple(
        replace(each, predictions=each.predictions.subset(rows)) if isinstance(each.predictions, Cases) else each
        for each in evidence.alternatives
    )
    return replace(
        evidence,
        cases=evidence.cases.subset(rows),
        alternatives=others,
        costs={key: values[rows] for key, values in evidence.costs.items()},
        rows=evidence.rows.iloc[rows].reset_index(drop=True),
    )


def _known_rows(evidence: Evidence, scores: RecentScores) -> Integers:
    """Positions among the scored recent rows of those whose truth is known, and was so long ago that it is final."""
    assert evidence.recent is not None
    assert scores.target is not None
    is_known = scores.target >= 0 if evidence.task.has_classes else np.isfinite(scores.target.astype(float))
    data, frame = evidence.spec.data, evidence.recent.frame
    for name in (data.group, data.query):
        if name is not None and name in frame:
            is_known &= frame[name].iloc[scores.rows].notna().to_numpy()
    return np.flatnonzero(is_known & _is_final(evidence, scores)).astype(np.int64)


def _is_final(evidence: Evidence, scores: RecentScores) -> NDArray[np.bool_]:
    """(m,): a truth that takes a month to come is not final in rows of the last month, such as "not reported yet"."""
    assert evidence.recent is not None
    data, frame = evidence.spec.data, evidence.recent.frame
    horizon = seconds_of(data.label_horizon)
    everything = np.ones(len(scores.rows), dtype=bool)
    if not horizon or data.time is None or data.time not in frame:
        return everything
    try:
        times = moments(frame[data.time], "data.time")
    except DataError:
        return everything
    if not pd.api.types.is_datetime64_any_dtype(times.dtype):
        return everything
    last = times.max() - pd.Timedelta(seconds=horizon)
    return np.asarray((times.iloc[scores.rows] <= last).to_numpy(dtype=bool))


def _replace_by_recent(evidence: Evidence, scores: RecentScores, known: Integers) -> Evidence:
    """The evidence with recent rows in place of the test rows; methods that cannot be had on them are left out.

    Raises:
        DataError: a column that the cases need holds something else here.
    """
    assert evidence.recent is not None
    assert scores.target is not None
    data, said = evidence.spec.data, scores.said
    frame = evidence.recent.frame.iloc[scores.rows[known]].reset_index(drop=True)
    if data.query is not None and data.query not in frame:
        raise DataError(f"the recent rows have no column {shorten(data.query)}", remedy="Add it to them.")
    cases = Cases(
        evidence.task,
        scores.target[known],
        said.predicted[known],
        None if said.scores is None else said.scores[known],
        evidence.cases.n_classes,
        said.is_probability,
        _weights(frame, data.weight),
        _codes(frame, data.group),
        _ranks(frame, data.time),
        queries=_codes(frame, data.query),
        own=evidence.cases.own,
    )
    others = tuple(_alternatives(evidence, frame, cases))
    return replace(evidence, cases=cases, alternatives=others, costs=_costs(evidence, frame), rows=frame)


def _weights(frame: pd.DataFrame, name: str | None) -> Floats | None:
    if name is None or name not in frame:
        return None
    found = as_numbers(frame[name], f"data.weight names {name!r} of data.recent, which")
    return np.where(np.isfinite(found) & (found >= 0), found, 0.0)


def _codes(frame: pd.DataFrame, name: str | None) -> Integers | None:
    return None if name is None or name not in frame else pd.factorize(frame[name])[0].astype(np.int64)


def _ranks(frame: pd.DataFrame, name: str | None) -> Integers | None:
    if name is None or name not in frame:
        return None
    codes = pd.factorize(moments(frame[name], "data.time"), sort=True)[0].astype(np.int64)
    return np.where(codes < 0, codes.max(initial=0) + 1, codes)


def _alternatives(evidence: Evidence, frame: pd.DataFrame, cases: Cases) -> Iterator[Alternative]:
    """Guesses and constants are what they were; rules are applied anew."""
    rules = {rule.key: rule for rule in _rules(evidence, frame, cases)}
    for each in evidence.alternatives:
        if each.key in rules:
            yield rules[each.key]
        elif each.key in ("mean", "median", "random") and isinstance(each.predictions, Cases):
            constant: Any = np.full(cases.n, each.predictions.y_pred[0])
            yield replace(each, predictions=baselines.with_predictions(cases, constant))
        elif not isinstance(each.predictions, Cases):
            yield each


def _rules(evidence: Evidence, frame: pd.DataFrame, cases: Cases) -> tuple[Alternative, ...]:
    try:
        return baselines.rules(evidence.spec, frame, cases, Target(evidence.task, evidence.classes))
    except (ReadinessError, KeyError, TypeError, ValueError):  # a column that a rule asks for is not there
        return ()


def _costs(evidence: Evidence, frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Costs of each row by the spec's key, where the recent rows have their column and it holds amounts."""
    found = {}
    for key in evidence.costs:
        column = getattr(evidence.spec.errors.costs, key)
        assert isinstance(column, CostColumn)
        if column.column in frame:
            with contextlib.suppress(DataError):
                found[key] = amounts(frame[column.column], f"errors.costs.{key}")
    return found
