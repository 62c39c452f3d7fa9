"""How often are sound tables said to hold copies, and how often are copies found? Tables of many kinds.

    python tests/benchmarks/simulated_copies.py [--runs 200] [--only alarms|power|moved]

Prints three Markdown tables: false alarms of the rules on copies and repeats by kind of table, of tables that are sound;
how often planted copies are found; and how far they may be moved. Every setting is seeded by its name.
"""

# ruff: noqa: T201  # a script for people
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

sys.path.insert(0, str(Path(__file__).parents[2]))

from readiness.core.findings import Status
from readiness.core.policy import SOUNDNESS_ALPHA, SOUNDNESS_LEVEL, Task
from readiness.evidence.near_copies import near_copies
from readiness.soundness import copies, repeats
from readiness.soundness.tables import Tables
from readiness.spec.schema import Spec
from readiness.statistics.judge_claims import judge_claims
from tests.benchmarks.simulation import Share, run_share, table

HEAD = ("what", "kind of table", "rows", "how often, %", "simulation error", "remark")
MOST = 0.012
"""As often all rules on rows together may stop a sound candidate; these are some of them."""
Pair = tuple[pd.DataFrame, pd.DataFrame]


def alarms(train: pd.DataFrame, test: pd.DataFrame, *, name: str | None = None, group: str | None = None) -> set[str]:
    """Codes of the doubts that the rules have about two tables with a target `y`; all else is a feature."""
    data = {"test": "t.csv", "target": "y", "id": name, "group": group}
    model = {"name": "m", "version": "1", "path": "m.onnx"}
    spec = Spec.model_validate({"model": model, "data": {k: v for k, v in data.items() if v}})
    features = tuple(column for column in test.columns if column not in ("y", name, group, "noise"))
    is_number = train["y"].dtype.kind == "f"
    task = Task.REGRESSION if is_number else Task.BINARY
    tables = Tables(
        spec, task, (), features, test, test["y"].to_numpy(), train, train["y"].to_numpy(), None, "y"
    )  # fmt: skip
    claims = [claim for rule in (copies, repeats) for claim in rule.examine(tables)]
    findings = [judge_claims([claim], alpha=SOUNDNESS_ALPHA, level=SOUNDNESS_LEVEL)[0] for claim in claims]
    return {finding.code for finding in findings if finding.status is not Status.MET}


def two_of(make: Callable[[Generator, int], pd.DataFrame], rng: Generator, n: int) -> Pair:
    """Two tables of rows drawn alike."""
    both = make(rng, 2 * n)
    return both.iloc[:n].reset_index(drop=True), both.iloc[n:].reset_index(drop=True)


def _truth(rng: Generator, signal: Any, rate: float = 0.3) -> Any:
    signal = (signal - signal.mean()) / (signal.std() + 1e-9)
    return ((signal + rng.normal(size=len(signal))) > np.quantile(signal, 1 - rate)).astype(int)


def few_levels(rng: Generator, n: int) -> pd.DataFrame:
    width, levels = int(rng.integers(4, 13)), int(rng.integers(2, 7))
    frame = pd.DataFrame(rng.integers(0, levels, (n, width)), columns=[f"f{k}" for k in range(width)])
    return frame.assign(y=_truth(rng, frame.sum(axis=1)))


def uneven_levels(rng: Generator, n: int) -> pd.DataFrame:
    width = int(rng.integers(3, 10))
    frame = pd.DataFrame({f"f{k}": rng.zipf(rng.uniform(1.3, 2.5), n).clip(max=500) for k in range(width)})
    return frame.assign(y=_truth(rng, frame["f0"].rank()))


def mixed(rng: Generator, n: int) -> pd.DataFrame:
    frame = pd.DataFrame({f"x{k}": rng.normal(size=n) for k in range(3)})
    frame["channel"], frame["term"] = rng.choice(["a", "b", "c"], n), rng.integers(1, 60, n)
    return frame.assign(y=_truth(rng, frame["x0"]))


def one_hot(rng: Generator, n: int) -> pd.DataFrame:
    kinds = pd.get_dummies(pd.Series(rng.choice(list("abcdefghijklmnopqrst"), n)))
    frame = kinds.assign(size=rng.integers(1, 6, n), age=rng.integers(18, 90, n))
    return frame.assign(y=_truth(rng, frame["age"]))


