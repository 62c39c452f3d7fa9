"""A card that nobody has written yet: what the spec says about the model, and what it does not."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.files import Artifact
from readiness.core.format import format_count
from readiness.report.card.content import Source, inline, known_limitations
from readiness.report.card.front_matter import calm, eval_results, model_name, task_of
from readiness.report.card.metrics import headlines
from readiness.verdict.record import Record

NOT_PROVIDED = "Not provided."
_LONGEST = 4000
_LIBRARIES = {
    "scikit-learn": "sklearn",
    "keras": "keras",
    "onnx": "onnx",
    "torch": "pytorch",
    "pytorch": "pytorch",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "mlflow": "mlflow",
}
"""The Hub's name of a library by the first word of the model's kind."""


def new_card(source: Source, section: str, *, metadata: bool = True) -> str:
    """A whole card around a section, line feeds at the ends of its lines."""
    record = source.record
    parts = [
        ("Model details", _details(record)),
        ("Intended use", _text(record, "purpose")),
        ("Out of scope", _text(record, "out_of_scope")),
        ("Training data", _table(record, "train", "Training table")),
        ("Evaluation data", _evaluation_data(record)),
        ("Evaluation", section),
        ("Limitations", _limitations(record)),
        ("Ethical considerations and oversight", _oversight(record)),
        ("How to get started", _start(record)),
        ("License", NOT_PROVIDED),
        ("Contact", _text(record, "owner")),
    ]
    title = f"# {inline(record.gathered.model.name)}"
    body = "\n\n".join([title, *(f"## {heading}\n\n{text}" for heading, text in parts)])
    return f"{_front_matter(source) if metadata else ''}{body}\n"


def _front_matter(source: Source) -> str:
    from huggingface_hub.repocard_data import ModelCardData

    record = source.record
    results = eval_results(source)
    task, _ = task_of(record)
    known = task in ("tabular-classification", "tabular-regression")
    data = ModelCardData(
        library_name=_library(record.gathered.model.kind),
        pipeline_tag=task if known else None,
        tags=["readiness", *([task] if known else ["tabular"])],
        metrics=list(dict.fromkeys(calm(headline.type) for headline in headlines(record))) or None,
        model_name=model_name(record) if results else None,
        eval_results=results or None,
    )
    return f"---\n{data.to_yaml()}\n---\n\n"


def _library(kind: str) -> str | None:
    return _LIBRARIES.get(kind.partition(" ")[0].lower())


def _said(record: Record, key: str) -> str:
    value = record.about.get(key)
    return inline(str(value), _LONGEST) if value else ""


def _text(record: Record, key: str) -> str:
    return _said(record, key) or NOT_PROVIDED


def _limitations(record: Record) -> str:
    """The section lists them, and they are not said twice."""
    return "See *What this does not show* above." if known_limitations(record) else NOT_PROVIDED


def _labelled(lines: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"- **{label}:** {text or NOT_PROVIDED}" for label, text in lines)


def _details(record: Record) -> str:
    model, data = record.gathered.model, record.gathered.data
    return _labelled(
        [
            ("Name and version", f"{inline(model.name)} {inline(model.version)}"),
            ("Kind", inline(model.kind)),
            ("Task", f"{inline(data.task)}, target {inline(data.target)}, {format_count(data.features)} features"),
            ("Owner", _said(record, "owner")),
            ("Report prepared by", inline(", ".join(record.prepared_by))),
            ("Changes since the previous version", _said(record, "changes")),
        ]
    )


def _table(record: Record, role: str, label: str) -> str:
    found = (artifact for artifact in record.gathered.inputs if artifact.role == role)
    table = next(found, None)
    return NOT_PROVIDED if table is None else f"{label}: {_described(table)}."


def _described(table: Artifact) -> str:
    shape = "" if table.rows is None else f", {format_count(table.rows)} rows"
    shape += "" if table.columns is None else f", {format_count(table.columns)} columns"
    return f"{inline(table.file)}{shape}, SHA-256 `{inline(table.sha256)}`"


def _evaluation_data(record: Record) -> str:
    return "\n".join(
        [
            _table(record, "test", "Test table"),
            "",
            _labelled([("Population", _said(record, "population")), ("True labels", _said(record, "labels"))]),
        ]
    )


def _oversight(record: Record) -> str:
    lines = [("Risk", _said(record, "risk")), ("Who can stop or override it", _said(record, "oversight"))]
    return _labelled(lines)


def _start(record: Record) -> str:
    files = record.gathered.model.files
    if not files:
        return NOT_PROVIDED
    return (
        f"The model file is {inline(files[0].name)}. Compare its SHA-256 with the one above before you load "
        "it: a model file can hold code."
    )
