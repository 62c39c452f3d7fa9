"""Questions 3 and 5: deficits in rates that are so small that the stated limit could not be missed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Answer, Status
from readiness.core.policy import Task
from readiness.questions import segments, stability
from readiness.verdict.comparison import other_bars
from tests.questions.conftest import evidence_of

METRICS = {"metrics": ["false_positive_rate"]}


def of_rates(rates, rows, *, truth=0, **parts):
    """Rows of truth 0 (or 1) in regions a, b, …, of which these shares are called positive; as many others are right."""
    frame = pd.DataFrame({"region": np.repeat(list("abcdef")[: len(rates)], rows)})
    hits = np.concatenate([np.arange(rows) < round(rate * rows) for rate in rates]).astype(int)
    frame = pd.concat([frame, frame], ignore_index=True)
    y = np.r_[np.full(len(hits), truth), np.full(len(hits), 1 - truth)]
    said = np.r_[hits, np.full(len(hits), 1 - truth)]
    made = evidence_of(y, said, frame=frame, data={"segments": ["region"]}, **parts)
    return replace(made, rows=frame)


def asked(evidence):
    return segments.ask(evidence, evidence.spec.segments)


def test_fifty_times_the_false_alarms_of_the_others_are_too_many(found):
    """0.2 % elsewhere, 10 % here: less than 0.15 more, and not met."""
    evidence = of_rates([0.002, 0.002, 0.10], 2000, segments=METRICS)
    finding = found(asked(evidence), "SEGM-1-3-FALSE_POSITIVE_RATE")
    assert (Status.NOT_MET, 0.02) == (finding.status, finding.criterion.threshold)
    assert "the limit is 0.02 here" in finding.reason
    assert "above the warning mark of 1.333 points" == finding.warning


def test_equal_groups_with_few_false_alarms_are_met(found):
    answer = asked(of_rates([0.002, 0.003, 0.002], 2000, segments=METRICS))
    assert {Status.MET} == {f.status for f in answer.findings if f.blocking}


def test_a_group_in_which_next_to_nothing_is_found_is_not_met(found):
    """Recall 12 % elsewhere and 1 % here: the limit of 0.15 is more than there is to lose."""
    evidence = of_rates([0.12, 0.12, 0.01], 2000, truth=1, segments={"metrics": ["recall"]})
    finding = found(asked(evidence), "SEGM-1-3-RECALL")
    assert (Status.NOT_MET, 0.06) == (finding.status, finding.criterion.threshold)
    assert "half of what the others have to lose" in finding.reason


@pytest.mark.parametrize("threshold", [0.15, 0.019, 0.02])
def test_the_record_is_held_to_the_scaled_limit(threshold, found):
    evidence = of_rates([0.002, 0.002, 0.10], 2000, segments=METRICS)
    answer, code = asked(evidence), "SEGM-1-3-FALSE_POSITIVE_RATE"
    edited = [
        replace(f, criterion=replace(f.criterion, threshold=threshold)) if f.code == code else f
        for f in answer.findings
    ]
    recorded = [Answer(answer.question, tuple(edited))]
    wrong = other_bars(recorded, evidence.spec, Task.BINARY)
    assert ((code,) if threshold != 0.02 else ()) == wrong


def test_windows_of_a_small_rate_have_a_smaller_limit():
    """F1 of about 0.1 has 0.1 to lose; a half of the period without any hit is not met."""
    n = 20000
    y = np.arange(n) % 2
    said = np.where((y == 1) & (np.arange(n) % 20 < 2) & (np.arange(n) >= n // 2), 1, 0)
    frame = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=n, freq="h")})
    made = evidence_of(y, said, data={"time": "day"}, stability={"windows": 2})
    evidence = replace(made, rows=frame, cases=replace(made.cases, time=np.arange(n)))
    answer = stability.ask(evidence, evidence.spec.stability)
    (first,) = [f for f in answer.findings if f.code == "STAB-WINDOW-1"]
    assert Status.NOT_MET is first.status
    assert 0.05 < first.criterion.threshold < 0.1
    assert () == other_bars([Answer(answer.question, answer.findings)], evidence.spec, Task.BINARY)
