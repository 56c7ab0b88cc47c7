"""The proxy of the fault table against a scripted API server: every fault does to a client what its name says."""

import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import TypeVar

import anyio
import pytest
from anyio import to_thread

from support import scripted
from support.api import Api, KeptApi
from support.faults import proxy
from support.faults.asked import Asked, Match
from support.faults.proxy import KProxy
from support.faults.proxy_faults import (
    Answer,
    Ask,
    Cut,
    Delay,
    Drip,
    Drop,
    Edit,
    Fault,
    HangUp,
    Hold,
    Repeat,
    Replace,
    Reverse,
    Swallow,
    Truncate,
    error_event,
    refusal,
)
from support.kubeconfig import Access
from support.scripted import Entry, ScriptedServer

pytestmark = pytest.mark.wire
T = TypeVar("T")
SECRETS = "/api/v1/namespaces/shop/secrets"
ONE, TWO = ({"type": "ADDED", "object": {"metadata": {"name": name, "namespace": "shop"}}} for name in ("one", "two"))
STREAMING = {"watch": "true", "sendInitialEvents": "true"}
MARK = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}


def lines(*events: object) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


@asynccontextmanager
async def between(*script: Entry) -> AsyncIterator[tuple[ScriptedServer, KProxy, Api]]:
    """A scripted server, the proxy before it, and a client with a token that asks the proxy."""
    async with scripted.serving(*script) as server:
        with proxy.running(Access(server.url, token="mine")) as kproxy:
            yield server, kproxy, Api(kproxy.access, seconds=1)


async def ask(what: Callable[[], T]) -> T:
    """Do something blocking elsewhere, while the server answers here."""
    return await to_thread.run_sync(what)


def watched(api: Api) -> list[object]:
    return list(api.watch(SECRETS))


@pytest.mark.asyncio
async def test_what_no_rule_is_about_passes_both_ways_with_its_token() -> None:
    async with between(scripted.Answer(201, {"kind": "Secret"})) as (server, kproxy, api):
        answer = await ask(partial(api.apply, f"{SECRETS}/one", {"data": {}}))

    assert (answer.status, answer.body) == (201, {"kind": "Secret"})
    (request,) = server.requests
    assert request.headers["authorization"] == "Bearer mine"
    assert request.target == f"{SECRETS}/one?fieldManager=tests"
    assert json.loads(request.body) == {"data": {}}
    (asked,) = kproxy.asked
    assert (asked.verb, asked.resource, asked.namespace, asked.name) == ("apply", "secrets", "shop", "one")
    assert (asked.status, asked.server_status) == (201, 201)
    assert json.loads(asked.answer) == {"kind": "Secret"}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "reached", "raises"),
    [
        pytest.param(HangUp(), 0, (ConnectionError,), id="reset before it is sent"),
        pytest.param(HangUp(reset=False), 0, (RemoteDisconnected,), id="closed before it is sent"),
        pytest.param(HangUp(sent=True), 1, (ConnectionError,), id="reset after it is done"),
        pytest.param(Swallow(), 0, (TimeoutError,), id="swallowed"),
        pytest.param(Delay(1.5), 0, (TimeoutError,), id="delayed"),
        pytest.param(Truncate(5, reset=False), 1, (IncompleteRead,), id="truncated"),
        pytest.param(Drip(1.5), 1, (TimeoutError,), id="dripping"),
    ],
)
async def test_a_call_that_gets_no_whole_answer(
    fault: Fault, reached: int, raises: tuple[type[BaseException], ...]
) -> None:
    async with between(scripted.Answer(200, b'{"kind":"Secret"}')) as (server, kproxy, api):
        kproxy.add(Match("get", "secrets", name="one"), fault)

        with pytest.raises(raises):
            await ask(partial(api.get, f"{SECRETS}/one"))

    assert len(server.requests) == reached


