"""The whole default policy on one page: the bars where the spec sets none, each number with its source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from readiness.core.probes import PROBE_KINDS


class Task(StrEnum):
    """What kind of target the candidate predicts."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"
    RANKING = "ranking"

    @property
    def has_classes(self) -> bool:
        """Whether the target is a class label; else it is a number."""
        return self in (Task.BINARY, Task.MULTICLASS)


CONFIDENCE = 0.95
"""Two-sided level of every interval shown; bounds that are judged are one-sided at the same level (Berger 1982)."""
MOST_CONFIDENCE = 0.9999
"""One wrong yes in ten thousand is rarer than a slip in the data or in the spec, and intervals are not known so far
out: normal and resampled limits were never checked there."""

# 1 Baseline -----------------------------------------------------------------------------------------------------
PRIMARY_METRIC = {Task.BINARY: "f1", Task.MULTICLASS: "f1_macro", Task.REGRESSION: "mae", Task.RANKING: "ndcg_at_10"}
BASELINE_MARGIN = 0.02
"""Absolute gain over every baseline, classification: smaller gains seldom pay for a model's upkeep."""
BASELINE_RELATIVE_MARGIN = 0.05
"""Regression: the error must be below (1 - 0.05) of the baseline's error."""
OWN_SECONDS = 10.0
"""Time for the resamples of one number of a metric of the user's own; judgement, as of all times and budgets here: a
review is waited for."""

# 2 Business: no defaults. A requirement is the business's to state. ------------------------------------------------

# 3 Segments -----------------------------------------------------------------------------------------------------
SEGMENT_METRICS = {
    Task.BINARY: ("accuracy", "recall", "false_positive_rate"),
    Task.MULTICLASS: ("accuracy",),
    Task.REGRESSION: ("mae",),
    Task.RANKING: ("ndcg_at_10",),
}
SEGMENT_LIMIT = 0.15
"""Largest tolerated deficit of a segment against all other rows, in points of the metric; judgement: one more wrong
answer in seven than others get."""
SEGMENT_WARNING = 0.10
"""Deficit from which there is a warning: two thirds of the limit; judgement."""
SEGMENT_COVERAGE = 0.90
"""Share of rows that must lie in segments large enough to be assessed; judgement: at most one in ten is unseen."""
SEGMENT_ROWS = 30
"""Fewest rows of a segment for metrics whose own power cannot be told beforehand, such as R²; the customary size from
which a mean is taken to be normal."""
SEGMENT_POWER = 0.80
"""A segment is large enough when a segment without deficit would be *met* with this chance (Cohen 1988)."""

# 4 Errors -------------------------------------------------------------------------------------------------------
SAVINGS_PER_ROW = 0.0  # any saving at all
"""The candidate must save more than this per row against every answer that needs no model: doing nothing, and each
constant answer."""
MOST_CONSTANTS = 20
"""Constant answers that savings are judged against where there are many classes: the cheapest on the test rows."""
DEARER = 0.05
"""Share by which the candidate's errors may cost more than the current model's and still count as not dearer: as small
as the gain asked of an error over a baseline; a margin stated beforehand (FDA, Non-Inferiority Clinical Trials, 2016).
"""
CLASS_FLOOR = 0.20
"""Least share of the rows of a class that must be found, where errors with them cost something; judgement."""
CLASS_FOUND = 0.5
"""Share of its rows that are found of a class which is just large enough to be judged; there a share varies most."""
CLASS_COVERAGE = SEGMENT_COVERAGE
"""Share of rows, and of what is at stake, that must be of classes large enough to be judged."""
CONFIDENT = 0.9
"""Probability of the predicted class from which a wrong answer is confidently wrong; judgement."""
TOP_K = 10
"""Ranking: so many rows of a query are shown to somebody; a first page of results, by custom."""

# 5 Stability ----------------------------------------------------------------------------------------------------
FOLDS = 5
REPEATS = 10
"""Five parts are customary (Kohavi 1995); ten repeats give its corrected interval 49 degrees of freedom."""
BUDGET_SECONDS = 120.0
MINIMUM_REPEATS = 2
"""Below two whole repeats there is no churn to look at."""
HALF_WIDTH = 0.05
"""Half the corrected 95 % interval of the mean (Nadeau & Bengio 2003); for regression a share of the mean."""
CHURN_MET = 0.10
CHURN_NOT_MET = 0.20
"""Share of rows whose label changes between refits (Milani Fard et al. 2016); the cut-offs are judgement."""
FOLD_STD = 0.05
"""Only judged under the point rule; judgement, where the grades below end "good"."""
SEEDS = 3
"""Fewest refits of which two can agree against one; judgement."""
PERTURBATION = 0.05
"""Standard deviation of small changes to a number, as a share of its interquartile range; they should flip no label;
judgement."""
WINDOW_LIMIT = 0.10
"""Largest tolerated deficit of a window of time, in points of the metric; errors: as a share; judgement: narrower than
that of a segment, since time passes for everybody."""
MOST_WINDOWS, FEWEST_WINDOWS = 10, 2
TREND_LIMIT = 0.02
"""Decline from the first to the last row, in points of the metric; errors: as a share; judgement: as large as the gain
asked over a baseline."""
FOLD_STD_GRADES = ((0.02, "excellent"), (0.05, "good"), (0.10, "warning"))
"""Upper limits of the grades of the fold standard deviation; above the last it is "unstable"."""

