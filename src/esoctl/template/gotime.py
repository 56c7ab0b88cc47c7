"""Go's time.Time, time.Duration and their kin as template values.

A time is a count of seconds since 1970, nanoseconds and a zone, so that years beyond Python's calendar work. The local
zone is UTC. Source: the Go package time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from esoctl.template import govalues, quoting
from esoctl.template.govalues import Int64, Method, Struct

DAY: Final = 86_400
SECOND: Final = 1_000_000_000
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_UNITS: Final = {
    "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND,
}  # fmt: skip
_AMOUNT: Final = re.compile(r"(?P<whole>[0-9]*)(?P<fraction>\.[0-9]*)?(?P<unit>[^0-9.]*)", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ZONE_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", re.ASCII)


class TimeError(Exception):
    """A time or duration that cannot be read, in Go's words."""


class _Named(int):
    """A named integer that prints as a word."""

    def go_string(self) -> bytes:
        return str(int(self)).encode()

    def go_methods(self) -> dict[str, Method]:
        return {"String": Method((), self.go_string)}


class Month(_Named):
    """time.Month."""

    def go_string(self) -> bytes:
        return MONTHS[self - 1].encode() if 1 <= self <= 12 else b"%%!Month(%d)" % self


class Weekday(_Named):
    """time.Weekday."""

    def go_string(self) -> bytes:
        return WEEKDAYS[self].encode() if 0 <= self <= 6 else b"%%!Weekday(%d)" % self


class Duration(_Named):
    """time.Duration: nanoseconds."""

    def go_string(self) -> bytes:
        return duration_text(self).encode()

    def go_methods(self) -> dict[str, Method]:
        return {
            **super().go_methods(),
            "Hours": Method((), lambda: self / (3600 * SECOND)),
            "Minutes": Method((), lambda: self / (60 * SECOND)),
            "Seconds": Method((), lambda: self / SECOND),
            "Milliseconds": Method((), lambda: Int64(_toward_zero(self, 1_000_000))),
            "Microseconds": Method((), lambda: Int64(_toward_zero(self, 1000))),
            "Nanoseconds": Method((), lambda: Int64(self)),
            "Abs": Method((), lambda: Duration(abs(self))),
            "Round": Method(("time.Duration",), self.rounded),
            "Truncate": Method(
                ("time.Duration",), lambda unit: Duration(_toward_zero(self, unit) * unit if unit > 0 else self)
            ),
        }

    def rounded(self, unit: int) -> Duration:
        """To the nearest multiple, halves away from zero."""
        if unit <= 0:
            return self
        count = (abs(self) * 2 + unit) // (2 * unit)
        return Duration(count * unit if self >= 0 else -count * unit)


govalues.named_int(Month, "time.Month", "int")
govalues.named_int(Weekday, "time.Weekday", "int")
govalues.named_int(Duration, "time.Duration", "int64")


def _toward_zero(value: int, unit: int) -> int:
    return abs(value) // unit if value >= 0 else -(abs(value) // unit)


def duration_text(nanoseconds: int) -> str:
    """A duration as Go writes it: 1h2m3.5s, 1.5ms, 0s."""
    magnitude = abs(nanoseconds)
    sign = "-" if nanoseconds < 0 else ""
    if magnitude == 0:
        return "0s"
    if magnitude < SECOND:
        unit, name = (1, "ns") if magnitude < 1000 else (1000, "µs") if magnitude < 1_000_000 else (1_000_000, "ms")
        return f"{sign}{_decimal(magnitude, unit)}{name}"
    minutes, rest = divmod(magnitude, 60 * SECOND)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{head}{_decimal(rest, SECOND)}s"


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = str(rest).zfill(len(str(unit)) - 1).rstrip("0") if unit > 1 else ""
    return f"{whole}.{digits}" if digits else str(whole)


