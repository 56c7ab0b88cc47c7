"""Go values as Python values: kinds, type names, nil, truth and the text conversions every function needs.

=====================  =========================================
Go                     Python
=====================  =========================================
string                 bytes (Go strings are bytes; any content survives)
bool, int, float64     bool, int, float; other sizes are subclasses of int
map[string]any         dict with bytes keys; map[string]string is StringMap
[]any                  list; []string, []int and so on are subclasses
nil, invalid           None
nil map, nil slice     NilMap, NilList, NilStrings: empty, and told apart only where Go does
=====================  =========================================

A value whose static type is ``interface {}`` travels through the evaluator as ``Boxed`` because error texts name the
static type. Containers hold plain values; only the evaluator boxes. Source: the Go packages reflect and unicode/utf8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeGuard

INT_MIN: Final = -(1 << 63)
INT_MAX: Final = (1 << 63) - 1
UINT_MAX: Final = (1 << 64) - 1
_PIECE: Final = 1 << 16


class FunctionError(Exception):
    """What a template function says went wrong; the evaluator adds which function and where."""


class Boxed(NamedTuple):
    """A value of static type ``interface {}``; ``Boxed(None)`` is a nil interface, plain None is no value at all."""

    value: object


class Int64(int):
    """Go int64."""


class Int32(int):
    """Go int32, the type of a rune."""


class Uint8(int):
    """Go uint8, the type of a byte of a string."""


class Uint32(int):
    """Go uint32."""


class Uint64(int):
    """Go uint64."""


class StringMap(dict[bytes, bytes]):
    """Go map[string]string."""


class AnyMap(dict[bytes, object]):
    """Go map[interface {}]interface {}, which only error texts of YAML show."""


class NilMap(dict[bytes, object]):
    """A nil map[string]interface {}; nothing may be put into it."""


class NilList(list[object]):
    """A nil []interface {}."""


class Strings(list[bytes]):
    """Go []string."""


class NilStrings(Strings):
    """A nil []string."""


class Ints(list[int]):
    """Go []int."""


class Lists(list[list[object]]):
    """Go [][]interface {}."""


class Octets(list[Uint8]):
    """Go []uint8."""


class Struct:
    """A Go struct or pointer to one: a type name, a kind, and what it prints as."""

    go_type: str = "struct"
    go_kind: str = "struct"

    def go_string(self) -> bytes | None:
        """What its String method gives, None when it has none."""
        return None

    def methods(self) -> dict[str, Method]:
        """The methods a template may call, by name."""
        return {}

    def fields(self) -> dict[str, object]:
        """The exported fields by name."""
        return {}


class Method(NamedTuple):
    """A bound method: its parameter types as Go names them, and the function."""

    params: tuple[str, ...]
    call: object


_INT_KINDS: Final = frozenset({"int", "int64", "int32"})
_UINT_KINDS: Final = frozenset({"uint8", "uint32", "uint64"})

_KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    Int64: "int64",
    Int32: "int32",
    Uint8: "uint8",
    Uint32: "uint32",
    Uint64: "uint64",
    float: "float64",
    complex: "complex128",
    bytes: "string",
    dict: "map",
    StringMap: "map",
    AnyMap: "map",
    NilMap: "map",
    list: "slice",
    NilList: "slice",
    Strings: "slice",
    NilStrings: "slice",
    Ints: "slice",
    Lists: "slice",
    Octets: "slice",
    type(None): "invalid",
}

_TYPE_NAMES: dict[type, str] = {
    bool: "bool",
    int: "int",
    Int64: "int64",
    Int32: "int32",
    Uint8: "uint8",
    Uint32: "uint32",
    Uint64: "uint64",
    float: "float64",
    complex: "complex128",
    bytes: "string",
    dict: "map[string]interface {}",
    StringMap: "map[string]string",
    AnyMap: "map[interface {}]interface {}",
    NilMap: "map[string]interface {}",
    list: "[]interface {}",
    NilList: "[]interface {}",
    Strings: "[]string",
    NilStrings: "[]string",
    Ints: "[]int",
    Lists: "[][]interface {}",
    Octets: "[]uint8",
    type(None): "<nil>",
}

_OF_INTERFACES: Final = frozenset({dict, NilMap, list, NilList})
_NIL_TYPES: Final = frozenset({type(None), NilMap, NilList, NilStrings})


def named_int(cls: type[int], type_name: str, kind: str) -> None:
    """Make a named integer type known, such as time.Duration."""
    _KINDS[cls] = kind
    _TYPE_NAMES[cls] = type_name


def kind_of(value: object) -> str:
    """The reflect kind of a plain value; ``invalid`` for nil."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    return value.go_kind if isinstance(value, Struct) else "invalid"


