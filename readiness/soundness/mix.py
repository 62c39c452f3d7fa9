"""Are the rows mixed as in production? Claims carried to the declared share of positives, and counted without weights.

Where production's share of positives is declared and is another one than that of the test rows, each claim of questions
1, 2 and 4 that is met is measured once more at each end of what is declared; one that is not met there is not proven.
Carrying supposes that only the shares differ (label shift), which recent rows can show to be false. Rows that were
chosen by how hard they are cannot be carried at all. Weights say what a row stands for; a claim that is met with them
alone stands and falls with that, so that somebody from outside has to answer for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np

from readiness.answers import Criterion, Finding, Status
from readiness.criteria import Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_count_of, format_pair, format_share, format_value
from readiness.soundness.judged import (
    Priced,
    Scored,
    aimed,
    deficit_claims,
    found,
    priced_claims,
    scored_claims,
    statuses,
    with_weights,
)
from readiness.soundness.label_shift_tests import recent_findings
from readiness.soundness.tables import Aimed, Examined, not_asked
from readiness.statistics.cases import Cases, Floats
from readiness.statistics.costs import mean_of
from readiness.statistics.guessing import Guess
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.intervals import Binomial
from readiness.statistics.judging import Claim
from readiness.statistics.label_shift import UNCHANGED, carried, carried_mean, from_two, shift_of_log_odds
from readiness.statistics.labels import BINARY_LABEL_METRICS
from readiness.statistics.metrics import measure
from readiness.withholding import Kind

CHANCE = 0.05
"""A declared share outside the two-sided 95 % interval of that of the test rows is surely another one."""
MATERIAL_ODDS = 1.25
"""One inside it whose odds differ by more than this factor may be: there a claim falls when its measured value does."""
AT_PRODUCTION = "test rows drawn with production's share of positives, or a candidate that meets the bar at that share"
CHOSEN = "test rows drawn at random instead of by how hard they are"
WEIGHTS = "the word of somebody outside, under soundness.mix, what the weights stand for"


def examine(evidence: Evidence) -> list[Examined]:
    """What another mix in production, or none of the weights, would do to the claims that are met."""
    depending = tuple(_depending(evidence)) if evidence.spec.about.prevalences else ()
    return [*_of_shares(evidence), *recent_findings(evidence, depending), *_of_weights(evidence)]


def _of_shares(evidence: Evidence) -> list[Examined]:
    declared = evidence.spec.about.prevalences
    if evidence.task is not Task.BINARY:
        return [not_asked(Kind.MIX, "only of two classes is a share in production declared")]
    if evidence.spec.data.sampled and (not declared or other_ends(evidence)):
        return [_of_chosen_rows(evidence)]
    if not declared:
        return [
            not_asked(Kind.MIX, "no share of positives in production is declared, so that nothing is carried to it")
        ]
    ends = other_ends(evidence)
    if not ends:
        said = f"{_share_here(evidence)}; {_declared(evidence)}, which chance explains"
        return [_first(said, 0, ())]
    fallen = list(_fallen(evidence, ends))
    carried_claims = len(_depending(evidence))
    stands = carried_claims - len(fallen)
    said = (
        f"{_share_here(evidence)}; {_declared(evidence)}{_shift(evidence, ends)}; of {carried_claims:,} claims that "
        f"are met here and depend on that share, {stands:,} are met there, too"
    )
    first = _first(said, len(fallen), tuple(each.finding.code for each in fallen))
    return [first, *(_carried_finding(k, evidence, each) for k, each in enumerate(fallen, 1))]


def _first(said: str, claims: int, codes: tuple[str, ...], needs: str = AT_PRODUCTION) -> Examined:
    claim = Claim(
        Kind.MIX.code,
        Kind.MIX.words,
        "claims",
        Exact(float(claims)),
        Criterion("<=", 0.0, "claims", refutable=False, presumed=True),
        unit="claims",
        reason=said,
        needs=needs if claims else "",
    )
    return aimed(claim, codes)


def other_ends(evidence: Evidence) -> tuple[float, ...]:
    """The declared shares of positives that are not the one of the test rows, surely or by a material factor."""
    here = _share_of_rows(evidence.cases)
    return tuple(
        share
        for share in evidence.spec.about.prevalences
        if not _by_chance(here, share) or not 1 / MATERIAL_ODDS <= _odds_ratio(share, here.value) <= MATERIAL_ODDS
    )


def _by_chance(here: Binomial, share: float) -> bool:
    low, high = here.interval(1 - CHANCE)
    return low <= share <= high


def _share_of_rows(cases: Cases) -> Binomial:
    positives = float(cases.cells[1].sum())
    return Binomial(min(positives, cases.n), cases.n)


def _odds_ratio(share: float, here: float) -> float:
    odds, other = (p / (1 - p) if p < 1 else np.inf for p in (share, here))
    return 1.0 if odds == other else float(odds / other) if 0 < other < np.inf else np.inf


def _share_here(evidence: Evidence) -> str:
    cases = evidence.cases
    positives = format_count_of(round(float(cases.cells[1].sum())), cases.n, "test rows")
    return f"{positives} are {evidence.positive}" + ("" if cases.weight is None else ", counted by their weight")


def _declared(evidence: Evidence) -> str:
    shares = " to ".join(format_share(share) for share in evidence.spec.about.prevalences)
    return f"in production {shares} are expected"


def _shift(evidence: Evidence, ends: tuple[float, ...]) -> str:
    """What the other share does to probabilities that are right here."""
    here = _share_of_rows(evidence.cases).value
    inside = [share for share in ends if 0 < share < 1]
    if not evidence.cases.is_probability or not inside or not 0 < here < 1:
        return ""
    moved = " or ".join(f"{shift_of_log_odds(here, share):+.2f}" for share in inside)
    return f", where log odds that are right here have to be shifted by {moved}"


def _depending(evidence: Evidence) -> dict[str, Finding]:
    """The claims that are met on the rows and depend on the share of positives."""
    if evidence.task is not Task.BINARY:
        return {}
    key = "soundness: claims that depend on the mix"
    if key not in evidence.cases.remembered:
        unchanged = {claim.code for claim in scored_claims(evidence) if claim.metric.name in UNCHANGED}
        evidence.cases.remembered[key] = {
            code: finding
            for code, finding in statuses(evidence).items()
            if finding.status is Status.MET and code not in unchanged
        }
    known: dict[str, Finding] = evidence.cases.remembered[key]
    return known


def _of_chosen_rows(evidence: Evidence) -> Examined:
    depending = _depending(evidence)
    declared = f"; {_declared(evidence)}" if evidence.spec.about.prevalences else ""
    said = (
        f"{_share_here(evidence)}, chosen by how hard or telling they are{declared}, so that no share can be carried "
        f"to production; {len(depending):,} claims that are met here depend on it"
    )
    return _first(said, len(depending), tuple(depending), CHOSEN)


@dataclass(frozen=True, slots=True)
class _Fallen:
    """A claim that is met on the test rows and not at a declared share of positives."""

    finding: Finding
    there: Finding
    inference: Inference | Undefined
    share: float


def _fallen(evidence: Evidence, ends: tuple[float, ...]) -> Iterator[_Fallen]:
    depending = _depending(evidence)
    for claim in scored_claims(evidence):
        if claim.code in depending:
            yield from _worst(evidence, depending[claim.code], [(s, _scored_at(evidence, claim, s)) for s in ends])
    for priced in priced_claims(evidence):
        if priced.code in depending:
            yield from _worst(evidence, depending[priced.code], [(s, _priced_at(evidence, priced, s)) for s in ends])


def _worst(evidence: Evidence, finding: Finding, at_ends: list[tuple[float, Claim]]) -> Iterator[_Fallen]:
    """Once, at the first end where it is not met; where chance alone may explain that the share is another one, where
    even the measured value is on the wrong side.
    """
    here = _share_of_rows(evidence.cases)
    for share, claim in at_ends:
        there = found(evidence, claim)
        if there.status is not Status.MET and (not _by_chance(here, share) or there.point_status is not Status.MET):
            yield _Fallen(finding, there, claim.inference, share)
            return


def _scored_at(evidence: Evidence, claim: Scored, share: float) -> Claim:
    """Metrics of labels from recall and false positive rate; all others, and pairs of methods, from weighted rows."""
    other = claim.other(evidence)
    if claim.metric.name in BINARY_LABEL_METRICS and (not claim.rival or isinstance(other, Guess)):
        recall, false_positive_rate = (measure(name, evidence.cases) for name in ("recall", "false_positive_rate"))
        base = claim.claim(evidence)
        if isinstance(recall, Undefined) or isinstance(false_positive_rate, Undefined):
            lacking = recall if isinstance(recall, Undefined) else false_positive_rate
            return replace(base, inference=lacking)
        guess = other if isinstance(other, Guess) else None
        name, factor = claim.metric.name, claim.factor
        moved = carried(name, recall, false_positive_rate, share, guess=guess, factor=factor)
        return replace(base, inference=moved)
    return claim.claim(_at_share(evidence, share))


def _at_share(evidence: Evidence, share: float) -> Evidence:
    """The rows weighted so that a share of them is positive; made once for each share."""
    key = f"soundness: at the share {share!r}"
    if key not in evidence.cases.remembered:
        cases = evidence.cases
        positive = cases.y_true == 1
        weight = cases.relative_weight
        here = float(weight[positive].sum()) / max(1, cases.n)
        up, down = (share / here if here > 0 else 0.0), ((1 - share) / (1 - here) if here < 1 else 0.0)
        evidence.cases.remembered[key] = with_weights(evidence, weight * np.where(positive, up, down))
    moved: Evidence = evidence.cases.remembered[key]
    return moved


def _priced_at(evidence: Evidence, claim: Priced, share: float) -> Claim:
    """The mean of an amount from its means within both classes."""
    base, cases = claim.claim(evidence), evidence.cases
    if claim.cells is not None:
        rates = [measure(name, cases) for name in ("recall", "false_positive_rate")]
        tn, fp, fn, tp = claim.cells
        means: list[Inference | Undefined] = [
            rate if isinstance(rate, Undefined) else from_two(rate, *pair)
            for rate, pair in zip(rates, ((fn, tp), (tn, fp)), strict=True)
        ]
    else:
        means = [_mean_of_class(cases, claim.amounts, code, *claim.range) for code in (1, 0)]
    return replace(base, inference=carried_mean(means[0], means[1], share))


def _mean_of_class(
    cases: Cases, amounts: Floats, code: int, least: float | None, most: float | None
) -> Inference | Undefined:
    inside = cases.y_true == code
    rows = cases.subset(inside)
    if not rows.n:
        return Undefined("there are no such rows")
    return mean_of(amounts[inside], rows.dependence, weight=rows.weight, least=least, most=most)


def _carried_finding(k: int, evidence: Evidence, fallen: _Fallen) -> Aimed:
    """The finding of one claim that is met on the rows and not at production's mix."""
    here, there = fallen.finding, fallen.there
    assert here.criterion is not None
    assert here.measured is not None
    unit = here.criterion.unit
    if isinstance(fallen.inference, Undefined):
        value, moved = f"{format_value(here.measured.value, unit)} here", "it cannot be carried there"
    else:
        now, then = format_pair(here.measured.value, fallen.inference.value, unit)
        value, moved = f"{now} here", f"{then} there, {there.status.words}"
    said = (
        f"{_share_here(evidence)}, in production {format_share(fallen.share)}: {value}, {moved}; "
        f"required is {here.criterion.op} {here.criterion.threshold:.6g}"
    )
    claim = Claim(
        f"{Kind.MIX.code}-CARRIED-{k}",
        f"At production's share of positives: {here.name}",
        here.metric,
        fallen.inference,
        replace(here.criterion, refutable=False),
        unit=unit,
        reason=said,
        needs=AT_PRODUCTION,
        withheld="it is not met at production's share of positives",
        from_scores=False,
    )
    return Aimed(claim, (here.code,))


