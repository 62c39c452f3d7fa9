"""Where does a passphrase come from? From the keyboard or an open file; never from an argument or the environment."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from readiness.exceptions import KeyFileError
from readiness.signing.keys import PrivateKey, load_private, needs_passphrase

LONGEST = 4096
TRIES = 3


def read_from(descriptor: int) -> bytes:
    """The first line that an open file holds, without its end.

    Raises:
        KeyFileError: no such open file, or nothing in it.
    """
    try:
        with os.fdopen(descriptor, "rb") as stream:
            passphrase = stream.read(LONGEST).split(b"\n", 1)[0].removesuffix(b"\r")
    except OSError as error:
        raise KeyFileError(
            f"The passphrase cannot be read from file {descriptor}: {error.strerror}.",
            remedy="Open it in the shell: --passphrase-fd 3 3< passphrase.txt",
        ) from error
    if not passphrase:
        raise KeyFileError(f"File {descriptor} holds no passphrase.")
    return passphrase


def chosen() -> bytes:
    """A new passphrase, typed twice.

    Raises:
        KeyFileError: nobody is at a keyboard, or the two are not the same.
    """
    _need_keyboard("--passphrase-fd N, or --no-passphrase")
    first = getpass.getpass("Passphrase for the new key: ")
    if first != getpass.getpass("The same again: "):
        raise KeyFileError("The two passphrases are not the same.", remedy="Try again; nothing was written.")
    return first.encode()


def signer(path: Path, descriptor: int | None) -> Callable[[], PrivateKey]:
    """What opens the key, later: now it is only checked that this can work.

    Raises:
        KeyFileError: no private key in the file, or nobody to ask for its passphrase.
    """
    encrypted = needs_passphrase(path)
    if encrypted and descriptor is None:
        _need_keyboard("--passphrase-fd N")
    if not encrypted:
        return lambda: load_private(path)
    if descriptor is not None:
        passphrase = read_from(descriptor)
        load_private(path, passphrase)  # a wrong passphrase is told before the review, not after it
        return lambda: load_private(path, passphrase)
    return lambda: _asked(path)


def _asked(path: Path) -> PrivateKey:
    for left in reversed(range(TRIES)):
        try:
            return load_private(path, getpass.getpass(f"Passphrase for {path}: ").encode())
        except KeyFileError:
            if not left:
                raise
    raise AssertionError  # the loop returns or raises


def _need_keyboard(instead: str) -> None:
    if not sys.stdin.isatty():
        raise KeyFileError("A passphrase is needed, and nobody is at a keyboard to type it.", remedy=f"Use {instead}.")
