"""What can this data prove? Told before a model is loaded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from readiness.delivery.feasibility import feasible, provable
from readiness.spec.reading import load_spec
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

    assert found.possible is False
    assert "53 rows with y = 1" in found.text
    assert "needs 59 without a miss" in found.text
    assert "0.945" in found.text


def test_59_positives_can(review_files):
    """The 59th makes it possible."""
    requirement = {"says": "find them", "metric": "recall", "at_least": 0.95}
    path = review_files({"business": {"requirements": [requirement]}}, test=with_positives(59))

    assert entry(path, "business.requirements").possible is True


def test_a_false_positive_rate_is_told_from_the_other_side(review_files):
    """At most 1 % needs 299 negatives without a false alarm."""
    requirement = {"says": "few alarms", "metric": "false_positive_rate", "at_most": 0.01}
    path = review_files({"business": {"requirements": [requirement]}}, test=with_positives(800))

    assert "needs 299 without a miss" in entry(path, "business.requirements").text


def test_a_precision_depends_on_the_model(review_files):
    """Nobody knows how many alarms there will be."""
    requirement = {"says": "good alarms", "metric": "precision", "at_least": 0.8}

    assert entry(review_files({"business": {"requirements": [requirement]}}), "business.requirements").possible is None


def test_small_segments_are_named(review_files):
    """A group of four rows is too small, and is named with its number."""
    frame = make_rows(1000, 0)
    frame.loc[:3, "group"] = "island"

    found = entry(review_files(test=frame), "data.segments, group")

    assert "group = island (4)" in found.text


def test_nothing_stated_is_not_possible(review_files):
    """No requirement and no segment cannot become a yes."""
    path = review_files({"business": {"requirements": []}, "data": {"segments": []}})

    assert [False, False] == [found.possible for found in feasible(load_spec(path)) if found.key != "data.test"]


def test_lines_say_what_is_possible(review_files):
    """One line for each criterion."""
    lines = provable(load_spec(review_files()))

    assert len(lines) == len(feasible(load_spec(review_files())))
    assert all(line.split()[0] in ("possible", "NOT", "open") for line in lines)


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
