"""A candidate of which there are only predictions: ready with everything supplied, and never without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from readiness.core.checklist import this_day
from readiness.core.errors import DataError, IncompleteRecord, ReviewError, SpecError
from readiness.core.findings import Outcome, Question, Status
from readiness.evidence.row_hashes import hashes_of, write_hashes
from readiness.report.sentences import text_report
from readiness.run.host_checks import Digests, check_record
from readiness.spec.load import load_spec
from readiness.spec.schema import NOT_HERE
from readiness.verdict.decision import Verdict
from readiness.verdict.supplied import false_supplies
from tests.end_to_end.test_planted_faults import FEATURES, MISS, applicants, attested
from tests.sampling import sampled
from tests.walking import Walked, walk

TRAIN_ROWS, TEST_ROWS, FOLDS = 2_000, 12_000, 5
PROBES = ("one_row", "column_order", "determinism", "missing_value", "unseen_category", "outlier")


def numbered(rows: pd.DataFrame, letter: str) -> pd.DataFrame:
    """The rows, each with a name of its own instead of the day on which somebody applied."""
    return rows.drop(columns="applied").assign(number=[f"{letter}{k:05}" for k in range(len(rows))])


class Vendor:
    """A vendor's model: tables with what it said, and a spec that supplies all that cannot be measured here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.train, self.test = numbered(applicants(TRAIN_ROWS, 1), "a"), numbered(applicants(TEST_ROWS, 2), "b")
        write_hashes(hashes_of(self.train, ["number"], names_rows=True), folder / "training.hashes")
        self.recent = applicants(TRAIN_ROWS, 3)[[*FEATURES, "region", "age"]]
        self.test["said"] = (self.test["income"] + self.test["balance"] > 0).astype(int)
        rng = np.random.default_rng(4)
        for k in (1, 2):
            line = self.train["income"] + (0.98 + 0.02 * k) * self.train["balance"]
            self.train[f"said_{k}"] = (line > 0).astype(int)
            self.train[f"fold_{k}"] = rng.permutation(np.arange(TRAIN_ROWS) % FOLDS)
            self.test[f"seed_{k}"] = self.test["said"].where(rng.random(TEST_ROWS) < 0.98, 1 - self.test["said"])
        self.calls = list(np.round(10 + np.arange(1000) % 97 / 10, 3))
        repeats = [{"label": f"said_{k}", "fold": f"fold_{k}"} for k in (1, 2)]
        figure = {"source": "the vendor's data sheet, page 3"}
        self.spec: dict[str, Any] = {
            "model": {"name": "credit", "version": "1", "predictions": {"label": "said"}},
            "data": {
                "train": "train.parquet",
                "test": "test.parquet",
                "recent": "recent.parquet",
                "target": "default",
                "positive": 1,
                "id": "number",
                "segments": ["region", "age"],
            },
            "baseline": {"rules": [{"name": "the expert", "column": "expert"}]},
            "business": {"requirements": [{"says": MISS, "metric": "recall", "at_least": 0.8}]},
            "errors": {"costs": {"false_positive": 20, "false_negative": 100, "currency": "EUR"}},
            "production": {"latency_p99_ms": 50, "throughput_per_second": 100, "size_mb": 10, "memory_mb": 2_000},
            "supplied": {
                "folds": {"repeats": repeats, "source": "ticket 12, fitted by the vendor"},
                "seeds": {"refits": [{"label": "seed_1"}, {"label": "seed_2"}], "source": "ticket 13"},
                "latency": {"path": "calls.txt", "source": "load test of 3 November"},
                "throughput_per_second": {"value": 400, **figure},
                "size_mb": {"value": 8.5, **figure},
                "memory_mb": {"value": 900, **figure},
                "training_rows": {"path": "training.hashes", "source": "the vendor, from the table of the fit"},
                "probes": {name: {"passed": True, "source": "test run 77"} for name in PROBES},
            },
            "checklist": attested(),
        }

    def written(self) -> Path:
        """The spec, with all files beside it."""
        for name in ("train", "test", "recent"):
            getattr(self, name).to_parquet(self.folder / f"{name}.parquet")
        (self.folder / "handbook.md").write_text("How each box was looked at.")
        (self.folder / "calls.txt").write_text("".join(f"{call}\n" for call in self.calls))
        path = self.folder / "readiness.yaml"
        path.write_text(yaml.safe_dump(self.spec, sort_keys=False))
        return path

    def reviewed(self) -> Walked:
        """What the review says of it."""
        return walk(self.written(), figures=False, probes=True)


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    """A good candidate without a model file."""
    return Vendor(tmp_path)


def without(*keys: str) -> Callable[[Vendor], None]:
    """A change that removes one key under `supplied`."""

    def change(vendor: Vendor) -> None:
        part = vendor.spec["supplied"]
        for key in keys[:-1]:
            part = part[key]
        del part[keys[-1]]

    return change


