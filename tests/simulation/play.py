"""Plays one scenario: the unmodified operator, the sandbox's API server and a vault, in virtual time.

While faults are on, the witness looks at every write. Afterwards everything is mended, and what should be true must
become true (N3), stay so without a write (N6), and follow the next rotation (N4). No value may show anywhere (N7).
"""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field

import anyio

from esoctl.config import Config
from esoctl.crds.install import install
from esoctl.errors import AccessDenied, EsoctlError, Throttled, Unavailable
from esoctl.kube.api import Api
from esoctl.kube.transport import Call
from esoctl.metrics import Metrics
from esoctl.operating import Operator, Surroundings
from esoctl.providers.pool import ClientPool
from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.moments import text as moment
from esoctl.sandbox.requests import Response
from esoctl.sandbox.watching import Watch
from esoctl.sandbox.world import World
from simulation.faults import KINDS, FaultyTransport, Menu
from simulation.scenario import CHAOS_SECONDS, KEYS, Scenario, Step, Wanted, Window, drawn, wanted
from simulation.witness import Witness
from support.day import Day, LoopClock
from support.in_process import counting
from support.memory_provider import MemoryProvider, Vault
from support.virtual_loop import VirtualLoop

MARK = "c4n4ry"
CONVERGED_SECONDS = 420.0
"""The longest backoff with its jitter, an interval, and the longest that a call may hang."""
LOOK_SECONDS = 5.0
CALM_SECONDS = 60.0
SETTLING_SECONDS = 30.0
"""What is right already may yet be looked at: an operator that was away comes back, a retry becomes due."""
SECONDS = {"10s": 10, "30s": 30, "1m": 60}
FAILURES: dict[str, EsoctlError] = {
    "provider down": Unavailable("memory", "Get", "the provider is down"),
    "provider denies": AccessDenied("memory", "Get", "the provider denies"),
    "provider throttles": Throttled("memory", "Get", "the provider is busy", after=2.0),
}


@dataclass
class Outcome:
    """What a run showed."""

    seed: int
    broken: list[str]
    struck: Counter[str]
    calls: list[str] = field(default_factory=list)
    """Every call of the operator, for comparing two runs of one seed."""


class WatchedTransport(FaultyTransport):
    """Tells the witness of every call that reaches the API server."""

    def __init__(self, sandbox: Sandbox, menu: Menu, witness: Witness) -> None:
        super().__init__(sandbox, menu)
        self._witness = witness

    def _handle(self, call: Call) -> Response | Watch:
        answer = super()._handle(call)
        if isinstance(answer, Response):
            self._witness.saw(call, answer.status)
        return answer


