"""The rules of the queue, one by one. The numbers name the statements of the queue's contract."""

import math
from collections import Counter
from itertools import pairwise

import pytest

from esoctl.queue.core import Leased, NotLeased, QueueCore, Tally
from esoctl.queue.lanes import PATIENCE, Lane
from esoctl.queue.timers import LONGEST_SECONDS, Slot

HOUR = 3600.0


def a_core(*keys: str, lane: Lane = Lane.CHANGE, workers: float = math.inf) -> QueueCore[str]:
    """A queue in which the keys were added at time 0; what stands before a slash is a key's group."""
    core: QueueCore[str] = QueueCore(group=lambda key: key.partition("/")[0] if "/" in key else "", workers=workers)
    for key in keys:
        core.add(key, lane, 0.0)
    return core


def take(core: QueueCore[str], now: float = 0.0) -> Leased[str]:
    leased = core.take(now)
    assert leased is not None, "nothing is ready"
    return leased


def work_off(core: QueueCore[str], now: float = 0.0) -> list[str]:
    """Lease and end everything that is ready; the keys in their order."""
    keys = []
    while leased := core.take(now):
        keys.append(leased.key)
        core.done(leased, now)
    return keys


def test_Q_01_many_adds_before_a_lease_give_one_lease() -> None:
    core = a_core("a", "a", "a")

    assert work_off(core) == ["a"]


def test_Q_02_a_leased_key_is_not_leased_again() -> None:
    core = a_core("a")
    take(core)
    core.add("a", Lane.DELETION, 1.0)

    assert core.take(1.0) is None


@pytest.mark.parametrize("adds", [1, 2, 7])
def test_Q_03_adds_while_processing_yield_exactly_one_more(adds: int) -> None:
    core = a_core("a")
    leased = take(core)
    for _ in range(adds):
        core.add("a", Lane.CHANGE, 1.0)

    core.done(leased, 2.0)

    assert work_off(core, 2.0) == ["a"]


def test_Q_03_a_timer_that_is_due_while_processing_yields_one_more() -> None:
    core = a_core("a")
    leased = take(core)
    core.add_after("a", 5.0, Slot.RETRY, Lane.RETRY, 0.0)
    core.add_after("a", 6.0, Slot.REFRESH, Lane.REFRESH, 0.0)

    core.done(leased, 10.0)

    assert work_off(core, 10.0) == ["a"]


def test_Q_04_a_key_added_while_processing_is_not_ready_until_done() -> None:
    core = a_core("a")
    leased = take(core)
    core.add("a", Lane.CHANGE, 1.0)
    before = len(core)

    core.done(leased, 2.0)

    assert (before, len(core)) == (0, 1)


def test_Q_05_inside_a_lane_the_first_that_became_ready_goes_first() -> None:
    core = a_core()
    core.add_after("asked first", 10.0, Slot.RETRY, Lane.CHANGE, 0.0)
    core.add("ready first", Lane.CHANGE, 5.0)

    assert work_off(core, 10.0) == ["ready first", "asked first"]


@pytest.mark.parametrize("lane", [Lane.CHANGE, Lane.INITIAL])
def test_Q_05_asking_again_neither_loses_nor_wins_a_place(lane: Lane) -> None:
    core = a_core("a", "b")

    core.add("a", lane, 1.0)

    assert work_off(core, 1.0) == ["a", "b"]


def test_Q_05_timers_that_come_due_together_keep_the_order_of_their_times() -> None:
    core = a_core()
    for key, seconds in (("c", 3.0), ("a", 1.0), ("b", 2.0), ("a too", 1.0)):
        core.add_after(key, seconds, Slot.REFRESH, Lane.REFRESH, 0.0)

    assert work_off(core, 100.0) == ["a", "a too", "b", "c"]


def test_Q_05_a_key_asked_for_while_leased_lines_up_when_its_lease_ends() -> None:
    core = a_core("a")
    leased = take(core)
    core.add("a", Lane.CHANGE, 1.0)
    core.add("b", Lane.CHANGE, 2.0)

    core.done(leased, 3.0)

    assert work_off(core, 3.0) == ["b", "a"]


def test_Q_06_a_raised_key_goes_to_the_tail_of_the_higher_lane() -> None:
    core = a_core("a", lane=Lane.INITIAL)
    core.add("b", Lane.CHANGE, 1.0)
    core.add("c", Lane.CHANGE, 1.0)

    core.add("a", Lane.CHANGE, 2.0)

    assert work_off(core, 2.0) == ["b", "c", "a"]


