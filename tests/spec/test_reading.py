"""From a file to a spec, or to one list of everything that is to be mended."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readiness.core.errors import SpecError
from readiness.spec import load as reading
from readiness.spec.load import LoadedSpec, load_spec
from readiness.spec.schema import Spec
from tests.sampling import examples

MODEL = 'model: {name: fraud, version: "1.4", path: model.joblib}\n'
DATA = "data: {test: test.csv, target: is_fraud}\n"


def write(folder: Path, text: str, name: str = "readiness.yaml") -> Path:
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    """What is wrong with a spec, without the name of its file."""
    with pytest.raises(SpecError) as caught:
        load_spec(write(folder, text))
    assert caught.value.exit_code == 2
    return [problem.removeprefix("readiness.yaml ") for problem in caught.value.problems]


def with_minimum(text: str) -> str:
    """Two lines in front, so that `text` begins on line 3."""
    return MODEL + DATA + dedent(text)


def loaded(folder: Path, text: str = "") -> LoadedSpec:
    return load_spec(write(folder, with_minimum(text)))


def test_the_smallest_spec_is_two_lines(tmp_path: Path) -> None:
    """Everything else has a default."""
    spec = loaded(tmp_path).spec
    assert ("fraud", "1.4", "test.csv", 0.15, 0.05) == (
        spec.model.name,
        spec.model.version,
        spec.data.test,
        spec.segments.limit,
        spec.alpha,
    )


def test_a_loaded_spec_says_where_it_came_from(tmp_path: Path) -> None:
    """Absolute path, digest of the bytes, lines of the keys, folder of relative paths."""
    spec = loaded(tmp_path, "seed: 7\n")
    content = (tmp_path / "readiness.yaml").read_bytes()
    assert tmp_path / "readiness.yaml" == spec.path
    assert hashlib.sha256(content).hexdigest() == spec.sha256 == spec.digest
    assert ((spec.path, spec.sha256),) == spec.files
    assert (1, 2, 3) == (spec.lines[("model", "name")], spec.lines[("data",)], spec.lines[("seed",)])
    assert tmp_path / "data" / "a.csv" == spec.resolve("data/a.csv")
    assert Path("/elsewhere/a.csv") == spec.resolve("/elsewhere/a.csv")


def test_a_relative_path_to_the_spec_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebook runs in another folder."""
    write(tmp_path, with_minimum(""))
    monkeypatch.chdir(tmp_path)
    assert tmp_path / "test.csv" == load_spec(Path("readiness.yaml")).resolve("test.csv")


