import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.spec.yaml import parse_yaml
from readiness.starter.examples import yaml_label, yaml_text
from readiness.starter.table_guesses import nameable


@given(st.text(min_size=1).filter(nameable))
def test_every_text_comes_back_as_it_was(text: str) -> None:
    """Whatever a column is called, the spec reads the same name, from one line."""
    written = yaml_text(text)
    document = parse_yaml(f"key: {written}  # comment\nflow: [{written}, {{a: {written}}}]".encode(), "spec")
    assert ({"key": text, "flow": [text, {"a": text}]}, ()) == (document.data, document.problems)
    assert len(written.splitlines()) == 1


@pytest.mark.parametrize(
    ("label", "written"), [(1, "1"), (True, "true"), (0.5, "0.5"), ("1", '"1"'), ("true", '"true"'), ("fraud", "fraud")]
)
def test_labels_keep_their_kind(label: object, written: str) -> None:
    """The number 1 and the text "1" are different classes."""
    assert written == yaml_label(label)
    assert label == parse_yaml(f"key: {written}".encode(), "spec").data["key"]
