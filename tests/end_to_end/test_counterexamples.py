"""What fails comes with its smallest example and a cure, from a model in its own process to the page and the record."""

from __future__ import annotations

import html
from typing import Any

import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.linear_model import LogisticRegression

from readiness.core.counterexamples import Change, Cure
from readiness.core.findings import Outcome, Status
from readiness.verdict.record import from_plain, signed_form, to_predicate
from tests.conftest import make_rows
from tests.walking import walk

TRAIN = make_rows(600, 1)
HOSTILE = "a <img src=x onerror=alert(1)>"
"""A column whose name is markup."""


@pytest.mark.slow
def test_bare_lightgbm_is_told_what_fails_where_and_what_mends_it(review_files: Any) -> None:
    """The first minute with it: columns in another order, two of them, one row, and the pipeline that mends it."""
    spec = review_files(
        {
            "production": {
                "monotonic": [{"column": "a", "direction": "increasing", "says": "More of a, more likely"}],
                "invariant": [{"column": "group", "says": "The group does not matter"}],
            }
        },
        model=LGBMClassifier(n_estimators=10, n_jobs=1, verbose=-1).fit(TRAIN[["a", "b"]], TRAIN["y"]),
    )
    done = walk(spec, probes=True)
    order = done.findings["PROD-PROBE-COLUMN-ORDER"]
    assert (order.status, order.outcome) == (Status.NOT_MET, Outcome.FAILED)
    assert order.example is not None
    assert (order.example.change, order.example.columns) == (Change.SWAPPED, ("a", "b"))
    assert order.example.cure is Cure.SELECT_BY_NAME
    assert order.example.before is not None
    assert order.example.after is not None
    assert order.example.before.label in ("0", "1")

    page = done.page
    assert "Smallest examples: " in page
    assert "a and b: these columns change places" in page
    assert Cure.SELECT_BY_NAME.words in page
    assert Cure.SELECT_BY_NAME.code in html.unescape(page)
    invariant = done.findings["PROD-INVARIANT-1"]
    assert (invariant.name, invariant.status) == ("The group does not matter", Status.MET)
    assert invariant.warning == "the model does not take this column"
    assert invariant.measured is not None
    assert invariant.measured.n == 800
    assert "More of a, more likely" in page
    assert signed_form(done.record) == done.record
    assert from_plain(to_predicate(done.record)) == done.record


@pytest.mark.exhaustive
@pytest.mark.slow
def test_names_and_errors_of_others_are_shown_as_they_are_written(review_files: Any) -> None:
    """A linear model refuses a gap, in words that hold the name of a column: both are text on the page, and no markup."""
    train, test = (rows.rename(columns={"a": HOSTILE}) for rows in (TRAIN, make_rows(400, 2)))
    model = LogisticRegression().fit(train[[HOSTILE, "b"]], train["y"])
    spec = review_files({"data": {"train": None}, "stability": None}, test=test, model=model)
    done = walk(spec, probes=True)
    gap = done.findings["PROD-PROBE-MISSING-VALUE"]
    assert gap.example is not None
    assert (gap.example.columns, gap.example.others, gap.example.cure) == ((HOSTILE,), 1, Cure.FILL_GAPS)
    assert gap.example.error == "ValueError: Input X contains NaN"
    assert "<img src=x" not in done.page
    assert html.escape(HOSTILE) in done.page
    assert "the same in 1 more column" in done.page


@pytest.mark.slow
def test_what_the_spec_says_of_one_column_is_judged_of_numbers(review_files: Any) -> None:
    """A regression that must fall with a column, and rises: each row breaks it, and the largest break is told."""
    model = LGBMRegressor(n_estimators=20, n_jobs=1, verbose=-1).fit(TRAIN[["a", "b"]], 3 * TRAIN["a"])
    rows = make_rows(500, 3)
    spec = review_files(
        {
            "data": {"train": None, "target": "y", "positive": None, "task": "regression", "segments": ["group"]},
            "business": {"requirements": [{"says": "near", "metric": "mae", "at_most": 2}]},
            "errors": None,
            "stability": None,
            "production": {
                "monotonic": [
                    {"column": "a", "direction": "decreasing"},
                    {"column": "b", "direction": "increasing", "tolerance": 5},
                ]
            },
        },
        test=rows.assign(y=3 * rows["a"]),
        model=model,
    )
    done = walk(spec, probes=True)
    falls, tolerated = done.findings["PROD-MONOTONIC-1"], done.findings["PROD-MONOTONIC-2"]
    assert (falls.status, tolerated.status) == (Status.NOT_MET, Status.MET)
    assert falls.example is not None
    assert falls.example.row > 0
    assert float(falls.example.given) > float(falls.example.instead_of)
    assert "A larger a lowers the answer and never raises it" in done.page
    assert Cure.CONSTRAIN_BOOSTER.words in done.page
