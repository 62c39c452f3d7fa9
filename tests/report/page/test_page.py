"""The page of a report: everything on it comes from the record, and nothing on it can act."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, Tag

from readiness.core.errors import ReviewError
from readiness.core.findings import Finding, Question, Status
from readiness.report.page import PageFigure, render_page
from readiness.report.page.render import render_prose
from readiness.report.sentences import NOT_PERMISSION, answer_word
from readiness.verdict.isolation import unproven
from readiness.verdict.record import Record
from tests.report.page import records
from tests.report.page.records import CODE, FIGURES, PROSE, SVG


def some_segments() -> Record:
    return records.many_segments(40)


MAKERS = [records.not_ready, records.ready, records.not_proven, records.regression, some_segments]


def page_of(record: Record) -> bytes:
    return render_page(record, PROSE, FIGURES, CODE)


def soup_of(record: Record) -> BeautifulSoup:
    return BeautifulSoup(page_of(record), "html.parser")


def text_of(node: Tag) -> str:
    return " ".join(node.get_text(" ").replace("\u00a0", " ").split())


@pytest.fixture(scope="module", params=MAKERS, ids=lambda make: make.__name__)
def made(request: pytest.FixtureRequest) -> tuple[Record, bytes, BeautifulSoup]:
    record = request.param()
    content = page_of(record)
    return record, content, BeautifulSoup(content, "html.parser")


def test_the_bytes_are_those_of_a_report_page(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """UTF-8, line feeds only, a proper end, and the same again."""
    record, content, _ = made
    assert content.endswith(b"</html>\n")
    assert b"\r" not in content
    assert b"\0" not in content
    assert not re.search(rb"<!--readiness-", content)
    assert content == page_of(record)


def test_nothing_is_fetched_and_nothing_runs(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """No script, no style attribute, no handler, no address that leads away."""
    _, content, soup = made
    assert [] == soup.find_all(["script", "link", "iframe", "object", "form", "base"])
    attributes = {name for tag in soup.find_all(True) for name in tag.attrs}
    assert not {name for name in attributes if name == "style" or name.startswith("on")}
    assert all(str(tag["href"]).startswith("#") for tag in soup.find_all(href=True))
    assert all(str(tag["src"]).startswith("data:image/") for tag in soup.find_all(src=True))
    assert not re.search(rb"@import|url\(|@font-face", content)


def test_the_policy_allows_this_style_sheet_only(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """The hash in the policy is that of the one style element."""
    soup = made[2]
    (style,) = soup.find_all("style")
    digest = base64.b64encode(hashlib.sha256(style.string.encode()).digest()).decode()
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" == policy
    )


def test_the_structure_can_be_heard(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Language, one main heading, no level skipped, named tables and pictures, unique ids, links that lead somewhere."""
    soup = made[2]
    assert "en" == soup.html["lang"]
    levels = [int(tag.name[1]) for tag in soup.find_all(re.compile(r"^h[1-6]$"))]
    assert 1 == levels.count(1) == levels[0]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(table.caption.get_text(strip=True) for table in soup.find_all("table"))
    assert all(cell.get("scope") in ("col", "row", "rowgroup") for cell in soup.find_all("th"))
    assert all(image.get("alt") for image in soup.find_all("img"))
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {str(tag["href"])[1:] for tag in soup.find_all(href=True)} <= set(ids)
    assert {str(tag["popovertarget"]) for tag in soup.find_all(popovertarget=True)} <= set(ids)


