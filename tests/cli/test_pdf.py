"""A report on paper: the whole page, open folds and all, and on each sheet the digest of what is signed."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from readiness.core.errors import InputError, ReadinessError
from readiness.core.findings import Question
from readiness.report.page import render_page
from readiness.report.pdf import NAMES, find_browser, print_page, print_report
from readiness.signing.keys import generate, load_public, write_key_pair
from readiness.signing.reports import Subject, sign_report, statement, unsigned_report
from readiness.verdict.record import to_plain
from tests.report.page import records
from tests.report.page.records import CODE, FIGURES, PROSE
from tests.report.page.test_browser import BROWSER

browser = pytest.mark.browser
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="NO BROWSER: nothing was printed; install Chromium or Chrome"
)

Run_ = Callable[..., tuple[int, str, str]]


def report_of(page: bytes) -> bytes:
    record = records.not_ready()
    subjects = [Subject("report", hashlib.sha256(page).hexdigest())]
    subjects += [Subject("model", artifact.sha256) for artifact in record.gathered.model.files]
    return unsigned_report(page, statement(subjects, to_plain(record)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key pair, and a signed and an unsigned report."""
    made = tmp_path_factory.mktemp("pdf")
    key = generate("ecdsa-p256")
    write_key_pair(key, made / "k.pem", None)
    unsigned = report_of(render_page(records.not_ready(), PROSE, FIGURES, CODE))
    (made / "unsigned.html").write_bytes(unsigned)
    (made / "report.html").write_bytes(sign_report(unsigned, key))
    return made


@pytest.fixture(scope="module")
def printed(folder: Path) -> PdfReader:
    """The signed report, printed once for all that is looked for in it."""
    return PdfReader(print_report(folder / "report.html", folder / "made" / "copy.pdf").path)


