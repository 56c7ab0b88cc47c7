"""When a remote secret, or a key that its value gave, counts as gone: two positive answers, far enough apart.

Stores of values answer from copies that may lag, so one "not found", or one answer that holds less than before, proves
nothing; and none in between may say the contrary. What is remembered may be lost at any time: the proof then begins
anew, and the target stays a little longer.

A key also goes because somebody edits what it is made by, and then it goes at once. The two are told apart by what was
asked and answered: a spec of another generation than that of the last success is an edit; and while providers answer
what they answered then, it is an edit too, of a template's text or of a generator.

Source: AWS Secrets Manager reads are eventually consistent. DIFFERS: the reference removes after one read.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from esoctl.plan import refresh
from esoctl.plan.observed import Observed
from esoctl.plan.sources import Request

Thing = Request | str
"""What may be absent: a remote secret, or a key of the target (of one that is no Secret: the path of a field)."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """What was absent at every read since a moment, for one ExternalSecret."""

    uid: str
    since: Mapping[Thing, datetime] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The keys among them, in order."""
        return sorted(thing for thing in self.since if isinstance(thing, str))


def vanished(
    observed: Observed, dropped: Collection[str], answers: int | None, before: int | None, *, tried: bool = False
) -> Collection[str]:
    """Of the keys a write would drop, those that a provider may have taken away: all of them, or none.

    ``answers`` stands for what providers say now and is None when none is asked; ``before`` for what they said at the
    last success, None when that is not known any more. ``tried`` tells that this spec was written already, whether or
    not that could be reported.
    """
    edited = answers in (None, before) or not (tried or refresh.generation_synced(observed))
    return () if edited else dropped


def sight(before: Sightings | None, uid: str, absent: Iterable[Thing], now: datetime) -> Sightings:
    """What is absent now, each since when. A value that was seen, or a new object of the name, begins anew."""
    known = before.since if before is not None and before.uid == uid else {}
    # A moment in the future is of a clock that was set back; it must not hold anything up.
    return Sightings(uid, {thing: min(known.get(thing, now), now) for thing in absent})


def proven_at(sightings: Sightings, seconds: float) -> datetime | None:
    """When a read that still finds nothing proves all of it; None when nothing is absent."""
    return max(sightings.since.values()) + timedelta(seconds=seconds) if sightings.since else None
