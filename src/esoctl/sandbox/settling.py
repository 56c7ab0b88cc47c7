"""Does at once what the controllers of a cluster do a little later.

After every request the changes since the last one are looked at: definitions of custom resources are served or
withdrawn, dependents of deleted owners are collected, terminating namespaces are emptied, new namespaces get their
default service account. Doing this between two requests makes the sandbox deterministic; clients still see each step
as its own event.
"""

from esoctl.sandbox import crds, lookup, metadata
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.garbage import Garbage
from esoctl.sandbox.removal import Removal
from esoctl.sandbox.store import Change, Happened, ShelfKey
from esoctl.sandbox.world import NAMESPACES, World

_ACCOUNTS: ShelfKey = ("", "serviceaccounts")


class Settling:
    def __init__(self, world: World) -> None:
        self._world = world
        self._removal = Removal(world)
        self._garbage = Garbage(world, self._removal)

    def run(self) -> None:
        """Look at every change until there are no more."""
        journal = self._world.store.journal
        while journal:
            key, change = journal.popleft()
            if key == crds.KEY:
                self._definition(change)
            elif key == NAMESPACES:
                self._namespace(change)
            self._garbage.look_at(key, change)
            if change.happened is Happened.DELETED:
                self._content_gone(key, change.doc)

    # Definitions of custom resources

    def _definition(self, change: Change) -> None:
        spec = lookup.child(change.doc, "spec")
        group, plural = lookup.text(spec, "group"), lookup.text(spec, "names", "plural")
        current = self._world.store.get(crds.KEY, ("", lookup.name_of(change.doc)))
        if current is None:
            self._world.catalogue.remove(group, plural)
            self._world.store.shelf((group, plural)).close()
        elif current is change.doc:
            self._serve(current, group, plural)

    def _serve(self, definition: Doc, group: str, plural: str) -> None:
        others = [
            other
            for place, other in self._world.store.shelf(crds.KEY).objects.items()
            if place[1] != lookup.name_of(definition)
        ]
        status = crds.accepted(definition, others, self._world.now())
        if status != lookup.child(definition, "status"):
            # The stored change comes back here through the journal and is served then.
            self._world.store.put(crds.KEY, {**definition, "metadata": dict(lookup.meta(definition)), "status": status})
            return
        self._world.catalogue.remove(group, plural)
        if lookup.text(status, "acceptedNames", "plural") == plural:
            for row in crds.rows(definition):
                self._world.catalogue.add(row)
        if lookup.text(definition, "metadata", "deletionTimestamp"):
            self._empty_resource(definition, (group, plural))

    def _empty_resource(self, definition: Doc, key: ShelfKey) -> None:
        """Delete the objects of a definition; the last one out releases it."""
        for doc in list(self._world.store.shelf(key).objects.values()):
            if not lookup.text(doc, "metadata", "deletionTimestamp"):
                self._removal.delete(key, doc)
        held = crds.CLEANUP in lookup.texts(definition, "metadata", "finalizers")
        if held and not self._world.store.shelf(key).objects:
            self._removal.release(crds.KEY, definition, crds.CLEANUP)

    # Namespaces

    def _namespace(self, change: Change) -> None:
        current = self._world.store.get(NAMESPACES, ("", lookup.name_of(change.doc)))
        if current is None:
            return
        if lookup.text(current, "status", "phase") == "Terminating":
            self._empty_namespace(current)
        elif change.happened is Happened.ADDED:
            self._add_account(lookup.name_of(current))

    def _add_account(self, namespace: str) -> None:
        if self._world.store.get(_ACCOUNTS, (namespace, "default")) is not None:
            return
        doc: Doc = {"apiVersion": "v1", "kind": "ServiceAccount"}
        doc["metadata"] = {"name": "default", "namespace": namespace}
        metadata.begin(doc, self._world.now(), self._world.entropy)
        self._world.store.put(_ACCOUNTS, doc)

    def _empty_namespace(self, namespace: Doc) -> None:
        name = lookup.name_of(namespace)
        left = False
        for shelf in self._world.store.shelves():
            for doc in [doc for place, doc in shelf.objects.items() if place[0] == name]:
                outcome = self._removal.delete(shelf.key, doc)
                left = left or not outcome.gone
        if not left and lookup.texts(namespace, "spec", "finalizers"):
            spec = {key: value for key, value in lookup.child(namespace, "spec").items() if key != "finalizers"}
            self._removal.rewrite(NAMESPACES, namespace, {**namespace, "spec": spec})

    # Both

    def _content_gone(self, key: ShelfKey, doc: Doc) -> None:
        """The last object of something that is terminating lets it go."""
        namespace = self._world.store.get(NAMESPACES, ("", lookup.namespace_of(doc)))
        if namespace is not None and lookup.text(namespace, "status", "phase") == "Terminating":
            self._empty_namespace(namespace)
        definition = self._world.store.get(crds.KEY, ("", f"{key[1]}.{key[0]}"))
        if definition is not None and lookup.text(definition, "metadata", "deletionTimestamp"):
            self._empty_resource(definition, key)
