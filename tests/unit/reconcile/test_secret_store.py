"""A store's check: each condition, an event only on change, capabilities, and when to look again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import anyio
import msgspec
import pytest

from esoctl.errors import AccessDenied, Conflict, EsoctlError, SpecError, StoreError
from esoctl.model.remote import Capabilities, Quirks
from esoctl.model.store import Store
from esoctl.plan.verdict import CONFLICT_SECONDS
from esoctl.providers.contract import Client, Credentials, Health, Scope
from esoctl.providers.pool import ClientPool
from esoctl.reconcile.credentials import SecretReader
from esoctl.reconcile.ports import Again, Done, Gone, Outcome
from esoctl.reconcile.secret_store import CHECK_SECONDS, UNWARNED, StoreReconciler
from esoctl.reconcile.stores import Stores
from support.builders import NOON, a_store
from support.day import LoopClock
from support.memory_cluster import MemoryCluster, MemoryViews
from support.memory_provider import MemoryClient, Vault

pytestmark = pytest.mark.asyncio

VALID = {"type": "Ready", "status": "True", "reason": "Valid", "message": "store validated"}
DENIED = AccessDenied("AWS", "GetCallerIdentity", "the credentials are refused")


@dataclass
class Script:
    """How the provider behaves."""

    decoding: EsoctlError | None = None
    opening: EsoctlError | None = None
    checking: EsoctlError | None = None
    health: Health = Health.READY
    seconds: float = 0.0
    referent: bool = False
    maintained: bool = True
    opened: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ScriptedClient(MemoryClient):
    script: Script = field(default_factory=Script)

    async def check(self) -> Health:
        await anyio.sleep(self.script.seconds)
        if self.script.checking:
            raise self.script.checking
        return self.script.health


@dataclass(frozen=True)
class ScriptedBackend:
    script: Script = field(compare=False, hash=False)
    referent: bool = False
    secret_refs: tuple[()] = ()
    service_account_refs: tuple[()] = ()

    @property
    def per_consumer(self) -> bool:
        return self.referent

    @asynccontextmanager
    async def open(self, credentials: Credentials) -> AsyncIterator[Client]:
        self.script.opened.append(credentials.namespace)
        if self.script.opening:
            raise self.script.opening
        yield ScriptedClient(Vault(), self.script)


@dataclass(frozen=True)
class ScriptedProvider:
    script: Script
    name: str = "fake"
    capabilities: Capabilities = Capabilities.READ_ONLY
    quirks: Quirks = field(default_factory=Quirks)

    @property
    def maintained(self) -> bool:
        return self.script.maintained

    def decode(self, body: msgspec.Raw, scope: Scope) -> ScriptedBackend:
        if self.script.decoding:
            raise self.script.decoding
        return ScriptedBackend(self.script, self.script.referent)


@dataclass
class Seen:
    """What one visit did."""

    outcome: Outcome
    cluster: MemoryCluster
    script: Script

    def ready(self) -> tuple[str, str, str]:
        (status,) = self.cluster.statuses()
        (condition,) = status["conditions"]
        return condition["status"], condition["reason"], condition["message"]


async def visited(store: Store | None, script: Script | None = None, **more: Any) -> Seen:
    script, views, cluster = script or Script(), MemoryViews(), MemoryCluster()
    if store is not None:
        views.put(store)
    key = store.ref.key if store is not None else a_store().ref.key
    async with ClientPool() as pool:
        reader = SecretReader(views, cluster)
        stores = Stores(views, cluster, {"fake": ScriptedProvider(script)}, pool, reader, "default")
        reconciler = StoreReconciler(views, cluster, stores, LoopClock(), "default", 300.0)
        if more.get("refuse"):
            cluster.refuse("patch_status", more["refuse"])
        return Seen(await reconciler.reconcile(key), cluster, script)


async def test_a_store_that_works_is_valid_says_so_once_and_is_checked_again() -> None:
    seen = await visited(a_store())

    assert seen.ready() == ("True", "Valid", "store validated")
    assert seen.cluster.statuses()[0]["capabilities"] == "ReadOnly"
    assert seen.cluster.told() == ["Normal Valid store validated"]
    assert seen.outcome == Done(NOON + timedelta(seconds=300))
    assert seen.script.opened == ["team-a"]


async def test_an_unchanged_outcome_is_neither_written_nor_told() -> None:
    status = {"conditions": [{**VALID, "lastTransitionTime": "2026-01-01T00:00:00Z"}], "capabilities": "ReadOnly"}

    seen = await visited(a_store(status=status))

    assert (seen.cluster.calls, seen.cluster.notes) == ([], [])


@pytest.mark.parametrize(
    ("script", "ready", "event"),
    [
        pytest.param(
            Script(opening=StoreError("s", "no such secret")),
            ("False", "InvalidProviderConfig", "unable to create client: no such secret"),
            "Warning InvalidProviderConfig unable to create client: no such secret",
            id="credentials cannot be had",
        ),
        pytest.param(
            Script(checking=DENIED),
            ("False", "InvalidProviderConfig", "unable to validate store: the credentials are refused"),
            "Warning InvalidProviderConfig unable to validate store: the credentials are refused",
            id="credentials are refused",
        ),
        pytest.param(
            Script(seconds=CHECK_SECONDS * 2),
            ("False", "InvalidProviderConfig", "unable to validate store: no answer within 45 s"),
            "Warning InvalidProviderConfig unable to validate store: no answer within 45 s",
            id="no answer",
        ),
        pytest.param(
            Script(health=Health.UNKNOWN),
            ("True", "ValidationUnknown", "could not determine validation status"),
            "Warning ValidationUnknown could not determine validation status",
            id="the provider cannot tell",
        ),
    ],
)
async def test_each_condition(script: Script, ready: tuple[str, str, str], event: str) -> None:
    seen = await visited(a_store(), script)

    assert seen.ready() == ready
    assert seen.cluster.told() == [event]


async def test_what_an_informer_shows_from_before_our_last_report_is_no_reason_to_write_nothing() -> None:
    status = {"conditions": [{**VALID, "lastTransitionTime": "2026-01-01T00:00:00Z"}], "capabilities": "ReadOnly"}
    script, views, cluster, store = Script(), MemoryViews(), MemoryCluster(), a_store(status=status)
    views.put(store)
    async with ClientPool() as pool:
        stores = Stores(
            views, cluster, {"fake": ScriptedProvider(script)}, pool, SecretReader(views, cluster), "default"
        )
        reconciler = StoreReconciler(views, cluster, stores, LoopClock(), "default", 300.0)
        script.opening = StoreError("s", "no such secret")
        await reconciler.reconcile(store.ref.key)
        script.opening = None

        for _ in range(3):
            await reconciler.reconcile(store.ref.key)

    assert [each["conditions"][0]["status"] for each in cluster.statuses()] == ["False", "True"]


async def test_what_may_mend_itself_is_tried_again() -> None:
    assert (await visited(a_store(), Script(checking=DENIED))).outcome == Again("the credentials are refused")


async def test_what_the_user_must_edit_waits_for_the_edit() -> None:
    seen = await visited(a_store(), Script(decoding=SpecError("spec.provider.fake.region", "is missing")))

    assert seen.outcome == Done()
    assert seen.ready()[2] == "unable to create client: spec.provider.fake.region: is missing"
    assert seen.script.opened == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            {"provider": {"vault": {}}},
            "unable to create client: spec.provider.vault: no such provider; this operator serves: fake",
            id="an unknown provider",
        ),
        pytest.param(
            {"provider": {}},
            "unable to create client: spec.provider: store error for aws: secret stores must only have exactly one "
            "backend specified, found 0",
            id="no provider",
        ),
    ],
)
async def test_a_store_nobody_can_serve_says_why(spec: dict[str, Any], message: str) -> None:
    assert (await visited(a_store(**spec))).ready()[2] == message


async def test_the_capabilities_stay_when_a_check_fails() -> None:
    seen = await visited(a_store(status={"conditions": [VALID], "capabilities": "ReadWrite"}), Script(checking=DENIED))

    assert seen.cluster.statuses()[0]["capabilities"] == "ReadWrite"


async def test_a_store_whose_credentials_are_the_consumers_is_valid_unopened() -> None:
    seen = await visited(a_store(namespace=""), Script(referent=True))

    assert seen.ready() == ("True", "Valid", "store validated")
    assert seen.script.opened == []


@pytest.mark.parametrize(
    ("maintained", "annotations", "status", "warned"),
    [
        pytest.param(False, {}, {}, True, id="first check"),
        pytest.param(False, {}, {"conditions": [VALID]}, False, id="told already"),
        pytest.param(False, {UNWARNED: "true"}, {}, False, id="not wanted"),
        pytest.param(True, {}, {}, False, id="maintained"),
    ],
)
async def test_the_warning_of_an_unmaintained_provider(
    maintained: bool, annotations: dict[str, str], status: dict[str, Any], warned: bool
) -> None:
    store = a_store(status=status)
    metadata = msgspec.structs.replace(store.metadata, annotations=annotations)

    seen = await visited(msgspec.structs.replace(store, metadata=metadata), Script(maintained=maintained))

    assert any("StoreUnmaintained" in told for told in seen.cluster.told()) is warned


@pytest.mark.parametrize(
    ("interval", "seconds"), [pytest.param(60, 60, id="seconds"), pytest.param("1m30s", 90, id="a duration")]
)
async def test_a_store_may_say_how_often_it_is_checked(interval: int | str, seconds: int) -> None:
    assert (await visited(a_store(refreshInterval=interval))).outcome == Done(NOON + timedelta(seconds=seconds))


async def test_a_store_of_another_class_is_left_alone() -> None:
    seen = await visited(a_store(controller="other"))

    assert (seen.outcome, seen.cluster.calls, seen.cluster.notes) == (Done(), [], [])


async def test_a_store_that_is_gone_is_forgotten() -> None:
    assert (await visited(None)).outcome == Gone()


async def test_a_status_that_cannot_be_written_is_tried_again() -> None:
    seen = await visited(a_store(), refuse=Conflict(409, "Conflict", "newer"))

    assert seen.outcome == Again("could not update status: newer", at_most=CONFLICT_SECONDS)
