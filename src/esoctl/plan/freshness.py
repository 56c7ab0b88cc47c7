"""How old values may be: the answers that a sync takes, and the content of a target before its object is overdue.

Only a first sync and a refresh that is due can do with what another reader was given a moment ago; a provider decides
for how long it keeps answers at all. A refresh takes nothing older than a twentieth of its interval. Everything that
has a cause of its own (an edit, a forced sync, another store, a target that differs, a failure before) is answered by
a call that is made for it.

A target is fresh until its object is due again by time: the slot of its interval, or where a window holds that up, the
first moment the windows allow. It is overdue when the operator has not brought a success a minute later, whatever the
reason; so is an object that was never synced, from a minute after it was made. Both follow from the object alone, so
they hold under definitions that prune ``status.sync``, after a restart, and in a replica that does not lead.

DIFFERS: the reference shares nothing between objects, and tells nobody that an object is overdue.
"""

import math
from datetime import datetime, timedelta

from esoctl.model import conditions
from esoctl.model.external_secret import ExternalSecret, ExternalSecretSpec
from esoctl.plan import refresh, sources, windows
from esoctl.plan.observed import Observed, instant
from esoctl.plan.refresh import WINDOW_RECHECK, Why

PART_OF_INTERVAL = 20
GRACE = timedelta(seconds=60)
"""A sync that is due may begin, wait its turn and end within this time before anybody calls it late."""


def oldest_seconds(why: Why, observed: Observed, spec: ExternalSecretSpec) -> float:
    """The greatest age, in seconds, of an answer that will do; 0 for none."""
    if conditions.failed(observed.es.status.conditions):
        return 0.0
    match why:
        case Why.FIRST:
            return math.inf
        case Why.DUE:
            return spec.interval_nanoseconds / 1e9 / PART_OF_INTERVAL
        case _:
            return 0.0


def fresh_until(observed: Observed, spec: ExternalSecretSpec, synced: datetime) -> datetime | None:
    """Until when values of a sync of that time are as fresh as the spec asks; None when time alone ends it never."""
    due = refresh.slot_after(observed, spec, synced)
    if due is None or spec.sync_windows is None:
        return due
    allowed = windows.next_open(spec.sync_windows.kind, spec.sync_windows.windows, due.astimezone(observed.now.tzinfo))
    # What a window held up is looked at once a minute.
    return allowed + WINDOW_RECHECK if allowed and allowed > due else allowed


def last_success(es: ExternalSecret) -> datetime | None:
    """When the object was last synced; None when it never was."""
    return instant(es.status.refresh_time) if es.status.synced_resource_version else None


def expected_by(es: ExternalSecret, now: datetime) -> datetime | None:
    """When the next success is due; None when time alone makes it never due. ``GRACE`` later it is overdue."""
    synced = last_success(es)
    if synced is None or es.spec is None or es.metadata.deleting:
        return not_before(es, now)
    return fresh_until(Observed(es, now), es.spec, synced)


def not_before(es: ExternalSecret, now: datetime) -> datetime | None:
    """No success is due before that, whatever windows say: what is asked of every object must cost little."""
    if es.spec is None or es.metadata.deleting:
        return None
    synced = last_success(es)
    return refresh.slot_after(Observed(es, now), es.spec, synced) if synced else _first_due(es, es.spec)


def _first_due(es: ExternalSecret, spec: ExternalSecretSpec) -> datetime | None:
    """Never, for an object nobody looked at whose generators may be another operator's."""
    if sources.makes(es.metadata.namespace, spec) and conditions.find(es.status.conditions) is None:
        return None
    return instant(es.metadata.creation_timestamp)