def parse_duration(text: str) -> int:
    """Nanoseconds of a duration in Go's syntax."""
    shown = quoting.quote(text.encode("utf-8", "surrogateescape")).decode()
    rest = text[1:] if text[:1] in {"+", "-"} else text
    if rest == "0":
        return 0
    total = 0 if 0 < len(rest) <= 200 else -1
    while rest and total >= 0:
        found = _AMOUNT.match(rest)
        assert found is not None
        amount = _amount(found, shown)
        total = -1 if amount is None or total + amount > 1 << 63 else total + amount
        rest = rest[found.end() :]
    if total < 0 or (total > govalues.INT_MAX and text[:1] != "-"):
        raise TimeError(f"time: invalid duration {shown}")
    return -total if text[:1] == "-" else total


def _amount(found: re.Match[str], shown: str) -> int | None:
    """Nanoseconds of one amount with its unit; None when there are no digits."""
    fraction = (found["fraction"] or ".")[1:]
    if not found["whole"] + fraction:
        return None
    if not found["unit"]:
        raise TimeError(f"time: missing unit in duration {shown}")
    if found["unit"] not in _UNITS:
        unit = quoting.quote(found["unit"].encode("utf-8", "surrogateescape")).decode()
        raise TimeError(f"time: unknown unit {unit} in duration {shown}")
    scale = _UNITS[found["unit"]]
    part = int(fraction) * scale // 10 ** len(fraction) if fraction else 0
    return int(found["whole"] or "0") * scale + part


