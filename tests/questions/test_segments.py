"""Question 3: each segment against all other rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Status, recompute
from readiness.core.policy import Task
from readiness.evidence.segments import Segmentation
from readiness.questions import segments
from readiness.questions.deficits import split_by
from readiness.statistics.cases import Cases
from readiness.statistics.estimators import measure
from tests.questions.conftest import evidence_of

ACCURACY = {"metrics": ["accuracy"]}


def by_group(groups, **more):
    """Evidence in which each group has rows and a number of right answers; half of each are positive."""
    truth, predicted, names = [], [], []
    for name, (rows, right) in groups.items():
        labels = np.arange(rows) % 2
        truth += labels.tolist()
        predicted += np.where(np.arange(rows) < right, labels, 1 - labels).tolist()
        names += [name] * rows
    entry = more.pop("entry", "g")
    frame = pd.DataFrame({entry if isinstance(entry, str) else "g": names})
    return evidence_of(
        truth, predicted, frame=frame, data={"segments": [entry]}, segments=more.pop("segments", ACCURACY)
    )


def ask(evidence):
    return segments.ask(evidence, evidence.spec.segments)


def test_no_segments_named_is_not_assessed():
    """Nobody knows for whom it fails."""
    evidence = evidence_of([0, 1], [0, 1])

    assert Status.NOT_ASSESSED == ask(evidence).status


def test_equal_segments_are_met():
    """Two groups of 500 at 90 %."""
    assert Status.MET == ask(by_group({"a": (500, 450), "b": (500, 450)})).status


def test_the_known_example_names_the_worst_group(found):
    """71.4 % for 65+ is a deficit of 21 points, not proven to exceed 15, so not a yes; the group is named."""
    known = {"18-25": (432, 387), "25-35": (987, 919), "35-50": (1245, 1173), "50-65": (654, 600), "65+": (234, 167)}

    answer = ask(by_group(known))
    worst = found(answer, "SEGM-1-WORST")

    assert Status.NOT_PROVEN == answer.status
    assert 3079 / 3318 - 167 / 234 == pytest.approx(worst.measured.value)
    assert {"g": "65+"} == worst.segment
    assert "167 of 234 rows" in worst.reason
    assert "too few training rows" in worst.reason
    assert 1173 / 1245 - 167 / 234 == pytest.approx(found(answer, "SEGM-1-GAP-ACCURACY").measured.value)


def test_segments_sum_to_the_whole(found):
    """Every row is counted once, gaps included."""
    answer = ask(by_group({"a": (500, 450), None: (30, 25), "b": (470, 420)}))
    rows = [f.measured.value for f in answer.findings if f.code.endswith("-ROWS")]

    assert 1000 == sum(rows)
    assert {"g": "missing"} in [f.segment for f in answer.findings if f.code.endswith("-ROWS")]


def test_a_small_segment_is_listed_and_not_judged(found):
    """Ten rows are too few, do not block, and are named with what is needed."""
    answer = ask(by_group({"a": (500, 450), "b": (500, 450), "tiny": (10, 9)}))
    tiny = found(answer, "SEGM-1-3-ACCURACY")

    assert Status.MET == answer.status
    assert (False, Status.NOT_PROVEN) == (tiny.blocking, tiny.status)
    assert "not assessable" in tiny.withheld
    assert "tiny" in found(answer, "SEGM-1-COVERAGE-ACCURACY").reason


def test_harm_cannot_hide_in_a_small_segment(found):
    """Fifteen rows that are all wrong are proof enough, though too few to be met."""
    answer = ask(by_group({"a": (500, 475), "b": (500, 475), "tiny": (15, 0)}))
    tiny = found(answer, "SEGM-1-3-ACCURACY")

    assert (True, Status.NOT_MET) == (tiny.blocking, answer.status)
    assert ("", Status.NOT_MET) == (tiny.withheld, recompute(tiny))
    assert tiny.reason.startswith("accuracy is 0.000 here (0 of 15 rows)")
    assert tiny.reason.endswith("; too few rows to be met, enough to show this deficit")


def test_too_many_small_segments_are_not_proven(found):
    """When assessable segments hold less than 90 % of the rows the question stays open."""
    groups = {"a": (300, 270)} | {f"s{i}": (10, 9) for i in range(10)}
    answer = ask(by_group(groups))

    assert Status.NOT_PROVEN == found(answer, "SEGM-1-COVERAGE-ACCURACY").status
    assert Status.NOT_PROVEN == answer.status
    assert found(answer, "SEGM-1-SMALL-ACCURACY").measured.n == 100


def test_a_critical_segment_must_be_assessable(found):
    """65+ with ten rows keeps the question open although it is 1 % of the rows."""
    answer = ask(
        by_group({"a": (500, 450), "b": (500, 450), "65+": (10, 10)}, entry={"column": "g", "critical": ["65+"]})
    )

    assert Status.NOT_PROVEN == found(answer, "SEGM-1-CRITICAL-ACCURACY").status
    assert Status.NOT_PROVEN == answer.status


def test_one_segment_only_says_nothing_about_everyone():
    """A column with a single value leaves nothing to compare with."""
    assert Status.NOT_ASSESSED == ask(by_group({"a": (500, 450)})).status


@pytest.mark.parametrize("others", [{"isle": (1, 1)}, {"isle": (20, 20)}, {"isle": (1, 0), "holm": (1, 1)}])
def test_practically_everybody_has_nobody_to_be_compared_with(found, others):
    """One segment of one row, or of few: they lack rows, not the large one; and a question that compared nobody is open."""
    answer = ask(by_group({"rest": (500, 450), **others}))
    finding = found(answer, f"SEGM-1-{1 + len(others)}-ACCURACY")

    assert {"g": "rest"} == finding.segment
    assert not finding.blocking
    assert "in all other segments together, 30 are needed to compare with" in finding.reason
    coverage = found(answer, "SEGM-1-COVERAGE-ACCURACY")
    assert Status.NOT_PROVEN == coverage.status == answer.status
    assert "no segment was compared with another" in coverage.withheld


def test_others_without_a_positive_are_nobody_to_be_compared_with(found):
    """Recall of all others is unknown, and it is said whose rows have no positives."""
    groups = {"one": (1, 1), "rest": (500, 500)}
    answer = ask(by_group(groups, segments={"metrics": ["recall"]}))
    finding = found(answer, "SEGM-1-2-RECALL")

    assert not finding.blocking
    assert "nothing is known of all other rows: there are no positives in them" in finding.reason.lower()
    assert Status.NOT_ASSESSED != answer.status


def test_many_rows_outside_assessable_segments_are_not_proven(found):
    """A tenth of all rows may lie there, no more."""
    answer = ask(by_group({"rest": (200, 180), "isle": (28, 25)}))

    assert Status.MET != found(answer, "SEGM-1-COVERAGE-ACCURACY").status
    assert Status.NOT_PROVEN == answer.status


def test_a_higher_false_alarm_rate_is_a_deficit(found):
    """20 % false alarms in one group against 2 % in the other."""
    truth = [0] * 2000 + [1] * 400
    predicted = [1] * 200 + [0] * 800 + [1] * 20 + [0] * 980 + [1] * 400
    names = ["a"] * 1000 + ["b"] * 1000 + ["a", "b"] * 200
    evidence = evidence_of(
        truth,
        predicted,
        frame=pd.DataFrame({"g": names}),
        data={"segments": ["g"]},
        segments={"metrics": ["false_positive_rate"]},
    )

    deficit = found(ask(evidence), "SEGM-1-1-FALSE_POSITIVE_RATE")

    assert 0.18 == pytest.approx(deficit.measured.value)
    assert deficit.warning


def test_errors_of_a_regression_are_compared_by_ratio(found):
    """A group with twice the error of the others is not met: 2 - 1.15 · 1 is above 0."""
    rng = np.random.default_rng(0)
    error = np.where(np.arange(4000) < 1000, 2.0, 1.0) * rng.uniform(0.9, 1.1, 4000)
    evidence = evidence_of(
        np.zeros(4000),
        error,
        task=Task.REGRESSION,
        frame=pd.DataFrame({"g": ["a"] * 1000 + ["b"] * 3000}),
        data={"segments": ["g"]},
    )

    answer = ask(evidence)

    assert 0.85 == pytest.approx(found(answer, "SEGM-1-1-MAE").measured.value, abs=0.02)
    assert Status.NOT_MET == answer.status


def test_two_hundred_segments_are_all_there():
    """Nothing is dropped silently."""
    answer = ask(by_group({f"s{i:03d}": (10, 9) for i in range(200)}))

    assert 200 == sum(f.code.endswith("-ROWS") for f in answer.findings)


def test_a_macro_average_with_a_tiny_class_is_not_met_in_any_segment(found):
    """Two true rows of a class tell nothing about its recall, in a segment as little as in the whole."""
    truth = [0, 1] * 300 + [2, 2]
    evidence = evidence_of(
        truth,
        truth,
        task=Task.MULTICLASS,
        classes=("a", "b", "c"),
        frame=pd.DataFrame({"g": ["x"] * 301 + ["y"] * 301}),
        data={"segments": ["g"], "classes": ["a", "b", "c"]},
        segments={"metrics": ["f1_macro"]},
    )

    answer = ask(evidence)

    assert Status.MET not in {found(answer, f"SEGM-1-{j}-F1_MACRO").status for j in (1, 2)}
    assert Status.MET != answer.status


def test_the_worst_class_of_each_segment_is_shown(found):
    """Multiclass: the recall of the class that is found least often, as a fact."""
    truth = [0, 1, 2] * 100
    predicted = [0, 1, 1] * 50 + [0, 1, 2] * 50
    evidence = evidence_of(
        truth,
        predicted,
        task=Task.MULTICLASS,
        classes=("a", "b", "c"),
        frame=pd.DataFrame({"g": ["x"] * 150 + ["y"] * 150}),
        data={"segments": ["g"], "classes": ["a", "b", "c"]},
    )

    worst = found(ask(evidence), "SEGM-1-1-VALUE-WORST_CLASS_RECALL")

    assert (False, 0.0) == (worst.blocking, worst.measured.value)
    assert "recall of c" in worst.name


def test_a_real_difference_of_uncertain_size_says_so(found):
    """Fourteen points worse on 700 rows: surely worse, not surely by more than fifteen; no such word for a few rows."""
    sure = found(ask(by_group({"a": (3000, 2850), "b": (700, 567)})), "SEGM-1-2-ACCURACY")
    unsure = found(ask(by_group({"a": (65, 59), "b": (65, 51)})), "SEGM-1-2-ACCURACY")

    assert (Status.NOT_PROVEN, "above the warning mark of 10 points; a real difference, its size uncertain") == (
        sure.status,
        sure.warning,
    )
    assert (Status.NOT_PROVEN, "above the warning mark of 10 points") == (unsure.status, unsure.warning)


def test_the_gap_is_evened_out_beside_the_observed_one(found):
    """As words of the fact; nothing is judged by it."""
    gap = found(ask(by_group({"a": (300, 270), "b": (300, 255), "c": (300, 264)})), "SEGM-1-GAP-ACCURACY")

    assert (False, 0.05) == (gap.blocking, pytest.approx(gap.measured.value))
    assert "evened out for chance the gap is 0.0" in gap.reason


def test_dependent_rows_are_split_as_if_each_part_stood_alone():
    """Recall of users in two groups: the same as from the rows of each part, and kept for the next who asks."""
    rng = np.random.default_rng(0)
    truth, users = rng.integers(0, 2, 900), rng.integers(0, 60, 900)
    cases = Cases(Task.BINARY, truth, np.where(rng.random(900) < 0.8, truth, 1 - truth), groups=users)
    codes = users % 2
    cut = Segmentation("g", codes, ({"g": "even"}, {"g": "odd"}))
    found = split_by("recall", cases, cut)

    for code, split in enumerate(found):
        for part, rows in ((split.inside, codes == code), (split.outside, codes != code)):
            assert measure("recall", cases.subset(rows)).interval(0.95) == pytest.approx(part.interval(0.95))
            assert np.count_nonzero(rows & (truth == 1)) == part.n
    assert found[0] is split_by("recall", cases, cut)[0]


def test_few_groups_in_a_segment_prove_nothing(found):
    """Nine users of segment b: its chance error is not known, so it cannot be met; a hundred of a are enough."""
    truth = np.tile([0, 1], 1000)
    segment = np.repeat(["a", "b"], 1000)
    users = np.r_[np.arange(1000) % 100, 100 + np.arange(1000) % 9]
    evidence = evidence_of(
        truth, truth, frame=pd.DataFrame({"g": segment}), data={"segments": ["g"]}, segments=ACCURACY
    )
    answer = ask(replace(evidence, cases=replace(evidence.cases, groups=users)))

    assert "9 groups" in found(answer, "SEGM-1-2-ACCURACY").withheld
    assert Status.NOT_PROVEN == answer.status


@pytest.mark.parametrize(("column", "named"), [("hour", False), ("age_group", True)])
def test_discrimination_is_a_cause_only_where_people_are_told_apart(found, column, named):
    """Rentals of bicycles by the hour, and customers by their age."""
    answer = ask(by_group({"a": (500, 475), "b": (500, 300)}, entry=column))
    assert named == ("discrimination (a legal liability)" in found(answer, "SEGM-1-WORST").reason)
    assert "a group that really behaves differently" in found(answer, "SEGM-1-WORST").reason


def test_where_no_number_of_rows_is_enough_none_is_asked_for(found):
    """A recall of 0 everywhere: nobody asks for one row more than there are."""
    truth = np.tile([1, 0], 200)
    frame = pd.DataFrame({"g": np.repeat(["a", "b"], 200)})
    data, judged = {"segments": ["g"]}, {"metrics": ["recall"]}
    evidence = evidence_of(truth, np.zeros(400), frame=frame, data=data, segments=judged)
    answer = ask(evidence)
    coverage = found(answer, "SEGM-1-COVERAGE-RECALL")
    assert "recall is 0 on all rows" in coverage.reason
    assert "more rows alone will not help" in coverage.needs
    assert "401" not in " ".join(f"{f.reason} {f.needs}" for f in answer.findings)


def test_one_row_is_no_rows(found):
    """And what the whole table holds is said where a segment would need more."""
    truth = np.array([1] * 4 + [0] * 36)
    frame = pd.DataFrame({"g": ["a", "b", "b", "b", *["a", "b"] * 18]})
    evidence = evidence_of(truth, truth, frame=frame, data={"segments": ["g"]}, segments={"metrics": ["recall"]})
    answer = ask(evidence)
    assert "not assessable: 1 row with " in found(answer, "SEGM-1-1-RECALL").reason
    assert "all segments together hold 4" in found(answer, "SEGM-1-COVERAGE-RECALL").reason


def test_segments_that_cut_queries_ask_for_another_column(found):
    """Not for more queries: no number of them would help."""
    queries, segment = np.repeat(np.arange(30), 4), np.tile(["x", "y"], 60)
    relevance = np.tile([1.0, 0.0, 2.0, 0.0], 30)
    frame = pd.DataFrame({"g": segment})
    data = {"segments": ["g"], "query": "q"}
    made = evidence_of(relevance, relevance, task=Task.RANKING, frame=frame, data=data)
    answer = ask(replace(made, cases=replace(made.cases, queries=queries)))
    one, coverage = found(answer, "SEGM-1-1-NDCG_AT_10"), found(answer, "SEGM-1-COVERAGE-NDCG_AT_10")

    assert "name a column that is the same for all rows of a query" == one.needs == coverage.needs
    assert "not assessable: the rows of a query are in several segments" in one.reason
    assert not one.blocking
    assert not any("queries" in finding.needs and "more" in finding.needs for finding in answer.findings)
