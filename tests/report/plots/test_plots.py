"""Figures show what the findings say: the same values, ends, bars and words, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation, Text

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.report.pictures import PNG_DPI
from readiness.report.plots import baseline, business, decision, errors, production, segments, stability
from readiness.report.plots.style import DARK, INK, LOOKS, NARROW, PAPER, WIDE, NothingToDraw, drawing_on, lay_out
from tests import literal_answers as literal
from tests.literal_answers import DRAWN, NAMES, fact, finding, interval, panels, point, words


def test_lifts_draw_each_gain_with_its_interval():
    """Every measured gain stands at its value, from the low to the high end of its interval."""
    ax = baseline.lifts(literal.baseline())

    assert 0.742 == point(ax, "BASE-LIFT-MAJORITY")
    assert (0.69, 0.79) == interval(ax, "BASE-LIFT-MAJORITY")
    assert (-0.08, -0.02) == interval(ax, "BASE-LIFT-CURRENT")


def test_lifts_name_alternatives_bar_and_statuses():
    """The rows bear the alternatives, the strongest first; the margin and all four statuses are words."""
    ax = baseline.lifts(literal.baseline())

    assert ["today's model", "Rule", "always answering the largest class", "people"] == [
        label.get_text() for label in ax.get_yticklabels()
    ]
    assert {"required +0.02", "✓ met", "! not proven", "✕ not met", "– not assessed", "+0.742"} <= set(words(ax))
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


def test_methods_are_drawn_in_the_judged_metric_the_best_first():
    """One panel: F1, in which the gains are; accuracy is left to the table."""
    ax = baseline.methods(literal.baseline())
    (panel,) = ax.child_axes

    assert "F1 of every method" == ax.get_title(loc="left")
    assert ["the model", "Rule", "always answering the\nlargest class"] == [
        label.get_text() for label in panel.get_yticklabels()
    ]
    assert 0.742 == point(ax, "BASE-VALUE-CANDIDATE-F1")


def test_people_stand_in_the_metric_in_which_they_were_measured():
    """A gain in recall over people is no gain in F1: it is named, not drawn there; people have a panel of their own."""
    found = (
        *literal.baseline().findings[:3],
        finding("BASE-LIFT-HUMAN", "Gain in recall over people", 0.18, 0.13, 0.23, ">", 0.02, n=400, metric="recall"),
        *literal.baseline().findings[4:],
        fact("BASE-VALUE-CANDIDATE-RECALL", "Candidate", 0.88, 0.86, 0.90, metric="recall"),
    )
    answer = Answer(Question.BASELINE, found)
    gains, methods = baseline.lifts(answer), baseline.methods(answer)

    assert "people" not in [label.get_text() for label in gains.get_yticklabels()]
    assert "not drawn: people: compared in recall, on other cases" in words(gains)
    assert ["F1", "Recall"] == [panel.get_title(loc="left") for panel in methods.child_axes]
    assert 0.7 == pytest.approx(point(methods, "BASE-VALUE-HUMAN-RECALL"))
    assert "70 %" in words(methods)


def test_errors_compared_by_ratio_are_drawn_as_shares():
    """An error of 47.2 against 66.0 is 28 % lower, where 5 % are required: 0.95 * 66 - 47.2 is what was judged."""
    found = (
        finding("BASE-LIFT-MEAN", "x", 0.95 * 66 - 47.2, 5.0, 25.0, ">", 0.0, metric="mae"),
        fact("BASE-VALUE-CANDIDATE-MAE", "Candidate", 47.2, metric="mae"),
        fact("BASE-VALUE-MEAN-MAE", "the mean", 66.0, metric="mae"),
    )
    ax = baseline.lifts(Answer(Question.BASELINE, found))

    assert 1 - 47.2 / 66 == pytest.approx(point(ax, "BASE-LIFT-MEAN"))
    assert (5 / 66 + 0.05, 25 / 66 + 0.05) == pytest.approx(interval(ax, "BASE-LIFT-MEAN"))
    assert {"28 % lower", "required 5 % lower"} <= set(words(ax))


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
    """0.9496 with 0.95 required is not written as 95 %."""
    said = words(business.requirements(literal.business()))

    assert "94.96 %" in said
    assert 1 == said.count("95 %")  # a tick of the axis
    assert "recall ≥ 95 % · n = 120" in said


def test_many_requirements_show_those_in_doubt():
    """Of thirty requirements fourteen are drawn, those that are not met before those that are."""
    good = [finding(f"BUSI-{k}", f"good {k}", 0.9, 0.8, 0.99, ">", 0.5, metric="recall") for k in range(29)]
    bad = finding("BUSI-30", "bad", 0.1, 0.05, 0.2, ">", 0.5, metric="recall")
    ax = business.requirements(Answer(Question.BUSINESS, (*good, bad)))

    assert 14 == len(ax.child_axes)
    assert "bad" in words(ax)
    assert "Required and measured: least certain 14 of 30 requirements" == ax.get_title(loc="left")


@pytest.mark.parametrize(("n", "shown"), [(2, 2), (3, 3), (12, 12), (30, 12), (500, 12)])
def test_groups_cope_with_any_number(n, shown):
    """At most twelve groups of a panel are drawn, in the order of the data; the note says of how many."""
    ax = segments.groups(literal.segments(n, ("accuracy",)))
    (panel,) = ax.child_axes
    names = [label.get_text() for label in panel.get_yticklabels()]

    assert shown == len(names)
    assert names == sorted(names, key=lambda name: int(name.removeprefix("value ")))
    assert bool([text for text in words(ax) if f"worst 12 of {n} groups" in text]) is (n > 12)
    assert ("value 2" in names) is (n > 2)


def test_one_group_alone_is_no_picture():
    """There is nobody to compare it with."""
    with pytest.raises(NothingToDraw):
        segments.groups(literal.segments(1))


def test_groups_stand_at_their_own_value_beside_all_rows_and_what_is_tolerated():
    """The value of each group, not its distance; the level of all rows and the tolerated one are lines with words."""
    ax = segments.groups(literal.segments(3, ("recall",)))
    (panel,) = ax.child_axes
    uprights = {float(line.get_xdata()[0]) for line in panel.lines if list(line.get_ydata()) == [0, 1]}

    assert ["value 0", "value 1", "value 2"] == [label.get_text() for label in panel.get_yticklabels()]
    assert 0.6 == pytest.approx(point(ax, "SEGM-1-3-VALUE-RECALL"))
    assert (0.5, 0.65) == pytest.approx(interval(ax, "SEGM-1-3-VALUE-RECALL"))
    assert {0.85, 0.7} == uprights
    assert {"Recall by region", "all 85 %", "tolerated 70 %", "✕ 60 %", "✓ 89 %"} <= set(words(ax))


def test_only_panels_in_which_something_happens_are_drawn():
    """Two metrics in which a group falls behind, and a third in which none does: two panels, and a word on the rest."""
    calm = literal.segments(2, ("precision",))
    ax = segments.groups(Answer(Question.SEGMENTS, (*literal.segments().findings, *calm.findings)))

    assert ["Accuracy by region", "Recall by region"] == sorted(p.get_title(loc="left") for p in ax.child_axes)
    assert [text for text in words(ax) if text.endswith("not drawn: 1 more such pictures")]
    assert "Precision by region" == segments.groups(calm).get_title(loc="left")


def test_a_group_that_is_too_small_looks_unjudged():
    """Too few rows: hollow and grey, named in the key, and never the worst."""
    where = {"region": "tiny"}
    small = finding("SEGM-1-9-ACCURACY", "tiny", 0.9, 0.7, 1.0, "<", 0.15, metric="accuracy", segment=where,
                    blocking=False, withheld="not assessable: 3 rows")  # fmt: skip
    value = fact("SEGM-1-9-VALUE-ACCURACY", "tiny", 0.1, 0.0, 0.5, n=3, metric="accuracy", segment=where)
    answer = literal.segments(3, ("accuracy",)).plus(small, value)
    ax = segments.groups(answer)

    assert [text for text in words(ax) if "□ too few rows, not judged" in text]
    assert "value 2" in segments.groups_caption(answer)
    assert "tiny" not in segments.groups_caption(answer)


def test_a_group_of_whole_rows_is_counted():
    """Of 250 rows 60 % are 150; a mean has a size only."""
    where = [{"age": "old"}, {"age": "young"}]
    shares = [fact(f"SEGM-1-{k}-VALUE-RECALL", "x", 0.6, 0.5, 0.7, n=250, metric="recall", segment=w)
              for k, w in enumerate(where, 1)]  # fmt: skip
    judged = [finding(f"SEGM-1-{k}-RECALL", "x", 0.0, -0.1, 0.1, "<", 0.15, metric="recall", segment=w)
              for k, w in enumerate(where, 1)]  # fmt: skip

    assert "150 of 250" in words(segments.groups(Answer(Question.SEGMENTS, (*shares, *judged))))


def test_confusion_writes_counts_shares_and_money():
    """12 of 150 positives are missed: 12, 8 % of them, at 100 each; what is right bears no price."""
    said = words(errors.confusion(literal.errors()))

    assert "12\n8 % of such rows\ncost 1,200 EUR" in said
    assert "138\n92 % of such rows" in said
    assert "1,000 rows by what they are and what was answered" in said


def test_the_errors_are_the_strongest_cells():
    """Two false negatives in three of all costs are stronger than the rest of the errors, and these than what is right."""
    ax = errors.confusion(literal.errors())
    strength = {tuple(round(x) for x in patch.get_xy()): patch.get_alpha() for patch in ax.patches}
    missed, alarms = strength[1, 0], strength[0, 1]

    assert missed > alarms > max(strength[0, 0], strength[1, 1])


def test_confusion_of_many_classes_has_no_numbers():
    """Sixty classes: forty are drawn without numbers, and the heading says so."""
    ax = errors.confusion(literal.classes([f"class {k}" for k in range(60)]))

    assert [] == [text.get_text() for text in ax.texts if text.get_text()]
    assert "first 40 of 60 classes" in ax.get_title(loc="left").replace("\n", " ")


def test_cost_bars_begin_at_zero_and_have_one_unit():
    """Bars are as long as the costs of all rows; what is saved, 13.35 a row, is said over all rows, too."""
    ax = errors.costs(literal.errors())

    assert [1650.0, 15000.0] == [bar.get_width() for bar in ax.patches]
    assert [0.0, 0.0] == [bar.get_x() for bar in ax.patches]
    assert ["this model", "doing nothing"] == [label.get_text() for label in ax.get_yticklabels()]
    assert {"1,650 EUR", "15,000 EUR", "✓ saves 13,350 (11,200 to 15,100)"} <= set(words(ax))
    assert "cost of all errors, EUR" == ax.get_xlabel()


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
    (band,) = ax.patches
    assert (0.905, 0.935) == pytest.approx((band.get_y(), band.get_y() + band.get_height()))
    assert {"0.920 mean", "0.892 lower end of\nwhat one refit gives"} <= set(words(ax))


def test_latency_draws_a_far_limit_on_a_scale_of_multiples():
    """A limit of 100 ms beside calls of 2: both are drawn, as are all hundred calls, on a logarithmic scale."""
    ax = production.latency(literal.production())

    assert "log" == ax.get_xscale()
    assert 100 == sum(steps.get_data().values.sum() for steps in ax.patches)
    assert 100.0 in [float(line.get_xdata()[0]) for line in ax.lines]
    assert "✓ p99 ≤ 100 ms required: met" in words(ax)
    assert len(ax.get_yticks()) > 1
    assert 1.99 == point(ax, "PROD-LATENCY-P99")
    assert (1.97, 2.5) == interval(ax, "PROD-LATENCY-P99")


def test_latency_leaves_the_slowest_out_in_words():
    """Beside a near limit the one call of 40 ms is not drawn, which is said."""
    ax = production.latency(literal.production(limit=3.0))

    assert "linear" == ax.get_xscale()
    assert 99 == sum(steps.get_data().values.sum() for steps in ax.patches)
    assert "1 slower, up to 40 ms, not drawn" in words(ax)


def test_latency_draws_a_limit_that_is_near():
    """A limit of 3 ms is a dashed line at 3 ms."""
    ax = production.latency(literal.production(limit=3.0))

    assert 3.0 in [float(line.get_xdata()[0]) for line in ax.lines]


def test_load_draws_each_level_at_its_rate_with_its_interval():
    """Response times by rate on a scale of multiples; the stated rate and the knee are lines."""
    ax = production.load(literal.loaded())

    assert "log" == ax.get_yscale()
    assert [10.0, 75.0, 100.0, 200.0] == [point(ax, f"PROD-LOAD-{percent}") for percent in (10, 75, 100, 200)]
    (bar,) = [line for line in ax.lines if line.get_label() == "_PROD-LOAD-100 interval"]
    assert [9.0, 31.0] == list(bar.get_ydata())
    (open_ended,) = [line for line in ax.lines if line.get_label() == "_PROD-LOAD-200 interval"]
    assert [700.0, ax.get_ylim()[1]] == list(open_ended.get_ydata())
    assert {"stated rate", "knee"} <= set(words(ax))
    assert "within 2.4 ms, at 200 % within 880 ms; the knee lies at 75 a second" in production.load_caption(
        literal.loaded()
    )


def test_load_crosses_levels_with_requests_that_had_no_answer():
    """What is lost is counted in words, and marked where it was lost."""
    ax = production.load(literal.loaded(errors=7, knee=None))

    marks = {line.get_label(): line.get_marker() for line in ax.lines}
    assert ("o", "X") == (marks["_PROD-LOAD-100"], marks["_PROD-LOAD-200"])
    assert any("7 of 800 requests without an answer" in text.replace("\n", " ") for text in words(ax))
    assert "knee" not in words(ax)
    assert "7 requests without an answer" in production.load_alt(literal.loaded(errors=7))
    assert "no knee" in production.load_caption(literal.loaded(knee=None))


def test_load_draws_nothing_without_a_rate():
    """No rate was stated, or only one level was tried."""
    answer = literal.loaded()
    one = replace(answer, tables={"load": answer.tables["load"].iloc[:1]})
    for none in (literal.production(), one):
        with pytest.raises(NothingToDraw, match="at a rate"):
            production.load(none)


def test_drift_is_sorted_and_begins_at_zero():
    """The column that moved furthest is on top; the index is never negative."""
    ax = production.drift(literal.production())

    assert ["amount", "country", "hour"] == [label.get_text() for label in ax.get_yticklabels()]
    assert 0.0 == ax.get_xlim()[0]
    assert 0.31 == point(ax, "PROD-DRIFT-1")


def test_flowchart_ends_at_the_first_no():
    """What lies below the stop was not reached, and bears no answer; the advice stands beside the end."""
    made, answers = literal.decided(literal.six(segments=Status.NOT_MET, production=Status.NOT_ASSESSED))
    said = words(decision.flowchart(made, answers))

    assert "Decision path: NOT READY" in said
    assert (2, 1, 3, 0) == tuple(said.count(word) for word in ("✓ yes", "✕ no", "not reached", "– not assessed"))
    assert "Investigate the segment and fix the cause" in said


@pytest.mark.parametrize("status", [Status.NOT_PROVEN, Status.NOT_ASSESSED])
def test_advice_on_the_path_is_never_cut(status):
    """However long what would settle it: the figure sends to the question."""
    made, answers = literal.decided(literal.six(business=status))
    said = words(decision.flowchart(made, answers))

    assert [text for text in said if text.replace("\n", " ").endswith(": question 2")]
    assert not [text for text in said if "…" in text]


def test_flowchart_in_words_is_complete():
    """All six forks, the end of the way, and the result."""
    text = decision.flowchart_text(*literal.decided(literal.six(stability=Status.NOT_PROVEN)))

    assert 7 == len(text.splitlines())
    assert (
        "4. Is performance consistent? not proven → To settle it: claim: rows. The path stops here."
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
        assert WIDE.title == ax._left_title.get_fontsize()


@pytest.mark.parametrize(("plot", "answer"), DRAWN, ids=NAMES)
def test_an_empty_answer_is_refused_with_a_reason(plot, answer):
    """Without its findings a figure says what is missing."""
    with pytest.raises(NothingToDraw) as caught:
        plot(Answer(answer.question, ()))

    assert str(caught.value)[0].islower()


@pytest.mark.parametrize("name", literal.HOSTILE, ids=range(len(literal.HOSTILE)))
def test_names_from_the_data_are_drawn_as_they_are_or_not_at_all(name):
    """No name is read as mathematics, lacks a glyph, or takes more room than two lines."""
    found = (finding("BASE-LIFT-X", f"Gain over {name}", 0.1, 0.0, 0.3, ">", 0.02),)
    ax = baseline.lifts(Answer(Question.BASELINE, found))
    ax.figure.canvas.draw()
    (label,) = ax.get_yticklabels()

    assert not label.get_parse_math()
    lines = label.get_text().split("\n")
    assert len(lines) <= 2
    assert all(0 < len(line) <= 38 for line in lines)
    assert ax.get_position().width > 0.3


def test_panels_are_found():
    """The helper that reads figures back sees the axes and those inside."""
    assert 2 == len(panels(baseline.methods(literal.baseline())))


@pytest.mark.parametrize("status", list(Status))
def test_no_answer_of_the_flowchart_runs_into_its_question(status):
    """Whatever the six answers, question and answer stand side by side, and advice stays in its box."""
    ax = decision.flowchart(*literal.decided(literal.six(status)))
    ax.figure.set_dpi(PNG_DPI)
    ax.figure.canvas.draw()
    fixed = [text for text in ax.texts if not isinstance(text, Annotation)]

    for y in range(6):
        question, answer = [text.get_window_extent() for text in fixed if text.get_position()[1] == y][:2]
        assert question.x1 + 3 < answer.x0
    assert max(text.get_window_extent().x1 for text in fixed) < ax.figure.bbox.width - 15


def test_lifts_name_the_alternative_by_its_key_not_by_its_sentence() -> None:
    """The label is the other method's name, whatever is asked of the gain over it."""
    found = (
        finding("BASE-LIFT-MEAN", "F1 not worse than that of x by more than 0.02", 0.1, 0.0, 0.2, ">", 0.02),
        finding("BASE-LIFT-RULE-1", "Gain in F1 over y", 0.2, 0.1, 0.3, ">", 0.02),
        fact("BASE-VALUE-RULE-1-F1", "a over b", 0.5, metric="f1"),
    )
    ax = baseline.lifts(Answer(Question.BASELINE, found))

    assert ["always predicting the average", "a over b"] == [label.get_text() for label in ax.get_yticklabels()]


