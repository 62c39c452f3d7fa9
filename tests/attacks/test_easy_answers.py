"""Models that know nothing, and specs under which that was enough: they lose, and are told which constant answer does
as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from sklearn.base import BaseEstimator, ClassifierMixin

from readiness.core.errors import SpecError
from readiness.core.findings import Question
from readiness.core.policy import Task
from readiness.spec.load import load_spec
from readiness.verdict.comparison import lower_bars, missing_codes
from readiness.verdict.decision import Verdict
from readiness.verdict.reservations import reservations
from tests.conftest import make_rows
from tests.report.page import records
from tests.sampling import exhaustive
from tests.walking import Walked, walk

Files = Callable[..., Path]
CHEAP = {"errors": {"costs": {"false_positive": 1, "false_negative": 50, "currency": "EUR"}}}
"""A miss costs as much as fifty false alarms, so that to alarm always is far cheaper than never to."""


class Noise(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Calls so many rows positive by a column that says nothing of them; not one was learned from."""

    def __init__(self, share: float = 0.9) -> None:
        self.share = share

    def fit(self, rows: pd.DataFrame, y: Any) -> Noise:
        """Nothing but the names of the columns and of the classes."""
        self.classes_ = np.array([0, 1])
        self.feature_names_in_ = np.array(list(rows.columns), dtype=object)
        return self

    def predict_proba(self, rows: pd.DataFrame) -> Any:
        """Up to a half for the rows that are let off."""
        drawn = np.modf(np.abs(rows["b"].to_numpy()) * 1e4)[0]
        positive = np.clip(0.5 + 0.5 * (self.share - drawn), 0, 1)
        return np.column_stack([1 - positive, positive])

    def predict(self, rows: pd.DataFrame) -> Any:
        """Positive from a half."""
        return (self.predict_proba(rows)[:, 1] >= 0.5).astype(int)


def reviewed(review_files: Files, share: float, **errors: Any) -> Walked:
    """The review of such a model, whose only requirement is one that it meets."""
    changes = {"errors": {**CHEAP["errors"], **errors}}
    model = Noise(share).fit(make_rows(600, 1)[["a", "b"]], None)
    return walk(review_files(changes, test=make_rows(4000, 2), model=model), figures=False)


def text_of(walked: Walked) -> str:
    return " ".join(BeautifulSoup(walked.page, "html.parser").get_text(" ").split())


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.9, 1.1], ids=["nine rows of ten", "every row"])
def test_a_model_that_alarms_nearly_always_is_told_that_a_constant_does_as_well(
    review_files: Files, share: float
) -> None:
    """It beats chance in F1, meets the requirement on recall, and saves a fortune against doing nothing."""
    walked = reviewed(review_files, share)
    for code in ("BASE-LIFT-UNIFORM", "BASE-LIFT-MAJORITY", "BASE-LIFT-STRATIFIED", "BUSI-1", "ERRO-SAVINGS"):
        assert "met" == walked.status(code)
    assert "not_met" == walked.status("BASE-LIFT-MINORITY")
    assert walked.status("ERRO-SAVINGS-CONSTANT") == ("not_met" if share < 1 else "not_proven")
    assert Verdict.NOT_READY is walked.record.verdict
    assert "always answering “1” would cost" in text_of(walked)
    assert "that is y = 1 for every row" in walked.findings["BASE-LIFT-MINORITY"].reason
    assert "Better than always answering “1”" in text_of(walked)
    told = {each.label: each.text for each in reservations(walked.record)}
    assert "always answering “1” would meet the requirement, too" in told["Requirements"] or (
        "guess would meet" in told["Requirements"]
    )
    assert "0.5 is what drawing lots would give" in told["Scores"]


@pytest.mark.slow
@pytest.mark.parametrize("capacity", [0.89, exhaustive(0.5), exhaustive(40)])
def test_a_capacity_does_not_save_it(review_files: Files, capacity: float) -> None:
    """A limit that always alarming exceeds, and that the model exceeds, too: as many alarms by lot cost the same."""
    walked = reviewed(review_files, 0.9, capacity=capacity)
    finding = walked.findings["ERRO-SAVINGS-CONSTANT"]
    assert finding.status.value in ("not_met", "not_proven")
    assert "acts on more rows than can be acted on" == finding.warning
    assert "y = 1 for" in finding.reason
    assert "at random, as often as can be acted on" in text_of(walked)
    assert "acts on more rows than can be acted on" in text_of(walked)


