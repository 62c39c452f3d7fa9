"""Honest counts under a formula of the attacker's choice, and values, gains, costs and bars that nothing else tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Criterion, Finding, Question, Recomputable, Status
from readiness.signing.keys import generate
from readiness.signing.reports import Subject, sign_report, statement, unsigned_report
from readiness.signing.verify import verify
from readiness.verdict.checks import check
from readiness.verdict.record import Record, to_plain
from tests.attacks.test_bounds import REGIONS, basis, computed, forged, found, with_bounds
from tests.walking import walk

pytestmark = pytest.mark.slow

BINARY = """\
model: {name: Tiny Model, version: "1.0", predictions: {label: pred, score: score}}
data: {test: test.csv, target: y, positive: 1, segments: [region]}
baseline: {human: {metric: recall, value: 0.8, n: 200}}
business:
  requirements:
    - {says: Find them, metric: recall, at_least: 0.95}
    - {says: Rank them, metric: roc_auc, at_least: 0.99}
    - {says: Weigh recall, metric: f2, at_least: 0.95}
    - {says: Beat lots, metric: f1, lift_over: uniform, at_least: 0.5}
    - {says: Both sides, metric: balanced_accuracy, at_least: 0.95}
segments: {metrics: [accuracy]}
errors: {costs: {false_positive: 1, false_negative: 5}}
"""
GAIN, PEOPLE, SEGMENT, SAVINGS = "BASE-LIFT-UNIFORM", "BASE-LIFT-HUMAN", "SEGM-1-1-ACCURACY", "ERRO-SAVINGS"
LINEAR = {"scale": 0.01, "shift": 0.97}
AMOUNTS = {"value": 5000.0, "se": 10.0, "df": 299.0, "n": 300, "least": None, "most": None}


def write(folder: Path, spec: str, classes: int = 2) -> Path:
    """Three hundred rows, of which the candidate gets one in ten wrong."""
    rows = ["y,pred,score,region,price"]
    for i in range(300):
        y, wrong = i % classes, i % 20 in (1, 8)
        pred = (y + 1) % classes if wrong else y
        rows.append(f"{y},{pred},{0.2 + 0.6 * (pred > 0) + 0.01 * (i % 13):.2f},{REGIONS[i * i % 7 % 3]},{1 + i % 9}")
    (folder / "test.csv").write_text("\n".join(rows) + "\n")
    (folder / "readiness.yaml").write_text(spec)
    return folder / "readiness.yaml"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return walk(write(tmp_path_factory.mktemp("binary"), BINARY), figures=False).record


@pytest.fixture(scope="module")
def priced_by_row(tmp_path_factory: pytest.TempPathFactory) -> Record:
    spec = BINARY.replace("false_negative: 5", "false_negative: {column: price}")
    return walk(write(tmp_path_factory.mktemp("column"), spec), figures=False).record


MULTICLASS = """\
model: {name: Tiny Model, version: "1.0", predictions: {label: pred}}
data: {test: test.csv, target: y, classes: [0, 1, 2], segments: [region]}
business: {requirements: [{says: Often right, metric: f1_macro, at_least: 0.95},
  {says: Find the first, metric: recall, of_class: 0, at_least: 0.95}]}
