"""Findings of every kind, in each task and with each status, and how they are put; see `golden.md`.

python -m tests.report.sentences.cases > tests/report/sentences/golden.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from readiness.core.checklist import ATTESTABLE
from readiness.core.counterexamples import Answered, Change, Counterexample, Cure
from readiness.core.findings import (
    Basis,
    Bounds,
    Criterion,
    Estimate,
    Finding,
    FindingKey,
    Flag,
    Origin,
    Outcome,
    Question,
    Status,
    judge,
)
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.core.probes import PROBE_KINDS
from readiness.core.provenance import DataFacts
from readiness.report.sentences import Language

GOLDEN = Path(__file__).parent / "golden.md"
Triple = tuple[float, float | None, float | None]


def share(hits: float, n: int) -> Basis:
    return Basis("share", {"successes": hits, "n": n, "deff": 1.0, "df": None})


def gap(rest: Basis, here: Basis, factor: float = 1.0) -> Basis:
    return Basis("mover", {"factor": factor, "correlation": 0.0}, (rest, here))


def mean(value: float, n: int) -> Basis:
    return Basis("t_log", {"value": value, "se": 0.1, "df": float(n - 1), "n": float(n), "least": 0.0, "most": None})


def judged(
    key: FindingKey,
    triple: Triple,
    required: tuple[str, float],
    *,
    metric: str = "",
    unit: str = "",
    n: int = 10_000,
    basis: Basis | None = None,
    **more: Any,
) -> Finding:
    """A claim whose limits are the ends of its interval; an exact one has its value three times."""
    value, low, high = triple
    criterion = Criterion(required[0], required[1], unit)
    level = 1.0 if low == value == high else 0.95
    bounds = Bounds(low, high, 0.05, basis=basis)
    status = judge(bounds, criterion, withheld=more.get("withheld", ""))
    return Finding(key, "a name", status, metric=metric, measured=Estimate(value, low, high, level, n, unit),
                   bounds=bounds, criterion=criterion, **more)  # fmt: skip


def fact(key: FindingKey, triple: Triple, *, metric: str = "", unit: str = "", n: int = 10_000, **more: Any) -> Finding:
    value, low, high = triple
    level = 1.0 if low == value == high else 0.95
    estimate = Estimate(value, low, high, level, n, unit)
    return Finding(key, "a name", Status.NOT_ASSESSED, False, metric=metric, measured=estimate, **more)


def exact(value: float) -> Triple:
    return value, value, value


def came(key: FindingKey, outcome: Outcome) -> Finding:
    return Finding(key, "a name", outcome.status, outcome=outcome)


def unknown(key: FindingKey, reason: str, **more: Any) -> Finding:
    return Finding(key, "a name", Status.NOT_ASSESSED, reason=reason, **more)


@dataclass(frozen=True)
class Chapter:
    """The findings of one spec."""

    title: str
    spec: Mapping[str, Any]
    task: Task
    facts: DataFacts
    findings: tuple[Finding, ...]

    @property
    def language(self) -> Language:
        return Language.from_spec(self.spec, self.task, self.facts, self.findings)


# ----------------------------------------------------------------------------------------------------

PAYMENTS: Mapping[str, Any] = {
    "data": {
        "target": "is_fraud",
        "positive": 1,
        "segments": ["age_group", ["age_group", "region"], {"column": "paid_at", "by": "weekend"}],
        "words": {"row": "payment", "positive": "fraud", "negative": "honest payment"},
        "labels": {"age_group": {"title": "age", "65+": "people of 65 and over"}},
    },
    "baseline": {
        "rules": [{"name": "amount over 10,000"}],
        "current": {"name": "scorecard 2024"},
        "human": {"metric": "recall", "value": "0.7", "n": 400},
    },
    "business": {
        "requirements": [
            {"says": "Do not miss fraud", "metric": "recall", "at_least": "0.8"},
            {"says": "Do not annoy customers", "metric": "precision", "at_least": "0.8"},
            {"says": "Be clearly better than today", "metric": "f1", "lift_over": "current", "at_least": "0.05"},
            {"says": "Keep nobody waiting", "metric": "latency_p99_ms", "at_most": 100},
        ]
    },
    "errors": {"costs": {"currency": "SEK"}, "dearer": "0.05", "confident": "0.9"},
}
PLAIN: Mapping[str, Any] = {
    "data": {"target": "is_fraud", "positive": 1, "segments": ["age_group"]},
    "business": {"requirements": [{"says": "Find most", "metric": "recall", "at_least": "0.8"}]},
}
PARCELS: Mapping[str, Any] = {
    "data": {"target": "size", "segments": ["depot"], "words": {"row": "parcel"}},
    "business": {
        "requirements": [{"says": "Find the large ones", "metric": "recall", "of_class": "large", "at_least": "0.6"}]
    },
    "errors": {"costs": {"currency": "EUR"}},
}
TRIPS: Mapping[str, Any] = {
    "data": {"target": "minutes", "segments": ["side"], "words": {"row": "trip"}},
    "baseline": {"rules": [{"name": "the meter"}]},
    "business": {
        "requirements": [
            {"says": "Be wrong by less than 3 minutes", "metric": "mae", "below": 3},
            {"says": "Beat the meter", "metric": "mae", "lift_over": "the meter", "at_least": "0.2"},
        ]
    },
    "segments": {"limit": "0.15"},
    "errors": {"costs": {"currency": ""}},
}
SEARCHES: Mapping[str, Any] = {
    "data": {"target": "relevance", "segments": ["device"], "words": {"row": "result"}},
    "business": {"requirements": [{"says": "Best first", "metric": "ndcg_at_5", "at_least": "0.8"}]},
    "errors": {"costs": {"currency": "EUR"}},
}
AGED = {"age_group": "65+"}


def facts(task: Task, classes: Mapping[str, int], rows: int, positive: str = "") -> DataFacts:
    return DataFacts(task.value, "target", rows, rows, classes=tuple(classes), class_rows=tuple(classes.values()),
                     positive=positive, positives=classes.get(positive))  # fmt: skip


def lifts() -> Iterator[Finding]:
    yield judged(Topic.LIFT.key("majority"), (0.93, 0.92, 0.94), (">", 0.02), metric="f1")
    yield judged(Topic.LIFT.key("stratified"), (0.83, 0.82, 0.85), (">", 0.02), metric="f1")
    yield judged(Topic.LIFT.key("rule-1"), (-0.03, -0.05, -0.01), (">", 0.02), metric="f1")
    yield judged(Topic.LIFT.key("current"), (0.04, 0.01, 0.07), (">", 0.02), metric="f1")
    people = gap(share(904, 1025), share(280, 400))
    yield judged(Topic.LIFT.key("human"), (0.182, 0.134, 0.233), (">", 0.02), metric="recall", n=1425, basis=people)
    yield fact(Topic.METHOD_VALUE.key("candidate", metric="f1"), (0.93, 0.916, 0.941), metric="f1")
    yield fact(Topic.METHOD_VALUE.key("current", metric="f1"), (0.8075, 0.786, 0.8276), metric="f1")
    yield fact(Topic.METHOD_VALUE.key("majority", metric="f1"), exact(0.0), metric="f1")
    yield fact(Topic.MCNEMAR.key("current"), exact(5e-34), metric="p_value")
    yield fact(Topic.MCNEMAR.key("rule-1"), exact(0.031), metric="p_value")
    yield fact(Topic.DELONG.key("current"), (0.021, 0.008, 0.034), metric="roc_auc")
    yield fact(Topic.METHOD_COST.key("current"), exact(0.001), metric="cost_per_prediction", n=1)
    yield fact(Topic.IMBALANCE.key(), exact(0.8975), metric="share")


def requirements() -> Iterator[Finding]:
    for triple, basis in (
        ((0.882, 0.8599, 0.9016), share(904, 1025)),
        ((0.69, 0.604, 0.762), share(83, 120)),
        ((0.81, 0.77, 0.84), share(81, 100)),
    ):
        yield judged(Topic.REQUIREMENT.key(1), triple, (">=", 0.8), metric="recall", n=1025, basis=basis)
    yield judged(Topic.REQUIREMENT.key(1), (0.882, 0.86, 0.90), (">=", 0.8), metric="recall", basis=share(904, 1025),
                 withheld="withheld: the model may have seen test rows before", withheld_by=("seen",))  # fmt: skip
    yield judged(Topic.REQUIREMENT.key(2), (0.7996, 0.76, 0.83), (">=", 0.8), metric="precision", basis=share(736, 920))
    yield judged(Topic.REQUIREMENT.key(3), (0.0817, 0.0623, 0.101), (">=", 0.0), metric="f1")
    yield judged(Topic.REQUIREMENT.key(4), (41.2, 39.0, 46.4), ("<=", 100.0), metric="latency_p99_ms", unit="ms", n=500)
    yield unknown(Topic.NO_REQUIREMENTS.key(), "no requirement is stated")


def groups() -> Iterator[Finding]:
    key = Topic.DEFICIT.key(1, 5, metric="recall")
    for triple, basis in (
        ((-0.104, -0.136, -0.058), gap(share(746, 862), share(158, 163))),
        ((0.5425, 0.4629, 0.6191), gap(share(831, 855), share(73, 170))),
        ((0.06, -0.05, 0.18), gap(share(831, 855), share(18, 20))),
    ):
        yield judged(key, triple, ("<", 0.15), metric="recall", unit="points", basis=basis, n=170, segment=AGED)
    yield judged(Topic.DEFICIT.key(2, 1, metric="accuracy"), (0.0592, 0.0474, 0.0727), ("<", 0.15), metric="accuracy",
                 unit="points", basis=gap(share(8414, 8447), share(1454, 1553)), n=1553,
                 segment={**AGED, "region": "north"})  # fmt: skip
    yield judged(Topic.DEFICIT.key(1, 2, metric="false_positive_rate"), (0.0005, -0.0017, 0.0048), ("<", 0.0236413),
                 metric="false_positive_rate", unit="points", basis=gap(share(3, 1380), share(13, 7595)), n=1380,
                 segment={"age_group": "18-25"})  # fmt: skip
    yield judged(Topic.SMALL_DEFICIT.key(1, metric="recall"), (0.02, -0.2, 0.25), ("<", 0.15), metric="recall",
                 unit="points", basis=gap(share(831, 855), share(9, 10)), n=10, flags=(Flag.TOO_SMALL,),
                 withheld="too few rows")  # fmt: skip
    yield fact(Topic.WORST_SEGMENT.key(1), (0.5425, 0.4629, 0.6191), metric="recall", unit="points", segment=AGED)
    yield judged(Topic.SLICE.key(1), (0.9664, 0.8662, 0.981), ("<", 0.15), metric="recall", unit="points", n=38,
                 basis=gap(share(862, 892), share(0, 38)), segment={"km": "up to 51"}, blocking=False)  # fmt: skip
    yield fact(Topic.SLICES_SEARCHED.key(), exact(48_410), unit="combinations")
    yield fact(Topic.SEGMENT_ROWS.key(1, 5), exact(1553), unit="rows", segment=AGED)
    yield fact(Topic.SEGMENT_VALUE.key(1, 5, metric="recall"), (0.4294, 0.354, 0.507), metric="recall", segment=AGED)
    yield fact(Topic.SEGMENT_GAP.key(1, metric="recall"), exact(0.553), metric="recall", unit="points")
    yield judged(
        Topic.SEGMENT_COVERAGE.key(1, metric="recall"), exact(0.62), (">=", 0.9), metric="coverage", unit="share"
    )
    yield judged(Topic.CRITICAL_SEGMENTS.key(1, metric="recall"), exact(1), ("<=", 0), metric="segments", n=1)
    yield judged(Topic.CRITICAL_SEGMENTS.key(2, metric="recall"), exact(0), ("<=", 0), metric="segments", n=1)
    yield unknown(Topic.NO_SEGMENTS.key(), "no segment column is named")
    yield fact(Topic.FAIRNESS.key(1, metric="demographic_parity_ratio"), (0.463, 0.349, 0.706), unit="ratio",
               metric="demographic_parity_ratio")  # fmt: skip
    yield judged(Topic.FAIRNESS.key(1, metric="equal_opportunity_difference"), (0.55, 0.37, 0.64), ("<=", 0.1),
                 metric="equal_opportunity_difference")  # fmt: skip


def losses() -> Iterator[Finding]:
    money = {"metric": "savings_per_row", "unit": "SEK"}
    for triple in ((681.13, 599.77, 817.21), (-12.5, -20.25, -4.75), (3.2, -1.1, 7.5)):
        yield judged(Topic.SAVINGS.key(), triple, (">", 0.0), **money)
    yield judged(Topic.SAVINGS_CONSTANT.key(), (565.76, 481.55, 664.02), (">", 0.0), **money)
    yield judged(Topic.CURRENT_COST.key(), (95.09, 3.58, 203.04), (">=", 0.0), **money)
    yield judged(Topic.COST.key(), (97.0, 69.4, 185.5), ("<", 150.0), metric="cost_per_prediction", unit="SEK")
    yield fact(Topic.CURRENT_SAVINGS.key(), (85.94, 56.47, 119.72), metric="cost", unit="SEK")
    yield fact(Topic.TOTAL_COST.key(), exact(969_960.21), metric="cost", unit="SEK")
    yield fact(Topic.NOTHING_COST.key(), exact(7_781_263.48), metric="cost", unit="SEK")
    yield fact(Topic.TOTAL_SAVINGS.key(), exact(6_811_303.27), metric="cost", unit="SEK")
    yield fact(Topic.SAVINGS_SHARE.key(), exact(0.8753), metric="cost", unit="share")
    yield fact(Topic.ERROR_RATE.key(), (0.0137, 0.0115, 0.0162), metric="error_rate", unit="share")
    for topic, true, said, count in (
        (Topic.TRUE_NEGATIVES, "0", "0", 8959), (Topic.FALSE_POSITIVES, "0", "1", 16),
        (Topic.FALSE_NEGATIVES, "1", "0", 121), (Topic.TRUE_POSITIVES, "1", "1", 904),
    ):  # fmt: skip
        yield fact(topic.key(), exact(count), unit="rows", segment={"true": true, "predicted": said})
    yield fact(Topic.FALSE_POSITIVE_SHARE.key(), (0.0016, 0.0009, 0.0027), unit="share")
    yield fact(Topic.FALSE_NEGATIVE_SHARE.key(), (0.0121, 0.01, 0.0145), unit="share")
    yield fact(Topic.CALIBRATION_ERROR.key(), (0.0174, 0.0091, 0.0246), metric="calibration_error")
    yield fact(Topic.CALIBRATION_IN_THE_LARGE.key(), (-0.014, -0.0162, -0.0119))
    yield fact(Topic.CALIBRATION_SLOPE.key(), (0.732, 0.696, 0.767))
    yield fact(Topic.CALIBRATION_SLOPE.key(), (1.02, 0.95, 1.1))
    yield fact(Topic.CONFIDENT_ERRORS.key(), (105 / 137, 0.674, 0.843), unit="share", n=137)
    yield fact(Topic.CONCENTRATION.key(), exact(0.9768), unit="share")
    yield Finding(Topic.FLIP.key("fp"), "a name", Status.NOT_ASSESSED, False)
    yield fact(Topic.FLIP.key("fn"), exact(0.13))
    yield fact(Topic.REGRET.key(), (88.76, 45.98, 134.88), metric="regret", unit="SEK")
    yield fact(Topic.BREAK_EVEN.key(), (1.7, 1.41, 2.06), unit="times")
    yield fact(Topic.THRESHOLD_IN_USE.key(), exact(0.5))
    yield fact(Topic.CHEAPEST_THRESHOLD.key(), exact(0.0001))
    yield fact(Topic.THRESHOLD_ADVICE.key(), exact(0.16))
    yield unknown(Topic.SAVINGS.key(), "the amounts of some rows are missing")


def steadiness() -> Iterator[Finding]:
    for width in (0.012, 0.0731):
        yield judged(Topic.HALF_WIDTH.key(), exact(width), ("<=", 0.05), metric="f1", unit="points", n=50)
    yield fact(Topic.FOLD_MEAN.key(), (0.9356, 0.8893, 0.982), metric="f1", n=50)
    for topic, value in (
        (Topic.FOLD_STD, 0.0285), (Topic.FOLD_MIN, 0.866), (Topic.FOLD_MAX, 0.956), (Topic.FOLD_RANGE, 0.09),
        (Topic.FOLD_LOW, 0.88), (Topic.FOLD_HIGH, 0.991), (Topic.FOLD_CV, 0.03), (Topic.HOLDOUT, 0.0122),
        (Topic.SEEDS, 0.0019),
    ):  # fmt: skip
        yield fact(topic.key(), exact(value), metric="f1", n=50)
    yield fact(Topic.SEEDS_CHURN.key(), (0.034, 0.0264, 0.0431), metric="f1", unit="share", n=2000)
    yield fact(Topic.PERTURBED.key(), (0.0004, 0.00002, 0.002), metric="f1", unit="share", n=5000)
    for triple in ((0.0048, 0.0034, 0.0065), (0.31, 0.27, 0.35), (0.09, 0.07, 0.11)):
        yield judged(Topic.CHURN.key(), triple, ("<=", 0.1), metric="churn", unit="share", n=8334)
    part = gap(Basis("f1", {}, (share(748, 854),)), Basis("f1", {}, (share(156, 187),)))
    yield judged(Topic.WINDOW.key(1), (0.0242, -0.009, 0.0639), ("<", 0.1), metric="f1", unit="points", basis=part,
                 n=187, segment={"paid_at": "2026-07-01 to 2026-07-15"})  # fmt: skip
    yield judged(
        Topic.TREND.key(), (-0.0128, -0.0561, 0.0305), ("<=", 0.02), metric="f1", unit="points", blocking=False
    )
    yield unknown(Topic.WINDOWS.key(), "too few rows in each window")
    yield unknown(Topic.REFITS.key(), "the model cannot be copied")


def probed() -> Iterator[Finding]:
    for name in PROBE_KINDS:
        yield came(Topic.PROBE.key(name), Outcome.PASSED)
        yield came(Topic.PROBE.key(name), Outcome.FAILED)
    swap = Counterexample(Change.SWAPPED, ("age", "amount"), before=Answered("1", 0.93), after=Answered("0", 0.71),
                          cure=Cure.SELECT_BY_NAME)  # fmt: skip
    yield replace(came(Topic.PROBE.key("column_order"), Outcome.FAILED), example=swap)
    for topic, change in ((Topic.MONOTONIC, Change.RAISED), (Topic.INVARIANT, Change.REPLACED)):
        found = Counterexample(change, ("age",), "80", "30", row=7, cure=Cure.CONSTRAIN)
        for hits, high, low, example in ((0, 0.0015, 0.0, None), (12, 0.0096, 0.0034, found)):
            yield replace(
                judged(topic.key(1), (hits / 2000, low, high), ("<=", 0.01), metric="broken_share", unit="share",
                       n=2000, basis=share(hits, 2000), example=example),
                criterion=Criterion("<=", 0.01, "share", refuted_beyond=0.0),
                status=Status.NOT_MET if hits else Status.MET,
            )  # fmt: skip
        yield unknown(topic.key(2), "the test table has no such column")
    yield came(Topic.PROBE.key("other_columns"), Outcome.ACCEPTED_ERROR)
    yield came(Topic.PROBE.key("outlier"), Outcome.ACCEPTED_ERROR)
    yield came(Topic.PROBE.key("outlier"), Outcome.NOT_APPLICABLE)
    yield came(Topic.PROBE.key("outlier"), Outcome.UNAVAILABLE)


def timed() -> Iterator[Finding]:
    for triple in ((41.2, 39.0, 46.4), (140.0, 131.0, 152.0), (97.0, 92.0, 104.0)):
        yield judged(Topic.LATENCY_P99.key(), triple, ("<=", 100.0), metric="latency_p99_ms", unit="ms", n=500)
    for topic, metric in ((Topic.LATENCY_P50, "latency_p50_ms"), (Topic.LATENCY_P95, "latency_p95_ms")):
        yield judged(topic.key(), (6.74, 6.65, 6.83), ("<=", 50.0), metric=metric, unit="ms", n=500)
    yield judged(
        Topic.LATENCY_P999.key(), (48.0, 41.0, None), ("<=", 100.0), metric="latency_p999_ms", unit="ms", n=500
    )
    for topic, metric in ((Topic.RESPONSE_P95, "response_p95_ms"), (Topic.RESPONSE_P99, "response_p99_ms")):
        for triple in ((41.2, 39.0, 46.4), (140.0, 131.0, 152.0)):
            yield judged(topic.key(), triple, ("<=", 100.0), metric=metric, unit="ms", n=2000)
    for percent in (10, 150):
        yield fact(Topic.LOAD.key(percent), (9.1, 8.7, 9.6), metric="response_p95_ms", unit="ms", n=200)
    yield fact(Topic.LOAD_KNEE.key(), exact(75.0), metric="load_knee", unit="per second")
    yield fact(Topic.LOAD_ERRORS.key(), (0.012, 0.007, 0.02), metric="load_errors", unit="share", n=1500)
    for triple in ((0.0, 0.0, 0.0025), (0.12, 0.1, 0.14), (0.005, 0.002, 0.014)):
        yield judged(Topic.LOAD_ERRORS.key(), triple, ("<=", 0.01), metric="load_errors", unit="share", n=1500)
    yield Finding(
        Topic.CLOCKS.key(), "Times agree", Outcome.FAILED.status, outcome=Outcome.FAILED, reason="turned back"
    )
    for topic in (
        Topic.LATENCY_P50_SHARED,
        Topic.LATENCY_P95_SHARED,
        Topic.LATENCY_P99_SHARED,
        Topic.LATENCY_P999_SHARED,
        Topic.LATENCY_COLD,
    ):
        yield fact(topic.key(), (9.1, 8.7, 9.6), metric="latency_p99_ms", unit="ms", n=500)


def production() -> Iterator[Finding]:
    yield judged(Topic.THROUGHPUT.key(), (103_645.0, 99_660.0, 145_423.0), (">=", 100.0), unit="rows per second",
                 metric="throughput_per_second", n=9)  # fmt: skip
    yield fact(Topic.THROUGHPUT_OF_BATCH.key(32), (4862.0, 4782.0, 4898.0), unit="rows per second")
    yield fact(Topic.THROUGHPUT_OF_WORKERS.key(2), (9862.0, 9782.0, 9898.0), unit="rows per second")
    yield fact(Topic.THROUGHPUT_SHARED.key(), (4862.0, 4782.0, 4898.0), unit="rows per second")
    yield judged(Topic.SIZE.key(), exact(8.5), ("<=", 10.0), metric="size_mb", unit="MB", n=1, origin=Origin.SUPPLIED)
    yield judged(Topic.MEMORY.key(), exact(612.0), ("<=", 500.0), metric="memory_mb", unit="MB", n=1)
    yield fact(Topic.MEMORY_OF_MODEL.key(), exact(9.02), metric="memory_model", unit="MB")
    yield fact(Topic.MEMORY_TO_LOAD.key(), exact(7.1), metric="memory_to_load", unit="MB")
    yield fact(Topic.SIZE_COMPRESSED.key(), exact(2.4), metric="size_compressed", unit="MB")
    yield fact(Topic.MEMORY_GROWTH.key(), (0.02, -0.11, 0.15), metric="memory_growth", unit="MB", n=500)
    yield judged(Topic.MEMORY_GROWTH.key(), (4.1, 4.0, 4.2), ("<=", 1.0), metric="memory_growth", unit="MB", n=500)
    for topic in (Topic.LATENCY_LIMIT, Topic.THROUGHPUT_LIMIT, Topic.SIZE_LIMIT, Topic.MEMORY_LIMIT):
        yield unknown(topic.key(), "no limit is stated")
    for triple, raw in (((0.0004, 0.0, 0.0058), 0.0039), ((0.41, 0.33, 0.52), 0.42), ((0.2, 0.12, 0.31), 0.21)):
        psi = Basis("psi", {"raw": raw, "bins": 10.0, "n_reference": 10_000.0, "n_current": 4000.0})
        yield judged(Topic.DRIFT.key(1), triple, ("<=", 0.25), metric="psi", unit="PSI", basis=psi, n=4000,
                     segment={"column": "session_minutes"})  # fmt: skip
    yield judged(Topic.DRIFT_OF_ANSWERS.key(), (0.0, 0.0, 0.005), ("<=", 0.1), metric="psi", unit="PSI", n=4000)
    yield unknown(Topic.DRIFT_SUMMARY.key(), "there are no recent rows")
    yield from probed()
    for name in (name for name in ATTESTABLE if name not in ("latency", "model_size", "memory", "throughput")):
        if Topic.BOX.key(name).code in _BOX_CODES:
            yield came(Topic.BOX.key(name), Outcome.ATTESTED)
    for outcome in (Outcome.NOT_APPLICABLE, Outcome.FAILED, Outcome.PENDING, Outcome.EXPIRED, Outcome.MISSING):
        yield came(Topic.BOX.key("monitoring"), outcome)
    yield unknown(Topic.FAILED.key(question=Question.ERRORS), "a division by zero")
    yield unknown(Topic.LEFT_OUT.key(question=Question.ERRORS), "it was not asked")


_BOX_CODES = frozenset(
    Topic.BOX.key(name).code
    for name in ("real_pipeline", "graceful_degradation", "monitoring", "alert_thresholds", "rollback_plan", "ab_test",
                 "drift_detection", "bias_audit", "documentation", "legal_review", "model_versioning")
)  # fmt: skip


def parcels() -> Iterator[Finding]:
    large = {"class": "large"}
    yield judged(Topic.LIFT.key("majority"), (0.53, 0.51, 0.55), (">", 0.02), metric="f1_macro")
    yield judged(Topic.REQUIREMENT.key(1), (0.8123, 0.7636, 0.8548), (">=", 0.6), metric="recall", n=373,
                 basis=share(303, 373))  # fmt: skip
    yield judged(Topic.DEFICIT.key(1, 1, metric="accuracy"), (0.007, -0.06, 0.09), ("<", 0.15), metric="accuracy",
                 unit="points", basis=gap(share(1173, 1364), share(116, 136)), n=136, segment={"depot": "west"})  # fmt: skip
    yield judged(Topic.SAVINGS_CLASS.key(1), (0.564, 0.4704, 0.6404), (">", 0.0), metric="savings_per_row", unit="EUR")
    yield fact(Topic.TOTAL_COST.key(), exact(281.0), metric="cost", unit="EUR", n=1500)
    yield judged(Topic.CLASS_TOLD_APART.key(1), (0.78, 0.728, 0.826), (">", 0.0), metric="informedness", unit="points",
                 segment=large)  # fmt: skip
    yield judged(Topic.SMALL_CLASSES_TOLD_APART.key(), (0.2, -0.1, 0.5), (">", 0.0), metric="informedness",
                 unit="points")  # fmt: skip
    yield judged(Topic.CLASS_FOUND.key(1), (0.4, 0.35, 0.45), (">=", 0.6), metric="recall", unit="share", n=373,
                 basis=share(149, 373), segment=large)  # fmt: skip
    yield judged(Topic.SMALL_CLASSES_FOUND.key(), (0.5, 0.1, 0.9), (">=", 0.2), metric="recall", unit="share")
    yield judged(Topic.CLASS_COVERAGE.key(), exact(1.0), (">=", 0.9), metric="coverage", unit="share")
    yield judged(Topic.CLASS_COST_COVERAGE.key(), exact(0.85), (">=", 0.9), metric="coverage", unit="share")
    yield fact(Topic.CELL.key(1, 2), exact(70), unit="rows", segment={"true": "large", "predicted": "medium"})


def trips() -> Iterator[Finding]:
    yield judged(Topic.LIFT.key("mean"), (4.43, 4.17, 4.71), (">", 0.0), metric="mae")
    yield judged(Topic.LIFT.key("rule-1"), (-0.2, -0.4, -0.05), (">", 0.0), metric="mae")
    yield fact(Topic.METHOD_VALUE.key("candidate", metric="mae"), (2.04, 1.95, 2.14), metric="mae")
    yield fact(Topic.METHOD_VALUE.key("mean", metric="mae"), (6.81, 6.55, 7.08), metric="mae")
    yield fact(Topic.METHOD_VALUE.key("rule-1", metric="mae"), (1.95, 1.9, 2.0), metric="mae")
    yield judged(Topic.REQUIREMENT.key(1), (2.04, 1.95, 2.14), ("<", 3.0), metric="mae", basis=mean(2.04, 1470))
    yield judged(Topic.REQUIREMENT.key(1), (2.99, 2.85, 3.14), ("<", 3.0), metric="mae")
    yield judged(Topic.REQUIREMENT.key(2), (-0.48, -0.6, -0.37), (">=", 0.0), metric="mae")
    for triple, here, rest in (((1.33, 1.1, 1.58), 3.14, 1.58), ((-0.27, -0.4, -0.14), 1.5, 1.54)):
        yield judged(Topic.DEFICIT.key(1, 1, metric="mae"), triple, ("<", 0.0), metric="mae", n=434,
                     basis=gap(mean(here, 434), mean(rest, 1036), 1.15), segment={"side": "left"})  # fmt: skip
    yield judged(Topic.SAVINGS.key(), (7.44, 6.91, 8.01), (">", 0.0), metric="savings_per_row", n=1470)
    yield judged(Topic.SAVINGS_MEDIAN.key(), (7.44, 6.91, 8.01), (">", 0.0), metric="savings_per_row", n=1470)
    yield judged(Topic.SAVINGS_QUANTILE.key(), (6.68, 6.24, 7.14), (">", 0.0), metric="savings_per_row", n=1470)
    yield fact(Topic.TOTAL_COST.key(), exact(4473.91), metric="cost", n=1470)
    for topic in (Topic.MEDIAN_ERROR, Topic.P95_ERROR, Topic.LARGEST_ERROR):
        yield fact(topic.key(), exact(5.76), metric="absolute_error", n=1470)
    yield fact(Topic.BIAS.key(), (0.042, -0.11, 0.19), metric="bias", n=1470)
    yield judged(Topic.INTERVAL_COVERAGE.key(), (0.88, 0.86, 0.9), (">=", 0.9), metric="coverage", unit="share", n=1470)
    yield judged(Topic.HALF_WIDTH.key(), exact(0.0731), ("<=", 0.05), metric="mae", unit="share of the mean", n=10)
    yield fact(Topic.FOLD_MEAN.key(), (1.985, 1.84, 2.13), metric="mae", n=10)


def searches() -> Iterator[Finding]:
    yield judged(Topic.LIFT.key("random"), (0.41, 0.38, 0.44), (">", 0.02), metric="ndcg_at_10")
    yield judged(Topic.REQUIREMENT.key(1), (0.874, 0.846, 0.902), (">=", 0.8), metric="ndcg_at_5", n=147)
    skewed = Basis("t_hall", {"value": 0.89, "se": 0.02, "df": 71.0, "n": 72.0, "skewness": -1.8, "units": 72.0})
    yield judged(Topic.DEFICIT.key(1, 1, metric="ndcg_at_10"), (0.015, -0.03, 0.06), ("<", 0.15), metric="ndcg_at_10",
                 unit="points", n=72, basis=gap(mean(0.909, 75), skewed), segment={"device": "desk"},
                 withheld="A few queries decide this mean.")  # fmt: skip
    yield judged(Topic.SAVINGS_CONSTANT.key(), (0.75, 0.6, 0.9), (">", 0.0), metric="savings_per_row", unit="EUR")


FRAUD = facts(Task.BINARY, {"0": 8975, "1": 1025}, 10_000, "1")
SIZES = facts(Task.MULTICLASS, {"large": 373, "medium": 500, "small": 627}, 1500)
MINUTES = replace(facts(Task.REGRESSION, {}, 1470), train_rows=1000)
CHAPTERS = (
    Chapter(
        "A fraud model, in the words of its spec",
        PAYMENTS,
        Task.BINARY,
        FRAUD,
        (*lifts(), *requirements(), *groups(), *losses(), *steadiness(), *timed(), *production()),
    ),
    Chapter(
        "The same without any words",
        PLAIN,
        Task.BINARY,
        FRAUD,
        (*lifts(), *list(requirements())[:4], *groups(), unknown(Topic.SAVINGS.key(), "no costs are stated")),
    ),
    Chapter("Three sizes of parcels", PARCELS, Task.MULTICLASS, SIZES, tuple(parcels())),
    Chapter("Minutes of trips", TRIPS, Task.REGRESSION, MINUTES, tuple(trips())),
    Chapter("Results of searches", SEARCHES, Task.RANKING, facts(Task.RANKING, {}, 1800), tuple(searches())),
)


def written(chapter: Chapter) -> Iterator[str]:
    """A chapter as Markdown: code and status, then title, requirement and measurement, then the sentences."""
    language = chapter.language
    yield f"## {chapter.title}"
    for finding in chapter.findings:
        cells = (language.title(finding), language.requirement(finding), language.measured(finding))
        yield f"**{finding.code}** {finding.status.words}: {' | '.join(filter(None, cells))}  "
        yield language.sentence(finding)
        if finding.status is Status.NOT_MET and finding.blocking:
            yield f"> {language.failing(finding)}"
        if settled := language.to_settle(finding):
            yield f"→ {settled}"
        yield ""


def golden() -> str:
    lines = [line for chapter in CHAPTERS for line in ("", *written(chapter))]
    return "\n".join(["# How findings are put", *lines]).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(golden())
