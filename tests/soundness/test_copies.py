"""What is said of copies, near copies, equal rows and names; and of rows that repeat within the test table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Status
from readiness.core.withholding import can_never_be_vouched
from readiness.evidence.evidence import Elsewhere
from readiness.evidence.row_hashes import TrainingHashes, hashes_of
from readiness.soundness import copies, repeats
from readiness.soundness.assessment import judge_examined
from readiness.soundness.copies import copies_against_supplied
from tests.evidence.test_copies import FEATURES, N, rows, truth, with_copies
from tests.questions.conftest import evidence_of
from tests.soundness.rows import tables_of


def judged(test, train, **data):
    """Findings by code, first of `seen`, then of `repeats`."""
    tables = tables_of(test, train, y_test=truth(test), y_train=None if train is None else truth(train),
                       features=FEATURES, data=data)  # fmt: skip
    claims = [claim for rule in (copies, repeats) for claim in rule.examine(tables)]
    return {claim.code: judge_examined(claim) for claim in claims}


def test_sound_tables_raise_no_doubt():
    """Every rule has looked, and each says so."""
    found = judged(rows(N, 1), rows())

    assert ["EVID-SEEN-COPIES", "EVID-SEEN-EQUAL", "EVID-SEEN-NEAR", "EVID-REPEATS"] == list(found)
    assert {Status.MET} == {finding.status for finding in found.values()}
    assert "none of 1,000 test rows" in found["EVID-SEEN-COPIES"].reason


def test_copies_are_told_with_counts_and_cure():
    """Fifty of a thousand; no word of anybody's sets that aside."""
    train = rows()
    finding = judged(with_copies(train), train)["EVID-SEEN-COPIES"]

    assert finding.status is Status.NOT_MET
    assert "50 of 1,000 test rows (5.0 %) also stand among the 1,000 training rows" in finding.reason
    assert "x" in finding.reason
    assert "split the rows anew" in finding.needs
    assert can_never_be_vouched(finding.key)


def test_one_in_a_hundred_is_tolerated():
    """Ten are left out, eleven are too many."""
    train = rows()

    assert judged(with_copies(train, 10), train)["EVID-SEEN-COPIES"].status is Status.MET
    assert judged(with_copies(train, 11), train)["EVID-SEEN-COPIES"].status is Status.NOT_MET


def test_more_equal_rows_than_chance_gives_are_not_proven():
    """In a table of few values, where nobody can tell copies from equal rows."""
    rng = np.random.default_rng(3)
    train, test = (pd.DataFrame(rng.integers(0, 4, (2_000, 9))).rename(columns=str) for _ in range(2))
    test.iloc[:600] = train.iloc[:600]
    y = rng.integers(0, 2, 2_000)
    (claim,) = [
        claim for claim in copies.examine(tables_of(test, train, y_test=y, y_train=y, features=tuple(train)))
        if claim.code == "EVID-SEEN-EQUAL"
    ]  # fmt: skip
    finding = judge_examined(claim)

    assert finding.status is Status.NOT_PROVEN
    assert "by chance about" in finding.reason
    assert "soundness.seen" in finding.needs


def test_copies_that_were_moved_are_not_met():
    """A fifth of the test rows, by a thousandth."""
    train = rows(2_000)
    test = with_copies(train, 200)
    test.loc[N - 200 :, ["x", "z"]] += 1e-3
    found = judged(test, train)

    assert found["EVID-SEEN-COPIES"].status is Status.MET
    assert found["EVID-SEEN-NEAR"].status is Status.NOT_MET


