"""What may somebody vouch for that the rows cannot show? And whose word counts."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterator

from pydantic import Field

from readiness.spec.inputs import About, Data, Part, Vouch

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
    """Whether somebody is not among those who prepared the review, however the name is spelt."""
    return _folded(name) not in {_folded(other) for other in about.prepared_by}


def counts(word: Vouch, about: About, day: datetime.date) -> bool:
    """Whether a word counts on a day: somebody outside gave it, and at most a year ago."""
    return bool(about.prepared_by) and is_outside(word.by, about) and word.on <= day <= word.on + COUNTS_FOR


def vouched_kinds(soundness: Vouched, data: Data, about: About, day: datetime.date) -> tuple[str, ...]:
    """What somebody vouches for on that day: kinds of doubt such as "seen", and kinds with a column, "leak/price"."""
    words = {kind: getattr(soundness, kind) for kind in Vouched.model_fields}
    words |= {f"leak/{column}": known for column, known in data.known_at.items() if known.when == "before"}
    words |= {f"groups/{column}": word for column, word in data.independent.items()}
    return tuple(kind for kind, word in words.items() if word is not None and counts(word, about, day))


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
