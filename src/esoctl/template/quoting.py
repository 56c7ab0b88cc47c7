"""Go's quoted strings: strconv.Quote and its relatives, and the reading of string and rune literals.

Source: the Go package strconv (Quote, QuoteToASCII, QuoteRune, CanBackquote, Unquote, UnquoteChar).
"""

from __future__ import annotations

from esoctl.template import govalues

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\"}
_UNESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"
}  # fmt: skip
_LONGEST_ESCAPE = len("\\U0010ffff")
_KEPT = 20_000
_HEX = frozenset("0123456789abcdefABCDEF")
_HEX_LENGTHS = {"x": 2, "u": 4, "U": 8}


class BadLiteral(Exception):
    """A literal that does not follow Go's syntax."""


def is_print(rune: str) -> bool:
    """Go's unicode.IsPrint."""
    return rune.isprintable()


def quote(value: bytes, *, ascii_only: bool = False) -> bytes:
    """The value between double quotes, escaped as Go source."""
    runes = govalues.text(value)
    if runes.isascii() and runes.isprintable() and '"' not in runes and "\\" not in runes:
        return b'"' + value + b'"'
    return f'"{govalues.translated(runes, _ASCII if ascii_only else _ANY)}"'.encode()


class _Escapes(dict[int, str]):
    """What each rune becomes between double quotes, made when first asked for; ``str.translate`` looks here."""

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self._ascii_only = ascii_only

    def __missing__(self, code: int) -> str:
        made = _escape(chr(code), '"', ascii_only=self._ascii_only)
        if len(self) < _KEPT:
            self[code] = made
        return made


_ANY = _Escapes(ascii_only=False)
_ASCII = _Escapes(ascii_only=True)


def quote_rune(code: int, *, ascii_only: bool = False) -> bytes:
    """The rune between single quotes; a number that is no rune counts as U+FFFD."""
    rune = rune_of(code)
    return f"'{_escape(rune, chr(39), ascii_only=ascii_only)}'".encode()


def rune_of(code: int) -> str:
    """The rune of that number, U+FFFD when there is none."""
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return chr(code)


def can_backquote(value: bytes) -> bool:
    """Whether the value can be written unchanged between backquotes."""
    for rune in govalues.text(value):
        if "\ud800" <= rune <= "\udfff" or rune in "\ufeff`\x7f" or (rune < " " and rune != "\t"):
            return False
    return True


def _escape(rune: str, quote_mark: str, *, ascii_only: bool) -> str:
    if rune == quote_mark:
        return "\\" + rune
    known = _ESCAPES.get(rune)
    if known is not None:
        return known
    code = ord(rune)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80 or not ascii_only:
        if is_print(rune):
            return rune
        if code < 0x20 or code == 0x7F:
            return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(literal: str) -> bytes:
    """The value of a string literal in double quotes or backquotes."""
    body = literal[1:-1]
    if literal[:1] == "`":
        return govalues.encode(body.replace("\r", ""))
    if "\\" not in body:
        return govalues.encode(body)
    parts: list[bytes] = []
    at = 0
    while at < len(body):
        slash = body.find("\\", at)
        if slash != at:
            end = slash if slash > 0 else len(body)
            parts.append(govalues.encode(body[at:end]))
            at = end
            continue
        window = body[at : at + _LONGEST_ESCAPE]
        part, rest = _unescape(window, '"')
        parts.append(part)
        at += len(window) - len(rest)
    return b"".join(parts)


def unquote_rune(literal: str) -> tuple[int, str]:
    """The number of the rune a literal in single quotes begins with, and the rest after that rune."""
    body = literal[1:]
    if not body or body[0] == "'":
        raise BadLiteral("invalid syntax")
    if body[0] != "\\":
        return ord(body[0]), body[1:]
    part, rest = _unescape(body, "'")
    escaped = body[1] in "x01234567"
    return (part[0] if escaped else ord(govalues.text(part)[0])), rest


def _unescape(rest: str, quote_mark: str) -> tuple[bytes, str]:
    head, _, _ = rest.partition("\\")
    if head:
        return govalues.encode(head), rest[len(head) :]
    kind = rest[1:2]
    if kind in _UNESCAPES and kind:
        return _UNESCAPES[kind].encode(), rest[2:]
    if kind == quote_mark and kind:
        return kind.encode(), rest[2:]
    if kind in _HEX_LENGTHS:
        return _hex_escape(rest, _HEX_LENGTHS[kind])
    return _octal_escape(rest)


def _hex_escape(rest: str, length: int) -> tuple[bytes, str]:
    digits = rest[2 : 2 + length]
    if len(digits) < length or not _HEX.issuperset(digits):
        raise BadLiteral("invalid syntax")
    code = int(digits, 16)
    tail = rest[2 + length :]
    if length == 2:
        return bytes([code]), tail
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise BadLiteral("invalid syntax")
    return chr(code).encode(), tail


def _octal_escape(rest: str) -> tuple[bytes, str]:
    digits = rest[1:4]
    if len(digits) < 3 or not set("01234567").issuperset(digits) or int(digits, 8) > 255:
        raise BadLiteral("invalid syntax")
    return bytes([int(digits, 8)]), rest[4:]
