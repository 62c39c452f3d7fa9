"""Where are the errors of a predicted number large, and how wide would an honest band around it be?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from readiness.answers import Criterion
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_level, format_share, format_value
from readiness.questions.pricing import Prices
from readiness.questions.what_if import concentration
from readiness.statistics.concentration import mean_in_tails, rank_correlation
from readiness.statistics.dependence import unknown_error
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.intervals_given import conformal_half_width, coverage
from readiness.statistics.judging import Claim


def values_facts(evidence: Evidence, priced: Prices | None) -> list[Claim]:
    """Spread, concentration and a band that would hold."""
    size = np.abs(evidence.cases.y_pred - evidence.cases.y_true)
    amounts, what = (size, "error") if priced is None else (priced.candidate, "costs")
    weighed = amounts * evidence.cases.relative_weight
    return [_spread(evidence, size), *concentration(weighed, what), _band(evidence)]


def _fact_of_values(code: str, name: str, metric: str, inference: Inference | Undefined, **more: str) -> Claim:
    return Claim(f"ERRO-{code}", name, metric, inference, None, blocking=False, **more)  # type: ignore[arg-type]


def _spread(evidence: Evidence, size: NDArray[np.float64]) -> Claim:
    cases = evidence.cases
    found = rank_correlation(size, cases.y_pred.astype(float), cases)
    if isinstance(found, Undefined):
        return _fact_of_values(
            "SPREAD", "Do errors grow with the prediction? Rank correlation", "rank_correlation", found
        )
    low, high = found.interval(evidence.spec.confidence)
    words = "larger for larger predictions" if low > 0 else "smaller for larger predictions" if high < 0 else ""
    tails = map(format_value, mean_in_tails(cases.y_pred, size))
    said = "{} in the lowest tenth of the predictions, {} in the highest".format(*tails)
    reason = f"errors are {words}: {said}" if words else f"no trend beyond chance: mean error {said}"
    name = "Do errors grow with the prediction? Rank correlation, 0 is no"
    return _fact_of_values("SPREAD", name, "rank_correlation", found, reason=reason)


def _band(evidence: Evidence) -> Claim:
    level = evidence.spec.confidence
    found = conformal_half_width(evidence.cases, level)
    name = f"Half-width of a band around a prediction that holds {format_level(level)} of further rows"
    reason = ""
    if not isinstance(found, Undefined):
        reason = (
            f"a band of ± {format_value(found.value)} around a prediction holds {format_share(level)} of further rows "
            "like these"
        )
    return _fact_of_values("CONFORMAL", name, "half_width", found, reason=reason)


def given_interval_claims(evidence: Evidence) -> list[Claim]:
    """Whether the intervals that came with the predictions hold what they claim; judged when the spec sets a bar."""
    given, ends = evidence.spec.errors.interval, evidence.given_interval
    if given is None or ends is None:
        return []
    low, high = ends
    inside = int(np.count_nonzero((low <= evidence.cases.y_true) & (evidence.cases.y_true <= high)))
    claimed, judged = format_share(given.level), given.at_least is not None
    reason = f"{inside:,} of {evidence.cases.n:,} true values lie inside the given intervals, which claim {claimed}"
    return [
        Claim(
            "ERRO-COVERAGE",
            "Share of true values inside the given intervals",
            "coverage",
            coverage(evidence.cases, low, high),
            None if given.at_least is None else Criterion(">=", given.at_least, "share", "set in the spec"),
            unit="share",
            blocking=judged,
            withheld=unknown_error(evidence.cases.dependence, _missed(evidence, low, high)) if judged else "",
            reason=reason,
        )
    ]


def _missed(evidence: Evidence, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Influence of each row on the share that lies outside, shape (n,)."""
    cases, w = evidence.cases, evidence.cases.relative_weight
    outside = ((cases.y_true < low) | (cases.y_true > high)).astype(np.float64)
    return np.asarray(w * (outside - float(w @ outside) / cases.n))
