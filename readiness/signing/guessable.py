"""Passphrases that are guessed first: short ones, runs of the keyboard, common passwords, names that lie at hand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SHORTEST = 12
"""Characters."""

_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
    "!@#$%^&*()",
    '!"§$%&/()=',
)
_SHORTEST_RUN = 3
_SHORTEST_NAME = 3
_COMMON = """
    abc access admin administrator adobe alexander amanda andrew angel anthony apple ashley asdf august austin autumn
    banana baseball basketball batman biteme buster butterfly
    changeit changeme charlie cheese chocolate computer cookie correct corvette december default demo dragon
    eagle enter falcon february flower football freedom friday
    george ginger google guest hannah harley hello hockey hunter iloveyou india internet
    january jasmine jennifer jessica jordan joshua july june justin key keys killer
    letmein linkedin login london love lovely maggie march martin master matthew maverick merlin michael michelle
    monday monkey mustang mypass mypassword naruto nicole ninja nothing november october online orange
    pass passcode passe passme passphrase passwd password passwort patrick pepper phrase pokemon princess private purple
    qwert qwerty qwertz ranger readiness robert root saturday secret secure security september shadow sign signing
    silver snoopy soccer sophie spring starwars steelers summer sunday sunshine superman
    taylor test tester testing thomas thunder thursday tigger trustno tuesday user
    wednesday welcome whatever william winter xxx yellow zaq
    and are for i in is it me my of our the to you your
    correcthorsebatterystaple
"""
_LOOKS_LIKE = str.maketrans("@4031!$57", "aaoeiisst")
"""What people write for letters."""


def why_guessable(passphrase: str, names: Iterable[str] = ()) -> str:
    """Why a passphrase will not do, as a sentence; empty when nothing speaks against it.

    Args:
        passphrase: As it was given; upper and lower case count as the same.
        names: Words that lie at hand for whoever has the key file, such as its own name.
    """
    text = unicodedata.normalize("NFKC", passphrase).casefold()
    if len(text) < SHORTEST:
        return f"It has {len(text)} characters, and needs at least {SHORTEST}."
    if len(set(text)) == 1:
        return "It is one character, repeated."
    if _is_repeated(text):
        return "It is a few characters, repeated."
    if text.isdecimal():
        return "It has only digits."
    if _is_covered(text, frozenset([*_COMMON.split(), *_parts(names)])):
        return "It is made of common passwords, sequences, digits and names that lie at hand."
    return ""


def _is_repeated(text: str) -> bool:
    """Whether it is a piece that would be too short alone, again and again."""
    sizes = range(1, min(len(text) // 2, SHORTEST - 1) + 1)
    return any(text == (text[:size] * len(text))[: len(text)] for size in sizes)


def _parts(names: Iterable[str]) -> list[str]:
    folded = [unicodedata.normalize("NFKC", name).casefold() for name in names]
    parts = [part for name in folded for part in (name, *re.split(r"[\W_\d]+", name))]
    return [part for part in parts if len(part) >= _SHORTEST_NAME]


def _is_covered(text: str, words: frozenset[str]) -> bool:
    """Whether words, runs, digits and signs, one after the other, are the whole text."""
    longest = max(map(len, (*words, *_RUNS)))
    covered = [True]  # of the end of the text, then of one character more each time
    for start in range(len(text) - 1, -1, -1):
        rest = len(text) - start
        sizes = (size for size in range(1, min(rest, longest) + 1) if covered[rest - size])
        covered.append(any(_is_piece(text[start : start + size], words) for size in sizes))
    return covered[-1]


def _is_piece(piece: str, words: frozenset[str]) -> bool:
    if piece in words or piece.translate(_LOOKS_LIKE) in words:
        return True
    if len(piece) == 1:
        return not piece.isalpha()
    if len(piece) < _SHORTEST_RUN:
        return False
    return len(set(piece)) == 1 or any(piece in run or piece in run[::-1] for run in _RUNS)
