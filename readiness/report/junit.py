"""JUnit XML of a review: a question is a suite, a claim that was judged is a case; only *met* passes.

*Not met* and *not proven* are failures. *Not assessed* is an error, never "skipped", which most services show in green:
nobody knows whether the claim holds. What is shown and not judged is no case. JUnit has no single standard; this keeps
to what both schemas in use allow, that of Apache Ant and that of Jenkins. All times come from the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml  # only writes: nothing is parsed here

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.sanitize import presentable, visible
from readiness.report.sentences import Language, answer_sentence, result_words, reused_words, soundness_sentence
from readiness.spec.load import spec_digest
from readiness.verdict.record import Record, supplied_words

# ----------------------------------------------------------------------------------------------------
# The report that a summary is about: the page is the evidence, a summary only points to it.


@dataclass(frozen=True, slots=True)
class Source:
    """A report file."""

    path: str
    """As the reader of the summary finds it."""
    sha256: str
    keyid: str = ""
    """Of the key that it says to be signed with; empty when nobody signed it."""
    note: str = ""
    """What else the reader must know, such as why a bad verdict did not end the job."""

    @property
    def signature(self) -> str:
        """Whether the report is signed, and by whom it says so."""
        if not self.keyid:
            return "UNSIGNED: anybody could have written this report."
        return f"Signed by {self.keyid} (not verified here; use readiness verify)."


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A review without a verdict."""

    spec: str
    message: str
    """What went wrong, and what to do."""
    exit_code: int | None = None
    """None: it has not ended, or was ended from outside."""


def spec_sha256(record: Record) -> str:
    """Digest of the spec, of all that it was read from; empty when the record names none."""
    return spec_digest(record.gathered.inputs)


# ----------------------------------------------------------------------------------------------------

PACKAGE = "readiness"
UNKNOWN_TIME = "1970-01-01T00:00:00"
"""Stands where the schema wants a time and there is none."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ELEMENTS = {Status.NOT_MET: "failure", Status.NOT_PROVEN: "failure", Status.NOT_ASSESSED: "error"}


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    element: str = ""
    """"failure" or "error"; empty when it passed."""
    kind: str = ""
    message: str = ""
    text: str = ""


def junit(record: Record, source: Source) -> bytes:
    """The review as JUnit XML: a suite for each question and one for the rows; ASCII bytes, the same for the same
    report.
    """
    record = presentable(record)
    language = Language.of(record)
    time = _TIME.match(record.run.started)
    root = Xml.Element("testsuites")
    properties = _properties(record, source)
    for question in Question:
        answer = record.answer(question)
        cases = _cases(answer, language)
        suite = _suite(root, question.number - 1, f"{question.number} {question.words}", cases)
        suite.set("timestamp", time[0] if time else UNKNOWN_TIME)
        _fill(suite, properties, f"readiness.{question.value}", cases, _told(answer, language))
    if record.soundness is not None:
        cases = [_case(finding, language) for finding in record.soundness.findings if finding.blocking]
        suite = _suite(root, len(Question), "The rows themselves", cases)
        suite.set("timestamp", time[0] if time else UNKNOWN_TIME)
        _fill(suite, properties, "readiness.soundness", cases, soundness_sentence(record.soundness))
    return _written(root)


def junit_unfinished(unfinished: Unfinished) -> bytes:
    """JUnit XML of a review without a verdict: one case that is an error."""
    kind = "not_completed" if unfinished.exit_code is None else f"exit_code_{unfinished.exit_code}"
    case = _Case("The review is completed", "error", kind, unfinished.message.partition("\n")[0], unfinished.message)
    root = Xml.Element("testsuites")
    suite = _suite(root, 0, "The review", [case])
    suite.set("timestamp", UNKNOWN_TIME)
    _fill(suite, [("spec", unfinished.spec), ("verdict", "none")], "readiness.review", [case], unfinished.message)
    return _written(root)


def _cases(answer: Answer, language: Language) -> list[_Case]:
    judged = [finding for finding in answer.findings if finding.blocking]
    if not judged:  # a suite without a case would count as passed
        said = answer_sentence(answer, language)
        return [_Case("Something is judged", "error", Status.NOT_ASSESSED.value, said, said)]
    return [_case(finding, language) for finding in judged]


def _case(finding: Finding, language: Language) -> _Case:
    name = f"{finding.code} {language.title(finding)}"
    if finding.status is Status.MET:
        return _Case(name)
    said, settle = language.sentence(finding), language.to_settle(finding)
    lines = [said, f"What would settle it: {settle}" if settle else "", finding.warning]
    element = _ELEMENTS[finding.status]
    return _Case(name, element, finding.status.value, said, "\n".join(filter(None, lines)))


def _told(answer: Answer, language: Language) -> str:
    """The answer, and what would settle what is open."""
    settled = ((finding.code, language.to_settle(finding)) for finding in answer.findings)
    lines = (f"{code}: {text}" for code, text in settled if text)
    return "\n".join([answer_sentence(answer, language), *lines])


def _properties(record: Record, source: Source) -> list[tuple[str, str]]:
    model = record.gathered.model
    pairs = [
        ("verdict", record.verdict.value),
        ("test_result", result_words(record)),
        ("rule", record.rule),
        ("model", model.name),
        ("version", model.version),
        ("report", source.path),
        ("report_sha256", source.sha256),
        ("signature", source.signature),
        ("spec_sha256", spec_sha256(record)),
        ("tool", record.tool),
        ("started", record.run.started),
        ("finished", record.run.finished),
        ("partial", ", ".join(record.only)),
        ("supplied", supplied_words(record)),
        ("reused", reused_words(record.reused)),
        ("note", source.note),
    ]
    return [(name, value) for name, value in pairs if value]


def _suite(root: Xml.Element, number: int, name: str, cases: Sequence[_Case]) -> Xml.Element:
    counts = {kind: sum(case.element == kind for case in cases) for kind in ("failure", "error")}
    return Xml.SubElement(
        root,
        "testsuite",
        {
            "id": str(number),
            "name": name,
            "package": PACKAGE,
            "hostname": "localhost",  # the record names the machine in its own words
            "tests": str(len(cases)),
            "failures": str(counts["failure"]),
            "errors": str(counts["error"]),
            "time": "0",
        },
    )


def _fill(
    suite: Xml.Element, properties: Iterable[tuple[str, str]], place: str, cases: Iterable[_Case], told: str
) -> None:
    """The parts of a suite, in the order that the stricter schema wants."""
    listed = Xml.SubElement(suite, "properties")
    for name, value in properties:
        Xml.SubElement(listed, "property", {"name": name, "value": visible(value)})
    for case in cases:
        node = Xml.SubElement(suite, "testcase", {"name": visible(case.name), "classname": place, "time": "0"})
        if case.element:
            said = {"message": visible(case.message), "type": case.kind}
            Xml.SubElement(node, case.element, said).text = visible(case.text, keep="\n")
    Xml.SubElement(suite, "system-out").text = visible(told, keep="\n")
    Xml.SubElement(suite, "system-err").text = ""


def _written(root: Xml.Element) -> bytes:
    """ASCII, every other character by its number: no service can misread it."""
    Xml.indent(root)
    return (_HEAD + Xml.tostring(root, encoding="unicode") + "\n").encode("ascii", "xmlcharrefreplace")
