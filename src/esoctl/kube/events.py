"""Kubernetes Events, recorded at once and sent later, so that no reconcile waits for them.

* ``record`` only notes; one task sends, one event at a time. What happens meanwhile to the same object for the same
  reason in the same words becomes one event with a count.
* An event that was sent before is patched, not created again, while its name is remembered.
* One object may say 25 things at once and one more every five minutes, as with client-go's spam filter.
* Nothing here ever fails a caller: what does not fit or cannot be sent is dropped and counted.

Events of objects without a namespace are kept in ``default``. Source: client-go ``tools/record``.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Protocol, TypeVar

import anyio
import anyio.lowlevel
import msgspec

from esoctl.errors import ClusterError, NotFound
from esoctl.kube.api import MERGE_PATCH
from esoctl.model.keys import Kind
from esoctl.model.kinds import RESOURCES, Resource
from esoctl.model.meta import Meta

WAITING_LIMIT = 4096
REMEMBERED = 4096
BURST = 25.0
REFILL_SECONDS = 300.0
LONGEST_MESSAGE = 1024
LONGEST_NAME = 253

K = TypeVar("K")
V = TypeVar("V")

EVENTS = RESOURCES[Kind.EVENT]


class Writes(Protocol):
    """The two calls that are made; ``kube.api.Api`` has them."""

    async def create(self, resource: Resource, namespace: str, body: bytes) -> bytes: ...

    async def patch(
        self, resource: Resource, namespace: str, name: str, body: bytes, *, content_type: str
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What happened, how often, and when first and last."""

    meta: Meta
    kind: str
    api_version: str
    type: str
    reason: str
    message: str
    first: datetime
    last: datetime
    count: int = 1

    @property
    def namespace(self) -> str:
        return self.meta.namespace or "default"


@dataclass(frozen=True, slots=True)
class Statistics:
    """The counts since the start, and what waits now."""

    waiting: int
    recorded: int
    sent: int
    dropped: dict[str, int]
    """By reason: full, spam, failed."""


class Recorder:
    """Notes events and sends them; run ``run`` as a task."""

    def __init__(self, api: Writes, component: str, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._component = component
        self._clock = clock
        self._waiting: OrderedDict[bytes, Occurrence] = OrderedDict()
        self._sent: OrderedDict[bytes, tuple[str, Occurrence]] = OrderedDict()
        """Names and last states of events that the API server has."""
        self._budgets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By object: what it may still say, and when that was worked out."""
        self._wake = anyio.Event()
        self._idle = anyio.Event()
        self._idle.set()
        self._recorded = 0
        self._delivered = 0
        self._dropped: Counter[str] = Counter()

    def record(self, meta: Meta, kind: str, api_version: str, type_: str, reason: str, message: str) -> None:
        """Note that something happened to an object; ``type_`` is Normal or Warning."""
        now = self._clock()
        self._recorded += 1
        shortened = message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
        occurrence = Occurrence(_identity(meta), kind, api_version, type_, reason, shortened, now, now)
        key = _key(occurrence)
        known = self._waiting.get(key)
        if known is not None:
            self._waiting[key] = replace(known, last=now, count=known.count + 1)
        elif len(self._waiting) >= WAITING_LIMIT:
            self._dropped["full"] += 1
        elif not self._afford(f"{kind}/{meta.namespace}/{meta.name}/{meta.uid}", now.timestamp()):
            self._dropped["spam"] += 1
        else:
            self._waiting[key] = occurrence
            if self._idle.is_set():
                self._idle = anyio.Event()
            self._wake.set()

    async def run(self) -> None:
        """Send what is noted until cancelled."""
        while True:
            while self._waiting:
                key, occurrence = self._waiting.popitem(last=False)
                await self._send(key, occurrence)
                await anyio.lowlevel.checkpoint()
            self._idle.set()
            self._wake = anyio.Event()
            await self._wake.wait()

    async def flush(self, deadline_seconds: float) -> bool:
        """Wait until everything noted is sent; False when the deadline came first. ``run`` must be running."""
        with anyio.move_on_after(deadline_seconds):
            await self._idle.wait()
        return self._idle.is_set()

    def statistics(self) -> Statistics:
        return Statistics(len(self._waiting), self._recorded, self._delivered, dict(self._dropped))

    async def _send(self, key: bytes, occurrence: Occurrence) -> None:
        try:
            name, merged = await self._repeat(key, occurrence) or await self._create(occurrence)
        except ClusterError:
            self._dropped["failed"] += 1
            return
        self._delivered += 1
        _remember(self._sent, key, (name, merged))

    async def _repeat(self, key: bytes, occurrence: Occurrence) -> tuple[str, Occurrence] | None:
        """Add to the event that the server has; None when it has none, for events live about an hour."""
        if key not in self._sent:
            return None
        name, before = self._sent.pop(key)
        merged = replace(occurrence, first=before.first, count=before.count + occurrence.count)
        patch = {"count": merged.count, "lastTimestamp": _time(merged.last)}
        try:
            await self._api.patch(EVENTS, merged.namespace, name, msgspec.json.encode(patch), content_type=MERGE_PATCH)
        except NotFound:
            return None
        return name, merged

    async def _create(self, occurrence: Occurrence) -> tuple[str, Occurrence]:
        name = _name(occurrence)
        await self._api.create(EVENTS, occurrence.namespace, self._body(name, occurrence))
        return name, occurrence

    def _body(self, name: str, occurrence: Occurrence) -> bytes:
        meta = occurrence.meta
        involved = {
            "kind": occurrence.kind,
            "apiVersion": occurrence.api_version,
            "namespace": meta.namespace,
            "name": meta.name,
            "uid": meta.uid,
            "resourceVersion": meta.resource_version,
        }
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": occurrence.namespace},
            "involvedObject": {field: value for field, value in involved.items() if value},
            "type": occurrence.type,
            "reason": occurrence.reason,
            "message": occurrence.message,
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "firstTimestamp": _time(occurrence.first),
            "lastTimestamp": _time(occurrence.last),
            "count": occurrence.count,
        }
        return msgspec.json.encode(event)

    def _afford(self, who: str, now: float) -> bool:
        left, at = self._budgets.get(who, (BURST, now))
        left = min(BURST, left + max(now - at, 0.0) / REFILL_SECONDS)
        _remember(self._budgets, who, (max(left - 1, 0.0) if left >= 1 else left, now))
        return left >= 1


def _remember(memory: OrderedDict[K, V], key: K, value: V) -> None:
    """Keep the latest; forget the one not touched for longest."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)


def _identity(meta: Meta) -> Meta:
    """What an event says of an object; the rest must not be kept in memory."""
    return Meta(name=meta.name, namespace=meta.namespace, uid=meta.uid, resource_version=meta.resource_version)


def _key(occurrence: Occurrence) -> bytes:
    meta = occurrence.meta
    parts = (
        occurrence.kind,
        meta.namespace,
        meta.name,
        meta.uid,
        occurrence.type,
        occurrence.reason,
        occurrence.message,
    )
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).digest()


def _name(occurrence: Occurrence) -> str:
    """As client-go names events: the object's name, and the time in hexadecimal."""
    nanoseconds = int(occurrence.last.timestamp() * 1_000_000) * 1000
    ending = f".{nanoseconds:x}{_key(occurrence).hex()[:6]}"
    return occurrence.meta.name[: LONGEST_NAME - len(ending)].rstrip(".-") + ending


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
