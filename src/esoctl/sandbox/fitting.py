"""Tells whether a document fits a topology: no undeclared fields, no list items that cannot be told apart.

Values of the wrong type are not looked for here; the schema's validation names them better.

From: sigs.k8s.io/structured-merge-diff v6, ``typed/validate.go``, whose words the API server answers with.
"""

from collections.abc import Iterator

from esoctl.sandbox.documents import Doc
from esoctl.sandbox.fieldsets import PathError, step_of, write
from esoctl.sandbox.topology import Items, Topology


def misfits(obj: Doc, topology: Topology) -> list[str]:
    """What does not fit, as ``.spec.x: field not declared in schema``."""
    return list(_visit(obj, topology, ""))


def describe(found: list[str]) -> str:
    """Several problems as one text."""
    return found[0] if len(found) == 1 else "\n  ".join(["errors:", *found])


def _visit(value: object, topology: Topology, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key in sorted(value):
            if not topology.knows(key):
                yield f"{path}.{key}: field not declared in schema"
                return
            yield from _visit(value[key], topology.at(key), f"{path}.{key}")
    elif isinstance(value, list):
        yield from _visit_items(value, topology, path)


def _visit_items(items: list[object], topology: Topology, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for number, item in enumerate(items):
        name = f"[{number}]"
        if topology.items is not Items.ATOMIC:
            try:
                step = step_of(item, topology)
            except PathError as error:
                yield f"{path}: element {number}: {error}"
                return
            name = write([step])
            if step in seen:
                yield f"{path}: duplicate entries for key {name}"
            seen.add(step)
        yield from _visit(item, topology.of_item(), path + name)
