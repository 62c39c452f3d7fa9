"""How often does an interval hold the truth, and how often is something said that is not so? Counting of simulations."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from readiness.core.missing import Missing
from readiness.statistics.basis import basis_of
from readiness.statistics.inference import Inference
from readiness.statistics.judge_claims import reservation

TARGET = 0.95
LEAST_COVERAGE = 0.925
"""Below this the interval is said to miss too often."""
ALPHA = 0.05
EXACT_RUNS = 2_000
"""Samples of settings whose misses are wanted to half a point."""
FEWEST = 30
"""Samples from which a share is counted."""
ERRORS_ALLOWED = 3.0
"""Simulation errors by which a count may exceed its target before it is marked."""

Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured on one simulated sample, beside the truth."""

    measured: Inference | Missing
    truth: float
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """A setting whose intervals and bounds are compared with the truth."""

    metric: str
    setting: str
    n: int
    draw: Callable[[Generator], Sample]
    claimed: bool = True
    """Whether the method claims to work here."""
    cost: int = 1
    """The number of runs is divided by this."""
    runs: int | None = None
    """The number of runs, whatever is asked for."""


@dataclass(frozen=True, slots=True)
class Share:
    """A setting in which something is decided, and how often that may be (None: the more the better)."""

    what: str
    setting: str
    n: int
    draw: Callable[[Generator], bool]
    most: float | None = ALPHA
    cost: int = 1
    runs: int | None = None
    """The number of runs, whatever is asked for."""


def generator(key: str) -> Generator:
    """Random numbers that depend on nothing but the name of the setting."""
    return np.random.default_rng(zlib.crc32(key.encode()))


def error(share: float, runs: int) -> float:
    """Standard error of a simulated share; of one more event where none was seen."""
    seen = min(max(share, 1 / max(runs, 1)), 1 - 1 / max(runs, 2))
    return math.sqrt(seen * (1 - seen) / max(runs, 1))


def run_coverage(setting: Coverage, runs: int) -> tuple[str, ...]:
    """One line of the table: share withheld, two-sided coverage, misses of both bounds, simulation error, remark.

    Coverage is of the samples of which nothing is withheld. Misses are of all samples, as a bound that is withheld
    approves nothing.
    """
    runs = setting.runs or max(50, runs // setting.cost)
    rng = generator(f"{setting.metric} {setting.setting} {setting.n}")
    kept, believed, held, low, high, no_lower, no_upper = 0, 0, 0, 0, 0, 0, 0
    for _ in range(runs):
        sample = setting.draw(rng)
        if isinstance(sample.measured, Missing) or sample.withheld:
            continue
        kept += 1
        slack = 1e-9 * max(1.0, abs(sample.truth))
        basis = basis_of(sample.measured)
        reserved = [bool(reservation(basis, wants_more=more)) for more in (True, False)]
        ends = sample.measured.interval(TARGET)
        believed += not any(reserved)
        held += not any(reserved) and ends[0] - slack <= sample.truth <= ends[1] + slack
        no_lower += reserved[0]
        no_upper += reserved[1]
        low += not reserved[0] and sample.measured.lower(ALPHA) > sample.truth + slack
        high += not reserved[1] and sample.measured.upper(ALPHA) < sample.truth - slack
    none = runs - kept
    head = (setting.metric, setting.setting, f"{setting.n:,}")
    gone = (percent((none + no_lower) / runs), percent((none + no_upper) / runs))
    if kept < FEWEST:
        return (*head, *gone, "–", "–", "–", "–", "all or nearly all withheld")
    covered, misses = held / believed if believed >= FEWEST else None, (low / runs, high / runs)
    shown = (percent(misses[0]), percent(misses[1]), f"± {percent(error(ALPHA, runs))}")
    is_selected = believed < runs / 2
    remark = _remark(setting.claimed, None if is_selected else covered, misses, runs)
    return (*head, *gone, "–" if covered is None else percent(covered), *shown, remark)


def _remark(claimed: bool, covered: float | None, misses: tuple[float, float], runs: int) -> str:
    """Of fewer than half of the samples no coverage is expected, as they are picked by how they look."""
    allowed = ALPHA + ERRORS_ALLOWED * error(ALPHA, runs)
    named = zip(("lower", "upper"), misses, strict=True)
    said = ["LOW"] if covered is not None and covered < LEAST_COVERAGE else []
    said += [f"{side} bound misses" for side, share in named if share > allowed]
    return ", ".join(said) + (" (known limit)" if said and not claimed else "")


def run_share(setting: Share, runs: int) -> tuple[str, ...]:
    """One line of the table: how often, simulation error, remark."""
    runs = setting.runs or max(40, runs // setting.cost)
    rng = generator(f"{setting.what} {setting.setting} {setting.n}")
    share = sum(bool(setting.draw(rng)) for _ in range(runs)) / runs
    above = setting.most is not None and share > setting.most + ERRORS_ALLOWED * error(setting.most, runs)
    return (
        setting.what, setting.setting, f"{setting.n:,}", percent(share), f"± {percent(error(share, runs))}",
        "TOO OFTEN" if above else "",
    )  # fmt: skip


def percent(share: float) -> str:
    """Per cent with one digit."""
    return f"{100 * share:.1f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
