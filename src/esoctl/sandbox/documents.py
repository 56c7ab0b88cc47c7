"""JSON documents as plain Python values: how they are compared and copied inside the sandbox.

A document is what ``json.loads`` gives. Two rules differ from Python's own ``==``: a boolean never equals a number, and
a whole float equals the integer (as in Go, where the API server compares).
"""

import json
from collections.abc import Mapping

import msgspec

Doc = dict[str, object]
_WRITER, _READER = msgspec.json.Encoder(), msgspec.json.Decoder(dict[str, object])
_IN_ONE_ORDER = msgspec.json.Encoder(order="deterministic")


def equal(left: object, right: object) -> bool:
    """Whether two JSON values mean the same. Order of keys is irrelevant, order of items is not."""
    if left is right:
        return True
    return left == right and (type(left) is type(right) is str or _same_text(left, right) or _same_kinds(left, right))


def _same_text(left: object, right: object) -> bool:
    """Whether two values are written alike, which most equal ones are."""
    text = written(left)
    return text is not None and text == written(right)


def written(value: object) -> bytes | None:
    """A value as JSON with its keys in order: the same bytes for the same document. None when it cannot be written."""
    try:
        return _IN_ONE_ORDER.encode(value)
    except (ValueError, TypeError, OverflowError):
        return None


def _same_kinds(left: object, right: object) -> bool:
    """Of values that Python holds for equal: whether no truth value meets a number."""
    if isinstance(left, dict) and isinstance(right, dict):
        return all(_same_kinds(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return all(map(_same_kinds, left, right))
    return isinstance(left, bool) == isinstance(right, bool)


def duplicate(value: Doc) -> Doc:
    """A deep copy of an object, by way of its text: three times as fast as ``copy_map``, which is for all the rest."""
    try:
        found: Doc = _READER.decode(_WRITER.encode(value))
    except (ValueError, TypeError, OverflowError, msgspec.MsgspecError):
        return copy_map(value)
    return found


def copy(value: object) -> object:
    """A deep copy of a JSON value."""
    if isinstance(value, dict):
        return copy_map(value)
    if isinstance(value, list):
        return [copy(item) if isinstance(item, dict | list) else item for item in value]
    return value


def copy_map(value: Mapping[str, object]) -> Doc:
    """A deep copy of an object."""
    return {key: copy(item) if isinstance(item, dict | list) else item for key, item in value.items()}


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


_SORTED = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, sort_keys=True)
_IN_ORDER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def go_json(value: object, *, in_order: bool = False) -> str:
    """JSON as Go writes it: compact, markup escaped, and keys sorted unless they have an order of their own."""
    written = (_IN_ORDER if in_order else _SORTED).encode(value)
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
