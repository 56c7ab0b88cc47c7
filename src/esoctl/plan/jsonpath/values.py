"""A value found in a document: what kind it is, where its source text stands, what it reads as.

Values point into the document they were found in, so that a nested look-up costs no copy and the ends of brackets are
found once for each document.

Source: gjson 1.18 ``Result``.
"""

from dataclasses import dataclass, field
from enum import Enum

from esoctl.plan import floats


class Kind(Enum):
    """The type of a value; a value of no source text and kind NULL does not exist."""

    NULL = 0
    FALSE = 1
    NUMBER = 2
    STRING = 3
    TRUE = 4
    JSON = 5


class Document:
    """Bytes that are looked at, and where the brackets in them close, as far as is known."""

    __slots__ = ("closes", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.closes: dict[int, int] = {}


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a document."""

    document: Document = field(repr=False)
    start: int
    end: int

    @property
    def raw(self) -> bytes:
        return self.document.data[self.start : self.end]

    def first(self) -> bytes:
        return self.document.data[self.start : min(self.start + 1, self.end)]


def span(data: bytes) -> Span:
    """All of a new document."""
    return Span(Document(data), 0, len(data))


EMPTY = span(b"")


@dataclass(frozen=True, slots=True)
class Value:
    """A value; the default is one that does not exist."""

    kind: Kind = Kind.NULL
    span: Span = EMPTY
    text: bytes = field(default=b"", repr=False)
    """Of a string."""
    number: float = 0.0
    """Of a number."""

    @property
    def raw(self) -> bytes:
        return self.span.raw

    @property
    def exists(self) -> bool:
        return self.kind is not Kind.NULL or self.span.end > self.span.start

    @property
    def is_object(self) -> bool:
        return self.kind is Kind.JSON and self.span.first() == b"{"

    @property
    def is_array(self) -> bool:
        return self.kind is Kind.JSON and self.span.first() == b"["

    def render(self) -> bytes:
        """The value as a secret holds it: text without quotes, containers as their source text, null as nothing."""
        match self.kind:
            case Kind.NULL:
                return b""
            case Kind.FALSE:
                return b"false"
            case Kind.TRUE:
                return b"true"
            case Kind.STRING:
                return self.text
            case Kind.JSON:
                return self.raw
            case Kind.NUMBER:
                return _number(self.raw, self.number)

    def source(self) -> bytes:
        """The source text; what is computed has none and gives its text."""
        return self.raw or self.render()


def _number(raw: bytes, number: float) -> bytes:
    """Integers keep their digits, however many; all other numbers are printed anew."""
    digits = raw[1:] if raw[:1] == b"-" else raw
    if raw and (not digits or digits.isdigit()):
        return raw
    return floats.decimal(number).encode()
