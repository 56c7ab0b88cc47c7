"""How many Secrets of one store may be removed in a while, before somebody must say that it is meant.

A store that points at the wrong account or region answers "not found" to everything, truthfully and again and again.
So the removals of one store in ten minutes are limited: five, or one in twenty of its ExternalSecrets where that is
more. A user releases the others by an annotation on the store, which ends by itself.

What counts is a Secret that is deleted, or that keeps no value of ours. One that loses some of its keys does not: to
take a property out of a document that many read is everyday work, and two reads have agreed on it.

DIFFERS: the reference has no such limit.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from esoctl.errors import RemovalHeld
from esoctl.model import conditions
from esoctl.model.conditions import Reason
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.secret import Secret
from esoctl.plan.observed import instant

WINDOW = timedelta(minutes=10)
AT_LEAST = 5
PART = 20
RELEASE_ANNOTATION = "esoctl.io/release-removals"
LONGEST_RELEASE = timedelta(days=1)


def limit(managed: int) -> int:
    """Of a store with so many ExternalSecrets, how many targets may be removed within the window."""
    return max(AT_LEAST, managed // PART)


def recent(removed: Mapping[Key, datetime], now: datetime) -> dict[Key, datetime]:
    """The removals that still count."""
    return {key: at for key, at in removed.items() if at <= now < at + WINDOW}


def presumed(
    dependants: Iterable[ExternalSecret], target: Callable[[str, str], Secret | None], now: datetime
) -> dict[Key, datetime]:
    """What may have been removed before a restart: targets that are gone or empty, as of their last sync."""
    found: dict[Key, datetime] = {}
    for es in dependants:
        meta, ready = es.metadata, conditions.find(es.status.conditions)
        there = target(meta.namespace, es.target_name)
        gone = ready is not None and ready.reason in (Reason.SECRET_DELETED, Reason.RESOURCE_DELETED)
        if gone or (there is not None and not there.data):
            found[Key(Kind.EXTERNAL_SECRET, meta.namespace, meta.name)] = instant(es.status.refresh_time) or now
    return recent(found, now)


def released(annotations: Mapping[str, str], now: datetime) -> bool:
    """Whether a user let the store's removals go on; no longer than a day ahead, so that it cannot be forgotten."""
    until = instant(annotations.get(RELEASE_ANNOTATION))
    return until is not None and now < until <= now + LONGEST_RELEASE


def admit(store: StoreRef, key: Key, removed: Mapping[Key, datetime], managed: int) -> None:
    """Raise RemovalHeld when one more removal would be too many; one that is tried again counts once."""
    allowed = limit(managed)
    if key in removed or len(removed) < allowed:
        return
    raise RemovalHeld(
        f"held back: {len(removed)} of the {managed} ExternalSecrets of {store} lost their values within ten minutes, "
        f"and no more than {allowed} may; is it the right account and region? if all of it is meant, annotate the "
        f"store with {RELEASE_ANNOTATION} and a time of RFC 3339 until which to remove, at most a day ahead"
    )
