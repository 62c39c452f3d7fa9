"""Literal records for the tests of the page: a fraud model as it might come out of a review, and crueller ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from readiness.core.checklist import BOXES, Source
from readiness.core.files import Artifact, Role
from readiness.core.findings import Answer, Bounds, Criterion, Estimate, Finding, Outcome, Question, judge
from readiness.core.provenance import (
    DataFacts,
    Dropped,
    Environment,
    Gathered,
    Isolation,
    IsolationForm,
    ModelFacts,
)
from readiness.report.page import PageFigure
from readiness.verdict.decision import decide
from readiness.verdict.record import SCHEMA, Record, Run, Template

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7 3"><rect width="7" height="3"/></svg>'
FIGURES = [PageFigure(q.value, f"{q.value}.main", f"What question {q.number} shows.", "Drawn.", SVG) for q in Question]
PROSE = {Question.BASELINE: "## 1. Heading\n\n**Why.** A model that does no better than a rule is a cost."}
CODE = {Question.BASELINE: 'baseline = ask(questions.baseline, evidence)\nshow(baseline)  # <b>"&'}

RUN = Run("2026-11-22T20:03:00+00:00", "2026-11-22T20:04:12+00:00")


def claim(
    code: str,
    name: str,
    measured: tuple[float, float | None, float | None, int],
    required: tuple[str, float],
    limits: tuple[float | None, float | None],
    *,
    unit: str = "",
    source: str = "default",
    **more: Any,
) -> Finding:
    """A judged finding; its status follows from its limits."""
    value, low, high, n = measured
    level = 1.0 if low == value == high else 0.95
    criterion = Criterion(required[0], required[1], unit, source, refutable=level != 1)
    bounds = Bounds(limits[0], limits[1], 0.05, "Clopper-Pearson")
    estimate = Estimate(value, low, high, level, n, unit, "" if level == 1 else "Wilson")
    status = judge(bounds, criterion, withheld=more.get("withheld", ""))
    return Finding(code, name, status, measured=estimate, bounds=bounds, criterion=criterion, **more)


def exact(code: str, name: str, value: float, required: tuple[str, float], unit: str, **more: Any) -> Finding:
    """A judged quantity that chance plays no part in."""
    return claim(code, name, (value, value, value, 1), required, (value, value), unit=unit, **more)


def fact(
    code: str, name: str, value: float, low: float | None = None, high: float | None = None, **more: Any
) -> Finding:
    """A finding that is shown and not judged."""
    n, unit = more.pop("n", 24_000), more.pop("unit", "")
    chance = low is not None or high is not None
    estimate = Estimate(value, low if chance else value, high if chance else value, 0.95 if chance else 1.0, n, unit)
    return Finding(code, name, Outcome.UNAVAILABLE.status, blocking=False, measured=estimate, **more)


def text_fact(code: str, name: str, reason: str, **more: Any) -> Finding:
    return Finding(code, name, Outcome.UNAVAILABLE.status, blocking=False, reason=reason, **more)


def outcome(code: str, name: str, came: Outcome, reason: str = "", **more: Any) -> Finding:
    return Finding(code, name, came.status, outcome=came, reason=reason, **more)


METHODS = {
    "CANDIDATE": ("Gradient boosting", (0.9956, 0.9947, 0.9964), (0.612, 0.538, 0.681), (0.692, 0.604, 0.767)),
    "UNIFORM": ("a random guess", (0.5, 0.4937, 0.5063), (0.0099, 0.0081, 0.0118), (0.5, 0.4118, 0.5882)),
    "MAJORITY": ("always is_fraud = 0", (0.995, 0.994, 0.9958), (0.0, 0.0, 0.021), (0.0, 0.0, 0.031)),
    "STRATIFIED": ("guessing at the known rate", (0.99, 0.9887, 0.9912), (0.005, 0.001, 0.029), (0.005, 0.0, 0.031)),
    "RULE-1": ("rule: amount above 10,000", (0.9871, 0.9856, 0.9885), (0.281, 0.226, 0.338), (0.508, 0.42, 0.596)),
    "CURRENT": ("scorecard 2024", (0.9931, 0.992, 0.9941), (0.471, 0.396, 0.543), (0.608, 0.519, 0.691)),
}


def baseline(shift: float = 0.0) -> Answer:
    gains = {
        "UNIFORM": ("a random guess", 0.602, 0.527, 0.672),
        "MAJORITY": ("always is_fraud = 0", 0.612, 0.531, 0.681),
        "STRATIFIED": ("guessing at the known rate", 0.607, 0.521, 0.677),
        "RULE-1": ("rule: amount above 10,000", 0.331, 0.247, 0.411),
        "CURRENT": ("scorecard 2024", 0.141, 0.058, 0.224),
    }
    findings = [
        claim(
            f"BASE-LIFT-{key}",
            f"Gain in F1 over {name}",
            (value - shift, low - shift, high - shift, 24_000),
            (">", 0.02),
            (low + 0.012 - shift, high - 0.012 - shift),
            metric="f1",
            reason=f"F1 {0.612 - shift:.3f} against {0.612 - value:.3f} on 24,000 rows",
        )
        for key, (name, value, low, high) in gains.items()
    ]
    for key, (name, *triples) in METHODS.items():
        for metric, (value, low, high) in zip(("accuracy", "f1", "recall"), triples, strict=True):
            code = f"BASE-VALUE-{key}-{metric.upper()}"
            findings.append(fact(code, name, value, low, high, metric=metric))
    findings += [
        fact(
            "BASE-COST-CANDIDATE",
            "Cost per prediction of the candidate",
            0.004,
            unit="EUR",
            metric="cost_per_prediction",
        ),
        fact("BASE-COST-RULE-1", "Cost per prediction of rule", 0.0001, unit="EUR", metric="cost_per_prediction"),
        fact(
            "BASE-IMBALANCE",
            "Share of the largest class",
            0.995,
            metric="share",
            reason="23,880 of 24,000 rows (99.5 %) are is_fraud = 0: always answering 0 is right that often",
            warning="accuracy alone misleads",
        ),
    ]
    return Answer(Question.BASELINE, tuple(findings))


def business(recall: float = 0.692) -> Answer:
    found = round(recall * 120)
    return Answer(
        Question.BUSINESS,
        (
            claim(
                "BUSI-1",
                "Don't miss fraud",
                (recall, max(recall - 0.088, 0), min(recall + 0.07, 1.0), 120),
                (">=", 0.60 if recall > 0.8 else 0.95),
                (max(recall - 0.076, 0), min(recall + 0.062, 1.0)),
                source="set in the spec: business.requirements, number 1",
                metric="recall",
                reason=f"recall is {recall:.3f}: {found} of 120 rows with is_fraud = 1 were found",
            ),
            claim(
                "BUSI-2",
                "Don't annoy customers with false alarms",
                (0.0013, 0.0009, 0.0019, 23_880),
                ("<=", 0.005),
                (0.001, 0.0018),
                source="set in the spec: business.requirements, number 2",
                metric="false_positive_rate",
                reason="false positive rate is 0.0013: 32 of 23,880 other rows raised a false alarm",
            ),
            claim(
                "BUSI-3",
                "Respond quickly",
                (41.3, 38.9, 46.2, 1000),
                ("<=", 100.0),
                (39.2, 45.1),
                unit="ms",
                source="set in the spec: business.requirements, number 3",
                metric="latency_p99_ms",
                measured_time=True,
                reason="latency p99 over 1,000 calls of one row each",
            ),
        ),
    )


AGES = {
    "35-50": (9450, 49, 0.9961, 0.735, 0.0012, -0.06, 0.02),
    "25-35": (6800, 34, 0.9957, 0.706, 0.0013, -0.02, 0.10),
    "50-65": (4300, 21, 0.9958, 0.714, 0.0012, -0.03, 0.12),
    "18-25": (2100, 10, 0.9948, 0.60, 0.0019, 0.10, 0.33),
    "65+": (1330, 6, 0.9895, 0.333, 0.0045, 0.38, 0.62),
}


def segments(ages: Mapping[str, tuple[Any, ...]] = AGES, column: str = "age_group") -> Answer:
    findings: list[Finding] = []
    last = f"SEGM-1-{len(ages) + 1}"
    for number, (name, (rows, frauds, accuracy, recall, alarms, deficit, upper)) in enumerate(ages.items(), 1):
        code, where = f"SEGM-1-{number}", {column: name}
        findings.append(fact(f"{code}-ROWS", f"Rows of {column} = {name}", float(rows), unit="rows", segment=where))
        for metric, value, n in (
            ("accuracy", accuracy, rows),
            ("recall", recall, frauds),
            ("false_positive_rate", alarms, rows - frauds),
        ):
            half = 1.96 * (max(value * (1 - value), 1e-4) / n) ** 0.5
            low, high = max(value - half, 0.0), min(value + half, 1.0)
            findings.append(
                fact(f"{code}-VALUE-{metric.upper()}", metric, value, low, high, metric=metric, segment=where, n=n)
            )
        findings.append(
            claim(
                f"{code}-RECALL",
                f"recall of {column} = {name} against all other rows",
                (deficit, deficit - (upper - deficit) * 1.2, deficit + (upper - deficit) * 1.2, frauds),
                ("<", 0.15),
                (deficit - (upper - deficit), upper),
                metric="recall",
                segment=where,
                reason=f"{round(recall * frauds)} of {frauds} frauds were found",
                warning="large" if 0.10 < deficit else "",
            )
        )
    findings += [
        fact(f"{last}-ROWS", f"Rows of {column} = missing", 20.0, unit="rows", segment={column: "missing"}),
        Finding(
            f"{last}-RECALL",
            f"recall of {column} = missing against all other rows",
            Outcome.UNAVAILABLE.status,
            blocking=False,
            metric="recall",
            segment={column: "missing"},
            reason="0 frauds among 20 rows",
            needs="at least 94 frauds in this segment",
        ),
        exact("SEGM-1-COVERAGE-RECALL", "Share of rows in segments that can be assessed", 0.9992, (">=", 0.9), ""),
        fact("SEGM-1-GAP-RECALL", "Gap in recall, best minus worst", 0.402, metric="recall"),
        fact("SEGM-1-GAP-CHANCE-RECALL", "Gap that chance alone would give, 95 % of the time at most", 0.311),
        text_fact(
            "SEGM-1-WORST",
            f"Worst segment: {column} = 65+",
            "possible causes: too few training rows of this group, features that say little about it, other behaviour",
        ),
    ]
    return Answer(Question.SEGMENTS, tuple(findings))


def good_segments() -> Answer:
    ages = {name: (rows, n, acc, 0.7, alarms, -0.01, 0.06) for name, (rows, n, acc, _, alarms, *_) in AGES.items()}
    return segments(ages)


def errors(*, savings: tuple[float, float, float] | None = (1.14, 0.92, 1.36)) -> Answer:
    currency = "EUR"
    found: list[Finding] = [
        fact("ERRO-TP", "frauds stopped", 83.0, unit="rows"),
        fact("ERRO-FN", "frauds missed", 37.0, unit="rows"),
        fact("ERRO-FP", "customers stopped for nothing", 32.0, unit="rows"),
        fact("ERRO-TN", "customers left alone", 23_848.0, unit="rows"),
        fact("ERRO-RATE", "Share of wrong answers", 0.0029, 0.0023, 0.0037),
        fact("ERRO-FP-SHARE", "A customer is stopped for nothing", 0.0013, 0.0009, 0.0019),
        fact("ERRO-FN-SHARE", "A fraud goes through", 0.0015, 0.0011, 0.0021),
    ]
    if savings is None:
        found.append(
            Finding(
                "ERRO-SAVINGS",
                "Savings per row against doing nothing",
                Outcome.UNAVAILABLE.status,
                reason="no cost of an error is stated",
                needs="state errors.costs",
            )
        )
    else:
        value, low, high = savings
        found += [
            claim(
                "ERRO-SAVINGS",
                "Savings per row against doing nothing",
                (value, low, high, 24_000),
                (">", 0.0),
                (low + 0.04, high - 0.04),
                unit=currency,
                reason="every missed fraud costs 400 EUR, every false alarm 12 EUR",
            ),
            fact("ERRO-COST-TOTAL", "Cost of all errors", 15_184.0, unit=currency),
            fact("ERRO-COST", "Cost per prediction", 0.63, 0.43, 0.83, unit=currency),
            fact("ERRO-COST-NOTHING", "Cost of doing nothing", 48_000.0, unit=currency),
            fact(
                "ERRO-SAVINGS-SHARE",
                "Savings as a share of the cost of doing nothing",
                0.684,
                0.607,
                0.752,
                unit="share",
            ),
        ]
    found += [
        fact(
            f"ERRO-WORST-{rank}",
            f"{rank}",
            cost,
            unit=currency,
            segment={"id": f"T-{rank}0481", "amount": amount, "country": country, "true": "1", "predicted": "0"},
        )
        for rank, cost, amount, country in (
            (1, 400.0, "8,912.40", "DE"),
            (2, 400.0, "312.00", "FR"),
            (3, 400.0, "77.15", "DE"),
        )
    ]
    return Answer(Question.ERRORS, tuple(found))


def stability() -> Answer:
    return Answer(
        Question.STABILITY,
        (
            claim(
                "STAB-HALF-WIDTH",
                "Half-width of the interval of the mean F1",
                (0.0312, 0.0312, 0.0312, 50),
                ("<=", 0.05),
                (0.0312, 0.0312),
                reason="50 refits, 5 folds repeated 10 times",
            ),
            claim(
                "STAB-CHURN",
                "Rows whose answer changes between refits",
                (0.0021, 0.0017, 0.0026, 24_000),
                ("<=", 0.10),
                (0.0018, 0.0025),
                unit="share",
                reason="on average 50 of 24,000 rows",
            ),
            fact("STAB-MEAN", "Mean F1 over 50 refits", 0.604, 0.573, 0.635),
            fact("STAB-STD", "Standard deviation of the folds", 0.0187, reason="grade: excellent", n=50),
            fact("STAB-MIN", "Lowest fold", 0.561, n=50),
            fact("STAB-MAX", "Highest fold", 0.642, n=50),
            fact("STAB-FOLD-LOW", "Range to expect of one fold, low end", 0.567, n=50),
            fact("STAB-FOLD-HIGH", "Range to expect of one fold, high end", 0.641, n=50),
        ),
    )


def production(*, boxes: Outcome = Outcome.ATTESTED) -> Answer:
    found: list[Finding] = [
        claim(
            "PROD-LATENCY-P99",
            "Latency p99",
            (41.3, 38.9, 46.2, 1000),
            ("<=", 100.0),
            (39.2, 45.1),
            unit="ms",
            measured_time=True,
        ),
        claim(
            "PROD-THROUGHPUT",
            "Throughput",
            (2140.0, 2051.0, 2222.0, 40),
            (">=", 1000.0),
            (2068.0, 2210.0),
            unit="per second",
        ),
        exact("PROD-SIZE", "Model size", 12.3, ("<=", 50.0), "MB"),
        exact("PROD-MEMORY", "Memory at its peak", 312.4, ("<=", 500.0), "MB"),
        fact("PROD-LATENCY-COLD", "Latency of the first call", 812.0, unit="ms"),
        fact("PROD-LATENCY-P50", "Latency p50", 17.9, 17.6, 18.3, unit="ms"),
        outcome("PROD-PROBE-ONE-ROW", "A single row", Outcome.PASSED, "the same prediction as within the whole table"),
        outcome("PROD-PROBE-COLUMN-ORDER", "Columns in another order", Outcome.PASSED, "the same predictions"),
        outcome("PROD-PROBE-DETERMINISM", "The same rows twice", Outcome.PASSED, "the same predictions"),
        outcome("PROD-PROBE-MISSING-VALUE", "A missing value", Outcome.ACCEPTED_ERROR, "ValueError: amount is missing"),
        outcome("PROD-PROBE-UNSEEN-CATEGORY", "A category never seen before", Outcome.PASSED, "200 rows were scored"),
        outcome("PROD-PROBE-OUTLIER", "Numbers far outside", Outcome.PASSED, "200 rows were scored"),
    ]
    for number, (column, value, low, high) in enumerate(
        (("amount", 0.04, 0.03, 0.06), ("country", 0.12, 0.10, 0.15)), 1
    ):
        found.append(
            claim(
                f"PROD-DRIFT-{number}",
                f"Drift of {column}",
                (value, low, high, 24_000),
                ("<", 0.25),
                (low, high),
                segment={"column": column},
                metric="psi",
                warning="above 0.10" if value > 0.1 else "",
            )
        )
    for box in BOXES:
        if box.source is Source.ATTESTED:
            reason = (
                f"A. Brandt, 2026-11-12: https://wiki.example/{box.key}"
                if boxes is Outcome.ATTESTED
                else "nobody has vouched for it"
            )
            needs = "" if boxes is Outcome.ATTESTED else f"an attestation under checklist.{box.key}"
            found.append(outcome(box.code, box.title, boxes, reason, needs=needs))
        elif box.source is Source.APPROVAL:
            found.append(outcome(box.code, box.title, Outcome.PENDING, "answered by approvals", blocking=False))
    return Answer(Question.PRODUCTION, tuple(found))


SPEC: dict[str, Any] = {
    "model": {"name": "Card fraud", "version": "3.2.0", "path": "model.joblib"},
    "data": {
        "test": "test.parquet",
        "train": "train.parquet",
        "target": "is_fraud",
        "positive": 1,
        "segments": ["age_group"],
    },
    "baseline": {"margin": "0.02", "metric": "f1"},
    "business": {"requirements": [{"says": "Don't miss fraud", "metric": "recall", "at_least": "0.95"}]},
    "segments": {"limit": "0.15", "warning": "0.1", "coverage": "0.9"},
    "errors": {"costs": {"false_positive": 12, "false_negative": 400, "currency": "EUR"}},
    "stability": {"folds": 5, "repeats": 10},
    "evidence": "interval",
    "confidence": "0.95",
    "seed": 7,
}

ABOUT: dict[str, Any] = {
    "purpose": "Stops card payments that are likely fraud, before they are booked.",
    "out_of_scope": "Bank transfers; payments above 50,000 EUR, which people check.",
    "owner": "R. Okafor, Head of Payments",
    "risk": "high",
    "valid_days": 180,
    "population": "Card payments of private customers in the EU, March to August 2026",
    "labels": "Chargebacks within 60 days, confirmed by the fraud desk",
    "limitations": ["Refund fraud is not labelled.", "Few customers above 65 in training."],
    "oversight": "The fraud desk can release a payment within minutes.",
    "production_prevalence": "0.004",
}


def gathered(**more: Any) -> Gathered:
    return Gathered(
        model=ModelFacts(
            "Card fraud",
            "3.2.0",
            "scikit-learn Pipeline",
            (Artifact("model.joblib", "a1" * 32, 12_345_678, role=Role.MODEL),),
        ),
        inputs=(
            Artifact("test: test.parquet", "b2" * 32, 3_812_004, 24_012, 31, Role.TEST),
            Artifact("train: train.parquet", "c3" * 32, 15_201_882, 96_000, 31, Role.TRAIN),
            Artifact("spec: readiness.yaml", "3fa9c01be8d2" + "d4" * 26, 2_104, role=Role.SPEC),
        ),
        data=DataFacts(
            "binary",
            "is_fraud",
            24_012,
            24_000,
            (Dropped("the target is missing", 12),),
            ("0", "1"),
            (23_880, 120),
            "1",
            120,
            96_000,
            28,
            "2026-03-01T00:00:00",
            "2026-08-31T23:59:12",
        ),
        isolation=Isolation(IsolationForm.BUBBLEWRAP, network=False, labels=False),
        environment=Environment(
            "3.11.9",
            "Linux 6.8 x86_64",
            {"numpy": "2.3.1", "pandas": "3.1.1", "scikit-learn": "1.9.1", "scipy": "1.17.0"},
            "2 cores, 7.7 GB memory",
        ),
        spec=more.get("spec", SPEC),
        set_keys=("business.requirements", "errors.costs", "segments.limit", "model.name", "seed"),
    )


def of_few(finding: Finding, n: int) -> Finding:
    """The finding, resting on so many rows."""
    measured = finding.measured
    return finding if measured is None else dataclasses.replace(finding, measured=dataclasses.replace(measured, n=n))


def by_points(answer: Answer) -> Answer:
    """The answer under the point rule: measured values alone are compared."""

    def judged(finding: Finding) -> Finding:
        if finding.bounds is None or finding.measured is None or finding.criterion is None:
            return finding
        value = finding.measured.value
        bounds = dataclasses.replace(finding.bounds, lower=value, upper=value)
        status = judge(bounds, finding.criterion, withheld=finding.withheld)
        return dataclasses.replace(finding, bounds=bounds, status=status)

    return Answer(answer.question, tuple(map(judged, answer.findings)), answer.tables)


def record(answers: Sequence[Answer], *, rule: str = "interval", **more: Any) -> Record:
    answers = [by_points(answer) for answer in answers] if rule == "point" else answers
    decision = decide(answers, rule=rule)
    made = Record(
        SCHEMA,
        decision.verdict,
        rule,
        gathered(),
        tuple(answers),
        decision,
        7,
        Template("readiness.ipynb", "e5" * 32, True),
        "f6" * 32,
        RUN,
        "readiness 0.1.0",
        ("Mira Sato", "Jonas Weber"),
        ABOUT,
    )
    return dataclasses.replace(made, **more)


def not_ready() -> Record:
    return record([baseline(), business(), segments(), errors(), stability(), production(boxes=Outcome.MISSING)])


def ready(rule: str = "interval") -> Record:
    return record([baseline(), business(0.91), good_segments(), errors(), stability(), production()], rule=rule)


def not_proven() -> Record:
    return record([baseline(0.06), business(0.91), good_segments(), errors(savings=None), stability(), production()])


def many_segments(count: int = 500) -> Record:
    ages = {
        f"shop {number:03d}": (
            47,
            12,
            0.99 - number / 5000,
            0.7,
            0.002,
            (number % 37) / 100 - 0.1,
            (number % 37) / 100 + 0.05,
        )
        for number in range(count)
    }
    return record([baseline(), business(), segments(ages, "shop"), errors(), stability(), production()])


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\u202eevil\r\0\x1b[31m\"'<!--readiness-unsigned/v1 "


def hostile(text: str = HOSTILE) -> Record:
    """The ready record with a cruel text in every field that a user can write."""
    made = record(
        [
            baseline(),
            business(),
            segments({text: AGES["65+"], "b": AGES["35-50"]}, text),
            errors(),
            stability(),
            production(),
        ]
    )

    def poison(value: Any) -> Any:
        if isinstance(value, Finding):
            return dataclasses.replace(
                value,
                name=f"{value.name} {text}",
                reason=f"{value.reason} {text}",
                needs=text,
                warning=text if value.warning else "",
                segment={f"{key}{text}": f"{part}{text}" for key, part in value.segment.items()},
            )
        return value

    answers = [Answer(a.question, tuple(map(poison, a.findings))) for a in made.answers]
    decision = decide(answers)
    facts = dataclasses.replace(
        made.gathered,
        model=ModelFacts(text, text, text, (Artifact(text, "a1" * 32, 5),), (text,)),
        inputs=(Artifact(text, "b2" * 32, 5),),
        data=dataclasses.replace(
            made.gathered.data, target=text, positive=text, dropped=(Dropped(text, 3),), first=text, last=text
        ),
        environment=Environment(text, text, {text: text}, text),
        spec={text: {text: [text, {text: text}]}},
        set_keys=(text,),
    )
    about = {key: text for key in ABOUT if key not in ("production_prevalence", "valid_days")}
    return dataclasses.replace(
        made,
        verdict=decision.verdict,
        gathered=facts,
        answers=tuple(answers),
        decision=decision,
        template=Template(text, "e5" * 32, False),
        run=Run(text, text),
        tool=text,
        prepared_by=(text,),
        about=about,
    )


def regression() -> Record:
    """A price model: another task, other units, limits that cannot be given."""
    base = [
        claim(
            f"BASE-LIFT-{key}",
            f"Gain in MAE over {name}",
            (value, value - 3.1, value + 3.1, 442),
            (">", 0.0),
            (value - 2.6, value + 2.6),
            unit="EUR",
            metric="mae",
            reason=f"MAE {44.8:.1f} EUR against {44.8 + value:.1f} EUR on 442 rows",
        )
        for key, name, value in (("MEAN", "the training mean", 18.2), ("MEDIAN", "the training median", 16.9))
    ]
    base += [
        fact(f"BASE-VALUE-{key}-{metric.upper()}", name, value, value * 0.93, value * 1.07, metric=metric, unit=unit)
        for key, name, mae, r2 in (("CANDIDATE", "Ridge", 44.8, 0.47), ("MEAN", "the training mean", 63.0, 0.0))
        for metric, value, unit in (("mae", mae, "EUR"), ("r2", r2, ""))
    ]
    stated = claim(
        "BUSI-1",
        "average error under 50 EUR",
        (44.8, 41.9, 47.9, 442),
        ("<=", 50.0),
        (42.3, 47.3),
        unit="EUR",
        metric="mae",
    )
    tail = claim(
        "BUSI-2",
        "no error beyond 200 EUR in 99 of 100 cases",
        (171.0, 139.0, None, 442),
        ("<=", 200.0),
        (143.0, None),
        unit="EUR",
    )
    wrong = [
        fact("ERRO-BIAS", "Mean error", -1.2, -6.4, 4.0, unit="EUR", n=442),
        fact("ERRO-P95", "95 of 100 errors are at most", 109.8, 101.3, 126.0, unit="EUR", n=442),
        fact("ERRO-MAX", "Largest error", 190.4, unit="EUR", n=442),
        *(of_few(each, 442) for each in errors(savings=None).findings[7:8]),
    ]
    none = Finding(
        "SEGM-NONE",
        "Segments",
        Outcome.UNAVAILABLE.status,
        reason="no segment column is named",
        needs="name data.segments",
    )
    data = DataFacts("regression", "price", 442, 442, train_rows=1768, features=10)
    made = record(
        [
            Answer(Question.BASELINE, tuple(base)),
            Answer(Question.BUSINESS, (stated, tail)),
            Answer(Question.SEGMENTS, (none,)),
            Answer(Question.ERRORS, tuple(wrong)),
            stability(),
            production(),
        ]
    )
    facts = dataclasses.replace(made.gathered, data=data, model=ModelFacts("House prices", "0.9", "predictions only"))
    return dataclasses.replace(made, gathered=facts, about={}, prepared_by=())
