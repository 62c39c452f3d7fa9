"""Nobody takes a code or a sentence of a finding, or the name of a file, apart: what it is about is a field."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import readiness
from readiness.core.files import Role

PACKAGE = Path(readiness.__file__).parent
TEXTS = frozenset({"code", "reason", "warning", "withheld"})
"""Fields of findings that are made for people."""
TAKES_APART = frozenset({
    "startswith", "endswith", "removeprefix", "removesuffix", "split", "rsplit", "partition", "rpartition", "find",
    "index", "splitlines",
})  # fmt: skip
MATCHES = frozenset({"fullmatch", "match", "search", "sub", "findall", "finditer"})

ROLES = tuple(role.name_of("") for role in Role if role.name_of(""))
ROLE_ENDS = frozenset({": "})

ALLOWED = {
    "core/keys.py": "the reader of codes",
    "verdict/old_records.py": "records that were written before findings had keys",
    "verdict/supplied.py": "a label that a page must show, so that nobody hides where a number comes from",
    "verdict/attestations.py": "whether a finding tells the words of its attestation",
    "verdict/decision.py": "the first of several things that an action names, for one line of the cover",
    "starter/starter.py": "a line of YAML that was written a moment before",
    "report/page/tables.py": "whether a code, which may be a user's own, can be the id of an element",
    "questions/segments.py": "a reason is told anew without its first half",
}


def taken_apart(tree: ast.AST) -> list[int]:
    """Lines that read the text of a field: methods of it, patterns over it, and what it contains."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKES_APART:
            found += [node.lineno] if _is_of_file(node.func.value) or any(map(_has_role, node.args)) else []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in TAKES_APART and _is_text(node.func.value):
                found.append(node.lineno)
            if node.func.attr in MATCHES and any(map(_is_text, node.args)):
                found.append(node.lineno)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            found += [node.lineno for right in node.comparators if _is_text(right)]
    return found


def _is_text(node: ast.AST) -> bool:
    """Whether it is such a field of a finding, or a variable of that name."""
    if isinstance(node, ast.Attribute):
        return node.attr in TEXTS and "error" not in ast.unparse(node)
    return isinstance(node, ast.Name) and node.id == "code"


def _is_of_file(node: ast.AST) -> bool:
    """Whether it is the name of an artifact."""
    owner = node.value if isinstance(node, ast.Attribute) and node.attr == "name" else None
    return isinstance(owner, ast.Name) and owner.id in ("artifact", "input", "module", "proof", "file", "served")


def _has_role(node: ast.AST) -> bool:
    """Whether it is how the name of an artifact begins, or a part of such a beginning."""
    texts = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return any(text in ROLE_ENDS or text.startswith(ROLES) for text in texts)


@pytest.mark.parametrize(
    "source",
    [
        'artifact.name.partition(": ")',
        'text.partition(": ")',
        'name.startswith("test: ")',
        'n.removeprefix(f"{r}: ")',
    ],
)
def test_what_is_found_of_files(source: str) -> None:
    assert [1] == taken_apart(ast.parse(source))


@pytest.mark.parametrize(
    "source", ['f.code.startswith("X")', "P.fullmatch(f.code)", '"a" in f.warning', 'code[1:] + code.split("-")[0]']
)
def test_what_is_found(source: str) -> None:
    assert [1] == taken_apart(ast.parse(source))


@pytest.mark.parametrize("source", ["f.code == other", "f.code in codes", 'f.key.part("method")', "f.name.title()"])
def test_what_is_not(source: str) -> None:
    assert [] == taken_apart(ast.parse(source))


def test_no_module_takes_a_finding_apart() -> None:
    """Elsewhere than where it is said why."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if lines := taken_apart(ast.parse(path.read_text(encoding="utf-8"))):
            found[name] = lines
    assert {} == {name: lines for name, lines in found.items() if name not in ALLOWED}
    assert set(found) <= set(ALLOWED)
