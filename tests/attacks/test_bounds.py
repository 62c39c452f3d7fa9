"""A template in the candidate's process that edits the judged limits of an answer, in every way that pays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import IncompleteRecord, InvalidReport
from readiness.core.findings import Basis, Bounds, Finding, Recomputable, Status, recompute
from readiness.signing.keys import generate
from readiness.signing.reports import Subject, sign_report, statement, unsigned_report
from readiness.signing.verify import verify
from readiness.statistics.basis import inference_of
from readiness.verdict.checks import check
from readiness.verdict.decision import decide
from readiness.verdict.record import Record, to_plain
from tests.walking import walk

pytestmark = pytest.mark.slow

SPEC = """\
model: {name: Tiny Model, version: "1.0", predictions: {label: pred, score: score}}
data: {test: test.csv, target: y, positive: 1, segments: [region]}
business:
  requirements:
    - {says: Find them, metric: recall, at_least: 0.95}
    - {says: Few false alarms, metric: false_positive_rate, at_most: 0.1}
    - {says: Balance, metric: f1, at_least: 0.95}
    - {says: Rank them, metric: roc_auc, at_least: 0.99}
    - {says: Weigh recall, metric: f2, at_least: 0.95}
segments: {metrics: [accuracy], fairness: {demographic_parity_difference: 0.2}}
errors: {costs: {false_positive: 1, false_negative: 5}}
"""
REGIONS = ("north", "south", "west")
COUNTED = ("BUSI-1", "BUSI-3", "SEGM-1-1-ACCURACY", "SEGM-1-FAIR-DEMOGRAPHIC_PARITY_DIFFERENCE")
BY_FORMULA = "BUSI-4"
DRAWN = "BUSI-5"


def write(folder: Path) -> Path:
    """Three hundred rows, half of them positive, of which the candidate misses one in ten."""
    rows = ["y,pred,score,region"]
    for i in range(300):
        y, wrong = i % 2, i % 20 in (1, 8)
        pred = 1 - y if wrong else y
        rows.append(f"{y},{pred},{0.2 + 0.6 * pred + 0.01 * (i % 13):.2f},{REGIONS[i * i % 7 % 3]}")
    (folder / "test.csv").write_text("\n".join(rows) + "\n")
    (folder / "readiness.yaml").write_text(SPEC)
    return folder / "readiness.yaml"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return walk(write(tmp_path_factory.mktemp("honest")), figures=False).record


def found(record: Record, code: str) -> Finding:
    return next(f for answer in record.answers for f in answer.findings if f.code == code)


def forged(record: Record, code: str, edit: Callable[[Finding], Finding]) -> Record:
    """The record with one finding edited, and all that follows from it made to follow: statuses, answers, verdict."""
    answers = []
    for answer in record.answers:
        findings = tuple(edit(f) if f.code == code else f for f in answer.findings)
        findings = tuple(replace(f, status=recompute(f)) for f in findings)
        edited = replace(answer, findings=findings)
        answers.append(edited)
    decision = decide(answers, rule=record.rule)
    return replace(record, answers=tuple(answers), decision=decision, verdict=decision.verdict)


def refused(record: Record, *words: str) -> None:
    with pytest.raises(InvalidReport) as caught:
        check(record)
    for word in words:
        assert word in caught.value.message


def with_bounds(finding: Finding, **changes: Any) -> Finding:
    assert finding.bounds is not None
    return replace(finding, bounds=replace(finding.bounds, **changes))


def shifted(number: float | None, by: float) -> float | None:
    return None if number is None else round(number + by, 10)


def moved(finding: Finding, by: float) -> Finding:
    """Value, interval and bounds all moved alike."""
    measured, bounds = finding.measured, finding.bounds
    assert measured is not None and bounds is not None  # noqa: PT018
    ends = {name: shifted(getattr(measured, name), by) for name in ("value", "low", "high")}
    limits = {name: shifted(getattr(bounds, name), by) for name in ("lower", "upper")}
    return replace(finding, measured=replace(measured, **ends), bounds=replace(bounds, **limits))  # type: ignore[arg-type]


def basis(finding: Finding) -> Basis:
    assert finding.bounds is not None and finding.bounds.basis is not None  # noqa: PT018
    return finding.bounds.basis


def computed(finding: Finding, made: Basis) -> Finding:
    """A finding whose value, interval and bounds all follow from another basis."""
    measured, bounds, criterion = finding.measured, finding.bounds, finding.criterion
    assert measured is not None and bounds is not None and criterion is not None  # noqa: PT018
    inference = inference_of(made)
    low, high = inference.interval(measured.level)
    alphas = bounds.alphas(criterion)
    limits = Bounds.rounded(inference.lower(alphas[0]), inference.upper(alphas[1]), bounds.alpha)
    return replace(
        finding,
        measured=replace(measured, value=inference.value, low=low, high=high, n=inference.n),
        bounds=replace(bounds, lower=limits.lower, upper=limits.upper, basis=made),
    )


def test_an_honest_record_holds(honest: Record) -> None:
    """The control; and an edit that changes nothing is none."""
    check(honest, counted=True)
    check(forged(honest, "BUSI-1", lambda f: f))
    assert Status.NOT_MET is found(honest, "BUSI-1").status
    kinds = {code: found(honest, code).bounds for code in (*COUNTED, BY_FORMULA, DRAWN)}
    assert all(bounds is not None for bounds in kinds.values())
    assert {Recomputable.COUNTS} == {kinds[code].recomputable for code in COUNTED}  # type: ignore[union-attr]
    assert {Recomputable.EVIDENCE} == {kinds[code].recomputable for code in (BY_FORMULA, DRAWN)}  # type: ignore[union-attr]


@pytest.mark.parametrize("code", [*COUNTED, BY_FORMULA, DRAWN])
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_a_limit_that_crosses_the_value_is_refused(honest: Record, code: str, side: str) -> None:
    """Only the bounds move, beyond what was measured."""
    beyond = 0.5 if side == "lower" else -0.5
    value = found(honest, code).measured.value  # type: ignore[union-attr]
    edited = forged(honest, code, lambda f: with_bounds(f, **{side: round(value + beyond, 10)}))
    refused(edited, code, "leave out the measured value")


@pytest.mark.parametrize("code", [*COUNTED, BY_FORMULA])
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_only_bounds_move(honest: Record, code: str, side: str) -> None:
    """A limit pulled in to the measured value encloses it, and is not what the record's own numbers give."""
    value = found(honest, code).measured.value  # type: ignore[union-attr]
    refused(forged(honest, code, lambda f: with_bounds(f, **{side: value})), code, f"Its {side} bound is")


