"""What is asked of a model, as plain data: what it is, what it says, refits, times, and a look into its process.

Nothing of the model itself is here. Whoever runs one, in this process, in one of its own, or behind an address, is a
`Worker`; a review knows nothing but its replies, and holds each against what was asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import WorkerLost as WorkerLost
from readiness.core.missing import Missing
from readiness.core.policy import Task

METHODS = ("predict_proba", "decision_function", "predict")
"""What a model may offer, the most telling first."""
Inputs = pd.DataFrame | NDArray[Any]
"""Rows in the form in which a model takes them: a table with names, or an array."""

# ----------------------------------------------------------------------------------------------------
# What a model is, and what went wrong with it


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What a model says of itself before it is asked about a row."""

    kind: str
    """In words: "scikit-learn Pipeline ending in LogisticRegression"."""
    package: str = ""
    """Of its class: "sklearn", "lightgbm" …"""
    methods: tuple[str, ...] = ("predict",)
    """Of `METHODS`, those that it offers."""
    feature_names: tuple[str, ...] = ()
    """The columns that it was fitted on, as far as it knows them."""
    n_features: int | None = None
    """How many columns it was fitted on; None where it does not say."""
    classes: tuple[Any, ...] | None = None
    """Its class labels in the order of its columns, as plain values; None where it names none."""
    regressor: bool | None = None
    """Whether it says that it predicts numbers; None where it says nothing."""
    most_probable: bool = False
    """Whether `predict` is known to be the class of the largest probability."""
    scores_only: bool = False
    """Whether it names no classes, so that its label is the one with the highest score."""
    takes_arrays: bool = False
    """Whether it is known to take arrays, whatever it says itself."""
    refits: Missing | None = None
    """Why clones cannot stand for it; None where they can."""
    seeded: bool = False
    """Whether fitting it may depend on a seed."""
    query_argument: str = ""
    """What its `fit` calls the queries of a ranking; empty where it asks for none."""
    notes: tuple[str, ...] = ()
    """What its libraries warned of while it was loaded."""


NO_REFUSALS = ("SystemExit", "MemoryError", "RecursionError", "ServerError")
"""Exceptions that are no refusal of rows, whatever they say; from the last, failures of a served model derive."""


class ModelRaised(Exception):
    """An exception of the model itself, wherever it ran."""

    def __init__(self, kind: str, words: str, *, bases: Sequence[str] = (), module: str = "") -> None:
        """`kind` is the name of the exception's class, `words` its text, `bases` the names of the classes that it is
        derived from, `module` what an import did not find.
        """
        super().__init__(words)
        self.kind = kind
        self.words = words
        self.bases = tuple(bases)
        self.module = module

    @classmethod
    def of(cls, error: BaseException) -> ModelRaised:
        """The same of an exception that was caught here."""
        if isinstance(error, ModelRaised):
            return error
        words = _words_of(error.code if isinstance(error, SystemExit) else error)
        module = str(error.name or "") if isinstance(error, ImportError) else ""
        bases = [base.__name__ for base in type(error).__mro__[1:]]
        return cls(type(error).__name__, words, bases=bases, module=module)

    def is_a(self, *kinds: str) -> bool:
        """Whether its class, or one that it is derived from, has one of these names."""
        return not {self.kind, *self.bases}.isdisjoint(kinds)

    @property
    def ended(self) -> bool:
        """Whether the model tried to end the program."""
        return self.is_a("SystemExit")

    @property
    def is_clean(self) -> bool:
        """Whether it refused in words that somebody can act on."""
        return bool(self.words.strip()) and not self.is_a(*NO_REFUSALS)


def _words_of(said: object) -> str:
    """A text of anything; empty where its own code fails to make one."""
    try:
        return str(said)
    except Exception:
        return ""


# ----------------------------------------------------------------------------------------------------
# Scores, refits, times: what is asked, and what comes back


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a model says about n rows."""

    predicted: NDArray[Any]
    """(n,): positions in `classes` (int64); predicted values or scores (float64) where there are no classes."""
    scores: NDArray[np.float64] | None = None
    """Binary: (n,), of the positive class. Multiclass: (n, K), in the order of `classes`. None: there are none."""
    is_probability: bool = False
    """Whether the scores are probabilities that add up to one."""
    classes: tuple[Any, ...] = ()
    method: str = "predict"
    """The method of the model that gave the scores, else the labels."""
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> NDArray[Any]:
        """(n,): the predictions in the data's own words."""
        return np.array(self.classes, dtype=object)[self.predicted] if self.classes else self.predicted


