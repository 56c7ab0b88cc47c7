"""Reads JSON documents whose shape is not known, without ever failing on a wrong type.

Stored documents are never changed in place: who wants to change one takes a copy first (``documents.copy_map``).
"""

from collections.abc import Iterator, Mapping

from esoctl.sandbox.documents import Doc


def find(doc: object, *path: str) -> object:
    """The value at the path, or None when any step is missing or not a map."""
    for step in path:
        if not isinstance(doc, Mapping):
            return None
        doc = doc.get(step)
    return doc


def child(doc: object, *path: str) -> Doc:
    """The map at the path; an empty, detached one when there is none."""
    found = find(doc, *path)
    return found if isinstance(found, dict) else {}


def text(doc: object, *path: str) -> str:
    found = find(doc, *path)
    return found if isinstance(found, str) else ""


def number(doc: object, *path: str) -> int:
    found = find(doc, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def items(doc: object, *path: str) -> list[object]:
    found = find(doc, *path)
    return found if isinstance(found, list) else []


def docs(doc: object, *path: str) -> Iterator[Doc]:
    """The maps of the list at the path."""
    return (item for item in items(doc, *path) if isinstance(item, dict))


def texts(doc: object, *path: str) -> list[str]:
    return [item for item in items(doc, *path) if isinstance(item, str)]


def ensure(doc: Doc, key: str) -> Doc:
    """The map under the key, put there when missing."""
    found = doc.get(key)
    if not isinstance(found, dict):
        found = {}
        doc[key] = found
    return found


def drop_nulls(doc: Doc) -> Doc:
    """The document without null members, as typed objects of the API server lose them when decoded."""
    return {key: _drop(value) for key, value in doc.items() if value is not None}


def _drop(value: object) -> object:
    if isinstance(value, dict):
        return drop_nulls(value)
    if isinstance(value, list):
        return [_drop(item) for item in value]
    return value


def meta(doc: object) -> Doc:
    return child(doc, "metadata")


def uid_of(doc: object) -> str:
    return text(doc, "metadata", "uid")


def name_of(doc: object) -> str:
    return text(doc, "metadata", "name")


def namespace_of(doc: object) -> str:
    return text(doc, "metadata", "namespace")


def revision_of(doc: object) -> str:
    return text(doc, "metadata", "resourceVersion")


def place_of(doc: object) -> tuple[str, str]:
    return namespace_of(doc), name_of(doc)
