"""Tables: what is read, what is refused, and in which words."""

from __future__ import annotations

import datetime
import gzip
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from readiness.core.errors import DataError, InputError
from readiness.core.files import Artifact, Role, manifest, sha256_file, sha256_path
from readiness.evidence.tables import as_read, header, holds_many, read, read_table, whole_numbers


def write(folder: Path, content: bytes | str, name: str = "rows.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path, columns: list[str] | None = None) -> str:
    """What the reader says when it refuses a table."""
    with pytest.raises(DataError) as caught:
        read_table(path, columns)
    return str(caught.value)


def test_header_of_csv_reads_names_and_types_but_counts_no_rows(tmp_path: Path) -> None:
    """A CSV header gives names and types of the first block; rows are unknown."""
    head = header(write(tmp_path, "age,name,paid\n1,x,true\n"))
    assert (head.columns, head.types, head.rows) == (("age", "name", "paid"), ("int64", "string", "bool"), None)


def test_header_of_parquet_knows_the_rows(tmp_path: Path) -> None:
    """Parquet stores the number of rows, so it costs nothing."""
    pd.DataFrame({"a": [1, 2, 3]}).to_parquet(tmp_path / "t.parquet")
    head = header(tmp_path / "t.parquet")
    assert (head.columns, head.rows) == (("a",), 3)


def test_byte_order_mark_carriage_returns_and_line_breaks_in_quotes(tmp_path: Path) -> None:
    """A file from a Windows spreadsheet reads like any other."""
    frame = read_table(write(tmp_path, b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n2,z\r\n'))
    assert {"a": [1, 2], "b": ["x\r\ny", "z"]} == frame.to_dict("list")


def test_compressed_csv(tmp_path: Path) -> None:
    """A gzip-compressed CSV reads like a plain one."""
    path = write(tmp_path, gzip.compress(b"a,b\n1,2\n"), "rows.csv.gz")
    assert [[1, 2]] == read_table(path).to_numpy().tolist()


def test_columns_come_in_the_order_asked_and_once(tmp_path: Path) -> None:
    """Only the needed columns are read, in the order asked, each once."""
    path = write(tmp_path, "a,b,c\n1,2,3\n")
    assert ["c", "a"] == list(read_table(path, ["c", "a", "c"]).columns)


def test_column_without_a_name_is_called_as_pandas_calls_it(tmp_path: Path) -> None:
    """The index that to_csv leaves behind is "Unnamed: 0", as for pandas, and can be read by that name."""
    path = write(tmp_path, ",a\n7,1\n")
    assert ("Unnamed: 0", "a") == header(path).columns
    assert [7] == read_table(path, ["Unnamed: 0"])["Unnamed: 0"].tolist()


def test_csv_types_are_those_that_models_take(tmp_path: Path) -> None:
    """Whole numbers with a gap become floats, without a gap integers; dates are dates, times of day text."""
    path = write(tmp_path, "whole,gap,truth,day,clock,empty\n1,1,true,2026-01-31,12:30,\n0,,false,2026-02-01,13:00,\n")
    frame = read_table(path)
    assert ["int64", "float64", "bool", "datetime64", "str", "float64"] == [
        str(dtype).split("[")[0].replace("object", "str") for dtype in frame.dtypes
    ]
    assert ["12:30", "13:00"] == frame["clock"].tolist()
    assert datetime.datetime(2026, 1, 31) == frame["day"][0]


def test_words_for_missing_are_those_of_pandas(tmp_path: Path) -> None:
    """The same cells are missing as for pandas.read_csv."""
    path = write(tmp_path, 'a,b\nx,1\nNA,n/a\n"",2\nNone,<NA>\nNaN,null\nna,3\n')
    assert pd.read_csv(path).isna().to_numpy().tolist() == read_table(path).isna().to_numpy().tolist()


def test_truth_values_with_a_gap_are_as_pandas_gives_them(tmp_path: Path) -> None:
    """True, missing, False stays True, NaN, False."""
    path = write(tmp_path, "a,b\nTrue,1\n,1\nFalse,1\n")
    values = read_table(path)["a"].tolist()
    assert (True, False) == (values[0], values[2])
    assert np.isnan(values[1])


def test_ones_zeros_and_words_are_text(tmp_path: Path) -> None:
    """A column of ones, zeros and "true" is no column of truth values; the change is told."""
    table = read(write(tmp_path, "a\n1\n0\ntrue\n"))
    assert ["1", "0", "true"] == table.frame["a"].tolist()
    assert 1 == len(table.notes)


def test_late_word_in_a_column_of_numbers_is_told_with_its_row(tmp_path: Path) -> None:
    """A word far behind the first block turns the column into text, and the note names column, word and row."""
    path = write(tmp_path, b"id,age\n" + b"1,2\n" * 400_000 + b"1,unknown\n")
    table = read(path)
    assert (
        "Column 'age' holds numbers, but 'unknown' in row 400,001 (1 such row); the whole column is read as text.",
    ) == table.notes
    assert "int64" == str(table.frame["id"].dtype)


def test_late_decimal_in_a_column_of_integers_is_a_number(tmp_path: Path) -> None:
    """Integers first and a decimal late are floats, without a note."""
    table = read(write(tmp_path, b"a\n" + b"1\n" * 600_000 + b"1.5\n"))
    assert ("float64", ()) == (str(table.frame["a"].dtype), table.notes)


def test_parquet_types(tmp_path: Path) -> None:
    """Categories stay; nullable integers become plain ones or floats; decimals become floats; an index goes."""
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(["u", "v"], categories=["v", "u", "w"]),
            "full": pd.array([1, 2], dtype="Int64"),
            "gap": pd.array([1, None], dtype="Int64"),
        },
        index=["r", "s"],
    )
    table = pa.Table.from_pandas(frame).append_column("price", pa.array([1, 2]).cast(pa.decimal128(22, 2)))
    pq.write_table(table, tmp_path / "t.pq")
    read_back = read_table(tmp_path / "t.pq")
    assert ["category", "int64", "float64", "float64"] == [str(dtype) for dtype in read_back.dtypes]
    assert ["v", "u", "w"] == list(read_back["kind"].cat.categories)


def test_whole_numbers_undoes_what_a_gap_does_to_integers() -> None:
    """0.0, NaN, 1.0 are the integers 0 and 1 with a gap; 0.5 and text stay."""
    assert [0, pd.NA, 1] == whole_numbers(pd.Series([0.0, np.nan, 1.0])).tolist()
    assert "float64" == str(whole_numbers(pd.Series([0.5, 1.0])).dtype)
    assert "float64" == str(whole_numbers(pd.Series([np.inf, 1.0])).dtype)
    assert ["a"] == whole_numbers(pd.Series(["a"])).tolist()


def test_missing_column_names_the_near_miss(tmp_path: Path) -> None:
    """A missing column is answered with what the table has and what was probably meant."""
    message = refusal(write(tmp_path, "Amount,region\n1,x\n"), ["amount"])
    assert 'lacks 1 of the needed columns: "amount"; did you mean "Amount"?' in message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"\n\n", "no line of column names"),
        ("t.csv", b"a,b\n", "has column names but no rows"),
        ("t.csv", b"a,b,a\n1,2,3\n", "more than one column named 'a'"),
        ("t.csv", b"a,b\n1,2\n3\n", "Line 3 of"),
        ("t.csv", b"a,b\n1,2\n3,4,5\n", "has 3 values; expected 2. It reads '3,4,5'"),
        ("t.csv", b"a,b\n1,caf\xe9\n", "in the column 'b' that is not UTF-8"),
        ("t.csv", b"a,caf\xe9\n1,2\n", "not UTF-8"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        ("t.csv", b"a;b\n1;2\n", "separated by semicolons"),
        ("t.csv.gz", b"no gzip", "cannot be read as comma-separated text"),
        ("t.parquet", b"PAR1 and then nothing", "not a readable Parquet file"),
        ("t.xlsx", b"x", "ends in '.xlsx'; expected .csv, .csv.gz, .parquet, .pq"),
    ],
)
def test_unusable_tables_are_refused_in_plain_words(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """Each kind of unusable file is a DataError that names the file and what is wrong."""
    message = refusal(write(tmp_path, content, name))
    assert words in message
    assert name in message


def test_parquet_damaged_behind_its_footer_is_refused(tmp_path: Path) -> None:
    """A file whose rows are damaged is refused when they are read."""
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": np.random.default_rng(0).normal(size=5000)}).to_parquet(path)
    data = bytearray(path.read_bytes())
    data[4:200] = bytes(196)
    path.write_bytes(data)
    assert "not a readable Parquet file" in refusal(path)


def test_parquet_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    """Parquet can hold two columns of one name; nobody could tell which is meant."""
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "t.parquet")
    assert "more than one column named 'a'" in refusal(tmp_path / "t.parquet")


