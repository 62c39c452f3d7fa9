"""Findings of records that were written before findings had keys: what is a field today is read from their text.

This is the only place where the text of a recorded finding is read. A finding that has a key is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readiness.core.canonical import encode
from readiness.core.keys import key_of


def upgraded(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The plain record with a key in every finding; shapes that no record has are left to whoever decodes it."""
    found = dict(plain)
    if isinstance(answers := found.get("answers"), list):
        found["answers"] = [_with_findings(answer) for answer in answers]
    if "soundness" in found:
        found["soundness"] = _with_findings(found["soundness"])
    return found


def _with_findings(part: Any) -> Any:
    if not isinstance(part, dict) or not isinstance(part.get("findings"), list):
        return part
    return part | {"findings": [_finding(finding) for finding in part["findings"]]}


def _finding(plain: Any) -> Any:
    if not isinstance(plain, dict) or "key" in plain or not isinstance(plain.get("code"), str):
        return plain
    return plain | {"key": encode(key_of(plain["code"]))}
