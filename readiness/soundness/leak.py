"""Columns that give the answer away, because their value is known only once the answer is.

A column that tells nearly all is not proven to be a leak: truly strong columns exist. So it leaves a doubt until
somebody who did not prepare the review says when its value is known (`data.known_at`). It is a leak where that is after
the decision, or where the column tells little any more among recent rows whose truth is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_count_of, format_value, listed
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.core.sanitize import shorten
from readiness.core.withholding import Kind
from readiness.evidence.evidence import Evidence, Recent
from readiness.soundness.leak_columns import (
    FEWEST_ROWS,
    Rows,
    columns_of,
    features_in,
    own_scores,
    recent_column,
    rows_of,
)
from readiness.soundness.tables import Tables, claim_not_known
from readiness.spec.inputs import counts
from readiness.statistics.cases import Array, Floats
from readiness.statistics.inference import Exact, Inference
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.leak_search import (
    CERTAIN,
    NEARLY,
    OF_OWN,
    Asked,
    Found,
    Suspect,
    combine_columns,
    own_value,
    search,
)
from readiness.statistics.leakage import ColumnSkill, Target, measure_column, skill_of

# ----------------------------------------------------------------------------------------------------
# The words for a column that may give the answer away: with the rows it gets right, beside what others reach.

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
    if suspect.kind in ("product", "ratio"):
        return f"{names[0]} {'×' if suspect.kind == 'product' else '/'} {names[1]}"
    first, *others = zip(suspect.signs, names, strict=True)
    shown = others[:5]
    text = ("−" if first[0] < 0 else "") + first[1]
    text += "".join(f" {'+' if sign > 0 else '−'} {name}" for sign, name in shown)
    return text if len(others) == len(shown) else f"{text} and {len(others) - len(shown)} more columns"


def describe_suspect(tables: Tables, asked: Asked, suspect: Suspect, rows: str) -> str:
    """What a suspect tells, in counts, beside the next column and the model."""
    subject = name_of(suspect.names, suspect)
    if suspect.kind == "column":
        gap = suspect.told.way == "gap"
        reading = asked.columns[subject].reading or "{}"
        subject = f"whether {subject} is missing" if gap else f"{reading.replace('{}', subject)} alone"
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


def _counts(tables: Tables, target: Target, told: ColumnSkill) -> str:
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


def _measured_words(target: Target, told: ColumnSkill) -> str:
    if isinstance(told.measured, Missing):
        return told.measured.reason
    least = told.measured.lower(SOUNDNESS_ALPHA)
    what = "R²" if target.is_number else "area under the ROC curve"
    sure = f", surely at least {format_value(least, '', told.value)}" if least < told.value else ""
    return f"{what} {format_value(told.value)}{sure}"


def summary(tables: Tables, asked: Asked, found: Found, rows: str, suspects: int, further: int) -> str:
    """What was looked at, how much of it stands out, and what could not be looked at, or only in part."""
    columns = sum(column.can_tell for column in asked.columns.values())
    looked = f"{columns:,} columns" if columns != 1 else "one column"
    if found.paired:
        which = "all of them" if found.paired == columns else f"{found.paired} of them"
        looked += f", pairs, sums, differences, products and ratios of {which}"
    looked += f" and what is missing, on {rows}"
    if suspects:
        may = f"{suspects:,} {'suspect' if suspects == 1 else 'suspects'} may give {tables.target} away among {looked}"
        may += _name_columns_read_in_part(asked)
        return f"{may}; {further:,} of them not named here" if further else f"{may}; named one by one below"
    text = f"nothing gives {tables.target} away among {looked}"
    if found.best and np.isfinite(found.best_value):
        what = "R²" if tables.task is Task.REGRESSION else "area under the ROC curve"
        text += f"; the most telling column, {found.best}, reaches {format_value(found.best_value)} ({what})"
        text += f", the model {format_value(asked.own)}" if np.isfinite(asked.own) else ""
    return f"{text}{_name_columns_read_in_part(asked)}; {UNSEEN}"


def _name_columns_read_in_part(asked: Asked) -> str:
    """Which columns hold texts or other things that differ from row to row."""
    texts = [shorten(name) for name, column in asked.columns.items() if column.tried > 1]
    others = [shorten(name) for name, column in asked.columns.items() if not column.can_tell]
    text = f"; of {listed(texts)} single words, beginnings and ends, a number and lengths were read" if texts else ""
    return text + (f"; {listed(others)} could not be searched, as each value stands for itself" if others else "")


def suggest_cure(names: tuple[str, ...], suspect: Suspect | None) -> str:
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


# ----------------------------------------------------------------------------------------------------

MOST_FINDINGS = 3
GONE = 0.5
"""The skill is gone where among recent rows surely less than this part of it is left."""
FEWEST_RECENT = 50
"""Recent rows with a truth from which that is asked."""
_HALVES = 7103


@dataclass(frozen=True, slots=True)
class _Case:
    """One suspect, or a column that somebody calls known only afterwards."""

    names: tuple[str, ...]
    suspect: Suspect | None
    is_after: bool
    """Somebody says that a value is known only after the decision."""
    is_vouched: bool
    """Somebody whose word counts says of each column that it is known before."""
    recent: Inference | None = None
    """What it tells among recent rows, where that is gone."""


def examine(evidence: Evidence) -> list[Measurement]:
    """Whether a feature of the candidate gives the answer away: what was looked at, then at most three suspects."""
    cases = evidence.cases
    said = own_scores(cases.y_score, cases.y_pred, cases.task, cases.n_classes)
    return examine_tables(Tables.of(evidence), said)


def examine_tables(tables: Tables, said: Floats | None = None) -> list[Measurement]:
    """The same of tables; without what a model says of the test rows, `said`, nothing can tell as much as the model.

    Args:
        tables: What is asked.
        said: (n,) scores of the positive class or numbers, of several classes (n, K).
    """
    names = features_in(tables)
    if not names:
        needs = "name the columns that the model is given under data.features, or let somebody outside "
        needs += "about.prepared_by say under soundness.leak that all of them are known when a prediction is made"
        return [claim_not_known(Kind.LEAK, "no column that the model is given stands in the test table", needs)]
    rows = rows_of(tables, names)
    if rows.target.n < FEWEST_ROWS or not rows.target.can_be_told:
        needs = "give more test rows with different answers"
        return [claim_not_known(Kind.LEAK, f"{rows.target.n:,} rows show too little of {tables.target}", needs)]
    columns = columns_of(tables, rows, names)
    asked = Asked(columns, rows.target, _own_skill(rows, said), rows.judged)
    found = search(asked)
    cases = _cases(tables, asked, found, names)
    open_ones = [case for case in cases if not case.is_vouched]
    listed_ones = [*open_ones, *(case for case in cases if case.is_vouched)][:MOST_FINDINGS]
    further = len(open_ones) - sum(not case.is_vouched for case in listed_ones)
    first = _first_claim(tables, rows, asked, found, further, len(cases))
    return [first, *(_claim(tables, rows, asked, case, k) for k, case in enumerate(listed_ones, 1))]


def _own_skill(rows: Rows, said: Floats | None) -> float:
    target = rows.target
    if said is None or target.task is Task.RANKING or len(rows.test) < FEWEST_ROWS:
        return float("nan")
    return own_value(target.subset(rows.judged), said[rows.test])


# Which are suspects ---------------------------------------------------------------------------------------------


def _cases(tables: Tables, asked: Asked, found: Found, names: tuple[str, ...]) -> list[_Case]:
    """Those that are known to be leaks first."""
    known = tables.spec.data.known_at
    after = [name for name in names if name in known and known[name].when == "after"]
    suspected = {suspect.names[0] for suspect in found.suspects if suspect.kind == "column"}
    cases = [_Case((name,), None, True, False) for name in after if name not in suspected]
    cases += [_make_case(tables, asked, suspect, set(after)) for suspect in found.suspects]
    return sorted(cases, key=lambda case: not case.is_after and case.recent is None)


def _make_case(tables: Tables, asked: Asked, suspect: Suspect, after: set[str]) -> _Case:
    known, about = tables.spec.data.known_at, tables.spec.about
    is_vouched = suspect.kind != "gaps" and all(
        name in known and known[name].when == "before" and counts(known[name], about, tables.day)
        for name in suspect.names
    )
    is_after = suspect.kind != "gaps" and bool(after & set(suspect.names))
    recent = None if tables.recent is None else _remaining_skill(tables, asked, suspect, tables.recent)
    return _Case(suspect.names, suspect, is_after, is_vouched and not is_after and recent is None, recent)


def _remaining_skill(tables: Tables, asked: Asked, suspect: Suspect, recent: Recent) -> Inference | None:
    """What is left of a suspect's skill among recent rows, learnt there anew, if that is surely little."""
    if recent.target is None or tables.task is Task.RANKING:
        return None
    values = np.asarray(recent.target, dtype=np.float64)
    rows = np.flatnonzero(np.isfinite(values) & ((values >= 0) | (not tables.task.has_classes)))
    if len(rows) < FEWEST_RECENT:
        return None
    half = np.random.default_rng([tables.spec.seed, _HALVES]).integers(0, 2, len(rows))
    target = Target.of(tables.task, values[rows], half)
    if not target.can_be_told:
        return None
    parts = {name: recent_column(recent.frame, name, rows, target) for name in suspect.names}
    column = combine_columns(suspect.kind, [parts[name] for name in suspect.names], suspect.signs, target)
    left = measure_column(column, target).measured
    bar = _least_remaining_skill(suspect, asked.target.task)
    return None if isinstance(left, Missing) or left.upper(SOUNDNESS_ALPHA) >= bar else left


