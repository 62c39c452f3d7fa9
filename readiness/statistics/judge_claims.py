"""Measured numbers of one question become findings: claims judged together; the rule itself is `findings.judge`.

The side that says *met* is not adjusted: every claim of a question must hold, so a wrong *met* of the whole needs only
one claim to be wrong (Berger 1982). The side that says *not met* is adjusted over the blocking claims (Holm 1979).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from readiness.core.counterexamples import Counterexample
from readiness.core.findings import (
    Basis,
    Bounds,
    Claim,
    Criterion,
    Estimate,
    Finding,
    Flag,
    Origin,
    Recomputable,
    Status,
    adjustment_words,
    judge,
    rounded,
)
from readiness.core.keys import FindingKey
from readiness.core.metrics import TECHNICAL
from readiness.core.missing import Missing
from readiness.statistics.basis import IN_GROUPS, MOVER, SKEWED, WIDER, basis_of, flatten, recomputable_from
from readiness.statistics.inference import Inference
from readiness.statistics.sample_size import POWER, rows_needed

# Reservations on an interval: rows that say too little of chance for a *met*, however good the limits look
#
# They are made on the recorded basis, so that whoever verifies a report makes the same ones. Only the limit that a
# *met* would rest on counts: an unseen error may make a number worse than it looks, and a *not met* stays what it is.

FEWEST_GROUPS = 20
"""Equal groups that the rarer outcome must be spread over. Near 0 and 1 a few groups carry it, and samples that happen
to lack them look both better and surer than they are: simulated with shares to .98, intra-class correlations to .6 and
lognormal sizes, one-sided 5 % limits then miss in up to 24 % of samples, with this rule in at most 5.4 %."""
ROWS_FOR_SKEWNESS = 25
"""Rows needed for each unit of squared skewness (Cochran 1977, section 2.15)."""
_MOVERS = frozenset({MOVER, "mover_same_rows"})
_BOTH_SIDES = frozenset({"spread", "least_ratio", "widest"})
"""Which group is highest is not known beforehand, so both limits of every share count."""


def reservation(basis: Basis | None, *, wants_more: bool) -> str:
    """Why no *met* may come from these numbers, in plain words with what to do; empty when it may.

    Args:
        basis: what the limits are computed from; None where they follow from no few numbers.
        wants_more: whether the criterion asks for more, so that the lower limit counts.
    """
    return "" if basis is None else next(_find_reservations(basis, lower=wants_more), "")


def _find_reservations(basis: Basis, *, lower: bool, noun: str = "rows") -> Iterator[str]:
    if basis.form == IN_GROUPS:
        yield from _of_share(basis, lower=lower)
    elif basis.form in _BOTH_SIDES:
        shares = [part for part in flatten(basis) if part.form == IN_GROUPS]
        yield from (said for share in shares for side in (True, False) for said in _of_share(share, lower=side))
    elif basis.form == WIDER:
        other, corrected = basis.parts
        if not (other.form == "t_log" and lower):  # amounts of 0 or more hide nothing below
            yield from _of_mean(corrected, noun)
    elif basis.form == SKEWED:
        yield from _of_mean(basis, noun)
    elif basis.form in _MOVERS:
        a, b = basis.parts
        yield from _find_reservations(a, lower=lower, noun=noun)
        yield from _find_reservations(b, lower=not lower, noun=noun)
    else:
        turned = (basis.numbers.get("scale") or 1) < 0
        noun = "queries" if basis.form == "clipped_queries" else noun
        for part in basis.parts:
            yield from _find_reservations(part, lower=lower != turned, noun=noun)


def _of_share(share: Basis, *, lower: bool) -> Iterator[str]:
    """Of the outcome that is rare and whose absence would flatter the share: misses for its lower limit."""
    hits, n = share.numbers["successes"] or 0.0, share.numbers["n"] or 0.0
    rows, groups = (n - hits, share.numbers["miss_groups"]) if lower else (hits, share.numbers["hit_groups"])
    if groups is not None and groups > 0 and rows <= n / 2 and (said := few_groups(groups, rows)):
        yield said


def few_groups(groups: float, rows: float) -> str:
    """Why `rows` that are spread over so many equal groups tell too little of chance; empty when they do not."""
    if groups >= FEWEST_GROUPS * (1 - 1e-9):
        return ""
    more = math.ceil(10 * FEWEST_GROUPS / groups - 1e-9) / 10
    held = (
        "row that counts against it comes" if round(rows) <= 1 else f"{round(rows):,} rows that count against it come"
    )
    spread = "a single group" if groups < 1.5 else f"few groups, no more than about {math.floor(groups)} equal ones"
    return (
        f"The {held} from {spread}; {FEWEST_GROUPS} are needed to know the chance error. Rows of about {more:g} times "
        "as many groups would do."
    )


def _of_mean(mean: Basis, noun: str) -> Iterator[str]:
    units, skewness = mean.numbers["units"], mean.numbers["skewness"]
    if units is None or skewness is None:
        yield "The amounts are too large to know how uneven they are."
        return
    needed = ROWS_FOR_SKEWNESS * skewness * skewness
    if units < needed:
        what = noun if units == mean.numbers["n"] else "groups or moments"
        yield (
            f"A few {what} decide this mean (skewness {skewness:.2g}), so that {units:,.0f} {what} are too few to know "
            f"its chance error; about {math.ceil(needed):,} are needed. Or judge a loss with a cap, above which a row "
            "counts no more."
        )


# ----------------------------------------------------------------------------------------------------
# Claims, judged together

Rule = Literal["interval", "point"]
POINT_METHOD = "point estimate"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured for one claim, before it is judged."""

    claim: Claim
    metric: str
    inference: Inference | Missing
    unit: str = ""
    segment: Mapping[str, str] = field(default_factory=dict)
    withheld: str = ""
    """Why the claim cannot be *met*, whatever was measured; empty when it can."""
    reason: str = ""
    needs: str = ""
    """What would settle it, where these rows say more than the claim itself."""
    warning: str = ""
    measured_time: bool = False
    denominator: str = "rows"
    """Plain word for the rows that the number rests on: "positives", "calls"."""
    from_scores: bool = True
    """Whether the test rows and their scores alone give the number; False: it took refits, other tables, a clock."""
    origin: Origin = Origin.HERE
    flags: tuple[Flag, ...] = ()
    example: Counterexample | None = None
    """The smallest input that speaks against the claim; None where none was found, or none is looked for."""

    def __post_init__(self) -> None:
        if self.claim.blocking and self.claim.criterion is None:
            raise ValueError(f"{self.claim.code} blocks without a criterion; give one, or make it a fact")

    @classmethod
    def fact(cls, key: FindingKey, name: str, metric: str, inference: Inference | Missing, **more: Any) -> Measurement:
        """A number that is shown with its interval, without a bar; `more` are further fields."""
        return cls(Claim(key, name, blocking=False), metric, inference, **more)

    @property
    def key(self) -> FindingKey:
        """What the claim is about."""
        return self.claim.key

    @property
    def code(self) -> str:
        """How the finding will be quoted."""
        return self.claim.code

    @property
    def criterion(self) -> Criterion | None:
        """The bar; None for a fact."""
        return self.claim.criterion

    def with_claim(self, **changes: Any) -> Measurement:
        """The same number for the claim with other fields, such as another bar."""
        return replace(self, claim=replace(self.claim, **changes))


