"""What a key is: pairs of two kinds, and what a signature by one of them means.

Two kinds are enough and are the two that every independent tool verified: ECDSA on P-256 with SHA-256 (DER
signatures) and ed25519. The kind always comes from the key in hand, never from the file that is verified.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from readiness.core.errors import KeyFileError

ECDSA_P256 = "ecdsa-p256"
ED25519 = "ed25519"

_ECDSA = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a pair that verifies.

    `algorithm` is "ecdsa-p256" or "ed25519". `keyid` is the OpenSSH fingerprint, "SHA256:" and 43 characters:
    what `ssh-keygen -lf` prints, and the only key id with which cosign does not skip a signature.

    Raises:
        KeyFileError: on building one from a key of another kind; the message names that kind.
    """

    key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey = field(repr=False, compare=False)
    algorithm: str = field(init=False)
    keyid: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithm", _algorithm(self.key))
        object.__setattr__(self, "keyid", _fingerprint(self.key))

    @property
    def spki_sha256(self) -> str:
        """SHA-256 (64 hex digits) of the key in DER: what `openssl pkey -pubin -outform DER | sha256sum` prints."""
        return hashlib.sha256(self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    def pem(self) -> bytes:
        """Write the key as it is given to others: PEM, SubjectPublicKeyInfo."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Say whether the other half of this pair signed exactly this message."""
        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, message)
            else:
                self.key.verify(signature, message, _ECDSA)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """The half of a pair that signs. It never prints itself.

    Raises:
        KeyFileError: on building one from a key of another kind; the message names that kind.
    """

    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = field(repr=False, compare=False)
    public: PublicKey = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "public", PublicKey(self.key.public_key()))

    def sign(self, message: bytes) -> bytes:
        """Sign: 64 raw bytes with ed25519; DER, of some 70 bytes and never twice the same, with ECDSA."""
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        return self.key.sign(message, _ECDSA)


def generate(algorithm: str = ECDSA_P256) -> PrivateKey:
    """Make a new pair; `algorithm` is "ecdsa-p256" or "ed25519".

    Raises:
        KeyFileError: another algorithm.
    """
    if algorithm == ECDSA_P256:
        return PrivateKey(ec.generate_private_key(ec.SECP256R1()))
    if algorithm == ED25519:
        return PrivateKey(ed25519.Ed25519PrivateKey.generate())
    raise KeyFileError(f"There is no key of the kind {algorithm!r}; expected {ECDSA_P256!r} or {ED25519!r}.")


def _fingerprint(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> str:
    ssh = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)  # "ssh-ed25519 AAAA..."
    digest = hashlib.sha256(b64decode(ssh.split()[1])).digest()
    return "SHA256:" + b64encode(digest).decode("ascii").rstrip("=")


def _algorithm(key: object) -> str:
    """Name the kind of a public key, or refuse it by name."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return ED25519
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name == "secp256r1":
            return ECDSA_P256
        kind = f"ECDSA on {key.curve.name}"
    else:
        kind = type(key).__name__.removesuffix("PublicKey").lstrip("_")
    raise KeyFileError(
        f"This is a key of the kind {kind}; expected ECDSA on P-256 or ed25519.",
        remedy="Make a key pair with: readiness keygen",
    )