def test_a_loaded_spec_is_frozen(tmp_path: Path) -> None:
    """Neither itself nor its lines nor its parts can be changed."""
    spec = loaded(tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.sha256 = ""  # type: ignore[misc]
    with pytest.raises(TypeError):
        spec.lines[()] = 5  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        spec.spec.seed = 5


def test_a_pinned_spec_must_be_unchanged(tmp_path: Path) -> None:
    """The notebook gets the digest of what the host has read."""
    path = write(tmp_path, with_minimum(""))
    digest = load_spec(path).digest
    assert digest == load_spec(path, sha256=digest).digest
    path.write_text(with_minimum("seed: 8"), encoding="utf-8")
    with pytest.raises(SpecError, match="changed since it was read"):
        load_spec(path, sha256=digest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("business:\n  requirements:\n    - {says: a, metrik: recall, at_least: 1}",
         'line 5, business.requirements[0].metrik: unknown key; did you mean "metric"?'),
        ("stabilty: {}", 'line 3, stabilty: unknown key; did you mean "stability"?'),
        ("segments: {zzz: 1}",
         ("line 3, segments.zzz: unknown key; expected one of metrics, limit, warning, coverage, power, judged_slices, "
          "fairness, owner, reason, due")),
        ("target: a", "line 3, target: unknown key; it belongs in data"),
        ("checklist: {monitering: {}}", 'line 3, checklist.monitering: unknown key; did you mean "monitoring"?'),
        ("errors: {describe: {false_positiv: a}}",
         'line 3, errors.describe.false_positiv: unknown key; did you mean "false_positive"?'),
        ("zzz:", f"line 3, zzz: unknown key; expected one of {', '.join(Spec.model_fields)}"),
    ],
)  # fmt: skip
def test_unknown_keys_name_the_nearest(tmp_path: Path, text: str, expected: str) -> None:
    """Or the section where the key belongs, or all that are valid; also when nothing stands behind them."""
    assert [expected] == problems(tmp_path, with_minimum(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed: 1.5", "seed: found the number 1.5, expected a whole number"),
        ("seed: -1", "seed: found the number -1, expected 0 or more"),
        ("seed: 9999999999999999999999", "seed: found the number 9999999999999999999999, expected 4294967295 or less"),
        ("confidence: 95", "confidence: found the number 95, expected less than 1"),
        ("confidence: '0.95'",
         'confidence: found the text "0.95", expected a number; write it as 0.95, without quotes'),
        ("confidence: 95%", 'confidence: found the text "95%", expected a number; write it as 0.95, without quotes'),
        ("segments: {limit: .nan}", "segments.limit: found the number .nan, expected a finite number"),
        ("stability: {budget_seconds: 1_200}",
         'stability.budget_seconds: found the text "1_200", expected a number; write it as 1200, without quotes'),
        ("stability: {budget_seconds: '1,200'}",
         ('stability.budget_seconds: found the text "1,200", expected a number; write it with a decimal point and '
          "without other separators")),
        ("about: {risk: hihg}", 'about.risk: found the text "hihg"; did you mean "high"?'),
        ("evidence: 5", "evidence: found the number 5; expected one of interval, point"),
        ("about: {limitations: none}", 'about.limitations: found the text "none", expected a list'),
        ("about: [a]", "about: found a list, expected a mapping"),
        ("about: {owner: 5}", 'about.owner: found the number 5, expected text; put it in quotes: "5"'),
        ("about: {owner: true}", 'about.owner: found true, expected text; put it in quotes: "true"'),
        ("about: {prepared_by: [null]}", "about.prepared_by[0]: found nothing, expected text"),
        ("checklist: {ab_test: {done: yes}}",
         'checklist.ab_test.done: found the text "yes", expected true or false; write true'),
        ("checklist: {ab_test: {on: 20261122}}",
         "checklist.ab_test.on: found 20261122, expected a date such as 2026-11-22"),
        ("checklist: {ab_test: {on: 2026-02-30}}",
         'checklist.ab_test.on: found "2026-02-30", expected a date of the calendar'),
        ("checklist: {ab_test: 5}", "checklist.ab_test: found the number 5, expected a mapping"),
        ("errors: {costs: {false_positive: a, false_negative: 1}}",
         'errors.costs.false_positive: found the text "a", expected a number or a mapping with column'),
        ("errors: {costs: {false_positive: -1, false_negative: 1}}",
         "errors.costs.false_positive: found the number -1, expected 0 or more"),
        ("errors: {costs: {false_positive: 1, false_negative: {colum: amount}}}",
         'errors.costs.false_negative.colum: unknown key; did you mean "column"?'),
        ("errors: {do_nothing: [a]}", "errors.do_nothing: found a list, expected true or false, a number or text"),
        ("baseline: {rules: [{name: a, when: 5}]}",
         'baseline.rules[0].when: found the number 5, expected text; put it in quotes: "5"'),
        ("baseline: {rules: [{when: a > 5}]}",
         "baseline.rules[0].name: missing; expected what the report calls the rule"),
        ("about: {production_prevalence: [0.1]}",
         "about.production_prevalence: found [0.1], expected one share such as 0.02, or two of them: [low, high]"),
        ("about: {production_prevalence: [0.1, 0.2, 0.3]}",
         "about.production_prevalence: found [0.1, 0.2, 0.3], expected one share such as 0.02, or two of them: [low, high]"),
        ("soundness: {seen: {by: '42', on: 2026-11-01, why: w}}",
         'soundness.seen.by: found "42", which has no letter; expected a name such as "Anna Schmidt"'),
        ("soundness: {recent: {by: a, on: 2026-11-01, why: w}}",
         ("soundness.recent: unknown key; nobody can vouch for recent rows: test on rows like the recent ones")),
        ("production: {must_handle: [outliers]}",
         'production.must_handle[0]: found the text "outliers"; did you mean "outlier"?'),
        ("production: {monotonic: [{column: a, direction: rising}]}",
         'production.monotonic[0].direction: found the text "rising"; expected one of increasing, decreasing'),
        ("production: {monotonic: [{column: a}]}",
         ("production.monotonic[0].direction: missing; expected of the answer, as the column grows: the score of the "
          "positive class, or the predicted number")),
        ("production: {invariant: [{column: a, share: 0.5}]}",
         "production.invariant[0].share: found the number 0.5, expected 0.1 or less"),
        ("production: {invariant: [{column: a, values: [x]}]}",
         "production.invariant[0]: values has one value alone; give two at least, or leave it out"),
    ],
)  # fmt: skip
def test_wrong_values_say_what_was_found_and_expected(tmp_path: Path, text: str, expected: str) -> None:
    """One sentence for each key, however many kinds of value it takes."""
    assert [f"line 3, {expected}"] == problems(tmp_path, with_minimum(text))