def test_missing_file_names_a_near_one_and_folder_is_refused(tmp_path: Path) -> None:
    """A misspelt file name is answered with the near one; a folder is no table."""
    write(tmp_path, "a\n1\n", "test.csv")
    assert 'does not exist; did you mean "test.csv"?' in refusal(tmp_path / "tset.csv")
    assert "is a folder" in refusal(tmp_path)


def test_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    """The digest is plain SHA-256, and the artifact holds name and size."""
    path = write(tmp_path, "a\n1\n")
    assert hashlib.sha256(b"a\n1\n").hexdigest() == sha256_file(path)
    expected = Artifact("test: rows.csv", sha256_file(path), 4, rows=1, columns=1, role=Role.TEST)
    assert expected == Artifact.of(path, Role.TEST, rows=1, columns=1)


def test_digest_of_a_folder_is_that_of_its_sorted_manifest(tmp_path: Path) -> None:
    """A folder's manifest lists digest and path of each file, sorted by path; a rename changes the digest."""
    (tmp_path / "m" / "sub").mkdir(parents=True)
    write(tmp_path, "1", "m/z")
    write(tmp_path, "2", "m/sub/a")
    lines = [(hashlib.sha256(b"2"), "sub/a"), (hashlib.sha256(b"1"), "z")]
    expected = "".join(f"{digest.hexdigest()}  {name}\n" for digest, name in lines).encode()
    assert expected == manifest(tmp_path / "m")
    before = sha256_path(tmp_path / "m")
    assert hashlib.sha256(expected).hexdigest() == before
    (tmp_path / "m" / "z").rename(tmp_path / "m" / "y")
    assert before != sha256_path(tmp_path / "m")
    assert 2 == Artifact.of(tmp_path / "m", Role.MODEL).size


def test_folder_with_a_link_has_no_digest(tmp_path: Path) -> None:
    """A link could point anywhere, so a folder that holds one is refused."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "link").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="symbolic link"):
        manifest(tmp_path / "m")


def test_categories_that_are_records_come_as_records():
    """Pandas can hold them as no categories; they are refused where a column is to hold one value."""
    made = pa.DictionaryArray.from_arrays([0, 1, 0], pa.array([{"left": 0}, {"left": 1}]))

    frame = as_read(pa.table({"band": made}))

    assert [{"left": 0}, {"left": 1}, {"left": 0}] == frame["band"].tolist()
    assert holds_many(frame["band"])
