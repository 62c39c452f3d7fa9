import hashlib
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from readiness.core.checklist import BOXES, Source
from readiness.core.errors import DataError, InputError
from readiness.core.policy import Task
from readiness.spec.load import load_spec
from readiness.spec.schema import Spec
from readiness.spec.words import Words
from readiness.spec.yaml import parse_yaml
from readiness.starter.starter import copy_template, remarks, starter, write_starter

HOSTILE = (
    "age: 'old' \"and\" # more",
    "region\nand\tstate",
    "- gender",
    "{sex: ${target}}",
    "Länge des Alters, age 😀",
    "income %, & *anchor !tag | >",
    "no",
)
COMMENTED = (
    *("users", "tier", "validator", "metrics_rationale", "assumptions", "compensating_controls", "monitoring"),
    *("revalidation_triggers", "predetermined_changes", "residual_risk", "features", "lineage"),
)
"""Keys of `about` that a starter spec offers, switched off."""


def spec_of(text: str) -> Spec:
    document = parse_yaml(text.encode(), "starter")
    assert () == document.problems
    return Spec.model_validate(document.data)


def switched_on(text: str) -> str:
    """The text with every switched-off setting switched on."""
    return re.sub(r"^( *)# ", r"\1", text, flags=re.MULTILINE)


def table(folder: Path, columns: dict[str, Any], name: str = "test.parquet") -> Path:
    path = folder / name
    frame = pd.DataFrame(columns)
    frame.to_parquet(path, index=False) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "my model.joblib"
    path.parent.mkdir()
    path.write_bytes(b"these bytes are no pickle, and nobody tries to load them")
    return path


