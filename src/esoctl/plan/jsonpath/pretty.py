"""Laying out JSON text anew: ``@pretty`` and ``@ugly``, which do not check what they lay out.

Containers that are open are kept in a list, so depth costs no recursion.

Source: tidwall/pretty 1.2 ``PrettyOptions``, ``Ugly``.
"""

import re
from dataclasses import dataclass, field

from esoctl.plan.jsonpath import pairs
from esoctl.plan.jsonpath.budget import Budget
from esoctl.plan.jsonpath.pairs import Pair

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BLANKS = re.compile(rb"[\x00-\x20]*")
_NUMBER = re.compile(rb".[^\x00-\x20,:\]}]*", re.DOTALL)
_BLANKS_OR_STRING = re.compile(rb'[\x00-\x20]+|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_WORD = re.compile(rb"[tf]|n(?=u|\Z)")
_VALUE_START = re.compile(rb'["0-9\-iI+N{\[tfn]')
_WORDS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_CLOSING = {b"{": b"}", b"[": b"]"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How to lay out."""

    width: int = 80
    """Arrays that fit are put on one line; zero or less: none is."""
    prefix: bytes = b""
    indent: bytes = b"  "
    sort: bool = False


def compact(source: bytes) -> bytes:
    """The text without blanks outside of strings."""
    return _BLANKS_OR_STRING.sub(lambda found: found[0] if found[0][:1] == b'"' else b"", source)


def layout(source: bytes, wanted: Layout, budget: Budget) -> bytes:
    """The first value of the text, laid out in lines."""
    writer = _Writer(source, wanted, budget)
    writer.write()
    return bytes(writer.out) + b"\n" if writer.out else b""


class _Reader:
    """The source and how far it is read."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self.position = 0

    def here(self) -> bytes:
        return self._source[self.position : self.position + 1]

    def skip_blanks(self) -> bytes:
        """The next character that is no blank."""
        self.take(_BLANKS)
        return self.here()

    def seek_value(self) -> bytes:
        """The next character that looks like the begin of a value."""
        start = _VALUE_START.search(self._source, self.position)
        self.position = start.start() if start else len(self._source)
        return self.here()

    def take(self, pattern: re.Pattern[bytes]) -> bytes:
        found = pattern.match(self._source, self.position)
        assert found is not None  # callers look at what is here first
        self.position = found.end()
        return found[0]

    def scalar(self) -> bytes:
        """The string, number or word here; words are completed whatever follows their first letter."""
        if self.here() == b'"':
            return self.take(_STRING)
        word = _WORD.match(self._source, self.position)
        if not word:
            return self.take(_NUMBER)
        self.position += len(_WORDS[word[0]])
        return _WORDS[word[0]]


@dataclass(slots=True)
class _Open:
    """A container that is being written, and its pairs when they are to be sorted."""

    opening: bytes
    count: int = 0
    pairs: list[Pair] = field(default_factory=list)
    key: bytes = b""
    begin: int = 0
    """Where the pair that is being written begins in the output."""


class _Writer:
    def __init__(self, source: bytes, wanted: Layout, budget: Budget) -> None:
        self.out = bytearray(wanted.prefix)
        self._reader = _Reader(source)
        self._wanted = wanted
        self._budget = budget
        self._line = 0
        """Where the current line begins, for the width."""
        self._open: list[_Open] = []

    def write(self) -> None:
        self._value()
        while self._open:
            self._budget.spend(1)
            current = self._open[-1]
            here = self._reader.skip_blanks()
            if not here:
                # What is open where the text ends stays open.
                return
            if here == _CLOSING[current.opening]:
                self._close(current)
            elif current.opening == b"[" or here == b'"':
                self._item(current)
            else:
                self._reader.position += 1

    def _item(self, current: _Open) -> None:
        if current.count > 0:
            self.out += b", " if current.opening == b"[" and self._wanted.width != -1 else b","
        current.count += 1
        self._new_line()
        current.begin = len(self.out)
        self._indent(len(self._open))
        if current.opening == b"{":
            current.key = self._reader.take(_STRING)
            self.out += current.key + b": "
        self._value()

    def _value(self) -> None:
        """Write the next scalar or short array, or open the next container."""
        here = self._reader.seek_value()
        if here == b"[":
            line = self._one_line()
            if line:
                self.out += line
                self._ended()
                return
        if here in _CLOSING:
            self.out += here
            self._reader.position += 1
            self._open.append(_Open(here))
            return
        if here:
            self.out += self._reader.scalar()
        self._ended()

    def _ended(self) -> None:
        """A value is complete; so is the pair it belongs to."""
        if self._open and self._open[-1].opening == b"{" and self._wanted.sort:
            current = self._open[-1]
            current.pairs.append(Pair(current.key, bytes(self.out[current.begin :])))

    def _close(self, current: _Open) -> None:
        if current.pairs:
            begin = len(self.out) - sum(len(pair.written) + 2 for pair in current.pairs) + 2
            self.out[begin:] = b",\n".join(pair.written for pair in pairs.ordered(current.pairs))
        self._open.pop()
        if current.count > 0:
            self._new_line()
            self._indent(len(self._open))
        self.out += self._reader.here()
        self._reader.position += 1
        self._ended()

    def _new_line(self) -> None:
        self._line = len(self.out)
        if self.out.endswith(b" "):
            self.out[-1:] = b"\n"
        else:
            self.out += b"\n"

    def _indent(self, depth: int) -> None:
        margin = self._wanted.prefix + self._wanted.indent * depth
        self._budget.spend(0, read=len(margin))
        self.out += margin

    def _one_line(self) -> bytes:
        """The array here on one line; nothing when it holds an object or is too long for the rest of the line."""
        room = self._wanted.width - (len(self.out) - self._line)
        if self._wanted.width <= 0 or room <= 3:
            return b""
        begin = self._reader.position
        line = self._flat_array(room)
        if not line:
            self._reader.position = begin
        return line

    def _flat_array(self, room: int) -> bytes:
        line = bytearray(b"[")
        self._reader.position += 1
        counts = [0]
        while counts and len(line) <= room:
            self._budget.spend(1)
            here = self._reader.skip_blanks()
            if not here:
                break
            if here == b"]":
                line += b"]"
                self._reader.position += 1
                counts.pop()
                continue
            line += b", " if counts[-1] else b""
            counts[-1] += 1
            here = self._reader.seek_value()
            if here == b"{":
                return b""
            if here == b"[":
                line += b"["
                self._reader.position += 1
                counts.append(0)
            elif here:
                line += self._reader.scalar()
        return bytes(line) if len(line) <= room else b""
