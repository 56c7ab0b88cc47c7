"""kproxy: what stands between the operator and the real API server, and does to their talk what a script says.

It ends TLS with a certificate from an authority of its own and passes every header on, the bearer token among them. It
serves from a thread; its words may be used from the thread of the test::

    with proxy.running(access) as kproxy:                       # access: kubeconfig.Access of the API server
        config = kubeconfig.write(kproxy.access, folder / "kubeconfig")
        ... an operator with that kubeconfig ...
        rule = kproxy.add(Match("watch", "secrets"), Answer(429), times=3)
        kproxy.add(Match("apply", "secrets"), HangUp(sent=True), nth=2, times=1)   # done, but nobody is told
        kproxy.add(Match("watch", event="BOOKMARK"), Drop())
        kproxy.cut(Match("watch"))                              # reset what is open now
        kproxy.inject(Match("watch"), error_event(410, "Expired"))
        kproxy.stall()                                          # freeze the connections there are; new ones work
        kproxy.freeze(); ...; kproxy.thaw()                     # as SIGSTOP: the kernel goes on answering for it
        assert kproxy.count(Match("list stream", "externalsecrets"), since=moment) <= 1
        kproxy.remove(rule); kproxy.clear()

* ``asked`` keeps every request in its order, with status and times (``support.faults.asked``).
* Rules are looked up when a request comes and again for each event, so they also change watches that are open.
* ``behind`` names another API server for what comes from then on.
* What can be done is in ``support.faults.proxy_faults``.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from aiohttp import web

from support.faults import authority
from support.faults.asked import Asked, Match
from support.faults.proxy_faults import Fault, Hold, Rule
from support.faults.proxy_passage import Live, Passage, end, send
from support.kubeconfig import Access

T = TypeVar("T")
ANY = Match()


class KProxy:
    """Use ``running``."""

    def __init__(self, upstream: Access) -> None:
        self.passage = Passage(upstream)
        self.issued = authority.issued("kproxy")
        self.loop = asyncio.new_event_loop()
        self.port = 0
        self.over = asyncio.Event()
        self.ready = threading.Event()
        self.thawed = threading.Event()
        self.runner: web.ServerRunner

    @property
    def access(self) -> Access:
        """The API server by way of this proxy, as the same user."""
        return self.through(self.passage.upstream)

    def through(self, access: Access) -> Access:
        """The same by way of this proxy; the identity stays."""
        return replace(access, url=f"https://127.0.0.1:{self.port}", authority=self.issued.authority)

    @property
    def asked(self) -> list[Asked]:
        """Every request so far."""
        return list(self.passage.asked)

    def found(self, match: Match = ANY, since: float = 0.0) -> list[Asked]:
        """The requests that fit and came at that time, on the monotonic clock, or later."""
        return [one for one in self.asked if one.time >= since and match.fits(one)]

    def count(self, match: Match = ANY, since: float = 0.0) -> int:
        return len(self.found(match, since))

    def add(self, match: Match, fault: Fault, *, nth: int = 1, times: int | None = None) -> Rule:
        """From the ``nth`` request or event that fits on, so many ``times`` (None: for ever)."""
        rule = Rule(match, fault, nth, times)
        self.passage.rules = [*self.passage.rules, rule]
        return rule

    def remove(self, rule: Rule) -> None:
        self.passage.rules = [one for one in self.passage.rules if one is not rule]
        self.release(rule)

    def clear(self) -> None:
        """Remove every rule, and end the connections that are stalled."""
        for rule in self.passage.rules:
            self.remove(rule)
        self.say(self._end_stalled)

    def release(self, rule: Rule) -> None:
        """Let go what a ``Hold`` keeps, and keep nothing more."""
        if isinstance(rule.fault, Hold):
            self.loop.call_soon_threadsafe(rule.fault.released.set)

    def behind(self, access: Access) -> None:
        """Another API server for what comes from now on; watches that are open stay with theirs."""
        trust = access.ssl_context()
        self.say(lambda: self.passage.turn_to(access, trust))

    def open_watches(self, match: Match = ANY) -> list[Asked]:
        return self.say(lambda: [live.asked for live in self.passage.open_ones(match)])

    def cut(self, match: Match = ANY, *, reset: bool = True) -> int:
        """End the watches that are open and fit; how many."""
        return self.say(lambda: sum(end(live.request, reset=reset) for live in self.passage.open_ones(match)))

    def inject(self, match: Match, line: bytes) -> int:
        """Bring one more line to the watches that are open and fit; how many."""
        return len(self.say(lambda: [self._bring(live, line) for live in self.passage.open_ones(match)]))

    def freeze(self) -> None:
        """Neither accept, read nor write from now on; connections stay, and the kernel answers for them."""
        self.thawed.clear()
        self.loop.call_soon_threadsafe(self.thawed.wait)

    def stall(self) -> int:
        """Freeze the connections there are, as of one API server of several; new ones work. How many."""
        return self.say(lambda: len(self._stall()))

    def thaw(self) -> None:
        self.thawed.set()

    def say(self, what: Callable[[], T]) -> T:
        """Do something in the thread of the proxy."""

        async def done() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(30)

    def _stall(self) -> list[asyncio.Transport]:
        server = self.runner.server
        assert server is not None, "it serves"
        found = [one.transport for one in server.connections if one.transport is not None]
        for transport in found:
            transport.pause_reading()
        self.passage.stalled.update(found)
        return found

    def _end_stalled(self) -> None:
        for transport in self.passage.stalled:
            transport.abort()  # nobody reads there, so nobody saw the other side leave
        self.passage.stalled.clear()

    def _bring(self, live: Live, line: bytes) -> "asyncio.Task[None]":
        return self.loop.create_task(send(live, line))

    def serve(self) -> None:
        """What the thread does."""
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._serve())
        finally:
            self.loop.close()

    async def _serve(self) -> None:
        await self.passage.open()
        server = web.Server(self.passage.handle, handler_cancellation=True)
        self.runner = runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self.issued.context, backlog=512).start()
            self.port = runner.addresses[0][1]
            self.ready.set()
            await self.over.wait()
        finally:
            for live in self.passage.live:
                end(live.request, reset=True)
            self._end_stalled()
            await runner.cleanup()
            await self.passage.close()


@contextlib.contextmanager
def running(upstream: Access) -> Iterator[KProxy]:
    """A proxy in front of that API server."""
    kproxy = KProxy(upstream)
    thread = threading.Thread(target=kproxy.serve, name="kproxy", daemon=True)
    thread.start()
    assert kproxy.ready.wait(30), "the proxy does not come up"
    try:
        yield kproxy
    finally:
        kproxy.thaw()
        kproxy.clear()
        kproxy.loop.call_soon_threadsafe(kproxy.over.set)
        thread.join(30)
        assert not thread.is_alive(), "the proxy does not end"
