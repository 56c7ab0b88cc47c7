"""PEM blocks, found and written as Go's encoding/pem does: what is no block is skipped, quietly."""

from __future__ import annotations

import base64
from typing import Final, NamedTuple

from esoctl.template.funcs.encoding import decode_base64
from esoctl.template.govalues import FunctionError

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"\n-----END "
_TAIL: Final = b"-----"
_LINE: Final = 64


class Block(NamedTuple):
    """A block: its type, its headers in order, its bytes."""

    kind: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    data: bytes


def _line(data: bytes) -> tuple[bytes, bytes, int]:
    """The first line without trailing blanks, what follows it, and how many bytes it took."""
    end = data.find(b"\n")
    if end < 0:
        return data.rstrip(b" \t\r\n"), b"", len(data)
    line = data[:end].removesuffix(b"\r")
    return line.rstrip(b" \t"), data[end + 1 :], end + 1


def decode(data: bytes) -> tuple[Block | None, bytes]:
    """The first block and what follows it; None and everything when there is none."""
    rest, skipped = data, 0
    while True:
        if not 0 <= skipped <= len(rest):
            return None, data
        rest = rest[skipped:]
        end = rest.find(_END) if not rest.startswith(_END[1:]) else 0
        if end < 0:
            return None, data
        found, rest, skipped = _block(rest, end)
        if found is not None:
            return found, rest
        if skipped < 0:
            return None, data


def _block(data: bytes, end: int) -> tuple[Block | None, bytes, int]:
    """Try the block that ends there: the block and what follows, or what to look through next and where to go on."""
    trailer = end + len(_END)
    begin = data.rfind(_BEGIN, 0, end)
    if begin < 0 or (begin > 0 and data[begin - 1] != 10):
        return None, data, trailer
    shift = begin + len(_BEGIN)
    rest, end, trailer = data[shift:], end - shift, trailer - shift
    line, rest, taken = _line(rest)
    end, trailer = end - taken, trailer - taken
    if not line.endswith(_TAIL):
        return None, rest, trailer
    kind = line[: -len(_TAIL)]
    headers: list[tuple[bytes, bytes]] = []
    while True:
        if not rest:
            return None, rest, -1
        line, following, taken = _line(rest)
        key, colon, value = line.partition(b":")
        if not colon:
            break
        headers.append((key.strip(), value.strip()))
        rest, end, trailer = following, end - taken, trailer - taken
    if headers and end < 0:
        return None, rest, trailer
    return _finished(rest, kind, headers, (end, trailer))


def _finished(
    rest: bytes, kind: bytes, headers: list[tuple[bytes, bytes]], marks: tuple[int, int]
) -> tuple[Block | None, bytes, int]:
    end, trailer = marks
    length = len(kind) + len(_TAIL)
    tail = rest[max(trailer, 0) :]
    closes = len(tail) >= length and tail.startswith(kind) and tail[:length].endswith(_TAIL)
    if not closes or _line(tail[length:])[0]:
        return None, rest, trailer
    data = b""
    if end > 0:
        try:
            data = decode_base64(rest[:end].translate(None, b" \t"))
        except FunctionError:
            return None, rest, trailer
    following = _line(rest[end + len(_END) - 1 :])[1]
    return Block(kind, tuple(dict(headers).items()), data), following, 0


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


def blocks(data: bytes) -> tuple[list[Block], bytes]:
    """All blocks up to the first thing that is none, and what is left."""
    found: list[Block] = []
    while True:
        block, data = decode(data)
        if block is None:
            return found, data
        found.append(block)
