"""What is taken for true before there is a model: stated by the user, read off the spec, or a default; each says so."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readiness.core.errors import InputError
from readiness.core.format import format_value
from readiness.core.metrics import METRICS, TECHNICAL, Metric, canonical
from readiness.core.policy import Task
from readiness.core.sanitize import nearest, shown
from readiness.spec.checks import GUESSES, baseline_names, stated_task
from readiness.spec.schema import Spec
from readiness.statistics.labels import BINARY_LABEL_METRICS, label_influence, label_metric_values
from readiness.statistics.sample_size import auc_variance

WORDS = {
    "prevalence": "the share of positives, above 0 and below 1",
    "segments": "the number of equal segments, 2 or more",
    "correlation": "how alike the candidate and another method err, 0 to below 1",
    "within": "the share of calls within the latency limit, above 0 and up to 1",
    "churn": "the share of labels that change on refitting, 0 to below 1",
    "false_positive": "the mean cost of a false alarm, 0 or more",
    "false_negative": "the mean cost of a missed positive, 0 or more",
}
"""What can be assumed besides metrics, and in which range."""

CORRELATION = 0.5
"""Of the errors of two methods on the same rows, where nobody states it."""
SPREAD = "_sd"
_SHARES = {"prevalence": (0.0, False, False), "correlation": (0.0, True, False), "churn": (0.0, True, False),
           "within": (0.0, False, True)}  # fmt: skip
"""Least value, whether it is allowed itself, and whether 1 is."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """A number that is taken for true, and where it comes from."""

    value: float
    source: str

    def words(self, name: str, unit: str = "") -> str:
        """The number with its origin: "recall 0.900 (half-way between the limit and 1)"."""
        return f"{name} {format_value(self.value, unit)} ({self.source})"


STATED = "as assumed"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Everything that a plan takes for true."""

    spec: Spec
    task: Task
    stated: Mapping[str, float]

    @property
    def prevalence(self) -> Assumed | None:
        """The share of positives; None when nobody says it."""
        if "prevalence" in self.stated:
            return Assumed(self.stated["prevalence"], STATED)
        share = next(iter(self.spec.about.prevalences), None)
        if self.task is not Task.BINARY or share is None or not 0 < share < 1:
            return None
        return Assumed(share, "about.production_prevalence")

    def number(self, word: str, default: float, source: str) -> Assumed:
        """One of `WORDS`, or a default with its reason."""
        return Assumed(self.stated[word], STATED) if word in self.stated else Assumed(default, source)

    def against(self, metric: Metric, op: str, limit: float) -> Assumed:
        """The true value in a requirement: stated, else half-way between the limit and the best there is.

        The best is 1 for metrics that want more, 0 for errors; a limit beyond 1 is met half as far above it.
        """
        if metric.name in self.stated:
            return Assumed(self.stated[metric.name], STATED)
        if op in ("<=", "<"):
            return Assumed(limit / 2, "half-way between 0 and the limit")
        return Assumed((limit + 1) / 2, "half-way between the limit and 1") if limit < 1 else Assumed(
            1.5 * limit, "half as much again as the limit"
        )  # fmt: skip

    def level(self, name: str) -> Assumed | None:
        """The true value of a metric without a limit of its own: stated, or that of a requirement on it."""
        if name in self.stated:
            return Assumed(self.stated[name], STATED)
        for k, requirement in enumerate(self.spec.business.requirements, 1):
            if requirement.metric == name and not (requirement.lift_over or requirement.gain_over):
                value = self.against(self.spec.metric(name), requirement.op, requirement.limit).value
                return Assumed(value, f"as for business.requirements, number {k}")
        return None

    def spread(self, metric: str, mean: float) -> Assumed:
        """Standard deviation of the losses of single rows: stated, else their mean, as for exponential losses."""
        if metric + SPREAD in self.stated:
            return Assumed(self.stated[metric + SPREAD], STATED)
        return Assumed(mean, "as large as the mean; state it with --assume " + metric + SPREAD + "=…")


def read_assumptions(spec: Spec, texts: Iterable[str]) -> Assumptions:
    """The assumptions of a spec and of NAME=VALUE texts, such as "recall=0.97" or "current.f1=0.7".

    Raises:
        InputError: a text that is not NAME=VALUE, an unknown name, or a value out of its range.
    """
    task = likely_task(spec)
    stated: dict[str, float] = {}
    for text in texts:
        name, value = _parse(text, spec, task)
        if name in stated:
            raise InputError(f"--assume names {shown(name)} twice.")
        stated[name] = value
    return Assumptions(spec, task, stated)


