"""What do the six questions say when the truth lies exactly on the limit, when nothing is wrong, and when much is?"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import ndtri

from readiness.core.findings import Answer, Claim, Criterion, Status
from readiness.core.missing import Missing
from readiness.core.policy import BASELINE_MARGIN, CHURN_MET, CHURN_NOT_MET, DRIFT_LIMIT, SEGMENT_LIMIT, Task
from readiness.questions import business, segments
from readiness.questions.over_time import over_time
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.comparison import compare
from readiness.statistics.costs import mean_cost_from_cells
from readiness.statistics.drift import drift_of_counts
from readiness.statistics.inference import Inference
from readiness.statistics.intervals import OrderStatistic
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.labels import label_metric_values
from readiness.statistics.stability import churn
from tests.benchmarks.simulation import ALPHA, Generator
from tests.questions.conftest import evidence_of

RECALL = 0.95


def status(measured: Inference | Missing, criterion: Criterion) -> Status:
    """What one claim comes to."""
    (finding,) = judge_claims(
        [Measurement(Claim("SIMU-1", "simulated", criterion), "simulated", measured)], alpha=ALPHA, level=0.95
    )
    return finding.status


def is_met(measured: Inference | Missing, criterion: Criterion) -> bool:
    """Whether one claim is proven."""
    return status(measured, criterion) is Status.MET


# 1 Baseline: the gain is exactly the margin -------------------------------------------------------------------------


@lru_cache
def paired(gain: float) -> Floats:
    """Shares of (truth, candidate, other) with this gain in F1: the candidate is right in 90 % of both classes, the
    other is right in fewer, mostly on the same rows.
    """
    low, high = 0.5, 0.9
    for _ in range(60):
        other = (low + high) / 2
        table = _joint(other)
        mine, theirs = (float(label_metric_values("f1", table.sum(axis=axis), binary=True)) for axis in (2, 1))
        low, high = (other, high) if mine - theirs > gain else (low, other)
    return _joint(low)


def _joint(other: float) -> Floats:
    table = np.zeros((2, 2, 2))
    only_other = 0.2 * (1 - 0.9)
    both = other - only_other
    cells = {(1, 1): both, (1, 0): 0.9 - both, (0, 1): only_other, (0, 0): 0.1 - only_other}
    for truth, prior in ((0, 0.7), (1, 0.3)):
        for (mine, theirs), share in cells.items():
            table[truth, truth if mine else 1 - truth, truth if theirs else 1 - truth] = prior * share
    return table


def f1_gain(rng: Generator, n: int, *, clear: bool = False) -> bool:
    """Gain in F1 over the current model."""
    table = paired(0.2 if clear else BASELINE_MARGIN)
    cells = np.repeat(np.arange(8), rng.multinomial(n, table.ravel()))
    y, mine, theirs = cells // 4, cells // 2 % 2, cells % 2
    gain = compare("f1", Cases(Task.BINARY, y, mine), Cases(Task.BINARY, y, theirs))
    return is_met(gain, Criterion(">", BASELINE_MARGIN))


def error_gain(rng: Generator, n: int) -> bool:
    """MAE exactly 0.95 of the other's."""
    y, mine, own = rng.standard_normal((3, n))
    theirs = (0.7 * mine + math.sqrt(0.51) * own) / 0.95
    cases = [Cases(Task.REGRESSION, y, y + error) for error in (mine, theirs)]
    return is_met(compare("mae", *cases, factor=0.95), Criterion(">", 0.0))


# 2 Business: recall is exactly what is required ---------------------------------------------------------------------


def recall(rng: Generator, positives: int, *, clear: bool = False) -> bool:
    """Through the question itself."""
    found = (rng.random(positives) < (0.999 if clear else RECALL)).astype(int)
    y, said = [1] * positives + [0] * 50, [*found.tolist(), *[0] * 50]
    stated = [{"says": "find them", "metric": "recall", "at_least": RECALL}]
    evidence = evidence_of(y, said, business={"requirements": stated})
    return business.ask(evidence, evidence.spec.business).status is Status.MET


# 3 Segments ---------------------------------------------------------------------------------------------------------


def asked(rng: Generator, shares: Floats, rows: int, *, columns: int = 0, metrics: tuple[str, ...] = ()) -> Answer:
    """The answer on segments of equal size that are right with these chances; further columns mean nothing."""
    names = np.repeat(np.arange(len(shares)), rows)
    y = rng.integers(0, 2, len(names))
    right = rng.random(len(names)) < shares[names]
    frame = pd.DataFrame({"g": names.astype(str)})
    for k in range(columns):
        frame[f"c{k}"] = rng.integers(0, 10, len(names)).astype(str)
    parts = {"segments": {"metrics": list(metrics)}} if metrics else {}
    more = {"rows": frame} if columns else {}
    evidence = evidence_of(y, np.where(right, y, 1 - y), frame=frame, data={"segments": ["g"]}, more=more, **parts)
    return segments.ask(evidence, evidence.spec.segments)


def with_deficit(groups: int, deficit: float) -> Floats:
    """Right in 90 % everywhere but in the last segment."""
    return np.append(np.full(groups - 1, 0.9), 0.9 - deficit)


def segment_met(rng: Generator, rows: int, *, clear: bool = False) -> bool:
    """One of five segments lies behind by exactly the limit."""
    shares = with_deficit(5, 0.0 if clear else SEGMENT_LIMIT)
    return asked(rng, shares, rows, metrics=("accuracy",)).status is Status.MET


def segment_refused(rng: Generator, groups: int, rows: int, deficit: float = 0.0, columns: int = 0) -> bool:
    """Whether the question says *not met*."""
    return asked(rng, with_deficit(groups, deficit), rows, columns=columns).status is Status.NOT_MET


