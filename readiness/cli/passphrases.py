"""Passphrases, from the keyboard or an open file; never from an argument or the environment."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from readiness.core.errors import KeyFileError
from readiness.signing.guessable import why_guessable
from readiness.signing.keys import PrivateKey, load_private, needs_passphrase
from readiness.signing.memory import close_memory, remark

LONGEST = 4096
TRIES = 3
SIGN_LATER = (
    "To have it signed, run the review again with the right passphrase; without --no-cache, what was measured is used "
    "again. No command signs a report that lies on the disk: nobody could tell what became of it since."
)


def read_from(descriptor: int) -> bytes:
    """The first line that an open file holds, without its end.

    Raises:
        KeyFileError: no such open file, or nothing in it.
    """
    try:
        with os.fdopen(descriptor, "rb") as stream:
            passphrase = stream.read(LONGEST).split(b"\n", 1)[0].removesuffix(b"\r")
    except (OSError, OverflowError) as error:
        raise _read_error(descriptor, error) from error
    if not passphrase:
        raise KeyFileError(f"File {descriptor} holds no passphrase.")
    return passphrase


def new_passphrase(path: Path, descriptor: int | None = None) -> bytes:
    """The passphrase of a key that is to be written to `path`: read from an open file, else typed twice.

    Raises:
        KeyFileError: nobody is at a keyboard, the two are not the same, or it is easy to guess.
    """
    passphrase = _ask_twice() if descriptor is None else read_from(descriptor)
    if reason := why_guessable(passphrase.decode("utf-8", "replace"), (path.name, path.stem, "readiness")):
        raise KeyFileError(
            f"The passphrase is easy to guess. {reason}",
            remedy="Take four or more words that do not belong together. Nothing was written.",
        )
    return passphrase


def _ask_twice() -> bytes:
    _need_keyboard("--passphrase-fd N, or --no-passphrase")
    first = getpass.getpass("Passphrase for the new key: ")
    if first != getpass.getpass("The same again: "):
        raise KeyFileError("The two passphrases are not the same.", remedy="Try again; nothing was written.")
    return first.encode()


def signer(
    path: Path, descriptor: int | None, tell: Callable[[str], None] = lambda _words: None
) -> Callable[[], PrivateKey]:
    """What opens the key, when the process that runs the candidate has ended.

    Now it is only checked that this can work: that the file is a private key of its owner's alone, and that there is
    somebody to ask, or an open file. The passphrase is neither read nor asked for before the key is needed, and the
    memory and the open files of this process are closed to others before the candidate's code starts.

    Args:
        path: The private key.
        descriptor: The open file that holds its passphrase; None: it is typed.
        tell: Is told, once, who can read the memory of this process nevertheless.

    Raises:
        KeyFileError: no private key in the file, no such open file, or nobody to ask for its passphrase.
    """
    if words := remark(closed=close_memory()):
        tell(words)
    if not needs_passphrase(path):
        return lambda: _open_or_explain(lambda: load_private(path))
    if descriptor is None:
        _need_keyboard("--passphrase-fd N")
        return lambda: _open_or_explain(lambda: _ask_until_right(path))
    _check_open(descriptor)
    return lambda: _open_or_explain(lambda: load_private(path, read_from(descriptor)))


def _open_or_explain(open_key: Callable[[], PrivateKey]) -> PrivateKey:
    """Open the key; if that fails, say what becomes of the signature."""
    try:
        return open_key()
    except KeyFileError as error:
        raise KeyFileError(error.message, remedy=f"{error.remedy} {SIGN_LATER}".strip()) from error


def _ask_until_right(path: Path) -> PrivateKey:
    for left in reversed(range(TRIES)):
        try:
            return load_private(path, getpass.getpass(f"Passphrase for {path}: ").encode())
        except KeyFileError:
            if not left:
                raise
    raise AssertionError  # the loop returns or raises


def _check_open(descriptor: int) -> None:
    """See that there is an open file of this number, which no other process is to inherit; nothing is read."""
    try:
        os.fstat(descriptor)
        os.set_inheritable(descriptor, False)
    except (OSError, OverflowError) as error:
        raise _read_error(descriptor, error) from error


def _read_error(descriptor: int, error: OSError | OverflowError) -> KeyFileError:
    said = getattr(error, "strerror", None) or "there is no file of such a number"
    return KeyFileError(
        f"The passphrase cannot be read from file {descriptor}: {said}.",
        remedy="Open it in the shell: --passphrase-fd 3 3< passphrase.txt",
    )


def _need_keyboard(instead: str) -> None:
    if not sys.stdin.isatty():
        raise KeyFileError("A passphrase is needed, and nobody is at a keyboard to type it.", remedy=f"Use {instead}.")
