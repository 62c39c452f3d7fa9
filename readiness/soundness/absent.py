"""Everybody whom production meets and the test rows lack: values of segments, and classes, that these cannot assess.

A segment that the test rows lack is no segment of question 3, so that all of its segments can be served well and a
tenth of the people badly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from readiness.core import policy
from readiness.core.errors import DataError
from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_count_of, listed
from readiness.core.keys import FindingKey, Topic
from readiness.core.policy import Task
from readiness.core.sanitize import shorten
from readiness.core.withholding import Kind
from readiness.evidence.columns import columns_of
from readiness.evidence.evidence import Evidence
from readiness.evidence.segments import Segmentation, cut_segments_alike
from readiness.questions.deficits import Ruler, ruler_of, split_by
from readiness.questions.wording import count_of
from readiness.soundness.rejudging import aim_at, priced_claims, scored_claims
from readiness.soundness.tables import Examined, claim_not_known, finding_not_asked
from readiness.soundness.units import are_stretches_of_time
from readiness.spec.inputs import SegmentEntry, is_about_periods
from readiness.statistics.cases import Array, Integers
from readiness.statistics.class_rule import least_rows
from readiness.statistics.intervals import Binomial
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.stability import without_order

MOST_ABSENT = 0.10
"""Share of rows that may be where the test rows say nothing: what question 3 leaves out of its coverage, too."""
VOUCH = (
    "let somebody outside those who prepared this say under soundness.absent why those who are hardly among the test "
    "rows are served as well"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Population:
    """Rows that stand for production."""

    frame: pd.DataFrame
    noun: str
    """"recent rows", "training rows"."""


def examine(evidence: Evidence) -> list[Examined]:
    """The share of recent rows, else of training rows, 0 to 1, in values of each segment column, and in classes, that
    the test rows cannot assess.
    """
    if evidence.recent is None and evidence.training is None:
        return [
            finding_not_asked(Kind.ABSENT, "there are no recent and no training rows that could hold somebody else")
        ]
    claims = list(_judge_all_segments(evidence))
    first: list[Examined] = (
        [claims[0].with_claim(key=Kind.ABSENT.key()), *claims[1:]]
        if claims
        else [finding_not_asked(Kind.ABSENT, _explain(evidence))]
    )
    return [*first, *_judge_classes(evidence)]


def _explain(evidence: Evidence) -> str:
    if not evidence.segmentations:
        return "no segment column is named that tells groups of rows apart"
    return "the named segments are stretches of time, which never come again"


# Segments -------------------------------------------------------------------------------------------------------


def _judge_all_segments(evidence: Evidence) -> Iterator[Measurement]:
    named = list(zip(evidence.spec.data.segments, evidence.segmentations, strict=True))
    rulers = _rulers(evidence) if named else []
    for number, (entry, segmentation) in enumerate(named, 1):
        if not _is_about_time(evidence, entry, segmentation):
            yield _segment(evidence, Kind.ABSENT.key(Topic.DOUBT_PART, number), entry, segmentation, rulers)


def _rulers(evidence: Evidence) -> list[Ruler]:
    """What each judged metric asks; a metric that no number of rows would be enough for says so in question 3."""
    criteria = evidence.spec.segments
    names = criteria.metrics or policy.SEGMENT_METRICS[evidence.task]
    return [ruler for name in names if not (ruler := ruler_of(evidence, criteria, name)).never]


def _is_about_time(evidence: Evidence, entry: SegmentEntry, segmentation: Segmentation) -> bool:
    if is_about_periods(entry):
        return True
    return are_stretches_of_time(evidence.cases.time, segmentation.codes)


def _segment(
    evidence: Evidence, key: FindingKey, entry: SegmentEntry, segmentation: Segmentation, rulers: list[Ruler]
) -> Measurement:
    population = _population(evidence, columns_of([entry]))
    if population is None:
        lacking = shorten(segmentation.name)
        where = "recent" if evidence.recent is not None else "training"
        cure = f"add {lacking} to the table of {where} rows; or {VOUCH}"
        return claim_not_known(Kind.ABSENT, f"no {where} rows have the column {lacking}", cure).with_claim(key=key)
    reference = None if evidence.training is None else evidence.training.frame
    try:
        others = cut_segments_alike(population.frame, entry, evidence.rows, reference)
    except DataError as error:
        cure = f"write {shorten(segmentation.name)} alike in all tables; or {VOUCH}"
        return claim_not_known(Kind.ABSENT, str(error), cure).with_claim(key=key)
    return _judge_segments(key, segmentation, others, _collect_asked(evidence, segmentation, rulers), population.noun)


def _population(evidence: Evidence, columns: tuple[str, ...]) -> _Population | None:
    """Recent rows, else training rows, that have the columns; training rows, too, where recent ones lack them."""
    frames = [
        _Population(each.frame, f"{noun} rows")
        for each, noun in ((evidence.recent, "recent"), (evidence.training, "training"))
        if each is not None
    ]
    return next((each for each in frames if set(columns) <= set(each.frame.columns) and len(each.frame)), None)


def _judge_segments(
    key: FindingKey, mine: Segmentation, others: Segmentation, metrics: list[_Asked], noun: str
) -> Measurement:
    rows, places = others.counts, _places(mine, others)
    asked = max(metrics, key=lambda each: int(rows[each.are_lacking(places)].sum()))
    lacking = asked.are_lacking(places) & (rows > 0)
    is_small = asked.are_lacking(np.arange(len(mine.counts)))
    if mine.counts[is_small].sum() > MOST_ABSENT * mine.counts.sum():  # the test is small, as question 3 says itself
        lacking &= _are_rarer_here(mine, others, places)
    critical = [k for k in sorted(others.critical) if lacking[k]]
    largest = sorted(map(int, np.flatnonzero(lacking)), key=lambda k: (k not in critical, -int(rows[k])))
    k, n = int(rows[lacking].sum()), int(rows.sum())
    text = f"{format_count_of(k, n, noun)} are in values of {shorten(mine.name)} that the test rows cannot assess"
    words = listed(f"{others.text(one)} ({rows[one]:,} rows; {asked.explain(int(places[one]))})" for one in largest)
    return Measurement(
        Claim(
            key,
            f"Rows in values of {shorten(mine.name)} that the test rows cannot assess",
            Criterion("<=", MOST_ABSENT, "share"),
        ),
        "share",
        Binomial(float(k), n),
        unit="share",
        withheld=f"too few test rows are in {others.text(critical[0])}, which is critical" if critical else "",
        reason=f"{text}: {words}" if words else text,
        needs=f"more test rows of them; or {VOUCH}" if k else "",
        denominator=noun,
        from_scores=False,
    )


def _are_rarer_here(mine: Segmentation, others: Segmentation, places: Integers) -> Array:
    """For each segment of the other rows whether less than half its share is among the test rows."""
    here = np.append(mine.counts, 0)[places] / max(1, int(mine.counts.sum()))
    return np.asarray(2 * here < others.counts / max(1, int(others.counts.sum())), dtype=bool)


def _places(mine: Segmentation, others: Segmentation) -> Integers:
    """For each segment of the other rows its code among the test rows, -1 where they lack it."""
    known = {tuple(label.items()): code for code, label in enumerate(mine.labels)}
    return np.array([known.get(tuple(label.items()), -1) for label in others.labels], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """How many rows of each segment of the test rows a metric of question 3 has, and how many it needs."""

    held: Integers
    """(segments,)"""
    minimum: int
    noun: str

    def are_lacking(self, places: Integers) -> Array:
        """For each segment of the other rows, by its code among the test rows, whether these cannot assess it."""
        return np.asarray(~np.append(self.held >= self.minimum, False)[places], dtype=bool)  # -1 is the last

    def explain(self, place: int) -> str:
        """Why not, in words."""
        held = 0 if place < 0 else int(self.held[place])
        return f"{count_of(held, self.noun)} in the test, {self.minimum:,} are needed" if held else "no test row"


def _collect_asked(evidence: Evidence, mine: Segmentation, rulers: list[Ruler]) -> list[_Asked]:
    """At least one row, and as many as each metric asks of its own denominator."""
    rows = without_order(evidence.cases)  # only counted
    asked = [_Asked(mine.counts.astype(np.int64), 1, "rows")]
    for ruler in rulers:
        held = np.array([split.rows for split in split_by(ruler.metric.name, rows, mine)], dtype=np.int64)
        asked.append(_Asked(held, ruler.minimum, ruler.noun))
    return asked


# Classes --------------------------------------------------------------------------------------------------------


def _judge_classes(evidence: Evidence) -> list[Examined]:
    """The share of labelled recent rows, else of training rows, in classes with too few test rows; it withholds what
    questions 1, 2 and 4 say of all classes.
    """
    if not evidence.task.has_classes or evidence.task is Task.RANKING:
        return []
    labels, noun = _labels(evidence)
    if not len(labels):
        return []
    count = len(evidence.classes)
    tested, met = (np.bincount(codes, minlength=count) for codes in (evidence.cases.y_true, labels))
    minimum = least_rows(evidence.spec)
    lacking = (tested < minimum) & (met > 0)
    k = int(met[lacking].sum())
    target = shorten(evidence.gathered.data.target)
    words = [
        f"{shorten(evidence.classes[c])} ({met[c]:,} rows; {tested[c]:,} in the test, {minimum:,} are needed)"
        for c in sorted(map(int, np.flatnonzero(lacking)), key=lambda c: -int(met[c]))
    ]
    text = f"{format_count_of(k, len(labels), noun)} are of values of {target} that the test rows hardly hold"
    claim = Measurement(
        Claim(
            Kind.ABSENT.key(Topic.DOUBT_CLASSES),
            f"Rows of values of {target} that the test rows hardly hold",
            Criterion("<=", MOST_ABSENT, "share"),
        ),
        "share",
        Binomial(float(k), len(labels)),
        unit="share",
        reason=f"{text}: {listed(words)}" if words else text,
        needs=f"more test rows of them; or {VOUCH}" if k else "",
        denominator=noun,
        from_scores=False,
    )
    if not k:
        return [claim]
    scored, priced = ([each.code for each in scored_claims(evidence)], [each.code for each in priced_claims(evidence)])
    return [aim_at(claim, (*scored, *priced))]


def _labels(evidence: Evidence) -> tuple[Any, str]:
    """Class codes of recent rows whose truth is known, else of the training rows."""
    recent = None if evidence.recent is None else evidence.recent.target
    if recent is not None and (recent >= 0).any():
        return recent[recent >= 0].astype(np.int64), "recent rows with a known truth"
    if evidence.training is None:
        return np.zeros(0, dtype=np.int64), ""
    return evidence.training.target.astype(np.int64), "training rows"
