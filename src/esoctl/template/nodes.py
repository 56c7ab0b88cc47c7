"""The tree of a parsed template, and what each node looks like when written out for an error text.

Nodes know where they begin in the source. Writing out is iterative, since expressions may nest thousands deep.
Source: the Go package text/template/parse (node.go).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from esoctl.template import quoting


@dataclass(slots=True)
class TextNode:
    """Plain text between actions."""

    pos: int
    text: bytes


@dataclass(slots=True)
class BoolNode:
    """true or false."""

    pos: int
    value: bool


@dataclass(slots=True)
class NumberNode:
    """A number under every type that can represent it, as Go's ideal constants; None where it cannot."""

    pos: int
    source: str
    as_int: int | None = None
    as_uint: int | None = None
    as_float: float | None = None
    as_complex: complex | None = None
    constant: object = None
    """What the number is where any type will do; None when it overflows int."""


@dataclass(slots=True)
class StringNode:
    """A quoted string, as written and as meant."""

    pos: int
    source: str
    value: bytes


@dataclass(slots=True)
class NilNode:
    """The word nil."""

    pos: int


@dataclass(slots=True)
class DotNode:
    """The cursor."""

    pos: int


@dataclass(slots=True)
class FieldNode:
    """Names that are looked up from the cursor: .a.b."""

    pos: int
    names: tuple[bytes, ...]


@dataclass(slots=True)
class VariableNode:
    """A variable and names looked up from it: $x.a.b."""

    pos: int
    name: str
    names: tuple[bytes, ...]


@dataclass(slots=True)
class IdentifierNode:
    """The name of a function."""

    pos: int
    name: str


@dataclass(slots=True)
class ChainNode:
    """Names that are looked up from a term: (f x).a.b."""

    pos: int
    term: Operand
    names: tuple[bytes, ...]


@dataclass(slots=True)
class CommandNode:
    """One stage of a pipeline: a word and its arguments."""

    pos: int
    args: list[Operand] = field(default_factory=list)


@dataclass(slots=True)
class PipeNode:
    """Stages, each the last argument of the next, and the variables the result goes to."""

    pos: int
    commands: list[CommandNode] = field(default_factory=list)
    variables: list[VariableNode] = field(default_factory=list)
    assigns: bool = False


@dataclass(slots=True)
class ActionNode:
    """A pipeline whose result is printed."""

    pos: int
    pipe: PipeNode


@dataclass(slots=True)
class BranchNode:
    """if, with or range."""

    pos: int
    word: str
    pipe: PipeNode
    body: list[Statement]
    otherwise: list[Statement] | None


@dataclass(slots=True)
class TemplateNode:
    """A call of another template."""

    pos: int
    name: str
    pipe: PipeNode | None


@dataclass(slots=True)
class JumpNode:
    """break or continue."""

    pos: int
    word: str


Literal: TypeAlias = BoolNode | NumberNode | StringNode | NilNode | DotNode
Operand: TypeAlias = Literal | FieldNode | VariableNode | IdentifierNode | ChainNode | PipeNode
Statement: TypeAlias = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode
Node: TypeAlias = Operand | Statement | CommandNode


@dataclass(slots=True)
class Tree:
    """One named template of a source."""

    name: str
    root: list[Statement]


def is_empty(statements: list[Statement]) -> bool:
    """Whether there is nothing but white space."""
    return all(isinstance(node, TextNode) and not node.text.strip() for node in statements)


def written(node: Node) -> str:
    """The node as Go writes it in error texts."""
    parts: list[str] = []
    todo: list[Node | str] = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            parts.append(item)
        else:
            todo.extend(reversed(_pieces(item)))
    return "".join(parts)


def _pieces(node: Node) -> list[Node | str]:
    match node:
        case NumberNode() | StringNode():
            return [node.source]
        case PipeNode():
            return _pipe_pieces(node)
        case CommandNode():
            return _spaced([_enclosed(arg) for arg in node.args], " ")
        case ChainNode():
            return [*_enclosed(node.term), *_dotted(node.names)]
        case TemplateNode():
            pipe: list[Node | str] = [" ", node.pipe] if node.pipe else []
            return [f"{{{{template {quoting.quote(node.name.encode('utf-8', 'surrogateescape')).decode()}", *pipe, "}}"]
        case _:
            return [_simple(node)]


def _simple(node: Node) -> str:
    match node:
        case BoolNode():
            return "true" if node.value else "false"
        case NilNode():
            return "nil"
        case DotNode():
            return "."
        case FieldNode():
            return "".join(_dotted(node.names))
        case VariableNode():
            return node.name + "".join(_dotted(node.names))
        case IdentifierNode():
            return node.name
        case ActionNode():
            return "{{" + written(node.pipe) + "}}"
        case _:
            return ""


def _dotted(names: tuple[bytes, ...]) -> list[str]:
    return ["." + name.decode("utf-8", "surrogateescape") for name in names]


def _enclosed(node: Operand) -> list[Node | str]:
    return ["(", node, ")"] if isinstance(node, PipeNode) else [node]


def _spaced(groups: list[list[Node | str]], separator: str) -> list[Node | str]:
    pieces: list[Node | str] = []
    for index, group in enumerate(groups):
        if index:
            pieces.append(separator)
        pieces.extend(group)
    return pieces


def _pipe_pieces(pipe: PipeNode) -> list[Node | str]:
    pieces = _spaced([[variable] for variable in pipe.variables], ", ")
    if pipe.variables:
        pieces.append(" = " if pipe.assigns else " := ")
    return pieces + _spaced([[command] for command in pipe.commands], " | ")
