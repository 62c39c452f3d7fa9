"""One fault at a time, planted into a good candidate: the right question turns, the other five stay, and the sentence
names the fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LogisticRegression

from readiness.core.checklist import BOXES, Source, this_day
from readiness.core.findings import Question, Status
from readiness.report.sentences import Language, answer_sentence
from readiness.verdict.decision import Verdict
from tests.end_to_end.learners import Fickle
from tests.walking import Walked, walk

TRAIN_ROWS, TEST_ROWS, RECENT_ROWS = 3_000, 8_000, 3_000
REGIONS, AGES = ["north", "east", "south", "west"], ["under 30", "30 to 49", "50 to 64", "65 and over"]
FEATURES = ["income", "balance"]
MISS = "we may not miss more than one default in five"


def applicants(n: int, seed: int) -> pd.DataFrame:
    """Rows in time order, half of them defaults, of which a straight line finds about 95 in 100."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"income": rng.normal(size=n), "balance": rng.normal(size=n)})
    frame["region"], frame["age"] = rng.choice(REGIONS, n), rng.choice(AGES, n)
    period = ("2025-01-01", "2025-12-31") if seed == 1 else ("2026-01-01", "2026-10-31")  # trained on the year before
    frame["applied"] = pd.date_range(*period, periods=n).floor("D")
    frame["default"] = (frame["income"] + frame["balance"] + 0.2 * rng.normal(size=n) > 0).astype(int)
    frame["expert"] = frame["default"].where(rng.random(n) < 0.7, 1 - frame["default"])
    return frame


def spoil(frame: pd.DataFrame, rows: pd.Series[bool], share: float) -> None:
    """Turn the truth of a share of some rows, so that the candidate is wrong there."""
    hit = rows & (np.random.default_rng(9).random(len(frame)) < share)
    frame.loc[hit, "default"] = 1 - frame.loc[hit, "default"]


def attested() -> dict[str, Any]:
    """Every box that a person answers, answered."""
    said = {
        "done": True,
        "by": "a reviewer",
        "on": str(this_day()),
        "evidence": "handbook.md",
    }
    return {box.key: said for box in BOXES if box.source is Source.ATTESTED}


