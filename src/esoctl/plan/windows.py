"""Sync windows: times at which periodic refreshes may, or may not, happen.

A window opens at each time of its cron schedule and stays open for its duration. The end no longer belongs to it.

DIFFERS: the reference looks for an opening from a second before the earliest that still counts, and then at that one
only, so between two windows that touch or overlap none is open for up to a second. Here there are no such gaps, and in
return a window ends at its end and not an instant later.

Source: the reference's ``isPeriodicRefreshAllowedByWindows`` and ``isWithinSyncWindow`` (external-secrets 2.9.0).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from esoctl.model import durations
from esoctl.plan import cron, wallclock

ALLOW = "allow"
DENY = "deny"
LOOKS = 100
"""Looks at windows, about, in search of the next time to refresh: they may follow one another without a gap."""


class Window(Protocol):
    """When a window opens and for how long, as written in the manifest."""

    @property
    def schedule(self) -> str: ...

    @property
    def duration(self) -> str: ...


def open_at(kind: str, windows: Sequence[Window], now: datetime) -> bool:
    """Whether a periodic refresh may happen now.

    No windows, and kinds other than ``allow`` and ``deny``, restrict nothing. Schedules without a zone of their own
    are read in the zone of ``now``. A window that cannot be read is never open: ``fault`` says why.
    """
    if not windows or kind not in {ALLOW, DENY}:
        return True
    return any(is_open(window, now) for window in windows) is (kind == ALLOW)


def next_open(kind: str, windows: Sequence[Window], moment: datetime) -> datetime | None:
    """When a refresh may happen that is due at a moment; None when the windows never say so, or not within reach."""
    for _ in range(2 + LOOKS // (len(windows) or 1)):
        if open_at(kind, windows, moment):
            return moment
        turns = [_turn(kind, window, moment) for window in windows if kind == ALLOW or is_open(window, moment)]
        following = [turn for turn in turns if turn is not None]
        if not following or (kind == DENY and None in turns):
            return None
        moment = (min if kind == ALLOW else max)(following, key=datetime.timestamp)
    return None


def _turn(kind: str, window: Window, moment: datetime) -> datetime | None:
    """When a window that is shut opens, or one that is open ends; None for never."""
    try:
        schedule, duration = cron.parse(window.schedule), _duration(window)
    except ValueError:
        return None
    if isinstance(schedule, cron.Every):
        return None
    opening = schedule.after(moment if kind == ALLOW else _before(moment, duration))
    return opening if opening is None or kind == ALLOW else wallclock.add(opening, duration)


def is_open(window: Window, now: datetime) -> bool:
    """Whether the time is inside of the window."""
    try:
        schedule, duration = cron.parse(window.schedule), _duration(window)
    except ValueError:
        return False
    if isinstance(schedule, cron.Every):
        # Such a schedule counts from the time asked about, so it opens within the duration always or never.
        return timedelta(seconds=schedule.seconds) <= duration + timedelta(seconds=1)
    opening = schedule.after(_before(now, duration))
    # In UTC: Python compares times of one zone by their wall clocks.
    return opening is not None and opening.astimezone(UTC) <= now.astimezone(UTC)


def fault(window: Window) -> str:
    """Why the window can never open, for the user; empty when it can."""
    try:
        cron.parse(window.schedule)
    except ValueError as error:
        return f"schedule {window.schedule!r} is not valid: {error}"
    try:
        duration = durations.parse(window.duration)
    except ValueError as error:
        return str(error)
    return "" if duration > 0 else f"duration {window.duration!r} is not longer than nothing"


def _duration(window: Window) -> timedelta:
    """The duration, upwards to what a time can tell apart."""
    return timedelta(microseconds=-(-durations.parse(window.duration) // 1000))


def _before(now: datetime, duration: timedelta) -> datetime:
    try:
        return wallclock.add(now, -duration)
    except OverflowError:
        return now.replace(year=1, month=1, day=2)
