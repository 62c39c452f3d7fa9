"""The list of demo cases, and how one gets into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from readiness.core.errors import InputError

if TYPE_CHECKING:
    from readiness.demo.material import Material

CASES = ("fraud", "fraud-fixed", "breast-cancer", "diabetes")
"""fraud fails people of 65+; fraud-fixed is the same with complete labels; the others are small and real."""

SPEC_NAME = "readiness.yaml"


def build(case: str, folder: Path) -> Path:
    """Write the tables, models, attestations and spec of a case into `folder`; returns the path of the spec.

    The same library versions give the same bytes. Files of an earlier demo are replaced.

    Raises:
        InputError: unknown case, or a spec in the folder that no demo wrote.
    """
    if case not in CASES:
        raise InputError(f"There is no demo case {case!r}.", remedy=f"Choose one of {', '.join(CASES)}.")
    spec = folder / SPEC_NAME
    if spec.exists() and not _is_ours(spec):
        raise InputError(
            f"{spec} exists and was not written by the demo.", remedy="Name another folder, so that it is kept."
        )
    _material(case).write(folder, spec)
    return spec


def _is_ours(spec: Path) -> bool:
    from readiness.demo.material import MARK

    try:
        return spec.read_bytes().startswith(MARK.encode())
    except OSError as error:
        raise InputError(f"{spec} cannot be read: {error.strerror}.", remedy="Name another folder.") from error


def _material(case: str) -> Material:
    # Imported here because the list of cases is needed where scikit-learn is not.
    from readiness.demo import fraud, others

    makers = {
        "fraud": fraud.incomplete,
        "fraud-fixed": fraud.complete,
        "breast-cancer": others.breast_cancer,
        "diabetes": others.diabetes,
    }
    return makers[case]()
