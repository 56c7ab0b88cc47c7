"""What memory cannot play: F60 to F64 with real sockets, the real clock and moto's answers behind a proxy."""

from typing import Any

import pytest

from esoctl.errors import ProviderError, Unavailable
from esoctl.model.remote import RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session, Settings
from support import aws, aws_proxy, stores
from support.aws_day import MAIN, SYNCED, AwsDay, a_wire_day, marked
from support.aws_script import EMPTY, HALF, REFUSED, SILENT, THROTTLED, Act, with_errors

pytestmark = [pytest.mark.wire, pytest.mark.asyncio]

THREE = {"a": "a", "b": "b", "c": "c"}


async def fails_and_recovers(found: AwsDay, *words: str, end: Any) -> None:
    """An edit meets the fault: data stay, the reason is told, a bystander is served, and all is well afterwards."""
    mark = len(found.day.transport.calls)
    found.put(**dict.fromkeys(THREE.values(), "two"), other="two")
    found.force("shop", "now")
    await found.day.until(lambda: found.day.ready()[0] == "False", seconds=15)

    assert found.data() == dict.fromkeys(THREE, "one")
    assert found.secret_writes(mark, "shop") == []
    assert all(word in found.day.ready()[2] for word in words), found.day.ready()

    await end()
    await found.day.until(lambda: found.data() == dict.fromkeys(THREE, "two"), seconds=20)
    await found.day.until(lambda: found.day.ready() == SYNCED, seconds=5)
    found.nothing_was_lost(mark)
    found.nothing_leaked()


async def a_synced(found: AwsDay) -> None:
    found.put(**dict.fromkeys(THREE.values(), "one"))
    await found.synced(data=THREE)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(THROTTLED, ("ThrottlingException",), id="F60"),
        pytest.param(REFUSED, ("esoctl tries again",), id="F61"),
        pytest.param(SILENT, ("AWS cannot be reached",), id="F62 silence"),
        pytest.param(HALF, ("esoctl tries again",), id="F62 half a body"),
        pytest.param(EMPTY, ("holds no value",), id="F63"),
        pytest.param(with_errors("AccessDeniedException", "b"), ("(key: b)", "AccessDeniedException"), id="F64"),
    ],
)
async def test_a_fault_over_sockets_costs_nothing_but_time(url: str, fault: Act, words: tuple[str, ...]) -> None:
    async with a_wire_day(url) as (found, _):
        await a_synced(found)
        operation = "BatchGetSecretValue" if "b)" in "".join(words) else "*"
        found.script.on(operation, fault, signer=MAIN)

        async def end() -> None:
            found.external_secret("bystander", store="other", data={"a": "other"})
            await found.day.until(lambda: found.day.ready("bystander") == SYNCED, seconds=5)
            found.script.clear()

        await fails_and_recovers(found, *words, end=end)


async def test_F61_nobody_listens_and_then_somebody_does(url: str) -> None:
    async with a_wire_day(url) as (found, proxy):
        await a_synced(found)
        await proxy.down()

        await fails_and_recovers(found, "AWS cannot be reached; esoctl tries again", end=proxy.up)


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        pytest.param("http://nobody.invalid", "AWS cannot be reached", id="DNS"),
        pytest.param("https://127.0.0.1:{port}", "AWS cannot be reached|certificate", id="TLS"),
        pytest.param("http://127.0.0.1:9", "AWS cannot be reached", id="refused"),
    ],
)
async def test_F61_what_cannot_be_reached_is_away_and_not_absent(url: str, endpoint: str, words: str) -> None:
    async with aws_proxy.running(url) as proxy:
        where = aws.everywhere(endpoint.format(port=proxy.url.rpartition(":")[2]))
        async with Session(Settings(where, connect_seconds=1.0)) as session:
            backend = Aws(session).decode(stores.raw(aws.a_body()), stores.a_scope(retry=RetrySettings(max_retries=1)))
            async with backend.open(aws.credentials()) as client:
                with pytest.raises(ProviderError, match=words) as caught:
                    await client.get(RemoteKey("db"))

    assert type(caught.value) is Unavailable


async def test_values_of_64_kib_come_through_whole(url: str) -> None:
    async with a_wire_day(url, patience=5.0) as (found, _):
        big = "x" * (65_536 - len(marked("")))
        found.put(**{f"big{number}": big for number in range(10)})
        await found.synced(data={f"k{number}": f"big{number}" for number in range(10)})

        assert set(found.data().values()) == {big}
