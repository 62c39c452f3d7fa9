"""A card that nobody has written yet holds what the spec says, and names what it does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from readiness.core.findings import Answer
from readiness.report.card.content import Source
from readiness.report.card.markers import END
from readiness.report.card.write import Card, composed
from readiness.verdict.record import Record
from tests.report.card.golden import same_as
from tests.report.card.sources import DIGEST, renamed, source, with_spec
from tests.report.page import records
from tests.report.page.records import HOSTILE, hostile
from tests.sampling import paired


def made(report: Source, *, metadata: bool = True) -> str:
    return composed(Card(Path("README.md"), None), report, metadata=metadata).decode()


def test_the_card_word_for_word() -> None:
    """A literal record with all that a spec can say."""
    assert same_as("new_card.md", made(source()).encode())


def test_the_hub_reads_it_back() -> None:
    """Library, task, metrics and our results; no licence is guessed."""
    data = ModelCard(made(source())).data
    assert ("sklearn", "tabular-classification", None) == (data.library_name, data.pipeline_tag, data.license)
    assert ["f1", "recall"] == data.metrics
    results = [(r.metric_type, r.metric_value, r.source_name, r.source_url) for r in data.eval_results]
    assert [("f1", 0.612), ("recall", 0.692)] == [found[:2] for found in results]
    assert {("readiness", f"urn:sha256:{DIGEST}")} == {found[2:] for found in results}
    first = data.eval_results[0]
    assert ("test-is_fraud", "test.parquet, target is_fraud") == (first.dataset_type, first.dataset_name)


def test_what_nobody_said_is_named() -> None:
    """Every section is there; the empty ones say so."""
    bare = dataclasses.replace(records.not_ready(), about={}, prepared_by=())
    text = made(source(bare))
    for heading in ("Intended use", "Out of scope", "Limitations", "License", "Contact"):
        assert f"## {heading}\n\nNot provided.\n" in text
    assert "- **Owner:** Not provided." in text
    assert "- **Who can stop or override it:** Not provided." in text


def test_without_metadata_there_is_no_front_matter() -> None:
    """The card begins with its title."""
    assert made(source(), metadata=False).startswith("# Card fraud\n\n## Model details\n")


def test_nothing_measured_leaves_no_index() -> None:
    """No headline number: tags and task only."""
    text = made(source(records.regression()))
    assert "model-index" not in text
    assert ("tabular-regression", None) == (ModelCard(text).data.pipeline_tag, ModelCard(text).data.eval_results)


@pytest.mark.parametrize("kind", ["predictions only", "shop.models Model", ""])
def test_a_library_is_not_guessed(kind: str) -> None:
    """What is not known to the Hub is left out."""
    record = records.not_ready()
    model = dataclasses.replace(record.gathered.model, kind=kind)
    unknown = dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, model=model))
    assert ModelCard(made(source(unknown))).data.library_name is None


NAMES = [
    HOSTILE,
    "a\n---\nlicense: mit",
    f"x\n{END}\n",
    "'\"&*!|>%@`",
    ": - {[",
    "---",
    "<!-- readiness:begin -->",
    "null",
]


def only_named(name: str) -> Record:
    """A record in which nothing but the model's name is hostile."""
    return renamed(records.not_ready(), name)


@pytest.mark.parametrize(("name", "make"), paired(NAMES, [hostile, only_named]))
def test_a_hostile_name_breaks_out_of_nothing(name: str, make: Callable[[str], Record]) -> None:
    """Front matter with our keys only, one pair of markers, and a second run that changes nothing."""
    record = make(name)
    text = made(source(record))
    keys = {"library_name", "pipeline_tag", "tags", "metrics", "model-index"}
    assert set(ModelCard(text).data.to_dict()) <= keys
    assert text == composed(Card(Path("README.md"), text.encode()), source(record)).decode()


def test_a_metric_with_a_hostile_name() -> None:
    """Not even a metric of the user's own puts a marker into the front matter."""
    record = with_spec(records.not_ready(), {"baseline": {"metric": END}})
    answers = [
        Answer(
            a.question, tuple(dataclasses.replace(f, metric=END if f.metric == "f1" else f.metric) for f in a.findings)
        )
        for a in record.answers
    ]
    report = source(dataclasses.replace(record, answers=tuple(answers)))
    text = made(report)
    assert 1 == text.count(END)
    assert text == composed(Card(Path("README.md"), text.encode()), report).decode()
