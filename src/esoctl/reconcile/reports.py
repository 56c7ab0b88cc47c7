"""What was reported of each ExternalSecret, and what the informers, or its status, may not tell yet.

No rule is here: ``plan.status`` says what a status becomes, ``plan.provenance`` what a write changed. A change is kept
until a status tells it, so that a sync that fails after its write does not hide the change.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import structs

from esoctl.clock import steady
from esoctl.model.external_secret import ExternalSecret, ExternalSecretSpec, ExternalSecretStatus
from esoctl.model.keys import Key
from esoctl.model.provenance import Sync
from esoctl.plan import freshness, provenance, status
from esoctl.plan.observed import Observed, instant
from esoctl.plan.provenance import Change, Reading
from esoctl.plan.secret import SecretPlan


@dataclass(frozen=True, slots=True)
class Reports:
    """What this process knows of statuses beyond the informers."""

    sent: dict[Key, tuple[str, ExternalSecretStatus]] = field(default_factory=dict, repr=False)
    """The uid and status of our last report, while the informer may not have seen it."""
    changes: dict[Key, Change] = field(default_factory=dict, repr=False)
    """Of targets, not told yet."""
    synced: dict[Key, float] = field(default_factory=dict, repr=False)
    """When each was synced last, on the clock that nobody sets."""

    def latest(self, key: Key, item: ExternalSecret) -> ExternalSecret:
        """The object with the status we wrote last, until the informer has caught up: else it would be synced twice."""
        uid, known = self.sent.get(key, ("", item.status))
        if uid != item.metadata.uid or status.caught_up(item.status, known):
            self.sent.pop(key, None)
            return item
        return structs.replace(item, status=known)

    def age(self, key: Key, item: ExternalSecret, now: datetime) -> timedelta:
        """How long ago the object was synced, whatever the wall clock was set to since this process saw it first."""
        moment = steady()
        if key not in self.synced:
            last = instant(item.status.refresh_time) or now
            self.synced[key] = moment - max(0.0, (now - last).total_seconds())
        return timedelta(seconds=moment - self.synced[key])

    def changed(self, key: Key, change: Change | None) -> None:
        """A write has changed the content of the target, or has not."""
        if change is not None:
            self.changes[key] = change

    def success(
        self, observed: Observed, spec: ExternalSecretSpec, plan: SecretPlan, reading: Reading
    ) -> tuple[ExternalSecretStatus, Sync]:
        """The status after a success, and what it tells of that beyond."""
        until = freshness.fresh_until(observed, spec, observed.now.replace(microsecond=0))
        change = self.changes.get(observed.key)
        return status.after_success(observed, plan), provenance.sync(reading, change, observed.now, until)

    def told(self, key: Key) -> None:
        """The status of a success was written."""
        self.changes.pop(key, None)
        self.synced[key] = steady()

    def forget(self, key: Key) -> None:
        """The object is gone."""
        self.sent.pop(key, None)
        self.changes.pop(key, None)
        self.synced.pop(key, None)