def test_predictions_with_everything_supplied_are_ready(vendor: Vendor) -> None:
    """All six are yes; each figure from elsewhere says so, in the record, on the page and in the text."""
    walked = vendor.reviewed()
    assert Verdict.READY is walked.record.verdict, text_report(walked.record)
    findings = walked.findings
    supplied = {code for code, finding in findings.items() if NOT_HERE in finding.warning}
    judged = {"STAB-HALF-WIDTH", "STAB-CHURN", "PROD-LATENCY-P99", "PROD-THROUGHPUT", "PROD-SIZE", "PROD-MEMORY"}
    judged |= {f"PROD-PROBE-{name.upper().replace('_', '-')}" for name in PROBES}
    assert judged <= supplied
    assert {code for code in supplied if not code.startswith(("STAB-", "PROD-"))} == set()
    assert f"{NOT_HERE}: ticket 12, fitted by the vendor" in findings["STAB-CHURN"].reason
    assert f"{NOT_HERE}: ticket 13" in findings["STAB-SEEDS"].reason
    assert (400.0, 1.0) == (findings["PROD-THROUGHPUT"].measured.value, findings["PROD-THROUGHPUT"].measured.level)
    note = f"{len(supplied)} figures were {NOT_HERE}"
    assert note in walked.page
    assert f"{NOT_HERE}: load test of 3 November" in walked.page
    assert f"Note: {note}." in text_report(walked.record)
    assert "Supplied: 8.50 MB" in walked.page


def test_the_files_it_rests_on_are_inputs(vendor: Vendor) -> None:
    """A table of its own and the log are hashed into the record; no supplied column is a feature."""
    columns = [f"{kind}_{k}" for kind in ("said", "fold") for k in (1, 2)]
    vendor.train[["number", *columns]].to_csv(vendor.folder / "folds.csv", index=False)
    vendor.train = vendor.train.drop(columns=columns)
    vendor.spec["supplied"]["folds"]["table"] = "folds.csv"
    walked = vendor.reviewed()
    assert Verdict.READY is walked.record.verdict
    named = [artifact.name for artifact in walked.record.gathered.inputs]
    assert ["supplied folds: folds.csv", "supplied latency: calls.txt", "supplied training rows: training.hashes"] == [
        n for n in named if n.startswith("supplied")
    ]
    drifted = {f.name for code, f in walked.findings.items() if code.startswith("PROD-DRIFT-")}
    assert not [name for name in drifted if "seed" in name or "fold" in name or "said" in name]
    digests = Digests.of(load_spec(vendor.folder / "readiness.yaml"))
    (vendor.folder / "calls.txt").write_text("1\n" * 300)
    with pytest.raises(ReviewError, match=r"calls\.txt changed"):
        digests.check_unchanged()


def test_without_a_word_of_the_training_rows_nothing_is_ready(vendor: Vendor) -> None:
    """Nobody can tell which rows the model has seen, so that no claim about the test rows is proven."""
    without("training_rows")(vendor)
    walked = vendor.reviewed()
    assert Verdict.NOT_PROVEN is walked.record.verdict
    assert {"EVID-SEEN": Status.NOT_ASSESSED} == doubts(walked)
    assert Status.NOT_PROVEN is walked.answer(Question.BUSINESS).status
    assert "supplied.training_rows" in walked.findings["BUSI-1"].needs


def vouched_by(vendor: Vendor, by: str) -> None:
    """Somebody says that the test rows were new to the model, where nobody gives the training rows."""
    without("training_rows")(vendor)
    vendor.spec["about"] = {"prepared_by": ["the vendor"]}
    vendor.spec["soundness"] = {"seen": {"by": by, "on": this_day(), "why": "the rows were drawn after the delivery"}}


def test_a_word_from_outside_stands_in_for_the_training_rows(vendor: Vendor) -> None:
    """And the verdict says so."""
    vouched_by(vendor, "the auditor")
    walked = vendor.reviewed()
    assert Verdict.READY is walked.record.verdict
    assert "on vouched evidence" in text_report(walked.record)


def test_the_word_of_who_prepared_the_review_is_refused(vendor: Vendor) -> None:
    """However the name is spelt."""
    vouched_by(vendor, "The Vendor")
    with pytest.raises(SpecError) as caught:
        vendor.reviewed()
    assert '"The Vendor" is among about.prepared_by' in "".join(caught.value.problems)


def test_test_rows_among_the_training_rows_prove_nothing(vendor: Vendor) -> None:
    """2 % of the test rows are among the hashes."""
    both = pd.concat([vendor.train, vendor.test.head(240)])
    write_hashes(hashes_of(both, ["number"], names_rows=True), vendor.folder / "training.hashes")
    walked = vendor.reviewed()
    assert Verdict.NOT_PROVEN is walked.record.verdict
    assert {"EVID-SEEN": Status.NOT_MET} == doubts(walked)
    (seen_before,) = walked.record.soundness.doubts
    assert "240 of 12,000 test rows" in seen_before.reason


