"""Modifiers: ``@reverse``, ``@keys`` and their like change the text a path goes on with.

Source: gjson 1.18 ``mod*`` functions.
"""

from collections.abc import Callable

from esoctl.plan import strictjson
from esoctl.plan.jsonpath import options, pretty, scan, text
from esoctl.plan.jsonpath.values import Kind, Span, Value
from esoctl.plan.jsonpath.walk import Search

Modifier = Callable[[Span, bytes, Search], bytes]
_BLANKS = bytes(range(33))


def _this(within: Span, _argument: bytes, _search: Search) -> bytes:
    return within.raw


def _pretty(within: Span, argument: bytes, search: Search) -> bytes:
    return pretty.layout(within.raw, options.layout(argument, search.budget), search.budget)


def _ugly(within: Span, _argument: bytes, _search: Search) -> bytes:
    return pretty.compact(within.raw)


def _valid(within: Span, _argument: bytes, _search: Search) -> bytes:
    return within.raw if strictjson.valid(within.raw) else b""


def _to_string(within: Span, _argument: bytes, _search: Search) -> bytes:
    return text.quote(within.raw)


def _from_string(within: Span, _argument: bytes, search: Search) -> bytes:
    return scan.root(within, search.budget).render() if strictjson.valid(within.raw) else b""


def _reverse(within: Span, _argument: bytes, search: Search) -> bytes:
    root = scan.root(within, search.budget)
    if root.is_array:
        return _brackets([value.raw for _, value in scan.each(root, search.budget)][::-1])
    if root.is_object:
        return _braces([_pair(key, value) for key, value in scan.each(root, search.budget)][::-1])
    return within.raw


def _keys(within: Span, _argument: bytes, search: Search) -> bytes:
    root = scan.root(within, search.budget)
    return _brackets([key.raw if key else b"null" for key, _ in scan.each(root, search.budget)])


def _values(within: Span, _argument: bytes, search: Search) -> bytes:
    root = scan.root(within, search.budget)
    if root.is_array:
        return within.raw
    return _brackets([value.raw for _, value in scan.each(root, search.budget)])


def _flatten(within: Span, argument: bytes, search: Search) -> bytes:
    root = scan.root(within, search.budget)
    if not root.is_array:
        return within.raw
    deep = options.flag(argument, b"deep", search.budget)
    pieces = []
    # Arrays inside are taken apart where they stand: with a stack, not with recursion.
    pending = [scan.each(root, search.budget)]
    while pending:
        following = next(pending[-1], None)
        if following is None:
            pending.pop()
        elif deep and following[1].is_array:
            pending.append(scan.each(following[1], search.budget))
        else:
            value = following[1]
            pieces.append((_unwrap(value.raw) if value.is_array else value.raw).strip())
    return _brackets([piece for piece in pieces if piece])


def _join(within: Span, argument: bytes, search: Search) -> bytes:
    root = scan.root(within, search.budget)
    if not root.is_array:
        return within.raw
    objects = [value for _, value in scan.each(root, search.budget) if value.is_object]
    if options.flag(argument, b"preserve", search.budget):
        return _braces([_unwrap(value.raw) for value in objects])
    keys: dict[bytes, bytes] = {}
    values: dict[bytes, bytes] = {}
    for joined in objects:
        for key, value in scan.each(joined, search.budget):
            assert key is not None  # members of an object have keys
            keys.setdefault(key.text, key.raw)
            values[key.text] = value.raw
    return _braces([keys[name] + b":" + value for name, value in values.items()])


def _group(within: Span, _argument: bytes, search: Search) -> bytes:
    root = scan.root(within, search.budget)
    if not root.is_object:
        return b""
    rows: list[list[bytes]] = []
    for key, column in scan.each(root, search.budget):
        if not column.is_array:
            continue
        for index, (_, value) in enumerate(scan.each(column, search.budget)):
            if index == len(rows):
                rows.append([])
            rows[index].append(_pair(key, value))
    return _brackets([_braces(row) for row in rows])


def _dig(within: Span, argument: bytes, search: Search) -> bytes:
    found = []
    # Depth first in the order of the document: children wait on a stack, the first of them on top.
    pending = [scan.root(within, search.budget)]
    while pending:
        parent = pending.pop()
        value = search.get(parent.span, argument)
        if value.exists:
            found.append(value.raw)
        if parent.kind is Kind.JSON:
            pending.extend([child for _, child in scan.each(parent, search.budget)][::-1])
    return _brackets(found)


def _pair(key: Value | None, value: Value) -> bytes:
    assert key is not None  # members of an object have keys
    return key.raw + b":" + value.raw


def _brackets(items: list[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"


def _braces(items: list[bytes]) -> bytes:
    return b"{" + b",".join(items) + b"}"


def _unwrap(raw: bytes) -> bytes:
    """The text without the first and the last character, if it begins with a bracket."""
    raw = raw.strip(_BLANKS)
    return raw[1:-1] if len(raw) >= 2 and raw[:1] in {b"{", b"["} else raw


TABLE: dict[bytes, Modifier] = {
    b"this": _this,
    b"pretty": _pretty,
    b"ugly": _ugly,
    b"valid": _valid,
    b"tostr": _to_string,
    b"fromstr": _from_string,
    b"reverse": _reverse,
    b"keys": _keys,
    b"values": _values,
    b"flatten": _flatten,
    b"join": _join,
    b"group": _group,
    b"dig": _dig,
}
