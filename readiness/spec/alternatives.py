"""What must the candidate beat, and by how much? The section of question 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from readiness.spec.inputs import ColumnName, Label, MetricName, ModelFile, Name, NotNegative, Part

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


class Baseline(Part):
    """Question 1: does it beat the alternatives?"""

    metric: MetricName | None = Field(None, description="primary metric")
    margin: NotNegative | None = Field(
        None,
        description="required gain; of an error: as a share of the baseline's; of a metric of your own: in its unit",
    )
    rules: tuple[Rule, ...] = Field((), description="hand-written rules to beat")
    current: CurrentModel | None = Field(None, description="the model now in production")
    human: Human | None = Field(None, description="how well people do the same task")
    cost_per_prediction: Mapping[str, NotNegative] = Field(
        default_factory=dict, description="by method; shown, not judged"
    )
