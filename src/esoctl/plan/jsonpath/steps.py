"""Paths taken apart: the first step of a path over an object, over an array, and the query of ``#(...)``.

Source: gjson 1.18 ``parseObjectPath``, ``parseArrayPath``, ``parseQuery``, ``splitPossiblePipe``.
"""

import re
from dataclasses import dataclass

from esoctl.plan.jsonpath import text

MODIFIERS = frozenset(
    {
        b"pretty",
        b"ugly",
        b"reverse",
        b"this",
        b"flatten",
        b"join",
        b"valid",
        b"keys",
        b"values",
        b"tostr",
        b"fromstr",
        b"group",
        b"dig",
    }
)

_PART = re.compile(rb"(?:[^.|\\]|\\.?)*+", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.?)", re.DOTALL)
_WILD = re.compile(rb"[*?]")
_NAME = re.compile(rb"@([^.|:]*)", re.DOTALL)
_STRING_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_STRING = re.compile(_STRING_TEXT, re.DOTALL)
_BRACKETS = re.compile(rb"%s|[\[({})\]]" % _STRING_TEXT, re.DOTALL)
_QUERY_MARK = re.compile(rb"%s|\\.?|[\[()\]!=<>%%]" % _STRING_TEXT, re.DOTALL)
_DEPTH = {b"[": 1, b"(": 1, b"]": -1, b")": -1}
_COMPARING = frozenset({b"!", b"=", b"<", b">", b"%"})
_OPERATORS = (b"!=", b"!%", b"<=", b">=", b"==", b"<", b">", b"=", b"%")
_BLANKS = bytes(range(33))


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of each element of an array."""

    path: bytes = b""
    operator: bytes = b""
    """Empty: the path must exist."""
    value: bytes = b""
    every: bool = False
    """All elements that match, not the first."""


@dataclass(frozen=True, slots=True)
class Step:
    """The first step of a path and what follows."""

    part: bytes
    rest: bytes = b""
    """The path inside of what the part names, when ``more``."""
    more: bool = False
    pipe: bytes | None = None
    """The path over the whole result."""
    wild: bool = False
    hashed: bool = False
    """The part has a ``#``: it is about all elements of an array."""
    each: bytes | None = None
    """The path inside of each element, for ``#.path``."""
    query: Query | None = None


def over_object(path: bytes) -> Step:
    """The first step when what is there is an object; a backslash takes away the meaning of the next character."""
    found = _PART.match(path)
    assert found is not None  # the pattern may be empty
    body = found[0]
    wild = bool(_WILD.search(_ESCAPE.sub(b"", body)))
    return _followed(Step(_ESCAPE.sub(rb"\1", body), wild=wild), path, len(body))


def over_array(path: bytes) -> Step:
    """The first step when what is there is an array; there are no escapes."""
    each, query, hashed = None, None, False
    position = 0
    while position < len(path):
        character = path[position : position + 1]
        if character in b".|":
            break
        if character == b"#":
            hashed = True
            if position == 0 and path[1:2] == b".":
                each = path[2:]
            elif position == 0 and path[1:2] in {b"[", b"("}:
                query, end = _query(path)
                # A query that does not close ends the path: every element is asked for nothing.
                position = len(path) if end is None else end - 1
        position += 1
    step = Step(path[:position], hashed=hashed, each=each, query=query)
    return _followed(step, path, position)


def _followed(step: Step, path: bytes, position: int) -> Step:
    """The step with what follows at the position: nothing, a part inside, or a pipe."""
    separator, rest = path[position : position + 1], path[position + 1 :]
    is_pipe = separator == b"|" or (separator == b"." and not step.hashed and _pipes(rest))
    return Step(
        part=step.part,
        rest=b"" if is_pipe else rest,
        more=separator == b"." and not is_pipe,
        pipe=rest if is_pipe else None,
        wild=step.wild,
        hashed=step.hashed,
        each=step.each,
        query=step.query,
    )


def _pipes(rest: bytes) -> bool:
    """Whether a dot before this works like a pipe: before modifiers and selections."""
    name = _NAME.match(rest)
    if name:
        return name[1] in MODIFIERS
    return rest[:1] in {b"[", b"{"}


def _query(path: bytes) -> tuple[Query, int | None]:
    """The query a path begins with and where it ends; None when it does not end."""
    operator_at, depth, escaped = 0, 1, False
    for found in _QUERY_MARK.finditer(path, 2):
        mark = found[0]
        if mark.startswith(b'"'):
            escaped = escaped or b"\\" in mark
        elif mark in _COMPARING:
            operator_at = operator_at or (found.start() if depth == 1 else 0)
        else:
            depth += _DEPTH.get(mark, 0)
            if depth == 0:
                return _asked(path, operator_at, found.start(), escaped=escaped), found.end()
    return Query(), None


def _asked(path: bytes, operator_at: int, end: int, *, escaped: bool) -> Query:
    every = path[end + 1 : end + 2] == b"#"
    left = path[2 : operator_at or end].strip(_BLANKS)
    if not operator_at:
        return Query(left, every=every)
    operator, value = _comparison(path[operator_at:end].strip(_BLANKS))
    return Query(left, operator, _unquoted(value, escaped=escaped), every)


def _comparison(tail: bytes) -> tuple[bytes, bytes]:
    """Operator and value; a lone exclamation mark before something is no operator and stays with the value."""
    if len(tail) == 1:
        return tail, b""
    operator = next((sign for sign in _OPERATORS if tail.startswith(sign)), b"")
    value = tail[len(operator) :].strip(_BLANKS)
    return b"=" if operator == b"==" else operator, value


def _unquoted(value: bytes, *, escaped: bool) -> bytes:
    if len(value) < 2 or value[:1] != b'"' or value[-1:] != b'"':
        return value
    inner = value[1:-1]
    return text.unescape(inner) if escaped else inner


def split_pipe(path: bytes) -> tuple[bytes, bytes] | None:
    """The path before and behind its first pipe that is not inside of a query, a selection or an escape."""
    if b"|" not in path:
        return None
    if path[:1] == b"{":
        end = 1 + len(squash(path[1:]))
        return (path[:end], path[end + 1 :]) if path[end : end + 1] == b"|" else None
    position = 0
    while position < len(path):
        character = path[position : position + 1]
        if character == b"|":
            return path[:position], path[position + 1 :]
        if character == b"\\":
            position += 1
        elif character == b"." and path[position + 1 : position + 2] == b"#":
            position = _behind_query(path, position + 2)
        position += 1
    return None


def _behind_query(path: bytes, position: int) -> int:
    """Where the query that may begin here ends; without one the character here is passed over unread."""
    opening = path[position : position + 1]
    if opening not in {b"[", b"("}:
        return position
    closing = b"]" if opening == b"[" else b")"
    depth = 1
    for found in _QUERY_MARK.finditer(path, position + 1):
        depth += (found[0] == opening) - (found[0] == closing)
        if depth == 0:
            return found.start()
    return len(path)


def squash(path: bytes) -> bytes:
    """The string or the bracketed part a path begins with."""
    string = _STRING.match(path)
    return string[0] if string else bracketed(path)


def bracketed(path: bytes) -> bytes:
    """The path up to the bracket that closes its first character, whatever that is; all of it when none does."""
    depth = 1
    for found in _BRACKETS.finditer(path, 1):
        if found[0][:1] in b"[({":
            depth += 1
        elif found[0][:1] != b'"':
            depth -= 1
        if depth == 0:
            return path[: found.end()]
    return path
