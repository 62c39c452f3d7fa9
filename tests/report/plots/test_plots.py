"""Figures show what the findings say: the same values, ends, bars and words, and nothing else."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Annotation

from readiness.core.findings import Answer, Question, Status
from readiness.report.pictures import PNG_DPI
from readiness.report.plots import baseline, business, decision, errors, production, segments, stability
from readiness.report.plots.style import NothingToDraw
from tests import literal_answers as literal
from tests.literal_answers import DRAWN, NAMES, finding, interval, panels, point, words


def test_lifts_draw_each_gain_with_its_interval():
    """Every measured gain stands at its value, from the low to the high end of its interval."""
    ax = baseline.lifts(literal.baseline())

    assert 0.742 == point(ax, "BASE-LIFT-MAJORITY")
    assert (0.69, 0.79) == interval(ax, "BASE-LIFT-MAJORITY")
    assert (-0.08, -0.02) == interval(ax, "BASE-LIFT-CURRENT")


def test_lifts_name_alternatives_bar_and_statuses():
    """The rows bear the alternatives in the order of the findings; the margin and all four statuses are words."""
    ax = baseline.lifts(literal.baseline())

    assert ["always the majority class", "the rule", "the current model", "people"] == [
        label.get_text() for label in ax.get_yticklabels()
    ]
    assert {"required > 0.02", "✓ met", "? not proven", "✕ not met", "– not assessed"} <= set(words(ax))
    assert "Gain in F1 over each alternative" == ax.get_title(loc="left")


def test_an_unbounded_interval_reaches_the_edge_with_an_arrow():
    """An end without limit is drawn to the edge of the view, and an arrow says that it goes on."""
    answer = Answer(Question.BASELINE, (finding("BASE-LIFT-X", "Gain over x", 0.1, None, 0.3, ">", 0.02),))
    ax = baseline.lifts(answer)

    assert (ax.get_xlim()[0], 0.3) == interval(ax, "BASE-LIFT-X")
    assert ["<"] == [line.get_marker() for line in ax.lines if line.get_marker() in ("<", ">")]


def test_an_interval_without_width_is_a_point_alone():
    """Nothing is drawn around an exact number."""
    answer = Answer(Question.BASELINE, (finding("BASE-LIFT-X", "Gain over x", 0.1, 0.1, 0.1, ">", 0.02),))
    ax = baseline.lifts(answer)

    assert 0.1 == point(ax, "BASE-LIFT-X")
    assert [] == [line for line in ax.lines if line.get_label().endswith("interval")]


def test_bars_that_differ_are_drawn_in_their_own_rows():
    """Two margins give two dashes, not one line through both rows."""
    found = (
        finding("BASE-LIFT-A", "Gain over a", 0.5, 0.4, 0.6, ">", 0.02),
        finding("BASE-LIFT-B", "Gain over b", 0.5, 0.4, 0.6, ">", 0.30),
    )
    ax = baseline.lifts(Answer(Question.BASELINE, found))

    dashes = [
        tuple(line.get_xdata()) for line in ax.lines if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2
    ]
    assert {(0.02, 0.02), (0.3, 0.3)} <= set(dashes)
    assert not [text for text in words(ax) if text.startswith("required")]


def test_methods_have_one_panel_per_metric():
    """Every method stands in every panel at its own value."""
    ax = baseline.methods(literal.baseline())

    assert ["F1", "accuracy"] == [panel.get_title(loc="left") for panel in ax.child_axes]
    assert 0.742 == point(ax, "BASE-VALUE-CANDIDATE-F1")
    assert 0.85 == point(ax, "BASE-VALUE-MAJORITY-ACCURACY")


def test_methods_say_when_metrics_are_left_out():
    """A fourth metric is not drawn, and the figure says so."""
    found = [literal.fact(f"BASE-VALUE-CANDIDATE-M{k}", "Candidate", 0.5, 0.4, 0.6, metric=f"m{k}") for k in range(4)]
    ax = baseline.methods(Answer(Question.BASELINE, tuple(found)))

    assert 3 == len(ax.child_axes)
    assert [text for text in words(ax) if "3 of 4 metrics shown" in text]


def test_requirements_have_their_own_scales():
    """A share and a time stand each on its own axis, which holds value, interval and bar."""
    ax = business.requirements(literal.business())
    share, time, _ = ax.child_axes

    assert share.get_xlim()[0] < 0.871
    assert 0.981 < share.get_xlim()[1] < 1.1
    assert time.get_xlim()[0] < 3.1
    assert 100 < time.get_xlim()[1] < 120
    assert 3.41 == point(ax, "BUSI-2")


def test_requirements_are_never_rounded_across_their_bar():
    """0.9496 with 0.95 required is not written as 0.950."""
    said = words(business.requirements(literal.business()))

    assert "0.9496" in said
    assert "0.950" not in said
    assert "recall ≥ 0.95 · n = 120" in said


def test_many_requirements_show_those_in_doubt():
    """Of thirty requirements fourteen are drawn, those that are not met before those that are."""
    good = [finding(f"BUSI-{k}", f"good {k}", 0.9, 0.8, 0.99, ">", 0.5, metric="recall") for k in range(29)]
    bad = finding("BUSI-30", "bad", 0.1, 0.05, 0.2, ">", 0.5, metric="recall")
    ax = business.requirements(Answer(Question.BUSINESS, (*good, bad)))

    assert 14 == len(ax.child_axes)
    assert "bad" in words(ax)
    assert "Required and measured: least certain 14 of 30 requirements" == ax.get_title(loc="left")


@pytest.mark.parametrize(("n", "shown"), [(1, 1), (3, 3), (30, 20), (300, 20), (500, 20)])
def test_segments_cope_with_any_number(n, shown):
    """At most twenty segments are drawn; the heading says how many there are."""
    ax = segments.deficits(literal.segments(n, ("accuracy",)))
    heading = ax.get_title(loc="left")

    assert shown == len(ax.child_axes[0].get_yticks())
    assert (f"worst 20 of {n} segments" in heading) is (n > 20)


def test_segments_come_worst_first_and_the_worst_bears_its_number():
    """The segment with the proven deficit is on top, highlighted and written out in every panel."""
    ax = segments.deficits(literal.segments())
    first, second = ax.child_axes

    assert "region = value 2  n 52" == first.get_yticklabels()[0].get_text()
    assert 0.3 == point(ax, "SEGM-1-3-ACCURACY")
    assert "+0.300" in [text.get_text() for text in first.texts]
    assert "+0.300" in [text.get_text() for text in second.texts]
    assert first.get_xlim() == second.get_xlim()


def test_a_segment_that_is_too_small_looks_unjudged():
    """Too few rows: hollow and grey, named in the key, and never on top of a judged segment."""
    small = finding(
        "SEGM-1-9-ACCURACY",
        "tiny",
        0.9,
        0.7,
        1.0,
        "<",
        0.15,
        metric="accuracy",
        segment={"region": "tiny"},
        blocking=False,
        withheld="not assessable: 3 rows",
    )
    ax = segments.deficits(literal.segments(3, ("accuracy",)).plus(small))

    assert "region = tiny" in ax.child_axes[0].get_yticklabels()[-1].get_text()
    assert [text for text in words(ax) if "□ too few rows, not judged" in text]


def test_segments_that_are_all_too_small_are_still_sorted():
    """Where nothing is judged, the largest deficit is on top and the key says why."""
    unjudged = [
        finding(f"SEGM-1-{k}-MAE", "x", float(k), k - 9.0, k + 9.0, "<", 0, metric="mae", segment={"age": str(k)},
                blocking=False, withheld="too few")
        for k in (1, 3, 2)
    ]  # fmt: skip
    ax = segments.deficits(Answer(Question.SEGMENTS, tuple(unjudged)))

    assert ["age = 3", "age = 2", "age = 1"] == [
        label.get_text().partition("  n")[0] for label in ax.child_axes[0].get_yticklabels()
    ]
    assert "□ too few rows, not judged" in words(ax)
    assert "Error beyond what is tolerated" == ax.get_title(loc="left")


def test_segment_values_keep_the_order_of_the_data():
    """The plain values are not sorted."""
    ax = segments.values(literal.segments())

    assert ["region = value 0", "region = value 1", "region = value 2"] == [
        label.get_text().partition("  n")[0] for label in ax.child_axes[0].get_yticklabels()
    ]


def test_confusion_writes_counts_and_shares_of_the_true_class():
    """12 of 150 positives are missed: 12 and 8.0 %."""
    said = words(errors.confusion(literal.errors()))

    assert "12\n8.0 % of positive" in said
    assert "138\n92.0 % of positive" in said
    assert "1,000 rows by true and predicted class" in said


def test_confusion_of_many_classes_has_no_numbers():
    """Sixty classes: forty are drawn without numbers, and the heading says so."""
    ax = errors.confusion(literal.classes([f"class {k}" for k in range(60)]))

    assert [] == [text.get_text() for text in ax.texts if text.get_text()]
    assert "first 40 of 60 classes" in ax.get_title(loc="left")


def test_cost_bars_begin_at_zero():
    """Bars are as long as the costs, and their axis begins at zero."""
    ax = errors.costs(literal.errors())
    above, below = ax.child_axes

    assert [1650.0, 15000.0] == [bar.get_width() for bar in above.patches]
    assert 0.0 == above.get_xlim()[0]
    assert 13.35 == point(ax, "ERRO-SAVINGS")
    assert "required > 0 EUR" in [text.get_text() for text in below.texts]


def test_residuals_draw_each_row():
    """Every row of the table is a point; 95 % of the errors lie between the dashed lines."""
    ax = errors.residuals(literal.regression())
    (points,) = ax.collections

    assert [[1.0, 0.5], [2.0, -0.5], [3.0, 0.0], [4.0, 1.0], [5.0, -2.0]] == points.get_offsets().tolist()
    assert {0.0, 2.0, -2.0} == {float(line.get_ydata()[0]) for line in ax.lines}


def test_folds_draw_each_score_and_tell_band_from_range():
    """Six scores, the mean with its interval as a band, and the range of one fold as dashed lines."""
    ax = stability.folds(literal.stability())
    scores = sorted(float(y) for dots in ax.collections for _, y in dots.get_offsets())

    assert [0.90, 0.91, 0.92, 0.92, 0.93, 0.94] == pytest.approx(scores)
    assert {0.92, 0.892, 0.948} == {float(line.get_ydata()[0]) for line in ax.lines}
    assert [text for text in words(ax) if "95 % interval of the mean, 0.905 to 0.935" in text]


def test_latency_counts_calls_and_leaves_the_slowest_out_in_words():
    """The call of 40 ms is not drawn, which is said; the far limit is named at the edge."""
    ax = production.latency(literal.production())

    assert 99 == sum(bar.get_height() for bar in ax.patches)
    assert "1 slower, up to 40 ms, not drawn" in words(ax)
    assert "p99 required ≤ 100 ms: ✓ met  →" in words(ax)
    assert 1.99 == point(ax, "PROD-LATENCY-P99")
    assert (1.97, 2.5) == interval(ax, "PROD-LATENCY-P99")


def test_latency_draws_a_limit_that_is_near():
    """A limit of 3 ms is a dashed line at 3 ms."""
    ax = production.latency(literal.production(limit=3.0))

    assert 3.0 in [float(line.get_xdata()[0]) for line in ax.lines]


def test_drift_is_sorted_and_begins_at_zero():
    """The column that moved furthest is on top; the index is never negative."""
    ax = production.drift(literal.production())

    assert ["amount", "country", "hour"] == [label.get_text() for label in ax.get_yticklabels()]
    assert 0.0 == ax.get_xlim()[0]
    assert 0.31 == point(ax, "PROD-DRIFT-1")


def test_flowchart_ends_at_the_first_no():
    """Questions behind the end keep their answers in words; the advice stands beside the end."""
    made, answers = literal.decided(literal.six(segments=Status.NOT_MET, production=Status.NOT_ASSESSED))
    said = words(decision.flowchart(made, answers))

    assert "Test result: NOT READY" in said
    assert "✕ no" in said
    assert "– not assessed" in said
    assert 4 == said.count("✓ yes")
    assert "Investigate the segment and fix the cause" in said


def test_flowchart_in_words_is_complete():
    """All six forks, the end of the way, and the result."""
    text = decision.flowchart_text(*literal.decided(literal.six(stability=Status.NOT_PROVEN)))

    assert 7 == len(text.splitlines())
    assert (
        "4. Is performance consistent? not proven → To settle it: claim: rows. The way ends here."
        == text.splitlines()[3]
    )
    assert text.endswith("NOT PROVEN (do not approve on this report)")


@pytest.mark.parametrize(("plot", "answer"), DRAWN, ids=NAMES)
def test_a_plot_draws_on_the_axes_it_is_given(plot, answer):
    """With `ax` the figure is the user's own, and that very object comes back."""
    figure, ax = plt.subplots(layout="constrained")
    try:
        assert ax is plot(answer, ax=ax)
        figure.canvas.draw()
    finally:
        plt.close(figure)


