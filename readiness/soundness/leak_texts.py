"""Readings of free texts and codes: words, beginnings and ends, numbers and lengths.

Texts that hardly ever come twice say nothing as a whole of other rows. What they share is asked one reading at a time,
in the plainest ways there are: what can be read off by eye is what gives an answer away ("written off" in a note, the
first letter of a case number). A model of all words is not fitted: an honest text may tell nearly all to one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from readiness.core.policy import Task
from readiness.core.sanitize import shorten
from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.leakage import Column, Target, column_of_categories, column_of_numbers, measure_column

SCREENED = 4_096
"""Rows by which the most telling reading is chosen."""
SHORT = 40
"""Letters that are read of every text."""
FEWEST, MOST_WORDS = 5, 5_000
"""Rows that a word must stand in, and words that are looked at, the commonest first."""
TOLD_WORDS, SINGLE_WORDS = 8, 3
"""Words that tell most, which are asked together, and how many of them alone."""
HOPELESS = 0.95
"""What the best reading of the screened rows may leave unexplained, for it to be looked at on all of them."""
ENDS = {1: "letter", 2: "two letters", 3: "three letters"}
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


_Text = tuple[str, Sequence[str]]
"""A text and its words."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is read of a text: a number, or what is the same in some texts; None for nothing."""

    said: str
    """In words; {} stands for the name of the column."""
    of: Callable[[str, Sequence[str]], object]
    """Of a text and its words."""
    is_number: bool = False

    def column(self, codes: Integers, texts: Sequence[_Text]) -> Column:
        """Of rows (n,) with these texts; -1 for none."""
        read = [self.of(*text) for text in texts]
        if self.is_number:
            numbers = np.array([*(np.nan if each is None else each for each in read), np.nan], dtype=np.float64)
            return column_of_numbers(numbers[codes])
        known: dict[object, int] = {}
        places = np.array([*(known.setdefault(each, len(known)) for each in read), -1], dtype=np.int64)
        return column_of_categories(places[codes])


