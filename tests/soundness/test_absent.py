"""Recent rows in segments and classes that the test rows lack or cannot assess."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Status
from readiness.core.policy import Task
from readiness.evidence.evidence import Recent, Training
from readiness.evidence.segments import cut_segments
from readiness.soundness.absent import examine
from readiness.soundness.assessment import judge_examined
from readiness.soundness.tables import Aimed
from tests.questions.conftest import evidence_of

N = 4_000


def people(n=N, seed=0, regions=("north", "south", "west")):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"region": rng.choice(list(regions), n), "age": rng.integers(18, 90, n)})


def evidence(test, *, recent=None, train=None, labels=None, time=None, classes=("0", "1"), y=None, **data):
    """Evidence of a candidate that is right in 19 of 20 rows; two in five are positive."""
    rng = np.random.default_rng(9)
    task = Task.BINARY if len(classes) == 2 else Task.MULTICLASS
    truth = (rng.random(len(test)) < 0.4).astype(int) if y is None else np.asarray(y)
    said = np.where(rng.random(len(test)) < 0.05, (truth + 1) % len(classes), truth)
    data = {"segments": ["region"], **data}
    training = None
    if train is not None:
        training = Training(train, rng.integers(0, len(classes), len(train)) if labels is None else labels, ())
    newest = None if recent is None else Recent(recent, None)
    made = evidence_of(
        truth, said, task=task, classes=classes, data=data, more={"rows": test, "recent": newest, "training": training}
    )
    cuts = tuple(cut_segments(test, entry, train) for entry in made.spec.data.segments)
    cases = made.cases if time is None else replace(made.cases, time=time)
    return replace(made, segmentations=cuts, cases=cases)


def found(*given, **more):
    """By code."""
    findings = examine(evidence(*given, **more))
    return {finding.code: finding for finding in map(judge_examined, findings)}


def test_people_like_those_of_the_test_rows_are_sound():
    """The same three regions."""
    finding = found(people(), recent=people(seed=1))["EVID-ABSENT"]

    assert finding.status is Status.MET
    assert "0 of 4,000 recent rows (0.0 %) are in values of region" in finding.reason


def test_a_region_without_test_rows_is_not_met():
    """A third of the recent rows: named, with counts and a cure."""
    finding = found(people(regions=("north", "south")), recent=people(seed=1))["EVID-ABSENT"]

    rows = int((people(seed=1)["region"] == "west").sum())
    assert finding.status is Status.NOT_MET
    assert f"region = west ({rows:,} rows; no test row)" in finding.reason
    assert "soundness.absent" in finding.needs


@pytest.mark.parametrize(("rows", "status"), [(150, Status.MET), (390, Status.NOT_PROVEN), (700, Status.NOT_MET)])
def test_up_to_a_tenth_may_be_absent_beyond_doubt(rows, status):
    """390 of 4,000 are less than a tenth, and might be more in truth."""
    recent = people(seed=1, regions=("north", "south"))
    recent.loc[: rows - 1, "region"] = "west"

    assert found(people(regions=("north", "south")), recent=recent)["EVID-ABSENT"].status is status


def test_too_few_rows_of_a_metrics_own_denominator_are_as_good_as_none():
    """West has 30 test rows, of which some dozen are positive: too few for recall."""
    test = people(regions=("north", "south"))
    test.loc[:29, "region"] = "west"
    finding = found(test, recent=people(seed=1))["EVID-ABSENT"]

    assert finding.status is Status.NOT_MET
    assert "in the test" in finding.reason
    assert "are needed" in finding.reason


def test_training_rows_stand_in_where_there_are_no_recent_ones():
    """And where recent rows lack the column; with neither, nobody knows."""
    test = people(regions=("north", "south"))

    assert "training rows" in found(test, train=people(seed=1))["EVID-ABSENT"].reason
    assert "training rows" in found(test, train=people(seed=1), recent=people()[["age"]])["EVID-ABSENT"].reason
    lacking = found(test, train=people()[["age"]], recent=people()[["age"]])["EVID-ABSENT"]
    assert lacking.status is Status.NOT_ASSESSED
    assert "add region to the table of recent rows" in lacking.needs


def test_without_other_rows_or_segments_nothing_is_asked():
    """The thing cannot exist."""
    for finding in (found(people())["EVID-ABSENT"], found(people(), recent=people(), segments=[])["EVID-ABSENT"]):
        assert not finding.blocking
        assert finding.status is Status.MET


def test_critical_values_may_not_be_absent_at_all():
    """Ten recent rows from the west, which is critical."""
    recent = people(seed=1, regions=("north", "south"))
    recent.loc[:9, "region"] = "west"
    test = people(regions=("north", "south"))
    plain = found(test, recent=recent)["EVID-ABSENT"]
    critical = found(test, recent=recent, segments=[{"column": "region", "critical": ["west"]}])["EVID-ABSENT"]

    assert plain.status is Status.MET
    assert critical.status is Status.NOT_PROVEN
    assert "region = west, which is critical" in critical.withheld


def test_every_segmentation_has_a_finding_of_its_own():
    """Bins are those of the test rows, and a crossing is cut as it is there."""
    segments = ["region", {"column": "age", "bins": [30, 60]}, ["region", {"column": "age", "bins": [60]}]]
    test = people()
    young = test[(test["age"] <= 60) | (test["region"] != "west")].reset_index(drop=True)
    findings = found(young, recent=people(seed=1), segments=segments)

    assert findings["EVID-ABSENT"].status is Status.MET
    assert findings["EVID-ABSENT-2"].status is Status.MET
    assert findings["EVID-ABSENT-3"].status is not Status.MET
    assert "region = west and age = above 60" in findings["EVID-ABSENT-3"].reason


@pytest.mark.parametrize("reference", [True, False])
def test_numbers_are_cut_as_in_the_test_rows(reference):
    """Quartiles of the training rows, else of the test rows; recent rows of few ages are cut alike."""
    recent = people(seed=1).assign(age=40)
    findings = found(people(), recent=recent, train=people(seed=2) if reference else None, segments=["age"])

    assert findings["EVID-ABSENT"].status is Status.MET


def test_values_are_the_same_however_they_are_written():
    """1 and 1.0, categories, dates as text."""
    test, recent = people(), people(seed=1)
    test["grade"], recent["grade"] = np.arange(N) % 3, pd.Series(np.arange(N) % 3).astype(float).mask(np.arange(N) == 5)
    test["kind"], recent["kind"] = test["region"].astype("category"), recent["region"]
    test["day"] = pd.date_range("2026-01-01", periods=N, freq="h")
    recent["day"] = pd.date_range("2026-08-01", periods=N, freq="h").strftime("%Y-%m-%dT%H:%M")
    segments = ["grade", "kind", {"column": "day", "by": "weekday"}]
    findings = found(test, recent=recent, segments=segments)

    assert [Status.MET] * 3 == [findings[f"EVID-ABSENT{end}"].status for end in ("", "-2", "-3")]


def test_months_never_come_again():
    """Recent rows are of later months than the test rows, by date or as a column of names."""
    test, recent = people(), people(seed=1)
    test["day"] = pd.date_range("2026-01-01", periods=N, freq="h")
    recent["day"] = pd.date_range("2026-08-01", periods=N, freq="h")
    for table in (test, recent):
        table["month"] = table["day"].dt.strftime("%b %Y")
    segments = [{"column": "day", "by": "month"}, "month"]
    findings = found(test, recent=recent, segments=segments, time=np.arange(N))

    assert ["EVID-ABSENT"] == [code for code in findings if "CLASSES" not in code]
    assert not findings["EVID-ABSENT"].blocking
    assert "stretches of time" in findings["EVID-ABSENT"].reason


def test_a_column_that_cannot_be_cut_there_is_not_known():
    """Numbers in the test rows, words in the recent ones."""
    finding = found(people(), recent=people(seed=1).assign(age="old"), segments=["age"])["EVID-ABSENT"]

    assert finding.status is Status.NOT_ASSESSED
    assert finding.blocking


def test_more_values_than_a_segment_may_have_are_no_crash():
    """Recent rows with 1,000 regions: nearly all are unheard of."""
    recent = people(seed=1).assign(region=[f"r{k % 1000}" for k in range(N)])

    assert found(people(), recent=recent)["EVID-ABSENT"].status is Status.NOT_MET


# Classes


def test_classes_that_the_test_rows_lack_withhold_the_claims_about_all_classes():
    """One of four classes, a quarter of the training rows; in a binary task both classes are there."""
    test, train = people(), people(seed=1)
    made = evidence(test, train=train, labels=np.arange(N) % 4, y=np.arange(N) % 3, classes=("a", "b", "c", "d"))
    last = examine(made)[-1]
    finding = judge_examined(last)

    assert isinstance(last, Aimed)
    assert last.codes
    assert all(code.startswith(("BASE-", "BUSI-", "ERRO-")) for code in last.codes)

    assert finding.status is Status.NOT_MET
    assert "1,000 of 4,000 training rows (25 %) are of values of y that the test rows hardly hold" in finding.reason
    assert "d (1,000 rows; 0 in the test" in finding.reason
    assert found(test, train=train)["EVID-ABSENT-CLASSES"].status is Status.MET


def test_known_recent_truth_comes_before_that_of_training():
    """Two thousand recent labels, the others not known yet; the third class is new."""
    made = evidence(people(), recent=people(seed=1), y=np.arange(N) % 2, classes=("a", "b", "c"))
    target = np.where(np.arange(N) < 2_000, np.arange(N) % 3, -1)
    made = replace(made, recent=Recent(made.recent.frame, target))
    (finding,) = [judge_examined(one) for one in examine(made)][1:]

    assert "666 of 2,000 recent rows with a known truth" in finding.reason
    assert finding.status is Status.NOT_MET


def test_small_sound_tables_are_sound():
    """Forty rows of each class are enough."""
    finding = found(people(80), train=people(80, seed=1), segments=[])["EVID-ABSENT-CLASSES"]

    assert finding.status is Status.MET
