"""Columns by which people are usually told apart, or protected by law, and which a spec does not look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from readiness.spec.schema import Spec

USUAL = {
    "age": "age ages birth birthday birthdate birthyear dob yob",
    "sex": "sex gender male female pronoun pronouns",
    "origin": "race racial ethnicity ethnic ethnicities nationality citizenship citizen country native immigrant "
    "migrant migration caste tribe",
    "belief": "religion religious faith",
    "health": "disability disabilities disabled handicap pregnancy pregnant",
    "family": "marital married spouse",
    "orientation": "orientation sexuality",
    "place": "region regions province county district city postcode postalcode postal zip zipcode plz",
    "means": "income salary wage wages education",
    "language": "language languages lang tongue",
    "device": "device devices",
    "time": "tenure period quarter season month weekday weekend",
}
"""Words in the names of such columns, by what they tell. The first six are protected in the EU (Charter of
Fundamental Rights, 21) and in the US (ECOA, Title VII); the others are where models are known to differ."""
PHRASES = ("post code", "civil status", "mother tongue")

NOT_OF_PEOPLE = frozenset({"device", "time"})
"""Usual segments that tell circumstances apart: the month, the phone."""

_WORDS = frozenset(chain.from_iterable(words.split() for words in USUAL.values()))
_WORDS_OF_PEOPLE = frozenset(
    word for kind, words in USUAL.items() if kind not in NOT_OF_PEOPLE for word in words.split()
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+")


def unsegmented(spec: Spec, columns: Sequence[str]) -> tuple[str, ...]:
    """The usual columns among those of the test table that no segment looks at, in their order.

    Features count as well as columns that the model is not given; the target, and those that name, weigh or date a row,
    do not.
    """
    data = spec.data
    passed = {data.target, data.id, data.weight, data.time, *segmented(spec)}
    return tuple(name for name in columns if name not in passed and is_usual(name))


def segmented(spec: Spec) -> tuple[str, ...]:
    """The columns that the segments look at, each once; also those that are binned or crossed."""
    return tuple(dict.fromkeys(_columns(spec)))


def is_usual(name: str) -> bool:
    """Whether a whole word of a column's name is among the usual ones: `ageGroup`, "native country", `zip_code`."""
    return _holds(name, _WORDS)


def tells_people_apart(column: str) -> bool:
    """Whether a whole word of the name speaks of what people are, or where they live: `ageGroup`, "native country".

    What is worse for one value of such a column may be unlawful.
    """
    return _holds(column, _WORDS_OF_PEOPLE)


def _holds(name: str, usual: frozenset[str]) -> bool:
    words = [word.casefold() for word in _PARTS.findall(name)]
    return not usual.isdisjoint(words) or any(f" {phrase} " in f" {' '.join(words)} " for phrase in PHRASES)


def _columns(spec: Spec) -> Iterator[str]:
    for entry in spec.data.segments:
        for part in entry if isinstance(entry, tuple) else (entry,):
            yield part if isinstance(part, str) else part.column
