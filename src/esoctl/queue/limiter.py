"""How long a key waits after it failed: exponential for each key, spread by jitter.

Pure: randomness is passed in and nothing sleeps. Only retries ask the limiter, so a user's edit is never slowed down,
and there is no bucket shared by all keys: one bad object cannot delay another.

The shape is that of client-go's ``ItemExponentialFailureRateLimiter``. DIFFERS: the reference starts at 1 s too but
stops at 420 s, has no jitter, and puts all retries of a controller through one bucket of ten a second.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_MAX_EXPONENT = 60
"""2.0**60 is far beyond every cap and far from overflow."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """The delays of one key: ``base_seconds`` times 2 to the number of earlier failures in a row."""

    base_seconds: float = 1.0
    cap_seconds: float = 300.0
    """No delay is longer, neither by jitter nor by a server's hint."""
    jitter: float = 0.25
    """A delay is drawn evenly from this share below its nominal value to this share above."""


class Limiter(Generic[K]):
    """Counts failures in a row for each key; keys that do not fail take no memory."""

    def __init__(self, random: Callable[[], float], backoff: Backoff | None = None) -> None:
        self._random = random
        """Draws from [0, 1)."""
        self._backoff = backoff or Backoff()
        self._failures: dict[K, int] = {}

    def __len__(self) -> int:
        """The number of keys that failed and were not forgotten."""
        return len(self._failures)

    def delay(self, key: K, hint: float | None = None, at_most: float = math.inf) -> float:
        """Count a failure and give the seconds to wait.

        ``hint`` is what a server asked for, as in Retry-After: the delay is not shorter, up to the cap. ``at_most``
        is a cap of this failure's own.
        """
        earlier = self._failures.get(key, 0)
        self._failures[key] = earlier + 1
        return max(self._jittered(earlier, at_most), self._floor(hint))

    def failures(self, key: K) -> int:
        """Failures in a row."""
        return self._failures.get(key, 0)

    def forget(self, key: K) -> None:
        """The key succeeded, was given up or is gone: its next failure counts as the first."""
        self._failures.pop(key, None)

    def _jittered(self, earlier: int, at_most: float) -> float:
        limits = self._backoff
        cap = min(limits.cap_seconds, at_most)
        nominal = min(limits.base_seconds * 2.0 ** min(earlier, _MAX_EXPONENT), cap)
        low = nominal * (1 - limits.jitter)
        # Cutting the range rather than the result keeps delays at the cap spread instead of heaped on it.
        high = min(nominal * (1 + limits.jitter), cap)
        return low + self._random() * (high - low)

    def _floor(self, hint: float | None) -> float:
        if hint is None:
            return 0.0
        # The order of the arguments makes a hint that is no number count as none.
        return max(0.0, min(hint, self._backoff.cap_seconds))
