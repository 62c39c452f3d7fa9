"""What the report says of the model and of those who answer for it: the section `about` of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from readiness.core.person_names import may_be_the_same
from readiness.core.sanitize import shown
from readiness.spec.parts import ColumnName, Name, Part, PersonName, Share, ValidDays

Text = Annotated[str, Field(min_length=1, max_length=2000)]


class Tier(Part):
    """How deep the review of a model must go, and why."""

    level: Name = Field(description="the tier of the model by the house's own scale, such as 1 or high")
    reason: Text = Field(description="what makes it that tier: exposure, purpose, whom it touches")


class Signal(Part):
    """One thing that is watched in production."""

    signal: Text = Field(description="what is watched, such as the share of alarms")
    limit: str = Field("", description="where the alarm begins")
    cadence: str = Field("", description="how often it is looked at, such as daily")
    who: str = Field("", description="who is called")


class ResidualRisk(Part):
    """What may still go wrong, and who bears it."""

    text: Text = Field(description="the risk that remains once all of this is done")
    accepted_by: PersonName = Field(description="who accepts it")


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
    users: str = Field("", description="who works with the predictions, and in which setting")
    tier: Tier | None = Field(None, description="how material the model is by the house's own scale, and why")
    validator: PersonName | None = Field(
        None, description="who validates the model independently; nobody of prepared_by"
    )
    metrics_rationale: str = Field("", description="why these metrics suit the purpose")
    assumptions: tuple[Text, ...] = Field((), description="what the model and this review take for granted")
    compensating_controls: tuple[Text, ...] = Field(
        (), description="what holds the known limits in check, one sentence each"
    )
    monitoring: tuple[Signal, ...] = Field((), description="what is watched in production, one entry for each signal")
    revalidation_triggers: tuple[Text, ...] = Field(
        (), description="what makes a new review due before its last day, one sentence each"
    )
    predetermined_changes: tuple[Text, ...] = Field(
        (),
        description="what may change without a new review, how that is tested, and within which limits; one sentence "
        "each",
    )
    residual_risk: ResidualRisk | None = Field(None, description="the risk that remains, and who accepts it")
    features: Mapping[ColumnName, Text] = Field(default_factory=dict, description="what the columns mean, by column")
    lineage: str = Field("", description="where data and code come from, such as a system, a query and a commit")
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

    @model_validator(mode="after")
    def _validated_by_others(self) -> About:
        if self.validator is not None and self.prepared_by and not is_outside(self.validator, self):
            raise ValueError(
                f"validator: {shown(self.validator)} is among prepared_by; who validates a model did not prepare its "
                f"review"
            )
        return self


def is_outside(name: str, about: About) -> bool:
    """Whether somebody is surely not among those who prepared the review, however the name is spelt.

    Nobody is, where one of them has a name without a letter: it may be anybody's.
    """
    return not any(may_be_the_same(name, other) for other in about.prepared_by)
