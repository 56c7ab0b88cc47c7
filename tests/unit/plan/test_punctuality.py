"""When the operator's own machinery is called late, and when it is only somebody else's slowness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan import punctuality
from esoctl.plan.punctuality import Pace

WORKERS, DEADLINE = 4, 120.0


@pytest.mark.parametrize(
    ("pace", "told"),
    [
        pytest.param(Pace(), "", id="nothing to do"),
        pytest.param(Pace(timer_late_seconds=10.0), "", id="a timer within the sweep"),
        pytest.param(Pace(timer_late_seconds=31.0), "timers are 31 s late", id="a timer that did not fire"),
        pytest.param(Pace(ready=9, untaken_seconds=59.0), "", id="a moment's rest"),
        pytest.param(Pace(ready=9, untaken_seconds=61.0), "no worker took any of 9 keys for 61 s", id="idle workers"),
        pytest.param(
            Pace(ready=9, untaken_seconds=119.0, leased=4, longest_seconds=119.0), "", id="all wait for a provider"
        ),
        pytest.param(
            Pace(ready=9, untaken_seconds=151.0, leased=4, longest_seconds=1.0),
            "no worker took any of 9 keys for 151 s",
            id="all are busy, and none ever ends",
        ),
        pytest.param(
            Pace(ready=9, held_back=True, untaken_seconds=119.0, leased=3, longest_seconds=119.0),
            "",
            id="a namespace that hangs has its share of workers",
        ),
        pytest.param(
            Pace(ready=9, held_back=True, untaken_seconds=151.0, leased=3, longest_seconds=1.0),
            "no worker took any of 9 keys for 151 s",
            id="a namespace has its share, and none ever ends",
        ),
        pytest.param(
            Pace(leased=1, longest_seconds=151.0),
            "a visit lasts 151 s, beyond its deadline of 120 s",
            id="a visit that its deadline did not end",
        ),
    ],
)
def test_what_is_late_is_told(pace: Pace, told: str) -> None:
    assert punctuality.trouble(pace, WORKERS, DEADLINE) == told


@given(st.integers(0, 10_000), st.floats(0, DEADLINE), st.floats(0, 60))
def test_a_crowd_that_waits_while_workers_go_on_is_not_late(ready: int, longest: float, untaken: float) -> None:
    for leased in range(WORKERS + 1):
        pace = Pace(0.0, ready, untaken, leased, longest if leased else 0.0)

        assert punctuality.trouble(pace, WORKERS, DEADLINE) == ""
