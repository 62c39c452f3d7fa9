"""The release in stages: shares, times, and the fewest cases that would show a fall."""

from __future__ import annotations

import dataclasses
import math

import pytest

from readiness.core.findings import Answer, Basis, Question
from readiness.core.policy import Task
from readiness.report.monitoring.labelled import performance
from readiness.report.rollout import falls, note, stages, title
from readiness.report.sentences import Language
from readiness.statistics.alarms import FALSE_ALARM
from readiness.verdict.record import Record
from tests.report.page import records


def planned(**rollout) -> Record:
    record = records.ready()
    spec = {**record.gathered.spec, "production": {"rollout": rollout}}
    return dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, spec=spec))


def test_the_usual_stages_where_the_spec_says_nothing() -> None:
    """5, 25 and 100 per cent; what nobody stated is said."""
    found = stages(records.ready())
    assert ["5", "25", "100"] == [stage.percent for stage in found]
    assert found[0].least.startswith("a time that is not stated")
    assert {"not named"} == {stage.who for stage in found}


def test_the_stages_of_the_spec() -> None:
    """Shares, days, alarms and who stops it come from the spec."""
    found = stages(planned(
        stages=[{"share": "0.1", "days": 1}, {"share": "0.5", "days": "14"}, {"share": 1}],
        stopped_by="the fraud desk", alarms=["More than ten complaints a day"],
    ))  # fmt: skip
    assert ["10", "50", "100"] == [stage.percent for stage in found]
    assert found[0].least.startswith("1 day")
    assert found[1].least.startswith("14 days")
    assert "More than ten complaints a day" in found[0].stop_when
    assert {"the fraud desk"} == {stage.who for stage in found}


def test_a_partial_review_plans_nothing() -> None:
    """It cannot be approved."""
    assert () == stages(dataclasses.replace(records.ready(), only=("segments",)))


def test_the_fewest_cases_show_a_fall_to_the_limit() -> None:
    """90 of 100 frauds found where 80 % is required: by exact binomials so many cases show a fall to 80 %, and few
    windows in a hundred sound an alarm while nine in ten are found.
    """
    from scipy.stats import binom

    found = records.claim(
        "BUSI-1", "Do not miss fraud", (0.9, 0.82, 0.95, 100), (">=", 0.8), (0.83, 0.94), metric="recall"
    )
    assert found.bounds is not None
    basis = Basis("share", {"n": 100, "successes": 90, "deff": 1, "df": None})
    counted = dataclasses.replace(found, bounds=dataclasses.replace(found.bounds, basis=basis))
    record = records.record([
        records.baseline(), Answer(Question.BUSINESS, (counted,)), records.good_segments(), records.errors(),
        records.stability(), records.production(),
    ])  # fmt: skip
    (fall,) = falls(record, Language.of(record))
    (signal,) = [s for s in performance(record, Language.of(record)) if s.sources == ("BUSI-1",)]
    missed = math.ceil(fall.cases * (1 - signal.alarms[0].value) - 1e-9)
    assert binom.sf(missed - 1, fall.cases, 0.2) >= 0.8
    assert binom.sf(missed - 1, fall.cases, 0.1) <= FALSE_ALARM
    assert f"{fall.cases:,} " in note(record)
    assert all(len(sentence.split()) <= 30 for sentence in note(record).split(". "))
    assert f"{fall.cases:,} " in stages(record)[0].least


def test_where_a_limit_is_missed_nothing_shows_a_fall_to_it() -> None:
    """No number of cases is told for what does not hold today."""
    missed = records.claim(
        "BUSI-1", "Do not miss fraud", (0.7, 0.6, 0.79, 100), (">=", 0.8), (0.61, 0.78), metric="recall"
    )
    record = records.record([
        records.baseline(), Answer(Question.BUSINESS, (missed,)), records.good_segments(), records.errors(),
        records.stability(), records.production(),
    ])  # fmt: skip
    assert () == falls(record, Language.of(record))
    assert note(record) == ""


@pytest.mark.parametrize(
    ("count", "said"), [(1, "release at once"), (2, "release in two stages"), (12, "release in 12 stages")]
)
def test_the_title_counts_the_stages_of_the_spec(count: int, said: str) -> None:
    """A plan of two stages is not called one of three."""
    assert said == title(count)


def test_cases_of_a_class_are_called_by_it() -> None:
    """Of more than two classes nobody knows which rows are "positive": the requirement names its class."""
    found = records.claim("BUSI-1", "Find gold", (0.9, 0.82, 0.95, 100), (">=", 0.8), (0.83, 0.94), metric="recall")
    assert found.bounds is not None
    basis = Basis("share", {"n": 100, "successes": 90, "deff": 1, "df": 99})
    counted = dataclasses.replace(found, bounds=dataclasses.replace(found.bounds, basis=basis))
    spec = {"data": {"target": "metal"}, "business": {"requirements": [{"says": "Find gold", "of_class": "gold"}]}}
    record = records.record([
        records.baseline(), Answer(Question.BUSINESS, (counted,)), records.good_segments(), records.errors(),
        records.stability(), records.production(),
    ])  # fmt: skip
    (fall,) = falls(record, Language.from_spec(spec, Task.MULTICLASS, None, (counted,)))
    assert "rows with metal = gold" == fall.noun
