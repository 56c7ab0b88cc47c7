from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan import windows

EVENING = datetime(2025, 3, 12, 21, 45, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    schedule: str = "45 21 * * *"
    duration: str = "8h"


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        pytest.param(EVENING - timedelta(microseconds=1), False, id="before"),
        pytest.param(EVENING, True, id="at-its-begin"),
        pytest.param(EVENING + timedelta(hours=8, microseconds=-1), True, id="inside"),
        pytest.param(EVENING + timedelta(hours=8), False, id="at-its-end"),
    ],
)
def test_a_window_is_open_from_its_begin_up_to_its_end(now: datetime, is_open: bool) -> None:
    assert windows.is_open(Window(), now) is is_open
    assert windows.open_at("allow", [Window()], now) is is_open
    assert windows.open_at("deny", [Window()], now) is not is_open


@pytest.mark.parametrize("kind", ["Allow", "block", ""])
def test_an_unknown_kind_restricts_nothing(kind: str) -> None:
    assert windows.open_at(kind, [Window()], EVENING - timedelta(hours=1))


@pytest.mark.parametrize("kind", ["allow", "deny"])
def test_no_windows_restrict_nothing(kind: str) -> None:
    assert windows.open_at(kind, [], EVENING)


def test_one_open_window_of_several_is_enough() -> None:
    assert windows.open_at("allow", [Window("bad"), Window()], EVENING)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2)))
def test_windows_that_touch_leave_no_gap(since: timedelta) -> None:
    assert windows.is_open(Window("* * * * *", "60s"), EVENING + since)


@pytest.mark.parametrize(
    ("schedule", "is_open"),
    [pytest.param("@every 2h", True, id="within"), pytest.param("@every 2h2s", False, id="longer")],
)
def test_a_delay_opens_always_or_never(schedule: str, is_open: bool) -> None:
    assert windows.is_open(Window(schedule, "2h"), EVENING) is is_open


@pytest.mark.parametrize(
    "window",
    [
        pytest.param(Window("* * * * 7"), id="schedule"),
        pytest.param(Window(duration="1d"), id="duration"),
        pytest.param(Window(duration="0s"), id="no-duration"),
        pytest.param(Window("0 0 30 2 *"), id="never-due"),
    ],
)
def test_a_window_that_cannot_open_is_closed(window: Window) -> None:
    assert not windows.is_open(window, EVENING)


def test_a_duration_from_before_all_times_is_open() -> None:
    assert windows.is_open(Window("0 0 1 1 *", "2562047h"), datetime(200, 1, 1, tzinfo=UTC))


def test_schedules_are_read_in_the_zone_of_the_time() -> None:
    berlin = datetime(2025, 3, 30, 3, 15, tzinfo=ZoneInfo("Europe/Berlin"))

    assert windows.is_open(Window("0 3 * * *", "30m"), berlin)
    assert not windows.is_open(Window("0 2 * * *", "30m"), berlin)


@pytest.mark.parametrize(
    ("window", "fault"),
    [
        pytest.param(Window(), "", id="good"),
        pytest.param(
            Window("* * * * 7"),
            "schedule '* * * * 7' is not valid: end of range (7) above maximum (6): 7",
            id="schedule",
        ),
        pytest.param(Window(duration="1d"), 'time: unknown unit "d" in duration "1d"', id="duration"),
        pytest.param(Window(duration="-1h"), "duration '-1h' is not longer than nothing", id="negative"),
    ],
)
def test_a_window_that_can_never_open_has_a_fault(window: Window, fault: str) -> None:
    assert windows.fault(window) == fault
