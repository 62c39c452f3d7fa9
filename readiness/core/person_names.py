"""Names of people as they are compared: two spellings of one person are the same, two people are not.

Purpose: nobody may vouch for what they prepared themselves, by another spelling of their name. Where two names may be
those of one person they count as such; a word of somebody else is easily given under a fuller name.
Method: accents, capitals, punctuation, characters that nobody sees and additions in brackets are taken off, letters of
other scripts that look like Latin ones are read as these, and the words are compared in any order: the shorter name may
leave words out, or give an initial for one.
Limits: a nickname, a married name or a transcription is another name.
"""

from __future__ import annotations

import re
import unicodedata

_LOOK_ALIKE = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d"
    "\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03f2\u0131\u0251\u0261",
    "abekmhopctyxijsdqwabeikvoptuxciag",
)
"""Small Cyrillic and Greek letters, and odd Latin ones, with the Latin letters that they look like."""
_SPELT_OUT = (
    ("ø", "o"),
    ("ł", "l"),
    ("đ", "d"),
    ("æ", "a"),
    ("œ", "o"),
    ("ae", "a"),
    ("oe", "o"),
    ("ue", "u"),
)
"""Letters without a part that is an accent, and the two ways to write an umlaut."""
_ALIKE_SCRIPTS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC"})
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>")


def words_of(name: str) -> frozenset[str]:
    """The words of a name as they are compared; none where it has no letter."""
    plain = _visible_letters(name, between="")
    words = frozenset(_words(_BRACKETS.sub(" ", plain)) or _words(plain))
    return words if any(character.isalpha() for word in words for character in word) else frozenset()


def mixed_word(name: str) -> str:
    """The first word that mixes letters of scripts that look alike, as in "Ann\u0430"; empty where there is none."""
    for word in _visible_letters(name, between="").split():
        letters = (unicodedata.name(c, "").split(" ")[0] for c in word if unicodedata.category(c) in ("Ll", "Lu", "Lt"))
        if len(_ALIKE_SCRIPTS & set(letters)) > 1:
            return word
    return ""


def may_be_the_same(one: str, other: str) -> bool:
    """Whether two names may be those of one person."""
    mine, theirs = words_of(one), words_of(other)
    if not mine or not theirs:
        return True
    if "".join(_ordered_words(one)) == "".join(_ordered_words(other)):  # a space more or less
        return True
    apart = (
        frozenset(_words(_visible_letters(one, between=" "))),
        frozenset(_words(_visible_letters(other, between=" "))),
    )
    return _covers(mine, theirs) or _covers(*apart)


def _covers(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether each word of the shorter name stands in the longer one, in full or as an initial."""
    short, long = sorted((one, other), key=len)
    rest = set(long)
    for word in sorted(short, key=lambda each: (each not in rest, -len(each), each)):
        found = word if word in rest else next((each for each in sorted(rest) if _is_initial(word, each)), None)
        if found is None:
            return False
        rest.discard(found)
    return True


def _is_initial(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _ordered_words(name: str) -> list[str]:
    plain = _visible_letters(name, between="")
    return _words(_BRACKETS.sub(" ", plain)) or _words(plain)


def _visible_letters(name: str, *, between: str) -> str:
    """What a reader sees, without accents; `between` stands for each character that nobody sees."""
    parts = []
    for character in unicodedata.normalize("NFKD", name):
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            continue
        parts.append(
            " " if character.isspace() else between if category in ("Cf", "Cc", "Cn", "Co", "Cs") else character
        )
    return "".join(parts)


def _words(text: str) -> list[str]:
    """Words of letters and digits; an apostrophe and a full stop within a word are left out: O'Neill, Ph.D."""
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_LOOK_ALIKE)
    plain = "".join(character for character in folded if unicodedata.category(character) != "Mn")
    for written, meant in _SPELT_OUT:
        plain = plain.replace(written, meant)
    plain = re.sub(r"(?<=\w)['\u2019\u02bc`](?=\w)", "", plain)
    return [word for word in re.split(r"[\W_]+", plain) if word]