def segment_not_passed(rng: Generator, groups: int, rows: int, deficit: float) -> bool:
    """Whether the question does not say *met*."""
    return asked(rng, with_deficit(groups, deficit), rows).status is not Status.MET


def slice_found(rng: Generator, rows: int, deficit: float) -> bool:
    """Whether a combination of two unnamed columns (4 % of rows) that is worse is proven to be."""
    frame = pd.DataFrame({f"c{k}": rng.integers(0, 5, rows).astype(str) for k in range(10)})
    weak = (frame["c2"] == "1") & (frame["c7"] == "3")
    y = rng.integers(0, 2, rows)
    right = rng.random(rows) < np.where(weak, 0.9 - deficit, 0.9)
    frame["g"] = "one"
    frame.loc[: rows // 2, "g"] = "two"
    evidence = evidence_of(
        y, np.where(right, y, 1 - y), frame=frame, data={"segments": ["g"]}, more={"rows": frame},
        segments={"metrics": ["accuracy"]},
    )  # fmt: skip
    found = segments.ask(evidence, evidence.spec.segments).findings
    return any(each.code.startswith("SEGM-SLICE") and each.segment == {"c2": "1", "c7": "3"} for each in found)


# 4 Errors: nothing is saved -----------------------------------------------------------------------------------------


def savings(rng: Generator, n: int, *, clear: bool = False) -> bool:
    """2 % of rows save 50 and 10 % lose 10 (clear: 1)."""
    counts = rng.multinomial(n, (0.88, 0.10, 0.0, 0.02)).astype(float)
    saved = mean_cost_from_cells(counts, (0.0, -1.0 if clear else -10.0, 0.0, 500.0 if clear else 50.0), seed=0)
    return is_met(saved, Criterion(">", 0.0))


# 5 Stability: exactly so many answers change ------------------------------------------------------------------------


def churned(rng: Generator, n: int, share: float, *, clear: bool = False) -> Status:
    """Ten refits whose answers differ in exactly 10 % of all rows between any two; `share` of that comes from the
    refits, the rest from the rows.
    """
    noise = 1 / math.cos(math.pi * (0.02 if clear else CHURN_MET)) - 1
    scores = rng.standard_normal(n) + math.sqrt((1 - share) * noise) * rng.standard_normal((10, n))
    labels = scores + math.sqrt(share * noise) * rng.standard_normal((10, 1)) > 0
    return status(churn(labels), Criterion("<=", CHURN_MET, refuted_beyond=CHURN_NOT_MET))


def churn_met(rng: Generator, n: int, share: float = 0.0, *, clear: bool = False) -> bool:
    """Whether so much change is let pass."""
    return churned(rng, n, share, clear=clear) is Status.MET


# 6 Production -------------------------------------------------------------------------------------------------------


@lru_cache
def moved(psi: float) -> Floats:
    """Shares of ten bins whose index against equal shares is `psi`."""
    low, high = 0.0, 0.5
    for _ in range(60):
        slope = (low + high) / 2
        shares = _tilted(slope)
        low, high = (slope, high) if float(((0.1 - shares) * np.log(0.1 / shares)).sum()) < psi else (low, slope)
    return _tilted(low)


def _tilted(slope: float) -> Floats:
    shares = np.exp(slope * np.arange(10))
    return np.asarray(shares / shares.sum())


def drift(rng: Generator, n: int, psi: float = DRIFT_LIMIT) -> Status:
    """Drift of one column, n rows on each side."""
    before, now = rng.multinomial(n, np.full(10, 0.1)), rng.multinomial(n, moved(psi))
    found = drift_of_counts([str(k) for k in range(10)], before.astype(float), now.astype(float))
    return status(found if isinstance(found, Missing) else found.index, Criterion("<=", DRIFT_LIMIT))


def drift_met(rng: Generator, n: int, *, clear: bool = False) -> bool:
    """Whether drift exactly at the limit is let pass."""
    return drift(rng, n, 0.01 if clear else DRIFT_LIMIT) is Status.MET


def drift_refused(rng: Generator, n: int, psi: float) -> bool:
    """Whether drift is proven to be too large."""
    return drift(rng, n, psi) is Status.NOT_MET


def latency_met(rng: Generator, n: int) -> bool:
    """p99 exactly on the limit."""
    times = OrderStatistic(np.sort(np.exp(0.5 * rng.standard_normal(n))), 0.99)
    return is_met(times, Criterion("<=", math.exp(0.5 * 2.3263478740408408)))


# Time ---------------------------------------------------------------------------------------------------------------


def windows_refused(rng: Generator, n: int, drop: float, correlation: float = 0.0) -> bool:
    """Whether a window or the trend is refused when the last tenth of rows is worse by `drop`."""
    shocks = rng.standard_normal(n)
    series = shocks.copy()
    for t in range(1, n if correlation else 1):
        series[t] = correlation * series[t - 1] + math.sqrt(1 - correlation**2) * shocks[t]
    right = series < np.where(np.arange(n) >= 0.9 * n, float(ndtri(0.9 - drop)), float(ndtri(0.9)))
    y = rng.integers(0, 2, n)
    frame = pd.DataFrame({"at": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(n), unit="h")})
    metric = {"metric": "accuracy"}
    evidence = evidence_of(y, np.where(right, y, 1 - y), frame=frame, data={"time": "at"}, baseline=metric)
    evidence = replace(evidence, rows=frame, cases=replace(evidence.cases, time=np.arange(n)))
    claims = over_time(evidence, evidence.spec.stability).claims
    return any(each.status is Status.NOT_MET for each in judge_claims(claims, alpha=ALPHA, level=0.95))
