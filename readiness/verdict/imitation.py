"""Does a name read like a verdict? What others wrote is never taken for what this program says."""

from __future__ import annotations

import re
import unicodedata

_WORDS = frozenset(
    {
        *("ready", "result", "verdict", "met", "pass", "passed", "passes", "yes", "ok", "okay", "proven"),
        *("accept", "accepted", "certified", "certify", "verified", "signed", "cleared", "released", "permission"),
        *("permitted", "authorised", "authorized", "compliant", "endorsed"),
    }
)
"""The vocabulary of results and approvals."""
_PARTS = ("ready", "approv")
"""These give a word away wherever they stand in it: "modelREADY", "preapproved"."""
_HARMLESS = frozenset({"already"})
_SIGNS = frozenset("✓✔☑✅🗸🗹√👍🟢")
_ALIKE = {
    "a": "аАɑαΑᴀ4@", "b": "вВΒьЬʙ8", "c": "сСϲϹᴄ", "d": "ԁԀԃᴅ", "e": "еЕεΕєЄҽᴇ3€", "f": "ϝϜғҒ", "g": "ɡԍԌɢ",
    "h": "һҺНнΗʜ", "i": "іІїιΙıӏӀɪ1|", "j": "јЈϳᴊ", "k": "кКκΚᴋ", "l": "ⅼʟ", "m": "мМмΜᴍ", "n": "ηпՈոɴΝ",
    "o": "оОοΟσՕօᴏ0", "p": "рРρΡᴘ", "q": "ԛԚգ", "r": "гГʀᴦ", "s": "ѕЅՏꜱ5$", "t": "тТτΤᴛ7", "u": "υսᴜՍ",
    "v": "ѵѴνᴠ", "w": "ԝԜωᴡ", "x": "хХχΧ", "y": "уУүҮγΥʏ¥", "z": "ΖᴢƵ2",
}  # fmt: skip
_LOOK_ALIKE = str.maketrans({sign: letter for letter, signs in _ALIKE.items() for sign in signs})
"""Letters of Greek, Cyrillic, Armenian and the phonetic alphabet, and figures, that look like Latin letters."""
_HIDDEN = re.compile(r"⟨U\+[0-9A-F]{4,6}⟩")
_QUOTES = str.maketrans(dict.fromkeys('“”„‟«»"', "'"))


def as_name(text: str) -> str:
    """A name, a version or a purpose as it may stand near a verdict: in quotation marks when it reads like one."""
    return f"“{text.translate(_QUOTES)}”" if imitates(text) else text


def imitates(text: str) -> bool:
    """Whether a text holds words or signs of a verdict or an approval, also in letters that only look like them."""
    bare = _HIDDEN.sub("", text)
    words = re.findall(r"[^\W\d_]+", _skeleton(bare))
    words = [word for word in (*words, *_spelt(words)) if word not in _HARMLESS]
    is_word = any(word in _WORDS or any(part in word for part in _PARTS) for word in words)
    return is_word or not _SIGNS.isdisjoint(bare)


def _skeleton(text: str) -> str:
    """The text in small Latin letters, without marks above or below them and without what cannot be seen."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LOOK_ALIKE))
    seen = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return seen.casefold().translate(_LOOK_ALIKE)


def _spelt(words: list[str]) -> list[str]:
    """Words that are spelt letter by letter: "R E A D Y"."""
    joined = " ".join(words)
    return [run.replace(" ", "") for run in re.findall(r"(?<!\w)(?:\w )+\w(?!\w)", joined)]
