"""Reads and writes DER, as far as certificates, keys and PKCS#12 files need it.

The reader is strict about lengths, like Go's cryptobyte; what it cannot read is a DerError.
"""

from __future__ import annotations

from typing import Final

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31


class DerError(Exception):
    """Bytes that are not what was expected."""


def context(number: int, *, constructed: bool = True) -> int:
    """The tag of a context-specific element."""
    return 0x80 | (0x20 if constructed else 0) | number


class Reader:
    """Takes elements off the front of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pos = 0

    @property
    def rest(self) -> bytes:
        """What has not been taken."""
        return self._data[self._pos :]

    def peek(self) -> int:
        """The tag of the next element, -1 at the end."""
        return self._data[self._pos] if self._pos < len(self._data) else -1

    def any(self) -> tuple[int, bytes]:
        """The tag and content of the next element."""
        data, pos = self._data, self._pos
        if pos + 2 > len(data) or data[pos] & 0x1F == 0x1F:
            raise DerError("truncated")
        tag, length = data[pos], data[pos + 1]
        pos += 2
        if length & 0x80:
            count = length & 0x7F
            octets = data[pos : pos + count]
            length = int.from_bytes(octets, "big")
            if not 1 <= count <= 4 or len(octets) < count or octets[0] == 0 or length < 0x80:
                raise DerError("bad length")
            pos += count
        if pos + length > len(data):
            raise DerError("truncated")
        self._pos = pos + length
        return tag, data[pos : pos + length]

    def take(self, tag: int) -> bytes:
        """The content of the next element, which must have that tag."""
        if self.peek() != tag:
            raise DerError("unexpected tag")
        return self.any()[1]

    def element(self, tag: int) -> bytes:
        """The next element with its tag and length."""
        start = self._pos
        self.take(tag)
        return self._data[start : self._pos]

    def inner(self, tag: int) -> Reader:
        """A reader of the content of the next element."""
        return Reader(self.take(tag))

    def optional(self, tag: int) -> bytes | None:
        """The content of the next element if it has that tag."""
        return self.take(tag) if self.peek() == tag else None

    def integer(self) -> int:
        """The next element as an integer."""
        content = self.take(INTEGER)
        if not content or (len(content) > 1 and content[0] in {0, 0xFF} and (content[0] >> 7) == (content[1] >> 7)):
            raise DerError("bad integer")
        return int.from_bytes(content, "big", signed=True)

    def oid(self) -> str:
        """The next element as an object identifier."""
        return oid_text(self.take(OID))

    def end(self) -> None:
        """Nothing may be left."""
        if self._pos != len(self._data):
            raise DerError("trailing data")


def oid_text(content: bytes) -> str:
    """An object identifier as numbers with points between."""
    numbers: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if value >> 64:
            raise DerError("bad object identifier")
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    if not numbers or content[-1] & 0x80:
        raise DerError("bad object identifier")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def element(tag: int, *parts: bytes) -> bytes:
    """An element of these contents."""
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of these elements."""
    return element(SEQUENCE, *parts)


def integer(value: int) -> bytes:
    """An INTEGER."""
    bits = (~value if value < 0 else value).bit_length()
    return element(INTEGER, value.to_bytes(bits // 8 + 1, "big", signed=True))


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return element(OCTET_STRING, value)


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *others = map(int, dotted.split("."))
    content = b""
    for number in (first * 40 + second, *others):
        content += _septets(number)
    return element(OID, content)


def _septets(number: int) -> bytes:
    septets = [number & 0x7F]
    while number > 0x7F:
        number >>= 7
        septets.append(number & 0x7F | 0x80)
    return bytes(reversed(septets))


def null() -> bytes:
    """A NULL."""
    return element(NULL)
