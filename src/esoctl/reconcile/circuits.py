"""The circuits of all stores: who may ask a store that fails, and who waits until it answers.

A visit that may not ask raises StoreFailing, and its key is parked behind the store. ``run`` sends one of the parked
keys to ask when a pause is over, and releases all of them over half a minute once the store has answered.

DIFFERS: the reference lets every object find out for itself, with a backoff of its own.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from esoctl.clock import steady
from esoctl.errors import ProviderError, StoreFailing
from esoctl.model.keys import StoreRef
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.asking import asked
from esoctl.providers.contract import Client, Health
from esoctl.queue.circuit import Admission, Circuit, Sign, return_seconds, sign
from esoctl.queue.lanes import Lane

TICK_SECONDS = 1.0
LATECOMER_SECONDS = 120.0
"""A visit that was refused before the store answered has parked its key by then."""

Release = Callable[[str, float, int | None], int]
"""Wakes the keys parked behind a store, over so many seconds; all of them, or so many."""


def _nobody(_behind: str, _seconds: float, _most: int | None) -> int:
    return 0


def _unheard(_ref: StoreRef) -> None:
    """Nobody wants to know."""


def _none(_behind: str) -> int:
    return 0


@dataclass(slots=True)
class Circuits:
    """Kept for the life of the process; a store that is gone is forgotten."""

    release: Release = _nobody
    changed: Callable[[StoreRef], None] = _unheard
    """Told when a store begins to fail, and when it answers again."""
    waiting: Callable[[str], int] = _none
    """How many keys are parked behind a store."""
    known: dict[StoreRef, Circuit] = field(default_factory=dict)
    _last: dict[StoreRef, ProviderError] = field(default_factory=dict, repr=False)
    """The last failure: one that many waited for is raised to each of them, and counts once."""
    _watched: dict[StoreRef, float] = field(default_factory=dict)
    """The stores that fail or did a moment ago, and until when keys may still be parked behind them."""
    _more: anyio.Event = field(default_factory=anyio.Event, repr=False)
    """Set when there is one to watch."""

    def trouble(self, ref: StoreRef) -> str:
        """What is wrong with a store that fails; empty for one that does not."""
        circuit = self.known.get(ref)
        return circuit.problem if circuit is not None and circuit.open else ""

    def open_ones(self) -> dict[str, float]:
        """1 for every store that fails, by its name."""
        return {name(ref): 1.0 for ref, circuit in self.known.items() if circuit.open}

    def forget(self, ref: StoreRef) -> None:
        """The store is no more, or another."""
        self.known.pop(ref, None)
        self._last.pop(ref, None)
        self._watched.pop(ref, None)
        self.release(name(ref), 0.0, None)

    @contextmanager
    def visit(self, ref: StoreRef) -> "Iterator[Callable[[Client], Client]]":
        """Raises StoreFailing for who may not ask now; otherwise what makes a client whose answers are heard."""
        circuit = self.known.setdefault(ref, Circuit())
        admission = circuit.admit(steady(), urgent=asked().turn <= Lane.CHANGE)
        if admission is Admission.NONE:
            raise StoreFailing(name(ref), circuit.problem)
        probe = admission is Admission.PROBE
        try:
            yield lambda client: Heard(client, lambda error, took: self._hear(ref, error, took, probe=probe))
        finally:
            if probe:
                circuit.abandoned(steady())

    async def run(self) -> None:
        """Send probes, and release who waits for nothing any more."""
        while True:
            if not self._watched:
                self._more = anyio.Event()
                await self._more.wait()
            await anyio.sleep(TICK_SECONDS)
            now = steady()
            for ref, until in list(self._watched.items()):
                if self.known[ref].wants_probe(now):
                    self.release(name(ref), 0.0, 1)
                elif not self.known[ref].open:
                    self._let_return(ref, over=now > until)

    def _let_return(self, ref: StoreRef, *, over: bool) -> None:
        waiting = self.waiting(name(ref))
        if waiting:
            self.release(name(ref), return_seconds(waiting), None)
        elif over:
            del self._watched[ref]

    def _hear(self, ref: StoreRef, error: ProviderError | None, took: float, *, probe: bool) -> None:
        circuit, says = self.known.get(ref), sign(error)
        if circuit is None or says is Sign.UNCLEAR or (error is not None and error is self._last.get(ref)):
            return
        if error is None or says is Sign.WORKS:
            self._last.pop(ref, None)
            changed = circuit.answered()
        else:
            self._last[ref] = error
            changed = circuit.failed(steady(), took, str(error), probe=probe)
        if changed:
            self._watched[ref] = steady() + LATECOMER_SECONDS
            self._more.set()
            self.changed(ref)


def name(ref: StoreRef) -> str:
    """A store's name, unlike those of the stores of other namespaces."""
    return "/".join(part for part in (ref.kind, ref.namespace, ref.name) if part)


Hear = Callable[[ProviderError | None, float], None]


@dataclass(frozen=True, slots=True)
class Heard:
    """A client whose answers and failures are told."""

    client: Client
    hear: Hear

    async def get(self, ref: RemoteKey) -> Payload:
        began = steady()
        try:
            payload = await self.client.get(ref)
        except ProviderError as error:
            self.hear(error, steady() - began)
            raise
        self.hear(None, 0.0)
        return payload

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        began = steady()
        try:
            async for item in self.client.find(query):
                yield item
        except ProviderError as error:
            self.hear(error, steady() - began)
            raise
        self.hear(None, 0.0)

    async def check(self) -> Health:
        return await self.client.check()