@pytest.mark.asyncio
async def test_an_answer_may_be_another_whether_the_server_was_asked_or_not() -> None:
    async with between(scripted.Answer(201, b"{}"), scripted.Answer(200, b'{"items": [1]}')) as (server, kproxy, api):
        kproxy.add(Match("create"), refusal(429, "TooManyRequests", retryAfterSeconds=3), times=1)
        kproxy.add(Match("create"), refusal(500, "InternalError", sent=True), nth=1)
        kproxy.add(Match("list"), Edit(lambda found: found | {"items": []}))
        kproxy.add(Match("list"), Ask(lambda query: query.update(limit="7")))

        throttled = await ask(partial(api.post, SECRETS, {}))
        assert server.requests == []
        failed = await ask(partial(api.post, SECRETS, {}))
        listed = await ask(partial(api.get, SECRETS, limit=500))

    assert (throttled.status, throttled.headers["retry-after"]) == (429, "3")
    assert throttled.body["details"] == {"retryAfterSeconds": 3}
    assert (failed.status, failed.body["reason"]) == (500, "InternalError")
    assert listed.body == {"items": []}
    assert [request.target for request in server.requests] == [SECRETS, f"{SECRETS}?limit=7"]
    assert [(one.status, one.server_status) for one in kproxy.asked] == [(429, 0), (500, 201), (200, 200)]


@pytest.mark.asyncio
async def test_nth_and_times_count_what_fits() -> None:
    async with between(*[scripted.Answer(200)] * 4) as (_, kproxy, api):
        rule = kproxy.add(Match("get list", namespace="shop"), Answer(503), nth=2, times=2)

        found = [(await ask(partial(api.get, path))).status for path in [SECRETS] * 4 + ["/api/v1/secrets"]]

    assert found == [200, 503, 503, 200, 200]
    assert (rule.seen, rule.fired) == (4, 2)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("match", "fault", "brings"),
    [
        pytest.param(Match(event="*"), Drop(), [], id="dropped"),
        pytest.param(Match(event="ADDED", name="one"), Drop(), [TWO, MARK], id="one dropped"),
        pytest.param(Match(event="BOOKMARK"), Drop(), [ONE, TWO], id="without bookmarks"),
        pytest.param(Match(event="ADDED"), Repeat(), [ONE, ONE, TWO, TWO, MARK], id="repeated"),
        pytest.param(Match(event="ADDED"), Reverse(2), [TWO, ONE, MARK], id="in another order"),
        pytest.param(Match(event="ADDED", name="two"), Replace([lines(MARK)]), [ONE, MARK, MARK], id="replaced"),
        pytest.param(Match(event="BOOKMARK"), Edit(lambda _: {"type": "X"}), [ONE, TWO, {"type": "X"}], id="edited"),
        pytest.param(Match(event="*"), Delay(0.05), [ONE, TWO, MARK], id="delayed"),
    ],
)
async def test_events_of_a_watch(match: Match, fault: Fault, brings: list[object]) -> None:
    async with between(scripted.Drip([lines(ONE, TWO)[:30], lines(ONE, TWO)[30:], lines(MARK)])) as (_, kproxy, api):
        kproxy.add(match, fault)

        assert await ask(partial(watched, api)) == brings


@pytest.mark.asyncio
async def test_an_event_that_is_cut_off_ends_the_watch() -> None:
    async with between(scripted.Drip([lines(ONE, TWO)])) as (_, kproxy, api):
        kproxy.add(Match("watch", event="ADDED"), Truncate(7, reset=False), nth=2)

        with pytest.raises((json.JSONDecodeError, HTTPException)):
            await ask(partial(watched, api))


@pytest.mark.asyncio
async def test_watches_that_are_open_are_held_told_more_and_cut() -> None:
    found: list[object] = []

    def follow(api: Api) -> None:
        found.extend(api.watch(SECRETS))

    # OpenSSL tells http.client of a reset as of an end.
    async with between(scripted.Drip([lines(ONE), 0.2, lines(TWO), 60])) as (_, kproxy, api):
        held = kproxy.add(Match("watch", event="ADDED", name="two"), Hold())
        ends: list[str] = []
        async with anyio.create_task_group() as group:

            async def follows() -> None:
                ends.append(await ask(partial(follow, api)))

            group.start_soon(follows)
            await until(lambda: held.fired == 1)
            assert found == [ONE]
            assert kproxy.inject(Match("watch"), error_event(410, "Expired")) == 1
            await until(lambda: len(found) == 2)
            kproxy.remove(held)
            await until(lambda: len(found) == 3)
            assert [one.events for one in kproxy.open_watches()] == [2]
            assert kproxy.cut(Match("watch", "secrets")) == 1

    assert [event["type"] for event in found] == ["ADDED", "ERROR", "ADDED"]  # type: ignore[index]


