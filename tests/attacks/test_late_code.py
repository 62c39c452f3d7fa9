"""Code and templates of this program: loaded before a candidate can change them, and the same when it has run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import yaml

import readiness
from readiness.core import program as tool_source
from readiness.core.errors import ReviewError
from readiness.core.program import ToolSource, template_path, tool_digest
from tests.sampling import exhaustive

EDITS = {
    "a template of the page": 'root.parent / "templates" / "page" / "decision.html.j2"',
    "a style sheet": 'root.parent / "templates" / "page" / "style.css"',
    "a module": 'root / "verdict" / "decision.py"',
}


@pytest.fixture
def own_copy(tmp_path: Path) -> Path:
    """A copy of this program, with its compiled modules, that a candidate may spoil; the folder to import it from."""
    place = tmp_path / "program"
    package = Path(readiness.__file__).parent
    shutil.copytree(package, place / "readiness", ignore=shutil.ignore_patterns("templates"))
    shutil.copytree(template_path("page").parent, place / "templates")
    return place


def run(program: Path, spec: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line of the copy."""
    environment = os.environ | {"PYTHONPATH": str(program), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", "-m", "readiness", *words, str(spec), "--no-cache"]
    return subprocess.run(command, cwd=spec.parent, env=environment, capture_output=True, text=True, check=False)


def with_loader(write: Callable[..., Path], body: str) -> Path:
    """A review whose loader does something besides."""
    spec = write({})
    (spec.parent / "own_loader.py").write_text(
        f"import joblib, pathlib, readiness\n\ndef load(path):\n    root = pathlib.Path(readiness.__file__).parent\n"
        f"    {body}\n    return joblib.load(path)\n"
    )
    text = yaml.safe_load(spec.read_text())
    text["model"]["loader"] = "own_loader:load"
    spec.write_text(yaml.safe_dump(text))
    return spec


@pytest.mark.slow
def test_a_template_that_edits_this_program_gets_no_page(review_files: Callable[..., Path], own_copy: Path) -> None:
    """Exit 4, each file is named, and no report lies there; the page was never made from what it wrote."""
    files = ", ".join(EDITS.values())
    body = f'[each.open("a").write("\\nAPPROVED BY THE RISK COMMITTEE\\n") for each in ({files})]'
    spec, notebook = review_files({}), nbformat.read(own_copy / "templates" / "readiness.ipynb", as_version=4)
    cell = nbformat.v4.new_code_cell(
        f"import pathlib, readiness\nroot = pathlib.Path(readiness.__file__).parent\n{body};"
    )
    notebook.cells.append(cell)
    nbformat.write(notebook, spec.parent / "altered.ipynb")
    done = run(own_copy, spec, "run", "--only", "business", "--template", "altered.ipynb")
    assert 4 == done.returncode, done.stderr
    assert "Files of this program changed while the review was running" in done.stderr
    assert [] == [name for name in ("decision.html.j2", "style.css", "decision.py") if name not in done.stderr]
    assert not list(spec.parent.rglob("*.html"))


LATE = """\
import sys
from readiness.run import execution
seen = {}
whole = execution._Prepared.before
def before(self, go):
    def gone():
        seen["modules"] = set(sys.modules)
        go()
    whole(self, gone)
execution._Prepared.before = before
from readiness.cli import main
try:
    main()
finally:
    late = sorted(set(sys.modules) - seen["modules"])
    sys.stderr.write("LATE " + " ".join(late) + "\\n")
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["signed", exhaustive("partial"), "failing"])
def test_nothing_is_imported_after_the_candidate_may_run(
    review_files: Callable[..., Path], tmp_path: Path, way: str
) -> None:
    """From the signal to go until the command ends, the host loads no module, neither ours nor another's."""
    spec = with_loader(review_files, "import os; os._exit(3)") if way == "failing" else review_files({})
    words = ["run", str(spec), "--no-cache"]
    if way == "signed":
        subprocess.run(
            [sys.executable, "-m", "readiness", "keygen", "--out", "k.pem", "--no-passphrase"], cwd=tmp_path, check=True
        )
        words += ["--key", str(tmp_path / "k.pem")]
        words += ["--junit", str(tmp_path / "j.xml"), "--summary", str(tmp_path / "s.md")]
    else:
        words += ["--only", "business"]
    done = subprocess.run(
        [sys.executable, "-c", LATE, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode in ((4,) if way == "failing" else (0, 1, 3)), done.stderr
    assert "LATE \n" in done.stderr, done.stderr


class TestToolSource:
    def test_it_covers_sources_and_templates(self) -> None:
        """And neither byte code nor anything else in the digest."""
        found = ToolSource.now()
        assert {"readiness/verdict/decision.py", "templates/page/decision.html.j2", "templates/readiness.ipynb"} <= {
            *found.sources
        }
        assert not [name for name in found.sources if "__pycache__" in name]
        assert found.sha256 == tool_digest()

    def test_a_changed_file_is_named(self) -> None:
        """A source that changed, went or came, and byte code that changed; new byte code is none of it."""
        now = ToolSource.now()
        now.check_unchanged()
        name = "readiness/verdict/decision.py"
        for sources in ({**now.sources, name: "0"}, {**now.sources, "readiness/gone.py": "0"}):
            with pytest.raises(ReviewError, match=r"decision\.py|gone\.py"):
                ToolSource(sources, now.byte_code).check_unchanged()
        with pytest.raises(ReviewError, match=r"decision\.py"):
            ToolSource({each: d for each, d in now.sources.items() if each != name}, now.byte_code).check_unchanged()
        ToolSource(now.sources, {}).check_unchanged()
        ToolSource(now.sources, {"readiness/__pycache__/gone.pyc": "0"}).check_unchanged()
        if now.byte_code:
            first = next(iter(now.byte_code))
            with pytest.raises(ReviewError, match=r"\.pyc"):
                ToolSource(now.sources, now.byte_code | {first: "0"}).check_unchanged()

    def test_byte_code_that_is_older_than_its_source_may_be_written_anew(self, own_copy: Path) -> None:
        """As after every update of a source checkout; one that fits its source may not be changed."""
        import importlib.util
        import py_compile

        module = own_copy / "readiness" / "core" / "canonical.py"
        compiled = Path(py_compile.compile(str(module)) or "")
        assert compiled == Path(importlib.util.cache_from_source(str(module)))
        assert not tool_source._is_stale(compiled)
        module.write_text(module.read_text() + "\n# newer\n")
        assert tool_source._is_stale(compiled)
        py_compile.compile(str(module))
        assert not tool_source._is_stale(compiled)
