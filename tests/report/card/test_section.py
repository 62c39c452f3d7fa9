"""The section says what an approver must find, and no text of others acts in it."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import jsonschema
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from readiness.core.errors import InvalidReport
from readiness.core.findings import Answer, Question
from readiness.core.keys import Topic
from readiness.report.card.content import Source, claims
from readiness.report.card.metrics import card_json, headlines, hub_name
from readiness.report.card.section import section_lines
from readiness.report.sentences.margins import closeness
from readiness.verdict.record import Record
from tests.report.card.golden import same_as
from tests.report.card.sources import DIGEST, KEYID, source, with_spec
from tests.report.page import records

RENDERER = MarkdownIt("commonmark", {"html": True}).enable("table")
MARKER = "<!-- readiness:end -->"


def text_of(made: Source) -> str:
    return "\n".join(section_lines(made)) + "\n"


def page_of(made: Source) -> BeautifulSoup:
    return BeautifulSoup(RENDERER.render(text_of(made)), "html.parser")


@pytest.mark.parametrize("name", ["not_ready", "ready", "not_proven", "regression", "many_segments"])
def test_the_section_word_for_word(name: str) -> None:
    """One literal record of each kind."""
    made = getattr(records, name)()
    assert same_as(f"{name}.md", text_of(source(made)).encode())


def test_an_unsigned_report_word_for_word() -> None:
    """The first thing below the heading, and no command that could not work."""
    text = text_of(source(signed=False))
    assert same_as("unsigned.md", text.encode())
    assert "UNSIGNED" in text.splitlines()[2]
    assert "readiness verify" not in text
    assert "cosign" not in text


def test_what_must_be_there() -> None:
    """Result, approval, permission, digests, key, limits, requirements and how to verify."""
    text = text_of(source(records.not_ready()))
    for words in (
        "## Readiness: NOT READY",
        "Evidence, not permission to deploy.",
        "Approval: **none yet**",
        f"`{DIGEST}`",
        f"`{'a1' * 32}`",
        KEYID,
        "24,000 rows, 1 March 2026 to 31 August 2026",
        "### Before go-live",
        "A signature does not prove that the numbers are right",
        "readiness verify report.html --key signer.pub --model model.joblib",
        "cosign verify-blob-attestation",
        "Few customers above 65 in training.",
    ):
        assert words in text
    assert "### Rollout" not in text


def test_a_ready_model_has_its_rollout() -> None:
    """And a model that is ready by the measured values alone says so."""
    assert "### Rollout, once approved" in text_of(source(records.ready()))
    assert "## Readiness: READY BY POINT ESTIMATE (chance not excluded)" in text_of(source(records.ready("point")))


def test_each_claim_has_its_numbers() -> None:
    """Claim, value with interval, n, requirement and result stand in one row."""
    rows = [[cell.text for cell in row.find_all("td")] for row in page_of(source()).find_all("tr")]
    assert [
        "2 Requirements",
        "Don't miss fraud",
        "69 % (60 to 76)",
        "120",
        "at least 95 % of rows with is_fraud = 1 found",
        "not met",
    ] in rows


def test_many_segments_are_counted_not_listed() -> None:
    """Five rows, and how many more there are where."""
    made = source(records.many_segments(500))
    text = text_of(made)
    rows = [line for line in text.splitlines() if line.startswith("| 3 Segments")]
    judged = sum(f.blocking for f in made.record.answer(Question.SEGMENTS).findings)
    assert (6, f"| … {judged - 5} more (") == (len(rows), rows[-1][len("| 3 Segments ") :].partition("355")[0])
    assert "](<report.html#segments>)" in rows[-1]
    assert len(text) < 15_000


def test_the_worst_claims_are_shown() -> None:
    """No claim that is not proven is hidden behind one that is met, nor the larger deficit behind the smaller."""
    answers = [Answer(a.question, a.findings[::-1]) for a in records.not_ready().answers]
    rows = [line for line in text_of(source(records.record(answers))).splitlines() if line.startswith("| 3 Segments")]
    assert ["65+", "18-25"] == [re.search(r"age_group = (\S+)", row)[1] for row in rows[:2]]
    assert ["**not proven**" in row for row in rows] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    "text",
    [
        records.HOSTILE,
        f"x\n{MARKER}\n{MARKER}",
        "---\n# h",
        "a|b",
        "``` ` ```` ",
        "[x](javascript:alert(1))",
        "@team https://evil.example",
        "\\| \\",
        "",
        "</details></table>",
    ],
)
def test_a_hostile_record_does_not_break_out(text: str) -> None:
    """The same headings, tables and tags as of a harmless one; no marker, no link but to the report."""
    made = page_of(source(records.hostile(text)))
    assert [6, 3] == [len(row.find_all(["td", "th"])) for row in (made.find_all("tr")[-1], made.find("tr"))]
    assert {3, 6} == {len(row.find_all(["td", "th"])) for row in made.find_all("tr")}
    assert 1 + 5 == len(made.find_all(re.compile("^h[1-6]$")))
    assert [] == made.find_all(["script", "img", "details", "iframe"])
    assert all(link["href"].startswith("report.html") for link in made.find_all("a"))
    assert 1 == len(made.find_all("pre"))
    assert "readiness:end" not in text_of(source(records.hostile(text))).replace("&lt;!-- readiness:end", "")


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("report.html", "report.html"),
        ("../out/1.0/report.html", "../out/1.0/report.html"),
        ("my report (2).html", "my%20report%20%282%29.html"),
        ("a>b|c`\n.html", "a%3Eb%7Cc%60%0A.html"),
        ("été.html", "%C3%A9t%C3%A9.html"),
    ],
)
def test_the_link_goes_from_the_card_to_the_report(path: str, href: str) -> None:
    """Whatever the report is called."""
    links = [link["href"] for link in page_of(source(name=path.rpartition("/")[2], path=path)).find_all("a")]
    assert href == links[-1]


def test_an_address_on_the_web_is_linked_instead() -> None:
    """Where readers find the report."""
    assert "[report.html](<https://a.example/r.html>)" in text_of(source(url="https://a.example/r.html"))


def test_file_names_that_no_shell_should_see() -> None:
    """The commands hold a placeholder for them."""
    made = source(records.hostile("a; rm -rf ~ `x`"), name="$(id).html", path="$(id).html")
    code = page_of(made).find("pre").text
    assert "$(id)" not in code
    assert "rm -rf" not in code
    assert "--model MODEL_FILE" in code


# The numbers that go into the metadata ---------------------------------------------------------------------------


def requirements(*stated: dict[str, Any]) -> Record:
    return with_spec(records.not_ready(), {"business": {"requirements": list(stated)}})


def test_headlines_are_the_primary_metric_and_what_was_required() -> None:
    """F1 by default, recall by requirement; latency belongs to a machine."""
    made = headlines(
        requirements(
            {"metric": "recall"}, {"metric": "false_positive_rate"}, {"metric": "latency_p99_ms", "at_most": 100}
        )
    )
    assert [("f1", 0.612), ("recall", 0.692), ("false_positive_rate", 0.0013)] == [
        (h.metric, h.measured.value) for h in made
    ]
    assert "Recall (95 % interval 0.604 to 0.762, n = 120)" == made[1].words


def test_a_number_with_a_unit() -> None:
    """The primary metric of a model of values is its mean absolute error, with its unit in the words."""
    (made,) = headlines(with_spec(records.regression(), {}))
    assert ("mae", 44.8) == (made.metric, made.measured.value)
    assert made.words.endswith(" EUR, n = 24,000)")


def test_a_task_that_nobody_knows() -> None:
    """A record may say anything; then nothing is primary."""
    record = records.not_ready()
    data = dataclasses.replace(record.gathered.data, task="palmistry")
    assert () == headlines(
        dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, data=data, spec={}))
    )


def test_a_record_that_no_spec_can_have_made() -> None:
    """A share that is no number: the report does not hold."""
    odd = dataclasses.replace(records.not_ready(), about={"production_prevalence": "many"})
    with pytest.raises(InvalidReport, match="no spec can say"):
        section_lines(source(odd))


def test_a_gain_is_no_value_of_the_metric() -> None:
    """Of a requirement on a gain over a baseline, the candidate's own value is told, where it is recorded."""
    made = headlines(requirements({"metric": "recall", "lift_over": "current"}, {"metric": "false_positive_rate"}))
    assert ("recall", 0.692) == (made[1].metric, made[1].measured.value)
    gain = headlines(requirements({"metric": "recall", "gain_over": "current", "of_class": "1"}))
    assert ["f1"] == [h.metric for h in gain]


