"""No field is ignored in silence: a Warning event tells those without an effect, once an edit."""

import pytest

from support.day import a_day

pytestmark = pytest.mark.asyncio
SYNCED = ("True", "SecretSynced", "secret synced")
EVENT = (
    "Warning FieldIgnored spec.data[0].remoteRef.conversionStrategy has no effect: "
    "the key is the secretKey as it is written"
)
DATA = [{"secretKey": "password", "remoteRef": {"key": "db", "conversionStrategy": "Unicode"}}]


async def test_an_external_secret_tells_its_field_without_effect_and_works() -> None:
    async with a_day() as day:
        day.apply("ExternalSecret", "shop", {"secretStoreRef": {"name": "aws"}, "data": DATA, "refreshInterval": "10s"})
        await day.until(lambda: EVENT in day.events())

        assert day.ready() == SYNCED
        assert day.data() == {"password": b"first"}
        before = count(day.transport.writes())

        await day.settle(60)
        assert count(day.transport.writes()) == before, "told once, not at each refresh"


async def test_a_store_tells_its_field_without_effect_and_works() -> None:
    async with a_day() as day:
        day.store("limited", conditions=[{"namespaces": ["elsewhere"]}])
        told = "Warning FieldIgnored spec.conditions has no effect"
        await day.until(lambda: any(event.startswith(told) for event in day.events("limited")))

        assert day.ready("limited", "SecretStore")[0] == "True"


def count(writes: list[str]) -> int:
    return sum("/events" in write for write in writes)
