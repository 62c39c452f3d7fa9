"""Limits of deficits in points, scaled to what a small rate has to lose.

A limit of 0.15 cannot be missed by a recall of 0.10, which has no 0.15 to lose, and a false positive rate of 0.002 that
rises to 0.10 has risen fiftyfold within it. So a limit in points is never more than

- of a rate that should be large: half of what it has to lose, down to 0 or to what a guess reaches: a group that is
  served worse by half has been left out;
- of a rate that should be small: four times the most that it may be, so that no group meets the error much more than
  five times as often as the others do; but never less than 0.02, since no table of usual size could show less.

The rate is that of all other rows, and the limit counts as known. A large rate that is measured too high makes the
deficit seem larger by more than it widens the limit. A small one narrows the limit only as far as it is surely small:
its upper limit counts, so that few rows keep the limit that was stated. A narrower limit errs less often than the
stated one (`simulated_easy_answers` in tests/benchmarks).
"""

from __future__ import annotations

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, rounded
from readiness.core.metrics import Metric
from readiness.core.missing import Missing
from readiness.statistics.basis import inference_of
from readiness.statistics.inference import Inference

HALF = 0.5
"""Share of what a rate has to lose; the widest `segments.limit` that a spec may set."""
MORE = 4.0
"""By how many times itself a rate that should be small may be larger: one group then gets five times as often what the
other gets, as under the lowest ratio of groups that a spec may set."""
LEAST = 0.02
"""As the smallest gain over a baseline, and the smallest decline over time, that are asked for by default."""


def scaled_limit(metric: Metric, limit: float, rest: Inference | Missing, *, alpha: float) -> float:
    """The largest tolerated deficit, in points of a share.

    Args:
        metric: of which the deficit is.
        limit: the stated one; it holds as it is for metrics that are no shares, and where the rest has nothing to lose.
        rest: the metric among all other rows.
        alpha: one-sided chance that a small rate is larger than the most that it may be.
    """
    if not metric.is_share or isinstance(rest, Missing):
        return limit
    if metric.greater_is_better:
        lose = rounded(HALF * (rest.value - (metric.guess or 0.0)))
        return min(limit, lose) if lose is not None and lose > 0 else limit
    return min(limit, max(LEAST, rounded(MORE * rest.upper(alpha)) or 0.0))


def recorded_limit(basis: Basis | None, metric: Metric, limit: float, *, alpha: float) -> float:
    """The same for a recorded deficit, whose basis tells the value among all other rows.

    Raises:
        InvalidReport: the basis is made of numbers that give no result.
    """
    if basis is None or len(basis.parts) != 2 or not metric.is_share:
        return limit
    try:
        rest = inference_of(basis.parts[0 if metric.greater_is_better else 1])
        return scaled_limit(metric, limit, rest, alpha=alpha)
    except (ArithmeticError, ValueError, TypeError, AttributeError) as error:
        raise InvalidReport("A basis is made of numbers that give no result.") from error


def why_scaled(metric: Metric, stated: float, limit: float) -> str:
    """What is said of a limit that is narrower than the stated one; empty where it is the stated one."""
    if limit >= stated:
        return ""
    if metric.greater_is_better:
        of = "half of what the others have to lose"
    else:
        of = "four times the most that the rate of the others may be" if limit > LEAST else "for theirs is so small"
    return f"the limit is {limit:.4g} here, {of}, and not {stated:.4g}"
