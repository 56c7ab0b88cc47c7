"""PEM blocks, found and written as Go's encoding/pem does: what is no block is skipped, quietly."""

from __future__ import annotations

import base64
from typing import Final, NamedTuple

from esoctl.template.funcs.encoding import decode_base64
from esoctl.template.govalues import FunctionError
from esoctl.template.limits import Budget

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"\n-----END "
_TAIL: Final = b"-----"
_LINE: Final = 64


class Block(NamedTuple):
    """A block: its type, its headers in order, its bytes."""

    kind: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    data: bytes


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    """The line that begins there, without trailing blanks, and where the next one begins."""
    end = data.find(b"\n", start)
    if end < 0:
        return data[start:].rstrip(b" \t\r\n"), len(data)
    return data[start:end].removesuffix(b"\r").rstrip(b" \t"), end + 1


def decode(data: bytes, budget: Budget, start: int = 0) -> tuple[Block | None, int]:
    """The first block from a position on, and where it ends; None and the position when there is none."""
    position = start
    while True:
        end = data.find(_END, position)
        if end < 0:
            return None, start
        budget.step(4)
        found, position = _block(data, position, end, budget)
        if found is not None:
            return found, position
        if position < 0:
            return None, start


def _block(data: bytes, start: int, end: int, budget: Budget) -> tuple[Block | None, int]:
    """The block that ends there and what follows it; None and where to go on, -1 for nowhere, when it is none."""
    trailer = end + len(_END)
    begin = data.rfind(_BEGIN, start, end)
    if begin < 0 or (begin > start and data[begin - 1] != 10):
        return None, trailer
    line, position = _line(data, begin + len(_BEGIN))
    if not line.endswith(_TAIL):
        return None, max(trailer, position)
    kind = line[: -len(_TAIL)]
    headers: dict[bytes, bytes] = {}
    while True:
        if position >= len(data):
            return None, -1
        budget.step()
        line, following = _line(data, position)
        key, colon, value = line.partition(b":")
        if not colon:
            break
        headers[key.strip()] = value.strip()
        position = following
    if headers and end < position:
        return None, max(trailer, position)
    return _finished(data, kind, headers, (position, end))


def _finished(
    data: bytes, kind: bytes, headers: dict[bytes, bytes], marks: tuple[int, int]
) -> tuple[Block | None, int]:
    position, end = marks
    trailer = end + len(_END)
    tail = kind + _TAIL
    if not data.startswith(tail, trailer) or _line(data, trailer + len(tail))[0]:
        return None, trailer
    content = b""
    if end > position:
        try:
            content = decode_base64(data[position:end].translate(None, b" \t"))
        except FunctionError:
            return None, trailer
    return Block(kind, tuple(headers.items()), content), _line(data, end + len(_END) - 1)[1]


def encode(kind: bytes, data: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """The block as text."""
    lines = [b"-----BEGIN " + kind + b"-----\n"]
    if headers:
        ordered = sorted(headers, key=lambda header: (header[0] != b"Proc-Type", header[0]))
        lines += [key + b": " + value + b"\n" for key, value in ordered]
        lines.append(b"\n")
    text = base64.b64encode(data)
    lines += [text[start : start + _LINE] + b"\n" for start in range(0, len(text), _LINE)]
    return b"".join([*lines, b"-----END " + kind + b"-----\n"])


def blocks(data: bytes, budget: Budget) -> tuple[list[Block], bytes]:
    """All blocks up to the first thing that is none, and what is left."""
    found: list[Block] = []
    position = 0
    while True:
        block, position = decode(data, budget, position)
        if block is None:
            return found, data[position:]
        found.append(block)


def first(data: bytes, budget: Budget) -> Block | None:
    """The first block."""
    return decode(data, budget)[0]
