"""The one HTML page of a record: views and figures in one template that escapes everything."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import mistune
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from readiness.core.errors import ReviewError
from readiness.core.findings import Finding, Question
from readiness.core.format import listed
from readiness.core.program import template_path
from readiness.core.sanitize import presentable, visible
from readiness.report.page.decision import Line, Pictures, decision_edition, pictures
from readiness.report.page.figure import PageFigure
from readiness.report.page.glossary import Glossary
from readiness.report.page.provenance import closing_folds
from readiness.report.page.sections import Prose, sections, unmeasured
from readiness.report.page.soundness import soundness_section
from readiness.report.sentences import NOT_PERMISSION, Language, answer_word, asked, four_mistakes, not_looked_at
from readiness.verdict.decision import FLOWCHART, advice_on
from readiness.verdict.imitation import as_name
from readiness.verdict.isolation import unproven
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
_SVG_ADDRESS = re.compile(r'(?<=")data:image/svg\+xml,[^"]*(?=")')
_BEYOND_ASCII = re.compile(r"(?:%[89A-F][0-9A-F])+")
_BETWEEN_BLOCKS = re.compile(r"(?<=</(?:li|ol|ul|dl|h2|h3)>)\n(?=<)|(?<=</p>)\n(?=<)|(?<=</div>)\n(?=<)")
_MARKERS = ("<!--readiness-signatures/", "<!--readiness-unsigned/")


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
    page = _SVG_ADDRESS.sub(_plain_signs, trimmed(render(**page_parts(signed_form(record), prose, figures, code))))
    if not page.endswith("</html>\n") or any(marker in page for marker in _MARKERS):
        raise ReviewError("The page does not end with </html>, or holds the text that begins a record.")
    return page.encode("utf-8")


def _plain_signs(address: re.Match[str]) -> str:
    """Angle brackets and letters beyond ASCII of a picture as they are, which takes a tenth off it; only once no other
    tag is looked for.
    """
    plain = address.group().replace("%3C", "<").replace("%3E", ">")
    return _BEYOND_ASCII.sub(lambda signs: unquote(signs.group()), plain)


def trimmed(text: str) -> str:
    """What a template made, without blank lines, with line feeds only and one at the end; none between two blocks."""
    lines = _NEEDLESS.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n") + "\n"
    return _BETWEEN_BLOCKS.sub("", lines)


def page_parts(
    record: Record, prose: Mapping[Question, str], figures: Sequence[PageFigure], code: Mapping[Question, str]
) -> dict[str, Any]:
    """What the template is given, by name."""
    shown = presentable(record)
    language = Language.of(shown)
    words = {q: split_prose(text) for q, text in prose.items() if text.strip() and q in asked(shown)}
    drawn = _by_question([f for f in figures if not shown.only or f.question in shown.only])
    first = pictures(shown, drawn)
    return {
        "record": shown,
        "decision": decision_edition(shown),
        "decision_pictures": first,
        "soundness": soundness_section(shown),
        "sections": sections(shown, words, _once(drawn, first)),
        "prose": words,
        "assessments": _assessments(shown),
        "prepared_by": listed(map(as_name, shown.prepared_by), most=3),
        "mistakes": four_mistakes(shown, language),
        "unmeasured": _unmeasured(shown, language),
        "nothing_unmeasured": "Everything on the list was measured, or somebody vouches for it.",
        "not_looked_at": not_looked_at(shown, language),
        "closing_folds": closing_folds(shown, code),
        "unproven": [f"{text[:1].upper()}{text[1:]}." for text in unproven(shown)],
        "glossary": Glossary(),
        "permission": NOT_PERMISSION,
        "words": answer_word,
        "advice": advice_on,
        "unreached": FLOWCHART[len(shown.decision.path) :],
        **style_parts(*(("partial.css",) if shown.only else ())),
    }


def split_prose(text: str) -> Prose:
    """The first paragraph of the template's words on a question, and the others, which are folded."""
    lines = visible(text, keep="\n\t").strip().split("\n")
    if lines[0].startswith("#"):
        lines = lines[1:]
    first, _, rest = "\n".join(lines).strip().partition("\n\n")
    return Prose(render_prose(first), render_prose(rest) if rest.strip() else Markup())


def _assessments(record: Record) -> dict[Question, Markup]:
    """What the author wrote of each answer, as plain paragraphs."""
    return {each.question: render_prose(each.text) for each in record.assessments if each.text.strip()}


def _unmeasured(record: Record, language: Language) -> tuple[tuple[Question, tuple[Line, ...]], ...]:
    def line(finding: Finding) -> Line:
        return Line(f"{language.title(finding)}.", language.to_settle(finding) or language.sentence(finding))

    return tuple((question, tuple(map(line, findings))) for question, findings in unmeasured(record))


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
    """The style sheet without comments and the white space between its rules, and before its values."""
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    lines = re.sub(r"\s*([{};,])\s*|\s+", lambda found: found[1] or " ", bare).strip()
    lean = re.sub(r"(?<=[{;])([a-z-]+): ", r"\1:", lines).replace(";}", "}")
    return re.sub(r"(?<=[: ,(])0(?=\.\d)", "", lean)


def _once(drawn: Mapping[str, tuple[PageFigure, ...]], first: Pictures) -> Mapping[str, tuple[PageFigure, ...]]:
    """The figures without the narrow drawing of the one that the decision edition shows in it."""
    if first.reason is None or not first.reason.svg:
        return drawn
    name = first.reason.name
    return {
        question: tuple(replace(f, narrow=b"", above="result") if f.name == name else f for f in figures)
        for question, figures in drawn.items()
    }


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
