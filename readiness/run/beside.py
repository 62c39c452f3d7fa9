"""Files that a finished review puts beside its report, for whoever runs the model: monitoring plan and schema."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from readiness.core.files import MONITORING, SCHEMA, write_whole
from readiness.verdict.record import Record, signed_form

_BEGINNING = 4096


def write_beside(folder: Path, record: Record) -> tuple[Path, ...]:
    """Write what follows from the record, and give the paths; a file of that name that is none of ours stays.

    Raises:
        ReviewError: a file could not be written.
    """
    from readiness.report.monitoring.files import MARKS, monitoring_yaml, schema_json  # loads what computes numbers

    recorded = signed_form(record)  # in which whoever makes them from the report will read it
    texts = {MONITORING: monitoring_yaml(recorded), SCHEMA: schema_json(recorded)}
    written = []
    for name, text in texts.items():
        path = folder / name
        if text is not None and _is_free(path, MARKS):
            write_whole(path, text.encode("utf-8"))
            written.append(path)
    return tuple(written)


def _is_free(path: Path, marks: Sequence[str]) -> bool:
    """Whether nothing is there, or what an earlier review has written."""
    if not path.exists():
        return True
    try:
        with path.open("rb") as stream:
            beginning = stream.read(_BEGINNING)
    except OSError:
        return False
    return any(mark.encode() in beginning for mark in marks)