# ----------------------------------------------------------------------------------------------------


def judged(margin, *, blocking=True, code="BUSI-1"):
    """A number `margin` half-widths of 0.1 above a limit of 1."""
    value = 1 + 0.1 * margin
    return finding(code, "claim", value, value - 0.1, value + 0.1, ">=", 1.0, blocking=blocking, metric="m")


def test_margins_draw_every_judged_number_at_its_distance():
    """In half-widths, at most 20; status by mark; what is not judged is hollow; yes-or-no checks are counted."""
    six = [
        Answer(Question.BUSINESS, (judged(-3, code="BUSI-1"), judged(0.5, code="BUSI-2"), judged(4, code="BUSI-3"))),
        Answer(Question.STABILITY, (judged(100, code="STAB-CHURN"), judged(-2, blocking=False, code="STAB-TREND"))),
        Answer(Question.PRODUCTION, (Finding("PROD-BOX-MONITORING", "monitoring", Status.NOT_ASSESSED),)),
    ]
    ax = decision.margins(six)
    drawn = {line.get_label(): line for line in ax.lines if line.get_label().startswith("_")}
    at = {label: [round(float(x), 6) for x in line.get_xdata()] for label, line in drawn.items()}

    assert [-3.0] == at["_business not_met"]
    assert [0.5] == at["_business not_proven"]
    assert [4.0] == at["_business met"]
    assert [20.0] == at["_stability met"]
    assert [-2.0] == at["_stability shown"]
    assert "X" == drawn["_business not_met"].get_marker()
    assert "#ffffff" == drawn["_stability shown"].get_markerfacecolor()
    said = words(ax)
    assert {"2 Requirements", "5 Stability", "6 Production", "limit", "claim", "20 or more"} <= set(said)
    assert "+ 1 without an interval, 1 does not hold" in said
    assert "✓ 2 met; ✕ 1 not met; ! 1 not proven; ○ 1 shown and not judged" in said
    assert (
        decision.margins_caption(six) == "2 of 4 judged numbers hold. 1 more claim has no interval; it does not hold."
    )
    assert "The worst: claim, not met." in decision.margins_alt(six)


