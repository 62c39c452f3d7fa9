"""A card is never a report, never endless, and never a fault of the program, whatever stands in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from readiness.core.errors import InputError
from readiness.report.card.front_matter import Index, with_results
from readiness.report.card.section import link, section_lines
from readiness.report.card.write import open_card
from readiness.signing.keys import generate
from readiness.signing.reports import sign_report
from tests.report.card.sources import report_bytes, source
from tests.report.page import records

OURS = Index("fraud", [{"metrics": [{"type": "f1", "value": 0.9}], "source": {"name": "readiness"}}])


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("way", ["copy", "symbolic link", "hard link", "quoted"])
def test_a_report_is_no_card(tmp_path: Path, signed: bool, way: str) -> None:
    """Its record would be broken: under any name, and also where only a part of one was pasted into a card."""
    made = report_bytes(records.ready())
    report, card = tmp_path / "report.html", tmp_path / "report.md"
    report.write_bytes(sign_report(made, generate("ed25519")) if signed else made)
    if way == "symbolic link":
        report.rename(tmp_path / "real.md")
        card.symlink_to(tmp_path / "real.md")
    elif way == "hard link":
        card.hardlink_to(report)
    else:
        start = report.read_bytes().index(b"<!--readiness-")
        card.write_bytes(b"# Card\n\n" + report.read_bytes()[start:] if way == "quoted" else report.read_bytes())
    with pytest.raises(InputError, match="holds the record of a report"):
        open_card(card)


def test_a_card_may_speak_of_records(tmp_path: Path) -> None:
    """Our own section does: the command that verifies without this program names the marker."""
    (tmp_path / "README.md").write_text("\n".join(section_lines(source())))
    assert b"readiness-signatures/v1" in (open_card(tmp_path / "README.md").data or b"")


@pytest.mark.parametrize(
    "block",
    [
        "a: !!bool foo",
        "a: !!timestamp foo",
        'a: !!int ""',
        "a: !!float ''",
        "a: 0x" + "f" * 6000,
        "a: " + "9" * 6000,
        "a: 2001-99-99",
        "a: [" + "[" * 1000 + "]" * 1000 + "]",
    ],
    ids=["bool", "timestamp", "int", "float", "hexadecimal", "digits", "date", "depth"],
)
def test_a_front_matter_that_cannot_be_constructed(block: str) -> None:
    """Tags that do not fit and numbers without end are named by file and line, as any other mistake."""
    with pytest.raises(InputError, match=r"^README.md, line 2: the front matter is not usable YAML: .+"):
        with_results(f"---\n{block}\n---\n", "\n", OURS, "README.md")


def test_a_front_matter_without_end_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it would take minutes."""
    monkeypatch.setattr(yaml, "compose", lambda *_words, **_more: pytest.fail("it was read"))
    monkeypatch.setattr(yaml, "safe_load", lambda *_words, **_more: pytest.fail("it was read"))
    with pytest.raises(InputError, match="characters; at most 500,000"):
        with_results("---\n" + "k: 1\n" * 800_000 + "---\n", "\n", OURS, "README.md")


def test_a_report_whose_name_is_not_utf8() -> None:
    """The link holds its bytes, and everything that is written is text."""
    name = os.fsdecode(b"r\xe4.html")
    named = source(name=name, path=name)
    assert "<r%E4.html#errors>" == link(named, "errors")
    assert "r⟨U+DCE4⟩.html" in "\n".join(section_lines(named)).encode("utf-8").decode("utf-8")
