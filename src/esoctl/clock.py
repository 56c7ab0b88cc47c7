"""The only reader of wall time; everything else receives a Clock or ``now``."""

import time  # noqa: TID251  the one place that reads the machine's clocks
from asyncio import get_running_loop  # noqa: TID251  anyio's own look-up is a twentieth of a refresh, see ``steady``
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the wall time."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  the one place that reads the wall clock


def steady() -> float:
    """Seconds of the event loop's clock, that of timers and deadlines, which nobody sets.

    The same as ``anyio.current_time``, which looks its backend up at each call; for what is asked at every visit.
    """
    return get_running_loop().time()


def boot_time() -> float:
    """Seconds of a clock that no one sets and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
