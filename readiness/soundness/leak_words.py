"""How is it said that a column may give the answer away? With the rows it gets right, beside what others reach."""

from __future__ import annotations

import numpy as np

from readiness.criteria import SOUNDNESS_ALPHA, Task
from readiness.numbers import format_count_of, format_value, listed
from readiness.soundness.tables import Tables
from readiness.statistics.cases import Array, Floats
from readiness.statistics.inference import Undefined
from readiness.statistics.leak_search import Asked, Found, Suspect
from readiness.statistics.leaks import Target, Telling

NEAR = 0.1
"""Standard deviations of the target within which a number counts as told."""
UNSEEN = "preparation that was fitted on all rows, such as an encoding by the target, cannot be seen in tables"


def name_of(names: tuple[str, ...], suspect: Suspect | None) -> str:
    """What is spoken of: "amount", "paid − due", "amount and age together"."""
    if suspect is None or suspect.kind == "column":
        return names[0]
    if suspect.kind == "pair":
        return f"{names[0]} and {names[1]} together"
    if suspect.kind == "gaps":
        return f"which of {listed(names)} are missing"
    first, *others = zip(suspect.signs, names, strict=True)
    shown = others[:5]
    text = ("−" if first[0] < 0 else "") + first[1]
    text += "".join(f" {'+' if sign > 0 else '−'} {name}" for sign, name in shown)
    return text if len(others) == len(shown) else f"{text} and {len(others) - len(shown)} more columns"


def said_of(tables: Tables, asked: Asked, suspect: Suspect, rows: str) -> str:
    """What a suspect tells, in counts, beside the next column and the model."""
    subject = name_of(suspect.names, suspect)
    if suspect.kind == "column":
        gap = suspect.told.way == "gap"
        subject = f"whether {subject} is missing" if gap else f"{subject} alone"
    text = (
        f"{subject} tells {_counts(tables, asked.target, suspect.told)} ({_measured_words(asked.target, suspect.told)})"
    )
    beside = []
    if np.isfinite(asked.own):
        beside.append(f"the model with all its columns reaches {format_value(asked.own)}")
    if suspect.rival and np.isfinite(suspect.rival_value):
        which = "the next column" if suspect.kind in ("column", "gaps") else "the better one alone"
        beside.append(f"{which}, {suspect.rival}, {format_value(suspect.rival_value)}")
    return "; ".join(filter(None, (text, ", ".join(beside), f"on {rows}")))


def _counts(tables: Tables, target: Target, told: Telling) -> str:
    if target.is_number:
        near = NEAR**2 * float(target.losses_of_nothing.mean())
        close = format_count_of(int(np.count_nonzero(told.losses <= near)), target.n, "rows")
        return f"{tables.target} of {close} to within a tenth of its standard deviation"
    if target.task is Task.MULTICLASS:
        return f"{tables.target} of {format_count_of(int(np.sum(told.scores == target.codes)), target.n, 'rows')}"
    (hits, p), (rejected, q) = _best_cut(told.scores, target.is_of(1))
    if target.task is Task.RANKING:
        these = "relevant rows"
    else:
        positive = tables.spec.data.positive
        shown = tables.classes[1] if len(tables.classes) > 1 else positive
        these = f"rows with {tables.target} = {shown}"
    return f"{hits:,} of {p:,} {these} from {rejected:,} of {q:,} others"


def _best_cut(scores: Floats, positive: Array) -> tuple[tuple[int, int], tuple[int, int]]:
    """Positives above and others below the score that parts them best (Youden 1950)."""
    levels, place = np.unique(scores, return_inverse=True)
    p = np.bincount(place[positive], minlength=len(levels))
    q = np.bincount(place[~positive], minlength=len(levels))
    above, below = p.sum() - np.cumsum(p), np.cumsum(q)
    best = int(np.argmax(above / max(1, p.sum()) + below / max(1, q.sum())))
    return (int(above[best]), int(p.sum())), (int(below[best]), int(q.sum()))


def _measured_words(target: Target, told: Telling) -> str:
    if isinstance(told.measured, Undefined):
        return told.measured.reason
    least = told.measured.lower(SOUNDNESS_ALPHA)
    what = "R²" if target.is_number else "area under the ROC curve"
    sure = f", surely at least {format_value(least, '', told.value)}" if least < told.value else ""
    return f"{what} {format_value(told.value)}{sure}"


def summary(tables: Tables, found: Found, rows: str, columns: int, own: float, suspects: int, further: int) -> str:
    """What was looked at, and how much of it stands out."""
    looked = f"{columns:,} columns" if columns != 1 else "one column"
    if found.paired:
        which = "all of them" if found.paired == columns else f"{found.paired} of them"
        looked += f", pairs, sums and differences of {which}"
    looked += f" and what is missing, on {rows}"
    if suspects:
        may = f"{suspects:,} {'suspect' if suspects == 1 else 'suspects'} may give {tables.target} away among {looked}"
        return f"{may}; {further:,} of them not named here" if further else f"{may}; named one by one below"
    text = f"nothing gives {tables.target} away among {looked}"
    if found.best and np.isfinite(found.best_value):
        what = "R²" if tables.task is Task.REGRESSION else "area under the ROC curve"
        text += f"; the most telling column, {found.best}, reaches {format_value(found.best_value)} ({what})"
        text += f", the model {format_value(own)}" if np.isfinite(own) else ""
    return f"{text}; {UNSEEN}"


def cure(names: tuple[str, ...], suspect: Suspect | None) -> str:
    """What settles it."""
    if suspect is not None and suspect.kind == "gaps":
        return (
            "let somebody outside about.prepared_by say under soundness.leak that these columns are filled or left "
            "empty before the answer is known, or leave them out of the model"
        )
    which = "when its value is" if len(names) == 1 else "when their values are"
    left_out = "it" if len(names) == 1 else "what is known only afterwards"
    return (
        f"let somebody outside about.prepared_by say under data.known_at for {listed(names, 5)} {which} known (before "
        f"or after the decision); leave {left_out} out of the model{' where that is after' if len(names) == 1 else ''}"
    )
