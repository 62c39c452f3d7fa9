"""Which notebook is walked? The template: read once, digested, and asked what it calls its parts.

It is handled as a notebook in memory and never by its path, because papermill reads braces in paths as its own.
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from readiness.exceptions import InputError
from readiness.looking import opened
from readiness.resources import template_path
from readiness.verdict.record import Template

STOCK = "readiness.ipynb"
PARAMETERS_TAG = "parameters"

_HEADING = re.compile(r"^ {0,3}#{1,2}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """A template, ready to be executed."""

    notebook: Any
    """An nbformat notebook, version 4."""
    template: Template

    def sections(self) -> tuple[str, ...]:
        """For each cell the heading that it stands under; "" before the first."""
        return headings(self.notebook.cells)


def read_template(path: Path | None = None) -> Walkthrough:
    """Read the template at `path`, else the one that comes with the package.

    Raises:
        InputError: no such file, or not a notebook.
    """
    stock = template_path(STOCK)
    content = _bytes(path or stock)
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises whatever the JSON happens to trip over
        raise InputError(
            f"The template {path or stock} is not a Jupyter notebook: {_first_line(error)}.",
            remedy="Give an .ipynb file; a copy of the package's own template is a good start.",
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    is_stock = path is None or digest == hashlib.sha256(stock.read_bytes()).hexdigest()
    return Walkthrough(notebook, Template((path or stock).name, digest, is_stock))


def check_parameters(walkthrough: Walkthrough, wanted: frozenset[str]) -> frozenset[str]:
    """The parameters that a template declares; refuses one that lacks any of `wanted`, where papermill only warns.

    Raises:
        InputError: naming what is missing.
    """
    cells = [cell for cell in walkthrough.notebook.cells if PARAMETERS_TAG in cell.metadata.get("tags", [])]
    name = walkthrough.template.name
    if len(cells) != 1 or cells[0].cell_type != "code":
        raise InputError(
            f"The template {name} has {len(cells)} cells tagged {PARAMETERS_TAG!r}; expected one code cell.",
            remedy=f"Give it one cell with that tag that assigns {', '.join(sorted(wanted))}.",
        )
    declared = _assigned(cells[0].source, name)
    missing = sorted(wanted - declared)
    if missing:
        raise InputError(
            f"The template {name} does not declare {', '.join(missing)} in its cell tagged {PARAMETERS_TAG!r}.",
            remedy=f'Add a line such as: {missing[0]}: str = ""',
        )
    return frozenset(declared)


def headings(cells: Any) -> tuple[str, ...]:
    """For each cell the text of the last Markdown heading of level 1 or 2 at or above it."""
    current, found = "", []
    for cell in cells:
        if cell.cell_type == "markdown" and (here := _HEADING.findall(cell.source)):
            current = " ".join(here[-1].split())
        found.append(current)
    return tuple(found)


def _bytes(path: Path) -> bytes:
    try:
        with opened(path) as stream:
            return stream.read()
    except OSError as error:
        raise InputError(f"The template {path} cannot be read: {error.strerror}.", remedy="Check the path.") from error


def _assigned(source: str, name: str) -> set[str]:
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(
            f"The template {name} has a cell tagged {PARAMETERS_TAG!r} that is not Python: {error.msg}."
        ) from error
    targets: list[ast.expr] = []
    for statement in statements:
        targets += statement.targets if isinstance(statement, ast.Assign) else []
        targets += [statement.target] if isinstance(statement, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")
