"""The reliability diagram shows what the findings say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Answer, Question
from readiness.report.pictures import NotDrawn, draw
from readiness.report.plots import errors
from readiness.report.plots.style import NothingToDraw
from tests import literal_answers as literal
from tests.literal_answers import fact, interval, point, words

BINS = ((0.10, 0.12, 0.08, 0.18), (0.45, 0.40, 0.31, 0.50), (0.90, 0.93, 0.88, 0.96))


def answer(bins=BINS, **table) -> Answer:
    """Probability given, share that came true, and its interval, of each bin."""
    findings = [fact(f"ERRO-BIN-{k}", "Share that came true", *bin_[1:], n=200) for k, bin_ in enumerate(bins, 1)]
    error = fact("ERRO-CALIBRATION", "Calibration error", 0.03, 0.0, 0.06, n=600)
    codes = [finding.code for finding in findings]
    frame = pd.DataFrame({"code": codes, "predicted": [bin_[0] for bin_ in bins], **table})
    return Answer(Question.ERRORS, (*findings, error), {"calibration": frame})


def test_points_stand_at_what_was_given_and_what_came_true():
    """Each with its interval upright, and the diagonal beneath."""
    ax = errors.calibration(answer())
    (second,) = [line for line in ax.lines if line.get_label() == "_ERRO-BIN-2"]
    (upright,) = [line for line in ax.lines if line.get_label() == "_ERRO-BIN-2 interval"]

    assert (0.45, 0.40) == (float(second.get_xdata()[0]), float(second.get_ydata()[0]))
    assert [0.31, 0.50] == list(upright.get_ydata())
    assert 0.45 == point(ax, "ERRO-BIN-2")
    assert (0.45, 0.45) == interval(ax, "ERRO-BIN-2")
    assert [([0, 1], [0, 1])] == [
        (list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines if line.get_linestyle() == "--"
    ]
    assert "Probability given and share that came true, 600 rows" == ax.get_title(loc="left")


def test_the_crowded_corner_of_a_rare_event_is_spread_out():
    """Points at 0.0002 and 0.002 stand well apart, on axes with the same scale and honest ticks."""
    rare = ((0.0002, 0.0003, 0.0001, 0.001), (0.002, 0.001, 0.0004, 0.003), (0.03, 0.02, 0.01, 0.04))
    ax = errors.calibration(answer(rare))
    left, right = (float(ax.transAxes.inverted().transform(ax.transData.transform((x, 0)))[0]) for x in (0.0002, 0.002))

    assert ("function", "function") == (ax.get_xscale(), ax.get_yscale())
    assert right - left > 0.1
    assert ax.get_xlim() == ax.get_ylim()
    assert [text.get_text() for text in ax.get_xticklabels()] == [f"{tick:g}" for tick in ax.get_xticks()]
    assert [text for text in words(ax) if "small probabilities are spread out" in text]
    assert "linear" == errors.calibration(answer()).get_xscale()


def test_a_bin_without_limits_reaches_the_edges():
    """Whatever has no limit is drawn as far as a share can go."""
    whole = answer(((0.5, 0.5, 0.4, 0.6),))
    estimate = replace(whole.findings[0].measured, low=None, high=None)
    open_ended = replace(whole, findings=(replace(whole.findings[0], measured=estimate),))
    (upright,) = [line for line in errors.calibration(open_ended).lines if line.get_label().endswith("interval")]

    assert [0, 1] == list(upright.get_ydata())


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
        "Probabilities and what came true (calibration error 0.030, 0.000 to 0.060): 0.100 given, 0.120 came true; "
        "0.450 given, 0.400 came true; 0.900 given, 0.930 came true."
    ) == picture.alt
    assert picture.svg == draw(errors.calibration, answer()).svg


def test_points_at_the_ends_are_inside():
    """0 and 1 are probabilities, too."""
    ax = errors.calibration(answer(((0.0, 0.0, 0.0, 0.02), (0.5, 0.5, 0.4, 0.6), (1.0, 1.0, 0.98, 1.0))))

    assert (0.0, 1.0) == ax.get_xlim()
    assert np.isfinite(ax.get_ylim()).all()
