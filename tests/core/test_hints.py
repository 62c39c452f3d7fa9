"""How something that a person wrote is shown back to them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.sanitize import escaped, nearest, shown


def test_a_near_name_is_proposed() -> None:
    """One letter off is close enough."""
    assert '; did you mean "metric"?' == nearest("metrik", ["says", "metric", "at_least"])


def test_capitals_hyphens_and_blanks_are_no_difference() -> None:
    """People write ROC-AUC."""
    assert '; did you mean "roc_auc"?' == nearest("ROC-AUC", ["f1", "roc_auc"])


def test_without_a_near_name_all_are_listed() -> None:
    """A short list is easier than the manual."""
    assert "; expected one of f1, recall" == nearest("zzz", ["f1", "recall"])


def test_a_long_list_is_cut() -> None:
    """Sixteen names and the number of the rest."""
    assert nearest("zzz", [f"a{i}" for i in range(24)]).endswith("a19 and 4 more")


def test_no_candidates_no_hint() -> None:
    """Nothing to propose is nothing to say."""
    assert "" == nearest("zzz", [])


def test_a_very_long_name_is_answered_at_once() -> None:
    """Matching does not run over a megabyte."""
    assert "; expected one of f1" == nearest("x" * 1_000_000, ["f1"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", '"a"'), (None, "nothing"), (True, "true"), (False, "false"), (1.5, "1.5"), ("a\nb", '"a\\nb"')],
)
def test_values_are_shown_in_the_words_of_a_spec(value: object, expected: str) -> None:
    """Text in quotes; true and nothing as words."""
    assert expected == shown(value)


def test_direction_marks_are_made_visible() -> None:
    """A bidirectional override must not turn the rest of the message round."""
    assert r"a\u202eb" == escaped("a\u202eb")


def test_long_text_is_shortened_and_says_so() -> None:
    """60 characters of 10,000."""
    assert f"{'x' * 60}… (10,000 characters)" == escaped("x" * 10_000)


@given(st.text())
def test_nothing_invisible_remains(text: str) -> None:
    """No control, format or separator character gets through, whatever the text."""
    kinds = {unicodedata.category(character) for character in escaped(text)}
    assert kinds.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
