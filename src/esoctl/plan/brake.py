"""How many Secrets of one store may be removed in a while, before somebody must say that it is meant.

A store that points at the wrong account or region answers "not found" to everything, truthfully and again and again.
So the removals of one store in ten minutes are limited: five, or one in twenty of its ExternalSecrets where that is
more. A user releases the others by an annotation on the store, which ends by itself.

DIFFERS: the reference has no such limit.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from esoctl.errors import RemovalHeld
from esoctl.model.keys import Key, StoreRef
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
