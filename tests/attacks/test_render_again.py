"""A page that does not say what its record says: edited before it was signed, or made by an altered template."""

from __future__ import annotations

import ast
import copy
import dataclasses
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jinja2 import Environment, FileSystemLoader

import readiness
from readiness.core.program import template_path
from readiness.evidence.environment import OF_THE_PAGE, environment
from readiness.run import page_again, runner
from readiness.run.execution import Execution
from readiness.signing.keys import generate, write_key_pair
from readiness.signing.layout import Parts, join, split
from readiness.signing.reports import Subject, read_report, sign_report, statement, unsigned_report
from readiness.verdict.record import Record, from_plain, to_plain
from tests.walking import walk

Run = Callable[..., tuple[int, str, str]]
KEY = generate()


@dataclass
class Reviewed:
    """A whole review, as `readiness run` leaves it, and a pen to change it and sign it again."""

    folder: Path
    original: bytes
    notebook: Any

    @property
    def record(self) -> Record:
        return from_plain(read_report(self.original).statement["predicate"])

    def write(self, *, page: bytes | None = None, record: Record | None = None) -> None:
        """Sign a report with another page or record."""
        content = split(self.original).content if page is None else page
        claim = read_report(self.original).statement
        subjects = [Subject(each["name"], each["digest"]["sha256"]) for each in claim["subject"]]
        subjects = [
            Subject("report", hashlib.sha256(content).hexdigest()) if each.name == "report" else each
            for each in subjects
        ]
        unsigned = unsigned_report(content, statement(subjects, to_plain(record or self.record)))
        (self.folder / "report.html").write_bytes(sign_report(unsigned, KEY))

    def keep(self, notebook: Any) -> None:
        text = nbformat.writes(notebook)
        (self.folder / "notebook.ipynb").write_text(text, encoding="utf-8")


