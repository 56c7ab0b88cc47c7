"""How late refreshes are handed to a worker: those of the last minutes, and those that still wait. Pure.

A refresh that is due waits for a worker and for nothing else, so its lag shows whether the operator can do what the
intervals ask for. The lane of refreshes hands out the earliest slot first, so under too much load all are late by the
same, and the figures say by how much.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

WINDOW_SECONDS = 300.0
MOST_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds that refreshes were late."""

    p50: float = 0.0
    p99: float = 0.0
    longest: float = 0.0


class Lags:
    """Remembers the lags of the last five minutes, or of the last four thousand refreshes if they are more."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=MOST_REMEMBERED)

    def observe(self, now: float, seconds: float) -> None:
        """A refresh was handed out so late."""
        self._seen.append((now, seconds))

    def figures(self, now: float, waiting: Iterable[float]) -> Lag:
        """The lags, together with those of the refreshes that wait now."""
        while self._seen and self._seen[0][0] < now - WINDOW_SECONDS:
            self._seen.popleft()
        lags = sorted([seconds for _, seconds in self._seen] + list(waiting))
        if not lags:
            return Lag()
        return Lag(lags[len(lags) // 2], lags[len(lags) * 99 // 100], lags[-1])
