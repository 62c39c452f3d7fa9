"""What does a spec say? The typed, frozen form of `readiness.yaml`; unknown keys are errors."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from readiness import criteria
from readiness.checklist import ATTESTABLE
from readiness.criteria import Task

Label = bool | int | float | str
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")]


class Part(BaseModel):
    """Base of every part of a spec: strict about keys, never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())

    def origin(self, key: str) -> str:
        """ "default", or "set in the spec" when the spec names `key` of this part."""
        return "set in the spec" if key in self.model_fields_set else "default"


class About(Part):
    """Free texts of the first screen; what is missing is listed as "not provided"."""

    purpose: str = ""
    out_of_scope: str = ""
    owner: str = ""
    prepared_by: tuple[str, ...] = ()
    risk: Literal["", "low", "medium", "high"] = ""
    valid_days: Annotated[int, Field(gt=0)] | None = None
    population: str = ""
    labels: str = Field("", description="how the true labels came about")
    changes: str = Field("", description="what changed since the previous version")
    limitations: tuple[str, ...] = ()
    oversight: str = Field("", description="who can stop or override the model, and how")
    production_prevalence: Share | None = Field(None, description="expected share of positives in production")


class PredictionColumns(Part):
    """Columns of the test table that hold ready-made predictions."""

    label: str | None = None
    score: str | dict[str, str] | None = Field(None, description="one column, or one column for each class")

    @model_validator(mode="after")
    def _one_at_least(self) -> PredictionColumns:
        if self.label is None and self.score is None:
            raise ValueError("names neither label nor score; name at least one column of data.test")
        return self


class ModelFile(Part):
    """A model file and how it may be loaded."""

    path: str | None = None
    sha256: Digest | None = Field(None, description="pin of the file; it is the consent to load a pickle")
    loader: Reference | None = Field(None, description="package.module:function that takes the path")
    threshold: float | None = Field(None, description="labels are score >= threshold")


class Model(ModelFile):
    """The candidate."""

    name: Name
    version: Annotated[str, Field(min_length=1, max_length=100)]
    predictions: PredictionColumns | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> Model:
        if (self.path is None) == (self.predictions is None):
            raise ValueError("give either path (a model file) or predictions (columns of data.test), not both")
        return self


class SegmentColumn(Part):
    """One column that rows are grouped by."""

    column: str
    bins: Annotated[int, Field(ge=2, le=50)] | tuple[float, ...] | None = Field(
        None, description="number of quantile bins, or inner edges"
    )
    by: Literal["weekend", "weekday", "month", "quarter", "year", "hour"] | None = Field(
        None, description="part of a date"
    )
    critical: tuple[Label, ...] = Field((), description="values that must be assessable")


SegmentEntry = str | SegmentColumn | tuple[str | SegmentColumn, ...]


class Data(Part):
    """Tables and the roles of their columns."""

    test: str
    train: str | None = None
    recent: str | None = Field(None, description="recent production rows, for drift")
    target: str
    positive: Label | None = None
    classes: tuple[Label, ...] | None = None
    task: Task | None = None
    features: tuple[str, ...] | None = None
    id: str | None = None
    segments: tuple[SegmentEntry, ...] = ()
    time: str | None = None
    group: str | None = None
    weight: str | None = None


class Rule(Part):
    """A hand-written rule, the simplest alternative to a model."""

    name: Name
    when: str | None = Field(None, description='condition such as "amount > 10000 and region == \'north\'"')
    then: Label | None = Field(None, description="prediction where the condition holds; binary: the positive class")
    otherwise: Label | None = Field(None, description="prediction elsewhere; binary: the negative class")
    column: str | None = Field(None, description="a column of data.test that holds the rule's predictions")

    @model_validator(mode="after")
    def _one_kind(self) -> Rule:
        if (self.when is None) == (self.column is None):
            raise ValueError("give either when (a condition) or column (ready-made predictions)")
        return self


class CurrentModel(ModelFile):
    """The model now in production."""

    name: Name
    predictions: PredictionColumns | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> CurrentModel:
        if (self.path is None) == (self.predictions is None):
            raise ValueError("give either path (a model file) or predictions (columns of data.test)")
        return self


class Human(Part):
    """How well people do the same task, from a study outside this data."""

    metric: str
    value: float
    n: Annotated[int, Field(gt=0)] | None = None
    source: str = ""


class Baseline(Part):
    """Question 1."""

    metric: str | None = Field(None, description="primary metric")
    margin: NotNegative | None = Field(None, description="required gain; regression: as a share of the baseline's error")
    rules: tuple[Rule, ...] = ()
    current: CurrentModel | None = None
    human: Human | None = None
    cost_per_prediction: dict[str, NotNegative] = Field(default_factory=dict, description="by method; shown, not judged")


