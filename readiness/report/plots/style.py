"""What all figures share: colours, marks, paper, words, and a drawing state that leaves no trace outside.

Colours, glyphs and least sizes are those of the page (`templates/page/style.css`). Figures are drawn in its light
colours; `svg.py` adds the dark ones as a rule of the picture's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from readiness.core.findings import Status
from readiness.core.format import format_count
from readiness.report.plots.lettering import folded, fonts, shorten
from readiness.report.sentences.words import Words

PAPER = "#ffffff"
INK = "#18212f"
MUTED = "#48515e"
FAINT = "#dde2e9"
WASH = "#f5f7fa"
ACCENT = "#1c4f91"

DARK = {
    PAPER: "#10151c",
    INK: "#e7ebf1",
    MUTED: "#a9b3c0",
    FAINT: "#2d3744",
    WASH: "#171d26",
    ACCENT: "#8fbcf5",
    "#135c34": "#5acb92",
    "#9a1f16": "#ff968c",
    "#704800": "#e6b94f",
    "#47505b": "#b3bcc8",
}
"""The dark colour for each light one, as on the page. Areas are shaded by opacity, so that they follow."""


# ----------------------------------------------------------------------------------------------------
# The sheet that is being drawn on: how wide, and in whose words.


PLAIN = Words()
"""No words but our own."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a figure is drawn, whatever it shows."""

    width: float
    """Inches."""
    title: float
    body: float
    small: float
    """Type sizes in points; `small` is 12 pixels of the page."""
    columns: int
    """Letters of the small size that find room side by side."""
    narrow: bool = False
    """For a phone: names stand above their rows, panels below each other."""
    words: Words = PLAIN


WIDE = Sheet(8.5, 11.25, 9.75, 9.0, 104)
"""816 pixels; as wide as tables."""
NARROW = Sheet(3.375, 10.5, 9.75, 9.0, 42, narrow=True)
"""324 pixels: what a phone of 360 leaves between its margins."""

_sheet: ContextVar[Sheet] = ContextVar("sheet", default=WIDE)


def sheet() -> Sheet:
    """The sheet that is being drawn on."""
    return _sheet.get()


@contextmanager
def drawing_on(given: Sheet) -> Iterator[None]:
    """Draw what follows on this sheet; `dataclasses.replace(WIDE, words=…)` puts it into the words of a spec."""
    token = _sheet.set(given)
    try:
        yield
    finally:
        _sheet.reset(token)


class NothingToDraw(ValueError):
    """The answer holds nothing that this figure shows; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a status looks: always a glyph, a shape and a word beside the colour."""

    glyph: str
    colour: str
    marker: str
    filled: bool


LOOKS = {
    Status.MET: Look("✓", "#135c34", "o", True),
    Status.NOT_MET: Look("✕", "#9a1f16", "X", True),
    Status.NOT_PROVEN: Look("!", "#704800", "D", False),
    Status.NOT_ASSESSED: Look("–", "#47505b", "s", False),
}
FACT = Look("", ACCENT, "o", True)
"""The look of what is shown and not judged."""


def _settings() -> dict[str, Any]:
    on = sheet()
    return {
        "font.family": list(fonts()),
        "font.size": on.body,
        "text.color": INK,
        "text.parse_math": False,
        "text.hinting": "no_hinting",
        "axes.edgecolor": FAINT,
        "axes.labelcolor": MUTED,
        "axes.labelsize": on.small,
        "axes.titlesize": on.title,
        "axes.titlelocation": "left",
        "axes.titlepad": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "xtick.color": FAINT,
        "xtick.labelcolor": MUTED,
        "xtick.labelsize": on.small,
        "xtick.major.size": 3,
        "ytick.labelcolor": INK,
        "ytick.labelsize": on.body,
        "ytick.major.size": 0,
        "figure.facecolor": PAPER,
        "axes.facecolor": "none",
        "savefig.facecolor": PAPER,
        "figure.dpi": 72,
        "lines.solid_capstyle": "butt",
        "svg.fonttype": "none",
        "svg.hashsalt": "readiness",
    }


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the house; the reader's own settings do not get in, and are back afterwards."""
    if _styled.get() == sheet():  # a figure that is drawn for a picture is in it already
        yield
        return
    token = _styled.set(sheet())
    try:
        with matplotlib.style.context(["default", _settings()]):
            yield
    finally:
        _styled.reset(token)


_styled: ContextVar[Sheet | None] = ContextVar("styled", default=None)
"""The sheet whose style is in force."""


_OWN = "readiness"
"""Marks a figure whose height is ours to choose, and its heading."""
_EDGE = 3.0
"""Points between heading and the edge of the sheet."""


def canvas(ax: Axes | None, height: float) -> Axes:
    """The axes given, or new ones on a sheet of its own (no pyplot: no backend can lose or double it); `height` in
    inches, without what the heading needs.
    """
    if ax is not None:
        return ax
    figure = Figure(figsize=(sheet().width, height), layout="constrained")
    figure.set_gid(_OWN)
    FigureCanvasAgg(figure)  # seaborn draws once to measure; without a canvas it would open a pyplot figure for that
    return figure.add_subplot()


def title(ax: Axes, text: str, note: str = "", *, above: float = 0) -> None:
    """The heading, and in further lines what the reader must know to read the figure; `above` leaves that many
    points between them and the axes. A figure of ours grows by what they need.
    """
    on, figure = sheet(), ax.get_figure(root=True)
    heading = folded(text, int(on.columns * on.small / on.title), 3)
    notes = folded(note, on.columns, 4) if note else []
    below = above + 9 + len(notes) * 1.3 * on.small
    ax.set_title("\n".join(heading), loc="left", fontsize=on.title, color=INK, parse_math=False, pad=below)
    second = ax.annotate(
        "\n".join(notes),
        (0, 1),
        (0, above + 7),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=on.small,
        color=MUTED,
        parse_math=False,
        linespacing=1.3,
        annotation_clip=False,
    )
    second.set_in_layout(False)  # a long note must not make the axes narrower
    if isinstance(figure, Figure) and figure.get_gid() == _OWN:
        second.set_gid(_OWN)
        figure.set_figheight(figure.get_figheight() + (len(heading) * 1.2 * on.title + below) / 72)


def lay_out(figure: Figure) -> None:
    """Lay a figure out, once for all its files; a heading of ours then begins at the edge of the sheet."""
    engine = figure.get_layout_engine()
    if engine is None:
        return
    engine.execute(figure)
    figure.set_layout_engine("none")
    for ax in figure.axes:
        for note in (text for text in ax.texts if text.get_gid() == _OWN):
            at = float(ax.transAxes.inverted().transform((_EDGE * figure.dpi / 72, 0))[0])
            note.xy = (at, 1)  # type: ignore[attr-defined]
            ax._left_title.set_x(at)  # type: ignore[attr-defined]


def panel_title(panel: Axes, text: str, *, columns: int, pad: float) -> None:
    """The heading of one of several panels, at most `columns` letters wide."""
    panel.set_title(shorten(text, columns), loc="left", fontsize=sheet().body, color=INK, parse_math=False, pad=pad)


def bare(ax: Axes) -> Axes:
    """The axes as an empty sheet: no ticks, no frame."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return ax


def part(shown: int, found: int, which: str, what: str) -> str:
    """What a heading adds where not everything fits: ": worst 20 of 300 segments"; empty where it does."""
    return f": {which} {format_count(shown)} of {format_count(found)} {what}" if shown < found else ""
