"""Supplied measurements that contradict the rest of a spec are told with their key."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from readiness.core.policy import Task
from readiness.spec.checks import misfits
from readiness.spec.schema import Spec
from readiness.spec.supplied_checks import supplied_columns, supplied_key

FIRST, SECOND = {"label": "p1", "fold": "f1"}, {"label": "p2", "fold": "f2"}


def spec_of(folds: list[Any] | None = None, *, data: dict[str, Any] | None = None, **parts: Any) -> Spec:
    """A spec of predictions; `folds` are repeats."""
    supplied = parts.pop("supplied", {})
    if folds is not None:
        supplied = supplied | {"folds": {"repeats": folds, "source": "s"} | supplied.get("folds", {})}
    base = {"test": "t.csv", "train": "r.csv", "target": "y", "positive": 1}
    model = {"name": "m", "version": "1", "predictions": {"label": "p"}}
    return Spec.model_validate(
        {"model": model, "data": base | (data or {}), "supplied": supplied, **parts}
    )  # fmt: skip


def told(spec: Spec) -> dict[str, str]:
    """The faults by their dotted key."""
    return {".".join(map(str, key)): text for key, text in misfits(spec)}


def test_what_fits_is_not_told() -> None:
    """Two repeats, two seeds and a log."""
    seeds = {"refits": [{"score": "s1"}, {"score": "s2"}], "source": "s"}
    latency = {"path": "calls.parquet", "column": "ms", "source": "s"}
    spec = spec_of([FIRST, SECOND], supplied={"seeds": seeds, "latency": latency})
    assert {} == told(spec)
    assert ("p1", "f1", "p2", "f2") == supplied_columns(spec, "train")
    assert ("s1", "s2") == supplied_columns(spec, "test")
    assert ("supplied", "folds", "repeats", 1, "fold") == supplied_key(spec, "train", "f2")
    assert supplied_key(spec, "test", "f2") is None
    assert {"supplied latency": "calls.parquet"} == spec.supplied.files


FAULTS = {
    "the target": (spec_of([FIRST, {"label": "y", "fold": "f2"}]), "folds.repeats.1.label", "holds the truth"),
    "another role": (spec_of([FIRST, SECOND], data={"group": "f1"}), "folds.repeats.0.fold", "is data.group"),
    "a feature": (spec_of([FIRST, SECOND], data={"features": ["p1"]}), "folds.repeats.0.label", "one of data.features"),
    "twice": (spec_of([FIRST, {"label": "p1", "fold": "f2"}]), "folds.repeats.1.label", "named twice"),
    "no training rows": (spec_of([FIRST, SECOND], data={"train": None}), "folds", "needs data.train"),
    "score of numbers": (
        spec_of([FIRST, {"score": "p2", "fold": "f2"}], data={"task": "regression", "positive": None}),
        "folds.repeats.1.score", "a regression has no scores"),
    "no score": (spec_of([FIRST, SECOND], baseline={"metric": "roc_auc"}), "folds.repeats.0", "names no score"),
    "a class too many": (
        spec_of([FIRST, {"score": {"0": "a", "1": "b", "2": "c"}, "fold": "f2"}], data={"classes": [0, 1]}),
        "folds.repeats.1.score.2", "is not in data.classes"),
    "a column of text": (
        spec_of(supplied={"latency": {"path": "calls.txt", "column": "ms", "source": "s"}}),
        "latency.column", "belongs to a Parquet file"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_misfits(fault: str) -> None:
    """Each is told once, under its key."""
    spec, key, words = FAULTS[fault]
    found = told(spec)
    assert words in found[f"supplied.{key}"]


def test_a_table_of_its_own_may_use_names_of_other_tables() -> None:
    """Only the target's name would be a doubt."""
    given = {"folds": {"table": "f.csv"}}
    assert {} == told(spec_of([FIRST, SECOND], data={"group": "f1"}, supplied=given))
    assert () == supplied_columns(spec_of([FIRST, SECOND], supplied=given), "train")
    assert "supplied.folds.repeats.0.fold" in told(spec_of([FIRST | {"fold": "y"}, SECOND], supplied=given))


def test_a_ranking_has_one_score() -> None:
    """Scores of classes have no order."""
    both = {"score": {"0": "a", "1": "b"}, "fold": "f2"}
    data = {"task": Task.RANKING, "query": "q", "positive": None}
    assert "a ranking has one score" in told(spec_of([FIRST, both], data=data))["supplied.folds.repeats.1.score"]


@pytest.mark.parametrize(
    "supplied",
    [
        {"folds": {"repeats": [FIRST], "source": "s"}},
        {"seeds": {"refits": [{"label": "a"}], "source": "s"}},
        {"size_mb": {"value": 0, "source": "s"}},
        {"size_mb": {"value": float("inf"), "source": "s"}},
        {"size_mb": {"value": 1, "source": "  "}},
        {"probes": {"mutation": {"passed": True, "source": "s"}}},
        {"probes": {"one_row": {"passed": True}}},
    ],
)
def test_what_is_incomplete_is_refused(supplied: dict[str, Any]) -> None:
    """One repeat shows no change, no figure is 0, and nobody stands behind a figure without a source."""
    with pytest.raises(ValidationError):
        spec_of(supplied=supplied)
