"""A card becomes what the report says, and not one byte more."""

from __future__ import annotations

import dataclasses
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness.core.errors import InputError, InvalidReport, UnsignedReport
from readiness.report.card import front_matter
from readiness.report.card import write as writing
from readiness.report.card.markers import END, begin
from readiness.report.card.write import Card, composed, differences, open_card, read_source, write
from readiness.signing.keys import generate
from readiness.signing.reports import sign_report
from tests.report.card.sources import report_bytes, source
from tests.report.page import records
from tests.sampling import examples

OTHERS = b"""---
# ours to keep
license:   "apache-2.0"   # two blanks
tags: [fraud,   tabular]
model-index:
- name: big model
  results:
  - task: {type: text-classification}
    dataset: {name: GLUE, type: glue}
    metrics: [{type: accuracy, value: 0.91}]
---

# Card fraud  \n\nText with blanks at the end.  \n\t\nlast"""
SECTION = "<!-- readiness:begin"


def card(data: bytes | None, name: str = "README.md") -> Card:
    return Card(Path(name), data)


def outside(data: bytes) -> tuple[bytes, bytes]:
    """What stands before and behind the section, the results of ours in the front matter taken out."""
    text = data.decode()
    before, _, rest = text.partition(SECTION)
    return before.encode(), rest.partition(END)[2].encode()


def test_a_card_of_somebody_keeps_its_bytes() -> None:
    """Our results and our section come in; every other byte stays, in its order."""
    new = composed(card(OTHERS), source())
    front = OTHERS.index(b"---\n\n#")
    assert new.startswith(OTHERS[:front])
    before, behind = outside(new)
    assert before.endswith(OTHERS[front:] + b"\n\n")
    assert b"" == behind


def test_the_hub_reads_all_results_back() -> None:
    """Theirs and ours."""
    data = ModelCard(composed(card(OTHERS), source()).decode()).data
    assert [("accuracy", 0.91), ("f1", 0.612), ("recall", 0.692)] == [
        (result.metric_type, result.metric_value) for result in data.eval_results
    ]
    assert ("apache-2.0", ["fraud", "tabular"]) == (data.license, data.tags)


def test_a_newer_report_replaces_the_section() -> None:
    """In its place, with its results; going back gives the first card again."""
    first = composed(card(OTHERS), source())
    moved = first + b"\nadded below by hand\n"
    second = composed(card(moved), source(records.ready(), sha256="cd" * 32))
    assert outside(second)[1] == b"\nadded below by hand\n"
    assert b"cd" * 32 in second
    assert b"ab" * 32 not in second
    assert moved == composed(card(second), source())


def test_without_metadata_the_front_matter_is_not_even_read() -> None:
    """Not YAML at all, and still kept."""
    broken = b"---\na: [\n---\n# Card\n"
    assert composed(card(broken), source(), metadata=False).startswith(broken)
    with pytest.raises(InputError, match=r"README.md, line 2: the front matter is not usable YAML"):
        composed(card(broken), source())


def test_a_place_chosen_by_hand() -> None:
    """An empty pair of markers says where the section shall be."""
    text = f"# Card\n\n<!-- readiness:begin -->\n{END}\n\n## License\n"
    new = composed(card(text.encode()), source(), metadata=False).decode()
    assert new.startswith(f"# Card\n\n{begin('ab' * 32)}\n")
    assert new.endswith(f"{END}\n\n## License\n")


@pytest.mark.parametrize("opened", ["```\ncode", "~~~", "<!-- to do", "<pre>\nx", "<script>"])
def test_a_card_with_an_open_end(opened: str) -> None:
    """Our section would be code, or would not be seen at all."""
    with pytest.raises(InputError, match="never closed"):
        composed(card(f"# Card\n\n{opened}\n".encode()), source())


def test_a_card_that_is_not_utf_8() -> None:
    """The line is named."""
    with pytest.raises(InputError, match=r"README.md, line 3: the card is not UTF-8"):
        composed(card(b"# Card\n\n\xff\n"), source())


FIRST, SECOND = source(), source(records.ready(), sha256="cd" * 32)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
LINES = st.lists(
    st.sampled_from(
        ["# Title", "text  ", "", "- item", "    code", "```", "| a | b |", "> q", "<b>x</b>", "---", "é", "\t", "1. x"]
    )
    | TEXT,
    max_size=8,
)
FRONTS = st.sampled_from(
    [
        "",
        "license: mit",
        "# why\nlicense: 'mit'  # so",
        "tags:\n  - a\n\nmodel-index:\n- name: other\n  results: [{task: {type: x}}]",
        "model-index:\n- name: Card fraud\n  results:\n  - task: {type: x}\n# end",
        "about: |\n  two\n  lines",
    ]
)


