"""Whether value, interval and bounds of every finding belong together, and to the counts.

What no formula gives again is held to what is true of every method: limits enclose the value, and of two limits of one
number the one with the smaller chance of error lies farther out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from readiness.core.errors import InvalidReport
from readiness.core.findings import (
    Answer,
    Basis,
    Bounds,
    Criterion,
    Estimate,
    Finding,
    Question,
    Recomputable,
    Status,
    adjustment_words,
    rounded,
)
from readiness.core.metrics import TECHNICAL
from readiness.core.policy import CONFIDENCE
from readiness.statistics.basis import IN_GROUPS, SHARE, SHARES, flatten, inference_of, recomputable_from
from readiness.statistics.inference import Inference
from readiness.statistics.judge_claims import reservation
from readiness.statistics.metric_shapes import is_counted
from readiness.statistics.parity import MEASURES
from readiness.statistics.slices import MOST_FOUND

if TYPE_CHECKING:
    from readiness.verdict.record import Record

CLOSE = 1e-9
"""Numbers that agree to this share of themselves are the same: one unit in the last recorded digit."""
TINY = 1e-12
"""Differences that are nothing but rounding; they arise where two shares are the same."""
_DEPENDENT = ("group", "time", "weight")


def check_numbers(record: Record) -> None:
    """Recompute value, interval and bounds of every finding, and the adjustment for many claims.

    Raises:
        InvalidReport: naming the first finding that does not hold.
    """
    alpha = _alpha(record)
    for answer in record.answers:
        for finding in answer.findings:
            try:
                _check_estimate(finding.measured)
                if finding.bounds is not None:
                    _check_judged(record, finding, alpha)
            except InvalidReport as error:
                raise InvalidReport(f"Finding {finding.code} does not hold. {error.message}") from error
        _check_family(answer, alpha)


def _alpha(record: Record) -> float:
    """The allowed chance of a wrong *met*, as `Spec.alpha`."""
    spec = record.gathered.spec
    is_corrected = spec.get("reuse") == "corrected" and record.uses is not None
    share = record.uses.number if is_corrected and record.uses is not None else 1
    if share < 1:
        raise InvalidReport(f"The record says that this is candidate number {share} on its test rows.")
    return round((1 - float(spec.get("confidence", CONFIDENCE))) / share, 10)


def check_counted(record: Record) -> None:
    """Bounds that follow from counts must come with them, or nobody could recompute them.

    Raises:
        InvalidReport: naming the first finding whose counts are missing.
    """
    for answer in record.answers:
        for finding in answer.findings:
            is_counted = finding.bounds is None or finding.bounds.recomputable is Recomputable.COUNTS
            if not is_counted and _needs_counts(record, answer.question, finding):
                raise InvalidReport(f"Finding {finding.code} judges a share of rows, and the counts are missing.")


def _check_estimate(measured: Estimate | None) -> None:
    """Raises: InvalidReport."""
    if measured is None:
        return
    if not 0 < measured.level <= 1 or measured.n < 0:
        raise InvalidReport(f"Its level is {measured.level:g} and its n {measured.n}.")
    if not _in_order(measured.low, measured.value, measured.high):
        raise InvalidReport(f"Its interval leaves out the measured value {measured.value:.10g}.")
    if measured.level == 1 and {measured.low, measured.high} != {measured.value}:
        raise InvalidReport("It is called exact, and its interval has a width.")


def _in_order(low: float | None, value: float, high: float | None) -> bool:
    """Whether the limits enclose the value; a missing one does."""
    return (low is None or low <= value) and (high is None or value <= high)


def _check_judged(record: Record, finding: Finding, alpha: float) -> None:
    """Raises: InvalidReport."""
    bounds, measured, criterion = finding.bounds, finding.measured, finding.criterion
    assert bounds is not None
    if measured is None or criterion is None:
        raise InvalidReport("It has bounds without a measured value or without a criterion.")
    if bounds.alpha != alpha:
        raise InvalidReport(f"Its bounds may err with chance {bounds.alpha:g}; the spec allows {alpha:g}.")
    if not _in_order(bounds.lower, measured.value, bounds.upper):
        raise InvalidReport(
            f"Its bounds {_said(bounds.lower, bounds.upper)} leave out the measured value {measured.value:.10g}."
        )
    if bounds.claims < 0 or bounds.adjustment != adjustment_words(criterion, bounds.alpha, bounds.claims):
        raise InvalidReport("The words on the adjustment of its bounds are not those of its number of claims.")
    is_exact, is_point = measured.level == 1, record.rule == "point"
    if (is_exact or is_point) and {bounds.lower, bounds.upper} != {measured.value}:
        raise InvalidReport(
            f"It is {'exact' if is_exact else 'judged by its value alone'}, and its bounds are "
            f"{_said(bounds.lower, bounds.upper)} in place of {measured.value:.10g}."
        )
    if is_exact and not is_point and criterion.refutable and finding.metric not in TECHNICAL:
        raise InvalidReport("It is called exact, and chance plays a part in it.")
    if is_exact and (bounds.basis is not None or bounds.claims):
        raise InvalidReport("It is called exact, and its bounds are computed as if it were not.")
    if not is_exact:
        _check_basis(record, measured, bounds, criterion)
    if finding.status is Status.MET and (said := reservation(bounds.basis, wants_more=criterion.wants_more)):
        raise InvalidReport(f"It is called met, and its own numbers forbid that: {said}")


def _check_basis(record: Record, measured: Estimate, bounds: Bounds, criterion: Criterion) -> None:
    """Raises: InvalidReport."""
    if (recomputable_from(bounds.basis, Recomputable.NO) is Recomputable.COUNTS) is not (
        bounds.recomputable is Recomputable.COUNTS
    ):
        raise InvalidReport(f"It says that its bounds can be recomputed from {bounds.recomputable}; they cannot.")
    if bounds.basis is None:
        if record.rule == "interval":
            _check_sides(measured, bounds, criterion)
        return
    try:
        inference = inference_of(bounds.basis)
        expected = list(_expected(inference, measured.level, bounds, criterion, is_point=record.rule == "point"))
        sizes = {inference.n, *(part.n for part in _halves(inference))}
    except (ArithmeticError, ValueError, TypeError, AttributeError) as error:
        raise InvalidReport("Its basis is made of numbers that give no result.") from error
    _check_dependence(record, bounds.basis)
    found = (measured.value, measured.low, measured.high, bounds.lower, bounds.upper)
    names = ("value", "interval's lower end", "interval's upper end", "lower bound", "upper bound")
    for name, here, there in zip(names, found, expected, strict=True):
        if not _is_same(here, there):
            raise InvalidReport(f"Its {name} is {_one(here)}; its recorded counts or moments give {_one(there)}.")
    if measured.n not in sizes:
        raise InvalidReport(f"It speaks of {measured.n:,} rows; its recorded counts or moments of {inference.n:,}.")


def _check_dependence(record: Record, basis: Basis) -> None:
    """Raises: InvalidReport: counts come with a design that the spec does not name, or without that of its groups."""
    shares = [part for part in flatten(basis) if part.form in SHARES]
    data = record.gathered.spec.get("data", {})
    if not any(data.get(name) for name in _DEPENDENT) and any(_design(part) for part in shares):
        raise InvalidReport("Its counts are said to come from rows that depend on each other; the spec names none.")
    if not data.get("group") and any(part.form == IN_GROUPS for part in shares):
        raise InvalidReport("Its counts are said to come from groups of rows; the spec names none.")
    if data.get("group") and any(part.form == SHARE and _design(part) for part in shares):
        raise InvalidReport("Its counts do not tell how many groups they come from; the spec names groups.")


def _expected(
    inference: Inference, level: float, bounds: Bounds, criterion: Criterion, *, is_point: bool
) -> Iterator[float | None]:
    yield rounded(inference.value)
    yield from (rounded(end) for end in inference.interval(level))
    if is_point:
        yield from [rounded(inference.value)] * 2
    else:
        lower, upper = bounds.alphas(criterion)
        yield from (rounded(inference.lower(lower)), rounded(inference.upper(upper)))


def _halves(inference: Any) -> list[Inference]:
    """What a difference is taken between: a deficit counts the rows of its segment."""
    return [inference.a, inference.b] if hasattr(inference, "a") else []


def _design(share: Any) -> bool:
    return share.numbers["deff"] != 1 or share.numbers["df"] is not None


def _needs_counts(record: Record, question: Question, finding: Finding) -> bool:
    """Whether a finding is about shares of rows: a stated requirement on one, or a comparison of groups by one."""
    task = record.gathered.data.task
    if finding.measured is None or finding.measured.level == 1:
        return False
    if not is_counted(finding.metric, task):
        return False
    if question in (Question.SEGMENTS, Question.STABILITY):
        return bool(finding.segment) or finding.metric in MEASURES
    return question is Question.BUSINESS and not is_relative(record, finding)


def is_relative(record: Record, finding: Finding) -> bool:
    """Whether a requirement asks for a gain over another method."""
    stated = record.gathered.spec.get("business", {}).get("requirements", [])
    asked = dict(enumerate((each.get("lift_over") or each.get("gain_over") for each in stated), 1))
    return bool(asked.get(finding.key.number("requirement")))


def _check_sides(measured: Estimate, bounds: Bounds, criterion: Criterion) -> None:
    """Interval and bounds are limits of one number: the smaller the chance of error, the farther out.

    Raises:
        InvalidReport: a bound lies on the wrong side of the interval's end.
    """
    tail = (1 - measured.level) / 2
    pairs = ((bounds.lower, measured.low, -1.0), (bounds.upper, measured.high, 1.0))
    for alpha, (bound, end, outwards) in zip(bounds.alphas(criterion), pairs, strict=True):
        reach = (math.inf if each is None else outwards * each for each in (bound, end))
        of_bound, of_end = reach
        is_equal = math.isclose(alpha, tail, rel_tol=CLOSE)
        wrong = of_bound != of_end if is_equal else (of_bound > of_end) if alpha > tail else (of_bound < of_end)
        if wrong:
            raise InvalidReport(
                f"Its {'lower' if outwards < 0 else 'upper'} bound {_one(bound)}, wrong with chance {alpha:.3g}, "
                f"contradicts its interval, which ends at {_one(end)} with chance {tail:.3g}."
            )


def _check_family(answer: Answer, alpha: float) -> None:
    """Alpha may be divided by no more claims than the question has: by those that are not refuted, or, for a refuted
    one, by all (Holm 1979). Weak spots that were searched for and not shown took part, too.

    Raises:
        InvalidReport: naming the finding whose *not met* is made too hard.
    """
    family = [f for f in answer.findings if f.bounds is not None and f.bounds.claims > 0 and f.criterion is not None]
    searched = any(f.metric == "combinations" and f.measured is not None for f in answer.findings)
    unseen = MOST_FOUND * len({f.metric for f in family}) if searched else 0
    left = sum(not _is_refuted(f) for f in family)
    for finding in family:
        most = (len(family) if _is_refuted(finding) else left) + unseen
        assert finding.bounds is not None
        if finding.bounds.claims > most:
            raise InvalidReport(
                f"Finding {finding.code} divides the chance of error {alpha:g} by {finding.bounds.claims} claims; "
                f"its question has {most}."
            )


def _is_refuted(finding: Finding) -> bool:
    bounds, criterion = finding.bounds, finding.criterion
    assert bounds is not None and criterion is not None  # noqa: PT018
    good = bounds.upper if criterion.wants_more else bounds.lower
    return good is not None and criterion.refuted_by(good)


def _is_same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=TINY)


def _said(lower: float | None, upper: float | None) -> str:
    return f"{_one(lower)} to {_one(upper)}"


def _one(limit: float | None) -> str:
    return "no limit" if limit is None else f"{limit:.10g}"
