"""Another share of positives in production, recent rows that show it, and rows without a truth: settings of the rules.

python -c "from tests.benchmarks.simulated_mix import show; show()"
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtr

from readiness.core.findings import Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.evidence import Evidence, Recent, Unused
from readiness.evidence.workers.in_process import InProcess
from readiness.soundness import missing, mix
from readiness.soundness.assessment import judge_examined
from readiness.soundness.tables import Aimed
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import measure
from readiness.statistics.intervals import Binomial
from readiness.statistics.label_shift import carry_mean, carry_metric, mean_of_two_amounts, share_positive, table_of
from readiness.statistics.labels import label_metric_values
from tests.benchmarks.simulation import Coverage, Generator, Sample, Share, run_coverage, run_share, table
from tests.questions.conftest import evidence_of

APART = 2.0
"""Scores of positives lie so many standard deviations above those of negatives."""
COSTS = {"false_positive": 1, "false_negative": 10, "currency": "EUR"}


class Model:
    """Knows both classes, and that there are three negatives for each positive."""

    classes_ = np.arange(2)

    def __init__(self, levels: int | None = None) -> None:
        self.levels = levels

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        x = frame["x"].to_numpy(dtype=float)
        chance = expit(APART * x - APART**2 / 2 + logit(0.25))
        chance = chance if self.levels is None else np.round(chance * self.levels) / self.levels
        return np.column_stack([1 - chance, chance])

    def predict(self, frame: pd.DataFrame) -> Any:
        return (self.predict_proba(frame)[:, 1] > 0.5).astype(int)


def rows(rng: Generator, n: int, share: float, *, shift: float = 0.0) -> tuple[pd.DataFrame, Any]:
    """n rows with a share of positives; `shift`: negatives look by so much more like positives than they did."""
    y = (rng.random(n) < share).astype(int)
    return pd.DataFrame({"x": rng.normal(size=n) + APART * y + shift * (1 - y)}), y


def rates() -> tuple[float, float]:
    """Recall and false positive rate of the model."""
    cut = (APART**2 / 2 - logit(0.25)) / APART
    return 1 - float(ndtr(cut - APART)), 1 - float(ndtr(cut))


def reviewed(
    test: pd.DataFrame, y: Any, *, recent: pd.DataFrame | None = None, levels: int | None = None, **parts: Any
) -> Evidence:
    """The model on these rows."""
    model = Model(levels)
    candidate = Candidate.of(InProcess(model), ("x",), task=Task.BINARY, classes=(0, 1))
    said = candidate.score(test)
    given = {"errors": {"costs": COSTS}, "data": {"positive": 1, "features": ["x"]}, **parts}
    more = {"rows": test, "candidate": candidate, "recent": None if recent is None else Recent(recent)}
    return evidence_of(y, said.predicted, score=said.scores, more=more, **given)


def in_doubt(found: Any, *, which: str = "EVID") -> bool:
    """Whether one of the findings withholds anything."""
    findings = [judge_examined(each.claim if isinstance(each, Aimed) else each) for each in found]
    return any(f.blocking and f.status is not Status.MET and f.code.startswith(which) for f in findings)


def bars(*, margin: float, share: float) -> dict[str, Any]:
    """Requirements that lie below what the model is worth at a share of positives."""
    table = table_of(*rates(), share)
    worth = {name: float(label_metric_values(name, table, binary=True)) for name in ("precision", "f1", "accuracy")}
    stated = [{"says": name, "metric": name, "at_least": value - margin} for name, value in worth.items()]
    return {"requirements": stated}


def drawn_as_declared(rng: Generator, n: int, share: float, margin: float) -> bool:
    """Test rows drawn with the declared share: is anything in doubt that is met?"""
    test, y = rows(rng, n, share)
    given = reviewed(test, y, about={"production_prevalence": share}, business=bars(margin=margin, share=share))
    return in_doubt(mix.examine(given))


def recent_as_declared(
    rng: Generator, n: int, here: float, declared: float, *, there: float | None = None, shift: float = 0.0,
    levels: int | None = None,
) -> bool:  # fmt: skip
    """Recent rows, with another share than is declared, or other negatives: is the declared share in doubt?"""
    test, y = rows(rng, n, here)
    recent, _ = rows(rng, n, declared if there is None else there, shift=shift)
    given = reviewed(test, y, recent=recent, levels=levels, about={"production_prevalence": declared})
    found = mix.examine(given)
    return in_doubt(found, which="EVID-MIX-LABELS") or in_doubt(found, which="EVID-MIX-SHARE")


def bar_missed_there(rng: Generator, n: int, here: float, declared: float) -> bool:
    """A precision that holds at the share of the test rows and lies 0.05 short at the declared one."""
    test, y = rows(rng, n, here)
    there = float(label_metric_values("precision", table_of(*rates(), declared), binary=True))
    stated = [{"says": "precision", "metric": "precision", "at_least": there + 0.05}]
    given = reviewed(test, y, about={"production_prevalence": declared}, business={"requirements": stated})
    return in_doubt(mix.examine(given))


def without_truth(
    rng: Generator, n: int, share: float, gone: float, *, metric: str, margin: float, hidden: bool = False
) -> bool:
    """Rows whose truth is gone: at random, or of errors alone, so that the bar is missed by all rows together."""
    test, y = rows(rng, n, share)
    said = Model().predict(test)
    if hidden:
        wrong = np.flatnonzero(said != y)
        lost = np.isin(np.arange(n), rng.choice(wrong, round(gone * len(wrong)), replace=False))
    else:
        lost = rng.random(n) < gone
    worth = float(label_metric_values(metric, table_of(*rates(), share), binary=True))
    stated = [{"says": metric, "metric": metric, "at_least": worth - margin}]
    given = reviewed(test[~lost].reset_index(drop=True), y[~lost], business={"requirements": stated})
    if not lost.any():
        return False
    frame = test[lost].reset_index(drop=True)
    assert given.candidate is not None
    unused = Unused(frame, np.full(len(frame), -1), given.candidate.score(frame))
    return in_doubt(missing.examine(replace(given, unused=unused)))


def carried_sample(rng: Generator, n: int, here: float, there: float, *, metric: str) -> Sample:
    """A metric at another share of positives, from rows with this one."""
    test, y = rows(rng, n, here)
    cases = Cases(Task.BINARY, y, Model().predict(test))
    recall, alarms = (measure(name, cases) for name in ("recall", "false_positive_rate"))
    r, f = rates()
    if isinstance(recall, Missing) or isinstance(alarms, Missing):
        return Sample(Missing("one class alone"), 0.0)
    if metric == "savings":
        both = mean_of_two_amounts(recall, 0.0, 10.0), mean_of_two_amounts(alarms, 0.0, -1.0)
        return Sample(carry_mean(*both, there), there * 10 * r - (1 - there) * f)
    truth = float(label_metric_values(metric, table_of(r, f, there), binary=True))
    return Sample(carry_metric(metric, recall, alarms, there), truth)


def share_sample(rng: Generator, n: int, here: float, there: float) -> Sample:
    """The share of positives among as many rows whose truth is not known."""
    (test, y), (recent, _) = rows(rng, n, here), rows(rng, n, there)
    cases = Cases(Task.BINARY, y, Model().predict(test))
    recall, alarms = (measure(name, cases) for name in ("recall", "false_positive_rate"))
    if isinstance(recall, Missing) or isinstance(alarms, Missing):
        return Sample(Missing("one class alone"), there)
    said = Model().predict(recent)
    return Sample(share_positive(Binomial(float(said.sum()), n), recall, alarms), there)


CARRIED = [
    *(
        Coverage(f"{metric} carried", f"share {here:g} to {there:g}", n,
                 partial(carried_sample, n=n, here=here, there=there, metric=metric))
        for metric in ("precision", "f1", "accuracy", "savings")
        for here, there in ((0.3, 0.05), (0.1, 0.3)) for n in (300, 1_000, 5_000)
    ),
    *(
        Coverage("share of positives, BBSE", f"share {here:g}, recent {there:g}", n,
                 partial(share_sample, n=n, here=here, there=there))
        for here, there in ((0.3, 0.05), (0.1, 0.1)) for n in (300, 1_000, 5_000)
    ),
]  # fmt: skip
MOST = 0.002
SOUND = [
    *(
        Share("mix: drawn as declared", f"share {share:g}, bars {margin:g} below", n,
              partial(drawn_as_declared, n=n, share=share, margin=margin), most=0.02)
        for share in (0.05, 0.25) for margin in (0.05, 0.15) for n in (300, 1_000, 5_000)
    ),
    *(
        Share("mix: recent rows as declared", f"share {here:g}, declared {declared:g}{more}", n,
              partial(recent_as_declared, n=n, here=here, declared=declared, levels=levels), most=0.004)
        for here, declared, levels, more in
        ((0.25, 0.25, None, ""), (0.25, 0.05, None, ""), (0.25, 0.25, 5, ", scores of six values"))
        for n in (300, 1_000, 5_000)
    ),
    *(
        Share("missing: at random", f"{gone:.0%} of rows, {metric} {margin:g} above its bar, share {share:g}", n,
              partial(without_truth, n=n, share=share, gone=gone, metric=metric, margin=margin), most=None)
        for share, metric in ((0.25, "accuracy"), (0.25, "recall"), (0.02, "recall"))
        for gone in (0.01, 0.05) for margin in (0.05, 0.15) for n in (5_000,)
    ),
]  # fmt: skip
FAULTY = [
    *(
        Share("mix: a precision that fails in production", f"share 0.25, declared {declared:g}", n,
              partial(bar_missed_there, n=n, here=0.25, declared=declared), most=None)
        for declared in (0.125, 0.05) for n in (300, 1_000, 5_000)
    ),
    *(
        Share("mix: declared wrongly by a factor of 2", f"declared {declared:g}, recent {there:g}", n,
              partial(recent_as_declared, n=n, here=0.25, declared=declared, there=there), most=None)
        for declared, there in ((0.25, 0.125), (0.1, 0.2), (0.05, 0.1)) for n in (300, 1_000, 5_000)
    ),
    *(
        Share("mix: negatives look otherwise", f"by {shift:g} standard deviations", n,
              partial(recent_as_declared, n=n, here=0.25, declared=0.25, shift=shift), most=None)
        for shift in (0.25, 0.5) for n in (300, 1_000, 5_000)
    ),
    *(
        Share("missing: errors alone", f"{gone:.0%} of errors, {metric} {-margin:g} short of its bar, share {share:g}", n,
              partial(without_truth, n=n, share=share, gone=gone, metric=metric, margin=margin, hidden=True), most=None)
        for share, metric, margin in ((0.25, "accuracy", -0.02), (0.25, "recall", -0.05), (0.02, "recall", -0.1))
        for gone in (0.5, 0.8) for n in (1_000, 5_000)
    ),
]  # fmt: skip


def show(runs: int = 600) -> None:
    """Print the tables."""
    head = ("what", "setting", "n", "how often, %", "simulation error", "remark")
    for settings in (SOUND, FAULTY):
        print(table(head, [run_share(each, runs) for each in settings]))  # noqa: T201
    print(table(("metric",) * 10, [run_coverage(each, 2 * runs) for each in CARRIED]))  # noqa: T201
