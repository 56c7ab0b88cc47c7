"""Mutations of a spec, made from the schema of its kind: each field deleted, emptied, overlong, of another type."""

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from support.api import Json

DELETED: Final = object()
TEXTS: Final = ["", "x" * 2000, "é☃\u200b", "../x", "a b", "NoSuchThing", "nowhere", "0", "-1", "{{ .x", "(["]
WRONG: Final[dict[str, list[Json]]] = {
    "string": [7, True, [], {}, None],
    "boolean": ["yes", 1, None],
    "integer": ["1", -1, 10**12, None],
    "array": ["x", {}, [], None],
    "object": ["x", [], {}, None],
}
KINDS: Final = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
KEPT: Final = ("spec.target.immutable",)
"""What the API server lets nobody take back: a Secret that was made immutable stays so."""


@dataclass(frozen=True)
class Mutation:
    """One field with another value."""

    path: str
    value: Json
    fits: bool = True
    """Whether the value is of the field's type."""

    def applied(self, spec: Json) -> Json:
        """A copy of the spec with the value at the path; what leads there is made where it is missing."""
        whole = {"spec": copy.deepcopy(spec)}
        node: Json = whole
        steps = [step for part in self.path.split(".") for step in part.replace("[]", ".[]").split(".")]
        for step, following in zip(steps, [*steps[1:], ""], strict=True):
            key: Json = 0 if step == "[]" else step
            if following == "":
                put(node, key, self.value)
                break
            below = node[0] if step == "[]" and node else node.get(step) if isinstance(node, dict) else None
            if not isinstance(below, list if following == "[]" else dict):
                below = [] if following == "[]" else {}
                put(node, key, below)
            node = below
        return whole["spec"]

    def __str__(self) -> str:
        shown = "deleted" if self.value is DELETED else repr(self.value)[:60]
        return f"{self.path} = {shown}"


def put(node: Json, key: Json, value: Json) -> None:
    if value is DELETED:
        if isinstance(node, dict):
            node.pop(key, None)
        elif node:
            del node[0]
    elif isinstance(node, dict):
        node[key] = value
    elif node:
        node[0] = value
    else:
        node.append(value)


def all_of(schema: Json, path: str = "spec") -> Iterator[Mutation]:
    """Every mutation of what is below a schema."""
    for name, below in (schema.get("properties") or {}).items():
        where = f"{path}.{name}"
        if where not in KEPT:
            yield from values(where, below)
        yield from all_of(below, where)
        if isinstance(below.get("items"), dict):
            yield from all_of(below["items"], f"{where}[]")


def values(path: str, schema: Json) -> Iterator[Mutation]:
    kind = schema.get("type", "string")
    yield Mutation(path, DELETED)
    yield from (Mutation(path, value, fits=value in ([], {}) and type(value) is KINDS[kind]) for value in WRONG[kind])
    if kind == "string":
        choices = schema.get("enum") or []
        yield from (Mutation(path, value) for value in choices)
        yield from (Mutation(path, value, fits=not choices) for value in TEXTS)
    if kind == "boolean":
        yield from (Mutation(path, value) for value in (True, False))


def some_of(schema: Json, count: int, seed: int) -> list[Mutation]:
    """That many of them, always the same for a seed; nine of ten have a value of the field's type."""
    dice = random.Random(seed)
    found = list(all_of(schema))
    fitting = [one for one in found if one.value is DELETED or one.fits]
    others = [one for one in found if one not in fitting]
    share = min(count * 9 // 10, len(fitting))
    chosen = dice.sample(fitting, share) + dice.sample(others, count - share)
    return dice.sample(chosen, count)
