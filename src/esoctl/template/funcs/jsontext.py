"""Reads and writes JSON as Go's encoding/json does, with its error texts.

Reading keeps a list of open containers and writing a list of what is still to do, so depth is bounded by Go's limit of
10,000 and the budget. Numbers become floats, strings lose invalid UTF-8. Source: the Go package encoding/json.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from esoctl.template import govalues, numerals
from esoctl.template.functions import Context
from esoctl.template.govalues import FunctionError
from esoctl.template.quoting import quote

_SPACES: Final = b" \t\r\n"
_BLANK: Final = re.compile(rb"[ \t\r\n]*")
_STRING: Final = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_STRING_HEAD: Final = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PAIR: Final = re.compile("([\ud800-\udbff])([\udc00-\udfff])")
_LONE: Final = re.compile("[\ud800-\udfff]")
_UNESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: Final[dict[int, tuple[bytes, object]]] = {
    ord("t"): (b"true", True),
    ord("f"): (b"false", False),
    ord("n"): (b"null", None),
}
_DEEPEST: Final = 10_000
_VALUE: Final = "looking for beginning of value"
_KEY: Final = "looking for beginning of object key string"


class JsonError(Exception):
    """A text that is no JSON, or a value JSON cannot hold, in Go's words."""


def loads(text: bytes, context: Context) -> tuple[object, str | None]:
    """The value of a JSON text, and what was wrong with a number in it; JsonError when the text is no JSON."""
    return _Reader(text, context).read()


class _Reader:
    """The state of reading one text."""

    def __init__(self, text: bytes, context: Context) -> None:
        self._text = text
        self._budget = context.budget
        self._pos = 0
        self._open: list[tuple[dict[bytes, object] | list[object], bytes]] = []
        self._problem: str | None = None

    def read(self) -> tuple[object, str | None]:
        while True:
            self._budget.step()
            value = self._begin_value()
            if isinstance(value, (dict, list)) and self._opens(value):
                continue
            if self._after_value(value):
                return self._result, self._problem

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._pos)
        self._pos = found.end() if found else self._pos

    def _bad(self, context: str) -> JsonError:
        if self._pos >= len(self._text):
            waits = context in {"in string literal", _VALUE, _KEY} or context.startswith("after ")
            if waits and context != "after decimal point in numeric literal":
                return JsonError("unexpected end of JSON input")
            return JsonError(f"invalid character ' ' {context}")
        octet = self._text[self._pos]
        if octet == ord("'"):
            shown = "\\'"
        elif octet == ord('"'):
            shown = '"'
        else:
            shown = quote(chr(octet).encode()).decode()[1:-1]
        return JsonError(f"invalid character '{shown}' {context}")

    def _peek(self) -> int:
        return self._text[self._pos] if self._pos < len(self._text) else -1

    def _begin_value(self) -> object:
        self._skip()
        octet = self._peek()
        if octet in {ord("{"), ord("[")}:
            self._pos += 1
            return {} if octet == ord("{") else []
        if octet == ord('"'):
            return self._string()
        if octet in _LITERALS:
            return self._literal(*_LITERALS[octet])
        if octet == ord("-") or ord("0") <= octet <= ord("9"):
            return self._number()
        raise self._bad(_VALUE)

    def _opens(self, value: dict[bytes, object] | list[object]) -> bool:
        """Go into a container; False when it is empty and already closed."""
        if len(self._open) >= _DEEPEST:
            self._pos -= 1
            raise self._bad("exceeded max depth")
        self._skip()
        if self._peek() == (ord("}") if isinstance(value, dict) else ord("]")):
            self._pos += 1
            return False
        self._open.append((value, self._key() if isinstance(value, dict) else b""))
        return True

    def _key(self) -> bytes:
        self._skip()
        if self._peek() != ord('"'):
            raise self._bad(_KEY)
        key = self._string()
        self._skip()
        if self._peek() != ord(":"):
            raise self._bad("after object key")
        self._pos += 1
        return key

    def _after_value(self, value: object) -> bool:
        """Put the value where it belongs and close what ends after it; True at the end of the text."""
        while True:
            self._skip()
            if not self._open:
                self._result = value
                if self._pos < len(self._text):
                    raise self._bad("after top-level value")
                return True
            container, key = self._open[-1]
            if isinstance(container, dict):
                container[key] = value
                end, where = ord("}"), "after object key:value pair"
            else:
                container.append(value)
                end, where = ord("]"), "after array element"
            octet = self._peek()
            if octet == ord(","):
                self._pos += 1
                if isinstance(container, dict):
                    self._open[-1] = (container, self._key())
                return False
            if octet != end:
                raise self._bad(where)
            self._pos += 1
            self._open.pop()
            value = container

    def _string(self) -> bytes:
        found = _STRING.match(self._text, self._pos)
        if found is None:
            raise self._bad_string()
        self._pos = found.end()
        raw = found.group()[1:-1]
        return _unescaped(raw)

    def _bad_string(self) -> JsonError:
        head = _STRING_HEAD.match(self._text, self._pos)
        self._pos = head.end() if head else self._pos
        if self._peek() != ord("\\"):
            return self._bad("in string literal")
        self._pos += 1
        if self._peek() != ord("u"):
            return self._bad("in string escape code")
        self._pos += 1
        while chr(max(self._peek(), 0)) in "0123456789abcdefABCDEF":
            self._pos += 1
        return self._bad("in \\u hexadecimal character escape")

    def _literal(self, word: bytes, value: object) -> object:
        for index, octet in enumerate(word):
            if self._peek() != octet:
                raise self._bad(f"in literal {word.decode()} (expecting '{word[index : index + 1].decode()}')")
            self._pos += 1
        return value

    def _number(self) -> object:
        found = _NUMBER.match(self._text, self._pos)
        if found is None:
            self._pos += 1
            raise self._bad("in numeric literal")
        self._pos = found.end()
        self._check_number(found.group())
        number = numerals.parse_float(found.group().decode())
        if number is None and self._problem is None:
            shown = found.group().decode()
            self._problem = f"json: cannot unmarshal number {shown} into Go value of type float64"
        return number

    def _check_number(self, digits: bytes) -> None:
        """A point or an exponent that the number does not reach into is a broken one."""
        octet = self._peek()
        if octet == ord(".") and not set(b".eE") & set(digits):
            self._pos += 1
            raise self._bad("after decimal point in numeric literal")
        if octet in {ord("e"), ord("E")} and not set(b"eE") & set(digits):
            self._pos += 1
            if self._peek() in {ord("+"), ord("-")}:
                self._pos += 1
            raise self._bad("in exponent of numeric literal")


