"""The machines of the operator, put together, without the connections they use.

It holds no rule. Every task has a parent here, and a stop takes them down in order: the queue closes, leased keys
finish up to a deadline, informers end, events are flushed.
"""

import secrets as entropy
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from random import SystemRandom  # noqa: TID251  the composition root chooses the source of randomness
from uuid import uuid4

import anyio
import anyio.abc
import structlog

from esoctl import informing, probes
from esoctl.certificates import Certificate
from esoctl.clock import Clock, SystemClock, steady
from esoctl.config import Config
from esoctl.errors import SpecError, StoreForbidden
from esoctl.informers.store import place
from esoctl.informing import Hands
from esoctl.kube.api import Api
from esoctl.kube.campaign import Alone, Lead
from esoctl.kube.events import Recorder
from esoctl.kube.gate import Gate
from esoctl.metrics import Metrics, QueueFigures
from esoctl.model.keys import Key, Kind, StoreRef
from esoctl.model.kinds import Resource
from esoctl.model.meta import Meta
from esoctl.model.store import Store
from esoctl.plan import punctuality
from esoctl.plan.access import secret_namespace
from esoctl.providers.contract import Provider
from esoctl.providers.pool import ClientPool
from esoctl.queue.core import Leased
from esoctl.queue.lanes import Lane
from esoctl.queue.limiter import Limiter
from esoctl.queue.workqueue import Observers, WorkQueue
from esoctl.reconcile import visits
from esoctl.reconcile.aside import Aside, Threads
from esoctl.reconcile.circuits import Circuits
from esoctl.reconcile.cluster import ApiCluster
from esoctl.reconcile.credentials import SecretReader
from esoctl.reconcile.external_secret import ExternalSecretReconciler
from esoctl.reconcile.generic_targets import GenericTargets
from esoctl.reconcile.objects import ApiObjects
from esoctl.reconcile.removals import Removals
from esoctl.reconcile.secret_store import StoreReconciler
from esoctl.reconcile.stores import Stores, validate_store
from esoctl.reconcile.targets import Targets
from esoctl.reconcile.visits import Tell
from esoctl.reconcile.watchdog import Watchdog
from esoctl.reconcile.worker import DEADLINE_SECONDS, Reconcile, Worker
from esoctl.standing import Followed, State
from esoctl.template.engine import Env

CONTROLLERS = {
    Kind.EXTERNAL_SECRET: "externalsecret",
    Kind.SECRET_STORE: "secretstore",
    Kind.CLUSTER_SECRET_STORE: "clustersecretstore",
}
COMPONENTS = {
    Kind.EXTERNAL_SECRET: "external-secrets",
    Kind.SECRET_STORE: "secret-store",
    Kind.CLUSTER_SECRET_STORE: "cluster-secret-store",
}
"""Sources of events, named as the reference names them."""
AGE_HELP = "Seconds since an informer last heard from the API server."
FAILING_HELP = "1 while a store does not answer and is asked by one object at a time."
LAG_HELP = "How late the latest refresh of the last five minutes is, those that still wait among them."
HELD_HELP = "Removals that wait until their store is released, by store."
FORGOTTEN_HELP = "ExternalSecrets that are neither queued, at work, on a timer nor at rest; there must be none."
OVERDUE_HELP = "ExternalSecrets whose next success should have been there more than a minute ago."
LOOP_CHECK_SECONDS = 0.5
RECALL_SECONDS = 30.0
WAITING_SECONDS = 10.0
FLUSH_SECONDS = 3.0

Wait = Callable[[], Awaitable[None]]

