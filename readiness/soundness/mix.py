"""The mix of rows: claims carried to the declared share of positives, and counted without weights.

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

from readiness.core.findings import Claim, Criterion, Finding, Status
from readiness.core.format import format_count_of, format_pair, format_share, format_value
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.core.withholding import Kind
from readiness.evidence.evidence import Evidence
from readiness.soundness.recent_rows import RecentScores, recent_scores
from readiness.soundness.rejudging import (
    Priced,
    Scored,
    aim_at,
    deficit_claims,
    judge_all,
    judge_one,
    priced_claims,
    reweigh,
    scored_claims,
)
from readiness.soundness.tables import Aimed, Examined, finding_not_asked
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.comparison import Guess
from readiness.statistics.estimators import measure
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.label_shift import (
    UNCHANGED,
    Distance,
    carry_mean,
    carry_metric,
    mean_of_two_amounts,
    mixture_distance,
    share_positive,
    shift_of_log_odds,
)
from readiness.statistics.labels import BINARY_LABEL_METRICS
from readiness.statistics.means import mean_of

# ----------------------------------------------------------------------------------------------------
# Recent rows as a mixture of both classes: whether only the share of positives has changed, and to the declared one

DISTANCE = 0.05
"""Distribution functions that differ by less are as good as equal."""
MATERIAL_ODDS = 1.25
"""A share of positives is another one when its odds differ by more than this factor."""
TELLING = 0.1
"""The share is estimated only where recall exceeds the false positive rate by this, also by its limits."""
MOST_ROWS = 20_000
SALT = 0x6D6978
NOT_THE_SHARE = (
    "newer test rows; or the share of positives that production really has, under about.production_prevalence"
)
NOT_THE_ROWS = (
    "newer test rows, which look like those of production; or the word of somebody outside, under soundness.mix"
)


def recent_findings(evidence: Evidence, depending: tuple[str, ...]) -> list[Examined]:
    """Both tests, where recent rows can be scored and a share is declared, on which the claims `depending` rest."""
    declared = evidence.spec.about.prevalences
    if evidence.task is not Task.BINARY or not declared or evidence.recent is None:
        return []
    recent = recent_scores(evidence)
    if isinstance(recent, Missing):
        return []  # that recent rows cannot be scored is told where they are compared
    return [*_mixture(evidence, recent, (declared[0], declared[-1]), depending), *_share(evidence, recent, depending)]


def _mixture(
    evidence: Evidence, recent: RecentScores, shares: tuple[float, float], depending: tuple[str, ...]
) -> list[Examined]:
    """Whether the scores are a mixture of those of both classes: with the declared share, or with any at all."""
    cases, scores = evidence.cases, recent.said.scores
    if cases.y_score is None or scores is None:
        return []
    rows = _sample(cases.n, evidence.spec.seed)
    truth, known = cases.y_true[rows], cases.y_score[rows]
    if not 0 < int(truth.sum()) < len(truth):
        return []
    units = _units(evidence, recent, rows)
    declared, free = (
        mixture_distance(scores, known[truth == 1], known[truth == 0], each, units=units)
        for each in (shares, (0.0, 1.0))
    )
    looked = recent.sampled or f"{len(scores):,} recent rows"
    said = (
        f"scores of {looked} were held against those of the test rows mixed with {format_share(declared.share)} "
        f"{evidence.positive}: the shares of rows up to some score differ by {format_share(declared.largest)} at most"
    )
    if not _is_other(declared):
        return [_judge_mixture(declared, said)]
    if _is_other(free):
        more = f", and by {format_share(free.largest)} with any share: more than the share of positives has changed"
        return [_judge_mixture(declared, said + more, NOT_THE_ROWS)]
    more = f"; with {format_share(free.share)} they would fit, so that the declared share is in doubt"
    return [aim_at(_judge_mixture(declared, said + more, NOT_THE_SHARE), depending)] if depending else []


def _is_other(apart: Distance) -> bool:
    return apart.p < SOUNDNESS_ALPHA and apart.largest > DISTANCE


def _judge_mixture(apart: Distance, said: str, needs: str = "") -> Measurement:
    """Judged is the distance where it is more than chance explains, else the chance of a larger one."""
    name = "Recent rows differ from the test rows in their share of positives alone"
    bar = Criterion("<=", DISTANCE, "share", refutable=False, presumed=True)
    measured = Exact(apart.largest)
    if not needs and apart.largest > DISTANCE:
        bar, measured = Criterion(">=", SOUNDNESS_ALPHA, refutable=False, presumed=True), Exact(apart.p)
    metric = "distance" if bar.op == "<=" else "p_value"
    key = Kind.MIX.key(Topic.DOUBT_LABELS)
    return Measurement(Claim(key, name, bar), metric, measured, unit=bar.unit, reason=said, needs=needs)


def _sample(n: int, seed: int) -> Integers:
    """At most `MOST_ROWS` test rows."""
    if n <= MOST_ROWS:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, SALT]).choice(n, MOST_ROWS, replace=False))


def _units(evidence: Evidence, recent: RecentScores, rows: Integers) -> tuple[float, float, float] | None:
    """Groups among recent rows, test rows that are positive and those that are negative; None: rows are independent."""
    groups, name = evidence.cases.groups, evidence.spec.data.group
    if groups is None or name is None or evidence.recent is None:
        return None
    truth = evidence.cases.y_true[rows]
    here = [float(len(np.unique(groups[rows][truth == code]))) for code in (1, 0)]
    frame = evidence.recent.frame
    newer = float(frame[name].iloc[recent.rows].nunique()) if name in frame else float(len(recent.rows))
    return max(1.0, newer), here[0], here[1]


def _share(evidence: Evidence, recent: RecentScores, depending: tuple[str, ...]) -> list[Aimed]:
    """Whether the share of positives that the answers speak for is the declared one."""
    recall, false_alarms = (measure(name, evidence.cases) for name in ("recall", "false_positive_rate"))
    if not depending or isinstance(recall, Missing) or isinstance(false_alarms, Missing):
        return []
    if recall.lower(SOUNDNESS_ALPHA) - false_alarms.upper(SOUNDNESS_ALPHA) < TELLING:
        return []
    said, m = recent.said.predicted, len(recent.rows)
    answered = Binomial(float((said == 1).sum()), m)
    share = share_positive(answered, recall, false_alarms)
    low, high = evidence.spec.about.prevalences[0], evidence.spec.about.prevalences[-1]
    above = share.lower(SOUNDNESS_ALPHA) > _multiply_odds(high, MATERIAL_ODDS)
    below = share.upper(SOUNDNESS_ALPHA) < _multiply_odds(low, 1 / MATERIAL_ODDS)
    limits = f"{format_share(share.lower(SOUNDNESS_ALPHA))} to {format_share(share.upper(SOUNDNESS_ALPHA))}"
    stated = " to ".join(format_share(each) for each in evidence.spec.about.prevalences)
    words = (
        f"{format_count_of(int(answered.successes), m, 'recent rows')} are answered {evidence.positive}, which speaks "
        f"for {format_share(share.value)} ({limits}); declared are {stated}"
    )
    upwards = share.value > high
    bar = _multiply_odds(high, MATERIAL_ODDS) if upwards else _multiply_odds(low, 1 / MATERIAL_ODDS)
    claim = Measurement(
        Claim(
            Kind.MIX.key(Topic.DOUBT_SHARE),
            "Recent rows have the declared share of positives",
            Criterion("<=" if upwards else ">=", bar, "share", refutable=False, presumed=True),
        ),
        "prevalence",
        share,
        unit="share",
        reason=words,
        needs=NOT_THE_SHARE if above or below else "",
        from_scores=False,
    )
    return [Aimed(claim, depending)]


def _multiply_odds(share: float, factor: float) -> float:
    """The share whose odds are so many times as large."""
    return factor * share / (1 - share + factor * share)


# ----------------------------------------------------------------------------------------------------

CHANCE = 0.05
"""A declared share outside the two-sided 95 % interval of that of the test rows is surely another one."""
AT_PRODUCTION = "test rows drawn with production's share of positives, or a candidate that meets the bar at that share"
CHOSEN = "test rows drawn at random instead of by how hard they are"
WEIGHTS = "the word of somebody outside, under soundness.mix, what the weights stand for"


def examine(evidence: Evidence) -> list[Examined]:
    """What another mix in production, or none of the weights, would do to the claims that are met."""
    depending = tuple(_find_depending(evidence)) if evidence.spec.about.prevalences else ()
    return [*_judge_shares(evidence), *recent_findings(evidence, depending), *_judge_weights(evidence)]


def _judge_shares(evidence: Evidence) -> list[Examined]:
    declared = evidence.spec.about.prevalences
    if evidence.task is not Task.BINARY:
        return [finding_not_asked(Kind.MIX, "only of two classes is a share in production declared")]
    if evidence.spec.data.sampled and (not declared or other_ends(evidence)):
        return [_judge_chosen_rows(evidence)]
    if not declared:
        return [
            finding_not_asked(
                Kind.MIX, "no share of positives in production is declared, so that nothing is carried to it"
            )
        ]
    ends = other_ends(evidence)
    if not ends:
        said = f"{_describe_share(evidence)}; {_describe_declared(evidence)}, which chance explains"
        return [_first_finding(said, 0, ())]
    fallen = list(_find_lost_claims(evidence, ends))
    carried_claims = len(_find_depending(evidence))
    stands = carried_claims - len(fallen)
    said = (
        f"{_describe_share(evidence)}; {_describe_declared(evidence)}{_describe_shift(evidence, ends)}; "
        f"of {carried_claims:,} claims that are met here and depend on that share, {stands:,} are met there, too"
    )
    first = _first_finding(said, len(fallen), tuple(each.finding.code for each in fallen))
    return [first, *(_carried_finding(k, evidence, each) for k, each in enumerate(fallen, 1))]


def _first_finding(said: str, claims: int, codes: tuple[str, ...], needs: str = AT_PRODUCTION) -> Examined:
    claim = Measurement(
        Claim(Kind.MIX.key(), Kind.MIX.words, Criterion("<=", 0.0, "claims", refutable=False, presumed=True)),
        "claims",
        Exact(float(claims)),
        unit="claims",
        reason=said,
        needs=needs if claims else "",
    )
    return aim_at(claim, codes)


def other_ends(evidence: Evidence) -> tuple[float, ...]:
    """The declared shares of positives that are not the one of the test rows, surely or by a material factor."""
    here = _share_of_rows(evidence.cases)
    return tuple(
        share
        for share in evidence.spec.about.prevalences
        if not _is_by_chance(here, share) or not 1 / MATERIAL_ODDS <= _odds_ratio(share, here.value) <= MATERIAL_ODDS
    )


def _is_by_chance(here: Binomial, share: float) -> bool:
    low, high = here.interval(1 - CHANCE)
    return low <= share <= high


def _share_of_rows(cases: Cases) -> Binomial:
    positives = float(cases.cells[1].sum())
    return Binomial(min(positives, cases.n), cases.n)


def _odds_ratio(share: float, here: float) -> float:
    odds, other = (p / (1 - p) if p < 1 else np.inf for p in (share, here))
    return 1.0 if odds == other else float(odds / other) if 0 < other < np.inf else np.inf


def _describe_share(evidence: Evidence) -> str:
    cases = evidence.cases
    positives = format_count_of(round(float(cases.cells[1].sum())), cases.n, "test rows")
    return f"{positives} are {evidence.positive}" + ("" if cases.weight is None else ", counted by their weight")


def _describe_declared(evidence: Evidence) -> str:
    shares = " to ".join(format_share(share) for share in evidence.spec.about.prevalences)
    return f"in production {shares} are expected"


def _describe_shift(evidence: Evidence, ends: tuple[float, ...]) -> str:
    """What the other share does to probabilities that are right here."""
    here = _share_of_rows(evidence.cases).value
    inside = [share for share in ends if 0 < share < 1]
    if not evidence.cases.is_probability or not inside or not 0 < here < 1:
        return ""
    moved = " or ".join(f"{shift_of_log_odds(here, share):+.2f}" for share in inside)
    return f", where log odds that are right here have to be shifted by {moved}"


def _find_depending(evidence: Evidence) -> dict[str, Finding]:
    """The claims that are met on the rows and depend on the share of positives."""
    if evidence.task is not Task.BINARY:
        return {}
    key = "soundness: claims that depend on the mix"
    if key not in evidence.cases.remembered:
        unchanged = {claim.code for claim in scored_claims(evidence) if claim.metric.name in UNCHANGED}
        evidence.cases.remembered[key] = {
            code: finding
            for code, finding in judge_all(evidence).items()
            if finding.status is Status.MET and code not in unchanged
        }
    known: dict[str, Finding] = evidence.cases.remembered[key]
    return known


def _judge_chosen_rows(evidence: Evidence) -> Examined:
    depending = _find_depending(evidence)
    declared = f"; {_describe_declared(evidence)}" if evidence.spec.about.prevalences else ""
    said = (
        f"{_describe_share(evidence)}, chosen by how hard or telling they are{declared}, so that no share can be "
        f"carried to production; {len(depending):,} claims that are met here depend on it"
    )
    return _first_finding(said, len(depending), tuple(depending), CHOSEN)


@dataclass(frozen=True, slots=True)
class _LostClaim:
    """A claim that is met on the test rows and not at a declared share of positives."""

    finding: Finding
    there: Finding
    inference: Inference | Missing
    share: float


def _find_lost_claims(evidence: Evidence, ends: tuple[float, ...]) -> Iterator[_LostClaim]:
    depending = _find_depending(evidence)
    for claim in scored_claims(evidence):
        if claim.code in depending:
            yield from _find_worst(
                evidence, depending[claim.code], [(s, _measure_at(evidence, claim, s)) for s in ends]
            )
    for priced in priced_claims(evidence):
        if priced.code in depending:
            yield from _find_worst(
                evidence, depending[priced.code], [(s, _price_at(evidence, priced, s)) for s in ends]
            )


def _find_worst(evidence: Evidence, finding: Finding, at_ends: list[tuple[float, Measurement]]) -> Iterator[_LostClaim]:
    """Once, at the first end where it is not met; where chance alone may explain that the share is another one, where
    even the measured value is on the wrong side.
    """
    here = _share_of_rows(evidence.cases)
    for share, claim in at_ends:
        there = judge_one(evidence, claim)
        if there.status is not Status.MET and (not _is_by_chance(here, share) or there.point_status is not Status.MET):
            yield _LostClaim(finding, there, claim.inference, share)
            return


def _measure_at(evidence: Evidence, claim: Scored, share: float) -> Measurement:
    """Metrics of labels from recall and false positive rate; all others, and pairs of methods, from weighted rows."""
    other = claim.other(evidence)
    if claim.metric.name in BINARY_LABEL_METRICS and (not claim.rival or isinstance(other, Guess)):
        recall, false_positive_rate = (measure(name, evidence.cases) for name in ("recall", "false_positive_rate"))
        base = claim.claim(evidence)
        if isinstance(recall, Missing) or isinstance(false_positive_rate, Missing):
            lacking = recall if isinstance(recall, Missing) else false_positive_rate
            return replace(base, inference=lacking)
        guess = other if isinstance(other, Guess) else None
        name, factor = claim.metric.name, claim.factor
        moved = carry_metric(name, recall, false_positive_rate, share, guess=guess, factor=factor)
        return replace(base, inference=moved)
    return claim.claim(_weigh_to_share(evidence, share))


def _weigh_to_share(evidence: Evidence, share: float) -> Evidence:
    """The rows weighted so that a share of them is positive; made once for each share."""
    key = f"soundness: at the share {share!r}"
    if key not in evidence.cases.remembered:
        cases = evidence.cases
        positive = cases.y_true == 1
        weight = cases.relative_weight
        here = float(weight[positive].sum()) / max(1, cases.n)
        up, down = (share / here if here > 0 else 0.0), ((1 - share) / (1 - here) if here < 1 else 0.0)
        evidence.cases.remembered[key] = reweigh(evidence, weight * np.where(positive, up, down))
    moved: Evidence = evidence.cases.remembered[key]
    return moved


def _price_at(evidence: Evidence, claim: Priced, share: float) -> Measurement:
    """The mean of an amount from its means within both classes."""
    base, cases = claim.claim(evidence), evidence.cases
    if claim.cells is not None:
        rates = [measure(name, cases) for name in ("recall", "false_positive_rate")]
        tn, fp, fn, tp = claim.cells
        means: list[Inference | Missing] = [
            rate if isinstance(rate, Missing) else mean_of_two_amounts(rate, *pair)
            for rate, pair in zip(rates, ((fn, tp), (tn, fp)), strict=True)
        ]
    else:
        means = [_mean_of_class(cases, claim.amounts, code, *claim.range) for code in (1, 0)]
    return replace(base, inference=carry_mean(means[0], means[1], share))


def _mean_of_class(
    cases: Cases, amounts: Floats, code: int, least: float | None, most: float | None
) -> Inference | Missing:
    inside = cases.y_true == code
    rows = cases.subset(inside)
    if not rows.n:
        return Missing("there are no such rows")
    return mean_of(amounts[inside], rows.dependence, weight=rows.weight, least=least, most=most)


def _carried_finding(k: int, evidence: Evidence, fallen: _LostClaim) -> Aimed:
    """The finding of one claim that is met on the rows and not at production's mix."""
    here, there = fallen.finding, fallen.there
    assert here.criterion is not None
    assert here.measured is not None
    unit = here.criterion.unit
    if isinstance(fallen.inference, Missing):
        value, moved = f"{format_value(here.measured.value, unit)} here", "it cannot be carried there"
    else:
        now, then = format_pair(here.measured.value, fallen.inference.value, unit)
        value, moved = f"{now} here", f"{then} there, {there.status.words}"
    said = (
        f"{_describe_share(evidence)}, in production {format_share(fallen.share)}: {value}, {moved}; "
        f"required is {here.criterion.op} {here.criterion.threshold:.6g}"
    )
    claim = Measurement(
        Claim(
            Kind.MIX.key(Topic.DOUBT_CARRIED, k),
            f"At production's share of positives: {here.name}",
            replace(here.criterion, refutable=False),
        ),
        here.metric,
        fallen.inference,
        unit=unit,
        reason=said,
        needs=AT_PRODUCTION,
        withheld="it is not met at production's share of positives",
        from_scores=False,
    )
    return Aimed(claim, (here.code,))


