"""Collects dependents whose owners are gone, and carries out foreground deletion and orphaning.

From the Kubernetes documentation "Garbage Collection" and the garbage collector of kube-controller-manager: an owner
counts when its uid exists, in the same namespace or cluster-wide; a dependent goes when none of its owners is left.
"""

from esoctl.sandbox import lookup
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.metadata import FOREGROUND, ORPHAN
from esoctl.sandbox.removal import BACKGROUND_POLICY, FOREGROUND_POLICY, Removal
from esoctl.sandbox.store import Change, Happened, Located, ShelfKey
from esoctl.sandbox.world import World


class Garbage:
    def __init__(self, world: World, removal: Removal) -> None:
        self._world = world
        self._removal = removal

    def look_at(self, key: ShelfKey, change: Change) -> None:
        if change.happened is Happened.DELETED:
            self._owner_gone(lookup.uid_of(change.doc))
            self._unblock_owners(change.doc)
            return
        current = self._world.store.get(key, lookup.place_of(change.doc))
        if current is None:
            return
        if lookup.items(current, "metadata", "ownerReferences"):
            self._collect(Located(key, lookup.place_of(current)))
        if lookup.text(current, "metadata", "deletionTimestamp"):
            self._finalize(key, current)

    def _owner_gone(self, uid: str) -> None:
        for dependent in self._world.store.dependents(uid):
            self._collect(dependent)

    def _collect(self, located: Located) -> None:
        """Delete the object when no owner is left; forget owners that are gone when others are left."""
        doc = self._world.store.get(located.shelf, located.place)
        owners = list(lookup.docs(doc, "metadata", "ownerReferences"))
        if doc is None or not owners:
            return
        left = [owner for owner in owners if self._exists(owner, located)]
        if not left:
            self._removal.delete(located.shelf, doc, BACKGROUND_POLICY)
        elif len(left) < len(owners):
            self._set_owners(located, doc, left)

    def _exists(self, owner: Doc, dependent: Located) -> bool:
        found = self._world.store.locate(lookup.text(owner, "uid"))
        return found is not None and found.place[0] in ("", dependent.place[0])

    def _set_owners(self, located: Located, doc: Doc, owners: list[Doc]) -> None:
        meta = dict(lookup.meta(doc))
        if owners:
            meta["ownerReferences"] = list(owners)
        else:
            meta.pop("ownerReferences", None)
        self._removal.rewrite(located.shelf, doc, {**doc, "metadata": meta})

    def _finalize(self, key: ShelfKey, doc: Doc) -> None:
        """Do what the finalizers of garbage collection wait for."""
        finalizers = lookup.texts(doc, "metadata", "finalizers")
        if ORPHAN in finalizers:
            self._orphan_dependents(lookup.uid_of(doc))
            self._removal.release(key, doc, ORPHAN)
        elif FOREGROUND in finalizers:
            self._delete_dependents(lookup.uid_of(doc))
            if not self._blocking(lookup.uid_of(doc)):
                self._removal.release(key, doc, FOREGROUND)

    def _orphan_dependents(self, uid: str) -> None:
        for located in self._world.store.dependents(uid):
            doc = self._world.store.get(located.shelf, located.place)
            if doc is not None:
                owners = lookup.docs(doc, "metadata", "ownerReferences")
                self._set_owners(located, doc, [one for one in owners if one.get("uid") != uid])

    def _delete_dependents(self, uid: str) -> None:
        for located in self._world.store.dependents(uid):
            doc = self._world.store.get(located.shelf, located.place)
            if doc is None or lookup.text(doc, "metadata", "deletionTimestamp"):
                continue
            others = [one for one in lookup.docs(doc, "metadata", "ownerReferences") if one.get("uid") != uid]
            left = [one for one in others if self._exists(one, located)]
            if left:
                self._set_owners(located, doc, left)
            else:
                self._removal.delete(located.shelf, doc, self._policy_for(doc))

    def _policy_for(self, doc: Doc) -> str:
        """A dependent with dependents of its own goes in the foreground too."""
        return FOREGROUND_POLICY if self._world.store.dependents(lookup.uid_of(doc)) else BACKGROUND_POLICY

    def _blocking(self, uid: str) -> bool:
        """Is there a dependent that keeps the owner from going?"""
        found = (self._world.store.get(one.shelf, one.place) for one in self._world.store.dependents(uid))
        return any(
            owner.get("blockOwnerDeletion") is True
            for doc in found
            for owner in lookup.docs(doc, "metadata", "ownerReferences")
            if owner.get("uid") == uid
        )

    def _unblock_owners(self, doc: Doc) -> None:
        """Look again at owners that waited for this dependent."""
        for owner in lookup.docs(doc, "metadata", "ownerReferences"):
            located = self._world.store.locate(lookup.text(owner, "uid"))
            waiting = located and self._world.store.get(located.shelf, located.place)
            if located and waiting and lookup.text(waiting, "metadata", "deletionTimestamp"):
                self._finalize(located.shelf, waiting)
