"""The recorder against an API that only remembers, on the virtual clock."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from esoctl.errors import Denied, NotFound, Unreachable
from esoctl.kube import events
from esoctl.kube.events import Recorder
from esoctl.model.kinds import Resource
from esoctl.model.meta import Meta

pytestmark = pytest.mark.asyncio

EPOCH = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
ITEM = Meta(name="db", namespace="shop", uid="u1", resource_version="7", labels={"a": "b"})


@dataclass
class RememberingApi:
    """Keeps events by name; ``refusals`` answer the next calls instead."""

    seconds: float = 0.0
    refusals: list[Exception] = field(default_factory=list)
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    async def create(self, resource: Resource, namespace: str, body: bytes) -> bytes:
        event = json.loads(body)
        await self._called("create", namespace)
        self.held[event["metadata"]["name"]] = event
        return body

    async def patch(self, resource: Resource, namespace: str, name: str, body: bytes, *, content_type: str) -> bytes:
        await self._called("patch", namespace)
        if name not in self.held:
            raise NotFound(404, "NotFound", "no such event")
        self.held[name] |= json.loads(body)
        return body

    async def _called(self, verb: str, namespace: str) -> None:
        self.calls.append(f"{verb} {namespace}")
        await anyio.sleep(self.seconds)
        if self.refusals:
            raise self.refusals.pop(0)

    def told(self) -> list[tuple[str, int]]:
        return [(event["message"], event["count"]) for event in self.held.values()]


@dataclass
class Run:
    api: RememberingApi
    recorder: Recorder

    def say(self, message: str = "done", meta: Meta = ITEM, reason: str = "Updated") -> None:
        self.recorder.record(meta, "ExternalSecret", "external-secrets.io/v1", "Normal", reason, message)


@asynccontextmanager
async def recording(api: RememberingApi | None = None) -> AsyncIterator[Run]:
    api = api or RememberingApi()
    recorder = Recorder(api, "external-secrets", lambda: EPOCH + timedelta(seconds=anyio.current_time()))
    async with anyio.create_task_group() as group:
        group.start_soon(recorder.run)
        yield Run(api, recorder)
        group.cancel_scope.cancel()


async def test_an_event_says_what_happened_to_what() -> None:
    async with recording() as run:
        run.say("secret updated")
        assert await run.recorder.flush(1)

    [event] = run.api.held.values()
    name = event["metadata"].pop("name")
    assert name.startswith("db.")
    assert event == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": "shop"},
        "involvedObject": {
            "kind": "ExternalSecret",
            "apiVersion": "external-secrets.io/v1",
            "namespace": "shop",
            "name": "db",
            "uid": "u1",
            "resourceVersion": "7",
        },
        "type": "Normal",
        "reason": "Updated",
        "message": "secret updated",
        "source": {"component": "external-secrets"},
        "reportingComponent": "external-secrets",
        "firstTimestamp": "2026-01-02T03:04:05Z",
        "lastTimestamp": "2026-01-02T03:04:05Z",
        "count": 1,
    }


async def test_an_object_without_a_namespace_has_its_events_in_default() -> None:
    async with recording() as run:
        run.say(meta=Meta(name="aws", uid="u2"))
        await run.recorder.flush(1)

    assert run.api.calls == ["create default"]
    assert "namespace" not in next(iter(run.api.held.values()))["involvedObject"]


async def test_recording_does_not_wait_for_the_server() -> None:
    async with recording(RememberingApi(seconds=10)) as run:
        run.say("one")
        run.say("two")
        before = anyio.current_time()
        flushed = await run.recorder.flush(15)

        assert before == 0
        assert not flushed
        assert run.recorder.statistics().waiting == 0
        assert await run.recorder.flush(15)
        assert anyio.current_time() == 20


async def test_the_same_again_before_it_is_sent_is_one_event_with_a_count() -> None:
    async with recording() as run:
        for _ in range(3):
            run.say()
        run.say("other")
        await run.recorder.flush(1)

    assert run.api.told() == [("done", 3), ("other", 1)]


async def test_the_same_again_later_counts_up_the_event_that_is_there() -> None:
    async with recording() as run:
        run.say()
        await anyio.sleep(60)
        run.say()
        run.say()
        await run.recorder.flush(1)

    [event] = run.api.held.values()
    assert run.api.calls == ["create shop", "patch shop"]
    assert (event["count"], event["firstTimestamp"], event["lastTimestamp"]) == (
        3,
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:05:05Z",
    )


async def test_an_event_that_has_expired_is_created_anew() -> None:
    async with recording() as run:
        run.say()
        await anyio.sleep(3700)
        run.api.held.clear()
        run.say()
        await run.recorder.flush(1)

    assert run.api.calls == ["create shop", "patch shop", "create shop"]
    assert run.api.told() == [("done", 1)]


@pytest.mark.parametrize("error", [Denied(403, "Forbidden", "no"), Unreachable(0, "", "no")])
async def test_an_event_that_cannot_be_sent_is_dropped_and_counted_and_the_next_is_sent(error: Exception) -> None:
    async with recording(RememberingApi(refusals=[error])) as run:
        run.say("lost")
        run.say("kept")
        await run.recorder.flush(1)

    assert run.api.told() == [("kept", 1)]
    assert run.recorder.statistics().dropped == {"failed": 1}


async def test_an_object_that_says_too_much_is_cut_off_and_others_are_not() -> None:
    async with recording() as run:
        for number in range(40):
            run.say(f"failure {number}")
        run.say("mine", meta=Meta(name="other", namespace="shop", uid="u3"))
        await run.recorder.flush(1)
        await anyio.sleep(2 * events.REFILL_SECONDS)
        for number in range(5):
            run.say(f"later {number}")
        await run.recorder.flush(1)

    assert len(run.api.held) == 25 + 1 + 2
    assert run.recorder.statistics().dropped == {"spam": 18}


async def test_what_waits_is_bounded() -> None:
    async with recording() as run:
        for number in range(events.WAITING_LIMIT + 5):
            run.say(meta=Meta(name=f"n{number}", namespace="shop"))
        await run.recorder.flush(1)

    assert len(run.api.held) == events.WAITING_LIMIT
    assert run.recorder.statistics().dropped == {"full": 5}


async def test_long_messages_and_names_are_cut() -> None:
    async with recording() as run:
        run.say("x" * 5000, meta=Meta(name="n" * 253, namespace="shop"))
        await run.recorder.flush(1)

    [(name, event)] = run.api.held.items()
    assert (len(event["message"]), len(name)) == (1024, 253)


async def test_two_events_of_one_moment_have_two_names() -> None:
    async with recording() as run:
        run.say("one")
        run.say("two")
        await run.recorder.flush(1)

    assert len(run.api.held) == 2