@pytest.mark.parametrize(("plot", "answer"), DRAWN, ids=NAMES)
def test_a_plot_leaves_no_trace(plot, answer):
    """No pyplot figure is opened and no setting changed, whatever the reader's settings are."""
    with mpl.rc_context({"font.size": 31.0, "axes.titlesize": 40.0}):
        before = dict(mpl.rcParams)
        ax = plot(answer)

        assert before == dict(mpl.rcParams)
        assert [] == plt.get_fignums()
        assert 10.5 == ax._left_title.get_fontsize()


@pytest.mark.parametrize(("plot", "answer"), DRAWN, ids=NAMES)
def test_an_empty_answer_is_refused_with_a_reason(plot, answer):
    """Without its findings a figure says what is missing."""
    with pytest.raises(NothingToDraw) as caught:
        plot(Answer(answer.question, ()))

    assert str(caught.value)[0].islower()


@pytest.mark.parametrize("name", literal.HOSTILE, ids=range(len(literal.HOSTILE)))
def test_names_from_the_data_are_drawn_as_they_are_or_not_at_all(name):
    """No name is read as mathematics, breaks a line, lacks a glyph or takes the room of the figure."""
    found = (finding("BASE-LIFT-X", f"Gain over {name}", 0.1, 0.0, 0.3, ">", 0.02),)
    ax = baseline.lifts(Answer(Question.BASELINE, found))
    ax.figure.canvas.draw()
    (label,) = ax.get_yticklabels()

    assert not label.get_parse_math()
    assert 0 < len(label.get_text()) <= 34
    assert "\n" not in label.get_text()
    assert ax.get_position().width > 0.3


