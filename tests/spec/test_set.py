"""What is set on the command line lies over the file, is checked as strictly, and is part of what was reviewed."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readiness.core.errors import InputError, SpecError
from readiness.core.files import sha256_file
from readiness.spec.layers import Unusable, keys_of, parse_setting
from readiness.spec.load import LoadedSpec, load_spec, pin_of, set_keys
from tests.sampling import examples

SPEC = """\
model: {name: fraud, version: "1.4", path: m.joblib}
data: {test: test.csv, target: y, segments: [region, age]}
business:
  requirements:
    - {says: find them, metric: recall, at_least: 0.8}
    - {says: be right, metric: precision, at_least: 0.7}
checklist: {monitoring: {done: true, by: Ann, on: 2026-10-01, evidence: e}}
"""


def write(folder: Path, text: str = SPEC) -> Path:
    path = folder / "readiness.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, *given: str) -> LoadedSpec:
    return load_spec(write(folder), settings=given)


def problems(folder: Path, *given: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        loaded(folder, *given)
    return list(caught.value.problems)


def test_a_key_is_set_as_error_messages_write_it(tmp_path: Path) -> None:
    """Lists are numbered from 0; what stands beside the key stays."""
    spec = loaded(tmp_path, "business.requirements[1].at_least=0.9", "data.segments[0]=country", "seed = 7").spec
    assert [0.8, 0.9] == [requirement.limit for requirement in spec.business.requirements]
    assert ("precision", ("country", "age"), 7) == (spec.business.requirements[1].metric, spec.data.segments, spec.seed)


def test_sections_that_the_file_lacks_are_made(tmp_path: Path) -> None:
    """A mapping joins the one in the file, a list replaces it."""
    spec = loaded(tmp_path, "errors.costs={false_positive: 1, false_negative: 5}", "data.segments=[]",
                  "production={latency_p99_ms: 50}", "production.calls=300").spec  # fmt: skip
    assert spec.errors.costs is not None
    assert (5, (), 50, 300) == (
        spec.errors.costs.false_negative,
        spec.data.segments,
        spec.production.latency_p99_ms,
        spec.production.calls,
    )


@pytest.mark.parametrize("value", ["1.10", "true", "007", "1e5", '"1.10"', "'true'", "~x"])
def test_a_number_is_a_text_where_only_a_text_may_stand(tmp_path: Path, value: str) -> None:
    """A version 1.10 is no 1.1; quotes for the shell are enough."""
    assert value.strip("'\"") == loaded(tmp_path, f"model.version={value}").spec.model.version


def test_where_both_may_stand_it_is_read_as_in_a_file(tmp_path: Path) -> None:
    """The positive class 1 is a number, "1" a text; a limit in quotes is a text and refused."""
    assert [1, "1"] == [loaded(tmp_path, f"data.positive={value}").spec.data.positive for value in ("1", '"1"')]
    expected = '--set seed: found the text "5", expected a whole number; write it as 5, without quotes'
    assert [expected] == problems(tmp_path, 'seed="5"')


def test_nothing_behind_the_sign_takes_a_key_away(tmp_path: Path) -> None:
    """So that predictions can take the place of a model file."""
    spec = loaded(tmp_path, "model.path=", "model.predictions.label=pred").spec
    assert spec.model.path is None


def test_the_last_one_counts(tmp_path: Path) -> None:
    """As with layers of files."""
    assert 3 == loaded(tmp_path, "seed=1", "seed=3").spec.seed


def test_a_box_is_replaced_whole_and_its_parts_can_be_set(tmp_path: Path) -> None:
    """Who sets a part by name means that part."""
    part = loaded(tmp_path, "checklist.monitoring.valid_until=2027-01-01").spec.checklist["monitoring"]
    assert ("Ann", "2027-01-01") == (part.by, str(part.valid_until))
    whole = loaded(tmp_path, "checklist.monitoring={by: Bob}").spec.checklist["monitoring"]
    assert ("Bob", "") == (whole.by, whole.evidence)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("model.pth=x", '--set model.pth: unknown key; did you mean "path"?'),
        ("modle.path=x", '--set modle: unknown key; did you mean "model"?'),
        ("seed=a", '--set seed: found the text "a", expected a whole number'),
        ("seed", '--set: found "seed", expected KEY=VALUE such as business.requirements[0].at_least=0.9'),
        ("=5", '--set: found "=5", expected KEY=VALUE such as business.requirements[0].at_least=0.9'),
        ("a..b=1", '--set: found "a..b=1", expected KEY=VALUE such as business.requirements[0].at_least=0.9'),
        ("[0]=1", '--set: found "[0]=1", expected KEY=VALUE such as business.requirements[0].at_least=0.9'),
        ("business.requirements[2].at_least=1",
         ("--set business.requirements[2]: the list business.requirements has 2, numbered from 0; set the whole list "
         "to lengthen it")),
        ("business[0]=1", "--set business[0]: the spec has no list at business, so there is no entry 0"),
        ("business.requirements.at_least=1",
         ("--set business.requirements.at_least: business.requirements is a list and has no key at_least; name one of "
         "its entries, such as business.requirements[0]")),
        ("model.path.x=1", "--set model.path.x: model.path is a single value and has no key x"),
        ("about.owner=a: b",
         ('--set about.owner: not valid YAML: mapping values are not allowed here; a text that holds ": " needs '
         "quotes; else check the indentation")),
        ("about.owner=a # b",
         '--set about.owner: only "a" is read, as # begins a comment; put the value in quotes'),
        ("about.owner=#b", '--set about.owner: only "" is read, as # begins a comment; put the value in quotes'),
        ("about.owner=!!python/name:os.system x",
         ('--set about.owner: the tag "!!python/name:os.system" is refused; a spec holds text, numbers, true/false and '
         "lists")),
        ("about.owner=*a", ("--set about.owner: not valid YAML: found undefined alias 'a'; an alias needs its anchor "
         "(&name) further up")),
        ("about.limitations=[a", None),
        ("errors.costs={false_positive: -1, false_negative: 1}",
         "--set errors.costs.false_positive: found the number -1, expected 0 or more"),
        ("errors.costs.false_positive=1",
         ("--set errors.costs: false_negative is missing; give false_positive and false_negative together (0 if it "
         "costs nothing)")),
        ("extends=a.yaml", "--set extends: which file a spec completes is said in a file, not on the command line"),
        ("checklist.from=a.yaml",
         "--set checklist.from: where the checklist lies is said in a file, not on the command line"),
        ("x-a=1", "--set x-a: keys that begin with x- are passed over, so this would change nothing"),
        ("data.target=region\u2028", None),
    ],
)  # fmt: skip
def test_faults_are_told_as_of_the_command_line(tmp_path: Path, given: str, expected: str | None) -> None:
    """With the key, without a line, and as strictly as in the file."""
    (problem,) = problems(tmp_path, given)
    assert problem == (expected or problem)
    assert problem.startswith("--set")


@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "\ud800", "\t"])
def test_line_breaks_and_control_characters_are_refused(tmp_path: Path, character: str) -> None:
    """The notebook is handed one setting in each line; none may smuggle in another."""
    (problem,) = problems(tmp_path, f"about.owner=a{character}seed=5")
    assert "holds a line break or a control character" in problem
    assert problem.isprintable()


def test_all_faults_are_told_at_once_the_file_first(tmp_path: Path) -> None:
    """Those of the command line stand behind those of the file."""
    with pytest.raises(SpecError) as caught:
        load_spec(write(tmp_path, SPEC + "zzz: 1\n"), settings=["seed=a", "nonsense"])
    assert ["readiness.yaml line 8, zzz", "--set", "--set seed"] == [p.split(":")[0] for p in caught.value.problems]


def test_quoted_steps_hold_anything(tmp_path: Path) -> None:
    """A class called "1.5" is one step."""
    matrix = "errors.costs.matrix={'1.5': {'1.5': 0, b: 1}, b: {'1.5': 2, b: 0}}"
    costs = loaded(tmp_path, matrix, 'errors.costs.matrix."1.5".b=9').spec.errors.costs
    assert costs is not None
    assert costs.matrix is not None
    assert 9 == costs.matrix["1.5"]["b"]


def test_settings_are_part_of_what_was_read(tmp_path: Path) -> None:
    """The digest covers them, in their order; without any it is that of the file."""
    plain = loaded(tmp_path)
    one, other = loaded(tmp_path, "seed=1"), loaded(tmp_path, "seed=2")
    assert 3 == len({plain.digest, one.digest, other.digest})
    assert (plain.sha256, hashlib.sha256(b"seed=1").hexdigest()) == (one.sha256, one.inputs[-1].sha256)
    assert one.digest == load_spec(one.path, sha256=one.digest, settings=["seed=1"]).digest
    with pytest.raises(SpecError, match="changed since it was read"):
        load_spec(one.path, sha256=one.digest)
    assert ("seed=1",) == one.settings
    assert "seed" in set_keys(one.spec)


def test_keys_are_told_once_each() -> None:
    """For the page, whose lists begin with 1."""
    given = ("a.b[0]=1", "a.b[0] = 2", 'c."x.y"=1')
    assert ("a.b[0]", "c.x.y") == keys_of(given)
    assert ("a.b[1]", "c.x.y") == keys_of(given, first=1)


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=40))
def test_no_text_is_more_than_refused(text: str) -> None:
    """Whatever stands behind --set, it is a setting or a sentence."""
    with contextlib.suppress(Unusable):
        assert parse_setting(text).key


def test_too_many_and_too_long_are_refused(tmp_path: Path) -> None:
    """Nobody sets that much by hand."""
    assert ["--set: found 201 settings; at most 200"] == problems(tmp_path, *["seed=1"] * 201)
    assert ["--set: found 10,012 characters; at most 10,000"] == problems(tmp_path, f"about.owner={'x' * 10_000}")


class TestPin:
    def test_the_file_as_it_lies_there_is_pinned(self, tmp_path: Path) -> None:
        """Also another one than the spec names, over the pin that the spec has."""
        (tmp_path / "new.joblib").write_bytes(b"new")
        pin = pin_of(write(tmp_path), ["model.path=new.joblib"])
        assert (tmp_path / "new.joblib", sha256_file(tmp_path / "new.joblib")) == (pin.path, pin.sha256)
        assert pin.sha256 == loaded(tmp_path, "model.path=new.joblib", pin.setting).spec.model.sha256

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (["model.path=nwe.joblib"], 'does not exist; did you mean "new.joblib"?'),
            (["model.path=", "model.predictions.label=p"], "this spec names predictions"),
            ([f"model.sha256={'0' * 64}"], "Found both --pin and --set model.sha256"),
            (["seed=a"], "cannot be used"),
        ],
    )
    def test_what_cannot_be_pinned_is_told(self, tmp_path: Path, given: list[str], said: str) -> None:
        """No file, no model, two pins, a spec that is wrong."""
        (tmp_path / "new.joblib").write_bytes(b"new")
        with pytest.raises(InputError) as caught:
            pin_of(write(tmp_path), given)
        assert said in str(caught.value)