def test_a_duration_is_asked_for_in_words(tmp_path: Path) -> None:
    """And not as a regular expression."""
    text = f"{MODEL}data: {{test: a.csv, target: y, label_horizon: -1 d}}\n"
    expected = 'line 2, data.label_horizon: found "-1 d", expected a duration such as "30 d", "12 h" or "90 min"'
    assert [expected] == problems(tmp_path, text)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("5", '[0]: found the number 5, expected text, a mapping with column or a list; put it in quotes: "5"'),
        ("{colum: x}", '[0].colum: unknown key; did you mean "column"?'),
        ("{bins: 3}", "[0].column: missing; expected column of data.test"),
        ("[a, {column: b, bins: 1}]", "[0][1].bins: found the number 1, expected 2 or more"),
        ("{column: b, bins: few}", '[0].bins: found the text "few", expected a whole number or a list'),
        ("{column: b, bins: [3, 2]}", "[0]: the edges in bins must rise from one to the next"),
        ("{column: b, bins: 3, by: month}", "[0]: has both bins (for numbers) and by (for dates); give one"),
        ("{column: b, by: weekly}", '[0].by: found the text "weekly"; did you mean "weekday"?'),
        ("[]", "[0]: found a list, expected a list of at least 1"),
        ("''", '[0]: found the text "", expected some text'),
    ],
)
def test_segment_entries_are_told_in_one_sentence(tmp_path: Path, entry: str, expected: str) -> None:
    """A column, a mapping or a list of them: the kinds that were not meant are not complained about."""
    text = f"{MODEL}data:\n  test: a.csv\n  target: y\n  segments:\n    - {entry}\n"
    assert [f"line 6, data.segments{expected}"] == problems(tmp_path, text)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("version: 1.10, path: m", 'version: found the number 1.10, expected text; put it in quotes: "1.10"'),
        ("version: 007, path: m", 'version: found the number 007, expected text; put it in quotes: "007"'),
        (f"version: a, path: m, sha256: {'12' * 32}",
         (f'sha256: found the number {"12" * 30}… (64 characters), expected text; '
          f'put it in quotes: "{"12" * 30}… (64 characters)"')),
        ("version: a, path: m, sha256: 12e34",
         'sha256: found the number 12e34, expected text; put it in quotes: "12e34"'),
        ("version: a, path: m, sha256: ABC",
         'sha256: found "ABC", expected a SHA-256 digest: 64 characters out of 0-9 and a-f'),
        ("version: a, path: m, loader: shop.io",
         'loader: found "shop.io", expected a reference such as package.module:function'),
        ("path: m", 'version: missing; expected version of the model, as text: "1.4"'),
        ("version: , path: m", 'version: missing; expected version of the model, as text: "1.4"'),
    ],
)  # fmt: skip
def test_model_problems(tmp_path: Path, model: str, expected: str) -> None:
    """Versions and digests that look like numbers are the most common slip."""
    assert [f"line 1, model.{expected}"] == problems(tmp_path, f"model: {{name: a, {model}}}\n{DATA}")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("", "give path (a model file), url (a served model), both, or predictions"),
        (", path: m, predictions: {label: p}", "give path (a model file), url (a served model), both, or predictions"),
        (", predictions: {label: p}, loader: a:b", "loader belongs to a model file"),
        (", predictions: {label: p}, threshold: 0.5", "threshold needs predictions.score"),
        (", predictions: {}", "names neither label nor score"),
    ],
)
def test_a_model_has_one_way_in(tmp_path: Path, model: str, said: str) -> None:
    """A file or predictions, and only settings that belong to it."""
    (problem,) = problems(tmp_path, f'model: {{name: a, version: "1"{model}}}\n{DATA}')
    assert said in problem


