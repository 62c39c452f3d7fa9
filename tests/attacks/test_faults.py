"""Odd input of the user's is told as such, with exit code 2 and in plain words, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from readiness.core.errors import DataError
from readiness.reviews.arrays import as_column, as_table
from readiness.reviews.from_arrays import review
from readiness.spec.load import spec_of
from tests.conftest import make_rows

pytestmark = pytest.mark.slow

Write = Callable[..., Path]
Run = Callable[..., tuple[int, str, str]]
ROWS = 800
AMOUNT = {"costs": {"false_positive": 1, "false_negative": {"column": "amount"}, "currency": "EUR"}}


def refused(run: Run, path: Path, *words: str) -> str:
    """What `check` says when it refuses the spec."""
    code, out, err = run("check", path)
    said = " ".join((out + err).split())
    assert 2 == code, said
    assert "Traceback" not in said
    for word in words:
        assert word in said
    return said


def checked(run: Run, path: Path) -> str:
    code, out, err = run("check", path)
    assert 0 == code, err
    return out


def test_table(path: Path, **columns: Any) -> None:
    """Put columns of Arrow's into the test table; one that is there already is replaced."""
    table = pa.Table.from_pandas(make_rows(ROWS, 2), preserve_index=False)
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.append_column(name, values) if place < 0 else table.set_column(place, name, values)
    pq.write_table(table, path.parent / "test.parquet")


test_table.__test__ = False  # type: ignore[attr-defined]  # no test of its own


def not_utf8() -> pa.Array:
    """Text that holds half a surrogate pair, as careless programs write it."""
    half, good = b"\xed\xa0\x80", b"good"
    content = half * (ROWS // 2) + good * (ROWS // 2)
    ends = [*range(0, 3 * ROWS // 2, 3), *range(3 * ROWS // 2, 3 * ROWS // 2 + 2 * ROWS + 1, 4)]
    return pa.StringArray.from_buffers(ROWS, pa.py_buffer(np.array(ends, dtype=np.int32)), pa.py_buffer(content))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("says: find them", 'says: "\\ud800"', "business.requirements[0].says: holds the control character U+D800"),
        ("name: small", 'name: "sm\\udc80all"', "model.name: holds the control character U+DC80"),
        ("name: small", 'name: "sm\\0all"', "model.name: holds the control character U+0000"),
        ("target: y", 'target: "y\\ud800"', "data.target: holds the control character U+D800"),
        ("errors:", '"x\\ud800": 1\nerrors:', "holds the control character U+D800"),
        ("errors:", 'metrics: {"x\\ud800": {use: "a:b"}}\nerrors:', "holds the control character U+D800"),
        ("errors:", 'metrics: {Profit: {use: "a:b"}}\nerrors:', "expected a name of lower-case letters, digits and _"),
    ],
)
def test_half_a_character_in_a_spec(review_files: Write, run: Run, old: str, new: str, where: str) -> None:
    """YAML can write it, and nothing can be written with it."""
    path = review_files()
    path.write_text(path.read_text().replace(old, new))
    refused(run, path, where)


def test_half_a_character_on_the_command_line(review_files: Write, run: Run) -> None:
    """Also from a shell whose bytes are no UTF-8."""
    path = review_files()
    for given in ("about.owner=\udc80", 'about.owner="\\ud800"'):
        code, _, err = run("check", path, "--set", given)
        assert (2, True) == (code, "--set" in err)


def test_half_a_character_in_memory() -> None:
    """A draft is refused in the same words, and not by a fault of ours."""
    for data in ({"model": {"name": "\ud800"}}, {"x\ud800": 1}, {"about": {"prepared_by": ["\udfff"]}}):
        with pytest.raises(Exception, match="holds half a character"):
            spec_of(data, "draft")


@pytest.mark.parametrize("role", ["segments", "group", "id"])
def test_half_a_character_in_a_table(review_files: Write, run: Run, role: str) -> None:
    """The column is named, and where to look for it."""
    path = review_files({"data": {role: ["odd"] if role == "segments" else "odd"}})
    test_table(path, odd=not_utf8())
    refused(run, path, f"data.{role}", 'the column "odd" of test.parquet holds text that is not UTF-8, between rows 1')


def test_half_a_character_in_a_table_that_nobody_looks_at(review_files: Write, run: Run) -> None:
    """A column without a role spoils nothing."""
    path = review_files()
    test_table(path, odd=not_utf8())
    checked(run, path)


def test_half_a_character_in_the_name_of_a_column(review_files: Write, run: Run) -> None:
    """No name of it can be shown."""
    path = review_files()
    test_table(path, QQQQ=pa.array([1] * ROWS))
    table = path.parent / "test.parquet"
    table.write_bytes(table.read_bytes().replace(b"QQQQ", b"\xed\xa0\x80Q"))
    refused(run, path, "data.test", "a column whose name is not UTF-8")
    with pytest.raises(DataError, match="half a character"):
        as_table(pd.DataFrame([[1]], columns=pd.Index(["a\ud800"], dtype=object)), "X_test")


NESTED = {
    "list": pa.array([[1, 2]] * ROWS),
    "large list": pa.array([[1, 2]] * ROWS, type=pa.large_list(pa.int64())),
    "struct": pa.array([{"x": 1}] * ROWS),
    "map": pa.array([[("k", 1)]] * ROWS, type=pa.map_(pa.string(), pa.int64())),
    "all missing": pa.array([None] * ROWS, type=pa.list_(pa.int64())),
}


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"data": {"segments": ["odd"]}}, "data.segments[0]"),
        ({"data": {"weight": "odd"}}, "data.weight"),
        ({"data": {"time": "odd"}}, "data.time"),
        ({"baseline": {"rules": [{"name": "r", "column": "odd"}]}}, "baseline.rules[0]"),
        ({"errors": {"costs": {**AMOUNT["costs"], "false_negative": {"column": "odd"}}}}, "errors.costs"),
    ],
)
def test_columns_of_lists_and_records(
    review_files: Write, run: Run, kind: str, changes: dict[str, Any], key: str
) -> None:
    """Where one value for each row is needed, by the type alone."""
    path = review_files(changes)
    test_table(path, odd=NESTED[kind])
    refused(run, path, f"{key}: the column", '"odd" of test.parquet holds lists or records', "expected one value")