# 6 Production ---------------------------------------------------------------------------------------------------
DRIFT_WARNING = 0.10
DRIFT_LIMIT = 0.25
"""Population stability index: the customary 0.10 and 0.25 (Siddiqi 2006), applied to its interval."""
DRIFT_BINS = 10
DRIFT_ROWS = 200_000
"""Rows per side that drift looks at; a seeded sample above, of which chance moves the index by next to nothing."""
LATENCY_CALLS = 10_000
"""Most calls that are timed to decide a limit: the last of the looks at 500, 1,000, 2,000, 5,000 and 10,000 calls."""
LATENCY_SECONDS = 10.0
LATENCY_QUICK_SECONDS = 1.0
"""Time that calls may take for which nobody stated a limit."""
LOAD_LEVELS = (10, 25, 50, 75, 100, 125, 150, 200)
"""Per cent of the stated rate at which requests are sent, to see what a model does when too many come."""
LATENCY_WARM_UP = 20
"""First calls fill caches and compile; judgement."""
PERTURBATION_SCALE = 10.0
"""Standard deviations by which the outlier probe moves a number; judgement: beyond any sound measurement."""

PAIR_ROWS = 2000
"""Test rows that are asked again with other values of a column, where the spec says what these may change; judgement:
enough to see a break in 0.15 % of rows with 95 % chance."""
PAIR_VALUES = 10
"""Values of the column that each of them is asked with; judgement."""
PAIR_PROVEN = 0.01
"""Where the spec tolerates no break, the share of rows below which breaks must be proven to lie: nobody proves that
there is none anywhere. 299 rows without a break do at 95 %; judgement."""
PAIR_SHARE = 0.1
"""Largest share of rows that a spec may let break an expectation; judgement: more of them, and none is left."""

CLEAN_ERROR_ACCEPTED = tuple(kind.name for kind in PROBE_KINDS.values() if kind.clean_error == "accepted")
"""Probes for which refusing is as good as answering: what matters is that no wrong answer comes back."""
MUST_PROBES = tuple(kind.name for kind in PROBE_KINDS.values() if kind.demand == "always")
"""Robustness probes that always block; the spec names further ones."""

ROLLOUT = (5, 25, 100)
"""Per cent of traffic in the three stages; judgement."""

# The widest bars that a spec may set ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """A number of the spec that decides an answer: its default, and the widest value that can still be missed."""

    key: str
    """Dotted key of the spec."""
    words: str
    """What it limits, in words for the first screen."""
    usual: float | None
    """The default; None where the spec must state it."""
    looser: Literal["larger", "smaller"]
    """In which direction it lets more models through."""
    widest: float
    """The last value that is accepted in that direction."""
    why: str
    """Why nothing beyond is; the source or the reason of `widest`."""
    unit: str = ""
    is_share: bool = False
    """Whether people say it in per cent."""
    of_metric: bool = False
    """In points of the metric: of a metric of the user's own nobody knows the range, so that `widest` is not asked."""

    def is_looser(self, value: float, than: float | None = None) -> bool:
        """Whether `value` lets more through than another value, or than the default."""
        other = self.usual if than is None else than
        if other is None:
            return False
        return value > other if self.looser == "larger" else value < other

    def is_too_wide(self, value: float) -> bool:
        """Whether next to nothing could miss it."""
        return self.is_looser(value, self.widest)


_HALF = "a group that is served worse by half has been left out, and hardly a model fails anybody by more"
_TERABYTE = "a million MB is a terabyte, which no model that is loaded here can exceed"
_PATIENCE = "callers give up after a minute, so no call that anybody waits for takes longer"