def likely_task(spec: Spec) -> Task:
    """The task that the spec states, or the first that fits all metrics and costs in it."""
    if (stated := stated_task(spec)) is not None:
        return stated
    names = [requirement.metric for requirement in spec.business.requirements]
    names += [*(spec.segments.metrics or ()), *([spec.baseline.metric] if spec.baseline.metric else [])]
    fitting = [task for task in Task if all(name in spec.metrics or task in METRICS[name].tasks for name in names)]
    costs = spec.errors.costs
    if costs is not None:
        is_number = costs.under is not None
        fitting = [task for task in fitting if (task is Task.REGRESSION) == is_number]
    return fitting[0] if fitting else Task.BINARY


def baseline_key(spec: Spec, name: str) -> str | None:
    """The key of a baseline by its key or name: "rule-1", "current", "human", "majority"; None for an unknown one."""
    keys = {rule.name: f"rule-{k}" for k, rule in enumerate(spec.baseline.rules, 1)}
    if spec.baseline.current is not None:
        keys |= {spec.baseline.current.name: "current"}
    key = keys.get(name, name)
    known = {*keys.values(), *baseline_names(spec), *(guess for guesses in GUESSES.values() for guess in guesses)}
    return key if key in known else None


def _parse(text: str, spec: Spec, task: Task) -> tuple[str, float]:
    name, equals, number = (part.strip() for part in text.rpartition("="))
    if not equals or not name:
        raise InputError(f"Found --assume {shown(text)}; expected NAME=VALUE, such as recall=0.97.")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"Found {shown(number)} for {shown(name)} in --assume; expected a number, such as 0.97.")
    known = _canonical_name(name, spec, task)
    _check_range(known, value, spec)
    return known, value


def _canonical_name(name: str, spec: Spec, task: Task) -> str:
    """The name as plans know it: aliases resolved, baselines by their key."""
    owner, dot, metric = name.rpartition(".")
    if dot:
        key = baseline_key(spec, owner)
        if key is None:
            names = list(dict.fromkeys((*baseline_names(spec), *(rule.name for rule in spec.baseline.rules))))
            raise InputError(f"--assume names {shown(owner)}, no baseline of this spec{nearest(owner, names)}")
        return f"{key}.{_metric_name(metric, spec, task, ())}"
    if name in WORDS:
        return name
    bare = name.removesuffix(SPREAD)
    return _metric_name(bare, spec, task, WORDS) + (SPREAD if bare != name else "")


def _metric_name(name: str, spec: Spec, task: Task, others: Iterable[str]) -> str:
    required = [requirement.metric for requirement in spec.business.requirements]
    names = [*spec.metrics, *required, *(known for known, metric in METRICS.items() if task in metric.tasks)]
    names = [known for known in dict.fromkeys(names) if known not in TECHNICAL]
    try:
        wanted = canonical(name)
    except ValueError as error:
        raise InputError(f"--assume names {shown(name)}: {error}.") from error
    known = wanted in names or (wanted in METRICS and task in METRICS[wanted].tasks)
    if not known or wanted in TECHNICAL:
        hint = nearest(name, [*names, *others])
        raise InputError(f"--assume names {shown(name)}, which is nothing that this plan can use{hint}")
    return wanted


def _check_range(name: str, value: float, spec: Spec) -> None:
    if name in _SHARES:
        least, itself, one = _SHARES[name]
        fits = (value >= least if itself else value > least) and (value <= 1 if one else value < 1)
    elif name == "segments":
        fits = value >= 2 and value == int(value)
    elif name in WORDS or name.endswith(SPREAD):
        fits = value >= 0
    else:
        metric = spec.metric(re.sub(r"^.*\.", "", name))
        fits = not metric.is_share or 0 <= value <= 1
    if not fits:
        expected = WORDS.get(name, "0 or more" if name.endswith(SPREAD) else "a share, 0 to 1")
        raise InputError(f"Found {name}={value:g} in --assume; expected {expected}.")


# ----------------------------------------------------------------------------------------------------
# A candidate with the assumed values, and how a metric of it would spread from row to row

Floats = NDArray[np.float64]

