"""When objects are due by time: reliability statements T-02 to T-05."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan import slots

HOUR = 3_600_000
TEN_YEARS = 10 * 365 * 24 * HOUR
intervals = st.integers(min_value=1_000, max_value=TEN_YEARS)
moments = st.integers(min_value=0, max_value=4 * TEN_YEARS)


@given(moments, intervals, st.text(min_size=1, max_size=36))
def test_T_02_a_gap_is_at_least_half_an_interval_and_never_more_than_one(last: int, interval: int, uid: str) -> None:
    due = slots.next_slot(last, interval, slots.phase(uid, interval))

    assert interval // 2 <= due - last <= interval


@given(moments, intervals, st.text(min_size=1, max_size=36))
def test_T_05_slots_that_follow_one_another_differ_by_exactly_one_interval(last: int, interval: int, uid: str) -> None:
    phase = slots.phase(uid, interval)
    settled = slots.next_slot(slots.next_slot(last, interval, phase), interval, phase)

    later = settled
    for _ in range(50):
        later = slots.next_slot(later, interval, phase)

    assert later - settled == 50 * interval
    assert (settled - phase) % interval == 0


@given(moments, intervals)
def test_T_03_missed_slots_count_once(last: int, interval: int) -> None:
    phase = slots.phase("uid", interval)
    after_outage = last + 37 * interval

    due = slots.next_slot(after_outage, interval, phase)

    assert after_outage < due <= after_outage + interval


def test_REL_17_phases_are_spread_evenly() -> None:
    bins = Counter(slots.phase(f"uid-{n}", 3_600_000) // 60_000 for n in range(5_000))
    mean = 5_000 / 60

    assert sum((bins[minute] - mean) ** 2 / mean for minute in range(60)) < 87.2, "chi-squared, p > 0.01"


def test_REL_17_objects_made_in_one_minute_do_not_refresh_together() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    due = [slots.due_at(start + timedelta(milliseconds=6 * n), HOUR, f"uid-{n}") for n in range(10_000)]

    busiest = _busiest_second(due)
    again = _busiest_second([slots.due_at(when, HOUR, f"uid-{n}") for n, when in enumerate(due)])
    third = _busiest_second(
        [slots.due_at(slots.due_at(when, HOUR, f"uid-{n}"), HOUR, f"uid-{n}") for n, when in enumerate(due)]
    )

    assert busiest <= 20
    assert again <= 20
    assert third <= 15


@given(moments, intervals, st.text(min_size=1, max_size=36), st.integers(min_value=0, max_value=999))
def test_the_second_of_a_refresh_does_not_make_it_due_again(start: int, interval: int, uid: str, late: int) -> None:
    due = slots.due_at(slots.EPOCH + timedelta(seconds=start // 1_000), interval, uid)
    refreshed = due + timedelta(milliseconds=late)

    again = slots.due_at(refreshed.replace(microsecond=0), interval, uid)

    assert again - due >= timedelta(milliseconds=interval // 2)


@pytest.mark.parametrize(
    ("last", "phase", "due"),
    [
        pytest.param(0, 700, 700, id="the next slot is far enough"),
        pytest.param(0, 300, 800, id="a slot that is too near is put off by half an interval"),
        pytest.param(800, 300, 1300, id="the half slot leads back to the slot"),
        pytest.param(300, 300, 1300, id="at the slot itself, the next one"),
    ],
)
def test_the_slot_after(last: int, phase: int, due: int) -> None:
    assert slots.next_slot(last, 1_000, phase) == due


def _busiest_second(moments: list[datetime]) -> int:
    counts: dict[int, int] = {}
    for moment in moments:
        second = int(moment.timestamp())
        counts[second] = counts.get(second, 0) + 1
    return max(counts.values())