@pytest.mark.parametrize("code", [*COUNTED, BY_FORMULA])
def test_bounds_and_value_move(honest: Record, code: str) -> None:
    """Everything that is shown is moved alike; what it was computed from is not."""
    refused(forged(honest, code, lambda f: moved(f, 0.02)), code, "Its value is")


def test_counts_move_too_but_not_the_matrix(honest: Record) -> None:
    """A finding that is consistent in itself, and counts other rows than question 4."""

    def all_found(finding: Finding) -> Finding:
        numbers = basis(finding).numbers
        alone = with_bounds(finding, claims=1, adjustment="none")
        return computed(alone, replace(basis(finding), numbers={**numbers, "successes": numbers["n"]}))

    edited = forged(honest, "BUSI-1", all_found)
    assert Status.MET is found(edited, "BUSI-1").status
    refused(edited, "BUSI-1 counts 150 of 150", "the right and wrong rows of question 4 give 135 of 150")


def test_more_of_the_same_rows(honest: Record) -> None:
    """The same share of a hundred times the rows has narrow limits, and rows that were never scored."""

    def repeated(finding: Finding) -> Finding:
        numbers = {**basis(finding).numbers}
        numbers |= {name: 100 * (numbers[name] or 0) for name in ("successes", "n")}
        return computed(finding, replace(basis(finding), numbers=numbers))

    refused(forged(honest, "BUSI-2", repeated), "BUSI-2 counts 1,500 of 15,000")


