"""Files of hashed training rows: the same bytes each time, read as written, and nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readiness.core.errors import DataError, InputError, SpecError
from readiness.evidence.preflight import preflight
from readiness.evidence.row_hashes import (
    check_place,
    hashes_like,
    hashes_of,
    hashes_of_source,
    read_hashes,
    write_hashes,
)
from readiness.spec.load import load_spec
from tests.conftest import make_rows
from tests.evidence.test_copies import rows

COLUMNS = ("x", "z", "kind", "level")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rows.txt"
    write_hashes(hashes_of(rows(50), COLUMNS, names_rows=False), path)
    return path


def test_the_same_rows_give_the_same_file(tmp_path, file):
    """In any order of rows, and however they are stored."""
    stored = rows(50).sample(frac=1, random_state=1).astype({"kind": "category", "level": "float"})
    write_hashes(hashes_of(stored, COLUMNS, names_rows=False), tmp_path / "again.txt")

    assert file.read_bytes() == (tmp_path / "again.txt").read_bytes()
    assert 51 == file.read_bytes().count(b"\n")


def test_what_was_written_is_read(file):
    """And rows of another table are found in it."""
    given = read_hashes(file)

    assert (COLUMNS, False, "", 50) == (given.columns, given.names_rows, given.target, len(given.hashes))
    assert np.isin(hashes_like(rows(50), given), given.hashes).all()
    assert not np.isin(hashes_like(rows(50, 1), given), given.hashes).any()


def test_rows_without_a_name_are_of_no_table():
    """They are neither hashed nor found."""
    frame = pd.DataFrame({"name": ["a", None, "b", ""]})
    given = hashes_of(frame, ("name",), names_rows=True)

    assert 2 == len(given.hashes)
    assert [True, False, True, False] == np.isin(hashes_like(frame, given), given.hashes).tolist()
    with pytest.raises(DataError, match="No row has a value"):
        hashes_of(frame[1:2], ("name",), names_rows=True)


def head(**changes):
    described = {"columns": ["x"], "format": "readiness-training-rows/v1", "of": "rows", "rows": 1, "target": ""}
    return json.dumps({**described, **changes}).encode()


LINE = b"0123456789abcdef\n"
GARBLED = {
    "empty": b"",
    "no lines": b"abc",
    "no JSON": b"{\n" + LINE,
    "deep JSON": b"[" * 100_000 + b"\n" + LINE,
    "another format": head(format="x") + b"\n" + LINE,
    "no columns": head(columns=[]) + b"\n" + LINE,
    "columns that are no names": head(columns=[1]) + b"\n" + LINE,
    "a column twice": head(columns=["x", "x"]) + b"\n" + LINE,
    "of something else": head(of="cells") + b"\n" + LINE,
    "names of two columns": head(of="names", columns=["x", "z"]) + b"\n" + LINE,
    "a target elsewhere": head(target="y") + b"\n" + LINE,
    "no number of rows": head(rows=True) + b"\n" + LINE,
    "too few hashes": head(rows=2) + b"\n" + LINE,
    "too many": head() + b"\n" + LINE * 2,
    "not in order": head(rows=2) + b"\n" + b"1" * 16 + b"\n" + b"0" * 16 + b"\n",
    "no hexadecimal digits": head() + b"\n" + b"g" * 16 + b"\n",
    "capitals": head() + b"\n" + b"A" * 16 + b"\n",
    "a longer line": head() + b"\n" + LINE[:-1] + b"0\n",
    "no last line end": head() + b"\n" + LINE[:-1],
    "bytes": bytes(range(256)) * 20,
    "a row without a name": head(of="names") + b"\n" + b"0" * 16 + b"\n",
}


@pytest.mark.parametrize("fault", GARBLED)
def test_what_is_no_such_file_is_refused(tmp_path, fault):
    """With the remedy, and never with a traceback."""
    (tmp_path / "rows.txt").write_bytes(GARBLED[fault])
    with pytest.raises(DataError) as refused:
        read_hashes(tmp_path / "rows.txt")
    assert "hash-rows" in refused.value.remedy


def test_a_file_that_is_not_there_is_refused(tmp_path):
    """Nor is a folder a file."""
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(DataError, match="not there"):
            read_hashes(path)


def test_a_spec_says_what_is_hashed(tmp_path, review_files):
    """Names where there are any, else the features that the test table has, and the target."""
    path = review_files()
    assert (("a", "b", "group", "y"), "y") == ((found := hashes_of_source(path)).columns, found.target)
    make_rows(600, 1).assign(case=range(600), extra=1).to_parquet(tmp_path / "train.parquet")
    assert "extra" not in hashes_of_source(path).columns
    with pytest.raises(InputError, match="beside a spec"):
        hashes_of_source(path, name="case")
    path = review_files({"data": {"id": "case"}})
    make_rows(600, 1).assign(case=range(600)).to_parquet(tmp_path / "train.parquet")
    assert hashes_of_source(path).names_rows


def test_a_table_needs_its_columns_named(tmp_path):
    """The truth, a name, or single features; else every column is one."""
    rows(20).to_csv(tmp_path / "train.csv", index=False)
    table = tmp_path / "train.csv"

    assert {"x", "z", "kind", "level", "name"} == set(hashes_of_source(table).columns)
    assert ("name",) == hashes_of_source(table, name="name").columns
    assert ("x", "level") == hashes_of_source(table, target="level", columns=("x",)).columns
    with pytest.raises(DataError, match="lacks"):
        hashes_of_source(table, name="nobody")


@pytest.mark.parametrize(
    "options",
    [
        {"name": "name", "target": "level"}, {"name": "name", "columns": ("x",)}, {"name": ""}, {"target": ""},
        {"columns": ("x", "")},
    ],
)  # fmt: skip
def test_options_that_mean_nothing_together_are_refused(tmp_path, options):
    """Names of rows and what rows hold are two ways; an empty name is no column."""
    rows(20).to_csv(tmp_path / "train.csv", index=False)
    with pytest.raises(InputError) as refused:
        hashes_of_source(tmp_path / "train.csv", **options)
    assert refused.value.remedy


def test_hashes_never_overwrite_what_they_are_made_from(tmp_path, monkeypatch):
    """By its name, another spelling of the path, a link or a second name."""
    table = tmp_path / "train.csv"
    rows(20).to_csv(table, index=False)
    before = table.read_bytes()
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.txt").symlink_to(table)
    (tmp_path / "second.txt").hardlink_to(table)
    monkeypatch.chdir(tmp_path)
    for out in ("train.csv", "./folder/../train.csv", "link.txt", "second.txt", str(table)):
        with pytest.raises(InputError, match="would be overwritten"):
            check_place(Path(out), table)
    assert before == table.read_bytes()
    check_place(tmp_path / "new" / "rows.txt", table)


def test_hashes_never_overwrite_what_a_review_reads(tmp_path, review_files):
    """Neither the spec nor a table of it."""
    path = review_files()
    for name in (path.name, "train.parquet", "test.parquet"):
        with pytest.raises(InputError, match="would be overwritten"):
            check_place(tmp_path / name, path)


def test_a_place_where_no_file_can_be_is_refused(tmp_path, monkeypatch):
    """A folder, what lies below a file, and no name at all."""
    table = tmp_path / "train.csv"
    rows(20).to_csv(table, index=False)
    monkeypatch.chdir(tmp_path)
    for out, words in (("", "is a folder"), (str(tmp_path), "is a folder"), ("train.csv/rows.txt", "lies below")):
        with pytest.raises(InputError, match=words) as refused:
            check_place(Path(out), table)
        assert "--out" in refused.value.remedy


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": {"known_at": {"aa": {"when": "before", "by": "x", "on": "2026-01-01", "why": "w"}}}}, 'column "aa"'),
        ({"data": {"independent": {"grop": {"by": "x", "on": "2026-01-01", "why": "w"}}}}, 'did you mean "group"'),
        ({"production": {"drift_exempt": ["nope"]}}, 'column "nope"'),
        ({"production": {"invariant": [{"column": "grop"}]}}, 'did you mean "group"'),
        ({"production": {"monotonic": [{"column": "y", "direction": "increasing"}]}}, "is the target"),
        ({"data": {"known_at": {"y": {"when": "before", "by": "x", "on": "2026-01-01", "why": "w"}}}}, "is the target"),
        ({"soundness": {"seen": {"by": "x", "on": "2999-01-01", "why": "w"}}}, "lies in the future"),
    ],
)
def test_words_that_do_nothing_are_told(changes, words, review_files):
    """Of columns that no table has, of the target, and given on a day that is still to come."""
    path = review_files({**changes, "about": {"prepared_by": ["the builder"]}})
    with pytest.raises(SpecError) as refused:
        preflight(load_spec(path))
    assert words in str(refused.value) + " ".join(refused.value.problems)
