"""The journey of one ExternalSecret: observe, decide, fetch, plan, carry out, report.

No rule is here. What is due, what to write, what a failure means: ``plan.refresh``, ``plan.secret``, ``plan.verdict``.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from msgspec import structs

from esoctl.clock import Clock
from esoctl.errors import ClusterError, Conflict, EntryFailed, EsoctlError, SpecError
from esoctl.model.external_secret import (
    CreationPolicy,
    ExternalSecretSpec,
    ExternalSecretStatus,
    Template,
)
from esoctl.model.keys import Key
from esoctl.model.provenance import Cause
from esoctl.model.provenance import Sync as Provenance
from esoctl.plan import (
    access,
    assemble,
    contest,
    freshness,
    generic,
    naming,
    ownership,
    provenance,
    refresh,
    render,
    secret,
    shaping,
    status,
    validate,
)
from esoctl.plan.assemble import Assembled, Kitchen
from esoctl.plan.contest import Repairs
from esoctl.plan.generic import GenericPlan
from esoctl.plan.observed import FINALIZER, Observed
from esoctl.plan.provenance import Reading, Tellable
from esoctl.plan.refresh import Skip, Sync, TearDown, Why
from esoctl.plan.secret import Apply, Leave, Remove, SecretPlan
from esoctl.plan.settled import settled
from esoctl.plan.sources import Wants
from esoctl.plan.verdict import Behind, Later, Park, Retry, Stage, Verdict, longest, verdict
from esoctl.providers.asking import accepting, asking_afresh
from esoctl.reconcile import finalizing, footing, generating, visits
from esoctl.reconcile.aside import Aside, Threads
from esoctl.reconcile.carry_out import carry_out, ignored, missing, remove_orphans
from esoctl.reconcile.gather import Open, gather
from esoctl.reconcile.generic_targets import GenericTargets
from esoctl.reconcile.ports import Again, Cluster, Done, Gone, Note, Outcome, Parked, Views, Waits
from esoctl.reconcile.recall import Recall
from esoctl.reconcile.removals import Removals, confirm
from esoctl.reconcile.reports import Reports
from esoctl.reconcile.targets import Targets
from esoctl.reconcile.texts import read_texts
from esoctl.template.engine import Env

log = structlog.get_logger("esoctl.externalsecret")


@dataclass(slots=True)
class Attempt:
    """How far a sync has come, so that a failure is reported with its stage; why it is made, and what it read."""

    wants: Wants
    stage: Stage = Stage.SPEC
    reading: Reading = field(default_factory=partial(Reading, Cause.FIRST))
    generators: generating.Specs = field(default_factory=dict)
    ground: footing.Footing | None = None
    answers: int | None = None
    """Stands for what stores answered (``Kitchen.likeness``)."""


@dataclass(frozen=True, slots=True)
class ExternalSecretReconciler:
    """Brings one ExternalSecret and its target together."""

    views: Views
    cluster: Cluster
    open_store: Open
    targets: Targets
    clock: Clock
    kitchen_env: Callable[[datetime], Env]
    controller_class: str
    generics: GenericTargets
    removals: Removals = field(default_factory=Removals)
    repairs: dict[Key, Repairs] = field(default_factory=dict)
    """When targets were set right lately that somebody else had changed."""
    reports: Reports = field(default_factory=Reports)
    recall: Recall = field(default_factory=Recall)
    stale: set[Key] = field(default_factory=set)
    """What the informers found to be out of date; taken out when a sync begins."""
    aside: Aside = field(default_factory=Threads, repr=False)
    """Renders templates."""

    async def reconcile(self, key: Key) -> Outcome:
        """Visit one key."""
        item = self.views.external_secret(key.namespace, key.name)
        if item is None:
            for known in (self.targets, self.generics, self.removals, self.reports, self.recall):
                known.forget(key)
            self.repairs.pop(key, None)
            self.stale.discard(key)
            return Gone()
        item = self.reports.latest(key, item)
        now = self.clock.now()
        age, applied = self.reports.age(key, item, now), self.targets.applied.get(key)
        observed = Observed(item, now, None, applied, stale=key in self.stale, age=age, named=key)
        if item.spec is None:
            return await self._refuse(observed, validate.unfit(item.unfit, "spec"))
        wants = self.recall.wants(key, item.spec)
        if not self._ours(wants):
            return Done()
        visits.current().stores = wants.stores
        return await self._visit(observed, item.spec, Attempt(wants))

    async def _visit(self, observed: Observed, spec: ExternalSecretSpec, attempt: Attempt) -> Outcome:
        try:
            observed = await self._see(observed, spec, attempt)
            match refresh.decide(observed, spec):
                case Skip(until):
                    return Done(until)
                case TearDown():
                    attempt.stage = Stage.DELETE
                    return await self._tear_down(observed, spec)
                case Sync(why):
                    return await self._begin(observed, spec, why, attempt)
        except EsoctlError as error:
            ruling = generic.ruled(spec, attempt.stage, verdict(attempt.stage, error))
            if observed.stale and not status.tells_failure(observed, ruling):
                self.stale.add(observed.key)
            self._tell(observed, missing(error.absent) if isinstance(error, EntryFailed) else [])
            return await self._failed(replace(observed, stale=False), spec, ruling)

    async def _begin(self, observed: Observed, spec: ExternalSecretSpec, why: Why, attempt: Attempt) -> Outcome:
        log.debug("sync", why=why)
        attempt.generators = await generating.read(attempt.wants.makes, self.cluster, self.views.beyond)
        if not generating.managed(attempt.generators, self.controller_class):
            return Done()
        repair = contest.repairs(observed, spec, why)
        if repair:
            attempt.stage = Stage.WRITE
            await self._admit_repair(observed)
        attempt.reading = Reading(provenance.cause(why, observed, proving=observed.key in self.removals.sightings))
        visits.current().cause = attempt.reading.cause
        attempt.ground = footing.of(self.views, observed, spec)
        self.stale.discard(observed.key)
        with accepting(freshness.oldest_seconds(why, observed, spec)):
            observed = replace(observed, stale=False) if observed.stale else observed
            outcome = await self._sync(observed, spec, attempt)
        if repair:
            self.repairs[observed.key] = contest.noted(self.repairs.get(observed.key, ()), observed.now)
        return outcome

    async def _admit_repair(self, observed: Observed) -> None:
        """Raise when the target was repaired too often lately, or when its ExternalSecret is no more."""
        key = observed.key
        contest.admit(contest.recent(self.repairs.get(key, ()), observed.now), observed.now)
        # The garbage collector deletes what belongs to nobody, and may know sooner than our informer.
        live = await self.cluster.meta(key) if observed.target is None else observed.es.metadata
        if live is None or live.uid != observed.es.metadata.uid:
            raise Conflict(409, "Conflict", f"{key} is gone already")

    async def _see(self, observed: Observed, spec: ExternalSecretSpec, attempt: Attempt) -> Observed:
        if generic.chosen(spec) is not None:
            attempt.stage = Stage.RESOURCE
            return await self.generics.see(observed, spec)
        self.generics.leave(observed.key)
        if spec.target.creation_policy is CreationPolicy.NONE:
            return observed
        seen = replace(observed, target=await self.targets.see(observed.key, observed.es.target_name))
        return self.recall.compared(seen, spec)

    async def _sync(self, observed: Observed, spec: ExternalSecretSpec, attempt: Attempt) -> Outcome:
        attempt.stage = Stage.SPEC
        validate.sync_windows(spec)
        attempt.stage = Stage.TARGET
        generic.admit(spec, allowed=self.generics.allowed)
        attempt.stage = Stage.FETCH
        if refresh.needs_finalizer(observed, spec):
            await finalizing.put_on(observed, self.cluster)
        kitchen = await self._fetch(observed, attempt)
        known = self.recall.outcome(observed, kitchen)
        if known is not None and observed.key not in self.removals.sightings:
            footing.require(attempt.ground, self.views)
            self.removals.read(observed)
            return await self._succeeded(observed, spec, known, [], attempt)
        assembled = assemble.assemble(observed.key.namespace, spec, kitchen)
        self.removals.read(observed)
        self._tell(observed, missing((gap.path, gap.key) for gap in assembled.absent))
        if generic.chosen(spec) is not None:
            return await self._sync_generic(observed, spec, assembled, attempt)
        attempt.stage = Stage.WRITE
        plan = await self._plan(observed, spec, assembled)
        footing.require(attempt.ground, self.views)
        if isinstance(plan.write, Remove):
            attempt.stage = Stage.DELETE
        dropped = secret.dropped(observed, plan.write)
        self.removals.sight(observed, assembled, dropped)
        if (dropped or isinstance(plan.write, Remove)) and (wait := await self._wait_for_proof(observed)):
            return wait
        if secret.empties(observed, plan.write):
            self.removals.admit(observed, spec, self.views)
        notes = await self._carry_out(observed, plan, attempt, provenance.tellable(spec, assembled))
        outcome = await self._succeeded(observed, spec, plan, notes, attempt)
        self.recall.keep(observed.key, settled(observed, spec, assembled, kitchen.quirks, plan))
        return outcome

    async def _carry_out(
        self, observed: Observed, plan: SecretPlan, attempt: Attempt, tellable: Tellable
    ) -> list[Note]:
        key, write = observed.key, plan.write
        visits.current().tellable = tellable
        with self.targets.trying(key, write):
            written, notes = await carry_out(plan, key.namespace, secret.manager(observed), self.cluster)
        if written is not None and isinstance(write, Apply):
            self.targets.wrote(key, write, written)
        self.reports.changed(key, provenance.of_secret(observed, write, attempt.reading.cause, tellable))
        return notes

    async def _sync_generic(
        self, observed: Observed, spec: ExternalSecretSpec, assembled: Assembled, attempt: Attempt
    ) -> Outcome:
        """The rest of a sync whose target is no Secret."""
        attempt.stage = Stage.SHAPE
        plan = await self._plan_generic(observed, spec, assembled)
        footing.require(attempt.ground, self.views)
        attempt.stage = Stage.DELETE_RESOURCE if isinstance(plan.write, Remove) else Stage.WRITE
        dropped = generic.dropped(observed, plan.write)
        self.removals.sight(observed, assembled, dropped)
        # Lists are written whole, so what is missing may be in one: any write waits.
        lacking = observed.key in self.removals.sightings and observed.target is not None
        doubtful = dropped or isinstance(plan.write, Remove) or (lacking and not isinstance(plan.write, Leave))
        if doubtful and (wait := await self._wait_for_proof(observed)):
            return wait
        if isinstance(plan.write, Remove):
            self.removals.admit(observed, spec, self.views)
        notes = await self.generics.carry_out(observed, spec, plan)
        tellable = provenance.tellable(spec, assembled)
        self.reports.changed(observed.key, provenance.of_generic(observed, plan.write, attempt.reading.cause, tellable))
        return await self._succeeded(observed, spec, plan.report, notes, attempt)

    async def _plan_generic(self, observed: Observed, spec: ExternalSecretSpec, assembled: Assembled) -> GenericPlan:
        manifest, template = generic.chosen(spec), spec.target.template
        if manifest is None or not generic.writes(observed, spec, assembled):
            return generic.want(observed, spec, assembled, None)
        texts = await read_texts(template, observed.key.namespace, self.cluster)
        frame = generic.frame(observed, spec, manifest)
        cook = (texts, self.kitchen_env(observed.now))
        work = partial(shaping.shape, observed.es.metadata, template, frame, assembled.values, cook)
        shape = await self.aside(work) if template else work()
        return generic.want(observed, spec, assembled, shape)

    async def _fetch(self, observed: Observed, attempt: Attempt) -> Kitchen:
        wants = attempt.wants
        with asking_afresh() if observed.key in self.removals.sightings else nullcontext():
            gathered = await gather(wants.sources, observed.key.namespace, self.open_store)
        env = self.kitchen_env(observed.now)
        answers = gathered.answers | generating.make_all(wants.makes, attempt.generators, env.entropy)
        attempt.reading = Reading(attempt.reading.cause, provenance.remotes(answers))
        visits.current().remotes = attempt.reading.remotes
        kitchen = Kitchen(answers, lambda template, key: render.key(template, key, env), gathered.quirks)
        attempt.answers = kitchen.likeness
        return kitchen

    async def _plan(self, observed: Observed, spec: ExternalSecretSpec, assembled: Assembled) -> SecretPlan:
        rendered = render.Rendered()
        if secret.needs_rendering(observed, spec, assembled):
            rendered = await self._render(observed, spec.target.template, assembled)
        plan = secret.want(observed, spec, assembled, rendered)
        if isinstance(plan.write, Apply):
            naming.require_legal(plan.write.data)
        return plan

    async def _render(self, observed: Observed, template: Template | None, assembled: Assembled) -> render.Rendered:
        """The rendered template; it may take up to a second, which keeps a thread busy and not the event loop."""
        texts = await read_texts(template, observed.key.namespace, self.cluster)
        env = self.kitchen_env(observed.now)
        work = partial(render.render, observed.es.metadata, template, assembled.values, texts, env)
        return await self.aside(work) if template else work()

    async def _wait_for_proof(self, observed: Observed) -> Done | None:
        """What is absent must be so at a later read too, before anything is taken away; the object stays due."""
        at = self.removals.proof_at(observed)
        if at is None:
            await confirm(observed, self.cluster)
            return None
        self.stale.add(observed.key)
        self._tell(observed, [Note("MissingProviderSecret", self.removals.waiting(observed, at))])
        return Done(at)

    async def _tear_down(self, observed: Observed, spec: ExternalSecretSpec) -> Outcome:
        """Delete what must go with the ExternalSecret, then let it go. No provider is asked."""
        meta = observed.es.metadata
        target = observed.target
        if generic.chosen(spec) is not None:
            self._tell(observed, await self.generics.tear_down(observed, spec))
        elif refresh.deletes_target(spec) and target is not None and ownership.controls(meta, target.metadata):
            await self.cluster.remove_secret(
                meta.namespace, target.metadata.name, target.metadata.uid, target.metadata.resource_version
            )
        await finalizing.take_off(observed, self.cluster)
        return Done()

    async def _refuse(self, observed: Observed, error: SpecError) -> Outcome:
        """Report an object whose spec cannot be read; a deleted one is let go all the same."""
        meta = observed.es.metadata
        if meta.deleting:
            return await self._release(observed)
        return await self._failed(observed, None, verdict(Stage.SPEC, error))

    async def _release(self, observed: Observed) -> Outcome:
        try:
            if FINALIZER in observed.es.metadata.finalizers:
                await finalizing.take_off(observed, self.cluster)
        except ClusterError as refused:
            return Again(f"could not take the finalizer off: {refused}", refused.after)
        return Done()

    async def _succeeded(
        self, observed: Observed, spec: ExternalSecretSpec, plan: SecretPlan, notes: list[Note], attempt: Attempt
    ) -> Outcome:
        attempt.stage = Stage.ORPHANS
        notes = notes + await self._remove_orphans(observed, spec)
        attempt.stage = Stage.STATUS
        self.removals.succeeded(observed, attempt.answers)
        self._tell(observed, [*notes, *ignored(observed, spec)])
        after, sync = self.reports.success(observed, spec, plan, attempt.reading)
        await self._patch_status(observed, after, sync)
        self.reports.told(observed.key)
        fresh = replace(observed, es=structs.replace(observed.es, status=after), age=timedelta())
        return Done(refresh.next_visit(fresh, spec))

    async def _failed(self, observed: Observed, spec: ExternalSecretSpec | None, ruling: Verdict) -> Outcome:
        again = refresh.next_visit(observed, spec) if spec else None
        if status.stays(observed, ruling):
            return self._outcome(ruling, again)
        if ruling.event:
            self._tell(observed, [Note("UpdateFailed", ruling.event, warning=True)])
        try:
            await self._patch_status(observed, status.after_failure(observed, ruling))
        except ClusterError as error:
            return Again(f"{ruling.event}; and the status could not be written: {error}", at_most=longest(error))
        return self._outcome(ruling, again)

    def _outcome(self, ruling: Verdict, again: datetime | None) -> Outcome:
        match ruling.outcome:
            case Later(seconds):
                return Done(self.clock.now() + timedelta(seconds=seconds))
            case Behind(store):
                return Waits(ruling.event, store, again)
            case Park():
                return Parked(ruling.event, again)
            case Retry(after, at_most):
                return Again(ruling.event or "somebody else wrote at the same time", after, again, at_most)

    def _ours(self, wants: Wants) -> bool:
        """Whether every store it names, as far as those exist, is of our controller class."""
        found = map(self.views.store, wants.stores)
        return all(access.manages(self.controller_class, store.spec) for store in found if store is not None)

    async def _remove_orphans(self, observed: Observed, spec: ExternalSecretSpec) -> list[Note]:
        """What an earlier spec wrote elsewhere."""
        if spec.target.creation_policy is not CreationPolicy.OWNER:
            return []
        labelled = self.views.secrets_created_by(observed.key.namespace, secret.owner_hash(observed))
        orphans = secret.orphans(observed, labelled, "" if generic.chosen(spec) else observed.es.target_name)
        if orphans:
            await confirm(observed, self.cluster)
        told = await remove_orphans(orphans, observed.key.namespace, self.cluster)
        return told + await self.generics.remove_orphans(observed, spec, partial(confirm, observed, self.cluster))

    def _tell(self, observed: Observed, notes: Iterable[Note]) -> None:
        for note in notes:
            self.cluster.note(observed.key, observed.es.metadata, note)

    async def _patch_status(
        self, observed: Observed, after: ExternalSecretStatus, sync: Provenance | None = None
    ) -> None:
        patch = status.patch(observed.es.status, after, observed.es.metadata.uid, sync)
        if patch is not None:
            await self.cluster.patch_status(observed.key, patch)
            self.reports.sent[observed.key] = (observed.es.metadata.uid, after)
