"""The date functions, over the time of the environment. The local zone is UTC.

Source: the reference's date functions (Masterminds/sprig), run with TZ=UTC. DIFFERS: ``now`` prints without the reading
of the process clock that Go adds.
"""

from __future__ import annotations

from typing import Final

from esoctl.template import golayout, gotime, govalues, numerals
from esoctl.template.functions import ANY, Context, Function, function
from esoctl.template.gotime import SECOND, Time, TimeError
from esoctl.template.govalues import FunctionError, Int32, Int64

_TIME: Final = "time.Time"
_SPANS: Final = (
    (365 * 24 * 3600, "y"),
    (30 * 24 * 3600, "mo"),
    (24 * 3600, "d"),
    (3600, "h"),
    (60, "m"),
    (1, "s"),
)


def _now(context: Context) -> Time:
    return Time.of(context.env.now)


def _moment(context: Context, value: object) -> Time:
    """A time, or a count of seconds since 1970; anything else is now."""
    if isinstance(value, Time):
        return value
    return Time(int(value)) if type(value) in {int, Int64, Int32} and isinstance(value, int) else _now(context)


def _date(context: Context, layout: bytes, value: object) -> bytes:
    return _date_in_zone(context, layout, value, b"UTC")


def _date_in_zone(context: Context, layout: bytes, value: object, zone: bytes) -> bytes:
    context.budget.hold(len(layout) * 8)
    moment = _moment(context, value).within(gotime.zone_named(govalues.text(zone)))
    return govalues.encode(golayout.write(moment, govalues.text(layout)))


def _html_date(context: Context, value: object) -> bytes:
    return _date(context, b"2006-01-02", value)


def _html_date_in_zone(context: Context, value: object, zone: bytes) -> bytes:
    return _date_in_zone(context, b"2006-01-02", value, zone)


def _date_modify(change: bytes, moment: Time) -> Time:
    try:
        return moment.plus(gotime.parse_duration(govalues.text(change)))
    except TimeError:
        return moment


def _must_date_modify(change: bytes, moment: Time) -> Time:
    try:
        return moment.plus(gotime.parse_duration(govalues.text(change)))
    except TimeError as error:
        raise FunctionError(str(error)) from None


def _ago(context: Context, value: object) -> bytes:
    moment = value if isinstance(value, Time) or type(value) in {int, Int64} else None
    since = _now(context).minus(_moment(context, moment))
    return since.rounded(SECOND).go_string()


def _duration(value: object) -> bytes:
    seconds = 0
    if isinstance(value, bytes):
        try:
            seconds = numerals.parse_int(govalues.text(value), 10) or 0
        except numerals.OutOfRange as error:
            seconds = error.nearest
    elif type(value) is Int64:
        seconds = value
    return gotime.duration_text(govalues.wrap64(seconds * SECOND)).encode()


def _duration_round(context: Context, value: object) -> bytes:
    nanoseconds = 0
    if isinstance(value, bytes):
        try:
            nanoseconds = gotime.parse_duration(govalues.text(value))
        except TimeError:
            nanoseconds = 0
    elif type(value) is Int64:
        nanoseconds = value
    elif isinstance(value, Time):
        nanoseconds = _now(context).minus(value)
    for seconds, name in _SPANS:
        if abs(nanoseconds) > seconds * SECOND:
            return f"{abs(nanoseconds) // (seconds * SECOND)}{name}".encode()
    return b"0s"


def _to_date(layout: bytes, text: bytes) -> Time:
    try:
        return golayout.read(govalues.text(layout), govalues.text(text))
    except TimeError:
        return gotime.ZERO


def _must_to_date(layout: bytes, text: bytes) -> Time:
    try:
        return golayout.read(govalues.text(layout), govalues.text(text))
    except TimeError as error:
        raise FunctionError(str(error)) from None


def _unix_epoch(moment: Time) -> bytes:
    return str(moment.unix).encode()


_MODIFY: Final = function(_date_modify, f"string, {_TIME}", _TIME)
_MUST_MODIFY: Final = function(_must_date_modify, f"string, {_TIME}", _TIME)
_IN_ZONE: Final = function(_date_in_zone, f"string, {ANY}, string", "string", context=True)

DATES: Final[dict[str, Function]] = {
    "now": function(_now, "", _TIME, context=True),
    "date": function(_date, f"string, {ANY}", "string", context=True),
    "dateInZone": _IN_ZONE,
    "date_in_zone": _IN_ZONE,
    "htmlDate": function(_html_date, ANY, "string", context=True),
    "htmlDateInZone": function(_html_date_in_zone, f"{ANY}, string", "string", context=True),
    "dateModify": _MODIFY,
    "date_modify": _MODIFY,
    "mustDateModify": _MUST_MODIFY,
    "must_date_modify": _MUST_MODIFY,
    "ago": function(_ago, ANY, "string", context=True),
    "duration": function(_duration, ANY, "string"),
    "durationRound": function(_duration_round, ANY, "string", context=True),
    "toDate": function(_to_date, "string, string", _TIME),
    "mustToDate": function(_must_to_date, "string, string", _TIME),
    "unixEpoch": function(_unix_epoch, _TIME, "string"),
}
