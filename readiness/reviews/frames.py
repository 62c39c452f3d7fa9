"""Findings as a DataFrame: one row for each claim, one column for each thing to know, each of one type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.keys import Topic

SHOWN = "shown"
"""The status of what is shown and not judged."""
_BRIEF = ("claim", "status", "measured", "required")
_CLAIM_WIDTH = 38
_NUMBERS = ("measured", "low", "high", "level", "required", "bound_low", "bound_high")


class Findings(pd.DataFrame):
    """A DataFrame whose text starts with what was claimed and found; whatever is made of it is a plain one."""

    def __repr__(self) -> str:
        """Claim, status and numbers in 80 characters, and the names of the other columns."""
        plain = pd.DataFrame(self)
        brief = [name for name in _BRIEF if name in plain]
        others = ", ".join(str(name) for name in plain if name not in brief)
        text = plain[brief].to_string(max_colwidth=_CLAIM_WIDTH, max_rows=60) if brief else super().__repr__()
        return f"{text}\n\nFurther columns: {others}" if brief and others else text


def findings_frame(answers: Iterable[Answer], note: str = "") -> pd.DataFrame:
    """(findings, columns) in the order of the report; `note` stands among its attributes.

    `status` is "shown" where nothing was judged. `required` is the number to which `op` compares; `low` and `high`
    are the two-sided interval, `bound_low` and `bound_high` what was compared. Missing numbers are NaN; `n` is `Int64`;
    question and status are ordered categories. A terminal shows the first few columns and names the others.
    """
    rows = [_frame_row(answer.question, finding) for answer in answers for finding in answer.findings]
    frame = pd.DataFrame(rows, columns=list(_frame_row(Question.BASELINE, _EMPTY)))
    types: dict[str, Any] = dict.fromkeys(_NUMBERS, "float64")
    types |= {
        "n": "Int64",
        "blocking": "bool",
        "question": pd.CategoricalDtype([question.value for question in Question], ordered=True),
        "status": pd.CategoricalDtype([*(status.value for status in Status), SHOWN], ordered=True),
    }
    frame = Findings(frame.astype(types))
    frame.attrs["note"] = note
    return frame


_EMPTY = Finding(Topic.OWN.key(""), "", Status.NOT_ASSESSED)


def _frame_row(question: Question, finding: Finding) -> dict[str, object]:
    measured, criterion, bounds = finding.measured, finding.criterion, finding.bounds
    return {
        "claim": finding.name,
        "status": finding.status.value if finding.blocking else SHOWN,
        "measured": None if measured is None else measured.value,
        "low": None if measured is None else measured.low,
        "high": None if measured is None else measured.high,
        "op": "" if criterion is None else criterion.op,
        "required": None if criterion is None else criterion.threshold,
        "unit": "" if measured is None else measured.unit,
        "n": None if measured is None else measured.n,
        "level": None if measured is None else measured.level,
        "bound_low": None if bounds is None else bounds.lower,
        "bound_high": None if bounds is None else bounds.upper,
        "metric": finding.metric,
        "segment": " and ".join(f"{column} = {value}" for column, value in finding.segment.items()),
        "warning": finding.warning,
        "reason": finding.reason,
        "needs": finding.needs,
        "source": "" if criterion is None else criterion.source,
        "blocking": finding.blocking,
        "question": question.value,
        "code": finding.code,
    }
