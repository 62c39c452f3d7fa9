"""Reports for the tests of the card: a literal record, and how it would come out of a file."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from readiness.report.card.content import Source
from readiness.signing.reports import Subject, statement, unsigned_report
from readiness.signing.verify import Opened
from readiness.verdict.record import Record, to_plain
from tests.report.page import records

KEYID = "SHA256:" + "A" * 43
DIGEST = "ab" * 32
PAGE = b"<!doctype html>\n<html lang=en><title>r</title><p>a page</p></html>\n"


def source(record: Record | None = None, *, signed: bool = True, **more: Any) -> Source:
    """A report of the fraud model that is not ready, beside the card."""
    made = record or records.not_ready()
    opened = Opened(made, signed, (KEYID,) if signed else (), "a1" * 32)
    return Source(opened, **{"sha256": DIGEST, "name": "report.html", "path": "report.html", **more})


def report_bytes(record: Record) -> bytes:
    """An unsigned report file around a small page."""
    subjects = [Subject("report", hashlib.sha256(PAGE).hexdigest())]
    subjects += [Subject("model", file.sha256) for file in record.gathered.model.files]
    return unsigned_report(PAGE, statement(subjects, to_plain(record)))


def renamed(record: Record, name: str) -> Record:
    """The same record of a model of another name."""
    model = dataclasses.replace(record.gathered.model, name=name)
    return dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, model=model))


def with_spec(record: Record, spec: dict[str, Any]) -> Record:
    """The same record from another spec."""
    return dataclasses.replace(record, gathered=dataclasses.replace(record.gathered, spec=spec))
