"""The file as bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.errors import InvalidReport
from readiness.signing import layout
from readiness.signing.layout import Parts, join, split

CONTENT = b"<p>x</p></html>\n"


def test_bytes_of_a_file() -> None:
    """The record stands in one comment behind the page, with the page's length and its own digest before it."""
    digest = hashlib.sha256(b"[1]").hexdigest().encode()
    expected = CONTENT + b"<!--readiness-signatures/v1 16 " + digest + b"\n[1]\n-->\n"
    assert expected == join(Parts(CONTENT, b"[1]", "signatures"))


@pytest.mark.parametrize("kind", ["signatures", "unsigned"])
def test_splitting_undoes_joining(kind: layout.Kind) -> None:
    """Both kinds of record come back as they were."""
    parts = Parts(CONTENT, b'{"a":"b"}', kind)
    assert parts == split(join(parts))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xef\xbb\xbf" + CONTENT, "byte order mark"),
        (b"a\r\n" + CONTENT, "carriage return"),
        (b"\0" + CONTENT, "NUL"),
        (b"\xff" + CONTENT, "not UTF-8 at byte 0"),
        (b"\xed\xa0\x80" + CONTENT, "not UTF-8 at byte 0"),
        (b"<!--readiness-signatures/" + CONTENT, "begins a record"),
        (b"<!--readiness-unsigned/v9" + CONTENT, "begins a record"),
        (CONTENT + b"\n", "does not end with </html>"),
        (CONTENT[:-1], "does not end with </html>"),
        (b"", "does not end with </html>"),
    ],
)
def test_pages_that_cannot_be_signed(content: bytes, words: str, forge: Callable[..., bytes]) -> None:
    """Writing says which rule the page breaks; reading a file made by hand refuses it too."""
    with pytest.raises(InvalidReport, match=words):
        join(Parts(content, b"[]", "signatures"))
    with pytest.raises(InvalidReport):
        split(forge(content, b"[]"))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "no readiness record"),
        (CONTENT, "no readiness record"),
        (CONTENT + b"<!--readiness-signatures/v2 16 " + b"0" * 64 + b"\n[]\n-->\n", "cannot read"),
        (CONTENT + b"<!--readiness-signatures/v1 016 " + b"0" * 64 + b"\n[]\n-->\n", "cannot read"),
        (CONTENT + b"<!--readiness-signatures/v1 16 " + b"A" * 64 + b"\n[]\n-->\n", "cannot read"),
        (CONTENT + "<!--readiness-signatures/v1 \u0661\u0666 ".encode() + b"0" * 64 + b"\n[]\n-->\n", "cannot read"),
        (CONTENT + b"<!--readiness-signatures/v1 15 " + b"0" * 64 + b"\n[]\n-->\n", "has 16 bytes; its record says 15"),
        (CONTENT + b"<!--readiness-signatures/v1 16 " + b"0" * 64 + b"\n[]\n-->\n", "altered or damaged"),
        (CONTENT + b"<!--readiness-signatures/v1 16 " + b"0" * 64 + b"\n[]\n-->\n ", "cut off or added to"),
        (CONTENT + b"<!--readiness-signatures/v1 16 " + b"0" * 64 + b"\n-->\n", "cut off or added to"),
    ],
)
def test_files_that_are_no_reports(file: bytes, words: str) -> None:
    """Each way to miss the layout has its own words."""
    with pytest.raises(InvalidReport, match=words):
        split(file)


@pytest.mark.parametrize("character", [*"<>&\n\t", "\x7f", "\x00", "é"])
def test_characters_that_a_record_never_has(character: str, forge: Callable[..., bytes]) -> None:
    """A record with a fitting digest is still refused when it holds one of these."""
    with pytest.raises(InvalidReport, match="characters that a record never has"):
        split(forge(CONTENT, b'"' + character.encode() + b'"'))


def test_two_records_in_one_file() -> None:
    """A second record is refused wherever it stands, and whichever kind it is."""
    first, second = (join(Parts(CONTENT, b"[]", kind)) for kind in ("signatures", "unsigned"))
    for file in (first + second, second + first, first + first, first[len(CONTENT) :] + second):
        with pytest.raises(InvalidReport, match="2 records"):
            split(file)


def test_the_largest_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte above the limit is refused before anything is parsed."""
    file = join(Parts(CONTENT, b"[]", "unsigned"))
    monkeypatch.setattr(layout, "LARGEST_FILE", len(file))
    assert b"[]" == split(file).record
    monkeypatch.setattr(layout, "LARGEST_FILE", len(file) - 1)
    with pytest.raises(InvalidReport, match="bytes; a report has at most"):
        split(file)


@given(st.binary(max_size=80), st.binary(max_size=40))
def test_every_file_is_read_in_one_way(before: bytes, record: bytes) -> None:
    """What `split` accepts, `join` writes back to the very same bytes."""
    content = before + b"</html>\n"
    header = f"<!--readiness-unsigned/v1 {len(content)} {hashlib.sha256(record).hexdigest()}\n".encode()
    file = content + header + record + b"\n-->\n"
    try:
        parts = split(file)
    except InvalidReport:
        return
    assert file == join(parts)