@browser
@needs_browser
class TestPrinted:
    def test_every_sheet_names_the_report_and_itself(self, printed: PdfReader, folder: Path) -> None:
        """The digest of the file, that this is a copy, and which page of how many."""
        digest = hashlib.sha256((folder / "report.html").read_bytes()).hexdigest()
        assert len(printed.pages) > 5
        for number, page in enumerate(printed.pages, 1):
            text = " ".join(page.extract_text().split())
            assert f"SHA-256 of the HTML file: {digest}" in text
            assert "This PDF is a copy and proves nothing by itself. The signature is in the HTML file." in text
            assert f"{number} of {len(printed.pages)}" in text

    def test_the_first_sheet_says_what_a_page_cannot_say_of_itself(self, printed: PdfReader, folder: Path) -> None:
        """Who signed it after it was written, when the review ended, who approved, and which file that is."""
        content = (folder / "report.html").read_bytes()
        text = " ".join(printed.pages[0].extract_text().split())
        assert "This copy the whole report" in text
        assert f"Report SHA-256 {hashlib.sha256(content).hexdigest()}" in text
        assert f"Signature key {load_public(folder / 'k.pub').keyid}; as the file says, not verified here" in text
        assert "Date review finished 22 November 2026, 20:04 UTC; a signature carries no date of its own" in text
        assert "Approvals none in the file" in text

    def test_each_picture_has_words_and_each_head_a_direction(self, printed: PdfReader) -> None:
        """As PDF/UA asks: no figure without an alternative, no head of a table without its scope, a title that shows."""
        parts = list(elements(printed.trailer["/Root"]["/StructTreeRoot"]["/K"]))
        figures = [part for part in parts if part["/S"] == "/Figure"]
        heads = [part for part in parts if part["/S"] == "/TH"]
        assert len(FIGURES) <= len(figures)
        assert all(part.get("/Alt") for part in figures)
        assert len(heads) > 20
        assert all(scopes(part) <= {"/Row", "/Column"} and scopes(part) for part in heads)
        assert printed.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]

    def test_it_is_tagged_and_says_its_language_and_title(self, printed: PdfReader) -> None:
        """For screen readers, and for the title bar."""
        root = printed.trailer["/Root"]
        assert (True, "en") == (root["/MarkInfo"]["/Marked"], root["/Lang"])
        assert "/StructTreeRoot" in root
        assert printed.metadata is not None
        assert str(printed.metadata.title).startswith("NOT READY: ")

    def test_the_outline_leads_to_the_six_questions(self, printed: PdfReader) -> None:
        """Each under its number, in order, on a page that holds its words."""
        flat = list(leaves(printed.outline))
        found = [(entry.title, printed.get_destination_page_number(entry)) for entry in flat]
        questions = [(title, page) for title, page in found if re.match(r"[1-6] \w.*\?$", title)][: len(Question)]
        assert [f"{question.number} {question.words}" for question in Question] == [title for title, _ in questions]
        assert sorted(page for _, page in questions) == [page for _, page in questions]
        for question, (_, page) in zip(Question, questions, strict=True):
            assert question.words in " ".join(printed.pages[page].extract_text().split())
        assert {"Before go-live", "Evidence", "Appendix"} < {title for title, _ in found}

    def test_what_is_folded_on_the_screen_is_on_paper(self, printed: PdfReader) -> None:
        """The source that a question was asked with stands in a fold."""
        text = " ".join(" ".join(page.extract_text() for page in printed.pages).split())
        assert "baseline = ask(questions.baseline, evidence)" in text

    def test_no_head_of_a_table_ends_a_sheet(self) -> None:
        """A head, and with it the first row, goes to the next page together with what follows."""
        style = (Path(__file__).parents[2] / "templates" / "page" / "style.css").read_text(encoding="utf-8")
        rows = "".join(f'<tr><td class="t">ROW{row}.</td></tr>' for row in range(9))
        blocks = "".join(
            f'<div style="height:{37 * k % 200}px"></div><table><caption>CAP.</caption><thead><tr><th>HEAD.</th></tr>'
            f"</thead><tbody>{rows}</tbody></table>"
            for k in range(30)
        )
        page = f"<!doctype html><html lang=en><title>t</title><style>{style}</style>{blocks}</html>"
        made = PdfReader(io.BytesIO(print_page(find_browser(), page.encode(), footer="-")))
        last = [re.findall(r"(?:CAP|HEAD|ROW\d)\.", sheet.extract_text())[-1] for sheet in made.pages]
        assert len(last) > 8
        assert [] == [word for word in last if word in ("CAP.", "HEAD.", "ROW0.")]


def elements(part: Any) -> Iterator[Any]:
    """Every element of a PDF's structure, from the root down."""
    found = part.get_object()
    for each in found if isinstance(found, list) else []:
        yield from elements(each)
    if hasattr(found, "get") and "/S" in found:
        yield found
        if "/K" in found:
            yield from elements(found["/K"])


def scopes(head: Any) -> set[str]:
    attributes = head["/A"].get_object()
    several = attributes if isinstance(attributes, list) else [attributes]
    return {each.get_object()["/Scope"] for each in several if "/Scope" in each.get_object()}


def leaves(outline: list[object]) -> Iterator[object]:
    for entry in outline:
        yield from leaves(entry) if isinstance(entry, list) else (entry,)


