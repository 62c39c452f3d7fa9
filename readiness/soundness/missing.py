"""Rows without a known truth: how much more often they would have to be wrong to overturn a result.

There is no share of rows that is harmless: where one row in a hundred is positive, 1.9 % of rows without a truth can
turn a recall of 0.90 into 0.31. So each claim that is met is held against its tipping point: the odds of an error among
rows without a truth, relative to rows with one, from which it would no longer be met. Below `LEAST_FACTOR` it is not
proven. Rows with a truth are those that were answered and scored alike; what is said of a class is held against the
rows of that class, too, of which any row without a truth may be one. Rows without a truth that are scored otherwise
than the others were chosen by something, and have to stand more. And where they outnumber the known errors, these may
be few because the others are hidden: then the odds are taken as they are, and three wrong rows in four must not do.

Rows that lack a group, a weight or a query have a truth, and are put back. What other methods say of those rows is not
known: they stay as good as they are, and only the candidate gets worse. Claims about windows of time and refits are not
looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.findings import Claim, Criterion, Finding, Status
from readiness.core.format import format_count_of, format_pair, format_share, format_threshold, listed
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.core.withholding import Kind
from readiness.evidence.columns import columns_of
from readiness.evidence.evidence import Evidence, Unused
from readiness.evidence.segments import Segmentation, cut_segments
from readiness.evidence.target import as_numbers
from readiness.evidence.workers.worker import Scores
from readiness.questions.costs import prices
from readiness.questions.deficits import Ruler
from readiness.soundness.rejudging import (
    Priced,
    Scored,
    aim_at,
    deficit_claims,
    judge_one,
    priced_claims,
    scored_claims,
    unfavourable_limit,
)
from readiness.soundness.tables import Aimed, Examined, claim_not_known, finding_not_asked
from readiness.spec.schema import CostColumn
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.estimators import number
from readiness.statistics.inference import Exact
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.labels import label_metric_values
from readiness.statistics.tipping import (
    ALL,
    FURTHER,
    LADDER,
    PARTS,
    Errors,
    are_scored_otherwise,
    complete_cases,
    error_shares,
    missed_shares,
    tipping_point,
)

# ----------------------------------------------------------------------------------------------------
# All test rows, with those put back that no question looks at, and a truth for each that is supposed.
#
# Made once for every supposition, since all claims are held against the same ones.

_BY_ANSWER = {
    **dict.fromkeys(("recall", "false_negative_rate", "negative_predictive_value"), 0),
    **dict.fromkeys(("precision", "specificity", "false_positive_rate"), 1),
}
"""Of two classes, the answer whose errors a metric counts."""
MOST_KNOWN, MOST = 100_000, 20_000
"""Of more rows with a truth and without, a sample is looked at for metrics of scores."""
SALT = 0x6D6973


@dataclass(frozen=True, slots=True)
class Places:
    """In which segment each of all rows is, -1 where that cannot be told of a row that is put back."""

    codes: Integers = field(compare=False)
    segments: int


class PutBack:
    """The test rows with the others put back, whose truth follows from a factor; each made once."""

    def __init__(self, evidence: Evidence, unused: Unused, said: Scores) -> None:
        self.evidence, self.unused, self.said = evidence, unused, said
        self.known, self.truth = evidence.cases, unused.target
        self.weight = None if evidence.spec.data.weight is None else self._fill_amounts(evidence.spec.data.weight, None)
        self._cases: dict[tuple[Errors, int | None, bool], Cases] = {}
        self._shares: dict[tuple[int | None, bool], Floats] = {}
        self._means: dict[Errors, dict[str, float]] = {}
        self._tables: dict[tuple[int, Errors | None, bool], Floats] = {}

    @cached_property
    def thinned(self) -> PutBack:
        """The same from a sample of very many rows, which carries the weight of all."""
        known, unknown = (
            self._sample(rows, most) for rows, most in ((self.known.n, MOST_KNOWN), (len(self.truth), MOST))
        )
        if known is None and unknown is None:
            return self
        # the copy shares means and tables, which come from all rows, but not cases and shares, which come from its own
        few = copy(self)
        few._cases, few._shares = {}, {}
        weights = self.known.relative_weight, np.ones(len(self.truth)) if self.weight is None else self.weight
        if self.known.weight is not None:
            weights = self.known.weight, weights[1]
        picked = [
            np.arange(len(w)) if rows is None else rows for rows, w in zip((known, unknown), weights, strict=True)
        ]
        # a sampled row counts for as many as it stands for, on both sides, so that their proportion stays
        thick = [w[rows] * (len(w) / max(1, len(rows))) for rows, w in zip(picked, weights, strict=True)]
        few.known, few.weight = replace(self.known.subset(picked[0]), weight=thick[0]), thick[1]
        scores = None if self.said.scores is None else self.said.scores[picked[1]]
        few.said, few.truth = (
            replace(self.said, predicted=self.said.predicted[picked[1]], scores=scores),
            self.truth[picked[1]],
        )
        return few

    def _sample(self, rows: int, most: int) -> Integers | None:
        if rows <= most:
            return None
        return np.sort(np.random.default_rng([self.evidence.spec.seed, SALT]).choice(rows, most, replace=False))

    def _fill_amounts(self, column: str, known: Floats | None) -> Floats:
        """A column of amounts; the mean of the rows that are judged where it holds none."""
        values = as_numbers(self.unused.frame[column], f"The column {column!r}")
        usual = self.evidence.cases.weight if known is None else known
        mean = 1.0 if usual is None or not len(usual) else float(usual.mean())
        return np.where(np.isfinite(values) & (values >= 0), values, mean)

    def cases(self, errors: Errors, of_class: int | None = None, *, within: bool = False) -> Cases:
        """All rows, with one class against all others where one is named.

        `within`: any of the others may be of the class that is looked for, and missed as often as others of it are.
        """
        key = errors, of_class, within
        if key not in self._cases:
            known, truth, said, scores = self.known, self.truth, self.said.predicted, self.said.scores
            if of_class is not None:
                known = known.one_against_rest(of_class)
                truth = np.where(truth < 0, -1, (truth == of_class).astype(np.int64))
                said, scores = (said == of_class).astype(np.int64), None if scores is None else scores[:, of_class]
            shares = self._error_shares_of_alike(known, said, scores, key[1:]) if known.task.has_classes else None
            self._cases[key] = complete_cases(
                known, said, scores,
                truth=truth, weight=self.weight, errors=errors, shares=shares, seed=self.evidence.spec.seed,
            )  # fmt: skip
        return self._cases[key]

    def _error_shares_of_alike(
        self, known: Cases, said: NDArray[Any], scores: Floats | None, key: tuple[int | None, bool]
    ) -> Floats:
        """How often rows with a truth that are like those without are wrong; of very many, a sample tells."""
        if key not in self._shares:
            rows = self._sample(known.n, MOST_KNOWN)
            few = known if rows is None else known.subset(rows)
            alike = error_shares(few, said, scores)
            self._shares[key] = np.maximum(alike, missed_shares(known, said)) if key[1] else alike
        return self._shares[key]

    def tables(self, i: int, places: Places, errors: Errors | None, *, within: bool) -> Floats:
        """A confusion matrix for each segment of segmentation i, shape (segments, K, K), and one for rows that are in
        none of them; without the rows that are put back where no errors are given.
        """
        key = i, errors, within
        if key not in self._tables:
            cases = self.known if errors is None else self.cases(errors, within=within)
            codes, k = places.codes[: cases.n], cases.n_classes
            # rows that are in no known segment get a table of their own at the end, and count among all others
            cells = np.where(codes < 0, places.segments, codes) * k * k + cases.cell_codes
            weight, size = None if cases.weight is None else cases.relative_weight, (places.segments + 1) * k * k
            sums = np.bincount(cells, weights=weight, minlength=size).astype(np.float64)
            self._tables[key] = sums.reshape(places.segments + 1, k, k)
        return self._tables[key]

    def parts(self, finding: Finding) -> tuple[Errors, ...]:
        """What a claim must stand besides where the rows without a truth outnumber its known errors; else nothing."""
        cases, unknown = self.evidence.cases, self.unused.is_unknown
        if not cases.task.has_classes:
            return ()
        said, wrong, known = self.said.predicted[unknown], cases.y_true != cases.y_pred, np.ones(cases.n, dtype=bool)
        if cases.task is Task.BINARY and finding.metric in _BY_ANSWER:
            answer = _BY_ANSWER[finding.metric]
            said, known = said[said == answer], cases.y_pred == answer
        return PARTS if len(said) > int((wrong & known).sum()) else ()

    def means(self, errors: Errors) -> dict[str, float]:
        """The mean of each amount of money that is claimed, by code."""
        if errors not in self._means:
            cases, evidence = self.cases(errors, within=True), self.evidence
            others = tuple(each for each in evidence.alternatives if each.key != "current")
            every = replace(evidence, cases=cases, alternatives=others, costs=self._costs())
            means = {claim.code: claim.mean(cases) for claim in priced_claims(every)}
            own, before = prices(every), prices(evidence)
            if own is not None and before is not None and before.current is not None:
                contrast = (1 + evidence.spec.errors.dearer) * before.current
                theirs = float(evidence.cases.relative_weight @ contrast) / evidence.cases.n
                means["ERRO-CURRENT"] = theirs - float(cases.relative_weight @ own.candidate) / cases.n
            self._means[errors] = means
        return self._means[errors]

    def _costs(self) -> dict[str, Floats]:
        found = {}
        for key, known in self.evidence.costs.items():
            given = getattr(self.evidence.spec.errors.costs, key, None)
            if isinstance(given, CostColumn):
                found[key] = np.concatenate((known, self._fill_amounts(given.column, known)))
        return found


def _draw_sample(n: int, weight: Floats | None, rows: Integers | None) -> tuple[Integers, Floats]:
    """Positions of a sample, and weights with which it counts as much as all n rows."""
    every = np.ones(n) if weight is None else weight
    return (np.arange(n), every) if rows is None else (rows, every[rows] * (n / len(rows)))


def place_segments(evidence: Evidence, frame: pd.DataFrame, i: int) -> Places:
    """Segments of all rows, cut as the judged ones are."""
    cut, entry = evidence.segmentations[i - 1], evidence.spec.data.segments[i - 1]
    names = list(columns_of([entry]))
    reference = evidence.rows[names]
    if evidence.training is not None and set(names) <= set(evidence.training.frame.columns):
        reference = evidence.training.frame[names]
    together = pd.concat([evidence.rows[names], frame[names]], ignore_index=True)
    both: Segmentation = cut_segments(together, entry, reference)
    # labels, not codes, carry over: with more rows a cut may find values that the judged rows lack
    known = {tuple(label.items()): code for code, label in enumerate(cut.labels)}
    to = np.array([known.get(tuple(label.items()), -1) for label in both.labels], dtype=np.int64)
    return Places(np.concatenate((cut.codes, to[both.codes[evidence.cases.n :]])), len(cut.labels))


# ----------------------------------------------------------------------------------------------------

LEAST_FACTOR = LADDER[-1].factor
"""Errors three times as likely are the least that a claim must stand; of confounding in cohorts, where such a factor
comes from (Cornfield 1959), few known causes are stronger."""
SELECTED_FACTOR = FURTHER[-1].factor
"""What it must stand where these rows are scored otherwise than the others: then something chose them."""
MOST_WRONG = PARTS[-1].share or 0.0
CURE = (
    "the truth of these rows; or the word of somebody outside, under soundness.missing, that they are like the others"
)


def examine(evidence: Evidence) -> list[Examined]:
    """Every met claim about the rows, held against what rows without a truth could do to it."""
    unused = evidence.unused
    if unused is None or not len(unused.frame):
        return [_first_finding(evidence, "", [], []), *_training_findings(evidence)]
    if isinstance(unused.said, Missing) or evidence.task is Task.RANKING:
        why = (
            "their order within a query is not known"
            if evidence.task is Task.RANKING
            else _explain_unknown(unused.said)
        )
        return [
            claim_not_known(Kind.MISSING, f"{_describe_unjudged(evidence, unused)}; {why}", CURE),
            *_training_findings(evidence),
        ]
    with_all = PutBack(evidence, unused, unused.said)
    tipped: list[tuple[_Stated, Errors]] = []
    standing: list[_Stated] = []
    always: list[_Stated] = []
    ladder = _build_ladder(evidence, unused, unused.said)
    for stated in _claims(evidence, with_all):
        # what stands with every one of these rows wrong stands on every step below, and need not climb the ladder
        if evidence.task.has_classes and stated.stands(ALL):
            always.append(stated)
            continue
        errors = tipping_point(stated.stands, ladder) or tipping_point(stated.stands, with_all.parts(stated.finding))
        if errors is None:
            standing.append(stated)
        else:
            tipped.append((stated, errors))
    standing += always
    stands = _describe_standing(evidence, len(standing), len(always), ladder[-1].factor)
    said = f"{_describe_unjudged(evidence, unused)}; {stands}"
    return [
        _first_finding(evidence, said, [stated for stated, _ in tipped], standing),
        *(_report_tipped(k, evidence, unused, *each, ladder[-1]) for k, each in enumerate(tipped, 1)),
        *_training_findings(evidence),
    ]


def _build_ladder(evidence: Evidence, unused: Unused, said: Scores) -> tuple[Errors, ...]:
    """The steps that are tried, of which the last is the one that a claim must stand."""
    unknown = unused.is_unknown
    scores = None if said.scores is None else said.scores[unknown]
    chosen = are_scored_otherwise(evidence.cases, said.predicted[unknown], scores, alpha=SOUNDNESS_ALPHA)
    return FURTHER if chosen and evidence.task.has_classes else LADDER


def _explain_unknown(said: object) -> str:
    reason = said.reason if isinstance(said, Missing) else ""
    return f"what the candidate says of them is not known: {reason}"


@dataclass(frozen=True, slots=True)
class _Stated:
    """A claim that is met, and how far rows without a truth would move its number."""

    finding: Finding
    moved: Callable[[Errors], float]
    """By how much the claimed number is larger when so many of these rows are wrong."""

    def limit_at(self, errors: Errors) -> float:
        """The limit that the claim is met by, moved; nan where it cannot be known."""
        limit = unfavourable_limit(self.finding)
        return math.nan if limit is None else limit + self.moved(errors)

    def stands(self, errors: Errors) -> bool:
        """Whether it would still be met."""
        assert self.finding.criterion is not None
        return bool(self.finding.criterion.holds(self.limit_at(errors)))


def _claims(evidence: Evidence, with_all: PutBack) -> Iterator[_Stated]:
    for scored in scored_claims(evidence):
        finding = judge_one(evidence, scored.claim(evidence))
        if finding.status is Status.MET:
            yield _Stated(finding, _mover(with_all, scored))
    for priced in priced_claims(evidence):
        finding = judge_one(evidence, priced.claim(evidence))
        if finding.status is Status.MET:
            yield _Stated(finding, _cost_mover(with_all, priced))
    yield from _deficits(evidence, with_all)


def _mover(with_all: PutBack, scored: Scored) -> Callable[[Errors], float]:
    """Metrics of labels by all rows, others by a sample of very many."""
    rows = with_all if scored.metric.needs == "labels" else with_all.thinned
    within, evidence = scored.metric.of_class, with_all.evidence
    known = rows.known if scored.of_class is None else rows.known.one_against_rest(scored.of_class)
    before = scored.value(known, evidence)
    return lambda errors: scored.value(rows.cases(errors, scored.of_class, within=within), evidence) - before


def _cost_mover(with_all: PutBack, priced: Priced) -> Callable[[Errors], float]:
    before = priced.mean(with_all.evidence.cases)
    return lambda errors: with_all.means(errors)[priced.code] - before


def _deficits(evidence: Evidence, with_all: PutBack) -> Iterator[_Stated]:
    """How much worse a segment is than all other rows, of metrics of labels and mean absolute errors."""
    places: dict[int, Places] = {}
    for i, j, ruler, claim in deficit_claims(evidence):
        if ruler.metric.needs != "labels" and ruler.metric.name != "mae":
            continue
        finding = judge_one(evidence, claim)
        if finding.status is not Status.MET:
            continue
        if i not in places:
            places[i] = place_segments(evidence, with_all.unused.frame, i)
        yield _Stated(finding, _deficit_mover(with_all, i, places[i], j - 1, ruler))


def _deficit_mover(with_all: PutBack, i: int, places: Places, code: int, ruler: Ruler) -> Callable[[Errors], float]:
    metric, within, binary = ruler.metric, ruler.metric.of_class, with_all.evidence.task is Task.BINARY

    def deficit(errors: Errors | None) -> float:
        if with_all.known.task.has_classes:
            tables = with_all.tables(i, places, errors, within=within)
            both = np.stack((tables[code], tables.sum(axis=0) - tables[code]))
            inside, outside = map(float, label_metric_values(metric.name, both, binary=binary))
        else:
            cases = with_all.known if errors is None else with_all.cases(errors)
            mask = places.codes[: cases.n] == code
            inside, outside = (number(metric.name, cases.subset(rows)) for rows in (mask, ~mask))
        return outside - inside if metric.greater_is_better else inside - ruler.factor * outside

    # the move of the value, not its limit, is looked at: the same measure with and without the rows that are put back
    now = deficit(None)
    return lambda errors: deficit(errors) - now


def _first_finding(evidence: Evidence, said: str, tipped: list[_Stated], standing: list[_Stated]) -> Examined:
    """The finding that is always there: how many claims could be overturned."""
    claims = len(tipped) + len(standing)
    whole = f"all {evidence.cases.n:,} test rows have a known {evidence.gathered.data.target}"
    claim = Measurement(
        Claim(Kind.MISSING.key(), Kind.MISSING.words, Criterion("<=", 0.0, "claims", refutable=False, presumed=True)),
        "claims",
        Exact(float(len(tipped)), max(1, claims)),
        unit="claims",
        reason=said or whole,
        needs=CURE if tipped else "",
    )
    return aim_at(claim, tuple(stated.finding.code for stated in tipped))


def _describe_unjudged(evidence: Evidence, unused: Unused) -> str:
    """How many rows are not judged: "1,900 of 101,900 test rows (1.9 %) have no known is_fraud"."""
    target, total = evidence.gathered.data.target, evidence.cases.n + len(unused.frame)
    unknown = int(unused.is_unknown.sum())
    texts = []
    if unknown:
        texts.append(
            f"{format_count_of(unknown, total, 'test rows')} have no known {target}{_describe_answers(evidence)}"
        )
    if known := len(unused.frame) - unknown:
        lacking = listed(drop.reason for drop in evidence.gathered.data.dropped[1 if unknown else 0 :])
        texts.append(f"{format_count_of(known, total, 'test rows')} are not judged for another reason ({lacking})")
    return "; ".join(texts)


def _describe_answers(evidence: Evidence) -> str:
    said = evidence.without_truth
    if said is None or not evidence.task.has_classes or evidence.task is Task.MULTICLASS:
        return ""
    return f" ({int((said == 1).sum()):,} of them answered {evidence.positive})"


def _describe_standing(evidence: Evidence, stands: int, always: int, factor: float) -> str:
    most = f"{factor:g} times"
    if evidence.unused is not None and not evidence.unused.is_unknown.any():
        return f"{stands:,} claims stand when they are put back with their truth"
    if not evidence.task.has_classes:
        return f"{stands:,} claims stand even if errors there are {most} as large as in the other rows"
    chosen = "they are scored otherwise than the others; " if factor > LEAST_FACTOR else ""
    worst = f", {always:,} of them even if every one of these rows were answered wrongly" if always else ""
    return f"{chosen}{stands:,} claims stand even if an error there is {most} as likely as in rows with a truth{worst}"


def _report_tipped(k: int, evidence: Evidence, unused: Unused, stated: _Stated, errors: Errors, last: Errors) -> Aimed:
    """The finding of one claim that could be overturned."""
    rows, finding = len(unused.frame), stated.finding
    assert finding.criterion is not None
    if not unused.is_unknown.any():
        how = "they are put back with their truth"
        measured, bar, metric = errors.factor, Criterion(">", last.factor, "times", **_ALARM), "tipping_factor"
    elif errors.share is None:
        like = "in rows with a truth" if evidence.task.has_classes else "in the other rows"
        times = f"{errors.factor:g} times " if errors.factor > 1 else ""
        how = f"errors there were {times}as {'likely' if evidence.task.has_classes else 'large'} as {like}"
        measured, bar, metric = errors.factor, Criterion(">", last.factor, "times", **_ALARM), "tipping_factor"
    else:
        how = f"{format_share(errors.share)} of them were answered wrongly (they outnumber the known errors)"
        measured, bar, metric = errors.share, Criterion(">", MOST_WRONG, "share", **_ALARM), "share"
    claim = Measurement(
        Claim(
            Kind.MISSING.key(Topic.DOUBT_PART, k),
            f"Errors among rows without a truth that overturn: {finding.name}",
            bar,
        ),
        metric,
        Exact(measured, rows),
        unit=bar.unit,
        reason=f"{rows:,} rows are not judged; if {how}, {_describe_move(stated, errors)}",
        needs=CURE,
    )
    return Aimed(claim, (finding.code,))


_ALARM: Mapping[str, Any] = {"refutable": False, "presumed": True}


def _describe_move(stated: _Stated, errors: Errors) -> str:
    bar, limit, there = stated.finding.criterion, unfavourable_limit(stated.finding), stated.limit_at(errors)
    assert bar is not None
    if limit is None or not math.isfinite(there):
        return "nobody could tell its number"
    now, then = format_pair(limit, there, bar.unit)
    required = f"with {bar.op} {format_threshold(bar.threshold)} required"
    return f"the limit that it is met by would move from {now} to {then}, {required}"


def _training_findings(evidence: Evidence) -> list[Finding]:
    """Training rows that could not be used, shown and not judged."""
    training = evidence.training
    if training is None or not training.unused:
        return []
    total = len(training.target) + training.unused
    said = f"{format_count_of(training.unused, total, 'training rows')} lack a truth, a group, a weight or a query"
    shown = finding_not_asked(Kind.MISSING, said)
    return [replace(shown, key=Kind.MISSING.key(Topic.DOUBT_TRAINING), name="Training rows that cannot be used")]
