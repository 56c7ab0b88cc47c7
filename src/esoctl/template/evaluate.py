"""Walks a parsed template and writes its text.

What is still to do is a list of frames, not Python's stack: templates may call each other as deep as in Go, and
nothing a template does can exhaust the interpreter. Source: the Go package text/template (exec.go).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from esoctl.template import govalues, verbs
from esoctl.template.expressions import Expressions
from esoctl.template.functions import Context, Function
from esoctl.template.govalues import Boxed
from esoctl.template.limits import LimitExceeded
from esoctl.template.nodes import ActionNode, BranchNode, JumpNode, Statement, TemplateNode, TextNode, Tree

_NO_VALUE: Final = b"<no value>"


@dataclass(slots=True)
class _Frame:
    """A list of statements under way."""

    statements: list[Statement]
    dot: object
    mark: int
    """How many variables there were before it."""
    index: int = 0
    loop: _Loop | None = None
    caller: _Caller | None = None


@dataclass(slots=True)
class _Loop:
    """What a range still has to visit."""

    items: Iterator[tuple[object, object]]
    node: BranchNode
    mark: int
    """How many variables there are before those of the body."""


@dataclass(slots=True)
class _Caller:
    """What to go back to after a template call."""

    template: str
    variables: list[tuple[str, object]]


class Walk:
    """One render of one source."""

    def __init__(self, trees: dict[str, Tree], expressions: Expressions, context: Context) -> None:
        self._trees = trees
        self._expressions = expressions
        self._budget = context.budget
        self._printer = verbs.Printer(context.budget)
        self._most_calls = context.env.limits.calls
        self._calls = 0
        self._frames: list[_Frame] = []
        self._parts: list[bytes] = []
        self._size = 0

    def run(self, name: str, dot: object) -> bytes:
        """The text of the named template for this dot."""
        self._expressions.variables = [("$", dot)]
        self._frames.append(_Frame(self._trees[name].root, dot, 1))
        try:
            while self._frames:
                self._advance(self._frames[-1])
        except LimitExceeded as error:
            self._expressions.fail("%s", str(error))
        return b"".join(self._parts)

    def _advance(self, frame: _Frame) -> None:
        statements, index = frame.statements, frame.index
        dot = frame.dot
        count = len(statements)
        while index < count:
            node = statements[index]
            index += 1
            if type(node) is TextNode:
                self._write(node.text)
            elif type(node) is ActionNode:
                self._act(dot, node)
            else:
                frame.index = index
                self._enter(frame, node)
                return
        frame.index = index
        self._leave(frame)

    def _write(self, text: bytes) -> None:
        self._size += len(text)
        self._budget.too_long(self._size)
        self._parts.append(text)

    def _act(self, dot: object, node: ActionNode) -> None:
        self._budget.step()
        value = self._expressions.pipeline(dot, node.pipe)
        if node.pipe.variables:
            return
        self._expressions.node = node
        self._write(_NO_VALUE if value is None else self._printer.show(value))

    def _enter(self, frame: _Frame, node: Statement) -> None:
        self._budget.step()
        self._expressions.node = node
        if isinstance(node, BranchNode):
            if node.word == "range":
                self._range(frame, node)
            else:
                self._branch(frame, node)
        elif isinstance(node, TemplateNode):
            self._call(frame, node)
        elif isinstance(node, JumpNode):
            self._jump(node)

    def _branch(self, frame: _Frame, node: BranchNode) -> None:
        mark = len(self._expressions.variables)
        value = self._expressions.pipeline(frame.dot, node.pipe)
        if govalues.truth(value):
            dot = value if node.word == "with" else frame.dot
            self._frames.append(_Frame(node.body, dot, mark))
        elif node.otherwise is not None:
            self._frames.append(_Frame(node.otherwise, frame.dot, mark))
        else:
            del self._expressions.variables[mark:]

    def _range(self, frame: _Frame, node: BranchNode) -> None:
        mark = len(self._expressions.variables)
        value = self._expressions.pipeline(frame.dot, node.pipe)
        items = self._items(value, node)
        if items is not None:
            loop = _Loop(items, node, len(self._expressions.variables))
            opened = _Frame(node.body, None, mark, len(node.body), loop)
            self._frames.append(opened)
            self._next_item(opened, loop)
        elif node.otherwise is not None:
            self._frames.append(_Frame(node.otherwise, frame.dot, mark))
        else:
            del self._expressions.variables[mark:]

    def _items(self, value: object, node: BranchNode) -> Iterator[tuple[object, object]] | None:
        """Index and element pairs; None when there are none."""
        if isinstance(value, list):
            boxes = govalues.holds_interfaces(value)
            self._budget.copies(len(value))
            pairs = ((index, Boxed(item) if boxes else item) for index, item in enumerate(list(value)))
            return pairs if value else None
        if isinstance(value, dict):
            return self._map_items(value)
        if govalues.is_integer(value):
            if len(node.pipe.variables) > 1:
                self._expressions.fail("can't use %v to iterate over more than one variable", value)
            return self._counted(value) if value > 0 else None
        if value is not None:
            self._expressions.fail("range can't iterate over %v", value)
        return None

    def _map_items(self, value: dict[bytes, object]) -> Iterator[tuple[object, object]] | None:
        self._budget.elements(len(value) * 2)
        boxes = govalues.holds_interfaces(value)
        entries = [(key, Boxed(value[key]) if boxes else value[key]) for key in sorted(value)]
        return iter(entries) if entries else None

    @staticmethod
    def _counted(count: int) -> Iterator[tuple[object, object]]:
        cls = type(count)
        return ((None, cls(number)) for number in range(count))

    def _next_item(self, frame: _Frame, loop: _Loop) -> None:
        variables = self._expressions.variables
        del variables[loop.mark :]
        pair = next(loop.items, None)
        if pair is None:
            del variables[frame.mark :]
            self._frames.pop()
            return
        self._budget.step()
        index, element = pair
        self._bind(loop.node, index, element)
        frame.dot = element
        frame.index = 0

    def _bind(self, node: BranchNode, index: object, element: object) -> None:
        """Give the variables of a range their values: the element to the last, the index to the first of two."""
        names = node.pipe.variables
        values = [element] if len(names) == 1 else [index, element]
        variables = self._expressions.variables
        for offset, (variable, value) in enumerate(zip(names, values, strict=False)):
            if node.pipe.assigns:
                self._expressions.assign(variable.name, value)
            else:
                variables[len(variables) - len(names) + offset] = (variable.name, value)

    def _call(self, frame: _Frame, node: TemplateNode) -> None:
        tree = self._trees.get(node.name)
        if tree is None:
            self._expressions.fail("template %q not defined", node.name)
        if self._calls >= self._most_calls:
            self._expressions.fail("exceeded maximum template depth (%v)", self._most_calls)
        dot = None if node.pipe is None else self._expressions.pipeline(frame.dot, node.pipe)
        caller = _Caller(self._expressions.template, self._expressions.variables)
        self._expressions.template = tree.name
        self._expressions.variables = [("$", dot)]
        self._calls += 1
        self._frames.append(_Frame(tree.root, dot, 1, caller=caller))

    def _jump(self, node: JumpNode) -> None:
        while self._frames[-1].loop is None:
            self._frames.pop()
        frame = self._frames[-1]
        if node.word == "continue":
            frame.index = len(frame.statements)
            return
        del self._expressions.variables[frame.mark :]
        self._frames.pop()

    def _leave(self, frame: _Frame) -> None:
        if frame.loop is not None:
            self._next_item(frame, frame.loop)
            return
        self._frames.pop()
        if frame.caller is None:
            del self._expressions.variables[frame.mark :]
            return
        self._expressions.template = frame.caller.template
        self._expressions.variables = frame.caller.variables
        self._calls -= 1


def run(
    source: str,
    trees: dict[str, Tree],
    functions: dict[str, Function],
    context: Context,
    dot: object,
    *,
    strict: bool,
) -> bytes:
    """The text of the template named in the environment; a Failure says what went wrong."""
    expressions = Expressions(source, context.env.name, functions, context, strict=strict)
    return Walk(trees, expressions, context).run(context.env.name, dot)
