"""A store that is deleted while ExternalSecrets use it."""

import pytest

from support.day import a_day

pytestmark = pytest.mark.asyncio


async def test_a_deleted_store_is_named_within_seconds_and_takes_nothing_with_it() -> None:
    async with a_day() as day:
        day.external_secret(refreshInterval="24h", target={"deletionPolicy": "Delete"})
        await day.until(lambda: day.data() is not None)
        await day.settle()
        day.delete("SecretStore", "aws")

        await day.until(lambda: day.ready()[0] == "False", seconds=5)
        assert 'could not get SecretStore "aws"' in day.ready()[2]
        assert "create it, or correct secretStoreRef" in day.ready()[2]
        assert day.data() == {"password": b"first"}

        day.store()
        await day.until(lambda: day.ready()[0] == "True", seconds=10)


async def test_a_deleted_store_does_not_matter_to_what_is_created_once() -> None:
    async with a_day() as day:
        day.external_secret(refreshPolicy="CreatedOnce")
        await day.until(lambda: day.ready()[0] == "True")
        day.delete("SecretStore", "aws")

        await day.settle(120)
        assert day.ready()[0] == "True"
