"""Takes objects away: at once, or when their last finalizer is gone.

From k8s.io/apiserver ``registry/generic/registry/store.go``: marking for deletion raises the generation, finalizers of
garbage collection follow the propagation policy, and an object without finalizers leaves the store. Namespaces and
definitions of custom resources wait for their content.
"""

from dataclasses import dataclass

from esoctl.sandbox import crds, lookup
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.metadata import FOREGROUND, ORPHAN
from esoctl.sandbox.store import ShelfKey
from esoctl.sandbox.world import NAMESPACES, World

BACKGROUND_POLICY, FOREGROUND_POLICY, ORPHAN_POLICY = "Background", "Foreground", "Orphan"


@dataclass(frozen=True, slots=True)
class Outcome:
    doc: Doc
    """The object as it waits, or its last state."""
    gone: bool


def plan(key: ShelfKey, doc: Doc, policy: str, now: str) -> Outcome:
    """What a delete makes of the object; nothing is stored yet."""
    if key == NAMESPACES:
        return _plan_namespace(doc, policy, now)
    if key == crds.KEY:
        return _plan_definition(doc, policy, now)
    finalizers = _finalizers(doc, policy)
    if not finalizers:
        return Outcome(doc, gone=True)
    return Outcome(_marked(doc, finalizers, now), gone=False)


def _plan_namespace(doc: Doc, policy: str, now: str) -> Outcome:
    finalizers = _finalizers(doc, policy)
    if not lookup.text(doc, "metadata", "deletionTimestamp"):
        meta: Doc = {**lookup.meta(doc), "deletionTimestamp": now}
        _set_finalizers(meta, finalizers)
        status: Doc = {**lookup.child(doc, "status"), "phase": "Terminating"}
        return Outcome({**doc, "metadata": meta, "status": status}, gone=False)
    waits = bool(lookup.texts(doc, "spec", "finalizers") or finalizers)
    return Outcome(doc, gone=not waits)


def _plan_definition(doc: Doc, policy: str, now: str) -> Outcome:
    finalizers = _finalizers(doc, policy)
    if not lookup.text(doc, "metadata", "deletionTimestamp"):
        finalizers = list(dict.fromkeys([*finalizers, crds.CLEANUP]))
        marked = _marked(doc, finalizers, now)
        return Outcome({**marked, "status": crds.terminating(doc, now)}, gone=False)
    return Outcome(doc, gone=not finalizers)


def _finalizers(doc: Doc, policy: str) -> list[str]:
    """The finalizers after the policy set or cleared those of garbage collection."""
    before = lookup.texts(doc, "metadata", "finalizers")
    others = [one for one in before if one not in (FOREGROUND, ORPHAN)]
    match policy:
        case "Foreground":
            return [*others, FOREGROUND]
        case "Orphan":
            return [*others, ORPHAN]
        case "Background":
            return others
        case _:
            return before


def _marked(doc: Doc, finalizers: list[str], now: str) -> Doc:
    meta = dict(lookup.meta(doc))
    if not lookup.text(meta, "deletionTimestamp"):
        meta["deletionTimestamp"] = now
        if generation := lookup.number(meta, "generation"):
            meta["generation"] = generation + 1
    meta["deletionGracePeriodSeconds"] = 0
    _set_finalizers(meta, finalizers)
    return doc if meta == lookup.meta(doc) else {**doc, "metadata": meta}


def _set_finalizers(meta: Doc, finalizers: list[str]) -> None:
    if finalizers:
        meta["finalizers"] = list(finalizers)
    else:
        meta.pop("finalizers", None)


class Removal:
    """Carries deletions out in the store."""

    def __init__(self, world: World) -> None:
        self._world = world

    def delete(self, key: ShelfKey, doc: Doc, policy: str = BACKGROUND_POLICY) -> Outcome:
        outcome = plan(key, doc, policy, self._world.now())
        if outcome.gone:
            return Outcome(self._world.store.remove(key, lookup.place_of(doc)), gone=True)
        if outcome.doc is doc:
            return outcome
        return Outcome(self._world.store.put(key, outcome.doc), gone=False)

    def release(self, key: ShelfKey, doc: Doc, finalizer: str) -> None:
        """Take one finalizer off; the object goes when it was the last one of a deleted object."""
        meta = dict(lookup.meta(doc))
        _set_finalizers(meta, [one for one in lookup.texts(meta, "finalizers") if one != finalizer])
        self.rewrite(key, doc, {**doc, "metadata": meta})

    def rewrite(self, key: ShelfKey, doc: Doc, changed: Doc) -> None:
        """Store a controller's change of an object."""
        meta = lookup.meta(changed)
        held = lookup.texts(meta, "finalizers") or lookup.texts(changed, "spec", "finalizers")
        if lookup.text(meta, "deletionTimestamp") and not held:
            self._world.store.remove(key, lookup.place_of(doc))
        else:
            self._world.store.put(key, {**changed, "metadata": dict(meta)})