@browser
@needs_browser
class TestCommand:
    def test_an_unsigned_report_says_so_on_paper(self, folder: Path, run: Run_) -> None:
        """On the terminal and on each sheet."""
        code, said, _ = run("pdf", folder / "unsigned.html", "--out", folder / "new" / "u.pdf")
        assert (0, True) == (code, said.startswith("UNSIGNED: "))
        sheets = PdfReader(folder / "new" / "u.pdf").pages
        for page in sheets:
            assert "Nobody has signed the report: UNSIGNED." in " ".join(page.extract_text().split())
        assert "Signature UNSIGNED: nobody has signed this report" in " ".join(sheets[0].extract_text().split())

    def test_the_decision_alone_is_an_excerpt_and_says_so_on_each_sheet(self, folder: Path, run: Run_) -> None:
        """Four sheets at most, with none of the evidence, and the digest of the whole report on all of them."""
        code, said, _ = run("pdf", folder / "report.html", "--edition", "decision", "--key", folder / "k.pub")
        digest = hashlib.sha256((folder / "report.html").read_bytes()).hexdigest()
        assert (0, True) == (code, f"report.decision.pdf, an excerpt. The report is {folder / 'report.html'}" in said)
        texts = [" ".join(page.extract_text().split()) for page in PdfReader(folder / "report.decision.pdf").pages]
        assert 1 <= len(texts) <= 4
        for text in texts:
            assert "This PDF is an excerpt, the decision without its evidence, and proves nothing by itself." in text
            assert f"SHA-256 of the HTML file: {digest}" in text
        assert f"Signature key {load_public(folder / 'k.pub').keyid}; verified before printing" in texts[0]
        whole = " ".join(texts)
        assert "The six questions" in whole
        assert not any(
            words in whole for words in ("Better than each alternative", "Four mistakes", "Everything else that was")
        )


class TestPlace:
    def test_a_verified_report(self, folder: Path, run: Run_, monkeypatch: pytest.MonkeyPatch) -> None:
        """Beside the report, and only after its signature was proven."""
        monkeypatch.setattr("readiness.report.pdf.find_browser", lambda: Path("browser"))
        monkeypatch.setattr("readiness.report.pdf.print_page", lambda *_, **__: b"%PDF-1.4")
        code, said, _ = run("pdf", folder / "report.html", "--key", folder / "k.pub")
        assert (0, True) == (code, said.startswith("Verified: signed with SHA256:"))
        assert hashlib.sha256((folder / "report.html").read_bytes()).hexdigest() in said
        assert (folder / "report.pdf").read_bytes() == b"%PDF-1.4"


class TestRefused:
    @pytest.fixture(autouse=True)
    def no_printing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(*_: object, **__: object) -> bytes:
            raise AssertionError("it was printed")

        monkeypatch.setattr("readiness.report.pdf.print_page", never)

    def test_a_damaged_report(self, folder: Path, run: Run_, tmp_path: Path) -> None:
        """Exit 5, and nothing is printed."""
        (tmp_path / "r.html").write_bytes((folder / "report.html").read_bytes().replace(b"fraud", b"frauds", 1))
        code, _, complained = run("pdf", tmp_path / "r.html")
        assert (5, True, False) == (code, complained.startswith("Error: "), (tmp_path / "r.pdf").exists())

    def test_another_key_and_no_signature(self, folder: Path, run: Run_) -> None:
        """With --key it is as strict as verify: 5 for another signer, 6 for none."""
        write_key_pair(generate("ed25519"), folder / "other.pem", None)
        assert 5 == run("pdf", folder / "report.html", "--key", folder / "other.pub")[0]
        assert 6 == run("pdf", folder / "unsigned.html", "--key", folder / "k.pub")[0]

    def test_a_file_that_would_be_lost(self, folder: Path, run: Run_) -> None:
        """Neither the report nor anything else that is no PDF is overwritten."""
        before = (folder / "report.html").read_bytes()
        for out in (folder / "report.html", folder / "k.pem", folder, "/dev/null", folder / "k.pem" / "x.pdf"):
            code, _, complained = run("pdf", folder / "report.html", "--out", out)
            assert (2, True) == (code, "--out" in complained), out
        assert before == (folder / "report.html").read_bytes()

    def test_an_edition_that_is_none(self, folder: Path, run: Run_) -> None:
        """Exit 2, with those that there are."""
        code, _, complained = run("pdf", folder / "report.html", "--edition", "short")
        assert (2, True) == (code, "Use whole or decision." in complained)

    @pytest.mark.parametrize("edition", ["whole", "decision"])
    def test_a_page_of_another_make(self, edition: str, folder: Path, run: Run_, tmp_path: Path) -> None:
        """Exit 2: where its decision ends, or its body begins, cannot be told."""
        body = b"<p>mine" if edition == "whole" else b"<body><p>mine</body>"
        page = b"<!DOCTYPE html>\n<html><title>t</title>%b</html>\n" % body
        (tmp_path / "own.html").write_bytes(report_of(page))
        code, _, complained = run("pdf", tmp_path / "own.html", "--edition", edition)
        assert (2, True) == (code, "made with another template" in complained)

    def test_no_report_and_no_browser(self, folder: Path, run: Run_, monkeypatch: pytest.MonkeyPatch) -> None:
        """Exit 2, with what was looked for and what to install."""
        assert 2 == run("pdf", folder / "nowhere.html")[0]
        monkeypatch.setattr("readiness.report.pdf.shutil.which", lambda name: None)
        code, _, complained = run("pdf", folder / "report.html", "--out", folder / "never.pdf")
        assert (2, False) == (code, (folder / "never.pdf").exists())
        assert all(name in complained for name in NAMES)
        assert "Install Chromium or Chrome" in complained