def rounded(rng: Generator, n: int) -> pd.DataFrame:
    frame = pd.DataFrame({f"x{k}": np.round(rng.normal(5, 1, n), 1) for k in range(int(rng.integers(1, 5)))})
    return frame.assign(y=_truth(rng, frame["x0"]))


def prices(rng: Generator, n: int) -> pd.DataFrame:
    amount = np.where(rng.random(n) < 0.4, 0.0, np.round(rng.lognormal(4, 1, n), int(rng.integers(0, 3))))
    frame = pd.DataFrame({"amount": amount, "items": rng.poisson(1.5, n), "kind": rng.choice(list("abcd"), n)})
    return frame.assign(y=_truth(rng, frame["items"], 0.05))


def one_column(rng: Generator, n: int) -> pd.DataFrame:
    levels = int(n * rng.choice([0.01, 0.3, 1, 3, 10, 30]))
    frame = pd.DataFrame({"x": rng.integers(0, max(2, levels), n)})
    return frame.assign(y=_truth(rng, frame["x"], rng.choice([0.02, 0.3])))


def encoded(rng: Generator, n: int) -> pd.DataFrame:
    """A category and what follows from it."""
    levels = int(rng.integers(20, 2_000))
    code = rng.integers(0, levels, n)
    means, sizes = rng.normal(size=levels), rng.lognormal(size=levels)
    frame = pd.DataFrame({"code": code, "mean": means[code], "size": sizes[code]})
    return frame.assign(y=_truth(rng, frame["mean"], rng.choice([0.02, 0.3])))


def words(rng: Generator, n: int) -> pd.DataFrame:
    names = np.array([f"word {k}" for k in range(int(rng.integers(5, 3_000)))])
    frame = pd.DataFrame({"one": rng.choice(names, n), "two": rng.choice(names, n), "age": rng.integers(18, 90, n)})
    return frame.assign(y=_truth(rng, frame["age"]))


def values(rng: Generator, n: int) -> pd.DataFrame:
    frame = pd.DataFrame({"x": rng.normal(size=n), "k": rng.integers(0, 9, n), "z": np.round(rng.normal(size=n), 2)})
    return frame.assign(y=frame["x"] * 3.0 + rng.normal(size=n))


def counts(rng: Generator, n: int) -> pd.DataFrame:
    frame = pd.DataFrame({f"f{k}": rng.poisson(2, n) for k in range(5)})
    return frame.assign(y=rng.poisson(np.exp(0.2 * frame["f0"])).astype(float))


def gaps(rng: Generator, n: int) -> pd.DataFrame:
    frame = mixed(rng, n)
    for name in ("x0", "x1", "channel"):
        frame[name] = frame[name].where(rng.random(n) < 0.5)
    return frame


def grouped(rng: Generator, n: int, *, static: bool = False, shared: bool = False) -> Pair:
    """Groups of one to twenty rows whose features go together; `static`: are the same in all rows of a group."""
    sizes = rng.integers(1, 20, n)
    group = np.repeat(np.arange(n), sizes)[: 2 * n]
    levels = rng.normal(size=(n, 3))[group]
    frame = pd.DataFrame(levels + (0 if static else 0.3) * rng.normal(size=levels.shape), columns=["a", "b", "c"])
    frame["kind"] = rng.integers(0, 4, n)[group]
    frame = frame.assign(y=_truth(rng, frame["a"]), group=group)
    if shared:
        frame = frame.iloc[rng.permutation(2 * n)]
    return frame.iloc[:n].reset_index(drop=True), frame.iloc[n:].reset_index(drop=True)


def in_time(rng: Generator, n: int) -> Pair:
    """Test rows come later, levels and shares drift, and each table numbers its rows anew."""
    when = np.linspace(0, 1, 2 * n)
    frame = pd.DataFrame({"x": rng.normal(size=2 * n) + when, "season": np.round(np.sin(20 * when), 2)})
    frame["kind"] = (rng.random(2 * n) < 0.3 + 0.3 * when).astype(int)
    frame["level"] = rng.integers(0, 4, 2 * n) + (when > 0.7)
    frame = frame.assign(y=_truth(rng, frame["x"]))
    train, test = frame.iloc[:n].reset_index(drop=True), frame.iloc[n:].reset_index(drop=True)
    return train.assign(row=np.arange(n)), test.assign(row=np.arange(n))


