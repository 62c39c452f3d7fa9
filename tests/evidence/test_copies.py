"""Copies are found however they are disguised, and equal rows of few values are no copies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readiness.core.errors import DataError
from readiness.evidence.copies import Asked, Table, check_recent, copies_if_any, find_copies
from readiness.evidence.near_copies import near_copies

N = 1_000
FEATURES = ("x", "z", "kind", "level")


def rows(n=N, seed=0):
    rng = np.random.default_rng([4, seed])
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})
    frame["kind"], frame["level"] = rng.choice(["a", "b", "c"], n), rng.integers(0, 5, n)
    return frame.assign(name=[f"{seed}-{k}" for k in range(n)])


def truth(frame):
    return (frame["x"].astype(float) > 0).to_numpy().astype(int)


def found_in(test, train, **asked):
    asked = Asked(**{"features": FEATURES, "id": "name"} | asked)
    return find_copies(Table(test, truth(test)), None if train is None else Table(train, truth(train)), asked)


def with_copies(train, count=50, seed=1):
    """Test rows of which the last are training rows under other names."""
    taken = train.sample(count, random_state=seed).assign(name=[f"again-{k}" for k in range(count)])
    return pd.concat([rows(N - count, seed), taken], ignore_index=True)


DISGUISES = {
    "none": lambda test, train: (test, train),
    "columns in another order": lambda test, train: (test[test.columns[::-1]], train),
    "rows shuffled": lambda test, train: (test, train.sample(frac=1, random_state=3)),
    "text spelt otherwise": lambda test, train: (test.assign(kind=" " + test["kind"].str.upper()), train),
    "numbers as text": lambda test, train: (test.astype({"x": str, "level": str}), train),
    "categories": lambda test, train: (test.astype({"kind": "category", "level": "category"}), train),
    "single precision": lambda test, train: (test.astype({"x": "float32", "z": "float32"}), train),
    "training rows twice": lambda test, train: (test, pd.concat([train, train])),
    "training rows five times": lambda test, train: (test, pd.concat([train] * 5)),
    "a column of noise": lambda test, train: (noisy(test, 1), noisy(train, 2)),
    "a constant column": lambda test, train: (test.assign(one=1), train.assign(one=1)),
    "no names": lambda test, train: (test.drop(columns="name"), train.drop(columns="name")),
    "rows numbered anew": lambda test, train: (
        test.assign(name=range(len(test))),
        train.assign(name=range(len(train))),
    ),
}


def noisy(frame, seed):
    return frame.assign(noise=np.random.default_rng(seed).normal(size=len(frame)))


@pytest.mark.parametrize("disguise", DISGUISES)
def test_copies_are_found_in_any_disguise(disguise):
    """All fifty, and nothing else."""
    train = rows()
    test, train = DISGUISES[disguise](with_copies(train), train)
    found = found_in(test, train, others=("noise", "one"))

    assert [False] * (N - 50) + [True] * 50 == found.known.tolist()
    assert 0 == found.again.sum() == found.contradicting
    assert found.keys


def test_a_shared_name_is_a_copy_though_it_was_measured_again():
    """Also where every feature differs."""
    train = rows()
    test = pd.concat([rows(950, 1), train.head(50)], ignore_index=True)
    test.loc[950:, ["x", "z"]] += 0.3
    found = found_in(test, train)

    assert 50 == found.known[950:].sum() == found.by_name
    assert 0 == found.known[:950].sum()


@pytest.mark.parametrize("ordered", [False, True])
def test_rows_that_are_numbered_anew_are_no_copies(ordered):
    """Rows of one number have no more in common than neighbours have, in any order."""
    train, test = rows(), rows(N, 1)
    if ordered:
        train, test = (each.sort_values("x", ignore_index=True) for each in (train, test))
    found = found_in(test.assign(name=range(N)), train.assign(name=range(N)))

    assert "anew" == found.names.meaning
    assert 0 == found.known.sum()


def test_names_of_units_are_no_names_of_rows():
    """Customers with several rows each: nothing is dropped for that."""
    train, test = (rows(N, seed).assign(name=np.arange(N) // 4) for seed in (0, 1))
    found = found_in(test, train)

    assert "units" == found.names.meaning
    assert N == found.names.shared == found.names.repeating
    assert 0 == found.known.sum() == found.again.sum()


def test_equal_rows_of_few_values_are_other_cases():
    """Ten columns of two levels: nearly all rows equal a training row, and none is a copy."""
    rng = np.random.default_rng(0)
    train, test = (pd.DataFrame(rng.integers(0, 2, (3_000, 10))).rename(columns=str) for _ in range(2))
    y = rng.integers(0, 2, 3_000)
    found = find_copies(Table(test, y), Table(train, y[::-1]), Asked(tuple(train)))

    assert 0 == found.known.sum() == found.again.sum()
    assert found.equal.share.value > 0.7
    assert not found.made


def test_a_key_need_not_be_a_feature():
    """Features of few values, and beside them the minute of the row."""
    rng = np.random.default_rng(0)
    train, test = (pd.DataFrame({"f": rng.integers(0, 3, 500), "g": rng.integers(0, 3, 500)}) for _ in range(2))
    for part, day in ((train, "2026-01-01"), (test, "2026-02-01")):
        part["minute"] = pd.Timestamp(day) + pd.to_timedelta(rng.permutation(40_000)[:500], unit="min")
    test.iloc[:40] = train.iloc[:40]
    found = find_copies(Table(test), Table(train), Asked(("f", "g"), ("minute",)))

    assert 40 == found.known[:40].sum() == found.known.sum()
    assert ("minute",) == found.keys


def test_columns_that_follow_from_a_code_are_no_key():
    """A code and what is known of it: equal rows are rows of one code."""
    rng = np.random.default_rng(0)
    sizes = rng.lognormal(size=4_000)
    train, test = (pd.DataFrame({"code": rng.integers(0, 4_000, 200)}) for _ in range(2))
    found = find_copies(
        *(Table(each.assign(size=sizes[each["code"]])) for each in (test, train)), Asked(("code", "size"))
    )

    assert 0 == found.known.sum() == found.again.sum()
    assert found.equal.twins > 0


def test_rows_that_stand_there_twice():
    """Later ones are told; a row that is a copy of a training row is told as that."""
    train = rows()
    test = pd.concat([rows(900, 1), rows(900, 1).head(100).assign(name=None)], ignore_index=True)
    test.iloc[0] = train.iloc[0]
    found = found_in(test, train)

    assert [0] == np.flatnonzero(found.known).tolist()
    assert list(range(901, 1_000)) == np.flatnonzero(found.again).tolist()
    assert 100 == found_in(test, None).again.sum() + 1


def test_other_targets_of_copies_are_counted():
    """Twenty of fifty."""
    train = rows()
    test = with_copies(train)
    y = truth(test)
    y[-20:] = 1 - y[-20:]
    found = find_copies(Table(test, y), Table(train, truth(train)), Asked(FEATURES))

    assert (50, 20) == (found.known.sum(), found.contradicting)


def test_odd_tables_are_no_crash():
    """One row, no shared feature, lists, nothing but gaps."""
    one = rows(1)

    assert 0 == found_in(one, rows()).known.sum() - one["name"].isin(rows()["name"]).sum()
    assert () == find_copies(Table(rows()), Table(rows(N, 1).rename(columns=str.upper)), Asked(FEATURES)).compared
    for odd in ([[1, 2]] * N, [None] * N, [np.nan] * N):
        assert copies_if_any(Table(rows().assign(x=odd)), Table(rows(N, 1).assign(x=odd)), Asked(FEATURES)) is not None


@pytest.mark.parametrize("moved", [1e-9, 1e-6, 1e-3])
def test_copies_that_were_moved_are_near(moved):
    """A tenth of the test rows, in every number."""
    train = rows(3_000)
    test = with_copies(train, 100)
    near = near_copies(test, train, FEATURES, 0)
    test.loc[N - 100 :, ["x", "z"]] += moved * np.random.default_rng(0).normal(size=(100, 2))
    moved_rows = near_copies(test, train, FEATURES, 0)

    assert near.excess.lower(0.002) < 0.01 < moved_rows.excess.lower(0.002)


def numbers(n, seed, width=14):
    return pd.DataFrame(np.random.default_rng([8, seed]).normal(size=(n, width))).rename(columns="x{}".format)


@pytest.mark.parametrize(("width", "moved", "share"), [(5, 0.1, 1.0), (14, 0.15, 0.1), (14, 0.3, 0.3), (30, 0.3, 0.05)])
def test_copies_that_were_moved_far_are_near_in_many_columns(width, moved, share):
    """Test rows stand among the training rows, each number moved by a part of its standard deviation."""
    train, test = numbers(3_000, 0, width), numbers(1_000, 1, width)
    taken = test.iloc[: int(share * len(test))]
    noise = moved * np.random.default_rng(0).normal(size=taken.shape)
    with_copies = pd.concat([train, taken + noise], ignore_index=True).sample(frac=1, random_state=1)

    assert near_copies(test, train, list(train), 0).excess.lower(0.002) < 0.01
    near = near_copies(test, with_copies, list(train), 0)
    assert near.excess.lower(0.002) > 0.01
    twice = pd.concat([with_copies, with_copies], ignore_index=True)
    assert near_copies(test, twice, list(train), 0).excess.lower(0.002) > 0.01


def sound_pairs():
    rng = np.random.default_rng(17)
    factors = rng.normal(size=(4_000, 3)) @ rng.normal(size=(3, 20))
    yield "correlated", pd.DataFrame(factors + 0.05 * rng.normal(size=factors.shape))
    centres = 4 * rng.normal(size=(40, 8))
    yield "clustered", pd.DataFrame(centres[rng.integers(0, 40, 4_000)] + 0.2 * rng.normal(size=(4_000, 8)))
    counts = rng.poisson(1.0, (4_000, 8)).astype(float)
    yield "half discrete", pd.DataFrame(np.hstack([counts, rng.lognormal(size=(4_000, 2))]))
    sizes = rng.normal(size=(400, 6))[np.repeat(np.arange(400), 10)]
    yield "ten rows each of units", pd.DataFrame(sizes + 0.05 * rng.normal(size=sizes.shape))
    flat = rng.normal(size=(4_000, 12)) * (rng.random(4_000) < 0.5)[:, None]
    flat[:, 0] = rng.normal(size=4_000)
    yield "half of the rows nearly empty", pd.DataFrame(flat)


@pytest.mark.parametrize("kind", [name for name, _ in sound_pairs()])
def test_sound_rows_are_no_near_copies(kind):
    """Whatever their shape; also where the test rows are of another region, spread or mixture."""
    rows = dict(sound_pairs())[kind].rename(columns="x{}".format)
    train, test = rows.iloc[:2_000], rows.iloc[2_000:]
    narrow = test[(test["x1"] - test["x1"].median()).abs() < test["x1"].std() / 2]

    for asked in (test, test + 0.3 * test.std(), narrow):
        found = near_copies(asked, train, list(train), 0)
        assert found is None or found.excess.lower(0.002) < 0.01
    in_pairs = pd.concat([train, train + 1e-3], ignore_index=True)
    found = near_copies(test, in_pairs, list(train), 0)
    assert found is None or found.excess.lower(0.002) < 0.01


def test_tables_of_few_values_have_no_near_copies():
    """Rows are equal there, or far apart."""
    train, test = (rows(N, seed)[["kind", "level"]] for seed in (0, 1))

    assert near_copies(test, train, ("kind", "level"), 0) is None
    assert near_copies(rows(50), rows(50, 1), FEATURES, 0) is None


def test_recent_rows_that_are_rows_of_another_table_are_refused():
    """A sample, all of them in another order, or a table of few values once more; rows of another day are others."""
    train, few = rows(), rows()[["kind", "level"]]
    sampled = train.sample(200, random_state=0).assign(name="new")

    for recent, other in ((sampled, train), (few.sample(frac=1, random_state=1), few)):
        with pytest.raises(DataError, match=r"rows of data.recent also stand in data.train"):
            check_recent(recent, {"train": other}, Asked(tuple(other.columns[:4])), None)
    check_recent(rows(N, 1), {"train": train, "test": rows(N, 2)}, Asked(FEATURES), None)
    days = [train.assign(day=day) for day in ("2026-01-01", "2026-02-01")]
    check_recent(days[1], {"train": days[0]}, Asked(FEATURES), "day")
