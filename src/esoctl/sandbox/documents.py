"""JSON documents as plain Python values: how they are compared and copied inside the sandbox.

A document is what ``json.loads`` gives. Two rules differ from Python's own ``==``: a boolean never equals a number, and
a whole float equals the integer (as in Go, where the API server compares).
"""

import json
from collections.abc import Mapping

Doc = dict[str, object]


def equal(left: object, right: object) -> bool:
    """Whether two JSON values mean the same. Order of keys is irrelevant, order of items is not."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def copy(value: object) -> object:
    """A deep copy of a JSON value."""
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy(item) for item in value]
    return value


def copy_map(value: Mapping[str, object]) -> Doc:
    """A deep copy of an object."""
    return {key: copy(item) for key, item in value.items()}


def without_nulls(value: Mapping[str, object]) -> Doc:
    """The object without keys whose value is null, at any depth outside lists."""
    return {
        key: without_nulls(item) if isinstance(item, dict) else item for key, item in value.items() if item is not None
    }


def child(value: object, key: str) -> Doc:
    """The object under a key; empty when it is absent or something else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def text(value: object, key: str) -> str:
    """The text under a key; empty when it is absent or something else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def go_json(value: object, *, in_order: bool = False) -> str:
    """JSON as Go writes it: compact, markup escaped, and keys sorted unless they have an order of their own."""
    written = json.dumps(value, separators=(",", ":"), sort_keys=not in_order, ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        written = written.replace(char, f"\\u{ord(char):04x}")
    return written


def kind_of(value: object) -> str:
    """The JSON type of a value as OpenAPI calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