def test_all_problems_are_told_at_once_and_in_order(tmp_path: Path) -> None:
    """Form, unknown keys, duplicates and refused tags together, from the top of the file to its end."""
    text = """\
        seed: a
        model: {name: a, version: 1.4, path: m}
        data: {test: t, test: u, target: y}
        about: !!python/name:os.system ""
        segmnts: {}
        evidence: 5
        """
    found = problems(tmp_path, text)
    assert ["line 1, seed", "line 2, model.version", "line 3, data.test", "line 4, about", "line 5, segmnts",
            "line 6, evidence"] == [problem.split(":")[0] for problem in found]  # fmt: skip


def test_the_message_counts_and_lists_them(tmp_path: Path) -> None:
    """What a terminal shows."""
    with pytest.raises(SpecError) as caught:
        load_spec(write(tmp_path, MODEL + "seed: a\n"))
    assert str(caught.value).splitlines() == [
        "readiness.yaml cannot be used: 2 problems to fix.",
        "  - readiness.yaml line 1, data: missing; expected tables and the roles of their columns",
        '  - readiness.yaml line 2, seed: found the text "a", expected a whole number',
    ]


@pytest.mark.slow
def test_thousands_of_problems_are_cut(tmp_path: Path) -> None:
    """And do not take minutes."""
    found = problems(tmp_path, with_minimum("".join(f"k{i}: 1\n" for i in range(20_000))))
    assert 51 == len(found)
    assert "and 450 more" == found[-1]


def test_empty_sections_count_as_left_out(tmp_path: Path) -> None:
    """A starter spec has sections of which all keys are commented out."""
    spec = loaded(tmp_path, "business:\n  # requirements:\nabout:\n  purpose:\nchecklist:\n  monitoring:\n").spec
    assert ((), "", {}) == (spec.business.requirements, spec.about.purpose, spec.checklist)
    assert "default" == spec.origin("business")


@pytest.mark.parametrize(
    "hostile", ["\u202egnp.exe", "x" * 10_000, "<script>alert(1)</script>", "a\\u0007b", "🙂" * 500]
)
def test_hostile_texts_are_shown_short_and_escaped(tmp_path: Path, hostile: str) -> None:
    """As a value, as a key and as a name that is looked up."""
    text = f'"{hostile}": 1\nevidence: "{hostile}"\n'
    for problem in problems(tmp_path, with_minimum(text)):
        assert len(problem) < 500
        assert problem.isprintable()


# Contradictions ---------------------------------------------------------------------------------------------------

