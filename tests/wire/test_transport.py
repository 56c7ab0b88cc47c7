"""The transport over real sockets, against a server that misbehaves on purpose."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest

from esoctl.errors import ClusterError, Denied, Invalid, NotFound, NotLeading, Unreachable
from esoctl.kube.endpoint import Endpoint
from esoctl.kube.transport import USER_AGENT, Call, Options, Transport
from support.faults.authority import issued
from support.scripted import DISCONNECT, HANG, Answer, Drip, Entry, ScriptedServer, a_status, serving

pytestmark = [pytest.mark.asyncio, pytest.mark.wire]

SECRETS = "/api/v1/namespaces/shop/secrets"
APPLY = Call("PATCH", f"{SECRETS}/db", {"fieldManager": "x y"}, b"{}", "application/apply-patch+yaml", timeout=4)


@dataclass
class Link:
    """A transport, the server behind it, and what the observer was told."""

    transport: Transport
    server: ScriptedServer
    told: list[tuple[str, str, str]] = field(default_factory=list)

    def codes(self) -> list[str]:
        return [code for code, _, _ in self.told]

    async def refused(self, call: Call) -> ClusterError:
        with pytest.raises(ClusterError) as caught:
            await self.transport.request(call)
        return caught.value


@asynccontextmanager
async def a_link(*script: Entry, **endpoint: object) -> AsyncIterator[Link]:
    told: list[tuple[str, str, str]] = []
    options = Options(draw=lambda: 0.0, observe=lambda *seen: told.append(seen))
    async with serving(*script) as server, Transport(Endpoint(server.url, **endpoint), options) as transport:
        yield Link(transport, server, told)


async def test_a_call_says_who_it_is_what_it_sends_and_what_it_wants() -> None:
    async def auth() -> dict[str, str]:
        return {"Authorization": "Bearer t"}

    async with a_link(Answer(body=b"done"), auth=auth) as link:
        answer = await link.transport.request(APPLY)

    asked = link.server.requests[0]
    assert answer == b"done"
    assert (asked.method, asked.target, asked.body) == ("PATCH", f"{SECRETS}/db?fieldManager=x+y", b"{}")
    assert asked.headers["user-agent"] == USER_AGENT
    assert asked.headers["authorization"] == "Bearer t"
    assert asked.headers["content-type"] == "application/apply-patch+yaml"
    assert asked.headers["accept"] == "application/json"
    assert link.told == [("200", link.server.url.removeprefix("http://"), "PATCH")]


async def test_a_patch_is_repeated_after_a_disconnect() -> None:
    async with a_link(DISCONNECT, Answer(body=b"done")) as link:
        answer = await link.transport.request(APPLY)

    assert answer == b"done"
    assert [asked.body for asked in link.server.requests] == [b"{}", b"{}"]
    assert link.codes() == ["<error>", "200"]


async def test_a_create_is_not_repeated_after_a_disconnect() -> None:
    async with a_link(DISCONNECT) as link:
        error = await link.refused(Call("POST", SECRETS, body=b"{}", repeatable=False))

    assert isinstance(error, Unreachable)
    assert len(link.server.requests) == 1


async def test_a_throttled_call_waits_as_long_as_it_is_told_and_creates_too() -> None:
    async with a_link(Answer(429, b"", {"Retry-After": "0.3"}), Answer(201, b"made")) as link:
        began = anyio.current_time()
        answer = await link.transport.request(Call("POST", SECRETS, body=b"{}", repeatable=False))

        assert anyio.current_time() - began >= 0.3
    assert answer == b"made"


async def test_a_wait_too_long_for_a_worker_is_left_to_the_caller() -> None:
    async with a_link(Answer(429, b"", {"Retry-After": "60"})) as link:
        error = await link.refused(APPLY)

    assert (error.status, error.after) == (429, 60)
    assert len(link.server.requests) == 1


async def test_tries_are_bounded() -> None:
    async with a_link(*[Answer(503, b"<html>try later</html>")] * 9) as link:
        error = await link.refused(APPLY)

    assert (error.status, str(error)) == (503, "the API server answered 503 without saying why")
    assert len(link.server.requests) == APPLY.tries


async def test_a_refusal_is_not_repeated() -> None:
    async with a_link(a_status(404, "NotFound", 'secrets "db" not found')) as link:
        error = await link.refused(APPLY)

    assert isinstance(error, NotFound)
    assert (error.reason, str(error)) == ("NotFound", 'secrets "db" not found')


async def test_a_server_that_hangs_costs_no_more_than_the_time_out() -> None:
    async with a_link(HANG, HANG) as link:
        began = anyio.current_time()
        error = await link.refused(Call("GET", SECRETS, timeout=0.5))

        assert anyio.current_time() - began < 2
    assert (error.status, error.reason) == (0, "Timeout")


async def test_a_call_that_hung_is_repeated_while_there_is_time() -> None:
    async with a_link(HANG, Answer(body=b"done")) as link:
        assert await link.transport.request(Call("GET", SECRETS, timeout=1.0)) == b"done"


async def test_F31_when_the_time_is_over_the_last_word_of_the_server_is_told() -> None:
    refused = a_status(500, "InternalError", 'failed calling webhook "w"')
    async with a_link(refused, refused, HANG) as link:
        error = await link.refused(Call("GET", SECRETS, timeout=0.5))

    assert isinstance(error, Unreachable)
    assert str(error) == 'failed calling webhook "w"'
    assert len(link.server.requests) == 3


async def test_I_18_refused_credentials_are_loaded_anew_once() -> None:
    tokens = iter(["old", "new"])
    current = [next(tokens)]

    async def auth() -> dict[str, str]:
        return {"Authorization": current[0]}

    def forget() -> None:
        current[0] = next(tokens, current[0])

    async with a_link(*[Answer(401)] * 1, Answer(body=b"done"), auth=auth, forget=forget) as link:
        assert await link.transport.request(APPLY) == b"done"
    assert [asked.headers["authorization"] for asked in link.server.requests] == ["old", "new"]

    async with a_link(*[Answer(401)] * 3, auth=auth, forget=forget) as link:
        assert isinstance(await link.refused(APPLY), Denied)
    assert len(link.server.requests) == 2


async def test_F22_an_authority_that_changed_is_loaded_anew() -> None:
    old, new = issued(), issued()
    context = ssl.create_default_context(cadata=old.authority)
    called: list[str] = []

    def forget() -> None:
        called.append("forget")
        context.load_verify_locations(cadata=new.authority)

    async with serving(Answer(body=b"done"), tls=new.context) as server:
        endpoint = Endpoint(server.url, context, forget=forget)
        async with Transport(endpoint, Options(draw=lambda: 0.0)) as transport:
            assert await transport.request(APPLY) == b"done"

    assert called == ["forget"]


async def test_connections_are_kept_for_the_next_call() -> None:
    async with a_link(Answer(), Answer(), Answer()) as link:
        for _ in range(3):
            await link.transport.request(APPLY)

    assert {asked.connection for asked in link.server.requests} == {0}


async def test_a_stream_has_a_connection_that_no_call_uses() -> None:
    async with (
        a_link(Drip([b"one\n", 30.0]), Answer()) as link,
        link.transport.stream(Call("GET", SECRETS)) as lines,
    ):
        assert await anext(lines) == b"one"
        await link.transport.request(APPLY)

    assert [asked.connection for asked in link.server.requests] == [0, 1]


async def test_nothing_listens() -> None:
    async with serving() as server:
        url = server.url
    async with Transport(Endpoint(url), Options(draw=lambda: 0.0)) as transport:
        with pytest.raises(Unreachable) as caught:
            await transport.request(APPLY)

    assert caught.value.reason == "NotSent"
    assert "Connect call failed" in str(caught.value)


async def read(link: Link, timeout: float = 5.0) -> tuple[list[bytes], ClusterError | None]:
    lines: list[bytes] = []
    try:
        async with link.transport.stream(Call("GET", SECRETS, timeout=timeout)) as stream:
            async for line in stream:
                lines.append(line)  # noqa: PERF401  what came before an error counts
    except ClusterError as error:
        return lines, error
    return lines, None


async def test_lines_are_put_together_from_chunks() -> None:
    async with a_link(Drip([b'{"a"', 0.05, b":1}\n{", 0.05, b'"b":2}\n'])) as link:
        assert await read(link) == ([b'{"a":1}', b'{"b":2}'], None)


async def test_I_28_a_line_of_a_megabyte_and_more_arrives_whole() -> None:
    line = b"x" * 3_000_000
    async with a_link(Drip([line + b"\n", b"after\n"])) as link:
        lines, error = await read(link)

    assert error is None
    assert [len(line) for line in lines] == [3_000_000, 5]


async def test_I_28_a_line_over_four_megabytes_ends_the_stream_and_is_not_quoted() -> None:
    async with a_link(Drip([b"small\n", b"hunter2" * 700_000])) as link:
        lines, error = await read(link)

    assert lines == [b"small"]
    assert isinstance(error, Invalid)
    assert error.reason == "LineTooLong"
    assert "hunter2" not in str(error)


async def test_I_29_a_line_cut_in_the_middle_is_dropped() -> None:
    async with a_link(Drip([b"whole\n", b'{"half', 0.1], cut=True)) as link:
        lines, error = await read(link)

    assert lines == [b"whole"]
    assert isinstance(error, Unreachable)
    assert error.status == 0


async def test_a_stream_that_is_refused_says_why() -> None:
    async with a_link(a_status(410, "Expired", "too old resource version: 1 (9)")) as link:
        lines, error = await read(link)

    assert (lines, type(error).__name__, str(error)) == ([], "Gone", "too old resource version: 1 (9)")


async def test_REL_02_a_silent_stream_ends_with_its_life() -> None:
    async with a_link(Drip([b"one\n", 30.0])) as link:
        lines, error = await read(link, timeout=0.5)

    assert lines == [b"one"]
    assert isinstance(error, Unreachable)
    assert error.reason == "Timeout"


async def test_I_27_a_cancelled_call_and_a_cancelled_stream_end_at_once() -> None:
    async with a_link(HANG, HANG) as link:
        began = anyio.current_time()
        with anyio.move_on_after(0.1):
            await link.transport.request(APPLY)
        with anyio.move_on_after(0.1):
            await read(link)

        assert anyio.current_time() - began < 0.5


async def test_without_the_lease_a_question_is_asked_and_nothing_is_written() -> None:
    review = Call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", body=b"{}", changes=False)
    options = Options(draw=lambda: 0.0, lease=lambda: 0.0)
    async with serving(Answer(body=b"done")) as server, Transport(Endpoint(server.url), options) as transport:
        assert await transport.request(review) == b"done"
        with pytest.raises(NotLeading):
            await transport.request(APPLY)

    assert [asked.method for asked in server.requests] == ["POST"]
