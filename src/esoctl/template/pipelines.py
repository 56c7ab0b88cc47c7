"""Parses pipelines: variables, stages, operands and what is in parentheses.

Parentheses are kept on a list, so they may nest as deep as in Go. Source: the Go package text/template/parse
(parse.go).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from esoctl.template import literals, nodes, quoting
from esoctl.template.lexer import Kind, Token
from esoctl.template.nodes import CommandNode, Operand, PipeNode
from esoctl.template.tokens import Tokens

_MAX_PARENS: Final = 10_000
_OPERANDS: Final = frozenset(
    {
        Kind.BOOL, Kind.CHARACTER, Kind.COMPLEX, Kind.DOT, Kind.FIELD, Kind.IDENTIFIER, Kind.NUMBER, Kind.NIL,
        Kind.RAW_STRING, Kind.STRING, Kind.VARIABLE, Kind.LEFT_PAREN,
    }
)  # fmt: skip
_NUMBERS: Final = frozenset({Kind.CHARACTER, Kind.COMPLEX, Kind.NUMBER})
_NO_STAGE: Final = (nodes.BoolNode, nodes.DotNode, nodes.NilNode, nodes.NumberNode, nodes.StringNode)


@dataclass(slots=True)
class _Paren:
    """A pipeline that waits for one in parentheses."""

    pipe: PipeNode
    command: CommandNode
    context: str
    end: Kind


class Pipelines(Tokens):
    """Parses the pipelines of one source."""

    def __init__(self, name: str, source: str, delimiters: tuple[str, str], functions: Container[str]) -> None:
        super().__init__(name, source, delimiters)
        self._functions = functions

    def _new_pipe(self, context: str) -> PipeNode:
        pipe = PipeNode(self._peek_non_space().pos)
        while self._declares(pipe, context):
            pass
        return pipe

    def _declares(self, pipe: PipeNode, context: str) -> bool:
        """Read a variable that a result goes to; True when another may follow."""
        token = self._peek_non_space()
        if token.kind is not Kind.VARIABLE:
            return False
        self._next()
        adjacent = self._peek()
        following = self._peek_non_space()
        if following.kind in {Kind.ASSIGN, Kind.DECLARE}:
            pipe.assigns = following.kind is Kind.ASSIGN
            self._next_non_space()
            self._declare(pipe, token)
        elif following.kind is Kind.CHAR and following.value == ",":
            self._next_non_space()
            self._declare(pipe, token)
            return self._another(pipe, context)
        elif adjacent.kind is Kind.SPACE:
            self._put_back(adjacent, token)
        else:
            self._put_back(token)
        return False

    def _declare(self, pipe: PipeNode, token: Token) -> None:
        pipe.variables.append(nodes.VariableNode(token.pos, token.value, ()))
        self._scope.variables.append(token.value)

    def _another(self, pipe: PipeNode, context: str) -> bool:
        if context != "range" or len(pipe.variables) >= 2:
            self._fail("too many declarations in %s", context)
        if self._peek_non_space().kind not in {Kind.VARIABLE, Kind.RIGHT_DELIM, Kind.RIGHT_PAREN}:
            self._fail("range can only initialize variables")
        return True

    def _check(self, pipe: PipeNode, context: str) -> None:
        if not pipe.commands:
            self._fail("missing value for %s", context)
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.args[0], _NO_STAGE):
                self._fail("non executable command in pipeline stage %d", stage)

    def _pipeline(self, context: str, end: Kind) -> PipeNode:
        pipe = self._new_pipe(context)
        command: CommandNode | None = None
        waiting: list[_Paren] = []
        while True:
            if command is None:
                token = self._next_non_space()
                if token.kind is end:
                    self._check(pipe, context)
                    if not waiting:
                        return pipe
                    inner, outer = pipe, waiting.pop()
                    pipe, command, context, end = outer.pipe, outer.command, outer.context, outer.end
                    command = self._after_operand(pipe, command, self._chained(inner))
                    continue
                if token.kind not in _OPERANDS:
                    self._unexpected(token, context)
                self._backup()
                command = CommandNode(self._peek_non_space().pos)
            token = self._next_non_space()
            if token.kind is Kind.LEFT_PAREN:
                if len(waiting) >= _MAX_PARENS:
                    self._fail("max expression depth exceeded")
                waiting.append(_Paren(pipe, command, context, end))
                context, end, command = "parenthesized pipeline", Kind.RIGHT_PAREN, None
                pipe = self._new_pipe(context)
                continue
            term = self._term(token)
            command = self._after_operand(pipe, command, None if term is None else self._chained(term))

    def _after_operand(self, pipe: PipeNode, command: CommandNode, operand: Operand | None) -> CommandNode | None:
        """Add the operand; the command when it goes on, None when it has ended."""
        if operand is not None:
            command.args.append(operand)
        token = self._next()
        if token.kind is Kind.SPACE:
            return command
        if token.kind in {Kind.RIGHT_DELIM, Kind.RIGHT_PAREN}:
            self._backup()
        elif token.kind is not Kind.PIPE:
            self._unexpected(token, "operand")
        if not command.args:
            self._fail("empty command")
        pipe.commands.append(command)
        return None

    def _chained(self, term: Operand) -> Operand:
        """The term with the fields that directly follow it."""
        if self._peek().kind is not Kind.FIELD:
            return term
        pos = self._peek().pos
        names: list[bytes] = []
        while self._peek().kind is Kind.FIELD:
            names.append(self._next().value[1:].encode("utf-8", "surrogateescape"))
        if isinstance(term, nodes.FieldNode):
            return nodes.FieldNode(pos, (*term.names, *names))
        if isinstance(term, nodes.VariableNode):
            return nodes.VariableNode(pos, term.name, (*term.names, *names))
        if isinstance(term, _NO_STAGE):
            self._fail("unexpected . after term %q", nodes.written(term))
        return nodes.ChainNode(pos, term, tuple(names))

    def _term(self, token: Token) -> Operand | None:
        kind, value = token.kind, token.value
        if kind is Kind.IDENTIFIER:
            if value not in self._functions:
                self._fail("function %q not defined", value)
            return nodes.IdentifierNode(token.pos, value)
        if kind is Kind.FIELD:
            return nodes.FieldNode(token.pos, (value[1:].encode("utf-8", "surrogateescape"),))
        if kind is Kind.VARIABLE:
            if value not in self._scope.variables:
                self._fail("undefined variable %q", value)
            return nodes.VariableNode(token.pos, value, ())
        return self._literal(token)

    def _literal(self, token: Token) -> Operand | None:
        kind, value = token.kind, token.value
        if kind in {Kind.STRING, Kind.RAW_STRING}:
            return nodes.StringNode(token.pos, value, self._value_of(value))
        if kind in _NUMBERS:
            try:
                return literals.number(token.pos, value, kind)
            except quoting.BadLiteral as error:
                self._fail("%s", str(error))
        if kind is Kind.BOOL:
            return nodes.BoolNode(token.pos, value == "true")
        if kind is Kind.DOT:
            return nodes.DotNode(token.pos)
        if kind is Kind.NIL:
            return nodes.NilNode(token.pos)
        self._backup()
        return None
