"""Recent rows: alike, different to no effect, different to harm, with a known truth, and odd."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Finding, Status
from readiness.core.withholding import Kind
from readiness.evidence.evidence import Evidence, Recent
from readiness.soundness.assessment import _examine
from readiness.soundness.recent import examine
from tests.soundness.recent_world import evidence_with, rows_of


def found_of(evidence: Evidence) -> dict[str, Finding]:
    """The findings by code, as a review settles them."""
    return {finding.code: finding for finding, _ in _examine(Kind.RECENT, (examine,), evidence)}


def codes_of(evidence: Evidence, code: str) -> tuple[str, ...]:
    """What a finding withholds."""
    return next(codes for finding, codes in _examine(Kind.RECENT, (examine,), evidence) if finding.code == code)


def doubts(found: dict[str, Finding]) -> list[str]:
    return [code for code, finding in found.items() if finding.blocking and finding.status is not Status.MET]


@pytest.fixture
def rng():
    return np.random.default_rng(20261129)


def test_without_recent_rows_nothing_is_asked(rng):
    """The thing does not exist."""
    evidence = replace(evidence_with(rows_of(50, rng), rows_of(50, rng), rng), recent=None)
    found = found_of(evidence)
    assert list(found) == ["EVID-RECENT"]
    assert not found["EVID-RECENT"].blocking
    assert "no recent rows are given" in found["EVID-RECENT"].reason


def test_rows_alike_are_no_doubt_and_it_says_what_would_be_noticed(rng):
    """Counts of both tables stand in the sentence."""
    found = found_of(evidence_with(rows_of(1_500, rng), rows_of(1_200, rng), rng))
    assert list(found) == ["EVID-RECENT", "EVID-RECENT-SCORES"]
    assert doubts(found) == []
    first = found["EVID-RECENT"]
    assert first.warning == ""
    assert "1,500 test rows and 1,200 recent rows" in first.reason
    assert "would be noticed" in first.reason


def test_a_column_without_influence_that_moves_is_a_warning(rng):
    """It is named with how it moved; the claims hold once rows are weighed by what has to do with the answers."""
    recent = rows_of(1_500, rng).assign(price=lambda frame: frame["price"] + 60)
    found = found_of(evidence_with(rows_of(1_500, rng), recent, rng))
    assert doubts(found) == []
    assert "price" in found["EVID-RECENT"].warning
    assert "price" not in found["EVID-RECENT-OVERLAP"].reason
    assert found["EVID-RECENT-OVERLAP"].measured.value > 0.8
    assert any(code.startswith("EVID-RECENT-WEIGHTED-") for code in found)


def test_answers_that_moved_are_a_doubt_of_every_claim(rng):
    """Never *not met*: that other rows came is no harm that is proven."""
    recent = rows_of(1_500, rng).assign(a=lambda frame: frame["a"] + 1.0)
    evidence = evidence_with(rows_of(1_500, rng), recent, rng)
    found = found_of(evidence)
    assert found["EVID-RECENT-SCORES"].status is Status.NOT_PROVEN
    assert "the share of rows where the score is " in found["EVID-RECENT-SCORES"].reason
    assert "baseline" in codes_of(evidence, "EVID-RECENT-SCORES")
    assert Status.NOT_MET not in {finding.status for finding in found.values()}


def test_test_rows_that_are_nothing_like_recent_ones_say_nothing_of_them(rng):
    """The column has to do with the truth, and hardly a test row has such values."""
    recent = rows_of(2_000, rng).assign(a=lambda frame: frame["a"] + 4.0)
    found = found_of(evidence_with(rows_of(2_000, rng), recent, rng))
    assert found["EVID-RECENT-OVERLAP"].status is Status.NOT_PROVEN
    assert found["EVID-RECENT-OVERLAP"].measured.value < 0.1
    assert "rows of equal weight would" in found["EVID-RECENT-OVERLAP"].reason


def test_a_claim_that_fails_on_rows_weighed_like_recent_ones_is_withheld_alone(rng):
    """The model is right in 9 of 10 rows of kind x and in half of kind z, of which there are many now."""
    test, recent = rows_of(6_000, rng), rows_of(6_000, rng)
    recent["kind"] = rng.choice(["x", "z"], len(recent), p=[0.1, 0.9])
    evidence = evidence_with(test, recent, rng)
    wrong = np.where(test["kind"] == "z", rng.random(len(test)) < 0.5, rng.random(len(test)) < 0.1)
    truth = np.where(wrong, 1 - evidence.cases.y_pred, evidence.cases.y_pred)
    evidence = replace(evidence, cases=replace(evidence.cases, y_true=truth))
    found = found_of(evidence)
    failing = [code for code in doubts(found) if "WEIGHTED" in code]
    assert [codes_of(evidence, code) for code in failing if found[code].metric == "accuracy"] == [("BUSI-1",)]
    assert all("weighed like recent rows" in found[code].name for code in failing)


def test_known_truth_that_refutes_a_claim_withholds_it(rng):
    """The model is no better than a coin on recent rows; a table that is all right does nothing."""
    test, recent = rows_of(1_000, rng), rows_of(1_000, rng)
    coin = rng.integers(0, 2, 1_000)
    evidence = evidence_with(test, recent, rng, y_recent=coin)
    found = found_of(evidence)
    refuted = [code for code in found if "KNOWN" in code and found[code].metric == "accuracy"]
    assert [found[code].status for code in refuted] == [Status.NOT_MET]
    assert codes_of(evidence, refuted[0]) == ("BUSI-1",)
    assert "the truth of 1,000 of 1,000 recent rows is known" in found["EVID-RECENT"].reason


def test_few_known_truths_are_told_and_not_judged(rng):
    """Nine of a thousand."""
    known = np.where(np.arange(1_000) < 9, 1, -1)
    found = found_of(evidence_with(rows_of(1_000, rng), rows_of(1_000, rng), rng, y_recent=known))
    assert [code for code in found if "KNOWN" in code] == []
    assert "the truth of 9 of 1,000 recent rows is known, too few to judge by" in found["EVID-RECENT"].reason


def test_truth_that_is_not_final_yet_does_not_count(rng):
    """A fraud takes 30 days to be reported: of the last 30 days no row counts."""
    days = pd.Series(pd.date_range("2026-06-01", periods=60, freq="D").repeat(20))
    recent = rows_of(1_200, rng).assign(day=days)
    test = rows_of(600, rng).assign(day=pd.Timestamp("2026-05-01"))
    late = np.where(days < pd.Timestamp("2026-07-01"), -1, 0)
    evidence = evidence_with(
        test, recent, rng, y_recent=late, data={"time": "day", "label_horizon": "30 d", "features": ["a", "b"]}
    )
    assert "the truth of 0 of 1,200 recent rows is known" in found_of(evidence)["EVID-RECENT"].reason


def test_columns_that_only_tell_the_time_are_left_out(rng):
    """A date, a running number and a month; what rises and falls stays."""
    days = pd.Series(pd.date_range("2026-01-01", periods=1_500, freq="h"))

    def dated(frame, from_row):
        at = days.iloc[from_row : from_row + len(frame)].reset_index(drop=True)
        return frame.assign(day=at, number=np.arange(from_row, from_row + len(frame)), month=at.dt.month)

    test, recent = dated(rows_of(700, rng), 0), dated(rows_of(800, rng), 700)
    features = ["a", "b", "price", "kind", "number", "month"]
    evidence = evidence_with(test, recent, rng, data={"time": "day", "features": features})
    evidence = replace(evidence, candidate=replace(evidence.candidate, features=tuple(features)))
    first = found_of(evidence)["EVID-RECENT"]
    assert first.measured.value < 0.6
    assert "number, month" in first.reason
    assert "telling the time" in first.reason


def test_exempt_columns_are_left_out_and_named(rng):
    """The spec says that the price is meant to change."""
    recent = rows_of(500, rng).assign(price=1e6)
    evidence = evidence_with(rows_of(500, rng), recent, rng, production={"drift_exempt": ["price"]})
    first = found_of(evidence)["EVID-RECENT"]
    assert first.measured.value < 0.6
    assert "price, by the spec" in first.reason


def test_without_answers_to_recent_rows_a_difference_is_a_doubt(rng):
    """Nobody can say then whether it matters."""
    recent = rows_of(1_000, rng).assign(price=lambda frame: frame["price"] + 60)
    found = found_of(evidence_with(rows_of(1_000, rng), recent, rng, scored=False))
    assert doubts(found) == ["EVID-RECENT"]
    assert found["EVID-RECENT"].needs
    alike = found_of(evidence_with(rows_of(1_000, rng), rows_of(1_000, rng), rng, scored=False))
    assert doubts(alike) == []


def test_few_rows_are_not_asked(rng):
    """Less than a table without any."""
    found = found_of(evidence_with(rows_of(400, rng), rows_of(6, rng), rng))
    assert doubts(found) == []
    assert "6 rows" in found["EVID-RECENT"].reason


@pytest.mark.parametrize(
    "odd",
    [
        pd.Series([np.nan] * 60),
        pd.Series([[1, 2]] * 60),
        pd.Series([1, "x", None] * 20, dtype=object),
        pd.Series(pd.to_datetime(["2026-01-01", None] * 30)).dt.tz_localize("Europe/Stockholm"),
        pd.Series(["u", "v"] * 30, dtype="category"),
        pd.Series([True, False] * 30),
        pd.Series([np.inf, -np.inf, 1.0] * 20),
        pd.Series([{"k": 1}] * 60),
        pd.Series([None] * 60, dtype="string[pyarrow]"),
        pd.Series([("a", [1])] * 60),
    ],
)
def test_odd_columns_do_no_harm(rng, odd):
    """On either side, or only on one."""
    plain = pd.Series(rng.normal(size=60))
    for before, now in ((odd, odd), (odd, plain), (plain, odd)):
        test, recent = rows_of(60, rng).assign(odd=before), rows_of(60, rng).assign(odd=now)
        evidence = evidence_with(test, recent, rng)
        evidence = replace(evidence, candidate=replace(evidence.candidate, features=("a", "b", "price", "kind", "odd")))
        found = found_of(evidence)
        assert found["EVID-RECENT"].status is not Status.NOT_ASSESSED
        assert "the rule failed" not in found["EVID-RECENT"].reason


def test_a_model_that_cannot_score_recent_rows_leaves_the_comparison(rng):
    """What it stumbles over is told."""
    recent = rows_of(300, rng).assign(price=lambda frame: frame["price"] + 60).drop(columns="b")
    found = found_of(evidence_with(rows_of(300, rng), recent, rng))
    assert doubts(found) == ["EVID-RECENT"]
    assert "could not score the recent rows" in found["EVID-RECENT"].reason


def test_the_same_rows_give_the_same_findings(rng):
    """Draws follow from the seed."""
    test, recent = rows_of(400, rng), rows_of(400, rng).assign(price=lambda frame: frame["price"] + 30)
    twice = [found_of(evidence_with(test, recent, np.random.default_rng(3))) for _ in range(2)]
    assert twice[0] == twice[1]


def test_empty_recent_rows(rng):
    """A frame without a row is as good as none."""
    evidence = evidence_with(rows_of(50, rng), rows_of(50, rng), rng)
    found = found_of(replace(evidence, recent=Recent(rows_of(50, rng).iloc[:0])))
    assert doubts(found) == []


def balanced(rng, n=2_000, share=0.8):
    """Test rows of which so many are positive, where in the world three in ten are; and recent rows of that world."""
    pool = rows_of(20 * n, rng).assign(a=lambda frame: frame["a"] - 0.8)
    evidence = evidence_with(pool, rows_of(10, rng), rng)
    truth = evidence.cases.y_true
    picked = np.concatenate(
        [
            rng.choice(np.flatnonzero(truth == k), int(n * part), replace=False)
            for k, part in ((1, share), (0, 1 - share))
        ]
    )
    recent = rows_of(n, rng).assign(a=lambda frame: frame["a"] - 0.8)
    return pool.iloc[picked].reset_index(drop=True), truth[picked], recent, float(truth.mean())


def test_test_rows_are_mixed_as_the_spec_declares_production_to_be(rng):
    """Most of the test rows are positive by design: that recent rows are otherwise is no news then."""
    test, truth, recent, share = balanced(rng)
    declared = evidence_with(test, recent, rng, about={"production_prevalence": round(share, 3)})
    declared = replace(declared, cases=replace(declared.cases, y_true=truth))
    assert doubts(found_of(declared)) == []
    assert "mixed as in production" in found_of(declared)["EVID-RECENT"].reason
    silent = evidence_with(test, recent, rng)
    silent = replace(silent, cases=replace(silent.cases, y_true=truth))
    assert "EVID-RECENT-SCORES" in doubts(found_of(silent))


def test_weights_say_what_test_rows_stand_for(rng):
    """The same rows with the weights of their classes in production."""
    test, truth, recent, share = balanced(rng)
    weight = np.where(truth == 1, share / 0.8, (1 - share) / 0.2)
    evidence = evidence_with(test, recent, rng)
    evidence = replace(evidence, cases=replace(evidence.cases, y_true=truth, weight=weight))
    assert doubts(found_of(evidence)) == []


def test_a_name_of_rows_among_columns_without_a_role_is_no_difference(rng):
    """Of predictions without a model every column without a role is compared, but for names."""
    test = rows_of(400, rng).assign(name=[f"t{k}" for k in range(400)], number=np.arange(400))
    recent = rows_of(400, rng).assign(name=[f"r{k}" for k in range(400)], number=np.arange(400) + 400)
    found = found_of(evidence_with(test, recent, rng, scored=False))
    assert doubts(found) == []
    assert found["EVID-RECENT"].measured.value < 0.6
