"""Which spec was it? One SHA-256 over every file that was read for it, and over what was set on the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

ROLES = ("spec: ", "checklist: ")
"""How the names of these files begin among the inputs of a record."""


def spec_digest(inputs: Iterable[tuple[str, str]]) -> str:
    """The SHA-256 of a spec, from inputs of a record by name and SHA-256; those that are no part of it do not count.

    Of a single file it is that of its bytes. Of more it is that of one line `<sha256>  <name>` for each, in their
    order, with the names of the record: "spec: readiness.yaml", "checklist: team.yaml", "spec: command line". Empty
    where there is none, as in a draft.
    """
    parts = [(name, sha256) for name, sha256 in inputs if name.startswith(ROLES)]
    if len(parts) < 2:
        return parts[0][1] if parts else ""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in parts)
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
