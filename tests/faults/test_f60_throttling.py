"""F60: AWS throttles everything for five minutes, then three calls of ten for five more."""

import anyio
import pytest

from support.aws_day import SYNCED, AwsDay, an_aws_day
from support.aws_script import THROTTLED

pytestmark = pytest.mark.asyncio

OBJECTS = 20
MAIN = "AKIAMAIN"
RECOVERY_SECONDS = 330.0
"""The longest backoff of a key, with its jitter."""


async def test_F60_throttling_keeps_the_data_puts_edits_first_and_makes_no_second_storm() -> None:
    async with an_aws_day() as found:
        await a_fleet(found)
        calm = found.script.most_in_a_second()
        mark = len(found.day.transport.calls)

        began = anyio.current_time()
        found.script.on("*", THROTTLED, signer=MAIN)
        for number in range(OBJECTS):
            found.put(**{f"v{number}": "two"})
        await found.day.settle(300)

        # Last good data kept, no write at all, and the condition tells the truth.
        assert [found.data(name) for name in names()] == [{"a": "one"}] * OBJECTS
        assert [found.data("bystander")] == [{"password": "bystander"}]
        assert [call.path for call in found.secret_writes(mark) if "bystander" not in call.path] == []
        for name in names():
            status, reason, message = found.day.ready(name)
            assert (status, reason) == ("False", "SecretSyncedError")
            assert "ThrottlingException: Rate exceeded; AWS asks for fewer calls" in message
        # Fewer and fewer calls: a probe a second at most once the limiter is down.
        calls = found.script.those(since=began, signer=MAIN)
        assert found.script.most_in_a_second(since=began + 60) <= 5
        assert len(calls) <= 3 * OBJECTS + 300
        # Another account is as before.
        assert found.day.ready("bystander") == SYNCED
        assert found.script.count(since=began, signer="AKIAOTHER") >= 4

        found.script.clear()
        found.script.on("*", THROTTLED, signer=MAIN, share=0.3)
        eased = anyio.current_time()
        found.external_secret("edited", data={"a": "v0"})
        await found.day.until(lambda: found.data("edited") == {"a": "two"}, seconds=20)
        await found.day.until(
            lambda: all(found.data(name) == {"a": "two"} for name in names()), seconds=RECOVERY_SECONDS
        )

        # No second storm when AWS lets calls through again.
        assert found.script.most_in_a_second(since=eased) <= max(calm, 10)
        await found.day.settle(max(0.0, 300 - (anyio.current_time() - eased)))
        found.script.clear()
        await found.day.until(
            lambda: all(found.day.ready(name) == SYNCED for name in names()), seconds=RECOVERY_SECONDS
        )
        assert found.script.most_in_a_second(since=eased) <= max(calm, 10)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


async def a_fleet(found: AwsDay) -> None:
    found.external_secret("bystander", store="other", data={"password": "other"}, refreshInterval="1m")
    for number, name in enumerate(names()):
        found.put(**{f"v{number}": "one"})
        found.external_secret(name, data={"a": f"v{number}"}, refreshInterval="1m")
    await found.day.until(lambda: all(found.day.ready(name) == SYNCED for name in ("bystander", *names())))
    await found.day.settle(60)


def names() -> list[str]:
    return [f"es{number}" for number in range(OBJECTS)]
