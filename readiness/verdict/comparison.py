"""A record held against the list of claims: what it lacks, and what it judges by another bar.

So no template can leave out the question that it fails, or lower a bar. Every claim that the spec demands must be there
and must count; of families (segments, windows, classes, columns) the record itself tells which members there are.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from readiness.core import policy
from readiness.core.checklist import BEFORE_ALL, NO_PROOFS, Proofs
from readiness.core.findings import Answer, Claim, Criterion, Finding, Question, Status
from readiness.core.keys import FindingKey, Topic
from readiness.core.metrics import TECHNICAL
from readiness.core.policy import Task
from readiness.core.withholding import Soundness, steady_answers
from readiness.spec.schema import Spec
from readiness.verdict.attestations import is_attested_instead
from readiness.verdict.claims import TOPICS, calendar_names, claims_of, compared_metric, segment_metrics

CLOSE = 1e-8
"""Recorded numbers have ten digits; a limit that follows from several agrees to fewer."""
DRIFT_SUMMARY = Topic.DRIFT_SUMMARY.key()
"""Stands for the drift of all features where none could be looked at."""


def missing_codes(answers: Sequence[Answer], spec: Spec, task: Task) -> tuple[str, ...]:
    """Codes of the demanded claims that `answers` lack. A question that could not be asked, and says so, lacks none."""
    claims, lacking = claims_of(spec, task), list[str]()
    for answer in answers:
        counting = [finding for finding in answer.findings if finding.blocking]
        if not _could_not_be_asked(answer.question, counting):
            demanded = [claim for claim in claims.of(answer.question) if claim.blocking]
            lacking += [claim.code for claim in demanded if not _is_answered(claim, counting)]
            lacking += _missing_constants(answer, counting, spec, task)
            if answer.question is Question.ERRORS:
                from readiness.verdict.recomputation.classes import missing_classes  # loads what computes numbers

                lacking += missing_classes(answer.findings, spec, task)
    return tuple(lacking)


def _is_answered(claim: Claim, counting: Sequence[Finding]) -> bool:
    """By its own finding, whatever the status; by what may stand in for it only as *not assessed*."""
    if any(finding.key == claim.key for finding in counting):
        return True
    return any(finding.key in claim.instead and finding.status is Status.NOT_ASSESSED for finding in counting)


def _could_not_be_asked(question: Question, counting: Sequence[Finding]) -> bool:
    said = {Topic.FAILED.key(question=question), Topic.LEFT_OUT.key(question=question)}
    return len(counting) == 1 and counting[0].key in said and counting[0].status is Status.NOT_ASSESSED


def _missing_constants(answer: Answer, counting: Sequence[Finding], spec: Spec, task: Task) -> list[str]:
    """Of the classes that the matrix shows, all but that of doing nothing, or the cheapest of many."""
    if answer.question is not Question.ERRORS or task is not Task.MULTICLASS or spec.errors.costs is None:
        return []
    if any(f.key.kind is Topic.SAVINGS and f.status is Status.NOT_ASSESSED for f in counting):
        return []
    classes = sum(f.key.kind is Topic.CELL and f.key.number("true") == 1 for f in answer.findings)
    judged = {finding.key for finding in counting if finding.key.kind is Topic.SAVINGS_CLASS}
    wanted = min(max(2, classes) - 1, policy.MOST_CONSTANTS)
    return [] if len(judged) >= wanted else [f"ERRO-SAVINGS-CLASS-… ({wanted} of them)"]


# ----------------------------------------------------------------------------------------------------
# Members of families that the record itself tells: segments, weak slices, windows, columns


def missing_segments(answers: Sequence[Answer], spec: Spec, task: Task, rows: int) -> tuple[str, ...]:
    """Codes that the segments of a record lack: every row must be in one, and each must be judged by every metric.

    A segment with too few rows may stand aside, but not when its deficit is proven.
    """
    answer = next((each for each in answers if each.question is Question.SEGMENTS), None)
    if answer is None or _could_not_be_asked(answer.question, [f for f in answer.findings if f.blocking]):
        return ()
    found = {finding.key: finding for finding in answer.findings}
    lacking: list[str] = []
    for i in range(1, len(spec.data.segments) + 1):
        counts = [f for f in _segment_rows(answer) if f.key.number("segmentation") == i]
        if sum(count.measured.value for count in counts if count.measured) != rows:
            lacking.append(f"SEGM-{i}-ROWS (of all rows)")
        judged = [
            Topic.DEFICIT.key(i, count.key.number("segment"), metric=name)
            for count in counts
            for name in segment_metrics(spec, task)
        ]
        lacking += [key.code for key in judged if key not in found or not _counts_or_is_small(found[key])]
    return (*lacking, *_missing_slices(answer, spec))


def _segment_rows(answer: Answer) -> list[Finding]:
    return [finding for finding in answer.findings if finding.key.kind is Topic.SEGMENT_ROWS]


def _missing_slices(answer: Answer, spec: Spec) -> list[str]:
    """What was searched must be said, and a weak slice that is shown counts where the spec lets it count."""
    if not spec.data.segments and spec.data.time is None:
        return []
    columns = (column for finding in _segment_rows(answer) for column in finding.segment)
    named = {*calendar_names(spec.data.time), *columns}
    judged, is_proof = spec.segments.judged_slices, spec.evidence == "interval"
    searched = Topic.SLICES_SEARCHED.key()
    lacking = [] if any(finding.key == searched for finding in answer.findings) else [searched.code]
    for finding in answer.findings:
        counts = judged == "all" or (judged == "named" and named >= set(finding.segment))
        is_refuted = finding.status is Status.NOT_MET and not finding.blocking
        if finding.key.kind is Topic.SLICE and is_refuted and counts and is_proof:
            lacking.append(finding.code)
    return lacking


def _counts_or_is_small(finding: Finding) -> bool:
    return finding.blocking or (bool(finding.withheld) and finding.status is not Status.NOT_MET)


def missing_trend(answers: Sequence[Answer], spec: Spec) -> tuple[str, ...]:
    """Codes that stability over time lacks: windows without gaps, and a trend that counts if refuted."""
    answer = next((each for each in answers if each.question is Question.STABILITY), None)
    counting = [finding for finding in answer.findings if finding.blocking] if answer else []
    if answer is None or spec.data.time is None or _could_not_be_asked(answer.question, counting):
        return ()
    found = {finding.key: finding for finding in answer.findings}
    last = max((key.number("window") for key in found), default=0)
    wanted = [Topic.WINDOW.key(k) for k in range(1, min(last, len(found) + 1) + 1)]
    lacking = [key.code for key in wanted if key not in found or not found[key].blocking]
    trend = found.get(Topic.TREND.key())
    if (trend is None and Topic.WINDOWS.key() not in found) or (
        trend and trend.status is Status.NOT_MET and not trend.blocking
    ):
        lacking.append(Topic.TREND.key().code)
    return tuple(lacking)


def missing_drift(
    answers: Sequence[Answer],
    spec: Spec,
    features: int,
    day: datetime.date = BEFORE_ALL,
    proofs: Proofs = NO_PROOFS,
    soundness: Soundness | None = None,
) -> tuple[str, ...]:
    """Codes that the drift of a record lacks: one for each feature, unless the summary says why there is none.

    A column need not count where the spec exempts it, or where the answers are proven to have stayed.
    """
    answer = next((each for each in answers if each.question is Question.PRODUCTION), None)
    counting = [finding for finding in answer.findings if finding.blocking] if answer else []
    if answer is None or _could_not_be_asked(answer.question, counting):
        return ()
    summary = next((finding for finding in counting if finding.key == DRIFT_SUMMARY), None)
    if summary and (summary.status is Status.NOT_ASSESSED or is_attested_instead(summary, spec, day, proofs)):
        return ()
    found = {finding.code for finding in counting} | _may_not_count(answer, spec, soundness)
    wanted = [Topic.DRIFT.key(k) for k in range(1, features + 1)] or [DRIFT_SUMMARY]
    return tuple(key.code for key in wanted if key.code not in found)


def _may_not_count(answer: Answer, spec: Spec, soundness: Soundness | None) -> set[str]:
    """Codes of the drifting columns that are rightly shown without being judged."""
    shown = {f.segment.get("column", ""): f.code for f in answer.findings if f.key.kind is Topic.DRIFT}
    exempt = {code for column, code in shown.items() if column in spec.production.drift_exempt}
    answers = next((f for f in answer.findings if f.key.kind is Topic.DRIFT_OF_ANSWERS and f.blocking), None)
    steady = steady_answers(soundness)
    if answers is None or steady is None or answers.bounds is None or steady.bounds is None:
        return exempt
    is_steady = answers.status is Status.MET and answers.bounds.basis == steady.bounds.basis
    measured = {f.code for f in answer.findings if f.code in shown.values() and f.measured is not None}
    return exempt | (measured if is_steady else set())


# ----------------------------------------------------------------------------------------------------
# The bar by which each finding is judged.


def lower_bars(
    answers: Sequence[Answer],
    spec: Spec,
    task: Task,
    day: datetime.date = BEFORE_ALL,
    proofs: Proofs = NO_PROOFS,
) -> tuple[str, ...]:
    """Codes of the findings that are judged otherwise than against the spec's bar, with the spec's confidence.

    Where the spec states no bar there is nothing to judge: such a finding is *not assessed*, or attested in the spec.
    `day` is that of the review, on which an attestation may have expired; `proofs` is the evidence that is there.
    """
    other, claims = other_bars(answers, spec, task), claims_of(spec, task)
    judged = [f for answer in answers for f in answer.findings if f.status is not Status.NOT_ASSESSED]
    without_bar = [f for f in judged if (claim := claims.find(f.key)) is not None and claim.lacking]
    wrong = {f.code for f in without_bar if not is_attested_instead(f, spec, day, proofs)}
    return tuple(f.code for f in judged if f.code in wrong or f.code in other)


def other_bars(answers: Sequence[Answer], spec: Spec, task: Task) -> tuple[str, ...]:
    """As `lower_bars`, so far as record and spec tell it by themselves: what is attested is taken as it is told."""
    claims, wrong = claims_of(spec, task), []
    for finding in (finding for answer in answers for finding in answer.findings):
        claim = claims.find(finding.key, _subject(finding))
        if claim is None or finding.status is Status.NOT_ASSESSED:
            continue
        bar = claim.criterion
        if bar is not None and claims.is_scaled(finding.key.kind):
            bar = _scale(bar, finding, spec, task)
        if (claim.lacking and finding.bounds is not None) or (not claim.lacking and not _is_held(finding, bar, spec)):
            wrong.append(finding.code)
    return tuple(wrong)


def _subject(finding: Finding) -> str:
    """What the key of a finding does not name; a column of the data may be called "class", too."""
    return finding.metric if finding.key.kind is Topic.SLICE else finding.segment.get("class", "")


def _is_held(finding: Finding, bar: Criterion | None, spec: Spec) -> bool:
    """Whether a finding is judged by the bar, with the confidence of the spec; without a bar by what came of it."""
    bounds, criterion = finding.bounds, finding.criterion
    if bar is None:
        return bounds is None and criterion is None
    if bounds is None or criterion is None or bounds.alpha != spec.alpha:
        return False
    if finding.key.kind is Topic.SMALL_CLASSES_FOUND:
        # the lowest floor of several classes; which they are is known where the counts are: see `check_classes`
        is_floor = criterion.threshold in (spec.errors.class_floor, *spec.errors.floors.values())
        return is_floor and _decisive(replace(criterion, threshold=bar.threshold)) == _decisive(bar)
    return _decisive(criterion) == _decisive(bar)


def _decisive(criterion: Criterion) -> tuple[object, ...]:
    """What of a criterion decides a status."""
    return criterion.op, criterion.threshold, criterion.refuted_beyond, criterion.refutable


def _scale(bar: Criterion, finding: Finding, spec: Spec, task: Task) -> Criterion:
    """A limit in points of a share, scaled to the rate of all other rows that the finding holds.

    Without a rate in few numbers any narrower one will do.
    """
    from readiness.statistics.rate_limits import recorded_limit  # loads what computes numbers

    is_window = finding.key.kind is Topic.WINDOW
    metric = spec.primary_metric(task) if is_window else spec.metric(finding.key.metric or finding.metric)
    limit, bounds, found = bar.threshold, finding.bounds, finding.criterion
    if not metric.is_share or bounds is None or found is None:
        return bar
    if bounds.basis is None:
        return replace(bar, threshold=min(found.threshold, limit) if found.threshold > 0 else limit)
    scaled = recorded_limit(bounds.basis, metric, limit, alpha=spec.alpha)
    return replace(bar, threshold=found.threshold if math.isclose(found.threshold, scaled, rel_tol=CLOSE) else scaled)


# ----------------------------------------------------------------------------------------------------
# The names of claims.

IN_WORDS_OF_SPEC = frozenset({Topic.REQUIREMENT})
"""Claims whose names are texts of the spec, whichever version of this program wrote the record."""
NAMED_BY_SPEC = IN_WORDS_OF_SPEC | {Topic.PROBE, Topic.MONOTONIC, Topic.INVARIANT, Topic.BOX, *TOPICS.values()}
"""Claims whose names the list of claims gives, none of the data."""


def relabelled(answers: Sequence[Answer], spec: Spec, task: Task, kinds: Collection[Topic]) -> tuple[str, ...]:
    """Codes of the findings of some topics that are called otherwise than the claims which they answer."""
    named = {claim.key: claim.name for claim in claims_of(spec, task).of_kind(*kinds)}
    findings = (finding for answer in answers for finding in answer.findings)
    return tuple(finding.code for finding in findings if finding.name != named.get(finding.key, finding.name))


# ----------------------------------------------------------------------------------------------------
# The metric of each finding, by which its numbers are recomputed.

_MEASURED_AS: Mapping[Topic, str] = {
    **dict.fromkeys((Topic.SEGMENT_COVERAGE, Topic.CLASS_COVERAGE, Topic.CLASS_COST_COVERAGE), "coverage"),
    Topic.INTERVAL_COVERAGE: "coverage",
    Topic.CRITICAL_SEGMENTS: "segments",
    **dict.fromkeys((Topic.CLASS_FOUND, Topic.SMALL_CLASSES_FOUND), "recall"),
    **dict.fromkeys((Topic.CLASS_TOLD_APART, Topic.SMALL_CLASSES_TOLD_APART), "informedness"),
    Topic.COST: "cost_per_prediction",
    **dict.fromkeys((Topic.SAVINGS, Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS), "savings_per_row"),
    **dict.fromkeys((Topic.SAVINGS_MEDIAN, Topic.SAVINGS_QUANTILE, Topic.CURRENT_COST), "savings_per_row"),
    Topic.CHURN: "churn",
    **dict.fromkeys((Topic.MONOTONIC, Topic.INVARIANT), "broken_share"),
    **dict.fromkeys((Topic.DRIFT, Topic.DRIFT_SUMMARY, Topic.DRIFT_OF_ANSWERS), "psi"),
    **{topic: name for name, topic in TOPICS.items()},
}
"""What the numbers of a topic are, whatever the spec says."""
_BY_PRIMARY = frozenset({Topic.HALF_WIDTH, Topic.FOLD_STD, Topic.WINDOW, Topic.WINDOWS, Topic.TREND})


def other_metrics(answers: Sequence[Answer], spec: Spec, task: Task) -> tuple[str, ...]:
    """Codes of the findings whose numbers are called by another metric than their key and the spec give them.

    A share of rows that is called something else would need no counts, and a gain in money that is called a size no
    interval.
    """
    findings = (finding for answer in answers for finding in answer.findings)
    return tuple(finding.code for finding in findings if not _is_of_its_metric(finding, spec, task))


def _is_of_its_metric(finding: Finding, spec: Spec, task: Task) -> bool:
    if finding.measured is None and finding.bounds is None:
        return True
    expected = _metric_of(finding.key, spec, task)
    if expected is None:
        is_ours = finding.key.kind is not Topic.OWN and finding.key.question is not Question.PRODUCTION
        return not (is_ours and finding.metric in TECHNICAL)
    return finding.metric == expected or finding.metric.lower() == expected == finding.key.metric


def _metric_of(key: FindingKey, spec: Spec, task: Task) -> str | None:
    """The name of the metric of a key; None where neither the key nor the spec tells it."""
    if key.kind in _MEASURED_AS:
        return _MEASURED_AS[key.kind]
    if key.kind in _BY_PRIMARY:
        return spec.primary_metric(task).name
    if key.kind is Topic.LIFT:
        return compared_metric(spec, task, key.part("method")).name
    if key.kind is Topic.REQUIREMENT:
        number, stated = key.number("requirement"), spec.business.requirements
        return stated[number - 1].metric if 1 <= number <= len(stated) else None
    return key.metric or None
