"""Selections: ``[path,path]`` and ``{path,"name":path}`` build a new array or object from several paths.

Source: gjson 1.18 ``parseSubSelectors``, ``nameOfLast``, ``isSimpleName``.
"""

import re
from typing import NamedTuple

from esoctl.plan.jsonpath import text

_MARK = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|\\.?|[\[({})\]@:,]', re.DOTALL)
_DEPTH = {b"[": 1, b"(": 1, b"{": 1, b"]": -1, b")": -1, b"}": -1}
_NOT_SIMPLE = re.compile(rb"[\x00-\x1f\[\]{}()#|!]")


class Member(NamedTuple):
    """One member of a selection; ``name`` is as written, with its quotes, or empty."""

    name: bytes
    path: bytes


def parse(path: bytes) -> tuple[list[Member], bytes]:
    """The members of the selection a path begins with, and what follows it; none and nothing when it does not close."""
    members: list[Member] = []
    depth, start, colon, modifier = 1, 1, 0, False
    for found in _MARK.finditer(path, 1):
        mark, at = found[0], found.start()
        depth += _DEPTH.get(mark, 0)
        if mark == b"@":
            modifier = modifier or path[at - 1 : at] in {b".", b"|"}
        elif mark == b":":
            # The colon behind a modifier begins its argument; any other one ends the name.
            colon = colon or (at if depth == 1 and not modifier else 0)
        elif depth == 0 or (depth == 1 and mark == b","):
            members.append(_member(path, start, colon, at))
            start, colon, modifier = at + 1, 0, False
        if depth == 0:
            return members, path[at + 1 :]
    return [], b""


def _member(path: bytes, start: int, colon: int, end: int) -> Member:
    return Member(path[start:colon], path[colon + 1 : end]) if colon else Member(b"", path[start:end])


def name(path: bytes) -> bytes:
    """The name, as JSON, of a member that has none of its own: the last part of its path."""
    last = _last(path)
    return text.quote(b"_" if _NOT_SIMPLE.search(last) else last)


def _last(path: bytes) -> bytes:
    for position in range(len(path) - 1, -1, -1):
        if path[position] in b"|." and path[position - 1 : position] != b"\\":
            return path[position + 1 :]
    return path
