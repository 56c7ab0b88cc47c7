"""Evaluates pipelines: words, fields, variables, calls, and the typing of arguments.

``None`` is no value, ``Boxed`` a value of static type ``interface {}``. Every error names the node that was looked at
last, as Go's does. Source: the Go package text/template (exec.go).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from esoctl.template import builtins, govalues, literals, nodes, quoting
from esoctl.template.failures import Failure, message
from esoctl.template.functions import ANY, DICT, LIST, RAW, Context, Function
from esoctl.template.govalues import Boxed, FunctionError, NilList, NilMap, Struct, type_of
from esoctl.template.limits import LimitExceeded
from esoctl.template.nodes import (
    ChainNode,
    CommandNode,
    DotNode,
    FieldNode,
    IdentifierNode,
    NilNode,
    Node,
    NumberNode,
    Operand,
    PipeNode,
    StringNode,
    VariableNode,
)

MISSING: Final = object()
"""Stands for the final argument of the first stage of a pipeline, which has none."""
_KINDS: Final = {
    **dict.fromkeys(["string", "sprig.HashAlgorithm"], "string"),
    **dict.fromkeys(["int", "int64", "time.Duration"], "integer"),
    **dict.fromkeys(["uint32", "uint64"], "unsigned integer"),
    **dict.fromkeys([ANY, RAW], "any"),
    "float64": "float",
    "bool": "bool",
}
_NILS: Final = {DICT: NilMap, LIST: NilList}


class Expressions:
    """Evaluates the expressions of one render."""

    def __init__(
        self, source: str, name: str, functions: dict[str, Function], context: Context, *, strict: bool
    ) -> None:
        self.source = source
        self.parse_name = name
        self.template = name
        self.node: Node = DotNode(0)
        self.variables: list[tuple[str, object]] = []
        self._functions = functions
        self._context = context
        self._budget = context.budget
        self._strict = strict
        self._depth = 0
        self._deepest = context.env.limits.expression

    def fail(self, problem: str, *args: object) -> NoReturn:
        """Stop with Go's text: where, in which template, at which expression, and what."""
        start = self.source.rfind("\n", 0, self.node.pos) + 1
        line = 1 + self.source.count("\n", 0, self.node.pos)
        column = len(self.source[start : self.node.pos].encode("utf-8", "surrogateescape"))
        name = quoting.quote(self.template.replace("%", "%%").encode("utf-8", "surrogateescape")).decode()
        shown = nodes.written(self.node).replace("%", "%%")
        place = f"template: {self.parse_name}:{line}:{column}: executing {name} at <{shown}>: "
        raise Failure(message(place + problem, *args), line, self.node.pos - start + 1)

    # Variables.

    def variable(self, name: str) -> object:
        """The value of the innermost variable of that name."""
        for known, value in reversed(self.variables):
            if known == name:
                return value
        return self.fail("undefined variable: %s", name)

    def assign(self, name: str, value: object) -> None:
        """Give the innermost variable of that name a new value."""
        for index in range(len(self.variables) - 1, -1, -1):
            if self.variables[index][0] == name:
                self.variables[index] = (name, value)
                return
        self.fail("undefined variable: %s", name)

    # Pipelines and commands.

    def pipeline(self, dot: object, pipe: PipeNode) -> object:
        """The value of a pipeline, out of its interface; its variables are set."""
        while not pipe.variables and len(pipe.commands) == 1:
            args = pipe.commands[0].args
            if len(args) > 1 or type(args[0]) is not PipeNode:
                break
            pipe = args[0]
        self.node = pipe
        self._depth += 1
        if self._depth > self._deepest:
            raise LimitExceeded(f"limit exceeded: expressions nested more than {self._deepest} deep")
        value: object = MISSING
        for command in pipe.commands:
            value = self._command(dot, command, value)
            if type(value) is Boxed:
                value = value.value
        self._depth -= 1
        for variable in pipe.variables:
            if pipe.assigns:
                self.assign(variable.name, value)
            else:
                self.variables.append((variable.name, value))
        return value

    def _command(self, dot: object, command: CommandNode, final: object) -> object:
        self._budget.step()
        args = command.args
        word = args[0]
        if isinstance(word, FieldNode):
            self.node = word
            return self._fields(dot, dot, word, args, final)
        if isinstance(word, IdentifierNode):
            return self._named(dot, word, command, args, final)
        if isinstance(word, (VariableNode, ChainNode)):
            return self._reference(dot, word, args, final)
        return self._word(dot, word, args, final)

    def _word(self, dot: object, word: Operand, args: list[Operand], final: object) -> object:
        if isinstance(word, PipeNode):
            self._no_arguments(args, final)
            return self.pipeline(dot, word)
        self.node = word
        self._no_arguments(args, final)
        if isinstance(word, DotNode):
            return dot
        if isinstance(word, NilNode):
            self.fail("nil is not a command")
        return self._constant(word)

    def _constant(self, word: Operand) -> object:
        if isinstance(word, NumberNode):
            self.node = word
            if word.constant is None:
                self.fail("%s overflows int", word.source)
            return word.constant
        assert isinstance(word, (StringNode, nodes.BoolNode))
        return word.value

    def _no_arguments(self, args: Sequence[Operand], final: object) -> None:
        if len(args) > 1 or final is not MISSING:
            self.fail("can't give argument to non-function %s", nodes.written(args[0]))

    def _reference(self, dot: object, word: Operand, args: Sequence[Operand], final: object) -> object:
        """A variable or a chain, with the fields looked up from it."""
        self.node = word
        if isinstance(word, VariableNode):
            value = self.variable(word.name)
            if word.names:
                return self._fields(dot, value, word, args, final)
            self._no_arguments(args or (word,), final)
            return value
        assert isinstance(word, ChainNode)
        if isinstance(word.term, NilNode):
            self.fail("indirection through explicit nil in %s", nodes.written(word))
        value = self._argument(dot, None, word.term)
        return self._fields(dot, value, word, args, final)

    # Fields and methods.

    def _fields(
        self,
        dot: object,
        receiver: object,
        node: FieldNode | VariableNode | ChainNode,
        args: Sequence[Operand],
        final: object,
    ) -> object:
        names = node.names
        for name in names[:-1]:
            receiver = self._field(dot, name, node, ((), MISSING), receiver)
        return self._field(dot, names[-1], node, (args, final), receiver)

    def _field(
        self, dot: object, name: bytes, node: Node, given: tuple[Sequence[Operand], object], receiver: object
    ) -> object:
        held = receiver.value if type(receiver) is Boxed else receiver
        if isinstance(held, dict):
            if len(given[0]) > 1 or given[1] is not MISSING:
                self.fail("%s is not a method but has arguments", name)
            return self._entry(held, name)
        if held is None:
            if receiver is not None:
                self.fail("nil pointer evaluating %s.%s", ANY, name)
            if self._strict:
                self.fail("nil data; no entry for key %q", name)
            return None
        if isinstance(held, Struct):
            return self._member(dot, name, node, given, held)
        method = getattr(held, "go_methods", None)
        if method is not None and name.decode() in method():
            return self._call_method(dot, node, name, given, method()[name.decode()])
        shown = ANY if type(receiver) is Boxed else type_of(held)
        return self.fail("can't evaluate field %s in type %s", name, shown)

    def _entry(self, held: dict[bytes, object], name: bytes) -> object:
        value = held.get(name, MISSING)
        if value is MISSING:
            if self._strict:
                self.fail("map has no entry for key %q", name)
            return None
        return Boxed(value) if govalues.holds_interfaces(held) else value

    def _member(
        self, dot: object, name: bytes, node: Node, given: tuple[Sequence[Operand], object], held: Struct
    ) -> object:
        member = name.decode("utf-8", "surrogateescape")
        method = held.methods().get(member)
        if method is not None:
            return self._call_method(dot, node, name, given, method)
        if member not in held.fields():
            self.fail("can't evaluate field %s in type %s", name, held.go_type)
        if len(given[0]) > 1 or given[1] is not MISSING:
            self.fail("%s has arguments but cannot be invoked as function", name)
        return held.fields()[member]

    def _call_method(
        self,
        dot: object,
        node: Node,
        name: bytes,
        given: tuple[Sequence[Operand], object],
        method: govalues.Method,
    ) -> object:
        called = Function(_without_nil(method.call), method.params, None, "")
        return self._call(dot, called, node, name.decode("utf-8", "surrogateescape"), given)

    # Calls.

    def _named(
        self, dot: object, word: IdentifierNode, command: Node, args: Sequence[Operand], final: object
    ) -> object:
        self.node = word
        name = word.name
        called = self._functions[name]
        if name in {"and", "or", "call"}:
            return self._special(dot, called, command, name, (args, final))
        return self._call(dot, called, command, name, (args, final))

    def _check_count(self, called: Function, name: str, given: tuple[Sequence[Operand], object]) -> Sequence[Operand]:
        args = given[0][1:]
        count = len(args) + (given[1] is not MISSING)
        if called.variadic is not None:
            if count < called.fixed:
                self.fail("wrong number of args for %s: want at least %d got %d", name, called.fixed, len(args))
        elif count != called.fixed:
            self.fail("wrong number of args for %s: want %d got %d", name, called.fixed, count)
        return args

    def _special(
        self, dot: object, called: Function, node: Node, name: str, given: tuple[Sequence[Operand], object]
    ) -> object:
        args, final = self._check_count(called, name, given), given[1]
        if name == "call":
            values = [self._argument(dot, RAW, arg) for arg in args]
            shown = nodes.written(args[0]) if args else _value_text(final)
            return self._guarded(node, name, builtins.call_value, [shown, values[0] if values else final])
        value: object = None
        for arg in args:
            value = self._argument(dot, RAW, arg)
            if govalues.truth(builtins.unboxed(value)) == (name == "or"):
                return value
        return value if final is MISSING else self._typed(final, RAW)

    def _call(
        self, dot: object, called: Function, node: Node, name: str, given: tuple[Sequence[Operand], object]
    ) -> object:
        args, final = self._check_count(called, name, given), given[1]
        params, variadic = called.params, called.variadic
        fixed = len(params)
        values: list[object] = [self._context] if called.context else []
        for index, arg in enumerate(args):
            values.append(self._argument(dot, params[index] if index < fixed else variadic, arg))
        if final is not MISSING:
            values.append(self._typed(final, params[len(args)] if len(args) < fixed else variadic))
        self._pay(values, called.price)
        result = self._guarded(node, name, called.call, values)
        if isinstance(result, bytes):
            self._budget.hold(len(result))
        elif isinstance(result, (list, dict)) and not any(result is value for value in values):
            self._budget.copies(len(result))
        return Boxed(result) if called.result == ANY else result

    def _pay(self, values: list[object], price: int) -> None:
        size = 0
        for value in values:
            if type(value) is bytes:
                size += len(value)
        if size >= price:
            self._budget.step(size // price)

    def _guarded(self, node: Node, name: str, call: object, values: list[object]) -> object:
        assert callable(call)
        try:
            result: object = call(*values)
        except FunctionError as error:
            self.node = node
            self.fail("error calling %s: %w", name, str(error))
        except LimitExceeded:
            self.node = node
            raise
        return result

    # Arguments.

    def _argument(self, dot: object, typ: str | None, node: Operand) -> object:
        self.node = node
        cls = type(node)
        if cls is StringNode and typ in {"string", ANY}:
            return node.value  # type: ignore[union-attr]  # cls says which node it is
        if cls is FieldNode:
            value = self._fields(dot, dot, node, (), MISSING)  # type: ignore[arg-type]  # as above
        elif cls is PipeNode:
            value = self.pipeline(dot, node)  # type: ignore[arg-type]  # as above
        elif cls is VariableNode or cls is ChainNode:
            value = self._reference(dot, node, (), MISSING)
        elif isinstance(node, IdentifierNode):
            value = self._named(dot, node, node, (), MISSING)
        elif cls is DotNode:
            value = dot
        else:
            return self._literal(typ, node)
        return self._typed(value, typ)

    def _typed(self, value: object, typ: str | None) -> object:
        """The value as an argument of that type."""
        if typ is None or (typ == RAW and value is not None):
            return value
        if value is None:
            return self._nil(typ, "invalid value; expected %s")
        if typ == ANY:
            return value.value if type(value) is Boxed else value
        held = value.value if type(value) is Boxed else value
        if type_of(held) == typ:
            return held
        shown = ANY if held is None else type_of(held)
        return self.fail("wrong type for value; expected %s; got %s", typ, shown)

    def _nil(self, typ: str, problem: str) -> object:
        if typ in {ANY, RAW}:
            return None
        if typ in _NILS:
            return _NILS[typ]()
        if typ.startswith(("*", "[]", "map[")):
            return None
        return self.fail(problem, typ)

    def _literal(self, typ: str | None, node: Operand) -> object:
        typ = typ or ANY
        if isinstance(node, NilNode):
            return self._nil(typ, "cannot assign nil to %s")
        kind = _KINDS.get(typ)
        if kind == "any":
            return self._constant(node)
        if kind is None:
            self.fail("can't handle %s for arg of type %s", nodes.written(node), typ)
        value = literals.under(node, kind)
        if value is None:
            self.fail(f"expected {kind}; found %s", nodes.written(node))
        return govalues.Uint32(value) if typ == "uint32" and isinstance(value, int) else value


def _without_nil(method: object) -> Callable[..., object]:
    """The method, which in Go would follow a nil pointer it is given."""
    assert callable(method)

    def call(*values: object) -> object:
        if any(value is None for value in values):
            raise FunctionError("runtime error: invalid memory address or nil pointer dereference")
        result: object = method(*values)
        return result

    return call


def _value_text(value: object) -> str:
    held = builtins.unboxed(value)
    return held.decode("utf-8", "surrogateescape") if isinstance(held, bytes) else f"<{type_of(held)} Value>"
