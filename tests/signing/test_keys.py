"""Keys and their files."""

from __future__ import annotations

import os
import stat
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from readiness.core.errors import KeyFileError
from readiness.signing import keys as module
from readiness.signing.keys import (
    PrivateKey,
    generate,
    load_private,
    load_public,
    needs_passphrase,
    public_path,
    write_key_pair,
)


def own(path: Path, data: bytes) -> Path:
    """Write a file that only its owner may read."""
    path.write_bytes(data)
    path.chmod(0o600)
    return path


OTHER_KINDS = {
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "ECDSA on secp384r1": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ECDSA on secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "Ed448": ed448.Ed448PrivateKey.generate,
    "X25519": x25519.X25519PrivateKey.generate,
}


@pytest.mark.parametrize("algorithm", ["ecdsa-p256", "ed25519"])
def test_a_signature_holds_for_its_message_and_key_only(algorithm: str) -> None:
    """Another message, another key, another signature: no."""
    key, other = generate(algorithm), generate(algorithm)
    signature = key.sign(b"message")
    assert algorithm == key.public.algorithm
    assert key.public.accepts(signature, b"message")
    assert not key.public.accepts(signature, b"messagE")
    assert not other.public.accepts(signature, b"message")
    for wrong in (b"", signature[:-1], signature + b"\0", bytes(len(signature))):
        assert not key.public.accepts(wrong, b"message")


def test_the_kind_comes_from_the_key(ecdsa_key: PrivateKey, ed25519_key: PrivateKey) -> None:
    """A signature of one kind never holds under a key of the other."""
    assert not ecdsa_key.public.accepts(ed25519_key.sign(b"m"), b"m")
    assert not ed25519_key.public.accepts(ecdsa_key.sign(b"m"), b"m")


def test_ecdsa_signatures_in_another_der_spelling_are_refused(ecdsa_key: PrivateKey) -> None:
    """The same two numbers with a long-form length do not verify."""
    signature = ecdsa_key.sign(b"m")
    assert signature == encode_dss_signature(*decode_dss_signature(signature))
    assert not ecdsa_key.public.accepts(signature[:1] + b"\x81" + signature[1:], b"m")


def test_ecdsa_is_the_default() -> None:
    """Every independent verifier handles P-256."""
    assert "ecdsa-p256" == generate().public.algorithm


def test_equal_keys_are_equal(key: PrivateKey, tmp_path: Path) -> None:
    """A key read from a file equals the one that was written, as member of a set too."""
    public = load_public(write_key_pair(key, tmp_path / "k.pem", None))
    assert {key.public} == {public}
    assert key == load_private(tmp_path / "k.pem")


def test_keys_do_not_print_themselves(key: PrivateKey) -> None:
    """What a log shows of a private key is its kind and its fingerprint."""
    public = f"PublicKey(algorithm={key.public.algorithm!r}, keyid={key.public.keyid!r})"
    assert f"PrivateKey(public={public})" == repr(key)


@pytest.mark.parametrize("passphrase", [None, b"correct horse", "Straße".encode()])
def test_a_pair_comes_back_from_its_files(key: PrivateKey, passphrase: bytes | None, tmp_path: Path) -> None:
    """The private key signs, the public key verifies, and the file says whether it needs a passphrase."""
    path = tmp_path / "review.pem"
    public = write_key_pair(key, path, passphrase)
    assert tmp_path / "review.pub" == public
    assert (passphrase is not None) == needs_passphrase(path)
    assert load_public(public).accepts(load_private(path, passphrase).sign(b"m"), b"m")


def test_only_the_owner_may_read_a_private_key(key: PrivateKey, tmp_path: Path) -> None:
    """Mode 0600, also under the most generous umask; the public key is for everybody."""
    before = os.umask(0)
    try:
        public = write_key_pair(key, tmp_path / "k.pem", None)
    finally:
        os.umask(before)
    assert 0o600 == stat.S_IMODE((tmp_path / "k.pem").stat().st_mode)
    assert 0o644 == stat.S_IMODE(public.stat().st_mode)


