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


def test_T_07_refresh_times_come_nearer_and_retries_do_not() -> None:
    timers: Timers[str] = Timers()
    timers.set("soon", Slot.REFRESH, 1000.0, Lane.REFRESH)
    timers.set("late", Slot.REFRESH, 9000.0, Lane.REFRESH)
    timers.set("late", Slot.RETRY, 8000.0, Lane.RETRY)

    timers.bring_forward(Slot.REFRESH, 3600.0, 500.0, 300.0)

    assert timers.due_at("soon", Slot.REFRESH) == 500.0
    assert timers.due_at("late", Slot.REFRESH) == 5400.0
    assert timers.due_at("late", Slot.RETRY) == 8000.0
    assert [timer.key for timer in timers.pop_due(9000.0)] == ["soon", "late", "late"]


def test_T_07_what_is_over_by_then_is_spread_in_its_order_and_never_later_than_it_was() -> None:
    timers: Timers[int] = Timers()
    for number in range(100):
        timers.set(number, Slot.REFRESH, 10.0 + number * 30.0, Lane.REFRESH)

    timers.bring_forward(Slot.REFRESH, 7200.0, 0.0, 300.0)

    dues = [timers.due_at(number, Slot.REFRESH) for number in range(100)]
    assert dues == [min(10.0 + number * 30.0, 3.0 * number) for number in range(100)]
    assert len(timers.pop_due(300.0)) == 100


def test_T_07_a_time_that_is_nearer_than_its_turn_in_the_spread_stays() -> None:
    timers: Timers[int] = Timers()
    for number in range(10):
        timers.set(number, Slot.REFRESH, 1.0 + number, Lane.REFRESH)

    timers.bring_forward(Slot.REFRESH, 3600.0, 0.5, 300.0)

    assert [timers.due_at(number, Slot.REFRESH) for number in range(10)] == [0.5, *(1.0 + n for n in range(1, 10))]