def kept_body(data: bytes) -> str:
    """The Markdown above the section."""
    text = outside(data)[0].decode().removeprefix("\ufeff")
    front = front_matter.find(text)
    assert front is not None
    return text[front.body :]


@pytest.fixture(scope="class")
def quick() -> Iterator[None]:
    """Sections and results are made once for each report."""
    sections = {report.sha256: writing.section_lines(report) for report in (FIRST, SECOND)}
    indices = {report.sha256: writing.index_of(report) for report in (FIRST, SECOND)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "section_lines", lambda report: sections[report.sha256])
        patch.setattr(writing, "index_of", lambda report: indices[report.sha256])
        yield


class TestAnyCard:
    """Whatever stands in it."""

    @settings(deadline=None, max_examples=examples(40))
    @given(LINES, FRONTS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans())
    def test_all_but_ours_is_kept_and_twice_is_once(
        self, quick: None, lines: list[str], front: str, newline: str, bom: bool, ends: bool
    ) -> None:
        """For any card: refused for a reason, or every byte outside kept, a second time changes nothing, and going to
        another report and back gives the same card.
        """
        body = newline.join(lines) + (newline if ends else "")
        head = f"---\n{front}\n---\n".replace("\n", "\r\n" if newline == "\r\n" else "\n") if front else ""
        if not front and front_matter.find(body) is not None:
            return
        old = (("\ufeff" if bom else "") + head + body).encode()
        try:
            new = composed(card(old), FIRST)
        except InputError:
            assert re.search(r"```|~~~|<", body)  # nothing else can be in the way
            return
        other = composed(card(new), SECOND)
        for data in (new, other):
            assert data.startswith(b"\xef\xbb\xbf") == bom
            assert kept_body(data).startswith(body)
            assert kept_body(data)[len(body) :].strip("\r\n") == ""
            assert outside(data)[1].strip(b"\r\n") == b""
            assert all(line in data.decode() for line in head.splitlines())
        assert new == composed(card(new), FIRST)
        assert new == composed(card(other), FIRST)

    @settings(deadline=None, max_examples=examples(30))
    @given(LINES, LINES, st.sampled_from(["\n", "\r\n"]))
    def test_a_section_between_other_texts_is_renewed_in_its_place(
        self, quick: None, above: list[str], below: list[str], newline: str
    ) -> None:
        """Every byte above and below stays."""
        front = newline.join([*above, "", begin("00" * 32), "old"]) + newline * 2
        back = newline + newline.join(["", *below])
        try:
            new = composed(card((front + END + back).encode()), FIRST, metadata=False).decode()
        except InputError:
            assert re.search(r"```|~~~|<|-", "".join(above))
            return
        assert new.startswith(front.partition(SECTION)[0])
        assert new.endswith(END + back)
        assert "00" * 32 not in new


# Do they belong together? ---------------------------------------------------------------------------------------------


def test_a_card_and_its_report_belong_together() -> None:
    """Nothing differs from what the report would write."""
    data = composed(card(OTHERS), source())
    assert () == differences(card(data), source())


def edited(old: str, new: str) -> bytes:
    text = composed(card(OTHERS), source()).decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (None, ["it has no readiness section", "the results in its model-index are not those of the report"]),
        (
            ("It misses a requirement", "It meets every requirement"),
            ["its section is not what the report says, first on line {line}"],
        ),
        (("value: 0.612", "value: 0.999"), ["the results in its model-index are not those of the report"]),
        (("ab" * 32 + " -->", "ef" * 32 + " -->"), ["its section names the report efefefefefef…"]),
        (("type: recall", "type: precision"), ["the results in its model-index"]),
    ],
)
def test_what_differs_is_told(edit: tuple[str, str] | None, words: list[str]) -> None:
    """Section, report and results, each by itself."""
    line = composed(card(OTHERS), source()).partition(b"It misses a requirement")[0].count(b"\n") + 1
    found = differences(card(OTHERS if edit is None else edited(*edit)), source())
    assert len(words) == len(found)
    assert all(said.startswith(start.format(line=line)) for said, start in zip(found, words, strict=True))


def test_results_do_not_count_without_metadata() -> None:
    """Only the section is compared."""
    data = composed(card(OTHERS), source(), metadata=False)
    assert () == differences(card(data), source(), metadata=False)


