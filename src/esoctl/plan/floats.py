"""Floating-point numbers as Go prints them: the fewest digits that read back as the same number.

Source: Go's ``strconv.FormatFloat`` with precision -1 in the formats f and e, ``fmt`` with ``%v``, and
``encoding/json``.
"""

import math
from decimal import Decimal


def decimal(value: float) -> str:
    """Without exponent, such as ``1000000000000000000000`` for 1e21 (format f)."""
    special = _special(value)
    if special:
        return special
    sign, digits, point = _digits(value)
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}" if digits != "0" else f"{sign}0"
    if len(digits) <= point:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def general(value: float) -> str:
    """As ``%v`` prints: with an exponent below 1e-4 and from 1e6 on, such as ``1e+06``."""
    special = _special(value)
    if special:
        return special
    sign, digits, point = _digits(value)
    if digits != "0" and not -4 <= point - 1 < 6:
        return f"{sign}{_scientific(digits, point)}"
    return decimal(value)


def json(value: float) -> str:
    """As ``encoding/json`` writes: with an exponent below 1e-6 and from 1e21 on. The value must be finite."""
    sign, digits, point = _digits(value)
    if digits != "0" and not -6 <= point - 1 < 21:
        return f"{sign}{_scientific(digits, point).replace('e-0', 'e-')}"
    return decimal(value)


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return ""


def _digits(value: float) -> tuple[str, str, int]:
    """Sign, the shortest digits, and where the point stands: the value is 0.DIGITS times ten to that power."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)  # the value is finite
    text = "".join(map(str, digits)).lstrip("0") or "0"
    point = len(text) + exponent
    return "-" if sign else "", text.rstrip("0") or "0", point


def _scientific(digits: str, point: int) -> str:
    exponent = point - 1
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
