"""One signed claim."""

from __future__ import annotations

import copy
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest

from readiness.core.errors import InvalidReport
from readiness.signing.envelope import from_bundle, pae, seal, to_bundle
from readiness.signing.keys import PrivateKey


def test_signed_bytes() -> None:
    """Type and payload, each with its length in bytes (DSSE 1.0.2, protocol.md)."""
    assert b"DSSEv1 28 application/vnd.in-toto+json 3 {1}" == pae(b"{1}")


def test_fields_of_a_bundle(ed25519_key: PrivateKey) -> None:
    """A sigstore bundle v0.3 with the key id as hint and no log entries."""
    bundle = to_bundle(seal(b"{}", ed25519_key))
    signature = bundle["dsseEnvelope"]["signatures"][0].pop("sig")
    keyid = ed25519_key.public.keyid
    expected = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": keyid}, "tlogEntries": []},
        "dsseEnvelope": {
            "payloadType": "application/vnd.in-toto+json",
            "payload": "e30=",
            "signatures": [{"keyid": keyid}],
        },
    }
    assert expected == bundle
    assert ed25519_key.public.accepts(b64decode(signature), pae(b"{}"))


def test_reading_undoes_writing(key: PrivateKey) -> None:
    """A bundle gives back the envelope it was made of."""
    envelope = seal(b'{"a":1}', key)
    assert envelope == from_bundle(to_bundle(envelope))


Edit = Callable[[dict[str, Any]], object]


def set_in(*path: Any, to: Any) -> Edit:
    def edit(bundle: Any) -> None:
        for step in path[:-1]:
            bundle = bundle[step]
        bundle[path[-1]] = to

    return edit


def trailing_bits(bundle: dict[str, Any]) -> None:
    """The payload "{}" is "e30="; "e31=" decodes to the same two bytes."""
    assert b64decode("e31=") == b"{}"
    bundle["dsseEnvelope"]["payload"] = "e31="


EDITS: dict[str, Edit] = {
    "other media type": set_in("mediaType", to="application/vnd.dev.sigstore.bundle.v0.2+json"),
    "other payload type": set_in("dsseEnvelope", "payloadType", to="application/json"),
    "no payload": lambda bundle: bundle["dsseEnvelope"].pop("payload"),
    "payload of another type": set_in("dsseEnvelope", "payload", to=["e30="]),
    "payload null": set_in("dsseEnvelope", "payload", to=None),
    "no signature": set_in("dsseEnvelope", "signatures", to=[]),
    "two signatures": lambda bundle: bundle["dsseEnvelope"]["signatures"].append({"keyid": "", "sig": "AA=="}),
    "the same signature twice": lambda bundle: bundle["dsseEnvelope"].update(
        signatures=bundle["dsseEnvelope"]["signatures"] * 2
    ),
    "signatures an object": set_in("dsseEnvelope", "signatures", to={"keyid": "x"}),
    "hint is not the key id": set_in("verificationMaterial", "publicKey", "hint", to="SHA256:" + "A" * 43),
    "key id is not the hint": set_in("dsseEnvelope", "signatures", 0, "keyid", to="SHA256:" + "A" * 43),
    "no key id": lambda bundle: bundle["dsseEnvelope"]["signatures"][0].pop("keyid"),
    "no log entries": lambda bundle: bundle["verificationMaterial"].pop("tlogEntries"),
    "log entries": set_in("verificationMaterial", "tlogEntries", to=[{}]),
    "log entries null": set_in("verificationMaterial", "tlogEntries", to=None),
    "a certificate": set_in("verificationMaterial", "certificate", to={"rawBytes": "AA=="}),
    "extra key in the bundle": set_in("more", to=1),
    "extra key in the envelope": set_in("dsseEnvelope", "more", to=1),
    "extra key in the signature": set_in("dsseEnvelope", "signatures", 0, "cert", to="x"),
    "extra key beside the hint": set_in("verificationMaterial", "publicKey", "rawBytes", to="AA=="),
    "unpadded base64": set_in("dsseEnvelope", "payload", to="e30"),
    "base64 with a space": set_in("dsseEnvelope", "payload", to="e3 0="),
    "base64 not ASCII": set_in("dsseEnvelope", "payload", to="é30="),
    "trailing bits": trailing_bits,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_other_bundles_are_refused(edit: Edit, ed25519_key: PrivateKey) -> None:
    """One difference from what we write is one too many."""
    bundle = copy.deepcopy(to_bundle(seal(b"{}", ed25519_key)))
    edit(bundle)
    with pytest.raises(InvalidReport):
        from_bundle(bundle)


def test_url_safe_base64_is_refused(ed25519_key: PrivateKey) -> None:
    """The same bytes in the other base64 alphabet are another spelling."""
    payload = b"\xfb\xff\xfe"
    bundle = to_bundle(seal(payload, ed25519_key))
    assert b64encode(payload).decode() == bundle["dsseEnvelope"]["payload"] == "+//+"
    bundle["dsseEnvelope"]["payload"] = "-__-"
    with pytest.raises(InvalidReport):
        from_bundle(bundle)


@pytest.mark.parametrize(
    "keyid", ["", "SHA256:abc", "SHA256:" + "=" * 43, "MD5:" + "A" * 43, "SHA256:" + "A" * 43 + "\n"]
)
def test_key_ids_of_another_form_are_refused(keyid: str, ed25519_key: PrivateKey) -> None:
    """A key id is an OpenSSH SHA-256 fingerprint; nothing else reaches a message or a terminal."""
    bundle = to_bundle(seal(b"{}", ed25519_key))
    bundle["verificationMaterial"]["publicKey"]["hint"] = keyid
    bundle["dsseEnvelope"]["signatures"][0]["keyid"] = keyid
    with pytest.raises(InvalidReport):
        from_bundle(bundle)


@pytest.mark.parametrize("bundle", [None, [], {}, "x", 1, {"dsseEnvelope": []}, {"dsseEnvelope": {"signatures": 1}}])
def test_other_json_is_refused(bundle: Any) -> None:
    """No JSON value leads to another error than InvalidReport."""
    with pytest.raises(InvalidReport):
        from_bundle(bundle)
