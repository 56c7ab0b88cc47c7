"""Requests run together, each once; every one is answered, whatever happens to the others."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest

from esoctl.errors import AccessDenied, BadAnswer, EsoctlError, SecretMissing, StoreNotReady
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import Find, Quirks, RemoteKey
from esoctl.model.values import Payload
from esoctl.plan.sources import Failed, Found, Get, Missing, Scan
from esoctl.providers.contract import Client, Health
from esoctl.reconcile.gather import AT_ONCE, DEADLINE_SECONDS, Gathered, Open, Opened, gather

pytestmark = pytest.mark.asyncio

GOOD = StoreRef(Kind.SECRET_STORE, "team-a", "good")
BAD = StoreRef(Kind.CLUSTER_SECRET_STORE, "", "bad")


@dataclass
class Shop:
    """A client whose answers take a second; keys may fail or hang."""

    failures: dict[str, EsoctlError] = field(default_factory=dict)
    hanging: frozenset[str] = frozenset()
    asked: Counter[str] = field(default_factory=Counter)
    running: int = 0
    most: int = 0

    async def get(self, ref: RemoteKey) -> Payload:
        self.asked[ref.key] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await anyio.sleep(1e6 if ref.key in self.hanging else 1)
        finally:
            self.running -= 1
        if ref.key in self.failures:
            raise self.failures[ref.key]
        return Payload(ref.key.encode())

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        await anyio.sleep(1)
        yield "a", Payload(b"1")
        if query.regexp in self.failures:
            raise self.failures[query.regexp or ""]
        yield "b", Payload(b"2")

    async def check(self) -> Health:
        return Health.READY


def opening(shop: Client, *, bad: EsoctlError | None = None, consumers: list[str] | None = None) -> Open:
    @asynccontextmanager
    async def open_store(ref: StoreRef, consumer: str) -> AsyncIterator[Opened]:
        if consumers is not None:
            consumers.append(consumer)
        await anyio.sleep(1)
        if bad is not None and ref == BAD:
            raise bad
        yield Opened(shop, Quirks(strict_properties=True))

    return open_store


def get(key: str, store: StoreRef = GOOD) -> Get:
    return Get(store, RemoteKey(key))


async def gathered(shop: Shop, *wanted: Get | Scan, bad: EsoctlError | None = None) -> Gathered:
    return await gather(wanted, "team-a", opening(shop, bad=bad))


async def test_absence_and_failure_are_answers() -> None:
    denied = AccessDenied("AWS", "Get", "denied")
    shop = Shop({"gone": SecretMissing("AWS", "Get", "gone"), "no": denied})

    found = await gathered(shop, get("a"), get("gone"), get("no"))

    assert found.answers == {get("a"): Payload(b"a"), get("gone"): Missing(), get("no"): Failed(denied)}
    assert found.quirks == {GOOD: Quirks(strict_properties=True)}


async def test_a_search_is_found_whole_or_not_at_all() -> None:
    denied = AccessDenied("AWS", "List", "denied")

    found = await gathered(Shop({"x": denied}), Scan(GOOD, Find("y")), Scan(GOOD, Find("x")))

    assert found.answers == {
        Scan(GOOD, Find("y")): Found((("a", Payload(b"1")), ("b", Payload(b"2")))),
        Scan(GOOD, Find("x")): Failed(denied),
    }


async def test_a_store_that_cannot_be_used_fails_its_own_requests_only() -> None:
    broken = StoreNotReady("bad", "bad is not ready")

    found = await gathered(Shop(), get("a"), get("b", BAD), get("c", BAD), bad=broken)

    assert found.answers == {get("a"): Payload(b"a"), get("b", BAD): Failed(broken), get("c", BAD): Failed(broken)}
    assert list(found.quirks) == [GOOD]


async def test_requests_to_all_stores_run_together_but_only_so_many_to_one() -> None:
    shop = Shop()
    began = anyio.current_time()

    found = await gathered(shop, *(get(str(n)) for n in range(AT_ONCE * 2)))

    assert shop.most == AT_ONCE
    assert anyio.current_time() - began == 3.0  # one second to open, two rounds of requests
    assert len(found.answers) == AT_ONCE * 2


async def test_stores_do_not_wait_for_one_another() -> None:
    began = anyio.current_time()

    await gathered(Shop(), get("a"), get("b", BAD))

    assert anyio.current_time() - began == 2.0


async def test_a_store_that_hangs_fails_what_is_open_and_keeps_what_came() -> None:
    began = anyio.current_time()

    found = await gathered(Shop(hanging=frozenset({"slow"})), get("fast"), get("slow"), get("other", BAD))

    assert anyio.current_time() - began == DEADLINE_SECONDS
    assert found.answers[get("fast")] == Payload(b"fast")
    assert found.answers[get("other", BAD)] == Payload(b"other")
    slow = found.answers[get("slow")]
    assert isinstance(slow, Failed)
    assert str(slow.error) == 'SecretStore "good" did not answer within 45 s'


async def test_equal_requests_are_made_once() -> None:
    shop = Shop()

    found = await gathered(shop, get("a"), get("a"), get("b"))

    assert shop.asked == {"a": 1, "b": 1}
    assert len(found.answers) == 2


async def test_a_store_is_opened_once_for_the_consumer() -> None:
    consumers: list[str] = []

    await gather([get("a"), get("b")], "team-a", opening(Shop(), consumers=consumers))

    assert consumers == ["team-a"]


async def test_nothing_wanted_opens_nothing() -> None:
    consumers: list[str] = []

    found = await gather([], "team-a", opening(Shop(), consumers=consumers))

    assert (found.answers, consumers) == ({}, [])


async def test_a_bug_in_a_client_is_not_taken_for_a_failure() -> None:
    class Broken(Shop):
        async def get(self, ref: RemoteKey) -> Payload:
            raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        await gathered(Broken(), get("a"), get("b"))


@dataclass
class Rotating:
    """A client whose secret is rotated between the reads of one sync, as often as it is told."""

    rotations: int
    reads: int = 0

    def _payload(self) -> Payload:
        version = min(self.reads, self.rotations)
        self.reads += 1
        return Payload(f"value {version}".encode(), f"v{version}")

    async def get(self, ref: RemoteKey) -> Payload:
        return self._payload()

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        await anyio.sleep(0.1)
        yield "db", self._payload()

    async def check(self) -> Health:
        return Health.READY


TWICE = (Get(GOOD, RemoteKey("db")), Scan(GOOD, Find("db")))


async def test_F68_what_a_rotation_tears_is_read_again_until_it_is_of_one_version() -> None:
    client = Rotating(rotations=1)

    gathered = await gather(TWICE, "team-a", opening(client))

    one, many = (gathered.answers[source] for source in TWICE)
    assert isinstance(one, Payload)
    assert isinstance(many, Found)
    assert {one.version, many.items[0][1].version} == {"v1"}
    assert client.reads == 4


async def test_F68_what_stays_torn_is_a_failure_of_all_of_it() -> None:
    gathered = await gather(TWICE, "team-a", opening(Rotating(rotations=100)))

    errors = [answer.error for answer in gathered.answers.values() if isinstance(answer, Failed)]
    assert [type(error) for error in errors] == [BadAnswer, BadAnswer]
    assert "changed again and again" in str(errors[0])


async def test_F68_what_is_torn_when_the_time_is_over_is_not_handed_out() -> None:
    @dataclass
    class Slow(Rotating):
        async def get(self, ref: RemoteKey) -> Payload:
            await anyio.sleep(DEADLINE_SECONDS / 2 if self.reads > 1 else 0)
            return self._payload()

    gathered = await gather(TWICE, "team-a", opening(Slow(rotations=100)))

    assert all(isinstance(answer, Failed) for answer in gathered.answers.values())
