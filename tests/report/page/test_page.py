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
from readiness.report.sentences import NOT_PERMISSION, answer_sentence, answer_word
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


def test_wide_tables_scroll_by_keyboard(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Each table lies in a named region that can be focused."""
    for table in made[2].find_all("table"):
        assert ("region", "0") == (table.parent.get("role"), table.parent.get("tabindex"))
        assert table.parent.get("aria-label")


def test_the_first_screen_says_result_and_approval_apart(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Result, approval, reason, how many of six, and that the page is no permission."""
    record, _, soup = made
    cover = text_of(soup.find("header"))
    assert f"Test result: {record.verdict.words.partition(' (')[0]}" in re.sub(r" [✓✕!–]\ufe0e? ", " ", cover)
    assert "Approval: none yet" in cover
    assert NOT_PERMISSION in cover
    assert f"{record.gathered.model.name} {record.gathered.model.version}" in cover
    for label in ("Tested on", "Criteria", "Prepared", "Not measured", "What must happen before go-live"):
        assert label in cover


def test_each_question_has_the_same_section(made: tuple[Record, bytes, BeautifulSoup]) -> None:
    """Heading, answer, sentence, table, figure, limits: in this order, six times."""
    record, _, soup = made
    for question in Question:
        section = soup.find("section", id=question.value)
        answer = record.answer(question)
        assert f"{question.number} {question.words}" == text_of(section.h2)
        assert answer_word(answer.status) == text_of(section.find(class_="mark")).split(" ", 1)[1]
        assert answer_sentence(answer).split(" (")[0] == text_of(section.find(class_="lede")).split(" (")[0]
        order = [tag.name for tag in section.find_all(["table", "figure"])]
        assert "table" == order[0]
        assert 1 == order.count("figure")
        assert "What this does not tell you" in text_of(section)


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
    section = soup_of(records.record([*answers, records.production()])).find("section", id="baseline")
    assert "Our own claim" in text_of(section.find(id="SHOP-1"))
    assert "Our own fact" in text_of(section.find(id="SHOP-2"))


def test_many_segments_are_folded_and_all_there() -> None:
    """The thirty worst stand open, the others in a fold; none is missing."""
    section = soup_of(records.many_segments(500)).find("section", id="segments")
    open_table, folded, values = section.find_all("table")[:3]
    assert 30 == len(open_table.tbody.find_all("tr"))
    assert 471 == len(folded.tbody.find_all("tr"))
    assert "details" == folded.find_parent("details").name
    assert "By shop: every metric" == text_of(values.caption)
    shown = {text_of(row.th) for table in (open_table, folded) for row in table.tbody.find_all("tr")}
    assert {f"shop {number:03d}" for number in range(500)} <= shown


def test_segments_sum_to_the_whole() -> None:
    """The note under the table names all rows, the unassessable ones too."""
    section = soup_of(records.not_ready()).find("section", id="segments")
    assert "6 segments with 24,000 rows in all; none is left out of the table." in text_of(section)
    (row,) = (row for row in section.table.tbody.find_all("tr") if text_of(row.th) == "missing")
    assert "not assessable at least 94 frauds in this segment" in text_of(row)


def test_the_25_boxes_are_listed() -> None:
    """Five groups of five, the answers among them."""
    section = soup_of(records.not_ready()).find("section", id="production")
    boxes = section.table
    assert 25 == len(boxes.find_all("th", scope="row"))
    assert ["Data", "Performance", "Technical", "Operational", "Governance"] == [
        text_of(tag) for tag in boxes.find_all("th", scope="rowgroup")
    ]
    assert "Meets the business requirements Answer to question 2 no" in text_of(boxes)
    assert "Stakeholder sign-off Answered by approvals. pending" in text_of(boxes)


def test_what_was_not_measured_is_listed() -> None:
    """Each thing with its reason and what would settle it; a fact without a bar is not among them."""
    text = text_of(soup_of(records.not_ready()).find("section", id="not-measured"))
    assert "Monitoring is in place : nobody has vouched for it To settle it: an attestation" in text
    assert "Mean F1" not in text


def test_only_a_ready_model_gets_a_rollout() -> None:
    """Stages are shown when ready; otherwise actions and the way up to the first open question."""
    ready, other = soup_of(records.ready()), soup_of(records.not_ready())
    assert ["5 %", "25 %", "100 %"] == [text_of(tag) for tag in ready.select(".rollout strong")]
    assert [] == other.select(".rollout")
    path = [text_of(step) for step in other.select(".path li")]
    assert path[1].startswith("✕︎ Does it meet the stated requirements? no Tune the model further")
    assert 4 == sum(step.endswith("not reached") for step in path)


def test_the_point_rule_stands_in_the_fold() -> None:
    """What the measured values alone would say is inside the folded part, and only there."""
    section = soup_of(records.not_ready()).find("section", id="segments")
    assert "By the point rule" in text_of(section.find("details", class_="method"))
    for fold in section.find_all("details"):
        fold.decompose()
    assert "point rule" not in text_of(section)


def test_ready_by_point_estimate_says_what_it_is() -> None:
    """The page never calls it ready, and says that chance is not excluded."""
    cover = text_of(soup_of(records.ready("point")).find("header"))
    assert "READY BY POINT ESTIMATE" in cover
    assert "Chance not excluded." in cover
    assert "judged by point estimate" in cover


def test_provenance_names_every_file_by_its_digest() -> None:
    """Inputs, model, template, notebook, versions, seed, and how to verify."""
    record = records.ready()
    section = text_of(soup_of(record).find("section", id="provenance"))
    digests = [artifact.sha256 for artifact in (*record.gathered.inputs, *record.gathered.model.files)]
    for expected in (
        *digests,
        record.template.sha256,
        record.notebook_sha256,
        "unaltered template",
        "Seed 7",
        "numpy 2.3.1",
    ):
        assert expected in section
    assert "readiness verify report.html --key KEY.pub" in section
    assert "They were computed in a process that also ran the" in section


def test_settings_say_where_they_come_from() -> None:
    """What the spec sets and what is a default stand side by side."""
    section = text_of(soup_of(records.ready()).find("section", id="provenance"))
    assert "segments.limit 0.15 set" in section
    assert "segments.coverage 0.9 default" in section


def test_what_the_spec_does_not_say_is_listed() -> None:
    """Missing texts are named, not passed over."""
    text = text_of(soup_of(records.regression()).find("section", id="about"))
    assert "Not provided Purpose; Out of scope; Owner;" in text


def test_prose_stands_without_its_heading_and_code_in_a_fold() -> None:
    """The section has a heading of its own; code is escaped text."""
    section = soup_of(records.ready()).find("section", id="baseline")
    prose = section.find(class_="prose")
    assert "Why. A model that does no better than a rule is a cost." == text_of(prose)
    assert CODE[Question.BASELINE] == section.find("details", class_="code").find("code").get_text()


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
