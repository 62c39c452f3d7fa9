"""The page in a real browser: nothing is fetched or blocked, nothing sticks out, and everybody reaches all of it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from readiness.core.findings import Question
from readiness.report.page import render_page
from tests.report.page import records
from tests.report.page.records import CODE, FIGURES, PROSE
from tests.report.page.test_partial import partial
from tests.sampling import sampled

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="NO BROWSER: the page was not looked at; install Chromium or Chrome"),
]

MAKERS = {
    "not-ready": records.not_ready,
    "many": lambda: records.many_segments(40),
    "hostile": records.hostile,
    "long": lambda: records.hostile("n" * 400),
}

STATES: dict[str, dict[str, Any]] = {
    "desk": {"width": 1280},
    "phone": {"width": 390},
    "200 %": {"width": 640},
    "dark": {"width": 1280, "color_scheme": "dark"},
    "dark phone": {"width": 390, "color_scheme": "dark"},
    "forced colours": {"width": 1280, "forced_colors": "active"},
    "reduced motion": {"width": 1280, "reduced_motion": "reduce"},
}
LEVELS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture(scope="module", params=MAKERS)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / f"{request.param}.html"
    hostile = {Question.ERRORS: records.HOSTILE} if request.param == "hostile" else {}
    made.write_bytes(render_page(MAKERS[request.param](), PROSE | hostile, FIGURES, CODE | hostile))
    return made


def visit(browser: Any, path: Path, width: int, **how: Any) -> tuple[Any, list[str]]:
    """The open page, and everything that went wrong, went out or opened while it did."""
    page = browser.new_context(viewport={"width": width, "height": 800}, **how).new_page()
    noticed: list[str] = []
    page.on("dialog", lambda dialog: (noticed.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: noticed.append(message.text))
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else noticed.append(sent.url))
    page.goto(path.as_uri())
    return page, noticed


SIDEWAYS = """[...document.querySelectorAll(".cover *, main > section:not(#appendix) *")].filter(each =>
    each.scrollWidth > each.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(each).overflowX)
).map(each => each.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (390, "dark"), (640, "light"), (1280, "light")])
def test_nothing_is_fetched_blocked_run_or_sticks_out(browser: Any, path: Path, width: int, scheme: str) -> None:
    """No request, no message or dialog of any kind, whatever a text says; every picture is let through and holds
    something; no sideways scrolling of the page, nor, on narrow screens, of what carries the verdict, in the decision
    edition and in the evidence: only tables of the appendix may.
    """
    page, noticed = visit(browser, path, width, color_scheme=scheme)
    page.wait_for_timeout(100)
    assert [] == noticed
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert width == 1280 or [] == page.evaluate(SIDEWAYS)
    page.context.close()


def test_the_first_screen_holds_the_result_and_its_reason(browser: Any, tmp_path: Path) -> None:
    """Result, reason and what must happen first are seen without scrolling."""
    path = tmp_path / "page.html"
    path.write_bytes(render_page(records.not_ready(), {}, [], {}))
    page, _ = visit(browser, path, 1280)
    for place in (".pills", ".headline", ".steps li"):
        assert page.evaluate(f"document.querySelector('{place}').getBoundingClientRect().bottom") <= 800
    page.context.close()


def test_paper_shows_what_is_folded(browser: Any, tmp_path: Path) -> None:
    """Printing opens the folds and leaves the contents list out."""
    path = tmp_path / "page.html"
    path.write_bytes(render_page(records.not_ready(), {}, [], CODE))
    page, _ = visit(browser, path, 700)
    page.emulate_media(media="print")
    assert page.locator("#code pre").first.is_visible()
    assert page.locator("[popover]").first.is_visible()
    assert not page.locator("nav").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.context.close()


def test_the_keyboard_reaches_the_answers_first(browser: Any, tmp_path: Path) -> None:
    """The first stop is a link past the cover, and it can be seen."""
    path = tmp_path / "page.html"
    path.write_bytes(render_page(records.not_ready(), {}, [], {}))
    page, _ = visit(browser, path, 1280)
    page.keyboard.press("Tab")
    assert "Skip to the evidence" == page.evaluate("document.activeElement.textContent")
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.context.close()


