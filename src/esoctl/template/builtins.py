"""The functions every Go template has: and, or, not, len, index, print, comparison, escaping.

``and``, ``or`` and ``call`` are evaluated by the evaluator itself, because they look at arguments unevaluated.
Source: the Go package text/template (funcs.go).
"""

from __future__ import annotations

import re
from typing import Final

from esoctl.template import govalues, printf, quoting
from esoctl.template.functions import ANY, RAW, Context, Function, function
from esoctl.template.govalues import Boxed, FunctionError, Uint8, kind_of, type_of

_CLASSES: Final = {
    "bool": "bool", "string": "string", "float64": "float", "complex128": "complex",
    "int": "int", "int64": "int", "int32": "int", "uint8": "uint", "uint32": "uint", "uint64": "uint",
}  # fmt: skip
_HTML: Final = (
    (b"&", b"&amp;"),
    (b"\0", "\ufffd".encode()),
    (b'"', b"&#34;"),
    (b"'", b"&#39;"),
    (b"<", b"&lt;"),
    (b">", b"&gt;"),
)
_RESERVED: Final = re.compile(rb"[^A-Za-z0-9\-_.~]")
_QUERY: Final = [b"+" if octet == 32 else b"%%%02X" % octet for octet in range(256)]
_JS: Final = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
}  # fmt: skip
_RAW_LIST: Final = f"{RAW}, ...{RAW}"


def unboxed(value: object) -> object:
    """The value inside an interface."""
    return value.value if isinstance(value, Boxed) else value


def _length(item: object) -> int:
    if item is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    held = unboxed(item)
    if held is None:
        raise FunctionError("len of nil pointer")
    if isinstance(held, (bytes, dict, list)):
        return len(held)
    raise FunctionError(f"len of type {type_of(held)}")


def _position(index: object, size: int) -> int:
    if index is None:
        raise FunctionError("cannot index slice/array with nil")
    if not govalues.is_integer(index):
        raise FunctionError(f"cannot index slice/array with type {type_of(index)}")
    if not 0 <= index <= size:
        raise FunctionError(f"index out of range: {int(index)}")
    return int(index)


def _index(item: object, *indexes: object) -> object:
    if unboxed(item) is None:
        raise FunctionError("index of untyped nil")
    for boxed in indexes:
        held, index = unboxed(item), unboxed(boxed)
        if held is None:
            raise FunctionError("index of nil pointer")
        if isinstance(held, (bytes, list)):
            item = _element(held, _position(index, len(held)))
        elif isinstance(held, dict):
            item = _entry(held, index)
        else:
            raise FunctionError(f"can't index item of type {type_of(held)}")
    return item


def _element(held: bytes | list[object], position: int) -> object:
    if position == len(held):
        kind = "string" if isinstance(held, bytes) else "slice"
        raise FunctionError(f"reflect: {kind} index out of range")
    if isinstance(held, bytes):
        return Uint8(held[position])
    return Boxed(held[position]) if govalues.holds_interfaces(held) else held[position]


def _entry(held: dict[bytes, object], key: object) -> object:
    if key is None:
        raise FunctionError("value is nil; should be of type string")
    if type(key) is not bytes:
        raise FunctionError(f"value has type {type_of(key)}; should be string")
    if govalues.holds_interfaces(held):
        return Boxed(held.get(key))
    return held.get(key, b"")


def _not(value: object) -> bool:
    return not govalues.truth(unboxed(value))


def _equal(context: Context, first: object, *others: object) -> bool:
    if not others:
        raise FunctionError("missing argument for comparison")
    left = unboxed(first)
    return any(_pair_equal(context, left, unboxed(other)) for other in others)


def _pair_equal(context: Context, left: object, right: object) -> bool:
    class_left, class_right = _CLASSES.get(kind_of(left)), _CLASSES.get(kind_of(right))
    if class_left != class_right:
        if {class_left, class_right} == {"int", "uint"} or left is None or right is None:
            return left == right and left is not None
        raise FunctionError(f"incompatible types for comparison: {type_of(left)} and {type_of(right)}")
    if class_left is not None:
        return left == right
    return _other_equal(context, left, right)


def _other_equal(context: Context, left: object, right: object) -> bool:
    if kind_of(left) != kind_of(right) and left is not None and right is not None:
        shown = printf.sprintf(b"%s: %s", [left, type_of(left).encode()], context.budget)
        other = printf.sprintf(b"%s", [right], context.budget)
        problem = shown + b", " + type_of(right).encode() + b": " + other
        raise FunctionError("non-comparable types " + problem.decode("utf-8", "surrogateescape"))
    if govalues.is_nil(left) or govalues.is_nil(right):
        return govalues.is_nil(left) == govalues.is_nil(right)
    if isinstance(right, (dict, list)):
        shown = printf.sprintf(b"%s: %v", [right, type_of(right).encode()], context.budget)
        raise FunctionError("non-comparable type " + shown.decode("utf-8", "surrogateescape"))
    return left == right


