"""Report, candidate and tables: the first three sections of a spec, and what somebody may vouch for."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from readiness.core.policy import Task
from readiness.core.sanitize import shown
from readiness.spec.about import About, is_outside
from readiness.spec.parts import (
    ColumnName,
    Day,
    Digest,
    FilePath,
    Label,
    Name,
    Part,
    PersonName,
    Reference,
    VariableName,
    one_line,
)
from readiness.spec.registry import EXPECTED, is_registered, registered
from readiness.spec.served import Address, Served, address_problem
from readiness.spec.words import ColumnLabels, Words

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = r"^\d{1,6}(\.\d{1,3})? ?(s|min|h|d|w)$"
Duration = Annotated[str, Field(pattern=_DURATION)]


def seconds_of(duration: str) -> float:
    """Seconds in a duration such as "30 d", "12 h" or "90 min"."""
    number, unit = re.fullmatch(r"([\d.]+) ?([a-z]+)", duration, re.ASCII).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]


class PredictionColumns(Part):
    """Columns of the test table that hold ready-made predictions."""

    label: ColumnName | None = Field(None, description="column with the predicted class or value")
    score: ColumnName | Mapping[str, ColumnName] | None = Field(
        None, description="one column with the score of the positive class, or one column for each class"
    )

    @model_validator(mode="after")
    def _one_at_least(self) -> PredictionColumns:
        if self.label is None and self.score is None:
            raise ValueError("names neither label nor score; name at least one column of data.test")
        return self


IsolationRule = Annotated[
    Literal["best", "required"],
    Field(
        description="best: a model runs as far from the labels as this machine can keep it, and the report says how "
        "far; required: no review where it could read them"
    ),
]


class ModelFile(Part):
    """A model file and how it may be loaded, or columns with ready-made predictions."""

    path: FilePath | None = Field(None, description="model file or folder")
    sha256: Digest | None = Field(
        None, description="pin of the file; it is the consent to load a pickle or an MLflow model"
    )
    loader: Reference | None = Field(None, description="package.module:function that takes the path")
    tracking: Address | None = Field(
        None,
        description="address of the MLflow server that knows a path such as models:/NAME/VERSION; else what "
        "MLFLOW_TRACKING_URI says where the review is started",
    )
    threshold: float | None = Field(None, description="labels are score >= threshold")
    environment: tuple[VariableName, ...] = Field(
        (), description="names of environment variables that the model needs; it sees no others but the usual few"
    )
    predictions: PredictionColumns | None = Field(
        None, description="columns of data.test with ready-made predictions, in place of path"
    )

    @property
    def can_be_asked(self) -> bool:
        """Whether there is a model to ask, as a file or at an address, and not predictions alone."""
        return self.predictions is None

    @field_validator("path")
    @classmethod
    def _in_a_registry(cls, path: str | None) -> str | None:
        if path is not None and is_registered(path) and registered(path) is None:
            raise ValueError(f"found {shown(path)}, expected a path, or {EXPECTED}")
        return path

    @model_validator(mode="after")
    def _asked_of_a_registry(self) -> ModelFile:
        if self.tracking is None:
            return self
        if self.path is None or registered(self.path) is None:
            raise ValueError(f"tracking belongs to a model in a registry; path names none ({EXPECTED})")
        if fault := address_problem(self.tracking):
            raise ValueError(f"tracking {fault}")
        return self

    @model_validator(mode="after")
    def _one_way_in(self) -> ModelFile:
        if (self.path is None) == (self.predictions is None):
            raise ValueError("give either path (a model file) or predictions (columns of data.test)")
        return self

    @model_validator(mode="after")
    def _settings_have_their_use(self) -> ModelFile:
        if self.predictions is None:
            return self
        for key in ("sha256", "loader", "environment"):
            if getattr(self, key):
                raise ValueError(f"{key} belongs to a model file; there is no path, only predictions")
        if self.threshold is not None and self.predictions.score is None:
            raise ValueError("threshold needs predictions.score, the column that it cuts")
        return self


class Model(ModelFile, Served):
    """The candidate: a file, a served model, both, or its predictions."""

    name: Name = Field(description="name of the model, up to 200 characters")
    version: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)] = Field(
        description='version of the model, as text: "1.4"'
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Model:
        if (self.path is None and self.url is None) == (self.predictions is None):
            raise ValueError(
                "give path (a model file), url (a served model), both, or predictions (columns of data.test)"
            )
        return self

    @model_validator(mode="after")
    def _settings_have_their_use(self) -> Model:
        there = "only url" if self.url is not None else "only predictions"
        for key in ("sha256", "loader", "environment"):
            is_of_both = key == "environment" and self.url is not None  # SSL_CERT_FILE decides whom a connection trusts
            if self.path is None and getattr(self, key) and not is_of_both:
                raise ValueError(f"{key} belongs to a model file; there is no path, {there}")
        if self.predictions is not None and self.predictions.score is None and self.threshold is not None:
            raise ValueError("threshold needs predictions.score, the column that it cuts")
        return self


class SegmentColumn(Part):
    """One column that rows are grouped by."""

    column: ColumnName = Field(description="column of data.test")
    bins: Annotated[int, Field(ge=2, le=50)] | Annotated[tuple[float, ...], Field(min_length=1)] | None = Field(
        None, description="number of quantile bins, or inner edges"
    )
    by: Literal["weekend", "weekday", "month", "quarter", "year", "hour"] | None = Field(
        None, description="part of a date"
    )
    critical: tuple[Label, ...] = Field((), description="values that must be assessable")

    @model_validator(mode="after")
    def _one_way_to_group(self) -> SegmentColumn:
        if self.bins is not None and self.by is not None:
            raise ValueError("has both bins (for numbers) and by (for dates); give one")
        if isinstance(self.bins, tuple) and any(a >= b for a, b in zip(self.bins, self.bins[1:], strict=False)):
            raise ValueError("the edges in bins must rise from one to the next")
        return self


class Vouch(Part):
    """A person's word for something that the rows cannot show."""

    by: PersonName = Field(description="who says so; nobody of about.prepared_by")
    on: Day = Field(description="when that was said, as 2026-11-22; it counts for a year")
    why: Name = Field(description="on what grounds, in one sentence; it stands on the first screen")


