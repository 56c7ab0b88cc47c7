"""The virtual loop of a simulation: no threads, no sockets, and whoever is ready may come first.

asyncio runs what is ready in the order of arrival, so most interleavings would never be seen. Here the seed decides
whether, and how, the tasks that may go on are dealt anew before each turn. Everything that asyncio itself put into the
line keeps its place: only steps of tasks change places with one another.
"""

import asyncio
import heapq
import random
from contextvars import Context
from typing import Any

from simulation.numbered import NumberedTask
from support.virtual_loop import Stalled, VirtualLoop

_STEPS = ("TaskStepMethWrapper", "TaskWakeupMethWrapper")


class ShuffledLoop(VirtualLoop):
    """``draw`` is None for the order of arrival."""

    def __init__(self, draw: random.Random | None) -> None:
        super().__init__()
        self._draw = draw
        self.dealt = 0
        """How often tasks changed places."""

    def create_task(self, coro: Any, *, name: object = None, context: Context | None = None) -> asyncio.Task[Any]:
        return NumberedTask(coro, loop=self, name=name, context=context)

    def _run_once(self) -> None:
        """What a virtual loop does, without a look at sockets and threads: nobody calls from outside."""
        timers, ready = self._scheduled, self._ready
        self._drop_cancelled()
        if len(ready) > 1 and self._draw is not None:
            self._deal(self._draw)
        elif not (ready or self._stopping or (timers and timers[0][0] <= self._now) or self.advance()):
            raise Stalled("nothing is ready or timed: the tasks wait for one another")
        due = self._now + self._clock_resolution
        while timers and timers[0][0] < due:
            timer = heapq.heappop(timers)[2]
            timer._scheduled = False
            ready.append(timer)
        # What these set ready is for the next round.
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _deal(self, draw: random.Random) -> None:
        """Let another task be first."""
        ready = self._ready
        places = [place for place, handle in enumerate(ready) if _is_step(handle)]
        if len(places) > 1:
            steps = [ready[place] for place in places]
            draw.shuffle(steps)
            for place, handle in zip(places, steps, strict=True):
                ready[place] = handle
            self.dealt += 1


def _is_step(handle: asyncio.Handle) -> bool:
    callback = handle._callback
    return type(callback).__name__ in _STEPS or isinstance(getattr(callback, "__self__", None), asyncio.Task)
