"""Writes and reads times by Go's layouts, which show how the reference time looks: Mon Jan 2 15:04:05 MST 2006.

Source: the Go package time (format.go).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from esoctl.template import gotime
from esoctl.template.gotime import DAY, MONTHS, UTC_ZONE, WEEKDAYS, Time, TimeError, Zone
from esoctl.template.limits import LimitExceeded

_CHUNK: Final = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm"
    r"|[-Z]070000|[-Z]07:00:00|[-Z]0700|[-Z]07:00|[-Z]07|[.,](?:0+|9+)(?![0-9])"
)
_SECONDS_FRACTION: Final = re.compile(r"[.,][0-9]+", re.ASCII)
_TWO_DIGITS: Final = re.compile(r"[0-9]{2}", re.ASCII)
_ONE_OR_TWO: Final = re.compile(r"[0-9]{1,2}", re.ASCII)
_ABBREVIATION: Final = re.compile(r"ChST|MeST|(?:GMT)?[+-]0*(?:1?[0-9]|2[0-3])(?![0-9])|[A-Z]{3,5}", re.ASCII)

_LONGEST: Final = 4096
_LONGEST_WRITTEN: Final = 1 << 16


def write(time: Time, layout: str) -> str:
    """The time in the layout."""
    if len(layout) > _LONGEST_WRITTEN:
        raise LimitExceeded(f"limit exceeded: a layout of more than {_LONGEST_WRITTEN} characters")
    parts: list[str] = []
    end = 0
    for found in _CHUNK.finditer(layout):
        parts += [layout[end : found.start()], _written(time, found.group())]
        end = found.end()
    return "".join([*parts, layout[end:]])


def _written(time: Time, chunk: str) -> str:
    if chunk[0] in "-Z" and len(chunk) > 1:
        return _offset(time, chunk)
    if chunk[0] in ".,":
        digits = f"{time.nanoseconds:09d}".ljust(len(chunk) - 1, "0")[: len(chunk) - 1]
        if chunk[1] == "9":
            digits = digits.rstrip("0")
        return chunk[0] + digits if digits else ""
    year, month, day = time.date()
    if chunk in {"2006", "06", "01", "1", "Jan", "January"}:
        return _of_year(chunk, year, month)
    if chunk in {"2", "_2", "02"}:
        return f"{day:{ {'2': '', '_2': '2', '02': '02'}[chunk] }d}"
    if chunk in {"002", "__2"}:
        return f"{time.year_day():{'03' if chunk == '002' else '3'}d}"
    return _of_day(time, chunk)


def _of_year(chunk: str, year: int, month: int) -> str:
    if chunk == "2006":
        return f"{'-' if year < 0 else ''}{abs(year):04d}"
    if chunk == "06":
        return f"{abs(year) % 100:02d}"
    if chunk in {"01", "1"}:
        return f"{month:02d}" if chunk == "01" else str(month)
    return MONTHS[month - 1][: 3 if chunk == "Jan" else None]


def _of_day(time: Time, chunk: str) -> str:
    seconds = time.local()[1]
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    shown = {
        "15": f"{hour:02d}",
        "3": str(hour % 12 or 12),
        "03": f"{hour % 12 or 12:02d}",
        "4": str(minute),
        "04": f"{minute:02d}",
        "5": str(second),
        "05": f"{second:02d}",
        "PM": "PM" if hour >= 12 else "AM",
        "pm": "pm" if hour >= 12 else "am",
        "Mon": WEEKDAYS[time.weekday()][:3],
        "Monday": WEEKDAYS[time.weekday()],
    }
    return shown[chunk] if chunk in shown else _abbreviation(time)


def _abbreviation(time: Time) -> str:
    name, offset = time.zone.at(time.unix)
    if name:
        return name
    minutes = abs(offset) // 60
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"


def _offset(time: Time, chunk: str) -> str:
    offset = time.zone.at(time.unix)[1]
    if chunk[0] == "Z" and offset == 0:
        return "Z"
    colon = ":" if ":" in chunk else ""
    hours, minutes, seconds = abs(offset) // 3600, abs(offset) // 60 % 60, abs(offset) % 60
    shown = f"{'-' if offset < 0 else '+'}{hours:02d}"
    digits = len(chunk.replace(":", "")) - 1
    if digits >= 4:
        shown += f"{colon}{minutes:02d}"
    return shown + (f"{colon}{seconds:02d}" if digits >= 6 else "")


gotime.FORMATTER.append(write)


def _quote(text: str) -> str:
    """Quotes as Go's time package does: everything but plain ASCII byte by byte."""
    shown = [
        f"\\x{octet:02x}" if octet >= 0x80 or octet < 0x20 else "\\" + chr(octet) if octet in b'"\\' else chr(octet)
        for octet in text.encode("utf-8", "surrogateescape")
    ]
    return f'"{"".join(shown)}"'