def judge_claims(
    measurements: Sequence[Measurement], *, alpha: float, level: float, rule: Rule = "interval"
) -> tuple[Finding, ...]:
    """Findings of what was measured for the claims of one question, in their order.

    Args:
        measurements: for all claims of the question, so that the family of the adjustment is complete.
        alpha: allowed chance of a wrong *met* of a claim, and of any wrong *not met* of the question; 0 < alpha < 0.5.
        level: confidence of the shown two-sided intervals.
        rule: "point" compares the measured values alone.
    """
    shares = holm_shares(measurements, alpha) if rule == "interval" else {}
    return tuple(_finding(each, alpha, level, rule, shares.get(i)) for i, each in enumerate(measurements))


def holm_shares(measurements: Sequence[Measurement], alpha: float) -> dict[int, int]:
    """By the place of each claim that takes part, the number m by which alpha is divided on its *not met* side.

    `Bounds.claims` records it. Holm's (1979) step-down, a round at a time: test all at alpha / m, set those apart that
    are refuted, take their number off m, repeat until none is. Claims take part when they block, were measured with
    chance error, and can be refuted at all.
    """
    waiting = [i for i, each in enumerate(measurements) if _takes_part(each)]
    shares = dict.fromkeys(waiting, len(waiting))
    while waiting:
        refuted = [i for i in waiting if _refuted(measurements[i], alpha / len(waiting))]
        waiting = [i for i in waiting if i not in refuted]
        if not refuted:
            break
        shares.update(dict.fromkeys(waiting, len(waiting)))
    return shares


