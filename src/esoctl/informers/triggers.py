"""From a change of an object to the keys that must be looked at, and how urgent each is.

Pure: lookups into the other informers' indexes are passed in. Nothing is enqueued here; the composition root hands the
keys to the queue. A change that does not matter gives no keys (``predicates``).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from esoctl.model import conditions
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.kinds import Resource
from esoctl.model.meta import Meta
from esoctl.model.store import Store


class Cause(StrEnum):
    """Why a key is to be looked at; the queue's lanes follow from it."""

    DELETION = "deletion"
    EDIT = "edit"
    DRIFT = "drift"
    STORE = "store"
    SOURCE = "source"
    """What it is made from was edited, so it is out of date although nothing of its own changed."""
    INITIAL = "initial"


class Trigger(NamedTuple):
    """One key and its cause."""

    key: Key
    cause: Cause


@dataclass(frozen=True, slots=True)
class Lookups:
    """What a change reaches beyond its own object."""

    by_target: Callable[[str, str], Iterable[ExternalSecret]]
    """ExternalSecrets of a namespace whose target has that name."""
    by_store: Callable[[StoreRef], Iterable[ExternalSecret]]
    """ExternalSecrets that name the store."""
    by_credential: Callable[[str, str], Iterable[Store]]
    """Stores whose credentials may come from the Secret of that namespace and name."""
    by_manifest: Callable[[Resource, str, str], Iterable[ExternalSecret]]
    """ExternalSecrets whose target is the object of that kind, namespace and name."""
    by_text: Callable[[Kind, str, str], Iterable[ExternalSecret]]
    """ExternalSecrets whose templates are in the ConfigMap or Secret of that namespace and name, or that use the
    generator of that kind, namespace and name."""
    own: Callable[[Meta], bool]
    """Whether a Secret is as our own last write left it."""


def of_external_secret(new: ExternalSecret | None, meta: Meta, *, initial: bool) -> Iterator[Trigger]:
    """An ExternalSecret was made, edited or deleted."""
    key = Key(Kind.EXTERNAL_SECRET, meta.namespace, meta.name)
    if new is None or meta.deleting:
        yield Trigger(key, Cause.DELETION)
    else:
        yield Trigger(key, Cause.INITIAL if initial else Cause.EDIT)


def of_store(old: Store | None, new: Store | None, lookups: Lookups, *, initial: bool) -> Iterator[Trigger]:
    """A store was made, edited, deleted, or its Ready condition turned.

    Dependants that wait for it are tried again at once: a mended store heals them within seconds. An edit makes the
    others out of date too, and so does a deletion: they say at once that their store is gone. DIFFERS: the reference
    watches no stores.
    """
    store = new or old
    assert store is not None
    edited = new is None or old is None or old.metadata.generation != new.metadata.generation
    if edited:
        # Stores go first after a start: their dependants wait for them.
        yield Trigger(store.ref.key, Cause.STORE if initial else Cause.EDIT)
    if not initial:
        yield from _dependants(new, lookups.by_store(store.ref), edited=edited)


def of_secret(new: Meta | None, meta: Meta, lookups: Lookups, *, initial: bool) -> Iterator[Trigger]:
    """A Secret was made, edited or deleted: perhaps a target, a store's credentials, or what holds templates."""
    if initial:
        return
    edited = new is None or not lookups.own(new)
    for external_secret in lookups.by_target(meta.namespace, meta.name) if edited else ():
        yield Trigger(_key(external_secret), Cause.DRIFT)
    for store in lookups.by_credential(meta.namespace, meta.name):
        yield Trigger(store.ref.key, Cause.STORE)
        for dependant in lookups.by_store(store.ref):
            if waits(dependant):
                yield Trigger(_key(dependant), Cause.STORE)
    for dependant in lookups.by_text(Kind.SECRET, meta.namespace, meta.name):
        # A template that is read from the very target it makes must not feed itself.
        if edited or dependant.target_name != meta.name:
            yield Trigger(_key(dependant), Cause.SOURCE)


def of_generic(resource: Resource, meta: Meta, lookups: Lookups, *, initial: bool) -> Iterator[Trigger]:
    """A target that is no Secret was edited or deleted."""
    for external_secret in () if initial else lookups.by_manifest(resource, meta.namespace, meta.name):
        yield Trigger(_key(external_secret), Cause.DRIFT)


def of_config_map(meta: Meta, lookups: Lookups, *, initial: bool) -> Iterator[Trigger]:
    """A ConfigMap was made, edited or deleted: perhaps one that holds templates.

    DIFFERS: the reference sees an edited template at the next refresh.
    """
    for dependant in () if initial else lookups.by_text(Kind.CONFIG_MAP, meta.namespace, meta.name):
        yield Trigger(_key(dependant), Cause.SOURCE)


def of_generator(kind: Kind, new: Meta | None, meta: Meta, lookups: Lookups, *, initial: bool) -> Iterator[Trigger]:
    """A generator was made or edited. When it is deleted, what it made stays until the next refresh asks for it.

    DIFFERS: the reference sees an edited generator at the next refresh.
    """
    for dependant in () if initial or new is None else lookups.by_text(kind, meta.namespace, meta.name):
        yield Trigger(_key(dependant), Cause.SOURCE)


def waits(external_secret: ExternalSecret) -> bool:
    """Whether its last sync failed, or it was never synced."""
    ready = conditions.find(external_secret.status.conditions)
    return ready is None or ready.status != "True"


def _dependants(new: Store | None, found: Iterable[ExternalSecret], *, edited: bool) -> Iterator[Trigger]:
    """Those an edit makes out of date, or those that wait for a store that may be used again."""
    usable = new is None or _usable(new)
    for dependant in found:
        if usable and waits(dependant):
            yield Trigger(_key(dependant), Cause.STORE)
        elif edited:
            yield Trigger(_key(dependant), Cause.SOURCE)


def _usable(store: Store) -> bool:
    ready = conditions.find(store.status.conditions)
    return ready is None or ready.status == "True"


def _key(external_secret: ExternalSecret) -> Key:
    return Key(Kind.EXTERNAL_SECRET, external_secret.metadata.namespace, external_secret.metadata.name)