def read_texts(whole: Column, codes: Integers, texts: Sequence[str], target: Target, letters: int) -> Column:
    """The whole values, or the reading of the texts that leaves less of the target unexplained than any other.

    Args:
        whole: the column (n,) whose values are the texts themselves.
        codes: (n,), which of the texts each row has; -1 for none.
        texts: the different ones.
        target: what is to be told.
        letters: so many are read of all texts together: of longer ones the beginning and the end.
    """
    if not target.can_be_told:
        return whole
    texts = _shorten_texts(texts, max(SHORT, letters // max(1, len(texts))))
    rows = np.unique(np.linspace(0, len(codes) - 1, min(len(codes), SCREENED)).astype(np.int64))
    part = target.subset(rows)
    if not part.can_be_told:
        return whole
    some, few = np.unique(codes[rows], return_inverse=True)
    few, few_texts = few - int(some[0] < 0), [_split_words(texts[code]) for code in some if code >= 0]
    words, looked = _find_telling_words(few, few_texts, part)
    readings = [*_of_words(words), *_OF_LETTERS]
    left = [measure_column(each.column(few, few_texts), part).unexplained for each in readings]
    best, tried = readings[int(np.argmin(left))], looked + len(readings) + 1
    if min(left) < HOPELESS:
        column = best.column(codes, [_split_words(text) for text in texts])
        if measure_column(column, target).unexplained < measure_column(whole, target).unexplained:
            return replace(column, reading=best.said, tried=tried)
    return replace(whole, tried=tried)


def _split_words(text: str) -> _Text:
    return text, _WORD.findall(text)


def _shorten_texts(texts: Sequence[str], most: int) -> list[str]:
    """Texts without what no one sees, of long ones the beginning and the end."""
    half, bare = most // 2, [text.strip().casefold() for text in texts]
    return [text if len(text) <= most else f"{text[:half]} {text[-half:]}" for text in bare]


def _letters(part: slice) -> Callable[[str, Sequence[str]], str]:
    return lambda text, _words: text[part]


def _first_number(text: str, _words: Sequence[str]) -> float | None:
    found = _NUMBER.search(text)
    return float(found[0][:300]) if found else None


_OF_LETTERS = (
    *(_Reading(f"the first {said} of {{}}", _letters(slice(count))) for count, said in ENDS.items()),
    *(_Reading(f"the last {said} of {{}}", _letters(slice(-count, None))) for count, said in ENDS.items()),
    _Reading("the first word of {}", lambda _text, words: words[0] if words else ""),
    _Reading("the last word of {}", lambda _text, words: words[-1] if words else ""),
    _Reading("the number of words in {}", lambda _text, words: len(words), is_number=True),
    _Reading("the length of {}", lambda text, _words: len(text), is_number=True),
    _Reading("the first number in {}", _first_number, is_number=True),
)


# Words ----------------------------------------------------------------------------------------------------------


def _of_words(words: Sequence[str]) -> Iterator[_Reading]:
    """Whether a telling word stands in a text, and which of them do."""
    for word in words[:SINGLE_WORDS]:
        yield _Reading(f"whether “{shorten(word)}” stands in {{}}", _contains_words([word]))
    if len(words) > 1:
        said = f"which of {len(words)} words stand in {{}}, such as “{shorten(words[0])}”"
        yield _Reading(said, _contains_words(words))


def _contains_words(asked: Sequence[str]) -> Callable[[str, Sequence[str]], tuple[bool, ...]]:
    return lambda _text, words: tuple(word in words for word in asked)


def _find_telling_words(codes: Integers, texts: Sequence[_Text], target: Target) -> tuple[list[str], int]:
    """The words that part the rows best by their target, and how many were looked at."""
    rows = np.flatnonzero(codes >= 0)
    of_text = [set(words) for _, words in texts]
    of_row = [of_text[code] for code in codes[rows]]
    counts = Counter(word for words in of_row for word in words)
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    known = [word for word, rows_of in common if FEWEST <= rows_of <= len(rows) - FEWEST][:MOST_WORDS]
    if not known:
        return [], 0
    places = {word: k for k, word in enumerate(known)}
    columns = [[places[word] for word in words if word in places] for words in of_row]
    ends = np.cumsum([0, *(len(each) for each in columns)])
    flat = np.array([place for each in columns for place in each], dtype=np.int64)
    table = csr_array((np.ones(len(flat)), flat, ends), shape=(len(rows), len(known)))
    gains = _gains(table, _outcomes(target, rows))
    return _keep_different(known, gains, table), len(known)


def _outcomes(target: Target, rows: Integers) -> Floats:
    """(n, k): the number or the classes, less their mean."""
    of_rows = target.numbers[rows, None]
    if target.task is Task.MULTICLASS:
        of_rows = np.column_stack([target.is_of(side)[rows] for side in target.sides]).astype(np.float64)
    return np.asarray(of_rows - of_rows.mean(axis=0))


def _gains(table: csr_array, outcomes: Floats) -> Floats:
    """(words,): by how much squared errors fall where rows with a word have a mean of their own, and others theirs."""
    n = len(outcomes)
    having = np.asarray(table.sum(axis=0), dtype=np.float64)
    sums = np.asarray(table.T @ outcomes)
    return np.asarray((sums**2).sum(axis=1) * n / (having * (n - having)))


def _keep_different(words: Sequence[str], gains: Floats, table: csr_array) -> list[str]:
    """The words of most gain, of such as always stand together one."""
    chosen: list[str] = []
    seen: list[Array] = []
    by_column = table.tocsc()
    for k in np.argsort(-gains, kind="stable")[: 4 * TOLD_WORDS].tolist():
        rows = by_column.indices[by_column.indptr[k] : by_column.indptr[k + 1]]
        if len(chosen) < TOLD_WORDS and not any(np.array_equal(rows, other) for other in seen):
            chosen.append(words[k])
            seen.append(rows)
    return chosen
