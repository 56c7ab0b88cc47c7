"""The worker: what each outcome does to the queue, and what a bug, a deadline and a cancellation cost."""

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import anyio
import pytest
from structlog.testing import capture_logs

from esoctl.log import about_subject
from esoctl.model.keys import Key, Kind
from esoctl.model.values import Values
from esoctl.providers.asking import Asking, Haste
from esoctl.queue.lanes import Lane
from esoctl.queue.limiter import Limiter
from esoctl.queue.workqueue import WorkQueue
from esoctl.reconcile.ports import Again, Done, Gone, Outcome, Parked, Waits
from esoctl.reconcile.worker import DEADLINE_SECONDS, Worker
from support.builders import NOON
from support.day import LoopClock

pytestmark = pytest.mark.asyncio

KEY = Key(Kind.EXTERNAL_SECRET, "team-a", "shop")
OTHER = Key(Kind.SECRET_STORE, "team-a", "aws")
HOUR = timedelta(hours=1)


@dataclass
class Scene:
    """A worker over a real queue; delays after failures are exactly 1, 2, 4 ... seconds."""

    script: list[Outcome | Exception | float | Callable[[], Outcome]]
    queue: WorkQueue[Key] = field(default_factory=lambda: WorkQueue(Limiter(random=lambda: 0.5)))
    clock: LoopClock = field(default_factory=LoopClock)
    visits: list[float] = field(default_factory=list)
    observed: list[tuple[Key, str, float]] = field(default_factory=list)

    async def reconcile(self, key: Key) -> Outcome:
        """The next of the script; a number is how long it takes, a call what it does. Done when the script is over."""
        self.visits.append(anyio.current_time())
        step = self.script.pop(0) if self.script else Done()
        if callable(step):
            return step()
        if isinstance(step, float):
            await anyio.sleep(step)
            return Done()
        if isinstance(step, Exception):
            raise step
        return step

    def worker(self, new_id: Callable[[], str] = lambda: "id") -> Worker:
        observe = lambda *told: self.observed.append(told)  # noqa: E731  the shape of the port is what matters
        reconcilers = {Kind.EXTERNAL_SECRET: self.reconcile, Kind.SECRET_STORE: self.reconcile}
        return Worker(self.queue, reconcilers, self.clock, observe, new_id)

    def results(self) -> list[str]:
        return [result for _, result, _ in self.observed]


@asynccontextmanager
async def working(*script: Outcome | Exception | float, seconds: float = 7200.0) -> AsyncIterator[Scene]:
    """A worker that was given KEY once, after that much time."""
    scene = Scene(list(script))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.queue.drive)
        tasks.start_soon(scene.worker().run)
        scene.queue.add(KEY)
        await anyio.sleep(seconds)
        yield scene
        scene.queue.close()


async def test_Q_26_a_key_waits_behind_a_store_until_that_is_released() -> None:
    async with working(Waits("away", "SecretStore/team-a/s"), seconds=600.0) as scene:
        before = list(scene.visits)
        released = scene.queue.release("SecretStore/team-a/s", 0.0, 1)
        await anyio.sleep(1.0)

        assert (before, released, scene.visits) == ([0.0], 1, [0.0, 600.0])
        assert scene.results()[0] == "error"


async def test_a_key_that_waits_behind_a_store_is_looked_at_when_its_refresh_is_due() -> None:
    async with working(Waits("away", "SecretStore/team-a/s", NOON + HOUR)) as scene:
        assert scene.visits == [0.0, 3600.0]


@pytest.mark.parametrize(
    ("lane", "queued", "haste"),
    [
        pytest.param(Lane.CHANGE, None, Haste.PROMPT, id="an edit waits for nobody"),
        pytest.param(Lane.CHANGE, Lane.INITIAL, Haste.PROMPT, id="whatever else is queued"),
        pytest.param(Lane.CHANGE, Lane.CHANGE, Haste.QUEUED, id="many edits go faster together"),
        pytest.param(Lane.REFRESH, None, Haste.CALM, id="a refresh alone has time"),
        pytest.param(Lane.REFRESH, Lane.INITIAL, Haste.QUEUED, id="but not while others are queued"),
    ],
)
async def test_a_visit_says_how_urgent_it_is(lane: Lane, queued: Lane | None, haste: Haste) -> None:
    scene = Scene([])
    if queued is not None:
        scene.queue.add(OTHER, queued)

    assert scene.worker().why(lane) == Asking(haste, lane)


