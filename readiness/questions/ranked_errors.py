"""What is an error of a ranking? A relevant row that nobody gets to see, or a row that is shown and not relevant.

Shown are the first rows of each query, as many as `errors.top_k` says; rows of equal score in the order of the table.
Doing nothing is showing nothing. Counted so, a ranking has the errors of two classes, and they are priced as such; rows
of one query depend on each other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from readiness.answers import Finding
from readiness.criteria import Task
from readiness.evidence.evidence import Alternative, Evidence
from readiness.statistics.cases import Cases
from readiness.statistics.inference import Exact
from readiness.statistics.judging import Claim, settle
from readiness.statistics.queries import among_first

CLASSES = ("not relevant", "relevant")


def shown_or_not(evidence: Evidence) -> Evidence:
    """The same rows as two classes: relevant or not, and shown or not, under the candidate and what it is compared
    with. A random order shows no particular rows and is left out.
    """
    k = evidence.spec.errors.top_k
    cases = _two_classes(evidence.cases, k)
    others = tuple(_converted(other, k) for other in evidence.alternatives if other.key != "random")
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
    shown = int(np.count_nonzero(among_first(evidence.cases, k)))
    claim = Claim(
        "ERRO-SHOWN",
        f"Rows among the first {k} of their query, which count as shown",
        "rows",
        Exact(float(shown), evidence.cases.n),
        None,
        unit="rows",
        blocking=False,
        reason="relevant and not shown is a false negative, shown and not relevant a false positive",
    )
    return tuple(settle([claim], alpha=spec.alpha, level=spec.confidence))


def _converted(other: Alternative, k: int) -> Alternative:
    known = other.predictions
    return replace(other, predictions=_two_classes(known, k)) if isinstance(known, Cases) else other


def _two_classes(cases: Cases, k: int) -> Cases:
    return replace(
        cases,
        task=Task.BINARY,
        y_true=(cases.y_true > 0).astype(np.int64),
        y_pred=among_first(cases, k).astype(np.int64),
        y_score=None,
        is_probability=False,
        groups=cases.queries if cases.groups is None else cases.groups,
        queries=None,
    )
