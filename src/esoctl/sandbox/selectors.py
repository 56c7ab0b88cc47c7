"""Reads label and field selectors and tells whether an object fits.

Grammar and texts follow k8s.io/apimachinery ``labels.Parse`` and ``fields.ParseSelector``.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from esoctl.sandbox import lookup
from esoctl.sandbox.documents import Doc

_TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")
_OPERATORS = ("in", "notin", "=", "==", "!=", "gt", "lt")
_ESCAPED = re.compile(r"\\([\\,=])")
_TERM = re.compile(r"(?:[^\\,]|\\.)+")


class SelectorError(Exception):
    """The selector does not parse, or names a field that cannot be selected."""


@dataclass(frozen=True, slots=True)
class Requirement:
    key: str
    operator: str
    """One of in, notin, exists, absent, gt, lt."""
    values: frozenset[str] = frozenset()

    def admits(self, value: str | None) -> bool:
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "absent":
                return value is None
            case _:
                return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        limit = int(next(iter(self.values)))
        if value is None or not value.lstrip("-").isdigit():
            return False
        return int(value) > limit if self.operator == "gt" else int(value) < limit


@dataclass(frozen=True, slots=True)
class Selector:
    """Labels and fields together; empty ones admit everything."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels or self.fields)

    def admits(self, doc: Doc) -> bool:
        if self.labels:
            labels = lookup.child(doc, "metadata", "labels")
            if not all(one.admits(_text(labels.get(one.key))) for one in self.labels):
                return False
        return all(one.admits(field_value(doc, one.key)) for one in self.fields)

    def exact_name(self) -> str:
        """The only name that can fit, "" when several can."""
        for one in self.fields:
            if one.key == "metadata.name" and one.operator == "in":
                return next(iter(one.values))
        return ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def field_value(doc: Doc, path: str) -> str:
    """The field as text; "" when absent, which is how the API server compares."""
    found = lookup.find(doc, *path.removeprefix(".").split("."))
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int | float) else ""


def parse(labels: str, fields: str, known: Callable[[str], str | None]) -> Selector:
    """Both selectors of a request. ``known`` maps a selectable field to its path, None when there is no such field."""
    return Selector(parse_labels(labels), parse_fields(fields, known))


def parse_labels(source: str) -> tuple[Requirement, ...]:
    tokens = _TOKEN.findall(source)
    if not tokens:
        return ()
    reader = _Tokens(tokens)
    found = [_requirement(reader)]
    while (token := reader.take()) is not None:
        if token != ",":
            raise SelectorError(f"found '{token}', expected: ',' or 'end of string'")
        if reader.peek() is None:
            raise SelectorError("found '', expected: identifier after ','")
        found.append(_requirement(reader))
    return tuple(found)


class _Tokens:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def take(self) -> str | None:
        token = self.peek()
        self._next += 1
        return token


def _requirement(reader: _Tokens) -> Requirement:
    negated = reader.peek() == "!"
    if negated:
        reader.take()
    key = reader.take() or ""
    if not key or key in "=!(),<>":
        raise SelectorError(f"unable to parse requirement: found '{key}', expected: identifier")
    if negated:
        return Requirement(key, "absent")
    if reader.peek() in (None, ","):
        return Requirement(key, "exists")
    return _comparison(key, reader)


def _comparison(key: str, reader: _Tokens) -> Requirement:
    operator = reader.take() or ""
    match operator:
        case "=" | "==":
            return Requirement(key, "in", frozenset([_value(reader)]))
        case "!=":
            return Requirement(key, "notin", frozenset([_value(reader)]))
        case "in" | "notin":
            return Requirement(key, operator, frozenset(_values(reader)))
        case ">" | "<":
            return Requirement(key, "gt" if operator == ">" else "lt", frozenset([_integer(key, reader)]))
        case _:
            expected = ", ".join(_OPERATORS)
            raise SelectorError(f"unable to parse requirement: found '{operator}', expected: {expected}")


def _value(reader: _Tokens) -> str:
    if reader.peek() in (None, ","):
        return ""
    return reader.take() or ""


def _integer(key: str, reader: _Tokens) -> str:
    value = _value(reader)
    if not value.lstrip("-").isdigit():
        why = "for 'Gt', 'Lt' operators, the value must be an integer"
        raise SelectorError(f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": {why}')
    return value


def _values(reader: _Tokens) -> list[str]:
    opening = reader.take()
    if opening != "(":
        raise SelectorError(f"unable to parse requirement: found '{opening or ''}' expected: '('")
    values: list[str] = []
    expects_value = True
    while (token := reader.take()) is not None:
        if token == ")":
            return [*values, ""] if expects_value else values
        if token == ",":
            if expects_value:
                values.append("")
            expects_value = True
        elif expects_value:
            values.append(token)
            expects_value = False
        else:
            raise SelectorError(f"unable to parse requirement: found '{token}', expected: ',' or ')'")
    raise SelectorError("unable to parse requirement: found '', expected: ',' or ')'")


def parse_fields(source: str, known: Callable[[str], str | None]) -> tuple[Requirement, ...]:
    return tuple(_field(source, term, known) for term in _TERM.findall(source))


def _field(source: str, term: str, known: Callable[[str], str | None]) -> Requirement:
    for mark, operator in (("!=", "notin"), ("==", "in"), ("=", "in")):
        key, found, value = term.partition(mark)
        if found:
            path = known(key)
            if path is None:
                raise SelectorError(f"field label not supported: {key}")
            return Requirement(path, operator, frozenset([_ESCAPED.sub(r"\1", value)]))
    raise SelectorError(f"invalid selector: '{source}'; can't understand '{term}'")


def only_known(names: Iterable[str]) -> Callable[[str], str | None]:
    """A ``known`` for fields whose names are their paths."""
    allowed = frozenset(names)
    return lambda name: name if name in allowed else None
