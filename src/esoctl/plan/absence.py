"""When a remote secret counts as gone: two positive answers, far enough apart, and none between them to the contrary.

Stores of values answer from copies that may lag, so one "not found" proves nothing. What is remembered may be lost at
any time: the proof then begins anew, and the target stays a little longer.

Source: AWS Secrets Manager reads are eventually consistent. DIFFERS: the reference removes after one read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from esoctl.plan.sources import Request


@dataclass(frozen=True, slots=True)
class Sightings:
    """What was absent at every read since a moment, for one ExternalSecret."""

    uid: str
    since: Mapping[Request, datetime] = field(default_factory=dict)


def sight(before: Sightings | None, uid: str, absent: Iterable[Request], now: datetime) -> Sightings:
    """What is absent now, each since when. A value that was seen, or a new object of the name, begins anew."""
    known = before.since if before is not None and before.uid == uid else {}
    # A moment in the future is of a clock that was set back; it must not hold anything up.
    return Sightings(uid, {request: min(known.get(request, now), now) for request in absent})


def proven_at(sightings: Sightings, seconds: float) -> datetime | None:
    """When a read that still finds nothing proves all of it; None when nothing is absent."""
    return max(sightings.since.values()) + timedelta(seconds=seconds) if sightings.since else None
