"""What follows from the measured numbers of one question? Claims become findings; the rule itself is answers.judge.

The side that says *met* is not adjusted: every claim of a question must hold, so a wrong *met* of the whole needs only
one claim to be wrong (Berger 1982). The side that says *not met* is adjusted over the blocking claims (Holm 1979).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from readiness.answers import (
    Basis,
    Bounds,
    Criterion,
    Estimate,
    Finding,
    Recomputable,
    Status,
    judge,
    rounded,
)
from readiness.catalogue import TECHNICAL
from readiness.statistics.basis import basis_of, recomputable_from
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.power import POWER, rows_needed
from readiness.statistics.reservations import reservation

Rule = Literal["interval", "point"]
POINT_METHOD = "point estimate"


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is asserted of the candidate, with what was measured."""

    code: str
    name: str
    metric: str
    inference: Inference | Undefined
    criterion: Criterion | None
    """None for a fact: shown with its interval, without a bar."""
    unit: str = ""
    segment: Mapping[str, str] = field(default_factory=dict)
    blocking: bool = True
    withheld: str = ""
    reason: str = ""
    needs: str = ""
    warning: str = ""
    measured_time: bool = False
    denominator: str = "rows"
    """Plain word for the rows that the number rests on: "positives", "calls"."""
    from_scores: bool = True
    """Whether the test rows and their scores alone give the number; False: it took refits, other tables, a clock."""

    def __post_init__(self) -> None:
        if self.blocking and self.criterion is None:
            raise ValueError(f"{self.code} blocks without a criterion; give one, or make it a fact with blocking=False")


def settle(claims: Sequence[Claim], *, alpha: float, level: float, rule: Rule = "interval") -> tuple[Finding, ...]:
    """Findings of the claims of one question, in their order.

    Args:
        claims: all claims of the question, so that the family of the adjustment is complete.
        alpha: allowed chance of a wrong *met* of a claim, and of any wrong *not met* of the question; 0 < alpha < 0.5.
        level: confidence of the shown two-sided intervals.
        rule: "point" compares the measured values alone.
    """
    shares = holm_shares(claims, alpha) if rule == "interval" else {}
    return tuple(_finding(claim, alpha, level, rule, shares.get(i)) for i, claim in enumerate(claims))


def holm_shares(claims: Sequence[Claim], alpha: float) -> dict[int, int]:
    """For each claim that takes part, the number m by which alpha is divided on its *not met* side: `Bounds.claims`.

    Holm's (1979) step-down, a round at a time: test all at alpha / m, set those apart that are refuted, take their
    number off m, repeat until none is. Claims take part when they block, were measured with chance error, and can be
    refuted at all.
    """
    waiting = [i for i, claim in enumerate(claims) if _takes_part(claim)]
    shares = dict.fromkeys(waiting, len(waiting))
    while waiting:
        refuted = [i for i in waiting if _refuted(claims[i], alpha / len(waiting))]
        waiting = [i for i in waiting if i not in refuted]
        if not refuted:
            break
        shares.update(dict.fromkeys(waiting, len(waiting)))
    return shares


def _takes_part(claim: Claim) -> bool:
    can_be_refuted = claim.criterion is not None and claim.criterion.refutable
    if not claim.blocking or not can_be_refuted or isinstance(claim.inference, Exact | Undefined):
        return False
    return math.isfinite(claim.inference.value)


def _refuted(claim: Claim, alpha: float) -> bool:
    assert claim.criterion is not None
    assert not isinstance(claim.inference, Undefined)
    limit = claim.inference.upper(alpha) if claim.criterion.wants_more else claim.inference.lower(alpha)
    good = Bounds.rounded(limit, limit, alpha).lower
    return good is not None and claim.criterion.refuted_by(good)


def _finding(claim: Claim, alpha: float, level: float, rule: Rule, share: int | None) -> Finding:
    inference = claim.inference
    if isinstance(inference, Undefined):
        return _make(claim, Status.NOT_ASSESSED, reason=claim.reason or inference.reason)
    if not math.isfinite(inference.value):
        return _make(claim, Status.NOT_ASSESSED, reason=claim.reason or "the measured value is beyond all numbers")
    if claim.criterion is None:
        return _make(claim, Status.NOT_ASSESSED, _estimate(claim, inference, level), reason=claim.reason)
    basis = None if isinstance(inference, Exact) else basis_of(inference)
    criterion = claim.criterion
    if not criterion.presumed:  # what holds unless refuted needs no limit that a *met* could rest on
        claim = replace(claim, withheld=claim.withheld or reservation(basis, wants_more=criterion.wants_more))
    bounds = replace(
        _bounds(criterion, inference, alpha, rule, share),
        recomputable=_recomputable(claim, basis),
        basis=basis,
    )
    status = judge(bounds, criterion, withheld=claim.withheld)
    needs = claim.needs
    if status is Status.NOT_PROVEN and not needs:
        needs = what_would_settle(claim, inference, alpha, alpha / (share or 1))
    reason = claim.reason or (claim.withheld if status is Status.NOT_PROVEN else "")
    measured = _estimate(claim, inference, level, one_sided=basis is None)
    return _make(claim, status, measured, bounds, reason=reason, needs=needs)


