"""Opening a store: who may, what is refused and in which words, and how often it is decoded."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from esoctl.errors import SpecError, StoreError, StoreForbidden, StoreNotFound, StoreNotReady, StoreUnmanaged
from esoctl.model import store as stores_model
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import RemoteKey
from esoctl.model.store import Store
from esoctl.providers.contract import Scope
from esoctl.providers.pool import ClientPool
from esoctl.reconcile.credentials import SecretReader
from esoctl.reconcile.stores import Stores, validate_store
from support.builders import a_store
from support.memory_cluster import MemoryCluster, MemoryViews
from support.memory_provider import MemoryBackend, MemoryProvider, Vault

AWS = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
WIDE = StoreRef(Kind.CLUSTER_SECRET_STORE, "", "aws")


@dataclass(frozen=True)
class CountingProvider(MemoryProvider):
    """Writes down what it decodes."""

    decoded: list[str] = field(default_factory=list)

    def decode(self, body: msgspec.Raw, scope: Scope) -> MemoryBackend:
        self.decoded.append(str(scope.store))
        if b"broken" in bytes(body):
            raise SpecError("spec.provider.fake.broken", "is odd")
        return super().decode(body, scope)


@dataclass
class Scene:
    stores: Stores
    views: MemoryViews
    provider: CountingProvider
    pool: ClientPool


@asynccontextmanager
async def a_scene(*known: Store) -> AsyncIterator[Scene]:
    views, cluster, provider = MemoryViews(), MemoryCluster(), CountingProvider(Vault({"db": b"x"}))
    views.put(*known)
    async with ClientPool() as pool:
        reader = SecretReader(views, cluster)
        yield Scene(Stores(views, cluster, {"fake": provider}, pool, reader, "default"), views, provider, pool)


@pytest.mark.asyncio
async def test_a_store_is_opened_and_reads() -> None:
    async with a_scene(a_store()) as scene, scene.stores.open(AWS, "team-a") as opened:
        assert (await opened.client.get(RemoteKey("db"))).value == b"x"
        assert opened.quirks == scene.provider.quirks


@pytest.mark.asyncio
async def test_a_store_is_decoded_once_an_edit_and_its_client_is_shared() -> None:
    async with a_scene(a_store()) as scene:
        for _ in range(3):
            async with scene.stores.open(AWS, "team-a"):
                pass
        assert (len(scene.provider.decoded), len(scene.pool)) == (1, 1)

        edited = msgspec.structs.replace(a_store().metadata, generation=2)
        scene.views.put(msgspec.structs.replace(a_store(), metadata=edited))
        async with scene.stores.open(AWS, "team-a"):
            pass
        assert len(scene.provider.decoded) == 2

        scene.stores.forget(AWS)
        scene.stores.forget(AWS)
        assert scene.stores.decoded == {}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("store", "ref", "error", "problem"),
    [
        pytest.param(
            None,
            AWS,
            StoreNotFound,
            'could not get SecretStore "aws", SecretStore.external-secrets.io "aws" not found; create it, or correct '
            "secretStoreRef",
            id="none",
        ),
        pytest.param(
            a_store(controller="other"), AWS, StoreUnmanaged, "can not reference unmanaged store", id="another class"
        ),
        pytest.param(
            a_store(namespace="", conditions=[{"namespaces": ["team-b"]}]),
            WIDE,
            StoreForbidden,
            'using cluster store "aws" is not allowed from namespace "team-a": denied by spec.condition',
            id="not admitted",
        ),
        pytest.param(
            a_store(status={"conditions": [{"type": "Ready", "status": "False", "message": "bad key"}]}),
            AWS,
            StoreNotReady,
            'SecretStore "aws" is not ready: bad key',
            id="its check failed",
        ),
        pytest.param(
            a_store(provider={"fake": {"broken": 1}}),
            AWS,
            StoreNotReady,
            'SecretStore "aws" is not ready: spec.provider.fake.broken: is odd',
            id="it does not decode",
        ),
    ],
)
async def test_a_store_that_cannot_be_opened(
    store: Store | None, ref: StoreRef, error: type[StoreError], problem: str
) -> None:
    async with a_scene(*([store] if store else [])) as scene:
        with pytest.raises(error) as caught:
            async with scene.stores.open(ref, "team-a"):
                pytest.fail("it was opened")
    assert str(caught.value) == problem


@pytest.mark.asyncio
async def test_labels_of_the_consumer_count() -> None:
    wide = a_store(namespace="", conditions=[{"namespaceSelector": {"matchLabels": {"tier": "prod"}}}])
    async with a_scene(wide) as scene:
        scene.views.namespaces["team-a"] = {"tier": "prod"}
        async with scene.stores.open(WIDE, "team-a") as opened:
            assert opened.client is not None


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param({}, "spec", id="no spec"),
        pytest.param({"spec": {"controller": 1}}, "spec.controller", id="a spec that does not fit"),
        pytest.param({"spec": {"provider": {"vault": {}}}}, "spec.provider.vault", id="an unknown provider"),
        pytest.param({"spec": {"provider": {}}}, "spec.provider", id="no provider"),
    ],
)
def test_a_store_is_judged_with_the_place_of_what_is_wrong(body: dict[str, Any], path: str) -> None:
    store = stores_model.decode(msgspec.json.encode({"metadata": {"name": "aws"}, **body}))

    with pytest.raises(SpecError) as caught:
        validate_store(store, {"fake": MemoryProvider(Vault())})
    assert caught.value.path == path


@pytest.mark.asyncio
@pytest.mark.parametrize(("per_consumer", "clients"), [(False, 1), (True, 2)])
async def test_SEC_13_namespaces_share_a_client_only_where_the_backend_does_not_tell_them_apart(
    per_consumer: bool, clients: int
) -> None:
    async with a_scene(a_store(namespace="")) as scene:
        decoded = scene.stores.decode(a_store(namespace=""))
        backend = dataclasses.replace(decoded.backend, per_consumer=per_consumer)  # type: ignore[type-var] # a dataclass
        for consumer in ("team-a", "team-b", "team-a"):
            async with scene.stores.client(dataclasses.replace(decoded, backend=backend), WIDE, consumer):
                pass

        assert len(scene.pool) == clients