class Play:
    """One run."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.draw = random.Random(scenario.seed + 1)
        self.menu = Menu(random.Random(scenario.seed + 2))
        self.witness = Witness()
        self.vault = Vault()
        self.clock = LoopClock()
        world = World(lambda: moment(self.clock.now()), counting(), None)
        self.transport = WatchedTransport(Sandbox(world), self.menu, self.witness)
        self.day = Day(self.transport, self.vault, Metrics())
        self.objects = dict(scenario.objects)
        self.foreign: set[str] = set()
        self.versions = 0
        self._running = anyio.Event()
        self._scope = anyio.CancelScope()
        self._told = anyio.Event()
        self._absence = 0.0

    async def run(self) -> Outcome:
        """Play it and say what broke."""
        await self._prepare()
        async with ClientPool() as pool, anyio.create_task_group() as group:
            group.start_soon(self._operate, pool)
            group.start_soon(self._faults)
            for step in self.scenario.steps:
                await anyio.sleep(max(0.0, step.at - anyio.current_time()))
                self._act(step)
            await anyio.sleep(max(0.0, CHAOS_SECONDS - anyio.current_time()))
            self._mend()
            await self._judge()
            group.cancel_scope.cancel()
        self._search_for_values()
        calls = [f"{call.method} {call.path}" for call in self.transport.calls]
        return Outcome(self.scenario.seed, self.witness.broken, self.menu.struck, calls)

    async def _prepare(self) -> None:
        await install(self.transport)  # type: ignore[arg-type]  # it keeps the contract
        self.day.do("POST", "/api/v1/namespaces", {"metadata": {"name": self.day.namespace}})
        self.day.store()
        for key in KEYS:
            self._rotate(key)
        for name, spec in self.objects.items():
            self._want(name, spec)

    async def _operate(self, pool: ClientPool) -> None:
        """Keep an operator running; after a crash or a stop another one starts a while later."""
        while True:
            self._told, self._scope = anyio.Event(), anyio.CancelScope()
            settings = Config(metrics_addr="", health_addr="", workers=4)
            around = Surroundings(self.clock, self.draw.random)
            known = {"fake": MemoryProvider(self.vault)}
            api = Api(self.transport)  # type: ignore[arg-type]  # it keeps the contract
            operator = Operator(settings, api, pool, known, Metrics(), around)
            with self._scope:
                await operator.run(self._told.wait)
            await anyio.sleep(self._absence)

    async def _faults(self) -> None:
        """Turn the faults of the scenario on and off."""
        async with anyio.create_task_group() as group:
            for window in self.scenario.windows:
                group.start_soon(self._fault, window)

    async def _fault(self, window: Window) -> None:
        await anyio.sleep(max(0.0, window.start - anyio.current_time()))
        if window.kind in KINDS:
            self.menu.rates[window.kind] = window.rate * (0.2 if window.kind == "compaction" else 1.0)
        else:
            self._trouble(window.kind)
            self.menu.struck[window.kind] += 1
        await anyio.sleep(window.end - window.start)
        self.menu.rates.pop(window.kind, None)
        if window.kind not in KINDS:
            self._cure()

    def _trouble(self, kind: str) -> None:
        if kind in FAILURES:
            self.vault.failures["*"] = FAILURES[kind]
        elif kind == "provider hangs":
            self.vault.hanging.update(KEYS)
        else:
            self.vault.delay = 3.0

    def _cure(self) -> None:
        self.vault.failures.clear()
        self.vault.hanging.clear()
        self.vault.delay = 0.0

    def _act(self, step: Step) -> None:
        key = KEYS[int(step.amount * len(KEYS))]
        live = step.name in self.objects
        actions = {
            "rotate": lambda: self._rotate(key),
            "vanish": lambda: self._vanish(key),
            "restore": lambda: self._rotate(key),
            "delete target": lambda: self._delete_target(step.name),
            "tamper": lambda: self._tamper(step.name),
            "delete": lambda: self._delete(step.name),
            "create": lambda: self._want(step.name, wanted(random.Random(str(step)))),
            "crash": lambda: self._stop(step.amount, at_once=True),
            "stop": lambda: self._stop(step.amount, at_once=False),
            "break store": lambda: self.day.store(provider={"fake": {"data": [{"key": "nowhere", "value": "x"}]}}),
        }
        if step.what in actions:
            actions[step.what]()
        elif live and step.what == "edit":
            self._want(step.name, wanted(random.Random(str(step))))
        elif live and step.what == "force":
            self.day.edit("ExternalSecret", step.name, {"metadata": {"annotations": {"force-sync": str(step.at)}}})
        self.menu.struck[step.what] += 1

    def _rotate(self, key: str) -> None:
        self.versions += 1
        value = f"{MARK}-{key}-{self.versions}".encode()
        self.vault.values[key] = value
        self.witness.values[key].add(value)

    def _vanish(self, key: str) -> None:
        self.vault.values.pop(key, None)
        self.witness.vanished.add(key)

    def _want(self, name: str, spec: Wanted) -> None:
        self.objects[name] = spec
        self.witness.specs[name].append(spec)
        target = {"creationPolicy": spec.creation, "deletionPolicy": spec.deletion}
        self.day.external_secret(name, data=dict(spec.entries), refreshInterval=spec.interval, target=target)

    def _delete(self, name: str) -> None:
        if self.objects.pop(name, None):
            self.witness.gone.add(name)
            self.foreign.discard(name)
            self.day.delete("ExternalSecret", name)

    def _delete_target(self, name: str) -> None:
        self.foreign.discard(name)
        self.day.ask("DELETE", self.day.path("Secret", name))

    def _tamper(self, name: str) -> None:
        patch = {"data": {"a": "dGFtcGVyZWQ=", "zz": "Zm9yZWlnbg=="}}
        status, _ = self.day.ask("PATCH", self.day.path("Secret", name), patch, "application/merge-patch+json")
        if status == 200 and name in self.objects:
            self.foreign.add(name)

    def _stop(self, amount: float, *, at_once: bool) -> None:
        self._absence = amount * 20
        if at_once:
            self._scope.cancel()
        else:
            self._told.set()

    def _mend(self) -> None:
        """The faults are over, and everything that is wanted exists."""
        self._cure()
        self.menu.rates.clear()
        self.day.store()
        for key in KEYS:
            if key not in self.vault.values:
                self._rotate(key)

    async def _judge(self) -> None:
        if not await self._becomes_true(CONVERGED_SECONDS):
            self.witness.broken += [f"N3: {text}" for text in self._untrue()]
            return
        await anyio.sleep(SETTLING_SECONDS)
        before = self.witness.writes.copy()
        await anyio.sleep(CALM_SECONDS)
        self._was_calm(before)
        for key in KEYS:
            self._rotate(key)
        if not await self._becomes_true(70.0):
            self.witness.broken += [f"N4: {text}" for text in self._untrue()]

    def _was_calm(self, before: Counter[str]) -> None:
        """N6: nothing changes, so no Secret is written, and a status once a refresh at most."""
        writes = self.witness.writes - before
        allowed = 2 + sum(CALM_SECONDS // SECONDS[spec.interval] * 2 + 2 for spec in self.objects.values())
        if writes["secret"] or writes["status"] > allowed:
            self.witness.broken.append(f"N6: {dict(writes)} in {CALM_SECONDS:g} s without a change")

    async def _becomes_true(self, seconds: float) -> bool:
        end = anyio.current_time() + seconds
        while self._untrue():
            if anyio.current_time() > end:
                return False
            await anyio.sleep(LOOK_SECONDS)
        return True

    def _untrue(self) -> list[str]:
        """What is not as it should be."""
        found = []
        for name, spec in self.objects.items():
            data = self.day.data(name) or {}
            want = {key: self.vault.values[remote] for key, remote in spec.entries}
            ours = {key: value for key, value in data.items() if key in want or value.startswith(MARK.encode())}
            if ours != want:
                found.append(f"{name} holds {ours}, wanted {want}; {self.day.ready(name)}")
            elif self.day.ready(name)[0] != "True":
                found.append(f"{name} has its values and is {self.day.ready(name)}")
            elif name in self.foreign and "zz" not in data:
                found.append(f"{name} lost the key of somebody else")
        return found

    def _search_for_values(self) -> None:
        """N7: in events and statuses."""
        for path in ("events", "externalsecrets", "secretstores"):
            group = "/api/v1" if path == "events" else "/apis/external-secrets.io/v1"
            found = json.dumps(self.day.do("GET", f"{group}/namespaces/{self.day.namespace}/{path}"))
            if MARK in found:
                self.witness.broken.append(f"N7: a value is in the {path}")


def play(seed: int) -> Outcome:
    """Run the scenario of that seed in a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_run(seed))


async def _run(seed: int) -> Outcome:
    return await Play(drawn(seed)).run()
