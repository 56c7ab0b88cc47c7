"""Reads and writes RFC 3339 times, and says how long ago something was.

The clock is an argument everywhere: this module only does arithmetic on texts.
"""

from datetime import UTC, datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR = 365 * _DAY


def parse(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def text(moment: datetime) -> str:
    """To the second, as Kubernetes writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def later(now: str, seconds: float) -> str:
    moment = parse(now)
    return text(moment + timedelta(seconds=seconds)) if moment else now


def age(since: str, now: str) -> str:
    """How long ago, as kubectl prints it."""
    begin, end = parse(since), parse(now)
    if begin is None or end is None:
        return "<unknown>"
    return _duration(max(0, int((end - begin).total_seconds())))


def _duration(seconds: int) -> str:
    for limit, unit, part in (
        (2 * _MINUTE, 1, 0),
        (10 * _MINUTE, _MINUTE, 1),
        (3 * _HOUR, _MINUTE, 0),
        (8 * _HOUR, _HOUR, _MINUTE),
        (2 * _DAY, _HOUR, 0),
        (8 * _DAY, _DAY, _HOUR),
        (2 * _YEAR, _DAY, 0),
        (8 * _YEAR, _YEAR, _DAY),
    ):
        if seconds < limit:
            return _written(seconds, unit, part)
    return _written(seconds, _YEAR, 0)


def _written(seconds: int, unit: int, part: int) -> str:
    names = {1: "s", _MINUTE: "m", _HOUR: "h", _DAY: "d", _YEAR: "y"}
    whole, rest = divmod(seconds, unit)
    tail = f"{rest // part}{names[part]}" if part and rest // part else ""
    return f"{whole}{names[unit]}{tail}"


def epoch(moment: str) -> int:
    """Seconds since 1970, 0 for a text that is no time."""
    found = parse(moment)
    return int(found.timestamp()) if found else 0
