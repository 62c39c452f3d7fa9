"""Whatever program stands in place of a browser: words, in time, and no file but a whole one of its kind."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from readiness.core.errors import ReadinessError
from readiness.report import pdf
from readiness.report.pdf import MINIMUM_VERSION, find_browser, print_page
from tests.report.page.test_browser import BROWSER

pytestmark = pytest.mark.skipif(os.name != "posix", reason="PDFs are printed on Linux and macOS only")
NEW_ENOUGH = b"%%PDF-1.4\n<</Title (My page)\n/Producer (Skia/PDF m%d)>>\n%%%%EOF\n" % MINIMUM_VERSION


def program(folder: Path, script: str) -> Path:
    """A program that is told to write into `out`."""
    path = folder / "browser"
    out = 'next(each.partition("=")[2] for each in sys.argv if each.startswith("--print-to-pdf="))'
    path.write_text(
        f"#!{sys.executable}\nimport os, sys, time\nfrom pathlib import Path\nout = Path({out})\n{script}\n"
    )
    path.chmod(0o700)
    return path


@pytest.mark.slow
def test_what_it_prints_is_handed_on(tmp_path: Path) -> None:
    """Byte by byte."""
    assert NEW_ENOUGH == print_page(program(tmp_path, f"out.write_bytes({NEW_ENOUGH!r})"), b"<p>", footer="")


@pytest.mark.slow
@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"hello",
        NEW_ENOUGH[:-8],
        NEW_ENOUGH[1:],
        NEW_ENOUGH.replace(b"Skia", b"Other"),
        NEW_ENOUGH.replace(b"My page", b"page.mhtml"),
    ],
    ids=["empty", "words", "cut off", "no beginning", "another producer", "a page that could not be opened"],
)
def test_what_is_no_pdf_of_the_page_is_not_taken(written: bytes, tmp_path: Path) -> None:
    """It ended well, and what it wrote is not what was asked for."""
    with pytest.raises(ReadinessError, match="does not print as Chromium does"):
        print_page(program(tmp_path, f"out.write_bytes({written!r})"), b"<p>", footer="", seconds=20)


@pytest.mark.slow
def test_one_that_is_too_old_is_told_its_version(tmp_path: Path) -> None:
    """It would print a copy without its footer."""
    old = NEW_ENOUGH.replace(b"m%d" % MINIMUM_VERSION, b"m%d" % (MINIMUM_VERSION - 1))
    with pytest.raises(ReadinessError, match=f"of version 130, .* expected Chromium {MINIMUM_VERSION} or newer"):
        print_page(program(tmp_path, f"out.write_bytes({old!r})"), b"<p>", footer="", seconds=20)


@pytest.mark.slow
def test_its_last_words_are_shown_harmlessly(tmp_path: Path) -> None:
    """Also where it had printed and failed nevertheless; nothing in them acts."""
    script = rf"out.write_bytes({NEW_ENOUGH!r}); sys.stderr.write('first\nno \x1b[31m paper.\n\n'); sys.exit(1)"
    with pytest.raises(ReadinessError, match=r'last words: "no ⟨U\+001B⟩\[31m paper"\.$'):
        print_page(program(tmp_path, script), b"<p>", footer="", seconds=20)


@pytest.mark.slow
@pytest.mark.parametrize("parent", ["time.sleep(600)", f"out.write_bytes({NEW_ENOUGH!r})"], ids=["waits", "has gone"])
def test_a_child_that_stays_holds_nobody_up(parent: str, tmp_path: Path) -> None:
    """It has left the group of processes that is ended."""
    child = f"open({str(tmp_path / 'child')!r}, 'w').write(str(os.getpid()))"
    path = program(
        tmp_path, f"if os.fork() == 0:\n    os.setsid()\n    {child}\n    time.sleep(600)\n    os._exit(0)\n{parent}"
    )
    if "sleep" in parent:
        with pytest.raises(ReadinessError, match="took longer than 1 seconds"):
            print_page(path, b"<p>", footer="", seconds=1)
    else:
        assert NEW_ENOUGH == print_page(path, b"<p>", footer="", seconds=15)
    if (tmp_path / "child").exists():
        os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


@pytest.mark.slow
def test_one_in_a_snap_reads_and_writes_where_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a program has a /tmp of its own, and shares one folder with its user."""
    shared = tmp_path / "snap" / "browser" / "common"
    shared.mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(pdf, "_SNAPS", tmp_path)
    inside = f"assert out.is_relative_to({str(shared)!r})"
    path = program(tmp_path, f"{inside}; out.write_bytes({NEW_ENOUGH!r})")
    assert NEW_ENOUGH == print_page(path, b"<p>", footer="", seconds=20)
    assert [] == list(shared.iterdir())


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="NO BROWSER: nothing was printed; install Chromium or Chrome")
def test_no_style_of_the_page_hides_the_footer() -> None:
    """Sheets by name, the first one, what is important, layers: the footer stands on all, and its signs are text."""
    page = b"""<!doctype html><html lang=en><title>t</title><style>
        @layer first { @page { @bottom-left { content: "LAYER" !important } } }
        @page { margin: 0 !important; @bottom-left { content: "OTHER" !important } @bottom-right { content: none } }
        @page :first { @bottom-left { content: none !important } }
        @page named { @bottom-left { content: "NAMED" !important; color: white !important } }
        div { page: named; counter-reset: page 7 }</style><p>one</p><div>two</div>"""
    footer = """All "of" \\it;}</style><script>\nÄ line 2"""
    sheets = PdfReader(io.BytesIO(print_page(find_browser(), page, footer=footer))).pages
    assert 2 == len(sheets)
    for number, (word, sheet) in enumerate(zip(("one", "two"), sheets, strict=True), 1):
        text = " ".join(sheet.extract_text().split())
        assert f'{number} of 2All "of" \\it;}}</style><script> Ä line 2 {word}' == text
