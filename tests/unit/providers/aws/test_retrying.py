"""What the client library retries by itself is counted, paced, and never more than three attempts."""

from dataclasses import replace

import anyio
import pytest

from esoctl.errors import Throttled
from esoctl.providers.aws.clients import SERVICES
from esoctl.providers.aws.identity import Identity, Keys, Static
from esoctl.providers.aws.session import Connection
from esoctl.providers.aws.spec import Service
from support.aws_memory import MemoryAws, MemorySession
from support.aws_script import THROTTLED

pytestmark = pytest.mark.asyncio

CALL = "GetSecretValue"
SECRETS = SERVICES[Service.SECRETS_MANAGER]
SIGNER = Identity(Static("AKIAMAIN", "digest", Keys("AKIAMAIN", "secret")), (), "eu-west-1")


async def read(connection: Connection) -> None:
    await connection.api.call(CALL, "db", SecretId="db", VersionStage="AWSCURRENT")


async def test_every_throttled_attempt_is_told_though_the_call_succeeds_in_the_end() -> None:
    memory = MemoryAws()
    memory.world.put(db="x")
    memory.script.on(CALL, THROTTLED, times=1)

    async with MemorySession(memory) as session, session.connection(SECRETS, SIGNER, 3) as connection:
        await read(connection)
        slowed = session.rates()[CALL]

    assert memory.script.count(CALL) == 2
    assert slowed < 300, "half of where it began"


async def test_a_read_is_three_attempts_at_most() -> None:
    memory = MemoryAws()
    memory.script.on(CALL, THROTTLED)

    async with MemorySession(memory) as session, session.connection(SECRETS, SIGNER, 3) as connection:
        with pytest.raises(Throttled):
            await read(connection)

    assert memory.script.count(CALL) == 3


async def test_a_retry_waits_as_long_as_aws_says() -> None:
    memory = MemoryAws()
    memory.world.put(db="x")
    memory.script.on(CALL, replace(THROTTLED, headers={"Retry-After": "30"}), times=1)

    async with MemorySession(memory) as session, session.connection(SECRETS, SIGNER, 3) as connection:
        began = anyio.current_time()
        await read(connection)

    first, second = memory.script.those(CALL)
    assert first.at - began < 1.0
    assert second.at - first.at >= 30.0
