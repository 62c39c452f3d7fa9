"""Refits by a plan: folds that respect classes, groups and time, from one seed, fitted by whoever runs the model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.missing import Missing
from readiness.core.policy import FOLDS, MINIMUM_REPEATS, Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.validation import positions
from readiness.evidence.workers.in_process import derive_seed
from readiness.evidence.workers.worker import Outcome, RefitJob, Split

LEAST_PATIENCE = 30.0
"""Seconds in which no refit is taken to hang: a small budget says how many there may be, not how long one takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All refits that could be made; a repeat is computed when it is asked for.

    Without time: each repeat is a new shuffled k-fold split, stratified by class, groups kept whole.
    With time: rows in time order are cut into k + 1 windows; each window but the first is predicted by a model
    trained on rows before it. Windows are the same in each repeat, and each refit leaves out a random k-th of the
    past, as a k-fold refit leaves out a k-th of all rows, so that repeats differ as much as they do without time.
    Rows of a group that is in the window are left out of its past. The first window is never predicted.
    """

    y: NDArray[Any]
    """(n,): codes, or values where there are no classes."""
    task: Task
    folds: int
    repeats: int
    seed: int
    groups: NDArray[Any] | None = None
    time: pd.Series[Any] | None = None

    @property
    def scheme(self) -> str:
        """The way of splitting in words."""
        if self.time is not None:
            return f"{self.folds} windows in time order, each predicted from rows before it"
        stratified = ", classes spread evenly" if self.task.has_classes else ""
        kept = "queries" if self.task is Task.RANKING else "groups"
        return f"{self.folds} shuffled folds{stratified}{'' if self.groups is None else f', {kept} kept whole'}"

    def problem(self) -> Missing | None:
        """Why these rows cannot be split so; None when they can."""
        n = len(self.y)
        if self.repeats < MINIMUM_REPEATS:
            why = "one repeat shows no change between repeats"
            return Missing(why, "stability.repeats of at least 2", chosen=True)
        return self._too_few(n)

    def _too_few(self, n: int) -> Missing | None:
        """Why the rows do not fill the folds; of more folds than by default, the spec's choice is the cause."""
        chosen = self.folds > FOLDS
        if n < 2 * self.folds:
            return Missing(f"{n:,} rows are too few for {self.folds} folds", f"{2 * self.folds} rows", chosen=chosen)
        if self.task is Task.BINARY and self.time is None:
            rarest = int(np.bincount(self.y.astype(np.int64), minlength=2).min())
            if rarest < self.folds:
                return Missing(
                    f"the rarer class has {rarest:,} rows, fewer than the {self.folds} folds",
                    f"{self.folds} rows of each class",
                    chosen=chosen,
                )
        if self.time is not None and len(np.unique(_order_by_time(self.time)[1])) <= self.folds:
            return Missing(f"there are too few different times for {self.folds} windows", "more times", chosen=chosen)
        if self.groups is not None and self.time is None and (k := len(pd.unique(self.groups))) < self.folds:
            kept = "queries" if self.task is Task.RANKING else "groups"
            return Missing(f"{k:,} {kept} cannot fill {self.folds} folds", f"{self.folds} {kept}", chosen=chosen)
        return None

    def repeat(self, number: int) -> Iterator[Split]:
        """The splits of one repeat, `number` from 0.

        Raises:
            ValueError: the rows cannot be split so.
        """
        if self.time is not None:
            yield from self._windows(number, self.time)
            return
        strata = self.y if self.task.has_classes else np.zeros(len(self.y))
        with warnings.catch_warnings():
            # A class with fewer rows than folds cannot be in each; it is looked at in those where it is.
            warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
            parts = list(self._splitter(number).split(strata, strata, self.groups))
        for fold, (train, test) in enumerate(parts):
            yield Split(number, fold, train.astype(np.int64), test.astype(np.int64))

    def _splitter(self, number: int) -> Any:
        from sklearn.model_selection import (
            GroupKFold,
            KFold,
            StratifiedGroupKFold,
            StratifiedKFold,
        )  # not for all reviews

        if self.groups is None:
            kind = StratifiedKFold if self.task.has_classes else KFold
        else:
            kind = StratifiedGroupKFold if self.task.has_classes else GroupKFold
        return kind(self.folds, shuffle=True, random_state=derive_seed(self.seed, number))

    def _windows(self, number: int, time: pd.Series[Any]) -> Iterator[Split]:
        order, times = _order_by_time(time)
        # Rows of one moment stay together: a window begins where a new moment does.
        marks = [np.searchsorted(times, times[len(times) * k // (self.folds + 1)]) for k in range(1, self.folds + 1)]
        edges = [*(int(mark) for mark in marks), len(times)]
        for fold in range(self.folds):
            past, test = order[: edges[fold]], order[edges[fold] : edges[fold + 1]]
            if self.groups is not None:
                past = past[~np.isin(self.groups[past], self.groups[test])]
            kept = len(past) - len(past) // self.folds
            drawn = np.random.default_rng([self.seed, number, fold]).permutation(len(past))[:kept]
            if not len(drawn) or not len(test):
                raise ValueError(f"window {fold + 1} of {self.folds} has no rows before it or in it")
            yield Split(number, fold, past[np.sort(drawn)], test)


def _order_by_time(time: pd.Series[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Positions of rows with a known time, in its order, and their ranks."""
    codes, _ = pd.factorize(time, sort=True)
    known = np.flatnonzero(codes >= 0)
    order = known[np.argsort(codes[known], kind="stable")].astype(np.int64)
    return order, codes[order]


# ----------------------------------------------------------------------------------------------------


def fitting_labels(candidate: Candidate, y: NDArray[Any]) -> NDArray[Any]:
    """The targets as the candidate itself was given them: its own class labels in place of codes."""
    if not candidate.task.has_classes:
        return y
    known = candidate.worker.about.classes
    own = list(candidate.classes if known is None else known)
    labels = list(candidate.classes)
    for label, code in zip(own, positions(own, labels), strict=True):
        if code >= 0:
            labels[code] = label
    return np.array(labels)[y.astype(np.int64)]


def fit_clones(
    candidate: Candidate,
    frame: pd.DataFrame,
    plan: Plan,
    splits: Sequence[Split],
    *,
    workers: int = 1,
    patience: float,
    held: pd.DataFrame | None = None,
) -> list[Outcome] | Missing:
    """The outcomes of `splits`, in their order; unavailable when whoever runs the model is lost over one of them, or a
    single refit takes longer than `patience` seconds, which are not fewer than `LEAST_PATIENCE`.
    """
    form = replace(candidate.form, seed=plan.seed)
    labels = fitting_labels(candidate, plan.y)
    job = RefitJob(form, frame, labels, splits, held, workers, max(patience, LEAST_PATIENCE))
    return candidate.worker.refit(job)