def test_a_segment_borrows_rows_from_the_others(honest: Record) -> None:
    """Inside and outside together are all rows that question 4 counts."""

    def borrowed(finding: Finding) -> Finding:
        outside, inside = basis(finding).parts
        better = replace(inside, numbers={**inside.numbers, "successes": inside.numbers["n"]})
        edited = computed(finding, replace(basis(finding), parts=(outside, better)))
        return replace(edited, measured=replace(edited.measured, n=finding.measured.n))  # type: ignore[arg-type,type-var,union-attr]

    refused(forged(honest, "SEGM-1-1-ACCURACY", borrowed), "SEGM-1-1-ACCURACY counts 274 of 300", "270 of 300")


def test_the_share_of_many_claims_is_inflated(honest: Record) -> None:
    """Divided by enough claims, no limit is on the wrong side."""

    def hushed(finding: Finding) -> Finding:
        assert finding.bounds is not None
        assert finding.criterion is not None
        many = replace(finding.bounds, claims=10_000, adjustment="Holm: upper limit at 5e-06, 10000 claims")
        return computed(replace(finding, bounds=many), basis(finding))

    edited = forged(honest, "BUSI-1", hushed)
    assert Status.NOT_PROVEN is found(edited, "BUSI-1").status
    refused(edited, "BUSI-1 divides the chance of error 0.05 by 10000 claims; its question has")
    refused(forged(honest, "BUSI-1", lambda f: with_bounds(f, claims=10_000)), "The words on the adjustment")


def test_another_chance_of_error(honest: Record) -> None:
    """Limits at 30 % are narrower; the spec allows 5 %."""

    def careless(finding: Finding) -> Finding:
        return computed(with_bounds(finding, alpha=0.3, claims=0, adjustment="none"), basis(finding))

    refused(forged(honest, "BUSI-1", careless), "Its bounds may err with chance 0.3; the spec allows 0.05")


@pytest.mark.parametrize("code", [*COUNTED, BY_FORMULA])
@pytest.mark.parametrize("end", ["low", "high"])
def test_the_interval_says_otherwise(honest: Record, code: str, end: str) -> None:
    """What is shown is narrower than what was judged."""
    value = found(honest, code).measured.value  # type: ignore[union-attr]
    edited = forged(honest, code, lambda f: replace(f, measured=replace(f.measured, **{end: value})))  # type: ignore[arg-type,type-var]
    refused(edited, code, "Its interval's")


def test_limits_that_no_formula_gives_are_held_to_the_interval(honest: Record) -> None:
    """The limit with the smaller chance of error lies farther out, whichever was drawn."""
    measured = found(honest, DRAWN).measured
    assert measured is not None
    assert measured.low is not None
    farther = round(measured.low - 0.01, 10)
    refused(forged(honest, DRAWN, lambda f: with_bounds(f, lower=farther)), DRAWN, "contradicts its interval")
    refused(forged(honest, DRAWN, lambda f: with_bounds(f, upper=measured.value)), DRAWN, "contradicts its interval")


def test_counts_cannot_be_kept_back(honest: Record) -> None:
    """Without the counts nothing could be recomputed; a share of rows always has them."""
    for how in (Recomputable.EVIDENCE, Recomputable.NO):
        for code in COUNTED:
            hidden = forged(honest, code, lambda f, how=how: with_bounds(f, basis=None, recomputable=how))  # type: ignore[misc]
            with pytest.raises(InvalidReport, match=f"{code} judges a share of rows, and the counts are missing"):
                check(hidden, counted=True)
    labelled = forged(honest, "BUSI-1", lambda f: with_bounds(f, recomputable=Recomputable.NO))
    refused(labelled, "BUSI-1", "It says that its bounds can be recomputed from no")