def days_of(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + day_of_year - 719_468


def date_of(days: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days from 1970-01-01."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    day_of_year = of_era - (365 * year + year // 4 - year // 100)
    part = (5 * day_of_year + 2) // 153
    month = part + 3 if part < 10 else part - 9
    return year + era * 400 + (month <= 2), month, day_of_year - (153 * part + 2) // 5 + 1


class Zone(Struct):
    """A *time.Location: a fixed offset, or the rules of a place."""

    go_type = "*time.Location"
    go_kind = "ptr"

    def __init__(self, name: str, offset: int = 0, rules: tzinfo | None = None) -> None:
        self.name = name
        self._offset = offset
        self._rules = rules

    def at(self, unix: int) -> tuple[str, int]:
        """The abbreviation and the offset in seconds at that time; an empty name has none."""
        if self._rules is None:
            return self.name, self._offset
        clamped = min(max(unix, -62_000_000_000), 253_000_000_000)
        local = (_EPOCH + timedelta(seconds=clamped)).astimezone(self._rules)
        offset = local.utcoffset()
        return local.tzname() or "", int(offset.total_seconds()) if offset is not None else 0

    def go_string(self) -> bytes:
        return self.name.encode()

    def methods(self) -> dict[str, Method]:
        return {"String": Method((), self.go_string)}


UTC_ZONE: Final = Zone("UTC")


def zone_named(name: str) -> Zone:
    """The zone of that name in the time zone database, UTC when there is none."""
    if name in {"", "UTC", "Local"} or _ZONE_NAME.fullmatch(name) is None or len(name) > 100:
        return UTC_ZONE
    try:
        return Zone(name, rules=ZoneInfo(name))
    except (ValueError, OSError, LookupError):
        return UTC_ZONE


class Time(Struct):
    """time.Time."""

    go_type = "time.Time"
    go_kind = "struct"

    def __init__(self, unix: int, nanoseconds: int = 0, zone: Zone = UTC_ZONE) -> None:
        self.unix = unix
        self.nanoseconds = nanoseconds
        self.zone = zone

    @classmethod
    def of(cls, moment: datetime) -> Time:
        """The time of a datetime with a zone, in UTC."""
        since = moment - _EPOCH
        return cls(since.days * DAY + since.seconds, since.microseconds * 1000)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and self.key() == other.key() and self.zone is other.zone

    def __hash__(self) -> int:
        return hash(self.key())

    def key(self) -> int:
        """Nanoseconds since 1970."""
        return self.unix * SECOND + self.nanoseconds

    def local(self) -> tuple[int, int]:
        """Days since 1970-01-01 and seconds of the day, in the time's own zone."""
        return divmod(self.unix + self.zone.at(self.unix)[1], DAY)

    def date(self) -> tuple[int, int, int]:
        """Year, month, day."""
        return date_of(self.local()[0])

    def weekday(self) -> int:
        """0 for Sunday."""
        return (self.local()[0] + 4) % 7

    def year_day(self) -> int:
        """1 for the first of January."""
        days = self.local()[0]
        return days - days_of(date_of(days)[0], 1, 1) + 1

    def plus(self, nanoseconds: int) -> Time:
        """The time that much later."""
        seconds, rest = divmod(self.nanoseconds + nanoseconds, SECOND)
        return Time(self.unix + seconds, rest, self.zone)

    def minus(self, other: Time) -> Duration:
        """The time between the two, at most what a duration can hold."""
        return Duration(min(max(self.key() - other.key(), govalues.INT_MIN), govalues.INT_MAX))

    def within(self, zone: Zone) -> Time:
        """The same moment in another zone."""
        return Time(self.unix, self.nanoseconds, zone)

    def go_string(self) -> bytes:
        return _format(self, "2006-01-02 15:04:05.999999999 -0700 MST").encode()

    def go_json(self) -> bytes:
        """The time in JSON."""
        return _format(self, "2006-01-02T15:04:05.999999999Z07:00").encode()

    def fields(self) -> dict[str, object]:
        return {}

    def methods(self) -> dict[str, Method]:
        return {name: Method(params, call) for name, (params, call) in self._methods().items()}

    def _methods(self) -> dict[str, tuple[tuple[str, ...], Callable[..., object]]]:
        year, month, day = self.date()
        seconds = self.local()[1]
        time, duration = ("time.Time",), ("time.Duration",)
        return {
            "Year": ((), lambda: year),
            "Month": ((), lambda: Month(month)),
            "Day": ((), lambda: day),
            "Hour": ((), lambda: seconds // 3600),
            "Minute": ((), lambda: seconds // 60 % 60),
            "Second": ((), lambda: seconds % 60),
            "Nanosecond": ((), lambda: self.nanoseconds),
            "YearDay": ((), self.year_day),
            "Weekday": ((), lambda: Weekday(self.weekday())),
            "Unix": ((), lambda: Int64(self.unix)),
            "UnixMilli": ((), lambda: Int64(self.key() // 1_000_000)),
            "UnixMicro": ((), lambda: Int64(self.key() // 1000)),
            "UnixNano": ((), lambda: Int64(govalues.wrap64(self.key()))),
            "Format": (("string",), lambda layout: govalues.encode(_format(self, govalues.text(layout)))),
            "String": ((), self.go_string),
            "Equal": (time, lambda other: self.key() == other.key()),
            "Before": (time, lambda other: self.key() < other.key()),
            "After": (time, lambda other: self.key() > other.key()),
            "Compare": (time, lambda other: (self.key() > other.key()) - (self.key() < other.key())),
            "Sub": (time, self.minus),
            "Add": (duration, self.plus),
            "AddDate": (("int", "int", "int"), self._add_date),
            "Truncate": (duration, lambda unit: self.plus(-(self._since_first() % unit)) if unit > 0 else self),
            "Round": (duration, self._round),
            "UTC": ((), lambda: self.within(UTC_ZONE)),
            "Local": ((), lambda: self.within(UTC_ZONE)),
            "In": (("*time.Location",), self.within),
            "Location": ((), lambda: self.zone),
            "IsZero": ((), lambda: self._since_first() == 0),
        }

    def _since_first(self) -> int:
        return self.key() - days_of(1, 1, 1) * DAY * SECOND

    def _round(self, unit: int) -> Time:
        if unit <= 0:
            return self
        rest = self._since_first() % unit
        return self.plus(-rest if rest * 2 < unit else unit - rest)

    def _add_date(self, years: int, months: int, days: int) -> Time:
        year, month, day = self.date()
        moved = days_of(year + years, month + months, 1) + day - 1 + days
        return Time(moved * DAY + self.local()[1] - self.zone.at(self.unix)[1], self.nanoseconds, self.zone)


def _format(time: Time, layout: str) -> str:
    return FORMATTER[0](time, layout)


FORMATTER: list[Callable[[Time, str], str]] = []
"""Set by the module of layouts, which needs this one."""
ZERO: Final = Time(days_of(1, 1, 1) * DAY)