@pytest.mark.parametrize(
    ("outcome", "visits", "results"),
    [
        pytest.param(Done(), [0.0], ["success"], id="done"),
        pytest.param(Done(NOON + HOUR), [0.0, 3600.0], ["requeue_after", "success"], id="done until"),
        pytest.param(Done(NOON - HOUR), [0.0, 0.0], ["requeue_after", "success"], id="done until a time that is over"),
        pytest.param(Gone(), [0.0], ["success"], id="gone"),
        pytest.param(Again("x"), [0.0, 1.0], ["error", "success"], id="again"),
        pytest.param(Again("x", 60.0), [0.0, 60.0], ["error", "success"], id="again, not before"),
        pytest.param(
            Again("x", 60.0, NOON + timedelta(seconds=10)), [0.0, 10.0], ["error", "success"], id="the slot is earlier"
        ),
        pytest.param(Parked("x"), [0.0], ["terminal"], id="parked"),
        pytest.param(Parked("x", NOON + HOUR), [0.0, 3600.0], ["terminal", "success"], id="parked until"),
    ],
)
async def test_what_an_outcome_does(outcome: Outcome, visits: list[float], results: list[str]) -> None:
    async with working(outcome) as scene:
        assert scene.visits == pytest.approx(visits)
        assert scene.results() == results


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Done(), id="Q_38 done"),
        pytest.param(Done(NOON + 2 * HOUR), id="Q_38 done until"),
        pytest.param(Parked("x"), id="Q_38 parked"),
        pytest.param(Waits("x", "store"), id="Q_38 behind a store"),
        pytest.param(Again("x", 300.0), id="Q_38 again"),
    ],
)
async def test_a_key_whose_object_lives_stays_known_whatever_the_outcome(outcome: Outcome) -> None:
    async with working(outcome, seconds=1.0) as scene:
        assert scene.queue.lost([KEY]) == []


async def test_Q_38_a_key_whose_object_is_gone_is_forgotten() -> None:
    async with working(Gone(), seconds=1.0) as scene:
        assert scene.queue.lost([KEY]) == [KEY]


async def test_T_07_a_clock_that_is_set_back_during_a_visit_makes_nobody_wait_for_longer() -> None:
    scene = Scene([])

    def set_back() -> Outcome:
        scene.clock.set_by = -HOUR
        return Done(NOON + timedelta(minutes=10))

    scene.script.append(set_back)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.queue.drive)
        tasks.start_soon(scene.worker().run)
        scene.queue.add(KEY)
        await anyio.sleep(7200)
        scene.queue.close()

    assert scene.visits == pytest.approx([0, 600])


async def test_failures_in_a_row_wait_longer_and_a_success_ends_that() -> None:
    async with working(Again("x"), Again("x"), Again("x"), Done(NOON + HOUR), Again("x")) as scene:
        assert scene.visits == pytest.approx([0, 1, 3, 7, 3600, 3601])


async def test_Q_16_a_success_leaves_no_retry_behind() -> None:
    async with working(Again("x", 60.0, NOON + timedelta(seconds=10)), Done()) as scene:
        assert scene.visits == pytest.approx([0, 10])
        assert scene.queue.statistics().failing == 0


async def test_Q_13_an_object_that_is_gone_takes_its_timers_and_failures_with_it() -> None:
    async with working(Again("x", 60.0, NOON + timedelta(seconds=10)), Gone()) as scene:
        figures = scene.queue.statistics()
        assert scene.visits == pytest.approx([0, 10])
        assert (sum(figures.timers.values()), figures.failing) == (0, 0)


async def test_Q_18_a_bug_is_counted_logged_and_tried_again() -> None:
    with capture_logs() as logs:
        async with working(ZeroDivisionError("bug")) as scene:
            assert scene.results() == ["panic", "success"]
            assert scene.visits == pytest.approx([0, 1])
    (bug,) = [entry for entry in logs if entry["event"] == "reconcile failed unexpectedly"]
    assert (bug["log_level"], bug["exc_info"]) == ("error", True)


