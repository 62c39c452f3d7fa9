"""A small report, two keys, and an attacker's pen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from readiness.signing.keys import PrivateKey, generate
from readiness.signing.reports import Subject, sign_report, statement, unsigned_report

PAGE = "<!doctype html>\n<html lang=en><title>r</title><p>READY, 58 of 120 frauds, 3 ≤ 4</p></html>\n".encode()
PREDICATE = {"schema": 1, "verdict": "ready", "recall": "0.8731", "about": {"purpose": "<b> & </b> -->"}}


@pytest.fixture(scope="session")
def ecdsa_key() -> PrivateKey:
    return generate("ecdsa-p256")


@pytest.fixture(scope="session")
def ed25519_key() -> PrivateKey:
    return generate("ed25519")


@pytest.fixture(scope="session", params=["ecdsa-p256", "ed25519"])
def key(request: pytest.FixtureRequest, ecdsa_key: PrivateKey, ed25519_key: PrivateKey) -> PrivateKey:
    return {"ecdsa-p256": ecdsa_key, "ed25519": ed25519_key}[request.param]


@pytest.fixture(scope="session")
def page() -> bytes:
    return PAGE


@pytest.fixture(scope="session")
def make_unsigned() -> Callable[..., bytes]:
    """Write an unsigned report; every call may change the page and add to the record."""

    def make(content: bytes = PAGE, **more: object) -> bytes:
        subject = Subject("report", hashlib.sha256(content).hexdigest())
        return unsigned_report(content, statement([subject], {**PREDICATE, **more}))

    return make


@pytest.fixture(scope="session")
def unsigned(make_unsigned: Callable[..., bytes]) -> bytes:
    return make_unsigned()


@pytest.fixture(scope="session")
def signed(unsigned: bytes, key: PrivateKey) -> bytes:
    return sign_report(unsigned, key)


@pytest.fixture(scope="session")
def forge() -> Callable[..., bytes]:
    """Write a file as an attacker would: header and digest fit, whatever the record holds."""

    def write(content: bytes, record: bytes, kind: str = "signatures") -> bytes:
        header = f"<!--readiness-{kind}/v1 {len(content)} {hashlib.sha256(record).hexdigest()}\n"
        return content + header.encode() + record + b"\n-->\n"

    return write
