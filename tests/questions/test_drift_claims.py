"""Columns that drift while the answers stay, and columns that the spec exempts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.withholding import Kind, Soundness
from readiness.evidence.drift import column_drift, drift_tables, largest_change
from readiness.evidence.evidence import Evidence
from readiness.questions import production
from readiness.soundness.assessment import _examine
from readiness.soundness.recent import examine
from readiness.verdict.comparison import missing_drift, other_bars
from tests.soundness.recent_world import FEATURES, evidence_with, rows_of


def evidence_of_change(change, n=3_000, **parts) -> Evidence:
    """Training and test rows alike, recent rows changed; with what is found of the recent rows."""
    rng = np.random.default_rng(7)
    train, test, recent = rows_of(n, rng), rows_of(n, rng), rows_of(n, rng)
    evidence = evidence_with(test, change(recent), rng, **parts)
    drift = drift_tables(0, test, train, FEATURES, evidence.recent.frame)
    found = tuple(finding for finding, _ in _examine(Kind.RECENT, (examine,), evidence))
    return replace(evidence, drift=drift, soundness=Soundness(found))


def asked(evidence: Evidence) -> dict[str, Finding]:
    answer = production.ask(evidence, evidence.spec.production)
    return {finding.code: finding for finding in answer.findings if "PROD-DRIFT" in finding.code}


def recorded(findings: dict[str, Finding]) -> tuple[Answer, ...]:
    return (Answer(Question.PRODUCTION, tuple(findings.values())),)


def dearer(recent: pd.DataFrame) -> pd.DataFrame:
    return recent.assign(price=recent["price"] + 30)


def same(recent: pd.DataFrame) -> pd.DataFrame:
    return recent


def test_a_column_that_drifts_is_a_warning_where_the_answers_stay():
    """It is shown as it is, and what it rests on counts; host and verifier agree."""
    evidence = evidence_of_change(dearer)
    found = asked(evidence)
    price = found["PROD-DRIFT-3"]
    assert (price.status, price.blocking) == (Status.NOT_MET, False)
    assert price.warning == "price has drifted; the answers have not"
    answers = found["PROD-DRIFT-SCORES"]
    assert (answers.status, answers.blocking) == (Status.MET, True)
    assert answers.bounds.upper <= evidence.spec.production.drift_warning
    assert [found[f"PROD-DRIFT-{k}"].blocking for k in (1, 2, 4)] == [True] * 3
    assert missing_drift(recorded(found), evidence.spec, 4, soundness=evidence.soundness) == ()
    assert other_bars(recorded(found), evidence.spec, evidence.task) == ()


def test_without_what_was_found_of_recent_rows_the_column_must_count():
    """A record whose soundness does not tell that the answers stayed lacks the column."""
    evidence = evidence_of_change(dearer)
    found = asked(evidence)
    assert missing_drift(recorded(found), evidence.spec, 4) == ("PROD-DRIFT-3",)
    shown = found | {"PROD-DRIFT-SCORES": replace(found["PROD-DRIFT-SCORES"], blocking=False)}
    assert missing_drift(recorded(shown), evidence.spec, 4, soundness=evidence.soundness) == ("PROD-DRIFT-3",)
    moved = found["PROD-DRIFT-SCORES"]
    basis = replace(moved.bounds.basis, numbers={**moved.bounds.basis.numbers, "raw": 0.0})
    forged = found | {"PROD-DRIFT-SCORES": replace(moved, bounds=replace(moved.bounds, basis=basis))}
    assert missing_drift(recorded(forged), evidence.spec, 4, soundness=evidence.soundness) == ("PROD-DRIFT-3",)


def test_answers_that_are_held_against_a_looser_bar_are_told():
    """The warning limit of the spec, and no other."""
    evidence = evidence_of_change(dearer)
    found = asked(evidence)
    answers = found["PROD-DRIFT-SCORES"]
    looser = replace(answers, criterion=replace(answers.criterion, threshold=0.5))
    told = other_bars(recorded(found | {"PROD-DRIFT-SCORES": looser}), evidence.spec, evidence.task)
    assert told == ("PROD-DRIFT-SCORES",)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda recent: recent.assign(a=recent["a"] + 1), {}),
        (dearer, {"scored": False}),
        (dearer, {"y_recent": np.random.default_rng(1).integers(0, 2, 3_000)}),
    ],
    ids=["the answers moved", "the answers are not known", "the truth is another one"],
)
def test_else_a_column_that_drifts_is_judged(change, parts):
    """As it always was."""
    evidence = evidence_of_change(change, **parts)
    found = asked(evidence)
    drifted = [finding for finding in found.values() if finding.status is Status.NOT_MET]
    assert [finding.blocking for finding in drifted] == [True]
    assert missing_drift(recorded(found), evidence.spec, 4, soundness=evidence.soundness) == ()


def test_few_rows_do_not_prove_that_the_answers_stayed():
    """The upper limit of the index must lie below the bar, not the index alone."""
    found = asked(evidence_of_change(dearer, n=120))
    assert found["PROD-DRIFT-3"].blocking
    assert not found["PROD-DRIFT-SCORES"].blocking


def test_where_nothing_drifts_the_answers_are_shown_and_judge_nothing():
    """Every column counts."""
    found = asked(evidence_of_change(same))
    assert {found[f"PROD-DRIFT-{k}"].status for k in (1, 2, 3, 4)} == {Status.MET}
    assert [code for code, finding in found.items() if not finding.blocking] == ["PROD-DRIFT-SCORES"]


def texts(seed, n=2_000, sound="paid on time"):
    rng = np.random.default_rng([5, seed])
    return pd.Series(
        [f"Case {rng.integers(10**9):09d} {sound} by {rng.choice(['ann', 'bob', 'eve'])}" for _ in range(n)]
    )


def test_texts_that_all_differ_are_judged_by_what_they_have_in_common():
    """No text comes twice, and still nothing drifted; other words, other lengths and gaps are drift."""
    before = texts(0)
    changes = {
        "of the commonest words": texts(1, sound="puntual hoy.").str.replace("Case", "caso"),
        "letters long": texts(2, sound="paid on time, after three reminders and a long letter"),
        "fell from 100.0 % to 67 %": texts(3).where(np.arange(2_000) % 3 > 0),
    }

    assert column_drift(before, texts(4)).index.upper(0.05) < 0.05
    for said, now in changes.items():
        drift = column_drift(before, now)
        assert drift.index.lower(0.05) > 0.1
        assert said in largest_change(drift)


def test_values_of_another_kind_are_drift_though_none_comes_twice():
    """Numbers that have become texts, and texts that have become numbers."""
    numbers, words = pd.Series(np.random.default_rng(0).normal(size=500)), texts(5, 500)

    assert "a number fell from 100.0 % to 0.0 %" in largest_change(column_drift(numbers, words))
    for before, now in ((numbers, words), (words, numbers), (numbers, pd.Series(["text"] * 500))):
        assert column_drift(before, now).index.lower(0.05) > 1


def test_exempt_columns_are_shown_as_exempt():
    """With how far they moved, without a bar; no other column may be called so."""
    evidence = evidence_of_change(dearer, production={"drift_exempt": ["price"]})
    found = asked(evidence)
    price = found["PROD-DRIFT-3"]
    assert (price.status, price.blocking, price.criterion) == (Status.NOT_ASSESSED, False, None)
    assert "(exempt)" in price.name
    assert "the spec exempts price" in price.warning
    assert missing_drift(recorded(found), evidence.spec, 4, soundness=evidence.soundness) == ()
    others = evidence.spec.model_copy(
        update={"production": evidence.spec.production.model_copy(update={"drift_exempt": ()})}
    )
    assert missing_drift(recorded(found), others, 4, soundness=evidence.soundness) == ("PROD-DRIFT-3",)
