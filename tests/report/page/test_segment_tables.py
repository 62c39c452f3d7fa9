"""The tables of question 3 that show comparisons of groups and weak spots."""

from __future__ import annotations

import pytest

from readiness.core.findings import Status
from readiness.report.page.segments import tables
from readiness.report.sentences import Language
from tests.literal_answers import fact, finding, segments

WEAK = finding(
    "SEGM-SLICE-1", "Deficit in recall of region = north and age = 65+", 0.4, 0.3, 0.5, "<", 0.15,
    metric="recall", segment={"region": "north", "age": "65+"}, reason="missed: 31 of 60 rows here", blocking=False,
)  # fmt: skip
SEARCH = fact("SEGM-SLICES", "Combinations searched", 4600.0, reason="none of 4,600 is shown to be worse")


def of(*findings):
    """Tables by caption."""
    return {made.caption: made for made in tables(findings, Language())}


def test_weak_spots_have_a_table_with_the_search_below():
    """Where, how much, and that it does not count; every finding has its place."""
    made = of(*segments().findings, WEAK, SEARCH)["Groups found by search, not named in advance"]
    where, found, result = made.rows[0].cells

    assert "region = north, age = 65+" == where.text
    assert found.text
    assert "not part of the verdict" == result.mark.word
    assert ["SEGM-SLICE-1", "SEGM-SLICES"] == [row.anchor for row in made.rows]
    assert {"SEGM-SLICE-1", "SEGM-SLICES"} == made.codes


def test_a_weak_spot_that_counts_says_so():
    """Not met, as any judged finding."""
    counting = finding(
        "SEGM-SLICE-1", "x", 0.4, 0.3, 0.5, "<", 0.15, metric="recall", segment={"region": "north"}
    )  # fmt: skip
    made = of(counting, SEARCH)

    assert ["Groups found by search, not named in advance"] == list(made)
    assert Status.NOT_MET.words == next(iter(made.values())).rows[0].cells[2].mark.word


def test_without_weak_spots_the_search_is_folded():
    """One line behind its caption."""
    made = of(SEARCH)["Groups found by search: none"]
    assert (True, 1) == (made.folds, len(made.rows))


@pytest.mark.parametrize(("value", "folds"), [(0.95, True), (0.5, False)])
def test_judged_comparisons_fold_while_they_are_met(value, folds):
    """Facts about groups stand with the gaps; a judged comparison that fails stands open."""
    ratio = finding("SEGM-1-FAIR-DEMOGRAPHIC_PARITY_RATIO", "ratio", value, value - 0.05, value + 0.05, ">=", 0.8)
    recall = fact("SEGM-1-FAIR-EQUAL_OPPORTUNITY_DIFFERENCE", "recall", 0.1)
    made = of(*segments().findings, ratio, recall)
    (table,) = (each for each in made.values() if ratio.code in each.codes)

    assert folds is table.folds
    assert next(each for each in made.values() if recall.code in each.codes).folds
