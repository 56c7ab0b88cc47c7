"""Where work goes that would keep the event loop busy: into a few threads.

Rendering a template may take up to a second. A simulation passes in another way to do it, because the moment at which
a thread ends is nobody's to choose.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from anyio import CapacityLimiter, to_thread

AT_ONCE = 4
"""Threads that render templates; more would only take the processor from one another."""

T = TypeVar("T")


class Aside(Protocol):
    """Does a piece of work that awaits nothing, and answers what it answers."""

    async def __call__(self, work: Callable[[], T], /) -> T:
        """Raises what the work raises."""
        ...


class Threads:
    """Does it in threads, so many at once."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.limiter = CapacityLimiter(at_once)

    async def __call__(self, work: Callable[[], T], /) -> T:
        return await to_thread.run_sync(work, limiter=self.limiter)
