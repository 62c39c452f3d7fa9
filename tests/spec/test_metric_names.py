"""Other names of metrics."""

from __future__ import annotations

import pytest

from readiness.core.metrics import canonical


@pytest.mark.parametrize(
    ("name", "expected"),
    [("brier_score", "brier"), ("mcc", "matthews_corrcoef"), ("neg_", "neg_"), ("neg_nothing", "neg_nothing")],
)
def test_names_as_they_are_known_here(name: str, expected: str) -> None:
    """Aliases are resolved; what nobody knows stays as it is, and is refused as unknown later."""
    assert expected == canonical(name)


@pytest.mark.parametrize(("name", "right"), [("neg_brier_score", "brier"), ("neg_mean_absolute_error", "mae")])
def test_a_turned_sign_names_the_metric_that_is_meant(name: str, right: str) -> None:
    """scikit-learn turns errors into scores; here they are errors."""
    with pytest.raises(ValueError, match=f"name {right},"):
        canonical(name)
