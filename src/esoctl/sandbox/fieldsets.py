"""Sets of fields, as managedFields records them.

A path is a tuple of steps, a step is what stands in ``fieldsV1``: ``f:name`` for a field or key, ``k:{"port":80}`` for
an item of a list with keys, ``v:"text"`` for an item of a set, ``i:0`` for a position. A set is a tree: the steps that
are members themselves, and what lies below a step. A member does not imply what lies below it, nor the reverse.

From: sigs.k8s.io/structured-merge-diff v6, packages ``fieldpath`` and ``typed`` (ToFieldSet), whose results the API
server stores.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import msgspec

from esoctl.sandbox.documents import go_json
from esoctl.sandbox.topology import Items, Topology

Path = tuple[str, ...]


class PathError(Exception):
    """A list item that cannot be named, or a step that cannot be read."""


@dataclass(frozen=True)
class FieldSet:
    """A set of paths."""

    members: frozenset[str] = frozenset()
    children: Mapping[str, FieldSet] = field(default_factory=dict)
    """Never holds an empty set."""

    def __bool__(self) -> bool:
        return bool(self.members or self.children)

    def __contains__(self, path: Sequence[str]) -> bool:
        node = self
        for step in path[:-1]:
            node = node.below(step)
        return bool(path) and path[-1] in node.members

    def below(self, step: str) -> FieldSet:
        """What lies below a step; its paths begin after it."""
        return self.children.get(step, NOTHING)

    def paths(self) -> Iterator[Path]:
        """Every path, members of a level first, in the order in which the API server lists them."""
        for step in sorted(self.members, key=_rank):
            yield (step,)
        for step in sorted(self.children, key=_rank):
            for path in self.children[step].paths():
                yield (step, *path)

    def union(self, other: FieldSet) -> FieldSet:
        """Paths of either."""
        if not other or self is other:
            return self
        if not self:
            return other
        steps = self.children.keys() | other.children.keys()
        return _node(self.members | other.members, {s: self.below(s).union(other.below(s)) for s in steps})

    def intersection(self, other: FieldSet) -> FieldSet:
        """Paths of both."""
        if not self or not other:
            return NOTHING
        steps = self.children.keys() & other.children.keys()
        return _node(self.members & other.members, {s: self.below(s).intersection(other.below(s)) for s in steps})

    def difference(self, other: FieldSet) -> FieldSet:
        """Paths of this one that the other has not; what lies below them stays."""
        if not self or not other:
            return self
        children = {step: below.difference(other.below(step)) for step, below in self.children.items()}
        return _node(self.members - other.members, children)

    def without_trees(self, other: FieldSet) -> FieldSet:
        """Paths of this one that are neither in the other nor below one of its paths."""
        if not self or not other:
            return self
        children = {s: b.without_trees(other.below(s)) for s, b in self.children.items() if s not in other.members}
        return _node(self.members - other.members, children)

    def with_declared(self, topology: Topology) -> FieldSet:
        """Add every declared field that has something below it, as pruning wants it."""
        declared = {s for s in self.children if s.startswith("f:") and topology.declares(s[2:])}
        children = {s: below.with_declared(topology_below(topology, s)) for s, below in self.children.items()}
        return _node(self.members | declared, children)

    def to_json(self) -> dict[str, object]:
        """The set as ``fieldsV1``, to be read and not changed."""
        return self._json

    @cached_property
    def _json(self) -> dict[str, object]:
        return {
            step: ({".": {}} if step in self.members and step in self.children else {}) | self.below(step).to_json()
            for step in sorted(self.members | self.children.keys(), key=_rank)
        }


NOTHING = FieldSet()


def _node(members: frozenset[str], children: Mapping[str, FieldSet]) -> FieldSet:
    return FieldSet(members, {step: below for step, below in children.items() if below})


def of(paths: Iterable[Sequence[str]]) -> FieldSet:
    """The set of these paths; the empty path is no field and is left out."""
    members: set[str] = set()
    below: dict[str, list[Sequence[str]]] = {}
    for path in paths:
        if len(path) == 1:
            members.add(path[0])
        elif path:
            below.setdefault(path[0], []).append(path[1:])
    return FieldSet(frozenset(members), {step: of(rest) for step, rest in below.items()})


def fields(*dotted: str) -> FieldSet:
    """The set of plain fields written like ``metadata.labels``."""
    return of([f"f:{name}" for name in path.split(".")] for path in dotted)


def from_json(document: object) -> FieldSet:
    """Read ``fieldsV1``; steps of an unknown kind are skipped, as the API server does."""
    return _read(msgspec.json.encode(document))


@lru_cache(maxsize=8192)
def _read(written: bytes) -> FieldSet:
    return _of_json(msgspec.json.decode(written))


def _of_json(document: object) -> FieldSet:
    if not isinstance(document, dict):
        return NOTHING
    members: set[str] = set()
    children: dict[str, FieldSet] = {}
    for raw, value in document.items():
        if raw == "." or raw[:2] not in {"f:", "k:", "v:", "i:"}:
            continue
        step, below = _canonical(raw), _of_json(value)
        if below:
            children[step] = below
        if not below or (isinstance(value, dict) and "." in value):
            members.add(step)
    return FieldSet(frozenset(members), children)


@lru_cache(maxsize=8192)
def _canonical(raw: str) -> str:
    """A step in the one spelling that makes equal steps equal text."""
    if raw[:2] in {"k:", "v:"}:
        try:
            return raw[:2] + _encode(json.loads(raw[2:]))
        except ValueError:
            raise PathError(f"parsing key as path element: {raw}") from None
    return raw


def _encode(value: object) -> str:
    """A value inside a step; whole floats are integers."""
    return go_json(int(value) if isinstance(value, float) and value.is_integer() else value)


def step_of(item: object, topology: Topology) -> str:
    """The step that names an item of a list whose items are told apart."""
    if topology.items is Items.SET:
        if item is None or isinstance(item, dict | list):
            raise PathError("associative list without keys has an element that's not a scalar")
        return "v:" + _encode(item)
    if not isinstance(item, dict):
        raise PathError("associative list with keys may not have non-map elements")
    known = {key: item.get(key, topology.defaults.get(key)) for key in topology.keys}
    named = {key: value for key, value in known.items() if value is not None or key in item}
    if not named:
        keys = " ".join(f'"{key}"' for key in topology.keys)
        raise PathError(
            f"associative list with keys has an element that omits all key fields [{keys}] "
            "(and doesn't have default values for any key fields)"
        )
    return "k:" + _encode(named)


def topology_below(topology: Topology, step: str) -> Topology:
    """The topology of the value that a step leads to."""
    return topology.at(step[2:]) if step.startswith("f:") else topology.of_item()


def write(path: Iterable[str]) -> str:
    """A path as conflict messages spell it: ``.spec.ports[port=80,protocol="TCP"].name``."""
    return "".join(_write_step(step) for step in path)


def _write_step(step: str) -> str:
    kind, rest = step[:2], step[2:]
    match kind:
        case "f:":
            return f".{rest}"
        case "k:":
            return "[" + ",".join(f"{key}={_encode(value)}" for key, value in json.loads(rest).items()) + "]"
        case "v:":
            return f"[={_encode(json.loads(rest))}]"
        case _:
            return f"[{rest}]"


@lru_cache(maxsize=8192)
@lru_cache(maxsize=8192)
def _rank(step: str) -> tuple[int, tuple[tuple[str, int, float, str], ...], str]:
    """The order of steps: fields by name, then items by their keys, by value, by position."""
    kind, rest = step[:2], step[2:]
    match kind:
        case "f:":
            return 0, (), rest
        case "k:":
            return 1, tuple((key, *_value_rank(value)) for key, value in json.loads(rest).items()), ""
        case "v:":
            return 2, (("", *_value_rank(json.loads(rest))),), ""
        case _:
            return 3, (("", 0, float(rest), ""),), ""


def _value_rank(value: object) -> tuple[int, float, str]:
    """Numbers, then texts, then truth values, then the rest."""
    if isinstance(value, bool):
        return 2, float(value), ""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return (1, 0.0, value) if isinstance(value, str) else (3, 0.0, _encode(value))


def from_object(value: object, topology: Topology) -> FieldSet:
    """Every field that a document sets: leaves, units, list items, and keys that users chose."""
    return _gather(value, topology)[1]


def _gather(value: object, topology: Topology) -> tuple[bool, FieldSet]:
    """Whether the value itself is a field, and the fields below it."""
    if isinstance(value, dict) and not topology.atomic:
        return False, _gather_map(value, topology)
    if isinstance(value, list) and topology.items is not Items.ATOMIC:
        return False, _gather_items(value, topology)
    return value is not None, NOTHING


def _gather_map(value: dict[str, object], topology: Topology) -> FieldSet:
    members: set[str] = set()
    children: dict[str, FieldSet] = {}
    for key, item in value.items():
        step = f"f:{key}"
        leaf, below = _gather(item, topology.at(key))
        if leaf or item is None or item == {} or not topology.declares(key):
            members.add(step)
        if below:
            children[step] = below
    return FieldSet(frozenset(members), children)


def _gather_items(items: list[object], topology: Topology) -> FieldSet:
    """Items that occur twice are one unit."""
    steps = [step_of(item, topology) for item in items]
    times = Counter(steps)
    below = {
        step: _gather(item, topology.of_item())[1] for step, item in zip(steps, items, strict=True) if times[step] == 1
    }
    return _node(frozenset(steps), below)
