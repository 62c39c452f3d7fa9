"""Writing, signing, reading and verifying whole reports."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from readiness.core import canonical
from readiness.core.errors import InvalidReport, KeyFileError, UnsignedReport
from readiness.signing import layout
from readiness.signing.keys import PrivateKey, generate, load_public
from readiness.signing.reports import (
    ReportFile,
    Subject,
    read_report,
    sign_report,
    statement,
    unsigned_report,
    verify_report,
)

GOLDEN = Path(__file__).parent / "golden"


def test_an_unsigned_report_is_read(unsigned: bytes, page: bytes) -> None:
    """Page and claim come back; nobody has signed."""
    found = read_report(unsigned)
    assert (page, False, ()) == (found.content, found.signed, found.keyids)
    assert "ready" == found.statement["predicate"]["verdict"]


def test_an_unsigned_report_holds_the_bare_claim(unsigned: bytes) -> None:
    """The line before the last is the Statement itself, in canonical JSON."""
    marker, record, end, rest = unsigned.split(b"</html>\n")[1].split(b"\n")
    assert marker.startswith(b"<!--readiness-unsigned/v1 ")
    assert canonical.dumps(read_report(unsigned).statement) == record
    assert (b"-->", b"") == (end, rest)


def test_an_unsigned_report_never_verifies(unsigned: bytes, key: PrivateKey) -> None:
    """It is intact and says so, with an error of its own."""
    with pytest.raises(UnsignedReport, match="nobody has signed it"):
        verify_report(unsigned, [key.public])


def test_a_signed_report_verifies(signed: bytes, key: PrivateKey) -> None:
    """Verifying gives what reading gives, and the key id is now proven."""
    found = verify_report(signed, [key.public])
    assert read_report(signed) == found
    assert (True, (key.public.keyid,)) == (found.signed, found.keyids)


def test_signing_leaves_the_page_as_it_is(signed: bytes, unsigned: bytes, page: bytes) -> None:
    """Only the comment behind the page changes."""
    assert signed.startswith(page + b"<!--readiness-signatures/v1 ")
    assert unsigned.startswith(page + b"<!--readiness-unsigned/v1 ")


def test_signing_adds_the_signer_and_nothing_else(signed: bytes, unsigned: bytes, key: PrivateKey) -> None:
    """The claim is the unsigned one plus the key that signed it."""
    claim = read_report(signed).statement
    signer = claim["predicate"].pop("signer")
    assert {"keyid": key.public.keyid, "spkiSha256": key.public.spki_sha256} == signer
    assert read_report(unsigned).statement == claim


def test_one_of_several_keys_is_enough(signed: bytes, key: PrivateKey) -> None:
    """The verifier may trust more than one key; the report says which of them to try."""
    others = [generate("ed25519").public, generate("ecdsa-p256").public]
    assert (key.public.keyid,) == verify_report(signed, [*others, key.public]).keyids


def test_another_key_does_not_verify(signed: bytes, key: PrivateKey) -> None:
    """The message names both keys."""
    other = generate(key.public.algorithm).public
    with pytest.raises(InvalidReport) as caught:
        verify_report(signed, [other])
    assert key.public.keyid in str(caught.value)
    assert other.keyid in str(caught.value)


def test_no_key_is_an_error_of_the_caller(signed: bytes) -> None:
    """Without a key nothing can be verified, which says nothing about the report."""
    with pytest.raises(KeyFileError, match="no public key"):
        verify_report(signed, [])


def test_a_signed_report_is_not_signed_again(signed: bytes, key: PrivateKey) -> None:
    """A second signature would hide the first."""
    with pytest.raises(InvalidReport, match="signed already"):
        sign_report(signed, key)


def test_a_damaged_report_is_not_signed(unsigned: bytes, key: PrivateKey) -> None:
    """A page that changed since the review gets no signature."""
    with pytest.raises(InvalidReport, match="not the one the record is about"):
        sign_report(unsigned.replace(b"58 of 120", b"98 of 120"), key)


def test_the_claim_must_be_about_the_page(page: bytes) -> None:
    """A report is not written when its digest is another page's."""
    claim = statement([Subject("report", "0" * 64)], {})
    with pytest.raises(InvalidReport, match="not the one the record is about"):
        unsigned_report(page, claim)


