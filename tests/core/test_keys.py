"""Keys and codes of findings: every form written out, both ways, and what is no key."""

from __future__ import annotations

import pytest

from readiness.core.canonical import decode, encode
from readiness.core.errors import InvalidReport
from readiness.core.findings import Finding, Status
from readiness.core.keys import FindingKey, Question, Topic, key_of

CODES = {
    "BASE-LIFT-MAJORITY": Topic.LIFT.key("majority"),
    "BASE-LIFT-RULE-12": Topic.LIFT.key("rule-12"),
    "BASE-VALUE-CANDIDATE-ROC_AUC": Topic.METHOD_VALUE.key("candidate", metric="roc_auc"),
    "BASE-VALUE-RULE-1-TOP_5_ACCURACY": Topic.METHOD_VALUE.key("rule-1", metric="top_5_accuracy"),
    "BASE-COST-OLD MODEL-2": Topic.METHOD_COST.key("old model-2"),
    "BASE-MCNEMAR-CURRENT": Topic.MCNEMAR.key("current"),
    "BASE-DELONG-CURRENT": Topic.DELONG.key("current"),
    "BASE-PERFECT": Topic.PERFECT.key(),
    "BASE-IMBALANCE": Topic.IMBALANCE.key(),
    "BUSI-3": Topic.REQUIREMENT.key(3),
    "BUSI-NONE": Topic.NO_REQUIREMENTS.key(),
    "SEGM-2-11-RECALL": Topic.DEFICIT.key(2, 11, metric="recall"),
    "SEGM-2-SMALL-BALANCED_ACCURACY": Topic.SMALL_DEFICIT.key(2, metric="balanced_accuracy"),
    "SEGM-2-11-ROWS": Topic.SEGMENT_ROWS.key(2, 11),
    "SEGM-2-11-VALUE-F1": Topic.SEGMENT_VALUE.key(2, 11, metric="f1"),
    "SEGM-1-GAP-MAE": Topic.SEGMENT_GAP.key(1, metric="mae"),
    "SEGM-1-WORST": Topic.WORST_SEGMENT.key(1),
    "SEGM-1-FAIR-DEMOGRAPHIC_PARITY_RATIO": Topic.FAIRNESS.key(1, metric="demographic_parity_ratio"),
    "SEGM-1-COVERAGE-RECALL": Topic.SEGMENT_COVERAGE.key(1, metric="recall"),
    "SEGM-1-CRITICAL-RECALL": Topic.CRITICAL_SEGMENTS.key(1, metric="recall"),
    "SEGM-NONE": Topic.NO_SEGMENTS.key(),
    "SEGM-SLICE-4": Topic.SLICE.key(4),
    "SEGM-SLICES": Topic.SLICES_SEARCHED.key(),
    "ERRO-RATE": Topic.ERROR_RATE.key(),
    "ERRO-TN": Topic.TRUE_NEGATIVES.key(),
    "ERRO-FP": Topic.FALSE_POSITIVES.key(),
    "ERRO-FN": Topic.FALSE_NEGATIVES.key(),
    "ERRO-TP": Topic.TRUE_POSITIVES.key(),
    "ERRO-FP-SHARE": Topic.FALSE_POSITIVE_SHARE.key(),
    "ERRO-FN-SHARE": Topic.FALSE_NEGATIVE_SHARE.key(),
    "ERRO-CELL-1-12": Topic.CELL.key(1, 12),
    "ERRO-APART-2": Topic.CLASS_TOLD_APART.key(2),
    "ERRO-APART-SMALL": Topic.SMALL_CLASSES_TOLD_APART.key(),
    "ERRO-FOUND-2": Topic.CLASS_FOUND.key(2),
    "ERRO-FOUND-SMALL": Topic.SMALL_CLASSES_FOUND.key(),
    "ERRO-CLASSES-COVERAGE": Topic.CLASS_COVERAGE.key(),
    "ERRO-CLASSES-COVERAGE-COST": Topic.CLASS_COST_COVERAGE.key(),
    "ERRO-CLASS-3-PRECISION": Topic.CLASS_VALUE.key(3, metric="precision"),
    "ERRO-SHOWN": Topic.SHOWN.key(),
    "ERRO-WORST-10": Topic.WORST_ROW.key(10),
    "ERRO-CALIBRATION": Topic.CALIBRATION_ERROR.key(),
    "ERRO-IN-THE-LARGE": Topic.CALIBRATION_IN_THE_LARGE.key(),
    "ERRO-SLOPE": Topic.CALIBRATION_SLOPE.key(),
    "ERRO-SPIEGELHALTER": Topic.SPIEGELHALTER.key(),
    "ERRO-BIN-1": Topic.CALIBRATION_BIN.key(1),
    "ERRO-CONFIDENT": Topic.CONFIDENT_ERRORS.key(),
    "ERRO-BIAS": Topic.BIAS.key(),
    "ERRO-P50": Topic.MEDIAN_ERROR.key(),
    "ERRO-P95": Topic.P95_ERROR.key(),
    "ERRO-MAX": Topic.LARGEST_ERROR.key(),
    "ERRO-SPREAD": Topic.SPREAD.key(),
    "ERRO-CONFORMAL": Topic.CONFORMAL_BAND.key(),
    "ERRO-COVERAGE": Topic.INTERVAL_COVERAGE.key(),
    "ERRO-CONCENTRATION": Topic.CONCENTRATION.key(),
    "ERRO-SAVINGS": Topic.SAVINGS.key(),
    "ERRO-SAVINGS-CONSTANT": Topic.SAVINGS_CONSTANT.key(),
    "ERRO-SAVINGS-CLASS-2": Topic.SAVINGS_CLASS.key(2),
    "ERRO-SAVINGS-MEDIAN": Topic.SAVINGS_MEDIAN.key(),
    "ERRO-SAVINGS-QUANTILE": Topic.SAVINGS_QUANTILE.key(),
    "ERRO-COST": Topic.COST.key(),
    "ERRO-CURRENT": Topic.CURRENT_COST.key(),
    "ERRO-COST-TOTAL": Topic.TOTAL_COST.key(),
    "ERRO-COST-NOTHING": Topic.NOTHING_COST.key(),
    "ERRO-SAVINGS-TOTAL": Topic.TOTAL_SAVINGS.key(),
    "ERRO-SAVINGS-SHARE": Topic.SAVINGS_SHARE.key(),
    "ERRO-SAVINGS-CURRENT": Topic.CURRENT_SAVINGS.key(),
    "ERRO-THRESHOLD-IN-USE": Topic.THRESHOLD_IN_USE.key(),
    "ERRO-THRESHOLD-ADVICE": Topic.THRESHOLD_ADVICE.key(),
    "ERRO-THRESHOLD": Topic.CHEAPEST_THRESHOLD.key(),
    "ERRO-REGRET": Topic.REGRET.key(),
    "ERRO-BREAK-EVEN": Topic.BREAK_EVEN.key(),
    "ERRO-FLIP-FN": Topic.FLIP.key("fn"),
    "STAB-REFITS": Topic.REFITS.key(),
    "STAB-HALF-WIDTH": Topic.HALF_WIDTH.key(),
    "STAB-CHURN": Topic.CHURN.key(),
    "STAB-STD": Topic.FOLD_STD.key(),
    "STAB-MEAN": Topic.FOLD_MEAN.key(),
    "STAB-MIN": Topic.FOLD_MIN.key(),
    "STAB-MAX": Topic.FOLD_MAX.key(),
    "STAB-RANGE": Topic.FOLD_RANGE.key(),
    "STAB-FOLD-LOW": Topic.FOLD_LOW.key(),
    "STAB-FOLD-HIGH": Topic.FOLD_HIGH.key(),
    "STAB-CV": Topic.FOLD_CV.key(),
    "STAB-SECONDS": Topic.REFIT_SECONDS.key(),
    "STAB-HOLDOUT": Topic.HOLDOUT.key(),
    "STAB-SEEDS": Topic.SEEDS.key(),
    "STAB-SEEDS-CHURN": Topic.SEEDS_CHURN.key(),
    "STAB-PERTURBED": Topic.PERTURBED.key(),
    "STAB-CURVE-25": Topic.LEARNING_CURVE.key(25),
    "STAB-WINDOW-10": Topic.WINDOW.key(10),
    "STAB-WINDOWS": Topic.WINDOWS.key(),
    "STAB-TREND": Topic.TREND.key(),
    "PROD-PROBE-ONE-ROW": Topic.PROBE.key("one_row"),
    "PROD-MONOTONIC-2": Topic.MONOTONIC.key(2),
    "PROD-INVARIANT-1": Topic.INVARIANT.key(1),
    "PROD-BOX-STAKEHOLDER-SIGN-OFF": Topic.BOX.key("stakeholder_sign_off"),
    "PROD-DRIFT-12": Topic.DRIFT.key(12),
    "PROD-DRIFT-SUMMARY": Topic.DRIFT_SUMMARY.key(),
    "PROD-DRIFT-SCORES": Topic.DRIFT_OF_ANSWERS.key(),
    "PROD-LATENCY-P50": Topic.LATENCY_P50.key(),
    "PROD-LATENCY-P95": Topic.LATENCY_P95.key(),
    "PROD-LATENCY-P99": Topic.LATENCY_P99.key(),
    "PROD-LATENCY-P999": Topic.LATENCY_P999.key(),
    "PROD-LATENCY-P999-SHARED": Topic.LATENCY_P999_SHARED.key(),
    "PROD-RESPONSE-P95": Topic.RESPONSE_P95.key(),
    "PROD-RESPONSE-P99": Topic.RESPONSE_P99.key(),
    "PROD-LOAD-150": Topic.LOAD.key(150),
    "PROD-LOAD-KNEE": Topic.LOAD_KNEE.key(),
    "PROD-LOAD-ERRORS": Topic.LOAD_ERRORS.key(),
    "PROD-CLOCKS": Topic.CLOCKS.key(),
    "PROD-THROUGHPUT-WORKERS-4": Topic.THROUGHPUT_OF_WORKERS.key(4),
    "PROD-SIZE-COMPRESSED": Topic.SIZE_COMPRESSED.key(),
    "PROD-MEMORY-LOAD": Topic.MEMORY_TO_LOAD.key(),
    "PROD-MEMORY-GROWTH": Topic.MEMORY_GROWTH.key(),
    "PROD-LATENCY-P50-SHARED": Topic.LATENCY_P50_SHARED.key(),
    "PROD-LATENCY-P95-SHARED": Topic.LATENCY_P95_SHARED.key(),
    "PROD-LATENCY-P99-SHARED": Topic.LATENCY_P99_SHARED.key(),
    "PROD-LATENCY-COLD": Topic.LATENCY_COLD.key(),
    "PROD-LATENCY-LIMIT": Topic.LATENCY_LIMIT.key(),
    "PROD-THROUGHPUT": Topic.THROUGHPUT.key(),
    "PROD-THROUGHPUT-1024": Topic.THROUGHPUT_OF_BATCH.key(1024),
    "PROD-THROUGHPUT-SHARED": Topic.THROUGHPUT_SHARED.key(),
    "PROD-THROUGHPUT-LIMIT": Topic.THROUGHPUT_LIMIT.key(),
    "PROD-SIZE": Topic.SIZE.key(),
    "PROD-SIZE-LIMIT": Topic.SIZE_LIMIT.key(),
    "PROD-MEMORY": Topic.MEMORY.key(),
    "PROD-MEMORY-MODEL": Topic.MEMORY_OF_MODEL.key(),
    "PROD-MEMORY-LIMIT": Topic.MEMORY_LIMIT.key(),
    "PROD-SECONDS": Topic.PROBE_SECONDS.key(),
    "SEGM-FAILED": Topic.FAILED.key(question=Question.SEGMENTS),
    "BASE-LEFT-OUT": Topic.LEFT_OUT.key(question=Question.BASELINE),
    "STAB-SUPPLIED-UNUSED": Topic.SUPPLIED_UNUSED.key(question=Question.STABILITY),
    "EVID-SEEN": Topic.DOUBT.key("seen"),
    "EVID-LEAK-2": Topic.DOUBT_PART.key("leak", 2),
    "EVID-SEEN-RULE-1": Topic.DOUBT_RULE.key("seen", 1),
    "EVID-REPEATS-COPIES": Topic.DOUBT_COPIES.key("repeats"),
    "EVID-SEEN-EQUAL": Topic.DOUBT_EQUAL.key("seen"),
    "EVID-SEEN-NEAR": Topic.DOUBT_NEAR.key("seen"),
    "EVID-SEEN-UNITS": Topic.DOUBT_UNITS.key("seen"),
    "EVID-GROUPS-SHARED-2": Topic.DOUBT_SHARED.key("groups", 2),
    "EVID-MISSING-TRAINING": Topic.DOUBT_TRAINING.key("missing"),
    "EVID-MIX-SHARE": Topic.DOUBT_SHARE.key("mix"),
    "EVID-MIX-LABELS": Topic.DOUBT_LABELS.key("mix"),
    "EVID-MIX-CARRIED-1": Topic.DOUBT_CARRIED.key("mix", 1),
    "EVID-MIX-WEIGHTS": Topic.DOUBT_WEIGHTS.key("mix"),
    "EVID-ABSENT-CLASSES": Topic.DOUBT_CLASSES.key("absent"),
    "EVID-RECENT-SCORES": Topic.DOUBT_SCORES.key("recent"),
    "EVID-RECENT-OVERLAP": Topic.DOUBT_OVERLAP.key("recent"),
    "EVID-RECENT-WEIGHTED-3": Topic.DOUBT_WEIGHTED.key("recent", 3),
    "EVID-RECENT-KNOWN-3": Topic.DOUBT_KNOWN.key("recent", 3),
    "SHOP-2": Topic.OWN.key("SHOP-2"),
    "BUSI-SHOP": Topic.OWN.key("BUSI-SHOP"),
    "BUSI-01": Topic.OWN.key("BUSI-01"),
    "": Topic.OWN.key(""),
}


