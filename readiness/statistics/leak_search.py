"""The search for columns that may be the answer itself: one, two at once, a sum, a product, a ratio, or gaps.

Three ways to be suspicious. *Certain*: the area under the ROC curve, or R², is surely at least 0.99. The others ask for
more, because honest columns come in company: every other column must leave at least three times as much unexplained.
*Nearly*: a class label with a slip in a hundred rows has an area of 0.99 and no more, and few rows prove nothing.
*As the model*: much skill, and at least 98 % of the candidate's own. One good column in a weak problem has that, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from readiness.core.missing import Missing
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.inference import student_quantile
from readiness.statistics.leakage import (
    BEYOND_SQUARES,
    FEW,
    Column,
    ColumnSkill,
    Target,
    area_of,
    column_of_categories,
    column_of_numbers,
    column_of_two,
    measure_column,
    skill_of,
)

CERTAIN, NEARLY = 0.99, 0.98
"""Area, or R², from which hardly anything is left to be told: with chance excluded, or as measured."""
OF_OWN = 0.98
"""Share of the candidate's own skill."""
UNEXPLAINED = {False: 0.2, True: 0.1}
"""Share that one column may leave unexplained at most for its skill to be no matter of course, for classes and for
numbers. Each of the five honest columns of the breast cancer data with an area of 0.96 to 0.98 leaves 0.26 or more."""
UNEXPLAINED_SURELY = 0.8
"""With chance excluded, less than that share divided by this."""
AHEAD, SURELY_AHEAD = 3.0, 2.0
"""So many times as much must any other column leave unexplained, as measured and with chance excluded."""
BEST_OF_MANY = 0.75
"""Area, or R², that the best of many readings of a text reaches surely, each of them counted, before it says anything:
of few rows some word parts any two classes."""
LITTLE = 0.1
"""Share of its variance up to which a class is told nearly; in the breast cancer data no column leaves less than 0.26,
a copy of the class with a slip in a hundred rows leaves 0.04, and 0.1 where the class is rare."""
MOST_TWINS, TWINS = 10, {False: 0.1, True: 0.01}
"""So many columns may stand out together where each leaves no more than this share unexplained: a flag and its date.
Lags of a number come in company, too: with R² 0.98 for one step there is 0.96 for two."""
ADDS_LITTLE = 0.8
"""Numbers: the candidate leaves at least this part of what the column leaves unexplained, or the others add to it."""
AHEAD_OF_PARTS, SURELY_AHEAD_OF_PARTS = 10.0, 5.0
"""Two columns are more than both together by chance or by adding up when they leave a tenth of what either leaves. Two
independent normal columns with areas of 0.988 leave a fifth."""
WEAK, EXACT = 0.3, {False: 0.9999, True: 0.999}
"""A sum gives the answer away when neither part has more skill than this, or when it is the target's own formula: area,
and R² of a number, measured."""
IDENTITY = 0.9999
"""R² of a sum of three or more columns, all counted whole."""
SCREENED_ROWS, MOST_PAIRED, MOST_CHECKED = 8192, 30, 6
"""Rows and columns on which pairs are looked for, and pairs that are then looked at closely."""
CLOSELY = 12
"""Columns that are looked at on all rows, the most telling of the screened rows first."""
Why = Literal["certain", "nearly", "as the model"]
Kind = Literal["column", "pair", "sum", "difference", "product", "ratio", "total", "gaps"]


@dataclass(frozen=True, eq=False)
class Suspect:
    """What may be the answer itself."""

    kind: Kind
    names: tuple[str, ...]
    """The columns; of gaps those that have some."""
    told: ColumnSkill
    why: Why
    rival: str = ""
    """The most telling other column."""
    rival_value: float = float("nan")
    signs: tuple[int, ...] = ()
    """Of a total: 1 for what is added, -1 for what is taken off."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Rows with all that may tell their target."""

    columns: Mapping[str, Column]
    target: Target
    own: float = float("nan")
    """The candidate's own area or R² on the judged rows; not a number where it is not known."""
    judged: Array | None = None
    """(n,): the rows that the candidate is judged by; None: all."""


@dataclass(frozen=True, eq=False)
class Found:
    """What was looked at, and what stood out."""

    suspects: tuple[Suspect, ...]
    best: str = ""
    """The most telling column that is not suspicious."""
    best_value: float = float("nan")
    paired: int = 0
    """Columns whose pairs were looked at."""


