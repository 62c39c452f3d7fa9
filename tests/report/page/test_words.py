"""How a reason reaches the page: our words begin a sentence, other people's words stay as they were written."""

from __future__ import annotations

import dataclasses

import pytest

from readiness.core.findings import Outcome
from readiness.report.page.tables import as_start, claims_table, outcome_mark, status_cell, title_of, without_chance
from tests.literal_answers import finding


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("recall is 0.9 here", "Recall is 0.9 here"),
        ("missed: 31 of 60 rows", "Missed: 31 of 60 rows"),
        ("best-of-three", "Best-of-three"),
        ("ana@example.com, 2026-01-31", "ana@example.com, 2026-01-31"),
        ("iPhone users only", "iPhone users only"),
        ("age_group is missing", "age_group is missing"),
        ("agée, seule", "agée, seule"),
        ("54 of 60 rows", "54 of 60 rows"),
        ("", ""),
    ],
)
def test_only_our_own_words_get_a_capital(text: str, said: str) -> None:
    """Addresses, keys and names are never changed."""
    assert said == as_start(text)


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
    assert "exact" == claims_table([exact], "x").rows[0].cells[4].text


def test_a_warning_stands_beside_a_yes() -> None:
    """The label stays with the finding, whatever its status."""
    warned = dataclasses.replace(finding("X", "x", 0.1, 0.0, 0.2, "<", 0.5), warning="above the warning mark of 0.1")

    assert "above the warning mark of 0.1" == status_cell(warned).warning
    assert "attested" == outcome_mark(Outcome.ATTESTED).word
