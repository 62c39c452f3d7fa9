"""Records that were written before findings had keys are read as if they had them."""

from __future__ import annotations

from typing import Any

import pytest

from readiness.core.errors import InvalidReport
from readiness.core.findings import Finding, Flag, Origin
from readiness.core.withholding import WITHHELD, Kind
from readiness.questions.deficits import UNCERTAIN
from readiness.spec.schema import NOT_HERE
from readiness.verdict import old_records
from readiness.verdict.record import Record, from_plain, to_plain
from tests.report.page import records

NEW = ("key", "flags", "origin", "withheld_by")


def first(plain: dict[str, Any]) -> dict[str, Any]:
    """The first finding of question 2."""
    finding: dict[str, Any] = plain["answers"][1]["findings"][0]
    return finding


def old(record: Record) -> dict[str, Any]:
    """The record as it was written before."""
    plain = to_plain(record)
    for answer in plain["answers"]:
        answer["findings"] = [{k: v for k, v in f.items() if k not in NEW} for f in answer["findings"]]
    return plain


def read(plain: dict[str, Any]) -> Finding:
    return from_plain(plain).answers[1].findings[0]


@pytest.mark.parametrize("make", [records.ready, records.not_ready])
def test_keys_follow_from_codes(make: Any) -> None:
    record = make()
    found = [f.key for answer in from_plain(old(record)).answers for f in answer.findings]

    assert [f.key for answer in record.answers for f in answer.findings] == found


def test_what_was_a_word_is_a_field() -> None:
    """Labels, doubts and uncertain sizes stood in texts."""
    assert UNCERTAIN == old_records.UNCERTAIN
    plain = old(records.ready())
    first(plain)["warning"] = f"above the mark; {NOT_HERE}"
    assert Origin.SUPPLIED is read(plain).origin
    first(plain)["warning"] = f"above the mark; {UNCERTAIN}"
    assert (Flag.UNCERTAIN,) == read(plain).flags
    first(plain)["withheld"] = f"{WITHHELD}{Kind.LEAK.doubt}; {Kind.MIX.doubt}"
    assert ("leak", "mix") == read(plain).withheld_by
    first(plain)["withheld"] = f"{WITHHELD}something else"
    assert ("unknown",) == read(plain).withheld_by


def test_a_key_counts_for_more_than_a_text() -> None:
    """A finding with a key is taken as it is; a code that does not follow from it is refused."""
    plain = to_plain(records.ready())
    first(plain)["warning"] = NOT_HERE
    assert Origin.HERE is read(plain).origin
    first(plain)["code"] = "BUSI-7"
    with pytest.raises(InvalidReport, match="BUSI-7"):
        from_plain(plain)


@pytest.mark.parametrize("findings", ["text", [1], [{"code": 1}], [{}], None])
def test_odd_shapes_are_refused_as_ever(findings: Any) -> None:
    plain = to_plain(records.ready())
    plain["answers"][1]["findings"] = findings
    with pytest.raises(InvalidReport):
        from_plain(plain)
