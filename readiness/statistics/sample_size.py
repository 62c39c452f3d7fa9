"""Sample sizes: how many rows would settle a question, and the power of those that there are."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import bdtrc, chdtri, chndtr, logit

from readiness.statistics.inference import Inference, normal_quantile
from readiness.statistics.intervals import Binomial, Floats, Mapped, OrderStatistic

POWER = 0.80
"""Chance of a proof that is planned for (Cohen 1988)."""
EXACT_SEARCH = 3000
"""Above this many rows the normal formula is as good as the exact search."""
TYPICAL_LEVEL = 0.90
"""Level of a metric that is assumed where only a model could tell it."""
_NOT_EVER = 10**9


def least_provable(n: int, alpha: float = 0.05) -> float:
    """The largest share that n rows without a single failure prove: alpha^(1/n), about 1 - 3/n at 5 %."""
    return float(alpha ** (1 / n))


def rows_without_slip(share: float, alpha: float = 0.05) -> int:
    """Rows of which none may slip so that slips are proven to be at most a `share` of all, 0 < share < 1.

    The least n with (1 - share)^n <= alpha (Clopper and Pearson 1934 for 0 of n).
    """
    return math.ceil(math.log(alpha) / math.log1p(-share) - 1e-9)


def proportion_rows(truth: float, bar: float, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Rows from which on the exact lower bound of a share exceeds `bar` with chance `power` when it is truly `truth`.

    Exact binomial search against the Clopper-Pearson bound; None when truth <= bar or above a thousand million rows.
    """
    if not 0 < bar < truth <= 1:
        return 1 if bar <= 0 < truth else None
    if truth == 1:
        return max(1, math.ceil(math.log(alpha) / math.log(bar) - 1e-9))
    spread = normal_quantile(alpha) * math.sqrt(bar * (1 - bar)) + normal_quantile(1 - power) * math.sqrt(
        truth * (1 - truth)
    )
    rough = (spread / (truth - bar)) ** 2 + 1 / (truth - bar)
    if rough > EXACT_SEARCH:
        return math.ceil(rough) if rough < _NOT_EVER else None
    n = np.arange(1, math.ceil(1.5 * rough) + 200, dtype=float)
    short = np.flatnonzero(_exact_power(n, truth, bar, alpha) < power)
    return int(n[short[-1]]) + 1 if len(short) else 1


def _exact_power(n: Floats, truth: float, bar: float, alpha: float) -> Floats:
    """Chance that the Clopper-Pearson lower bound exceeds `bar`, for each n.

    It does so with more successes than `most`, the smallest number that is exceeded with chance `alpha` or less at the
    bar; the normal approximation of `most` is off by a few.
    """
    rows = n.astype(np.int64)
    most = np.clip(np.floor(n * bar + normal_quantile(alpha) * np.sqrt(n * bar * (1 - bar))), 0, n)
    while (more := (most < n) & (bdtrc(most, rows, bar) > alpha)).any():
        most += more
    while (less := (most > 0) & (bdtrc(np.maximum(most - 1, 0), rows, bar) <= alpha)).any():
        most -= less
    return np.asarray(np.where(most >= n, 0.0, bdtrc(np.minimum(most, n - 1), rows, truth)))


