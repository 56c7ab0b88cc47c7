"""The list functions. None changes its argument.

A function and its twin beginning with ``must`` differ in Go only in panicking or returning an error; in a template both
are the same error. Source: the reference's list functions (Masterminds/sprig).
"""

from __future__ import annotations

from typing import Final

from esoctl.template import govalues
from esoctl.template.funcs.casts import to_int
from esoctl.template.funcs.equality import deep_equal
from esoctl.template.functions import ANY, LIST, Context, Function, function
from esoctl.template.govalues import FunctionError, Lists, NilList

_NIL_PANIC: Final = "runtime error: invalid memory address or nil pointer dereference"


def _listed(value: object, problem: str) -> list[object]:
    if value is None:
        raise FunctionError(_NIL_PANIC)
    if not isinstance(value, list):
        raise FunctionError(problem.format(govalues.kind_of(value)))
    return value


def is_empty(value: object) -> bool:
    """Whether the value is the zero of its type; a struct never is."""
    return not govalues.truth(value)


def _list(*values: object) -> list[object]:
    return list(values)


def _append(value: object, item: object) -> list[object]:
    return [*_listed(value, "Cannot push on type {}"), item]


def _prepend(value: object, item: object) -> list[object]:
    return [item, *_listed(value, "Cannot prepend on type {}")]


def _first(value: object) -> object:
    items = _listed(value, "Cannot find first on type {}")
    return items[0] if items else None


def _last(value: object) -> object:
    items = _listed(value, "Cannot find last on type {}")
    return items[-1] if items else None


def _rest(value: object) -> list[object]:
    items = _listed(value, "Cannot find rest on type {}")
    return list(items[1:]) if items else NilList()


def _initial(value: object) -> list[object]:
    items = _listed(value, "Cannot find initial on type {}")
    return list(items[:-1]) if items else NilList()


def _reverse(value: object) -> list[object]:
    return list(reversed(_listed(value, "Cannot find reverse on type {}")))


def _compact(value: object) -> list[object]:
    return [item for item in _listed(value, "Cannot compact on type {}") if not is_empty(item)]


def _uniq(context: Context, value: object) -> list[object]:
    kept: list[object] = []
    for item in _listed(value, "Cannot find uniq on type {}"):
        if not _within(context, item, kept):
            kept.append(item)
    return kept


def _within(context: Context, needle: object, items: list[object] | tuple[object, ...]) -> bool:
    return any(deep_equal(context.budget, needle, item) for item in items)


def _without(context: Context, value: object, *omitted: object) -> list[object]:
    items = _listed(value, "Cannot find without on type {}")
    return [item for item in items if not _within(context, item, omitted)]


def _has(context: Context, needle: object, value: object) -> bool:
    if value is None:
        return False
    return _within(context, needle, _listed(value, "Cannot find has on type {}"))


def _slice(value: object, *indexes: object) -> object:
    items = _listed(value, "list should be type of slice or array but {}")
    if not items:
        return None
    start = to_int(indexes[0]) if indexes else 0
    end = to_int(indexes[1]) if len(indexes) > 1 else len(items)
    if not 0 <= start <= end <= len(items):
        raise FunctionError("reflect.Value.Slice: slice index out of bounds")
    cut = type(items)()
    cut.extend(items[start:end])
    return cut


def _concat(context: Context, *values: object) -> object:
    joined: list[object] = []
    for value in values:
        items = _listed(value, "Cannot concat type {} as list")
        context.budget.elements(len(items))
        joined.extend(items)
    return joined or NilList()


def _chunk(context: Context, size: int, value: object) -> Lists:
    items = _listed(value, "Cannot chunk type {}")
    if size == 0:
        raise FunctionError("runtime error: makeslice: len out of range")
    count = (len(items) - 1) // size + 1
    if size < 0 and count > 0:
        raise FunctionError("runtime error: makeslice: len out of range")
    context.budget.elements(count + len(items))
    return Lists(list(items[index * size : (index + 1) * size]) for index in range(count))


def _pair(name: str, twin: str, function_: Function) -> dict[str, Function]:
    return {name: function_, twin: function_}


LISTS: Final[dict[str, Function]] = {
    "list": function(_list, f"...{ANY}", LIST),
    "tuple": function(_list, f"...{ANY}", LIST),
    "push": function(_append, f"{ANY}, {ANY}", LIST),
    "mustPush": function(_append, f"{ANY}, {ANY}", LIST),
    "concat": function(_concat, f"...{ANY}", ANY, context=True),
    **_pair("append", "mustAppend", function(_append, f"{ANY}, {ANY}", LIST)),
    **_pair("prepend", "mustPrepend", function(_prepend, f"{ANY}, {ANY}", LIST)),
    **_pair("first", "mustFirst", function(_first, ANY, ANY)),
    **_pair("last", "mustLast", function(_last, ANY, ANY)),
    **_pair("rest", "mustRest", function(_rest, ANY, LIST)),
    **_pair("initial", "mustInitial", function(_initial, ANY, LIST)),
    **_pair("reverse", "mustReverse", function(_reverse, ANY, LIST)),
    **_pair("compact", "mustCompact", function(_compact, ANY, LIST)),
    **_pair("uniq", "mustUniq", function(_uniq, ANY, LIST, context=True)),
    **_pair("without", "mustWithout", function(_without, f"{ANY}, ...{ANY}", LIST, context=True)),
    **_pair("has", "mustHas", function(_has, f"{ANY}, {ANY}", "bool", context=True)),
    **_pair("slice", "mustSlice", function(_slice, f"{ANY}, ...{ANY}", ANY)),
    **_pair("chunk", "mustChunk", function(_chunk, f"int, {ANY}", "[][]interface {}", context=True)),
}
