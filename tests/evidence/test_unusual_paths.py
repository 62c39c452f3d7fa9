"""Tables and models are read under any name that the system allows; what cannot be looked at is told with its key."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readiness.core.errors import DataError, InputError, SpecError
from readiness.evidence.preflight import preflight
from readiness.evidence.supplied.read import _column_of
from readiness.evidence.tables import header, read_table
from readiness.spec.load import load_spec, pin_of
from readiness.starter.table_guesses import guess_columns

ROWS = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "ü", "z"]})
LONG = "a" * 300


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose name is not UTF-8."""
    path = tmp_path / os.fsdecode(b"d\xe4")
    try:
        path.mkdir()
    except OSError:
        pytest.skip("this file system wants UTF-8")
    return path


@pytest.mark.parametrize("name", [b"t.csv", b"t.CSV.GZ", b"t.parquet", b"\xe4.csv"])
def test_names_need_not_be_utf8(folder: Path, tmp_path: Path, name: bytes) -> None:
    """The same rows come out, packed or not."""
    path = folder / os.fsdecode(name)
    if path.suffix == ".parquet":
        ROWS.to_parquet(tmp_path / "t")
        (tmp_path / "t").rename(path)
    else:
        text = ROWS.to_csv(index=False).encode()
        path.write_bytes(gzip.compress(text) if path.suffix == ".GZ" else text)
    assert ("a", "b") == header(path).columns
    pd.testing.assert_frame_equal(ROWS, read_table(path))
    assert ("a", "b") == guess_columns(path).columns


def test_faults_of_such_a_table_are_told(folder: Path) -> None:
    """With the line, which is counted in a second reading."""
    (folder / "t.csv").write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(DataError, match="has 3 values; expected 2"):
        read_table(folder / "t.csv")
    (folder / "t.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_table(folder / "t.parquet")


def test_a_log_of_calls_is_found_there_too(folder: Path, tmp_path: Path) -> None:
    """As all tables."""
    pd.DataFrame({"ms": [1.5, 2.0]}).to_parquet(tmp_path / "t")
    (tmp_path / "t").rename(folder / "t.parquet")
    np.testing.assert_array_equal([1.5, 2.0], _column_of(folder / "t.parquet", "ms"))


def test_every_path_of_a_spec_that_cannot_be_looked_at_is_told(review_files) -> None:
    """All at once, each with its key."""
    path = review_files({"data": {"test": f"{LONG}.csv", "train": f"{LONG}.csv"}, "model": {"path": LONG}})
    with pytest.raises(SpecError) as caught:
        preflight(load_spec(path))
    told = [text for text in caught.value.problems if "cannot be looked at: File name too long" in text]
    assert ["data.test", "data.train", "model.path"] == [
        key for key in ("data.test", "data.train", "model.path") if any(f"{key}: " in text for text in told)
    ]


def test_a_pin_of_what_cannot_be_looked_at(review_files) -> None:
    """Bad input, in words."""
    with pytest.raises(InputError, match="cannot be looked at"):
        pin_of(review_files({"model": {"path": LONG, "sha256": None}}), ())
