"""The markers of our section in a card that somebody else wrote, and what stands between them.

The markers are HTML comments, each alone on its line, where Markdown takes them for a block of their own: not inside
a code block, a quotation, a list, another comment or the front matter. Anything else is refused, so that nothing
outside of the section is ever lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from readiness.core.errors import InputError

END = "<!-- readiness:end -->"
_BEGIN = re.compile(r"<!-- readiness:begin(?: [^<>\r\n]*)? -->")
_NEAR = re.compile(r"<!--+\s*readiness\s*:\s*(begin|end)", re.IGNORECASE)
_DIGEST = re.compile(r" report-sha256=([0-9a-f]{64}) ")
_LINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Span:
    """From the first character of the begin marker to behind the last one of the end marker."""

    start: int
    end: int


def begin(sha256: str) -> str:
    """The marker that opens a section; it names the report that the section was written from."""
    return f"<!-- readiness:begin report-sha256={sha256} -->"


def named_digest(section: str) -> str:
    """The digest that a section's begin marker names; empty when it names none."""
    first = _BEGIN.match(section)
    found = _DIGEST.search(first[0]) if first else None
    return found[1] if found else ""


def line_number(text: str, index: int) -> int:
    """The line of a character, counted from 1."""
    return len(_LINE.findall(text, 0, index)) + 1


def find(text: str, body: int, file: str) -> Span | None:
    """The section in a card whose Markdown begins at `body`, or None.

    Raises:
        InputError: there is a marker without the other, twice, in the wrong order, or where Markdown does not take it
            for a block of its own; the line is named.
    """
    marks = [(match.start(), match[1].lower()) for match in _NEAR.finditer(text)]
    if not marks:
        return None
    blocks = _own_blocks(text, body)
    for index, kind in marks:
        if index < body:
            raise _damaged(file, text, index, f"the {kind} marker stands in the front matter")
        marker = _marker(text, index, kind)
        if marker is None or index not in blocks:
            raise _damaged(
                file,
                text,
                index,
                f"the {kind} marker does not stand alone on a line of its own, outside of code, comments, quotations "
                "and lists",
            )
    return _pair(marks, text, file)


def _pair(marks: list[tuple[int, str]], text: str, file: str) -> Span:
    kinds = [kind for _, kind in marks]
    for kind in ("begin", "end"):
        if kinds.count(kind) > 1:
            second = [index for index, found in marks if found == kind][1]
            raise _damaged(file, text, second, f"there is a second {kind} marker")
    if len(kinds) == 1:
        other = "end" if kinds[0] == "begin" else "begin"
        raise _damaged(file, text, marks[0][0], f"there is a {kinds[0]} marker and no {other} marker")
    if kinds != ["begin", "end"]:
        raise _damaged(file, text, marks[0][0], "the end marker stands before the begin marker")
    return Span(marks[0][0], marks[1][0] + len(END))


def _marker(text: str, index: int, kind: str) -> str | None:
    if kind == "end":
        return END if text.startswith(END, index) else None
    found = _BEGIN.match(text, index)
    return found[0] if found else None


def _own_blocks(text: str, body: int) -> set[int]:
    """Where a comment of one line is a block of its own at the top of the Markdown: index of its first character."""
    from markdown_it import MarkdownIt

    markdown = text[body:]
    starts = [0, *(match.end() for match in _LINE.finditer(markdown))]
    found = set()
    for token in MarkdownIt("commonmark").parse(markdown):
        content = token.content.strip()
        if token.type != "html_block" or token.level or not token.map:
            continue
        if content == END or _BEGIN.fullmatch(content):
            found.add(body + markdown.index("<", starts[token.map[0]]))
    return found


def _damaged(file: str, text: str, index: int, what: str) -> InputError:
    return InputError(
        f"{file}, line {line_number(text, index)}: {what}; expected one pair of markers, or none.",
        remedy="Mend the markers, or remove both with all that stands between them; the card was left as it is.",
    )


def replaced(text: str, span: Span | None, section: str, newline: str) -> str:
    """The card with `section` in the place of the span; without one, at the end, behind a blank line."""
    if span is not None:
        return text[: span.start] + section + text[span.end :]
    ends = _LINE.findall(text[_trailing(text) :])
    gap = newline * max(0, 2 - len(ends)) if text else ""
    return text + gap + section + (newline if ends or not text else "")


def _trailing(text: str) -> int:
    return len(text.rstrip("\r\n"))


def newline_of(text: str, otherwise: str = "\n") -> str:
    """The line end that a text uses most; line feed when two are equal."""
    found = _LINE.findall(text)
    counts = {end: found.count(end) for end in ("\n", "\r\n", "\r")}
    return max(counts, key=lambda end: counts[end]) if found else otherwise
