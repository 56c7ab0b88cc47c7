"""Reads that do not go back, against a fetcher that answers from a list, on the virtual clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio
import pytest

from esoctl.errors import AccessDenied, BadAnswer, ProviderError, SecretMissing
from esoctl.model.remote import MetadataPolicy, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws.planner import Planner
from esoctl.providers.aws.steady import PAUSE_SECONDS, Steady

pytestmark = pytest.mark.asyncio

DB = RemoteKey("db")
GONE = 0


def made(version: int) -> Payload:
    return Payload(f"value {version}".encode(), f"v{version}", float(version))


@dataclass
class Listed:
    """Answers the next version of ``script``; the last one stays."""

    script: list[int]
    provider: str = "AWS/Test"
    batch_call: str = "BatchGet"
    batch_size: int = 5
    singles: int = 0
    batches: int = 0
    failures: dict[str, ProviderError] = field(default_factory=dict)

    async def one(self, ref: RemoteKey) -> Payload:
        self.singles += 1
        version = self._next()
        if version == GONE:
            raise SecretMissing("AWS/Test", "Get", "Secret does not exist")
        return made(version)

    async def many(self, keys: Sequence[str]) -> Mapping[str, Payload | ProviderError]:
        self.batches += 1
        version = self._next()
        gone = SecretMissing("AWS/Test", "BatchGet", "Secret does not exist")
        return {key: self.failures.get(key) or (gone if version == GONE else made(version)) for key in keys}

    def _next(self) -> int:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


async def test_a_newer_version_passes_at_once() -> None:
    listed = Listed([1, 2])
    steady = Steady(listed)

    got = [(await steady.one(DB)).version, (await steady.one(DB)).version]

    assert (got, anyio.current_time()) == (["v1", "v2"], 0.0)


async def test_F68_an_older_answer_that_a_second_read_does_not_confirm_is_dropped() -> None:
    listed = Listed([2, 1, 2])
    steady = Steady(listed)
    await steady.one(DB)

    assert (await steady.one(DB)).version == "v2"
    assert (listed.singles, anyio.current_time()) == (3, PAUSE_SECONDS)


async def test_F68_an_older_answer_that_a_second_read_confirms_is_believed_from_then_on() -> None:
    listed = Listed([2, 1, 1, 1])
    steady = Steady(listed)
    await steady.one(DB)

    assert (await steady.one(DB)).version == "v1"
    assert (await steady.one(DB)).version == "v1"
    assert (listed.singles, anyio.current_time()) == (4, PAUSE_SECONDS)


async def test_F68_answers_that_do_not_settle_are_an_error_and_not_absence() -> None:
    listed = Listed([9, 1, 2, 3])
    steady = Steady(listed)
    await steady.one(DB)

    with pytest.raises(BadAnswer, match="now one and now another old version"):
        await steady.one(DB)


async def test_F68_an_item_of_a_batch_that_is_behind_is_read_by_itself() -> None:
    listed = Listed([2, 1, 2])
    async with Planner(Steady(listed)) as planner:
        await two(planner)
        got = await two(planner)

    assert {payload.version for payload in got} == {"v2"}
    assert (listed.batches, listed.singles) == (2, 2)


async def test_F67_what_was_there_a_moment_ago_is_said_to_be_gone_at_once_and_forgotten() -> None:
    steady = Steady(Listed([2, GONE, 1]))
    await steady.one(DB)

    with pytest.raises(SecretMissing):
        await steady.one(DB)
    # A secret that was made again may begin with any version.
    assert (await steady.one(DB)).version == "v1"
    assert anyio.current_time() == 0.0


async def test_F67_an_item_of_a_batch_that_was_there_a_moment_ago_is_read_by_itself() -> None:
    listed = Listed([1, GONE, 1])
    async with Planner(Steady(listed)) as planner:
        await two(planner)
        got = await two(planner)

    assert {payload.version for payload in got} == {"v1"}
    assert (listed.batches, listed.singles) == (2, 2)


async def test_what_was_never_there_is_missing_at_once() -> None:
    with pytest.raises(SecretMissing):
        await Steady(Listed([GONE])).one(DB)

    assert anyio.current_time() == 0.0


async def test_errors_of_a_batch_pass() -> None:
    listed = Listed([1], failures={"db": AccessDenied("AWS/Test", "BatchGet", "no")})

    outcome = await Steady(listed).many(["db", "other"])

    assert [type(answer) for answer in outcome.values()] == [AccessDenied, Payload]


@pytest.mark.parametrize("ref", [RemoteKey("db", "uuid/v1"), RemoteKey("db", metadata=MetadataPolicy.FETCH)])
async def test_pinned_versions_and_tags_pass_as_they_are(ref: RemoteKey) -> None:
    steady = Steady(Listed([2, 1]))
    await steady.one(ref)

    assert (await steady.one(ref)).version == "v1"
    assert anyio.current_time() == 0.0


async def test_it_is_the_fetcher_that_it_wraps() -> None:
    listed = Listed([1])
    steady = Steady(listed)

    assert (steady.provider, steady.batch_call, steady.batch_size) == ("AWS/Test", "BatchGet", 5)


async def two(planner: Planner) -> list[Payload]:
    got: list[Payload] = []

    async def one(key: str) -> None:
        got.append(await planner.get(RemoteKey(key)))

    async with anyio.create_task_group() as tasks:
        for key in ("db", "other"):
            tasks.start_soon(one, key)
    return got
