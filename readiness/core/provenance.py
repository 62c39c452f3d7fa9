"""What was found before the first question: the candidate, its files, its data, and where it was computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from readiness.core.files import Artifact
from readiness.core.profile import Profile


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows that were read and not scored."""

    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What the candidate was tested on."""

    task: str
    target: str
    rows_read: int
    rows_scored: int
    dropped: tuple[Dropped, ...] = ()
    classes: tuple[str, ...] = ()
    class_rows: tuple[int, ...] = ()
    positive: str = ""
    positives: int | None = None
    train_rows: int | None = None
    features: int = 0
    first: str = ""
    """Earliest time in the test rows, ISO 8601; empty without a time column."""
    last: str = ""
    queries: int | None = None
    """Ranking: how many queries the scored rows belong to."""
    unsegmented: tuple[str, ...] = ()
    """Columns of the test table by which people are usually told apart, and which no segment looks at."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The candidate."""

    name: str
    version: str
    kind: str = ""
    """How it came in: "scikit-learn Pipeline", "predictions only"."""
    files: tuple[Artifact, ...] = ()
    notes: tuple[str, ...] = ()


class IsolationForm(StrEnum):
    """What stood between the candidate and the review."""

    BUBBLEWRAP = "bubblewrap"
    """A sandbox without network, with nothing of the file system but what the candidate needs."""
    USER = "user"
    """Another user of the machine."""
    PROCESS = "process"
    """A process of its own, of the same user."""
    IN_PROCESS = "in_process"
    """Nothing: it was an object in the process of the review."""
    ADDRESS = "address"
    """A network: it is served elsewhere."""
    NOT_RUN = "not_run"
    """No model ran: there were predictions alone."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """How the candidate was kept apart while it was reviewed."""

    form: IsolationForm
    network: bool = True
    """Whether it could reach a network."""
    labels: bool = True
    """Whether it could have read the true labels of the test rows; True as well where nobody here can tell."""

    @property
    def is_possible(self) -> bool:
        """Whether this form can keep it from that."""
        return (self.labels or self.form in _HIDING) and (self.network or self.form in _CUTTING_OFF)


_CUTTING_OFF = (IsolationForm.BUBBLEWRAP, IsolationForm.NOT_RUN)
_HIDING = (*_CUTTING_OFF, IsolationForm.USER)
NOT_RUN = Isolation(IsolationForm.NOT_RUN, network=False, labels=False)
_WEAKEST_FIRST = (
    IsolationForm.IN_PROCESS,
    IsolationForm.ADDRESS,
    IsolationForm.PROCESS,
    IsolationForm.USER,
    IsolationForm.BUBBLEWRAP,
    IsolationForm.NOT_RUN,
)


def weakest(found: Iterable[Isolation]) -> Isolation:
    """What may be said of all models that ran, each with its own isolation; of none, that none ran."""
    return min(found, key=isolation_strength, default=NOT_RUN)


def isolation_strength(isolation: Isolation) -> tuple[bool, bool, int]:
    """More is stronger: labels out of reach first, then no network, then the form."""
    return not isolation.labels, not isolation.network, _WEAKEST_FIRST.index(isolation.form)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the numbers were computed."""

    python: str
    platform: str
    packages: Mapping[str, str]
    hardware: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the kernel found before the first question: the part of the record that is not an answer."""

    model: ModelFacts
    inputs: tuple[Artifact, ...]
    data: DataFacts
    environment: Environment
    spec: Mapping[str, Any]
    """The spec as read, every default filled in."""
    set_keys: tuple[str, ...] = ()
    """Dotted keys that the spec sets itself; all others are defaults."""
    settings: tuple[str, ...] = ()
    """What was set on the command line over the files of the spec, each as KEY=VALUE."""
    profile: Profile | None = None
    """Of the columns and of the answers; None where nobody asked for what follows from it, as in a partial review."""
    isolation: Isolation | None = None
    """Of the candidate and of the model in production, the weaker one; None only in records of before there was any,
    when a model was loaded into the process that judged it."""


@dataclass(frozen=True, slots=True)
class Uses:
    """How often test rows were used to judge a candidate, by the ledger beside the outputs."""

    number: int
    """Which of the distinct candidates on these rows this one is, in the order of their first review; from 1."""
    tried: int
    """How many there are, this one included."""
    fault: str = ""
    """What is wrong with the ledger; empty when it is whole."""


MOST_QUOTED = 4096
"""Bytes of a text that is quoted; about a printed page."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A short text that an attestation names as its evidence, whole, so that the report alone answers who asks."""

    file: str
    """Its path as the spec writes it."""
    text: str = field(metadata={"hidden": True})
    """Byte for byte in UTF-8, so that it has the digest of its file; whoever shows it makes it presentable."""


@dataclass(frozen=True, slots=True)
class Reuse:
    """A part of the evidence that was measured by an earlier review and taken from the local cache."""

    part: str
    """In words: "scores of the test rows"."""
    measured: str
    """When, ISO 8601, UTC."""
    where: str
    """On which machine: its hardware and platform in words."""
