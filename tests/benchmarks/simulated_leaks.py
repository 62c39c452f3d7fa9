"""How often is a sound column doubted, and how often is one found that gives the answer away?

    python -m tests.benchmarks.simulated_leaks [--runs 400] [--jobs 2]

Every table is judged as in a review, by a candidate that is a straight line through the training rows (least squares),
which has less skill than a tuned one, so that a column reaches its skill sooner.
"""

# ruff: noqa: T201  # a script for people
from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.soundness.assessment import judge_examined
from readiness.soundness.leak import examine_tables
from readiness.soundness.tables import Tables
from readiness.spec.schema import Spec
from tests.benchmarks.simulation import Generator, Share, run_share, table

MOST = 0.012
"""Twelve alarms in a thousand sound tables."""
World = tuple[pd.DataFrame, Any, Task]


def doubted(rng: Generator, world: Callable[[Generator, int], World], rows: int) -> bool:
    """Whether any column of a table with so many test and as many training rows is doubted."""
    frame, y, task = world(rng, 2 * rows)
    classes = tuple(str(k) for k in range(int(y.max()) + 1)) if task.has_classes else ()
    spec = Spec.model_validate(
        {"model": {"name": "m", "version": "1", "path": "m"}, "data": {"test": "t", "target": "y"}}
    )
    halves = [frame.iloc[:rows].reset_index(drop=True), frame.iloc[rows:].reset_index(drop=True)]
    tables = Tables(spec, task, classes, tuple(frame), halves[0], y[:rows], halves[1], y[rows:], None, "y")
    found = [judge_examined(claim) for claim in examine_tables(tables, _line(frame, y, task, rows, len(classes)))]
    return any(finding.status is not Status.MET for finding in found)


def _line(frame: pd.DataFrame, y: Any, task: Task, rows: int, n_classes: int) -> Any:
    """What least squares on the training rows say of the test rows."""
    parts = [_as_numbers(frame[name]) for name in frame]
    x = np.column_stack([np.ones(len(frame)), *parts])
    wanted = np.eye(n_classes)[y] if task is Task.MULTICLASS else np.asarray(y, dtype=float)
    return x[:rows] @ np.linalg.lstsq(x[rows:], wanted[rows:], rcond=None)[0]


def _as_numbers(column: pd.Series[Any]) -> Any:
    """Numbers with gaps filled and marked; of a category its commonest ten values."""
    if column.dtype.kind in "ifb":
        values = column.to_numpy(dtype=float)
        gap = np.isnan(values)
        filled = np.where(gap, np.nanmean(values) if not gap.all() else 0.0, values)
        return np.column_stack([(filled - filled.mean()) / (filled.std() or 1.0), gap])
    if column.dtype.kind == "M":
        return _as_numbers(column.astype("int64").astype(float))
    top = column.value_counts().index[:10]
    return np.column_stack([column.to_numpy() == value for value in top]).astype(float)


# Sound tables ---------------------------------------------------------------------------------------------------


def noise(rng: Generator, n: int, columns: int, **more: Any) -> pd.DataFrame:
    """Columns that tell nothing, and further ones."""
    return pd.DataFrame({f"x{k}": rng.normal(size=n) for k in range(columns)} | more)


def logistic(rng: Generator, n: int, *, share: float = 0.4, slope: float = 1.5, columns: int = 8) -> World:
    """Two columns that tell something and others that do not."""
    frame = noise(rng, n, columns)
    signal = slope * (frame["x0"] + frame["x1"])
    at = np.quantile(signal + rng.logistic(size=n), 1 - share)
    return frame, (rng.random(n) < expit(signal - at)).astype(int), Task.BINARY


def shifted(rng: Generator, n: int, shifts: Sequence[float], *, share: float = 0.37, together: float = 0.0) -> World:
    """Normal columns whose means differ between two classes; the first tell the more, some go together."""
    y = (rng.random(n) < share).astype(int)
    common = rng.normal(size=n) * together**0.5
    columns = {f"x{k}": d * y + common + (1 - together) ** 0.5 * rng.normal(size=n) for k, d in enumerate(shifts)}
    return pd.DataFrame(columns), y, Task.BINARY