def test_an_unsigned_claim_cannot_name_a_signer(make_unsigned: Callable[..., bytes]) -> None:
    """The signer is whoever signs, never what the record says beforehand."""
    with pytest.raises(InvalidReport, match="names a signer"):
        make_unsigned(signer={"keyid": "x"})


def test_the_model_may_be_a_subject(page: bytes, key: PrivateKey) -> None:
    """Report and model are both named, in the given order."""
    digest = hashlib.sha256(page).hexdigest()
    claim = statement([Subject("model", "1" * 64), Subject("report", digest)], {"verdict": "ready"})
    found = verify_report(sign_report(unsigned_report(page, claim), key), [key.public])
    assert ["model", "report"] == [subject["name"] for subject in found.statement["subject"]]


def test_a_page_without_a_record(page: bytes, key: PrivateKey) -> None:
    """A signature cut off together with its record leaves a page that is no report."""
    for read in (read_report, lambda report: verify_report(report, [key.public])):
        with pytest.raises(InvalidReport, match="holds no readiness record"):
            read(page)


def test_line_ends_changed_on_the_way(signed: bytes, unsigned: bytes, key: PrivateKey) -> None:
    """Still not valid, but the message says that nothing else is wrong."""
    for report in (signed, unsigned):
        with pytest.raises(InvalidReport, match="without the carriage returns the page matches"):
            verify_report(report.replace(b"\n", b"\r\n"), [key.public])


def test_line_ends_and_more_changed(signed: bytes, page: bytes, key: PrivateKey) -> None:
    """The message says what is wrong besides the line ends."""
    altered = signed.replace(b"58 of 120", b"98 of 120").replace(b"\n", b"\r\n")
    with pytest.raises(InvalidReport, match=r"not the one the record is about.*also holds carriage returns"):
        verify_report(altered, [key.public])


def test_further_entries_are_read_and_not_verified(
    signed: bytes, key: PrivateKey, page: bytes, forge: Callable[..., bytes]
) -> None:
    """Up to 64 entries can be shown; this version knows what one of them means."""
    (bundle,) = canonical.loads(layout.split(signed).record)
    for count in (2, 64):
        report = forge(page, canonical.dumps([bundle] * count))
        assert (key.public.keyid,) * count == read_report(report).keyids
        with pytest.raises(InvalidReport, match=f"has {count} signatures; this version accepts exactly one"):
            verify_report(report, [key.public])
    with pytest.raises(InvalidReport, match="list of 1 to 64 signatures"):
        read_report(forge(page, canonical.dumps([bundle] * 65)))


def test_a_large_report_is_read_quickly(make_unsigned: Callable[..., bytes], ed25519_key: PrivateKey) -> None:
    """A record of seven million bytes passes the limit and comes back whole."""
    rows = [{"code": f"SEGM-{index}", "value": "0.8731", "text": "x" * 900} for index in range(7_000)]
    report = sign_report(make_unsigned(rows=rows), ed25519_key)
    assert rows == verify_report(report, [ed25519_key.public]).statement["predicate"]["rows"]


@pytest.mark.parametrize("name", ["ecdsa-p256", "ed25519"])
def test_reports_of_the_first_version_stay_readable(name: str) -> None:
    """Files signed by version 0.1 verify with every later version, down to the same bytes."""
    report = (GOLDEN / f"{name}.html").read_bytes()
    public = load_public(GOLDEN / f"{name}.pub")
    found = verify_report(report, [public])
    assert "not_ready" == found.statement["predicate"]["verdict"]
    assert report == layout.join(layout.split(report))


def test_unsigned_reports_of_the_first_version_stay_readable() -> None:
    """An unsigned file of version 0.1 is read, and written again from its parts with the same bytes."""
    report = (GOLDEN / "unsigned.html").read_bytes()
    found = read_report(report)
    assert isinstance(found, ReportFile)
    assert report == unsigned_report(found.content, found.statement)
