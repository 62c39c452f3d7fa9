"""Names of any kind become one short line that can be drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.report.plots.lettering import bar, folded, labels, measured, metric_words, percent, plain, shorten
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


@given(st.text(max_size=120), st.integers(1, 40), st.integers(1, 3))
def test_folded_keeps_to_lines_and_columns(text, most, lines):
    """Whatever the text: so many lines at most, each as wide as allowed; nothing is lost where there is room."""
    found = folded(text, most, lines)

    assert len(found) <= lines
    assert all(0 < len(line) <= most for line in found)
    if len(plain(text)) <= most:
        assert found == ([plain(text)] if plain(text) else [])


def test_names_are_broken_between_words():
    """Two lines instead of an ellipsis; only what needs more is cut in the middle."""
    assert ["a random guess in", "proportion to the classes"] == folded(
        "a random guess in proportion to the classes", 26, 2
    )
    assert "…" in "".join(folded("word " * 40, 20, 2))


@pytest.mark.parametrize(
    ("share", "against", "expected"),
    [
        (0.43, (), "43 %"),
        (0.9496, (0.95,), "94.96 %"),
        (0.0004, (), "0.04 %"),
        (0.9999, (), "99.99 %"),
        (0.0, (), "0 %"),
        (1.0, (), "100 %"),
    ],
)
def test_shares_are_percentages_that_never_cross_a_limit(share, against, expected):
    """A share that is not nothing is never 0 %, one below its limit never written as the limit."""
    assert expected == percent(share, *against)


def test_numbers_carry_sign_unit_and_bar():
    """Gains have their sign, limits their own spelling."""
    found = finding("X", "x", -12.34, -20.0, 0.0, "<=", 0.02, unit="EUR")

    assert "−12.34 EUR" == measured(found, signed=True)
    assert "≤ 0.02 EUR" == bar(found)


def test_metrics_have_titles():
    """Known metrics by their title, the user's own without underscores."""
    assert "ROC AUC" == metric_words("roc_auc")
    assert "my profit" == metric_words("my_profit")
