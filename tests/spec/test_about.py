"""What a spec says of a model besides its criteria: each key taken, each slip told, none of them judged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from readiness.core.errors import SpecError
from readiness.spec.load import load_spec

HEAD = 'model: {name: fraud, version: "1.4", path: model.joblib}\ndata: {test: test.csv, target: is_fraud}\n'
DOCS = Path(__file__).parents[2] / "docs" / "spec.md"


def loaded(folder: Path, text: str) -> Any:
    path = folder / "readiness.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_spec(path).spec


def problem(folder: Path, text: str) -> str:
    with pytest.raises(SpecError) as caught:
        loaded(folder, text)
    (found,) = caught.value.problems
    return re.sub(r"^readiness\.yaml line \d+, ", "", found)


def test_the_example_of_the_docs_is_a_valid_one(tmp_path: Path) -> None:
    """With everything that it says taken as written."""
    example = next(text for text in DOCS.read_text(encoding="utf-8").split("```yaml\n") if text.startswith("about:"))
    text = example.partition("```")[0]
    spec, plain = loaded(tmp_path, text), yaml.safe_load(text)
    assert set(plain["about"]) == spec.about.model_fields_set
    assert plain["about"]["monitoring"][0] == spec.about.monitoring[0].model_dump()
    assert [0.05, 0.25, 1] == [stage.share for stage in spec.production.rollout.stages]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about: {tier: 1}", "about.tier: found the number 1, expected a mapping with level and reason"),
        ("about: {tier: {level: high}}",
         "about.tier.reason: missing; expected what makes it that tier: exposure, purpose, whom it touches"),
        ("about: {monitoring: [drift]}", 'about.monitoring[0]: found the text "drift", expected a mapping with signal'),
        ("about: {monitoring: [{signal: a, zzz: b}]}",
         "about.monitoring[0].zzz: unknown key; expected one of signal, limit, cadence, who"),
        ("about: {residual_risk: {text: a}}", "about.residual_risk.accepted_by: missing; expected who accepts it"),
        ('about: {residual_risk: {text: a, accepted_by: "--"}}',
         'about.residual_risk.accepted_by: found "--", which has no letter; expected a name such as "Anna Schmidt"'),
        ("about: {assumptions: none}", 'about.assumptions: found the text "none", expected a list'),
        ("about: {features: {a: 5}}", 'about.features.a: found the number 5, expected text; put it in quotes: "5"'),
        ("about: {prepared_by: [Ann Lee], validator: Ann Lee}",
         'about: validator: "Ann Lee" is among prepared_by; who validates a model did not prepare its review'),
        ("about: {prepared_by: [Ann Lee], validator: ann.lee}",
         'about: validator: "ann.lee" is among prepared_by; who validates a model did not prepare its review'),
        ("about: {revalidation_trigger: [a]}",
         'about.revalidation_trigger: unknown key; did you mean "revalidation_triggers"?'),
        ("production: {rollout: {stages: [{share: 0.25}, {share: 0.05}]}}",
         "production.rollout: the share of each stage must be larger than that of the stage before it"),
        ("production: {rollout: {stages: [{share: 5}]}}",
         "production.rollout.stages[0].share: found the number 5, expected 1 or less"),
        ("production: {rollout: {stages: [{share: 1, days: 0}]}}",
         "production.rollout.stages[0].days: found the number 0, expected more than 0"),
        ("segments: {owners: a}", 'segments.owners: unknown key; did you mean "owner"?'),
    ],
)  # fmt: skip
def test_each_slip_is_told(tmp_path: Path, text: str, expected: str) -> None:
    """What was found, what is expected, where."""
    assert expected == problem(tmp_path, f"{text}\n")


@pytest.mark.parametrize("section", ["baseline", "business", "segments", "errors", "stability", "production"])
def test_criteria_carry_owner_and_reason(tmp_path: Path, section: str) -> None:
    """Those of each question; they set no bar."""
    spec = loaded(tmp_path, f"{section}: {{owner: Ann, reason: money}}\n")
    part = getattr(spec, section)
    assert ("Ann", "money") == (part.owner, part.reason)
    plain = getattr(loaded(tmp_path, ""), section)
    assert part.model_dump(exclude={"owner", "reason"}) == plain.model_dump(exclude={"owner", "reason"})


def test_a_requirement_carries_owner_and_reason(tmp_path: Path) -> None:
    """Beside its sentence."""
    text = "business: {requirements: [{says: a, metric: recall, at_least: 0.9, owner: Ann, reason: money}]}\n"
    (requirement,) = loaded(tmp_path, text).business.requirements
    assert ("Ann", "money") == (requirement.owner, requirement.reason)


def test_a_validator_may_be_anybody_where_nobody_prepared_it(tmp_path: Path) -> None:
    """And somebody else where somebody did."""
    assert "Ann" == loaded(tmp_path, "about: {validator: Ann}\n").about.validator
    assert "Bob" == loaded(tmp_path, "about: {prepared_by: [Ann], validator: Bob}\n").about.validator