@pytest.fixture
def loans(tmp_path: Path) -> Path:
    rows = 40
    return table(
        tmp_path,
        {
            "loan_id": range(rows),
            "customer_id": [n // 2 for n in range(rows)],
            "asked_on": pd.date_range("2026-01-01", periods=rows),
            "amount": [100.5 * n for n in range(rows)],
            "age": range(20, 20 + rows),
            "gender": ["f", "m"] * (rows // 2),
            "channel": ["web", "branch", "phone", "web"] * (rows // 4),
            "has_defaulted": [1] * 8 + [0] * (rows - 8),
        },
    )


def test_the_starter_is_a_usable_spec(model: Path, loans: Path, tmp_path: Path) -> None:
    """It loads as it is, finds its files from where it stands, and pins the model it never opened."""
    path = write_starter(tmp_path / "readiness.yaml", model, loans)
    loaded = load_spec(path)
    assert "models/my model.joblib" == loaded.spec.model.path
    assert hashlib.sha256(model.read_bytes()).hexdigest() == loaded.spec.model.sha256
    assert loans == loaded.resolve(loaded.spec.data.test)
    assert ("my model", "0.1") == (loaded.spec.model.name, loaded.spec.model.version)
    assert "you vouch for this file" in path.read_text()


def test_columns_are_guessed_where_nothing_is_ambiguous(model: Path, loans: Path) -> None:
    """One column that begins with has_, one unique id, one date; a customer id that repeats is only offered."""
    text = starter(model, loans)
    data = spec_of(text).data
    assert ("has_defaulted", "loan_id", "asked_on") == (data.target, data.id, data.time)
    assert (Task.BINARY, 1) == (data.task, data.positive)
    assert "rarer one (8 of 40 rows)" in text
    assert "# group: customer_id" in text


def test_groups_of_people_are_switched_on_and_others_offered(model: Path, loans: Path) -> None:
    """Age in bins and gender are judged; the channel and the weekend are one character away."""
    text = starter(model, loans)
    named = [entry if isinstance(entry, str) else (entry.column, entry.bins) for entry in spec_of(text).data.segments]
    assert [("age", 4), "gender"] == named
    offered = [entry if isinstance(entry, str) else entry.column for entry in spec_of(switched_on(text)).data.segments]
    assert ["age", "gender", "channel", "asked_on"] == offered


def test_nothing_is_required_and_nothing_costs_until_somebody_says_so(model: Path, loans: Path) -> None:
    """Common targets are shown as switched-off examples, and all boxes are pending."""
    text = starter(model, loans)
    spec = spec_of(text)
    assert ((), None, None) == (spec.business.requirements, spec.errors.costs, spec.production.latency_p99_ms)
    assert "metric: recall, at_least: 0.95" in text
    assert {box.key for box in BOXES if box.source is Source.ATTESTED} == set(spec.checklist)
    assert {None} == {box.done for box in spec.checklist.values()}
    for box in BOXES:
        assert (f"{box.key}: {{}}" in text) == (box.source in (Source.ATTESTED, Source.MEASURED))


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([0, 1] * 20, Task.BINARY),
        (["a", "b", "c: d", "e"] * 10, Task.MULTICLASS),
        ([n / 7 for n in range(40)], Task.REGRESSION),
    ],
)
def test_every_switched_off_setting_is_a_valid_one(
    model: Path, tmp_path: Path, values: list[object], task: Task
) -> None:
    """Whoever removes "# " from each line has a spec that loads, for every kind of target."""
    rows = table(
        tmp_path, {"amount": [n * 1.5 for n in range(40)], "rule_prediction": values, "customer_id": 1, "y": values}
    )
    path = tmp_path / "all.yaml"
    path.write_text(switched_on(starter(model, rows)), encoding="utf-8")
    spec = load_spec(path).spec
    assert task is spec.data.task
    assert len(spec.business.requirements) >= 5
    assert spec.errors.costs is not None
    assert spec.baseline.human is not None


def test_words_and_what_an_examiner_looks_for_are_offered(model: Path, loans: Path) -> None:
    """Each a remark's sign away, about columns that are there; a task without a class that is looked for has no word
    for one.
    """
    spec = spec_of(switched_on(starter(model, loans)))
    assert ("payment", "fraud") == (spec.data.words.row, spec.data.words.positive)
    assert ["age"] == list(spec.data.labels)
    assert set(spec.about.features) <= set(pd.read_parquet(loans).columns)
    assert all(getattr(spec.about, key) for key in type(spec.about).model_fields if key in COMMENTED)
    assert (0.05, 14) == (spec.production.rollout.stages[0].share, spec.production.rollout.stages[0].days)
    assert Words() == spec_of(starter(model, loans)).data.words


def test_the_seven_usual_translations_are_those_of_the_docs(model: Path, loans: Path) -> None:
    """Starter spec and docs name the same metrics."""
    page = (Path(__file__).parents[2] / "docs" / "spec.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| “")]
    said = starter(model, loans)
    assert 7 == len(rows)
    metrics = [re.findall(r"`(\w+)[^`]*`", row.split("|")[2]) for row in rows]
    assert all(metrics)
    assert all(metric in said for named in metrics for metric in named)


def test_hostile_column_names_come_back_as_they_are(model: Path, tmp_path: Path) -> None:
    """Quotes, colons, line breaks, dollar signs and emoji in names change neither the names nor the structure."""
    target = 'is_"fraud": [yes]\n  sha256: x'
    path = table(tmp_path, {name: ["a", "b"] * 20 for name in HOSTILE} | {target: [0, 1] * 20})
    text = starter(model, path, name="a: b # c", version="1.10")
    spec, everything = spec_of(text), spec_of(switched_on(text))
    assert (target, "a: b # c", "1.10") == (spec.data.target, spec.model.name, spec.model.version)
    assert list(HOSTILE[:-1]) == list(spec.data.segments)
    assert sorted(HOSTILE) == sorted(everything.data.segments)  # type: ignore[type-var]


@pytest.mark.parametrize("labels", [["no", "yes"], ["1", "true"], [True, False], [1.0, 2.0], [-1, 1]])
def test_labels_come_back_as_they_are(model: Path, tmp_path: Path, labels: list[object]) -> None:
    """The rarer label is offered as the positive one, text as text and numbers as numbers."""
    rare, usual = labels
    spec = spec_of(starter(model, table(tmp_path, {"y": [usual, rare, usual]})))
    assert (rare, type(rare) is str) == (spec.data.positive, type(spec.data.positive) is str)