def test_panels_are_found():
    """The helper that reads figures back sees the axes and those inside."""
    ax = baseline.methods(literal.baseline())

    assert 3 == len(panels(ax))


@pytest.mark.parametrize("status", list(Status))
def test_no_answer_of_the_flowchart_runs_into_its_question(status):
    """Whatever the six answers, question and answer stand side by side, and advice stays in its box."""
    ax = decision.flowchart(*literal.decided(literal.six(status)))
    ax.figure.set_dpi(PNG_DPI)
    ax.figure.canvas.draw()
    fixed = [text for text in ax.texts if not isinstance(text, Annotation)]

    for y in range(6):
        question, answer, _ = (text.get_window_extent() for text in fixed if text.get_position()[1] == y)
        assert question.x1 + 3 < answer.x0
    assert max(text.get_window_extent().x1 for text in fixed) < ax.figure.bbox.width - 15


def test_lifts_name_the_alternative_whatever_is_tested() -> None:
    """The label is the other method's name, also where "not worse" or a share of its error is asked for."""
    names = ("Gain in F1 over a over b", "Gain in F1 over c", "F1 not worse than that of old by more than 0.02")
    ax = baseline.lifts(
        Answer(
            Question.BASELINE,
            tuple(finding(f"BASE-LIFT-{k}", name, 0.1, 0.0, 0.2, ">", 0.02) for k, name in enumerate(names)),
        )
    )
    errors = (
        "Mean absolute error below 0.95 of that of always the mean",
        "Mean absolute error below 0.95 of that of d",
    )
    other = baseline.lifts(
        Answer(
            Question.BASELINE,
            tuple(finding(f"BASE-LIFT-{k}", name, 0.1, 0.0, 0.2, ">", 0.0) for k, name in enumerate(errors)),
        )
    )

    assert ["a over b", "c", "old"] == [label.get_text() for label in ax.get_yticklabels()]
    assert ["always the mean", "d"] == [label.get_text() for label in other.get_yticklabels()]
