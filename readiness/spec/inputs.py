"""Report, candidate and tables: the first three sections of a spec, and what somebody may vouch for."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from readiness.core.environment import name_fault
from readiness.core.metrics import canonical
from readiness.core.person_names import may_be_the_same, mixed_word, words_of
from readiness.core.policy import Task
from readiness.core.sanitize import shown


def _one_line(text: str) -> str:
    if text.splitlines() != [text]:  # it stands in the middle of sentences, which it must not end
        raise ValueError(f"found {shown(text)}, expected a name on one line")
    return text


Label = bool | int | float | str
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")]
MetricName = Annotated[str, AfterValidator(canonical)]
ColumnName = Annotated[str, Field(min_length=1)]
FilePath = Annotated[str, Field(min_length=1)]


def _of_a_person(name: str) -> str:
    if not words_of(name):
        raise ValueError(f'found {shown(name)}, which has no letter; expected a name such as "Anna Schmidt"')
    if word := mixed_word(name):
        raise ValueError(
            f"found {shown(name)}, whose {shown(word)} mixes letters of scripts that look alike; write it in one script"
        )
    return name


PersonName = Annotated[
    str, Field(min_length=1, max_length=200), AfterValidator(_one_line), AfterValidator(_of_a_person)
]


def _calendar_day(value: object) -> object:
    # A bare number would otherwise pass as seconds since 1970.
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError(f"found {shown(value)}, expected a date such as 2026-11-22")
    try:
        return datetime.date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"found {shown(value)}, expected a date of the calendar") from error


def _passable(name: str) -> str:
    if fault := name_fault(name):
        raise ValueError(f"{shown(name)} {fault}")
    return name


VariableName = Annotated[str, AfterValidator(_passable)]

MOST_VALID_DAYS = 1096
"""Three years."""


def _until_repeated(days: int) -> int:
    if not 1 <= days <= MOST_VALID_DAYS:
        raise ValueError(
            f"found {shown(days)}, expected 1 to {MOST_VALID_DAYS:,} days: what was measured more than three years ago "
            "says little about the model on the data of today"
        )
    return days


ValidDays = Annotated[
    int, AfterValidator(_until_repeated), Field(json_schema_extra={"minimum": 1, "maximum": MOST_VALID_DAYS})
]

Day = Annotated[datetime.date, BeforeValidator(_calendar_day)]

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = r"^\d{1,6}(\.\d{1,3})? ?(s|min|h|d|w)$"
Duration = Annotated[str, Field(pattern=_DURATION)]


def seconds_of(duration: str) -> float:
    """Seconds in a duration such as "30 d", "12 h" or "90 min"."""
    number, unit = re.fullmatch(r"([\d.]+) ?([a-z]+)", duration, re.ASCII).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]


def label_text(label: Label) -> str:
    """A class label as a key of a mapping in the spec: "fraud", "1", "true"."""
    return str(label).lower() if isinstance(label, bool) else str(label)


class Part(BaseModel):
    """Base of every part of a spec: strict about keys, never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())

    def origin(self, key: str) -> str:
        """Who set `key` of this part: "default", or "set in the spec"."""
        return "set in the spec" if key in self.model_fields_set else "default"


class About(Part):
    """Free texts of the first screen; what is missing is listed as "not provided"."""

    purpose: str = Field("", description="what the model decides or supports, in one sentence")
    out_of_scope: str = Field("", description="what the model must not be used for")
    owner: str = Field("", description="who answers for the model")
    prepared_by: tuple[str, ...] = Field((), description="who prepared this review")
    risk: Literal["", "low", "medium", "high"] = Field("", description="how much harm a wrong prediction can do")
    valid_days: ValidDays | None = Field(None, description="days until the review must be repeated, 1 to 1096")
    population: str = Field("", description="whom or what the test rows stand for, and how they were drawn")
    labels: str = Field("", description="how the true labels came about")
    changes: str = Field("", description="what changed since the previous version")
    limitations: tuple[str, ...] = Field((), description="known limits, one sentence each")
    oversight: str = Field("", description="who can stop or override the model, and how")
    production_prevalence: Share | Annotated[tuple[Share, Share], Field(min_length=2)] | None = Field(
        None, description="expected share of positives in production, 0 to 1; or [low, high], judged at the worse end"
    )

    @property
    def prevalences(self) -> tuple[float, ...]:
        """The ends of the declared share of positives in production: none, one or two, in rising order."""
        given = self.production_prevalence
        return () if given is None else (given,) if isinstance(given, float | int) else tuple(dict.fromkeys(given))

    @field_validator("production_prevalence", mode="before")
    @classmethod
    def _one_or_two(cls, given: object) -> object:
        if isinstance(given, list | tuple) and len(given) != 2:
            raise ValueError(
                f"found {shown(list(given))}, expected one share such as 0.02, or two of them: [low, high]"
            )
        return given

    @field_validator("production_prevalence")
    @classmethod
    def _rising(cls, given: float | tuple[float, float] | None) -> float | tuple[float, float] | None:
        if isinstance(given, tuple) and given[0] > given[1]:
            raise ValueError(f"found {shown(list(given))}, expected [low, high] with low first")
        return given


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


class ModelFile(Part):
    """A model file and how it may be loaded, or columns with ready-made predictions."""

    path: FilePath | None = Field(None, description="model file or folder")
    sha256: Digest | None = Field(
        None, description="pin of the file; it is the consent to load a pickle or an MLflow model"
    )
    loader: Reference | None = Field(None, description="package.module:function that takes the path")
    threshold: float | None = Field(None, description="labels are score >= threshold")
    environment: tuple[VariableName, ...] = Field(
        (), description="names of environment variables that the model needs; it sees no others but the usual few"
    )
    predictions: PredictionColumns | None = Field(
        None, description="columns of data.test with ready-made predictions, in place of path"
    )

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


class Model(ModelFile):
    """The candidate."""

    name: Name = Field(description="name of the model, up to 200 characters")
    version: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_one_line)] = Field(
        description='version of the model, as text: "1.4"'
    )


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
# What may somebody vouch for that the rows cannot show? And whose word counts.

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


def is_outside(name: str, about: About) -> bool:
    """Whether somebody is surely not among those who prepared the review, however the name is spelt.

    Nobody is, where one of them has a name without a letter: it may be anybody's.
    """
    return not any(may_be_the_same(name, other) for other in about.prepared_by)


def counts(word: Vouch, about: About, day: datetime.date) -> bool:
    """Whether a word counts on a day: somebody outside gave it, and at most a year ago."""
    return bool(about.prepared_by) and is_outside(word.by, about) and word.on <= day <= word.on + COUNTS_FOR


def vouched_kinds(soundness: Vouched, data: Data, about: About, day: datetime.date) -> tuple[str, ...]:
    """What somebody vouches for on that day: kinds of doubt such as "seen", and kinds with a column, "leak/price"."""
    words = {kind: getattr(soundness, kind) for kind in Vouched.model_fields}
    words |= {f"leak/{column}": known for column, known in data.known_at.items() if known.when == "before"}
    words |= {f"groups/{column}": word for column, word in data.independent.items()}
    return tuple(kind for kind, word in words.items() if word is not None and counts(word, about, day))