def _unescaped(raw: bytes) -> bytes:
    if b"\\" not in raw:
        return raw if raw.isascii() else govalues.valid_text(raw).encode()
    runes = _ESCAPE.sub(_unescape, govalues.valid_text(raw))
    runes = _PAIR.sub(_joined_pair, runes)
    return _LONE.sub("\ufffd", runes).encode()


def _unescape(found: re.Match[str]) -> str:
    code, char = found.groups()
    return chr(int(code, 16)) if code else _UNESCAPES.get(char, char)


def _joined_pair(found: re.Match[str]) -> str:
    high, low = found.groups()
    return chr(0x10000 + ((ord(high) - 0xD800) << 10) + (ord(low) - 0xDC00))


_SHORT: Final = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_PLAIN: Final = re.compile('["\\\\\x00-\x1f\u2028\u2029\ud800-\udfff]')
_HTML: Final = re.compile('["\\\\\x00-\x1f\u2028\u2029\ud800-\udfff<>&]')


_PLAIN_TABLE: Final = {
    **{code: f"\\u{code:04x}" for code in (*range(0x20), 0x2028, 0x2029)},
    **dict.fromkeys(range(0xD800, 0xE000), "\\ufffd"),
    **{ord(char): escape for char, escape in _SHORT.items()},
}
_HTML_TABLE: Final = _PLAIN_TABLE | {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}
"""What ``str.translate`` makes of the characters that the patterns find."""


