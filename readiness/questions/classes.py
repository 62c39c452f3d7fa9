"""Classes one by one: told apart from all others, and found often enough for what they cost; rankings likewise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from readiness.core.claims import Claims
from readiness.core.findings import Claim, Finding, Flag, Status
from readiness.core.format import format_level, listed
from readiness.core.keys import FindingKey, Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.evidence import Alternative, Evidence
from readiness.questions.deficits import STILL, TOO_SMALL
from readiness.questions.wording import count_of
from readiness.statistics.cases import Cases
from readiness.statistics.class_rule import ClassRule, class_rule, table_against_rest
from readiness.statistics.estimators import measure, reason_to_withhold
from readiness.statistics.inference import Exact, Inference, linear
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.labels import measure_table
from readiness.statistics.ranking import are_among_first
from readiness.verdict.claims import claims_of

_ONE_CLASS = frozenset({Topic.CLASS_TOLD_APART, Topic.CLASS_FOUND})
NEVER_NAMED = "a candidate that names this class; more rows alone will not help"


@dataclass(frozen=True, slots=True)
class _Some:
    """One class, or several together, against all others."""

    number: int
    """Of the class, from 1; 0 for those with too few rows, judged together."""
    members: tuple[int, ...]
    words: str
    """In the data's own words: "species = setosa"."""
    name: str
    """Of the class, for the tables: "setosa"."""
    too_few: str = ""


def measure_classes(evidence: Evidence) -> list[Measurement]:
    """Each class is named more often where it is true than where it is not, and found at its floor or more often."""
    if not evidence.task.has_classes:
        return []
    rule, rows = class_rule(evidence.spec, evidence.task, evidence.classes), evidence.cases.counts.sum(axis=1)
    demanded = claims_of(evidence.spec, evidence.task)
    small = set(rule.small_classes(rows))
    found = [_one(evidence, rule, k, float(rows[k]), is_small=k in small) for k in range(len(rule.names))]
    if rule.judges_together(rows):
        members = tuple(sorted(small))
        found.append(_Some(0, members, f"the {len(members)} small classes together", f"{len(members)} classes"))
    claims = [claim for some in found for claim in _measure_some(evidence, demanded, rule, some)]
    return [*claims, *(_coverage(demanded, rule, rows) if rule.told_apart else ())]


