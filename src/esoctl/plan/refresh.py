"""Decides whether an ExternalSecret is to be synced now, and when to look at it again.

Pure: the time is in the argument. The order of the tests matters and follows the reference (external-secrets 2.9.0,
shouldRefresh and isSecretValid); deviations are marked DIFFERS with the reason.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from esoctl.model import conditions
from esoctl.model.conditions import Reason
from esoctl.model.external_secret import CreationPolicy, DeletionPolicy, ExternalSecretSpec, RefreshPolicy
from esoctl.plan import drift, hashing, slots, windows
from esoctl.plan.observed import FINALIZER, Observed, instant

FAILURES = (Reason.SECRET_SYNCED_ERROR, Reason.RESOURCE_SYNCED_ERROR)
CLOCK_TOLERANCE = timedelta(seconds=5)
WINDOW_RECHECK = timedelta(minutes=1)
SOURCE_PAUSE = timedelta(seconds=5)
"""From a sync to the next for edited sources: objects that hold one another's templates must not chase each other."""
LONGEST = timedelta(days=180)


class Why(StrEnum):
    """The reason of a sync."""

    FIRST = "first sync"
    CHANGED = "the ExternalSecret changed"
    FAILED = "the last sync failed"
    SOURCE = "a store or a template's text changed"
    DRIFT = "the target differs"
    DUE = "the refresh interval is over"


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to do; look again at ``until``, or only on a change."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sync:
    """Fetch and write."""

    why: Why


@dataclass(frozen=True, slots=True)
class TearDown:
    """The ExternalSecret is being deleted and waits for our finalizer."""


Decision = Skip | Sync | TearDown


def decide(observed: Observed, spec: ExternalSecretSpec) -> Decision:
    """What to do with the object now."""
    meta = observed.es.metadata
    if meta.deleting:
        return TearDown() if FINALIZER in meta.finalizers else Skip()
    why = reason_to_sync(observed, spec)
    return Sync(why) if why else Skip(next_visit(observed, spec))


def reason_to_sync(observed: Observed, spec: ExternalSecretSpec) -> Why | None:
    """Why the object must be synced now; None when it need not."""
    status = observed.es.status
    if not status.synced_resource_version or instant(status.refresh_time) is None:
        return Why.FIRST
    if spec.refresh_policy is not RefreshPolicy.CREATED_ONCE:
        # DIFFERS: with an interval of zero the reference ignores every edit; an edit is a reason to sync.
        if status.synced_resource_version != version(observed):
            return Why.CHANGED
        if _failed(observed):
            return Why.FAILED
        if _source_due(observed):
            return Why.SOURCE
    if drift.differs(observed, spec):
        return Why.DRIFT
    return Why.DUE if _due(observed, spec) and _window_open(observed, spec) else None


def next_visit(observed: Observed, spec: ExternalSecretSpec) -> datetime | None:
    """When time alone may make the object due; None when it never does."""
    last = instant(observed.es.status.refresh_time) or observed.now
    due = slot_after(observed, spec, last, observed.age)
    if observed.stale and spec.refresh_policy is not RefreshPolicy.CREATED_ONCE and not _source_due(observed):
        return last + SOURCE_PAUSE
    if due is None:
        return None
    if due <= observed.now:
        return observed.now + WINDOW_RECHECK
    return min(due, observed.now + LONGEST)


def needs_finalizer(observed: Observed, spec: ExternalSecretSpec) -> bool:
    """Whether deleting the object will need work, and our finalizer is not there yet.

    DIFFERS: the reference puts it on every object; deletion can then hang when the operator is gone.
    """
    return deletes_target(spec) and FINALIZER not in observed.es.metadata.finalizers


def deletes_target(spec: ExternalSecretSpec) -> bool:
    """Whether deleting the ExternalSecret deletes its target by our own hand, not only by garbage collection."""
    return spec.target.deletion_policy is DeletionPolicy.DELETE and spec.target.creation_policy is CreationPolicy.OWNER


def version(observed: Observed) -> str:
    """``status.syncedResourceVersion`` of the object as it is now."""
    meta = observed.es.metadata
    return hashing.synced_version(meta.generation, meta.labels, meta.annotations)


def generation_synced(observed: Observed) -> bool:
    """Whether this generation of the object has been synced before, whatever its labels and annotations were."""
    return observed.es.status.synced_resource_version.partition("-")[0] == str(observed.es.metadata.generation)


def slot_after(
    observed: Observed, spec: ExternalSecretSpec, last: datetime, age: timedelta = timedelta()
) -> datetime | None:
    """When an object that was last synced then, and so long ago at least, is due by time; None when it never is."""
    interval_ms = spec.interval_nanoseconds // 1_000_000
    if spec.refresh_policy is not RefreshPolicy.PERIODIC or interval_ms <= 0:
        return None
    # DIFFERS: a refreshTime in the future (a clock that was set back) makes the reference refresh everything at once.
    # It was so long ago by the clock that nobody sets, whatever the wall clock says since it was set back.
    if last > observed.now - age + CLOCK_TOLERANCE:
        last = observed.now - age
    return slots.due_at(last, interval_ms, observed.es.metadata.uid)


def _failed(observed: Observed) -> bool:
    ready = conditions.find(observed.es.status.conditions)
    return ready is not None and ready.status == "False" and ready.reason in FAILURES


def _source_due(observed: Observed) -> bool:
    last = instant(observed.es.status.refresh_time)
    # A time in the future is of a clock that was set back; it must not hold anything up.
    return observed.stale and (last is None or not observed.now - SOURCE_PAUSE < last <= observed.now)


def _due(observed: Observed, spec: ExternalSecretSpec) -> bool:
    last = instant(observed.es.status.refresh_time)
    assert last is not None, "an object that was never synced is due before time is asked"
    due = slot_after(observed, spec, last, observed.age)
    return due is not None and due <= observed.now


def _window_open(observed: Observed, spec: ExternalSecretSpec) -> bool:
    if spec.sync_windows is None:
        return True
    return windows.open_at(spec.sync_windows.kind, spec.sync_windows.windows, observed.now)
