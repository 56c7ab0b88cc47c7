"""F60: AWS throttles everything for five minutes, then three calls of ten for five more."""

import anyio
import pytest

from support.aws_day import MAIN, OTHER, SYNCED, an_aws_day
from support.aws_script import THROTTLED

pytestmark = pytest.mark.asyncio

OBJECTS = 20


async def test_F60_throttling_keeps_the_data_puts_edits_first_and_makes_no_second_storm() -> None:
    async with an_aws_day() as found:
        names = await found.fleet(OBJECTS)
        await found.day.settle(60)
        calm = max(10, found.script.most_in_a_second())
        mark = len(found.day.transport.calls)

        began = anyio.current_time()
        found.script.on("*", THROTTLED, signer=MAIN)
        found.turn(names, "two")
        await found.day.settle(300)

        found.kept(names, "one", mark)
        found.tells(names, "ThrottlingException: Rate exceeded; AWS asks for fewer calls")
        # Fewer and fewer calls, down to a probe now and then; the store of another account is as before.
        assert found.script.most_in_a_second(since=began + 60) <= 5
        assert found.script.count(since=began + 60, signer=MAIN) <= 240
        assert found.data("bystander") == {"password": "two"}
        assert found.day.ready("bystander") == SYNCED
        assert found.script.count(since=began, signer=OTHER) >= 4

        found.script.clear()
        found.script.on("*", THROTTLED, signer=MAIN, share=0.3)
        eased = anyio.current_time()
        found.external_secret("edited", data={"a": "v0"})
        # Three reads of ten still fail, and each failure of the one that is let through costs a pause of up to 20 s.
        await found.day.until(lambda: found.data("edited") == {"a": "two"}, seconds=60)
        await found.day.settle(300)
        assert found.all_hold(names, "two")
        found.script.clear()
        await found.recovered(names, "two")

        # No second storm, neither when AWS lets calls through nor when it lets all of them through.
        assert found.script.most_in_a_second(since=eased) <= calm
        found.nothing_was_lost(mark)
        found.nothing_leaked()
