"""Calibration of probabilities and the worst errors: shown, not judged."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from readiness.core.findings import Estimate, Finding, Status
from readiness.core.format import format_count_of, format_edge, format_value
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.sanitize import shorten
from readiness.evidence.evidence import Evidence
from readiness.statistics.calibration import (
    CalibrationError,
    Probabilities,
    bins_between,
    brier_excess,
    brier_parts,
    calibration_in_the_large,
    measure_calibration_error,
    probabilities_of,
    recalibrate,
)
from readiness.statistics.cases import Cases
from readiness.statistics.inference import Inference
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.means import design_effect

# ----------------------------------------------------------------------------------------------------
# The single rows that went most wrong; only ids and the columns that the spec names are shown.

SHOWN = 8
ALIKE = "without costs or probabilities no error counts more than another; these are the first"


def worst_errors(evidence: Evidence, costs: NDArray[np.float64] | None) -> tuple[Finding, ...]:
    """The most expensive errors, or without costs the most confident or largest ones; ties in row order."""
    badness, what, unit = _badness(evidence, costs)
    wrong = np.flatnonzero(_wrong(evidence, badness))
    is_alike = what == "confidence" and not evidence.cases.is_probability
    if len(wrong) > SHOWN:
        bar = np.partition(badness[wrong], -SHOWN)[-SHOWN]
        wrong = wrong[badness[wrong] >= bar]
    # among equally expensive errors the surest ones first
    order = wrong[np.lexsort((-confidence(evidence.cases.subset(wrong)), -badness[wrong]))][:SHOWN]
    return tuple(
        Finding(
            Topic.WORST_ROW.key(rank),
            f"Row {row + 1} of the scored rows",
            Status.NOT_ASSESSED,
            blocking=False,
            metric=what,
            segment=_describe(evidence, int(row)),
            measured=None if is_alike else _exactly(float(badness[row]), unit),
            reason=ALIKE if is_alike else "",
        )
        for rank, row in enumerate(order, 1)
    )


def _exactly(value: float, unit: str) -> Estimate:
    return Estimate(value, value, value, 1.0, 1, unit, "exact")


def _badness(evidence: Evidence, costs: NDArray[np.float64] | None) -> tuple[NDArray[np.float64], str, str]:
    cases = evidence.cases
    if costs is not None:
        currency = evidence.spec.errors.costs.currency if evidence.spec.errors.costs else ""
        return costs, "cost", currency
    if cases.task is Task.REGRESSION:
        return np.abs(cases.y_pred - cases.y_true), "absolute error", ""
    return np.where(cases.y_true != cases.y_pred, confidence(evidence.cases), 0.0), "confidence", ""


def _wrong(evidence: Evidence, badness: NDArray[np.float64]) -> NDArray[np.bool_]:
    cases = evidence.cases
    return np.asarray(badness > 0 if cases.task is Task.REGRESSION else cases.y_true != cases.y_pred)


def confidence(cases: Cases) -> NDArray[np.float64]:
    """How sure the candidate was of its label, shape (n,), 0 where it gives no probability."""
    if cases.y_score is None or not cases.is_probability or not cases.task.has_classes:
        return np.zeros(cases.n)
    if cases.task is Task.BINARY:
        return np.where(cases.y_pred == 1, cases.y_score, 1 - cases.y_score)
    return np.asarray(cases.y_score[np.arange(cases.n), cases.y_pred])


def _apart(column: str) -> str:
    """A column of the user's may be called like one of ours."""
    return f"{column} (column)" if column in ("true", "predicted") else column


