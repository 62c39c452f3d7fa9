"""Units on both sides of the split, and units that count for more than they say.

Rows of one customer are alike. A model that learnt from some of them is tested on what it knows already; and a hundred
test rows of ten customers say less than a hundred of a hundred. Where the spec names what rows belong to, the names are
compared; where it does not, columns that look like names are searched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_count_of, listed
from readiness.core.keys import Topic
from readiness.core.policy import SOUNDNESS_ALPHA, Task
from readiness.core.sanitize import shorten
from readiness.core.withholding import Kind
from readiness.evidence.evidence import Evidence
from readiness.soundness.order import comes_later
from readiness.soundness.tables import Examined, Tables, claim_not_known, finding_not_asked
from readiness.soundness.units import (
    LEAST_SHARED,
    SampledRows,
    Units,
    are_stretches_of_time,
    columns_without_a_role,
    find_units,
    sample_rows,
    shared_rows,
    whole_units,
    write_alike,
)
from readiness.statistics.cases import Array, Floats, Integers
from readiness.statistics.copies import (
    PERMUTED_ROWS,
    are_beyond_chance,
    deals_needed,
    deals_without_match,
    is_measure,
    measure_repeats,
)
from readiness.statistics.inference import Exact
from readiness.statistics.judge_claims import Measurement

MOST_FINDINGS = 3
LEAST_EFFECT = 1.5
"""Design effect from which a column is taken for what rows belong to: intervals are a fifth too narrow."""
LEAST_ALIKE = 0.05
"""Intra-class correlation of the target from which it matters that a unit stands on both sides: what can be learnt by
heart of it."""
LEAST_ROWS_EACH = 1.5


def examine(tables: Tables) -> list[Examined]:
    """The share of test rows, 0 to 1, whose unit stands in the training table: named ones, and such as look like it."""
    data = tables.spec.data
    named = data.group or data.query
    if tables.train is None:
        return [finding_not_asked(Kind.GROUPS, "there is no training table whose rows could belong to the same units")]
    if named is not None and named not in tables.train:
        cure = f"add {shorten(named)} to the training table; or {_VOUCHED}"
        return [claim_not_known(Kind.GROUPS, f"the training table has no column {shorten(named)}", cure)]
    asked, units = _find_shared_units(tables)
    found = [_claim_shared(tables, each) for each in units[:MOST_FINDINGS]]
    if named is not None:
        return [_judge_named_units(tables, named), *_number_claims(found, 1)]
    if not found:
        return [_nothing_found(tables, asked)]
    return [found[0], *_number_claims(found[1:], 2)]


_VOUCHED = (
    "let somebody outside those who prepared this say under soundness.groups why rows of one unit do not depend on "
    "each other"
)


def _number_claims(claims: Sequence[Measurement], first: int) -> list[Measurement]:
    return [claim.with_claim(key=Kind.GROUPS.key(Topic.DOUBT_SHARED, k)) for k, claim in enumerate(claims, first)]


# Named ----------------------------------------------------------------------------------------------------------


def _judge_named_units(tables: Tables, name: str) -> Measurement:
    """Whether units that the spec names stand in both tables; none may."""
    assert tables.train is not None
    column, train = tables.test[name], tables.train[name]
    if tables.spec.data.group is None and _are_counted_anew(column, train):
        return _claim(tables, np.zeros(len(column), dtype=bool), _explain_anew(name), "")
    rows = shared_rows(column, train)
    units, all_units = column[rows].nunique(), column.nunique()
    count = format_count_of(int(rows.sum()), len(rows), "test rows")
    few = f" ({listed(shorten(str(unit)) for unit in column[rows].unique()[:MOST_FINDINGS])})" if 0 < units <= 3 else ""
    text = (
        f"{count} belong to {units:,} of {all_units:,} values of {shorten(name)}{few} that stand in the training table"
    )
    again = ""
    if units and tables.spec.data.time is not None:
        text += "; units that are met again later are easier than new ones"
        again = ", such as that production meets the same units again"
    needs = f"test on units of which no row is in the training table; or {_VOUCHED}{again}" if units else ""
    return _claim(tables, rows, text, needs)


def _are_counted_anew(test: pd.Series[Any], train: pd.Series[Any]) -> bool:
    """Whether both tables number their queries from the same start on without a gap: then equal numbers say nothing."""
    here, there = write_alike(test, train)
    assert there is not None
    if not all(pd.api.types.is_integer_dtype(each.dtype) for each in (here, there)):
        return False
    ends = [(int(each.min()), int(each.max()) - int(each.min()) + 1 == each.nunique()) for each in (here, there)]
    return ends[0][0] == ends[1][0] and all(whole for _, whole in ends)


def _explain_anew(name: str) -> str:
    return (
        f"both tables number {shorten(name)} anew from the same start, so that no test row is known to be of an old one"
    )


def _claim(tables: Tables, rows: Array, text: str, needs: str, *, refutable: bool = True) -> Measurement:
    return Measurement(
        Claim(Kind.GROUPS.key(), Kind.GROUPS.words, Criterion("<=", 0.0, "share", presumed=True, refutable=refutable)),
        "share",
        Exact(float(np.mean(rows)), len(tables.test)),
        unit="share",
        reason=text,
        needs=needs,
        denominator="test rows",
        from_scores=False,
    )


# Unnamed, on both sides -----------------------------------------------------------------------------------------


def _find_shared_units(tables: Tables) -> tuple[int, list[Units]]:
    """How many columns were looked at, and those that name units of both tables whose target goes together, most
    shared first.
    """
    rows, names = sample_rows(tables), columns_without_a_role(tables)
    look_alike = [each for each in find_units(tables, names, rows) if (each.known or 0.0) >= LEAST_SHARED]
    if any(not each.is_open for each in look_alike) and comes_later(tables):  # the same units once more, as production
        look_alike = [each for each in look_alike if each.is_open]
    pooled = _pool_target(tables, rows)
    likely = [each for each in look_alike if _goes_together(pooled, each)]
    deals = [_count_deals(tables, pooled, _pool_codes(each), len(look_alike)) for each in likely]
    surely = are_beyond_chance(deals, SOUNDNESS_ALPHA, len(look_alike))
    found = [each for each, sure in zip(likely, surely, strict=True) if sure]
    return len(names), sorted(found, key=lambda each: -(each.known or 0.0))


def _pool_target(tables: Tables, rows: SampledRows) -> Floats:
    """The target of the rows of both tables that are looked at, as one number: ranks, or the largest class or not."""
    assert tables.y_train is not None
    target = np.concatenate([tables.y_test[rows.test], tables.y_train[rows.train]])
    if not tables.task.has_classes:
        return np.asarray(pd.Series(target).rank(), dtype=np.float64)
    largest = 1 if tables.task is Task.BINARY else int(np.argmax(np.bincount(target.astype(np.int64))))
    return np.asarray(target == largest, dtype=np.float64)


def _pool_codes(units: Units) -> Integers:
    return np.concatenate([units.codes, units.trained])


def _goes_together(quantity: Floats, units: Units) -> bool:
    codes = _pool_codes(units)
    if measure_repeats(quantity, codes).correlation < LEAST_ALIKE:
        return False
    given = codes >= 0
    return units.numbers is None or not is_measure(quantity[given], codes[given], units.numbers)


def _count_deals(tables: Tables, quantity: Floats, codes: Integers, family: int) -> int:
    return deals_without_match(quantity, codes, tables.spec.seed, deals_needed(SOUNDNESS_ALPHA, family))


def _claim_shared(tables: Tables, units: Units) -> Measurement:
    assert tables.train is not None
    name, column = shorten(units.name), tables.test[units.name]
    rows = shared_rows(column, tables.train[units.name])
    count = format_count_of(int(rows.sum()), len(rows), "test rows")
    text = (
        f"nobody names what rows belong to, and {name} looks like it: {count} carry one of its values that stands in "
        f"the training table, too, and rows of one value have like values of {shorten(tables.target or 'the target')}"
    )
    return _claim(
        tables, rows, text + _word_that_does_not_count(tables, units.name), _name_it(name, shared=True), refutable=False
    )


def _name_it(name: str, *, shared: bool) -> str:
    tested = " and test on values that training did not see" if shared else ""
    return (
        f"name {name} under data.group{tested}; or, where its rows do not belong together, let somebody outside those "
        "who prepared this say so under data.independent"
    )


def _word_that_does_not_count(tables: Tables, name: str) -> str:
    word = tables.spec.data.independent.get(name)
    if word is None:
        return ""
    return (
        f"; the word of {shorten(word.by)} under data.independent does not count: it takes somebody who did not "
        "prepare this, and holds for a year"
    )


def _nothing_found(tables: Tables, asked: int) -> Measurement:
    target = shorten(tables.target or "the target")
    names = f"names units of both tables whose rows have like values of {target}"
    looked = {0: "there is no column without a role", 1: f"the one column without a role hardly {names}"}.get(
        asked, f"none of {asked:,} columns without a role {names}"
    )
    text = f"nobody names what rows belong to; {looked}"
    return _claim(tables, np.zeros(len(tables.test), dtype=bool), text, "")


# Unnamed, errors that go together -------------------------------------------------------------------------------


def errors_by_unit(evidence: Evidence) -> list[Examined]:
    """For at most three columns that look as if they named units: how many rows say as much as one, 1 or more."""
    tables = Tables.of(evidence)
    rows = sample_rows(tables)
    names = [*columns_without_a_role(tables), *(name for name in tables.features if name in tables.test)]
    cases = evidence.cases
    errors = np.abs(cases.y_true - cases.y_pred) if evidence.task is Task.REGRESSION else cases.y_true != cases.y_pred
    looked = errors[rows.test].astype(np.float64)
    units = [
        each
        for each in find_units(tables, [name for name in names if name not in _columns_with_a_role(tables)], rows)
        if each.rows_each >= LEAST_ROWS_EACH and not _are_times(evidence, rows, each.codes)
    ]
    likely = [
        each for each in units if _design_effect(looked, each, rows) >= LEAST_EFFECT and not _is_measure(looked, each)
    ]
    deals = [_deals_of_errors(tables, errors, each, rows, len(units)) for each in likely]
    surely = are_beyond_chance(deals, SOUNDNESS_ALPHA, len(units))
    found = [each for each, sure in zip(likely, surely, strict=True) if sure]
    worst = sorted(found, key=lambda each: -_design_effect(looked, each, rows))[:MOST_FINDINGS]
    return [_too_narrow(tables, k, each, looked, rows) for k, each in enumerate(worst, 1)]


def _deals_of_errors(tables: Tables, errors: Array, units: Units, rows: SampledRows, family: int) -> int:
    whole, codes = whole_units(tables, units, rows, PERMUTED_ROWS)
    return _count_deals(tables, errors[whole].astype(np.float64), codes, family)


def _columns_with_a_role(tables: Tables) -> set[str | None]:
    """Columns whose role says already how their rows hang together."""
    data = tables.spec.data
    return {data.group, data.query, data.time, data.target, data.weight}


def _design_effect(errors: Floats, units: Units, rows: SampledRows) -> float:
    return measure_repeats(errors, units.codes, rows.whole).design_effect


def _is_measure(errors: Floats, units: Units) -> bool:
    given = units.codes >= 0
    return units.numbers is not None and is_measure(errors[given], units.codes[given], units.numbers)


def _are_times(evidence: Evidence, rows: SampledRows, codes: Integers) -> bool:
    """Whether a column names stretches of time, such as weeks: how rows near in time depend on each other is known."""
    cases = evidence.cases
    time = cases.time if cases.dependence.is_serial else None
    return time is not None and are_stretches_of_time(time[rows.test], codes)


def _too_narrow(tables: Tables, k: int, units: Units, errors: Floats, rows: SampledRows) -> Measurement:
    found = measure_repeats(errors, units.codes, rows.whole)
    effect, name = found.design_effect, shorten(units.name)
    column = tables.test[units.name]
    n = int(column.notna().sum())
    looked = len(rows.test)
    sampled = "" if looked == len(tables.test) else f", by {looked:,} of the rows"
    text = (
        f"the model's errors go together in rows with the same {name} (correlation {found.correlation:.2f}{sampled}): "
        f"{n:,} rows of {column.nunique():,} values say no more than about {max(1, round(n / effect)):,} independent "
        f"ones, so intervals should be about {math.sqrt(effect):.2g} times wider"
    )
    is_shared = units.known is not None and units.known >= LEAST_SHARED
    if is_shared and tables.train is not None:
        shared = int(shared_rows(column, tables.train[units.name]).sum())
        text += f"; {format_count_of(shared, len(column), 'test rows')} carry a value that stands in the training table"
    return Measurement(
        Claim(
            Kind.GROUPS.key(Topic.DOUBT_PART, k),
            f"How many rows of one {name} say as much as one",
            Criterion("<", LEAST_EFFECT, "times", presumed=True, refutable=False),
        ),
        "ratio",
        Exact(effect, n),
        unit="times",
        reason=text + _word_that_does_not_count(tables, units.name),
        needs=_name_it(name, shared=is_shared),
        warning="intervals may be too narrow",
    )
