"""The record as whoever verifies it will read it. The signed text keeps the keys of its objects sorted, and no other
order, so whatever is to be made again from it must be made from this form.
"""

from __future__ import annotations

from typing import Any

from readiness.verdict.record import Record, from_plain, to_plain


def signed_form(record: Record) -> Record:
    """The same record after it was written and read."""
    return from_plain(_sorted(to_plain(record)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(part) for part in value] if isinstance(value, list) else value
