"""Plots as pictures that survive a notebook, an untrusted JupyterLab and the page.

A picture carries SVG for the page, PNG for where SVG is not shown, and its finding in one sentence for those who
cannot see it. The same answer gives the same bytes, and a figure that cannot be drawn never stops a review.
"""

from __future__ import annotations

import base64
import html
import inspect
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, SubFigure

from readiness.core.findings import Answer
from readiness.core.sanitize import NOT_TYPESET
from readiness.report.plots import decision
from readiness.report.plots.lettering import plain
from readiness.report.plots.style import NARROW, WIDE, NothingToDraw, Sheet, drawing_on, house_style, lay_out
from readiness.report.plots.svg import lean
from readiness.report.sentences.words import Words
from readiness.verdict.decision import Decision

PNG_DPI = 110
RASTER_DPI = 130
"""Resolution of the parts of an SVG that hold too many points to be drawn one by one."""
LARGEST_SVG = 60_000
"""Bytes; a larger SVG is left out and the PNG stands alone."""
LONGEST_ALT = 600

NARROW_MIME = "application/vnd.readiness.narrow+svg"
"""Under which the drawing for a phone lies beside the others; no frontend shows it."""

_IMAGE = "max-width:100%;height:auto;border-radius:4px"
"""No ground of its own: each picture brings its paper, the SVG a dark one where that is preferred."""

