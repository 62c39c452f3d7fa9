"""From a spec to a report file: checked, executed, exported, published."""

from __future__ import annotations

import importlib
import sys


def _import_without_grammars() -> None:
    """Import jsonschema, which nbformat needs, without the grammars of international web addresses.

    JupyterLab brings `rfc3987_syntax` along. Where it is installed, jsonschema imports it for formats that no notebook
    uses, and it then compiles 38 grammars: longer than all other imports of a review together. Whoever imports it
    later, or has done so, has it.
    """
    name = "rfc3987_syntax"
    if name in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]  # what the import system takes for "is not there"
    try:
        importlib.import_module("jsonschema")
    finally:
        del sys.modules[name]


_import_without_grammars()
