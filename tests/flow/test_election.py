"""What an operator does that waits for its turn, has it, and loses it."""

import math

import anyio
import pytest

from support.day import a_day

pytestmark = pytest.mark.asyncio


class Told:
    """An election whose outcome the test tells."""

    def __init__(self) -> None:
        self.won = anyio.Event()
        self.over = anyio.Event()
        self.leads = False
        self.beats = 0

    async def elected(self) -> None:
        await self.won.wait()

    async def lost(self) -> None:
        await self.over.wait()

    def seconds_left(self) -> float:
        return math.inf if self.leads else -math.inf

    def beat(self) -> None:
        self.beats += 1

    def problem(self) -> str:
        return ""

    def broken(self) -> str:
        return ""


async def test_l_10_a_standby_writes_nothing_and_works_at_once_when_it_leads() -> None:
    lead = Told()
    async with a_day(lead=lead) as day:
        before = day.transport.writes()
        day.external_secret()
        await day.settle(600)
        assert day.transport.writes() == before
        assert not day.vault.asked
        listed = len([call for call in day.transport.calls if call.method == "GET"])

        lead.won.set()
        await day.until(lambda: day.data() == {"password": b"first"}, 2)

        assert len([call for call in day.transport.calls if call.method == "GET"]) == listed


async def test_the_main_loop_shows_the_elector_that_it_lives() -> None:
    lead = Told()
    async with a_day(lead=lead) as day:
        await day.settle(10)

        assert 18 <= lead.beats <= 22


async def test_l_07_an_operator_that_lost_the_lease_stops_without_finishing_its_work() -> None:
    lead = Told()
    lead.won.set()
    async with a_day(lead=lead) as day:
        day.vault.delay = 20.0
        day.external_secret()
        await day.settle(5)
        before = len(day.transport.calls)

        lead.over.set()
        await day.settle(60)

        assert day.data() is None
        assert len(day.transport.calls) == before
