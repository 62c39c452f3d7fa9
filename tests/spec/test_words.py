"""The report's own words in a spec: taken as they are, refused with a reason, read back from any record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import SpecError
from readiness.core.vocabulary import Noun
from readiness.spec.load import load_spec, normalised
from readiness.spec.words import vocabulary_in

MODEL = 'model: {name: fraud, version: "1.4", path: model.joblib}\n'
CLASSES = 'name classes under data.labels, by "is_fraud"'


def loaded(folder: Path, data: str) -> Any:
    path = folder / "readiness.yaml"
    path.write_text(f"{MODEL}data: {{test: test.csv, target: is_fraud, {data}}}\n", encoding="utf-8")
    return load_spec(path).spec


def problems(folder: Path, data: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        loaded(folder, data)
    return [problem.removeprefix("readiness.yaml line 2, data.") for problem in caught.value.problems]


def test_words_and_labels_reach_the_vocabulary(tmp_path: Path) -> None:
    """Also values that look like numbers or booleans in YAML, by the way of the record."""
    spec = loaded(
        tmp_path,
        "positive: 1, segments: [{column: paid_at, by: weekend}], "
        "words: {row: [person, people], positive: fraud}, "
        "labels: {is_fraud: {1: fraud, 0: clean}, new: {true: new people, false: regulars}, "
        "sex: {title: sex, 1: women}, age: {65+: people of 65 and over}, paid_at: {weekend: weekends}}",
    )
    found = vocabulary_in(normalised(spec)["data"])
    assert (Noun("person", "people"), Noun("fraud", "frauds"), None) == (found.row, found.positive, found.negative)
    assert (found.outcome("1"), found.outcome("0")) == ("fraud", "clean")
    assert (found.group("new", "True"), found.group("new", "False")) == ("new people", "regulars")
    assert (found.group("sex", "1"), found.group("age", "65+")) == ("women", "people of 65 and over")
    assert found.group("paid_at (weekend)", "weekend") == "weekends"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("words: payment", 'words: found the text "payment", expected a mapping'),
        ("words: {row: 5}", 'words.row: found the number 5, expected text or a list; put it in quotes: "5"'),
        ("words: {row: {a: b}}", "words.row: found a mapping, expected text or a list"),
        ("words: {row: [a]}",
         "words.row: found a list of 1, expected one word, such as payment, or two: [person, people]"),
        ("words: {row: [a, b, c]}",
         "words.row: found a list of 3, expected one word, such as payment, or two: [person, people]"),
        ('words: {row: ""}', 'words.row: found the text "", expected some text'),
        (f"words: {{row: {'x' * 41}}}", f'words.row: found the text "{"x" * 41}", expected at most 40 characters'),
        ('words: {row: " x"}', 'words.row: found " x", expected one line without blanks around it'),
        (r'words: {row: "a\nb"}', r'words.row: found "a\nb", expected one line without blanks around it'),
        (r'words: {row: "a\u202eb"}',
         r'words.row: found "a\u202eb", which holds a character that nobody sees; write it anew'),
        ('words: {row: "--"}', 'words.row: found "--", which has neither a letter nor a digit'),
        ("words: {rows: x}", 'words.rows: unknown key; did you mean "row"?'),
        ("positive: 1, words: {positive: a, negative: a}", "words: calls both classes the same; nobody could tell them apart"),
        ("labels: {age: old}", 'labels.age: found the text "old", expected a mapping'),
        ("labels: {age: {}}", "labels.age: is empty; give a title, or what a value is called"),
        ("labels: {age: {65+: 65}}", 'labels.age.65+: found the number 65, expected text; put it in quotes: "65"'),
        ("labels: {age: {1: old, 2: old}}",
         'labels.age: calls both "1" and "2" "old"; nobody could tell them apart'),
        ("labels: {a: {title: age}, b: {title: age}}",
         'labels.b.title: "age" is the title of "a" already; nobody could tell them apart'),
        (f"labels: {{age: {{title: {'x' * 81}}}}}",
         f'labels.age.title: found the text "{"x" * 60}… (81 characters)", expected at most 80 characters'),
        ("positive: 1, classes: [0, 1], labels: {is_fraud: {2: odd}}",
         'labels.is_fraud.2: "2" is not in data.classes; expected one of 0, 1'),
        ("task: regression, words: {positive: x}",
         "words.positive: only a binary task or a ranking has such rows; this task is regression"),
        ("classes: [a, b, c], words: {negative: x}",
         "words.negative: only a binary task or a ranking has such rows; this task is multiclass; " + CLASSES),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_with_a_reason(tmp_path: Path, data: str, expected: str) -> None:
    """Each fault once, on its line, with what was found and what is expected."""
    found = problems(tmp_path, data)
    assert [expected] == [problem.replace(f'{"x" * 60}"… (81', f"{'x' * 60}… (81") for problem in found]


def test_a_ranking_has_words_for_relevant_rows(tmp_path: Path) -> None:
    """Rows above zero are relevant."""
    spec = loaded(tmp_path, "query: q, words: {row: product, positive: bought product}")
    assert vocabulary_in(normalised(spec)["data"]).positive == Noun("bought product", "bought products")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"words": [], "labels": [], "segments": {}},
        {"words": {"row": 5, "positive": ["a"], "negative": {"a": 1}}, "labels": {"a": [], "b": {"c": 5}}},
        {"segments": [{"by": 1, "column": []}, [[]], 5, {"column": "a"}], "target": [], "positive": []},
    ],
)
def test_a_record_of_another_form_falls_back_on_plain_words(data: Any) -> None:
    """Nobody knows who wrote a record."""
    found = vocabulary_in(data)
    assert Noun("row", "rows") == found.row
    assert found.group("b", "c") == "b = c"
