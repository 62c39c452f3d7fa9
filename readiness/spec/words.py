"""What the report calls rows, classes, columns and groups: the keys `words` and `labels` of the section `data`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from readiness.core.sanitize import shown, visible
from readiness.core.vocabulary import MOST_LABEL, MOST_WORD, TITLE
from readiness.spec.parts import Part


def _spoken(text: str) -> str:
    """A text that can stand in the middle of a sentence."""
    if text.strip() != text or text.splitlines() != [text]:
        raise ValueError(f"found {shown(text)}, expected one line without blanks around it")
    if visible(text) != text:
        raise ValueError(f"found {shown(text)}, which holds a character that nobody sees; write it anew")
    if not any(character.isalnum() for character in text):
        raise ValueError(f"found {shown(text)}, which has neither a letter nor a digit")
    return text


def _one_or_two(word: Any) -> Any:
    if isinstance(word, list | tuple) and len(word) != 2:
        raise ValueError(f"found a list of {len(word)}, expected one word, such as payment, or two: [person, people]")
    return tuple(word) if isinstance(word, list) else word  # a tuple is what is taken strictly


WordText = Annotated[str, Field(min_length=1, max_length=MOST_WORD), AfterValidator(_spoken)]
Word = Annotated[WordText | tuple[WordText, WordText], BeforeValidator(_one_or_two)]
LabelText = Annotated[str, Field(min_length=1, max_length=MOST_LABEL), AfterValidator(_spoken)]


def _told_apart(labels: Mapping[str, str]) -> Mapping[str, str]:
    if not labels:
        raise ValueError("is empty; give a title, or what a value is called")
    first: dict[str, str] = {}
    for value, text in labels.items():
        if value != TITLE and first.setdefault(text, value) != value:
            raise ValueError(
                f"calls both {shown(first[text])} and {shown(value)} {shown(text)}; nobody could tell them apart"
            )
    return labels


ColumnLabels = Annotated[Mapping[Annotated[str, Field(min_length=1)], LabelText], AfterValidator(_told_apart)]
"""By value of the column what rows with it are called; under "title" the name of the column."""


class Words(Part):
    """The report's own nouns. A word is a text, whose plural follows the rules of English, or [one, many]."""

    row: Word | None = Field(None, description="what one row is: payment, or [person, people]")
    positive: Word | None = Field(
        None, description="a row of the class that is looked for: fraud; of a ranking: a relevant row"
    )
    negative: Word | None = Field(None, description="a row of the other class: honest payment")

    @model_validator(mode="after")
    def _differ(self) -> Words:
        if self.positive is not None and self.positive == self.negative:
            raise ValueError("calls both classes the same; nobody could tell them apart")
        return self