def _least_remaining_skill(suspect: Suspect, task: Task) -> float:
    skill = GONE * skill_of(suspect.told.value, task)
    return skill if task is Task.REGRESSION else (1 + skill) / 2


# Claims ---------------------------------------------------------------------------------------------------------


def _first_claim(tables: Tables, rows: Rows, asked: Asked, found: Found, further: int, suspects: int) -> Measurement:
    """What was looked at; its number is of suspects that are not named one by one."""
    columns = max(1, sum(column.can_tell for column in asked.columns.values()))
    return Measurement(
        Claim(
            Kind.LEAK.key(),
            Kind.LEAK.words if not suspects else "Further columns that may give the answer away",
            Criterion("<=", 0.0, unit="columns", refutable=False, presumed=True),
        ),
        "columns",
        Exact(float(further), columns),
        unit="columns",
        reason=summary(tables, asked, found, rows.words, suspects, further),
        needs="settle those that are named first" if further else "",
        from_scores=False,
    )


def _claim(tables: Tables, rows: Rows, asked: Asked, case: _Case, k: int) -> Measurement:
    suspect, what = case.suspect, name_of(case.names, case.suspect)
    told = "" if suspect is None else describe_suspect(tables, asked, suspect, rows.words)
    inference: Inference = Exact(1.0, rows.target.n)
    bar, metric, unit, withheld = _KNOWN_AFTER, "columns", "columns", ""
    if case.is_after:
        told = "; ".join(filter(None, (_describe_after(tables, case), told)))
    elif suspect is not None:
        metric, unit = "r2" if asked.target.is_number else "roc_auc", ""
        inference, bar = _measure_suspect(asked, suspect, case.recent)
        if case.recent is not None:
            told += f"; among {case.recent.n:,} recent rows it tells little ({format_value(case.recent.value)})"
        elif suspect.why != "certain":
            withheld = f"“{what}” tells {'as much as the model' if suspect.why == 'as the model' else 'nearly all'}"
    return Measurement(
        Claim(Kind.LEAK.key(Topic.DOUBT_PART, k), f"Is {what} known before {tables.target} is?", bar),
        metric,
        inference,
        unit=unit,
        segment=_segment(case),
        withheld=withheld,
        reason=told,
        needs=suggest_cure(case.names, suspect),
        from_scores=False,
    )


