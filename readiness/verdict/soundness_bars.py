"""By which bars are rows judged, and which kinds of doubt may stand aside? For host and verifier alike."""

from __future__ import annotations

import re

from readiness.answers import Criterion, Finding
from readiness.criteria import SOUNDNESS_ALPHA, Task
from readiness.spec import Spec
from readiness.withholding import Kind

_COUNTED = (("<=", 0.0),)
"""No claim, column or row may be like that."""

BARS: tuple[tuple[re.Pattern[str], tuple[tuple[str, float], ...]], ...] = tuple(
    (re.compile(pattern), bars)
    for pattern, bars in (
        (r"EVID-SEEN(-COPIES|-EQUAL|-UNITS)?", (("<=", 0.10),)),
        (r"EVID-SEEN-NEAR", (("<=", 0.015),)),
        (r"EVID-LEAK", _COUNTED),
        (r"EVID-LEAK-\d+", (("<", 1.0), ("<=", 0.0), (">=", -1.0))),
        (r"EVID-ORDER", (("<=", 0.01),)),
        (r"EVID-GROUPS(-SHARED-\d+)?", _COUNTED),
        (r"EVID-GROUPS-\d+", (("<", 1.5),)),
        (r"EVID-REPEATS(-COPIES)?", (("<=", 0.01),)),
        (r"EVID-REPEATS-UNITS", (("<=", 0.05),)),
        (r"EVID-(MISSING|MIX|MIX-WEIGHTS)", _COUNTED),
        (r"EVID-MIX-LABELS", (("<=", 0.05), (">=", SOUNDNESS_ALPHA))),
        (r"EVID-ABSENT(-\d+|-CLASSES)?", (("<=", 0.10),)),
        (r"EVID-RECENT", (("<=", 1.0),)),
        (r"EVID-RECENT-SCORES", (("<=", 0.10),)),
        (r"EVID-RECENT-OVERLAP", ((">=", 0.10),)),
    )
)
"""By code the loosest bars that a finding may be judged by: sign and threshold. Bars of single claims are those of the
claims, or follow from them, and are not among them.
"""


def has_looser_bar(finding: Finding) -> bool:
    """Whether a finding on the rows is judged by a looser bar than its rule sets."""
    if finding.criterion is None:
        return False
    bars = next((bars for pattern, bars in BARS if pattern.fullmatch(finding.code)), None)
    return bars is not None and not any(_is_as_strict(finding.criterion, op, bar) for op, bar in bars)


def _is_as_strict(criterion: Criterion, op: str, bar: float) -> bool:
    beyond = criterion.threshold if criterion.refuted_beyond is None else criterion.refuted_beyond
    if criterion.op.rstrip("=") != op.rstrip("="):
        return False
    return max(criterion.threshold, beyond) <= bar if op.startswith("<") else min(criterion.threshold, beyond) >= bar


def may_stand_aside(kind: Kind, spec: Spec, task: Task) -> bool:
    """Whether a kind of doubt cannot exist for this spec, so that its first finding need not count.

    Whom the test rows lack, and what recent rows are like, only the tables tell; a review says why it does not ask.
    """
    data = spec.data
    if kind is Kind.ORDER:
        return data.time is None or data.train is None
    if kind is Kind.GROUPS:
        return data.train is None
    if kind is Kind.MIX:
        return task is not Task.BINARY or not spec.about.prevalences
    return kind in (Kind.ABSENT, Kind.RECENT)