def shifted(rng: Generator, n: int) -> Pair:
    """The same kinds of rows in other shares, levels and spreads."""
    train, test = two_of(few_levels if rng.random() < 0.5 else mixed, rng, 2 * n)
    wanted = test.iloc[:, 0].rank(pct=True).to_numpy()
    rows = rng.choice(len(test), n, replace=False, p=wanted / wanted.sum())
    return train.iloc[:n], test.iloc[rows].reset_index(drop=True)


def sorted_rows(rng: Generator, n: int) -> Pair:
    """Both tables in the order of the truth, numbered from 1."""
    train, test = two_of(mixed, rng, n)
    train, test = (each.sort_values(["y", "x0"]).reset_index(drop=True) for each in (train, test))
    return train.assign(row=np.arange(1, n + 1)), test.assign(row=np.arange(1, n + 1))


KINDS: dict[str, tuple[Callable[[Generator, int], Pair], dict[str, str]]] = {
    "few levels": (partial(two_of, few_levels), {}),
    "uneven levels": (partial(two_of, uneven_levels), {}),
    "numbers and categories": (partial(two_of, mixed), {}),
    "one-hot": (partial(two_of, one_hot), {}),
    "rounded numbers": (partial(two_of, rounded), {}),
    "prices, many zero": (partial(two_of, prices), {}),
    "one column": (partial(two_of, one_column), {}),
    "what follows from a code": (partial(two_of, encoded), {}),
    "words": (partial(two_of, words), {}),
    "regression": (partial(two_of, values), {}),
    "counts": (partial(two_of, counts), {}),
    "half missing": (partial(two_of, gaps), {}),
    "groups, named": (grouped, {"group": "group"}),
    "groups with the same features": (partial(grouped, static=True), {"group": "group"}),
    "in time, rows numbered anew": (in_time, {"name": "row"}),
    "other shares in test": (shifted, {}),
    "sorted, rows numbered anew": (sorted_rows, {"name": "row"}),
}
"""Sound tables, and the roles of their columns."""


def alarmed(
    rng: Generator, *, kind: str, n: int, fault: Callable[[Generator, Pair], Pair] | None = None, codes: str = ""
) -> bool:
    """Whether any rule doubts tables of this kind; with a fault, whether one whose code begins so does."""
    make, roles = KINDS[kind]
    train, test = make(rng, n)
    if fault is not None:
        train, test = fault(rng, (train, test))
    return any(code.startswith(codes) for code in alarms(train, test, **roles))


def _taken(rng: Generator, pair: Pair, share: float, *, away: bool = False) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    train, test = pair
    rows = rng.choice(len(test), max(1, int(share * len(test))), replace=False)
    taken = train.iloc[rng.choice(len(train), len(rows), replace=away)].reset_index(drop=True)
    return train, test.copy(), (rows, taken)


def copied(rng: Generator, pair: Pair, *, share: float, moved: float = 0.0, digits: int | None = None) -> Pair:
    """Test rows replaced by training rows, moved by a share of the spread or rounded."""
    train, test, (rows, taken) = _taken(rng, pair, share)
    for name in taken.columns:
        if name != "y" and taken[name].dtype.kind == "f":
            taken[name] = taken[name] + moved * train[name].std() * rng.normal(size=len(taken))
            taken[name] = taken[name] if digits is None else taken[name].round(digits)
    kept = {name: test[name] for name in ("row", "group") if name in test}
    taken.index = test.index[rows]
    test = test.astype({name: taken[name].dtype for name in taken if taken[name].dtype.kind == "f"})
    test.loc[taken.index] = taken
    test = test.astype({name: train[name].dtype for name in train})
    return train, test.assign(**kept)


def with_noise(rng: Generator, pair: Pair, *, share: float) -> Pair:
    """Copies, and beside them a column of noise that is no feature."""
    train, test = copied(rng, pair, share=share)
    return train.assign(noise=rng.normal(size=len(train))), test.assign(noise=rng.normal(size=len(test)))


def trained_twice(rng: Generator, pair: Pair, *, share: float, times: int = 2) -> Pair:
    """Copies of a training table in which each row stands several times."""
    train, test = copied(rng, pair, share=share)
    return pd.concat([train] * times, ignore_index=True).sample(frac=1, random_state=1), test


