"""Compares objects with what a field manager owns of them, as ``managedFields`` keeps book of it.

A field set is a tree: ``f:`` a field, ``k:`` an item of a list by its keys, ``v:`` an item by its value, ``.`` the
thing itself. Source: Kubernetes API concepts, server-side apply; the format FieldsV1 of structured-merge-diff.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from esoctl.model.generic import Json
from esoctl.model.meta import ManagedFields

Tree = dict[str, "Tree"]


def owned_by(names: Collection[str], entries: Iterable[ManagedFields]) -> Tree:
    """Everything the managers of these names own, whatever operation wrote it."""
    found: Tree = {}
    for entry in entries:
        if entry.manager in names and not entry.subresource:
            found = union(found, _tree.decode(entry.fields_v1))
    return found


def union(left: Tree, right: Mapping[str, Tree]) -> Tree:
    """Both field sets in one."""
    merged = dict(left)
    for name, below in right.items():
        merged[name] = union(merged.get(name, {}), below)
    return merged


def without(held: Json, owned: Tree, *, keep_lists: bool = False) -> Json:
    """The object without the fields in the tree; lists are kept whole on demand."""
    kept: Json = {}
    for name, value in held.items():
        below = owned.get(f"f:{name}")
        if below is None:
            kept[name] = value
        elif isinstance(value, dict) and below:
            rest = without(value, below, keep_lists=keep_lists)
            if rest or "." not in below:
                kept[name] = rest
        elif isinstance(value, list) and (left := value if keep_lists else _items_without(value, below)):
            kept[name] = left
    return kept


def covers(wanted: object, owned: Tree) -> bool:
    """Whether every field of the tree is in the object, so that an apply of it would take nothing away."""
    return next(lost(wanted, owned), None) is None


def lost(wanted: object, owned: Tree, path: str = "") -> Iterator[str]:
    """The paths of the fields of the tree that are not in the object, so that an apply of it would take them away."""
    if isinstance(wanted, list):
        items = (name for name in owned if name[:2] in ("k:", "v:"))
        yield from (f"{path}[]" for name in items if not any(_is(item, name) for item in wanted))
        return
    held = as_object(wanted)
    for name, below in owned.items():
        if name.startswith("f:"):
            inner = f"{path}.{name[2:]}" if path else name[2:]
            yield from lost(held[name[2:]], below, inner) if name[2:] in held else (inner,)


def project(held: object, wanted: object) -> object:
    """Of what is held, the part that is wanted; lists whole."""
    if not isinstance(wanted, dict):
        return held
    found = held if isinstance(held, dict) else {}
    return {name: project(found.get(name), value) for name, value in wanted.items()}


def difference(made: Json, foreign: Json) -> Json:
    """The part of ``made`` that is not in ``foreign`` already."""
    found: Json = {}
    for name, value in made.items():
        there = foreign.get(name)
        if isinstance(value, dict) and isinstance(there, dict):
            if below := difference(value, there):
                found[name] = below
        elif value != there:
            found[name] = value
    return found


def laid_over(base: Json, top: Json) -> Json:
    """Both objects in one; what is in ``top`` wins."""
    merged = dict(base)
    for name, value in top.items():
        there = merged.get(name)
        merged[name] = laid_over(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return merged


def as_object(value: object) -> Json:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def content_of(body: Json) -> object:
    """What the hash is over: spec, or else data."""
    spec = body.get("spec")
    return body.get("data") if spec is None else spec


def _items_without(items: list[object], owned: Tree) -> list[object]:
    if not owned:
        return []
    return [item for item in items if not any(_is(item, name) for name in owned)]


def _is(item: object, name: str) -> bool:
    """Whether a list's item is the one a step names."""
    if name.startswith("v:"):
        return bool(item == msgspec.json.decode(name[2:]))
    if not name.startswith("k:") or not isinstance(item, dict):
        return False
    return bool(_keys.decode(name[2:]).items() <= item.items())


_tree: msgspec.json.Decoder[Tree] = msgspec.json.Decoder(dict)
_keys: msgspec.json.Decoder[Json] = msgspec.json.Decoder(dict)