@pytest.mark.slow
def test_a_capacity_is_told(review_files: Files) -> None:
    """It is what the savings hang on, so the answer says it."""
    walked = walk(review_files({"errors": {"capacity": 0.4}}), figures=False)
    assert "met" == walked.status("ERRO-SAVINGS-CONSTANT")
    assert "only 40 % of the rows can be acted on" in text_of(walked)


def test_a_capacity_of_numbers_is_refused(review_files: Files) -> None:
    """There is nothing to act on."""
    path = review_files({"data": {"positive": None, "task": "regression"}, "errors": {"capacity": 0.5}})
    with pytest.raises(SpecError, match="only some rows of a class can be acted on"):
        load_spec(path)


@pytest.mark.slow
def test_a_cheaper_model_in_use_is_not_replaced(review_files: Files) -> None:
    """The candidate is fine; the model that it replaces misses nobody, and costs half as much."""
    test = make_rows(4000, 2)
    test["old"] = ((test["y"] == 1) | (test["a"] > 1.2)).astype(int)
    current = {"name": "old rules", "predictions": {"label": "old"}, "test": "non_inferiority"}
    walked = walk(review_files({"baseline": {"current": current}}, test=test), figures=False)
    assert ("met", "met") == (walked.status("ERRO-SAVINGS"), walked.status("ERRO-SAVINGS-CONSTANT"))
    assert "not_met" == walked.status("ERRO-CURRENT")
    assert Verdict.NOT_READY is walked.record.verdict
    assert "at most 5 % more costly" in text_of(walked).lower()


@pytest.mark.slow
def test_how_much_dearer_is_accepted_has_an_end_and_is_told(review_files: Files) -> None:
    """A fifth at most; more than by default is on the cover."""
    with pytest.raises(SpecError, match="non-inferiority margins seldom exceed a fifth"):
        load_spec(review_files({"errors": {"dearer": 0.9}}))
    walked = walk(review_files({"errors": {"dearer": 0.2}}), figures=False)
    (told,) = (each.text for each in reservations(walked.record) if each.label == "Looser than default")
    assert "how much dearer than the current model errors may be 20 % instead of 5 %" in told


@pytest.mark.slow
def test_a_record_without_the_comparison_is_refused(review_files: Files) -> None:
    """A template that drops it, or judges it by another bar."""
    walked = reviewed(review_files, 0.9)
    spec = load_spec(walked.evidence.folder / "readiness.yaml").spec
    answer = walked.answer(Question.ERRORS)

    def with_findings(*findings: Any) -> list[Any]:
        changed = dataclasses.replace(answer, findings=findings)
        return [changed if each.question is Question.ERRORS else each for each in walked.record.answers]

    kept = [f for f in answer.findings if f.code != "ERRO-SAVINGS-CONSTANT"]
    assert ("ERRO-SAVINGS-CONSTANT",) == missing_codes(with_findings(*kept), spec, Task.BINARY)
    assert () == missing_codes(walked.record.answers, spec, Task.BINARY)
    judged = walked.findings["ERRO-SAVINGS-CONSTANT"]
    lower = dataclasses.replace(judged, criterion=dataclasses.replace(judged.criterion, threshold=-50.0))
    assert ("ERRO-SAVINGS-CONSTANT",) == lower_bars(with_findings(*kept, lower), spec, Task.BINARY)


@pytest.mark.parametrize(("low", "high", "said"), [
    (0.48, 0.53, "are not shown to tell the classes apart"), (0.41, 0.46, "order the rows the wrong way round"),
    (0.501, 0.56, ""),
])  # fmt: skip
def test_scores_that_say_nothing_are_told(low: float, high: float, said: str) -> None:
    """On the first screen, when the interval of ROC AUC holds a half or lies below."""
    made = records.ready()
    answers = [
        dataclasses.replace(answer, findings=tuple(_with_area(f, low, high) for f in answer.findings))
        for answer in made.answers
    ]
    told = [each.text for each in reservations(dataclasses.replace(made, answers=tuple(answers)))
            if each.label == "Scores"]  # fmt: skip
    assert [said] == [text.split("scores ")[1].split(" (")[0] for text in told] if said else told == []


def _with_area(finding: Any, low: float, high: float) -> Any:
    if finding.code != "BASE-VALUE-CANDIDATE-F1":
        return finding
    area = dataclasses.replace(finding.measured, value=(low + high) / 2, low=low, high=high)
    return dataclasses.replace(finding, key="BASE-VALUE-CANDIDATE-ROC_AUC", measured=area)
