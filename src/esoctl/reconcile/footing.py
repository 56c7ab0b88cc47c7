"""What a sync stands on: the object it is for and the stores it reads, as they were when it began.

A sync waits for its providers, and what it was begun for may be another when they answer: the object deleted, or made
anew under its name; a store edited, or deleted. Then nothing of it is written, and the visit is made anew.

* An edit of the object itself is no such case: what was wanted a moment ago is written, and then what is wanted now, so
  that edits without end cannot starve an object.
* It costs no request: the informers are asked. What they do not know yet is caught by the writes themselves, which
  name uids, and by the garbage collector, to which a target names its owner.

DIFFERS: the reference writes what it has fetched, whatever became of the store or the object meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from esoctl.errors import Conflict
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.model.keys import Key, StoreRef
from esoctl.model.meta import Meta
from esoctl.plan import sources
from esoctl.plan.observed import Observed
from esoctl.reconcile.ports import Views

Edit = tuple[str, int]
"""The uid and generation of an object."""


@dataclass(frozen=True, slots=True)
class Footing:
    """The uid of the object, and which edits of which stores; None for a store that was not there."""

    key: Key
    uid: str
    stores: Mapping[StoreRef, Edit | None]


def of(views: Views, observed: Observed, spec: ExternalSecretSpec) -> Footing:
    """Before the first read."""
    refs = sources.store_refs(observed.key.namespace, spec)
    return Footing(observed.key, observed.es.metadata.uid, {ref: _edit(views, ref) for ref in refs})


def require(footing: Footing | None, views: Views) -> None:
    """Before the first write; raises Conflict when the ground has moved. None is of what reads nothing."""
    if footing is None:
        return
    found = views.external_secret(footing.key.namespace, footing.key.name)
    if found is None or _another(found.metadata, footing.uid):
        raise _moved(f"{footing.key} is another now")
    for ref, edit in footing.stores.items():
        if _edit(views, ref) != edit:
            raise _moved(f"{ref} was changed while it was read for {footing.key}")


def _another(meta: Meta, uid: str) -> bool:
    return meta.deleting or meta.uid != uid


def _edit(views: Views, ref: StoreRef) -> Edit | None:
    store = views.store(ref)
    return None if store is None else (store.metadata.uid, store.metadata.generation)


def _moved(what: str) -> Conflict:
    return Conflict(409, "Conflict", f"{what}; nothing is written, and it is visited anew")
