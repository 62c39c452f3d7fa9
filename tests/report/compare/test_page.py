"""The pages of comparing look like a report, cannot act or fetch, and never take the place of another file."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import InputError
from readiness.report.compare.page import COMPARISON, OVERVIEW, comparison_page, overview_page, write_page
from readiness.report.compare.read import overview
from readiness.report.compare.sections import pairings, sections
from tests.report.compare.files import as_reports, report_file
from tests.report.page import records
from tests.report.page.test_browser import violations
from tests.sampling import exhaustive

bs4 = pytest.importorskip("bs4")

TODAY = datetime.date(2026, 11, 22)
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
LONG = "n" * 400


def comparison(*made: Any) -> bytes:
    reports = as_reports(*made)
    return comparison_page(reports, sections(reports, pairings(reports, None)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports with cruel names, in folders with cruel names."""
    top = tmp_path_factory.mktemp("reports")
    for name, record in (("a", records.not_ready()), ("b<i>\"&'", records.hostile()), ("c", records.hostile(LONG))):
        report_file(top / name / "report.html", record)
    (top / "a:b").mkdir()
    (top / "a:b" / "report.html").write_text("<script>alert(1)</script>")
    return top


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, bytes]:
    return {
        COMPARISON: comparison(records.hostile(), records.hostile(LONG), records.not_ready()),
        OVERVIEW: overview_page(overview(folder, today=TODAY), folder, folder / "index.html"),
    }


@pytest.mark.parametrize("kind", [COMPARISON, OVERVIEW])
def test_no_text_of_others_becomes_a_tag(pages: dict[str, bytes], kind: str) -> None:
    """No script, no image, no style but ours, which the policy names by its hash."""
    soup = bs4.BeautifulSoup(pages[kind], "html.parser")
    style = base64.b64encode(hashlib.sha256(soup.style.string.encode()).digest()).decode()

    assert [] == soup.find_all(["script", "img", "iframe", "object", "link", "form", "base"])
    assert f"style-src 'sha256-{style}'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert {"default-src 'none'"} <= {part.strip() for part in soup.find_all("meta")[2]["content"].split(";")}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", pages[kind].decode())


def test_links_are_relative_and_cannot_act(pages: dict[str, bytes]) -> None:
    """Every link of an index stays on the page or leads to a file below the folder."""
    links = [a["href"] for a in bs4.BeautifulSoup(pages[OVERVIEW], "html.parser").find_all("a")]

    assert sorted(
        ["#main", "a/report.html", "b%3Ci%3E%22%26%27/report.html", "c/report.html", "a%3Ab/report.html"]
    ) == sorted(links)


def test_statuses_are_never_told_by_colour_alone(pages: dict[str, bytes]) -> None:
    """Every mark holds a word."""
    for page in pages.values():
        marks = bs4.BeautifulSoup(page, "html.parser").select("td b")
        assert marks
        assert all(mark.get_text(strip=True) for mark in marks)


def test_a_page_of_the_same_kind_is_replaced(tmp_path: Path, pages: dict[str, bytes]) -> None:
    """An index may be made anew as often as one likes."""
    path = tmp_path / "index.html"
    write_page(path, pages[OVERVIEW], OVERVIEW)
    write_page(path, pages[OVERVIEW] + b"\n", OVERVIEW)
    assert pages[OVERVIEW] + b"\n" == path.read_bytes()


@pytest.mark.parametrize("there", [b"", b"<!DOCTYPE html>\n", b"my notes", "comparison", "report"])
def test_nothing_else_is_replaced(tmp_path: Path, pages: dict[str, bytes], there: bytes | str) -> None:
    """Whatever is not a page of the same kind stays as it is, a report above all."""
    path = tmp_path / "index.html"
    if there == "report":
        report_file(path, records.ready())
    else:
        path.write_bytes(pages[COMPARISON] if isinstance(there, str) else there)
    before = path.read_bytes()

    with pytest.raises(InputError, match="left as it is"):
        write_page(path, pages[OVERVIEW], OVERVIEW)
    assert before == path.read_bytes()


def test_a_folder_or_a_dead_link_is_not_replaced(tmp_path: Path, pages: dict[str, bytes]) -> None:
    """Nor is what is not a file at all."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    for name in ("folder", "dead"):
        with pytest.raises(InputError):
            write_page(tmp_path / name, pages[OVERVIEW], OVERVIEW)
    with pytest.raises(InputError, match="not a folder"):
        write_page(tmp_path / "nowhere" / "index.html", pages[OVERVIEW], OVERVIEW)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="NO BROWSER: the pages were not looked at; install Chromium or Chrome")
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
@pytest.mark.parametrize("kind", [COMPARISON, OVERVIEW])
def test_nothing_is_fetched_blocked_or_sticks_out(
    browser: Any, pages: dict[str, bytes], tmp_path: Path, kind: str, width: int, scheme: str
) -> None:
    """No request, no message, no sideways scrolling of the page, whatever names are on it."""
    path = tmp_path / "page.html"
    path.write_bytes(pages[kind])
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    noticed: list[str] = []
    page.on("console", lambda message: noticed.append(message.text))
    page.on("dialog", lambda dialog: (noticed.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda sent: None if sent.url.startswith("file:") else noticed.append(sent.url))
    page.goto(path.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [] == noticed
    page.context.close()


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="NO BROWSER: the pages were not looked at; install Chromium or Chrome")
@pytest.mark.parametrize("kind", [COMPARISON, OVERVIEW])
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), exhaustive((1280, "light"))])
def test_axe_finds_nothing(
    browser: Any, pages: dict[str, bytes], tmp_path: Path, kind: str, width: int, scheme: str
) -> None:
    """Also with all folds open, on a desk and on a phone."""
    path = tmp_path / "page.html"
    path.write_bytes(pages[kind])
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    page.goto(path.as_uri())
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert [] == violations(page)
    page.context.close()
