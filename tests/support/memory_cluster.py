"""The reconcilers' ports in memory: what the informers would say, and a cluster that writes down what it is asked."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio.lowlevel
import msgspec

from esoctl.errors import EsoctlError
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.generators import GeneratorKey
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.meta import Meta
from esoctl.model.secret import Secret
from esoctl.model.store import Store
from esoctl.plan.observed import CREATED_BY_LABEL
from esoctl.reconcile.ports import Note
from support.builders import ES_UID, a_target

Place = tuple[str, str]


@dataclass
class MemoryViews:
    """The informers' side; the test decides how far each of them lags."""

    external_secrets: dict[Place, ExternalSecret] = field(default_factory=dict)
    stores: dict[StoreRef, Store] = field(default_factory=dict)
    metas: dict[Place, Meta] = field(default_factory=dict)
    managed: dict[Place, Secret] = field(default_factory=dict)
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: int = 0
    unseen: set[Kind] = field(default_factory=set)

    def put(self, *things: ExternalSecret | Store | Secret) -> None:
        """Let the informers know an object."""
        for thing in things:
            place = (thing.metadata.namespace, thing.metadata.name)
            if isinstance(thing, ExternalSecret):
                self.external_secrets[place] = thing
            elif isinstance(thing, Store):
                self.stores[thing.ref] = thing
            else:
                self.metas[place] = thing.metadata
                self.managed[place] = thing

    def external_secret(self, namespace: str, name: str) -> ExternalSecret | None:
        return self.external_secrets.get((namespace, name))

    def store(self, ref: StoreRef) -> Store | None:
        return self.stores.get(ref)

    def dependants(self, ref: StoreRef) -> list[ExternalSecret]:
        named = (es for es in self.external_secrets.values() if es.spec is not None)
        return [es for es in named if es.spec is not None and es.spec.secret_store_ref.name == ref.name]

    def managed_secret(self, namespace: str, name: str) -> Secret | None:
        return self.managed.get((namespace, name))

    def secret_meta(self, namespace: str, name: str) -> Meta | None:
        return self.metas.get((namespace, name))

    def beyond(self, kind: Kind) -> str:
        return f"no {kind} here" if kind in self.unseen else ""

    def secrets_seen(self, namespace: str) -> int:
        return self.seen

    def secrets_created_by(self, namespace: str, owner_hash: str) -> list[Meta]:
        return [
            meta
            for (where, _), meta in self.metas.items()
            if where == namespace and meta.labels.get(CREATED_BY_LABEL) == owner_hash
        ]

    def namespace_labels(self, namespace: str) -> dict[str, str]:
        return self.namespaces.get(namespace, {})


@dataclass
class MemoryCluster:
    """The API server's side; ``calls`` is what was asked, in order, and ``refuse`` makes a call fail."""

    secrets: dict[Place, Secret] = field(default_factory=dict)
    config_maps: dict[Place, dict[str, str]] = field(default_factory=dict)
    generators: dict[GeneratorKey, object] = field(default_factory=dict)
    """The ``spec`` of each."""
    accounts: dict[Place, dict[str, str]] = field(default_factory=dict)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    notes: list[tuple[Key, Note]] = field(default_factory=list)
    errors: dict[str, list[EsoctlError]] = field(default_factory=dict)
    live: dict[Key, Meta | None] = field(default_factory=dict)
    """Metadata of objects that are other than the builders make them, though informers may know them so."""
    version: int = 100

    def refuse(self, method: str, *errors: EsoctlError) -> None:
        """Let the next calls of a method fail, in that order."""
        self.errors.setdefault(method, []).extend(errors)

    def names(self) -> list[str]:
        """The methods that were called."""
        return [call[0] for call in self.calls]

    def statuses(self) -> list[Any]:
        """The statuses that were written."""
        return [body["status"] for call, body in zip(self.calls, self.bodies, strict=True) if call[0] == "patch_status"]

    async def secret(self, namespace: str, name: str) -> Secret | None:
        await self._called("secret", namespace, name)
        return self.secrets.get((namespace, name))

    async def meta(self, key: Key) -> Meta | None:
        await self._called("meta", str(key))
        return self.live.get(key, Meta(key.name, key.namespace, ES_UID, generation=1))

    async def config_map(self, namespace: str, name: str) -> dict[str, str] | None:
        await self._called("config_map", namespace, name)
        return self.config_maps.get((namespace, name))

    async def generator(self, key: GeneratorKey) -> bytes | None:
        await self._called("generator", key.kind, key.namespace, key.name)
        spec = self.generators.get(key)
        return None if spec is None else json.dumps({"metadata": {"name": key.name}, "spec": spec}).encode()

    async def apply_secret(self, namespace: str, name: str, body: bytes, manager: str) -> Secret:
        wanted = json.loads(body)
        await self._called("apply_secret", namespace, name, manager, body=wanted)
        self.version += 1
        kept = self.secrets.get((namespace, name))
        data = {**(kept.data if kept else {}), **_values(wanted)}
        made = a_target(data, name=name)
        meta = msgspec.structs.replace(
            made.metadata,
            namespace=namespace,
            resource_version=str(self.version),
            labels=wanted["metadata"]["labels"],
            annotations=wanted["metadata"]["annotations"],
        )
        secret = msgspec.structs.replace(made, metadata=meta)
        self.secrets[namespace, name] = secret
        return secret

    async def take_over_secret(self, namespace: str, name: str, manager: str) -> None:
        await self._called("take_over_secret", namespace, name, manager)

    async def remove_secret(self, namespace: str, name: str, uid: str, resource_version: str) -> None:
        await self._called("remove_secret", namespace, name, uid, resource_version)
        self.secrets.pop((namespace, name), None)

    async def patch_status(self, key: Key, body: bytes) -> None:
        await self._called("patch_status", str(key), body=json.loads(body))

    async def set_finalizers(self, key: Key, finalizers: list[str], resource_version: str) -> None:
        await self._called("set_finalizers", str(key), *finalizers, resource_version)

    async def service_account(self, namespace: str, name: str) -> Meta | None:
        await self._called("service_account", namespace, name)
        annotations = self.accounts.get((namespace, name))
        return None if annotations is None else Meta(name, namespace, f"uid-of-{name}", annotations=annotations)

    async def service_account_token(self, namespace: str, name: str, audiences: tuple[str, ...]) -> str:
        await self._called("service_account_token", namespace, name, *audiences)
        return f"token-of-{namespace}/{name}"

    def note(self, key: Key, meta: Meta, note: Note) -> None:
        self.notes.append((key, note))

    def told(self) -> list[str]:
        """The events, as ``Type Reason message``."""
        return [f"{'Warning' if n.warning else 'Normal'} {n.reason} {n.message}" for _, n in self.notes]

    @contextmanager
    def only(self, *methods: str) -> Iterator[None]:
        """Fails unless exactly these methods are called inside the block, in that order."""
        before = len(self.calls)
        yield
        assert self.names()[before:] == list(methods)

    async def _called(self, method: str, *arguments: str, body: object = None) -> None:
        await anyio.lowlevel.checkpoint()
        self.calls.append((method, *arguments))
        self.bodies.append(body)
        if self.errors.get(method):
            raise self.errors[method].pop(0)


def _values(body: dict[str, Any]) -> dict[str, bytes]:
    return {key: base64.b64decode(text) for key, text in body.get("data", {}).items()}
