"""The words of a report: nouns with their plurals, columns and groups by their names in the tables."""

from __future__ import annotations

import pytest

from readiness.core.vocabulary import PLAIN, DatePart, Noun, Vocabulary, plural, spellings

WORDS = {"row": "payment", "positive": "fraud", "negative": "honest payment"}
LABELS = {
    "age_group": {"title": "age", "65+": "people of 65 and over"},
    "amount": {"up to 5000": "small payments"},
    "new": {"true": "new customers"},
    "sex": {"1": "women"},
    "paid_at": {"title": "time of payment", "weekend": "payments at weekends"},
}
FRAUD = Vocabulary.from_spec(WORDS, LABELS, target="is_fraud", positive="1", parts=[DatePart("paid_at", "weekend")])


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("payment", "payments"),
        ("honest payment", "honest payments"),
        ("case of fraud", "cases of fraud"),
        ("customer who left", "customers who left"),
        ("person", "people"),
        ("Person", "People"),
        ("salesperson", "salespeople"),
        ("child", "children"),
        ("policeman", "policemen"),
        ("human", "humans"),
        ("company", "companies"),
        ("day", "days"),
        ("box", "boxes"),
        ("loss", "losses"),
        ("match", "matches"),
        ("diagnosis", "diagnoses"),
        ("species", "species"),
        ("Zahlung", "Zahlungs"),
    ],
)
def test_plurals_follow_the_rules_of_english(one: str, many: str) -> None:
    """Other languages, and what is irregular, give [one, many]."""
    assert plural(one) == many


def test_a_noun_knows_its_number() -> None:
    """A list gives both forms; counts have separators."""
    assert Noun.of(["Zahlung", "Zahlungen"]) == Noun("Zahlung", "Zahlungen")
    fraud = Noun.of("fraud")
    assert [fraud.counted(n) for n in (0, 1, 2, 1025)] == ["0 frauds", "1 fraud", "2 frauds", "1,025 frauds"]
    assert fraud.form(1.5) == "frauds"


def test_without_words_names_stay_as_they_are() -> None:
    """Rows are rows, and no class has a noun."""
    assert Noun("row", "rows") == PLAIN.row == Vocabulary.from_spec().row
    assert PLAIN.positive is PLAIN.negative is None
    assert PLAIN.column("age_group") == "age_group"
    assert PLAIN.group("age_group", "65+") == "age_group = 65+"
    assert PLAIN.outcome("1") == "1"


def test_columns_and_groups_are_called_as_the_spec_says() -> None:
    """What has no label of its own keeps its value, beside the title of the column."""
    assert FRAUD.column("age_group") == "age"
    assert FRAUD.group("age_group", "65+") == "people of 65 and over"
    assert FRAUD.group("age_group", "18-25") == "age = 18-25"
    assert FRAUD.group_words("age_group", "18-25") == ""
    assert FRAUD.group("region", "north") == "region = north"


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("amount", "up to 5,000", "small payments"),
        ("new", "True", "new customers"),
        ("sex", "1.0", "women"),
        ("sex", "1", "women"),
    ],
)
def test_a_value_is_known_in_either_spelling(column: str, value: str, words: str) -> None:
    """YAML, pandas and the report write numbers and true in different ways."""
    assert FRAUD.group(column, value) == words


def test_the_spelling_of_the_spec_comes_before_any_other() -> None:
    """Two values that are alike but for their spelling keep their own words."""
    both = Vocabulary.from_spec({}, {"code": {"1.0": "old", "1": "new", "1,000": "dear", "1000": "cheap"}})
    assert [both.group("code", value) for value in ("1.0", "1", "1,000", "1000")] == ["old", "new", "dear", "cheap"]


def test_a_part_of_dates_shares_the_labels_of_its_column() -> None:
    """Segments by weekend are called as the spec calls weekends."""
    assert FRAUD.group("paid_at (weekend)", "weekend") == "payments at weekends"
    assert FRAUD.column("paid_at (weekend)") == "time of payment (weekend)"


def test_a_class_has_a_label_or_else_a_noun() -> None:
    """The label of the spec, the word for one row, or the value."""
    assert (FRAUD.outcome("1"), FRAUD.outcome("1.0"), FRAUD.outcome("0")) == ("fraud", "fraud", "honest payment")
    labelled = Vocabulary.from_spec(WORDS, {"is_fraud": {"0": "clean"}}, target="is_fraud", positive="1")
    assert (labelled.outcome("1"), labelled.outcome("0")) == ("fraud", "clean")
    species = Vocabulary.from_spec({"row": "flower"}, {"species": {"0": "setosa"}}, target="species")
    assert (species.outcome("0"), species.outcome("2")) == ("setosa", "2")
    assert species.outcome_noun("0") is None


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "", "x" * 1000])
def test_spellings_of_anything_begin_with_itself(value: str) -> None:
    """No text makes it fail."""
    assert next(iter(spellings(value))) == value
    assert all(isinstance(each, str) for each in spellings(value))
