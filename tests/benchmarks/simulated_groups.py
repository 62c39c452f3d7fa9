"""How often are sound rows taken for rows that belong together, and how often are real units found that nobody named?

Both rules at once: units on both sides, and errors that go together. `Sound` families hold what could be mistaken for
units: strata, measures, names of rows, notes, attributes of named groups, stretches of time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.findings import Finding, Status
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.evidence.evidence import Evidence, Training
from readiness.soundness.assessment import judge_examined
from readiness.soundness.groups import errors_by_unit, examine
from readiness.soundness.tables import Tables
from tests.benchmarks.simulation import Generator, Share
from tests.questions.conftest import evidence_of

WRONG = 0.15
BOTH_RULES = 2 * SOUNDNESS_ALPHA


def chances(rng: Generator, values: int, mean: float, within: float) -> Any:
    """For each value a chance of an event whose intra-class correlation is `within` (beta-binomial)."""
    spread = 1 / within - 1
    return rng.beta(mean * spread, (1 - mean) * spread, values)


def alarms(
    train: pd.DataFrame,
    test: pd.DataFrame,
    wrong: Any,
    y_train: Any,
    y_test: Any,
    task: Task = Task.BINARY,
    classes: int = 2,
    **more: Any,
) -> bool:
    """Whether either rule has a doubt; `more` are roles of columns."""
    is_number = task is Task.REGRESSION
    said = y_test + wrong if is_number else np.where(wrong, (y_test + 1) % classes, y_test)
    names = () if is_number else tuple(str(k) for k in range(classes))
    serial = "time" in more
    features = tuple(name for name in ("a", "b", "amount", "term") if name in test)
    evidence: Evidence = evidence_of(
        y_test, said, task=task, classes=names,
        more={"rows": test, "training": Training(train, y_train, features)}, data=more,
    )  # fmt: skip
    if serial:
        evidence = replace(evidence, cases=replace(evidence.cases, time=np.arange(len(test))))
    if (group := more.get("group")) is not None:
        evidence = replace(evidence, cases=replace(evidence.cases, groups=pd.factorize(test[group])[0]))
    tables = replace(Tables.of(evidence), features=features)
    found: list[Finding] = [judge_examined(one) for one in (*examine(tables), *errors_by_unit(evidence))]
    return any(each.blocking and each.status is not Status.MET for each in found)


def plain(rng: Generator, n: int, start: int = 0) -> pd.DataFrame:
    """Features, a measure in whole numbers, a term of few values, names of rows."""
    return pd.DataFrame(
        {
            "a": rng.standard_normal(n),
            "b": rng.integers(0, 5, n),
            "amount": np.round(np.exp(rng.normal(6, 1, n)) / 10).astype(int) * 10,
            "term": rng.integers(6, 61, n),
            "row": np.arange(start, start + n),
            "code": [f"r{k}" for k in range(start, start + n)],
        }
    )


def pair(rng: Generator, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A training and a test table of n rows each."""
    return plain(rng, n), plain(rng, n, n)


def labels(rng: Generator, n: int, chance: Any = 0.3) -> Any:
    """0 and 1."""
    return (rng.random(n) < chance).astype(np.int64)


def unrelated(rng: Generator, n: int, levels: int, columns: int) -> bool:
    """Columns of so many levels that have nothing to do with anything, in both tables."""
    tables = pair(rng, n)
    for k in range(columns):
        for table in tables:
            table[f"s{k}"] = [f"s{v}" for v in rng.integers(0, levels, n)]
    return alarms(*tables, rng.random(n) < WRONG, labels(rng, n), labels(rng, n))


def stratum(rng: Generator, n: int, levels: int, within: float) -> bool:
    """A closed column, such as a branch, by which target and errors differ."""
    tables = pair(rng, n)
    base, bad = chances(rng, levels, 0.3, within), chances(rng, levels, WRONG, within)
    for table in tables:
        table["branch"] = rng.integers(0, levels, n)
    train, test = tables
    y_train, y_test = (labels(rng, n, base[table["branch"]]) for table in tables)
    return alarms(train, test, rng.random(n) < bad[test["branch"]], y_train, y_test)


