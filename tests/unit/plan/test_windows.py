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


@pytest.mark.parametrize(
    ("kind", "schedules", "moment", "opens"),
    [
        pytest.param("allow", [("45 21 * * *", "8h")], "12T12:00", "12T21:45", id="the next opening"),
        pytest.param("allow", [("45 21 * * *", "8h")], "12T23:00", "12T23:00", id="open already"),
        pytest.param(
            "allow", [("0 3 * * *", "1h"), ("0 2 * * *", "1h")], "12T12:00", "13T02:00", id="of two the first"
        ),
        pytest.param("allow", [("0 0 30 2 *", "1h")], "12T12:00", None, id="never"),
        pytest.param("allow", [("bad", "1h"), ("0 2 * * *", "1h")], "12T12:00", "13T02:00", id="the readable one"),
        pytest.param("allow", [("@every 2h", "1h")], "12T12:00", None, id="a delay that never opens"),
        pytest.param("deny", [("45 21 * * *", "8h")], "12T12:00", "12T12:00", id="not denied"),
        pytest.param("deny", [("0 12 * * *", "1h")], "12T12:30", "12T13:00", id="the end of a window"),
        pytest.param("deny", [("0 12 * * *", "2h"), ("0 13 * * *", "2h")], "12T12:30", "12T15:00", id="the last end"),
        pytest.param("deny", [("0 * * * *", "90m")], "12T12:30", None, id="denied for ever"),
        pytest.param("deny", [("@every 30m", "1h")], "12T12:30", None, id="a delay that never ends"),
        pytest.param("deny", [("bad", "1h")], "12T12:30", "12T12:30", id="one that cannot be read denies nothing"),
        pytest.param("other", [("0 0 30 2 *", "1h")], "12T12:00", "12T12:00", id="no kind we know"),
    ],
)
def test_a_refresh_that_is_due_happens_when_the_windows_allow(
    kind: str, schedules: list[tuple[str, str]], moment: str, opens: str | None
) -> None:
    found = windows.next_open(kind, [Window(*one) for one in schedules], at(moment))

    assert found == (at(opens) if opens else None)


def at(day_and_time: str) -> datetime:
    return datetime.fromisoformat(f"2025-03-{day_and_time}:00+00:00")


hours = st.integers(0, 23)
some_windows = st.lists(
    st.builds(Window, hours.map("0 {} * * *".format), st.integers(1, 600).map("{}m".format)), max_size=4
)


@given(st.sampled_from(["allow", "deny"]), some_windows, st.integers(0, 60 * 24 * 3))
def test_nothing_is_open_before_the_moment_that_is_told(kind: str, found: list[Window], minutes: int) -> None:
    due = EVENING + timedelta(minutes=minutes)

    opens = windows.next_open(kind, found, due)

    # Minutes are fine enough: schedules and durations are of whole minutes here.
    until = opens if opens is not None else due + timedelta(days=2)
    assert opens is None or windows.open_at(kind, found, opens)
    steps = int((until - due) / timedelta(minutes=1))
    assert not any(windows.open_at(kind, found, due + timedelta(minutes=step)) for step in range(steps))