def minimum_rows(level: float, margin: float, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Rows of a segment's own denominator from which a segment without deficit would be *met* with chance `power`.

    The metric is at `level` inside and outside the segment; a deficit of `margin` is what must be excluded. Give shares
    that should be small, such as false positive rates, as 1 - level. None when no number of rows is enough.
    """
    return proportion_rows(level, level - margin, alpha=alpha, power=power)


def quantiles(alpha: float, power: float) -> float:
    """Distance, in standard errors, between truth and bar at which a one-sided bound excludes the bar so often."""
    return normal_quantile(alpha) + normal_quantile(1 - power)


def contrast_rows(distance: float, sd: float, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Rows that prove a mean whose true `distance` from its bar is positive; `sd` is that of a row's share in it.

    Normal formula ((z_alpha + z_power) · sd / distance)²; None when the distance is not positive, or for too many rows.
    """
    if not distance > 0:
        return None
    wanted = (quantiles(alpha, power) * sd / distance) ** 2
    return max(2, math.ceil(wanted - 1e-9)) if wanted < _NOT_EVER else None


def loss_rows(truth: float, bar: float, sd: float, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Rows that prove a mean loss to be below `bar`; normal formula on the log scale, which knows of the skewness.

    Args:
        truth: the true mean, above 0.
        bar: the limit, above the truth.
        sd: standard deviation of the loss of a row.
        alpha: allowed chance of a wrong proof.
        power: wanted chance of a proof.
    """
    if not 0 < truth < bar:
        return None
    return contrast_rows(math.log(bar / truth), sd / truth, alpha=alpha, power=power)


def auc_variance(value: float, share: float) -> float:
    """Variance of ROC AUC times the number of rows, in large samples (Hanley and McNeil 1982).

    `share` is that of the positives, between 0 and 1; `value` lies between 0.5 and 1.
    """
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    return (second - value**2) / share + (first - value**2) / (1 - share)


def curved_rows(
    truth: float, bar: float, sd: float, *, least: float = 0.0, alpha: float = 0.05, power: float = POWER
) -> int | None:
    """Rows that prove a metric between `least` and 1 above `bar`, by the normal formula on the logit scale.

    `sd` is that of a row's influence. With `least` -1 the scale is Fisher's z (1915), as correlations have it. Both
    know that the distribution leans away from 1, of which the plain formula promises too much.
    """
    if not least < bar < truth < 1:
        return 1 if bar <= least < truth else None
    high, low = ((x - least) / (1 - least) for x in (truth, bar))
    slope = high * (1 - high) * (1 - least)
    return contrast_rows(float(logit(high) - logit(low)), sd / slope, alpha=alpha, power=power)


def auc_rows(truth: float, bar: float, share: float, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Rows that prove a ROC AUC above `bar`, with this share of positives; Hanley-McNeil on the logit scale."""
    return curved_rows(truth, bar, math.sqrt(auc_variance(truth, share)), alpha=alpha, power=power)


def average_precision_rows(truth: float, bar: float, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Positives that prove an average precision above `bar`; binomial on the logit scale (Boyd, Eng and Page 2013)."""
    return curved_rows(truth, bar, math.sqrt(truth * (1 - truth)), alpha=alpha, power=power)


def drift_rows(limit: float, bins: int, *, alpha: float = 0.05, power: float = POWER) -> int:
    """Rows on each side from which a feature without drift is proven to have a stability index of at most `limit`.

    Without drift the index is (1/n + 1/m) · chi-square with bins - 1 degrees (Yurdakul 2018); its upper bound is a
    noncentral one's, which must not exceed the limit in all but 1 - power of samples.
    """
    df = bins - 1
    index = max(float(df), float(chdtri(df, 1 - power)))
    low, high = 0.0, 10.0 * (index + 10)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float(chndtr(index, df, middle)) > alpha else (low, middle)
    return math.ceil(2 * high / limit)


def rows_needed(inference: Inference, bar: float, *, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Rows of the inference's denominator that prove, with chance `power`, on which side of `bar` the value lies.

    The measured value is taken for the true one. Shares and quantiles: exact binomial search; else the distance of the
    present bound shrinks with the root of n. None when more rows of this kind would not settle it.
    """
    if inference.value == bar:
        return None
    above = inference.value > bar
    if isinstance(inference, Binomial):
        return _share_rows(inference, bar, above, alpha, power)
    if isinstance(inference, OrderStatistic) and inference.between is None:
        return _quantile_rows(inference, bar, alpha / inference.looks, power)
    if isinstance(inference, Mapped) and isinstance(inference.inner, Binomial):
        inner_bar = _inverse(inference.function, bar)
        if inner_bar is not None:
            return _share_rows(inference.inner, inner_bar, inference.inner.value > inner_bar, alpha, power)
    limit = inference.lower(alpha) if above else inference.upper(alpha)
    if not math.isfinite(limit):
        return None
    reach = abs(inference.value - limit) / abs(inference.value - bar)
    wanted = inference.n * (reach * (1 + normal_quantile(1 - power) / normal_quantile(alpha))) ** 2
    return math.ceil(wanted) if wanted < _NOT_EVER else None


def _share_rows(share: Binomial, bar: float, above: bool, alpha: float, power: float) -> int | None:
    truth = share.value if above else 1 - share.value
    rows = proportion_rows(truth, bar if above else 1 - bar, alpha=alpha, power=power)
    return None if rows is None else math.ceil(rows * share.n / share.effective_rows(alpha))


def _quantile_rows(quantile: OrderStatistic, bar: float, alpha: float, power: float) -> int | None:
    """A p99 is below a limit when at least 99 % of values are: a share against a bar."""
    if quantile.value < bar:
        inside = float(np.searchsorted(quantile.values, bar, side="right")) / quantile.n
        return proportion_rows(inside, quantile.q, alpha=alpha, power=power)
    outside = 1 - float(np.searchsorted(quantile.values, bar, side="left")) / quantile.n
    return proportion_rows(outside, 1 - quantile.q, alpha=alpha, power=power)


def _inverse(function: Callable[[float], float], target: float) -> float | None:
    """Where a monotone function on [0, 1] takes a value, by bisection; None when it does not."""
    low, high = 0.0, 1.0
    start, end = function(low), function(high)
    if not min(start, end) < target < max(start, end):
        return None
    for _ in range(60):
        middle = (low + high) / 2
        if (function(middle) < target) == (start < end):
            low = middle
        else:
            high = middle
    return (low + high) / 2
