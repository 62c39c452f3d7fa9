"""The section is found by its two markers, and damaged markers are refused with their line."""

from __future__ import annotations

import pytest

from readiness.core.errors import InputError
from readiness.report.card.markers import END, Span, begin, find, line_number, named_digest, newline_of, replaced

BEGIN = begin("ab" * 32)
PLAIN = "<!-- readiness:begin -->"


def test_a_pair_is_found() -> None:
    """From the first character of the one to behind the last one of the other."""
    text = f"# Card\n\n{BEGIN}\nold\n{END}\nmore\n"
    span = find(text, 0, "README.md")
    assert span is not None
    assert f"{BEGIN}\nold\n{END}" == text[span.start : span.end]


def test_a_card_without_markers_has_no_section() -> None:
    """Talk of readiness is no marker."""
    assert find("# readiness:begin\n<!-- a comment -->\n", 0, "README.md") is None


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(newline: str) -> None:
    """Markers may be indented a little and may have blanks behind them."""
    text = newline.join(["text", f"   {PLAIN}  ", "old", f"{END}\t", ""])
    assert Span(text.index(PLAIN), text.index(END) + len(END)) == find(text, 0, "README.md")


def test_the_digest_is_named_by_the_begin_marker() -> None:
    """A marker set by hand names none."""
    assert "ab" * 32 == named_digest(f"{BEGIN}\nx")
    assert "" == named_digest(f"{PLAIN}\nx")


DAMAGED = [
    (f"a\n\n{PLAIN}\nb\n", 3, "no end marker"),
    (f"a\n\n\n{END}\n", 4, "no begin marker"),
    (f"{END}\n\n{PLAIN}\n", 1, "before the begin marker"),
    (f"{PLAIN}\n{END}\n{PLAIN}\n{END}\n", 3, "second begin marker"),
    (f"{PLAIN}\n\n{PLAIN}\n{END}\n{END}\n", 3, "second begin marker"),
    (f"{PLAIN}\nx\n{END}\n{END}\n", 4, "second end marker"),
    (f"```\n{PLAIN}\n{END}\n```\n", 2, "does not stand alone"),
    (f"~~~~md\nx\n{PLAIN}\n{END}\n~~~~\n", 3, "does not stand alone"),
    (f"- ```\n  {PLAIN}\n  {END}\n  ```\n", 2, "does not stand alone"),
    (f"text\n\n    {PLAIN}\n\n    {END}\n", 3, "does not stand alone"),
    (f"> {PLAIN}\n> {END}\n", 1, "does not stand alone"),
    (f"- {PLAIN}\n  {END}\n", 1, "does not stand alone"),
    (f"see `{PLAIN}` and `{END}`\n", 1, "does not stand alone"),
    (f"{PLAIN} x\n{END}\n", 1, "does not stand alone"),
    (f"<!--\n{PLAIN}\n{END}\n", 2, "does not stand alone"),
    (f"<pre>\n{PLAIN}\n{END}\n</pre>\n", 2, "does not stand alone"),
    (f"<!--readiness:begin-->\n{END}\n", 1, "does not stand alone"),
    (f"<!-- READINESS:BEGIN -->\n{END}\n", 1, "does not stand alone"),
    (f"{PLAIN}\n<!-- readiness:end\n-->\n", 2, "does not stand alone"),
    (f"{PLAIN}\n```\n{END}\n", 3, "does not stand alone"),
]


@pytest.mark.parametrize(("text", "line", "words"), DAMAGED)
def test_damaged_markers_are_refused(text: str, line: int, words: str) -> None:
    """The line is named, and what is wrong there."""
    with pytest.raises(InputError, match=words) as raised:
        find(text, 0, "README.md")
    assert raised.value.message.startswith(f"README.md, line {line}: ")


def test_a_marker_in_the_front_matter() -> None:
    """YAML is no place for a section."""
    text = f"---\nlicense: mit\n# {PLAIN}\n---\n{PLAIN}\n{END}\n"
    with pytest.raises(InputError, match=r"README.md, line 3: the begin marker stands in the front matter"):
        find(text, text.index("---\n<!--") + 4, "README.md")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "S\n"),
        ("a", "a\n\nS"),
        ("a\n", "a\n\nS\n"),
        ("a\n\n", "a\n\nS\n"),
        ("a\n\n\n", "a\n\n\nS\n"),
        ("a  ", "a  \n\nS"),
    ],
)
def test_a_first_section_stands_at_the_end_behind_a_blank_line(text: str, expected: str) -> None:
    """A card that ended without a line end still does."""
    assert expected == replaced(text, None, "S", "\n")


def test_a_section_is_replaced_where_it_stands() -> None:
    """What stands before and behind stays."""
    assert "abSef" == replaced("abcdef", Span(2, 4), "S", "\n")


@pytest.mark.parametrize(
    ("text", "newline"), [("a\nb\r\n", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb\r", "\r"), ("a", "?")]
)
def test_the_line_end_of_a_text_is_the_one_it_uses_most(text: str, newline: str) -> None:
    """A line feed when two are equal; whatever was asked for when there is none."""
    assert newline == newline_of(text, "?")


def test_lines_are_counted_from_one() -> None:
    """Each kind of line end counts once."""
    assert 4 == line_number("a\r\nb\rc\nd", 7)
