"""What the spec says of the answer as one column changes, judged: the share of rows that break it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from readiness.core.counterexamples import Answered, Change, Counterexample, Cure
from readiness.core.findings import Finding, Recomputable, Status
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence.probes.pairs import Broken
from readiness.planning.plan import plan
from readiness.questions import production
from readiness.verdict.claims import claims_of
from readiness.verdict.comparison import missing_codes, other_bars, other_metrics
from tests.questions.conftest import evidence_of, of_cells

RISING = {"column": "income", "direction": "increasing"}
EXAMPLE = Counterexample(Change.RAISED, ("income",), "9", "1", Answered("1", 0.8), Answered("1", 0.2), row=3,
                         cure=Cure.CONSTRAIN)  # fmt: skip


def asked(found: Broken | Missing | None, **given: Any) -> Finding:
    """The finding on one expectation, on 1,000 test rows."""
    key = Topic.INVARIANT.key(1) if "invariant" in given else Topic.MONOTONIC.key(1)
    stated = given or {"monotonic": [RISING]}
    evidence = evidence_of(*of_cells(80, 20, 20, 880), production=stated)
    evidence = replace(evidence, pairs={} if found is None else {key: found}, probes=Missing("not probed"))
    answer = production.ask(evidence, evidence.spec.production)
    finding = next(f for f in answer.findings if f.key == key)
    spec = evidence.spec
    assert () == other_bars([answer], spec, Task.BINARY) == other_metrics([answer], spec, Task.BINARY)
    assert finding.code not in missing_codes([answer], spec, Task.BINARY)
    without = replace(answer, findings=tuple(f for f in answer.findings if f is not finding))
    assert finding.code in missing_codes([without], spec, Task.BINARY)
    return finding


def breaks(count: int, rows: int = 1000, **more: Any) -> Broken:
    broken = np.arange(rows) < count
    return Broken(np.arange(rows), broken, ("1", "9"), True, EXAMPLE if count else None, **more)


def test_no_break_in_enough_rows_is_met() -> None:
    """Of 1,000 rows none: at most 0.3 % of all, by Clopper and Pearson, where 1 % is the bar; anybody recomputes it."""
    finding = asked(breaks(0))
    assert (finding.status, finding.blocking, finding.example) == (Status.MET, True, None)
    assert finding.measured is not None
    assert finding.bounds is not None
    assert (finding.measured.value, finding.measured.n) == (0.0, 1000)
    assert finding.bounds.upper == pytest.approx(1 - 0.05 ** (1 / 1000))
    assert finding.bounds.recomputable is Recomputable.COUNTS


def test_one_break_is_not_met_where_none_is_tolerated() -> None:
    """A counterexample refutes what is said of every row, however rare it is; it stands in the finding."""
    finding = asked(breaks(1))
    assert (finding.status, finding.example) == (Status.NOT_MET, EXAMPLE)
    assert finding.name == "A larger income raises the answer and never lowers it"


@pytest.mark.parametrize(("rows", "status"), [(298, Status.NOT_PROVEN), (299, Status.MET)])
def test_few_rows_without_a_break_prove_nothing(rows: int, status: Status) -> None:
    """299 rows are the fewest that prove one in a hundred."""
    finding = asked(breaks(0, rows))
    assert finding.status is status
    assert ("299 test rows without a break" in finding.needs) is (status is Status.NOT_PROVEN)


@pytest.mark.parametrize(
    ("count", "status"), [(10, Status.MET), (45, Status.NOT_PROVEN), (80, Status.NOT_MET), (0, Status.MET)]
)
def test_a_stated_share_is_judged_like_every_share(count: int, status: Status) -> None:
    """Of 1,000 rows: proven below 5 %, too near to it, proven above."""
    assert (
        asked(breaks(count), monotonic=[{**RISING, "share": 0.05, "says": "more income, more credit"}]).status is status
    )


def test_the_words_of_the_spec_name_it() -> None:
    finding = asked(breaks(0), invariant=[{"column": "gender", "says": "men and women get the same answer"}])
    assert (finding.name, finding.key) == ("men and women get the same answer", Topic.INVARIANT.key(1))


def test_what_was_not_tried_is_no_yes() -> None:
    """Nobody asked the model, or it did not answer: not assessed, with the reason and what would help."""
    for found, reason in (
        (Missing("no such column", "name another"), "no such column"),
        (None, "the model was not asked"),
    ):
        finding = asked(found)
        assert (finding.status, finding.reason, finding.blocking) == (Status.NOT_ASSESSED, reason, True)
        assert finding.needs


def test_a_column_that_the_model_does_not_take_is_warned_of() -> None:
    """It cannot matter by itself, and others may stand in for it."""
    finding = asked(replace(breaks(0), is_feature=False), invariant=[{"column": "gender"}])
    assert (finding.status, finding.warning) == (Status.MET, "the model does not take this column")


def test_plans_tell_how_many_rows_it_takes() -> None:
    """299 rows where no break is tolerated; more where a share is, as some rows will break it."""
    spec = evidence_of(
        *of_cells(80, 20, 20, 880), production={"monotonic": [RISING], "invariant": [{"column": "sex", "share": 0.05}]}
    ).spec
    lines = "\n".join(plan(spec))
    assert "299  production.monotonic, number 1: " in lines
    assert "production.invariant, number 1: " in lines
    assert len(claims_of(spec, Task.BINARY).of_kind(Topic.MONOTONIC, Topic.INVARIANT)) == 2
