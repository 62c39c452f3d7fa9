"""In which forms can a report be shown? As text for people, and in three forms for programs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from readiness.delivery.verification import Opened
from readiness.exceptions import InputError
from readiness.hints import shown
from readiness.summaries.source import Source

FORMS = ("text", "json", "markdown", "junit")


def shown_as(form: str | None, *, as_json: bool = False) -> str:
    """The form that the options of a command ask for.

    Raises:
        InputError: there is no such form, or two are asked for.
    """
    if as_json and form not in (None, "json"):
        raise InputError(f"Found both --json and --format {shown(form)}; expected one of them.")
    chosen = "json" if as_json else form or "text"
    if chosen not in FORMS:
        raise InputError(f"There is no form {shown(chosen)}.", remedy=f"Choose one of {', '.join(FORMS)}.")
    return chosen


def for_programs(form: str, opened: Opened, report: Path, content: bytes) -> str:
    """The report as "json", "markdown" or "junit"; the same text each time. `content` is what was opened."""
    if form == "json":
        from readiness.as_json import plain

        return json.dumps(plain(opened.record), indent=2, sort_keys=True, ensure_ascii=True) + "\n"
    source = Source(str(report), hashlib.sha256(content).hexdigest(), opened.keyids[0] if opened.signed else "")
    if form == "markdown":
        from readiness.summaries.markdown import markdown

        return markdown(opened.record, source)
    from readiness.summaries.junit import junit

    return junit(opened.record, source).decode("ascii")
