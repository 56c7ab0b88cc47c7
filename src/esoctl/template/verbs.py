"""Prints one value under one verb of Go's fmt, with its flags, width and precision.

Nested values are printed with a list of what is still to do, so depth is bounded by the budget and not by Python's
stack. Source: the Go package fmt (print.go, format.go).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from esoctl.template import govalues, numerals, quoting
from esoctl.template.govalues import Octets, Struct
from esoctl.template.limits import Budget

_NO_VALUE: Final = b"<nil>"
_FLOAT_VERBS: Final = frozenset("vbgGxXfFeE")
_STRING_VERBS: Final = frozenset("vsxXq")
_BASES: Final = {"d": 10, "v": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16}
_FORMATS: Final = {2: "b", 8: "o", 10: "d", 16: "x"}


@dataclass(slots=True)
class Directive:
    """The flags of one directive."""

    minus: bool = False
    plus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    width: int | None = None
    precision: int | None = None
    plus_v: bool = False
    sharp_v: bool = False


PLAIN: Final = Directive()


class Printer:
    """Prints values at the expense of a budget."""

    __slots__ = ("_budget",)

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def show(self, value: object) -> bytes:
        """The value as ``%v`` prints it."""
        if type(value) is bytes:
            return value
        if type(value) is int:
            return b"%d" % value
        return self.print(PLAIN, "v", value)

    def print(self, flags: Directive, verb: str, value: object) -> bytes:
        """The value under the verb."""
        if value is None:
            return self.pad(flags, _NO_VALUE) if verb in "Tv" else self._bad_verb(flags, verb, None)
        if verb == "T":
            return self._string(flags, "s", govalues.type_of(value).encode())
        if verb in "pw":
            return self._bad_verb(flags, verb, value)
        return self._whole(flags, verb, value)

    def _whole(self, flags: Directive, verb: str, value: object) -> bytes:
        if not isinstance(value, (dict, list, Struct)):
            return self._scalar(flags, verb, value)
        parts: list[bytes] = []
        todo: list[tuple[object, int] | bytes] = [(value, 0)]
        while todo:
            item = todo.pop()
            if isinstance(item, bytes):
                parts.append(item)
                continue
            held, depth = item
            self._budget.step()
            opened = self._opened(flags, verb, held, depth)
            if isinstance(opened, bytes):
                parts.append(opened)
                self._budget.hold(len(opened) + 8)
            else:
                opened.reverse()
                todo.extend(opened)
        return b"".join(parts)

    def _opened(
        self, flags: Directive, verb: str, value: object, depth: int
    ) -> list[tuple[object, int] | bytes] | bytes:
        """What to print for the value: its text, or its parts when it is a map, slice or struct."""
        if value is None:
            return b"interface {}(nil)" if flags.sharp_v else _NO_VALUE
        if isinstance(value, Struct):
            return self._struct(flags, verb, value, depth)
        if isinstance(value, list):
            if verb in "sqxX" and isinstance(value, Octets):
                return self._string(flags, verb, bytes(value))
            return self._items(flags, value, [(item, depth + 1) for item in value])
        if isinstance(value, dict):
            return self._entries(flags, value, depth)
        return self._scalar(flags, verb, value)

    def _struct(
        self, flags: Directive, verb: str, value: Struct, depth: int
    ) -> list[tuple[object, int] | bytes] | bytes:
        shown = value.go_string() if verb in _STRING_VERBS and not flags.sharp_v else None
        if shown is not None:
            return self._string(flags, verb, shown)
        pieces: list[tuple[object, int] | bytes] = [value.go_type.encode() if flags.sharp_v else b"", b"{"]
        for index, (name, held) in enumerate(value.fields().items()):
            if index:
                pieces.append(b", " if flags.sharp_v else b" ")
            if flags.plus_v or flags.sharp_v:
                pieces.append(name.encode() + b":")
            pieces.append((held, depth + 1))
        return [*pieces, b"}"]

    def _items(
        self, flags: Directive, value: object, held: list[tuple[object, int]]
    ) -> list[tuple[object, int] | bytes]:
        self._budget.elements(len(held))
        if held:
            self._budget.too_deep(held[0][1])
        if not flags.sharp_v:
            return _joined(b"[", held, b" ", b"]")
        name = govalues.type_of(value).encode()
        return [name + b"(nil)"] if govalues.is_nil(value) else _joined(name + b"{", held, b", ", b"}")

    def _entries(self, flags: Directive, value: dict[bytes, object], depth: int) -> list[tuple[object, int] | bytes]:
        self._budget.elements(len(value) * 2)
        self._budget.too_deep(depth + 1)
        name = govalues.type_of(value).encode()
        if flags.sharp_v and govalues.is_nil(value):
            return [name + b"(nil)"]
        pieces: list[tuple[object, int] | bytes] = [name + b"{" if flags.sharp_v else b"map["]
        for index, key in enumerate(sorted(value)):
            if index:
                pieces.append(b", " if flags.sharp_v else b" ")
            pieces += [(key, depth + 1), b":", (value[key], depth + 1)]
        return [*pieces, b"}" if flags.sharp_v else b"]"]

    def _scalar(self, flags: Directive, verb: str, value: object) -> bytes:
        if type(value) is bytes:
            return self._string(flags, verb, value)
        if isinstance(value, bool):
            return (
                self.pad(flags, b"true" if value else b"false") if verb in "tv" else self._bad_verb(flags, verb, value)
            )
        if isinstance(value, int):
            return self._named(flags, verb, value)
        if isinstance(value, float):
            return self._float(flags, verb, value, value)
        if isinstance(value, complex):
            return self._complex(flags, verb, value)
        return b"<invalid Value>"

    def _named(self, flags: Directive, verb: str, value: int) -> bytes:
        shown = getattr(value, "go_string", None)
        if shown is not None and verb in _STRING_VERBS and not flags.sharp_v:
            return self._string(flags, verb, shown())
        return self._integer(flags, verb, value)

    def _bad_verb(self, flags: Directive, verb: str, value: object) -> bytes:
        head = b"%!" + verb.encode("utf-8", "surrogateescape") + b"("
        if value is None:
            return head + b"<nil>)"
        return head + govalues.type_of(value).encode() + b"=" + self._whole(flags, "v", value) + b")"

    def pad(self, flags: Directive, shown: bytes) -> bytes:
        """The text with blanks, or zeros, up to the width, which counts runes."""
        if not flags.width:
            return shown
        missing = flags.width - (len(shown) if shown.isascii() else len(govalues.text(shown)))
        if missing <= 0:
            return shown
        self._budget.hold(missing)
        if flags.minus:
            return shown + b" " * missing
        return (b"0" if flags.zero else b" ") * missing + shown

    def _string(self, flags: Directive, verb: str, value: bytes) -> bytes:
        if verb not in _STRING_VERBS:
            return self._bad_verb(flags, verb, value)
        if verb in "xX":
            return self._hex(flags, verb, value)
        value = self._cut(flags, value)
        if verb == "q" or flags.sharp_v:
            self._budget.hold(len(value) * 2)
            if flags.sharp and quoting.can_backquote(value):
                return self.pad(flags, b"`" + value + b"`")
            value = quoting.quote(value, ascii_only=flags.plus)
        return self.pad(flags, value)

    def _cut(self, flags: Directive, value: bytes) -> bytes:
        if flags.precision is None or len(value) <= flags.precision:
            return value
        return govalues.encode(govalues.text(value)[: flags.precision])

    def _hex(self, flags: Directive, verb: str, value: bytes) -> bytes:
        if flags.precision is not None:
            value = value[: flags.precision]
        self._budget.hold(len(value) * 5)
        octets = [f"{octet:02x}" for octet in value] if flags.space else [value.hex()]
        prefix = "0x" if flags.sharp and value else ""
        shown = " ".join(prefix + octet for octet in octets)
        if verb == "X":
            shown = shown.upper()
        return self.pad(replace(flags, zero=flags.zero), shown.encode())

    def _integer(self, flags: Directive, verb: str, value: int) -> bytes:
        if verb in "cqU":
            return self._rune(flags, verb, value)
        base = _BASES.get(verb)
        if base is None:
            return self._bad_verb(flags, verb, value)
        if verb == "v" and flags.sharp_v and govalues.is_unsigned(value):
            return self.pad(flags, hex(value).encode())
        if flags.precision == 0 and value == 0:
            return self.pad(replace(flags, zero=False), b"")
        digits = format(abs(int(value)), _FORMATS[base])
        sign = "-" if value < 0 else "+" if flags.plus else " " if flags.space else ""
        digits = digits.rjust(self._least_digits(flags, sign), "0")
        shown = sign + _prefix(flags, verb, base, digits) + digits
        shown = shown.upper() if verb == "X" else shown
        return self.pad(replace(flags, zero=False), shown.encode())

    def _least_digits(self, flags: Directive, sign: str) -> int:
        least = 0
        if flags.precision is not None:
            least = flags.precision
        elif flags.zero and not flags.minus and flags.width:
            least = flags.width - len(sign)
        self._budget.hold(least)
        return least

    def _rune(self, flags: Directive, verb: str, value: int) -> bytes:
        if verb == "c":
            return self.pad(flags, quoting.rune_of(value).encode())
        if verb == "q":
            return self.pad(flags, quoting.quote_rune(value, ascii_only=flags.plus))
        least = max(4, flags.precision or 0)
        self._budget.hold(least)
        code = value & govalues.UINT_MAX
        shown = f"U+{code:0{least}X}"
        if flags.sharp and code <= 0x10FFFF and quoting.is_print(chr(code)):
            shown += f" '{chr(code)}'"
        return self.pad(replace(flags, zero=False), shown.encode())

    def _float(self, flags: Directive, verb: str, value: float, whole: object) -> bytes:
        if verb not in _FLOAT_VERBS:
            return self._bad_verb(flags, verb, whole)
        shown = self._float_digits(flags, verb, value)
        if shown[0] not in "+-":
            shown = "+" + shown
        if flags.space and shown[0] == "+" and not flags.plus:
            shown = " " + shown[1:]
        if shown[1] in "IN":
            if shown[1] == "N" and not flags.space and not flags.plus:
                shown = shown[1:]
            return self.pad(replace(flags, zero=False), shown.encode())
        if flags.sharp and verb != "b":
            shown = _with_point(shown, verb, flags.precision)
        return self._signed(flags, shown)

    def _float_digits(self, flags: Directive, verb: str, value: float) -> str:
        precision = flags.precision
        self._budget.hold(max(precision or 0, 0))
        if verb == "b":
            return numerals.binary_form(value)
        if verb in "xX":
            shown = numerals.hex_form(value, -1 if precision is None else precision)
            return shown.upper() if verb == "X" else shown
        if verb in "vgG":
            shown = numerals.format_float(value, "g", -1 if precision is None else precision)
        else:
            shown = numerals.format_float(value, verb.lower(), 6 if precision is None else precision)
        return shown.upper() if verb in "GE" and "n" not in shown else shown

    def _signed(self, flags: Directive, shown: str) -> bytes:
        if flags.plus or shown[0] != "+":
            if flags.zero and not flags.minus and flags.width and flags.width > len(shown):
                self._budget.hold(flags.width)
                return (shown[0] + shown[1:].rjust(flags.width - 1, "0")).encode()
            return self.pad(flags, shown.encode())
        return self.pad(flags, shown[1:].encode())

    def _complex(self, flags: Directive, verb: str, value: complex) -> bytes:
        if verb not in _FLOAT_VERBS:
            return self._bad_verb(flags, verb, value)
        real = self._float(flags, verb, value.real, value)
        imaginary = self._float(replace(flags, plus=True), verb, value.imag, value)
        return b"(" + real + imaginary + b"i)"


def _joined(
    head: bytes, held: list[tuple[object, int]], separator: bytes, tail: bytes
) -> list[tuple[object, int] | bytes]:
    pieces: list[tuple[object, int] | bytes] = [head]
    for index, item in enumerate(held):
        if index:
            pieces.append(separator)
        pieces.append(item)
    pieces.append(tail)
    return pieces


def _prefix(flags: Directive, verb: str, base: int, digits: str) -> str:
    marked = "0o" if verb == "O" else ""
    if not flags.sharp:
        return marked
    if base == 8:
        return marked + ("" if digits.startswith("0") else "0")
    return {2: "0b", 16: "0x"}.get(base, "")


def _with_point(shown: str, verb: str, precision: int | None) -> str:
    """The number with the point and zeros that the sharp flag keeps."""
    digits = 0
    if verb in "vgGxX":
        digits = 6 if precision is None or precision < 0 else precision
    mark = next((char for char in ("pP" if verb in "xX" else "eE") if char in shown[1:]), "")
    number, tail = shown, ""
    if mark:
        cut = shown.index(mark)
        number, tail = shown[:cut], shown[cut:]
    significant = number[1:].replace(".", "").lstrip("0")
    digits -= len(significant)
    if "." not in number:
        if number[1:] == "0":
            digits -= 1
        number += "."
    return number + "0" * max(digits, 0) + tail