@dataclass
class _Fields:
    """What has been read."""

    year: int = 0
    month: int = 0
    day: int = 0
    year_day: int | None = None
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanoseconds: int = 0
    half: str = ""
    offset: int | None = None
    zone_name: str = ""
    utc: bool = False


class _OutOfRange(Exception):
    """A field that is well written but too large; carries its name."""


class _Mismatch(Exception):
    """A field that is not there."""


def read(layout: str, text: str) -> Time:
    """The time written in the layout; a TimeError says what does not fit.

    DIFFERS: Go reads texts of any length, in time that grows with the square of it; so would this.
    """
    if max(len(layout), len(text)) > _LONGEST:
        raise LimitExceeded(f"limit exceeded: a time or its layout of more than {_LONGEST} characters")
    return _Reader(layout, text).read()


class _Reader:
    """The state of reading one time."""

    def __init__(self, layout: str, text: str) -> None:
        self._layout = layout
        self._text = text
        self._rest = text
        self._fields = _Fields()

    def read(self) -> Time:
        end = 0
        for found in _CHUNK.finditer(self._layout):
            self._skip(self._layout[end : found.start()])
            end = found.end()
            self._chunk(found.group(), self._layout[end:])
        self._skip(self._layout[end:])
        if self._rest:
            raise self._error(f": extra text: {_quote(self._rest)}")
        return self._made()

    def _error(self, message: str) -> TimeError:
        return TimeError(f"parsing time {_quote(self._text)}{message}")

    def _cannot(self, held: str, element: str) -> TimeError:
        return self._error(f" as {_quote(self._layout)}: cannot parse {_quote(held)} as {_quote(element)}")

    def _skip(self, prefix: str) -> None:
        whole = prefix
        while prefix:
            if prefix[0] == " ":
                if self._rest and self._rest[0] != " ":
                    raise self._cannot(self._rest, whole)
                prefix, self._rest = prefix.lstrip(" "), self._rest.lstrip(" ")
                continue
            if not self._rest or self._rest[0] != prefix[0]:
                raise self._cannot(self._rest, whole)
            prefix, self._rest = prefix[1:], self._rest[1:]

    def _chunk(self, chunk: str, following: str) -> None:
        held = self._rest
        try:
            self._field(chunk, following)
        except _OutOfRange as error:
            raise self._error(f": {error} out of range") from None
        except _Mismatch:
            raise self._cannot(held, chunk) from None

    def _field(self, chunk: str, following: str) -> None:
        if chunk[0] in "-Z" and len(chunk) > 1:
            self._read_offset(chunk)
        elif chunk[0] in ".,":
            self._read_fraction(chunk)
        elif chunk in {"2006", "06", "Jan", "January", "1", "01", "Mon", "Monday", "2", "_2", "02", "002", "__2"}:
            self._read_date(chunk)
        elif chunk == "MST":
            self._read_zone()
        else:
            self._read_clock(chunk, following)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._rest)
        if found is None:
            raise _Mismatch
        self._rest = self._rest[found.end() :]
        return found.group()

    def _number(self, *, fixed: bool) -> int:
        return int(self._take(_TWO_DIGITS if fixed else _ONE_OR_TWO))

    def _word(self, words: tuple[str, ...], length: int | None) -> int:
        for index, word in enumerate(words):
            name = word[:length]
            if self._rest[: len(name)].lower() == name.lower():
                self._rest = self._rest[len(name) :]
                return index
        raise _Mismatch

    def _read_date(self, chunk: str) -> None:
        fields = self._fields
        if chunk == "2006":
            fields.year = int(self._take(re.compile(r"[0-9]{4}", re.ASCII)))
        elif chunk == "06":
            short = int(self._take(re.compile(r"[0-9]{2}|[+-][0-9]", re.ASCII)))
            fields.year = short + (1900 if short >= 69 else 2000)
        elif chunk in {"Jan", "January"}:
            fields.month = self._word(MONTHS, 3 if chunk == "Jan" else None) + 1
        elif chunk in {"Mon", "Monday"}:
            self._word(WEEKDAYS, 3 if chunk == "Mon" else None)
        elif chunk in {"1", "01"}:
            fields.month = self._number(fixed=chunk == "01")
            if not 1 <= fields.month <= 12:
                raise _OutOfRange("month")
        else:
            self._read_day(chunk)

    def _read_day(self, chunk: str) -> None:
        if chunk[0] == "_":
            self._rest = self._rest.removeprefix(" ")
        if chunk in {"002", "__2"}:
            if chunk == "__2":
                self._rest = self._rest.removeprefix(" ")
            self._fields.year_day = int(
                self._take(re.compile(r"[0-9]{3}" if chunk == "002" else r"[0-9]{1,3}", re.ASCII))
            )
            return
        self._fields.day = self._number(fixed=chunk == "02")

    def _read_clock(self, chunk: str, following: str) -> None:
        fields = self._fields
        if chunk in {"PM", "pm"}:
            half = self._rest[:2]
            if half not in ({"PM", "AM"} if chunk == "PM" else {"pm", "am"}):
                raise _Mismatch
            self._rest, fields.half = self._rest[2:], half.lower()
        elif chunk in {"15", "3", "03"}:
            fields.hour = self._number(fixed=chunk == "03")
            if fields.hour > (23 if chunk == "15" else 12):
                raise _OutOfRange("hour")
        elif chunk in {"4", "04"}:
            fields.minute = self._number(fixed=chunk == "04")
            if fields.minute > 59:
                raise _OutOfRange("minute")
        else:
            self._read_seconds(chunk, following)

    def _read_seconds(self, chunk: str, following: str) -> None:
        fields = self._fields
        fields.second = self._number(fixed=chunk == "05")
        if fields.second > 59:
            raise _OutOfRange("second")
        upcoming = _CHUNK.search(following)
        if _SECONDS_FRACTION.match(self._rest) and not (upcoming and upcoming.group()[0] in ".,"):
            self._read_fraction(".9")

    def _read_fraction(self, chunk: str) -> None:
        if chunk[1] == "9" and not _SECONDS_FRACTION.match(self._rest):
            return
        pattern = _SECONDS_FRACTION if chunk[1] == "9" else re.compile(rf"[.,][0-9]{{{len(chunk) - 1}}}", re.ASCII)
        digits = self._take(pattern)[1:]
        self._fields.nanoseconds = int(digits[:9].ljust(9, "0"))

    def _read_offset(self, chunk: str) -> None:
        fields = self._fields
        if chunk[0] == "Z" and self._rest.startswith("Z"):
            self._rest, fields.utc = self._rest[1:], True
            return
        colon = ":" if ":" in chunk else ""
        count = (len(chunk.replace(":", "")) - 1) // 2
        pattern = "([+-])" + colon.join(["([0-9]{2})"] * count)
        found = re.compile(pattern, re.ASCII).match(self._rest)
        if found is None:
            raise _Mismatch
        self._rest = self._rest[found.end() :]
        numbers = [int(group) for group in found.groups()[1:]] + [0, 0]
        for number, most, name in zip(numbers, (24, 60, 60), ("hour", "minute", "second"), strict=False):
            if number > most:
                raise _OutOfRange(f"time zone offset {name}")
        offset = numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
        fields.offset = -offset if found.group(1) == "-" else offset

    def _read_zone(self) -> None:
        if self._rest.startswith("UTC"):
            self._rest, self._fields.utc = self._rest[3:], True
            return
        name = self._take(_ABBREVIATION)
        if len(name) == 5 and name.isalpha() and name[-1] != "T":
            raise _Mismatch
        if len(name) == 4 and name.isalpha() and name[-1] != "T" and name not in {"WITA", "ChST", "MeST"}:
            raise _Mismatch
        self._fields.zone_name = name

    def _made(self) -> Time:
        fields = self._fields
        if fields.half == "pm" and fields.hour < 12:
            fields.hour += 12
        elif fields.half == "am" and fields.hour == 12:
            fields.hour = 0
        days = self._days()
        unix = days * DAY + fields.hour * 3600 + fields.minute * 60 + fields.second
        if fields.utc:
            return Time(unix, fields.nanoseconds)
        if fields.offset is not None:
            known = fields.offset == 0 and fields.zone_name in {"", "UTC"}
            zone = UTC_ZONE if known else Zone(fields.zone_name, fields.offset)
            return Time(unix - fields.offset, fields.nanoseconds, zone)
        if fields.zone_name:
            hours = fields.zone_name[3:] if fields.zone_name.startswith("GMT") else ""
            offset = int(hours) * 3600 if hours else 0
            # Go gives the zone its offset and leaves the clock as read, so that it is shown that much later.
            return Time(unix, fields.nanoseconds, Zone(fields.zone_name, offset))
        return Time(unix, fields.nanoseconds)

    def _days(self) -> int:
        fields = self._fields
        first = gotime.days_of(fields.year, 1, 1)
        if fields.year_day is not None:
            return self._by_year_day(first, fields.year_day)
        month, day = fields.month or 1, fields.day
        starts = gotime.days_of(fields.year, month, 1)
        day = day if self._has_day() else 1
        if not 1 <= day <= gotime.days_of(fields.year, month + 1, 1) - starts:
            raise self._error(": day out of range")
        return starts + day - 1

    def _has_day(self) -> bool:
        return any(found in {"2", "_2", "02"} for found in _CHUNK.findall(self._layout))

    def _by_year_day(self, first: int, number: int) -> int:
        fields = self._fields
        if not 1 <= number <= gotime.days_of(fields.year + 1, 1, 1) - first:
            raise self._error(": day-of-year out of range")
        days = first + number - 1
        _, month, day = gotime.date_of(days)
        if fields.month and fields.month != month:
            raise self._error(": day-of-year does not match month")
        if self._has_day() and fields.day != day:
            raise self._error(": day-of-year does not match day")
        return days
