"""The spec against its files, before anything is loaded."""

from __future__ import annotations

import pytest

from readiness.core.errors import SpecError
from readiness.core.metrics import METRICS
from readiness.core.policy import Task
from readiness.evidence.limits import end_fault
from readiness.evidence.preflight import metric_fault, preflight
from readiness.spec.load import load_spec
from readiness.spec.schema import Requirement
from tests.conftest import make_rows


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


def test_a_pin_may_also_come_from_the_command_line(review_files):
    """Both messages about the candidate say so."""
    assert problems(review_files({"model": {"sha256": None}}))[0].endswith(", or add --pin")
    assert problems(review_files({"model": {"sha256": "0" * 64}}))[0].endswith(", or add --pin")


@pytest.mark.parametrize("name", ["n.keras", "n.h5", "n.pt", "n.pth", "n.safetensors"])
def test_a_file_that_only_a_loader_opens_is_refused_without_one(review_files, tmp_path, name):
    """Told by check already, with the way to examples."""
    (tmp_path / name).write_bytes(b"x")
    (problem,) = problems(review_files({"model": {"path": name, "sha256": None}}))
    assert "model.loader" in problem
    assert "docs/models.md" in problem
    (tmp_path / "a.py").touch()
    review_files({"model": {"path": name, "sha256": None, "loader": "a:b"}})
    preflight(load_spec(tmp_path / "readiness.yaml"))


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


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ({"metric": "latency_p99_ms", "gain_over": "majority", "at_least": 0.1}, "measured on the model alone"),
        ({"metric": "latency_p99_ms", "at_least": 5}, "needs at_most"),
        ({"metric": "throughput_per_second", "at_most": 5}, "needs at_least"),
    ],
)
def test_a_technical_limit_in_the_wrong_direction_is_refused(review_files, requirement, words):
    """A latency of at least 5 ms, or a gain in latency over guessing, is no requirement that can be met."""
    path = review_files({"business": {"requirements": [{"says": "fast", **requirement}]}})

    assert words in problems(path)[0]


def test_a_relative_gain_in_r2_is_refused(review_files):
    """R² may be below 0, where a share of it turns round."""
    frame = make_rows(100, 0).assign(y=lambda rows: rows["a"])
    requirement = {"says": "better", "metric": "r2", "lift_over": "mean", "at_least": 0.1}
    path = review_files(
        {
            "data": {"positive": None, "task": "regression", "segments": []},
            "business": {"requirements": [requirement]},
            "errors": None,
        },
        test=frame,
    )

    assert any("use gain_over" in text for text in problems(path))


def test_an_unreachable_margin_is_refused(review_files):
    """A margin of 1.5 would ask for a negative error."""
    assert any("cannot be reached" in text for text in problems(review_files({"baseline": {"margin": 1.5}})))


def test_the_training_table_cannot_be_the_test_table(review_files):
    """Rows that the model was fitted on prove nothing, whatever the file is called."""
    path = review_files(test=make_rows(600, 1))

    assert any("byte for byte, the training table" in text for text in problems(path))


def test_an_attestation_cannot_be_given_tomorrow(review_files):
    """A date in the future is a slip of the pen, or worse."""
    said = {"done": True, "by": "a@example.com", "on": "2999-01-01", "evidence": "runbook"}

    assert any("lies in the future" in text for text in problems(review_files({"checklist": {"monitoring": said}})))


def test_a_percentage_in_place_of_a_share_is_refused(review_files):
    """Recall of at least 60 means 0.6."""
    path = review_files({"business": {"requirements": [{"says": "find", "metric": "recall", "at_least": 60}]}})

    assert any("did you mean 0.6?" in text for text in problems(path))


@pytest.mark.parametrize(
    ("data", "requirement", "words"),
    [
        ({}, {"of_class": "gold"}, "looks for one of them; this task is binary"),
        ({"positive": None, "classes": ["gold", "red", "blue"]}, {"of_class": "glod"}, 'did you mean "gold"'),
        (
            {"positive": None, "classes": ["gold", "red", "blue"]},
            {"of_class": "gold", "metric": "f1_macro"},
            "is no metric of one class",
        ),
        (
            {"positive": None, "classes": ["gold", "red", "blue"]},
            {"of_class": "gold", "metric": "size_mb"},
            "knows no of_class",
        ),
        ({"positive": None, "classes": ["gold", "red", "blue"]}, {}, "does not fit a multiclass task without of_class"),
    ],
)
def test_a_class_that_cannot_be_looked_for_is_refused(review_files, data, requirement, words):
    """Of two classes there is nothing to choose; a misspelt class, and metrics that no single class has."""
    stated = {"says": "find gold", "metric": "recall", "at_least": 0.9, **requirement}
    path = review_files({"data": data, "errors": None, "business": {"requirements": [stated]}})

    assert any(words in text for text in _told(path))


