"""The providers' way to the cluster: each Secret is read once a version, and only where the rules allow (SEC-02)."""

import msgspec
import pytest

from esoctl.errors import StoreError, StoreForbidden
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.secret import Secret
from esoctl.providers.contract import SecretKeyRef, ServiceAccountRef
from esoctl.reconcile.credentials import KEPT, SecretReader, StoreCredentials
from support.builders import a_target
from support.memory_cluster import MemoryCluster, MemoryViews

pytestmark = pytest.mark.asyncio

OWN = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
WIDE = StoreRef(Kind.CLUSTER_SECRET_STORE, "", "wide")


def a_credential(
    value: bytes = b"hunter2", *, namespace: str = "team-a", name: str = "aws-key", version: str = "1"
) -> Secret:
    made = a_target({"key": value}, name=name)
    meta = msgspec.structs.replace(made.metadata, namespace=namespace, resource_version=version)
    return msgspec.structs.replace(made, metadata=meta)


class Scene:
    """Credentials of a store, and the two sides behind them."""

    def __init__(self, store: StoreRef = OWN, consumer: str = "team-a") -> None:
        self.views, self.cluster = MemoryViews(), MemoryCluster()
        self.reader = SecretReader(self.views, self.cluster)
        self.credentials = StoreCredentials(store, consumer, self.reader, self.cluster)

    def holds(self, secret: Secret) -> None:
        self.views.put(secret)
        self.cluster.secrets[secret.metadata.namespace, secret.metadata.name] = secret


async def test_a_value_is_read_once_a_version() -> None:
    scene = Scene()
    scene.holds(a_credential())
    ref = SecretKeyRef("aws-key", "key")

    with scene.cluster.only("secret"):
        assert [await scene.credentials.secret_key(ref) for _ in range(3)] == [b"hunter2"] * 3

    scene.holds(a_credential(b"rotated", version="2"))
    with scene.cluster.only("secret"):
        assert [await scene.credentials.secret_key(ref) for _ in range(2)] == [b"rotated"] * 2


async def test_a_secret_the_informer_does_not_know_is_read_every_time() -> None:
    scene = Scene()
    scene.cluster.secrets["team-a", "aws-key"] = a_credential()

    with scene.cluster.only("secret", "secret"):
        await scene.reader.read("team-a", "aws-key")
        await scene.reader.read("team-a", "aws-key")


async def test_a_deleted_secret_is_not_served_from_memory() -> None:
    scene = Scene()
    scene.holds(a_credential())
    await scene.reader.read("team-a", "aws-key")
    scene.views.metas.clear()
    scene.cluster.secrets.clear()

    assert await scene.reader.read("team-a", "aws-key") is None
    assert scene.reader.kept == {}


async def test_memory_is_bounded() -> None:
    scene = Scene()
    scene.reader.kept = {("n", str(number)): a_credential() for number in range(KEPT)}
    scene.holds(a_credential())

    await scene.reader.read("team-a", "aws-key")

    assert len(scene.reader.kept) == KEPT
    assert ("n", "0") not in scene.reader.kept
    assert ("team-a", "aws-key") in scene.reader.kept


@pytest.mark.parametrize(
    ("ref", "problem"),
    [
        pytest.param(
            SecretKeyRef("none", "key"),
            'cannot get Kubernetes secret "none" from namespace "team-a": secrets "none" not found',
            id="no secret",
        ),
        pytest.param(
            SecretKeyRef("aws-key", "other"),
            'cannot find secret data for key: "other" in secret "team-a/aws-key"',
            id="no key",
        ),
    ],
)
async def test_what_is_missing_is_named_and_nothing_else_shown(ref: SecretKeyRef, problem: str) -> None:
    scene = Scene()
    scene.holds(a_credential())

    with pytest.raises(StoreError) as caught:
        await scene.credentials.secret_key(ref)
    assert str(caught.value) == problem


async def test_SEC_02_a_namespaced_store_cannot_read_elsewhere_by_any_door() -> None:
    scene = Scene()
    scene.holds(a_credential(namespace="vault"))
    doors = (
        scene.credentials.secret_key(SecretKeyRef("aws-key", "key", "vault")),
        scene.credentials.service_account(ServiceAccountRef("sa", "vault")),
        scene.credentials.service_account_token(ServiceAccountRef("sa", "vault"), ("aud",)),
    )

    with scene.cluster.only():
        for door in doors:
            with pytest.raises(StoreForbidden, match='may not read from namespace "vault"'):
                await door
        with pytest.raises(StoreForbidden):
            scene.credentials.identity((SecretKeyRef("aws-key", "key", "vault"),), per_consumer=False)


@pytest.mark.parametrize(("named", "read"), [("", "team-b"), ("vault", "vault")])
async def test_SEC_02_a_cluster_store_reads_the_named_namespace_or_the_consumers(named: str, read: str) -> None:
    scene = Scene(WIDE, "team-b")
    scene.holds(a_credential(read.encode(), namespace=read))

    assert await scene.credentials.secret_key(SecretKeyRef("aws-key", "key", named)) == read.encode()
    assert scene.credentials.namespace == "team-b"


async def test_the_identity_tells_versions_apart_without_a_read() -> None:
    scene = Scene()
    refs = (SecretKeyRef("aws-key", "key"),)
    unknown = scene.credentials.identity(refs, per_consumer=False)
    scene.holds(a_credential())
    first = scene.credentials.identity(refs, per_consumer=False)
    scene.holds(a_credential(version="2"))
    second = scene.credentials.identity(refs, per_consumer=False)

    assert len({unknown, first, second}) == 3
    assert scene.cluster.calls == []


async def test_consumers_share_an_identity_unless_credentials_are_theirs() -> None:
    first, second = (
        StoreCredentials(WIDE, consumer, SecretReader(MemoryViews(), MemoryCluster()), MemoryCluster())
        for consumer in ("team-a", "team-b")
    )
    shared = (SecretKeyRef("aws-key", "key", "vault"),)
    own = (SecretKeyRef("aws-key", "key"),)

    assert first.identity(shared, per_consumer=False) == second.identity(shared, per_consumer=False)
    assert first.identity(shared, per_consumer=True) != second.identity(shared, per_consumer=True)
    assert first.identity(own, per_consumer=False) != second.identity(own, per_consumer=False)


async def test_service_accounts() -> None:
    scene = Scene()
    scene.cluster.accounts["team-a", "sa"] = {"eks.amazonaws.com/role-arn": "arn"}
    ref = ServiceAccountRef("sa")

    account = await scene.credentials.service_account(ref)
    assert (account.uid, account.annotations) == ("uid-of-sa", {"eks.amazonaws.com/role-arn": "arn"})
    assert await scene.credentials.service_account_token(ref, ("aud",)) == "token-of-team-a/sa"
    with pytest.raises(StoreError, match='ServiceAccount "none" not found in namespace "team-a"'):
        await scene.credentials.service_account(ServiceAccountRef("none"))


async def test_SEC_what_is_kept_is_not_shown() -> None:
    scene = Scene()
    scene.holds(a_credential())
    await scene.reader.read("team-a", "aws-key")

    assert "hunter2" not in repr(scene.reader)