def test_another_text_around_the_section_is_no_difference() -> None:
    """People may write what they like."""
    data = composed(card(OTHERS), source()).replace(b"last", b"new last").replace(b"apache-2.0", b"mit")
    assert () == differences(card(data), source())


# Files ----------------------------------------------------------------------------------------------------------------


def test_rights_and_links_are_kept(tmp_path: Path) -> None:
    """A card behind a symbolic link is written behind it, with the rights that it had."""
    (tmp_path / "docs").mkdir()
    real, linked = tmp_path / "docs" / "card.md", tmp_path / "README.md"
    real.write_bytes(b"# Card\n")
    real.chmod(0o640)
    linked.symlink_to(real)
    found = open_card(linked)
    write(found, composed(found, source()))
    assert linked.is_symlink()
    assert 0o640 == stat.S_IMODE(real.stat().st_mode)
    assert SECTION in real.read_text()
    assert ["card.md"] == [path.name for path in real.parent.iterdir()]


def test_a_card_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing the file would get round its protection."""
    path = tmp_path / "README.md"
    path.write_bytes(b"# Card\n")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="protected"):
        write(open_card(path), b"x")
    assert b"# Card\n" == path.read_bytes()


def prepare(folder: Path, kind: str) -> Path:
    path = folder / ("README.md" if kind != "html" else "report.html")
    if kind == "nowhere":
        return folder / "no" / "README.md"
    if kind == "folder":
        path.mkdir()
    if kind == "link":
        path.symlink_to(folder / "gone.md")
    if kind == "loop":
        path.symlink_to(path)
    if kind == "disguise":
        (folder / "report.html").write_bytes(b"x")
        path.symlink_to(folder / "report.html")
    if kind == "huge":
        path.write_bytes(b"x" * 5_000_001)
    if kind == "pipe":
        os.mkfifo(path)
    return path


@pytest.mark.parametrize("kind", ["nowhere", "folder", "link", "loop", "disguise", "huge", "pipe", "html"])
def test_what_is_no_card(kind: str, tmp_path: Path) -> None:
    """Refused before anything is read or written."""
    with pytest.raises(InputError):
        open_card(prepare(tmp_path, kind))


def test_no_card_yet(tmp_path: Path) -> None:
    """A path where one can be made."""
    assert open_card(tmp_path / "README.md").data is None


# Reports --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "out" / "report.html"
    path.parent.mkdir()
    path.write_bytes(report_bytes(records.not_ready()))
    return path


def test_a_report_is_read_with_its_place(report: Path, tmp_path: Path) -> None:
    """The path goes from the card's folder, with forward slashes."""
    found = read_source(report, card=tmp_path / "README.md")
    assert ("out/report.html", "report.html", False) == (found.path, found.name, found.opened.signed)
    assert "../out/report.html" == read_source(report, card=tmp_path / "docs" / "README.md").path


def test_a_key_is_asked_for_a_signature(report: Path) -> None:
    """An unsigned report proves nothing to a key; a signed one says that it was verified."""
    key = generate("ed25519")
    with pytest.raises(UnsignedReport):
        read_source(report, [key.public])
    report.write_bytes(sign_report(report.read_bytes(), key))
    assert read_source(report, [key.public]).verified
    assert not read_source(report).verified
    with pytest.raises(InvalidReport):
        read_source(report, [generate("ed25519").public])


def test_a_partial_report_is_refused(report: Path) -> None:
    """A card speaks of six questions."""
    partial = dataclasses.replace(records.not_ready(), only=("baseline",))
    report.write_bytes(report_bytes(partial))
    with pytest.raises(InputError, match="partial report: it asks baseline only"):
        read_source(report)


def test_a_verdict_that_does_not_follow_is_refused(report: Path) -> None:
    """Signed or not."""
    report.write_bytes(report_bytes(dataclasses.replace(records.not_ready(), verdict=records.ready().verdict)))
    with pytest.raises(InvalidReport):
        read_source(report)


@pytest.mark.parametrize(
    "url", ["http://a.example", "javascript:alert(1)", "https://a b", "https://a>", "x", "https://"]
)
def test_an_address_that_is_none(url: str, report: Path) -> None:
    """https, and nothing that could end a link."""
    with pytest.raises(InputError, match="--url"):
        read_source(report, url=url)


def test_nothing_reaches_the_network(report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even to look up a name."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    found = open_card(tmp_path / "README.md")
    write(found, composed(found, read_source(report, card=found.path)))
    assert () == differences(open_card(tmp_path / "README.md"), read_source(report, card=found.path))
    assert ModelCard.load(tmp_path / "README.md").data.eval_results[0].metric_value == 0.612
