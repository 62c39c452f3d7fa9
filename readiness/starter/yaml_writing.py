"""How does a text stand in YAML so that exactly the same text is read again, on one line?"""

from __future__ import annotations

import re

import yaml

from readiness.spec import Label

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_NOT_PLAIN = frozenset({"null", "true", "false"})


def yaml_text(text: str) -> str:
    """`text`: plain where nobody could misread it, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _NOT_PLAIN:
        return text
    dumped: str = yaml.dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return dumped.rstrip("\n")


def yaml_label(label: Label) -> str:
    """A class label: text, a number, true or false."""
    if isinstance(label, str):
        return yaml_text(label)
    return str(label).lower() if isinstance(label, bool) else str(label)
