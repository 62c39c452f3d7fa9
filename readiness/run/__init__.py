"""From a spec to a report file: checked, executed, exported, published."""

from __future__ import annotations

import importlib
import sys

_SLOW = ("rfc3987_syntax", "isoduration")
"""Checks of formats, which JupyterLab brings along: 38 grammars are compiled, and `arrow` is imported."""


def _import_without_formats() -> None:
    """Import jsonschema, which nbformat needs, without the slowest formats that no notebook uses: where they are
    installed, that takes longer than all other imports of a review together. Whoever imports them later has them.
    """
    hidden = [name for name in _SLOW if name not in sys.modules]
    if "jsonschema" in sys.modules:
        return
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None means "is not there"
    try:
        importlib.import_module("jsonschema")
    finally:
        for name in hidden:
            del sys.modules[name]


_import_without_formats()
