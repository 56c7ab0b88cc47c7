"""Plays one scenario: the unmodified operator, the sandbox's API server and a model of AWS, in virtual time.

While faults are on, the witness looks at every write. Afterwards everything is mended, and what should be true must
become true (N3), stay so without a write (N6), and follow the next rotation; no object may be forgotten (N4), and no
value may show anywhere but in Secrets (N7).
"""

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
import structlog

from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.moments import text as moment
from simulation.acting import Acting
from simulation.cloud import Cloud, Texts
from simulation.crew import Crew
from simulation.faults import Menu
from simulation.ground import ground
from simulation.hands import Hands
from simulation.judging import Judge
from simulation.numbered import numbered
from simulation.scenario import CHAOS_SECONDS, Scenario, Window, drawn
from simulation.shuffled import ShuffledLoop
from simulation.wire import Wire
from simulation.witness import Witness
from support.day import LoopClock

CENSUS_SECONDS = 10.0


@dataclass
class Outcome:
    """What a run showed."""

    seed: int
    broken: list[str]
    struck: Counter[str]
    calls: list[str] = field(default_factory=list, repr=False)
    """Every call of the operator with its time, for comparing two runs of one seed."""
    figures: Counter[str] = field(default_factory=Counter)


class Play:
    """One run."""

    def __init__(self, scenario: Scenario, logs: list[object]) -> None:
        seed = scenario.seed
        self.scenario = scenario
        self.menu = Menu(random.Random(seed * 3 + 1))
        server = LoopClock()
        sandbox = Sandbox(ground(lambda: moment(server.now())))
        hands, texts = Hands(sandbox), Texts()
        cloud = Cloud(self.menu, random.Random(seed * 3 + 2))
        self.witness = Witness(cloud, texts, hands)
        self.wire = Wire(sandbox, self.menu, self.witness.saw, self._meddle)
        self.crew = Crew(self.wire, cloud, self.menu, seed * 3)
        self.crew.batching = scenario.batching
        self.crew.born = self.witness.begins
        self.acting = Acting(scenario, self.witness, self.crew, self.wire)
        self.judge = Judge(self.acting, self.witness, self.crew, logs)

    async def run(self) -> Outcome:
        """Play it and say what broke."""
        self.acting.prepare()
        async with anyio.create_task_group() as group:
            group.start_soon(self.crew.work, self.scenario.replicas)
            group.start_soon(self._faults)
            group.start_soon(self._count)
            for step in self.scenario.steps:
                await anyio.sleep(max(0.0, step.at - anyio.current_time()))
                if self.acting.act(step):
                    self.menu.struck[step.what] += 1
            await anyio.sleep(max(0.0, CHAOS_SECONDS - anyio.current_time()))
            self.menu.rates.clear()
            await self.acting.mend()
            await self.judge.judge(self.scenario.ending)
            group.cancel_scope.cancel()
        self.judge.search()
        return self._outcome()

    def _outcome(self) -> Outcome:
        figures = Counter(
            calls=len(self.wire.calls), lives=len(self.crew.lives), renders=self.witness.renders,
            asked=sum(life.asked for life in self.crew.lives), seconds=int(anyio.current_time()),
            **{f"{kind} writes": number for kind, number in self.witness.writes.items()},
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ShuffledLoop)
        struck = self.menu.struck + self.witness.proofs + Counter({"order dealt anew": loop.dealt})
        return Outcome(self.scenario.seed, self.witness.broken, struck, self.wire.calls, figures)

    def _meddle(self, life: object, call: object) -> None:
        self.acting.meddle(call)  # type: ignore[arg-type]  # a Call

    async def _faults(self) -> None:
        """Turn the faults of the scenario on and off."""
        async with anyio.create_task_group() as group:
            for window in self.scenario.windows:
                group.start_soon(self._fault, window)

    async def _fault(self, window: Window) -> None:
        await anyio.sleep(window.start)
        self.menu.turn_on(window.kind, window.rate)
        await anyio.sleep(window.end - window.start)
        self.menu.rates.pop(window.kind, None)

    async def _count(self) -> None:
        """N4, all the time."""
        while True:
            await anyio.sleep(CENSUS_SECONDS)
            if number := self.crew.forgotten():
                self.witness.broken.append(f"N4 at {anyio.current_time():g}: {number} objects are forgotten")


def play(seed: int) -> Outcome:
    """Run the scenario of that seed in a loop of its own."""
    scenario = drawn(seed)
    shuffle = random.Random(seed * 3 + 3) if scenario.shuffled else None
    with (
        _one_collection(),
        numbered(),
        _logged() as logs,
        asyncio.Runner(loop_factory=lambda: ShuffledLoop(shuffle)) as runner,
    ):
        return runner.run(_run(scenario, logs))


async def _run(scenario: Scenario, logs: list[object]) -> Outcome:
    return await Play(scenario, logs).run()


@contextmanager
def _one_collection() -> Iterator[None]:
    """A run is garbage when it is over, and not before: to look for garbage all the time costs a tenth of it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if collects:
            gc.enable()


@contextmanager
def _logged() -> Iterator[list[object]]:
    """Everything the operator logs while the block runs."""
    lines: list[object] = []

    def keep(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        lines.append(event)
        raise structlog.DropEvent

    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.format_exc_info, keep],
        cache_logger_on_first_use=False,
    )
    try:
        yield lines
    finally:
        structlog.reset_defaults()