def type_of(value: object) -> str:
    """The type of a plain value as Go prints it; ``<nil>`` for nil."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    return value.go_type if isinstance(value, Struct) else "<nil>"


def holds_interfaces(container: object) -> bool:
    """Whether the elements of this map or slice have the static type ``interface {}``."""
    return type(container) in _OF_INTERFACES


def is_nil(value: object) -> bool:
    """Whether Go's IsNil holds, or there is no value."""
    return type(value) in _NIL_TYPES


def is_unsigned(value: object) -> TypeGuard[int]:
    """Whether the value is of an unsigned integer kind."""
    return kind_of(value) in _UINT_KINDS


def is_integer(value: object) -> TypeGuard[int]:
    """Whether the value is of any integer kind; a bool is not."""
    kind = kind_of(value)
    return kind in _INT_KINDS or kind in _UINT_KINDS


def truth(value: object) -> bool:
    """Go's truth of a template value: not the zero of its type, except that a struct always counts as true."""
    if isinstance(value, (bool, int, float, complex, bytes, dict, list)):
        return bool(value)
    return value is not None


def wrap64(number: int) -> int:
    """Two's complement of 64 bits, as Go integers overflow."""
    number &= UINT_MAX
    return number - (1 << 64) if number > INT_MAX else number


def text(value: bytes) -> str:
    """The runes of a Go string; bytes that are no UTF-8 become lone surrogates, one each, as Go steps over them."""
    return value.decode("utf-8", "surrogateescape")


def translated(runes: str, table: Mapping[int, str]) -> str:
    """``str.translate``, a piece at a time, so that other threads, such as the event loop's, get their turn."""
    if len(runes) <= _PIECE:
        return runes.translate(table)
    return "".join([runes[start : start + _PIECE].translate(table) for start in range(0, len(runes), _PIECE)])


def valid_text(value: bytes) -> str:
    """The runes of a Go string, with U+FFFD for every byte that is no UTF-8."""
    decoded = value.decode("utf-8", "surrogateescape")
    if decoded.isprintable():
        return decoded
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in decoded)


def encode(runes: str) -> bytes:
    """The Go string of these runes; undoes ``text``."""
    try:
        return runes.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in runes).encode()


def upper_rune(rune: str) -> str:
    """The simple (one rune to one rune) upper case, which is what Go maps by."""
    upper = rune.upper()
    if len(upper) == 1:
        return upper
    title = rune.title()
    return title if len(title) == 1 else rune


def lower_rune(rune: str) -> str:
    """The simple lower case."""
    lower = rune.lower()
    return lower if len(lower) == 1 else lower[0]


def title_rune(rune: str) -> str:
    """The simple title case."""
    title = rune.title()
    return title if len(title) == 1 else rune


def upper(value: bytes) -> bytes:
    """Go strings.ToUpper."""
    if value.isascii():
        return value.upper()
    return "".join(map(upper_rune, valid_text(value))).encode()


def lower(value: bytes) -> bytes:
    """Go strings.ToLower."""
    if value.isascii():
        return value.lower()
    return "".join(map(lower_rune, valid_text(value))).encode()
