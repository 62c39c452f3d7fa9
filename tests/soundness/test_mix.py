"""Another share of positives in production, rows that were chosen, recent rows, and weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Finding, Outcome, Status
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.candidate import Candidate
from readiness.evidence.evidence import Evidence, Recent
from readiness.evidence.workers.in_process import InProcess
from readiness.soundness.assessment import judge_examined
from readiness.soundness.mix import examine, other_ends
from readiness.soundness.recent_rows import MOST_ROWS, RecentScores, recent_scores
from readiness.soundness.tables import Aimed
from tests.benchmarks.simulated_mix import Model, reviewed, rows
from tests.questions.conftest import evidence_of, of_cells

COSTS = {"false_positive": 1, "false_negative": 10, "currency": "EUR"}


def found(evidence: Evidence) -> tuple[dict[str, Finding], dict[str, tuple[str, ...]]]:
    """Findings by code, and the claims that each of them withholds."""
    made = [(judge_examined(each), each.codes if isinstance(each, Aimed) else ()) for each in examine(evidence)]
    return {finding.code: finding for finding, _ in made}, {finding.code: codes for finding, codes in made}


def declared(share: Any, *requirements: dict[str, Any], **parts: Any) -> Evidence:
    """3,000 positives of 10,000 rows: recall 0.8, false positive rate 0.1, precision 0.774."""
    about = {} if share is None else {"production_prevalence": share}
    data = {"positive": 1, **parts.pop("data", {})}
    stated = [{"says": f"{each['metric']} as asked", **each} for each in requirements]
    return evidence_of(
        *of_cells(2_400, 600, 700, 6_300), about=about, business={"requirements": stated}, data=data, **parts
    )


PRECISION = {"metric": "precision", "at_least": 0.7}
RECALL = {"metric": "recall", "at_least": 0.75}


def test_a_share_that_is_not_declared_is_not_asked_for() -> None:
    findings, _ = found(declared(None, PRECISION))
    assert ["EVID-MIX"] == list(findings)
    assert Outcome.NOT_APPLICABLE is findings["EVID-MIX"].outcome
    assert not findings["EVID-MIX"].blocking


def test_the_same_share_changes_nothing() -> None:
    findings, _ = found(declared(0.305, PRECISION))
    assert ["EVID-MIX"] == list(findings)
    assert Status.MET is findings["EVID-MIX"].status
    assert "3,000 of 10,000 test rows (30 %) are y = 1; in production 30 % are expected" in findings["EVID-MIX"].reason


def test_a_precision_that_fails_in_production() -> None:
    """At 2 % it is 0.016 / (0.016 + 0.098) = 0.14; recall stays."""
    findings, touches = found(declared(0.02, PRECISION, RECALL))
    assert Status.NOT_PROVEN is findings["EVID-MIX"].status
    assert "BUSI-1" in touches["EVID-MIX"]
    assert "BUSI-2" not in touches["EVID-MIX"]
    carried = next(f for code, f in findings.items() if touches[code] == ("BUSI-1",) and code != "EVID-MIX")
    assert "0.774 here, 0.140 there, not met; required is >= 0.7" in carried.reason
    assert carried.measured is not None
    assert 0.016 / (0.016 + 0.098) == pytest.approx(carried.measured.value)
    assert Status.NOT_PROVEN is carried.status


def test_a_range_is_judged_at_its_worse_end() -> None:
    both, touches = found(declared([0.02, 0.3], PRECISION))
    assert "BUSI-1" in touches["EVID-MIX"]
    assert "in production 2.0 % to 30 % are expected" in both["EVID-MIX"].reason
    _, good = found(declared([0.3, 0.5], PRECISION))
    assert "BUSI-1" not in good["EVID-MIX"]


def test_savings_are_carried() -> None:
    """At 30 % a row saves 2.33; at 0.5 % the misses saved are worth 0.04, and the false alarms cost 0.10."""
    _, touches = found(declared(0.005, errors={"costs": COSTS}))
    assert "ERRO-SAVINGS" in touches["EVID-MIX"]
    _, stands = found(declared(0.1, errors={"costs": COSTS}))
    assert "ERRO-SAVINGS" not in stands["EVID-MIX"]


def test_savings_by_row_and_by_cells_agree() -> None:
    by_cells = declared(0.005, errors={"costs": COSTS})
    columns = {"false_positive": {"column": "fp"}, "false_negative": {"column": "fn"}, "currency": "EUR"}
    n = by_cells.cases.n
    by_row = declared(0.005, errors={"costs": columns}, more={"costs": {"false_positive": np.full(n, 1.0),
                                                                        "false_negative": np.full(n, 10.0)}})  # fmt: skip
    there = [found(each)[0] for each in (by_cells, by_row)]
    named = [
        {f.name: f.measured for f in each.values() if "CARRIED" in f.code and "avings" in f.name} for each in there
    ]
    assert named[0].keys() == named[1].keys() != set()
    for name, measured in named[0].items():
        other = named[1][name]
        assert measured is not None
        assert other is not None
        assert measured.value == pytest.approx(other.value)


def test_scores_are_weighted_to_production() -> None:
    """Average precision, Brier score and calibration follow the share; the area under the curve does not."""
    test, y = rows(np.random.default_rng(1), 5_000, 0.25)
    stated = [{"says": "ranks well", "metric": "average_precision", "at_least": 0.6},
              {"says": "tells apart", "metric": "roc_auc", "at_least": 0.8}]  # fmt: skip
    evidence = reviewed(test, y, about={"production_prevalence": 0.01}, business={"requirements": stated})
    findings, touches = found(evidence)
    assert "BUSI-1" in touches["EVID-MIX"]
    assert "BUSI-2" not in touches["EVID-MIX"]
    assert "have to be shifted by -3." in findings["EVID-MIX"].reason


def test_a_share_of_none_or_all() -> None:
    for share in (0.0, 1.0):
        findings, _ = found(declared(share, PRECISION, errors={"costs": COSTS}))
        assert findings["EVID-MIX"].status in (Status.MET, Status.NOT_PROVEN)


def test_one_class_alone_cannot_be_carried() -> None:
    """No positive among the test rows: an accuracy is met, and nobody knows what it is where there are some."""
    stated = {"requirements": [{"says": "right", "metric": "accuracy", "at_least": 0.9}]}
    evidence = evidence_of([0] * 500, [0] * 500, about={"production_prevalence": 0.3}, business=stated)
    findings, touches = found(evidence)
    assert "BUSI-1" in touches["EVID-MIX"]
    assert "it cannot be carried there" in " ".join(f.reason for f in findings.values())


@pytest.mark.parametrize(
    ("share", "ends"), [(0.3, ()), (0.29, (0.29,)), ([0.3, 0.4], (0.4,)), ([0.1, 0.5], (0.1, 0.5))]
)
def test_ends_that_are_other_shares(share: Any, ends: tuple[float, ...]) -> None:
    assert ends == other_ends(declared(share))


def test_few_rows_take_a_claim_only_by_its_measured_value() -> None:
    """12 of 40 rows positive, declared are 20 %: chance may explain that, and a bound may move a little."""
    about = {"production_prevalence": 0.2}
    stated = {"requirements": [{"says": "precise", "metric": "precision", "at_least": 0.6}]}
    evidence = evidence_of(*of_cells(12, 0, 1, 27), about=about, business=stated)
    assert (0.2,) == other_ends(evidence)
    _, touches = found(evidence)
    assert "BUSI-1" not in touches["EVID-MIX"]


@pytest.mark.parametrize("share", [None, 0.02])
def test_chosen_rows_are_never_carried(share: float | None) -> None:
    findings, touches = found(declared(share, PRECISION, RECALL, data={"sampled": True}))
    assert ["EVID-MIX"] == list(findings)
    assert Status.NOT_PROVEN is findings["EVID-MIX"].status
    assert "BUSI-1" in touches["EVID-MIX"]
    assert "BUSI-2" not in touches["EVID-MIX"]
    assert "chosen by how hard or telling they are" in findings["EVID-MIX"].reason


def test_other_tasks_have_no_share() -> None:
    evidence = evidence_of([1.0, 2.0], [1.0, 2.0], task=Task.REGRESSION, classes=())
    findings, _ = found(evidence)
    assert not findings["EVID-MIX"].blocking


# recent rows -----------------------------------------------------------------------------------------------------


def recent(there: float, share: float, **more: Any) -> Evidence:
    rng = np.random.default_rng(7)
    test, y = rows(rng, 5_000, 0.25)
    newer, _ = rows(rng, 5_000, there, **more)
    return reviewed(test, y, recent=newer, about={"production_prevalence": share})


def test_recent_rows_with_the_declared_share() -> None:
    findings, _ = found(recent(0.1, 0.1))
    assert Status.MET is findings["EVID-MIX-LABELS"].status
    assert Status.MET is findings["EVID-MIX-SHARE"].status
    assert findings["EVID-MIX-SHARE"].measured is not None
    assert 0.1 == pytest.approx(findings["EVID-MIX-SHARE"].measured.value, abs=0.02)


def test_recent_rows_with_twice_the_share() -> None:
    findings, touches = found(recent(0.2, 0.1))
    assert Status.NOT_PROVEN is findings["EVID-MIX-SHARE"].status
    assert "BASE-LIFT-MAJORITY" in touches["EVID-MIX-SHARE"]
    assert "declared are 10 %" in findings["EVID-MIX-SHARE"].reason


def test_recent_negatives_that_look_otherwise() -> None:
    """No share of positives explains them, so that every claim about the test rows is in doubt."""
    findings, touches = found(recent(0.25, 0.25, shift=-1.5))
    assert Status.NOT_PROVEN is findings["EVID-MIX-LABELS"].status
    assert "more than the share of positives has changed" in findings["EVID-MIX-LABELS"].reason
    assert () == touches["EVID-MIX-LABELS"]


def test_recent_rows_are_scored_once_and_by_a_sample() -> None:
    evidence = recent(0.1, 0.1)
    assert recent_scores(evidence) is recent_scores(evidence)
    many = rows(np.random.default_rng(2), MOST_ROWS + 5, 0.1)[0]
    found_scores = recent_scores(replace(evidence, recent=Recent(many)))
    assert isinstance(found_scores, RecentScores)
    assert MOST_ROWS == len(found_scores.rows) == len(found_scores.said.predicted)
    assert f"{MOST_ROWS:,} of {MOST_ROWS + 5:,}" in found_scores.sampled


def test_recent_rows_that_cannot_be_scored() -> None:
    evidence = replace(recent(0.1, 0.1), recent=Recent(pd.DataFrame({"other": [1, 2]})))
    assert isinstance(recent_scores(evidence), Missing)
    assert "EVID-MIX-LABELS" not in found(evidence)[0]
    assert isinstance(recent_scores(replace(evidence, recent=None)), Missing)


def test_predictions_of_recent_rows() -> None:
    """Without a model, from the same columns; a column that lacks is said."""
    model = {"name": "m", "version": "1", "predictions": {"label": "said", "score": "p"}}
    evidence = declared(0.3, model=model)
    table = pd.DataFrame({"said": [0, 1, 1], "p": [0.1, 0.9, 0.6]})
    said = recent_scores(replace(evidence, recent=Recent(table)))
    assert isinstance(said, RecentScores)
    assert [0, 1, 1] == said.said.predicted.tolist()
    lacking = recent_scores(replace(evidence, recent=Recent(table.drop(columns="p"))))
    assert isinstance(lacking, Missing)
    assert "'p'" in lacking.reason


# weights ---------------------------------------------------------------------------------------------------------


def weighted(weight_of_errors: float, bar: float = 0.9) -> Evidence:
    """Accuracy 0.8 by rows; errors count less or as much."""
    stated = {"requirements": [{"says": "right", "metric": "accuracy", "at_least": bar}]}
    evidence = evidence_of(*of_cells(400, 100, 100, 400), business=stated, data={"weight": "w"})
    right = evidence.cases.y_true == evidence.cases.y_pred
    return replace(evidence, cases=replace(evidence.cases, weight=np.where(right, 1.0, weight_of_errors)))


def test_a_claim_that_rests_on_the_weights() -> None:
    findings, touches = found(weighted(0.05))
    doubt = findings["EVID-MIX-WEIGHTS"]
    assert Status.NOT_PROVEN is doubt.status
    assert ("BUSI-1",) == touches["EVID-MIX-WEIGHTS"]
    assert "right: 0.988 with the weights, 0.800 without, not met" in doubt.reason
    assert "soundness.mix" in doubt.needs


def test_weights_that_decide_nothing() -> None:
    findings, _ = found(weighted(1.1, bar=0.7))
    assert Status.MET is findings["EVID-MIX-WEIGHTS"].status


def test_a_claim_that_is_not_met_with_the_weights_is_not_in_doubt() -> None:
    findings, _ = found(weighted(1.1))
    assert Status.MET is findings["EVID-MIX-WEIGHTS"].status


def test_deficits_rest_on_weights_too() -> None:
    """South is right in 60 of 100 rows and north in 90; the weights hide the errors of the south."""
    true = np.tile([0, 1], 1_000)
    frame = pd.DataFrame({"region": np.repeat(["north", "south"], 1_000)})
    rng = np.random.default_rng(3)
    wrong = rng.random(2_000) < np.where(frame["region"] == "south", 0.4, 0.1)
    evidence = evidence_of(
        true, np.where(wrong, 1 - true, true), frame=frame,
        data={"segments": ["region"], "weight": "w"}, segments={"metrics": ["accuracy"]},
    )  # fmt: skip
    south = (frame["region"] == "south").to_numpy()
    evidence = replace(evidence, cases=replace(evidence.cases, weight=np.where(wrong & south, 0.05, 1.0)))
    _, touches = found(evidence)
    assert "SEGM-1-2-ACCURACY" in touches["EVID-MIX-WEIGHTS"]


def test_a_model_that_is_used_here_fits_its_simulation() -> None:
    assert Candidate.of(InProcess(Model()), ("x",), task=Task.BINARY, classes=(0, 1)).method == "predict_proba"
