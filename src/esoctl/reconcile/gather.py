"""Runs the requests of one reconcile concurrently, each once, and answers every one of them.

Absence and failure are answers here, so the fold in ``plan.assemble`` decides in spec order, whatever came first.
A store that cannot be used fails the requests to it and no others.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import assert_never

import anyio

from esoctl.errors import BadAnswer, EsoctlError, SecretMissing, Unavailable
from esoctl.model.keys import StoreRef
from esoctl.model.remote import Quirks
from esoctl.plan.rotation import torn
from esoctl.plan.sources import Answer, Failed, Found, Get, Missing, Scan, Source
from esoctl.providers.asking import asking_afresh
from esoctl.providers.contract import Client

AT_ONCE = 8
"""Concurrent requests to one store from one reconcile."""
DEADLINE_SECONDS = 45.0
MENDS = 3
MEND_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A client to one store, and how its answers are read."""

    client: Client
    quirks: Quirks


Open = Callable[[StoreRef, str], AbstractAsyncContextManager[Opened]]
"""Opens a store for a consumer's namespace; raises StoreError, SpecError or ProviderError."""


@dataclass(slots=True)
class Gathered:
    """Every answer, and the quirks of every store that could be opened."""

    answers: dict[Source, Answer] = field(default_factory=dict, repr=False)
    quirks: dict[StoreRef, Quirks] = field(default_factory=dict)


async def gather(wanted: Iterable[Source], consumer: str, open_store: Open) -> Gathered:
    """Answers to all requests; never raises for one of them."""
    gathered = Gathered()
    by_store: dict[StoreRef, list[Source]] = {}
    for source in dict.fromkeys(wanted):
        by_store.setdefault(source.store, []).append(source)
    if len(by_store) == 1:
        ((store, requests),) = by_store.items()
        await _ask_store(store, requests, (consumer, open_store), gathered)
        return gathered
    async with anyio.create_task_group() as group:
        for store, requests in by_store.items():
            group.start_soon(_ask_store, store, requests, (consumer, open_store), gathered)
    return gathered


async def _ask_store(store: StoreRef, requests: list[Source], how: tuple[str, Open], gathered: Gathered) -> None:
    consumer, open_store = how
    answers: dict[Source, Answer] = {}
    try:
        with anyio.fail_after(DEADLINE_SECONDS):
            async with open_store(store, consumer) as opened:
                gathered.quirks[store] = opened.quirks
                await _ask_client(opened.client, requests, answers)
                await _mend(opened.client, answers)
    except EsoctlError as error:
        _fail_rest(requests, error, answers)
    except TimeoutError:
        slow = Unavailable(str(store), "", f"{store} did not answer within {DEADLINE_SECONDS:.0f} s")
        _fail_rest(requests, slow, answers)
    _refuse_torn(answers)
    gathered.answers |= answers


async def _mend(client: Client, answers: dict[Source, Answer]) -> None:
    """Read again what a rotation has torn: one Secret is never made of two versions of one remote secret."""
    for _ in range(MENDS):
        broken = torn(answers)
        if not broken:
            return
        await anyio.sleep(MEND_PAUSE_SECONDS)
        with asking_afresh():
            await _ask_client(client, broken, answers)


def _refuse_torn(answers: dict[Source, Answer]) -> None:
    for source in torn(answers):
        changed = "the secret changed again and again while it was read; esoctl tries again"
        answers[source] = Failed(BadAnswer(str(source.store), "", changed))


async def _ask_client(client: Client, requests: list[Source], answers: dict[Source, Answer]) -> None:
    if len(requests) == 1:
        answers[requests[0]] = await _answer(client, requests[0])
        return
    places = anyio.Semaphore(AT_ONCE)
    async with anyio.create_task_group() as group:
        for source in requests:
            group.start_soon(_ask, client, source, places, answers)


async def _ask(client: Client, source: Source, places: anyio.Semaphore, answers: dict[Source, Answer]) -> None:
    async with places:
        answers[source] = await _answer(client, source)


async def _answer(client: Client, source: Source) -> Answer:
    try:
        match source:
            case Get(_, remote):
                return await client.get(remote)
            case Scan(_, find):
                return Found(tuple([item async for item in client.find(find)]))
            case _:
                assert_never(source)
    except SecretMissing:
        return Missing()
    except EsoctlError as error:
        return Failed(error)


def _fail_rest(requests: list[Source], error: EsoctlError, answers: dict[Source, Answer]) -> None:
    for source in requests:
        answers.setdefault(source, Failed(error))
