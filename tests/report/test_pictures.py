"""Pictures: the same bytes twice, small, with words for those who cannot see them; a failure is a note."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from readiness.core.findings import Answer, Question, Status
from readiness.report.pictures import LARGEST_SVG, NARROW_MIME, NotDrawn, Picture, draw
from readiness.report.plots import baseline, business, decision, errors, segments
from readiness.report.sentences.words import Words
from tests import literal_answers as literal
from tests.literal_answers import DRAWN, NAMES
from tests.sampling import sampled


@pytest.mark.parametrize(("plot", "answer"), DRAWN, ids=NAMES)
def test_the_same_answer_gives_the_same_bytes(plot, answer):
    """Two drawings of one answer do not differ in a single byte."""
    assert drawn(plot) == draw(plot, answer)


@functools.cache
def drawn(plot):
    """The picture of its answer, drawn once."""
    return draw(plot, dict(DRAWN)[plot])


@pytest.mark.parametrize(("plot", "answer"), DRAWN, ids=NAMES)
def test_a_picture_is_small_named_and_told_in_words(plot, answer):
    """Image files of their kind, below 40 kB; caption and sentence are plain lines."""
    picture = drawn(plot)

    assert isinstance(picture, Picture)
    assert f"{answer.question.value}.{plot.__name__}" == picture.name
    assert answer.question.value == picture.question
    assert ET.fromstring(picture.svg).tag.endswith("svg")
    assert len(picture.svg) < 40_000
    assert picture.png.startswith(b"\x89PNG")
    assert b"Software" not in picture.png
    assert picture.alt.endswith(".")
    assert "\n" not in picture.alt + picture.caption
    assert len(picture.caption) > 25
    assert len(picture.reading) > 40
    assert ET.fromstring(picture.narrow).get("width") == "243pt"


def test_the_sentence_states_the_finding_with_its_numbers():
    """The text alternative says what was measured, required and found."""
    picture = draw(baseline.lifts, literal.baseline())

    assert (
        "Gain in F1 over each alternative: −0.050 against today's model, +0.051 against Rule, +0.742 against always "
        "answering the largest class and not measured against people; required +0.02: 1 not met, 1 not proven, 1 met, "
        "1 not assessed." == picture.alt
    )


def test_the_sentence_on_costs():
    """Costs, savings, interval, requirement and status in one sentence."""
    assert (
        "Cost of the errors: this model 1,650 EUR and doing nothing 15,000 EUR (saved 13,350 EUR, met)."
        == draw(errors.costs, literal.errors()).alt
    )


def test_the_sentence_on_confusion():
    """Counts stand beside what they are counted out of."""
    assert (
        "943 of 1,000 rows are answered right; 12 of 150 rows that are “positive” were answered “negative”, which cost "
        "1,200 EUR; 45 of 850 rows that are “negative” were answered “positive”, which cost 450 EUR."
        == draw(errors.confusion, literal.errors()).alt
    )


def test_a_sentence_of_the_users_own_wins():
    """`alt` replaces the sentence and is made plain."""
    assert "My own words." == draw(baseline.lifts, literal.baseline(), alt="My\nown words.").alt


def test_jupyter_gets_both_images_and_all_words():
    """Data and metadata are as the page reads them back."""
    picture = draw(segments.groups, literal.segments())
    data, metadata = picture._repr_mimebundle_()

    assert {"text/html", "image/svg+xml", "image/png", "text/plain", NARROW_MIME} == set(data)
    assert picture.narrow == data[NARROW_MIME]
    assert picture.png == base64.b64decode(data["image/png"])
    assert picture.alt == data["text/plain"]
    assert {
        "image/svg+xml": {"alt": picture.alt},
        "image/png": {"alt": picture.alt},
        "readiness": {
            "figure": "segments.groups",
            "question": "segments",
            "caption": picture.caption,
            "reading": picture.reading,
            "alt": picture.alt,
        },
    } == metadata


@pytest.mark.slow
def test_a_heavy_svg_is_left_out():
    """Where the SVG would be too large the PNG stands alone."""
    hostile = Answer(
        Question.BUSINESS,
        tuple(
            literal.finding(
                f"BUSI-{k}",
                "".join(chr(0x100 + 40 * k + j) for j in range(30)),
                0.1,
                0.0,
                0.2,
                ">",
                0.5,
                metric="".join(chr(0x400 + 20 * k + j) for j in range(20)),
                unit="".join(chr(0x370 + 5 * k + j) for j in range(8)),
            )
            for k in range(14)
        ),
    )
    picture = draw(business.requirements, hostile)
    data, _ = picture._repr_mimebundle_()

    assert len(picture.svg) <= LARGEST_SVG
    assert ("image/svg+xml" in data) is bool(picture.svg)
    assert "image/png" in data


def test_residuals_and_large_matrices_stay_light():
    """Two thousand points and forty classes are a raster inside the SVG."""
    many = literal.classes([f"class {k}" for k in range(40)])

    assert 0 < len(draw(errors.confusion, many).svg) < 45_000


def test_a_figure_without_findings_is_a_note():
    """Nothing to draw is said in plain words, and is no error."""
    note = draw(errors.residuals, literal.errors())

    assert isinstance(note, NotDrawn)
    assert (
        "The figure errors.residuals could not be drawn: no sizes of errors are at hand, as where classes are predicted."
        == str(note)
    )
    assert str(note) == note._repr_mimebundle_()[0]["text/plain"]


def test_a_plot_that_fails_is_a_note_too():
    """Whatever a plot raises, a review goes on."""

    def broken(answer):
        """A plot of the user's own."""
        raise RuntimeError("no paper\nleft")

    note = draw(broken, literal.baseline())

    assert isinstance(note, NotDrawn)
    assert "test_pictures.broken" == note.name
    assert ("RuntimeError: no paper left", True) == (note.reason, note.failed)


