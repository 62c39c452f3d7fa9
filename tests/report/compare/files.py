"""Report files for the tests of comparing: literal records as they would lie on a disk."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

from readiness.report.compare.read import Report
from readiness.signing.keys import PrivateKey
from readiness.signing.reports import Subject, sign_report, statement, unsigned_report
from readiness.verdict.record import Record, to_plain

PAGE = b"<!doctype html>\n<html lang=en><title>r</title><p>a page</p></html>\n"


def report_file(path: Path, record: Record, key: PrivateKey | None = None) -> Path:
    """Write `record` as a report, signed when there is a key; a record without a model file is about predictions."""
    subjects = [Subject("report", hashlib.sha256(PAGE).hexdigest())]
    if len(record.gathered.model.files) == 1:
        subjects.append(Subject("model", record.gathered.model.files[0].sha256))
    file = unsigned_report(PAGE, statement(subjects, to_plain(record)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file if key is None else sign_report(file, key))
    return path


def as_reports(*records: Record) -> tuple[Report, ...]:
    """The same records as if they had been read from unsigned files."""
    letters = "ABCDEFGH"
    return tuple(
        Report(letter, Path(f"{letter}.html"), record, signed=False, keyids=(), proven=False)
        for letter, record in zip(letters, records, strict=False)
    )


def with_facts(record: Record, **changes: Any) -> Record:
    """The record with other facts: name, version, finished, and whatever `Gathered` holds."""
    model = record.gathered.model
    names = {key: changes.pop(key) for key in ("name", "version", "files") if key in changes}
    finished = changes.pop("finished", record.run.finished)
    gathered = dataclasses.replace(record.gathered, model=dataclasses.replace(model, **names), **changes)
    return dataclasses.replace(record, gathered=gathered, run=dataclasses.replace(record.run, finished=finished))
