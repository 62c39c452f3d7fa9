"""What a spec may say, in Python."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaError
from pydantic import ValidationError

from readiness.core import policy as criteria
from readiness.spec.checks import baseline_names, misfits, stated_task
from readiness.spec.json_schema import spec_schema
from readiness.spec.messages import parsed
from readiness.spec.schema import (
    Attestation,
    Costs,
    Model,
    Part,
    Requirement,
    SegmentColumn,
    Segments,
    Spec,
    label_text,
)

FULL: dict[str, Any] = {
    "about": {
        "purpose": "Stops card payments for a check by a person.",
        "out_of_scope": "Cash.",
        "owner": "Payments",
        "prepared_by": ["Ann", "Ben"],
        "risk": "high",
        "valid_days": 180,
        "population": "All card payments of October.",
        "labels": "Chargebacks after 30 days.",
        "changes": "New feature: device age.",
        "limitations": ["Few payments from abroad."],
        "oversight": "The shift lead can switch it off.",
        "production_prevalence": 0.02,
    },
    "model": {
        "name": "fraud",
        "version": "1.4",
        "path": "model.joblib",
        "sha256": "0" * 64,
        "loader": "shop.io:load",
        "threshold": 0.4,
    },
    "data": {
        "test": "test.csv",
        "train": "train.parquet",
        "recent": "recent.csv",
        "target": "is_fraud",
        "positive": 1,
        "classes": [0, 1],
        "task": "binary",
        "features": ["amount", "age", "region"],
        "id": "payment",
        "segments": [
            "region",
            {"column": "age", "bins": [25, 35, 50, 65], "critical": ["18-25"]},
            {"column": "day", "by": "weekend"},
            ["region", {"column": "amount", "bins": 4}],
        ],
        "time": "day",
        "group": "customer",
        "weight": "weight",
    },
    "baseline": {
        "metric": "f1",
        "margin": 0.02,
        "rules": [
            {"name": "big", "when": "amount > 10000 and region == 'north'", "then": 1, "otherwise": 0},
            {"name": "score card", "column": "card"},
        ],
        "current": {"name": "fraud 1.3", "predictions": {"label": "old_label", "score": {"0": "old_0", "1": "old_1"}}},
        "human": {"metric": "recall", "value": 0.8, "n": 200, "source": "Study of May"},
        "cost_per_prediction": {"model": 0.01, "big": 0, "human": 2.5},
    },
    "business": {
        "requirements": [
            {"says": "don't miss fraud", "metric": "recall", "at_least": 0.95},
            {"says": "respond quickly", "metric": "latency_p99_ms", "at_most": 100},
            {"says": "beat the current one by a tenth", "metric": "f1", "above": 0.1, "lift_over": "current"},
        ]
    },
    "segments": {"metrics": ["recall"], "limit": 0.1, "warning": 0.05, "coverage": 0.95, "power": 0.9},
    "errors": {
        "costs": {"false_positive": 10, "false_negative": {"column": "amount"}, "currency": "EUR"},
        "do_nothing": 0,
        "value_per_prediction": 1.5,
        "describe": {"false_positive": "a customer is stopped", "false_negative": "a fraud goes through"},
        "show": ["amount", "region"],
    },
    "stability": {
        "folds": 5,
        "repeats": 4,
        "budget_seconds": 60,
        "half_width": 0.04,
        "churn_met": 0.05,
        "churn_not_met": 0.2,
        "std": 0.04,
    },
    "production": {
        "latency_p50_ms": 10,
        "latency_p95_ms": 50,
        "latency_p99_ms": 100,
        "throughput_per_second": 1000,
        "size_mb": 50,
        "memory_mb": 500,
        "must_handle": ["missing_value", "outlier"],
        "clean_error_accepted": ["unseen_category", "column_order"],
        "drift_warning": 0.1,
        "drift_limit": 0.2,
        "calls": 500,
        "call_seconds": 5,
    },
    "checklist": {
        "monitoring": {"done": True, "by": "Ann", "on": "2026-11-20", "evidence": "dash/7"},
        "ab_test": {"not_applicable": "regulated decision"},
        "legal_review": {"done": False},
    },
    "evidence": "interval",
    "confidence": 0.9,
    "seed": 7,
}


def small_spec(**data: Any) -> Spec:
    return Spec.model_validate(
        {"model": {"name": "a", "version": "1", "path": "m"}, "data": {"test": "t", "target": "y", **data}}
    )


def test_a_full_spec_is_read_and_free_of_contradictions() -> None:
    """Every key at least once."""
    spec = parsed(FULL)
    assert [] == misfits(spec)
    assert datetime.date(2026, 11, 20) == spec.checklist["monitoring"].on
    assert ("region", SegmentColumn(column="amount", bins=4)) == spec.data.segments[3]


def test_a_full_spec_survives_being_written_and_read() -> None:
    """The normalised form in the record is a spec again."""
    spec = parsed(FULL)
    assert spec == Spec.model_validate_json(spec.model_dump_json(), strict=True)


def test_parts_are_frozen() -> None:
    """A spec is what was read."""
    with pytest.raises(ValidationError, match="frozen"):
        small_spec().data.target = "z"  # type: ignore[misc]


def test_defaults_are_those_of_the_policy() -> None:
    """One page holds all default numbers."""
    spec = small_spec()
    assert criteria.SEGMENT_LIMIT == spec.segments.limit
    assert criteria.DRIFT_LIMIT == spec.production.drift_limit
    assert criteria.CHURN_NOT_MET == spec.stability.churn_not_met
    assert criteria.FOLDS == spec.stability.folds


def test_the_origin_of_a_number_is_known() -> None:
    """Also when the spec sets the default value."""
    part = Segments(limit=criteria.SEGMENT_LIMIT)
    assert "set in the spec" == part.origin("limit")
    assert "default" == part.origin("coverage")


def test_alpha_is_what_confidence_leaves() -> None:
    """Without the dust of binary fractions."""
    assert 0.05 == small_spec().alpha
    assert 0.1 == parsed(FULL).alpha


@pytest.mark.parametrize(("key", "op"), [("at_least", ">="), ("at_most", "<="), ("above", ">"), ("below", "<")])
def test_a_requirement_knows_its_sign(key: str, op: str) -> None:
    """A limit of zero is a limit."""
    requirement = Requirement.model_validate({"says": "a", "metric": "b", key: 0})
    assert (op, 0.0) == (requirement.op, requirement.limit)


@pytest.mark.parametrize(
    "extra", [{"at_most": 1}, {"lift_over": "a", "gain_over": "b"}, {"at_least": None, "below": 1, "lift_over": "a"}]
)
def test_a_requirement_is_one_claim(extra: dict[str, Any]) -> None:
    """One limit, one kind of gain, and gains only upwards."""
    with pytest.raises(ValidationError):
        Requirement.model_validate({"says": "a", "metric": "b", "at_least": 0.5, **extra})


@pytest.mark.parametrize(
    "on", [20261122, "86400", "2026-11-22T10:00:00", "22.11.2026", datetime.datetime(2026, 11, 22)]
)
def test_days_are_dates_and_nothing_else(on: object) -> None:
    """A number would otherwise pass as seconds since 1970."""
    with pytest.raises(ValidationError, match="expected a date such as"):
        Attestation.model_validate({"on": on})


@pytest.mark.parametrize(
    "costs",
    [
        {"false_positive": 1, "false_negative": 0},
        {"under": 1, "over": 2},
        {"matrix": {"a": {"a": 0, "b": 1}, "b": {"a": 5, "b": 0}}},
    ],
)
def test_costs_come_in_one_complete_way(costs: dict[str, Any]) -> None:
    """Each alone is fine, any two are not."""
    assert Costs.model_validate(costs)
    with pytest.raises(ValidationError, match="has both"):
        Costs.model_validate({**costs, **({"under": 1, "over": 1} if "under" not in costs else {"false_positive": 1})})


def test_a_model_is_strict_about_text() -> None:
    """1.4 is a number, also from Python."""
    with pytest.raises(ValidationError, match="valid string"):
        Model.model_validate({"name": "a", "version": 1.4, "path": "m"})


@pytest.mark.parametrize(
    ("label", "text"), [(True, "true"), (False, "false"), (1, "1"), (1.5, "1.5"), ("fraud", "fraud")]
)
def test_labels_as_keys(label: Any, text: str) -> None:
    """As they are written in YAML."""
    assert text == label_text(label)


@pytest.mark.parametrize(
    ("data", "task"),
    [
        ({}, None),
        ({"positive": True}, "binary"),
        ({"positive": False}, "binary"),
        ({"classes": [0, 1]}, "binary"),
        ({"classes": ["a", "b", "c"]}, "multiclass"),
        ({"task": "regression"}, "regression"),
    ],
)
def test_the_task_as_far_as_the_spec_tells(data: dict[str, Any], task: str | None) -> None:
    """A positive class is one even when it is false."""
    assert task == stated_task(small_spec(**data))


def test_baselines_by_task() -> None:
    """Guesses first, people last."""
    assert ("mean", "median") == baseline_names(small_spec(task="regression"))
    assert (
        "uniform",
        "majority",
        "stratified",
        "minority",
        "big",
        "score card",
        "current",
        "fraud 1.3",
        "human",
    ) == baseline_names(parsed(FULL))


def test_boolean_one_and_number_one_are_two_classes_of_value() -> None:
    """The kind of a label is kept, in every place that holds one."""
    spec = parsed({**FULL, "data": {**FULL["data"], "positive": True, "classes": [False, True]}})
    assert spec.data.positive is True
    assert (False, True) == spec.data.classes
    assert type(parsed(FULL).data.positive) is int


def test_unknown_keys_are_errors_in_every_part() -> None:
    """Also in Python."""
    assert all(part.model_config["extra"] == "forbid" for part in [Part, *Part.__subclasses__()])


# JSON Schema ----------------------------------------------------------------------------------------------------

SCHEMA = spec_schema()


def parts(part: type[Part] = Spec) -> Iterator[type[Part]]:
    yield part
    open_annotations: list[Any] = [field.annotation for field in part.model_fields.values()]
    for annotation in open_annotations:
        if isinstance(annotation, type) and issubclass(annotation, Part):
            yield from parts(annotation)
        else:
            open_annotations += get_args(annotation)


def test_it_is_a_valid_schema_and_says_which() -> None:
    """Draft 2020-12, with an identifier that will stay."""
    Draft202012Validator.check_schema(SCHEMA)
    assert "https://json-schema.org/draft/2020-12/schema" == SCHEMA["$schema"]
    assert "urn:model-readiness:spec:v1" == SCHEMA["$id"]
    assert SCHEMA["title"]


def test_a_full_spec_passes() -> None:
    """The one that the reader takes."""
    Draft202012Validator(SCHEMA).validate(FULL)


def test_every_key_of_every_part_is_in_it_and_described() -> None:
    """Editors show the descriptions; there is one source for them."""
    for part in set(parts()):
        schema = SCHEMA if part is Spec else SCHEMA["$defs"][part.__name__]
        assert set(part.model_fields) == set(schema["properties"])
        assert schema["additionalProperties"] is False
        assert [] == [key for key, value in schema["properties"].items() if not value.get("description")]


def test_titles_that_repeat_the_key_are_left_out() -> None:
    """They would cover the descriptions in editors."""
    assert [] == [key for key, value in SCHEMA["properties"].items() if "title" in value]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("model", "version"), 1.4),
        (("model", "sha256"), "abc"),
        (("model", "nmae"), "a"),
        (("data", "target"), None),
        (("data", "segments"), [5]),
        (("data", "task"), "clustering"),
        (("confidence",), 95),
        (("checklist", "monitering"), {}),
        (("checklist", "monitoring", "done"), "yes"),
        (("errors", "costs", "false_positive"), {"colum": "a"}),
        (("errors", "costs", "false_positive"), -1),
        (("business", "requirements", 0, "metric"), 5),
    ],
)
def test_broken_specs_fail_as_they_do_in_the_reader(path: tuple[str | int, ...], value: object) -> None:
    """Each with one fault in an otherwise full spec."""
    spec: Any = copy.deepcopy(FULL)
    inner = spec
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(SchemaError):
        Draft202012Validator(SCHEMA).validate(spec)
    with pytest.raises(ValidationError):
        parsed(spec)
