"""The timers' heap: replaced timers must not pile up in it."""

from esoctl.queue.lanes import Lane
from esoctl.queue.timers import Slot, Timers


def test_Q_36_replacing_one_timer_over_and_over_does_not_grow_the_heap() -> None:
    timers: Timers[str] = Timers()
    timers.set("other", Slot.RETRY, 5.0, Lane.RETRY)

    for number in range(10_000):
        timers.set("a", Slot.REFRESH, 10.0 + number, Lane.REFRESH)

    assert len(timers._heap) <= 100
    assert [timer.key for timer in timers.pop_due(20_000.0)] == ["other", "a"]


def test_timers_of_one_time_come_in_the_order_they_were_set() -> None:
    timers: Timers[str] = Timers()
    for key in ("c", "a", "b"):
        timers.set(key, Slot.REFRESH, 5.0, Lane.REFRESH)

    assert [timer.key for timer in timers.pop_due(5.0)] == ["c", "a", "b"]


def test_the_two_slots_of_a_key_are_kept_apart() -> None:
    timers: Timers[str] = Timers()
    timers.set("a", Slot.REFRESH, 60.0, Lane.REFRESH)
    timers.set("a", Slot.RETRY, 1.0, Lane.RETRY)

    timers.clear("a", Slot.RETRY)

    assert (timers.due_at("a", Slot.RETRY), timers.due_at("a", Slot.REFRESH), timers.next_due()) == (None, 60.0, 60.0)