def test_more_than_two_classes_are_listed_only_without_training_labels(model: Path, tmp_path: Path) -> None:
    """The test rows may lack a class, so the list is a TODO; training labels make it unnecessary."""
    path = table(tmp_path, {"y": ["b", "a", "c", "a"]})
    alone = starter(model, path)
    assert ("a", "b", "c") == spec_of(alone).data.classes
    assert "TODO: check; all that the model knows" in alone
    spec = spec_of(starter(model, path, train=path))
    assert (None, Task.MULTICLASS) == (spec.data.classes, spec.data.task)


def test_few_whole_numbers_may_be_classes_or_amounts(model: Path, tmp_path: Path) -> None:
    """0, 1, 2 might be counts; the guess says so. Many different ones are amounts."""
    assert "TODO: or regression" in starter(model, table(tmp_path, {"y": [0, 1, 2, 2]}))
    assert Task.REGRESSION is spec_of(starter(model, table(tmp_path, {"y": range(30)}))).data.task


@pytest.mark.parametrize("columns", [{"a": [1, 2]}, {"is_new": [0, 1], "is_fraud": [0, 1]}])
def test_an_ambiguous_target_is_left_to_the_user(model: Path, tmp_path: Path, columns: dict[str, Any]) -> None:
    """No candidate, or more than one, is a TODO."""
    assert "TODO" == spec_of(starter(model, table(tmp_path, columns))).data.target


def test_a_named_target_must_exist(model: Path, loans: Path) -> None:
    """A slip of the pen is answered with the nearest name."""
    with pytest.raises(DataError, match="has_defaulted"):
        starter(model, loans, target="has_defaultet")


def test_predictions_take_the_place_of_a_model(tmp_path: Path) -> None:
    """Without a model file the table's own prediction columns are named."""
    path = table(tmp_path, {"y": [0, 1], "y_pred": [0, 1], "score": [0.2, 0.9]}, "scored.csv")
    spec = spec_of(starter(None, path))
    assert ("scored", None) == (spec.model.name, spec.model.path)
    assert spec.model.predictions is not None
    assert ("y_pred", "score") == (spec.model.predictions.label, spec.model.predictions.score)
    unknown = spec_of(starter(None, table(tmp_path, {"y": [0, 1]}, "bare.csv"))).model.predictions
    assert unknown is not None
    assert "TODO" == unknown.label


def test_a_csv_table_is_read_as_well_as_parquet(model: Path, loans: Path, tmp_path: Path) -> None:
    """The same columns are guessed from both."""
    csv = table(tmp_path, dict(pd.read_parquet(loans).items()), "loans.csv")
    first, second = spec_of(starter(model, loans)).data, spec_of(starter(model, csv)).data
    assert first.model_dump(exclude={"test"}) == second.model_dump(exclude={"test"})


def test_a_file_of_an_unknown_kind_asks_for_a_loader(loans: Path, tmp_path: Path) -> None:
    """A folder or an odd suffix needs a function that opens it; a pickle does not."""
    odd = tmp_path / "network.keras"
    odd.write_bytes(b"x")
    assert "# loader:" in starter(odd, loans)
    pickle = tmp_path / "model.pkl.gz"
    pickle.write_bytes(b"x")
    assert "# loader:" not in starter(pickle, loans)


