"""Watches in the sandbox, under a virtual clock."""

from typing import Any

import anyio
import pytest

from esoctl.sandbox.watching import Watch
from esoctl.sandbox.world import Settings
from support.conformance.widgets import definition
from support.in_process import CONFIG_MAPS, CRDS, SECRETS, Client, a_secret


async def take(watch: Watch, count: int) -> list[Any]:
    """The next events, as (type, name)."""
    found = []
    for _ in range(count):
        event = await watch.next()
        assert event is not None
        found.append(event)
    return found


def short(events: list[Any]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


@pytest.mark.asyncio
async def test_a_watch_without_a_revision_begins_with_what_exists() -> None:
    client = Client()
    client.made(SECRETS, a_secret("one"))
    watch = client.watch(SECRETS)
    client.made(SECRETS, a_secret("two"))

    assert short(await take(watch, 2)) == [("ADDED", "one"), ("ADDED", "two")]


@pytest.mark.asyncio
async def test_a_watch_resumes_after_the_revision_it_names() -> None:
    client = Client()
    made = client.made(SECRETS, a_secret("one"))
    client.patch(f"{SECRETS}/one", {"data": {"a": "eQ=="}})
    client.delete(f"{SECRETS}/one")

    events = await take(client.watch(SECRETS, resourceVersion=made["metadata"]["resourceVersion"]), 2)

    assert short(events) == [("MODIFIED", "one"), ("DELETED", "one")]
    assert int(events[1]["object"]["metadata"]["resourceVersion"]) == client.world.store.revision


@pytest.mark.asyncio
async def test_a_watch_waits_for_what_comes() -> None:
    client = Client()
    watch = client.watch(SECRETS)
    seen = []

    async with anyio.create_task_group() as group:

        async def follow() -> None:
            seen.extend(await take(watch, 1))

        group.start_soon(follow)
        await anyio.sleep(30)
        client.made(SECRETS, a_secret("late"))

    assert short(seen) == [("ADDED", "late")]


@pytest.mark.asyncio
async def test_what_leaves_the_selector_is_deleted_with_its_last_fitting_state() -> None:
    client = Client()
    client.made(SECRETS, a_secret("one", labels={"app": "a"}))
    watch = client.watch(SECRETS, labelSelector="app=a")
    client.patch(f"{SECRETS}/one", {"metadata": {"labels": {"app": "b"}}})
    client.patch(f"{SECRETS}/one", {"metadata": {"labels": {"app": "a"}}})

    events = await take(watch, 3)

    assert short(events) == [("ADDED", "one"), ("DELETED", "one"), ("ADDED", "one")]
    assert events[1]["object"]["metadata"]["labels"] == {"app": "a"}


@pytest.mark.asyncio
async def test_a_watch_of_one_namespace_shows_no_other() -> None:
    client = Client()
    watch = client.watch(SECRETS)
    client.made("/api/v1/namespaces/kube-system/secrets", a_secret("other"))
    client.made(SECRETS, a_secret("ours"))

    assert short(await take(watch, 1)) == [("ADDED", "ours")]


@pytest.mark.asyncio
async def test_a_revision_before_the_window_is_expired() -> None:
    client = Client(Settings(history=2))
    for name in ("one", "two", "three"):
        client.made(SECRETS, a_secret(name))
    watch = client.watch(SECRETS, resourceVersion="1")

    (event,) = await take(watch, 1)

    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert event["object"]["message"].startswith("too old resource version: 1 (")
    assert await watch.next() is None


@pytest.mark.asyncio
async def test_a_watch_that_falls_behind_the_window_is_expired() -> None:
    client = Client(Settings(history=2))
    watch = client.watch(SECRETS)
    for name in ("one", "two", "three"):
        client.made(SECRETS, a_secret(name))

    (event,) = await take(watch, 1)

    assert event["object"]["reason"] == "Expired"


@pytest.mark.asyncio
async def test_a_watch_ends_when_its_time_is_over() -> None:
    watch = Client().watch(SECRETS, timeoutSeconds=5)
    began = anyio.current_time()

    assert await watch.next() is None
    assert anyio.current_time() - began == pytest.approx(5)


@pytest.mark.asyncio
async def test_bookmarks_come_at_their_interval_and_carry_the_newest_revision() -> None:
    client = Client(Settings(bookmark_seconds=60))
    watch = client.watch(SECRETS, allowWatchBookmarks=True)
    client.made(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    began = anyio.current_time()

    (event,) = await take(watch, 1)

    assert event["type"] == "BOOKMARK"
    assert event["object"]["metadata"]["resourceVersion"] == str(client.world.store.revision)
    assert anyio.current_time() - began == pytest.approx(60)


@pytest.mark.asyncio
async def test_a_streaming_list_ends_with_a_marked_bookmark() -> None:
    client = Client()
    client.made(SECRETS, a_secret("one"))
    watch = client.watch(SECRETS, sendInitialEvents=True, allowWatchBookmarks=True, resourceVersionMatch="NotOlderThan")

    events = await take(watch, 2)

    assert short(events) == [("ADDED", "one"), ("BOOKMARK", "")]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


@pytest.mark.asyncio
async def test_the_watch_of_a_withdrawn_resource_ends() -> None:
    client = Client()
    client.made(CRDS, definition())
    path = "/apis/conformance.esoctl.dev/v1/widgets"
    watch = client.watch(path)
    client.delete(f"{CRDS}/widgets.conformance.esoctl.dev")

    assert await watch.next() is None
    assert client.get(path)[0] == 404