def test_Q_06_a_less_urgent_add_never_lowers_a_key() -> None:
    core = a_core("a", lane=Lane.CHANGE)

    core.add("a", Lane.INITIAL, 1.0)

    assert take(core, 1.0).lane is Lane.CHANGE


def test_Q_06_adds_while_processing_keep_the_most_urgent_lane() -> None:
    core = a_core("a")
    leased = take(core)
    for lane in (Lane.RETRY, Lane.DELETION, Lane.INITIAL):
        core.add("a", lane, 1.0)

    core.done(leased, 2.0)

    assert take(core, 2.0).lane is Lane.DELETION


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("-inf"), float("nan")])
@pytest.mark.parametrize("slot", Slot)
def test_Q_07_no_time_to_wait_means_now(slot: Slot, seconds: float) -> None:
    core = a_core()
    core.add_after("a", HOUR, slot, Lane.REFRESH, 0.0)

    core.add_after("a", seconds, slot, Lane.REFRESH, 1.0)

    assert (work_off(core, 1.0), core.next_due()) == (["a"], None)


@pytest.mark.parametrize(("first", "second"), [(5.0, 9.0), (9.0, 5.0), (5.0, 5.0)])
def test_Q_08_of_two_retry_times_the_earliest_stays(first: float, second: float) -> None:
    core = a_core()
    core.add_after("a", first, Slot.RETRY, Lane.RETRY, 0.0)

    core.add_after("a", second, Slot.RETRY, Lane.RETRY, 0.0)

    assert [work_off(core, now) for now in (4.9, 5.0, 20.0)] == [[], ["a"], []]


@pytest.mark.parametrize(("first", "second"), [(HOUR, 60.0), (60.0, HOUR)])
def test_T_10_a_new_refresh_time_replaces_the_old_one(first: float, second: float) -> None:
    core = a_core()
    core.add_after("a", first, Slot.REFRESH, Lane.REFRESH, 0.0)

    core.add_after("a", second, Slot.REFRESH, Lane.REFRESH, 0.0)

    assert [work_off(core, now) for now in (second - 0.1, second, 2 * HOUR)] == [[], ["a"], []]


