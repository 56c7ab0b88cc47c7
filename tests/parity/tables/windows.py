"""Sync windows: schedules, when they come due, and whether refreshes may happen.

The table records what the reference answers in the closing second of a window, which is a wanted deviation: at its end
a window is no longer open, and where windows touch or overlap one of them always is. ``_wanted`` states that rule
without the code under test, from the openings that are known.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from esoctl.model import durations
from esoctl.plan import cron, windows
from parity.rows import Row

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Window:
    schedule: str
    duration: str


def run(row: Row, table: Row) -> tuple[object, object]:
    given = row["windows"]
    assert isinstance(given, list)
    all_windows = [Window(window["schedule"], window["duration"]) for window in given]
    zone = ZoneInfo(str(row["timezone"]))
    instants = row["at"]
    assert isinstance(instants, list)
    want, got = [row.get("schedule_errors", [None] * len(all_windows))], [[_fault(window) for window in all_windows]]
    for answer in instants:
        now = _time(answer["now"]).astimezone(zone)
        active = [
            _wanted(window, now, recorded) for window, recorded in zip(all_windows, answer["active"], strict=True)
        ]
        want.append([active, _allowed(str(row["kind"]), active), answer["next"]])
        got.append(
            [
                [None if _fault(window) else windows.is_open(window, now) for window in all_windows],
                windows.open_at(str(row["kind"]), all_windows, now),
                [_next(window, now) for window in all_windows],
            ]
        )
    return want, got


def _wanted(window: Window, now: datetime, recorded: bool | None) -> bool | None:
    """What was recorded, except in the second after some opening's end and for windows that open for an instant."""
    if recorded is None:
        return None
    schedule = cron.parse(window.schedule)
    if isinstance(schedule, cron.Every):
        return recorded
    # Both round to what a time can tell apart: instants down, durations up.
    duration = timedelta(microseconds=-(-durations.parse(window.duration) // 1000))
    instant = now.astimezone(UTC)
    opening = schedule.after((instant - duration - 2 * SECOND).astimezone(now.tzinfo))
    closing = False
    while opening is not None and (opened := opening.astimezone(UTC)) <= instant:
        if instant < opened + duration:
            return True if closing else recorded
        closing = closing or instant < opened + duration + SECOND
        opening = schedule.after(opening)
    return False if closing else recorded


def _allowed(kind: str, active: list[bool | None]) -> bool:
    if not active or kind not in {"allow", "deny"}:
        return True
    return any(active) if kind == "allow" else not any(active)


def _fault(window: Window) -> str | None:
    try:
        cron.parse(window.schedule)
    except ValueError as error:
        return str(error)
    return None


def _next(window: Window, now: datetime) -> str | None:
    if _fault(window):
        return None
    schedule = cron.parse(window.schedule)
    if isinstance(schedule, cron.Every):
        opening: datetime | None = (now + timedelta(seconds=schedule.seconds)).replace(microsecond=0)
    else:
        opening = schedule.after(now)
    if opening is None:
        return "never"
    text = opening.isoformat()
    return text.replace("+00:00", "Z") if opening.utcoffset() == timedelta(0) else text


def _time(text: str) -> datetime:
    """A time of the table; what is shorter than a microsecond is cut off."""
    whole, _, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    zone = rest[len(digits) :]
    plain = datetime.fromisoformat(whole + zone)
    assert plain.tzinfo is not None
    return plain.astimezone(UTC) + timedelta(microseconds=int(digits[:6].ljust(6, "0")))
