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
from sklearn.linear_model import LogisticRegression

import readiness
from readiness.core.findings import Origin
from readiness.report import plots
from readiness.reviews.parts import names_of_figures
from readiness.run.executed import PLACEHOLDER
from tests.conftest import make_rows
from tests.walking import run_cell

PATH = Path(__file__).parents[2] / "templates" / "readiness.ipynb"
NOTEBOOK = nbformat.read(PATH, as_version=4)
CODE = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code"]
QUESTIONS = ("baseline", "business", "segments", "errors", "stability", "production")
TAGS = {"parameters", "setup", "evidence", "soundness", "decision", "assessment", "example"} | {
    f"question-{question}" for question in QUESTIONS
}


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
    """One or two lines, but for the one that looks for the package; no loop, no condition, no function."""
    nodes = list(ast.walk(ast.parse(cell.source)))

    assert len(cell.source.splitlines()) <= (4 if cell.id == "kernel" else 2)
    assert not [node for node in nodes if isinstance(node, ast.For | ast.While | ast.If | ast.FunctionDef | ast.Lambda)]


def test_it_asks_for_this_version():
    """A kernel with another version stops before anything is read."""
    assert f'readiness.open_review(spec_path, version="{version("readiness")}", **options)' in cell_of("data").source
    with pytest.raises(RuntimeError, match=r"the notebook needs 0\.0\.1"):
        readiness.open_review("nowhere.yaml", version="0.0.1")


def cell_of(cell_id):
    (found,) = [cell for cell in NOTEBOOK.cells if cell.id == cell_id]
    return found


def test_the_first_screen_is_no_plumbing():
    """What looks for the package is folded, and between the title and the data stands only what may be set."""
    before = NOTEBOOK.cells[: NOTEBOOK.cells.index(cell_of("data-title"))]

    assert ["title", "parameters", "kernel"] == [cell.id for cell in before]
    assert cell_of("kernel").metadata.jupyter.source_hidden


def first_cell(monkeypatch, failing):
    """What the cell says that looks for the package, where importing it fails as `failing` says."""
    kernel = cell_of("kernel")

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


def test_it_uses_nothing_but_the_one_object():
    """Two public names open it; all else is asked of the review."""
    used = {node.attr for cell in CODE for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Attribute)}

    assert {"open_review", "plot", "data", "soundness", "decision", *QUESTIONS} == used
    assert {"open_review", "review"} <= set(readiness.__all__)


def test_papermill_shows_its_parameters_with_help():
    """Types, defaults and help come from the parameters cell."""
    parameters = papermill.inspect_notebook(str(PATH))

    assert {"spec_path": "str", "options": "dict"} == {
        name: one["inferred_type_name"] for name, one in parameters.items()
    }
    assert all(one["help"] for one in parameters.values())


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_is_told_in_one_order(question):
    """Why, how and signs of risk; the answer; its figures; and room for the words of whoever prepares it."""
    cells = [cell for cell in NOTEBOOK.cells if f"question-{question}" in cell.metadata.get("tags", [])]
    first, *middle, last = cells
    answer, *figures = [cell.source for cell in middle]

    assert all(f"**{part}.**" in first.source for part in ("Why", "How", "Signs of risk"))
    assert f"review.{question}" == answer
    assert [f'review.{question}.plot("{name}")' for name in names_of_figures(getattr(plots, question))] == figures
    assert f"### Assessment\n\n{PLACEHOLDER}" == last.source
    assert {f"question-{question}", "assessment"} == set(last.metadata.tags)


def test_every_formula_holds_for_every_task():
    """The words of the cells reach every page, so none of them speaks of classes alone."""
    words = "\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "markdown")

    assert not re.findall(r"(?i)\b(accuracy|recall|precision|positives?|largest class|probabilit)\w*", words)


def test_the_example_is_off_and_works():
    """It is neither code nor prose; as a code cell it adds a finding and a figure to its question."""
    example = cell_of("own-example")
    names = {"readiness": readiness}
    data = make_rows(200, 3)
    names["review"] = readiness.review(
        LogisticRegression().fit(data[["a", "b"]], data["y"]),
        data[["a", "b"]],
        data["y"],
        segments={"g": data["group"]},
    )
    picture = run_cell(example.source, "example", names)

    assert "raw" == example.cell_type
    assert ("segments", True) == (picture.question, picture.svg.startswith("<svg"))
    assert [5] == [finding.criterion.threshold for finding in names["review"].segments.findings
                   if finding.origin is Origin.OWN]  # fmt: skip