CURRENT = "current: {name: rules engine, predictions: {label: old}}"
HUMAN = "human: {metric: recall, value: 0.9, n: 100}"


@pytest.mark.parametrize(
    "name", ["uniform", "majority", "stratified", "minority", "mean", "big", "current", "rules engine", "human"]
)
def test_gains_name_a_baseline_that_the_spec_gives(tmp_path: Path, name: str) -> None:
    """Guesses, rules, the current model by either name, and people."""
    spec = loaded(tmp_path, f"""\
        baseline: {{rules: [{{name: big, when: a > 5}}], {CURRENT}, {HUMAN}}}
        business: {{requirements: [{{says: a, metric: recall, at_least: 0.1, lift_over: {name}}}]}}
        """)  # fmt: skip
    assert name == spec.spec.business.requirements[0].lift_over


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("majorty", 'did you mean "majority"?'),
        ("zzz", "expected one of uniform, majority, stratified, minority, mean, median, random, big"),
    ],
)
def test_gains_over_an_unknown_baseline_name_the_nearest(tmp_path: Path, name: str, said: str) -> None:
    """Or all that there are."""
    text = f"""\
        baseline: {{rules: [{{name: big, when: a > 5}}]}}
        business:
          requirements:
            - {{says: a, metric: recall, at_least: 0.1, gain_over: {name}}}
        """
    (problem,) = problems(tmp_path, with_minimum(text))
    assert problem.startswith(f'line 6, business.requirements[0].gain_over: "{name}" is no baseline of this spec')
    assert said in problem


@pytest.mark.parametrize("name", ["current", "human"])
def test_gains_over_a_baseline_that_is_left_out(tmp_path: Path, name: str) -> None:
    """The word is right and nothing stands behind it."""
    text = f"business: {{requirements: [{{says: a, metric: f1, above: 0, lift_over: {name}}}]}}"
    assert [f"line 3, business.requirements[0].lift_over: the spec gives no baseline.{name}"] == problems(
        tmp_path, with_minimum(text)
    )


