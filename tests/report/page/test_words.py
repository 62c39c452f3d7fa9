"""Words in cells: metrics, what is exact, warnings, outcomes."""

from __future__ import annotations

import dataclasses

from readiness.core.findings import Outcome, Status
from readiness.report.page.tables import outcome_mark, status_cell, title_of, without_chance
from tests.literal_answers import finding


def test_the_users_own_metric_keeps_its_name() -> None:
    """Known metrics head a column with a capital, own ones as they were named."""
    assert ["Recall", "ROC AUC", "netGain"] == [title_of(name) for name in ("recall", "roc_auc", "netGain")]


def test_only_what_is_exact_is_called_exact() -> None:
    """A reading is made once, a half-width is an estimate, a file's size is exact."""
    exact = finding("PROD-SIZE", "Model size", 3.0, 3.0, 3.0, "<=", 5, metric="size_mb")
    memory = dataclasses.replace(exact, key="PROD-MEMORY", metric="memory_mb")
    timed = dataclasses.replace(exact, key="BUSI-1", measured_time=True)
    half = dataclasses.replace(exact, key="STAB-HALF-WIDTH", metric="f1")

    assert ["exact", "measured once", "measured once", ""] == [
        without_chance(each) for each in (exact, memory, timed, half)
    ]


def test_a_warning_stands_beside_a_yes() -> None:
    """The label stays with the finding, whatever its status."""
    warned = dataclasses.replace(finding("X", "x", 0.1, 0.0, 0.2, "<", 0.5), warning="above the warning mark of 0.1")

    assert "above the warning mark of 0.1" == status_cell(warned).warning
    refused = dataclasses.replace(warned, status=Status.NOT_MET)
    assert "" == status_cell(refused).warning
    assert "attested" == outcome_mark(Outcome.ATTESTED).word
