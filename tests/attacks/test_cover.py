"""A project whose READY rests on something that a reader would want to know. It is told directly under the result."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from readiness.core.checklist import BOXES, Source
from readiness.core.findings import Outcome, Question
from readiness.core.format import format_level, format_threshold
from readiness.core.policy import BARS, CLEAN_ERROR_ACCEPTED, Bar
from readiness.core.program import template_path
from readiness.report.page import render_page
from readiness.report.sentences import text_report
from readiness.spec.schema import Spec
from readiness.spec.usual_segments import unsegmented
from readiness.verdict.imitation import imitates
from readiness.verdict.record import Record
from readiness.verdict.reservations import reservations
from tests.conftest import make_rows
from tests.report.page import records
from tests.sampling import sampled
from tests.walking import walk

pytestmark = pytest.mark.slow

Files = Callable[..., Path]


def changed(made: Record, spec: Mapping[str, Any] | None = None, *, model: Any = None, **data: Any) -> Record:
    """A record with other parts of its spec, other facts of its model (by name) and of its data."""
    gathered = dataclasses.replace(
        made.gathered,
        spec={**made.gathered.spec, **(spec or {})},
        model=dataclasses.replace(made.gathered.model, **(model or {})),
        data=dataclasses.replace(made.gathered.data, **data),
    )
    return dataclasses.replace(made, gathered=gathered)


def page(made: Record) -> BeautifulSoup:
    return BeautifulSoup(render_page(made, records.PROSE, records.FIGURES, records.CODE), "html.parser")


def under_the_result(made: Record) -> str:
    """What stands below the reason on the first screen; it is the same in the terminal."""
    found = page(made).select_one("header .trust")
    told = "" if found is None else re.sub(r"\s+", " ", found.get_text(" ", strip=True)).replace("\u00a0", " ")
    lines = text_report(made).splitlines()
    for each in reservations(made):
        assert any(line.startswith(f"  {each.label}: ") for line in lines)
    return told


def test_where_nothing_undermines_the_result_nothing_is_said() -> None:
    """Each line stands there only when it is so; stricter bars are no news."""
    strict = {"segments": {"limit": "0.05", "coverage": "1"}, "confidence": "0.99", "baseline": {"margin": "0.1"}}
    assert "" == under_the_result(records.ready())
    assert "" == under_the_result(changed(records.ready(), strict))


def test_an_altered_template_is_told() -> None:
    """A copy of the notebook may ask otherwise."""
    ready = records.ready()
    altered = dataclasses.replace(ready, template=dataclasses.replace(ready.template, stock=False))
    assert "altered template" in under_the_result(altered)
    assert "READY" == page(altered).select_one(".pill strong").get_text()


def test_predictions_without_a_model_are_told() -> None:
    """Nobody ran the model."""
    assert "No model was run" in under_the_result(changed(records.ready(), model={"kind": "predictions only"}))


def test_a_served_model_without_a_file_is_told() -> None:
    """There is no digest that would bind the report to it; with a file beside it, there is."""
    served = {"model": {"name": "a", "version": "1", "url": "http://127.0.0.1:1/x", "protocol": "json"}}
    both = {"model": {**served["model"], "path": "m.skops"}}
    told = under_the_result(changed(records.ready(), served))
    assert "What answers at http://127.0.0.1:1/x was asked, and no file of it seen" in told
    assert "" == under_the_result(changed(records.ready(), both))


def test_weights_are_told() -> None:
    """A weight of nothing makes a row disappear."""
    data = {"data": {**records.SPEC["data"], "weight": "how_much"}}
    assert "the column how_much says how much" in under_the_result(changed(records.ready(), data))


def test_groups_that_nobody_looked_at_are_told() -> None:
    """With those that were; a few by name, the others counted, and no sign acts."""
    columns = ("sex", "<b>race</b>", "a\u202eage", "zip", "income", "device")
    told = under_the_result(changed(records.ready(), unsegmented=columns))
    assert "Compared by age_group; the test table also has sex, <b>race</b>, a⟨U+202E⟩age, zip and 2 more" in told
    none = changed(records.ready(), {"data": {"segments": []}}, unsegmented=("sex",))
    assert "No groups were compared; the test table has sex, which nobody looked at" in under_the_result(none)


@pytest.mark.parametrize(
    ("columns", "unseen"),
    [
        ("sex Gender customerAge AGE native_country ZIP-code", "sex Gender customerAge AGE native_country ZIP-code"),
        ("maritalStatus householdIncome2 main.language new_device tenure", None),
        ("image message package passage discount unisexual tsex", ""),
        ("y weekday_id month_weight quarter", ""),
        ("region age", ""),
    ],
)
def test_usual_columns_are_found_by_whole_words(columns: str, unseen: str | None) -> None:
    """In snake, camel and other forms; the target, weight, time and name of a row are none, nor what segments look at."""
    data = {"test": "t", "target": "y", "id": "weekday_id", "weight": "month_weight", "time": "quarter"}
    segments = [["region", {"column": "age", "bins": 3}]]
    model = {"name": "a", "version": "1", "path": "m"}
    spec = Spec.model_validate({"model": model, "data": {**data, "segments": segments}})
    expected = columns if unseen is None else unseen
    assert tuple(expected.split()) == unsegmented(spec, columns.split())


def test_a_whole_review_tells_the_columns_that_it_leaves_out(review_files: Files) -> None:
    """Columns that the model is given, and columns that it is not."""
    test = make_rows(800, 2).assign(sex="f", ethnicity="a", image_id=range(800))
    walked = walk(review_files(test=test), figures=False)
    assert ("sex", "ethnicity") == walked.record.gathered.data.unsegmented
    assert "Compared by group; the test table also has sex and ethnicity, which nobody looked at." in walked.page


def test_boxes_that_do_not_apply_are_counted() -> None:
    """All eleven that people answer, and a measured one that the spec declares away."""
    away = {box.key: {"not_applicable": "no time"} for box in BOXES if box.source is Source.ATTESTED}
    ready = records.ready()
    answers = [
        dataclasses.replace(
            answer,
            findings=tuple(
                dataclasses.replace(f, outcome=Outcome.NOT_APPLICABLE)
                if f.code.startswith(("PROD-BOX-", "PROD-PROBE-OUTLIER")) and f.blocking
                else f
                for f in answer.findings
            ),
        )
        if answer.question is Question.PRODUCTION
        else answer
        for answer in ready.answers
    ]
    made = changed(dataclasses.replace(ready, answers=tuple(answers)), {"checklist": away})
    assert "Declared not applicable: 11 of 11 boxes that people answer." in under_the_result(made)
    both = changed(made, {"checklist": {**away, "outliers": {"not_applicable": "none"}}})
    assert "11 of 11 boxes that people answer and 1 of 8 boxes that are otherwise measured" in under_the_result(both)


JUDGED = [bar for bar in BARS if bar.usual is not None and bar.key not in ("stability.std", "production.calls")]


@pytest.mark.parametrize("bar", JUDGED, ids=lambda bar: bar.key)
def test_every_bar_that_is_looser_than_its_default_is_told(bar: Bar) -> None:
    """The widest that is accepted, beside the default; the default itself is not told."""
    section, _, name = bar.key.rpartition(".")
    spec = {section: {name: str(bar.widest)}} if section else {name: str(bar.widest)}
    written = format_level if bar.is_share else format_threshold
    told = f"{written(bar.widest)} instead of {written(bar.usual or 0)}"
    assert told in under_the_result(changed(records.ready(), spec))
    same = {section: {name: str(bar.usual)}} if section else {name: str(bar.usual)}
    assert "" == under_the_result(changed(records.ready(), same))


CURRENT = {"name": "old", "test": "non_inferiority"}
LOOSER = {
    "margin": ({"baseline": {"margin": "0"}}, "gain over the alternatives 0 instead of 0.02"),
    "as good as": (
        {"baseline": {"current": CURRENT, "margin": "0.1"}},
        "better than today's model, and may be worse by 0.1",
    ),
    "as good as a rule": (
        {"baseline": {"rules": [{**CURRENT, "name": "r"}]}},
        "better than the rule “r”, and may be worse by",
    ),
    "a loss": (
        {"business": {"requirements": [{"says": "keep up", "metric": "f1", "above": "-0.1", "gain_over": "current"}]}},
        "“keep up” may be met by what is worse than current, by up to 0.1",
    ),
    "the wrong side": (
        {"business": {"requirements": [{"says": "find few", "metric": "recall", "at_most": "0.9"}]}},
        "“find few” limits recall from the wrong side",
    ),
    "metrics": ({"segments": {"metrics": ["accuracy"]}}, "not compared by recall and false positive rate"),
    "slices": ({"segments": {"judged_slices": "none"}}, "weak parts of the groups that were found do not count"),
    "interval": ({"errors": {"interval": {"level": "0.9", "at_least": "0.6"}}}, "claim 90 % need cover only 60 %"),
    "errors": (
        {"production": {"clean_error_accepted": ["missing_value", *CLEAN_ERROR_ACCEPTED]}},
        "an error instead of an answer is accepted for missing values.",
    ),
}


@pytest.mark.parametrize(("spec", "words"), LOOSER.values(), ids=LOOSER)
def test_what_else_lets_more_through_is_told(spec: Mapping[str, Any], words: str) -> None:
    """Comparisons, requirements, metrics, slices, intervals and clean errors."""
    assert words.casefold() in under_the_result(changed(records.ready(), spec)).casefold()


def test_bars_of_own_metrics_have_no_default_to_compare_with() -> None:
    """Three euros are not more than 0.15."""
    own = {"metrics": {"profit": {"use": "a:b"}}, "segments": {"metrics": ["profit"], "limit": "3"}}
    assert "instead of" not in under_the_result(changed(records.ready(), own))


def test_requirements_that_a_guess_meets_are_told() -> None:
    """A random guess has a recall of 0.5, so that 0.4 asks for nothing."""
    ready, required = records.ready(), {"says": "find some", "metric": "recall", "at_least": "0.4"}
    found = records.business(0.91).findings[0]
    easy = dataclasses.replace(found, criterion=dataclasses.replace(found.criterion, threshold=0.4))
    answers = tuple(
        dataclasses.replace(answer, findings=(easy,)) if answer.question is Question.BUSINESS else answer
        for answer in ready.answers
    )
    made = changed(dataclasses.replace(ready, answers=answers), {"business": {"requirements": [required]}})
    assert "A random guess would meet the requirement, too." in under_the_result(made)
    gain = {"business": {"requirements": [{**required, "gain_over": "majority"}]}}
    assert "would meet" not in under_the_result(changed(made, gain))


# Names that imitate the verdict -----------------------------------------------------------------------------------

IMITATIONS = [
    "Test result: READY",
    "Approved by the risk committee",
    "✔ READY",
    "RЕАDУ",
    "ＲＥＡＤＹ",
    "R E A D Y",
    "R\u200bE\u200bA\u200bD\u200bY",
    "R3ADY",
    "ΡΑSSΕD",
    "fraudREADY-2",
    "yes",
    "Verdict: all met",
    "” Test result: READY “",
    *("🆁🅴🅰🅳🆈", "🅡🅔🅐🅓🅨", "ⓡⓔⓐⓓⓨ", "🇷🇪🇦🇩🇾", "ꓣꓰꓮꓓꓬ", "ᎡᎬᎪᎠᎩ", "𐊕EADY", "𝐑𝐄𝐀𝐃𝐘", "ʀᴇᴀᴅʏ", "ⲢⲈⲀⲆⲨ"),
    *("REΛDY", "ΛPPROVED", "RE Λ D Y", "REAĐY", "rеady"),
    *("RE-ADY", "RE.A.D.Y", "RE/ADY", "re_ady", "model-RE-ADY", "RE ADY", "R. E. A. D. Y.", "pa-ss", "AP|PROVED"),
    *(
        "GO",
        "Go live",
        "go-live",
        "SAFE TO DEPLOY",
        "VALIDATED",
        "green light",
        "no objections",
        "No objection",
        "LGTM",
    ),
    *("🟩", "💚", "🆗", "👌", "fraud 🟢", "√", "①"),
]


@pytest.mark.parametrize("text", IMITATIONS)
def test_what_reads_like_a_verdict_is_seen_as_one(text: str) -> None:
    """Each of them; what follows from it is the same for all."""
    assert imitates(text)


@pytest.mark.parametrize("text", sampled(IMITATIONS, 12, always=("LGTM", "💚", "①")))
def test_a_name_that_reads_like_a_verdict_is_quoted(text: str) -> None:
    """Name, version, purpose, owner and preparers; in the title of the page and in the terminal, too."""
    about = {**records.ABOUT, "purpose": text, "owner": text}
    made = dataclasses.replace(records.not_ready(), about=about, prepared_by=(text,))
    soup = page(changed(made, model={"name": text, "version": text}))
    quoted = re.compile(r"^\s*“[^“”]+”\s*$")
    assert re.fullmatch(r"\s*“[^“”]+”\s+“[^“”]+”\s*", soup.h1.get_text())
    assert quoted.match(soup.select_one(".purpose").get_text())
    assert re.search(r"the model's owner, “[^“”]+”\.", soup.select_one(".evidence").get_text())
    assert soup.title.get_text().startswith("NOT READY: “")
    first = text_report(changed(made, model={"name": text})).splitlines()[0]
    assert first.startswith("“")


@pytest.mark.parametrize(
    "text",
    [
        *("Card fraud", "1.4.0", "readiness demo", "credit-scoring v2", "Hold back payments.", "already tested"),
        *(
            "card-fraud",
            "Kredit-Ausfall 2",
            "spread-yield",
            "already-tested",
            "is-already",
            "ana@example.com",
            "A & B, 20 % (R²)",
        ),
        *("модель-риска", "Кредитный риск", "πρόβλεψη κινδύνου", "Détection de fraude", "Đánh giá rủi ro", "Łódź"),
        *(
            "ľúbosť áé",
            "信用リスク",
            "AIモデル2",
            "新しいサービス",
            "신용 위험",
            "مخاطر الائتمان",
            "סיכון אשראי",
            "ऋण जोखिम",
        ),
        *("ความเสี่ยง", "კრედიტი", "Բանկային վարկեր", "வங்கி கடன்", "Payments above 500 € – or ≥ 3 a day", "α-Wert"),
    ],
)
def test_a_plain_name_stays_plain(text: str) -> None:
    """Quotation marks mean something only if they are rare."""
    assert not imitates(text)


def test_no_name_is_printed_larger_than_the_result() -> None:
    """On no screen and on no sheet; every rule of the style sheet that sizes one of them counts."""
    style = re.sub(r"/\*.*?\*/", "", template_path("page/style.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", style)

    def sizes(selector: str) -> list[float]:
        inside = [body for names, body in rules if selector in [name.strip() for name in names.split(",")]]
        return [float(size) for body in inside for size in re.findall(r"font-size: ([\d.]+)rem", body)]

    result = min(sizes(".pill"))
    assert [] == sizes(".trust li") == sizes(".steps li")
    for name in (".cover h1.named", ".purpose", ".headline", ".evidence"):
        assert sizes(name)
        assert max(sizes(name)) < result
    heading = page(records.ready()).h1
    assert ["named"] == heading["class"]
    assert [] == sizes(".version") == sizes(".named")
    assert [] == sizes(".pill strong")


@pytest.mark.parametrize("kind", ["ready", "not_ready"])
def test_the_lines_stand_under_the_result_whatever_it_is(kind: str) -> None:
    """The word stays; the reader sees at once what it rests on."""
    made = changed(getattr(records, kind)(), {"segments": {"limit": "0.3"}})
    header = page(made).header.get_text(" ", strip=True)
    at = [header.index(made.verdict.words.partition(" (")[0]), header.index("0.3 instead of 0.15")]
    assert at == sorted(at)
    assert at[1] < header.index("The six questions")
    assert "segments.limit" not in header
