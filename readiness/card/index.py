"""Which results of a `model-index` are ours, and what does it look like with ours renewed and all others kept?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from readiness.card.content import Source
from readiness.card.metrics import Headline, headlines
from readiness.delivery.files import slug
from readiness.verdict.record import Record
from readiness.visible import presentable

KEY = "model-index"
SOURCE = "readiness"
"""Name of the source of our results; it is how they are known again."""
_TASKS = {
    "binary": ("tabular-classification", "Tabular classification"),
    "multiclass": ("tabular-classification", "Tabular classification"),
    "regression": ("tabular-regression", "Tabular regression"),
    "ranking": ("tabular-ranking", "Ranking"),
}


@dataclass(frozen=True, slots=True)
class Index:
    """What we have to say: the model's name, and results as the Hub lays them out."""

    name: str
    results: list[dict[str, Any]]

    def entry(self) -> dict[str, Any]:
        """One entry of a model-index."""
        return {"name": self.name, "results": self.results}


def index_of(source: Source) -> Index:
    """The headline numbers of a report as results of a model-index."""
    from huggingface_hub.repocard_data import eval_results_to_model_index

    found = eval_results(source)
    name = model_name(source.record)
    return Index(name, eval_results_to_model_index(name, found)[0]["results"] if found else [])


def eval_results(source: Source) -> list[Any]:
    """The headline numbers of a report as `huggingface_hub.EvalResult`; reaches no network."""
    from huggingface_hub.repocard_data import EvalResult

    record = presentable(source.record)
    task, task_name = task_of(record)
    file, rows, digest = _test_table(record)
    return [
        EvalResult(
            task_type=task,
            task_name=task_name,
            dataset_type=slug(f"{file.rpartition('.')[0] or file}-{record.gathered.data.target}"),
            dataset_name=calm(f"{file}, target {record.gathered.data.target}"),
            dataset_split="test",
            dataset_args={"rows": rows, "sha256": digest},
            metric_type=calm(headline.type),
            metric_name=calm(headline.words),
            metric_value=headline.measured.value,
            metric_args=_args(headline),
            source_name=SOURCE,
            source_url=source.url or f"urn:sha256:{source.sha256}",
        )
        for headline in headlines(record)
    ]


def task_of(record: Record) -> tuple[str, str]:
    """The Hub's identifier and name of the task."""
    task = record.gathered.data.task
    return _TASKS.get(task, (task, task))


def model_name(record: Record) -> str:
    """The model's name as it stands in the metadata."""
    return calm(presentable(record).gathered.model.name)


def calm(text: str) -> str:
    """Nothing in the metadata may look like the marker of a section."""
    return text.replace("<!--", "<! --")


def _test_table(record: Record) -> tuple[str, int, str]:
    found = (artifact for artifact in record.gathered.inputs if artifact.name.startswith("test: "))
    table = next(found, None)
    rows = record.gathered.data.rows_scored
    return ("test", rows, "not recorded") if table is None else (table.name[len("test: ") :], rows, table.sha256)


def _args(headline: Headline) -> dict[str, Any]:
    measured = headline.measured
    interval = {"low": measured.low, "high": measured.high, "level": measured.level, "n": measured.n}
    named = {key: calm(value) for key, value in headline.settings.items()}
    known = {key: value for key, value in interval.items() if value is not None}
    return known | ({"method": calm(measured.method)} if measured.method else {}) | named


def is_ours(result: Any) -> bool:
    """Whether this program wrote a result."""
    source = result.get("source") if isinstance(result, Mapping) else None
    return isinstance(source, Mapping) and source.get("name") == SOURCE


def entry_of(index: list[Any], name: str) -> int | None:
    """Where the model of this name stands."""
    return next((place for place, entry in enumerate(index) if entry.get("name") == name), None)


def merged(old: list[Any], ours: Index) -> list[Any]:
    """The index with our results renewed in their place; those of others, and other models, stay.

    Results of ours under another name are of an earlier report, and go.
    """
    target = entry_of(old, ours.name)
    new = []
    for place, entry in enumerate(old):
        results = entry.get("results") or []
        kept = [result for result in results if not is_ours(result)]
        if place == target and ours.results:
            first = next((k for k, result in enumerate(results) if is_ours(result)), len(results))
            new.append({**entry, "results": [*kept[:first], *ours.results, *kept[first:]]})
        elif kept or not results:
            new.append(entry if len(kept) == len(results) else {**entry, "results": kept})
    return [*new, ours.entry()] if target is None and ours.results else new
