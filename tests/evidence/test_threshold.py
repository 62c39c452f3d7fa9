"""A threshold that no probability reaches is refused before anything is judged by it."""

from __future__ import annotations

import pytest

from readiness.core.errors import InputError
from readiness.evidence.collect import gather
from readiness.evidence.limits import check_threshold


def test_a_threshold_beyond_all_probabilities_is_refused(review_files):
    """The model would call no row positive."""
    path = review_files({"model": {"threshold": 2.5}})

    with pytest.raises(InputError, match=r"model.threshold is 2.5, .* no row would be predicted positive"):
        gather(path)


def test_scores_that_are_no_probabilities_have_any_threshold():
    """And probabilities have theirs from 0 to 1."""
    assert check_threshold(2.5, "model.threshold", is_probability=False) is None
    assert [None, None] == [check_threshold(t, "model.threshold", is_probability=True) for t in (0.0, 1.0)]
    with pytest.raises(InputError, match="every row"):
        check_threshold(-0.1, "model.threshold", is_probability=True)
