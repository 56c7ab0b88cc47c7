"""Stores that fail: who may ask, and who is woken when they answer; virtual clock."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import anyio
import pytest

from esoctl.errors import AccessDenied, BadAnswer, EsoctlError, SecretMissing, StoreFailing, Throttled, Unavailable
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.asking import Asking, asking
from esoctl.providers.contract import Health
from esoctl.reconcile.circuits import Circuits, name

pytestmark = pytest.mark.asyncio

MAIN = StoreRef(Kind.SECRET_STORE, "team-a", "main")
OTHER = StoreRef(Kind.SECRET_STORE, "team-a", "other")
REFRESH = Asking(turn=3)


def away() -> Unavailable:
    return Unavailable("AWS/Test", "Get", "nobody answers")


@dataclass
class Shop:
    """A client that fails while it is told to."""

    failure: Exception | None = None
    asked: int = 0

    async def get(self, ref: RemoteKey) -> Payload:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return Payload(ref.key.encode())

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        yield "found", await self.get(RemoteKey(query.path or ""))

    async def check(self) -> Health:
        return Health.READY


@dataclass
class Queue:
    """Writes down what is released."""

    parked: int = 1
    released: list[tuple[str, float, int | None]] = field(default_factory=list)

    def release(self, behind: str, seconds: float, most: int | None) -> int:
        self.released.append((behind, seconds, most))
        released = self.parked if most is None else min(most, self.parked)
        self.parked -= released
        return released

    def waiting(self, _behind: str) -> int:
        return self.parked


async def visit(circuits: Circuits, shop: Shop, ref: StoreRef = MAIN, *, search: bool = False) -> str:
    """One visit for a refresh; the name of what came of it."""
    try:
        with asking(REFRESH), circuits.visit(ref) as heard:
            if search:
                async for _ in heard(shop).find(Find(path="/")):
                    pass
            else:
                await heard(shop).get(RemoteKey("db"))
    except EsoctlError as error:
        return type(error).__name__
    return "read"


async def a_failing_store(circuits: Circuits, shop: Shop) -> None:
    for _ in range(5):
        shop.failure = away()
        await visit(circuits, shop)


async def test_Q_26_a_store_that_fails_five_times_is_not_asked_and_says_why() -> None:
    circuits, shop = Circuits(), Shop()
    await a_failing_store(circuits, shop)

    with asking(REFRESH), pytest.raises(StoreFailing, match="nobody answers"), circuits.visit(MAIN):
        pass

    assert shop.asked == 5
    assert circuits.trouble(MAIN) == "nobody answers"
    assert circuits.open_ones() == {name(MAIN): 1.0}


async def test_a_store_of_the_same_name_in_another_namespace_is_another() -> None:
    namesake, wide = MAIN._replace(namespace="team-b"), StoreRef(Kind.CLUSTER_SECRET_STORE, "", "main")
    circuits, shop = Circuits(), Shop()
    await a_failing_store(circuits, shop)

    assert len({name(ref) for ref in (MAIN, namesake, wide)}) == 3
    assert [await visit(circuits, Shop(), ref) for ref in (namesake, wide)] == ["read", "read"]


async def test_other_stores_are_asked_as_ever() -> None:
    circuits, shop = Circuits(), Shop()
    await a_failing_store(circuits, shop)

    assert await visit(circuits, Shop(), OTHER) == "read"
    assert circuits.trouble(OTHER) == ""


@pytest.mark.parametrize("search", [False, True])
@pytest.mark.parametrize(
    ("kind", "opens"),
    [(Unavailable, True), (Throttled, True), (AccessDenied, False), (SecretMissing, False), (BadAnswer, False)],
)
async def test_only_failures_of_the_store_itself_count(kind: type[AccessDenied], opens: bool, search: bool) -> None:
    circuits, shop = Circuits(), Shop()
    for _ in range(9):
        shop.failure = kind("AWS/Test", "Get", "x")
        await visit(circuits, shop, search=search)

    assert bool(circuits.trouble(MAIN)) is opens


async def test_an_answer_that_many_waited_for_counts_once() -> None:
    circuits, shop = Circuits(), Shop(failure=away())
    for _ in range(20):
        await visit(circuits, shop)

    assert circuits.trouble(MAIN) == ""


async def test_a_user_need_not_wait_for_the_pause() -> None:
    circuits, shop = Circuits(), Shop()
    await a_failing_store(circuits, shop)
    shop.failure = None
    await anyio.sleep(1.0)

    refused = await visit(circuits, shop)
    with asking(Asking(turn=1)), circuits.visit(MAIN) as heard:
        await heard(shop).get(RemoteKey("db"))

    assert refused == "StoreFailing"
    assert await visit(circuits, shop) == "read"


async def test_a_visit_that_is_cut_short_is_no_probe_for_ever() -> None:
    circuits, shop = Circuits(), Shop()
    await a_failing_store(circuits, shop)
    await anyio.sleep(5.0)
    with asking(REFRESH), circuits.visit(MAIN):
        """It ends without a word."""
    shop.failure = None

    await anyio.sleep(5.0)

    assert await visit(circuits, shop) == "read"


@pytest.mark.parametrize(("parked", "seconds"), [(9, 4.0), (1001, 30.0)])
async def test_a_probe_is_sent_when_the_pause_is_over_and_all_are_released_when_the_store_answers(
    parked: int, seconds: float
) -> None:
    queue, told = Queue(parked), list[StoreRef]()
    circuits, shop = Circuits(queue.release, told.append, queue.waiting), Shop()
    await a_failing_store(circuits, shop)

    async with anyio.create_task_group() as group:
        group.start_soon(circuits.run)
        await anyio.sleep(4.5)
        early = list(queue.released)
        await anyio.sleep(1.0)
        probes = list(queue.released)
        shop.failure = None
        outcome = await visit(circuits, shop)
        await anyio.sleep(1.0)
        group.cancel_scope.cancel()

    assert (early, probes, outcome) == ([], [(name(MAIN), 0.0, 1)], "read")
    assert queue.released[1:] == [(name(MAIN), seconds, None)]
    assert told == [MAIN, MAIN]


async def test_who_was_refused_before_the_store_answered_is_released_though_he_parks_later() -> None:
    queue = Queue(parked=0)
    circuits, shop = Circuits(queue.release, waiting=queue.waiting), Shop()
    await a_failing_store(circuits, shop)
    await anyio.sleep(5.0)
    shop.failure = None

    async with anyio.create_task_group() as group:
        group.start_soon(circuits.run)
        await visit(circuits, shop)
        await anyio.sleep(60.0)
        queue.parked = 2
        await anyio.sleep(2.0)
        released = list(queue.released)
        await anyio.sleep(120.0)
        group.cancel_scope.cancel()

    assert released[-1:] == [(name(MAIN), 1.0, None)]
    assert queue.parked == 0


async def test_a_store_that_is_gone_holds_nobody() -> None:
    queue = Queue()
    circuits, shop = Circuits(queue.release), Shop()
    await a_failing_store(circuits, shop)

    circuits.forget(MAIN)

    assert queue.released == [(name(MAIN), 0.0, None)]
    assert circuits.open_ones() == {}