def without_small(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Classes that are too small do not block, unless it is proven that they are not told apart, or not found."""
    return tuple(_small(f) if f.key.kind in _ONE_CLASS and Flag.TOO_SMALL in f.flags else f
                 for f in findings)  # fmt: skip


def _small(finding: Finding) -> Finding:
    if finding.status is not Status.NOT_MET:
        return replace(finding, blocking=False)
    return replace(finding, reason=f"{finding.reason}; {STILL.replace('deficit', 'failure')}", withheld="")


def _one(evidence: Evidence, rule: ClassRule, k: int, rows: float, *, is_small: bool) -> _Some:
    name, target = rule.names[k], evidence.gathered.data.target
    words = f"{target} = {name}"
    too_few = f"{TOO_SMALL}: {count_of(round(rows), 'rows')} of {words}, {rule.minimum:,} are needed"
    return _Some(k + 1, (k,), words, name, too_few if is_small else "")


def _measure_some(evidence: Evidence, demanded: Claims, rule: ClassRule, some: _Some) -> list[Measurement]:
    claims = [_measure_told_apart(evidence, demanded, some)] if rule.told_apart else []
    floor = rule.floor_of(some.members)
    if floor is not None:
        claim = demanded.claim(_key(Topic.CLASS_FOUND, Topic.SMALL_CLASSES_FOUND, some), rule.names[some.members[0]])
        if not some.number:  # of several classes the lowest floor, stated where that of any of them is
            lowest = [demanded.claim(claim.key, rule.names[k]) for k in some.members]
            claim = next((each for each in lowest if each.source == "errors.floors"), claim)
        claims.append(_measure_found(evidence, claim, some, floor))
    return claims


def _key(one: Topic, several: Topic, some: _Some) -> FindingKey:
    return one.key(some.number) if some.number else several.key()


def _measure_told_apart(evidence: Evidence, demanded: Claims, some: _Some) -> Measurement:
    """P(named | true) less P(named | not true), from Newcombe's (1998) two sets of limits."""
    (right, wrong), (miss, hit) = _table(evidence, some)
    both = _measure_one(evidence, some, "balanced_accuracy")
    inference = both if isinstance(both, Missing) else linear(both, scale=2.0, shift=-1.0)
    reason = (
        f"{hit:,.0f} of {count_of(round(hit + miss), 'rows')} of {some.words} were called so, and {wrong:,.0f} of "
        f"{right + wrong:,.0f} others"
    )
    needs = "" if hit + wrong else NEVER_NAMED
    if not hit + wrong:
        reason = f"no row at all was called {some.words}, which {count_of(round(hit + miss), 'rows')} are"
    return Measurement(
        demanded.claim(_key(Topic.CLASS_TOLD_APART, Topic.SMALL_CLASSES_TOLD_APART, some)).with_name(
            f"Rows of {some.words} are called so more often than others"
        ),
        "informedness",
        inference,
        unit="points",
        segment={"class": some.name},
        withheld=some.too_few or _reason_to_withhold(evidence, some, "balanced_accuracy"),
        reason=f"{some.too_few}; {reason}" if some.too_few else reason,
        flags=(Flag.TOO_SMALL,) if some.too_few else (),
        needs=needs,
        denominator=f"rows of {some.words}",
    )


def _measure_found(evidence: Evidence, claim: Claim, some: _Some, floor: float) -> Measurement:
    assert claim.criterion is not None
    name = f"Rows of {some.words} that are found: {format_level(floor)} or more"
    (_, _), (miss, hit) = _table(evidence, some)
    reason = f"{hit:,.0f} of {count_of(round(hit + miss), 'rows')} of {some.words} were found"
    return Measurement(
        replace(claim, name=name, criterion=replace(claim.criterion, threshold=floor)),
        "recall",
        _measure_one(evidence, some, "recall"),
        unit="share",
        segment={"class": some.name},
        withheld=some.too_few or _reason_to_withhold(evidence, some, "recall"),
        reason=f"{some.too_few}; {reason}" if some.too_few else reason,
        flags=(Flag.TOO_SMALL,) if some.too_few else (),
        denominator=f"rows of {some.words}",
    )


def _coverage(demanded: Claims, rule: ClassRule, rows: Sequence[float]) -> list[Measurement]:
    small, total = rule.small_classes(rows), sum(rows)
    large = total - sum(rows[k] for k in small)
    text = f"{large:,.0f} of {total:,.0f} rows are of classes with at least {rule.minimum:,} rows"
    names = listed([f"{rule.names[k]} ({rows[k]:,.0f})" for k in small], most=8)
    told = f"; too few to be judged: {names}" if small else ""

    def covered(topic: Topic, share: float, reason: str) -> Measurement:
        return Measurement(
            demanded.claim(topic.key()),
            "coverage",
            Exact(share, round(total)),
            unit="share",
            reason=reason + told,
            needs=f"more rows of {names}" if small else "",
        )

    claims = [covered(Topic.CLASS_COVERAGE, rule.covered_share(rows), text)]
    at_stake = rule.covered_cost_share(rows)
    if at_stake is not None:
        said = "counted by what the dearest error with a row of the class costs"
        claims.append(covered(Topic.CLASS_COST_COVERAGE, at_stake, said))
    return claims


def _table(evidence: Evidence, some: _Some) -> list[list[float]]:
    found: list[list[float]] = table_against_rest(evidence.cases.counts, some.members).tolist()
    return found


def _measure_one(evidence: Evidence, some: _Some, metric: str) -> Inference | Missing:
    if evidence.cases.is_plain:
        return measure_table(metric, table_against_rest(evidence.cases.counts, some.members), binary=True)
    return measure(metric, _cases(evidence, some))


def _reason_to_withhold(evidence: Evidence, some: _Some, metric: str) -> str:
    return "" if evidence.cases.is_plain else reason_to_withhold(metric, _cases(evidence, some))


def _cases(evidence: Evidence, some: _Some) -> Cases:
    """The rows as a binary task, with the counts of `table_against_rest`."""
    cases, members = evidence.cases, list(some.members)
    true = np.isin(cases.y_true, members)
    said = np.where(true, cases.y_pred == cases.y_true, np.isin(cases.y_pred, members))
    codes = (true.astype(np.int64), said.astype(np.int64))
    return replace(cases, task=Task.BINARY, y_true=codes[0], y_pred=codes[1], y_score=None, n_classes=2)


# ----------------------------------------------------------------------------------------------------
# Each of several classes: how well it is found, and how far its name can be believed; shown, not judged.

MOST_CLASSES = 20
"""Classes with numbers of their own: those that are found worst, of equal ones the rarest."""


def by_class(evidence: Evidence) -> list[Measurement]:
    """Recall and precision of each class against all others, the worst first."""
    counts, names = evidence.cases.counts, evidence.classes
    rows = counts.sum(axis=1)
    found = np.divide(counts.diagonal(), rows, out=np.ones(len(rows)), where=rows > 0)
    return [
        claim
        for k in map(int, np.lexsort((rows, found))[:MOST_CLASSES])
        for claim in (
            _fact(evidence, k, "recall", f"{{right:,.0f}} of {rows[k]:,.0f} rows of {names[k]} were found"),
            _fact(evidence, k, "precision", f"{{right:,.0f}} of {counts[:, k].sum():,.0f} rows called {names[k]} are"),
        )
    ]


def _fact(evidence: Evidence, k: int, metric: str, words: str) -> Measurement:
    counts = evidence.cases.counts
    whole = counts.sum(axis=1)[k] if metric == "recall" else counts[:, k].sum()
    return Measurement.fact(
        Topic.CLASS_VALUE.key(k + 1, metric=metric),
        "Share of its rows that are found" if metric == "recall" else "Share of its predictions that are right",
        metric,
        measure(metric, evidence.cases.one_against_rest(k)),
        segment={"class": evidence.classes[k]},
        reason=words.replace("{right:,.0f}", f"{counts[k, k]:,.0f}") if whole else "",
    )


# ----------------------------------------------------------------------------------------------------
# Errors of a ranking: a relevant row that nobody gets to see, or a row that is shown and not relevant.
#
# Shown are the first rows of each query, as many as `errors.top_k` says; rows of equal score in the order of the table.
# Doing nothing is showing nothing. Counted so, a ranking has the errors of two classes, and they are priced as such;
# rows of one query depend on each other.

CLASSES = ("not relevant", "relevant")


def shown_or_not(evidence: Evidence) -> Evidence:
    """The same rows as two classes: relevant or not, and shown or not, under the candidate and what it is compared
    with. A random order shows no particular rows and is left out.
    """
    k = evidence.spec.errors.top_k
    cases = _two_classes(evidence.cases, k)
    others = tuple(_convert(other, k) for other in evidence.alternatives if other.key != "random")
    counts = np.bincount(cases.y_true, minlength=2)
    data = replace(
        evidence.gathered.data,
        classes=CLASSES,
        class_rows=(int(counts[0]), int(counts[1])),
        positive=CLASSES[1],
        positives=int(counts[1]),
    )
    return replace(evidence, cases=cases, alternatives=others, gathered=replace(evidence.gathered, data=data))


def shown_facts(evidence: Evidence) -> tuple[Finding, ...]:
    """How many rows count as shown; `evidence` is that of the ranking."""
    spec, k = evidence.spec, evidence.spec.errors.top_k
    shown = int(np.count_nonzero(are_among_first(evidence.cases, k)))
    claim = Measurement.fact(
        Topic.SHOWN.key(),
        f"Rows among the first {k} of their query, which count as shown",
        "rows",
        Exact(float(shown), evidence.cases.n),
        unit="rows",
        reason="relevant and not shown is a false negative, shown and not relevant a false positive",
    )
    return tuple(judge_claims([claim], alpha=spec.alpha, level=spec.confidence))


def _convert(other: Alternative, k: int) -> Alternative:
    known = other.predictions
    return replace(other, predictions=_two_classes(known, k)) if isinstance(known, Cases) else other


def _two_classes(cases: Cases, k: int) -> Cases:
    return replace(
        cases,
        task=Task.BINARY,
        y_true=(cases.y_true > 0).astype(np.int64),
        y_pred=are_among_first(cases, k).astype(np.int64),
        y_score=None,
        is_probability=False,
        groups=cases.queries if cases.groups is None else cases.groups,
        queries=None,
    )
