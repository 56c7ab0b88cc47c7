"""F62: AWS takes the request and says nothing, or says half of it."""

import anyio
import pytest

from support.aws_day import MAIN, SYNCED, an_aws_day
from support.aws_script import HALF, SILENT, Act

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(SILENT, ("AWS cannot be reached; esoctl tries again",), id="silence"),
        pytest.param(HALF, ("the connection to AWS broke; esoctl tries again",), id="half a body"),
    ],
)
async def test_F62_an_aws_that_hangs_holds_up_nobody_else(fault: Act, words: tuple[str, ...]) -> None:
    async with an_aws_day() as found:
        names = await found.fleet(8)
        mark = len(found.day.transport.calls)
        found.script.on("*", fault, signer=MAIN)
        found.turn(names, "two")
        await found.day.settle(180)

        # A user of another store notices nothing.
        began = anyio.current_time()
        found.external_secret("quick", store="other", data={"a": "other"})
        await found.day.until(lambda: found.day.ready("quick") == SYNCED, seconds=5)
        assert anyio.current_time() - began <= 2
        assert found.data("bystander") == {"password": "two"}
        assert found.day.ready("bystander") == SYNCED
        found.kept(names, "one", mark)
        found.tells(names, *words)
        assert longest(found.day.metrics.scrape()().decode()) <= 45

        found.script.clear()
        await found.recovered(names, "two", seconds=30)
        found.nothing_was_lost(mark)
        found.nothing_leaked()


def longest(metrics: str) -> float:
    """The most seconds that a reconcile of an ExternalSecret took."""
    lines = [line for line in metrics.splitlines() if line.startswith("externalsecret_reconcile_duration{")]
    assert lines
    return max(float(line.rpartition(" ")[2]) for line in lines) / 1e9
