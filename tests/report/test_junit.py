"""Test results that every service can read: valid, complete, and green only for what is met."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from readiness.core.findings import Answer, Question, Status
from readiness.core.sanitize import visible
from readiness.report.junit import Source, Unfinished, junit, junit_unfinished
from readiness.report.sentences import Language
from readiness.verdict.record import Record, Run
from tests.report.page import records

FOLDER = Path(__file__).parents[1] / "cli"
SCHEMAS = [xmlschema.XMLSchema(str(FOLDER / name)) for name in ("junit.xsd", "junit-10.xsd")]
"""Of Apache Ant, which is strict, and of Jenkins, which is wide."""

SOURCE = Source("outputs/x/report.html", "ab" * 32)


def no_claims() -> Record:
    """A review in which nothing was asked of the business."""
    made = records.not_proven()
    return records.record(
        [Answer(q, ()) if q is Question.BUSINESS else made.answer(q) for q in Question], rule=made.rule
    )


RECORDS = {
    "not-ready": records.not_ready,
    "ready": records.ready,
    "point": lambda: records.ready("point"),
    "not-proven": records.not_proven,
    "no-claims": no_claims,
    "hostile": records.hostile,
    "long": lambda: records.hostile("]]>&<\"'\n" * 400),
    "many": lambda: records.many_segments(300),
    "no-times": lambda: dataclasses.replace(records.ready(), run=Run("a", "b")),
}


@pytest.mark.parametrize("name", RECORDS)
class TestReview:
    def test_it_is_valid(self, name: str) -> None:
        """By both schemas in use."""
        root = ElementTree.fromstring(junit(RECORDS[name](), SOURCE))
        for schema in SCHEMAS:
            schema.validate(root)

    def test_every_judged_claim_is_one_case_and_only_met_passes(self, name: str) -> None:
        """Failures for not met and not proven, errors for not assessed, nothing skipped, facts left out."""
        record = RECORDS[name]()
        root = ElementTree.fromstring(junit(record, SOURCE))
        assert [f"{q.number} {q.words}" for q in Question] == [suite.get("name") for suite in root]
        for question, suite in zip(Question, root, strict=True):
            judged = [f for f in record.answer(question).findings if f.blocking]
            found = [
                (case.get("name", "").split(" ")[0], [(n.tag, n.get("type")) for n in case])
                for case in suite.iter("testcase")
            ]
            wanted = [
                (f.code, [] if f.status is Status.MET else [(_element(f.status), f.status.value)]) for f in judged
            ]
            assert (wanted or [("Something", [("error", "not_assessed")])]) == found
            counts = tuple(int(suite.get(kind, "")) for kind in ("tests", "failures", "errors"))
            tags = [tag for _, nodes in found for tag, _ in nodes]
            assert (len(found), tags.count("failure"), tags.count("error")) == counts
        assert 0 == len(list(root.iter("skipped")))

    def test_a_suite_is_green_only_if_the_answer_is_yes(self, name: str) -> None:
        """An answer that rests on nothing is not."""
        record = RECORDS[name]()
        for question, suite in zip(Question, ElementTree.fromstring(junit(record, SOURCE)), strict=True):
            green = suite.get("failures") == suite.get("errors") == "0"
            assert (record.answer(question).status is Status.MET) == green

    def test_it_is_the_same_twice_and_ascii(self, name: str) -> None:
        """No clock, no host, no order by chance, no encoding to get wrong."""
        text = junit(RECORDS[name](), SOURCE)
        assert text == junit(RECORDS[name](), SOURCE)
        assert text.isascii()


def _element(status: Status) -> str:
    return "error" if status is Status.NOT_ASSESSED else "failure"


def test_what_would_settle_a_claim_is_told_twice() -> None:
    """With the case for services that show cases, and in the output of the suite."""
    record = records.not_proven()
    open_ones = (f for a in record.answers for f in a.findings if f.blocking and f.status is not Status.MET)
    finding = next(open_ones)
    settle = Language.of(record).to_settle(finding)
    assert settle
    root = ElementTree.fromstring(junit(record, SOURCE))
    texts = [node.text or "" for case in root.iter("testcase") for node in case]
    assert any(f"What would settle it: {settle}" in text for text in texts)
    assert any(f"{finding.code}: {settle}" in (node.text or "") for node in root.iter("system-out"))


def test_the_properties_name_report_and_model() -> None:
    """In each suite, since some services show suites one by one."""
    source = dataclasses.replace(SOURCE, keyid="SHA256:abc", note="exit code 0 because of --fail-on never")
    record = records.not_ready()
    for suite in ElementTree.fromstring(junit(record, source)):
        found = {node.get("name"): node.get("value") for node in suite.iter("property")}
        assert ("not_ready", "NOT READY", "interval") == (found["verdict"], found["test_result"], found["rule"])
        assert (record.gathered.model.name, "ab" * 32) == (found["model"], found["report_sha256"])
        assert "Signed by SHA256:abc" in (found["signature"] or "")
        assert source.note == found["note"]
        assert record.run.started[:19] == suite.get("timestamp")


def test_no_character_breaks_the_file() -> None:
    """XML has no sign at all for most control characters; they are shown by their number."""
    everything = "".join(map(chr, range(0x3000))) + "\ud800\udfff\ufffe\uffff\U0001fffe\U0010ffff"
    for start in range(0, len(everything), 150):
        part = everything[start : start + 150]
        root = ElementTree.fromstring(junit_unfinished(Unfinished(part, part, 2)))
        (node,) = root.iter("error")
        assert visible(part, keep="\n") == node.text
    assert sys.maxunicode == ord("\U0010ffff")


@pytest.mark.parametrize(("code", "kind"), [(2, "exit_code_2"), (None, "not_completed")])
def test_a_review_without_a_verdict_is_one_error(code: int | None, kind: str) -> None:
    """With the whole message, and valid like any other."""
    made = junit_unfinished(Unfinished("readiness.yaml", "Error: no.\n  Do this.", code))
    root = ElementTree.fromstring(made)
    for schema in SCHEMAS:
        schema.validate(root)
    (case,) = root.iter("testcase")
    assert [("error", kind, "Error: no.", "Error: no.\n  Do this.")] == [
        (node.tag, node.get("type"), node.get("message"), node.text) for node in case
    ]
    assert ("1", "0", "1") == tuple(root[0].get(name) for name in ("tests", "failures", "errors"))
