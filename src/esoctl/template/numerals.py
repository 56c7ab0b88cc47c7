"""Reads and writes numbers as Go's strconv does: ParseInt, ParseUint, ParseFloat and FormatFloat.

Python's own readers are laxer (spaces, other digits, underscores anywhere), so the syntax is checked first.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

from esoctl.template.govalues import INT_MAX, INT_MIN

_INTEGER = re.compile(
    r"[+-]?(?:0[xX](?P<hex>_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)|0[bB](?P<bin>_?[01]+(?:_[01]+)*)"
    r"|0[oO](?P<oct>_?[0-7]+(?:_[0-7]+)*)|0(?P<old>_?[0-7]+(?:_[0-7]+)*)|(?P<dec>0|[1-9][0-9]*(?:_[0-9]+)*))",
    re.ASCII,
)
_MOST_DIGITS = 400
_DECIMAL = re.compile(r"[+-]?[0-9]+", re.ASCII)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "old": 8, "dec": 10}
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_HEX_FLOAT = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F_]+\.?[0-9a-fA-F_]*|\.[0-9a-fA-F_]+)[pP][+-]?[0-9]+", re.ASCII)
_SPECIAL = re.compile(r"(?:[+-]?inf(?:inity)?|nan)", re.IGNORECASE | re.ASCII)


class OutOfRange(Exception):
    """A number that is well written but does not fit; carries the nearest one that does."""

    def __init__(self, nearest: int) -> None:
        super().__init__("value out of range")
        self.nearest = nearest


def integer(digits: str) -> int | None:
    """The number of a Go integer literal of any base, however large; None when it is none."""
    found = _INTEGER.fullmatch(digits)
    if found is None or found.lastgroup is None:
        return None
    magnitude = int(found.group(found.lastgroup).replace("_", ""), _BASES[found.lastgroup])
    return -magnitude if digits[0] == "-" else magnitude


def parse_int(digits: str, base: int) -> int | None:
    """ParseInt with 64 bits: None for bad syntax, OutOfRange when too large. Base 0 reads prefixes."""
    number = _of_any_base(digits) if base == 0 else _of_base(digits, base)
    if number is None:
        return None
    if not INT_MIN <= number <= INT_MAX:
        raise OutOfRange(INT_MAX if number > 0 else INT_MIN)
    return number


def _of_any_base(digits: str) -> int | None:
    return integer(digits) if len(digits) <= _MOST_DIGITS else None


def _of_base(digits: str, base: int) -> int | None:
    """The number, cut where it is far too large anyway, since a long one takes long to read."""
    if _DECIMAL.fullmatch(digits) is None or (base == 8 and not set("89").isdisjoint(digits)):
        return None
    magnitude = int(digits.lstrip("+-").lstrip("0")[:_MOST_DIGITS] or "0", base)
    return -magnitude if digits[0] == "-" else magnitude


def parse_float(digits: str) -> float | None:
    """ParseFloat with 64 bits; None for bad syntax or a number too large."""
    if len(digits) > 4000:
        return None
    if _FLOAT.fullmatch(digits):
        return _finite(float(digits))
    if _SPECIAL.fullmatch(digits):
        return float(digits)
    plain = digits.replace("_", "")
    if plain != digits and not _underscores_fit(digits):
        return None
    if _FLOAT.fullmatch(plain):
        return _finite(float(plain))
    return _hex_float(plain) if _HEX_FLOAT.fullmatch(plain) else None


def _underscores_fit(digits: str) -> bool:
    """Whether every underscore is between digits, or after the prefix of a base."""
    body = digits.lower()
    body = body[1:] if body[:1] in {"+", "-"} else body
    is_hex = body.startswith("0x")
    if is_hex:
        body = "0" + body[2:]
    digit = "[0-9a-f]" if is_hex else "[0-9]"
    return re.search(f"(?<!{digit})_|_(?!{digit})", body) is None


def _hex_float(digits: str) -> float | None:
    try:
        return _finite(float.fromhex(digits))
    except OverflowError:
        return None


def _finite(number: float) -> float | None:
    return None if math.isinf(number) else number


def shortest(number: float) -> tuple[str, int]:
    """The fewest digits that read back as the number, and where the point is: 0.DIGITS times ten to that power."""
    digits, exponent = _digits_of(repr(abs(number)))
    return digits, exponent


def _digits_of(written: str) -> tuple[str, int]:
    mantissa, _, power = written.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    point = len(whole) + int(power or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    stripped = stripped.rstrip("0")
    return (stripped, point) if stripped else ("0", 1)


def rounded(number: float, places: int) -> tuple[str, int]:
    """The digits of the number to that many significant places, exactly rounded, and where the point is."""
    if number == 0:
        return "0" * places, 1
    context = Context(prec=max(places, 1), rounding=ROUND_HALF_EVEN)
    exact = context.create_decimal(Decimal(abs(number)))
    _, digits, exponent = exact.as_tuple()
    written = "".join(map(str, digits))
    point = len(written) + int(exponent)
    return written.ljust(places, "0"), point


def format_float(number: float, verb: str, precision: int) -> str:
    """FormatFloat for the verbs e, f and g; precision -1 means the fewest digits that read back."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    if verb == "g":
        return sign + _general(number, precision)
    if precision >= 0:
        return sign + (
            _exponent_form(f"{abs(number):.{precision}e}") if verb == "e" else f"{abs(number):.{precision}f}"
        )
    digits, point = shortest(number)
    return sign + (_scientific(digits, point) if verb == "e" else _plain(digits, point))


