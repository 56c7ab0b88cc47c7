"""Says where the event loop stands when it stands still: a thread watches it, and logs the stack of its thread.

What keeps the loop (a long call, a lock) also keeps it from answering its probes and from renewing the Lease, so the
process is deposed or restarted; this is what tells why. A stack here is files, lines and functions, never a value.
"""

import sys
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
import structlog

from esoctl.clock import boot_time

BEAT_SECONDS = 0.5
LOOK_SECONDS = 0.5
STILL_SECONDS = 5.0
DEPTH = 25
"""Frames of the stack that are told, the innermost last."""

log = structlog.get_logger("esoctl.app")


@dataclass(slots=True)
class Watch:
    """Watches the thread that it is made on."""

    now: Callable[[], float] = boot_time
    thread: int = field(default_factory=threading.get_ident)
    _beat: float = field(init=False)
    _since: float | None = None
    """The last beat before a standstill that was told."""

    def __post_init__(self) -> None:
        self._beat = self.now()

    def beat(self) -> None:
        """The loop runs."""
        self._beat = self.now()

    def look(self) -> None:
        """Called by another thread: tell of a standstill once, and of its end."""
        beat = self._beat
        if self._since is None and self.now() - beat > STILL_SECONDS:
            self._since = beat
            log.error("the event loop stands still", seconds=round(self.now() - beat, 1), stack=self._stack())
        elif self._since is not None and beat > self._since:
            log.warning("the event loop runs again", seconds=round(beat - self._since, 1))
            self._since = None

    def _stack(self) -> list[str]:
        frame = sys._current_frames().get(self.thread)  # noqa: SLF001  the interpreter has no other way to ask
        return [f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_stack(frame)[-DEPTH:]]


@asynccontextmanager
async def watched() -> AsyncIterator[None]:
    """Watch the loop of the caller until the block ends."""
    watch, over = Watch(), threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            watch.look()

    async def beat() -> None:
        while True:
            watch.beat()
            await anyio.sleep(BEAT_SECONDS)

    async with anyio.create_task_group() as group:
        group.start_soon(beat)
        group.start_soon(lambda: anyio.to_thread.run_sync(look, limiter=anyio.CapacityLimiter(1)))
        try:
            yield
        finally:
            over.set()
            group.cancel_scope.cancel()
