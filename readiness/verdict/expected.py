"""Findings that a record must hold, given the spec, so that no template can leave out the question it fails.

The finding of every code must be there and must count. Its bar must be the one of the spec: see `expected_bars`.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from readiness.core import policy
from readiness.core.checklist import BEFORE_ALL, BOXES, NO_LIMIT, NO_PROOFS, Conclusion, Proofs, Source, conclusion
from readiness.core.findings import Answer, Finding, Outcome, Question, Status
from readiness.core.keys import FindingKey, Topic
from readiness.core.policy import Task
from readiness.core.withholding import Soundness, steady_answers
from readiness.spec.checks import GUESSES
from readiness.spec.schema import Spec
from readiness.verdict.expected_bars import DRIFT_SUMMARY, is_attested_instead, stated_limits, unstated
from readiness.verdict.margins import TOPICS, calendar_names

Alternatives = tuple[str, ...]
"""A code, and those that say why it is missing."""


def required_codes(spec: Spec, task: Task) -> Mapping[Question, tuple[Alternatives, ...]]:
    """By question the findings that must be in a record of this spec and must count towards the answer."""
    stated: dict[Question, tuple[Alternatives, ...]] = {
        Question.BASELINE: _each(Topic.LIFT.key(key) for key in _baselines(spec, task)),
        Question.BUSINESS: _each(Topic.REQUIREMENT.key(k) for k in range(1, len(spec.business.requirements) + 1)),
        Question.SEGMENTS: _each((*_coverage(spec, task), *_group_comparisons(spec, task))),
        Question.ERRORS: _errors(spec, task),
        Question.STABILITY: (*_each_or(_stability(spec, task), Topic.REFITS.key()), *_windows(spec)),
        Question.PRODUCTION: _each(dict.fromkeys((*_boxes(), *_probes(spec), *stated_limits(spec)))),
    }
    for key in unstated(spec):
        if key.question is not None:
            stated[key.question] = tuple(dict.fromkeys((*stated[key.question], (key.code,))))
    return stated


def missing_codes(answers: Sequence[Answer], spec: Spec, task: Task) -> tuple[str, ...]:
    """The required codes that `answers` lack. A question that could not be asked, and says so, lacks none."""
    required = required_codes(spec, task)
    lacking: list[str] = []
    for answer in answers:
        counting = [finding for finding in answer.findings if finding.blocking]
        if not _could_not_be_asked(answer.question, counting):
            lacking += [one[0] for one in required[answer.question] if not _any_of(one, counting)]
            lacking += _missing_constants(answer, counting, spec, task)
            if answer.question is Question.ERRORS:
                from readiness.verdict.recomputation.classes import missing_classes  # loads what computes numbers

                lacking += missing_classes(answer.findings, spec, task)
    return tuple(lacking)


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
            for name in _segment_metrics(spec, task)
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
    found = {finding.code for finding in counting} | _need_not_count(answer, spec, soundness)
    wanted = [Topic.DRIFT.key(k) for k in range(1, features + 1)] or [DRIFT_SUMMARY]
    return tuple(key.code for key in wanted if key.code not in found)


def _need_not_count(answer: Answer, spec: Spec, soundness: Soundness | None) -> set[str]:
    """Codes of the drifting columns that are rightly shown without being judged."""
    shown = {f.segment.get("column", ""): f.code for f in answer.findings if f.key.kind is Topic.DRIFT}
    exempt = {code for column, code in shown.items() if column in spec.production.drift_exempt}
    answers = next((f for f in answer.findings if f.key.kind is Topic.DRIFT_OF_ANSWERS and f.blocking), None)
    steady = steady_answers(soundness)
    if answers is None or steady is None or answers.bounds is None or steady.bounds is None:
        return exempt
    is_told = answers.status is Status.MET and answers.bounds.basis == steady.bounds.basis
    measured = {f.code for f in answer.findings if f.code in shown.values() and f.measured is not None}
    return exempt | (measured if is_told else set())


def false_attestations(
    answers: Sequence[Answer], spec: Spec, day: datetime.date = BEFORE_ALL, proofs: Proofs = NO_PROOFS
) -> tuple[str, ...]:
    """Codes of the boxes that are answered otherwise than the spec's `checklist` answers them on the day.

    `proofs` is the evidence that is there. A yes must say on what grounds, and carry its warning.
    """
    found = [f for answer in answers if answer.question is Question.PRODUCTION for f in answer.findings]
    boxes = [box for box in BOXES if box.source is Source.ATTESTED]
    said = {box.finding: conclusion(spec.checklist.get(box.key), day, proofs) for box in boxes}
    said |= {box.finding: Conclusion(Outcome.PENDING, "") for box in BOXES if box.source is Source.APPROVAL}
    wrong = [f.code for f in found if f.key in said and not _says(f, said[f.key])]
    measured = {f.key.kind for f in found if f.measured is not None}
    others = [f for f in found if f.key not in said]
    return (*wrong, *(f.code for f in others if not _may_hold(f, spec, day, proofs, measured)))


_MAY_NOT_APPLY = frozenset({"column_order", "unseen_category", "outlier"})
"""Probes that find nothing to change where there are no names, no categories or no numbers."""


def _says(finding: Finding, said: Conclusion) -> bool:
    """Whether the finding of a box says what its attestation comes to; where that is a yes, to the word."""
    if (finding.outcome, finding.status) != (said.outcome, said.outcome.status):
        return False
    return finding.status is not Status.MET or (finding.reason, finding.warning) == (said.reason, said.warning)


def _may_hold(finding: Finding, spec: Spec, day: datetime.date, proofs: Proofs, measured: Collection[Topic]) -> bool:
    """Whether a finding of question 6 that no person has to answer may hold its outcome."""
    if finding.outcome is Outcome.ACCEPTED_ERROR:
        return finding.key.part("probe") in spec.production.clean_error_accepted
    if (
        finding.outcome is Outcome.NOT_APPLICABLE
        and finding.key.part("probe") in _MAY_NOT_APPLY
        and spec.model.path is not None
    ):
        return True
    if finding.outcome not in (Outcome.ATTESTED, Outcome.NOT_APPLICABLE):
        return True
    boxes = [box for box in BOXES if finding.key.kind in NO_LIMIT and box.holds(finding.key)]
    # what was measured lacks its limit, which nobody can attest
    is_measured = any(topic in measured for box in boxes for topic in TOPICS.values() if topic in box.topics)
    may = finding.outcome is Outcome.NOT_APPLICABLE or not is_measured
    return may and is_attested_instead(finding, spec, day, proofs)


def _counts_or_is_small(finding: Finding) -> bool:
    return finding.blocking or (bool(finding.withheld) and finding.status is not Status.NOT_MET)


def _segment_metrics(spec: Spec, task: Task) -> tuple[str, ...]:
    return spec.segments.metrics or policy.SEGMENT_METRICS[task]


def _could_not_be_asked(question: Question, counting: Sequence[Finding]) -> bool:
    said = {Topic.FAILED.key(question=question), Topic.LEFT_OUT.key(question=question)}
    return len(counting) == 1 and counting[0].key in said and counting[0].status is Status.NOT_ASSESSED


def _any_of(codes: Alternatives, counting: Sequence[Finding]) -> bool:
    """The first code, whatever its status; the others stand in for it only as *not assessed*."""
    code, *others = codes
    if any(finding.code == code for finding in counting):
        return True
    return any(finding.code in others and finding.status is Status.NOT_ASSESSED for finding in counting)


def _each(keys: Iterable[FindingKey]) -> tuple[Alternatives, ...]:
    return tuple((key.code,) for key in keys)


def _each_or(keys: Iterable[FindingKey], instead: FindingKey) -> tuple[Alternatives, ...]:
    return tuple((key.code, instead.code) for key in keys)


def _baselines(spec: Spec, task: Task) -> tuple[str, ...]:
    given = spec.baseline
    return (
        *GUESSES[task],
        *(f"rule-{k}" for k in range(1, len(given.rules) + 1)),
        *(("current",) if given.current is not None else ()),
        *(("human",) if given.human is not None else ()),
    )


def _coverage(spec: Spec, task: Task) -> list[FindingKey]:
    metrics = _segment_metrics(spec, task)
    segmentations = range(1, len(spec.data.segments) + 1)
    critical = [i for i, entry in enumerate(spec.data.segments, 1) if getattr(entry, "critical", ())]
    return [
        topic.key(i, metric=metric)
        for topic, which in ((Topic.SEGMENT_COVERAGE, segmentations), (Topic.CRITICAL_SEGMENTS, critical))
        for i in which
        for metric in metrics
    ]


def _group_comparisons(spec: Spec, task: Task) -> list[FindingKey]:
    segmentations = range(1, len(spec.data.segments) + 1) if task is Task.BINARY else ()
    return [Topic.FAIRNESS.key(i, metric=measure) for i in segmentations for measure in spec.segments.fairness]


def _errors(spec: Spec, task: Task) -> tuple[Alternatives, ...]:
    """Savings against each answer that needs no model can be missing only together; for classes see below."""
    is_cost_judged = spec.errors.costs is not None and spec.errors.value_per_prediction is not None
    is_interval_judged = spec.errors.interval is not None and spec.errors.interval.at_least is not None
    return (
        *_each([Topic.SAVINGS.key()]),
        *_each_or(_compared_costs(spec, task), Topic.SAVINGS.key()),
        *_each([Topic.COST.key()] if is_cost_judged else []),
        *_each([Topic.INTERVAL_COVERAGE.key()] if is_interval_judged else []),
    )


def _compared_costs(spec: Spec, task: Task) -> Iterator[FindingKey]:
    """Of more than two classes only the record tells how many: see `_missing_constants`."""
    costs = spec.errors.costs
    if costs is None:
        return
    if task in (Task.BINARY, Task.RANKING):
        yield Topic.SAVINGS_CONSTANT.key()
    if task is Task.REGRESSION and spec.errors.do_nothing is not None:
        yield Topic.SAVINGS_MEDIAN.key()
    if task is Task.REGRESSION and costs.under != costs.over:
        yield Topic.SAVINGS_QUANTILE.key()
    if spec.baseline.current is not None:
        yield Topic.CURRENT_COST.key()


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


def _windows(spec: Spec) -> tuple[Alternatives, ...]:
    """With a time column, windows of time are judged, as many as the spec asks for."""
    count = 0 if spec.data.time is None else spec.stability.windows or 1
    return _each_or((Topic.WINDOW.key(k) for k in range(1, count + 1)), Topic.WINDOWS.key())


def _stability(spec: Spec, task: Task) -> tuple[FindingKey, ...]:
    return (
        Topic.HALF_WIDTH.key(),
        *((Topic.CHURN.key(),) if task.has_classes else ()),
        *((Topic.FOLD_STD.key(),) if spec.evidence == "point" else ()),
    )


def _boxes() -> tuple[FindingKey, ...]:
    """The attested ones, and those that a probe fills; limits and drift have codes of their own."""
    named = [(box.finding, box.source) for box in BOXES]
    probed = [key for key, source in named if key is not None and source is Source.MEASURED]
    return (*probed, *(key for key, source in named if key is not None and source is Source.ATTESTED))


def _probes(spec: Spec) -> tuple[FindingKey, ...]:
    names = (*policy.MUST_PROBES, *spec.production.must_handle)
    return tuple(Topic.PROBE.key(name) for name in names)
