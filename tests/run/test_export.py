"""An executed notebook becomes a page only when it holds a whole record that follows from its findings."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.utils.exceptions import ConversionException
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from readiness.core.canonical import dumps, encode
from readiness.core.errors import IncompleteRecord, InputError
from readiness.core.findings import Question
from readiness.core.program import template_path
from readiness.core.withholding import Soundness
from readiness.run.executed import (
    PLACEHOLDER,
    assessments,
    check_assessments,
    code,
    figures,
    normal_form_digest,
    prose,
    read_record,
    read_template,
    source_digest,
)
from readiness.run.export import ReadinessExporter, export_page, unsigned_file
from readiness.signing.reports import read_report
from readiness.verdict.decision import Verdict
from readiness.verdict.record import LONGEST_ASSESSMENT, Assessment, Record, Template, from_plain, to_plain
from tests.report.page import records

TEMPLATE = Template("own.ipynb", "e5" * 32, stock=False)
MIME = "application/vnd.readiness.{}+json"


def cell(source: str, *outputs: Any, tag: str = "") -> Any:
    metadata = {"tags": [tag]} if tag else {}
    return new_code_cell(source, outputs=list(outputs), execution_count=1, metadata=metadata)


def shown(kind: str, value: Any) -> Any:
    data = {MIME.format(kind): encode(value), "text/html": "<script>alert(1)</script>", "text/plain": "x"}
    return new_output("display_data", data=data)


def picture(question: str, **data: str) -> Any:
    named = {"figure": f"{question}.main", "question": question, "caption": "Drawn.", "alt": "What it shows."}
    return new_output("execute_result", data=data, metadata={"readiness": named}, execution_count=1)


def notebook_of(record: Record) -> Any:
    cells = [new_markdown_cell("# Title"), cell("gather()", shown("gathered", record.gathered))]
    cells.append(cell("assess()", shown("soundness", record.soundness or Soundness())))
    for recorded in record.answers:
        tag = f"question-{recorded.question.value}"
        text = f"## {recorded.question.number}. {recorded.question.words}\n\nWhy it is asked."
        cells.append(new_markdown_cell(text, metadata={"tags": [tag]}))
        cells.append(cell(f"show({recorded.question.value})", shown("answer", recorded), tag=tag))
        svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7 3"/>'
        cells.append(cell("draw()", picture(recorded.question.value, **{"image/svg+xml": svg}), tag=tag))
    cells.append(cell("decide()", shown("decision", record.decision)))
    mark = {"nonce": "n", "tool": "readiness 0.1.0", "answers": 6}
    cells.append(cell("complete()", shown("complete", mark | {"started": "2026-11-22T20:03:00+00:00"})))
    return marked(new_notebook(cells=cells))


def marked(notebook: Any) -> Any:
    """The notebook with a mark that fits what it shows, as whoever alters both would leave it."""
    digests = {}
    for one in notebook.cells:
        for output in one.get("outputs", []):
            for kind in ("gathered", "soundness", "answer", "decision"):
                if (data := output.get("data", {}).get(MIME.format(kind))) is not None:
                    digests[data.get("question", kind)] = hashlib.sha256(
                        dumps(json.loads(json.dumps(data)))
                    ).hexdigest()
    notebook.cells[-1].outputs[0].data[MIME.format("complete")]["shown"] = digests
    return notebook


@pytest.fixture
def notebook() -> Any:
    return notebook_of(records.not_ready())


def test_the_record_comes_back_as_it_was_shown(notebook: Any) -> None:
    """Six answers, one decision, what was gathered: all equal to what the cells showed."""
    made = records.not_ready()
    record, content = export_page(notebook, template=TEMPLATE, run=records.RUN)
    assert made.answers == record.answers
    assert made.decision == record.decision
    assert encode(made.gathered) == encode(record.gathered)
    assert (Verdict.NOT_READY, "interval", 7) == (record.verdict, record.rule, record.seed)
    assert (records.RUN, TEMPLATE) == (record.run, record.template)
    assert normal_form_digest(notebook) == record.notebook_sha256
    assert content.endswith(b"</html>\n")


def test_other_output_never_reaches_the_page(notebook: Any) -> None:
    """HTML, scripts and printed text of the cells stay in the notebook."""
    notebook.cells[1].outputs.append(new_output("stream", name="stdout", text="PRINTED"))
    notebook.cells[1].outputs.append(new_output("display_data", data={"text/html": "<b>PASTED</b>"}))
    content = export_page(notebook, template=TEMPLATE, run=records.RUN)[1]
    assert b"PRINTED" not in content
    assert b"PASTED" not in content
    assert b"alert(1)" not in content


def _drop(notebook: Any, kind: str) -> None:
    notebook.cells = [c for c in notebook.cells if not any(MIME.format(kind) in o.data for o in c.get("outputs", []))]


def _twice(notebook: Any, source: str) -> None:
    notebook.cells.insert(-1, next(c for c in notebook.cells if c.source == source))


def _error(notebook: Any) -> None:
    notebook.cells[4].outputs.append(new_output("error", ename="E", evalue="e", traceback=[]))


def _stop(notebook: Any) -> None:
    notebook.cells[4].execution_count = None


def _tag(notebook: Any) -> None:
    notebook.cells[0].metadata["tags"] = ["papermill-error-cell-tag"]


def _damage(notebook: Any) -> None:
    notebook.cells[1].outputs[0].data[MIME.format("gathered")]["data"] = "none"


def _after(notebook: Any) -> None:
    notebook.cells.insert(1, notebook.cells.pop())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda n: _drop(n, "gathered"), "The evidence must be shown once in the notebook; it is not there"),
        (lambda n: _drop(n, "decision"), "The decision must be shown once"),
        (lambda n: _drop(n, "complete"), "The completion mark must be shown once"),
        (lambda n: _drop(n, "answer"), "Question 1, “Does it beat the alternatives.”, has no answer"),
        (lambda n: _twice(n, "show(errors)"), "Question 4, .* has 2 answers"),
        (lambda n: _twice(n, "decide()"), "it is there 2 times"),
        (_error, "under “1. Does it beat the alternatives.” ended with an error"),
        (_stop, "under “1. Does it beat the alternatives.” was not executed"),
        (_tag, "ended with an error"),
        (_damage, "The evidence cannot be read"),
        (_after, "not the last result"),
    ],
)
def test_an_incomplete_notebook_gives_no_page(notebook: Any, spoil: Any, words: str) -> None:
    """Whatever is missing, doubled, failed or damaged is named in plain words."""
    spoil(notebook)
    with pytest.raises(IncompleteRecord, match=words):
        export_page(notebook, template=TEMPLATE, run=records.RUN)


@pytest.mark.parametrize("source", ["gather()", "assess()", "show(business)", "decide()"])
def test_what_is_shown_is_what_the_review_held(notebook: Any, source: str) -> None:
    """A part of another review, or one that changed after it was shown, is refused whatever it says."""
    (one,) = (each for each in notebook.cells if each.source == source)
    ((mime, data),) = ((mime, data) for mime, data in one.outputs[0].data.items() if mime.startswith("application/"))
    one.outputs[0].data[mime] = data | {"extra": "field"} if "gathered" in mime else data | {"findings": []}
    if "decision" in mime:
        one.outputs[0].data[mime] = data | {"vouched": ["seen"]}
    with pytest.raises(IncompleteRecord, match=r"is not what its review held at the end|cannot be read"):
        export_page(notebook, template=TEMPLATE, run=records.RUN)


def test_a_mark_that_names_no_parts_gives_no_page(notebook: Any) -> None:
    """Without digests nobody knows what the review held."""
    del notebook.cells[-1].outputs[0].data[MIME.format("complete")]["shown"]
    with pytest.raises(IncompleteRecord, match="is not what its review held"):
        export_page(notebook, template=TEMPLATE, run=records.RUN)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("decision", "verdict"), "ready"),
        (("decision", "actions"), []),
    ],
)
def test_an_edited_decision_gives_no_page(notebook: Any, path: tuple[str, str], value: Any) -> None:
    """A template cannot change what follows from the findings."""
    place = next(c for c in notebook.cells if c.source == "decide()")
    place.outputs[0].data[MIME.format(path[0])][path[1]] = value
    marked(notebook)
    with pytest.raises(IncompleteRecord, match="contradicts itself"):
        export_page(notebook, template=TEMPLATE, run=records.RUN)


def test_an_edited_status_gives_no_page(notebook: Any) -> None:
    """A finding that says met although its bounds do not is refused."""
    place = next(c for c in notebook.cells if c.source == "show(business)")
    place.outputs[0].data[MIME.format("answer")]["findings"][0]["status"] = "met"
    place.outputs[0].data[MIME.format("answer")]["status"] = "met"
    marked(notebook)
    with pytest.raises(IncompleteRecord, match="BUSI-1 says met; its bounds and criterion say not met"):
        export_page(notebook, template=TEMPLATE, run=records.RUN)


def test_figures_are_found_with_their_words(notebook: Any) -> None:
    """SVG and PNG, by question; a foreign picture is left out."""
    png = base64.b64encode(b"\x89PNG").decode()
    notebook.cells.insert(-1, cell("draw()", picture("decision", **{"image/png": png + "\n"})))
    notebook.cells.insert(-1, cell("plot()", new_output("display_data", data={"image/png": png})))
    found = figures(notebook)
    assert [*map(str, Question), "decision"] == [figure.question for figure in found]
    assert (b"\x89PNG", b"", "What it shows.", "Drawn.") == (
        found[-1].png,
        found[-1].svg,
        found[-1].alt,
        found[-1].caption,
    )
    assert found[0].svg.startswith(b"<svg")


def test_prose_and_code_are_found_by_their_tags(notebook: Any) -> None:
    """Markdown and source of the cells of each question."""
    assert "## 4. Are the failure modes acceptable?\n\nWhy it is asked." == prose(notebook)[Question.ERRORS]
    assert "show(errors)\n\ndraw()" == code(notebook)[Question.ERRORS]


ASSESSED = ["question-segments", "assessment"]


def with_assessment(notebook: Any, *texts: str, tags: list[str] = ASSESSED) -> Any:
    for text in texts:
        notebook.cells.insert(1, new_markdown_cell(text, metadata={"tags": tags}))
    return notebook


def test_an_assessment_is_recorded_and_changes_nothing_else(notebook: Any) -> None:
    """The words as they were written, without the heading and the words of the template; not part of the prose."""
    before = export_page(notebook, template=TEMPLATE, run=records.RUN)[0]
    text = "We asked **two** branches.\n\n<script>alert(1)</script> & so on"
    with_assessment(notebook, f"### Assessment\n\n{PLACEHOLDER}\n\n{text}\n")
    record = export_page(notebook, template=TEMPLATE, run=records.RUN)[0]
    assert (Assessment(Question.SEGMENTS, text),) == record.assessments
    assert (before.answers, before.decision) == (record.answers, record.decision)
    assert "branches" not in prose(notebook)[Question.SEGMENTS]
    assert record == from_plain(to_plain(record))


@pytest.mark.parametrize("text", ["", "### Assessment", f"### Assessment\n\n{PLACEHOLDER}", PLACEHOLDER, "  \n "])
def test_an_empty_assessment_is_none(notebook: Any, text: str) -> None:
    """As the template has it, or emptied."""
    assert () == assessments(with_assessment(notebook, text))


def test_several_cells_are_one_assessment(notebook: Any) -> None:
    """In the order of the notebook, and in the order of the questions."""
    with_assessment(notebook, "second", "first")
    with_assessment(notebook, "last", tags=["question-production", "assessment"])
    with_assessment(notebook, "of no question", tags=["assessment"])
    found = assessments(notebook)
    assert [(Question.SEGMENTS, "first\n\nsecond"), (Question.PRODUCTION, "last")] == [
        (each.question, each.text) for each in found
    ]


def test_a_long_assessment_is_refused_before_anything_is_computed(notebook: Any, tmp_path: Path) -> None:
    """With the question and the two lengths; as many characters as there may be are fine."""
    assert assessments(with_assessment(notebook, "x" * LONGEST_ASSESSMENT))
    check_assessments(notebook)
    with_assessment(notebook, "y")
    nbformat.write(notebook, tmp_path / "long.ipynb")
    for read in (lambda: read_template(tmp_path / "long.ipynb"),
                 lambda: export_page(notebook, template=TEMPLATE, run=records.RUN)):  # fmt: skip
        with pytest.raises(InputError, match=r"assessment of question 3 has 4,003 characters; expected at most 4,000"):
            read()


def test_the_stock_template_may_be_assessed(tmp_path: Path) -> None:
    """Its words on the answers are no alteration, as long as no other cell differs; a copy after a run is one of it."""
    own = nbformat.reads(template_path("readiness.ipynb").read_text(encoding="utf-8"), as_version=4)
    place = next(each for each in own.cells if each.id == "errors-assessment")
    place.source += "\n\nThe costs were agreed with the branch."
    own.cells.insert(2, cell("spec_path = 'x'", tag="injected-parameters"))
    nbformat.write(own, tmp_path / "mine.ipynb")
    stock, read = read_template().template, read_template(tmp_path / "mine.ipynb")
    assert stock == read.template
    assert [Question.ERRORS] == [each.question for each in assessments(read.notebook)]
    for spoil in (lambda n: n.cells.append(cell("1", tag="injected-parameters")),
                  lambda n: n.cells.insert(9, cell("review", tag="assessment")),
                  lambda n: n.cells[0].update(source="# Ready")):  # fmt: skip
        other = nbformat.read(tmp_path / "mine.ipynb", as_version=4)
        spoil(other)
        nbformat.write(other, tmp_path / "other.ipynb")
        assert not read_template(tmp_path / "other.ipynb").template.stock


def test_the_normal_form_forgets_times_and_ids(notebook: Any, tmp_path: Path) -> None:
    """Saving, papermill's marks, ids, counts and printed text do not change the digest; a source, an output or a caption does."""
    digest = normal_form_digest(notebook)
    nbformat.write(notebook, tmp_path / "n.ipynb")
    other = nbformat.read(tmp_path / "n.ipynb", as_version=4)
    other.metadata["papermill"] = {"duration": 7.1}
    for number, one in enumerate(other.cells):
        one["id"] = f"id-{number}"
        one.metadata["execution"] = {"iopub.execute_input": "2026"}
        if one.cell_type == "code":
            one.execution_count = number + 9
            one.outputs.append(new_output("stream", name="stderr", text="/tmp/ipykernel_123/1.py: warning"))
    assert digest == normal_form_digest(other)
    figure = next(o for c in other.cells for o in c.get("outputs", []) if o.get("metadata", {}).get("readiness"))
    caption = figure.metadata["readiness"]["caption"]
    figure.metadata["readiness"]["caption"] = "Approved."
    assert digest != normal_form_digest(other)
    figure.metadata["readiness"]["caption"] = caption
    assert digest == normal_form_digest(other)
    other.cells[1].source += " "
    assert digest != normal_form_digest(other)


