"""Hand-worked: supplied folds, seeds, calls and figures become the same numbers as measurements made here."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from readiness.core.errors import DataError, InputError, SpecError
from readiness.core.missing import Missing
from readiness.evidence.collect import gather
from readiness.evidence.evidence import Elsewhere, Evidence, Technical
from readiness.evidence.measure_refits import measure_refits
from readiness.evidence.measure_runtime import probe
from readiness.evidence.preflight import preflight
from readiness.evidence.refits import Refits
from readiness.evidence.supplied.instead import CUT, SHARED, with_supplied_measures, with_supplied_refits
from readiness.evidence.supplied.log import MOST_BYTES, read_log
from readiness.questions import business, production, stability
from readiness.questions.supplied import NOT_HERE
from readiness.spec.load import load_spec
from readiness.statistics.inference import Exact
from tests.questions.conftest import evidence_of

TRAIN = """\
y,said1,fold1,said2,fold2,group
1,1,a,1,a,k
1,1,a,1,b,k
0,0,a,0,a,l
0,1,a,0,b,l
1,1,b,1,a,m
1,1,b,0,b,m
0,0,b,0,a,n
0,0,b,0,b,n
"""
TEST = "y,said,seed1,seed2\n1,1,1,1\n0,0,0,0\n1,0,1,0\n0,0,0,1\n"
REPEATS = [{"label": "said1", "fold": "fold1"}, {"label": "said2", "fold": "fold2"}]


class Files:
    """A spec of ready-made predictions with two repeats of two folds, and its tables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = {"train.csv": TRAIN, "test.csv": TEST}
        self.spec: dict[str, Any] = {
            "model": {"name": "m", "version": "1", "predictions": {"label": "said"}},
            "data": {"test": "test.csv", "train": "train.csv", "target": "y", "positive": 1},
            "baseline": {"metric": "accuracy"},
            "supplied": {
                "folds": {"repeats": [dict(each) for each in REPEATS], "source": "ticket 1"},
                "seeds": {"refits": [{"label": "seed1"}, {"label": "seed2"}], "source": "ticket 2"},
            },
        }

    @property
    def path(self) -> Path:
        for name, text in self.tables.items():
            (self.folder / name).write_text(text)
        path = self.folder / "readiness.yaml"
        path.write_text(yaml.safe_dump(self.spec))
        return path

    def gathered(self) -> Evidence:
        return gather(self.path)

    def told(self) -> str:
        """What the preflight says."""
        with pytest.raises(SpecError) as caught:
            preflight(load_spec(self.path))
        return "\n".join(caught.value.problems)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """The tables and the spec, open to be changed."""
    return Files(tmp_path)


def found(answer: Any, code: str) -> Any:
    (finding,) = [finding for finding in answer.findings if finding.code == code]
    return finding


# Folds ---------------------------------------------------------------------------------------------------------


def test_folds_become_refits(files: Files) -> None:
    """Of four rows in each fold 3, 4, 4 and 3 are right, by refits on the four rows outside it."""
    refits = measure_refits(files.gathered()).refits
    assert isinstance(refits, Refits)
    assert [[0.75, 1.0], [1.0, 0.75]] == refits.scores.tolist()
    assert [(4, 4)] * 4 == [(fold.n_train, fold.n_test) for fold in refits.folds]
    assert "ticket 1" == refits.source


def test_folds_are_judged_by_the_rules_of_refits(files: Files) -> None:
    """Half-width t(3) · S · root(1/4 + 4/4) and churn 2 of 8, each labelled."""
    evidence = measure_refits(files.gathered())
    answer = stability.ask(evidence, evidence.spec.stability)
    spread = np.std([0.75, 1, 1, 0.75], ddof=1)
    half = found(answer, "STAB-HALF-WIDTH")
    assert stats.t.ppf(0.975, 3) * spread * math.sqrt(1 / 4 + 4 / 4) == pytest.approx(half.measured.value)
    churn = found(answer, "STAB-CHURN")
    assert 0.25 == churn.measured.value
    assert [NOT_HERE] * 2 == [half.warning, churn.warning]
    assert churn.reason.endswith(f"{NOT_HERE}: ticket 1")
    assert 0.875 == found(answer, "STAB-MEAN").measured.value
    assert not [f for f in answer.findings if f.code in ("STAB-REFITS", "STAB-SECONDS")]