def _make(
    claim: Claim,
    status: Status,
    measured: Estimate | None = None,
    bounds: Bounds | None = None,
    *,
    reason: str = "",
    needs: str | None = None,
) -> Finding:
    return Finding(
        claim.code, claim.name, status, claim.blocking, claim.metric, claim.segment, measured, bounds, claim.criterion,
        None, claim.withheld, reason, claim.needs if needs is None else needs, claim.warning, claim.measured_time,
    )  # fmt: skip


def _recomputable(claim: Claim, basis: Basis | None) -> Recomputable:
    is_from_scores = claim.from_scores and not claim.measured_time and claim.metric not in TECHNICAL
    return recomputable_from(basis, Recomputable.EVIDENCE if is_from_scores else Recomputable.NO)


def _estimate(claim: Claim, inference: Inference, level: float, *, one_sided: bool = False) -> Estimate:
    """`one_sided`: the interval is made of the limits that are judged, so that either can be held against the other."""
    tail = (1 - level) / 2
    low, high = (inference.lower(tail), inference.upper(tail)) if one_sided else inference.interval(level)
    exact = isinstance(inference, Exact)
    value = rounded(float(inference.value)) or 0.0
    return Estimate(
        value,
        rounded(low) if not exact else value,
        rounded(high) if not exact else value,
        1.0 if exact else level,
        inference.n,
        claim.unit,
        inference.bound_method if one_sided else inference.method,
    )


def _bounds(criterion: Criterion, inference: Inference, alpha: float, rule: Rule, share: int | None) -> Bounds:
    if rule == "point":
        return Bounds.rounded(inference.value, inference.value, alpha, method=POINT_METHOD)
    unfavourable, favourable = alpha, alpha / (share or 1)
    lower_alpha, upper_alpha = (unfavourable, favourable) if criterion.wants_more else (favourable, unfavourable)
    return Bounds.rounded(
        inference.lower(lower_alpha),
        inference.upper(upper_alpha),
        alpha,
        method=inference.bound_method,
        adjustment=adjustment_words(criterion, alpha, share or 0),
        claims=share or 0,
    )


def adjustment_words(criterion: Criterion, alpha: float, claims: int) -> str:
    """How the side that says *not met* was adjusted: "Holm: upper limit at 0.0125, 4 claims"."""
    if claims < 2:
        return "none"
    side = "upper" if criterion.wants_more else "lower"
    return f"Holm: {side} limit at {alpha / claims:.3g}, {claims} claims"


def what_would_settle(claim: Claim, inference: Inference, alpha: float, refuting_alpha: float) -> str:
    """In plain words, what would turn a *not proven* into a proof either way."""
    if claim.withheld or claim.criterion is None:
        return claim.withheld
    criterion, value = claim.criterion, inference.value
    edge = criterion.threshold if criterion.refuted_beyond is None else criterion.refuted_beyond
    if value in (criterion.threshold, edge):
        return "More rows alone will not help: the measured value lies on the limit."
    holds = criterion.holds(value)
    if not holds and not criterion.refuted_by(value):
        return "More rows alone will not help: the measured value lies between the two limits."
    leaning = "Probably met" if holds else "Probably not met"
    if not holds and not criterion.refutable:
        return f"{leaning}. More rows alone will not help."
    bar, level = (criterion.threshold, alpha) if holds else (edge, refuting_alpha)
    rows = rows_needed(inference, bar, alpha=level)
    if rows is None or rows <= inference.n:
        return f"{leaning}. It takes many more {claim.denominator} than {inference.n:,} to prove that."
    return (
        f"{leaning}. About {round_up(rows):,} {claim.denominator} (now {inference.n:,}) would prove that, with "
        f"{POWER * 100:.0f} % chance, if the true value is what was measured."
    )


def round_up(rows: int) -> int:
    """Rows to two significant digits (three from 1,000 on), never fewer than asked for."""
    digits = 2 if rows < 1000 else 3
    unit = int(10 ** max(0, len(str(rows)) - digits))
    return -(-rows // unit) * unit
