"""The reliability diagram shows what the findings say."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from readiness.core.findings import Answer, Question
from readiness.report.pictures import NotDrawn, draw
from readiness.report.plots import errors
from readiness.report.plots.style import NothingToDraw
from tests import literal_answers as literal
from tests.literal_answers import fact, interval, words

BINS = ((0.10, 0.12, 0.08, 0.18), (0.45, 0.40, 0.31, 0.50), (0.90, 0.93, 0.88, 0.96))


def answer(bins=BINS, **table) -> Answer:
    """Probability given, share that came true, and its interval, of each bin."""
    findings = [fact(f"ERRO-BIN-{k}", "Share that came true", *bin_[1:], n=200) for k, bin_ in enumerate(bins, 1)]
    error = fact("ERRO-CALIBRATION", "Calibration error", 0.03, 0.0, 0.06, n=600)
    codes = [finding.code for finding in findings]
    frame = pd.DataFrame({"code": codes, "predicted": [bin_[0] for bin_ in bins], **table})
    return Answer(Question.ERRORS, (*findings, error), {"calibration": frame})


def marks(ax, code):
    """Where the diamond of what was given, and the dot of what came true, stand."""
    found = {line.get_label(): float(line.get_xdata()[0]) for line in ax.lines}
    return found[f"_{code} given"], found[f"_{code}"]


def test_each_bin_has_a_row_with_what_was_given_and_what_came_true():
    """The diamond at the probability, the dot with its interval at the share; how many rows stands in words."""
    ax = errors.calibration(answer())

    assert (0.45, 0.40) == marks(ax, "ERRO-BIN-2")
    assert (0.31, 0.50) == interval(ax, "ERRO-BIN-2")
    assert ["10 % given · 200 rows", "45 % given · 200 rows", "90 % given · 200 rows"] == [
        label.get_text() for label in ax.get_yticklabels()
    ]
    assert "40 % came true" in words(ax)
    assert [text for text in words(ax) if "on average 3.0 points apart" in text]


def test_the_rare_bins_do_not_cover_each_other():
    """Points at 0.0002 and 0.002 stand in rows of their own, on one honest scale, with their digits in words."""
    rare = ((0.0002, 0.0003, 0.0001, 0.001), (0.002, 0.001, 0.0004, 0.003), (0.03, 0.02, 0.01, 0.04))
    ax = errors.calibration(answer(rare))
    rows = [float(line.get_ydata()[0]) for line in ax.lines if line.get_label().endswith("given")]

    assert [0.0, 1.0, 2.0] == rows
    assert "linear" == ax.get_xscale()
    assert {"0.02 % given · 200 rows", "0.03 % came true"} <= set(words(ax))


def test_a_bin_without_limits_reaches_the_edges():
    """Whatever has no limit is drawn as far as a share can go."""
    whole = answer(((0.5, 0.5, 0.4, 0.6),))
    estimate = replace(whole.findings[0].measured, low=None, high=None)
    open_ended = replace(whole, findings=(replace(whole.findings[0], measured=estimate),))
    assert (0.0, 1.0) == interval(errors.calibration(open_ended), "ERRO-BIN-1")


@pytest.mark.parametrize("nothing", [literal.errors(), literal.regression(), literal.classes(["a", "b", "c"])])
def test_without_probabilities_of_two_classes_there_is_nothing_to_draw(nothing):
    """Labels, numbers and more classes: the reason is said."""
    with pytest.raises(NothingToDraw, match="no probabilities of two classes"):
        errors.calibration(nothing)
    assert isinstance(draw(errors.calibration, nothing), NotDrawn)


def test_bins_without_findings_are_not_invented():
    """The table alone draws nothing."""
    with pytest.raises(NothingToDraw):
        errors.calibration(replace(answer(), findings=()))


def test_the_picture_is_small_and_says_its_finding():
    """Below 12 kB, with every bin in the sentence."""
    picture = draw(errors.calibration, answer())

    assert len(picture.svg.encode()) < 12_000
    assert (
        "Probabilities and what came true (on average 3.0 points apart): 10 % given, 12 % of 200 came true; "
        "45 % given, 40 % of 200 came true; 90 % given, 93 % of 200 came true."
    ) == picture.alt
    assert picture.svg == draw(errors.calibration, answer()).svg


def test_points_at_the_ends_are_inside():
    """0 and 1 are probabilities, too."""
    ax = errors.calibration(answer(((0.0, 0.0, 0.0, 0.02), (0.5, 0.5, 0.4, 0.6), (1.0, 1.0, 0.98, 1.0))))

    left, right = ax.get_xlim()
    assert left < 0 < 1 < right
    assert "0 % came true" in words(ax)