errors: {costs: {matrix: {0: {0: 0, 1: 1, 2: 2}, 1: {0: 3, 1: 0, 2: 1}, 2: {0: 4, 1: 1, 2: 0}}}}
"""


@pytest.fixture(scope="module")
def of_three(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return walk(write(tmp_path_factory.mktemp("three"), MULTICLASS, 3), figures=False).record


def refused(record: Record, *words: str) -> None:
    with pytest.raises(InvalidReport) as caught:
        check(record, counted=True)
    for word in words:
        assert word in caught.value.message


def told(finding: Finding, value: float, arm: float, **of_basis: Any) -> Finding:
    """A finding that says another value, with limits that fit it, and without a basis unless one is given."""
    assert finding.measured is not None
    low, high = round(value - arm, 10), round(value + arm, 10)
    edited = replace(finding, measured=replace(finding.measured, value=value, low=low, high=high))
    if finding.bounds is None:
        return replace(edited, measured=replace(edited.measured, low=value, high=value)) if arm == 0 else edited  # type: ignore[type-var]
    near = round(0.8 * arm, 10)
    limits = {"lower": round(value - near, 10), "upper": round(value + near, 10), "claims": 0, "adjustment": "none"}
    return with_bounds(edited, **limits, **{"basis": None, **of_basis})


def every(record: Record, edits: dict[str, Callable[[Finding], Finding]]) -> Record:
    for code, edit in edits.items():
        record = forged(record, code, edit)
    return record


def test_honest_records_hold(honest: Record, priced_by_row: Record, of_three: Record) -> None:
    """The controls."""
    for record in (honest, priced_by_row, of_three):
        assert record.tool_sha256
        check(record, counted=True)


def _scaled(share: Basis) -> Basis:
    return Basis("linear", LINEAR, (share,))


def _wrapped(of: Callable[[Basis], Basis]) -> Callable[[Finding], Finding]:
    return lambda finding: computed(finding, of(basis(finding)))


def _mover(**numbers: float) -> Callable[[Finding], Finding]:
    return _wrapped(lambda made: replace(made, numbers={**made.numbers, **numbers}))


FORMULAS = {
    "a share that is stretched and moved": ("BUSI-1", _wrapped(_scaled)),
    "the F1 of a recall": ("BUSI-1", _wrapped(lambda made: Basis("f1", {}, (made,)))),
    "an error rate for a share": ("BUSI-1", _wrapped(lambda made: Basis("linear", {"scale": -1.0, "shift": 1.0}, (made,)))),
    "a deficit of stretched shares": (SEGMENT, _wrapped(lambda made: replace(made, parts=tuple(map(_scaled, made.parts))))),
    "a stretched deficit": (SEGMENT, _wrapped(_scaled)),
    "a deficit of parts that move together": (SEGMENT, _mover(correlation=1.0)),
    "half of what the others reach": (SEGMENT, _mover(factor=0.5)),
    "a mean that is no mean of two": ("BUSI-5", _wrapped(lambda made: replace(made, numbers={"scale": 0.5, "shift": 0.1}))),
}  # fmt: skip


@pytest.mark.parametrize(("code", "edit"), FORMULAS.values(), ids=FORMULAS.keys())
def test_a_formula_of_ones_own(honest: Record, code: str, edit: Callable[[Finding], Finding]) -> None:
    """The counts are those of question 4; what is made of them is not what this program makes of them."""
    refused(forged(honest, code, edit), f"Finding {code} does not hold. It is computed by")


def test_the_stretched_recall_would_have_been_met(honest: Record) -> None:
    """What the first of these forgeries was worth."""
    assert Status.NOT_MET is found(honest, "BUSI-1").status
    assert Status.MET is found(forged(honest, "BUSI-1", _wrapped(_scaled)), "BUSI-1").status


def test_a_gain_out_of_thin_air(honest: Record) -> None:
    """A t-interval around any number, or limits without a basis, within the range or not."""
    free = Basis("t", {**AMOUNTS, "value": 5.0, "se": 0.01})
    seen = {"recomputable": Recomputable.EVIDENCE}
    refused(forged(honest, GAIN, lambda f: computed(with_bounds(f, **seen), free)), GAIN, "It is computed by t")
    refused(forged(honest, GAIN, lambda f: told(f, 1.6, 0.1)), GAIN, "there is no f1 above 1 here")
    refused(forged(honest, GAIN, lambda f: told(f, 0.7, 0.1)), GAIN, "It says a gain of 0.7")
    refused(forged(honest, "BUSI-4", lambda f: told(f, 0.4, 0.1)), "BUSI-4", "It says a gain of 0.4")


def test_both_values_of_a_gain_move_with_it(honest: Record) -> None:
    """The candidate's follows from the right and wrong rows, and so does that of guessing."""
    gain = found(honest, GAIN).measured
    assert gain is not None
    wider = {GAIN: lambda f: told(f, round(gain.value + 0.05, 10), 0.01)}
    mine, theirs = "BASE-VALUE-CANDIDATE-F1", "BASE-VALUE-UNIFORM-F1"
    refused(every(honest, {**wider, mine: lambda f: told(f, 0.95, 0.01)}), mine, "right and wrong rows", "give 0.9")
    refused(every(honest, {**wider, theirs: lambda f: told(f, 0.45, 0.0)}), "BASE-VALUE-UNIFORM", "no such guess")
    lowered = forged(honest, "BASE-VALUE-MAJORITY-ACCURACY", lambda f: told(f, 0.3, 0.0))
    refused(lowered, "BASE-VALUE-MAJORITY", "no such guess")