def test_margins_need_a_number_with_an_interval():
    """Six checks without a number are no picture."""
    with pytest.raises(NothingToDraw, match="no judged number has an interval"):
        decision.margins(literal.six())


def test_thousands_of_claims_are_drawn_by_those_closest_to_their_limits():
    """Of one question sixty dots at most; the counts are those of the drawn."""
    many = tuple(judged(k / 10, code=f"SEGM-1-{k + 1}-M") for k in range(3_000))
    ax = decision.margins([Answer(Question.SEGMENTS, many)])
    dots = [x for line in ax.lines if line.get_label().startswith("_segments") for x in line.get_xdata()]

    assert 60 == len(dots)
    assert 0.0 == pytest.approx(min(dots), abs=1e-9)
    assert "2,990 of 3,000" in decision.margins_caption([Answer(Question.SEGMENTS, many)])


# ----------------------------------------------------------------------------------------------------
# Wide and narrow.

SHEETS = pytest.mark.parametrize("on", [WIDE, NARROW], ids=["wide", "narrow"])
OF_ALL = literal.six(segments=Status.NOT_MET)
EVERY = (
    *DRAWN,
    (segments.slices, Answer(Question.SEGMENTS, (finding("SEGM-SLICE-1", "x", 0.5, 0.3, 0.6, "<", 0.15, metric="recall",
                                                         segment={"a column": "one of its values", "b": "c"}),))),
    (decision.margins, [Answer(Question.BUSINESS, (judged(-3),)), *OF_ALL[2:]]),
    (lambda answers: decision.flowchart(*literal.decided(answers)), OF_ALL),
    (lambda answers: decision.flowchart(*literal.decided(answers)), literal.six(business=Status.NOT_PROVEN)),
)  # fmt: skip


