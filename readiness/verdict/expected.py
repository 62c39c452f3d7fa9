"""Findings that a record must hold, given the spec, so that no template can leave out the question it fails.

The finding of every code must be there and must count. Its bar must be the one of the spec: see `expected_bars`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from readiness.core import policy
from readiness.core.checklist import BEFORE_ALL, BOXES, NO_PROOFS, Conclusion, Proofs, Source, conclusion
from readiness.core.findings import Finding, Outcome, Question, Status, left_out_code
from readiness.core.policy import Task
from readiness.core.withholding import DRIFT_OF_ANSWERS, Soundness, steady_answers
from readiness.spec.checks import GUESSES
from readiness.spec.schema import Spec
from readiness.verdict.expected_bars import DRIFT_SUMMARY, is_attested_instead, stated_limits, unstated_codes
from readiness.verdict.margins import CODES, calendar_names
from readiness.verdict.record import RecordedAnswer

Alternatives = tuple[str, ...]
"""A code, and those that say why it is missing."""


def required_codes(spec: Spec, task: Task) -> Mapping[Question, tuple[Alternatives, ...]]:
    """By question the findings that must be in a record of this spec and must count towards the answer."""
    stated: dict[Question, tuple[Alternatives, ...]] = {
        Question.BASELINE: _each(f"BASE-LIFT-{key}" for key in _baselines(spec, task)),
        Question.BUSINESS: _each(f"BUSI-{k}" for k in range(1, len(spec.business.requirements) + 1)),
        Question.SEGMENTS: _each((*_coverage(spec, task), *_group_comparisons(spec, task))),
        Question.ERRORS: _errors(spec, task),
        Question.STABILITY: (*((code, "STAB-REFITS") for code in _stability(spec, task)), *_windows(spec)),
        Question.PRODUCTION: _each(dict.fromkeys((*_boxes(), *_probes(spec), *stated_limits(spec)))),
    }
    unstated = [(code, question) for code in unstated_codes(spec) for question in Question if _is_of(code, question)]
    for code, question in unstated:
        stated[question] = tuple(dict.fromkeys((*stated[question], (code,))))
    return stated


def missing_codes(answers: Sequence[RecordedAnswer], spec: Spec, task: Task) -> tuple[str, ...]:
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


def missing_segments(answers: Sequence[RecordedAnswer], spec: Spec, task: Task, rows: int) -> tuple[str, ...]:
    """Codes that the segments of a record lack: every row must be in one, and each must be judged by every metric.

    A segment with too few rows may stand aside, but not when its deficit is proven.
    """
    answer = next((each for each in answers if each.question is Question.SEGMENTS), None)
    if answer is None or _could_not_be_asked(answer.question, [f for f in answer.findings if f.blocking]):
        return ()
    found = {finding.code: finding for finding in answer.findings}
    lacking: list[str] = []
    for i in range(1, len(spec.data.segments) + 1):
        counts = {code: f for code, f in found.items() if re.fullmatch(rf"SEGM-{i}-\d+-ROWS", code)}
        if sum(count.measured.value for count in counts.values() if count.measured) != rows:
            lacking.append(f"SEGM-{i}-ROWS (of all rows)")
        judged = [code.removesuffix("ROWS") + name.upper() for code in counts for name in _segment_metrics(spec, task)]
        lacking += [code for code in judged if code not in found or not _counts_or_is_small(found[code])]
    return (*lacking, *_missing_slices(found, spec))


def _missing_slices(found: Mapping[str, Finding], spec: Spec) -> list[str]:
    """What was searched must be said, and a weak slice that is shown counts where the spec lets it count."""
    if not spec.data.segments and spec.data.time is None:
        return []
    rows = [finding for code, finding in found.items() if re.fullmatch(r"SEGM-\d+-\d+-ROWS", code)]
    named = {*calendar_names(spec.data.time), *(column for finding in rows for column in finding.segment)}
    judged, is_proof = spec.segments.judged_slices, spec.evidence == "interval"
    lacking = [] if "SEGM-SLICES" in found else ["SEGM-SLICES"]
    for code, finding in found.items():
        counts = judged == "all" or (judged == "named" and named >= set(finding.segment))
        is_refuted = finding.status is Status.NOT_MET and not finding.blocking
        if re.fullmatch(r"SEGM-SLICE-\d+", code) and is_refuted and counts and is_proof:
            lacking.append(code)
    return lacking


def missing_trend(answers: Sequence[RecordedAnswer], spec: Spec) -> tuple[str, ...]:
    """Codes that stability over time lacks: windows without gaps, and a trend that counts if refuted."""
    answer = next((each for each in answers if each.question is Question.STABILITY), None)
    counting = [finding for finding in answer.findings if finding.blocking] if answer else []
    if answer is None or spec.data.time is None or _could_not_be_asked(answer.question, counting):
        return ()
    found = {finding.code: finding for finding in answer.findings}
    numbers = [int(code.removeprefix("STAB-WINDOW-")) for code in found if re.fullmatch(r"STAB-WINDOW-\d+", code)]
    wanted = [f"STAB-WINDOW-{k}" for k in range(1, max(numbers, default=0) + 1)]
    lacking = [code for code in wanted if code not in found or not found[code].blocking]
    trend = found.get("STAB-TREND")
    if (trend is None and "STAB-WINDOWS" not in found) or (
        trend and trend.status is Status.NOT_MET and not trend.blocking
    ):
        lacking.append("STAB-TREND")
    return tuple(lacking)


def missing_drift(
    answers: Sequence[RecordedAnswer],
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
    summary = next((finding for finding in counting if finding.code == DRIFT_SUMMARY), None)
    if summary and (summary.status is Status.NOT_ASSESSED or is_attested_instead(summary, spec, day, proofs)):
        return ()
    found = {finding.code for finding in counting} | _need_not_count(answer, spec, soundness)
    wanted = [f"PROD-DRIFT-{k}" for k in range(1, features + 1)] or [DRIFT_SUMMARY]
    return tuple(code for code in wanted if code not in found)


def _need_not_count(answer: RecordedAnswer, spec: Spec, soundness: Soundness | None) -> set[str]:
    """Codes of the drifting columns that are rightly shown without being judged."""
    shown = {f.segment.get("column", ""): f.code for f in answer.findings if re.fullmatch(r"PROD-DRIFT-\d+", f.code)}
    exempt = {code for column, code in shown.items() if column in spec.production.drift_exempt}
    answers = next((f for f in answer.findings if f.code == DRIFT_OF_ANSWERS and f.blocking), None)
    steady = steady_answers(soundness)
    if answers is None or steady is None or answers.bounds is None or steady.bounds is None:
        return exempt
    is_told = answers.status is Status.MET and answers.bounds.basis == steady.bounds.basis
    measured = {f.code for f in answer.findings if f.code in shown.values() and f.measured is not None}
    return exempt | (measured if is_told else set())


def false_attestations(
    answers: Sequence[RecordedAnswer], spec: Spec, day: datetime.date = BEFORE_ALL, proofs: Proofs = NO_PROOFS
) -> tuple[str, ...]:
    """Codes of the boxes that are answered otherwise than the spec's `checklist` answers them on the day.

    `proofs` is the evidence that is there. A yes must say on what grounds, and carry its warning.
    """
    found = [f for answer in answers if answer.question is Question.PRODUCTION for f in answer.findings]
    boxes = [box for box in BOXES if box.source is Source.ATTESTED]
    said = {box.code: conclusion(spec.checklist.get(box.key), day, proofs) for box in boxes}
    said |= {box.code: Conclusion(Outcome.PENDING, "") for box in BOXES if box.source is Source.APPROVAL}
    wrong = [f.code for f in found if f.code in said and not _says(f, said[f.code])]
    measured = {f.code for f in found if f.measured is not None}
    others = [f for f in found if f.code not in said]
    return (*wrong, *(f.code for f in others if not _may_hold(f, spec, day, proofs, measured)))


_MAY_NOT_APPLY = ("PROD-PROBE-COLUMN-ORDER", "PROD-PROBE-UNSEEN-CATEGORY", "PROD-PROBE-OUTLIER")
"""Probes that find nothing to change where there are no names, no categories or no numbers."""


def _says(finding: Finding, said: Conclusion) -> bool:
    """Whether the finding of a box says what its attestation comes to; where that is a yes, to the word."""
    if (finding.outcome, finding.status) != (said.outcome, said.outcome.status):
        return False
    return finding.status is not Status.MET or (finding.reason, finding.warning) == (said.reason, said.warning)


def _may_hold(finding: Finding, spec: Spec, day: datetime.date, proofs: Proofs, measured: Collection[str]) -> bool:
    """Whether a finding of question 6 that no person has to answer may hold its outcome."""
    if finding.outcome is Outcome.ACCEPTED_ERROR:
        accepted = {f"PROD-PROBE-{name.upper().replace('_', '-')}" for name in spec.production.clean_error_accepted}
        return finding.code in accepted
    if finding.outcome is Outcome.NOT_APPLICABLE and finding.code in _MAY_NOT_APPLY and spec.model.path is not None:
        return True
    if finding.outcome not in (Outcome.ATTESTED, Outcome.NOT_APPLICABLE):
        return True
    box = finding.code.removesuffix("-LIMIT")  # what was measured lacks its limit, which nobody can attest
    is_measured = box != finding.code and any(code in measured for code in CODES.values() if code.startswith(box))
    may = finding.outcome is Outcome.NOT_APPLICABLE or not is_measured
    return may and is_attested_instead(finding, spec, day, proofs)


def _counts_or_is_small(finding: Finding) -> bool:
    return finding.blocking or (bool(finding.withheld) and finding.status is not Status.NOT_MET)


def _segment_metrics(spec: Spec, task: Task) -> tuple[str, ...]:
    return spec.segments.metrics or policy.SEGMENT_METRICS[task]


def _could_not_be_asked(question: Question, counting: Sequence[Finding]) -> bool:
    said = {(f"{question.prefix}-FAILED", Status.NOT_ASSESSED), (left_out_code(question), Status.NOT_ASSESSED)}
    return len(counting) == 1 and (counting[0].code, counting[0].status) in said


def _any_of(codes: Alternatives, counting: Sequence[Finding]) -> bool:
    """The first code, whatever its status; the others stand in for it only as *not assessed*."""
    code, *others = codes
    if any(finding.code == code for finding in counting):
        return True
    return any(finding.code in others and finding.status is Status.NOT_ASSESSED for finding in counting)


def _each(codes: Iterable[str]) -> tuple[Alternatives, ...]:
    return tuple((code,) for code in codes)


def _baselines(spec: Spec, task: Task) -> tuple[str, ...]:
    given = spec.baseline
    return (
        *(guess.upper() for guess in GUESSES[task]),
        *(f"RULE-{k}" for k in range(1, len(given.rules) + 1)),
        *(("CURRENT",) if given.current is not None else ()),
        *(("HUMAN",) if given.human is not None else ()),
    )


def _coverage(spec: Spec, task: Task) -> list[str]:
    metrics = _segment_metrics(spec, task)
    segmentations = range(1, len(spec.data.segments) + 1)
    critical = [i for i, entry in enumerate(spec.data.segments, 1) if getattr(entry, "critical", ())]
    return [
        f"SEGM-{i}-{what}-{metric.upper()}"
        for what, which in (("COVERAGE", segmentations), ("CRITICAL", critical))
        for i in which
        for metric in metrics
    ]


def _group_comparisons(spec: Spec, task: Task) -> list[str]:
    segmentations = range(1, len(spec.data.segments) + 1) if task is Task.BINARY else ()
    return [f"SEGM-{i}-FAIR-{measure.upper()}" for i in segmentations for measure in spec.segments.fairness]


def _errors(spec: Spec, task: Task) -> tuple[Alternatives, ...]:
    """Savings against each answer that needs no model can be missing only together; for classes see below."""
    is_cost_judged = spec.errors.costs is not None and spec.errors.value_per_prediction is not None
    is_interval_judged = spec.errors.interval is not None and spec.errors.interval.at_least is not None
    return (
        ("ERRO-SAVINGS",),
        *((code, "ERRO-SAVINGS") for code in _compared_costs(spec, task)),
        *((("ERRO-COST",),) if is_cost_judged else ()),
        *((("ERRO-COVERAGE",),) if is_interval_judged else ()),
    )


def _compared_costs(spec: Spec, task: Task) -> Iterator[str]:
    """Of more than two classes only the record tells how many: see `_missing_constants`."""
    costs = spec.errors.costs
    if costs is None:
        return
    if task in (Task.BINARY, Task.RANKING):
        yield "ERRO-SAVINGS-CONSTANT"
    if task is Task.REGRESSION and spec.errors.do_nothing is not None:
        yield "ERRO-SAVINGS-MEDIAN"
    if task is Task.REGRESSION and costs.under != costs.over:
        yield "ERRO-SAVINGS-QUANTILE"
    if spec.baseline.current is not None:
        yield "ERRO-CURRENT"


def _missing_constants(answer: RecordedAnswer, counting: Sequence[Finding], spec: Spec, task: Task) -> list[str]:
    """Of the classes that the matrix shows, all but that of doing nothing, or the cheapest of many."""
    if answer.question is not Question.ERRORS or task is not Task.MULTICLASS or spec.errors.costs is None:
        return []
    if any(f.code == "ERRO-SAVINGS" and f.status is Status.NOT_ASSESSED for f in counting):
        return []
    classes = sum(bool(re.fullmatch(r"ERRO-CELL-1-\d+", finding.code)) for finding in answer.findings)
    judged = {finding.code for finding in counting if re.fullmatch(r"ERRO-SAVINGS-CLASS-\d+", finding.code)}
    wanted = min(max(2, classes) - 1, policy.MOST_CONSTANTS)
    return [] if len(judged) >= wanted else [f"ERRO-SAVINGS-CLASS-… ({wanted} of them)"]


def _windows(spec: Spec) -> tuple[Alternatives, ...]:
    """With a time column, windows of time are judged, as many as the spec asks for."""
    count = 0 if spec.data.time is None else spec.stability.windows or 1
    return tuple((f"STAB-WINDOW-{k}", "STAB-WINDOWS") for k in range(1, count + 1))


def _stability(spec: Spec, task: Task) -> tuple[str, ...]:
    return (
        "STAB-HALF-WIDTH",
        *(("STAB-CHURN",) if task.has_classes else ()),
        *(("STAB-STD",) if spec.evidence == "point" else ()),
    )


def _is_of(code: str, question: Question) -> bool:
    return code.startswith(f"{question.prefix}-")


def _boxes() -> tuple[str, ...]:
    """The attested ones, and those that a probe fills; limits and drift have codes of their own."""
    probed = (box.code for box in BOXES if box.code.startswith("PROD-PROBE-"))
    return (*probed, *(box.code for box in BOXES if box.source is Source.ATTESTED))


def _probes(spec: Spec) -> tuple[str, ...]:
    names = (*policy.MUST_PROBES, *spec.production.must_handle)
    return tuple(f"PROD-PROBE-{name.upper().replace('_', '-')}" for name in names)
