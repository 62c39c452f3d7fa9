"""What a cell of the notebook shows is read as it was written."""

from __future__ import annotations

from typing import Any

import pytest

from readiness.core.findings import Answer, Question
from readiness.reviews import notebook


def test_names_are_not_typeset_as_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column called $x_1$ is no formula: everything stands in an element in which $ is left alone."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(notebook, "_display_raw", shown.append)
    notebook.show(Answer(Question.BUSINESS, ()))
    (bundle,) = shown
    assert bundle["text/html"].startswith('<div class="mathjax_ignore tex2jax_ignore">')
    assert bundle["text/html"].endswith("</div>")