@dataclass(frozen=True, slots=True)
class Form:
    """How a model takes rows, and what its answers mean."""

    features: tuple[str, ...]
    named: bool
    """True: takes a DataFrame; False: was fitted on arrays and takes one."""
    task: Task
    classes: tuple[Any, ...] = ()
    """Labels in the review's order; binary: negative, positive. Empty for regression."""
    threshold: float | None = None
    seed: int = 0
    query: str | None = None
    """Ranking: the column of the queries, which some libraries ask for when they fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One refit: positions of its rows."""

    repeat: int
    fold: int
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    """May be empty: the clone is then asked only about the hold-out."""
    reseeded: bool = False
    """Whether seeds that the author fixed are replaced, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of one refit."""

    split: Split
    scores: Scores | None
    """Of the split's own test rows; None when it has none, or failed."""
    seconds: float
    converged: bool = True
    error: str = ""
    """Why it failed; empty when it did not."""
    held: Scores | None = None
    """Of the hold-out, the same rows for every refit; None when there is none."""
    held_value: float = math.nan
    """The primary metric on the hold-out."""


@dataclass(frozen=True, slots=True, eq=False)
class RefitJob:
    """Clones to be fitted, each on rows of one table; no label of a test row is among them."""

    form: Form
    frame: pd.DataFrame
    """(n,): training rows with the form's features, and its query column where it has one."""
    labels: NDArray[Any]
    """(n,): their targets as the model was given them."""
    splits: Sequence[Split]
    held: pd.DataFrame | None = None
    """Features of rows that every clone is asked about."""
    workers: int = 1
    """How many clones may be fitted at once."""
    patience: float = math.inf
    """Seconds after which a single refit is taken to hang."""


@dataclass(frozen=True, slots=True, eq=False)
class TimeRequest:
    """Calls to be timed: `calls` are made one after another, on one thread."""

    method: str
    inputs: Inputs
    """The rows that calls are made of, in their order; each call takes the next `batch` of them, round and round."""
    batch: int = 1
    calls: int = 1
    seconds: float = math.inf
    """No call is begun after so many seconds."""
    arrivals: NDArray[np.int64] | None = None
    """(calls,): nanoseconds from the start at which each request arrives (open loop); None: each call begins when the
    one before has ended (closed loop)."""
    memory_every: int = 0
    """Calls after each of which the worker's resident memory is looked at; 0: never."""


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """When calls began and ended, in nanoseconds from the start, by the worker's own clock, and from outside."""

    began: NDArray[np.int64]
    """(calls,): never before the arrival, and never before the call before has ended."""
    ended: NDArray[np.int64]
    outside: int
    """Nanoseconds between sending the request and the end of the reply, by the clock of whoever asked; 0: not known."""
    raised: tuple[ModelRaised, ...] = ()
    """Exceptions that calls ended in, the first of them; they count as calls."""
    prepared: int = 0
    """Nanoseconds before the start in which the worker cut the rows into calls."""
    resident: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Resident bytes at the start and after each `memory_every` calls; empty where nobody asked."""
    failed: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Numbers of the calls that ended in an exception, from 0, all of them."""

    @property
    def service(self) -> NDArray[np.int64]:
        """(calls,): nanoseconds that each call took."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Footprint:
    """Resident bytes of a fresh process that did nothing but load a model and predict once."""

    libraries: int
    """After the libraries were imported, before the model was loaded."""
    loaded: int
    predicted: int
    """After the first prediction."""
    peak: int
    """The most at any moment until then, libraries included."""
    first_call: int = 0
    """Nanoseconds of the very first call, of one row."""

    @property
    def model(self) -> int:
        """What model and first prediction added to the libraries, at least 0."""
        return max(self.predicted - self.libraries, self.loaded - self.libraries, 0)


@dataclass(frozen=True, slots=True)
class InsideProbe:
    """What came of a look into the model's own process; see `evidence/probes/inside.py`."""

    outcome: str
    """"passed", "failed", "clean_error" or "unavailable"."""
    words: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Worker(Protocol):
    """Whoever runs a model. Every reply is held against what was asked by whoever asked."""

    @property
    def about(self) -> ModelDescription:
        """What the model is.

        Raises:
            ModelError: it could not be loaded.
            WorkerLost: its process ended, or did not answer.
        """

    def begin(self) -> None:
        """Begin to load the model, where it is not here, and do not wait for it."""

    def call(self, method: str, inputs: Inputs) -> Any:
        """The raw answer of one of `METHODS` to n rows.

        Raises:
            ModelRaised: what the model itself raised.
            WorkerLost: its process ended, or did not answer.
        """

    def refit(self, job: RefitJob) -> list[Outcome] | Missing:
        """What clones say that were fitted on parts of a table, in the order of the splits."""

    def end_refits(self) -> None:
        """End the processes that nothing but refits needs."""

    def time(self, request: TimeRequest) -> Times | Missing:
        """Times of calls; not available where nobody's clock is near enough."""

    def footprint(self, row: Inputs) -> Footprint | Missing:
        """Memory of a fresh process of the model, and the time of its first call, with one row."""

    def probe(self, name: str, inputs: Inputs) -> InsideProbe | Missing:
        """What a look into the model's own process shows while it answers; `name` is one of `INSIDE`."""

    def close(self) -> None:
        """End what was started for it."""
