"""An informer against a scripted collection, on the virtual clock."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from esoctl.errors import Unreachable
from esoctl.informers.changes import Change, ChangeKind
from esoctl.informers.informer import Informer
from esoctl.informers.store import Broken
from esoctl.informers.watcher import Options
from esoctl.model.meta import Meta, Wire
from support.listwatch import Page, ScriptedListWatch, Stream, a_bookmark, an_event, an_object

pytestmark = pytest.mark.asyncio


class Thing(Wire, frozen=True):
    metadata: Meta
    size: int = 0


def decode(raw: bytes | msgspec.Raw) -> Thing:
    return msgspec.json.decode(raw, type=Thing)


class Run:
    """One informer at work and what its sink was told."""

    def __init__(self, script: Sequence[Page | Stream | Exception], options: Options | None = None) -> None:
        self.source = ScriptedListWatch(list(script))
        self.changes: list[Change[Thing]] = []
        self.informer: Informer[Thing] = Informer(
            "things",
            self.source,
            decode,
            self.changes.append,
            options=options or Options(draw=lambda: 0.0),
            indexes={"size": lambda thing: [thing.size]},
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Run"]:
        async with anyio.create_task_group() as group:
            group.start_soon(self.informer.run)
            yield self
            group.cancel_scope.cancel()

    def told(self) -> list[tuple[str, str]]:
        return [(change.kind.value, change.metadata.name) for change in self.changes]


async def test_a_list_and_a_watch_fill_the_store() -> None:
    script = [
        Page([an_object("a", 5), an_object("b", 7, size=3)], "10"),
        Stream([1.0, an_event("ADDED", "c", 11), an_event("MODIFIED", "a", 12), an_event("DELETED", "b", 13)]),
    ]

    async with Run(script).running() as run:
        await anyio.sleep(2)

    assert run.told() == [
        ("initial", "a"),
        ("initial", "b"),
        ("added", "c"),
        ("modified", "a"),
        ("deleted", "b"),
    ]
    assert [thing.metadata.name for thing in run.informer.store.all()] == ["c", "a"]
    assert run.informer.store.resource_version == "13"
    assert run.source.calls[1].query == {"resource_version": "10", "timeout_seconds": 300}


async def test_I_30_one_object_that_does_not_decode_is_broken_and_disturbs_no_other() -> None:
    script = [Page([an_object("a", 5), an_object("b", 6, size="large"), an_object("c", 7)])]

    async with Run(script).running() as run:
        await run.informer.synced.wait()

    broken = run.informer.store.get("shop", "b")
    assert isinstance(broken, Broken)
    assert broken.error == "Expected `int`, got `str` - at `$.size`"
    assert run.told() == [("initial", "a"), ("initial", "b"), ("initial", "c")]
    assert run.informer.store.by("size", 0) == [run.informer.store.get("shop", n) for n in "ac"]


async def test_I_39_synced_is_set_after_the_sink_was_told_of_every_object() -> None:
    names = [f"n{number}" for number in range(350)]
    run = Run([Page([an_object(name, 5) for name in names])])
    told_when_synced: list[int] = []

    async def wait() -> None:
        await run.informer.synced.wait()
        told_when_synced.append(len(run.changes))

    async with run.running(), anyio.create_task_group() as group:
        group.start_soon(wait)

    assert told_when_synced == [350]


async def test_I_11_an_empty_collection_is_synced_and_an_error_before_it_is_not() -> None:
    async with Run([Unreachable(503, "", "no"), Page([])]).running() as run:
        await anyio.sleep(0.5)
        before = run.informer.synced.is_set()
        await anyio.sleep(0.5)

        assert (before, run.informer.synced.is_set()) == (False, True)


async def test_I_33_a_list_after_a_gap_tells_of_what_vanished_with_its_final_state_unknown() -> None:
    script: list[Any] = [
        Page([an_object("a", 5), an_object("b", 6), an_object("c", 7)], "10"),
        Stream([{"type": "ERROR", "object": {"code": 410}}]),
        Page([an_object("a", 5), an_object("c", 12)], "15"),
    ]

    async with Run(script).running() as run:
        await anyio.sleep(3)

    gap = run.changes[3:]
    assert [(c.kind, c.metadata.name, c.final_state_unknown) for c in gap] == [
        (ChangeKind.MODIFIED, "c", False),
        (ChangeKind.DELETED, "b", True),
    ]
    assert run.informer.store.get("shop", "b") is None


async def test_I_35_the_store_has_a_change_before_the_sink_is_told() -> None:
    seen: list[object] = []
    source = ScriptedListWatch([Page([]), Stream([an_event("ADDED", "a", 11, size=4)])])
    informer: Informer[Thing] = Informer(
        "things",
        source,
        decode,
        lambda change: seen.append(informer.store.get("shop", change.metadata.name)),
        options=Options(draw=lambda: 0.0),
    )
    async with anyio.create_task_group() as group:
        group.start_soon(informer.run)
        await anyio.sleep(1)
        group.cancel_scope.cancel()

    assert seen == [informer.store.get("shop", "a")]
    assert seen[0] is not None


async def test_I_41_an_informer_is_fresh_while_the_server_is_heard() -> None:
    async with Run([Page([]), Stream([60.0, a_bookmark(11), 1000.0])]).running() as run:
        await anyio.sleep(60 + 89)
        fresh_after_bookmark = run.informer.fresh(anyio.current_time())
        await anyio.sleep(180)

        assert fresh_after_bookmark
        assert not run.informer.fresh(anyio.current_time())


async def test_I_42_a_reader_can_wait_for_what_was_written() -> None:
    async with Run([Page([]), Stream([2.0, an_event("ADDED", "a", 20)])]).running() as run:
        await run.informer.synced.wait()

        assert not await run.informer.reach("20", 1.0)
        assert await run.informer.reach("20", 5.0)
        assert anyio.current_time() == 2.0
        assert await run.informer.reach("19", 0.0)