def _is_gap(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _describe(evidence: Evidence, row: int) -> dict[str, str]:
    values = {name: evidence.shown[name].iloc[row] for name in evidence.shown.columns}
    shown = {_apart(str(name)): shorten("missing" if _is_gap(value) else str(value)) for name, value in values.items()}
    cases = evidence.cases
    if cases.task is Task.REGRESSION:
        truth, predicted = (format_edge(float(values[row])) for values in (cases.y_true, cases.y_pred))
    else:
        truth, predicted = evidence.classes[int(cases.y_true[row])], evidence.classes[int(cases.y_pred[row])]
    return {**shown, "true": truth, "predicted": predicted}


# ----------------------------------------------------------------------------------------------------

DRAWN_BINS, ROWS_OF_A_BIN = 6, 50
"""Bins of the diagram: as many as have 50 rows on average, and never more than 6."""
OFF = 0.05
"""A proven error of probabilities beyond this is worth a warning; the cut-off is judgement."""
SLOPES = (0.8, 1.25)
"""A slope that is proven to lie outside is worth a warning (Van Calster et al. 2019 for the idea)."""
ENOUGH = 5.0
"""Expected wrong answers from which a normal deviate is given."""


def trust(evidence: Evidence) -> list[Measurement]:
    """What holds of the probabilities; nothing when the candidate gives none."""
    rows = probabilities_of(evidence.cases)
    if isinstance(rows, Missing):
        return []
    claims = [_calibration(evidence, rows), _confident(evidence)]
    if evidence.task is not Task.BINARY:
        return claims
    return [claims[0], _in_the_large(evidence, rows), _slope(rows), *_brier(rows), claims[1], *_bins(evidence, rows)]


def _fact(
    key: FindingKey, name: str, metric: str, inference: Inference | Missing, unit: str = "", **more: object
) -> Measurement:
    return Measurement.fact(key, name, metric, inference, unit=unit, **more)


def _calibration(evidence: Evidence, rows: Probabilities) -> Measurement:
    which = "" if evidence.task is Task.BINARY else " of the predicted class"
    name = f"Calibration error: distance of the probability{which} from the share that comes true"
    error = measure_calibration_error(evidence.cases)
    reason, warning = "", ""
    if isinstance(error, CalibrationError):
        bins = int(rows.bins.max()) + 1
        perfect, plain = (format_value(math.sqrt(x)) for x in (max(0.0, error.noise), error.squared))
        reason = f"in {bins} groups of rows the plain distance is {plain}, of which chance alone makes {perfect}"
        warning = "probabilities are off" if error.lower(evidence.spec.alpha) > OFF else ""
    return _fact(Topic.CALIBRATION_ERROR.key(), name, "calibration_error", error, reason=reason, warning=warning)


def _in_the_large(evidence: Evidence, rows: Probabilities) -> Measurement:
    gap = calibration_in_the_large(rows)
    given, true = (float(rows.weight @ values) / rows.n for values in (rows.given, rows.came_true))
    hits = int(np.count_nonzero(rows.came_true))
    reason = f"{format_value(given)} was given on average, {format_value(true)} came true: "
    reason += format_count_of(hits, rows.n, "rows")
    warning = ""
    if not isinstance(gap, Missing):
        alpha = evidence.spec.alpha
        warning = "too high" if gap.lower(alpha) > OFF else "too low" if gap.upper(alpha) < -OFF else ""
    name = "Mean probability less the share that came true"
    return _fact(
        Topic.CALIBRATION_IN_THE_LARGE.key(), name, "calibration_in_the_large", gap, reason=reason, warning=warning
    )


def _slope(rows: Probabilities) -> Measurement:
    name = "Slope of calibration: 1 is right, below 1 overconfident, above 1 underconfident"
    found = recalibrate(rows)
    if isinstance(found, Missing):
        return _fact(Topic.CALIBRATION_SLOPE.key(), name, "calibration_slope", found)
    low, high = found.slope.interval(0.95)
    words = "overconfident" if high < 1 else "underconfident" if low > 1 else "neither is proven"
    reason = f"{words}; intercept {format_value(found.intercept)}"
    if found.extreme:
        moved = format_count_of(found.extreme, rows.n, "rows")
        reason += f"; {moved} lay within a millionth of 0 or 1 and were moved to it"
    warning = "overconfident" if high < SLOPES[0] else "underconfident" if low > SLOPES[1] else ""
    return _fact(Topic.CALIBRATION_SLOPE.key(), name, "calibration_slope", found.slope, reason=reason, warning=warning)


def _brier(rows: Probabilities) -> list[Measurement]:
    name, found = "Brier score less what the probabilities themselves promise", brier_excess(rows)
    if isinstance(found, Missing):
        return [_fact(Topic.SPIEGELHALTER.key(), name, "brier_excess", found)]
    parts = brier_parts(rows)
    wrong, apart, rarity = map(format_value, (parts.reliability, parts.resolution, parts.uncertainty))
    promised = format_value(found.score - found.excess.value)
    p = "p < 0.001" if found.p_value < 0.001 else f"p = {found.p_value:.2g}"
    reason = (
        f"Brier score {format_value(found.score)}, promised {promised} (z = {found.z:.2f}, {p}); it is about "
        f"{rarity} from how rare the positive class is, less {apart} for telling rows apart, plus {wrong} for wrong "
        "probabilities"
    )
    return [_fact(Topic.SPIEGELHALTER.key(), name, "brier_excess", found.excess, reason=reason)]


def _bins_of(evidence: Evidence, rows: Probabilities) -> NDArray[np.int64]:
    """The bins of the diagram, found once for its findings and its figure."""
    remembered = evidence.cases.remembered
    if "drawn_bins" not in remembered:
        remembered["drawn_bins"] = drawn_bins(rows.given, rows.ranked)
    bins: NDArray[np.int64] = remembered["drawn_bins"]
    return bins


def drawn_bins(given: NDArray[np.float64], ranked: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bin of each row for the diagram, 0 on; cut by the probabilities alone, which `ranked` holds in order.

    Half of the cuts' measure is rows, half is p(1 - p), so that the few rows of a rare-event model where there is
    something to be seen get bins of their own.
    """
    bins = max(1, min(DRAWN_BINS, len(given) // ROWS_OF_A_BIN))
    open_ = np.cumsum(np.clip(ranked * (1 - ranked), 0, None))
    measure = np.arange(1, len(given) + 1) / len(given) + (open_ / open_[-1] if open_[-1] > 0 else 0)
    starts = np.searchsorted(measure / measure[-1], np.arange(1, bins) / bins)
    return bins_between(given, ranked[np.minimum(starts + 1, len(given) - 1)])


def _bins(evidence: Evidence, rows: Probabilities) -> list[Measurement]:
    bins = _bins_of(evidence, rows)
    sizes, hits, given = (np.bincount(bins, each).astype(float) for each in (None, rows.came_true, rows.given))
    ends = np.cumsum(sizes).astype(np.int64)
    claims = []
    for k, (n, end) in enumerate(zip(sizes.astype(int).tolist(), ends.tolist(), strict=True)):
        low, high = float(rows.ranked[end - n]), float(rows.ranked[end - 1])
        span = format_value(low) if low == high else f"{_end(low, high, k)} to {format_value(high)}"
        plain = Binomial(float(hits[k]), n), float(given[k]) / n
        share, mean = plain if evidence.cases.is_plain else _unequal_bin(evidence, rows, bins == k)
        claims.append(_bin(k, span, share, mean, int(hits[k]), n))
    return claims


def _unequal_bin(
    evidence: Evidence, rows: Probabilities, inside: NDArray[np.bool_]
) -> tuple[Inference | Missing, float]:
    """Share that came true and mean probability in a bin of rows that count differently or depend on each other."""
    cases, came_true, given = evidence.cases.subset(inside), rows.came_true[inside], rows.given[inside]
    weight = cases.relative_weight
    if not weight.any():
        return Missing("these rows have no weight", n=cases.n), float(given.mean())
    share = Binomial(float(weight @ came_true), cases.n, *design_effect(came_true, cases))
    return share, float(weight @ given) / cases.n


def _bin(k: int, span: str, share: Inference | Missing, mean: float, hits: int, n: int) -> Measurement:
    reason = f"{format_value(mean)} was given on average; {format_count_of(hits, n, 'rows')} came true"
    segment = {"predicted": span}
    return _fact(
        Topic.CALIBRATION_BIN.key(k + 1),
        "Share that came true",
        "share",
        share,
        "share",
        segment=segment,
        reason=reason,
    )


def _end(low: float, high: float, k: int) -> str:
    """The lower end of a bin; next to nothing is written 0 in the first one, as nobody reads 0.000000000003."""
    return "0" if k == 0 and low < high / 20 else format_value(low)


def bins_table(evidence: Evidence) -> pd.DataFrame | None:
    """Columns code and predicted (mean probability) of each bin, for the diagram; None without probabilities."""
    rows = probabilities_of(evidence.cases)
    if isinstance(rows, Missing) or evidence.task is not Task.BINARY:
        return None
    bins = _bins_of(evidence, rows)
    mass = np.bincount(bins, rows.weight)
    means = np.bincount(bins, rows.weight * rows.given) / np.where(mass > 0, mass, 1.0)
    return pd.DataFrame(
        {"code": [Topic.CALIBRATION_BIN.key(k + 1).code for k in range(len(means))], "predicted": means}
    )


def _confident(evidence: Evidence) -> Measurement:
    cases, bar = evidence.cases, evidence.spec.errors.confident
    name = f"Share of the errors that were made with probability {bar:g} or more"
    sure, wrong = confidence(cases), cases.y_true != cases.y_pred
    errors, firm = int(wrong.sum()), sure >= bar
    if not errors:
        return _fact(Topic.CONFIDENT_ERRORS.key(), name, "share", Missing("there are no errors in these rows"), "share")
    of_errors = cases.subset(wrong)
    hit, weight = firm[wrong].astype(float), of_errors.relative_weight
    share: Inference | Missing = Missing("the errors have no weight", n=errors)
    if weight.any():
        design = (1.0, math.inf) if cases.is_plain else design_effect(hit, of_errors)
        share = Binomial(float(weight @ hit), errors, *design)
    count, doubt = int(hit.sum()), np.clip(1 - sure[firm], 0, 1)
    expected, spread = float(doubt.sum()), math.sqrt(float(doubt @ (1 - doubt)))
    reason = (
        f"{count:,} of {errors:,} errors; {len(doubt):,} rows were answered that firmly, and their own probabilities "
        f"lead one to expect {format_value(expected)} wrong ones"
    )
    z = (count - expected) / spread if spread > 0 and expected >= ENOUGH and cases.is_plain else None
    if z is not None:
        reason += f" (z = {z:.2f})"
    elif not cases.is_plain:
        reason += " (no test: the rows depend on each other or count differently)"
    warning = "more than promised" if z is not None and float(ndtr(-z)) < evidence.spec.alpha else ""
    return _fact(Topic.CONFIDENT_ERRORS.key(), name, "share", share, "share", reason=reason, warning=warning)
