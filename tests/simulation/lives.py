"""One life of the operator, from its start to its end, and who of two replicas leads.

A process that was killed does nothing more, whatever its tasks would still do on their way out: every call it begins
then waits for ever, until the cancellation reaches it.
"""

import math
from dataclasses import dataclass, field

import anyio


@dataclass
class Seat:
    """A replica's place in the election, as its main loop sees it."""

    alone: bool = True
    _elected: anyio.Event = field(default_factory=anyio.Event)
    _lost: anyio.Event = field(default_factory=anyio.Event)

    @property
    def leads(self) -> bool:
        return self.alone or (self._elected.is_set() and not self._lost.is_set())

    async def elected(self) -> None:
        if not self.alone:
            await self._elected.wait()

    async def lost(self) -> None:
        await self._lost.wait()

    def seconds_left(self) -> float:
        return math.inf if self.leads else 0.0

    def beat(self) -> None:
        """Nobody asks."""

    def problem(self) -> str:
        return ""

    def broken(self) -> str:
        return ""

    def win(self) -> None:
        self._elected.set()

    def lose(self) -> None:
        self._lost.set()


@dataclass
class Life:
    """A process."""

    number: int
    seat: Seat
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    told: anyio.Event = field(default_factory=anyio.Event)
    dead: bool = False
    asked: int = 0
    """Calls of AWS."""
    absence: float = 1.0
    """Seconds until the next one begins."""

    def kill(self) -> None:
        self.dead = True
        self.scope.cancel()

    def stop(self) -> None:
        """SIGTERM."""
        self.told.set()

    async def breath(self) -> None:
        """Before anything that is seen from outside."""
        if self.dead:
            await anyio.sleep_forever()
