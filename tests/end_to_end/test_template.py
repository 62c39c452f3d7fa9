"""The template notebook: clean, and nothing in it but prose and calls."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
import papermill
import pytest

import readiness

PATH = Path(__file__).parents[2] / "templates" / "readiness.ipynb"
NOTEBOOK = nbformat.read(PATH, as_version=4)
CODE = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code"]
TAGS = {"parameters", "setup", "evidence", "soundness", "decision", "complete", *(f"question-{q}" for q in (
    "baseline", "business", "segments", "errors", "stability", "production"))}  # fmt: skip


def test_it_is_a_clean_notebook():
    """Valid, without outputs, counts, personal metadata or anything papermill left behind."""
    nbformat.validate(NOTEBOOK)

    assert (4, 5) == (NOTEBOOK.nbformat, NOTEBOOK.nbformat_minor)
    assert {"kernelspec", "language_info"} == set(NOTEBOOK.metadata)
    assert "python3" == NOTEBOOK.metadata.kernelspec.name
    assert all(not cell.outputs and cell.execution_count is None for cell in CODE)


def test_every_cell_has_a_readable_id_and_a_known_tag():
    """Sections are found by their tags."""
    ids = [cell.id for cell in NOTEBOOK.cells]

    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z-]+", cell_id) for cell_id in ids)
    assert {tag for cell in NOTEBOOK.cells for tag in cell.metadata.get("tags", [])} == TAGS


@pytest.mark.parametrize("cell", CODE, ids=lambda cell: cell.id)
def test_cells_are_short_and_hold_no_logic(cell):
    """One to five lines, and one for each parameter; no loop, no condition, no function."""
    nodes = list(ast.walk(ast.parse(cell.source)))

    assert len(cell.source.splitlines()) <= (7 if cell.id == "parameters" else 5)
    assert not [node for node in nodes if isinstance(node, ast.For | ast.While | ast.If | ast.FunctionDef | ast.Lambda)]


def test_it_asks_for_this_version():
    """A kernel with another version stops in the first cell."""
    (setup,) = [cell for cell in CODE if cell.id == "setup"]

    assert f'require("{version("readiness")}")' in setup.source


def first_cell(monkeypatch, failing):
    """What the cell says that looks for the package, where importing it fails as `failing` says."""
    (kernel,) = [cell for cell in CODE if cell.id == "kernel"]

    def imported(name, *_args, **_options):
        raise failing(name)

    with monkeypatch.context() as patched:
        patched.setattr(builtins, "__import__", imported)
        try:
            exec(compile(kernel.source, "kernel", "exec"), {})
        except (ImportError, RuntimeError) as error:
            return error
    return None


def test_a_kernel_without_readiness_is_told_apart_from_a_broken_one(monkeypatch):
    """Only where the package itself is missing; whatever else fails to be imported keeps its own name."""
    said = first_cell(monkeypatch, lambda name: ModuleNotFoundError(f"No module named {name!r}", name=name))
    assert isinstance(said, RuntimeError)
    assert "This kernel lacks readiness" in str(said)

    broken = ImportError("libgomp.so.1: cannot open shared object file")
    assert broken is first_cell(monkeypatch, lambda _name: broken)


def test_looking_for_readiness_loads_nothing_else():
    """So that a library which is missing shows up behind that cell, under its own name."""
    light = "import sys, readiness; print([m for m in sys.modules if m in ('pandas', 'numpy', 'sklearn', 'pydantic')])"
    done = subprocess.run([sys.executable, "-c", light], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


def test_what_it_imports_is_public():
    """Only public names of the package."""
    (setup,) = [cell for cell in CODE if cell.id == "setup"]
    (names,) = [node.names for node in ast.walk(ast.parse(setup.source)) if isinstance(node, ast.ImportFrom)]

    assert {alias.name for alias in names} <= set(readiness.__all__)


def test_papermill_shows_its_parameters_with_help():
    """Types, defaults and help come from the parameters cell."""
    parameters = papermill.inspect_notebook(str(PATH))

    assert {"spec_path", "spec_sha256", "settings", "only", "cache", "candidate_number", "nonce"} == set(parameters)
    assert all(one["inferred_type_name"] in ("str", "int") and one["help"] for one in parameters.values())


def test_each_question_has_prose_a_question_and_a_figure():
    """Six sections of one pattern."""
    for question in ("baseline", "business", "segments", "errors", "stability", "production"):
        cells = [cell for cell in NOTEBOOK.cells if f"question-{question}" in cell.metadata.get("tags", [])]
        source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")

        assert "markdown" == cells[0].cell_type
        assert f"{question} = ask(questions.{question}, evidence)" in source
        assert f"show({question})" in source
        assert f"draw(plots.{question}." in source
