"""Recent rows that are like the test rows, that differ to no effect, and that do harm: settings of `recent`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.findings import Finding, Status
from readiness.core.policy import SOUNDNESS_ALPHA, SOUNDNESS_LEVEL, Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.evidence import Evidence, Recent
from readiness.evidence.workers.in_process import InProcess
from readiness.soundness.recent import examine
from readiness.soundness.tables import Aimed
from readiness.statistics.judge_claims import judge_claims
from tests.benchmarks.simulation import Generator, Share
from tests.questions.conftest import evidence_of

FEATURES = ("a", "b", "price", "kind")
BARS = {Task.BINARY: ("accuracy", "at_least", 0.70), Task.MULTICLASS: ("accuracy", "at_least", 0.55),
        Task.REGRESSION: ("mae", "at_most", 1.0)}  # fmt: skip
"""Each lies a few points below what the model is worth."""
Change = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Model:
    """It knows how the truth comes about, except for rows of kind z where `blind`: of those it knows nothing."""

    task: Task
    shift: float = 0.0
    blind: bool = False

    @property
    def classes_(self) -> Any:
        return np.arange(3 if self.task is Task.MULTICLASS else 2)

    def pull(self, frame: pd.DataFrame) -> Any:
        level = frame["kind"].map({"x": 0.5, "y": 0.0, "z": -0.5})
        found = (2.0 * frame["a"] + 1.5 * frame["b"] + level + self.shift).to_numpy(dtype=float)
        return np.where(frame["kind"] == "z", self.shift + frame["b"] * 1.5, found) if self.blind else found

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        pull = self.pull(frame)
        if self.task is Task.BINARY:
            chance = 1 / (1 + np.exp(-pull))
            return np.column_stack([1 - chance, chance])
        raw = np.exp(np.column_stack([pull, -pull, np.zeros(len(frame))]))
        return raw / raw.sum(axis=1, keepdims=True)

    def predict(self, frame: pd.DataFrame) -> Any:
        return self.pull(frame) if self.task is Task.REGRESSION else self.predict_proba(frame).argmax(axis=1)


def rows(n: int, rng: Generator, *, levels: int | None = None, group: int | None = None) -> pd.DataFrame:
    """n rows; `levels`: numbers of so few values; `group`: rows of one customer share half of what varies."""
    codes = np.arange(n) // (group or 1)
    shared = {name: rng.normal(size=n)[codes] if group else 0.0 for name in ("a", "b", "price")}
    scale = np.sqrt(0.5) if group else 1.0
    frame = pd.DataFrame({name: scale * (rng.normal(size=n) + shared[name]) for name in ("a", "b", "price")})
    frame["price"] = 100 + 10 * frame["price"]
    frame["kind"] = rng.choice(["x", "y", "z"], n, p=[0.5, 0.3, 0.2])
    if levels is not None:
        for name, middle, width in (("a", 0, 1), ("b", 0, 1), ("price", 100, 10)):
            cut = np.clip(np.floor((frame[name] - middle) / width * 1.5 + levels / 2), 0, levels - 1)
            frame[name] = middle + width * (cut - (levels - 1) / 2)
    if group:
        frame["customer"] = codes + int(rng.integers(10**6)) * 10**4
    return frame


def truth(frame: pd.DataFrame, model: Model, rng: Generator) -> Any:
    """Drawn from what the model would say if it knew all; as the model says where it is not blind."""
    knowing = Model(model.task, model.shift)
    if model.task is Task.REGRESSION:
        return knowing.pull(frame) + rng.normal(size=len(frame))
    chance = knowing.predict_proba(frame).cumsum(axis=1)
    return (rng.random(len(frame))[:, None] > chance).sum(axis=1).clip(0, chance.shape[1] - 1)


def evidence(test: pd.DataFrame, recent: pd.DataFrame, y: Any, model: Model, y_recent: Any = None) -> Evidence:
    """The model on these rows; one requirement, and the gains over guesses."""
    metric, key, bar = BARS[model.task]
    classes = () if model.task is Task.REGRESSION else tuple(map(str, model.classes_))
    known = () if model.task is Task.REGRESSION else tuple(model.classes_)
    candidate = Candidate.of(InProcess(model), FEATURES, task=model.task, classes=known)
    score = model.predict_proba(test)[:, 1] if model.task is Task.BINARY else None
    data = {"group": "customer"} if "customer" in test else {}
    found = evidence_of(
        y, model.predict(test), task=model.task, score=score, classes=classes, data=data,
        more={"rows": test.assign(y=y), "recent": Recent(recent, y_recent), "candidate": candidate},
        business={"requirements": [{"says": "good enough", "metric": metric, key: bar}]},
    )  # fmt: skip
    if not data:
        return found
    return replace(found, cases=replace(found.cases, groups=pd.factorize(test["customer"])[0].astype(np.int64)))


def findings(given: Evidence) -> list[Finding]:
    """What is found of the recent rows."""
    stated = [each.claim if isinstance(each, Aimed) else each for each in examine(given)]
    return [
        each if isinstance(each, Finding) else judge_claims([each], alpha=SOUNDNESS_ALPHA, level=SOUNDNESS_LEVEL)[0]
        for each in stated
    ]


def doubted(
    rng: Generator, *, n: int, change: Change | None = None, task: Task = Task.BINARY, shift: float = 0.0,
    levels: int | None = None, group: int | None = None, labels: int = 0, flip: float = 0.0, blind: bool = False,
    fewer: int = 1,
) -> bool:  # fmt: skip
    """Whether anything is found against n // fewer recent rows beside n test rows.

    `labels`: recent rows whose truth is known; `flip`: the share of those whose truth is no longer what it was.
    """
    model = Model(task, shift, blind)
    test, recent = (rows(size, rng, levels=levels, group=group) for size in (n, n // fewer))
    recent = recent if change is None else change(recent)
    y, now = (truth(frame, model, rng) for frame in (test, recent))
    if flip:
        turned = rng.random(len(now)) < flip
        now = np.where(turned, now + rng.normal(0, 4, len(now)) if task is Task.REGRESSION else 1 - now, now)
    now = now.astype(float if task is Task.REGRESSION else np.int64)
    unknown = np.nan if task is Task.REGRESSION else -1
    known = np.where(np.arange(len(now)) < labels, now, unknown) if labels else None
    found = findings(evidence(test, recent, y, model, known))
    return any(finding.blocking and finding.status is not Status.MET for finding in found)


def dearer(recent: pd.DataFrame, by: float = 15.0) -> pd.DataFrame:
    """The price, which has to do with nothing, rises."""
    return recent.assign(price=recent["price"] + by)


def moved(recent: pd.DataFrame, by: float) -> pd.DataFrame:
    """What the answers hang on most is larger."""
    return recent.assign(a=recent["a"] + by)


def more_of_z(recent: pd.DataFrame, share: float) -> pd.DataFrame:
    """So many rows are of a kind of which the model knows nothing."""
    z = np.arange(len(recent)) < share * len(recent)
    return recent.assign(kind=np.where(z, "z", np.where(recent["kind"] == "z", "x", recent["kind"])))


SIZES = (100, 300, 1_000, 3_000)
ALARMS = [
    *(Share("recent rows: alike", "two classes", n, partial(doubted, n=n), 0.02, cost=3) for n in SIZES),
    *(Share("recent rows: alike", "rare positives", n, partial(doubted, n=n, shift=-5.0), 0.02, cost=3) for n in SIZES),
    *(Share("recent rows: alike", "columns of 3 values", n, partial(doubted, n=n, levels=3), 0.02, cost=3)
      for n in SIZES),
    *(Share("recent rows: alike", "regression", n, partial(doubted, n=n, task=Task.REGRESSION), 0.02, cost=3)
      for n in SIZES),
    *(Share("recent rows: alike", "three classes", n, partial(doubted, n=n, task=Task.MULTICLASS), 0.02, cost=3)
      for n in SIZES),
    *(Share("recent rows: alike", "other customers, 10 rows each", n, partial(doubted, n=n, group=10), 0.02, cost=3)
      for n in SIZES),
    *(Share("recent rows: alike", "a tenth as many", n, partial(doubted, n=n, fewer=10), 0.02, cost=3)
      for n in (1_000, 3_000)),
    *(Share("recent rows: alike", "truth known of half", n, partial(doubted, n=n, labels=n // 2), 0.02, cost=3)
      for n in SIZES),
    *(Share("recent rows: a price rises, of no influence", words, n, partial(doubted, n=n, change=partial(dearer, by=by)),
            0.02, cost=3)
      for by, words in ((15.0, "by 1.5 SD"), (50.0, "by 5 SD")) for n in SIZES),
    *(Share("recent rows: a price rises, of no influence", "regression, by 5 SD", n,
            partial(doubted, n=n, task=Task.REGRESSION, change=partial(dearer, by=50.0)), 0.02, cost=3)
      for n in SIZES),
]  # fmt: skip
POWER = [
    *(Share("recent rows: the leading column moves", f"by {by:g} SD", n,
            partial(doubted, n=n, change=partial(moved, by=by)), None, cost=6)
      for by in (0.5, 1.0) for n in SIZES),
    *(Share("recent rows: more of whom the model knows nothing", f"{share:.0%} in place of 20 %", n,
            partial(doubted, n=n, blind=True, shift=0.0, change=partial(more_of_z, share=share)), None, cost=6)
      for share in (0.6, 0.9) for n in SIZES),
    *(Share("recent rows: the truth is another one", f"known of all, {flip:.0%} of them", n,
            partial(doubted, n=n, labels=n, flip=flip), None, cost=6)
      for flip in (0.2, 0.3) for n in SIZES),
]  # fmt: skip
