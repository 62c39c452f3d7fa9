"""The file of an encrypted private key: PKCS#8 with scrypt and AES-256-CBC, which OpenSSL reads, too.

`cryptography` itself writes PBKDF2 with 2048 rounds only, which slows a guesser down very little; so the few bytes of
DER are written here. Formats: RFC 5958 (EncryptedPrivateKeyInfo), RFC 8018 A.4 (PBES2), RFC 7914 7 (scrypt).
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from readiness.exceptions import KeyFileError
from readiness.signing.pairs import PrivateKey

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