BINARY = "data: {test: t, target: y, classes: [ok, fraud], positive: fraud"
THREE = "data: {test: t, target: y, classes: [a, b, c]"
NUMBER = "data: {test: t, target: y, task: regression"


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        (DATA + "segments: {limit: 0.05}", "segments", "warning 0.1 (default) is above limit 0.05"),
        (DATA + "production: {drift_warning: 0.3}", "production",
         "drift_warning 0.3 is above drift_limit 0.25 (default)"),
        (DATA + "stability: {churn_met: 0.3}", "stability", "churn_met 0.3 is above churn_not_met 0.2 (default)"),
        (DATA + "errors: {costs: {}}", "errors.costs", "names no cost"),
        (DATA + "errors: {costs: {false_positive: 1}}", "errors.costs", "false_negative is missing"),
        (DATA + "errors: {costs: {under: 1}}", "errors.costs", "over is missing"),
        (DATA + "errors: {costs: {under: 1, over: 1, false_positive: 1}}", "errors.costs",
         "has both false_positive and under"),
        (DATA + "errors: {costs: {matrix: {a: {a: 0}}}}", "errors.costs", "at least two classes"),
        (DATA + "errors: {costs: {matrix: {a: {a: 0, b: 1}, b: {b: 0}}}}", "errors.costs",
         "the row 'b' must give a cost for each of a, b"),
        (DATA + "business: {requirements: [{says: a, metric: b}]}", "business.requirements[0]", "has no limits"),
        (DATA + "business: {requirements: [{says: a, metric: b, above: 1, below: 2}]}", "business.requirements[0]",
         "has 2 limits"),
        (DATA + "checklist: {ab_test: {done: true, by: Ann}}", "checklist.ab_test", "but `on` and `evidence` are missing"),
        (DATA + "checklist: {ab_test: {done: true, not_applicable: a}}", "checklist.ab_test", "has both"),
        (DATA + "baseline: {rules: [{name: a, when: b = 5}]}", "baseline.rules[0].when",
         'write == to compare, at column 3 of "b = 5"'),
        (DATA + "baseline: {rules: [{name: a, when: is_fraud}]}", "baseline.rules[0].when", "nobody knows beforehand"),
        (DATA + "baseline: {rules: [{name: a, column: is_fraud}]}", "baseline.rules[0].column", "is the target"),
        (DATA + "baseline: {rules: [{name: a, column: b, then: 1}]}", "baseline.rules[0]", "belong to when"),
        (DATA + "baseline: {rules: [{name: a, column: b}, {name: A, column: c}]}", "baseline.rules[1].name",
         "the name of a baseline already"),
        (DATA + "baseline: {rules: [{name: Majority, column: b}]}", "baseline.rules[0].name", "a meaning of its own"),
        (DATA + "baseline: {rules: [{name: a, column: b}], current: {name: a, path: m}}", "baseline.current.name",
         "the name of a baseline already"),
        (DATA + "baseline: {cost_per_prediction: {modle: 1}}", "baseline.cost_per_prediction.modle",
         'did you mean "model"?'),
        (DATA + f"baseline: {{{HUMAN}}}\n"
         "business: {requirements: [{says: a, metric: f1, above: 0, gain_over: human}]}",
         "business.requirements[0].gain_over", 'the human figure is a "recall", not a "f1"'),
        ("data: {test: t, target: y, weight: y}", "data.weight", "is the target"),
        ("data: {test: t, target: y, features: [a, y]}", "data.features", "is the target"),
        ("data: {test: t, target: y, features: [a, a]}", "data.features[1]", "stands here twice"),
        ("data: {test: t, target: y, segments: [a, a]}", "data.segments[1]", "stands here twice"),
        ("data: {test: t, target: y, classes: [1, '1']}", "data.classes", "a class twice"),
        ("data: {test: t, target: y, classes: [a, b], positive: c}", "data.positive", "is not in data.classes"),
        (BINARY + "}\nerrors: {do_nothing: no}", "errors.do_nothing", '"no" is not in data.classes'),
        (BINARY + "}\nerrors: {costs: {under: 1, over: 1}}", "errors.costs", "this task is binary"),
        (BINARY + "}\nerrors: {costs: {matrix: {ok: {ok: 0, frad: 1}, frad: {ok: 1, frad: 0}}}}",
         "errors.costs.matrix.frad", 'did you mean "fraud"?'),
        (BINARY + "}\nbaseline: {rules: [{name: a, when: b, then: frad}]}", "baseline.rules[0].then",
         "not in data.classes"),
        (THREE + ", positive: a}", "data.classes", "a binary task has two"),
        (THREE + "}\nerrors: {costs: {false_positive: 1, false_negative: 1}}", "errors.costs", "as a matrix"),
        (THREE + "}\nbaseline: {rules: [{name: a, when: b, then: a}]}", "baseline.rules[0].otherwise", "missing"),
        (NUMBER + ", positive: 1}", "data.positive", "no positive class"),
        (NUMBER + ", classes: [1, 2]}", "data.classes", "no classes"),
        (NUMBER + "}\nerrors: {costs: {false_positive: 1, false_negative: 1}}", "errors.costs",
         "takes the costs under"),
        (NUMBER + "}\nbaseline: {rules: [{name: a, when: b, then: c, otherwise: 1}]}", "baseline.rules[0].then",
         "expected a number"),
        (NUMBER + "}\nbusiness: {requirements: [{says: a, metric: r2, above: 0, gain_over: majority}]}",
         "business.requirements[0].gain_over", "expected one of mean, median"),
        (NUMBER + ", task: binary}", "data.task", "stands here twice"),
    ],
)  # fmt: skip
def test_contradictions_are_told(tmp_path: Path, text: str, key: str, said: str) -> None:
    """At the key where they show."""
    found = [problem for problem in problems(tmp_path, MODEL + text) if f", {key}: " in problem]
    assert 1 == len(found)
    assert said in found[0]