def string(value: bytes, *, html: bool) -> bytes:
    """A JSON string; with ``html`` the characters that matter in HTML are escaped too."""
    text = govalues.text(value)
    if (_HTML if html else _PLAIN).search(text):
        text = govalues.translated(text, _HTML_TABLE if html else _PLAIN_TABLE)
    return f'"{text}"'.encode()


def number(value: float) -> bytes:
    """A float as JSON: the fewest digits, with an exponent only when very small or large."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124  only NaN differs from itself
        raise JsonError(f"json: unsupported value: {numerals.format_float(value, 'g', -1)}")
    magnitude = abs(value)
    if magnitude and not 1e-6 <= magnitude < 1e21:
        mantissa, _, power = numerals.format_float(value, "e", -1).partition("e")
        return f"{mantissa}e{power[0]}{power[1:].lstrip('0') if power[0] == '-' else power[1:]}".encode()
    return numerals.format_float(value, "f", -1).encode()


def dumps(value: object, context: Context, *, html: bool = True) -> bytes:
    """The value as JSON without blanks, maps in the order of their keys."""
    parts: list[bytes] = []
    path: set[int] = set()
    todo: list[object] = [_Held(value)]
    while todo:
        item = todo.pop()
        if isinstance(item, bytes):
            parts.append(item)
        elif isinstance(item, _Left):
            path.discard(item.identity)
        elif isinstance(item, _Held):
            context.budget.step(3)
            held = item.value
            if isinstance(held, (dict, list)) and not govalues.is_nil(held):
                _enter(held, path, len(path), context)
                todo += [_Left(id(held)), *reversed(_members(held, context, html=html))]
            else:
                parts.append(_scalar(held, html=html))
                context.budget.hold(len(parts[-1]))
    return b"".join(parts)


class _Held:
    """A value that is still to be written."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class _Left:
    """The end of a container."""

    __slots__ = ("identity",)

    def __init__(self, identity: int) -> None:
        self.identity = identity


def _enter(held: object, path: set[int], depth: int, context: Context) -> None:
    if id(held) in path:
        raise JsonError(f"json: unsupported value: encountered a cycle via {govalues.type_of(held)}")
    context.budget.too_deep(depth)
    path.add(id(held))


def _members(held: dict[bytes, object] | list[object], context: Context, *, html: bool) -> list[object]:
    context.budget.elements(len(held) * 2)
    if isinstance(held, govalues.Octets):
        raise JsonError("json: unsupported type: []uint8")
    pieces: list[object] = [b"{" if isinstance(held, dict) else b"["]
    if isinstance(held, dict):
        for index, key in enumerate(sorted(held)):
            pieces += [(b"," if index else b"") + string(key, html=html) + b":", _Held(held[key])]
        return [*pieces, b"}"]
    for index, item in enumerate(held):
        pieces += [b",", _Held(item)] if index else [_Held(item)]
    return [*pieces, b"]"]


def _scalar(value: object, *, html: bool) -> bytes:
    if isinstance(value, bytes):
        return string(value, html=html)
    if value is None or govalues.is_nil(value):
        return b"null"
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, float):
        return number(value)
    encode: Callable[[], bytes] | None = getattr(value, "go_json", None)
    if encode is None:
        raise JsonError(f"json: unsupported type: {govalues.type_of(value)}")
    return string(encode(), html=html)


def indented(text: bytes) -> bytes:
    """JSON without blanks written over lines, two blanks a level."""
    parts: list[bytes] = []
    depth = 0
    for token in re.findall(rb'"(?:[^"\\]|\\.)*"|[\[{][\]}]|[\[\]{},:]|[^\[\]{},:"]+', text):
        if token in {b"{", b"["}:
            depth += 1
            parts += [token, b"\n", b"  " * depth]
        elif token in {b"}", b"]"}:
            depth -= 1
            parts += [b"\n", b"  " * depth, token]
        elif token == b",":
            parts += [token, b"\n", b"  " * depth]
        else:
            parts.append(b": " if token == b":" else token)
    return b"".join(parts)


def failed(error: JsonError) -> FunctionError:
    """The error as a function's."""
    return FunctionError(str(error))
