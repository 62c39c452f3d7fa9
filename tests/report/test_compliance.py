"""The 25 fields and the clause map: every field in every state, from records of every kind; never a verdict on a law."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import pytest

from readiness.core.checklist import BOXES
from readiness.core.files import Artifact, Role
from readiness.core.findings import Question
from readiness.core.provenance import Quote
from readiness.report.clauses import SOUNDNESS, clauses
from readiness.report.compliance import Anchor, Field, State, compliance_fields, counts
from readiness.report.evidence_texts import evidence_texts
from readiness.verdict.history import Previous
from readiness.verdict.record import Record
from tests.report.page import records

ALL = {
    "purpose": "Stops fraud.",
    "users": "the fraud desk",
    "out_of_scope": "transfers",
    "owner": "R. Okafor",
    "risk": "high",
    "valid_days": 180,
    "population": "payments of a year",
    "labels": "chargebacks",
    "changes": "newer rows",
    "limitations": ["refunds"],
    "oversight": "the desk may release a payment",
    "tier": {"level": "1", "reason": "money of customers"},
    "validator": "second line",
    "metrics_rationale": "recall counts frauds",
    "assumptions": ["frauds are reported"],
    "compensating_controls": ["calls above 10,000"],
    "monitoring": [{"signal": "alarms", "limit": "15 %", "cadence": "hourly", "who": "the desk"}],
    "revalidation_triggers": ["a new kind of fraud"],
    "predetermined_changes": ["newer rows"],
    "residual_risk": {"text": "one in five", "accepted_by": "R. Okafor"},
    "lineage": "warehouse, commit abc",
}


def with_about(record: Record, about: Mapping[str, Any]) -> Record:
    return dataclasses.replace(record, about=about)


def with_spec(record: Record, **sections: Any) -> Record:
    return dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, spec=sections))


def field(record: Record, number: int) -> Field:
    return next(each for each in compliance_fields(record) if each.number == number)


def test_there_are_25_fields_and_every_one_is_said() -> None:
    """In their order, each with a title, a text and a place on the page; what is lacking is named."""
    found = compliance_fields(records.not_ready())
    assert list(range(1, 26)) == [each.number for each in found]
    assert all(each.title and each.text.endswith(".") for each in found)
    assert all(("Not provided" in each.text) == (each.state is not State.PRESENT) for each in found)


RECORDS = {
    "ready": records.ready,
    "not proven": records.not_proven,
    "hostile": records.hostile,
    "many segments": records.many_segments,
    "regression": records.regression,
}


@pytest.mark.parametrize("name", RECORDS)
def test_any_record_has_its_table(name: str) -> None:
    """Also one whose texts are hostile, or whose task is another one."""
    record = RECORDS[name]()
    assert 25 == len(compliance_fields(record))
    assert 25 == sum(int(number) for number in re.findall(r"\d+", counts(compliance_fields(record))))
    assert clauses(record)


@pytest.mark.parametrize("number", [2, 5, 13, 14, 18, 19, 22, 23])
def test_a_field_of_the_spec_is_there_once_the_spec_says_it(number: int) -> None:
    """With everything it is present, with nothing not provided."""
    assert field(with_about(records.not_ready(), ALL), number).state is State.PRESENT
    assert field(with_about(records.not_ready(), {}), number).state is State.MISSING


@pytest.mark.parametrize(
    ("number", "key", "lacking"),
    [
        (2, "users", "users and setting"),
        (13, "assumptions", "assumptions"),
        (13, "compensating_controls", "compensating controls"),
        (14, "tier", "tier and reason"),
        (22, "revalidation_triggers", "triggers"),
    ],
)
def test_a_part_that_is_lacking_is_named(number: int, key: str, lacking: str) -> None:
    """And makes the field a partial one."""
    found = field(with_about(records.not_ready(), {k: v for k, v in ALL.items() if k != key}), number)
    assert found.state is State.PARTLY
    assert f"Not provided: {lacking}." in found.text


def test_a_monitoring_plan_lacks_what_one_signal_lacks() -> None:
    """Limit, cadence and who is called belong to every signal."""
    record = records.not_ready()
    two = [*ALL["monitoring"], {"signal": "recall", "limit": "80 %", "who": "owner"}]
    found = field(with_about(record, ALL | {"monitoring": two}), 20)
    assert "Signals: alarms; recall." in found.text
    assert "cadence" in found.text.partition("Not provided: ")[2]
    assert "limits" not in found.text.partition("Not provided: ")[2]


def test_no_signature_and_no_approval_are_claimed() -> None:
    """A page holds neither its own signature nor what is approved later."""
    whole = with_about(records.ready(), ALL)
    for number in (1, 15, 17):
        found = field(whole, number)
        assert found.state is State.PARTLY
        assert re.search(r"Not provided: .*(signature|approval)", found.text)


def test_groups_that_nobody_looked_at_are_named() -> None:
    """They are no part of what is there."""
    record = records.not_ready()
    data = dataclasses.replace(record.gathered.data, unsegmented=("gender", "income"))
    spec = {
        "data": {"segments": ["age", ["age", "region"]]},
        "segments": {"fairness": {"demographic_parity_ratio": 0.8}},
    }
    looked = with_spec(record, **spec)
    assert field(looked, 9).state is State.PRESENT
    unlooked = dataclasses.replace(looked, gathered=dataclasses.replace(looked.gathered, data=data))
    assert "Not provided: a look at gender and income." in field(unlooked, 9).text


def test_owners_and_reasons_of_criteria_are_counted() -> None:
    """Those of requirements and those of the sections of the questions."""
    requirements = [{"says": "a", "owner": "Ann", "reason": "money"}, {"says": "b"}]
    spec = {"business": {"requirements": requirements}, "segments": {"owner": "second line"}}
    text = field(with_spec(records.not_ready(), **spec), 6).text
    assert "Owners: of 2 of 8 requirements and questions." in text
    assert "Reasons: of 1 of 8 requirements and questions." in text


def test_findings_have_owners_and_due_dates_where_the_spec_names_them() -> None:
    """And a history where an earlier report was named; then nothing is lacking."""
    bare = with_spec(records.not_ready())
    assert "Not provided: owners, since when and due dates." in field(bare, 16).text
    previous = Previous("ab" * 32, "fraud", "3.1.0", "ready", "2026-10-01T00:00:00Z", signed=True)
    whole = with_spec(bare, segments={"owner": "Ann"}, business={"requirements": [{"due": "2027-01-31"}]})
    assert field(dataclasses.replace(whole, previous=previous), 16).state is State.PRESENT


def test_the_version_before_is_named_by_its_digest() -> None:
    """Where an earlier report was named."""
    previous = Previous("ab" * 32, "fraud", "3.1.0", "ready", "2026-10-01T00:00:00Z", signed=True)
    record = dataclasses.replace(with_about(records.not_ready(), ALL), previous=previous)
    found = field(record, 3)
    assert found.state is State.PRESENT
    assert "3.1.0, SHA-256 abababababab" in found.text


@pytest.mark.parametrize(
    "about",
    [
        {"tier": "high", "monitoring": "yes", "residual_risk": ["a"], "valid_days": []},
        {"monitoring": [1, None, {"signal": {"a": [1, {}]}}], "tier": {"level": [], "reason": {}}},
        {key: {"x": [None, True, 1.5]} for key in ALL},
    ],
)
def test_a_record_of_another_form_breaks_nothing(about: dict[str, Any]) -> None:
    """A record is hostile until it was verified, and its texts are never more than texts."""
    assert 25 == len(compliance_fields(with_about(records.not_ready(), about)))
    odd = with_spec(records.not_ready(), business=[], data="x", errors={"costs": 1, "describe": []}, production=None)
    assert 25 == len(compliance_fields(odd))


def test_every_clause_leads_to_fields_and_known_findings() -> None:
    """Each field is asked for by some text or stands for itself; each finding is of a question, or of the rows."""
    texts = clauses(records.not_ready())
    every = [clause for text in texts for clause in text.clauses]
    names = {*(question.value for question in Question), SOUNDNESS}
    assert all(clause.fields and clause.asks for clause in every)
    assert all({name for name, _ in clause.findings} <= names for clause in every)
    assert set(range(1, 25)) == {each.number for clause in every for each in clause.fields}
    assert len(every) == len({(text.name, clause.clause) for text in texts for clause in text.clauses})


def test_a_clause_is_as_full_as_its_fields() -> None:
    """Present where every field is, not provided where none is."""
    bare, whole = (clauses(with_about(records.not_ready(), about)) for about in ({}, ALL))
    states = [{(t.name, c.clause): c.state for t in texts for c in t.clauses} for texts in (bare, whole)]
    key = ("EU AI Act, Annex IV", "4")
    assert [State.MISSING, State.PRESENT] == [each[key] for each in states]


def test_nothing_says_that_a_text_is_complied_with() -> None:
    """The words are evidence, present, partly, not provided."""
    texts = clauses(with_about(records.ready(), ALL))
    said = " ".join([*(t.what for t in texts), *(c.asks for t in texts for c in t.clauses)])
    said += " ".join(f"{each.title} {each.text}" for each in compliance_fields(records.ready()))
    assert not re.search(r"complian|complies|certif|conform", said, re.IGNORECASE)


def test_anchors_are_few_and_all_used() -> None:
    """A page has to have every one of them."""
    used = {each.anchor for each in compliance_fields(records.not_ready())}
    assert used == set(Anchor)


# ----------------------------------------------------------------------------------------------------


def attested(evidence: Mapping[str, str], quotes: tuple[Quote, ...] = ()) -> Record:
    """A record whose boxes rest on this evidence."""
    boxes = {box: {"done": True, "by": "Ann", "on": "2026-11-02", "evidence": file} for box, file in evidence.items()}
    seen = [Artifact(Role.EVIDENCE.name_of(file), "a" * 64, 9, role=Role.EVIDENCE) for file in {*evidence.values()}]
    record = with_spec(records.not_ready(), checklist=boxes)
    return dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, inputs=tuple(seen)), quotes=quotes)


def test_evidence_is_told_once_with_the_boxes_that_rest_on_it() -> None:
    """Its text keeps its lines; what hides is shown by its number."""
    quote = Quote("runbook.md", "Ann\r\n<b>\u202e")
    found = evidence_texts(
        attested({"monitoring": "runbook.md", "rollback_plan": "runbook.md", "ab_test": "b.pdf"}, (quote,))
    )
    titles = {box.key: box.title for box in BOXES}
    assert [("runbook.md", "Ann\n<b>⟨U+202E⟩"), ("b.pdf", "")] == [(each.file, each.text) for each in found]
    assert (titles["monitoring"], titles["rollback_plan"]) == found[0].boxes
    assert (9, "a" * 64) == (found[0].size, found[0].sha256)


def test_evidence_that_was_not_seen_has_no_digest() -> None:
    """An address, or a file that is not there."""
    record = attested({"monitoring": "https://example.com/a"})
    record = dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, inputs=()))
    (found,) = evidence_texts(record)
    assert (None, "", "") == (found.size, found.sha256, found.text)