def measure(rng: Generator, n: int) -> bool:
    """Errors and target grow with an amount in whole numbers that nobody names, and with another that the model has."""
    tables = pair(rng, n)
    for table in tables:
        table["spent"] = table["amount"] + rng.integers(0, 3, n)
    train, test = tables
    ranks = [table["amount"].rank().to_numpy() / n for table in tables]
    return alarms(train, test, rng.random(n) < 0.4 * ranks[1], labels(rng, n, ranks[0]), labels(rng, n, ranks[1]))


def customers_that_say_nothing(rng: Generator, n: int, apart: bool) -> bool:
    """Customers of five rows each, on one side or on both, who are like everybody else."""
    train, test = pair(rng, n)
    train["customer"] = rng.integers(0, n // 5, n)
    test["customer"] = rng.integers(0, n // 5, n) + apart * n
    return alarms(train, test, rng.random(n) < WRONG, labels(rng, n), labels(rng, n))


def named_groups(rng: Generator, n: int) -> bool:
    """Named customers, kept apart, whose rows go together; a postcode and a household of each that say nothing more."""
    train, test = pair(rng, n)
    customers = n // 4
    base, bad = chances(rng, 2 * customers, 0.3, 0.3), chances(rng, 2 * customers, WRONG, 0.3)
    postcode, household = rng.integers(0, customers // 3, 2 * customers), np.arange(2 * customers) // 2
    truths = []
    for k, table in enumerate((train, test)):
        table["customer"] = rng.integers(0, customers, n) + k * customers
        table["postcode"] = postcode[table["customer"]]
        table["household"] = [f"h{v}" for v in household[table["customer"]]]
        truths.append(labels(rng, n, base[table["customer"]]))
    return alarms(train, test, rng.random(n) < bad[test["customer"]], *truths, group="customer")


def in_time(rng: Generator, n: int) -> bool:
    """Rows in time order whose errors come in waves; batches, weeks and sessions that are unrelated to anything."""
    train, test = pair(rng, n)
    wave = 1 / (1 + np.exp(-np.cumsum(rng.normal(0, 0.1, 2 * n)))) * 2 * WRONG
    for k, table in enumerate((train, test)):
        table["when"] = pd.date_range("2026-01-01", periods=2 * n, freq="h")[k * n : (k + 1) * n]
        table["batch"] = np.arange(k * n, (k + 1) * n) // 20
        table["week"] = [f"W{v}" for v in np.arange(k * n, (k + 1) * n) // 24]
        table["device"] = rng.integers(0, n // 5, n)
    return alarms(train, test, rng.random(n) < wave[n:], labels(rng, n), labels(rng, n), time="when")


def values(rng: Generator, n: int) -> bool:
    """Regression with heavy tails; notes and customers that say nothing."""
    train, test = pair(rng, n)
    for table in (train, test):
        table["note"] = [f"n{v}" for v in rng.zipf(1.5, n) % 5_000]
        table["customer"] = rng.integers(0, n // 3, n)
    y_train, y_test = 100 + 20 * rng.standard_t(3, n), 100 + 20 * rng.standard_t(3, n)
    return alarms(train, test, 5 * rng.standard_t(3, n), y_train, y_test, Task.REGRESSION)


def rare(rng: Generator, n: int) -> bool:
    """One error and one positive in a hundred; customers of three rows."""
    train, test = pair(rng, n)
    train["customer"], test["customer"] = rng.integers(0, n // 3, n), rng.integers(0, n // 3, n) + n // 6
    return alarms(train, test, rng.random(n) < 0.01, labels(rng, n, 0.01), labels(rng, n, 0.01))


def many_classes(rng: Generator, n: int) -> bool:
    """Five classes; customers of five rows, half of them on both sides."""
    train, test = pair(rng, n)
    train["customer"], test["customer"] = rng.integers(0, n // 5, n), rng.integers(0, n // 5, n) + n // 10
    y_train, y_test = rng.integers(0, 5, n), rng.integers(0, 5, n)
    return alarms(train, test, rng.random(n) < WRONG, y_train, y_test, Task.MULTICLASS, classes=5)


def skewed_sizes(rng: Generator, n: int) -> bool:
    """Customers of whom a few have most rows."""
    train, test = pair(rng, n)
    weights = rng.lognormal(0, 1.2, n // 5)
    for k, table in enumerate((train, test)):
        table["customer"] = rng.choice(n // 5, n, p=weights / weights.sum()) + k * n // 10
    return alarms(train, test, rng.random(n) < WRONG, labels(rng, n), labels(rng, n))


def units(rng: Generator, n: int, rows: int, within: float, shared: float, target: bool = False) -> bool:
    """Unnamed customers of so many rows: errors, or the target, go together; so many of them stand on both sides."""
    train, test = pair(rng, n)
    count = n // rows
    train["customer"] = rng.integers(0, count, n)
    test["customer"] = rng.integers(0, count, n) + int((1 - shared) * count)
    base = chances(rng, 2 * count, 0.3, within) if target else np.full(2 * count, 0.3)
    bad = np.full(2 * count, WRONG) if target else chances(rng, 2 * count, WRONG, within)
    y_train, y_test = (labels(rng, n, base[table["customer"]]) for table in (train, test))
    return alarms(train, test, rng.random(n) < bad[test["customer"]], y_train, y_test)


def _sound(setting: str, n: int, draw: Callable[[Generator], bool]) -> Share:
    return Share("rows that belong together: false alarms", setting, n, draw, most=BOTH_RULES)


FAMILIES: tuple[tuple[str, Callable[..., bool], dict[str, Any], tuple[int, ...]], ...] = (
    ("10 unrelated columns of 20 levels", unrelated, {"levels": 20, "columns": 10}, (300, 1_000)),
    ("5 unrelated columns of 300 levels", unrelated, {"levels": 300, "columns": 5}, (1_000,)),
    ("20 branches, correlation .1", stratum, {"levels": 20, "within": 0.1}, (1_000,)),
    ("150 branches, correlation .05", stratum, {"levels": 150, "within": 0.05}, (5_000,)),
    ("errors grow with an amount", measure, {}, (300, 1_000)),
    ("customers like everybody, on both sides", customers_that_say_nothing, {"apart": False}, (300, 1_000)),
    ("customers like everybody, kept apart", customers_that_say_nothing, {"apart": True}, (300, 1_000)),
    ("customers of lognormal(1.2) sizes", skewed_sizes, {}, (1_000,)),
    ("named customers, with attributes", named_groups, {}, (1_000,)),
    ("waves of errors, with batches and weeks", in_time, {}, (1_000,)),
    ("regression, tails of t(3)", values, {}, (1_000,)),
    ("one error in a hundred", rare, {}, (1_000,)),
    ("five classes", many_classes, {}, (1_000,)),
)
SOUND = tuple(_sound(what, n, partial(draw, n=n, **more)) for what, draw, more, sizes in FAMILIES for n in sizes)


def _found(setting: str, n: int, draw: Callable[[Generator], bool]) -> Share:
    return Share("rows that belong together: found", setting, n, draw, most=None)


POWER = tuple(
    _found(
        f"{what}, {rows} rows each, correlation {within:g}", n, partial(units, n=n, rows=rows, within=within, **more)
    )
    for what, more in (
        ("errors of customers kept apart", {"shared": 0.0}),
        ("target of customers, half on both sides", {"shared": 0.5, "target": True}),
    )
    for rows in (5, 10)
    for within in (0.1, 0.2, 0.3, 0.6)
    for n in (1_000,)
)
