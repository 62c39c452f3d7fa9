"""Question 3: groups compared with each other."""

from __future__ import annotations

import pandas as pd
import pytest

from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.questions import segments
from tests.questions.conftest import evidence_of, of_cells

RATIO, RECALL = "SEGM-1-FAIR-DEMOGRAPHIC_PARITY_RATIO", "SEGM-1-FAIR-EQUAL_OPPORTUNITY_DIFFERENCE"


def answer_of(cells, **criteria):
    """The answer about groups with these counts of (tp, fn, fp, tn)."""
    truth, said, names = [], [], []
    for name, counts in cells.items():
        true, predicted = of_cells(*counts)
        truth, said, names = truth + true, said + predicted, names + [name] * len(true)
    frame = pd.DataFrame({"age": names})
    evidence = evidence_of(truth, said, frame=frame, data={"segments": ["age"]}, segments=criteria)
    return segments.ask(evidence, evidence.spec.segments)


TWO = {"young": (300, 100, 100, 500), "old": (150, 150, 100, 600)}
"""Selected 400 and 250 of 1,000; found .75 and .5; false alarms 1/6 and 1/7."""


def test_without_limits_two_comparisons_are_facts(found):
    """The ratio of selection and the gap in recall, not judged, in counts."""
    answer = answer_of(TWO)
    ratio = found(answer, RATIO)

    assert 2 == sum("-FAIR-" in finding.code for finding in answer.findings)
    assert (False, None, 0.625) == (ratio.blocking, ratio.criterion, ratio.measured.value)
    assert "lowest: 250 of 1,000 rows where age = old; highest: 400 of 1,000 rows where age = young" in ratio.reason
    assert "four fifths" in ratio.reason
    assert 0.25 == pytest.approx(found(answer, RECALL).measured.value)
    assert "150 of 300 rows with y = 1 where age = old" in found(answer, RECALL).reason


def test_stated_limits_are_judged(found):
    """Four fifths are not met by 0.625; a gap of 2.4 points in false alarms and 25 in recall is within 40."""
    limits = {"demographic_parity_ratio": 0.8, "equalized_odds_difference": 0.4}
    answer = answer_of(TWO, fairness=limits, limit=0.5)
    ratio, odds = found(answer, RATIO), found(answer, "SEGM-1-FAIR-EQUALIZED_ODDS_DIFFERENCE")

    assert (True, ">=", 0.8, "set in the spec") == (
        ratio.blocking,
        ratio.criterion.op,
        ratio.criterion.threshold,
        ratio.criterion.source,
    )
    assert Status.NOT_MET == ratio.status == answer.status
    assert ("<=", Status.MET) == (odds.criterion.op, odds.status)
    assert "150 of 300 rows with y = 1" in odds.reason
    assert not found(answer, RECALL).blocking


def test_too_few_rows_prove_nothing(found):
    """The same shares with forty rows of each group."""
    small = {name: tuple(count // 25 for count in cells) for name, cells in TWO.items()}
    ratio = found(answer_of(small, fairness={"demographic_parity_ratio": 0.8}), RATIO)

    assert Status.NOT_PROVEN == ratio.status


def test_small_groups_are_left_out_by_name(found):
    """Twenty rows say little; they are named. Where a limit is stated they count, and nothing is proven."""
    groups = {**TWO, "tiny": (5, 5, 5, 5)}
    assert "left out with too few rows: age = tiny" in found(answer_of(groups), RATIO).reason
    stated = found(answer_of(groups, fairness={"demographic_parity_ratio": 0.5}), RATIO)
    assert "left out" not in stated.reason
    assert Status.MET is found(answer_of(TWO, fairness={"demographic_parity_ratio": 0.5}), RATIO).status
    assert Status.NOT_PROVEN is stated.status


def test_one_group_is_compared_with_nobody(found):
    """No fact; where a limit is stated, it is not assessed and says what is needed."""
    alone = {"young": TWO["young"]}
    stated = found(answer_of(alone, fairness={"demographic_parity_ratio": 0.8}), RATIO)

    assert not any("-FAIR-" in finding.code for finding in answer_of(alone).findings)
    assert (Status.NOT_ASSESSED, True) == (stated.status, stated.blocking)
    assert "30 rows" in stated.needs


def test_numbers_are_not_compared_by_selection(found):
    """A regression selects nobody: facts are left out, a stated limit is not assessed."""
    frame = pd.DataFrame({"age": ["a", "b"] * 100})
    parts = {"task": Task.REGRESSION, "frame": frame, "data": {"segments": ["age"]}}
    plain = evidence_of(range(200), range(1, 201), **parts)
    stated = evidence_of(range(200), range(1, 201), **parts, segments={"fairness": {"demographic_parity_ratio": 0.8}})

    assert not any("-FAIR-" in f.code for f in segments.ask(plain, plain.spec.segments).findings)
    assert Status.NOT_ASSESSED == found(segments.ask(stated, stated.spec.segments), RATIO).status


def test_texts_for_people_compare_groups():
    """They speak of shares and groups, never of what is just."""
    for finding in answer_of(TWO, fairness={"equalized_odds_difference": 0.2}).findings:
        assert "fair" not in f"{finding.name} {finding.reason} {finding.needs} {finding.warning}".lower()