def unseen_ticks(figure):
    """Labels of ticks beyond the ends of their axis, which matplotlib keeps and does not draw."""
    unseen = set()
    for ax in figure.findobj(Axes):
        for axis, (low, high) in ((ax.xaxis, sorted(ax.get_xlim())), (ax.yaxis, sorted(ax.get_ylim()))):
            outside = (tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high)
            unseen |= {id(label) for tick in outside for label in (tick.label1, tick.label2)}
            unseen |= {id(label) for tick in axis.get_minor_ticks() for label in (tick.label1, tick.label2)}
    return unseen


@pytest.mark.slow
@SHEETS
@pytest.mark.parametrize(("plot", "answer"), EVERY)
def test_no_word_leaves_the_sheet_and_none_is_smaller_than_the_page_allows(plot, answer, on):
    """Every text lies on the sheet, in the font that is wider than those of the page, and is at least 12 pixels high."""
    with drawing_on(on):
        figure = plot(answer).figure
    lay_out(figure)
    figure.canvas.draw()
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and id(text) not in unseen_ticks(figure)]
    extents = [(text.get_text(), text.get_window_extent()) for text in texts]
    width, height = figure.get_size_inches() * figure.dpi

    assert on.width == figure.get_figwidth()
    assert 9 <= min(text.get_fontsize() for text in texts)
    assert [] == [text for text, box in extents if box.x0 < -1 or box.x1 > width + 1 or box.y1 > height + 1]


