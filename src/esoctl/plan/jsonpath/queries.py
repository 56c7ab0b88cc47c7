"""Whether an element of an array satisfies a query.

Source: gjson 1.18 ``queryMatches``.
"""

from typing import TypeVar

from esoctl.plan.jsonpath import text, wildcard
from esoctl.plan.jsonpath.steps import Query
from esoctl.plan.jsonpath.values import Kind, Value, span

_Comparable = TypeVar("_Comparable", bytes, float)
_TRUTHS = {b"1": True, b"t": True, b"true": True, b"0": False, b"f": False, b"false": False}


def satisfied(query: Query, value: Value) -> bool:
    """Whether the value that the query's path leads to is the one asked for."""
    wanted = query.value
    if wanted.startswith(b"~"):
        truth = _ish(wanted[1:], value)
        value = Value() if truth is None else Value(Kind.TRUE if truth else Kind.FALSE, span(b"-"))
        wanted = b"true"
    if not value.exists:
        return False
    if not query.operator:
        return True
    match value.kind:
        case Kind.STRING:
            return _text(query.operator, value.text, wanted)
        case Kind.NUMBER:
            return _compare(query.operator, value.number, text.number(wanted))
        case Kind.TRUE:
            return _true(query.operator, wanted)
        case Kind.FALSE:
            return _false(query.operator, wanted)
        case _:
            return False


def _ish(kind: bytes, value: Value) -> bool | None:
    """Whether the value is like true, false or null, or exists; None for an unknown word."""
    match kind:
        case b"*":
            return value.exists
        case b"null":
            return value.kind is Kind.NULL
        case b"true":
            return _truth(value) is True
        case b"false":
            return value.kind is Kind.NULL or _truth(value) is False
        case _:
            return None


def _truth(value: Value) -> bool | None:
    match value.kind:
        case Kind.TRUE | Kind.FALSE:
            return value.kind is Kind.TRUE
        case Kind.STRING:
            return truth(value.text)
        case Kind.NUMBER:
            return value.number != 0
        case _:
            return None


def truth(value: bytes) -> bool | None:
    """What a text says, None for neither."""
    return _TRUTHS.get(value.lower())


def _text(sign: bytes, value: bytes, wanted: bytes) -> bool:
    if sign in {b"%", b"!%"}:
        return wildcard.matches(value, wanted) is (sign == b"%")
    return _compare(sign, value, wanted)


def _compare(sign: bytes, value: _Comparable, wanted: _Comparable) -> bool:
    match sign:
        case b"=":
            return value == wanted
        case b"!=":
            return value != wanted
        case b"<":
            return value < wanted
        case b"<=":
            return value <= wanted
        case b">":
            return value > wanted
        case _:
            return sign == b">=" and value >= wanted


def _true(sign: bytes, wanted: bytes) -> bool:
    match sign:
        case b"=":
            return wanted == b"true"
        case b"!=":
            return wanted != b"true"
        case b">":
            return wanted == b"false"
        case _:
            return sign == b">="


def _false(sign: bytes, wanted: bytes) -> bool:
    match sign:
        case b"=":
            return wanted == b"false"
        case b"!=":
            return wanted != b"false"
        case b"<":
            return wanted == b"true"
        case _:
            return sign == b"<="