class KnownAt(Vouch):
    """When the value of a column is known."""

    when: Literal["before", "after"] = Field(description="before or after the decision that the model is asked for")


SegmentEntry = ColumnName | SegmentColumn | Annotated[tuple[ColumnName | SegmentColumn, ...], Field(min_length=1)]


PERIODS = ("month", "quarter", "year")
"""Parts of dates that never come again: that recent rows are of other months than the test rows is no fault."""


def is_about_periods(entry: SegmentEntry) -> bool:
    """Whether a segment column, or one of crossed ones, is a part of dates that never comes again."""
    parts = entry if isinstance(entry, tuple) else (entry,)
    return any(isinstance(part, SegmentColumn) and part.by in PERIODS for part in parts)


class Data(Part):
    """Tables and the roles of their columns."""

    test: FilePath = Field(description="table with the rows to score, CSV or Parquet; never seen in training")
    train: FilePath | None = Field(None, description="table that the candidate was fitted on")
    recent: FilePath | None = Field(None, description="recent production rows, for drift")
    target: ColumnName = Field(description="column with the truth")
    positive: Label | None = Field(None, description="binary: the class that the model looks for")
    classes: Annotated[tuple[Label, ...], Field(min_length=2)] | None = Field(None, description="all class labels")
    task: Task | None = Field(None, description="what kind of target it is; found from the data when left out")
    features: Annotated[tuple[ColumnName, ...], Field(min_length=1)] | None = Field(
        None, description="columns that the model is given; every column without a role when left out"
    )
    id: ColumnName | None = Field(None, description="column that names a row")
    segments: tuple[SegmentEntry, ...] = Field(
        (), description="columns to compare groups by; a list in the list crosses its columns"
    )
    time: ColumnName | None = Field(None, description="column with the date or time of a row")
    group: ColumnName | None = Field(
        None, description="column that says which rows belong together, such as a customer"
    )
    weight: ColumnName | None = Field(None, description="column that says how many cases a row stands for")
    query: ColumnName | None = Field(
        None, description="ranking: column that says for which query, user or list a row is put in order"
    )
    words: Words = Field(Words(), description="what the report calls a row, and rows of the two classes")
    labels: Mapping[ColumnName, ColumnLabels] = Field(
        default_factory=dict,
        description="what the report calls a column, under title, and those with a value of it, under the value; also "
        "classes of the target",
    )
    label_horizon: Duration = Field(
        "0 d",
        description='how long after the time of a row its truth is known, such as "30 d", "12 h" or "90 min"; with it '
        "added, a training row still lies before the test rows",
    )
    known_at: Mapping[ColumnName, KnownAt] = Field(
        default_factory=dict,
        description="for columns that tell the answer nearly alone: whether their value is known before or only after "
        "the decision, and who says so",
    )
    independent: Mapping[ColumnName, Vouch] = Field(
        default_factory=dict,
        description="columns whose rows do not belong together although they look so: why, and who says so",
    )
    sampled: bool = Field(
        False,
        description="true where rows were chosen by how hard or telling they are, so that no share can be carried to "
        "production",
    )


