"""A review with a metric of the user's own, from the spec to the page."""

from __future__ import annotations

import pytest

from readiness.core.errors import ModelError, SpecError
from readiness.evidence.collect import gather
from readiness.evidence.preflight import preflight
from readiness.spec.load import load_spec
from tests.conftest import make_rows
from tests.walking import walk

MODULE = """\
def profit(y_true, y_pred):
    \"\"\"10 for each row that is found, -1 for each alarm.\"\"\"
    return float((10 * ((y_pred == 1) & (y_true == 1)) - (y_pred == 1)).mean())


def total(y_true, y_pred):
    return float((y_pred == y_true).sum())


def gap(y_true, y_pred):
    return float(abs(y_true.mean() - y_pred.mean()))


def fails(y_true, y_pred):
    raise KeyError("prices")
"""

METRICS = {
    "profit": {"use": "own_shop:profit", "unit": "EUR"},
    "total": {"use": "own_shop:total"},
    "gap": {"use": "own_shop:gap", "greater_is_better": False, "takes": "scores"},
    "fails": {"use": "own_shop:fails"},
}


@pytest.fixture
def written(review_files, tmp_path):
    """A function that writes a spec with four metrics of one's own and the module beside it."""

    def write(**changes):
        (tmp_path / "own_shop.py").write_text(MODULE)
        return review_files({"metrics": METRICS, **changes})

    return write


def problems(path):
    with pytest.raises(SpecError) as caught:
        preflight(load_spec(path))
    return caught.value.problems


def test_a_review_on_a_metric_of_ones_own(written):
    """It is the primary metric, a requirement, a gain and a metric of segments; what cannot be computed is said."""
    requirements = [
        {"says": "earn", "metric": "profit", "above": 0.5},
        {"says": "earn more", "metric": "profit", "gain_over": "majority", "above": 0.5},
        {"says": "earn twice as much", "metric": "profit", "lift_over": "stratified", "above": 1},
        {"says": "be near", "metric": "gap", "at_most": 0.2},
        {"says": "have prices", "metric": "fails", "above": 0},
    ]
    path = written(
        baseline={"metric": "profit", "margin": 0.1},
        business={"requirements": requirements},
        segments={"metrics": ["profit", "total"], "limit": 1.5, "warning": 1.0},
    )

    walked = walk(path, figures=True)

    assert {} == walked.failed
    assert [] == walked.undrawn
    assert "met" == walked.status("BASE-LIFT-MAJORITY")
    gain = walked.findings["BASE-LIFT-MAJORITY"]
    assert (1.0 * gain.criterion.threshold, gain.criterion.unit) == (0.1, "EUR")
    assert "bootstrap of 200 resamples" in gain.measured.method
    assert "drawn once" in gain.measured.method
    assert ["met"] * 4 == [walked.status(f"BUSI-{k}") for k in (1, 2, 3, 4)]
    assert "not_assessed" == walked.status("BUSI-5")
    assert "failed with KeyError" in walked.findings["BUSI-5"].reason
    assert "EUR" == walked.findings["SEGM-1-1-PROFIT"].criterion.unit
    assert "sum over rows" in walked.findings["SEGM-1-1-TOTAL"].reason
    assert "profit" == walked.findings["STAB-MEAN"].metric
    assert walked.findings["STAB-MEAN"].measured is not None
    assert "own_shop:profit" in walked.page
    assert "bootstrap of 200 resamples" in walked.page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"metrics": {"recall": METRICS["profit"]}}, "is a metric already"),
        ({"metrics": {"mcc": METRICS["profit"]}}, "Matthews correlation"),
        ({"baseline": {"metric": "profit"}}, "state baseline.margin"),
        ({"baseline": {"human": {"metric": "profit", "value": 1}}}, "state baseline.margin"),
        ({"segments": {"metrics": ["profit"]}}, "state segments.limit"),
        ({"baseline": {"metric": "profitt"}}, 'did you mean "profit"'),
    ],
)
def test_what_is_wrong_with_an_own_metric_is_told_beforehand(written, changes, words):
    """Before a kernel starts, with the key."""
    assert any(words in text for text in problems(written(**changes)))


def test_a_margin_of_ones_own_may_be_large(written):
    """500 euros are no share."""
    assert preflight(load_spec(written(baseline={"metric": "profit", "margin": 500}))) is None


@pytest.mark.parametrize(
    ("use", "words"), [("nowhere_at_all:profit", "cannot be imported"), ("own_shop:missing", "metrics.profit.use")]
)
def test_a_function_that_is_not_there_is_bad_input(written, use, words):
    """The sentence names the metric and the key."""
    path = written(metrics={"profit": {"use": use}})

    with pytest.raises(ModelError) as caught:
        gather(path)

    assert words in str(caught.value)
    assert "metric profit" in str(caught.value)


def test_the_rows_of_the_test_table_are_enough(review_files):
    """The fixture has positives to find; else the profits above would say nothing."""
    assert make_rows(800, 2)["y"].sum() > 100