def test_a_plot_of_the_users_own_has_a_sentence():
    """Without a sentence beside it, a plot is told by the question and its status."""

    def own(answer):
        """A plot of the user's own.

        With more to read.
        """
        return baseline.lifts(answer)

    picture = draw(own, literal.baseline())

    assert "A plot of the user's own." == picture.caption
    assert "Does it beat the alternatives? not met." == picture.alt


def test_the_flowchart_belongs_to_the_decision():
    """Decision and answers in, one picture out."""
    picture = draw(decision.flowchart, *literal.decided(literal.six(segments=Status.NOT_MET)))

    assert "decision.flowchart" == picture.name
    assert "decision" == picture.question
    assert (
        "NOT READY: the path stops at fork 3 of 6, “Does it work for everyone?” no: "
        "Investigate the segment and fix the cause." == picture.alt
    )


def test_the_flowchart_of_six_yes():
    """All forks passed is said so."""
    picture = draw(decision.flowchart, *literal.decided(literal.six()))

    assert "READY: all 6 questions were answered with yes." == picture.alt


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(literal.HOSTILE, 4), ids=range(len(literal.HOSTILE)))
def test_hostile_names_neither_stop_nor_enter_a_picture(name):
    """Every figure with names from the data is drawn, wide and narrow; none of the text is in the SVG as markup."""
    judged = [
        literal.finding(f"SEGM-1-{k}-F1", name, 0.1, 0.0, 0.3, "<", 0.2, metric="f1", segment={name: f"{name}{k}"})
        for k in (1, 2)
    ]
    values = [
        literal.fact(f"SEGM-1-{k}-VALUE-F1", name, 0.5, 0.4, 0.6, metric="f1", segment={name: f"{name}{k}"})
        for k in (1, 2)
    ]
    answers = (
        (baseline.lifts, literal.finding("BASE-LIFT-X", f"Gain over {name}", 0.1, 0.0, 0.3, ">", 0.02)),
        (baseline.methods, literal.fact("BASE-VALUE-X-F1", name, 0.1, 0.0, 0.3, metric="f1")),
        (
            business.requirements,
            literal.finding("BUSI-1", name, 0.1, 0.0, 0.3, ">", 0.02, metric=name or "m", unit=name[:40]),
        ),
        (segments.groups, *judged, *values),
        (
            segments.slices,
            literal.finding("SEGM-SLICE-1", name, 0.1, 0.0, 0.3, "<", 0.2, metric="f1", segment={name: name}),
        ),
        (errors.confusion, *literal.classes([name, f"{name}b"]).findings),
    )
    for plot, *found in answers:
        picture = draw(plot, Answer(Question.BASELINE, tuple(found)))

        assert isinstance(picture, Picture), picture
        assert picture.narrow
        for drawing in (picture.svg, picture.narrow):
            assert "<script" not in drawing
            assert ET.fromstring(drawing).tag.endswith("svg")
        assert (picture.alt + picture.caption).isprintable()


@pytest.mark.parametrize("word", sampled(literal.HOSTILE, 4), ids=range(len(literal.HOSTILE)))
def test_hostile_words_of_a_spec_neither_stop_nor_enter_a_picture(word):
    """Words for rows, classes, columns and groups are texts of whoever wrote the spec."""
    data = {"words": {"row": word, "positive": word, "negative": word}, "target": "y", "positive": "positive"}
    labels = {"region": {"title": word, "value 1": word}, "y": {"negative": word}}
    words = Words.from_spec({"data": data | {"labels": labels}}, None, None)
    for plot, answer in ((segments.groups, literal.segments()), (errors.confusion, literal.errors())):
        picture = draw(plot, answer, words=words)

        assert isinstance(picture, Picture), picture
        assert "<script" not in picture.svg + picture.narrow
        assert (picture.alt + picture.caption).isprintable()


def test_figures_speak_in_the_words_of_a_spec():
    """Rows, classes, columns and groups as the spec calls them, in the drawing, the caption and the sentence."""
    data = {"words": {"row": "payment", "positive": "fraud", "negative": "honest payment"}, "target": "is_fraud"}
    labels = {"region": {"title": "part of the country", "value 2": "people in the north"}}
    words = Words.from_spec({"data": data | {"positive": "positive", "labels": labels}}, None, None)
    groups, confusion = (
        draw(plot, answer, words=words)
        for plot, answer in ((segments.groups, literal.segments()), (errors.confusion, literal.errors()))
    )

    assert "people in the north" in groups.svg
    assert "by part of the country" in groups.svg
    assert "for people in the north, 85 % over all payments; 70 % would be tolerated." in groups.caption
    assert "12 of 150 frauds were answered “honest payment”, which cost 1,200 EUR" in confusion.caption


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["agg", "module://matplotlib_inline.backend_inline"])
def test_no_backend_changes_a_picture(backend):
    """The environment's backend can neither remove a figure nor change its bytes."""
    code = (
        "import hashlib\nfrom tests import literal_answers as literal\n"
        "from readiness.report.pictures import draw\n"
        "from readiness.report.plots import baseline\n"
        "picture = draw(baseline.lifts, literal.baseline())\n"
        "print(hashlib.sha256(picture.png + picture.svg.encode()).hexdigest())"
    )
    environment = {**os.environ, "MPLBACKEND": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    picture = draw(baseline.lifts, literal.baseline())
    assert hashlib.sha256(picture.png + picture.svg.encode()).hexdigest() == said.stdout.strip()
