"""What the report was made from: digests, versions, settings, and what was not provided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from readiness.core.files import Artifact, Role
from readiness.core.findings import Question, Recomputable
from readiness.core.format import format_bytes, format_count
from readiness.core.sanitize import visible
from readiness.report.compliance import compliance_fields, counts
from readiness.report.evidence_texts import evidence_texts
from readiness.report.history import changes
from readiness.report.page.decision import Line, declared_share, format_time, valid_until
from readiness.report.page.sections import Fold, Quote
from readiness.report.page.tables import Cell, Column, Row, Table, table
from readiness.report.sentences import TITLE, asked, reused_words
from readiness.spec.layers import keys_of
from readiness.verdict.history import Traced
from readiness.verdict.isolation import isolation_words
from readiness.verdict.record import Record

WRITTEN_ABOVE = ("data.labels.", "data.words.", "errors.describe.", "production.rollout.")
"""How the keys of words begin that the page is written in."""
SHOWN_ABOVE = ("about", "checklist")
"""Sections of the spec that the page shows in full elsewhere."""
_ABOUT = {
    "purpose": "Purpose",
    "users": "Users and setting",
    "out_of_scope": "Out of scope",
    "owner": "Owner",
    "validator": "Validator",
    "risk": "Risk",
    "tier": "Tier",
    "population": "Population",
    "labels": "Where the true answers come from",
    "lineage": "Lineage",
    "metrics_rationale": "Why these metrics",
    "assumptions": "Assumptions",
    "changes": "Changes since the previous version",
    "limitations": "Known limitations",
    "compensating_controls": "Compensating controls",
    "oversight": "Who can stop or override it",
    "monitoring": "Monitoring",
    "revalidation_triggers": "What makes a new review due",
    "predetermined_changes": "Changes agreed beforehand",
    "residual_risk": "Residual risk",
    "features": "Features",
    "production_prevalence": "Expected share in production",
    "valid_days": "Validity",
}


def about(record: Record) -> tuple[Line, ...]:
    """What the spec says about the model; what it does not say stands in the last line."""
    texts = {key: _about_text(key, record) for key in _ABOUT}
    given = [Line(_ABOUT[key], text) for key, text in texts.items() if text]
    missing = [_ABOUT[key] for key, text in texts.items() if not text]
    missing += [] if record.prepared_by else ["Who prepared the report"]
    return (*given, *([Line("Not provided", "; ".join(missing))] if missing else []))


def _about_text(key: str, record: Record) -> str:
    value = record.about.get(key)
    if value in (None, "", (), [], {}):
        return ""
    if key == "production_prevalence":
        return declared_share(value)
    if key == "valid_days":
        return f"{value} days, until {valid_until(record)}"
    return _in_words(value)


def _in_words(value: Any) -> str:
    """A text, a list of texts, or parts with names, in one line."""
    if isinstance(value, Mapping):
        parts = [f"{str(key).replace('_', ' ')}: {_in_words(part)}" for key, part in value.items() if part]
        return "; ".join(parts)
    if isinstance(value, list | tuple):
        return "; ".join(_in_words(part).rstrip(".") for part in value)
    return str(value)


def fields_table(record: Record) -> Table:
    """The 25 fields that compliance looks for: what stands here, and where, or that it was not provided."""
    fields = compliance_fields(record)
    columns = (Column("Field"), Column("What stands here"), Column("State"))
    rows = [
        Row((Cell(f"{each.number} {each.title}"), Cell(each.text), Cell(each.state.value, link=f"#{each.anchor}")))
        for each in fields
    ]
    return table(f"For compliance: {counts(fields)}", columns, rows, most=len(rows))


_CLAUSES = "Which public texts ask for these fields, clause by clause: readiness export REPORT --format clauses."


def _history(record: Record) -> tuple[Fold, ...]:
    """What became of the findings that were open in an earlier report; none where nobody named one."""
    found = changes(record)
    if found is None:
        return ()
    columns = (Column("Finding"), Column("Before"), Column("Now"), Column("Open since"))
    kinds = (
        ("Opened", found.opened),
        ("Still open", found.still_open),
        ("Closed", found.closed),
        ("Judged no more", found.dropped),
    )
    tables = [
        table(f"{title}: {len(traced)}", columns, [_traced_row(each) for each in traced])
        for title, traced in kinds
        if traced
    ]
    lines = (found.earlier, f"SHA-256 of that report: {found.sha256}")
    return (Fold("changes", found.headline, lines=lines, tables=tuple(tables)),)


def _traced_row(traced: Traced) -> Row:
    was, now = (status.words if status is not None else "not judged" for status in (traced.was, traced.now))
    return Row((Cell(traced.name, traced.code), Cell(was), Cell(now), Cell(traced.since or "–")))


def closing_folds(record: Record, code: Mapping[Question, str]) -> tuple[Fold, ...]:
    """What belongs to the whole review: files, settings, versions, and the cells that asked the questions."""
    cells = "\n\n".join(text for question, text in code.items() if question in asked(record))
    quotes = _quotes(record)
    files, settings, packages = _files(record), _settings(record), _packages(record)
    count = len(files.rows) + len(files.more)
    folds = [Fold("about", "About the model", pairs=about(record))]
    if not record.only:
        fields = fields_table(record)
        folds.append(Fold("fields", fields.caption, lines=(_CLAUSES,), tables=(fields,)))
    folds += [*_history(record)]
    folds += [
        Fold("facts", "How this report was made", pairs=facts_of(record)),
        Fold("files", f"{count} files, named by their digests", tables=(files,)),
        Fold("criteria", "Settings, and whether each is a default", tables=(settings,)),
        Fold("packages", f"Software: {len(packages.rows)} packages", tables=(packages,)),
    ]
    if quotes:
        texts = f"{len(quotes)} text{'s' if len(quotes) > 1 else ''}"
        folds.append(Fold("quotes", f"Evidence in its own words: {texts}", quotes=quotes))
    if cells:
        folds.append(Fold("code", "How this was computed: the cells of the notebook", quotes=(_quote("", cells),)))
    return tuple(folds)


def _quote(name: str, text: str) -> Quote:
    """A text with its line ends; all else that acts or hides is shown."""
    return Quote(name, Markup.escape(visible(text, keep="\n\t")))


def _quotes(record: Record) -> tuple[Quote, ...]:
    """The short texts on which attestations rest, word by word."""
    texts = [each for each in evidence_texts(record) if each.text]
    return tuple(_quote(f"{each.file}: {', '.join(each.boxes)}", each.text) for each in texts)


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


def facts_of(record: Record) -> tuple[Line, ...]:
    """What the review was made from, in single facts."""
    gathered, environment = record.gathered, record.gathered.environment
    data, model = gathered.data, gathered.model
    dropped = "; ".join(f"{format_count(drop.rows)} rows: {drop.reason}" for drop in data.dropped)
    lines = (
        Line("Model", "; ".join(filter(None, (f"{model.name} {model.version}", model.kind, *model.notes)))),
        Line("Task", f"{data.task}, target {data.target}, {data.features} features"),
        Line("Rows read and scored", f"{format_count(data.rows_read)} read, {format_count(data.rows_scored)} scored"),
        Line("Rows left out", dropped or "none"),
        Line("Rows in training", "" if data.train_rows is None else format_count(data.train_rows)),
        Line("The model ran", isolation_words(gathered.isolation)),
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


_ORIGINS = ("set", "on the command line", "default")
"""Where a setting comes from; each is a column of the table of settings."""


def _settings(record: Record) -> Table:
    """Everything that the spec settles, but for the texts about the model and the attestations, which stand above, the
    words for columns, groups, requirements and rollout, which the page is written in, and digests, with the files.

    One row for each section of the spec: a row for each of some hundred and fifty keys would be pages long.
    """
    own = record.gathered.set_keys
    spec = {key: value for key, value in record.gathered.spec.items() if key not in SHOWN_ABOVE}
    over = keys_of(record.gathered.settings, first=1)
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for section, value in spec.items():
        for key, text in flat(value, section):
            if key.startswith(WRITTEN_ABOVE) or key.endswith((".says", ".sha256")):
                continue
            name = key.removeprefix(section).removeprefix(".") or section
            found.setdefault(section, {}).setdefault(_origin(key, own, over), []).append((name, text))
    shown = [origin for origin in _ORIGINS if origin != _ORIGINS[1] or any(origin in row for row in found.values())]
    rows = [
        Row((Cell(section), *(Cell(_join_settings(row.get(origin, ()))) for origin in shown)))
        for section, row in found.items()
    ]
    columns = (Column("Section"), *(Column(origin[:1].upper() + origin[1:]) for origin in shown))
    return table("Settings, by section of the spec", columns, rows, most=len(rows))


def _join_settings(settings: Sequence[tuple[str, str]]) -> str:
    """As "seed: 0; requirements[1] (at_least: 0.8, metric: recall)": what lies below one key stands together."""
    parts = []
    for head, below in groupby(settings, key=lambda each: each[0].rpartition(".")[0]):
        said = [f"{name.removeprefix(head).removeprefix('.')}: {text}" for name, text in below]
        parts += [f"{head} ({', '.join(said)})"] if head else said
    return "; ".join(parts) or "–"


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
