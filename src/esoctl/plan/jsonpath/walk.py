"""Following a path through objects and arrays until something is hit.

One frame for each container on the way; frames are kept in a list, so depth costs no recursion. A container without
a hit is left behind and its parent goes on, so of duplicate members the first that leads somewhere wins.

Source: gjson 1.18 ``parseObject``, ``parseArray``.
"""

import re
from enum import Enum
from typing import Protocol

from esoctl.plan.jsonpath import queries, scan, steps, text, wildcard
from esoctl.plan.jsonpath.budget import Budget
from esoctl.plan.jsonpath.steps import Query, Step
from esoctl.plan.jsonpath.values import Kind, Span, Value, span

_OPENING = re.compile(rb"[{\[]")
_KEY_OR_END = re.compile(rb'["}]')
_ELEMENT_OR_END = re.compile(rb'["{\[nft+\-0-9iIN\]]')
_SPACE = re.compile(rb"[ \t\r\n]*")
_CONTAINERS = frozenset({b"{", b"["})
_UINT64 = 1 << 64


class Search(Protocol):
    """What evaluates a path; elements of arrays are looked into by it."""

    budget: Budget

    def get(self, within: Span, path: bytes) -> Value: ...


class Signal(Enum):
    """How a frame stopped."""

    HIT = "hit"
    END = "end"
    INSIDE = "inside"
    """A container begins at the position, the rest of the path is about it."""


class Walk:
    """One walk: what was found, and the path that is to be applied to it."""

    def __init__(self, within: Span, search: Search) -> None:
        self.within = within
        self.search = search
        self.found = Value()
        self.pipe: bytes | None = None

    def start(self, path: bytes) -> None:
        """Walk the first container of the text."""
        opening = _OPENING.search(self.within.document.data, self.within.start, self.within.end)
        if opening:
            self._follow(self._frame(opening[0], path), opening.end())

    def start_lines(self, path: bytes) -> None:
        """Walk the text as if it stood in brackets: each line, or each value, is an element."""
        self._follow(_Array(self, steps.over_array(path)), self.within.start)

    def _frame(self, opening: bytes, path: bytes) -> "_Object | _Array":
        if opening == b"{":
            return _Object(self, steps.over_object(path))
        return _Array(self, steps.over_array(path))

    def _follow(self, first: "_Object | _Array", position: int) -> None:
        frames = [first]
        while frames:
            frame = frames[-1]
            signal, position = frame.advance(position)
            if signal is Signal.HIT:
                return
            if signal is Signal.END:
                frames.pop()
            else:
                opening = self.within.document.data[position : position + 1]
                frames.append(self._frame(opening, frame.step.rest))
                position += 1


class _Object:
    """Members of an object, of which those whose key fits the step are of interest."""

    def __init__(self, walk: Walk, step: Step) -> None:
        self.step = step
        self._walk = walk
        if step.pipe is not None:
            walk.pipe = step.pipe

    def advance(self, position: int) -> tuple[Signal, int]:
        within, data = self._walk.within, self._walk.within.document.data
        while True:
            self._walk.search.budget.spend(2)
            mark = _KEY_OR_END.search(data, position, within.end)
            if not mark:
                return Signal.END, within.end
            if mark[0] == b"}":
                return Signal.END, mark.end()
            end = scan.string_end(within, mark.start())
            # What follows a key and looks like a value is its value, whatever stands between.
            start = scan.VALUE_START.search(data, end, within.end) if end else None
            if not end or not start:
                return Signal.END, within.end
            fits = self._fits(scan.string(within, mark.start(), end, self._walk.search.budget))
            if fits and self.step.more and start[0] in _CONTAINERS:
                return Signal.INSIDE, start.start()
            found = scan.value(within, start.start(), self._walk.search.budget)
            if found is None:
                return Signal.END, within.end
            if fits and not self.step.more:
                self._walk.found = found[0]
                return Signal.HIT, found[1]
            position = found[1]

    def _fits(self, key: bytes) -> bool:
        return wildcard.matches(key, self.step.part) if self.step.wild else key == self.step.part


