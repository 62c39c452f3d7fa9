"""Nothing but the signed bytes verifies."""

from __future__ import annotations

import copy
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from readiness.core import canonical
from readiness.core.errors import InvalidReport, UnsignedReport
from readiness.signing import layout
from readiness.signing.envelope import pae, seal, to_bundle
from readiness.signing.keys import PrivateKey, generate
from readiness.signing.reports import read_report, sign_report, verify_report

Forge = Callable[..., bytes]


def accepted(files: Iterable[bytes], key: PrivateKey) -> list[bytes]:
    """Give the files that verify; any error but InvalidReport ends the test."""
    passed = []
    for file in files:
        try:
            verify_report(file, [key.public])
        except InvalidReport:
            continue
        passed.append(file)
    return passed


def bundles_of(report: bytes) -> list[dict[str, Any]]:
    return copy.deepcopy(canonical.loads(layout.split(report).record))


def test_the_report_is_small(signed: bytes) -> None:
    """The tests below visit every byte, so there must be few, and a page, a header and a record among them."""
    assert 500 < len(signed) < 3000


@pytest.mark.parametrize("mask", [0x01, 0x20, 0xFF])
def test_no_flipped_byte_verifies(mask: int, signed: bytes, key: PrivateKey) -> None:
    """The lowest bit, the case bit, and all bits, at every place."""
    flips = (signed[:at] + bytes([signed[at] ^ mask]) + signed[at + 1 :] for at in range(len(signed)))
    assert [] == accepted(flips, key)


@pytest.mark.parametrize("byte", [b"\n", b" ", b"0", b"\0"])
def test_no_inserted_byte_verifies(byte: bytes, signed: bytes, key: PrivateKey) -> None:
    """A byte more at any place, both ends included."""
    assert [] == accepted((signed[:at] + byte + signed[at:] for at in range(len(signed) + 1)), key)


def test_no_deleted_byte_verifies(signed: bytes, key: PrivateKey) -> None:
    """A byte less at any place."""
    assert [] == accepted((signed[:at] + signed[at + 1 :] for at in range(len(signed))), key)


def test_no_cut_verifies(signed: bytes, key: PrivateKey) -> None:
    """The beginning alone and the end alone, of any length."""
    assert [] == accepted((signed[:at] for at in range(len(signed))), key)
    assert [] == accepted((signed[at:] for at in range(1, len(signed) + 1)), key)


def test_no_flipped_byte_of_an_unsigned_report_is_read(unsigned: bytes) -> None:
    """Reading without a signature still notices every damaged byte."""
    for at in range(len(unsigned)):
        with pytest.raises(InvalidReport):
            read_report(unsigned[:at] + bytes([unsigned[at] ^ 1]) + unsigned[at + 1 :])


def test_no_flipped_payload_or_signature_bit_verifies(
    signed: bytes, key: PrivateKey, page: bytes, forge: Forge
) -> None:
    """With base64, header and digest redone: every bit of the payload and of the signature counts."""

    def variants() -> Iterable[bytes]:
        (bundle,) = bundles_of(signed)
        dsse = bundle["dsseEnvelope"]
        for holder, name in ((dsse, "payload"), (dsse["signatures"][0], "sig")):
            original = b64decode(holder[name])
            for place in range(len(original)):
                flipped = original[:place] + bytes([original[place] ^ 1]) + original[place + 1 :]
                holder[name] = b64encode(flipped).decode()
                yield forge(page, canonical.dumps([bundle]))
            holder[name] = b64encode(original).decode()

    assert [] == accepted(variants(), key)


def test_the_forger_of_these_tests_can_write_a_valid_file(
    signed: bytes, key: PrivateKey, page: bytes, forge: Forge
) -> None:
    """Otherwise the tests below would pass for the wrong reason."""
    record = canonical.dumps(bundles_of(signed))
    assert signed == forge(page, record)
    assert [signed] == accepted([forge(page, record)], key)


def test_a_record_moved_to_another_page(
    signed: bytes, key: PrivateKey, make_unsigned: Callable[..., bytes], page: bytes, forge: Forge
) -> None:
    """The signature holds, the page is another one."""
    other_page = page.replace(b"58 of 120", b"98 of 120")
    other = sign_report(make_unsigned(other_page), key)
    for content, report in ((other_page, signed), (page, other)):
        with pytest.raises(InvalidReport, match="not the one the record is about"):
            verify_report(forge(content, layout.split(report).record), [key.public])


def test_a_record_hidden_in_the_page(signed: bytes, key: PrivateKey, make_unsigned: Callable[..., bytes]) -> None:
    """A page that holds a second record is not written, and not read when written by hand."""
    with pytest.raises(InvalidReport, match="begins a record"):
        make_unsigned(b"<!--readiness-signatures/v1 --></html>\n")
    block = signed[len(layout.split(signed).content) :]
    assert [] == accepted([signed + block, block + signed, signed.replace(b"<p>", block + b"<p>")], key)