def _judge_weights(evidence: Evidence) -> list[Examined]:
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
    claim = Measurement(
        Claim(
            Kind.MIX.key(Topic.DOUBT_WEIGHTS),
            "Claims that are met with the weights alone",
            Criterion("<=", 0.0, "claims", refutable=False, presumed=True),
        ),
        "claims",
        Exact(float(len(resting))),
        unit="claims",
        reason=said + "".join(f"; {_contrast_without_weights(*pair)}" for pair in resting[:3]),
        needs=WEIGHTS if resting else "",
    )
    return [aim_at(claim, tuple(finding.code for finding, _ in resting))]


def _plain_statuses(evidence: Evidence) -> dict[str, Finding]:
    """What is found of each claim when every row counts once."""
    plain = reweigh(evidence, None)
    deficits = {claim.code: judge_one(plain, claim) for _, _, _, claim in deficit_claims(plain)}
    return {**judge_all(plain), **deficits}


def _met_with_weights(evidence: Evidence, codes: Collection[str]) -> list[Finding]:
    """Those of some claims that are met as the rows are weighted; no others are measured, which takes time."""
    plain = reweigh(evidence, None)
    wanted = {(i, ruler.metric.name) for i, _, ruler, claim in deficit_claims(plain) if claim.code in codes}
    deficits = [
        judge_one(evidence, claim) for _, _, _, claim in deficit_claims(evidence, wanted) if claim.code in codes
    ]
    every = [*judge_all(evidence, codes).values(), *deficits]
    return [finding for finding in every if finding.status is Status.MET]


def _contrast_without_weights(finding: Finding, plain: Finding) -> str:
    if plain.measured is None or finding.measured is None:
        return f"{finding.name}: not judged without the weights"
    unit = "" if finding.criterion is None else finding.criterion.unit
    now, then = format_pair(finding.measured.value, plain.measured.value, unit)
    return f"{finding.name}: {now} with the weights, {then} without, {plain.status.words}"
