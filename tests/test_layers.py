"""The architecture, enforced: a lower floor never imports a higher one, and what must start fast stays light."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import readiness

PACKAGE = Path(readiness.__file__).parent

FLOORS = (
    "core",
    "spec",
    "statistics",
    "verdict",
    "signing",
    "evidence",
    "questions",
    "soundness",
    "report",
    "starter",
    "demo",
    "reviews",
    "run",
    "planning",
    "cli",
)
"""Folders of readiness/ from the ground up; see docs/architecture.md."""

HEAVY = {
    "matplotlib",
    "nbconvert",
    "nbformat",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "scipy",
    "seaborn",
    "sklearn",
}


@functools.cache
def modules():
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").strip("."): path
        for path in PACKAGE.rglob("*.py")
    }


@functools.cache
def tree(path):
    """The parsed source of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imported(path):
    """Modules of the package that a module imports: when it is loaded, inside functions, and for types alone."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "readiness":
            base = (node.module or "").removeprefix("readiness").strip(".")
            children = {f"{base}.{alias.name}".strip(".") for alias in node.names}
            names |= (children & set(modules())) or {base}
        if isinstance(node, ast.Import):
            names |= {
                alias.name.removeprefix("readiness.") for alias in node.names if alias.name.startswith("readiness.")
            }
    return names - {""}


def floor(name):
    return FLOORS.index(name.partition(".")[0])


def test_folders_are_floors():
    """Nothing lies loose, and each folder has its row."""
    assert sorted(FLOORS) == sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file())
    assert {"__init__.py", "__main__.py"} == {path.name for path in PACKAGE.glob("*.py")}


def test_a_module_looks_only_down():
    """Each imports from its own floor or from a lower one."""
    names = sorted(name for name in modules() if name not in ("", "__main__"))
    looking_up = {name: [each for each in imported(modules()[name]) if floor(each) > floor(name)] for name in names}
    assert {} == {name: others for name, others in looking_up.items() if others}


def test_there_are_no_cycles():
    """Modules can be put in an order in which each imports only those before it."""
    waiting = {name: set(imported(path)) for name, path in modules().items()}
    while ready := {name for name, needs in waiting.items() if not needs & set(waiting) - {name}}:
        for name in ready:
            del waiting[name]

    assert {} == waiting


def test_plots_and_page_touch_no_evidence():
    """Pictures and words are made from answers, never from rows."""
    for name, path in modules().items():
        if name.startswith(("report.plots", "report.page")) or name in ("report.pictures", "report.sentences"):
            assert not [other for other in imported(path) if other.startswith("evidence")], name


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["-c", "import readiness"], ["-m", "readiness", "--help"]])
def test_the_doors_open_fast(arguments):
    """Neither `import readiness` nor `--help` loads a library of numbers, pictures or notebooks."""
    code = "import atexit, sys; atexit.register(lambda: print('LOADED', *sorted({m.partition('.')[0] for m in sys.modules})))"
    script = f"{code}\nimport runpy\nsys.argv = ['readiness', '--help']\n"
    script += "import readiness" if arguments[0] == "-c" else "runpy.run_module('readiness', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("LOADED")[2].split())

    assert set() == loaded & HEAVY


def test_no_module_is_long_and_no_function_is_longer():
    """Modules up to 500 lines, functions up to 60."""
    for name, path in modules().items():
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 500, name
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{name}.{node.name}"


def test_every_module_says_what_it_holds():
    """The first sentence of each module is a noun phrase of the field, not a riddle."""
    for name, path in modules().items():
        told = ast.get_docstring(tree(path))
        assert told, name
        assert "?" not in told.partition("\n\n")[0], name


def test_sections_of_a_module_are_named_by_noun_phrases():
    """What stands below the line that begins a section: a heading, or a sentence or two, and no question."""
    for name, path in modules().items():
        lines = path.read_text(encoding="utf-8").splitlines()
        for line, heading in pairwise(lines):
            is_section = line.startswith("# -----") and heading.startswith("# ")
            assert not (is_section and "?" in heading), f"{name}: {heading}"
