"""Opens stores for consumers: find, admit, decode, and lease a pooled client.

A decoded backend is kept by the store's uid and generation, so a store is decoded once per edit, not once per use.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import anyio

from esoctl.errors import SpecError, StoreBusy, StoreNotFound, StoreNotReady, StoreUnmanaged
from esoctl.model.keys import StoreRef
from esoctl.model.kinds import GROUP
from esoctl.model.store import Store
from esoctl.plan import access, validate
from esoctl.plan import unused as unused_fields
from esoctl.providers.contract import Backend, Client, Provider, Scope
from esoctl.providers.pool import ClientPool
from esoctl.providers.registry import UNUSED
from esoctl.reconcile.circuits import Circuits
from esoctl.reconcile.credentials import SecretReader, StoreCredentials
from esoctl.reconcile.gather import Opened
from esoctl.reconcile.ports import Cluster, Views

AT_ONCE = 24
"""Reconciles that may wait for one store at a time: of the default 32 workers a quarter stays free."""
PATIENCE_SECONDS = 1.0
"""How long a reconcile waits for a place at a store before it is put off."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A store's backend, of which provider, and for which edit of the store it was decoded."""

    provider: Provider
    backend: Backend
    edit: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Stores:
    """Opens stores; the ``gather.Open`` of the operator."""

    views: Views
    cluster: Cluster
    providers: Mapping[str, Provider]
    pool: ClientPool
    reader: SecretReader
    controller_class: str
    circuits: Circuits = field(default_factory=Circuits, repr=False)
    decoded: dict[StoreRef, Decoded] = field(default_factory=dict, repr=False)
    places: dict[StoreRef, anyio.Semaphore] = field(default_factory=dict, repr=False)

    @asynccontextmanager
    async def open(self, ref: StoreRef, consumer: str) -> AsyncIterator[Opened]:
        """A client to the store for that namespace; raises StoreError."""
        store = self._find(ref)
        access.admit(store, consumer, self.views.namespace_labels(consumer))
        access.require_ready(ref, store)
        try:
            decoded = self.decode(store)
        except SpecError as error:
            raise StoreNotReady(str(ref), f"{ref} is not ready: {error}") from error
        with self.circuits.visit(ref) as heard:
            places = await self._place(ref)
            try:
                async with self.client(decoded, ref, consumer) as client:
                    yield Opened(heard(client), decoded.provider.quirks)
            finally:
                places.release()

    async def _place(self, ref: StoreRef) -> anyio.Semaphore:
        """Take one of the store's places; StoreBusy when none gets free soon: the store hangs, or is very slow."""
        places = self.places.get(ref)
        if places is None:
            places = self.places[ref] = anyio.Semaphore(AT_ONCE)
        if places.value:
            places.acquire_nowait()
            return places
        with anyio.move_on_after(PATIENCE_SECONDS) as waiting:
            await places.acquire()
        if waiting.cancelled_caught:
            busy = f"{AT_ONCE} others wait for an answer of {ref}; esoctl tries again in a moment"
            raise StoreBusy(str(ref), busy)
        return places

    def client(self, decoded: Decoded, ref: StoreRef, consumer: str) -> AbstractAsyncContextManager[Client]:
        """A client for a decoded store, leased from the pool."""
        credentials = StoreCredentials(ref, consumer, self.reader, self.cluster)
        backend = decoded.backend
        identity = credentials.identity(backend.secret_refs, per_consumer=backend.per_consumer)
        return self.pool.lease(backend, identity, credentials)

    def decode(self, store: Store) -> Decoded:
        """The store's backend; raises SpecError with the place of what is wrong."""
        ref, edit = store.ref, (store.metadata.uid, store.metadata.generation)
        kept = self.decoded.get(ref)
        if kept is None or kept.edit != edit:
            kept = self.decoded[ref] = self._decode(store, edit)
        return kept

    def forget(self, ref: StoreRef) -> None:
        """The store is no more."""
        self.decoded.pop(ref, None)
        self.places.pop(ref, None)
        self.circuits.forget(ref)

    def _decode(self, store: Store, edit: tuple[str, int]) -> Decoded:
        provider, backend = validate_store(store, self.providers)
        return Decoded(provider, backend, edit)

    def _find(self, ref: StoreRef) -> Store:
        store = self.views.store(ref)
        if store is None:
            missing = f'{ref.kind}.{GROUP} "{ref.name}" not found; create it, or correct secretStoreRef'
            raise StoreNotFound(str(ref), f"could not get {ref}, {self.views.beyond(ref.kind) or missing}")
        if not access.manages(self.controller_class, store.spec):
            raise StoreUnmanaged(str(ref), "can not reference unmanaged store")
        return store


def validate_store(store: Store, providers: Mapping[str, Provider]) -> tuple[Provider, Backend]:
    """The provider and backend of a store, as the controller and ``esoctl check`` both judge it; raises SpecError."""
    name = store.metadata.name
    if store.spec is None:
        if store.unfit[1]:
            raise validate.unfit(store.unfit, "spec")
        raise SpecError("spec", validate.one_backend(name, 0))
    validate.store_spec(name, store.spec)
    ((kind, body),) = store.spec.provider.items()
    if kind not in providers:
        served = ", ".join(sorted(providers))
        raise SpecError(f"spec.provider.{kind}", f"no such provider; this operator serves: {served}")
    provider = providers[kind]
    return provider, provider.decode(body, Scope(store.ref, store.spec.retry_settings))


def unused(store: Store) -> list[validate.Problem]:
    """The fields of a store that have no effect, for the controller and for ``esoctl check``."""
    if store.spec is None:
        return []
    found = unused_fields.store(store.spec, cluster=not store.metadata.namespace)
    for kind, body in store.spec.provider.items():
        told = UNUSED[kind](body) if kind in UNUSED else []
        found += [validate.Problem(path, why, unused_fields.DROP) for path, why in told]
    return found
