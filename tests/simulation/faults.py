"""What goes wrong between the operator and its world, drawn from one source of randomness."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from esoctl.errors import ClusterError, Unreachable
from esoctl.kube import faults
from esoctl.kube.transport import Call
from esoctl.sandbox.api import Api as Sandbox
from support.inprocess import SandboxTransport

KINDS = ("refused", "lost answer", "slow", "throttled", "server error", "broken watch", "late watch", "compaction")
"""Faults of the API server; those of the provider are the scenario's."""
LATENCY = 0.02
SLOW = 8.0


@dataclass
class Menu:
    """Which faults are on, and how often each one struck."""

    draw: random.Random
    rates: dict[str, float] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)

    def strikes(self, kind: str) -> bool:
        if self.draw.random() >= self.rates.get(kind, 0.0):
            return False
        self.struck[kind] += 1
        return True


class FaultyTransport(SandboxTransport):
    """A connection to the sandbox that may fail before, in and after every call, and may lose its watches."""

    def __init__(self, sandbox: Sandbox, menu: Menu) -> None:
        super().__init__(sandbox)
        self.menu = menu

    async def request(self, call: Call) -> bytes:
        await anyio.sleep(self.menu.draw.random() * LATENCY)
        if self.menu.strikes("slow"):
            await anyio.sleep(self.menu.draw.random() * SLOW)
        if error := self._refusal():
            raise error
        if self.menu.strikes("compaction"):
            self.sandbox.world.store.compact()
        body = await super().request(call)
        if self.menu.strikes("lost answer"):
            raise Unreachable(0, "Timeout", f"{call.method} {call.path}: the answer was lost")
        return body

    def _refusal(self) -> ClusterError | None:
        if self.menu.strikes("refused"):
            return Unreachable(0, "NotSent", "refused")
        if self.menu.strikes("throttled"):
            return faults.fault(429, b"", after=1.0)
        if self.menu.strikes("server error"):
            return faults.fault(500, b"")
        return None

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[bytes]]:
        await anyio.sleep(self.menu.draw.random() * LATENCY)
        if error := self._refusal():
            raise error
        async with super().stream(call) as lines:
            yield self._disturbed(lines)

    async def _disturbed(self, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for line in lines:
            if self.menu.strikes("late watch"):
                await anyio.sleep(self.menu.draw.random() * SLOW)
            if self.menu.strikes("broken watch"):
                raise Unreachable(0, "Closed", "the watch broke")
            yield line