BARS = (
    Bar("segments.limit", "how far a group may lag", SEGMENT_LIMIT, "larger", 0.5, _HALF, of_metric=True),
    Bar("segments.warning", "from where a lag is a warning", SEGMENT_WARNING, "larger", 0.5, _HALF, of_metric=True),
    Bar("segments.coverage", "rows in groups that are large enough", SEGMENT_COVERAGE, "smaller", 0.5,
        "below half of the rows, most people are in no group that was looked at", is_share=True),
    Bar("segments.power", "chance from which a group counts as large enough", SEGMENT_POWER, "larger", 0.99,
        "with more, next to every group is too small to be looked at", is_share=True),
    Bar("errors.dearer", "how much dearer than the current model errors may be", DEARER, "larger", 0.2,
        "non-inferiority margins seldom exceed a fifth of the comparator (FDA, 2016)", is_share=True),
    Bar("errors.class_floor", "how often a class that costs something must be found", CLASS_FLOOR, "smaller", 0.05,
        "a class that is found one time in twenty is as good as never found", is_share=True),
    Bar("errors.class_coverage", "rows of classes that are large enough", CLASS_COVERAGE, "smaller", 0.5,
        "below half of the rows, most are of a class that was not looked at", is_share=True),
    Bar("stability.folds", "parts of the training table", FOLDS, "smaller", 2, "one part leaves nothing to test on"),
    Bar("stability.repeats", "repeats", REPEATS, "smaller", MINIMUM_REPEATS,
        "fewer than two repeats show no change, so nothing could be judged"),
    Bar("stability.half_width", "uncertainty of the average when refitted", HALF_WIDTH, "larger", 0.25,
        "the interval would span half of all values that there are, and no model can miss it", of_metric=True),
    Bar("stability.churn_met", "answers that may change when refitted", CHURN_MET, "larger", 0.3,
        "a coin toss changes half of its answers, and no trained model changes many more than that", is_share=True),
    Bar("stability.churn_not_met", "changed answers from which it is a no", CHURN_NOT_MET, "larger", 0.5,
        "a coin toss changes half of its answers, so no model can miss it", is_share=True),
    Bar("stability.std", "spread between the parts", FOLD_STD, "larger", 0.25,
        "numbers between 0 and 1 can hardly spread more, so no model can miss it", of_metric=True),
    Bar("stability.window_limit", "how far a window of time may lag", WINDOW_LIMIT, "larger", 0.5,
        "a model that is worse by half for part of the time has failed there, and hardly one falls further",
        of_metric=True),
    Bar("stability.trend_limit", "decline over time", TREND_LIMIT, "larger", 0.25,
        "a model that lost a quarter while it was tested has failed, and hardly one loses more", of_metric=True),
    Bar("production.latency_p50_ms", "median latency", None, "larger", 60_000, _PATIENCE, "ms"),
    Bar("production.latency_p95_ms", "latency of 95 % of calls", None, "larger", 60_000, _PATIENCE, "ms"),
    Bar("production.latency_p99_ms", "latency of 99 % of calls", None, "larger", 60_000, _PATIENCE, "ms"),
    Bar("production.latency_p999_ms", "latency of 99.9 % of calls", None, "larger", 60_000, _PATIENCE, "ms"),
    Bar("production.response_p95_ms", "response time of 95 % of requests", None, "larger", 60_000, _PATIENCE, "ms"),
    Bar("production.response_p99_ms", "response time of 99 % of requests", None, "larger", 60_000, _PATIENCE, "ms"),
    Bar("production.throughput_per_second", "throughput", None, "smaller", 0.1,
        "a row in ten seconds is what a person does, and no model can miss it", "per second"),
    Bar("production.size_mb", "model size", None, "larger", 1e6, _TERABYTE, "MB"),
    Bar("production.memory_mb", "memory", None, "larger", 1e6, _TERABYTE, "MB"),
    Bar("production.load_errors", "requests without an answer under load", None, "larger", 0.5,
        "a service that answers less than half of what it is asked has failed", is_share=True),
    Bar("production.memory_growth_mb", "growth of memory in a thousand calls", None, "larger", 1000,
        "a megabyte with every call fills any machine within a day", "MB"),
    Bar("production.drift_warning", "drift from which there is a warning", DRIFT_WARNING, "larger", 1.0,
        "an index of 1 is four times what is called a major shift, and next to no column can miss it"),
    Bar("production.drift_limit", "drift of a column", DRIFT_LIMIT, "larger", 1.0,
        "an index of 1 is four times what is called a major shift, and next to no column can miss it"),
    Bar("production.calls", "timed calls", None, "smaller", 300,
        "of fewer calls the slowest hundredth has no interval (the 99th percentile needs 299 at 95 %)"),
    Bar("confidence", "confidence", CONFIDENCE, "smaller", 0.8,
        "a yes that is wrong more often than one time in five is none", is_share=True),
)  # fmt: skip
"""Every judged number that the spec may set, but for margins and requirements, whose range is that of their metric."""

BAR = {bar.key: bar for bar in BARS}

WORSE_AND_STILL_AS_GOOD = 0.2
"""Most that a candidate may be behind and still count as "as good": non-inferiority margins of trials seldom exceed a
fifth of the comparator (FDA, Non-Inferiority Clinical Trials, 2016); in points of a share, else as a share."""
END_OF_RANGE = 0.01
"""A requirement lies at least so far, as a share of the metric's range, from the end that every model reaches."""
FAIR_RATIO, FAIR_DIFFERENCE = 0.2, 0.5
"""Lowest ratio and largest difference between groups that the spec may accept; customary are 0.8 and 0.1."""
PRICE_SHARE = 0.5
"""`errors.value_per_prediction` may be so much of the dearest error: only a model wrong in half the rows costs that."""
INTERVAL_COVER = 0.5
"""Least share of rows that an interval must be asked to cover: below, a guess of one side of the median does."""
EVEN_GUESS_LOG_LOSS = math.log(1000)
"""Log loss of an even guess among a thousand classes."""

SOUNDNESS_ALPHA = 0.002
"""Chance that one random rule on the rows doubts sound ones; all together then stop at most 2 % of sound candidates."""
SOUNDNESS_LEVEL = 0.95
"""Of the intervals shown beside them."""