MEAN_LOSSES = frozenset(
    {"mae", "mse", "msle", "mape", "wmape", "log_loss", "brier", "mean_poisson_deviance", "mean_gamma_deviance"}
)
ROOTS = frozenset({"rmse", "rmsle"})
NORMAL_SQUARES = math.sqrt(2)
"""Standard deviation of a squared normal error, as a share of its mean."""
OF_ALL_ROWS = frozenset({"accuracy", "f1_micro", "precision_micro", "recall_micro"})


def is_mean_loss(name: str) -> bool:
    """Whether a metric is the mean of a loss of each row."""
    return name in MEAN_LOSSES or name.startswith("pinball_")


def is_share_of_all(name: str) -> bool:
    """Whether a metric is a share of all rows."""
    return name in OF_ALL_ROWS or (name.startswith("top_") and name.endswith("_accuracy"))


def row_spread(a: Assumptions, metric: Metric, value: float) -> float | None:
    """Standard deviation of a row's influence on a metric of this value; None when nobody can tell."""
    name = metric.name
    if name + SPREAD in a.stated:
        return a.stated[name + SPREAD]
    if a.task is Task.BINARY and name in BINARY_LABEL_METRICS and name != "accuracy":
        table = candidate_table(a, name, value)
        return None if table is None else _spread(table, label_influence(name, table, binary=True))
    if metric.needs == "order" or is_share_of_all(name):
        return math.sqrt(value * (1 - value))
    if is_mean_loss(name):
        return value
    if name in ROOTS:
        return value * NORMAL_SQUARES / 2
    if name in ("r2", "explained_variance") and 0 <= value < 1:
        return 2 * math.sqrt(value) * (1 - value)  # asymptotic, normal errors (Olkin and Finn 1995)
    share = None if a.prevalence is None else a.prevalence.value
    if name == "roc_auc" and share:
        return math.sqrt(auc_variance(value, share))
    return math.sqrt(value * (1 - value) / share) if name == "average_precision" and share else None


def _spread(table: Floats, influence: Floats) -> float:
    mean = float((table * influence).sum())
    return math.sqrt(max(0.0, float((table * influence**2).sum()) - mean**2))


def known_table(a: Assumptions) -> Floats | None:
    """Shares of the cells [[TN, FP], [FN, TP]] from assumed recall, precision and prevalence; None without them."""
    recall, precision, share = a.level("recall"), a.level("precision"), a.prevalence
    if recall is None or precision is None or share is None or not 0 < precision.value <= 1:
        return None
    return _table(share.value, recall.value, precision.value)


def candidate_table(a: Assumptions, metric: str, value: float) -> Floats | None:
    """The cells of a candidate with this value: of the assumed recall and precision if they agree with it, else of
    equal recall and precision; None without a share of positives, or when no such table has the value.
    """
    known = known_table(a)
    if known is not None and math.isclose(float(label_metric_values(metric, known, binary=True)), value, abs_tol=5e-3):
        return known
    if a.prevalence is None:
        return None
    recall = a.level("recall")
    if metric == "precision" and recall is not None and known is None and value > 0:
        known = _table(a.prevalence.value, recall.value, value)
        if known is not None:
            return known
    return _even_table(metric, value, a.prevalence.value)


def _table(share: float, recall: float, precision: float) -> Floats | None:
    found = share * recall
    alarms = found * (1 - precision) / precision
    if alarms > 1 - share:
        return None
    return np.array([[1 - share - alarms, alarms], [share - found, found]])


def _even_table(metric: str, value: float, share: float) -> Floats | None:
    """Recall = precision = q, found by bisection."""
    low, high = max(1e-9, (2 * share - 1) / share), 1.0 - 1e-12

    def at(q: float) -> Floats:
        return np.array([[1 - share - share * (1 - q), share * (1 - q)], [share * (1 - q), share * q]])

    def measured(q: float) -> float:
        return float(label_metric_values(metric, at(q), binary=True))

    start, end = measured(low), measured(high)
    if not min(start, end) <= value <= max(start, end):
        return None
    for _ in range(50):
        middle = (low + high) / 2
        if (measured(middle) < value) == (start < end):
            low = middle
        else:
            high = middle
    return at((low + high) / 2)


def level_of(a: Assumptions, name: str) -> Assumed | None:
    """The true value of a metric without a limit of its own; for binary labels also from recall and precision."""
    stated = a.level(name)
    if stated is not None:
        return stated
    table = known_table(a) if name in BINARY_LABEL_METRICS and a.task is Task.BINARY else None
    if table is None:
        return None
    value = float(label_metric_values(name, table, binary=True))
    return Assumed(value, "follows from the assumed recall and precision") if math.isfinite(value) else None
