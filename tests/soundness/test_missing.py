"""Rows without a truth: what they may overturn, claim by claim."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Finding, Question, Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.core.withholding import Soundness, withhold
from readiness.evidence.evidence import Evidence, Training, Unused
from readiness.evidence.workers.worker import Scores
from readiness.questions import business, segments
from readiness.soundness.assessment import judge_examined
from readiness.soundness.missing import examine
from readiness.soundness.tables import Aimed
from tests.questions.conftest import evidence_of, of_cells

COSTS = {"false_positive": 1, "false_negative": 10, "currency": "EUR"}


def without(evidence: Evidence, said: Any, *, target: Any = None, **columns: Any) -> Evidence:
    """The same with rows that are not judged: what was answered, and their truth where it is known."""
    answers = np.asarray(said)
    gap = np.nan if evidence.task is Task.REGRESSION else -1
    truth = np.full(len(answers), gap) if target is None else np.asarray(target)
    frame = pd.DataFrame(columns, index=range(len(answers)))
    rows = evidence.rows if len(evidence.rows) else pd.DataFrame(index=range(evidence.cases.n))
    return replace(evidence, unused=Unused(frame, truth, Scores(answers)), rows=rows)


def rare(metric: str, bar: float, **parts: Any) -> Evidence:
    """One row in a hundred is positive: recall 0.90, precision 0.64."""
    stated = {"requirements": [{"says": "what is asked", "metric": metric, "at_least": bar}]}
    return evidence_of(*of_cells(900, 100, 500, 98_500), business=stated, **parts)


def found(evidence: Evidence) -> tuple[dict[str, Finding], dict[str, tuple[str, ...]]]:
    """Findings by code, and the claims that each of them withholds."""
    made = [(judge_examined(each), each.codes if isinstance(each, Aimed) else ()) for each in examine(evidence)]
    return {finding.code: finding for finding, _ in made}, {finding.code: codes for finding, codes in made}


def test_every_truth_is_known() -> None:
    findings, _ = found(rare("recall", 0.8))
    assert ["EVID-MISSING"] == list(findings)
    assert Status.MET is findings["EVID-MISSING"].status
    assert "all 100,000 test rows have a known y" == findings["EVID-MISSING"].reason


def test_few_rows_can_overturn_a_recall_of_rare_rows() -> None:
    """1.9 % of rows, answered negative like nearly all: as often positive and missed as known positives are missed."""
    evidence = without(rare("recall", 0.85), np.zeros(1_900, dtype=np.int64))
    findings, touches = found(evidence)
    assert Status.NOT_PROVEN is findings["EVID-MISSING"].status
    assert ("BUSI-1",) == touches["EVID-MISSING"] == touches["EVID-MISSING-1"]
    assert (
        "1,900 of 101,900 test rows (1.9 %) have no known y (0 of them answered y = 1)"
        in findings["EVID-MISSING"].reason
    )
    assert "would move from 0.883 to 0.739, with >= 0.85 required" in findings["EVID-MISSING-1"].reason
    assert "soundness.missing" in findings["EVID-MISSING-1"].needs


def test_a_doubt_withholds_the_claim_that_it_names() -> None:
    evidence = without(rare("recall", 0.85), np.zeros(1_900, dtype=np.int64))
    findings, touches = found(evidence)
    answer = business.ask(evidence, evidence.spec.business)
    assert Status.MET is answer.status
    soundness = Soundness(tuple(findings.values()), touches)
    assert Status.NOT_PROVEN is withhold(answer, soundness, ()).status
    assert Status.MET is withhold(answer, soundness, ("missing",)).status


@pytest.mark.parametrize(
    ("metric", "bar", "zeros", "ones", "stands"),
    [
        ("recall", 0.85, 3, 0, True),
        ("recall", 0.85, 0, 5_000, True),  # rows that are answered positive cannot be missed
        ("precision", 0.6, 5_000, 0, True),  # rows that are answered negative are no false alarms
        ("precision", 0.6, 0, 5_000, False),
        ("accuracy", 0.98, 100, 10, True),
        ("accuracy", 0.98, 40_000, 2_000, False),
        ("f1", 0.7, 5, 5, True),
        ("f1", 0.7, 2_000, 100, False),
        ("balanced_accuracy", 0.9, 3_000, 0, False),
        ("specificity", 0.99, 90_000, 0, True),
    ],
)
def test_each_metric_has_its_own_rows(metric: str, bar: float, zeros: int, ones: int, stands: bool) -> None:
    findings, touches = found(without(rare(metric, bar), np.repeat([0, 1], [zeros, ones])))
    assert stands == ("BUSI-1" not in touches["EVID-MISSING"])
    assert Status.NOT_MET is not findings["EVID-MISSING"].status


def test_unknown_rows_that_outnumber_the_known_errors() -> None:
    """Of 2,000 rows 15 are known to be wrong and 100 have no truth: the others may all be hidden errors."""
    stated = {"requirements": [{"says": "few errors", "metric": "accuracy", "at_least": 0.97}]}
    evidence = evidence_of(*of_cells(990, 10, 5, 995), business=stated)
    findings, _ = found(without(evidence, np.repeat([0, 1], 50)))
    doubt = findings["EVID-MISSING-1"]
    assert Status.NOT_PROVEN is doubt.status
    assert "of them were answered wrongly (they outnumber the known errors)" in doubt.reason
    few, _ = found(without(evidence, np.repeat([0, 1], 5)))
    assert Status.MET is few["EVID-MISSING"].status


def test_rows_with_a_truth_that_lack_a_weight_are_put_back_as_they_are() -> None:
    stated = {"requirements": [{"says": "few errors", "metric": "accuracy", "at_least": 0.9}]}
    evidence = evidence_of(*of_cells(480, 20, 20, 480), business=stated)
    said = np.zeros(200, dtype=np.int64)
    right, _ = found(without(evidence, said, target=said))
    wrong, touches = found(without(evidence, said, target=1 - said))
    assert Status.MET is right["EVID-MISSING"].status
    assert "BUSI-1" in touches["EVID-MISSING"]
    assert "they are put back with their truth" in wrong["EVID-MISSING-1"].reason


def test_savings_fall_with_hidden_misses() -> None:
    """Ten units a miss: 900 found positives save 9,000, and 500 missed ones more cost 5,000 only where they are."""
    evidence = evidence_of(*of_cells(60, 40, 100, 9_800), errors={"costs": COSTS})
    _, touches = found(without(evidence, np.ones(2_000, dtype=np.int64)))
    assert "ERRO-SAVINGS" in touches["EVID-MISSING"]
    _, untouched = found(without(evidence, np.ones(5, dtype=np.int64)))
    assert "ERRO-SAVINGS" not in untouched["EVID-MISSING"]


def test_deficits_are_looked_at_segment_by_segment() -> None:
    """Rows without a truth in one region alone: its deficit may be hidden, that of the others not."""
    true, said = of_cells(900, 100, 100, 900)
    frame = pd.DataFrame({"region": np.tile(["north", "south"], 1_000)})
    evidence = evidence_of(true, said, frame=frame, data={"segments": ["region"]}, segments={"metrics": ["accuracy"]})
    evidence = replace(evidence, rows=frame)
    assert Status.MET is segments.ask(evidence, evidence.spec.segments).findings[0].status
    _, touches = found(without(evidence, np.repeat([0, 1], 300), region=["north"] * 600))
    withheld = [code for code in touches["EVID-MISSING"] if code.startswith("SEGM")]
    assert ["SEGM-1-1-ACCURACY"] == withheld


def test_errors_of_numbers() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(size=2_000)
    stated = {"requirements": [{"says": "close", "metric": "mae", "at_most": 0.9}]}
    evidence = evidence_of(true, true + rng.normal(size=2_000), task=Task.REGRESSION, classes=(), business=stated)
    few, _ = found(without(evidence, rng.normal(size=20)))
    many, touches = found(without(evidence, rng.normal(size=400)))
    assert Status.MET is few["EVID-MISSING"].status
    assert "BUSI-1" in touches["EVID-MISSING"]
    assert "times as large as in the other rows" in many["EVID-MISSING-1"].reason


def test_classes_are_held_one_by_one() -> None:
    """A class that is found in 90 of 100 rows: 60 rows without a truth that are answered otherwise may be of it."""
    true = np.repeat([0, 1, 2], [100, 500, 500])
    said = true.copy()
    said[:10] = 1
    stated = {"requirements": [{"says": "find gold", "metric": "recall", "of_class": "c", "at_least": 0.8}]}
    evidence = evidence_of(true, said, task=Task.MULTICLASS, classes=("c", "d", "e"), business=stated)
    _, touches = found(without(evidence, np.full(60, 2)))
    assert "BUSI-1" in touches["EVID-MISSING"]


@pytest.mark.parametrize("why", ["not scored", "ranking"])
def test_what_cannot_be_looked_at_is_not_assessed(why: str) -> None:
    evidence = without(rare("recall", 0.8), np.zeros(5, dtype=np.int64))
    assert evidence.unused is not None
    if why == "ranking":
        evidence = replace(evidence, cases=replace(evidence.cases, task=Task.RANKING))
    else:
        evidence = replace(evidence, unused=replace(evidence.unused, said=Missing("it failed")))
    findings, _ = found(evidence)
    assert Status.NOT_ASSESSED is findings["EVID-MISSING"].status
    assert findings["EVID-MISSING"].needs


def test_training_rows_without_a_truth_are_shown() -> None:
    training = Training(pd.DataFrame(), np.zeros(90), (), unused=10)
    findings, _ = found(replace(rare("recall", 0.8), training=training))
    shown = findings["EVID-MISSING-TRAINING"]
    assert not shown.blocking
    assert "10 of 100 training rows (10 %)" in shown.reason


def test_a_partial_review_looks_at_the_claims_that_it_makes() -> None:
    evidence = replace(without(rare("recall", 0.85), np.zeros(1_900, dtype=np.int64)), only=(Question.BASELINE,))
    _, touches = found(evidence)
    assert "BUSI-1" not in touches["EVID-MISSING"]


def test_the_same_rows_give_the_same_findings() -> None:
    evidence = without(rare("f1", 0.7), np.repeat([0, 1], [2_000, 100]))
    assert found(evidence) == found(evidence)
