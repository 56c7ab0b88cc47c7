"""Arithmetic: integers of 64 bits that overflow silently, floats by way of exact decimals.

Source: the reference's numeric functions (Masterminds/sprig, with shopspring/decimal beneath those ending in f).
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from esoctl.template import govalues, numerals, printf
from esoctl.template.funcs.casts import to_float, to_int
from esoctl.template.functions import ANY, Context, Function, function
from esoctl.template.govalues import FunctionError, Int64, Ints

_EXACT: Final = decimal.Context(prec=1200, rounding=decimal.ROUND_HALF_UP, Emax=99999, Emin=-99999)
_DIVISION_PLACES: Final = Decimal(1).scaleb(-16)


def _int64(number: int) -> Int64:
    return Int64(govalues.wrap64(number))


def _int(value: object) -> int:
    return to_int(value)


def _as_int64(value: object) -> Int64:
    return Int64(to_int(value))


def _float64(value: object) -> float:
    return to_float(value)


def _atoi(value: bytes) -> int:
    try:
        return numerals.parse_int(value.decode("utf-8", "replace"), 10) or 0
    except numerals.OutOfRange as error:
        return error.nearest


def _to_decimal(context: Context, value: object) -> Int64:
    shown = printf.sprint([value], context.budget)
    try:
        return Int64(numerals.parse_int(shown.decode("utf-8", "replace"), 8) or 0)
    except numerals.OutOfRange:
        return Int64(0)


def _add(*values: object) -> Int64:
    return _int64(sum(map(to_int, values)))


def _add1(value: object) -> Int64:
    return _int64(to_int(value) + 1)


def _sub(left: object, right: object) -> Int64:
    return _int64(to_int(left) - to_int(right))


def _mul(first: object, *others: object) -> Int64:
    result = to_int(first)
    for other in others:
        result = govalues.wrap64(result * to_int(other))
    return Int64(result)


def _divide_toward_zero(left: int, right: int) -> int:
    if right == 0:
        raise FunctionError("runtime error: integer divide by zero")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _div(left: object, right: object) -> Int64:
    return _int64(_divide_toward_zero(to_int(left), to_int(right)))


def _mod(left: object, right: object) -> Int64:
    dividend, divisor = to_int(left), to_int(right)
    return _int64(dividend - divisor * _divide_toward_zero(dividend, divisor))


def _max(first: object, *others: object) -> Int64:
    return Int64(max(map(to_int, (first, *others))))


def _min(first: object, *others: object) -> Int64:
    return Int64(min(map(to_int, (first, *others))))


def _maxf(first: object, *others: object) -> float:
    return _extreme(max, first, others)


def _minf(first: object, *others: object) -> float:
    return _extreme(min, first, others)


def _extreme(pick: Callable[[list[float]], float], first: object, others: tuple[object, ...]) -> float:
    values = [to_float(first), *map(to_float, others)]
    return math.nan if any(map(math.isnan, values)) else pick(values)


def _exact(value: object) -> Decimal:
    number = to_float(value)
    if not math.isfinite(number):
        shown = numerals.format_float(number, "g", -1)
        raise FunctionError(f"Cannot create a Decimal from {shown}")
    return Decimal(repr(number))


def _decimals(operation: Callable[[Decimal, Decimal], Decimal], first: object, others: tuple[object, ...]) -> float:
    result = _exact(first)
    for other in others:
        result = operation(result, _exact(other))
    return float(result) if result else 0.0  # Go's decimals know no negative zero


def _quotient(left: Decimal, right: Decimal) -> Decimal:
    if right == 0:
        raise FunctionError("decimal division by 0")
    return _EXACT.divide(left, right).quantize(_DIVISION_PLACES, context=_EXACT)


def _addf(*values: object) -> float:
    return _decimals(_EXACT.add, 0.0, values)


def _add1f(value: object) -> float:
    return _decimals(_EXACT.add, value, (1.0,))


def _subf(first: object, *others: object) -> float:
    return _decimals(_EXACT.subtract, first, others)


def _mulf(context: Context, first: object, *others: object) -> float:
    context.budget.step(len(others) * 4)
    return _decimals(_EXACT.multiply, first, others)


def _divf(context: Context, first: object, *others: object) -> float:
    context.budget.step(len(others) * 40)
    return _decimals(_quotient, first, others)


def _floor(value: object) -> float:
    return _whole(math.floor, to_float(value))


def _ceil(value: object) -> float:
    return _whole(math.ceil, to_float(value))


def _whole(rounding: Callable[[float], int], number: float) -> float:
    """Rounded as in Go: what is infinite stays so, and zero keeps its sign."""
    if not math.isfinite(number):
        return number
    return math.copysign(float(rounding(number)), number) if rounding(number) == 0 else float(rounding(number))


def _power_of_ten(places: int) -> float:
    if places > 308:
        return math.inf
    return float(f"1e{places}") if places > -400 else 0.0


def _round(value: object, places: int, *options: float) -> float:
    threshold = options[0] if options else 0.5
    power = _power_of_ten(places)
    scaled = power * to_float(value)
    fraction = math.modf(scaled)[0] if math.isfinite(scaled) else math.nan
    rounded = _whole(math.ceil if fraction >= threshold else math.floor, scaled)
    if power == 0:
        return math.nan if rounded == 0 or math.isnan(rounded) else math.copysign(math.inf, rounded)
    return rounded / power


def _range(context: Context, start: int, stop: int, step: int) -> Ints:
    if step == 0 or (stop - start) * step <= 0:
        return Ints()
    numbers = range(start, stop, step)
    count = (stop - start + step - (1 if step > 0 else -1)) // step
    context.budget.elements(count)
    return Ints(numbers)


def _until(context: Context, count: int) -> Ints:
    return _range(context, 0, count, -1 if count < 0 else 1)


def _until_step(context: Context, start: int, stop: int, step: int) -> Ints:
    return _range(context, start, stop, step)


def _seq(context: Context, *params: int) -> bytes:
    if not 1 <= len(params) <= 3:
        return b""
    start = params[0] if len(params) > 1 else 1
    end = params[-1]
    direction = -1 if end < start else 1
    step = params[1] if len(params) == 3 else direction
    if end < start and step > 0:
        return b""
    numbers = _range(context, start, end + direction, step)
    context.budget.elements(len(numbers))
    return b" ".join([b"%d" % number for number in numbers])


NUMBERS: Final[dict[str, Function]] = {
    "int": function(_int, ANY, "int"),
    "int64": function(_as_int64, ANY, "int64"),
    "float64": function(_float64, ANY, "float64"),
    "atoi": function(_atoi, "string", "int"),
    "toDecimal": function(_to_decimal, ANY, "int64", context=True),
    "add": function(_add, f"...{ANY}", "int64"),
    "add1": function(_add1, ANY, "int64"),
    "sub": function(_sub, f"{ANY}, {ANY}", "int64"),
    "mul": function(_mul, f"{ANY}, ...{ANY}", "int64"),
    "div": function(_div, f"{ANY}, {ANY}", "int64"),
    "mod": function(_mod, f"{ANY}, {ANY}", "int64"),
    "max": function(_max, f"{ANY}, ...{ANY}", "int64"),
    "biggest": function(_max, f"{ANY}, ...{ANY}", "int64"),
    "min": function(_min, f"{ANY}, ...{ANY}", "int64"),
    "maxf": function(_maxf, f"{ANY}, ...{ANY}", "float64"),
    "minf": function(_minf, f"{ANY}, ...{ANY}", "float64"),
    "addf": function(_addf, f"...{ANY}", "float64"),
    "add1f": function(_add1f, ANY, "float64"),
    "subf": function(_subf, f"{ANY}, ...{ANY}", "float64"),
    "mulf": function(_mulf, f"{ANY}, ...{ANY}", "float64", context=True),
    "divf": function(_divf, f"{ANY}, ...{ANY}", "float64", context=True),
    "floor": function(_floor, ANY, "float64"),
    "ceil": function(_ceil, ANY, "float64"),
    "round": function(_round, f"{ANY}, int, ...float64", "float64"),
    "until": function(_until, "int", "[]int", context=True),
    "untilStep": function(_until_step, "int, int, int", "[]int", context=True),
    "seq": function(_seq, "...int", "string", context=True),
}
