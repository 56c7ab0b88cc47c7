"""What was reported of each ExternalSecret, and what of it the informers may not have seen yet.

No rule is here: ``plan.status`` says what a status becomes, ``plan.provenance`` what a write changed. A change is kept
until a status tells it, so that a sync that fails after its write does not hide the change.
"""

from dataclasses import dataclass, field
from datetime import datetime

from msgspec import structs

from esoctl.model.external_secret import ExternalSecret, ExternalSecretStatus
from esoctl.model.keys import Key
from esoctl.plan import provenance, status
from esoctl.plan.observed import Observed
from esoctl.plan.provenance import Change, Reading
from esoctl.plan.secret import SecretPlan
from esoctl.reconcile.ports import Cluster


@dataclass(frozen=True, slots=True)
class Reports:
    """The writer of statuses of ExternalSecrets."""

    cluster: Cluster
    written: dict[Key, tuple[str, ExternalSecretStatus]] = field(default_factory=dict, repr=False)
    """The uid and status of our last report, while the informer may not have seen it."""
    changes: dict[Key, Change] = field(default_factory=dict, repr=False)
    """Of targets, not told yet."""

    def latest(self, key: Key, item: ExternalSecret) -> ExternalSecret:
        """The object with the status we wrote last, until the informer has caught up: else it would be synced twice."""
        uid, known = self.written.get(key, ("", item.status))
        if uid != item.metadata.uid or status.caught_up(item.status, known):
            self.written.pop(key, None)
            return item
        return structs.replace(item, status=known)

    def changed(self, key: Key, change: Change | None) -> None:
        """A write has changed the content of the target."""
        if change is not None:
            self.changes[key] = change

    async def success(
        self, observed: Observed, plan: SecretPlan, reading: Reading, until: datetime | None
    ) -> ExternalSecretStatus:
        """Report a success; the status as it is now."""
        change = self.changes.get(observed.key)
        sync = provenance.sync(observed.es.status.sync, reading, change, observed.now, until)
        after = status.after_success(observed, plan, sync)
        await self.send(observed, after)
        self.changes.pop(observed.key, None)
        return after

    async def send(self, observed: Observed, after: ExternalSecretStatus) -> None:
        """Write a status, when it differs; raises ClusterError."""
        patch = status.patch(observed.es.status, after, observed.es.metadata.uid)
        if patch is not None:
            await self.cluster.patch_status(observed.key, patch)
            self.written[observed.key] = (observed.es.metadata.uid, after)

    def forget(self, key: Key) -> None:
        """The object is gone."""
        self.written.pop(key, None)
        self.changes.pop(key, None)
