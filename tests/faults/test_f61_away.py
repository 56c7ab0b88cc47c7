"""F61: AWS answers 500 or 503, or cannot be reached at all."""

import anyio
import pytest

from support.aws_day import MAIN, SYNCED, an_aws_day
from support.aws_script import BROKEN, BUSY, REFUSED, Act

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(BROKEN, ("InternalServiceError", "AWS reports a fault of its own"), id="500"),
        pytest.param(BUSY, ("503", "AWS reports a fault of its own"), id="503"),
        pytest.param(REFUSED, ("AWS cannot be reached",), id="refused"),
    ],
)
async def test_F61_an_aws_that_is_away_costs_nothing_but_time(fault: Act, words: tuple[str, ...]) -> None:
    async with an_aws_day() as found:
        names = await found.fleet(8)
        await found.day.settle(30)
        mark, began = len(found.day.transport.calls), anyio.current_time()
        found.script.on("*", fault, signer=MAIN)
        found.turn(names, "two")
        await found.day.settle(180)

        found.kept(names, "one", mark)
        found.tells(names, *words)
        assert found.data("bystander") == {"password": "two"}
        assert found.day.ready("bystander") == SYNCED
        assert found.script.count(since=began + 60, signer=MAIN) <= 120

        found.script.clear()
        await found.recovered(names, "two")
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def test_F61_objects_of_an_hour_do_not_wait_for_their_backoff_once_the_store_answers() -> None:
    async with an_aws_day() as found:
        names = await found.fleet(8, refreshInterval="1h")
        mark, began = len(found.day.transport.calls), anyio.current_time()
        found.script.on("*", REFUSED, signer=MAIN)
        found.turn(names, "two")
        for name in names:
            found.force(name, "now")
        await found.day.settle(600)

        found.kept(names, "one", mark)
        found.tells(names, "AWS cannot be reached")
        # Three probes a minute, of three attempts each.
        assert found.script.count(since=began + 60, signer=MAIN) <= 90

        found.script.clear()
        await found.recovered(names, "two")
        found.nothing_was_lost(mark)
        found.nothing_leaked()
