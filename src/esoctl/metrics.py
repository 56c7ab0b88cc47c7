"""Every metric series of the operator, in one place. Callers hand over plain numbers and texts.

Names and labels are those of the reference and of controller-runtime, so dashboards and alerts go on working. Series
for each object are made at the scrape from small counters and from the informers' stores: ten thousand objects cost no
metric children, and an object that is gone leaves no series behind.

DIFFERS: the reference keeps the counters of an object that is gone, has a queue and workers for each controller, and
client-go's boundaries of histograms; it counts no failure as terminal.

Two names of the reference are counters without the ending ``_total``; the text format shows them as untyped.
"""

from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from esoctl import __version__
from esoctl.exposition import Row, extended, family, quoted

# The reference's metrics have no moment of creation; it would double the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it out

CONTROLLERS = ("externalsecret", "secretstore", "clustersecretstore")
RESULTS = ("success", "requeue", "requeue_after", "error")
"""Every result there is, so that a share of errors is a number from the start, as controller-runtime has it."""
FAILURES = ("error", "terminal", "timeout", "panic")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LAGS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)
LAGS_KEPT = 120
"""A scrape that comes twice a minute must not miss a loop that stood still in between."""
CONDITION_STATUSES = ("True", "False")


Target = tuple[str, str, str]
"""Controller, namespace and name of an object."""


class Ready(NamedTuple):
    """The Ready condition of one object, for its series."""

    controller: str
    namespace: str
    name: str
    status: str


class Age(NamedTuple):
    """How long ago an ExternalSecret was last synced."""

    namespace: str
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """What the work queue holds of one controller at the moment of a scrape."""

    depth: int = 0
    unfinished_seconds: float = 0.0
    longest_seconds: float = 0.0
    active: int = 0


@dataclass(slots=True)
class _Visits:
    calls: int = 0
    errors: int = 0
    nanoseconds: float = 0.0

    def copy(self) -> "_Visits":
        return _Visits(self.calls, self.errors, self.nanoseconds)


class _Queued(NamedTuple):
    """The series of one controller's queue: looking them up by their labels costs more than counting."""

    adds: Counter
    retries: Counter
    waits: Histogram
    works: Histogram