def test_names_of_units_are_to_be_named():
    """Customers under data.id: a doubt with its cure, and nothing of it where the spec names a group."""
    train, test = (rows(N, seed).assign(name=np.arange(N) // 4) for seed in (0, 1))
    found = judged(test, train, id="name")

    assert found["EVID-SEEN-UNITS"].status is found["EVID-REPEATS-UNITS"].status is Status.NOT_PROVEN
    assert "data.group" in found["EVID-SEEN-UNITS"].needs
    assert not {"EVID-SEEN-UNITS", "EVID-REPEATS-UNITS"} & set(judged(test, train, id="name", group="name"))


def test_rows_numbered_anew_are_said():
    """And are no copies."""
    finding = judged(rows(N, 1).assign(name=range(N)), rows().assign(name=range(N)), id="name")["EVID-SEEN-COPIES"]

    assert finding.status is Status.MET
    assert "anew" in finding.reason


def test_test_rows_that_repeat_others():
    """Three times each, under names of their own."""
    test = pd.concat([rows(300, 1)] * 3, ignore_index=True)
    found = judged(test, rows())

    assert found["EVID-REPEATS"].status is found["EVID-REPEATS-COPIES"].status is Status.NOT_MET
    assert "600 of 900 test rows (67 %)" in found["EVID-REPEATS"].reason
    assert found["EVID-SEEN-COPIES"].status is Status.MET


def test_a_coarse_table_that_stands_there_twice():
    """No key tells its rows apart, yet no independent rows come in pairs alone."""
    rng = np.random.default_rng(0)
    test = pd.DataFrame(rng.integers(0, 3, (800, 6))).rename(columns=str)
    for table, status in ((test, Status.MET), (pd.concat([test, test]), Status.NOT_PROVEN)):
        y = (table["0"] > 0).to_numpy().astype(int)
        (claim,) = repeats.examine(tables_of(table, y_test=y, features=tuple(test)))
        finding = judge_examined(claim)
        assert finding.status is status
        assert "none of 1,600" not in finding.reason  # would say the opposite
        assert bool(finding.needs) is (status is not Status.MET)


def test_without_a_training_table_nothing_is_said_of_it():
    """Only of repeats within the test table."""
    assert ["EVID-REPEATS"] == list(judged(rows(), None))


def test_a_training_table_without_features_is_not_assessed():
    """Nor are its rows held against anything."""
    tables = tables_of(rows(), rows(N, 1).rename(columns=str.upper), features=FEATURES)
    (claim,) = copies.examine(tables)

    assert judge_examined(claim).status is Status.NOT_ASSESSED


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize(("known", "status"), [(0, Status.MET), (10, Status.MET), (100, Status.NOT_MET)])
def test_hashes_stand_in_for_the_training_rows(names, known, status):
    """By names, or by features and target."""
    train = rows().assign(y=lambda frame: truth(frame))
    test = pd.concat([rows(N - known, 1), train.head(known)], ignore_index=True).assign(y=lambda frame: truth(frame))
    columns = ("name",) if names else (*FEATURES, "y")
    given = hashes_of(train, columns, names_rows=names, target="" if names else "y")
    finding = judge_examined(copies_against_supplied(with_hashes(test, given)))

    assert ("EVID-SEEN", status) == (finding.code, finding.status)
    assert f"{known} of 1,000 test rows" in finding.reason


def test_hashes_of_few_values_are_held_against_chance():
    """Equal rows as chance has them are met, and more of them not proven."""
    rng = np.random.default_rng(0)
    train, test = (pd.DataFrame(rng.integers(0, 4, (2_000, 8))).rename(columns=str) for _ in range(2))
    given, columns = hashes_of(train, tuple(train), names_rows=False), tuple(train)
    copied = pd.concat([test.head(1_000), train.head(1_000)], ignore_index=True)

    assert settled_with(test, given, columns).status is Status.MET
    assert settled_with(copied, given, columns).status is Status.NOT_PROVEN


def test_hashes_of_other_columns_and_none_at_all_are_not_assessed():
    """What nobody could look at is no yes."""
    given = hashes_of(rows(), ("name",), names_rows=True)
    for evidence in (with_hashes(rows().drop(columns="name"), given), with_hashes(rows(), None)):
        finding = judge_examined(copies_against_supplied(evidence))
        assert finding.status is Status.NOT_ASSESSED
        assert "hash-rows" in finding.needs


def with_hashes(test, given, features=FEATURES):
    y = truth(test) if "x" in test else np.zeros(len(test), dtype=int)
    data = {"test": "test.csv", "target": "y", "positive": 1, "id": "name", "features": list(features)}
    evidence = evidence_of(y, y, more={"rows": test}, data=data)
    return replace(evidence, elsewhere=Elsewhere(training_rows=given))


def settled_with(test, given, features=FEATURES):
    return judge_examined(copies_against_supplied(with_hashes(test, given, features)))


NEW = rows(N, 1).assign(y=lambda frame: truth(frame))
OLD = rows().assign(y=lambda frame: truth(frame))


@pytest.mark.parametrize(
    ("columns", "names", "target", "words"),
    [
        (("x",), False, "", "hashed without"),
        (FEATURES[1:], False, "", f'hashed without "{FEATURES[0]}"'),
        ((*FEATURES, "name"), False, "", 'hashed with "name"'),
        (("y",), False, "y", "hashed without"),
        ((*FEATURES, "y"), False, "", 'hashed with "y"'),
        ((FEATURES[0],), True, "", "a row is named by"),
    ],
)
def test_hashes_of_other_columns_settle_nothing(columns, names, target, words):
    """Less than all features, more than they, and names of something else are no evidence."""
    finding = settled_with(NEW, hashes_of(OLD, columns, names_rows=names, target=target))
    assert finding.status is Status.NOT_ASSESSED
    assert words in finding.reason


@pytest.mark.parametrize("names", [True, False])
def test_a_few_hashes_settle_nothing(names):
    """One invented hash, or so few that no model can have been fitted on them."""
    columns = ("name",) if names else FEATURES
    for n, words in ((1, "1 different row was"), (40, "40 different rows were"), (99, "fitted on 100 at least")):
        finding = settled_with(NEW, hashes_of(OLD.head(n), columns, names_rows=names))
        assert finding.status is Status.NOT_ASSESSED
        assert words in finding.reason
    again = pd.concat([OLD.head(40)] * 50)
    assert settled_with(NEW, hashes_of(again, columns, names_rows=names)).status is Status.NOT_ASSESSED
    assert settled_with(NEW, hashes_of(OLD.head(100), columns, names_rows=names)).status is Status.MET


def test_invented_hashes_are_not_spread_like_hashes():
    """Counting up from one gives no hash."""
    for first in (1, 2**63):
        invented = np.uint64(first) + np.arange(2_000, dtype=np.uint64)
        given = TrainingHashes(invented, FEATURES, names_rows=False)
        finding = settled_with(NEW, given)
        assert finding.status is Status.NOT_ASSESSED
        assert "no hashes" in finding.reason


def test_random_hashes_lack_the_rows_that_every_table_would_have():
    """Where test rows equal one another, rows of the same kind equal some of them."""
    rng = np.random.default_rng(3)
    test = pd.DataFrame(rng.integers(0, 4, (2_000, 5))).rename(columns=str)
    invented = np.sort(rng.integers(1, 2**63, 3_000, dtype=np.uint64) * np.uint64(2))
    finding = settled_with(test, TrainingHashes(invented, tuple(test), names_rows=False), tuple(test))
    assert finding.status is Status.NOT_ASSESSED
    assert "these are others" in finding.reason