Bundle = tuple[dict[str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure, ready to be displayed."""

    name: str
    """Module and function of the plot: "baseline.lifts"."""
    question: str
    """The question it belongs to, or "decision"; empty when that cannot be told."""
    svg: str
    """Empty when it would be larger than `LARGEST_SVG`."""
    png: bytes
    alt: str
    """The finding in one sentence."""
    caption: str
    """What was found, in a few words."""
    reading: str = ""
    """How to read it: what is drawn; empty where the caption says that already."""
    narrow: str = ""
    """The SVG for a phone; empty when it would be too large."""

    def html(self, mark: str = "") -> str:
        """The figure in HTML without script or style sheet, with its alternative text and a caption behind `mark`."""
        kind, data = ("svg+xml", self.svg.encode("utf-8")) if self.svg else ("png", self.png)
        source = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
        words = [html.escape(f"{mark}{self.caption}"), html.escape(self.reading)]
        caption = "<br>".join(filter(None, words))
        return (
            f'<figure class="{NOT_TYPESET}" style="margin:10px 0;padding:0"><img src="{source}" '
            f'alt="{html.escape(self.alt)}" style="{_IMAGE}">'
            f'<figcaption style="font-size:12px;opacity:.8;margin:3px 0 0">{caption}</figcaption></figure>'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        """What Jupyter displays: the figure with its words, both images, the sentence, and all words as metadata.

        Images by themselves would have no alternative text: nbconvert has none for SVG, whatever the metadata say.
        """
        del include, exclude
        png = base64.b64encode(self.png).decode("ascii")
        data = {"text/html": self.html(), "image/png": png, "text/plain": self.alt}
        alt = {"alt": self.alt}
        named = {
            "figure": self.name,
            "question": self.question,
            "caption": self.caption,
            "reading": self.reading,
            "alt": self.alt,
        }
        if self.narrow:
            data[NARROW_MIME] = self.narrow
        metadata: dict[str, Any] = {"image/png": alt, "readiness": named}
        if self.svg:
            return {"image/svg+xml": self.svg, **data}, {"image/svg+xml": alt, **metadata}
        return data, metadata


@dataclass(frozen=True, slots=True)
class NotDrawn:
    """A figure that could not be drawn, and why."""

    name: str
    reason: str
    failed: bool = False
    """Whether drawing tripped over something; else the answer holds nothing that the figure shows."""

    def __str__(self) -> str:
        return f"The figure {self.name} could not be drawn: {self.reason}."

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        """What Jupyter displays: the reason."""
        del include, exclude
        return {"text/plain": str(self)}, {"readiness": {"figure": self.name, "not_drawn": self.reason}}


def draw(
    plot: Callable[..., Axes], answer: Any, *more: Any, alt: str | None = None, words: Words | None = None
) -> Picture | NotDrawn:
    """The picture of `plot(answer, *more)`, wide and narrow, in the words of a spec; never raises.

    What was found is said by the functions beside the plot whose names end in `_alt` (all of it, in a sentence) and in
    `_caption` (in a few words), else by the answer's status; `alt` replaces the sentence. How to read the figure is the
    first paragraph of the plot's docstring.
    """
    name, words = _name(plot), words or Words()
    try:
        with drawing_on(replace(WIDE, words=words)):
            svg, png = _render(plot, answer, *more)
            sentence = plain(alt if alt is not None else _sentence(plot, answer, *more))[:LONGEST_ALT]
            caption = plain(_beside(plot, "caption", answer, *more))[:LONGEST_ALT]
        narrow = _narrow(plot, replace(NARROW, words=words), answer, *more)
    except NothingToDraw as nothing:
        return NotDrawn(name, str(nothing))
    except Exception as error:  # whatever is wrong with a picture, the findings stand without it
        return NotDrawn(name, f"{type(error).__name__}: {plain(error)[:200]}", failed=True)
    reading = _reading(plot)
    return Picture(
        name, _question(plot, answer), svg, png, sentence, caption or reading, reading if caption else "", narrow
    )


def _name(plot: Callable[..., Axes]) -> str:
    module = (getattr(plot, "__module__", "") or "").rpartition(".")[2]
    return f"{module}.{getattr(plot, '__name__', type(plot).__name__)}".removeprefix(".")


def _reading(plot: Callable[..., Axes]) -> str:
    return " ".join((plot.__doc__ or "").split("\n\n")[0].split())


def _sentence(plot: Callable[..., Axes], answer: Any, *more: Any) -> str:
    said = _beside(plot, "alt", answer, *more)
    if said:
        return said
    return f"{answer.question.words} {answer.status.words}." if isinstance(answer, Answer) else _reading(plot)


def _beside(plot: Callable[..., Axes], what: str, answer: Any, *more: Any) -> str:
    """What the function beside the plot says; empty where there is none."""
    around = getattr(inspect.unwrap(plot), "__globals__", {})
    function = around.get(f"{getattr(plot, '__name__', '')}_{what}")
    return "" if function is None else str(function(answer, *more))


def _question(plot: Callable[..., Axes], answer: Any) -> str:
    """Of the answer; what is drawn from more than one belongs to the decision."""
    if isinstance(answer, Answer):
        return str(answer.question.value)
    is_of_all = isinstance(answer, Decision) or getattr(plot, "__module__", "") == decision.__name__
    return "decision" if is_of_all else ""


def _render(plot: Callable[..., Axes], *what: Any) -> tuple[str, bytes]:
    with house_style():
        figure = _laid_out(plot(*what))
        return _small(figure), _png(figure)


def _narrow(plot: Callable[..., Axes], on: Sheet, *what: Any) -> str:
    """The drawing for a phone."""
    with drawing_on(on), house_style():
        return _small(_laid_out(plot(*what)))


def _laid_out(ax: Axes) -> Figure:
    figure = _sheet(ax)
    lay_out(figure)
    return figure


def _small(figure: Figure) -> str:
    """The SVG, unless it is too large."""
    svg = lean(_svg(figure))
    return svg if len(svg.encode("utf-8")) <= LARGEST_SVG else ""


def _sheet(ax: Axes) -> Figure:
    figure = ax.figure
    while isinstance(figure, SubFigure):
        figure = figure.figure
    assert isinstance(figure, Figure)
    return figure


def _svg(figure: Figure) -> str:
    """Without date and program, so that the same picture has the same bytes."""
    buffer = io.StringIO()
    figure.set_dpi(RASTER_DPI)
    canvas = FigureCanvasSVG(figure)
    canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def _png(figure: Figure) -> bytes:
    """Without the program's version, for the same reason."""
    buffer = io.BytesIO()
    figure.set_dpi(PNG_DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.print_png(buffer, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()
