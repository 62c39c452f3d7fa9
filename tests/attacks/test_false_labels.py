"""Records whose findings are called something else than they are, or stand aside where they have to count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from readiness.core.errors import InvalidReport, ReviewError
from readiness.core.files import Role
from readiness.core.findings import (
    Answer,
    Bounds,
    Criterion,
    Estimate,
    Finding,
    Origin,
    Outcome,
    Question,
    Recomputable,
)
from readiness.core.policy import Task
from readiness.run.host_checks import Digests, check_record
from readiness.spec.load import load_spec
from readiness.verdict.checks import check
from readiness.verdict.comparison import NAMED_BY_SPEC, other_bars, relabelled
from readiness.verdict.recomputation.shapes import recorded_spec
from readiness.verdict.record import Record, signed_form
from tests.attacks.test_bounds import forged, found, write
from tests.walking import walk

pytestmark = pytest.mark.slow

DEFICIT, COVERAGE, CRITICAL = "SEGM-1-2-ACCURACY", "SEGM-1-COVERAGE-ACCURACY", "SEGM-1-CRITICAL-ACCURACY"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Three regions: the first has too few rows, the second is critical."""
    path = write(tmp_path_factory.mktemp("labels"))
    text = path.read_text().replace("segments: [region]", "segments: [{column: region, critical: [south]}]")
    path.write_text(text)
    record = signed_form(walk(path, figures=False).record)
    check(record, counted=True)
    assert all(found(record, f"SEGM-1-{j}-ACCURACY").blocking for j in (2, 3))
    return record


def refusal(record: Record) -> str:
    with pytest.raises(InvalidReport) as caught:
        check(record, counted=True)
    return caught.value.message


def with_numbers(finding: Finding, value: float, **more: object) -> Finding:
    """Invented numbers far on the good side, from nothing that could be recomputed."""
    assert finding.measured is not None and finding.bounds is not None  # noqa: PT018
    measured = replace(finding.measured, value=value, low=value - 0.01, high=value + 0.01)
    bounds = replace(
        finding.bounds,
        lower=value - 0.005,
        upper=value + 0.005,
        basis=None,
        recomputable=Recomputable.NO,
        claims=0,
        adjustment="none",
    )
    return replace(finding, measured=measured, bounds=bounds, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["no such metric", "size_mb", "Accuracy ", ""])
@pytest.mark.parametrize("code", [DEFICIT, "BUSI-1", "BASE-LIFT-MAJORITY", "ERRO-SAVINGS"])
def test_numbers_of_another_metric_are_refused(honest: Record, code: str, name: str) -> None:
    """Called so, a share would need no counts, a gain no interval, and nobody could recompute either."""
    value = -0.3 if code == DEFICIT else 0.99
    record = forged(honest, code, lambda finding: with_numbers(finding, value, metric=name))
    assert f"Finding {code} holds numbers of another metric" in refusal(record)


def test_a_requirement_keeps_the_words_of_its_spec(honest: Record) -> None:
    record = forged(honest, "BUSI-1", lambda finding: replace(finding, name="Find one in two"))
    assert "Finding BUSI-1 is called otherwise" in refusal(record)


@pytest.mark.parametrize("code", ["BUSI-2", "PROD-PROBE-ONE-ROW", "PROD-BOX-MONITORING"])
def test_the_host_knows_names_that_no_data_tell(honest: Record, code: str) -> None:
    spec = recorded_spec(honest)
    record = forged(honest, code, lambda finding: replace(finding, name="Something milder"))
    assert () == relabelled(honest.answers, spec, Task.BINARY, NAMED_BY_SPEC)
    assert (code,) == relabelled(record.answers, spec, Task.BINARY, NAMED_BY_SPEC)


def test_what_is_judged_by_its_outcome_takes_no_bar(honest: Record) -> None:
    """A probe that could not be made does not become a yes by a number and a bar of somebody's own."""
    code = "PROD-PROBE-ONE-ROW"
    bounds, bar = Bounds(1.0, 1.0, 0.05), Criterion(">=", 0.0, refutable=False)
    exact = Estimate(1.0, 1.0, 1.0, 1.0, 1)
    record = forged(honest, code, lambda f: replace(f, outcome=None, measured=exact, bounds=bounds, criterion=bar))
    assert (code,) == other_bars(record.answers, recorded_spec(honest), Task.BINARY)
    assert code in refusal(record)


