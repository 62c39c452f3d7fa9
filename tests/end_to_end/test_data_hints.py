"""Warnings about the data in a whole review: columns that nobody asked for are read, and do no harm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from readiness.evidence import columns
from readiness.evidence.collect import gather
from tests.conftest import make_rows
from tests.walking import walk


def with_customers(rows):
    """Every customer has one answer, whatever the features say."""
    rng = np.random.default_rng(0)
    customer = rng.integers(160, size=len(rows))
    wrong = rng.random(160)[customer] < 0.3
    return rows.assign(y=np.where(wrong, 1 - rows["y"], rows["y"]), customer_id=customer)


def test_units_that_nobody_named_stand_on_the_page(review_files):
    """A column without a role, and a tenth of the test rows taken from the training table."""
    test = with_customers(make_rows(800, 2))
    known = make_rows(600, 1).head(80).assign(customer_id=np.arange(80) + 1000)
    walked = walk(review_files(test=pd.concat([test, known], ignore_index=True)), figures=False)

    assert {} == walked.failed
    doubts = {finding.code: finding for finding in walked.record.soundness.doubts}
    assert "customer_id" in doubts["EVID-GROUPS-1"].reason
    assert "name customer_id under data.group" in walked.page.casefold()


def test_a_spare_column_that_cannot_be_read_is_no_fault(tmp_path):
    """A column of whole numbers that turns into text far down in a CSV file: nobody asked for it."""
    n = 60_000
    frame = pd.DataFrame({"y": np.arange(n) % 2, "said": np.arange(n) % 2, "f": np.arange(n), "note": "1"})
    frame.loc[n - 1, "note"] = "late"
    frame.to_csv(tmp_path / "test.csv", index=False)
    path = tmp_path / "readiness.yaml"
    path.write_text(
        "model: {name: m, version: '1', predictions: {label: said}}\n"
        "data: {test: test.csv, target: y, positive: 1, features: [f]}\n"
    )

    assert n == gather(path).cases.n


def test_large_tables_are_spared_what_nobody_asked_for(review_files, monkeypatch):
    """Above the limit of rows only the columns of the spec are read."""
    path = review_files(test=with_customers(make_rows(800, 2)))

    assert "customer_id" in gather(path).rows
    monkeypatch.setattr(columns, "SPARE_ROWS", 700)
    assert "customer_id" not in gather(path).rows
