"""Test rows that are copies, of training rows or of each other: the same row once more, not an equal one.

In tables of few values equal rows are different cases. A copy shares the name of its row (`data.id`), or all features
together with a key column, one whose values hardly ever come twice among rows that differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import DataError
from readiness.evidence.columns import further_columns
from readiness.evidence.row_hashes import Hashes, join_hashes, kinds_of, row_hashes, value_bits
from readiness.evidence.same_names import ANEW, MISSING_NAME, UNITS, Names, Table, same_names
from readiness.spec.schema import Spec
from readiness.statistics.cases import Floats, Integers
from readiness.statistics.copies import (
    Known,
    Mask,
    are_in_table,
    count_values,
    known_rows,
    numbers_of_repeats,
    repeat_by_themselves,
    repeated_hashes,
    unique_hashes,
)

__all__ = ["ANEW", "UNITS", "Asked", "Copies", "Table", "asked_of", "check_recent", "copies_if_any", "find_copies"]

KEY_SHARE = 0.95
"""Of the values of a key column, among rows that differ, so many occur once."""
MOST_KEYS = 3
"""Key columns by which rows are compared; one is enough, and each takes a sort of all rows."""
MOST_OTHERS = 25
"""Columns beside the features that are looked at for a key."""
ROUGH_COLUMNS = 3
"""By so many columns rows are told apart before all columns are looked at."""
LOOKED_AT = 2_000
"""Rows by which it is guessed how many values a column has."""
SELDOM = 0.05
"""Up to this share of rows that repeat, a table does not look like one of few values."""
MANY = 1e300
BY_CHANCE = 0.3
"""From so many of the repeats on that values would give by chance, chance is taken to have given them."""
RELABELLED = 0.2
"""From this share of what chance gives, equal rows with other targets are other cases."""
MOST_RECENT = 50_000
"""Recent rows that are held against the others; of more, as many evenly spread."""
SAME_ROWS = 0.10
"""From this share of recent rows on that stand in another table, they are no recent rows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which columns say what of a row."""

    features: tuple[str, ...]
    others: tuple[str, ...] = ()
    """Further columns that may be a key."""
    id: str | None = None
    within: str | None = None
    """Ranking: the query, within which rows are compared."""
    group: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """What was found of n test rows."""

    known: Mask
    """(n,): copies of training rows."""
    again: Mask
    """(n,): copies of an earlier test row that are no copy of a training row."""
    train_rows: int | None = None
    compared: tuple[str, ...] = ()
    """Features that both tables have."""
    keys: tuple[str, ...] = ()
    """Columns by which equal rows were known for copies."""
    by_name: int = 0
    """Of the copies of training rows, those that share the name and not all features with a key."""
    contradicting: int = 0
    """Of them, those with another target than every training row that they are a copy of."""
    names: Names = field(default_factory=Names)
    equal: Known | None = None
    """The other test rows beside the training rows; None: there are none to compare."""
    made: bool = False
    """Whether equal test rows repeat as no independent rows do, though nothing tells copies from equal rows."""
    known_left_out: bool = False
    """Whether copies of training rows were taken out of the test rows since."""
    again_left_out: bool = False
    """Whether copies of other test rows were."""

    @property
    def rows(self) -> int:
        """All test rows, copies among them."""
        return len(self.known)

    @property
    def stay(self) -> Mask:
        """(n,): which of them are still there."""
        return ~((self.known & self.known_left_out) | (self.again & self.again_left_out))


def asked_of(spec: Spec, features: Sequence[str], test: pd.DataFrame) -> Asked:
    """Which columns of the test table say what of a row; without features, each column without a role is one."""
    data, columns = spec.data, tuple(map(str, test.columns))
    known = tuple(features) or further_columns(spec, (), columns)
    return Asked(known, further_columns(spec, known, columns), data.id, data.query, data.group)


def find_copies(test: Table, train: Table | None, asked: Asked) -> Copies:
    """Copies among the rows of `test` (n,), by names and by values.

    Two tables are read alike: columns that both have, numbers in the precision of the coarser one.
    """
    has_both = [name for name in asked.features if train is None or name in train.frame]
    features = tuple(name for name in has_both if name in test.frame)
    pooled = _Pooled.of(test, train, features, asked.within)
    keyed, keys = _find_by_key(pooled, asked.others)
    names = same_names(pooled.column, test, train, features, asked.id)
    known, again = pooled.split(keyed)
    by_name = names.known & ~known
    # the order matters: a row that is a copy of a training row is not counted again as one of a test row
    known, again = known | names.known, (again | names.again) & ~(known | names.known)
    left = ~known & ~again
    groups = None if asked.group not in test.frame else pd.factorize(test.frame[asked.group])[0]
    return Copies(
        known,
        again,
        None if train is None else len(train.frame),
        features,
        keys,
        int(by_name.sum()),
        pooled.contradicting(keyed),
        names,
        _equal(pooled, keyed, left, groups),
        bool(features) and not pooled.repeats_naturally_in_test(left),
    )


@dataclass(slots=True, eq=False)
class _Pooled:
    """The test rows and below them the training rows, each row as one hash of its features."""

    test: Table
    train: Table | None
    features: tuple[str, ...]
    n: int
    """Test rows; what follows are training rows."""
    hashes: Hashes
    open: Mask
    """Which rows may come more than once."""
    target: Hashes | None
    """Bits of the targets; None where one table has none."""

    @classmethod
    def of(cls, test: Table, train: Table | None, features: tuple[str, ...], within: str | None) -> _Pooled:
        frames = [test.frame] if train is None else [test.frame, train.frame]
        kinds = {} if train is None else kinds_of(test.frame, train.frame, features)
        columns = features
        if within is not None and features and all(within in frame for frame in frames):
            columns = (within, *(name for name in features if name != within))
        hashes, open_rows = _hash_rows(frames, columns, kinds)
        targets = [table.target for table in (test, train) if table is not None]
        bits = None if any(each is None for each in targets) else np.concatenate(
            [value_bits(pd.Series(np.asarray(each, dtype=np.float64))) for each in targets]
        )  # fmt: skip
        return cls(test, train, features, len(test.frame), hashes, open_rows, bits)

    def column(self, name: str, kind: str = "") -> Hashes:
        """Bits of the values of a column in both tables; `name` stands in each."""
        frames = [self.test.frame] if self.train is None else [self.test.frame, self.train.frame]
        if not kind and len(frames) == 2:
            kind = kinds_of(frames[0], frames[1], [name]).get(name, "")
        return np.concatenate([value_bits(frame[name], kind) for frame in frames])

    def numbers(self, name: str) -> Floats:
        """Some values of a column, nan where they are no numbers."""
        some = self.test.frame[name].iloc[:LOOKED_AT]
        if isinstance(some.dtype, pd.CategoricalDtype):
            some = some.astype(object)
        return np.asarray(pd.to_numeric(some.astype(object), errors="coerce"), dtype=np.float64)

    def split(self, copies: Hashes) -> tuple[Mask, Mask]:
        """Of the test rows, those that are copies of training rows, and those that repeat an earlier test row.

        `copies`: for each row what it is a copy of; 0 where it is a copy of nothing.
        """
        ours, theirs = copies[: self.n], copies[self.n :]
        known = ours != 0
        known[known] = are_in_table(ours[known], unique_hashes(theirs[theirs != 0]))
        return known, _later(ours) & ~known

    def contradicting(self, copies: Hashes) -> int:
        """Test rows that are copies of training rows with other targets than theirs."""
        if self.target is None or self.train is None:
            return 0
        # a copy contradicts when its features are there, and its features together with its target are not
        known, _ = self.split(copies)
        ours, theirs = np.flatnonzero(known), np.flatnonzero(copies[self.n :]) + self.n
        pairs, table = (join_hashes(copies[rows], self.target[rows]) for rows in (ours, theirs))
        return int((~are_in_table(pairs, unique_hashes(table))).sum())

    def repeats_naturally_in_test(self, left: Mask) -> bool:
        """Whether the test rows that are left repeat as independent rows of few values do."""
        some = np.flatnonzero(left & self.open[: self.n])
        rows = self.hashes[some] if self.target is None else join_hashes(self.hashes[some], self.target[some])
        counts = np.append(count_values(rows)[1], np.ones(int(left.sum()) - len(some), dtype=np.int64))
        return not len(rows) or repeat_by_themselves(numbers_of_repeats(counts))


def _later(names: Hashes) -> Mask:
    """Which rows repeat an earlier one; 0 repeats nothing."""
    places = np.flatnonzero(names)
    first = np.unique(names[places], return_index=True)[1]
    later = np.zeros(len(names), dtype=bool)
    later[np.delete(places, first)] = True
    return later


def _hash_rows(
    frames: Sequence[pd.DataFrame], columns: tuple[str, ...], kinds: Mapping[str, str]
) -> tuple[Hashes, Mask]:
    """Rows of all frames, and which of them may come twice: only of those more than a few columns are looked at."""
    if not columns:
        n = sum(map(len, frames))
        return np.arange(1, n + 1, dtype=np.uint64), np.zeros(n, dtype=bool)
    few = _most_telling(frames[0], columns)
    rough = [row_hashes(frame, few, kinds) for frame in frames]
    # First by a few columns alone, which is cheap: a row that is single by them is single by all. Only the others are
    # hashed whole. Where these are most rows, hashing all is faster than picking them out.
    twice = repeated_hashes(*rough)
    opened = [are_in_table(hashes, twice) for hashes in rough]
    if len(few) < len(columns):
        for frame, hashes, rows in zip(frames, rough, opened, strict=True):
            if rows.mean() > 0.5:
                hashes[rows] = row_hashes(frame, columns, kinds)[rows]
            elif rows.any():
                hashes[rows] = row_hashes(frame[list(columns)].iloc[np.flatnonzero(rows)], columns, kinds)
    return np.concatenate(rough), np.concatenate(opened)


def _most_telling(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns with the most values in a few rows."""
    some = frame.iloc[: LOOKED_AT // 2]
    values = {name: len(unique_hashes(value_bits(some[name]))) for name in columns}
    return tuple(sorted(columns, key=lambda name: -values[name])[:ROUGH_COLUMNS])


def _find_by_key(pooled: _Pooled, others: Sequence[str]) -> tuple[Hashes, tuple[str, ...]]:
    """For each row what it is a copy of (0: of nothing), and the key columns that say so."""
    copies = np.zeros(len(pooled.hashes), dtype=np.uint64)
    equal = _Equal.of(pooled.hashes, pooled.open)
    if equal is None:
        return copies, ()
    keys: list[str] = []
    candidates = _most_telling_first(pooled)
    is_continuous = any(np.isinf(_steps(pooled.numbers(name))) for name in candidates)
    # A key proves nothing where it follows from the features (then equal features have equal keys whatever happened),
    # or where independent rows of so few values repeat by themselves.
    if any(equal.follows_from(pooled, name) for name in candidates) or equal.is_natural(pooled, is_continuous):
        candidates = []
    for name in candidates[:MOST_KEYS]:
        if np.array_equal(copies != 0, equal.twice):
            break
        found = equal.with_key(pooled.column(name)) & (copies == 0)
        copies[found] = pooled.hashes[found]
        keys += [name] if found.any() else []
    for name in _in_all(pooled, others)[:MOST_OTHERS] if (equal.twice & (copies == 0)).any() else ():
        values = pooled.column(name)
        rows = join_hashes(pooled.hashes, values)
        equal = _Equal.of(rows, pooled.open)
        if equal is None or equal.is_natural(pooled):
            continue
        found = equal.with_key(values) & (copies == 0)
        copies[found] = rows[found]
        keys += [name] if found.any() else []
    return copies, tuple(keys)


def _most_telling_first(pooled: _Pooled) -> list[str]:
    """Features that may be a key, by a sample of rows that differ."""
    first = np.unique(pooled.hashes[: pooled.n], return_index=True)[1]
    some = pooled.test.frame.iloc[np.sort(first)[:LOOKED_AT]]
    shares = {name: _share_once(value_bits(some[name])) for name in pooled.features}
    return sorted((name for name in shares if shares[name] >= KEY_SHARE), key=lambda name: -shares[name])


def _share_once(values: Hashes) -> float:
    known = values[values != MISSING_NAME]
    counts = count_values(known)[1]
    return float((counts == 1).mean()) if len(counts) else 0.0


def _in_all(pooled: _Pooled, names: Sequence[str]) -> list[str]:
    frames = [pooled.test.frame] if pooled.train is None else [pooled.test.frame, pooled.train.frame]
    return [name for name in names if all(name in frame for frame in frames)]


@dataclass(frozen=True, slots=True, eq=False)
class _Equal:
    """Rows of both tables that come more than once."""

    rows: Hashes
    twice: Mask
    """Which rows come more than once."""
    first: Mask
    """Each row that differs from all above it."""

    @classmethod
    def of(cls, rows: Hashes, among: Mask) -> _Equal | None:
        """None where none of the rows comes twice; `among` are those that may."""
        twice = among.copy()
        twice[among] = are_in_table(rows[among], repeated_hashes(rows[among]))
        if not twice.any():
            return None
        first = np.ones(len(rows), dtype=bool)
        places = np.flatnonzero(twice)
        first[places] = False
        first[places[np.unique(rows[places], return_index=True)[1]]] = True
        return cls(rows, twice, first)

    def with_key(self, values: Hashes) -> Mask:
        """Which rows come more than once with a value of their own; none where the column is no key."""
        among = values[self.first & (values != MISSING_NAME)]
        found, counts = count_values(among)
        once = found[counts == 1]
        if len(once) < KEY_SHARE * len(found):
            return np.zeros(len(self.rows), dtype=bool)
        keyed = self.twice & (values != MISSING_NAME)
        keyed[keyed] = are_in_table(values[keyed], once)
        return np.asarray(keyed)

    def is_natural(self, pooled: _Pooled, is_continuous: bool = False) -> bool:
        """Whether equal rows look like different cases: their targets differ, or they repeat as chance has it.

        `is_continuous`: a number of many digits is among what is equal, so that chance repeats nothing.
        """
        rows, target = self.rows[self.twice], pooled.target
        numbers = numbers_of_repeats(self._counts(rows))
        by_themselves = repeat_by_themselves(numbers)
        come_in_pairs = (is_continuous or not by_themselves) and numbers[3:].sum() <= SELDOM * numbers[2]
        if target is not None and not come_in_pairs and _targets_differ(rows, target[self.twice], target):
            return True
        sizes = (pooled.n, len(self.rows) - pooled.n)
        larger = slice(pooled.n, None) if sizes[1] > sizes[0] else slice(0, pooled.n)
        inside = self.rows[larger][self.twice[larger]]
        return not is_continuous and by_themselves and len(inside) - len(unique_hashes(inside)) > SELDOM * max(sizes)

    def follows_from(self, pooled: _Pooled, name: str) -> bool:
        """Whether rows may be equal because all of their columns follow from one of few values: a code, an age.

        So it is where rows of one value of it are equal throughout, and as many would meet by chance.
        """
        steps = _steps(pooled.numbers(name))
        rows = self.rows[self.twice]
        repeats, n = len(rows) - len(unique_hashes(rows)), len(self.rows)
        if n * n / (2 * steps) < BY_CHANCE * repeats:
            return False
        values = pooled.column(name)[self.first]
        counts = count_values(values[values != MISSING_NAME])[1]
        return not (counts > 1).any()

    def _counts(self, rows: Hashes) -> Integers:
        alone = np.ones(len(self.rows) - len(rows), dtype=np.int64)
        return np.append(count_values(rows)[1], alone)


def _steps(values: Floats) -> float:
    """Over how many steps, of whole numbers or of up to four decimals, nine of ten values spread; else infinite.

    Text may have any number of values, and tells nothing of that.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return MANY
    low, high = np.quantile(known, (0.05, 0.95))
    for decimals in range(5):
        scaled = known * 10.0**decimals
        if np.allclose(scaled, np.round(scaled), rtol=1e-12, atol=1e-7):
            return float(high - low) * 10.0**decimals / 0.9 + 1
    return np.inf


def _targets_differ(rows: Hashes, target: Hashes, everywhere: Hashes) -> bool:
    """Whether rows that are equal have other targets about as often as any two rows have."""
    shares = count_values(everywhere)[1] / len(everywhere)
    by_chance = 1 - float(shares @ shares)
    order = np.argsort(rows, kind="stable")
    same = rows[order][1:] == rows[order][:-1]
    differ = same & (target[order][1:] != target[order][:-1])
    return bool(differ.sum() >= 2 and differ.sum() >= RELABELLED * by_chance * same.sum())


def _equal(pooled: _Pooled, copies: Hashes, left: Mask, groups: NDArray[Any] | None) -> Known | None:
    """The test rows that are no copies beside the training rows, features and target; copies in training count once."""
    if pooled.train is None or not pooled.features or not left.any():
        return None
    n, may = pooled.n, pooled.open
    rows = pooled.hashes if pooled.target is None else join_hashes(pooled.hashes, pooled.target)
    table = ~_later(copies[n:])
    asked = rows[:n][left]
    alone = int((table & ~may[n:]).sum())
    codes = None if groups is None else np.unique(groups[left], return_inverse=True)[1]
    return known_rows(asked, rows[n:][table & may[n:]], codes, alone=alone)


def copies_if_any(test: Table, train: Table | None, asked: Asked) -> Copies | None:
    """The same as `find_copies`; None where the tables cannot be compared, which the findings tell of."""
    try:
        return find_copies(test, train, asked)
    except Exception:  # whatever a column holds, a review goes on; the rule meets the same error and says so
        return None


def check_recent(recent: pd.DataFrame, others: Mapping[str, pd.DataFrame], asked: Asked, time: str | None) -> None:
    """Refuse recent rows that are the rows of another table once more; `others` by the key of the spec: test, train.

    Names of rows count for nothing, as those of customers come again; nor do equal rows of another `time`.

    Raises:
        DataError: a tenth of the recent rows or more are copies of rows of another table, or all of them are equal to
            all of its rows.
    """
    some = recent.iloc[:: max(1, len(recent) // MOST_RECENT)]
    plain = replace(asked, id=None, group=None, within=time)
    for key, table in others.items():
        found = find_copies(Table(some), Table(table), plain)
        copies = int(found.known.sum())
        if copies < SAME_ROWS * found.rows and not _are_the_same(recent, table, found.compared, time):
            continue
        rows = f"{copies:,} of {found.rows:,}" if copies else f"All {len(recent):,}"
        looked = "" if len(some) == len(recent) else " that were looked at"
        raise DataError(
            f"{rows} rows of data.recent{looked} also stand in data.{key}.",
            remedy="Give rows that production met after the test rows were drawn, or leave data.recent out.",
        )


def _are_the_same(recent: pd.DataFrame, other: pd.DataFrame, features: tuple[str, ...], time: str | None) -> bool:
    """Whether two tables hold the same rows in any order, where that is no chance."""
    if not features or len(recent) != len(other) or len(recent) < 20:
        return False
    dated = (time,) if time is not None and time in recent and time in other else ()
    columns = tuple(dict.fromkeys((*features, *dated)))
    kinds = kinds_of(recent, other, columns)
    ours, theirs = (np.sort(row_hashes(frame, columns, kinds)) for frame in (recent, other))
    return len(unique_hashes(ours)) > 1 and bool(np.array_equal(ours, theirs))
