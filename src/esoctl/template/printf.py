"""Go's Sprint, Sprintln and Sprintf.

A directive that does not fit its argument never fails: it prints what is wrong, such as ``%!d(string=5)``.
Source: the Go package fmt (doPrintf, doPrint, doPrintln).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from esoctl.template import govalues
from esoctl.template.limits import Budget
from esoctl.template.verbs import Directive, Printer

_FLAGS: Final = {"-": "minus", "+": "plus", "#": "sharp", " ": "space", "0": "zero"}
_TOO_LARGE: Final = 1_000_000
_DIGITS: Final = re.compile(r"[0-9]*", re.ASCII)


def sprint(args: Sequence[object], budget: Budget) -> bytes:
    """The values one after the other, a blank between two that are no strings."""
    if len(args) == 1:
        return Printer(budget).show(args[0])
    printer = Printer(budget)
    parts: list[bytes] = []
    after_string = True
    for index, arg in enumerate(args):
        is_string = type(arg) is bytes
        if index and not is_string and not after_string:
            parts.append(b" ")
        parts.append(printer.show(arg))
        after_string = is_string
    return _together(parts, budget)


def sprintln(args: Sequence[object], budget: Budget) -> bytes:
    """The values with blanks between them and a new line after them."""
    printer = Printer(budget)
    return _together([b" ".join([printer.show(arg) for arg in args]), b"\n"], budget)


def _together(parts: list[bytes], budget: Budget) -> bytes:
    budget.hold(sum(map(len, parts)))
    return b"".join(parts)


def sprintf(template: bytes, args: Sequence[object], budget: Budget) -> bytes:
    """The values put into the format."""
    return _Format(govalues.text(template), args, budget).run()


def errorf(template: bytes, args: Sequence[object], budget: Budget) -> bytes:
    """As ``sprintf``, for the text of an error, where ``%w`` prints the error it wraps."""
    return _Format(govalues.text(template), args, budget, wraps=True).run()


class _Format:
    """The state of going through one format."""

    def __init__(self, template: str, args: Sequence[object], budget: Budget, *, wraps: bool = False) -> None:
        self._template = template
        self._wraps = wraps
        self._args = args
        self._budget = budget
        self._printer = Printer(budget)
        self._parts: list[bytes] = []
        self._pos = 0
        self._arg = 0
        self._reordered = False
        self._good_index = True
        self._after_index = False

    def run(self) -> bytes:
        template = self._template
        while self._pos < len(template):
            start = template.find("%", self._pos)
            if start < 0:
                start = len(template)
            self._parts.append(govalues.encode(template[self._pos : start]))
            self._pos = start + 1
            if start < len(template):
                self._budget.step()
                self._directive()
        self._extra()
        return _together(self._parts, self._budget)

    def _char(self) -> str:
        return self._template[self._pos : self._pos + 1]

    def _directive(self) -> None:
        flags = Directive()
        self._good_index = True
        self._after_index = False
        while self._char() in _FLAGS and self._char():
            setattr(flags, _FLAGS[self._char()], True)
            self._pos += 1
        self._index()
        self._width(flags)
        self._precision(flags)
        if not self._after_index:
            self._index()
        verb = self._char()
        if not verb:
            self._parts.append(b"%!(NOVERB)")
            return
        self._pos += 1
        self._parts.append(self._verb(flags, verb))

    def _verb(self, flags: Directive, verb: str) -> bytes:
        if verb == "%":
            return b"%"
        name = b"%!" + govalues.encode(verb)
        if not self._good_index:
            return name + b"(BADINDEX)"
        if self._arg >= len(self._args):
            return name + b"(MISSING)"
        value = self._args[self._arg]
        self._arg += 1
        if verb == "w" and self._wraps:
            verb = "v"
        if verb == "v":
            flags.sharp_v, flags.sharp = flags.sharp, False
            flags.plus_v, flags.plus = flags.plus, False
        return self._printer.print(flags, verb, value)

    def _index(self) -> None:
        """Read an explicit argument number in brackets, if there is one."""
        self._after_index = False
        if self._char() != "[":
            return
        self._reordered = True
        end = self._template.find("]", self._pos)
        if end < 0 or len(self._template) - self._pos < 3:
            self._good_index = False
            self._pos += 1
            return
        digits = self._template[self._pos + 1 : end]
        self._pos = end + 1
        number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else None
        self._after_index = number is not None
        if number is None or not 1 <= number <= len(self._args):
            self._good_index = False
        else:
            self._arg = number - 1

    def _number(self) -> int | None:
        found = _DIGITS.match(self._template, self._pos)
        digits = found.group() if found else ""
        if not digits:
            return None
        if len(digits) > 1 and int(digits[:-1][:8]) > _TOO_LARGE:
            self._pos = len(self._template)
            return None
        self._pos += len(digits)
        return int(digits)

    def _argument_number(self) -> int | None:
        """The next argument, when it is a whole number of a sensible size."""
        self._pos += 1
        self._after_index = False
        if self._arg >= len(self._args):
            return None
        value = self._args[self._arg]
        self._arg += 1
        return int(value) if govalues.is_integer(value) and -_TOO_LARGE <= value <= _TOO_LARGE else None

    def _width(self, flags: Directive) -> None:
        if self._char() != "*":
            flags.width = self._number()
            if self._after_index and flags.width is not None:
                self._good_index = False
            return
        flags.width = self._argument_number()
        if flags.width is None:
            self._parts.append(b"%!(BADWIDTH)")
        elif flags.width < 0:
            flags.width, flags.minus, flags.zero = -flags.width, True, False

    def _precision(self, flags: Directive) -> None:
        if self._char() != ".":
            return
        self._pos += 1
        if self._after_index:
            self._good_index = False
        self._index()
        if self._char() != "*":
            flags.precision = self._number() or 0
            return
        number = self._argument_number()
        flags.precision = number if number is not None and number >= 0 else None
        if flags.precision is None:
            self._parts.append(b"%!(BADPREC)")

    def _extra(self) -> None:
        if self._reordered or self._arg >= len(self._args):
            return
        shown = [self._shown(value) for value in self._args[self._arg :]]
        self._parts.append(b"%!(EXTRA " + b", ".join(shown) + b")")

    def _shown(self, value: object) -> bytes:
        if value is None:
            return b"<nil>"
        return govalues.type_of(value).encode() + b"=" + self._printer.print(Directive(), "v", value)
