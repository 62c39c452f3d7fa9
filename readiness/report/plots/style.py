"""What all figures share: colours, marks, paper, and a drawing state that leaves no trace outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from readiness.core.findings import Status
from readiness.core.format import format_count
from readiness.report.plots.lettering import fonts, shorten

INK = "#1f2933"
MUTED = "#5a6672"
FAINT = "#d5dbe1"
WASH = "#eef2f6"
ACCENT = "#0072b2"
"""The one accent: blue of the palette of Okabe & Ito (2008), safe for colour-blind readers."""

WIDTH = 7.2
"""Inches; all figures are as wide as the text of the page."""
TITLE, BODY, SMALL = 10.5, 9.0, 8.0
"""Type sizes in points."""


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
    # Okabe & Ito's green, vermilion and orange, darkened until words in them can be read on white
    Status.MET: Look("✓", "#00735a", "o", True),
    Status.NOT_MET: Look("✕", "#b84a00", "X", True),
    Status.NOT_PROVEN: Look("?", "#8a5f00", "o", False),
    Status.NOT_ASSESSED: Look("–", MUTED, "s", False),
}
FACT = Look("", ACCENT, "o", True)
"""The look of what is shown and not judged."""


def _settings() -> dict[str, Any]:
    return {
        "font.family": list(fonts()),
        "font.size": BODY,
        "text.color": INK,
        "text.parse_math": False,
        "text.hinting": "no_hinting",
        "axes.edgecolor": FAINT,
        "axes.labelcolor": MUTED,
        "axes.labelsize": SMALL,
        "axes.titlesize": TITLE,
        "axes.titlelocation": "left",
        "axes.titlepad": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "xtick.color": FAINT,
        "xtick.labelcolor": MUTED,
        "xtick.labelsize": SMALL,
        "xtick.major.size": 3,
        "ytick.labelcolor": INK,
        "ytick.labelsize": BODY,
        "ytick.major.size": 0,
        "figure.facecolor": "white",
        "axes.facecolor": "white",
        "savefig.facecolor": "white",
        "figure.dpi": 72,
        "lines.solid_capstyle": "butt",
        "svg.fonttype": "none",
        "svg.hashsalt": "readiness",
    }


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the house; the reader's own settings do not get in, and are back afterwards."""
    with matplotlib.style.context(["default", _settings()]):
        yield


def canvas(ax: Axes | None, height: float, *, width: float = WIDTH) -> Axes:
    """The axes given, or new ones on a white sheet of its own (no pyplot: no backend can lose or double it)."""
    if ax is not None:
        return ax
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)  # seaborn draws once to measure; without a canvas it would open a pyplot figure for that
    return figure.add_subplot()


def title(ax: Axes, text: str, note: str = "", *, above: float = 0) -> None:
    """The heading, and in a second line what the reader must know to read the figure; `above` leaves that many
    points between them and the axes.
    """
    pad = above + (23 if note else 9)
    ax.set_title(shorten(text, 90), loc="left", fontsize=TITLE, color=INK, parse_math=False, pad=pad)
    second = ax.annotate(
        shorten(note, 110),
        (0, 1),
        (0, above + 9),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=SMALL,
        color=MUTED,
        parse_math=False,
    )
    second.set_in_layout(False)  # a long note must not make the axes narrower


def panel_title(panel: Axes, text: str, *, panels: int, pad: float) -> None:
    """The heading of one of several panels side by side."""
    panel.set_title(shorten(text, 60 // panels), fontsize=BODY, color=MUTED, parse_math=False, pad=pad)


def bare(ax: Axes) -> Axes:
    """The axes as an empty sheet: no ticks, no frame."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return ax


def part(shown: int, found: int, which: str, what: str) -> str:
    """What a heading adds where not everything fits: ": worst 20 of 300 segments"; empty where it does."""
    return f": {which} {format_count(shown)} of {format_count(found)} {what}" if shown < found else ""