def test_appended_and_prepended_text(signed: bytes, key: PrivateKey) -> None:
    """Nothing may stand before or behind."""
    extras = [b" ", b"\n", b"\0", b"<script>alert(1)</script>", b"</html>\n", b"-->\n", b"\xef\xbb\xbf"]
    assert [] == accepted([signed + extra for extra in extras] + [extra + signed for extra in extras], key)


def test_transport_that_rewrites_text(signed: bytes, key: PrivateKey) -> None:
    """Changed line ends, another encoding, a byte order mark."""
    text = signed.decode()
    sent = [
        signed.replace(b"\n", b"\r\n"),
        signed.replace(b"\n", b"\r"),
        signed.replace(b"\n", b"\r\n", 1),
        text.encode("utf-16"),
        text.encode("latin-1", "replace"),
        text.encode("utf-8-sig"),
        signed.rstrip(b"\n"),
        signed.replace(b"=", b"=3D"),
    ]
    assert [] == accepted(sent, key)


def test_a_signature_taken_off(signed: bytes, key: PrivateKey, page: bytes, forge: Forge) -> None:
    """As unsigned report the claim still names its signer, which gives the theft away."""
    claim = read_report(signed).statement
    with pytest.raises(InvalidReport, match="signature was removed"):
        verify_report(forge(page, canonical.dumps(claim), "unsigned"), [key.public])


def test_a_signature_taken_off_with_care(signed: bytes, key: PrivateKey, page: bytes, forge: Forge) -> None:
    """Without the signer's name it is an unsigned report, which never verifies."""
    claim = read_report(signed).statement
    del claim["predicate"]["signer"]
    with pytest.raises(UnsignedReport):
        verify_report(forge(page, canonical.dumps(claim), "unsigned"), [key.public])


def test_records_under_the_wrong_marker(
    signed: bytes, unsigned: bytes, key: PrivateKey, page: bytes, forge: Forge
) -> None:
    """Signatures marked as unsigned, and a bare claim marked as signatures."""
    assert [] == accepted(
        [
            forge(page, layout.split(signed).record, "unsigned"),
            forge(page, layout.split(unsigned).record, "signatures"),
        ],
        key,
    )


def edit_payload(bundle: dict[str, Any], edit: Callable[[dict[str, Any]], object]) -> None:
    claim = canonical.loads(b64decode(bundle["dsseEnvelope"]["payload"]))
    edit(claim)
    bundle["dsseEnvelope"]["payload"] = b64encode(canonical.dumps(claim)).decode()


BUNDLE_EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "verdict": lambda b: edit_payload(b, lambda claim: claim["predicate"].update(verdict="not_ready")),
    "predicate type": lambda b: edit_payload(b, lambda claim: claim.update(predicateType="urn:other")),
    "signer": lambda b: edit_payload(b, lambda claim: claim["predicate"]["signer"].update(keyid="x")),
    "payload type": lambda b: b["dsseEnvelope"].update(payloadType="text/plain"),
    "hint": lambda b: b["verificationMaterial"]["publicKey"].update(hint="SHA256:" + "A" * 43),
    "key id": lambda b: b["dsseEnvelope"]["signatures"][0].update(keyid="SHA256:" + "A" * 43),
    "zero signatures": lambda b: b["dsseEnvelope"].update(signatures=[]),
    "two signatures": lambda b: b["dsseEnvelope"].update(signatures=b["dsseEnvelope"]["signatures"] * 2),
    "empty signature": lambda b: b["dsseEnvelope"]["signatures"][0].update(sig=""),
    "extra key": lambda b: b.update(note="hello"),
    "media type": lambda b: b.update(mediaType="application/json"),
}


@pytest.mark.parametrize("edit", BUNDLE_EDITS.values(), ids=BUNDLE_EDITS.keys())
def test_edited_bundles(
    edit: Callable[[dict[str, Any]], object], signed: bytes, key: PrivateKey, page: bytes, forge: Forge
) -> None:
    """The attacker edits one thing in the record and redoes the header."""
    (bundle,) = bundles_of(signed)
    edit(bundle)
    assert [] == accepted([forge(page, canonical.dumps([bundle]))], key)


def test_another_base64_alphabet(
    key: PrivateKey, make_unsigned: Callable[..., bytes], page: bytes, forge: Forge
) -> None:
    """The same payload bytes, spelt in the form for web addresses; a question mark makes the two forms differ."""
    (bundle,) = bundles_of(sign_report(make_unsigned(note="???"), key))
    payload = bundle["dsseEnvelope"]["payload"]
    bundle["dsseEnvelope"]["payload"] = payload.replace("/", "_")
    assert payload != bundle["dsseEnvelope"]["payload"]
    assert [] == accepted([forge(page, canonical.dumps([bundle]))], key)


