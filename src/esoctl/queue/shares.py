"""How many workers each group of keys holds, and how many it may hold.

A group (namespace) may hang: a webhook that does not answer keeps each of its writes for half a minute. So a group may
always hold a sixteenth of the workers, and more while a seventh as many as it then has stay free.

* One group by itself gets seven eighths of the workers, a second that hangs seven eighths of the rest, and so on: some
  are left for the others, however much the first wants.
* From sixteen groups on all workers are used.
* No group waits for another: it has a worker, whose lease ends, or it may take one.

Where the number of workers is not known, nothing is held back. Each call takes constant time. Pure. DIFFERS: the
reference hands keys out first in, first out, so one namespace can hold every worker.
"""

from collections.abc import Hashable

ALWAYS = 1 / 16
"""The part of the workers that a group may hold however few are free; no less than one worker."""
PER_FREE = 7
"""How many workers a group may hold for each one that stays free."""


class Shares:
    """The workers that are taken, by group."""

    def __init__(self, workers: float) -> None:
        self.held: dict[Hashable, int] = {}
        """Of each group that has any."""
        self._always = max(1.0, workers * ALWAYS)
        self._free = workers
        self._reckon()

    def may_take(self, group: Hashable) -> bool:
        """Whether the group may take a worker if one is free."""
        return self.held.get(group, 0) < self.most

    def take(self, group: Hashable) -> None:
        """The group has one worker more."""
        self._free -= 1
        self.held[group] = self.held.get(group, 0) + 1
        self._reckon()

    def give_back(self, group: Hashable) -> None:
        """The group has one worker less."""
        self._free += 1
        self.held[group] -= 1
        if not self.held[group]:
            del self.held[group]
        self._reckon()

    def _reckon(self) -> None:
        self.most = max(self._always, PER_FREE * (self._free - 1))
        """A group that holds fewer may take a worker."""
