"""Settings of decisions: the truth exactly on a limit, nothing wrong at all, and real faults."""

from __future__ import annotations

from functools import partial

from readiness.core.policy import DRIFT_LIMIT
from tests.benchmarks.simulated_questions import (
    churn_met,
    drift_met,
    drift_refused,
    error_gain,
    f1_gain,
    latency_met,
    recall,
    savings,
    segment_met,
    segment_not_passed,
    segment_refused,
    slice_found,
    windows_refused,
)
from tests.benchmarks.simulation import Generator, Share

SIX = (
    partial(f1_gain, n=1000), partial(recall, positives=1000), partial(segment_met, rows=1000),
    partial(savings, n=3000), partial(churn_met, n=3000), partial(drift_met, n=3000),
)  # fmt: skip


def approved(rng: Generator) -> bool:
    """One question, drawn at random, lies on its limit, and the other five far on the right side of theirs."""
    on_limit = int(rng.integers(len(SIX)))
    return SIX[on_limit](rng) and all(part(rng, clear=True) for k, part in enumerate(SIX) if k != on_limit)


ROWS = (60, 100, 300, 1_000)
APPROVALS = [
    *(Share("1 baseline: F1 gain .02", "paired", n, partial(f1_gain, n=n), cost=6) for n in (100, 300, 1_000, 10_000)),
    *(Share("1 baseline: MAE .95 of the other's", "paired", n, partial(error_gain, n=n)) for n in ROWS),
    *(Share("2 business: recall .95", "positives", n, partial(recall, positives=n)) for n in ROWS),
    *(Share("3 segments: deficit .15", "rows in each of 5", n, partial(segment_met, rows=n), cost=6) for n in ROWS),
    *(Share("4 errors: savings 0", "rare gains", n, partial(savings, n=n), cost=4) for n in (100, 300, 1_000, 10_000)),
    *(
        Share("5 stability: churn .10", f"{share:.0%} of it from the refits", n, partial(churn_met, n=n, share=share),
              cost=2)
        for share in (0.0, 0.2) for n in (100, 300, 1_000, 3_000)
    ),
    *(Share("6 production: PSI .25", "rows a side", n, partial(drift_met, n=n)) for n in (100, 300, 1_000, 10_000)),
    *(Share("6 production: p99", "calls", n, partial(latency_met, n=n)) for n in (300, 1_000, 10_000)),
    Share("whole decision", "one question on its limit", 1_000, approved, cost=3),
]  # fmt: skip
ALARMS = [
    *(
        Share("3 segments", f"{groups} equal ones", n, partial(segment_refused, groups=groups, rows=n), cost=cost)
        for groups, cost in ((5, 6), (10, 6), (50, 15)) for n in (30, 100, 300, 1_000)
    ),
    *(
        Share("3 segments and weak slices", "5 equal ones, 10 columns of noise", n,
              partial(segment_refused, groups=5, rows=n, columns=10), cost=8)
        for n in (100, 1_000)
    ),
    *(
        Share("5 windows and trend", f"steady, correlation {phi:g}", n,
              partial(windows_refused, n=n, drop=0.0, correlation=phi), cost=6)
        for phi in (0.0, 0.5) for n in (300, 1_000, 3_000)
    ),
    *(Share("6 drift", "none, rows a side", n, partial(drift_refused, n=n, psi=0.0)) for n in (100, 1_000)),
    *(Share("6 drift", "exactly on the limit", n, partial(drift_refused, n=n, psi=DRIFT_LIMIT)) for n in (300, 3_000)),
]  # fmt: skip
POWER = [
    *(
        Share(f"3 segments: {said}", f"one of 5 worse by {deficit:g}, rows in each", n,
              partial(found, groups=5, rows=n, deficit=deficit), None, cost=6)
        for found, said in ((segment_refused, "not met"), (segment_not_passed, "not met or not proven"))
        for deficit in (0.2, 0.3) for n in (50, 100, 200, 500)
    ),
    *(
        Share("3 weak slice named", f"4 % of rows, worse by {deficit:g}", n,
              partial(slice_found, rows=n, deficit=deficit), None, cost=12)
        for deficit in (0.2, 0.3) for n in (3_000, 10_000)
    ),
    *(
        Share("5 last tenth of time: not met", f"worse by {drop:g}", n, partial(windows_refused, n=n, drop=drop), None,
              cost=6)
        for drop in (0.2, 0.3) for n in (1_000, 3_000)
    ),
    *(Share("6 drift: not met", "PSI .5, rows a side", n, partial(drift_refused, n=n, psi=0.5), None)
      for n in (100, 300, 1_000)),
]  # fmt: skip
