"""monitoring.yaml and schema.json: what a pipeline makes of them, and that hostile texts do nothing in them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas as pa
import pytest
import yaml

from readiness.report.monitoring.files import FORMAT, TITLE, monitoring_yaml, schema_json
from readiness.verdict.record import signed_form
from tests.report.monitoring.reviewed import HOSTILE, TASKS, columns, review_of
from tests.report.page import records


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    text = monitoring_yaml(review_of("binary"))
    assert text is not None
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@pytest.fixture(scope="module")
def schema() -> pa.DataFrameSchema:
    text = schema_json(review_of("binary"))
    assert text is not None
    return pa.DataFrameSchema.from_json(text)


# ----------------------------------------------------------------------------------------------------
# schema.json, as a pipeline uses it


@pytest.mark.parametrize("seed", [1, 2])
def test_the_reviewed_rows_are_green(schema: pa.DataFrameSchema, seed: int) -> None:
    """Training rows and test rows, as a table holds them."""
    frame = columns(seed)
    assert len(schema.validate(frame, lazy=True)) == len(frame)


def test_rows_as_another_library_reads_them_are_green(schema: pa.DataFrameSchema) -> None:
    """Other columns beside them, another order, prices without a cent, texts as categories."""
    frame = columns(1).assign(extra=1)
    frame = frame[list(reversed(frame.columns))]
    frame["income"] = frame["income"].fillna(30_000).round().astype("int64")
    frame["channel"] = frame["channel"].astype("category")
    schema.validate(frame, lazy=True)


@pytest.mark.parametrize(
    ("column", "values", "check"),
    [
        ("age", 240, "in_range"),
        ("income", -5.0, "in_range"),
        ("income", np.inf, "in_range"),
        ("channel", "fax", "isin"),
        ("channel", None, "not_nullable"),
        ("age", None, ""),
        ("is_new", "maybe", "dtype"),
        (HOSTILE, "many", ""),
    ],
)
def test_one_bad_value_is_red(schema: pa.DataFrameSchema, column: str, values: Any, check: str) -> None:
    """Out of range, a new category, a gap where none has been, another type."""
    frame = columns(1)
    frame[column] = frame[column].astype(object)
    frame.loc[3, column] = values
    if column in ("age", "income"):
        frame[column] = pd.to_numeric(frame[column])
    with pytest.raises(pandera.errors.SchemaErrors) as error:
        schema.validate(frame, lazy=True)
    cases = error.value.failure_cases
    assert set(cases["column"]) == {column}
    assert cases["check"].astype(str).str.contains(check).any()


def test_a_missing_column_is_red(schema: pa.DataFrameSchema) -> None:
    with pytest.raises(pandera.errors.SchemaErrors, match="channel"):
        schema.validate(columns(1).drop(columns="channel"), lazy=True)


def test_gaps_are_green_where_the_report_has_seen_some(schema: pa.DataFrameSchema) -> None:
    schema.validate(columns(1).assign(income=np.nan), lazy=True)


@pytest.mark.parametrize("task", TASKS)
def test_pandera_reads_the_schema_of_every_task(task: str) -> None:
    """And writes it again without loss, so that nothing of it was passed over."""
    text = schema_json(review_of(task))
    assert text is not None
    read = pa.DataFrameSchema.from_json(text)
    assert list(read.columns) == list(columns(0, 2))
    assert read.title == TITLE
    assert pa.DataFrameSchema.from_json(read.to_json()) == read


def test_free_text_and_rare_values_are_not_in_the_schema() -> None:
    text = schema_json(review_of("binary"))
    assert text is not None
    written = json.loads(text)
    assert written["columns"]["note"]["checks"] is None
    assert "call 1 of" not in text
    assert written["columns"]["channel"]["checks"] == {"isin": ["phone", "shop", "web"]}


# ----------------------------------------------------------------------------------------------------
# monitoring.yaml, by itself


def index(counts: np.ndarray, now: np.ndarray) -> float:
    """The formula of docs/monitoring.md, written from the docs and nothing else."""
    used = counts + now > 0
    before, after = counts[used] + 0.5, now[used] + 0.5
    p, q = before / before.sum(), after / after.sum()
    return float(((p - q) * np.log(p / q)).sum())


def binned(values: pd.Series, bins: dict[str, Any]) -> np.ndarray:
    known = values.dropna()
    if "edges" in bins:
        counts = np.bincount(np.searchsorted(bins["edges"], known), minlength=len(bins["edges"]) + 1)
        return np.append(counts, values.isna().sum())
    own = [int((known.astype(str) == value).sum()) for value in bins["values"]]
    return np.array([*own, len(known) - sum(own), int(values.isna().sum())])


@pytest.mark.parametrize("column", ["income", "age", "channel", "is_new", HOSTILE])
def test_the_index_of_a_window_can_be_computed_from_the_file_alone(plan: dict[str, Any], column: str) -> None:
    """A window of like rows is silent; one that has moved sounds."""
    drift = next(each for each in plan["signals"]["inputs"] if each["column"] == column)["psi"]
    rows = drift["window"]["rows"]
    window = columns(9).head(rows)
    counts = np.asarray(drift["bins"]["counts"], dtype=float)
    limit = drift["alarm"][0]["at_or_above"]
    assert index(counts, binned(window[column], drift["bins"])) < limit
    moved = window[column]
    moved = (
        moved * 3 + 50 if moved.dtype.kind in "if" else moved.map({"web": "fax", True: False}).fillna(moved.iloc[-1])
    )
    assert index(counts, binned(moved, drift["bins"])) >= limit


def test_the_plan_says_what_an_engineer_asks_for(plan: dict[str, Any]) -> None:
    """Stages, windows, alarms, rollbacks, sources, chances, and what is not watched."""
    assert plan["format"] == FORMAT
    assert plan["report"]["release"] is False
    assert [stage["share"] for stage in plan["stages"]] == [0.05, 0.25, 1]
    first = plan["stages"][0]["windows"]["performance"]
    assert first["of_all_traffic"] >= 20 * first["rows"] - 20
    recall = next(each for each in plan["signals"]["performance"] if each["from"] == ["BUSI-1"])
    assert {"watch", "measured", "required", "window", "alarm", "roll_back", "chances"} <= set(recall)
    assert recall["required"]["value"] == 0.6
    assert recall["measured"]["compared"] < recall["measured"]["value"]
    assert {each["what"] for each in plan["not_watched"]} >= {"Calls without an answer"}


@pytest.mark.parametrize("task", TASKS)
def test_the_same_record_gives_the_same_bytes(task: str) -> None:
    """Also from its signed form; every number is one, and no key is another thing than a text."""
    record = signed_form(review_of(task))
    text, again = monitoring_yaml(record), monitoring_yaml(signed_form(record))
    assert text is not None
    assert text == again
    assert schema_json(record) == schema_json(signed_form(record))
    assert ".nan" not in text
    assert ".inf" not in text
    assert "!!" not in text


def test_hostile_texts_are_only_texts(plan: dict[str, Any]) -> None:
    """A column's name that would be YAML comes back as the name; nothing hidden stands in the file."""
    assert HOSTILE in {each["column"] for each in plan["signals"]["inputs"]}
    text = monitoring_yaml(review_of("binary"))
    assert text is not None
    assert "\u202e" not in text
    hostile = monitoring_yaml(records.hostile())
    assert hostile is not None
    assert yaml.safe_load(hostile)["model"]["name"] == records.hostile().gathered.model.name


def test_partial_and_old_records_have_no_files() -> None:
    assert schema_json(records.ready()) is None
