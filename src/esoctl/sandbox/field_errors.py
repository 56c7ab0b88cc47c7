"""What is wrong with a field, in the API server's words.

From: k8s.io/apimachinery, ``util/validation/field`` (errors.go); the types are the reasons of causes in a Status.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from esoctl.sandbox.documents import Doc, go_json


class FieldErrorType(Enum):
    """The reason of a cause, and how messages begin."""

    INVALID = "FieldValueInvalid"
    TYPE_INVALID = "FieldValueTypeInvalid"
    REQUIRED = "FieldValueRequired"
    FORBIDDEN = "FieldValueForbidden"
    NOT_SUPPORTED = "FieldValueNotSupported"
    DUPLICATE = "FieldValueDuplicate"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"


_WORDS = {
    FieldErrorType.INVALID: "Invalid value",
    FieldErrorType.TYPE_INVALID: "Invalid value",
    FieldErrorType.REQUIRED: "Required value",
    FieldErrorType.FORBIDDEN: "Forbidden",
    FieldErrorType.NOT_SUPPORTED: "Unsupported value",
    FieldErrorType.DUPLICATE: "Duplicate value",
    FieldErrorType.TOO_LONG: "Too long",
    FieldErrorType.TOO_MANY: "Too many",
}
_VALUELESS = frozenset({FieldErrorType.REQUIRED, FieldErrorType.FORBIDDEN, FieldErrorType.TOO_LONG})
_BLOCKING = frozenset(
    {
        FieldErrorType.NOT_SUPPORTED,
        FieldErrorType.REQUIRED,
        FieldErrorType.TOO_LONG,
        FieldErrorType.TOO_MANY,
        FieldErrorType.TYPE_INVALID,
    }
)
NO_FIELD = "<nil>"
"""Where an error belongs to no field; so the API server writes it."""


class _Omitted(Enum):
    VALUE = "omitted"


OMITTED = _Omitted.VALUE
"""Stands for a bad value that is not shown."""


@dataclass(frozen=True)
class Verbatim:
    """A bad value that is already written as it shall be shown."""

    text: str


@dataclass(frozen=True)
class FieldError:
    """One wrong field."""

    type: FieldErrorType
    field: str
    detail: str = ""
    bad_value: object = ""

    def body(self) -> str:
        """The message without the field."""
        hidden = self.type in _VALUELESS or self.bad_value is OMITTED
        parts = [_WORDS[self.type], "" if hidden else show(self.bad_value), self.detail]
        return ": ".join(part for part in parts if part)

    def message(self) -> str:
        """The whole message, as it stands in ``Status.message``."""
        return f"{self.field}: {self.body()}"

    def cause(self) -> Doc:
        """The entry in ``Status.details.causes``."""
        return {"reason": self.type.value, "message": self.body(), "field": self.field}


def blocks_rules(errors: Iterable[FieldError]) -> bool:
    """Whether the object is so wrong that its CEL rules are not looked at."""
    return any(error.type in _BLOCKING for error in errors)


def show(value: object) -> str:
    """A value as Go prints it in these messages: text quoted, numbers plain, everything else as JSON."""
    if isinstance(value, Verbatim):
        return value.text
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return go_json(value)
    return number(value) if isinstance(value, int | float) else str(value)


def number(value: float) -> str:
    """A number as Go's ``%v``: whole ones without a point."""
    return str(int(value)) if value % 1 == 0 and abs(value) < 1e21 else str(value)


_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_ESCAPES |= {'"': '\\"', "\\": "\\\\"}


def quote(text: str) -> str:
    """Text as Go's ``%q``."""
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