@SHEETS
def test_names_beside_or_above_their_rows_never_cover_each_other(on):
    """However long: at most two lines beside a row, three above it, and rows as high as that needs."""
    names = [f"a name of group {k} that is as long as names of groups ever get, and longer" for k in range(5)]
    found = [fact(f"BASE-VALUE-RULE-{k}-F1", name, 0.1 * k, metric="f1") for k, name in enumerate(names, 1)]
    with drawing_on(on):
        figure = baseline.methods(Answer(Question.BASELINE, tuple(found))).figure
    lay_out(figure)
    figure.canvas.draw()
    boxes = [
        text.get_window_extent() for text in figure.findobj(Text) if "name of" in text.get_text().replace("\n", " ")
    ]

    boxes = [box for box in boxes if box.width > 1]  # the others are kept for the right side of the axis

    assert 5 == len(boxes)
    ordered = sorted(boxes, key=lambda box: -box.y0)
    assert all(upper.y0 >= lower.y1 - 1 for upper, lower in pairwise(ordered))


@pytest.mark.parametrize("dark", [False, True])
def test_letters_on_coloured_cells_can_be_read(dark):
    """The strongest cell of the errors beside its letters: at least 4.5 to 1, light and dark."""

    def colour(name):
        return np.array(to_rgb(DARK[name] if dark else name))

    def brightness(rgb):
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    patches = errors.confusion(literal.errors()).patches
    strongest = max(patch.get_alpha() for patch in patches)
    cell = strongest * colour(LOOKS[Status.NOT_MET].colour) + (1 - strongest) * colour(PAPER)
    lighter, darker = sorted((brightness(cell), brightness(colour(INK))), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
