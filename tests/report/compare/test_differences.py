"""What differs is told by how much it matters, and compared by what it is rather than by how it is printed."""

from __future__ import annotations

import dataclasses

import pytest

from readiness.core.files import Artifact
from readiness.core.findings import Finding, Outcome, Question
from readiness.report.compare.differences import (
    Aspect,
    Kind,
    bars_differ,
    candidate,
    changes,
    data,
    environment,
    settings,
    several,
)
from readiness.verdict.record import Record
from tests.report.compare.files import with_facts
from tests.report.compare.test_matching import record_with
from tests.report.page import records


def recall(value: float, limit: float = 0.9, source: str = "default") -> Finding:
    """A requirement on recall whose limits lie 0.02 around its value."""
    measured, limits = (value, value - 0.02, value + 0.02, 500), (value - 0.02, value + 0.02)
    return records.claim("BUSI-1", "recall", measured, (">=", limit), limits, metric="recall", source=source)


def kind(first: Finding, *others: Finding) -> Kind | None:
    """How these findings differ; None when they do not."""
    made = [record_with(each, question=Question.BUSINESS) for each in (first, *others)]
    found = changes(made)
    return found[0].kind if found else None


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (recall(0.95), None),
        (recall(0.80), Kind.STATUS),
        (recall(0.95, limit=0.85), Kind.CRITERION),
        (recall(0.95, source="set in the spec"), None),
        (recall(0.96), Kind.VALUE),
        (dataclasses.replace(recall(0.95), warning="close to its limit"), Kind.VALUE),
    ],
)
def test_the_weightiest_change_counts(second: Finding, expected: Kind | None) -> None:
    """A change of status is more than one of the criterion, and that is more than a value that moved."""
    assert expected == kind(recall(0.95), second)


def test_a_status_that_changed_with_its_criterion_is_a_changed_status() -> None:
    """Both changed, and the weightier one is told first."""
    assert Kind.STATUS == kind(recall(0.95), recall(0.95, limit=0.99))


def test_a_claim_that_is_merely_shown_elsewhere_has_no_changed_criterion() -> None:
    """A fact requires nothing, so nothing was required otherwise; that it is no longer judged is what changed."""
    shown = dataclasses.replace(recall(0.80), blocking=False, criterion=None, bounds=None, reason="12 rows")
    (change,) = changes([record_with(each, question=Question.BUSINESS) for each in (recall(0.95), shown)])

    assert Kind.JUDGED is change.kind
    assert not bars_differ(change.matched)


def test_long_lists_are_cut_between_items() -> None:
    """What is left out is counted, and a list that is one item too long is shown."""
    assert ["a", "a; b; c; d", "a; b; c; and 2 more", ""] == [several(text) for text in ("a", "abcd", "abcde", "")]


def test_an_outcome_without_a_number_is_told_by_its_words() -> None:
    """Another person who attests is a change."""
    first, second = (records.outcome("PROD-BOX", "Rollback plan", Outcome.ATTESTED, by) for by in ("Ann", "Bob"))
    found = changes([record_with(first), record_with(second)])

    assert [Kind.VALUE] == [change.kind for change in found]


def test_kinds_come_in_their_order() -> None:
    """Status, judged or not, criterion, value, presence; within a kind in the order of the report."""
    names = ("status", "judged", "criterion", "value")
    judged = [recall(0.80), dataclasses.replace(recall(0.95), blocking=False), recall(0.95, 0.8), recall(0.96)]
    first = [dataclasses.replace(recall(0.95), key=f"BUSI-{k}", name=name) for k, name in enumerate(names, 1)]
    second = [
        dataclasses.replace(each, key=f"BUSI-{k}", name=name)
        for k, (name, each) in enumerate(zip(names, judged, strict=True), 1)
    ]
    extra = dataclasses.replace(recall(0.95), key="BUSI-5", name="added")
    made = (
        record_with(*first[::-1], question=Question.BUSINESS),
        record_with(*second, extra, question=Question.BUSINESS),
    )

    assert [*names, "added"] == [change.matched.first.name for change in changes(made)]
    assert list(Kind) == [change.kind for change in changes(made)]


def test_equal_reports_do_not_differ() -> None:
    """A report against itself has nothing to tell."""
    assert () == changes([records.not_ready(), records.not_ready()])


def aspect(aspects: tuple[Aspect, ...], label: str) -> Aspect:
    return next(each for each in aspects if each.label.startswith(label))


def test_whole_digests_are_compared() -> None:
    """Two digests that begin alike look the same and are not."""
    other = with_facts(records.ready(), files=(Artifact("model.joblib", "a1" * 31 + "00", 5),))
    found = aspect(candidate([records.ready(), other]), "Model file")

    assert found.values[0] == found.values[1]
    assert found.differs


def test_a_table_that_one_report_lacks_is_shown() -> None:
    """What is missing in one report differs."""
    one = records.ready()
    other = with_facts(one, inputs=one.gathered.inputs[:1])
    found = data([one, other])

    assert ("train.parquet", "–") == aspect(found, "Train").values
    assert [True, False] == [aspect(found, role).differs for role in ("Train", "Test")]
    assert ("24,000", "24,000") == aspect(found, "Rows scored").values
    assert ("120", "120") == aspect(found, "Positives").values
    assert ("2026-03-01 to 2026-08-31",) * 2 == aspect(found, "Period").values


def spec_record(spec: dict[str, object], own: tuple[str, ...]) -> Record:
    return with_facts(records.ready(), spec=spec, set_keys=own)


def test_settings_say_whether_they_were_set() -> None:
    """The same value, once by default and once set, is a difference worth telling; equal ones are left out."""
    one = spec_record({"segments": {"limit": "0.15", "warning": "0.1"}, "seed": 1}, ("seed",))
    other = spec_record({"segments": {"limit": "0.15", "warning": "0.1", "coverage": "0.8"}, "seed": 1},
                        ("segments.limit", "segments.coverage", "seed"))  # fmt: skip
    found = {each.label: (each.values, each.notes) for each in settings([one, other])}

    expected = {
        "segments.limit": (("0.15", "0.15"), ("default", "set")),
        "segments.coverage": (("–", "0.8"), ("", "set")),
    }
    assert expected == found


def test_packages_are_compared_one_by_one() -> None:
    """A package that one environment lacks is shown beside the other's version."""
    one = records.ready()
    place = dataclasses.replace(one.gathered.environment, packages={"numpy": "2.3.1", "torch": "2.9"})
    found = environment([one, with_facts(one, environment=place)])

    assert {"torch": ("–", "2.9"), "pandas": ("3.1.1", "–")}.items() <= {a.label: a.values for a in found}.items()
    assert not aspect(found, "numpy").differs


def test_records_of_other_forms_do_not_stop_it() -> None:
    """A spec that is no spec is compared like any other text."""
    strange = spec_record({"business": ["x"], "data": "y", "model": {"name": None}}, ())

    assert settings([records.ready(), strange])
    assert isinstance(changes([records.hostile(), records.regression()]), tuple)
