"""Metrics of the user's own, and how far chance may have moved them.

Nothing is known of the function but its numbers, so its chance error is taken from resamples (see `resampling`): a
t-interval around the value, corrected for skewness. Whatever the function does, the review goes on.
"""

from __future__ import annotations

import inspect
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, TypeGuard

import numpy as np

from readiness.core.missing import Missing
from readiness.core.policy import OWN_SECONDS, Task
from readiness.statistics.cases import Array, Cases, Floats, Integers, OwnFunction
from readiness.statistics.inference import Inference
from readiness.statistics.intervals import Normal

# Resampling: rows drawn again and again, dependent rows together
#
# Each resample draws m of n units with replacement: rows (Efron 1979), whole groups, or blocks of neighbours in time
# that run on from the last row to the first (Politis and Romano 1992). With m < n the spread is that of a smaller
# table, and is scaled by the root of m / n (Bickel, Götze and van Zwet 1997), so that a million rows cost no more than
# 50,000.

STEPS = (25, 50, 100, 200)
"""The clock cuts only at these numbers of resamples, so that like machines give like intervals."""
FEWEST = 30
"""Below so many resamples the spread is not known well enough."""
MOST_ROWS = 50_000
"""Rows of one resample, at most."""
BLOCK_FACTOR = 2.5
"""Neighbours in time of one block: 2.5 · n^(1/3), growing as is best for a variance (Künsch 1989)."""


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """How one resample is drawn: `units` of `of` units, each a stretch of `order`."""

    order: Integers
    """(n,): positions of the rows, those of a unit next to each other."""
    starts: Integers
    """Where each unit begins in `order`."""
    lengths: Integers
    """Rows of each unit."""
    units: int
    """How many are drawn."""
    independent: int
    """How many units stand side by side without overlap."""
    words: str

    @property
    def share(self) -> float:
        """Rows of a resample as a share of all rows, on average; 1 or less."""
        return min(1.0, self.units / self.independent)

    def rows(self, rng: np.random.Generator) -> Integers:
        """Positions of the rows of one resample."""
        drawn = rng.integers(len(self.starts), size=self.units)
        lengths = self.lengths[drawn]
        inside = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.asarray(self.order[(np.repeat(self.starts[drawn], lengths) + inside) % len(self.order)])


