"""Templates are found beside the package."""

from __future__ import annotations

import pytest

from readiness.core.errors import ReviewError
from readiness.core.program import template_path


def test_the_page_template_is_found() -> None:
    """The folder holds the page, its style and nbconvert's own configuration."""
    names = {path.name for path in template_path("page").iterdir()}
    assert {"index.html.j2", "style.css", "conf.json"} <= names


def test_a_missing_template_is_an_error_with_a_remedy() -> None:
    """The message names both places."""
    with pytest.raises(ReviewError, match=r"neither in .* nor in") as caught:
        template_path("nowhere")
    assert "Install" in caught.value.remedy
