"""Decoding faults of typed objects, in the words of Go's JSON and base64 decoders.

Built-in kinds have Go types, so the API server refuses a wrong JSON type before it looks at the meaning; clients see
Go's words. Values are never part of a message here: they may be secret.
"""

from collections.abc import Iterable

from esoctl.sandbox import lookup
from esoctl.sandbox.documents import Doc

_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


class DecodeFault(Exception):
    """The document does not fit the Go type of its kind."""


def json_word(value: object) -> str:
    """What Go calls the type of a JSON value."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def mismatch(value: object, field: str, wanted: str) -> DecodeFault:
    return DecodeFault(f"json: cannot unmarshal {json_word(value)} into Go struct field {field} of type {wanted}")


def text_map(doc: Doc, kind: str, field: str) -> Doc:
    """A map from text to text; null values become empty."""
    found = doc.get(field)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise mismatch(found, f"{kind}.{field}", "map[string]string")
    for value in found.values():
        if value is not None and not isinstance(value, str):
            raise mismatch(value, f"{kind}.{field}", "string")
    return {key: value or "" for key, value in found.items()}


def bytes_map(doc: Doc, kind: str, field: str) -> Doc:
    """A map from text to base64, checked."""
    found = doc.get(field)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise mismatch(found, f"{kind}.{field}", "map[string][]uint8")
    for value in found.values():
        if value is None:
            continue
        if not isinstance(value, str):
            raise mismatch(value, f"{kind}.{field}", "[]uint8")
        check_base64(value)
    return {key: _canonical(value) if value else "" for key, value in found.items()}


def _canonical(value: str) -> str:
    """Go's decoder skips line breaks, and what it decoded is written without them."""
    return value.replace("\n", "").replace("\r", "")


def flag(doc: Doc, kind: str, field: str) -> None:
    found = doc.get(field)
    if found is not None and not isinstance(found, bool):
        raise mismatch(found, f"{kind}.{field}", "bool")


def word(doc: Doc, kind: str, field: str, wanted: str = "string") -> None:
    found = doc.get(field)
    if found is not None and not isinstance(found, str):
        raise mismatch(found, f"{kind}.{field}", wanted)


def check_base64(text: str) -> None:
    """Refuse what Go's standard base64 decoder refuses, naming the same byte."""
    wrong = _corrupt_at(text)
    if wrong is not None:
        raise DecodeFault(f"illegal base64 data at input byte {wrong}")


def _corrupt_at(text: str) -> int | None:
    quantum = 0
    for at, mark in enumerate(text):
        if mark in "\r\n":
            continue
        if mark == "=":
            return _bad_padding(text, at, quantum)
        if mark not in _BASE64:
            return at
        quantum = (quantum + 1) % 4
    return None if quantum == 0 else len(text) - quantum


def _bad_padding(text: str, at: int, quantum: int) -> int | None:
    """Padding must complete the quantum and end the text."""
    if quantum < 2:
        return at
    rest = [n for n in range(at + 1, len(text)) if text[n] not in "\r\n"]
    if quantum == 2:
        if not rest:
            return len(text)
        if text[rest[0]] != "=":
            return rest[0] - 1
        rest = rest[1:]
    return rest[0] if rest else None


def keep_known(doc: Doc, known: Iterable[str]) -> list[str]:
    """Drop the members that the type does not have, as decoding into it does; answers their names."""
    allowed = {"apiVersion", "kind", "metadata", *known}
    unknown = [key for key in doc if key not in allowed]
    for key in unknown:
        del doc[key]
    return unknown


def drop_nulls_except(doc: Doc, *members: str) -> None:
    """Remove null members in place, but not inside the given members, where null has a meaning."""
    for key in list(doc):
        value = doc[key]
        if value is None:
            del doc[key]
        elif isinstance(value, dict) and key not in members:
            doc[key] = lookup.drop_nulls(value)
