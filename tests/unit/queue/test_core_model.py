"""The queue against a model that is slow and plain: any sequence of calls gives the same keys, states and figures.

The model keeps lists and scans them; it shares no code with the queue but the names of lanes and slots.
"""

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from esoctl.queue.core import Leased, QueueCore
from esoctl.queue.lanes import PATIENCE, Lane
from esoctl.queue.timers import Slot

pytestmark = pytest.mark.timeout(300)
"""Seconds of a crowded machine, for a hundred sequences of calls."""

KEYS = [f"{group}/{number}" for group in "xyz" for number in range(3)]
STEPS = [0.0, 0.000001, 0.5, 1.0, 10.0, 29.0, 30.0, 60.0, 120.0, 300.0, 3600.0]

keys = st.sampled_from(KEYS)
lanes = st.sampled_from(Lane)
seconds = st.sampled_from([-1.0, *STEPS, float("inf")])
STATES = ("active", "queued", "parked", "resting", "timer")
RESTING = "rests"

reasons = st.sampled_from(["store one", "store two"])


def group_of(key: str) -> str:
    return key[0]


@dataclass
class Waiting:
    """A ready key in the model."""

    lane: Lane
    entered: float
    asked_at: float


@dataclass
class Model:
    """What the queue should hold. ``order`` lists the ready keys as they entered their lanes."""

    workers: float = math.inf
    now: float = 0.0
    order: list[str] = field(default_factory=list)
    ready: dict[str, Waiting] = field(default_factory=dict)
    turns: dict[Lane, list[str]] = field(default_factory=lambda: {lane: [] for lane in Lane})
    """The groups that have keys in a lane; the first has the next turn."""
    leased: set[str] = field(default_factory=set)
    again: dict[str, tuple[Lane, float]] = field(default_factory=dict)
    timers: list[tuple[float, str, Slot, Lane]] = field(default_factory=list)
    """In the order they were set."""
    parked: list[tuple[str, str, Lane]] = field(default_factory=list)
    closed: bool = False
    accepted: int = 0
    dropped: int = 0

    def ask(self, key: str, lane: Lane, asked_at: float) -> None:
        if self.closed:
            self.dropped += 1
            return
        self.unpark(key)
        if key in self.leased:
            self.accepted += key not in self.again
            earlier = self.again.get(key, (lane, asked_at))
            self.again[key] = (min(lane, earlier[0]), earlier[1])
        elif key not in self.ready:
            self.accepted += 1
            self.enter(key, lane, asked_at)
        elif lane < self.ready[key].lane:
            self.enter(key, lane, self.leave(key).asked_at)

    def enter(self, key: str, lane: Lane, asked_at: float) -> None:
        self.ready[key] = Waiting(lane, self.now, asked_at)
        self.order.append(key)
        if group_of(key) not in self.turns[lane]:
            self.turns[lane].append(group_of(key))

    def leave(self, key: str) -> Waiting:
        waiting = self.ready.pop(key)
        self.order.remove(key)
        group = group_of(key)
        if not any(group_of(other) == group and self.ready[other].lane == waiting.lane for other in self.order):
            self.turns[waiting.lane].remove(group)
        return waiting

    def unpark(self, key: str) -> None:
        self.parked = [entry for entry in self.parked if entry[0] != key]

    def clear(self, key: str, slot: Slot) -> None:
        self.timers = [timer for timer in self.timers if timer[1:3] != (key, slot)]

    def advance(self, to: float) -> None:
        self.now = to
        if self.closed:
            return
        due = sorted((timer for timer in self.timers if timer[0] <= to), key=lambda timer: timer[0])
        self.timers = [timer for timer in self.timers if timer[0] > to]
        for at, key, _, lane in due:
            self.ask(key, lane, at)
        for lane in list(Lane)[1:]:
            for key in list(self.order):
                waiting = self.ready[key]
                if waiting.lane == lane and waiting.entered + PATIENCE[lane] <= to:
                    self.enter(key, Lane(lane - 1), self.leave(key).asked_at)

    def later(self, key: str, seconds: float, slot: Slot, lane: Lane) -> None:
        if self.closed:
            self.dropped += 1
        elif seconds <= 0:
            self.clear(key, slot)
            self.ask(key, lane, self.now)
        elif key not in self.ready:
            due = self.now + min(seconds, 180 * 86_400.0)
            earlier = [timer for timer in self.timers if timer[1:3] == (key, slot)]
            if slot is Slot.RETRY and earlier and earlier[0][0] <= due:
                return
            self.clear(key, slot)
            self.timers.append((due, key, slot, lane))

    def state(self, key: str) -> str:
        """The first state that a key is in, "" for none."""
        behind = [entry[1] for entry in self.parked if entry[0] == key]
        found = {
            "active": key in self.leased,
            "queued": key in self.ready,
            "parked": bool(behind) and behind != [RESTING],
            "resting": behind == [RESTING],
            "timer": any(timer[1] == key for timer in self.timers),
        }
        return next((name for name in STATES if found[name]), "")

    def may_work(self, group: str) -> bool:
        held = sum(group_of(key) == group for key in self.leased)
        free_after = self.workers - len(self.leased) - 1
        return held == 0 or held < self.workers / 16 or held + 1 <= 7 * free_after

    def choice(self) -> tuple[str, Lane] | None:
        """The next key and its lane."""
        for lane in [] if self.closed else Lane:
            for group in self.turns[lane]:
                if self.may_work(group):
                    return next(
                        (key, lane) for key in self.order if group_of(key) == group and self.ready[key].lane == lane
                    )
        return None

    def next(self) -> tuple[str, Waiting] | None:
        chosen = self.choice()
        if chosen is None:
            return None
        key, lane = chosen
        waiting, group = self.leave(key), group_of(key)
        if group in self.turns[lane]:
            self.turns[lane].remove(group)
            self.turns[lane].append(group)
        return key, waiting