def search(asked: Asked) -> Found:
    """Everything that stands out, the most telling first."""
    closely = _measure_columns(asked)
    singles = list(_find_single_suspects(asked, closely))
    named = {suspect.names[0] for suspect in singles}
    left = {name: told for name, told in closely.items() if name not in named}
    found = [*singles, *_gap_patterns(asked, left, singles)]
    paired = _pairable(asked, named, closely)
    if len(paired) > 2:
        found += _sums(asked, paired, closely)
        found += _products(asked, paired, {frozenset(each.names) for each in found}, closely)
        found += _find_pairs(asked, paired, {frozenset(each.names) for each in found}, closely)
    best = min(left, key=lambda name: left[name].unexplained, default="")
    value = left[best].value if best else float("nan")
    ranked = sorted(found, key=lambda each: (len(each.names), each.told.unexplained))
    return Found(tuple(ranked), best, value, len(paired) if len(paired) > 2 else 0)


def own_value(target: Target, said: Floats) -> float:
    """Area or R² of a candidate's own scores or numbers: (n,), of several classes (n, K)."""
    if target.is_number:
        return 1 - float(((target.numbers - said) ** 2).mean() / max(1e-300, target.losses_of_nothing.mean()))
    areas, rows = [], []
    for side in target.sides:
        is_of = target.is_of(side)
        areas.append(_area(said if said.ndim == 1 else said[:, side], is_of))
        rows.append(int(np.count_nonzero(is_of)))
    return float(np.average(areas, weights=rows)) if sum(rows) else float("nan")


def _area(scores: Floats, positive: Array) -> float:
    levels, place = np.unique(scores, return_inverse=True)
    p, q = (np.bincount(place, weights=each, minlength=len(levels)) for each in (positive, ~positive))
    return area_of(levels, p.astype(np.float64), q.astype(np.float64)).value


def combine_columns(kind: Kind, parts: Sequence[Column], signs: Sequence[int], target: Target) -> Column:
    """Several columns as the one that is asked: their bins together, their sum, product or ratio, or which of them are
    missing.
    """
    if kind == "column":
        return parts[0]
    if kind == "pair":
        return column_of_two(parts[0], parts[1], target)
    if kind == "gaps":
        weights = np.random.default_rng(0).integers(1, 2**62, len(parts))
        mixed = sum((each.gaps * weight for each, weight in zip(parts, weights, strict=True)), np.int64(0))
        return column_of_categories(np.unique(mixed, return_inverse=True)[1].astype(np.int64))
    if any(each.values is None for each in parts):
        return column_of_categories(np.zeros(target.n, dtype=np.int64))
    values = [each.values for each in parts if each.values is not None]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if kind == "ratio":
            return column_of_numbers(values[0] / values[1])
        if kind == "product":
            return column_of_numbers(values[0] * values[1])
        return column_of_numbers(np.sum([sign * each for sign, each in zip(signs, values, strict=True)], axis=0))


# One column -----------------------------------------------------------------------------------------------------


def _screening_rows(n: int) -> Integers:
    """Positions of evenly spread rows, at most SCREENED_ROWS."""
    return np.unique(np.linspace(0, n - 1, min(n, SCREENED_ROWS)).astype(np.int64))


