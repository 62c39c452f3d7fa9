"""The stock notebook, walked in this process: the same cells as in a kernel, without the time that one takes."""

from __future__ import annotations

import ast
import base64
import contextlib
import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import matplotlib.pyplot as plt
import nbformat

from readiness.core.checklist import this_day
from readiness.core.findings import Answer, Finding, Question
from readiness.core.missing import Missing
from readiness.evidence.evidence import Technical
from readiness.evidence.preflight import preflight
from readiness.report.pictures import NotDrawn
from readiness.run.executed import Walkthrough, read_template
from readiness.run.execution import Execution
from readiness.run.host_checks import Digests
from readiness.run.runner import _Order, _report
from readiness.signing.layout import split
from readiness.spec.load import load_spec
from readiness.verdict.record import Record
from tests.forking import forked_workers


def vouched_for(*kinds: str) -> str:
    """Lines of a spec in which somebody from outside vouches for kinds of doubt; the spec has no `about` of its own."""
    said = f"{{by: somebody else, on: {this_day()}, why: an example}}"
    words = ", ".join(f"{kind}: {said}" for kind in kinds)
    return f"about: {{prepared_by: [the builder]}}\nsoundness: {{{words}}}\n"


NOT_PROBED = Missing("this test does not probe", "run the whole review")


@dataclass(frozen=True)
class Walked:
    """What came of a walk: everything that the host made of it, up to the bytes of the unsigned report."""

    record: Record
    report: bytes
    evidence: Any
    drawn: tuple[Any, ...]

    @property
    def undrawn(self) -> list[str]:
        """Figures that tripped over the data; a figure without anything to draw is fine."""
        return [str(each) for each in self.drawn if isinstance(each, NotDrawn)]

    @property
    def page(self) -> str:
        """What a browser shows, without the record behind it."""
        return split(self.report).content.decode("utf-8")

    def answer(self, question: Question) -> Answer:
        return self.record.answer(question)

    @property
    def findings(self) -> dict[str, Finding]:
        return {finding.code: finding for answer in self.record.answers for finding in answer.findings}

    def status(self, code: str) -> str:
        return self.findings[code].status.value

    @property
    def failed(self) -> dict[str, str]:
        """Questions whose analysis tripped over the data, with what it said."""
        return {code: f.reason for code, f in self.findings.items() if code.endswith("-FAILED")}


def not_probed(evidence: Any) -> Any:
    """Stands in for `probe`, whose timing and fresh process take seconds."""
    names = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "throughput_per_second", "size_mb", "memory_mb")
    return replace(evidence, technical=Technical(dict.fromkeys(names, NOT_PROBED)), probes=NOT_PROBED)


def run_cell(source: str, name: str, space: dict[str, Any]) -> Any:
    """Execute a cell; the value of its last expression, which Jupyter would display."""
    *first, last = ast.parse(source).body
    exec(compile(ast.Module(first, []), name, "exec"), space)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), name, "eval"), space)
    exec(compile(ast.Module([last], []), name, "exec"), space)
    return None


def walk(
    spec: Path,
    *,
    figures: bool = True,
    probes: bool = False,
    probe: Callable[[Any], Any] = not_probed,
    edit: Callable[[Any], None] | None = None,
) -> Walked:
    """Do what `readiness run` does with `spec`, in this process; errors pass as they are raised.

    `probe` stands in for the timing unless `probes` asks for the real one; models then run in processes of their own
    as in a review, else in forked ones.
    """
    loaded = load_spec(spec)
    preflight(loaded)
    template = read_template()
    notebook = copy.deepcopy(template.notebook)
    if edit is not None:
        edit(notebook)
    digests = Digests.of(loaded)
    space: dict[str, Any] = {}
    outputs: list[Any] = []
    drawn: list[Any] = []

    def display(data: Any, metadata: Any = None, **options: Any) -> None:
        plain = {k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in data.items()}
        outputs.append(nbformat.v4.new_output("display_data", data=plain, metadata=metadata or {}))

    with contextlib.ExitStack() as patched:
        patched.enter_context(patch("IPython.display.display", display))
        patched.enter_context(forked_workers(really=not probes))
        if not probes:
            patched.enter_context(patch("readiness.reviews.answering.probe", probe))
        if not figures:
            patched.enter_context(patch("readiness.reviews.parts.Figures.plot", lambda *_args: None))
        for number, cell in enumerate(notebook.cells, 1):
            if cell.cell_type != "code":
                continue
            outputs = []
            shown = run_cell(cell.source, cell.id, space)
            if hasattr(shown, "_repr_mimebundle_"):
                display(*shown._repr_mimebundle_())
                drawn.append(shown)
            if "parameters" in cell.metadata.get("tags", []):
                space |= {"spec_path": str(loaded.path), "options": {"sha256": loaded.digest, "nonce": "n"}}
            cell.outputs, cell.execution_count = outputs, number
    plt.close("all")
    nbformat.validate(notebook)
    nbformat.reads(nbformat.writes(notebook), as_version=4)
    walkthrough = Walkthrough(notebook, template.template)
    order = _Order(loaded, walkthrough, (), None, digests, "n", "2026-11-22T00:00:00Z")
    record, report = _report(Execution(notebook), order)
    return Walked(record, report, space["review"].evidence, tuple(drawn))
