"""The figure of weak spots that nobody named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from readiness.core.findings import Answer, Basis, Question
from readiness.report.pictures import NotDrawn, Picture, draw
from readiness.report.plots import segments
from tests import literal_answers as literal
from tests.literal_answers import finding, interval, point, words

WHERE = ({"region": "north", "age": "65+"}, {"amount": "above 10 to 50"})


def answer(*, counting=True):
    """Segments and two weak spots, of which the first may count."""
    found = [
        finding(f"SEGM-SLICE-{k}", "x", 0.5 - k / 10, 0.3, 0.6, "<", 0.15, metric="recall", segment=where,
                blocking=counting and k == 1)
        for k, where in enumerate(WHERE, 1)
    ]  # fmt: skip
    return Answer(Question.SEGMENTS, (*literal.segments().findings, *found))


def test_each_weak_spot_has_its_value_and_interval():
    """By the findings' codes, with the limit and what counts in words."""
    ax = segments.slices(answer())

    assert (0.4, (0.3, 0.6)) == (point(ax, "SEGM-SLICE-1"), interval(ax, "SEGM-SLICE-1"))
    assert ["recall: region = north and age = 65+", "recall: amount = above 10 to 50"] == [
        label.get_text() for label in ax.get_yticklabels()
    ]
    assert {"limit 15 points", "+0.400", "✕ not met ● found by search; not part of the verdict"} <= set(words(ax))
    assert "● found by search; not part of the verdict" in words(segments.slices(answer(counting=False)))


def test_what_goes_wrong_there_is_counted():
    """Where the number is made of counts of rows: 28 of 28 missed."""
    group, rest = (Basis("share", {"successes": float(hits), "n": float(n)}) for hits, n in ((0, 28), (900, 1000)))
    basis = Basis("mover", {"factor": 1.0}, (rest, group))
    (first, *_) = [f for f in answer().findings if f.code == "SEGM-SLICE-1"]
    counted = replace(first, bounds=replace(first.bounds, basis=basis))
    found = Answer(Question.SEGMENTS, (counted,))

    assert "28 of 28 missed" in words(segments.slices(found))
    assert ["region = north and age = 65+"] == [each.get_text() for each in segments.slices(found).get_yticklabels()]
    assert "the worst: 28 of 28 missed in region = north and age = 65+." in segments.slices_caption(found)


def test_weak_spots_are_no_rows_of_the_other_figures():
    """The figure of all segments is that of the named ones."""
    named = segments.groups(literal.segments()).child_axes[0].get_yticks()
    assert len(named) == len(segments.groups(answer()).child_axes[0].get_yticks())


def test_the_sentence_names_them():
    """For those who cannot see the figure."""
    drawn = draw(segments.slices, answer())

    assert isinstance(drawn, Picture)
    assert "recall: region = north and age = 65+ (+0.400, 0.400 worse)" in drawn.alt


@pytest.mark.parametrize("empty", [literal.segments(), Answer(Question.SEGMENTS, ())])
def test_without_weak_spots_nothing_is_drawn(empty):
    """And it is said why."""
    drawn = draw(segments.slices, empty)

    assert isinstance(drawn, NotDrawn)
    assert "no weak spot was found" in str(drawn)
