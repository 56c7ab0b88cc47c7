from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from esoctl.errors import StoreError
from esoctl.model.keys import Kind, StoreRef
from esoctl.providers.fake import FakeBackend
from esoctl.providers.pool import ClientPool, Pool
from support import stores

IDLE = 60.0


class Thing:
    """Something to open, with a diary."""

    def __init__(self) -> None:
        self.diary: list[str] = []
        self.failures = 0
        self.opening_seconds = 0.0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        await anyio.sleep(self.opening_seconds)
        if self.failures:
            self.failures -= 1
            raise StoreError("SecretStore/main", "cannot open")
        self.diary.append("opened")
        try:
            async with anyio.create_task_group():  # what is open may own tasks
                yield "thing"
        finally:
            self.diary.append("closed")


@pytest.mark.asyncio
async def test_equal_keys_share_one_thing() -> None:
    thing = Thing()

    async with Pool[str, str](IDLE) as pool:
        async with pool.lease("a", thing.open) as one, pool.lease("a", thing.open) as other:
            assert (one, other) == ("thing", "thing")
        assert thing.diary == ["opened"]


@pytest.mark.asyncio
async def test_other_keys_have_their_own_thing() -> None:
    thing = Thing()

    async with Pool[str, str](IDLE) as pool, pool.lease("a", thing.open), pool.lease("b", thing.open):
        assert len(pool) == 2

    assert thing.diary == ["opened", "opened", "closed", "closed"]


@pytest.mark.asyncio
async def test_a_thing_that_nobody_wants_is_closed_when_it_has_been_idle() -> None:
    thing = Thing()

    async with Pool[str, str](IDLE) as pool:
        async with pool.lease("a", thing.open):
            await anyio.sleep(10 * IDLE)
        await anyio.sleep(IDLE - 1)
        before = list(thing.diary)
        await anyio.sleep(2)

        assert (before, thing.diary, len(pool)) == (["opened"], ["opened", "closed"], 0)


@pytest.mark.asyncio
async def test_of_many_that_nobody_wants_the_one_returned_longest_ago_is_closed_first() -> None:
    things = {name: Thing() for name in "abcd"}

    async with Pool[str, str](IDLE, most_idle=2) as pool:
        for name in "abac":
            async with pool.lease(name, things[name].open):
                await anyio.sleep(1)
        async with pool.lease("a", things["a"].open), pool.lease("d", things["d"].open):
            await anyio.sleep(1)
            assert len(pool) == 3
        await anyio.sleep(1)

        diaries = {name: thing.diary for name, thing in things.items()}
        assert len(pool) == 2
        assert diaries == {"a": ["opened"], "b": ["opened", "closed"], "c": ["opened", "closed"], "d": ["opened"]}


@pytest.mark.asyncio
async def test_what_was_closed_to_make_room_is_opened_again_when_it_is_wanted() -> None:
    first, second = Thing(), Thing()

    async with Pool[str, str](IDLE, most_idle=1) as pool:
        for name, thing in (("a", first), ("b", second), ("a", first)):
            async with pool.lease(name, thing.open) as found:
                assert found == "thing"

        await anyio.sleep(1)
        assert first.diary == ["opened", "closed", "opened"]
        assert second.diary == ["opened", "closed"]


@pytest.mark.asyncio
async def test_use_keeps_a_thing_open() -> None:
    thing = Thing()

    async with Pool[str, str](IDLE) as pool:
        for _ in range(10):
            async with pool.lease("a", thing.open):
                pass
            await anyio.sleep(IDLE - 1)

        assert thing.diary == ["opened"]


@pytest.mark.asyncio
async def test_leaving_the_pool_closes_what_is_open() -> None:
    thing = Thing()

    async with Pool[str, str](IDLE) as pool, pool.lease("a", thing.open):
        pass

    assert thing.diary == ["opened", "closed"]


@pytest.mark.asyncio
async def test_all_who_wait_for_an_opening_that_fails_get_its_error_and_the_next_opens_afresh() -> None:
    thing = Thing()
    thing.failures, thing.opening_seconds = 1, 5
    outcomes: list[str] = []

    async def borrow(pool: Pool[str, str]) -> None:
        try:
            async with pool.lease("a", thing.open) as lent:
                outcomes.append(lent)
        except StoreError as error:
            outcomes.append(str(error))

    async with Pool[str, str](IDLE) as pool:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(borrow, pool)
            tasks.start_soon(borrow, pool)
        await borrow(pool)

    assert outcomes == ["cannot open", "cannot open", "thing"]


@pytest.mark.asyncio
async def test_a_borrower_that_gives_up_takes_nothing_from_the_others() -> None:
    thing = Thing()
    thing.opening_seconds = 5
    outcomes: list[str] = []

    async def impatient(pool: Pool[str, str]) -> None:
        with anyio.move_on_after(1):
            async with pool.lease("a", thing.open):
                outcomes.append("impatient")

    async def patient(pool: Pool[str, str]) -> None:
        async with pool.lease("a", thing.open):
            outcomes.append("patient")

    async with Pool[str, str](IDLE) as pool, anyio.create_task_group() as tasks:
        tasks.start_soon(impatient, pool)
        tasks.start_soon(patient, pool)

    assert (outcomes, thing.diary) == (["patient"], ["opened", "closed"])


@pytest.mark.asyncio
async def test_an_error_in_the_opening_code_reaches_the_borrower_and_not_the_pool() -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[str]:
        raise ValueError("a bug")
        yield ""

    async with Pool[str, str](IDLE) as pool:
        with pytest.raises(ValueError, match="a bug"):
            async with pool.lease("a", broken):
                pass
        assert len(pool) == 0


@pytest.mark.asyncio
async def test_clients_are_told_apart_by_backend_and_identity() -> None:
    one, other = (FakeBackend(StoreRef(Kind.SECRET_STORE, "team", name), ()) for name in ("one", "other"))
    credentials = stores.WrittenCredentials()

    async with (
        ClientPool(IDLE) as pool,
        pool.lease(one, "keys-1", credentials) as first,
        pool.lease(one, "keys-1", credentials) as again,
        pool.lease(one, "keys-2", credentials) as rotated,
        pool.lease(other, "keys-1", credentials) as elsewhere,
    ):
        clients = [first, again, rotated, elsewhere]

    assert [clients.index(client) for client in clients] == [0, 0, 2, 3]


@pytest.mark.asyncio
async def test_an_error_in_the_block_passes_through_as_it_is() -> None:
    thing = Thing()

    with pytest.raises(ValueError, match="mine"):
        async with Pool[str, str](IDLE) as pool, pool.lease("a", thing.open):
            raise ValueError("mine")

    assert thing.diary == ["opened", "closed"]


@pytest.mark.asyncio
async def test_a_cancelled_pool_closes_what_is_open() -> None:
    thing = Thing()

    with anyio.move_on_after(5):
        async with Pool[str, str](IDLE) as pool, pool.lease("a", thing.open):
            await anyio.sleep_forever()

    assert thing.diary == ["opened", "closed"]
