"""Reads the numbers and characters of a template as Go's ideal constants.

A constant is kept under every type that can hold it: 1.0 is an int too, 'a' is a number. Source: the Go package
text/template/parse (newNumber) and exec.go (idealConstant).
"""

from __future__ import annotations

import re
from typing import Final

from esoctl.template import numerals, quoting
from esoctl.template.govalues import INT_MAX, INT_MIN, UINT_MAX
from esoctl.template.lexer import Kind
from esoctl.template.nodes import BoolNode, NumberNode, StringNode

_PAIR: Final = re.compile(
    r"(?P<real>[+-]?[^+-]*(?:[eEpP][+-]?[0-9_]+)?)(?P<imaginary>[+-][^+-]*(?:[eEpP][+-]?[0-9_]+)?)i"
)


def number(pos: int, source: str, kind: Kind) -> NumberNode:
    """The node of a numeric literal; BadLiteral when it is none."""
    node = NumberNode(pos, source)
    if kind is Kind.CHARACTER:
        _character(node)
    elif kind is Kind.COMPLEX:
        _complex_pair(node)
    elif not _imaginary(node):
        _plain(node)
    node.constant = _constant(node)
    return node


def _character(node: NumberNode) -> None:
    code, tail = quoting.unquote_rune(node.source)
    if tail != "'":
        raise quoting.BadLiteral(f"malformed character constant: {node.source}")
    node.as_int = node.as_uint = code
    node.as_float = float(code)


def _complex_pair(node: NumberNode) -> None:
    found = _PAIR.fullmatch(node.source)
    real = numerals.parse_float(found["real"]) if found else None
    imaginary = numerals.parse_float(found["imaginary"]) if found else None
    if real is None or imaginary is None:
        raise quoting.BadLiteral("syntax error scanning complex number")
    _set_complex(node, complex(real, imaginary))


def _imaginary(node: NumberNode) -> bool:
    if not node.source.endswith("i"):
        return False
    part = numerals.parse_float(node.source[:-1])
    if part is None:
        return False
    _set_complex(node, complex(0, part))
    return True


def _set_complex(node: NumberNode, value: complex) -> None:
    node.as_complex = value
    if value.imag == 0:
        node.as_float = value.real
        node.as_int = _whole(value.real, INT_MIN, INT_MAX)
        node.as_uint = _whole(value.real, 0, UINT_MAX)


def _whole(value: float, least: int, most: int) -> int | None:
    return int(value) if value.is_integer() and least <= value <= most else None


def _plain(node: NumberNode) -> None:
    whole = numerals.integer(node.source) if len(node.source) < 400 else None
    if whole is not None:
        node.as_int = whole if INT_MIN <= whole <= INT_MAX else None
        signed = node.source[0] in "+-" and whole != 0
        node.as_uint = whole if 0 <= whole <= UINT_MAX and not signed else None
    if node.as_int is not None or node.as_uint is not None:
        node.as_float = float(node.as_int if node.as_int is not None else node.as_uint or 0)
        return
    value = numerals.parse_float(node.source)
    if value is None:
        raise quoting.BadLiteral(f"illegal number syntax: {quoting.quote(node.source.encode()).decode()}")
    if not set(node.source) & set(".eEpP"):
        raise quoting.BadLiteral(f"integer overflow: {quoting.quote(node.source.encode()).decode()}")
    node.as_float = value
    node.as_int = _whole(value, INT_MIN, INT_MAX)
    node.as_uint = _whole(value, 0, UINT_MAX)


def _constant(node: NumberNode) -> object:
    if node.as_complex is not None:
        return node.as_complex
    source = node.source
    is_hex = len(source) > 2 and source[:2] in {"0x", "0X"} and not set(source) & set("pP")
    if node.as_float is not None and not is_hex and source[0] != "'" and set(source) & set(".eEpP"):
        return node.as_float
    return node.as_int


def under(node: object, kind: str) -> object:
    """The literal as a value of that kind; None when it is not one."""
    if isinstance(node, NumberNode):
        return {"integer": node.as_int, "unsigned integer": node.as_uint, "float": node.as_float}.get(kind)
    if isinstance(node, StringNode) and kind == "string":
        return node.value
    return node.value if isinstance(node, BoolNode) and kind == "bool" else None
