"""Text of others stands in Markdown as it was written, and does nothing there."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from readiness.core.sanitize import visible
from readiness.report.card.content import cell, inline, plain_file, table

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Words(HTMLParser):
    """Tags and text of a piece of HTML; comments are neither."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markdown: str) -> Words:
    words = Words()
    words.feed(RENDERER.render(markdown))
    words.close()
    return words


HOSTILE = [
    "<script>alert(1)</script>",
    "a | b || c",
    "`code` ``more``",
    "**bold** __bold__ *i* _i_ ~~gone~~",
    "[click](https://evil.example) ![i](x) [ref]: y",
    "<!-- readiness:end -->",
    "---",
    "# heading",
    "1. first",
    "- item",
    "+ item",
    "> quote",
    "```sh",
    "$$x^2$$ \\(y\\) $z$",
    "\\| \\` \\",
    "@somebody and www.evil.example",
    "&lt;b&gt; &amp; &#60;",
    "{{ 7*7 }}",
    "=====",
    "is_fraud = 1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_read_as_it_was_written(text: str) -> None:
    """In a paragraph: one paragraph comes out, with this very text and no tag in it."""
    words = read(inline(text))
    assert (["p"], text) == (words.tags, words.text.strip())


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_in_its_cell(text: str) -> None:
    """A table of one row and two cells has one row and two cells."""
    words = read("\n".join(table(["A", "B"], [[cell(text), "end"]])))
    assert ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"] == words.tags
    assert text in words.text


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_stays_in_its_cell(text: str) -> None:
    """Whatever the characters: the number of cells never changes."""
    words = read("\n".join(table(["A", "B"], [[cell(text), "end"]])))
    assert ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"] == words.tags


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_one_item_of_a_list(text: str) -> None:
    """It begins no list, heading or code of its own, and reads back as what is visible of it."""
    words = read(f"- {inline(text) or 'x'}")
    assert ["ul", "li"] == words.tags
    assert (" ".join(visible(text).split()) or "x") == " ".join(words.text.split())


def test_a_word_with_underscores_stays_readable() -> None:
    """Column names are not littered with backslashes, nor are numbers."""
    assert "is_fraud is 0.95 (of 1.0)" == inline("is_fraud is 0.95 (of 1.0)")


def test_controls_are_shown() -> None:
    """A line end becomes a space, a character that turns the line round its number."""
    assert "a b⟨U+202E⟩" == inline("a\nb\u202e")


def test_a_long_text_is_cut_in_a_cell_only() -> None:
    """And says how long it was."""
    assert "(300 characters)" in cell("x" * 300)
    assert "x" * 300 == inline("x" * 300)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("model.joblib", "model.joblib"),
        ("my models/a-1.skops", "my models/a-1.skops"),
        ("../out/report.html", "../out/report.html"),
        ("-rf", "FILE"),
        ("a;rm -rf x", "FILE"),
        ("a\nb", "FILE"),
        ("<!-- readiness:end -->", "FILE"),
        ("```", "FILE"),
        ("$(id)", "FILE"),
        ("", "FILE"),
    ],
)
def test_a_command_holds_plain_file_names_only(name: str, shown: str) -> None:
    """Nobody copies a stranger's command out of a card."""
    assert shown == plain_file(name, "FILE")