class Requirement(Part):
    """One business sentence and the metric that stands for it."""

    says: Annotated[str, Field(min_length=1)]
    metric: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    lift_over: str | None = Field(None, description="relative gain over this baseline")
    gain_over: str | None = Field(None, description="absolute gain over this baseline")

    @model_validator(mode="after")
    def _one_limit(self) -> Requirement:
        given = [key for key in ("at_least", "at_most", "above", "below") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"has {len(given)} limits; give exactly one of at_least, at_most, above, below")
        if self.lift_over is not None and self.gain_over is not None:
            raise ValueError("has both lift_over (relative) and gain_over (absolute); give one")
        if (self.lift_over or self.gain_over) and given[0] in ("at_most", "below"):
            raise ValueError("a gain over a baseline needs at_least or above")
        return self

    @property
    def op(self) -> str:
        """The comparison, as a sign."""
        return next(op for key, op in _OPS.items() if getattr(self, key) is not None)

    @property
    def limit(self) -> float:
        """The threshold."""
        return float(next(getattr(self, key) for key in _OPS if getattr(self, key) is not None))


_OPS = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}


class Business(Part):
    """Question 2."""

    requirements: tuple[Requirement, ...] = ()


class Segments(Part):
    """Question 3."""

    metrics: tuple[str, ...] | None = None
    limit: Positive = criteria.SEGMENT_LIMIT
    warning: Positive = criteria.SEGMENT_WARNING
    coverage: Share = criteria.SEGMENT_COVERAGE
    power: Annotated[float, Field(gt=0, lt=1)] = criteria.SEGMENT_POWER


class CostColumn(Part):
    """A cost that differs from row to row."""

    column: str


Cost = NotNegative | CostColumn


class Costs(Part):
    """What an error costs."""

    false_positive: Cost | None = None
    false_negative: Cost | None = None
    matrix: dict[str, dict[str, NotNegative]] | None = Field(None, description="cost by true class, then predicted class")
    under: NotNegative | None = Field(None, description="cost of each unit predicted too low")
    over: NotNegative | None = Field(None, description="cost of each unit predicted too high")
    currency: str = ""


class Errors(Part):
    """Question 4."""

    costs: Costs | None = None
    do_nothing: Label | None = Field(None, description="the prediction that stands for doing nothing")
    value_per_prediction: Positive | None = None
    describe: dict[Literal["false_positive", "false_negative"], str] = Field(default_factory=dict)
    show: tuple[str, ...] = Field((), description="columns shown with the worst errors")


class Stability(Part):
    """Question 5."""

    folds: Annotated[int, Field(ge=2, le=50)] = criteria.FOLDS
    repeats: Annotated[int, Field(ge=1, le=100)] = criteria.REPEATS
    budget_seconds: Positive = criteria.BUDGET_SECONDS
    half_width: Positive = criteria.HALF_WIDTH
    churn_met: Share = criteria.CHURN_MET
    churn_not_met: Share = criteria.CHURN_NOT_MET
    std: Positive = criteria.FOLD_STD


class Production(Part):
    """Question 6: technical limits, drift and probes."""

    latency_p50_ms: Positive | None = None
    latency_p95_ms: Positive | None = None
    latency_p99_ms: Positive | None = None
    throughput_per_second: Positive | None = None
    size_mb: Positive | None = None
    memory_mb: Positive | None = None
    must_handle: tuple[Literal["missing_value", "unseen_category", "outlier", "empty_frame"], ...] = ()
    clean_error_accepted: tuple[
        Literal["missing_value", "unseen_category", "outlier", "empty_frame", "one_row", "column_order"], ...
    ] = Field((), description="probes for which a clean error is as good as a prediction")
    drift_warning: Positive = criteria.DRIFT_WARNING
    drift_limit: Positive = criteria.DRIFT_LIMIT
    calls: Annotated[int, Field(ge=300, le=1_000_000)] = criteria.LATENCY_CALLS
    call_seconds: Positive = criteria.LATENCY_SECONDS


class Attestation(Part):
    """A named person answers a box, with evidence; or it does not apply, for a reason."""

    done: bool | None = None
    by: str = ""
    on: datetime.date | None = None
    evidence: str = ""
    expires: datetime.date | None = None
    not_applicable: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Attestation:
        if self.not_applicable and self.done is not None:
            raise ValueError("has both done and not_applicable; give one")
        if self.done:
            missing = [key for key in ("by", "on", "evidence") if not getattr(self, key)]
            if missing:
                raise ValueError(f"is done but lacks {', '.join(missing)}; an attestation names person, date and evidence")
        return self


Checklist = dict[Literal[ATTESTABLE], Attestation]  # type: ignore[valid-type]  # the keys are the boxes


class Spec(Part):
    """The whole spec. Relative paths are relative to the spec file."""

    about: About = About()
    model: Model
    data: Data
    baseline: Baseline = Baseline()
    business: Business = Business()
    segments: Segments = Segments()
    errors: Errors = Errors()
    stability: Stability = Stability()
    production: Production = Production()
    checklist: Checklist = Field(default_factory=dict)
    evidence: Literal["interval", "point"] = "interval"
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = criteria.CONFIDENCE
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0

    @property
    def alpha(self) -> float:
        """Allowed chance of a wrong *met*, one-sided."""
        return round(1 - self.confidence, 10)
