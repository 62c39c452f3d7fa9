"""The words in which a report speaks of rows, classes, columns and groups: those of the spec, else plain ones."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

TITLE = "title"
"""The key of a column's labels that names the column itself, not one of its values."""
MOST_WORD = 40
"""Characters of a word that is counted: "honest payment"."""
MOST_LABEL = 80
"""Characters of what a column or a group is called: "people of 65 and over"."""

_IRREGULAR = {
    "person": "people",
    "child": "children",
    "man": "men",
    "woman": "women",
    "foot": "feet",
    "tooth": "teeth",
    "mouse": "mice",
    "datum": "data",
    "criterion": "criteria",
    "phenomenon": "phenomena",
    "life": "lives",
    "wife": "wives",
    "knife": "knives",
    "half": "halves",
    "quiz": "quizzes",
}
_REGULAR = frozenset({"human", "german", "roman", "norman", "shaman", "talisman", "ottoman"})
"""Words that end like an irregular one."""
_UNCHANGED = frozenset({"series", "species", "aircraft", "sheep", "fish", "offspring", "news", "means"})
_BEFORE_NOUN = re.compile(r" (?:of|with|without|in|on|at|for|from|by|to|against|per|who|that|which) ")
"""What ends the noun of a phrase: the plural of "case of fraud" is "cases of fraud"."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing that is counted."""

    one: str
    many: str

    @classmethod
    def of(cls, word: str | Sequence[str]) -> Noun:
        """The noun of a word of the spec: a text, whose plural follows the rules of English, or [one, many]."""
        if isinstance(word, str):
            return cls(word, plural(word))
        one, many = word
        return cls(one, many)

    def form(self, count: float) -> str:
        """The form that follows a number: "fraud" after 1, "frauds" after any other."""
        return self.one if count == 1 else self.many

    def counted(self, count: int) -> str:
        """The number and its noun: "1 fraud", "1,025 frauds"."""
        return f"{count:,} {self.form(count)}"


ROW = Noun("row", "rows")
"""What a row is called where the spec has no word for it."""


def plural(phrase: str) -> str:
    """The plural of an English noun or phrase: "honest payments", "cases of fraud", "people", "companies"."""
    found = _BEFORE_NOUN.search(phrase)
    noun, rest = (phrase[: found.start()], phrase[found.start() :]) if found else (phrase, "")
    head, _, last = noun.rpartition(" ")
    return f"{head} {_plural(last)}{rest}" if head else f"{_plural(last)}{rest}"


def _plural(word: str) -> str:
    small = word.casefold()
    for one, many in _IRREGULAR.items():
        if small == one or (small.endswith(one) and small not in _REGULAR):
            start = word[: len(word) - len(one)]
            return start + (many.capitalize() if word[len(start)].isupper() else many)
    if small in _UNCHANGED:
        return word
    if re.search(r"[^aeiou]y$", small):
        return f"{word[:-1]}ies"
    if small.endswith("sis"):  # diagnosis, crisis, analysis
        return f"{word[:-2]}es"
    return f"{word}es" if re.search(r"(s|x|z|ch|sh)$", small) else f"{word}s"


def spellings(value: str) -> Iterator[str]:
    """The ways in which spec and table may write one value, the given one first: 5,000 and 5000, True and true, 1.0
    and 1.
    """
    yield value
    yield value.replace(",", "")
    if value in ("True", "False", "TRUE", "FALSE"):
        yield value.lower()
    try:
        number = float(value)
    except ValueError:
        return
    if math.isfinite(number) and number.is_integer():
        yield str(int(number))


@dataclass(frozen=True, slots=True)
class DatePart:
    """A part of the dates in a column, by which rows are grouped."""

    column: str
    by: str
    """Such as "weekend"."""

    def __str__(self) -> str:
        """What findings call it: "paid_at (weekend)"."""
        return f"{self.column} ({self.by})"


_NONE: Mapping[Any, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a report calls things. Texts are those of the spec, as written: whoever shows them escapes them."""

    row: Noun = ROW
    positive: Noun | None = None
    """A row of the class that is looked for, or, in a ranking, a relevant row."""
    negative: Noun | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """What a column is called, by its name in the tables."""
    groups: Mapping[tuple[str, str], str] = field(default_factory=lambda: _NONE)
    """What the rows with a value of a column are called together, by column and value."""
    target: str = ""
    """The column that holds the truth; empty where nobody said which."""
    positive_value: str = ""
    """Text of the class that is looked for; empty where there is none."""

    @classmethod
    def from_spec(
        cls,
        words: Mapping[str, str | Sequence[str]] | None = None,
        labels: Mapping[str, Mapping[str, str]] | None = None,
        *,
        target: str = "",
        positive: str = "",
        parts: Iterable[DatePart] = (),
    ) -> Vocabulary:
        """The vocabulary of `data.words` and `data.labels`.

        Args:
            words: By "row", "positive" and "negative" a text, or one and many.
            labels: By column the name of the column, under "title", and of its groups, by their value.
            target: The column that holds the truth.
            positive: The class that is looked for, as text.
            parts: Parts of dates that rows are grouped by: each shares the labels of its column.
        """
        nouns = {key: Noun.of(word) for key, word in (words or {}).items()}
        given = {column: dict(texts) for column, texts in (labels or {}).items()}
        for part in parts:
            of_column = given.get(part.column, {})
            title = {TITLE: str(DatePart(of_column[TITLE], part.by))} if TITLE in of_column else {}
            given[str(part)] = {**of_column, **title, **given.get(str(part), {})}
        groups: dict[tuple[str, str], str] = {}
        for column, texts in given.items():
            values = _values(texts)
            for value, text in values.items():  # the spelling of the spec before any other
                groups[column, value] = text
            for value, text in values.items():
                for spelling in spellings(value):
                    groups.setdefault((column, spelling), text)
        return cls(
            row=nouns.get("row", ROW),
            positive=nouns.get("positive"),
            negative=nouns.get("negative"),
            columns={column: texts[TITLE] for column, texts in given.items() if TITLE in texts},
            groups=groups,
            target=target,
            positive_value=positive,
        )

    def column(self, name: str) -> str:
        """What a column is called: "age"; its own name when nobody said."""
        return self.columns.get(name, name)

    def group_words(self, column: str, value: str) -> str:
        """What the spec calls the rows with this value: "people of 65 and over"; empty when nobody said."""
        return next(
            (self.groups[column, found] for found in spellings(value) if (column, found) in self.groups),
            "",
        )

    def group(self, column: str, value: str) -> str:
        """The rows with a value of a column: "people of 65 and over"; "age_group = 65+" when nobody said."""
        return self.group_words(column, value) or f"{self.column(column)} = {value}"

    def outcome_noun(self, value: str) -> Noun | None:
        """The noun for rows of a class of a binary target; None where the spec has no word for them."""
        if not self.positive_value:
            return None
        is_positive = not set(spellings(value)).isdisjoint(spellings(self.positive_value))
        return self.positive if is_positive else self.negative

    def outcome(self, value: str) -> str:
        """A class of the target: its label, else the word for one row of it, else the value as it is."""
        labelled = self.group_words(self.target, value) if self.target else ""
        noun = self.outcome_noun(value)
        return labelled or (noun.one if noun is not None else value)


def _values(texts: Mapping[str, str]) -> dict[str, str]:
    return {value: text for value, text in texts.items() if value != TITLE}


PLAIN = Vocabulary()
"""The words for a spec that has none of its own."""