def test_one_class_of_three_may_be_looked_for(review_files):
    """A binary metric of a class that exists is no fault."""
    stated = {"says": "find gold", "metric": "recall", "at_least": 0.9, "of_class": "gold"}
    data = {"positive": None, "classes": ["gold", "red", "blue"]}
    path = review_files({"data": data, "errors": None, "business": {"requirements": [stated]}})

    assert () == _told(path)


def _told(path):
    try:
        loaded = load_spec(path)
        preflight(loaded)
    except SpecError as error:
        return error.problems
    return ()


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"metric": "recall", "at_least": 0}, "every model meets it"),
        ({"metric": "recall", "above": 0}, "next to every model meets it"),
        ({"metric": "recall", "at_most": 1}, "every model meets it"),
        ({"metric": "recall", "above": 1}, "no model can meet it"),
        ({"metric": "false_positive_rate", "below": 0}, "no model can meet it"),
        ({"metric": "matthews_corrcoef", "at_least": -1}, "between -1 and 1"),
        ({"metric": "cohen_kappa", "above": 1.2}, "no model can meet it"),
        ({"metric": "brier", "at_most": 1}, "between 0 and 1"),
        ({"metric": "log_loss", "at_most": -5}, "never below 0"),
        ({"metric": "latency_p99_ms", "below": 0}, "no model can meet it"),
        ({"metric": "size_mb", "at_most": 0}, "no model can meet it"),
        ({"metric": "throughput_per_second", "at_least": 0}, "every model meets it"),
    ],
)
def test_a_limit_that_cannot_tell_models_apart_is_refused(review_files, limit, words):
    """What every model meets proves nothing, and what no model can meet is a slip of the pen."""
    path = review_files({"business": {"requirements": [{"says": "be good", **limit}]}})

    assert any(words in text for text in problems(path))


@pytest.mark.parametrize(
    "limit",
    [
        {"metric": "recall", "at_least": 0.01},
        {"metric": "recall", "at_least": 1},
        {"metric": "false_positive_rate", "at_most": 0},
        {"metric": "matthews_corrcoef", "at_least": 0},
        {"metric": "brier", "at_most": 0.2},
        {"metric": "recall", "at_least": 0, "gain_over": "majority"},
        {"metric": "recall", "above": 1, "lift_over": "stratified"},
    ],
)
def test_a_limit_that_some_models_meet_is_taken(review_files, limit):
    """Also one that only a perfect model meets, and gains, which have other ranges."""
    assert () == _told(review_files({"business": {"requirements": [{"says": "be good", **limit}]}}))


@pytest.mark.parametrize(
    ("name", "op", "limit", "task", "refused"),
    [
        ("brier", "at_most", 1.5, Task.MULTICLASS, False),
        ("brier", "at_most", 2, Task.MULTICLASS, True),
        ("r2", "above", 1, Task.REGRESSION, True),
        ("r2", "at_least", -3, Task.REGRESSION, False),
        ("bias", "at_most", -3, Task.REGRESSION, False),
    ],
)
def test_ranges_with_an_open_end(name, op, limit, task, refused):
    """R squared may be anything up to 1, a bias anything, the Brier score of three classes 2 at most."""
    requirement = Requirement.model_validate({"says": "be good", "metric": name, op: limit})

    assert refused == bool(end_fault(requirement, METRICS[name], task))


def test_segments_are_not_compared_by_bias(review_files):
    """A bias is best at 0, so no segment is worse for having a higher one."""
    path = review_files(
        {
            "data": {"positive": None, "task": "regression", "segments": []},
            "business": None,
            "errors": None,
            "segments": {"metrics": ["bias"]},
        }
    )

    assert any("segments.metrics" in text and "best at 0" in text for text in problems(path))
