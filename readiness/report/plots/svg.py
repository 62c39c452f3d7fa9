"""Small SVG: what matplotlib writes, shorter, and looking the same.

Letters stay letters: the reader's browser draws them, in scripts that no bundled font has, too. What all texts share is
said once; comments, metadata, empty groups and digits finer than a screen go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from string import ascii_letters

from readiness.report.plots.style import DARK

FONTS = "'Segoe UI',Roboto,Arial,sans-serif"
"""Those of the page. Figures are laid out in DejaVu Sans, which is wider than any of these: nothing overlaps."""

_DROPPED = re.compile(
    r"<!--.*?-->|<metadata>.*?</metadata>|<!DOCTYPE.*?>|<\?xml.*?\?>|<defs>\s*</defs>"
    r"| transform=\"rotate\(-?0 [^\"]*\)\"",
    re.DOTALL,
)
_STYLE = re.compile(r'(<text)? style="([^"]*)"')
_DECIMALS = re.compile(r"-?\d+\.\d{2,}")
_NUMBERED = re.compile(r'(?<=[ (])(?:d|x|y|transform|points)="[^"]*"')
_PATH = re.compile(r' d="([^"]*)"')
_STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_CLIPPED = re.compile(r"(?:<path [^>]*/>){2,}")
_LOOK = re.compile(r' clip-path="[^"]*"(?: class="[^"]*")?(?=/>)')
_FOR_ALL = re.compile(r'<defs><style type="text/css">([^<]*)</style></defs>')


def lean(svg: str) -> str:
    """The same picture in fewer bytes."""
    short = _DROPPED.sub("", svg).replace(' version="1.1"', "")
    short = short.replace("xlink:href=", "href=").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    short = _NUMBERED.sub(lambda found: _DECIMALS.sub(_one_decimal, found.group()), short)
    short = _STYLE.sub(_lean_style, _PATH.sub(_lean_path, short))
    short = re.sub(r"(?<=<g) id=\"[^\"]*\"", "", short).replace("<g/>", "")
    short = re.sub(r"\s*\n\s*", " ", _without_empty_groups(_short_ids(short))).replace("> <", "><").strip() + "\n"
    return _with_classes(short)


def _with_classes(svg: str) -> str:
    """Styles that recur, or that are other in the dark, become classes of one style sheet."""
    found = Counter(re.findall(r' style="([^"]*)"', svg))
    named = [style for style, times in found.most_common() if times > 1 or _in_the_dark(style)]
    names = {style: _letters(k) for k, style in enumerate(named)}
    rules, colours = _with_variables("".join(f".{name}{{{style}}}" for style, name in names.items()))
    every = "".join(rule.replace(": ", ":").replace("; ", ";") for rule in _FOR_ALL.findall(svg))
    sheet = f"<style>{every}text{{font-family:{FONTS}}}{colours}{rules.replace(':0.', ':.')}</style>"
    short = re.sub(
        r' style="([^"]*)"',
        lambda one: f' class="{names[one[1]]}"' if one[1] in names else one.group(),
        _FOR_ALL.sub("", svg),
    )
    see_through = {name for style, name in names.items() if _OPACITY.search(style)}
    return _with_markers(_in_groups(short, see_through)).replace(">", f">{sheet}", 1)


def _with_markers(svg: str) -> str:
    """Equal marks that follow each other become one path through their places, with the mark at each of its corners."""
    made: list[str] = []

    def join(found: re.Match[str]) -> str:
        uses = _USE.findall(found.group())
        return "".join(_marks(look, [use[1:3] for use in run], made)
                       for look, run in groupby(uses, key=lambda use: (use[0], use[3])))  # fmt: skip

    return _USES.sub(join, svg)


def _marks(look: tuple[str, str], places: Iterable[tuple[str, str]], made: list[str]) -> str:
    mark, style = look
    corners = list(places)
    if len(corners) < _FEWEST_MARKS:
        return "".join(f'<use href="#{mark}" x="{x}" y="{y}"{style}/>' for x, y in corners)
    made.append(mark)
    name = f"m{len(made)}"  # other ids are letters alone
    ends = "".join(f' marker-{place}="url(#{name})"' for place in ("start", "mid", "end"))
    steps = ",".join(f"{x},{y}" for x, y in corners).replace(",-", "-")
    return (
        f'<marker id="{name}" overflow="visible" markerUnits="userSpaceOnUse"{style}><use href="#{mark}"/></marker>'
        f'<path d="M{steps}" fill="none"{ends}/>'
    )


_USE = re.compile(r'<use href="#(\w+)" x="([-.\d]+)" y="([-.\d]+)"( class="\w+")/>')
_USES = re.compile(rf"(?:{_USE.pattern}){{2,}}")
_FEWEST_MARKS = 6
"""From so many on a path with marks is shorter."""


_OPACITY = re.compile(r"(?:^|;)opacity:")


def _in_groups(svg: str, see_through: set[str]) -> str:
    """Paths that follow each other and look alike in one group, which says once how they look.

    Not those of a class with an opacity of its own: in a group that would be the opacity of all of them together.
    """

    def group(found: re.Match[str]) -> str:
        runs: list[tuple[str, list[str]]] = []
        for path in re.findall(r"<path [^>]*/>", found.group()):
            look = "".join(_LOOK.findall(path))
            if any(f'class="{name}"' in look for name in see_through):
                look = ""
            if not runs or not look or runs[-1][0] != look:
                runs.append((look, []))
            runs[-1][1].append(path)
        return "".join(_group_of(look, paths) for look, paths in runs)

    return _CLIPPED.sub(group, svg)


def _group_of(look: str, paths: list[str]) -> str:
    if not look or len(paths) == 1:
        return "".join(paths)
    return f"<g{look}>{''.join(path.replace(look, '') for path in paths)}</g>"


def _with_variables(rules: str) -> tuple[str, str]:
    """Rules whose colours are variables, and the two rules that give these their values, in the light and in the dark.

    The second holds where the reader prefers dark pages; a picture that is printed stays light, as the page does.
    """
    found = [colour for colour in DARK if f":{colour}" in rules]
    names = {colour: f"--{_letters(k)}" for k, colour in enumerate(found)}
    if not names:
        return rules, ""
    for colour, name in names.items():
        rules = rules.replace(f":{colour}", f":var({name})")
    light = ";".join(f"{name}:{colour}" for colour, name in names.items())
    dark = ";".join(f"{name}:{DARK[colour]}" for colour, name in names.items())
    return rules, f"svg{{{light}}}@media screen and (prefers-color-scheme:dark){{svg{{{dark}}}}}"


def _in_the_dark(style: str) -> str:
    """The colours of a style that are others in the dark."""
    parts = (part.partition(":") for part in style.split(";"))
    return ";".join(f"{name}:{DARK[value]}" for name, _, value in parts if value in DARK)


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
    """Ids by order of appearance; each is referred to once per mark."""
    short = {name: _letters(k) for k, name in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg)))}
    renamed = re.sub(r' id="([^"]+)"', lambda found: f' id="{short[found.group(1)]}"', svg)
    return re.sub(
        r'(href="#|url\(#)([^")]+)', lambda found: found.group(1) + short.get(found.group(2), found.group(2)), renamed
    )


def _lean_style(found: re.Match[str]) -> str:
    """A style without blanks; the font of a text is said once for all."""
    parts = [part.strip().replace(": ", ":") for part in found[2].split(";")]
    kept = [part for part in parts if part and not (found[1] and part.startswith("font-family"))]
    return f'{found[1] or ""} style="{";".join(kept)}"' if kept else found[1] or ""


def _lean_path(found: re.Match[str]) -> str:
    """Steps that run along an axis say one number; commas part numbers, for a blank is three bytes in an address."""
    steps, at = [], ("", "")
    for letter, numbers in _STEP.findall(found[1]):
        parts = numbers.replace(",", " ").split()
        to = (parts[-2], parts[-1]) if len(parts) > 1 else ("", "")
        if letter == "L" and len(parts) == len(to) and at[1] == to[1] and at[1]:
            steps.append(f"H{to[0]}")
        elif letter == "L" and len(parts) == len(to) and at[0] == to[0] and at[0]:
            steps.append(f"V{to[1]}")
        else:
            steps.append(letter + ",".join(parts).replace(",-", "-"))
        at = to if letter in "MLCQ" else ("", "")
    return f' d="{"".join(steps)}"'


def _one_decimal(found: re.Match[str]) -> str:
    return f"{float(found.group()):.1f}".removesuffix(".0")
