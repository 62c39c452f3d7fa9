"""A first look at the rows: counted by hand, for each task, and whatever the rows are like."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression

from readiness import review
from readiness.core.findings import Question
from readiness.core.policy import Task
from readiness.report.pictures import Picture
from readiness.report.risk_signs import SIGNS, risk_signs

TRUTH = np.array([0] * 30 + [1] * 10)
ROWS = pd.DataFrame({"a": np.linspace(0, 1, 40), "b": [np.nan] * 4 + [1.0] * 36})


class Linear:
    """A model of the first column."""

    classes_ = np.array([0, 1])

    def predict(self, rows: Any) -> Any:
        return (np.asarray(rows)[:, 0] > 0.7).astype(int)

    def predict_proba(self, rows: Any) -> Any:
        first = np.asarray(rows)[:, 0]
        return np.column_stack([1 - first, first])


def looked_at(model: Any = None, rows: pd.DataFrame = ROWS, truth: Any = TRUTH, **more: Any) -> Any:
    return review(model or Linear(), rows, truth, **more).data


def test_classes_and_gaps_are_counted() -> None:
    """Test rows beside training rows, the largest class and the column with most gaps first."""
    data = looked_at(X_train=ROWS.head(20), y_train=TRUTH[10:30][::-1] * 0 + np.arange(20) % 2)
    assert [("0", "30 (75.0 %)", "10 (50.0 %)"), ("1", "10 (25.0 %)", "10 (50.0 %)")] == [
        (part.name, part.test, part.train) for part in data.look.target
    ]
    assert [("b", "10.0 %", "20.0 %")] == [(part.name, part.test, part.train) for part in data.look.gaps]


def test_months_without_rows_are_seen() -> None:
    """Each month between the first and the last, with its rows and the share of positives."""
    days = [pd.Timestamp("2026-01-15")] * 30 + [pd.Timestamp("2026-03-02")] * 10
    look = looked_at(time=days).look
    assert ("month", [("2026-01", 30, 0.0), ("2026-03", 10, 1.0)]) == (
        look.every,
        [(each.name, each.rows, each.level) for each in look.periods if each.rows],
    )
    assert ("2026-02", 0) == (look.periods[1].name, look.periods[1].rows)
    assert np.isnan(look.periods[1].level)


@pytest.mark.parametrize(
    ("last", "every"), [("2027-12-31", "month"), ("2031-12-31", "quarter"), ("2050-01-01", "year")]
)
def test_a_long_time_is_cut_into_longer_stretches(last: str, every: str) -> None:
    """Up to two years by month, up to six by quarter, else by year."""
    days = pd.to_datetime(["2026-01-01"] * 39 + [last])
    look = looked_at(time=days).look
    assert (every, 40) == (look.every, sum(each.rows for each in look.periods))


def test_times_that_are_no_dates_are_cut_into_tenths() -> None:
    """In their order."""
    look = looked_at(time=np.arange(40)[::-1]).look
    assert ("tenth of the rows", [4] * 10) == (look.every, [each.rows for each in look.periods])
    assert (1.0, 0.0) == (look.periods[0].level, look.periods[-1].level)


def test_numbers_are_shown_by_their_spread() -> None:
    """Smallest, half and largest; predicted against true."""
    data = looked_at(DummyRegressor().fit(ROWS, TRUTH), truth=np.arange(40) * 1.5)
    spread = {part.name: float(part.test) for part in data.look.target}
    assert {"smallest": 0.0, "half": 29.2, "largest": 58.5} == {
        name: spread[name] for name in ("smallest", "half", "largest")
    }
    assert Task.REGRESSION is data.look.task
    assert {"true": 40, "predicted": 40} == {name: len(part) for name, part in data.look.scores.items()}
    assert "half of them are off by at most" in data.plot("scores").alt


def test_more_classes_are_shown_right_and_wrong() -> None:
    """Scores of the predicted class."""
    truth = np.array(["x", "y", "z", "x"] * 10)
    model = LogisticRegression().fit(ROWS[["a"]], truth)
    look = looked_at(model, ROWS[["a"]], truth).look
    assert {"right", "wrong"} >= set(look.scores)
    assert 40 == sum(map(len, look.scores.values()))
    assert ["x", "y", "z"] == [part.name for part in look.target]


def test_rankings_are_shown_by_relevance() -> None:
    """Scores of what is relevant and what is not."""

    class Ranker:
        def predict(self, rows: Any) -> Any:
            return np.asarray(rows)[:, 0]

    look = looked_at(Ranker(), task="ranking", query=np.repeat(np.arange(4), 10)).look
    assert {"relevant": 10, "not relevant": 30} == {name: len(part) for name, part in look.scores.items()}


@pytest.mark.parametrize("figure", ["rows", "scores"])
def test_figures_have_words_and_narrow_drawings(figure: str) -> None:
    """As every figure of a review."""
    picture = looked_at(time=pd.date_range("2026-01-01", periods=40)).plot(figure)
    assert isinstance(picture, Picture)
    assert "" == picture.question
    assert picture.svg
    assert picture.narrow
    assert picture.alt.endswith(".")


def test_what_there_is_not_is_not_drawn() -> None:
    """No time, no scores: nothing is shown, and nothing is said."""

    class Labels:
        def predict(self, rows: Any) -> Any:
            return (np.asarray(rows)[:, 0] > 0.7).astype(int)

    data = looked_at(Labels())
    assert (None, None, ()) == (data.plot("rows"), data.plot("scores"), data.figures)
    assert "No value is missing" in looked_at(rows=ROWS[["a"]])._repr_html_()


HOSTILE = "<script>alert(1)</script>\u202e$x_1$"


def test_hostile_words_do_not_act() -> None:
    """Columns and classes are text, in the table and in the figure."""
    rows = ROWS.rename(columns={"b": HOSTILE})
    truth = np.where(TRUTH == 1, HOSTILE, "fine")
    data = looked_at(DummyClassifier().fit(rows.fillna(0), truth), rows, truth, pos_label=HOSTILE)
    page = data._repr_html_()
    assert [] == BeautifulSoup(page, "html.parser").find_all("script")
    assert "\u202e" not in page
    assert "<script" not in data.plot("scores").svg


@pytest.mark.parametrize("question", list(Question))
@pytest.mark.parametrize("task", list(Task))
def test_signs_of_risk_fit_the_task(question: Question, task: Task) -> None:
    """Two or more of each, and none that speaks of classes or probabilities where there are none."""
    signs = risk_signs(question, task)
    assert len(signs) >= 2
    if not task.has_classes:
        assert not any(word in sign for sign in signs for word in ("class", "accuracy", "probabilit"))
    assert set(SIGNS) == set(Question)
