"""What the report was made from: digests, versions, settings, and what was not provided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from readiness.core.files import Artifact, Role
from readiness.core.findings import Recomputable
from readiness.core.format import format_bytes, format_count
from readiness.report.page.cover import Line, declared_share, format_time, valid_until
from readiness.report.page.tables import Cell, Column, Row, Table, table
from readiness.report.sentences import TITLE, reused_words
from readiness.spec.layers import keys_of
from readiness.verdict.record import Record

SHOWN_ABOVE = ("about", "checklist")
"""Sections of the spec that the page shows in full elsewhere."""
_ABOUT = {
    "purpose": "Purpose",
    "out_of_scope": "Out of scope",
    "owner": "Owner",
    "risk": "Risk",
    "population": "Population",
    "labels": "How the true labels came about",
    "changes": "Changes since the previous version",
    "limitations": "Known limitations",
    "oversight": "Who can stop or override it",
    "production_prevalence": "Expected share of positives in production",
    "valid_days": "Validity",
}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything that the review was made from."""

    files: Table
    facts: tuple[Line, ...]
    packages: Table
    settings: Table


def provenance(record: Record) -> Provenance:
    """The provenance of a report."""
    return Provenance(_files(record), _facts(record), _packages(record), _settings(record))


def about(record: Record) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """What the spec says about the model, and the names of what it does not say."""
    texts = {key: _about_text(key, record) for key in _ABOUT}
    given = tuple(Line(_ABOUT[key], text) for key, text in texts.items() if text)
    missing = [_ABOUT[key] for key, text in texts.items() if not text]
    return given, (*missing, *([] if record.prepared_by else ["Who prepared the report"]))


def _about_text(key: str, record: Record) -> str:
    value = record.about.get(key)
    if value in (None, "", (), []):
        return ""
    if key == "production_prevalence":
        return declared_share(value)
    if key == "valid_days":
        return f"{value} days, until {valid_until(record)}"
    return "; ".join(str(part).rstrip(".") for part in value) if isinstance(value, list | tuple) else str(value)


def _files(record: Record) -> Table:
    gathered = record.gathered
    template = "unaltered template" if record.template.stock else "altered template"
    rows = [
        *(_file_row("Model", artifact) for artifact in gathered.model.files),
        *(_file_row("", artifact) for artifact in gathered.inputs),
        Row((Cell(record.template.name, template), Cell("Template"), Cell("–"), Cell(record.template.sha256))),
        Row(
            (
                Cell("notebook.ipynb", "without run-dependent parts"),
                Cell("Notebook as run"),
                Cell("–"),
                Cell(record.notebook_sha256),
            )
        ),
    ]
    columns = (Column("File"), Column("Part"), Column("Size", "number"), Column("SHA-256", "digest"))
    return table("Files, named by their digests", columns, rows)


def _file_row(part: str, artifact: Artifact) -> Row:
    shape = ""
    if artifact.rows is not None:
        shape = f"{format_count(artifact.rows)} rows"
        shape += f", {artifact.columns} columns" if artifact.columns is not None else ""
    role = "" if artifact.role is Role.OTHER else artifact.role.capitalize()
    return Row(
        (
            Cell(artifact.file),
            Cell(part or role or "Input"),
            Cell(format_bytes(artifact.size), shape),
            Cell(artifact.sha256),
        )
    )


def _facts(record: Record) -> tuple[Line, ...]:
    gathered, environment = record.gathered, record.gathered.environment
    data, model = gathered.data, gathered.model
    dropped = "; ".join(f"{format_count(drop.rows)} rows: {drop.reason}" for drop in data.dropped)
    lines = (
        Line("Model", "; ".join(filter(None, (f"{model.name} {model.version}", model.kind, *model.notes)))),
        Line("Task", f"{data.task}, target {data.target}, {data.features} features"),
        Line("Rows read and scored", f"{format_count(data.rows_read)} read, {format_count(data.rows_scored)} scored"),
        Line("Rows left out", dropped or "none"),
        Line("Rows in training", "" if data.train_rows is None else format_count(data.train_rows)),
        Line("Computed on", "; ".join(filter(None, (environment.hardware, environment.platform)))),
        Line(TITLE, reused_words(record.reused, format_time)),
        Line("Started", format_time(record.run.started)),
        Line("Finished", format_time(record.run.finished)),
        Line("Made by", f"{record.tool}, Python {environment.python}"),
        Line("Set on the command line", "; ".join(gathered.settings)),
        Line("Seed", str(record.seed)),
        Line(
            "Rule",
            "interval: a claim counts only if chance is ruled out"
            if record.rule == "interval"
            else "point: chance is left aside",
        ),
        Line("What anybody can recompute", _recomputable(record)),
    )
    return tuple(line for line in lines if line.text)


def _recomputable(record: Record) -> str:
    """How many of the judged limits follow from counts in the report, and how many do not."""
    judged = [f.bounds for answer in record.answers for f in answer.findings if f.blocking and f.bounds is not None]
    if not judged:
        return ""
    counted = sum(bounds.recomputable is Recomputable.COUNTS for bounds in judged)
    return (
        f"{counted} of the {len(judged)} limits that were judged can be recomputed by anybody from counts of rows in "
        f"this report; the other {len(judged) - counted} cannot, they rest on scores of single rows or on measurements."
    )


def _packages(record: Record) -> Table:
    packages = sorted(record.gathered.environment.packages.items())
    rows = [Row((Cell(name), Cell(version))) for name, version in packages]
    return table("Software", (Column("Package"), Column("Version", "digest")), rows)


def _settings(record: Record) -> Table:
    """Everything that the spec settles, but for the texts about the model and the attestations, which stand above."""
    own = record.gathered.set_keys
    spec = {key: value for key, value in record.gathered.spec.items() if key not in SHOWN_ABOVE}
    over = keys_of(record.gathered.settings, first=1)
    rows = [Row((Cell(key), Cell(text), Cell(_origin(key, own, over)))) for key, text in flat(spec)]
    return table(
        "Every setting", (Column("Setting"), Column("Value"), Column("Set in the spec?")), rows, most=len(rows)
    )


def _origin(key: str, own: tuple[str, ...], over: tuple[str, ...]) -> str:
    if is_set(key, over) or any(is_set(name, (key,)) for name in over):
        return "on the command line"
    return "set" if is_set(key, own) else "default"


def is_set(key: str, own: tuple[str, ...]) -> bool:
    """Whether the spec sets this dotted key itself; `own` are the keys that it sets."""
    return any(key == name or key.startswith((f"{name}.", f"{name}[")) for name in own)


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf of the spec with its dotted key; empty ones are left out."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from flat(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(part, Mapping | list | tuple) for part in value):
        for index, part in enumerate(value, 1):
            yield from flat(part, f"{path}[{index}]")
    elif value not in (None, "", (), []):
        yield path, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
