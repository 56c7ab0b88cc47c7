"""The cluster port over the sandbox's API server: what is sent, and what absence means."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from esoctl.crds.install import install
from esoctl.errors import Conflict
from esoctl.kube.api import Api
from esoctl.model.keys import Key, Kind
from esoctl.model.meta import Meta
from esoctl.reconcile.cluster import ApiCluster
from esoctl.reconcile.ports import Note
from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.requests import Request
from esoctl.sandbox.world import World
from support.day import Day
from support.in_process import NOW, counting
from support.inprocess import SandboxTransport
from support.memory_provider import Vault

pytestmark = pytest.mark.asyncio

KEY = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
MANAGER = "externalsecrets.external-secrets.io/shop"


@dataclass
class Heard:
    """A recorder that writes down what it is told."""

    told: list[tuple[str, ...]] = field(default_factory=list)

    def record(self, meta: Meta, kind: str, api_version: str, type_: str, reason: str, message: str) -> None:
        self.told.append((meta.name, kind, api_version, type_, reason, message))


@dataclass
class Scene:
    cluster: ApiCluster
    day: Day
    heard: Heard


@asynccontextmanager
async def a_scene() -> AsyncIterator[Scene]:
    transport, heard = SandboxTransport(Sandbox(World(lambda: NOW, counting(), None))), Heard()
    await install(transport)  # type: ignore[arg-type]  # it keeps the contract
    day = Day(transport, Vault(), None)  # type: ignore[arg-type]  # no metrics here
    day.do("POST", "/api/v1/namespaces", {"metadata": {"name": "team-a"}})
    api = Api(transport)  # type: ignore[arg-type]  # it keeps the contract
    yield Scene(ApiCluster(api, {Kind.EXTERNAL_SECRET: heard}), day, heard)  # type: ignore[dict-item]  # of recorders


def body(**more: Any) -> bytes:
    metadata = {"name": "shop", "namespace": "team-a"}
    return json.dumps(
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"a": "eA=="}, **more}
    ).encode()


async def test_what_is_not_there_is_none() -> None:
    async with a_scene() as scene:
        assert await scene.cluster.secret("team-a", "none") is None
        assert await scene.cluster.config_map("team-a", "none") is None
        assert await scene.cluster.service_account("team-a", "none") is None


async def test_what_is_there_is_read() -> None:
    async with a_scene() as scene:
        scene.day.make_secret("s", {"k": "v"})
        root = "/api/v1/namespaces/team-a"
        scene.day.do("POST", f"{root}/configmaps", {"metadata": {"name": "c"}, "data": {"k": "v"}})
        scene.day.do("POST", f"{root}/serviceaccounts", {"metadata": {"name": "sa", "annotations": {"a": "b"}}})

        found = await scene.cluster.secret("team-a", "s")
        assert found is not None
        assert found.data == {"k": b"v"}
        assert await scene.cluster.config_map("team-a", "c") == {"k": "v"}
        account = await scene.cluster.service_account("team-a", "sa")
        assert account is not None
        assert account.annotations == {"a": "b"}
        assert account.uid
        assert await scene.cluster.service_account_token("team-a", "sa", ("aud",))


async def test_an_apply_is_under_our_manager_and_gives_what_is_there_now() -> None:
    async with a_scene() as scene:
        made = await scene.cluster.apply_secret("team-a", "shop", body(), MANAGER)

        assert made.data == {"a": b"x"}
        assert [(owned.manager, owned.operation, owned.data) for owned in made.owned] == [
            (MANAGER, "Apply", frozenset({"a"}))
        ]


async def test_what_was_written_by_update_can_be_dropped_after_it_is_taken_over() -> None:
    async with a_scene() as scene:
        made = json.loads(body(data={"a": "eA==", "old": "eA=="}))
        scene.day.transport.sandbox.handle_as("admin", _post(made))

        await scene.cluster.take_over_secret("team-a", "shop", MANAGER)
        after = await scene.cluster.apply_secret("team-a", "shop", body(), MANAGER)

        assert after.data == {"a": b"x"}
        await scene.cluster.take_over_secret("team-a", "shop", MANAGER)
        assert [(owned.manager, owned.operation) for owned in after.owned] == [(MANAGER, "Apply")]


async def test_a_removal_is_of_the_object_that_was_seen() -> None:
    async with a_scene() as scene:
        made = (await scene.cluster.apply_secret("team-a", "shop", body(), MANAGER)).metadata

        with pytest.raises(Conflict):
            await scene.cluster.remove_secret("team-a", "shop", "another uid", made.resource_version)
        await scene.cluster.remove_secret("team-a", "shop", made.uid, made.resource_version)
        await scene.cluster.remove_secret("team-a", "shop", made.uid, made.resource_version)

        assert scene.day.get("Secret", "shop") is None


async def test_a_status_is_patched_and_one_of_a_gone_object_is_no_failure() -> None:
    async with a_scene() as scene:
        await scene.cluster.patch_status(KEY, b'{"status": {}}')
        scene.day.external_secret()
        await scene.cluster.patch_status(KEY, b'{"status": {"refreshTime": "2026-01-01T00:00:00Z"}}')

        assert scene.day.get("ExternalSecret", "shop")["status"]["refreshTime"] == "2026-01-01T00:00:00Z"


async def test_finalizers_are_set_on_the_version_that_was_seen() -> None:
    async with a_scene() as scene:
        with pytest.raises(Conflict, match="ExternalSecret/team-a/shop is gone"):
            await scene.cluster.set_finalizers(KEY, ["a/b"], "1")
        scene.day.external_secret()
        version = scene.day.get("ExternalSecret", "shop")["metadata"]["resourceVersion"]

        await scene.cluster.set_finalizers(KEY, ["a/b"], version)
        with pytest.raises(Conflict):
            await scene.cluster.set_finalizers(KEY, [], version)

        assert scene.day.get("ExternalSecret", "shop")["metadata"]["finalizers"] == ["a/b"]


@pytest.mark.parametrize(("warning", "type_"), [(False, "Normal"), (True, "Warning")])
async def test_a_note_goes_to_the_recorder_of_its_kind(warning: bool, type_: str) -> None:
    async with a_scene() as scene:
        scene.cluster.note(KEY, Meta("shop"), Note("Created", "secret created", warning))

        assert scene.heard.told == [
            ("shop", "ExternalSecret", "external-secrets.io/v1", type_, "Created", "secret created")
        ]


def _post(made: dict[str, Any]) -> Any:
    query = f"fieldManager={MANAGER.replace('/', '%2F')}"
    headers = {"content-type": "application/json"}
    return Request("POST", "/api/v1/namespaces/team-a/secrets", query, headers, json.dumps(made).encode())
