"""Finding values in text that may be broken JSON: nothing is checked, what does not look like a value is skipped.

Source: gjson 1.18 ``Parse``, ``parseAny``, ``parseSquash``, ``Result.ForEach``; the order and the leniency of the
tests is theirs, because secrets in the field depend on it.
"""

import re
from collections.abc import Iterator

from esoctl.plan.jsonpath import text
from esoctl.plan.jsonpath.budget import Budget
from esoctl.plan.jsonpath.values import Kind, Span, Value

VALUE_START = re.compile(rb'["{\[nft+\-0-9iIN]')
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:(")|\\?\Z)|[\[({})\]]', re.DOTALL)
_NUMBER_END = re.compile(rb"[\x00-\x20,\]}]")
_LITERAL_END = re.compile(rb"[^a-z]")
_FILLER = re.compile(rb"[\x00-\x20,:]*")
_BLANK = re.compile(rb"[\x00-\x20]*")
_LITERALS = {b"t": Kind.TRUE, b"f": Kind.FALSE, b"n": Kind.NULL}


def string_end(within: Span, start: int) -> int | None:
    """Behind the quote that closes the string at ``start``; None when it does not end."""
    found = _STRING.match(within.document.data, start, within.end)
    return found.end() if found else None


def string(within: Span, start: int, end: int, budget: Budget) -> bytes:
    """The text of the string between these positions, quotes included."""
    inner = within.document.data[start + 1 : end - 1]
    escaped = b"\\" in inner
    budget.spend(0, read=len(inner) if escaped else 0, copied=len(inner))
    return text.unescape(inner) if escaped else inner


def close(within: Span, start: int, budget: Budget) -> int:
    """Behind the bracket that closes the one at ``start``; kinds of brackets are not told apart.

    The end of the text when it stays open, and one more when that is because of a string that stays open.
    """
    document = within.document
    if start not in document.closes:
        document.closes.update(_closes(document.data, start, len(document.data), budget))
    end = document.closes[start]
    if end <= within.end or within.end == len(document.data):
        return end
    # Only in broken text a bracket closes outside of the part it stands in.
    return _closes(document.data, start, within.end, budget)[start]


def _closes(data: bytes, start: int, limit: int, budget: Budget) -> dict[int, int]:
    """Where the bracket at ``start`` and all brackets inside of it close."""
    closes = {}
    opened = [start]
    count, end = 0, limit
    for found in _BRACKETS.finditer(data, start + 1, limit):
        count += 1
        first = found[0][:1]
        if first in b"[({":
            opened.append(found.start())
        elif first != b'"':
            closes[opened.pop()] = found.end()
            if not opened:
                break
        elif found[1] is None:
            end = limit + 1
    budget.spend(count)
    closes.update(dict.fromkeys(opened, end))
    return closes


def scalar(within: Span, start: int, budget: Budget) -> tuple[Value, int]:
    """The number or literal at ``start``, and where it ends."""
    data = within.document.data
    first = data[start : start + 1]
    # "n" begins null only before "u" or at the end; else it is taken for a number such as nan.
    is_number = first not in _LITERALS or (first == b"n" and start + 1 < within.end and data[start + 1] != ord("u"))
    found = (_NUMBER_END if is_number else _LITERAL_END).search(data, start + 1, within.end)
    end = found.start() if found else within.end
    span = Span(within.document, start, end)
    budget.spend(0, read=end - start)
    if is_number:
        return Value(Kind.NUMBER, span, number=text.number(span.raw)), end
    return Value(_LITERALS[first], span), end


def value(within: Span, start: int, budget: Budget) -> tuple[Value, int] | None:
    """The value that begins at ``start``, where something that looks like one does, and where it ends."""
    first = within.document.data[start : start + 1]
    if first == b'"':
        end = string_end(within, start)
        if end is None:
            return None
        return Value(Kind.STRING, Span(within.document, start, end), string(within, start, end, budget)), end
    if first in {b"{", b"["}:
        end = close(within, start, budget)
        return Value(Kind.JSON, Span(within.document, start, min(end, within.end))), end
    return scalar(within, start, budget)


def next_value(within: Span, start: int, budget: Budget) -> tuple[Value, int] | None:
    """The next value at or behind ``start``, and where it ends; None when there is none or it is an open string."""
    found = VALUE_START.search(within.document.data, start, within.end)
    return value(within, found.start(), budget) if found else None


def root(within: Span, budget: Budget) -> Value:
    """The value a text begins with; a container takes all the rest of the text, whatever stands behind it."""
    start = skip_blank(within, within.start)
    first = within.document.data[start : start + 1] if start < within.end else b""
    if first in {b"{", b"["}:
        return Value(Kind.JSON, Span(within.document, start, within.end))
    if not first or not VALUE_START.match(first):
        return Value()
    found = value(within, start, budget)
    return found[0] if found else _open_string(Span(within.document, start, within.end))


def _open_string(span: Span) -> Value:
    inner = span.raw[1:]
    return Value(Kind.STRING, span, text.unescape(inner) if b"\\" in inner else inner)


def skip_blank(within: Span, start: int) -> int:
    found = _BLANK.match(within.document.data, start, within.end)
    assert found is not None  # the pattern may be empty
    return found.end()


def each(of: Value, budget: Budget) -> Iterator[tuple[Value | None, Value]]:
    """Key and value of each member of an object, each element of an array without key, or the value itself."""
    if not of.exists:
        return
    if of.kind is not Kind.JSON:
        yield None, of
        return
    within = of.span
    start = skip_blank(within, within.start)
    is_object = within.document.data[start : start + 1] == b"{"
    position = start + 1
    while True:
        budget.spend(3)
        key = None
        if is_object:
            key = _next_key(within, position, budget)
            if key is None:
                return
            position = key.span.end
        filler = _FILLER.match(within.document.data, position, within.end)
        assert filler is not None  # the pattern may be empty
        found = next_value(within, filler.end(), budget)
        if found is None:
            return
        yield key, found[0]
        position = found[1] + 1  # one more is skipped, whatever it is: a comma in good JSON


def _next_key(within: Span, position: int, budget: Budget) -> Value | None:
    start = within.document.data.find(b'"', position, within.end)
    end = string_end(within, start) if start >= 0 else None
    if end is None:
        return None
    return Value(Kind.STRING, Span(within.document, start, end), string(within, start, end, budget))
