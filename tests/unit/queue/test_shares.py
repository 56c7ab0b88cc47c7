"""Whatever groups take and give back: some workers stay for the others, and nobody who has none is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.queue.shares import Shares

GROUPS = [f"team-{number}" for number in range(20)]


@given(st.integers(1, 200), st.lists(st.tuples(st.sampled_from(GROUPS), st.booleans()), max_size=300))
def test_who_has_no_worker_may_take_one_and_who_has_many_leaves_some(
    workers: int, steps: list[tuple[str, bool]]
) -> None:
    shares, held = Shares(workers), dict.fromkeys(GROUPS, 0)

    for group, takes in steps:
        free = workers - sum(held.values())
        if takes and free and shares.may_take(group):
            shares.take(group)
            held[group] += 1
            assert held[group] < workers / 16 + 1 or held[group] <= max(1, 7 * (free - 1))
        elif not takes and held[group]:
            shares.give_back(group)
            held[group] -= 1
        assert all(shares.may_take(one) for one in GROUPS if not held[one])
        assert shares.held == {one: count for one, count in held.items() if count}


@pytest.mark.parametrize("workers", [16, 48, 160])
def test_no_more_than_sixteen_groups_are_ever_held_back(workers: int) -> None:
    shares = Shares(workers)
    for number in range(workers):
        shares.take(number % 16)

    assert not any(shares.may_take(number) for number in range(16))
    assert shares.may_take(16)


def test_nothing_is_held_back_where_the_number_of_workers_is_not_known() -> None:
    shares = Shares(math.inf)
    for _ in range(1_000):
        shares.take("only")

    assert shares.may_take("only")


def test_a_group_that_gave_all_back_takes_no_memory() -> None:
    shares = Shares(4)
    shares.take("one")
    shares.give_back("one")

    assert not shares.held
