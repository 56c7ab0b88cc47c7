"""The API server is back: the first informer that reaches it calls the others, who need not wait out their pauses.

After an outage of minutes an informer waits half a minute to a minute between two tries, and each draws its own time;
without a call the last of ten would come back nearly a minute after the first. Who is called comes within two seconds,
not all at once. A server that asked all to wait (429) counts as away. One that comes and goes is no reason to try more
often: calls are a quarter of a minute apart.

DIFFERS: in client-go every reflector finds out for itself.
"""

import math
from collections.abc import Callable

import anyio

from esoctl.clock import steady

APART_SECONDS = 15.0
SPREAD_SECONDS = 2.0


def _nobody() -> None:
    """Nobody else wants to know."""


class Revival:
    """Shared by the informers of a process; ``tell`` is called too."""

    def __init__(self, tell: Callable[[], object] = _nobody) -> None:
        self._tell = tell
        self._event = anyio.Event()
        self._last = -math.inf

    def announce(self) -> None:
        """The server answers after it did not."""
        now = steady()
        if now - self._last < APART_SECONDS:
            return
        self._last = now
        event, self._event = self._event, anyio.Event()
        event.set()
        self._tell()

    async def pause(self, seconds: float, draw: float) -> None:
        """Wait so long, or until soon after the next call; ``draw`` is a random number from 0 to 1."""
        until = steady() + seconds
        event = self._event
        with anyio.move_on_after(seconds):
            await event.wait()
        await anyio.sleep(max(0.0, min(until - steady(), draw * SPREAD_SECONDS)))
