"""Nothing that somebody else wrote can hide, act, or fill the page."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.findings import Question
from readiness.core.sanitize import presentable, shorten, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Größe € 日本", "Größe € 日本"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u2066b", "a⟨U+2066⟩b"),
        ("a\0b\rc\x1b[31m", "a⟨U+0000⟩b⟨U+000D⟩c⟨U+001B⟩[31m"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("a\nb\tc", "a b c"),
        ("\ud800", "⟨U+D800⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
    ],
)
def test_characters_that_act_are_shown_by_their_number(text: str, shown: str) -> None:
    """Controls, bidirectional marks and half surrogates are made visible; ordinary letters are left alone."""
    assert shown == visible(text)


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    """Whatever the text, no control or format character but the joiners of some scripts comes through."""
    left = {unicodedata.category(character) for character in visible(text) if character not in "\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_lines_are_kept_where_they_are_wanted() -> None:
    """Code keeps its line ends, and nothing else that acts."""
    assert "a\nb⟨U+000D⟩" == visible("a\nb\r", keep="\n")


def test_a_long_text_is_cut_and_counted() -> None:
    """The reader learns how long it was."""
    assert "x" * 160 + "… (1,000 characters)" == shorten("x" * 1000)
    assert "x" * 200 == shorten("x" * 200)


@dataclass(frozen=True, slots=True)
class Holder:
    name: str
    reason: str
    question: Question
    parts: tuple[str, ...]
    mapping: dict[str, str]


def test_every_string_of_a_record_is_treated() -> None:
    """Names are cut at 200 characters, sentences at 800; enumerations stay what they are."""
    made = presentable(Holder("n" * 300, "r" * 300, Question.ERRORS, ("a\rb",), {"k\0": "v\0"}))
    assert len(made.name) < 200
    assert "r" * 300 == made.reason
    assert made.question is Question.ERRORS
    assert ("a⟨U+000D⟩b",) == made.parts
    assert {"k⟨U+0000⟩": "v⟨U+0000⟩"} == made.mapping
