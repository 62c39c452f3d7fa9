"""How well is each of several classes found, and how far can its name be believed? Shown, not judged."""

from __future__ import annotations

import numpy as np

from readiness.evidence.evidence import Evidence
from readiness.statistics.judging import Claim
from readiness.statistics.metrics import measure

MOST_CLASSES = 20
"""Classes with numbers of their own: those that are found worst, of equal ones the rarest."""


def by_class(evidence: Evidence) -> list[Claim]:
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


def _fact(evidence: Evidence, k: int, metric: str, words: str) -> Claim:
    counts = evidence.cases.counts
    whole = counts.sum(axis=1)[k] if metric == "recall" else counts[:, k].sum()
    return Claim(
        f"ERRO-CLASS-{k + 1}-{metric.upper()}",
        "Share of its rows that are found" if metric == "recall" else "Share of its predictions that are right",
        metric,
        measure(metric, evidence.cases.one_against_rest(k)),
        None,
        segment={"class": evidence.classes[k]},
        blocking=False,
        reason=words.replace("{right:,.0f}", f"{counts[k, k]:,.0f}") if whole else "",
    )
