"""The three patch formats of the Kubernetes API: JSON patch, merge patch and strategic merge patch.

Pure: the document and the patch are left as they were, the result may share parts with them. A patch that does not
apply raises ``PatchError`` with the words of the API server.

From: RFC 6902 with negative indices (as the API server allows), RFC 7386, and the Kubernetes document "Strategic Merge
Patch" with its directives ``$patch``, ``$retainKeys``, ``$deleteFromPrimitiveList`` and ``$setElementOrder``.
"""

from collections.abc import Iterable, Mapping, Sequence

from esoctl.sandbox.documents import Doc, copy, copy_map, equal
from esoctl.sandbox.topology import Items, Topology


class PatchError(Exception):
    """A patch that does not apply."""


def merge_patch(doc: Mapping[str, object], patch: Mapping[str, object]) -> Doc:
    """Lay a merge patch over a document: null deletes, objects merge, everything else replaces."""
    result = dict(doc)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            before = result.get(key)
            result[key] = merge_patch(before if isinstance(before, dict) else {}, value)
        else:
            result[key] = value
    return result


# JSON patch


def json_patch(doc: Mapping[str, object], operations: object) -> Doc:
    """Carry out the operations in order on a copy of the document."""
    if not isinstance(operations, list):
        raise PatchError("json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")
    result: object = copy_map(doc)
    for operation in operations:
        if not isinstance(operation, dict):
            raise PatchError("json: cannot unmarshal value into Go value of type handlers.jsonPatchOp")
        result = _operate(result, operation)
    if not isinstance(result, dict):
        raise PatchError("the patched document is not an object")
    return result


def _operate(doc: object, operation: Mapping[str, object]) -> object:
    name, path = operation.get("op"), operation.get("path")
    if not isinstance(path, str):
        raise PatchError(f"{name} operation failed to decode path: missing value")
    match name:
        case "add":
            return _add(doc, path, copy(operation.get("value")), "add")
        case "remove":
            return _remove(doc, path)
        case "replace":
            return _replace(doc, path, copy(operation.get("value")))
        case "test":
            return _test(doc, path, operation.get("value"))
        case "move" | "copy":
            return _transfer(doc, str(name), operation.get("from"), path)
        case _:
            raise PatchError(f"Unexpected kind: {name}")


def _transfer(doc: object, name: str, source: object, path: str) -> object:
    if not isinstance(source, str):
        raise PatchError(f"{name} operation failed to decode from: missing value")
    parent, key = _parent(doc, source, f"{name} operation does not apply: doc is missing from path: {source}")
    value = copy(_get(parent, key, f"error in {name} for path: '{source}'"))
    if name == "move":
        _remove(doc, source)
    return _add(doc, path, value, name)


def _add(doc: object, path: str, value: object, name: str) -> object:
    if path == "":
        return value
    where = f'"{path}"' if name == "add" else path
    missing = "path" if name == "add" else "destination path"
    parent, key = _parent(doc, path, f"{name} operation does not apply: doc is missing {missing}: {where}")
    if isinstance(parent, dict):
        parent[key] = value
    elif key == "-":
        parent.append(value)
    else:
        parent.insert(_index(key, len(parent) + 1, f"error in {name} for path: '{path}'"), value)
    return doc


def _remove(doc: object, path: str) -> object:
    parent, key = _parent(doc, path, f'remove operation does not apply: doc is missing path: "{path}"')
    error = f"error in remove for path: '{path}'"
    if isinstance(parent, list):
        del parent[_index(key, len(parent), error)]
    elif key in parent:
        del parent[key]
    else:
        raise PatchError(f"{error}: Unable to remove nonexistent key: {key}: missing value")
    return doc


def _replace(doc: object, path: str, value: object) -> object:
    if path == "":
        return value
    parent, key = _parent(doc, path, f"replace operation does not apply: doc is missing path: {path}")
    if isinstance(parent, list):
        parent[_index(key, len(parent), f"replace operation does not apply: doc is missing key: {path}")] = value
    else:
        # The API server's library does not mind when an object lacks the key, though RFC 6902 does.
        parent[key] = value
    return doc