def test_no_table_outside_the_appendix_scrolls(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """A table that carries an answer becomes cards on a phone, each cell under the name of its column; the others lie
    in a named group that can be focused.
    """
    for table in made[2].find_all("table"):
        if table.find_parent(id="appendix") is None:
            assert "cards" in table["class"]
            assert all(cell.get("data-l") for cell in table.find_all("td") if text_of(cell))
        else:
            assert ("group", "0") == (table.parent.get("role"), table.parent.get("tabindex"))
            assert table.parent.get("aria-label")


def test_the_decision_says_result_and_approval_apart(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Result, approval, reason, who is to sign, what must happen, the six questions, and that it is no permission."""
    record, _, soup = made
    edition = text_of(soup.find("header"))
    assert f"Test result: {record.verdict.words.partition(' (')[0]}" in re.sub(r" [✓✕!–]\ufe0e? ", " ", edition)
    assert "Approval: none yet" in edition
    assert "To sign: " in edition
    assert NOT_PERMISSION in edition
    assert f"{record.gathered.model.name} {record.gathered.model.version}" in edition
    for label in (
        "Tested on",
        "Criteria",
        "Prepared",
        "Before go-live",
        "The six questions",
        "release in three stages",
    ):
        assert label in edition


def test_each_question_has_the_same_section(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Heading, answer, sentence, one figure before its tables, and links to the appendix: six times."""
    record, _, soup = made
    for question in Question:
        section = soup.find("section", id=question.value)
        answer = record.answer(question)
        assert f"{question.number} {question.words}" == text_of(section.h2)
        assert answer_word(answer.status) == text_of(section.find(class_="mark")).split(" ", 1)[1]
        assert text_of(section.find(class_="lede"))
        order = [tag.name for tag in section.find_all(["table", "figure"])]
        assert "figure" == order[0]
        assert 1 == order.count("figure")
        assert [] == section.find_all("details")
        links = [str(link["href"])[1:] for link in section.select("ul.more a")]
        assert f"{question.value}-method" == links[-1]
        folds = [soup.find(id=link) for link in links]
        assert all(fold.find_parent("section")["id"] == "appendix" for fold in folds)
        assert all(text_of(fold) for fold in folds)


def test_the_scorecard_has_a_row_for_each_question(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Check, bar, measured, margin and answer; each row leads to its section."""
    record, _, soup = made
    table = soup.find("header").find("table")
    assert ["Question", "Closest call", "Minimum bar", "Measured", "Margin", "Answer"] == [
        text_of(head) for head in table.thead.find_all("th")
    ]
    rows = table.tbody.find_all("tr")
    assert [f"#{question.value}" for question in Question] == [row.th.a["href"] for row in rows]
    for question, row in zip(Question, rows, strict=True):
        assert answer_word(record.answer(question).status) == text_of(row.find_all("td")[-1])


def test_no_finding_is_dropped(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Every finding of the record has its place, reachable by its code."""
    record, _, soup = made
    ids = {tag["id"] for tag in soup.find_all(id=True)}
    codes = {finding.code for answer in record.answers for finding in answer.findings}
    derived = {code for code in codes if code == "PROD-BOX-STAKEHOLDER-SIGN-OFF"}
    assert codes - ids - derived == set()


def test_glyphs_are_never_the_only_sign(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Each glyph is hidden from readers by ear and has a word beside it."""
    for glyph in made[2].find_all(class_="glyph"):
        assert "true" == glyph["aria-hidden"]
    assert all(re.search(r"[a-z]{2}", text_of(mark).lower()) for mark in made[2].select(".mark, td b"))


def test_a_users_own_finding_gets_a_place() -> None:
    """A code that no table knows is shown among the further claims."""
    answers = [records.baseline(), records.business(), records.segments(), records.errors(), records.stability()]
    own = records.claim("SHOP-1", "Our own claim", (0.9, 0.8, 0.95, 100), (">", 0.5), (0.82, 0.94))
    fact = Finding("SHOP-2", "Our own fact", Status.NOT_ASSESSED, blocking=False, reason="as seen")
    answers[0] = answers[0].plus(own, fact)
    soup = soup_of(records.record([*answers, records.production()]))
    assert "Our own claim" in text_of(soup.find(id="SHOP-1"))
    assert "Our own fact" in text_of(soup.find("section", id="appendix").find(id="SHOP-2"))


def test_many_segments_are_folded_and_all_there() -> None:
    """The first thirty stand open, the whole table in the appendix; none is missing."""
    soup = soup_of(records.many_segments(500))
    open_table = soup.find("section", id="segments").find("table")
    assert 30 == len(open_table.tbody.find_all("tr"))
    assert "the others stand in the appendix" in text_of(soup.find("section", id="segments"))
    folded = soup.find(id="appendix").find_all("table")
    shown = {text_of(row.th).removeprefix("shop = ") for table in folded for row in table.tbody.find_all("tr")}
    assert {f"shop {number:03d}" for number in range(500)} <= shown


def test_no_group_is_left_out() -> None:
    """The whole table names all groups, those too small to judge, too, and says why."""
    soup = soup_of(records.not_ready())
    table = next(each for each in soup.find(id="appendix").find_all("table") if "6 groups" in text_of(each.caption))
    assert 6 == len(table.tbody.find_all("tr"))
    (row,) = (row for row in table.tbody.find_all("tr") if "missing" in text_of(row.th))
    assert "too few to judge" in text_of(row)


def test_the_25_checks_are_listed() -> None:
    """Five groups of five, the answers among them, in the appendix; those that are no yes stand in the section."""
    soup = soup_of(records.not_ready())
    checks = next(each for each in soup.find(id="appendix").find_all("table") if "Checklist" in text_of(each.caption))
    assert 25 == len(checks.find_all("th", scope="row"))
    heads = [text_of(tag) for tag in checks.find_all("th", scope="rowgroup")]
    assert ["Data", "Performance", "Technical", "Operational", "Governance"] == [head.split(":")[0] for head in heads]
    assert all(head.endswith(" of 5 met") for head in heads)
    assert "Meets the business requirements this report Answer to question 2 no" in text_of(checks)
    open_checks = next(
        each for each in soup.find("section", id="production").find_all("table") if "Checklist" in text_of(each.caption)
    )
    assert "of 25 ticked" in text_of(open_checks.caption)
    assert 0 == len(open_checks.select("b.met"))
    assert "Stakeholder sign-off" in text_of(open_checks)
    assert "Answer to question" not in text_of(open_checks)
    signed_off_alone = soup_of(records.ready()).find("section", id="production")
    assert not [each for each in signed_off_alone.find_all("table") if "Checklist" in text_of(each.caption)]
    assert "Checklist: 24 of 25 ticked" in text_of(signed_off_alone.select("ul.more")[-1])


def test_the_tally_counts_every_check_once() -> None:
    """By who or what answers them, and by what came of it: the same as the rows of the table below it say."""
    soup = soup_of(records.not_ready())
    tables = soup.find(id="appendix").find_all("table")
    tally = next(each for each in tables if text_of(each.caption) == "Tally of the 25 checks")
    *rows, total = [[text_of(cell) for cell in row.find_all(["th", "td"])] for row in tally.tbody.find_all("tr")]
    assert ["All 25", *(str(sum(int(row[k]) for row in rows)) for k in range(1, 5))] == total
    assert sum(map(int, total[1:])) == 25
    checks = next(each for each in tables if text_of(each.caption).startswith("Checklist"))
    marks = [row.select_one("b")["class"][0] for row in checks.tbody.find_all("tr") if row.select_one("b")]
    assert [str(marks.count(status)) for status in ("met", "not_met", "not_proven", "not_assessed")] == total[1:]


def test_the_evidence_of_a_check_leads_to_where_it_stands() -> None:
    """Every link of the table has its target on the page."""
    soup = soup_of(records.ready())
    checks = next(
        each for each in soup.find(id="appendix").find_all("table") if text_of(each.caption).startswith("Checklist")
    )
    links = [tag["href"] for tag in checks.find_all("a")]
    assert {"#baseline", "#segments"} <= set(links)
    assert all(soup.find(id=link.removeprefix("#")) is not None for link in links)


def test_what_was_not_measured_is_listed() -> None:
    """Each thing with what would settle it; a fact without a bar is not among them."""
    section = soup_of(records.not_ready()).find("section", id="not-measured")
    assert any("onitoring" in text_of(line) for line in section.select(".plain li"))
    assert "Mean F1" not in text_of(section)


def test_the_rollout_is_a_plan_until_the_model_is_ready() -> None:
    """The stages stand on both pages; only the ready one says that they may begin once approved."""
    ready, other = soup_of(records.ready()).find("header"), soup_of(records.not_ready()).find("header")
    for edition, title in ((ready, "Once approved"), (other, "If it were ready")):
        assert ["5 %", "25 %", "100 %"] == [text_of(tag) for tag in edition.select(".rollout tbody th")]
        assert text_of(edition.select_one(".rollout caption")).startswith(title)


def test_the_point_rule_stands_in_the_appendix() -> None:
    """What the measured values alone would say is inside the folded part, and only there."""
    soup = soup_of(records.not_ready())
    assert "If only the estimate counted" in text_of(soup.find(id="segments-method"))
    soup.find(id="appendix").decompose()
    assert "estimate counted" not in text_of(soup)


def test_ready_by_point_estimate_says_what_it_is() -> None:
    """The page never calls it ready, and says that chance is not excluded."""
    cover = text_of(soup_of(records.ready("point")).find("header"))
    assert "READY BY POINT ESTIMATE" in cover
    assert "chance is not excluded" in cover.lower() or "Chance not excluded." in cover
    assert "judged by point estimate" in cover


def test_provenance_names_every_file_by_its_digest() -> None:
    """Inputs, model, template, notebook, versions, seed, and how to verify."""
    record = records.ready()
    soup = soup_of(record)
    section, appendix = text_of(soup.find("section", id="provenance")), text_of(soup.find("section", id="appendix"))
    made = text_of(soup.find(id="facts"))
    digests = [artifact.sha256 for artifact in (*record.gathered.inputs, *record.gathered.model.files)]
    for expected in (*digests, record.template.sha256, record.notebook_sha256, "unaltered template", "numpy 2.3.1"):
        assert expected in appendix
    assert "Seed 7" in made
    assert "readiness verify report.html --key KEY.pub" in section
    assert "The model ran in a sandbox (bubblewrap) without network" in made
    for text in unproven(record):
        assert f"{text[:1].upper()}{text[1:]}." in section.replace("\u00a0", " ")


def test_settings_say_where_they_come_from() -> None:
    """What the spec sets and what is a default stand side by side."""
    rows = soup_of(records.ready()).select("#criteria tr")
    assert ["Section", "Set", "Default"] == [text_of(cell) for cell in rows[0].find_all("th")]
    (found,) = ([text_of(cell) for cell in row.find_all("td")] for row in rows if "segments" == text_of(row.th))
    assert ["limit: 0.15", "coverage: 0.9; warning: 0.1"] == found


def test_what_the_spec_does_not_say_is_listed() -> None:
    """Missing texts are named, not passed over."""
    text = text_of(soup_of(records.regression()).find(id="about"))
    assert "Not provided Purpose; Users and setting; Out of scope; Owner;" in text


def test_prose_stands_without_its_heading_and_code_in_the_appendix() -> None:
    """The section has a heading of its own and the first paragraph; the others and the code, escaped, are folded."""
    prose = {Question.BASELINE: PROSE[Question.BASELINE] + "\n\n**How.** Paired differences."}
    soup = BeautifulSoup(render_page(records.ready(), prose, FIGURES, CODE), "html.parser")
    shown = soup.find("section", id="baseline").find(class_="prose")
    assert "Why. A model that does no better than a rule is a cost." == text_of(shown)
    assert "How. Paired differences." in text_of(soup.find(id="baseline-method"))
    assert CODE[Question.BASELINE] == soup.find(id="code").find("pre").get_text()


@pytest.mark.parametrize("text", [records.HOSTILE, "x" * 5000, "\u202e" * 50, "{% raw %}", "\ud800"])
def test_hostile_texts_are_only_read(text: str) -> None:
    """In every field, a hostile text adds no element, no attribute, no hidden character."""
    figures = [PageFigure("baseline", text, text, text, SVG)]
    content = render_page(records.hostile(text), {Question.BASELINE: text}, figures, {Question.BASELINE: text})
    soup = BeautifulSoup(content, "html.parser")
    assert [] == soup.find_all("script")
    assert ["data:image/"] == list({str(image["src"])[:11] for image in soup.find_all("img")})
    assert not {name for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on") or name == "style"}
    shown = content.decode()
    assert not re.search("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown)
    assert len(text_of(soup.h1)) < 450
    assert "49" not in text_of(soup.h1)


def test_prose_is_harmless_markdown() -> None:
    """Raw HTML is shown as text, links lose their target, pictures become words."""
    html = str(render_prose('a <b onclick="x">b</b> [c](javascript:alert(1)) [d](https://e.example) ![f](https://g)'))
    assert "<b" not in html
    assert "href" not in html
    assert "src" not in html
    assert "javascript" not in html
    assert "d (https://e.example)" in html


def test_a_picture_without_svg_is_shown_as_png() -> None:
    """The PNG stands in where there is no SVG."""
    figure = PageFigure("errors", "errors.main", "alt", "caption", png=b"\x89PNG")
    assert "data:image/png;base64,iVBORw==" == figure.source


def test_a_picture_cannot_leave_its_attribute() -> None:
    """An SVG stays text, and every sign that HTML or an address would act on is encoded; decoding gives it back."""
    svg = '<svg a="b"><text>"\'&amp;é #1 100% </text><script>x</script></svg>'
    source = PageFigure("errors", "errors.main", "alt", "caption", svg=svg.encode()).source
    head, data = source.split(",", 1)
    assert "data:image/svg+xml" == head
    assert not set('<>"&#\n') & set(data)
    assert svg.replace('a="b"', "a='b'") == unquote(data)


def test_a_template_that_breaks_the_layout_is_refused() -> None:
    """A page that does not end as one, or holds a record's first line, is never written."""
    with pytest.raises(ReviewError, match="does not end"):
        render_page(records.ready(), {}, [], {}, render=lambda **_: "<html>")
    with pytest.raises(ReviewError, match="text that begins a record"):
        render_page(records.ready(), {}, [], {}, render=lambda **_: "<!--readiness-unsigned/v1 </html>")


def test_the_page_is_small() -> None:
    """Without figures an ordinary page has less than 200 kB."""
    assert len(render_page(records.not_ready(), {}, [], {})) < 200_000


def test_the_path_gives_the_advice_on_a_no_to_a_no_alone() -> None:
    """Where question 1 is merely not proven, nobody knows that a simpler alternative does as well."""
    record = records.not_proven()
    step = record.decision.path[-1]
    assert step.status is not Status.NOT_MET
    path = text_of(soup_of(record).find("ol", class_="path"))
    assert f": question {step.question.number}" in path
    assert step.advice not in path
