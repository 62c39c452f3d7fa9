"""The typed, frozen form of `readiness.yaml`; unknown keys are errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, StringConstraints, field_validator

from readiness.core import policy
from readiness.core.files import Role
from readiness.core.metrics import METRICS, Metric
from readiness.core.policy import Task
from readiness.core.probes import SUPPLIABLE
from readiness.spec.about import About
from readiness.spec.inputs import (
    Data,
    Model,
    ModelFile,
    OwnMetric,
    PredictionColumns,
    SegmentColumn,
    SegmentEntry,
    Vouch,
    Vouched,
)
from readiness.spec.parts import ColumnName, FilePath, Label, Part, Positive, label_text
from readiness.spec.questions import (
    Attestation,
    Baseline,
    Business,
    Checklist,
    Cost,
    CostColumn,
    Costs,
    CurrentModel,
    Errors,
    GivenInterval,
    Human,
    Production,
    Requirement,
    Rule,
    Segments,
    Stability,
)

# ----------------------------------------------------------------------------------------------------
# Measurements from elsewhere, of a candidate that cannot be loaded, refitted or timed here

NOT_HERE = "supplied, not measured here"
"""The label of every finding that rests on such a measurement."""
FIGURES = ("throughput_per_second", "size_mb", "memory_mb")
"""Metrics of which one number is supplied; of latencies it is a log of calls."""

Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Probe = Literal[SUPPLIABLE]  # type: ignore[valid-type]  # the table of probes says which


class FoldColumns(PredictionColumns):
    """One repeat: what refits said about the training rows that they had not seen."""

    fold: ColumnName = Field(description="column of the table with the fold in which a row was predicted")


class SuppliedFolds(Part):
    """Predictions of refits for training rows that they had not seen, one entry for each repeat."""

    table: FilePath | None = Field(
        None,
        description="table with these columns and the target or data.id, one row for each row of data.train in its "
        "order; data.train itself",
    )
    repeats: Annotated[tuple[FoldColumns, ...], Field(min_length=2, max_length=100)] = Field(
        description="the columns of each repeat; a repeat draws its folds anew"
    )
    source: Source = Field(description="who made them, and how")


class SuppliedSeeds(Part):
    """Predictions for the test rows by refits that differ in their seed alone, one entry for each refit."""

    refits: Annotated[tuple[PredictionColumns, ...], Field(min_length=2, max_length=100)] = Field(
        description="columns of data.test, one entry for each refit"
    )
    source: Source = Field(description="who made them, and how")


class SuppliedLatency(Part):
    """A log of single-row calls in milliseconds."""

    path: FilePath = Field(description="text file with one number in each line, or a Parquet file")
    column: ColumnName | None = Field(None, description="column of a Parquet file that has more than one")
    source: Source = Field(description="where and how the calls were timed")


class SuppliedFigure(Part):
    """One figure that somebody vouches for."""

    value: Positive = Field(description="the figure, in the unit of its name")
    source: Source = Field(description="where it comes from")


class SuppliedProbe(Part):
    """What came of a probe that was made elsewhere."""

    passed: bool = Field(description="whether the model coped")
    source: Source = Field(description="where that can be seen: a test run, a ticket")


class SuppliedRows(Part):
    """Hashes of the rows that a candidate was fitted on, where the rows themselves cannot be given."""

    path: FilePath = Field(description="file that `readiness hash-rows` made of the training table")
    source: Source = Field(description="who made it, and from which table")


class Supplied(Part):
    """Measurements from elsewhere; each counts only where nothing could be measured here, and is marked on the page."""

    folds: SuppliedFolds | None = Field(None, description="fold predictions, in place of refits for question 5")
    seeds: SuppliedSeeds | None = Field(None, description="predictions by refits with other seeds")
    latency: SuppliedLatency | None = Field(None, description="log of single-row calls")
    training_rows: SuppliedRows | None = Field(
        None, description="hashes of the training rows, where there is no training table to compare the test rows with"
    )
    throughput_per_second: SuppliedFigure | None = Field(None, description="rows scored in a second")
    size_mb: SuppliedFigure | None = Field(None, description="size of the model file, MB")
    memory_mb: SuppliedFigure | None = Field(None, description="memory that the loaded model takes, MB")
    probes: Mapping[Probe, SuppliedProbe] = Field(default_factory=dict, description="probes made elsewhere, by name")

    @property
    def files(self) -> Mapping[Role, str]:
        """The files that are read for it, as the spec names them, by their role in the record."""
        named = {
            Role.SUPPLIED_FOLDS: self.folds and self.folds.table,
            Role.SUPPLIED_LATENCY: self.latency and self.latency.path,
            Role.SUPPLIED_TRAINING_ROWS: self.training_rows and self.training_rows.path,
        }
        return {role: path for role, path in named.items() if path}

    def source_of(self, metric: str) -> str:
        """Who vouches for a technical metric, such as "latency_p99_ms" or "size_mb"; empty when nobody does."""
        given = self.latency if metric.startswith("latency_") else getattr(self, metric) if metric in FIGURES else None
        return "" if given is None else str(given.source)


# ----------------------------------------------------------------------------------------------------

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
        policy.CONFIDENCE,
        description=f"confidence of every interval and of every met, at most {policy.MOST_CONFIDENCE}",
        json_schema_extra={"maximum": policy.MOST_CONFIDENCE},
    )
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = Field(0, description="start of all random draws")

    @field_validator("confidence")
    @classmethod
    def _within_reach(cls, level: float) -> float:
        if level > policy.MOST_CONFIDENCE:
            raise ValueError(
                f"found {level!r}, expected at most {policy.MOST_CONFIDENCE}: nobody knows an interval so far out, "
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
        return self.metric(self.baseline.metric or policy.PRIMARY_METRIC[task])


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
