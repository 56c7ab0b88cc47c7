"""Times in a zone: what a calendar date is as an instant, and arithmetic that is about instants, not about dates.

Python's aware datetimes add to the wall clock and know of times that do not exist; Go's never do either, and schedules
follow Go.

Source: Go's ``time.Date``, ``Time.Add`` and ``Time.AddDate``.
"""

from datetime import UTC, datetime, timedelta, tzinfo


def at(zone: tzinfo, wall: datetime) -> datetime:
    """The instant at which a clock in the zone shows this; for a time that is skipped, one near it."""
    naive = wall.replace(tzinfo=UTC)
    offset = _offset(zone, naive)
    instant = naive - offset
    return (naive - _offset(zone, instant)).astimezone(zone)


def add(time: datetime, span: timedelta) -> datetime:
    """The instant so much later, in the same zone."""
    return (time.astimezone(UTC) + span).astimezone(time.tzinfo)


def _offset(zone: tzinfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)