def doubts(walked: Walked) -> dict[str, Status]:
    """What withholds something."""
    return {finding.code: finding.status for finding in walked.record.soundness.doubts}


MISSING = {
    "folds": (without("folds"), Question.STABILITY, "supply fold predictions under supplied.folds, or give the model"),
    "latency": (without("latency"), Question.PRODUCTION, "supply a log of calls under supplied.latency, or give the"),
    "throughput": (without("throughput_per_second"), Question.PRODUCTION, "state supplied.throughput_per_second, or"),
    "size": (without("size_mb"), Question.PRODUCTION, "state supplied.size_mb, or give the model file"),
    "memory": (without("memory_mb"), Question.PRODUCTION, "state supplied.memory_mb, or give the model file"),
    "probe": (without("probes", "one_row"), Question.PRODUCTION, "state supplied.probes.one_row, or give the model file"),
}  # fmt: skip


@pytest.mark.parametrize("piece", sampled(MISSING, 2, always=["folds"]))
def test_each_piece_that_is_missing_is_named(piece: str, vendor: Vendor) -> None:
    """Without it the question is not assessed, and the required action says which key would settle it."""
    change, question, words = MISSING[piece]
    change(vendor)
    walked = vendor.reviewed()
    answers = {each: walked.answer(each).status for each in Question}
    assert {each: Status.NOT_ASSESSED if each is question else Status.MET for each in Question} == answers
    assert Verdict.NOT_PROVEN is walked.record.verdict
    assert [words in action.text for action in walked.record.decision.actions] == [True]


def churning(vendor: Vendor) -> None:
    half = np.arange(TRAIN_ROWS) % 2 == 0
    vendor.train["said_2"] = np.where(half, 1 - vendor.train["said_1"], vendor.train["said_1"])


def slow(vendor: Vendor) -> None:
    vendor.calls = [60.0 if k % 20 == 0 else 10.0 for k in range(1000)]


def large(vendor: Vendor) -> None:
    vendor.spec["supplied"]["size_mb"]["value"] = 10.1


def refused(vendor: Vendor) -> None:
    vendor.spec["supplied"]["probes"]["outlier"]["passed"] = False


BAD = {
    "churn of 50 %": (churning, "STAB-CHURN", Question.STABILITY),
    "a slow log": (slow, "PROD-LATENCY-P99", Question.PRODUCTION),
    "too large": (large, "PROD-SIZE", Question.PRODUCTION),
    "a failed probe": (refused, "PROD-PROBE-OUTLIER", Question.PRODUCTION),
}


@pytest.mark.parametrize("fault", sampled(BAD, 2))
def test_a_bad_supplied_value_is_a_no(fault: str, vendor: Vendor) -> None:
    """Supplied figures are judged by the same rules as measured ones."""
    plant, code, question = BAD[fault]
    plant(vendor)
    walked = vendor.reviewed()
    assert "not_met" == walked.status(code)
    assert Status.NOT_MET is walked.answer(question).status
    assert Verdict.NOT_READY is walked.record.verdict


def test_a_damaged_log_is_refused_before_a_kernel_starts(vendor: Vendor) -> None:
    """Every line that is no time is told with its number, and the spec's key with its line."""
    vendor.calls[4:7] = ["12,5", "", "3 ms"]
    with pytest.raises(SpecError) as caught:
        vendor.reviewed()
    (problem,) = caught.value.problems
    assert "supplied.latency.path" in problem
    assert 'line 5 holds "12,5"; write the decimal with a point: 12.5; line 6 is blank; line 7 holds "3 ms"' in problem


