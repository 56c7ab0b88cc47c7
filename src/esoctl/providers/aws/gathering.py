"""When the reads that wait shall leave, if they do not fill a batch before.

The most impatient of them decides for all, by its haste:

* prompt: after two milliseconds without company. While calls are under way, whoever made them may soon ask for more:
  then reads are gathered for forty milliseconds at most.
* queued: workers are busy writing what they read and will come back for more, so fifty milliseconds without company,
  a quarter of a second at most.
* calm: at once after a rest, like a prompt one; but the next calls leave half a second apart, so that a steady trickle
  of refreshes makes two or three calls a second and not one for each.

Pure: the time is an argument.
"""

import math
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
    Haste.PROMPT: Patience(quiet=0.002, longest=0.04),
    Haste.QUEUED: Patience(quiet=0.05, longest=0.25),
    Haste.CALM: Patience(quiet=0.002, longest=0.5, apart=0.5),
}


class Gathering:
    """The reads of one connection that wait."""

    def __init__(self) -> None:
        self._since: dict[Haste, float] = {}
        """When the first of each haste came."""
        self._stirred_at = -math.inf
        self._left_at = -math.inf

    def came(self, haste: Haste, now: float) -> None:
        """Another read waits, or one that waits has become more urgent."""
        self._since.setdefault(haste, now)
        self._stirred_at = now

    def answered(self, now: float) -> None:
        """Calls have been answered: those who asked may come again."""
        self._stirred_at = now

    def left(self, now: float, staying: Iterable[tuple[Haste, float]]) -> None:
        """Reads have left; ``staying`` are the haste and the arrival of those that have not."""
        self._left_at = now
        self._since = {}
        for haste, since in staying:
            self._since[haste] = min(since, self._since.get(haste, math.inf))

    def due(self, *, under_way: bool) -> float:
        """When those that wait leave, if nothing happens before."""
        return min((self._due(haste, since, under_way) for haste, since in self._since.items()), default=math.inf)

    def _due(self, haste: Haste, since: float, under_way: bool) -> float:
        patience = PATIENCE[haste]
        alone = math.inf if under_way else max(self._stirred_at + patience.quiet, self._left_at + patience.apart)
        return min(alone, since + patience.longest)
