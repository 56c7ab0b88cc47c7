"""Cron schedules: five fields or a name, and the next time one comes due.

Minutes, hours, days of the month, months and days of the week (0 to 6, Sunday is 0), with names, lists, ranges and
steps; ``?`` is ``*``. When both kinds of days are restricted, either is enough. ``CRON_TZ=Zone`` before the fields
gives the time zone, else it is that of the time asked about. A clock change skips times that do not exist.

Source: robfig/cron 3.0.1 ``ParseStandard``, ``SpecSchedule.Next``, ``Every``; errors have its text.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from esoctl.model import durations
from esoctl.plan import wallclock

SECOND = 1_000_000_000
_YEARS = 5
"""A schedule without a time in so many years never comes due."""
_INT64 = 1 << 63
_INTEGER = re.compile(r"[+-]?[0-9]+")


class _Bounds(NamedTuple):
    """What a field may hold."""

    low: int
    high: int
    names: dict[str, int]


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_BOUNDS = (
    _Bounds(0, 59, {}),
    _Bounds(0, 23, {}),
    _Bounds(1, 31, {}),
    _Bounds(1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Bounds(0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True)
class Every:
    """``@every``: a delay, in whole seconds and at least one, from whatever time is asked about."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The times that fit all fields."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Day of month and day of week are both restricted."""
    zone: tzinfo | None
    """None: that of the time asked about."""

    def after(self, time: datetime) -> datetime | None:
        """The first time later than this one, in its zone; None when there is none within five years."""
        found = _Search(self, time).run()
        return found.astimezone(time.tzinfo) if found else None

    def has_day(self, time: datetime) -> bool:
        in_month, in_week = time.day in self.days, time.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.either_day else in_month and in_week


class _Search:
    """Goes on from field to field; where one does not fit, to the begin of the next that does.

    When that turns over into a new month, day or hour, the search begins anew with the months.
    """

    def __init__(self, calendar: Calendar, time: datetime) -> None:
        self._calendar = calendar
        self._zone = calendar.zone or time.tzinfo or UTC
        whole = time.astimezone(UTC).replace(microsecond=0)
        self._time = (whole + timedelta(seconds=1)).astimezone(self._zone)
        self._at_begin = False

    def run(self) -> datetime | None:
        if not (self._calendar.minutes and self._calendar.hours and self._calendar.months):
            return None  # a field such as "," names no number
        last = self._time.year + _YEARS
        while self._time.year <= last:
            if not any(step() for step in (self._month, self._day, self._hour, self._minute, self._second)):
                return self._time
        return None

    def _begin(self, wall: datetime) -> None:
        """Set back the smaller fields, the first time that something does not fit."""
        if not self._at_begin:
            self._at_begin = True
            self._time = wallclock.at(self._zone, wall.replace(second=0, fold=0))

    def _month(self) -> bool:
        while self._time.month not in self._calendar.months:
            self._begin(self._time.replace(day=1, hour=0, minute=0))
            following = (self._time.replace(day=1) + timedelta(days=31)).replace(day=1, fold=0)
            # The day is 1, except where a clock change skips the first midnight of a month.
            self._time = wallclock.at(self._zone, following + timedelta(days=self._time.day - 1))
            if self._time.month == 1:
                return True
        return False

    def _day(self) -> bool:
        while not self._calendar.has_day(self._time):
            self._begin(self._time.replace(hour=0, minute=0))
            following = wallclock.at(self._zone, (self._time + timedelta(days=1)).replace(fold=0))
            if following.astimezone(UTC) <= self._time.astimezone(UTC):
                # DIFFERS: where a zone skipped a whole day the reference goes round for ever.
                following = wallclock.add(self._time, timedelta(days=1))
            self._time = following
            # Where a clock change skips midnight, the day begins at another hour.
            if self._time.hour != 0:
                hours = 24 - self._time.hour if self._time.hour > 12 else -self._time.hour
                self._time = wallclock.add(self._time, timedelta(hours=hours))
            if self._time.day == 1:
                return True
        return False

    def _hour(self) -> bool:
        while self._time.hour not in self._calendar.hours:
            self._begin(self._time.replace(minute=0))
            self._time = wallclock.add(self._time, timedelta(hours=1))
            if self._time.hour == 0:
                return True
        return False

    def _minute(self) -> bool:
        while self._time.minute not in self._calendar.minutes:
            if not self._at_begin:
                self._at_begin = True
                self._time = self._time.replace(second=0)
            self._time = wallclock.add(self._time, timedelta(minutes=1))
            if self._time.minute == 0:
                return True
        return False

    def _second(self) -> bool:
        if self._time.second == 0:
            return False
        self._time = wallclock.add(self._time, timedelta(seconds=60 - self._time.second))
        return True


@lru_cache(maxsize=1024)
def parse(text: str) -> Calendar | Every:
    """The schedule a text describes; ValueError when it describes none."""
    if not text:
        raise ValueError("empty spec string")
    zone = None
    if text.startswith(("TZ=", "CRON_TZ=")):
        zone, text = _zone(text)
    if text.startswith("@"):
        return _named(text, zone)
    fields = text.split()
    if len(fields) != len(_BOUNDS):
        raise ValueError(f"expected exactly {len(_BOUNDS)} fields, found {len(fields)}: [{' '.join(fields)}]")
    return _calendar(fields, zone)


def _zone(text: str) -> tuple[tzinfo | None, str]:
    """The time zone a text begins with, and the schedule behind it."""
    head, space, rest = text.partition(" ")
    name = head.partition("=")[2]
    if not space:
        # DIFFERS: the reference panics.
        raise ValueError(f"no schedule after time zone {name}")
    if name == "Local":
        return None, rest.strip()
    try:
        return (ZoneInfo(name) if name else UTC), rest.strip()
    except (ValueError, OSError, KeyError):
        raise ValueError(f"provided bad location {name}: unknown time zone {name}") from None


def _named(text: str, zone: tzinfo | None) -> Calendar | Every:
    if text in _NAMED:
        return _calendar(_NAMED[text].split(), zone)
    if not text.startswith("@every "):
        raise ValueError(f"unrecognized descriptor: {text}")
    try:
        delay = durations.parse(text.removeprefix("@every "))
    except ValueError as error:
        raise ValueError(f"failed to parse duration {text}: {error}") from None
    return Every(max(delay // SECOND, 1))


def _calendar(fields: list[str], zone: tzinfo | None) -> Calendar:
    sets, stars = [], []
    for field, bounds in zip(fields, _BOUNDS, strict=True):
        numbers, star = _field(field, bounds)
        sets.append(numbers)
        stars.append(star)
    minutes, hours, days, months, weekdays = sets
    return Calendar(minutes, hours, days, months, weekdays, not stars[2] and not stars[4], zone)


def _field(field: str, bounds: _Bounds) -> tuple[frozenset[int], bool]:
    """The numbers of a field, and whether one of its parts is a star without step."""
    numbers: set[int] = set()
    star = False
    for part in filter(None, field.split(",")):
        span, is_star = _part(part, bounds)
        numbers.update(span)
        star = star or is_star
    return frozenset(numbers), star


def _part(part: str, bounds: _Bounds) -> tuple[range, bool]:
    ends, *steps = part.split("/")
    low, *highs = ends.split("-")
    is_star = low in {"*", "?"}
    first, last = (bounds.low, bounds.high) if is_star else _ends(part, low, highs, bounds)
    if len(steps) > 1:
        raise ValueError(f"too many slashes: {part}")
    step = _integer(steps[0]) if steps else 1
    if steps and not highs:
        # "N/step" means from N to the end.
        last = bounds.high
    _check(part, first, last, step, bounds)
    return range(first, last + 1, step), is_star and step == 1


def _ends(part: str, low: str, highs: list[str], bounds: _Bounds) -> tuple[int, int]:
    first = _number(low, bounds)
    if len(highs) > 1:
        raise ValueError(f"too many hyphens: {part}")
    return first, _number(highs[0], bounds) if highs else first


def _check(part: str, first: int, last: int, step: int, bounds: _Bounds) -> None:
    if first < bounds.low:
        raise ValueError(f"beginning of range ({first}) below minimum ({bounds.low}): {part}")
    if last > bounds.high:
        raise ValueError(f"end of range ({last}) above maximum ({bounds.high}): {part}")
    if first > last:
        raise ValueError(f"beginning of range ({first}) beyond end of range ({last}): {part}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {part}")


def _number(text: str, bounds: _Bounds) -> int:
    named = bounds.names.get(text.lower())
    return _integer(text) if named is None else named


def _integer(text: str) -> int:
    fault = f"failed to parse int from {text}: strconv.Atoi: parsing {_quoted(text)}"
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{fault}: invalid syntax")
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > len(str(_INT64)) or int(digits) >= _INT64:
        raise ValueError(f"{fault}: value out of range")
    if text.startswith("-") and digits != "0":
        raise ValueError(f"negative number (-{digits}) not allowed: {text}")
    return int(digits)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
