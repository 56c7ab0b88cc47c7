"""Hands out the tokens of a source, takes back up to three, and words what is wrong with one.

Source: the Go package text/template/parse (parse.go).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NoReturn

from esoctl.template import quoting
from esoctl.template.failures import Failure, message
from esoctl.template.lexer import Kind, Lexer, Token

_MOST_TOKENS: Final = 60_000


@dataclass(slots=True)
class Scope:
    """What the text itself, a define and a block each have of their own."""

    name: str
    variables: list[str] = field(default_factory=lambda: ["$"])
    ranges: int = 0
    action_line: int = 0
    waiting: int = 0
    tokens: list[Token] = field(default_factory=lambda: [Token(Kind.EOF, 0, "", 0)] * 3)


class Tokens:
    """The tokens of one source; the scope is what errors and put-back tokens belong to."""

    def __init__(self, name: str, source: str, delimiters: tuple[str, str]) -> None:
        self._name = name
        self._lexer = Lexer(source, *delimiters)
        self._scope = Scope(name)
        self._left = _MOST_TOKENS

    def _next(self) -> Token:
        scope = self._scope
        if scope.waiting:
            scope.waiting -= 1
        else:
            self._read()
        return scope.tokens[scope.waiting]

    def _read(self) -> None:
        self._scope.tokens[0] = self._lexer.next()
        self._left -= 1
        if self._left < 0:
            self._fail(f"limit exceeded: more than {_MOST_TOKENS} words and marks")

    def _backup(self) -> None:
        self._scope.waiting += 1

    def _peek(self) -> Token:
        scope = self._scope
        if scope.waiting:
            return scope.tokens[scope.waiting - 1]
        scope.waiting = 1
        self._read()
        return scope.tokens[0]

    def _next_non_space(self) -> Token:
        token = self._next()
        while token.kind is Kind.SPACE:
            token = self._next()
        return token

    def _peek_non_space(self) -> Token:
        token = self._next_non_space()
        self._backup()
        return token

    def _put_back(self, *earlier: Token) -> None:
        """Put back tokens that came before the last one, the latest first."""
        self._scope.tokens[1 : 1 + len(earlier)] = earlier
        self._scope.waiting = 1 + len(earlier)

    def _fail(self, problem: str, *args: object) -> NoReturn:
        line = self._scope.tokens[0].line
        raise Failure(message(f"template: {self._name}:{line}: {problem}", *args), line)

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind is Kind.ERROR:
            extra = ""
            started = self._scope.action_line
            if started not in {0, token.line}:
                place = f"started at {self._name}:{started}"
                extra = f" {place}" if token.value.endswith(" action") else f" in action {place}"
            self._fail("%s%s", token.value, extra)
        self._fail("unexpected %s in %s", token.shown(), context)

    def _expect(self, kinds: frozenset[Kind], context: str) -> Token:
        token = self._next_non_space()
        if token.kind not in kinds:
            self._unexpected(token, context)
        return token

    def _expect_right_delim(self, context: str) -> Token:
        return self._expect(frozenset({Kind.RIGHT_DELIM}), context)

    def _value_of(self, literal: str) -> bytes:
        try:
            return quoting.unquote(literal)
        except quoting.BadLiteral as error:
            self._fail("%s", str(error))