def test_columns_of_lists_that_are_only_shown(review_files: Write, run: Run) -> None:
    """As names of rows, or beside the worst errors, they do no harm."""
    path = review_files({"data": {"id": "odd"}, "errors": {"show": ["odd"]}})
    test_table(path, odd=NESTED["list"])
    checked(run, path)


@pytest.mark.parametrize("name", ["test.parquet", "train.parquet", "model.joblib"])
def test_a_file_that_is_a_link_to_itself(review_files: Write, run: Run, name: str) -> None:
    """There is no file at its end."""
    path = review_files()
    (path.parent / name).unlink()
    (path.parent / name).symlink_to(name)
    refused(run, path, f"{name} cannot be looked at: ")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"data": {"test": "https://example.com/t.parquet"}}, "data.test"),
        ({"data": {"train": "s3://bucket/t.parquet"}}, "data.train"),
        ({"data": {"recent": "https://example.com/t.parquet"}}, "data.recent"),
        ({"extends": "https://example.com/team.yaml"}, "extends"),
        ({"checklist": {"from": "https://example.com/team.yaml"}}, "checklist.from"),
        ({"supplied": {"latency": {"path": "https://example.com/t.txt", "source": "s"}}}, "supplied.latency.path"),
    ],
)
def test_addresses_are_not_fetched(review_files: Write, run: Run, changes: dict[str, Any], key: str) -> None:
    """Which is another thing than a file that does not exist."""
    said = refused(run, review_files(changes), key, "is an address; addresses are not fetched", "Download it first")
    assert "does not exist" not in said


def test_a_figure_that_no_one_can_have(review_files: Write, run: Run) -> None:
    """An F1 above 1; a percentage is recognised."""
    for value, hint in ((1.5, ""), (61, "; did you mean 0.61?"), (-0.1, "")):
        human = {"metric": "f1", "value": value, "n": 100, "source": "x"}
        path = review_files({"baseline": {"human": human}})
        said = refused(run, path, "baseline.human.value", f"f1 lies between 0 and 1, and the figure is {value}{hint}")
        assert ("did you mean" in said) is bool(hint)


def test_the_target_is_no_group(review_files: Write, run: Run) -> None:
    """Not even as a part of one, or cut into bins."""
    for entry in ("y", {"column": "y", "bins": 2}, ["group", "y"]):
        refused(run, review_files({"data": {"segments": [entry]}}), "data.segments[0]", '"y" is the target')


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        (pa.array(["ten"] * ROWS), "numbers are needed"),
        (pa.array([-1.0] * ROWS), "800 scored rows hold no amount there (missing, infinite or negative)"),
        (pa.array([1.0] * (ROWS - 1) + [None]), "1 scored rows hold no amount there"),
        (pa.array([pd.Timestamp("2026-01-01")] * ROWS), "numbers are needed"),
    ],
)
def test_amounts_that_are_none(review_files: Write, run: Run, amount: pa.Array, why: str) -> None:
    """The review would refuse them after the model was loaded; now it is said before."""
    path = review_files({"errors": AMOUNT})
    test_table(path, amount=amount)
    refused(run, path, "errors.costs.false_negative", why)


