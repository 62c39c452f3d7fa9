"""Do recent rows look as if only the share of positives had changed, and is it the share that is declared?"""

from __future__ import annotations

import numpy as np

from readiness.answers import Criterion
from readiness.criteria import SOUNDNESS_ALPHA, Task
from readiness.evidence.evidence import Evidence
from readiness.numbers import format_count_of, format_share
from readiness.soundness.judged import aimed
from readiness.soundness.recent_rows import RecentScores, recent_scores
from readiness.soundness.tables import Aimed, Examined
from readiness.statistics.cases import Integers
from readiness.statistics.inference import Exact, Undefined
from readiness.statistics.intervals import Binomial
from readiness.statistics.judging import Claim
from readiness.statistics.label_shift import Distance, SharePositive, mixture_distance
from readiness.statistics.metrics import measure
from readiness.unavailable import Unavailable
from readiness.withholding import Kind

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
    if isinstance(recent, Unavailable):
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
        return [_mixed(declared, said)]
    if _is_other(free):
        more = f", and by {format_share(free.largest)} with any share: more than the share of positives has changed"
        return [_mixed(declared, said + more, NOT_THE_ROWS)]
    more = f"; with {format_share(free.share)} they would fit, so that the declared share is in doubt"
    return [aimed(_mixed(declared, said + more, NOT_THE_SHARE), depending)] if depending else []


def _is_other(apart: Distance) -> bool:
    return apart.p < SOUNDNESS_ALPHA and apart.largest > DISTANCE


def _mixed(apart: Distance, said: str, needs: str = "") -> Claim:
    """Judged is the distance where it is more than chance explains, else the chance of a larger one."""
    code, name = f"{Kind.MIX.code}-LABELS", "Recent rows differ from the test rows in their share of positives alone"
    bar = Criterion("<=", DISTANCE, "share", refutable=False, presumed=True)
    measured = Exact(apart.largest)
    if not needs and apart.largest > DISTANCE:
        bar, measured = Criterion(">=", SOUNDNESS_ALPHA, refutable=False, presumed=True), Exact(apart.p)
    metric = "distance" if bar.op == "<=" else "p_value"
    return Claim(code, name, metric, measured, bar, unit=bar.unit, reason=said, needs=needs)


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
    if not depending or isinstance(recall, Undefined) or isinstance(false_alarms, Undefined):
        return []
    if recall.lower(SOUNDNESS_ALPHA) - false_alarms.upper(SOUNDNESS_ALPHA) < TELLING:
        return []
    said, m = recent.said.predicted, len(recent.rows)
    answered = Binomial(float((said == 1).sum()), m)
    share = SharePositive(answered, recall, false_alarms)
    low, high = evidence.spec.about.prevalences[0], evidence.spec.about.prevalences[-1]
    above = share.lower(SOUNDNESS_ALPHA) > _with_odds(high, MATERIAL_ODDS)
    below = share.upper(SOUNDNESS_ALPHA) < _with_odds(low, 1 / MATERIAL_ODDS)
    limits = f"{format_share(share.lower(SOUNDNESS_ALPHA))} to {format_share(share.upper(SOUNDNESS_ALPHA))}"
    stated = " to ".join(format_share(each) for each in evidence.spec.about.prevalences)
    words = (
        f"{format_count_of(int(answered.successes), m, 'recent rows')} are answered {evidence.positive}, which speaks "
        f"for {format_share(share.value)} ({limits}); declared are {stated}"
    )
    upwards = share.value > high
    bar = _with_odds(high, MATERIAL_ODDS) if upwards else _with_odds(low, 1 / MATERIAL_ODDS)
    claim = Claim(
        f"{Kind.MIX.code}-SHARE",
        "Recent rows have the declared share of positives",
        "prevalence",
        share,
        Criterion("<=" if upwards else ">=", bar, "share", refutable=False, presumed=True),
        unit="share",
        reason=words,
        needs=NOT_THE_SHARE if above or below else "",
        from_scores=False,
    )
    return [Aimed(claim, depending)]


def _with_odds(share: float, factor: float) -> float:
    """The share whose odds are so many times as large."""
    return factor * share / (1 - share + factor * share)