def test_the_source_digest_forgets_outputs_and_parameters(notebook: Any) -> None:
    """A template is recognised after its run."""
    notebook.cells.insert(1, cell("seed = 0", tag="parameters"))
    digest = source_digest(notebook)
    notebook.cells.insert(2, cell("seed = 1", tag="injected-parameters"))
    notebook.cells[3].outputs = []
    assert digest == source_digest(notebook)


def test_nbconvert_writes_an_unsigned_report(notebook: Any) -> None:
    """The exporter's bytes read back as an unsigned report with the same record, and are the same again."""
    report, resources = ReadinessExporter().from_notebook_node(notebook, {"metadata": {"name": "mine"}})
    read = read_report(report)
    assert not read.signed
    record = from_plain(read.statement["predicate"])
    assert ("mine.ipynb", False) == (record.template.name, record.template.stock)
    assert "2026-11-22T20:03:00+00:00" == record.run.started
    assert ["report", "model"] == [subject["name"] for subject in read.statement["subject"]]
    assert ".html" == resources["output_extension"]
    assert report == ReadinessExporter().from_notebook_node(notebook, {"metadata": {"name": "mine"}})[0]


def test_nbconvert_and_the_host_make_the_same_page(notebook: Any) -> None:
    """The same template by both ways."""
    report = ReadinessExporter().from_notebook_node(notebook)[0]
    record = from_plain(read_report(report).statement["predicate"])
    again, content = export_page(notebook, template=record.template, run=record.run)
    assert unsigned_file(again, content) == report