@pytest.fixture
def reviewed(tmp_path: Path, review_files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Reviewed:
    """A review of the small model, signed; the commands run beside it."""
    executed: list[Any] = []
    export = runner.export_page

    def watched(notebook: Any, **options: Any) -> Any:
        executed.append(copy.deepcopy(notebook))
        return export(notebook, **options)

    monkeypatch.setattr(runner, "export_page", watched)
    walked = walk(review_files())
    case = Reviewed(tmp_path, walked.report, executed[0])
    write_key_pair(KEY, tmp_path / "k.pem", None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebook.ipynb").write_bytes(Execution(case.notebook).content())
    case.write()
    return case


def verified(run: Run) -> tuple[int, str, str]:
    return run("verify", "report.html", "--key", "k.pub", "--render", "notebook.ipynb")


@pytest.mark.slow
def test_what_verify_says_of_a_page_made_again(reviewed: Reviewed, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One review, and everything that can be wrong with its page; whatever is not equal is not valid.

    The pen of this module changes nothing by itself: the same parts give the same unsigned report.
    """
    parts = split(reviewed.original)
    assert reviewed.original == join(Parts(parts.content, parts.record, "unsigned"))
    code, said, complained = verified(run)
    assert (0, "") == (code, complained)
    assert "the page is, byte for byte, what this program makes of the record and notebook.ipynb" in said
    assert "byte for byte, what this program makes" not in run("verify", "report.html", "--key", "k.pub")[1]

    page = split(reviewed.original).content
    for edited in (
        page.replace(b"NOT PROVEN", b"READY", 1),
        page.replace(b"</body>", b" </body>"),
        page[:-8] + b"\n</html>\n",
    ):
        assert page != edited
        reviewed.write(page=edited)
        assert 0 == run("verify", "report.html", "--key", "k.pub")[0]  # the signature alone does not show it
        code, said, complained = verified(run)
        assert (5, "") == (code, said)
        assert "The page is not what this program makes of the signed record" in complained
    reviewed.write()

    _other_notebooks(reviewed, run)
    _other_programs(reviewed, run, monkeypatch)
    _altered_template(reviewed, run)


def _other_notebooks(reviewed: Reviewed, run: Run) -> None:
    """A notebook of another run, one that was edited, and what is no notebook."""
    other = copy.deepcopy(reviewed.notebook)
    other.cells[-1].source += "\n# another run"
    outputs = copy.deepcopy(reviewed.notebook)
    next(cell for cell in outputs.cells if cell.get("outputs"))["outputs"] = []
    for notebook in (other, outputs):
        reviewed.keep(notebook)
        code, said, complained = verified(run)
        assert (5, "") == (code, said)
        assert "is not the notebook that the report was made from" in complained
    for data in (b"", b"{}", b"[]", b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}', b"\xff\xfe"):
        Path("notebook.ipynb").write_bytes(data)
        code, said, complained = verified(run)
        assert code in (2, 5)
        assert ("", False) == (said, "fault of readiness" in complained)
    assert 2 == run("verify", "report.html", "--key", "k.pub", "--render", "nowhere.ipynb")[0]
    assert 2 == run("verify", "report.html", "--key", "k.pub", "--render", ".")[0]
    (reviewed.folder / "notebook.ipynb").write_bytes(Execution(reviewed.notebook).content())
    assert 0 == verified(run)[0]


def _other_programs(reviewed: Reviewed, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of other sources or packages is neither believed nor accused: 2, and what it needs."""
    record = reviewed.record
    surroundings = record.gathered.environment
    packages = {**surroundings.packages, "jinja2": "1.2.3"}

    def with_environment(**changes: Any) -> Record:
        changed = dataclasses.replace(surroundings, **changes)
        return dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, environment=changed))

    others = {
        "sources abcdef012345…": dataclasses.replace(record, tool_sha256="abcdef0123456789" * 4),
        "readiness 9.9": dataclasses.replace(record, tool="readiness 9.9"),
        "of whose sources the report does not say which": dataclasses.replace(record, tool_sha256=""),
        "jinja2 1.2.3": with_environment(packages=packages),
        "jinja2 of a version that the report does not say": with_environment(packages={}),
        "Python 2.7": with_environment(python="2.7.18"),
    }
    for words, other in others.items():
        reviewed.write(record=other)
        code, said, complained = verified(run)
        assert (2, "") == (code, said), words
        assert "cannot be compared here: that needs" in complained
        assert words in complained
        assert 0 == run("verify", "report.html", "--key", "k.pub")[0]
    reviewed.write()
    monkeypatch.setattr(page_again, "tool_digest", lambda: "0" * 64)
    code, _, complained = verified(run)
    assert (2, True) == (code, f"(sources {record.tool_sha256[:12]}…" in complained)
    monkeypatch.setattr(page_again, "tool_digest", lambda: record.tool_sha256)


def _altered_template(reviewed: Reviewed, run: Run) -> None:
    """The template on the disk of the reviewing machine said something else while the page was made."""
    from readiness.report.page import render_page
    from readiness.report.page.render import INDEX, harden
    from readiness.run.executed import code as code_of
    from readiness.run.executed import figures, prose

    folder = reviewed.folder / "page"
    folder.mkdir()
    for path in template_path("page").iterdir():
        text = path.read_text(encoding="utf-8").replace("</body>", "<p>Approved by the board.</p></body>")
        (folder / path.name).write_text(text, encoding="utf-8")
    altered = harden(Environment(loader=FileSystemLoader(folder), autoescape=True))
    notebook = reviewed.notebook
    page = render_page(
        reviewed.record,
        prose(notebook),
        figures(notebook),
        code_of(notebook),
        render=altered.get_template(INDEX).render,
    )
    assert b"Approved by the board." in page
    reviewed.write(page=page)
    assert 0 == run("verify", "report.html", "--key", "k.pub")[0]
    assert 5 == verified(run)[0]


def test_every_package_that_makes_the_page_is_recorded() -> None:
    """What the page's modules import from outside, with everything of ours that they reach, but the readers of the spec."""
    root = Path(readiness.__file__).parent
    done: set[str] = set()
    waiting, outside = ["report.page.render"], set()
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        path = root.joinpath(*name.split("."))
        source = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
        for node in ast.parse(source.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for each in names:
                top, _, rest = each.partition(".")
                if top != "readiness":
                    outside.add(top)
                    continue
                for inner in (rest, rest.rpartition(".")[0]):
                    if inner and (
                        root.joinpath(*inner.split(".")).with_suffix(".py").exists()
                        or root.joinpath(*inner.split("."), "__init__.py").exists()
                    ):
                        waiting.append(inner)
                        break
    readers_of_specs = {"pydantic", "pydantic_core", "yaml"}
    assert "jinja2" in outside
    where_alarms_are_made = {"numpy", "scipy"}  # which the plan of monitoring loads only then
    assert set(OF_THE_PAGE) == (outside | where_alarms_are_made) - set(sys.stdlib_module_names) - readers_of_specs
    assert {name: metadata.version(name) for name in OF_THE_PAGE}.items() <= environment().packages.items()