def test_seeds_become_facts(files: Files) -> None:
    """Seeds answer 4 and 2 of 4 rows rightly, and differ in 2."""
    evidence = measure_refits(files.gathered())
    answer = stability.ask(evidence, evidence.spec.stability)
    assert 0.5 == found(answer, "STAB-SEEDS").measured.value
    change = found(answer, "STAB-SEEDS-CHURN")
    assert 0.5 == change.measured.value
    assert f"answers hang on the luck of training; {NOT_HERE}" == change.warning


def test_seeds_alone_are_shown(files: Files) -> None:
    """Without folds the question is not assessed, and the seeds still stand as facts."""
    del files.spec["supplied"]["folds"]
    evidence = measure_refits(files.gathered())
    answer = stability.ask(evidence, evidence.spec.stability)
    assert "supply fold predictions under supplied.folds" in found(answer, "STAB-REFITS").needs
    assert 0.5 == found(answer, "STAB-SEEDS").measured.value


@pytest.mark.parametrize("apart", [False, True])
def test_dropped_rows_are_dropped_in_step(files: Files, apart: bool) -> None:
    """Training rows without a target leave their folds, also those of a table of its own."""
    lines = TRAIN.splitlines()
    files.tables["train.csv"] = "\n".join([*lines[:3], ",0,a,1,b,k", *lines[3:], ",0,b,1,a,n", ""])
    if apart:
        frame = pd.read_csv(io.StringIO(files.tables["train.csv"]))
        files.tables["folds.csv"] = frame.drop(columns=["group"]).to_csv(index=False)
        files.tables["train.csv"] = frame[["y", "group"]].to_csv(index=False)
        files.spec["supplied"]["folds"]["table"] = "folds.csv"
    refits = measure_refits(files.gathered()).refits
    assert isinstance(refits, Refits)
    assert [[0.75, 1.0], [1.0, 0.75]] == refits.scores.tolist()


def test_probabilities_make_labels_by_the_threshold(files: Files) -> None:
    """With a score and a threshold a label is score >= threshold, as for the candidate itself."""
    files.tables["train.csv"] = TRAIN.replace("said1", "score1").replace("1,1,a,1,a", "1,0.6,a,1,a")
    files.tables["test.csv"] = TEST.replace("said", "score")
    files.spec["model"] = {"name": "m", "version": "1", "threshold": 0.7, "predictions": {"score": "score"}}
    files.spec["supplied"]["folds"]["repeats"][0] = {"score": "score1", "fold": "fold1"}
    refits = measure_refits(files.gathered()).refits
    assert isinstance(refits, Refits)
    assert [0, 1, 0, 1, 1, 1, 0, 0] == refits.predicted[0].tolist()


def test_groups_in_two_folds_prove_nothing(files: Files) -> None:
    """Refits that had seen rows of the same group are not judged; groups kept whole are."""
    files.spec["data"]["group"] = "group"
    files.tables["test.csv"] = "y,said,seed1,seed2,group\n1,1,1,1,p\n0,0,0,0,q\n1,0,1,0,r\n0,0,0,1,s\n"
    assert CUT == measure_refits(files.gathered()).refits
    frame = pd.read_csv(io.StringIO(TRAIN))
    frame["fold2"] = frame["group"].map({"k": "a", "m": "a", "l": "b", "n": "b"})
    files.tables["train.csv"] = frame.assign(fold1=frame["group"].map({"k": 1, "l": 1, "m": 2, "n": 2})).to_csv()
    refits = measure_refits(files.gathered()).refits
    assert isinstance(refits, Refits)
    assert [0.75, 1.0] == refits.scores[0].tolist()


def test_refits_made_here_come_first(files: Files) -> None:
    """Supplied folds stay out of the judgement, and a note says so."""
    own = replace(measure_refits(files.gathered()).refits, source="")
    evidence = with_supplied_refits(replace(files.gathered(), refits=own))
    assert own is evidence.refits
    answer = stability.ask(evidence, evidence.spec.stability)
    note = found(answer, "STAB-SUPPLIED-UNUSED")
    assert note.reason.startswith("supplied.folds, supplied.seeds: the same was measured here")
    assert not note.blocking
    assert "" == found(answer, "STAB-CHURN").warning


def test_failed_refits_are_replaced(files: Files) -> None:
    """A candidate that could not be refitted is judged by the supplied folds."""
    evidence = replace(files.gathered(), refits=Missing("a refit did not end"))
    assert isinstance(with_supplied_refits(evidence).refits, Refits)
    bare = with_supplied_refits(replace(evidence, elsewhere=Elsewhere()))
    assert Missing("a refit did not end", "supply fold predictions under supplied.folds") == bare.refits