def test_other_lists_of_entries(signed: bytes, key: PrivateKey, page: bytes, forge: Forge) -> None:
    """No entry, the entry without its list, the entry twice, an unknown second entry, too many entries."""
    (bundle,) = bundles_of(signed)
    records = [[], bundle, [bundle, bundle], [bundle, {}], [[bundle]], [bundle, None], [bundle] * 65, None, "", 0]
    assert [] == accepted([forge(page, canonical.dumps(record)) for record in records], key)


def test_other_spellings_of_the_record(signed: bytes, key: PrivateKey, page: bytes, forge: Forge) -> None:
    """The same JSON with a space, another escape, another order, or a key given twice."""
    record = layout.split(signed).record
    spellings = [
        record + b" ",
        record.replace(b":", b": ", 1),
        record.replace(b"hint", b"\\u0068int"),
        record.replace(b'{"hint"', b'{"hint":"x","hint"'),
        record.replace(b'"tlogEntries":[]', b'"tlogEntries":[],"tlogEntries":[]'),
        record.replace(b',"tlogEntries":[]', b"").replace(b'{"publicKey"', b'{"tlogEntries":[],"publicKey"'),
    ]
    assert len(spellings) == len({*spellings} - {record})
    assert [] == accepted([forge(page, spelling) for spelling in spellings], key)


@pytest.mark.parametrize("payload", [b'{"a": 1}', b'{"a":1,"a":1}', b"[]", b"{}", b"1.5", b"", b"\xff", b"[" * 5000])
def test_signed_payloads_that_are_no_claim(payload: bytes, key: PrivateKey, page: bytes, forge: Forge) -> None:
    """Even the trusted key cannot sign something that is not a canonical claim into validity."""
    assert [] == accepted([forge(page, canonical.dumps([to_bundle(seal(payload, key))]))], key)


def test_the_twin_signed_by_an_attacker(
    signed: bytes, unsigned: bytes, key: PrivateKey, page: bytes, forge: Forge
) -> None:
    """A whole report by another key, also under the hint of the trusted one."""
    attacker = generate(key.public.algorithm)
    twin = sign_report(unsigned, attacker)
    (bundle,) = bundles_of(twin)
    bundle["verificationMaterial"]["publicKey"]["hint"] = key.public.keyid
    bundle["dsseEnvelope"]["signatures"][0]["keyid"] = key.public.keyid
    assert [] == accepted([twin, forge(page, canonical.dumps([bundle]))], key)


def test_a_claim_that_names_another_signer(
    ecdsa_key: PrivateKey, ed25519_key: PrivateKey, signed: bytes, forge: Forge, page: bytes
) -> None:
    """Two trusted keys: one cannot sign in the other's name, nor with no name at all."""
    claim = read_report(signed).statement
    named = claim["predicate"].pop("signer")
    (other,) = (k for k in (ecdsa_key, ed25519_key) if k.public.keyid != named["keyid"])
    keys = [ecdsa_key.public, ed25519_key.public]
    half = {"keyid": other.public.keyid, "spkiSha256": named["spkiSha256"]}
    for signer in (named, half, None, {}, "x", [named], {**half, "spkiSha256": other.public.spki_sha256, "more": 1}):
        payload = canonical.dumps({**claim, "predicate": {**claim["predicate"], "signer": signer}})
        with pytest.raises(InvalidReport, match="names another signer"):
            verify_report(forge(page, canonical.dumps([to_bundle(seal(payload, other))])), keys)
    with pytest.raises(InvalidReport, match="names another signer"):
        verify_report(forge(page, canonical.dumps([to_bundle(seal(canonical.dumps(claim), other))])), keys)


def test_swapped_kinds_of_key(
    ecdsa_key: PrivateKey, ed25519_key: PrivateKey, unsigned: bytes, forge: Forge, page: bytes
) -> None:
    """A signature of one kind under the hint of a trusted key of the other kind."""
    keys = [ecdsa_key.public, ed25519_key.public]
    for signer, claimed in ((ecdsa_key, ed25519_key), (ed25519_key, ecdsa_key)):
        (bundle,) = bundles_of(sign_report(unsigned, signer))
        bundle["verificationMaterial"]["publicKey"]["hint"] = claimed.public.keyid
        bundle["dsseEnvelope"]["signatures"][0]["keyid"] = claimed.public.keyid
        with pytest.raises(InvalidReport, match="signature does not hold"):
            verify_report(forge(page, canonical.dumps([bundle])), keys)


def test_a_signature_over_the_bare_payload(signed: bytes, key: PrivateKey, page: bytes, forge: Forge) -> None:
    """Only the encoding with type and lengths is signed: not the payload, nor another type's encoding."""
    (bundle,) = bundles_of(signed)
    payload = b64decode(bundle["dsseEnvelope"]["payload"])
    for message in (payload, pae(payload).replace(b"DSSEv1 28 application/vnd.in-toto+json", b"DSSEv1 1 x")):
        bundle["dsseEnvelope"]["signatures"][0]["sig"] = b64encode(key.sign(message)).decode()
        with pytest.raises(InvalidReport, match="signature does not hold"):
            verify_report(forge(page, canonical.dumps([bundle])), [key.public])
