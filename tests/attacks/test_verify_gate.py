"""A report that does not hold, or not any more, or does not say what is required, at a gate that asks for READY."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import InputError, InvalidReport
from readiness.core.findings import Finding
from readiness.signing.keys import PrivateKey, generate, write_key_pair
from readiness.signing.verify import Standing, required_verdict, standing
from readiness.spec.load import load_spec
from readiness.spec.parts import MOST_VALID_DAYS
from readiness.verdict.decision import Verdict, decide
from readiness.verdict.record import Record, last_day
from tests.report.compare.files import report_file
from tests.report.page import records

Run = Callable[..., tuple[int, str, str]]
LAST = date(2027, 5, 21)
"""180 days after 22 November 2026."""


def by_points(record: Record) -> Record:
    """The same answers judged by measured values alone."""
    answers = tuple(
        dataclasses.replace(answer, findings=tuple(by_its_value(finding) for finding in answer.findings))
        for answer in record.answers
    )
    decision = decide(answers, rule="point")
    return dataclasses.replace(record, rule="point", answers=answers, verdict=decision.verdict, decision=decision)


def by_its_value(finding: Finding) -> Finding:
    if finding.bounds is None or finding.measured is None:
        return finding
    value = finding.measured.value
    bounds = dataclasses.replace(finding.bounds, lower=value, upper=value, claims=0, adjustment="none")
    return dataclasses.replace(finding, bounds=bounds)


def current(record: Record) -> Record:
    """Finished a minute ago, whenever this test runs."""
    finished = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    return dataclasses.replace(record, run=dataclasses.replace(record.run, finished=finished))


def over(record: Record) -> Record:
    """Finished so long ago that its 180 days have passed."""
    finished = (datetime.now(UTC) - timedelta(days=182)).isoformat(timespec="seconds")
    return dataclasses.replace(record, run=dataclasses.replace(record.run, finished=finished))


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PrivateKey:
    pair = generate("ed25519")
    write_key_pair(pair, tmp_path / "k.pem", None)
    monkeypatch.chdir(tmp_path)
    return pair


VERDICTS = {
    "ready": (records.ready, 0, "READY"),
    "ready by point estimate": (lambda: by_points(records.ready()), 15, "READY BY POINT ESTIMATE"),
    "not ready": (records.not_ready, 15, "NOT READY"),
}


@pytest.mark.parametrize(("record", "required", "words"), VERDICTS.values(), ids=VERDICTS)
def test_only_ready_passes_where_ready_is_required(
    key: PrivateKey, run: Run, record: Callable[[], Record], required: int, words: str
) -> None:
    """15 for whatever else; the verdict is the first line. Where nothing is required, the report holds."""
    report_file(Path("r.html"), current(record()), key)
    for options, expected in (((), 0), (("--require", "ready"), required)):
        code, said, _ = run("verify", "r.html", "--key", "k.pub", *options)
        assert expected == code
        assert said.startswith(f"Test result: {words}")
        assert ("Required was ready, and this report does not say so." in said) == (expected == 15)
        assert "VALID: r.html" in said


def test_what_comes_first(key: PrivateKey, run: Run) -> None:
    """Not valid, unsigned, expired, another verdict: the first that applies is the number."""
    gate = ("--key", "k.pub", "--require", "ready")
    altered = report_file(Path("altered.html"), over(records.not_ready()), key)
    altered.write_bytes(altered.read_bytes().replace(b"a page", b"b page"))
    report_file(Path("unsigned.html"), over(records.not_ready()))
    report_file(Path("over.html"), over(records.not_ready()), key)
    report_file(Path("other.html"), current(records.not_ready()), key)
    names = ("altered", "unsigned", "over", "other")
    assert [5, 6, 10, 15] == [run("verify", f"{name}.html", *gate)[0] for name in names]


def test_an_expired_report_says_so_first(key: PrivateKey, run: Run) -> None:
    """READY, signed and out of date: 10, and never VALID."""
    report_file(Path("r.html"), over(records.ready()), key)
    code, said, _ = run("verify", "r.html", "--key", "k.pub")
    assert 10 == code
    assert said.startswith("EXPIRED: the last day of this report was ")
    assert "VALID" not in said
    assert "Test result: READY" == said.splitlines()[1]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2027, 5, 21, 23, 59, 59, tzinfo=UTC), Standing.HOLDS),
        (datetime(2027, 5, 22, tzinfo=UTC), Standing.EXPIRED),
        (datetime(2027, 5, 22, 1, tzinfo=timezone(timedelta(hours=2))), Standing.HOLDS),
        (datetime(2027, 5, 21, 23, tzinfo=timezone(timedelta(hours=-2))), Standing.EXPIRED),
    ],
)
def test_the_last_day_still_holds(now: datetime, expected: Standing) -> None:
    """Days are counted in UTC, wherever the clock stands."""
    assert LAST == last_day(records.ready())
    assert expected is standing(records.ready(), now=now)


def test_no_end_never_comes() -> None:
    """A spec that sets none; but whoever sets one that cannot be told is refused."""
    never = dataclasses.replace(records.ready(), about={})
    far = datetime(2999, 1, 1, tzinfo=UTC)
    assert Standing.HOLDS is standing(never, now=far)
    for days in (0, -1, 1.5, "180", True, 10**12, [], {}):
        with pytest.raises(InvalidReport, match=r"valid for|for how many days"):
            standing(dataclasses.replace(never, about={"valid_days": days}), now=far)
    yesterday = dataclasses.replace(records.ready(), run=dataclasses.replace(never.run, finished="yesterday"))
    with pytest.raises(InvalidReport, match="last day cannot be told"):
        standing(yesterday, now=far)


@pytest.mark.parametrize(
    "word", ["", "READY", "not_ready", "ready_by_point_estimate", "ready,not_ready", "any", "re\ndy"]
)
def test_nothing_else_can_be_required(key: PrivateKey, run: Run, word: str) -> None:
    """A word that is misspelt must not open the gate: bad input, before the report is read."""
    report_file(Path("r.html"), current(records.ready()), key)
    code, said, complained = run("verify", "r.html", "--key", "k.pub", "--require", word)
    assert (2, "") == (code, said)
    assert "accepts only ready" in complained
    with pytest.raises(InputError):
        required_verdict(word)


def test_the_numbers_are_the_contract() -> None:
    """Pipelines rely on them."""
    numbers = {"HOLDS": 0, "NOT_VALID": 5, "UNSIGNED": 6, "EXPIRED": 10, "OTHER_VERDICT": 15}
    assert numbers == {state.name: state.value for state in Standing}
    assert Verdict.READY is required_verdict("ready")
    assert required_verdict(None) is None


@pytest.mark.parametrize("days", [0, -1, MOST_VALID_DAYS + 1, 10**9])
def test_a_spec_cannot_make_a_report_that_holds_for_ever(review_files: Callable[..., Path], days: int) -> None:
    """1 to 1,096 days; the message says why."""
    with pytest.raises(InputError, match=r"1 to 1,096 days.*says little about the model"):
        load_spec(review_files({"about": {"valid_days": days}}))


@pytest.mark.parametrize("days", [1, MOST_VALID_DAYS])
def test_the_bounds_themselves_are_taken(review_files: Callable[..., Path], days: int) -> None:
    """Both ends belong to what is allowed."""
    loaded: Any = load_spec(review_files({"about": {"valid_days": days}}))
    assert days == loaded.spec.about.valid_days
