"""What every provider must do, as a class to subclass; a subclass says how its world is made.

class TestFake(ContractSuite):
    @pytest.fixture
    def world(self) -> World: ...
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

import anyio
import pytest

from esoctl.errors import EsoctlError, ProviderError, SecretMissing, SpecError
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.contract import Backend, Client, Health, Provider
from support import stores

VALUE = "hunter-2 \N{SNOWMAN}"


class World(Protocol):
    """One provider and the place its values are kept in."""

    provider: Provider
    body: object
    """A valid body under ``spec.provider.<name>``."""

    def put(self, key: str, value: str) -> None:
        """Keep a value, as a new version of the old one."""
        ...

    def remove(self, key: str) -> None: ...

    def client(self) -> AbstractAsyncContextManager[Client]: ...


async def everything(client: Client, query: Find) -> dict[str, bytes]:
    return {name: payload.value async for name, payload in client.find(query)}


class ContractSuite:
    @pytest.mark.asyncio
    async def test_a_value_comes_back_whole(self, world: World) -> None:
        world.put("app/db", VALUE)

        async with world.client() as client:
            payload = await client.get(RemoteKey("app/db"))

        assert payload.value == VALUE.encode()

    @pytest.mark.asyncio
    async def test_the_next_read_gives_the_new_value(self, world: World) -> None:
        world.put("app/db", "old")
        async with world.client() as client:
            before = await client.get(RemoteKey("app/db"))

        world.put("app/db", "new")
        async with world.client() as client:
            after = await client.get(RemoteKey("app/db"))

        assert (before.value, after.value) == (b"old", b"new")

    @pytest.mark.asyncio
    async def test_what_is_not_there_is_missing(self, world: World) -> None:
        world.put("app/db", VALUE)

        async with world.client() as client:
            with pytest.raises(SecretMissing, match="Secret does not exist"):
                await client.get(RemoteKey("app/gone"))

    @pytest.mark.asyncio
    async def test_what_was_removed_is_missing(self, world: World) -> None:
        world.put("app/db", VALUE)
        world.remove("app/db")

        async with world.client() as client:
            with pytest.raises(SecretMissing):
                await client.get(RemoteKey("app/db"))

    @pytest.mark.asyncio
    async def test_reads_at_the_same_time_each_get_their_own_answer(self, world: World) -> None:
        names = [f"app/{number}" for number in range(25)]
        for name in names:
            world.put(name, f"value of {name}")
        answers: dict[str, bytes | Exception] = {}

        async def read(client: Client, name: str) -> None:
            try:
                answers[name] = (await client.get(RemoteKey(name))).value
            except EsoctlError as error:
                answers[name] = error

        async with world.client() as client, anyio.create_task_group() as tasks:
            for name in [*names, *names[:5], "app/gone"]:
                tasks.start_soon(read, client, name)

        missing = answers.pop("app/gone")
        assert isinstance(missing, SecretMissing)
        assert answers == {name: f"value of {name}".encode() for name in names}

    @pytest.mark.asyncio
    async def test_a_pattern_is_searched_in_the_whole_name(self, world: World) -> None:
        for name in ("/app/db", "/app/cache", "/web/db"):
            world.put(name, f"value of {name}")

        async with world.client() as client:
            found = await everything(client, Find(regexp="db$"))

        assert found == {"/app/db": b"value of /app/db", "/web/db": b"value of /web/db"}

    @pytest.mark.asyncio
    async def test_a_search_without_a_match_finds_nothing(self, world: World) -> None:
        world.put("app/db", VALUE)

        async with world.client() as client:
            found = await everything(client, Find(regexp="^nothing-like-it$"))

        assert found == {}

    @pytest.mark.asyncio
    @pytest.mark.parametrize(
        "query",
        [
            pytest.param(Find(), id="nothing"),
            pytest.param(Find(path="/app"), id="a path alone"),
            pytest.param(Find(regexp="("), id="a pattern that is none"),
        ],
    )
    async def test_a_search_that_makes_no_sense_is_an_error(self, world: World, query: Find) -> None:
        world.put("app/db", VALUE)

        async with world.client() as client:
            with pytest.raises(ProviderError) as caught:
                await everything(client, query)

        assert not isinstance(caught.value, SecretMissing)

    @pytest.mark.asyncio
    async def test_good_credentials_pass_the_check(self, world: World) -> None:
        async with world.client() as client:
            health = await client.check()

        assert health is Health.READY

    @pytest.mark.asyncio
    async def test_no_text_about_a_value_holds_it(self, world: World) -> None:
        world.put("app/db", VALUE)

        async with world.client() as client:
            payload: Payload = await client.get(RemoteKey("app/db"))
            texts = repr(payload) + str(payload) + repr(client)

        assert VALUE not in texts

    def test_equal_stores_have_equal_backends(self, world: World) -> None:
        one, other = (self.decode(world, world.body) for _ in range(2))

        assert one == other
        assert hash(one) == hash(other)

    def test_a_body_of_the_wrong_shape_is_refused_with_the_place(self, world: World) -> None:
        with pytest.raises(SpecError) as caught:
            self.decode(world, ["not", "an", "object"])

        assert caught.value.path == f"spec.provider.{world.provider.name}"

    def test_the_backend_is_shown_without_values(self, world: World) -> None:
        world.put("app/db", VALUE)

        assert VALUE not in repr(self.decode(world, world.body))

    def decode(self, world: World, body: object) -> Backend:
        return world.provider.decode(stores.raw(body), stores.a_scope())
