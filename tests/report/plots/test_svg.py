"""The lean SVG shows the same picture in fewer bytes."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from readiness.report.plots.style import house_style
from readiness.report.plots.svg import lean


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
