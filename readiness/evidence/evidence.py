"""What the six questions look at: one scored table and what was measured around it; nothing else has rows in it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.checklist import this_day
from readiness.core.findings import FindingKey, Question
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.provenance import Gathered, Reuse
from readiness.core.withholding import Soundness
from readiness.evidence.cache.cache import Cache
from readiness.evidence.candidate import Candidate
from readiness.evidence.copies import Copies
from readiness.evidence.perturb import Perturbed
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.load import Load
from readiness.evidence.probes.pairs import Broken
from readiness.evidence.refits import Refits
from readiness.evidence.retraining import Retraining
from readiness.evidence.row_hashes import TrainingHashes
from readiness.evidence.segments import Segmentation
from readiness.evidence.workers.model import Model
from readiness.evidence.workers.worker import Scores
from readiness.spec.inputs import vouched_kinds
from readiness.spec.schema import Spec
from readiness.statistics.cases import Cases
from readiness.statistics.comparison import Guess
from readiness.statistics.inference import Inference

# ----------------------------------------------------------------------------------------------------
# What was measured elsewhere and read here; nothing of it is judged where the same could be measured here.


@dataclass(frozen=True, slots=True, eq=False)
class SuppliedRepeat:
    """What refits said about training rows that they had not seen; each usable row once."""

    fold: NDArray[np.int64]
    """(n,): codes of the folds, 0 to k - 1."""
    said: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Elsewhere:
    """Supplied rows and calls; single figures stand in the spec."""

    repeats: tuple[SuppliedRepeat, ...] = ()
    seeds: tuple[Scores, ...] = ()
    """Of all usable test rows, one for each refit."""
    milliseconds: NDArray[np.float64] | None = None
    """(calls,): times of single-row calls, in their order."""
    folds_sha256: str = ""
    """Of the very bytes that the table of the folds was parsed from; empty where they are columns of data.train."""
    training_rows: TrainingHashes | None = None
    """Hashes of the rows that the candidate was fitted on."""


# ----------------------------------------------------------------------------------------------------

NO_TRAINING = Missing("no training table is given", "name the training rows under data.train")
NOT_REFITTED = Missing("the candidate was not refitted")


@dataclass(frozen=True, slots=True)
class Alternative:
    """What one could do instead of using the candidate, on the same rows."""

    key: str
    """Stable: "majority", "rule-1", "current"."""
    name: str
    predictions: Cases | Guess | Missing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Technical:
    """Clock and size readings."""

    measures: Mapping[str, Inference | Missing] = field(default_factory=dict)
    """By metric name: latency_p99_ms, throughput_per_second, size_mb, memory_mb …"""
    facts: Mapping[str, Inference] = field(default_factory=dict)
    """Shown only: latency of the first call, throughput by batch size."""
    milliseconds: NDArray[np.float64] | None = field(default=None, compare=False)
    """Sorted single-row latencies."""
    note: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    """By metric name who supplied what was not measured here."""
    loads: tuple[Load, ...] | Missing = ()
    """What came of requests at shares of the stated rate."""
    by_workers: Mapping[int, Inference] = field(default_factory=dict)
    """Rows per second by the number of processes that answer at once."""
    load_note: str = ""
    """How response times at the stated rate were measured."""
    contradiction: str = ""
    """Why the times of the candidate's own process are no evidence; empty where they are."""


@dataclass(frozen=True, slots=True)
class DriftTables:
    """Feature columns of the training rows and of the rows they are compared with."""

    reference: pd.DataFrame = field(compare=False)
    current: pd.DataFrame = field(compare=False)
    features: tuple[str, ...]
    """All features of the candidate, also those that a table lacks."""
    against: str
    """"test" or "recent"."""
    sampled: str = ""
    """How many rows were looked at, when not all."""


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """The rows that the candidate was fitted on."""

    frame: pd.DataFrame
    target: NDArray[Any]
    """Coded like `Cases.y_true`."""
    features: tuple[str, ...]
    groups: NDArray[Any] | None = None
    time: pd.Series[Any] | None = None
    weight: NDArray[np.float64] | None = None
    queries: NDArray[np.int64] | None = None
    """Ranking: codes of the queries."""
    unused: int = 0
    """Rows of the table that it was not fitted on as far as this review knows: they lack a truth or a weight."""

    @property
    def whole(self) -> NDArray[Any] | None:
        """Codes of what a refit must not cut in two: groups, or queries that do not each lie within one group."""
        if self.queries is None or self.groups is None:
            return self.groups if self.queries is None else self.queries
        first = np.zeros(int(self.queries.max()) + 1, dtype=self.groups.dtype)
        first[self.queries] = self.groups
        return self.groups if np.array_equal(first[self.queries], self.groups) else self.queries


