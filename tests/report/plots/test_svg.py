"""The lean SVG shows the same picture in fewer bytes."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from readiness.core.program import template_path
from readiness.report.plots.style import DARK, INK, LOOKS, house_style
from readiness.report.plots.svg import FONTS, _with_markers, lean


def drawn():
    with house_style():
        figure = Figure(figsize=(3, 2))
        ax = figure.add_subplot()
        ax.plot([0, 1, 2], [0.123456, 1, 0.5], marker="o")
        ax.set_title("Words: 0.5 --> ]]> <b>")
        buffer = io.StringIO()
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def test_it_is_still_xml_and_less_than_two_thirds():
    """The result parses, and is much smaller."""
    before = drawn()
    after = lean(before)

    assert ET.fromstring(after).tag.endswith("svg")
    assert len(after) < 0.67 * len(before)


def test_words_are_text_and_nothing_else():
    """Words from data stand as escaped text, never as markup or in comments."""
    after = lean(drawn())

    assert "<!--" not in after
    assert "metadata" not in after
    assert "Words: 0.5 --&gt; ]]&gt; &lt;b&gt;" in after


def test_every_reference_has_its_target():
    """Ids were renamed together with what refers to them."""
    after = lean(drawn())
    ids = re.findall(r' id="([^"]+)"', after)
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', after)

    assert len(ids) == len(set(ids))
    assert set(used) <= set(ids)


def test_as_many_letters_and_paths_as_before():
    """No letter, marker or line is lost."""
    before, after = drawn(), lean(drawn())

    assert before.count("<use ") == after.count("<use ")
    assert before.count("<path ") == after.count("<path ")


def test_no_text_is_lost_and_the_font_is_said_once():
    """Every word of the figure is still there."""
    before, after = drawn(), lean(drawn())

    assert before.count("<text ") == after.count("<text ")
    assert 1 == after.count("font-family")


def test_colours_of_the_page_change_in_the_dark_and_no_others():
    """Every colour of the page is a variable with its dark value, on the screen only; any other stays as it is."""
    after = lean(drawn())
    (dark,) = re.findall(r"@media screen and \(prefers-color-scheme:dark\)\{svg\{(.*?)\}\}", after)
    (light,) = re.findall(r"svg\{(--[^{}]*)\}@media", after)
    pairs = [dict(part.split(":") for part in rule.split(";")) for rule in (light, dark)]

    assert pairs[0].keys() == pairs[1].keys()
    assert all(DARK[pairs[0][name]] == pairs[1][name] for name in pairs[0])
    assert INK in pairs[0].values()
    rules = after.partition("}}")[2]
    assert not any(f":{colour}" in rules for colour in DARK)
    assert set(re.findall(r"var\((--[a-z]+)\)", rules)) == set(pairs[0])


def test_colours_and_fonts_are_those_of_the_page():
    """Each pair of a light and a dark colour stands in the page's style sheet, as do the fonts; statuses look alike."""
    sheet = template_path("page/style.css").read_text(encoding="utf-8")
    light, _, dark = sheet.partition("@media (prefers-color-scheme: dark)")
    named = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    in_the_dark = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark.partition("\n}")[0]))
    pairs = {(named[name], in_the_dark.get(name, named[name])) for name in named}

    assert set(DARK.items()) <= pairs
    assert {look.colour for look in LOOKS.values()} == {
        named[name] for name in ("met", "not-met", "not-proven", "not-assessed")
    }
    for font in ("Segoe UI", "Roboto", "Arial"):
        assert font in FONTS
        assert font in sheet


def test_steps_along_an_axis_say_one_number():
    """With the same corners; curves and what follows them stay as they are."""
    made = lean('<svg><path d="M 1 2 L 5 2 L 5 -9.25 L 1 7 z"/><path d="M 0 0 C 1 1 2 2 3 3 L 3 4 L 4 4"/></svg>')

    assert 'd="M1,2H5V-9.2L1,7z"' in made
    assert 'd="M0,0C1,1,2,2,3,3V4H4"' in made


def test_paths_that_look_alike_say_it_once():
    """One after the other and clipped alike; not where an opacity would be that of all of them together."""
    alike = '<path d="M0 0L1 1" clip-path="url(#p)" style="fill: #123456"/>'
    other = '<path d="M0 0L1 1" clip-path="url(#q)" style="fill: #123456"/>'
    faint = '<path d="M0 0L1 1" clip-path="url(#p)" style="opacity: 0.5"/>'
    made = lean(f"<svg>{alike * 3}{other}{alike}{faint * 2}</svg>")

    assert 7 == made.count("<path ")
    assert 1 == made.count("<g ")
    group = made[made.index("<g ") : made.index("</g>")]
    assert (3, 1, 1) == (group.count("<path "), group.count("clip-path"), group.count("class="))
    rest = made.partition("</g>")[2]
    assert 4 == rest.count("clip-path")
    assert 4 == rest.count("class=")


def test_what_holds_of_all_shapes_stands_in_the_one_sheet():
    """As matplotlib says it: round joins, butt ends."""
    after = lean(drawn())

    assert 1 == after.count("<style")
    assert "*{stroke-linejoin:round;stroke-linecap:butt}" in after


def test_equal_marks_become_one_path() -> None:
    """Six or more in a row are the corners of one path that draws the mark at each; places and looks are the same."""
    places = [(f"{10 + k}.5", "7") for k in range(8)]
    uses = "".join(f'<use href="#a" x="{x}" y="{y}" class="b"/>' for x, y in places)
    made = _with_markers(f"<g>{uses}</g>")
    assert '<use href="#a" x=' not in made
    assert f'd="M{",".join(f"{x},{y}" for x, y in places)}"' in made
    assert all(f'marker-{place}="url(#m1)"' in made for place in ("start", "mid", "end"))
    assert '<marker id="m1" overflow="visible" markerUnits="userSpaceOnUse" class="b"><use href="#a"/></marker>' in made


def test_few_marks_stay_as_they_are() -> None:
    """Where a path would be longer, and where looks differ."""
    few = "".join(f'<use href="#a" x="{k}" y="1" class="b"/>' for k in range(3))
    mixed = "".join(f'<use href="#a" x="{k}" y="1" class="{"bc"[k % 2]}"/>' for k in range(8))
    assert few == _with_markers(few)
    assert mixed == _with_markers(mixed)
