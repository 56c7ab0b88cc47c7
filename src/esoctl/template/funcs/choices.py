"""Defaults, choices and questions about types: default, empty, coalesce, ternary, fail, typeOf, kindIs and so on.

Source: the reference's functions (Masterminds/sprig).
"""

from __future__ import annotations

from typing import Final, NoReturn

from esoctl.template import govalues
from esoctl.template.funcs.equality import deep_equal
from esoctl.template.funcs.lists import is_empty
from esoctl.template.functions import ANY, Context, Function, function
from esoctl.template.govalues import FunctionError


def _default(default: object, *given: object) -> object:
    return default if not given or is_empty(given[0]) else given[0]


def _coalesce(*values: object) -> object:
    return next((value for value in values if not is_empty(value)), None)


def _all(*values: object) -> bool:
    return not any(map(is_empty, values))


def _any(*values: object) -> bool:
    return not all(map(is_empty, values))


def _ternary(yes: object, no: object, which: bool) -> object:
    return yes if which else no


def _fail(problem: bytes) -> NoReturn:
    raise FunctionError(problem.decode("utf-8", "surrogateescape"))


def _type_of(value: object) -> bytes:
    return govalues.type_of(value).encode()


def _type_is(name: bytes, value: object) -> bool:
    return name == _type_of(value)


def _type_is_like(name: bytes, value: object) -> bool:
    return _type_of(value) in {name, b"*" + name}


def _kind_of(value: object) -> bytes:
    return govalues.kind_of(value).encode()


def _kind_is(name: bytes, value: object) -> bool:
    return name == _kind_of(value)


def _deep_equal(context: Context, left: object, right: object) -> bool:
    return deep_equal(context.budget, left, right)


CHOICES: Final[dict[str, Function]] = {
    "default": function(_default, f"{ANY}, ...{ANY}", ANY),
    "empty": function(is_empty, ANY, "bool"),
    "coalesce": function(_coalesce, f"...{ANY}", ANY),
    "all": function(_all, f"...{ANY}", "bool"),
    "any": function(_any, f"...{ANY}", "bool"),
    "ternary": function(_ternary, f"{ANY}, {ANY}, bool", ANY),
    "fail": function(_fail, "string", "string"),
    "typeOf": function(_type_of, ANY, "string"),
    "typeIs": function(_type_is, f"string, {ANY}", "bool"),
    "typeIsLike": function(_type_is_like, f"string, {ANY}", "bool"),
    "kindOf": function(_kind_of, ANY, "string"),
    "kindIs": function(_kind_is, f"string, {ANY}", "bool"),
    "deepEqual": function(_deep_equal, f"{ANY}, {ANY}", "bool", context=True),
}