def _not_equal(context: Context, left: object, right: object) -> bool:
    return not _equal(context, left, right)


def _less(left: object, right: object) -> bool:
    first, second = unboxed(left), unboxed(right)
    class_left = _CLASSES.get(kind_of(first))
    class_right = _CLASSES.get(kind_of(second))
    if class_left is None or class_right is None:
        raise FunctionError("invalid type for comparison")
    if class_left != class_right and {class_left, class_right} != {"int", "uint"}:
        raise FunctionError(f"incompatible types for comparison: {type_of(first)} and {type_of(second)}")
    if isinstance(first, bytes) and isinstance(second, bytes):
        return first < second
    if class_left in {"bool", "complex"} or not isinstance(first, (int, float)) or not isinstance(second, (int, float)):
        raise FunctionError("invalid type for comparison")
    return first < second


def _less_or_equal(context: Context, left: object, right: object) -> bool:
    return _less(left, right) or _equal(context, left, right)


def _greater(context: Context, left: object, right: object) -> bool:
    return not _less_or_equal(context, left, right)


def _greater_or_equal(left: object, right: object) -> bool:
    return not _less(left, right)


def _print(context: Context, *args: object) -> bytes:
    return printf.sprint(args, context.budget) if args else b""


def _println(context: Context, *args: object) -> bytes:
    return printf.sprintln(args, context.budget)


def _printf(context: Context, template: bytes, *args: object) -> bytes:
    return printf.sprintf(template, args, context.budget)


def _plain(context: Context, args: tuple[object, ...]) -> bytes:
    return printf.sprint([b"<no value>" if arg is None else arg for arg in args], context.budget) if args else b""


def _html(context: Context, *args: object) -> bytes:
    plain = _plain(context, args)
    context.budget.hold(len(plain) * 5)
    for special, escaped in _HTML:
        plain = plain.replace(special, escaped)
    return plain


def _js(context: Context, *args: object) -> bytes:
    plain = _plain(context, args)
    context.budget.hold(len(plain) * 6)
    return "".join(map(_js_rune, govalues.text(plain))).encode("utf-8", "surrogateescape")


def _js_rune(rune: str) -> str:
    known = _JS.get(rune)
    if known is not None:
        return known
    if rune < " ":
        return f"\\u{ord(rune):04X}"
    if rune < "\x80" or quoting.is_print(rune):
        return rune
    return rune if "\ud800" <= rune <= "\udfff" else f"\\u{ord(rune):04X}"


def query_escape(value: bytes) -> bytes:
    """Go's url.QueryEscape."""
    return _RESERVED.sub(lambda found: _QUERY[found.group()[0]], value)


def _urlquery(context: Context, *args: object) -> bytes:
    plain = _plain(context, args)
    context.budget.hold(len(plain) * 32)
    return query_escape(plain)


def call_value(name: str, value: object) -> object:
    """What ``call`` says, since no value of a template is a function."""
    held = unboxed(value)
    if held is None:
        raise FunctionError("call of nil")
    raise FunctionError(f"non-function {name} of type {type_of(held)}")


def _unreachable(*_: object) -> object:
    raise FunctionError("evaluated elsewhere")


BUILTINS: Final[dict[str, Function]] = {
    "and": function(_unreachable, _RAW_LIST, RAW),
    "or": function(_unreachable, _RAW_LIST, RAW),
    "call": function(_unreachable, _RAW_LIST, RAW),
    "not": function(_not, RAW, "bool"),
    "len": function(_length, RAW, "int"),
    "index": function(_index, _RAW_LIST, RAW),
    "eq": function(_equal, _RAW_LIST, "bool", context=True),
    "ne": function(_not_equal, f"{RAW}, {RAW}", "bool", context=True),
    "lt": function(_less, f"{RAW}, {RAW}", "bool"),
    "le": function(_less_or_equal, f"{RAW}, {RAW}", "bool", context=True),
    "gt": function(_greater, f"{RAW}, {RAW}", "bool", context=True),
    "ge": function(_greater_or_equal, f"{RAW}, {RAW}", "bool"),
    "print": function(_print, f"...{ANY}", "string", context=True),
    "println": function(_println, f"...{ANY}", "string", context=True),
    "printf": function(_printf, f"string, ...{ANY}", "string", context=True),
    "html": function(_html, f"...{ANY}", "string", context=True),
    "js": function(_js, f"...{ANY}", "string", context=True, slow=True),
    "urlquery": function(_urlquery, f"...{ANY}", "string", context=True, slow=True),
}
