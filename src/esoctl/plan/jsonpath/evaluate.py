"""Evaluating a path: modifiers, literals and selections at its front, a walk for the rest, pipes in turns.

What nests is counted by the budget; what follows one another (pipes, modifiers) is a loop.

Source: gjson 1.18 ``Get``, ``execModifier``, ``execStatic``.
"""

import re

from esoctl.plan import strictjson
from esoctl.plan.jsonpath import modifiers, scan, selection, steps, text
from esoctl.plan.jsonpath.budget import Budget
from esoctl.plan.jsonpath.selection import Member
from esoctl.plan.jsonpath.values import Kind, Span, Value, span
from esoctl.plan.jsonpath.walk import Walk

_MODIFIER = re.compile(rb"@([^:|.]*)", re.DOTALL)
_WORD = re.compile(rb"!([^|.]*)", re.DOTALL)
_WORDS = frozenset({b"true", b"false", b"null", b"nan", b"inf"})
_LITERAL = frozenset(b'{["+-0123456789')
_TURN = 30
"""What it costs to begin a walk, in steps."""
_AGAIN = frozenset({b"|", b"."})
_CLOSING = {b"[": b"]", b"{": b"}"}

Turn = tuple[Span, bytes]
"""What to evaluate next: a text and the path over it."""


class Evaluation:
    """Evaluates paths within one budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.lost = False
        """Whether a selection went without a member whose path has an escaped dot."""

    def get(self, within: Span, path: bytes) -> Value:
        """What the path leads to; a value that does not exist when it leads nowhere."""
        turn: Turn | Value = (within, path)
        with self.budget:
            while not isinstance(turn, Value):
                self.budget.spend(_TURN, read=len(turn[1]))
                turn = self._turn(*turn)
        return turn

    def member(self, within: Span, member: Member) -> tuple[Value, bytes]:
        """The value of a member of a selection, and the path that names it."""
        found = self.get(within, member.path)
        if not found.exists and b"\\." in member.path:
            self.lost = True
        return found, member.path

    def _turn(self, within: Span, path: bytes) -> Turn | Value:
        if len(path) > 1:
            changed = self._change(within, path)
            if changed:
                replaced, rest = changed
                return (replaced, rest[1:]) if rest[:1] in _AGAIN else scan.root(replaced, self.budget)
            if path[:1] in _CLOSING:
                members, rest = selection.parse(path)
                if members and (not rest or rest[:1] in _AGAIN):
                    built = self._select(within, path[:1], members)
                    return (built, rest[1:]) if rest else Value(Kind.JSON, built)
                # What follows what is no selection is looked up by itself.
                path = rest
        return self._walk(within, path)

    def _walk(self, within: Span, path: bytes) -> Turn | Value:
        walk = Walk(within, self)
        if path.startswith(b".."):
            walk.start_lines(path[2:])
        else:
            walk.start(path)
        return walk.found if walk.pipe is None else (walk.found.span, walk.pipe)

    def _change(self, within: Span, path: bytes) -> Turn | None:
        """What a modifier or a literal at the front of the path puts in the place of the text, and what follows."""
        if path[:1] == b"@":
            return self._modify(within, path)
        return _literal(path) if path[:1] == b"!" else None

    def _modify(self, within: Span, path: bytes) -> Turn | None:
        found = _MODIFIER.match(path)
        modifier = modifiers.TABLE.get(found[1]) if found else None
        if not found or not modifier:
            return None
        rest, argument = path[found.end() :], b""
        if rest[:1] == b":":
            argument = _argument(rest[1:])
            rest = rest[1 + len(argument) :]
        self.budget.spend(1, read=within.end - within.start)
        return span(modifier(within, argument, self)), rest

    def _select(self, within: Span, opening: bytes, members: list[Member]) -> Span:
        built = []
        for member in members:
            found, path = self.member(within, member)
            if found.exists:
                name = b"" if opening == b"[" else _name(member.name, path) + b":"
                built.append(name + (found.source() or b"null"))
                self.budget.spend(0, copied=len(built[-1]))
        return span(opening + b",".join(built) + _CLOSING[opening])


def _literal(path: bytes) -> Turn | None:
    """A value that stands in the path itself, such as ``!true`` or ``!{"a":1}``."""
    name = path[1:]
    if name[0] in _LITERAL:
        literal = steps.bracketed(name)
        return span(literal), name[len(literal) :]
    word = _WORD.match(path)
    if word and word[1].lower() in _WORDS:
        return span(word[1]), path[word.end() :]
    return None


def _argument(rest: bytes) -> bytes:
    """The argument of a modifier: JSON, or all up to the next pipe outside of brackets and quotes."""
    if rest[:1] in {b"{", b"[", b'"'}:
        return steps.squash(rest)
    position = 0
    while position < len(rest) and rest[position : position + 1] != b"|":
        if rest[position : position + 1] in {b"{", b"[", b'"', b"("}:
            position += len(steps.squash(rest[position:])) - 1
        position += 1
    return rest[:position]


def _name(written: bytes, path: bytes) -> bytes:
    if not written:
        return selection.name(path)
    return written if written[:1] == b'"' and strictjson.valid(written) else text.quote(written)
