"""When the reads that wait shall leave, if they do not fill a batch before.

The most impatient of them decides for all, by its haste:

* prompt: after a millisecond without company. While calls are under way, and for three milliseconds after an answer,
  whoever made them may soon ask for more: then reads are gathered for forty milliseconds at most.
* queued: workers are busy writing what they read and will come back for more. While those who were answered within
  the last second and have not come back would fill the batch, they are waited for, a second at most; otherwise fifty
  milliseconds without company are enough.
* calm: after fifty milliseconds without company, for many are due in the same second; and a second and a half after
  the last call, so that a steady trickle of refreshes makes less than one call a second and not one for each.

Pure: the time is an argument.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from esoctl.providers.asking import Haste


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds without company, in all, and between two departures."""

    quiet: float
    longest: float
    apart: float = 0.0


PATIENCE: Mapping[Haste, Patience] = {
    Haste.PROMPT: Patience(quiet=0.001, longest=0.04),
    Haste.QUEUED: Patience(quiet=0.05, longest=1.0),
    Haste.CALM: Patience(quiet=0.05, longest=1.5, apart=1.5),
}


ANSWERED_QUIET_SECONDS = 0.003
"""Whoever was answered so short ago may be about to ask for more."""
RETURN_SECONDS = 1.0
"""Who was answered longer ago is not expected back."""


class Gathering:
    """The reads of one connection that wait for a batch of that size."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._since: dict[Haste, float] = {}
        """When the first of each haste came."""
        self._together = 0
        self._away: deque[float] = deque()
        """When those were answered who have not come back; who comes back, nobody knows, so the first is meant."""
        self._came_at = self._answered_at = -math.inf
        self._left_at = -math.inf

    def came(self, haste: Haste, now: float) -> None:
        """Another read waits, or one that waits has become more urgent."""
        if self._away:
            self._away.popleft()
        self._together += 1
        self._since.setdefault(haste, now)
        self._came_at = now

    def answered(self, now: float) -> None:
        """A read has been answered: who asked may come again."""
        self._away.append(now)
        while self._away[0] < now - RETURN_SECONDS:
            self._away.popleft()
        self._answered_at = now

    def left(self, now: float, staying: Iterable[tuple[Haste, float]]) -> None:
        """Reads have left; ``staying`` are the haste and the arrival of those that have not."""
        self._left_at = now
        self._since = {}
        self._together = 0
        for haste, since in staying:
            self._together += 1
            self._since[haste] = min(since, self._since.get(haste, math.inf))

    def due(self, *, under_way: bool) -> float:
        """When those that wait leave, if nothing happens before."""
        return min((self._due(haste, since, under_way) for haste, since in self._since.items()), default=math.inf)

    def _due(self, haste: Haste, since: float, under_way: bool) -> float:
        patience = PATIENCE[haste]
        alone = math.inf
        if not under_way:
            answered = self._answered_at + max(patience.quiet, ANSWERED_QUIET_SECONDS)
            alone = max(self._came_at + patience.quiet, answered, self._left_at + patience.apart)
            if haste is Haste.QUEUED:
                alone = max(alone, self._hopeless_at())
        return min(alone, since + patience.longest)

    def _hopeless_at(self) -> float:
        """When so few are expected back that they would not fill the batch."""
        missing = self._size - self._together
        return self._away[-missing] + RETURN_SECONDS if 0 < missing <= len(self._away) else -math.inf