_KNOWN_AFTER = Criterion("<=", 0.0, unit="columns", presumed=True)
"""No column may be known only after the decision."""


def _measure_suspect(asked: Asked, suspect: Suspect, recent: Inference | None) -> tuple[Inference, Criterion]:
    """What is held against which bar: the skill against what is suspicious, or what is left of it against its half."""
    task = asked.target.task
    if recent is not None:
        return recent, Criterion(">=", _least_remaining_skill(suspect, task), presumed=True)
    assert not isinstance(suspect.told.measured, Missing)
    skill = OF_OWN * skill_of(asked.own, task)
    bars = {"certain": CERTAIN, "nearly": NEARLY, "as the model": skill if task is Task.REGRESSION else (1 + skill) / 2}
    bar = bars[suspect.why]
    return suspect.told.measured, Criterion("<", bar, refutable=False, presumed=True)


def _describe_after(tables: Tables, case: _Case) -> str:
    known = tables.spec.data.known_at
    name = next(name for name in case.names if name in known and known[name].when == "after")
    return f"{name} is known only after the decision, says {known[name].by}: {known[name].why}"


def _segment(case: _Case) -> dict[str, str]:
    """Whose word would settle it: columns by their names; of a pattern of gaps nobody's alone."""
    if case.suspect is not None and case.suspect.kind == "gaps":
        return {}
    return {"column" if k == 1 else f"column {k}": name for k, name in enumerate(case.names, 1)}