@dataclass
class Metrics:
    """The registry and everything that writes to it."""

    workers: int = 0
    registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=False))
    conditions: Callable[[], Iterable[Ready]] = tuple
    """Set by the composition root: the conditions as the informers hold them."""
    ages: Callable[[], Iterable[Age]] = tuple
    """Set by the composition root: of every ExternalSecret that was ever synced."""
    own_labels: Callable[[str, str, str], Mapping[str, str]] | None = None
    """Set on demand: the labels of the object of a controller, namespace and name."""
    queue: Callable[[], Mapping[str, QueueFigures]] = dict
    """Set by the composition root: the queue by controller."""
    census: Callable[[], Mapping[str, int]] = dict
    """Set by the composition root: how many keys the queue knows, by state, each counted once."""
    gauges: dict[str, tuple[str, Callable[[], Mapping[str, float]]]] = field(default_factory=dict)
    """Further gauges, computed at the scrape: name -> (help, value by the label ``name``)."""
    _visits: dict[Target, _Visits] = field(default_factory=dict)
    _requested: dict[tuple[str, str, str], Counter] = field(default_factory=dict)
    _provider_calls: Tally[tuple[str, str, str]] = field(default_factory=Tally)
    _reads: Tally[tuple[str, str]] = field(default_factory=Tally)

    def __post_init__(self) -> None:
        registry = self.registry
        self._of_reconciles(registry)
        self._of_queue(registry)
        self._requests = Counter(
            "rest_client_requests", "Requests to the API server.", ["code", "host", "method"], registry=registry
        )
        text = "How late the event loop woke up, at worst in the last minute."
        self._lag = Gauge("esoctl_event_loop_lag_seconds", text, registry=registry)
        self._lags: deque[float] = deque([0.0], LAGS_KEPT)
        self._refreshes = Histogram(
            "esoctl_refresh_lag_seconds", "How late a refresh started.", buckets=LAGS, registry=registry
        )
        build = Gauge("esoctl_build_info", "The version that runs.", ["version"], registry=registry)
        build.labels(__version__).set(1)
        for collector in (ProcessCollector(registry=None), PlatformCollector(registry=None)):
            registry.register(collector)
        GCCollector(registry=registry)

    def _of_reconciles(self, registry: CollectorRegistry) -> None:
        prefix = "controller_runtime_reconcile"
        self._reconciles = Counter(prefix, "Reconciles by result.", ["controller", "result"], registry=registry)
        self._failures = {
            "error": _by_controller(f"{prefix}_errors", "Reconciles that failed.", registry),
            "terminal": _by_controller(
                "controller_runtime_terminal_reconcile_errors", "Failures that only an edit can heal.", registry
            ),
            "timeout": _by_controller(f"{prefix}_timeouts", "Reconciles that took too long.", registry),
            "panic": _by_controller(f"{prefix}_panics", "Reconciles that hit a bug.", registry),
        }
        self._times = Histogram(
            f"{prefix}_time_seconds", "Time of a reconcile.", ["controller"], buckets=SECONDS, registry=registry
        )
        self._timed = {name: self._times.labels(name) for name in CONTROLLERS}
        self._ended = {
            (name, result): self._reconciles.labels(name, result) for name in CONTROLLERS for result in RESULTS
        }
        for counter in self._failures.values():
            for controller in CONTROLLERS:
                counter.labels(controller)

    def _of_queue(self, registry: CollectorRegistry) -> None:
        labels = ["name", "controller"]
        self._adds = Counter("workqueue_adds", "Requests to work on a key.", labels, registry=registry)
        self._retries = Counter("workqueue_retries", "Retries after failures.", labels, registry=registry)
        waits, works = "workqueue_queue_duration_seconds", "workqueue_work_duration_seconds"
        self._waits = Histogram(waits, "Wait in the queue before work.", labels, buckets=SECONDS, registry=registry)
        self._works = Histogram(works, "Time of work on one key.", labels, buckets=SECONDS, registry=registry)
        self._queued = {name: self._queue_of(name) for name in CONTROLLERS}

    def _queue_of(self, name: str) -> _Queued:
        adds, retries = self._adds.labels(name, name), self._retries.labels(name, name)
        return _Queued(adds, retries, self._waits.labels(name, name), self._works.labels(name, name))

    def observe_reconcile(self, target: Target, result: str, seconds: float) -> None:
        """One reconcile of (controller, namespace, name) ended, by one of ``RESULTS`` or of ``FAILURES``."""
        controller = target[0]
        failed = result in FAILURES
        self._ended[controller, "error" if failed else result].inc()
        self._timed[controller].observe(seconds)
        for failure in {"error", result} if failed else ():
            self._failures[failure].labels(controller).inc()
        visits = self._visits.setdefault(target, _Visits())
        visits.calls += 1
        visits.errors += failed
        visits.nanoseconds = seconds * 1e9

    def forget(self, target: Target) -> None:
        """The object is gone; its series go with it."""
        self._visits.pop(target, None)

    def observe_provider(self, provider: str, call: str, ok: bool) -> None:
        """One call to a provider ended."""
        self._provider_calls[provider, call, "success" if ok else "error"] += 1

    def observe_reads(self, provider: str, how: str, reads: int) -> None:
        """So many values were read in that way: by calls of their own, in batches, or with another reader's call."""
        self._reads[provider, how] += reads

    def observe_request(self, code: str, host: str, method: str) -> None:
        """One request to the API server ended."""
        known = self._requested.get((code, host, method))
        if known is None:
            known = self._requested[code, host, method] = self._requests.labels(code, host, method)
        known.inc()

    def observe_add(self, controller: str) -> None:
        """A key was asked for."""
        self._queued[controller].adds.inc()

    def observe_retry(self, controller: str) -> None:
        """A key is to be tried again after a failure."""
        self._queued[controller].retries.inc()

    def observe_wait(self, controller: str, seconds: float) -> None:
        """A key waited in the queue."""
        self._queued[controller].waits.observe(seconds)

    def observe_work(self, controller: str, seconds: float) -> None:
        """A key was worked on."""
        self._queued[controller].works.observe(seconds)

    def observe_refresh(self, late_seconds: float) -> None:
        """A refresh that was due began so much later."""
        self._refreshes.observe(late_seconds)

    def observe_lag(self, seconds: float) -> None:
        """The event loop woke up late; told twice a second."""
        self._lags.append(seconds)
        self._lag.set(max(self._lags))

    def exposition(self) -> bytes:
        """All series in the text format."""
        return self.scrape()()

    def scrape(self) -> Callable[[], bytes]:
        """Take down what changes all the time, and return what prints it: that may run in another thread."""
        conditions, ages = list(self.conditions()), list(self.ages())
        taken = _Taken(
            self.workers,
            [(target, visits.copy()) for target, visits in self._visits.items()],
            conditions,
            ages,
            self._extended(conditions, ages) if self.own_labels else {},
            list(self._provider_calls.items()),
            list(self._reads.items()),
            dict(self.queue()),
            dict(self.census()),
            [(name, text, dict(values())) for name, (text, values) in self.gauges.items()],
        )
        return lambda: generate_latest(_Whole(self.registry, taken)) + "".join(taken.lines()).encode()

    def _extended(self, conditions: Iterable[Ready], ages: Iterable[Age]) -> dict[Target, str]:
        targets = {*self._visits, *(ready[:3] for ready in conditions), *((CONTROLLERS[0], *age[:2]) for age in ages)}
        return {target: extended(self.own_labels(*target)) for target in targets} if self.own_labels else {}


