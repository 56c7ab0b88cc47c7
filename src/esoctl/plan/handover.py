"""Takes over a Secret that the reference wrote by Update under the field manager's name that we apply with.

After a first apply under the same name the API server keeps two entries, Apply and Update, and a field that only the
Update entry owns is not removed when we no longer want it. The Update entry is therefore merged into the Apply entry;
the patch is refused when the Secret has changed meanwhile. Source: Kubernetes API concepts, server-side apply,
"Transferring ownership"; checked on kube-apiserver 1.36.
"""

from collections.abc import Sequence

import msgspec

from esoctl.model.meta import ManagedFields
from esoctl.plan import fieldtrees
from esoctl.plan.fieldtrees import Tree

UNNAMED = "external-secrets"
"""The field manager of the reference's writes of targets that are no Secrets: it names none, so its program's name."""


def patch(
    resource_version: str, entries: Sequence[ManagedFields], manager: str, aliases: tuple[str, ...] = ()
) -> bytes | None:
    """A JSON patch of ``metadata.managedFields``; None when the manager has no Update entry, nor an alias of it."""
    updates = [
        index for index, entry in enumerate(entries) if any(_is(entry, name, "Update") for name in (manager, *aliases))
    ]
    if not updates:
        return None
    applies = [index for index, entry in enumerate(entries) if _is(entry, manager, "Apply")]
    kept, *others = [*applies, *updates]
    merged: Tree = {}
    for index in (kept, *others):
        merged = fieldtrees.union(merged, _tree.decode(entries[index].fields_v1))
    where = f"/metadata/managedFields/{kept}"
    operations: list[dict[str, object]] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": resource_version},
        {"op": "replace", "path": f"{where}/operation", "value": "Apply"},
        {"op": "replace", "path": f"{where}/fieldsV1", "value": merged},
    ]
    if entries[kept].manager != manager:
        operations.append({"op": "replace", "path": f"{where}/manager", "value": manager})
    operations += [
        {"op": "remove", "path": f"/metadata/managedFields/{index}"} for index in sorted(others, reverse=True)
    ]
    return msgspec.json.encode(operations)


def _is(entry: ManagedFields, manager: str, operation: str) -> bool:
    return (entry.manager, entry.operation, entry.subresource) == (manager, operation, "")


_tree: msgspec.json.Decoder[Tree] = msgspec.json.Decoder(dict)