def draw_of(cases: Cases, most: int = MOST_ROWS) -> Draw:
    """How rows like these are drawn, about `most` rows at a time."""
    n, groups = cases.n, cases.groups if cases.groups is not None else cases.queries
    if groups is not None:
        counts = np.bincount(groups)
        counts = counts[counts > 0]
        units = min(len(counts), max(1, round(len(counts) * most / n)))
        order = np.argsort(groups, kind="stable")
        return Draw(order, np.cumsum(counts) - counts, counts, units, len(counts), "resamples of whole groups")
    if cases.time is not None:
        length = min(n, math.ceil(BLOCK_FACTOR * n ** (1 / 3)))
        blocks, words = max(1, n // length), f"resamples of blocks of {length:,} rows in time order"
        units = min(blocks, max(1, most // length))
        order = np.argsort(cases.time, kind="stable")
        return Draw(order, np.arange(n), np.full(n, length), units, blocks, words)
    each = np.arange(n)
    return Draw(each, each, np.ones(n, dtype=np.int64), min(n, most), n, "resamples")


def resample(number: Callable[[Integers], float], draw: Draw, seed: int) -> tuple[Floats, float]:
    """Values of `number` on resamples, NaN where it has none, and the seconds that they took.

    Cut by the clock only at `STEPS`; a step that the clock interrupts is thrown away.
    """
    rng, start, done = np.random.default_rng(seed), time.perf_counter(), 0
    values: list[float] = []
    for step in STEPS:
        while len(values) < step and time.perf_counter() - start <= OWN_SECONDS:
            values.append(number(draw.rows(rng)))
        if len(values) < step:
            break
        done = step
    return np.asarray(values[:done], dtype=np.float64), time.perf_counter() - start


# Metrics of the user's own

MOST_FAILED = 0.05
"""Share of resamples that may lack a number, such as those without a positive row."""
TRIED_ROWS = 2000
"""Rows that a function is given once and twice over, to see whether it adds up or averages."""
SEED = 0x6F776E
NO_LIMIT = "no interval: "
Kind = Literal["mean", "sum", "other"]


def own_value(name: str, cases: Cases, rows: Integers | None = None) -> float | Missing:
    """The number that the user's function gives for these rows, or for those at the positions `rows`."""
    own = cases.own[name]
    given = _arguments(name, cases)
    if isinstance(given, Missing):
        return given
    arrays = [array.copy() if rows is None else array[rows] for array in given]
    keywords = {"sample_weight": arrays.pop()} if len(arrays) > 2 else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = own.function(*arrays, **keywords)
            number = real_or_nan(found)
    except (Exception, SystemExit) as error:  # the function is the user's; it makes only its own number undefined
        said = " ".join(str(error).split())[:200]
        return Missing(f"The function of {name} failed with {type(error).__name__}: {said}", n=cases.n)
    if not math.isfinite(number):
        return Missing(f"The function of {name} returned {_describe(found)}; one finite number is needed.", n=cases.n)
    return number


def measure_own(name: str, cases: Cases, *, note: str = "") -> Inference | Missing:
    """The user's metric with a t-interval from resamples; `note` is added to the name of the method."""
    key = f"own metric {name}{note}"
    if key not in cases.remembered:
        value = own_value(name, cases)
        cases.remembered[key] = (
            value
            if isinstance(value, Missing)
            else _infer(value, lambda rows: number_or_nan(own_value(name, cases, rows)), name, cases, note)
        )
    result: Inference | Missing = cases.remembered[key]
    return result


def compare_own(
    name: str, candidate: Cases, other: Cases, *, factor: float = 1.0, note: str = ""
) -> Inference | Missing:
    """The contrast s · (m - factor · b) on resamples of the same rows for both; s = -1 where less is better."""
    mine, theirs = own_value(name, candidate), own_value(name, other)
    if isinstance(mine, Missing):
        return mine
    if isinstance(theirs, Missing):
        return theirs
    if factor != 1 and theirs <= 0:
        return Missing(
            f"The baseline's {candidate.metric(name).title} is {theirs:.6g}, and a share of a number that is not above "
            "0 means nothing; state the gain with gain_over.",
            n=candidate.n,
        )
    sign = 1.0 if candidate.metric(name).greater_is_better else -1.0
    if factor == 1 and _same_answers(candidate, other):
        # nobody knows how often they would differ in other rows, so this proves nothing either way
        return _infer_from_spread(0.0, math.inf, 1.0, candidate.n, f"{NO_LIMIT}both give the same answers in every row")

    def contrast(rows: Integers) -> float:
        a, b = own_value(name, candidate, rows), own_value(name, other, rows)
        return sign * (number_or_nan(a) - factor * number_or_nan(b))

    return _infer(sign * (mine - factor * theirs), contrast, name, candidate, f", both on the same rows{note}")


def reason_to_withhold_own(name: str, cases: Cases) -> str:
    """Why no *met* may come from this metric on these cases; empty when it may."""
    if cases.weight is not None and not takes_weights(cases.own[name].function):
        return f"The rows have weights, and the function of {name} takes no sample_weight."
    measured = measure_own(name, cases)
    return _capitalize(measured.method.removeprefix(NO_LIMIT)) if _is_limitless(measured) else ""


def adds_up(name: str, cases: Cases) -> bool:
    """Whether the metric is a sum over rows, so that it cannot be compared between parts of unequal size."""
    return _kind(name, cases) == "sum"


def _is_limitless(measured: Inference | Missing) -> TypeGuard[Normal]:
    return isinstance(measured, Normal) and math.isinf(measured.se)


def _infer(value: float, number: Callable[[Integers], float], name: str, cases: Cases, note: str) -> Inference:
    kind: Kind = _kind(name, cases) if cases.n > MOST_ROWS else "mean"
    draw = draw_of(cases, cases.n if kind == "other" else MOST_ROWS)
    values, seconds = resample(number, draw, seed=SEED)
    known = values[np.isfinite(values)]
    if problem := _problem(name, len(values), len(known), seconds, spread := _spread(known, value)):
        return _infer_from_spread(value, math.inf, 1.0, cases.n, NO_LIMIT + problem)
    # a sum over a share of the rows is scaled up to all of them, a mean's spread down: by 1/share and by its root
    root = math.sqrt(draw.share)
    se = spread / root if kind == "sum" else spread * root
    cut = "" if draw.share == 1 else f" of {round(cases.n * draw.share):,} rows, scaled to {cases.n:,} rows"
    method = f"t-interval, corrected for skewness, from a bootstrap of {len(values)} {draw.words}{cut}{note}"
    skewness = root * float(np.mean(((known - known.mean()) / spread) ** 3))
    df = _degrees_of_freedom(cases, len(known), draw.independent)
    return _infer_from_spread(value, se, df, cases.n, method, skewness)


def _infer_from_spread(value: float, se: float, df: float, n: int, method: str, skewness: float = 0.0) -> Normal:
    """A number with limits from the spread and the skewness of its resamples; without a spread there are none."""
    return Normal(value, se, df, n, method=method, correction="johnson", skewness=skewness)


def _problem(name: str, count: int, known: int, seconds: float, spread: float) -> str:
    """Why the resamples say nothing of chance; empty when they do."""
    if count < FEWEST:
        return f"the function of {name} is too slow: {count} resamples in {seconds:.0f} s, {FEWEST} are needed"
    if count - known > MOST_FAILED * count:
        return f"the function of {name} gave no number in {count - known} of {count} resamples"
    return "" if spread > 0 else f"the function of {name} gave the same number in every resample"


def _spread(known: Floats, value: float) -> float:
    """Standard deviation of the resamples; 0 when it is no more than rounding."""
    spread = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    return spread if spread > 1e-12 * abs(value) else 0.0


def _degrees_of_freedom(cases: Cases, resamples: int, units: int) -> float:
    """No more than the resamples, the independent units or the rarer class have; a ratio may rest on the latter."""
    least = min(resamples, units)
    if cases.task is Task.BINARY:
        rarer = np.bincount(cases.y_true.astype(np.int64), minlength=2).min()
        least = min(least, max(2, int(rarer)))
    return max(1.0, float(least - 1))


def _kind(name: str, cases: Cases) -> Kind:
    key = f"own kind {name}"
    if key not in cases.remembered:
        rows = np.random.default_rng(SEED).permutation(cases.n)[:TRIED_ROWS]
        once, twice = (own_value(name, cases, np.tile(rows, times)) for times in (1, 2))
        cases.remembered[key] = _kind_of(once, twice)
    kind: Kind = cases.remembered[key]
    return kind


def _kind_of(once: float | Missing, twice: float | Missing) -> Kind:
    if isinstance(once, Missing) or isinstance(twice, Missing) or once == 0:
        return "other"
    if math.isclose(twice, once, rel_tol=5e-3):
        return "mean"
    return "sum" if math.isclose(twice, 2 * once, rel_tol=5e-3) else "other"


def _arguments(name: str, cases: Cases) -> list[Array] | Missing:
    """What the function is given for all rows: true, said and, where it takes them, weights."""
    own, key = cases.own[name], f"own rows {name}"
    if own.takes_scores and cases.y_score is None:
        return Missing(f"The function of {name} takes scores, and there are only predicted labels or values.")
    if key not in cases.remembered:
        said = cases.y_score if own.takes_scores else _as_labels(cases.y_pred, own)
        heard = cases.weight is not None and takes_weights(own.function)
        arrays = [_as_labels(cases.y_true, own), said, *([cases.weight] if heard else [])]
        cases.remembered[key] = arrays
    arrays_of: list[Array] = cases.remembered[key]
    return arrays_of


def _as_labels(codes: Array, own: OwnFunction) -> Array:
    if not own.classes:
        return codes
    alike = len({type(label) for label in own.classes}) == 1
    labels = np.array(own.classes) if alike else np.array(own.classes, dtype=object)
    return np.asarray(labels[codes.astype(np.int64)])


def takes_weights(function: Callable[..., Any]) -> bool:
    """Whether a function takes `sample_weight`."""
    if isinstance(known := getattr(function, "takes_weights", None), bool):  # one that runs elsewhere says so
        return known
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some functions written in C have no signature
        return False
    return any(p.name == "sample_weight" or p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)


def _same_answers(candidate: Cases, other: Cases) -> bool:
    if not np.array_equal(candidate.y_pred, other.y_pred):
        return False
    a, b = candidate.y_score, other.y_score
    return (a is None and b is None) or (a is not None and b is not None and np.array_equal(a, b))


def number_or_nan(value: float | Missing) -> float:
    """The number, NaN where there is none."""
    return math.nan if isinstance(value, Missing) else value


def real_or_nan(found: Any) -> float:
    """One real number, NaN for anything else."""
    is_number = isinstance(found, Real | np.number) or (isinstance(found, np.ndarray) and found.ndim == 0)
    return float(found) if is_number and not isinstance(found, bool | complex | np.complexfloating) else math.nan


def _describe(found: Any) -> str:
    return f"{float(found):g}" if isinstance(found, Real) else f"{type(found).__name__}"


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