@pytest.mark.asyncio
@pytest.mark.parametrize(("reset", "told"), [(True, "ConnectionResetError"), (False, "end")])
async def test_a_cut_is_a_reset_or_an_end_on_the_wire(reset: bool, told: str) -> None:
    async with between(scripted.Drip([lines(ONE), 60])) as (_, kproxy, api):
        connection = api.connection(5)
        await ask(partial(connection.request, "GET", f"{SECRETS}?watch=true"))
        with contextlib.closing(await ask(connection.getresponse)) as response:
            await ask(response.readline)
            with socket.socket(fileno=os.dup(response.fp.fileno())) as below:
                below.settimeout(5)
                await until(lambda: kproxy.cut(reset=reset) == 1)
                assert await ask(partial(drained, below)) == told
        connection.close()


def drained(below: socket.socket) -> str:
    """How the connection under TLS ends."""
    try:
        while below.recv(4096):
            pass
    except OSError as error:
        return type(error).__name__
    return "end"


@pytest.mark.asyncio
async def test_a_frozen_proxy_lets_connect_and_says_nothing() -> None:
    async with between(scripted.Answer(200)) as (_, kproxy, api):
        kproxy.freeze()
        with pytest.raises(TimeoutError):
            await ask(partial(api.get, SECRETS))
        kproxy.thaw()
        assert (await ask(partial(api.get, SECRETS))).status == 200


@pytest.mark.asyncio
async def test_a_stalled_connection_is_accepted_from_and_never_answered() -> None:
    async with between(*[scripted.Answer(200)] * 2) as (server, kproxy, api):
        with KeptApi(api.access, seconds=1) as kept:
            assert (await ask(partial(kept.get, SECRETS))).status == 200
            assert kproxy.stall() == 1
            with pytest.raises(TimeoutError):
                await ask(partial(kept.get, SECRETS))
            assert len(server.requests) == 1
        assert (await ask(partial(api.get, SECRETS))).status == 200


@pytest.mark.asyncio
async def test_the_bookmark_that_ends_a_streaming_list_is_noted() -> None:
    end = {"type": "BOOKMARK", "object": {"metadata": {"annotations": {"k8s.io/initial-events-end": "true"}}}}
    async with between(scripted.Drip([lines(ONE, end, MARK)])) as (_, kproxy, api):
        await ask(lambda: list(api.watch(SECRETS, sendInitialEvents="true")))

    (asked,) = kproxy.asked
    assert (asked.verb, asked.events, asked.bookmarks) == ("stream", 3, 2)
    assert asked.complete is not None


@pytest.mark.asyncio
async def test_behind_it_may_be_another_server_or_none() -> None:
    async with between(scripted.Answer(200)) as (_, kproxy, api), scripted.serving(scripted.Answer(203)) as other:
        assert (await ask(partial(api.get, SECRETS))).status == 200
        kproxy.behind(Access(other.url))
        assert (await ask(partial(api.get, SECRETS))).status == 203
        kproxy.behind(Access("http://127.0.0.1:1"))
        with pytest.raises(ConnectionResetError):
            await ask(partial(api.get, SECRETS))


@pytest.mark.parametrize(
    ("method", "path", "query", "told"),
    [
        pytest.param("GET", "/api/v1/namespaces", {}, ("list", "namespaces", "", ""), id="namespaces"),
        pytest.param("GET", "/api/v1/namespaces/a", {}, ("get", "namespaces", "", "a"), id="a namespace"),
        pytest.param("GET", "/apis/g/v1/es", {"watch": "true"}, ("watch", "es", "", ""), id="a watch"),
        pytest.param(
            "GET",
            "/apis/g/v1/es",
            {"watch": "true", "sendInitialEvents": "true"},
            ("stream", "es", "", ""),
            id="stream",
        ),
        pytest.param("PATCH", "/apis/g/v1/namespaces/a/es/b/status", {}, ("patch", "es/status", "a", "b"), id="status"),
        pytest.param("DELETE", "/api/v1/namespaces/a/secrets/b", {}, ("delete", "secrets", "a", "b"), id="delete"),
        pytest.param("GET", "/apis/g/v1", {}, ("get", "", "", ""), id="discovery"),
    ],
)
def test_requests_are_told_in_the_terms_of_the_api(
    method: str, path: str, query: dict[str, str], told: tuple[str, str, str, str]
) -> None:
    asked = Asked(method, path, query, {}, b"value", 0.0)

    assert (asked.verb, asked.resource, asked.namespace, asked.name) == told
    assert "value" not in repr(asked)


def test_a_cut_may_carry_a_part() -> None:
    assert Cut(part=b"x").part == b"x"


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not true():  # noqa: ASYNC110  it looks at another thread
            await anyio.sleep(0.02)
