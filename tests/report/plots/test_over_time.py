"""The figure of question 5 over time, and its table on the page."""

from __future__ import annotations

import pandas as pd
import pytest

from readiness.core.findings import Answer, Question
from readiness.report import pictures as figures
from readiness.report.page import stability as page
from readiness.report.plots import stability as plots
from readiness.report.plots.style import NothingToDraw
from readiness.report.sentences.language import Language
from tests.literal_answers import interval, words
from tests.questions.test_over_time import YEAR, answers, asked


@pytest.fixture(scope="module")
def decay():
    """The answer about a year whose last month is bad."""
    return asked(YEAR, *answers(YEAR, (YEAR >= "2026-12-01").to_numpy()))


def test_flagged_windows_differ_by_mark_and_word(decay):
    """The last window is crossed out and named in words; all others are plain points."""
    ax = plots.over_time(decay)
    marks = {line.get_label(): line.get_marker() for line in ax.lines}

    assert ("X", "o") == (marks["_STAB-WINDOW-10"], marks["_STAB-WINDOW-1"])
    assert 1 == words(ax).count("not met")
    assert "2026-11-25" in words(ax)
    assert any(text.endswith(" over all rows") for text in words(ax))


def test_what_is_tolerated_is_drawn(decay):
    """Ten points below all rows, as a dashed line with its value."""
    ax = plots.over_time(decay)
    overall = float(decay.tables["windows"]["overall"].iloc[0])
    levels = [float(line.get_ydata()[0]) for line in ax.lines if list(line.get_xdata()) == [0, 1]]

    assert [overall - 0.1, overall] == pytest.approx(sorted(levels))
    assert [text for text in words(ax) if text.endswith(" tolerated")]


def test_the_interval_is_drawn_as_measured(decay):
    """From the lower to the upper end of the window's own value."""
    row = decay.tables["windows"].iloc[0]
    (line,) = [line for line in plots.over_time(decay).lines if line.get_label() == "_STAB-WINDOW-1 interval"]

    assert [row["low"], row["high"]] == list(line.get_ydata())
    assert (0.0, 0.0) == interval(plots.over_time(decay), "STAB-WINDOW-1")


def test_the_sentence_names_the_worst_window(decay):
    """Lowest, highest, all rows, and what is not met."""
    sentence = plots.over_time_alt(decay)

    assert sentence.startswith("accuracy in 10 windows of time: from ")
    assert "(2026-11-25 to 2026-12-31)" in sentence
    assert sentence.endswith("not met: 2026-11-25 to 2026-12-31.")


def test_without_windows_there_is_nothing_to_draw():
    """No column of time, or none that could be cut."""
    times = pd.Series([pd.Timestamp("2026-01-01")] * 100)
    for answer in (Answer(Question.STABILITY, ()), asked(times, *answers(times, times.isna().to_numpy()))):
        with pytest.raises(NothingToDraw):
            plots.over_time(answer)
        with pytest.raises(NothingToDraw):
            plots.over_time_alt(answer)


def test_the_drawing_is_small(decay):
    """Below 15 kB, also with 50 windows."""
    many = asked(YEAR, *answers(YEAR, (YEAR >= "2026-12-01").to_numpy()), stability={"windows": 50})

    assert 1_000 < len(figures.draw(plots.over_time, decay).svg.encode()) < 15_000
    assert 1_000 < len(figures.draw(plots.over_time, many).svg.encode()) < 30_000


def test_the_page_has_a_table_of_windows(decay):
    """One row for each window in the order of time, with its dates in words; nothing is shown twice or lost."""
    tables = page.tables(decay.findings, Language.over(decay.findings))
    (table,) = [table for table in tables if table.caption.startswith("Over time: 10 windows, 1 of 10 not met")]
    shown = [code for table in tables for code in sorted(table.codes)]

    assert ["Claim", "Required", "Measured (range)", "Result"] == [column.title for column in table.columns]
    assert 10 == len(table.rows)
    assert "Rows judged right from 25 November 2026 to 31 December 2026" == table.rows[-1].cells[0].text
    assert "STAB-WINDOW-10" == table.rows[-1].anchor
    assert sorted(f.code for f in decay.findings) == sorted(shown)