@pytest.mark.parametrize(
    ("data", "model", "key", "said"),
    [
        (DATA, "predictions: {label: is_fraud}", "model.predictions.label", "is the target"),
        (DATA, "predictions: {score: {a: p, b: is_fraud}}", "model.predictions.score", "is the target"),
        (DATA, "predictions: {score: {a: p}}", "model.predictions.score", "fewer than two classes"),
        (BINARY + "}", "predictions: {score: {ok: p}}", "model.predictions.score", 'positive class "fraud"'),
        (
            BINARY + "}",
            "predictions: {score: {fraud: p, okay: q}}",
            "model.predictions.score.okay",
            "not in data.classes",
        ),
        (THREE + "}", "predictions: {score: p}", "model.predictions.score", "one score column for each"),
        (THREE + "}", "path: m, threshold: 0.5", "model.threshold", "only a binary task"),
        (NUMBER + "}", "predictions: {score: p}", "model.predictions.score", "a regression has no scores"),
    ],
)
def test_predictions_fit_the_task(tmp_path: Path, data: str, model: str, key: str, said: str) -> None:
    """As far as the spec alone tells it."""
    (problem,) = problems(tmp_path, f'model: {{name: a, version: "1", {model}}}\n{data}\n')
    assert f", {key}: " in problem
    assert said in problem


def test_scores_for_each_class_are_read(tmp_path: Path) -> None:
    """A mapping from class to column, keyed as the classes are written."""
    path = write(tmp_path, 'model: {name: a, version: "1", predictions: {score: {1: p, 2: q, 3: r}}}\n'
                 "data: {test: t, target: y, classes: [1, 2, 3]}\n")  # fmt: skip
    predictions = load_spec(path).spec.model.predictions
    assert predictions is not None
    assert {"1": "p", "2": "q", "3": "r"} == predictions.score


# Files ------------------------------------------------------------------------------------------------------------


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """Missing, a folder, a device, a path that cannot be."""
    for path, said in (
        (tmp_path / "none.yaml", "there is no such file"),
        (tmp_path, "found a folder"),
        (Path("/dev/null"), "not a regular file"),
        (tmp_path / ("x" * 5_000), "cannot be read"),
    ):
        with pytest.raises(SpecError, match=said):
            load_spec(path)


def test_a_path_with_a_zero_byte_is_refused() -> None:
    """Python raises ValueError for it, a person gets a sentence."""
    with pytest.raises(SpecError):
        load_spec(Path("a\0b"))


def test_a_very_large_file_is_refused_unread(tmp_path: Path) -> None:
    """Somebody named the data in place of the spec."""
    path = write(tmp_path, "# " + "x" * reading.MAX_BYTES)
    with pytest.raises(SpecError, match="holds more than 5 MB"):
        load_spec(path)


# extends ----------------------------------------------------------------------------------------------------------


def test_a_spec_completes_another(tmp_path: Path) -> None:
    """Mappings are joined, lists and values replaced; paths begin at the spec that was named."""
    base = write(
        tmp_path / ".", with_minimum("seed: 5\nabout: {owner: Ann, limitations: [a, b], purpose: x}\n"), "base.yaml"
    )
    main = write(tmp_path, 'extends: base.yaml\nmodel: {version: "2"}\nabout: {limitations: [c], purpose: null}\n')
    spec = load_spec(main)
    assert ("fraud", "2", 5) == (spec.spec.model.name, spec.spec.model.version, spec.spec.seed)
    assert ("Ann", ("c",), "") == (spec.spec.about.owner, spec.spec.about.limitations, spec.spec.about.purpose)
    assert (main, base) == tuple(path for path, _ in spec.files)
    assert ("about", "limitations", 1) not in spec.lines
    assert (2, 1) == (spec.lines[("model", "version")], spec.lines[("model", "name")])


