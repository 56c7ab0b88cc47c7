"""Turns the tokens of a source into trees, one for the text itself and one for every define and block.

Blocks and parentheses are kept on lists of what is open, so nesting never touches Python's stack. Error texts, and the
lines they name, are Go's. Source: the Go package text/template/parse (parse.go).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Final, NoReturn

from esoctl.template import literals, nodes, quoting
from esoctl.template.failures import Failure, message
from esoctl.template.lexer import Kind, Lexer, Token
from esoctl.template.nodes import CommandNode, Operand, PipeNode, Statement, Tree

_MAX_PARENS: Final = 10_000
_OPERANDS: Final = frozenset(
    {
        Kind.BOOL, Kind.CHARACTER, Kind.COMPLEX, Kind.DOT, Kind.FIELD, Kind.IDENTIFIER, Kind.NUMBER, Kind.NIL,
        Kind.RAW_STRING, Kind.STRING, Kind.VARIABLE, Kind.LEFT_PAREN,
    }
)  # fmt: skip
_NUMBERS: Final = frozenset({Kind.CHARACTER, Kind.COMPLEX, Kind.NUMBER})
_BRANCHES: Final = frozenset({"if", "with", "range"})
_NO_STAGE: Final = (nodes.BoolNode, nodes.DotNode, nodes.NilNode, nodes.NumberNode, nodes.StringNode)


def parse(name: str, source: str, delimiters: tuple[str, str], functions: Container[str]) -> dict[str, Tree]:
    """The trees of a source by name; a Failure says what is wrong with it."""
    return _Parser(name, source, delimiters, functions).run()


@dataclass(slots=True)
class _Scope:
    """What the text itself, a define and a block each have of their own."""

    name: str
    variables: list[str] = field(default_factory=lambda: ["$"])
    ranges: int = 0
    action_line: int = 0
    waiting: int = 0
    tokens: list[Token] = field(default_factory=lambda: [Token(Kind.EOF, 0, "", 0)] * 3)


@dataclass(slots=True)
class _Open:
    """A list of statements that is not closed yet."""

    word: str
    pos: int
    scope: _Scope
    body: list[Statement] = field(default_factory=list)
    pipe: PipeNode | None = None
    otherwise: list[Statement] | None = None
    mark: int = 0
    chained: bool = False
    name: str = ""

    @property
    def statements(self) -> list[Statement]:
        """The list that is being filled."""
        return self.body if self.otherwise is None else self.otherwise


@dataclass(slots=True)
class _Paren:
    """A pipeline that waits for one in parentheses."""

    pipe: PipeNode
    command: CommandNode
    context: str
    end: Kind


class _Parser:
    """The state of parsing one source."""

    def __init__(self, name: str, source: str, delimiters: tuple[str, str], functions: Container[str]) -> None:
        self._name = name
        self._lexer = Lexer(source, *delimiters)
        self._functions = functions
        self._trees: dict[str, Tree] = {}
        self._scope = _Scope(name)
        self._open = [_Open("", 0, self._scope)]

    def run(self) -> dict[str, Tree]:
        while True:
            current = self._open[-1]
            if current.word:
                if self._peek_non_space().kind is Kind.EOF:
                    self._fail("unexpected EOF")
            else:
                if self._peek().kind is Kind.EOF:
                    break
                if self._starts_definition():
                    continue
            self._text_or_action(current)
        self._add(self._name, self._open[0].body)
        return self._trees

    # Tokens: up to three may be put back.

    def _next(self) -> Token:
        scope = self._scope
        if scope.waiting:
            scope.waiting -= 1
        else:
            scope.tokens[0] = self._lexer.next()
        return scope.tokens[scope.waiting]

    def _backup(self) -> None:
        self._scope.waiting += 1

    def _peek(self) -> Token:
        scope = self._scope
        if scope.waiting:
            return scope.tokens[scope.waiting - 1]
        scope.waiting = 1
        scope.tokens[0] = self._lexer.next()
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

    # Statements.

    def _add(self, name: str, body: list[Statement]) -> None:
        known = self._trees.get(name)
        if known is None or nodes.is_empty(known.root):
            self._trees[name] = Tree(name, body)
        elif not nodes.is_empty(body):
            self._fail("template: multiple definition of template %q", name)

    def _starts_definition(self) -> bool:
        if self._peek().kind is not Kind.LEFT_DELIM:
            return False
        delim = self._next()
        token = self._next_non_space()
        if token.kind is not Kind.KEYWORD or token.value != "define":
            self._put_back(delim)
            return False
        scope = _Scope("definition")
        self._scope = scope
        context = "define clause"
        name = self._expect(frozenset({Kind.STRING, Kind.RAW_STRING}), context)
        opened = _Open("define", token.pos, scope, name=self._unquoted(name.value))
        self._expect_right_delim(context)
        self._open.append(opened)
        return True

    def _unquoted(self, literal: str) -> str:
        return self._value_of(literal).decode("utf-8", "surrogateescape")

    def _value_of(self, literal: str) -> bytes:
        try:
            return quoting.unquote(literal)
        except quoting.BadLiteral as error:
            self._fail("%s", str(error))

    def _text_or_action(self, current: _Open) -> None:
        token = self._next_non_space()
        if token.kind is Kind.TEXT:
            current.statements.append(nodes.TextNode(token.pos, token.value.encode("utf-8", "surrogateescape")))
        elif token.kind is Kind.LEFT_DELIM:
            self._scope.action_line = token.line
            self._action(current)
        else:
            self._unexpected(token, "input")

    def _action(self, current: _Open) -> None:
        token = self._next_non_space()
        if token.kind is Kind.KEYWORD and token.value != "define":
            self._keyword(current, token)
            return
        self._backup()
        token = self._peek()
        pipe = self._pipeline("command", Kind.RIGHT_DELIM)
        current.statements.append(nodes.ActionNode(token.pos, pipe))
        self._scope.action_line = 0

    def _keyword(self, current: _Open, token: Token) -> None:
        word = token.value
        if word in _BRANCHES:
            self._branch(word, chained=False)
        elif word == "block":
            self._block()
        elif word == "end":
            self._expect_right_delim("end")
            self._end(current)
        elif word == "else":
            self._else(current)
        else:
            current.statements.append(self._call() if word == "template" else self._jump(token))
            self._scope.action_line = 0

    def _jump(self, token: Token) -> Statement:
        shown = "{{" + token.value + "}}"
        following = self._next_non_space()
        if following.kind is not Kind.RIGHT_DELIM:
            self._unexpected(following, shown)
        if self._scope.ranges == 0:
            self._fail(f"{shown} outside {{{{range}}}}")
        return nodes.JumpNode(token.pos, token.value)

    def _branch(self, word: str, *, chained: bool) -> None:
        mark = len(self._scope.variables)
        pipe = self._pipeline(word, Kind.RIGHT_DELIM)
        if word == "range":
            self._scope.ranges += 1
        self._open.append(_Open(word, pipe.pos, self._scope, pipe=pipe, mark=mark, chained=chained))

    def _call(self) -> Statement:
        context = "template clause"
        token = self._next_non_space()
        name = self._template_name(token, context)
        pipe = None
        if self._next_non_space().kind is not Kind.RIGHT_DELIM:
            self._backup()
            pipe = self._pipeline(context, Kind.RIGHT_DELIM)
        return nodes.TemplateNode(token.pos, name, pipe)

    def _template_name(self, token: Token, context: str) -> str:
        if token.kind not in {Kind.STRING, Kind.RAW_STRING}:
            self._unexpected(token, context)
        return self._unquoted(token.value)

    def _block(self) -> None:
        context = "block clause"
        token = self._next_non_space()
        name = self._template_name(token, context)
        pipe = self._pipeline(context, Kind.RIGHT_DELIM)
        self._scope = _Scope(name)
        self._open.append(_Open("block", token.pos, self._scope, pipe=pipe, name=name))

    def _else(self, current: _Open) -> None:
        following = self._peek_non_space()
        chains = following.kind is Kind.KEYWORD and following.value in {"if", "with"}
        if not chains:
            self._expect_right_delim("else")
        if current.word not in _BRANCHES:
            self._stray("{{else}}", current)
        if current.otherwise is not None:
            self._fail("expected end; found %s", "{{else}}")
        if current.word == "range":
            self._scope.ranges -= 1
        current.otherwise = []
        self._scope.action_line = 0
        if chains and following.value == current.word:
            self._next()
            self._branch(current.word, chained=True)

    def _stray(self, shown: str, current: _Open) -> NoReturn:
        if current.word:
            self._fail("unexpected %s in %s", shown, f"{current.word} clause")
        self._fail("unexpected %s", shown)

    def _end(self, current: _Open) -> None:
        if not current.word:
            self._stray("{{end}}", current)
        if current.word in _BRANCHES:
            self._close_branches()
            return
        self._open.pop()
        if current.word == "define":
            self._add(current.name, current.body)
            self._scope = self._open[-1].scope
            return
        self._add(current.name, current.body)
        outer = self._open[-1]
        self._scope = outer.scope
        outer.statements.append(nodes.TemplateNode(current.pos, current.name, current.pipe))
        self._scope.action_line = 0

    def _close_branches(self) -> None:
        """Close a branch and, since one end closes a whole chain of else if, those it was chained to."""
        chained = True
        while chained:
            closed = self._open.pop()
            assert closed.pipe is not None
            if closed.word == "range" and closed.otherwise is None:
                self._scope.ranges -= 1
            del self._scope.variables[closed.mark :]
            node = nodes.BranchNode(closed.pos, closed.word, closed.pipe, closed.body, closed.otherwise)
            self._open[-1].statements.append(node)
            chained = closed.chained
        self._scope.action_line = 0

    # Pipelines.

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