def test_a_share_is_not_exact(honest: Record) -> None:
    """What chance plays no part in has no interval; a recall is not of that kind, nor is a ranking."""

    def exact(finding: Finding) -> Finding:
        measured = finding.measured
        assert measured is not None
        sure = replace(measured, value=0.999, low=0.999, high=0.999, level=1.0)
        limits = {"lower": 0.999, "upper": 0.999, "claims": 0, "adjustment": "none", "basis": None}
        return replace(with_bounds(finding, **limits), measured=sure)

    for code in ("BUSI-1", BY_FORMULA, DRAWN):
        refused(forged(honest, code, exact), code, "called exact, and chance plays a part")


def test_rows_that_do_not_depend_have_no_design(honest: Record) -> None:
    """No number of the attacker's choice enters the formula of a share."""

    def designed(finding: Finding) -> Finding:
        return computed(finding, replace(basis(finding), numbers={**basis(finding).numbers, "deff": 2.0}))

    refused(forged(honest, "BUSI-1", designed), "the spec names none")
    impossible = {"successes": 151.0}, {"n": 0.0}, {"deff": 0.01}, {"n": 150.5}, {"df": 0.1}, {"n": None}
    for numbers in impossible:
        made = replace(basis(found(honest, "BUSI-1")), numbers={**basis(found(honest, "BUSI-1")).numbers, **numbers})
        refused(forged(honest, "BUSI-1", lambda f, made=made: with_bounds(f, basis=made)), "BUSI-1")  # type: ignore[misc]


def test_a_basis_that_is_none(honest: Record) -> None:
    """Unknown formulas, missing parts and endless nests are refused, not crashed over."""
    share = basis(found(honest, "BUSI-1"))
    nest = share
    for _ in range(20):
        nest = Basis("f1", {}, (nest,))
    odd = (
        Basis("os.system", {}),
        Basis("f1", {}, ()),
        Basis("mover", {"factor": 1.0, "correlation": 0.0}, (share, Basis("widening", {"ratio": 1.0, "df": None}))),
        Basis("share", {}),
        nest,
    )
    for made in odd:
        refused(forged(honest, "BUSI-1", lambda f, made=made: with_bounds(f, basis=made)), "BUSI-1")  # type: ignore[misc]


def test_the_matrix_cannot_be_left_out(honest: Record) -> None:
    """Without it nothing would tie the counts together."""
    answers = tuple(
        replace(a, findings=tuple(f for f in a.findings if f.code not in ("ERRO-TP", "ERRO-FN")))
        for a in honest.answers
    )
    refused(replace(honest, answers=answers), "rows")


def test_verify_refuses_what_the_signer_signed(honest: Record, tmp_path: Path) -> None:
    """A signature does not make limits true."""
    key, page = generate("ed25519"), b"<!doctype html>\n<html lang=en><title>r</title><p>r</p></html>\n"
    for record, holds in ((honest, True), (forged(honest, "BUSI-1", lambda f: with_bounds(f, lower=0.96)), False)):
        claim = statement([Subject("report", hashlib.sha256(page).hexdigest())], to_plain(record))
        (tmp_path / "report.html").write_bytes(sign_report(unsigned_report(page, claim), key))
        if holds:
            verify(tmp_path / "report.html", [key.public])
        else:
            with pytest.raises(InvalidReport, match="BUSI-1 does not hold"):
                verify(tmp_path / "report.html", [key.public])


TEMPLATE = """\
from dataclasses import replace
from readiness.core.findings import Answer, Question, recompute
def better(f):
    f = replace(f, bounds=replace(f.bounds, lower=0.97, upper=0.99)) if f.criterion.wants_more else f
    return replace(f, status=recompute(f))
honest = review._answering.answer
changed = Answer(Question.BUSINESS, tuple(better(f) for f in review.business.findings))
review._answering.answer = lambda asked, *more: changed if asked is changed.question else honest(asked, *more)
review.business
"""


def test_the_host_refuses_the_template(tmp_path: Path) -> None:
    """Exit code 4 and no page."""

    def edit(notebook: Any) -> None:
        next(cell for cell in notebook.cells if cell.id == "business").source = TEMPLATE

    with pytest.raises(IncompleteRecord, match="Finding BUSI-1 does not hold") as caught:
        walk(write(tmp_path), figures=False, edit=edit)
    assert 4 == caught.value.exit_code