class OwnMetric(Part):
    """A metric that is computed by a function of yours."""

    use: Reference = Field(description="package.module:function that takes y_true and y_pred and returns one number")
    greater_is_better: bool = Field(True, description="whether more of it is better")
    unit: str = Field("", max_length=30, description="unit of the number, such as EUR")
    takes: Literal["labels", "scores"] = Field(
        "labels", description="what the function is given as y_pred: predicted labels or values, or scores"
    )


# ----------------------------------------------------------------------------------------------------
# What somebody may vouch for that the rows cannot show, and whose word counts

COUNTS_FOR = datetime.timedelta(days=365)
"""How long a word holds, as an attestation does."""


class Vouched(Part):
    """Doubts about the rows that somebody outside those who prepared the review sets aside, by kind.

    Copies of training rows, and recent rows that look different, nobody can vouch for.
    """

    seen: Vouch | None = Field(None, description="that the model was fitted before the test rows were drawn")
    leak: Vouch | None = Field(None, description="that every column is known when a prediction is made")
    order: Vouch | None = Field(None, description="that rows of all times are exchangeable")
    groups: Vouch | None = Field(None, description="that rows of one unit do not depend on each other")
    repeats: Vouch | None = Field(None, description="that equal rows are different cases")
    missing: Vouch | None = Field(None, description="that rows without a truth are like those with one")
    mix: Vouch | None = Field(None, description="what the weights stand for, or that classes differ in number alone")
    absent: Vouch | None = Field(None, description="that those who are hardly among the test rows are served as well")


def vouches_of(soundness: Vouched, data: Data) -> Iterator[tuple[tuple[str, ...], Vouch]]:
    """Every word that somebody gives in a spec, with its key."""
    for kind in Vouched.model_fields:
        given: Vouch | None = getattr(soundness, kind)
        if given is not None:
            yield ("soundness", kind), given
    for column, known in data.known_at.items():
        yield ("data", "known_at", column), known
    for column, word in data.independent.items():
        yield ("data", "independent", column), word


def counts(word: Vouch, about: About, day: datetime.date) -> bool:
    """Whether a word counts on a day: somebody outside gave it, and at most a year ago."""
    return bool(about.prepared_by) and is_outside(word.by, about) and word.on <= day <= word.on + COUNTS_FOR


def vouched_kinds(soundness: Vouched, data: Data, about: About, day: datetime.date) -> tuple[str, ...]:
    """What somebody vouches for on that day: kinds of doubt such as "seen", and kinds with a column, "leak/price"."""
    words = {kind: getattr(soundness, kind) for kind in Vouched.model_fields}
    words |= {f"leak/{column}": known for column, known in data.known_at.items() if known.when == "before"}
    words |= {f"groups/{column}": word for column, word in data.independent.items()}
    return tuple(kind for kind, word in words.items() if word is not None and counts(word, about, day))