async def test_Q_18_REL_32_a_bug_costs_no_other_key() -> None:
    async with working(ZeroDivisionError("bug"), seconds=0.5) as scene:
        scene.queue.add(OTHER)
        await anyio.sleep(0.1)
        assert [key for key, _, _ in scene.observed] == [KEY, OTHER]


async def test_Q_19_a_reconcile_that_hangs_is_cut_short_and_tried_again() -> None:
    async with working(1e6, seconds=DEADLINE_SECONDS + 60) as scene:
        assert scene.observed[0] == (KEY, "timeout", DEADLINE_SECONDS)
        assert scene.visits == pytest.approx([0, DEADLINE_SECONDS + 1])


async def test_a_reconcile_that_is_cancelled_gives_its_key_back() -> None:
    scene = Scene([1e6])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.queue.drive)
        async with anyio.create_task_group() as workers:
            workers.start_soon(scene.worker().run)
            scene.queue.add(KEY)
            await anyio.sleep(5)
            assert scene.queue.statistics().processing == 1
            workers.cancel_scope.cancel()

        figures = scene.queue.statistics()
        assert (figures.processing, sum(figures.depth.values())) == (0, 1)
        assert scene.observed == []
        tasks.start_soon(scene.worker().run)
        await anyio.sleep(1)
        assert scene.results() == ["success"]
        scene.queue.close()


async def test_the_worker_ends_with_the_queue() -> None:
    scene = Scene([])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.worker().run)
        await anyio.sleep(1)
        scene.queue.close()
    assert scene.visits == []


async def test_the_time_a_reconcile_took_is_told() -> None:
    async with working(2.5) as scene:
        assert scene.observed == [(KEY, "success", 2.5)]


async def test_every_log_line_of_a_reconcile_names_its_key_and_its_visit() -> None:
    ids = iter(["first", "second"])
    scene = Scene([Again("the store is away"), Parked("edit the spec")])
    with capture_logs(processors=[_with_context]) as logs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(scene.queue.drive)
            tasks.start_soon(scene.worker(lambda: next(ids)).run)
            scene.queue.add(KEY)
            await anyio.sleep(5)
            scene.queue.close()

    assert [(entry["key"], entry["reconcile_id"], entry["problem"]) for entry in logs] == [
        (str(KEY), "first", "the store is away"),
        (str(KEY), "second", "edit the spec"),
    ]
    assert logs[0]["retry_in"] == 1.0


async def test_SEC_a_traceback_holds_no_values(capfd: pytest.CaptureFixture[str]) -> None:
    values = Values({"password": b"hunter2"})

    async with working(ValueError(f"odd: {values!r}")) as scene:
        assert scene.results() == ["panic", "success"]

    out, err = capfd.readouterr()
    assert "password=<7 bytes>" in out + err
    assert "hunter2" not in out + err


def _with_context(logger: object, name: str, event: dict[str, object]) -> dict[str, object]:
    return about_subject(logger, name, event)


async def test_Q_17_a_failure_that_names_a_refresh_time_too_counts_as_a_failure_and_keeps_both_times() -> None:
    async with working(Again("x", None, NOON + HOUR), Again("x", None, NOON + HOUR), seconds=2.0) as scene:
        figures = scene.queue.statistics()
        assert scene.results() == ["error", "error"]
        assert scene.visits == pytest.approx([0, 1])
        assert {slot.value: count for slot, count in figures.timers.items()} == {"refresh": 1, "retry": 1}
        assert figures.failing == 1


async def test_Q_19_a_reconcile_that_swallows_its_cancellation_is_cancelled_until_it_ends() -> None:
    swallowed = 0
    scene = Scene([])

    async def stubborn(_: Key) -> Outcome:
        nonlocal swallowed
        while swallowed < 5:
            try:
                await anyio.sleep_forever()
            except anyio.get_cancelled_exc_class():
                swallowed += 1
        await anyio.sleep_forever()
        return Done()

    worker = dataclasses.replace(scene.worker(), reconcilers={Kind.EXTERNAL_SECRET: stubborn})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.queue.drive)
        tasks.start_soon(worker.run)
        scene.queue.add(KEY)
        await anyio.sleep(DEADLINE_SECONDS + 0.5)
        assert swallowed == 5
        assert [seconds for _, _, seconds in scene.observed] == [DEADLINE_SECONDS]
        scene.queue.close()
        tasks.cancel_scope.cancel()