FAULTY = {
    "a fold is missing": ("1,1,a,1,a,k", "1,1,,1,a,k", r"repeat 1: 1 rows have no fold .* usable row 1"),
    "a prediction is missing": ("1,1,b,0,b,m", "1,1,b,,b,m", r"repeat 2: .*lacks a prediction for 1"),
    "an unknown label": ("0,0,b,0,a,n", "0,9,b,0,a,n", r"repeat 1: label, column .*holds the label 9"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_faulty_folds_are_refused(fault: str, files: Files) -> None:
    """What is wrong with a repeat is told with its number."""
    before, after, words = FAULTY[fault]
    files.tables["train.csv"] = TRAIN.replace(before, after)
    with pytest.raises(DataError, match=words):
        files.gathered()


def test_a_column_that_holds_no_folds_is_refused(files: Files) -> None:
    """A single value, or more than fifty, are no folds; nor are other numbers of folds, or the same folds again."""
    files.tables["train.csv"] = TRAIN.replace(",a,", ",b,")
    with pytest.raises(DataError, match="1 different values; expected 2 to 50 folds"):
        files.gathered()
    files.tables["train.csv"] = TRAIN.replace("1,1,a,1,a,k", "1,1,c,1,a,k")
    with pytest.raises(DataError, match="repeat 1 has 3 folds, and repeat 2 has 2"):
        files.gathered()
    same = pd.read_csv(io.StringIO(TRAIN))
    same["fold2"] = same["fold1"].map({"a": 2, "b": 1})
    files.tables["train.csv"] = same.to_csv(index=False)
    with pytest.raises(DataError, match="repeats 1 and 2 have the same folds"):
        files.gathered()


def test_a_table_of_its_own_must_keep_step(files: Files) -> None:
    """As many rows as data.train, and the same targets in the same order where it has them."""
    files.spec["supplied"]["folds"]["table"] = "folds.csv"
    files.tables["folds.csv"] = "\n".join(TRAIN.splitlines()[:-1]) + "\n"
    with pytest.raises(DataError, match=r"has 7 rows, and data\.train has 8"):
        files.gathered()
    lines = TRAIN.splitlines()
    files.tables["folds.csv"] = "\n".join([lines[0], *lines[:0:-1], ""])
    with pytest.raises(DataError, match=r'another "y" than data\.train in 8 rows'):
        files.gathered()


def test_missing_columns_and_files_are_told_beforehand(files: Files) -> None:
    """Each with the key that names it."""
    files.spec["supplied"]["folds"]["repeats"][1]["fold"] = "fold3"
    files.spec["supplied"]["seeds"]["refits"][0]["label"] = "sead1"
    files.spec["supplied"]["latency"] = {"path": "calls.txt", "source": "x"}
    told = files.told()
    assert 'supplied.folds.repeats[1].fold: the table train.csv has no column "fold3"' in told
    assert 'supplied.seeds.refits[0].label: the table test.csv has no column "sead1"; did you mean "seed1"?' in told
    assert "supplied.latency.path: " in told
    assert "found nothing, expected a file" in told
    files.spec["supplied"]["folds"]["table"] = "folds.parquet"
    assert "supplied.folds.table: " in files.told()
    pd.DataFrame({"said1": [1], "fold1": [1], "said2": [1]}).to_parquet(files.folder / "folds.parquet")
    assert 'supplied.folds.repeats[1].fold: the table folds.parquet has no column "fold3"' in files.told()


# Calls and figures -----------------------------------------------------------------------------------------------


def logged(tmp_path: Path, lines: list[str], *, end: str = "\n") -> Path:
    path = tmp_path / "calls.txt"
    path.write_bytes(end.join(lines).encode())
    return path


def test_a_log_is_read_line_by_line(tmp_path: Path) -> None:
    """Numbers with spaces around them, with a mark of UTF-8 at the start, and lines of Windows."""
    lines = ["\ufeff1", " 2.5 ", "1e1", ".5", *["3"] * 296, ""]
    expected = [1.0, 2.5, 10.0, 0.5] + [3.0] * 296
    assert expected == read_log(logged(tmp_path, lines))
    assert expected == read_log(logged(tmp_path, lines, end="\r\n"))


BAD_LINES = {
    "": "line 2 is blank",
    "# warm-up": 'line 2 is a comment: "# warm-up"',
    "12,5": r'line 2 holds "12,5"; write the decimal with a point: 12\.5',
    "12.5 ms": 'line 2 holds "12.5 ms"; write the number without its unit',
    "-1": 'line 2 holds "-1", expected a positive number',
    "0": 'line 2 holds "0", expected a time above 0',
    "nan": 'line 2 holds "nan"',
    "inf": 'line 2 holds "inf"',
    "1e999": 'line 2 holds "1e999"',
    "1_000": 'line 2 holds "1_000"',
    "٣": "line 2 holds",
    "latency_ms": 'line 2 holds "latency_ms"',
    "1 2": 'line 2 holds "1 2"',
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_damaged_line_is_told(line: str, tmp_path: Path) -> None:
    """With its number, and what to write instead."""
    with pytest.raises(DataError, match=BAD_LINES[line]):
        read_log(logged(tmp_path, ["1", line, *["3"] * 400]))


def test_damaged_logs_are_refused(tmp_path: Path) -> None:
    """Too few calls, no file, no text, too large, and more faults than are listed."""
    with pytest.raises(DataError, match="holds 299 calls; expected at least 300"):
        read_log(logged(tmp_path, ["1"] * 299))
    with pytest.raises(DataError, match="holds 0 calls"):
        read_log(logged(tmp_path, []))
    with pytest.raises(DataError, match=r"line 5 .*; and 395 more"):
        read_log(logged(tmp_path, ["x"] * 400))
    with pytest.raises(DataError, match="found a folder"):
        read_log(tmp_path)
    (tmp_path / "raw").write_bytes(b"\xff\xfe1\x00")
    with pytest.raises(DataError, match="not a text file in UTF-8"):
        read_log(tmp_path / "raw")
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(DataError, match="expected at most 50,000,000"):
        read_log(tmp_path / "large")


def test_calls_become_quantiles(files: Files) -> None:
    """Of 1 to 1,000 ms the 99th percentile is 990, below the 997th value with 95 % confidence."""
    files.spec["supplied"]["latency"] = {"path": "calls.txt", "source": "load test"}
    files.spec["production"] = {"latency_p99_ms": 996}
    files.tables["calls.txt"] = "".join(f"{1000 - k}\n" for k in range(1000))
    evidence = probe(files.gathered())
    answer = production.ask(evidence, evidence.spec.production)
    p99 = found(answer, "PROD-LATENCY-P99")
    assert 990 == p99.measured.value
    rank = stats.binom.ppf(0.95, 1000, 0.99) + 1  # the smallest s with P(s or more below) <= 5 %
    assert rank == p99.bounds.upper
    assert ("met", False, NOT_HERE) == (p99.status.value, p99.measured_time, p99.warning)
    assert "1,000 calls" in p99.reason
    assert [1.0, 1000.0] == answer.tables["latency"]["milliseconds"].iloc[[0, -1]].tolist()
    assert "state supplied.size_mb" in evidence.technical.measures["size_mb"].needs


@pytest.mark.parametrize("named", ["ms", None])
def test_a_parquet_log(files: Files, named: str | None) -> None:
    """The only column, or the one that is named."""
    frame = pd.DataFrame({"ms": np.arange(1, 401)} | ({} if named is None else {"when": range(400)}))
    frame.to_parquet(files.folder / "calls.parquet")
    given = {"path": "calls.parquet", "source": "x"} | ({} if named is None else {"column": named})
    files.spec["supplied"]["latency"] = given
    calls = files.gathered().elsewhere.milliseconds
    assert calls is not None
    assert (400, 1.0, 400.0) == (len(calls), calls[0], calls[-1])


def test_damaged_parquet_logs(files: Files) -> None:
    """Gaps, text, and a column that nobody names."""
    path = files.folder / "calls.parquet"
    files.spec["supplied"]["latency"] = {"path": "calls.parquet", "source": "x"}
    pd.DataFrame({"ms": [1.0, None] * 200}).to_parquet(path)
    with pytest.raises(DataError, match=r'200 rows of "ms" hold no positive time, first row 2'):
        files.gathered()
    pd.DataFrame({"ms": ["1"] * 400}).to_parquet(path)
    with pytest.raises(DataError, match="expected numbers, in milliseconds"):
        files.gathered()
    pd.DataFrame({"ms": [1] * 400, "id": 1}).to_parquet(path)
    assert "name the one with the times in supplied.latency.column" in files.told()
    with pytest.raises(InputError, match="2 columns"):
        files.gathered()
    path.write_bytes(b"PAR1 no")
    assert "supplied.latency.path" in files.told()


def technical(**measures: Any) -> Technical:
    return Technical({name: Exact(value) for name, value in measures.items()}, milliseconds=np.ones(300), note="here")


def test_what_was_measured_here_comes_first() -> None:
    """A supplied size counts only where none was measured."""
    given = {"size_mb": {"value": 3, "source": "x"}, "memory_mb": {"value": 4, "source": "y"}}
    evidence = evidence_of([1, 0], [1, 0], supplied=given)
    here = Technical({"size_mb": Exact(1.0), "memory_mb": Missing("it failed")})
    told = with_supplied_measures(replace(evidence, technical=here))
    assert (1.0, 4.0) == tuple(told.technical.measures[name].value for name in ("size_mb", "memory_mb"))
    assert {"memory_mb": "y"} == told.technical.sources
    answer = production.ask(told, told.spec.production)
    assert found(answer, "PROD-SUPPLIED-UNUSED").reason.startswith("supplied.size_mb: the same was measured here")


def on_shared(**parts: Any) -> Evidence:
    attested = {"done": True, "by": "a", "on": "2026-11-02", "evidence": "b"}
    limits = {"measured_on": "shared", "latency_p99_ms": 50, "throughput_per_second": 10, "size_mb": 5}
    needs = [{"says": "fast", "metric": "latency_p99_ms", "at_most": 50}]
    evidence = evidence_of([1, 0], [1, 0], production=limits, business={"requirements": needs},
                           checklist={"latency": attested, "throughput": attested}, **parts)  # fmt: skip
    here = technical(latency_p50_ms=1, latency_p95_ms=2, latency_p99_ms=900, throughput_per_second=1, size_mb=1)
    return replace(evidence, technical=here)


def test_a_shared_machine_shows_and_judges_nothing() -> None:
    """Times are facts; their limits are not assessed, whatever is attested; a size is a size anywhere."""
    evidence = with_supplied_measures(on_shared())
    answer = production.ask(evidence, evidence.spec.production)
    p99, throughput = found(answer, "PROD-LATENCY-P99"), found(answer, "PROD-THROUGHPUT")
    assert ["not_assessed"] * 2 == [p99.status.value, throughput.status.value]
    assert SHARED == p99.reason
    assert "supply a log of calls under supplied.latency, or measure on a machine of its own" == p99.needs
    shown = found(answer, "PROD-LATENCY-P99-SHARED")
    assert (900.0, False) == (shown.measured.value, shown.blocking)
    assert 1.0 == found(answer, "PROD-THROUGHPUT-SHARED").measured.value
    assert "met" == found(answer, "PROD-SIZE").status.value
    assert {} == answer.tables
    required = business.ask(evidence, evidence.spec.business)
    assert ("not_assessed", p99.needs) == (required.status.value, required.findings[0].needs)


def test_supplied_calls_stand_in_for_a_shared_machine() -> None:
    """They are judged, in both questions, and labelled in both."""
    given = {"latency": {"path": "calls.txt", "source": "load test"}}
    evidence = replace(on_shared(supplied=given), elsewhere=Elsewhere(milliseconds=np.full(400, 20.0)))
    evidence = with_supplied_measures(evidence)
    p99 = found(production.ask(evidence, evidence.spec.production), "PROD-LATENCY-P99")
    required = business.ask(evidence, evidence.spec.business).findings[0]
    assert [("met", NOT_HERE)] * 2 == [(f.status.value, f.warning) for f in (p99, required)]
    assert 20.0 == p99.measured.value


def test_probes_elsewhere_fill_those_that_could_not_be_made() -> None:
    """A failure is a no; what nobody tried names the key to supply."""
    given = {"one_row": {"passed": True, "source": "s"}, "outlier": {"passed": False, "source": "t"}}
    evidence = evidence_of([1, 0], [1, 0], supplied={"probes": given})
    evidence = replace(evidence, probes=Missing("no model file", "give the model file"))
    answer = production.ask(evidence, evidence.spec.production)
    probes = {f.code.removeprefix("PROD-PROBE-"): f for f in answer.findings if f.code.startswith("PROD-PROBE-")}
    assert ("met", NOT_HERE) == (probes["ONE-ROW"].status.value, probes["ONE-ROW"].warning)
    assert ("not_met", f"{NOT_HERE}: t") == (probes["OUTLIER"].status.value, probes["OUTLIER"].reason)
    assert "state supplied.probes.determinism, or give the model file" == probes["DETERMINISM"].needs
