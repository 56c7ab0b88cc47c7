"""Merges, compares and thins out documents along their topology: the mechanics under server-side apply.

Pure; nothing is changed in place, results may share parts with the arguments.

From: sigs.k8s.io/structured-merge-diff v6, package ``typed`` (Merge, Compare, RemoveItems).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from esoctl.sandbox import fieldsets
from esoctl.sandbox.documents import Doc, equal
from esoctl.sandbox.fieldsets import FieldSet, Path, PathError, step_of
from esoctl.sandbox.topology import Items, Topology


class _Absent:
    """Stands for no value, which is not the same as null."""


_ABSENT = _Absent()


def merge(live: object, wanted: object, topology: Topology) -> object:
    """Lay what is wanted over what is there: units replace, maps and lists with keys merge; null leaves a map alone."""
    result = _merge(live, wanted, topology)
    return None if result is _ABSENT else result


def _merge(live: object, wanted: object, topology: Topology) -> object:
    """May be absent: what becomes empty by merging is not kept."""
    if wanted is _ABSENT:
        return live
    model = live if wanted is None else wanted
    old = live if type(live) is type(model) else None
    if isinstance(model, dict) and not topology.atomic and (model or old):
        return _merge_maps(old if isinstance(old, dict) else {}, wanted if isinstance(wanted, dict) else {}, topology)
    if isinstance(model, list) and topology.items is not Items.ATOMIC and (model or old):
        before = old if isinstance(old, list) else []
        return _merge_lists(before, wanted if isinstance(wanted, list) else [], topology) or _ABSENT
    return wanted


def _merge_maps(live: Doc, wanted: Doc, topology: Topology) -> object:
    merged = {
        key: _merge(live.get(key, _ABSENT), wanted.get(key, _ABSENT), topology.at(key))
        for key in dict.fromkeys([*live, *wanted])
    }
    return {key: value for key, value in merged.items() if value is not _ABSENT} or _ABSENT


def _merge_lists(live: list[object], wanted: list[object], topology: Topology) -> list[object]:
    """Items of both keep their relative order of ``wanted``; items only in ``live`` keep their place among them."""
    old, new = [step_of(item, topology) for item in live], [step_of(item, topology) for item in wanted]
    if len(set(new)) < len(new):
        twice = next(step for step in new if new.count(step) > 1)
        raise PathError(f"duplicate entries for key {fieldsets.write([twice])}")
    before = {step: (item if old.count(step) == 1 else None) for step, item in zip(old, live, strict=True)}
    after = dict(zip(new, wanted, strict=True))

    def merged(step: str) -> object:
        return _merge(before.get(step, _ABSENT), after[step], topology.of_item())

    result: list[object] = []
    for position, step in _interleave(old, new):
        result.append(live[position] if position >= 0 else merged(step))
    return [item for item in result if item is not _ABSENT]


def _interleave(old: Sequence[str], new: Sequence[str]) -> Iterable[tuple[int, str]]:
    """The order of a merged list: ``(position in old, step)`` for what is only there, ``(-1, step)`` for the new."""
    shared = [step for step in new if step in old]
    done: set[str] = set()
    left = right = 0
    while left < len(old) or right < len(new):
        here = old[left] if left < len(old) else None
        if here is not None and here not in new:
            yield left, here
            left += 1
            continue
        matches = right < len(new) and here == new[right]
        if shared and here is not None and not matches and here != shared[0]:
            left += 1
            continue
        left += matches or here in done
        if right < len(new):
            step = new[right]
            right += 1
            done.add(step)
            shared = shared[1:] if shared and shared[0] == step else shared
            yield -1, step


@dataclass(frozen=True)
class Comparison:
    """What tells a new document from an old one. No field is in more than one of the three."""

    removed: FieldSet
    modified: FieldSet
    added: FieldSet

    def without(self, ignored: FieldSet) -> Comparison:
        """The same without some fields and all below them."""
        return Comparison(*(part.without_trees(ignored) for part in (self.removed, self.modified, self.added)))


def compare(old: object, new: object, topology: Topology) -> Comparison:
    """What ``new`` removes, modifies and adds."""
    walk = _Compare()
    walk.visit(old, new, topology, ())
    return Comparison(fieldsets.of(walk.removed), fieldsets.of(walk.modified), fieldsets.of(walk.added))


class _Compare:
    def __init__(self) -> None:
        self.removed: list[Path] = []
        self.modified: list[Path] = []
        self.added: list[Path] = []

    def visit(self, old: object, new: object, topology: Topology, path: Path) -> None:
        if topology.plain and equal(old, new):
            return
        containers = [value for value in (old, new) if isinstance(value, dict | list)]
        maps = [value for value in containers if isinstance(value, dict)]
        lists = [value for value in containers if isinstance(value, list)]
        deep_maps = maps if not topology.atomic and any(maps) else []
        deep_lists = lists if topology.items is not Items.ATOMIC and any(lists) else []
        if not deep_maps and not deep_lists:
            self._leaf(old, new, path)
            return
        if _is_scalar(old) or _is_scalar(new) or (maps and lists):
            self.modified.append(path)
        if deep_maps:
            self._maps(old if isinstance(old, dict) else {}, new if isinstance(new, dict) else {}, topology, path)
        if deep_lists:
            self._lists(old if isinstance(old, list) else [], new if isinstance(new, list) else [], topology, path)
        self._whole(old, new, path)

    def _leaf(self, old: object, new: object, path: Path) -> None:
        if old is _ABSENT or new is _ABSENT:
            self._whole(old, new, path)
        elif not equal(old, new):
            self.modified.append(path)

    def _whole(self, old: object, new: object, path: Path) -> None:
        if old is _ABSENT:
            self.added.append(path)
        elif new is _ABSENT:
            self.removed.append(path)

    def _maps(self, old: Doc, new: Doc, topology: Topology, path: Path) -> None:
        for key in old.keys() | new.keys():
            self.visit(old.get(key, _ABSENT), new.get(key, _ABSENT), topology.at(key), (*path, f"f:{key}"))

    def _lists(self, old: list[object], new: list[object], topology: Topology, path: Path) -> None:
        before, after = _by_step(old, topology), _by_step(new, topology)
        for step in dict.fromkeys([*before, *after]):
            self._items(before.get(step, []), after.get(step, []), topology, (*path, step))

    def _items(self, old: list[object], new: list[object], topology: Topology, path: Path) -> None:
        """Items that occur twice cannot be told apart and count as one unit."""
        if len(old) <= 1 and len(new) <= 1:
            self.visit(old[0] if old else _ABSENT, new[0] if new else _ABSENT, topology.of_item(), path)
        elif len(old) > 1 and len(new) > 1:
            self._leaf(old, new, path)
        elif len(old) > 1:
            if new:
                self.visit(_ABSENT, new[0], topology.of_item(), path)
            self.removed.append(path)
        else:
            if old:
                self.visit(old[0], _ABSENT, topology.of_item(), path)
            self.added.append(path)


def _is_scalar(value: object) -> bool:
    return value is not None and value is not _ABSENT and not isinstance(value, dict | list)


def _by_step(items: list[object], topology: Topology) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for item in items:
        found.setdefault(step_of(item, topology), []).append(item)
    return found


def remove(value: object, gone: FieldSet, topology: Topology) -> object:
    """The document without some fields. A map or list that loses everything becomes null."""
    if isinstance(value, dict) and not topology.atomic:
        return {
            key: remove(item, gone.below(f"f:{key}"), topology.at(key)) if gone.below(f"f:{key}") else item
            for key, item in value.items()
            if f"f:{key}" not in gone.members
        } or None
    if isinstance(value, list) and topology.items is not Items.ATOMIC:
        kept = [(step_of(item, topology), item) for item in value]
        return [
            remove(item, gone.below(step), topology.of_item()) if gone.below(step) else item
            for step, item in kept
            if step not in gone.members
        ] or None
    return value if not isinstance(value, dict | list) else None