def test_nbconvert_is_told_what_is_missing(notebook: Any) -> None:
    """nbconvert's own error carries our words."""
    _drop(notebook, "complete")
    with pytest.raises(ConversionException, match="completion mark"):
        ReadinessExporter().from_notebook_node(notebook)


def test_a_folder_of_the_same_name_does_not_replace_the_template(
    notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder "page" where nbconvert is started is not looked at."""
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html.j2").write_text("HIJACKED </html>")
    (tmp_path / "page" / "conf.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    report = ReadinessExporter().from_notebook_node(notebook)[0]
    assert b"HIJACKED" not in report


def test_the_stock_template_is_recognised() -> None:
    """A notebook with the cells of the package's own template is called stock, with the file's digest."""
    from readiness.run.export import _template

    own = nbformat.reads(template_path("readiness.ipynb").read_text(encoding="utf-8"), as_version=4)
    assert _template(own, "renamed.ipynb").stock
    own.cells[0].source += "!"
    assert not _template(own, "renamed.ipynb").stock


def test_the_exporter_is_registered() -> None:
    """`--to readiness_report` finds it."""
    from nbconvert.exporters import get_exporter

    assert ReadinessExporter is get_exporter("readiness_report")


def test_predictions_alone_have_no_model_subject() -> None:
    """Without a model file only the page is named."""
    record, content = export_page(notebook_of(records.regression()), template=TEMPLATE, run=records.RUN)
    subjects = read_report(unsigned_file(record, content)).statement["subject"]
    assert ["report"] == [subject["name"] for subject in subjects]


def test_a_hostile_record_makes_a_proper_file() -> None:
    """Cruel strings in every field still give a file that reads back."""
    made = records.hostile()
    record, content = export_page(notebook_of(made), template=TEMPLATE, run=records.RUN)
    assert json.dumps(encode(made.answers)) == json.dumps(encode(record.answers))
    assert content == read_report(unsigned_file(record, content)).content


def test_reading_gives_the_completion_mark(notebook: Any) -> None:
    """The nonce is handed on, for the host to compare."""
    assert "n" == read_record(notebook).completion.nonce