def test_a_missing_model_is_an_input_error(loans: Path, tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(InputError, match=r"gone\.joblib"):
        starter(tmp_path / "gone.joblib", loans)


def test_an_existing_spec_is_never_overwritten(model: Path, loans: Path, tmp_path: Path) -> None:
    """Somebody's work stays as it is."""
    path = tmp_path / "readiness.yaml"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_starter(path, model, loans)
    assert "mine" == path.read_text()


def test_the_notebook_can_be_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy has the bytes of the original; a second copy is refused."""
    original = tmp_path / "original.ipynb"
    original.write_bytes(b"{}")
    monkeypatch.setattr("readiness.starter.starter.template_path", lambda name: original)
    copy = copy_template(tmp_path / "mine")
    assert (tmp_path / "mine" / "readiness.ipynb", b"{}") == (copy, copy.read_bytes())
    with pytest.raises(InputError, match="exists already"):
        copy_template(tmp_path / "mine")


def test_a_target_without_a_value_is_refused(model: Path, tmp_path: Path) -> None:
    """Nothing can be guessed from a column of gaps."""
    with pytest.raises(DataError, match="holds no value"):
        starter(model, table(tmp_path, {"y": [None, None], "a": [1, 2]}))


def test_columns_of_lists_and_names_with_control_characters_are_left_alone(model: Path, tmp_path: Path) -> None:
    """A spec could not name the one, nor a review group by the other."""
    path = table(tmp_path, {"y": [0, 1], "list_id": [[1], [2]], "age_group": [["a"], ["b"]], "region\x07": ["a", "b"]})
    spec = spec_of(starter(model, path))
    assert (None, ()) == (spec.data.id, spec.data.segments)


def data_lines(model: Path, folder: Path, columns: dict[str, Any], target: str) -> str:
    """The part of a starter spec that is about columns."""
    text = starter(model, table(folder, columns), target=target)
    return text[text.index("data:") : text.index("## Question 1")]


@pytest.mark.parametrize("name", ["customer_id", "userId", "uuid", "session", "row_number", "index", "Unnamed: 0"])
def test_a_column_that_tells_every_row_apart_is_its_name(model: Path, tmp_path: Path, name: str) -> None:
    """Neither a segment, nor a feature, nor the amount of an example."""
    rows = 60
    columns = {name: range(rows), "price": [0.5 * (n % 17) for n in range(rows)], "bought": [0, 1] * (rows // 2)}
    text = starter(model, table(tmp_path, columns), target="bought")
    assert name == spec_of(text).data.id
    assert "`price` > " in text
    assert name not in [entry.strip(" #-") for entry in text.splitlines() if entry.strip().startswith("# - ")]


def test_names_that_are_not_quite_unique_are_left_out_of_the_features(model: Path, tmp_path: Path) -> None:
    """Several names of rows: none of them is guessed to be the one, and all of them are said."""
    rows = 100
    columns = {
        "customer_id": [*range(rows - 2), 0, 1],
        "session": [f"s{n}" for n in range(rows)],
        "uuid": [f"u{n}" for n in range(rows)],
        "price": [0.5 * n for n in range(rows)],
        "country_id": [n % 5 for n in range(rows)],
        "bought": [0, 1] * (rows // 2),
    }
    said = data_lines(model, tmp_path, columns, "bought")
    assert "# features: [price, country_id]  # customer_id, session and uuid left out" in said
    assert "  - country_id" in said
    assert "- session" not in said


def test_numbers_with_a_word_of_a_name_stay_features(model: Path, tmp_path: Path) -> None:
    """A key rate is no key, and the length of a session no session."""
    rows = 60
    columns = {
        "key_rate": [0.31 * n for n in range(rows)],
        "session_length": range(rows),
        "bought": [0, 1] * (rows // 2),
    }
    text = starter(model, table(tmp_path, columns), target="bought")
    assert spec_of(text).data.id is None
    assert "left out" not in text


@pytest.mark.parametrize("name", ["query", "qid", "search_id", "queryId"])
def test_the_rows_of_a_query_may_be_a_ranking(model: Path, tmp_path: Path, name: str) -> None:
    """A query of ten rows each, and grades: the role is offered, and the query is neither segment nor feature."""
    rows = 100
    columns = {name: [n // 10 for n in range(rows)], "a": [0.5 * n for n in range(rows)], "grade": [0, 1, 2, 3] * 25}
    said = data_lines(model, tmp_path, columns, "grade")
    assert f"# query: {name}  # TODO" in said
    assert f"- {name}" not in said
    assert "# group: " + name not in said
    path = write_starter(tmp_path / "new.yaml", model, tmp_path / "test.parquet", target="grade")
    assert any(name in line and "data.query" in line for line in remarks(path.read_text(), path))


def test_a_query_is_an_ordinary_column_where_nothing_is_ranked(model: Path, tmp_path: Path) -> None:
    """The words of a search, beside the question whether it was fraud."""
    rows = 60
    columns = {"query": [f"buy {n % 7}" for n in range(rows)], "is_fraud": [0, 1, 1] * (rows // 3)}
    assert "query: " not in data_lines(model, tmp_path, columns, "is_fraud")
