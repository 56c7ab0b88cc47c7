"""Targets that somebody else keeps changing or deleting."""

import base64

import anyio
import pytest

from support.day import Day, a_day

pytestmark = pytest.mark.asyncio


async def deleting(day: Day, seconds: float) -> None:
    """Delete the target whenever it is there."""
    with anyio.move_on_after(seconds):
        while True:
            if day.get("Secret", "shop") is not None:
                day.delete("Secret", "shop")
            await anyio.sleep(0.2)


def applied(day: Day) -> int:
    return sum("/secrets/shop" in write for write in day.transport.writes())


async def test_rel_08_two_controllers_that_fight_do_not_keep_the_api_server_busy() -> None:
    async with a_day() as day:
        day.external_secret(refreshInterval="1h")
        await day.until(lambda: day.data() is not None)
        before = applied(day)

        await deleting(day, 600)

        assert 3 <= applied(day) - before <= 14
        status, _, message = day.ready()
        assert status == "False"
        assert "something keeps changing or deleting the target" in message
        await day.until(lambda: day.data() == {"password": b"first"}, 200)
        await day.until(lambda: day.ready()[0] == "True", 10)


async def test_a_slip_of_the_hand_is_repaired_at_once() -> None:
    async with a_day() as day:
        day.external_secret(refreshInterval="1h")
        for _ in range(3):
            await day.until(lambda: day.data() is not None)
            day.delete("Secret", "shop")
            await day.until(lambda: day.data() is not None, 1)


async def test_an_edit_is_carried_out_however_contested_the_target_is() -> None:
    async with a_day() as day:
        day.vault.put(other="second")
        day.external_secret(refreshInterval="1h")
        await day.until(lambda: day.data() is not None)
        await deleting(day, 60)

        day.external_secret(data={"password": "other"}, refreshInterval="1h")

        await day.until(lambda: day.data() == {"password": b"second"}, 2)


async def test_F36_a_loop_of_edits_is_over_and_the_last_one_is_taken_back_by_the_next_repair() -> None:
    async with a_day() as day:
        day.external_secret(refreshInterval="1h")
        await day.until(lambda: day.data() is not None)
        for number in range(40):
            day.edit("Secret", "shop", {"data": {"password": base64.b64encode(b"%d" % number).decode()}})
            await anyio.sleep(0.5)

        assert day.ready()[0] == "False"
        await day.until(lambda: day.data() == {"password": b"first"} and day.ready()[0] == "True", 25)