def test_the_folder_is_that_of_the_named_spec(tmp_path: Path) -> None:
    """A base may lie in a folder of its own, its relative paths do not begin there."""
    (tmp_path / "shared").mkdir()
    write(tmp_path / "shared", with_minimum(""), "base.yaml")
    spec = load_spec(write(tmp_path, "extends: shared/base.yaml\n"))
    assert tmp_path / "test.csv" == spec.resolve(spec.spec.data.test)


def test_the_digest_covers_all_files(tmp_path: Path) -> None:
    """A change of the base is a change of the spec."""
    base, main = write(tmp_path, with_minimum(""), "base.yaml"), write(tmp_path, "extends: base.yaml\n")
    before = load_spec(main)
    base.write_text(with_minimum("seed: 9"), encoding="utf-8")
    after = load_spec(main)
    assert before.sha256 == after.sha256
    assert before.digest != after.digest
    with pytest.raises(SpecError, match="a file that it extends was changed"):
        load_spec(main, sha256=before.digest)


def test_problems_name_the_file_that_holds_them(tmp_path: Path) -> None:
    """The main file first."""
    write(tmp_path, MODEL + "data: {test: t, target: y, weight: y}\nsegments: {limit: 1}\n", "base.yaml")
    with pytest.raises(SpecError) as caught:
        load_spec(write(tmp_path, "extends: base.yaml\nsegments: {limit: a}\nzzz: 1\n"))
    assert ["readiness.yaml line 2", "readiness.yaml line 3"] == [text.split(",")[0] for text in caught.value.problems]
    with pytest.raises(SpecError, match=r"base.yaml line 2, data.weight: "):
        load_spec(write(tmp_path, "extends: base.yaml\n"))


def test_circles_are_refused(tmp_path: Path) -> None:
    """A spec that extends itself, directly and by way of another."""
    write(tmp_path, "extends: b.yaml\n", "a.yaml")
    write(tmp_path, "extends: a.yaml\n", "b.yaml")
    for path in (tmp_path / "a.yaml", write(tmp_path, "extends: readiness.yaml\n")):
        with pytest.raises(SpecError, match="leads back to a file that was read already"):
            load_spec(path)


def test_long_chains_are_refused(tmp_path: Path) -> None:
    """Ten files are enough."""
    for index in range(12):
        write(tmp_path, f"extends: {index + 1}.yaml\n", f"{index}.yaml")
    with pytest.raises(SpecError, match="more than 10 files"):
        load_spec(tmp_path / "0.yaml")


def test_a_missing_base_names_the_line_that_asks_for_it(tmp_path: Path) -> None:
    """And the file that is missing."""
    with pytest.raises(SpecError, match=r"readiness.yaml line 2, extends: .*\n  - .*none.yaml: there is no such file"):
        load_spec(write(tmp_path, "seed: 1\nextends: none.yaml\n"))


def test_extends_takes_text(tmp_path: Path) -> None:
    """A list of bases is not supported, and said so with all else."""
    assert ["line 3, extends: found a list, expected text"] == problems(tmp_path, with_minimum("extends: [a]\n"))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
keys = st.sampled_from(
    [*Spec.model_fields, "name", "path", "target", "test", "costs", "matrix", "rules", "ab_test", "column", "score"]
) | st.sampled_from(["predictions", "classes", "positive", "requirements", "lift_over"])
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)


@pytest.mark.slow
@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(keys, trees, min_size=1, max_size=5))
def test_any_tree_is_a_spec_or_a_list_of_problems(tmp_path: Path, tree: dict[str, object]) -> None:
    """No other error comes out, whatever stands under whichever key."""
    import yaml

    path = write(tmp_path, yaml.safe_dump(tree, allow_unicode=True))
    told: tuple[str, ...] = ()
    try:
        load_spec(path)
    except SpecError as error:
        told = error.problems or ("",)
    assert all(problem.isprintable() and problem for problem in told)
