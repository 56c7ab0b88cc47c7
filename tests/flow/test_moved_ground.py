"""A store or an object that is another when the provider answers: what was fetched for it is not written."""

import pytest

from support.day import Day, a_day

pytestmark = pytest.mark.asyncio


async def asked_slowly(day: Day) -> None:
    """Make an ExternalSecret, and return while its provider thinks about it."""
    day.vault.delay = 5
    day.external_secret()
    await day.until(lambda: day.vault.asked["db"])


async def test_F46_what_a_store_said_before_it_was_edited_is_not_written() -> None:
    async with a_day() as day:
        await asked_slowly(day)
        day.store(conditions=[{"namespaces": ["team-a"]}])
        await day.until(lambda: day.ready()[0] == "True")

        assert day.vault.asked["db"] == 2, "the answer through the store that was is not used"


async def test_F46_what_a_store_said_before_it_was_deleted_is_not_written() -> None:
    async with a_day() as day:
        await asked_slowly(day)
        day.delete("SecretStore", "aws")

        await day.until(lambda: "could not get SecretStore" in day.ready()[2])
        assert day.data() is None


async def test_F45_what_was_fetched_for_an_object_is_not_written_for_the_next_of_its_name() -> None:
    async with a_day() as day:
        await asked_slowly(day)
        day.delete("ExternalSecret", "shop")
        day.external_secret(data={"user": "db"})

        await day.until(lambda: day.ready()[0] == "True")
        assert day.data() == {"user": b"first"}