def _of_weights(evidence: Evidence) -> list[Examined]:
    """Claims of questions 1 to 4 that are met with the weights and not without them."""
    if evidence.cases.weight is None:
        return []
    plain = _plain_statuses(evidence)
    fallen = {code: finding for code, finding in plain.items() if finding.status is not Status.MET}
    resting = [(finding, fallen[finding.code]) for finding in _met_with_weights(evidence, fallen)]
    said = (
        f"rows are counted by {evidence.spec.data.weight}: {len(plain) - len(fallen):,} claims are met as well when "
        f"each row counts once, {len(resting):,} with the weights alone"
    )
    claim = Claim(
        f"{Kind.MIX.code}-WEIGHTS",
        "Claims that are met with the weights alone",
        "claims",
        Exact(float(len(resting))),
        Criterion("<=", 0.0, "claims", refutable=False, presumed=True),
        unit="claims",
        reason=said + "".join(f"; {_without(*pair)}" for pair in resting[:3]),
        needs=WEIGHTS if resting else "",
    )
    return [aimed(claim, tuple(finding.code for finding, _ in resting))]


def _plain_statuses(evidence: Evidence) -> dict[str, Finding]:
    """What is found of each claim when every row counts once."""
    plain = with_weights(evidence, None)
    deficits = {claim.code: found(plain, claim) for _, _, _, claim in deficit_claims(plain)}
    return {**statuses(plain), **deficits}


def _met_with_weights(evidence: Evidence, codes: Collection[str]) -> list[Finding]:
    """Those of some claims that are met as the rows are weighted; no others are measured, which takes time."""
    plain = with_weights(evidence, None)
    wanted = {(i, ruler.metric.name) for i, _, ruler, claim in deficit_claims(plain) if claim.code in codes}
    deficits = [found(evidence, claim) for _, _, _, claim in deficit_claims(evidence, wanted) if claim.code in codes]
    every = [*statuses(evidence, codes).values(), *deficits]
    return [finding for finding in every if finding.status is Status.MET]


def _without(finding: Finding, plain: Finding) -> str:
    if plain.measured is None or finding.measured is None:
        return f"{finding.name}: not judged without the weights"
    unit = "" if finding.criterion is None else finding.criterion.unit
    now, then = format_pair(finding.measured.value, plain.measured.value, unit)
    return f"{finding.name}: {now} with the weights, {then} without, {plain.status.words}"
