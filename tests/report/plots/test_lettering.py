"""Names of any kind become one short line that can be drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.report.plots.lettering import bar, labels, measured, metric_words, plain, shared_start, shorten
from tests.literal_answers import finding


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\nlines\tand\x00more", "two lines and more"),
        ("\u202eturned", "turned"),
        ("\ud800lone", "□lone"),
        ("$x_1$", "$x_1$"),
        ("✓ ✕ ≥ é", "✓ ✕ ≥ é"),
        ("", ""),
    ],
)
def test_plain_keeps_what_can_be_seen(text, expected):
    """Control and turning characters go, what no font has becomes a box, the rest stays."""
    assert expected == plain(text)


def test_shorten_cuts_the_middle():
    """Beginning and end stay, because names often differ only at their end."""
    assert "beginning…and end" == shorten("beginning of a long name with a middle and end", 18)


@given(st.text(max_size=60), st.integers(5, 40))
def test_shorten_never_exceeds_its_width(text, most):
    """Whatever the text, the label has at most as many characters as asked for."""
    assert len(shorten(text, most)) <= most


def test_wide_characters_count_twice(monkeypatch):
    """A Chinese character takes the room of two letters."""
    monkeypatch.setattr("readiness.report.plots.lettering._drawable", lambda character: True)

    assert "汉字" == shorten("汉字", 4)
    assert "汉…字" == shorten("汉字汉字汉字", 6)


@given(st.lists(st.text(max_size=8), min_size=1, max_size=12))
def test_labels_that_look_alike_are_numbered(names):
    """As many labels as names, none of them empty."""
    made = labels(names, 10)

    assert len(names) == len(made)
    assert all(made)


def test_two_long_names_that_shorten_to_the_same_are_told_apart():
    """Names that differ only in the part that is cut get a number."""
    first, second = labels(["aaaaaaaa-1-bbbbbbbb", "aaaaaaaa-2-bbbbbbbb"], 11)

    assert ["aaaaa…bbbbb (1)", "aaaaa…bbbbb (2)"] == [first, second]


def test_what_all_names_share_is_said_once():
    """The commonest start is split off; a name with another start stays whole."""
    assert ("Gain", ["a", "b"]) == shared_start(["Gain over a", "Gain over b"], " over ")
    assert ("", ["Gain over a", "Loss over b"]) == shared_start(["Gain over a", "Loss over b"], " over ")
    assert ("Gain", ["a", "b", "Loss over c"]) == shared_start(["Gain over a", "Gain over b", "Loss over c"], " over ")


def test_numbers_carry_sign_unit_and_bar():
    """Gains have their sign, limits their own spelling."""
    found = finding("X", "x", -12.34, -20.0, 0.0, "<=", 0.02, unit="EUR")

    assert "−12.34 EUR" == measured(found, signed=True)
    assert "≤ 0.02 EUR" == bar(found)


def test_metrics_have_titles():
    """Known metrics by their title, the user's own without underscores."""
    assert "ROC AUC" == metric_words("roc_auc")
    assert "my profit" == metric_words("my_profit")
