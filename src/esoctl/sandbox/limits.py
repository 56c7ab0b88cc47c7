"""Checks one value against the limits that a schema sets for it: type, format, size, pattern, enumeration.

From: k8s.io/kube-openapi, ``validation/validate`` (type.go, values.go, formats.go) and ``validation/errors``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import re2

from esoctl.sandbox import formats
from esoctl.sandbox.documents import equal, kind_of
from esoctl.sandbox.field_errors import NO_FIELD, FieldError, FieldErrorType, number, quote
from esoctl.sandbox.remembered import remembered

Schema = Mapping[str, object]


@dataclass
class Result:
    """Errors so far, and how much was right: of several alternatives, the one that fits best is reported."""

    errors: list[FieldError] = field(default_factory=list)
    score: int = 0

    def add(self, kind: FieldErrorType, path: str, detail: str = "", value: object = "") -> None:
        self.errors.append(FieldError(kind, path.removeprefix(".") or NO_FIELD, detail, value))

    def add_whole(self, detail: str) -> None:
        """Something that is said of no field in particular."""
        self.add(FieldErrorType.INVALID, "", detail)

    def take(self, other: Result) -> None:
        self.errors += other.errors
        self.score += other.score


@remembered
def types_of(schema: Schema) -> tuple[str, ...]:
    if schema.get("x-kubernetes-int-or-string") is True:
        return "integer", "string"
    found = schema.get("type")
    return (found,) if isinstance(found, str) and found else ()


@remembered
def format_of(schema: Schema) -> str:
    """The format where it means something for the type."""
    name = schema.get("format")
    if not isinstance(name, str):
        return ""
    match types_of(schema):
        case ("integer",):
            return name if name in ("int32", "int64") else ""
        case ("number",):
            return name if name in ("float", "double") else ""
        case () | ("string",) | ("integer", "string"):
            return name if formats.known(name) else ""
        case _:
            return ""


def check_type(result: Result, value: object, schema: Schema, path: str) -> None:
    types = types_of(schema)
    name = format_of(schema)
    kind = kind_of(value)
    whole = isinstance(value, float) and value.is_integer() and "integer" in types
    fits = kind in types or whole or (kind == "integer" and "number" in types)
    if value is None:
        fits = not types or schema.get("nullable") is True
    elif name and kind in ("string", "array") and not {"number", "integer"} & set(types):
        fits = True
    if fits:
        result.score += 1
        return
    wanted = ",".join(types)
    if value is not None and name and kind not in ("string", "array"):
        wanted, kind = name, {"integer": "int64", "number": "float64"}.get(kind, "")
    result.add(FieldErrorType.TYPE_INVALID, path, f"{_place(path)} must be of type {wanted}: {quote(kind)}", kind)


def _place(path: str) -> str:
    return f"{path} in body"


def check_enum(result: Result, value: object, schema: Schema, path: str) -> None:
    allowed = schema.get("enum")
    if not isinstance(allowed, list) or not allowed:
        return
    if value is not None and any(equal(value, one) for one in allowed):
        return
    shown = [one if isinstance(one, str) else json.dumps(one, separators=(",", ":")) for one in allowed]
    words = "supported values: " + ", ".join(quote(one) for one in shown)
    result.add(FieldErrorType.NOT_SUPPORTED, path, words, value)


def _limit(schema: Schema, key: str) -> float | None:
    found = schema.get(key)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def check_text(result: Result, value: str, schema: Schema, path: str) -> None:
    """The first of longest, shortest, pattern that fails."""
    longest, shortest = _limit(schema, "maxLength"), _limit(schema, "minLength")
    pattern = schema.get("pattern")
    if longest is not None and len(value) > longest:
        unit = "byte" if longest == 1 else "bytes"
        result.add(FieldErrorType.TOO_LONG, path, f"may not be more than {number(longest)} {unit}")
    elif shortest is not None and len(value) < shortest:
        words = f"{_place(path)} should be at least {number(shortest)} chars long"
        result.add(FieldErrorType.INVALID, path, words, value)
    elif isinstance(pattern, str) and pattern and not _matcher(pattern)(value):
        result.add(FieldErrorType.INVALID, path, f"{_place(path)} should match '{pattern}'", value)


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> Callable[[str], bool]:
    """A pattern that is none matches nothing."""
    try:
        compiled = re2.compile(pattern, _quiet())
    except re2.error:
        return lambda _text: False
    return lambda text: compiled.search(text) is not None


def _quiet() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


def pattern_problem(pattern: str) -> str:
    """What is wrong with a regular expression, in Go's words where they are known; empty when nothing is."""
    try:
        re2.compile(pattern, _quiet())
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        what, _, where = said.rpartition(": ")
        what = what.replace("missing )", "missing closing )").replace("missing ]", "missing closing ]")
        return f"error parsing regexp: {what}: `{where}`"
    return ""


def check_format(result: Result, value: str, name: str, path: str) -> None:
    if formats.known(name) and not formats.fits(value, name):
        words = f"{_place(path)} must be of type {name}: {quote(value)}"
        result.add(FieldErrorType.TYPE_INVALID, path, words, value)


_RANGES = {"int32": 31, "int64": 63, "": 63}


def check_number(result: Result, value: float, schema: Schema, path: str) -> None:
    types = types_of(schema)
    name = format_of(schema)
    if types == ("integer",) and (value % 1 != 0 or not -(2 ** _RANGES[name]) <= value < 2 ** _RANGES[name]):
        words = f"with format {name}" if name else "(default format)"
        result.add_whole(f"Checked value must be of type integer {words} in {path}")
    multiple, low, high = _limit(schema, "multipleOf"), _limit(schema, "minimum"), _limit(schema, "maximum")
    if multiple is not None and multiple > 0 and (value / multiple) % 1 != 0:
        words = f"{_place(path)} should be a multiple of {number(multiple)}"
        result.add(FieldErrorType.INVALID, path, words, value)
    over, under = schema.get("exclusiveMaximum") is True, schema.get("exclusiveMinimum") is True
    if low is not None and (value < low or (under and value == low)):
        words = "greater than" if under else "greater than or equal to"
        result.add(FieldErrorType.INVALID, path, f"{_place(path)} should be {words} {number(low)}", value)
    if high is not None and (value > high or (over and value == high)):
        words = "less than" if over else "less than or equal to"
        result.add(FieldErrorType.INVALID, path, f"{_place(path)} should be {words} {number(high)}", value)


def check_size(result: Result, size: int, schema: Schema, path: str, what: str) -> None:
    low, high = _limit(schema, f"min{what}"), _limit(schema, f"max{what}")
    if low is not None and size < low:
        words = f"{_place(path)} should have at least {number(low)} {what.lower()}"
        result.add(FieldErrorType.INVALID, path, words, size)
    if high is not None and size > high:
        unit = "item" if high == 1 else "items"
        result.add(FieldErrorType.TOO_MANY, path, f"must have at most {number(high)} {unit}", size)
