"""Plain data and line numbers from YAML, hostile files included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.errors import SpecError
from readiness.spec.yaml import Document, Problem, keyed, parse_yaml


def read(text: str) -> Document:
    return parse_yaml(text.encode(), "a.yaml")


def refused(text: str | bytes) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(SpecError) as caught:
        parse_yaml(content, "a.yaml")
    assert caught.value.exit_code == 2
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("true", True),
        ("False", False),
        ("on", "on"),
        ("yes", "yes"),
        ("n", "n"),
        ("null", None),
        ("~", None),
        ("", None),
        ("7", 7),
        ("-7", -7),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-11-22", "2026-11-22"),
        ("'1.4'", "1.4"),
        ("!!str 1.4", "1.4"),
        ("1.4.2", "1.4.2"),
        ("-", "-"),
    ],
)
def test_values_follow_yaml_1_2(written: str, expected: object) -> None:
    """Only true and false are booleans; dates, clock times and underscored numbers stay text."""
    if written == "-":
        written = '"-"'
    data = read(f"key: {written}").data
    assert expected == data["key"]
    assert type(expected) is type(data["key"])


def test_keys_are_text_as_written() -> None:
    """`on:` is no boolean and `0:` is no number, so a cost matrix may be keyed by class."""
    assert {"on": 1, "0": 2, "true": 3, "1.0": 4} == read("on: 1\n0: 2\ntrue: 3\n1.0: 4").data


def test_lines_are_those_of_the_keys() -> None:
    """A value below its key belongs to the line of the key; a list entry to its own."""
    document = read("a: 1\nb:\n  c: 2\n  d:\n    - x\n    - y: 3\n")
    lines = {keyed(key): place.line for key, place in document.places.items()}
    assert {"": 1, "a": 1, "b": 2, "b.c": 3, "b.d": 4, "b.d[0]": 5, "b.d[1]": 6, "b.d[1].y": 6} == lines


def test_a_missing_key_stands_where_its_mapping_stands() -> None:
    """There is no line for what is not there."""
    assert 2 == read("a: 1\nb:\n  c: 2\n").place(("b", "zzz")).line


def test_numbers_keep_how_they_were_written() -> None:
    """1.10 and 1.1 are one number and two versions."""
    assert "1.10" == read("version: 1.10").place(("version",)).text


def test_duplicate_keys_are_problems_that_name_both_lines() -> None:
    """The first one counts until it is mended; every duplicate is told."""
    document = read("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert {"a": 1, "b": {"c": 1}} == document.data
    assert [
        "a.yaml line 2, b.c: this key stands here twice; the first time on line 2",
        "a.yaml line 3, a: this key stands here twice; the first time on line 1",
    ] == sorted(map(str, document.problems))


def test_anchors_are_copied_out() -> None:
    """An alias is the same data at another place."""
    assert {"a": {"x": [1]}, "b": {"x": [1]}} == read("a: &base {x: [1]}\nb: *base").data


def test_merge_keys_fill_in_what_is_missing() -> None:
    """The mapping's own keys win, then the first of several merged ones."""
    document = read("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 9\n")
    assert {"x": 9, "y": 1, "z": 2} == document.data["c"]
    assert () == document.problems


def test_merging_something_else_is_a_problem() -> None:
    """Only mappings merge."""
    assert "<< merges mappings only" in str(read("a: &a 5\nb:\n  <<: *a\n").problems[0])


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['ls']",
        "!!python/name:os.system ''",
        "!mine {a: 1}",
        "!!set {a}",
        "!!binary aa",
    ],
)
def test_tags_that_make_objects_are_refused(tag: str) -> None:
    """Nothing is built but text, numbers, booleans, lists and mappings."""
    document = read(f"a: {tag}\nb: 2")
    assert {"a": None, "b": 2} == document.data
    assert "is refused" in str(document.problems[0])
    assert 1 == document.problems[0].line


def test_a_tag_that_does_not_fit_is_a_problem() -> None:
    """!!int before a word is a mistake, not a crash."""
    assert 'found "abc", which is not a usable !!int' in str(read("a: !!int abc").problems[0])


def test_a_number_of_ten_thousand_digits_is_a_problem() -> None:
    """Python refuses to convert it; so do we, in words."""
    problem = str(read(f"a: {'9' * 10_000}").problems[0])
    assert "(10,000 characters)" in problem
    assert len(problem) < 200


@pytest.mark.parametrize("written", [r'"a\0b"', r'"\e[31m"', r'"\ud800"'])
def test_control_characters_in_text_are_problems(written: str) -> None:
    """Neither a terminal nor a file name shall ever meet them."""
    assert "holds the control character U+" in str(read(f"a: {written}").problems[0])