def test_a_requirement_of_one_class_says_of_which() -> None:
    """As another result beside the metric of all."""
    made = headlines(requirements({"metric": "recall", "of_class": "gold"}))
    assert ("recall of is_fraud = gold", {"of_class": "gold"}) == (made[1].title, made[1].settings)


def test_findings_that_are_not_those_of_the_spec_are_left_out() -> None:
    """An altered template may put anything under a code."""
    assert ["f1"] == [h.metric for h in headlines(requirements({"metric": "accuracy"}, {}))]
    assert ["f1"] == [h.metric for h in headlines(with_spec(records.not_ready(), {"business": "x", "baseline": 3}))]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("f1", ("f1", {})),
        ("f1_macro", ("f1", {"average": "macro"})),
        ("roc_auc_ovr_weighted", ("roc_auc", {"multi_class": "ovr", "average": "weighted"})),
        ("r2", ("r_squared", {})),
        ("mae", ("mae", {})),
        ("profit", ("profit", {})),
    ],
)
def test_metrics_have_the_names_of_the_hub(metric: str, expected: tuple[str, dict[str, str]]) -> None:
    """Settings are told apart from the name."""
    assert expected == hub_name(metric)


# The same for other registries -----------------------------------------------------------------------------------

TEXT, DIGITS = {"type": "string"}, {"type": "string", "pattern": "^[0-9a-f]{64}$"}
COUNT, NUMBER, MAYBE = {"type": "integer", "minimum": 0}, {"type": "number"}, {"type": ["string", "null"]}


