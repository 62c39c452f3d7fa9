"""The report of an executed notebook: its record is read, recomputed, and made into a page.

`export_page` is what the host calls. `ReadinessExporter` is the same for nbconvert:
`jupyter nbconvert --execute --to readiness_report notebook.ipynb` writes an unsigned report.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from jinja2 import Environment
from nbconvert.exporters.base import Exporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.utils.exceptions import ConversionException
from traitlets import default

import readiness
from readiness.core.errors import IncompleteRecord, InvalidReport, ReadinessError
from readiness.core.program import template_path, tool_digest
from readiness.core.provenance import Quote, Uses
from readiness.report.compare.history import EarlierReport, history
from readiness.report.page import render_page
from readiness.report.page.render import TEMPLATE, harden
from readiness.report.page.render import preload as read_templates
from readiness.run.executed import (
    STOCK,
    ReadNotebook,
    assessments,
    check_assessments,
    code,
    figures,
    normal_form_digest,
    prose,
    read_record,
    stock_or_own,
)
from readiness.verdict.record import SCHEMA, Record, Run, Template, to_predicate


def export_page(
    notebook: Any,
    *,
    template: Template,
    run: Run,
    render: Callable[..., str] | None = None,
    uses: Uses | None = None,
    quotes: tuple[Quote, ...] = (),
    earlier: EarlierReport | None = None,
) -> tuple[Record, bytes]:
    """The record in an executed notebook, and the page made from it.

    Args:
        notebook: An executed nbformat notebook, version 4.
        template: What was walked.
        run: When; the only clock values of a record.
        render: A page template other than the stock one.
        uses: How often the test rows were used, as the host counted.
        quotes: Short texts that attestations rest on, as the host read them.
        earlier: The report that the findings are traced from.

    Raises:
        IncompleteRecord: the notebook does not hold a whole record, or its verdict does not follow from its
            findings.
    """
    from readiness.verdict.checks import check  # loads libraries of numbers

    found = read_record(notebook)
    check_assessments(notebook)
    record = replace(_record(found, template, run, normal_form_digest(notebook), uses), quotes=quotes)
    record = replace(record, assessments=assessments(notebook))
    if earlier is not None:
        record = replace(record, previous=history(record, earlier))
    try:
        check(record)
    except InvalidReport as error:
        raise IncompleteRecord(
            f"The notebook's record contradicts itself. {error.message}",
            remedy="A template may say more than the package's own; it may not change what follows from the findings.",
        ) from error
    return record, render_page(record, prose(notebook), figures(notebook), code(notebook), render=render)


def _record(found: ReadNotebook, template: Template, run: Run, digest: str, uses: Uses | None) -> Record:
    gathered = replace(found.gathered, inputs=(*found.gathered.inputs, *found.completion.modules))
    spec = gathered.spec
    about = spec.get("about", {})
    return Record(
        schema=SCHEMA,
        verdict=found.decision.verdict,
        rule=str(spec.get("evidence", "interval")),
        gathered=gathered,
        answers=found.answers,
        decision=found.decision,
        seed=int(spec.get("seed", 0)),
        template=template,
        notebook_sha256=digest,
        run=run,
        tool=found.completion.tool or f"readiness {version('readiness')}",
        prepared_by=tuple(map(str, about.get("prepared_by", ()))),
        about=about,
        only=found.completion.only,
        reused=found.completion.reused,
        tool_sha256=tool_digest(),
        soundness=found.soundness,
        uses=uses,
    )


def unsigned_file(record: Record, content: bytes) -> bytes:
    """The report as one file that nobody has signed: the page, and the record in a comment behind it."""
    from readiness.signing.reports import Subject, statement, unsigned_report

    subjects = [Subject("report", hashlib.sha256(content).hexdigest())]
    files = record.gathered.model.files
    if len(files) == 1:  # a folder counts as one; several files have no digest of their own
        subjects.append(Subject("model", files[0].sha256))
    return unsigned_report(content, statement(subjects, to_predicate(record)))


class ReadinessExporter(TemplateExporter):
    """nbconvert's way to an unsigned report; the entry point `readiness_report`."""

    export_from_notebook = "Readiness report"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return TEMPLATE

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        """Our templates only. The stock value is the current folder, where anybody may have put one of that name."""
        return [str(template_path(TEMPLATE).parent)]

    def _create_environment(self) -> Environment:
        environment: Environment = super()._create_environment()  # type: ignore[no-untyped-call]
        return harden(environment)

    def from_notebook_node(  # type: ignore[override]  # bytes, like nbconvert's own PDF exporter
        self, nb: Any, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """The unsigned report as bytes, so that no writer changes its line ends.

        Raises:
            ConversionException: the notebook does not hold a whole record.
        """
        notebook, resources = Exporter.from_notebook_node(self, nb, resources, **kw)  # preprocessors, such as execute
        name = str(resources.get("metadata", {}).get("name") or "notebook")
        try:
            done = read_record(notebook).completion
            record, content = export_page(
                notebook,
                template=_template(notebook, f"{name}.ipynb"),
                run=Run(done.started, done.finished),
                render=self.template.render,
            )
            return unsigned_file(record, content), resources
        except ReadinessError as error:
            raise ConversionException(str(error)) from error


def _template(notebook: Any, name: str) -> Template:
    """What was walked, as far as the executed notebook tells: the stock template when its cells are the same."""
    return stock_or_own(notebook, template_path(STOCK).read_bytes(), name)


# ----------------------------------------------------------------------------------------------------
# What the host uses after the candidate has run, loaded before it can run.
#
# A candidate runs as the same user, and could change a module or template of this program between its own run and the
# making of the page. So nothing is left to be loaded then; that the files are still the same is checked besides.

PACKAGES = ("report.monitoring", "report.page", "report.sentences", "signing", "statistics", "verdict")
FOR_SUPPLIED = "evidence.supplied"
"""What only a review with supplied measurements uses."""


def preload(*, supplied: bool = False) -> None:
    """Import all that completes a review, and read all that makes its page.

    Args:
        supplied: Whether the spec supplies measurements, which the host reads for itself.
    """
    import_all(*PACKAGES, *((FOR_SUPPLIED,) if supplied else ()))
    read_templates()


def import_all(*packages: str) -> None:
    """Import every module directly in these packages of this program, such as "report.page"."""
    for package in packages:
        places = [f"{place}/{package.replace('.', '/')}" for place in readiness.__path__]
        for module in pkgutil.iter_modules(places):
            importlib.import_module(f"readiness.{package}.{module.name}")


__all__ = ["ReadinessExporter", "code", "export_page", "figures", "normal_form_digest", "prose", "read_record"]