def violations(page: Any) -> list[tuple[str, list[str]]]:
    """What axe-core finds, level AAA and best practice included: rules, and where they are broken."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {"resultTypes": ["violations"], "runOnly": LEVELS}
    found = axe.Axe().run(page, options=options).response["violations"]
    return [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]


@pytest.fixture(scope="module")
def not_ready_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with figures, folds, code and an assessment of none."""
    made = tmp_path_factory.mktemp("page") / "page.html"
    made.write_bytes(render_page(records.not_ready(), PROSE, FIGURES, CODE))
    return made


@pytest.mark.parametrize(
    ("state", "folds"),
    sampled(
        [("desk", "closed"), ("phone", "closed"), *((state, "open") for state in STATES)],
        0,
        always=[("desk", "open"), ("phone", "closed"), ("dark", "open")],
    ),
)
def test_axe_finds_nothing(browser: Any, not_ready_page: Path, state: str, folds: str) -> None:
    """In any form of the page, whether its folds are closed or open."""
    page, _ = visit(browser, not_ready_page, **STATES[state])
    if folds == "open":
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert [] == violations(page)
    page.context.close()


OTHERS = {
    "ready": (records.ready, 390),
    "not proven": (records.not_proven, 1280),
    "regression": (records.regression, 390),
    "hostile": (records.hostile, 1280),
    "partial": (lambda: partial(Question.SEGMENTS, Question.ERRORS), 390),
}


@pytest.mark.parametrize("kind", sampled(OTHERS, 1, always=["partial"]))
def test_axe_finds_nothing_on_pages_of_other_verdicts(browser: Any, kind: str, tmp_path: Path) -> None:
    """With all folds open."""
    made, width = OTHERS[kind]
    path = tmp_path / "page.html"
    path.write_bytes(render_page(made(), PROSE, FIGURES, CODE))
    page, _ = visit(browser, path, width)
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert [] == violations(page)
    page.context.close()


def test_axe_would_find_something(browser: Any, tmp_path: Path) -> None:
    """A picture without words, grey on grey, a jump of headings."""
    path = tmp_path / "page.html"
    style = "p {color: #777; background: #999}"
    path.write_text(
        f"<!doctype html><title>t</title><style>{style}</style><h1>a</h1><h3>b</h3><img src='data:,'><p>grey on grey"
    )
    page, _ = visit(browser, path, 1280)
    assert {"image-alt", "color-contrast", "heading-order", "html-has-lang"} <= {rule for rule, _ in violations(page)}
    page.context.close()


def test_words_open_and_close_by_keyboard(browser: Any, not_ready_page: Path) -> None:
    """Enter opens the meaning of a word, Escape closes it, and the reader is where they were."""
    page, _ = visit(browser, not_ready_page, 1280)
    page.locator(".term").first.focus()
    assert 0 == page.locator(":popover-open").count()
    page.keyboard.press("Enter")
    assert 1 == page.locator(":popover-open").count()
    page.keyboard.press("Escape")
    assert 0 == page.locator(":popover-open").count()
    assert "term" == page.evaluate("document.activeElement.className")
    page.context.close()


def test_forced_colours_keep_the_outline_of_what_was_a_fill(browser: Any, not_ready_page: Path) -> None:
    """Test result and answers have a border that can be seen."""
    page, _ = visit(browser, not_ready_page, 1280, forced_colors="active")
    for place in (".pill", ".mark", "td b"):
        width, colour = page.evaluate(
            f"(style => [style.borderTopWidth, style.borderTopColor])(getComputedStyle(document.querySelector('{place}')))"
        )
        assert "0px" != width, place
        assert "rgba(0, 0, 0, 0)" != colour, place
    page.context.close()


def test_paper_is_short(browser: Any, path: Path) -> None:
    """Four sheets of decision and fifteen in all before the appendix, at most; no name makes them more."""
    page, _ = visit(browser, path, 1280)
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, outline=True, tagged=True)))
    begins = {entry.title: paper.get_destination_page_number(entry) for entry in flat(paper.outline)}
    assert 1 <= begins["Evidence"] <= 4
    assert begins["Evidence"] < begins["Appendix"] <= 15
    page.context.close()


def flat(outline: list[Any]) -> Iterator[Any]:
    """The entries of a PDF's outline, in order."""
    for entry in outline:
        yield from flat(entry) if isinstance(entry, list) else (entry,)
