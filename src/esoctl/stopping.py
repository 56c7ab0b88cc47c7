"""How a process is told to stop: the first SIGTERM or SIGINT begins an orderly stop, the next one ends it at once.

* Before the operator listens, and after it has ended, a signal ends the process at once too. That is said explicitly,
  since the first process of a container is sent no signal that it has no handler for.
* What is ended at once leaves with 128 and the number of the signal, as a shell reports it (143, 130), and without a
  word: whoever sends a second signal must not wait for a log that is stuck. The Lease is not let go then; it runs out.
"""

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import FrameType

import anyio
import structlog

SIGNALS = (signal.SIGTERM, signal.SIGINT)

Wait = Callable[[], Awaitable[None]]

log = structlog.get_logger("esoctl.app")


def leave_at_a_signal() -> None:
    """From now on a signal ends the process at once."""
    for number in SIGNALS:
        signal.signal(number, _leave)


@asynccontextmanager
async def listening() -> AsyncIterator[Wait]:
    """Yields what returns at the first signal, also one that came before it was called; the next ends the process."""
    with anyio.open_signal_receiver(*SIGNALS) as numbers:

        async def told() -> None:
            async for number in numbers:
                log.info("signal received", signal=number.name)
                leave_at_a_signal()
                return

        yield told
    leave_at_a_signal()


def _leave(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)
