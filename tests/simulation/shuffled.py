"""The virtual loop of a simulation: no threads, no sockets, and whoever is ready may come first.

asyncio runs what is ready in the order of arrival, so most interleavings would never be seen. Here the seed decides
whether, and how, the tasks that may go on are dealt anew before each turn. Everything that asyncio itself put into the
line keeps its place: only steps of tasks change places with one another.
"""

import asyncio
import random
import selectors

from support.virtual_loop import Stalled, VirtualLoop

_STEPS = ("TaskStepMethWrapper", "TaskWakeupMethWrapper")


class ShuffledLoop(VirtualLoop):
    """``draw`` is None for the order of arrival."""

    def __init__(self, draw: random.Random | None) -> None:
        super().__init__()
        self._draw = draw
        self._selector.close()
        self._selector = _Jumping(self)
        self.dealt = 0
        """How often tasks changed places."""

    def deal(self) -> None:
        """Let another task be first."""
        ready = self._ready
        if self._draw is None or len(ready) < 2:
            return
        places = [place for place, handle in enumerate(ready) if _is_step(handle)]
        if len(places) > 1:
            steps = [ready[place] for place in places]
            self._draw.shuffle(steps)
            for place, handle in zip(places, steps, strict=True):
                ready[place] = handle
            self.dealt += 1


class _Jumping(selectors.SelectSelector):
    """Nobody calls from outside, so the sockets are never looked at."""

    def __init__(self, loop: ShuffledLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout == 0:
            self._loop.deal()
        elif not self._loop.advance():
            raise Stalled("nothing is ready or timed: the tasks wait for one another")
        return []


def _is_step(handle: asyncio.Handle) -> bool:
    callback = handle._callback
    return type(callback).__name__ in _STEPS or isinstance(getattr(callback, "__self__", None), asyncio.Task)