def test_names_of_rows_that_come_again(review_files: Write, run: Run) -> None:
    """In one table, and in both."""
    path = review_files({"data": {"id": "id"}})
    test_table(path, id=pa.array([f"r{k // 2}" for k in range(ROWS)]))
    train = pd.read_parquet(path.parent / "train.parquet")
    train.assign(id=[f"r{k}" for k in range(len(train))]).to_parquet(path.parent / "train.parquet")
    said = checked(run, path)
    assert "data.id: 400 of the 800 rows of data.test repeat the name of an earlier row" in said
    assert "data.id: 800 rows of data.test have the name of a row of data.train" in said
    assert "of data.train repeat" not in said


def test_a_threshold_that_no_probability_reaches(review_files: Write, run: Run) -> None:
    """Scores may be anything, so it is told, not refused."""
    assert "model.threshold: 2 lies outside of 0 to 1" in checked(run, review_files({"model": {"threshold": 2}}))
    assert "lies outside" not in checked(run, review_files({"model": {"threshold": 0.2}}))


@pytest.mark.parametrize(
    ("loader", "there"),
    [
        ("beside:load", True),
        ("package.inner:load", True),
        ("package:load", True),
        ("joblib:load", True),
        ("sklearn.pipeline:load", True),
        ("os.path:load", True),
        ("nowhere:load", False),
        ("package.gone:load", False),
        ("beside.gone:load", False),
        ("sklearn.nowhere:load", False),
    ],
)
def test_a_loader_that_is_not_there(review_files: Write, run: Run, loader: str, there: bool) -> None:
    """Looked for and never imported: the modules here would end the process."""
    path = review_files({"model": {"loader": loader}})
    (path.parent / "package").mkdir()
    for name in ("beside.py", "package/__init__.py", "package/inner.py"):
        (path.parent / name).write_text("raise SystemExit('imported')\n")
    if there:
        checked(run, path)
    else:
        refused(run, path, "model.loader", f'there is no module "{loader.partition(":")[0]}"')


def test_a_key_that_another_program_has_rewritten(review_files: Write, run: Run) -> None:
    """By YAML 1.1 a bare `on` is true; ours reads it as text."""
    box = "checklist: {monitoring: {done: true, by: a, %s: 2026-11-01, evidence: 'https://example.com'}}\n"
    path = review_files()
    plain = path.read_text()
    for key in ("on", "'on'", '"on"'):
        path.write_text(plain + box % key)
        checked(run, path)
    path.write_text(plain + box % "true")
    refused(run, path, "checklist.monitoring.true: unknown key", "reads a bare on as true", "write 'on': in quotes")


def test_masked_values_are_missing_values() -> None:
    """Of whatever kind, wherever a masked array may stand; the values under the mask are never seen."""
    masked = np.ma.array([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    for table in (masked, masked.astype(float), list(masked), [[1, np.ma.masked], [3, 4]]):
        assert [[False, True], [False, False]] == as_table(table, "X").isna().to_numpy().tolist()
    by_name = as_table({"a": masked[:, 0], "b": masked[:, 1]}, "X")
    assert [[False, True], [False, False]] == by_name.isna().to_numpy().tolist()
    moments = np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]")
    for values in (*map(np.array, ([1.0, 2.0], [1, 2], ["a", "b"], [True, False])), moments):
        column = as_column(np.ma.array(values, mask=[False, True]), "y", 2, "X")
        assert [False, True] == column.isna().tolist()
        assert [False, False] == as_column(np.ma.array(values), "y", 2, "X").isna().tolist()


def test_labels_under_a_mask_are_not_known() -> None:
    """They are refused as missing labels are."""
    from sklearn.linear_model import LogisticRegression

    rows = make_rows(200, 1)
    model = LogisticRegression().fit(rows[["a", "b"]], rows["y"])
    labels = np.ma.array(rows["y"].to_numpy(), mask=np.arange(200) < 3)
    with pytest.raises(DataError, match="y_test holds no value in 3 of 200 rows"):
        review(model, rows[["a", "b"]], labels)
