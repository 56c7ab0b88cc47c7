"""The order of members when ``@pretty`` sorts them: by key, and where keys are equal by value.

Source: tidwall/pretty 1.2 ``byKeyVal``.
"""

import re
from typing import NamedTuple

from esoctl.plan import strictjson
from esoctl.plan.jsonpath import text

_PLAIN = re.compile(rb'"([^"\\]*)(["\\])')
_NULL, _FALSE, _NUMBER, _STRING, _TRUE, _JSON = range(6)
_TYPES = {
    b"": _NULL,
    b"n": _NULL,
    b"f": _FALSE,
    b'"': _STRING,
    b"t": _TRUE,
    b"[": _JSON,
    b"{": _JSON,
}


class Pair(NamedTuple):
    """A member: its key in the source, and all of it as it was written."""

    key: bytes
    written: bytes


def ordered(pairs: list[Pair]) -> list[Pair]:
    return sorted(pairs, key=_rank)


def _rank(pair: Pair) -> tuple[bytes, int, bytes | float]:
    value = pair.written.strip()[len(pair.key) + 1 :].strip()
    kind = _TYPES.get(value[:1], _NUMBER)
    if kind == _NUMBER:
        return _text(pair.key), kind, text.number(value)
    return _text(pair.key), kind, _text(value) if kind == _STRING else value


def _text(literal: bytes) -> bytes:
    """The text of a string literal; nothing when it is broken."""
    found = _PLAIN.match(literal)
    if not found:
        return b""
    if found[2] == b'"':
        return found[1]
    return strictjson.text(literal).encode() if strictjson.valid(literal) else b""
