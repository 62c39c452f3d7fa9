"""What the report calls rows, classes, columns and groups: the keys `words` and `labels` of the section `data`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from readiness.core.sanitize import shown, visible
from readiness.core.vocabulary import MOST_LABEL, MOST_WORD, TITLE, DatePart, Vocabulary
from readiness.spec.parts import Part, label_text


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


# ----------------------------------------------------------------------------------------------------
# The vocabulary of a section `data` in plain values, as a record holds it. Whoever reads a record does not know who
# wrote it: what is not of the form that a spec has is passed over, and the plain word stands instead.


def vocabulary_in(data: Any, positive: str = "") -> Vocabulary:
    """The words of a plain section `data`; `positive` is the class that is looked for, where the section names none."""
    found = data if isinstance(data, Mapping) else {}
    words, labels = found.get("words"), found.get("labels")
    looked_for = found.get("positive")
    target = found.get("target")
    return Vocabulary.from_spec(
        {key: word for key, word in words.items() if _is_word(word)} if isinstance(words, Mapping) else {},
        {column: _texts(texts) for column, texts in labels.items()} if isinstance(labels, Mapping) else {},
        target=target if isinstance(target, str) else "",
        positive=label_text(looked_for) if isinstance(looked_for, bool | int | float | str) else positive,
        parts=_parts_of_dates(found.get("segments")),
    )


def _is_word(word: Any) -> bool:
    parts = word if isinstance(word, list | tuple) and len(word) == 2 else [word]
    return all(isinstance(part, str) and part for part in parts)


def _texts(texts: Any) -> dict[str, str]:
    return (
        {value: text for value, text in texts.items() if isinstance(text, str) and text}
        if isinstance(texts, Mapping)
        else {}
    )


def _parts_of_dates(entries: Any) -> Iterator[DatePart]:
    """Parts of dates that the segments look at."""
    for entry in entries if isinstance(entries, list | tuple) else ():
        for part in entry if isinstance(entry, list | tuple) else (entry,):
            if isinstance(part, Mapping) and isinstance(part.get("by"), str) and isinstance(part.get("column"), str):
                yield DatePart(part["column"], part["by"])