class Candidate:
    """A good candidate with its tables and spec, open to be spoilt before it is reviewed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.train, self.test = applicants(TRAIN_ROWS, 1), applicants(TEST_ROWS, 2)
        self.recent = applicants(RECENT_ROWS, 3)[FEATURES]
        self.model: Any = LogisticRegression().fit(self.train[FEATURES], self.train["default"])
        self.spec: dict[str, Any] = {
            "model": {"name": "credit", "version": "1", "path": "model.joblib"},
            "data": {
                "train": "train.parquet",
                "test": "test.parquet",
                "recent": "recent.parquet",
                "target": "default",
                "positive": 1,
                "time": "applied",
                "segments": ["region", "age"],
            },
            "baseline": {"rules": [{"name": "the expert", "column": "expert"}]},
            "business": {"requirements": [{"says": MISS, "metric": "recall", "at_least": 0.8}]},
            "errors": {"costs": {"false_positive": 20, "false_negative": 100, "currency": "EUR"}},
            "stability": {"repeats": 2},
            "production": {
                "calls": 300,
                "latency_p99_ms": 10_000,
                "throughput_per_second": 1,
                "size_mb": 10,
                "memory_mb": 2_000,
                "clean_error_accepted": ["missing_value", "column_order", "empty_frame"],
            },
            "checklist": attested(),
        }

    def reviewed(self, measured: Walked | None = None) -> Walked:
        """What the review says of it; with the calls and probes of `measured` in place of its own."""
        for name in ("train", "test", "recent"):
            getattr(self, name).to_parquet(self.folder / f"{name}.parquet")
        joblib.dump(self.model, self.folder / "model.joblib")
        digest = hashlib.sha256((self.folder / "model.joblib").read_bytes()).hexdigest()
        self.spec["model"]["sha256"] = digest
        (self.folder / "handbook.md").write_text("How each box was looked at.")
        path = self.folder / "readiness.yaml"
        path.write_text(yaml.safe_dump(self.spec, sort_keys=False))
        if measured is None:
            return walk(path, figures=False, probes=True)
        same = {name: getattr(measured.evidence, name) for name in ("technical", "probes")}
        return walk(path, figures=False, probe=lambda evidence: replace(evidence, **same))


def beaten_by_the_rule(candidate: Candidate) -> None:
    candidate.test["expert"] = candidate.test["default"]


def recall_just_under(candidate: Candidate) -> None:
    candidate.spec["business"]["requirements"][0] |= {"at_least": 0.97}


def one_segment(candidate: Candidate) -> None:
    spoil(candidate.test, candidate.test["region"] == "east", 0.25)


def two_way_slice(candidate: Candidate) -> None:
    spoil(candidate.test, (candidate.test["region"] == "east") & (candidate.test["age"] == "65 and over"), 0.4)


def costs_exceed_value(candidate: Candidate) -> None:
    candidate.spec["errors"]["costs"] = {"false_positive": 100, "false_negative": 1, "currency": "EUR"}


def unstable_learner(candidate: Candidate) -> None:
    rows = candidate.train[FEATURES].copy()
    y = (rows.sum(axis=1) > 0).astype(int)
    far = rows.sum(axis=1).abs() > 0.5
    order = np.argsort(np.where(far, (rows["income"] - rows["balance"]).abs(), np.inf))
    candidate.model = Fickle().fit(rows.iloc[order], y.iloc[order])
    said = {"by": "somebody else", "on": str(this_day()), "why": "the test rows were drawn afterwards"}
    candidate.spec |= {"about": {"prepared_by": ["the builder"]}, "soundness": {"seen": said}}  # no copy is like it


def last_month_decay(candidate: Candidate) -> None:
    spoil(candidate.test, candidate.test["applied"] >= "2026-10-01", 0.3)


def drift(candidate: Candidate) -> None:
    candidate.recent["balance"] += 1.0


FAULTS: dict[str, tuple[Callable[[Candidate], None], Question, tuple[str, ...]]] = {
    "worse than the rule": (beaten_by_the_rule, Question.BASELINE, ("the expert",)),
    "recall just under": (recall_just_under, Question.BUSINESS, ("were found", "At least 97 % is required")),
    "one segment 20 points worse": (one_segment, Question.SEGMENTS, ("region = east",)),
    "a two-way slice": (two_way_slice, Question.SEGMENTS, ("region = east", "age = 65 and over")),
    "costs exceed value": (costs_exceed_value, Question.ERRORS, ("its errors cost", "EUR")),
    "unstable learner": (unstable_learner, Question.STABILITY, ("get another answer",)),
    "last-month decay": (last_month_decay, Question.STABILITY, ("October 2026",)),
    "drift": (drift, Question.PRODUCTION, ("balance has moved",)),
}


WITHHELD = ("drift",)
"""Faults of the rows themselves: where recent rows are answered otherwise, the test rows carry no other yes either."""


TOGETHER = {"last-month decay": (Question.SEGMENTS,)}
"""A month of the year that is served worse is a weak slice as well."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The review of the good candidate, the one whose model is timed and probed."""
    return Candidate(tmp_path_factory.mktemp("good")).reviewed()


def test_the_good_candidate_is_ready(good: Walked) -> None:
    """Without a fault all six answers are yes: the control of all that follows."""
    answers = {question.value: good.answer(question).status for question in Question}
    assert dict.fromkeys((question.value for question in Question), Status.MET) == answers
    assert Verdict.READY is good.record.verdict


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_turns_one_question(fault: str, good: Walked, tmp_path: Path) -> None:
    """The question it belongs to says no and names it; the other five still say yes, if the rows can carry one."""
    plant, question, words = FAULTS[fault]
    candidate = Candidate(tmp_path)
    plant(candidate)
    walked = candidate.reviewed(good)  # no fault is one of speed or of probes
    answers = {each.value: walked.answer(each).status.value for each in Question}
    others = "not_proven" if fault in WITHHELD else "met"
    turned = (question, *TOGETHER.get(fault, ()))
    assert {each.value: "not_met" if each in turned else others for each in Question} == answers
    assert Verdict.NOT_READY is walked.record.verdict
    sentence = answer_sentence(walked.answer(question), Language.of(walked.record))
    assert [word for word in words if word not in sentence] == []