def _general(number: float, precision: int) -> str:
    if precision < 0:
        digits, point = shortest(number)
        limit = 6
    else:
        limit = precision or 1
        digits, point = rounded(number, limit)
        digits = digits.rstrip("0") or "0"
        if limit > len(digits) >= point:
            limit = len(digits)
    exponent = point - 1
    return _scientific(digits, point) if exponent < -4 or exponent >= limit else _plain(digits, point)


def _scientific(digits: str, point: int) -> str:
    exponent = point - 1 if digits != "0" else 0
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _exponent_form(written: str) -> str:
    mantissa, _, power = written.partition("e")
    return f"{mantissa}e{power[0]}{power[1:].zfill(2)}"


def _plain(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits if digits != "0" else "0"
    if len(digits) <= point:
        return digits.ljust(point, "0")
    return f"{digits[:point]}.{digits[point:]}"


def binary_form(number: float) -> str:
    """Go's %b: the mantissa as a whole number and a power of two."""
    fraction, exponent = math.frexp(abs(number))
    exponent = max(exponent - 53, -1074)
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    mantissa = int(math.ldexp(abs(number), -exponent)) if fraction else 0
    power = exponent if fraction else -1074
    return f"{sign}{mantissa}p{power:+d}"


def hex_form(number: float, precision: int) -> str:
    """Go's %x of a float: a hexadecimal fraction and a power of two of at least two digits."""
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    if number == 0:
        return f"{sign}0x0{'.' + '0' * precision if precision > 0 else ''}p+00"
    fraction, exponent = math.frexp(abs(number))
    mantissa, exponent = int(math.ldexp(fraction, 53)), exponent - 1
    if 0 <= precision < 13:
        mantissa = _round_bits(mantissa, 52 - 4 * precision)
        if mantissa >= 1 << 53:
            mantissa, exponent = mantissa >> 1, exponent + 1
    digits = f"{mantissa & ((1 << 52) - 1):013x}"
    digits = digits.rstrip("0") if precision < 0 else digits[:precision].ljust(precision, "0")
    point = "." + digits if digits else ""
    return f"{sign}0x1{point}p{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _round_bits(mantissa: int, bits: int) -> int:
    low = mantissa & ((1 << bits) - 1)
    mantissa -= low
    half = 1 << (bits - 1) if bits else 0
    if low > half or (low == half and low and mantissa >> bits & 1):
        mantissa += 1 << bits
    return mantissa
