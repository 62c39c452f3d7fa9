"""A draft is written whole or not at all, and its texts are read as they were written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from readiness import review
from readiness.core.errors import InputError
from readiness.core.findings import Answer, Question
from readiness.report.sentences.language import Language
from readiness.reviews.display import answer_html
from readiness.reviews.to_spec import _check_free
from tests.conftest import make_rows


def test_a_folder_in_the_place_of_a_file_stops_it_before_the_first(tmp_path: Path) -> None:
    """Or a new model would lie beside the spec of the old one."""
    rows = make_rows(300, 1)
    draft = review(LogisticRegression().fit(rows[["a", "b"]], rows["y"]), rows[["a", "b"]], rows["y"], name="first")
    spec = draft.to_spec(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "test.parquet").unlink()
    (tmp_path / "test.parquet").mkdir()
    with pytest.raises(InputError, match=r"test\.parquet is not a regular file"):
        draft.to_spec(tmp_path, overwrite=True)
    left = {path.name for path in tmp_path.iterdir()}
    assert (set(before), before[spec.name]) == (left, spec.read_bytes())


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda path: path.mkdir(), "is not a regular file"),
        (lambda path: path.symlink_to(path), "is not a regular file"),
        (lambda path: path.symlink_to("nowhere"), "is not a regular file"),
    ],
    ids=["folder", "link in a circle", "link to nothing"],
)
def test_only_files_are_replaced(made: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    """Whatever else lies there is named, with and without leave to replace."""
    made(tmp_path / "model.joblib")
    for overwrite in (True, False):
        with pytest.raises(InputError, match=said):
            _check_free(tmp_path, ["model.joblib", "readiness.yaml"], overwrite=overwrite)


@pytest.mark.parametrize(
    ("folder", "said"),
    [(os.fsdecode(b"d\xe4"), "not UTF-8"), ("a" * 300, "cannot be looked at"), ("a\0b", "cannot be looked at")],
)
def test_a_folder_that_cannot_be_is_refused_in_words(folder: str, said: str, tmp_path: Path) -> None:
    """Bad input, not an error of the system."""
    with pytest.raises(InputError, match=said):
        _check_free(tmp_path / folder, ["readiness.yaml"], overwrite=False)


def test_names_are_not_typeset_as_formulas() -> None:
    """JupyterLab and its forerunners leave $ alone in elements of these classes."""
    shown = answer_html(Answer(Question.BUSINESS, ()), (), Language(), is_draft=False)
    assert shown.startswith('<div class="mathjax_ignore tex2jax_ignore" style="')