def discrete(rng: Generator, n: int, levels: int) -> World:
    """Ten columns of few levels."""
    frame = pd.DataFrame({f"x{k}": rng.integers(0, levels, n) for k in range(10)})
    signal = 3.0 * (frame.iloc[:, :4].sum(axis=1) / (levels - 1) - 2)
    return frame, (rng.random(n) < expit(signal)).astype(int), Task.BINARY


def categories(rng: Generator, n: int) -> World:
    """Postcodes, names of rows, and gaps that tell a little."""
    frame, y, task = logistic(rng, n)
    frame["postcode"] = rng.choice([f"p{k}" for k in range(max(10, n // 4))], n)
    frame["name"] = [f"n{k}" for k in range(n)]
    for k in range(4):
        frame.loc[rng.random(n) < np.where(y == 1, 0.3, 0.1), f"x{k + 4}"] = np.nan
    return frame, y, task


def two_make_it(rng: Generator, n: int, sd: float) -> World:
    """Two columns that add up to the answer, but for some noise."""
    frame = noise(rng, n, 6)
    return frame, (frame["x0"] + frame["x1"] + sd * rng.normal(size=n) > 0.75).to_numpy().astype(int), Task.BINARY


def linear(rng: Generator, n: int, slopes: Sequence[float], sd: float) -> World:
    """A number from columns with these slopes."""
    frame = noise(rng, n, 8)
    y = sum(slope * frame[f"x{k}"].to_numpy() for k, slope in enumerate(slopes)) + sd * rng.normal(size=n)
    return frame, y, Task.REGRESSION


def lags(rng: Generator, n: int, steps: Sequence[int], phi: float = 0.99) -> World:
    """A slow series that is told from its past; one step back R² is phi²."""
    burn = 200
    shocks, series = rng.normal(size=n + burn), np.zeros(n + burn)
    for k in range(1, n + burn):
        series[k] = phi * series[k - 1] + (1 - phi**2) ** 0.5 * shocks[k]
    order = rng.permutation(np.arange(burn, n + burn))
    past = {f"lag{step}": series[order - step] for step in steps}
    return noise(rng, n, 4, **past), series[order], Task.REGRESSION


def long_tails(rng: Generator, n: int) -> World:
    """Amounts with long tails that several columns multiply up to."""
    frame = noise(rng, n, 6)
    y = np.exp(frame["x0"] + 0.5 * frame["x1"] + 0.5 * rng.normal(size=n)).to_numpy()
    return frame.assign(amount=np.exp(frame["x0"])), y, Task.REGRESSION


def petals(rng: Generator, n: int) -> World:
    """Three classes that two columns tell apart as petals tell irises, and two that hardly do."""
    y = rng.integers(0, 3, n)
    middle, size = np.array([0.0, 5.2, 7.8])[y], rng.normal(size=n)
    frame = {
        "length": middle + 0.7 * size + 0.7 * rng.normal(size=n), "width": middle + 0.6 * size + 0.7 * rng.normal(size=n),
        "sepal": 0.3 * middle + size, "other": rng.normal(size=n),
    }  # fmt: skip
    return pd.DataFrame(frame), y, Task.MULTICLASS


def many_classes(rng: Generator, n: int, classes: int = 8) -> World:
    """Classes with a middle of their own in ten columns."""
    y = rng.integers(0, classes, n)
    middles = 2 * np.random.default_rng(5).normal(size=(classes, 10))
    return pd.DataFrame(middles[y] + rng.normal(size=(n, 10))).add_prefix("x"), y, Task.MULTICLASS


def ranked(rng: Generator, n: int) -> World:
    """Relevances of 0 to 4, which four columns tell a little of."""
    frame = noise(rng, n, 8)
    signal = frame.iloc[:, :4].sum(axis=1).to_numpy() + 2 * rng.normal(size=n)
    return frame, np.searchsorted([-2, 0, 2, 4], signal).astype(float), Task.RANKING


# Leaks ----------------------------------------------------------------------------------------------------------


def planted(rng: Generator, n: int, leak: Callable[..., Any], base: Callable[..., World] = logistic) -> World:
    """A sound table with further columns that give the answer away."""
    frame, y, task = base(rng, n)
    return frame.assign(**leak(rng, y)), y, task


def slips(rng: Generator, y: Any, share: float) -> dict[str, Any]:
    """The class under another name, wrong in some rows."""
    k = int(y.max()) + 1
    return {"status": np.array([f"s{c}" for c in np.where(rng.random(len(y)) < share, (y + 1) % k, y)], dtype=object)}


def blurred(rng: Generator, y: Any, sd: float) -> dict[str, Any]:
    """The target with noise, in standard deviations of the target."""
    return {"copy": y + sd * np.std(y) * rng.normal(size=len(y))}


def filled_in(rng: Generator, y: Any) -> dict[str, Any]:
    """A number that stands only where the answer is yes."""
    return {"days": np.where(y == 1, rng.integers(30, 90, len(y)), np.nan)}


def filled_in_somewhere(rng: Generator, y: Any) -> dict[str, Any]:
    """One of three numbers stands where the answer is yes; in other rows two of them do."""
    which = rng.integers(0, 3, len(y))
    return {f"part{k}": np.where((which == k) == (y == 1), rng.normal(size=len(y)), np.nan) for k in range(3)}


def dated(rng: Generator, y: Any) -> dict[str, Any]:
    """A date that is later by a month where the answer is yes."""
    days = np.where(y == 1, 40, 0) + rng.integers(0, 30, len(y))
    return {"closed": np.datetime64("2026-01-01") + days.astype("timedelta64[D]")}


def difference(rng: Generator, y: Any) -> dict[str, Any]:
    """Two amounts whose difference is the answer."""
    owed = 50 * rng.normal(size=len(y))
    return {"owed": owed, "paid": owed - y + 0.02 * rng.normal(size=len(y))}


def parity(rng: Generator, y: Any) -> dict[str, Any]:
    """Two flags that differ where the answer is yes, with a slip in a hundred rows."""
    flag = rng.integers(0, 2, len(y))
    return {"one": flag, "other": np.where(rng.random(len(y)) < 0.01, 1 - (flag ^ y), flag ^ y)}


def numbered(rng: Generator, y: Any) -> dict[str, Any]:
    """Numbers of rows that were sorted by class."""
    return {"number": np.argsort(np.argsort(y + 0.5 * rng.random(len(y))))}


def parts(rng: Generator, y: Any, count: int) -> dict[str, Any]:
    """Numbers that add up to the target."""
    some = {f"part{k}": np.std(y) * rng.normal(size=len(y)) for k in range(count - 1)}
    return some | {"rest": y - sum(some.values())}


COLUMNS_OF_FIVE = (2.7, 2.65, 2.6, 2.55, 2.5, 1.5, 1.0, 0.8, 0.5, 0.3)
SOUND: list[tuple[str, Callable[[Generator, int], World], tuple[int, ...]]] = [
    ("two columns of eight tell", logistic, (50, 500, 5_000)),
    ("one positive in fifty", partial(logistic, share=0.02), (500, 3_000)),
    ("five columns with areas of 0.96 to 0.97", partial(shifted, shifts=COLUMNS_OF_FIVE, together=0.5), (170, 1_000)),
    ("the same, independent", partial(shifted, shifts=COLUMNS_OF_FIVE), (170, 1_000)),
    ("one column with an area of 0.976, others of 0.6", partial(shifted, shifts=(2.8, *[0.36] * 7)), (100, 1_000)),
    ("ten columns of two levels", partial(discrete, levels=2), (300, 3_000)),
    ("ten columns of five levels", partial(discrete, levels=5), (300, 3_000)),
    ("postcodes, names of rows, gaps", categories, (300, 3_000)),
    ("two columns add up, area of 0.99", partial(two_make_it, sd=0.2), (500, 4_000)),
    ("a number, R² 0.9", partial(linear, slopes=(3, 2, 1, 1), sd=1.3), (60, 1_000)),
    ("a number, one column has R² 0.98 of 0.99", partial(linear, slopes=(10, 1), sd=1.0), (100, 1_000)),
    ("a number from its past, one step R² 0.98", partial(lags, steps=(1, 2, 3, 7)), (300, 3_000)),
    ("amounts with long tails", long_tails, (300, 3_000)),
    ("three classes like irises", petals, (50, 500)),
    ("eight classes", many_classes, (300, 2_000)),
    ("relevances", ranked, (300, 3_000)),
]  # fmt: skip
ASKED = [
    ("one column with an area of 0.988, others of 0.6", partial(shifted, shifts=(3.2, *[0.36] * 7)), (300, 3_000)),
    ("one column with an area of 0.995, others of 0.8", partial(shifted, shifts=(3.64, *[1.2] * 7)), (300, 3_000)),
    ("a number from one step back alone, R² 0.98", partial(lags, steps=(1,)), (300, 3_000)),
    ("a number from its past, one step R² 0.996", partial(lags, steps=(1, 2, 3, 7), phi=0.998), (300, 3_000)),
]  # fmt: skip
LEAKS = [
    ("the class as text", partial(planted, leak=partial(slips, share=0.0))),
    ("the same, a slip in 100 rows", partial(planted, leak=partial(slips, share=0.01))),
    ("the same, one positive in twenty", partial(planted, leak=partial(slips, share=0.002), base=partial(logistic, share=0.05))),
    ("the class with noise of 0.3 SD", partial(planted, leak=partial(blurred, sd=0.3))),
    ("the same beside five strong columns", partial(planted, leak=partial(blurred, sd=0.2), base=partial(shifted, shifts=COLUMNS_OF_FIVE, together=0.5))),
    ("filled in where the answer is yes", partial(planted, leak=filled_in)),
    ("which of three are filled in", partial(planted, leak=filled_in_somewhere)),
    ("a later date", partial(planted, leak=dated)),
    ("a difference of two", partial(planted, leak=difference)),
    ("two flags that differ, a slip in 100 rows", partial(planted, leak=parity)),
    ("numbers of sorted rows", partial(planted, leak=numbered)),
    ("a number with noise of 1 %", partial(planted, leak=partial(blurred, sd=0.01), base=partial(linear, slopes=(3, 2), sd=2.0))),
    ("a number with noise of 20 %", partial(planted, leak=partial(blurred, sd=0.2), base=partial(linear, slopes=(3, 2), sd=2.0))),
    ("two parts of a number", partial(planted, leak=partial(parts, count=2), base=partial(linear, slopes=(3, 2), sd=2.0))),
    ("five parts of a number", partial(planted, leak=partial(parts, count=5), base=partial(linear, slopes=(3, 2), sd=2.0))),
    ("one of three classes as text, 2 slips in 100", partial(planted, leak=partial(slips, share=0.02), base=partial(many_classes, classes=3))),
]  # fmt: skip


def settings() -> dict[str, list[Share]]:
    """Every setting by the title of its table."""

    def share(name: str, world: Callable[..., World], rows: int, most: float | None, times: int = 1) -> Share:
        cost = times * (1 if rows < 1_000 else 4 if rows < 10_000 else 20)
        return Share("leak", name, rows, partial(doubted, world=world, rows=rows), most, cost)

    return {
        "Sound columns that are doubted": [
            share(name, world, rows, MOST) for name, world, sizes in SOUND for rows in sizes
        ],
        "Columns so strong that somebody has to say when they are known": [
            share(name, world, rows, None) for name, world, sizes in ASKED for rows in sizes
        ],
        "Columns that give the answer away and are found": [
            share(name, world, rows, None, 4) for name, world in LEAKS for rows in (50, 150, 500)
        ],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=400, help="tables of each setting; costly settings take fewer")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(arguments)
    started = time.perf_counter()
    head = ("what", "setting", "test rows, and as many for training", "how often, %", "simulation error", "remark")
    with ProcessPoolExecutor(asked.jobs) as pool:
        for title, shares in settings().items():
            print(f"### {title}\n\n{table(head, [])}", flush=True)
            for line in pool.map(partial(run_share, runs=asked.runs), shares):
                print(f"| {' | '.join(line)} |", flush=True)
            print(flush=True)
    print(f"{asked.runs:,} tables of each setting, fewer of costly ones; {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    main()
