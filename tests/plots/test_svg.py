"""The lean SVG shows the same picture in fewer bytes."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from readiness.plots.style import house_style
from readiness.plots.svg import lean


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


def test_nothing_of_the_text_stays_in_comments():
    """Letters are outlines; the words themselves, which come from data, are gone."""
    after = lean(drawn())

    assert "<!--" not in after
    assert "Words" not in after
    assert "metadata" not in after


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


def test_outlines_stay_where_they_were():
    """Steps in half units lead to the same points as the absolute outline, to a quarter unit."""
    svg = '<path id="a" d="M 64 128 L 640 128 L 640 0 Q 700 32 64 96 z" transform="scale(0.015625)"/>'

    assert '<path id="a" d="m2 4h18v-4q2 1-18 3z" transform="scale(0.5)"/>\n' == lean(svg)
