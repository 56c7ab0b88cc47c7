"""Lenient conversions to numbers: what is none counts as zero.

Source: the reference converts with spf13/cast. DIFFERS nowhere; sizes are those of a 64-bit machine.
"""

from __future__ import annotations

import math
import re
from typing import Final

from esoctl.template import govalues, numerals

_WITH_FRACTION: Final = re.compile(r"(?P<whole>[+-]?[0-9]*)\.[0-9]*", re.ASCII)


def to_int(value: object) -> int:
    """The value as int64: texts by Go's literal syntax, floats cut, anything else zero."""
    if isinstance(value, int):
        return govalues.wrap64(int(value))
    if isinstance(value, float):
        return _cut(value)
    return _text_to_int(value) if isinstance(value, bytes) else 0


def _cut(value: float) -> int:
    if math.isnan(value) or not -9.3e18 < value < 9.3e18:
        return govalues.INT_MIN
    whole = int(value)
    return whole if govalues.INT_MIN <= whole <= govalues.INT_MAX else govalues.INT_MIN


def _text_to_int(value: bytes) -> int:
    digits = value.decode("utf-8", "replace")
    found = _WITH_FRACTION.fullmatch(digits)
    if found:
        digits = found["whole"] if found["whole"].strip("+-") else "0"
    try:
        return numerals.parse_int(digits, 0) or 0
    except numerals.OutOfRange:
        return 0


def to_float(value: object) -> float:
    """The value as float64."""
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, bytes):
        return numerals.parse_float(value.decode("utf-8", "replace")) or 0.0
    return 0.0
