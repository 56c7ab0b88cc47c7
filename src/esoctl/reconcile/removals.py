"""Guards removals that a provider causes: each needs its proof, and those of one store are limited.

No rule is here: ``plan.absence`` and ``plan.brake`` decide. Edits and deletions by users are not held back. All of it
is in memory; a restart makes proofs begin anew, and the limit count from zero.
"""

from dataclasses import dataclass, field
from datetime import datetime

from esoctl.errors import RemovalHeld
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.model.keys import Key, StoreRef
from esoctl.plan import absence, brake, sources
from esoctl.plan.absence import Sightings
from esoctl.plan.assemble import Assembled
from esoctl.plan.observed import Observed
from esoctl.reconcile.ports import Views

ABSENCE_SECONDS = 60.0


@dataclass(slots=True)
class Removals:
    """What is known to be absent, and what was removed lately."""

    absence_seconds: float = ABSENCE_SECONDS
    sightings: dict[Key, Sightings] = field(default_factory=dict)
    removed: dict[StoreRef, dict[Key, datetime]] = field(default_factory=dict)
    held: dict[StoreRef, set[Key]] = field(default_factory=dict)

    def sight(self, observed: Observed, assembled: Assembled) -> None:
        """Take down what a whole fetch found absent."""
        before = self.sightings.pop(observed.key, None)
        absent = [gap.source for gap in assembled.absent]
        if absent:
            uid = observed.es.metadata.uid
            self.sightings[observed.key] = absence.sight(before, uid, absent, observed.now)
        else:
            self._let_go(observed.key)

    def proof_at(self, observed: Observed) -> datetime | None:
        """When a read may prove what is absent; None when it is proven, or when nothing is absent."""
        known = self.sightings.get(observed.key)
        at = absence.proven_at(known, self.absence_seconds) if known is not None else None
        return at if at is not None and at > observed.now else None

    def admit(self, observed: Observed, spec: ExternalSecretSpec, views: Views) -> None:
        """Count one removal; raises RemovalHeld when it would be too many."""
        stores = [
            ref
            for ref in sources.store_refs(observed.key.namespace, spec)
            if not brake.released(_annotations(views, ref), observed.now)
        ]
        for ref in stores:
            recent = self.removed[ref] = brake.recent(self.removed.get(ref, {}), observed.now)
            try:
                brake.admit(ref, observed.key, recent, views.dependants(ref))
            except RemovalHeld:
                self.held.setdefault(ref, set()).add(observed.key)
                raise
        self._let_go(observed.key)
        for ref in stores:
            self.removed[ref].setdefault(observed.key, observed.now)

    def forget(self, key: Key) -> None:
        """The object is gone. What was removed for it still counts."""
        self.sightings.pop(key, None)
        self._let_go(key)

    def held_by_store(self) -> dict[str, float]:
        """How many removals wait for a release, for metrics."""
        return {f"{ref.kind}/{ref.namespace}/{ref.name}": float(len(keys)) for ref, keys in self.held.items()}

    def _let_go(self, key: Key) -> None:
        for ref in [ref for ref, keys in self.held.items() if key in keys]:
            self.held[ref].discard(key)
            if not self.held[ref]:
                del self.held[ref]


def _annotations(views: Views, ref: StoreRef) -> dict[str, str]:
    store = views.store(ref)
    return store.metadata.annotations if store is not None else {}
