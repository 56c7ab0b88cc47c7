"""Holds an object against the schema of its definition and says, in words for people, where it does not fit.

Only the keywords that the definitions use are known: types, properties, required, enum, pattern, sizes, limits. Rules
in CEL are not run: each of them repeats a rule of the controller, which ``objects`` applies. As in the API server, a
field that is null counts as absent.

Source: Kubernetes API concepts, structural schemas; kube-apiserver's validation of custom resources.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import re2

from esoctl.checking import hints
from esoctl.checking.hints import Schema
from esoctl.crds.fields import KEY, NAME, NAMESPACE, SCHEDULE
from esoctl.plan.validate import Problem

UNKNOWN: Final = "unknown field"
_PRESERVES: Final = "x-kubernetes-preserve-unknown-fields"
_WANTED: Final = {
    "object": "fields of its own",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_REMEDIES: Final = {
    ("string", "a whole number"): "put it in quotes",
    ("string", "a number"): "put it in quotes",
    ("string", "true or false"): "put it in quotes",
    ("integer", "text"): "write digits, without quotes",
    ("boolean", "text"): "write true or false, without quotes",
    ("array", "fields of its own"): "put a dash before each entry",
    ("object", "a list"): "remove the dash",
    ("object", "text"): "write its fields below it, indented",
}
_PATTERNS: Final = {
    NAME["pattern"]: "must be a name of lower-case letters, digits, '-' and '.', begun and ended by a letter or digit",
    NAMESPACE["pattern"]: "must be a name of lower-case letters, digits and '-', begun and ended by a letter or digit",
    KEY["pattern"]: "may hold letters, digits, '-', '_' and '.' only",
    SCHEDULE: "must be five cron fields, or a name such as @daily",
}
_MANY: Final = 8


class Check:
    """A check of one object against the schema of its kind."""

    def __init__(self, whole: Schema) -> None:
        self._whole = whole

    def problems(self, value: object) -> list[Problem]:
        """Everything that does not fit, in the order of the object."""
        return list(self._at(value, self._whole, ""))

    def _at(self, value: object, schema: Schema, path: str) -> Iterator[Problem]:
        misfit = _type(value, schema, path)
        if misfit is not None:
            yield misfit
        elif isinstance(value, dict):
            yield from self._map(value, schema, path)
        elif isinstance(value, list):
            yield from _sizes(len(value), schema, path, "Items")
            below = _child(schema, "items")
            for index, item in enumerate(value):
                yield from self._at(item, below, f"{path}[{index}]")
        elif isinstance(value, str):
            yield from _text(value, schema, path)
        elif isinstance(value, int | float):
            yield from _number(value, schema, path)

    def _map(self, value: Mapping[str, object], schema: Schema, path: str) -> Iterator[Problem]:
        given = {key: item for key, item in value.items() if item is not None}
        properties, extra = _child(schema, "properties"), schema.get("additionalProperties")
        for key, item in given.items():
            below = properties.get(key, extra)
            if isinstance(below, Mapping):
                yield from self._at(item, below, _join(path, key))
            elif schema.get(_PRESERVES) is not True:
                yield Problem(_join(path, key), UNKNOWN, hints.of_unknown(key, item, path, self._whole))
        for key in hints.names(schema.get("required")):
            if key not in given:
                yield Problem(_join(path, key), "is missing", _add(_child(properties, key)))
        yield from _choice(given, schema, path)


def _type(value: object, schema: Schema, path: str) -> Problem | None:
    wanted = schema.get("type")
    if not isinstance(wanted, str):
        either = schema.get("x-kubernetes-int-or-string") is True
        fits = not either or (isinstance(value, int | str) and not isinstance(value, bool))
        return None if fits else Problem(path, f"must be a whole number or text, not {kind_of(value)}", "")
    found = kind_of(value)
    if found == _WANTED[wanted] or (wanted, found) == ("number", "a whole number"):
        return None
    return Problem(path, f"must be {_WANTED[wanted]}, not {found}", _REMEDIES.get((wanted, found), ""))


def kind_of(value: object) -> str:
    """What a value is, in words; the value itself stays untold."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a whole number" if value.is_integer() else "a number"
        case dict():
            return "fields of its own"
        case list():
            return "a list"
        case _:
            return "text"


def _text(value: str, schema: Schema, path: str) -> Iterator[Problem]:
    allowed = hints.names(schema.get("enum"))
    if allowed and value not in allowed:
        near = hints.nearest(value, allowed)
        yield Problem(path, f"must be one of {', '.join(allowed)}", f"write {near}" if near else "")
    if not value and schema.get("minLength"):
        yield Problem(path, "must not be empty", "write it, or remove the field")
        return
    yield from _sizes(len(value), schema, path, "Length")
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and re2.search(pattern, value) is None:
        yield Problem(path, _PATTERNS.get(pattern, f"must match {pattern}"), "")


def _number(value: float, schema: Schema, path: str) -> Iterator[Problem]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, int) and value < least:
        yield Problem(path, f"must not be less than {least}", "")
    if isinstance(most, int) and value > most:
        yield Problem(path, f"must not be more than {most}", "")


def _sizes(size: int, schema: Schema, path: str, what: str) -> Iterator[Problem]:
    unit = {"Items": "entries", "Length": "characters"}[what]
    least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
    if isinstance(least, int) and size < least:
        yield Problem(path, f"must have at least {least} {unit}", "")
    if isinstance(most, int) and size > most:
        yield Problem(path, f"must have at most {most} {unit}, not {size}", "")


def _choice(given: Mapping[str, object], schema: Schema, path: str) -> Iterator[Problem]:
    """The definitions limit the number of fields only where exactly one of them is to be chosen."""
    known = [*_child(schema, "properties")]
    chosen = len(given.keys() & known)
    # An unknown field was meant as a choice and is told of already.
    if "minProperties" in schema and chosen != 1 and (chosen or not given):
        names = f"one of {', '.join(known)}" if len(known) <= _MANY else "one"
        yield Problem(path, f"must have exactly one field, not {chosen}", f"choose {names}")


def _add(schema: Schema) -> str:
    description = schema.get("description")
    return f"add it: {description.rstrip('.')}" if isinstance(description, str) else "add it"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _child(schema: Schema, key: str) -> Schema:
    found = schema.get(key)
    return found if isinstance(found, Mapping) else {}
