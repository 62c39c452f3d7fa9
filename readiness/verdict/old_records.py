"""Records that were written before findings had keys and files had roles: what is a field today is read from text.

This is the only place where the text of a finding, or the name of a file, is read. A part that has its field is taken
as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from readiness.core.canonical import encode
from readiness.core.files import Role
from readiness.core.findings import Flag, Origin
from readiness.core.keys import key_of
from readiness.core.withholding import WITHHELD, Kind
from readiness.spec.schema import NOT_HERE

UNCERTAIN = "a real difference, its size uncertain"
UNKNOWN = "unknown"
"""Stands for a doubt that an old record words otherwise than this version does."""


def upgraded(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The plain record with a key in every finding and a role in every file.

    Shapes that no record has are left to whoever decodes it.
    """
    found = dict(plain)
    if isinstance(inputs := found.get("inputs"), list):
        found["inputs"] = [_with_role(file, _role_of) for file in inputs]
    if isinstance(model := found.get("model"), dict) and isinstance(files := model.get("files"), list):
        found["model"] = model | {"files": [_with_role(file, lambda _: Role.MODEL) for file in files]}
    if isinstance(answers := found.get("answers"), list):
        found["answers"] = [_with_findings(answer) for answer in answers]
    if "soundness" in found:
        found["soundness"] = _with_findings(found["soundness"])
    return found


def _with_role(file: Any, role_of: Callable[[str], Role]) -> Any:
    if not isinstance(file, dict) or "role" in file or not isinstance(file.get("name"), str):
        return file
    return file | {"role": role_of(file["name"]).value}


def _role_of(name: str) -> Role:
    """The role of an input, "test" of "test: cases.csv"."""
    named = (role for role in Role if role.name_of("") and name.startswith(role.name_of("")))
    return next(named, Role.OTHER)


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
