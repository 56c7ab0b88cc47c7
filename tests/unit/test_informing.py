"""The informers of the operator over a sandbox: what they watch, and which keys come out in which lane."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest

from esoctl import informing
from esoctl.crds.install import install
from esoctl.informing import Hands, Informers
from esoctl.kube.api import Api
from esoctl.metrics import Ready
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.store import Store
from esoctl.plan.observed import CREATED_BY_LABEL, MANAGED_LABEL
from esoctl.queue.lanes import Lane
from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.world import World
from support.builders import NOON
from support.day import MERGE, Day
from support.in_process import NOW, counting
from support.inprocess import SandboxTransport
from support.memory_provider import Vault

pytestmark = pytest.mark.asyncio

SHOP = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
AWS = Key(Kind.SECRET_STORE, "team-a", "aws")
WIDE = Key(Kind.CLUSTER_SECRET_STORE, "", "wide")
AWS_STORE = StoreRef(Kind.SECRET_STORE, "team-a", "aws")
READY = {"conditions": [{"type": "Ready", "status": "True", "reason": "Valid", "message": "m"}]}


@dataclass
class Scene:
    """Informers at work; ``emitted`` is what came out since it was last taken."""

    day: Day
    informers: Informers
    emitted: list[tuple[Key, Lane]] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    stale: set[Key] = field(default_factory=set)

    async def news(self) -> list[tuple[Key, Lane]]:
        """What came out, once everything has come to rest."""
        await anyio.sleep(1)
        found, self.emitted[:] = list(self.emitted), []
        return found


def prepared() -> Day:
    transport = SandboxTransport(Sandbox(World(lambda: NOW, counting(), None)))
    return Day(transport, Vault(), None)  # type: ignore[arg-type]  # no metrics here


@asynccontextmanager
async def informed(day: Day, *served: str) -> AsyncIterator[Scene]:
    """Informers that have their first list."""
    scene = Scene(day, None)  # type: ignore[arg-type]  # it follows

    def credentials(store: Store) -> list[tuple[str, str]]:
        return [(store.metadata.namespace, f"{store.metadata.name}-key")]

    hands = Hands(
        lambda key, lane: scene.emitted.append((key, lane)),
        credentials,
        lambda meta: meta.uid in scene.own,
        lambda resource, meta: meta.uid in scene.own,
        scene.stale.add,
        lambda: 0.5,
        lambda: NOON,
    )
    scene.informers = informing.build(Api(day.transport), served, hands)  # type: ignore[arg-type]  # same contract
    async with anyio.create_task_group() as tasks:
        for informer in scene.informers.each():
            tasks.start_soon(informer.run)
        tasks.start_soon(scene.informers.texts.run)
        tasks.start_soon(scene.informers.generics.run)
        for informer in scene.informers.each():
            await informer.synced.wait()
        for namespace in served:
            scene.informers.gates.open(namespace)
        yield scene
        tasks.cancel_scope.cancel()


async def a_world() -> Day:
    day = prepared()
    await install(day.transport)  # type: ignore[arg-type]  # it keeps the contract
    for name in ("team-a", "team-b"):
        day.do("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": {"tier": name}}})
    return day


async def test_the_first_list_gives_every_object_once_and_stores_before_their_dependants() -> None:
    day = await a_world()
    day.store()
    day.apply("ClusterSecretStore", "wide", {"provider": {"fake": {"data": []}}})
    day.external_secret()
    day.make_secret("shop", {"a": "b"})

    async with informed(day) as scene:
        found = await scene.news()

    assert sorted(found) == sorted([(SHOP, Lane.INITIAL), (AWS, Lane.DRIFT), (WIDE, Lane.DRIFT)])


async def test_edits_deletions_and_drift_have_their_lanes() -> None:
    day = await a_world()
    async with informed(day) as scene:
        day.external_secret()
        assert await scene.news() == [(SHOP, Lane.CHANGE)]

        day.make_secret("shop", {"a": "b"})
        assert await scene.news() == [(SHOP, Lane.DRIFT)]

        scene.own.add(day.get("Secret", "shop")["metadata"]["uid"])
        day.edit("Secret", "shop", {"metadata": {"labels": {"x": "y"}}})
        assert await scene.news() == []

        day.delete("Secret", "shop")
        assert await scene.news() == [(SHOP, Lane.DRIFT)]

        day.delete("ExternalSecret", "shop")
        assert await scene.news() == [(SHOP, Lane.DELETION)]


async def test_a_store_wakes_those_that_wait_for_it() -> None:
    day = await a_world()
    async with informed(day) as scene:
        day.external_secret()
        day.external_secret("wide-one", secretStoreRef={"name": "wide", "kind": "ClusterSecretStore"})
        await scene.news()

        day.store()
        assert await scene.news() == [(AWS, Lane.CHANGE), (SHOP, Lane.DRIFT)]

        day.make_secret("aws-key", {"k": "v"})
        assert await scene.news() == [(AWS, Lane.DRIFT), (SHOP, Lane.DRIFT)]


async def test_credentials_of_cluster_stores_are_seen_in_any_namespace() -> None:
    day = await a_world()
    async with informed(day) as scene:
        day.apply("ClusterSecretStore", "wide", {"provider": {"fake": {"data": []}}})
        await scene.news()

        day.namespace = "team-b"
        day.make_secret("wide-key", {"k": "v"})

        assert await scene.news() == [(WIDE, Lane.DRIFT)]


async def test_our_own_status_is_no_news() -> None:
    day = await a_world()
    async with informed(day) as scene:
        day.external_secret()
        await scene.news()

        day.do("PATCH", f"{day.path('ExternalSecret', 'shop')}/status", {"status": READY}, MERGE)

        assert await scene.news() == []
        assert list(scene.informers.readiness()) == [Ready("externalsecret", "team-a", "shop", "True")]


async def test_views_and_holdings() -> None:
    day = await a_world()
    day.store()
    day.external_secret()
    day.make_secret("plain", {"a": "b"})
    labels = {MANAGED_LABEL: "true", CREATED_BY_LABEL: "owner"}
    day.make_secret("managed", {"a": "b"}, metadata={"labels": labels})

    async with informed(day) as scene:
        views = scene.informers.views()
        assert views.external_secret("team-a", "shop") is not None
        assert views.store(StoreRef(Kind.SECRET_STORE, "team-a", "aws")) is not None
        assert views.secret_meta("team-a", "plain") is not None
        assert views.managed_secret("team-a", "plain") is None
        assert views.managed_secret("team-a", "managed") is not None
        assert [meta.name for meta in views.secrets_created_by("team-a", "owner")] == ["managed"]
        assert views.namespace_labels("team-b")["tier"] == "team-b"
        assert [scene.informers.hold(key) for key in (SHOP, AWS, WIDE)] == [True, True, False]


async def test_in_one_namespace_nothing_of_the_cluster_is_asked_for() -> None:
    day = await a_world()
    day.external_secret()
    day.namespace = "team-b"
    day.external_secret("other")

    before = len(day.transport.calls)
    async with informed(day, "team-a") as scene:
        assert [key for key, _ in await scene.news()] == [SHOP]
        assert (scene.informers.cluster_stores, scene.informers.namespaces) == (None, None)
        assert not scene.informers.hold(WIDE)
        assert list(scene.informers.readiness()) == []
        assert len(list(scene.informers.each())) == 4
    asked = [call.path for call in day.transport.calls[before:]]
    assert asked
    assert all("/namespaces/team-a/" in path for path in asked)


async def test_of_a_list_of_namespaces_each_has_informers_of_its_own_and_readers_see_one_store() -> None:
    day = await a_world()
    day.external_secret()
    day.store()
    day.namespace = "team-b"
    day.external_secret("other")
    day.make_secret("theirs", {"a": "b"}, metadata={"labels": {CREATED_BY_LABEL: "x"}})
    day.do("POST", "/api/v1/namespaces", {"metadata": {"name": "team-c"}})
    day.namespace = "team-c"
    day.external_secret("unserved")

    async with informed(day, "team-a", "team-b") as scene:
        views = scene.informers.views()
        found = {key for key, _ in await scene.news()}
        assert found == {SHOP, AWS, Key(Kind.EXTERNAL_SECRET, "team-b", "other")}
        assert len({informer.name for informer in scene.informers.each()}) == 8
        assert {informer.name for informer in scene.informers.of("team-b")} == {
            "externalsecrets in team-b",
            "secretstores in team-b",
            "secrets in team-b",
            "secrets (managed) in team-b",
        }
        assert len(scene.informers.external_secrets.store) == 2
        assert len(list(scene.informers.external_secrets.store.all())) == 2
        assert views.external_secret("team-b", "other") is not None
        assert views.external_secret("team-c", "unserved") is None
        assert [meta.name for meta in views.secrets_created_by("team-b", "x")] == ["theirs"]
        assert [es.metadata.name for es in scene.informers.external_secrets.store.by("store", AWS_STORE)] == ["shop"]
        assert views.secrets_seen("team-b") > 0
        assert views.secrets_seen("team-c") == 0


async def test_only_in_namespaces_that_use_any_are_texts_followed_and_what_belongs_to_the_cluster_is_not() -> None:
    day = await a_world()
    held = {"configMap": {"name": "texts", "items": [{"key": "k"}]}}
    wide = {"sourceRef": {"generatorRef": {"kind": "ClusterGenerator", "name": "wide"}}}
    day.external_secret(target={"template": {"templateFrom": [held]}}, dataFrom=[wide])

    async with informed(day, "team-a", "team-b") as scene:
        await scene.news()

        assert [informer.name for informer in scene.informers.texts.followed().values()] == ["configmaps in team-a"]


async def test_namespaces_and_managed_secrets_give_no_keys_of_their_own() -> None:
    day = await a_world()
    async with informed(day) as scene:
        day.do("POST", "/api/v1/namespaces", {"metadata": {"name": "team-c"}})
        day.make_secret("managed", {"a": "b"}, metadata={"labels": {MANAGED_LABEL: "true"}})

        assert await scene.news() == []


async def test_of_a_thousand_objects_an_edited_text_wakes_exactly_those_that_render_it() -> None:
    day = await a_world()
    for number in range(1000):
        held = {"configMap": {"name": f"texts-{number // 4}", "items": [{"key": "k"}]}}
        day.external_secret(f"shop-{number}", target={"template": {"templateFrom": [held]}})
    for name in ("texts-7", "unrelated"):
        day.make_config_map(name, {"k": "old"})
    async with informed(day) as scene:
        await scene.news()
        (config_maps,) = scene.informers.texts.followed().values()
        await config_maps.synced.wait()

        day.edit("ConfigMap", "unrelated", {"data": {"k": "new"}})
        assert await scene.news() == []

        day.edit("ConfigMap", "texts-7", {"data": {"k": "new"}})
        found = await scene.news()

    readers = [Key(Kind.EXTERNAL_SECRET, "team-a", f"shop-{number}") for number in range(28, 32)]
    assert sorted(found) == [(key, Lane.DRIFT) for key in readers]
    assert scene.stale == set(readers)


async def test_config_maps_are_followed_only_while_templates_are_in_some_and_without_what_they_hold() -> None:
    day = await a_world()
    day.make_config_map("large", {"k": "v" * 10_000}, labels={"app": "x"})
    async with informed(day) as scene:
        assert scene.informers.texts.followed() == {}

        held = {"configMap": {"name": "texts", "items": [{"key": "k"}]}}
        day.external_secret(target={"template": {"templateFrom": [held]}})
        await scene.news()
        (config_maps,) = scene.informers.texts.followed().values()
        (known,) = config_maps.store.all()
        assert (known.metadata.name, known.metadata.labels, known.metadata.annotations) == ("large", {}, {})
        assert any("PartialObjectMetadata" in call.accept for call in day.transport.calls if "configmaps" in call.path)

        day.external_secret()
        await scene.news()
        assert scene.informers.texts.followed() == {}
