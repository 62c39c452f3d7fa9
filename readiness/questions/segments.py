"""Does it work for everyone?

Purpose: an average hides the people for whom the model is wrong; this question looks at each group by itself.
Method: each segment is compared with all other rows. The deficit must be proven to be below the limit; a segment with
too few rows of the metric's own denominator is not assessable, and the assessable ones must hold most rows. Groups are
compared with each other where the spec states how far apart they may be. Combinations of columns that nobody named are
searched for weak spots on one half of the rows, and what is found is tested on the other half.
Signs of risk: one segment far below the rest, most of all one that was rare in training.
Limits: a group that no column tells apart stays unseen; weak spots are searched by one or two columns at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from readiness import criteria as policy
from readiness.answers import Answer, Criterion, Finding, Question, Status, not_assessed
from readiness.evidence.evidence import Evidence
from readiness.evidence.segmentation import Segmentation
from readiness.numbers import listed
from readiness.questions.by_segment import CUT_QUERIES, WHOLE_QUERIES, split_by, withheld_apart
from readiness.questions.deficits import (
    STILL,
    TOO_SMALL,
    Ruler,
    deficit,
    real_differences,
    ruler_of,
    with_uncertain_size,
)
from readiness.questions.group_comparisons import group_comparisons
from readiness.questions.segment_facts import segment_facts, worst_segments
from readiness.questions.slice_places import with_places
from readiness.questions.weak_slices import slice_findings, suspects
from readiness.questions.wording import count_of
from readiness.spec import Segments
from readiness.statistics.cases import Cases, Integers
from readiness.statistics.dependence import Dependence, unknown_error
from readiness.statistics.inference import Exact
from readiness.statistics.intervals import Binomial
from readiness.statistics.judging import Claim, settle
from readiness.statistics.metrics import measure
from readiness.statistics.windows import unknown_dependence

TITLE = Question.SEGMENTS.words

NONE_NAMED = not_assessed(
    "SEGM-NONE",
    "Segments",
    "no segment column is named, so nobody knows for whom the model fails",
    needs="name the columns that tell groups apart under data.segments",
)


def ask(evidence: Evidence, criteria: Segments) -> Answer:
    """Judge every segment against all other rows, in every segmentation that the spec names."""
    spec, named = evidence.spec, list(enumerate(evidence.segmentations, 1))
    judged = criteria.metrics or policy.SEGMENT_METRICS[evidence.task]
    rulers = [ruler_of(evidence, criteria, name) for name in judged]
    claims = [claim for i, each in named for ruler in rulers for claim in _deficits(evidence, i, each, ruler, criteria)]
    compared = [claim for i, each in named for claim in group_comparisons(evidence, i, each, criteria)]
    suspected = suspects(evidence, rulers)
    findings, slices = _settled(evidence, [*claims, *(c for c in compared if c.blocking)], suspected.claims)
    shown_slices = slice_findings(suspected, slices, criteria, proven=spec.evidence == "interval")
    facts = [claim for i, each in named for claim in segment_facts(evidence, i, each, judged)]
    shown = settle([*facts, *(c for c in compared if not c.blocking)], alpha=spec.alpha, level=spec.confidence)
    return Answer(
        Question.SEGMENTS,
        (
            *((NONE_NAMED,) if not named else ()),
            *findings,
            *with_places(evidence, shown_slices, findings),
            *worst_segments(evidence, findings),
            *shown,
        ),
    )


def _settled(
    evidence: Evidence, claims: Sequence[Claim], suspected: Sequence[Claim]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings of the claims and of the suspected weak spots, adjusted as one family."""
    spec, every = evidence.spec, [*claims, *suspected]
    findings = settle(every, alpha=spec.alpha, level=spec.confidence, rule=spec.evidence)
    findings = with_uncertain_size(findings, real_differences(every, spec.alpha))
    return _without_small(findings[: len(claims)]), findings[len(claims) :]


