"""Guards removals that a provider causes: each needs its proof, and those of one store are limited.

No rule is here: ``plan.absence`` and ``plan.brake`` decide. Edits and deletions by users are not held back. All of it
is in memory. A restart makes proofs begin anew; what was removed shortly before it is taken from the statuses of the
ExternalSecrets, and rather too much of it than too little.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from esoctl.errors import Conflict, RemovalHeld
from esoctl.model.external_secret import ExternalSecretSpec
from esoctl.model.keys import Key, StoreRef
from esoctl.plan import absence, brake, sources
from esoctl.plan.absence import Sightings
from esoctl.plan.assemble import Assembled
from esoctl.plan.observed import Observed, stamp
from esoctl.reconcile.ports import Cluster, Views

ABSENCE_SECONDS = 60.0
NAMED = 10
"""Missing keys that are named at most."""


@dataclass(slots=True)
class Removals:
    """What is known to be absent, and what was removed lately."""

    absence_seconds: float = ABSENCE_SECONDS
    sightings: dict[Key, Sightings] = field(default_factory=dict)
    before: dict[Key, Sightings] = field(default_factory=dict, repr=False)
    """What was known when a sync had its answers, until it knows what they mean; one that fails proves nothing."""
    answers: dict[Key, int | None] = field(default_factory=dict, repr=False)
    """What providers answered at the last success (``Kitchen.likeness``)."""
    tried: dict[Key, tuple[str, int]] = field(default_factory=dict, repr=False)
    """UID and generation of the spec that was written last without a loss, whether or not that could be reported."""
    since: datetime | None = None
    """The first sync of this process."""
    removed: dict[StoreRef, dict[Key, datetime]] = field(default_factory=dict)
    held: dict[StoreRef, set[Key]] = field(default_factory=dict)

    def read(self, observed: Observed) -> None:
        """A whole fetch was answered."""
        self.since = self.since or observed.now
        self.before.pop(observed.key, None)
        if (known := self.sightings.pop(observed.key, None)) is not None:
            self.before[observed.key] = known

    def sight(self, observed: Observed, assembled: Assembled, dropped: Collection[str]) -> None:
        """Take down what those answers lack; ``dropped`` are the keys of ours that a write would take away."""
        key, uid = observed.key, observed.es.metadata.uid
        before = self.before.pop(key, None)
        spec = (uid, observed.es.metadata.generation)
        tried = self.tried.get(key) == spec
        gone = absence.vanished(observed, dropped, assembled.answers, self.answers.get(key), tried=tried)
        if not dropped:
            self.tried[key] = spec
        absent = [*(gap.source for gap in assembled.absent), *gone]
        if absent:
            self.sightings[key] = absence.sight(before, uid, absent, observed.now)
        else:
            self._let_go(key)

    def succeeded(self, observed: Observed, answers: int | None) -> None:
        """The target is as those answers want it."""
        self.answers[observed.key] = answers

    def proof_at(self, observed: Observed) -> datetime | None:
        """When a read may prove what is absent; None when it is proven, or when nothing is absent."""
        known = self.sightings.get(observed.key)
        at = absence.proven_at(known, self.absence_seconds) if known is not None else None
        return at if at is not None and at > observed.now else None

    def waiting(self, observed: Observed, proof_at: datetime) -> str:
        """What to tell while a proof is wanted."""
        keys = ", ".join(self.sightings[observed.key].keys[:NAMED])
        missing = f"the provider gives no value any more for: {keys}; " if keys else ""
        return f"{missing}nothing is removed unless a read after {stamp(proof_at)} finds it missing too"

    def admit(self, observed: Observed, spec: ExternalSecretSpec, views: Views) -> None:
        """Count one removal; raises RemovalHeld when it would be too many. One that an edit causes does not count."""
        if observed.key not in self.sightings:
            return
        stores = [
            ref
            for ref in sources.store_refs(observed.key.namespace, spec)
            if not brake.released(_annotations(views, ref), observed.now)
        ]
        for ref in stores:
            recent = self.removed[ref] = brake.recent(self._removed(observed, ref, views), observed.now)
            try:
                brake.admit(ref, observed.key, recent, len(views.dependants(ref)))
            except RemovalHeld:
                self.held.setdefault(ref, set()).add(observed.key)
                raise
        self._let_go(observed.key)
        for ref in stores:
            self.removed[ref].setdefault(observed.key, observed.now)

    def forget(self, key: Key) -> None:
        """The object is gone. What was removed for it still counts."""
        for known in (self.sightings, self.before, self.answers, self.tried):
            known.pop(key, None)
        self._let_go(key)

    def held_by_store(self) -> dict[str, float]:
        """How many removals wait for a release, for metrics."""
        return {f"{ref.kind}/{ref.namespace}/{ref.name}": float(len(keys)) for ref, keys in self.held.items()}

    def _removed(self, observed: Observed, ref: StoreRef, views: Views) -> dict[Key, datetime]:
        known = self.removed.get(ref)
        if known is not None:
            return known
        young = self.since is not None and observed.now < self.since + brake.WINDOW
        return brake.presumed(views.dependants(ref), views.managed_secret, observed.now) if young else {}

    def _let_go(self, key: Key) -> None:
        for ref in [ref for ref, keys in self.held.items() if key in keys]:
            self.held[ref].discard(key)
            if not self.held[ref]:
                del self.held[ref]


async def confirm(observed: Observed, cluster: Cluster) -> None:
    """Raise Conflict unless the ExternalSecret is still as it was seen, by a read that no informer answers."""
    live = await cluster.meta(observed.key)
    seen = observed.es.metadata
    if live is None or live.deleting or (live.uid, live.generation) != (seen.uid, seen.generation):
        raise Conflict(409, "Conflict", f"{observed.key} is another now, so nothing is removed for it")


def _annotations(views: Views, ref: StoreRef) -> dict[str, str]:
    store = views.store(ref)
    return store.metadata.annotations if store is not None else {}
