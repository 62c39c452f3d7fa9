"""How small can matplotlib's SVG be without looking different?

Most of a small figure's bytes are letter shapes in units of 1/64 of a hundredth of the type size, far finer than any
screen. They are written here in units of 1/2 and as steps from point to point; comments and metadata go.
"""

from __future__ import annotations

import re
from string import ascii_letters

_COARSER = 32
_GLYPH_SCALE = 0.015625
_DROPPED = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>|<!DOCTYPE.*?>|<defs>\s*</defs>", re.DOTALL)
_GLYPH = re.compile(r'<path id="([^"]+)" d="([^"]*)" transform="scale\(0\.015625\)"/>')
_LETTER = re.compile(r'<use href="(#[^"]+)" transform="translate\((-?[\d.]+) 0\)"/>')
_SEGMENT = re.compile(r"([MLQCz])([^MLQCz]*)")
_DECIMALS = re.compile(r"-?\d+\.\d{3,}")
_NUMBERED = re.compile(r'(?<=[ (])(?:d|x|y|transform|points)="[^"]*"')


def lean(svg: str) -> str:
    """The same picture in fewer bytes."""
    short = _DROPPED.sub("", svg)
    short = short.replace("xlink:href=", "href=").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    short = _GLYPH.sub(_lean_glyph, short)
    short = _LETTER.sub(lambda found: f'<use href="{found[1]}" x="{float(found[2]):.0f}"/>', short)
    short = _NUMBERED.sub(lambda found: _DECIMALS.sub(_two_decimals, found.group()), short)
    short = re.sub(r"(?<=[;:]) |(?<=<g) id=\"[^\"]*\"", "", short)
    return re.sub(r"\s*\n\s*", " ", _without_empty_groups(_short_ids(short))).replace("> <", "><").strip() + "\n"


def _letters(k: int) -> str:
    head, last = divmod(k, len(ascii_letters))
    return (_letters(head - 1) if head else "") + ascii_letters[last]


def _without_empty_groups(svg: str) -> str:
    """Groups that say nothing about what they hold are opened."""
    kept: list[bool] = []

    def seen(found: re.Match[str]) -> str:
        if found.group() == "</g>":
            return "</g>" if kept.pop() else ""
        kept.append(found.group() != "<g>")
        return found.group() if kept[-1] else ""

    return re.sub(r"<g(?: [^>]*)?>|</g>", seen, svg)


def _short_ids(svg: str) -> str:
    """Ids by order of appearance; each is referred to once per letter."""
    short = {name: _letters(k) for k, name in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg)))}
    renamed = re.sub(r' id="([^"]+)"', lambda found: f' id="{short[found.group(1)]}"', svg)
    return re.sub(
        r'(href="#|url\(#)([^")]+)', lambda found: found.group(1) + short.get(found.group(2), found.group(2)), renamed
    )


def _two_decimals(found: re.Match[str]) -> str:
    return f"{float(found.group()):.2f}".rstrip("0").rstrip(".")


def _lean_glyph(found: re.Match[str]) -> str:
    name, path = found.groups()
    return f'<path id="{name}" d="{_steps(path)}" transform="scale({_GLYPH_SCALE * _COARSER:g})"/>'


def _steps(path: str) -> str:
    """An outline in absolute coordinates as steps from each segment's start."""
    pieces: list[str] = []
    here = start = (0, 0)
    for command, text in _SEGMENT.findall(path):
        numbers = [round(float(part) / _COARSER) for part in text.split()]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        pieces.append(_step(command, points, here))
        here = points[-1] if points else start
        start = here if command == "M" else start
    return "".join(pieces)


def _step(command: str, points: list[tuple[int, int]], here: tuple[int, int]) -> str:
    if command == "L" and points[0][1] == here[1]:
        return f"h{points[0][0] - here[0]}"
    if command == "L" and points[0][0] == here[0]:
        return f"v{points[0][1] - here[1]}"
    return command.lower() + _joined(points, here)


def _joined(points: list[tuple[int, int]], here: tuple[int, int]) -> str:
    """Numbers behind a command letter; a minus sign separates by itself."""
    return " ".join(f"{x - here[0]} {y - here[1]}" for x, y in points).replace(" -", "-")
