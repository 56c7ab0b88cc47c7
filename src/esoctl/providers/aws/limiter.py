"""How fast one account may call one API of AWS: a token bucket whose rate AWS's throttling brings down.

Pure: the time is an argument. The rate starts below AWS's quota, is halved when AWS throttles (once a second at most,
since calls under way are throttled together), and grows by one call a second for every second after that, up to
where it began. It never falls below one call a second, which is the probe. Where AWS says how long to wait, nothing is
called before.

Source of the quotas: AWS's "Secrets Manager quotas" and "Systems Manager endpoints and quotas": 10,000 GetSecretValue,
100 BatchGetSecretValue and ListSecrets a second; 40 a second for all reads of Parameter Store without higher
throughput. Quotas count for a whole account, so the rates leave room for others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LEAST_RATE = 1.0
GROWTH = 1.0
"""Calls a second, gained every second."""
LONGEST_CLOSED_SECONDS = 60.0
"""AWS is asked again after so long, whatever it said."""
HALVING_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Calls a second in the long run, and how many at once."""

    rate: float
    burst: float


PACES: Mapping[str, Pace] = {
    "GetSecretValue": Pace(500, 500),
    "DescribeSecret": Pace(500, 500),
    "BatchGetSecretValue": Pace(50, 50),
    "ListSecrets": Pace(20, 20),
    "GetParameter": Pace(30, 40),
    "GetParameters": Pace(30, 40),
    "GetParametersByPath": Pace(20, 20),
    "DescribeParameters": Pace(10, 10),
    "ListTagsForResource": Pace(10, 10),
}
DEFAULT = Pace(10, 10)


class Bucket:
    """The calls of one API from one account."""

    def __init__(self, pace: Pace, now: float) -> None:
        self._pace = pace
        self._rate = pace.rate
        self._tokens = pace.burst
        self._at = now
        self._halved_at = float("-inf")
        self._closed_until = float("-inf")

    @property
    def rate(self) -> float:
        """Calls a second, as of the last call or answer."""
        return self._rate

    def take(self, now: float) -> float:
        """Take a place, and answer 0; or take none, and answer the seconds until there is one."""
        self._advance(now)
        closed = self._closed_until - now
        if closed > 0:
            return closed
        # A place that lacks a rounding error only is one.
        if self._tokens >= 1 - 1e-9:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate

    def throttled(self, now: float, after: float | None = None) -> None:
        """AWS asked for fewer calls, perhaps for none within ``after`` seconds."""
        self._advance(now)
        self._closed_until = max(self._closed_until, now + min(after or 0.0, LONGEST_CLOSED_SECONDS))
        if now - self._halved_at >= HALVING_PAUSE_SECONDS:
            self._halved_at = now
            self._rate = max(LEAST_RATE, self._rate / 2)
            # What had been saved for a burst would be throttled too.
            self._tokens = min(self._tokens, 0.0)

    def _advance(self, now: float) -> None:
        passed = now - self._at
        self._at = now
        self._tokens = min(self._most(), self._tokens + passed * self._rate)
        self._rate = min(self._pace.rate, self._rate + passed * GROWTH)

    def _most(self) -> float:
        """A slowed bucket saves no more than a second's worth."""
        return self._pace.burst if self._rate >= self._pace.rate else self._rate


class Limiter:
    """One bucket for each API that is called."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def take(self, operation: str, now: float) -> float:
        return self._bucket(operation, now).take(now)

    def throttled(self, operation: str, now: float, after: float | None = None) -> None:
        self._bucket(operation, now).throttled(now, after)

    def rates(self) -> dict[str, float]:
        """Calls a second by API."""
        return {operation: bucket.rate for operation, bucket in self._buckets.items()}

    def _bucket(self, operation: str, now: float) -> Bucket:
        if operation not in self._buckets:
            self._buckets[operation] = Bucket(PACES.get(operation, DEFAULT), now)
        return self._buckets[operation]
