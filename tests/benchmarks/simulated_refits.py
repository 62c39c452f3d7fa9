"""Models that are sound, and models that were fitted on test rows, beside their own refits: settings of `seen`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from readiness.core.findings import Finding, Status
from readiness.core.policy import SOUNDNESS_ALPHA, SOUNDNESS_LEVEL, Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.equal_refits import fit_equal_clones
from readiness.evidence.evidence import Evidence, Training
from readiness.evidence.fold_scores import asked_of_copies, held_score
from readiness.evidence.refit_jobs import Plan
from readiness.evidence.refits import Holdout
from readiness.evidence.retraining import Retraining
from readiness.evidence.workers.in_process import InProcess
from readiness.soundness import seen
from readiness.statistics.cases import Cases
from readiness.statistics.judge_claims import Measurement, judge_claims
from readiness.statistics.refit_advantage import SEEN_LIMIT
from tests.benchmarks.simulation import Generator, error, generator, percent
from tests.questions.conftest import spec_of

ALL, PART, DRAWN, WEIGHTED = "all rows", "80 % of the rows", "a bootstrap sample", "weighted rows"
ERRORS = "all rows and, twice, the tenth of the test rows with the largest errors"
COLUMNS = [f"x{k}" for k in range(8)]
TREES, ROUNDS = 30, 50
Model = Callable[[], Any]
MODELS: dict[str, tuple[Model, Model]] = {
    "random forest": (
        partial(RandomForestClassifier, TREES, random_state=0), partial(RandomForestRegressor, TREES, random_state=0)
    ),
    "extra trees": (
        partial(ExtraTreesClassifier, TREES, random_state=0), partial(ExtraTreesRegressor, TREES, random_state=0)
    ),
    "gradient boosting": (
        partial(GradientBoostingClassifier, n_estimators=ROUNDS), partial(GradientBoostingRegressor, n_estimators=ROUNDS)
    ),
    "gradient boosting of sampled rows": (
        partial(GradientBoostingClassifier, n_estimators=ROUNDS, subsample=0.7),
        partial(GradientBoostingRegressor, n_estimators=ROUNDS, subsample=0.7),
    ),
    "histogram boosting": (
        partial(HistGradientBoostingClassifier, max_iter=ROUNDS), partial(HistGradientBoostingRegressor, max_iter=ROUNDS)
    ),
    "histogram boosting stopped early": (
        partial(HistGradientBoostingClassifier, early_stopping=True), partial(HistGradientBoostingRegressor, early_stopping=True)
    ),
    "nearest neighbours": (partial(KNeighborsClassifier, 5), partial(KNeighborsRegressor, 5)),
    "tree": (DecisionTreeClassifier, DecisionTreeRegressor),
    "pruned tree": (
        partial(DecisionTreeClassifier, min_samples_leaf=10), partial(DecisionTreeRegressor, min_samples_leaf=10)
    ),
    "linear": (LogisticRegression, Ridge),
    "small network": (
        lambda: make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=80)),
        lambda: make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(16,), max_iter=80)),
    ),
    "calibrated forest": (
        lambda: CalibratedClassifierCV(RandomForestClassifier(20), cv=3), partial(RandomForestRegressor, 20)
    ),
}  # fmt: skip
"""For classes and for numbers; seeds that are left open, and seeds that the author fixed."""
EVERY = "each kind in turn"
KINDS = {"two classes": Task.BINARY, "rare": Task.BINARY, "three classes": Task.MULTICLASS, "numbers": Task.REGRESSION}


@dataclass(frozen=True, slots=True)
class Refitted:
    """A setting: a family of models on tables of one kind, fitted honestly or not."""

    family: str
    kind: str
    n: int
    seen: float = 0.0
    """Share of the test rows that the model is fitted on as well."""
    fitted_on: str = ALL
    runs: int = 20


def rows_of(rng: Generator, n: int, kind: str) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Eight columns, some of them coarse, and a target that is not linear in them."""
    x = rng.normal(size=(n, 8))
    x[:, 4:] = np.round(x[:, 4:])
    signal = x[:, 0] + 0.7 * x[:, 1] * x[:, 2] + 0.5 * np.sin(2 * x[:, 3]) + 0.3 * x[:, 4]
    frame = pd.DataFrame(x, columns=COLUMNS)
    if kind == "numbers":
        return frame, signal + rng.normal(size=n)
    if kind == "three classes":
        return frame, np.digitize(signal + rng.normal(size=n), [-1.0, 0.8]).astype(np.int64)
    shift = -5.0 if kind == "rare" else 0.0
    return frame, (rng.random(n) < 1 / (1 + np.exp(-(1.5 * signal + shift)))).astype(np.int64)


