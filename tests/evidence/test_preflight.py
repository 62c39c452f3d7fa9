"""The spec against its files, before anything is loaded."""

from __future__ import annotations

import pytest

from readiness.criteria import Task
from readiness.evidence.preflight import metric_fault, preflight
from readiness.exceptions import SpecError
from readiness.spec.reading import load_spec


def problems(path):
    with pytest.raises(SpecError) as caught:
        preflight(load_spec(path))
    return caught.value.problems


def test_a_spec_that_fits_passes(review_files):
    """Nothing is said when nothing is wrong."""
    assert preflight(load_spec(review_files())) is None


def test_all_faults_are_told_at_once_with_line_and_nearest_name(review_files):
    """A missing table, a misspelt column and a metric that does not fit, in one error."""
    path = review_files(
        {
            "data": {"train": "trian.parquet", "segments": ["grup"], "target": "Y"},
            "business": {"requirements": [{"says": "be close", "metric": "mae", "at_most": 5}]},
        }
    )

    found = problems(path)

    assert 4 == len(found)
    assert any("trian.parquet" in text and 'did you mean "train.parquet"' in text for text in found)
    assert any("data.segments" in text and 'did you mean "group"' in text for text in found)
    assert any("data.target" in text and '"Y"' in text for text in found)
    assert any("mae" in text and "binary" in text for text in found)
    assert all("readiness.yaml line" in text for text in found)


def test_a_pickle_without_pin_and_a_wrong_pin_are_told(review_files):
    """The digest that would be the consent is given; a wrong one is shown beside the found one."""
    assert "sha256:" in problems(review_files({"model": {"sha256": None}}))[0]
    assert "expected" in problems(review_files({"model": {"sha256": "0" * 64}}))[0]


@pytest.mark.parametrize(
    ("name", "technical", "words"),
    [
        ("recal", True, 'did you mean "recall"'),
        ("latency_p99_ms", False, "measured on the model"),
        ("r2", True, "binary"),
    ],
)
def test_metrics_that_do_not_fit_are_named(name, technical, words):
    """Unknown, technical, or for another task."""
    assert words in metric_fault(name, Task.BINARY, technical=technical)
