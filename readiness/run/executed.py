"""What an executed notebook holds: the record's parts, figures, prose and code; strict about what is missing.

Papermill's own marks say "completed" even after a timeout or a killed kernel, so only the outputs count.
"""

from __future__ import annotations

import ast
import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import nbformat

from readiness.core.canonical import decode, dumps
from readiness.core.errors import IncompleteRecord, InputError, InvalidReport
from readiness.core.files import Artifact, open_regular
from readiness.core.findings import Answer, Question
from readiness.core.program import template_path
from readiness.core.provenance import Gathered, Reuse
from readiness.core.withholding import Soundness
from readiness.report.page import PageFigure
from readiness.verdict.decision import Decision
from readiness.verdict.record import LONGEST_ASSESSMENT, Assessment, Template

# ----------------------------------------------------------------------------------------------------
# The template, which is walked: read once, digested, and asked what it calls its parts.
#
# It is handled as a notebook in memory and never by its path, because papermill reads braces in paths as its own.

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
    notebook = _parse(content, path or stock)
    original = stock.read_bytes()
    found = Walkthrough(notebook, stock_or_own(notebook, original, (path or stock).name, content))
    check_assessments(notebook)
    return found


def stock_or_own(notebook: Any, original: bytes, name: str, content: bytes = b"") -> Template:
    """What a notebook is by its cells: the package's own template, assessments written or not, or another one.

    Args:
        notebook: As it was given, or as it was executed.
        original: The file of the package's own template.
        name: Of the notebook's own file.
        content: That file; empty: the digest is that of the cells.
    """
    digest = source_digest(notebook)
    if digest == source_digest(nbformat.reads(original.decode("utf-8"), as_version=4)):  # type: ignore[no-untyped-call]
        return Template(STOCK, hashlib.sha256(original).hexdigest(), stock=True)
    return Template(name, hashlib.sha256(content).hexdigest() if content else digest, stock=False)


def _parse(content: bytes, path: Path) -> Any:
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises whatever the JSON happens to trip over
        raise InputError(
            f"The template {path} is not a Jupyter notebook: {_first_line(error)}.",
            remedy="Give an .ipynb file; a copy of the package's own template is a good start.",
        ) from error
    return notebook


def check_parameters(walkthrough: Walkthrough, wanted: Mapping[str, str]) -> None:
    """Refuse a template that does not declare all of `wanted`, where papermill only warns; by name the line that would.

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
    declared = _assigned_names(cells[0].source, name)
    missing = sorted(wanted.keys() - declared)
    if missing:
        raise InputError(
            f"The template {name} does not declare {', '.join(missing)} in its cell tagged {PARAMETERS_TAG!r}.",
            remedy=f"Add the line: {wanted[missing[0]]}",
        )


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
        with open_regular(path) as stream:
            return stream.read()
    except OSError as error:
        raise InputError(f"The template {path} cannot be read: {error.strerror}.", remedy="Check the path.") from error


def _assigned_names(source: str, name: str) -> set[str]:
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


# ----------------------------------------------------------------------------------------------------

T = TypeVar("T")

MIME = "application/vnd.readiness.{}+json"
NARROW_MIME = "application/vnd.readiness.narrow+svg"
"""A figure's drawing for a phone, as `report.pictures` shows it."""
ERROR_TAG = "papermill-error-cell-tag"
INJECTED_TAG = "injected-parameters"
QUESTION_TAG = "question-"
ASSESSMENT_TAG = "assessment"
PLACEHOLDER = (
    "*Your words on this answer: what you make of it, what you did about it, what you would still look at. "
    "They stand on the page under your name; as long as this line is all there is, nothing does.*"
)
"""What stands in the cells of the package's own template for those who prepare a review to write in."""

_REMEDY = "Run the notebook again from its first cell; if it happens again, compare it with the package's own template."


@dataclass(frozen=True, slots=True)
class Completion:
    """The mark of the last cell."""

    nonce: str = ""
    """What the host handed over; empty when nobody did."""
    tool: str = ""
    tool_sha256: str = ""
    """Of the sources that computed it."""
    answers: int = 0
    shown: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each part as the review held it at its end, by question or kind."""
    started: str = ""
    finished: str = ""
    only: tuple[str, ...] = ()
    """Names of the questions that were asked; empty: all six."""
    reused: tuple[Reuse, ...] = ()
    """What was taken from the cache."""
    modules: tuple[Artifact, ...] = ()
    """The user's own code that was imported, beside the spec and elsewhere."""


@dataclass(frozen=True, slots=True)
class ReadNotebook:
    """The record's parts, as the cells showed them."""

    gathered: Gathered
    answers: tuple[Answer, ...]
    """Six, in the order of the questions."""
    soundness: Soundness
    decision: Decision
    completion: Completion


