"""What all parts of a spec are made of: strict kinds of texts, numbers and days, and the base of every part."""

from __future__ import annotations

import datetime
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from readiness.core.environment import name_fault
from readiness.core.metrics import canonical
from readiness.core.person_names import mixed_word, words_of
from readiness.core.sanitize import shown


def one_line(text: str) -> str:
    """The text, if it is one line.

    Raises:
        ValueError: it is none, or more than one.
    """
    if text.splitlines() != [text]:  # it stands in the middle of sentences, which it must not end
        raise ValueError(f"found {shown(text)}, expected a name on one line")
    return text


Label = bool | int | float | str
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
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


PersonName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line), AfterValidator(_of_a_person)]


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


def label_text(label: Label) -> str:
    """A class label as a key of a mapping in the spec: "fraud", "1", "true"."""
    return str(label).lower() if isinstance(label, bool) else str(label)


class Part(BaseModel):
    """Base of every part of a spec: strict about keys, never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())

    def origin(self, key: str) -> str:
        """Who set `key` of this part: "default", or "set in the spec"."""
        return "set in the spec" if key in self.model_fields_set else "default"


class Owned(Part):
    """Criteria that somebody answers for."""

    owner: str = Field("", description="who answers for these criteria, where it is not the owner of the model")
    reason: str = Field("", description="why these criteria were chosen, in one sentence")
    due: Day | None = Field(None, description="by when what does not hold of these criteria is to be settled")
