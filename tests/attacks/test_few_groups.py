"""A candidate whose few failures come from a handful of groups, and a record that says they do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Finding, Recomputable, Status, recompute
from readiness.statistics.basis import IN_GROUPS
from readiness.verdict.checks import check
from readiness.verdict.decision import decide
from readiness.verdict.record import Record
from tests.walking import vouched_for, walk

pytestmark = pytest.mark.slow

SPEC = """\
model: {name: Tiny Model, version: "1.0", predictions: {label: pred}}
data: {test: test.csv, target: y, positive: 1, group: user, segments: [region]}
business:
  requirements: [{says: Find them, metric: recall, at_least: 0.8}]
"""


def review(folder: Path, missing_users: int) -> Record:
    """Forty users of forty rows, half of them positive; 32 misses, all of them of so many users."""
    rows, each = ["y,pred,user,region"], 32 // missing_users
    for user in range(40):
        for i in range(40):
            missed = user < missing_users and i % 2 == 1 and i // 2 < each
            rows.append(f"{i % 2},{0 if missed else i % 2},u{user},{'north' if i % 3 else 'south'}")
    (folder / "test.csv").write_text("\n".join(rows) + "\n")
    (folder / "readiness.yaml").write_text(SPEC + vouched_for("seen"))
    return walk(folder / "readiness.yaml", figures=False).record


def recall(record: Record) -> Finding:
    return next(f for answer in record.answers for f in answer.findings if f.code == "BUSI-1")


def forged(record: Record, edit: Any) -> Record:
    """The record with that finding edited, and its status, answer and verdict made to follow."""
    answers = []
    for answer in record.answers:
        findings = tuple(edit(f) if f.code == "BUSI-1" else f for f in answer.findings)
        edited = replace(answer, findings=tuple(replace(f, status=recompute(f)) for f in findings))
        answers.append(edited)
    decision = decide(answers, rule=record.rule, vouched=record.decision.vouched)
    return replace(record, answers=tuple(answers), decision=decision, verdict=decision.verdict)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return review(tmp_path_factory.mktemp("few"), 4)


def test_misses_of_four_users_approve_nothing(few: Record) -> None:
    """The lower limit lies above the bar, and the claim is not met; what would settle it is said."""
    finding = recall(few)
    assert finding.bounds is not None
    assert finding.bounds.lower is not None and finding.bounds.lower > 0.8  # noqa: PT018
    assert Status.NOT_PROVEN is finding.status
    assert "32 rows that count against it come from few groups, no more than about 4 equal ones" in finding.needs
    assert "5 times as many groups" in finding.needs


def test_the_same_misses_of_many_users_do(tmp_path: Path) -> None:
    """One miss of each of 32 users: the same share, and nothing in the way."""
    assert Status.MET is recall(review(tmp_path, 32)).status


def test_a_record_cannot_drop_what_its_numbers_forbid(few: Record) -> None:
    """Without the words on the groups the finding would be met; its own basis says otherwise."""
    dropped = forged(few, lambda f: replace(f, withheld="", needs=""))
    assert Status.MET is recall(dropped).status
    with pytest.raises(InvalidReport, match="its own numbers forbid that"):
        check(dropped)


def test_a_record_cannot_hide_the_groups(few: Record) -> None:
    """The plain form of a share holds no groups; where the spec names them, it is not taken."""

    def plain(finding: Finding) -> Finding:
        bounds = finding.bounds
        assert bounds is not None and bounds.basis is not None  # noqa: PT018
        assert bounds.basis.form == IN_GROUPS
        numbers = {name: bounds.basis.numbers[name] for name in ("successes", "n", "deff", "df")}
        basis = Basis("share", numbers)
        hidden = replace(bounds, basis=basis, recomputable=Recomputable.COUNTS)
        return replace(finding, bounds=hidden, withheld="", needs="")

    with pytest.raises(InvalidReport, match="do not tell how many groups they come from"):
        check(forged(few, plain))


@pytest.mark.parametrize("groups", [0.5, 1e9, None])
def test_a_record_cannot_invent_groups(few: Record, groups: float | None) -> None:
    """Fewer than one, or more than there are rows."""

    def more(finding: Finding) -> Finding:
        assert finding.bounds is not None and finding.bounds.basis is not None  # noqa: PT018
        numbers = {**finding.bounds.basis.numbers, "miss_groups": groups}
        basis = replace(finding.bounds.basis, numbers=numbers)
        return replace(finding, bounds=replace(finding.bounds, basis=basis), withheld="", needs="")

    with pytest.raises(InvalidReport, match="no rows can give"):
        check(forged(few, more))