def read_record(notebook: Any) -> ReadNotebook:
    """Collect what the cells recorded.

    Args:
        notebook: An executed nbformat notebook, version 4.

    Raises:
        IncompleteRecord: something is missing, shown twice, not executed or ended with an error.
    """
    _check_executed(notebook)
    gathered = _only_payload(notebook, "gathered", Gathered, "The evidence")
    soundness = _only_payload(notebook, "soundness", Soundness, "What was found of the rows")
    decision = _only_payload(notebook, "decision", Decision, "The decision")
    completion = _only_payload(notebook, "complete", Completion, "The completion mark")
    answers = _answers(notebook)
    places = [place for place, _, _ in _payloads(notebook)]
    if completion.answers != len(Question) or places[-1] != _place(notebook, "complete"):
        raise IncompleteRecord("The completion mark is not the last result of the notebook.", remedy=_REMEDY)
    _check_shown(notebook, completion.shown)
    return ReadNotebook(gathered, answers, soundness, decision, completion)


def _check_shown(notebook: Any, held: Mapping[str, str]) -> None:
    """What was shown is what the review held when it was completed: no part of another review, none that changed."""
    for _, kind, data in _payloads(notebook):
        if kind == "complete":
            continue
        name = str(data.get("question")) if kind == "answer" else kind
        if not held.get(name) or _payload_digest(data) != held[name]:
            raise IncompleteRecord(
                f"What the notebook shows of “{name}” is not what its review held at the end.",
                remedy="Add findings of your own before the answer is shown, and run all cells again from the first.",
            )


def _payload_digest(data: Any) -> str:
    try:
        return hashlib.sha256(dumps(data)).hexdigest()
    except ValueError:  # nothing that a review writes
        return ""


def _check_executed(notebook: Any) -> None:
    for cell, heading in zip(notebook.cells, headings(notebook.cells), strict=True):
        where = f"under “{heading}”" if heading else "at the top of the notebook"
        if ERROR_TAG in _tags(cell) or any(o.get("output_type") == "error" for o in cell.get("outputs", [])):
            raise IncompleteRecord(f"A cell {where} ended with an error.", remedy=_REMEDY)
        if cell.cell_type == "code" and cell.source.strip() and cell.get("execution_count") is None:
            raise IncompleteRecord(f"A cell {where} was not executed.", remedy=_REMEDY)


def _payloads(notebook: Any) -> Iterator[tuple[int, str, Any]]:
    """Place, kind and content of everything that the cells recorded, in the order of the notebook."""
    kinds = {MIME.format(kind): kind for kind in ("gathered", "soundness", "answer", "decision", "complete")}
    for place, (_, output) in enumerate(_outputs(notebook)):
        for mime, kind in kinds.items():
            if mime in output.get("data", {}):
                yield place, kind, _plain(output["data"][mime])


