"""Where keys live: writing and reading the PEM files of a pair.

A private key is written once, for its owner only, and never over another file: whoever loses the old key can
no longer show that an old report was theirs.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shlex
import stat
from base64 import b64encode
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from readiness.core.errors import InputError, KeyFileError
from readiness.core.files import open_regular
from readiness.signing.memory import close_memory
from readiness.signing.pairs import ECDSA_P256, ED25519, PrivateKey, PublicKey, generate

# ----------------------------------------------------------------------------------------------------
# The file of an encrypted private key: PKCS#8 with scrypt and AES-256-CBC, which OpenSSL reads, too.
#
# `cryptography` itself writes PBKDF2 with 2048 rounds only, which slows a guesser down very little; so the few bytes of
# DER are written here. Formats: RFC 5958 (EncryptedPrivateKeyInfo), RFC 8018 A.4 (PBES2), RFC 7914 7 (scrypt).

SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 5
"""16 MiB, five times over: one of the equally strong settings of OWASP's Password Storage Cheat Sheet.

N = 2^15 with r = 8 takes a little more than the 32 MiB that OpenSSL 3 allows, whose `pkey` could not read the file.
"""
_MOST_MEMORY = 64 * 2**20
_SALT, _KEY = 16, 32

_PBES2 = bytes.fromhex("2a864886f70d01050d")
_SCRYPT = bytes.fromhex("2b06010401da47040b")
_AES_256_CBC = bytes.fromhex("60864801650304012a")
_INTEGER, _OCTETS, _OBJECT, _SEQUENCE = 0x02, 0x04, 0x06, 0x30


def encrypted_pem(key: PrivateKey, passphrase: bytes) -> bytes:
    """The private key as the text of a file that opens with `passphrase` only.

    Raises:
        KeyFileError: the text does not read back as the same key.
    """
    clear = key.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    salt, start = secrets.token_bytes(_SALT), secrets.token_bytes(algorithms.AES256.block_size // 8)
    secret = hashlib.scrypt(passphrase, salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, maxmem=_MOST_MEMORY, dklen=_KEY)
    padder = PKCS7(algorithms.AES256.block_size).padder()
    encryptor = Cipher(algorithms.AES256(secret), modes.CBC(start)).encryptor()
    hidden = encryptor.update(padder.update(clear) + padder.finalize()) + encryptor.finalize()
    pem = _pem(_der(_SEQUENCE, _algorithm(salt, start), _der(_OCTETS, hidden)))
    if PrivateKey(load_pem_private_key(pem, passphrase)) != key:  # type: ignore[arg-type]  # it is of the same kind
        raise KeyFileError("The encrypted key does not read back as it was; nothing was written.")
    return pem


def _algorithm(salt: bytes, start: bytes) -> bytes:
    """How the key was hidden: PBES2 with its two halves, how the secret was made and what it was used for."""
    numbers = (_der(_INTEGER, _integer(number)) for number in (SCRYPT_N, SCRYPT_R, SCRYPT_P))
    made = _der(_SEQUENCE, _der(_OBJECT, _SCRYPT), _der(_SEQUENCE, _der(_OCTETS, salt), *numbers))
    used = _der(_SEQUENCE, _der(_OBJECT, _AES_256_CBC), _der(_OCTETS, start))
    return _der(_SEQUENCE, _der(_OBJECT, _PBES2), _der(_SEQUENCE, made, used))


def _integer(number: int) -> bytes:
    """A positive number; one more bit than it needs, since the first is the sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _der(tag: int, *parts: bytes) -> bytes:
    """One value in DER: tag, length, content."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def _pem(der: bytes) -> bytes:
    text = b64encode(der)
    lines = (text[place : place + 64] for place in range(0, len(text), 64))
    return b"\n".join((b"-----BEGIN ENCRYPTED PRIVATE KEY-----", *lines, b"-----END ENCRYPTED PRIVATE KEY-----", b""))


# ----------------------------------------------------------------------------------------------------

_LARGEST_KEY_FILE = 64 * 1024
_LABEL = re.compile(rb"^-----BEGIN ([A-Z0-9 ]+)-----", re.MULTILINE)
_PUBLIC_LABELS = ("PUBLIC KEY",)
_PRIVATE_LABELS = ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY")


def public_path(path: Path) -> Path:
    """Where the public half of `path` is kept: `review.pem` and `review` both give `review.pub`."""
    return path.with_suffix(".pub") if path.suffix in {".pem", ".key"} else path.with_name(path.name + ".pub")


def write_key_pair(key: PrivateKey, path: Path, passphrase: bytes | None) -> Path:
    """Write the private key to `path` (PKCS#8 PEM, readable by its owner only) and the public key beside it.

    Args:
        key: The pair.
        path: The private key's file; see `public_path` for the other one.
        passphrase: Encrypts the private key (see `encrypted`); None leaves it readable to whoever can read the file.
            Whether it is easy to guess is not asked here; see `guessable`.

    Returns:
        The path of the public key.

    Raises:
        KeyFileError: one of the two files exists, the folder does not, or the passphrase is empty.
    """
    public = public_path(path)
    close_memory()
    pem = _private_pem(key, passphrase)
    for file in (path, public):
        if os.path.lexists(file):
            raise KeyFileError(f"{file} exists; a key is never overwritten.", remedy="Choose another name.")
    _create(path, pem, mode=0o600)
    try:
        _create(public, key.public.pem(), mode=0o644)
    except KeyFileError:
        path.unlink()  # half a pair helps nobody
        raise
    return public


def needs_passphrase(path: Path) -> bool:
    """Say whether the private key in this file is encrypted.

    Raises:
        KeyFileError: no such file, no private key in it, or others than its owner may read it.
    """
    return _is_encrypted(_read(path, _PRIVATE_LABELS))


def load_private(path: Path, passphrase: bytes | None = None) -> PrivateKey:
    """Read a private key, after the memory of this process was closed to others. A passphrase for a key that is not
    encrypted is not used.

    Raises:
        KeyFileError: no such file, no private key of the two kinds in it, others than its owner may read it, or the
            passphrase is missing or wrong.
    """
    close_memory()
    pem = _read(path, _PRIVATE_LABELS)
    encrypted = _is_encrypted(pem)
    if encrypted and not passphrase:
        raise KeyFileError(f"The key in {path} is encrypted.", remedy="Give its passphrase.")
    try:
        key = load_pem_private_key(pem, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        words = "The passphrase is wrong, or the file is damaged" if encrypted else "The file is damaged"
        raise KeyFileError(f"The private key in {path} cannot be read. {words}.") from error
    return PrivateKey(key)  # type: ignore[arg-type]  # refuses other kinds itself


def load_public(path: Path) -> PublicKey:
    """Read a public key.

    Raises:
        KeyFileError: no such file, or no public key of the two kinds in it.
    """
    pem = _read(path, _PUBLIC_LABELS)
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"The public key in {path} cannot be read. The file is damaged.") from error
    return PublicKey(key)  # type: ignore[arg-type]  # refuses other kinds itself


def _private_pem(key: PrivateKey, passphrase: bytes | None) -> bytes:
    if passphrase is None:
        return key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if not passphrase:
        raise KeyFileError("The passphrase is empty, which protects nothing.", remedy="Give one, or say you want none.")
    return encrypted_pem(key, passphrase)


def _is_encrypted(pem: bytes) -> bool:
    return b"-----BEGIN ENCRYPTED " in pem or b"Proc-Type: 4,ENCRYPTED" in pem


def _read(path: Path, labels: tuple[str, ...]) -> bytes:
    """Read a PEM file that holds one key under one of these labels."""
    expected = " or ".join(f"BEGIN {label}" for label in labels)
    try:
        with open_regular(path) as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)  # of what is read, whatever lies at the path by now
            pem = file.read(_LARGEST_KEY_FILE)
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be read: {error.strerror}.") from error
    except InputError as error:
        raise KeyFileError(error.message, remedy="Name a key file.") from error
    found = [label.decode("ascii") for label in _LABEL.findall(pem) if label != b"EC PARAMETERS"]
    if len(found) != 1 or found[0] not in labels:
        held = " and ".join(found) or "no PEM text"
        remedy = "The public key is the file that ends in .pub." if "PRIVATE" in held else ""
        raise KeyFileError(f"{path} holds {held}; expected one key marked {expected}.", remedy=remedy)
    if labels == _PRIVATE_LABELS:
        _check_owner_only(path, mode)
    return pem


def _check_owner_only(path: Path, mode: int) -> None:
    """Refuse a private key that others may read; where there are such modes."""
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(
            f"The private key {path} has the mode {mode:04o}: others than its owner may use it.",
            remedy=f"Close it with: chmod 600 {shlex.quote(str(path))} - if others may have read it, make a new key.",
        )


def _create(path: Path, data: bytes, mode: int) -> None:
    """Write a file that must not exist yet; the mode holds from the first byte on."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be created: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink()
        raise KeyFileError(f"The key file {path} cannot be written: {error.strerror}.") from error


__all__ = [
    "ECDSA_P256",
    "ED25519",
    "PrivateKey",
    "PublicKey",
    "generate",
    "load_private",
    "load_public",
    "needs_passphrase",
    "public_path",
    "write_key_pair",
]
