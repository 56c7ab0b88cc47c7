"""How a request passes through the proxy: read, passed on, answered, with what the rules do to each step.

Everything here runs in the event loop of the proxy.
"""

import asyncio
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import msgspec
import yarl
from aiohttp import web

from support.faults.asked import FOLLOWS, Asked, Match
from support.faults.proxy_faults import Cut, Fault, Rule, Said
from support.kubeconfig import Access

NOT_PASSED_ON = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "keep-alive"}
NOT_PASSED_BACK = NOT_PASSED_ON | {"content-encoding"}
INITIAL_END = b"k8s.io/initial-events-end"
LINGER_NOT = struct.pack("ii", 1, 0)
"""A socket that lingers for no time is reset when it is closed."""


class _Named(msgspec.Struct):
    name: str = ""
    namespace: str = ""


class _Object(msgspec.Struct):
    metadata: _Named = msgspec.field(default_factory=_Named)


class _Event(msgspec.Struct):
    type: str = ""
    object: _Object = msgspec.field(default_factory=_Object)


_events = msgspec.json.Decoder(_Event)


@dataclass
class Live:
    """A watch that is open."""

    asked: Asked
    request: web.BaseRequest
    response: web.StreamResponse
    turn: asyncio.Lock


class Passage:
    """``rules`` are read at every request and every event; ``asked`` and ``live`` are what came and what is open."""

    def __init__(self, upstream: Access) -> None:
        self.upstream = upstream
        self.trust = upstream.ssl_context()
        self.asked: list[Asked] = []
        self.rules: list[Rule] = []
        self.live: list[Live] = []
        self.stalled: set[asyncio.Transport] = set()
        """Connections that nothing passes through any more."""
        self.client: aiohttp.ClientSession

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        self.client = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))

    async def close(self) -> None:
        await self.client.close()

    def turn_to(self, upstream: Access, trust: ssl.SSLContext | None) -> None:
        self.upstream, self.trust = upstream, trust

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.content.read()
        headers = {name.lower(): value for name, value in request.headers.items() if name.lower() not in NOT_PASSED_ON}
        asked = Asked(request.method, request.path, dict(request.query), headers, body, time.monotonic())
        self.asked.append(asked)
        try:
            return await self._exchange(request, asked)
        except Cut as cut:
            end(request, reset=cut.reset)
        except (aiohttp.ClientError, OSError):
            # The API server is away, or one of the two hung up in the middle.
            end(request, reset=True)
        finally:
            asked.ended = time.monotonic()
        return web.Response(status=asked.status or 502)

    async def _exchange(self, request: web.BaseRequest, asked: Asked) -> web.StreamResponse:
        faults = [rule.fault for rule in self.rules if rule.match.fits(asked) and rule.fires()]
        for fault in faults:
            if said := await fault.before(asked):
                return _saying(asked, said)
        target = yarl.URL(f"{self.upstream.url}{request.raw_path.partition('?')[0]}", encoded=True)
        async with self.client.request(
            asked.method,
            target.with_query(asked.query),
            data=asked.body or None,
            headers=asked.headers | {"Accept-Encoding": "identity"},
            ssl=self.trust or True,
            allow_redirects=False,
        ) as answer:
            asked.server_status = answer.status
            follows = asked.verb in FOLLOWS.split() and answer.status == 200
            body = b"" if follows else await answer.read()
            asked.answer = b"" if asked.method == "GET" else body
            for fault in faults:
                if said := await fault.after(asked):
                    return _saying(asked, said)
            asked.status = answer.status
            response = web.StreamResponse(status=answer.status, headers=_passed_back(answer))
            if request.transport in self.stalled:
                await asyncio.Event().wait()
            if follows:
                await self._follow(Live(asked, request, response, asyncio.Lock()), answer)
            else:
                await _deliver(request, response, asked, body, faults)
            return response

    async def _follow(self, live: Live, answer: aiohttp.ClientResponse) -> None:
        live.response.enable_chunked_encoding()
        await live.response.prepare(live.request)
        self.live.append(live)
        try:
            async for line in _lines(answer):
                await self._pass(live, line)
        finally:
            self.live.remove(live)

    async def _pass(self, live: Live, line: bytes) -> None:
        try:
            event = _events.decode(line)
        except (msgspec.MsgspecError, ValueError):
            event = _Event()
        about = (live.asked, event.type, event.object.metadata.namespace, event.object.metadata.name)
        faults = [rule.fault for rule in self.rules if rule.match.fits_event(*about) and rule.fires()]
        lines = [line]
        try:
            for fault in faults:
                lines = [made for one in lines for made in await fault.events(live.asked, one)]
        except Cut as cut:
            await send(live, cut.part)
            raise
        if live.request.transport in self.stalled:
            await asyncio.Event().wait()
        for one in lines:
            await send(live, one, _pause(faults))
        live.asked.events += 1
        if lines and event.type == "BOOKMARK":
            live.asked.bookmarks += 1
            if INITIAL_END in line:
                live.asked.complete = time.monotonic()

    def open_ones(self, match: Match) -> list[Live]:
        return [live for live in self.live if match.fits(live.asked)]


async def send(live: Live, line: bytes, pause: float = 0.0) -> None:
    """Bring a line to a watch, between two others."""
    async with live.turn:
        await _write(live.response, line, pause)


def end(request: web.BaseRequest, *, reset: bool) -> bool:
    """Drop the connection of a request; whether there was one."""
    transport = request.transport
    if transport is None or transport.is_closing():
        return False
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    transport.abort()  # close() would wait for the other side to say goodbye
    return True


def _saying(asked: Asked, said: Said) -> web.Response:
    asked.status = said.status
    headers = {"Content-Type": "application/json"} | dict(said.headers)
    return web.Response(status=said.status, body=said.body, headers=headers)


async def _deliver(
    request: web.BaseRequest, response: web.StreamResponse, asked: Asked, body: bytes, faults: list[Fault]
) -> None:
    cut = None
    try:
        for fault in faults:
            body = fault.change(asked, body)
    except Cut as found:
        cut = found
    response.content_length = len(body)
    await response.prepare(request)
    if cut:
        await response.write(cut.part)
        raise cut
    await _write(response, body, _pause(faults))


def _pause(faults: list[Fault]) -> float:
    return max((fault.pause for fault in faults), default=0.0)


async def _write(response: web.StreamResponse, data: bytes, pause: float) -> None:
    if not pause:
        await response.write(data)
        return
    for byte in data:
        await asyncio.sleep(pause)
        await response.write(bytes([byte]))


async def _lines(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Lines with their ends, however long."""
    rest = b""
    async for chunk in answer.content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"


def _passed_back(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() not in NOT_PASSED_BACK}
