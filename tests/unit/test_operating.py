"""What the probes say of the operator, and how it stops."""

from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from esoctl.informers.informer import Statistics
from esoctl.model.store import Store
from esoctl.operating import _credentials
from esoctl.providers.registry import providers
from esoctl.standing import STALLED_SECONDS, State
from support.builders import a_store
from support.day import a_day
from support.memory_provider import MemoryProvider, Vault

pytestmark = pytest.mark.asyncio


@dataclass
class Followed:
    """An informer as the probes see it."""

    name: str
    listed: bool = True
    hears: bool = True
    trouble: str = ""
    synced: anyio.Event = field(default_factory=anyio.Event)

    def __post_init__(self) -> None:
        if self.listed:
            self.synced.set()

    def fresh(self, now: float) -> bool:
        return self.hears

    def statistics(self) -> Any:
        return Trouble(self.trouble)


@dataclass
class Trouble:
    trouble: str


@dataclass
class All:
    informers: list[Followed]

    def each(self) -> list[Followed]:
        return self.informers


def a_state(*informers: Followed, **more: bool) -> State:
    return State(All(list(informers)), anyio.current_time(), **more)  # type: ignore[arg-type]  # it keeps the contract


def failed(found: dict[str, str]) -> dict[str, str]:
    return {name: why for name, why in found.items() if why}


async def test_all_is_well() -> None:
    state = a_state(Followed("secrets"), working=True)

    assert failed(state.ready()) == {}
    assert set(state.ready()) == {"secrets", "election", "workers", "schedule", "stop"}
    assert failed(state.alive()) == {}


@pytest.mark.parametrize(
    ("informer", "why"),
    [
        pytest.param(Followed("s", listed=False), "waits for its first list", id="no list yet"),
        pytest.param(Followed("s", listed=False, trouble="403: no right"), "403: no right", id="a refused list"),
        pytest.param(Followed("s", hears=False), "has not heard from the API server lately", id="silence"),
        pytest.param(Followed("s", hears=False, trouble="refused"), "refused", id="a broken connection"),
        pytest.param(Followed("s", trouble="refused a moment ago"), "", id="trouble that is over"),
    ],
)
async def test_I_41_ready_means_informed(informer: Followed, why: str) -> None:
    assert a_state(Followed("other"), informer, working=True).ready()["s"] == why


async def test_a_process_that_starts_or_stops_is_not_ready() -> None:
    assert failed(a_state().ready()) == {"workers": "not started"}
    assert failed(a_state(working=True, stopping=True).ready()) == {"stop": "stopping"}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param({"working": True}, "timers are 99 s late", id="at work"),
        pytest.param({}, "", id="not at work yet"),
        pytest.param({"working": True, "stopping": True}, "", id="on the way out"),
    ],
)
async def test_a_schedule_that_is_late_is_no_readiness_while_we_work(more: dict[str, bool], told: str) -> None:
    state = a_state(Followed("secrets"), **more)
    state.pace = lambda: "timers are 99 s late"

    assert state.ready()["schedule"] == told


async def test_I_41_a_loop_that_stands_still_is_not_alive_and_an_api_server_that_is_away_is_no_reason() -> None:
    state = a_state(Followed("s", listed=False, trouble="refused"))
    assert failed(state.alive()) == {}

    await anyio.sleep(STALLED_SECONDS + 1)

    assert failed(state.alive()) == {"loop": "stood still for 31 s"}


async def test_work_under_way_is_finished_at_a_stop() -> None:
    async with a_day() as day:
        await day.settle()
        day.vault.delay = 5.0
        day.external_secret()
        await day.until(lambda: day.vault.asked["db"])

    assert day.data() == {"password": b"first"}


async def test_a_stop_does_not_wait_for_ever() -> None:
    async with a_day(drain_seconds=1.0) as day:
        await day.settle()
        day.vault.delay = 30.0
        day.external_secret()
        await day.until(lambda: day.vault.asked["db"])
        began = anyio.current_time()

    assert day.data() is None
    assert anyio.current_time() - began < 10.0


async def test_the_loop_is_measured() -> None:
    async with a_day() as day:
        await day.settle()

        assert "esoctl_event_loop_lag_seconds 0.0" in day.metrics.exposition().decode()


@pytest.mark.parametrize(
    ("store", "found"),
    [
        pytest.param(a_store(provider={"fake": {"data": [{"key": "s", "value": "k"}]}}), [("team-a", "s")], id="own"),
        pytest.param(
            a_store(namespace="", provider={"fake": {"data": [{"key": "s", "value": "k"}]}}), [("", "s")], id="anywhere"
        ),
        pytest.param(a_store(provider={}), [], id="a store that cannot be used"),
        pytest.param(a_store(provider={"vault": {}}), [], id="an unknown provider"),
    ],
)
async def test_the_secrets_behind_a_store(store: Store, found: list[tuple[str, str]]) -> None:
    assert _credentials(store, {"fake": MemoryProvider(Vault())}) == found


async def test_a_reference_that_is_forbidden_is_followed_nowhere() -> None:
    auth = {"secretRef": {"accessKeyIDSecretRef": {"name": "s", "key": "k", "namespace": "vault"}}}
    auth["secretRef"]["secretAccessKeySecretRef"] = auth["secretRef"]["accessKeyIDSecretRef"]
    store = a_store(provider={"aws": {"service": "SecretsManager", "region": "eu-west-1", "auth": auth}})

    assert _credentials(store, providers(None)) == []  # type: ignore[arg-type]  # nothing is opened


async def test_the_fake_informer_tells_trouble_as_the_real_one_does() -> None:
    assert "trouble" in Statistics.__dataclass_fields__