def tested_twice(rng: Generator, pair: Pair, *, share: float) -> Pair:
    """Test rows that repeat others."""
    train, test = pair
    n = int(share * len(test))
    return train, pd.concat([test, test.iloc[rng.choice(len(test), n, replace=False)]], ignore_index=True)


SIZES = (100, 400)
ALARMS = [
    Share("copies and repeats: any doubt", kind, n, partial(alarmed, kind=kind, n=n), MOST)
    for kind in KINDS
    for n in SIZES
]
SEEN, REPEATED = "EVID-SEEN", "EVID-REPEATS"
FAULTS: list[tuple[str, str, str, Callable[[Generator, Pair], Pair]]] = [
    ("3 % copied", "numbers and categories", SEEN, partial(copied, share=0.03)),
    ("3 % copied", "regression", SEEN, partial(copied, share=0.03)),
    ("3 % copied", "half missing", SEEN, partial(copied, share=0.03)),
    ("10 % copied", "prices, many zero", SEEN, partial(copied, share=0.10)),
    ("20 % copied", "words", SEEN, partial(copied, share=0.20)),
    ("20 % copied", "few levels", SEEN, partial(copied, share=0.20)),
    ("20 % copied", "uneven levels", SEEN, partial(copied, share=0.20)),
    ("5 % copied beside noise", "numbers and categories", SEEN, partial(with_noise, share=0.05)),
    ("5 % copied, training rows twice", "numbers and categories", SEEN, partial(trained_twice, share=0.05)),
    ("5 % copied, training rows five times", "regression", SEEN, partial(trained_twice, share=0.05, times=5)),
    ("10 % copied, moved by 1e-9", "numbers and categories", SEEN, partial(copied, share=0.10, moved=1e-9)),
    ("10 % copied, moved by 1e-3", "numbers and categories", SEEN, partial(copied, share=0.10, moved=1e-3)),
    ("10 % copied, moved by 1e-3", "half missing", SEEN, partial(copied, share=0.10, moved=1e-3)),
    ("10 % copied, rounded to 6 digits", "numbers and categories", SEEN, partial(copied, share=0.10, digits=6)),
    ("10 % copied, rounded to 3 digits", "regression", SEEN, partial(copied, share=0.10, digits=3)),
    ("3 % twice", "numbers and categories", REPEATED, partial(tested_twice, share=0.03)),
    ("all twice", "few levels", REPEATED, partial(tested_twice, share=1.0)),
]
POWER = [
    Share(said, kind, n, partial(alarmed, kind=kind, n=n, fault=fault, codes=code), None, 5)
    for said, kind, code, fault in FAULTS
    for n in (400, 2_000)
]


def near_found(rng: Generator, *, width: int, share: float, moved: float, n: int = 4_000) -> bool:
    """Whether test rows are found that stand among n independent training rows, each number moved by noise."""
    train = pd.DataFrame(rng.normal(size=(n, width)), columns=[f"x{k}" for k in range(width)])
    test = pd.DataFrame(rng.normal(size=(1_500, width)), columns=list(train))
    taken = test.iloc[: int(share * len(test))]
    train = pd.concat([train, taken + moved * rng.normal(size=taken.shape)], ignore_index=True)
    found = near_copies(test, train, list(train), int(rng.integers(1_000)))
    return found is not None and found.excess.lower(SOUNDNESS_ALPHA) > copies.MOST_NEAR


NOISE = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Standard deviations by which each number of a copy is moved."""
MOVED = [
    Share(
        f"{share:.0%} copied, moved by {moved} SD",
        f"{width} normal columns",
        4_000,
        partial(near_found, width=width, share=share, moved=moved),
        None,
        5,
    )
    for width in (5, 14, 30)
    for share in (0.05, 0.3, 1.0)
    for moved in NOISE
]
PARTS = {
    "alarms": ("False alarms on sound tables", ALARMS),
    "power": ("What is found of planted copies", POWER),
    "moved": ("How far copies may be moved and still be found", MOVED),
}


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="tables of each setting; a fifth of them with copies")
    parser.add_argument("--only", choices=tuple(PARTS), help="one of the tables")
    given = parser.parse_args()
    for title, settings in (PARTS[each] for each in PARTS if given.only in (None, each)):
        print(f"## {title}\n\n{table(HEAD, [])}", flush=True)
        for setting in settings:
            print(f"| {' | '.join(run_share(setting, given.runs))} |", flush=True)
        print()


if __name__ == "__main__":
    main()