def _takes_part(measured: Measurement) -> bool:
    claim, inference = measured.claim, measured.inference
    can_be_refuted = claim.criterion is not None and claim.criterion.refutable
    if not claim.blocking or not can_be_refuted or isinstance(inference, Missing) or inference.is_exact:
        return False
    return math.isfinite(inference.value)


def _refuted(measured: Measurement, alpha: float) -> bool:
    criterion, inference = measured.criterion, measured.inference
    assert criterion is not None
    assert not isinstance(inference, Missing)
    limit = inference.upper(alpha) if criterion.wants_more else inference.lower(alpha)
    good = Bounds.rounded(limit, limit, alpha).lower
    return good is not None and criterion.refuted_by(good)


def _finding(given: Measurement, alpha: float, level: float, rule: Rule, share: int | None) -> Finding:
    inference, criterion = given.inference, given.criterion
    if isinstance(inference, Missing):
        return _make(given, Status.NOT_ASSESSED, reason=given.reason or inference.reason)
    if not math.isfinite(inference.value):
        return _make(given, Status.NOT_ASSESSED, reason=given.reason or "the measured value is beyond all numbers")
    if criterion is None:
        return _make(given, Status.NOT_ASSESSED, _estimate(given, inference, level), reason=given.reason)
    basis = None if inference.is_exact else basis_of(inference)
    if not criterion.presumed:  # what holds unless refuted needs no limit that a *met* could rest on
        given = replace(given, withheld=given.withheld or reservation(basis, wants_more=criterion.wants_more))
    bounds = replace(
        _bounds(criterion, inference, alpha, rule, share),
        recomputable=_recomputable(given, basis),
        basis=basis,
    )
    status = judge(bounds, criterion, withheld=given.withheld)
    needs = given.needs or given.claim.needs
    if status is Status.NOT_PROVEN and not needs:
        needs = what_would_settle(given, inference, alpha, alpha / (share or 1))
    reason = given.reason or (given.withheld if status is Status.NOT_PROVEN else "")
    measured = _estimate(given, inference, level, one_sided=basis is None)
    return _make(given, status, measured, bounds, reason=reason, needs=needs)


def _make(
    given: Measurement,
    status: Status,
    measured: Estimate | None = None,
    bounds: Bounds | None = None,
    *,
    reason: str = "",
    needs: str | None = None,
) -> Finding:
    claim = given.claim
    return Finding(
        claim.key, claim.name, status, claim.blocking, given.metric, given.segment, measured, bounds, claim.criterion,
        None, given.withheld, reason, (given.needs or claim.needs) if needs is None else needs, given.warning,
        given.measured_time, given.origin, given.flags, example=given.example,
    )  # fmt: skip


def _recomputable(given: Measurement, basis: Basis | None) -> Recomputable:
    is_from_scores = given.from_scores and not given.measured_time and given.metric not in TECHNICAL
    return recomputable_from(basis, Recomputable.EVIDENCE if is_from_scores else Recomputable.NO)


def _estimate(given: Measurement, inference: Inference, level: float, *, one_sided: bool = False) -> Estimate:
    """`one_sided`: the interval is made of the limits that are judged, so that either can be held against the other."""
    tail = (1 - level) / 2
    low, high = (inference.lower(tail), inference.upper(tail)) if one_sided else inference.interval(level)
    exact = inference.is_exact
    value = rounded(float(inference.value)) or 0.0
    return Estimate(
        value,
        rounded(low) if not exact else value,
        rounded(high) if not exact else value,
        1.0 if exact else level,
        inference.n,
        given.unit,
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


def what_would_settle(given: Measurement, inference: Inference, alpha: float, refuting_alpha: float) -> str:
    """In plain words, what would turn a *not proven* into a proof either way."""
    if given.withheld or given.criterion is None:
        return given.withheld
    criterion, value = given.criterion, inference.value
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
        return f"{leaning}. It takes many more {given.denominator} than {inference.n:,} to prove that."
    return (
        f"{leaning}. About {round_up(rows):,} {given.denominator} (now {inference.n:,}) would prove that, with "
        f"{POWER * 100:.0f} % chance, if the true value is what was measured."
    )


def round_up(rows: int) -> int:
    """Rows to two significant digits (three from 1,000 on), never fewer than asked for."""
    digits = 2 if rows < 1000 else 3
    unit = int(10 ** max(0, len(str(rows)) - digits))
    return -(-rows // unit) * unit
