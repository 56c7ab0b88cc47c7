"""The demo's steps over the whole operator, on a clock that jumps: each is seen, and a step that is not seen fails."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from esoctl.config import Config
from esoctl.crds.install import install
from esoctl.demo.cluster import Cluster
from esoctl.demo.story import FIRST, STAGE, Story, masked
from esoctl.errors import Unreachable
from esoctl.kube.api import Api
from esoctl.metrics import Metrics
from esoctl.model.keys import Kind
from esoctl.operating import Operator, Surroundings
from esoctl.providers.pool import ClientPool
from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.moments import text as moment
from esoctl.sandbox.world import World
from support.builders import a_target
from support.day import LoopClock
from support.in_process import counting
from support.inprocess import SandboxTransport
from support.memory_provider import MemoryProvider, Vault

EXAMPLES = Path(__file__).resolve().parents[3] / "manifests" / "examples"


@dataclass
class VaultOfAws:
    """Secrets Manager as the story uses it: values by name, and the stages that were moved."""

    vault: Vault = field(default_factory=Vault)
    stages: list[tuple[str, str, str]] = field(default_factory=list)

    async def create(self, name: str, value: str, version: str) -> None:
        assert name not in self.vault.values
        await self.put(name, value, version)

    async def put(self, name: str, value: str, version: str) -> None:
        self.vault.values[name] = value.encode()

    async def stage(self, name: str, stage: str, version: str) -> None:
        self.stages.append((name, stage, version))


@dataclass
class Stage:
    story: Story
    cluster: Cluster
    aws: VaultOfAws


@asynccontextmanager
async def a_stage(*, operating: bool = True) -> AsyncIterator[Stage]:
    """The story's world without sockets; without an operator nothing will be seen."""
    transport = SandboxTransport(Sandbox(World(lambda: moment(LoopClock().now()), counting(), None)))
    await install(transport)  # type: ignore[arg-type]  # it keeps the contract
    api, aws, stop = Api(transport), VaultOfAws(), anyio.Event()  # type: ignore[arg-type]  # it keeps the contract
    cluster = Cluster(api)
    async with ClientPool() as pool, anyio.create_task_group() as tasks:
        if operating:
            settings, known = Config(metrics_addr="", health_addr="", workers=4), {"aws": MemoryProvider(aws.vault)}
            tasks.start_soon(Operator(settings, api, pool, known, Metrics(), Surroundings(LoopClock())).run, stop.wait)
        yield Stage(Story(cluster, aws, EXAMPLES), cluster, aws)  # type: ignore[arg-type]  # it keeps the contract
        stop.set()


@pytest.mark.asyncio
async def test_every_step_of_the_story_is_seen() -> None:
    shown: list[tuple[str, str]] = []

    async def show(title: str, step: Callable[[], Awaitable[str]]) -> None:
        shown.append((title, await step()))

    async with a_stage() as stage:
        await stage.story.tell(show)

    assert len(shown) == 5
    assert shown[1][1] == "SecretStore/secretstore-sample: Ready, Valid (store validated)"
    assert "ExternalSecret/example: Ready, SecretSynced" in shown[2][1]
    assert "secret-key-to-be-managed" in shown[3][1]
    assert stage.aws.stages[0] == ("provider-key", STAGE, FIRST)


@pytest.mark.asyncio
async def test_SEC_the_story_shows_no_value() -> None:
    shown: list[str] = []

    async def show(title: str, step: Callable[[], Awaitable[str]]) -> None:
        shown.append(await step())

    async with a_stage() as stage:
        await stage.story.tell(show)

    for value in ("first value", "second, longer value", "correct horse"):
        assert value not in "\n".join(shown)


@pytest.mark.asyncio
async def test_a_step_that_is_not_seen_fails_in_time() -> None:
    async with a_stage(operating=False) as stage:
        await stage.story.fill_aws()
        began = anyio.current_time()

        with pytest.raises(Unreachable, match=r"the store's Ready condition was not seen within 15 s"):
            await stage.story.apply_store()

        assert anyio.current_time() - began == pytest.approx(15.0)


@pytest.mark.asyncio
async def test_what_is_not_there_is_none() -> None:
    async with a_stage(operating=False) as stage:
        assert await stage.cluster.secret("none") is None
        assert await stage.cluster.ready(Kind.SECRET_STORE, "none") is None


@pytest.mark.asyncio
async def test_a_secret_with_other_keys_is_not_what_was_promised() -> None:
    async with a_stage() as stage:
        await stage.story.fill_aws()
        stage.aws.vault.values["remote-key-in-the-provider"] = b'{"other": "x"}'
        await stage.story.apply_store()

        with pytest.raises(AssertionError, match="unexpected keys: other, secret-key-to-be-managed"):
            await stage.story.apply_external_secret()


def test_SEC_a_secret_is_shown_by_keys_and_sizes() -> None:
    assert masked(a_target({"password": b"hunter2", "b": b""})).splitlines() == [
        "Secret/shop: type Opaque",
        "  b         ••••••••  (0 bytes)",
        "  password  ••••••••  (7 bytes)",
    ]
