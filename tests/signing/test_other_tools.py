"""Tools that are not ours come to the same result."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest

from readiness.signing.keys import PrivateKey, load_private, needs_passphrase, write_key_pair
from readiness.signing.reports import PREDICATE_TYPE, Subject, sign_report, statement, unsigned_report
from tests.signing.conftest import PAGE


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(tool) is None, reason=f"{tool} is not installed: this cross-check did not run"
    )


def run(*command: str | Path, code: int = 0) -> bytes:
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False, timeout=60)
    assert code == done.returncode, done.stderr.decode()
    return done.stdout


@pytest.fixture
def extracted(signed: bytes, key: PrivateKey, tmp_path: Path) -> Path:
    """Take the report apart as the documentation says, without our code."""
    write_key_pair(key, tmp_path / "k.pem", None)
    comment = signed.index(b"<!--readiness-signatures/v1 ")
    length = int(signed[comment:].split(b" ")[1])
    (tmp_path / "content.html").write_bytes(signed[:length])
    entry = json.loads(signed.splitlines()[-2])[0]
    (tmp_path / "entry0.sigstore.json").write_text(json.dumps(entry))
    payload = b64decode(entry["dsseEnvelope"]["payload"])
    (tmp_path / "pae").write_bytes(b"DSSEv1 28 application/vnd.in-toto+json %d " % len(payload) + payload)
    (tmp_path / "sig").write_bytes(b64decode(entry["dsseEnvelope"]["signatures"][0]["sig"]))
    return tmp_path


@needs("openssl")
def test_openssl_verifies_the_signature(extracted: Path, key: PrivateKey) -> None:
    """OpenSSL accepts the signature over the encoded payload, and refuses it after one changed byte."""
    files = ("-inkey", extracted / "k.pub", "-sigfile", extracted / "sig", "-in", extracted / "pae")
    hashed = ("-digest", "sha256") if key.public.algorithm == "ecdsa-p256" else ()
    command = ("openssl", "pkeyutl", "-verify", "-pubin", "-rawin", *hashed, *files)
    assert b"Signature Verified Successfully" in run(*command)
    (extracted / "pae").write_bytes((extracted / "pae").read_bytes().replace(b'"ready"', b'"Ready"'))
    run(*command, code=1)


@needs("openssl")
def test_openssl_gives_the_same_digest_of_the_key(extracted: Path, key: PrivateKey) -> None:
    """The digest in the signed record is that of the DER form."""
    run("openssl", "pkey", "-pubin", "-in", extracted / "k.pub", "-outform", "DER", "-out", extracted / "der")
    assert key.public.spki_sha256.encode() == run("openssl", "dgst", "-sha256", "-r", extracted / "der").split()[0]


@needs("openssl")
@pytest.mark.parametrize("algorithm", ["EC", "ED25519"])
def test_keys_made_by_openssl_are_read(algorithm: str, tmp_path: Path) -> None:
    """With scrypt and a passphrase, and in clear."""
    curve = ("-pkeyopt", "ec_paramgen_curve:P-256") if algorithm == "EC" else ()
    clear, locked = tmp_path / "clear.pem", tmp_path / "locked.pem"
    run("openssl", "genpkey", "-algorithm", algorithm, *curve, "-out", clear)
    run("openssl", "pkcs8", "-topk8", "-scrypt", "-in", clear, "-passout", "pass:secret", "-out", locked)
    assert (False, True) == (needs_passphrase(clear), needs_passphrase(locked))
    assert load_private(clear) == load_private(locked, b"secret")


@needs("openssl")
def test_openssl_reads_our_encrypted_key(key: PrivateKey, tmp_path: Path) -> None:
    """The public half that OpenSSL derives from our encrypted file is the one we wrote."""
    public = write_key_pair(key, tmp_path / "k.pem", b"secret")
    assert public.read_bytes() == run("openssl", "pkey", "-in", tmp_path / "k.pem", "-passin", "pass:secret", "-pubout")


@needs("ssh-keygen")
def test_ssh_keygen_prints_the_same_key_id(key: PrivateKey, tmp_path: Path) -> None:
    """The key id is the fingerprint of `ssh-keygen -lf`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    (tmp_path / "k.ssh").write_bytes(key.public.key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
    assert key.public.keyid.encode() == run("ssh-keygen", "-lf", tmp_path / "k.ssh").split()[1]


@needs("cosign")
def test_cosign_verifies_the_report(extracted: Path) -> None:
    """cosign accepts page and bundle, and refuses another page."""
    command = ("cosign", "verify-blob-attestation", "--key", extracted / "k.pub", "--type", PREDICATE_TYPE)
    bundle = ("--bundle", extracted / "entry0.sigstore.json", "--insecure-ignore-tlog")
    run(*command, *bundle, extracted / "content.html")
    (extracted / "other.html").write_bytes(b"<p>other</p></html>\n")
    run(*command, *bundle, extracted / "other.html", code=1)


@needs("jq")
@pytest.mark.parametrize("holds", [True, False])
def test_the_recipe_of_the_readme_ends_with_the_verdict(signed: bytes, holds: bool, tmp_path: Path) -> None:
    """As it stands there, with a stand-in for cosign; where cosign refuses, no verdict is printed."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    recipe = next(part for part in readme.split("```sh\n")[1:] if part.startswith("N=$(grep")).partition("```")[0]
    (tmp_path / "report.html").write_bytes(signed)
    (tmp_path / "cosign").write_text(f"#!/bin/sh\nexec test {int(holds)} = 1\n")
    (tmp_path / "cosign").chmod(0o755)
    search = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", recipe], capture_output=True, text=True, check=False, cwd=tmp_path, env={"PATH": search}
    )
    assert ("ready\n" if holds else "") == done.stdout
    assert holds == (done.returncode == 0)
    assert signed.startswith((tmp_path / "content.html").read_bytes())


@needs("cosign")
def test_cosign_takes_the_model_file_too(key: PrivateKey, tmp_path: Path) -> None:
    """What the README warns of: the model is a subject, so a yes to it says nothing about the page."""
    model = tmp_path / "model.joblib"
    model.write_bytes(b"a model")
    subjects = [
        Subject("report", hashlib.sha256(PAGE).hexdigest()),
        Subject("model", hashlib.sha256(model.read_bytes()).hexdigest()),
    ]
    report = sign_report(unsigned_report(PAGE, statement(subjects, {"schema": 1})), key)
    write_key_pair(key, tmp_path / "k.pem", None)
    (tmp_path / "entry0.sigstore.json").write_text(json.dumps(json.loads(report.splitlines()[-2])[0]))
    command = ("cosign", "verify-blob-attestation", "--key", tmp_path / "k.pub", "--type", PREDICATE_TYPE)
    run(*command, "--bundle", tmp_path / "entry0.sigstore.json", "--insecure-ignore-tlog", model)
