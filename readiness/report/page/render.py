"""The one HTML page of a record: views and figures in one template that escapes everything."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import mistune
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from readiness.core.errors import ReviewError
from readiness.core.findings import Question
from readiness.core.program import template_path
from readiness.core.sanitize import presentable, visible
from readiness.report.page.cover import cover
from readiness.report.page.glossary import Glossary
from readiness.report.page.provenance import about, provenance
from readiness.report.page.sections import decision_table, sections, unmeasured
from readiness.report.page.soundness import soundness_section
from readiness.report.sentences import NOT_PERMISSION, actions, answer_word, asked, topic
from readiness.verdict.decision import FLOWCHART, next_step
from readiness.verdict.record import Record, signed_form

# ----------------------------------------------------------------------------------------------------
# The template's prose on the page: plain paragraphs and lists; nothing in it can act or fetch.


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


# ----------------------------------------------------------------------------------------------------

TEMPLATE = "page"
"""Name of the template's folder; not that of the package, which nbconvert would take for it."""
INDEX = "index.html.j2"

_NEEDLESS = re.compile(r"\n[ \t]*(?=\n)")
_PLAIN = " !'()*+,/:;=?@[]{}|$"
"""Signs that stay as they are in the address of an SVG, besides letters, digits and _.-~"""
_TAG = re.compile(r"<[^<>]*>")
_QUOTED = re.compile(r'="([^"\']*)"')
_MARKERS = ("<!--readiness-signatures/", "<!--readiness-unsigned/")


@dataclass(frozen=True, slots=True)
class PageFigure:
    """One figure; give `svg` or `png`, the SVG wins."""

    question: str
    """Name of the question that it belongs to, or "decision"."""
    name: str
    alt: str
    caption: str
    svg: bytes = b""
    png: bytes = b""
    narrow: bytes = b""
    """SVG for a phone; empty where there is none."""
    reading: str = ""
    """How to read it; the caption says what was found."""

    @property
    def source(self) -> Markup:
        """The picture as an address that fetches nothing; holds no sign that could end the attribute it stands in.

        An SVG stays text, which takes a fifth less room than base64.
        """
        if not self.svg:
            return Markup(f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}")  # noqa: S704  base64
        return _address(self.svg)

    @property
    def narrow_source(self) -> Markup:
        """The drawing for a phone as such an address; empty where there is none."""
        return _address(self.narrow) if self.narrow else Markup("")


def _address(svg: bytes) -> Markup:
    single = _TAG.sub(lambda tag: _QUOTED.sub(r"='\1'", tag.group()), svg.decode("utf-8", "replace"))
    return Markup(f"data:image/svg+xml,{quote(single, safe=_PLAIN)}")  # noqa: S704  all else is percent-encoded


def render_page(
    record: Record,
    prose: Mapping[Question, str],
    figures: Sequence[PageFigure],
    code: Mapping[Question, str],
    *,
    render: Callable[..., str] | None = None,
) -> bytes:
    """The whole page as bytes: UTF-8, line feeds only, ending in "</html>" and one line feed.

    Args:
        record: What the page says; nothing else on it is a result. The page is made of its signed form, so that it can
            be made again from a report.
        prose: The template's words on each question, Markdown.
        figures: Pictures by question.
        code: The source that each question was asked with.
        render: The template, when it is not the stock one; called with the page's parts as keywords.

    Raises:
        ReviewError: the page would not be a proper one; only an altered template can cause that.
    """
    render = render or environment().get_template(INDEX).render
    page = trimmed(render(**page_parts(signed_form(record), prose, figures, code)))
    if not page.endswith("</html>\n") or any(marker in page for marker in _MARKERS):
        raise ReviewError("The page does not end with </html>, or holds the text that begins a record.")
    return page.encode("utf-8")


def trimmed(text: str) -> str:
    """What a template made, without blank lines, with line feeds only and one at the end."""
    return _NEEDLESS.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n") + "\n"


def page_parts(
    record: Record, prose: Mapping[Question, str], figures: Sequence[PageFigure], code: Mapping[Question, str]
) -> dict[str, Any]:
    """What the template is given, by name."""
    shown = presentable(record)
    given, missing = about(shown)
    return {
        "record": shown,
        "cover": cover(shown),
        "soundness": soundness_section(shown),
        "sections": sections(shown),
        "decision": decision_table(shown),
        "unmeasured": unmeasured(shown),
        "about": given,
        "missing": missing,
        "provenance": provenance(shown),
        "prose": {
            question: render_prose(text)
            for question, text in prose.items()
            if text.strip() and question in asked(shown)
        },
        "code": {
            question: Markup.escape(visible(text, keep="\n\t"))
            for question, text in code.items()
            if question in asked(shown)
        },
        "figures": _by_question([f for f in figures if not shown.only or f.question in shown.only]),
        "glossary": Glossary(),
        "actions": actions(shown),
        "permission": NOT_PERMISSION,
        "words": answer_word,
        "topic": topic,
        "next_step": next_step,
        "unreached": FLOWCHART[len(shown.decision.path) :],
        **style_parts(*(("partial.css",) if shown.only else ())),
    }


def style_parts(*more: str) -> dict[str, Any]:
    """The style sheet, and its hash for the policy of the page that holds it; `more` are sheets that complete it."""
    sheets = ("style.css", *more)
    style = _lean_style("".join(map(_sheet, sheets)))
    return {
        "style": Markup(style),  # noqa: S704  # our own file
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
    }


@functools.cache
def _sheet(name: str) -> str:
    """A style sheet, read once."""
    return template_path(f"{TEMPLATE}/{name}").read_text(encoding="utf-8")


def preload() -> None:
    """Read every template and style sheet of the page, so that nothing is read from the disk when it is made."""
    surroundings = environment()
    for name in surroundings.list_templates():
        if name.endswith(".j2"):
            surroundings.get_template(name)
        elif name.endswith(".css"):
            _sheet(name)


def _lean_style(style: str) -> str:
    """The style sheet without comments and the white space between its rules."""
    return re.sub(
        r"\s*([{};,])\s*|\s+", lambda found: found[1] or " ", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    ).strip()


def _by_question(figures: Sequence[PageFigure]) -> dict[str, tuple[PageFigure, ...]]:
    names = dict.fromkeys(figure.question for figure in figures)
    return {name: tuple(figure for figure in figures if figure.question == name) for name in names}


@functools.cache
def environment() -> Environment:
    """The template's surroundings: everything escaped, nothing unknown passed over, no hidden characters.

    A template that was read once stays as it was.
    """
    return harden(Environment(loader=FileSystemLoader(template_path(TEMPLATE)), autoescape=True, auto_reload=False))


def harden(surroundings: Environment) -> Environment:
    """Make any Jinja environment escape, complain and show as ours does."""
    surroundings.autoescape = True
    surroundings.undefined = StrictUndefined
    surroundings.trim_blocks = True
    surroundings.lstrip_blocks = True
    surroundings.finalize = lambda value: _unbroken(visible(value)) if type(value) is str else value
    return surroundings


def _unbroken(text: str) -> str:
    """No line break within "is_fraud = 1" or "95 %"."""
    return text.replace(" = ", "\u00a0=\u00a0").replace(" %", "\u00a0%")