@dataclass(frozen=True, slots=True, eq=False)
class Recent:
    """Rows that production met of late."""

    frame: pd.DataFrame
    target: NDArray[Any] | None = None
    """Coded like `Cases.y_true`, -1 or nan where not known yet; None: the table has no truth."""


@dataclass(frozen=True, slots=True, eq=False)
class Unused:
    """Test rows that no question looks at: their truth is not known, or they lack a group, a weight or a query."""

    frame: pd.DataFrame
    target: NDArray[Any]
    """Coded like `Cases.y_true`, -1 or nan where not known."""
    said: Scores | Missing
    """What the candidate says of them."""

    @property
    def is_unknown(self) -> NDArray[np.bool_]:
        """Which of them have no truth."""
        return np.asarray(np.isnan(self.target) if self.target.dtype.kind == "f" else self.target < 0)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything that the six questions are asked about."""

    spec: Spec
    gathered: Gathered
    cases: Cases
    alternatives: tuple[Alternative, ...] = ()
    segmentations: tuple[Segmentation, ...] = ()
    costs: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """Per-row costs by the spec key that names their column: "false_negative"."""
    shown: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The id column and the columns named in `errors.show`, one row per case."""
    drift: DriftTables | Missing = NO_TRAINING
    technical: Technical = field(default_factory=Technical)
    probes: tuple[ProbeResult, ...] | Missing = ()
    pairs: Mapping[FindingKey, Broken | Missing] = field(default_factory=dict)
    """Which rows break what the spec says of one column, by the key of its claim."""
    refits: Refits | Missing = NOT_REFITTED
    retraining: Retraining = field(default_factory=Retraining)
    """Refits on other seeds, or on fewer rows."""
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    """Supplied predictions and calls, as read."""
    perturbed: Perturbed | Missing | None = None
    """What the candidate says of slightly changed rows; None: not looked at."""

    given_interval: tuple[NDArray[np.float64], NDArray[np.float64]] | None = field(default=None, repr=False)
    """Regression: lower and upper ends that come with the predictions, (n,) each."""
    candidate: Candidate | None = None
    """None: predictions only."""
    model: Model | None = None
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The test rows as read."""
    training: Training | None = None
    recent: Recent | None = None
    """The recent rows, with every column that they share with the test rows; None: none are given."""
    unused: Unused | None = None
    """The test rows that no question looks at, as the candidate sees them; None: every row is looked at."""
    copies: Copies | None = None
    """Which of all test rows are copies, of training rows or of each other; None: nobody has looked, or could."""
    soundness: Soundness | None = None
    """What was found of the rows themselves; None: nobody has looked yet."""
    folder: Path = Path()
    """Where relative paths of the spec begin."""
    day: datetime.date = field(default_factory=this_day)
    """On which an attestation may have expired."""
    only: tuple[Question, ...] = ()
    """The questions that a partial review asks; empty: all six."""
    reused: tuple[Reuse, ...] = ()
    """What was taken from the cache instead of being measured now."""
    cache: Cache = field(default_factory=Cache, repr=False)
    """What was measured earlier of this candidate on these rows."""

    @property
    def task(self) -> Task:
        """What kind of target it is."""
        return self.cases.task

    @property
    def classes(self) -> tuple[str, ...]:
        """Class labels as text, in the order of the codes; empty for regression."""
        return self.gathered.data.classes

    @property
    def positive(self) -> str:
        """The positive rows in the data's own words: "is_fraud = 1"."""
        return f"{self.gathered.data.target} = {self.gathered.data.positive}"

    def begin_cache(self) -> Cache:
        """The cache, with nothing taken yet; an empty one where the candidate or its rows were replaced since."""
        return self.cache.begin_for(self.candidate, self.rows, self.cases, self.training)

    @property
    def without_truth(self) -> NDArray[Any] | None:
        """What the candidate says of test rows whose truth is not known, coded like `Cases.y_pred`; None: there are
        none, or they could not be scored.
        """
        if self.unused is None or isinstance(self.unused.said, Missing) or not self.unused.is_unknown.any():
            return None
        return np.asarray(self.unused.said.predicted[self.unused.is_unknown])

    @property
    def vouched(self) -> tuple[str, ...]:
        """What somebody outside those who prepared the review vouches for, today; see `vouched_kinds`."""
        return vouched_kinds(self.spec.soundness, self.spec.data, self.spec.about, self.day)

    @property
    def relied_on(self) -> tuple[str, ...]:
        """The doubts that were found and are set aside because somebody vouches for them."""
        return () if self.soundness is None else self.soundness.relied_on(self.vouched)

    def asks(self, question: Question) -> bool:
        """Whether this review asks the question."""
        return not self.only or question in self.only

    def alternative(self, name: str) -> Alternative | None:
        """The alternative with this key or name."""
        return next((a for a in self.alternatives if name in (a.key, a.name)), None)
