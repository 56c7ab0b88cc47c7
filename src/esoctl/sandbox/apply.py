"""Server-side apply and the bookkeeping of owners for every other write.

``apply`` merges what a manager wants into what is there, removes what only this manager had wanted before, and refuses
to change what others own unless forced. ``track_update`` notes who changed which fields by create, update or patch.
Pure: ``now`` is RFC 3339 text (``2026-01-31T12:00:00Z``); arguments are not changed, results may share parts with them.

From: sigs.k8s.io/structured-merge-diff v6 (``merge.Updater``) and the chain of managers in k8s.io/apimachinery,
``util/managedfields/internal``; the tests' tables were recorded from kube-apiserver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from esoctl.sandbox import fieldsets, fitting, last_applied, owners, structured
from esoctl.sandbox.documents import Doc, child, equal, text, without_nulls
from esoctl.sandbox.fieldsets import NOTHING, FieldSet, PathError
from esoctl.sandbox.owners import APPLY, UPDATE, EntryError, Owner, Owners
from esoctl.sandbox.topology import Topology

_NEVER_OWNED = fieldsets.fields(
    "apiVersion",
    "kind",
    "metadata",
    "metadata.name",
    "metadata.namespace",
    "metadata.creationTimestamp",
    "metadata.selfLink",
    "metadata.uid",
    "metadata.clusterName",
    "metadata.generation",
    "metadata.managedFields",
    "metadata.resourceVersion",
)
_BEFORE_FIRST_APPLY = "before-first-apply"
_STATUS_KEEPS_OUT = frozenset({"metadata", "spec"})
_MAIN_KEEPS_OUT = frozenset({"status"})


class ApplyError(Exception):
    """An apply that makes no sense. ``status`` is the HTTP status to answer with."""

    def __init__(self, problem: str, status: int = 400) -> None:
        super().__init__(problem)
        self.status = status


class ApplyConflict(Exception):
    """Others own fields that would change. ``causes`` are for ``Status.details``, the text for ``Status.message``."""

    def __init__(self, conflicts: Mapping[Owner, FieldSet]) -> None:
        found = [(who, fieldsets.write(path)) for who in sorted(conflicts) for path in conflicts[who].paths()]
        super().__init__(_describe(found))
        self.causes: list[Doc] = [
            {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": path} for who, path in found
        ]


def _describe(found: list[tuple[Owner, str]]) -> str:
    if len(found) == 1:
        return f"Apply failed with 1 conflict: conflict with {found[0][0]}: {found[0][1]}"
    lines: list[str] = []
    for who in dict.fromkeys(who for who, _ in found):
        lines.append(f"conflicts with {who}:")
        lines += [f"- {path}" for other, path in found if other == who]
    return f"Apply failed with {len(found)} conflicts: " + "\n".join(lines)


@dataclass(frozen=True)
class _Request:
    """What stays the same through one write."""

    who: Owner
    topology: Topology
    version: str
    ignored: FieldSet
    """Fields that the resource written to resets, so nobody comes to own them through it."""


def apply(  # noqa: PLR0913 - a request to apply has this many facts
    live: Doc | None,
    wanted: Doc,
    *,
    manager: str,
    force: bool,
    topology: Topology,
    subresource: str,
    api_version: str,
    now: str,
    strip: frozenset[str] | None = None,
) -> Doc:
    """The object after applying ``wanted``; the live object itself when that changes nothing.

    ``strip`` names fields (dotted) that writing to this resource never owns. By default that is ``status`` for the main
    resource, ``metadata`` and ``spec`` for a subresource.
    """
    if child(wanted, "metadata").get("managedFields") is not None:
        raise ApplyError("metadata.managedFields must be nil")
    _check(wanted, topology, api_version)
    who = owners.owner(manager, APPLY, api_version, subresource)
    request = _Request(who, topology, api_version, _ignored(subresource, strip))
    before: Doc = dict(live) if live is not None else {"apiVersion": api_version, "kind": text(wanted, "kind")}
    try:
        held = _first_owners(before, request, now, exists=live is not None)
        after, held = _apply(before, wanted, held, request, force=force)
    except EntryError as error:
        raise ApplyError(f"failed to decode managed fields: {error}", 500) from None
    except PathError as error:
        raise ApplyError(f"failed to create typed live object: {error}", 500) from None
    changed = not equal(after, before)
    after = without_nulls(after) if topology.native else after
    after = last_applied.refreshed(after, wanted) if who.manager == last_applied.MANAGER else after
    result = owners.write(after, held.touched(who, now) if changed else held)
    return result if live is None else _unless_same(live, result, held)


def _check(wanted: Doc, topology: Topology, api_version: str) -> None:
    found = fitting.misfits(wanted, topology)
    if not found:
        return
    metadata = child(wanted, "metadata")
    name, namespace = text(metadata, "name"), text(metadata, "namespace")
    kind = f"{api_version if '/' in api_version else '/' + api_version}, Kind={text(wanted, 'kind')}"
    what = f"{namespace}/{name}; {kind}"
    raise ApplyError(f"failed to create typed patch object ({what}): {fitting.describe(found)}", 500)


def _ignored(subresource: str, strip: frozenset[str] | None) -> FieldSet:
    default = _STATUS_KEEPS_OUT if subresource else _MAIN_KEEPS_OUT
    return fieldsets.fields(*(default if strip is None else strip))


def _first_owners(live: Doc, request: _Request, now: str, *, exists: bool) -> Owners:
    """The owners of the live object. What an object without any holds is put down to a manager of its own."""
    held = owners.read(live)
    if held.holdings or not exists:
        return held
    who = owners.owner(_BEFORE_FIRST_APPLY, UPDATE, request.version, request.who.subresource)
    blank = {"apiVersion": live.get("apiVersion"), "kind": live.get("kind"), **request.topology.blank}
    return _note_update(blank, live, held, replace(request, who=who), now)


def _apply(live: Doc, wanted: Doc, held: Owners, request: _Request, *, force: bool) -> tuple[Doc, Owners]:
    merged = _document(structured.merge(live, wanted, request.topology))
    last = held.fields_of(request.who)
    fields = fieldsets.from_object(wanted, request.topology).without_trees(request.ignored)
    held = held.with_fields(request.who, fields, request.version)
    after = _prune(merged, held, last, request)
    change = structured.compare(live, after, request.topology).without(request.ignored)
    spared = last_applied.own_fields(live, request.topology) if request.who.manager == last_applied.MANAGER else NOTHING
    held = _settle(held, change, request.who, force=force, spared=spared)
    return after, held.with_fields(request.who, held.fields_of(request.who).difference(_NEVER_OWNED), request.version)


def _prune(merged: Doc, held: Owners, last: FieldSet, request: _Request) -> Doc:
    """Remove what this manager wanted last time and nobody wants or owns now."""
    topology = request.topology
    if not last.difference(held.fields_of(request.who)):
        return merged
    last = last.with_declared(topology)
    everything = fieldsets.from_object(merged, topology).with_declared(topology)

    def left(thinned: object) -> FieldSet:
        return fieldsets.from_object(thinned, topology).with_declared(topology)

    owned = fieldsets.NOTHING
    for holding in held.holdings.values():
        owned = owned.union(holding.fields)
    kept = left(structured.remove(merged, last, topology)).union(owned.with_declared(topology))
    thinned = structured.remove(merged, everything.difference(kept), topology)
    gone = everything.difference(left(thinned)).intersection(last)
    return _document(structured.remove(merged, gone, topology))


def _settle(
    held: Owners, change: structured.Comparison, who: Owner, *, force: bool, spared: FieldSet = NOTHING
) -> Owners:
    """Take changed and removed fields from the others; changing them needs force, but for those that are spared."""
    set_anew = change.modified.union(change.added)
    conflicts = {
        other: found
        for other, holding in held.holdings.items()
        if other != who and (found := holding.fields.intersection(set_anew))
    }
    conflicts = {other: found for other, fields in conflicts.items() if (found := fields.difference(spared))}
    if conflicts and not force:
        raise ApplyConflict(conflicts)
    return held.less(set_anew.union(change.removed), spare=who)


def track_update(  # noqa: PLR0913 - a write has this many facts
    live: Doc | None,
    new: Mapping[str, object],
    *,
    manager: str,
    subresource: str,
    topology: Topology,
    api_version: str,
    now: str,
    strip: frozenset[str] | None = None,
) -> Doc:
    """The new object with its owners brought up to date after a create, update or patch.

    Owners named in the new object count, else those of the live one; naming none at all (``[]`` or ``[{}]``) clears
    them. An object without owners stays without. An update that changes nothing gives the live object itself.
    """
    before = dict(live) if live is not None else {**topology.blank}
    before |= {"apiVersion": new.get("apiVersion"), "kind": new.get("kind")}
    held = _named_owners(live or {}, new, subresource)
    who = owners.owner(manager, UPDATE, api_version, subresource)
    request = _Request(who, topology, api_version, _ignored(subresource, strip))
    if held.holdings or live is None:
        held = owners.capped(_note_update(before, dict(new), held, request, now))
    result = owners.write(new, held)
    return result if live is None else _unless_same(live, result, held)


def _named_owners(live: Mapping[str, object], new: Mapping[str, object], subresource: str) -> Owners:
    if not subresource and owners.is_reset(new):
        return Owners()
    for source in (live,) if subresource else (new, live):
        try:
            found = owners.read(source)
        except EntryError:
            continue
        if found.holdings:
            return found
    return Owners()


def _note_update(before: Doc, new: Doc, held: Owners, request: _Request, now: str) -> Owners:
    try:
        change = structured.compare(_unmanaged(before), _unmanaged(new), request.topology).without(request.ignored)
    except PathError:
        return held
    held = _settle(held, change, Owner("", ""), force=True)
    fields = change.modified.union(change.added).difference(_NEVER_OWNED)
    if not fields:
        return held
    fields = fields.union(held.fields_of(request.who))
    return held.with_fields(request.who, fields, request.version).touched(request.who, now)


def _unmanaged(obj: Doc) -> Doc:
    return owners.write(obj, Owners())


def _unless_same(live: Doc, result: Doc, held: Owners) -> Doc:
    """The live object when the result differs in nothing but the times of its owners."""
    if not equal(_unmanaged(live), _unmanaged(result)):
        return result
    try:
        before = owners.read(live)
    except EntryError:
        return result
    return live if held.agrees_with(before) else result


def _document(value: object) -> Doc:
    return value if isinstance(value, dict) else {}