def _test(doc: object, path: str, expected: object) -> object:
    found = doc
    if path:
        parent, key = _parent(doc, path, f"test operation does not apply: is missing path: {path}")
        found = _get(parent, key, f"error in test for path: '{path}'")
    if not equal(found, expected):
        raise PatchError(f"testing value {path} failed: test failed")
    return doc


def _get(parent: Doc | list[object], key: str, error: str) -> object:
    """The value under a key, null where an object lacks it."""
    if isinstance(parent, list):
        return parent[_index(key, len(parent), error)]
    return parent.get(key)


def _parent(doc: object, path: str, error: str) -> tuple[Doc | list[object], str]:
    """The container that holds the last step of a JSON pointer, and that step."""
    if not path.startswith("/"):
        raise PatchError(f"{error}: missing value")
    *steps, last = (step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))
    for step in steps:
        if isinstance(doc, dict):
            doc = doc.get(step)
        elif isinstance(doc, list):
            doc = doc[_index(step, len(doc), error)]
        else:
            raise PatchError(f"{error}: missing value")
    if not isinstance(doc, dict | list):
        raise PatchError(f"{error}: missing value")
    return doc, last


def _index(key: str, size: int, error: str) -> int:
    """A position below ``size``; negative ones count from the end."""
    try:
        found = int(key)
    except ValueError:
        raise PatchError(f"{error}: value was not a proper array index: '{key}': invalid index referenced") from None
    if not -size <= found < size:
        raise PatchError(f"{error}: Unable to access invalid index: {found}: invalid index referenced")
    return found % size


# Strategic merge patch

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_DELETE = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def strategic_merge(doc: Mapping[str, object], patch: Mapping[str, object], topology: Topology) -> Doc:
    """Lay a strategic merge patch over a document: lists with keys merge item by item, in the patch's order."""
    match patch.get(_DIRECTIVE):
        case None:
            return _merge_maps(doc, patch, topology)
        case "replace":
            return {key: value for key, value in patch.items() if key != _DIRECTIVE}
        case "delete":
            return {}
        case directive:
            raise PatchError(f"unknown patch type: {directive} in map: {_go_map(patch)}")


def _merge_maps(doc: Mapping[str, object], patch: Mapping[str, object], topology: Topology) -> Doc:
    result = _retained(doc, patch)
    for key, value in patch.items():
        if key.startswith(_DELETE):
            _delete_from(result, key.removeprefix(_DELETE), value)
        elif not key.startswith(_ORDER) and key != _RETAIN:
            _merge_key(result, key, value, topology.at(key))
    for key, value in patch.items():
        if key.startswith(_ORDER):
            _reorder(result, key.removeprefix(_ORDER), value, doc, topology)
    return result


def _retained(doc: Mapping[str, object], patch: Mapping[str, object]) -> Doc:
    retained = patch.get(_RETAIN)
    if retained is None:
        return dict(doc)
    if not isinstance(retained, list):
        raise PatchError("invalid patch format of retainKeys")
    if any(key not in retained for key, value in patch.items() if not key.startswith("$") and value is not None):
        raise PatchError("invalid patch format of retainKeys")
    return {key: value for key, value in doc.items() if key in retained}


def _merge_key(result: Doc, key: str, value: object, topology: Topology) -> None:
    before = result.get(key)
    if value is None or (_is_deletion(value) and not isinstance(before, dict)):
        result.pop(key, None)
    elif isinstance(value, dict):
        result[key] = strategic_merge(before if isinstance(before, dict) else {}, value, topology)
    elif isinstance(value, list):
        result[key] = _merge_lists(before if isinstance(before, list) else [], value, topology)
    else:
        result[key] = value


def _is_deletion(value: object) -> bool:
    return isinstance(value, dict) and value.get(_DIRECTIVE) == "delete"


