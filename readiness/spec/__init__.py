"""What does a spec say? The typed, frozen form of `readiness.yaml`; unknown keys are errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, field_validator

from readiness import criteria
from readiness.catalogue import METRICS, Metric
from readiness.criteria import Task
from readiness.spec.alternatives import Baseline, CurrentModel, Human, Rule
from readiness.spec.inputs import (
    About,
    Data,
    Label,
    Model,
    ModelFile,
    OwnMetric,
    Part,
    PredictionColumns,
    SegmentColumn,
    SegmentEntry,
    Vouch,
    label_text,
)
from readiness.spec.questions import (
    Attestation,
    Business,
    Checklist,
    Cost,
    CostColumn,
    Costs,
    Errors,
    GivenInterval,
    Production,
    Requirement,
    Segments,
    Stability,
)
from readiness.spec.soundness import Vouched
from readiness.spec.supplied import Supplied

__all__ = [
    "About",
    "Attestation",
    "Baseline",
    "Business",
    "Checklist",
    "Cost",
    "CostColumn",
    "Costs",
    "CurrentModel",
    "Data",
    "Errors",
    "GivenInterval",
    "Human",
    "Label",
    "Model",
    "ModelFile",
    "OwnMetric",
    "Part",
    "PredictionColumns",
    "Production",
    "Requirement",
    "Rule",
    "SegmentColumn",
    "SegmentEntry",
    "Segments",
    "Spec",
    "Stability",
    "Supplied",
    "Vouch",
    "Vouched",
    "label_text",
]


CHECKLIST = "attestations by named persons; those in the file that `from` names count where this spec has none"
OwnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Spec(Part):
    """The whole spec. Relative paths are relative to the spec file."""

    extends: str | None = Field(
        None,
        description="another spec that this one completes, relative to this file; lists and attestations are "
        "replaced whole, not joined",
    )
    about: About = Field(About(), description="free texts of the first screen")
    model: Model = Field(description="the candidate")
    data: Data = Field(description="tables and the roles of their columns")
    baseline: Baseline = Field(Baseline(), description="question 1: what the candidate must beat")
    business: Business = Field(Business(), description="question 2: what the business asks for")
    segments: Segments = Field(Segments(), description="question 3: how groups of rows are compared")
    errors: Errors = Field(Errors(), description="question 4: what errors cost")
    stability: Stability = Field(Stability(), description="question 5: how much refitting may change")
    production: Production = Field(Production(), description="question 6: technical limits, drift and probes")
    soundness: Vouched = Field(Vouched(), description="doubts about the rows that somebody vouches for")
    reuse: Literal["told", "corrected"] = Field(
        "told",
        description="how often these test rows were used is told on the first screen; corrected: the j-th candidate on "
        "them is judged at a j-th of the allowed chance of error",
    )
    metrics: Mapping[OwnName, OwnMetric] = Field(default_factory=dict, description="metrics of your own, by name")
    supplied: Supplied = Field(Supplied(), description="measurements made elsewhere, each with its source")
    checklist: Checklist = Field(default_factory=dict, description=CHECKLIST)
    evidence: Literal["interval", "point"] = Field(
        "interval", description="interval: chance must be excluded; point: measured values are compared as they are"
    )
    confidence: Annotated[float, Field(ge=0.8, lt=1)] = Field(
        criteria.CONFIDENCE,
        description=f"confidence of every interval and of every met, at most {criteria.MOST_CONFIDENCE}",
        json_schema_extra={"maximum": criteria.MOST_CONFIDENCE},
    )
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = Field(0, description="start of all random draws")

    @field_validator("confidence")
    @classmethod
    def _within_reach(cls, level: float) -> float:
        if level > criteria.MOST_CONFIDENCE:
            raise ValueError(
                f"found {level!r}, expected at most {criteria.MOST_CONFIDENCE}: nobody knows an interval so far out, "
                f"and a slip in the data is likelier than the chance that it leaves"
            )
        return level

    _number: int = PrivateAttr(1)

    def counted(self, number: int) -> Spec:
        """The same spec for the candidate of this number on the same test rows, 1 or more; see `reuse`."""
        copy = self.model_copy()
        copy._number = max(1, number)
        return copy

    @property
    def alpha(self) -> float:
        """Allowed chance of a wrong *met*, one-sided; of the j-th candidate on these rows a j-th of it, where the spec
        asks for that (Bonferroni over the candidates).
        """
        share = self._number if self.reuse == "corrected" else 1
        return round((1 - self.confidence) / share, 10)

    def metric(self, name: str) -> Metric:
        """The metric of this name: one of the spec's own, or of the catalogue.

        Raises:
            KeyError: there is none.
        """
        own = self.metrics.get(name)
        if own is None:
            return METRICS[name]
        title = name.replace("_", " ")
        return Metric(name, title, frozenset(Task), own.greater_is_better, "own", is_share=False, unit=own.unit)

    def primary_metric(self, task: Task) -> Metric:
        """What question 1 compares and question 5 watches."""
        return self.metric(self.baseline.metric or criteria.PRIMARY_METRIC[task])