def _outputs(notebook: Any) -> Iterator[tuple[Any, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell, output


def _plain(data: Any) -> Any:
    """Ordinary dicts and lists instead of nbformat's own."""
    return json.loads(json.dumps(data))


def _place(notebook: Any, kind: str) -> int:
    return next(place for place, found, _ in _payloads(notebook) if found == kind)


def _only_payload(notebook: Any, kind: str, into: type[T], words: str) -> T:
    found = [data for _, name, data in _payloads(notebook) if name == kind]
    if len(found) != 1:
        times = "not there" if not found else f"there {len(found)} times"
        raise IncompleteRecord(f"{words} must be shown once in the notebook; it is {times}.", remedy=_REMEDY)
    return _decode_payload(into, found[0], words)


def _decode_payload(into: type[T], data: Any, words: str) -> T:
    try:
        return decode(into, data)
    except InvalidReport as error:
        raise IncompleteRecord(f"{words} cannot be read. {error.message}", remedy=_REMEDY) from error


def _answers(notebook: Any) -> tuple[Answer, ...]:
    shown = [_decode_payload(Answer, data, "An answer") for _, kind, data in _payloads(notebook) if kind == "answer"]
    for question in Question:
        count = sum(answer.question is question for answer in shown)
        if count != 1:
            times = "no answer" if not count else f"{count} answers"
            raise IncompleteRecord(
                f"Question {question.number}, “{question.words}”, has {times} in the notebook; expected one.",
                remedy=_REMEDY,
            )
    return tuple(sorted(shown, key=lambda answer: answer.question.number))


def figures(notebook: Any) -> tuple[PageFigure, ...]:
    """The figures that belong to a question or to the decision, in the order of the notebook."""
    found = (_figure(cell, output) for cell, output in _outputs(notebook))
    return tuple(figure for figure in found if figure is not None)


def _figure(cell: Any, output: Any) -> PageFigure | None:
    named, data = output.get("metadata", {}).get("readiness", {}), output.get("data", {})
    question = str(named.get("question") or _section(cell))
    if "figure" not in named or question not in {*map(str, Question), "decision"}:
        return None
    svg, png = _text(data.get("image/svg+xml", "")).encode("utf-8"), _decode_png(_text(data.get("image/png", "")))
    if not svg and not png:
        return None
    return PageFigure(
        question,
        str(named["figure"]),
        str(named.get("alt", "")),
        str(named.get("caption", "")),
        svg,
        png,
        _text(data.get(NARROW_MIME, "")).encode("utf-8"),
        str(named.get("reading", "")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(value)


def _decode_png(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        return b""


def prose(notebook: Any) -> dict[Question, str]:
    """The template's Markdown on each question, from cells tagged "question-baseline" and so on."""
    return {question: text for question in Question if (text := _join_cells(notebook, question, "markdown"))}


def code(notebook: Any) -> dict[Question, str]:
    """The source that each question was asked with."""
    return {question: text for question in Question if (text := _join_cells(notebook, question, "code"))}


def _join_cells(notebook: Any, question: Question, kind: str) -> str:
    cells = (
        cell
        for cell in notebook.cells
        if cell.cell_type == kind and _section(cell) == question.value and not _is_assessment(cell)
    )
    return "\n\n".join(cell.source.strip() for cell in cells if cell.source.strip())


def assessments(notebook: Any) -> tuple[Assessment, ...]:
    """What those who prepared the review wrote about its answers, in Markdown cells tagged "assessment" beside the tag
    of a question; without a heading at the top, the words of the template, and what is empty.
    """
    found = ((question, _assessment(notebook, question)) for question in Question)
    return tuple(Assessment(question, text) for question, text in found if text)


def check_assessments(notebook: Any) -> None:
    """Refuse a text that is too long for the page, before anything is computed.

    Raises:
        InputError: naming the question.
    """
    for assessment in assessments(notebook):
        if len(assessment.text) > LONGEST_ASSESSMENT:
            raise InputError(
                f"The assessment of question {assessment.question.number} has {len(assessment.text):,} characters; "
                f"expected at most {LONGEST_ASSESSMENT:,}.",
                remedy="Shorten it, and name the document that says the rest.",
            )


def _assessment(notebook: Any, question: Question) -> str:
    cells = (cell for cell in notebook.cells if _is_assessment(cell) and _section(cell) == question.value)
    return "\n\n".join(filter(None, (_own_words(cell.source) for cell in cells)))


def _own_words(source: str) -> str:
    lines = source.strip().split("\n")
    text = "\n".join(lines[1:] if lines[0].lstrip().startswith("#") else lines)
    return text.replace(PLACEHOLDER, "").strip()


def _is_assessment(cell: Any) -> bool:
    return cell.cell_type == "markdown" and ASSESSMENT_TAG in _tags(cell)


def _tags(cell: Any) -> list[str]:
    return [str(tag) for tag in cell.get("metadata", {}).get("tags", [])]


def _section(cell: Any) -> str:
    return next((tag.removeprefix(QUESTION_TAG) for tag in _tags(cell) if tag.startswith(QUESTION_TAG)), "")


def normal_form_digest(notebook: Any) -> str:
    """SHA-256 (hex) of what matters in an executed notebook, whoever saved it.

    Recipe: for each cell `[type, source, tags, outputs]`, where outputs are, of every `display_data` and
    `execute_result`, `[data, metadata.readiness]` (null where there is none); the list of cells as JSON with sorted
    keys, no blanks, ASCII only. Thereby left out: cell ids, execution counts and times, papermill's and the notebook's
    other metadata, and printed text, which may hold process ids.
    """
    return _digest(notebook, outputs=True)


def source_digest(notebook: Any) -> str:
    """The same digest without outputs, without the cell that papermill adds behind the parameters, and without the
    words of assessments, which change no answer: what the template was.
    """
    return _digest(notebook, outputs=False)


def _digest(notebook: Any, *, outputs: bool) -> str:
    injected = None if outputs else _injected_place(notebook)
    cells = [
        [
            cell.cell_type,
            "" if not outputs and _is_assessment(cell) else cell.source,
            _tags(cell),
            _shown_outputs(cell) if outputs else [],
        ]
        for place, cell in enumerate(notebook.cells)
        if place != injected
    ]
    text = json.dumps(cells, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _injected_place(notebook: Any) -> int | None:
    """Where papermill put the parameters: right behind the first cell tagged so. It replaces the first cell of that tag
    when it hands them over again; any other one would be walked, and counts as a cell.
    """
    tags = [_tags(cell) for cell in notebook.cells]
    first = next((place for place, found in enumerate(tags) if INJECTED_TAG in found), None)
    return first if first is not None and first > 0 and PARAMETERS_TAG in tags[first - 1] else None


def _shown_outputs(cell: Any) -> list[Any]:
    kinds = ("display_data", "execute_result")
    shown = (output for output in cell.get("outputs", []) if output.get("output_type") in kinds)
    return [[output.get("data", {}), output.get("metadata", {}).get("readiness")] for output in shown]
