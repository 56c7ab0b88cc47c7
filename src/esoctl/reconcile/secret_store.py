"""Checks a SecretStore or ClusterSecretStore and reports what it found, so that a user sees a mistake at the store.

Source: the reference's store reconciler. DIFFERS: the condition goes on with the reason (the reference tells it in an
event only), and an unchanged outcome is not told again.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import anyio

from esoctl.clock import Clock
from esoctl.errors import ClusterError, EsoctlError, SpecError, Unavailable
from esoctl.model import conditions
from esoctl.model.conditions import Reason
from esoctl.model.keys import Key, StoreRef
from esoctl.model.remote import Capabilities
from esoctl.model.store import Store, StoreStatus, interval_seconds
from esoctl.plan import access, status
from esoctl.plan.unused import REASON, text
from esoctl.plan.verdict import Stage, longest, verdict
from esoctl.providers.contract import Health
from esoctl.reconcile import visits
from esoctl.reconcile.ports import Again, Cluster, Done, Gone, Note, Outcome, Views
from esoctl.reconcile.stores import Decoded, Stores, unused

CHECK_SECONDS = 45.0
UNWARNED = "external-secrets.io/ignore-maintenance-checks"
UNMAINTAINED = Note(
    "StoreUnmaintained", "store isn't currently maintained. Please plan and prepare accordingly.", warning=True
)


@dataclass(frozen=True, slots=True)
class StoreReconciler:
    """Brings one store's status up to date."""

    views: Views
    cluster: Cluster
    stores: Stores
    clock: Clock
    controller_class: str
    requeue_seconds: float
    warned: dict[Key, tuple[str, int]] = field(default_factory=dict, repr=False)
    """The edit of each store whose ignored fields were told."""
    sent: dict[Key, tuple[str, StoreStatus]] = field(default_factory=dict, repr=False)
    """The uid and status of our last report, while the informer may not have seen it."""

    async def reconcile(self, key: Key) -> Outcome:
        """Visit one store."""
        ref = StoreRef(key.kind, key.namespace, key.name)
        store = self.views.store(ref)
        if store is None:
            self.stores.forget(ref)
            self.warned.pop(key, None)
            self.sent.pop(key, None)
            return Gone()
        if not access.manages(self.controller_class, store.spec):
            return Done()
        try:
            return await self._judge(store, key)
        except ClusterError as error:
            return Again(f"could not update status: {error}", error.after, at_most=longest(error))

    async def _judge(self, store: Store, key: Key) -> Outcome:
        try:
            decoded = self.stores.decode(store)
        except SpecError as error:
            return await self._invalid(store, key, Stage.CLIENT, error)
        return await self._check(store, key, decoded)

    async def _check(self, store: Store, key: Key, decoded: Decoded) -> Outcome:
        stage = Stage.CLIENT
        health = Health.READY
        try:
            if not decoded.backend.referent:
                with anyio.fail_after(CHECK_SECONDS):
                    async with self.stores.client(decoded, store.ref, store.metadata.namespace) as client:
                        stage = Stage.CHECK
                        health = await client.check()
        except EsoctlError as error:
            return await self._invalid(store, key, stage, error)
        except TimeoutError:
            slow = Unavailable(decoded.provider.name, "", f"no answer within {CHECK_SECONDS:.0f} s")
            return await self._invalid(store, key, stage, slow)
        if health is Health.UNKNOWN:
            await self._report(store, key, Reason.STORE_UNKNOWN, "could not determine validation status", None)
        else:
            self._warn_of_provider(store, key, decoded)
            self._warn_of_unused(store, key)
            trouble = self.stores.circuits.trouble(store.ref)
            message = f"store validated, but reads fail: {trouble}" if trouble else "store validated"
            await self._report(store, key, Reason.STORE_VALID, message, decoded.provider.capabilities)
        return self._later(store)

    def _warn_of_provider(self, store: Store, key: Key, decoded: Decoded) -> None:
        """At the first check only. DIFFERS: the reference repeats it at every check."""
        first = conditions.find(store.status.conditions) is None
        if first and not decoded.provider.maintained and UNWARNED not in store.metadata.annotations:
            self.cluster.note(key, store.metadata, UNMAINTAINED)

    def _warn_of_unused(self, store: Store, key: Key) -> None:
        """Once an edit. DIFFERS: the reference ignores fields in silence."""
        edit = (store.metadata.uid, store.metadata.generation)
        if self.warned.get(key) == edit:
            return
        self.warned[key] = edit
        if found := unused(store):
            self.cluster.note(key, store.metadata, Note(REASON, text(found), warning=True))

    async def _invalid(self, store: Store, key: Key, stage: Stage, error: EsoctlError) -> Outcome:
        ruling = verdict(stage, error)
        await self._report(store, key, ruling.reason, ruling.message or str(error), None)
        if isinstance(error, SpecError) and error.path:
            return Done()
        return Again(str(error))

    async def _report(
        self, store: Store, key: Key, reason: Reason, message: str, capabilities: Capabilities | None
    ) -> None:
        condition = status.store_condition(reason, message, self.clock.now())
        after = status.of_store(store.status, condition, capabilities or "")
        before = conditions.find(store.status.conditions)
        if before is None or (before.reason, before.message) != (reason, message):
            self.cluster.note(key, store.metadata, Note(reason, message, warning=reason is not Reason.STORE_VALID))
            visits.current().did.append(message)
        # An informer that lags shows a status before our last one, which may say by chance what is true now.
        shown = (store.metadata.uid, store.status)
        known = store.status if self.sent.get(key, shown) == shown else StoreStatus()
        patch = status.patch(known, after, store.metadata.uid)
        if patch is not None:
            await self.cluster.patch_status(key, patch)
            self.sent[key] = (store.metadata.uid, after)

    def _later(self, store: Store) -> Done:
        assert store.spec is not None
        seconds = interval_seconds(store.spec, self.requeue_seconds)
        return Done(self.clock.now() + timedelta(seconds=seconds))
