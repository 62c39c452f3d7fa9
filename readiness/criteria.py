"""Which bars apply when the spec sets none? The whole default policy on one page, each number with its source."""

from __future__ import annotations

from enum import StrEnum


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

# 1 Baseline -----------------------------------------------------------------------------------------------------
PRIMARY_METRIC = {Task.BINARY: "f1", Task.MULTICLASS: "f1_macro", Task.REGRESSION: "mae", Task.RANKING: "ndcg_at_10"}
BASELINE_MARGIN = 0.02
"""Absolute gain over every baseline, classification: smaller gains seldom pay for a model's upkeep."""
BASELINE_RELATIVE_MARGIN = 0.05
"""Regression: the error must be below (1 - 0.05) of the baseline's error."""
OWN_SECONDS = 10.0
"""Time for the resamples of one number of a metric of the user's own."""

# 2 Business: no defaults. A requirement is the business's to state. ------------------------------------------------

# 3 Segments -----------------------------------------------------------------------------------------------------
SEGMENT_METRICS = {
    Task.BINARY: ("accuracy", "recall", "false_positive_rate"),
    Task.MULTICLASS: ("accuracy",),
    Task.REGRESSION: ("mae",),
    Task.RANKING: ("ndcg_at_10",),
}
SEGMENT_LIMIT = 0.15
"""Largest tolerated deficit of a segment against all other rows, in points of the metric."""
SEGMENT_WARNING = 0.10
SEGMENT_COVERAGE = 0.90
"""Share of rows that must lie in segments large enough to be assessed."""
SEGMENT_ROWS = 30
"""Fewest rows of a segment for metrics whose own power cannot be told beforehand, such as R²."""
SEGMENT_POWER = 0.80
"""A segment is large enough when a segment without deficit would be *met* with this chance (Cohen 1988)."""

# 4 Errors -------------------------------------------------------------------------------------------------------
SAVINGS_PER_ROW = 0.0
"""The candidate must save more than this per row against doing nothing."""
CONFIDENT = 0.9
"""Probability of the predicted class from which a wrong answer is confidently wrong."""
TOP_K = 10
"""Ranking: so many rows of a query are shown to somebody."""

# 5 Stability ----------------------------------------------------------------------------------------------------
FOLDS = 5
REPEATS = 10
BUDGET_SECONDS = 120.0
MINIMUM_REPEATS = 2
"""Below two whole repeats there is no churn to look at."""
HALF_WIDTH = 0.05
"""Half the corrected 95 % interval of the mean (Nadeau & Bengio 2003); for regression a share of the mean."""
CHURN_MET = 0.10
CHURN_NOT_MET = 0.20
"""Share of rows whose label changes between refits (Milani Fard et al. 2016); the cut-offs are judgement."""
FOLD_STD = 0.05
"""Only judged under the point rule."""
SEEDS = 3
PERTURBATION = 0.05
"""Standard deviation of small changes to a number, as a share of its interquartile range; they should flip no label."""
WINDOW_LIMIT = 0.10
"""Largest tolerated deficit of a window of time, in points of the metric; errors: as a share."""
MOST_WINDOWS, FEWEST_WINDOWS = 10, 2
TREND_LIMIT = 0.02
"""Decline from the first to the last row, in points of the metric; errors: as a share."""
FOLD_STD_GRADES = ((0.02, "excellent"), (0.05, "good"), (0.10, "warning"))
"""Upper limits of the grades of the fold standard deviation; above the last it is "unstable"."""

# 6 Production ---------------------------------------------------------------------------------------------------
DRIFT_WARNING = 0.10
DRIFT_LIMIT = 0.25
"""Population stability index: the customary 0.10 and 0.25 (Siddiqi 2006), applied to its interval."""
DRIFT_BINS = 10
DRIFT_ROWS = 200_000
"""Rows per side that drift looks at; a seeded sample above."""
LATENCY_CALLS = 1000
LATENCY_SECONDS = 10.0
LATENCY_WARM_UP = 20
PERTURBATION_SCALE = 10.0
"""Standard deviations by which the outlier probe moves a number."""

CLEAN_ERROR_ACCEPTED = ("column_order", "empty_frame")
"""Probes for which refusing is as good as answering: what matters is that no wrong answer comes back."""
MUST_PROBES = ("one_row", "column_order", "determinism")
"""Robustness probes that always block; the spec names further ones."""

ROLLOUT = (5, 25, 100)
"""Per cent of traffic in the three stages."""
