"""Findings of records that were written before findings had keys: what is a field today is read from their text.

This is the only place where the text of a recorded finding is read. A finding that has a key is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readiness.core.canonical import encode
from readiness.core.findings import Flag, Origin
from readiness.core.keys import key_of
from readiness.core.withholding import WITHHELD, Kind
from readiness.spec.schema import NOT_HERE

UNCERTAIN = "a real difference, its size uncertain"
UNKNOWN = "unknown"
"""Stands for a doubt that an old record words otherwise than this version does."""


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
    added: dict[str, Any] = {"key": encode(key_of(plain["code"]))}
    if NOT_HERE in str(plain.get("warning")):
        added["origin"] = Origin.SUPPLIED.value
    if str(plain.get("warning")).endswith(UNCERTAIN):
        added["flags"] = [Flag.UNCERTAIN.value]
    if str(plain.get("withheld")).startswith(WITHHELD):
        doubts = [kind.value for kind in Kind if kind.doubt in plain["withheld"]]
        added["withheld_by"] = doubts or [UNKNOWN]
    return plain | added