def an_object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def a_list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


ESTIMATE = {
    "value": NUMBER,
    "low": {"type": ["number", "null"]},
    "high": {"type": ["number", "null"]},
    "level": NUMBER,
    "n": COUNT,
    "unit": TEXT,
}
FINDING = an_object(
    code=TEXT,
    name=TEXT,
    status={"enum": ["met", "not_met", "not_proven", "not_assessed"]},
    metric=MAYBE,
    measured={"anyOf": [{"type": "null"}, an_object(**ESTIMATE)]},
    required={"anyOf": [{"type": "null"}, an_object(op={"enum": [">", ">=", "<", "<="]}, threshold=NUMBER, unit=TEXT)]},
    outcome=MAYBE,
    reason=TEXT,
)
ANSWER = an_object(
    question={"enum": [question.value for question in Question]},
    number={"type": "integer", "minimum": 1, "maximum": 6},
    title=TEXT,
    status=FINDING["properties"]["status"],
    answer={"enum": ["yes", "no", "not proven", "not assessed"]},
    claims=an_object(met=COUNT, not_met=COUNT, not_proven=COUNT, not_assessed=COUNT),
    findings=a_list(FINDING),
    more=COUNT,
)
SCHEMA = an_object(
    schema={"const": "urn:model-readiness:card:v1"},
    tool=TEXT,
    evidence_only=TEXT,
    model=an_object(name=TEXT, version=TEXT, kind=TEXT, files=a_list(an_object(name=TEXT, sha256=TEXT, size=COUNT))),
    report=an_object(
        name=TEXT,
        sha256=DIGITS,
        url=MAYBE,
        signed={"type": "boolean"},
        verified={"type": "boolean"},
        keyids=a_list(TEXT),
    ),
    verdict=an_object(
        code={"enum": ["ready", "ready_by_point_estimate", "not_ready", "not_proven"]},
        words=TEXT,
        reason=TEXT,
        rule={"enum": ["interval", "point"]},
    ),
    approval=an_object(state=TEXT, required=TEXT),
    answers=a_list(ANSWER) | {"minItems": 6, "maxItems": 6},
    metrics=a_list(
        an_object(name=TEXT, type=TEXT, settings={"type": "object", "additionalProperties": TEXT}, **ESTIMATE)
    ),
    actions=a_list(an_object(question=TEXT, text=TEXT, required={"type": "boolean"})),
    rollout=a_list(an_object(percent=COUNT, condition=TEXT)),
    tested_on=an_object(
        words=TEXT,
        task=TEXT,
        target=TEXT,
        rows=COUNT,
        positive=MAYBE,
        positives={"type": ["integer", "null"]},
        classes=a_list(TEXT),
        first=MAYBE,
        last=MAYBE,
    ),
    not_measured=a_list(TEXT),
    withheld=a_list(an_object(name=TEXT, reason=TEXT)),
    limitations=a_list(TEXT),
    signature_does_not_prove=a_list(TEXT) | {"minItems": 1},
    verify=an_object(digest=TEXT, readiness=MAYBE, stock_tools=MAYBE),
)


