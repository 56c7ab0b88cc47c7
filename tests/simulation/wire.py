"""The operator's connection to the API server: its own retries and lease, over a wire on which anything may happen.

Only the tries and the streams of ``Transport`` are replaced. A call may be lost before or after the server acted on
it; the witness sees every call that the server got, whether or not the operator hears of it.
"""

import json
import math
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from urllib.parse import urlencode

import anyio
import msgspec

from esoctl.errors import ClusterError, Unreachable
from esoctl.kube import faults
from esoctl.kube.endpoint import Endpoint
from esoctl.kube.transport import Call, Options, Transport
from esoctl.sandbox import statuses
from esoctl.sandbox.api import ADMIN
from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.requests import Request, Response
from esoctl.sandbox.watching import Watch
from simulation.faults import Menu
from simulation.lives import Life

LATENCY = 0.02
SLOW_SECONDS = 8.0
HELD_SECONDS = 25.0
EXPIRY = 0.2
"""Of the events of a watch that are an end of it, while lists are stale."""
KEEPALIVE_SECONDS = 60.0
"""When a peer that is gone is noticed."""
OURS = "/apis/external-secrets.io/v1/"

Saw = Callable[[Life, Call, Callable[[], Response | Watch]], Response | Watch]
"""Lets the server handle a call, and looks at what it did."""


class Wire:
    """What all connections to one API server share."""

    def __init__(self, sandbox: Sandbox, menu: Menu, saw: Saw, meddle: Callable[[Life, Call], None]) -> None:
        self.sandbox = sandbox
        self.menu = menu
        self.saw = saw
        self.meddle = meddle
        """Lets a user act in the middle of a reconcile."""
        self.calls: list[str] = []
        self.dropped = False
        """An event was lost for good: only a list can make up for it."""
        self._waiting: dict[anyio.CancelScope, None] = {}
        """In the order in which they began; a set would be in the order of addresses."""

    def cut(self) -> None:
        """Every watch breaks."""
        for scope in list(self._waiting):
            scope.cancel()

    def handle(self, life: Life, call: Call) -> Response | Watch:
        headers = {"content-type": call.content_type, "accept": call.accept}
        request = Request(call.method, call.path, urlencode(call.query), headers, call.body or b"")
        return self.saw(life, call, lambda: self.sandbox.handle_as(ADMIN, request))

    @contextmanager
    def waiting(self) -> Iterator[anyio.CancelScope]:
        with anyio.CancelScope() as scope:
            self._waiting[scope] = None
            try:
                yield scope
            finally:
                del self._waiting[scope]


class SimulatedTransport(Transport):
    """The connection of one life."""

    def __init__(self, wire: Wire, life: Life) -> None:
        super().__init__(
            Endpoint("http://sandbox.invalid"), Options(wire.menu.draw.random, lease=life.seat.seconds_left)
        )
        self._wire = wire
        self._menu = wire.menu
        self._life = life

    async def _try(self, call: Call) -> bytes:
        end = anyio.current_time() + (call.timeout if call.tries == 1 else call.timeout / 2)
        await self._life.breath()
        await anyio.sleep(self._menu.upto(LATENCY))
        if self._menu.strikes("slow"):
            await _wait(call, self._menu.upto(SLOW_SECONDS), end)
        await self._interrupted()
        if self._menu.strikes("hang"):
            await _wait(call, math.inf, end)
        if error := _refusal(self._menu, call):
            raise error
        self._wire.meddle(self._life, call)
        self._wire.calls.append(f"{anyio.current_time():.3f} {self._life.number} {call.method} {call.path}")
        answer = self._wire.handle(self._life, _twisted(self._menu, call, self._wire))
        assert isinstance(answer, Response)
        await self._interrupted()
        await anyio.sleep(self._menu.upto(LATENCY))
        if self._menu.strikes("reset after"):
            raise Unreachable(0, "ServerDisconnectedError", f"{call.method} {call.path}: the connection failed")
        if call.method != "GET" and self._menu.strikes("500 after"):
            raise faults.fault(500, b"")
        body = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body)
        if answer.status >= 400:
            raise faults.fault(answer.status, body, private=call.private)
        return body

    async def _interrupted(self) -> None:
        """A place where the process may end."""
        if self._menu.strikes("kill at call"):
            self._life.kill()
            await self._life.breath()
        if self._menu.strikes("stop at call"):
            self._life.stop()

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[bytes]]:
        await self._life.breath()
        await anyio.sleep(self._menu.upto(LATENCY))
        if error := _refusal(self._menu, call):
            raise error
        if call.query.get("resourceVersion") and self._menu.strikes("watch refused"):
            raise _told(statuses.too_old(1, 2))
        # A list that is read in pages can be stale; a stream never is.
        listed = "sendInitialEvents" in call.query
        if listed and (self._menu.strikes("no streaming lists") or "stale list" in self._menu.rates):
            raise _told(statuses.bad_request("sendInitialEvents is forbidden for watch"))
        self._wire.calls.append(f"{anyio.current_time():.3f} {self._life.number} WATCH {call.path}")
        answer = self._wire.handle(self._life, call)
        if isinstance(answer, Response):
            raise faults.fault(answer.status, msgspec.json.encode(answer.body))
        yield self._lines(answer, begun="sendInitialEvents" not in call.query)

    async def _lines(self, watch: Watch, *, begun: bool) -> AsyncIterator[bytes]:
        while True:
            with self._wire.waiting() as scope:
                event = await watch.next()
            await self._life.breath()
            if scope.cancelled_caught:
                raise Unreachable(0, "Closed", "the watch broke")
            if event is None or self._menu.strikes("watch ends"):
                return
            line = msgspec.json.encode(event)
            begun = begun or b'"k8s.io/initial-events-end"' in line
            if event["type"] == "BOOKMARK" and b"initial-events-end" not in line and self._menu.strikes("no bookmarks"):
                continue
            async for each in self._disturbed(line, begun=begun, mark=event["type"] == "BOOKMARK"):
                yield each
                if each.startswith(b'{"type":"ERROR"'):
                    return

    def _expires(self) -> bool:
        """Whether a watch ends so that a list is asked for: only one that is not the first can be stale."""
        return "stale list" in self._menu.rates and self._menu.upto(1.0) < EXPIRY

    async def _disturbed(self, line: bytes, *, begun: bool, mark: bool) -> AsyncIterator[bytes]:
        """What comes of one event."""
        menu = self._menu
        if menu.strikes("late event"):
            await anyio.sleep(menu.upto(SLOW_SECONDS))
        if menu.strikes("held event"):
            await anyio.sleep(menu.upto(HELD_SECONDS))
        if menu.strikes("silent watch"):
            await anyio.sleep(KEEPALIVE_SECONDS)
            raise Unreachable(0, "Closed", "the peer is gone")
        if menu.strikes("watch reset"):
            raise Unreachable(0, "Closed", "the watch broke")
        if menu.strikes("garbage line"):
            yield b'{"type":"MODIFIED","object":{"metadata":{"na'
        for kind, refusal in _COMPLAINTS.items():
            if menu.strikes(kind) or (kind == "watch 410" and begun and self._expires()):
                yield msgspec.json.encode({"type": "ERROR", "object": refusal.status})
                return
        if begun and not mark and menu.strikes("dropped event"):
            self._wire.dropped = True
            return
        yield line
        if begun and menu.strikes("doubled event"):
            yield line