def test_the_candidates_own_value_is_left_out(honest: Record) -> None:
    """Then nothing would tie the gain."""
    answers = tuple(
        replace(a, findings=tuple(f for f in a.findings if f.code != "BASE-VALUE-CANDIDATE-F1")) for a in honest.answers
    )
    refused(replace(honest, answers=answers), "the candidate's own value is not recorded")


def test_people_who_do_worse_than_the_spec_says(honest: Record) -> None:
    """The gain over people is taken over the stated share of the stated number of cases."""

    def weaker(finding: Finding) -> Finding:
        candidate, people = basis(finding).parts
        edited = replace(people, numbers={**people.numbers, "successes": 100.0})
        return computed(finding, replace(basis(finding), parts=(candidate, edited)))

    def surer(finding: Finding) -> Finding:
        candidate, people = basis(finding).parts
        many = {name: 10 * (candidate.numbers[name] or 0) for name in ("successes", "n")}
        edited = replace(candidate, numbers={**candidate.numbers, **many})
        return computed(finding, replace(basis(finding), parts=(edited, people)))

    refused(forged(honest, PEOPLE, weaker), PEOPLE, "other people than the spec states")
    refused(forged(honest, PEOPLE, surer), f"{PEOPLE} counts 1,350 of 1,500")


def test_numbers_that_there_are_not(honest: Record) -> None:
    """No F2 lies above 1, whichever way its limits come about."""
    refused(forged(honest, "BUSI-3", lambda f: told(f, 1.2, 0.1)), "BUSI-3", "there is no f2 above 1")
    refused(forged(honest, "BUSI-3", lambda f: told(f, 0.97, 0.01)), "BUSI-3", "the right and wrong rows of question 4")
    refused(forged(honest, "BUSI-2", lambda f: told(f, 1.2, 0.1)), "BUSI-2", "there is no roc_auc above 1")


def test_savings_out_of_thin_air(honest: Record) -> None:
    """Five thousand for each row, although doing nothing costs less than three."""
    free = Basis("t", AMOUNTS)
    seen = {"recomputable": Recomputable.EVIDENCE}
    refused(forged(honest, SAVINGS, lambda f: computed(with_bounds(f, **seen), free)), SAVINGS, "It is computed by t")
    refused(forged(honest, SAVINGS, lambda f: told(f, 5000.0, 10.0)), SAVINGS, "the recorded costs of all errors")
    cheaper = {
        "ERRO-COST-NOTHING": lambda f: told(f, 9000.0, 0.0),
        "ERRO-SAVINGS-TOTAL": lambda f: told(f, 9000.0 - 90.0, 0.0),
        "ERRO-SAVINGS-SHARE": lambda f: told(f, 1 - 90 / 9000, 0.0),
        SAVINGS: lambda f: told(f, round((9000 - 90) / 300, 10), 0.1),
    }
    assert 90.0 == found(honest, "ERRO-COST-TOTAL").measured.value  # type: ignore[union-attr]
    refused(every(honest, cheaper), "ERRO-COST-NOTHING does not hold", "at their price give 90 and 750")


def test_savings_that_are_surer_than_four_counts_tell(honest: Record) -> None:
    """The value is the true one, the limits are drawn closely around it."""
    value = found(honest, SAVINGS).measured.value  # type: ignore[union-attr]
    refused(forged(honest, SAVINGS, lambda f: told(f, value, 0.01)), SAVINGS, "One of its limits is")


def test_costs_are_left_out(honest: Record) -> None:
    """Without what doing nothing costs, nobody could tell what is saved."""
    answers = tuple(
        replace(a, findings=tuple(f for f in a.findings if f.code != "ERRO-COST-NOTHING")) for a in honest.answers
    )
    refused(replace(honest, answers=answers), "lacks the finding ERRO-COST-NOTHING")


