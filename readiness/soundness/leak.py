"""Does a column give the answer away, because its value is known only once the answer is?

A column that tells nearly all is not proven to be a leak: truly strong columns exist. So it leaves a doubt until
somebody who did not prepare the review says when its value is known (`data.known_at`). It is a leak where that is after
the decision, or where the column tells little any more among recent rows whose truth is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readiness.answers import Criterion
from readiness.criteria import SOUNDNESS_ALPHA, Task
from readiness.evidence.evidence import Evidence, Recent
from readiness.numbers import format_value
from readiness.soundness.leak_columns import (
    FEWEST_ROWS,
    Rows,
    columns_of,
    features_in,
    own_scores,
    recent_column,
    rows_of,
)
from readiness.soundness.leak_words import cure, name_of, said_of, summary
from readiness.soundness.tables import Tables, not_known
from readiness.spec.soundness import counts
from readiness.statistics.cases import Floats
from readiness.statistics.inference import Exact, Inference, Undefined
from readiness.statistics.judging import Claim
from readiness.statistics.leak_search import (
    CERTAIN,
    NEARLY,
    OF_OWN,
    Asked,
    Found,
    Suspect,
    combined,
    own_value,
    search,
)
from readiness.statistics.leaks import Target, skill_of, telling
from readiness.withholding import Kind

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


def examine(evidence: Evidence) -> list[Claim]:
    """Whether a feature of the candidate gives the answer away: what was looked at, then at most three suspects."""
    cases = evidence.cases
    said = own_scores(cases.y_score, cases.y_pred, cases.task, cases.n_classes)
    return examine_tables(Tables.of(evidence), said)


def examine_tables(tables: Tables, said: Floats | None = None) -> list[Claim]:
    """The same of tables; without what a model says of the test rows, `said`, nothing can tell as much as the model.

    Args:
        tables: What is asked.
        said: (n,) scores of the positive class or numbers, of several classes (n, K).
    """
    names = features_in(tables)
    if not names:
        needs = "name the columns that the model is given under data.features, or let somebody outside "
        needs += "about.prepared_by say under soundness.leak that all of them are known when a prediction is made"
        return [not_known(Kind.LEAK, "no column that the model is given stands in the test table", needs)]
    rows = rows_of(tables, names)
    if rows.target.n < FEWEST_ROWS or not rows.target.can_be_told:
        needs = "give more test rows with different answers"
        return [not_known(Kind.LEAK, f"{rows.target.n:,} rows show too little of {tables.target}", needs)]
    columns = columns_of(tables, rows, names)
    asked = Asked(columns, rows.target, _own(rows, said), rows.judged)
    found = search(asked)
    cases = _cases(tables, asked, found, names)
    open_ones = [case for case in cases if not case.is_vouched]
    listed_ones = [*open_ones, *(case for case in cases if case.is_vouched)][:MOST_FINDINGS]
    further = len(open_ones) - sum(not case.is_vouched for case in listed_ones)
    first = _first(tables, rows, asked, found, further, len(cases))
    return [first, *(_claim(tables, rows, asked, case, k) for k, case in enumerate(listed_ones, 1))]


def _own(rows: Rows, said: Floats | None) -> float:
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
    cases += [_case(tables, asked, suspect, set(after)) for suspect in found.suspects]
    return sorted(cases, key=lambda case: not case.is_after and case.recent is None)


def _case(tables: Tables, asked: Asked, suspect: Suspect, after: set[str]) -> _Case:
    known, about = tables.spec.data.known_at, tables.spec.about
    is_vouched = suspect.kind != "gaps" and all(
        name in known and known[name].when == "before" and counts(known[name], about, tables.day)
        for name in suspect.names
    )
    is_after = suspect.kind != "gaps" and bool(after & set(suspect.names))
    recent = None if tables.recent is None else _gone(tables, asked, suspect, tables.recent)
    return _Case(suspect.names, suspect, is_after, is_vouched and not is_after and recent is None, recent)


def _gone(tables: Tables, asked: Asked, suspect: Suspect, recent: Recent) -> Inference | None:
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
    parts = {name: recent_column(recent.frame, name, rows) for name in suspect.names}
    column = combined(suspect.kind, [parts[name] for name in suspect.names], suspect.signs, target)
    left = telling(column, target).measured
    bar = _left_at_least(suspect, asked.target.task)
    return None if isinstance(left, Undefined) or left.upper(SOUNDNESS_ALPHA) >= bar else left


def _left_at_least(suspect: Suspect, task: Task) -> float:
    skill = GONE * skill_of(suspect.told.value, task)
    return skill if task is Task.REGRESSION else (1 + skill) / 2


# Claims ---------------------------------------------------------------------------------------------------------


def _first(tables: Tables, rows: Rows, asked: Asked, found: Found, further: int, suspects: int) -> Claim:
    """What was looked at; its number is of suspects that are not named one by one."""
    columns = len(asked.columns)
    return Claim(
        Kind.LEAK.code,
        Kind.LEAK.words if not suspects else "Further columns that may give the answer away",
        "columns",
        Exact(float(further), columns),
        Criterion("<=", 0.0, unit="columns", refutable=False, presumed=True),
        unit="columns",
        reason=summary(tables, found, rows.words, columns, asked.own, suspects, further),
        needs="settle those that are named first" if further else "",
        from_scores=False,
    )


def _claim(tables: Tables, rows: Rows, asked: Asked, case: _Case, k: int) -> Claim:
    suspect, what = case.suspect, name_of(case.names, case.suspect)
    told = "" if suspect is None else said_of(tables, asked, suspect, rows.words)
    inference: Inference = Exact(1.0, rows.target.n)
    bar, metric, unit, withheld = _KNOWN_AFTER, "columns", "columns", ""
    if case.is_after:
        told = "; ".join(filter(None, (_said_after(tables, case), told)))
    elif suspect is not None:
        metric, unit = "r2" if asked.target.is_number else "roc_auc", ""
        inference, bar = _measured(asked, suspect, case.recent)
        if case.recent is not None:
            told += f"; among {case.recent.n:,} recent rows it tells little ({format_value(case.recent.value)})"
        elif suspect.why != "certain":
            withheld = f"{what} tells {'as much as the model' if suspect.why == 'as the model' else 'nearly all'}"
    return Claim(
        f"{Kind.LEAK.code}-{k}",
        f"Is {what} known before {tables.target} is?",
        metric,
        inference,
        bar,
        unit=unit,
        segment=_segment(case),
        withheld=withheld,
        reason=told,
        needs=cure(case.names, suspect),
        from_scores=False,
    )


_KNOWN_AFTER = Criterion("<=", 0.0, unit="columns", presumed=True)
"""No column may be known only after the decision."""


def _measured(asked: Asked, suspect: Suspect, recent: Inference | None) -> tuple[Inference, Criterion]:
    """What is held against which bar: the skill against what is suspicious, or what is left of it against its half."""
    task = asked.target.task
    if recent is not None:
        return recent, Criterion(">=", _left_at_least(suspect, task), presumed=True)
    assert not isinstance(suspect.told.measured, Undefined)
    skill = OF_OWN * skill_of(asked.own, task)
    bars = {"certain": CERTAIN, "nearly": NEARLY, "as the model": skill if task is Task.REGRESSION else (1 + skill) / 2}
    bar = bars[suspect.why]
    return suspect.told.measured, Criterion("<", bar, refutable=False, presumed=True)


def _said_after(tables: Tables, case: _Case) -> str:
    known = tables.spec.data.known_at
    name = next(name for name in case.names if name in known and known[name].when == "after")
    return f"{name} is known only after the decision, says {known[name].by}: {known[name].why}"


def _segment(case: _Case) -> dict[str, str]:
    """Whose word would settle it: columns by their names; of a pattern of gaps nobody's alone."""
    if case.suspect is not None and case.suspect.kind == "gaps":
        return {}
    return {"column" if k == 1 else f"column {k}": name for k, name in enumerate(case.names, 1)}