def test_bounds_and_an_outcome_exclude_each_other(honest: Record) -> None:
    record = forged(honest, DEFICIT, lambda finding: replace(finding, outcome=Outcome.NOT_APPLICABLE))
    assert f"Finding {DEFICIT} has bounds, and an outcome" in refusal(record)


def test_no_finding_of_ours_is_marked_as_the_users_own(honest: Record) -> None:
    record = forged(honest, DEFICIT, lambda finding: replace(finding, origin=Origin.OWN))
    assert f"Finding {DEFICIT} is marked as one of the user's own" in refusal(record)


def edit_segments(record: Record, edit: Callable[[Finding], Finding]) -> Record:
    answer = record.answer(Question.SEGMENTS)
    edited = Answer(answer.question, tuple(map(edit, answer.findings)))
    return replace(record, answers=tuple(edited if each is answer else each for each in record.answers))


def test_a_segment_has_one_name(honest: Record) -> None:
    """The failing one is not called by the name of another."""
    record = forged(honest, DEFICIT, lambda finding: replace(finding, segment={"region": "nowhere"}))
    assert "calls its segment otherwise" in refusal(record)

    def second_as_first(finding: Finding) -> Finding:
        is_second = finding.key.number("segment") == 2
        return replace(finding, segment={"region": "north"}) if is_second else finding

    assert "several segments of SEGM-1 the same" in refusal(edit_segments(honest, second_as_first))


def test_segments_that_stand_aside_are_not_covered(honest: Record) -> None:
    """A coverage that counts them, and critical ones of which none is said to be small, contradict it."""

    def put_aside(finding: Finding) -> Finding:
        return replace(finding, blocking=False, withheld="too few rows")

    record = forged(honest, DEFICIT, put_aside)
    assert f"Finding {COVERAGE} counts segments that stand aside" in refusal(record)
    rows = found(honest, "SEGM-1-3-ROWS").measured
    assert rows is not None

    def lowered(finding: Finding) -> Finding:
        share = round(rows.value / 300, 10)
        assert finding.measured is not None and finding.bounds is not None  # noqa: PT018
        measured = replace(finding.measured, value=share, low=share, high=share)
        return replace(finding, measured=measured, bounds=replace(finding.bounds, lower=share, upper=share))

    assert f"Finding {CRITICAL} counts segments that stand aside" in refusal(forged(record, COVERAGE, lowered))


def test_a_file_that_is_named_twice_has_one_digest(honest: Record, tmp_path: Path) -> None:
    """The right one beside a false one of the same name does not hide it, whichever stands last."""
    loaded = load_spec(write(tmp_path).resolve())
    test = next(each for each in Digests.of(loaded).inputs if each.role is Role.TEST)
    digests = Digests((test,), {})
    false = replace(test, sha256="0" * 64)
    kept = tuple(each for each in honest.gathered.inputs if each.role is not Role.TEST)
    for inputs in ((false, test), (test, false), (false,)):
        record = replace(honest, gathered=replace(honest.gathered, inputs=(*kept, *inputs)))
        with pytest.raises(ReviewError, match="about other files"):
            check_record(record, loaded, digests)


@pytest.mark.parametrize("changes", [{"level": 2.0}, {"level": 0.0}, {"low": 0.5, "high": 0.6}])
def test_an_interval_on_the_rows_is_one(honest: Record, changes: dict[str, float]) -> None:
    """As in the answers: at a confidence that there is, around what was measured."""
    soundness = honest.soundness
    assert soundness is not None
    first = next(finding for finding in soundness.findings if finding.measured is not None)
    assert first.measured is not None and first.measured.value < 0.5  # noqa: PT018
    edited = replace(first, measured=replace(first.measured, **changes))
    findings = tuple(edited if each is first else each for each in soundness.findings)
    record = replace(honest, soundness=replace(soundness, findings=findings))
    assert f"The interval of finding {first.code}" in refusal(record)