log = structlog.get_logger("esoctl.app")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What no rule may reach for by itself: time and chance."""

    clock: Clock = field(default_factory=SystemClock)
    draw: Callable[[], float] = field(default_factory=lambda: SystemRandom().random)
    """A random number from 0 to 1."""
    tell: Tell = visits.note
    """Told of every write of a target."""
    entropy: Callable[[int], bytes] = entropy.token_bytes
    """That many random bytes, for what generators and templates make."""
    aside: Aside = field(default_factory=Threads)
    """Renders templates."""
    beat_seconds: float = LOOP_CHECK_SECONDS
    """How often the loop proves that it runs; one whose time jumps proves nothing."""


class Operator:
    """The machines, put together, without the connections they use."""

    state: State | None = None
    """What the probes ask about, once it runs."""

    def __init__(
        self,
        config: Config,
        api: Api,
        pool: ClientPool,
        known: dict[str, Provider],
        metrics: Metrics,
        around: Surroundings,
    ) -> None:
        self._config = config
        self._metrics = metrics
        self._around = around
        self._began = anyio.current_time()
        clock = around.clock
        self._queue = self._new_queue()
        stale: set[Key] = set()
        self._generics = GenericTargets(ApiObjects(api, tell=around.tell), config.generic_targets, self._follow)
        self._informers = informing.build(api, config.namespaces, self._hands(known, stale))
        self._recorders = {kind: Recorder(api, component, clock.now) for kind, component in COMPONENTS.items()}
        views, cluster = self._informers.views(), ApiCluster(api, self._recorders, around.tell)
        reader = SecretReader(views, cluster)
        self._targets = Targets(views, cluster)
        self._circuits = Circuits(self._queue.release, self._check_store, self._queue.waiting_behind)
        stores = Stores(views, cluster, known, pool, reader, config.controller_class, self._circuits)
        self._external_secrets = ExternalSecretReconciler(
            views,
            cluster,
            stores.open,
            self._targets,
            clock,
            self._env,
            config.controller_class,
            self._generics,
            Removals(config.absence_seconds),
            stale=stale,
            aside=around.aside,
        )
        self._stores = StoreReconciler(
            views, cluster, stores, clock, config.controller_class, config.store_requeue_seconds
        )
        self._watchdog = Watchdog(self._informers.external_secrets.store.all, views, clock, config.controller_class)
        self._expose(metrics, api)

    def _hands(self, known: dict[str, Provider], stale: set[Key]) -> Hands:
        return Hands(
            self._queue.add,
            lambda store: _credentials(store, known),
            self._own,
            self._generics.is_own,
            stale.add,
            self._around.draw,
            self._around.clock.now,
            self._queue.hurry,
        )

    def _new_queue(self) -> WorkQueue[Key]:
        clock, draw = self._around.clock, self._around.draw
        observers = Observers(self._asked, self._tried, self._begun, self._ended, _tell_step)
        return WorkQueue(
            Limiter(draw),
            group=lambda key: key.namespace,
            workers=self._config.workers,
            wall=lambda: clock.now().timestamp(),
            observers=observers,
        )

    def _expose(self, metrics: Metrics, api: Api) -> None:
        """What is looked up at each scrape, and who may ask for it."""
        admit = Gate(api.review).admit if self._config.metrics_auth else None
        folder = self._config.metrics_cert_dir
        self._guard = probes.Guard(admit, Certificate(folder).context() if folder else None)
        metrics.conditions, metrics.ages = self._informers.readiness, self._watchdog.ages
        metrics.own_labels = self._informers.labels_of if self._config.extended_labels else None
        metrics.queue, metrics.census = self._figures, self._census
        metrics.gauges["esoctl_externalsecrets_overdue"] = (OVERDUE_HELP, self._overdue)
        metrics.gauges["esoctl_externalsecrets_forgotten"] = (FORGOTTEN_HELP, self._forgotten)
        metrics.gauges["esoctl_informer_age_seconds"] = (AGE_HELP, self._ages)
        metrics.gauges["esoctl_refresh_lag_longest_seconds"] = (LAG_HELP, self._longest_lag)
        metrics.gauges["esoctl_store_failing"] = (FAILING_HELP, self._circuits.open_ones)
        metrics.gauges["esoctl_removals_held"] = (HELD_HELP, self._external_secrets.removals.held_by_store)

    async def run(self, told_to_stop: Wait, lead: Lead = Alone()) -> bool:  # noqa: B008  it holds nothing
        """Serve probes, inform, and work once we lead; returns after an orderly stop, which begins when
        ``told_to_stop`` ends, or, with True, at once when we lead no more."""
        self.state = state = State(self._informers, anyio.current_time(), lead=lead, pace=self._pace)
        addresses = (
            (self._config.metrics_addr, self._metrics.scrape),
            (self._config.health_addr, state.alive, state.ready),
        )
        async with probes.serving(*addresses, self._guard) as served, anyio.create_task_group() as machines:
            log.info("serving", addresses=served)
            machines.start_soon(self._beat, state)
            machines.start_soon(self._recall, state)
            machines.start_soon(self._queue.drive)
            machines.start_soon(self._circuits.run)
            for recorder in self._recorders.values():
                machines.start_soon(recorder.run)
            for informer in self._informers.each():
                machines.start_soon(informer.run)
            machines.start_soon(self._informers.texts.run)
            machines.start_soon(self._informers.generics.run)
            async with anyio.create_task_group() as workers:
                workers.start_soon(self._work, state, workers)
                lost = await _first(told_to_stop, lead.lost) == 1
                state.stopping = True
                if not lost:
                    await self._drain()
                workers.cancel_scope.cancel()
            for recorder in () if lost else self._recorders.values():
                await recorder.flush(FLUSH_SECONDS)
            machines.cancel_scope.cancel()
        return lost

    async def _drain(self) -> None:
        log.info("stopping")
        if not await self._queue.drain(self._config.drain_seconds):
            log.warning("work was cut short", seconds=self._config.drain_seconds)

    async def _work(self, state: State, group: anyio.abc.TaskGroup) -> None:
        await self._informed(group)
        await state.lead.elected()
        worker = Worker(self._queue, self._reconcilers(), self._around.clock, self._observe, lambda: uuid4().hex[:8])
        for _ in range(self._config.workers):
            group.start_soon(worker.run)
        state.working = True

    async def _informed(self, group: anyio.abc.TaskGroup) -> None:
        """Wait for the first lists; of several namespaces each begins with its own, whatever is wrong with another."""
        if not self._config.namespaces:
            await self._begin("")
        for namespace in self._config.namespaces:
            group.start_soon(self._begin, namespace)

    async def _begin(self, part: str) -> None:
        for informer in self._informers.of(part):
            await _synced(informer)
        found = self._informers.external_secrets.informers[part]
        log.info("informed", external_secrets=len(found.store), **({"namespace": part} if part else {}))
        self._informers.gates.open(part)

    def _reconcilers(self) -> dict[Kind, Reconcile]:
        store = self._stores.reconcile
        return {
            Kind.EXTERNAL_SECRET: self._external_secrets.reconcile,
            Kind.SECRET_STORE: store,
            Kind.CLUSTER_SECRET_STORE: store,
        }

    def _observe(self, key: Key, result: str, seconds: float) -> None:
        target = (CONTROLLERS[key.kind], key.namespace, key.name)
        self._metrics.observe_reconcile(target, result, seconds)
        if not self._informers.hold(key):
            self._metrics.forget(target)

    def _follow(self, key: Key, resources: Sequence[Resource]) -> None:
        self._informers.follow(key, resources)

    def _check_store(self, ref: StoreRef) -> None:
        self._queue.add(Key(ref.kind, ref.namespace, ref.name), Lane.DRIFT)

    def _own(self, meta: Meta) -> bool:
        return self._targets.is_own(meta)

    def _env(self, now: datetime) -> Env:
        return Env(now=now, entropy=self._around.entropy, delimiters=self._config.delimiters)

    def _figures(self) -> dict[str, QueueFigures]:
        depth = Counter(CONTROLLERS[key.kind] for key in self._queue.queued())
        ages: dict[str, list[float]] = {}
        for key, seconds in self._queue.at_work():
            ages.setdefault(CONTROLLERS[key.kind], []).append(seconds)
        return {
            controller: QueueFigures(depth[controller], sum(found), max(found, default=0.0), len(found))
            for controller in CONTROLLERS.values()
            for found in (ages.get(controller, []),)
        }

    def _census(self) -> dict[str, int]:
        return asdict(self._queue.statistics().tally)

    def _overdue(self) -> dict[str, float]:
        return {"": float(len(self._watchdog.overdue()))}

    def _forgotten(self) -> dict[str, float]:
        live = (place(item) for item in self._informers.external_secrets.store.all())
        keys = (Key(Kind.EXTERNAL_SECRET, *where) for where in live)
        on_duty = self.state is not None and self.state.on_duty
        return {"": float(len(self._queue.lost(keys)) if on_duty else 0)}

    def _longest_lag(self) -> dict[str, float]:
        return {"": self._queue.statistics().refresh_lag.longest}

    def _pace(self) -> str:
        return punctuality.trouble(self._queue.pace(), self._config.workers, DEADLINE_SECONDS)

    def _ages(self) -> dict[str, float]:
        """An informer that never heard its server counts from the start of the process."""
        now = anyio.current_time()
        heard = {informer.name: informer.last_heard for informer in self._informers.each()}
        return {name: now - (self._began if last is None else last) for name, last in heard.items()}

    def _asked(self, key: Key) -> None:
        self._metrics.observe_add(CONTROLLERS[key.kind])

    def _tried(self, key: Key) -> None:
        self._metrics.observe_retry(CONTROLLERS[key.kind])

    def _begun(self, leased: Leased[Key]) -> None:
        self._metrics.observe_wait(CONTROLLERS[leased.key.kind], leased.waited)
        if leased.asked_as is Lane.REFRESH:
            self._metrics.observe_refresh(leased.waited)

    def _ended(self, key: Key, seconds: float) -> None:
        self._metrics.observe_work(CONTROLLERS[key.kind], seconds)

    async def _recall(self, state: State) -> None:
        """Ask for what is due although nothing would wake it. There should be no such object; it must not stay so."""
        while True:
            await anyio.sleep(RECALL_SECONDS)
            for key in self._watchdog.forgotten(self._queue.lost) if state.on_duty else ():
                log.warning("a refresh was forgotten and is made up for", key=str(key))
                self._queue.add(key, Lane.REFRESH)

    async def _beat(self, state: State) -> None:
        """Prove again and again that the loop runs, and measure how late it is."""
        while True:
            due = steady() + self._around.beat_seconds
            await anyio.sleep_until(due)
            state.beat = steady()
            state.lead.beat()
            self._metrics.observe_lag(state.beat - due)


def _tell_step(seconds: float) -> None:
    log.warning("the clock was set, or the machine slept", forward_seconds=round(seconds, 1))


async def _synced(informer: Followed) -> None:
    """Wait for an informer's first list; say every few seconds what it waits for."""
    while not informer.synced.is_set():
        with anyio.move_on_after(WAITING_SECONDS):
            await informer.synced.wait()
        if not informer.synced.is_set():
            log.warning("waiting for the first list", informer=informer.name, trouble=informer.statistics().trouble)


async def _first(*waits: Wait) -> int:
    """Wait until one of them ends; its place among them."""
    ended: list[int] = []

    async def one(place: int, wait: Wait) -> None:
        await wait()
        ended.append(place)
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for place, wait in enumerate(waits):
            group.start_soon(one, place, wait)
    return ended[0]


def _credentials(store: Store, known: dict[str, Provider]) -> list[tuple[str, str]]:
    """(namespace, name) of every Secret a store's credentials come from; an empty namespace means the consumer's."""
    try:
        _, backend = validate_store(store, known)
        return [(secret_namespace(store.ref, "", ref.namespace), ref.name) for ref in backend.secret_refs]
    except (SpecError, StoreForbidden):
        return []
