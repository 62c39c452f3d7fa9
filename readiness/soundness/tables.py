"""What rules look at that need no model: two or three tables and what the spec says of their columns."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from readiness.core.checklist import this_day
from readiness.core.findings import Claim, Criterion, Finding, Outcome
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.withholding import Kind
from readiness.evidence.copies import Copies
from readiness.evidence.evidence import Evidence, Recent
from readiness.spec.schema import Spec
from readiness.statistics.judge_claims import Measurement


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The rows of a review, whether or not there is a model yet."""

    spec: Spec
    task: Task
    classes: tuple[str, ...]
    """Class labels as text, in the order of the codes; empty for regression."""
    features: tuple[str, ...]
    """Of the candidate, or what would be its features; not each need stand in every table."""
    test: pd.DataFrame
    y_test: NDArray[Any]
    """(n,): class codes, or numbers."""
    train: pd.DataFrame | None = None
    y_train: NDArray[Any] | None = None
    recent: Recent | None = None
    target: str = ""
    """Name of the target."""
    day: datetime.date = field(default_factory=this_day)
    """On which a person's word may count no more."""
    copies: Copies | None = None
    """Copies that were found before some were taken out of `test`; None: nobody has looked yet."""

    @classmethod
    def of(cls, evidence: Evidence) -> Tables:
        """Those of a review."""
        training = evidence.training
        features = () if evidence.candidate is None else evidence.candidate.features
        return cls(
            evidence.spec,
            evidence.task,
            evidence.classes,
            features or (() if training is None else training.features),
            evidence.rows,
            evidence.cases.y_true,
            None if training is None else training.frame,
            None if training is None else training.target,
            evidence.recent,
            evidence.gathered.data.target,
            evidence.day,
            evidence.copies,
        )


@dataclass(frozen=True, slots=True)
class Aimed:
    """A claim about the rows that withholds some claims of the answers and no others."""

    claim: Measurement
    codes: tuple[str, ...]
    """Codes of the claims that it withholds where it is not met."""


Examined = Measurement | Finding | Aimed
"""What a rule finds: a claim to be judged, a finding that is settled, or a claim about single claims."""


def finding_not_asked(kind: Kind, reason: str) -> Finding:
    """The first finding of a kind where the thing cannot exist, such as an order without times."""
    outcome = Outcome.NOT_APPLICABLE
    return Finding(kind.key(), kind.words, outcome.status, blocking=False, outcome=outcome, reason=reason)


def claim_not_known(kind: Kind, reason: str, needs: str, **more: Any) -> Measurement:
    """The first finding of a kind where nobody could look; it withholds, too."""
    criterion = Criterion("<=", 0.0, presumed=True)
    return Measurement(
        Claim(kind.key(), kind.words, criterion), "share", Missing(reason), needs=needs, reason=reason, **more
    )