def test_T_10_an_interval_of_zero_leaves_no_timer_after_the_visit() -> None:
    core = a_core()
    core.add_after("a", HOUR, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.add("a", Lane.CHANGE, 1.0)

    work_off(core, 1.0)

    assert core.census().timed == set()


def test_T_11_the_refresh_time_counts_as_the_retry_when_it_comes_first() -> None:
    core = a_core("a")
    leased = take(core)
    core.add_after("a", 300.0, Slot.RETRY, Lane.RETRY, 0.0)
    core.add_after("a", 60.0, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.done(leased, 0.0)

    visits = [work_off(core, now) for now in (60.0, 300.0)]

    assert visits == [["a"], []]


def test_T_11_the_refresh_time_stays_while_retries_are_planned() -> None:
    core = a_core()
    core.add_after("a", 60.0, Slot.REFRESH, Lane.REFRESH, 0.0)

    core.add_after("a", 1.0, Slot.RETRY, Lane.RETRY, 0.0)
    core.forget("a")

    assert (core.due_at("a", Slot.REFRESH), core.due_at("a", Slot.RETRY)) == (60.0, None)


def test_Q_09_a_timer_for_a_ready_key_changes_nothing() -> None:
    core = a_core("a", lane=Lane.INITIAL)

    core.add_after("a", 5.0, Slot.RETRY, Lane.DELETION, 0.0)

    assert (core.next_due(), core.depth()[Lane.INITIAL]) == (None, 1)


@pytest.mark.parametrize("seconds", [LONGEST_SECONDS, LONGEST_SECONDS * 2, 1e308, float("inf")])
def test_Q_11_no_timer_is_longer_than_180_days(seconds: float) -> None:
    core = a_core()

    core.add_after("a", seconds, Slot.REFRESH, Lane.REFRESH, 1.0)

    assert core.next_due() == 1.0 + 180 * 86_400


@pytest.mark.parametrize("slot", Slot)
def test_Q_13_a_discarded_key_is_not_woken(slot: Slot) -> None:
    core = a_core()
    core.add_after("a", 5.0, slot, Lane.REFRESH, 0.0)

    core.discard("a")

    assert (work_off(core, HOUR), core.census().timed) == ([], set())


def test_Q_13_a_request_outlives_discarding_because_the_name_may_be_back() -> None:
    core = a_core("a")
    leased = take(core)
    core.add("a", Lane.CHANGE, 1.0)

    core.discard("a")
    core.done(leased, 2.0)

    assert work_off(core, 2.0) == ["a"]


def test_Q_20_a_lease_ends_once() -> None:
    core = a_core("a")
    leased = take(core)
    core.done(leased, 0.0)

    with pytest.raises(NotLeased, match="'a'"):
        core.done(leased, 0.0)


def test_Q_20_an_old_lease_does_not_end_the_next_one_of_its_key() -> None:
    core = a_core("a")
    old = take(core)
    core.done(old, 0.0)
    core.add("a", Lane.CHANGE, 1.0)
    take(core, 1.0)

    with pytest.raises(NotLeased):
        core.done(old, 1.0)


def test_Q_21_lanes_go_in_the_order_of_urgency() -> None:
    core = a_core()
    for lane in reversed(Lane):
        core.add(lane.name, lane, 0.0)

    assert work_off(core) == ["DELETION", "CHANGE", "DRIFT", "REFRESH", "RETRY", "INITIAL"]


def test_Q_22_an_edit_passes_ten_thousand_keys_of_the_first_list() -> None:
    core = a_core(*(f"initial-{i}" for i in range(10_000)), lane=Lane.INITIAL)

    core.add("edited", Lane.CHANGE, 1.0)

    assert take(core, 1.0).key == "edited"


@pytest.mark.parametrize(
    ("lane", "climb"),
    [
        pytest.param(Lane.INITIAL, [(300, Lane.RETRY), (600, Lane.REFRESH), (720, Lane.DRIFT)], id="initial"),
        pytest.param(Lane.DRIFT, [(60, Lane.CHANGE), (90, Lane.DELETION)], id="drift"),
        pytest.param(Lane.DELETION, [(HOUR, Lane.DELETION)], id="deletion"),
    ],
)
def test_Q_23_a_key_climbs_one_lane_when_its_patience_is_over(lane: Lane, climb: list[tuple[float, Lane]]) -> None:
    core = a_core("a", lane=lane)

    for now, expected in climb:
        core.advance(now - 0.001)
        before = core.depth()
        core.advance(now)

        assert core.depth()[expected] == 1
        assert expected == lane or before[expected] == 0


def test_Q_23_no_lane_starves_under_a_saturating_load_of_edits() -> None:
    core = a_core("starving", lane=Lane.INITIAL)
    waited = None

    for second in range(1, 1_000):
        now = float(second)
        core.add(f"edit-{second}", Lane.CHANGE, now)
        leased = take(core, now)
        core.done(leased, now)
        if leased.key == "starving":
            waited = leased.waited
            break

    # 300 s as INITIAL, 300 as RETRY, 120 as REFRESH, 60 as DRIFT; then it is first in line among the edits.
    assert waited is not None
    assert waited <= 300 + 300 + 120 + 60 + 30


@pytest.mark.parametrize(
    "load", [pytest.param(50, id="that keeps its lane"), pytest.param(1_500, id="that climbs by itself")]
)
def test_Q_23_a_retry_waits_at_most_its_patience_longer_than_a_saturating_load_of_refreshes(load: int) -> None:
    core = a_core(*(f"due-{number}" for number in range(load)), lane=Lane.REFRESH)
    core.add("failed", Lane.RETRY, 0.0)
    refreshes = [0.0]

    for second in range(1, 10_000):
        leased = take(core, float(second))
        core.done(leased, float(second))
        if leased.key == "failed":
            break
        refreshes.append(leased.waited)
        core.add(leased.key, Lane.REFRESH, float(second))

    assert leased.key == "failed"
    assert PATIENCE[Lane.RETRY] < leased.waited <= PATIENCE[Lane.RETRY] + max(refreshes) + 1


def test_Q_23_after_a_long_stand_still_a_key_climbs_one_lane_at_a_time() -> None:
    core = a_core("a", lane=Lane.INITIAL)

    core.advance(HOUR)

    assert core.depth()[Lane.RETRY] == 1


def test_Q_24_a_key_has_the_lane_of_its_cause_and_not_of_its_last_visit() -> None:
    core = a_core("a", lane=Lane.INITIAL)
    leased = take(core)
    core.add_after("a", HOUR, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.done(leased, 0.0)

    assert take(core, HOUR).lane is Lane.REFRESH


def test_Q_25_a_large_namespace_delays_a_small_one_by_one_turn() -> None:
    core = a_core(*(f"large/{i}" for i in range(9_000)), "small/only")

    assert work_off(core)[:3] == ["large/0", "small/only", "large/1"]


def test_Q_25_namespaces_take_turns_and_each_keeps_its_order() -> None:
    core = a_core("x/1", "x/2", "x/3", "y/1", "y/2", "z/1")

    assert work_off(core) == ["x/1", "y/1", "z/1", "x/2", "y/2", "x/3"]


def test_Q_25_turns_do_not_reach_across_lanes() -> None:
    core = a_core("x/1", "x/2", lane=Lane.CHANGE)
    core.add("y/1", Lane.INITIAL, 0.0)

    assert work_off(core) == ["x/1", "x/2", "y/1"]


def in_hand(core: QueueCore[str], workers: int = 48) -> Counter[str]:
    """Let all workers lease what is to be had; the leases by namespace."""
    while len(core.leases()) < workers and core.take(0.0):
        pass
    return Counter(leased.key.partition("/")[0] for leased in core.leases())


@pytest.mark.parametrize(
    ("workers", "most"), [pytest.param(*case, id=str(case[0])) for case in ((1, 1), (2, 1), (4, 3), (8, 7), (48, 42))]
)
def test_F31_a_namespace_by_itself_gets_all_workers_but_an_eighth(workers: int, most: int) -> None:
    core = a_core(*(f"large/{number}" for number in range(100)), workers=workers)

    assert in_hand(core, workers) == {"large": most}
    assert len(core) == 100 - most


def test_F31_namespaces_that_hang_one_after_the_other_leave_a_worker_to_the_rest() -> None:
    core = a_core(*(f"first/{number}" for number in range(100)), workers=48)
    in_hand(core)
    for number in range(100):
        core.add(f"second/{number}", Lane.CHANGE, 0.0)
    in_hand(core)
    core.add("third/only", Lane.INITIAL, 0.0)

    assert core.claimable()
    assert in_hand(core) == {"first": 42, "second": 5, "third": 1}


@pytest.mark.parametrize("namespaces", [16, 17, 47, 48, 100])
def test_F31_from_sixteen_namespaces_on_all_workers_are_used(namespaces: int) -> None:
    core = a_core(*(f"team-{number % namespaces}/{number}" for number in range(400)), workers=48)

    assert in_hand(core).total() == 48


def test_F31_a_namespace_that_is_passed_over_keeps_its_turn_and_its_order() -> None:
    core = a_core("x/1", "x/2", "y/1", "x/3", "z/1", workers=2)
    held = take(core)

    passed = [take(core)]
    core.done(passed[-1], 0.0)
    passed.append(take(core))
    core.done(held, 0.0)

    assert [leased.key for leased in passed] == ["y/1", "z/1"]
    assert take(core).key == "x/2"


def test_F31_an_urgent_key_waits_for_its_own_namespace_only() -> None:
    core = a_core(*(f"large/{number}" for number in range(100)), workers=48)
    in_hand(core)
    core.add("large/urgent", Lane.DELETION, 0.0)
    core.add("small/late", Lane.INITIAL, 0.0)

    leased = take(core)
    assert leased.key == "small/late"
    for ended in (leased, core.leases()[0]):
        core.done(ended, 0.0)
    assert take(core).key == "large/urgent"


def test_F31_a_key_that_is_passed_over_grows_old_like_others() -> None:
    core = a_core("x/1", "x/2", lane=Lane.INITIAL, workers=2)
    take(core)

    core.advance(300.0)

    assert core.take(300.0) is None
    assert core.depth()[Lane.RETRY] == 1


def test_F31_a_key_is_to_be_had_again_when_a_lease_ends_or_one_of_another_namespace_comes() -> None:
    core = a_core(*(f"large/{number}" for number in range(9)), workers=4)
    in_hand(core, 4)

    core.add("large/more", Lane.CHANGE, 0.0)
    assert not core.claimable()
    core.add("small/one", Lane.INITIAL, 0.0)
    assert core.claimable()
    in_hand(core)
    assert not core.claimable()
    core.done(core.leases()[0], 0.0)
    assert core.claimable()


def test_Q_26_parked_keys_stay_until_they_are_released_evenly() -> None:
    core = a_core()
    for key in "abc":
        core.park(key, "store", Lane.RETRY)
    silent = work_off(core, HOUR)

    released = core.release("store", 30.0, HOUR)

    assert (silent, released) == ([], 3)
    assert [work_off(core, HOUR + seconds) for seconds in (0, 10, 19, 20, 60)] == [["a"], ["b"], [], ["c"], []]


def test_Q_26_an_edit_wakes_a_parked_key_once() -> None:
    core = a_core()
    core.park("a", "store", Lane.RETRY)

    core.add("a", Lane.CHANGE, 1.0)

    assert (work_off(core, 1.0), core.release("store", 30.0, 1.0), core.parked_count()) == (["a"], 0, 0)


def test_Q_26_a_key_that_is_asked_for_does_not_park() -> None:
    core = a_core("a", "b")
    leased = take(core)
    core.add("a", Lane.CHANGE, 1.0)

    core.park("a", "store", Lane.RETRY)
    core.park("b", "store", Lane.RETRY)
    core.done(leased, 2.0)

    assert (core.parked_count(), work_off(core, 2.0)) == (0, ["b", "a"])


def test_Q_26_a_key_is_parked_behind_one_reason() -> None:
    core = a_core()
    core.park("a", "store", Lane.RETRY)

    core.park("a", "window", Lane.REFRESH)

    assert [core.release(reason, 0.0, 0.0) for reason in ("store", "window")] == [0, 1]


def test_Q_28_after_closing_requests_are_dropped_and_counted() -> None:
    core = a_core("a", "b")
    leased = take(core)
    core.add("a", Lane.CHANGE, 1.0)
    core.add_after("c", 1.0, Slot.REFRESH, Lane.REFRESH, 1.0)

    core.close()
    core.add("d", Lane.CHANGE, 2.0)
    core.add_after("e", 5.0, Slot.RETRY, Lane.RETRY, 2.0)
    core.add_after("e", 0.0, Slot.RETRY, Lane.RETRY, 2.0)
    core.park("f", "store", Lane.RETRY)
    core.done(leased, 3.0)

    assert (core.dropped, len(core), core.take(HOUR), core.next_due()) == (4, 1, None, None)


def test_Q_32_waiting_for_a_timer_is_not_counted_as_waiting_for_a_worker() -> None:
    core = a_core()
    core.add_after("a", 100.0, Slot.REFRESH, Lane.REFRESH, 0.0)

    assert take(core, 103.0).waited == 3.0


def test_Q_32_waiting_starts_anew_with_the_request_made_while_processing() -> None:
    core = a_core("a")
    leased = take(core, 1.0)
    core.add("a", Lane.CHANGE, 4.0)
    core.add("a", Lane.CHANGE, 5.0)
    core.done(leased, 6.0)

    assert take(core, 10.0).waited == 6.0


def test_Q_32_raising_a_key_does_not_restart_its_waiting() -> None:
    core = a_core("a", lane=Lane.INITIAL)

    core.add("a", Lane.CHANGE, 5.0)

    assert take(core, 7.0).waited == 7.0


def test_Q_38_the_census_names_the_state_of_every_key() -> None:
    core = a_core("leased", "again")
    for leased_key in ("leased", "again"):
        assert take(core).key == leased_key
    core.add("again", Lane.CHANGE, 0.0)
    core.add("ready", Lane.CHANGE, 0.0)
    core.add_after("timed", 5.0, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.park("parked", "store", Lane.RETRY)

    census = core.census()

    assert census.ready == {"ready", "again"}
    assert census.leased == {"leased", "again"}
    assert census.timed == {"timed"}
    assert census.parked == {"parked"}
    everyone = frozenset({"leased", "again", "ready", "timed", "parked", "lost"})
    assert census.lost(everyone) == {"lost"}


def test_Q_38_every_known_key_is_counted_once_in_the_first_state_that_it_is_in() -> None:
    core = a_core("leased", "again")
    for _ in range(2):
        take(core)
    core.add("again", Lane.CHANGE, 0.0)
    core.add_after("leased", 60.0, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.add_after("ready", 60.0, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.add("ready", Lane.CHANGE, 0.0)
    core.add_after("parked", 60.0, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.park("parked", "store", Lane.RETRY)
    core.add_after("timed", 60.0, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.add_after("timed", 5.0, Slot.RETRY, Lane.RETRY, 0.0)
    core.rest("resting")
    core.rest("leased")

    assert core.tally() == Tally(active=2, queued=1, parked=1, timer=1, resting=1)
    assert all(core.holds(key) for key in ("leased", "again", "ready", "parked", "timed", "resting"))
    assert not core.holds("unknown")


def test_Q_38_a_key_that_rests_is_known_until_it_is_discarded_and_woken_by_a_request() -> None:
    core = a_core()
    core.rest("a")
    core.rest("b")

    core.discard("a")
    core.add("b", Lane.CHANGE, 0.0)

    assert not core.holds("a")
    assert core.tally() == Tally(active=0, queued=1, parked=0, timer=0, resting=0)


def test_a_key_that_was_asked_for_meanwhile_does_not_rest() -> None:
    core = a_core("a")
    lease = take(core)
    core.add("a", Lane.CHANGE, 0.0)
    core.rest("a")
    core.done(lease, 0.0)

    assert core.tally() == Tally(active=0, queued=1, parked=0, timer=0, resting=0)


class CountedKey:
    """A key that counts how often it is hashed or compared: each table access is one."""

    accesses = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        CountedKey.accesses += 1
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        CountedKey.accesses += 1
        return isinstance(other, CountedKey) and other.number == self.number


def accesses_for_one_round(size: int) -> int:
    """Table accesses of one add, lease and done in a queue of that size."""
    core: QueueCore[CountedKey] = QueueCore(group=lambda key: key.number % 7)
    for number in range(size):
        core.add(CountedKey(number), Lane.INITIAL, 0.0)
    newcomer = CountedKey(-5)
    CountedKey.accesses = 0
    core.add(newcomer, Lane.INITIAL, 0.0)
    core.add(newcomer, Lane.CHANGE, 0.0)
    leased = core.take(0.0)
    assert leased is not None
    core.done(leased, 0.0)
    return CountedKey.accesses


def test_Q_35_a_round_costs_the_same_in_a_small_and_in_a_large_queue() -> None:
    costs = [accesses_for_one_round(size) for size in (10, 20_000)]

    # A few accesses more or less come from where keys collide in a table.
    assert costs[1] <= costs[0] + 10


class CountedTime(float):
    """A time that counts its comparisons."""

    comparisons = 0

    def __add__(self, other: float) -> "CountedTime":
        return CountedTime(float(self) + other)

    def __lt__(self, other: float) -> bool:
        CountedTime.comparisons += 1
        return float(self) < other

    def __eq__(self, other: object) -> bool:
        CountedTime.comparisons += 1
        return float(self) == other

    __hash__ = float.__hash__


def comparisons_for_replaced_timers(size: int) -> float:
    """Comparisons for each operation when every key's refresh time is set four times over and then comes due."""
    core: QueueCore[int] = QueueCore()
    CountedTime.comparisons = 0
    for turn in range(4):
        for key in range(size):
            seconds = 1_000.0 + (key * 7919 + turn * 104_729) % size
            core.add_after(key, seconds, Slot.REFRESH, Lane.REFRESH, CountedTime(turn))
    core.advance(CountedTime(10_000.0 + 2 * size))
    assert len(core) == size
    return CountedTime.comparisons / (5 * size)


def test_Q_35_the_cost_of_timers_grows_with_the_logarithm_of_their_number() -> None:
    costs = [comparisons_for_replaced_timers(size) for size in (250, 1_000, 4_000)]

    # Each step is four times the keys: two more levels of the heap, a few comparisons each.
    assert all(later - earlier < 12 for earlier, later in pairwise(costs))


def test_T_15_under_more_load_than_can_be_served_the_earliest_slot_goes_first_and_all_are_late_by_the_same() -> None:
    core: QueueCore[int] = QueueCore()
    for number in range(600):
        core.add_after(number, 1.0 + number * 37 % 600, Slot.REFRESH, Lane.REFRESH, 0.0)

    lags = []
    for step in range(600):
        now = 1.0 + 2.0 * step  # twice as many come due as are served
        leased = core.take(now)
        assert leased is not None
        assert leased.ready_at == 1.0 + step
        lags.append(leased.waited)
        core.done(leased, now)

    assert lags == [float(step) for step in range(600)]
    assert core.waits(Lane.REFRESH, 1e6) == []


def test_T_15_an_edit_is_served_at_once_however_late_refreshes_are() -> None:
    core: QueueCore[str] = QueueCore()
    for number in range(1_000):
        core.add_after(f"n{number}", 1.0, Slot.REFRESH, Lane.REFRESH, 0.0)
    core.add("edited", Lane.CHANGE, 100.0)

    leased = core.take(100.5)

    assert leased is not None
    assert leased.key == "edited"
    assert core.waits(Lane.REFRESH, 101.0) == [100.0] * 1_000
