"""The rules of leader election by Lease. Pure: time is passed in, in seconds of a clock that never steps back and that
goes on while the machine sleeps.

* A candidate never compares a time in the Lease with its own clock. It notes when it saw the Lease change last, and
  takes it for expired when that is longer ago than the Lease's own duration; so a new candidate waits for one duration,
  however old the Lease looks. A Lease that was let go (no holder) is free at once.
* The leader counts from the moment it sent the renewal that succeeded, not from the answer.
* A leader that could not renew for ``renew`` seconds is deposed; one that sees another holder is so at once.
* Whoever is deposed never leads again: the process ends, and its successor is a candidate like any other.

Source: client-go tools/leaderelection (tryAcquireOrRenew, renew, release), whose Leases these are.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from esoctl.model.lease import Lease, LeaseSpec

JITTER = 0.2
"""A wait is up to this part longer, so that candidates do not ask together."""

REQUEST_SHARE = 0.6
"""DIFFERS: a half in controller-runtime, by which a server that takes just that long deposes every leader."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds; the defaults are client-go's."""

    lease: float = 15.0
    """How long a candidate waits for a leader that no longer renews."""
    renew: float = 10.0
    """How long the leader tries to renew before it gives up."""
    retry: float = 2.0
    """Between two tries."""

    @property
    def problem(self) -> str:
        """Why these cannot be used; empty when they can."""
        if self.retry <= 0 or self.lease < 1:
            return "the retry period must be positive and the lease at least a second"
        if self.renew <= self.retry * (1 + JITTER):
            return f"the renew deadline ({self.renew:g} s) must be longer than {1 + JITTER} retries ({self.retry:g} s)"
        if self.lease <= self.renew:
            return f"the lease ({self.lease:g} s) must last longer than the renew deadline ({self.renew:g} s)"
        return ""

    @property
    def request(self) -> float:
        """How long one request may take: a hung one leaves time for another, and one of five seconds is waited for."""
        return max(1.0, self.renew * REQUEST_SHARE)


class Part(StrEnum):
    """What a process is in the election."""

    CANDIDATE = "candidate"
    LEADER = "leader"
    DEPOSED = "deposed"


@dataclass(slots=True)
class Election:
    """What one process knows of the election."""

    identity: str
    timings: Timings
    part: Part = Part.CANDIDATE
    seen: Lease | None = None
    """The Lease as last read or written; None when there is none or it is not known."""
    _changed: float = 0.0
    _renewed: float = float("-inf")

    @property
    def deadline(self) -> float:
        """Until when no other can lead; in the past for who never led, or leads no more."""
        return self._renewed + self.timings.lease if self.part is Part.LEADER else float("-inf")

    def see(self, lease: Lease | None, now: float) -> None:
        """Take note of the Lease as the API server has it."""
        if lease is None or self.seen is None or lease.spec != self.seen.spec:
            self._changed = now
        self.seen = lease
        if self.part is Part.LEADER and lease is not None and (lease.spec.holder_identity or "") != self.identity:
            self.part = Part.DEPOSED

    def forget(self) -> None:
        """The version that is known is of no use; what was seen of the holder stays."""
        if self.seen is not None and self.part is Part.LEADER:
            self.seen = None

    def claim(self, now: float, wall: datetime) -> LeaseSpec | None:
        """What to write to lead, or to go on leading; None while another holds the Lease."""
        spec = self.seen.spec if self.seen else LeaseSpec()
        holder = spec.holder_identity or ""
        if self.part is Part.DEPOSED or (holder not in ("", self.identity) and not self._expired(now)):
            return None
        present = micro_time(wall)
        same = holder == self.identity
        return LeaseSpec(
            holder_identity=self.identity,
            lease_duration_seconds=int(self.timings.lease),
            acquire_time=spec.acquire_time if same else present,
            renew_time=present,
            lease_transitions=(spec.lease_transitions or 0) + (0 if same or self.seen is None else 1),
        )

    def won(self, lease: Lease, sent: float) -> None:
        """The API server took what ``claim`` gave, in a request sent at that time."""
        if self.part is not Part.DEPOSED:
            self.see(lease, sent)
            self.part = Part.LEADER
            self._renewed = sent

    def check(self, now: float) -> None:
        """Depose a leader that could not renew in time."""
        if self.part is Part.LEADER and now - self._renewed > self.timings.renew:
            self.part = Part.DEPOSED

    def wait(self, now: float, draw: float, spent: float = 0.0) -> float:
        """Seconds until the next try; ``draw`` is a random number from 0 to 1.

        ``spent`` is how long the last try took. A leader counts from its beginning, as the Lease does: otherwise a slow
        server would have it renew later and later.
        """
        retry = self.timings.retry * (1 + JITTER * draw)
        if self.part is Part.LEADER:
            return max(retry - spent, 0.0)
        if self.seen is None or not self.seen.spec.holder_identity:
            return retry
        left = self._changed + self._duration() - now
        return min(retry, left) if left > 0 else retry

    def released(self, wall: datetime) -> LeaseSpec | None:
        """What to write so that the next candidate need not wait; None when the Lease is not ours."""
        if self.part is not Part.LEADER:
            return None
        spec = self.seen.spec if self.seen else LeaseSpec()
        present = micro_time(wall)
        return LeaseSpec("", 1, present, present, spec.lease_transitions or 0)

    def _expired(self, now: float) -> bool:
        return now - self._changed >= self._duration()

    def _duration(self) -> float:
        held = self.seen.spec.lease_duration_seconds if self.seen else None
        return float(held or self.timings.lease)


def micro_time(wall: datetime) -> str:
    """The time as MicroTime has it."""
    return wall.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