def _measure_columns(asked: Asked) -> dict[str, ColumnSkill]:
    """What each column tells; of many rows and columns the less telling ones are told by fewer rows."""
    n = asked.target.n
    if n <= 2 * SCREENED_ROWS:
        return {name: measure_column(column, asked.target) for name, column in asked.columns.items()}
    rows = _screening_rows(n)
    part = asked.target.subset(rows)
    rough = {name: measure_column(column.subset(rows), part) for name, column in asked.columns.items()}
    by_value = sorted(rough, key=lambda name: -np.nan_to_num(rough[name].value, nan=-1.0))
    by_loss = sorted(rough, key=lambda name: rough[name].unexplained)
    chosen = list(dict.fromkeys((*by_value[: CLOSELY // 2], *by_loss[: CLOSELY // 2])))
    return {name: measure_column(asked.columns[name], asked.target) for name in chosen}


def _find_single_suspects(asked: Asked, told: Mapping[str, ColumnSkill]) -> Iterator[Suspect]:
    order = sorted(told, key=lambda name: told[name].unexplained)
    ahead = _count_leaders(order, told, asked.target)
    for k, name in enumerate(order):
        why = why_suspicious(asked, told[name], is_ahead=k < ahead, tried=asked.columns[name].tried)
        if why is None:
            continue
        rival = next((other for other in order[ahead:] if other != name), "")
        value = told[rival].value if rival else float("nan")
        yield Suspect("column", (name,), told[name], why, rival, value)


def _count_leaders(order: list[str], told: Mapping[str, ColumnSkill], target: Target) -> int:
    """How many of the most telling columns stand out from those that follow, or from saying nothing; 0 for none."""
    losses = [told[name].losses for name in order] + [target.losses_of_nothing]
    ahead = 0
    for most in range(1, min(MOST_TWINS, len(order)) + 1):
        if most > 1 and told[order[most - 1]].unexplained > TWINS[target.is_number]:
            break
        if all(stands_out(each, losses[most]) for each in losses[:most]):
            ahead = most
    return ahead


def why_suspicious(asked: Asked, told: ColumnSkill, *, is_ahead: bool, tried: int = 1) -> Why | None:
    """In which of the three ways, the surest first; None in none. `tried`: readings of which this is the best."""
    if isinstance(told.measured, Missing):
        return None
    least = told.measured.lower(SOUNDNESS_ALPHA / tried)
    if least >= CERTAIN:
        return "certain"
    if tried > 1 and least < BEST_OF_MANY:
        return None
    if is_ahead and not asked.target.is_number and told.unexplained <= LITTLE and told.value >= NEARLY:
        return "nearly"
    return "as the model" if is_ahead and _tells_as_much(asked, told) else None


def _tells_as_much(asked: Asked, told: ColumnSkill) -> bool:
    """Whether it has much skill, and nearly all of the candidate's, on the rows that the candidate is judged by."""
    task, is_number = asked.target.task, asked.target.is_number
    if task is Task.RANKING or not np.isfinite(asked.own) or len(asked.columns) == 1:
        return False
    value = value_on(told, asked.target, asked.judged)
    factors = 1 / UNEXPLAINED[is_number], UNEXPLAINED_SURELY / UNEXPLAINED[is_number]
    has_much = stands_out(told.losses, asked.target.losses_of_nothing, *factors)
    if not has_much or skill_of(value, task) < OF_OWN * skill_of(asked.own, task):
        return False
    return not is_number or value >= CERTAIN or 1 - asked.own >= ADDS_LITTLE * (1 - value)


def value_on(told: ColumnSkill, target: Target, rows: Array | None) -> float:
    """The area or R² on some of the rows; of several classes always on all."""
    if rows is None or target.task is Task.MULTICLASS:
        return told.value
    if target.is_number:
        return 1 - float(told.losses[rows].mean() / max(1e-300, target.losses_of_nothing[rows].mean()))
    return _area(told.scores[rows], target.is_of(1)[rows])


def stands_out(losses: Floats, rival: Floats, factor: float = AHEAD, surely: float = SURELY_AHEAD) -> bool:
    """Whether another leaves more than `factor` times as much unexplained, and `surely` so by a paired t-limit."""
    apart, n = rival - surely * losses, len(losses)
    se = float(np.std(apart, ddof=1)) / n**0.5 if n > 1 else float("inf")
    is_surely = float(apart.mean()) > student_quantile(SOUNDNESS_ALPHA, n - 1.0) * se
    return is_surely and float(rival.mean()) > factor * float(losses.mean())


# Gaps -----------------------------------------------------------------------------------------------------------


def _gap_patterns(asked: Asked, left: Mapping[str, ColumnSkill], singles: Iterable[Suspect]) -> Iterator[Suspect]:
    """Which columns are missing at once; nothing new where a single column stands out already."""
    gaps = {name: column.gaps for name, column in asked.columns.items()}
    some = [name for name, where in gaps.items() if 0 < np.count_nonzero(where) < len(where)]
    if len(some) < 2 or any(suspect.told.way == "gap" for suspect in singles):
        return
    told = measure_column(
        combine_columns("gaps", [asked.columns[name] for name in some], (), asked.target), asked.target
    )
    rival = min(left, key=lambda name: left[name].unexplained, default="")
    others = left[rival].losses if rival else asked.target.losses_of_nothing
    why = why_suspicious(asked, told, is_ahead=stands_out(told.losses, others))
    if why is not None:
        yield Suspect("gaps", tuple(some), told, why, rival, left[rival].value if rival else float("nan"))


# Two columns ----------------------------------------------------------------------------------------------------


def _pairable(asked: Asked, named: set[str], told: Mapping[str, ColumnSkill]) -> list[str]:
    """Columns of more than one value that are not suspicious, the most telling first, at most MOST_PAIRED."""
    names = [name for name, column in asked.columns.items() if name not in named and np.ptp(column.cells) > 0]
    return sorted(names, key=lambda name: told[name].unexplained if name in told else np.inf)[:MOST_PAIRED]


def _find_pairs(
    asked: Asked, names: list[str], known: set[frozenset[str]], told: Mapping[str, ColumnSkill]
) -> Iterator[Suspect]:
    rows = _screening_rows(asked.target.n)
    part = asked.target.subset(rows)
    few = {name: asked.columns[name].few[rows] for name in names}
    alone = {name: _unexplained_share(few[name], FEW, part) for name in names}
    rough = []
    for a, b in combinations(names, 2):
        together = _unexplained_share(few[a] * FEW + few[b], FEW * FEW, part)
        if together < min(0.3, alone[a] / 3, alone[b] / 3):
            rough.append((together, a, b))
    for _, a, b in sorted(rough)[:MOST_CHECKED]:
        if frozenset((a, b)) not in known:
            both = combine_columns("pair", [asked.columns[a], asked.columns[b]], (), asked.target)
            yield from _suspect_of_parts(asked, "pair", (a, b), measure_column(both, asked.target), told)


def _unexplained_share(cells: Integers, size: int, target: Target) -> float:
    """Squared errors of the means of the other half, as a share of those of one mean for all."""
    rows, sums = target.sums(cells, size)
    means = target.means(cells, size)
    # sum of (y - m)² = sum of y² - 2 · sum of m·y + sum of m², from sums by cell alone: no pass over the rows
    squares = float(target.n if target.task is Task.MULTICLASS else target.numbers @ target.numbers)
    left = squares - 2 * float((means * sums).sum()) + float((rows[:, :, None] * means**2).sum())
    return left / max(1e-300, float(target.losses_of_nothing.sum()))


def _suspect_of_parts(
    asked: Asked,
    kind: Kind,
    names: tuple[str, ...],
    told: ColumnSkill,
    known: Mapping[str, ColumnSkill],
    signs: tuple[int, ...] = (),
    is_enough: Callable[[ColumnSkill, list[ColumnSkill]], bool] = lambda _told, _parts: True,
) -> Iterator[Suspect]:
    """The suspect, where several columns tell far more than each of them."""
    parts = [known[name] if name in known else measure_column(asked.columns[name], asked.target) for name in names]
    factors = AHEAD_OF_PARTS, SURELY_AHEAD_OF_PARTS
    if not all(stands_out(told.losses, part.losses, *factors) for part in parts) or not is_enough(told, parts):
        return
    why = why_suspicious(asked, told, is_ahead=True)
    if why is not None:
        best = min(zip(names, parts, strict=True), key=lambda each: each[1].unexplained)
        yield Suspect(kind, names, told, why, best[0], best[1].value, signs)


def _sums(asked: Asked, names: list[str], told: Mapping[str, ColumnSkill]) -> Iterator[Suspect]:
    numeric = [name for name in names if _can_be_added(asked.columns[name].values)]
    if len(numeric) < 2:
        return
    rows = _screening_rows(asked.target.n)
    table = np.column_stack([_fill_missing(asked.columns[name].values, rows) for name in numeric])
    for i, j, sign in _best_sums(table, _centre_indicators(asked.target.subset(rows))):
        kind: Kind = "sum" if sign > 0 else "difference"
        names_of = (numeric[i], numeric[j])
        parts = [asked.columns[name] for name in names_of]
        together = measure_column(combine_columns(kind, parts, (1, sign), asked.target), asked.target)
        yield from _suspect_of_parts(asked, kind, names_of, together, told, (1, sign), _is_formula(asked.target.task))
    if asked.target.is_number:
        yield from _total(asked, numeric, table, rows, told)


def _products(
    asked: Asked, names: list[str], known: set[frozenset[str]], told: Mapping[str, ColumnSkill]
) -> Iterator[Suspect]:
    """Products and ratios of columns without negative numbers: sums and differences of their logarithms."""
    numeric = [name for name in names if _can_be_multiplied(asked.columns[name].values)]
    if len(numeric) < 2:
        return
    rows = _screening_rows(asked.target.n)
    table = np.column_stack([_fill_missing(_logs(asked.columns[name].values), rows) for name in numeric])
    part = asked.target.subset(rows)
    targets = _centre_indicators(part)
    if part.is_number and part.numbers.min() > 0:
        targets = [*targets, (logs := np.log(part.numbers)) - logs.mean()]
    for i, j, sign in _best_sums(table, targets):
        turned = sign < 0 and float((table[:, i] - table[:, j]) @ targets[-1]) < 0
        names_of = (numeric[j], numeric[i]) if turned else (numeric[i], numeric[j])
        if frozenset(names_of) not in known:
            kind: Kind = "product" if sign > 0 else "ratio"
            parts = [asked.columns[name] for name in names_of]
            together = measure_column(combine_columns(kind, parts, (1, sign), asked.target), asked.target)
            yield from _suspect_of_parts(
                asked, kind, names_of, together, told, (1, sign), _is_formula(asked.target.task)
            )


def _can_be_multiplied(values: Floats | None) -> bool:
    """Whether hardly any number is below what has a logarithm, and products are no larger than numbers can be."""
    if values is None:
        return False
    known = values[np.isfinite(values)]
    is_right = len(known) > 0 and float(known.min()) >= 0 and float(known.max()) < BEYOND_SQUARES**0.5
    return is_right and int(np.count_nonzero(known)) >= len(known) / 2


def _logs(values: Floats | None) -> Floats:
    """Logarithms; missing where a number has none."""
    assert values is not None
    return np.log(np.where(values > 0, values, np.nan))


def _can_be_added(values: Floats | None) -> bool:
    return values is not None and float(np.nanmax(np.abs(values), initial=0.0)) < BEYOND_SQUARES


def _is_formula(task: Task) -> Callable[[ColumnSkill, list[ColumnSkill]], bool]:
    def is_formula(together: ColumnSkill, parts: list[ColumnSkill]) -> bool:
        is_number = task is Task.REGRESSION
        is_weak = all(skill_of(part.value, task) <= WEAK for part in parts)
        return is_weak or together.value >= EXACT[is_number]

    return is_formula


def _fill_missing(values: Floats | None, rows: Integers) -> Floats:
    """The values of some rows less their mean, 0 where missing."""
    assert values is not None
    part = values[rows]
    there = np.isfinite(part)
    centre = float(part[there].mean()) if there.any() else 0.0
    apart = np.where(there, part - centre, 0.0)
    return np.where(np.isfinite(apart), apart, 0.0)


def _best_sums(table: Floats, targets: Sequence[Floats]) -> list[tuple[int, int, int]]:
    """Pairs (i, j, sign) whose sum or difference goes far more with a target than either column; from covariances."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        cov = table.T @ table
        square = np.diag(cov)
        tried = []
        for y in targets:
            with_y, scale = table.T @ y, float(y @ y)
            alone = with_y**2 / (square * scale)
            most = np.maximum(alone[:, None], alone[None, :])
            for sign in (1, -1):
                shared = (with_y[:, None] + sign * with_y[None, :]) ** 2
                spread = square[:, None] + square[None, :] + 2 * sign * cov
                together = shared / (np.where(spread > 1e-12 * (square[:, None] + square), spread, np.inf) * scale)
                gain = np.triu(np.where(np.isfinite(together - most), together - most, -1.0), 1)
                for flat in np.argsort(-gain, axis=None)[:MOST_CHECKED]:
                    i, j = np.unravel_index(flat, gain.shape)
                    if gain[i, j] > 0.05:
                        tried.append((float(gain[i, j]), int(i), int(j), sign))
    return list(dict.fromkeys((i, j, sign) for _, i, j, sign in sorted(tried, reverse=True)))[:MOST_CHECKED]


def _centre_indicators(target: Target) -> list[Floats]:
    if target.task is not Task.MULTICLASS:
        return [target.numbers - target.numbers.mean()]
    return [(is_of := target.is_of(side).astype(float)) - is_of.mean() for side in target.sides]


def _total(
    asked: Asked, names: list[str], table: Floats, rows: Integers, told: Mapping[str, ColumnSkill]
) -> Iterator[Suspect]:
    """Three columns or more that add up to the target, found by least squares whose slopes are all 1, 0 or -1."""
    y = asked.target.numbers[rows]
    scale = np.sqrt((table**2).mean(axis=0))
    usable = np.flatnonzero((scale > 0) & np.isfinite(scale))
    if len(usable) < 3 or len(rows) <= 2 * len(usable):
        return
    slopes = np.linalg.lstsq(table[:, usable] / scale[usable], y - y.mean(), rcond=1e-10)[0] / scale[usable]
    signs = np.round(slopes)
    used = usable[signs != 0]
    if len(used) < 3 or np.any(np.abs(signs) > 1):
        return
    whole = [int(sign) for sign in signs[signs != 0]]
    names_of = tuple(names[k] for k in used)
    parts = [asked.columns[name] for name in names_of]
    together = measure_column(combine_columns("total", parts, whole, asked.target), asked.target)
    if together.value >= IDENTITY:
        yield from _suspect_of_parts(asked, "total", names_of, together, told, tuple(whole))