class _Array:
    """Elements of an array: one by its number, all of them, or those that satisfy a query."""

    def __init__(self, walk: Walk, step: Step) -> None:
        self.step = step
        self._walk = walk
        self._index = _index(step)
        self._count = 0
        self._starts: list[int] = []
        self._matched: list[bytes] = []
        self._inside = step.rest
        """The path inside of elements that match, without its pipe."""
        if step.pipe is not None:
            walk.pipe = step.pipe

    def advance(self, position: int) -> tuple[Signal, int]:
        within = self._walk.within
        # An array that does not close counts as closed at its end, unless a string inside of it is what stays open.
        while position <= within.end:
            self._walk.search.budget.spend(2)
            is_meant = self._count == self._index
            self._count += 1
            if self.step.each is not None:
                self._starts.append(position)
            start = _ELEMENT_OR_END.search(within.document.data, position, within.end)
            if not start or start[0] == b"]":
                return self._finish(), start.end() if start else within.end + 1
            if is_meant and self.step.more and start[0] in _CONTAINERS:
                return Signal.INSIDE, start.start()
            found = scan.value(within, start.start(), self._walk.search.budget)
            if found is None:
                return Signal.END, within.end
            if self._takes(found[0], is_meant=is_meant):
                return Signal.HIT, found[1]
            position = found[1]
        return Signal.END, within.end

    def _takes(self, element: Value, *, is_meant: bool) -> bool:
        if self.step.query is not None:
            return self._ask(self.step.query, element)
        if is_meant and not self.step.more:
            self._walk.found = element
            return True
        return False

    def _ask(self, query: Query, element: Value) -> bool:
        """Whether the element is the one result; of a query for all, matches are collected instead."""
        if element.kind is not Kind.JSON and query.path:
            return False
        asked = self._walk.search.get(element.span, query.path) if element.kind is Kind.JSON else element
        self._walk.search.budget.spend(0, read=len(asked.text))
        if not queries.satisfied(query, asked):
            return False
        result = element
        if self.step.more:
            self._inside = self._without_pipe(self._inside)
            result = self._walk.search.get(element.span, self._inside)
        if not query.every:
            self._walk.found = result
            return True
        source = result.source()
        self._walk.search.budget.spend(0, copied=len(source))
        if source:
            self._matched.append(source)
        return False

    def _without_pipe(self, path: bytes) -> bytes:
        """The path up to its pipe; what follows is for the whole result."""
        halves = steps.split_pipe(path)
        if halves is None:
            return path
        self._walk.pipe = halves[1]
        return halves[0]

    def _finish(self) -> Signal:
        """All elements were seen."""
        if self.step.hashed and self.step.part == b"#":
            if self.step.each is None:
                count = b"%d" % (self._count - 1)
                self._walk.found = Value(Kind.NUMBER, span(count), number=text.number(count))
            else:
                self._walk.found = _array(self._from_each(self._without_pipe(self.step.each)))
            return Signal.HIT
        if self.step.query is not None and self.step.query.every and not self._walk.found.exists:
            self._walk.found = _array(self._matched)
        return Signal.END

    def _from_each(self, path: bytes) -> list[bytes]:
        """The source text of what the path leads to in each element where it leads somewhere."""
        within, sources = self._walk.within, []
        for position in self._starts:
            blank = _SPACE.match(within.document.data, position, within.end)
            start = blank.end() if blank else position
            if within.document.data[start : min(start + 1, within.end)] in {b"", b"]"}:
                continue
            element = scan.next_value(within, start, self._walk.search.budget)
            found = self._walk.search.get(element[0].span, path) if element else Value()
            if found.exists:
                sources.append(found.source())
                self._walk.search.budget.spend(0, copied=len(sources[-1]))
        return sources


def _index(step: Step) -> int:
    """The element that is meant, -1 for none; digits beyond 64 bits are lost as in the reference."""
    if step.hashed or not step.part.isdigit():
        return -1
    number = int(step.part[-64:]) % _UINT64
    return number if number < _UINT64 // 2 else -1


def _array(sources: list[bytes]) -> Value:
    return Value(Kind.JSON, span(b"[" + b",".join(sources) + b"]"))
