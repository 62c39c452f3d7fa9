"""What is signed says each thing once: short, whole again when it is read, and refused where it contradicts itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.canonical import dumps, loads
from readiness.core.errors import InvalidReport
from readiness.core.findings import (
    Answer,
    Basis,
    Bounds,
    Criterion,
    Estimate,
    Finding,
    Question,
    Status,
    adjustment_words,
)
from readiness.core.keys import Topic
from readiness.statistics.basis import basis_of, inference_of
from readiness.statistics.intervals import Binomial, Mover
from readiness.verdict.record import Record, from_plain, to_plain, to_predicate
from readiness.verdict.written_record import NEUTRAL, restore_record, shorten_record
from tests.report.page import records

MADE = [records.ready, records.not_ready]
AT_LEAST = Criterion(">=", 0.15, "points")
COUNTED = basis_of(Mover(Binomial(459, 479, 1.0, 159.15494309189535), Binomial(1, 35, 1.0454, float("inf"))))


def with_finding(finding: Finding, record: Record | None = None) -> Record:
    """A record whose segments are this finding alone."""
    found = records.ready() if record is None else record
    answer = Answer(Question.SEGMENTS, (finding,))
    return replace(
        found, answers=tuple(answer if each.question is Question.SEGMENTS else each for each in found.answers)
    )


def written(finding: Finding) -> dict[str, Any]:
    """The finding as it is signed."""
    return finding_of(to_predicate(with_finding(finding)))


def finding_of(plain: dict[str, Any]) -> dict[str, Any]:
    (found,) = plain["answers"][2]["findings"]
    return dict(found)


def come_back(record: Record) -> Record:
    """The record after it was signed and read."""
    return from_plain(loads(dumps(to_predicate(record))))


def deficit(**changes: Any) -> Finding:
    """A finding in which everything that can be left out is what it usually is."""
    bounds = Bounds(-0.1, 0.2, 0.05, "MOVER", adjustment_words(AT_LEAST, 0.05, 4), claims=4, basis=COUNTED)
    fields: dict[str, Any] = {
        "measured": Estimate(0.05, -0.1, 0.2, 0.95, 35, "points", "MOVER"),
        "bounds": bounds,
        "criterion": AT_LEAST,
        "metric": "recall",
        "segment": {"age_group": "65+"},
    }
    key = Topic.DEFICIT.key(2, 1, metric="recall")
    return Finding(key, "Deficit", Status.NOT_PROVEN, **fields | changes)


@pytest.mark.parametrize("make", MADE)
def test_both_forms_are_the_same_record(make: Callable[[], Record]) -> None:
    """Short and whole read alike, and the short one is shorter."""
    record = make()
    assert record == come_back(record) == from_plain(loads(dumps(to_plain(record))))
    assert to_plain(record) == to_plain(from_plain(restore_record(to_predicate(record))))
    assert len(dumps(to_predicate(record))) < 0.85 * len(dumps(to_plain(record)))


def test_the_same_record_is_written_in_the_same_bytes() -> None:
    assert dumps(to_predicate(records.not_ready())) == dumps(to_predicate(come_back(records.not_ready())))


def test_the_record_that_is_given_is_not_changed() -> None:
    plain = to_plain(records.ready())
    before = dumps(plain)
    short = shorten_record(plain)
    kept = dumps(short)
    restore_record(short)
    assert before == dumps(plain)
    assert kept == dumps(short)


def test_what_is_left_out() -> None:
    """Everything that the rest of the finding says."""
    found = written(deficit())
    assert ["deficit", 2, 1] == found["key"]
    assert ["0.05", 35, ["-0.1", "0.2"], "points"] == found["measured"]
    assert {"lower", "upper", "method", "claims", "basis"} == set(found["bounds"])
    assert [">=", "0.15"] == found["criterion"]
    assert "SEGM-2-1-RECALL" == found["code"]
    assert [
        "mover",
        {},
        ["share", {"n": 479, "successes": 459, "df": "159.15494309189535"}],
        ["share", {"n": 35, "successes": 1, "deff": "1.0454", "df": None}],
    ] == found["bounds"]["basis"]


FINDINGS: dict[str, Finding] = {
    "as usual": deficit(),
    "another method than its bounds": deficit(measured=Estimate(0.05, -0.1, 0.2, 0.95, 35, "points", "Wilson")),
    "no method beside bounds that have one": deficit(measured=Estimate(0.05, -0.1, 0.2, 0.95, 35, "points")),
    "another unit than its bar": deficit(criterion=Criterion(">=", 0.15, "share")),
    "no unit beside a bar that has one": deficit(measured=Estimate(0.05, -0.1, 0.2, 0.95, 35)),
    "a bar with an owner": deficit(criterion=Criterion(">=", 0.15, "points", source="segments.limit", refutable=False)),
    "a bar without unit": deficit(criterion=Criterion(">=", 0.15)),
    "another level": deficit(measured=Estimate(0.05, -0.1, 0.2, 0.9, 35, "points", "MOVER")),
    "exact": deficit(measured=Estimate(0.05, 0.05, 0.05, 1, 35, "points", "exact")),
    "exact, with other limits": deficit(measured=Estimate(0.05, 0.0, None, 1, 35, "points", "exact")),
    "no limits": deficit(measured=Estimate(0.05, None, None, 0.95, 35)),
    "no bounds": deficit(bounds=None),
    "no bar": deficit(bounds=None, criterion=None),
    "nothing measured": deficit(measured=None),
    "another alpha": deficit(bounds=Bounds(-0.1, 0.2, 0.002, "MOVER")),
    "no basis": deficit(bounds=Bounds(-0.1, 0.2, 0.05)),
    "a fact": replace(deficit(), status=Status.NOT_ASSESSED, blocking=False),
    "shown, with a status": replace(deficit(), blocking=False),
    "judged and not assessed": replace(deficit(), status=Status.NOT_ASSESSED),
    "of another metric than its key": deficit(metric="coverage"),
    "of any question": Finding(Topic.FAILED.key(question=Question.SEGMENTS), "Failed", Status.NOT_ASSESSED),
    "of a user's own": Finding(Topic.OWN.key("OUR-7"), "Ours", Status.NOT_ASSESSED, blocking=False),
    "a basis with other numbers": deficit(
        bounds=Bounds(-0.1, 0.2, 0.05, basis=Basis("unheard of", {"deff": 1.0, "factor": None}))
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_every_finding_comes_back_unchanged(name: str) -> None:
    """Also those that say something else than usual, and those that say nothing where others say something."""
    record = with_finding(FINDINGS[name])
    assert record == come_back(record)


@given(
    value=st.floats(-10, 10),
    low=st.none() | st.floats(-10, 10),
    level=st.sampled_from([0.9, 0.95, 1.0]),
    unit=st.sampled_from(["", "points", "SEK"]),
    methods=st.tuples(*[st.sampled_from(["", "none", "exact", "0", "MOVER of <b>"])] * 2),
    claims=st.integers(0, 3),
    alpha=st.sampled_from([0.05, 0.002, 0.1]),
    blocking=st.booleans(),
    status=st.sampled_from(Status),
)
def test_any_finding_comes_back_unchanged(
    value: float, low: float | None, level: float, unit: str, methods: tuple[str, str], claims: int, alpha: float,
    blocking: bool, status: Status,
) -> None:  # fmt: skip
    bar = Criterion("<", 1, "SEK")
    bounds = Bounds(low, value, alpha, methods[1], adjustment_words(bar, alpha, claims), claims=claims)
    measured = Estimate(value, low, value, level, 7, unit, methods[0])
    record = with_finding(
        replace(deficit(measured=measured, bounds=bounds, criterion=bar), blocking=blocking, status=status)
    )
    assert record == come_back(record)


def test_what_stands_in_the_spec_stands_once() -> None:
    """Who prepared a record and what it is about, where the spec says the same; otherwise both are written."""
    about = {"purpose": "flag payments", "prepared_by": ["a@example.com"]}
    base = records.ready()
    spec = dict(base.gathered.spec) | {"about": about}
    record = replace(base, about=about, prepared_by=("a@example.com",), gathered=replace(base.gathered, spec=spec))
    assert not {"about", "prepared_by"} & set(to_predicate(record))
    assert record == come_back(record)
    others: list[dict[str, Any]] = [
        {"about": {"purpose": "x"}}, {"about": {}}, {"prepared_by": ("b@example.com",)}, {"prepared_by": ()},
    ]  # fmt: skip
    for other in others:
        assert replace(record, **other) == come_back(replace(record, **other))


CONTRADICTIONS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "the words on an adjustment": (lambda f: f["bounds"].update(adjustment="none"), "adjustment"),
    "a number of claims that is none": (lambda f: f["bounds"].update(claims="many"), "claims"),
    "a code": (lambda f: f.update(code="SEGM-2-2-RECALL"), "code"),
    "the metric of the key": (lambda f: f.update(metric="accuracy"), "code"),
    "a key of nothing": (lambda f: f.update(key=["unheard of"]), "key"),
    "a key without its subject": (lambda f: f.update(key=["deficit"]), "key"),
    "an empty key": (lambda f: f.update(key=[]), "key"),
    "a key of odd things": (lambda f: f.update(key=[["deficit"], {}]), "key"),
    "a method that is not listed": (lambda f: f["bounds"].update(method=99), "method 99"),
    "a method from the end": (lambda f: f["bounds"].update(method=-1), "method -1"),
    "a method that is true": (lambda f: f["bounds"].update(method=True), "method True"),
    "a method in words": (lambda f: f["measured"].append("exact"), "method exact"),
    "a segment that is not listed": (lambda f: f.update(segment=99), "segment 99"),
    "a segment in words": (lambda f: f.update(segment={"age_group": "65+"}), "segment {"),
    "measured, and more": (lambda f: f["measured"].extend([0, 0, 0]), "measured"),
    "measured without rows": (lambda f: f.update(measured=["0.5"]), "measured"),
    "measured with one limit": (lambda f: f.update(measured=["0.5", 35, ["0.4"]]), "measured"),
    "a bar of nothing": (lambda f: f.update(criterion=[]), "criterion"),
    "a bar with more": (lambda f: f["criterion"].extend(["points", "default"]), "criterion"),
    "a bar of odd things": (lambda f: f.update(criterion=[["<"], "0.15"]), "criterion"),
    "measured with odd limits": (lambda f: f.update(measured=["0.5", 35, "0.4"]), "measured"),
    "judged without a status": (lambda f: (f.pop("status"), f.update(blocking=True)), "no status"),
    "a basis without numbers": (lambda f: f["bounds"].update(basis=["share"]), "basis"),
    "a basis of odd parts": (lambda f: f["bounds"].update(basis=["mover", {}, 7]), "basis"),
    "no value": (lambda f: f.update(measured={"low": 0, "high": 1, "n": 5}), "value"),
    "measured in words": (lambda f: f.update(measured="much"), "measured"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_refused(name: str) -> None:
    edit, words = CONTRADICTIONS[name]
    plain = to_predicate(with_finding(deficit()))
    from_plain(plain)
    edit(plain["answers"][2]["findings"][0])
    with pytest.raises(InvalidReport, match=words):
        from_plain(loads(dumps(plain)))


@pytest.mark.parametrize("methods", [None, "exact", [1], {"0": "exact"}])
def test_odd_lists_are_refused(methods: Any) -> None:
    with pytest.raises(InvalidReport, match="methods"):
        from_plain(to_predicate(records.ready()) | {"methods": methods})
    with pytest.raises(InvalidReport, match="segments"):
        from_plain(to_predicate(records.ready()) | {"segments": methods})


def test_the_list_of_what_was_measured() -> None:
    """Value, rows, limits, unit and method; nothing at its end that says nothing."""
    for estimate, expected in (
        (Estimate(0.5, 0.5, 0.5, 1, 9), ["0.5", 9]),
        (Estimate(2078, 2078, 2078, 1, 10_000, "rows"), [2078, 10_000, None, "rows"]),
        (Estimate(2078, 2078, 2078, 1, 10_000, "rows", "exact"), [2078, 10_000, None, "rows", 0]),
        (Estimate(0.5, None, 0.6, 0.95, 9), ["0.5", 9, [None, "0.6"]]),
        (Estimate(0.5, 0.4, 0.6, 0.95, 9, "", "Wilson"), ["0.5", 9, ["0.4", "0.6"], "", 0]),
    ):
        finding = deficit(measured=estimate, bounds=None, criterion=None)
        short = written(finding)["measured"]
        assert expected[:4] == short[:4]
        assert len(expected) == len(short)
        assert with_finding(finding) == come_back(with_finding(finding))


@pytest.mark.parametrize("odd", ["text", [1], {"findings": 1}, None, [{"findings": [1, None]}]])
@pytest.mark.parametrize("part", ["answers", "soundness", "spec"])
def test_odd_shapes_are_refused_as_ever(part: str, odd: Any) -> None:
    plain = to_predicate(records.ready()) | {part: odd}
    if (part, odd) in (("soundness", None), ("spec", {"findings": 1})):  # no soundness, and some spec
        assert to_plain(from_plain(plain)).get(part) == odd
        return
    with pytest.raises(InvalidReport):
        from_plain(plain)


def test_a_status_cannot_be_taken_from_a_claim_unseen() -> None:
    """Without it the claim would not be judged, and the answer would follow from the others alone."""
    plain = to_predicate(records.not_ready())
    for finding in plain["answers"][1]["findings"]:
        if finding.get("status") == "not_met":
            del finding["status"]
    with pytest.raises(InvalidReport, match="status is 'not_met'; the other fields give"):
        from_plain(plain)


def test_neutral_numbers_change_nothing() -> None:
    """Each is a number of its formula, and the inference that is read with it left out is the same."""
    number = Basis("number", {"value": 0.5, "n": 9.0})
    share = {"successes": 3.0, "n": 9.0, "df": 8.0}
    for form, neutral in NEUTRAL.items():
        rest, parts = (share, ()) if "deff" in neutral else ({}, (number,) if form == "linear" else (number, number))
        groups = {"hit_groups": 2.0, "miss_groups": 2.0} if form == "share_in_groups" else {}
        basis = Basis(form, {**rest, **groups, **neutral}, parts)
        record = with_finding(deficit(bounds=Bounds(-0.1, 0.2, 0.05, basis=basis)))
        assert written(record.answers[2].findings[0])["bounds"]["basis"][1].keys().isdisjoint(neutral)
        read = come_back(record).answers[2].findings[0].bounds
        assert read is not None
        assert read.basis is not None
        before, after = inference_of(basis), inference_of(read.basis)
        limits = [(each.value, each.lower(0.05), each.upper(0.05)) for each in (before, after)]
        assert limits[0] == limits[1]