def _without_small(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Segments that are too small do not block, unless their deficit is proven: harm cannot hide in a small group."""
    return tuple(_small(finding) if finding.withheld.startswith(TOO_SMALL) else finding for finding in findings)


def _small(finding: Finding) -> Finding:
    if finding.status is not Status.NOT_MET:
        return replace(finding, blocking=False)
    return replace(finding, reason=f"{finding.reason.removeprefix(f'{finding.withheld}; ')}; {STILL}", withheld="")


def _deficits(evidence: Evidence, i: int, segmentation: Segmentation, ruler: Ruler, criteria: Segments) -> list[Claim]:
    splits = split_by(ruler.metric.name, evidence.cases, segmentation)
    if any(split.inside is CUT_QUERIES for split in splits):
        ruler = replace(ruler, never=CUT_QUERIES.reason, remedy=WHOLE_QUERIES)
    large = [split.rows >= ruler.minimum for split in splits]
    alone = len(splits) == 1
    claims = [
        deficit(
            f"SEGM-{i}-{j}",
            segmentation.text(j - 1),
            segmentation.labels[j - 1],
            split,
            ruler,
            enough=enough,
            alone=alone,
        )
        for j, (split, enough) in enumerate(zip(splits, large, strict=True), 1)
    ]
    by_row = _is_mean_of_rows(ruler.metric.name, evidence.cases)
    claims = [
        claim if claim.withheld else replace(claim, withheld=_withheld(evidence.cases, segmentation, j, ruler, by_row))
        for j, claim in enumerate(claims)
    ]
    claims += _pooled(evidence, i, segmentation, ruler, large)
    held = sum(split.rows for split in splits)
    coverage = _coverage(i, segmentation, ruler, large, criteria, held=held)
    return [*claims, coverage, *_critical(i, segmentation, ruler, large)]


def _is_mean_of_rows(name: str, cases: Cases) -> bool:
    """Whether the metric is a share or a mean error, for which nothing but too few groups stands in the way."""
    return name == "mae" or isinstance(measure(name, cases), Binomial)


def _withheld(cases: Cases, segmentation: Segmentation, code: int, ruler: Ruler, by_row: bool) -> str:
    """Why no *met* may come from the metric in this segment or outside it, such as a class of too few rows."""
    inside, name = segmentation.codes == code, ruler.metric.name
    if not by_row:
        return withheld_apart(name, cases, inside)
    if cases.groups is None:  # the same answer, without a copy of the rows
        return unknown_dependence(name, cases)
    return _few_groups(cases.groups[inside]) or _few_groups(cases.groups[~inside])


def _few_groups(groups: Integers) -> str:
    return unknown_error(Dependence(groups))


def _pooled(evidence: Evidence, i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool]) -> list[Claim]:
    """Segments that are too small by themselves, judged together where that is enough."""
    small = [code for code, enough in enumerate(large) if not enough]
    if len(small) < 2 or len(small) == len(large):
        return []
    codes = np.isin(segmentation.codes, small).astype(np.int64)
    labels = ({segmentation.name: "all others"}, {segmentation.name: "other small"})
    pool = Segmentation(segmentation.name, codes, labels)
    split = split_by(ruler.metric.name, evidence.cases, pool)[1]
    enough = split.rows >= ruler.minimum
    name = f"{len(small)} small segments of {segmentation.name} together"
    return [deficit(f"SEGM-{i}-SMALL", name, pool.labels[1], split, ruler, enough=enough)]


def _coverage(
    i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool], criteria: Segments, *, held: int
) -> Claim:
    """`held`: rows of the metric's own denominator that all segments hold together."""
    rows = segmentation.counts
    covered, total = int(rows[np.asarray(large)].sum()), int(rows.sum())
    small = [segmentation.text(code) for code, enough in enumerate(large) if not enough and rows[code]]
    named = listed(small)
    text = f"{covered:,} of {total:,} rows are in segments with at least {count_of(ruler.minimum, ruler.noun)}"
    text += f", and all segments together hold {held:,}" if held < ruler.minimum else ""
    text = f"none of {total:,} rows is in an assessable segment: {ruler.never}" if ruler.never else text
    return Claim(
        f"SEGM-{i}-COVERAGE-{ruler.metric.name.upper()}",
        f"Rows in assessable segments of {segmentation.name}, for {ruler.metric.title}",
        "coverage",
        Exact(covered / total, total),
        Criterion(">=", criteria.coverage, "share", criteria.origin("coverage"), refutable=False),
        unit="share",
        reason=text + (f"; not assessable: {named}" if small else ""),
        needs=ruler.remedy if ruler.never else f"more rows of {named}" if small else "",
    )


def _critical(i: int, segmentation: Segmentation, ruler: Ruler, large: list[bool]) -> list[Claim]:
    if not segmentation.critical:
        return []
    missing = [segmentation.text(code) for code in sorted(segmentation.critical) if not large[code]]
    return [
        Claim(
            f"SEGM-{i}-CRITICAL-{ruler.metric.name.upper()}",
            f"Critical segments of {segmentation.name} that are too small, for {ruler.metric.title}",
            "segments",
            Exact(float(len(missing)), len(segmentation.critical)),
            Criterion("<=", 0, "segments", "set in the spec: critical", refutable=False),
            unit="segments",
            reason=f"too small: {', '.join(missing)}" if missing else "every critical segment is large enough",
            needs=(ruler.remedy if ruler.never else f"at least {count_of(ruler.minimum, ruler.noun)} of each")
            if missing
            else "",
        )
    ]