def fitted(rng: Generator, setting: Refitted, train: Any, y: Any, test: Any, truth: Any) -> Any:
    """The model as its author fitted it."""
    task = KINDS[setting.kind]
    model, n = MODELS[setting.family][task is Task.REGRESSION](), len(y)
    rows, extra, weight = np.arange(n), rng.permutation(n)[: round(setting.seen * n)], None
    if setting.fitted_on == PART:
        rows = rng.permutation(n)[: round(0.8 * n)]
    if setting.fitted_on == DRAWN:
        rows = rng.integers(n, size=n)
    if setting.fitted_on == WEIGHTED:
        weight = rng.gamma(2.0, size=n)
    if setting.fitted_on == ERRORS:
        first = clone(model).fit(train, y).predict(test)
        wrong = np.abs(first - truth)
        extra = np.repeat(np.argsort(-wrong, kind="stable")[: round(0.1 * n)], 2)
    x, target = pd.concat([train.iloc[rows], test.iloc[extra]]), np.concatenate([y[rows], truth[extra]])
    return model.fit(x, target) if weight is None else model.fit(x, target, sample_weight=weight)


def reviewed(rng: Generator, setting: Refitted) -> Finding:
    """What is found of one drawn table and model."""
    task = KINDS[setting.kind]
    train, y = rows_of(rng, setting.n, setting.kind)
    test, truth = rows_of(rng, setting.n, setting.kind)
    classes = tuple(range(3 if task is Task.MULTICLASS else 2)) if task.has_classes else ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.random.seed(int(rng.integers(2**31)))  # noqa: NPY002  models whose seed is left open draw from here
        candidate = Candidate.of(
            InProcess(fitted(rng, setting, train, y, test, truth)), COLUMNS, task=task, classes=classes
        )
        said = candidate.score(test)
        cases = Cases(task, truth, said.predicted, said.scores, max(2, len(classes)), said.is_probability)
        evidence = Evidence(spec_of(), None, cases, candidate=candidate, rows=test)  # type: ignore[arg-type]
        training, rows = Training(train, y, tuple(COLUMNS)), np.arange(setting.n)
        held = Holdout(test, held_score(evidence, rows))
        asked = asked_of_copies(evidence, training, rows, held)
        plan = Plan(y, task, 5, 10, int(rng.integers(2**31)))
        equal, _, _ = fit_equal_clones(candidate, train, plan, asked, seeds=3, seconds=1e6)
    (found,) = seen.examine(Evidence(spec_of(), None, cases, retraining=Retraining(equal=equal)))  # type: ignore[arg-type]
    if isinstance(found, Measurement):
        (found,) = judge_claims([found], alpha=SOUNDNESS_ALPHA, level=SOUNDNESS_LEVEL)
    return found


HEAD = (
    "model", "target", "rows of either table", "fitted on", "test rows seen, %", "samples", "not met, %",
    "not proven, %", "share measured, mean", "simulation error of not met",
)  # fmt: skip


def run_refitted(setting: Refitted) -> tuple[str, ...]:
    """One line of the table."""
    rng = generator(f"{replace(setting, runs=0)}")  # more samples begin with the same ones
    kinds = list(KINDS) if setting.kind == EVERY else [setting.kind]
    found = [reviewed(rng, replace(setting, kind=kinds[k % len(kinds)])) for k in range(setting.runs)]
    shares = [_share(found, status) for status in (Status.NOT_MET, Status.NOT_PROVEN)]
    measured = [
        one.measured.value
        for one in found
        if one.measured is not None and one.criterion is not None and one.criterion.threshold == SEEN_LIMIT
    ]
    mean = f"{np.mean(measured):.2f}" if measured else "memory gains nothing"
    return (
        setting.family, setting.kind, f"{setting.n:,}", setting.fitted_on, f"{100 * setting.seen:g}",
        f"{setting.runs:,}", *(percent(share) for share in shares), mean, f"± {percent(error(shares[0], setting.runs))}",
    )  # fmt: skip


def _share(found: list[Finding], status: Status) -> float:
    """Share of findings with a status; what could not be assessed counts as not proven."""
    same = {status, Status.NOT_ASSESSED} if status is Status.NOT_PROVEN else {status}
    return sum(one.status in same for one in found) / len(found)


_MEMORY = ("random forest", "extra trees", "histogram boosting", "nearest neighbours", "tree", "calibrated forest")
SOUND = [Refitted(family, EVERY, n, runs=runs) for n, runs in ((200, 40), (1_000, 16), (5_000, 4)) for family in MODELS]
OTHERWISE = [
    Refitted(family, EVERY, 500, fitted_on=rows, runs=24)
    for rows in (PART, DRAWN, WEIGHTED)
    for family in ("random forest", "gradient boosting", "histogram boosting", "tree", "linear")
]
UNSOUND = [
    *(Refitted(family, EVERY, 3_000, 0.3, runs=8) for family in MODELS),
    *(Refitted(family, "two classes", 3_000, seen, runs=8) for seen in (0.1, 0.2) for family in _MEMORY),
    *(Refitted(family, EVERY, 500, seen, runs=12) for seen in (0.5, 1.0) for family in MODELS),
    *(Refitted(family, "two classes", 1_000, fitted_on=ERRORS, runs=12) for family in _MEMORY),
]
