"""One worker: lease a key, reconcile it, turn the outcome into what the queue does next.

The only ``except Exception`` of the operator is here: a bug in one reconcile costs that reconcile, is counted, logged
with its traceback (which holds no values: see ``model.values``) and tried again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import anyio
import structlog

from esoctl.clock import Clock, steady
from esoctl.model.keys import Key, Kind
from esoctl.providers.asking import Asking, Haste, asking
from esoctl.queue.lanes import LAST, Lane
from esoctl.queue.timers import Slot
from esoctl.queue.workqueue import QueueClosed, WorkQueue
from esoctl.reconcile import visits
from esoctl.reconcile.ports import Again, Done, Gone, Outcome, Parked, Waits

Reconcile = Callable[[Key], Awaitable[Outcome]]
Observe = Callable[[Key, str, float], None]
"""Told after every reconcile: the key, the result (a name of ``metrics``) and the seconds it took."""

DEADLINE_SECONDS = 120.0

log = structlog.get_logger("esoctl.worker")


@dataclass(frozen=True, slots=True)
class Worker:
    """Works until the queue is closed."""

    queue: WorkQueue[Key]
    reconcilers: Mapping[Kind, Reconcile]
    clock: Clock
    observe: Observe
    new_id: Callable[[], str]

    async def run(self) -> None:
        """Take keys until the queue closes."""
        while True:
            try:
                async with self.queue.lease() as leased:
                    with asking(self.why(leased.lane)):
                        await self._visit(leased.key)
            except QueueClosed:
                return

    def why(self, lane: Lane) -> Asking:
        """How urgent the reads of a visit are: keys that are queued all go faster together; an edit waits for none."""
        routine = lane >= Lane.REFRESH
        if self.queue.backlog(LAST if routine else lane):
            return Asking(Haste.QUEUED, lane)
        return Asking(Haste.CALM if routine else Haste.PROMPT, lane)

    async def _visit(self, key: Key) -> None:
        with visits.visiting(str(key), self.new_id) as visit:
            began, now = steady(), self.clock.now()
            result, outcome = await self._reconcile(key)
            visit.seconds = seconds = steady() - began
            if visit.did:
                log.info("reconciled", did=visit.did)
            self._settle(key, outcome, now + timedelta(seconds=seconds))
            self.observe(key, result, seconds)

    async def _reconcile(self, key: Key) -> tuple[str, Outcome]:
        try:
            with anyio.fail_after(DEADLINE_SECONDS):
                outcome = await self.reconcilers[key.kind](key)
        except TimeoutError:
            log.warning("reconcile took too long", seconds=DEADLINE_SECONDS)
            return "timeout", Again("reconcile took too long")
        except Exception:
            log.exception("reconcile failed unexpectedly")
            return "panic", Again("internal error")
        return _result(outcome), outcome

    def _settle(self, key: Key, outcome: Outcome, now: datetime) -> None:
        """``now`` goes by the clock of the visit's beginning: if that was set back meanwhile, nobody waits longer."""
        match outcome:
            case Gone():
                self.queue.discard(key)
            case Done(again) | Parked(_, again):
                self.queue.forget(key)
                self._look_again(key, again, now)
                if again is None:
                    self.queue.rest(key)
            case Waits(problem, behind, again):
                self.queue.forget(key)
                self._look_again(key, again, now)
                self.queue.park(key, behind)
                log.debug("waits for the store", store=behind, problem=problem)
            case Again(problem, after, refresh, at_most):
                self._look_again(key, refresh, now)
                seconds = self.queue.retry(key, after, at_most)
                log.warning("reconcile failed", problem=problem, retry_in=round(seconds, 1))
            case _:
                assert_never(outcome)
        if isinstance(outcome, Parked):
            log.warning("reconcile failed, waiting for a change", problem=outcome.problem)

    def _look_again(self, key: Key, moment: datetime | None, now: datetime) -> None:
        if moment is not None:
            seconds = max(0.0, (moment - now).total_seconds())
            self.queue.add_after(key, seconds, Slot.REFRESH, Lane.REFRESH)


def _result(outcome: Outcome) -> str:
    match outcome:
        case Parked():
            return "terminal"
        case Again() | Waits():
            return "error"
        case Done(again) if again is not None:
            return "requeue_after"
        case _:
            return "success"