def test_the_host_believes_only_what_the_spec_supplies(vendor: Vendor) -> None:
    """A record that calls a figure supplied, that has another one, or that claims to have measured it, is refused."""
    walked = vendor.reviewed()
    path = vendor.folder / "readiness.yaml"

    def checked(record: Any) -> None:
        loaded = load_spec(path)
        check_record(record, loaded, Digests.of(loaded))

    def changed(code: str, **how: Any) -> Any:
        answers = tuple(
            replace(a, findings=tuple(replace(f, **how) if f.code == code else f for f in a.findings))
            for a in walked.record.answers
        )
        return replace(walked.record, answers=answers)

    checked(walked.record)
    size, p99 = walked.findings["PROD-SIZE"], walked.findings["PROD-LATENCY-P99"]
    wrong = [
        changed("BUSI-1", warning=NOT_HERE),
        changed("PROD-SIZE", warning=""),
        changed("STAB-CHURN", warning=""),
        changed("PROD-PROBE-ONE-ROW", warning=""),
        changed("PROD-SIZE", measured=replace(size.measured, value=8.0, low=8.0, high=8.0)),
        changed("PROD-SIZE", measured=None),
        changed(
            "PROD-SIZE",
            measured=replace(size.measured, value=8.0, low=8.0, high=8.0),
            bounds=replace(size.bounds, lower=8.0, upper=8.0),
        ),
        changed("PROD-SIZE", bounds=replace(size.bounds, lower=0.1, upper=0.1)),
        changed("STAB-MEAN", warning=""),
        changed("STAB-SEEDS", warning=""),
        changed("PROD-LATENCY-P50", warning=""),
        changed("PROD-LATENCY-P99", measured=replace(p99.measured, value=1.0, low=1.0, high=1.0)),
        changed("PROD-LATENCY-P99", measured=None),
        changed("PROD-LATENCY-P99", bounds=replace(p99.bounds, upper=p99.measured.value / 2)),
    ]
    for record in wrong:
        with pytest.raises(IncompleteRecord, match=r"does not supply|does not hold"):
            checked(record)


def inverted(vendor: Vendor) -> None:
    for k in (1, 2):
        vendor.train[f"said_{k}"] = 1 - vendor.train[f"said_{k}"]


def seen(vendor: Vendor) -> None:
    truth, rng = vendor.train["default"], np.random.default_rng(7)
    for k in (1, 2):
        vendor.train[f"said_{k}"] = truth.where(rng.random(TRAIN_ROWS) > 0.01, 1 - truth)


def copied(vendor: Vendor) -> None:
    vendor.train["said_2"] = vendor.train["said_1"]


DOUBTFUL = {
    "the opposite": (inverted, "these are not refits of this candidate on nearly all rows, or their rows are out of"),
    "rows that were seen": (seen, "they predict rows that they had seen, or the training rows are of another kind"),
    "a copy": (copied, "repeats 1 and 2 give every row the same label, as a copy would; scores would tell"),
}


@pytest.mark.parametrize("fault", sampled(DOUBTFUL, 1))
def test_folds_that_are_hardly_of_the_candidate_prove_nothing(fault: str, vendor: Vendor) -> None:
    """Question 5 is not proven, for a reason that is recorded, so that the host finds the same."""
    plant, words = DOUBTFUL[fault]
    plant(vendor)
    walked = vendor.reviewed()
    half = walked.findings["STAB-HALF-WIDTH"]
    assert Status.NOT_PROVEN is walked.answer(Question.STABILITY).status
    assert Verdict.NOT_PROVEN is walked.record.verdict
    assert words in half.withheld
    assert words in half.reason
    assert "check that refits of this candidate predicted each training row" in half.needs
    loaded = load_spec(vendor.folder / "readiness.yaml")
    check_record(walked.record, loaded, Digests.of(loaded))


def test_why_there_are_no_refits_is_said(vendor: Vendor) -> None:
    """Beside each figure that rests on supplied folds."""
    reason = vendor.reviewed().findings["STAB-HALF-WIDTH"].reason
    assert "not refitted here because there is no model file, only predictions" in reason


def test_a_table_of_folds_must_show_its_order(vendor: Vendor) -> None:
    """Without the target and without the names of the rows it is refused before a kernel starts; in another order by
    the names alone, too.
    """
    columns = [f"{kind}_{k}" for kind in ("said", "fold") for k in (1, 2)]
    table = vendor.train[["number", *columns]].sample(frac=1, random_state=1)
    vendor.train = vendor.train.drop(columns=columns)
    vendor.spec["supplied"]["folds"]["table"] = "folds.csv"
    table[columns].to_csv(vendor.folder / "folds.csv", index=False)
    with pytest.raises(SpecError, match=r'shares neither "default" nor "number" with data\.train'):
        vendor.reviewed()
    table.to_csv(vendor.folder / "folds.csv", index=False)
    with pytest.raises(DataError, match=r'has another "number" than data\.train in 1,9\d\d rows'):
        vendor.reviewed()


def test_a_failed_probe_cannot_be_attested_away(vendor: Vendor) -> None:
    """What the spec supplies of a probe stands, whatever its checklist says of the box."""
    refused(vendor)
    walked = vendor.reviewed()
    (probe,) = [f for f in walked.findings.values() if f.code == "PROD-PROBE-OUTLIER"]
    said = replace(probe, status=Status.MET, outcome=Outcome.ATTESTED, warning="")
    answers = [
        replace(each, findings=(said,)) for each in walked.record.answers if each.question is Question.PRODUCTION
    ]
    loaded = load_spec(vendor.folder / "readiness.yaml")
    assert ("PROD-PROBE-OUTLIER",) == false_supplies(answers, loaded.spec)