class TestBrowser:
    def test_the_environment_names_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A path or a command; what is none is refused by name."""
        monkeypatch.setenv("READINESS_BROWSER", "/bin/sh")
        assert Path("/bin/sh") == find_browser()
        monkeypatch.setenv("READINESS_BROWSER", "no-such-browser")
        with pytest.raises(InputError, match="no-such-browser"):
            find_browser()

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("exit 1", "ended before it had printed"),
            ("echo 'No usable sandbox!' >&2; exit 1", "cannot build its sandbox"),
            ("echo 'out of luck' >&2; exit 1", "out of luck"),
            ("sleep 60", "took longer than 0.5 seconds"),
        ],
    )
    def test_one_that_fails_ends_in_words(self, script: str, said: str, tmp_path: Path) -> None:
        """Nothing is left of it: no process, no file."""
        program = tmp_path / "browser"
        program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\n{script}\n")
        program.chmod(0o700)
        with pytest.raises(ReadinessError, match=said):
            print_page(program, b"<p>", footer="", seconds=0.5)
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)

    def test_one_that_is_no_program(self, tmp_path: Path) -> None:
        """Bad input."""
        with pytest.raises(InputError, match="cannot be started"):
            print_page(tmp_path / "nothing", b"<p>", footer="")

    @browser
    @needs_browser
    def test_a_page_of_an_enemy_reaches_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No script runs, no file of ours is shown, no host hears of it, and it cannot go elsewhere."""
        asked: list[str] = []

        class Ear(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Ear)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_port}"
        (tmp_path / "secret.html").write_text("THE SECRET")
        secret = (tmp_path / "secret.html").as_uri()
        page = f"""<!doctype html><html lang=en><head><title>enemy</title>
            <meta http-equiv=refresh content="0;url={secret}"><meta http-equiv=refresh content="0;url={host}/refresh">
            <link rel=preconnect href="{host}"><link rel=stylesheet href="{host}/style"><link rel=prefetch href="{host}/f">
            </head><body><p>STILL HERE</p><p id=x>quiet</p><script>document.getElementById("x").textContent = "RAN"</script>
            <img src="{host}/img" onerror="document.body.textContent = 'RAN'"><iframe src="{secret}"></iframe>
            <iframe src="{host}/frame"></iframe><object data="{secret}"></object><embed src="{secret}">
            <svg><image href="{host}/svg"/></svg><style>@import "{host}/import"; p {{background: url({host}/css)}}</style>
            </body></html>"""
        folders: list[str] = []
        make = tempfile.mkdtemp
        monkeypatch.setattr("tempfile.mkdtemp", lambda **how: folders.append(make(**how)) or folders[-1])
        made = PdfReader(io.BytesIO(print_page(find_browser(), page.encode(), footer="-")))
        server.shutdown()
        server.server_close()
        text = " ".join(sheet.extract_text() for sheet in made.pages)
        assert ("STILL HERE" in text, "quiet" in text) == (True, True)
        assert ("SECRET" in text, "RAN" in text, asked) == (False, False, [])
        assert [False] == [Path(each).exists() for each in folders]
