"""A project that sets its bars so wide that nothing can miss them. It is refused before anything is measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from readiness.core.errors import SpecError
from readiness.core.policy import BARS, Bar
from readiness.evidence.preflight import preflight
from readiness.spec.json_schema import spec_schema
from readiness.spec.load import load_spec

pytestmark = pytest.mark.slow

Files = Callable[..., Path]


def refusals(spec: Path) -> str:
    """What is said against a spec; empty when it is taken."""
    try:
        preflight(load_spec(spec))
    except SpecError as error:
        return "\n".join(error.problems)
    return ""


def requirement(**limit: Any) -> dict[str, Any]:
    return {"business": {"requirements": [{"says": "be good", **limit}]}}


OLD = {"current": {"name": "old", "predictions": {"label": "b"}, "test": "non_inferiority"}}

TOOTHLESS = {
    "groups may lag by everything": ({"segments": {"limit": 1}}, "found 1, expected at most 0.5"),
    "groups may lag by more": ({"segments": {"limit": 1e9}}, "expected at most 0.5"),
    "no group need be looked at": ({"segments": {"coverage": 0}}, "found 0, expected at least 0.5"),
    "no group is large enough": ({"segments": {"power": 0.9999}}, "expected at most 0.99"),
    "groups may be opposites": ({"segments": {"fairness": {"demographic_parity_ratio": 0}}}, "at least 0.2"),
    "groups may differ wholly": ({"segments": {"fairness": {"equal_opportunity_difference": 1}}}, "at most 0.5"),
    "every answer may change": ({"stability": {"churn_met": 1, "churn_not_met": 1}}, "no model can miss it"),
    "no churn is a no": ({"stability": {"churn_not_met": 1}}, "no model can miss it"),
    "any half-width": ({"stability": {"half_width": 1e6}}, "found 1,000,000, expected at most 0.25"),
    "any spread": ({"evidence": "point", "stability": {"std": 1}}, "expected at most 0.25"),
    "any window": ({"stability": {"window_limit": 1}}, "expected at most 0.5"),
    "any trend": ({"stability": {"trend_limit": 1}}, "expected at most 0.25"),
    "one repeat": ({"stability": {"repeats": 1}}, "found 1, expected at least 2"),
    "one call": ({"production": {"calls": 1}}, "300 or more"),
    "any latency": ({"production": {"latency_p99_ms": 1e9}}, "found 1,000,000,000 ms, expected at most 60,000 ms"),
    "any latency, as a requirement": (requirement(metric="latency_p50_ms", at_most=1e9), "at most 60,000 ms"),
    "any throughput": ({"production": {"throughput_per_second": 1e-9}}, "no model can miss it"),
    "no throughput": ({"production": {"throughput_per_second": 0}}, "more than 0"),
    "any size": ({"production": {"size_mb": 1e12}}, "expected at most 1,000,000 MB"),
    "any size, as a requirement": (requirement(metric="size_mb", at_most=1e12), "expected at most 1,000,000 MB"),
    "any memory": ({"production": {"memory_mb": 1e12}}, "expected at most 1,000,000 MB"),
    "any drift": ({"production": {"drift_limit": 1e9}}, "expected at most 1: an index of 1"),
    "no confidence": ({"confidence": 0.5}, "0.8 or more"),
    "certainty": ({"confidence": 0.999999999999}, "found 0.999999999999, expected at most 0.9999: nobody knows"),
    "a lift of minus one": (requirement(metric="f1", above=-1, lift_over="majority"), "expected −0.2 or more"),
    "a gain of minus one": (requirement(metric="f1", above=-1, gain_over="majority"), "expected −0.2 or more"),
    "a margin below nothing": ({"baseline": {"margin": -1}}, "0 or more"),
    "as good, and half behind": ({"baseline": {**OLD, "margin": 0.5}}, "at most 0.2 where a candidate need only be"),
    "nearly no recall": (requirement(metric="recall", at_least=1e-6), "next to every model meets it"),
    "nearly all alarms": (requirement(metric="false_positive_rate", at_most=0.9999), "next to every model meets it"),
    "worse than a coin": (requirement(metric="roc_auc", at_least=0.2), "an answer without any knowledge reaches that"),
    "no agreement": (requirement(metric="matthews_corrcoef", at_least=-0.99), "without any knowledge"),
    "any log loss": (requirement(metric="log_loss", at_most=1e9), "without any knowledge"),
    "any price": ({"errors": {"value_per_prediction": 1e9}}, "found 1,000,000,000, expected at most 5"),
}


@pytest.mark.parametrize(("changes", "words"), TOOTHLESS.values(), ids=TOOTHLESS)
def test_a_bar_that_nothing_can_miss_is_refused(review_files: Files, changes: dict[str, Any], words: str) -> None:
    """The message says what was found and the widest that is accepted."""
    assert words in refusals(review_files(changes))


def test_the_largest_confidence_is_taken_and_the_schema_agrees(review_files: Files) -> None:
    """What decides stays above nothing, so that every bound and every count of rows exists."""
    data = {"model": {"name": "a", "version": "1", "path": "m"}, "data": {"test": "t", "target": "y"}}
    checker = Draft202012Validator(spec_schema())
    assert "" == refusals(review_files({"confidence": 0.9999}))
    assert checker.is_valid({**data, "confidence": 0.9999})
    assert not checker.is_valid({**data, "confidence": 0.99991})


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"metric": "r2", "at_least": -1e9}, "expected at least 0: an answer without any knowledge reaches that"),
        ({"metric": "mape", "at_most": 50}, "without any knowledge"),
        ({"metric": "mae", "above": -1e9, "gain_over": "median"}, "state with lift_over which share worse than median"),
    ],
)
def test_requirements_on_numbers_have_an_end_too(review_files: Files, limit: dict[str, Any], words: str) -> None:
    """Where a metric has no worst value, a guess or the alternative gives the measure."""
    numbers = {"data": {"positive": None, "task": "regression"}, "errors": None}
    spec = review_files({**numbers, **requirement(**limit)})
    assert words in refusals(spec)


def within(bar: Bar) -> dict[str, Any]:
    section, _, name = bar.key.rpartition(".")
    pairs = {"churn_met": "churn_not_met", "drift_warning": "drift_limit", "warning": "limit"}
    values = {name: bar.widest} | ({pairs[name]: bar.widest} if name in pairs else {})
    if name in ("response_p95_ms", "response_p99_ms", "load_errors"):
        values["rate_per_second"] = 10
    if section == "stability" and "churn_not_met" in values:
        values["churn_not_met"] = 0.5
    return {section: values} if section else values


@pytest.mark.parametrize("bar", BARS, ids=lambda bar: bar.key)
def test_the_widest_value_is_taken_and_the_schema_agrees(review_files: Files, bar: Bar) -> None:
    """What the table accepts is accepted by both, what lies beyond by neither; where a metric decides, by the spec."""
    assert "" == refusals(review_files(within(bar)))
    beyond = bar.widest * 1.01 if bar.looser == "larger" else bar.widest * 0.9
    beyond = int(beyond) if bar.usual == int(bar.usual or 0) and bar.usual is not None else beyond
    *sections, name = bar.key.split(".")
    wide: dict[str, Any] = {name: int(beyond) if name == "calls" else beyond}
    data = {"model": {"name": "a", "version": "1", "path": "m"}, "data": {"test": "t", "target": "y"}}
    checker = Draft202012Validator(spec_schema())
    for section in sections:
        wide = {section: wide}
    assert bar.of_metric is checker.is_valid({**data, **wide})
    assert checker.is_valid({**data, **within(bar)})
    assert name in refusals(review_files(wide))


def test_the_limit_of_an_own_metric_has_no_known_end(review_files: Files, tmp_path: Path) -> None:
    """In its own unit 10 may be little; as soon as a known metric is judged by the same limit, it is too wide."""
    (tmp_path / "shop.py").write_text("def profit(y_true, y_pred):\n    return float((y_true == y_pred).sum())\n")
    own = {"metrics": {"profit": {"use": "shop:profit", "unit": "EUR"}}, "business": {"requirements": []}}
    assert "" == refusals(review_files({**own, "segments": {"metrics": ["profit"], "limit": 10}}))
    both = {**own, "segments": {"metrics": ["profit", "recall"], "limit": 10}}
    assert "found 10, expected at most 0.5" in refusals(review_files(both))
