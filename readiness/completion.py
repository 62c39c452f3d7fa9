"""Was the notebook walked to its end, in this very run? Only its outputs say so; papermill's marks do not."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import Any

from readiness.answers import Question
from readiness.exceptions import IncompleteRecord

COMPLETE_MIME = "application/vnd.readiness.complete+json"


def check_complete(notebook: Any, nonce: str) -> None:
    """Refuse a notebook that did not run whole, or whose completion mark is of another run.

    Raises:
        IncompleteRecord: naming what is missing.
    """
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and cell.source.strip() and cell.get("execution_count") is None:
            raise IncompleteRecord(f"Cell {number} of the notebook was not executed.", remedy=_REMEDY)
    outputs = list(_outputs(notebook))
    if any(output.get("output_type") == "error" for output in outputs):
        raise IncompleteRecord("A cell of the notebook ended with an error.", remedy=_REMEDY)
    marks = [output["data"][COMPLETE_MIME] for output in outputs if COMPLETE_MIME in output.get("data", {})]
    if len(marks) != 1 or not isinstance(marks[0], dict):
        raise IncompleteRecord(
            f"The notebook shows {len(marks)} completion marks; expected one, from its last cell.",
            remedy="The last cell of a template calls complete(nonce), once.",
        )
    found = marks[0].get("nonce")
    if not isinstance(found, str) or not hmac.compare_digest(found.encode(), nonce.encode()):
        raise IncompleteRecord(
            "The notebook's completion mark is not of this run.",
            remedy="The last cell of a template calls complete(nonce) with the nonce that it was handed.",
        )
    if marks[0].get("answers") != len(Question):
        raise IncompleteRecord("The notebook's completion mark does not speak of six answers.", remedy=_REMEDY)


_REMEDY = "Run the review again; if it happens again, compare the template with the package's own."


def _outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])
