"""What does the search for weak slices find of slices that no bin holds, and what where nothing is wrong?"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from readiness.core.findings import Answer, Finding, Status
from readiness.core.policy import Task
from readiness.questions import segments
from tests.benchmarks.simulation import Generator, Share
from tests.questions.conftest import evidence_of

RIGHT = 0.9
"""Share of rows that are right outside the slice."""
SHARE = 0.05
"""Share of rows in the slice."""
METRICS = ("accuracy", "recall", "false_positive_rate")
DEPENDENT = 0.5
"""Correlation of neighbours in time."""


def features(rng: Generator, rows: int, columns: int, kind: str) -> pd.DataFrame:
    """Columns that mean nothing: normal numbers, every fourth lognormal or of few values, or text of ten values."""
    if kind == "text":
        return pd.DataFrame({f"x{k}": rng.integers(0, 10, rows).astype(str) for k in range(columns)})
    normal = rng.standard_normal((columns, rows))
    frame = pd.DataFrame(normal.T, columns=[f"x{k}" for k in range(columns)])
    if kind == "mixed":
        frame.iloc[:, 2::4] = np.exp(normal[2::4].T)
        frame.iloc[:, 3::4] = np.clip(np.round(2 * normal[3::4].T), -4, 4)
    return frame


def rectangle(rng: Generator, frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows lie in a rectangle of x0 and x1 at a random place, with random sides, that holds 5 % of the rows."""
    width = rng.uniform(SHARE / 0.42, 0.42)
    inside = np.ones(len(frame), dtype=bool)
    for name, side in (("x0", width), ("x1", SHARE / width)):
        rank = frame[name].rank().to_numpy() / len(frame)
        low = rng.uniform(0, 1 - side)
        inside &= (rank > low) & (rank <= low + side)
    return inside


def answered(
    rng: Generator, frame: pd.DataFrame, chance: np.ndarray, metrics: tuple[str, ...], *, serial: bool = False
) -> Answer:
    """The answer on rows that are wrong with these chances; `serial`: hours in a row, whose errors depend."""
    rows = len(frame)
    truth = rng.integers(0, 2, rows)
    wrong = rng.random(rows) < chance
    if serial:
        for t in range(1, rows):
            wrong[t] = wrong[t - 1] if rng.random() < DEPENDENT else wrong[t]
    names = [*frame.columns]
    frame = frame.assign(g=np.where(rng.random(rows) < 0.5, "one", "two"))
    data: dict[str, object] = {"segments": ["g"], "features": names}
    if serial:
        frame["at"] = pd.date_range("2026-01-01", periods=rows, freq="h")
        data["time"] = "at"
    evidence = evidence_of(
        truth, np.where(wrong, 1 - truth, truth), frame=frame, data=data, more={"rows": frame},
        segments={"metrics": list(metrics), "judged_slices": "all"},
    )  # fmt: skip
    if serial:
        evidence = replace(evidence, cases=replace(evidence.cases, time=np.arange(rows)))
    return segments.ask(evidence, evidence.spec.segments)


def shown(answer: Answer) -> list[Finding]:
    """The slices that are said to be surely worse."""
    return [each for each in answer.findings if each.code.startswith("SEGM-SLICE-")]


def found(rng: Generator, rows: int, columns: int, deficit: float, *, refused: bool) -> bool:
    """Whether a slice of both of its columns is shown as surely worse, or as worse by more than the limit."""
    frame = features(rng, rows, columns, "numbers")
    chance = 1 - RIGHT + deficit * rectangle(rng, frame)
    slices = [each for each in shown(answered(rng, frame, chance, ("accuracy",))) if {*each.segment} == {"x0", "x1"}]
    return any(each.status is Status.NOT_MET or not refused for each in slices)


def wrongly_shown(
    rng: Generator,
    rows: int,
    columns: int,
    kind: str,
    error: float,
    *,
    metrics: tuple[str, ...] = METRICS[:1],
    serial: bool = False,
) -> bool:
    """Whether any slice is shown as surely worse where all rows are wrong with the same chance."""
    frame = features(rng, rows, columns, kind)
    return bool(shown(answered(rng, frame, np.full(rows, error), metrics, serial=serial)))


def wrongly_shown_error(rng: Generator, rows: int, columns: int, *, tail: float) -> bool:
    """The same for absolute errors with a lognormal tail, all of one distribution."""
    frame = features(rng, rows, columns, "mixed").assign(g=np.where(rng.random(rows) < 0.5, "one", "two"))
    names = [name for name in frame.columns if name != "g"]
    error = rng.lognormal(0, tail, rows)
    evidence = evidence_of(
        np.zeros(rows), error, task=Task.REGRESSION, frame=frame, data={"segments": ["g"], "features": names},
        more={"rows": frame}, segments={"judged_slices": "all"},
    )  # fmt: skip
    return bool(shown(segments.ask(evidence, evidence.spec.segments)))


POWER = [
    Share(f"weak slice {said}", f"two of {columns} columns, edges anywhere, worse by {deficit:g}", n,
          partial(found, rows=n, columns=columns, deficit=deficit, refused=refused), None, cost=6)
    for said, refused in (("shown as surely worse", False), ("not met: beyond 0.15", True))
    for deficit in (0.2, 0.3) for columns in (2, 6) for n in (2_000, 5_000, 20_000)
    if (deficit > 0.2 or n == 5_000) and (n < 20_000 or refused)
]  # fmt: skip
WRONGLY = "wrongly shown as surely worse"
NOTHING = [
    *(
        Share(WRONGLY, f"6 columns of {kind}, {1 - error:.0%} right, {len(metrics)} metrics", n,
              partial(wrongly_shown, rows=n, columns=6, kind=kind, error=error, metrics=metrics), runs=runs)
        for kind, error, n, metrics, runs in (
            ("mixed", 0.1, 2_000, METRICS[:1], 1_000), ("mixed", 0.1, 2_000, METRICS, 400),
            ("mixed", 0.02, 5_000, METRICS[:1], 400), ("text", 0.1, 2_000, METRICS[:1], 400),
        )
    ),
    Share(WRONGLY, "3 columns and parts of the time, neighbours depend, 90% right", 3_000,
          partial(wrongly_shown, rows=3_000, columns=3, kind="mixed", error=0.1, serial=True), runs=400),
    Share(WRONGLY, "6 columns, errors lognormal(1)", 2_000,
          partial(wrongly_shown_error, rows=2_000, columns=6, tail=1.0), runs=400),
]  # fmt: skip
SETTINGS = [*NOTHING, *POWER]