@pytest.mark.parametrize("name", ["not_ready", "ready", "not_proven", "regression", "many_segments", "hostile"])
@pytest.mark.parametrize("signed", [True, False])
def test_json_has_its_keys_and_no_others(name: str, signed: bool) -> None:
    """Every record, signed or not, fits the schema, and reads back as it was written."""
    made = card_json(source(getattr(records, name)(), signed=signed))
    jsonschema.validate(made, SCHEMA)
    assert made == json.loads(json.dumps(made, allow_nan=False))


def test_json_says_what_the_section_says() -> None:
    """Verdict, digest, claims and how many more there are."""
    made = card_json(source(records.many_segments(500), url="https://a.example/r"))
    segments = made["answers"][2]
    assert ("not_ready", DIGEST, "https://a.example/r") == (
        made["verdict"]["code"],
        made["report"]["sha256"],
        made["report"]["url"],
    )
    assert sum(segments["claims"].values()) == len(segments["findings"]) + segments["more"]
    assert 5 == len(segments["findings"])


def test_the_claims_closest_to_their_limit_come_first() -> None:
    """An exact number counts by the part of its limit that it uses up: memory with 312 of 500 MB before drift."""
    shown = claims(records.ready().answer(Question.PRODUCTION)).shown
    assert Topic.MEMORY is shown[0].key.kind
    assert [closeness(finding) for finding in shown] == sorted(closeness(finding) for finding in shown)


def test_withheld_claims_are_told() -> None:
    """A number that cannot be a yes says why."""
    record = records.not_ready()
    answer = record.answer(Question.BASELINE)
    held = dataclasses.replace(answer.findings[0], withheld="too few rows of one class")
    others = [record.answer(question) for question in Question if question is not Question.BASELINE]
    text = text_of(source(records.record([Answer(Question.BASELINE, (held, *answer.findings[1:])), *others])))
    assert "- Withheld: Better than a random guess: too few rows of one class." in text


def test_what_undermines_a_result_is_told() -> None:
    """As on the first screen of the report; where there is nothing, no word."""
    assert "undermines" not in text_of(source(records.ready()))
    ready = records.ready()
    data = dataclasses.replace(ready.gathered.data, unsegmented=("<b>sex</b> [x](y)",))
    odd = dataclasses.replace(
        ready,
        gathered=dataclasses.replace(ready.gathered, data=data),
        template=dataclasses.replace(ready.template, stock=False),
    )
    made = page_of(source(odd))
    told = [item.get_text() for item in made.select("ul")[0].select("li")]
    assert told[0].startswith("Template: the questions were asked by an altered template")
    assert "the test table also has <b>sex</b> [x](y), which nobody looked at." in told[1]
    assert not made.select("ul b")
