"""What stays open after many stores have come and gone."""

import gc

import anyio
import pytest
from aiobotocore.client import AioBaseClient

from esoctl.model.remote import RemoteKey
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session
from esoctl.providers.contract import Scope
from esoctl.providers.pool import MOST_IDLE, ClientPool
from support import aws, stores
from support.aws_memory import MemoryAws, MemorySession

STORES = 160


async def used(pool: ClientPool, session: Session, number: int) -> None:
    """A store with a key of its own is used once."""
    keys = {"id": f"AKIA{number}".encode(), "key": b"secret"}
    scope: Scope = stores.a_scope(name=f"store-{number}")
    backend = Aws(session).decode(stores.raw(aws.a_body()), scope)
    async with pool.lease(backend, number, aws.credentials(secrets={"keys": keys})) as client:
        await client.get(RemoteKey("x"))


def clients() -> int:
    """How many clients of the library are alive."""
    gc.collect()
    return sum(isinstance(thing, AioBaseClient) for thing in gc.get_objects())


@pytest.mark.asyncio
async def test_REL_30_stores_that_come_and_go_leave_nothing_behind() -> None:
    memory = MemoryAws()
    memory.world.put(x="value")
    before = clients()
    async with MemorySession(memory) as session, ClientPool() as pool:
        for number in range(STORES):
            await used(pool, session, number)
        busy = clients() - before
        await anyio.sleep(2 * 3600)
        idle = clients() - before

    assert busy <= 2 * MOST_IDLE + 2  # clients of stores, connections behind them, and what is being closed
    assert idle == 0
    assert clients() - before == 0


@pytest.mark.asyncio
async def test_REL_30_stores_with_equal_keys_share_one_client() -> None:
    memory = MemoryAws()
    memory.world.put(x="value")
    before = clients()
    async with MemorySession(memory) as session, ClientPool() as pool:
        for number in range(STORES):
            backend = Aws(session).decode(stores.raw(aws.a_body()), stores.a_scope(name=f"store-{number}"))
            async with pool.lease(backend, number, aws.credentials()) as client:
                await client.get(RemoteKey("x"))
        shared = clients() - before

    assert shared == 1