@pytest.mark.parametrize("code", CODES)
def test_codes_follow_from_keys_and_keys_from_codes(code: str) -> None:
    """Codes stay what they were, byte for byte."""
    assert code == CODES[code].code
    assert CODES[code] == key_of(code)
    assert CODES[code] == decode(FindingKey, encode(CODES[code]))


def test_every_topic_stands_in_the_table() -> None:
    assert set(Topic) == {key.kind for key in CODES.values()}


def test_a_key_names_its_parts() -> None:
    key = Topic.DEFICIT.key(2, 11, metric="recall")

    assert (2, 11, 0) == tuple(map(key.number, ("segmentation", "segment", "window")))
    assert ("one_row", "") == (Topic.PROBE.key("one_row").part("probe"), key.part("probe"))
    assert Question.SEGMENTS is key.question
    assert Question.BUSINESS is Topic.OWN.key("BUSI-SHOP").question
    assert Topic.DOUBT.key("seen").question is Topic.OWN.key("SHOP-2").question is None


@pytest.mark.parametrize(
    "parts",
    [
        (Question.SEGMENTS, Topic.DEFICIT, (2,), "recall"),
        (Question.SEGMENTS, Topic.DEFICIT, (2, "1"), "recall"),
        (Question.SEGMENTS, Topic.DEFICIT, (2, True), "recall"),
        (Question.SEGMENTS, Topic.DEFICIT, (2, -1), "recall"),
        (Question.SEGMENTS, Topic.DEFICIT, (2, 1), ""),
        (Question.SEGMENTS, Topic.DEFICIT, (2, 1), "Recall"),
        (Question.ERRORS, Topic.DEFICIT, (2, 1), "recall"),
        (None, Topic.DEFICIT, (2, 1), "recall"),
        (None, Topic.FAILED, (), ""),
        (Question.BASELINE, Topic.LIFT, ("CURRENT",), ""),
        (Question.BASELINE, Topic.LIFT, ("current",), "recall"),
        (Question.BUSINESS, Topic.OWN, ("BUSI-1",), ""),
        (Question.BUSINESS, Topic.OWN, ("SHOP-1",), ""),
    ],
)
def test_what_is_no_key(parts: tuple[Question | None, Topic, tuple[str | int, ...], str]) -> None:
    """A key that could pass for another one, or for none, is refused; so is a record that holds it."""
    with pytest.raises(ValueError, match="there is no key"):
        FindingKey(*parts)


def test_a_record_in_which_key_and_code_differ_is_refused() -> None:
    plain = encode(Finding(Topic.REQUIREMENT.key(1), "n", Status.MET))
    assert "BUSI-1" == plain["code"]

    assert "BUSI-1" == decode(Finding, plain).code
    with pytest.raises(InvalidReport, match="BUSI-2"):
        decode(Finding, plain | {"code": "BUSI-2"})