@dataclass(frozen=True, slots=True)
class _Taken:
    """Everything that is computed when somebody asks, as it was at one moment."""

    workers: int
    visits: list[tuple[Target, _Visits]]
    conditions: list[Ready]
    ages: list[Age]
    extended: dict[Target, str]
    """Further labels of the series of an object."""
    provider_calls: list[tuple[tuple[str, str, str], int]]
    reads: list[tuple[tuple[str, str], int]]
    figures: dict[str, QueueFigures]
    census: dict[str, int]
    gauges: list[tuple[str, str, dict[str, float]]]

    def series(self) -> Iterator[Metric]:
        """What there is little of, as metrics of the library."""
        yield self._of_provider()
        yield self._of_reads()
        yield from _of_figures(self.figures, self.workers)
        yield self._of_census()
        for name, text, values in self.gauges:
            gauge = Metric(name, text, "gauge")
            for label, value in values.items():
                gauge.add_sample(name, {"name": label} if label else {}, value)
            yield gauge

    def _of_census(self) -> Metric:
        keys = Metric("esoctl_queue_keys", "Keys that the queue knows, each once, by what they wait for.", "gauge")
        for state, count in self.census.items():
            keys.add_sample(keys.name, {"state": state}, count)
        return keys

    def lines(self) -> Iterator[str]:
        """What there is of each object, as text."""
        yield from self._of_visits()
        yield from self._of_conditions()
        text = "Seconds since an ExternalSecret was last synced with success."
        rows = ((self._object(CONTROLLERS[0], age.namespace, age.name), age.seconds) for age in self.ages)
        yield from family("esoctl_seconds_since_last_success", "gauge", text, rows)

    def _of_visits(self) -> Iterator[str]:
        found: dict[str, list[tuple[str, _Visits]]] = {controller: [] for controller in CONTROLLERS}
        for (controller, namespace, name), visits in self.visits:
            found[controller].append((self._object(controller, namespace, name), visits))
        text = "The last reconcile, in nanoseconds."
        for controller, rows in found.items():
            times = ((labels, visits.nanoseconds) for labels, visits in rows)
            yield from family(f"{controller}_reconcile_duration", "gauge", text, times)
        ours, prefix = found["externalsecret"], "externalsecret_sync_calls"
        calls = ((labels, float(visits.calls)) for labels, visits in ours)
        yield from family(f"{prefix}_total", "counter", "Reconciles of an ExternalSecret.", calls)
        errors = ((labels, float(visits.errors)) for labels, visits in ours)
        yield from family(f"{prefix}_error", "untyped", "Failed reconciles of an ExternalSecret.", errors)

    def _of_conditions(self) -> Iterator[str]:
        found: dict[str, list[Row]] = {controller: [] for controller in CONTROLLERS}
        for ready in self.conditions:
            labels = self._object(ready.controller, ready.namespace, ready.name)[1:-1]
            for status in CONDITION_STATUSES:
                labelled = f'{{condition="Ready",{labels},status="{status}"}}'
                found[ready.controller].append((labelled, float(ready.status == status)))
        for controller, rows in found.items():
            yield from family(f"{controller}_status_condition", "gauge", "The Ready condition.", rows)

    def _object(self, controller: str, namespace: str, name: str) -> str:
        more = self.extended[controller, namespace, name] if self.extended else ""
        return f'{{{more}name="{quoted(name)}",namespace="{quoted(namespace)}"}}'

    def _of_provider(self) -> Metric:
        name = "externalsecret_provider_api_calls_count"
        calls = Metric(name, "Calls to providers by API.", "unknown")
        for (provider, call, status), count in self.provider_calls:
            calls.add_sample(name, {"provider": provider, "call": call, "status": status}, count)
        return calls

    def _of_reads(self) -> Metric:
        name = "esoctl_provider_reads"
        reads = Metric(name, "Values read from providers, by how they were read.", "counter")
        for (provider, how), count in self.reads:
            reads.add_sample(f"{name}_total", {"provider": provider, "how": how}, count)
        return reads


