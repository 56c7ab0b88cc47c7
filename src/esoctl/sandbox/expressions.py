"""Compiles and evaluates CEL expressions: the only module that knows the CEL library.

The library is cel-expr-python, the CEL project's own binding of its C++ runtime. Its text for compile errors is that of
the API server; those of evaluation are translated here.

Not as in the API server: timestamps and durations stay text (the library takes none from outside), so a rule on a
``date-time`` field has to convert it; the Kubernetes function libraries (url, ip, quantity, regex ...) are absent;
fields of objects are typed only as far as ``undefined_field`` looks; nothing counts cost.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cel_expr_python import cel
from cel_expr_python.ext import ext_bindings, ext_math, ext_optional, ext_strings

from esoctl.sandbox.documents import child, text

Schema = Mapping[str, object]

_OLD = "oldSelf"
_OLD_LIST = "oldSelves"
_OPTIONAL_OLD = f"cel.bind({_OLD}, {_OLD_LIST}.size() > 0 ? optional.of({_OLD_LIST}[0]) : optional.none(), (%s))"
_RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"}
    | {"namespace", "null", "package", "return", "true"}
)


class ExpressionError(Exception):
    """An expression that does not compile or does not evaluate, in the API server's words."""


@dataclass(frozen=True)
class Expression:
    """A compiled expression."""

    program: cel.Expression
    result: str
    """The name of the type it yields; ``DYN`` when that is only known on evaluation."""
    uses_old: bool
    optional_old: bool

    def evaluate(self, value: object, old: object, *, has_old: bool) -> object:
        """The value of the expression for an object as ``view`` prepared it."""
        data: dict[str, object] = {"self": value}
        if self.optional_old:
            data[_OLD_LIST] = [old] if has_old else []
        elif has_old:
            data[_OLD] = old
        outcome = self.program.eval(data=data)
        if outcome.type() == cel.Type.ERROR:
            raise ExpressionError(_translate(str(outcome.value())))
        found: object = outcome.value()
        return found


@lru_cache(maxsize=256)
def _environment(variables: tuple[tuple[str, str], ...]) -> cel.Env:
    extensions = [
        ext_strings.ExtStrings(),
        ext_optional.ExtOptional(),
        ext_bindings.ExtBindings(),
        ext_math.ExtMath(),
    ]
    return cel.NewEnv(variables={name: cel.Type(kind) for name, kind in variables}, extensions=extensions)


@lru_cache(maxsize=4096)
def compiled(source: str, self_type: str, *, optional_old: bool = False) -> Expression:
    """Compile an expression over ``self`` of the given CEL type."""
    own = ("self", self_type)
    try:
        return Expression(*_compile(source, own), uses_old=False, optional_old=False)
    except ExpressionError as error:
        if f"undeclared reference to '{_OLD}" not in str(error):
            raise
    if not optional_old:
        return Expression(*_compile(source, own, (_OLD, self_type)), uses_old=True, optional_old=False)
    _compile(source, own, (_OLD, "dyn"))
    found = _compile(_OPTIONAL_OLD % source, own, (_OLD_LIST, f"list<{self_type}>"))
    return Expression(*found, uses_old=True, optional_old=True)


def _compile(source: str, *variables: tuple[str, str]) -> tuple[cel.Expression, str]:
    try:
        program = _environment(variables).compile(source)
    except RuntimeError as error:
        words = str(error).removeprefix("INVALID_ARGUMENT: ").removesuffix("[INVALID_ARGUMENT]").rstrip(" ")
        raise ExpressionError(words) from None
    return program, program.return_type().name()


_TRANSLATIONS = (
    (re.compile(r'^Key not found in map : "(.*)"$', re.DOTALL), r"no such key: \1"),
    (re.compile(r"^Index error: index=(\d+) size=\d+$"), r"index out of bounds: \1"),
    (re.compile(r"^divide by zero$"), "division by zero"),
    (re.compile(r"^modulus by zero$"), "modulus by zero"),
    (re.compile(r"^No matching overloads found.*$", re.DOTALL), "no such overload"),
)


def _translate(problem: str) -> str:
    words = re.sub(r"^[A-Z_]+: ", "", problem)
    for pattern, replacement in _TRANSLATIONS:
        if pattern.match(words):
            return pattern.sub(replacement, words)
    return words


def type_of(schema: Schema) -> str:
    """The CEL type of a value with a schema, where there is one; objects with fields are dynamic."""
    match text(schema, "type"):
        case "string":
            return "bytes" if text(schema, "format") == "byte" else "string"
        case "integer":
            return "int"
        case "number":
            return "double"
        case "boolean":
            return "bool"
        case "array":
            return f"list<{type_of(child(schema, 'items'))}>"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"map<string, {type_of(child(schema, 'additionalProperties'))}>"
        case _:
            return "dyn"


def view(value: object, schema: Schema) -> object:
    """A value as its schema makes CEL see it: fields by their escaped names, numbers and bytes by their type."""
    match value:
        case dict():
            properties, extra = child(schema, "properties"), child(schema, "additionalProperties")
            return {
                escape(key) if key in properties else key: view(item, child(properties, key) or extra)
                for key, item in value.items()
            }
        case list():
            items = child(schema, "items")
            return [view(item, items) for item in value]
        case bool() | None:
            return value
        case int() | float():
            kind = text(schema, "type")
            return float(value) if kind == "number" else int(value) if kind == "integer" else value
        case str() if text(schema, "format") == "byte" and text(schema, "type") == "string":
            return base64.b64decode(value)
        case _:
            return value


def escape(name: str) -> str:
    """A field's name as rules write it: ``x-y`` is ``x__dash__y``, ``namespace`` is ``__namespace__``."""
    if name in _RESERVED:
        return f"__{name}__"
    written = name.replace("__", "__underscores__").replace(".", "__dot__")
    return written.replace("-", "__dash__").replace("/", "__slash__")


_CHAIN = re.compile(
    r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?<![\w.])(?:self|oldSelf)((?:\.\??[A-Za-z_]\w*)+)(\s*\()?"""
)


def undefined_field(source: str, schema: Schema) -> str:
    """Complain about the first ``self.a.b`` that names a field the schema does not have; empty when all is well."""
    for found in _CHAIN.finditer(source):
        if found[1] is not None:
            continue
        names = re.findall(r"\.\??([A-Za-z_]\w*)", found[2])
        names = names[:-1] if found[3] else names
        known, problem = _follow(names, schema)
        if problem:
            at = found.start(2) + sum(len(name) + 1 for name in names[:known])
            return _complain(source, at, problem)
    return ""


def _follow(names: list[str], schema: Schema) -> tuple[int, str]:
    """How many of the names the schema has, and what is wrong with the next one."""
    node: Schema = schema
    for number, name in enumerate(names):
        properties, kind = child(node, "properties"), type_of(node)
        if kind in ("string", "int", "double", "bool"):
            return number, f"type '{kind}' does not support field selection"
        if not properties or node.get("x-kubernetes-preserve-unknown-fields") is True:
            break
        known = {escape(key): child(properties, key) for key in properties}
        if name not in known:
            return number, f"undefined field '{name}'"
        node = known[name]
    return len(names), ""


def _complain(source: str, at: int, problem: str) -> str:
    line = source.count("\n", 0, at) + 1
    start = source.rfind("\n", 0, at) + 1
    shown = source[start:].split("\n", 1)[0]
    return f"ERROR: <input>:{line}:{at - start + 1}: {problem}\n | {shown}\n | {'.' * (at - start)}^"