def _merge_lists(before: Sequence[object], patch: Sequence[object], topology: Topology) -> list[object]:
    key = topology.patch_key or (topology.keys[0] if topology.keys else "")
    if not key and topology.items is not Items.SET:
        return [_undirected(item) for item in patch if not _is_directive(item)]
    if not key:
        merged = list(dict.fromkeys([*before, *patch]))
        return _ordered(merged, [*patch], before, key)
    return _merge_keyed(before, patch, topology.of_item(), key)


def _merge_keyed(before: Sequence[object], patch: Sequence[object], topology: Topology, key: str) -> list[object]:
    items = [item for item in patch if isinstance(item, dict)]
    if len(items) != len(patch):
        raise PatchError("expected a list of maps in the patch")
    plain = [item for item in items if _DIRECTIVE not in item]
    if any(item.get(_DIRECTIVE) == "replace" for item in items):
        return list(plain)
    gone = [_key_of(item, key) for item in items if item.get(_DIRECTIVE) == "delete"]
    merged: list[object] = [item for item in before if not _among(_key_of(item, key), gone)]
    for item in plain:
        wanted = _key_of(item, key)
        at = next((n for n, old in enumerate(merged) if equal(_key_of(old, key), wanted)), None)
        old = merged[at] if at is not None else {}
        new = strategic_merge(old if isinstance(old, dict) else {}, item, topology)
        if at is None:
            merged.append(new)
        else:
            merged[at] = new
    return _ordered(merged, [_key_of(item, key) for item in plain], before, key)


def _is_directive(item: object) -> bool:
    return isinstance(item, dict) and item.keys() == {_DIRECTIVE}


def _undirected(item: object) -> object:
    """New content without the directives and nulls that only make sense against something old."""
    return strategic_merge({}, item, Topology.EMPTY) if isinstance(item, dict) else item


def _key_of(item: object, key: str) -> object:
    if not isinstance(item, dict) or key not in item:
        shown = _go_map(item) if isinstance(item, dict) else item
        raise PatchError(f"map: {shown} does not contain declared merge key: {key}")
    return item[key]


def _go_map(value: Mapping[str, object]) -> str:
    return "map[" + " ".join(f"{key}:{value[key]}" for key in sorted(value)) + "]"


def _among(value: object, values: Iterable[object]) -> bool:
    return any(equal(value, other) for other in values)


def _ordered(merged: list[object], order: list[object], before: Sequence[object], key: str) -> list[object]:
    """Items of the patch in its order; between them the server's own where they stood before them, else behind."""

    def name(item: object) -> object:
        return _key_of(item, key) if key else item

    def place(item: object, names: list[object]) -> int:
        return next((n for n, other in enumerate(names) if equal(other, name(item))), -1)

    old = [name(item) for item in before]
    patched = sorted((item for item in merged if place(item, order) >= 0), key=lambda item: place(item, order))
    kept = [item for item in merged if place(item, order) < 0]
    result: list[object] = []
    while patched and kept:
        left, right = place(kept[0], old), place(patched[0], old)
        result.append(kept.pop(0) if 0 <= left < right else patched.pop(0))
    return [*result, *patched, *kept]


def _reorder(result: Doc, key: str, order: object, doc: Mapping[str, object], topology: Topology) -> None:
    found, before = result.get(key), doc.get(key)
    if not isinstance(order, list):
        raise PatchError(f"invalid patch format of setElementOrder list for {key}")
    if not isinstance(found, list):
        return
    below = topology.at(key)
    name = below.patch_key or (below.keys[0] if below.keys else "")
    names = [_key_of(item, name) for item in order] if name else order
    result[key] = _ordered(found, names, before if isinstance(before, list) else [], name)


def _delete_from(result: Doc, key: str, values: object) -> None:
    found = result.get(key)
    if not isinstance(values, list):
        raise PatchError(f"invalid patch format of deleteFromPrimitiveList for {key}")
    if isinstance(found, list):
        result[key] = [item for item in found if not _among(item, values)]