class QueueMachine(RuleBasedStateMachine):
    """Does the same to the queue and to the model and compares."""

    @initialize(workers=st.sampled_from([math.inf, 1, 2, 3, 5, 8]))
    def start(self, workers: float) -> None:
        self.model = Model(workers)
        self.core: QueueCore[str] = QueueCore(group=group_of, workers=workers)
        self.leases: list[Leased[str]] = []
        self.unanswered: dict[str, float] = {}
        """Requests that no lease has followed: the promise users care about, kept apart from the model."""

    @rule(key=keys, lane=lanes)
    def add(self, key: str, lane: Lane) -> None:
        self.core.add(key, lane, self.model.now)
        self.model.ask(key, lane, self.model.now)
        if not self.model.closed:
            self.unanswered[key] = self.model.now

    @rule(key=keys, seconds=seconds, slot=st.sampled_from(Slot), lane=lanes)
    def add_after(self, key: str, seconds: float, slot: Slot, lane: Lane) -> None:
        self.core.add_after(key, seconds, slot, lane, self.model.now)
        self.model.later(key, seconds, slot, lane)

    @precondition(lambda self: len(self.leases) < self.model.workers)
    @rule()
    def take(self) -> None:
        leased = self.core.take(self.model.now)
        expected = self.model.next()
        if leased is None:
            assert expected is None
            assert self.model.closed or not self.core.claimable()
            return
        assert expected is not None
        key, waiting = expected
        assert (leased.key, leased.lane, leased.ready_at) == (key, waiting.lane, waiting.asked_at)
        assert key not in self.model.leased, "two workers hold one key"
        self.model.leased.add(key)
        for slot in Slot:
            self.model.clear(key, slot)
        self.leases.append(leased)
        self.unanswered.pop(key, None)

    @precondition(lambda self: self.leases)
    @rule(which=st.integers(0, 100))
    def done(self, which: int) -> None:
        leased = self.leases.pop(which % len(self.leases))
        self.core.done(leased, self.model.now)
        self.model.leased.remove(leased.key)
        if leased.key in self.model.again:
            lane, asked_at = self.model.again.pop(leased.key)
            self.model.enter(leased.key, lane, asked_at)

    @rule(step=st.sampled_from(STEPS))
    def advance(self, step: float) -> None:
        self.model.advance(self.model.now + step)
        self.core.advance(self.model.now)

    @rule(key=keys)
    def forget(self, key: str) -> None:
        self.core.forget(key)
        self.model.clear(key, Slot.RETRY)

    @rule(key=keys)
    def discard(self, key: str) -> None:
        self.core.discard(key)
        for slot in Slot:
            self.model.clear(key, slot)
        self.model.unpark(key)

    @rule(key=keys, reason=reasons, lane=lanes)
    def park(self, key: str, reason: str, lane: Lane) -> None:
        self.core.park(key, reason, lane)
        if self.model.closed:
            self.model.dropped += 1
        elif key not in self.model.ready and key not in self.model.again:
            self.model.unpark(key)
            self.model.parked.append((key, reason, lane))

    @rule(key=keys)
    def rest(self, key: str) -> None:
        self.core.rest(key)
        if not self.model.closed and key not in self.model.ready and key not in self.model.again:
            self.model.unpark(key)
            self.model.parked.append((key, RESTING, Lane.INITIAL))

    @rule(reason=reasons, over=st.sampled_from([0.0, 30.0]))
    def release(self, reason: str, over: float) -> None:
        mine = [entry for entry in self.model.parked if entry[1] == reason]
        self.model.parked = [entry for entry in self.model.parked if entry[1] != reason]
        for position, (key, _, lane) in enumerate(mine):
            self.model.later(key, over * position / len(mine), Slot.RETRY, lane)

        assert self.core.release(reason, over, self.model.now) == len(mine)

    @rule()
    def list_again(self) -> None:
        """A re-list asks for every key."""
        for key in KEYS:
            self.add(key, Lane.INITIAL)

    @precondition(lambda self: self.model.now > 1_000.0)
    @rule()
    def close(self) -> None:
        self.core.close()
        self.model.closed = True
        self.model.again.clear()
        self.model.timers.clear()
        self.unanswered.clear()

    @rule()
    def crash(self) -> None:
        """The process dies; the first list of the next one asks for every key, and nothing else is needed."""
        self.start(self.model.workers)
        self.list_again()

    @invariant()
    def every_key_is_where_the_model_has_it(self) -> None:
        census = self.core.census()
        assert census.ready == self.model.ready.keys() | self.model.again.keys()
        assert census.leased == self.model.leased
        assert census.timed == {timer[1] for timer in self.model.timers}
        assert census.parked == {entry[0] for entry in self.model.parked}

    @invariant()
    def someone_looks_for_a_key_that_can_be_taken(self) -> None:
        assert self.core.claimable() <= len(self.model.ready)
        assert self.core.claimable() >= 1 or self.model.choice() is None

    @invariant()
    def the_figures_are_those_of_the_model(self) -> None:
        lanes = [waiting.lane for waiting in self.model.ready.values()]
        assert self.core.depth() == {lane: lanes.count(lane) for lane in Lane}
        assert len(self.core) == len(lanes)
        assert sum(self.core.timer_count().values()) == len(self.model.timers)
        assert self.core.parked_count() == sum(entry[1] != RESTING for entry in self.model.parked)
        assert (self.core.accepted, self.core.dropped) == (self.model.accepted, self.model.dropped)
        assert self.core.next_due() == min((timer[0] for timer in self.model.timers), default=None)

    @invariant()
    def the_tally_counts_each_key_once(self) -> None:
        states = [self.model.state(key) for key in KEYS]
        tally = self.core.tally()
        assert {name: states.count(name) for name in STATES} == {name: getattr(tally, name) for name in STATES}
        assert {key for key in KEYS if self.core.holds(key)} == {key for key in KEYS if self.model.state(key)}

    @invariant()
    def Q_02_no_key_has_two_leases(self) -> None:
        held = [leased.key for leased in self.core.leases()]
        assert sorted(held) == sorted(set(held))

    @invariant()
    def Q_23_no_ready_key_is_older_than_the_patience_of_its_lane(self) -> None:
        if not self.model.closed:
            for waiting in self.model.ready.values():
                assert self.model.now < waiting.entered + PATIENCE[waiting.lane]

    @invariant()
    def no_request_is_lost(self) -> None:
        assert self.unanswered.keys() <= self.core.census().ready


QueueMachine.TestCase.settings = settings(deadline=None)
Test_Q_31_Q_38_the_queue_is_its_model = QueueMachine.TestCase


@settings(deadline=None, max_examples=300)
@given(st.integers(1, 5), st.lists(st.one_of(keys, st.just("take"), st.just("done"), st.just("done")), max_size=60))
def test_F31_someone_looks_for_each_key_that_can_be_taken(workers: int, script: list[str]) -> None:
    """Nothing but these calls, so that groups often have all that they may have."""
    model, core = Model(workers), QueueCore[str](group=group_of, workers=workers)

    for act in script:
        if act == "take" and len(core.leases()) < workers:
            leased, expected = core.take(0.0), model.next()
            assert (leased and leased.key) == (expected and expected[0])
            model.leased |= {leased.key} if leased else set()
        elif act == "done" and core.leases():
            leased = core.leases()[0]
            core.done(leased, 0.0)
            model.leased.remove(leased.key)
            if leased.key in model.again:
                model.enter(leased.key, *model.again.pop(leased.key))
        elif act in KEYS:
            core.add(act, Lane.CHANGE, 0.0)
            model.ask(act, Lane.CHANGE, 0.0)
        assert core.claimable() >= 1 or model.choice() is None
