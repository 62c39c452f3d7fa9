"""Sections of the six questions, and the attestations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from readiness.core import policy
from readiness.core.checklist import ATTESTABLE
from readiness.core.format import listed
from readiness.core.metrics import RESPONSE_QUANTILES
from readiness.core.probes import DEMANDABLE, REFUSABLE
from readiness.spec.inputs import IsolationRule, ModelFile
from readiness.spec.parts import (
    MOST_VALID_DAYS,
    ColumnName,
    Day,
    Label,
    MetricName,
    Name,
    NotNegative,
    Owned,
    Part,
    Positive,
    Share,
)


class Requirement(Owned):
    """One business sentence and the metric that stands for it."""

    says: Annotated[str, Field(min_length=1)] = Field(description="the requirement in the words of the business")
    metric: MetricName = Field(description="metric that stands for it, such as recall")
    of_class: Label | None = Field(
        None, description="more than two classes: the class that is looked for, all others being its opposite"
    )
    at_least: float | None = Field(None, description="met when the metric is this or more")
    at_most: float | None = Field(None, description="met when the metric is this or less")
    above: float | None = Field(None, description="met when the metric is more than this")
    below: float | None = Field(None, description="met when the metric is less than this")
    lift_over: str | None = Field(None, description="the limit is a relative gain over this baseline")
    gain_over: str | None = Field(None, description="the limit is an absolute gain over this baseline")

    @model_validator(mode="after")
    def _one_limit(self) -> Requirement:
        given = [key for key in _OPS if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"has {len(given) or 'no'} limits; give exactly one of {', '.join(_OPS)}")
        if self.lift_over is not None and self.gain_over is not None:
            raise ValueError("has both lift_over (relative) and gain_over (absolute); give one")
        if (self.lift_over is not None or self.gain_over is not None) and given[0] in ("at_most", "below"):
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


class Business(Owned):
    """Question 2: does it meet the stated requirements?"""

    requirements: tuple[Requirement, ...] = Field((), description="what the business asks for, one entry each")


def _in_order(part: Part, lower: str, upper: str) -> None:
    a, b = getattr(part, lower), getattr(part, upper)
    if a > b:
        said = [
            f"{key} {value:g}{'' if key in part.model_fields_set else ' (default)'}"
            for key, value in ((lower, a), (upper, b))
        ]
        raise ValueError(f"{said[0]} is above {said[1]}; set both so that {lower} comes first")


FairnessMeasure = Literal[
    "demographic_parity_ratio",
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "equalized_odds_difference",
]


class Segments(Owned):
    """Question 3: does it work for everyone?"""

    metrics: tuple[MetricName, ...] | None = Field(None, description="metrics that are judged for every segment")
    limit: Positive = Field(policy.SEGMENT_LIMIT, description="largest tolerated deficit against all other rows")
    warning: Positive = Field(policy.SEGMENT_WARNING, description="deficit from which a warning is shown")
    coverage: Share = Field(policy.SEGMENT_COVERAGE, description="share of rows that assessable segments must hold")
    power: Annotated[float, Field(gt=0, lt=1)] = Field(
        policy.SEGMENT_POWER, description="chance that a segment without deficit is met, to count as assessable"
    )
    judged_slices: Literal["named", "all", "none"] = Field(
        "named",
        description="weak slices that count against the candidate: of columns named under data.segments and parts of "
        "data.time, of every column that is searched, or none",
    )
    fairness: Mapping[FairnessMeasure, Share] = Field(
        default_factory=dict,
        description="limits for comparisons of groups: the ratio must be at least, the differences at most this",
    )

    @model_validator(mode="after")
    def _warning_first(self) -> Segments:
        _in_order(self, "warning", "limit")
        return self


class CostColumn(Part):
    """A cost that differs from row to row."""

    column: ColumnName = Field(description="column of data.test with the cost of an error in that row")


Cost = NotNegative | CostColumn
Floor = Annotated[float, Field(gt=0, lt=1)]


class Costs(Part):
    """What an error costs: by kind of error, by pair of classes, or by unit."""

    false_positive: Cost | None = Field(None, description="cost of a false alarm: a number, or a column")
    false_negative: Cost | None = Field(None, description="cost of a missed positive: a number, or a column")
    matrix: Mapping[str, Mapping[str, NotNegative]] | None = Field(
        None, description="cost by true class, then predicted class"
    )
    under: NotNegative | None = Field(None, description="cost of each unit predicted too low")
    over: NotNegative | None = Field(None, description="cost of each unit predicted too high")
    currency: str = Field("", description="unit of all costs, such as EUR")

    @model_validator(mode="after")
    def _one_complete_way(self) -> Costs:
        pairs = (("false_positive", "false_negative"), ("matrix",), ("under", "over"))
        given = [pair for pair in pairs if any(getattr(self, key) is not None for key in pair)]
        if len(given) != 1:
            found = "names no cost" if not given else f"has both {given[0][0]} and {given[1][0]}"
            raise ValueError(f"{found}; give one of: false_positive and false_negative, matrix, under and over")
        for key in given[0]:
            if getattr(self, key) is None:
                raise ValueError(f"{key} is missing; give {' and '.join(given[0])} together (0 if it costs nothing)")
        return self

    @model_validator(mode="after")
    def _full_matrix(self) -> Costs:
        rows = self.matrix or {}
        if self.matrix is not None and len(rows) < 2:
            raise ValueError("matrix needs at least two classes")
        for true, row in rows.items():
            if set(row) != set(rows):
                raise ValueError(f"matrix: the row {true!r:.60} must give a cost for each of {', '.join(rows):.200}")
        return self


class GivenInterval(Part):
    """Columns of the test table with an interval for each predicted value."""

    low: ColumnName = Field(description="column with the lower ends")
    high: ColumnName = Field(description="column with the upper ends")
    level: Annotated[float, Field(gt=0, lt=1)] = Field(description="share of rows that it claims to cover, such as 0.9")
    at_least: Share | None = Field(None, description="share of rows that it must cover; without it nothing is judged")


class Errors(Owned):
    """Question 4: are the failure modes acceptable?"""

    costs: Costs | None = Field(None, description="what an error costs")
    do_nothing: Label | None = Field(None, description="the prediction that stands for doing nothing")
    capacity: Positive | None = Field(
        None, description="rows that can be acted on: a share of the test rows up to 1, else a number of them"
    )
    dearer: Annotated[float, Field(ge=0, lt=1)] = Field(
        policy.DEARER, description="share by which errors may cost more than those of the current model"
    )
    floors: Mapping[str, Floor] = Field(
        default_factory=dict, description="by class the least share of its rows that must be found"
    )
    class_floor: Floor = Field(
        policy.CLASS_FLOOR,
        description="the same for classes without a floor of their own whose errors cost something, by costs.matrix",
    )
    class_coverage: Share = Field(
        policy.CLASS_COVERAGE,
        description="more than two classes: share of rows, and of what is at stake, in classes with enough rows",
    )
    value_per_prediction: Positive | None = Field(None, description="value that a prediction creates, in the currency")
    describe: Mapping[Literal["false_positive", "false_negative"], str] = Field(
        default_factory=dict, description="what such an error means in business words"
    )
    show: tuple[ColumnName, ...] = Field((), description="columns shown with the worst errors")
    confident: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        policy.CONFIDENT, description="probability from which a wrong answer counts as confidently wrong"
    )
    interval: GivenInterval | None = Field(None, description="regression: intervals that come with the predictions")
    top_k: Annotated[int, Field(gt=0)] = Field(
        policy.TOP_K, description="ranking: rows of a query that are shown, and so count as predicted positive"
    )


class Stability(Owned):
    """Question 5: is performance consistent?"""

    folds: Annotated[int, Field(ge=2, le=50)] = Field(policy.FOLDS, description="parts of the training table")
    repeats: Annotated[int, Field(ge=1, le=100)] = Field(policy.REPEATS, description="times the folds are redrawn")
    budget_seconds: Positive = Field(policy.BUDGET_SECONDS, description="time after which no new repeat begins")
    half_width: Positive = Field(
        policy.HALF_WIDTH, description="largest half of the 95 % interval of the mean; regression: share of the mean"
    )
    churn_met: Share = Field(policy.CHURN_MET, description="met up to this share of labels that change on refitting")
    churn_not_met: Share = Field(policy.CHURN_NOT_MET, description="not met above this share")
    std: Positive = Field(policy.FOLD_STD, description="largest standard deviation of the folds, under evidence: point")

    seeds: Annotated[int, Field(ge=0, le=20)] = Field(
        policy.SEEDS, description="refits on all training rows that differ in their seed alone"
    )
    perturbation: Positive = Field(
        policy.PERTURBATION, description="size of small changes to numbers, as a share of the interquartile range"
    )
    windows: Annotated[int, Field(ge=2, le=50)] | None = Field(
        None, description="equal parts of the test rows in time order; as many as the rows can prove when left out"
    )
    window_limit: Positive = Field(
        policy.WINDOW_LIMIT, description="largest tolerated deficit of a window of time against all other rows"
    )
    trend_limit: Positive = Field(
        policy.TREND_LIMIT, description="decline from the first to the last row above which a trend is not met"
    )

    @model_validator(mode="after")
    def _met_first(self) -> Stability:
        _in_order(self, "churn_met", "churn_not_met")
        return self


class RolloutStage(Part):
    """A share of the traffic for a while."""

    share: Annotated[float, Field(gt=0, le=1)] = Field(description="share of the traffic, such as 0.05")
    days: Positive | None = Field(None, description="shortest time of the stage in days")


class Rollout(Part):
    """How the model is to go live, once it is approved; nothing here is judged."""

    stages: tuple[RolloutStage, ...] = Field((), description="the stages in their order, each a larger share")
    stopped_by: str = Field("", description="who stops it, and brings the model before it back")
    alarms: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (), description="what stops it besides a fall below the requirements, one sentence each"
    )

    @model_validator(mode="after")
    def _rising(self) -> Rollout:
        shares = [stage.share for stage in self.stages]
        if any(a >= b for a, b in pairwise(shares)):
            raise ValueError("the share of each stage must be larger than that of the stage before it")
        return self


BrokenShare = Annotated[float, Field(ge=0, le=policy.PAIR_SHARE)]
_SHARE = "largest share of rows that may break it; 0: none of the tried rows may, and 1 % of all is excluded"


class Monotonic(Part):
    """A column that must move the answer in one direction, all else equal (a directional expectation test)."""

    column: ColumnName = Field(description="column of numbers in data.test")
    direction: Literal["increasing", "decreasing"] = Field(
        description="of the answer, as the column grows: the score of the positive class, or the predicted number"
    )
    of_class: Label | None = Field(
        None, description="more than two classes: the one whose score must follow the column"
    )
    says: str = Field("", description="the expectation in your own words, as the report prints it")
    tolerance: NotNegative = Field(0.0, description="how far the answer may go the other way, in its own unit")
    share: BrokenShare = Field(0.0, description=_SHARE)


class Invariant(Part):
    """A column that must not matter to the answer, all else equal (an invariance test)."""

    column: ColumnName = Field(description="column of data.test")
    values: tuple[Label, ...] = Field(
        (), description="the values that are exchanged, two at least; those of the test rows when left out"
    )
    says: str = Field("", description="the expectation in your own words, as the report prints it")
    tolerance: NotNegative | None = Field(
        None,
        description="how far the score, or the predicted number, may move; left out, labels must stay and scores may "
        "move, and predicted numbers must stay",
    )
    share: BrokenShare = Field(0.0, description=_SHARE)

    @model_validator(mode="after")
    def _two_values(self) -> Invariant:
        if len(set(map(str, self.values))) == 1:
            raise ValueError("values has one value alone; give two at least, or leave it out")
        return self


class Production(Owned):
    """Question 6: technical limits, drift and probes."""

    latency_p50_ms: Positive | None = Field(None, description="limit of the median latency, milliseconds")
    latency_p95_ms: Positive | None = Field(None, description="limit of the latency of 95 % of calls, milliseconds")
    latency_p99_ms: Positive | None = Field(None, description="limit of the latency of 99 % of calls, milliseconds")
    latency_p999_ms: Positive | None = Field(
        None, description="limit of the latency of 99.9 % of calls, milliseconds; takes 5,000 calls to prove"
    )
    rate_per_second: Annotated[float, Field(gt=0, le=100_000)] | None = Field(
        None,
        description="requests that come in a second, on average; with it, response times are measured as requests "
        "arrive, and what happens at 10 to 200 % of that rate",
    )
    response_p95_ms: Positive | None = Field(
        None, description="limit of the response time of 95 % of requests at that rate, milliseconds, waiting included"
    )
    response_p99_ms: Positive | None = Field(
        None, description="limit of the response time of 99 % of requests at that rate, milliseconds, waiting included"
    )
    load_errors: Share | None = Field(
        None, description="limit of the share of requests without an answer, at 10 to 200 % of that rate"
    )
    memory_growth_mb: Positive | None = Field(
        None, description="limit of the growth of the model's memory in a thousand calls, MB"
    )
    workers: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="processes that serve at once; with it, throughput is measured by 1, 2, 4 … of them"
    )
    throughput_per_second: Positive | None = Field(None, description="least number of rows scored in a second")
    size_mb: Positive | None = Field(None, description="limit of the size of the model file, MB")
    memory_mb: Positive | None = Field(None, description="limit of the memory that the loaded model takes, MB")
    measured_on: Literal["this", "shared"] = Field(
        "this",
        description="this: times measured here stand for production; shared: the machine is shared with "
        "other work, such as a runner of a build service, and times measured here are shown and not judged",
    )
    isolation: IsolationRule = "best"
    must_handle: tuple[Literal[DEMANDABLE], ...] = Field(  # type: ignore[valid-type]  # the table of probes says which
        (), description="probes that block besides one row, column order, determinism and those of the checklist"
    )
    clean_error_accepted: tuple[Literal[REFUSABLE], ...] = Field(  # type: ignore[valid-type]  # as above
        policy.CLEAN_ERROR_ACCEPTED,
        description="probes for which a clean error is as good as a prediction",
    )
    monotonic: Annotated[tuple[Monotonic, ...], Field(max_length=50)] = Field(
        (), description="columns that must move the answer in one direction, all else equal"
    )
    invariant: Annotated[tuple[Invariant, ...], Field(max_length=50)] = Field(
        (), description="columns that must not matter to the answer, all else equal"
    )
    drift_warning: Positive = Field(policy.DRIFT_WARNING, description="stability index from which drift is a warning")
    drift_limit: Positive = Field(policy.DRIFT_LIMIT, description="stability index above which drift is not met")
    drift_exempt: tuple[ColumnName, ...] = Field(
        (), description="columns that are meant to change, such as a version, and are not looked at for drift"
    )
    calls: Annotated[int, Field(ge=300, le=1_000_000)] = Field(
        policy.LATENCY_CALLS,
        description="most calls that are timed; where a limit is decided earlier, at 500, 1,000, 2,000 or 5,000 calls, "
        "no more are made; without a limit only as many as are quickly made, if this is not set",
    )
    call_seconds: Positive = Field(
        policy.LATENCY_SECONDS,
        description="time after which no further call is made; the same again for response times at a rate, and half "
        "of it for what happens under load",
    )
    rollout: Rollout = Field(Rollout(), description="how the model is to go live, once it is approved")

    @model_validator(mode="after")
    def _rate_of_responses(self) -> Production:
        limited = [key for key in (*RESPONSE_QUANTILES, "load_errors") if getattr(self, key) is not None]
        if limited and self.rate_per_second is None:
            raise ValueError(
                f"has {limited[0]} without rate_per_second; give the requests that come in a second, on which it hangs"
            )
        return self

    @model_validator(mode="after")
    def _warning_first(self) -> Production:
        _in_order(self, "drift_warning", "drift_limit")
        return self


class Attestation(Part):
    """A named person answers a box, with evidence; or it does not apply, for a reason."""

    done: bool | None = Field(None, description="true when it is done")
    by: str = Field("", description="who says so")
    on: Day | None = Field(None, description="when, as 2026-11-22")
    evidence: str = Field(
        "",
        description="where that can be seen: a file or folder that is there, by its path relative to the spec, whose "
        "digest goes into the record; or a web address, which is marked as not seen",
    )
    valid_until: Day | None = Field(
        None,
        description="last day on which it holds, by UTC; after that it is expired, which is not a yes; without it, it "
        "holds for a year; at most three years after `on`",
    )
    not_applicable: str = Field("", description="why the box does not apply, in place of done")

    @model_validator(mode="after")
    def _complete(self) -> Attestation:
        if self.not_applicable and self.done is not None:
            raise ValueError("has both done and not_applicable; give one")
        if self.done:
            missing = [key for key in ("by", "on", "evidence") if not getattr(self, key)]
            if missing:
                names, verb = listed([f"`{key}`" for key in missing]), "is" if len(missing) == 1 else "are"
                raise ValueError(
                    f"says done: true, but {names} {verb} missing; an attestation names person, date and evidence"
                )
        if self.valid_until is not None and self.on is not None and self.valid_until < self.on:
            raise ValueError(f"is valid until {self.valid_until}, which is before {self.on}, the day it was given")
        if self.valid_until is not None and self.on is not None and (self.valid_until - self.on).days > MOST_VALID_DAYS:
            raise ValueError(
                f"is valid until {self.valid_until}, more than {MOST_VALID_DAYS:,} days after {self.on}, the day it was"
                f" given; what was seen must be looked at again within three years"
            )
        return self


Checklist = Mapping[Literal[ATTESTABLE], Attestation]  # type: ignore[valid-type]  # the keys are the boxes


# ----------------------------------------------------------------------------------------------------
# The section of question 1: what the candidate must beat, and by how much

Test = Literal["superiority", "non_inferiority"]


class Rule(Part):
    """A hand-written rule, the simplest alternative to a model."""

    name: Name = Field(description="what the report calls the rule")
    when: str | None = Field(None, description="condition such as \"amount > 10000 and region == 'north'\"")
    then: Label | None = Field(None, description="prediction where the condition holds; binary: the positive class")
    otherwise: Label | None = Field(None, description="prediction elsewhere; binary: the negative class")
    column: ColumnName | None = Field(None, description="a column of data.test that holds the rule's predictions")
    test: Test = Field(
        "superiority",
        description="superiority: better by more than the margin; non_inferiority: not worse by more than the margin",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Rule:
        if (self.when is None) == (self.column is None):
            raise ValueError("give either when (a condition) or column (ready-made predictions)")
        if self.when is None and not (self.then is None and self.otherwise is None):
            raise ValueError("then and otherwise belong to when; a column holds its own predictions")
        return self


class CurrentModel(ModelFile):
    """The model now in production."""

    name: Name = Field(description="what the report calls it")
    test: Test = Field(
        "superiority",
        description="superiority: better by more than the margin; non_inferiority: not worse by more than the margin",
    )


class Human(Part):
    """How well people do the same task, from a study outside this data."""

    metric: MetricName = Field(description="metric that the study measured, such as recall")
    value: float = Field(description="what it measured")
    n: Annotated[int, Field(gt=0)] | None = Field(None, description="cases in the study; without it nothing is proven")
    source: str = Field("", description="where the figure comes from")
    test: Test = Field(
        "superiority",
        description="superiority: better by more than the margin; non_inferiority: not worse by more than the margin",
    )


class Baseline(Owned):
    """Question 1: does it beat the alternatives?"""

    metric: MetricName | None = Field(None, description="primary metric")
    margin: NotNegative | None = Field(
        None,
        description="required gain; of an error: as a share of the baseline's; of a metric of your own: in its unit",
    )
    rules: tuple[Rule, ...] = Field((), description="hand-written rules to beat")
    current: CurrentModel | None = Field(None, description="the model now in production")
    human: Human | None = Field(None, description="how well people do the same task")
    cost_per_prediction: Mapping[str, NotNegative] = Field(default_factory=dict, description="by method; shown alone")
