"""The ledger of uses: who was judged by these rows before, in a chain that shows what was changed."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readiness.core.errors import InputError
from readiness.core.provenance import Uses
from readiness.run.uses import LEDGER, Ledger, Use, ledger_path, place, take_place, use_of
from readiness.signing.reports import Subject, statement, unsigned_report
from readiness.spec.inputs import Model, PredictionColumns
from readiness.spec.load import load_spec
from readiness.verdict.record import to_plain
from readiness.verdict.reservations import reservations
from tests.report.page import records

SPEC = """
model: {name: m, version: "1", predictions: {label: answer}}
data: {test: test.csv, target: y, positive: 1}
"""


MODEL = Model(name="m", version="1", predictions=PredictionColumns(label="answer"))
BEGUN = "2026-11-29T00:00:00Z"


def taken(path: Path, use: Use, *, corrected: bool = False) -> Uses:
    return take_place(path, use, MODEL, BEGUN, corrected=corrected)


def filled(path: Path, *candidates: str, rows: str = "rows") -> Ledger:
    for candidate in candidates:
        taken(path, Use(rows, candidate))
    return Ledger.at(path)


def test_each_candidate_counts_once_and_keeps_its_place(tmp_path):
    """The third of four stays the third when it is reviewed again; other rows start anew."""
    ledger = filled(tmp_path / LEDGER, "a", "b", "a", "c", "d", "c")
    assert "" == ledger.fault
    assert 4 == len(ledger.uses)
    assert Uses(3, 4) == ledger.place_of(Use("rows", "c"))
    assert Uses(5, 5) == ledger.place_of(Use("rows", "new"))
    assert Uses(1, 1) == ledger.place_of(Use("other rows", "new"))


def test_an_empty_ledger_is_whole(tmp_path):
    """Nobody was judged yet."""
    assert Uses(1, 1) == place(Ledger.at(tmp_path / LEDGER), Use("rows", "a"), corrected=True)


def taken_out(lines: list[bytes]) -> list[bytes]:
    return [lines[0], *lines[2:]]


def changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"a"', b'"z"'), *lines[1:]]


def cut(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2][:40]]


def garbled(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"[" * 100_000, lines[2]]


@pytest.mark.parametrize("break_it", [taken_out, changed, cut, garbled])
def test_a_broken_chain_is_told_and_never_mended(break_it, tmp_path):
    """It is said with the report, nothing is added to it, and no correction is made from it."""
    path = tmp_path / LEDGER
    filled(path, "a", "b", "c")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(break_it(lines)))
    before = path.read_bytes()
    ledger = Ledger.at(path)
    assert ledger.fault
    assert ledger.fault == place(ledger, Use("rows", "d"), corrected=False).fault
    assert ledger.fault == taken(path, Use("rows", "d")).fault
    assert before == path.read_bytes()
    with pytest.raises(InputError, match="does not hold"):
        place(ledger, Use("rows", "d"), corrected=True)


def test_the_rows_are_known_by_their_truth(tmp_path):
    """Other predictions for the same rows are another candidate; other truths are other rows."""
    (tmp_path / "readiness.yaml").write_text(SPEC)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"y": rng.integers(0, 2, 100), "answer": rng.integers(0, 2, 100)})

    def use(frame: pd.DataFrame, digest: str) -> Use:
        frame.to_csv(tmp_path / "test.csv", index=False)
        return use_of(load_spec(tmp_path / "readiness.yaml"), None, digest)

    first = use(table, "one")
    second = use(table.assign(answer=1, more=0), "two")
    third = use(table.assign(y=1 - table["y"]), "three")
    assert first.rows == second.rows != third.rows
    assert first.candidate != second.candidate
    for same in (table.assign(y=table["y"].astype(float)), table.assign(y=table["y"].astype(str))):
        assert first.rows == use(same, "one").rows
    another = table.sample(frac=1, random_state=1)  # as many of each truth, as tables of one split in proportion have
    for other in (table.iloc[1:], another):
        assert not first.is_of_rows(use(other, "one"))
    truths = table.assign(y=table["y"].astype(bool))
    truths.to_parquet(tmp_path / "test.parquet")
    (tmp_path / "readiness.yaml").write_text(
        SPEC.replace("test.csv", "test.parquet").replace("positive: 1", "positive: true")
    )
    assert first.rows == use_of(load_spec(tmp_path / "readiness.yaml"), None, "one").rows


def test_a_served_model_is_known_by_its_address_name_and_version(tmp_path):
    """No digest tells what answers there; the same rows in another file make it no other candidate."""
    pd.DataFrame({"y": [0, 1] * 20}).to_csv(tmp_path / "test.csv", index=False)

    def candidate(version: str, place: str, digest: str = "one") -> str:
        model = f'model: {{name: m, version: "{version}", url: "http://127.0.0.1:1/{place}", protocol: json}}'
        (tmp_path / "readiness.yaml").write_text(f"{model}\ndata: {{test: test.csv, target: y, positive: 1}}\n")
        return use_of(load_spec(tmp_path / "readiness.yaml"), None, digest).candidate

    assert candidate("1", "a") == candidate("1", "a", "two")
    assert 3 == len({candidate("1", "a"), candidate("2", "a"), candidate("1", "b")})


def test_rows_of_the_same_truths_are_told_apart_by_their_names(tmp_path):
    """Tables may have the same truths in the same order; where both say who their rows are, the names decide."""
    (tmp_path / "readiness.yaml").write_text(SPEC.replace("target: y", "target: y, id: case"))
    table = pd.DataFrame({"y": [0, 1] * 20, "answer": 1, "case": [f"a{k}" for k in range(40)]})

    def use(frame: pd.DataFrame) -> Use:
        frame.to_csv(tmp_path / "test.csv", index=False)
        return use_of(load_spec(tmp_path / "readiness.yaml"), "m" * 64, "digest")

    first, other = use(table), use(table.assign(case=[f"b{k}" for k in range(40)]))
    assert first.is_of_rows(use(table.sample(frac=1, random_state=2)))
    assert not first.is_of_rows(other)
    assert first.is_of_rows(replace(other, names=""))
    path = tmp_path / LEDGER
    assert [Uses(1, 1), Uses(1, 1), Uses(2, 2)] == [
        taken(path, replace(each, candidate=name)) for each, name in ((first, "a"), (other, "b"), (first, "c"))
    ]


def test_of_two_reviews_at_once_one_is_the_second(tmp_path):
    """The place is taken before the candidate is judged, so that both cannot be the first."""
    path = tmp_path / LEDGER
    both = [Ledger.at(path).place_of(Use("rows", name)) for name in ("a", "b")]
    assert [Uses(1, 1), Uses(1, 1)] == both  # as they look when neither has begun
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda k: taken(path, Use("rows", f"c{k}"), corrected=True), range(8)))
    assert list(range(1, 9)) == sorted(uses.number for uses in places)
    assert 8 == len(Ledger.at(path).uses)
    assert "" == Ledger.at(path).fault


def test_only_a_regular_file_is_a_ledger(tmp_path):
    """A pipe is not waited for, and a link is not followed: both are told."""
    path = tmp_path / LEDGER
    os.mkfifo(path)
    assert "no regular file" in Ledger.at(path).fault
    path.unlink()
    for target in (tmp_path / "nowhere", Path("/dev/null"), path):
        path.symlink_to(target)
        assert "no regular file" in taken(path, Use("rows", "a")).fault
        path.unlink()
    path.mkdir()
    assert "no regular file" in Ledger.at(path).fault


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes().splitlines(keepends=True)[0]),
    ],
)
def test_reports_beside_the_ledger_tell_of_lines_that_are_gone(harm, tmp_path):
    """Emptied, deleted or cut: the chain holds, and a report beside it counts more than is left."""
    path = tmp_path / LEDGER
    filled(path, "a", "b", "c")
    record = replace(records.ready(), uses=Uses(3, 3))
    page = b"<!doctype html>\n<html lang=en><title>r</title><p>a page</p></html>\n"
    subjects = [Subject("report", hashlib.sha256(page).hexdigest())]
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "report.html").write_bytes(unsigned_report(page, statement(subjects, to_plain(record))))
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "report.html").write_bytes(b"no report")
    assert Uses(4, 4) == taken(path, Use("rows", "d"))
    harm(path)
    left = path.read_bytes() if path.exists() else None
    assert "counts 3 candidates" in taken(path, Use("rows", "e")).fault
    assert left == (path.read_bytes() if path.exists() else None)
    with pytest.raises(InputError, match="does not hold"):
        taken(path, Use("rows", "e"), corrected=True)


def test_the_ledger_lies_beside_the_outputs(tmp_path, monkeypatch):
    """Below `outputs` there is one for all candidates; with --out it lies beside the folder."""
    monkeypatch.chdir(tmp_path)
    assert Path("outputs") / LEDGER == ledger_path(None)
    assert tmp_path / LEDGER == ledger_path(Path("one"))


def told(uses: Uses, **spec: str) -> list[str]:
    record = replace(records.ready(), uses=uses)
    record = replace(record, gathered=replace(record.gathered, spec={**record.gathered.spec, **spec}))
    return [each.text for each in reservations(record) if each.label == "Reuse"]


def test_the_cover_says_how_much_of_it_is_luck():
    """One minus .95 to the power of the candidates, as an upper limit; of the first candidate nothing is said."""
    assert [] == told(Uses(1, 1))
    (text,) = told(Uses(20, 20))
    assert "20th candidate" in text
    assert "64 %" in text
    assert "not corrected" in text
    (text,) = told(Uses(2, 3), reuse="corrected")
    assert "2nd candidate" in text
    assert "2.5 %" in text
    (text,) = told(Uses(1, 1, "its line 2 is none of a ledger"))
    assert "nobody knows" in text


def test_each_line_names_the_one_before(tmp_path):
    """The ledger is plain JSON, one line each, that anybody can check."""
    filled(tmp_path / LEDGER, "a", "b")
    lines = [json.loads(line) for line in (tmp_path / LEDGER).read_text().splitlines()]
    assert "0" * 64 == lines[0]["before"]
    assert ["a", "b"] == [line["candidate"] for line in lines]
