"""Names that read like a verdict: what others wrote is never taken for what this program says."""

from __future__ import annotations

import re
import unicodedata

_WORDS = frozenset(
    {
        *(
            "ready",
            "result",
            "verdict",
            "met",
            "pass",
            "passed",
            "passes",
            "yes",
            "ok",
            "okay",
            "proven",
            "go",
            "golive",
        ),
        *("accept", "accepted", "acceptable", "certified", "certify", "verified", "signed", "signoff", "cleared"),
        *("released", "permission", "permitted", "authorised", "authorized", "compliant", "endorsed", "validated"),
        *("greenlight", "greenlit", "deployable", "confirmed", "audited", "lgtm"),
    }
)
"""The vocabulary of results and approvals."""
_PARTS = ("ready", "approv")
"""These give a word away wherever they stand in it: "modelREADY", "preapproved"."""
_HARMLESS = frozenset({"already"})
_PHRASES = re.compile(
    r"\b(?:safe (?:to|for) (?:deploy|deployment|production|release|use)|green light|no objections?|thumbs up|"
    r"signed? off|all clear|fit for (?:use|purpose|production)|cleared? (?:to|for))\b"
)
_SPLIT, _SPREAD = 4, 5
"""Letters of the shortest word that is looked for in pieces: over punctuation, "RE-ADY"; over spaces, too, "RE ADY"."""
_LONGEST = max(map(len, _WORDS))
_ALIKE = {
    "a": "аАɑαΑᴀ4@λΛ", "b": "вВΒьЬʙ8", "c": "сСϲϹᴄ", "d": "ԁԀԃᴅ", "e": "еЕεΕєЄҽᴇ3€", "f": "ϝϜғҒ", "g": "ɡԍԌɢ",
    "h": "һҺНнΗʜ", "i": "іІїιΙıӏӀɪ1|", "j": "јЈϳᴊ", "k": "кКκΚᴋ", "l": "ⅼʟ", "m": "мМмΜᴍ", "n": "ηпՈոɴΝ",
    "o": "оОοΟσՕօᴏ0", "p": "рРρΡᴘ", "q": "ԛԚգ", "r": "гГʀᴦ", "s": "ѕЅՏꜱ5$", "t": "тТτΤᴛ7", "u": "υսᴜՍ",
    "v": "ѵѴνᴠ", "w": "ԝԜωᴡ", "x": "хХχΧ", "y": "уУүҮγΥʏ¥", "z": "ΖᴢƵ2",
}  # fmt: skip
_LOOK_ALIKE = str.maketrans({sign: letter for letter, signs in _ALIKE.items() for sign in signs})
"""Letters of Greek, Cyrillic, Armenian and the phonetic alphabet, and figures, that look like Latin letters."""
_AS_GAP = str.maketrans({sign: "-" for signs in _ALIKE.values() for sign in signs if not sign.isalpha()})
"""Figures and signs may stand for a letter, "R3ADY", or between letters, "RE|ADY"."""
_HIDDEN = re.compile(r"⟨U\+[0-9A-F]{4,6}⟩")
_EAST_ASIAN = frozenset({"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "HALFWIDTH"})
"""Written side by side, and beside Latin, within one word; no letter of theirs looks like one of Latin."""
_SCRIPTS = _EAST_ASIAN | {
    *("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "HEBREW", "ARABIC", "THAANA", "ETHIOPIC", "DEVANAGARI"),
    *("BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO"),
    *("TIBETAN", "MYANMAR", "KHMER"),
}
"""Scripts that people write in today (Unicode Standard Annex 31, table 5), by how the names of their letters begin."""
_RARE_FORM = re.compile(r"SMALL CAPITAL|TURNED|REVERSED|COMBINING LATIN|SUBSCRIPT|SUPERSCRIPT|PRESENTATION FORM")
_LATIN = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])(?: WITH .*)?")
_PLAIN = frozenset("±×÷−≤≥≈≠→°µªº²³¼½¾ʼʻ")
"""Signs that belong to ordinary names and sentences, besides letters, figures, punctuation and currencies."""
_QUOTES = str.maketrans(dict.fromkeys('“”„‟«»"', "'"))


def as_name(text: str) -> str:
    """A name, a version or a purpose as it may stand near a verdict: in quotation marks when it reads like one."""
    return f"“{text.translate(_QUOTES)}”" if imitates(text) else text


def imitates(text: str) -> bool:
    """Whether a text holds words of a verdict or an approval, also in pieces and in letters that only look like them.

    Whatever is more than words is taken for an imitation, too: nobody can list all signs that say yes.
    """
    bare = _HIDDEN.sub("", text)
    readings = {bare, bare.translate(_AS_GAP)}
    return _holds_more_than_words(bare) or any(_says_so(_skeleton(reading)) for reading in readings)


def _says_so(skeleton: str) -> bool:
    """Whether small Latin letters hold the vocabulary, each word whole, spelt, in pieces, or as a phrase."""
    words = _words(skeleton)
    if any(word in _WORDS or any(part in word for part in _PARTS) for word in (*words, *_join_spelt(words))):
        return True
    chunks = [_words(chunk) for chunk in skeleton.split()]
    in_pieces = any(_joins(chunk, _SPLIT, ends=True) for chunk in chunks) or _joins(words, _SPREAD)
    return in_pieces or _PHRASES.search(" ".join(words)) is not None


def _words(skeleton: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]+", skeleton) if word not in _HARMLESS]


def _joins(words: list[str], least: int, *, ends: bool = False) -> bool:
    """Whether neighbours make a word of at least so many letters; with `ends`, also one that begins or ends so."""
    for first in range(len(words)):
        joined = words[first]
        for word in words[first + 1 : first + _LONGEST]:
            joined += word
            if len(joined) >= least and joined in _WORDS:
                return True
            if ends and (joined.startswith(_PARTS) or joined.endswith(_PARTS)):
                return True
    return False


def _holds_more_than_words(text: str) -> bool:
    """Whether a text has signs other than letters that people write with today, figures and punctuation, or a word in
    letters of two scripts.
    """
    composed = unicodedata.normalize("NFC", text)
    if any(_is_odd(sign) for sign in composed if not sign.isascii()):
        return True
    return any(len(_scripts(word)) > 1 for word in _words(composed))


def _is_odd(sign: str) -> bool:
    kind = unicodedata.category(sign)
    if kind[0] in "PZC" and kind not in ("Co", "Cn", "Cs"):
        return False
    if kind == "Sc" or sign in _PLAIN:
        return False
    name = unicodedata.name(sign, "")
    known = _script(sign) in _SCRIPTS or (kind == "Mn" and name.startswith(("COMBINING", "VARIATION")))
    return kind[0] == "S" or kind in ("Me", "No", "Nl") or not known or _RARE_FORM.search(name) is not None


def _script(letter: str) -> str:
    return re.split("[ -]", unicodedata.name(letter, ""), maxsplit=1)[0]


def _scripts(word: str) -> set[str]:
    """Scripts of the letters of a word; those of East Asia do not count."""
    return {_script(letter) for letter in word if unicodedata.category(letter)[0] == "L"} - _EAST_ASIAN


def _skeleton(text: str) -> str:
    """The text in small Latin letters, without marks above, below or through them and without what cannot be seen."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LOOK_ALIKE))
    seen = "".join(_bare(c) for c in decomposed if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return seen.casefold().translate(_LOOK_ALIKE)


def _bare(letter: str) -> str:
    """A letter of Latin without its stroke, hook or tail."""
    found = None if letter.isascii() else _LATIN.fullmatch(unicodedata.name(letter, ""))
    return found[1] if found else letter


def _join_spelt(words: list[str]) -> list[str]:
    """Words that are spelt letter by letter: "R E A D Y"."""
    joined = " ".join(words)
    return [run.replace(" ", "") for run in re.findall(r"(?<!\w)(?:\w )+\w(?!\w)", joined)]
