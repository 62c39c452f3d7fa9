"""The ledger of uses: who was judged by these rows before, in a chain that shows what was changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readiness.core.errors import InputError
from readiness.core.provenance import Uses
from readiness.run.uses import LEDGER, Ledger, Use, enter, ledger_path, place, use_of
from readiness.spec.load import load_spec
from readiness.verdict.reservations import reservations
from tests.report.page import records

SPEC = """
model: {name: m, version: "1", predictions: {label: answer}}
data: {test: test.csv, target: y, positive: 1}
"""


def filled(path: Path, *candidates: str, rows: str = "rows") -> Ledger:
    for candidate in candidates:
        enter(Ledger.at(path), Use(rows, candidate), records.ready())
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
    enter(ledger, Use("rows", "d"), records.ready())
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
