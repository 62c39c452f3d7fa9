"""The model-index changes and nothing else does."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from huggingface_hub import repocard
from hypothesis import given, settings
from hypothesis import strategies as st

from readiness.core.errors import InputError
from readiness.report.card.front_matter import BLOCK, Index, find, with_results


def result(metric: str, value: float, source: str = "readiness") -> dict[str, Any]:
    return {
        "task": {"type": "tabular-classification"},
        "dataset": {"name": "Test", "type": "test"},
        "metrics": [{"type": metric, "value": value}],
        "source": {"name": source, "url": "urn:x"},
    }


OURS = Index("fraud", [result("f1", 0.9)])
THEIRS = result("recall", 0.5, "somebody")
ALL_OURS = """model-index:
- name: fraud
  results:
  - task:
      type: tabular-classification
    dataset:
      name: Test
      type: test
    metrics:
    - type: f1
      value: 0.9
    source:
      name: readiness
      url: urn:x
"""


def write(text: str, ours: Index = OURS, newline: str = "\n") -> str:
    return with_results(text, newline, ours, "README.md")


def index(text: str) -> Any:
    front = find(text)
    assert front is not None
    return yaml.safe_load(text[front.start : front.end] + "\n").get("model-index")


def test_the_rule_for_front_matter_is_that_of_the_hub() -> None:
    """What the Hub reads as metadata is what is changed here."""
    assert repocard.REGEX_YAML_BLOCK.pattern == BLOCK.pattern


def test_a_card_without_front_matter_gets_one() -> None:
    """With the model-index and nothing else; the rest stays byte for byte."""
    assert f"---\n{ALL_OURS}---\n# Card\n" == write("# Card\n")


def test_nothing_to_say_adds_nothing() -> None:
    """No headline number was measured: neither front matter nor an empty list."""
    assert "# Card\n" == write("# Card\n", Index("fraud", []))


def test_the_index_is_added_behind_all_other_keys() -> None:
    """Comments, order and spelling of the others stay."""
    text = "---\n# mine\nlicense:   'mit'   # why\ntags: [a,  b]\n---\n\n# Card\n"
    assert text.replace("---\n\n", f"{ALL_OURS}---\n\n") == write(text)


@pytest.mark.parametrize("value", ["", " null", " []", " ~  # none yet"])
def test_an_empty_index_is_filled(value: str) -> None:
    """In its own place."""
    text = f"---\na: 1\nmodel-index:{value}\nb: 2\n---\n"
    assert f"---\na: 1\n{ALL_OURS}b: 2\n---\n" == write(text)


def test_twice_is_once() -> None:
    """What is so already is not written again, however it is spelled."""
    once = write("---\nlicense: mit\n---\n")
    assert once == write(once)
    flow = f"---\nmodel-index: {index(once)}\n---\n"
    assert flow == write(flow)


def test_results_of_others_keep_their_bytes() -> None:
    """Ours are renewed between theirs; comments and odd spelling around them stay."""
    theirs = (
        "  - task: {type: x}  # ours? no\n    dataset: {name: D, type: d}\n    metrics: [{type: wer,   value: 1.50}]\n"
    )
    old = ALL_OURS.partition("  results:\n")[2].replace("0.9", "0.1  # stale")
    text = f"---\nmodel-index:\n# theirs\n- name: fraud\n  results:\n{theirs}{old}{theirs}license: mit\n---\nbody"
    new = write(text)
    assert text.replace("0.1  # stale", "0.9") == new
    assert [None, "readiness", None] == [r.get("source", {}).get("name") for r in index(new)[0]["results"]]


def test_ours_stand_behind_the_results_of_others() -> None:
    """Under the same name of the model."""
    text = "---\nmodel-index:\n  - name: fraud\n    results:\n      - task: {type: x}\n        # last word\nz: 1\n---\n"
    new = write(text)
    assert [{"task": {"type": "x"}}, *OURS.results] == index(new)[0]["results"]
    assert "      - task: {type: x}\n      - task:\n          type: tabular" in new
    assert new.endswith("        # last word\nz: 1\n---\n")


def test_another_model_keeps_its_entry() -> None:
    """Ours gets one of its own behind it."""
    text = "---\nmodel-index:\n- name: other  # big one\n  results: [{task: {type: x}}]\n---\n"
    new = write(text)
    assert [{"name": "other", "results": [{"task": {"type": "x"}}]}, OURS.entry()] == index(new)
    assert "- name: other  # big one\n" in new


def test_a_renamed_model_leaves_no_stale_results() -> None:
    """What an earlier report said under another name goes, and its entry with it."""
    text = write("---\nlicense: mit\n---\n", Index("old name", [result("f1", 0.1)]))
    assert [OURS.entry()] == index(write(text))
    assert write("---\nlicense: mit\n---\n") == write(text)


def test_results_that_are_no_longer_measured_go() -> None:
    """And the key goes when nothing is left; theirs stay."""
    text = write("---\nlicense: mit\n---\n# Card\n")
    assert "---\nlicense: mit\n---\n# Card\n" == write(text, Index("fraud", []))
    shared = yaml.safe_dump({"model-index": [{"name": "fraud", "results": [THEIRS, *OURS.results]}]})
    assert [{"name": "fraud", "results": [THEIRS]}] == index(write(f"---\n{shared}---\n", Index("fraud", [])))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_are_those_of_the_front_matter(newline: str) -> None:
    """Every line of ours ends as theirs do."""
    text = newline.join(["---", "license: mit", "---"])
    new = write(text)
    assert OURS.results == index(new)[0]["results"]
    front = find(new)
    assert front is not None
    assert {newline} == set(re.findall(r"\r\n|\r|\n", new[: front.end]))


@pytest.mark.parametrize(
    ("block", "line", "words"),
    [
        ("a: 1\nb: [", 3, "usable YAML"),
        ("a: 1\nb: 2\n\tc: 3", 4, "usable YAML"),
        ("just words", 2, "no keys"),
        ("- a", 2, "no keys"),
        ("a: 1\nmodel-index: yes please", 3, "not a list of models"),
        ("model-index: [1]", 2, "not a list of models"),
        ("model-index:\n- name: x\n  results: none", 2, "are not a list"),
        ("model-index: []\na: 1\nmodel-index: []", 4, "twice"),
        ("a: &a [*a]", 2, "contains itself"),
        ("d: 2024-99-99", 2, "usable YAML"),
        ("a: *nobody", 2, "undefined alias"),
    ],
)
def test_a_front_matter_that_is_not_usable(block: str, line: int, words: str) -> None:
    """The line is named, and the way round it."""
    with pytest.raises(InputError, match=words) as raised:
        write(f"---\n{block}\n---\n# Card\n")
    assert raised.value.message.startswith(f"README.md, line {line}")
    assert "--no-metadata" in raised.value.remedy


def test_aliases_of_aliases_are_refused_quickly() -> None:
    """A few lines that stand for a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 10)]
    with pytest.raises(InputError, match="far too much"):
        write("---\n" + "\n".join(lines) + "\n---\n")


