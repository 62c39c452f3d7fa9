"""Nobody takes a code, a sentence or a name of a finding apart: what it is about is a field."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import readiness

PACKAGE = Path(readiness.__file__).parent
TEXTS = frozenset({"code", "reason", "warning", "withheld"})
"""Fields of findings that are made for people."""
TAKES_APART = frozenset({
    "startswith", "endswith", "removeprefix", "removesuffix", "split", "rsplit", "partition", "rpartition", "find",
    "index", "splitlines",
})  # fmt: skip
MATCHES = frozenset({"fullmatch", "match", "search", "sub", "findall", "finditer"})

ALLOWED = {
    "core/keys.py": "the reader of codes",
    "verdict/old_records.py": "records that were written before findings had keys",
    "verdict/supplied.py": "a label that a page must show, so that nobody hides where a number comes from",
    "verdict/attestations.py": "whether a finding tells the words of its attestation",
    "report/page/tables.py": "whether a code, which may be a user's own, can be the id of an element",
    "questions/segments.py": "a reason is told anew without its first half",
}


def taken_apart(tree: ast.AST) -> list[int]:
    """Lines that read the text of a field: methods of it, patterns over it, and what it contains."""
    found = []
    for node in ast.walk(tree):
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
