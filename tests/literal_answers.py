"""Answers written out by hand, and how to read a figure back."""

from __future__ import annotations

import math

import pandas as pd

from readiness.core.findings import Answer, Bounds, Criterion, Estimate, Finding, Question, Status, judge
from readiness.report import plots
from readiness.verdict.decision import decide

HOSTILE = (
    "<script>alert(1)</script>",
    "$x_1$ and $\\frac{1}{2",
    "a" * 10_000,
    "line\nbreak\tand\x00control\x1b[31m",
    "😀 ✅ emoji",
    "汉字类别",
    "עברית",
    "مرحبا",
    "\u202eturned",
    "",
    "\ud800lone",
    "%s {x} --> ]]>",
    "__",
)


def finding(code, name, value=None, low=None, high=None, op=None, limit=None, *, n=1200, unit="", **more):
    """A finding judged on its shown interval; without a value it is not assessed."""
    bar = None if op is None else Criterion(op, limit, unit)
    estimate = None if value is None else Estimate(value, low, high, 0.95, n, unit)
    if bar is None or estimate is None:
        return Finding(code, name, Status.NOT_ASSESSED, measured=estimate, criterion=bar, **more)
    bounds = Bounds.rounded(-math.inf if low is None else low, math.inf if high is None else high, 0.05)
    status = judge(bounds, bar, withheld=more.get("withheld", ""))
    return Finding(code, name, status, measured=estimate, bounds=bounds, criterion=bar, **more)


def fact(code, name, value, low=None, high=None, **more):
    """A finding that is shown and not judged."""
    low, high = value if low is None else low, value if high is None else high
    return finding(code, name, value, low, high, blocking=False, **more)


def baseline():
    """Four comparisons, one of each status, and three methods in two metrics."""
    over = "Gain in F1 over "
    return Answer(
        Question.BASELINE,
        (
            finding(
                "BASE-LIFT-MAJORITY", f"{over}always the majority class", 0.742, 0.69, 0.79, ">", 0.02, metric="f1"
            ),
            finding("BASE-LIFT-RULE-1", f"{over}the rule", 0.051, -0.011, 0.11, ">", 0.02, metric="f1"),
            finding("BASE-LIFT-CURRENT", f"{over}the current model", -0.05, -0.08, -0.02, ">", 0.02, metric="f1"),
            finding("BASE-LIFT-HUMAN", f"{over}people", None, None, None, ">", 0.02, metric="f1"),
            fact("BASE-VALUE-CANDIDATE-F1", "Candidate", 0.742, 0.70, 0.78, metric="f1"),
            fact("BASE-VALUE-CANDIDATE-ACCURACY", "Candidate", 0.9, 0.88, 0.92, metric="accuracy"),
            fact("BASE-VALUE-RULE-1-F1", "Rule", 0.691, 0.65, 0.73, metric="f1"),
            fact("BASE-VALUE-MAJORITY-F1", "Majority", 0.0, metric="f1"),
            fact("BASE-VALUE-MAJORITY-ACCURACY", "Majority", 0.85, 0.83, 0.87, metric="accuracy"),
        ),
    )


def business():
    """A share, a time and something that nobody measured."""
    return Answer(
        Question.BUSINESS,
        (
            finding("BUSI-1", "Do not miss fraud", 0.9496, 0.871, 0.981, ">=", 0.95, n=120, metric="recall"),
            finding("BUSI-2", "Respond quickly", 3.41, 3.1, 4.9, "<=", 100, unit="ms", metric="latency_p99_ms"),
            finding("BUSI-3", "Run on phones", None, None, None, "<=", 50, unit="MB", metric="size_mb"),
        ),
    )


def segments(n=3, metrics=("accuracy", "recall")):
    """`n` segments, of which the third does worst."""
    found = []
    for j in range(n):
        for metric in metrics:
            deficit = 0.3 if j == 2 else 0.01 * (j % 7)
            where = {"region": f"value {j}"}
            code, key = f"SEGM-1-{j + 1}", metric.upper()
            name = f"{metric} of region = value {j} against all other rows"
            found += [
                finding(
                    f"{code}-{key}",
                    name,
                    deficit,
                    deficit - 0.1,
                    deficit + 0.1,
                    "<",
                    0.15,
                    n=50 + j,
                    metric=metric,
                    segment=where,
                ),
                fact(
                    f"{code}-VALUE-{key}",
                    name,
                    0.9 - deficit,
                    0.8 - deficit,
                    0.95 - deficit,
                    metric=metric,
                    segment=where,
                ),
                fact(f"{code}-ROWS", name, 50 + j, metric="rows", segment=where),
            ]
    levels = pd.DataFrame({"metric": list(metrics), "overall": 0.85, "tolerated": 0.7})
    return Answer(Question.SEGMENTS, tuple(found), {"overall": levels})


def errors():
    """A thousand rows: 45 false positives at 10, 12 false negatives at 100, 150 positives."""
    counts = {"TN": 805, "FP": 45, "FN": 12, "TP": 138}
    prices = pd.DataFrame(
        [("negative", "positive", 450.0), ("positive", "negative", 1200.0)], columns=["true", "predicted", "cost"]
    )
    return Answer(
        Question.ERRORS,
        (
            *(fact(f"ERRO-{code}", "Rows", float(n), n=1000, unit="rows") for code, n in counts.items()),
            fact("ERRO-COST-TOTAL", "Cost of all errors", 1650.0, n=1000, unit="EUR"),
            fact("ERRO-COST-NOTHING", "Cost of doing nothing", 15000.0, n=1000, unit="EUR"),
            finding("ERRO-SAVINGS", "Savings", 13.35, 11.2, 15.1, ">", 0, n=1000, unit="EUR"),
        ),
        {"cell_costs": prices},
    )


