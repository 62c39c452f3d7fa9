"""The last day on which a report holds by its own spec; one rule for the page, the overview and `verify`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from readiness.exceptions import InvalidReport
from readiness.verdict.record import Record


def last_day(record: Record) -> date | None:
    """The day, in UTC, or None when the spec sets no end: `about.valid_days` after the review was finished.

    Raises:
        InvalidReport: the record sets an end that cannot be told. It must not pass for a report without one.
    """
    days = record.about.get("valid_days")
    if days is None:
        return None
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise InvalidReport("The record says for how many days it is valid, and not as a whole number above 0.")
    try:
        finished = datetime.fromisoformat(record.run.finished)
        moment = finished.astimezone(UTC) if finished.tzinfo else finished
        return (moment + timedelta(days=days)).date()
    except (ValueError, OverflowError) as error:
        raise InvalidReport("The record is valid for some days, and its last day cannot be told from it.") from error


def has_ended(record: Record, now: datetime) -> bool:
    """Whether the last day is over at `now`, a time with its zone.

    Raises:
        InvalidReport: as `last_day`.
    """
    end = last_day(record)
    return end is not None and now.astimezone(UTC).date() > end
