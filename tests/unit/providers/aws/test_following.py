"""A client that follows its ServiceAccount: when it looks, and what it does with what it sees."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from esoctl.errors import StoreError, Unreachable
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws.following import Following
from esoctl.providers.aws.identity import Ambient, Identity
from esoctl.providers.contract import Client, Health

OLD, NEW = Identity(Ambient(), (), "old"), Identity(Ambient(), (), "new")


class Signed:
    """A client that answers with the identity it signs as."""

    def __init__(self, signer: Identity) -> None:
        self.payload = Payload(signer.region.encode())

    async def get(self, ref: RemoteKey) -> Payload:
        return self.payload

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        yield "x", self.payload

    async def check(self) -> Health:
        return Health.READY


class Account:
    """What is read of the account: an identity, or a failure."""

    def __init__(self) -> None:
        self.now: Identity | Exception = OLD
        self.looks = 0
        self.open = 0

    async def read(self) -> Identity:
        self.looks += 1
        await anyio.sleep(0.1)
        if isinstance(self.now, Exception):
            raise self.now
        return self.now

    @asynccontextmanager
    async def connect(self, signer: Identity) -> AsyncIterator[Client]:
        self.open += 1
        yield Signed(signer)
        self.open -= 1


def following(account: Account) -> Following:
    return Following(OLD, account.read, account.connect)


async def who(client: Following) -> str:
    return (await client.get(RemoteKey("x"))).value.decode()


@pytest.mark.asyncio
async def test_a_changed_role_is_signed_with_after_a_minute_at_most() -> None:
    account = Account()
    client = following(account)
    account.now = NEW

    seen = []
    for _ in range(7):
        seen.append(await who(client))
        await anyio.sleep(10)

    assert seen == ["old"] * 6 + ["new"]
    assert account.looks == 1


@pytest.mark.asyncio
async def test_searches_and_checks_follow_too_and_hold_no_connection_afterwards() -> None:
    account = Account()
    client = following(account)
    account.now = NEW
    await anyio.sleep(61)

    found = [item async for item in client.find(Find(regexp="."))]

    assert found == [("x", Payload(b"new"))]
    assert await client.check() is Health.READY
    assert account.open == 0


@pytest.mark.asyncio
async def test_all_who_read_at_once_look_once() -> None:
    account = Account()
    client = following(account)
    await anyio.sleep(61)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(who, client)

    assert account.looks == 1


@pytest.mark.asyncio
async def test_an_account_that_is_gone_is_an_error_until_it_is_back() -> None:
    account = Account()
    client = following(account)
    account.now = StoreError("SecretStore/main", "not found")
    await anyio.sleep(61)
    for _ in range(2):
        with pytest.raises(StoreError, match="not found"):
            await who(client)

    account.now = NEW

    assert await who(client) == "new"


@pytest.mark.asyncio
async def test_while_the_api_server_is_away_the_account_is_as_it_was() -> None:
    account = Account()
    client = following(account)
    account.now = Unreachable(0, "", "away")
    await anyio.sleep(61)

    assert [await who(client) for _ in range(3)] == ["old"] * 3
    assert account.looks == 1