def test_a_mapping_as_a_key_is_a_problem() -> None:
    """Keys are text."""
    assert "found a key that is not text" in str(read("? {a: 1}\n: 2\nb: 3").problems[0])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: [1, 2", 1, "expected ',' or ']'"),
        ("a: 1\n\tb: 2", 2, "indent with spaces, not with tabs"),
        ("a: 1\nb: c: d", 2, 'a text that holds ": " needs quotes'),
        ("a: *nobody", 1, "an alias needs its anchor"),
        ("a: 1\n---\nb: 2", 2, "a spec is one document"),
        ("a: 'x", 1, "a quote is not closed"),
        ("a: 1\nb: \x07", 2, "remove the control character"),
    ],
)
def test_syntax_faults_name_their_line_and_a_remedy(text: str, line: int, said: str) -> None:
    """PyYAML's words, with the place in front and a hint behind."""
    problem = refused(text)
    assert problem.startswith(f"a.yaml line {line}: ")
    assert said in problem


@pytest.mark.parametrize("text", [r'a: "\UFFFFFFFF"', f"%YAML 1.{'9' * 5_000}\n---\na: 1"])
def test_numbers_out_of_range_are_refused(text: str) -> None:
    """PyYAML stumbles over these."""
    assert "not valid YAML" in refused(text)


def test_syntax_faults_name_the_column() -> None:
    """Column 5 is where the second colon stands."""
    assert "a.yaml line 2: column 5: not valid YAML: mapping values" in refused("a: 1\nb: c: d")


@pytest.mark.parametrize("text", ["", "   \n", "# only a comment\n", "null", "---\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    """With what a spec needs at least."""
    assert "is empty, expected the keys model and data" in refused(text)


@pytest.mark.parametrize(
    ("text", "kind"), [("- a\n- b", "a list"), ("hello", "a single value"), ("5", "a single value")]
)
def test_something_else_at_the_top_is_refused(text: str, kind: str) -> None:
    """A spec is a mapping."""
    assert f"found {kind} at the top" in refused(text)


def test_text_that_is_not_utf_8_names_its_line() -> None:
    """A file saved by an old editor."""
    assert "a.yaml line 2: is not UTF-8 text" == refused("a: 1\nb: Käse".encode("latin-1"))
    assert "is not UTF-8 text" in refused("a: 1".encode("utf-16"))


def test_a_byte_order_mark_is_no_harm() -> None:
    """Windows editors write one."""
    assert {"a": 1} == parse_yaml("a: 1".encode("utf-8-sig"), "a.yaml").data


def test_an_anchor_that_contains_itself_is_refused() -> None:
    """As a list, as a mapping and through a merge."""
    for text in ("a: &a [*a]", "a: &a {b: *a}", "a: &a\n  <<: *a\n"):
        assert "an anchor contains itself" in refused(text)


@pytest.mark.slow
def test_very_many_values_are_refused() -> None:
    """A data file under the name of a spec; before all of it is taken in."""
    assert "holds far more than any spec" in refused("a: [" + "x, " * 100_001 + "]")


@pytest.mark.slow
def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    """Nine levels of nine would be 387 million values."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert "far more than any spec" in refused("\n".join(levels))


def test_merges_of_merges_do_not_fill_the_time() -> None:
    """The same trick through merge keys, which leaves little data but takes as long."""
    levels = ["a0: &a0 {x: 1}"]
    levels += [f"a{i}: &a{i}\n  <<: [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert "far more than any spec" in refused("\n".join(levels))


@pytest.mark.slow
def test_many_aliases_of_one_long_text_do_not_fill_the_memory() -> None:
    """Characters count, not only values."""
    assert "far more than any spec" in refused(f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 200)}]")


@pytest.mark.parametrize("text", ["a: " + "[" * 5_000, "a: " + "{b: " * 5_000, "- " * 5_000])
def test_deep_nesting_is_refused(text: str) -> None:
    """Before Python's own limit is reached."""
    assert "nested more than 30 deep" in refused(text)


def test_deep_nesting_through_aliases_is_refused() -> None:
    """Each line is shallow, the whole is not."""
    levels = ["a0: &a0 [[[[[1]]]]]"] + [f"a{i}: &a{i} [[[[[*a{i - 1}]]]]]" for i in range(1, 9)]
    assert "nested more than 30 deep" in refused("\n".join(levels))


def test_hostile_keys_are_shortened_and_escaped() -> None:
    """A key path is part of a message."""
    key = keyed(("a\u202e<script>", 3, "x" * 10_000))
    assert r"a\u202e<script>[3]." + "x" * 60 + "… (10,000 characters)" == key


def test_a_problem_without_a_line_leaves_it_out() -> None:
    """A file that is missing has no lines."""
    assert "a.yaml: gone" == str(Problem("a.yaml", 0, (), "gone"))


def outcome(content: bytes) -> int:
    """Number of places, or of problems."""
    try:
        return len(parse_yaml(content, "a.yaml").places)
    except SpecError as error:
        return len(error.problems)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No other error than SpecError comes out, whatever goes in."""
    assert outcome(text.encode("utf-8", "surrogatepass")) > 0


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """The same for bytes."""
    assert outcome(content) > 0
