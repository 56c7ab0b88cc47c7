"""Go durations: text to nanoseconds and back.

Durations of the API are Go's: hours are the largest unit, fractions and several units are allowed, ``1d`` is not a
duration. Numbers are kept as integer nanoseconds within 64 bits, so both directions are exact.

Source: Go's ``time.ParseDuration``, ``time.Duration.String`` and, for JSON, ``metav1.Duration``; errors have Go's text.
"""

import re
from functools import lru_cache

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,  # the Greek letter; above is the micro sign
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_LIMIT = 1 << 63
_DIGITS = len(str(_LIMIT))
_TERM = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")
_JSON_NAMES = ((bool, "bool"), (int | float, "number"), (list, "array"), (dict, "object"))


@lru_cache(maxsize=1024)
def parse(text: str) -> int:
    """Nanoseconds of a Go duration; ValueError with Go's text when it is none."""
    unsigned = text[1:] if text[:1] in {"+", "-"} else text
    if unsigned == "0":
        return 0
    if not unsigned:
        raise _invalid(text)
    total = 0
    position = 0
    while position < len(unsigned):
        term = _TERM.match(unsigned, position)
        assert term is not None  # every part of the pattern may be empty
        total += _term(text, *term.groups())
        if total > _LIMIT:
            raise _invalid(text)
        position = term.end()
    if text.startswith("-"):
        return -total
    if total == _LIMIT:
        raise _invalid(text)
    return total


def _term(text: str, whole: str, fraction: str | None, unit: str) -> int:
    """Nanoseconds of one number with its unit."""
    if not whole and not fraction:
        raise _invalid(text)
    whole = whole.lstrip("0")
    if len(whole) > _DIGITS:
        raise _invalid(text)
    amount = int(whole or "0")
    if amount > _LIMIT:
        raise _invalid(text)
    if not unit:
        raise ValueError(f"time: missing unit in duration {_quote(text)}")
    if unit not in _UNITS:
        raise ValueError(f"time: unknown unit {_quote(unit)} in duration {_quote(text)}")
    size = _UNITS[unit]
    if amount > _LIMIT // size:
        raise _invalid(text)
    return amount * size + _part(fraction or "", size)


def _part(digits: str, size: int) -> int:
    """The fraction of a unit in nanoseconds, rounded as Go rounds: in floating point, digits beyond 63 bits dropped."""
    value, scale = 0, 1.0
    for digit in digits:
        if value > (_LIMIT - 1) // 10:
            break
        value = value * 10 + int(digit)
        scale *= 10
    return int(float(value) * (float(size) / scale))


def _invalid(text: str) -> ValueError:
    return ValueError(f"time: invalid duration {_quote(text)}")


def _quote(text: str) -> str:
    """The text in quotes, with bytes outside of printable ASCII as ``\\xNN``, as Go's time package quotes."""
    quoted = []
    for byte in text.encode("utf-8", "surrogatepass"):
        character = chr(byte)
        if byte >= 0x80 or character < " ":
            quoted.append(f"\\x{byte:02x}")
        else:
            quoted.append(f"\\{character}" if character in '"\\' else character)
    return f'"{"".join(quoted)}"'


def from_json(value: object) -> int:
    """Nanoseconds of a duration as JSON gives it: a string; null counts as the empty string, as in the reference."""
    if isinstance(value, str):
        return parse(value)
    if value is None:
        return parse("")
    name = next(name for kind, name in _JSON_NAMES if isinstance(value, kind))
    raise ValueError(f"json: cannot unmarshal {name} into Go value of type string")


def format(nanoseconds: int) -> str:  # noqa: A001 - read at the call as durations.format
    """The text Go prints for a duration, such as ``1h0m0s`` or ``1.5s``."""
    sign = "-" if nanoseconds < 0 else ""
    amount = abs(nanoseconds)
    if amount == 0:
        return "0s"
    if amount < _UNITS["s"]:
        unit = next(name for name in ("ms", "µs", "ns") if amount >= _UNITS[name])
        return f"{sign}{_decimal(amount, _UNITS[unit])}{unit}"
    minutes, rest = divmod(amount, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    leading = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{leading}{_decimal(rest, _UNITS['s'])}s"


def _decimal(amount: int, size: int) -> str:
    """``amount`` in units of ``size`` as an exact decimal without trailing zeros; ``size`` is a power of ten."""
    whole, rest = divmod(amount, size)
    if not rest:
        return str(whole)
    digits = str(rest).rjust(len(str(size)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}"
