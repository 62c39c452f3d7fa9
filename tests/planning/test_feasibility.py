"""What can this data prove? Told before a model is loaded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from readiness.planning.feasibility import Chance, feasible, provable
from readiness.spec.load import load_spec
from tests.conftest import make_rows


def entry(path, part):
    return next(found for found in feasible(load_spec(path)) if part in found.key)


def with_positives(count, n=1000):
    frame = make_rows(n, 0)
    frame["y"] = (np.arange(n) < count).astype(int)
    return frame


def test_53_positives_cannot_prove_a_recall_of_95_per_cent(review_files):
    """59 without a miss are needed; 53 prove at most 0.945."""
    requirement = {"says": "find them", "metric": "recall", "at_least": 0.95}
    path = review_files({"business": {"requirements": [requirement]}}, test=with_positives(53))

    found = entry(path, "business.requirements")

    assert found.chance is Chance.NOT_POSSIBLE
    assert "needs 59 rows with y = 1 without a miss" in found.text
    assert "with the 53 here and no miss, recall of at least 0.945 could be proven" in found.text


def test_59_positives_can(review_files):
    """The 59th makes it possible."""
    requirement = {"says": "find them", "metric": "recall", "at_least": 0.95}
    path = review_files({"business": {"requirements": [requirement]}}, test=with_positives(59))

    assert entry(path, "business.requirements").chance is Chance.POSSIBLE


def test_a_false_positive_rate_is_told_from_the_other_side(review_files):
    """At most 1 % needs 299 negatives without a false alarm."""
    requirement = {"says": "few alarms", "metric": "false_positive_rate", "at_most": 0.01}
    path = review_files({"business": {"requirements": [requirement]}}, test=with_positives(800))

    assert "needs 299 rows with y = 0 without a false alarm" in entry(path, "business.requirements").text


def test_a_precision_depends_on_the_model(review_files):
    """Nobody knows how many alarms there will be."""
    requirement = {"says": "good alarms", "metric": "precision", "at_least": 0.8}

    assert Chance.OPEN is entry(review_files({"business": {"requirements": [requirement]}}), "requirements").chance


def test_a_latency_depends_on_the_machine(review_files):
    """Not on what the model predicts."""
    requirement = {"says": "be quick", "metric": "latency_p99_ms", "at_most": 100}
    found = entry(review_files({"business": {"requirements": [requirement]}}), "requirements")

    assert (Chance.OPEN, True) == (found.chance, found.text.endswith("depends on the machine on which it is measured"))


def test_an_upper_limit_of_a_recall_asks_for_no_hit(review_files):
    """With at_most, what must not happen is a hit."""
    requirement = {"says": "find few", "metric": "recall", "at_most": 0.95}

    assert "without a hit" in entry(review_files({"business": {"requirements": [requirement]}}), "requirements").text


def test_bins_are_cut_at_the_training_rows_as_in_the_review(review_files):
    """The quartiles of the test rows would be other ones."""
    test, train = make_rows(1000, 0), make_rows(600, 1)
    test["a"] = np.where(np.arange(1000) < 5, 10.0, -10.0)
    path = review_files({"data": {"segments": [{"column": "a", "bins": 4}]}}, test=test)
    edge = f"{np.quantile(train['a'], 0.75):.6g}"

    assert f"a = above {edge} (5)" in entry(path, "data.segments, a").text


def test_too_few_rows_in_segments_are_unlikely_to_do_and_not_impossible(review_files):
    """How many rows a segment needs depends on the level of a model that nobody has loaded."""
    frame = make_rows(400, 0)
    frame["y"] = (np.arange(400) < 4).astype(int)
    path = review_files({"segments": {"metrics": ["recall"]}}, test=frame)

    assert Chance.UNLIKELY is entry(path, "data.segments, group").chance


def test_too_few_rows_for_windows_of_time_are_told(review_files):
    """By the rule of plan and review: 60 rows cannot prove that both halves of the time are alike."""
    frame = make_rows(60, 0)
    frame["t"] = np.arange(60)
    found = entry(review_files({"data": {"time": "t"}}, test=frame), "stability.windows")

    assert Chance.UNLIKELY is found.chance
    assert "there are 60 here" in found.text


def test_small_segments_are_named(review_files):
    """A group of four rows is too small, and is named with its number."""
    frame = make_rows(1000, 0)
    frame.loc[:3, "group"] = "island"

    found = entry(review_files(test=frame), "data.segments, group")

    assert "group = island (4)" in found.text


def test_nothing_stated_is_not_possible(review_files):
    """No requirement and no segment cannot become a yes."""
    path = review_files({"business": {"requirements": []}, "data": {"segments": []}})
    found = [entry.chance for entry in feasible(load_spec(path)) if entry.key != "data.test"]

    assert [Chance.NOT_POSSIBLE, Chance.NOT_POSSIBLE] == found


def test_lines_say_what_is_possible(review_files):
    """One line for each criterion, the worst first."""
    entries = feasible(load_spec(review_files({"data": {"segments": []}})))
    lines = provable(entries)

    assert len(lines) == len(entries)
    assert ("NOT POSSIBLE", "fact") == (lines[0][:12], lines[-1].split()[0])


def test_a_regression_tells_its_rows(review_files):
    """Without classes there is little to tell beforehand."""
    frame = make_rows(100, 0)
    frame["y"] = frame["a"] * 1.5
    path = review_files(
        {
            "data": {"positive": None, "task": "regression", "segments": [], "train": None},
            "business": {"requirements": []},
            "errors": None,
        },
        test=pd.DataFrame(frame),
    )

    assert "100 rows with a target" in entry(path, "data.test").text


def test_a_limit_next_to_nothing_leaves_the_windows_open(review_files):
    """The square of its inverse is beyond all numbers; the other criteria are told as ever."""
    data = {"train": None, "time": "day", "positive": None, "task": "regression"}
    changes = {"data": data, "errors": None, "stability": {"window_limit": 1e-300}}
    path = review_files(changes, test=make_rows(1000, 0).assign(day=np.arange(1000)))

    found = entry(path, "stability.windows")

    assert found.chance is Chance.OPEN
    assert "no count comes out" in found.text
