"""The page in a real browser: nothing is fetched, nothing is blocked, nothing sticks out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from readiness.core.findings import Question
from readiness.report.page import render_page
from tests.report.page import records
from tests.report.page.records import CODE, FIGURES, PROSE

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
    """The open page, and everything that went wrong or went out while it opened."""
    page = browser.new_context(viewport={"width": width, "height": 800}, **how).new_page()
    noticed: list[str] = []
    page.on("console", lambda message: noticed.append(message.text))
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else noticed.append(sent.url))
    page.goto(path.as_uri())
    return page, noticed


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (390, "dark"), (1280, "light")])
def test_nothing_is_fetched_blocked_or_sticks_out(browser: Any, path: Path, width: int, scheme: str) -> None:
    """No request, no message of any kind, no sideways scrolling of the page, at any width."""
    page, noticed = visit(browser, path, width, color_scheme=scheme)
    assert [] == noticed
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_every_picture_is_drawn(browser: Any, path: Path) -> None:
    """The policy lets our pictures through, and they hold something."""
    page, _ = visit(browser, path, 1280)
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    page.context.close()


def test_planted_code_does_not_run(browser: Any, path: Path) -> None:
    """Whatever a text says, no script of it runs."""
    page = browser.new_context().new_page()
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    page.wait_for_timeout(100)
    assert [] == opened
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