def test_savings_where_every_row_has_its_price(priced_by_row: Record) -> None:
    """The matrix does not tell them; the recorded costs do."""
    free = Basis("t", AMOUNTS)
    refused(forged(priced_by_row, SAVINGS, lambda f: computed(f, free)), SAVINGS, "It is computed by t")

    def richer(finding: Finding) -> Finding:
        (wider,) = (part for part in (basis(finding),) if part.form == "t_wider")
        parts = tuple(replace(p, numbers={**p.numbers, "value": 50.0}) for p in wider.parts if "value" in p.numbers)
        return computed(finding, replace(wider, parts=parts))

    refused(forged(priced_by_row, SAVINGS, richer), SAVINGS, "It says 50; the recorded costs")
    less = forged(priced_by_row, "ERRO-COST-TOTAL", lambda f: told(f, 0.0, 0.0))
    refused(less, "does not hold", "the recorded costs of all errors, 0")


def test_more_than_two_classes(of_three: Record) -> None:
    """Averages over classes and costs of confusions follow from the matrix, too."""
    value = "BASE-VALUE-CANDIDATE-F1_MACRO"
    refused(forged(of_three, value, lambda f: told(f, 0.99, 0.001)), value, "right and wrong rows")
    refused(forged(of_three, "BUSI-1", lambda f: told(f, 0.99, 0.001)), "BUSI-1", "right and wrong rows")
    free = Basis("t", {**AMOUNTS, "value": 0.9, "se": 0.01})
    refused(forged(of_three, "BASE-LIFT-MAJORITY", lambda f: computed(f, free)), "BASE-LIFT-MAJORITY", "a gain of 0.9")
    refused(forged(of_three, "BUSI-2", _wrapped(_scaled)), "BUSI-2", "It is computed by linear")
    total = found(of_three, "ERRO-COST-TOTAL").measured.value  # type: ignore[union-attr]
    edits = {
        "ERRO-COST-NOTHING": lambda f: told(f, 9000.0, 0.0),
        "ERRO-SAVINGS-TOTAL": lambda f: told(f, 9000.0 - total, 0.0),
        "ERRO-SAVINGS-SHARE": lambda f: told(f, round(1 - total / 9000, 10), 0.0),
        SAVINGS: lambda f: told(f, round((9000 - total) / 300, 10), 0.1, recomputable=Recomputable.EVIDENCE),
    }
    refused(every(of_three, edits), "ERRO-COST-NOTHING does not hold", "at their price")


def test_a_bar_that_the_recorded_spec_does_not_set(honest: Record) -> None:
    """Whoever verifies has no other spec than that in the record."""
    easy = Criterion(">=", 0.5, "share", "set in the spec: business.requirements, number 1")
    refused(forged(honest, "BUSI-1", lambda f: replace(f, criterion=easy)), "BUSI-1 is judged by another bar")


def test_a_spec_that_is_none(honest: Record) -> None:
    """Then nothing could be held against it."""
    spec = {key: value for key, value in honest.gathered.spec.items() if key != "model"}
    refused(replace(honest, gathered=replace(honest.gathered, spec=spec)), "none that this version reads: model")


def _without_counts(finding: Finding) -> Finding:
    return with_bounds(finding, basis=None, recomputable=Recomputable.EVIDENCE)


def test_verify_asks_as_much_as_the_host(honest: Record, tmp_path: Path) -> None:
    """A signed record that names the sources of its program has passed all of this, or nobody has to believe it."""
    key, page = generate("ed25519"), b"<!doctype html>\n<html lang=en><title>r</title><p>r</p></html>\n"
    edits = {
        "It is computed by": ("BUSI-1", _wrapped(_scaled)),
        "the counts are missing": ("BUSI-1", _without_counts),
        "It says a gain of": (GAIN, lambda f: told(f, 0.7, 0.1)),
        "the recorded costs": (SAVINGS, lambda f: told(f, 5000.0, 10.0)),
    }
    for words, (code, edit) in edits.items():
        claim = statement([Subject("report", hashlib.sha256(page).hexdigest())], to_plain(forged(honest, code, edit)))
        (tmp_path / "report.html").write_bytes(sign_report(unsigned_report(page, claim), key))
        with pytest.raises(InvalidReport, match=words):
            verify(tmp_path / "report.html", [key.public])


def test_a_record_of_before(honest: Record) -> None:
    """One that does not name the sources of its program may lack the counts; what it holds must follow all the same."""
    check(forged(honest, "BUSI-1", _without_counts))
    assert Question.BUSINESS is honest.answers[1].question
