from datetime import UTC, datetime, timedelta

import pytest

from esoctl.errors import TargetContested
from esoctl.plan import contest

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def ago(*seconds: float) -> contest.Repairs:
    return tuple(NOW - timedelta(seconds=each) for each in seconds)


def wait(before: contest.Repairs) -> float:
    try:
        contest.admit(before, NOW)
    except TargetContested as held:
        return held.after
    return 0.0


@pytest.mark.parametrize(
    ("before", "seconds"),
    [
        pytest.param((), 0.0, id="the first"),
        pytest.param(ago(1), 0.0, id="the second"),
        pytest.param(ago(2, 1), 0.0, id="the third"),
        pytest.param(ago(3, 2, 1), 9.0, id="the fourth waits"),
        pytest.param(ago(30, 20, 11), 0.0, id="the fourth after its wait"),
        pytest.param(ago(40, 30, 20, 5), 15.0, id="the fifth waits twice as long"),
        pytest.param(ago(*range(200, 0, -10)), 150.0, id="no wait is longer than the longest"),
    ],
)
def test_repairs_wait_longer_and_longer(before: contest.Repairs, seconds: float) -> None:
    assert wait(before) == seconds


def test_repairs_of_long_ago_and_of_a_clock_that_was_set_back_do_not_count() -> None:
    assert contest.recent(ago(301, 299, -5), NOW) == ago(299)
    assert contest.noted(ago(301, 299), NOW) == (*ago(299), NOW)


def test_the_busiest_contest_costs_few_repairs() -> None:
    before: contest.Repairs = ()
    made = 0
    for second in range(600):
        now = NOW + timedelta(seconds=second)
        try:
            contest.admit(contest.recent(before, now), now)
        except TargetContested:
            continue
        made += 1
        before = contest.noted(before, now)

    assert made <= 15
