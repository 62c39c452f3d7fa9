"""What can be done with a whole report file: write it unsigned, sign it, read it, verify it.

All four work on the same bytes in memory, so that what was verified is what is shown. Reading and verifying
are strict in the same way; verifying adds who signed. Whether the verdict follows from the findings is the
question of a higher floor, asked of the statement that comes back from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from readiness.core import canonical
from readiness.core.errors import InvalidReport, KeyFileError, UnsignedReport
from readiness.signing import layout
from readiness.signing.envelope import Envelope, from_bundle, pae, seal, to_bundle
from readiness.signing.layout import Parts
from readiness.signing.pairs import PrivateKey, PublicKey
from readiness.signing.statement import PREDICATE_TYPE, Subject, check_page, decode, encode, statement

__all__ = [
    "PREDICATE_TYPE",
    "ReportFile",
    "Subject",
    "read_report",
    "sign_report",
    "statement",
    "unsigned_report",
    "verify_report",
]

MOST_ENTRIES = 64
"""How many signatures one file may carry."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report that was read: the page, the claim about it, and who says to have signed.

    After `read_report`, `keyids` are what the file says; after `verify_report` they are proven.
    """

    content: bytes
    statement: dict[str, Any]
    signed: bool
    keyids: tuple[str, ...]


def unsigned_report(content: bytes, statement: Mapping[str, Any]) -> bytes:
    """Put page and claim into one file that nobody has signed yet.

    Args:
        content: The complete page, ending in "</html>" and a line feed.
        statement: The claim, from `statement`; its subject "report" is the SHA-256 of `content`.

    Raises:
        InvalidReport: the page or the claim breaks a rule, or they do not belong together.
    """
    file = layout.join(Parts(content, encode(statement), "unsigned"))
    read_report(file)
    return file


def sign_report(report: bytes, key: PrivateKey) -> bytes:
    """Sign an unsigned report. The page keeps its bytes; only the comment behind it is replaced.

    The signer's key id goes into the signed claim, so that a second key under which the same signature happens
    to hold proves nothing.

    Raises:
        InvalidReport: `report` is not intact, or is signed already.
    """
    found = read_report(report)
    if found.signed:
        raise InvalidReport("The report is signed already.", remedy="Sign the report as `readiness run` wrote it.")
    if found.statement["predicate"].get("only"):
        raise InvalidReport("The report is partial, and only a whole one can be signed.", remedy="Run without --only.")
    signer = {"keyid": key.public.keyid, "spkiSha256": key.public.spki_sha256}
    claim = {**found.statement, "predicate": {**found.statement["predicate"], "signer": signer}}
    record = canonical.dumps([to_bundle(seal(encode(claim), key))])
    file = layout.join(Parts(found.content, record, "signatures"))
    verify_report(file, [key.public])  # never hand out what does not verify
    return file


def read_report(report: bytes) -> ReportFile:
    """Read a report without asking who signed it. The page and the claim belong together, or this raises.

    Raises:
        InvalidReport: not a report, damaged, or in any detail not as this version writes it.
    """
    parts = _split(report)
    if parts.kind == "unsigned":
        claim = decode(parts.record)
        if "signer" in claim["predicate"]:
            raise InvalidReport("The record names a signer and holds no signature: the signature was removed.")
        check_page(claim, parts.content)
        return ReportFile(parts.content, claim, signed=False, keyids=())
    envelopes = _envelopes(parts)
    claims = [decode(envelope.payload) for envelope in envelopes]
    check_page(claims[0], parts.content)
    return ReportFile(parts.content, claims[0], signed=True, keyids=tuple(entry.keyid for entry in envelopes))


def verify_report(report: bytes, public_keys: Sequence[PublicKey]) -> ReportFile:
    """Prove that one of these keys signed exactly this page and this claim.

    Raises:
        InvalidReport: anything else, however small.
        UnsignedReport: the report is intact, and nobody has signed it.
        KeyFileError: `public_keys` is empty.
    """
    if not public_keys:
        raise KeyFileError(
            "There is no public key to verify with.", remedy="Get the signer's .pub file from the signer."
        )
    # 1-4: one marker, a header that fits its place, the record whole to the end of the file, a proper page.
    parts = _split(report)
    if parts.kind == "unsigned":
        read_report(report)
        raise UnsignedReport(
            "The report is intact, and nobody has signed it.",
            remedy="Anybody can write such a file. Ask for the signed report.",
        )
    # 5: canonical JSON and nothing but bundles as we write them. One entry: there are no countersignatures yet.
    envelopes = _envelopes(parts)
    if len(envelopes) != 1:
        raise InvalidReport(f"The report has {len(envelopes)} signatures; this version accepts exactly one.")
    (envelope,) = envelopes
    # 6: the key from the verifier's side, its kind from the key, and the signature before the claim is read.
    key = _trusted_key(envelope, public_keys)
    if not key.accepts(envelope.signature, pae(envelope.payload)):
        raise InvalidReport("The signature does not hold: the record was altered, or another key signed it.")
    claim = decode(envelope.payload)
    # 7: the signed claim names this very key, and the page is the one the claim is about.
    if claim["predicate"].get("signer") != {"keyid": key.keyid, "spkiSha256": key.spki_sha256}:
        raise InvalidReport("The signed record names another signer than the key that signed it.")
    check_page(claim, parts.content)
    return ReportFile(parts.content, claim, signed=True, keyids=(key.keyid,))


def _split(report: bytes) -> Parts:
    """Take the file apart; for changed line ends, say whether they are all that is wrong."""
    if b"\r" not in report:
        return layout.split(report)
    try:
        read_report(report.replace(b"\r", b""))
    except InvalidReport as error:
        raise InvalidReport(f"{error.message} The file also holds carriage returns, which no report has.") from error
    raise InvalidReport(
        "The line ends of the file were changed on its way; without the carriage returns the page matches its record.",
        remedy="Ask for the original file, sent as an attachment or inside a zip archive.",
    )


def _envelopes(parts: Parts) -> tuple[Envelope, ...]:
    """Read the array of signatures; the first is by whoever made the report."""
    bundles = canonical.loads(parts.record)
    if not isinstance(bundles, list) or not 1 <= len(bundles) <= MOST_ENTRIES:
        raise InvalidReport(f"The record does not hold a list of 1 to {MOST_ENTRIES} signatures.")
    return tuple(from_bundle(bundle) for bundle in bundles)


def _trusted_key(envelope: Envelope, public_keys: Sequence[PublicKey]) -> PublicKey:
    """Pick the key by its hint, among those the verifier trusts; the file itself never brings one."""
    for key in public_keys:
        if key.keyid == envelope.keyid:
            return key
    given = ", ".join(key.keyid for key in public_keys)
    raise InvalidReport(
        f"The report says it was signed with {envelope.keyid}; the key to verify with is {given}.",
        remedy="Either this is the wrong public key, or somebody else signed the report.",
    )
