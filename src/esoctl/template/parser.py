"""Turns the tokens of a source into trees, one for the text itself and one for every define and block.

Blocks and parentheses are kept on lists of what is open, so nesting never touches Python's stack. Error texts, and the
lines they name, are Go's. Source: the Go package text/template/parse (parse.go).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Final, NoReturn

from esoctl.template import nodes
from esoctl.template.lexer import Kind, Token
from esoctl.template.nodes import PipeNode, Statement, Tree
from esoctl.template.pipelines import Pipelines
from esoctl.template.tokens import Scope

_BRANCHES: Final = frozenset({"if", "with", "range"})


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed source."""

    trees: dict[str, Tree]
    """The text itself under the source's name, and every define and block."""


def parse(name: str, source: str, delimiters: tuple[str, str], functions: Container[str]) -> Parsed:
    """The trees of a source; a Failure says what is wrong with it."""
    return _Parser(name, source, delimiters, functions).run()


@dataclass(slots=True)
class _Open:
    """A list of statements that is not closed yet."""

    word: str
    pos: int
    scope: Scope
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


class _Parser(Pipelines):
    """The state of parsing one source."""

    def __init__(self, name: str, source: str, delimiters: tuple[str, str], functions: Container[str]) -> None:
        super().__init__(name, source, delimiters, functions)
        self._trees: dict[str, Tree] = {}
        self._open = [_Open("", 0, self._scope)]

    def run(self) -> Parsed:
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
        return Parsed(self._trees)

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
        scope = Scope("definition")
        self._scope = scope
        context = "define clause"
        name = self._expect(frozenset({Kind.STRING, Kind.RAW_STRING}), context)
        opened = _Open("define", token.pos, scope, name=self._unquoted(name.value))
        self._expect_right_delim(context)
        self._open.append(opened)
        return True

    def _unquoted(self, literal: str) -> str:
        return self._value_of(literal).decode("utf-8", "surrogateescape")

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
        self._scope = Scope(name)
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
