"""Arguments of modifiers: a JSON object of which a few members count.

Source: gjson 1.18 ``modPretty``, ``modFlatten``, ``modJoin``, ``Result.Bool``, ``Result.Int``.
"""

import re

from esoctl.plan.jsonpath import queries, scan
from esoctl.plan.jsonpath.budget import Budget
from esoctl.plan.jsonpath.pretty import Layout
from esoctl.plan.jsonpath.values import Kind, Value, span

_INTEGER = re.compile(rb"-?[0-9]{1,18}")
_SAFE = 9007199254740991
_BLANKS = b" \t\r\n"


def flag(argument: bytes, name: bytes, budget: Budget) -> bool:
    """The member of that name as true or false; of several the last."""
    return any(_bool(value) for value in _members(argument, budget).get(name, [])[-1:])


def layout(argument: bytes, budget: Budget) -> Layout:
    """How ``@pretty`` is to lay out."""
    members = {name: values[-1] for name, values in _members(argument, budget).items()}
    plain = Layout()
    return Layout(
        width=_int(members[b"width"]) if b"width" in members else plain.width,
        prefix=_blank(members[b"prefix"]) if b"prefix" in members else plain.prefix,
        indent=_blank(members[b"indent"]) if b"indent" in members else plain.indent,
        sort=_bool(members[b"sortKeys"]) if b"sortKeys" in members else plain.sort,
    )


def _members(argument: bytes, budget: Budget) -> dict[bytes, list[Value]]:
    members: dict[bytes, list[Value]] = {}
    for key, value in scan.each(scan.root(span(argument), budget), budget):
        members.setdefault(key.text if key else b"", []).append(value)
    return members


def _bool(value: Value) -> bool:
    if value.kind is Kind.STRING:
        return queries.truth(value.text) is True
    return value.kind is Kind.TRUE or (value.kind is Kind.NUMBER and value.number != 0)


def _int(value: Value) -> int:
    match value.kind:
        case Kind.TRUE:
            return 1
        case Kind.STRING:
            return int(value.text) if _INTEGER.fullmatch(value.text) else 0
        case Kind.NUMBER if abs(value.number) <= _SAFE:
            return int(value.number)
        case Kind.NUMBER if _INTEGER.fullmatch(value.raw):
            return int(value.raw)
        case _:
            return 0


def _blank(value: Value) -> bytes:
    """The blanks of a text: nothing else may be slipped into the layout."""
    return bytes(byte for byte in value.render() if byte in _BLANKS)
