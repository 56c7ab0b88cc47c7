"""How long an informer waits between failures. Pure: time and chance are arguments.

0.8 s, doubled each time up to 30 s, times a random factor from 1 to 2; back to the start after two minutes without a
wait. Source: client-go's reflector (``tools/cache/reflector.go``).
"""

from dataclasses import dataclass

FIRST_SECONDS = 0.8
CAP_SECONDS = 30.0
CALM_SECONDS = 120.0


@dataclass(slots=True)
class Backoff:
    """The waits of one informer."""

    _step: float = FIRST_SECONDS
    _last: float = float("-inf")
    """When the last wait ended."""

    def next(self, now: float, draw: float) -> float:
        """Seconds to wait now; ``draw`` is a random number from 0 to 1."""
        if now - self._last >= CALM_SECONDS:
            self._step = FIRST_SECONDS
        wait = self._step * (1 + draw)
        self._step = min(self._step * 2, CAP_SECONDS)
        self._last = now + wait
        return wait