@pytest.mark.parametrize("block", ["{license: mit}", "x: &x 1\nmodel-index: &m []\ny: *m", "a: 1\n...\n# end"])
def test_what_cannot_be_changed_alone_is_left(block: str) -> None:
    """A mapping on one line, an index that other keys refer to, an end of the document: refused, not guessed."""
    with pytest.raises(InputError, match="cannot be changed alone"):
        write(f"---\n{block}\n---\n")


def test_a_text_at_the_end_keeps_its_line_end() -> None:
    """A block of text as the last key reads as before."""
    text = "---\nabout: |\n  one\n  two\n---\n"
    assert "one\ntwo\n" == yaml.safe_load(write(text)[4:].partition("\n---")[0])["about"]


def test_bare_carriage_returns() -> None:
    """The Hub takes them inside of its front matter, and not behind it; ours is one that it takes."""
    once = write("# Card\rtext\r", newline="\r")
    assert OURS.results == index(once)[0]["results"]
    assert once == write(once, newline="\r")


def test_front_matter_behind_blank_lines() -> None:
    """The Hub takes it, so it is taken."""
    assert f"\n\n---\nlicense: mit\n{ALL_OURS}---" == write("\n\n---\nlicense: mit\n---")


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"), max_size=20
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.dictionaries(NAMES.filter(lambda key: key != "model-index"), VALUES, min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from(["none", "theirs", "ours", "both"]),
)
def test_other_keys_never_change(keys: dict[str, Any], flow: bool, had: str) -> None:
    """Whatever they hold: the bytes before and behind the index stay, and a second time changes nothing."""
    results = {"none": [], "theirs": [THEIRS], "ours": [result("f1", 0.1)], "both": [THEIRS, result("f1", 0.1)]}[had]
    before = yaml.safe_dump(keys, allow_unicode=True, default_flow_style=flow).removesuffix("...\n")
    before = before if not flow else f"k: {before}"
    middle = yaml.safe_dump({"model-index": [{"name": "fraud", "results": results}]}) if results else ""
    text = f"---\n{before}{middle}z: 1\n---\nbody"
    if find(text) is None or find(text).body != len(text) - 4:  # a value that reads as the end of the front matter
        return
    new = write(text)
    assert new.startswith(f"---\n{before}")
    assert new.endswith("---\nbody")
    assert [r for r in results if r == THEIRS] == [r for r in index(new)[0]["results"] if r == THEIRS]
    assert OURS.results == [r for r in index(new)[0]["results"] if r != THEIRS]
    assert new == write(new)
