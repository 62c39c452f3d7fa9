"""How one claim is signed: a DSSE envelope with one signature, inside a sigstore bundle v0.3.

Formats: DSSE 1.0.2 (https://github.com/secure-systems-lab/dsse) and sigstore bundle 0.3
(https://github.com/sigstore/protobuf-specs), so that tools which are not ours can check a signature too.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from readiness.core.errors import InvalidReport
from readiness.signing.pairs import PrivateKey

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"

_KEYID = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One signed claim. `keyid` only says which key to try; nothing may be believed because of it."""

    keyid: str
    payload: bytes
    signature: bytes


def pae(payload: bytes) -> bytes:
    """Build the bytes that are signed: type and payload with their lengths, so neither runs into the other.

    Pre-authentication encoding, DSSE 1.0.2, protocol.md.
    """
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode("ascii"), len(payload), payload)


def seal(payload: bytes, key: PrivateKey) -> Envelope:
    """Sign a payload."""
    return Envelope(key.public.keyid, payload, key.sign(pae(payload)))


def to_bundle(envelope: Envelope) -> dict[str, Any]:
    """Write an envelope as the JSON object that cosign and other sigstore tools read."""
    return {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": envelope.keyid}, "tlogEntries": []},
        "dsseEnvelope": {
            "payloadType": PAYLOAD_TYPE,
            "payload": b64encode(envelope.payload).decode("ascii"),
            "signatures": [{"keyid": envelope.keyid, "sig": b64encode(envelope.signature).decode("ascii")}],
        },
    }


def from_bundle(bundle: Any) -> Envelope:
    """Read a bundle that is exactly what `to_bundle` writes.

    Rebuilding and comparing leaves no room: an unknown or missing key, another type, a second signature, a hint
    that differs from the key id, and a second base64 spelling of the same bytes all fail here.

    Raises:
        InvalidReport: in all these cases.
    """
    try:
        dsse = bundle["dsseEnvelope"]
        (signature,) = dsse["signatures"]
        envelope = Envelope(
            keyid=str(signature["keyid"]),
            payload=b64decode(dsse["payload"], validate=True),
            signature=b64decode(signature["sig"], validate=True),
        )
    except (KeyError, TypeError, ValueError) as error:  # binascii.Error is a ValueError
        raise InvalidReport("A signature in the record is not a sigstore bundle with one signed envelope.") from error
    if to_bundle(envelope) != bundle or not _KEYID.fullmatch(envelope.keyid):
        raise InvalidReport("A signature in the record has other fields or values than a readiness bundle has.")
    return envelope
