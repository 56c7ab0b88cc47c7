"""Takes over a Secret that the reference wrote by Update under the field manager's name that we apply with.

After a first apply under the same name the API server keeps two entries, Apply and Update, and a field that only the
Update entry owns is not removed when we no longer want it. The Update entry is therefore merged into the Apply entry;
the patch is refused when the Secret has changed meanwhile. Source: Kubernetes API concepts, server-side apply,
"Transferring ownership"; checked on kube-apiserver 1.36.
"""

from collections.abc import Mapping, Sequence

import msgspec

from esoctl.model.meta import ManagedFields

Tree = dict[str, "Tree"]


def patch(resource_version: str, entries: Sequence[ManagedFields], manager: str) -> bytes | None:
    """A JSON patch of ``metadata.managedFields``; None when the manager has no Update entry."""
    updates = [index for index, entry in enumerate(entries) if _is(entry, manager, "Update")]
    if not updates:
        return None
    applies = [index for index, entry in enumerate(entries) if _is(entry, manager, "Apply")]
    operations: list[dict[str, object]] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": resource_version}
    ]
    kept, *others = [*applies, *updates]
    merged: Tree = {}
    for index in (kept, *others):
        merged = _union(merged, _tree.decode(entries[index].fields_v1))
    where = f"/metadata/managedFields/{kept}"
    operations += [
        {"op": "replace", "path": f"{where}/operation", "value": "Apply"},
        {"op": "replace", "path": f"{where}/fieldsV1", "value": merged},
    ]
    operations += [
        {"op": "remove", "path": f"/metadata/managedFields/{index}"} for index in sorted(others, reverse=True)
    ]
    return msgspec.json.encode(operations)


def _is(entry: ManagedFields, manager: str, operation: str) -> bool:
    return (entry.manager, entry.operation, entry.subresource) == (manager, operation, "")


def _union(left: Tree, right: Mapping[str, Tree]) -> Tree:
    merged = dict(left)
    for name, below in right.items():
        merged[name] = _union(merged.get(name, {}), below)
    return merged


_tree: msgspec.json.Decoder[Tree] = msgspec.json.Decoder(dict)