_COMPLAINTS = {
    "watch 410": statuses.too_old(1, 2),
    "watch 500": statuses.failure(500, "InternalError", "etcdserver: leader changed"),
    "watch 429": statuses.failure(429, "TooManyRequests", "too many", {"retryAfterSeconds": 1}),
}


async def _wait(call: Call, seconds: float, end: float) -> None:
    """Wait so long, or until the call has taken too long."""
    left = end - anyio.current_time()
    await anyio.sleep(min(seconds, left))
    if seconds > left:
        raise Unreachable(0, "Timeout", f"{call.method} {call.path}: no answer")


def _refusal(menu: Menu, call: Call) -> ClusterError | None:
    """Why the server does not act on that call."""
    writes = call.method in ("PATCH", "PUT", "DELETE")
    if menu.strikes("refused"):
        return Unreachable(0, "NotSent", "refused")
    if menu.strikes("reset before"):
        return Unreachable(0, "ServerDisconnectedError", f"{call.method} {call.path}: the connection failed")
    if menu.strikes("429"):
        return faults.fault(429, b"", after=float(menu.draw.randint(1, 30)))
    if menu.strikes("500 before"):
        return faults.fault(500, b"")
    if menu.strikes("403") or ("/secrets/" in call.path and writes and menu.strikes("403 secrets")):
        return _told(statuses.failure(403, "Forbidden", f"{call.path} is forbidden"))
    if writes and menu.strikes("409"):
        return _told(statuses.failure(409, "Conflict", "the object has been modified"))
    if call.path.startswith(OURS) and "externalsecrets" in call.path and menu.strikes("404 kind"):
        return faults.fault(404, b"404 page not found")
    return _unlisted(menu, call)


def _unlisted(menu: Menu, call: Call) -> ClusterError | None:
    """Why a list cannot be had, or a watch not be opened, at that version."""
    asked = call.query.get("resourceVersion", "")
    if ("limit" in call.query and (asked or "continue" in call.query)) and menu.strikes("410 list"):
        return _told(statuses.too_old(1, 2))
    if asked and menu.strikes("too large version"):
        return _told(statuses.future_version(int(asked), 1))
    return None


def _twisted(menu: Menu, call: Call, wire: Wire) -> Call:
    """The call as the server gets it."""
    if menu.strikes("compaction"):
        wire.sandbox.world.store.compact()
    if "limit" not in call.query:
        return call
    query = dict(call.query)
    if query.get("resourceVersionMatch") == "NotOlderThan" and menu.strikes("stale list"):
        query["resourceVersionMatch"] = "Exact"
    if menu.strikes("small pages"):
        query["limit"] = "1"
    return replace(call, query=query)


def _told(refusal: statuses.Refusal) -> ClusterError:
    return faults.fault(refusal.code, json.dumps(refusal.status).encode())
