"""Q-26: a store that does not answer is asked by one object at a time, and everybody comes back when it does."""

import anyio
import pytest

from support.aws_day import MAIN, SYNCED, an_aws_day
from support.aws_script import BROKEN

pytestmark = pytest.mark.asyncio

OBJECTS = 60


async def test_Q_26_a_store_that_fails_is_probed_and_its_objects_return_over_half_a_minute() -> None:
    async with an_aws_day() as found:
        names = await found.fleet(OBJECTS)
        await found.day.settle(60)
        mark, began = len(found.day.transport.calls), anyio.current_time()
        found.script.on("*", BROKEN, signer=MAIN)
        found.turn(names, "two")
        await found.day.settle(600)

        found.kept(names, "one", mark)
        found.tells(names, "InternalServiceError")
        assert found.data("bystander") == {"password": "two"}
        assert found.day.ready("bystander") == SYNCED
        # Three probes a minute, of three attempts: sixty objects with a backoff of their own would make hundreds.
        assert found.script.count(since=began + 300, signer=MAIN) <= 60
        assert found.day.ready("main", "SecretStore")[2].startswith("store validated, but reads fail: ")
        assert 'esoctl_store_failing{name="SecretStore/team-a/main"} 1.0' in found.day.metrics.exposition().decode()

        found.script.clear()
        eased = anyio.current_time()
        await found.recovered(names, "two")

        assert found.script.most_in_a_second(since=eased) <= 10
        assert found.day.ready("main", "SecretStore")[2] == "store validated"
        assert "esoctl_store_failing{" not in found.day.metrics.exposition().decode()
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def test_Q_26_a_user_who_edits_finds_out_first_that_the_store_answers_again() -> None:
    async with an_aws_day() as found:
        names = await found.fleet(10)
        found.script.on("*", BROKEN, signer=MAIN)
        found.turn(names, "two")
        await found.day.settle(400)
        found.script.clear()

        found.force("es3", "now")

        # The next probe may be twenty seconds away; one that began before rests for up to six between its attempts.
        await found.day.until(lambda: found.data("es3") == {"a": "two"}, seconds=10)
        await found.recovered(names, "two", seconds=60)