def classes(names):
    """Ten right and one wrong of each pair."""
    return Answer(
        Question.ERRORS,
        tuple(
            fact(f"ERRO-CELL-{i}-{j}", "Rows", 10.0 if i == j else 1.0, segment={"true": true, "predicted": said})
            for i, true in enumerate(names, 1)
            for j, said in enumerate(names, 1)
        ),
    )


def regression():
    """Five errors of known size."""
    table = pd.DataFrame({"y_true": [1.0, 2.0, 3.0, 4.0, 5.0], "error": [0.5, -0.5, 0.0, 1.0, -2.0]})
    found = (fact("ERRO-BIAS", "Mean error", -0.2, -1.0, 0.6), fact("ERRO-P95", "Error", 2.0, 1.0, 2.0))
    return Answer(Question.ERRORS, found, {"residuals": table})


def stability():
    """Two repeats of three folds."""
    table = pd.DataFrame(
        {"repeat": [1, 1, 1, 2, 2, 2], "fold": [1, 2, 3, 1, 2, 3], "score": [0.90, 0.92, 0.94, 0.91, 0.92, 0.93]}
    )
    found = (
        fact("STAB-MEAN", "Mean", 0.92, 0.905, 0.935, metric="f1"),
        fact("STAB-FOLD-LOW", "Low", 0.892),
        fact("STAB-FOLD-HIGH", "High", 0.948),
    )
    return Answer(Question.STABILITY, found, {"folds": table})


def production(limit=100.0):
    """A hundred calls of 1 to 1.99 ms with one of 40 ms, and three columns that moved."""
    times = pd.DataFrame({"milliseconds": [1 + k / 100 for k in range(99)] + [40.0]})
    moved = (("amount", 0.31, 0.27, 0.35), ("hour", 0.02, 0.0, 0.05), ("country", 0.12, 0.08, 0.2))
    found = (
        fact("PROD-LATENCY-P50", "Latency", 1.5, 1.4, 1.6, unit="ms"),
        fact("PROD-LATENCY-P95", "Latency", 1.95, 1.9, 1.98, unit="ms"),
        finding("PROD-LATENCY-P99", "Latency", 1.99, 1.97, 2.5, "<=", limit, n=100, unit="ms"),
        *(
            finding(f"PROD-DRIFT-{k}", f"Drift of {name}", value, low, high, "<", 0.1, segment={"column": name})
            for k, (name, value, low, high) in enumerate(moved, 1)
        ),
    )
    return Answer(Question.PRODUCTION, found, {"latency": times})


def loaded(errors=0, knee=75.0):
    """Four levels of load around 100 requests a second, the last of which nobody can answer in time."""
    levels = (
        (10, 2.1, 2.4, 2.3, 2.9),
        (75, 2.6, 5.0, 4.1, 7.7),
        (100, 3.9, 14.0, 9.0, 31.0),
        (200, 400.0, 880.0, 700.0, math.inf),
    )
    rows = [
        {"percent": percent, "rate": float(percent), "answered": min(percent, 120.0), "requests": 200,
         "errors": errors if percent == 200 else 0, "p50": p50, "p95": p95, "low": low, "high": high}
        for percent, p50, p95, low, high in levels
    ]  # fmt: skip
    found = [
        fact(f"PROD-LOAD-{row['percent']}", "Load", row["p95"], row["low"], row["high"], unit="ms") for row in rows
    ]
    if knee is not None:
        found.append(fact("PROD-LOAD-KNEE", "Knee", knee, knee, knee, unit="per second"))
    return Answer(Question.PRODUCTION, tuple(found), {"load": pd.DataFrame(rows)})


def six(status=Status.MET, **other):
    """Six answers with this status but for the questions named."""
    return [
        Answer(q, (Finding(f"{q.prefix}-1", "claim", other.get(q.value, status), reason="reason", needs="rows"),))
        for q in Question
    ]


def decided(answers):
    """The decision and the answers that it came from."""
    return decide(answers), answers


def panels(ax):
    """The axes themselves and the panels inside them."""
    return [ax, *ax.child_axes]


def point(ax, code):
    """Where the point of a finding is drawn."""
    (line,) = [line for panel in panels(ax) for line in panel.lines if line.get_label() == f"_{code}"]
    return float(line.get_xdata()[0])


def interval(ax, code):
    """Where its interval begins and ends."""
    (line,) = [line for panel in panels(ax) for line in panel.lines if line.get_label() == f"_{code} interval"]
    return tuple(float(x) for x in line.get_xdata())


def words(ax):
    """Every text in the figure."""
    texts = [text.get_text() for panel in panels(ax) for text in panel.texts]
    ticks = [label.get_text() for panel in panels(ax) for label in (*panel.get_yticklabels(), *panel.get_xticklabels())]
    titles = [panel.get_title(loc="left") for panel in panels(ax)]
    return [text for text in (*titles, *ticks, *texts) if text]


DRAWN = (
    (plots.baseline.lifts, baseline()),
    (plots.baseline.methods, baseline()),
    (plots.business.requirements, business()),
    (plots.segments.groups, segments()),
    (plots.errors.confusion, errors()),
    (plots.errors.costs, errors()),
    (plots.errors.residuals, regression()),
    (plots.stability.folds, stability()),
    (plots.production.latency, production()),
    (plots.production.load, loaded()),
    (plots.production.drift, production()),
)
NAMES = [f"{plot.__module__.rpartition('.')[2]}.{plot.__name__}" for plot, _ in DRAWN]