def test_an_encrypted_file_does_not_hold_the_key_in_clear(key: PrivateKey, tmp_path: Path) -> None:
    """The PEM label says encrypted, and the DER bytes of the key are not in it."""
    write_key_pair(key, tmp_path / "k.pem", b"secret")
    pem = (tmp_path / "k.pem").read_bytes()
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


@pytest.mark.parametrize(
    ("private", "public"), [("a.pem", "a.pub"), ("a.key", "a.pub"), ("a", "a.pub"), ("a.v1", "a.v1.pub")]
)
def test_where_the_public_key_goes(private: str, public: str) -> None:
    """Beside the private key; only the usual endings are replaced."""
    assert Path("keys", public) == public_path(Path("keys", private))


@pytest.mark.parametrize("existing", ["k.pem", "k.pub"])
def test_a_key_is_never_overwritten(existing: str, key: PrivateKey, tmp_path: Path) -> None:
    """If one of the two files exists nothing is written, and it keeps its content."""
    (tmp_path / existing).write_bytes(b"old")
    with pytest.raises(KeyFileError, match="never overwritten"):
        write_key_pair(key, tmp_path / "k.pem", None)
    assert [existing] == [path.name for path in tmp_path.iterdir()]
    assert b"old" == (tmp_path / existing).read_bytes()


def test_a_link_to_nowhere_is_not_followed(key: PrivateKey, tmp_path: Path) -> None:
    """A dangling symbolic link counts as a file that exists."""
    (tmp_path / "k.pem").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError, match="never overwritten"):
        write_key_pair(key, tmp_path / "k.pem", None)
    assert not (tmp_path / "elsewhere").exists()


