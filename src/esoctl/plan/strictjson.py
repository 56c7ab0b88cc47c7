"""Strict JSON as Go's ``encoding/json`` reads it: the same documents are accepted, and errors have the same text.

Only spans are looked for, so that members keep their source text: ``1.0``, 20-digit integers and inner spaces survive.
Nothing here recurses; nesting is bounded as in Go.

Source: Go's ``encoding/json`` (scanner, decoder); RFC 8259.
"""

import json
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from esoctl.plan import jsonerrors

MAX_DEPTH = 10_000
RAW_MAP = "map[string]json.RawMessage"

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:(?:\.[0-9]++)?[eE][+-]?[0-9]++|\.[0-9]++(?![eE])|(?![.eE]))")
_LITERAL = re.compile(rb"true|false|null")
_REPLACED = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


class Mark(StrEnum):
    """What a token is."""

    OPEN = "open"
    CLOSE = "close"
    KEY = "key"
    STRING = "string"
    NUMBER = "number"
    LITERAL = "literal"


class Token(NamedTuple):
    """A piece of a document that is well-formed up to its end."""

    mark: Mark
    start: int
    end: int


def members(document: bytes, target: str = RAW_MAP) -> dict[str, bytes]:
    """The source text of each member of an object; of duplicates the last. ``null`` is an empty object.

    ValueError with Go's text for anything else; ``target`` is the Go type it names.
    """
    found: dict[str, bytes] = {}
    depth, start, key = 0, 0, b'""'
    for mark, begin, end in tokens(document):
        if mark is Mark.CLOSE:
            depth -= 1
        if depth == 1 and mark is Mark.KEY:
            key = document[begin:end]
        elif depth == 1:
            if mark is not Mark.CLOSE:
                start = begin
            if mark is not Mark.OPEN:
                found[text(key)] = document[start:end]
        if mark is Mark.OPEN:
            depth += 1
    _require_object(document, target)
    return found


def _require_object(document: bytes, target: str) -> None:
    top = document.strip(b" \t\r\n")
    if top[:1] != b"{" and top != b"null":
        raise ValueError(f"json: cannot unmarshal {jsonerrors.kind(top)} into Go value of type {target}")


def valid(document: bytes) -> bool:
    """Whether this is one well-formed JSON document."""
    try:
        for _ in tokens(document):
            pass
    except ValueError:
        return False
    return True


def text(literal: bytes) -> str:
    """The text of a well-formed string literal; what is no valid UTF-8 or UTF-16 becomes the replacement character."""
    inner = literal[1:-1].decode("utf-8", "surrogateescape").translate(_REPLACED)
    if "\\" not in inner:
        return inner
    decoded = json.loads(f'"{inner}"')
    assert isinstance(decoded, str)
    return decoded.translate(_REPLACED)


def tokens(document: bytes) -> Iterator[Token]:
    """The tokens of a document, without commas and colons; ValueError where it stops being well-formed."""
    return _Scanner(document).tokens()


class _Scanner:
    """A step machine: each step reads what may stand at the position and chooses the next step."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self._position = 0
        self._open: list[bytes] = []
        self._step: Callable[[], Token | None] = self._value
        self._ended = False

    def tokens(self) -> Iterator[Token]:
        while not self._ended:
            self._skip_space()
            token = self._step()
            if token:
                self._position = token.end
                yield token

    def _value(self) -> Token:
        first = self._here()
        if first in {b"{", b"["}:
            if len(self._open) >= MAX_DEPTH:
                raise self._unexpected("exceeded max depth")
            self._open.append(first)
            self._step = self._first_member if first == b"{" else self._first_element
            return self._token(Mark.OPEN, 1)
        for mark, pattern in ((Mark.STRING, _STRING), (Mark.NUMBER, _NUMBER), (Mark.LITERAL, _LITERAL)):
            found = pattern.match(self._document, self._position)
            if found:
                self._step = self._after_value
                return Token(mark, found.start(), found.end())
        raise jsonerrors.value(self._document, self._position)

    def _first_element(self) -> Token:
        return self._close() if self._here() == b"]" else self._value()

    def _first_member(self) -> Token:
        return self._close() if self._here() == b"}" else self._key()

    def _key(self) -> Token:
        found = _STRING.match(self._document, self._position)
        if not found:
            raise jsonerrors.key(self._document, self._position)
        self._step = self._colon
        return Token(Mark.KEY, found.start(), found.end())

    def _colon(self) -> None:
        if self._here() != b":":
            raise self._unexpected("after object key")
        self._position += 1
        self._step = self._value

    def _after_value(self) -> Token | None:
        here = self._here()
        if not self._open:
            if here:
                raise self._unexpected("after top-level value")
            self._ended = True
            return None
        in_object = self._open[-1] == b"{"
        if here == b",":
            self._position += 1
            self._step = self._key if in_object else self._value
            return None
        if here != (b"}" if in_object else b"]"):
            raise self._unexpected("after object key:value pair" if in_object else "after array element")
        return self._close()

    def _close(self) -> Token:
        self._open.pop()
        self._step = self._after_value
        return self._token(Mark.CLOSE, 1)

    def _here(self) -> bytes:
        return self._document[self._position : self._position + 1]

    def _token(self, mark: Mark, length: int) -> Token:
        return Token(mark, self._position, self._position + length)

    def _unexpected(self, context: str) -> ValueError:
        return jsonerrors.unexpected(self._document, self._position, context)

    def _skip_space(self) -> None:
        found = _SPACE.match(self._document, self._position)
        assert found is not None  # the pattern may be empty
        self._position = found.end()
