"""The lead of a model over refits of itself, beside what memory gains them: which share of the test rows it had seen.

Losses are per row (ranking: per query), smaller is better. A refit loses less on rows that it was fitted on than on
others; the difference is what memory gains. A model that does better on the test rows than refits that never saw
them, by a share of that gain, did so as if it had seen that share of the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.statistics.cases import Array, Cases, Floats
from readiness.statistics.dependence import INDEPENDENT, Dependence, standard_error
from readiness.statistics.inference import OneSided, student_quantile
from readiness.statistics.ranking import PerQuery, measure_each_query

SEEN_LIMIT = 0.10
"""Share of seen test rows above which they are no test."""
SEEN_ALPHA = 0.002
"""Chance that a sound model is taken for one that has seen more."""
MISSED = 0.20
"""Chance that the detectable share is not found."""
HIDDEN_ALPHA = 0.05
"""Chance that more rows were seen than is said to be the most."""
NO_GAIN = 0.01
"""Of the error of a guess (numbers, rankings: of the refits' own error); where memory gains less, it cannot matter."""
ALIKE = 1.5
"""A model is one of its refits while it differs from their mean at most so many times as they do themselves."""
FEWEST_COPIES = 2


def is_proper(cases: Cases) -> bool:
    """Whether losses can be taken from probabilities of classes."""
    return cases.task.has_classes and cases.y_score is not None and cases.is_probability


def row_losses(cases: Cases, *, proper: bool, metric: str = "ndcg") -> Floats | Missing:
    """The loss of each row, (n,); of each query that has one, (q,), in a ranking.

    Probabilities: half the Brier score, ½ Σ_k (1[y = k] − p_k)², in [0, 1], which a model that is merely surer of
    itself does not lower. Labels alone: 0 or 1. Numbers: the absolute error. Rankings: 1 less the metric.
    """
    if cases.task is Task.RANKING:
        found = measure_each_query(metric, cases)
        return found if isinstance(found, Missing) else np.asarray(1 - found.values, dtype=float)
    if cases.task is Task.REGRESSION:
        return np.asarray(np.abs(cases.y_true - cases.y_pred), dtype=float)
    if not proper:
        return np.asarray(cases.y_pred != cases.y_true, dtype=float)
    assert cases.y_score is not None
    if cases.y_score.ndim == 1:
        return np.asarray((cases.y_score - (cases.y_true == 1)) ** 2, dtype=float)
    truth = cases.y_score[np.arange(cases.n), cases.y_true.astype(np.int64)]
    return np.asarray(((cases.y_score**2).sum(axis=1) - truth**2 + (1 - truth) ** 2) / 2, dtype=float)


def dependence_of_losses(cases: Cases, metric: str = "ndcg") -> Dependence:
    """What makes the losses of `row_losses` depend on each other: groups of rows, or of queries by their first row."""
    groups = cases.groups
    if groups is None or cases.task is not Task.RANKING:
        return INDEPENDENT if groups is None else Dependence(groups)
    found = measure_each_query(metric, cases)
    return Dependence(groups[found.first]) if isinstance(found, PerQuery) else INDEPENDENT


def guess_error(cases: Cases, *, proper: bool) -> float | None:
    """The mean loss of an answer that is the same for all rows: ½ (1 − Σ π_k²), or 1 − max π_k for labels alone.

    None where there are no classes, and the refits' own error is the measure.
    """
    if not cases.task.has_classes:
        return None
    shares = np.bincount(cases.y_true.astype(np.int64), minlength=cases.n_classes) / max(1, cases.n)
    return float((1 - (shares**2).sum()) / 2 if proper else 1 - shares.max())


@dataclass(frozen=True, slots=True, eq=False)
class RefitLosses:
    """Losses of a model and of J refits on all training rows."""

    own: Array
    """(m,): of the model on the test rows."""
    on_test: Array
    """(J, m): of the refits on the same rows."""
    on_train: Array
    """(J, k): of the refits on training rows, which all of them were fitted on."""
    own_on_train: Array
    """(k,): of the model on the same training rows."""
    guess: float | None = None
    """See `guess_error`."""
    redrawn: Array = field(default_factory=lambda: np.zeros((0, 0)))
    """(B, m): of refits on parts of the training rows, where seeds alone do not explain how the model differs."""
    bounded: bool = False
    """Losses are errors without an upper end; e / (e + median) stands for them, so that no row decides alone."""

    def scale(self) -> RefitLosses:
        """The same in [0, 1]."""
        parts = (self.own, self.on_test, self.on_train, self.own_on_train, self.redrawn)
        own, on_test, on_train, own_on_train, redrawn = (np.asarray(part, dtype=float) for part in parts)
        if not self.bounded:
            return RefitLosses(own, on_test, on_train, own_on_train, self.guess, redrawn)
        middle = float(np.median(on_test)) or float(on_test.mean()) or 1.0
        own, on_test, on_train, own_on_train, redrawn = (
            part / (part + middle) for part in (own, on_test, on_train, own_on_train, redrawn)
        )
        return RefitLosses(own, on_test, on_train, own_on_train, self.guess, redrawn)


@dataclass(frozen=True, slots=True)
class RefitAdvantage(OneSided):
    """λ = lead of the model on the test rows / what memory gains the refits, with limits after Fieller (1954).

    The variance of the lead is that of the paired rows, or that of other training rows where it was looked at and is
    larger, plus s² (1 + 1/J) of the refits' mean losses; degrees of freedom after Welch and Satterthwaite. A form of
    its own: of a ratio whose denominator may be 0 the limits are no value with so many standard errors to either side.
    """

    lead: float
    """Mean loss of the refits less that of the model, on the test rows."""
    gain: float
    """Mean loss of the refits on the test rows less that on training rows."""
    lead_variance: float
    """Of the lead, all parts."""
    gain_variance: float
    covariance: float
    df: float
    n: int
    """Test rows (ranking: queries)."""
    copies: int
    room: float
    """What memory could gain at most, as a share of the error of a guess: see `NO_GAIN`."""
    excess: float
    """By how much less the model loses on its training rows than the refits do, in the same share; below 0: more."""
    excess_limit: float
    """What of that can be chance."""
    is_one_of_them: bool
    """Whether the model differs from the refits no more than they do from each other."""
    measure: float
    """The error that shares are of."""
    method: str = "Fieller, paired rows and refits"
    bound_method: str = "Fieller, paired rows and refits"

    @property
    def value(self) -> float:
        """λ; below 0 where the refits do better."""
        return self.lead / self.gain

    def lower(self, alpha: float) -> float:
        """One-sided lower limit."""
        return self._limit(alpha, -1)

    def upper(self, alpha: float) -> float:
        """One-sided upper limit; inf where the gain itself could be none."""
        return self._limit(alpha, 1)

    def _limit(self, alpha: float, side: int) -> float:
        if not self.lead and not self.lead_variance:
            return 0.0
        q = student_quantile(alpha, self.df)
        # limits are the roots of a λ² - 2 b λ + c = 0 (Fieller 1954): all λ at which lead - λ · gain is credibly 0
        a = self.gain**2 - q**2 * self.gain_variance
        b = self.lead * self.gain - q**2 * self.covariance
        c = self.lead**2 - q**2 * self.lead_variance
        if a > 0:
            return (b + side * math.sqrt(max(0.0, b**2 - a * c))) / a
        # the gain itself may be none, so that no λ is too large; for the lower limit its largest credible value is
        # taken, or its estimate where the lead may be below 0 and a larger gain would only draw it nearer to 0
        if side > 0:
            return math.inf
        least = self.lead - q * math.sqrt(self.lead_variance)
        return least / (self.gain + q * math.sqrt(self.gain_variance) if least > 0 else self.gain)

    @property
    def detectable(self) -> float:
        """The share of seen rows that would be told from `SEEN_LIMIT` with 80 % power; inf where none would be.

        Seen rows make the lead uneven: their gain is had by some rows and not by others, which adds λ (1 − λ) times
        its mean square, taken at λ = 0.3.
        """
        if not self.lead and not self.lead_variance:
            return SEEN_LIMIT
        uneven = 0.3 * 0.7 * (self.gain_variance + self.gain**2 / max(1, self.n))
        spread = math.sqrt(self.lead_variance + uneven) / self.gain
        return SEEN_LIMIT + (student_quantile(SEEN_ALPHA, self.df) + student_quantile(MISSED, self.df)) * spread

    @property
    def most(self) -> float:
        """How many rows were seen at most, a share: with 95 % confidence, and 99.8 % for a model unlike its refits."""
        return min(1.0, max(0.0, self.upper(HIDDEN_ALPHA if self.is_one_of_them else SEEN_ALPHA)))

    @property
    def hidden(self) -> float:
        """What seen rows can have gained at most, as a share of the error of a guess."""
        return self.most * self.room

    @property
    def is_better_than_memory(self) -> bool:
        """Whether its lead alone is more than memory that gains next to nothing could explain."""
        least = self.lead - student_quantile(SEEN_ALPHA, self.df) * math.sqrt(self.lead_variance)
        return least > NO_GAIN * self.measure

    @property
    def stands_out(self) -> bool:
        """Whether the model's answers could hide seen rows that seeds do not explain: worth refits on other draws."""
        return self.lower(SEEN_ALPHA) > SEEN_LIMIT or not self.is_one_of_them


def refit_advantage(losses: RefitLosses, dependence: Dependence = INDEPENDENT) -> RefitAdvantage | Missing:
    """Compare a model with its refits.

    Args:
        losses: of both; finite.
        dependence: of the test rows (ranking: queries).
    """
    known = losses.scale()
    m, copies = len(known.own), len(known.on_test)
    if not copies or m < 2 or known.on_train.shape[1] < 2:
        return Missing("there are too few rows to compare the model with its copies", n=m)
    arrays = (known.own, known.on_test, known.on_train, known.own_on_train, known.redrawn)
    if not all(np.isfinite(array).all() for array in arrays):
        return Missing("some answers of the model or of its copies are no finite numbers", n=m)
    test, train = known.on_test.mean(axis=0), known.on_train.mean(axis=0)
    gap, lead = float(test.mean() - train.mean()), test - known.own
    measure = float(test.mean()) if known.guess is None else known.guess
    if measure <= 0:
        return Missing("neither the model nor a guess errs on the test rows, so nothing could be gained", n=m)
    paired, rows = _variances(lead, test, dependence)
    if not lead.any():  # the same in every row, however few groups there are
        paired = 0.0
    inside = float(train.var(ddof=1)) / len(train)
    variance, df = _total(paired, known, dependence, lead)
    best = min(float(train.mean()), float(known.own_on_train.mean()))
    return RefitAdvantage(
        lead=float(lead.mean()),
        gain=max(gap, NO_GAIN * measure),
        lead_variance=variance,
        gain_variance=rows + inside,
        covariance=_covariance(lead, test, dependence),
        df=df,
        n=m,
        copies=copies,
        room=max(0.0, float(test.mean()) - best) / measure,
        excess=(float(train.mean()) - float(known.own_on_train.mean())) / measure,
        excess_limit=_chance_of_excess(known, measure),
        is_one_of_them=_is_one_of_them(known, gap),
        measure=measure,
    )


def _variances(lead: Floats, test: Floats, dependence: Dependence) -> tuple[float, float]:
    """Squared standard errors of the mean lead and of the refits' mean loss."""
    return tuple(standard_error(rows - rows.mean(), dependence)[0] ** 2 for rows in (lead, test))  # type: ignore[return-value]


def _covariance(lead: Floats, test: Floats, dependence: Dependence) -> float:
    """Of the mean lead and the mean loss, by polarisation."""
    both = standard_error(lead + test - lead.mean() - test.mean(), dependence)[0] ** 2
    return (both - sum(_variances(lead, test, dependence))) / 2


def _total(paired: float, losses: RefitLosses, dependence: Dependence, lead: Floats) -> tuple[float, float]:
    """Variance of the lead and its degrees of freedom.

    How a model on other rows differs from row to row is in the paired variance as well, so the larger of both counts.
    """
    copies, redrawn = len(losses.on_test), len(losses.redrawn)
    rows = (paired, standard_error(lead - lead.mean(), dependence)[1])
    if redrawn >= FEWEST_COPIES:
        rows = max(rows, (float(losses.redrawn.mean(axis=1).var(ddof=1)), redrawn - 1.0))
    parts = [rows]
    if copies >= FEWEST_COPIES:
        parts.append((float(losses.on_test.mean(axis=1).var(ddof=1)) * (1 + 1 / copies), copies - 1.0))
    total = sum(variance for variance, _ in parts)
    below = sum(variance**2 / df for variance, df in parts)
    return total, total**2 / below if below > 0 else math.inf


def _chance_of_excess(losses: RefitLosses, measure: float) -> float:
    """By how much a refit may well be better on training rows than the mean of all, in shares of `measure`."""
    copies = len(losses.on_train)
    spread = float(losses.on_train.mean(axis=1).std(ddof=1)) if copies >= FEWEST_COPIES else 0.0
    q = student_quantile(SEEN_ALPHA, copies - 1.0) if copies >= FEWEST_COPIES else 0.0
    return q * spread * math.sqrt(1 + 1 / copies) / measure


def _is_one_of_them(losses: RefitLosses, gap: float) -> bool:
    """Mean absolute distance of the model's losses from the refits' mean, against that of each refit from the others.

    Where the refits are all alike, a model that is nearer to them than a tenth of the gain is one of them.
    """
    mine = float(np.abs(losses.own - losses.on_test.mean(axis=0)).mean())
    if mine <= SEEN_LIMIT * max(gap, 0.0):
        return True
    copies = len(losses.on_test)
    if copies < FEWEST_COPIES:
        return False
    total = losses.on_test.sum(axis=0)
    others = [float(np.abs(each - (total - each) / (copies - 1)).mean()) for each in losses.on_test]
    return mine <= ALIKE * max(others)
