"""Figure of a page: a wide drawing, a narrow one for small screens, and their words."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

_PLAIN = " !'()*+,/:;=?@[]{}|$"
"""Signs that stay as they are in the address of an SVG, besides letters, digits and _.-~"""
_TAG = re.compile(r"<[^<>]*>")
_QUOTED = re.compile(r'="([^"\']*)"')


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
    """The SVG for small screens; empty: the wide one serves there, too."""
    reading: str = ""
    """How to read it; the caption says what was found."""
    above: str = ""
    """Anchor of the place above it that shows it in its narrow drawing; on a phone it is not drawn a second time."""

    @property
    def source(self) -> Markup:
        """The picture as an address that fetches nothing; holds no sign that could end the attribute it stands in.

        An SVG stays text, which takes a fifth less room than base64.
        """
        if not self.svg:
            return Markup(f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}")  # noqa: S704  base64
        return _svg_address(self.svg)

    @property
    def narrow_source(self) -> Markup:
        """The narrow drawing as such an address. In `srcset` a blank would end it, so blanks are encoded, too."""
        return Markup(_svg_address(self.narrow).replace(" ", "%20"))  # noqa: S704  encoded


def _svg_address(svg: bytes) -> Markup:
    single = _TAG.sub(lambda tag: _QUOTED.sub(r"='\1'", tag.group()), svg.decode("utf-8", "replace"))
    return Markup(f"data:image/svg+xml,{quote(single, safe=_PLAIN)}")  # noqa: S704  all else is percent-encoded
