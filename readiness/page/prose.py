"""How does the template's prose reach the page? As plain paragraphs and lists; nothing in it can act or fetch."""

from __future__ import annotations

import mistune
from markupsafe import Markup, escape

from readiness.visible import visible


class _Plain(mistune.HTMLRenderer):
    """Markdown without raw HTML, links that lead away, images, or headings that disturb the page's own order."""

    def __init__(self) -> None:
        super().__init__(escape=True)

    def heading(self, text: str, level: int, **attrs: object) -> str:  # noqa: ARG002
        """A bold line."""
        return f'<p class="prose-head">{text}</p>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        """The address in words, so that nothing unsigned is one click away from the page."""
        address = str(escape(url))
        known = url.startswith(("https://", "http://")) and address != text
        return f"{text} ({address})" if known else text

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        """Its alternative text."""
        return text


def render_prose(text: str) -> Markup:
    """Safe HTML for a text in Markdown; a heading at the very top is left out, since the section has one."""
    lines = visible(text, keep="\n\t").strip().split("\n")
    if lines[0].startswith("#"):
        lines = lines[1:]
    markdown = mistune.create_markdown(renderer=_Plain())
    return Markup(str(markdown("\n".join(lines))).strip())  # noqa: S704  # the renderer escapes whatever it is given