@dataclass(frozen=True, slots=True)
class _Whole(Collector):
    """The registry's own series, and those that were taken down, as far as there are few of them."""

    registry: CollectorRegistry
    taken: _Taken

    def collect(self) -> Iterator[Metric]:
        yield from self.registry.collect()
        yield from self.taken.series()


def _by_controller(name: str, text: str, registry: CollectorRegistry) -> Counter:
    return Counter(name, text, ["controller"], registry=registry)


def _of_figures(figures: Mapping[str, QueueFigures], workers: int) -> Iterator[Metric]:
    """One queue and one set of workers serve all controllers; dashboards expect both of each."""
    depth = Metric("workqueue_depth", "Keys that wait for a worker.", "gauge")
    unfinished = Metric("workqueue_unfinished_work_seconds", "Work in progress, summed.", "gauge")
    longest = Metric("workqueue_longest_running_processor_seconds", "The longest work in progress.", "gauge")
    active = Metric("controller_runtime_active_workers", "Workers at work.", "gauge")
    most = Metric("controller_runtime_max_concurrent_reconciles", "Workers at most, of all controllers.", "gauge")
    for controller in CONTROLLERS:
        found, labels = figures.get(controller, QueueFigures()), {"name": controller, "controller": controller}
        depth.add_sample(depth.name, labels, found.depth)
        unfinished.add_sample(unfinished.name, labels, found.unfinished_seconds)
        longest.add_sample(longest.name, labels, found.longest_seconds)
        active.add_sample(active.name, {"controller": controller}, found.active)
        most.add_sample(most.name, {"controller": controller}, workers)
    yield from (depth, unfinished, longest, active, most)