def test_no_half_pair_stays_behind(key: PrivateKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When somebody creates the public file in between, the private key is taken back and theirs is kept."""
    (tmp_path / "k.pub").write_bytes(b"theirs")
    monkeypatch.setattr(module.os.path, "lexists", lambda path: False)
    with pytest.raises(KeyFileError, match="cannot be created"):
        write_key_pair(key, tmp_path / "k.pem", None)
    assert [("k.pub", b"theirs")] == [(path.name, path.read_bytes()) for path in tmp_path.iterdir()]


def test_a_full_disk_leaves_no_key_behind(key: PrivateKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that could not be written whole is removed."""

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space left"):
        write_key_pair(key, tmp_path / "k.pem", None)
    assert [] == list(tmp_path.iterdir())


def test_unusable_places_and_passphrases(key: PrivateKey, tmp_path: Path) -> None:
    """No folder, or an empty passphrase: said before anything is written."""
    with pytest.raises(KeyFileError, match="cannot be created: No such file or directory"):
        write_key_pair(key, tmp_path / "none" / "k.pem", None)
    with pytest.raises(KeyFileError, match="passphrase is empty"):
        write_key_pair(key, tmp_path / "k.pem", b"")
    assert [] == list(tmp_path.iterdir())


def test_passphrases(key: PrivateKey, tmp_path: Path) -> None:
    """Missing and wrong are told apart; one that is not needed is not used."""
    write_key_pair(key, tmp_path / "locked.pem", b"right")
    write_key_pair(key, tmp_path / "open.pem", None)
    for missing in (None, b""):
        with pytest.raises(KeyFileError, match="is encrypted"):
            load_private(tmp_path / "locked.pem", missing)
    with pytest.raises(KeyFileError, match="passphrase is wrong"):
        load_private(tmp_path / "locked.pem", b"wrong")
    assert key == load_private(tmp_path / "open.pem", b"not needed")


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_other_kinds_of_key_are_refused_by_name(kind: str, tmp_path: Path) -> None:
    """The message says what the file holds and what is expected."""
    other = OTHER_KINDS[kind]()
    own(tmp_path / "k.pem", other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "k.pub").write_bytes(public)
    with pytest.raises(KeyFileError, match=f"of the kind {kind}; expected ECDSA on P-256 or ed25519"):
        load_private(tmp_path / "k.pem")
    with pytest.raises(KeyFileError, match=f"of the kind {kind}; expected ECDSA on P-256 or ed25519"):
        load_public(tmp_path / "k.pub")


def test_unknown_algorithm() -> None:
    """The message names the two that exist."""
    with pytest.raises(KeyFileError, match="'ecdsa-p256' or 'ed25519'"):
        generate("rsa")


def test_new_files_are_slow_to_guess_and_older_ones_are_read(key: PrivateKey, tmp_path: Path) -> None:
    """scrypt with its costs stands in the file; what `cryptography` wrote for earlier versions (PBKDF2) still opens."""
    write_key_pair(key, tmp_path / "new.pem", b"secret")
    der = b64decode(b"".join((tmp_path / "new.pem").read_bytes().splitlines()[1:-1]))
    assert bytes.fromhex("2b06010401da47040b") in der  # the object identifier of scrypt, RFC 7914
    assert bytes.fromhex("02024000020108020105") in der  # N = 16384, r = 8, p = 5
    assert key == load_private(tmp_path / "new.pem", b"secret")
    old = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    assert key == load_private(own(tmp_path / "old.pem", old), b"secret")


@pytest.mark.slow
def test_two_files_of_one_key_share_nothing(key: PrivateKey, tmp_path: Path) -> None:
    """Salt and start are new each time, so that nobody can tell that key and passphrase are the same."""
    files = [tmp_path / name for name in ("a.pem", "b.pem")]
    for file in files:
        write_key_pair(key, file, b"secret")
    first, second = (set(file.read_bytes().splitlines()[2:-1]) for file in files)
    assert set() == first & second


def test_traditional_ec_files_are_read(ecdsa_key: PrivateKey, tmp_path: Path) -> None:
    """What `openssl ecparam -genkey` writes is read, with and without a passphrase."""
    for name, encryption, passphrase in (
        ("plain", NoEncryption(), None),
        ("locked", BestAvailableEncryption(b"p"), b"p"),
    ):
        pem = ecdsa_key.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, encryption)
        parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        own(tmp_path / name, parameters + pem)
        assert (passphrase is not None) == needs_passphrase(tmp_path / name)
        assert ecdsa_key == load_private(tmp_path / name, passphrase)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "holds no PEM text"),
        (b"\x80\x04binary", "holds no PEM text"),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "holds CERTIFICATE; expected"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "holds OPENSSH PRIVATE KEY; expected"),
        (b"-----BEGIN RSA PRIVATE KEY-----\n", "holds RSA PRIVATE KEY; expected"),
    ],
)
def test_files_that_hold_no_key_of_ours(data: bytes, words: str, tmp_path: Path) -> None:
    """Every reader says what the file holds instead."""
    path = tmp_path / "x"
    path.write_bytes(data)
    for read in (load_private, load_public, needs_passphrase):
        with pytest.raises(KeyFileError, match=words):
            read(path)


@pytest.mark.parametrize("label", ["PUBLIC KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY"])
def test_damaged_key_files(label: str, tmp_path: Path) -> None:
    """A proper label around nonsense is damage, in plain words."""
    path = own(tmp_path / "x", f"-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n".encode())
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_public(path) if label == "PUBLIC KEY" else load_private(path, b"p")


def test_public_and_private_files_taken_for_each_other(key: PrivateKey, tmp_path: Path) -> None:
    """The message says which file to give instead; two keys in one file are refused."""
    public = write_key_pair(key, tmp_path / "k.pem", None)
    with pytest.raises(KeyFileError, match=r"file that ends in \.pub"):
        load_public(tmp_path / "k.pem")
    with pytest.raises(KeyFileError, match="holds PUBLIC KEY"):
        load_private(public)
    public.write_bytes(public.read_bytes() * 2)
    with pytest.raises(KeyFileError, match="PUBLIC KEY and PUBLIC KEY"):
        load_public(public)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    """The system's own words say why a file cannot be read."""
    with pytest.raises(KeyFileError, match="No such file"):
        load_public(tmp_path / "none.pub")
    with pytest.raises(KeyFileError, match="Is a directory"):
        load_private(tmp_path)
